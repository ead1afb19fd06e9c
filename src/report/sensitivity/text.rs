//! A sensitivity study for the terminal: the plan before it runs, and the answer.
//!
//! Pure functions.

use super::answer::warnings;
use super::{Analysed, Digits, Direction, Sensitivity, about, by_verdict, direction, title};
use crate::experiment::sensitivity::noise::Luck;
use crate::experiment::study::parameter::Spread;
use crate::experiment::study::sensitivity::{Found, Kind, LEVELS, Method, Row, SLICES};
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::{figures, words};

/// Parameters with an effect shown per measure.
const SHOWN: usize = 10;
/// Parameters without one that can be told, shown behind them.
const SHOWN_WITHOUT: usize = 3;

/// What a study would do: how many runs of what, over which ranges.
pub fn plan(s: &Sensitivity, expected_events: f64, options: TextOptions) -> String {
    let mut page = Page::new(options, 80);
    page.head(&s.name, &s.question);
    page.wrap(&size(s, expected_events), 0, 2);
    page.line("");
    let names = s.parameters.iter().map(|p| words::clean(&p.name).chars().count()).max().unwrap_or(10);
    let room = names.clamp(10, page.width.saturating_sub(42));
    page.line(&format!(
        "  {}{}{}  {}",
        left("varied", room + 2),
        right("default", 9),
        right("range", 18),
        "whose"
    ));
    for p in &s.parameters {
        let spread = if p.spread == Spread::Log { " log" } else { "" };
        page.line(&format!(
            "  {}{}{}  {}{spread}",
            left(&words::shorten(&words::clean(&p.name), room), room + 2),
            right(&p.default, 9),
            right(&format!("{}..{}", p.low(), p.high()), 18),
            p.whose.name(),
        ));
    }
    page.line("");
    left_out(s).iter().for_each(|said| page.wrap(said, 0, 2));
    page.wrap("Nothing was run (--dry-run).", 0, 2);
    page.out
}

/// How many runs of what, in one sentence.
pub fn size(s: &Sensitivity, expected_events: f64) -> String {
    let d = s.parameters.len() as u64;
    let points = match s.method {
        Method::Morris { trajectories } => {
            format!("{trajectories} trajectories of {} points over {LEVELS} levels", d + 1)
        }
        Method::Sobol { base_points, second_order } => format!(
            "{} base points of {} rows{}",
            words::count(base_points as u64),
            s.points() / (base_points as u64).max(1),
            if second_order { " (with second order)" } else { "" }
        ),
        Method::Pawn { points } | Method::Delta { points } => {
            format!("{} points of a Latin hypercube", words::count(points as u64))
        }
    };
    format!(
        "{}: {}, {points}, {} each: {}, {} luck, about {} log rows in all.",
        title(s.method),
        words::plural(d, "parameter", "parameters"),
        words::plural(s.replications, "replication", "replications"),
        words::plural(s.runs(), "run", "runs"),
        s.luck.name(),
        rough(expected_events * s.runs() as f64),
    )
}

fn rough(n: f64) -> String {
    match n {
        _ if n >= 1e9 => format!("{:.1} billion", n / 1e9),
        _ if n >= 1e6 => format!("{:.0} million", n / 1e6),
        _ if n >= 1e3 => format!("{:.0} thousand", n / 1e3),
        _ => format!("{n:.0}"),
    }
}

/// The whole answer for the terminal.
pub fn answer(s: &Sensitivity, options: TextOptions) -> String {
    let mut page = Page::new(options, 80);
    page.head(&s.name, &s.question);
    for a in &s.measures {
        about(s, a).iter().for_each(|sentence| page.wrap(sentence, 0, 2));
    }
    for a in &s.measures {
        if let Ok(found) = &a.found {
            page.line("");
            table(&mut page, s, a, found);
            noise(s, found).iter().for_each(|said| page.wrap(said, 0, 2));
        }
    }
    page.warnings(&warnings(s));
    page.line("");
    page.line("How to read this");
    cautions(s).iter().for_each(|c| page.wrap(&format!("- {c}"), 0, 2));
    page.line("");
    left_out(s).iter().for_each(|said| page.wrap(said, 0, 2));
    page.wrap(&method(s), 0, 2);
    page.out
}

/// How it was made, for small print.
pub(super) fn method(s: &Sensitivity) -> String {
    format!(
        "{} · policy {} · seed {} · {} x {}",
        title(s.method),
        words::clean(&s.policy),
        s.seed,
        words::plural(s.points(), "point", "points"),
        words::plural(s.replications, "replication", "replications"),
    )
}

fn table(page: &mut Page, s: &Sensitivity, a: &Analysed, found: &Found) {
    page.wrap(&title_of(s, a, found), 0, 2);
    let ranking = found.ranking();
    let [told, unjudged, without] = by_verdict(found);
    let shown: Vec<&Row> =
        told.into_iter().chain(unjudged).take(SHOWN).chain(without.into_iter().take(SHOWN_WITHOUT)).collect();
    let names = shown.iter().map(|r| s.name_of(r).chars().count()).max().unwrap_or(10);
    let room = names.clamp(10, page.width.saturating_sub(68).max(12));
    let heads = heads(s.method);
    let row = |cells: [String; 7]| {
        let [name, range, value, interval, third, fourth, fifth] = cells;
        format!(
            "  {}{}{}{}{}{}{}",
            left(&name, room),
            right(&range, 16),
            right(&value, 7),
            right(&interval, 15),
            right(&third, 11),
            right(&fourth, if matches!(s.method, Method::Sobol { .. }) { 15 } else { 8 }),
            right(&fifth, 7),
        )
    };
    let top = ["", "range", heads[0], heads[1], heads[2], heads[3], heads[4]];
    page.line(&row(top.map(str::to_string)));
    let mut last = Some(false);
    for r in &shown {
        if r.indistinguishable != last {
            page.line(&format!("  {}:", verdict(r)));
            last = r.indistinguishable;
        }
        let mut all = cells(s, found, r);
        for (cell, most) in all.iter_mut().zip([room, 15]) {
            *cell = words::shorten(cell, most);
        }
        page.line(&row(all));
    }
    if ranking.len() > shown.len() {
        page.line(&format!("  and {} more in indices.csv", ranking.len() - shown.len()));
    }
}

/// What stands over the indices of a method.
pub(super) const fn heads(method: Method) -> [&'static str; 5] {
    match method {
        Method::Morris { .. } => ["mu*", "95 %", "direction", "sigma", "luck"],
        Method::Sobol { .. } => ["total", "95 %", "alone", "95 %", ""],
        Method::Pawn { .. } => ["median", "95 %", "largest", "dummy", ""],
        Method::Delta { .. } => ["delta", "95 %", "dummy", "", ""],
    }
}

/// What can be said of a parameter's effect.
pub(super) const fn verdict(r: &Row) -> &'static str {
    match r.indistinguishable {
        Some(true) => "indistinguishable from zero",
        Some(false) => "told from zero",
        None => "not judged",
    }
}

/// A parameter with its range and its indices, under [`heads`].
pub(super) fn cells(s: &Sensitivity, found: &Found, r: &Row) -> [String; 7] {
    let digits = Digits::of(found);
    let p = &s.parameters[r.parameter];
    let (v, interval) = r.shown();
    let of = |kind: Kind| found.of(r.parameter, kind).map(Row::shown);
    let one = |kind| of(kind).map_or(String::new(), |(v, _)| digits.show(v));
    let dummy = r.noise.map_or(String::new(), |n| digits.show(n));
    let [third, fourth, fifth] = match s.method {
        Method::Morris { .. } => {
            let way = match direction(found, r.parameter) {
                Direction::Raises => "raises it",
                Direction::Lowers => "lowers it",
                Direction::Both => "both ways",
            };
            let way = if r.indistinguishable == Some(false) { way } else { "" };
            [way.to_string(), one(Kind::Sigma), dummy]
        }
        Method::Sobol { .. } => {
            let interval = of(Kind::First).and_then(|(_, i)| i);
            [one(Kind::First), digits.range(interval), String::new()]
        }
        Method::Pawn { .. } => [one(Kind::PawnMaximum), dummy, String::new()],
        Method::Delta { .. } => [dummy, String::new(), String::new()],
    };
    let range = format!("{}..{}", p.low(), p.high());
    [s.name_of(r), range, digits.value(v), digits.range(interval), third, fourth, fifth]
}

/// What a measure comes to over the points, for the head of its table.
pub(super) fn title_of(s: &Sensitivity, a: &Analysed, found: &Found) -> String {
    let value = |v| figures::value(&a.measure, v, s.replications);
    format!(
        "{} ({}): {} on average over the points, {} to {} between them",
        words::clean(&a.measure.name),
        a.measure.meaning,
        value(found.mean),
        value(found.low),
        value(found.high),
    )
}

/// How much of it is luck.
pub(super) fn noise(s: &Sensitivity, found: &Found) -> Option<String> {
    let share = found.luck.map(|l| l.noise_share)?;
    Some(format!(
        "Luck: {} ({}) of the variance between points; {}.",
        words::percent(share.value.max(0.0)),
        words::range(&words::percent(share.low.max(0.0)), &words::percent(share.high.max(0.0))),
        match (s.luck, s.method) {
            (Luck::Common, _) => "this is how luck and parameters work together, and it is in the indices",
            (_, Method::Sobol { .. }) if share.high < 1.0 => "it was taken off the indices",
            _ => "it is in the indices",
        }
    ))
}

/// What to bear in mind, and what the method means.
pub(super) fn cautions(s: &Sensitivity) -> Vec<String> {
    let mut out = Vec::new();
    out.push(
        match s.method {
            Method::Morris { .. } => {
                "mu*: how far the measure moves, on average, if the parameter crosses its whole range (steps of two thirds \
                 of it, scaled up); sigma: how much that hangs on where the others are; luck: the mu* that luck alone \
                 would give. Indistinguishable from zero: neither has the mean effect a sign, nor is mu* above luck."
            }
            Method::Sobol { .. } => {
                "total: the share of the measure's variance that goes with the parameter, alone and with others; alone: \
                 without its interactions. Totals can add up to more than 1. Indistinguishable from zero: the interval \
                 reaches it."
            }
            Method::Pawn { .. } => {
                "PAWN: how far the measure's distribution moves (Kolmogorov-Smirnov, 0 to 1) where the parameter is held \
                 in one slice of its range: the median over slices, and the largest. Indistinguishable from zero: 95 % of \
                 dummy parameters stay below as well."
            }
            Method::Delta { .. } => {
                "delta: half the area between the measure's density and its density given the parameter (0 to 1), rather \
                 too small; take it to rank. Indistinguishable from zero: the plain statistic is not above what 95 % of \
                 dummy parameters stay below."
            }
        }
        .to_string(),
    );
    if let Method::Pawn { points } = s.method {
        out.push(format!(
            "Each range was cut into at most {SLICES} slices of about {} points; a parameter of few values has fewer and \
             thicker ones.",
            points / SLICES
        ));
    }
    let chances: Vec<&str> =
        s.measures.iter().filter(|a| a.measure.is_chance()).map(|a| a.measure.name.as_str()).collect();
    if let (Method::Morris { .. }, false) = (s.method, chances.is_empty()) {
        out.push(format!(
            "Of {} mu* is the mean size of the change of a point's mean over a step of two thirds of the range, times 1.5: \
             it counts flips both ways and can reach 1.5; mu is the change of the chance.",
            words::list(&chances.iter().map(|c| words::clean(c)).collect::<Vec<_>>(), 3),
        ));
    }
    if !chances.is_empty() && s.replications < 10 {
        out.push(format!(
            "Of {} each point knows only {} 0 or 1; that is coarse, and averages out over many points. A measure with a \
             value of its own in every run (share_red, share_green, worst_score) is known better.",
            words::list(&chances.iter().map(|c| words::clean(c)).collect::<Vec<_>>(), 3),
            words::plural(s.replications, "value of", "values of"),
        ));
    }
    out.push(match (s.luck, s.method) {
        (Luck::Common, Method::Morris { .. }) => {
            "Common luck: the points of a trajectory had the same luck, each trajectory its own.".to_string()
        }
        (Luck::Common, _) => {
            "Common luck: every point had the same luck, so indices are of that luck and cannot be corrected for it."
                .to_string()
        }
        (Luck::Independent, _) => "Independent luck: every run had its own.".to_string(),
    });
    if s.parameters.len() > 10 {
        out.push(
            "Each verdict errs in about 1 of 20: of twenty parameters without effect one may look real."
                .into(),
        );
    }
    out.push(
        "Every parameter is spread evenly over its range (in the logarithm: assumptions whose range spans a factor of ten \
         or more, except whole numbers, and ranges given as log:), independently of the others: which one decides hangs on these ranges, and on the plan. It is a statement about what we do not know."
            .to_string(),
    );
    out
}

/// What is not varied and why, if there is such.
pub(super) fn left_out(s: &Sensitivity) -> Option<String> {
    let left: Vec<String> =
        s.left_out.iter().map(|l| format!("{} ({})", words::clean(&l.name), l.why)).collect();
    (!left.is_empty()).then(|| format!("Not varied: {}.", left.join("; ")))
}
