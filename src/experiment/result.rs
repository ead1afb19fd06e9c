//! Everything a report needs of a run command, put together: the plan's names, the policy's label, the outcomes.

use crate::experiment::measure::{Assumption, PolicyLabel, RunResult};
use crate::experiment::plan::Plan;
use crate::experiment::replicate::Replicated;
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
pub fn result(plan: &Plan, policy: &Policy, done: Replicated) -> RunResult {
    let s = &plan.scenario;
    RunResult {
        scenario: s.name.clone(),
        question: s.question.clone(),
        start: s.start,
        horizon: s.horizon,
        warm_up: s.warm_up,
        seed: s.seed,
        currency: s.currency.clone(),
        policy: policy_label(policy, s.start, s.horizon),
        numbers: plan.numbers().iter().map(|n| n.name.clone()).collect(),
        portfolios: plan.numbers().iter().map(|n| n.portfolio.clone()).collect(),
        first: done.outcomes.into_iter().next().expect("replication 1 is always kept"),
        replications: done.summaries,
    }
}
