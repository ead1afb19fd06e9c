//! What to do about a bad rating, from arms that each react in their own way: the advice first, then the others.
//!
//! Pure text of a comparison whose first arm does nothing. Must not know how arms react.

use super::{Compared, arm};
use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::compare::Line;
use crate::report::{figures, words};

/// What is sought: as few days as possible at yellow or red.
const SOUGHT: &str = "days_below_green";

/// The sentences: the reaction that shortens the days below green most, if luck cannot explain it, then the others; none
/// if these days were not asked for.
pub fn headline(c: &Compared) -> Option<Vec<String>> {
    let line = find(c, SOUGHT)?;
    let before = figures::estimate(&line.asked, &line.estimates[0]);
    if line.estimates.iter().all(|e| e.value == Some(0.0)) {
        return Some(vec![
            "There is nothing to recover from: no replication was below green on any day.".to_string(),
        ]);
    }
    let arms = 1..c.comparison.arms.len();
    let days = |i: usize| line.estimates[i].value.unwrap_or(f64::INFINITY);
    let helps = |i: &usize| {
        let d = &line.differences[*i - 1];
        d.is_clear() && d.value.is_some_and(|v| v < 0.0)
    };
    let best = arms.clone().filter(helps).min_by(|a, b| days(*a).total_cmp(&days(*b)));
    let mut out = vec![match best {
        Some(i) => format!("{}{}.", told(c, line, i), price(c, i)),
        None => format!(
            "Leave the campaigns as they are: of the reactions tried, none shortens the {before} below green by more \
             than luck could explain."
        ),
    }];
    out.extend(arms.filter(|i| Some(*i) != best).map(|i| format!("{}.", told(c, line, i))));
    Some(out)
}

/// A reaction as something to do.
fn action(label: &str) -> String {
    let meanwhile = "while the rating is yellow or worse";
    match label {
        "stop" => format!("Stop sending {meanwhile}"),
        "half the people" => format!("Send to half the people {meanwhile}"),
        other if other.starts_with("switch to ") => format!("{} {meanwhile}", words::capital(other)),
        other => words::capital(other),
    }
}

/// What comes of a reaction: `Stop sending while the rating is yellow or worse: 30.3 days below green instead of 37.9 days
/// (-7.6 days, 95 % interval -8.7 to -6.5 days)`.
fn told(c: &Compared, line: &Line, i: usize) -> String {
    let [before, after] = [0, i].map(|arm| figures::estimate(&line.asked, &line.estimates[arm]));
    let d = &line.differences[i - 1];
    if d.value == Some(0.0) || before == after {
        return format!("{}: {after} below green, as without", action(&arm(c, i)));
    }
    let interval = figures::signed_interval(&line.asked.measure, d);
    let by = match (d.value, interval.is_empty(), d.is_clear()) {
        (None, ..) => String::new(),
        (Some(v), true, _) => format!(" ({})", figures::signed(&line.asked.measure, v)),
        (Some(v), false, true) => {
            format!(" ({}, 95 % interval {interval})", figures::signed(&line.asked.measure, v))
        }
        (_, false, false) => format!(" (luck could explain it, 95 % interval {interval})"),
    };
    format!("{}: {after} below green instead of {before}{by}", action(&arm(c, i)))
}

/// What it costs: other figures that move by more than luck.
fn price(c: &Compared, i: usize) -> String {
    let moved = |name: &str| find(c, name).filter(|l| l.differences[i - 1].is_clear());
    let each = ["p_red", "delivered", "profit"].into_iter().filter_map(moved).map(|line| {
        let [before, after] = [0, i].map(|arm| figures::estimate(&line.asked, &line.estimates[arm]));
        let unit = match line.asked.measure.unit {
            Unit::Money => format!("{} ", words::shorten(&words::clean(&c.currency), 12)),
            _ => String::new(),
        };
        format!("; {}: {unit}{after} instead of {before}", figures::name(&line.asked))
    });
    each.collect()
}

fn find<'a>(c: &'a Compared, name: &str) -> Option<&'a Line> {
    c.comparison.lines.iter().find(|l| l.asked.text == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::study::catalogue::Frame;
    use crate::experiment::study::compare::{Comparison, Difference};
    use crate::experiment::study::estimate::{Asked, Estimate};
    use crate::sim::{SimDuration, SimTime};

    /// Arms with these days below green, and how far each is from the first.
    fn arms(days: &[(&str, f64, f64)]) -> Compared {
        let frame =
            Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers: Vec::new() };
        let estimate = |v: f64| Estimate { value: Some(v), n: 20, of: 20, ..Estimate::default() };
        let difference = |v: f64, reach: f64| Difference {
            value: Some(v),
            interval: Some((v - reach, v + reach)),
            ..Difference::default()
        };
        let line = |name: &str, times: f64| Line {
            asked: Asked::parse(name, &frame).unwrap(),
            estimates: days.iter().map(|d| estimate(d.1 * times)).collect(),
            differences: days[1..]
                .iter()
                .map(|d| difference((d.1 - days[0].1) * times, d.2 * times))
                .collect(),
        };
        Compared {
            question: String::new(),
            name: "a".into(),
            seed: 1,
            policies: vec!["auto".into(); days.len()],
            currency: "USD".into(),
            comparison: Comparison {
                arms: days.iter().map(|d| d.0.to_string()).collect(),
                replications: 20,
                lines: vec![line("days_below_green", 1.0), line("delivered", 100.0)],
            },
            gates: Vec::new(),
            hashes: days.iter().map(|d| d.0.to_string()).collect(),
            recovery: true,
        }
    }

    #[test]
    fn the_advice_comes_first_and_begins_with_what_to_do() {
        let said = headline(&arms(&[
            ("no reaction", 37.9, 0.0),
            ("half the people", 39.0, 2.0),
            ("stop", 30.3, 1.0),
        ]));
        let said = said.unwrap();
        let first = "Stop sending while the rating is yellow or worse: 30.3 days below green instead of 37.9 days (-7.6 days, \
                     95 % interval -8.6 to -6.6 days); delivered: 3,030 instead of 3,790.";
        assert_eq!(said[0], first);
        assert!(
            said[1].starts_with(
                "Send to half the people while the rating is yellow or worse: 39 days below green"
            )
        );
        assert!(said[1].contains("(luck could explain it, ") && said.len() == 2, "{said:#?}");
        let said = headline(&arms(&[("no reaction", 37.9, 0.0), ("stop", 37.3, 1.0)])).unwrap();
        assert!(said[0].starts_with("Leave the campaigns as they are: "), "{said:#?}");
        let said = headline(&arms(&[("no reaction", 0.0, 0.0), ("stop", 0.0, 0.0)])).unwrap();
        assert!(said[0].starts_with("There is nothing to recover from"), "{said:#?}");
    }
}
