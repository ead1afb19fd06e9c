//! How every chart looks: colours, type, and a canvas that draws in fractions of a pixel.
//!
//! One place for ink, grid and letters, so that all charts look like one report, on light paper and on dark, on a page,
//! a slide and in a column. Must not know what is drawn.
//!
//! The SVG backend of `plotters` places everything on whole units. The canvas therefore counts ten units to a pixel
//! and lets the `viewBox` scale them down: lines through thousands of points stay smooth.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use crate::messaging::QualityRating;
use crate::report::{fonts, words};

/// Units of the drawing to a pixel.
const UNITS: f64 = 10.0;
/// The face that every document carries first, then what stands in for it where a program passes over embedded fonts
/// or a letter is not in it.
const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

/// How a chart is to look. [`Look::default`] is what a run writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Its colours.
    pub theme: Theme,
    /// Its size, and how much stands on it.
    pub size: Size,
}

impl Look {
    /// Every look there is.
    pub const ALL: [Look; 6] = {
        const fn of(theme: Theme, size: Size) -> Look {
            Look { theme, size }
        }
        [
            of(Theme::Light, Size::Page),
            of(Theme::Light, Size::Slide),
            of(Theme::Light, Size::Column),
            of(Theme::Dark, Size::Page),
            of(Theme::Dark, Size::Slide),
            of(Theme::Dark, Size::Column),
        ]
    };
}

/// Dark on light, or light on dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// White paper.
    #[default]
    Light,
    /// For dark slides and dark pages.
    Dark,
}

/// What a chart is made for. Charts lay themselves out in pixels of which the smallest type has ten; a size says how many
/// of these there are, and how large they become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Size {
    /// A page on a screen: 900 × 480 pixels.
    #[default]
    Page,
    /// A slide: 1280 × 720 pixels (16:9), everything 1.6 times as large.
    Slide,
    /// A column of a paper, 89 mm wide, no type below 7 points. No question and no answer above it, since the caption
    /// has them; scenario, policy and seed stay.
    Column,
}

impl Size {
    /// Width of the layout, in pixels of the layout.
    pub const fn width(self) -> f64 {
        match self {
            Size::Page => 900.0,
            Size::Slide => 800.0,
            Size::Column => 360.0,
        }
    }

    /// Height of the layout where a chart has no other, in pixels of the layout.
    pub const fn height(self) -> f64 {
        match self {
            Size::Page => 480.0,
            Size::Slide => 450.0,
            Size::Column => 270.0,
        }
    }

    /// The first, or the second in a column.
    pub fn pick<T>(self, wide: T, column: T) -> T {
        match self {
            Size::Page | Size::Slide => wide,
            Size::Column => column,
        }
    }

    /// A length of the layout as a length of the document.
    fn length(self, v: f64) -> String {
        match self {
            Size::Page => format!("{v}"),
            Size::Slide => format!("{}", (v * 16.0).round() / 10.0),
            Size::Column => format!("{}mm", (v * 89.0 / 360.0 * 1000.0).round() / 1000.0),
        }
    }

    /// Pixels of a PNG to one CSS pixel of the document: 600 dots to the inch of a column, else twice the size.
    pub const fn png_scale(self) -> f32 {
        match self {
            Size::Page | Size::Slide => 2.0,
            Size::Column => 6.25,
        }
    }
}

/// A colour, as it is on light paper and on dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hue {
    light: RGBColor,
    dark: RGBColor,
}

impl Hue {
    /// Both as `0xRRGGBB`.
    pub const fn new(light: u32, dark: u32) -> Hue {
        const fn rgb(v: u32) -> RGBColor {
            RGBColor((v >> 16) as u8, (v >> 8) as u8, v as u8)
        }
        Hue { light: rgb(light), dark: rgb(dark) }
    }

    /// What it is on a paper.
    pub const fn on(self, theme: Theme) -> RGBColor {
        match theme {
            Theme::Light => self.light,
            Theme::Dark => self.dark,
        }
    }

    /// This far, from 0 to 1, on the way to another.
    pub fn towards(self, other: Hue, share: f64) -> Hue {
        let mix = |a: RGBColor, b: RGBColor| {
            let one = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
            RGBColor(one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
        };
        Hue { light: mix(self.light, other.light), dark: mix(self.dark, other.dark) }
    }

    /// The same hue, as near to ink as text on paper needs to be read: a contrast of 4.5 to 1.
    pub fn text(self) -> Hue {
        let readable = |theme: Theme| {
            let steps = (0..=20).map(|i| self.towards(INK, f64::from(i) / 20.0).on(theme));
            steps
                .into_iter()
                .find(|c| contrast(*c, PAPER.on(theme)) >= TEXT_CONTRAST)
                .unwrap_or(INK.on(theme))
        };
        Hue { light: readable(Theme::Light), dark: readable(Theme::Dark) }
    }

    /// Black or white, whichever is easier to read on a fill of this colour: one of them has a contrast above 4.5 on any.
    pub fn text_on(self) -> Hue {
        let best = |theme: Theme| {
            let of = |h: Hue| contrast(h.on(theme), self.on(theme));
            if of(DEEP) > of(BRIGHT) { DEEP.on(theme) } else { BRIGHT.on(theme) }
        };
        Hue { light: best(Theme::Light), dark: best(Theme::Dark) }
    }
}

/// Least contrast of text (Web Content Accessibility Guidelines 2.2, success criterion 1.4.3).
pub const TEXT_CONTRAST: f64 = 4.5;
/// Least contrast of marks (success criterion 1.4.11).
pub const MARK_CONTRAST: f64 = 3.0;

/// The contrast of two colours as the guidelines define it: from 1 to 21.
pub fn contrast(a: RGBColor, b: RGBColor) -> f64 {
    let luminance = |c: RGBColor| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// A channel of sRGB as a share of the light (IEC 61966-2-1).
fn linear(channel: u8) -> f64 {
    let v = f64::from(channel) / 255.0;
    if v <= 0.04045 { v / 12.92 } else { libm::pow((v + 0.055) / 1.055, 2.4) }
}

/// Text and axes.
pub const INK: Hue = Hue::new(0x22262b, 0xe8eaed);
/// Text that explains other text.
pub const SOFT: Hue = Hue::new(0x5f666e, 0xa9b0b9);
/// Grid lines, before a thin alpha.
pub const GRID: Hue = Hue::new(0x22262b, 0xf4f5f7);
/// The paper.
pub const PAPER: Hue = Hue::new(0xffffff, 0x15181c);
/// Marks on grounds that are filled with colour: dark on either paper.
pub const OVER: Hue = Hue::new(0x22262b, 0x0e1013);
/// What nobody knows, or nobody asked for: no mark, and lighter than any.
pub const PALE: Hue = Hue::new(0xe7e8e9, 0x2c3138);
/// A mark that says that nothing can be said.
pub const FAINT: Hue = Hue::new(0x8d949c, 0x747b84);
/// Text on fills.
const DEEP: Hue = Hue::new(0x000000, 0x000000);
const BRIGHT: Hue = Hue::new(0xffffff, 0xffffff);

/// The fill of a colour: apart for red-green blind eyes (bluish green, amber, dark red) and in grey print.
pub fn quality(rating: QualityRating) -> Hue {
    match rating {
        QualityRating::Red => Hue::new(0xb01f2b, 0xe0525c),
        QualityRating::Yellow => Hue::new(0xc68800, 0xf2bd3d),
        QualityRating::Green => Hue::new(0x209f82, 0x30b8a0),
        // Not a colour but the lack of one: a ground on which the others stand.
        QualityRating::Unknown => Hue::new(0xc9cdd2, 0x4a5058),
    }
}

/// The same hue for text on paper.
pub fn quality_text(rating: QualityRating) -> Hue {
    match rating {
        QualityRating::Red => Hue::new(0x9b1b26, 0xf08088),
        QualityRating::Yellow => Hue::new(0x7d5600, 0xf2bd3d),
        QualityRating::Green => Hue::new(0x0b6b56, 0x45c9b0),
        QualityRating::Unknown => SOFT,
    }
}

/// Text on a fill of that colour.
pub fn on_quality(rating: QualityRating) -> Hue {
    quality(rating).text_on()
}

/// Lines of numbers: blues, plums and browns, none of them a quality colour.
const LINES: [Hue; 8] = [
    Hue::new(0x2b3a8c, 0x9db0ff),
    Hue::new(0xa0308a, 0xe884d2),
    Hue::new(0x16799f, 0x5cc3ea),
    Hue::new(0x6b4a2b, 0xd3a679),
    Hue::new(0x555c66, 0xb3bac4),
    Hue::new(0x7a5cd6, 0xb79cff),
    Hue::new(0xb9508f, 0xf4a3cd),
    Hue::new(0x124e5c, 0x6fc9d6),
];

/// The line colour of the `i`-th number.
pub fn series(i: usize) -> Hue {
    LINES[i % LINES.len()]
}

/// What the second of these is called on a paper.
pub fn plum(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "plum",
        Theme::Dark => "pink",
    }
}

/// Colours of the counts of a day.
pub mod counts {
    use super::Hue;

    /// Messages sent.
    pub const SENT: Hue = Hue::new(0x3b4a86, 0x8fa0ea);
    /// Attempts refused.
    pub const REFUSED: Hue = Hue::new(0xc08040, 0xd79a5c);
    /// Messages delivered.
    pub const DELIVERED: Hue = Hue::new(0x2f6c98, 0x6fb1e0);
    /// Reads seen.
    pub const READ: Hue = Hue::new(0x3d92aa, 0x6cc6dd);
    /// Blocks.
    pub const BLOCKED: Hue = Hue::new(0x7d2358, 0xd56fa8);
    /// Reports.
    pub const REPORTED: Hue = Hue::new(0xd2709e, 0xf5b8d4);
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
    pub color: Hue,
    /// What its position means.
    pub anchor: Anchor,
}

impl Type {
    /// Regular, from its start.
    pub const fn plain(size: f64, color: Hue) -> Type {
        Type { size, bold: false, color, anchor: Anchor::Start }
    }

    /// Bold, from its start.
    pub const fn bold(size: f64, color: Hue) -> Type {
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

    /// The text in lines of at most `room` pixels, no more than `most` of them. Where it does not fit, clauses go from its
    /// end, and what is left of the last is cut with an ellipsis.
    pub fn lines(&self, text: &str, room: f64, most: usize) -> Vec<String> {
        let mut text = text.trim().to_string();
        loop {
            let mut lines: Vec<String> = Vec::new();
            for word in text.split(' ') {
                match lines.last_mut() {
                    // A line that begins with a lone sign of percent reads badly.
                    Some(line) if word.starts_with('%') && !line.is_empty() => {
                        let number = line.rfind(' ').map_or(0, |at| at + 1);
                        let both = format!("{} {word}", &line[number..]);
                        if number == 0 || self.width(&format!("{line} {word}")) <= room {
                            line.truncate(number);
                            line.push_str(&both);
                        } else {
                            line.truncate(number - 1);
                            lines.push(both);
                        }
                    }
                    Some(line) if self.width(&format!("{line} {word}")) <= room => {
                        line.push(' ');
                        line.push_str(word);
                    }
                    _ => lines.push(word.to_string()),
                }
            }
            if lines.len() <= most && lines.iter().all(|line| self.width(line) <= room) {
                return lines.into_iter().filter(|line| !line.is_empty()).collect();
            }
            let clause = ["; ", " · ", ". "].iter().filter_map(|end| text.rfind(end)).max();
            match clause {
                Some(at) => text.truncate(at),
                None => {
                    let rest = lines.split_off(most.min(lines.len()).saturating_sub(1)).join(" ");
                    lines.push(self.fit(&rest, room));
                    return lines.iter().map(|line| self.fit(line, room)).collect();
                }
            }
        }
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
    look: Look,
    height: f64,
    letters: fonts::Used,
}

/// Draws a chart of the common size; the result is a complete SVG document with the title for readers that cannot
/// see it.
pub fn svg(look: Look, title: &str, paint: impl FnOnce(&mut Canvas)) -> String {
    svg_of_height(look, title, look.size.height(), paint)
}

/// Draws a chart of the common width and this height in pixels of the layout, for charts with a row for each of
/// something.
pub fn svg_of_height(look: Look, title: &str, height: f64, paint: impl FnOnce(&mut Canvas)) -> String {
    let width = look.size.width();
    let mut body = String::new();
    let letters = {
        let size = ((width * UNITS) as u32, (height * UNITS) as u32);
        let backend = SVGBackend::with_string(&mut body, size);
        let mut canvas = Canvas { backend, look, height, letters: fonts::Used::default() };
        canvas.rect((0.0, 0.0), (width, height), PAPER, 1.0);
        paint(&mut canvas);
        canvas.backend.present().expect(INFALLIBLE);
        canvas.letters
    };
    // The first line is the backend's own root element; ours scales it down and joins lines without spikes.
    let rest = body.split_once('\n').map_or("", |(_, rest)| rest);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" \
         stroke-linejoin=\"round\" role=\"img\">\n<title>{}</title>\n<style>\n{}</style>\n{rest}",
        look.size.length(width),
        look.size.length(height),
        width * UNITS,
        height * UNITS,
        escaped(&words::clean(title)),
        letters.css(),
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

impl Canvas<'_> {
    /// Width of the layout in pixels.
    pub fn width(&self) -> f64 {
        self.look.size.width()
    }

    /// Height of the layout in pixels.
    pub fn height(&self) -> f64 {
        self.height
    }

    /// What it is made for.
    pub fn size(&self) -> Size {
        self.look.size
    }

    /// Whether this is a column of a paper: little room, and a caption that says what it is.
    pub fn is_column(&self) -> bool {
        self.look.size == Size::Column
    }

    /// The first, or the second in a column.
    pub fn pick<T>(&self, wide: T, column: T) -> T {
        self.look.size.pick(wide, column)
    }

    fn stroke(&self, color: Hue, alpha: f64, width: f64) -> ShapeStyle {
        let color = color.on(self.look.theme).mix(alpha);
        ShapeStyle { color, filled: false, stroke_width: unit(width).max(1) as u32 }
    }

    fn fill(&self, color: Hue, alpha: f64) -> ShapeStyle {
        ShapeStyle { color: color.on(self.look.theme).mix(alpha), filled: true, stroke_width: 0 }
    }

    /// A line through points; nothing below two of them.
    pub fn line(&mut self, points: &[Point], color: Hue, alpha: f64, width: f64) {
        if points.len() > 1 && points.iter().all(finite) {
            let path = points.iter().copied().map(units);
            let stroke = self.stroke(color, alpha, width);
            self.backend.draw_path(path, &stroke).expect(INFALLIBLE);
        }
    }

    /// A dashed line through points: `on` pixels drawn, `off` left out.
    pub fn dashed(&mut self, points: &[Point], color: Hue, alpha: f64, width: f64, (on, off): (f64, f64)) {
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
    pub fn area(&mut self, points: &[Point], color: Hue, alpha: f64) {
        if points.len() > 2 && points.iter().all(finite) {
            let path = points.iter().copied().map(units);
            let fill = self.fill(color, alpha);
            self.backend.fill_polygon(path, &fill).expect(INFALLIBLE);
        }
    }

    /// A filled rectangle between two corners, upper left first.
    pub fn rect(&mut self, from: Point, to: Point, color: Hue, alpha: f64) {
        let (a, b) = (units(from), units(to));
        if b.0 > a.0 && b.1 > a.1 {
            let fill = self.fill(color, alpha);
            self.backend.draw_rect(a, b, &fill, true).expect(INFALLIBLE);
        }
    }

    /// A filled dot with a paper-coloured rim.
    pub fn dot(&mut self, at: Point, radius: f64, color: Hue) {
        for (r, c) in [(radius + 1.2, PAPER), (radius, color)] {
            let fill = self.fill(c, 1.0);
            self.backend.draw_circle(units(at), unit(r) as u32, &fill, true).expect(INFALLIBLE);
        }
    }

    /// A text on a baseline.
    pub fn text(&mut self, (x, baseline): Point, kind: Type, text: &str) {
        let text = words::clean(text);
        if text.is_empty() {
            return;
        }
        self.letters.note(kind.bold, &text);
        // The backend divides sizes by 1.24, and its "top" is 0.76 em above the baseline.
        let size = kind.size * UNITS * 1.24;
        let style = if kind.bold { FontStyle::Bold } else { FontStyle::Normal };
        let h_pos = match kind.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let color = kind.color.on(self.look.theme);
        let style = TextStyle::from(FontDesc::new(FontFamily::Name(FAMILY), size, style))
            .color(&color)
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
        let text = "one two three; four five six. seven eight nine";
        assert_eq!(kind.lines(text, 1000.0, 2), [text]);
        assert_eq!(kind.lines(text, 120.0, 2), ["one two three; four", "five six"]);
        assert_eq!(kind.lines("abcdefghijklmnopqrstuvwxyz", 40.0, 2), ["abcd…"]);
        assert_eq!(kind.lines("", 40.0, 2), Vec::<String>::new());
        let cut = kind.fit_name("customer service number north 7", 100.0);
        assert!(cut.contains('…') && cut.ends_with("h 7") && kind.width(&cut) <= 100.0, "{cut}");
    }

    #[test]
    fn a_document_holds_only_readable_numbers() {
        let doc = svg(Look::default(), "a < b & \u{1b}c", |c| {
            c.line(&[(f64::NAN, 1.0), (f64::INFINITY, 2.0)], INK, 1.0, 1.0);
            c.dashed(&[(0.0, 0.0), (10.0, 0.0), (10.0, 5.0)], INK, 1.0, 1.0, (4.0, 2.0));
            c.text((1.5, 20.0), Type::bold(12.0, INK), "x < y \u{7}");
        });
        let drawn = crate::report::legible::body(&doc);
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
        assert!(doc.contains("<title>a &lt; b &amp; \u{FFFD}c</title>") && doc.contains("x &lt; y"));
        assert!(doc.starts_with("<svg ") && doc.trim_end().ends_with("</svg>"));
        assert_eq!(
            doc.matches("<polyline").count(),
            3,
            "dashes at 0–4, 6–10, 12–15; no line without a place"
        );
    }

    /// Hues of marks that have to be seen on the paper.
    fn marks() -> Vec<Hue> {
        use crate::report::style::counts::*;
        let rated = [QualityRating::Red, QualityRating::Yellow, QualityRating::Green].map(quality);
        let counts = [SENT, REFUSED, DELIVERED, READ, BLOCKED, REPORTED];
        LINES.into_iter().chain(rated).chain(counts).chain([INK, SOFT, FAINT]).collect()
    }

    #[test]
    fn text_and_marks_stand_out_from_both_papers() {
        let ratings =
            [QualityRating::Red, QualityRating::Yellow, QualityRating::Green, QualityRating::Unknown];
        for theme in [Theme::Light, Theme::Dark] {
            let over = |h: Hue, ground: Hue| contrast(h.on(theme), ground.on(theme));
            for mark in marks() {
                assert!(over(mark, PAPER) >= MARK_CONTRAST, "{theme:?} {mark:?}: {}", over(mark, PAPER));
                assert!(over(mark.text(), PAPER) >= TEXT_CONTRAST, "{theme:?} {mark:?}");
            }
            // These are written with as they are.
            for text in LINES.into_iter().chain([INK, SOFT]).chain(ratings.map(quality_text)) {
                assert!(over(text, PAPER) >= TEXT_CONTRAST, "{theme:?} {text:?}: {}", over(text, PAPER));
            }
            for rating in ratings {
                let found = over(on_quality(rating), quality(rating));
                assert!(found >= TEXT_CONTRAST, "{theme:?} {rating:?}: {found}");
            }
        }
        assert!((contrast(RGBColor(0, 0, 0), RGBColor(255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((contrast(RGBColor(0x77, 0x77, 0x77), RGBColor(255, 255, 255)) - 4.48).abs() < 0.005);
    }

    /// CIE 1976 L*a*b* of a colour (D65), after a matrix over its light.
    fn lab(c: RGBColor, m: [[f64; 3]; 3]) -> [f64; 3] {
        let light = [c.0, c.1, c.2].map(linear);
        let rows = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|r| r[0] * v[0] + r[1] * v[1] + r[2] * v[2]);
        let seen = rows(m, light).map(|v| v.clamp(0.0, 1.0));
        let to_xyz = [
            [0.412_456_4, 0.357_576_1, 0.180_437_5],
            [0.212_672_9, 0.715_152_2, 0.072_175],
            [0.019_333_9, 0.119_192, 0.950_304_1],
        ];
        let [x, y, z] = rows(to_xyz, seen);
        let f = |t: f64| if t > 0.008_856 { libm::cbrt(t) } else { 7.787 * t + 16.0 / 116.0 };
        let (x, y, z) = (f(x / 0.950_47), f(y), f(z / 1.088_83));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn green_yellow_and_red_are_apart_for_every_eye() {
        // Machado, Oliveira and Fernandes (2009), severity 1: no red cones, no green cones.
        let eyes = [
            ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            (
                "protanopia",
                [
                    [0.152_286, 1.052_583, -0.204_868],
                    [0.114_503, 0.786_281, 0.099_216],
                    [-0.003_882, -0.048_116, 1.051_998],
                ],
            ),
            (
                "deuteranopia",
                [
                    [0.367_322, 0.860_646, -0.227_968],
                    [0.280_085, 0.672_501, 0.047_413],
                    [-0.011_820, 0.042_940, 0.968_881],
                ],
            ),
        ];
        let apart = |a: Hue, b: Hue, theme: Theme, m| {
            let (a, b) = (lab(a.on(theme), m), lab(b.on(theme), m));
            libm::sqrt((0..3).map(|i| (a[i] - b[i]) * (a[i] - b[i])).sum())
        };
        let [red, yellow, green] =
            [QualityRating::Red, QualityRating::Yellow, QualityRating::Green].map(quality);
        for theme in [Theme::Light, Theme::Dark] {
            for (eye, m) in eyes {
                for (a, b) in [(red, yellow), (yellow, green), (red, green)] {
                    // Two is just noticeable; ten is seen at a glance.
                    let found = apart(a, b, theme, m);
                    assert!(found >= 20.0, "{theme:?}, {eye}: {a:?} and {b:?} are {found} apart");
                }
            }
        }
        // The test can tell: a traffic light's red and green are one colour to some eyes.
        assert!(apart(Hue::new(0xd05030, 0), Hue::new(0x8a9a2b, 0), Theme::Light, eyes[2].1) < 25.0);
    }

    #[test]
    fn sizes_come_to_what_they_are_for() {
        let head = |size| {
            let doc = svg(Look { size, ..Look::default() }, "x", |_| {});
            doc.split(" stroke-linejoin").next().unwrap().split("svg\" ").nth(1).unwrap().to_string()
        };
        assert_eq!(head(Size::Page), "width=\"900\" height=\"480\" viewBox=\"0 0 9000 4800\"");
        assert_eq!(head(Size::Slide), "width=\"1280\" height=\"720\" viewBox=\"0 0 8000 4500\"");
        assert_eq!(head(Size::Column), "width=\"89mm\" height=\"66.75mm\" viewBox=\"0 0 3600 2700\"");
        // Ten pixels of a column's layout in points.
        let ten = Size::Column.length(10.0);
        let millimetres: f64 = ten.trim_end_matches("mm").parse().unwrap();
        assert!(millimetres / 25.4 * 72.0 >= 7.0, "{ten}");
    }
}
