//! How every chart looks: colours, type, and a canvas that draws in fractions of a pixel.
//!
//! One place for ink, grid and letters, so that four charts look like one report. Must not know what is drawn.
//!
//! The SVG backend of `plotters` places everything on whole units. The canvas therefore counts ten units to a pixel
//! and lets the `viewBox` scale them down: lines through thousands of points stay smooth.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use crate::messaging::QualityRating;
use crate::report::words;

/// Width of every chart in CSS pixels.
pub const WIDTH: f64 = 900.0;
/// Height of every chart in CSS pixels.
pub const HEIGHT: f64 = 480.0;
/// Units of the drawing to a pixel.
const UNITS: f64 = 10.0;
/// The face shipped for PNGs first, then faces of about its width that viewers of an SVG have.
const FAMILY: &str = "Inter, Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif";

/// Text and axes.
pub const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);
/// Text that explains other text.
pub const SOFT: RGBColor = RGBColor(0x5f, 0x66, 0x6e);
/// Grid lines, before a thin alpha.
pub const GRID: RGBColor = RGBColor(0x22, 0x26, 0x2b);
/// The paper.
pub const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// The fill of a colour: apart for red-green blind eyes (bluish green, light amber, dark red) and in grey print.
pub fn quality(rating: QualityRating) -> RGBColor {
    match rating {
        QualityRating::Red => RGBColor(0xb7, 0x22, 0x2d),
        QualityRating::Yellow => RGBColor(0xf0, 0xb4, 0x29),
        QualityRating::Green => RGBColor(0x1f, 0x9d, 0x80),
        QualityRating::Unknown => RGBColor(0xc9, 0xcd, 0xd2),
    }
}

/// The same hue dark enough for text on white.
pub fn quality_text(rating: QualityRating) -> RGBColor {
    match rating {
        QualityRating::Red => RGBColor(0x9b, 0x1b, 0x26),
        QualityRating::Yellow => RGBColor(0x85, 0x5c, 0x00),
        QualityRating::Green => RGBColor(0x0b, 0x6b, 0x56),
        QualityRating::Unknown => SOFT,
    }
}

/// Text on a fill of that colour.
pub fn on_quality(rating: QualityRating) -> RGBColor {
    match rating {
        QualityRating::Red | QualityRating::Green => PAPER,
        QualityRating::Yellow | QualityRating::Unknown => INK,
    }
}

/// The line colour of the `i`-th number: steps through dark blues, plums and browns, none of them a quality colour.
pub fn series(i: usize) -> RGBColor {
    const LINES: [RGBColor; 8] = [
        RGBColor(0x2b, 0x3a, 0x8c),
        RGBColor(0xa0, 0x30, 0x8a),
        RGBColor(0x1b, 0x86, 0xb0),
        RGBColor(0x6b, 0x4a, 0x2b),
        RGBColor(0x55, 0x5c, 0x66),
        RGBColor(0x7a, 0x5c, 0xd6),
        RGBColor(0xd0, 0x6a, 0xa8),
        RGBColor(0x12, 0x4e, 0x5c),
    ];
    LINES[i % LINES.len()]
}

/// Colours of the counts of a day.
pub mod counts {
    use plotters::style::RGBColor;

    /// Messages sent.
    pub const SENT: RGBColor = RGBColor(0x3b, 0x4a, 0x86);
    /// Attempts refused.
    pub const REFUSED: RGBColor = RGBColor(0xc9, 0x8a, 0x4b);
    /// Messages delivered.
    pub const DELIVERED: RGBColor = RGBColor(0x2f, 0x6c, 0x98);
    /// Reads seen.
    pub const READ: RGBColor = RGBColor(0x41, 0x98, 0xb0);
    /// Blocks.
    pub const BLOCKED: RGBColor = RGBColor(0x7d, 0x23, 0x58);
    /// Reports.
    pub const REPORTED: RGBColor = RGBColor(0xdd, 0x7d, 0xaa);
}

/// Where a text's position lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its start.
    Start,
    /// At its middle.
    Middle,
    /// At its end.
    End,
}

/// A size, weight, colour and anchor.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// Font size in pixels.
    pub size: f64,
    /// Bold or regular.
    pub bold: bool,
    /// Its colour.
    pub color: RGBColor,
    /// What its position means.
    pub anchor: Anchor,
}

impl Type {
    /// Regular, from its start.
    pub const fn plain(size: f64, color: RGBColor) -> Type {
        Type { size, bold: false, color, anchor: Anchor::Start }
    }

    /// Bold, from its start.
    pub const fn bold(size: f64, color: RGBColor) -> Type {
        Type { size, bold: true, color, anchor: Anchor::Start }
    }

    /// The same, placed by its middle.
    pub const fn middle(self) -> Type {
        Type { anchor: Anchor::Middle, ..self }
    }

    /// The same, placed by its end.
    pub const fn end(self) -> Type {
        Type { anchor: Anchor::End, ..self }
    }

    /// From the middle of a line of figures to its baseline.
    pub fn half_height(&self) -> f64 {
        0.36 * self.size
    }

    /// The width of a text in this type.
    pub fn width(&self, text: &str) -> f64 {
        text_width(text, self.size, self.bold)
    }

    /// The text, cut with an ellipsis so that it fits `room` pixels.
    pub fn fit(&self, text: &str, room: f64) -> String {
        if self.width(text) <= room {
            return text.to_string();
        }
        let mut out = String::new();
        for c in text.chars() {
            out.push(c);
            if self.width(&out) + self.width("…") > room {
                out.pop();
                break;
            }
        }
        out.truncate(out.trim_end().len());
        out.push('…');
        out
    }

    /// The name, cut in its middle: names that begin alike often end differently.
    pub fn fit_name(&self, name: &str, room: f64) -> String {
        if self.width(name) <= room {
            return name.to_string();
        }
        let chars: Vec<char> = name.chars().collect();
        (2..chars.len())
            .map(|cut| {
                let head = (chars.len() - cut) * 3 / 5;
                let tail = chars.len() - cut - head;
                let head: String = chars[..head].iter().collect();
                let tail: String = chars[chars.len() - tail..].iter().collect();
                format!("{}…{}", head.trim_end(), tail.trim_start())
            })
            .find(|shorter| self.width(shorter) <= room)
            .unwrap_or_else(|| self.fit(name, room))
    }
}

/// Advance widths of U+0020 to U+007E in thousandths of the font size, read from the shipped face.
const REGULAR: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605, 636, 642,
    608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598, 587, 743, 740, 264,
    543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362, 357, 362, 469,
    452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597, 609, 609, 372, 523,
    364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];
/// The same for the bold face.
const BOLD: [u16; 95] = [
    232, 325, 392, 650, 655, 859, 674, 209, 409, 409, 565, 680, 303, 469, 298, 390, 688, 489, 630, 659, 678,
    645, 660, 595, 661, 660, 298, 303, 680, 680, 680, 562, 1031, 748, 661, 752, 727, 613, 585, 761, 746, 281,
    570, 690, 567, 915, 735, 782, 648, 783, 656, 655, 668, 729, 748, 1036, 714, 724, 667, 409, 390, 409, 488,
    477, 497, 580, 635, 587, 635, 598, 386, 633, 624, 272, 272, 582, 272, 912, 622, 614, 632, 632, 409, 562,
    388, 622, 586, 850, 574, 586, 572, 409, 374, 409, 680,
];

/// The width of a text in pixels, without kerning: within two percent of the shipped face for Latin text, and an
/// upper estimate for the faces that replace it in a viewer.
pub fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let table = if bold { &BOLD } else { &REGULAR };
    let thousandths: u32 = text
        .chars()
        .map(|c| match c {
            ' '..='~' => u32::from(table[c as usize - 0x20]),
            '·' => 298,
            '–' => 500,
            '…' => 821,
            '\u{300}'..='\u{36f}' => 0,
            '\u{a0}'..='\u{24f}' => 620,
            '\u{250}'..='\u{10ff}' | '\u{2000}'..='\u{206f}' => 760,
            _ => 1000,
        })
        .sum();
    f64::from(thousandths) / 1000.0 * size
}

/// A drawing under way.
pub struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

/// Draws a chart of the common size; the result is a complete SVG document with the title for readers that cannot
/// see it.
pub fn svg(title: &str, paint: impl FnOnce(&mut Canvas)) -> String {
    svg_of_height(title, HEIGHT, paint)
}

/// Draws a chart of the common width and this height, for charts with a row for each of something.
pub fn svg_of_height(title: &str, height: f64, paint: impl FnOnce(&mut Canvas)) -> String {
    let mut body = String::new();
    {
        let size = ((WIDTH * UNITS) as u32, (height * UNITS) as u32);
        let mut canvas = Canvas { backend: SVGBackend::with_string(&mut body, size) };
        canvas.rect((0.0, 0.0), (WIDTH, height), PAPER, 1.0);
        paint(&mut canvas);
        canvas.backend.present().expect(INFALLIBLE);
    }
    // The first line is the backend's own root element; ours scales it down and joins lines without spikes.
    let rest = body.split_once('\n').map_or("", |(_, rest)| rest);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {} {}\" \
         stroke-linejoin=\"round\" role=\"img\">\n<title>{}</title>\n{rest}",
        WIDTH * UNITS,
        height * UNITS,
        escaped(&words::clean(title)),
    )
}

const INFALLIBLE: &str = "drawing into a string cannot fail";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A position in pixels from the upper left corner.
pub type Point = (f64, f64);

fn finite((x, y): &Point) -> bool {
    x.is_finite() && y.is_finite()
}

fn unit(v: f64) -> i32 {
    // Saturates, and a value that is no number becomes the edge: nothing unreadable reaches the document.
    (v * UNITS).round() as i32
}

fn units((x, y): Point) -> (i32, i32) {
    (unit(x), unit(y))
}

fn stroke(color: RGBColor, alpha: f64, width: f64) -> ShapeStyle {
    ShapeStyle { color: color.mix(alpha), filled: false, stroke_width: unit(width).max(1) as u32 }
}

fn fill(color: RGBColor, alpha: f64) -> ShapeStyle {
    ShapeStyle { color: color.mix(alpha), filled: true, stroke_width: 0 }
}

impl Canvas<'_> {
    /// A line through points; nothing below two of them.
    pub fn line(&mut self, points: &[Point], color: RGBColor, alpha: f64, width: f64) {
        if points.len() > 1 && points.iter().all(finite) {
            let path = points.iter().copied().map(units);
            self.backend.draw_path(path, &stroke(color, alpha, width)).expect(INFALLIBLE);
        }
    }

    /// A dashed line through points: `on` pixels drawn, `off` left out.
    pub fn dashed(
        &mut self,
        points: &[Point],
        color: RGBColor,
        alpha: f64,
        width: f64,
        (on, off): (f64, f64),
    ) {
        let mut dash: Vec<Point> = Vec::new();
        let mut left = on;
        let mut drawing = true;
        if !points.iter().all(finite) {
            return;
        }
        for pair in points.windows(2) {
            let (mut a, b) = (pair[0], pair[1]);
            loop {
                let (dx, dy) = (b.0 - a.0, b.1 - a.1);
                let length = libm::sqrt(dx * dx + dy * dy);
                let step = length.min(left);
                let next =
                    if length > left { (a.0 + dx * left / length, a.1 + dy * left / length) } else { b };
                if drawing {
                    if dash.is_empty() {
                        dash.push(a);
                    }
                    dash.push(next);
                }
                left -= step;
                a = next;
                if left > 0.0 {
                    break;
                }
                if drawing {
                    self.line(&dash, color, alpha, width);
                    dash.clear();
                }
                drawing = !drawing;
                left = if drawing { on } else { off };
            }
        }
        self.line(&dash, color, alpha, width);
    }

    /// A filled polygon.
    pub fn area(&mut self, points: &[Point], color: RGBColor, alpha: f64) {
        if points.len() > 2 && points.iter().all(finite) {
            let path = points.iter().copied().map(units);
            self.backend.fill_polygon(path, &fill(color, alpha)).expect(INFALLIBLE);
        }
    }

    /// A filled rectangle between two corners, upper left first.
    pub fn rect(&mut self, from: Point, to: Point, color: RGBColor, alpha: f64) {
        let (a, b) = (units(from), units(to));
        if b.0 > a.0 && b.1 > a.1 {
            self.backend.draw_rect(a, b, &fill(color, alpha), true).expect(INFALLIBLE);
        }
    }

    /// A filled dot with a paper-coloured rim.
    pub fn dot(&mut self, at: Point, radius: f64, color: RGBColor) {
        for (r, c) in [(radius + 1.2, PAPER), (radius, color)] {
            self.backend.draw_circle(units(at), unit(r) as u32, &fill(c, 1.0), true).expect(INFALLIBLE);
        }
    }

    /// A text on a baseline.
    pub fn text(&mut self, (x, baseline): Point, kind: Type, text: &str) {
        let text = words::clean(text);
        if text.is_empty() {
            return;
        }
        // The backend divides sizes by 1.24, and its "top" is 0.76 em above the baseline.
        let size = kind.size * UNITS * 1.24;
        let style = if kind.bold { FontStyle::Bold } else { FontStyle::Normal };
        let h_pos = match kind.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = TextStyle::from(FontDesc::new(FontFamily::Name(FAMILY), size, style))
            .color(&kind.color)
            .pos(Pos::new(h_pos, VPos::Top));
        let at = units((x, baseline - 0.76 * kind.size));
        self.backend.draw_text(&text, &style, at).expect(INFALLIBLE);
    }

    /// Texts of several types one after the other on one baseline; returns where they end.
    pub fn texts(&mut self, (mut x, baseline): Point, parts: &[(Type, &str)]) -> f64 {
        for (kind, text) in parts {
            // SVG drops blanks at the ends of a text: they become distance.
            let blanks = &text[..text.len() - text.trim_start().len()];
            self.text((x + kind.width(blanks), baseline), *kind, text.trim());
            x += kind.width(text);
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_face() {
        assert_eq!(text_width("A", 1000.0, false), 676.0);
        assert_eq!(text_width("%", 1000.0, true), 859.0);
        let kind = Type::plain(12.0, INK);
        let cut = kind.fit("a name that is much too long for its place", 80.0);
        assert!(cut.ends_with('…') && kind.width(&cut) <= 80.0, "{cut}");
        assert_eq!(kind.fit("short", 80.0), "short");
        let cut = kind.fit_name("customer service number north 7", 100.0);
        assert!(cut.contains('…') && cut.ends_with("h 7") && kind.width(&cut) <= 100.0, "{cut}");
    }

    #[test]
    fn a_document_holds_only_readable_numbers() {
        let doc = svg("a < b & \u{1b}c", |c| {
            c.line(&[(f64::NAN, 1.0), (f64::INFINITY, 2.0)], INK, 1.0, 1.0);
            c.dashed(&[(0.0, 0.0), (10.0, 0.0), (10.0, 5.0)], INK, 1.0, 1.0, (4.0, 2.0));
            c.text((1.5, 20.0), Type::bold(12.0, INK), "x < y \u{7}");
        });
        assert!(!doc.contains("NaN") && !doc.contains("inf"));
        assert!(doc.contains("<title>a &lt; b &amp; \u{FFFD}c</title>") && doc.contains("x &lt; y"));
        assert!(doc.starts_with("<svg ") && doc.trim_end().ends_with("</svg>"));
        assert_eq!(
            doc.matches("<polyline").count(),
            3,
            "dashes at 0–4, 6–10, 12–15; no line without a place"
        );
    }
}
