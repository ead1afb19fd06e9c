//! The answer of a replay in the terminal: what the rules say of a log, beside what the platform said.
//!
//! Must not know about terminals, files, or what else was asked on the command line.

use super::{LINES_MAX, NAME_MAX, costs, limits, policy_words, rating};
use crate::experiment::changes::{Leads, leads};
use crate::experiment::measure::{DailyRow, NumberSummary, RunResult};
use crate::experiment::observed::{Agreement, agreement};
use crate::experiment::replay::{Replayed, Verification};
use crate::messaging::record::Columns;
use crate::messaging::{QualityRating, Verdict, VerdictKind};
use crate::report::answer::doubts;
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::{headline, words};
use crate::sim::SimTime;

/// What only the reader of the log knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowsRead {
    /// Rows read, rejected ones included.
    pub read: u64,
    /// Rows earlier than some row before them.
    pub moved: u64,
    /// Malformed rows set aside.
    pub rejected: u64,
}

/// How many of all numbers turned red or yellow, where more were replayed than are shown one by one.
fn all_numbers(r: &Replayed) -> String {
    let (red, yellow) = r.turned;
    let all = words::count(r.wanted as u64);
    match (red, yellow) {
        (0, 0) => format!("None of {all} numbers turned yellow or red."),
        (0, y) => format!("{} of {all} numbers turned yellow, none red.", words::count(y as u64)),
        (r, y) => format!(
            "{} of {all} numbers turned red, {} more yellow but never red.",
            words::count(r as u64),
            words::count(y as u64)
        ),
    }
}

/// The whole answer, ending in a line break. `notes` are the caller's warnings, in full sentences.
pub fn replayed(r: &Replayed, rows: &RowsRead, notes: &[String], options: TextOptions) -> String {
    let mut page = Page::new(options, 40);
    let result = &r.result;
    let name = page.bold(&words::clean(&result.scenario));
    page.line(&name);
    page.wrap(&format!("Replayed: what the rules make of a log ({})", policy_words(result)), 0, 0);
    page.line("");
    sentences(r).iter().for_each(|sentence| page.wrap(sentence, 0, 0));
    counted(&mut page, r, rows);
    super::refusals::refusals(&mut page, result);
    rating(&mut page, result);
    if r.wanted > result.numbers.len() {
        let more = (r.wanted - result.numbers.len()) as u64;
        page.wrap(
            &format!(
                "Shown are {}, red and yellow ones first, then those that sent most; {} more {} in the tables.",
                words::plural(result.numbers.len() as u64, "number", "numbers"),
                words::count(more),
                if more == 1 { "is" } else { "are" }
            ),
            2,
            2,
        );
    }
    limits::limits(&mut page, result);
    costs::costs(&mut page, result);
    limits::incidents(&mut page, result);
    if result.numbers.len() > 1 {
        per_number(&mut page, result);
    }
    observed(&mut page, &agreement(&r.observed, &r.changes));
    if let Some(v) = &r.verification {
        page.section("Verification");
        page.wrap(&verification(v), 2, 2);
    }
    page.warnings(&doubts(r));
    page.section("Notes");
    for note in self::notes(r, notes) {
        page.wrap(&format!("- {note}"), 2, 2);
    }
    page.line("");
    page.wrap(&format!("{} to {} UTC · policy {}", r.start.date(), r.end.date(), policy_words(result)), 0, 0);
    page.out
}

/// What else is to be said of a replay, with the remarks that only the caller can make.
pub fn notes(r: &Replayed, more: &[String]) -> Vec<String> {
    let mut all = vec![open_loop(r)];
    if r.observed_after > 0 {
        all.push(format!(
            "{} after the end of the log ({}), which is its last signal: not compared. --until a later instant \
             takes them in.",
            words::plural(r.observed_after, "report of the platform lies", "reports of the platform lie"),
            r.end.date()
        ));
    }
    all.extend(more.iter().cloned());
    let shown = r.warnings.len().min(LINES_MAX);
    all.extend(r.warnings[..shown].iter().map(|w| format!("{}.", words::clean(&w.to_string()))));
    if r.warnings.len() > shown {
        all.push(format!(
            "… and {} more warnings of this kind.",
            words::count((r.warnings.len() - shown) as u64)
        ));
    }
    all
}

/// The sentences that begin the answer.
pub fn sentences(r: &Replayed) -> Vec<String> {
    let result = &r.result;
    let mut out = Vec::new();
    if r.negative == 0 {
        out.push(not_derivable(result));
    } else {
        let few = r.wanted > result.numbers.len();
        if few {
            out.push(all_numbers(r));
        }
        for (i, sentence) in headline::headline(result).into_iter().enumerate() {
            let whose = if few && i == 0 { "Of those shown below: " } else { "" };
            out.push(format!("{whose}{sentence}"));
        }
    }
    out.extend(lead(leads(r.changes.iter())));
    out
}

/// What to say where a story would only tell of the absence of bad news.
fn not_derivable(result: &RunResult) -> String {
    let mut out = "The log holds no block, report, mute or archive, so ratings can't be derived from it alone: where the \
                   table below says green, it says that nothing bad was recorded. Merge blocks and reports with --with \
                   FILE."
        .to_string();
    let last = |(n, id): (usize, &String)| {
        let (at, colour) = result.platform.of(n).last()?;
        Some(format!("{} {} since {}", words::clean(id), words::colour(*colour), at.date()))
    };
    let reported: Vec<String> = result.numbers.iter().enumerate().filter_map(last).collect();
    out.push_str(&match reported.len() {
        0 => " The platform's own ratings are not in the log either.".to_string(),
        _ => format!(" As the platform reported last: {}.", words::list(&reported, 6)),
    });
    out
}

/// How far the rules ran ahead of the platform, or behind it; none if it reported no change.
fn lead(leads: Leads) -> Option<String> {
    if leads.changes == 0 {
        return None;
    }
    let reported = words::plural(leads.changes, "change", "changes");
    let Some(median) = leads.median else {
        return Some(format!(
            "The platform reported {reported}; the rules made none of them (observed_changes.csv)."
        ));
    };
    let when = match median.0 {
        0 => "at the same instant as the platform".to_string(),
        ms => format!("{} {} the platform", hours(ms.abs()), if ms < 0 { "before" } else { "after" }),
    };
    let middle = if leads.matched > 1 { ", in the middle case" } else { "," };
    Some(format!(
        "Of {reported} that the platform reported, the rules made {}{middle} {when} (observed_changes.csv).",
        words::count(leads.matched)
    ))
}

/// A span as people say it: `40 minutes`, `6.5 hours`, `3 days`.
fn hours(ms: i64) -> String {
    let hours = ms as f64 / 3_600_000.0;
    let tenths = |x: f64| libm::round(x * 10.0) / 10.0;
    match hours {
        h if h < 1.0 => format!("{} minutes", libm::ceil(h * 60.0)),
        h if h < 72.0 => format!("{} hours", tenths(h)),
        h => format!("{} days", tenths(h / 24.0)),
    }
}

/// What judging under rules that may not have been those of the day can and can't say.
fn open_loop(r: &Replayed) -> String {
    let refused = r.counts.of(crate::messaging::record::Event::Verdict(VerdictKind::SendRefused));
    let would = match refused {
        0 => String::new(),
        n => format!(
            " The verdicts have {} (send_refused): what these rules refuse, and what the log itself records as refused, \
             for the reason that it gives.",
            words::plural(n, "refused attempt", "refused attempts"),
        ),
    };
    format!(
        "The replay is open-loop: under other rules senders would have acted otherwise, and messages that the platform \
         refused are in the log only if it says so.{would}"
    )
}

fn counted(page: &mut Page, r: &Replayed, rows: &RowsRead) {
    page.section("The log (rows as they stand in it, duplicates included)");
    let line = |page: &mut Page, label: &str, n: u64, more: &str| {
        page.line(&format!("  {}{}  {more}", left(label, 26), right(&words::count(n), 13)));
    };
    line(page, "rows read", rows.read, "");
    for (label, n, more) in [
        ("out of order", rows.moved, "sorted by time"),
        ("duplicates", r.fates.duplicate, "counted once"),
        ("malformed", rows.rejected, "set aside, see rejects.csv"),
        ("without effect", r.fates.ignored, "failed after delivered, or registered again"),
        ("left out", r.fates.dropped, "sends the rules refuse, and what followed from them (--refused drop)"),
        ("after --until", r.fates.after_until, "left out"),
    ] {
        if n > 0 {
            line(page, label, n, more);
        }
    }
    for (event, n) in r.counts.signals().into_iter().chain(r.counts.observed()) {
        line(page, event, n, "");
    }
}

/// Counts and the end of each number shown.
fn per_number(page: &mut Page, result: &RunResult) {
    let Some(only) = result.replications.first() else { return };
    page.section("Numbers");
    let label = NAME_MAX.min(page.width / 5) + 2;
    let cell = |text: &str| right(text, 11);
    let head: String = ["sent", "delivered", "blocked", "reported", "refused"].map(cell).concat();
    page.line(&format!("  {}{head}  at the end", left("", label)));
    for (name, s) in result.numbers.iter().zip(&only.numbers) {
        let c = &s.counts;
        let counts = [c.sent, c.delivered, c.blocked, c.reported, c.refused];
        let counts: String = counts.map(|n| cell(&words::count(n))).concat();
        page.line(&format!(
            "  {}{counts}  {}, {}, limit {}",
            left(&words::shorten(&words::clean(name), label - 2), label),
            words::colour(s.final_rating),
            words::status(s.final_status),
            s.final_limit.short()
        ));
    }
}

fn observed(page: &mut Page, rows: &[Agreement]) {
    if rows.is_empty() {
        return;
    }
    page.section("What the platform reported, against what the rules give (at the end of each day)");
    page.line(&format!(
        "  {}{}{}{}{}after",
        left("", 36),
        left("days", 7),
        left("agree", 9),
        left("first difference", 18),
        left("changes", 10)
    ));
    for row in rows.iter().take(2 * LINES_MAX) {
        let name = words::shorten(&words::clean(&row.subject.id), NAME_MAX);
        let what = format!("{} of {} {name}", row.measure.name(), row.subject.scope.name());
        let lag = row
            .leads
            .median
            .map_or(String::new(), |lag| format!("{} h", libm::round(lag.as_secs() / 360.0) / 10.0));
        let made = match row.leads.changes {
            0 => "–".to_string(),
            n => format!("{} of {}", words::count(row.leads.matched), words::count(n)),
        };
        let share = if row.days == 0 {
            "–".to_string()
        } else {
            words::percent(row.agreeing as f64 / row.days as f64)
        };
        page.line(&format!(
            "  {}{}{}{}{}{lag}",
            left(&words::shorten(&what, 35), 36),
            left(&words::count(row.days), 7),
            left(&share, 9),
            left(&row.first_disagreement.map_or("none".to_string(), |d| d.date()), 18),
            left(&made, 10)
        ));
    }
    if rows.len() > 2 * LINES_MAX {
        page.line(&format!(
            "  … and {} more in observed.csv",
            words::count((rows.len() - 2 * LINES_MAX) as u64)
        ));
    }
    page.wrap(
        "Changes: how many of the platform's the rules made too; after: by how long the rules came later in the middle \
         case, negative where they were first. The first report of a value is not known to be a change.",
        2,
        2,
    );
}

/// Several policies over one log, in a line each.
pub fn compared<'r>(names: &[&str], replays: impl Iterator<Item = &'r Replayed>) -> String {
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0).max(6) + 2;
    let mut out = format!(
        "The same signals, side by side (comparison.csv has every day)\n\n  {}{}{}{}{}days red or yellow\n",
        left("policy", width),
        left("first yellow", 14),
        left("first red", 14),
        right("raises", 8),
        right("lowered  ", 11)
    );
    for (name, r) in names.iter().zip(replays) {
        let Some(only) = r.result.replications.first() else { continue };
        let first = |pick: fn(&NumberSummary) -> Option<SimTime>| {
            only.numbers.iter().filter_map(pick).min().map_or("never".to_string(), |t| t.date())
        };
        let sum = |pick: fn(&NumberSummary) -> u64| only.numbers.iter().map(pick).sum::<u64>();
        let shown = |d: &&DailyRow| r.shows(d.number);
        let bad = r.days.iter().filter(shown).filter(|d| d.rating <= QualityRating::Yellow).count() as u64;
        out.push_str(&format!(
            "  {}{}{}{}{}  {} of {}\n",
            left(&words::clean(name), width),
            left(&first(|s| s.first_yellow), 14),
            left(&first(|s| s.first_red), 14),
            right(&sum(|s| s.raises).to_string(), 8),
            right(&sum(|s| s.lowerings).to_string(), 9),
            words::count(bad),
            words::count(r.days.iter().filter(shown).count() as u64)
        ));
    }
    out
}

/// What a verification found, in a sentence.
pub fn verification(v: &Verification) -> String {
    let shown = |v: &Option<Verdict>, whose: &str| match v {
        Some(v) => format!("{whose} {}", verdict_words(v)),
        None => format!("{whose} no further verdict"),
    };
    match &v.differs {
        None if v.agreed == 0 => "The log holds no verdicts, and the rules give none.".to_string(),
        None => format!(
            "All {} verdicts of the log are re-derived: same order, instant, value and cause.",
            words::count(v.agreed)
        ),
        Some((None, Some(_))) if v.agreed == 0 => {
            "The log holds no verdicts, so there is nothing to hold the rules' against.".to_string()
        }
        Some((logged, derived)) => format!(
            "Verdict {} differs ({} before it agree): {}; {}.",
            words::count(v.agreed + 1),
            words::count(v.agreed),
            shown(logged, "the log has"),
            shown(derived, "the rules give")
        ),
    }
}

fn verdict_words(v: &Verdict) -> String {
    let c = Columns::of_verdict(v);
    let cause = c.cause.map_or(String::new(), |c| format!(", cause {c}"));
    format!(
        "{} {} of {} {} from {:?} to {:?} by {}{cause}",
        v.time,
        v.kind.name(),
        v.scope.name(),
        words::clean(&v.subject),
        v.from,
        v.to,
        v.rule
    )
}
