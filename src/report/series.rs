//! What several tables and charts read out of a result: days, colours by day, paths of limits, ribbons over
//! replications.
//!
//! Must not know how any of it is drawn.

use crate::experiment::measure::{DailyPoint, DailyRow, RunResult};
use crate::experiment::stats;
use crate::messaging::{Limit, QualityRating, Scope, Verdict, VerdictKind};
use crate::report::words;
use crate::sim::{SimDuration, SimTime};

/// The UTC days a run touches. A horizon at midnight closes the day before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Start of the first UTC day.
    pub first: SimTime,
    /// How many, at least one.
    pub count: usize,
}

impl Days {
    /// Of a result.
    pub fn of(result: &RunResult) -> Days {
        Days::between(result.start, result.horizon)
    }

    /// From the first instant to the end.
    pub fn between(start: SimTime, horizon: SimTime) -> Days {
        let first = start.day_start();
        let span = (horizon - first).0.max(1);
        Days { first, count: usize::try_from((span - 1) / SimTime::DAY_MS + 1).unwrap_or(1) }
    }

    /// The position of an instant's day; instants outside count to the nearest day.
    pub fn index(&self, at: SimTime) -> usize {
        let day = (at - self.first).0.div_euclid(SimTime::DAY_MS);
        usize::try_from(day).unwrap_or(0).min(self.count - 1)
    }

    /// The start of the day at a position.
    pub fn start(&self, index: usize) -> SimTime {
        self.first + SimDuration::days(index as i64)
    }
}

/// The length of a run as people say it: `30 days`, `36 hours`.
pub fn span_words(result: &RunResult) -> String {
    let span = result.horizon - result.start;
    if span.0 % SimTime::DAY_MS == 0 {
        words::plural((span.0 / SimTime::DAY_MS) as u64, "day", "days")
    } else if span.0 < 2 * SimTime::DAY_MS {
        format!("{} hours", (span.as_secs() / 3600.0 * 10.0).round() / 10.0)
    } else {
        format!("{} days", (span.as_days() * 10.0).round() / 10.0)
    }
}

/// Where a result comes from, in the words of small print: its seed (none: it was replayed) and replications, and what
/// was overridden.
pub fn origin_words(seed: Option<u64>, replications: usize, overrides: &[String]) -> String {
    let mut out = match seed {
        Some(seed) => {
            format!("seed {seed} · {}", words::plural(replications as u64, "replication", "replications"))
        }
        None => "replayed log".to_string(),
    };
    for set in overrides {
        out.push_str(" · ");
        out.push_str(&words::shorten(&words::clean(set), 60));
    }
    out
}

/// The published colour of a number over replication 1: from each instant on, until the next. Neighbours differ.
///
/// Read from the verdicts, which hold every change, and from the rating rows, which may be thinned but also know
/// the colour a number began with.
pub fn colours(result: &RunResult, number: usize) -> Vec<(SimTime, QualityRating)> {
    let id = &result.numbers[number];
    let mut seen: Vec<(SimTime, QualityRating)> =
        result.first.ratings.iter().filter(|r| r.number == number).map(|r| (r.time, r.rating)).collect();
    let changed = result
        .first
        .verdicts
        .iter()
        .filter(|v| v.kind == VerdictKind::QualityRated && v.scope == Scope::Number && v.subject == *id);
    seen.extend(changed.filter_map(|v| {
        let to = QualityRating::ALL.into_iter().find(|r| r.name() == v.to)?;
        Some((v.time, to))
    }));
    // Stable: at one instant a verdict comes after the row of the same evaluation, which agrees with it.
    seen.sort_by_key(|(time, _)| *time);
    seen.dedup_by(|later, earlier| later.1 == earlier.1);
    seen
}

/// When the account of a number was restricted, locked or disabled in replication 1: from, until (or the end).
pub fn stopped(result: &RunResult, number: usize) -> Vec<(SimTime, SimTime)> {
    let mut out: Vec<(SimTime, SimTime)> = Vec::new();
    let mut since = None;
    let mine = |v: &&Verdict| v.scope == Scope::Account && v.subject == result.portfolios[number];
    for v in result.first.verdicts.iter().filter(mine) {
        match v.kind {
            VerdictKind::AccountRestored => out.extend(since.take().map(|from| (from, v.time))),
            VerdictKind::AccountWarned => {}
            _ => since = since.or(Some(v.time)),
        }
    }
    out.extend(since.map(|from| (from, result.horizon)));
    out
}

/// Whether all numbers are of the Business app, so that there is neither a rating nor a messaging limit.
pub fn of_app_only(result: &RunResult) -> bool {
    !result.of_app.is_empty() && result.of_app.iter().all(|app| *app)
}

/// Whether a number ever had a colour in replication 1.
pub fn ever_rated(result: &RunResult, number: usize) -> bool {
    colours(result, number).iter().any(|(_, rating)| *rating != QualityRating::Unknown)
}

/// The worst published colour of each day of replication 1.
pub fn worst_by_day(result: &RunResult, number: usize) -> Vec<QualityRating> {
    let days = Days::of(result);
    let colours = colours(result, number);
    let mut next = 0;
    let mut now = QualityRating::Unknown;
    (0..days.count)
        .map(|day| {
            let start = days.start(day);
            // The horizon itself, if it is a midnight, belongs to the day it closes.
            let last = day + 1 == days.count;
            // What was shown the night before counts, unless it ended with the day's first instant.
            let ended = colours.get(next).is_some_and(|(time, _)| *time <= start);
            let mut worst = if ended { None } else { Some(now) };
            while let Some((time, rating)) = colours.get(next)
                && (last || *time < start + SimDuration::DAY)
            {
                now = *rating;
                // Colours are ordered worst first, with "not rated" last, so the smaller one is the worse one.
                worst = Some(worst.map_or(now, |w: QualityRating| w.min(now)));
                next += 1;
            }
            worst.unwrap_or(now)
        })
        .collect()
}

/// One step of a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitStep {
    /// When.
    pub time: SimTime,
    /// Before.
    pub from: Limit,
    /// After.
    pub to: Limit,
    /// The rule's id.
    pub rule: String,
}

/// The path of one limit in replication 1, with the slots in use under it.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitPath {
    /// Whose it is, as shown: a number's id, or a portfolio with its numbers.
    pub label: String,
    /// The numbers that share it.
    pub numbers: Vec<usize>,
    /// Whether it is the portfolio's throughout, rather than the number's own.
    pub shared: bool,
    /// The limit at the start; none when the run holds neither a day nor a step.
    pub start: Option<Limit>,
    /// Its steps in time order.
    pub steps: Vec<LimitStep>,
    /// Slots in use at the end of each day.
    pub slots: Vec<u64>,
}

/// The limits of a run. Numbers of a portfolio that share one limit appear once.
pub fn limit_paths(result: &RunResult) -> Vec<LimitPath> {
    let days = Days::of(result);
    let mut out: Vec<LimitPath> = Vec::new();
    for (number, id) in result.numbers.iter().enumerate() {
        let portfolio = result.portfolios.get(number).map_or("", String::as_str);
        let steps: Vec<LimitStep> = result
            .first
            .verdicts
            .iter()
            .filter(|v| v.kind == VerdictKind::LimitChanged)
            .filter(|v| match v.scope {
                Scope::Number => v.subject == *id,
                Scope::Portfolio => v.portfolio == portfolio,
                Scope::Template | Scope::Account => false,
            })
            .filter_map(|v| {
                let (from, to) = (Limit::parse(&v.from)?, Limit::parse(&v.to)?);
                Some(LimitStep { time: v.time, from, to, rule: v.rule.clone() })
            })
            .collect();
        let mut slots = vec![0; days.count];
        let mut first_limit = None;
        for row in result.first.daily.iter().filter(|r| r.number == number) {
            first_limit.get_or_insert(row.limit);
            // A horizon at midnight adds a row that holds one instant: the day before keeps its own end.
            if row.day.day_number() < days.first.day_number() + days.count as i64 {
                slots[days.index(row.day)] = row.slots_in_use;
            }
        }
        let start = steps.first().map(|s| s.from).or(first_limit);
        let mut rows = result.first.daily.iter().filter(|r| r.number == number).peekable();
        let shared = rows.peek().is_some() && rows.all(|r| r.scope == Scope::Portfolio);
        let shares =
            |other: &LimitPath| shared && other.shared && result.portfolios[other.numbers[0]] == portfolio;
        if let Some(other) = out.iter_mut().find(|p| shares(p)) {
            other.numbers.push(number);
        } else {
            out.push(LimitPath { label: String::new(), numbers: vec![number], shared, start, steps, slots });
        }
    }
    for path in &mut out {
        path.label = match path.numbers[..] {
            [one] => words::clean(&result.numbers[one]),
            _ => format!(
                "portfolio {} ({} numbers)",
                words::clean(&result.portfolios[path.numbers[0]]),
                path.numbers.len()
            ),
        };
    }
    out
}

/// The days of replication 1 on which a limit was used up: somebody was refused for it.
pub fn days_used_up(result: &RunResult, path: &LimitPath) -> Vec<SimTime> {
    let mine = |subject: &str| path.numbers.iter().any(|n| result.numbers[*n] == subject);
    let refused = result.first.verdicts.iter().filter(|v| {
        v.kind == VerdictKind::SendRefused
            && v.rule == "limit"
            && v.scope == Scope::Number
            && mine(&v.subject)
    });
    let mut days: Vec<SimTime> = refused.map(|v| v.time.day_start()).collect();
    days.dedup();
    days
}

/// Replications from which on one in twenty is somebody.
const MANY: usize = 20;

/// Which quantiles of so many values tell their spread: those that leave out one in twenty at each end, or, where one
/// in twenty is nobody, the least and the greatest.
pub fn spread_ends(values: usize) -> (f64, f64) {
    if values >= MANY { (0.05, 0.95) } else { (0.0, 1.0) }
}

/// What lies between [`spread_ends`], in words.
pub fn spread_name(values: usize) -> &'static str {
    if values >= MANY { "9 in 10" } else { "range" }
}

/// The spread of a daily value over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RibbonPoint {
    /// Position of the day, from 0; the value is the day's, or its end's.
    pub day: usize,
    /// Lower end of the spread (see [`spread_ends`]).
    pub low: f64,
    /// Half lie below.
    pub middle: f64,
    /// Upper end of the spread.
    pub high: f64,
    /// Replications that have a value on that day.
    pub replications: usize,
}

/// The ribbon of one number's daily value over all replications. Days on which fewer than half of the
/// replications (or fewer than two) have a value are left out: the few that do would not speak for the rest.
pub fn ribbon(
    result: &RunResult,
    number: usize,
    value: impl Fn(&DailyPoint) -> Option<f64>,
) -> Vec<RibbonPoint> {
    let numbers = result.numbers.len();
    let days = Days::of(result).count;
    let all = &result.replications;
    if numbers == 0 || all.len() < 2 {
        return Vec::new();
    }
    let mut points = Vec::new();
    let mut values = Vec::with_capacity(all.len());
    for day in 0..days {
        values.clear();
        let here = all.iter().filter_map(|r| r.daily.get(day * numbers + number));
        let here = here.filter(|p| p.present).filter_map(&value);
        values.extend(here.filter(|v| v.is_finite()));
        if values.len() < 2 || values.len() * 2 < all.len() {
            continue;
        }
        values.sort_by(f64::total_cmp);
        let at = |p| stats::quantile_sorted(&values, p).expect("two values at least");
        points.push(RibbonPoint {
            day,
            low: at(spread_ends(values.len()).0),
            middle: at(0.5),
            high: at(spread_ends(values.len()).1),
            replications: values.len(),
        });
    }
    points
}

/// A daily count of replication 1, summed over all numbers, by day.
pub fn by_day(result: &RunResult, value: impl Fn(&DailyRow) -> u64) -> Vec<u64> {
    let days = Days::of(result);
    let mut out = vec![0; days.count];
    for row in &result.first.daily {
        out[days.index(row.day)] += value(row);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::measure::RatingRow;
    use crate::report::sample::{Course, Shape, sample};

    #[test]
    fn a_horizon_at_midnight_closes_the_day_before() {
        let result = sample(&Shape { days: 30, ..Shape::default() });
        let days = Days::of(&result);
        assert_eq!(days.count, 30);
        assert_eq!(days.index(result.horizon), 29);
        assert_eq!(days.start(29).date(), "2024-03-30");
        let mut longer = result;
        longer.horizon += SimDuration(1);
        assert_eq!(Days::of(&longer).count, 31);
    }

    #[test]
    fn an_hour_of_red_shows_however_few_rating_rows_are_kept() {
        let mut result = sample(&Shape { course: Course::Healthy, ..Shape::default() });
        // One row a day, as people keep them, and a change between two of them.
        result.first.ratings.retain(|r| r.time.is_multiple_of(SimDuration::DAY));
        let before = worst_by_day(&result, 0);
        for (hour, to) in [(2, "RED"), (3, "GREEN")] {
            let mut v = result.first.verdicts[0].clone();
            v.kind = VerdictKind::QualityRated;
            v.scope = Scope::Number;
            v.subject.clone_from(&result.numbers[0]);
            v.time = result.start + SimDuration::days(9) + SimDuration::hours(hour);
            v.to = to.to_string();
            result.first.verdicts.push(v);
        }
        let after = worst_by_day(&result, 0);
        assert_eq!(after[9], QualityRating::Red);
        assert_eq!(after.iter().zip(&before).filter(|(a, b)| a != b).count(), 1, "that day and no other");
    }

    #[test]
    fn a_colour_that_ended_at_midnight_is_not_the_next_days() {
        let mut result = sample(&Shape { days: 3, course: Course::Nothing, ..Shape::default() });
        let day = |n| result.start + SimDuration::days(n);
        let times =
            [(day(0), QualityRating::Red), (day(1), QualityRating::Green), (day(3), QualityRating::Yellow)];
        let row = result.first.ratings[0].clone();
        result.first.ratings = times.map(|(time, rating)| RatingRow { time, rating, ..row.clone() }).to_vec();
        use QualityRating::{Green, Red, Yellow};
        assert_eq!(worst_by_day(&result, 0), [Red, Green, Yellow], "the end belongs to the day it closes");
    }

    #[test]
    fn ribbons_need_at_least_half_of_the_replications() {
        let mut result = sample(&Shape { days: 10, replications: 5, ..Shape::default() });
        let with = ribbon(&result, 0, |p| Some(p.counts.sent as f64));
        assert_eq!(with.len(), 10);
        assert!(with.iter().all(|p| p.low <= p.middle && p.middle <= p.high && p.replications == 5));
        for r in result.replications.iter_mut().take(3) {
            r.daily[4].score = None;
        }
        let score = ribbon(&result, 0, |p| p.score);
        assert!(score.iter().all(|p| p.day != 4), "two of five do not speak for all");
        result.replications.truncate(1);
        assert!(ribbon(&result, 0, |p| p.score).is_empty(), "one replication has no spread");
    }

    #[test]
    fn numbers_of_one_portfolio_share_their_limit_only_where_it_is_shared() {
        let apart = sample(&Shape { numbers: 3, ..Shape::default() });
        assert_eq!(limit_paths(&apart).len(), 3);
        let shared = sample(&Shape { numbers: 3, portfolio_scope: true, ..Shape::default() });
        let paths = limit_paths(&shared);
        assert_eq!(paths.len(), 1);
        assert_eq!(paths[0].label, "portfolio acme (3 numbers)");
        assert!(!paths[0].steps.is_empty());
        // Alike to the last step and slot, and still two limits.
        let mut twins = sample(&Shape { numbers: 2, ..Shape::default() });
        let first: Vec<DailyRow> = twins.first.daily.iter().filter(|r| r.number == 0).cloned().collect();
        twins.first.verdicts.clear();
        let second = first.iter().map(|r| DailyRow { number: 1, ..r.clone() });
        twins.first.daily = first.iter().cloned().chain(second).collect();
        assert_eq!(limit_paths(&twins).len(), 2);
    }

    #[test]
    fn few_replications_are_told_by_their_ends() {
        assert_eq!((spread_ends(19), spread_name(19)), ((0.0, 1.0), "range"));
        assert_eq!((spread_ends(20), spread_name(20)), ((0.05, 0.95), "9 in 10"));
        let result = sample(&Shape { days: 3, replications: 5, ..Shape::default() });
        let sent = |r: usize| result.replications[r].daily[1].counts.sent as f64;
        let most = (0..5).map(sent).fold(0.0, f64::max);
        assert_eq!(ribbon(&result, 0, |p| Some(p.counts.sent as f64))[1].high, most);
    }

    #[test]
    fn a_limit_used_up_by_day_shows_though_its_slots_are_free_at_night() {
        let mut result = sample(&Shape { days: 10, ..Shape::default() });
        let path = limit_paths(&result).remove(0);
        let before = days_used_up(&result, &path).len();
        let mut v = result.first.verdicts[0].clone();
        (v.kind, v.scope, v.rule) = (VerdictKind::SendRefused, Scope::Number, "limit".to_string());
        v.subject.clone_from(&result.numbers[0]);
        for (hour, rule) in [(30, "limit"), (31, "limit"), (55, "template_paused"), (80, "limit")] {
            v.time = result.start + SimDuration::hours(hour);
            v.rule = rule.to_string();
            result.first.verdicts.push(v.clone());
        }
        let days = days_used_up(&result, &path);
        assert_eq!(days.len(), before + 2);
    }
}
