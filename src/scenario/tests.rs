//! Whole texts in, scenarios or faults out. Here the text most tests begin with, and how they read it.

mod faults;
mod keys;
mod rates;
mod resolved;
mod rules;

use super::audience::no_files;
use super::*;
use crate::behaviour::recipient::{Delay, Memory};
use crate::behaviour::sender::{Action, AtLimit, Calendar, Condition};
use crate::messaging::Limit;
use crate::policy::Policy;
use crate::text::{Fault, Faults, Lines};

const SMALL: &str = r#"question = "Small?"
start = 2026-01-05
days = 14

[segments.all]
size = 100

[numbers.main]

[templates.offer]
category = "marketing"

[campaigns.promo]
template = "offer"
per_week = 3
"#;

fn loaded(text: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    match load("dir/small.toml", text, &sets, &no_files) {
        Ok((scenario, _)) => scenario,
        Err(faults) => panic!("{faults}"),
    }
}

fn judged(text: &str, sets: &[&str]) -> Policy {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    load("dir/small.toml", text, &sets, &no_files).unwrap_or_else(|faults| panic!("{faults}")).1
}

fn faults(text: &str, sets: &[&str]) -> Vec<String> {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    match load("x.toml", text, &sets, &no_files) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(Fault::to_string).collect(),
    }
}

/// The small scenario with one piece of text in place of another.
fn with(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    SMALL.replace(from, to)
}

#[track_caller]
fn one_fault(text: &str, sets: &[&str], start: &str, also: &[&str]) {
    let found = faults(text, sets);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(start), "{}", found[0]);
    for part in also {
        assert!(found[0].contains(part), "{part:?} not in {}", found[0]);
    }
}

fn dispatches(scenario: &Scenario) -> Vec<String> {
    match &scenario.campaigns[0].calendar {
        Calendar::Dispatches(all) => all.iter().map(|t| t.to_string()[..16].to_string()).collect(),
        Calendar::Triggered { .. } => panic!("triggered"),
    }
}
