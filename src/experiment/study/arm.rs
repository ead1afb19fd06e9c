//! One side of a comparison, one point of a sweep: a scenario with its overrides, ready to run, and its replications.
//!
//! Replication k has the same luck in every arm of the same seed (common random numbers): draws are addressed by
//! entity and purpose, not by call order. Must not know what arms are compared for.

use std::sync::atomic::{AtomicBool, AtomicU64};

use rayon::prelude::*;

use crate::experiment::measure::ReplicationSummary;
use crate::experiment::plan::{Plan, TooLarge};
use crate::experiment::replicate;
use crate::experiment::run::Cancelled;
use crate::experiment::tally::Shape;
use crate::policy::Policy;
use crate::scenario::audience::Loader;
use crate::scenario::{self, Scenario};
use crate::text::Faults;

/// A scenario with its overrides, ready to run.
#[derive(Clone, Debug)]
pub struct Arm {
    /// What it is called in tables and on charts.
    pub label: String,
    /// Overrides as typed, `path=value`, in order.
    pub sets: Vec<String>,
    /// What will run.
    pub plan: Plan,
    /// The rules it is judged by.
    pub policy: Policy,
}

/// Why there is no arm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoArm {
    /// The scenario, or an override, has faults.
    #[error("{0}")]
    Faults(#[from] Faults),
    /// It is too large to run.
    #[error("{0}")]
    TooLarge(#[from] TooLarge),
}

/// Who watches a study: told to stop, told how far it is.
#[derive(Clone, Copy, Debug)]
pub struct Watcher<'a> {
    /// Set to stop early.
    pub cancel: &'a AtomicBool,
    /// Simulated milliseconds so far, over all runs.
    pub progress: &'a AtomicU64,
}

impl Arm {
    /// Reads a scenario's text under these overrides. `name` is the file's name, as messages should give it.
    pub fn load(
        label: &str,
        name: &str,
        text: &str,
        sets: &[String],
        loader: Loader<'_>,
    ) -> Result<Arm, NoArm> {
        let (scenario, policy) = scenario::load(name, text, sets, loader)?;
        Arm::new(label, sets, scenario, policy)
    }

    /// From a scenario that is read already.
    pub fn new(label: &str, sets: &[String], scenario: Scenario, policy: Policy) -> Result<Arm, NoArm> {
        let plan = Plan::new(scenario, policy.timeline())?;
        Ok(Arm { label: label.to_string(), sets: sets.to_vec(), plan, policy })
    }

    /// Replications `first` to `last` in brief, in order, without the values of days, on the current thread pool.
    pub fn run(
        &self,
        first: u64,
        last: u64,
        watcher: Watcher<'_>,
    ) -> Result<Vec<ReplicationSummary>, Cancelled> {
        let shape = Shape::new(&self.plan);
        let one = |r: usize| self.run_one(&shape, r as u64, watcher);
        (first as usize..=last as usize).into_par_iter().map(one).collect()
    }

    /// As [`Arm::run`], with the values of days.
    pub fn run_with_days(
        &self,
        first: u64,
        last: u64,
        watcher: Watcher<'_>,
    ) -> Result<Vec<ReplicationSummary>, Cancelled> {
        let shape = Shape::new(&self.plan);
        let one = |r: usize| replicate::brief(&self.plan, &shape, r as u64, watcher.cancel, watcher.progress);
        (first as usize..=last as usize).into_par_iter().map(one).collect()
    }

    /// One replication in brief, without the values of days.
    pub fn run_one(
        &self,
        shape: &Shape,
        replication: u64,
        watcher: Watcher<'_>,
    ) -> Result<ReplicationSummary, Cancelled> {
        let mut brief = replicate::brief(&self.plan, shape, replication, watcher.cancel, watcher.progress)?;
        brief.daily = Vec::new();
        Ok(brief)
    }
}

/// Why two arms cannot be compared run by run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{field} differs: {a_value} in {a}, {b_value} in {b}; a difference would say nothing of what you changed. {way_out}"
)]
pub struct NotComparable {
    /// What differs.
    pub field: &'static str,
    /// One arm.
    pub a: String,
    /// What it has.
    pub a_value: String,
    /// Another.
    pub b: String,
    /// What that has.
    pub b_value: String,
    /// What to do about it.
    pub way_out: &'static str,
}

/// Whether measures of these arms can be held against each other: same span, same warm-up, same seed.
pub fn comparable(arms: &[Arm]) -> Result<(), Box<NotComparable>> {
    let Some((first, others)) = arms.split_first() else { return Ok(()) };
    for other in others {
        let (a, b) = (&first.plan.scenario, &other.plan.scenario);
        let pairs = [
            ("seed", a.seed.to_string(), b.seed.to_string(), "--seed N gives them one seed."),
            ("start", a.start.to_string(), b.start.to_string(), "Give them one start."),
            ("horizon", a.horizon.to_string(), b.horizon.to_string(), "Give them one horizon."),
            ("warm_up", a.warm_up.to_string(), b.warm_up.to_string(), "Give them one warm-up."),
            ("currency", a.currency.clone(), b.currency.clone(), "Give them one currency."),
        ];
        if let Some((field, a_value, b_value, way_out)) = pairs.into_iter().find(|p| p.1 != p.2) {
            let (a, b) = (first.label.clone(), other.label.clone());
            return Err(Box::new(NotComparable { field, a, a_value, b, b_value, way_out }));
        }
    }
    Ok(())
}
