//! What happens to an account from outside: violations recorded, appeals decided, templates reviewed.
//!
//! Facts of the calendar or of chance, as a scenario states them. What follows from them is the rules' business.

use crate::behaviour::recipient::Delay;
use crate::messaging::{Appeal, Violation};
use crate::sim::SimTime;

/// Violations that are recorded against the account of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recorded {
    /// Index into the scenario's numbers; its whole portfolio answers for it.
    pub number: usize,
    /// When.
    pub when: Recurrence,
    /// Why.
    pub kind: Violation,
}

/// Once, or again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recurrence {
    /// At this instant.
    At(SimTime),
    /// So many a week on average, at random moments (a Poisson process).
    PerWeek(f64),
}

/// An appeal that is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Index into the scenario's numbers; the appeal is its portfolio's.
    pub number: usize,
    /// When.
    pub at: SimTime,
    /// How.
    pub outcome: Appeal,
}

/// The review of a template before it may be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// When it is submitted.
    pub submitted: SimTime,
    /// From there to the decision.
    pub delay: Delay,
    /// Chance that it is rejected.
    pub rejected: f64,
    /// Chance that a rejection is appealed against.
    pub appealed: f64,
    /// Chance that such an appeal is granted.
    pub appeal_granted: f64,
    /// From the rejection to the decision on the appeal.
    pub appeal_delay: Delay,
}

/// What a campaign does with a dispatch whose templates are not approved yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UntilApproved {
    /// Makes it when the last of them is approved; of several that waited only the latest.
    #[default]
    Wait,
    /// Leaves it.
    Skip,
}
