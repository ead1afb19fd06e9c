//! Which categories of templates the platform had, and under what names.
//!
//! Plain facts by date. Nothing is refused by them: a log's category is what its writer called the message, so a run
//! holds its scenario's templates against this and tells what did not exist yet.

/// Section `[categories]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryRules {
    /// What templates (and, as `service`, messages without one) may be for, in byte order and in the words of today.
    pub allowed: Vec<String>,
    /// Under which names the platform kept them.
    pub names: CategoryNames,
}

/// Under which names the platform kept its categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryNames {
    /// Some ten kinds, such as account updates.
    Older,
    /// Marketing, utility and authentication.
    Present,
}

impl CategoryNames {
    /// As in a policy file.
    pub const fn name(self) -> &'static str {
        match self {
            CategoryNames::Older => "older",
            CategoryNames::Present => "present",
        }
    }
}

impl CategoryRules {
    /// One line, as `canon` writes the rest. Every field is named.
    pub(super) fn canonical(&self, line: &mut impl FnMut(&str, String)) {
        let CategoryRules { allowed, names } = self;
        line("categories", format!("{} [{}]", names.name(), allowed.join(" ")));
    }
}

#[cfg(test)]
mod tests {
    use super::CategoryNames::{Older, Present};
    use crate::policy::Policy;
    use crate::sim::SimTime;

    #[test]
    fn promotion_and_the_names_of_today_begin_on_their_days() {
        let calendar = Policy::auto();
        let on = |day: &str| {
            let rules = &calendar.at(SimTime::parse(&format!("{day}T12:00:00Z")).unwrap()).rules;
            let c = rules.categories.clone().expect("every era has some");
            (c.allowed.iter().any(|a| a == "marketing"), c.names)
        };
        assert_eq!(["2021-09-14", "2021-09-15"].map(on), [(false, Older), (true, Older)]);
        assert_eq!(["2023-04-30", "2023-05-01"].map(on), [(true, Older), (true, Present)]);
        assert_eq!(on("2026-11-01"), (true, Present));
    }

    #[test]
    fn a_category_is_no_other_rules() {
        let rules = crate::policy::library::era("2025-12").expect("shipped").version.rules.clone();
        let other = crate::policy::Rules { categories: None, ..rules.clone() };
        assert!(!other.are_other_than(&rules) && other != rules);
    }
}
