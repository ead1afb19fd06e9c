//! Speed of writing the event log: nanoseconds per row of CSV, NDJSON and Parquet with the digest that a run computes
//! beside them, and of the digest alone. Rows come from memory and bytes go nowhere; items are rows.

use std::io::sink;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64};

use divan::Bencher;
use divan::counter::ItemsCount;
use tiersim::experiment::blocks;
use tiersim::experiment::plan::Plan;
use tiersim::experiment::run::RunOptions;
use tiersim::experiment::tally::Shape;
use tiersim::messaging::Signal;
use tiersim::messaging::log::LogSink;
use tiersim::messaging::record::{LogRow, MemoryLog};
use tiersim::scenario::{self, library};
use tiersim::store::log::{DigestSink, LogFormat, LogWriter};

fn main() {
    divan::main();
}

/// The log of a shipped scenario with all that happens in the full model.
fn rows() -> &'static [LogRow] {
    static ROWS: OnceLock<Vec<LogRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let nothing = |path: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, path.to_string()));
        let text = library::text("weekly-promo").expect("shipped");
        let (s, policy) = scenario::load("weekly-promo.toml", text, &[], &nothing).expect("valid");
        let plan = Plan::new(s, policy.timeline()).expect("small enough");
        let (cancel, progress) = (AtomicBool::new(false), AtomicU64::new(0));
        let options = RunOptions { every: None, cancel: &cancel, progress: &progress };
        let mut log = MemoryLog::default();
        blocks::run(&plan, &Shape::new(&plan), 1, options, Some(&mut log)).expect("nobody interrupts");
        log.rows
    })
}

/// The signals of the log, borrowed: nearly all its rows.
fn signals() -> Vec<Signal<'static>> {
    rows().iter().filter_map(LogRow::signal).collect()
}

fn write(bencher: Bencher, format: LogFormat) {
    let signals = signals();
    bencher.counter(ItemsCount::new(signals.len())).bench(|| {
        let mut log = LogWriter::new(format, sink(), "nowhere", &[]).expect("built with this format");
        signals.iter().for_each(|s| log.signal(s));
        log.finish().expect("nowhere is never full").0
    });
}

#[divan::bench(sample_count = 20)]
fn csv(bencher: Bencher) {
    write(bencher, LogFormat::Csv);
}

#[divan::bench(sample_count = 20)]
fn ndjson(bencher: Bencher) {
    write(bencher, LogFormat::Ndjson);
}

#[cfg(feature = "parquet")]
#[divan::bench(sample_count = 20)]
fn parquet(bencher: Bencher) {
    write(bencher, LogFormat::Parquet);
}

#[divan::bench(sample_count = 20)]
fn digest(bencher: Bencher) {
    let signals = signals();
    bencher.counter(ItemsCount::new(signals.len())).bench(|| {
        let mut log = DigestSink::new();
        signals.iter().for_each(|s| log.signal(s));
        log.finish()
    });
}
