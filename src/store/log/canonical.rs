//! The canonical form of a log, NDJSON to the byte, and the digest over it.
//!
//! One object per line, keys in schema order, absent fields left out, no spaces, `cause` an integer, strings escaped
//! only where JSON demands it, lines ended by `\n`. Written by hand because a run writes millions of rows: no
//! formatting machinery, no allocation.

use std::io::Write;
use std::path::PathBuf;

use super::buffer::{BLOCK, Buffer};
use super::{LogCounts, LogSummary};
use crate::messaging::log::LogSink;
use crate::messaging::record::Columns;
use crate::messaging::{Signal, Verdict};
use crate::sim::SimTime;
use crate::store::StoreError;

/// Appends one row in canonical form.
pub fn write_row(out: &mut Vec<u8>, row: &Columns<'_>) {
    RowWriter::default().write(out, row);
}

/// Writes rows; remembers the minute it wrote last, because most rows share it with the one before.
#[derive(Clone, Copy, Debug)]
pub struct RowWriter {
    /// Minutes since 1970, and the text of it: `YYYY-MM-DDTHH:MM`.
    minute: i64,
    text: [u8; 16],
}

impl Default for RowWriter {
    fn default() -> RowWriter {
        RowWriter { minute: 0, text: *b"1970-01-01T00:00" }
    }
}

impl RowWriter {
    /// Appends one row in canonical form.
    pub fn write(&mut self, out: &mut Vec<u8>, row: &Columns<'_>) {
        out.extend_from_slice(b"{\"time\":\"");
        self.write_time(out, row.time);
        out.extend_from_slice(b"\",\"event\":\"");
        // Event names are ours and need no escaping.
        out.extend_from_slice(row.event.name().as_bytes());
        out.push(b'"');
        let [number, portfolio, recipient, message, template, category, campaign, reason, value, from, rule] =
            row.texts;
        field(out, b",\"number\":\"", number);
        field(out, b",\"portfolio\":\"", portfolio);
        field(out, b",\"recipient\":\"", recipient);
        field(out, b",\"message\":\"", message);
        field(out, b",\"template\":\"", template);
        field(out, b",\"category\":\"", category);
        field(out, b",\"campaign\":\"", campaign);
        field(out, b",\"reason\":\"", reason);
        field(out, b",\"value\":\"", value);
        field(out, b",\"from\":\"", from);
        field(out, b",\"rule\":\"", rule);
        if let Some(cause) = row.cause {
            out.extend_from_slice(b",\"cause\":");
            out.extend_from_slice(itoa::Buffer::new().format(cause).as_bytes());
        }
        out.extend_from_slice(b"}\n");
    }

    #[inline]
    fn write_time(&mut self, out: &mut Vec<u8>, time: SimTime) {
        let minute = time.0.div_euclid(60_000);
        let rest = (time.0 - minute * 60_000) as u32;
        if minute != self.minute {
            let begin = out.len();
            time.write_to(out);
            self.text.copy_from_slice(&out[begin..begin + 16]);
            self.minute = minute;
            return;
        }
        let (s, ms) = (rest / 1000, rest % 1000);
        let digit = |n: u32| b'0' + n as u8;
        out.extend_from_slice(&self.text);
        out.extend_from_slice(&[
            b':',
            digit(s / 10),
            digit(s % 10),
            b'.',
            digit(ms / 100),
            digit(ms / 10 % 10),
            digit(ms % 10),
            b'Z',
        ]);
    }
}

/// Appends a field unless it is absent. The key's length is known when this is compiled: copied without a loop.
#[inline(always)]
fn field<const N: usize>(out: &mut Vec<u8>, key: &[u8; N], text: &str) {
    if !text.is_empty() {
        out.extend_from_slice(key);
        write_escaped(out, text.as_bytes());
        out.push(b'"');
    }
}

fn write_escaped(out: &mut Vec<u8>, text: &[u8]) {
    if !needs_escape(text) {
        out.extend_from_slice(text);
        return;
    }
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..=0x1f => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
}

/// Whether a text holds a quote, a backslash or a control character: eight bytes at a time, the last eight
/// overlapping. Rows are mostly short clean ids, so this test is what the writer spends its time on.
fn needs_escape(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<8>() else {
        return text.iter().any(|&b| b < 0x20 || b == b'"' || b == b'\\');
    };
    let (chunks, _) = text.as_chunks::<8>();
    chunks.iter().any(|c| word_needs_escape(u64::from_le_bytes(*c)))
        || word_needs_escape(u64::from_le_bytes(*last))
}

fn word_needs_escape(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The classic tests for "has a byte below n" and "has a zero byte": exact as a yes or no for the whole word,
    // bytes of 128 and more excluded by the last mask.
    let below_space = word.wrapping_sub(ONES * 0x20);
    let quote = (word ^ (ONES * 0x22)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
    ((below_space | quote | backslash) & !word & HIGH) != 0
}

/// Hashes the canonical bytes without keeping them.
pub struct DigestSink {
    buffer: Vec<u8>,
    rows: RowWriter,
    hasher: blake3::Hasher,
    counts: LogCounts,
    bytes: u64,
}

impl Default for DigestSink {
    fn default() -> DigestSink {
        DigestSink::new()
    }
}

impl DigestSink {
    /// The digest of an empty log.
    pub fn new() -> DigestSink {
        DigestSink {
            buffer: Vec::with_capacity(BLOCK + 4096),
            rows: RowWriter::default(),
            hasher: blake3::Hasher::new(),
            counts: LogCounts::default(),
            bytes: 0,
        }
    }

    /// One row of any kind, observed ones too.
    pub fn row(&mut self, row: &Columns<'_>) {
        self.counts.row(row.event);
        self.rows.write(&mut self.buffer, row);
        if self.buffer.len() >= BLOCK {
            self.drain();
        }
    }

    fn drain(&mut self) {
        self.hasher.update(&self.buffer);
        self.bytes += self.buffer.len() as u64;
        self.buffer.clear();
    }

    /// Counts, canonical bytes and digest.
    pub fn finish(mut self) -> LogSummary {
        self.drain();
        let digest = Some(self.hasher.finalize().to_hex().to_string());
        LogSummary { counts: self.counts, bytes: self.bytes, digest }
    }
}

impl LogSink for DigestSink {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.row(&Columns::of_signal(signal));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.row(&Columns::of_verdict(verdict));
    }
}

/// Writes the log as NDJSON: the canonical bytes themselves, so that the file's blake3 is the log's digest.
pub struct NdjsonLog<W: Write> {
    out: Buffer<W>,
    rows: RowWriter,
    hasher: blake3::Hasher,
    counts: LogCounts,
    hashed: usize,
}

impl<W: Write> NdjsonLog<W> {
    /// A log into `writer`; `path` is for messages.
    pub fn new(writer: W, path: impl Into<PathBuf>) -> NdjsonLog<W> {
        NdjsonLog {
            out: Buffer::new(writer, path.into()),
            rows: RowWriter::default(),
            hasher: blake3::Hasher::new(),
            counts: LogCounts::default(),
            hashed: 0,
        }
    }

    /// Whether writing has failed; rows are thrown away since.
    pub fn failed(&self) -> bool {
        self.out.failed()
    }

    /// One row of any kind, observed ones too.
    pub fn row(&mut self, row: &Columns<'_>) {
        self.counts.row(row.event);
        self.rows.write(&mut self.out.bytes, row);
        if self.out.bytes.len() >= BLOCK {
            self.hash();
        }
        self.out.row_done();
    }

    fn hash(&mut self) {
        self.hasher.update(&self.out.bytes);
        self.hashed += self.out.bytes.len();
    }

    /// Writes what is left; counts, bytes and digest, or the first failure.
    pub fn finish(mut self) -> Result<(LogSummary, W), StoreError> {
        self.hash();
        let (writer, bytes) = self.out.finish()?;
        assert_eq!(self.hashed as u64, bytes, "what was hashed is what was written");
        let digest = Some(self.hasher.finalize().to_hex().to_string());
        Ok((LogSummary { counts: self.counts, bytes, digest }, writer))
    }
}

impl<W: Write> LogSink for NdjsonLog<W> {
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

    #[test]
    fn the_canonical_form_to_the_byte() {
        let mut texts = [""; TEXTS];
        texts[0] = "n\"1";
        texts[10] = "rating";
        let mut out = Vec::new();
        write_row(
            &mut out,
            &Columns {
                time: SimTime(1),
                event: Event::parse("quality_rated").unwrap(),
                texts,
                cause: Some(12),
            },
        );
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"time\":\"1970-01-01T00:00:00.001Z\",\"event\":\"quality_rated\",\"number\":\"n\\\"1\",\
             \"rule\":\"rating\",\"cause\":12}\n"
        );
    }

    #[test]
    fn times_are_the_same_whether_or_not_the_minute_was_written_before() {
        let mut rows = RowWriter::default();
        for ms in [1, 59_999, 60_000, 60_001, 119_999, -1, -60_000, -60_001, 59_999, 1_767_225_661_234] {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            rows.write_time(&mut one, SimTime(ms));
            SimTime(ms).write_to(&mut other);
            assert_eq!(String::from_utf8(one), String::from_utf8(other));
        }
    }

    #[test]
    fn escaping_agrees_with_a_json_library_for_every_character_at_every_place() {
        for c in (0..0x250).chain([0x2028, 0xfffd, 0x1f600]).filter_map(char::from_u32) {
            for before in 0..18 {
                let text = format!("{}{c}{}", "x".repeat(before), "é".repeat(before % 5));
                let mut out = vec![b'"'];
                write_escaped(&mut out, text.as_bytes());
                out.push(b'"');
                assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
    }

    #[test]
    fn a_digest_is_the_hash_of_the_ndjson_file_also_over_many_blocks() {
        let mut digest = DigestSink::new();
        let mut log = NdjsonLog::new(Vec::new(), "x.ndjson");
        for i in 0..5000 {
            let recipient = format!("r{i}");
            let mut signal = Signal::new(SimTime(i), crate::messaging::SignalKind::MessageSent, "n");
            signal.recipient = &recipient;
            digest.signal(&signal);
            log.signal(&signal);
        }
        let (summary, bytes) = log.finish().unwrap();
        assert!(bytes.len() > 3 * BLOCK);
        assert_eq!(digest.finish(), summary);
        assert_eq!(summary.digest.unwrap(), blake3::hash(&bytes).to_hex().to_string());
        assert_eq!(summary.counts.rows(), 5000);
    }
}
