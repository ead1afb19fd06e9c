//! Text to JSON documents, one at a time: one per line, one array of them, one alone, or pretty-printed ones after
//! one another. What does not read is handed out as damage with its place, and reading goes on behind it.
//!
//! Memory is bounded by [`BODY_MAX`] whatever the input. Must not know what a document means.

use std::io::{self, Read};

use serde_json::Value;

/// Bytes of one document. The platform's own limit for a webhook is 3 MB.
pub const BODY_MAX: usize = 16 * 1024 * 1024;
/// Brackets inside brackets.
pub const DEPTH_MAX: usize = 120;
/// Values in one document, roughly: what bounds the memory that a document takes once it is read.
const VALUES_MAX: usize = 1 << 20;
/// Bytes of a damaged piece that are kept for the rejects.
const SHOWN_MAX: usize = 64 * 1024;
/// Bytes asked of the input at once.
const CHUNK: usize = 64 * 1024;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// Byte of the line, from 1.
    pub column: u64,
}

/// A piece that does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where reading failed.
    pub place: Place,
    /// What is wrong there.
    pub reason: String,
    /// The piece, cut after 64 KiB; bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// What comes next in a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A document and where it begins.
    Document(Place, Value),
    /// A piece that is none.
    Damage(Damage),
    /// Something harmless beside the documents, in words.
    Remark(&'static str),
}

/// How far the brackets of a document have been followed.
#[derive(Default)]
struct Scan {
    at: usize,
    in_text: bool,
    /// The closing brackets still due.
    due: Vec<u8>,
    /// The last byte that is neither blank nor inside a text.
    last: u8,
    values: usize,
}

enum Scanned {
    /// The document ends before this byte.
    Complete(usize),
    Broken(usize, &'static str),
    TooLarge(usize, &'static str),
    More,
}

const ENDS_INSIDE: &str = "the text ends inside a document";
const NEWLINE_IN_TEXT: &str = "a line ends inside a quoted text: the document is cut off";
const BRACKETS: &str = "a bracket that does not belong here";
const CUT_OFF: &str = "the document is cut off here: another one begins on the next line";
const TOO_DEEP: &str = "more than 120 brackets inside one another";
const TOO_LONG: &str = "a document of more than 16 MiB (one body per line is best)";
const TOO_MANY: &str = "a document of more than 1,048,576 values (one body per line is best)";
const NO_JSON: &str = "no JSON object";

impl Scan {
    /// Follows the brackets of the document that begins at byte 0 of `b`.
    fn run(&mut self, b: &[u8]) -> Scanned {
        loop {
            if self.in_text {
                let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &b[self.at..]) else {
                    self.at = b.len();
                    return Scanned::More;
                };
                let i = self.at + found;
                match b[i] {
                    b'"' => {
                        self.in_text = false;
                        self.at = i + 1;
                        self.last = b'"';
                        if self.due.is_empty() {
                            return Scanned::Complete(self.at);
                        }
                    }
                    b'\\' if i + 1 < b.len() => self.at = i + 2,
                    b'\\' => {
                        self.at = i;
                        return Scanned::More;
                    }
                    _ => return Scanned::Broken(i, NEWLINE_IN_TEXT),
                }
                continue;
            }
            let Some(&c) = b.get(self.at) else { return Scanned::More };
            match c {
                b'"' => self.in_text = true,
                b'{' | b'[' => {
                    if self.at > 0 && !matches!(self.last, b'[' | b',' | b':') {
                        return Scanned::Broken(self.at, BRACKETS);
                    }
                    if self.due.len() == DEPTH_MAX {
                        return Scanned::TooLarge(self.at, TOO_DEEP);
                    }
                    self.due.push(if c == b'{' { b'}' } else { b']' });
                    self.values += 1;
                }
                b'}' | b']' => {
                    if self.due.pop() != Some(c) {
                        return Scanned::Broken(self.at, BRACKETS);
                    }
                    if self.due.is_empty() {
                        return Scanned::Complete(self.at + 1);
                    }
                }
                b',' => self.values += 1,
                _ => {}
            }
            if self.values > VALUES_MAX {
                return Scanned::TooLarge(self.at, TOO_MANY);
            }
            if !c.is_ascii_whitespace() {
                self.last = c;
            }
            self.at += 1;
        }
    }
}

/// Reads one JSON value that fills a text, within the same bounds as a document of a file.
pub fn parse_text(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || text.len() > BODY_MAX {
        return None;
    }
    match Scan::default().run(text.as_bytes()) {
        Scanned::Complete(end) if end == text.len() => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// The documents of a text.
pub struct Frames<R> {
    input: R,
    /// Bytes not consumed yet, from `from` on.
    bytes: Vec<u8>,
    from: usize,
    ended: bool,
    /// Where `from` is.
    place: Place,
    /// Blanks that the line of `from` began with, and whether anything else has been on it.
    indent: usize,
    fresh_line: bool,
    /// Where the array around the documents began.
    array: Option<Place>,
    /// A document has been seen since the last comma.
    wants_comma: bool,
    begun: bool,
}

impl<R: Read> Frames<R> {
    /// The documents of `input`.
    pub fn new(input: R) -> Frames<R> {
        Frames {
            input,
            bytes: Vec::new(),
            from: 0,
            ended: false,
            place: Place { line: 1, column: 1 },
            indent: 0,
            fresh_line: true,
            array: None,
            wants_comma: false,
            begun: false,
        }
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.from..]
    }

    /// Reads more; false at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.from > 0 {
            self.bytes.drain(..self.from);
            self.from = 0;
        }
        // As much again as is waiting, so that a long document is looked at a bounded number of times.
        let wanted = self.rest().len().clamp(CHUNK, BODY_MAX) as u64;
        let more = self.input.by_ref().take(wanted).read_to_end(&mut self.bytes)?;
        self.ended = more == 0;
        Ok(!self.ended)
    }

    /// The next byte.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        while self.rest().is_empty() {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(Some(self.rest()[0]))
    }

    /// The place of the byte `n` ahead.
    fn place_of(&self, n: usize) -> Place {
        let passed = &self.rest()[..n];
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        match memchr::memrchr(b'\n', passed) {
            Some(last) => Place { line: self.place.line + lines, column: (n - last) as u64 },
            None => Place { line: self.place.line, column: self.place.column + n as u64 },
        }
    }

    fn advance(&mut self, n: usize) {
        self.place = self.place_of(n);
        let passed = &self.bytes[self.from..self.from + n];
        let start = memchr::memrchr(b'\n', passed).map(|i| i + 1);
        if start.is_some() {
            self.indent = 0;
            self.fresh_line = true;
        }
        if self.fresh_line {
            let line = &passed[start.unwrap_or(0)..];
            let blanks = line.iter().take_while(|b| b.is_ascii_whitespace()).count();
            self.indent += blanks;
            self.fresh_line = blanks == line.len();
        }
        self.from += n;
    }

    /// The next document, piece of damage or remark; none at the end.
    pub fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        if !std::mem::replace(&mut self.begun, true) {
            while self.rest().len() < 3 && self.fill()? {}
            match self.rest() {
                [0xef, 0xbb, 0xbf, ..] => self.from += 3,
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                    let damage = self.damage(self.place, "UTF-16: save the file as UTF-8", 2);
                    self.skip_all()?;
                    return Ok(Some(damage));
                }
                _ => {}
            }
        }
        loop {
            let Some(c) = self.peek()? else { return Ok(self.end()) };
            match c {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    let blanks = self.rest().iter().take_while(|b| b.is_ascii_whitespace()).count();
                    self.advance(blanks.max(1));
                }
                b',' if self.wants_comma => {
                    self.wants_comma = false;
                    self.advance(1);
                    if self.array.is_none() {
                        return Ok(Some(Frame::Remark("commas between documents")));
                    }
                }
                b'[' if self.array.is_none() => {
                    self.array = Some(self.place);
                    self.wants_comma = false;
                    self.advance(1);
                }
                b']' if self.array.is_some() => {
                    self.array = None;
                    self.wants_comma = false;
                    self.advance(1);
                }
                b'{' | b'[' | b'"' => return self.document().map(Some),
                _ => {
                    if let Some(frame) = self.garbage()? {
                        return Ok(Some(frame));
                    }
                }
            }
        }
    }

    fn end(&mut self) -> Option<Frame> {
        let opened = self.array.take()?;
        let reason = format!("the text ends inside the array that begins at line {}", opened.line);
        Some(Frame::Damage(Damage { place: self.place, reason, text: String::new() }))
    }

    fn skip_all(&mut self) -> io::Result<()> {
        loop {
            self.from = self.bytes.len();
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    /// A piece of `n` bytes, told as damage.
    fn damage(&self, place: Place, reason: impl Into<String>, n: usize) -> Frame {
        let shown = &self.rest()[..n.min(SHOWN_MAX)];
        let text = String::from_utf8_lossy(shown).trim_end().to_string();
        Frame::Damage(Damage { place, reason: reason.into(), text })
    }

    /// Something that begins no document: to the end of the line, the element, or to an object behind a log's own
    /// words on the same line.
    fn garbage(&mut self) -> io::Result<Option<Frame>> {
        let fresh = self.fresh_line && self.array.is_none();
        let in_array = self.array.is_some();
        let stop = |b: &[u8]| match in_array {
            // The first byte is garbage whatever it is.
            true => b.iter().skip(1).position(|c| matches!(c, b',' | b']' | b'\n')).map(|i| i + 1),
            false => memchr::memchr(b'\n', b),
        };
        while stop(self.rest()).is_none() && self.rest().len() < SHOWN_MAX && self.fill()? {}
        let end = stop(self.rest()).unwrap_or(self.rest().len());
        if fresh && let Some(object) = memchr::memmem::find(&self.rest()[..end], b"{\"") {
            self.advance(object);
            return Ok(Some(Frame::Remark("words of a log before the document on its line")));
        }
        let damage = self.damage(self.place, NO_JSON, end);
        self.advance(end);
        self.wants_comma = in_array;
        // A line longer than what was looked at is thrown away with its beginning.
        if !in_array && self.rest().first() != Some(&b'\n') {
            self.skip_line()?;
        }
        Ok(Some(damage))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            match memchr::memchr(b'\n', self.rest()) {
                Some(i) => {
                    self.advance(i);
                    return Ok(());
                }
                None => self.advance(self.rest().len()),
            }
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    /// The document that begins here.
    fn document(&mut self) -> io::Result<Frame> {
        let begins = self.place;
        let mut scan = Scan::default();
        let scanned = loop {
            match scan.run(self.rest()) {
                Scanned::More if self.rest().len() > BODY_MAX => break Scanned::TooLarge(BODY_MAX, TOO_LONG),
                Scanned::More => {
                    if !self.fill()? {
                        break Scanned::Broken(self.rest().len(), ENDS_INSIDE);
                    }
                }
                other => break other,
            }
        };
        match scanned {
            Scanned::Complete(end) => match serde_json::from_slice(&self.rest()[..end]) {
                Ok(value) => {
                    self.advance(end);
                    self.wants_comma = true;
                    Ok(Frame::Document(begins, value))
                }
                Err(e) => Ok(self.misread(end, &e)),
            },
            Scanned::Broken(at, reason) => self.resume_after(at, reason, true),
            Scanned::TooLarge(at, reason) => self.resume_after(at, reason, false),
            Scanned::More => unreachable!("more was read or the text has ended"),
        }
    }

    /// A document whose brackets close but which does not read.
    fn misread(&mut self, end: usize, error: &serde_json::Error) -> Frame {
        // The library's own "at line 1 column n" would be read as the file's.
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or(&text).to_string();
        let line_start = match error.line() {
            0 | 1 => 0,
            n => memchr::memchr_iter(b'\n', &self.rest()[..end]).nth(n - 2).map_or(0, |i| i + 1),
        };
        let at = (line_start + error.column().saturating_sub(1)).min(end);
        let place = self.place_of(at);
        // A cut-off line may have swallowed whole ones behind it: these begin anew.
        let until = memchr::memmem::find(&self.rest()[..end], b"\n{\"").map_or(end, |i| i + 1);
        let damage = self.damage(place, reason, until);
        self.advance(until);
        self.wants_comma = true;
        damage
    }

    /// Tells the damage at byte `at` of the document that begins here, and goes on where the next one seems to
    /// begin: at that byte, or on the next line that opens a bracket with the same indent.
    fn resume_after(&mut self, at: usize, reason: &str, back: bool) -> io::Result<Frame> {
        // Where another document begins on a line of its own, the fault is the end of the one before.
        let whole = self.rest()[..at].trim_ascii_end().len();
        let cut = reason == BRACKETS && self.rest()[whole..at].contains(&b'\n');
        let cut = cut && matches!(self.rest().get(at), Some(b'{' | b'['));
        let (place, reason) = if cut { (self.place_of(whole), CUT_OFF) } else { (self.place_of(at), reason) };
        let indent = self.indent;
        let opens = |b: &[u8], from: usize| {
            let mut from = from;
            loop {
                let line = from + memchr::memchr(b'\n', b.get(from..)?)? + 1;
                let blanks = b[line..].iter().take_while(|c| matches!(c, b' ' | b'\t')).count();
                if blanks == indent && matches!(b.get(line + blanks), Some(b'{' | b'[')) {
                    return Some(line + blanks);
                }
                from = line;
            }
        };
        let here = matches!(self.rest().get(at), Some(b'{' | b'[')).then_some(at);
        let first = if back { opens(&self.rest()[..(at + 1).min(self.rest().len())], 0) } else { None };
        if let Some(until) = first.into_iter().chain(here.filter(|_| back)).min() {
            let damage = self.damage(place, reason, until);
            self.advance(until);
            return Ok(damage);
        }
        let damage = self.damage(place, reason, self.rest().len().min(at.max(1)));
        // What is behind the fault is looked through piece by piece and not kept.
        self.advance(at.min(self.rest().len()));
        self.wants_comma = true;
        loop {
            if let Some(until) = opens(self.rest(), 0) {
                self.advance(until);
                return Ok(damage);
            }
            // The last line may go on in the next piece.
            let keep = memchr::memrchr(b'\n', self.rest()).unwrap_or(self.rest().len());
            self.advance(keep);
            if self.rest().len() > BODY_MAX {
                self.advance(self.rest().len());
            }
            if !self.fill()? {
                self.advance(self.rest().len());
                return Ok(damage);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every document is met in pieces.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            into[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    /// Documents as `line:column=json`, damage as `!line:column reason [text]`, remarks as `#`.
    fn shown(text: &[u8]) -> Vec<String> {
        let collect = |mut frames: Frames<&mut dyn Read>| {
            let mut out = Vec::new();
            while let Some(frame) = frames.next_frame().unwrap() {
                out.push(match frame {
                    Frame::Document(p, v) => format!("{}:{}={v}", p.line, p.column),
                    Frame::Damage(d) => {
                        format!("!{}:{} {} [{}]", d.place.line, d.place.column, d.reason, d.text)
                    }
                    Frame::Remark(r) => format!("#{r}"),
                });
            }
            out
        };
        let whole = collect(Frames::new(&mut { text }));
        assert_eq!(collect(Frames::new(&mut Drops(text))), whole, "however it comes in");
        whole
    }

    #[test]
    fn documents_come_one_a_line_in_an_array_alone_or_one_after_another() {
        let want = ["1:1={\"a\":1}", "2:1={\"b\":\"}\\\"\"}"];
        assert_eq!(shown(b"{\"a\":1}\n{\"b\":\"}\\\"\"}\n"), want);
        assert_eq!(shown(b"{\"a\":1}\r\n{\"b\":\"}\\\"\"}"), want);
        assert_eq!(shown(b"\xef\xbb\xbf{\"a\":1}\n\n"), &want[..1]);
        assert_eq!(shown(b"[{\"a\":1},\n {\"b\":2}]\n"), ["1:2={\"a\":1}", "2:2={\"b\":2}"]);
        assert_eq!(shown(b"[\n  {\n    \"a\": 1\n  }\n]"), ["2:3={\"a\":1}"]);
        assert_eq!(shown(b"{\n  \"a\": 1\n}\n{\n\"b\": 2\n}"), ["1:1={\"a\":1}", "4:1={\"b\":2}"]);
        assert_eq!(shown(b"{\"a\":1}{\"b\":2}"), ["1:1={\"a\":1}", "1:8={\"b\":2}"]);
        assert_eq!(shown(b"[{\"a\":1}]\n[{\"b\":2}]\n"), ["1:2={\"a\":1}", "2:2={\"b\":2}"]);
        assert_eq!(shown(b"\"{\\\"a\\\":1}\"\n"), ["1:1=\"{\\\"a\\\":1}\""]);
        assert_eq!(
            shown(b"{\"a\":1},\n{\"b\":2},\n"),
            ["1:1={\"a\":1}", "#commas between documents", "2:1={\"b\":2}", "#commas between documents"]
        );
        assert_eq!(
            shown(b"2026-03-04 INFO got {\"a\":1}\n"),
            ["#words of a log before the document on its line", "1:21={\"a\":1}"]
        );
        assert!(shown(b"").is_empty() && shown(b" \n\t").is_empty());
    }

    #[test]
    fn damage_is_told_with_its_place_and_the_next_document_is_found() {
        // A line cut off inside a text, inside brackets, and after a comma.
        for cut in ["{\"a\":[{\"b\":\"te", "{\"a\":[{\"b\":1", "{\"a\":[{\"b\":1},", "{\"a\":[", "{\"a\":"] {
            let found = shown(format!("{cut}\n{{\"c\":1}}\n{{\"d\":1}}\n").as_bytes());
            assert_eq!(found.len(), 3, "{cut}: {found:?}");
            assert!(found[0].starts_with('!') && found[0].ends_with(&format!("[{cut}]")), "{found:?}");
            assert_eq!(found[1..], ["2:1={\"c\":1}", "3:1={\"d\":1}"], "{cut}");
        }
        // A stray bracket and a stray word after a whole object.
        let found = shown(b"{\"a\":1}\n{\n");
        assert_eq!(found[0], "1:1={\"a\":1}");
        assert_eq!(found[1], "!3:1 the text ends inside a document [{]");
        assert_eq!(found.len(), 2);
        let found = shown(b"{\"a\":1} tail\n{\"b\":1}\n");
        assert_eq!(found, ["1:1={\"a\":1}", "!1:9 no JSON object [tail]", "2:1={\"b\":1}"]);
        // A trailing comma.
        let found = shown(b"{\"a\":1,}\n{\"b\":1}\n");
        assert!(found[0].starts_with("!1:8 trailing comma") && found[1] == "2:1={\"b\":1}", "{found:?}");
        let found = shown(b"{\n  \"a\": [\n    1,\n  ]\n}\n{\"b\":1}\n");
        assert!(found[0].starts_with("!4:") && found[1] == "6:1={\"b\":1}", "{found:?}");
        assert_eq!(found.len(), 2);
        // Inside an array the elements around a broken one are kept.
        let found = shown(b"[{\"a\":1},{\"b\":1,},oops,{\"c\":1}]");
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!((found[0].as_str(), found[3].as_str()), ("1:2={\"a\":1}", "1:24={\"c\":1}"));
        assert!(found[2].starts_with("!1:19 no JSON object [oops]"), "{found:?}");
        // Pretty-printed, cut off in the middle.
        let found = shown(b"{\n  \"a\": {\n    \"b\": 1\n{\n  \"c\": 1\n}\n");
        assert!(
            found[0].starts_with("!3:11 the document is cut off here") && found[1] == "4:1={\"c\":1}",
            "{found:?}"
        );
        let found = shown(b"[{\"a\":1},");
        assert_eq!(found[1], "!1:10 the text ends inside the array that begins at line 1 []");
        assert!(shown(b"\xff\xfe{\0\"\0")[0].contains("UTF-16"));
        assert_eq!(shown(b"nothing\nhere\n").len(), 2);
        assert_eq!(shown(b"]}{\"a\":1}\n").last().unwrap(), "1:3={\"a\":1}");
        let found = shown(b"{\"a\":\"\xff\"}\n{\"b\":1}\n");
        assert!(found[0].starts_with("!1:") && found[1] == "2:1={\"b\":1}", "{found:?}");
    }

    #[test]
    fn hostile_texts_end_in_bounded_memory() {
        let deep = "[".repeat(300_000);
        let found = shown_whole(deep.as_bytes());
        assert!(found.iter().all(|f| matches!(f, Frame::Damage(_))), "{}", found.len());
        let deep = format!("{{\"a\":{}1{}}}\n{{\"b\":1}}\n", "[".repeat(200), "]".repeat(200));
        let found = shown_whole(deep.as_bytes());
        assert!(matches!(&found[0], Frame::Damage(d) if d.reason.contains("120 brackets")), "{found:?}");
        assert!(matches!(found.last(), Some(Frame::Document(p, _)) if p.line == 2));
        // One text without an end, as long as it likes.
        let mut frames = Frames::new((&b"{\"a\":\""[..]).chain(io::repeat(b'x').take(40 << 20)));
        let mut damage = 0;
        while let Some(frame) = frames.next_frame().unwrap() {
            assert!(matches!(frame, Frame::Damage(d) if d.text.len() <= SHOWN_MAX));
            assert!(frames.bytes.capacity() <= 3 * BODY_MAX);
            damage += 1;
        }
        assert_eq!(damage, 1);
        let many = format!("{{\"a\":[{}1]}}\n{{\"b\":1}}", "1,".repeat(VALUES_MAX + 1));
        let found = shown_whole(many.as_bytes());
        assert!(matches!(&found[0], Frame::Damage(d) if d.reason.contains("1,048,576 values")));
        assert!(matches!(found.last(), Some(Frame::Document(p, _)) if p.line == 2));
        assert!(parse_text("{\"a\":1} x").is_none() && parse_text(&"[".repeat(9999)).is_none());
        assert!(parse_text(" {\"a\":1} ").is_some());
    }

    fn shown_whole(text: &[u8]) -> Vec<Frame> {
        let mut frames = Frames::new(text);
        let mut out = Vec::new();
        while let Some(frame) = frames.next_frame().unwrap() {
            out.push(frame);
        }
        out
    }
}
