//! Resolving the Business app and the size of portfolios.
//!
//! A part of `resolve`, apart because these are subjects of their own.

use super::Resolver;
use crate::policy::app::{AllowanceUnit, AppRules};
use crate::policy::portfolio::PortfolioRules;

impl Resolver<'_> {
    pub(super) fn app(&mut self) -> Option<AppRules> {
        let list_max = self.count("app.list_max");
        let saved_only = self.switch("app.saved_only");
        let allowance = self.limit_value("app.allowance");
        let allowance_unit = self.word("app.allowance_unit").map(|w| match w {
            "list" => AllowanceUnit::List,
            _ => AllowanceUnit::Message,
        });
        Some(AppRules {
            list_max: list_max?,
            saved_only: saved_only?,
            allowance: allowance??,
            allowance_unit: allowance_unit?,
        })
    }

    pub(super) fn portfolio(&mut self) -> Option<PortfolioRules> {
        let [numbers, numbers_full] =
            ["numbers", "numbers_full"].map(|k| self.count(&format!("portfolio.{k}")));
        let full_from = self.limit_value("portfolio.full_from");
        if let (Some(few), Some(full)) = (numbers, numbers_full)
            && few > full
        {
            let found = format!("{few} lies above `portfolio.numbers_full` ({full})");
            self.fault(&["portfolio.numbers", "portfolio.numbers_full"], found);
        }
        Some(PortfolioRules { numbers: numbers?, numbers_full: numbers_full?, full_from: full_from?? })
    }
}
