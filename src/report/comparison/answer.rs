//! A comparison as plain data, for scripts and reports.
//!
//! A pure function; must not know how it is printed.

use super::{Compared, HEADS, arm, gate, headline, letter, method, rows, saved, told};
use crate::report::answer::parts::{column, difference, estimate, table};
use crate::report::answer::{Answer, Column, Table, Warning, parts, warnings as common};
use crate::report::{figures, words};

/// Figures named in one warning.
const NAMED: usize = 5;

/// The answer of `tiersim compare`, or of what compares under another name.
pub fn answer(command: &str, c: &Compared) -> Answer {
    let mut told = Vec::new();
    for line in &c.comparison.lines {
        for (i, e) in line.estimates.iter().enumerate() {
            told.push(estimate(&line.asked, e, &arm(c, i), &c.currency));
        }
        for (i, d) in line.differences.iter().enumerate() {
            told.push(difference(&line.asked, d, &arm(c, i + 1), &c.currency));
        }
    }
    Answer {
        command: command.to_string(),
        name: words::clean(&c.name),
        question: words::clean(&c.question),
        sentences: headline(c),
        figures: told,
        tables: [arms(c), values(c), gates(c)].into_iter().flatten().collect(),
        warnings: warnings(c),
        notes: notes(c),
    }
}

/// What to know before believing a comparison.
pub fn warnings(c: &Compared) -> Vec<Warning> {
    let mut out = Vec::new();
    let advice = "--replications 100 narrows the intervals; all arms share their luck already.";
    out.extend(common::few(c.comparison.replications, " of each arm", advice));
    for i in 1..c.hashes.len() {
        if let Some(same) = (0..i).find(|j| c.hashes[*j] == c.hashes[i]) {
            out.push(parts::warning(
                "same_plan",
                format!(
                    "{} comes to the same as {}: nothing of what was set differs from it.",
                    arm(c, i),
                    arm(c, same)
                ),
                "",
            ));
        } else {
            out.extend(luck(c, i));
        }
    }
    out
}

/// The figures of an arm that replications this few do not tell from those of the baseline.
fn luck(c: &Compared, i: usize) -> Option<Warning> {
    let open = told(c).filter(|l| {
        let d = &l.differences[i - 1];
        d.interval.is_some() && d.value.is_some_and(|v| v != 0.0) && !d.is_clear()
    });
    let names: Vec<String> = open.map(|l| figures::name(&l.asked)).collect();
    (!names.is_empty()).then(|| {
        parts::warning(
            "within_luck",
            format!("Not told apart from {}: {} of {}.", arm(c, 0), words::list(&names, NAMED), arm(c, i)),
            "Their intervals hold zero: more --replications narrow them.",
        )
    })
}

/// How it was made, and what pairing was worth.
pub fn notes(c: &Compared) -> Vec<String> {
    [format!("{}.", words::capital(&method(c)))].into_iter().chain(saved(c)).collect()
}

fn arms(c: &Compared) -> Option<Table> {
    let row = |i: usize| vec![letter(i), arm(c, i), words::clean(&c.policies[i])];
    let columns = vec![column("letter"), column("arm"), column("policy")];
    let caption = "The first is the baseline.";
    table("arms", "Arms", caption, columns, (0..c.comparison.arms.len()).map(row).collect())
}

fn values(c: &Compared) -> Option<Table> {
    let columns = HEADS.map(|(name, figures)| Column { name: name.to_string(), figures }).to_vec();
    let mut name = String::new();
    let full = |row: [String; 7]| {
        // Beside each other rows say their figure once; by itself a row has to.
        let mut row = row.to_vec();
        match row[0].is_empty() {
            true => row[0].clone_from(&name),
            false => name.clone_from(&row[0]),
        }
        row
    };
    let caption = "Differences are from the baseline, replication by replication on the same luck.";
    table("figures", "Figures by arm", caption, columns, rows(c).into_iter().map(full).collect())
}

fn gates(c: &Compared) -> Option<Table> {
    let row = |g| vec![gate(g)];
    table("gates", "Gates", "", vec![column("gate")], c.gates.iter().map(row).collect())
}
