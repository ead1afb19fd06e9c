//! A sensitivity study as plain data, for scripts and reports.
//!
//! A pure function; must not know how it is printed.

use super::text::{cautions, cells, heads, left_out, method, noise, title_of, verdict};
use super::{Analysed, Digits, Sensitivity, by_verdict, headline, index_name};
use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::sensitivity::{Found, Kind, Method, Row};
use crate::report::answer::parts::{column, figure, table, unit};
use crate::report::answer::{Answer, Figure, Table, Warning, parts};
use crate::report::words;

/// The answer of `tiersim sensitivity`. `currency` is the scenario's.
pub fn answer(s: &Sensitivity, currency: &str) -> Answer {
    let found = || s.measures.iter().filter_map(|a| Some((a, a.found.as_ref().ok()?)));
    let mut notes: Vec<String> = found().filter_map(|(a, f)| Some(of(a, &noise(s, f)?))).collect();
    notes.extend(cautions(s));
    notes.extend(left_out(s));
    notes.push(format!("{}.", method(s)));
    Answer {
        command: "sensitivity".to_string(),
        name: words::clean(&s.name),
        question: words::clean(&s.question),
        sentences: headline(s),
        figures: found()
            .flat_map(|(a, f)| f.ranking().into_iter().map(move |r| (a, f, r)))
            .map(|(a, f, r)| index(s, a, f, r, currency))
            .collect(),
        tables: found().filter_map(|(a, f)| indices(s, a, f)).collect(),
        warnings: warnings(s),
        notes,
    }
}

/// What to know before believing a ranking.
pub fn warnings(s: &Sensitivity) -> Vec<Warning> {
    let mut out = Vec::new();
    if s.replications == 1 {
        out.push(parts::warning(
            "few_replications",
            "With one replication of each point luck cannot be told from the parameters.".to_string(),
            "--replications 2 is the least that tells them apart.",
        ));
    }
    for a in &s.measures {
        let Ok(found) = &a.found else { continue };
        out.extend(order(s, a, found));
        out.extend(too_coarse(s, a, found));
        out.extend(
            found
                .cautions
                .iter()
                .map(|c| parts::warning("method", of(a, &format!("{}.", words::capital(c))), "")),
        );
    }
    out
}

/// A sentence about one measure of several.
fn of(a: &Analysed, said: &str) -> String {
    format!("{}: {said}", words::clean(&a.measure.name))
}

/// What would narrow the intervals.
fn more(method: Method) -> &'static str {
    match method {
        Method::Morris { .. } => "--trajectories",
        Method::Sobol { .. } => "--base-points",
        Method::Pawn { .. } | Method::Delta { .. } => "--points",
    }
}

/// Whether a measure that does vary was told to hang on nothing: the study is too small for it, or luck too large.
fn too_coarse(s: &Sensitivity, a: &Analysed, found: &Found) -> Option<Warning> {
    let [told, unjudged, none] = by_verdict(found);
    if !told.is_empty() || !unjudged.is_empty() || none.iter().all(|r| r.shown().0 == 0.0) {
        return None;
    }
    let measure = words::clean(&a.measure.name);
    let chance = if a.measure.is_chance() {
        ", or ask for what has a value of its own in every run: --measure worst_score, share_red or days_below_green"
    } else {
        ""
    };
    Some(parts::warning(
        "nothing_told",
        format!(
            "{measure} does change from point to point, but luck is too large in this study to say what moves it: that \
             nothing stands out does not mean that nothing matters."
        ),
        &format!("Give it more {} or --replications{chance}.", more(s.method)),
    ))
}

/// Whether the first place is settled: the interval of the first ends above those of the others.
fn order(s: &Sensitivity, a: &Analysed, found: &Found) -> Option<Warning> {
    let [told, ..] = by_verdict(found);
    let low = told.first()?.shown().1?.0;
    let reach = |r: &&&Row| r.shown().1.is_some_and(|(_, high)| high >= low);
    let rivals: Vec<String> = told[1..].iter().filter(reach).map(|r| s.name_of(r)).collect();
    let more = format!("More {} would narrow the intervals.", more(s.method));
    (!rivals.is_empty()).then(|| {
        let text = format!(
            "The first place for {} is not settled: the interval{} of {} overlap{} that of {}.",
            words::clean(&a.measure.name),
            if rivals.len() == 1 { "" } else { "s" },
            words::list(&rivals, 3),
            if rivals.len() == 1 { "s" } else { "" },
            s.name_of(told[0]),
        );
        parts::warning("order_not_settled", text, &more)
    })
}

/// The main index of a parameter: `mu_star(p_red)` of `rating.red_at`.
fn index(s: &Sensitivity, a: &Analysed, found: &Found, r: &Row, currency: &str) -> Figure {
    let (value, interval) = r.shown();
    let (low, high) = interval.unzip();
    let digits = Digits::of(found);
    let measure = words::clean(&a.measure.name);
    Figure {
        name: format!("{}({measure})", r.kind.name()),
        of: s.name_of(r),
        label: format!("{} for {measure}", index_name(r.kind)),
        // Effects are in the measure's own unit; the other indices are shares or distances from 0 to 1.
        unit: match r.kind {
            Kind::MuStar => unit(&a.measure, currency),
            _ => Unit::Share.name().to_string(),
        },
        value: Some(value),
        low,
        high,
        text: digits.value(value),
        interval: digits.range(interval),
    }
}

fn indices(s: &Sensitivity, a: &Analysed, found: &Found) -> Option<Table> {
    let heads = heads(s.method);
    let used = heads.iter().filter(|h| !h.is_empty()).count();
    let mut columns = vec![column("parameter"), figure("range")];
    columns.extend(heads[..used].iter().map(|h| if *h == "direction" { column(h) } else { figure(h) }));
    columns.push(column("effect"));
    let row = |r: &&Row| {
        let mut row = cells(s, found, r)[..2 + used].to_vec();
        row.push(verdict(r).to_string());
        row
    };
    let measure = words::clean(&a.measure.name);
    let caption = format!("{}.", title_of(s, a, found));
    let rows = found.ranking().iter().map(row).collect();
    table(&format!("indices_{measure}"), &format!("What decides {measure}"), &caption, columns, rows)
}
