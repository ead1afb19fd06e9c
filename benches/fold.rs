//! The fold of a log of campaigns with message ids, deduplicated and joined, from memory: CPU nanoseconds per row and
//! bytes per remembered message, pair and recipient.
//!
//!     cargo bench --bench fold -- ROWS NUMBERS DAYS RECIPIENTS TIMES
//!
//! The rows' texts lie one after the other, as a reader leaves them. Reads /proc, so it is for Linux. A tool for
//! `docs/performance.md`, not a test.

use tiersim::messaging::{Signal, SignalKind};
use tiersim::policy::Policy;
use tiersim::policy::fold::{About, Fold, FoldOptions};
use tiersim::sim::{SimDuration, SimTime};

/// Clock ticks of /proc/self/stat per second, on every Linux of the last decades.
const TICKS: f64 = 100.0;

/// User and system time of this process so far, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |i: usize| fields[i].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / TICKS
}

/// So many rows are announced at a time, as `replay` does.
const ANNOUNCED: usize = 512;

/// A row; its texts lie in the arena: number, recipient, message, template.
struct Row {
    time: i64,
    kind: SignalKind,
    text: usize,
    lengths: [u8; 4],
}

/// A log in memory.
struct Log {
    rows: Vec<Row>,
    arena: String,
}

impl Log {
    fn signal<'a>(&'a self, r: &Row) -> Signal<'a> {
        let mut at = r.text;
        let [number, recipient, message, template] = r.lengths.map(|len| {
            at += len as usize;
            &self.arena[at - len as usize..at]
        });
        Signal { recipient, message, template, ..Signal::new(SimTime(r.time), r.kind, number) }
    }
}

/// A small generator: the rows only have to be many and not in a pattern.
struct Lot(u64);

impl Lot {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((u128::from(self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * u128::from(n)) >> 64) as u64
    }
}

fn log(rows: usize, numbers: u64, days: i64, recipients: u64) -> Log {
    use SignalKind as K;
    let start = 1_767_225_600_000i64;
    let span = (days * SimDuration::DAY.0) as u64;
    let mut lot = Lot(88_172_645_463_325_252);
    // (when, what, which message)
    let mut plan: Vec<(i64, K, u32)> = Vec::with_capacity(rows + 8);
    let mut who: Vec<u32> = Vec::new();
    while plan.len() < rows {
        let message = who.len() as u32;
        let recipient = lot.below(recipients) as u32;
        who.push(recipient);
        let at = start + lot.below(span) as i64;
        plan.push((at, K::MessageSent, message));
        if lot.below(100) < 3 {
            plan.push((at + 2000, K::MessageFailed, message));
            continue;
        }
        let delivered = at + 500 + lot.below(8000) as i64;
        plan.push((delivered, K::MessageDelivered, message));
        if lot.below(100) < 60 {
            plan.push((delivered + lot.below(36_000_000) as i64, K::MessageRead, message));
        }
        if lot.below(1000) < 4 {
            plan.push((delivered + lot.below(36_000_000) as i64, K::BusinessBlocked, message));
        }
        if lot.below(1000) < 20 {
            plan.push((delivered + lot.below(36_000_000) as i64, K::MessageReceived, message));
        }
        if lot.below(1000) < 5 {
            plan.push((delivered + 60_000, K::MessageDelivered, message));
        }
    }
    plan.sort_by_key(|p| p.0);
    let mut log = Log { rows: Vec::with_capacity(plan.len()), arena: String::new() };
    for (time, kind, message) in plan {
        let recipient = who[message as usize];
        let text = log.arena.len();
        let number = format!("number-{:04}", u64::from(recipient) % numbers);
        let id = match kind {
            K::BusinessBlocked => String::new(),
            K::MessageReceived => format!("wamid.HBgLIN{:016x}", u64::from(message) << 9),
            _ => format!("wamid.HBgLNDQ{:016x}", u64::from(message) << 7),
        };
        let template = if kind == K::MessageSent { format!("promo_{}", message % 12) } else { String::new() };
        let texts = [number, format!("4479{recipient:08}"), id, template];
        let lengths = [0, 1, 2, 3].map(|i: usize| texts[i].len() as u8);
        texts.iter().for_each(|t| log.arena.push_str(t));
        log.rows.push(Row { time, kind, text, lengths });
    }
    log
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let number = |i: usize, otherwise: u64| args.get(i).map_or(otherwise, |a| a.parse().expect("a number"));
    // With no arguments something short, so that `cargo bench` as a whole stays quick.
    let (rows, numbers, days) = (number(0, 1_000_000) as usize, number(1, 1), number(2, 60) as i64);
    let (recipients, times) = (number(3, rows as u64 / 20), number(4, 1));
    let log = log(rows, numbers, days, recipients);
    let policy = Policy::pinned("2023-03").expect("an era");
    let mut costs = Vec::new();
    let mut said = String::new();
    for _ in 0..times {
        let begins = cpu();
        let options = FoldOptions { every: Some(SimDuration::DAY), ..FoldOptions::default() };
        let mut fold = Fold::new(policy.timeline(), options);
        let mut verdicts = 0;
        for rows in log.rows.chunks(ANNOUNCED) {
            let until = rows.last().expect("a chunk has rows").time;
            fold.announce(rows.iter().map(|r| About::of(&log.signal(r))), SimTime(until));
            for (place, r) in rows.iter().enumerate() {
                fold.announced(place, &log.signal(r)).expect("a sound row");
                verdicts += fold.drain_verdicts().count();
            }
        }
        let size = fold.memory_size();
        fold.finish(None);
        costs.push((cpu() - begins) * 1e9 / log.rows.len() as f64);
        said = format!("{verdicts} verdicts; {size:?}");
    }
    costs.sort_by(f64::total_cmp);
    let middle = costs[costs.len() / 2];
    println!(
        "{} rows, {numbers} numbers, {days} d, {recipients} recipients: {middle:.1} ns/row (least {:.1})",
        log.rows.len(),
        costs[0]
    );
    println!("{said}");
}
