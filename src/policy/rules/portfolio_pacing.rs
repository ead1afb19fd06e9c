//! Section `[portfolio_pacing]`: a portfolio that has sent little yet has its templates released batch by batch.
//!
//! Plain values; what they mean for a portfolio is the business of `judge::portfolio_pacing`.

use crate::sim::SimDuration;

/// How the templates of a portfolio that has yet to prove itself are paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortfolioPacingRules {
    /// Whether it is done at all. It ships off: a log seldom tells what was sent in the year before it.
    pub on: bool,
    /// Messages that go out before the rest is held \[messages\].
    pub first_n: u64,
    /// How much larger each batch is than the one before, in parts per million; at least one whole.
    pub batch_factor_ppm: u64,
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
        let grown = u128::from(batch) * u128::from(self.batch_factor_ppm) / 1_000_000;
        u64::try_from(grown).unwrap_or(u64::MAX)
    }
}
