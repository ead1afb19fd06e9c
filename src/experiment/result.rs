//! Everything a report needs of a run command, put together: the plan's names, the policy's label, the outcomes.

use crate::experiment::measure::{Assumption, Counts, Origin, Outcome, PolicyLabel, RunResult};
use crate::experiment::plan::{Admin, Plan};
use crate::experiment::replicate::Replicated;
use crate::messaging::SignalKind as K;
use crate::messaging::log::{LogCounts, LogSink};
use crate::messaging::record::Event;
use crate::policy::Policy;
use crate::sim::SimTime;

/// What is said of a policy beside the results of a run from `start` to `horizon`.
pub fn policy_label(policy: &Policy, start: SimTime, horizon: SimTime) -> PolicyLabel {
    let first = policy.at(start);
    let mut eras = vec![(start, first.name.clone())];
    eras.extend(
        policy.switches(start, horizon).into_iter().map(|(at, v)| (at, policy.versions[v].name.clone())),
    );
    let in_force = || eras.iter().map(|(at, _)| policy.at(*at));
    // A run is only as fresh as the newest rules it uses.
    let verified = in_force().filter_map(|v| v.verified()).max().unwrap_or_default().to_string();
    let assumptions = first
        .assumptions()
        .map(|c| Assumption {
            name: c.name.clone(),
            value: c.value.clone(),
            low: c.low.clone().unwrap_or_default(),
            high: c.high.clone().unwrap_or_default(),
            source: c.source.clone(),
        })
        .collect();
    PolicyLabel {
        name: policy.name.clone(),
        hash: policy.hash.clone(),
        thresholds: (first.rules.rating.yellow_at, first.rules.rating.red_at),
        verified,
        assumptions,
        eras,
    }
}

/// Puts a run's result together. Takes the first outcome in full; the others' brief forms suffice.
pub fn result(plan: &Plan, policy: &Policy, overrides: &[String], done: Replicated) -> RunResult {
    let s = &plan.scenario;
    RunResult {
        scenario: s.name.clone(),
        question: s.question.clone(),
        start: s.start,
        horizon: s.horizon,
        warm_up: s.warm_up,
        origin: Origin::Simulated { seed: s.seed },
        overrides: overrides.to_vec(),
        currency: s.currency.clone(),
        policy: policy_label(policy, s.start, s.horizon),
        numbers: plan.numbers().iter().map(|n| n.name.clone()).collect(),
        portfolios: plan.numbers().iter().map(|n| n.portfolio.clone()).collect(),
        first: done.outcomes.into_iter().next().expect("replication 1 is always kept"),
        replications: done.summaries,
    }
}

/// The rows of a replication's log by kind, from what was counted on the way.
pub fn log_counts(plan: &Plan, outcome: &Outcome) -> LogCounts {
    let mut c = Counts::default();
    outcome.segments.iter().for_each(|s| c += s.counts);
    // Destructured, so that a new count can't be forgotten; attempts are the refused ones, a sent row is its own.
    let Counts {
        attempted: _,
        sent,
        delivered,
        read,
        failed,
        received,
        clicked,
        converted,
        blocked,
        reported,
        muted,
        archived,
        opted_out,
        refused,
    } = c;
    let verified = plan.admin.iter().filter(|(_, a)| matches!(a, Admin::Verify(_))).count() as u64;
    let mut counts = LogCounts::default();
    for (kind, n) in [
        (K::MessageSent, sent),
        (K::MessageDelivered, delivered),
        (K::MessageRead, read),
        (K::MessageFailed, failed),
        (K::MessageReceived, received),
        (K::SendAttempted, refused),
        (K::LinkClicked, clicked),
        (K::Converted, converted),
        (K::BusinessBlocked, blocked),
        (K::BusinessReported, reported),
        (K::BusinessMuted, muted),
        (K::BusinessArchived, archived),
        (K::OptedOut, opted_out),
        (K::NumberRegistered, plan.numbers().len() as u64),
        (K::BusinessVerified, verified),
        (K::LogClosed, 1),
    ] {
        counts.add(Event::Signal(kind), n);
    }
    outcome.verdicts.iter().for_each(|v| counts.verdict(v));
    assert_eq!(counts.rows(), outcome.log_rows, "every row of the log is of a counted kind");
    counts
}
