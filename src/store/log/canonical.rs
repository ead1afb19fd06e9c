//! The canonical form of a log, NDJSON to the byte, and the digest over it.
//!
//! One object per line, keys in schema order, absent fields left out, no spaces, `cause` an integer, strings escaped
//! only where JSON demands it, lines ended by `\n`. Written by hand because a run writes millions of rows: no
//! formatting machinery, no allocation.

use std::io::Write;
use std::path::PathBuf;

use super::buffer::Buffer;
use super::lines::{Clock, Lines, Pen, has, has_below};
use super::{LogCounts, LogSummary};
use crate::messaging::log::LogSink;
use crate::messaging::record::{Columns, TEXTS};
use crate::messaging::{Signal, Verdict};
use crate::store::StoreError;

/// What stands before the texts of a row, in schema order.
const KEYS: [&str; TEXTS] = [
    ",\"number\":\"",
    ",\"portfolio\":\"",
    ",\"recipient\":\"",
    ",\"message\":\"",
    ",\"template\":\"",
    ",\"category\":\"",
    ",\"campaign\":\"",
    ",\"reason\":\"",
    ",\"value\":\"",
    ",\"from\":\"",
    ",\"rule\":\"",
];

/// More bytes than a row takes beside its texts.
const BESIDE_TEXTS: usize = 512;

/// Appends one row in canonical form.
pub fn write_row(out: &mut Vec<u8>, row: &Columns<'_>) {
    let mut lines = Lines::new();
    RowWriter::default().write(&mut lines, row);
    out.extend_from_slice(lines.rest());
}

/// Writes rows.
#[derive(Clone, Copy, Debug, Default)]
struct RowWriter {
    clock: Clock,
}

impl RowWriter {
    /// Appends one row in canonical form.
    #[inline]
    fn write(&mut self, lines: &mut Lines, row: &Columns<'_>) {
        let texts: usize = row.texts.iter().map(|t| t.len()).sum();
        let mut pen = lines.pen(BESIDE_TEXTS + texts);
        pen.fixed(b"{\"time\":\"");
        pen.fixed(&self.clock.text(row.time));
        pen.fixed(b"\",\"event\":\"");
        // Event names are ours and need no escaping.
        pen.plain(row.event.name().as_bytes());
        pen.fixed(b"\"");
        let [number, portfolio, recipient, message, template, category, campaign, reason, value, from, rule] =
            row.texts;
        field(&mut pen, b",\"number\":\"", number);
        field(&mut pen, b",\"portfolio\":\"", portfolio);
        field(&mut pen, b",\"recipient\":\"", recipient);
        field(&mut pen, b",\"message\":\"", message);
        field(&mut pen, b",\"template\":\"", template);
        field(&mut pen, b",\"category\":\"", category);
        field(&mut pen, b",\"campaign\":\"", campaign);
        field(&mut pen, b",\"reason\":\"", reason);
        field(&mut pen, b",\"value\":\"", value);
        field(&mut pen, b",\"from\":\"", from);
        field(&mut pen, b",\"rule\":\"", rule);
        if let Some(cause) = row.cause {
            pen.fixed(b",\"cause\":");
            pen.number(cause);
        }
        pen.fixed(b"}\n");
        if pen.clean() {
            let left = pen.left();
            lines.done(left);
        } else {
            lines.append(&self.escaped(row));
        }
    }

    /// The same with care: some text has characters that cannot stand for themselves.
    #[cold]
    fn escaped(&mut self, row: &Columns<'_>) -> Vec<u8> {
        let mut out = b"{\"time\":\"".to_vec();
        out.extend_from_slice(&self.clock.text(row.time));
        out.extend_from_slice(b"\",\"event\":\"");
        out.extend_from_slice(row.event.name().as_bytes());
        out.push(b'"');
        for (key, text) in KEYS.iter().zip(row.texts).filter(|(_, text)| !text.is_empty()) {
            out.extend_from_slice(key.as_bytes());
            write_escaped(&mut out, text.as_bytes());
            out.push(b'"');
        }
        if let Some(cause) = row.cause {
            out.extend_from_slice(format!(",\"cause\":{cause}").as_bytes());
        }
        out.extend_from_slice(b"}\n");
        out
    }
}

/// Appends a field unless it is absent.
#[inline(always)]
fn field<const N: usize>(pen: &mut Pen<'_>, key: &[u8; N], text: &str) {
    if !text.is_empty() {
        pen.fixed(key);
        pen.text(text, needs_escape);
        pen.fixed(b"\"");
    }
}

/// Not zero if one of eight bytes is a quote, a backslash or a control character.
#[inline]
fn needs_escape(word: u64) -> u64 {
    has_below(word, 0x20) | has(word, b'"') | has(word, b'\\')
}

fn write_escaped(out: &mut Vec<u8>, text: &[u8]) {
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

/// Hashes the canonical bytes without keeping them.
pub struct DigestSink {
    lines: Lines,
    rows: RowWriter,
    hasher: blake3::Hasher,
    counts: LogCounts,
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
            lines: Lines::new(),
            rows: RowWriter::default(),
            hasher: blake3::Hasher::new(),
            counts: LogCounts::default(),
        }
    }

    /// One row of any kind, observed ones too.
    pub fn row(&mut self, row: &Columns<'_>) {
        self.counts.row(row.event);
        self.rows.write(&mut self.lines, row);
        self.lines.hand_on(|bytes| {
            self.hasher.update(bytes);
        });
    }

    /// Counts, canonical bytes and digest.
    pub fn finish(mut self) -> LogSummary {
        self.hasher.update(self.lines.rest());
        let digest = Some(self.hasher.finalize().to_hex().to_string());
        LogSummary { counts: self.counts, bytes: self.hasher.count(), digest }
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
    /// None where nobody asks for the digest.
    hasher: Option<blake3::Hasher>,
    counts: LogCounts,
}

impl<W: Write> NdjsonLog<W> {
    /// A log into `writer`; `path` is for messages.
    pub fn new(writer: W, path: impl Into<PathBuf>) -> NdjsonLog<W> {
        NdjsonLog {
            out: Buffer::new(writer, path.into()),
            rows: RowWriter::default(),
            hasher: Some(blake3::Hasher::new()),
            counts: LogCounts::default(),
        }
    }

    /// The same without its digest.
    pub fn without_digest(self) -> NdjsonLog<W> {
        NdjsonLog { hasher: None, ..self }
    }

    /// Whether writing has failed; rows are thrown away since.
    pub fn failed(&self) -> bool {
        self.out.failed()
    }

    /// One row of any kind, observed ones too.
    pub fn row(&mut self, row: &Columns<'_>) {
        self.counts.row(row.event);
        self.rows.write(&mut self.out.lines, row);
        self.out.row_done(|bytes| {
            self.hasher.as_mut().map(|hasher| hasher.update(bytes));
        });
    }

    /// Writes what is left; counts, bytes and digest, or the first failure.
    pub fn finish(mut self) -> Result<(LogSummary, W), StoreError> {
        let (writer, bytes) = self.out.finish(|rest| {
            self.hasher.as_mut().map(|hasher| hasher.update(rest));
        })?;
        let digest = self.hasher.map(|hasher| {
            assert_eq!(hasher.count(), bytes, "what was hashed is what was written");
            hasher.finalize().to_hex().to_string()
        });
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
    use crate::messaging::record::Event;
    use crate::sim::SimTime;
    use crate::store::log::lines::STRIDE;

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
    fn escaping_agrees_with_a_json_library_for_every_character_at_every_place() {
        for c in (0..0x250).chain([0x2028, 0xfffd, 0x1f600]).filter_map(char::from_u32) {
            for before in 0..18 {
                let text = format!("{}{c}{}", "x".repeat(before), "é".repeat(before % 5));
                let mut texts = [""; TEXTS];
                (texts[2], texts[3]) = (&text, "m");
                let event = Event::parse("message_read").unwrap();
                let mut out = Vec::new();
                write_row(&mut out, &Columns { time: SimTime(0), event, texts, cause: None });
                let json = serde_json::to_string(&text).unwrap();
                let wanted = format!(
                    "{{\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":\"message_read\",\"recipient\":{json},\
                     \"message\":\"m\"}}\n"
                );
                assert_eq!(String::from_utf8(out).unwrap(), wanted);
            }
        }
    }

    #[test]
    fn a_row_of_texts_of_any_length_is_what_the_careful_way_writes() {
        let long = "é".repeat(200_000);
        let quoted = format!("{long}\"");
        for text in ["", "a", "seven77", "eight888", "nine99999", "sixteen_sixteen_", &long, &quoted] {
            let event = Event::parse("template_rated").unwrap();
            let row = Columns { time: SimTime(7), event, texts: [text; TEXTS], cause: Some(u64::MAX) };
            let mut out = Vec::new();
            write_row(&mut out, &row);
            assert!(out == RowWriter::default().escaped(&row), "{} bytes", text.len());
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
        assert!(bytes.len() > 3 * STRIDE);
        assert_eq!(digest.finish(), summary);
        assert_eq!(summary.digest.unwrap(), blake3::hash(&bytes).to_hex().to_string());
        assert_eq!(summary.counts.rows(), 5000);
    }
}
