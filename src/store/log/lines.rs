//! Lines of text put together in one block of memory, and handed on in strides of a fixed length.
//!
//! A run writes millions of lines that consist of short pieces, so a piece is copied by a few moves of eight bytes and
//! looked at for characters that need care while it passes. Must not know what a line says.

use crate::sim::SimTime;

/// Bytes of a stride: large enough that system calls cost nothing per line, and whole subtrees of the hash, which then
/// has nothing to put aside.
pub(super) const STRIDE: usize = 64 * 1024;

/// Lines on their way.
pub(super) struct Lines {
    /// What is written, and room behind it.
    bytes: Vec<u8>,
    written: usize,
}

impl Lines {
    pub fn new() -> Lines {
        Lines { bytes: vec![0; STRIDE + 4096], written: 0 }
    }

    /// Begins a line of at most `most` bytes; it counts once it is [done](Lines::done).
    #[inline]
    pub fn pen(&mut self, most: usize) -> Pen<'_> {
        if self.bytes.len() - self.written < most {
            self.bytes.resize(self.written + most, 0);
        }
        Pen { rest: &mut self.bytes[self.written..], found: 0 }
    }

    /// A line ends where so much room was left behind it.
    #[inline]
    pub fn done(&mut self, left: usize) {
        self.written = self.bytes.len() - left;
    }

    /// Appends bytes as they are.
    pub fn append(&mut self, bytes: &[u8]) {
        let mut pen = self.pen(bytes.len());
        pen.plain(bytes);
        let left = pen.left();
        self.done(left);
    }

    /// Hands on whole strides, if there are any.
    #[inline]
    pub fn hand_on(&mut self, take: impl FnOnce(&[u8])) {
        if self.written >= STRIDE {
            let whole = self.written - self.written % STRIDE;
            take(&self.bytes[..whole]);
            self.bytes.copy_within(whole..self.written, 0);
            self.written -= whole;
        }
    }

    /// What was not handed on.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[..self.written]
    }
}

/// Writes one line from left to right into room that was made for it.
pub(super) struct Pen<'a> {
    rest: &'a mut [u8],
    /// Not zero once a text had one of the characters looked for.
    found: u64,
}

impl Pen<'_> {
    #[inline(always)]
    fn take(&mut self, n: usize) -> &mut [u8] {
        let (piece, rest) = std::mem::take(&mut self.rest).split_at_mut(n);
        self.rest = rest;
        piece
    }

    /// A piece whose length is known when this is compiled.
    #[inline(always)]
    pub fn fixed<const N: usize>(&mut self, piece: &[u8; N]) {
        self.take(N).copy_from_slice(piece);
    }

    /// A piece that needs no looking at.
    #[inline]
    pub fn plain(&mut self, piece: &[u8]) {
        copy(self.take(piece.len()), piece, |_| 0);
    }

    /// A text that is good as it is unless `find` finds something in its words of eight bytes. Words may overlap, and
    /// bytes that a short text does not fill are the digit 0. Put in wherever it is called, since each place has texts
    /// of its own length.
    #[inline(always)]
    pub fn text(&mut self, text: &str, find: impl Fn(u64) -> u64) {
        let text = text.as_bytes();
        let found = copy(self.take(text.len()), text, find);
        self.found |= found;
    }

    /// A number.
    #[inline]
    pub fn number(&mut self, n: u64) {
        self.plain(itoa::Buffer::new().format(n).as_bytes());
    }

    /// Whether every text was good as it is.
    #[inline]
    pub fn clean(&self) -> bool {
        self.found == 0
    }

    /// Room left behind the line.
    #[inline]
    pub fn left(&self) -> usize {
        self.rest.len()
    }
}

/// Copies a text into a place of its length.
#[inline(always)]
fn copy(to: &mut [u8], text: &[u8], find: impl Fn(u64) -> u64) -> u64 {
    if let (Some(last), Some(end)) = (text.last_chunk::<8>(), to.len().checked_sub(8)) {
        let mut found = 0;
        for (to, text) in to.as_chunks_mut::<8>().0.iter_mut().zip(text.as_chunks::<8>().0) {
            *to = *text;
            found |= find(u64::from_le_bytes(*text));
        }
        // The last eight overlap those before.
        to[end..].copy_from_slice(last);
        return found | find(u64::from_le_bytes(*last));
    }
    // Put together in registers: bytes stored one by one and read back as a word would wait for each other.
    let word = match (text, text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (_, Some(first), Some(last)) => {
            let end = to.len() - 4;
            to[..4].copy_from_slice(first);
            to[end..].copy_from_slice(last);
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        ([first, .., last], _, _) => {
            // Two or three.
            let middle = text[text.len() / 2];
            to[0] = *first;
            to[text.len() / 2] = middle;
            to[text.len() - 1] = *last;
            FILLER << 24 | u64::from(*first) | u64::from(middle) << 8 | u64::from(*last) << 16
        }
        ([one], _, _) => {
            to[0] = *one;
            FILLER << 8 | u64::from(*one)
        }
        _ => FILLER,
    };
    find(word)
}

/// The digit 0, eight times.
const FILLER: u64 = ONES * b'0' as u64;
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Not zero if one of the bytes is `wanted`, which is below 128. Exact as a yes or no for the whole word only.
#[inline]
pub(super) fn has(word: u64, wanted: u8) -> u64 {
    (word ^ (ONES * u64::from(wanted))).wrapping_sub(ONES) & !word & HIGH
}

/// Not zero if one of the bytes is below `bound`, which is at most 128. Exact as a yes or no for the whole word only.
#[inline]
pub(super) fn has_below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(bound)) & !word & HIGH
}

/// Instants as text; remembers the minute it wrote last, because most rows share it with the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Minutes since 1970, and the text of it: `YYYY-MM-DDTHH:MM`.
    minute: i64,
    text: [u8; 16],
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { minute: 0, text: *b"1970-01-01T00:00" }
    }
}

impl Clock {
    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    #[inline]
    pub fn text(&mut self, time: SimTime) -> [u8; 24] {
        let minute = time.0.div_euclid(60_000);
        if minute != self.minute {
            self.turn(time, minute);
        }
        let rest = (time.0 - minute * 60_000) as u32;
        let (s, ms) = (rest / 1000, rest % 1000);
        let digit = |n: u32| b'0' + n as u8;
        let mut text = [0; 24];
        text[..16].copy_from_slice(&self.text);
        text[16..].copy_from_slice(&[
            b':',
            digit(s / 10),
            digit(s % 10),
            b'.',
            digit(ms / 100),
            digit(ms / 10 % 10),
            digit(ms % 10),
            b'Z',
        ]);
        text
    }

    #[cold]
    fn turn(&mut self, time: SimTime, minute: i64) {
        let mut text = Vec::with_capacity(24);
        time.write_to(&mut text);
        self.text.copy_from_slice(&text[..16]);
        self.minute = minute;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_same_whether_or_not_the_minute_was_written_before() {
        let mut clock = Clock::default();
        for ms in [1, 59_999, 60_000, 60_001, 119_999, -1, -60_000, -60_001, 59_999, 1_767_225_661_234] {
            let mut other = Vec::new();
            SimTime(ms).write_to(&mut other);
            assert_eq!(clock.text(SimTime(ms)).as_slice(), other, "{ms}");
        }
    }

    #[test]
    fn pieces_of_every_length_come_out_as_they_went_in_and_in_whole_strides() {
        let text: String = ('a'..='z').chain('A'..='Z').collect();
        let (mut lines, mut wanted, mut got) = (Lines::new(), Vec::new(), Vec::new());
        for round in 0..4000 {
            let piece = &text[round % 7..round % 7 + round % 46];
            let mut pen = lines.pen(3 + 2 * piece.len() + 20);
            pen.fixed(b"<|>");
            pen.text(piece, |w| has(w, b'!'));
            pen.number(round as u64);
            assert!(pen.clean());
            let left = pen.left();
            lines.done(left);
            wanted.extend_from_slice(format!("<|>{piece}{round}").as_bytes());
            lines.hand_on(|bytes| {
                assert_eq!(bytes.len() % STRIDE, 0);
                got.extend_from_slice(bytes);
            });
            assert!(lines.rest().len() < STRIDE);
        }
        // Longer than all the room there is.
        let long = vec![b'y'; 3 * STRIDE + 5];
        lines.append(&long);
        wanted.extend_from_slice(&long);
        lines.hand_on(|bytes| got.extend_from_slice(bytes));
        got.extend_from_slice(lines.rest());
        assert_eq!(got, wanted);
    }

    #[test]
    fn a_character_looked_for_is_found_wherever_it_stands_and_no_other() {
        for length in 1..40 {
            for place in 0..length {
                for byte in 0..=0x7f {
                    let mut text = vec![b'x'; length];
                    text[place] = byte;
                    let text = String::from_utf8(text).unwrap();
                    let found = |find: &dyn Fn(u64) -> u64| {
                        let mut lines = Lines::new();
                        let mut pen = lines.pen(length);
                        pen.text(&text, find);
                        !pen.clean()
                    };
                    assert_eq!(found(&|w| has(w, b',')), byte == b',', "{text:?}");
                    assert_eq!(found(&|w| has_below(w, 0x20)), byte < 0x20, "{text:?}");
                }
            }
        }
        assert_eq!(has(u64::from_le_bytes("éüß¬".as_bytes().try_into().unwrap()), b','), 0);
    }
}
