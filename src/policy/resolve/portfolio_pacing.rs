//! Section `[portfolio_pacing]` of a policy from its settings.
//!
//! What it means is the business of `rules::portfolio_pacing`.

use super::Resolver;
use crate::policy::rules::PortfolioPacingRules;

impl Resolver<'_> {
    pub(super) fn portfolio_pacing(&mut self) -> Option<PortfolioPacingRules> {
        let on = self.switch("portfolio_pacing.on");
        let first = self.count("portfolio_pacing.first");
        let batch_factor = self.number("portfolio_pacing.batch_factor");
        let hold = self.span("portfolio_pacing.hold");
        let feedback = self.span("portfolio_pacing.feedback");
        let until = self.count("portfolio_pacing.until");
        let over = self.span("portfolio_pacing.over");
        Some(PortfolioPacingRules {
            on: on?,
            first: first?,
            batch_factor: batch_factor?,
            hold: hold?,
            feedback: feedback?,
            until: until?,
            over: over?,
        })
    }
}
