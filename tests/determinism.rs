//! The same inputs give the same bytes: run again, on other numbers of threads, and by the other engine.

use tiersim::experiment::plan::Plan;
use tiersim::store::log::DigestSink;

use crate::common::{Engine, plan_with, run_into};

/// Three blocks of recipients, two numbers that share a limit which binds, raises and lowerings on the way.
const BINDING: &str = r#"
question = "Do threads matter?"
start = 2026-01-05
days = 9
[policy]
era = "2025-12"
[policy.override]
cap = "none"
holdout = "none"
[policy.override.limit]
ladder = [400, 1_500, 6_000, "unlimited"]
start = 400
floor = 400
[policy.override.sustained]
red_for = "1d"
actions = ["lower", "suspend:12h", "lower"]
[policy.override.template]
min_sample = 100
yellow_at = 0.01
red_at = 0.04
pauses = ["3h", "6h", "6h"]
[recipients]
reply = 0.1
block_base = 0.01
[segments.regulars]
size = 5_000
[segments.cold]
size = 5_000
consent = "imported"
[numbers.a]
portfolio = "p"
starting_limit = 1_500
throughput = 3
pair_gap = "30m"
[numbers.b]
portfolio = "p"
[templates.offer]
category = "marketing"
[templates.notice]
category = "utility"
[campaigns.offers]
number = "a"
template = "offer"
per_week = 7
at_limit = "defer"
reactions = [{ when = "red", share = 0.4 }]
[campaigns.notices]
number = "b"
template = "notice"
triggered_per_day = 0.05
priority = 1
at_limit = "drop"
"#;

fn plan(sets: &[&str]) -> Plan {
    plan_with("binding", BINDING, sets, &[]).unwrap_or_else(|e| panic!("{e}"))
}

fn digest(engine: Engine, plan: &Plan, replication: u64) -> (String, Vec<(&'static str, u64)>) {
    let mut sink = DigestSink::new();
    let raw = run_into(engine, plan, replication, &mut sink);
    let summary = sink.finish();
    // What no log holds is held to the same: templates by day, in whatever order they became known.
    let days: Vec<_> =
        raw.template_days.named().map(|(of, row)| (of, row.day, row.counts, row.score)).collect();
    assert!(days.len() > 9, "{}", days.len());
    (format!("{} {days:?}", summary.digest.expect("a digest sink has one")), summary.counts.verdicts())
}

#[test]
fn threads_do_not_matter() {
    let plan = plan(&[]);
    assert!(plan.people > 2 * 4096, "three blocks");
    let (first, verdicts) = digest(Engine::Blocks, &plan, 1);
    let count = |name: &str| verdicts.iter().find(|v| v.0 == name).map_or(0, |v| v.1);
    for name in ["send_refused", "limit_changed", "raise_scheduled", "quality_rated", "template_paused"] {
        assert!(count(name) > 0, "{name} has to occur for this test to mean something: {verdicts:?}");
    }
    assert_eq!(digest(Engine::Blocks, &plan, 1).0, first, "the same run twice");
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let found = pool.install(|| digest(Engine::Blocks, &plan, 1)).0;
        assert_eq!(found, first, "{threads} threads");
    }
    assert_eq!(digest(Engine::Plain, &plan, 1).0, first, "the plain engine");
}

#[test]
fn seed_and_replication_matter() {
    let small = ["segments.regulars.size=300", "segments.cold.size=300"];
    let first = digest(Engine::Blocks, &plan(&small), 1).0;
    assert_ne!(digest(Engine::Blocks, &plan(&small), 2).0, first, "another replication");
    let seed = [small[0], small[1], "seed=2"];
    assert_ne!(digest(Engine::Blocks, &plan(&seed), 1).0, first, "another seed");
    assert_eq!(digest(Engine::Blocks, &plan(&small), 1).0, first, "the same again");
}
