//! The answer in the terminal: a headline, then the figures behind it, for a reader who plans campaigns.
//!
//! A pure function of a result, a width and whether colour is wanted. Must not know about terminals, files, or
//! what else was asked on the command line; what only the caller can warn of comes in as finished sentences.

use crate::experiment::measure::{Assumption, Counts, GroupRow, NumberSummary, RunResult};
use crate::experiment::stats;
use crate::messaging::{Limit, NumberStatus, QualityRating, Scope, VerdictKind};
use crate::report::series::{self, Days, LimitPath};
use crate::report::words;
use crate::sim::SimTime;

/// How the answer is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns to fill; less than 40 counts as 40. Sentences and strips keep to it, tables need 80.
    pub width: usize,
    /// Whether ANSI colour codes may be used. Letters carry the meaning either way.
    pub color: bool,
}

impl Default for TextOptions {
    fn default() -> TextOptions {
        TextOptions { width: 80, color: false }
    }
}

/// Names longer than this are cut in tables.
const NAME_MAX: usize = 24;
/// Lines of one kind before the rest is only counted.
const LINES_MAX: usize = 8;

/// The whole answer, ending in a line break. `notes` are warnings in full sentences; see [`notes`].
pub fn answer(result: &RunResult, notes: &[String], options: TextOptions) -> String {
    let mut page = Page { out: String::new(), width: options.width.max(40), color: options.color };
    head(&mut page, result);
    figures(&mut page, result);
    rating(&mut page, result);
    if result.numbers.len() > 1 {
        per_number(&mut page, result);
    }
    limits(&mut page, result);
    incidents(&mut page, result);
    money(&mut page, result);
    contributors(&mut page, result);
    closing(&mut page, result, notes);
    page.out
}

/// What the result itself gives reason to warn of: few replications, numbers that were never rated, a horizon past
/// the newest date on which the policy was checked.
pub fn notes(result: &RunResult) -> Vec<String> {
    let mut out = Vec::new();
    match result.replications.len() {
        0 | 1 => out.push(
            "One replication shows one possible course of events, not how likely it is; several (--replications 100) \
             give probabilities and intervals."
                .to_string(),
        ),
        n @ 2..=29 => out.push(format!("Only {n} replications: the intervals are wide.")),
        _ => {}
    }
    let never: Vec<String> = (0..result.numbers.len())
        .filter(|n| !series::ever_rated(result, *n))
        .map(|n| words::clean(&result.numbers[n]))
        .collect();
    if !never.is_empty() {
        let sample = assumption(result, "min_sample").map_or(String::new(), |a| {
            format!(" ({}, plausible {}–{}: an assumption)", a.value, a.low, a.high)
        });
        out.push(format!(
            "Never rated in replication 1: {}. A rating needs a least number of messages in its window{sample}.",
            words::list(&never, 5)
        ));
    }
    if !result.policy.verified.is_empty() && result.horizon.date() > result.policy.verified {
        out.push(format!(
            "The run ends on {}, after {}, the newest date on which the policy's constants were checked.",
            result.horizon.date(),
            result.policy.verified
        ));
    }
    out
}

/// Text under construction.
struct Page {
    out: String,
    width: usize,
    color: bool,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.out.push('\n');
        for line in wrapped(title, self.width, 0, 0) {
            let line = self.bold(&line);
            self.line(&line);
        }
    }

    /// Breaks words at the width; lines after the first are indented by `hang` more than `indent`.
    fn wrap(&mut self, text: &str, indent: usize, hang: usize) {
        for line in wrapped(text, self.width, indent, hang) {
            self.line(&line);
        }
    }

    fn bold(&self, text: &str) -> String {
        if self.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_string() }
    }
}

fn wrapped(text: &str, width: usize, indent: usize, hang: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = " ".repeat(indent);
    let mut empty = true;
    // A break inside "12 %" or "day 4" would tear a number from what it counts.
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    let mut i = 0;
    while i < words.len() {
        let mut piece = words[i].to_string();
        while i + 1 < words.len() && (words[i + 1].starts_with('%') || words[i] == "day") {
            i += 1;
            piece.push(' ');
            piece.push_str(words[i]);
        }
        i += 1;
        if !empty && chars(&line) + 1 + chars(&piece) > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent + hang)));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&piece);
        empty = false;
    }
    lines.push(line);
    lines
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(chars(text))))
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(chars(text))))
}

fn assumption<'a>(result: &'a RunResult, name: &str) -> Option<&'a Assumption> {
    // `template.min_sample` is another constant of the same last name.
    let is = |a: &&Assumption| a.name == name || a.name == format!("rating.{name}");
    result.policy.assumptions.iter().find(is)
}

// ---------------------------------------------------------------------------------------------------- headline

fn head(page: &mut Page, result: &RunResult) {
    let name = page.bold(&words::clean(&result.scenario));
    page.line(&name);
    if !result.question.is_empty() {
        page.wrap(&words::clean(&result.question), 0, 0);
    }
    page.line("");
    for sentence in headline(result) {
        page.wrap(&sentence, 0, 0);
    }
    if result.warm_up.0 > 0 {
        page.wrap(&format!("The opening {} (warm-up) are left out of this.", warm_up_words(result)), 0, 0);
    }
}

fn warm_up_words(result: &RunResult) -> String {
    if result.warm_up.0 % SimTime::DAY_MS == 0 {
        words::plural((result.warm_up.0 / SimTime::DAY_MS) as u64, "day", "days")
    } else {
        result.warm_up.to_string()
    }
}

/// The answer in one sentence (or two): a probability where there are several replications, a story where there is
/// one. Also what a chart's subtitle quotes.
pub fn headline(result: &RunResult) -> Vec<String> {
    if result.numbers.is_empty() {
        return vec!["The scenario has no numbers: nothing was sent and nothing was rated.".to_string()];
    }
    if result.replications.len() > 1 { chances(result) } else { vec![story(result)] }
}

fn chances(result: &RunResult) -> Vec<String> {
    let n = result.replications.len() as u64;
    let span = series::span_words(result);
    let any = if result.numbers.len() > 1 { " (any of the numbers)" } else { "" };
    let first = |pick: fn(&NumberSummary) -> Option<SimTime>| -> Vec<SimTime> {
        result.replications.iter().filter_map(|r| r.numbers.iter().filter_map(pick).min()).collect()
    };
    let red = first(|s| s.first_red);
    let yellow = first(|s| s.first_yellow);
    let part = |k: usize| {
        let k = k as u64;
        (words::chance(k as f64 / n as f64, n), words::chance_range(stats::wilson(k, n), n))
    };
    let (p, range) = part(red.len());
    let mut out = vec![format!("Red within {span}{any}: {p} ({range}, {} replications).", words::count(n))];
    let (p, range) = part(yellow.len());
    out.push(format!("Yellow or worse: {p} ({range})."));
    if let Some(when) = when_words(result, &red) {
        out.push(format!("Where it turned red, {when}."));
    } else if let Some(when) = when_words(result, &yellow) {
        out.push(format!("Where it turned yellow, {when}."));
    }
    out
}

/// On which day something first happened in the replications in which it did.
fn when_words(result: &RunResult, times: &[SimTime]) -> Option<String> {
    let day = |t: &SimTime| (t.day_number() - result.start.day_number() + 1) as f64;
    let days: Vec<f64> = times.iter().map(day).collect();
    let at = |p| stats::quantile(&days, p).map(|d| d.round() as u64);
    Some(match times.len() {
        0 => return None,
        1 => format!("it did so on day {}", at(0.5)?),
        2..=4 => format!("it did so between day {} and day {}", at(0.0)?, at(1.0)?),
        _ if at(0.05)? == at(0.95)? => format!("it did so on day {}", at(0.5)?),
        _ => format!(
            "the middle case did so on day {} (9 in 10: day {} to day {})",
            at(0.5)?,
            at(0.05)?,
            at(0.95)?
        ),
    })
}

fn story(result: &RunResult) -> String {
    let Some(only) = result.replications.first() else {
        return "Nothing was run.".to_string();
    };
    let day = |t| words::day(result.start, t);
    let rated = |number| series::ever_rated(result, number);
    if let [s] = &only.numbers[..] {
        let turned = match (s.first_yellow, s.first_red) {
            (Some(y), Some(r)) if y.day_number() < r.day_number() => {
                format!("turned yellow on {} and red on {}", day(y), day(r))
            }
            (Some(y), Some(r)) if y < r => format!("turned yellow and red on {}", day(r)),
            (_, Some(r)) => format!("turned red on {}", day(r)),
            (Some(y), None) => format!("turned yellow on {} and never red", day(y)),
            (None, None) if rated(0) => "stayed green".to_string(),
            (None, None) => {
                return "The number was never rated: too few messages in the rating window.".to_string();
            }
        };
        let ended = match (s.final_status, s.final_rating) {
            (NumberStatus::Banned, _) => "; it ended banned",
            (NumberStatus::Suspended, _) => "; it ended suspended",
            (_, QualityRating::Green) if s.first_yellow.is_some() => "; it ended green",
            (_, QualityRating::Yellow) if s.first_red.is_some() => "; it ended yellow",
            (_, QualityRating::Unknown) => "; it ended without a rating",
            _ => "",
        };
        return format!("The number {turned}{ended}.");
    }
    let named = |pick: &dyn Fn(usize) -> Option<SimTime>| -> Vec<String> {
        (0..only.numbers.len())
            .filter_map(|n| {
                let name = words::shorten(&words::clean(result.numbers.get(n)?), NAME_MAX);
                // The table beneath has the dates.
                pick(n).map(|t| format!("{name} on day {}", t.day_number() - result.start.day_number() + 1))
            })
            .collect()
    };
    let red = named(&|n| only.numbers[n].first_red);
    let yellow = named(&|n| only.numbers[n].first_yellow.filter(|_| only.numbers[n].first_red.is_none()));
    let of = result.numbers.len();
    match (red.len(), yellow.len()) {
        (0, 0) if (0..of).any(rated) => format!("None of the {of} numbers turned yellow or red."),
        (0, 0) => format!("None of the {of} numbers was ever rated: too few messages in the rating window."),
        (0, y) => format!("{y} of {of} numbers turned yellow, none red: {}.", words::list(&yellow, 3)),
        (r, 0) => format!("{r} of {of} numbers turned red: {}.", words::list(&red, 3)),
        (r, y) => format!(
            "{r} of {of} numbers turned red: {}; {y} more turned yellow: {}.",
            words::list(&red, 3),
            words::list(&yellow, 3)
        ),
    }
}

// ----------------------------------------------------------------------------------------------------- figures

/// The counts of one replication, all numbers together, in the order they are shown.
fn totals(result: &RunResult, replication: usize) -> [f64; 10] {
    let r = &result.replications[replication];
    let sum = |pick: fn(&Counts) -> u64| r.numbers.iter().map(|n| pick(&n.counts)).sum::<u64>() as f64;
    [
        r.plan.planned as f64,
        sum(|c| c.sent),
        sum(|c| c.delivered),
        sum(|c| c.read),
        sum(|c| c.blocked),
        sum(|c| c.reported),
        sum(|c| c.opted_out),
        sum(|c| c.refused),
        r.plan.deferred as f64,
        r.plan.not_sent as f64,
    ]
}

/// Label, and what a share of it is a share of: (row, word).
const FIGURES: [(&str, Option<(usize, &str)>); 10] = [
    ("planned", None),
    ("sent", Some((0, "planned"))),
    ("delivered", Some((1, "sent"))),
    ("read (seen)", Some((2, "delivered"))),
    ("blocked", Some((2, "delivered"))),
    ("reported", Some((2, "delivered"))),
    ("opted out", Some((2, "delivered"))),
    ("refused attempts", None),
    ("deferred", Some((0, "planned"))),
    ("not sent", Some((0, "planned"))),
];

fn figures(page: &mut Page, result: &RunResult) {
    let n = result.replications.len();
    if n == 0 {
        return;
    }
    let all: Vec<[f64; 10]> = (0..n).map(|r| totals(result, r)).collect();
    let wide = n > 1 && page.width >= 96;
    page.section(if n > 1 { "What happened, mean of all replications" } else { "What happened" });
    if n > 1 {
        let spread = if wide { left("9 in 10 replications", 24) } else { String::new() };
        page.line(&format!("  {}{}  {}{spread}", left("", 18), right("mean", 11), left("95 % interval", 22)));
    }
    let means: Vec<f64> =
        (0..FIGURES.len()).map(|i| all.iter().map(|row| row[i]).sum::<f64>() / n as f64).collect();
    for (i, (label, base)) in FIGURES.iter().enumerate() {
        let share = base
            .filter(|(of, _)| means[*of] > 0.0 && (n == 1 || page.width >= 77))
            .map_or(String::new(), |(of, word)| {
                format!("{} of {word}", words::percent(means[i] / means[of]))
            });
        if n == 1 {
            page.line(&format!(
                "  {}{}  {share}",
                left(label, 18),
                right(&words::count(means[i] as u64), 11)
            ));
            continue;
        }
        let values: Vec<f64> = all.iter().map(|row| row[i]).collect();
        let interval = match stats::mean_interval(&values).1 {
            Some((low, high)) => words::range(&words::mean_count(low), &words::mean_count(high)),
            None => String::new(),
        };
        let spread = if wide {
            let at = |p| words::mean_count(stats::quantile(&values, p).unwrap_or(0.0));
            left(&words::range(&at(0.05), &at(0.95)), 24)
        } else {
            String::new()
        };
        page.line(&format!(
            "  {}{}  {}{spread}{share}",
            left(label, 18),
            right(&words::mean_count(means[i]), 11),
            left(&interval, 22)
        ));
    }
}

// ------------------------------------------------------------------------------------------------------ rating

/// The letter of a colour in a strip: it carries the meaning where colour does not.
pub fn letter(rating: QualityRating) -> char {
    match rating {
        QualityRating::Red => 'R',
        QualityRating::Yellow => 'Y',
        QualityRating::Green => 'G',
        QualityRating::Unknown => '·',
    }
}

/// Black or white on a background: four pairs that every terminal has.
fn ansi(rating: QualityRating) -> &'static str {
    match rating {
        QualityRating::Red => "\x1b[97;41m",
        QualityRating::Yellow => "\x1b[30;43m",
        QualityRating::Green => "\x1b[30;42m",
        QualityRating::Unknown => "\x1b[90m",
    }
}

fn strip(cells: &[QualityRating], color: bool) -> String {
    let mut out = String::new();
    for run in cells.chunk_by(|a, b| a == b) {
        let letters: String = run.iter().map(|c| letter(*c)).collect();
        if color {
            out.push_str(ansi(run[0]));
            out.push_str(&letters);
            out.push_str("\x1b[0m");
        } else {
            out.push_str(&letters);
        }
    }
    out
}

/// Ticks every seven cells and dates under every other one: the first in full, later ones with the year only where
/// it changes.
fn dates_under(days: &Days, per_cell: usize, cells: usize, room: usize) -> (String, String) {
    let (mut ticks, mut labels) = (String::new(), String::new());
    let mut year = String::new();
    for cell in (0..cells).step_by(7) {
        ticks = left(&ticks, cell);
        ticks.push('|');
        if cell % 14 != 0 {
            continue;
        }
        let date = days.start(cell * per_cell).date();
        let label = if date[..4] == year { &date[5..] } else { &date };
        if cell + chars(label) > room {
            continue;
        }
        labels = left(&labels, cell);
        labels.push_str(label);
        year = date[..4].to_string();
    }
    (ticks, labels)
}

fn rating(page: &mut Page, result: &RunResult) {
    if result.numbers.is_empty() {
        return;
    }
    let days = Days::of(result);
    let several = result.numbers.len() > 1;
    let names: Vec<String> = result
        .numbers
        .iter()
        .map(|n| words::shorten(&words::clean(n), NAME_MAX.min(page.width / 5)))
        .collect();
    let label = if several { names.iter().map(|n| chars(n)).max().unwrap_or(0) + 2 } else { 0 };
    let room = page.width - 2 - label;
    let per_cell = days.count.div_ceil(room);
    let cell_words = match per_cell {
        1 => "one cell a day".to_string(),
        k => format!("one cell = {k} days"),
    };
    let which = if result.replications.len() > 1 { ", replication 1" } else { "" };
    page.section(&format!("Rating{which} ({cell_words}, its worst colour; UTC)"));
    let mut cells_shown = 0;
    for (number, name) in names.iter().enumerate() {
        let by_day = series::worst_by_day(result, number);
        let cells: Vec<QualityRating> =
            by_day.chunks(per_cell).map(|c| c.iter().copied().min().unwrap_or_default()).collect();
        cells_shown = cells.len();
        let shown = if several { left(name, label) } else { String::new() };
        page.line(&format!("  {shown}{}", strip(&cells, page.color)));
    }
    let (ticks, labels) = dates_under(&days, per_cell, cells_shown, room);
    page.line(&format!("  {}{ticks}", " ".repeat(label)));
    page.line(&format!("  {}{labels}", " ".repeat(label)));
    page.line("  G green   Y yellow   R red   · not rated");
    let Some(first) = result.replications.first() else { return };
    let after = if result.warm_up.0 > 0 { " after warm-up" } else { "" };
    let at = |t: Option<SimTime>| t.map_or("never".to_string(), |t| words::day(result.start, t));
    if several {
        let score = |s: Option<f64>| s.map_or("–".to_string(), words::percent);
        page.line("");
        page.line(&format!(
            "  {}{}{}highest score",
            left("", label),
            left("first yellow or worse", 23),
            left("first red", 21)
        ));
        for (name, s) in names.iter().zip(&first.numbers) {
            page.line(&format!(
                "  {}{}{}{}",
                left(name, label),
                left(&at(s.first_yellow), 23),
                left(&at(s.first_red), 21),
                right(&score(s.worst_score), 13)
            ));
        }
    } else if let [s] = &first.numbers[..] {
        page.wrap(
            &format!(
                "first yellow or worse{after}: {}; first red: {}{}",
                at(s.first_yellow),
                at(s.first_red),
                worst_score(result)
            ),
            2,
            2,
        );
    }
}

/// The middle and the spread of a number's highest score over all replications.
fn worst_scores(result: &RunResult, number: usize) -> Option<String> {
    let all = result.replications.iter().filter_map(|r| r.numbers.get(number)?.worst_score);
    let all: Vec<f64> = all.filter(|s| s.is_finite()).collect();
    let at = |p| stats::quantile(&all, p).map(words::percent);
    let (low, middle, high) = (at(0.05)?, at(0.5)?, at(0.95)?);
    Some(if low == high { middle } else { format!("{middle} ({}–{high})", low.trim_end_matches(" %")) })
}

/// The highest score of the only number, as the end of a sentence.
fn worst_score(result: &RunResult) -> String {
    let first = result.replications.first().and_then(|r| r.numbers.first()?.worst_score);
    let Some(first) = first.map(words::percent) else { return String::new() };
    match worst_scores(result, 0) {
        Some(all) if result.replications.len() > 1 => {
            format!("; highest score: {first} (all replications, middle and 9 in 10: {all})")
        }
        _ => format!("; highest score: {first}"),
    }
}

fn per_number(page: &mut Page, result: &RunResult) {
    let n = result.replications.len() as u64;
    if n < 2 {
        return;
    }
    let names: Vec<String> = result
        .numbers
        .iter()
        .map(|s| words::shorten(&words::clean(s), NAME_MAX.min(page.width / 5)))
        .collect();
    let label = names.iter().map(|s| chars(s)).max().unwrap_or(0) + 2;
    page.section(&format!("Chance per number, {} replications", words::count(n)));
    let wide = page.width >= 78;
    let score = if wide { "highest score (9 in 10)" } else { "" };
    page.line(&format!("  {}{}{}{score}", left("", label), left("yellow or worse", 18), left("red", 18)));
    for (i, name) in names.iter().enumerate() {
        let k = |pick: fn(&NumberSummary) -> Option<SimTime>| {
            result.replications.iter().filter(|r| r.numbers.get(i).and_then(pick).is_some()).count() as u64
        };
        let show = |k: u64| {
            format!(
                "{} ({})",
                words::chance(k as f64 / n as f64, n),
                words::chance_range(stats::wilson(k, n), n)
            )
        };
        let score = if wide { worst_scores(result, i).unwrap_or("–".to_string()) } else { String::new() };
        page.line(&format!(
            "  {}{}{}{score}",
            left(name, label),
            left(&show(k(|s| s.first_yellow)), 18),
            left(&show(k(|s| s.first_red)), 18)
        ));
    }
}

// ------------------------------------------------------------------------------------------------------ limits

fn limits(page: &mut Page, result: &RunResult) {
    let paths = series::limit_paths(result);
    if paths.is_empty() {
        return;
    }
    page.section(if result.replications.len() > 1 {
        "Messaging limit, replication 1"
    } else {
        "Messaging limit"
    });
    for path in &paths {
        let who =
            if paths.len() > 1 { format!("{}: ", words::shorten(&path.label, 40)) } else { String::new() };
        let start = path.start.map_or("not known".to_string(), Limit::short);
        if path.steps.is_empty() {
            page.wrap(&format!("{who}{start} throughout"), 2, 2);
        } else {
            page.wrap(&format!("{who}starts at {start}"), 2, 2);
            for step in path.steps.iter().take(LINES_MAX) {
                let line = format!(
                    "{} → {} on {}, {}",
                    step.from.short(),
                    step.to.short(),
                    words::day(result.start, step.time),
                    words::limit_rule(&step.rule)
                );
                page.wrap(&line, 4, 2);
            }
            if path.steps.len() > LINES_MAX {
                page.line(&format!("    and {} more (verdicts.csv has all)", path.steps.len() - LINES_MAX));
            }
        }
        if let Some(line) = limit_use(result, path) {
            page.wrap(&line, 4, 2);
        }
        if let Some(line) = final_limits(result, path) {
            page.wrap(&line, 4, 2);
        }
    }
    let cancelled =
        result.first.verdicts.iter().filter(|v| v.kind == VerdictKind::RaiseCancelled).count() as u64;
    if cancelled > 0 {
        page.wrap(
            &format!(
                "{} cancelled before it came due: rating, flag or suspension no longer allowed it, or the limit was \
                 lowered first",
                words::plural(cancelled, "raise was", "raises were")
            ),
            2,
            2,
        );
    }
}

/// How close the slots came to the limit, at the ends of days.
fn limit_use(result: &RunResult, path: &LimitPath) -> Option<String> {
    let number = path.numbers[0];
    let rows = result.first.daily.iter().filter(|r| r.number == number);
    let fullest = rows
        .filter_map(|r| match r.limit {
            Limit::Of(limit) => Some((r.slots_in_use as f64 / limit as f64, r)),
            Limit::Unlimited => None,
        })
        .reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    (fullest.1.slots_in_use > 0).then(|| {
        format!(
            "fullest at the end of {}: {} of {} slots in use",
            words::day(result.start, fullest.1.day),
            words::count(fullest.1.slots_in_use),
            fullest.1.limit.short()
        )
    })
}

fn final_limits(result: &RunResult, path: &LimitPath) -> Option<String> {
    let n = result.replications.len() as u64;
    if n < 2 {
        return None;
    }
    let mut ends: Vec<Limit> = result
        .replications
        .iter()
        .filter_map(|r| r.numbers.get(path.numbers[0]))
        .map(|s| s.final_limit)
        .collect();
    ends.sort();
    let shares: Vec<String> = ends
        .chunk_by(|a, b| a == b)
        .map(|same| format!("{} in {}", same[0].short(), words::chance(same.len() as f64 / n as f64, n)))
        .collect();
    Some(format!("at the end of the run: {} of the replications", words::list(&shares, 6)))
}

// --------------------------------------------------------------------------------------------------- incidents

fn incidents(page: &mut Page, result: &RunResult) {
    let mut lines: Vec<(SimTime, String)> = Vec::new();
    let mut used_up: (u64, Option<SimTime>) = (0, None);
    for v in &result.first.verdicts {
        let subject = words::shorten(&words::clean(&v.subject), 40);
        let who = match v.scope {
            Scope::Number if result.numbers.len() == 1 => "number".to_string(),
            Scope::Number => subject,
            Scope::Template => format!("template {subject}"),
            Scope::Portfolio => format!("portfolio {subject}"),
            Scope::Account => format!("account {subject}"),
        };
        let said = match v.kind {
            VerdictKind::StatusChanged => match v.rule.as_str() {
                "limit_used_up" => {
                    used_up = (used_up.0 + 1, Some(v.time));
                    continue;
                }
                "slots_free" => continue,
                "flag_red" => "flagged: red at an evaluation, a clock starts",
                "flag_recovered" => "the flag ends: it recovered",
                "flag_deadline" => "the flag ends at its deadline",
                "policy_changed" => "the status changes with the platform's rules",
                // These come with a verdict of their own.
                "sustained_suspend" | "suspension_over" | "sustained_ban" => continue,
                _ => "",
            }
            .to_string(),
            VerdictKind::NumberSuspended => format!("suspended until {}", day_of(&v.to)),
            VerdictKind::NumberRestored => "the suspension ends".to_string(),
            VerdictKind::NumberBanned => "banned".to_string(),
            VerdictKind::TemplatePaused => match v.rule.as_str() {
                "template_red_1" => "paused: red for the first time".to_string(),
                "template_red_2" => "paused: red for the second time".to_string(),
                _ => "paused: red".to_string(),
            },
            VerdictKind::TemplateResumed => "may be sent again".to_string(),
            VerdictKind::TemplateDisabled => "disabled: red once too often".to_string(),
            VerdictKind::AccountWarned
            | VerdictKind::AccountRestricted
            | VerdictKind::AccountRestored
            | VerdictKind::AccountLocked
            | VerdictKind::AccountDisabled => v.kind.name().trim_start_matches("account_").to_string(),
            _ => continue,
        };
        let said = if said.is_empty() {
            format!("{} → {} ({})", words::clean(&v.from), words::clean(&v.to), words::clean(&v.rule))
        } else {
            said
        };
        lines.push((v.time, format!("{who} {said}")));
    }
    if lines.is_empty() && used_up.0 == 0 {
        return;
    }
    let which = if result.replications.len() > 1 { ", replication 1" } else { "" };
    page.section(&format!("Flags, suspensions and template pauses{which}"));
    for (time, line) in lines.iter().take(LINES_MAX) {
        page.wrap(&format!("{}: {line}", words::day(result.start, *time)), 2, 2);
    }
    if lines.len() > LINES_MAX {
        page.line(&format!("  and {} more (verdicts.csv has all)", lines.len() - LINES_MAX));
    }
    if let (n, Some(last)) = used_up {
        page.wrap(
            &format!(
                "limit used up (RESTRICTED) {}, last on {}; no punishment",
                words::plural(n, "time", "times"),
                words::day(result.start, last)
            ),
            2,
            2,
        );
    }
}

/// An instant of a verdict as a date, or the text itself.
fn day_of(text: &str) -> String {
    SimTime::parse(text).map_or_else(|_| words::clean(text), SimTime::date)
}

// ------------------------------------------------------------------------------------------------------- money

fn money(page: &mut Page, result: &RunResult) {
    let rows: [(&str, Vec<f64>); 3] = [
        ("cost", result.replications.iter().map(|r| r.cost).collect()),
        ("worth", result.replications.iter().map(|r| r.value).collect()),
        ("worth less cost", result.replications.iter().map(|r| r.value - r.cost).collect()),
    ];
    if rows.iter().all(|(_, values)| values.iter().all(|v| *v == 0.0)) {
        return;
    }
    let currency = words::shorten(&words::clean(&result.currency), 12);
    let mean = if result.replications.len() > 1 { ", mean of all replications" } else { "" };
    page.section(&format!("What it cost and earned ({currency}{mean})"));
    for (label, values) in rows {
        let (mean, interval) = stats::mean_interval(&values);
        let interval = interval.map_or(String::new(), |(low, high)| {
            format!("  {}", words::range(&words::amount(low), &words::amount(high)))
        });
        page.line(&format!("  {}{}{interval}", left(label, 18), right(&words::amount(mean), 11)));
    }
}

// ------------------------------------------------------------------------------------------------ contributors

fn contributors(page: &mut Page, result: &RunResult) {
    let kinds: [(&str, &[GroupRow]); 3] = [
        ("campaigns", &result.first.campaigns),
        ("templates", &result.first.templates),
        ("segments", &result.first.segments),
    ];
    let sum = |rows: &[GroupRow]| rows.iter().map(|g| g.negative).sum::<f64>();
    if kinds.iter().all(|(_, rows)| rows.is_empty()) {
        return;
    }
    let which = if result.replications.len() > 1 { ", replication 1" } else { "" };
    page.section(&format!("Where the negative signals came from{which}"));
    if kinds.iter().all(|(_, rows)| sum(rows) <= 0.0) {
        page.line("  no negative signals were counted");
        return;
    }
    let name_width = (page.width.saturating_sub(46)).clamp(12, 40);
    page.line(&format!(
        "  {}{}{}{}",
        left("", name_width + 2),
        right("of negatives", 12),
        right("of deliveries", 15),
        right("per delivery", 14)
    ));
    for (kind, rows) in kinds {
        let total = sum(rows);
        if total <= 0.0 {
            continue;
        }
        let delivered: u64 = rows.iter().map(|g| g.counts.delivered).sum();
        let mut worst: Vec<&GroupRow> = rows.iter().filter(|g| g.negative > 0.0).collect();
        // Stable: equal shares stay in the scenario's order.
        worst.sort_by(|a, b| b.negative.total_cmp(&a.negative));
        page.line(&format!("  {kind}"));
        for g in worst.iter().take(3) {
            let of = |part: f64, whole: f64| {
                if whole > 0.0 { words::percent(part / whole) } else { "–".to_string() }
            };
            page.line(&format!(
                "    {}{}{}{}",
                left(&words::shorten(&words::clean(&g.name), name_width), name_width),
                right(&of(g.negative, total), 12),
                right(&of(g.counts.delivered as f64, delivered as f64), 15),
                right(&of(g.negative, g.counts.delivered as f64), 14)
            ));
        }
        if worst.len() > 3 {
            let rest: f64 = worst[3..].iter().map(|g| g.negative).sum();
            page.line(&format!(
                "    {}{}",
                left(&format!("({} more)", worst.len() - 3), name_width),
                right(&words::percent(rest / total), 12)
            ));
        }
    }
}

// ----------------------------------------------------------------------------------------------------- closing

fn closing(page: &mut Page, result: &RunResult, notes: &[String]) {
    let mut lines: Vec<String> = notes.iter().map(|n| words::clean(n)).collect();
    if silent_and_coloured(result) {
        lines.push(
            "Silence does not lower a score: what a blast left stays until the rating window has passed over it. \
             Only newer, better received messages bring it down sooner."
                .to_string(),
        );
    }
    if (0..result.numbers.len()).any(|n| series::ever_rated(result, n)) {
        lines.push(thresholds(result));
    }
    if !lines.is_empty() {
        page.section("Notes");
        for line in lines {
            page.wrap(&format!("- {line}"), 2, 2);
        }
    }
    page.line("");
    let eras: Vec<String> = result
        .policy
        .eras
        .iter()
        .map(|(from, name)| {
            let name = words::clean(name);
            if *from > result.start { format!("{name} from {}", from.date()) } else { name }
        })
        .collect();
    let rules = match &eras[..] {
        [] => String::new(),
        [one] if *one == result.policy.name => String::new(),
        _ => format!(" ({})", eras.join(", ")),
    };
    page.wrap(
        &format!(
            "{} to {} UTC · policy {}{rules} · seed {} · {}",
            result.start.date(),
            result.horizon.date(),
            words::clean(&result.policy.name),
            result.seed,
            words::plural(result.replications.len() as u64, "replication", "replications"),
        ),
        0,
        0,
    );
}

/// Whether a number stayed yellow or red through three days running on which it attempted nothing: long enough for
/// a reader to wonder why.
fn silent_and_coloured(result: &RunResult) -> bool {
    (0..result.numbers.len()).any(|number| {
        let mut run = 0;
        result.first.daily.iter().filter(|r| r.number == number).any(|r| {
            run = if r.counts.attempted == 0 && r.rating <= QualityRating::Yellow { run + 1 } else { 0 };
            run == 3
        })
    })
}

fn thresholds(result: &RunResult) -> String {
    let (yellow, red) = result.policy.thresholds;
    let range = |name: &str| -> Option<String> {
        let a = assumption(result, name)?;
        let (low, high) = (a.low.parse::<f64>().ok()?, a.high.parse::<f64>().ok()?);
        let (low, high) = (words::threshold(low), words::threshold(high));
        Some(format!("{}–{high}", low.trim_end_matches(" %")))
    };
    let plausible = match (range("yellow_at"), range("red_at")) {
        (Some(y), Some(r)) => format!("; plausible are {y} and {r}"),
        _ => String::new(),
    };
    format!(
        "The colours rest on assumptions: yellow from {}, red from {} weighted negative signals per message. The \
         platform does not publish its thresholds or weights{plausible}.",
        words::threshold(yellow),
        words::threshold(red)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Course, Shape, sample};

    fn at(shape: &Shape, width: usize, color: bool) -> String {
        let result = sample(shape);
        answer(&result, &notes(&result), TextOptions { width, color })
    }

    /// (file, shape, width, text as it should be). Refresh with
    /// `cargo test --lib refresh_golden_answers -- --ignored` and say in the commit why they moved.
    fn golden() -> [(&'static str, Shape, usize, &'static str); 3] {
        let many = Shape { replications: 40, warm_up_days: 3, ..Shape::default() };
        let numbers =
            Shape { replications: 40, numbers: 3, days: 200, course: Course::Blast, ..Shape::default() };
        [
            ("answer-one-80.txt", Shape::default(), 80, include_str!("golden/answer-one-80.txt")),
            ("answer-many-100.txt", many, 100, include_str!("golden/answer-many-100.txt")),
            ("answer-numbers-80.txt", numbers, 80, include_str!("golden/answer-numbers-80.txt")),
        ]
    }

    #[test]
    fn answers_read_as_agreed() {
        for (name, shape, width, want) in golden() {
            let got = at(&shape, width, false);
            assert!(got == want, "{name} moved; the answer is now:\n{got}");
        }
    }

    #[test]
    #[ignore = "writes the golden files"]
    fn refresh_golden_answers() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/golden");
        for (name, shape, width, _) in golden() {
            std::fs::write(folder.join(name), at(&shape, width, false)).unwrap();
        }
    }

    #[test]
    fn every_shape_fits_its_width_and_holds_no_escape_code_without_colour() {
        for shape in crate::report::sample::shapes() {
            for width in [80, 100, 132] {
                let text = at(&shape, width, false);
                assert!(!text.contains('\x1b'), "{shape:?}");
                assert!(!text.contains("NaN") && !text.contains("inf"), "{shape:?}\n{text}");
                for line in text.lines() {
                    // A single word longer than the line may stand out.
                    let fits = chars(line) <= width || line.split_whitespace().any(|w| chars(w) * 2 > width);
                    assert!(fits, "{width}: {line}");
                    assert_eq!(line, line.trim_end());
                }
            }
            let coloured = at(&shape, 80, true);
            let mut plain = String::new();
            let mut rest = coloured.as_str();
            while let Some(i) = rest.find('\x1b') {
                plain.push_str(&rest[..i]);
                rest = &rest[i..];
                rest = &rest[rest.find('m').expect("a colour code ends in m") + 1..];
            }
            plain.push_str(rest);
            let trimmed: String = plain.lines().map(|l| format!("{}\n", l.trim_end())).collect();
            assert_eq!(trimmed, at(&shape, 80, false), "colour changes nothing but colour");
        }
    }

    #[test]
    fn names_from_a_file_cannot_colour_the_terminal() {
        let mut result = sample(&Shape::default());
        for name in [&mut result.scenario, &mut result.question, &mut result.numbers[0], &mut result.currency]
        {
            name.push_str("\x1b[31m\u{7}");
        }
        result.first.campaigns[0].name = "\x1b[2J".to_string();
        result.first.verdicts[0].subject = "\x1b[2J".to_string();
        result.policy.name = "\x1b[2J".to_string();
        let text = answer(&result, &["note \x1b[1m".to_string()], TextOptions::default());
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    }

    #[test]
    fn a_chance_counts_replications_in_which_any_number_turned() {
        let mut result =
            sample(&Shape { replications: 50, numbers: 2, course: Course::Healthy, ..Shape::default() });
        for r in 0..6 {
            result.replications[r].numbers[r % 2].first_red = Some(result.start);
        }
        // Wilson, 6 of 50: 5.6 to 23.8 %.
        assert_eq!(
            headline(&result)[0],
            "Red within 30 days (any of the numbers): 12 % (6–24 %, 50 replications)."
        );
        let text = answer(&result, &[], TextOptions::default());
        assert!(text.contains("  sales    24 % (") || text.contains("6 % (2–16 %)"), "{text}");
    }

    #[test]
    fn silence_is_explained_where_a_colour_outlasts_the_sending() {
        let blast = at(&Shape { course: Course::Blast, ..Shape::default() }, 80, false);
        assert_eq!(blast.matches("Silence does not lower a score").count(), 1);
        let healthy = at(&Shape { course: Course::Healthy, ..Shape::default() }, 80, false);
        assert!(!healthy.contains("Silence"));
    }
}
