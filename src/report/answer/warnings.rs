//! What a reader should know before believing a result, with what to do about it.
//!
//! Each has a stable name. Knows results only; what a command was asked for is not its business.

use crate::experiment::measure::{Assumption, NumberSummary, Origin, RunResult};
use crate::messaging::{NumberStatus, QualityRating, VerdictKind};
use crate::report::answer::{Warning, parts};
use crate::report::{series, words};

/// Replications from which on intervals are narrow enough to go without a word.
const ENOUGH: u64 = 30;
/// Share of replications from which on an assumption is said to decide.
const DECIDES: f64 = 0.1;

/// All that the result itself gives reason to warn of, the gravest first.
pub fn of(result: &RunResult) -> Vec<Warning> {
    let mut out = Vec::new();
    if result.replications.is_empty() || result.numbers.is_empty() {
        return out;
    }
    out.extend(few_replications(result));
    out.extend(assumption_decides(result));
    out.extend(below_sample(result));
    out.extend(never_rated(result));
    out.extend(clocks_pending(result));
    out.extend(after_opt_out(result));
    out.extend(past_verified(result));
    out
}

fn warning(code: &str, text: String, advice: String) -> Warning {
    parts::warning(code, text, &advice)
}

/// That there are too few replications to know much; `of` says of what, as in ` of each arm`.
pub fn few(replications: u64, of: &str, advice: &str) -> Option<Warning> {
    let text = match replications {
        1 => {
            format!(
                "One replication{of} shows one possible course of events, not how likely it is; there are no intervals."
            )
        }
        n if n < ENOUGH => format!("Only {n} replications{of}: the intervals are wide."),
        _ => return None,
    };
    Some(parts::warning("few_replications", text, advice))
}

fn few_replications(result: &RunResult) -> Option<Warning> {
    let n = result.replications.len() as u64;
    let advice = match n {
        1 => "--replications 100 gives probabilities and intervals.",
        _ => "--replications 100, or --precision p_red=0.05.",
    };
    if result.origin == Origin::Replayed { None } else { few(n, "", advice) }
}

/// A constant of the first rules by its last name; `template.red_at` is another constant of the same last name.
pub fn assumption<'a>(result: &'a RunResult, name: &str) -> Option<&'a Assumption> {
    let is = |a: &&Assumption| a.name == name || a.name == format!("rating.{name}");
    result.policy.assumptions.iter().find(is)
}

/// The colour hangs on a threshold that nobody has published: in many replications the highest score lies inside its
/// plausible range, so that either end would give another answer.
fn assumption_decides(result: &RunResult) -> Option<Warning> {
    let a = assumption(result, "red_at")?;
    let (low, high) = (a.low.parse::<f64>().ok()?, a.high.parse::<f64>().ok()?);
    let inside = |r: &crate::experiment::measure::ReplicationSummary| {
        let worst = r.numbers.iter().filter_map(|n| n.worst_score).fold(f64::NEG_INFINITY, f64::max);
        worst >= low && worst < high
    };
    let n = result.replications.len();
    let hit = result.replications.iter().filter(|r| inside(r)).count();
    if (hit as f64) < DECIDES * n as f64 || hit == 0 {
        return None;
    }
    let where_ = match n {
        1 => "The highest score lies".to_string(),
        _ => format!(
            "In {} of {} replications the highest score lies",
            words::count(hit as u64),
            words::count(n as u64)
        ),
    };
    let range = words::range(words::threshold(low).trim_end_matches(" %"), &words::threshold(high));
    let path = format!("policy.override.{}", a.name);
    let advice = match result.origin {
        Origin::Replayed => {
            format!("Replay under a policy file with {} at {} and at {}.", a.name, a.low, a.high)
        }
        Origin::Simulated { .. } => format!(
            "Try both ends, --set {path}={} and ={}, or --assumptions sample for all of them at once.",
            a.low, a.high
        ),
    };
    Some(warning(
        "assumption_decides",
        format!(
            "An assumption decides: {where_} inside the plausible range of the red threshold ({range}). At its low end \
             that is red, at its high end it is not.",
            where_ = lower_first(&where_)
        ),
        advice,
    ))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_lowercase().chain(chars).collect())
}

/// A colour that rests on fewer messages than one may call a sample.
fn below_sample(result: &RunResult) -> Option<Warning> {
    let floor: f64 = assumption(result, "min_sample")?.high.parse().ok()?;
    let worst = result.first.worst_ratings.iter().flatten();
    let thin: Vec<String> = worst
        .filter(|r| r.rating != QualityRating::Unknown && r.rating != QualityRating::Green)
        .filter(|r| r.effective_sample.is_some_and(|n| n < floor))
        .map(|r| words::clean(&result.numbers[r.number]))
        .collect();
    (!thin.is_empty()).then(|| {
        warning(
            "below_sample",
            format!(
                "The worst colour of {} rests on fewer than {floor} effective messages{}, which is where the plausible \
                 range of the least sample ends: the platform may not rate on so few.",
                words::list(&thin, 4),
                if result.replications.len() > 1 { " (replication 1)" } else { "" }
            ),
            "ratings.csv has exposure, effective sample and the chance of each colour.".to_string(),
        )
    })
}

fn never_rated(result: &RunResult) -> Option<Warning> {
    let never: Vec<String> = (0..result.numbers.len())
        .filter(|n| !result.of_app[*n] && !series::ever_rated(result, *n))
        .map(|n| words::clean(&result.numbers[n]))
        .collect();
    let sample = assumption(result, "min_sample")
        .map_or(String::new(), |a| format!(" ({}, plausible {}–{}: an assumption)", a.value, a.low, a.high));
    (!never.is_empty()).then(|| {
        warning(
            "never_rated",
            format!(
                "Never rated in replication 1: {}. A rating needs a least number of messages in its window{sample}.",
                words::list(&never, 5)
            ),
            String::new(),
        )
    })
}

/// The run ends while a clock of the rules is still running: what would come of it is not in the result.
fn clocks_pending(result: &RunResult) -> Option<Warning> {
    let n = result.replications.len();
    let flagged = |r: &crate::experiment::measure::ReplicationSummary| {
        r.numbers.iter().any(|s| s.final_status == NumberStatus::Flagged)
    };
    let flags = result.replications.iter().filter(|r| flagged(r)).count();
    // Of replication 1 the verdicts are at hand.
    let mut raises = 0i64;
    for v in &result.first.verdicts {
        match v.kind {
            VerdictKind::RaiseScheduled => raises += 1,
            VerdictKind::RaiseCancelled => raises -= 1,
            VerdictKind::LimitChanged if v.rule == "raise" => raises -= 1,
            _ => {}
        }
    }
    let mut what = Vec::new();
    if flags > 0 {
        what.push(match n {
            1 => "a number is flagged, with its days running".to_string(),
            _ => format!("a number is flagged in {flags} of {n} replications, with its days running"),
        });
    }
    if raises > 0 {
        let which = if n > 1 { " in replication 1" } else { "" };
        what.push(format!("a raise of the limit is scheduled{which}"));
    }
    let advice = match result.origin {
        Origin::Replayed => "A later end of the log shows what comes of it.",
        Origin::Simulated { .. } => "--set days=N with a larger N shows what comes of it.",
    };
    (!what.is_empty()).then(|| {
        warning(
            "horizon_before_clocks",
            format!("The end cuts off what is under way: {}.", words::list(&what, 2)),
            advice.to_string(),
        )
    })
}

/// That messages went to people who had opted out, if any did.
fn after_opt_out(result: &RunResult) -> Option<Warning> {
    let sum = |pick: fn(&NumberSummary) -> u64| -> u64 {
        result.replications.iter().flat_map(|r| &r.numbers).map(pick).sum()
    };
    let (late, sent) = (sum(|n| n.plan.sent_after_opt_out), sum(|n| n.counts.sent));
    let each = late as f64 / result.replications.len() as f64;
    (late > 0).then(|| {
        warning(
            "after_opt_out",
            format!(
                "Messages went to people who had opted out: {} {}, {} of those sent. The platform asks to honour every \
                 opt-out; campaigns.csv has them by campaign (sent_after_opt_out).",
                words::mean_count(each),
                if result.replications.len() > 1 { "in a replication on average" } else { "in all" },
                words::percent(late as f64 / sent.max(1) as f64),
            ),
            String::new(),
        )
    })
}

fn past_verified(result: &RunResult) -> Option<Warning> {
    let verified = &result.policy.verified;
    (!verified.is_empty() && result.horizon.date() > *verified).then(|| {
        warning(
            "past_verified",
            format!(
                "The run ends on {}, after {verified}, the newest date on which the policy's constants were checked.",
                result.horizon.date(),
            ),
            String::new(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Course, Shape, sample};

    fn codes(result: &RunResult) -> Vec<String> {
        of(result).into_iter().map(|w| w.code).collect()
    }

    #[test]
    fn few_replications_are_told_and_many_are_not() {
        for (n, told) in [(1, true), (5, true), (30, false)] {
            let result = sample(&Shape { replications: n, course: Course::Healthy, ..Shape::default() });
            assert_eq!(codes(&result).contains(&"few_replications".to_string()), told, "{n}");
        }
    }

    #[test]
    fn an_assumption_decides_only_where_scores_lie_in_its_range() {
        let mut result = sample(&Shape { replications: 30, ..Shape::default() });
        let range = assumption(&result, "red_at").expect("assumed").clone();
        let (low, high): (f64, f64) = (range.low.parse().unwrap(), range.high.parse().unwrap());
        let mut set = |score: f64| {
            result
                .replications
                .iter_mut()
                .flat_map(|r| &mut r.numbers)
                .for_each(|n| n.worst_score = Some(score));
            codes(&result).contains(&"assumption_decides".to_string())
        };
        assert!(set((low + high) / 2.0));
        assert!(!set(low / 2.0), "green whatever the threshold");
        assert!(!set(high * 2.0), "red whatever the threshold");
    }

    #[test]
    fn a_flag_at_the_end_is_told() {
        let mut result = sample(&Shape { replications: 30, course: Course::Healthy, ..Shape::default() });
        assert!(!codes(&result).contains(&"horizon_before_clocks".to_string()));
        result.replications[3].numbers[0].final_status = NumberStatus::Flagged;
        let all = of(&result);
        let told = all.iter().find(|w| w.code == "horizon_before_clocks").expect("told");
        assert!(told.text.contains("flagged in 1 of 30 replications"), "{}", told.text);
    }
}
