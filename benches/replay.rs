//! Reading a long log: makes one of any length in any format, and measures how fast it is read, in a process of its
//! own so that the peak of memory means something.
//!
//!     cargo bench --bench replay -- write PATH ROWS NUMBERS
//!     cargo bench --bench replay -- read TIMES PATH...
//!
//! The log is four weeks of messages to a million people: per 1,000 sent, 970 delivered, 580 read, 4 blocked, 1
//! reported, in order of time, joined by message id. `read` prints CPU nanoseconds per row, the least and the median
//! of TIMES, and peak memory; with `ahead` before TIMES the parser has a thread of its own, with `sort` rows are sorted. Reads /proc, so it is for
//! Linux. A tool for `docs/performance.md`, not a test.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::path::Path;

use tiersim::messaging::log::LogSink;
use tiersim::messaging::{Signal, SignalKind};
use tiersim::sim::{SimDuration, SimTime};
use tiersim::store::log::{Batch, Inputs, LogFormat, LogStream, LogWriter, OnBadRow, Order, ReadOptions};

/// Clock ticks of /proc/self/stat per second, on every Linux of the last decades.
const TICKS: f64 = 100.0;

/// 2026-01-01.
const BEGIN: i64 = 1_767_225_600_000;
const SPAN: SimDuration = SimDuration::days(28);
const PEOPLE: u64 = 1_000_000;
/// Rows per thousand messages sent.
const ROWS: u64 = 1000 + 970 + 580 + 4 + 1;

/// A well mixed word for each message.
fn mixed(i: u64) -> u64 {
    let mut word = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Calls `each` with the rows in order of time.
fn log(messages: u64, numbers: u64, mut each: impl FnMut(&Signal<'_>)) {
    let (mut number, mut recipient, mut message, mut template) =
        (String::new(), String::new(), String::new(), String::new());
    let mut row = |time: i64, i: u64, kind: SignalKind| {
        use std::fmt::Write;
        let word = mixed(i);
        for text in [&mut number, &mut recipient, &mut message, &mut template] {
            text.clear();
        }
        write!(number, "49301000{:04}", word % numbers).expect("memory");
        write!(recipient, "p{:07}", (word >> 20) % PEOPLE).expect("memory");
        write!(message, "wamid.{i:010}").expect("memory");
        write!(template, "offer_{}", i / 20_000 % 7).expect("memory");
        let mut signal = Signal::new(SimTime(time), kind, &number);
        (signal.recipient, signal.message, signal.template) = (&recipient, &message, &template);
        signal.category = "marketing";
        each(&signal);
    };
    // What follows a send lies within hours: only so much waits here.
    let mut later: BinaryHeap<Reverse<(i64, u64, u8)>> = BinaryHeap::new();
    let kinds = [
        SignalKind::MessageDelivered,
        SignalKind::MessageRead,
        SignalKind::BusinessBlocked,
        SignalKind::BusinessReported,
    ];
    for i in 0..messages {
        let sent = BEGIN + (SPAN.0 as i128 * i as i128 / messages as i128) as i64;
        while let Some(Reverse((time, who, kind))) = later.peek().copied()
            && time <= sent
        {
            later.pop();
            row(time, who, kinds[kind as usize]);
        }
        row(sent, i, SignalKind::MessageSent);
        let word = mixed(i ^ 0x5555_5555);
        let (luck, delay) = (word >> 40, (word & 0xff_ffff) as i64 % 7_200_000);
        for (kind, share, after) in [
            (0, 970, delay % 9_973),
            (1, 580, 10_000 + delay),
            (2, 4, 60_000 + delay),
            (3, 1, 70_000 + delay),
        ] {
            if luck % 1000 < share {
                later.push(Reverse((sent + after, i, kind)));
            }
        }
    }
    while let Some(Reverse((time, who, kind))) = later.pop() {
        row(time, who, kinds[kind as usize]);
    }
}

/// User and system time of this process so far, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |i: usize| fields[i].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / TICKS
}

/// Peak memory in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let found = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a line of that name");
    found.trim_matches([' ', '\t', 'k', 'B']).parse::<u64>().expect("a number") / 1024
}

fn write(path: &Path, rows: u64, numbers: u64) {
    let file = File::create(path).expect("a new file");
    let format = LogFormat::of(path).expect("csv, ndjson or parquet");
    let mut log_file = LogWriter::new(format, file, path, &[]).expect("built with this format");
    log(rows * 1000 / ROWS, numbers, |signal| log_file.signal(signal));
    let (summary, _) = log_file.finish().expect("room on the disk");
    println!("{}: {} rows, {} bytes", path.display(), summary.counts.rows(), summary.bytes);
}

fn read(paths: &[String], times: usize, ahead: bool, order: Order) {
    let mut costs = Vec::new();
    let (mut rows, mut seen) = (0, 0);
    for _ in 0..times {
        let begins = cpu();
        let options = ReadOptions { ahead, order, ..ReadOptions::default() };
        let inputs = Inputs::of(paths).expect("files");
        let mut stream = LogStream::open(inputs, options, OnBadRow::Stop).expect("a log");
        let mut batch = Batch::new();
        rows = 0;
        while stream.next(&mut batch).unwrap_or_else(|e| panic!("{e}")) {
            rows += batch.len() as u64;
            for i in 0..batch.len() {
                // Something that needs every column, so that none is left out.
                let row = batch.get(i);
                seen += row.texts.iter().map(|t| t.len()).sum::<usize>() + row.time.0 as usize % 2;
            }
        }
        costs.push((cpu() - begins) * 1e9 / rows.max(1) as f64);
    }
    costs.sort_by(f64::total_cmp);
    println!(
        "{}: {rows} rows, {:.1} ns/row (least {:.1}), peak {} MiB, check {seen}",
        paths.join(" "),
        costs[costs.len() / 2],
        costs[0],
        peak(),
    );
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let word = |i: usize| args.get(i).map(String::as_str);
    let number = |i: usize, otherwise: u64| word(i).map_or(otherwise, |a| a.parse().expect("a number"));
    match word(0) {
        Some("write") => write(Path::new(word(1).expect("a path")), number(2, 1_000_000), number(3, 1)),
        Some("read") => {
            let ahead = word(1) == Some("ahead");
            let sort = word(1 + usize::from(ahead)) == Some("sort");
            let first = 1 + usize::from(ahead) + usize::from(sort);
            let order = if sort { Order::Sort } else { Order::Auto };
            read(&args[first + 1..], number(first, 1) as usize, ahead, order);
        }
        // With no arguments something short, so that `cargo bench` as a whole stays quick.
        None => {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("w2.csv");
            write(&path, 200_000, 1);
            read(&[path.display().to_string()], 3, false, Order::Auto);
        }
        Some(other) => panic!("{other}: write or read"),
    }
}
