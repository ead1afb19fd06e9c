//! Tables of studies as CSV bytes: figures by arm, and the values of every replication.
//!
//! Pure functions; nothing is computed that a comparison does not already hold. Column by column: `docs/outputs.md`.

use crate::experiment::measure::ReplicationSummary;
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::compare::{Comparison, Difference};
use crate::experiment::study::parameter::{Parameter, Spread};
use crate::experiment::study::plausible::Effect;
use crate::store::tables::Table;

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
        for v in [e.share_below(), e.share_above(), e.difference, e.interval.0, e.interval.1] {
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
