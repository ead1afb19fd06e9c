//! The tables of a replay, written as its rows come, and those made at its end.
//!
//! Computes nothing: what is left out here was asked to be left out.

use std::cmp::Ordering;
use std::io::Write;

use super::folder::{RunFile, RunFolder};
use super::table::Table;
use super::tables;
use super::template_days;
use crate::experiment::bill_log::LogBill;
use crate::experiment::changes::Change;
use crate::experiment::measure::{Counts, DailyRow, RatingRow};
use crate::experiment::observed::ObservedDay;
use crate::experiment::replay::ReplaySink;
use crate::messaging::rows::{Every, Group, GroupDay, TemplateRatingRow};
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
    /// Which evaluations `ratings.csv` and `template_ratings.csv` keep.
    pub every: Every,
}

/// A table on its way into a folder.
struct Stream {
    table: Table,
    file: RunFile,
}

impl Stream {
    fn new(folder: &mut RunFolder, name: &str, table: Table) -> Result<Stream, StoreError> {
        Ok(Stream { table, file: folder.create_file(name)? })
    }

    fn flush(&mut self, least: usize) -> Result<(), StoreError> {
        if self.table.out.len() <= least {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.table.out);
        self.file.write_all(&bytes).map_err(|e| StoreError::io(self.file.path(), "write", e))
    }
}

/// A table of groups: opened when its first row comes, so that a log without campaigns leaves no file for them.
struct Late {
    name: String,
    columns: Vec<&'static str>,
    table: Option<Table>,
}

impl Late {
    fn new(name: String, columns: &[&'static str]) -> Late {
        Late { name, columns: columns.to_vec(), table: None }
    }

    fn table(&mut self) -> &mut Table {
        self.table.get_or_insert_with(|| Table::new(&self.columns))
    }
}

/// The tables of a replay under one policy.
pub struct ReplayTables {
    wanted: Wanted,
    ratings: Stream,
    verdicts: Stream,
    daily: Stream,
    templates: Late,
    campaigns: Late,
    portfolios_daily: Late,
    template_ratings: Late,
    numbers: Vec<String>,
    /// Whether each number's rows are wanted.
    shown: Vec<bool>,
    /// Portfolios of the numbers wanted.
    portfolios: Vec<String>,
}

/// Columns that every table of groups by day has after its names: the counts.
fn with_counts(before: &[&'static str], after: &[&'static str]) -> Vec<&'static str> {
    let counts = Counts::default().named().map(|(name, _)| name);
    [before, &counts, after].concat()
}

impl ReplayTables {
    /// Opens the tables in a folder, their names after `prefix` (`""`, or a policy's name and a slash).
    pub fn create(folder: &mut RunFolder, prefix: &str, wanted: Wanted) -> Result<ReplayTables, StoreError> {
        let name = |table: &str| format!("{prefix}{table}");
        let by_day = |what: &'static str, after: &[&'static str]| {
            let before: &[&'static str] =
                if what == "portfolio" { &["date", "portfolio"] } else { &["date", "portfolio", what] };
            Late::new(name(&format!("{what}_daily.csv")), &with_counts(before, after))
        };
        Ok(ReplayTables {
            wanted,
            ratings: Stream::new(folder, &name("ratings.csv"), tables::ratings_table())?,
            verdicts: Stream::new(folder, &name("verdicts.csv"), tables::verdicts_table())?,
            daily: Stream::new(folder, &name("daily.csv"), tables::daily_table())?,
            templates: Late::new(name("template_daily.csv"), &template_days::columns()),
            campaigns: by_day("campaign", &[]),
            portfolios_daily: by_day("portfolio", &["slots_in_use", "limit"]),
            template_ratings: Late::new(
                name("template_ratings.csv"),
                &[
                    "time",
                    "portfolio",
                    "template",
                    "exposure",
                    "blocks",
                    "reports",
                    "mutes",
                    "archives",
                    "score",
                    "rating",
                    "status",
                ],
            ),
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
        folder.close(self.daily.file)?;
        for late in [self.templates, self.campaigns, self.portfolios_daily, self.template_ratings] {
            if let Some(table) = late.table {
                folder.write(&late.name, &table.out)?;
            }
        }
        Ok(())
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

    fn wants_portfolio(&self, id: &str) -> bool {
        self.wanted.numbers.is_empty() || self.portfolios.iter().any(|p| p == id)
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
        if self.shown[row.number] && !early && self.wanted.every.keeps(row.time, row.cadence) {
            tables::rating_row(&mut self.ratings.table, &self.numbers[row.number], row);
        }
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let shown = match verdict.scope {
            Scope::Number => self.wanted.numbers.is_empty() || self.wanted.numbers.contains(&verdict.subject),
            _ => self.wants_portfolio(&verdict.portfolio),
        };
        if shown && self.wanted.from.is_none_or(|from| verdict.time >= from) {
            tables::verdict_row(&mut self.verdicts.table, verdict);
        }
    }

    fn day(&mut self, row: &DailyRow) {
        let early = self.wanted.from.is_some_and(|from| row.day < from.day_start());
        if self.shown[row.number] && !early {
            tables::daily_row(&mut self.daily.table, &self.numbers[row.number], row);
        }
    }

    fn group_day(&mut self, portfolio: &str, name: &str, row: &GroupDay) {
        let early = self.wanted.from.is_some_and(|from| row.day < from.day_start());
        if early || !self.wants_portfolio(portfolio) {
            return;
        }
        let (late, named) = match row.group {
            Group::Portfolio { .. } => (&mut self.portfolios_daily, false),
            Group::Template { .. } => (&mut self.templates, true),
            Group::Campaign { .. } => (&mut self.campaigns, true),
        };
        let t = late.table();
        t.plain(row.day.date());
        t.text(portfolio);
        if named {
            t.text(name);
        }
        row.counts.named().into_iter().for_each(|(_, n)| t.count(n));
        match &row.group {
            Group::Portfolio { shared: Some((slots, limit)), .. } => {
                t.count(*slots);
                t.plain(limit);
            }
            Group::Portfolio { shared: None, .. } => {
                t.separate();
                t.separate();
            }
            Group::Template { score, rating, status, .. } => {
                t.maybe(*score);
                t.plain(rating);
                t.plain(status.name());
            }
            Group::Campaign { .. } => {}
        }
        t.end();
    }

    fn template_rating(&mut self, portfolio: &str, name: &str, row: &TemplateRatingRow) {
        let early = self.wanted.from.is_some_and(|from| row.time < from);
        if early || !self.wants_portfolio(portfolio) || !self.wanted.every.keeps(row.time, row.cadence) {
            return;
        }
        let t = self.template_ratings.table();
        t.time(row.time);
        t.text(portfolio);
        t.text(name);
        for n in [row.exposure, row.blocks, row.reports, row.mutes, row.archives] {
            t.count(n);
        }
        t.maybe(row.score);
        t.plain(row.rating);
        t.plain(row.status.name());
        t.end();
    }
}

/// `campaign_costs.csv`: what a log's campaigns cost by month.
pub fn campaign_costs(billed: &LogBill) -> Vec<u8> {
    let mut t = Table::new(&["month", "portfolio", "number", "campaign", "delivered", "cost", "currency"]);
    for row in &billed.campaigns {
        for text in [&row.month, &row.portfolio, &row.number, &row.campaign] {
            t.text(text);
        }
        t.count(row.delivered);
        t.maybe(Some(row.cost));
        t.text(&billed.bill.currency);
        t.end();
    }
    t.out
}

/// `observed_changes.csv`: every change that the platform or the rules made, and which came first; those before `from`
/// left out.
pub fn observed_changes(rows: &[Change], from: Option<SimTime>) -> Vec<u8> {
    let mut t = Table::new(&[
        "scope",
        "subject",
        "portfolio",
        "measure",
        "from",
        "to",
        "observed_time",
        "derived_time",
        "lag_hours",
        "ahead",
    ]);
    for row in rows.iter().filter(|r| r.observed.max(r.derived) >= from) {
        t.plain(row.subject.scope.name());
        t.text(&row.subject.id);
        t.text(&row.subject.portfolio);
        t.plain(row.measure.name());
        t.text(&row.from);
        t.text(&row.to);
        for time in [row.observed, row.derived] {
            match time {
                Some(time) => t.time(time),
                None => t.separate(),
            }
        }
        let lag = row.lag();
        t.maybe(lag.map(|lag| lag.as_secs() / 3600.0));
        match lag.map(|lag| lag.cmp(&SimDuration::ZERO)) {
            Some(Ordering::Less) => t.plain("rules"),
            Some(Ordering::Greater) => t.plain("platform"),
            Some(Ordering::Equal) => t.plain("neither"),
            None => t.separate(),
        }
        t.end();
    }
    t.out
}

/// `observed.csv`: what the platform reported beside what the rules give, at the end of each day; days that end before
/// `from` left out.
pub fn observed(rows: &[ObservedDay], from: Option<SimTime>) -> Vec<u8> {
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
    for row in rows.iter().filter(|row| from.is_none_or(|from| row.day >= from.day_start())) {
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
        t.maybe(row.lag.map(|lag| lag.as_secs() / 3600.0));
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
            let value =
                |d: &&[DailyRow]| d.get(i).as_ref().filter(same_day).map_or(String::new(), |d| take(d));
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
