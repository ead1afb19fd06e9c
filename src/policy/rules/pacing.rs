//! Section `[pacing]`: a new template's first messages go out, the rest is held until feedback is in.
//!
//! Plain values; what they mean for a template is the business of `judge::pacing`.

use crate::sim::SimDuration;

/// How the sends of a template that has yet to prove itself are paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacingRules {
    /// Messages that go out before the rest is held \[messages\].
    pub first: u64,
    /// How long the rest is held at most.
    pub hold: SimDuration,
    /// How long feedback is gathered before a good colour lets the rest go.
    pub feedback: SimDuration,
    /// For so long after a pause a utility template is paced too; zero: never.
    pub utility_after_pause: SimDuration,
}
