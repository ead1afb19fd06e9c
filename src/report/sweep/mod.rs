//! A sweep as a person reads it: sentences, a table, response curves, the chance of each colour, a heat map.
//!
//! Pure functions of an evaluated sweep. Must not know where they go.

pub mod answer;
pub mod canvas;
pub mod colours;
pub mod curves;
pub mod heat;
pub mod points;
pub mod scale;
pub mod slices;
pub mod text;

#[cfg(test)]
pub(crate) mod sample;

use crate::experiment::study::crossing::{Passage, passage};
use crate::experiment::study::design::decimal::Decimal;
use crate::experiment::study::estimate::Asked;
use crate::experiment::study::swept::{Head, Swept};
use crate::report::style::Look;
use crate::report::{figures, words};
use slices::{Line, Slices};

/// A chart of a sweep with its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepChart {
    /// File name without its ending.
    pub name: String,
    /// What it shows, in words.
    pub title: String,
    /// A complete SVG document.
    pub svg: String,
    /// What is drawn, as a table.
    pub csv: String,
}

/// All charts of a sweep, in the order they are best read.
pub fn charts(s: &Swept, look: Look) -> Vec<SweepChart> {
    let slices = slices::slices(s);
    let mut out = Vec::new();
    out.extend(colours::chart(s, &slices, look));
    out.extend(heat::chart(s, look));
    out.extend(curves::charts(s, &slices, look));
    out
}

/// The figure that a sweep's sentences are about: the chance of red, else the first chance, else the first figure.
pub fn lead(s: &Swept) -> usize {
    let chance = || s.asked.iter().position(|a| a.measure.is_chance());
    s.figure("p_red").or_else(chance).unwrap_or(0)
}

/// The answer in sentences: where the chance of red passes the bound; how far points differ.
pub fn headline(s: &Swept) -> Vec<String> {
    let figure = lead(s);
    let asked = &s.asked[figure];
    let slices = slices::slices(s);
    let mut out = Vec::new();
    let told = asked.measure.is_chance() && slices.is_numeric() && !slices.scattered;
    if told {
        let lines: Vec<(&Line, String)> = slices
            .lines
            .iter()
            .filter_map(|line| Some((line, passes(s, &slices, line, figure, s.head.boundary)?)))
            .collect();
        for (line, said) in &lines {
            let with = match (&line.label, slices.by) {
                (Some(value), Some(by)) => format!("With {} {}: ", label(&s.head, by), shown(value)),
                _ => String::new(),
            };
            let name = figures::name(asked);
            let name = if with.is_empty() { words::capital(&name) } else { name };
            let along = canvas::along(s, slices.x).map_or(String::new(), |a| format!(" ({a})"));
            out.push(format!("{with}{name} {said}{along}."));
        }
        if let Some(by) = slices.by.filter(|_| slices.left_out > 0) {
            let more = words::plural(slices.left_out as u64, "more value", "more values");
            out.push(format!("({more} of {} in points.csv.)", label(&s.head, by)));
        }
        if !slices.fixed.is_empty() {
            out.push(format!("(With {}; points.csv has the others.)", fixed(s, &slices)));
        }
    }
    if out.is_empty() || s.head.is_scattered() {
        out.extend(bounded(s, figure));
        out.extend(extremes(s, figure));
    }
    if out.is_empty() {
        out.push("No point could be run.".to_string());
    }
    out
}

/// Where a line's figure passes a bound, as the end of a sentence; none with fewer than two places.
fn passes(s: &Swept, slices: &Slices, line: &Line, figure: usize, bound: f64) -> Option<String> {
    let samples = slices.samples(s, line, figure);
    if samples.len() < 2 {
        return None;
    }
    let p = passage(&samples, bound, slices.log);
    let x = label(&s.head, slices.x);
    let threshold = words::threshold(bound);
    let at_point = |i: usize| {
        let point = &s.points[line.points[i]];
        let e = &point.estimates[figure];
        let range = figures::interval(&s.asked[figure], e);
        let range = if range.is_empty() { String::new() } else { format!(", 95 % interval {range}") };
        format!("{} at {x} {}{range}", figures::estimate(&s.asked[figure], e), shown(&point.values[slices.x]))
    };
    let last = samples.len() - 1;
    let mut said = match p.at {
        Some(at) => {
            let verb = if p.rising { "passes" } else { "falls below" };
            format!("{verb} {threshold} {}", place(&x, at, &p))
        }
        None => {
            let (end, word) = match (p.starts_above, p.rising) {
                (false, true) => (last, "at most"),
                (false, false) => (0, "at most"),
                (true, true) => (0, "at least"),
                (true, false) => (last, "at least"),
            };
            let side = if p.starts_above { "is above" } else { "stays below" };
            let luck = if p.near { "; the intervals do not rule a passage out" } else { "" };
            format!("{side} {threshold} in the whole range ({word} {}){luck}", at_point(end))
        }
    };
    if !p.monotone {
        said.push_str(
            "; no curve that only rises or only falls goes through all the intervals, so see the chart",
        );
    }
    Some(said)
}

/// A place of a passage with its interval: `between block_base 0.0031 and 0.0038 (interpolated: 0.0034)`.
pub fn place(x: &str, at: f64, p: &Passage) -> String {
    let n = number;
    match (p.from, p.to) {
        (Some(from), Some(to)) => {
            let (from, to, at) = (n(from), n(to), n(at));
            if from == to {
                format!("at {x} {at}")
            } else {
                format!("between {x} {from} and {to} (interpolated: {at})")
            }
        }
        (None, Some(to)) => format!(
            "at {x} {} at the latest (interpolated: {}; the intervals rule out no lower place)",
            n(to),
            n(at)
        ),
        (Some(from), None) => format!(
            "at {x} {} at the earliest (interpolated: {}; the intervals rule out no higher place)",
            n(from),
            n(at)
        ),
        (None, None) if !p.has_intervals => {
            format!("near {x} {} (interpolated; without intervals, nothing is said of luck)", n(at))
        }
        (None, None) => format!("near {x} {}, but intervals as wide as these rule out no place", n(at)),
    }
}

/// How many points keep the figure within the bound.
fn bounded(s: &Swept, figure: usize) -> Option<String> {
    let asked = &s.asked[figure];
    let ran: Vec<_> = s.points.iter().filter_map(|p| Some((p, p.estimates[figure].value?))).collect();
    if !asked.measure.is_chance() || ran.is_empty() {
        return None;
    }
    let below = ran.iter().filter(|(_, v)| *v < s.head.boundary).count();
    let clear = ran
        .iter()
        .filter(|(p, _)| p.estimates[figure].interval.is_some_and(|i| i.1 < s.head.boundary))
        .count();
    Some(format!(
        "{} is below {} at {} of {} ({} with its whole interval).",
        words::capital(&figures::name(asked)),
        words::threshold(s.head.boundary),
        words::count(below as u64),
        words::plural(ran.len() as u64, "point", "points"),
        words::count(clear as u64),
    ))
}

/// The points with least and most of a figure.
fn extremes(s: &Swept, figure: usize) -> Option<String> {
    let asked = &s.asked[figure];
    let with = s.points.iter().filter_map(|p| Some((p, p.estimates[figure].value?)));
    let (low, high) =
        (with.clone().min_by(|a, b| a.1.total_cmp(&b.1))?, with.rev().max_by(|a, b| a.1.total_cmp(&b.1))?);
    let of = |p: &crate::experiment::study::swept::Point| {
        format!("{} at {}", figures::estimate(asked, &p.estimates[figure]), values(&s.head, &p.values))
    };
    let name = words::capital(&figures::name(asked));
    if low.1 == high.1 {
        let of_it = figures::estimate(asked, &low.0.estimates[figure]);
        return Some(format!("{name} is {of_it} at every point."));
    }
    Some(format!("{name} goes from {} to {}.", of(low.0), of(high.0)))
}

/// A path in short: its last key, or all of it where two end alike.
pub fn label(head: &Head, path: usize) -> String {
    let last = |p: &str| p.rsplit('.').next().unwrap_or(p).to_string();
    let mine = last(&head.paths[path]);
    let alike = head.paths.iter().filter(|p| last(p) == mine).count() > 1;
    words::shorten(&words::clean(if alike { &head.paths[path] } else { &mine }), 48)
}

/// The values of a point: `block_base 0.003, per_week 5`.
pub fn values(head: &Head, values: &[String]) -> String {
    let each = values.iter().enumerate().map(|(i, v)| format!("{} {}", label(head, i), shown(v)));
    each.collect::<Vec<_>>().join(", ")
}

/// What the other axes are fixed at.
pub fn fixed(s: &Swept, slices: &Slices) -> String {
    let each = slices.fixed.iter().map(|(i, v)| format!("{} {}", label(&s.head, *i), shown(v)));
    each.collect::<Vec<_>>().join(", ")
}

/// A value of a point, fit to print.
pub fn shown(value: &str) -> String {
    words::shorten(&words::clean(value), 24)
}

/// A number on an axis, in three significant digits and no more than it needs.
pub fn number(v: f64) -> String {
    Decimal::rounded(v, 3).map_or_else(|| format!("{v}"), |d| d.to_string())
}

/// How a sweep was made, for small print.
pub fn method(head: &Head) -> String {
    format!(
        "{} · policy {} · seed {} · {} per point, all points on the same luck",
        words::clean(&head.name),
        words::clean(&head.policy),
        head.seed,
        words::plural(head.replications, "replication", "replications"),
    )
}

/// The file name of a figure's chart.
pub fn file_name(asked: &Asked) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    asked.text.chars().map(plain).collect::<String>().trim_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_says_where_the_bound_is_passed() {
        let told = headline(&sample::curve());
        assert!(
            told[0].starts_with("Chance of red passes 5 % between block_base 0.00")
                && told[0].contains("(interpolated: 0.00"),
            "{told:?}"
        );
        let told = headline(&sample::grid());
        assert!(
            told.iter().any(|t| t.starts_with("With per_week 1: chance of red stays below 5 %")),
            "{told:#?}"
        );
        assert!(told.iter().any(|t| t.starts_with("With per_week 7: chance of red")), "{told:#?}");
        let told = headline(&sample::scattered());
        assert!(told[0].contains("is below 5 % at") && told[1].contains("goes from"), "{told:#?}");
    }

    #[test]
    fn paths_are_short_where_they_can_be() {
        let mut head = sample::grid().head;
        assert_eq!(label(&head, 0), "block_base");
        head.paths = vec!["campaigns.a.per_week".into(), "campaigns.b.per_week".into()];
        assert_eq!(label(&head, 1), "campaigns.b.per_week");
        assert_eq!(
            (number(0.003_456), number(1234.0), number(0.5)),
            ("0.00346".into(), "1230".into(), "0.5".into())
        );
    }
}
