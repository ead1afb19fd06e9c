//! Speed of a run: workload W1 through the hand-written yardstick, the plain engine and the block engine; the full
//! model; many replications of a small scenario. Items per second are events per second.
//!
//! `cargo bench --bench engine`; with TIERSIM_BENCH_LARGE=1 also 100,000 recipients. One thread.

use std::sync::atomic::{AtomicBool, AtomicU64};

use divan::Bencher;
use divan::counter::ItemsCount;
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

fn main() {
    one_thread(divan::main);
}

/// Threads make the engine faster and its measurement worse.
fn one_thread(run: impl FnOnce() + Send) {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread").install(run);
}

fn plan(name: &str, sets: &[String]) -> Plan {
    plan_of(name, library::text(name).expect("shipped"), sets)
}

fn plan_of(name: &str, text: &str, sets: &[String]) -> Plan {
    let nothing = |path: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, path.to_string()));
    let (s, policy) = scenario::load(&format!("{name}.toml"), text, sets, &nothing).expect("valid");
    Plan::new(s, policy.timeline()).expect("small enough")
}

fn w1(people: u64, days: u64) -> Plan {
    plan("bench/w1", &[format!("segments.everyone.size={people}"), format!("days={days}")])
}

fn with_options<R>(every: Option<SimDuration>, run: impl FnOnce(RunOptions<'_>) -> R) -> R {
    let (cancel, progress) = (AtomicBool::new(false), AtomicU64::new(0));
    run(RunOptions { every, cancel: &cancel, progress: &progress })
}

fn in_blocks(plan: &Plan, shape: &Shape, replication: u64, every: Option<SimDuration>) -> Raw {
    with_options(every, |o| blocks::run(plan, shape, replication, o, None)).expect("nobody interrupts")
}

/// Sent, delivered, read, blocked, reported, and evaluations.
fn events(plan: &Plan, raw: &Raw) -> u64 {
    let mut c = Counts::default();
    raw.daily.iter().for_each(|d| c += d.counts);
    let hours = plan.span() / SimDuration::HOUR.0 * plan.numbers().len() as i64;
    c.sent + c.delivered + c.read + c.blocked + c.reported + hours as u64
}

fn sizes() -> Vec<u64> {
    if std::env::var_os("TIERSIM_BENCH_LARGE").is_some() { vec![10_000, 100_000] } else { vec![10_000] }
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn w1_yardstick(bencher: Bencher, people: u64) {
    let events = baseline::run(people as usize, 28, 1).events();
    bencher.counter(ItemsCount::new(events)).bench(|| baseline::run(people as usize, 28, 1));
}

#[divan::bench(args = [10_000], sample_count = 10)]
fn w1_plain(bencher: Bencher, people: u64) {
    let plan = w1(people, 28);
    let shape = Shape::new(&plan);
    let n = events(&plan, &in_blocks(&plan, &shape, 1, None));
    bencher.counter(ItemsCount::new(n)).bench(|| {
        with_options(None, |o| plain::run(&plan, &shape, 1, o, &mut NoLog)).expect("nobody interrupts")
    });
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn w1_blocks(bencher: Bencher, people: u64) {
    let plan = w1(people, 28);
    let shape = Shape::new(&plan);
    let n = events(&plan, &in_blocks(&plan, &shape, 1, None));
    bencher.counter(ItemsCount::new(n)).bench(|| in_blocks(&plan, &shape, 1, None));
}

#[divan::bench(sample_count = 10)]
fn full_model(bencher: Bencher) {
    let plan = plan("weekly-promo", &[]);
    let shape = Shape::new(&plan);
    let n = events(&plan, &in_blocks(&plan, &shape, 1, None));
    bencher.counter(ItemsCount::new(n)).bench(|| in_blocks(&plan, &shape, 1, None));
}

/// Replications of 1,000 recipients and 30 days: items are replications. With a limit of 10,000 nothing binds; with
/// 2,000 half the limit, and so a raise, is just about to be reached all the time, and steps are made in strict order.
#[divan::bench(args = [10_000, 2_000], sample_count = 10)]
fn small_replications(bencher: Bencher, limit: u64) {
    let plan = plan_of("small", SMALL, &[format!("numbers.main.starting_limit={limit}")]);
    let shape = Shape::new(&plan);
    let mut replication = 0;
    bencher.counter(ItemsCount::new(50u64)).bench_local(|| {
        for _ in 0..50 {
            replication += 1;
            divan::black_box(in_blocks(&plan, &shape, replication, None));
        }
    });
}

/// A thousand customers, two offers a week, all defaults: the size of a first question.
const SMALL: &str = r#"
question = "How fast is a first question answered?"
start = 2026-01-05
days = 30

[segments.customers]
size = 1_000

[numbers.main]
starting_limit = 2_000

[templates.offer]
category = "marketing"

[campaigns.offers]
template = "offer"
per_week = 2
"#;
