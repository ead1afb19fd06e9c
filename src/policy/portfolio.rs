//! How many numbers a business portfolio may have registered.
//!
//! Plain numbers, as in `rules`. Nothing judges a log by them: a number in a log is registered. A scenario is told
//! when it has more than the platform would register.

use crate::messaging::Limit;

/// Section `[portfolio]`, where the era has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortfolioRules {
    /// Registered numbers to begin with.
    pub numbers: u64,
    /// Registered numbers of a verified business, or of one with a limit of `full_from` or more.
    pub numbers_full: u64,
    /// See `numbers_full`.
    pub full_from: Limit,
}

impl PortfolioRules {
    /// How many numbers may be registered.
    pub fn most(&self, verified: bool, limit: Limit) -> u64 {
        if verified || limit >= self.full_from { self.numbers_full } else { self.numbers }
    }

    /// One line for `canon`. Every field is named.
    pub(super) fn canonical(&self) -> String {
        let PortfolioRules { numbers, numbers_full, full_from } = self;
        format!("{numbers} {numbers_full} {full_from}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::library::era;

    #[test]
    fn two_numbers_then_twenty() {
        let rules = era("2025-12").unwrap().version.rules.portfolio.unwrap();
        assert_eq!(rules.most(false, Limit::Of(250)), 2);
        assert_eq!(rules.most(true, Limit::Of(250)), 20);
        assert_eq!(rules.most(false, Limit::Of(2000)), 20);
        assert_eq!(era("2021-09").unwrap().version.rules.portfolio, None);
    }
}
