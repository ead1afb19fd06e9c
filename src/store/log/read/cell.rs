//! Text of one cell to what it means: times, event names, positions. Fast for what programs write, exact for the
//! rest.
//!
//! Must not know formats; the format says where the cell is.

use crate::messaging::record::Event;
use crate::sim::SimTime;

/// What is wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Column: a CSV field or a Parquet column by number from 1, in NDJSON the byte of the line, from 1.
    pub column: u64,
    pub found: String,
    pub allowed: String,
}

impl Fault {
    pub fn new(column: u64, found: impl Into<String>, allowed: impl Into<String>) -> Fault {
        Fault { column, found: found.into(), allowed: allowed.into() }
    }
}

/// A found text as a message shows it: quoted, and short.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}… ({} bytes)", &text[..end], text.len()),
    }
}

/// Reads cells; remembers the last minute and day and recent event names, because logs repeat them.
pub(super) struct Cells {
    /// `YYYY-MM-DDTHH:MM` as last seen, and its instant in milliseconds.
    minute: [u8; 16],
    minute_at: i64,
    /// `YYYY-MM-DD` as last seen, and its midnight in milliseconds.
    day: [u8; 10],
    midnight: i64,
    names: Box<[Option<(String, Event)>; 256]>,
}

impl Default for Cells {
    fn default() -> Cells {
        Cells {
            minute: [0; 16],
            minute_at: 0,
            day: [0; 10],
            midnight: 0,
            names: Box::new([const { None }; 256]),
        }
    }
}

impl Cells {
    /// A `time` cell.
    #[inline]
    pub fn time(&mut self, text: &str) -> Result<i64, Box<Fault>> {
        if let Some(ms) = self.same_minute(text.as_bytes()) {
            return Ok(ms);
        }
        if let Some(ms) = self.plain_stamp(text.as_bytes()) {
            return Ok(ms);
        }
        if let Some(ms) = plain_integer(text.as_bytes()) {
            return Ok(ms);
        }
        slow_time(text)
    }

    /// `:SS.mmmZ` after the minute last seen, nothing else.
    #[inline]
    fn same_minute(&self, b: &[u8]) -> Option<i64> {
        let b: &[u8; 24] = b.try_into().ok()?;
        let (minute, rest) = b.split_first_chunk::<16>()?;
        if *minute != self.minute {
            return None;
        }
        // Digits become 0 to 9, signs 0, anything else something larger.
        let found = u64::from_le_bytes(rest.try_into().ok()?) ^ u64::from_le_bytes(*b":00.000Z");
        const TENS: u64 = 0xf0f0_f0f0_f0f0_f0f0;
        const SIGNS: u64 = 0xff00_0000_ff00_00ff;
        if (found | found.wrapping_add(0x0606_0606_0606_0606)) & TENS != 0 || found & SIGNS != 0 {
            return None;
        }
        let digit = |at: u32| ((found >> (8 * at)) & 15) as i64;
        let seconds = digit(1) * 10 + digit(2);
        let ms = (digit(4) * 10 + digit(5)) * 10 + digit(6);
        (seconds < 60).then_some(self.minute_at + seconds * 1000 + ms)
    }

    /// `YYYY-MM-DDTHH:MM:SSZ` or with milliseconds, nothing else.
    #[inline]
    fn plain_stamp(&mut self, b: &[u8]) -> Option<i64> {
        let (clock, ms): (&[u8; 8], i64) = match b.len() {
            20 => (b[11..19].try_into().ok()?, 0),
            24 => {
                let (point, digits) = (b[19], &b[20..23]);
                let ms = digits.iter().try_fold(0, |n, d| Some(n * 10 + digit(*d)?))?;
                if point != b'.' {
                    return None;
                }
                (b[11..19].try_into().ok()?, ms)
            }
            _ => return None,
        };
        if *b.last()? != b'Z' || !matches!(b[10], b'T' | b' ') {
            return None;
        }
        // HH:MM:SS at once: digits become 0 to 9 and colons 0, anything else something larger.
        let found = u64::from_le_bytes(*clock) ^ u64::from_le_bytes(*b"00:00:00");
        const TENS: u64 = 0xf0f0_f0f0_f0f0_f0f0;
        const COLONS: u64 = 0x0000_ff00_00ff_0000;
        if (found | found.wrapping_add(0x0606_0606_0606_0606)) & TENS != 0 || found & COLONS != 0 {
            return None;
        }
        let two = |at: u32| ((found >> (8 * at)) & 15) as i64 * 10 + ((found >> (8 * at + 8)) & 15) as i64;
        let (h, m, s) = (two(0), two(3), two(6));
        // A leap second is left to the slow way.
        if h > 23 || m > 59 || s > 59 {
            return None;
        }
        if b[..10] != self.day {
            self.midnight = midnight(b[..10].try_into().ok()?)?;
            self.day.copy_from_slice(&b[..10]);
        }
        self.minute.copy_from_slice(&b[..16]);
        self.minute_at = self.midnight + (h * 60 + m) * 60_000;
        Some(self.minute_at + s * 1000 + ms)
    }

    /// An `event` cell.
    #[inline]
    pub fn event(&mut self, text: &str) -> Result<Event, Box<Fault>> {
        let slot = &mut self.names[slot_of(text.as_bytes())];
        if let Some((name, event)) = slot
            && name == text
        {
            return Ok(*event);
        }
        match Event::parse(text) {
            Some(event) => {
                *slot = Some((text.to_string(), event));
                Ok(event)
            }
            None => Err(Box::new(bad_event(text))),
        }
    }
}

/// A place for an event name in a small table; which names meet is of no consequence but speed.
#[inline]
fn slot_of(b: &[u8]) -> usize {
    let (first, last) = (b.first().copied().unwrap_or(0), b.last().copied().unwrap_or(0));
    let middle = b.get(b.len() / 2).copied().unwrap_or(0);
    let late = b.get(b.len().wrapping_sub(3)).copied().unwrap_or(0);
    let word = u32::from_le_bytes([first, last, middle, late]) ^ ((b.len() as u32) << 11);
    (word.wrapping_mul(0x9e37_79b1) >> 24) as usize
}

#[inline]
fn digit(b: u8) -> Option<i64> {
    let d = b.wrapping_sub(b'0');
    (d <= 9).then_some(i64::from(d))
}

/// Midnight of `YYYY-MM-DD` in milliseconds since 1970, for years from 1.
fn midnight(b: &[u8; 10]) -> Option<i64> {
    let number = |r: std::ops::Range<usize>| b[r].iter().try_fold(0, |n, d| Some(n * 10 + digit(*d)?));
    let (y, m, d) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let days = match m {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if b[4] != b'-' || b[7] != b'-' || y < 1 || d < 1 || d > days {
        return None;
    }
    // Days from 0000-03-01, the leap day being the last of its year, less those to 1970-01-01.
    let (y, m) = if m > 2 { (y, m - 3) } else { (y - 1, m + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 1;
    Some((days - 719_468) * SimTime::DAY_MS)
}

/// A whole number of seconds or milliseconds, of at most 17 digits, nothing else.
#[inline]
fn plain_integer(b: &[u8]) -> Option<i64> {
    let (negative, digits) = match b.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, b),
    };
    if digits.is_empty() || digits.len() > 17 {
        return None;
    }
    let n = digits.iter().try_fold(0_i64, |n, d| Some(n * 10 + digit(*d)?))?;
    of_integer(if negative { -n } else { n })
}

/// The instant of an integer time, if the calendar has it.
pub(super) fn of_integer(n: i64) -> Option<i64> {
    let ms = if n.unsigned_abs() < 100_000_000_000 { n * 1000 } else { n };
    in_calendar(ms)
}

/// Years 1 to 9999.
pub(super) fn in_calendar(ms: i64) -> Option<i64> {
    (-62_135_596_800_000..=253_402_300_799_999).contains(&ms).then_some(ms)
}

#[cold]
fn slow_time(text: &str) -> Result<i64, Box<Fault>> {
    SimTime::parse(text).map(|t| t.0).map_err(|e| {
        let found = match text.is_empty() {
            true => "no time".to_string(),
            false => format!("time {}", quoted(&e.found)),
        };
        Box::new(Fault::new(0, found, e.wanted))
    })
}

/// Says which name was meant.
#[cold]
fn bad_event(text: &str) -> Fault {
    if text.is_empty() {
        return Fault::new(0, "no event", "an event name of log schema 1, such as message_sent");
    }
    let near = Event::names()
        .filter(|_| text.len() <= 64)
        .map(|name| (strsim::damerau_levenshtein(name, &text.to_lowercase()), name))
        .min()
        .filter(|(distance, name)| *distance * 3 <= name.len());
    let hint = near.map_or(String::new(), |(_, name)| format!("; did you mean `{name}`?"));
    Fault::new(0, format!("event {}", quoted(text)), format!("an event name of log schema 1{hint}"))
}

/// A `cause` cell.
pub(super) fn cause(text: &str) -> Result<Option<u64>, Box<Fault>> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(n) if text.as_bytes()[0] != b'+' => Ok(Some(n)),
        _ => Err(Box::new(Fault::new(
            0,
            format!("cause {}", quoted(text)),
            "a row's position from 1, or nothing",
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_times_are_what_the_slow_way_says() {
        let mut cells = Cells::default();
        let mut both = |text: &str| {
            let slow = SimTime::parse(text).ok().map(|t| t.0);
            assert_eq!(cells.time(text).ok(), slow, "{text}");
            slow
        };
        for (text, known) in [
            ("2026-03-04T10:00:00Z", true),
            ("2026-03-04 10:00:00.123Z", true),
            ("2026-02-29T10:00:00Z", false),
            ("2024-02-29T10:00:00.000Z", true),
            ("2000-02-29T23:59:59Z", true),
            ("1900-02-29T23:59:59Z", false),
            ("0001-01-01T00:00:00Z", true),
            ("0000-12-31T23:59:59Z", false),
            ("9999-12-30T21:59:59.999Z", true),
            ("2026-04-31T00:00:00Z", false),
            ("2026-00-10T00:00:00Z", false),
            ("2026-01-00T00:00:00Z", false),
            ("2026-01-01T24:00:00Z", false),
            ("2026-01-01T23:60:00Z", false),
            ("2026/01/01T23:00:00Z", false),
            ("2026-01-01T23.00.00Z", false),
            ("2026-01-01T23:0:000Z", false),
            ("2026-01-01T2:000:00Z", false),
            ("2026-01-01T23:00:0:Z", false),
            ("2026-01-01T23:00:\u{7f}0Z", false),
            ("2026-01-01T23:\u{e9}:00Z", false),
            ("2026-01-01T23:00:00,123Z", true),
            ("2026-01-01T23:00:00.12Z", true),
            ("2026-01-01T23:00:00.1234567890123Z", true),
            ("2026-01-01T23:00:00X", false),
            ("-1", true),
            ("0", true),
            ("-0", true),
            ("99999999999", true),
            ("100000000000", true),
            ("-62135596800", true),
            ("-62135596801", false),
            ("-100000000000", true),
            ("-9223372036854775808", false),
            ("99999999999999999999", false),
            ("+1", false),
            ("1.5", false),
            ("-", false),
            (" 12 ", true),
        ] {
            assert_eq!(both(text).is_some(), known, "{text}");
        }
        assert_eq!(both("1969-12-31T23:59:59.9999Z"), Some(-1));
        assert_eq!(both("-1"), Some(-1000));
        assert_eq!(both("99999999999"), Some(99_999_999_999_000));
        assert_eq!(both("100000000000"), Some(100_000_000_000));
    }

    #[test]
    fn further_times_of_a_minute_are_what_the_slow_way_says() {
        let mut cells = Cells::default();
        cells.time("2026-03-04T10:07:59.999Z").unwrap();
        for rest in [
            ":00.000Z",
            ":59.999Z",
            ":60.000Z",
            ":61.000Z",
            ":0a.000Z",
            ":00,000Z",
            ":00.00Z",
            ":00Z",
            ".00.000Z",
            ":00.0:0Z",
            ":00.000X",
            ":00.000+00:00",
            ":99.999Z",
            ":00.0/0Z",
            ":00.\u{e9}0Z",
        ] {
            let text = format!("2026-03-04T10:07{rest}");
            assert_eq!(cells.time(&text).ok(), SimTime::parse(&text).ok().map(|t| t.0), "{text}");
        }
        assert_eq!(cells.time("2026-03-04T10:08:00.000Z").ok(), cells.time("2026-03-04T10:08:00Z").ok());
    }

    proptest! {
        #[test]
        fn any_instant_reads_the_same_both_ways(ms in -62_135_596_800_000_i64..=253_402_300_799_999) {
            let text = SimTime(ms).to_string();
            prop_assert_eq!(Cells::default().time(&text).ok(), Some(ms));
            let seconds = SimTime(ms.div_euclid(1000) * 1000).to_string().replace(".000Z", "Z");
            prop_assert_eq!(Cells::default().time(&seconds).ok(), Some(ms.div_euclid(1000) * 1000));
        }

        #[test]
        fn any_text_reads_the_same_both_ways(text in "[0-9]{3,4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{3})?Z?") {
            prop_assert_eq!(Cells::default().time(&text).ok(), SimTime::parse(&text).ok().map(|t| t.0));
        }
    }

    #[test]
    fn every_event_name_reads_also_when_they_share_a_slot() {
        let mut cells = Cells::default();
        for _ in 0..2 {
            for name in Event::names().chain(["sent", "send", "reply", "block", "opt_out"]) {
                assert_eq!(cells.event(name).unwrap(), Event::parse(name).unwrap());
            }
        }
        let fault = cells.event("mesage_sent").unwrap_err();
        assert!(fault.allowed.contains("did you mean `message_sent`?"), "{fault:?}");
        assert_eq!(cells.event("").unwrap_err().found, "no event");
    }

    #[test]
    fn long_texts_are_shown_short() {
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
        let long = quoted(&"é".repeat(1000));
        assert!(long.ends_with("… (2000 bytes)") && long.chars().count() < 110, "{long}");
    }
}
