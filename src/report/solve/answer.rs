//! A search as plain data, for scripts and reports.
//!
//! A pure function; must not know how it is printed.

use super::{Solved, at_the_end, further, headline, method, value, verdict};
use crate::experiment::study::condition::{Comparison, Condition};
use crate::experiment::study::estimate::Estimate;
use crate::report::answer::parts::{column, estimate, figure, table};
use crate::report::answer::{Answer, Figure, Table, Warning, parts, warnings as common};
use crate::report::{figures, words};

/// The answer of `tiersim solve`.
pub fn answer(s: &Solved) -> Answer {
    let mut told: Vec<Figure> = sought(s).into_iter().collect();
    for (place, probe) in &s.found.tried {
        let of = value(s, *place);
        told.extend(s.conditions.iter().zip(&probe.figures).map(|(c, e)| estimate(&c.asked, e, &of, "")));
    }
    if let Some((place, probe)) = &s.verified {
        let of = format!("{}, fresh luck", value(s, *place));
        told.extend(s.conditions.iter().zip(&probe.figures).map(|(c, e)| estimate(&c.asked, e, &of, "")));
        told.extend(s.figures.iter().map(|(asked, e)| estimate(asked, e, &of, "")));
    }
    Answer {
        command: "solve".to_string(),
        name: words::clean(&s.name),
        question: words::clean(&s.question),
        sentences: headline(s),
        figures: told,
        tables: [probes(s), more(s)].into_iter().flatten().collect(),
        warnings: warnings(s),
        notes: vec![method(s)],
    }
}

/// The value that was sought, as far as it is a number, between those that are decided either way.
fn sought(s: &Solved) -> Option<Figure> {
    let place = s.verified.as_ref()?.0;
    let number = |place: usize| s.values[place].parse::<f64>().ok();
    let ends = [s.found.certain, s.found.possible].map(|p| p.and_then(number));
    let sorted = |a: f64, b: f64| (a.min(b), a.max(b));
    let (low, high) = match ends {
        [Some(a), Some(b)] => Some(sorted(a, b)),
        _ => None,
    }
    .unzip();
    Some(Figure {
        name: "answer".to_string(),
        of: s.path.clone(),
        label: format!("{} value that keeps the conditions", if s.largest { "largest" } else { "smallest" }),
        unit: "value".to_string(),
        value: number(place),
        low,
        high,
        text: s.values[place].clone(),
        interval: low
            .zip(high)
            .map_or(String::new(), |(low, high)| words::range(&low.to_string(), &high.to_string())),
    })
}

/// What to know before believing a search.
pub fn warnings(s: &Solved) -> Vec<Warning> {
    let advice = "--replications 200 is what a search takes when nobody says.";
    let mut out: Vec<Warning> = common::few(s.replications, " of each value", advice).into_iter().collect();
    if at_the_end(s) {
        out.push(parts::warning(
            "end_of_range",
            format!("{} is the end of the range: a wider one may hold more.", s.values[s.values.len() - 1]),
            &format!("--{} {}=LOW..HIGH sets it.", if s.largest { "max" } else { "min" }, s.path),
        ));
    }
    out.extend(wrong_way(s));
    if let Some((near, far)) = s.found.out_of_order().first() {
        out.push(parts::warning(
            "several_boundaries",
            format!(
                "{} breaks a condition that {} keeps, so there may be more than one boundary.",
                value(s, *near),
                value(s, *far)
            ),
            &format!("A sweep over {} shows the whole curve.", s.path),
        ));
    }
    out
}

/// Where the far end keeps the first condition better than the safe one: the boundary sought may not exist.
fn wrong_way(s: &Solved) -> Option<Warning> {
    let c = &s.conditions[0];
    let last = s.values.len() - 1;
    let of = |place: usize| s.found.tried.get(&place).and_then(|p| p.figures[0].value);
    let (near, far) = (of(0)?, of(last).filter(|_| last > 0)?);
    let less_is_safer = matches!(c.comparison, Comparison::Below | Comparison::AtMost);
    (if less_is_safer { far < near } else { far > near }).then(|| {
        parts::warning(
            "wrong_way",
            format!(
                "{} keeps {c} better than {} does. The search takes it to get worse along the way, so there may be values \
                 between that break it.",
                s.values[last], s.values[0]
            ),
            &format!("A sweep over {} shows the whole curve.", s.path),
        )
    })
}

fn probes(s: &Solved) -> Option<Table> {
    let mut columns = vec![column(&words::clean(&s.path))];
    columns.extend(s.conditions.iter().map(|c| figure(&c.to_string())));
    columns.push(column("standing"));
    let rows = s.found.tried.iter().map(|(place, probe)| {
        let cell = |(c, e): (&Condition, &Estimate)| figures::with_interval(&c.asked, e);
        let mut row = vec![s.values[*place].clone()];
        row.extend(s.conditions.iter().zip(&probe.figures).map(cell));
        row.push(verdict(probe).to_string());
        row
    });
    table("probes", "Values tried", "Every value was tried with the same luck.", columns, rows.collect())
}

fn more(s: &Solved) -> Option<Table> {
    let row = |f: &(_, _)| vec![figures::name(&f.0), further(f)];
    let columns = vec![column("figure"), figure("value")];
    let caption = "Of the answer, on fresh luck.";
    table("further", "Further figures", caption, columns, s.figures.iter().map(row).collect())
}
