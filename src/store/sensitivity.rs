//! Tables of a sensitivity study as CSV bytes: indices, what was varied, every run, and how much of it is luck.
//!
//! Pure functions; nothing is computed that the study does not already hold. Column by column: `docs/outputs.md`.

use crate::experiment::study::catalogue::Measure;
use crate::experiment::study::evaluate::Values;
use crate::experiment::study::parameter::{Parameter, Spread};
use crate::experiment::study::sensitivity::{Design, Found};
use crate::store::table::Table;

/// `yes`, `no`, or nothing where it cannot be told.
fn yes(t: &mut Table, value: Option<bool>) {
    t.plain(match value {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    });
}

/// `indices.csv`: one row per measure, parameter (or pair) and index; the main index in order of size first.
pub fn indices(method: &str, parameters: &[Parameter], measures: &[(&str, &Found)]) -> Vec<u8> {
    let mut t = Table::new(&[
        "measure",
        "method",
        "parameter",
        "with",
        "index",
        "rank",
        "value",
        "low",
        "high",
        "noise",
        "indistinguishable",
        "corrected",
        "corrected_low",
        "corrected_high",
    ]);
    for (measure, found) in measures {
        let ranking = found.ranking();
        let main = ranking.first().map(|r| r.kind);
        let others = found.rows.iter().filter(|r| Some(r.kind) != main).map(|r| (0, r));
        for (rank, row) in (1..).zip(ranking.iter().copied()).chain(others) {
            t.text(measure);
            t.plain(method);
            t.text(&parameters[row.parameter].name);
            t.text(row.with.map_or("", |with| &parameters[with].name));
            t.plain(row.kind.name());
            if rank == 0 {
                t.separate();
            } else {
                t.count(rank);
            }
            t.maybe(Some(row.value));
            t.maybe(row.interval.map(|i| i.0));
            t.maybe(row.interval.map(|i| i.1));
            t.maybe(row.noise);
            yes(&mut t, row.indistinguishable);
            for value in [row.corrected.map(|c| c.value), row.corrected.map(|c| c.low)] {
                t.maybe(value);
            }
            t.maybe(row.corrected.map(|c| c.high));
            t.end();
        }
    }
    t.out
}

/// `parameters.csv`: what was varied, and between which values.
pub fn parameters(parameters: &[Parameter]) -> Vec<u8> {
    let mut t = Table::new(&["parameter", "whose", "default", "low", "high", "spread", "paths", "source"]);
    for p in parameters {
        t.text(&p.name);
        t.plain(p.whose.name());
        t.text(&p.default);
        t.text(&p.low());
        t.text(&p.high());
        t.plain(if p.spread == Spread::Log { "log" } else { "even" });
        t.text(&p.paths().join(" "));
        t.text(&p.source);
        t.end();
    }
    t.out
}

/// `design.csv`: one row per run: point, replication, the parameters as `--set` takes them, the measures.
pub fn design(design: &Design, parameters: &[Parameter], measures: &[Measure], values: &Values) -> Vec<u8> {
    let mut columns = vec!["point", "replication"];
    columns.extend(parameters.iter().map(|p| p.name.as_str()));
    columns.extend(measures.iter().map(|m| m.name.as_str()));
    let mut t = Table::new(&columns);
    for ((point, replication), values) in design.runs().zip(values) {
        t.count(point as u64 + 1);
        t.count(replication);
        parameters.iter().zip(design.points().row(point)).for_each(|(p, u)| t.text(&p.value(*u)));
        values.iter().for_each(|v| t.maybe(*v));
        t.end();
    }
    t.out
}

/// `noise.csv`: of each measure, how much of its variance is due to the parameters and how much to luck.
pub fn noise(measures: &[(&str, &Found)]) -> Vec<u8> {
    let mut t = Table::new(&[
        "measure",
        "luck",
        "replications",
        "variance_parameters",
        "variance_single_run",
        "variance_shared",
        "noise_share",
        "noise_share_low",
        "noise_share_high",
    ]);
    for (measure, found) in measures {
        let Some(s) = &found.luck else { continue };
        t.text(measure);
        t.plain(s.luck.name());
        t.count(s.replications as u64);
        let share = s.noise_share;
        for v in [s.parameters, s.single_run, s.shared, share.value, share.low, share.high] {
            t.maybe(Some(v));
        }
        t.end();
    }
    t.out
}
