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
        let sample = jiff::civil::date(2025, 10, 27).at(13, 45, 59, 0);
        let sample = sample.to_zoned(TimeZone::UTC).map_err(|e| e.to_string())?;
        let written =
            jiff::fmt::strtime::format(pattern, &sample).map_err(|e| format!("the pattern is wrong: {e}"))?;
        let read = self
            .read(&written)
            .map_err(|why| format!("the pattern writes {written:?} and reads it as {why}"))?;
        // A zone other than UTC moves the sample, and so does the time of day where the pattern leaves it out.
        let away = (read.0 - sample.timestamp().as_millisecond()).abs();
        match away <= 2 * SimTime::DAY_MS {
            true => Ok(()),
            false => Err(format!("the pattern has no whole date: it reads {written:?} as {read}")),
        }
    }

    /// Reads a time; the error says what is allowed.
    pub fn read(&self, text: &str) -> Result<SimTime, String> {
        match self {
            TimeFormat::Log => SimTime::parse(text).map_err(|e| e.wanted.to_string()),
            TimeFormat::Seconds => whole(text, 1000).ok_or_else(|| "whole seconds since 1970".to_string()),
            TimeFormat::Milliseconds => {
                whole(text, 1).ok_or_else(|| "whole milliseconds since 1970".to_string())
            }
            TimeFormat::Pattern { pattern, zone } => {
                let like = || format!("a time written {pattern}");
                let parts = BrokenDownTime::parse(pattern, text).map_err(|e| format!("{}: {e}", like()))?;
                let nanoseconds = if parts.offset().is_some() {
                    parts.to_timestamp().map_err(|e| format!("{}: {e}", like()))?.as_nanosecond()
                } else {
                    let civil = parts.to_datetime().map_err(|e| format!("{}: {e}", like()))?;
                    let ambiguous = zone.to_ambiguous_timestamp(civil);
                    if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
                        let zone = zone.iana_name().unwrap_or("its time zone");
                        return Err(format!("a time that exists in {zone}: clocks skip this one"));
                    }
                    ambiguous.compatible().map_err(|e| format!("{}: {e}", like()))?.as_nanosecond()
                };
                let ms = nanoseconds.div_euclid(1_000_000) as i64;
                within(ms).ok_or_else(|| "a time in the years 1 to 9999".to_string())
            }
        }
    }
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
        TimeFormat::parse(format, &zone(zone_name))?.read(text).map(|t| t.to_string())
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
    fn what_is_no_such_time_is_said() {
        for (format, text, want) in [
            ("seconds", "1.5", "whole seconds"),
            ("milliseconds", "99999999999999999", "whole milliseconds"),
            ("%Y-%m-%d %H:%M:%S", "2021-04-30T07:20:48", "a time written %Y-%m-%d %H:%M:%S: "),
            ("%Y-%m-%d", "2021-02-30", "a time written %Y-%m-%d: "),
            ("%Y-%m-%d %H:%M", "2026-03-29 02:30", "a time that exists in Europe/Berlin"),
        ] {
            let why = read(format, "Europe/Berlin", text).unwrap_err();
            assert!(why.contains(want), "{format} {text}: {why}");
        }
        for (format, want) in [("%Y-%m", "date"), ("%H:%M", ""), ("%Q", ""), ("iso", "")] {
            let why = TimeFormat::parse(format, &TimeZone::UTC).unwrap_err();
            assert!(why.contains(want), "{format}: {why}");
        }
        assert!(TimeFormat::parse("%Y-%m-%d", &zone("Pacific/Auckland")).is_ok());
    }
}
