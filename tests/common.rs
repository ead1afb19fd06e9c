//! What several integration tests share: plans from text, runs by either engine, and replays of their logs.

use std::sync::atomic::{AtomicBool, AtomicU64};

use tiersim::experiment::plan::Plan;
use tiersim::experiment::run::{Raw, RunOptions};
use tiersim::experiment::tally::Shape;
use tiersim::experiment::{blocks, plain};
use tiersim::messaging::log::LogSink;
use tiersim::messaging::record::{Event, LogRow, MemoryLog};
use tiersim::messaging::rows::{DailyRow, RatingRow};
use tiersim::policy::fold::{Fold, FoldOptions};
use tiersim::policy::judge::Timeline;
use tiersim::scenario;
use tiersim::sim::SimDuration;

/// Choices that are the same on every machine: a keyed linear congruential generator with its high bits mixed.
#[derive(Clone)]
pub struct Lot(u64);

impl Lot {
    pub fn new(key: u64) -> Lot {
        Lot(key.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x2545_f491_4f6c_dd1d))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let x = self.0 ^ (self.0 >> 32);
        x.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 16
    }

    /// From 0 to below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in so many of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// A scenario from text, with the files it may read.
pub fn plan_with(name: &str, text: &str, sets: &[&str], files: &[(&str, &str)]) -> Result<Plan, String> {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    let load = |path: &str| {
        let found = files.iter().find(|f| f.0 == path).map(|f| f.1.to_string());
        found.ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, path.to_string()))
    };
    let (s, policy) =
        scenario::load(&format!("{name}.toml"), text, &sets, &load).map_err(|e| e.to_string())?;
    Plan::new(s, policy.timeline()).map_err(|e| e.to_string())
}

/// Which engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Plain,
    Blocks,
}

/// Runs a replication, its log into a sink.
pub fn run_into(engine: Engine, plan: &Plan, replication: u64, sink: &mut dyn LogSink) -> Raw {
    let shape = Shape::new(plan);
    let cancel = AtomicBool::new(false);
    let progress = AtomicU64::new(0);
    let options = RunOptions { every: Some(SimDuration::HOUR), cancel: &cancel, progress: &progress };
    match engine {
        Engine::Plain => plain::run(plan, &shape, replication, options, sink),
        Engine::Blocks => blocks::run(plan, &shape, replication, options, Some(sink)),
    }
    .expect("nobody interrupts")
}

/// Runs a replication, its log into memory.
pub fn run(engine: Engine, plan: &Plan, replication: u64) -> (Raw, MemoryLog) {
    let mut log = MemoryLog::default();
    let raw = run_into(engine, plan, replication, &mut log);
    (raw, log)
}

/// What a replay leaves: the log with the verdicts the fold came to, at the places where it came to them.
pub struct Replayed {
    pub log: MemoryLog,
    pub daily: Vec<DailyRow>,
    pub ratings: Vec<RatingRow>,
}

/// Folds the signals of a log; its verdicts are left out and come to anew.
pub fn replay(timeline: &Timeline, rows: &[LogRow]) -> Replayed {
    let options = FoldOptions { every: Some(SimDuration::HOUR), ..FoldOptions::default() };
    let mut fold = Fold::new(timeline.clone(), options);
    let mut log = MemoryLog::default();
    for row in rows.iter().filter(|r| matches!(r.event, Event::Signal(_))) {
        let signal = row.signal().expect("just looked");
        fold.advance_before(signal.time);
        fold.judge.verdicts.drain(..).for_each(|v| log.verdict(&v));
        log.signal(&signal);
        fold.signal(&signal).unwrap_or_else(|e| panic!("{}: {e}", row.time));
        fold.judge.verdicts.drain(..).for_each(|v| log.verdict(&v));
    }
    let ended = fold.finish(None);
    ended.judge.verdicts.iter().for_each(|v| log.verdict(v));
    Replayed { log, daily: ended.daily, ratings: ended.judge.ratings }
}

/// The first place at which two logs differ, with what came before it.
pub fn first_difference(a: &[LogRow], b: &[LogRow]) -> Option<String> {
    let at =
        a.iter().zip(b).position(|(x, y)| x != y).or((a.len() != b.len()).then_some(a.len().min(b.len())))?;
    let shown = |rows: &[LogRow], i: usize| rows.get(i).map_or("the end".to_string(), text);
    let before: String = (at.saturating_sub(12)..at).map(|i| format!("    {}\n", text(&a[i]))).collect();
    Some(format!(
        "row {} of {} and {}:\n{before}  - {}\n  + {}",
        at + 1,
        a.len(),
        b.len(),
        shown(a, at),
        shown(b, at)
    ))
}

pub fn text(row: &LogRow) -> String {
    let texts: Vec<&str> = row.texts.iter().map(|t| if t.is_empty() { "." } else { t.as_str() }).collect();
    format!("{} {} {} {:?}", row.time, row.event.name(), texts.join(" "), row.cause)
}
