//! Section `[portfolio_pacing]`: a portfolio that has sent little yet has its templates released batch by batch.
//!
//! Plain values; what they mean for a portfolio is the business of `judge::portfolio_pacing`.

use crate::sim::SimDuration;

/// How the templates of a portfolio that has yet to prove itself are paced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PortfolioPacingRules {
    /// Whether it is done at all. It ships off: a log seldom tells what was sent in the year before it.
    pub on: bool,
    /// Messages that go out before the rest is held \[messages\].
    pub first: u64,
    /// How many times as large as the one before each batch is, from 1 on; rounded down to whole messages.
    pub batch_factor: f64,
    /// How long a batch is held at most.
    pub hold: SimDuration,
    /// How long feedback is gathered before a colour decides.
    pub feedback: SimDuration,
    /// Template messages within `over` from which a portfolio is not paced any more \[messages\].
    pub until: u64,
    /// How far back those are counted, in whole UTC days.
    pub over: SimDuration,
}

impl PortfolioPacingRules {
    /// The batch that follows one of this size.
    pub fn next_batch(&self, batch: u64) -> u64 {
        (batch as f64 * self.batch_factor) as u64
    }
}
