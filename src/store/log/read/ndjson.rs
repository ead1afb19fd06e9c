//! NDJSON to rows: one object per line, keys in any order.
//!
//! Knows JSON, not what the values mean.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::batch::Row;
use super::cell::{Cells, Fault, of_integer, quoted};
use super::columns::{Ignored, position, slip};
use super::feed::{Chunk, Context, Rows};
use super::window::{Bad, MAX_RECORD, Window, text_of, too_long};
use crate::messaging::record::{COLUMNS, TEXTS};
use crate::store::StoreError;

/// An NDJSON input being read.
pub(super) struct NdjsonRows {
    context: Context,
    window: Window,
    cells: Cells,
    line: u64,
    /// Unknown keys met so far.
    ignored: Vec<String>,
}

impl NdjsonRows {
    pub fn new(context: Context, window: Window) -> NdjsonRows {
        NdjsonRows { context, window, cells: Cells::default(), line: 0, ignored: Vec::new() }
    }

    fn lines(
        &mut self,
        chunk: &mut Chunk,
        text: &str,
        bad: &Bad,
        extra: &mut String,
    ) -> Result<(), StoreError> {
        let mut at = 0;
        while at < text.len() {
            let bytes = text.as_bytes();
            let end = match memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
                Some(i) => at + i,
                None if self.window.ended() => text.len(),
                None => return Err(too_long(&self.context.path, self.line + 1)),
            };
            let crlf = bytes[end..].starts_with(b"\r\n");
            let next = (end + 1 + usize::from(crlf)).min(text.len());
            self.line += 1;
            let line = &text[at..end];
            if line.len() > MAX_RECORD {
                return Err(too_long(&self.context.path, self.line));
            }
            let begin = std::mem::replace(&mut at, next);
            if line.bytes().all(|b| b.is_ascii_whitespace()) {
                continue;
            }
            chunk.records += 1;
            let row = match bad.within(begin, end) {
                Some(mark) => Err(Box::new(Fault::new(
                    (mark - begin + 1) as u64,
                    "bytes that are no UTF-8",
                    "UTF-8 text (the file may be Latin-1 or Windows-1252; save it as UTF-8)",
                ))),
                None => self.row(chunk, text, begin, line, extra),
            };
            match row {
                Ok(row) => chunk.batch.rows.push(row),
                Err(fault) => {
                    if !self.context.fault(chunk, self.line, *fault, line)? {
                        self.window.put_back(&bad.bytes.as_deref().unwrap_or(bytes)[next..]);
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn row(
        &mut self,
        chunk: &mut Chunk,
        text: &str,
        begin: usize,
        line: &str,
        extra: &mut String,
    ) -> Result<Row, Box<Fault>> {
        let mut found = Values::default();
        let mut reader = serde_json::Deserializer::from_str(line);
        let read = Object(&mut found).deserialize(&mut reader).and_then(|()| reader.end());
        if let Some(fault) = found.fault {
            return Err(Box::new(fault));
        }
        read.map_err(|e| Box::new(not_json(line, &e)))?;
        let column = |raw: &str| (raw.as_ptr() as usize - line.as_ptr() as usize + 1) as u64;
        for name in found.unknown {
            let there = |i: usize| found.values[i].is_some();
            if let Some(meant) = slip(name.text(), there) {
                return Err(Box::new(Fault::new(
                    name.column(line),
                    format!("key {}", quoted(name.text())),
                    format!("`{meant}`, if that is meant; else a name that is not so close to it"),
                )));
            }
            if !self.ignored.iter().any(|n| n == name.text()) && self.ignored.len() < Ignored::SHOWN {
                self.ignored.push(name.text().to_string());
                let columns = vec![name.text().to_string()];
                chunk.ignored.push(Ignored { file: self.context.file, columns });
            }
        }
        let missing = |name: &str| {
            Box::new(Fault::new(1, format!("no `{name}`"), format!("`{name}` in every row, not empty")))
        };
        let raw = found.values[0].ok_or_else(|| missing("time"))?;
        let time = match kind(raw) {
            Kind::Text => self.cells.time(&content(raw)?).map_err(|mut fault| {
                fault.column = column(raw);
                fault
            })?,
            Kind::Number => raw.parse().ok().and_then(of_integer).ok_or_else(|| {
                let allowed = "a time as text, or whole seconds or milliseconds since 1970";
                Box::new(Fault::new(column(raw), format!("time {}", quoted(raw)), allowed))
            })?,
            _ => return Err(wrong_kind(column(raw), "time", raw)),
        };
        let raw = found.values[1].ok_or_else(|| missing("event"))?;
        let event = match kind(raw) {
            Kind::Text => self.cells.event(&content(raw)?).map_err(|mut fault| {
                fault.column = column(raw);
                fault
            })?,
            _ => return Err(wrong_kind(column(raw), "event", raw)),
        };
        let mut spans = [(0, 0); TEXTS];
        for (i, span) in spans.iter_mut().enumerate() {
            let Some(raw) = found.values[i + 2] else { continue };
            let from = begin + (column(raw) as usize - 1);
            *span = match kind(raw) {
                Kind::Number => (from as u32, (from + raw.len()) as u32),
                Kind::Text if memchr::memchr(b'\\', raw.as_bytes()).is_none() => {
                    (from as u32 + 1, (from + raw.len()) as u32 - 1)
                }
                Kind::Text => {
                    let begin = text.len() + extra.len();
                    extra.push_str(&content(raw)?);
                    (begin as u32, (text.len() + extra.len()) as u32)
                }
                _ => return Err(wrong_kind(column(raw), COLUMNS[i + 2], raw)),
            };
        }
        let cause = match found.values[COLUMNS.len() - 1] {
            None => None,
            Some(raw) => {
                let text = match kind(raw) {
                    Kind::Number | Kind::Text => content(raw)?,
                    _ => return Err(wrong_kind(column(raw), "cause", raw)),
                };
                super::cell::cause(&text).map_err(|mut fault| {
                    fault.column = column(raw);
                    fault
                })?
            }
        };
        Ok(Row {
            time,
            line: self.line,
            cause: cause.unwrap_or(0),
            file: self.context.file,
            event,
            has_cause: cause.is_some(),
            spans,
        })
    }
}

impl Rows for NdjsonRows {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, StoreError> {
        let mut bytes = std::mem::take(&mut chunk.batch.text).into_bytes();
        let n = self.window.fill(&mut bytes, &self.context.path)?;
        bytes.truncate(n);
        if n == 0 {
            return Ok(false);
        }
        let (text, bad) = text_of(bytes);
        let mut extra = String::new();
        let result = self.lines(chunk, &text, &bad, &mut extra);
        chunk.batch.text = text;
        chunk.batch.text.push_str(&extra);
        result.map(|()| true)
    }
}

enum Kind {
    Text,
    Number,
    Other,
}

fn kind(raw: &str) -> Kind {
    match raw.as_bytes().first() {
        Some(b'"') => Kind::Text,
        Some(b'-' | b'0'..=b'9') => Kind::Number,
        _ => Kind::Other,
    }
}

/// What a JSON text or number says.
fn content(raw: &str) -> Result<std::borrow::Cow<'_, str>, Box<Fault>> {
    match raw.strip_prefix('"').and_then(|r| r.strip_suffix('"')) {
        None => Ok(raw.into()),
        Some(inner) if memchr::memchr(b'\\', inner.as_bytes()).is_none() => Ok(inner.into()),
        Some(_) => serde_json::from_str::<String>(raw).map(Into::into).map_err(|_| {
            Box::new(Fault::new(
                1,
                format!("the text {}", quoted(raw)),
                "JSON text with whole characters (no half of a surrogate pair)",
            ))
        }),
    }
}

fn wrong_kind(column: u64, name: &str, raw: &str) -> Box<Fault> {
    let allowed = match name {
        "event" => "an event name as text",
        "time" => "a time as text, or whole seconds or milliseconds since 1970",
        "cause" => "a row's position from 1, or nothing",
        _ => "text or a number, or null where there is none",
    };
    Box::new(Fault::new(column, format!("{name} {}", quoted(raw)), allowed))
}

fn not_json(line: &str, error: &serde_json::Error) -> Fault {
    // The library's own "at line 1 column n" would be read as the file's line.
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    let found = match line.trim_start().as_bytes().first() {
        Some(b'[') => "an array".to_string(),
        Some(b'{') if error.is_eof() => "an object that does not end on its line".to_string(),
        Some(b'{') => what.to_string(),
        _ => quoted(line),
    };
    Fault::new(error.column() as u64, found, "one JSON object per line, with at least `time` and `event`")
}

/// A key that is no column: as it stands in the line where possible, so that its place is known.
enum Name<'a> {
    Borrowed(&'a str),
    Owned(String),
}

impl Name<'_> {
    fn text(&self) -> &str {
        match self {
            Name::Borrowed(text) => text,
            Name::Owned(text) => text,
        }
    }

    fn column(&self, line: &str) -> u64 {
        match self {
            Name::Borrowed(text) => (text.as_ptr() as usize - line.as_ptr() as usize) as u64,
            Name::Owned(_) => 1,
        }
    }
}

/// The values of one object as they stand in the line; null is absent.
#[derive(Default)]
struct Values<'a> {
    values: [Option<&'a str>; COLUMNS.len()],
    seen: [bool; COLUMNS.len()],
    unknown: Vec<Name<'a>>,
    fault: Option<Fault>,
}

struct Object<'v, 'a>(&'v mut Values<'a>);

impl<'a> DeserializeSeed<'a> for Object<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<Key<'a>>()? {
            let value = map.next_value::<&'a RawValue>()?.get();
            match key {
                Key::Column(i) => {
                    if std::mem::replace(&mut self.0.seen[i], true) {
                        let found = format!("a second key `{}`", COLUMNS[i]);
                        self.0.fault = Some(Fault::new(1, found, "each key once"));
                        return Err(de::Error::custom("kept beside"));
                    }
                    self.0.values[i] = Some(value).filter(|v| *v != "null");
                }
                Key::Unknown(name) => self.0.unknown.push(name),
            }
        }
        Ok(())
    }
}

enum Key<'a> {
    Column(usize),
    Unknown(Name<'a>),
}

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(reader: D) -> Result<Key<'a>, D::Error> {
        struct KeyVisitor;
        impl<'a> Visitor<'a> for KeyVisitor {
            type Value = Key<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Key<'a>, E> {
                Ok(position(name).map_or(Key::Unknown(Name::Borrowed(name)), Key::Column))
            }

            fn visit_str<E>(self, name: &str) -> Result<Key<'a>, E> {
                Ok(position(name).map_or(Key::Unknown(Name::Owned(name.to_string())), Key::Column))
            }
        }
        reader.deserialize_str(KeyVisitor)
    }
}
