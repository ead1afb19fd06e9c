//! A trade-off as plain data, for scripts and reports.
//!
//! A pure function; must not know how it is printed.

use super::{SHOWN, Tradeoff, headline, method, plan};
use crate::report::answer::parts::{column, estimate, figure, table};
use crate::report::answer::{Answer, Figure, Table, Warning, parts, warnings as common};
use crate::report::comparison::letter;
use crate::report::{figures, words};

/// The answer of `tiersim tradeoff`: of the plans that no other beats, as many as the page has. plans.csv has all.
pub fn answer(t: &Tradeoff, currency: &str) -> Answer {
    let mut told: Vec<Figure> = Vec::new();
    for (place, tried) in t.front().into_iter().take(SHOWN) {
        let of = words::clean(&plan(place, tried));
        let each = t.goals.iter().zip(&tried.figures);
        told.extend(each.map(|(g, e)| estimate(&g.asked, e, &of, currency)));
        let fresh = format!("{of}, fresh luck");
        let each = t.goals.iter().zip(&tried.fresh);
        told.extend(each.map(|(g, e)| estimate(&g.asked, e, &fresh, currency)));
    }
    Answer {
        command: "tradeoff".to_string(),
        name: words::clean(&t.name),
        question: words::clean(&t.question),
        sentences: headline(t),
        figures: told,
        tables: front(t).into_iter().collect(),
        warnings: warnings(t),
        notes: vec![method(t)],
    }
}

/// What to know before believing a front.
pub fn warnings(t: &Tradeoff) -> Vec<Warning> {
    let advice = "--replications 100 tells plans apart that now are not.";
    let mut out: Vec<Warning> = common::few(t.replications, " of each plan", advice).into_iter().collect();
    // What luck had put on the front: on fresh luck another plan of the front beats it in everything.
    let front = t.front();
    let beaten = |a: usize| {
        front.iter().enumerate().any(|(b, _)| {
            let better = t.goals.iter().enumerate().map(|(k, g)| {
                let of = |i: usize| front[i].1.fresh.get(k).and_then(|e| e.value);
                match (of(b), of(a)) {
                    (Some(b), Some(a)) if g.large => b.total_cmp(&a),
                    (Some(b), Some(a)) => a.total_cmp(&b),
                    _ => std::cmp::Ordering::Less,
                }
            });
            let better: Vec<std::cmp::Ordering> = better.collect();
            a != b && better.iter().all(|o| o.is_ge()) && better.iter().any(|o| o.is_gt())
        })
    };
    let names: Vec<String> = (0..front.len())
        .filter(|a| beaten(*a))
        .map(|a| if a < SHOWN { letter(a) } else { format!("plan {}", front[a].0) })
        .collect();
    if !names.is_empty() {
        out.push(parts::warning(
            "not_borne_out",
            format!(
                "On fresh luck another of these plans is as good in every goal and better in one than {}.",
                words::list(&names, 8)
            ),
            "plans.csv has both; more --replications tell more of it.",
        ));
    }
    out
}

fn front(t: &Tradeoff) -> Option<Table> {
    let mut columns = vec![column("letter"), column("plan")];
    for g in &t.goals {
        columns.extend([figure(&figures::name(&g.asked)), figure("on fresh luck")]);
    }
    let rows = t.front().into_iter().take(SHOWN).enumerate().map(|(k, (place, tried))| {
        let mut row = vec![letter(k), words::clean(&plan(place, tried))];
        for (i, g) in t.goals.iter().enumerate() {
            let fresh = tried.fresh.get(i).map_or(String::new(), |e| figures::with_interval(&g.asked, e));
            row.extend([figures::with_interval(&g.asked, &tried.figures[i]), fresh]);
        }
        row
    });
    let caption = "Plans that no other beats in everything, by the first goal.";
    table("front", "Plans not beaten", caption, columns, rows.collect())
}
