//! Which lines a sweep's points make: along the first axis that is a number, one for each value of the next.
//!
//! Must not know how lines are drawn.

use crate::experiment::study::crossing::{Sample, passage};
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

/// Cuts a sweep into the lines that are drawn.
pub fn slices(s: &Swept) -> Slices {
    cut(s, axis(s), LINES_MAX)
}

/// The same with a line for every value of the second axis.
pub fn all(s: &Swept) -> Slices {
    cut(s, axis(s), usize::MAX)
}

/// The axis that lines run along: the first of numbers, unless on more lines along another the figure that leads passes
/// the bound. A map shows both axes; a line shows what changes along it.
fn axis(s: &Swept) -> usize {
    let several: Vec<usize> = (0..s.head.paths.len()).filter(|p| distinct(s, *p).len() > 1).collect();
    let numbers: Vec<usize> = several.iter().copied().filter(|p| s.head.scales[*p] != Scale::Names).collect();
    let first = numbers.first().or(several.first()).copied().unwrap_or(0);
    let lead = super::lead(s);
    if s.head.design != "grid" || numbers.len() < 2 || !s.asked[lead].measure.is_chance() {
        return first;
    }
    let share = |x: usize| {
        let slices = cut(s, x, usize::MAX);
        let passing = slices.lines.iter().filter(|l| slices.passes(s, l, lead)).count();
        passing as f64 / slices.lines.len().max(1) as f64
    };
    // The order of the person who asked stands where it shows the passage about as well.
    let (ours, best) = numbers
        .iter()
        .map(|x| (share(*x), *x))
        .fold((share(first), first), |best, other| if other.0 > best.0 { other } else { best });
    if share(first) < 0.5 && ours > 0.0 { best } else { first }
}

fn cut(s: &Swept, x: usize, most: usize) -> Slices {
    let head = &s.head;
    let sizes: Vec<usize> = (0..head.paths.len()).map(|p| distinct(s, p).len()).collect();
    let grid = head.design == "grid";
    let others: Vec<usize> = (0..head.paths.len()).filter(|p| *p != x && sizes[*p] > 1).collect();
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
        Some(by) => ordered(s, by).into_iter().map(Some).collect(),
        None => vec![None],
    };
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
    let shown = out.shown(s, most);
    out.left_out = by.map_or(0, |by| sizes[by] - shown.len());
    out.lines = shown.into_iter().map(|i| out.lines[i].clone()).collect();
    out
}

/// The values of an axis as they lie on it.
fn ordered(s: &Swept, path: usize) -> Vec<String> {
    let mut values = distinct(s, path);
    if s.head.scales[path] != Scale::Names {
        let of = |v: &String| Decimal::parse(v).map_or(f64::NAN, Decimal::as_f64);
        values.sort_by(|a, b| of(a).total_cmp(&of(b)));
    }
    values
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

    /// Whether a figure passes the bound along a line.
    pub fn passes(&self, s: &Swept, line: &Line, figure: usize) -> bool {
        let samples = self.samples(s, line, figure);
        let known = self.is_numeric() && !self.scattered && samples.len() > 1;
        known && passage(&samples, s.head.boundary, self.log).at.is_some()
    }

    /// At most so many of the lines, by their places: evenly, and one on which the bound is passed among them.
    pub fn shown(&self, s: &Swept, most: usize) -> Vec<usize> {
        let lead = super::lead(s);
        let mut out = pick(&(0..self.lines.len()).collect::<Vec<_>>(), most);
        if out.len() == self.lines.len() || !s.asked[lead].measure.is_chance() {
            return out;
        }
        let passing: Vec<usize> =
            (0..self.lines.len()).filter(|i| self.passes(s, &self.lines[*i], lead)).collect();
        if !passing.is_empty() && !out.iter().any(|i| passing.contains(i)) {
            let wanted = passing[passing.len() / 2];
            if let Some(nearest) = out.iter_mut().min_by_key(|i| i.abs_diff(wanted)) {
                *nearest = wanted;
            }
        }
        out
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
    fn lines_run_along_the_axis_on_which_the_bound_is_passed() {
        let mut s = sample::grid();
        assert_eq!(slices(&s).x, 0, "the first that was named, where most of its lines pass the bound");
        for (i, p) in s.points.iter_mut().enumerate() {
            p.estimates[0].value = Some(if i % 4 < 2 { 0.0 } else { 0.5 });
        }
        let cut = slices(&s);
        assert_eq!((cut.x, cut.by, cut.lines.len()), (1, Some(0), 6), "the one on which the chance depends");
        s.points.iter_mut().for_each(|p| p.estimates[0].value = Some(0.0));
        assert_eq!(slices(&s).x, 0, "nothing is passed anywhere");
    }

    #[test]
    fn a_line_that_passes_the_bound_is_among_those_drawn() {
        let mut s = sample::grid();
        for (i, p) in s.points.iter_mut().enumerate() {
            p.estimates[0].value = Some(if i % 4 == 1 && i / 4 > 4 { 0.5 } else { 0.0 });
        }
        assert_eq!(cut(&s, 0, usize::MAX).shown(&s, 2), [1, 3]);
    }

    #[test]
    fn many_values_are_thinned_evenly() {
        let all: Vec<usize> = (0..20).collect();
        assert_eq!(pick(&all, 6), [0, 3, 7, 11, 15, 19]);
        assert_eq!(pick(&all[..3], 6), [0, 1, 2]);
    }
}
