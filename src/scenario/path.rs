//! Whether a path leads to a field of a scenario, before any value is put there.
//!
//! Must not know who asks.

use super::resolve::ROOT;
use super::set;
use crate::text::{self, Fault, Faults};

/// Checks the path of an override against a scenario's text under these overrides; the fault says what is allowed and
/// the nearest right spelling. Values are not looked at.
pub fn check_path(name: &str, text: &str, sets: &[String], path: &str) -> Result<(), Faults> {
    let mut root = text::parse(name, text)?.root;
    for assignment in sets {
        // What is wrong with these is told when they are loaded.
        let _ = set::set(&mut root, assignment, &ROOT);
    }
    set::set(&mut root, &format!("{path}=0"), &ROOT).map_err(|fault: Box<Fault>| Faults(vec![*fault]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "question = \"?\"\n[campaigns.promo]\nper_week = 3\n";

    #[test]
    fn paths_are_checked_without_values() {
        let check = |path: &str| check_path("s.toml", TEXT, &[], path);
        assert_eq!(check("campaigns.promo.per_week"), Ok(()));
        assert_eq!(check("recipients.block_base"), Ok(()));
        assert_eq!(check("policy.era"), Ok(()));
        let wrong = check("campaigns.promo.per_wek").unwrap_err().0.remove(0);
        assert_eq!(wrong.hint.as_deref(), Some("did you mean per_week?"));
        let wrong = check("campaigns.prmo.per_week").unwrap_err().0.remove(0);
        assert_eq!(wrong.hint.as_deref(), Some("did you mean promo?"));
        assert!(check("campaigns..per_week").is_err());
    }
}
