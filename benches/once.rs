//! One workload, once or a few times, in a process of its own: CPU nanoseconds per event and peak memory, which a
//! bench that repeats inside one process cannot tell apart.
//!
//!     cargo bench --bench once -- WHAT PEOPLE DAYS THREADS TIMES
//!
//! WHAT is `yardstick`, `plain`, `blocks` (all on W1) or `full` (the scenario `million`, scaled). Reads /proc, so it
//! is for Linux. A tool for `docs/performance.md`, not a test.

use std::sync::atomic::{AtomicBool, AtomicU64};

use tiersim::experiment::measure::Counts;
use tiersim::experiment::plan::Plan;
use tiersim::experiment::run::{Raw, RunOptions};
use tiersim::experiment::tally::Shape;
use tiersim::experiment::{blocks, plain};
use tiersim::messaging::log::NoLog;
use tiersim::scenario::{self, library};
use tiersim::sim::SimDuration;

#[path = "baseline.rs"]
mod baseline;

/// Clock ticks of /proc/self/stat per second, on every Linux of the last decades.
const TICKS: f64 = 100.0;

fn plan(name: &str, sets: &[String]) -> Plan {
    let nothing = |path: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, path.to_string()));
    let text = library::text(name).expect("shipped");
    let (s, policy) = scenario::load(&format!("{name}.toml"), text, sets, &nothing).expect("valid");
    Plan::new(s, policy.timeline()).expect("small enough")
}

/// User and system time of this process so far, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |i: usize| fields[i].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / TICKS
}

/// A line of /proc/self/status in bytes: VmHWM is the peak, VmRSS what is resident now.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let found = status.lines().find_map(|l| l.strip_prefix(line)).expect("a line of that name");
    let kib: u64 = found.trim_matches([':', ' ', '\t', 'k', 'B']).parse().expect("a number");
    kib * 1024
}

fn events(plan: &Plan, raw: &Raw) -> u64 {
    let mut c = Counts::default();
    raw.daily.iter().for_each(|d| c += d.counts);
    let hours = plan.span() / SimDuration::HOUR.0 * plan.numbers().len() as i64;
    c.sent + c.delivered + c.read + c.blocked + c.reported + hours as u64
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let number = |i: usize, otherwise: u64| args.get(i).map_or(otherwise, |a| a.parse().expect("a number"));
    // With no arguments something short, so that `cargo bench` as a whole stays quick.
    let what = args.first().map_or("blocks", String::as_str);
    let (people, days, threads, times) = (number(1, 10_000), number(2, 28), number(3, 1), number(4, 1));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build().expect("threads");
    pool.install(|| {
        let days_set = format!("days={days}");
        let w1 = || plan("bench/w1", &[format!("segments.everyone.size={people}"), days_set.clone()]);
        let size = |segment: &str, share: u64| format!("segments.{segment}.size={}", people * share / 100);
        let full = || {
            let sets = [size("active", 25), size("casual", 45), size("dormant", 30), days_set.clone()];
            plan("million", &sets)
        };
        let (cancel, progress) = (AtomicBool::new(false), AtomicU64::new(0));
        let options = RunOptions { every: None, cancel: &cancel, progress: &progress };
        let run: Box<dyn Fn() -> u64> = match what {
            "yardstick" => Box::new(|| baseline::run(people as usize, days as i64, 1).events()),
            "plain" => {
                let plan = w1();
                Box::new(move || {
                    let raw = plain::run(&plan, &Shape::new(&plan), 1, options, &mut NoLog);
                    events(&plan, &raw.expect("nobody interrupts"))
                })
            }
            "blocks" | "full" => {
                let plan = if what == "full" { full() } else { w1() };
                Box::new(move || {
                    let raw = blocks::run(&plan, &Shape::new(&plan), 1, options, None);
                    events(&plan, &raw.expect("nobody interrupts"))
                })
            }
            other => panic!("{other}: yardstick, plain, blocks or full"),
        };
        let before = memory("VmRSS");
        let mut costs: Vec<f64> = Vec::new();
        let mut events = 0;
        for _ in 0..times {
            let begins = cpu();
            events = run();
            costs.push((cpu() - begins) * 1e9 / events as f64);
        }
        costs.sort_by(f64::total_cmp);
        let bytes = (memory("VmHWM") - before) as f64 / people as f64;
        println!(
            "{what} {people} x {days} d, {threads} threads: {:.1} ns/event (least {:.1}), {events} events, {bytes:.0} bytes per recipient",
            costs[costs.len() / 2],
            costs[0],
        );
    });
}
