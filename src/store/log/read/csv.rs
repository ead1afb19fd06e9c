//! CSV to rows: lines without quotation marks by one pass over eight bytes at a time, the others by the usual rules
//! (RFC 4180: fields in double quotes, doubled inside; line ends LF, CRLF or CR).
//!
//! Knows fields, not what they mean.

use super::cell::{Cells, Fault, cause};
use super::columns::{ABSENT, Header, Ignored, header};
use super::feed::{Chunk, Context, Rows};
use super::input::unreadable;
use super::window::{Bad, MAX_RECORD, Window, text_of, too_long};
use crate::messaging::record::{COLUMNS, TEXTS};
use crate::store::StoreError;

use super::batch::Row;

/// A CSV input being read.
pub(super) struct CsvRows {
    context: Context,
    window: Window,
    cells: Cells,
    header: Option<Header>,
    columns: usize,
    /// Whether the header is that of the schema.
    canonical: bool,
    /// Line that comes next, from 1.
    line: u64,
    /// Where commas and line feeds are in a plain stretch, after one that stands for its beginning.
    marks: Vec<u32>,
    /// Begin and end of the fields of a record with quotes.
    spans: Vec<(u32, u32)>,
}

/// Every column in its place.
const CANONICAL: [u32; COLUMNS.len()] = {
    let mut source = [0; COLUMNS.len()];
    let mut i = 0;
    while i < source.len() {
        source[i] = i as u32;
        i += 1;
    }
    source
};

/// What was found of a record with quotes.
enum Found {
    /// Where the next begins, and how many line ends it holds.
    Whole(usize, u64),
    /// It goes on beyond the stretch.
    Cut,
    /// The input ends inside quotes; the column.
    Unclosed(u64),
}

impl CsvRows {
    pub fn new(context: Context, window: Window) -> CsvRows {
        CsvRows {
            context,
            window,
            cells: Cells::default(),
            header: None,
            columns: 0,
            canonical: false,
            line: 1,
            marks: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// The header's names: in `spans`.
    fn take_header(&mut self, text: &str, extra: &str, chunk: &mut Chunk) -> Result<(), StoreError> {
        let names = self.spans.iter().map(|span| field(text, extra, *span));
        let found = header(names)
            .map_err(|(column, found, allowed)| self.context.malformed(self.line, column, found, allowed))?;
        chunk.sources = Some((self.context.file, found.source));
        if !found.ignored.is_empty() {
            chunk.ignored.push(Ignored { file: self.context.file, columns: found.ignored.clone() });
        }
        self.columns = self.spans.len();
        self.canonical = found.source == CANONICAL && self.columns == COLUMNS.len();
        self.header = Some(found);
        Ok(())
    }

    /// A stretch without quotes and carriage returns: commas and line feeds are all there is. First they are all
    /// found, many bytes at a time, then lines are cut out between them.
    fn plain(&mut self, chunk: &mut Chunk, text: &str, from: usize) -> Result<(), StoreError> {
        let bytes = text.as_bytes();
        let count = find_marks(bytes, from, &mut self.marks);
        let marks = &self.marks[..count];
        let file = self.context.file;
        let columns = self.columns;
        let source = self.header.as_ref().expect("read first").source;
        // Room for all of them at once: batches grow to their size over and over while many are kept for sorting.
        chunk.batch.rows.reserve(count / columns);
        let regular = all_lines_have(columns, bytes, from, marks);
        let (mut begin, mut first) = (from, 0);
        while begin < bytes.len() {
            let end = match regular {
                true => marks[first + columns] as usize,
                false => match memchr::memchr(b'\n', &bytes[begin..]) {
                    Some(length) => begin + length,
                    None if self.window.ended() => bytes.len(),
                    None => return Err(too_long(&self.context.path, self.line)),
                },
            };
            let line = self.line;
            self.line += 1;
            let next = end + 1;
            if begin == end {
                (begin, first) = (next, first + 1);
                continue;
            }
            if end - begin > MAX_RECORD {
                return Err(too_long(&self.context.path, line));
            }
            chunk.records += 1;
            // The mark before the line and as many as it has columns, the last of them being its end.
            let (cells, rows) = (&mut self.cells, &mut chunk.batch.rows);
            let row = match marks.get(first..=first + columns) {
                Some(marks) if marks[columns] == end as u32 => {
                    let text = |(from, to): (u32, u32)| &text[from as usize..to as usize];
                    let between = |pair: [u32; 2]| (pair[0].wrapping_add(1), pair[1]);
                    match <&[u32; COLUMNS.len() + 1]>::try_from(marks) {
                        // The columns of the schema in its order: no need to look each of them up.
                        Ok(m) if self.canonical => {
                            let span = |i: usize| between([m[i], m[i + 1]]);
                            row(cells, &CANONICAL, line, file, span, text, rows)
                        }
                        _ => {
                            let span = |i: usize| between([marks[i], marks[i + 1]]);
                            row(cells, &source, line, file, span, text, rows)
                        }
                    }
                }
                _ => {
                    let found = 1 + memchr::memchr_iter(b',', &bytes[begin..end]).count();
                    Err(Box::new(wrong_count(found, columns)))
                }
            };
            match row {
                Ok(()) => first += columns,
                Err(fault) => {
                    first += 1 + memchr::memchr_iter(b',', &bytes[begin..end]).count();
                    if !self.context.fault(chunk, line, *fault, &text[begin..end])? {
                        self.window.put_back(&bytes[next.min(bytes.len())..]);
                        return Ok(());
                    }
                }
            }
            begin = next;
        }
        Ok(())
    }

    /// A stretch with quotes, carriage returns or bad bytes, or the first one of a file.
    fn careful(
        &mut self,
        chunk: &mut Chunk,
        text: &str,
        bad: &Bad,
        extra: &mut String,
    ) -> Result<(), StoreError> {
        let bytes = text.as_bytes();
        let found_bytes = bad.bytes.as_deref().unwrap_or(bytes);
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'\n' => {
                    self.line += 1;
                    at += 1;
                    continue;
                }
                b'\r' => {
                    self.line += u64::from(bytes.get(at + 1) != Some(&b'\n'));
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let line = self.line;
            let found = record(text, at, self.window.ended(), &mut self.spans, extra);
            let (next, row) = match found {
                Found::Cut => return self.window.take_back(&found_bytes[at..], &self.context.path, line),
                Found::Unclosed(column) => {
                    let fault = Fault::new(
                        column,
                        "a field whose quotation mark is never closed",
                        "a closing quotation mark; a quotation mark inside a quoted field is doubled",
                    );
                    (bytes.len(), Err(Box::new(fault)))
                }
                Found::Whole(next, lines) => {
                    if next - at > MAX_RECORD + 2 {
                        return Err(too_long(&self.context.path, line));
                    }
                    if let Some(mark) = bad.within(at, next) {
                        let column = self.spans.iter().take_while(|s| s.1 as usize <= mark).count() as u64;
                        let fault = not_utf8(column + 1);
                        if self.header.is_none() {
                            return Err(self.context.malformed(
                                line,
                                fault.column,
                                fault.found,
                                fault.allowed,
                            ));
                        }
                        self.line += lines;
                        (next, Err(Box::new(fault)))
                    } else if let Some(header) = &self.header {
                        self.line += lines;
                        let spans = &self.spans;
                        let row = if spans.len() == self.columns {
                            row(
                                &mut self.cells,
                                &header.source,
                                line,
                                self.context.file,
                                |i| spans[i],
                                |s| field(text, extra, s),
                                &mut chunk.batch.rows,
                            )
                        } else {
                            Err(Box::new(wrong_count(spans.len(), self.columns)))
                        };
                        (next, row)
                    } else {
                        self.take_header(text, extra, chunk)?;
                        self.line += lines;
                        at = next;
                        let plain = bad.is_empty() && memchr::memchr2(b'"', b'\r', &bytes[at..]).is_none();
                        if plain {
                            return self.plain(chunk, text, at);
                        }
                        continue;
                    }
                }
            };
            chunk.records += 1;
            let go_on = match row {
                Ok(()) => true,
                Err(fault) => {
                    let raw = text[at..next].trim_end_matches(['\r', '\n']);
                    self.context.fault(chunk, line, *fault, raw)?
                }
            };
            at = next;
            if !go_on {
                self.window.put_back(&found_bytes[at..]);
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Rows for CsvRows {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, StoreError> {
        let mut bytes = std::mem::take(&mut chunk.batch.text).into_bytes();
        let n = self.window.fill(&mut bytes, &self.context.path)?;
        bytes.truncate(n);
        if n == 0 {
            return match self.header {
                Some(_) => Ok(false),
                None => Err(unreadable(
                    &self.context.path,
                    "an empty file; a log has at least its header, such as time,event,number,recipient,message",
                )),
            };
        }
        let plain = self.header.is_some() && memchr::memchr2(b'"', b'\r', &bytes).is_none();
        let (text, bad) = text_of(bytes);
        let mut extra = String::new();
        let result = match plain && bad.is_empty() {
            true => self.plain(chunk, &text, 0),
            false => self.careful(chunk, &text, &bad, &mut extra),
        };
        chunk.batch.text = text;
        chunk.batch.text.push_str(&extra);
        result.map(|()| true)
    }
}

/// Whether a stretch consists of lines of so many columns, each with its end: then every so many marks a line ends,
/// and nowhere else.
fn all_lines_have(columns: usize, bytes: &[u8], from: usize, marks: &[u32]) -> bool {
    let mut ends = marks[1..marks.len() - 1].chunks_exact(columns);
    let lines = memchr::memchr_iter(b'\n', &bytes[from..]).count();
    let ends_with_one = |line: &[u32]| bytes[line[columns - 1] as usize] == b'\n';
    ends.len() == lines && ends.all(ends_with_one) && ends.remainder().is_empty() && bytes.ends_with(b"\n")
}

/// Finds every comma and line feed from `from` on: the first mark stands for the byte before it, and if the last line
/// has no end, the last mark stands for it. Returns how many marks count.
fn find_marks(bytes: &[u8], from: usize, marks: &mut Vec<u32>) -> usize {
    // Room for the case that all of them are; never made smaller, so that it is cleared once.
    if marks.len() < bytes.len() - from + 2 {
        marks.resize(bytes.len() - from + 2, 0);
    }
    marks[0] = (from as u32).wrapping_sub(1);
    let mut count = 1;
    let mut take = |block: &[u8; 64], at: usize| {
        let mut found = separators(block);
        while found != 0 {
            marks[count] = at as u32 + found.trailing_zeros();
            count += 1;
            found &= found - 1;
        }
    };
    let (blocks, rest) = bytes[from..].as_chunks::<64>();
    for (i, block) in blocks.iter().enumerate() {
        take(block, from + i * 64);
    }
    let mut last = [0; 64];
    last[..rest.len()].copy_from_slice(rest);
    take(&last, from + blocks.len() * 64);
    marks[count] = bytes.len() as u32;
    count + 1
}

/// A bit for every byte that is a comma or a line feed. Written so that compilers turn the comparison into vectors.
#[inline]
fn separators(block: &[u8; 64]) -> u64 {
    let flags = block.map(|b| u8::from(b == b',') | u8::from(b == b'\n'));
    let mut bits = 0;
    for (i, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        // Gathers eight flags into eight bits: every product lands on a bit of its own, the wanted ones on top.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= gathered << (8 * i);
    }
    bits
}

/// A text by its span: in the stretch, or in what was unescaped.
fn field<'a>(text: &'a str, extra: &'a str, (from, to): (u32, u32)) -> &'a str {
    let (from, to) = (from as usize, to as usize);
    match from.checked_sub(text.len()) {
        Some(from) if to > from && to >= text.len() => &extra[from..to - text.len()],
        _ => &text[from..to],
    }
}

/// Finds the fields of one record that begins at `from`, which is no line end.
fn record(text: &str, from: usize, ended: bool, spans: &mut Vec<(u32, u32)>, extra: &mut String) -> Found {
    let bytes = text.as_bytes();
    spans.clear();
    let (mut at, mut lines) = (from, 0);
    loop {
        let mut span = (at as u32, at as u32);
        let mut own = false;
        let in_quotes = bytes.get(at) == Some(&b'"');
        if in_quotes {
            at += 1;
            span = (at as u32, at as u32);
            let mut piece = at;
            loop {
                let Some(quote) = memchr::memchr(b'"', &bytes[at..]).map(|i| at + i) else {
                    return if ended { Found::Unclosed(spans.len() as u64 + 1) } else { Found::Cut };
                };
                lines += line_ends(&bytes[at..quote]);
                at = quote + 1;
                if bytes.get(at) != Some(&b'"') {
                    if own {
                        extra.push_str(&text[piece..quote]);
                        span.1 = (text.len() + extra.len()) as u32;
                    } else {
                        span.1 = quote as u32;
                    }
                    break;
                }
                // A doubled quote: from here on the field is put together elsewhere.
                if !std::mem::replace(&mut own, true) {
                    span.0 = (text.len() + extra.len()) as u32;
                }
                extra.push_str(&text[piece..at]);
                at += 1;
                piece = at;
            }
        }
        let end = match memchr::memchr3(b',', b'\n', b'\r', &bytes[at..]) {
            Some(i) => at + i,
            None if ended => bytes.len(),
            None => return Found::Cut,
        };
        if !in_quotes {
            span.1 = end as u32;
        } else if at < end {
            // Text after a closing quote belongs to the field, as other readers have it.
            if !own {
                let begin = (text.len() + extra.len()) as u32;
                extra.push_str(&text[span.0 as usize..span.1 as usize]);
                span.0 = begin;
            }
            extra.push_str(&text[at..end]);
            span.1 = (text.len() + extra.len()) as u32;
        }
        spans.push(span);
        match bytes.get(end) {
            Some(b',') => at = end + 1,
            Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => return Found::Whole(end + 2, lines + 1),
            Some(_) => return Found::Whole(end + 1, lines + 1),
            None => return Found::Whole(end, lines),
        }
    }
}

/// Line ends, a CRLF being one.
fn line_ends(bytes: &[u8]) -> u64 {
    let lone = |i: usize| bytes.get(i + 1) != Some(&b'\n');
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    (feeds + memchr::memchr_iter(b'\r', bytes).filter(|i| lone(*i)).count()) as u64
}

/// Appends a row from its fields.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn row<'a>(
    cells: &mut Cells,
    source: &[u32; COLUMNS.len()],
    line: u64,
    file: u32,
    span: impl Fn(usize) -> (u32, u32),
    text: impl Fn((u32, u32)) -> &'a str,
    rows: &mut Vec<Row>,
) -> Result<(), Box<Fault>> {
    let at = |column: usize| {
        move |mut fault: Box<Fault>| {
            fault.column = u64::from(source[column]) + 1;
            fault
        }
    };
    let time = cells.time(text(span(source[0] as usize))).map_err(at(0))?;
    let event = cells.event(text(span(source[1] as usize))).map_err(at(1))?;
    let last = COLUMNS.len() - 1;
    let found = match source[last] {
        ABSENT => None,
        i => match span(i as usize) {
            (from, to) if from == to => None,
            span => cause(text(span)).map_err(at(last))?,
        },
    };
    let spans: [(u32, u32); TEXTS] = std::array::from_fn(|i| match source[i + 2] {
        ABSENT => (0, 0),
        column => span(column as usize),
    });
    rows.push(Row { time, line, cause: found.unwrap_or(0), file, event, has_cause: found.is_some(), spans });
    Ok(())
}

#[cold]
fn wrong_count(found: usize, columns: usize) -> Fault {
    let fields = |n: usize| if n == 1 { "1 field".to_string() } else { format!("{n} fields") };
    Fault::new(
        found.min(columns) as u64,
        fields(found),
        format!(
            "{}, as in the header (a comma inside a text needs double quotes around it)",
            fields(columns)
        ),
    )
}

fn not_utf8(column: u64) -> Fault {
    Fault::new(
        column,
        "bytes that are no UTF-8",
        "UTF-8 text (the file may be Latin-1 or Windows-1252; save it as UTF-8)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_exact_for_every_byte_at_every_place() {
        for place in 0..64 {
            for byte in 0..=255_u8 {
                for around in [0, b',', b'\n', b'-', 0x8a, 0xac, 0xff] {
                    let mut block = [around; 64];
                    block[place] = byte;
                    let want: u64 =
                        (0..64).filter(|i| matches!(block[*i], b',' | b'\n')).map(|i| 1_u64 << i).sum();
                    assert_eq!(separators(&block), want);
                }
            }
        }
    }

    #[test]
    fn marks_stand_between_all_fields() {
        for length in [0, 1, 63, 64, 65, 200] {
            let mut bytes: Vec<u8> = (0..length).map(|i| [b'a', b',', b'b', b'c', b'\n'][i % 5]).collect();
            bytes.insert(0, b'x');
            let mut marks = vec![7; 3];
            let count = find_marks(&bytes, 1, &mut marks);
            let found = (1..bytes.len() as u32).filter(|i| matches!(bytes[*i as usize], b',' | b'\n'));
            let want: Vec<u32> = [0].into_iter().chain(found).chain([bytes.len() as u32]).collect();
            assert_eq!(marks[..count], want);
        }
    }

    #[test]
    fn lines_are_regular_only_if_each_has_all_columns_and_its_end() {
        for (text, is) in [
            ("a,b,c\nd,,\n,,\n", true),
            ("a,b,c\nd,,\n,,", false),
            ("a,b,c\n\nd,,\n", false),
            ("a,b\nc,d,e,f\n", false),
            // As many marks as two lines have, and as many line ends.
            ("a,b\nc,d\n,f,g\n", false),
            ("a,b,c,d\n,e\n", false),
            ("\n\n\n", false),
            ("a,b\n,c\nd,e,f,g\nh,i,j\n", false),
        ] {
            let bytes = format!("head\n{text}").into_bytes();
            let mut marks = Vec::new();
            let count = find_marks(&bytes, 5, &mut marks);
            assert_eq!(all_lines_have(3, &bytes, 5, &marks[..count]), is, "{text:?}");
        }
    }
}
