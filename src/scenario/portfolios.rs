//! How numbers go together: which may share a portfolio, and how many the platform would register in one.

use std::collections::BTreeMap;

use super::check::Checker;
use super::read::Reader;
use crate::behaviour::sender::Number;
use crate::policy::Policy;
use crate::sim::SimTime;

/// Refuses numbers that cannot be in one portfolio, and a run that begins without any.
pub fn check(root: &Reader<'_>, numbers: &[Number], faults: &mut Checker) {
    let tables = root.tables("numbers");
    for (n, (_, t)) in numbers.iter().zip(&tables).filter(|(n, _)| n.app.is_some()) {
        if let Some(other) = numbers.iter().find(|o| o.portfolio == n.portfolio && o.name != n.name) {
            let found = format!("{:?}, the portfolio of {} too", n.portfolio, other.name);
            faults.fault(
                t.place("portfolio"),
                &t.at("portfolio"),
                found,
                "a portfolio of its own for a number of the Business app, or no such key",
            );
        }
    }
    if !numbers.is_empty() && numbers.iter().all(|n| n.registered_at.is_some()) {
        let (_, t) = &tables[0];
        let found = "every number is registered after the start";
        faults.fault(t.place("registered"), &t.at("registered"), found, "at least one number from the start");
    }
}

/// What is known of an app number's quality, which is next to nothing.
fn app_remark(n: &Number) -> String {
    format!(
        "{} is a number of the Business app. Messaging limits, template review and the quality rating are the API's, so \
         it shows UNKNOWN and nothing is derived from its blocks and reports; they can lead to a ban, by no published \
         rule.",
        n.name
    )
}

/// A sentence for each number of the app, and for each portfolio that gets more numbers than the platform would register.
pub fn remarks(numbers: &[Number], start: SimTime, policy: &Policy) -> Vec<String> {
    let mut portfolios: BTreeMap<&str, Vec<&Number>> = BTreeMap::new();
    for n in numbers.iter().filter(|n| n.app.is_none()) {
        portfolios.entry(&n.portfolio).or_default().push(n);
    }
    let mut out: Vec<String> = numbers.iter().filter(|n| n.app.is_some()).map(app_remark).collect();
    for (portfolio, mut members) in portfolios {
        members.sort_by_key(|n| n.registered_at);
        for (before, n) in members.iter().enumerate() {
            let at = n.registered_at.unwrap_or(start);
            let rules = &policy.at(at).rules;
            let Some(most) = &rules.portfolio else { continue };
            let verified = members.iter().any(|m| m.verified_at.is_some_and(|v| v <= at));
            let limit = members[..=before]
                .iter()
                .map(|m| m.starting_limit.unwrap_or(rules.limit.start))
                .max()
                .expect("at least this number");
            let allowed = most.most(verified, limit);
            if before as u64 >= allowed {
                let why = if allowed == most.numbers_full {
                    "at most".to_string()
                } else {
                    format!(
                        "until the business is verified or reaches {} people a day, at most",
                        most.full_from
                    )
                };
                out.push(format!(
                    "{} is number {} of portfolio {portfolio} as of {}; the platform registers, {why}, {allowed}. \
                     The run goes on with all of them.",
                    n.name,
                    before + 1,
                    at.date(),
                ));
                break;
            }
        }
    }
    out
}
