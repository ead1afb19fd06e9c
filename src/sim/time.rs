//! Instants and spans, both whole milliseconds, never mixed up.
//!
//! An instant counts from the Unix epoch, so that the same number means the same moment in a log, a policy and a
//! run. Knows calendars only as far as UTC text goes; time zones belong to `behaviour::calendar`.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SimTime(pub i64);

/// A span of time in milliseconds; never negative in a checked value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SimDuration(pub i64);

/// Why a text is no instant or span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not {wanted}")]
pub struct TimeError {
    /// The text as found.
    pub found: String,
    /// What is allowed, as a noun phrase.
    pub wanted: &'static str,
}

const WANTED_TIME: &str =
    "a time (2026-03-04T10:00:00Z, with an offset or Z; or seconds or milliseconds since 1970)";
const WANTED_SPAN: &str =
    "a duration (a number and a unit: 500ms, 45s, 30m, 24h, 7d, 2w; parts may be joined: 1d12h)";

impl SimTime {
    /// Milliseconds in a day.
    pub const DAY_MS: i64 = 86_400_000;

    /// The start of the UTC day this instant lies in.
    pub fn day_start(self) -> SimTime {
        SimTime(self.0.div_euclid(Self::DAY_MS) * Self::DAY_MS)
    }

    /// The start of the calendar month (UTC) this instant lies in.
    pub fn month_start(self) -> SimTime {
        let (_, _, day) = civil_from_days(self.day_number());
        SimTime(self.day_start().0 - (day - 1) * Self::DAY_MS)
    }

    /// Days since 1970-01-01, UTC.
    pub fn day_number(self) -> i64 {
        self.0.div_euclid(Self::DAY_MS)
    }

    /// The first multiple of `step` (counted from the epoch) at or after this instant.
    pub fn ceil_to(self, step: SimDuration) -> SimTime {
        SimTime(self.0.div_euclid(step.0) * step.0 + if self.0.rem_euclid(step.0) == 0 { 0 } else { step.0 })
    }

    /// The last multiple of `step` (counted from the epoch) at or before this instant.
    pub fn floor_to(self, step: SimDuration) -> SimTime {
        SimTime(self.0.div_euclid(step.0) * step.0)
    }

    /// Whether this instant is a multiple of `step`.
    pub fn is_multiple_of(self, step: SimDuration) -> bool {
        self.0.rem_euclid(step.0) == 0
    }

    /// Reads RFC 3339 (with offset or `Z`, `T` or a space), or an integer: below 10^11 seconds, otherwise
    /// milliseconds. Finer than a millisecond is cut towards the past.
    pub fn parse(text: &str) -> Result<SimTime, TimeError> {
        let text = text.trim();
        let bad = || TimeError { found: text.to_string(), wanted: WANTED_TIME };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            let n: i64 = text.parse().map_err(|_| bad())?;
            let ms = if n.unsigned_abs() < 100_000_000_000 { n * 1000 } else { n };
            return Self::in_range(ms).ok_or_else(bad);
        }
        // A bare date is midnight UTC only where a caller says so; a log row must carry its offset.
        let has_clock = text.len() > 10 && matches!(text.as_bytes()[10], b'T' | b't' | b' ');
        if !has_clock {
            return Err(bad());
        }
        // The library reads at most nine digits of a second's fraction; more are cut off, which is towards the past.
        let point = text.find(['.', ',']).map_or(text.len(), |at| at + 1);
        let digits = text[point..].bytes().take_while(u8::is_ascii_digit).count();
        let shortened = (digits > 9).then(|| format!("{}{}", &text[..point + 9], &text[point + digits..]));
        let stamp: jiff::Timestamp = shortened.as_deref().unwrap_or(text).parse().map_err(|_| bad())?;
        Self::in_range(stamp.as_nanosecond().div_euclid(1_000_000) as i64).ok_or_else(bad)
    }

    /// Years 1 to 9999, so that every instant can be written back.
    fn in_range(ms: i64) -> Option<SimTime> {
        (-62_135_596_800_000..=253_402_300_799_999).contains(&ms).then_some(SimTime(ms))
    }

    /// `YYYY-MM-DD`, UTC.
    pub fn date(self) -> String {
        let (y, m, d) = civil_from_days(self.day_number());
        format!("{y:04}-{m:02}-{d:02}")
    }

    /// The UTC day of the week, three letters, as scenario files write it: `mon` to `sun`.
    pub fn weekday_name(self) -> &'static str {
        // The epoch was a Thursday.
        ["thu", "fri", "sat", "sun", "mon", "tue", "wed"][self.day_number().rem_euclid(7) as usize]
    }

    /// Appends `YYYY-MM-DDTHH:MM:SS.mmmZ` without going through the formatting machinery: logs have many rows.
    pub fn write_to(self, out: &mut Vec<u8>) {
        let (y, m, d) = civil_from_days(self.day_number());
        let ms = self.0.rem_euclid(Self::DAY_MS);
        let (h, mi, s, ml) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        let two = |v: i64| [b'0' + (v / 10) as u8, b'0' + (v % 10) as u8];
        let [c, yy] = [two(y / 100), two(y % 100)];
        let [mm, dd, hh, mn, ss, mi2] = [two(m), two(d), two(h), two(mi), two(s), two(ml / 10)];
        out.extend_from_slice(&[
            c[0],
            c[1],
            yy[0],
            yy[1],
            b'-',
            mm[0],
            mm[1],
            b'-',
            dd[0],
            dd[1],
            b'T',
            hh[0],
            hh[1],
            b':',
            mn[0],
            mn[1],
            b':',
            ss[0],
            ss[1],
            b'.',
            mi2[0],
            mi2[1],
            b'0' + (ml % 10) as u8,
            b'Z',
        ]);
    }
}

/// Days since 1970-01-01 to (year, month, day) in the proleptic Gregorian calendar.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // Counted in 400-year eras from 0000-03-01, so that the leap day is the last of its year.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(24);
        self.write_to(&mut out);
        f.write_str(std::str::from_utf8(&out).expect("ASCII by construction"))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// One hour.
    pub const HOUR: SimDuration = SimDuration(3_600_000);
    /// One day of 24 hours.
    pub const DAY: SimDuration = SimDuration(SimTime::DAY_MS);

    /// A span of whole hours.
    pub const fn hours(n: i64) -> SimDuration {
        SimDuration(n * 3_600_000)
    }

    /// A span of whole 24-hour days.
    pub const fn days(n: i64) -> SimDuration {
        SimDuration(n * SimTime::DAY_MS)
    }

    /// The span in days, for charts and tables.
    pub fn as_days(self) -> f64 {
        self.0 as f64 / SimTime::DAY_MS as f64
    }

    /// The span in seconds.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Reads `7d`, `24h`, `1d12h`, `0`; the unit is required except for zero.
    pub fn parse(text: &str) -> Result<SimDuration, TimeError> {
        let bad = || TimeError { found: text.to_string(), wanted: WANTED_SPAN };
        let t = text.trim();
        if t == "0" {
            return Ok(SimDuration::ZERO);
        }
        let mut rest = t;
        let mut total: i64 = 0;
        if rest.is_empty() {
            return Err(bad());
        }
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
            let (digits, tail) = rest.split_at(number);
            let unit_len = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let (unit, next) = tail.split_at(unit_len);
            let scale: i64 = match unit.trim() {
                "ms" => 1,
                "s" => 1000,
                "m" | "min" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                "w" => 604_800_000,
                _ => return Err(bad()),
            };
            let part = if digits.contains('.') {
                let v: f64 = digits.parse().map_err(|_| bad())?;
                let ms = v * scale as f64;
                if !(0.0..9e15).contains(&ms) || ms.fract() != 0.0 {
                    return Err(bad());
                }
                ms as i64
            } else {
                digits.parse::<i64>().ok().and_then(|v| v.checked_mul(scale)).ok_or_else(bad)?
            };
            total = total.checked_add(part).filter(|t| *t <= 3_200_000_000_000).ok_or_else(bad)?;
            rest = next;
        }
        Ok(SimDuration(total))
    }
}

impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0;
        match ms {
            0 => f.write_str("0"),
            _ if ms % 86_400_000 == 0 => write!(f, "{}d", ms / 86_400_000),
            _ if ms % 3_600_000 == 0 => write!(f, "{}h", ms / 3_600_000),
            _ if ms % 60_000 == 0 => write!(f, "{}m", ms / 60_000),
            _ if ms % 1000 == 0 => write!(f, "{}s", ms / 1000),
            _ => write!(f, "{ms}ms"),
        }
    }
}

// In JSON both stand as people write them.
impl TryFrom<String> for SimTime {
    type Error = TimeError;
    fn try_from(text: String) -> Result<SimTime, TimeError> {
        SimTime::parse(&text)
    }
}

impl From<SimTime> for String {
    fn from(time: SimTime) -> String {
        time.to_string()
    }
}

impl TryFrom<String> for SimDuration {
    type Error = TimeError;
    fn try_from(text: String) -> Result<SimDuration, TimeError> {
        SimDuration::parse(&text)
    }
}

impl From<SimDuration> for String {
    fn from(span: SimDuration) -> String {
        span.to_string()
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, d: SimDuration) -> SimTime {
        SimTime(self.0 + d.0)
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, d: SimDuration) {
        self.0 += d.0;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    fn sub(self, d: SimDuration) -> SimTime {
        SimTime(self.0 - d.0)
    }
}

impl Sub<SimTime> for SimTime {
    type Output = SimDuration;
    fn sub(self, other: SimTime) -> SimDuration {
        SimDuration(self.0 - other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_to_the_millisecond() {
        for (text, want) in [
            ("2026-03-04T10:00:00Z", "2026-03-04T10:00:00.000Z"),
            ("2026-03-04 10:00:00.1239+02:00", "2026-03-04T08:00:00.123Z"),
            ("1700000000", "2023-11-14T22:13:20.000Z"),
            ("1700000000123", "2023-11-14T22:13:20.123Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("2026-03-04T10:00:00.12399999999999+01:00", "2026-03-04T09:00:00.123Z"),
            ("-1", "1969-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(SimTime::parse(text).unwrap().to_string(), want, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-03-04",
            "2026-03-04T10:00:00",
            "2026-13-04T10:00:00Z",
            "99999999999999999",
            "-9223372036854775808",
        ] {
            assert!(SimTime::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn spans_need_a_unit() {
        assert_eq!(SimDuration::parse("7d").unwrap(), SimDuration::days(7));
        assert_eq!(SimDuration::parse("1d12h").unwrap(), SimDuration::hours(36));
        assert_eq!(SimDuration::parse("1.5h").unwrap(), SimDuration(5_400_000));
        assert_eq!(SimDuration::parse("0").unwrap(), SimDuration::ZERO);
        for text in ["", "7", "7 parsecs", "-1d", "d", "1e9d", "999999999999w"] {
            assert!(SimDuration::parse(text).is_err(), "{text}");
        }
        assert_eq!(SimDuration::hours(36).to_string(), "36h");
    }

    #[test]
    fn civil_dates_agree_with_a_library() {
        for days in (-800_000..2_900_000).step_by(997) {
            let (y, m, d) = civil_from_days(days);
            if !(-9999..=9999).contains(&y) {
                continue;
            }
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            assert_eq!((y, m, d), (i64::from(date.year()), i64::from(date.month()), i64::from(date.day())));
        }
    }

    #[test]
    fn a_month_begins_on_its_first_day() {
        let start = |text: &str| SimTime::parse(text).unwrap().month_start().to_string();
        assert_eq!(start("2026-05-31T23:59:59.999Z"), "2026-05-01T00:00:00.000Z");
        assert_eq!(start("2026-06-01T00:00:00Z"), "2026-06-01T00:00:00.000Z");
        assert_eq!(start("1969-12-31T23:00:00Z"), "1969-12-01T00:00:00.000Z");
    }

    #[test]
    fn grid_instants() {
        let h = SimDuration::HOUR;
        assert_eq!(SimTime(1).ceil_to(h), SimTime(3_600_000));
        assert_eq!(SimTime(3_600_000).ceil_to(h), SimTime(3_600_000));
        assert_eq!(SimTime(-1).ceil_to(h), SimTime(0));
        assert_eq!(SimTime(3_600_001).floor_to(h), SimTime(3_600_000));
    }
}
