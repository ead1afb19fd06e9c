//! The three formats against each other: what was written reads back, and the digest does not see the format.

use std::path::PathBuf;

use super::*;
use crate::messaging::Scope;
use crate::messaging::record::MemoryLog;
use crate::messaging::{SignalKind, VerdictKind};
use crate::sim::SimTime;

/// Names that make trouble in one format or another.
const HOSTILE: [&str; 9] = [
    "plain",
    "comma, quote \" and 'single'",
    "two\nlines\r\nand a tab\t",
    "back\\slash \\n \\u0041",
    " spaces kept ",
    "=SUM(A1)",
    "Grüße 你好 \u{1f600} \u{2028}",
    "\u{1}\u{7f}null",
    "{\"json\":[1,2]}",
];

fn write_hostile(sink: &mut dyn LogSink) {
    // In order of time, since readers give rows in log order: the verdicts are ancient.
    for (i, kind) in VerdictKind::ALL.iter().enumerate() {
        let scope = match kind {
            VerdictKind::TemplateRated | VerdictKind::TemplatePaused => Scope::Template,
            VerdictKind::AccountWarned => Scope::Account,
            VerdictKind::LimitChanged => Scope::Portfolio,
            _ => Scope::Number,
        };
        let subject = HOSTILE[i % HOSTILE.len()].to_string();
        let portfolio =
            if scope == Scope::Portfolio || scope == Scope::Account { &subject } else { "p" }.to_string();
        sink.verdict(&Verdict {
            time: SimTime(-62_135_596_800_000 + i as i64),
            kind: *kind,
            scope,
            subject,
            portfolio,
            from: if i % 2 == 0 { "" } else { "GREEN" }.to_string(),
            to: HOSTILE[(i + 3) % HOSTILE.len()].to_string(),
            rule: "rating".to_string(),
            cause: (i % 3 > 0).then_some(u64::MAX - i as u64),
        });
    }
    for (i, kind) in SignalKind::ALL.iter().enumerate() {
        for j in 0..HOSTILE.len() {
            let text = |k: usize| HOSTILE[(i + j + k) % HOSTILE.len()];
            sink.signal(&Signal {
                time: SimTime(1_767_225_600_000 + (i * 100 + j) as i64),
                kind: *kind,
                number: text(0),
                portfolio: if j % 2 == 0 { "" } else { text(1) },
                recipient: text(2),
                message: if j % 3 == 0 { "" } else { text(3) },
                template: text(4),
                category: "marketing",
                campaign: text(5),
                reason: if j == 4 { text(6) } else { "" },
                value: text(7),
            });
        }
    }
}

fn formats() -> impl Iterator<Item = LogFormat> {
    LogFormat::ALL.into_iter().filter(|f| *f != LogFormat::Parquet || cfg!(feature = "parquet"))
}

fn write_file(
    format: LogFormat,
    dir: &std::path::Path,
    fill: impl Fn(&mut dyn LogSink),
) -> (LogSummary, PathBuf) {
    let path = dir.join(format.file_name());
    let file = std::fs::File::create(&path).unwrap();
    let mut log = LogWriter::new(format, file, &path, &[]).unwrap();
    fill(&mut log);
    assert!(!log.failed());
    let (summary, _) = log.finish().unwrap();
    assert_eq!(summary.bytes, std::fs::metadata(&path).unwrap().len());
    (summary, path)
}

#[test]
fn every_format_reads_back_and_has_the_same_digest() {
    let (mut memory, mut digest) = (MemoryLog::default(), DigestSink::new());
    write_hostile(&mut Tee::new(vec![&mut memory, &mut digest]));
    let want = digest.finish();
    assert_eq!(want.counts.rows(), (24 * HOSTILE.len() + 20) as u64);
    let dir = tempfile::tempdir().unwrap();
    for format in formats() {
        let (summary, path) = write_file(format, dir.path(), |sink| write_hostile(sink));
        assert_eq!((&summary.digest, &summary.counts), (&want.digest, &want.counts), "{format:?}");
        assert_eq!(LogFormat::of(&path).unwrap(), format);
        let (mut rows, mut again) = (Vec::new(), DigestSink::new());
        read_log(&path, |row| {
            assert!(row.hand_to(&mut again));
            rows.push(row);
            Ok(())
        })
        .unwrap();
        assert_eq!(rows, memory.rows, "{format:?}");
        assert_eq!(again.finish(), want, "{format:?}");
    }
}

#[test]
fn an_empty_log_is_a_log() {
    let dir = tempfile::tempdir().unwrap();
    for format in formats() {
        let (summary, path) = write_file(format, dir.path(), |_| {});
        assert_eq!(summary.digest, DigestSink::new().finish().digest);
        read_log(&path, |row| panic!("{row:?}")).unwrap();
    }
}

#[test]
fn the_digest_sees_every_field() {
    let digest = |change: fn(&mut Signal<'_>)| {
        let mut signal = Signal::new(SimTime(0), SignalKind::MessageSent, "n");
        change(&mut signal);
        let mut sink = DigestSink::new();
        sink.signal(&signal);
        sink.finish().digest.unwrap()
    };
    let changes: [fn(&mut Signal<'_>); 11] = [
        |_| {},
        |s| s.time = SimTime(1),
        |s| s.kind = SignalKind::MessageRead,
        |s| s.number = "m",
        |s| s.portfolio = "x",
        |s| s.recipient = "x",
        |s| s.message = "x",
        |s| s.template = "x",
        |s| s.campaign = "x",
        |s| s.reason = "x",
        |s| s.value = "x",
    ];
    let mut all: Vec<String> = changes.into_iter().map(digest).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 11);
}

#[test]
fn without_a_digest_the_bytes_are_the_same() {
    for format in formats() {
        let written = |digest: bool| {
            let log = LogWriter::new(format, Vec::new(), "x", &[]).unwrap();
            let mut log = if digest { log } else { log.without_digest() };
            write_hostile(&mut log);
            log.finish().unwrap()
        };
        let ((with, one), (without, other)) = (written(true), written(false));
        assert!(one == other && with.counts == without.counts, "{format:?}");
        assert!(with.digest.is_some() && without.digest.is_none(), "{format:?}");
    }
}

#[test]
fn a_full_disk_is_an_error_in_every_format() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    for format in formats() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut log = LogWriter::new(format, full, "out/events", &[]).unwrap();
        write_hostile(&mut log);
        let error = log.finish().map(|_| ()).unwrap_err();
        assert!(!error.is_input());
        assert!(error.to_string().contains("out/events: cannot write: the disk is full"), "{error}");
    }
}

#[test]
fn faults_of_the_caller_come_through_and_unknown_endings_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_, path) = write_file(LogFormat::Csv, dir.path(), |sink| write_hostile(sink));
    let mut seen = 0;
    let stop = read_log(&path, |_| {
        seen += 1;
        Err(StoreError::NoParquet { path: PathBuf::new() })
    });
    assert!(stop.is_err() && seen == 1);
    assert!(matches!(LogFormat::of("a.txt".as_ref()), Err(StoreError::UnknownFormat { .. })));
    assert!(LogFormat::of("csv".as_ref()).is_err());
}

/// A promotion's log in miniature: sends in id order at 80 a second, with deliveries, reads and a few blocks after
/// them, in time order, about 2.5 rows per message.
fn promotion(messages: u64, sink: &mut dyn LogSink) {
    let mut events: Vec<(u64, u64, SignalKind)> = Vec::new();
    for i in 0..messages {
        // Mixed well enough that a compressor sees no pattern a real log would not have.
        let mut word = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        let (luck, delay) = ((word >> 40) % 1000, (word >> 20) % 7_200_000);
        let sent = i * 12;
        events.push((sent, i, SignalKind::MessageSent));
        for (share, after, kind) in [
            (970, delay % 9_973, SignalKind::MessageDelivered),
            (580, 10_000 + delay, SignalKind::MessageRead),
            (4, 60_000 + delay, SignalKind::BusinessBlocked),
            (1, 70_000 + delay, SignalKind::BusinessReported),
        ] {
            events.extend((luck < share).then_some((sent + after, i, kind)));
        }
    }
    events.sort_unstable();
    for (time, i, kind) in events {
        let (message, recipient) = (format!("m{:08}", i + 1), format!("loyal-{:06}", i % 100_000));
        sink.signal(&Signal {
            time: SimTime(1_767_225_600_000 + time as i64),
            kind,
            number: "promo-1",
            portfolio: "",
            recipient: &recipient,
            message: &message,
            template: "weekly_offer",
            category: "marketing",
            campaign: "promo",
            reason: if kind == SignalKind::BusinessBlocked { "SPAM" } else { "" },
            value: "",
        });
    }
}

#[test]
fn sizes_are_near_the_estimate() {
    let dir = tempfile::tempdir().unwrap();
    for format in formats() {
        let (summary, _) = write_file(format, dir.path(), |sink| promotion(80_000, sink));
        let rows = summary.counts.rows();
        let (real, guess) = (summary.bytes as f64 / rows as f64, estimate(format, rows) as f64 / rows as f64);
        assert!((guess / real - 1.0).abs() < 0.25, "{format:?}: {real} bytes per row, estimated {guess}");
    }
    assert_eq!(estimate(LogFormat::Csv, u64::MAX), u64::MAX);
}

#[test]
fn the_documentation_states_columns_and_sizes_as_they_are() {
    let docs = include_str!("../../../docs/outputs.md");
    assert!(docs.contains(&format!("`{}`", COLUMNS.join(","))));
    for format in LogFormat::ALL {
        let line = docs.lines().find(|l| l.contains(&format!("| `{}` |", format.file_name()))).unwrap();
        assert!(line.contains(&format!("| {} bytes a row |", estimate(format, 1))), "{line}");
    }
}
