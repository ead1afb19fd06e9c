//! A stretch of an input's bytes, always whole lines: filled over and over, bounded whatever the input does.
//!
//! Must not know what the lines mean.

use std::io::{self, Read};
use std::path::Path;

use super::input::{read_fault, unreadable};
use crate::store::StoreError;

/// Longest record (a line, or a CSV record with line breaks in quotes) in bytes. Real rows take some hundreds.
pub const MAX_RECORD: usize = 1 << 20;
/// Bytes read at once: small enough for a processor's cache.
const STRETCH: usize = 128 * 1024;

/// Reads stretches of whole lines.
pub(super) struct Window {
    input: Box<dyn Read + Send>,
    /// What was read and not given out yet.
    rest: Vec<u8>,
    ended: bool,
    begun: bool,
}

impl Window {
    /// A window over `head` and then `input`.
    pub fn new(head: Vec<u8>, input: Box<dyn Read + Send>) -> Window {
        Window { input, rest: head, ended: false, begun: false }
    }

    /// Whether the last filling reached the end of the input.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Overwrites `bytes` with the next lines and returns how many bytes count: up to and with a line end, or up to
    /// the end of the input; 0 at the end. What lies beyond is of no meaning. A line longer than [`MAX_RECORD`] is
    /// given out cut, more than that long.
    pub fn fill(&mut self, bytes: &mut Vec<u8>, path: &Path) -> Result<usize, StoreError> {
        bytes.resize(STRETCH.max(self.rest.len() + STRETCH / 2), 0);
        bytes[..self.rest.len()].copy_from_slice(&self.rest);
        let mut filled = std::mem::take(&mut self.rest).len();
        let end = loop {
            while filled < bytes.len() && !self.ended {
                match self.input.read(&mut bytes[filled..]) {
                    Ok(0) => self.ended = true,
                    Ok(n) => filled += n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(read_fault(path, e)),
                }
            }
            if self.ended {
                break filled;
            }
            if let Some(at) = last_line_end(&bytes[..filled]) {
                break at;
            }
            if filled > MAX_RECORD + STRETCH {
                break filled;
            }
            bytes.resize(bytes.len() * 2, 0);
        };
        self.rest.extend_from_slice(&bytes[end..filled]);
        if !std::mem::replace(&mut self.begun, true) && bytes[..end].starts_with(b"\xef\xbb\xbf") {
            // The byte order mark, as blanks that a first line may begin with.
            bytes.copy_within(3..end, 0);
            return Ok(end - 3);
        }
        Ok(end)
    }

    /// Takes back lines given out, because they are the beginning of something longer.
    pub fn take_back(&mut self, lines: &[u8], path: &Path, line: u64) -> Result<(), StoreError> {
        // The rest has no line end in it, so all of it belongs to the record that these lines begin.
        if lines.len() + self.rest.len() > MAX_RECORD {
            return Err(too_long(path, line));
        }
        self.put_back(lines);
        Ok(())
    }

    /// Puts lines back that are for the next filling.
    pub fn put_back(&mut self, lines: &[u8]) {
        self.rest.splice(..0, lines.iter().copied());
    }
}

fn last_line_end(bytes: &[u8]) -> Option<usize> {
    let newline = memchr::memrchr(b'\n', bytes);
    // Lines may end in a lone carriage return; at the very end one may be half of a pair.
    let lone = || memchr::memrchr(b'\r', &bytes[..bytes.len().saturating_sub(1)]);
    newline.or_else(lone).map(|at| at + 1)
}

/// The fault that always ends the reading: what follows can't be told apart any more.
pub(super) fn too_long(path: &Path, line: u64) -> StoreError {
    let mib = MAX_RECORD >> 20;
    unreadable(
        path,
        format!(
            "line {line}: a record longer than {mib} MiB; is it a log, and are all quotation marks closed?"
        ),
    )
}

/// Where a stretch is no UTF-8; nowhere, as a rule.
#[derive(Default)]
pub(super) struct Bad {
    /// Offsets, in order.
    at: Vec<usize>,
    /// The bytes as they were found, if any was bad: what is put back must be what was there.
    pub bytes: Option<Vec<u8>>,
}

impl Bad {
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The first bad place in `from..to`.
    pub fn within(&self, from: usize, to: usize) -> Option<usize> {
        self.at.get(self.at.partition_point(|b| *b < from)).copied().filter(|b| *b < to)
    }
}

/// The bytes as text, those that are no UTF-8 as `?`.
pub(super) fn text_of(bytes: Vec<u8>) -> (String, Bad) {
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, Bad::default()),
        Err(e) => e.into_bytes(),
    };
    let mut bad = Bad { at: Vec::new(), bytes: Some(bytes.clone()) };
    let mut from = 0;
    while let Err(e) = std::str::from_utf8(&bytes[from..]) {
        let at = from + e.valid_up_to();
        let end = e.error_len().map_or(bytes.len(), |n| at + n);
        bad.at.push(at);
        bytes[at..end].fill(b'?');
        from = end;
    }
    (String::from_utf8(bytes).expect("what is no UTF-8 was blanked"), bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every border is met.
    struct Drip(Vec<u8>, usize);
    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(byte) = self.0.get(self.1) else { return Ok(0) };
            self.1 += 1;
            buffer[0] = *byte;
            Ok(1)
        }
    }

    fn lines_of(text: &[u8], drip: bool) -> Vec<usize> {
        let input: Box<dyn Read + Send> = match drip {
            true => Box::new(Drip(text.to_vec(), 0)),
            false => Box::new(io::Cursor::new(text.to_vec())),
        };
        let mut window = Window::new(Vec::new(), input);
        let (mut bytes, mut out, mut all) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let n = window.fill(&mut bytes, Path::new("x")).unwrap();
            if n == 0 {
                break;
            }
            out.push(n);
            all.extend_from_slice(&bytes[..n]);
        }
        assert_eq!(all, text);
        out
    }

    #[test]
    fn stretches_end_with_lines_and_lose_nothing() {
        let text: Vec<u8> = (0..60_000).flat_map(|i| format!("line {i}\n").into_bytes()).collect();
        assert_eq!(lines_of(&text, false), lines_of(&text, true));
        assert!(lines_of(&text, false).len() > 2);
        assert_eq!(lines_of(b"no end", false), [6]);
        assert!(lines_of(b"", false).is_empty());
    }

    #[test]
    fn a_line_without_end_is_cut_and_memory_stays_small() {
        let mut window = Window::new(Vec::new(), Box::new(io::repeat(b'x')));
        let mut bytes = Vec::new();
        let n = window.fill(&mut bytes, Path::new("x")).unwrap();
        assert!(n > MAX_RECORD && bytes.len() <= 4 * MAX_RECORD, "{n} of {}", bytes.len());
    }

    #[test]
    fn bad_bytes_are_found_and_blanked() {
        let found = b"a\xffb\xc3\n\xe2\x82".to_vec();
        let (text, bad) = text_of(found.clone());
        assert_eq!((text.as_str(), bad.at.as_slice()), ("a?b?\n??", &[1, 3, 5][..]));
        assert_eq!(bad.bytes, Some(found));
        assert_eq!((bad.within(0, 1), bad.within(2, 9), bad.within(6, 9)), (None, Some(3), None));
        assert!(text_of("é€".into()).1.is_empty());
    }
}
