//! The tables of a replay, written as its rows come, and those made at its end.
//!
//! Computes nothing: what is left out here was asked to be left out.

use std::io::Write;

use super::folder::{RunFile, RunFolder};
use super::tables::{self, Growing, Table};
use crate::experiment::measure::{DailyRow, RatingRow};
use crate::experiment::observed::ObservedDay;
use crate::experiment::replay::ReplaySink;
use crate::messaging::{Scope, Verdict};
use crate::sim::{SimDuration, SimTime};
use crate::store::StoreError;

/// Bytes gathered before they go to the disk.
const BLOCK: usize = 256 * 1024;

/// What of a replay is written.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Rows before this instant are left out; of days, those that end before it.
    pub from: Option<SimTime>,
    /// Only these numbers, with the limits and templates of their portfolios; all if empty.
    pub numbers: Vec<String>,
    /// Which evaluations `ratings.csv` keeps.
    pub every: SimDuration,
}

/// A table on its way into a folder.
struct Stream<R> {
    rows: Growing<R>,
    file: RunFile,
}

impl<R> Stream<R> {
    fn new(folder: &mut RunFolder, name: &str, rows: Growing<R>) -> Result<Stream<R>, StoreError> {
        Ok(Stream { rows, file: folder.create_file(name)? })
    }

    fn flush(&mut self, least: usize) -> Result<(), StoreError> {
        if self.rows.waiting() <= least {
            return Ok(());
        }
        let bytes = self.rows.take();
        self.file.write_all(&bytes).map_err(|e| StoreError::io(self.file.path(), "write", e))
    }
}

/// `ratings.csv`, `verdicts.csv` and `daily.csv` of a replay under one policy.
pub struct ReplayTables {
    wanted: Wanted,
    ratings: Stream<RatingRow>,
    verdicts: Stream<Verdict>,
    daily: Stream<DailyRow>,
    numbers: Vec<String>,
    /// Whether each number's rows are wanted.
    shown: Vec<bool>,
    /// Portfolios of the numbers wanted.
    portfolios: Vec<String>,
}

impl ReplayTables {
    /// Opens the tables in a folder, their names after `prefix` (`""`, or a policy's name and a slash).
    pub fn create(folder: &mut RunFolder, prefix: &str, wanted: Wanted) -> Result<ReplayTables, StoreError> {
        let name = |table: &str| format!("{prefix}{table}");
        Ok(ReplayTables {
            wanted,
            ratings: Stream::new(folder, &name("ratings.csv"), tables::growing_ratings())?,
            verdicts: Stream::new(folder, &name("verdicts.csv"), tables::growing_verdicts())?,
            daily: Stream::new(folder, &name("daily.csv"), tables::growing_daily())?,
            numbers: Vec::new(),
            shown: Vec::new(),
            portfolios: Vec::new(),
        })
    }

    /// Puts what has gathered on the disk, or says why that failed.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.write(BLOCK)
    }

    fn write(&mut self, least: usize) -> Result<(), StoreError> {
        self.ratings.flush(least)?;
        self.verdicts.flush(least)?;
        self.daily.flush(least)
    }

    /// Completes the files.
    pub fn finish(mut self, folder: &mut RunFolder) -> Result<(), StoreError> {
        self.write(0)?;
        folder.close(self.ratings.file)?;
        folder.close(self.verdicts.file)?;
        folder.close(self.daily.file)
    }

    /// Numbers asked for that the log does not have.
    pub fn missing(&self) -> Vec<&str> {
        let wanted = self.wanted.numbers.iter().map(String::as_str);
        wanted.filter(|w| !self.numbers.iter().any(|n| n == w)).collect()
    }

    /// Ids of the log's numbers, in order of appearance.
    pub fn numbers(&self) -> &[String] {
        &self.numbers
    }
}

impl ReplaySink for ReplayTables {
    fn number(&mut self, id: &str, portfolio: &str) {
        let shown = self.wanted.numbers.is_empty() || self.wanted.numbers.iter().any(|n| n == id);
        self.numbers.push(id.to_string());
        self.shown.push(shown);
        if shown && !self.portfolios.iter().any(|p| p == portfolio) {
            self.portfolios.push(portfolio.to_string());
        }
    }

    fn rating(&mut self, row: &RatingRow) {
        let early = self.wanted.from.is_some_and(|from| row.time < from);
        if self.shown[row.number] && !early && self.wanted.every.keeps(row) {
            self.ratings.rows.push(&self.numbers, row);
        }
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let shown = match verdict.scope {
            Scope::Number => {
                self.wanted.numbers.is_empty() || self.wanted.numbers.iter().any(|n| *n == verdict.subject)
            }
            _ => self.wanted.numbers.is_empty() || self.portfolios.contains(&verdict.portfolio),
        };
        if shown && self.wanted.from.is_none_or(|from| verdict.time >= from) {
            self.verdicts.rows.push(&[], verdict);
        }
    }

    fn day(&mut self, row: &DailyRow) {
        let early = self.wanted.from.is_some_and(|from| row.day < from.day_start());
        if self.shown[row.number] && !early {
            self.daily.rows.push(&self.numbers, row);
        }
    }
}

/// `observed.csv`: what the platform reported beside what the rules give, at the end of each day.
pub fn observed(rows: &[ObservedDay]) -> Vec<u8> {
    let mut t = Table::new(&[
        "date",
        "scope",
        "subject",
        "portfolio",
        "measure",
        "observed",
        "observed_since",
        "derived",
        "derived_since",
        "agrees",
        "lag_hours",
    ]);
    for row in rows {
        t.plain(row.day.date());
        t.plain(row.subject.scope.name());
        t.text(&row.subject.id);
        t.text(&row.subject.portfolio);
        t.plain(row.measure.name());
        t.text(&row.observed.1);
        t.time(row.observed.0);
        match &row.derived {
            Some((since, value)) => {
                t.text(value);
                match since {
                    Some(since) => t.time(*since),
                    None => t.text(""),
                }
            }
            None => {
                t.text("");
                t.text("");
            }
        }
        match row.agrees() {
            Some(agrees) => t.plain(if agrees { "yes" } else { "no" }),
            None => t.text(""),
        }
        t.maybe(row.lag().map(|lag| lag.as_secs() / 3600.0));
        t.end();
    }
    t.out
}

/// `comparison.csv`: every number's days under several policies, one column each. `days` holds, per policy, the
/// same days in the same order.
pub fn comparison(policies: &[String], numbers: &[String], days: &[&[DailyRow]], wanted: &Wanted) -> Vec<u8> {
    let mut columns = vec!["date", "number", "measure"];
    columns.extend(policies.iter().map(String::as_str));
    columns.push("same");
    let mut t = Table::new(&columns);
    type Take = (&'static str, fn(&DailyRow) -> String);
    let measures: [Take; 6] = [
        ("score", |d| d.score.map_or(String::new(), |s| (s + 0.0).to_string())),
        ("rating", |d| d.rating.to_string()),
        ("status", |d| d.status.to_string()),
        ("limit", |d| d.limit.to_string()),
        ("slots_in_use", |d| d.slots_in_use.to_string()),
        ("refused", |d| d.counts.refused.to_string()),
    ];
    for (i, row) in days.first().copied().unwrap_or_default().iter().enumerate() {
        let number = &numbers[row.number];
        let shown = wanted.numbers.is_empty() || wanted.numbers.contains(number);
        if !shown || wanted.from.is_some_and(|from| row.day < from.day_start()) {
            continue;
        }
        for (measure, take) in measures {
            // The end of the log is rounded up to the cadence, so under another policy it may lie a day later.
            let same_day = |d: &&&DailyRow| (d.day, d.number) == (row.day, row.number);
            let value = |d: &&[DailyRow]| d.get(i).as_ref().filter(same_day).map_or(String::new(), |d| take(d));
            let values: Vec<String> = days.iter().map(value).collect();
            t.plain(row.day.date());
            t.text(number);
            t.plain(measure);
            values.iter().for_each(|v| t.text(v));
            t.plain(if values.windows(2).all(|w| w[0] == w[1]) { "yes" } else { "no" });
            t.end();
        }
    }
    t.out
}
