//! Which lines a sweep's points make: along the first axis that is a number, one for each value of the next.
//!
//! Must not know how lines are drawn.

use crate::experiment::study::crossing::Sample;
use crate::experiment::study::design::{Scale, decimal::Decimal};
use crate::experiment::study::swept::Swept;

/// Most lines of a chart.
pub const LINES_MAX: usize = 6;

/// Points that belong together, in the order of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The value of the second axis; none where there is none.
    pub label: Option<String>,
    /// Places of points that could be run.
    pub points: Vec<usize>,
}

/// A sweep cut into lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Slices {
    /// The axis along which lines run, by its place among the paths.
    pub x: usize,
    /// How its values are spread.
    pub scale: Scale,
    /// Whether by equal factors.
    pub log: bool,
    /// The axis whose values are lines.
    pub by: Option<usize>,
    /// The lines, at most [`LINES_MAX`].
    pub lines: Vec<Line>,
    /// Values of the second axis that have no line.
    pub left_out: usize,
    /// Axes held at one value, and the value.
    pub fixed: Vec<(usize, String)>,
    /// Whether points lie anywhere, so that nothing connects them.
    pub scattered: bool,
    /// Values of an axis of names, in order of first appearance.
    pub names: Vec<String>,
}

/// The distinct values of a path, in order of first appearance.
pub fn distinct(s: &Swept, path: usize) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut out: Vec<String> = Vec::new();
    for point in &s.points {
        if seen.insert(point.values[path].as_str()) {
            out.push(point.values[path].clone());
        }
    }
    out
}

/// The value of a path at a point, as a place on its axis.
fn at(s: &Swept, slices: &Slices, point: usize) -> f64 {
    let text = &s.points[point].values[slices.x];
    match slices.scale {
        Scale::Names => slices.names.iter().position(|n| n == text).unwrap_or(0) as f64,
        _ => Decimal::parse(text).map_or(f64::NAN, Decimal::as_f64),
    }
}

/// Cuts a sweep into lines.
pub fn slices(s: &Swept) -> Slices {
    let head = &s.head;
    let sizes: Vec<usize> = (0..head.paths.len()).map(|p| distinct(s, p).len()).collect();
    let several = |p: &usize| sizes[*p] > 1;
    let paths = 0..head.paths.len();
    let x = paths
        .clone()
        .filter(several)
        .find(|p| head.scales[*p] != Scale::Names)
        .or_else(|| paths.clone().find(several))
        .unwrap_or(0);
    let grid = head.design == "grid";
    let others: Vec<usize> = paths.filter(|p| *p != x && sizes[*p] > 1).collect();
    let by = others.first().copied().filter(|_| grid);
    // A table of points along one path is a line like any other.
    let scattered = head.is_scattered() && !(head.design == "points" && others.is_empty());
    let fixed: Vec<(usize, String)> = match grid {
        true => others.iter().skip(1).map(|p| (*p, s.points[0].values[*p].clone())).collect(),
        false => Vec::new(),
    };
    let names = if head.scales[x] == Scale::Names { distinct(s, x) } else { Vec::new() };
    let scale = head.scales[x];
    let mut out = Slices {
        x,
        scale,
        log: scale == Scale::Log,
        by,
        lines: Vec::new(),
        left_out: 0,
        fixed,
        scattered,
        names,
    };
    let labels: Vec<Option<String>> = match by {
        Some(by) => pick(&distinct(s, by), LINES_MAX).into_iter().map(Some).collect(),
        None => vec![None],
    };
    out.left_out = by.map_or(0, |by| sizes[by] - labels.len());
    for label in labels {
        let belongs = |i: &usize| {
            let point = &s.points[*i];
            point.error.is_none()
                && out.fixed.iter().all(|(p, v)| point.values[*p] == *v)
                && by.is_none_or(|by| Some(&point.values[by]) == label.as_ref())
        };
        let mut points: Vec<usize> = (0..s.points.len()).filter(belongs).collect();
        points.sort_by(|a, b| at(s, &out, *a).total_cmp(&at(s, &out, *b)));
        if !points.is_empty() {
            out.lines.push(Line { label, points });
        }
    }
    out
}

/// At most so many of several, evenly, the first and the last among them.
pub fn pick<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    match all.len() {
        n if n <= most => all.to_vec(),
        n => (0..most).map(|i| all[i * (n - 1) / (most - 1)].clone()).collect(),
    }
}

impl Slices {
    /// Whether the axis is of numbers.
    pub fn is_numeric(&self) -> bool {
        self.scale != Scale::Names
    }

    /// The place of a point on the axis.
    pub fn place(&self, s: &Swept, point: usize) -> f64 {
        at(s, self, point)
    }

    /// A figure along a line, where there is a value.
    pub fn samples(&self, s: &Swept, line: &Line, figure: usize) -> Vec<Sample> {
        let of = |i: &usize| {
            let e = &s.points[*i].estimates[figure];
            let value = e.value?;
            Some(Sample { x: self.place(s, *i), value, interval: e.interval })
        };
        line.points.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sweep::sample;

    #[test]
    fn a_grid_has_a_line_for_each_value_of_the_second_axis() {
        let s = sample::grid();
        let cut = slices(&s);
        assert_eq!((cut.x, cut.by, cut.lines.len(), cut.log), (0, Some(1), 4, true));
        assert!(cut.lines.iter().all(|l| l.points.len() == 9));
        assert_eq!(cut.lines[3].label.as_deref(), Some("7"));
        let samples = cut.samples(&s, &cut.lines[0], 0);
        assert!(samples.windows(2).all(|w| w[0].x < w[1].x));
    }

    #[test]
    fn points_anywhere_are_not_connected_and_failed_ones_left_out() {
        let s = sample::scattered();
        assert!(slices(&s).scattered);
        let mut s = sample::curve();
        s.points[2].error = Some("no".into());
        assert_eq!(slices(&s).lines[0].points.len(), s.points.len() - 1);
    }

    #[test]
    fn many_values_are_thinned_evenly() {
        let all: Vec<usize> = (0..20).collect();
        assert_eq!(pick(&all, 6), [0, 3, 7, 11, 15, 19]);
        assert_eq!(pick(&all[..3], 6), [0, 1, 2]);
    }
}
