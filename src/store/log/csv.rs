//! The event log as CSV: a header, one row per line, fields quoted only where they must be.

use std::io::Write;
use std::path::PathBuf;

use super::buffer::Buffer;
use super::{LogCounts, LogSummary};
use crate::messaging::log::LogSink;
use crate::messaging::record::{COLUMNS, Columns};
use crate::messaging::{Signal, Verdict};
use crate::store::StoreError;

/// Appends one field, quoted if it holds a comma, a quote or a line end.
pub(crate) fn write_field(out: &mut Vec<u8>, text: &str) {
    let special = |b: &u8| matches!(b, b',' | b'"' | b'\n' | b'\r');
    // No early exit: over short fields the branch-free pass is the faster one.
    if !text.as_bytes().iter().fold(false, |found, b| found | special(b)) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for &byte in text.as_bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Writes the log as CSV.
pub struct CsvLog<W: Write> {
    out: Buffer<W>,
    counts: LogCounts,
}

impl<W: Write> CsvLog<W> {
    /// A log into `writer`, with its header; `path` is for messages.
    pub fn new(writer: W, path: impl Into<PathBuf>) -> CsvLog<W> {
        let mut out = Buffer::new(writer, path.into());
        out.bytes.extend_from_slice(COLUMNS.join(",").as_bytes());
        out.bytes.push(b'\n');
        CsvLog { out, counts: LogCounts::default() }
    }

    /// Whether writing has failed; rows are thrown away since.
    pub fn failed(&self) -> bool {
        self.out.failed()
    }

    /// One row of any kind, observed ones too.
    pub fn row(&mut self, row: &Columns<'_>) {
        self.counts.add(row.event, 1);
        let out = &mut self.out.bytes;
        row.time.write_to(out);
        out.push(b',');
        out.extend_from_slice(row.event.name().as_bytes());
        for text in row.texts {
            out.push(b',');
            if !text.is_empty() {
                write_field(out, text);
            }
        }
        out.push(b',');
        if let Some(cause) = row.cause {
            out.extend_from_slice(itoa::Buffer::new().format(cause).as_bytes());
        }
        out.push(b'\n');
        self.out.row_done();
    }

    /// Writes what is left; counts and bytes (no digest: that is over the canonical form), or the first failure.
    pub fn finish(self) -> Result<(LogSummary, W), StoreError> {
        let (writer, bytes) = self.out.finish()?;
        Ok((LogSummary { counts: self.counts, bytes, digest: None }, writer))
    }
}

impl<W: Write> LogSink for CsvLog<W> {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.row(&Columns::of_signal(signal));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.row(&Columns::of_verdict(verdict));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_only_when_they_must_be() {
        for (text, want) in [
            ("plain", "plain"),
            ("with space ", "with space "),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("cr\r", "\"cr\r\""),
            ("=1+1;été", "=1+1;été"),
        ] {
            let mut out = Vec::new();
            write_field(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), want);
        }
    }

    #[test]
    fn a_full_disk_is_said_once_at_the_end_and_nothing_is_written_after_it() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                self.0 += 1;
                Err(std::io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut tries = Full(0);
        let mut log = CsvLog::new(&mut tries, "out/events.csv");
        for i in 0..10_000 {
            log.signal(&Signal::new(crate::sim::SimTime(i), crate::messaging::SignalKind::MessageSent, "n"));
        }
        assert!(log.failed());
        let message = log.finish().map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("out/events.csv") && message.contains("disk is full"), "{message}");
        assert_eq!(tries.0, 1);
    }
}
