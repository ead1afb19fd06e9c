//! From a scenario's choice of rules to a policy, with its overrides in place.
//!
//! What policies are and whether a constant may have a value is for `policy` to say; this file hands over names, texts
//! and places, and brings what is wrong back to where the scenario was written.

use super::audience::Loader;
use super::check::Checker;
use super::document::{self, Node, Place, Value};
use super::fault::{Fault, Faults, Position};
use super::read::Reader;
use super::{PolicyChoice, Scenario};
use crate::policy::Policy;
use crate::policy::fault::Place as PolicyPlace;
use crate::policy::timeline::Override;

/// One constant of `[policy.override]` and who wrote it.
struct Change {
    value: Override,
    place: Place,
}

/// The policy as a scenario's `[policy]` has it, or faults noted where they belong.
pub fn choose(
    choice: &PolicyChoice,
    table: &Reader<'_>,
    sources: &[String],
    loader: Loader<'_>,
    faults: &mut Checker<'_>,
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
                    faults.faults.extend(wrong.0.into_iter().map(|f| ours(f, String::new())));
                    return None;
                }
            }
        }
    };
    let mut changes = Vec::new();
    if let Some(node) = table.get("override") {
        flatten(node, "", &mut changes);
    }
    if changes.is_empty() {
        return Some(base);
    }
    let values: Vec<Override> = changes.iter().map(|c| c.value.clone()).collect();
    match base.with_override(&sources[0], &values) {
        Ok(policy) => Some(policy),
        Err(wrong) => {
            for fault in wrong.0 {
                let mut fault = ours(fault, "policy.override".into());
                // A value set from outside has no line; the override that names the constant is where it was written.
                let outside = || changes.iter().filter(|c| c.place.position.is_none());
                let named =
                    outside().find(|c| fault.found.contains(&c.value.path)).or_else(|| outside().next());
                if let (None, Some(change)) = (fault.position, named) {
                    fault.file = sources[change.place.source].clone();
                }
                faults.faults.push(fault);
            }
            None
        }
    }
}

fn ours(fault: crate::policy::fault::Fault, path: String) -> Fault {
    let (line, column) = (fault.place.line as u32, fault.place.column as u32);
    let position = (line > 0).then_some(Position { line, column });
    Fault { file: fault.file, position, path, found: fault.message, allowed: String::new(), hint: None }
}

/// Constants one by one, each with its own place; a table with a `value` is a constant with its provenance.
fn flatten(node: &Node, path: &str, out: &mut Vec<Change>) {
    for entry in node.entries() {
        let inner = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        if matches!(entry.node.value, Value::Table(_)) && entry.node.get("value").is_none() {
            flatten(&entry.node, &inner, out);
            continue;
        }
        let place = entry.node.place;
        let position = place.position.map_or_else(PolicyPlace::default, |p| PolicyPlace {
            line: p.line as usize,
            column: p.column as usize,
        });
        let value = Override { path: inner, value: document::to_toml_value(&entry.node), place: position };
        out.push(Change { value, place });
    }
}

impl Scenario {
    /// The policy that judges this scenario: by date, pinned, or from the file it names, with its overrides in place.
    /// `loader` reads that file. A scenario that was loaded has been through this once, so only a file that has
    /// changed since can make it fail.
    pub fn judged_by(&self, loader: Loader<'_>) -> Result<Policy, Faults> {
        let sources = [self.name.clone()];
        let mut faults = Checker::new(&sources);
        let resolved = document::from_json(&self.resolved);
        let root = Reader::new(&resolved, "");
        let policy = choose(&self.policy, &root.table("policy"), &sources, loader, &mut faults);
        policy.ok_or(Faults(faults.faults))
    }
}
