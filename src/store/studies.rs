//! Tables of studies as CSV bytes: figures by arm, and the values of every replication.
//!
//! Pure functions; nothing is computed that a comparison does not already hold. Column by column: `docs/outputs.md`.

use crate::experiment::measure::ReplicationSummary;
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::compare::{Comparison, Difference};
use crate::experiment::study::condition::Condition;
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::experiment::study::parameter::{Parameter, Spread};
use crate::experiment::study::plausible::Effect;
use crate::experiment::study::search::Found;
use crate::experiment::study::warmup::{self, Candidate};
use crate::store::table::Table;

/// `comparison.csv`: one row per figure and arm; differences are to the first arm, whose own are empty.
pub fn comparison(c: &Comparison) -> Vec<u8> {
    let mut t = Table::new(&[
        "figure",
        "unit",
        "arm",
        "value",
        "low",
        "high",
        "std_err",
        "n",
        "replications",
        "difference",
        "difference_low",
        "difference_high",
        "pairs",
        "better",
        "worse",
        "variance_saved",
    ]);
    for line in &c.lines {
        for (i, e) in line.estimates.iter().enumerate() {
            t.text(&line.asked.text);
            t.plain(line.asked.measure.unit.name());
            t.text(&c.arms[i]);
            for value in [e.value, e.interval.map(|i| i.0), e.interval.map(|i| i.1), e.std_err] {
                t.maybe(value);
            }
            t.count(e.n);
            t.count(e.of);
            match i.checked_sub(1).map(|d| line.differences[d]) {
                None => (0..7).for_each(|_| t.separate()),
                Some(Difference { value, interval, pairs, better, worse, saved }) => {
                    for value in [value, interval.map(|i| i.0), interval.map(|i| i.1)] {
                        t.maybe(value);
                    }
                    [pairs, better, worse].into_iter().for_each(|n| t.count(n));
                    t.maybe(saved);
                }
            }
            t.end();
        }
    }
    t.out
}

/// `runs.csv`: one row per arm and replication, one column per measure; empty where there is no value.
pub fn runs(arms: &[(&str, &Frame, &[ReplicationSummary])], measures: &[Measure]) -> Vec<u8> {
    let mut columns = vec!["arm", "replication"];
    columns.extend(measures.iter().map(|m| m.name.as_str()));
    let mut t = Table::new(&columns);
    for (label, frame, runs) in arms {
        for run in *runs {
            t.text(label);
            t.count(run.replication);
            measures.iter().for_each(|m| t.maybe(m.of(run, frame)));
            t.end();
        }
    }
    t.out
}

/// `assumptions.csv`: what was drawn, and what the outcome does over its range, the largest effect first.
pub fn assumptions(parameters: &[Parameter], effects: &[Effect]) -> Vec<u8> {
    let mut t = Table::new(&[
        "name",
        "whose",
        "default",
        "low",
        "high",
        "spread",
        "middle",
        "share_below",
        "share_above",
        "difference",
        "difference_low",
        "difference_high",
        "by_chance",
        "source",
    ]);
    for e in effects {
        let p = &parameters[e.parameter];
        t.text(&p.name);
        t.plain(p.whose.name());
        t.text(&p.default);
        t.text(&p.low());
        t.text(&p.high());
        t.plain(if p.spread == Spread::Log { "log" } else { "even" });
        t.text(&p.value(e.at));
        for v in [e.share_below(), e.share_above(), e.difference, e.interval.0, e.interval.1, e.by_chance] {
            t.maybe(Some(v));
        }
        t.text(&p.source);
        t.end();
    }
    t.out
}

/// `runs.csv` of drawn parameters: one row per replication, its parameters and its measures.
pub fn drawn_runs(
    parameters: &[Parameter],
    draws: &[Vec<f64>],
    measures: &[Measure],
    values: &[Vec<Option<f64>>],
) -> Vec<u8> {
    let mut columns = vec!["replication"];
    columns.extend(parameters.iter().map(|p| p.name.as_str()));
    columns.extend(measures.iter().map(|m| m.name.as_str()));
    let mut t = Table::new(&columns);
    for (place, (us, values)) in draws.iter().zip(values).enumerate() {
        t.count(place as u64 + 1);
        parameters.iter().zip(us).for_each(|(p, u)| t.text(&p.value(*u)));
        values.iter().for_each(|v| t.maybe(*v));
        t.end();
    }
    t.out
}

/// `probes.csv`: every value a search tried, from the safe end, with its figures and how its conditions stand.
pub fn probes(path: &str, values: &[String], conditions: &[Condition], found: &Found) -> Vec<u8> {
    let mut t = Table::new(&["path", "value", "condition", "figure", "low", "high", "n", "standing"]);
    for (place, probe) in &found.tried {
        for (i, c) in conditions.iter().enumerate() {
            let e = &probe.figures[i];
            t.text(path);
            t.text(&values[*place]);
            t.text(&c.to_string());
            for v in [e.value, e.interval.map(|i| i.0), e.interval.map(|i| i.1)] {
                t.maybe(v);
            }
            t.count(e.n);
            t.plain(probe.standings[i].name());
            t.end();
        }
    }
    t.out
}

/// `calendar.csv`: what a plan comes to, day by day and number by number, over replications: messages sent, the limit,
/// and the share of replications that have been yellow or red by then.
pub fn calendar(frame: &Frame, runs: &[ReplicationSummary]) -> Vec<u8> {
    let mut t = Table::new(&[
        "day",
        "date",
        "weekday",
        "number",
        "send",
        "send_low",
        "send_high",
        "limit",
        "limit_low",
        "p_yellow_by_then",
        "p_red_by_then",
    ]);
    for d in warmup::days(frame, runs) {
        t.count(d.day);
        t.plain(d.start.date());
        t.plain(d.start.weekday_name());
        t.text(&frame.numbers[d.number]);
        d.send.into_iter().for_each(|v| t.maybe(Some(v)));
        d.limit.into_iter().for_each(|l| t.plain(l));
        t.maybe(Some(d.yellow));
        t.maybe(Some(d.red));
        t.end();
    }
    t.out
}

/// `plans.csv`: every plan tried: its values, when and how often it reaches the limit, how its conditions stand.
pub fn plans(axes: &[(String, Vec<String>)], conditions: &[Condition], tried: &[Candidate]) -> Vec<u8> {
    let told: Vec<String> = conditions.iter().map(Condition::to_string).collect();
    let mut columns = vec!["plan"];
    columns.extend(axes.iter().map(|a| a.0.as_str()));
    columns.extend(["p_reached", "days_median", "days_q90"]);
    columns.extend(told.iter().map(String::as_str));
    columns.extend(["keeps", "keeps_fresh"]);
    let mut t = Table::new(&columns);
    let yes = |b: bool| if b { "yes" } else { "no" };
    for (place, c) in tried.iter().enumerate() {
        t.count(place as u64 + 1);
        c.sets.iter().for_each(|s| t.text(s.split_once('=').map_or("", |(_, value)| value)));
        [c.reached, c.days, c.slow].iter().for_each(|e| t.maybe(e.value));
        c.probe.figures.iter().for_each(|e| t.maybe(e.value));
        t.plain(yes(c.is_good()));
        t.plain(c.borne_out.map_or("", yes));
        t.end();
    }
    t.out
}

/// A plan of a trade-off.
#[derive(Clone, Copy, Debug)]
pub struct PlanRow<'a> {
    /// Its overrides; none for the scenario as written.
    pub sets: &'a [String],
    /// For each goal its figure.
    pub figures: &'a [Estimate],
    /// Whether no other beats it in everything.
    pub efficient: bool,
    /// Its figures on fresh luck, if it is one of those.
    pub fresh: &'a [Estimate],
}

/// `plans.csv` of a trade-off: every plan with its goals; those not beaten also on fresh luck.
pub fn tradeoff(paths: &[&str], goals: &[&Asked], rows: &[PlanRow<'_>]) -> Vec<u8> {
    let of_goals = |end: &'static str| goals.iter().map(move |g| format!("{}{end}", g.text));
    let columns: Vec<String> = ["plan".to_string(), "efficient".to_string()]
        .into_iter()
        .chain(paths.iter().map(|p| (*p).to_string()))
        .chain(of_goals(""))
        .chain(of_goals("_low"))
        .chain(of_goals("_high"))
        .chain(of_goals("_fresh"))
        .collect();
    let mut t = Table::new(&columns.iter().map(String::as_str).collect::<Vec<_>>());
    for (place, row) in rows.iter().enumerate() {
        t.count(place as u64);
        t.plain(if row.efficient { "yes" } else { "no" });
        for path in paths {
            let set = row.sets.iter().find_map(|s| s.strip_prefix(path)?.strip_prefix('='));
            t.text(set.unwrap_or(""));
        }
        row.figures.iter().for_each(|e| t.maybe(e.value));
        row.figures.iter().for_each(|e| t.maybe(e.interval.map(|i| i.0)));
        row.figures.iter().for_each(|e| t.maybe(e.interval.map(|i| i.1)));
        (0..goals.len()).for_each(|k| t.maybe(row.fresh.get(k).and_then(|e| e.value)));
        t.end();
    }
    t.out
}
