//! Rules of enforcement: what repeated violations and an extremely low read rate lead to.
//!
//! Plain numbers. How they are used is the business of `judge`.

use crate::messaging::AccountStatus;
use crate::sim::SimDuration;

/// Section `[enforcement]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcementRules {
    /// What follows from one violation after the other; the last repeats.
    pub steps: Vec<EnforcementStep>,
    /// Violations that make one step.
    pub strikes_per_step: u64,
    /// After so long without a violation the next one counts as the first.
    pub forget_after: SimDuration,
    /// How long a step can be appealed against.
    pub appeals: SimDuration,
    /// Whether severe harm disables the account at once.
    pub severe: bool,
    /// Whether a template that is disabled counts as a violation.
    pub disabled_template_counts: bool,
}

/// Section `[read_rate]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadRateRules {
    /// Share of delivered messages read below which an account is acted against; 0: never.
    pub floor: f64,
    /// How far back deliveries count.
    pub window: SimDuration,
    /// How old a delivery must be to count: a younger one may still be read.
    pub after: SimDuration,
    /// Deliveries below which there is no read rate \[messages\].
    pub min_sample: u64,
    /// What follows, one time after the other; the last repeats.
    pub steps: Vec<EnforcementStep>,
    /// After so long without such a step the next one is the first.
    pub forget_after: SimDuration,
}

/// One step of enforcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnforcementStep {
    /// A warning and nothing else.
    Warn,
    /// For so long, messages of this scope are refused.
    Restrict(SimDuration, RestrictionScope),
    /// Every message is refused until an appeal is granted.
    Lock,
    /// For good.
    Disable,
}

/// Which messages a restriction stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictionScope {
    /// Business-initiated ones.
    Initiated,
    /// All.
    All,
}

impl EnforcementStep {
    /// What an account is while the step is in force.
    pub fn status(self) -> AccountStatus {
        match self {
            EnforcementStep::Warn => AccountStatus::Active,
            EnforcementStep::Restrict(_, RestrictionScope::Initiated) => AccountStatus::RestrictedInitiated,
            EnforcementStep::Restrict(_, RestrictionScope::All) => AccountStatus::RestrictedAll,
            EnforcementStep::Lock => AccountStatus::Locked,
            EnforcementStep::Disable => AccountStatus::Disabled,
        }
    }

    /// A step as files write it.
    pub fn parse(text: &str) -> Option<EnforcementStep> {
        match text {
            "warn" => return Some(EnforcementStep::Warn),
            "lock" => return Some(EnforcementStep::Lock),
            "disable" => return Some(EnforcementStep::Disable),
            _ => {}
        }
        let (span, scope) = text.strip_prefix("restrict:")?.split_once(':')?;
        let scope = match scope {
            "initiated" => RestrictionScope::Initiated,
            "all" => RestrictionScope::All,
            _ => return None,
        };
        let span = SimDuration::parse(span).ok().filter(|d| d.0 > 0)?;
        Some(EnforcementStep::Restrict(span, scope))
    }
}

impl std::fmt::Display for EnforcementStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EnforcementStep::Warn => f.write_str("warn"),
            EnforcementStep::Restrict(span, RestrictionScope::Initiated) => {
                write!(f, "restrict:{span}:initiated")
            }
            EnforcementStep::Restrict(span, RestrictionScope::All) => write!(f, "restrict:{span}:all"),
            EnforcementStep::Lock => f.write_str("lock"),
            EnforcementStep::Disable => f.write_str("disable"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_back_as_they_are_written() {
        for text in ["warn", "restrict:1d:initiated", "restrict:30d:all", "lock", "disable"] {
            assert_eq!(EnforcementStep::parse(text).unwrap().to_string(), text);
        }
        for text in ["restrict", "restrict:0:all", "restrict:1d", "restrict:1d:some", "ban", ""] {
            assert_eq!(EnforcementStep::parse(text), None, "{text}");
        }
    }
}
