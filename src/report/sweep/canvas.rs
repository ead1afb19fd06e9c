//! What all charts of a sweep share: the lines above and beneath them, and labels at the ends of curves.

use super::{field, fixed, full, label, method, rounded};
use crate::experiment::study::swept::Swept;
use crate::report::axis::{self, TICK};
use crate::report::sheet::{self, Foot};
use crate::report::style::{self, Canvas, Hue, Point, Size, Type};
use crate::report::sweep::slices::Slices;
use crate::report::words;

/// Left end of plots.
pub fn left(size: Size) -> f64 {
    size.pick(84.0, 52.0)
}
/// Labels inside a chart.
pub const LABEL: Type = Type::plain(11.0, style::INK);

/// How to read the chart, and how it was made.
pub fn foot(size: Size, s: &Swept, slices: &Slices, reading: &str, not_drawn: usize) -> Foot {
    let mut reading = reading.to_string();
    let left_out = slices.left_out + not_drawn;
    if left_out > 0 {
        reading.push_str(&format!(" · {left_out} more lines in points.csv"));
    }
    if let Some(with) = along(s, slices.x) {
        reading.push_str(&format!(" · {with}"));
    }
    if !slices.fixed.is_empty() {
        reading.push_str(&format!(" · at {}", fixed(s, slices)));
    }
    let failed = s.failed();
    if failed > 0 {
        reading.push_str(&format!(" · {failed} points could not be run"));
    }
    Foot::of(size, &reading, &method(&s.head))
}

/// What changes along with an axis where values stand side by side: `per_week changes along with it`.
pub fn along(s: &Swept, x: usize) -> Option<String> {
    let moves = |p: &usize| s.points.iter().any(|point| point.values[*p] != s.points[0].values[*p]);
    let others: Vec<String> =
        (0..s.head.paths.len()).filter(|p| *p != x && moves(p)).map(|p| label(&s.head, p)).collect();
    let verb = if others.len() == 1 { "changes" } else { "change" };
    (s.head.design == "zip" && !others.is_empty())
        .then(|| format!("{} {verb} along with it", words::list(&others, 3)))
}

/// What a line is called beside the axis it is a value of: `3`.
pub fn line_value(slices: &Slices, i: usize) -> String {
    slices.lines[i].label.as_deref().map_or(String::new(), rounded)
}

/// What a line is called where it stands alone: `dispatches per week of sale 3`.
pub fn line_name(s: &Swept, slices: &Slices, i: usize) -> String {
    match slices.by {
        Some(by) => format!("{} {}", words::capital(&full(&s.head, by)), line_value(slices, i)),
        None => String::new(),
    }
}

/// Paths, as they are typed.
const PATH: Type = Type::plain(10.0, style::SOFT);

/// The title of an axis: what the field is called, with its unit, and its path in small print beneath.
#[derive(Clone, Debug)]
pub struct AxisTitle {
    lines: Vec<(Type, String)>,
}

impl AxisTitle {
    /// Of a field, in lines that fit.
    pub fn of(s: &Swept, path: usize, room: f64) -> AxisTitle {
        let field = field(&s.head, path);
        let named = words::capital(&words::clean(&field.titled()));
        let mut lines: Vec<(Type, String)> =
            sheet::wrapped(TICK, &named, room).into_iter().map(|l| (TICK, l)).collect();
        lines.extend(sheet::wrapped(PATH, &words::clean(&field.path), room).into_iter().map(|l| (PATH, l)));
        AxisTitle { lines }
    }

    /// What it takes beyond a title of one line.
    pub fn height(&self) -> f64 {
        13.0 * (self.lines.len() - 1) as f64
    }

    /// Writes it around the middle between two pixels, its first baseline given.
    pub fn draw(&self, canvas: &mut Canvas, (left, right): (f64, f64), baseline: f64) {
        for (i, (kind, line)) in self.lines.iter().enumerate() {
            let half = 0.5 * kind.width(line) + 5.0;
            let middle = (0.5 * (left + right)).clamp(half, (canvas.width() - half).max(half));
            canvas.text((middle, baseline + 13.0 * i as f64), kind.middle(), line);
        }
    }

    /// Writes it from the left, its last baseline given: above an axis that goes up.
    pub fn draw_above(&self, canvas: &mut Canvas, left: f64, baseline: f64) {
        for (i, (kind, line)) in self.lines.iter().enumerate() {
            let under = self.lines.len() - 1 - i;
            let line = if i == 0 { format!("↑ {line}") } else { line.clone() };
            canvas.text((left, baseline - 13.0 * under as f64), *kind, &line);
        }
    }
}

/// Writes names beside the ends of lines, apart from each other: `ends` are places and names with their colours.
pub fn end_labels(canvas: &mut Canvas, ends: &[(Point, Hue, String)], (top, bottom): (f64, f64)) {
    let wanted: Vec<f64> = ends.iter().map(|e| e.0.1).collect();
    let Some(placed) = axis::spread(&wanted, 14.0, (top, bottom)) else { return };
    for (((x, y), hue, name), at) in ends.iter().zip(placed) {
        let kind = Type::bold(11.0, *hue);
        if (at - y).abs() > 2.0 {
            canvas.line(&[(x + 6.0, *y), (x + 14.0, at)], *hue, 0.5, 1.0);
        }
        let room = canvas.width() - x - 20.0;
        canvas.text((x + 17.0, at + kind.half_height()), kind, &kind.fit_name(name, room));
    }
}
