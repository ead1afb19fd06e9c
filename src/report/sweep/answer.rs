//! A sweep as plain data, for scripts and reports.
//!
//! A pure function; must not know how it is printed.

use super::text::{cells, columns, design, rows, some};
use super::{headline, method, values};
use crate::experiment::study::swept::Swept;
use crate::report::answer::parts::{column, estimate, figure, table};
use crate::report::answer::{Answer, Table, Warning, parts, warnings as common};
use crate::report::words;

/// The answer of `tiersim sweep`, and of `tiersim merge`, which finishes one. Its figures are those of the page's table;
/// all figures of all points are in points.csv.
pub fn answer(s: &Swept) -> Answer {
    let figures = columns(s);
    let of_point = |i: usize| {
        let point = &s.points[i];
        let of = values(&s.head, &point.values);
        let ran = point.error.is_none();
        figures
            .iter()
            .filter(move |_| ran)
            .map(move |f| estimate(&s.asked[*f], &point.estimates[*f], &of, &s.head.currency))
    };
    Answer {
        command: "sweep".to_string(),
        name: words::clean(&s.head.name),
        question: words::clean(&s.head.question),
        sentences: headline(s),
        figures: rows(s).into_iter().flat_map(of_point).collect(),
        tables: points(s).into_iter().collect(),
        warnings: warnings(s),
        notes: notes(s),
    }
}

/// What is said of one of several parts.
pub fn part(s: &Swept, shard: &str) -> Answer {
    let name = words::clean(&s.head.name);
    let said = format!(
        "{name}: part {} is complete, {}; `tiersim merge` puts all parts together.",
        words::clean(shard),
        words::plural(s.points.len() as u64, "point", "points")
    );
    Answer {
        command: "sweep".to_string(),
        name,
        question: words::clean(&s.head.question),
        sentences: vec![said],
        ..Answer::default()
    }
}

/// What to know before believing a sweep.
pub fn warnings(s: &Swept) -> Vec<Warning> {
    let advice = "--replications 100 gives each point an interval worth reading.";
    let mut out: Vec<Warning> =
        common::few(s.head.replications, " of each point", advice).into_iter().collect();
    let failed = s.failed();
    if failed > 0 {
        out.push(parts::warning(
            "points_failed",
            format!("{failed} of {} points could not be run.", words::count(s.points.len() as u64)),
            "points.csv says why; the others are complete.",
        ));
    }
    out
}

/// How it was made, and of which points.
pub fn notes(s: &Swept) -> Vec<String> {
    vec![format!("{}.", words::capital(&method(&s.head))), design(&s.head, s.points.len())]
}

fn points(s: &Swept) -> Option<Table> {
    let (heads, mut body) = cells(s);
    body.iter_mut().for_each(|row| row.resize(heads.len(), String::new()));
    let first = 1 + s.head.paths.len();
    let heads = heads.iter().enumerate().map(|(i, h)| if i < first { column(h) } else { figure(h) });
    let caption = some(s).map_or(String::new(), |said| format!("{}.", words::capital(&said)));
    table("points", "Points", &caption, heads.collect(), body)
}
