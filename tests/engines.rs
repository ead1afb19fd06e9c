//! The block engine against the plain engine: the same log, verdicts, days and totals, to the byte.

use std::sync::atomic::{AtomicBool, AtomicU64};

use tiersim::experiment::plan::Plan;
use tiersim::experiment::run::{Raw, RunOptions};
use tiersim::experiment::tally::Shape;
use tiersim::experiment::{blocks, plain};
use tiersim::messaging::record::MemoryLog;
use tiersim::scenario::{self, library};
use tiersim::sim::SimDuration;

/// A shipped scenario, made small by overrides.
pub fn plan(name: &str, sets: &[&str]) -> Plan {
    let text = library::text(name).unwrap_or_else(|| panic!("{name} is shipped"));
    plan_of_text(name, text, sets)
}

/// A scenario from text.
pub fn plan_of_text(name: &str, text: &str, sets: &[&str]) -> Plan {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    let nothing = |path: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, path.to_string()));
    let (s, policy) =
        scenario::load(&format!("{name}.toml"), text, &sets, &nothing).unwrap_or_else(|e| panic!("{e}"));
    Plan::new(s, policy.timeline()).expect("small enough")
}

fn compare(label: &str, plan: &Plan, replication: u64) {
    let shape = Shape::new(plan);
    let cancel = AtomicBool::new(false);
    let progress = AtomicU64::new(0);
    let options = RunOptions { every: Some(SimDuration::HOUR), cancel: &cancel, progress: &progress };
    let mut one = MemoryLog::default();
    let a = plain::run(plan, &shape, replication, options, &mut one).unwrap();
    let mut two = MemoryLog::default();
    assert!(blocks::supports(plan), "{label}");
    let b = blocks::run(plan, &shape, replication, options, Some(&mut two)).unwrap();
    for (i, (x, y)) in one.rows.iter().zip(&two.rows).enumerate() {
        assert_eq!(x, y, "{label}: first difference at log row {}", i + 1);
    }
    assert_eq!(one.rows.len(), two.rows.len(), "{label}: rows");
    assert_eq!(a.planned, b.planned, "{label}: plans");
    let key =
        |r: &Raw| (r.daily.clone(), r.judge.ratings.clone(), r.planned.clone(), r.journal.verdicts.clone());
    let (ka, kb) = (key(&a), key(&b));
    for (x, y) in ka.0.iter().zip(&kb.0) {
        assert_eq!(x, y, "{label}: daily");
    }
    assert!(ka == kb, "{label}: days, ratings, plan counts or verdicts differ");
    let days = |r: &Raw| {
        r.template_days
            .named()
            .map(|(of, row)| (of.clone(), row.counts, row.day, (row.score, row.rating, row.status)))
            .collect::<Vec<_>>()
    };
    for (x, y) in days(&a).iter().zip(&days(&b)) {
        assert_eq!(x, y, "{label}: templates by day");
    }
    assert_eq!(days(&a).len(), days(&b).len(), "{label}: templates by day");
    assert!(!days(&a).is_empty(), "{label}");
    assert_eq!(format!("{:?}", a.tally), format!("{:?}", b.tally), "{label}: tally");
    assert_eq!(a.units, b.units, "{label}: units billed");
    assert_eq!(a.broadcasts, b.broadcasts, "{label}: broadcasts");
    assert_eq!(a.time_to_read, b.time_to_read, "{label}: time to read");
    assert_eq!(a.time_in_queue, b.time_in_queue, "{label}: time in queue");
}

#[test]
fn engines_agree_on_every_shipped_scenario() {
    for name in library::names() {
        let small: &[&str] = match name {
            "million" => {
                &["segments.active.size=250", "segments.casual.size=450", "segments.dormant.size=300"]
            }
            "bench/w1" | "w1" => &["segments.everyone.size=1500"],
            _ => &[],
        };
        let plan = plan(name, small);
        // New templates are paced: messages are held by the order of all people's sends, which is the plain engine's.
        if plan.paces() {
            assert!(!blocks::supports(&plan), "{name}");
            continue;
        }
        compare(name, &plan, 1);
    }
}
