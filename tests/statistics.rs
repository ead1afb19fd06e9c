//! The engine against closed forms, at fixed seeds: whatever has a known distribution must show it.
//!
//! Every tolerance is four standard errors of the quantity at hand, stated where it is used: a correct engine passes
//! a fresh seed 99.994 times in a hundred per comparison, and with a fixed seed always. Knows formulas and counts;
//! must not know how the engine comes to its numbers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64};

use tiersim::behaviour::draws::{Mood, Reaction, react, traits};
use tiersim::behaviour::sender::OptOut;
use tiersim::experiment::blocks;
use tiersim::experiment::measure::{Counts, DelayHistogram};
use tiersim::experiment::plan::Plan;
use tiersim::experiment::run::{Raw, RunOptions};
use tiersim::experiment::senders::SendQueue;
use tiersim::experiment::tally::Shape;
use tiersim::messaging::SignalKind;
use tiersim::messaging::record::{Event, MemoryLog};
use tiersim::sim::rng::{Draws, Purpose, entity, normal_quantile, unit, unit32};
use tiersim::sim::{SimDuration, SimTime};

use crate::engines::plan_of_text;

/// Standard errors allowed.
const Z: f64 = 4.0;

/// Everybody alike, everything delivered and read, nobody minds, no limit: each test turns on what it is about.
const SILENT: &str = r#"
question = "Does the engine follow the formula?"
start = 2026-01-05
days = 7
policy = { era = "2025-12", override = { cap = "none", holdout = "none", throughput = "none", pair = "none" } }

[recipients]
delivered = 1
failed_share = 0
delivery_delay = "5s"
offline_share = 0
read = 1
read_concentration = "alike"
read_delay = "1m"
receipts_off = 0
read_fatigue_loss = 0
block_base = 0
report_given_block = 0
report_base = 0
mute_base = 0
archive_base = 0
opt_out_base = 0
opt_out_instead_of_block = 0
reply = 0
click = 0
reaction_delay = "0"
annoyance_shape = "alike"
fatigue_slope = 0

[segments.everyone]
size = 50_000

[numbers.main]
starting_limit = "unlimited"
throughput = 1000
pair_gap = "0"

[templates.news]
category = "marketing"
opt_out = "none"

[campaigns.news]
template = "news"
dates = ["day 1"]
at = "10:00"
"#;

fn silent(sets: &[&str]) -> Plan {
    plan_of_text("silent", SILENT, sets)
}

fn run_to(plan: &Plan, replication: u64, log: Option<&mut MemoryLog>) -> Raw {
    let (cancel, progress) = (AtomicBool::new(false), AtomicU64::new(0));
    let options = RunOptions { every: Some(SimDuration::DAY), cancel: &cancel, progress: &progress };
    let shape = Shape::new(plan);
    blocks::run(plan, &shape, replication, options, log.map(|l| l as _)).expect("nobody interrupts")
}

fn totals(plan: &Plan, replication: u64) -> Counts {
    let mut counts = Counts::default();
    run_to(plan, replication, None).daily.iter().for_each(|d| counts += d.counts);
    counts
}

/// `k` of `n` trials against the probability `p`: within [`Z`] binomial standard errors, √(n p (1 − p)).
#[track_caller]
fn binomial(what: &str, k: u64, n: u64, p: f64) {
    let (k, n) = (k as f64, n as f64);
    let se = (n * p * (1.0 - p)).sqrt();
    assert!((k - n * p).abs() <= Z * se, "{what}: {k} of {n}, expected {} ± {Z} × {se}", n * p);
}

/// A value within [`Z`] standard errors of what is expected.
#[track_caller]
fn near(what: &str, value: f64, expected: f64, se: f64) {
    assert!((value - expected).abs() <= Z * se, "{what}: {value}, expected {expected} ± {Z} × {se}");
}

/// Times of a kind of signal by recipient, and by message.
fn times(log: &MemoryLog, kind: SignalKind) -> Vec<(String, String, SimTime)> {
    let of_kind = |e: &Event| *e == Event::Signal(kind);
    let rows = log.rows.iter().filter(|r| of_kind(&r.event));
    rows.map(|r| (r.texts[2].clone(), r.texts[3].clone(), r.time)).collect()
}

#[test]
fn blocks_and_reports_are_binomial() {
    let plan = silent(&["recipients.block_base=0.01", "recipients.report_given_block=0.3"]);
    for replication in 1..=5 {
        let c = totals(&plan, replication);
        assert_eq!((c.sent, c.delivered, c.read), (50_000, 50_000, 50_000));
        binomial("blocks", c.blocked, c.read, 0.01);
        binomial("reports", c.reported, c.blocked, 0.3);
    }
}

#[test]
fn small_samples_mislead_as_often_as_they_should() {
    // 250 messages at a true 1 %: five blocks or more, a naive 2 %, come with probability 0.1078.
    let tail = 1.0 - (0..5).map(|k| choose(250, k) * 0.01f64.powi(k) * 0.99f64.powi(250 - k)).sum::<f64>();
    assert!((tail - 0.1078).abs() < 1e-4, "{tail}");
    let plan = silent(&["segments.everyone.size=250", "recipients.block_base=0.01", "days=1"]);
    let misled = (1..=800).filter(|r| totals(&plan, *r).blocked >= 5).count();
    binomial("replications with five blocks or more", misled as u64, 800, tail);
}

fn choose(n: i32, k: i32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product()
}

#[test]
fn unlike_people_block_as_the_mixture_says() {
    // Three messages to each, hazard h·A with A gamma of shape a and mean 1; who blocked gets nothing more. Blocked in
    // the end: 1 − E(1 − hA)³, with E A^j = (1 + 0/a)(1 + 1/a)…(1 + (j − 1)/a).
    let (h, a) = (0.05, 1.7);
    let moment = |j: i32| (0..j).map(|i| 1.0 + f64::from(i) / a).product::<f64>();
    let stays: f64 = (0..=3).map(|j| choose(3, j) * f64::powi(-h, j) * moment(j)).sum();
    let plan = silent(&[
        "recipients.block_base=0.05",
        "recipients.annoyance_shape=1.7",
        "campaigns.news.dates=[\"day 1\", \"day 2\", \"day 3\"]",
    ]);
    let c = totals(&plan, 1);
    binomial("blocked after three messages", c.blocked, 50_000, 1.0 - stays);
    assert_eq!((c.sent, c.failed), (150_000, 0));
    assert!(c.delivered < 150_000 && c.delivered > 140_000, "a blocked message stays at sent");
}

#[test]
fn delivered_failed_and_read_shares() {
    let plan = silent(&["recipients.delivered=0.9", "recipients.failed_share=0.4", "recipients.read=0.3"]);
    let c = totals(&plan, 1);
    binomial("delivered", c.delivered, c.sent, 0.9);
    binomial("failed", c.failed, c.sent - c.delivered, 0.4);
    binomial("read", c.read, c.delivered, 0.3);
}

#[test]
fn distinct_recipients_of_random_shares() {
    // Two campaigns that pick 30 % and 20 % by lots of their own, the first twice: the same people both times.
    let second = "\n[campaigns.more]\ntemplate = \"news\"\ndates = [\"day 3\"]\naudience = { share = 0.2 }\n";
    let text = format!("{SILENT}{second}");
    let sets = ["campaigns.news.audience.share=0.3", "campaigns.news.dates=[\"day 1\", \"day 2\"]"];
    let plan = plan_of_text("shares", &text, &sets);
    let mut log = MemoryLog::default();
    run_to(&plan, 1, Some(&mut log));
    let mut people: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (who, message, _) in times(&log, SignalKind::MessageSent) {
        let seen = people.entry(who).or_default();
        if message.starts_with("more") { seen.1 += 1 } else { seen.0 += 1 }
    }
    let count = |f: fn(&(u64, u64)) -> bool| people.values().filter(|p| f(p)).count() as u64;
    assert!(people.values().all(|p| matches!(p.0, 0 | 2)), "picked once per run");
    binomial("reached by the first", count(|p| p.0 > 0), 50_000, 0.3);
    binomial("reached by the second", count(|p| p.1 > 0), 50_000, 0.2);
    binomial("reached by both", count(|p| p.0 > 0 && p.1 > 0), 50_000, 0.06);
    binomial("reached by any", people.len() as u64, 50_000, 1.0 - 0.7 * 0.8);
}

/// The histogram's quantiles against a distribution's. A sample quantile at p is within the quantiles at
/// p ± 4 √(p (1 − p)/n); the histogram keeps two significant digits, and so adds at most 1 %.
#[track_caller]
fn quantiles(h: &DelayHistogram, formula: impl Fn(f64) -> f64) {
    let n = h.len() as f64;
    for p in [0.05, 0.25, 0.5, 0.75, 0.9, 0.99] {
        let se = (p * (1.0 - p) / n).sqrt();
        let (low, high) = (formula(p - Z * se) * 0.99 - 1.0, formula(p + Z * se) * 1.01 + 1.0);
        let found = h.value_at_quantile(p) as f64;
        assert!((low..=high).contains(&found), "quantile {p}: {found} not in {low}..={high}");
    }
}

#[test]
fn delays_have_their_quantiles() {
    let plan = silent(&["recipients.read_delay={ exponential = \"10m\" }"]);
    let h = run_to(&plan, 1, None).time_to_read;
    assert_eq!(h.len(), 50_000);
    quantiles(&h, |p| -600_000.0 * (1.0 - p).ln());

    let plan = silent(&["recipients.read_delay={ median = \"20m\", sigma = 1.5 }"]);
    // What is read after the end is not in the histogram; with this sigma and seven days next to nothing.
    quantiles(&run_to(&plan, 1, None).time_to_read, |p| 1_200_000.0 * (1.5 * normal_quantile(p)).exp());
}

#[test]
fn delivery_takes_one_of_two_delays() {
    // Mean 5 s online, exactly 2 h offline for 20 %.
    let plan = silent(&[
        "segments.everyone.size=20000",
        "recipients.delivery_delay={ exponential = \"5s\" }",
        "recipients.offline_share=0.2",
        "recipients.offline_delay=\"2h\"",
    ]);
    let mut log = MemoryLog::default();
    run_to(&plan, 1, Some(&mut log));
    let sent: BTreeMap<String, SimTime> =
        times(&log, SignalKind::MessageSent).into_iter().map(|(who, _, t)| (who, t)).collect();
    let delays: Vec<f64> = times(&log, SignalKind::MessageDelivered)
        .into_iter()
        .map(|(who, _, t)| (t - sent[&who]).0 as f64)
        .collect();
    let online: Vec<f64> = delays.iter().copied().filter(|d| *d != 7_200_000.0).collect();
    let n = online.len() as f64;
    binomial("offline", (delays.len() - online.len()) as u64, 20_000, 0.2);
    let mean = online.iter().sum::<f64>() / n;
    // An exponential's standard deviation is its mean; times are cut to the millisecond, half of one on average.
    near("mean delay", mean, 4_999.5, 5_000.0 / n.sqrt());
    let square = online.iter().map(|d| d * d).sum::<f64>() / n;
    // E X² = 2 m², Var X² = (24 − 4) m⁴.
    near("mean square of the delay", square, 2.0 * 25e6, (20.0f64).sqrt() * 25e6 / n.sqrt());
}

#[test]
fn triggered_messages_are_a_poisson_process() {
    let text = SILENT.replace("dates = [\"day 1\"]\nat = \"10:00\"", "triggered_per_day = 0.4");
    let plan = plan_of_text("triggered", &text, &["segments.everyone.size=10000", "days=5"]);
    let mut log = MemoryLog::default();
    run_to(&plan, 1, Some(&mut log));
    let (n, mean) = (10_000.0f64, 2.0f64);
    let mut by_person: BTreeMap<String, Vec<SimTime>> = BTreeMap::new();
    let mut by_day = [0u64; 5];
    for (who, _, at) in times(&log, SignalKind::MessageSent) {
        by_person.entry(who).or_default().push(at);
        by_day[((at - plan.scenario.start).0 / SimTime::DAY_MS) as usize] += 1;
    }
    let mut counts: Vec<f64> = by_person.values().map(|v| v.len() as f64).collect();
    // Who got nothing is not in the log.
    counts.resize(10_000, 0.0);
    near("messages", counts.iter().sum(), n * mean, (n * mean).sqrt());
    for (day, count) in by_day.iter().enumerate() {
        near(&format!("messages on day {day}"), *count as f64, n * 0.4, (n * 0.4).sqrt());
    }
    // Who got none, one, two: the Poisson probabilities.
    let mut p = (-mean).exp();
    for k in 0..6 {
        let share = counts.iter().filter(|c| **c == f64::from(k)).count();
        binomial(&format!("people with {k} messages"), share as u64, 10_000, p);
        p *= mean / f64::from(k + 1);
    }
    // Variance over mean is 1: Σ (x − m)²/m is chi-squared with n degrees of freedom but for the Poisson's own
    // kurtosis, Var (x − m)²/m = 2 + 1/m.
    let dispersion: f64 = counts.iter().map(|x| (x - mean).powi(2) / mean).sum();
    near("dispersion", dispersion, n, (n * (2.0 + 1.0 / mean)).sqrt());
    // The gaps of one person tell nothing about one another: given two messages, their order statistics are uniform.
    let firsts: Vec<f64> = by_person
        .values()
        .filter(|v| v.len() == 2)
        .map(|v| (v[0] - plan.scenario.start).0 as f64 / (5 * SimTime::DAY_MS) as f64)
        .collect();
    let m = firsts.len() as f64;
    // The lesser of two uniforms: mean 1/3, variance 1/18.
    near("first of two", firsts.iter().sum::<f64>() / m, 1.0 / 3.0, (1.0 / 18.0 / m).sqrt());
}

/// Mean wait and its standard error by batch means: successive waits are correlated, means of 2,000 hardly.
fn mean_wait(waits: &[f64]) -> (f64, f64) {
    let batches: Vec<f64> =
        waits.chunks_exact(2_000).map(|b| b.iter().sum::<f64>() / b.len() as f64).collect();
    let n = batches.len() as f64;
    let mean = batches.iter().sum::<f64>() / n;
    let variance = batches.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Waits in seconds at the send queue, customers arriving by a Poisson process of this rate per second.
fn waits(rate: f64, service: impl Fn(u64) -> f64) -> Vec<f64> {
    let draws = Draws::new(11, 1);
    let mut queue = SendQueue::default();
    let mut at = 0.0;
    let (warm_up, customers) = (4_000, 400_000);
    let mut out = Vec::new();
    for k in 0..warm_up + customers {
        at += -unit(draws.words(Purpose::Trigger, 1, k)[0]).ln() / rate;
        let arrival = (at * 1e6) as i64;
        let begins = queue.begin(arrival, (service(k) * 1e6) as i64);
        assert!(begins >= arrival);
        if k >= warm_up {
            out.push((begins - arrival) as f64 / 1e6);
        }
    }
    out
}

#[test]
fn the_send_queue_is_mm1() {
    // Service 1 s on average. Mean wait before service: ρ/(1 − ρ) seconds; nobody waits with probability 1 − ρ.
    let draws = Draws::new(11, 1);
    for rho in [0.3f64, 0.5, 0.7] {
        let w = waits(rho, |k| -unit(draws.words(Purpose::Service, 1, k)[0]).ln());
        let (mean, se) = mean_wait(&w);
        near(&format!("M/M/1 at {rho}"), mean, rho / (1.0 - rho), se);
        assert!(se < 0.02 * mean, "the test is sharp: {se} of {mean}");
        let idle: Vec<f64> = w.iter().map(|w| f64::from(u8::from(*w == 0.0))).collect();
        let (share, se) = mean_wait(&idle);
        near(&format!("nobody waits at {rho}"), share, 1.0 - rho, se);
    }
}

#[test]
fn the_send_queue_is_md1() {
    // Even service: half of that, by Pollaczek and Khinchine: ρ/(2 (1 − ρ)).
    for rho in [0.3f64, 0.5, 0.7] {
        let (mean, se) = mean_wait(&waits(rho, |_| 1.0));
        near(&format!("M/D/1 at {rho}"), mean, rho / (2.0 * (1.0 - rho)), se);
        assert!(se < 0.02 * mean, "the test is sharp: {se} of {mean}");
    }
}

#[test]
fn a_whole_scenario_is_a_dm1_queue() {
    // One message an hour for seven years, service exponential with mean 48 minutes. With σ the root of
    // σ = e^(−(1 − σ)·60/48), the mean wait is 48 σ/(1 − σ) minutes, and nobody waits with probability 1 − σ.
    let sigma = (0..200).fold(0.5f64, |s, _| (-(1.0 - s) * 1.25).exp());
    let text = SILENT.replace("dates = [\"day 1\"]\nat = \"10:00\"", "every = \"1h\"\nat = \"00:00\"");
    let text = text.replace("days = 7", "days = 2600");
    let throughput = format!("numbers.main.throughput={}", 1.0 / (48.0 * 60.0));
    let sets = [
        "segments.everyone.size=50",
        &throughput,
        "numbers.main.service=exponential",
        "campaigns.news.audience={ max = 1, rotate = true }",
    ];
    let plan = plan_of_text("dm1", &text, &sets);
    let mut log = MemoryLog::default();
    run_to(&plan, 1, Some(&mut log));
    let waits: Vec<f64> = times(&log, SignalKind::MessageSent)
        .iter()
        .enumerate()
        .map(|(k, (_, _, at))| (*at - plan.scenario.start).0 as f64 / 60_000.0 - 60.0 * k as f64)
        .skip(400)
        .collect();
    assert!(waits.len() > 61_900, "{}", waits.len());
    let (mean, se) = mean_wait(&waits);
    near("D/M/1", mean, 48.0 * sigma / (1.0 - sigma), se);
    assert!(se < 0.05 * mean, "the test is sharp: {se} of {mean}");
    let idle: Vec<f64> = waits.iter().map(|w| f64::from(u8::from(*w == 0.0))).collect();
    let (share, se) = mean_wait(&idle);
    near("nobody waits", share, 1.0 - sigma, se);
}

#[test]
fn a_dispatch_spreads_over_its_service_times() {
    // n messages at once: the last begins after n − 1 service times, a gamma variate of that shape.
    let (n, gap) = (50_000.0f64, 10.0);
    let plan = silent(&["numbers.main.throughput=100", "numbers.main.service=exponential"]);
    let mut log = MemoryLog::default();
    run_to(&plan, 1, Some(&mut log));
    let sent = times(&log, SignalKind::MessageSent);
    let last = sent.last().expect("somebody is written to").2 - sent[0].2;
    near("last send", last.0 as f64, (n - 1.0) * gap, (n - 1.0).sqrt() * gap);
    let even = silent(&["numbers.main.throughput=100"]);
    let mut log = MemoryLog::default();
    run_to(&even, 1, Some(&mut log));
    let sent = times(&log, SignalKind::MessageSent);
    assert_eq!((sent.last().unwrap().2 - sent[0].2).0 as f64, (n - 1.0) * gap, "even gaps are exact");
}

/// Mean and variance with their expected values and the standard errors of both, from the fourth central moment.
#[track_caller]
fn moments(what: &str, x: &[f64], mean: f64, variance: f64, fourth: f64) {
    let n = x.len() as f64;
    near(&format!("{what}: mean"), x.iter().sum::<f64>() / n, mean, (variance / n).sqrt());
    let found = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    near(&format!("{what}: variance"), found, variance, ((fourth - variance * variance) / n).sqrt());
}

#[test]
fn people_differ_as_gamma_and_beta_say() {
    for (shape, mean, together) in [(1.7f64, 0.68f64, 6.0f64), (0.5, 0.1, 2.0), (9.0, 0.5, 40.0)] {
        let plan = silent(&[
            &format!("recipients.annoyance_shape={shape}"),
            &format!("recipients.read={mean}"),
            &format!("recipients.read_concentration={together}"),
            "recipients.receipts_off=0.18",
        ]);
        let draws = Draws::new(3, 1);
        let people: Vec<_> =
            (0..50_000).map(|i| traits(&draws, plan.person_key(i), &plan.segments[0].spec)).collect();
        let annoyance: Vec<f64> = people.iter().map(|t| f64::from(t.annoyance)).collect();
        let v = 1.0 / shape;
        moments(&format!("annoyance {shape}"), &annoyance, 1.0, v, v * v * (3.0 + 6.0 / shape));
        let reads: Vec<f64> = people.iter().map(|t| f64::from(t.reads)).collect();
        let (a, b) = (mean * together, (1.0 - mean) * together);
        let s = together;
        let v = mean * (1.0 - mean) / (s + 1.0);
        // Excess kurtosis of the beta distribution.
        let excess =
            6.0 * ((a - b).powi(2) * (s + 1.0) - a * b * (s + 2.0)) / (a * b * (s + 2.0) * (s + 3.0));
        moments(&format!("reading {mean}, {together}"), &reads, mean, v, v * v * (3.0 + excess));
        binomial("receipts off", people.iter().filter(|t| !t.receipts).count() as u64, 50_000, 0.18);
        // Who is annoyed tells nothing about who reads.
        uncorrelated("annoyance and reading", &annoyance, &reads);
    }
}

/// The correlation of independent sequences has mean 0 and standard error 1/√n.
#[track_caller]
fn uncorrelated(what: &str, x: &[f64], y: &[f64]) {
    let n = x.len().min(y.len()) as f64;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(x), mean(y));
    let dot = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(a, b)| f(a - mx, b - my)).sum::<f64>();
    let r = dot(&|a, b| a * b) / (dot(&|a, _| a * a) * dot(&|_, b| b * b)).sqrt();
    near(what, r, 0.0, 1.0 / n.sqrt());
}

#[test]
fn streams_tell_nothing_about_each_other() {
    const PURPOSES: [Purpose; 9] = [
        Purpose::Traits,
        Purpose::Fate,
        Purpose::Reaction,
        Purpose::Audience,
        Purpose::Trigger,
        Purpose::Service,
        Purpose::Bootstrap,
        Purpose::Annoyance,
        Purpose::Reading,
    ];
    let n = 20_000u64;
    let (draws, other, seeded) = (Draws::new(1, 1), Draws::new(1, 2), Draws::new(2, 1));
    let over = |f: &dyn Fn(u64) -> u64| -> Vec<f64> { (0..n).map(|k| unit(f(k))).collect() };
    // Over entities as they occur: neighbours, and names of neighbours.
    let base = over(&|k| draws.words(Purpose::Fate, k, 7)[0]);
    for p in PURPOSES.into_iter().filter(|p| *p != Purpose::Fate) {
        uncorrelated(&format!("fate and {p:?}"), &base, &over(&|k| draws.words(p, k, 7)[0]));
    }
    uncorrelated("neighbouring entities", &base, &over(&|k| draws.words(Purpose::Fate, k + 1, 7)[0]));
    uncorrelated("neighbouring ordinals", &base, &over(&|k| draws.words(Purpose::Fate, k, 8)[0]));
    uncorrelated("replications", &base, &over(&|k| other.words(Purpose::Fate, k, 7)[0]));
    uncorrelated("seeds", &base, &over(&|k| seeded.words(Purpose::Fate, k, 7)[0]));
    for word in 1..4 {
        uncorrelated("words of a block", &base, &over(&|k| draws.words(Purpose::Fate, k, 7)[word]));
    }
    let halves = |shift: u32| -> Vec<f64> {
        (0..n).map(|k| unit32((draws.words(Purpose::Fate, k, 7)[0] >> shift) as u32)).collect()
    };
    uncorrelated("halves of a word", &halves(0), &halves(32));
    let named: Vec<f64> =
        (0..n).map(|k| unit(draws.words(Purpose::Fate, entity(&format!("p-{k}")), 7)[0])).collect();
    uncorrelated("named neighbours", &named[1..], &named[..named.len() - 1]);
}

#[test]
fn words_are_uniform() {
    // Chi-squared over 256 values of each byte of each word: 255 degrees of freedom, standard deviation √510 = 22.6;
    // allowed 255 ± 4 × 22.6. Also over pairs of nibbles of successive ordinals.
    let draws = Draws::new(5, 1);
    let n = 65_536u64;
    let blocks: Vec<[u64; 4]> = (0..n).map(|k| draws.words(Purpose::Fate, k >> 8, k & 255)).collect();
    let chi = |values: &mut dyn Iterator<Item = usize>| -> f64 {
        let mut counts = [0f64; 256];
        let mut total = 0.0;
        for v in values {
            counts[v] += 1.0;
            total += 1.0;
        }
        let expected = total / 256.0;
        counts.iter().map(|c| (c - expected).powi(2) / expected).sum()
    };
    for word in 0..4 {
        for byte in 0..8 {
            let x = chi(&mut blocks.iter().map(|w| (w[word] >> (8 * byte)) as usize & 255));
            near(&format!("word {word}, byte {byte}"), x, 255.0, 510f64.sqrt());
        }
        let pairs = blocks.windows(2).map(|w| ((w[0][word] >> 60) << 4 | w[1][word] >> 60) as usize);
        near(&format!("word {word}, pairs"), chi(&mut pairs.step_by(2)), 255.0, 510f64.sqrt());
    }
    // Lasting traits come from streams: their words must be uniform as well.
    use rand_words::Words;
    let mut words = Words(draws.stream(Purpose::Annoyance, 9));
    let x = chi(&mut (0..n).map(|_| (words.next() >> 56) as usize));
    near("stream", x, 255.0, 510f64.sqrt());
}

/// Reads a stream word by word.
mod rand_words {
    use rand::TryRng;

    pub struct Words<'a>(pub tiersim::sim::rng::Stream<'a>);

    impl Words<'_> {
        pub fn next(&mut self) -> u64 {
            self.0.try_next_u64().expect("infallible")
        }
    }
}

#[test]
fn outcomes_compete_with_their_shares() {
    let sets = [
        "recipients.block_base=0.04",
        "recipients.opt_out_instead_of_block=0.25",
        "recipients.report_base=0.02",
        "recipients.opt_out_base=0.03",
        "recipients.mute_base=0.05",
        "recipients.archive_base=0.06",
        "recipients.reply=0.1",
        "recipients.click=0.2",
        "recipients.convert_given_click=0.3",
        "recipients.conversion_delay=\"1m\"",
        "templates.news.opt_out=easy",
        "templates.news.relevance=0.5",
    ];
    // A bad fit doubles what is negative and halves clicks.
    let n = 50_000;
    let c = totals(&silent(&sets), 1);
    assert_eq!(c.read, n);
    for (what, k, p) in [
        ("block", c.blocked, 0.08 * 0.75),
        ("report", c.reported, 0.04),
        ("opt out", c.opted_out, 0.06 + 0.08 * 0.25),
        ("mute", c.muted, 0.1),
        ("archive", c.archived, 0.12),
        ("reply", c.received, 0.1),
        ("click", c.clicked, 0.1),
    ] {
        binomial(what, k, n, p);
    }
    binomial("conversion", c.converted, c.clicked, 0.3);
}

#[test]
fn more_annoyance_only_adds_to_negative_outcomes() {
    // Outcomes are taken from one word in order, negative ones first: with a larger factor a person who would have
    // blocked still blocks, and one who reacted badly never turns friendly.
    let plan = silent(&[
        "recipients.block_base=0.04",
        "recipients.report_base=0.02",
        "recipients.mute_base=0.05",
        "recipients.archive_base=0.06",
        "recipients.opt_out_base=0.05",
        "recipients.reply=0.1",
        "recipients.click=0.2",
    ]);
    let r = &plan.segments[0].spec.reactions;
    let at = |factor: f64, word: u64| {
        react(r, &Mood { factor, opt_out: OptOut::Hidden, relevance: 1.0, asked: false, stop: false }, word)
    };
    let friendly = |x: Reaction| matches!(x, Reaction::Ignore | Reaction::Reply | Reaction::Click);
    let mut moved = 0;
    for k in 0..4_096u64 {
        let word = k << 52 | 1 << 51;
        let (calm, cross) = (at(1.0, word), at(2.0, word));
        assert!(calm != Reaction::Block || cross == Reaction::Block, "{word}");
        assert!(friendly(calm) || !friendly(cross), "{word}: {calm:?} became {cross:?}");
        moved += u32::from(friendly(calm) && !friendly(cross));
    }
    // The share that moves is the negative probability itself, by a grid of 4,096 words.
    let negative = 0.04 + 0.02 + 0.05 + 0.06 + 0.05 / 6.0;
    assert!((f64::from(moved) / 4_096.0 - negative).abs() < 2.0 / 4_096.0, "{moved}");
}
