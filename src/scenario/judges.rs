//! From a scenario's choice of rules to a policy, with its overrides in place.
//!
//! What policies are and whether a constant may have a value is for `policy` to say; this file hands over names and
//! trees, and brings what is wrong back under the path it has in the scenario.

use super::PolicyChoice;
use super::audience::Loader;
use super::check::Checker;
use super::read::Reader;
use crate::policy::Policy;
use crate::text::{Fault, Node};

/// The policy as a scenario's `[policy]` has it, or faults noted where they belong.
pub fn choose(
    choice: &PolicyChoice,
    table: &Reader<'_>,
    loader: Loader<'_>,
    faults: &mut Checker,
) -> Option<Policy> {
    let place = table.place("era");
    let base = match choice {
        PolicyChoice::Auto => Policy::auto(),
        PolicyChoice::Era(name) => match Policy::pinned(name) {
            Ok(policy) => policy,
            Err(unknown) => {
                faults.fault(place, "policy", unknown.to_string(), "");
                return None;
            }
        },
        PolicyChoice::File(file) => {
            let text = match loader(file) {
                Ok(text) => text,
                Err(e) => {
                    faults.fault(place, "policy", format!("{file:?} cannot be read: {e}"), "a policy file");
                    return None;
                }
            };
            match Policy::from_text(file, &text) {
                Ok(policy) => policy,
                Err(wrong) => {
                    faults.faults.extend(wrong.0);
                    return None;
                }
            }
        }
    };
    let changes = table.get("override").map(Node::entries).unwrap_or_default();
    if changes.is_empty() {
        return Some(base);
    }
    let wrong = match base.with_override(changes) {
        Ok(policy) => return Some(policy),
        Err(wrong) => wrong,
    };
    // The path is one in a policy; here it lies deeper.
    let within = table.at("override");
    let deeper = |path: &str| if path.is_empty() { within.clone() } else { format!("{within}.{path}") };
    faults.faults.extend(wrong.0.into_iter().map(|f| Fault { path: deeper(&f.path), ..f }));
    None
}
