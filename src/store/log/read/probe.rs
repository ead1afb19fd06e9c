//! What must hold of any bytes at all: reading them ends, panics nowhere, and what was read is read again the same.
//!
//! The bodies of the fuzz targets, plain functions so that a test can run them too. Must not be used for anything
//! else.

use std::io::Cursor;
use std::path::Path;
use std::sync::Mutex;

use super::{BadRow, Batch, Inputs, LogStream, OnBadRow, Order, ReadOptions, Rejects, RowCounts};
use crate::messaging::record::LogRow;
use crate::store::StoreError;
use crate::store::log::canonical;

/// Keeps the rejects it is given.
#[derive(Default)]
struct Kept(Mutex<Vec<BadRow>>);

impl Rejects for Kept {
    fn reject(&self, _: &Path, bad: &BadRow) -> Result<(), StoreError> {
        self.0.lock().expect("nobody panics with it").push(bad.clone());
        Ok(())
    }
}

struct Outcome {
    rows: Vec<LogRow>,
    counts: RowCounts,
    bad: Vec<BadRow>,
    error: Option<String>,
}

fn read(name: &str, bytes: &[u8], ahead: bool) -> Outcome {
    let rejects = Kept::default();
    let inputs = Inputs::of_reader(name, Cursor::new(bytes.to_vec()));
    let options = ReadOptions { ahead, order: Order::Sort, ..ReadOptions::default() };
    let mut stream =
        LogStream::open(inputs, options, OnBadRow::Reject(&rejects)).expect("a thread can be started");
    let (mut rows, mut batch) = (Vec::new(), Batch::new());
    let error = loop {
        match stream.next(&mut batch) {
            Ok(true) => rows.extend(batch.iter().map(|row| row.to_row())),
            Ok(false) => break None,
            Err(error) => {
                assert!(error.is_input(), "a fault of the bytes, not of the system: {error}");
                break Some(error.to_string());
            }
        }
    };
    let counts = stream.counts();
    drop(stream);
    Outcome { rows, counts, bad: rejects.0.into_inner().expect("nobody panics with it"), error }
}

fn probe(name: &str, bytes: &[u8]) {
    let one = read(name, bytes, false);
    assert!(one.rows.is_sorted_by_key(|row| row.time));
    assert_eq!(one.counts.rejected, one.bad.len() as u64);
    if one.error.is_none() {
        assert_eq!(one.counts.read, one.counts.rejected + one.rows.len() as u64);
    }
    let two = read(name, bytes, true);
    assert_eq!((&one.rows, one.counts, &one.bad, &one.error), (&two.rows, two.counts, &two.bad, &two.error));
    // Written in canonical form, the rows are those rows.
    let mut written = Vec::new();
    one.rows.iter().for_each(|row| canonical::write_row(&mut written, &row.columns()));
    let again = read("again.ndjson", &written, false);
    assert_eq!((again.rows, again.error), (one.rows, None));
}

/// The CSV reader.
pub fn csv(bytes: &[u8]) {
    probe("probe.csv", bytes);
}

/// The NDJSON reader.
pub fn ndjson(bytes: &[u8]) {
    probe("probe.ndjson", bytes);
}

/// Whatever the bytes say they are: compressed, of any format.
pub fn any(bytes: &[u8]) {
    probe("probe", bytes);
}
