//! Rules against cases written as data: `scenarios/cases/*.toml`, signals in, verdicts and state out.
//!
//! What a case may hold is described in `docs/cases.md`. Expectations are worked out by hand from the rules, never
//! copied from what the program printed; this runner only compares.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tiersim::messaging::{Signal, SignalKind, TemplateStatus, Verdict, VerdictKind};
use tiersim::policy::Policy;
use tiersim::policy::fold::{Ended, Fold, FoldOptions, Refused, Taken};
use tiersim::policy::judge::Timeline;
use tiersim::sim::{SimDuration, SimTime};

/// A case as its file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    why: String,
    policy: String,
    #[serde(rename = "override", default)]
    patch: toml::Table,
    #[serde(default)]
    change: Vec<Change>,
    /// The number of rows that name none.
    #[serde(default)]
    number: String,
    #[serde(default)]
    refused: RefusedChoice,
    until: Option<String>,
    signals: Vec<Row>,
    expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    at: String,
    policy: String,
    #[serde(rename = "override", default)]
    patch: toml::Table,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RefusedChoice {
    #[default]
    Keep,
    Drop,
}

/// One line of signals: one row, or many by a range or a repetition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    at: String,
    event: String,
    number: Option<String>,
    #[serde(default)]
    portfolio: String,
    #[serde(default)]
    recipient: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    template: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    campaign: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    value: String,
    every: Option<String>,
    times: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    verdicts: Option<String>,
    verdict_kinds: Option<Vec<String>>,
    ratings: Option<String>,
    evaluations: Option<String>,
    state: Option<String>,
    daily: Option<String>,
    taken: Option<TakenCounts>,
    malformed: Option<String>,
    warnings: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct TakenCounts {
    counted: u64,
    duplicate: u64,
    dropped: u64,
    ignored: u64,
}

/// A row of signals, spelt out.
#[derive(Clone, Debug)]
struct Spelt {
    time: SimTime,
    kind: SignalKind,
    number: String,
    portfolio: String,
    recipient: String,
    message: String,
    template: String,
    category: String,
    campaign: String,
    reason: String,
    value: String,
}

impl Spelt {
    fn signal(&self) -> Signal<'_> {
        Signal {
            time: self.time,
            kind: self.kind,
            number: &self.number,
            portfolio: &self.portfolio,
            recipient: &self.recipient,
            message: &self.message,
            template: &self.template,
            category: &self.category,
            campaign: &self.campaign,
            reason: &self.reason,
            value: &self.value,
        }
    }
}

/// What is wrong with a case, or where it and the program differ.
type Trouble = String;

fn time(text: &str) -> Result<SimTime, Trouble> {
    SimTime::parse(text).map_err(|e| e.to_string())
}

/// The length of the one range `{a..b}` in a text, and the text of each member.
fn members(text: &str) -> Result<Option<Vec<String>>, Trouble> {
    let Some((before, rest)) = text.split_once('{') else { return Ok(None) };
    let wrong = || format!("{text:?}: a range is written {{1..500}}");
    let (range, after) = rest.split_once('}').ok_or_else(wrong)?;
    let (first, last) = range.split_once("..").ok_or_else(wrong)?;
    let (first, last): (u64, u64) = (first.parse().map_err(|_| wrong())?, last.parse().map_err(|_| wrong())?);
    if first > last || after.contains('{') {
        return Err(wrong());
    }
    Ok(Some((first..=last).map(|i| format!("{before}{i}{after}")).collect()))
}

impl Row {
    fn spell(&self, number: &str, out: &mut Vec<Spelt>) -> Result<(), Trouble> {
        let kind = SignalKind::parse(&self.event).ok_or_else(|| format!("{:?} is no signal", self.event))?;
        let number =
            self.number.as_deref().unwrap_or(if kind == SignalKind::LogClosed { "" } else { number });
        let texts = [
            number,
            &self.portfolio,
            &self.recipient,
            &self.message,
            &self.template,
            &self.category,
            &self.campaign,
            &self.reason,
            &self.value,
        ];
        let mut many = self.times;
        let mut each = Vec::new();
        for text in texts {
            let found = members(text)?;
            if let Some(found) = &found {
                let n = found.len() as u64;
                if many.is_some_and(|m| m != n) {
                    return Err(format!(
                        "{text:?}: {n} members, where another range or `times` has another number"
                    ));
                }
                many = Some(n);
            }
            each.push(found.ok_or_else(|| text.to_string()));
        }
        let first = time(&self.at)?;
        let every = match &self.every {
            Some(text) => SimDuration::parse(text).map_err(|e| e.to_string())?,
            None => SimDuration::ZERO,
        };
        if self.every.is_some() && many.is_none() {
            return Err("`every` without a range or `times`".to_string());
        }
        for i in 0..many.unwrap_or(1) {
            let [number, portfolio, recipient, message, template, category, campaign, reason, value] =
                std::array::from_fn(|f| match &each[f] {
                    Ok(members) => members[i as usize].clone(),
                    Err(text) => text.clone(),
                });
            let time = SimTime(first.0 + every.0 * i as i64);
            out.push(Spelt {
                time,
                kind,
                number,
                portfolio,
                recipient,
                message,
                template,
                category,
                campaign,
                reason,
                value,
            });
        }
        Ok(())
    }
}

/// A table in text: a line of column names, then rows; `-` stands for nothing.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(text: &str, what: &str, allowed: &[&str]) -> Result<Table, Trouble> {
        let mut lines =
            text.lines().map(|l| l.split('#').next().unwrap_or("").trim()).filter(|l| !l.is_empty());
        let header =
            lines.next().ok_or_else(|| format!("{what}: a table begins with the names of its columns"))?;
        let columns: Vec<String> = header.split_whitespace().map(str::to_string).collect();
        for c in &columns {
            if !allowed.contains(&c.as_str()) {
                return Err(format!("{what}: no column is called {c:?}; allowed: {}", allowed.join(", ")));
            }
        }
        let mut rows = Vec::new();
        for line in lines {
            let cells: Vec<String> = line.split_whitespace().map(str::to_string).collect();
            if cells.len() != columns.len() {
                return Err(format!(
                    "{what}: {} cells for {} columns in {line:?}",
                    cells.len(),
                    columns.len()
                ));
            }
            rows.push(cells);
        }
        Ok(Table { columns, rows })
    }

    fn cell<'a>(&self, row: &'a [String], column: &str) -> Option<&'a str> {
        self.columns.iter().position(|c| c == column).map(|i| row[i].as_str())
    }

    fn need<'a>(&self, row: &'a [String], column: &str, what: &str) -> Result<&'a str, Trouble> {
        self.cell(row, column).ok_or_else(|| format!("{what}: needs a column {column:?}"))
    }
}

/// Whether a cell says what was found. Times may be written short; a score may be a fraction, and is compared to
/// 1e-12 relative; `*` is anything.
fn agrees(wanted: &str, found: &str) -> bool {
    if wanted == found || wanted == "*" {
        return true;
    }
    let empty = |t: &str| t.is_empty() || t == "-";
    if empty(wanted) || empty(found) {
        return empty(wanted) && empty(found);
    }
    if wanted.contains(['T', ':']) && SimTime::parse(wanted).is_ok() {
        return SimTime::parse(wanted).ok() == SimTime::parse(found).ok();
    }
    let number = |t: &str| match t.split_once('/') {
        Some((a, b)) => Some(a.parse::<f64>().ok()? / b.parse::<f64>().ok()?),
        None => t.parse::<f64>().ok(),
    };
    match (number(wanted), number(found)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * a.abs().max(b.abs()),
        _ => false,
    }
}

/// Everything a case leaves.
struct Folded {
    fold: Ended,
    verdicts: Vec<Verdict>,
    taken: TakenCounts,
    malformed: Vec<(usize, String)>,
    /// The fold as of each asked instant, settled through it.
    snapshots: Vec<(SimTime, Fold)>,
}

impl Case {
    fn timeline(&self, file: &str) -> Result<Timeline, Trouble> {
        let policy = |name: &str, patches: &[&toml::Table]| -> Result<Policy, Trouble> {
            let mut p = Policy::named(name).map_err(|e| e.to_string())?;
            for patch in patches {
                let patch = tiersim::text::parse(file, &patch.to_string()).map_err(|e| e.to_string())?;
                p = p.with_override(patch.root.entries()).map_err(|e| e.to_string())?;
            }
            Ok(p)
        };
        let first = policy(&self.policy, &[&self.patch])?;
        if self.change.is_empty() {
            return Ok(first.timeline());
        }
        if first.versions.len() > 1 {
            return Err("`auto` changes by itself; [[change]] goes with a pinned policy".to_string());
        }
        let mut later = Vec::new();
        for c in &self.change {
            let next = policy(&c.policy, &[&self.patch, &c.patch])?;
            later.push((time(&c.at)?, next.versions[0].rules.clone()));
        }
        Ok(Timeline::new(first.versions[0].rules.clone(), later))
    }

    fn spelt(&self) -> Result<Vec<Spelt>, Trouble> {
        let mut rows = Vec::new();
        for (i, row) in self.signals.iter().enumerate() {
            row.spell(&self.number, &mut rows).map_err(|e| format!("line {} of signals: {e}", i + 1))?;
        }
        // The order of a log: by time, then position in the file.
        rows.sort_by_key(|r| r.time);
        Ok(rows)
    }

    fn fold(&self, file: &str, asked: &[SimTime]) -> Result<Folded, Trouble> {
        let refused = match self.refused {
            RefusedChoice::Keep => Refused::Keep,
            RefusedChoice::Drop => Refused::Drop,
        };
        let options = FoldOptions { refused, every: Some(SimDuration(1)), ..FoldOptions::default() };
        let mut fold = Fold::new(self.timeline(file)?, options);
        let until = self.until.as_deref().map(time).transpose()?;
        let (mut taken, mut malformed, mut snapshots) = (TakenCounts::default(), Vec::new(), Vec::new());
        let mut asked = asked.iter().copied().peekable();
        let mut look = |fold: &Fold, before: SimTime| {
            while let Some(at) = asked.next_if(|at| *at < before) {
                let mut then = fold.clone();
                then.advance_before(SimTime(at.0 + 1));
                snapshots.push((at, then));
            }
        };
        for (i, row) in self.spelt()?.iter().enumerate() {
            if until.is_some_and(|u| row.time > u) {
                break;
            }
            look(&fold, row.time);
            match fold.signal(&row.signal()) {
                Ok(Taken::Counted) => taken.counted += 1,
                Ok(Taken::Duplicate) => taken.duplicate += 1,
                Ok(Taken::Dropped) => taken.dropped += 1,
                Ok(Taken::Ignored) => taken.ignored += 1,
                Err(e) => malformed.push((i + 1, e.column.to_string())),
            }
        }
        look(&fold, SimTime(i64::MAX));
        let mut fold = fold.finish(until);
        let verdicts = std::mem::take(&mut fold.judge.verdicts);
        Ok(Folded { fold, verdicts, taken, malformed, snapshots })
    }

    fn check(&self, file: &str) -> Result<(), Trouble> {
        if self.title.trim().is_empty() || self.why.trim().len() < 20 {
            return Err("a case has a title and says why".to_string());
        }
        let e = &self.expect;
        let tables = [&e.verdicts, &e.ratings, &e.evaluations, &e.state, &e.daily, &e.malformed];
        if tables.iter().all(|t| t.is_none()) && e.taken.is_none() && e.warnings.is_none() {
            return Err("a case without expectation tests nothing".to_string());
        }
        let mut asked = Vec::new();
        let state = e.state.as_deref().map(|t| Table::read(t, "state", STATE)).transpose()?;
        if let Some(table) = &state {
            for row in &table.rows {
                asked.push(time(table.need(row, "at", "state")?)?);
            }
        }
        asked.sort();
        asked.dedup();
        let folded = self.fold(file, &asked)?;
        let mut faults = String::new();
        self.check_verdicts(&folded, &mut faults)?;
        self.check_ratings(&folded, &mut faults)?;
        self.check_evaluations(&folded, &mut faults)?;
        if let Some(table) = &state {
            check_state(table, &folded, &mut faults)?;
        }
        self.check_daily(&folded, &mut faults)?;
        self.check_rows(&folded, &mut faults)?;
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn check_verdicts(&self, folded: &Folded, faults: &mut String) -> Result<(), Trouble> {
        let Some(text) = &self.expect.verdicts else {
            if self.expect.verdict_kinds.is_some() {
                return Err("`verdict_kinds` without `verdicts`".to_string());
            }
            return Ok(());
        };
        let table = Table::read(text, "verdicts", VERDICT)?;
        let mut kinds = Vec::new();
        for name in self.expect.verdict_kinds.iter().flatten() {
            kinds.push(VerdictKind::parse(name).ok_or_else(|| format!("{name:?} is no verdict"))?);
        }
        for row in &table.rows {
            let name = table.need(row, "verdict", "verdicts")?;
            let kind = VerdictKind::parse(name).ok_or_else(|| format!("{name:?} is no verdict"))?;
            if !kinds.is_empty() && !kinds.contains(&kind) {
                return Err(format!("verdicts: {name} is not among `verdict_kinds`"));
            }
        }
        let cells = |v: &Verdict| -> Vec<String> {
            let of = |c: &String| match c.as_str() {
                "time" => v.time.to_string(),
                "verdict" => v.kind.name().to_string(),
                "scope" => v.scope.name().to_string(),
                "subject" => v.subject.clone(),
                "portfolio" => v.portfolio.clone(),
                "from" => v.from.clone(),
                "to" => v.to.clone(),
                "rule" => v.rule.clone(),
                _ => v.cause.map_or(String::new(), |c| c.to_string()),
            };
            table.columns.iter().map(of).collect()
        };
        let wanted_kind = |v: &&Verdict| kinds.is_empty() || kinds.contains(&v.kind);
        let found: Vec<Vec<String>> = folded.verdicts.iter().filter(wanted_kind).map(cells).collect();
        let same = |w: &Vec<String>, f: &Vec<String>| w.iter().zip(f).all(|(w, f)| agrees(w, f));
        if found.len() == table.rows.len() && table.rows.iter().zip(&found).all(|(w, f)| same(w, f)) {
            return Ok(());
        }
        let _ = writeln!(faults, "verdicts ({}): -expected +found", table.columns.join(" "));
        faults.push_str(&differences(&table.rows, &found, &same));
        Ok(())
    }

    fn check_ratings(&self, folded: &Folded, faults: &mut String) -> Result<(), Trouble> {
        let Some(text) = &self.expect.ratings else { return Ok(()) };
        let table = Table::read(text, "ratings", RATING)?;
        let judge = &folded.fold.judge;
        for row in &table.rows {
            let (at, number) =
                (time(table.need(row, "time", "ratings")?)?, table.need(row, "number", "ratings")?);
            let found = judge.ratings.iter().find(|r| r.time == at && judge.numbers[r.number].id == number);
            let Some(found) = found else {
                let _ = writeln!(faults, "ratings: {number} was not evaluated at {at}");
                continue;
            };
            compare_row(&table, row, "ratings", faults, |column| match column {
                "exposure" => found.exposure.to_string(),
                "blocks" => found.blocks.to_string(),
                "reports" => found.reports.to_string(),
                "mutes" => found.mutes.to_string(),
                "archives" => found.archives.to_string(),
                "score" => found.score.map_or(String::new(), |s| s.to_string()),
                _ => found.rating.to_string(),
            });
        }
        Ok(())
    }

    fn check_evaluations(&self, folded: &Folded, faults: &mut String) -> Result<(), Trouble> {
        let Some(text) = &self.expect.evaluations else { return Ok(()) };
        let table = Table::read(text, "evaluations", &["number", "first", "last", "count"])?;
        let judge = &folded.fold.judge;
        for row in &table.rows {
            let number = table.need(row, "number", "evaluations")?;
            let times: Vec<SimTime> = judge
                .ratings
                .iter()
                .filter(|r| judge.numbers[r.number].id == number)
                .map(|r| r.time)
                .collect();
            let text = |t: Option<&SimTime>| t.map_or(String::new(), SimTime::to_string);
            compare_row(&table, row, "evaluations", faults, |column| match column {
                "first" => text(times.first()),
                "last" => text(times.last()),
                _ => times.len().to_string(),
            });
        }
        Ok(())
    }

    fn check_daily(&self, folded: &Folded, faults: &mut String) -> Result<(), Trouble> {
        let Some(text) = &self.expect.daily else { return Ok(()) };
        let table = Table::read(text, "daily", DAILY)?;
        let judge = &folded.fold.judge;
        for row in &table.rows {
            let (date, number) = (table.need(row, "date", "daily")?, table.need(row, "number", "daily")?);
            let day = |r: &&tiersim::messaging::rows::DailyRow| {
                r.day.date() == date && judge.numbers[r.number].id == number
            };
            let Some(d) = folded.fold.daily.iter().find(day) else {
                let _ = writeln!(faults, "daily: no row for {number} on {date}");
                continue;
            };
            compare_row(&table, row, "daily", faults, |column| match column {
                "attempted" => d.counts.attempted.to_string(),
                "sent" => d.counts.sent.to_string(),
                "delivered" => d.counts.delivered.to_string(),
                "read" => d.counts.read.to_string(),
                "failed" => d.counts.failed.to_string(),
                "received" => d.counts.received.to_string(),
                "blocked" => d.counts.blocked.to_string(),
                "reported" => d.counts.reported.to_string(),
                "opted_out" => d.counts.opted_out.to_string(),
                "refused" => d.counts.refused.to_string(),
                "slots_in_use" => d.slots_in_use.to_string(),
                "limit" => d.limit.to_string(),
                "score" => d.score.map_or(String::new(), |s| s.to_string()),
                "rating" => d.rating.to_string(),
                "lowest_rating" => d.lowest_rating.to_string(),
                _ => d.status.to_string(),
            });
        }
        Ok(())
    }

    fn check_rows(&self, folded: &Folded, faults: &mut String) -> Result<(), Trouble> {
        if let Some(wanted) = &self.expect.taken
            && *wanted != folded.taken
        {
            let _ = writeln!(faults, "taken: expected {wanted:?}, found {:?}", folded.taken);
        }
        let wanted: Vec<(usize, String)> = match &self.expect.malformed {
            None => Vec::new(),
            Some(text) => {
                let table = Table::read(text, "malformed", &["row", "column"])?;
                let row = |r: &Vec<String>| {
                    let n = table.need(r, "row", "malformed")?.parse::<usize>().map_err(|e| e.to_string())?;
                    Ok((n, table.need(r, "column", "malformed")?.to_string()))
                };
                table.rows.iter().map(row).collect::<Result<_, Trouble>>()?
            }
        };
        if wanted != folded.malformed {
            let _ = writeln!(faults, "malformed: expected {wanted:?}, found {:?}", folded.malformed);
        }
        let found: Vec<String> = folded.fold.warnings.iter().map(|w| w.to_string()).collect();
        match &self.expect.warnings {
            Some(wanted)
                if found.len() == wanted.len() && found.iter().zip(wanted).all(|(f, w)| f.contains(w)) => {}
            None if found.is_empty() => {}
            wanted => {
                let _ = writeln!(faults, "warnings: expected {wanted:?}, found {found:?}");
            }
        }
        Ok(())
    }
}

const VERDICT: &[&str] = &["time", "verdict", "scope", "subject", "portfolio", "from", "to", "rule", "cause"];
const RATING: &[&str] =
    &["time", "number", "exposure", "blocks", "reports", "mutes", "archives", "score", "rating"];
const STATE: &[&str] =
    &["at", "number", "portfolio", "template", "rating", "status", "limit", "slots_in_use", "raise_due"];
const DAILY: &[&str] = &[
    "date",
    "number",
    "attempted",
    "sent",
    "delivered",
    "read",
    "failed",
    "received",
    "blocked",
    "reported",
    "opted_out",
    "refused",
    "slots_in_use",
    "limit",
    "score",
    "rating",
    "status",
    "lowest_rating",
];
/// Columns that say which row is meant.
const KEYS: &[&str] = &["time", "at", "date", "number", "portfolio", "template"];

fn compare_row(
    table: &Table,
    row: &[String],
    what: &str,
    faults: &mut String,
    mut found: impl FnMut(&str) -> String,
) {
    for (column, wanted) in table.columns.iter().zip(row).filter(|(c, _)| !KEYS.contains(&c.as_str())) {
        let found = found(column);
        if !agrees(wanted, &found) {
            let _ =
                writeln!(faults, "{what}: {}: {column}: expected {wanted}, found {found:?}", row.join(" "));
        }
    }
}

fn check_state(table: &Table, folded: &Folded, faults: &mut String) -> Result<(), Trouble> {
    for row in &table.rows {
        let at = time(table.need(row, "at", "state")?)?;
        let (_, then) = folded.snapshots.iter().find(|s| s.0 == at).expect("every asked instant has one");
        let mut then = then.clone();
        let named = |column: &str| table.cell(row, column).filter(|t| *t != "-");
        if let Some(name) = named("template") {
            let portfolio = named("portfolio").unwrap_or("default");
            let judge = &then.judge;
            let is = |t: &&tiersim::policy::judge::TemplateState| {
                t.name == name && judge.portfolios[t.portfolio].id == portfolio
            };
            let found = judge.templates.iter().find(is);
            let Some(t) = found else {
                let _ = writeln!(faults, "state: no template {name} at {at}");
                continue;
            };
            compare_row(table, row, "state", faults, |column| match column {
                "rating" => t.rating.to_string(),
                "status" => TemplateStatus::name(t.status).to_string(),
                _ => String::new(),
            });
            continue;
        }
        let number = named("number").ok_or("state: a row names a number or a template")?;
        let Some(n) = then.number(number) else {
            let _ = writeln!(faults, "state: no number {number} at {at}");
            continue;
        };
        let scope = then.judge.numbers[n].scope;
        let slots = then.slots_in_use(scope, at);
        compare_row(table, row, "state", faults, |column| match column {
            "rating" => then.judge.numbers[n].rating.to_string(),
            "status" => then.judge.numbers[n].status().to_string(),
            "limit" => then.judge.scopes[scope].limit.to_string(),
            "slots_in_use" => slots.to_string(),
            _ => then.judge.pending_raise(scope).map_or(String::new(), |t| t.to_string()),
        });
    }
    Ok(())
}

/// Two lists with what only one of them has marked, by their longest common part.
fn differences(
    wanted: &[Vec<String>],
    found: &[Vec<String>],
    same: &dyn Fn(&Vec<String>, &Vec<String>) -> bool,
) -> String {
    let (n, m) = (wanted.len(), found.len());
    let mut common = vec![vec![0u32; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            common[i][j] = if same(&wanted[i], &found[j]) {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let shown = |cells: &[String]| -> String {
        cells.iter().map(|c| if c.is_empty() { "-" } else { c }).collect::<Vec<_>>().join("  ")
    };
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < n || j < m {
        let line = if i < n && j < m && same(&wanted[i], &found[j]) {
            (i, j) = (i + 1, j + 1);
            format!("    {}", shown(&found[j - 1]))
        } else if j == m || (i < n && common[i + 1][j] >= common[i][j + 1]) {
            i += 1;
            format!("  - {}", shown(&wanted[i - 1]))
        } else {
            j += 1;
            format!("  + {}", shown(&found[j - 1]))
        };
        let _ = writeln!(out, "{line}");
    }
    out
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/cases");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder of cases").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files
}

fn run(name: &str, text: &str) -> Result<(), Trouble> {
    let case: Case = toml::from_str(text).map_err(|e| e.to_string())?;
    case.check(name).map_err(|e| format!("{} ({})\n{e}", case.title, case.why.trim()))
}

#[test]
fn every_case_holds() {
    let only = std::env::var("TIERSIM_CASE").unwrap_or_default();
    let mut failed = String::new();
    let (mut all, mut wrong) = (0, 0);
    for path in files() {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(name.ends_with(".toml"), "{name}: cases are .toml files");
        if !name.contains(&only) {
            continue;
        }
        all += 1;
        let text = std::fs::read_to_string(&path).expect("a text");
        if let Err(trouble) = run(&name, &text) {
            wrong += 1;
            let _ = writeln!(failed, "scenarios/cases/{name}: {trouble}");
        }
    }
    assert!(all > 0, "no case is called {only:?}");
    assert!(failed.is_empty(), "{wrong} of {all} cases fail\n\n{failed}");
}

const SMALL: &str = r#"
title = "One send"
why = "A case to try the runner of cases on."
policy = "2020-07"
number = "n1"
signals = [{ at = "2024-01-01T10:00Z", event = "sent", recipient = "r{1..3}" }]
"#;

#[test]
fn a_case_says_what_is_wrong_with_it() {
    for (tail, told) in [
        ("", "missing field `expect`"),
        ("[expect]\n", "without expectation"),
        ("[expect]\nverdict = \"\"\n", "unknown field `verdict`"),
        ("[expect]\nverdicts = \"verdict colour\"\n", "no column is called \"colour\""),
        ("[expect]\nverdicts = \"verdict\\nrated\"\n", "\"rated\" is no verdict"),
        ("[expect]\nverdicts = \"verdict\\nquality_rated\"\n", "- quality_rated"),
        (
            "[expect]\nstate = \"at number slots_in_use\\n2024-01-01T10:00Z n1 2\"\n",
            "expected 2, found \"3\"",
        ),
        ("[expect]\ntaken = { counted = 2 }\n", "taken: expected"),
        ("[expect]\nratings = \"time number\\n2024-01-01T10:30Z n1\"\n", "was not evaluated"),
    ] {
        let trouble = run("small.toml", &format!("{SMALL}{tail}")).expect_err(tail);
        assert!(trouble.contains(told), "{tail}: {trouble}");
    }
    run("small.toml", &format!("{SMALL}[expect]\nverdicts = \"verdict\"\ntaken = {{ counted = 3 }}\n"))
        .unwrap();
}

#[test]
fn cells_are_compared_as_what_they_are() {
    assert!(agrees("1/3", "0.3333333333333333") && !agrees("1/3", "0.33333333333"));
    assert!(agrees("2024-01-01T10:00Z", "2024-01-01T10:00:00.000Z"));
    assert!(!agrees("2024-01-01T10:01Z", "2024-01-01T10:00:00.000Z"));
    assert!(agrees("-", "") && !agrees("-", "0") && !agrees("0", "") && agrees("*", "x"));
    assert!(agrees("unlimited", "unlimited") && !agrees("1000", "unlimited"));
    assert_eq!(members("r{8..10}").unwrap().unwrap(), ["r8", "r9", "r10"]);
    assert!(members("r{5..2}").is_err() && members("r{x}").is_err() && members("plain").unwrap().is_none());
}
