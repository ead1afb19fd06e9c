//! Keys that do nothing where they stand: told, so that nobody believes that they do something.
//!
//! What another channel alone has is refused. What another key of the same campaign switches off is a remark: a what-if
//! or a sweep turns the switch, and cannot take the key away. A key at its default says nothing and stays. What a key does is not known here, only what it takes for it.

use super::check::{self, Checker};
use super::fields::{AUDIENCE, CAMPAIGN, NUMBER};
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

/// Of a campaign with these templates and their shares, in finished sentences.
pub fn campaign(name: &str, t: &Reader<'_>, templates: &[(usize, f64)], known: &Known<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut idle = |key: &str, why: &str| out.push(format!("campaigns.{name}.{key} has no effect: {why}."));
    if t.text("at_cap") == "drop" {
        for key in ["retry_after", "retries"].into_iter().filter(|key| given(t, key, &CAMPAIGN)) {
            idle(key, "at_cap is drop, so nothing is tried again");
        }
    }
    if t.flag("rotate_templates") {
        let shares: Vec<f64> = templates.iter().map(|(_, share)| *share).collect();
        if t.has("template") {
            idle("rotate_templates", "there is one template");
        } else if shares.windows(2).any(|w| (w[0] - w[1]).abs() > 0.01) {
            idle("templates", "its shares are not heeded, since templates take turns");
        }
    }
    let audience = t.table("audience");
    if !audience.has("max") {
        for key in ["growth", "rotate"].into_iter().filter(|key| given(&audience, key, &AUDIENCE)) {
            idle(&format!("audience.{key}"), "without audience.max everybody is written to each time");
        }
    }
    if !audience.flag("honour_opt_outs") {
        for key in
            ["opt_out_delay", "opt_outs_missed"].into_iter().filter(|key| given(&audience, key, &AUDIENCE))
        {
            idle(&format!("audience.{key}"), "no opt-out is honoured");
        }
    }
    let reviewed =
        |(template, _): &(usize, f64)| known.templates.get(*template).is_some_and(|t| t.review.is_some());
    if t.text_opt("until_approved") == Some("skip") && !templates.iter().any(reviewed) {
        idle("until_approved", "no template of its dispatches has a review");
    }
    out
}
