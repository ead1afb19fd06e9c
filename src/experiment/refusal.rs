//! Why an attempt of a simulation was refused: by the rules of limits and statuses, or by what the platform lets
//! through. One list; a key holds the place in it.
//!
//! Knows names and codes; decides nothing.

use crate::policy::judge::Refusal;

/// What the platform does not let through, beside limits and statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The person got as much marketing of this business as the cap allows.
    OwnCap,
    /// The person got as much marketing of all businesses as the cap allows.
    SharedCap,
    /// The same while the platform gave 131026 for it.
    OwnCapUnnamed,
    /// See [`Held::OwnCapUnnamed`].
    SharedCapUnnamed,
    /// The person was tried again too often while the cap was reached.
    RetryGuard,
    /// No marketing to this country.
    Excluded,
    /// The person is held out of all marketing.
    HoldOut,
    /// The person stopped this business's marketing by the platform's control.
    Stopped,
    /// Too many messages from this number to this person in a short time.
    PairRate,
    /// Too many messages a second from this number.
    Throughput,
}

impl Held {
    /// Whether the same message may go through later, as its code tells.
    pub fn may_pass_later(self) -> bool {
        !matches!(self, Held::HoldOut | Held::Stopped)
    }
}

/// Why an attempt was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// By the rules of limits and statuses.
    Rule(Refusal),
    /// By what the platform lets through.
    Held(Held),
}

/// (reason, name in tables, platform code), in the order of [`Refused::place`].
const CAUSES: [(Refused, &str, &str); 18] = [
    (Refused::Rule(Refusal::Banned), "banned", "131031"),
    (Refused::Rule(Refusal::Suspended), "suspended", "131048"),
    (Refused::Rule(Refusal::AccountDisabled), "account_disabled", "131031"),
    (Refused::Rule(Refusal::AccountLocked), "account_locked", "131031"),
    (Refused::Rule(Refusal::AccountRestricted), "account_restricted", "368"),
    (Refused::Rule(Refusal::TemplateDisabled), "template_disabled", "132016"),
    (Refused::Rule(Refusal::TemplatePaused), "template_paused", "132015"),
    (Refused::Rule(Refusal::Limit), "limit", "131048"),
    (Refused::Held(Held::OwnCap), "own_cap", "131049"),
    (Refused::Held(Held::SharedCap), "shared_cap", "131049"),
    (Refused::Held(Held::OwnCapUnnamed), "own_cap", "131026"),
    (Refused::Held(Held::SharedCapUnnamed), "shared_cap", "131026"),
    (Refused::Held(Held::RetryGuard), "retry_guard", "131049"),
    (Refused::Held(Held::Excluded), "excluded_country", "131049"),
    (Refused::Held(Held::HoldOut), "hold_out", "130472"),
    (Refused::Held(Held::Stopped), "stopped", "131050"),
    (Refused::Held(Held::PairRate), "pair_rate", "131056"),
    (Refused::Held(Held::Throughput), "throughput", "130429"),
];

/// How many causes there are.
pub const CAUSES_LEN: usize = CAUSES.len();

impl Refused {
    /// The place in the list, which a key's detail holds.
    pub fn place(self) -> u8 {
        CAUSES.iter().position(|c| c.0 == self).expect("all are listed") as u8
    }

    /// The cause at a place.
    pub fn at(place: u8) -> Refused {
        CAUSES[place as usize].0
    }

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        CAUSES[self.place() as usize].1
    }

    /// The platform's code for it.
    pub fn code(self) -> &'static str {
        CAUSES[self.place() as usize].2
    }

    /// The reason a log gives: the rule's id, or the platform's code.
    pub fn reason(self) -> &'static str {
        match self {
            Refused::Rule(_) => self.name(),
            Refused::Held(_) => self.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::codes;

    #[test]
    fn every_cause_has_its_place_and_a_code_that_names_it() {
        for i in 0..CAUSES_LEN as u8 {
            let cause = Refused::at(i);
            assert_eq!(cause.place(), i);
            let code = codes::of(cause.code()).unwrap_or_else(|| panic!("{}", cause.code()));
            assert!(code.rules.contains(&cause.name()), "{} under {}", cause.name(), code.code);
            if let Refused::Rule(r) = cause {
                assert_eq!(cause.name(), r.name());
                assert_eq!(codes::of_reason(r.name()), Some(cause.code()));
            }
        }
    }
}
