//! Civil time: from "Monday at ten in São Paulo" to instants.
//!
//! Time zones come from the copy of the IANA database built into the binary, never from the machine, so that the same
//! scenario gives the same instants everywhere. Two rules settle the days on which clocks change: a local time that
//! does not exist means the next instant that does (the moment the clocks jump), and one that happens twice means the
//! first. Knows nothing of recipients or ratings.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use crate::sim::{SimDuration, SimTime};

/// A time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

/// Why there is no such calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// More times a week than fit after the first of a day.
    #[error(
        "{per_week} times a week need {needed} times of day, and {needed} times {step} apart from {first} on pass midnight"
    )]
    TooManyPerDay {
        /// Times a week asked for.
        per_week: u32,
        /// Times a day that takes.
        needed: u32,
        /// Distance between times that are filled in.
        step: SimDuration,
        /// The last time of day given.
        first: String,
    },
    /// More dispatches than any sender plans.
    #[error("more than {0} dispatches")]
    TooMany(usize),
}

/// How dispatches follow one another.
#[derive(Clone, Debug, PartialEq)]
pub enum Rhythm {
    /// So many a week, spread evenly from Monday on.
    PerWeek(u32),
    /// On these days of the week.
    Weekdays(Vec<Weekday>),
    /// Again after so long: whole days keep the local time of day, anything else is exact.
    Every(SimDuration),
    /// On these local dates.
    Dates(Vec<Date>),
}

/// A sender's plan in civil time.
#[derive(Clone, Debug, PartialEq)]
pub struct CivilCalendar {
    /// How dispatches follow one another.
    pub rhythm: Rhythm,
    /// Local times of day, ascending, at least one.
    pub at: Vec<Time>,
    /// Whose local time.
    pub zone: Zone,
    /// First instant.
    pub from: SimTime,
    /// Past the last instant.
    pub until: SimTime,
}

/// No calendar has more dispatches than this.
pub const DISPATCHES_MAX: usize = 100_000;

/// When more times a day are needed than given, they follow the last one this far apart.
pub const FILLED_IN_STEP: SimDuration = SimDuration::hours(4);

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    /// A zone by its IANA name, letter case aside.
    pub fn parse(name: &str) -> Option<Zone> {
        TimeZoneDatabase::bundled().get(name).ok().map(Zone)
    }

    /// Its name, rightly spelt.
    pub fn name(&self) -> String {
        self.0.iana_name().unwrap_or("UTC").to_string()
    }

    /// All names there are.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|n| n.as_str().to_string()).collect()
    }

    /// The local date of an instant.
    pub fn date(&self, t: SimTime) -> Date {
        let stamp = jiff::Timestamp::from_millisecond(t.0).expect("instants lie in years 1 to 9999");
        self.0.to_datetime(stamp).date()
    }

    /// The instant of a local date and time: the next that exists, the first of two.
    pub fn instant(&self, local: DateTime) -> SimTime {
        let ambiguous = self.0.to_ambiguous_timestamp(local);
        let stamp = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(local)
            }
            AmbiguousOffset::Gap { after, .. } => {
                // Read with the offset after the jump, a time in the gap lies before it: the jump comes next.
                offset_or_jump(&self.0, after.to_timestamp(local))
            }
        };
        SimTime(stamp.expect("local times lie in years 1 to 9999").as_millisecond())
    }

    /// Midnight of a local date.
    pub fn midnight(&self, date: Date) -> SimTime {
        self.instant(date.to_datetime(Time::midnight()))
    }
}

fn offset_or_jump(
    zone: &TimeZone,
    before: Result<jiff::Timestamp, jiff::Error>,
) -> Result<jiff::Timestamp, jiff::Error> {
    let before = before?;
    Ok(zone.following(before).next().map_or(before, |transition| transition.timestamp()))
}

/// Reads a day of the week: three letters or the full English name.
pub fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "mon" | "monday" => Weekday::Monday,
        "tue" | "tuesday" => Weekday::Tuesday,
        "wed" | "wednesday" => Weekday::Wednesday,
        "thu" | "thursday" => Weekday::Thursday,
        "fri" | "friday" => Weekday::Friday,
        "sat" | "saturday" => Weekday::Saturday,
        "sun" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// Reads a time of day: `10:00`, `9:30`, `10:00:30`.
pub fn clock(text: &str) -> Option<Time> {
    let parts: Vec<&str> = text.split(':').collect();
    let digits = |p: &&str| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(digits) || parts[1..].iter().any(|p| p.len() != 2)
    {
        return None;
    }
    let numbers: Vec<i8> = parts.iter().filter_map(|p| p.parse().ok()).collect();
    Time::new(numbers[0], numbers[1], *numbers.get(2).unwrap_or(&0), 0).ok()
}

/// Reads two times of day, `21:00-08:00`; they differ.
pub fn hours(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (clock(from.trim())?, clock(to.trim())?);
    (from != to).then_some((from, to))
}

/// A time of day as `10:00`, with seconds only where there are some.
pub fn clock_text(time: Time) -> String {
    match time.second() {
        0 => format!("{:02}:{:02}", time.hour(), time.minute()),
        s => format!("{:02}:{:02}:{s:02}", time.hour(), time.minute()),
    }
}

impl CivilCalendar {
    /// All dispatches, ascending, each instant once.
    pub fn dispatches(&self) -> Result<Vec<SimTime>, CalendarError> {
        let mut out = match &self.rhythm {
            Rhythm::PerWeek(n) => self.per_week(*n)?,
            Rhythm::Weekdays(days) => self.on_days(|date, _| days.contains(&date.weekday()), &self.at)?,
            Rhythm::Every(step) if *step == step_days(*step) => {
                let days = step.0 / SimDuration::DAY.0;
                let first = self.first_date();
                self.on_days(|date, _| days_between(first, date) % days == 0, &self.at)?
            }
            Rhythm::Every(step) => self.exactly_every(*step)?,
            Rhythm::Dates(dates) => self.on_days(|date, _| dates.contains(&date), &self.at)?,
        };
        out.sort_unstable();
        out.dedup();
        Ok(out)
    }

    /// The first local date with a dispatch at or after `from`.
    fn first_date(&self) -> Date {
        let date = self.zone.date(self.from);
        let last = date.to_datetime(*self.at.last().expect("at least one time of day"));
        if self.zone.instant(last) < self.from { date.tomorrow().unwrap_or(date) } else { date }
    }

    /// A week has seven days times the times of day; of these places the wanted number is taken evenly, so that
    /// three a week are Monday, Wednesday and Friday.
    fn per_week(&self, n: u32) -> Result<Vec<SimTime>, CalendarError> {
        let mut at = self.at.clone();
        let needed = n.div_ceil(7);
        while (at.len() as u32) < needed {
            let last = *at.last().expect("at least one time of day");
            let next = last.checked_add(jiff::SignedDuration::from_millis(FILLED_IN_STEP.0));
            at.push(next.map_err(|_| CalendarError::TooManyPerDay {
                per_week: n,
                needed,
                step: FILLED_IN_STEP,
                first: clock_text(*self.at.last().expect("at least one time of day")),
            })?);
        }
        let places = 7 * at.len() as u32;
        let taken: Vec<u32> = (0..n).map(|i| i * places / n).collect();
        let per_day = at.len() as u32;
        self.on_days(
            |date, time| {
                let day = date.weekday().to_monday_zero_offset() as u32;
                taken.contains(&(day * per_day + time as u32))
            },
            &at,
        )
    }

    fn on_days(
        &self,
        keep: impl Fn(Date, usize) -> bool,
        at: &[Time],
    ) -> Result<Vec<SimTime>, CalendarError> {
        let mut out = Vec::new();
        if self.from >= self.until {
            return Ok(out);
        }
        let mut date = self.zone.date(self.from);
        let last = self.zone.date(self.until);
        loop {
            for (i, time) in at.iter().enumerate() {
                if keep(date, i) {
                    let t = self.zone.instant(date.to_datetime(*time));
                    if t >= self.from && t < self.until {
                        out.push(t);
                    }
                }
            }
            if out.len() > DISPATCHES_MAX {
                return Err(CalendarError::TooMany(DISPATCHES_MAX));
            }
            date = match date.tomorrow() {
                Ok(next) if next <= last => next,
                _ => return Ok(out),
            };
        }
    }

    fn exactly_every(&self, step: SimDuration) -> Result<Vec<SimTime>, CalendarError> {
        let mut out = Vec::new();
        let mut t = self.zone.instant(self.first_date().to_datetime(self.at[0]));
        while t < self.until {
            if t >= self.from {
                out.push(t);
            }
            if out.len() > DISPATCHES_MAX {
                return Err(CalendarError::TooMany(DISPATCHES_MAX));
            }
            t += step;
        }
        Ok(out)
    }
}

fn step_days(step: SimDuration) -> SimDuration {
    SimDuration(step.0 / SimDuration::DAY.0 * SimDuration::DAY.0)
}

fn days_between(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}

/// The spans between `start` and `end` in which the local time of day lies in [from, to), ascending; the span may
/// wrap around midnight.
pub fn quiet_spans(
    zone: &Zone,
    (from, to): (Time, Time),
    start: SimTime,
    end: SimTime,
) -> Vec<(SimTime, SimTime)> {
    let mut out: Vec<(SimTime, SimTime)> = Vec::new();
    let mut date = zone.date(start).yesterday().unwrap_or(zone.date(start));
    let last = zone.date(end);
    while date <= last {
        let until = if from < to { date } else { date.tomorrow().unwrap_or(date) };
        let span = (zone.instant(date.to_datetime(from)), zone.instant(until.to_datetime(to)));
        let span = (span.0.max(start), span.1.min(end));
        if span.0 < span.1 {
            out.push(span);
        }
        match date.tomorrow() {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> SimTime {
        SimTime::parse(text).unwrap()
    }

    fn calendar(rhythm: Rhythm, at: &[&str], zone: &str, from: &str, until: &str) -> Vec<String> {
        let calendar = CivilCalendar {
            rhythm,
            at: at.iter().map(|a| clock(a).unwrap()).collect(),
            zone: Zone::parse(zone).unwrap(),
            from: t(from),
            until: t(until),
        };
        let short = |t: &SimTime| t.to_string().replace(":00.000Z", "Z");
        calendar.dispatches().unwrap().iter().map(short).collect()
    }

    #[test]
    fn a_week_is_spread_evenly_from_monday() {
        let week = |n, at: &[&str]| {
            let all = calendar(Rhythm::PerWeek(n), at, "UTC", "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z");
            all.iter().map(|t| t[8..16].to_string()).collect::<Vec<_>>()
        };
        assert!(week(0, &["10:00"]).is_empty());
        assert_eq!(week(1, &["10:00"]), ["05T10:00"]);
        assert_eq!(week(2, &["10:00"]), ["05T10:00", "08T10:00"]);
        assert_eq!(week(3, &["10:00"]), ["05T10:00", "07T10:00", "09T10:00"]);
        assert_eq!(week(3, &["10:00", "18:00"]), ["05T10:00", "07T10:00", "09T18:00"]);
        for n in 0..=21 {
            assert_eq!(week(n, &["10:00"]).len(), n as usize);
        }
        assert_eq!(&week(21, &["10:00"])[..4], ["05T10:00", "05T14:00", "05T18:00", "06T10:00"]);
        let late = CivilCalendar {
            rhythm: Rhythm::PerWeek(8),
            at: vec![clock("22:00").unwrap()],
            zone: Zone::utc(),
            from: SimTime(0),
            until: SimTime(1),
        };
        assert!(matches!(late.dispatches(), Err(CalendarError::TooManyPerDay { needed: 2, .. })));
    }

    #[test]
    fn a_time_in_the_gap_is_the_jump_and_a_time_that_happens_twice_is_the_first() {
        // Berlin jumps from 02:00 to 03:00 on 2026-03-29 at 01:00 UTC and falls back on 2026-10-25 at 01:00 UTC.
        let daily = |from, until| calendar(Rhythm::PerWeek(7), &["02:30"], "Europe/Berlin", from, until);
        assert_eq!(
            daily("2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"),
            ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]
        );
        assert_eq!(
            daily("2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"),
            ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"]
        );
        // A zone whose midnight is skipped: São Paulo, 2018-11-04, 00:00 to 01:00.
        let zone = Zone::parse("America/Sao_Paulo").unwrap();
        assert_eq!(zone.midnight(jiff::civil::date(2018, 11, 4)), t("2018-11-04T03:00:00Z"));
    }

    #[test]
    fn whole_days_keep_the_local_time_and_other_spans_are_exact() {
        let days = calendar(
            Rhythm::Every(SimDuration::days(2)),
            &["10:00"],
            "Europe/Berlin",
            "2026-03-27T00:00:00Z",
            "2026-04-01T00:00:00Z",
        );
        assert_eq!(days, ["2026-03-27T09:00Z", "2026-03-29T08:00Z", "2026-03-31T08:00Z"]);
        let hours = calendar(
            Rhythm::Every(SimDuration::hours(36)),
            &["10:00"],
            "Europe/Berlin",
            "2026-03-27T10:00:00Z",
            "2026-04-01T00:00:00Z",
        );
        assert_eq!(hours, ["2026-03-28T09:00Z", "2026-03-29T21:00Z", "2026-03-31T09:00Z"]);
    }

    #[test]
    fn dispatches_lie_in_the_half_open_span() {
        let days = vec![Weekday::Monday, Weekday::Sunday];
        let got = calendar(
            Rhythm::Weekdays(days),
            &["10:00", "18:00"],
            "UTC",
            "2026-01-05T10:00:00Z",
            "2026-01-11T18:00:00Z",
        );
        assert_eq!(got, ["2026-01-05T10:00Z", "2026-01-05T18:00Z", "2026-01-11T10:00Z"]);
        let dates = vec![jiff::civil::date(2026, 1, 7)];
        let got = calendar(
            Rhythm::Dates(dates),
            &["00:00"],
            "Asia/Tokyo",
            "2026-01-05T00:00:00Z",
            "2026-02-01T00:00:00Z",
        );
        assert_eq!(got, ["2026-01-06T15:00Z"]);
    }

    #[test]
    fn quiet_hours_wrap_and_follow_the_clocks() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let night = hours("21:00-08:00").unwrap();
        let got = quiet_spans(&zone, night, t("2026-03-28T00:00:00Z"), t("2026-03-29T12:00:00Z"));
        assert_eq!(
            got,
            [
                (t("2026-03-28T00:00:00Z"), t("2026-03-28T07:00:00Z")),
                (t("2026-03-28T20:00:00Z"), t("2026-03-29T06:00:00Z")),
            ]
        );
        let noon = quiet_spans(
            &Zone::utc(),
            hours("12:00-13:00").unwrap(),
            t("2026-01-01T12:30:00Z"),
            t("2026-01-02T00:00:00Z"),
        );
        assert_eq!(noon, [(t("2026-01-01T12:30:00Z"), t("2026-01-01T13:00:00Z"))]);
    }

    #[test]
    fn times_and_zones_are_read_strictly() {
        assert_eq!(clock("9:30").map(clock_text).as_deref(), Some("09:30"));
        for bad in ["", "10", "24:00", "10:60", "10:0", "10.00", "-1:00", "10:00:00:00"] {
            assert!(clock(bad).is_none(), "{bad}");
        }
        assert!(hours("10:00-10:00").is_none() && hours("10:00").is_none());
        assert_eq!(Zone::parse("europe/berlin").unwrap().name(), "Europe/Berlin");
        assert!(Zone::parse("Europe/Berlim").is_none());
        assert!(Zone::names().iter().any(|n| n == "America/Sao_Paulo"));
    }
}
