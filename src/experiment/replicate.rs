//! Replications: the same plan under different luck, side by side, gathered by index.
//!
//! One replication is one piece of work; the pool takes whole replications first and splits one into blocks only
//! when cores would idle. Results come back in the order of replications, whatever the threads did.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64};

use rayon::prelude::*;

use crate::experiment::bands::BandRow;
use crate::experiment::measure::{DailyPoint, Outcome, ReplicationSummary};
use crate::experiment::plan::Plan;
use crate::experiment::run::{Cancelled, RunOptions};
use crate::experiment::tally::Shape;
use crate::experiment::{blocks, plain, stats};
use crate::messaging::QualityRating;
use crate::messaging::log::{LogSink, NoLog};
use crate::sim::{SimDuration, SimTime};

/// Replications made when neither scenario nor command line says how many, for scenarios of ordinary size.
pub const REPLICATIONS: u64 = 100;
/// Expected log rows of all replications together beyond which fewer are made.
pub const EVENTS_BUDGET: f64 = 5e7;

/// How many replications to make when nobody says: 100, fewer for large scenarios so that about fifty million log
/// rows are expected in all; at least one. Depends on the scenario only, never on a clock.
pub fn default_replications(expected_events: f64) -> u64 {
    ((EVENTS_BUDGET / expected_events.max(1.0)) as u64).clamp(1, REPLICATIONS)
}

/// Where a replication's log goes.
pub trait RunSink: LogSink + Send {
    /// The log is complete: its digest, if one was made.
    fn digest(self: Box<Self>) -> Option<String>;
}

/// Makes the place for a replication's log; none where nobody wants it.
pub type MakeSink<'s> = &'s (dyn Fn(u64) -> Option<Box<dyn RunSink + 's>> + Sync);

/// What to make.
#[derive(Clone)]
pub struct Request<'s> {
    /// Which, counted from 1.
    pub replications: RangeInclusive<u64>,
    /// Multiples at which rating rows are kept.
    pub every: SimDuration,
    /// Whether every replication is wanted in full, not just the first.
    pub keep_all: bool,
    /// Where logs go.
    pub sink: MakeSink<'s>,
    /// Set to stop early.
    pub cancel: &'s AtomicBool,
    /// Simulated milliseconds so far, over all replications.
    pub progress: &'s AtomicU64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Replicated {
    /// Replication 1 if it was among them, or all, in full.
    pub outcomes: Vec<Outcome>,
    /// All in brief.
    pub summaries: Vec<ReplicationSummary>,
}

/// Runs the replications of a plan on the current thread pool.
pub fn replicate(plan: &Plan, request: &Request<'_>) -> Result<Replicated, Cancelled> {
    let shape = Shape::new(plan);
    let one = |replication: u64| -> Result<(Option<Outcome>, ReplicationSummary), Cancelled> {
        let keep = request.keep_all || replication == 1;
        let options = RunOptions {
            every: keep.then_some(request.every),
            cancel: request.cancel,
            progress: request.progress,
        };
        let mut sink = (request.sink)(replication);
        let raw = if blocks::supports(plan) {
            let sink = sink.as_deref_mut().map(|s| s as &mut dyn LogSink);
            blocks::run(plan, &shape, replication, options, sink)?
        } else {
            match &mut sink {
                Some(s) => plain::run(plan, &shape, replication, options, s.as_mut())?,
                None => plain::run(plan, &shape, replication, options, &mut NoLog)?,
            }
        };
        let digest = sink.and_then(RunSink::digest);
        let (outcome, summary) = raw.finish(plan, &shape, replication, digest);
        Ok((keep.then_some(outcome), summary))
    };
    let place = |r: &u64| usize::try_from(*r).expect("fewer replications than memory has places");
    // Ranges of usize keep their order in parallel; those of u64 do not.
    let range = place(request.replications.start())..=place(request.replications.end());
    let parts: Vec<_> = range.into_par_iter().map(|r| one(r as u64)).collect::<Result<_, _>>()?;
    let mut done = Replicated { outcomes: Vec::new(), summaries: Vec::with_capacity(parts.len()) };
    for (outcome, summary) in parts {
        done.outcomes.extend(outcome);
        done.summaries.push(summary);
    }
    Ok(done)
}

/// One replication in brief: no log, no rows, only its summary.
pub fn brief(
    plan: &Plan,
    shape: &Shape,
    replication: u64,
    cancel: &AtomicBool,
    progress: &AtomicU64,
) -> Result<ReplicationSummary, Cancelled> {
    let options = RunOptions { every: None, cancel, progress };
    let raw = if blocks::supports(plan) {
        blocks::run(plan, shape, replication, options, None)?
    } else {
        plain::run(plan, shape, replication, options, &mut NoLog)?
    };
    Ok(raw.finish(plan, shape, replication, None).1)
}

/// A measure of a number's day: its name in `daily_bands.csv` and how to take it.
type DayMeasure = (&'static str, fn(&DailyPoint) -> Option<f64>);

const DAY_MEASURES: [DayMeasure; 20] = [
    ("attempted", |p| Some(p.counts.attempted as f64)),
    ("sent", |p| Some(p.counts.sent as f64)),
    ("delivered", |p| Some(p.counts.delivered as f64)),
    ("read", |p| Some(p.counts.read as f64)),
    ("failed", |p| Some(p.counts.failed as f64)),
    ("received", |p| Some(p.counts.received as f64)),
    ("blocked", |p| Some(p.counts.blocked as f64)),
    ("reported", |p| Some(p.counts.reported as f64)),
    ("opted_out", |p| Some(p.counts.opted_out as f64)),
    ("refused", |p| Some(p.counts.refused as f64)),
    ("slots_in_use", |p| Some(p.slots_in_use as f64)),
    // An unlimited limit has no mean; such replications are left out and `n` says so.
    ("limit", |p| match p.limit {
        crate::messaging::Limit::Of(n) => Some(n as f64),
        crate::messaging::Limit::Unlimited => None,
    }),
    ("score", |p| p.score),
    ("red", |p| Some(f64::from(u8::from(p.rating == QualityRating::Red)))),
    ("yellow", |p| Some(f64::from(u8::from(matches!(p.rating, QualityRating::Red | QualityRating::Yellow))))),
    ("unknown", |p| Some(f64::from(u8::from(p.rating == QualityRating::Unknown)))),
    ("clicked", |p| Some(p.counts.clicked as f64)),
    ("converted", |p| Some(p.counts.converted as f64)),
    ("muted", |p| Some(p.counts.muted as f64)),
    ("archived", |p| Some(p.counts.archived as f64)),
];

/// How each number's days spread over replications, in day order then number order. `days` are the days and numbers
/// of the daily rows, in any order.
pub fn bands(days: &[(SimTime, usize)], numbers: usize, replications: &[ReplicationSummary]) -> Vec<BandRow> {
    let mut rows = Vec::with_capacity(days.len() * DAY_MEASURES.len());
    // The order in which replications keep their points, which is not that of the daily rows.
    let mut days = days.to_vec();
    days.sort_unstable();
    let mut intervals = stats::MeanIntervals::default();
    let first = days.first().map_or(SimTime(0), |d| d.0);
    for (day, number) in &days {
        let i = ((*day - first).0 / SimTime::DAY_MS) as usize * numbers + number;
        for (measure, take) in DAY_MEASURES {
            let mut values: Vec<f64> = replications.iter().filter_map(|r| take(&r.daily[i])).collect();
            // No measure here can be below zero, so its mean cannot either.
            let (mean, interval) = stats::from_zero(intervals.of(&values));
            values.sort_by(f64::total_cmp);
            let at = |p| stats::quantile_sorted(&values, p);
            rows.push(BandRow {
                day: *day,
                number: *number,
                measure,
                mean: (!values.is_empty()).then_some(mean),
                low: interval.map(|i| i.0),
                high: interval.map(|i| i.1),
                q05: at(0.05),
                q50: at(0.5),
                q95: at(0.95),
                n: values.len() as u64,
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte order of the two numbers is not their order in the file, and only the second one sends.
    const ORDER: &str = r#"
question = "Whose day is it?"
start = 2026-01-05
days = 5
[segments.all]
size = 300
[numbers.zeta]
[numbers.alpha]
[templates.t]
category = "utility"
[campaigns.c]
number = "alpha"
template = "t"
weekdays = ["mon", "wed"]
"#;

    #[test]
    fn days_are_those_of_the_number_whose_place_they_have() {
        let loader = crate::scenario::audience::no_files;
        let (scenario, policy) = crate::scenario::load("order.toml", ORDER, &[], &loader).unwrap();
        let plan = Plan::new(scenario, policy.timeline()).unwrap();
        let request = Request {
            replications: 1..=3,
            every: SimDuration::DAY,
            keep_all: false,
            sink: &|_| None,
            cancel: &AtomicBool::new(false),
            progress: &AtomicU64::new(0),
        };
        let done = replicate(&plan, &request).unwrap();
        for r in &done.summaries {
            for (n, number) in r.numbers.iter().enumerate() {
                let sent: u64 = r.daily.iter().skip(n).step_by(2).map(|p| p.counts.sent).sum();
                assert_eq!(sent, number.counts.sent, "replication {}, number {n}", r.replication);
                assert_eq!(sent > 0, n == 1, "alpha sends, zeta does not");
                assert_eq!(number.plan.planned, sent);
            }
        }
        let days: Vec<_> = done.outcomes[0].daily.iter().map(|d| (d.day, d.number)).collect();
        for row in bands(&days, plan.numbers().len(), &done.summaries).iter().filter(|r| r.measure == "sent")
        {
            let mine = done.outcomes[0].daily.iter().find(|d| (d.day, d.number) == (row.day, row.number));
            assert_eq!(row.mean > Some(0.0), mine.is_some_and(|d| d.counts.sent > 0));
        }
    }

    #[test]
    fn replications_go_by_expected_events() {
        assert_eq!(default_replications(0.0), 100);
        assert_eq!(default_replications(1e5), 100);
        assert_eq!(default_replications(1e6), 50);
        assert_eq!(default_replications(4e7), 1);
        assert_eq!(default_replications(1e12), 1);
    }
}
