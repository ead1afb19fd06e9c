//! The answer in a sentence or two: a probability where there are several replications, a story where there is one.
//!
//! Must not know where the sentence stands: the terminal and the charts both begin with it.

use crate::experiment::measure::{NumberSummary, RunResult};
use crate::experiment::stats;
use crate::messaging::{NumberStatus, QualityRating};
use crate::report::{series, words};
use crate::sim::SimTime;

/// Names longer than this are cut.
const NAME_MAX: usize = 24;

/// The answer in one sentence (or two): a probability where there are several replications, a story where there is
/// one. Also what a chart's subtitle quotes.
pub fn headline(result: &RunResult) -> Vec<String> {
    if result.numbers.is_empty() {
        return vec!["The scenario has no numbers: nothing was sent and nothing was rated.".to_string()];
    }
    if result.replications.len() > 1 { chances(result) } else { vec![story(result)] }
}

fn chances(result: &RunResult) -> Vec<String> {
    let n = result.replications.len() as u64;
    let span = series::span_words(result);
    let any = if result.numbers.len() > 1 { " (any of the numbers)" } else { "" };
    let first = |pick: fn(&NumberSummary) -> Option<SimTime>| -> Vec<SimTime> {
        result.replications.iter().filter_map(|r| r.numbers.iter().filter_map(pick).min()).collect()
    };
    let red = first(|s| s.first_red);
    let yellow = first(|s| s.first_yellow);
    let part = |k: usize| {
        let k = k as u64;
        (words::chance(k as f64 / n as f64, n), words::chance_range(stats::wilson(k, n), n))
    };
    let (p, range) = part(red.len());
    let mut out = vec![format!("Red within {span}{any}: {p} ({range}, {} replications).", words::count(n))];
    let (p, range) = part(yellow.len());
    out.push(format!("Yellow or worse: {p} ({range})."));
    if let Some(when) = when_words(result, &red, "red") {
        out.push(when);
    } else if let Some(when) = when_words(result, &yellow, "yellow") {
        out.push(when);
    }
    out
}

/// On which day a colour first came in the replications in which it did, as a sentence.
fn when_words(result: &RunResult, times: &[SimTime], colour: &str) -> Option<String> {
    let day = |t: &SimTime| (t.day_number() - result.start.day_number() + 1) as f64;
    let days: Vec<f64> = times.iter().map(day).collect();
    let at = |p| stats::quantile(&days, p).map(|d| d.round() as u64);
    let same = at(0.0)? == at(1.0)?;
    Some(match times.len() {
        0 => return None,
        1 => format!("The one replication that turned {colour} did so on day {}.", at(0.5)?),
        _ if same => format!("Those that turned {colour} did so on day {}.", at(0.5)?),
        2..=4 => format!("Those that turned {colour} did so between day {} and day {}.", at(0.0)?, at(1.0)?),
        _ => format!(
            "Those that turned {colour} did so on day {} in the middle case (9 in 10: day {} to day {}).",
            at(0.5)?,
            at(0.05)?,
            at(0.95)?
        ),
    })
}

fn story(result: &RunResult) -> String {
    let Some(only) = result.replications.first() else {
        return "Nothing was run.".to_string();
    };
    let day = |t| words::day(result.start, t);
    let rated = |number| series::ever_rated(result, number);
    if let [s] = &only.numbers[..] {
        let turned = match (s.first_yellow, s.first_red) {
            (Some(y), Some(r)) if y.day_number() < r.day_number() => {
                format!("turned yellow on {} and red on {}", day(y), day(r))
            }
            (Some(y), Some(r)) if y < r => format!("turned yellow and red on {}", day(r)),
            (_, Some(r)) => format!("turned red on {}", day(r)),
            (Some(y), None) => format!("turned yellow on {} and never red", day(y)),
            (None, None) if rated(0) => "stayed green".to_string(),
            (None, None) => {
                return "The number was never rated: too few messages in the rating window.".to_string();
            }
        };
        let ended = match (s.final_status, s.final_rating) {
            (NumberStatus::Banned, _) => "; it ended banned",
            (NumberStatus::Suspended, _) => "; it ended suspended",
            (_, QualityRating::Green) if s.first_yellow.is_some() => "; it ended green",
            (_, QualityRating::Yellow) if s.first_red.is_some() => "; it ended yellow",
            (_, QualityRating::Unknown) => "; it ended without a rating",
            _ => "",
        };
        return format!("The number {turned}{ended}.");
    }
    let named = |pick: &dyn Fn(usize) -> Option<SimTime>| -> Vec<String> {
        (0..only.numbers.len())
            .filter_map(|n| {
                let name = words::shorten(&words::clean(result.numbers.get(n)?), NAME_MAX);
                // The table beneath has the dates.
                pick(n).map(|t| format!("{name} on day {}", t.day_number() - result.start.day_number() + 1))
            })
            .collect()
    };
    let red = named(&|n| only.numbers[n].first_red);
    let yellow = named(&|n| only.numbers[n].first_yellow.filter(|_| only.numbers[n].first_red.is_none()));
    let of = result.numbers.len();
    match (red.len(), yellow.len()) {
        (0, 0) if (0..of).any(rated) => format!("None of the {of} numbers turned yellow or red."),
        (0, 0) => format!("None of the {of} numbers was ever rated: too few messages in the rating window."),
        (0, y) => format!("{y} of {of} numbers turned yellow, none red: {}.", words::list(&yellow, 3)),
        (r, 0) => format!("{r} of {of} numbers turned red: {}.", words::list(&red, 3)),
        (r, y) => format!(
            "{r} of {of} numbers turned red: {}; {y} more turned yellow: {}.",
            words::list(&red, 3),
            words::list(&yellow, 3)
        ),
    }
}
