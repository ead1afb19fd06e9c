//! From rows that are all there to a folder of results: the one way for a sweep, a resumed one and merged parts.

use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::show::Show;
use crate::cli::study;
use crate::cli::{output, present};
use crate::experiment::study::swept::{Gather, Point, Swept};
use crate::report::study::Plate;
use crate::report::sweep as told;
use crate::store::sweeps::rows::{Layout, RowReader};
use crate::store::sweeps::unfinished::{Made, pretty};
use crate::store::sweeps::{DESIGN, HEAD, RUNS, SCENARIO, tables};
use crate::store::{RunFolder, StoreError};

/// All rows of a sweep, or of a part of it, on their way to a result.
pub struct Complete<'a> {
    /// Where the result goes.
    pub folder: RunFolder,
    /// What it is made from.
    pub made: Made<'a>,
    /// What rows look like.
    pub layout: Layout<'a>,
    /// Files of rows and the points they are of, in order.
    pub parts: Vec<(PathBuf, Range<usize>)>,
    /// Whether this is one of several parts: it has rows and no tables, those are of the whole.
    pub is_part: bool,
}

/// Writes the result and prints the answer.
pub fn finish(complete: Complete<'_>, strict: bool, show: Show, common: &Common) -> Result<Exit, Failure> {
    let Complete { mut folder, made, layout, parts, is_part } = complete;
    let head = made.head;
    let asked = head.asked().map_err(|e| Failure::input(format!("{HEAD}: {e}")))?;
    let done = rows(&mut folder, layout, &parts, Gather::new(&asked), &made.inputs.hash(), is_part)?;
    folder.write(DESIGN, made.design)?;
    folder.write(HEAD, &pretty(head))?;
    folder.write(SCENARIO, made.scenario.as_bytes())?;
    let points = done
        .into_iter()
        .map(|(i, estimates, error)| Point { values: layout.design.points[i].clone(), estimates, error })
        .collect();
    let swept = Swept { head: head.clone(), asked, points };
    let failed = swept.failed();
    if failed == swept.points.len() && !is_part {
        let first = &swept.points[0];
        output::error(&format!(
            "none of {failed} points can be run; the first, {}: {}",
            told::values(head, &first.values),
            first.error.as_deref().unwrap_or_default()
        ));
        return Ok(Exit::Usage);
    }
    if !is_part {
        folder.write("points.csv", &tables::points(&swept))?;
        let summary =
            json!({ "headline": told::headline(&swept), "points": swept.points.len(), "failed": failed });
        folder.write("summary.json", &pretty(&summary))?;
    }
    let answer = match is_part {
        true => {
            let shard = made.inputs.options.get("shard").and_then(|v| v.as_str()).unwrap_or("");
            told::answer::part(&swept, shard)
        }
        false => told::answer::answer(&swept),
    };
    let page = |options| match is_part {
        true => format!("{}\n", answer.sentences[0]),
        false => told::text::answer(&swept, options),
    };
    match is_part {
        true => present::tell(&mut folder, &answer, &page),
        false => {
            let plate = Plate::Sweep(Box::new(swept.clone()));
            present::study(&mut folder, &answer, &page, &[plate])?;
        }
    }
    let finished = folder.finish(Vec::new())?;
    study::print(common, show, &answer, &finished, page)?;
    if failed > 0 {
        let first = swept.points.iter().position(|p| p.error.is_some()).expect("one failed");
        let why = swept.points[first].error.as_deref().unwrap_or_default();
        output::error(&format!(
            "WARNING: {failed} of {} points could not be run, the first: {}: {why}; the others are complete{}",
            swept.points.len(),
            told::values(&swept.head, &swept.points[first].values),
            if strict { "" } else { " (--strict makes this exit code 1)" }
        ));
    }
    Ok(if failed > 0 && strict { Exit::No } else { Exit::Fine })
}

/// The figures of a point by its place, and why it has none.
type Done = (usize, Vec<crate::experiment::study::estimate::Estimate>, Option<String>);

/// Copies rows into the result and sums them up on the way.
fn rows(
    folder: &mut RunFolder,
    layout: Layout<'_>,
    parts: &[(PathBuf, Range<usize>)],
    mut gather: Gather,
    inputs: &str,
    part: bool,
) -> Result<Vec<Done>, Failure> {
    let mut csv = BufWriter::with_capacity(256 * 1024, folder.create_file(RUNS)?);
    let failed = |e| StoreError::io(&PathBuf::from(RUNS), "write", e);
    csv.write_all(&layout.header()).map_err(failed)?;
    #[cfg(feature = "parquet")]
    let mut columns = match part {
        false => {
            let file = folder.create_file("runs.parquet")?;
            let path = file.path().to_path_buf();
            Some(crate::store::sweeps::parquet::ParquetRows::new(file, &path, layout, inputs)?)
        }
        true => None,
    };
    #[cfg(not(feature = "parquet"))]
    let _ = (part, inputs);
    for (path, points) in parts {
        let mut reader = RowReader::open(path, layout, points.clone())?;
        while let Some((point, replication, outcome)) = reader.next_row()? {
            gather.row(point, outcome);
            #[cfg(feature = "parquet")]
            if let Some(columns) = &mut columns {
                columns.row(point, replication, outcome)?;
            }
            #[cfg(not(feature = "parquet"))]
            let _ = replication;
            csv.write_all(reader.line()).map_err(failed)?;
        }
        let want = points.len() * layout.replications as usize;
        if reader.pairs() != want {
            return Err(Failure::input(format!(
                "{}: {} of {want} rows; the others are missing",
                path.display(),
                reader.pairs()
            )));
        }
    }
    let file = csv.into_inner().map_err(|e| failed(e.into_error()))?;
    folder.close(file)?;
    #[cfg(feature = "parquet")]
    if let Some(columns) = columns {
        folder.close(columns.finish()?)?;
    }
    Ok(gather.finish())
}
