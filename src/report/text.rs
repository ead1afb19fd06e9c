//! The answer in the terminal: a headline, then the figures behind it, for a reader who plans campaigns.
//!
//! A pure function of a result, a width and whether colour is wanted. Must not know about terminals, files, or
//! what else was asked on the command line; what only the caller can remark comes in as finished sentences.

mod broadcasts;
mod costs;
mod limits;
mod numbers;
mod refusals;
mod replay;

use crate::experiment::measure::{self, Assumption, Counts, GroupRow, NumberSummary, PolicyLabel, RunResult};
use crate::experiment::stats;
use crate::messaging::QualityRating;
use crate::report::answer::warnings;
pub use crate::report::page::TextOptions;
use crate::report::page::{Page, chars, left, right};
use crate::report::series::{self, Days};
use crate::report::strip::{LETTERS, strip};
use crate::report::{headline, words};
use crate::sim::SimTime;

pub use replay::{
    RowsRead, compared, notes as replay_notes, replayed, sentences as replay_sentences, verification,
};

/// Names longer than this are cut in tables.
const NAME_MAX: usize = 24;
/// Lines of one kind before the rest is only counted.
const LINES_MAX: usize = 8;

/// The whole answer, ending in a line break. `notes` are remarks that only the caller can make, in full
/// sentences.
pub fn answer(result: &RunResult, notes: &[String], options: TextOptions) -> String {
    let mut page = Page::new(options, 40);
    head(&mut page, result);
    figures(&mut page, result);
    refusals::refusals(&mut page, result);
    let judged = !series::of_app_only(result);
    if judged {
        rating(&mut page, result);
    }
    if result.numbers.len() > 1 {
        if judged {
            per_number(&mut page, result);
        }
        numbers::side_by_side(&mut page, result);
    }
    if judged {
        limits::limits(&mut page, result);
    }
    broadcasts::broadcasts(&mut page, result);
    limits::incidents(&mut page, result);
    money(&mut page, result);
    costs::costs(&mut page, result);
    contributors(&mut page, result);
    closing(&mut page, result, notes);
    page.out
}

/// What a reader has to know of the rules: that they are not those of today, or not those of the run's dates.
pub fn rules_notes(policy: &PolicyLabel) -> Vec<String> {
    let mut out = Vec::new();
    if let (Some(known), Some((_, first))) = (&policy.known_from, policy.eras.first()) {
        out.push(format!(
            "The run begins before {known}, the first day whose rules are known here; until then it is judged by \
             those of {first}."
        ));
    }
    if let Some(newer) = &policy.superseded {
        let what = match &newer.no_flag_since {
            Some(since) => format!("since {since} there is no flag and no lowering"),
            None => {
                format!("those of {} differ in {}", newer.newest, words::list(&owned(&newer.sections), 4))
            }
        };
        out.push(format!(
            "The rules of {era} no longer hold: {what} (`tiersim policy diff {era} {newest}`). --policy {newest} runs \
             the same plan under today's.",
            era = newer.era,
            newest = newer.newest,
        ));
    }
    out
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_string()).collect()
}

fn head(page: &mut Page, result: &RunResult) {
    page.head(&result.scenario, &result.question);
    for sentence in headline::headline(result) {
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

/// The counts of one replication, all numbers together, in the order they are shown.
fn totals(result: &RunResult, replication: usize) -> [f64; FIGURES.len()] {
    let r = &result.replications[replication];
    let sum = |pick: fn(&Counts) -> u64| r.numbers.iter().map(|n| pick(&n.counts)).sum::<u64>() as f64;
    [
        r.plan.planned as f64,
        sum(|c| c.sent),
        sum(|c| c.delivered),
        sum(|c| c.failed),
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
const FIGURES: [(&str, Option<(usize, &str)>); 11] = [
    ("planned", None),
    ("sent", Some((0, "planned"))),
    ("delivered", Some((1, "sent"))),
    ("failed", Some((1, "sent"))),
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
    let all: Vec<[f64; FIGURES.len()]> = (0..n).map(|r| totals(result, r)).collect();
    let wide = n > 1 && page.width >= 96;
    page.section(if n > 1 { "What happened, mean of all replications" } else { "What happened" });
    if n > 1 {
        let name =
            if series::spread_name(n) == "range" { "lowest to highest" } else { "9 in 10 replications" };
        let spread = if wide { left(name, 24) } else { String::new() };
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
        let interval = match stats::mean_interval_from_zero(&values).1 {
            Some((low, high)) => words::range(&words::mean_count(low), &words::mean_count(high)),
            None => String::new(),
        };
        let spread = if wide {
            let at = |p| words::mean_count(stats::quantile(&values, p).unwrap_or(0.0));
            let (low, high) = series::spread_ends(n);
            left(&words::range(&at(low), &at(high)), 24)
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
    page.line(&format!("  {LETTERS}"));
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
    if let Some(line) = sureness(result) {
        page.wrap(&line, 2, 2);
    }
}

/// What the sample alone says of the colour at the worst evaluation of replication 1, whichever number's it is.
fn sureness(result: &RunResult) -> Option<String> {
    let worst = result.first.worst_ratings.iter().flatten();
    let row = worst.reduce(|a, b| if b.score > a.score { b } else { a })?;
    let (score, sample) = (row.score?, row.effective_sample?);
    let chances = measure::chances(row.score, row.effective_sample, row.thresholds)?;
    let who = match result.numbers.len() {
        1 => String::new(),
        _ => format!("{} ", words::shorten(&words::clean(&result.numbers[row.number]), NAME_MAX)),
    };
    let sure = |p: f64| words::chance(p, 1);
    Some(format!(
        "{who}at its worst ({} on {}): {}. By the sample alone ({}): red {}, yellow {}, green {}. That is sampling \
         uncertainty at the given thresholds, not the spread over replications.",
        words::percent(score),
        words::day(result.start, row.time),
        words::colour(row.rating),
        words::plural(libm::round(sample) as u64, "effective message", "effective messages"),
        sure(chances.red),
        sure(chances.yellow),
        sure(chances.green),
    ))
}

/// The middle and the spread of a number's highest score over all replications.
fn worst_scores(result: &RunResult, number: usize) -> Option<String> {
    let all = result.replications.iter().filter_map(|r| r.numbers.get(number)?.worst_score);
    let all: Vec<f64> = all.filter(|s| s.is_finite()).collect();
    let at = |p| stats::quantile(&all, p).map(words::percent);
    let ends = series::spread_ends(all.len());
    let (low, middle, high) = (at(ends.0)?, at(0.5)?, at(ends.1)?);
    Some(if low == high { middle } else { format!("{middle} ({}–{high})", low.trim_end_matches(" %")) })
}

/// The highest score of the only number, as the end of a sentence.
fn worst_score(result: &RunResult) -> String {
    let first = result.replications.first().and_then(|r| r.numbers.first()?.worst_score);
    let Some(first) = first.map(words::percent) else { return String::new() };
    match worst_scores(result, 0) {
        Some(all) if result.replications.len() > 1 => {
            let spread = series::spread_name(result.replications.len());
            format!("; highest score: {first} (all replications, middle and {spread}: {all})")
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
    // Headings of three chances, and of the score.
    let roomy = page.width >= label + 2 + 3 * 18 + 23;
    let spread = format!("highest score ({})", series::spread_name(result.replications.len()));
    let score = if wide { spread.as_str() } else { "" };
    let lowered = if roomy { "limit lowered" } else { "" };
    page.line(&format!(
        "  {}{}{}{}{score}",
        left("", label),
        left("yellow or worse", 18),
        left("red", 18),
        left(lowered, if roomy { 18 } else { 0 })
    ));
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
        let lowered = if roomy { left(&show(k(|s| s.first_lowered)), 18) } else { String::new() };
        page.line(&format!(
            "  {}{}{}{lowered}{score}",
            left(name, label),
            left(&show(k(|s| s.first_yellow)), 18),
            left(&show(k(|s| s.first_red)), 18)
        ));
    }
}

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
        // Cost and worth cannot be negative, their difference can.
        let (mean, interval) = match label {
            "worth less cost" => stats::mean_interval(&values),
            _ => stats::mean_interval_from_zero(&values),
        };
        let interval = interval.map_or(String::new(), |(low, high)| {
            format!("  {}", words::range(&words::amount(low), &words::amount(high)))
        });
        page.line(&format!("  {}{}{interval}", left(label, 18), right(&words::amount(mean), 11)));
    }
}

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

fn closing(page: &mut Page, result: &RunResult, notes: &[String]) {
    page.warnings(&warnings::of(result));
    let mut lines = remarks(result);
    lines.extend(notes.iter().map(|n| words::clean(n)));
    if !lines.is_empty() {
        page.section("Notes");
        for line in lines {
            page.wrap(&format!("- {line}"), 2, 2);
        }
    }
    page.line("");
    page.wrap(
        &format!(
            "{} to {} UTC · policy {} · {}",
            result.start.date(),
            result.horizon.date(),
            policy_words(result),
            series::origin_words(result.seed(), result.replications.len(), &result.overrides),
        ),
        0,
        0,
    );
}

/// Remarks that change no figure: rules that no longer hold, what was left aside, on what colours rest.
pub fn remarks(result: &RunResult) -> Vec<String> {
    let mut out = rules_notes(&result.policy);
    out.extend(result.behaviour.remarks.iter().cloned());
    out.extend(about_colours(result));
    out.iter().map(|n| words::clean(n)).collect()
}

/// On what colours rest, and why they stay.
fn about_colours(result: &RunResult) -> Vec<String> {
    let mut lines = Vec::new();
    if silent_and_coloured(result) {
        lines.push(
            "Silence does not lower a score: what a blast left stays until the rating window has passed over it. \
             Only newer, better received messages bring it down sooner."
                .to_string(),
        );
    }
    if (0..result.numbers.len()).any(|n| series::ever_rated(result, n)) {
        lines.push(thresholds(result));
        lines.extend(behaviour(result));
    }
    if result.behaviour.marketing {
        lines.extend(frequency(result));
    }
    lines
}

/// The policy by name, with the rule sets in force where the name does not say it.
fn policy_words(result: &RunResult) -> String {
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
    format!("{}{rules}", words::clean(&result.policy.name))
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
        let a = warnings::assumption(result, name)?;
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

/// The figures about people by their last key: (key, its entries), in the order given.
fn figures_about_people(result: &RunResult) -> Vec<(&str, Vec<&Assumption>)> {
    let mut out: Vec<(&str, Vec<&Assumption>)> = Vec::new();
    for a in &result.behaviour.assumptions {
        let key = a.name.rsplit('.').next().unwrap_or(&a.name);
        match out.iter_mut().find(|(had, _)| *had == key) {
            Some((_, entries)) => entries.push(a),
            None => out.push((key, vec![a])),
        }
    }
    out
}

/// What people were assumed to do, in which range, and how to try its ends.
fn behaviour(result: &RunResult) -> Option<String> {
    let about = figures_about_people(result);
    // The one to try first is that of the people most negative signals came from.
    let segments = &result.first.segments;
    let worst = segments.iter().reduce(|a, b| if b.negative > a.negative { b } else { a });
    let entries = &about.first()?.1;
    let of_worst = |a: &&&Assumption| worst.is_some_and(|g| a.name.contains(&g.name));
    let first = entries.iter().find(of_worst).or(entries.first())?;
    let said: Vec<String> = about
        .iter()
        .filter(|(key, _)| *key != "fatigue_free")
        .map(|(key, entries)| {
            let mut values: Vec<&str> = entries.iter().map(|a| a.value.as_str()).collect();
            values.dedup();
            format!("{key} {} ({}–{})", values.join(", "), entries[0].low, entries[0].high)
        })
        .collect();
    Some(format!(
        "How people react is assumed too, and often decides more: {}. In brackets the plausible range; nobody \
         publishes such figures. Try both ends: --set {}={} and ={}.",
        words::clean(&said.join("; ")),
        words::clean(&first.name),
        first.low,
        first.high
    ))
}

/// On what a finding about frequency hangs, and what a sender has to say of others for it.
fn frequency(result: &RunResult) -> Option<String> {
    let about = figures_about_people(result);
    let (_, entries) = about.iter().find(|(key, _)| *key == "fatigue_free")?;
    let one = entries.first()?;
    // No cap stands between the Business app and a person.
    let caps = match series::of_app_only(result) {
        true => "",
        false => {
            " Under the caps on marketing per person others take places only where other_marketing_per_day says how \
             much they send."
        }
    };
    Some(format!(
        "How often is too often hangs on fatigue_free, here {} messages a week before people tire ({}–{}, an \
         assumption): try --set {}={}.{caps}",
        one.value,
        one.low,
        one.high,
        words::clean(&one.name),
        one.low
    ))
}

#[cfg(test)]
mod tests;
