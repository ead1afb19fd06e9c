//! A run under plausible rule sets as plain data, for scripts and reports.
//!
//! A pure function; must not know how it is printed.

use super::{Answer as Plausible, caption, cells, headline, notes, points};
use crate::experiment::study::estimate::Estimate;
use crate::report::answer::parts::{column, figure, table};
use crate::report::answer::{Answer, Figure, Warning, warnings as common};
use crate::report::words;

/// The answer of `tiersim run --assumptions`.
pub fn answer(a: &Plausible) -> Answer {
    let mut figures = vec![
        share(a, "plausible rule sets", &a.sampled),
        share(a, "every constant at its default", &a.default),
    ];
    figures.extend(a.effects.iter().map(|e| {
        let (text, interval) = points(e);
        Figure {
            name: "difference".to_string(),
            of: words::clean(&a.parameters[e.parameter].name),
            label: format!("upper half of its range less lower half, share with {}", a.outcome_words),
            unit: "share".to_string(),
            value: Some(e.difference),
            low: Some(e.interval.0),
            high: Some(e.interval.1),
            text: format!("{text} points"),
            interval,
        }
    }));
    let columns = vec![
        column("assumption"),
        figure("range"),
        figure("lower half"),
        figure("upper half"),
        figure("by luck"),
        figure("difference in points, 95 %"),
    ];
    let rows = a.effects.iter().map(|e| cells(a, e).map(|text| words::clean(&text)).to_vec()).collect();
    Answer {
        command: "run --assumptions".to_string(),
        name: words::clean(&a.name),
        question: words::clean(&a.question),
        sentences: headline(a),
        figures,
        tables: table("effects", "Which assumption decides", &caption(a), columns, rows)
            .into_iter()
            .collect(),
        warnings: warnings(a),
        notes: notes(a),
    }
}

fn share(a: &Plausible, of: &str, e: &Estimate) -> Figure {
    let (low, high) = e.interval.unzip();
    Figure {
        name: words::clean(&a.outcome),
        of: of.to_string(),
        label: format!("share with {}", a.outcome_words),
        unit: "share".to_string(),
        value: e.value,
        low,
        high,
        text: e.value.map_or(String::new(), |v| words::chance(v, e.of)),
        interval: e.interval.map_or(String::new(), |ends| words::chance_range(ends, e.of)),
    }
}

/// What to know before believing it.
pub fn warnings(a: &Plausible) -> Vec<Warning> {
    let advice = "--replications 200 is what it takes when nobody says: each draws one rule set.";
    common::few(a.sampled.of, "", advice).into_iter().collect()
}
