//! What the rules say of the Business app, the free client beside the API: broadcast lists, who receives them, and
//! how many messages a month has.
//!
//! Plain numbers, as in `rules`. A rating, messaging limits and template review are the API's: of what blocks and
//! reports do to an app number nothing is published, so nothing here derives it.

use crate::messaging::Limit;

/// Section `[app]`; where a policy has none, lists have no size, reach everybody and cost nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRules {
    /// Recipients of one broadcast list at most.
    pub list_max: u64,
    /// Whether only people who saved the number receive a list's message.
    pub saved_only: bool,
    /// Free broadcasts of a calendar month (UTC), in `allowance_unit`.
    pub allowance: Limit,
    /// What uses one unit of the allowance.
    pub allowance_unit: AllowanceUnit,
}

/// What uses one unit of a month's allowance. The words seen in public fit both readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowanceUnit {
    /// A message to one recipient of a list.
    Message,
    /// A message to a whole list.
    List,
}

impl AllowanceUnit {
    /// As in a policy file.
    pub const fn name(self) -> &'static str {
        match self {
            AllowanceUnit::Message => "message",
            AllowanceUnit::List => "list",
        }
    }
}

impl AppRules {
    /// One line for `canon`. Every field is named, so that a new one cannot be forgotten.
    pub(super) fn canonical(&self) -> String {
        let AppRules { list_max, saved_only, allowance, allowance_unit } = self;
        format!("{list_max} {saved_only} {allowance} {}", allowance_unit.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::sim::SimTime;

    fn on(day: &str) -> AppRules {
        let at = SimTime::parse(&format!("{day}T12:00:00Z")).unwrap();
        Policy::auto().at(at).rules.app.clone().expect("every era has an app")
    }

    #[test]
    fn the_allowance_begins_and_changes_by_the_day() {
        for (day, allowance) in [
            ("2021-01-01", Limit::Unlimited),
            ("2025-03-31", Limit::Unlimited),
            ("2025-04-01", Limit::Of(250)),
            ("2026-04-30", Limit::Of(250)),
            ("2026-05-01", Limit::Of(35)),
            ("2026-11-01", Limit::Of(35)),
        ] {
            assert_eq!(on(day).allowance, allowance, "{day}");
            assert_eq!((on(day).list_max, on(day).saved_only), (256, true), "{day}");
        }
    }

    #[test]
    fn the_app_is_no_other_rules() {
        let at = |day: &str| Policy::auto().at(SimTime::parse(day).unwrap()).rules.clone();
        let (before, after) = (at("2026-04-30T00:00:00Z"), at("2026-05-01T00:00:00Z"));
        assert_ne!(before.app, after.app);
        assert!(
            !after.are_other_than(&before),
            "a change of allowances must end no flag and cancel no raise"
        );
    }
}
