//! A canvas that draws in fractions of a pixel, and the SVG document that comes of it.
//!
//! The SVG backend of `plotters` places everything on whole units. The canvas therefore counts ten units to a pixel
//! and lets the `viewBox` scale them down: lines through thousands of points stay smooth. Must not know what is drawn.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle};

use crate::report::style::colours::{Hue, PAPER};
use crate::report::style::letters::{Anchor, Type};
use crate::report::style::{Look, Size};
use crate::report::{fonts, words};

/// Units of the drawing to a pixel.
const UNITS: f64 = 10.0;
/// The face that every document carries first, then what stands in for it where a program passes over embedded fonts
/// or a letter is not in it.
const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

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
    use crate::report::style::INK;

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
}
