//! Tables of studies as CSV bytes: figures by arm, and the values of every replication.
//!
//! Pure functions; nothing is computed that a comparison does not already hold. Column by column: `docs/outputs.md`.

use crate::experiment::measure::ReplicationSummary;
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::compare::{Comparison, Difference};
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
