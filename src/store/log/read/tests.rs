//! The reader as a whole: every input a user may give, and some that nobody should.

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;
use crate::messaging::record::{COLUMNS, Columns, Event, TEXTS};
use crate::sim::SimTime;

/// Keeps rejects.
#[derive(Default)]
struct Kept(Mutex<Vec<BadRow>>);

impl Rejects for Kept {
    fn reject(&self, _: &Path, bad: &BadRow) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(bad.clone());
        Ok(())
    }
}

fn options() -> ReadOptions {
    ReadOptions { ahead: false, ..ReadOptions::default() }
}

struct Outcome {
    rows: Vec<LogRow>,
    places: Vec<Place>,
    counts: RowCounts,
    ignored: Vec<Ignored>,
}

fn drain(mut stream: LogStream<'_>) -> Result<Outcome, StoreError> {
    let (mut rows, mut places, mut batch) = (Vec::new(), Vec::new(), Batch::new());
    while stream.next(&mut batch)? {
        assert!(!batch.is_empty());
        for (i, row) in batch.iter().enumerate() {
            assert_eq!(row.time, batch.time(i));
            rows.push(row.to_row());
            places.push(batch.place(i));
        }
    }
    assert!(batch.is_empty() && !stream.next(&mut batch)?);
    Ok(Outcome { rows, places, counts: stream.counts(), ignored: stream.ignored() })
}

fn read_as(name: &str, bytes: impl AsRef<[u8]>, options: ReadOptions) -> Result<Outcome, StoreError> {
    let inputs = Inputs::of_reader(name, Cursor::new(bytes.as_ref().to_vec()));
    drain(LogStream::open(inputs, options, OnBadRow::Stop)?)
}

fn csv(bytes: impl AsRef<[u8]>) -> Result<Outcome, StoreError> {
    read_as("log.csv", bytes, options())
}

fn ndjson(bytes: impl AsRef<[u8]>) -> Result<Outcome, StoreError> {
    read_as("log.ndjson", bytes, options())
}

/// What is wrong, in words; always a fault of the input.
fn fault(result: Result<Outcome, StoreError>) -> String {
    let Err(error) = result else { panic!("it reads") };
    assert!(error.is_input(), "{error}");
    error.to_string()
}

#[test]
fn csv_faults_say_file_line_and_column() {
    let header = COLUMNS.join(",");
    let good = "2026-01-01T00:00:00Z,message_sent,\"two\nlines\",,,,,,,,,,,\n";
    let of = |rows: &str| fault(csv(format!("{header}\n{rows}")));
    let found = of(&format!("{good}2026-01-01T00:00:00Z,mesage_sent,n,,,,,,,,,,,\n"));
    assert!(found.starts_with("log.csv:4:2: event \"mesage_sent\""), "{found}");
    assert!(found.contains("did you mean `message_sent`?"), "{found}");
    assert!(of("soon,message_sent,n,,,,,,,,,,,\n").starts_with("log.csv:2:1: time \"soon\""));
    assert!(of("2026-01-01T00:00:00Z,message_sent,n\n").starts_with("log.csv:2:3: 3 fields"));
    assert!(of("2026-01-01T00:00:00Z,message_sent,n,,,,,,,,,,,x\n").starts_with("log.csv:2:14: cause \"x\""));
    assert!(fault(csv("time,evnt\n")).starts_with("log.csv:1:2: column \"evnt\""));
    assert!(fault(csv("")).contains("an empty file"));
}

#[test]
fn ndjson_faults_say_file_line_and_byte() {
    let good = "{\"time\":\"2026-01-01T00:00:00Z\",\"event\":\"log_closed\"}\n";
    let of = |rows: &str| fault(ndjson(format!("{good}{rows}")));
    let found = of("{\"time\":\"2026-01-01T00:00:00Z\",\"evnt\":1}\n");
    assert!(found.starts_with("log.ndjson:2:32: key \"evnt\"") && found.contains("`event`"), "{found}");
    let found = of("{\"time\":\"2026-01-01T00:00:00Z\",\"event\":\"log_clo");
    assert!(found.starts_with("log.ndjson:2:") && found.contains("does not end on its line"), "{found}");
    assert!(of("[]\n").contains("an array"));
    assert!(of("{\"time\":1,\"event\":\"sent\",\"time\":1}").contains("a second key `time`"));
    assert!(of("{\"time\":1.5,\"event\":\"sent\"}").starts_with("log.ndjson:2:9: time \"1.5\""));
    assert!(of("{\"time\":1,\"event\":\"snt\"}").starts_with("log.ndjson:2:19: event \"snt\""));
    assert!(of("{\"time\":1,\"event\":\"sent\",\"number\":[1]}").contains("number \"[1]\""));
    assert!(of("{\"time\":1,\"event\":null}").contains("no `event`"));
}

#[test]
fn the_same_row_through_csv_and_ndjson() {
    let text = "\u{feff}recipient,event,time,note,value\r\n\r\n+49 1,sent,1700000000,\"a, \"\"b\"\"\r\nc\",12\r\nx,read,1700000001,,\r\n";
    let one = csv(text).unwrap();
    assert_eq!(one.ignored, [Ignored { file: 0, columns: vec!["note".to_string()] }]);
    assert_eq!(one.places.iter().map(|p| p.line).collect::<Vec<_>>(), [3, 5]);
    assert_eq!((one.rows[0].texts[2].as_str(), one.rows[0].texts[8].as_str()), ("+49 1", "12"));
    let text = "\u{feff}{\"recipient\":\"+49 1\",\"event\":\"sent\",\"time\":1700000000,\"note\":{\"a\":[1]},\"value\":12}\r\n\n \
                {\"time\":\"1700000001\",\"recipient\":\"\\u0078\",\"note\":1,\"event\":\"read\",\"rule\":null}";
    let two = ndjson(text).unwrap();
    assert_eq!(one.rows, two.rows);
    assert_eq!(one.ignored, two.ignored);
    assert_eq!(two.places.iter().map(|p| p.line).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn rows_are_sorted_stably_and_counted() {
    let text = "time,event,message\n5,sent,a\n3,sent,b\n5,read,c\n4,read,d\n4,read,e\n9,read,f\n";
    for ahead in [false, true] {
        let got = read_as("x.csv", text, ReadOptions { ahead, ..options() }).unwrap();
        let order: String = got.rows.iter().map(|r| r.texts[3].as_str()).collect();
        assert_eq!((order.as_str(), got.counts.moved, got.counts.read), ("bdeacf", 3, 6));
    }
    let found = fault(read_as("x.csv", text, ReadOptions { order: Order::Strict, ..options() }));
    assert!(found.starts_with("x.csv:3:1: time 1970-01-01T00:00:03.000Z, earlier"), "{found}");
    assert!(found.contains("1970-01-01T00:00:05.000Z or later"), "{found}");
}
