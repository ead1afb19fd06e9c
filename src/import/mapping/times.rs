//! Times as other systems write them.
//!
//! A local time is one instant in its time zone, or the first of two when clocks go back; one that clocks skip is none.
//! Knows formats of single times only.

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::sim::SimTime;

/// How a time is written.
#[derive(Clone, Debug)]
pub enum TimeFormat {
    /// As in our own log: RFC 3339 with its offset, or whole seconds or milliseconds since 1970, told by their size.
    Log,
    /// Whole seconds since 1970.
    Seconds,
    /// Whole milliseconds since 1970.
    Milliseconds,
    /// A pattern with `%`, and the time zone of what it leaves open.
    Pattern {
        /// The pattern.
        pattern: String,
        /// The zone, if the pattern has no offset of its own.
        zone: TimeZone,
    },
}

/// Instants that a log can hold: years 1 to 9999.
const MOST: i64 = 253_402_300_799_999;
const LEAST: i64 = -62_135_596_800_000;

impl TimeFormat {
    /// What may be written for a format, for messages.
    pub const ALLOWED: &'static str = "\"log\" (RFC 3339, or seconds or milliseconds since 1970), \"seconds\", \"milliseconds\", or a pattern such as \
         \"%Y-%m-%d %H:%M:%S\"";

    /// A format by its text; the zone is that of patterns without an offset.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<TimeFormat, String> {
        Ok(match text {
            "log" => TimeFormat::Log,
            "seconds" => TimeFormat::Seconds,
            "milliseconds" => TimeFormat::Milliseconds,
            _ if text.contains('%') => {
                let pattern = TimeFormat::Pattern { pattern: text.to_string(), zone: zone.clone() };
                pattern.works()?;
                pattern
            }
            _ => return Err(String::new()),
        })
    }

    /// Whether a pattern gives back a day that it writes.
    fn works(&self) -> Result<(), String> {
        let TimeFormat::Pattern { pattern, .. } = self else { return Ok(()) };
        let Ok(written) = sample(pattern) else {
            let wrong = pieces(pattern).find(|p| sample(p).is_err()).unwrap_or(pattern);
            return Err(format!("the pattern has {wrong:?}, which stands for nothing"));
        };
        let read = self
            .read(&written)
            .map_err(|bad| format!("the pattern writes {written:?} and can't read it: {}", bad.allowed))?;
        // A zone other than UTC moves the sample, and so does the time of day where the pattern leaves it out.
        let away = (read.0 - SAMPLE_MS).abs();
        match away <= 2 * SimTime::DAY_MS {
            true => Ok(()),
            false => Err(format!("the pattern has no whole date: it reads {written:?} as {read}")),
        }
    }

    /// Reads a time; the error says what is allowed, and where the text departs from it.
    pub fn read(&self, text: &str) -> Result<SimTime, BadTime> {
        let whole_is = |allowed: &str| BadTime { at: 0, allowed: allowed.to_string() };
        match self {
            TimeFormat::Log => SimTime::parse(text).map_err(|e| whole_is(e.wanted)),
            TimeFormat::Seconds => whole(text, 1000).ok_or_else(|| whole_is("whole seconds since 1970")),
            TimeFormat::Milliseconds => {
                whole(text, 1).ok_or_else(|| whole_is("whole milliseconds since 1970"))
            }
            TimeFormat::Pattern { pattern, zone } => {
                let parts = BrokenDownTime::parse(pattern, text).map_err(|_| departure(pattern, text))?;
                // The library takes the year 26 for one; nobody who sends messages does.
                if parts.year().is_some_and(|year| year < 1000) {
                    return Err(short_year(pattern, text));
                }
                let no_such = || {
                    let why = "a date that exists, its parts agreeing with one another";
                    whole_is(&format!("{}: {why}", like(pattern)))
                };
                let nanoseconds = if parts.offset().is_some() {
                    parts.to_timestamp().map_err(|_| no_such())?.as_nanosecond()
                } else {
                    let civil = parts.to_datetime().map_err(|_| no_such())?;
                    let ambiguous = zone.to_ambiguous_timestamp(civil);
                    if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
                        let zone = zone.iana_name().unwrap_or("its time zone");
                        return Err(whole_is(&format!("a time that exists in {zone}: clocks skip this one")));
                    }
                    ambiguous.compatible().map_err(|_| no_such())?.as_nanosecond()
                };
                let ms = nanoseconds.div_euclid(1_000_000) as i64;
                within(ms).ok_or_else(|| whole_is("a time in the years 1 to 9999"))
            }
        }
    }
}

/// A text that is no time of its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTime {
    /// Byte of the text at which it departs from the format; 0 where no one place is at fault.
    pub at: usize,
    /// What is allowed.
    pub allowed: String,
}

/// An instant with every part different from every other, 2025-10-27 13:45:59.
const SAMPLE_MS: i64 = 1_761_572_759_000;

/// How a pattern writes the sample.
fn sample(pattern: &str) -> Result<String, jiff::Error> {
    let sample = jiff::Timestamp::from_millisecond(SAMPLE_MS)?.to_zoned(TimeZone::UTC);
    jiff::fmt::strtime::format(pattern, &sample)
}

fn like(pattern: &str) -> String {
    match sample(pattern) {
        Ok(example) => format!("a time written {pattern}, such as {example}"),
        Err(_) => format!("a time written {pattern}"),
    }
}

/// The pieces of a pattern: each `%…` with its flags, and what stands between them.
fn pieces(pattern: &str) -> impl Iterator<Item = &str> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        let end = match rest.strip_prefix('%') {
            None if rest.is_empty() => return None,
            None => rest.find('%').unwrap_or(rest.len()),
            Some(inner) => {
                let letter = inner
                    .find(|c: char| !matches!(c, '-' | '_' | '^' | '#' | '.' | ':') && !c.is_ascii_digit());
                letter.map_or(rest.len(), |i| 1 + i + inner[i..].chars().next().map_or(0, char::len_utf8))
            }
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

/// Where a text departs from a pattern: after the longest beginning of the pattern that reads a beginning of the text.
fn departure(pattern: &str, text: &str) -> BadTime {
    let (mut end, mut at, mut expected) = (0, 0, None);
    for piece in pieces(pattern) {
        match BrokenDownTime::parse_prefix(&pattern[..end + piece.len()], text) {
            Ok((_, read)) => (end, at) = (end + piece.len(), read),
            Err(_) => {
                expected = Some(piece);
                break;
            }
        }
    }
    let at = (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let expected = expected.map_or("nothing more".to_string(), words);
    let found = match &text[at..] {
        "" => "the end".to_string(),
        rest => format!("{:?}", rest.chars().take(20).collect::<String>()),
    };
    BadTime { at, allowed: format!("{}: {expected} where {found} is", like(pattern)) }
}

/// Where a year stands that has too few digits.
fn short_year(pattern: &str, text: &str) -> BadTime {
    let (mut end, mut at) = (0, 0);
    for piece in pieces(pattern) {
        if piece.starts_with('%') && piece.ends_with(['Y', 'F', 'G']) {
            break;
        }
        end += piece.len();
        at = BrokenDownTime::parse_prefix(&pattern[..end], text).map_or(at, |(_, read)| read);
    }
    BadTime { at, allowed: format!("{}: {} (%y reads one of two)", like(pattern), words("%Y")) }
}

/// What a piece of a pattern stands for.
fn words(piece: &str) -> String {
    let known = match piece.trim_start_matches(['%', '-', '_', '^', '#', '.', ':']) {
        _ if !piece.starts_with('%') => return format!("{piece:?}"),
        "Y" => "a year of four digits",
        "y" => "a year of two digits",
        "m" => "a month, 01 to 12",
        "d" | "e" => "a day, 01 to 31",
        "H" | "k" => "an hour, 00 to 23",
        "I" | "l" => "an hour, 01 to 12",
        "M" => "a minute, 00 to 59",
        "S" => "a second, 00 to 59",
        "p" | "P" => "AM or PM",
        "b" | "B" | "h" => "the name of a month, in English",
        "a" | "A" => "the name of a weekday, in English",
        "z" => "an offset such as +02:00",
        "F" => "a date such as 2025-10-27",
        "D" => "a date such as 10/27/25",
        "T" => "a time of day such as 13:45:59",
        "R" => "a time of day such as 13:45",
        f if f.ends_with('f') => "digits of a fraction of a second",
        _ => return format!("what {piece} stands for"),
    };
    known.to_string()
}

fn whole(text: &str, unit: i64) -> Option<SimTime> {
    within(text.parse::<i64>().ok()?.checked_mul(unit)?)
}

fn within(ms: i64) -> Option<SimTime> {
    (LEAST..=MOST).contains(&ms).then_some(SimTime(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn read(format: &str, zone_name: &str, text: &str) -> Result<String, String> {
        let format = TimeFormat::parse(format, &zone(zone_name))?;
        format.read(text).map(|t| t.to_string()).map_err(|bad| bad.allowed)
    }

    #[test]
    fn times_are_read_as_written() {
        for (format, zone, text, want) in [
            ("log", "UTC", "2021-04-30 09:20:48+02:00", "2021-04-30T07:20:48.000Z"),
            ("log", "UTC", "1619767248", "2021-04-30T07:20:48.000Z"),
            ("seconds", "UTC", "5", "1970-01-01T00:00:05.000Z"),
            ("milliseconds", "UTC", "-1", "1969-12-31T23:59:59.999Z"),
            ("%Y-%m-%d %H:%M:%S", "UTC", "2021-04-30 07:20:48", "2021-04-30T07:20:48.000Z"),
            ("%Y-%m-%d %H:%M:%S%.f", "UTC", "2021-04-30 07:20:48.1239", "2021-04-30T07:20:48.123Z"),
            ("%Y-%m-%d %H:%M:%S%.f", "UTC", "2021-04-30 07:20:48", "2021-04-30T07:20:48.000Z"),
            ("%Y-%m-%d %H:%M:%S%.f", "UTC", "1969-12-31 23:59:59.9999", "1969-12-31T23:59:59.999Z"),
            ("%Y/%m/%d %H:%M", "UTC", "2015/7/22 16:31", "2015-07-22T16:31:00.000Z"),
            ("%Y/%m/%d %H:%M", "America/New_York", "2015/7/22 16:31", "2015-07-22T20:31:00.000Z"),
            ("%d.%m.%y", "UTC", "5.1.26", "2026-01-05T00:00:00.000Z"),
            ("%m/%d/%Y %I:%M %p", "UTC", "1/5/2026 2:07 PM", "2026-01-05T14:07:00.000Z"),
            ("%d %b %Y %H:%M %z", "UTC", "05 Jan 2026 14:07 -0300", "2026-01-05T17:07:00.000Z"),
            // The hour that comes twice is taken as the first of the two.
            ("%Y-%m-%d %H:%M", "Europe/Berlin", "2025-10-26 02:30", "2025-10-26T00:30:00.000Z"),
        ] {
            assert_eq!(read(format, zone, text).as_deref(), Ok(want), "{format} {text}");
        }
    }

    #[test]
    fn the_place_at_fault_is_told() {
        let at = |format: &str, text: &str| {
            TimeFormat::parse(format, &TimeZone::UTC).unwrap().read(text).unwrap_err().at
        };
        assert_eq!(at("%H:%M %d.%m.%Y", "10:30 05.01.26"), 12);
        assert_eq!(at("%H:%M %d.%m.%Y", "10:61 05.01.2026"), 3);
        assert_eq!(at("%d.%m.%Y", "31.02.2026"), 0, "no one place");
        assert_eq!(pieces("a%-d %.f%:zé%").collect::<Vec<_>>(), ["a", "%-d", " ", "%.f", "%:z", "é", "%"]);
    }

    #[test]
    fn what_is_no_such_time_is_said() {
        for (format, text, want) in [
            ("seconds", "1.5", "whole seconds"),
            ("milliseconds", "99999999999999999", "whole milliseconds"),
            (
                "%Y-%m-%d %H:%M:%S",
                "2021-04-30T07:20:48",
                "such as 2025-10-27 13:45:59: an hour, 00 to 23 where \"T07:20:48\" is",
            ),
            ("%Y-%m-%d", "2021-02-30", "a time written %Y-%m-%d, such as 2025-10-27: a date that exists"),
            ("%d/%m/%Y", "05/13/2026", "a month, 01 to 12 where \"13/2026\" is"),
            ("%d/%m/%Y", "05/12/26", "a year of four digits (%y reads one of two)"),
            ("%d/%m/%Y", "05/12/x", "a year of four digits where \"x\" is"),
            ("%Y-%m-%d %H:%M", "2026-01-05 25:00", "an hour, 00 to 23 where \"25:00\" is"),
            ("%Y-%m-%d %H:%M", "2026-01-05 10", "\":\" where the end is"),
            ("%Y-%m-%d", "2026-01-05 10:00", "nothing more where \" 10:00\" is"),
            ("%d %b %Y", "5 Mai 2026", "the name of a month, in English where \"Mai 2026\" is"),
            ("%m/%d/%Y %I:%M %p", "1/5/2026 2:07 h", "AM or PM where \"h\" is"),
            ("%Y-%m-%d", "günstig", "a year of four digits where \"günstig\" is"),
            ("%Y-%m-%d %H:%M", "2026-03-29 02:30", "a time that exists in Europe/Berlin"),
        ] {
            let why = read(format, "Europe/Berlin", text).unwrap_err();
            assert!(why.contains(want), "{format} {text}: {why}");
        }
        let wrong = "has \"%!\", which stands for nothing";
        for (format, want) in
            [("%Y-%m", "can't read it"), ("%H:%M", "can't read it"), ("%Y-%!-%d", wrong), ("iso", "")]
        {
            let why = TimeFormat::parse(format, &TimeZone::UTC).unwrap_err();
            assert!(why.contains(want), "{format}: {why}");
        }
        assert!(TimeFormat::parse("%Y-%m-%d", &zone("Pacific/Auckland")).is_ok());
    }
}
