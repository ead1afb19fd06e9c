//! A sweep as a person reads it: sentences, a table, response curves, the chance of each colour, a heat map.
//!
//! Pure functions of an evaluated sweep. Must not know where they go.

pub mod answer;
pub mod canvas;
pub mod colours;
pub mod curves;
pub mod heat;
pub mod passing;
pub mod points;
pub mod scale;
pub mod slices;
pub mod text;

#[cfg(test)]
pub(crate) mod sample;

use crate::experiment::study::design::decimal::Decimal;
use crate::experiment::study::estimate::Asked;
use crate::experiment::study::field::Field;
use crate::experiment::study::swept::{Head, Swept};
use crate::report::style::Look;
use crate::report::{figures, words};
use slices::Slices;

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
    let slices = slices::slices(s);
    let mut out = passing::sentences(s, figure);
    if !out.is_empty() {
        if let Some(said) = canvas::along(s, slices.x) {
            out.push(format!("({}.)", words::capital(&said)));
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

/// What a chart of a figure is titled with: the answer, or for a figure that it is not about how far that goes.
pub fn title(s: &Swept, figure: usize) -> String {
    match figure == lead(s) {
        true => headline(s).swap_remove(0),
        false => extremes(s, figure).unwrap_or_default(),
    }
}

/// The points with least and most of a figure.
fn extremes(s: &Swept, figure: usize) -> Option<String> {
    let asked = &s.asked[figure];
    let with = s.points.iter().filter_map(|p| Some((p, p.estimates[figure].value?)));
    let (low, high) =
        (with.clone().min_by(|a, b| a.1.total_cmp(&b.1))?, with.rev().max_by(|a, b| a.1.total_cmp(&b.1))?);
    let of = |p: &crate::experiment::study::swept::Point| {
        format!("{} at {}", figures::estimate(asked, &p.estimates[figure]), at_values(&s.head, &p.values))
    };
    let name = words::capital(&figures::name(asked));
    if low.1 == high.1 {
        let of_it = figures::estimate(asked, &low.0.estimates[figure]);
        return Some(format!("{name} is {of_it} at every point."));
    }
    Some(format!("{name} goes from {} to {}.", of(low.0), of(high.0)))
}

/// A varied field in words, by its place among the paths.
pub fn field(head: &Head, path: usize) -> Field {
    Field::of(&head.paths[path], &words::shorten(&words::clean(&head.currency), 12))
}

/// What a field is called in a sentence: `block chance of lapsed`.
pub fn full(head: &Head, path: usize) -> String {
    words::shorten(&words::clean(&field(head, path).name), 60)
}

/// The same in short, for tables and small places: without its owner where no other field has the name.
pub fn label(head: &Head, path: usize) -> String {
    let short = |p: usize| field(head, p).short;
    let alike =
        |of: &dyn Fn(usize) -> String| (0..head.paths.len()).filter(|p| of(*p) == of(path)).count() > 1;
    let found = match (alike(&short), alike(&|p| full(head, p))) {
        (false, _) => short(path),
        (true, false) => full(head, path),
        (true, true) => head.paths[path].clone(),
    };
    words::shorten(&words::clean(&found), 48)
}

/// The values of a point as they ran: `block chance 0.00203659, dispatches per week 5`.
pub fn values(head: &Head, values: &[String]) -> String {
    let each = values.iter().enumerate().map(|(i, v)| format!("{} {}", label(head, i), shown(v)));
    each.collect::<Vec<_>>().join(", ")
}

/// The same in a sentence: `block chance 0.00204 and dispatches per week 5`.
pub fn at_values(head: &Head, values: &[String]) -> String {
    let each = values.iter().enumerate().map(|(i, v)| format!("{} {}", label(head, i), rounded(v)));
    words::list(&each.collect::<Vec<_>>(), usize::MAX)
}

/// What the other axes are fixed at.
pub fn fixed(s: &Swept, slices: &Slices) -> String {
    let each = slices.fixed.iter().map(|(i, v)| format!("{} {}", label(&s.head, *i), rounded(v)));
    each.collect::<Vec<_>>().join(", ")
}

/// A value of a point, fit to print.
pub fn shown(value: &str) -> String {
    words::shorten(&words::clean(value), 24)
}

/// A value of a point in a sentence or on a chart: of a number no more digits than can be read.
pub fn rounded(value: &str) -> String {
    Decimal::parse(value).map_or_else(|| shown(value), |d| number(d.as_f64()))
}

/// Several values of one field, rounded as far as they stay apart.
pub fn rounded_apart(values: &[String]) -> Vec<String> {
    let to = |digits: usize| -> Vec<String> {
        let of = |v: &String| Decimal::parse(v).and_then(|d| Decimal::rounded(d.as_f64(), digits));
        values.iter().map(|v| of(v).map_or_else(|| shown(v), |d| d.to_string())).collect()
    };
    let apart = |all: &Vec<String>| (1..all.len()).all(|i| !all[..i].contains(&all[i]));
    (3..9).map(to).find(apart).unwrap_or_else(|| values.iter().map(|v| shown(v)).collect())
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
            told[0].starts_with("Chance of red passes 5 % with the block chance between 0.00")
                && told[0].contains("(interpolated: 0.00"),
            "{told:?}"
        );
        let told = headline(&sample::grid());
        assert!(told.len() == 2 && told[0].contains("stays below at 1"), "{told:#?}");
        let told = headline(&sample::scattered());
        assert!(told[0].contains("is below 5 % at") && told[1].contains("goes from"), "{told:#?}");
    }

    #[test]
    fn fields_are_short_where_they_can_be() {
        let mut head = sample::grid().head;
        assert_eq!((label(&head, 0), label(&head, 1)), ("block chance".into(), "dispatches per week".into()));
        head.paths = vec!["campaigns.a.per_week".into(), "campaigns.b.per_week".into()];
        assert_eq!(label(&head, 1), "dispatches per week of b");
        assert_eq!(
            (number(0.003_456), number(1234.0), number(0.5)),
            ("0.00346".into(), "1230".into(), "0.5".into())
        );
        let apart =
            |values: &[&str]| rounded_apart(&values.iter().map(|v| v.to_string()).collect::<Vec<_>>());
        assert_eq!(apart(&["0.00203659", "0.0041477"]), ["0.00204", "0.00415"]);
        assert_eq!(apart(&["1000", "1001", "7d"]), ["1000", "1001", "7d"]);
    }
}
