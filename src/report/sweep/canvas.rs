//! What all charts of a sweep share: the lines above and beneath them, and labels at the ends of curves.

use super::{fixed, full, label, method, rounded};
use crate::experiment::study::swept::Swept;
use crate::report::axis;
use crate::report::sheet::Foot;
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
