//! The log of every shipped scenario, held against the digest it had when somebody last looked.
//!
//! A digest that changes means that results change for everybody. That can be right, but never by the way: refresh
//! with TIERSIM_BLESS=1, say in the commit and the changelog why, and look at what moved.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use tiersim::scenario::library;
use tiersim::store::log::DigestSink;

use crate::common::{Engine, plan_with, run_into};

const HEAD: &str = "\
# blake3 of the log of replication 1 of each shipped scenario, `million` and `bench/w1` at a hundredth of their size.
# Refreshed on purpose only: TIERSIM_BLESS=1 cargo test --test tests golden
# scenario  rows  digest
";

/// What makes the largest scenarios a hundredth of their size.
fn small(name: &str) -> &'static [&'static str] {
    match name {
        "million" => {
            &["segments.active.size=2500", "segments.casual.size=4500", "segments.dormant.size=3000"]
        }
        "bench/w1" => &["segments.everyone.size=10000"],
        _ => &[],
    }
}

fn found() -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for name in library::names() {
        let text = library::text(name).expect("it is shipped");
        let plan = plan_with(name, text, small(name), &[]).unwrap_or_else(|e| panic!("{e}"));
        let mut sink = DigestSink::new();
        run_into(Engine::Blocks, &plan, 1, &mut sink);
        let summary = sink.finish();
        let digest = summary.digest.expect("a digest sink has one");
        out.insert(name.to_string(), format!("{}  {digest}", summary.counts.rows()));
    }
    out
}

#[test]
fn shipped_scenarios_have_their_digests() {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/digests.txt"));
    let found = found();
    let mut text = HEAD.to_string();
    for (name, rest) in &found {
        let _ = writeln!(text, "{name}  {rest}");
    }
    if std::env::var_os("TIERSIM_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(&path, text).expect("a writable file");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: BTreeMap<String, String> = kept
        .lines()
        .filter(|l| !l.starts_with('#') && !l.is_empty())
        .filter_map(|l| l.split_once("  ").map(|(name, rest)| (name.to_string(), rest.to_string())))
        .collect();
    let mut moved = String::new();
    for (name, now) in &found {
        match kept.get(name) {
            Some(then) if then == now => {}
            Some(then) => {
                let _ = writeln!(moved, "  {name}: rows and digest were {then}\n  {name}: and are now {now}");
            }
            None => {
                let _ = writeln!(moved, "  {name}: no digest is kept; it is {now}");
            }
        }
    }
    for name in kept.keys().filter(|name| !found.contains_key(*name)) {
        let _ = writeln!(moved, "  {name}: a digest is kept, but no such scenario is shipped");
    }
    assert!(
        moved.is_empty(),
        "results of shipped scenarios changed:\n{moved}\
         If the change is meant (a rule corrected, a scenario retuned, other draws), refresh the digests with\n  \
         TIERSIM_BLESS=1 cargo test --test tests golden\n\
         and say in the commit and the changelog what moves and why. If not, something else changed them: a draw \
         more or less, another order of events, another way to round."
    );
}
