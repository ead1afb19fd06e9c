//! The hand-written program of the benches against the engine on the same model: totals agree within sampling error.
//!
//! The two share nothing but the model's description. Tolerances are four standard errors of the difference of two
//! independent runs.

use std::sync::atomic::{AtomicBool, AtomicU64};

use tiersim::experiment::blocks;
use tiersim::experiment::measure::Counts;
use tiersim::experiment::run::RunOptions;
use tiersim::experiment::tally::Shape;
use tiersim::messaging::record::MemoryLog;
use tiersim::scenario::library;
use tiersim::sim::SimDuration;

use crate::engines::plan;

#[path = "../benches/baseline.rs"]
mod baseline;

const PEOPLE: u64 = 10_000;
const DAYS: i64 = 28;

/// Two shares of independent trials, `a` of `n` and `b` of `m`: equal within 4 √(p (1 − p) (1/n + 1/m)).
#[track_caller]
fn same_share(what: &str, (a, n): (u64, u64), (b, m): (u64, u64)) {
    let (fa, fb, n, m) = (a as f64, b as f64, n as f64, m as f64);
    let p = (fa + fb) / (n + m);
    let se = (p * (1.0 - p) * (1.0 / n + 1.0 / m)).sqrt();
    assert!((fa / n - fb / m).abs() <= 4.0 * se, "{what}: {} and {}, standard error {se}", fa / n, fb / m);
}

#[test]
fn engine_and_yardstick_agree_on_w1() {
    let size = format!("segments.everyone.size={PEOPLE}");
    let plan = plan("bench/w1", &[&size, &format!("days={DAYS}")]);
    let (cancel, progress) = (AtomicBool::new(false), AtomicU64::new(0));
    let options = RunOptions { every: Some(SimDuration::HOUR), cancel: &cancel, progress: &progress };
    let raw = blocks::run(&plan, &Shape::new(&plan), 1, options, None).expect("nobody interrupts");
    let mut ours = Counts::default();
    raw.daily.iter().for_each(|d| ours += d.counts);
    let theirs = baseline::run(PEOPLE as usize, DAYS, 1);

    // Ours has one evaluation more: the number exists from midnight on and is evaluated then.
    assert_eq!(theirs.evaluations + 1, raw.judge.ratings.len() as u64, "one evaluation an hour");
    assert_eq!(theirs.evaluations, 28 * 24);
    let signals = ours.sent + ours.delivered + ours.read + ours.blocked + ours.reported;
    assert!((signals as f64 / theirs.events() as f64 - 1.0).abs() < 0.02);
    assert_eq!(theirs.days.len(), 28);
    same_share("delivered", (ours.delivered, ours.sent), (theirs.delivered, theirs.sent));
    same_share("read", (ours.read, ours.delivered), (theirs.read, theirs.delivered));
    same_share("blocked", (ours.blocked, ours.read), (theirs.blocked, theirs.read));
    same_share("reported", (ours.reported, ours.blocked), (theirs.reported, theirs.blocked));
    // Who blocks at some dispatch gets none of the rest: each block takes 0 to 11 of 12 messages away, so the sum
    // has a variance below blocks × (12² / 3).
    let se = (2.0 * theirs.blocked as f64 * 144.0 / 3.0).sqrt();
    assert!((ours.sent as f64 - theirs.sent as f64).abs() <= 4.0 * se, "{} and {}", ours.sent, theirs.sent);
    assert!(ours.sent < 12 * PEOPLE && ours.sent > 11 * PEOPLE);
    // Everybody who has not blocked holds a slot on days of dispatch; the most at the first.
    assert_eq!(theirs.distinct_max, PEOPLE);
    let most = raw.daily.iter().map(|d| d.slots_in_use).max();
    assert!(most.is_some_and(|m| m <= PEOPLE && m > PEOPLE * 9 / 10), "{most:?}");
}

#[test]
fn a_log_that_nobody_reads_changes_nothing() {
    // Without a log the engine keeps no order inside a step; verdicts and their causes must come out the same.
    for name in library::names() {
        let small: &[&str] = match name {
            "million" => {
                &["segments.active.size=1250", "segments.casual.size=2250", "segments.dormant.size=1500"]
            }
            "bench/w1" | "w1" => &["segments.everyone.size=5000", "days=14"],
            _ => &[],
        };
        let plan = plan(name, small);
        let (cancel, progress) = (AtomicBool::new(false), AtomicU64::new(0));
        let options = RunOptions { every: Some(SimDuration::HOUR), cancel: &cancel, progress: &progress };
        let shape = Shape::new(&plan);
        let mut log = MemoryLog::default();
        let read = blocks::run(&plan, &shape, 2, options, Some(&mut log)).expect("nobody interrupts");
        let unread = blocks::run(&plan, &shape, 2, options, None).expect("nobody interrupts");
        assert_eq!(read.journal.rows, unread.journal.rows, "{name}");
        assert!(read.daily == unread.daily && read.judge.ratings == unread.judge.ratings, "{name}");
        assert!(read.journal.verdicts == unread.journal.verdicts, "{name}: verdicts or their causes differ");
        assert_eq!(log.rows.len() as u64, read.journal.rows, "{name}");
        // Nor do rows and verdicts that nobody keeps.
        let brief = RunOptions { every: None, ..options };
        let brief = blocks::run(&plan, &shape, 2, brief, None).expect("nobody interrupts");
        assert_eq!(read.journal.rows, brief.journal.rows, "{name}");
        assert!(read.daily == brief.daily && read.planned == brief.planned, "{name}");
        assert_eq!(format!("{:?}", read.tally), format!("{:?}", brief.tally), "{name}");
    }
}
