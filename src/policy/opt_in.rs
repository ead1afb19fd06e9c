//! What the platform asks of an opt-in.
//!
//! Plain facts by date. A log does not say what an opt-in named, so nothing here judges one: a run holds its
//! scenario's opt-ins against this and tells what they lack. How much people mind is no question for this module.

/// Section `[opt_in]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptInRules {
    /// What an opt-in has to name, in byte order; empty: nothing in particular.
    pub must_name: Vec<String>,
}

impl OptInRules {
    /// One line, as `canon` writes the rest. Every field is named.
    pub(super) fn canonical(&self, line: &mut impl FnMut(&str, String)) {
        let OptInRules { must_name } = self;
        line("opt_in", must_name.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::library::era;

    #[test]
    fn the_channel_need_not_be_named_since_consent_may_be_general() {
        let names = |name: &str| {
            let rules = era(name).expect("shipped").version.rules.clone();
            rules.opt_in.expect("every shipped era asks for something").must_name
        };
        for before in ["2020-07", "2021-09", "2023-03", "2024-05", "seed-classic"] {
            assert_eq!(names(before), ["business", "channel"], "{before}");
        }
        for since in ["2024-11", "2025-07", "2025-12", "2026-10"] {
            assert_eq!(names(since), ["business"], "{since}");
        }
    }

    #[test]
    fn what_an_opt_in_has_to_name_is_no_other_rules() {
        let rules = era("2025-12").expect("shipped").version.rules.clone();
        let other = crate::policy::Rules { opt_in: None, ..rules.clone() };
        assert!(!other.are_other_than(&rules) && other != rules);
    }
}
