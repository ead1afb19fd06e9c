//! Fields and assumptions as charts and sentences of studies name them: by what they are called, with their paths in small
//! print.
//!
//! Must not know which study varies them.

use crate::experiment::study::field::Field;
use crate::report::sheet;
use crate::report::style::{self, Canvas, Size, Type};
use crate::report::words;

/// What a field is called in a sentence: `block chance of lapsed`.
pub fn name(path: &str) -> String {
    words::shorten(&words::clean(&Field::of(path, "").name), 60)
}

/// The same with its path, where that says anything more: `block chance of lapsed (segments.lapsed.block_base)`.
pub fn with_path(path: &str) -> String {
    match (name(path), words::clean(path)) {
        (name, path) if name == path => name,
        (name, path) => format!("{name} ({path})"),
    }
}

/// Overrides in words, without the names of campaigns and segments: `most people per dispatch 237, growth 1.5`.
pub fn settings(sets: &[String]) -> String {
    let told = |set: &String| {
        let (path, value) = set.split_once('=').unwrap_or((set, ""));
        words::clean(&format!("{} {}", Field::of(path.trim(), "").short, value.trim()))
    };
    sets.iter().map(told).collect::<Vec<_>>().join(", ")
}

const NAME: Type = Type::plain(11.0, style::INK);
const SMALL: Type = Type::plain(10.0, style::SOFT);

/// The title of an axis: what the field is called, with its unit, and its path in small print beneath.
#[derive(Clone, Debug)]
pub struct AxisTitle {
    lines: Vec<(Type, String)>,
}

impl AxisTitle {
    /// Of a field, in lines that fit.
    pub fn of(field: &Field, room: f64) -> AxisTitle {
        let named = words::capital(&words::clean(&field.titled()));
        let of =
            |kind: Type, text: &str| sheet::wrapped(kind, text, room).into_iter().map(move |l| (kind, l));
        let title = Type { color: style::SOFT, ..NAME };
        let lines = of(title, &named).chain(of(SMALL, &words::clean(&field.path)));
        AxisTitle { lines: lines.collect() }
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

/// What stands left of a row of a ranking: the name, then path and range in small print. A column has no room for paths:
/// the table beside the chart has them.
#[derive(Clone, Debug)]
pub struct RowLabel {
    lines: Vec<(Type, String)>,
}

impl RowLabel {
    /// Of a field and the range it was varied over, in lines that fit.
    pub fn of(path: &str, range: &[String; 2], size: Size, room: f64) -> RowLabel {
        let (name, path) = (name(path), words::clean(path));
        let range = words::clean(&range.join(" to "));
        let small = if size == Size::Column || name == path { range } else { format!("{path}: {range}") };
        let of =
            |kind: Type, text: &str| sheet::wrapped(kind, text, room).into_iter().map(move |l| (kind, l));
        RowLabel { lines: of(NAME, &name).chain(of(SMALL, &small)).collect() }
    }

    /// What a row takes that has this label.
    pub fn height(&self) -> f64 {
        12.5 * self.lines.len() as f64 + 6.0
    }

    /// Writes it, its right end and the middle of its row given.
    pub fn draw(&self, canvas: &mut Canvas, right: f64, middle: f64) {
        let first = middle - 6.25 * self.lines.len() as f64 + 10.0;
        for (i, (kind, line)) in self.lines.iter().enumerate() {
            canvas.text((right, first + 12.5 * i as f64), kind.end(), line);
        }
    }
}

/// The height of rows that have these labels, no less than what they take without; all rows are alike.
pub fn row_height(labels: &[RowLabel], least: f64) -> f64 {
    labels.iter().map(RowLabel::height).fold(least, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_beside_names_where_they_say_more() {
        let path = "segments.lapsed.block_base";
        assert_eq!(with_path(path), "block chance of lapsed (segments.lapsed.block_base)");
        assert_eq!(with_path("odd"), "odd");
        let sets =
            ["campaigns.welcome.audience.max=237".to_string(), "campaigns.welcome.per_week=5".to_string()];
        assert_eq!(settings(&sets), "most people per dispatch 237, dispatches per week 5");
        let range = ["0.001".to_string(), "0.05".to_string()];
        let texts = |size, room| -> Vec<String> {
            RowLabel::of(path, &range, size, room).lines.into_iter().map(|l| l.1).collect()
        };
        assert_eq!(
            texts(Size::Page, 400.0),
            ["block chance of lapsed", "segments.lapsed.block_base: 0.001 to 0.05"]
        );
        assert_eq!(texts(Size::Column, 90.0), ["block chance of", "lapsed", "0.001 to 0.05"]);
    }
}
