//! Plans that warm a number up: what one came to over its replications, and its days.
//!
//! Plain data and what is read out of summaries; must not know how plans are tried or printed.

use super::catalogue::Frame;
use super::estimate::Estimate;
use super::search::Probe;
use crate::experiment::measure::{NumberSummary, ReplicationSummary};
use crate::experiment::stats;
use crate::messaging::Limit;
use crate::sim::{SimDuration, SimTime};

/// A plan and what it came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its overrides.
    pub sets: Vec<String>,
    /// How its conditions stand.
    pub probe: Probe,
    /// Median day on which the limit is reached, over the replications that reach it.
    pub days: Estimate,
    /// The day by which nine in ten of those have reached it.
    pub slow: Estimate,
    /// Share of replications that reach the limit.
    pub reached: Estimate,
    /// Whether fresh luck bore it out; none if nobody looked.
    pub borne_out: Option<bool>,
}

impl Candidate {
    /// Whether it keeps its conditions and reaches the limit more often than not.
    pub fn is_good(&self) -> bool {
        self.probe.holds() && self.reached.value.is_some_and(|p| p >= 0.5)
    }
}

/// A number's day under a plan, over replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Counted from 1.
    pub day: u64,
    /// Start of the UTC day.
    pub start: SimTime,
    /// Index into the frame's numbers.
    pub number: usize,
    /// Messages sent: median, 5 % and 95 % quantile.
    pub send: [f64; 3],
    /// Limit at its end: median and 5 % quantile (lower order statistics).
    pub limit: [Limit; 2],
    /// Share of replications that have been yellow or red by its end.
    pub yellow: f64,
    /// Share that have been red.
    pub red: f64,
}

/// The days of a run, from replications with the values of days.
pub fn days(frame: &Frame, runs: &[ReplicationSummary]) -> Vec<Day> {
    let numbers = frame.numbers.len().max(1);
    let kept = runs.first().map_or(0, |r| r.daily.len() / numbers);
    // The horizon itself, if it is a midnight, adds a row that holds one instant.
    let whole =
        ((frame.horizon - frame.start.day_start()).0 as u64).div_ceil(SimTime::DAY_MS as u64) as usize;
    let mut out = Vec::new();
    for day in 0..kept.min(whole) {
        let start = frame.start.day_start() + SimDuration::days(day as i64);
        for number in 0..numbers {
            let points = || runs.iter().map(|r| &r.daily[day * numbers + number]);
            let sent: Vec<f64> = points().map(|p| p.counts.sent as f64).collect();
            let mut limits: Vec<Limit> = points().map(|p| p.limit).collect();
            limits.sort_unstable();
            let limit = |p: f64| limits[((limits.len() - 1) as f64 * p).floor() as usize];
            let by_then = |first: fn(&NumberSummary) -> Option<SimTime>| {
                let turned = |r: &&ReplicationSummary| {
                    first(&r.numbers[number]).is_some_and(|t| t < start + SimDuration::DAY)
                };
                runs.iter().filter(turned).count() as f64 / runs.len() as f64
            };
            out.push(Day {
                day: day as u64 + 1,
                start,
                number,
                send: [0.5, 0.05, 0.95].map(|p| libm::round(stats::quantile(&sent, p).unwrap_or(0.0))),
                limit: [limit(0.5), limit(0.05)],
                yellow: by_then(|s| s.first_yellow),
                red: by_then(|s| s.first_red),
            });
        }
    }
    out
}
