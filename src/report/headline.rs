//! The answer in a few sentences: probabilities where there are several replications, a story where there is one.
//!
//! Must not know where the sentences stand: the terminal and the charts both begin with them.

use crate::experiment::measure::{
    AccountSummary, Counts, NumberSummary, Origin, ReplicationSummary, RunResult,
};
use crate::experiment::stats;
use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::estimate::{Asked, Estimate, Statistic};
use crate::messaging::{Limit, NumberStatus, QualityRating};
use crate::report::{figures, series, words};
use crate::sim::SimTime;

/// Names longer than this are cut.
const NAME_MAX: usize = 24;
/// Limits with a sentence of their own.
const PATHS_MAX: usize = 4;

/// The answer: first what the question asks for, if it says so, then what became of rating and limit.
pub fn headline(result: &RunResult) -> Vec<String> {
    let currency = words::shorten(&words::clean(&result.currency), 12);
    let one = |(asked, e): &(Asked, Estimate)| {
        let unit = if asked.measure.unit == Unit::Money { format!("{currency} ") } else { String::new() };
        let of = reference(result, asked).unwrap_or_default();
        format!("{}: {unit}{}{of}", figures::name(asked), figures::with_interval(asked, e))
    };
    let told = result.asked.iter().map(one).collect::<Vec<_>>().join("; ");
    let lead = (!told.is_empty()).then(|| format!("{}.", words::capital(&told)));
    // What the first sentence says is not said again.
    let has = |name: &str| result.asked.iter().any(|(asked, _)| asked.text == name);
    let again = if has("delivered") && has("profit") { earned(result) } else { None };
    lead.into_iter().chain(of_rating(result).into_iter().filter(|s| Some(s) != again.as_ref())).collect()
}

/// What a figure of the first sentence is to be held against, where the runs say it: the messages planned, attempted or
/// delivered, or the days of the run. A share has it in itself, and money has none but the messages it went for.
fn reference(result: &RunResult, asked: &Asked) -> Option<String> {
    if asked.measure.name.contains('@')
        || asked.statistic != Statistic::Mean
        || result.replications.is_empty()
    {
        return None;
    }
    let mean = |of: &dyn Fn(&ReplicationSummary) -> u64| {
        let all: u64 = result.replications.iter().map(of).sum();
        words::mean_count(all as f64 / result.replications.len() as f64)
    };
    let counted = |of: fn(&Counts) -> u64| mean(&|r| r.numbers.iter().map(|n| of(&n.counts)).sum());
    let name = asked.measure.name.as_str();
    Some(match name {
        // A log that is judged again says nothing of plans.
        "delivered" if result.origin != Origin::Replayed => {
            format!(" of {} planned", mean(&|r| r.plan.planned))
        }
        // Said of itself where it was asked for.
        "cost" if result.asked.iter().any(|(a, _)| a.text == "delivered") => return None,
        "cost" => format!(" for {} delivered", counted(|c| c.delivered)),
        "billable" => format!(" of {} delivered", counted(|c| c.delivered)),
        _ if name.starts_with("refused") => format!(" of {} attempts", counted(|c| c.attempted)),
        _ if is_part_of_run(name) => {
            format!(" of {}", words::span((result.horizon - result.start).0 as f64))
        }
        _ => return None,
    })
}

/// Whether a figure counts days of the run, rather than days until something.
fn is_part_of_run(name: &str) -> bool {
    matches!(name, "days_account_stopped" | "days_red" | "days_below_green")
}

/// Of rating and limit: first the chance of red and of yellow (which a chart quotes), then when, what became of the limit,
/// how long it took to recover, and where the trouble came from. With one replication, a story.
pub fn of_rating(result: &RunResult) -> Vec<String> {
    if result.numbers.is_empty() {
        return vec!["The scenario has no numbers: nothing was sent and nothing was rated.".to_string()];
    }
    if result.replications.is_empty() {
        return vec!["Nothing was run.".to_string()];
    }
    if let Some(silence) = nothing_sent(result) {
        return vec![silence];
    }
    let mut out = if series::of_app_only(result) {
        // Nothing rates these: a chance of red would be a figure about nothing.
        let mut out = vec!["No rating and no messaging limit: only numbers of the Business app.".to_string()];
        out.extend(enforcement(result));
        out.extend(earned(result));
        out
    } else if result.replications.len() > 1 {
        chances(result)
    } else {
        story(result)
    };
    out.extend(source(result));
    out
}

/// What to say where no replication sent anything: every other figure would mislead.
fn nothing_sent(result: &RunResult) -> Option<String> {
    let all = || result.replications.iter();
    if all().any(|r| r.numbers.iter().any(|n| n.counts.sent > 0)) {
        return None;
    }
    let refused: u64 = all().flat_map(|r| &r.numbers).map(|n| n.counts.refused).sum();
    let each = all().len() as f64;
    let planned = all().map(|r| r.plan.planned).sum::<u64>() as f64 / each;
    let not_sent = all().map(|r| r.plan.not_sent).sum::<u64>() as f64 / each;
    Some(if result.origin == Origin::Replayed {
        "Nothing was sent: the log holds no sent message.".to_string()
    } else if planned == 0.0 {
        "Nothing was sent: no campaign planned a message to anybody in this run. `tiersim scenario check` lists when \
         each one sends."
            .to_string()
    } else {
        let given_up = words::mean_count(not_sent);
        let refusals = if refused > 0 { "; attempts were refused" } else { "" };
        format!(
            "Nothing was sent: of {} planned messages none went out ({given_up} given up{refusals}).",
            words::mean_count(planned)
        )
    })
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
    let (p, range) = part(red.len(), n);
    let mut out = vec![format!("Red within {span}{any}: {p} ({range}, {} replications).", words::count(n))];
    let (p, range) = part(yellow.len(), n);
    out.push(format!("Yellow or worse: {p} ({range})."));
    if let Some(when) = when_words(result, &red, "red") {
        out.push(when);
    } else if let Some(when) = when_words(result, &yellow, "yellow") {
        out.push(when);
    }
    out.extend(recovery(result));
    let lowered = first(|s| s.first_lowered).len();
    let (p, range) = part(lowered, n);
    out.push(if lowered == 0 && !result.policy.can_lower {
        "Limit lowered: never. The rules of this time lower none.".to_string()
    } else {
        format!("Limit lowered: {p} ({range}).")
    });
    out.extend(reached(result));
    out.extend(templates(result));
    out.extend(enforcement(result));
    out.extend(held_back(result));
    out.extend(earned(result));
    out
}

/// A share of replications, and Wilson's interval around it, in words.
fn part(k: usize, n: u64) -> (String, String) {
    let k = k as u64;
    (words::chance(k as f64 / n as f64, n), words::chance_range(stats::wilson(k, n), n))
}

/// On which day a colour first came in the replications in which it did, as a sentence.
fn when_words(result: &RunResult, times: &[SimTime], colour: &str) -> Option<String> {
    Some(match times {
        [] => return None,
        [_] => format!("The one replication that turned {colour} did so {}.", on_day(result, times)),
        _ => format!("Those that turned {colour} did so {}.", on_day(result, times)),
    })
}

/// `on day 44 in the middle case (9 in 10: day 37 to day 48)`; shorter where there is less to say.
fn on_day(result: &RunResult, times: &[SimTime]) -> String {
    let day = |t: &SimTime| (t.day_number() - result.start.day_number() + 1) as f64;
    let days: Vec<f64> = times.iter().map(day).collect();
    let at = |p| libm::round(stats::quantile(&days, p).unwrap_or(0.0)) as u64;
    let (low, high) = series::spread_ends(days.len());
    match days.len() {
        _ if at(0.0) == at(1.0) => format!("on day {}", at(0.5)),
        0..=4 => format!("between day {} and day {}", at(0.0), at(1.0)),
        n => format!(
            "on day {} in the middle case ({}: day {} to day {})",
            at(0.5),
            series::spread_name(n),
            at(low),
            at(high)
        ),
    }
}

/// `7 days in the middle case (9 in 10: 6.5 days to 7.2 days)`.
fn lasting(spans: &[f64]) -> String {
    let at = |p| words::span(stats::quantile(spans, p).unwrap_or(0.0));
    let (low, high) = series::spread_ends(spans.len());
    if at(low) == at(high) {
        return at(0.5);
    }
    format!(
        "{} in the middle case ({}: {} to {})",
        at(0.5),
        series::spread_name(spans.len()),
        at(low),
        at(high)
    )
}

/// How long numbers that turned red were red in all, or those that turned yellow yellow where none was red, and when
/// they were green again.
fn recovery(result: &RunResult) -> Option<String> {
    let all = || result.replications.iter().flat_map(|r| &r.numbers);
    let judged = (result.horizon - (result.start + result.warm_up)).0 as f64;
    let red = all().any(|s| s.first_red.is_some());
    let first = |s: &NumberSummary| if red { s.first_red } else { s.first_yellow };
    let turned: Vec<&NumberSummary> = all().filter(|s| first(s).is_some()).collect();
    let green = |s: &NumberSummary| if red { s.green_after_red } else { s.green_after_yellow };
    // A colour that hangs on a threshold comes and goes: the time in all says more than the first spell.
    let coloured: Vec<f64> = turned.iter().map(|s| s.share[usize::from(!red)] * judged).collect();
    let after: Vec<f64> = turned.iter().filter_map(|s| Some((green(s)? - first(s)?).0 as f64)).collect();
    if turned.is_empty() {
        return None;
    }
    let colour = if red { "red" } else { "yellow" };
    let mut said = vec![format!("{colour} in all for {}", lasting(&coloured))];
    if !after.is_empty() {
        said.push(format!("green again after {}", lasting(&after)));
    }
    let never = turned.len() - after.len();
    if never > 0 {
        let share = match after.len() {
            0 => String::new(),
            _ => format!("in {} ", words::chance(never as f64 / turned.len() as f64, turned.len() as u64)),
        };
        said.push(format!("{share}not green again before the end"));
    }
    Some(format!("Once {colour}: {}.", said.join("; ")))
}

/// Which limits were reached, how often and when.
fn reached(result: &RunResult) -> Vec<String> {
    let n = result.replications.len();
    let paths = series::limit_paths(result);
    if paths.len() > PATHS_MAX {
        return Vec::new();
    }
    let mut out = Vec::new();
    for path in &paths {
        let of = |r: usize| result.replications[r].numbers.get(path.numbers[0]);
        let mut limits: Vec<Limit> =
            (0..n).filter_map(of).flat_map(|s| s.reached.iter().map(|(limit, _)| *limit)).collect();
        limits.sort_unstable();
        limits.dedup();
        let who = match paths.len() {
            1 => String::new(),
            _ => format!(" of {}", words::shorten(&path.label, 40)),
        };
        if limits.is_empty() {
            if path.start.is_some_and(|start| start != Limit::Unlimited) {
                out.push(format!("Limit{who} raised: in no replication."));
            }
            continue;
        }
        let steps: Vec<String> = limits
            .iter()
            .map(|limit| {
                let at = |r: usize| of(r)?.reached.iter().find(|(had, _)| had == limit).map(|(_, at)| *at);
                let times: Vec<SimTime> = (0..n).filter_map(at).collect();
                let (p, range) = part(times.len(), n as u64);
                let when = on_day(result, &times);
                format!("to {} in {p} ({range}), {when}", limit.short())
            })
            .collect();
        out.push(format!("Limit{who} raised {}.", steps.join("; ")));
    }
    out
}

/// How often texts were paused or disabled.
fn templates(result: &RunResult) -> Option<String> {
    let n = result.replications.len() as u64;
    let count = |pick: fn(u64, u64) -> bool| {
        result.replications.iter().filter(|r| pick(r.template_pauses, r.templates_disabled)).count()
    };
    let (paused, disabled) = (count(|paused, _| paused > 0), count(|_, disabled| disabled > 0));
    let (p, range) = part(paused, n);
    let (q, other) = part(disabled, n);
    (paused + disabled > 0)
        .then(|| format!("A template was paused in {p} ({range}) and disabled in {q} ({other})."))
}

/// What enforcement did to accounts, and how many sends it stopped.
fn enforcement(result: &RunResult) -> Option<String> {
    let all = || result.replications.iter().map(|r| &r.account);
    let n = all().len() as u64;
    if !all().any(|a| a.any()) {
        return None;
    }
    let refused = all().map(|a| a.refused).sum::<u64>() as f64 / n as f64;
    let days: Vec<f64> = all().map(|a| a.days_stopped).collect();
    let days = words::span(days.iter().sum::<f64>() / n as f64 * SimTime::DAY_MS as f64);
    if n == 1 {
        return enforced_once(result, &days);
    }
    let chance = |did: fn(&AccountSummary) -> bool| part(all().filter(|a| did(a)).count(), n);
    let mut said = Vec::new();
    for (what, did) in [
        ("restricted", (|a: &AccountSummary| a.first_restricted.is_some()) as fn(&AccountSummary) -> bool),
        ("locked", |a| a.first_locked.is_some()),
        ("disabled", |a| a.first_disabled.is_some()),
    ] {
        if all().any(did) {
            let (p, range) = chance(did);
            said.push(format!("{what} in {p} ({range})"));
        }
    }
    if said.is_empty() {
        let (p, range) = chance(|a| a.warnings > 0);
        return Some(format!("The account was warned in {p} ({range}), and no more."));
    }
    Some(format!(
        "The account was {}; on average stopped for {days} and {} sends refused by that.",
        words::list(&said, 3),
        words::mean_count(refused)
    ))
}

/// The same of the only replication, as a story.
fn enforced_once(result: &RunResult, days: &str) -> Option<String> {
    let a = &result.replications.first()?.account;
    let day = |t| words::day(result.start, t);
    let did =
        [("restricted", a.first_restricted), ("locked", a.first_locked), ("disabled", a.first_disabled)];
    let said: Vec<String> =
        did.iter().filter_map(|(what, at)| at.map(|at| format!("{what} on {}", day(at)))).collect();
    if said.is_empty() {
        return Some(format!(
            "The account was {}, and no more.",
            match a.warnings {
                1 => "warned once".to_string(),
                n => format!("warned {} times", words::count(n)),
            }
        ));
    }
    Some(format!(
        "The account was {}; stopped for {days} in all, with {} refused by that.",
        words::list(&said, 3),
        words::plural(a.refused, "send", "sends")
    ))
}

/// With several numbers: whose messages had to wait for the limit, which is how one number hurts another.
fn held_back(result: &RunResult) -> Option<String> {
    let of = |n: usize| {
        let all = || result.replications.iter().filter_map(|r| r.numbers.get(n));
        let planned: u64 = all().map(|s| s.plan.planned).sum();
        let deferred: u64 = all().map(|s| s.plan.deferred).sum();
        (planned > 0).then(|| {
            let name = words::shorten(&words::clean(&result.numbers[n]), NAME_MAX);
            format!("{name} {}", words::percent(deferred as f64 / planned as f64))
        })
    };
    let shares: Vec<String> = (0..result.numbers.len()).filter_map(of).collect();
    let waited = result.replications.iter().any(|r| r.plan.deferred > 0);
    (waited && result.numbers.len() > 1)
        .then(|| format!("Planned messages that had to wait for the limit: {}.", words::list(&shares, 6)))
}

/// Reach and earnings, where there are any.
fn earned(result: &RunResult) -> Option<String> {
    if result.replications.iter().all(|r| r.value == 0.0) {
        return None;
    }
    let delivered =
        result.replications.iter().flat_map(|r| &r.numbers).map(|n| n.counts.delivered).sum::<u64>();
    let rest: Vec<f64> = result.replications.iter().map(|r| r.value - r.cost).collect();
    let (mean, interval) = stats::mean_interval(&rest);
    let range = interval.map_or(String::new(), |(low, high)| {
        format!(" ({})", words::range(&words::amount(low), &words::amount(high)))
    });
    Some(format!(
        "On average {} messages delivered; worth less cost {} {}{range}.",
        words::mean_count(delivered as f64 / rest.len() as f64),
        words::shorten(&words::clean(&result.currency), 12),
        words::amount(mean),
    ))
}

/// Which people most of the negative signals came from, where one segment gave most of them.
fn source(result: &RunResult) -> Option<String> {
    let segments = &result.first.segments;
    let negative: f64 = segments.iter().map(|g| g.negative).sum();
    let delivered: u64 = segments.iter().map(|g| g.counts.delivered).sum();
    let worst = segments.iter().reduce(|a, b| if b.negative > a.negative { b } else { a })?;
    let which = if result.replications.len() > 1 { " in replication 1" } else { "" };
    (segments.len() > 1 && worst.negative > 0.5 * negative && delivered > 0).then(|| {
        format!(
            "Most negative signals{which} came from segment {}: {} of them, with {} of the deliveries.",
            words::shorten(&words::clean(&worst.name), NAME_MAX),
            words::percent(worst.negative / negative),
            words::percent(worst.counts.delivered as f64 / delivered as f64)
        )
    })
}

fn story(result: &RunResult) -> Vec<String> {
    let Some(only) = result.replications.first() else { return Vec::new() };
    let mut out = vec![colours(result)];
    if only.numbers.iter().any(|s| s.first_red.is_some() || s.first_yellow.is_some())
        && only.numbers.len() == 1
    {
        out.extend(recovery(result));
    }
    for path in series::limit_paths(result) {
        let Some(s) = only.numbers.get(path.numbers[0]) else { continue };
        if let Some(at) = s.first_lowered {
            let who = if only.numbers.len() > 1 {
                format!(" of {}", words::shorten(&path.label, 40))
            } else {
                String::new()
            };
            out.push(format!("The limit{who} was lowered on {}.", words::day(result.start, at)));
        }
    }
    out.extend(enforcement(result));
    out
}

/// What became of the colours in the only replication.
fn colours(result: &RunResult) -> String {
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
