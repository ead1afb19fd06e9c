//! A warm-up plan as plain data, for scripts and reports.
//!
//! A pure function; must not know how it is printed.

use super::{CALENDAR, Warmup, busy, cells, day, figures_chance, headline, kept, method, order, plan};
use crate::experiment::study::condition::Condition;
use crate::experiment::study::estimate::Estimate;
use crate::report::answer::parts::{column, estimate, figure, table};
use crate::report::answer::{Answer, Figure, Table, Warning, parts, warnings as common};
use crate::report::{figures, words};

/// The answer of `tiersim plan warmup`.
pub fn answer(w: &Warmup) -> Answer {
    Answer {
        command: "plan warmup".to_string(),
        name: words::clean(&w.name),
        question: words::clean(&w.question),
        sentences: headline(w),
        figures: chosen(w),
        tables: [calendar(w), plans(w)].into_iter().flatten().collect(),
        warnings: warnings(w),
        notes: vec![method(w)],
    }
}

/// The figures of the plan chosen, on fresh luck.
fn chosen(w: &Warmup) -> Vec<Figure> {
    let Some(c) = &w.chosen else { return Vec::new() };
    let of = words::clean(&plan(&c.sets));
    let one = |name: &str, label: &str, unit: &str, e: &Estimate, (text, interval): (String, String)| {
        let (low, high) = e.interval.unzip();
        let (name, label, unit) = (name.to_string(), label.to_string(), unit.to_string());
        Figure { name, of: of.clone(), label, unit, value: e.value, low, high, text, interval }
    };
    let days = |e: &Estimate| {
        let ends = e.interval.map(|(low, high)| words::range(&day(Some(low)), &day(Some(high))));
        (day(e.value), ends.unwrap_or_default())
    };
    let chance = c.reached.interval.map(|ends| words::chance_range(ends, w.replications)).unwrap_or_default();
    let to = w.to.short();
    let limit = w.to;
    let mut out = vec![
        one(
            &format!("median(days_to_limit_{limit})"),
            &format!("days to limit {to}, middle case"),
            "days",
            &c.days,
            days(&c.days),
        ),
        one(
            &format!("q90(days_to_limit_{limit})"),
            &format!("days to limit {to}, nine in ten"),
            "days",
            &c.slow,
            days(&c.slow),
        ),
        one(
            &format!("p_limit_{limit}"),
            &format!("chance to reach limit {to}"),
            "share",
            &c.reached,
            (figures_chance(c, w.replications), chance),
        ),
    ];
    out.extend(w.conditions.iter().zip(&c.probe.figures).map(|(k, e)| estimate(&k.asked, e, &of, "")));
    out
}

/// What to know before believing a plan.
pub fn warnings(w: &Warmup) -> Vec<Warning> {
    let advice = "--replications 100 is what a search for a plan takes when nobody says.";
    let mut out: Vec<Warning> = common::few(w.replications, " of each plan", advice).into_iter().collect();
    let Some(chosen) = &w.chosen else { return out };
    for set in &chosen.sets {
        let Some((path, value)) = number(set) else { continue };
        let tried = w.tried.iter().flat_map(|c| &c.sets).filter_map(|s| number(s));
        let tried: Vec<f64> = tried.filter(|(of, _)| *of == path).map(|(_, v)| v).collect();
        let beyond = |further: fn(f64, f64) -> bool| {
            tried.contains(&value)
                && tried.iter().any(|v| *v != value)
                && !tried.iter().any(|v| further(*v, value))
        };
        let end = match (beyond(|a, b| a > b), beyond(|a, b| a < b)) {
            (true, _) => "largest",
            (_, true) => "smallest",
            _ => continue,
        };
        let shown = plan(std::slice::from_ref(set));
        let (name, value) = shown.split_once('=').unwrap_or((&shown, ""));
        out.push(parts::warning(
            "end_of_range",
            format!("The plan has the {end} {name} tried, {value}: one beyond may do better."),
            &format!("--vary {path}=V1,V2,... names others."),
        ));
    }
    out
}

/// A field and what it is set to, if that is a number.
fn number(set: &str) -> Option<(&str, f64)> {
    let (path, value) = set.split_once('=')?;
    Some((path, value.parse().ok()?))
}

fn calendar(w: &Warmup) -> Option<Table> {
    let mut columns = CALENDAR.map(figure).to_vec();
    columns[0].figures = false;
    let rows = busy(w).into_iter().map(|d| cells(w, d).to_vec()).collect();
    let caption = "What to send each day in the middle case, and within which range in nine of ten.";
    table("calendar", "Calendar", caption, columns, rows)
}

fn plans(w: &Warmup) -> Option<Table> {
    let mut columns = vec![column("plan"), figure("reached on"), figure("in")];
    columns.extend(w.conditions.iter().map(|c| figure(&c.to_string())));
    columns.push(column("kept"));
    let rows = order(w).into_iter().map(|c| {
        let cell = |(k, e): (&Condition, &Estimate)| figures::with_interval(&k.asked, e);
        let mut row =
            vec![words::clean(&plan(&c.sets)), day(c.days.value), figures_chance(c, w.replications)];
        row.extend(w.conditions.iter().zip(&c.probe.figures).map(cell));
        row.push(kept(c).unwrap_or("yes").to_string());
        row
    });
    let caption = "By luck: fresh luck did not bear it out.";
    let any = w.tried.iter().any(|c| kept(c) == Some("by luck"));
    table("plans", "Plans tried, soonest first", if any { caption } else { "" }, columns, rows.collect())
}
