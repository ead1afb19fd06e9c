//! Keys that would do nothing where they stand: refused, so that nobody believes that they do something.
//!
//! A key at its default says nothing and stays. What a key does is not known here, only what it takes for it.

use super::check::{self, Checker};
use super::fields::{CAMPAIGN, NUMBER};
use super::plan::Known;
use super::read::Reader;
use super::spec::Table;

/// Whether a key says something else than its default.
fn given(t: &Reader<'_>, key: &str, table: &'static Table) -> bool {
    let default = table.field(key).and_then(|field| check::default(field, &t.node.place));
    t.get(key).is_some_and(|node| Some(node) != default.as_ref())
}

/// Of a number: what the other channel alone has.
pub fn number(t: &Reader<'_>, app: bool, faults: &mut Checker) {
    let (keys, found, allowed): (&[&str], _, _) = match app {
        true => (
            &["starting_limit", "verified"],
            "a number of the Business app has no messaging limit to speak of",
            "channel = \"api\", or no such key",
        ),
        false => (
            &["list_gap", "buy_credits", "credit_price"],
            "only a number of the Business app sends lists and has an allowance",
            "channel = \"app\", or no such key",
        ),
    };
    for key in keys.iter().filter(|key| given(t, key, &NUMBER)) {
        faults.fault(t.place(key), &t.at(key), found, allowed);
    }
}

/// Of a campaign with these templates and their shares.
pub fn campaign(t: &Reader<'_>, templates: &[(usize, f64)], known: &Known<'_>, faults: &mut Checker) {
    let mut refuse = |key: &str, found: String, allowed: &str| {
        faults.fault(t.place(key), &t.at(key), found, allowed);
    };
    if t.text("at_cap") == "drop" {
        for key in ["retry_after", "retries"].into_iter().filter(|key| given(t, key, &CAMPAIGN)) {
            refuse(key, format!("{key} although nothing is tried again"), "at_cap = \"retry\" beside it");
        }
    }
    if t.flag("rotate_templates") {
        let shares: Vec<f64> = templates.iter().map(|(_, share)| *share).collect();
        if t.has("template") {
            let found = "rotate_templates with one template".to_string();
            refuse("rotate_templates", found, "templates = { … } in place of template");
        } else if shares.windows(2).any(|w| (w[0] - w[1]).abs() > 1e-9) {
            let found = "unequal shares, although templates take turns".to_string();
            refuse("templates", found, "equal shares, or rotate_templates = false");
        }
    }
    let reviewed =
        |(template, _): &(usize, f64)| known.templates.get(*template).is_some_and(|t| t.review.is_some());
    if t.has("until_approved") && !templates.iter().any(reviewed) {
        let found = "until_approved although all its templates are approved before the run".to_string();
        refuse("until_approved", found, "[templates.NAME.review] for one of them");
    }
}
