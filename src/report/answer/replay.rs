//! The answer of `tiersim replay` as plain data.

use crate::experiment::replay::Replayed;
use crate::report::answer::{Answer, Figure, Warning, run, warnings};
use crate::report::text::{self, RowsRead};
use crate::report::words;

/// The answer of a replay under one policy. `more` are remarks that only the caller can make, in full sentences.
pub fn replay(r: &Replayed, rows: &RowsRead, more: &[String]) -> Answer {
    let result = &r.result;
    let mut figures: Vec<Figure> = [
        ("rows_read", "rows read", rows.read),
        ("rows_moved", "rows out of order", rows.moved),
        ("rows_duplicate", "duplicates", r.fates.duplicate),
        ("rows_rejected", "rows set aside", rows.rejected),
        ("numbers", "numbers", r.wanted as u64),
        ("numbers_red", "numbers that turned red", r.turned.0 as u64),
        ("numbers_yellow", "numbers that turned yellow, never red", r.turned.1 as u64),
    ]
    .into_iter()
    .map(|(name, label, n)| Figure {
        name: name.to_string(),
        label: label.to_string(),
        unit: "count".to_string(),
        value: Some(n as f64),
        text: words::count(n),
        ..Figure::default()
    })
    .collect();
    // Counts of the numbers shown would pass for those of all.
    if r.wanted == result.numbers.len() {
        figures.extend(run::figures(result));
    }
    let mut sentences = text::replay_sentences(r);
    sentences.extend(r.verification.as_ref().map(text::verification));
    let mut notes = text::replay_notes(r, more);
    notes.extend(text::remarks(result));
    Answer {
        command: "replay".to_string(),
        name: words::clean(&result.scenario),
        question: String::new(),
        sentences,
        figures,
        tables: run::tables(result),
        warnings: doubts(r),
        notes,
    }
}

/// What to know before believing the ratings of a replay; nothing where there are none to believe.
pub fn doubts(r: &Replayed) -> Vec<Warning> {
    if r.negative == 0 { Vec::new() } else { warnings::of(&r.result) }
}
