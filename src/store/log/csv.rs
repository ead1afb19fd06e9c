//! The event log as CSV: a header, one row per line, fields quoted only where they must be.

use std::io::Write;
use std::path::PathBuf;

use super::buffer::Buffer;
use super::lines::{Clock, has};
use super::{LogCounts, LogSummary};
use crate::messaging::log::LogSink;
use crate::messaging::record::{COLUMNS, Columns};
use crate::messaging::{Signal, Verdict};
use crate::store::StoreError;

/// More bytes than a row takes beside its texts.
const BESIDE_TEXTS: usize = 128;

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
    clock: Clock,
    counts: LogCounts,
}

impl<W: Write> CsvLog<W> {
    /// A log into `writer`, with its header; `path` is for messages.
    pub fn new(writer: W, path: impl Into<PathBuf>) -> CsvLog<W> {
        let mut out = Buffer::new(writer, path.into());
        out.lines.append(COLUMNS.join(",").as_bytes());
        out.lines.append(b"\n");
        CsvLog { out, clock: Clock::default(), counts: LogCounts::default() }
    }

    /// Whether writing has failed; rows are thrown away since.
    pub fn failed(&self) -> bool {
        self.out.failed()
    }

    /// One row of any kind, observed ones too.
    pub fn row(&mut self, row: &Columns<'_>) {
        self.counts.row(row.event);
        let texts: usize = row.texts.iter().map(|t| t.len()).sum();
        let mut pen = self.out.lines.pen(BESIDE_TEXTS + texts);
        pen.fixed(&self.clock.text(row.time));
        pen.fixed(b",");
        pen.plain(row.event.name().as_bytes());
        for text in &row.texts {
            pen.fixed(b",");
            if !text.is_empty() {
                pen.text(text, needs_quotes);
            }
        }
        pen.fixed(b",");
        if let Some(cause) = row.cause {
            pen.number(cause);
        }
        pen.fixed(b"\n");
        if pen.clean() {
            let left = pen.left();
            self.out.lines.done(left);
        } else {
            self.out.lines.append(&quoted(row, self.clock.text(row.time)));
        }
        self.out.row_done(|_| {});
    }

    /// Writes what is left; counts and bytes (no digest: that is over the canonical form), or the first failure.
    pub fn finish(self) -> Result<(LogSummary, W), StoreError> {
        let (writer, bytes) = self.out.finish(|_| {})?;
        Ok((LogSummary { counts: self.counts, bytes, digest: None }, writer))
    }
}

/// Not zero if one of eight bytes is a comma, a quote or a line end.
#[inline]
fn needs_quotes(word: u64) -> u64 {
    has(word, b',') | has(word, b'"') | has(word, b'\n') | has(word, b'\r')
}

/// A row with care: some of its texts need quotes.
#[cold]
fn quoted(row: &Columns<'_>, time: [u8; 24]) -> Vec<u8> {
    let mut out = time.to_vec();
    out.push(b',');
    out.extend_from_slice(row.event.name().as_bytes());
    for text in row.texts {
        out.push(b',');
        write_field(&mut out, text);
    }
    out.push(b',');
    out.extend(row.cause.map(|c| c.to_string()).unwrap_or_default().bytes());
    out.push(b'\n');
    out
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
    use crate::messaging::record::{Event, TEXTS};
    use crate::sim::SimTime;

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
    fn a_row_of_any_texts_is_what_the_careful_way_writes() {
        for text in ["", "a", "a,b", "eight888", "nine99999", "sixteen_sixteen\"", "été, été et encore été"]
        {
            for place in 0..TEXTS {
                let mut texts = ["plain text"; TEXTS];
                texts[place] = text;
                let event = Event::parse("template_rated").unwrap();
                let row =
                    Columns { time: SimTime(7), event, texts, cause: (place % 2 > 0).then_some(u64::MAX) };
                let mut log = CsvLog::new(Vec::new(), "x.csv");
                log.row(&row);
                let (_, bytes) = log.finish().unwrap();
                let line = bytes.split_inclusive(|b| *b == b'\n').nth(1).unwrap();
                assert_eq!(line, quoted(&row, *b"1970-01-01T00:00:00.007Z"), "{text}");
            }
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
            log.signal(&Signal::new(SimTime(i), crate::messaging::SignalKind::MessageSent, "n"));
        }
        assert!(log.failed());
        let message = log.finish().map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("out/events.csv") && message.contains("disk is full"), "{message}");
        assert_eq!(tries.0, 1);
    }
}
