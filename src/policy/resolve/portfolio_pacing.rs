//! Section `[portfolio_pacing]` of a policy from its settings.
//!
//! What it means is the business of `rules::portfolio_pacing`.

use super::{Resolver, Value};
use crate::policy::rules::PortfolioPacingRules;

impl Resolver<'_> {
    pub(super) fn portfolio_pacing(&mut self) -> Option<PortfolioPacingRules> {
        let on = self.switch("portfolio_pacing.on");
        let first_n = self.count("portfolio_pacing.first_n");
        let factor = self.value("portfolio_pacing.batch_factor").map(|v| match v {
            Value::Factor(ppm) => ppm,
            other => unreachable!("the factor was read as {other:?}"),
        });
        if factor.is_some_and(|ppm| ppm < 1_000_000) {
            let found = "is less than 1: batches would never end".to_string();
            self.fault(&["portfolio_pacing.batch_factor"], found);
        }
        let hold = self.span("portfolio_pacing.hold");
        let feedback = self.span("portfolio_pacing.feedback");
        let until = self.count("portfolio_pacing.until");
        let over = self.span("portfolio_pacing.over");
        Some(PortfolioPacingRules {
            on: on?,
            first_n: first_n?,
            batch_factor_ppm: factor?,
            hold: hold?,
            feedback: feedback?,
            until: until?,
            over: over?,
        })
    }
}
