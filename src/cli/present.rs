//! What every folder of results shows beside its tables, and how it is drawn again from the folder.
//!
//! The manifest keeps what charts say that no table holds. Must not know how charts look or what a command computes.

use serde::{Deserialize, Serialize};

use crate::cli::exit::Failure;
use crate::report::answer::Answer;
use crate::report::charts::{self, Chart};
use crate::report::picture::{About, Picture, Unreadable};
use crate::store::{Results, RunFolder};

/// What the manifest keeps of one set of charts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The part of the folder it is in: empty, or a folder's name with `/`, as where a log is replayed under several
    /// policies.
    pub part: String,
    /// What the command answered.
    pub answer: Answer,
    /// What stands beside every chart of a run or a replay.
    pub about: About,
}

/// Writes a chart as SVG, and as PNG where that is wanted and built in.
pub fn write_chart(folder: &mut RunFolder, path: &str, svg: &str, no_png: bool) -> Result<(), Failure> {
    for (ending, bytes) in files(path, svg, no_png)? {
        folder.write(&format!("{path}.{ending}"), &bytes)?;
    }
    Ok(())
}

/// A chart as files: ending and content.
pub fn files(path: &str, svg: &str, no_png: bool) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    #[cfg_attr(not(feature = "png"), allow(unused_mut))]
    let mut out = vec![("svg", svg.as_bytes().to_vec())];
    #[cfg(feature = "png")]
    if !no_png {
        let png = crate::report::png::render(svg)
            .map_err(|e| Failure::InputOutput(anyhow::anyhow!("{path}.png: {e}")))?;
        out.push(("png", png));
    }
    #[cfg(not(feature = "png"))]
    let _ = (path, no_png);
    Ok(out)
}

/// Writes the charts of a run or a replay with the tables they are drawn from, and what the manifest has to keep.
pub fn write(
    folder: &mut RunFolder,
    part: &str,
    answer: &Answer,
    picture: &Picture,
    no_png: bool,
) -> Result<(), Failure> {
    for (file, text) in picture.tables() {
        folder.write(&format!("{part}{file}"), text.as_bytes())?;
    }
    for chart in charts::draw(picture) {
        write_chart(folder, &format!("{part}charts/{}", chart.name), &chart.svg, no_png)?;
    }
    let told = Told { part: part.to_string(), answer: answer.clone(), about: picture.about.clone() };
    folder.report(serde_json::to_value(&told).expect("plain data becomes JSON"));
    Ok(())
}

/// What a folder of results shows, read from its manifest and tables.
pub fn read(results: &Results) -> Result<Vec<(Told, Picture)>, Failure> {
    let manifest = results.folder().join(crate::store::folder::MANIFEST);
    let mut out = Vec::new();
    for value in &results.manifest.reports {
        let told: Told = serde_json::from_value(value.clone())
            .map_err(|e| Failure::input(format!("{}: reports: {e}", manifest.display())))?;
        let picture = Picture::read(told.about.clone(), |file| {
            results.text(&format!("{}{file}", told.part)).map_err(|e| Unread(e.into()))
        });
        let picture = picture.map_err(|Unread(failure)| in_folder(failure, results))?;
        out.push((told, picture));
    }
    if out.is_empty() {
        return Err(Failure::input(format!(
            "{}: it keeps nothing to draw from; results of versions before this one don't",
            manifest.display()
        )));
    }
    Ok(out)
}

/// Either way of failing to read a table.
struct Unread(Failure);

impl From<Unreadable> for Unread {
    fn from(e: Unreadable) -> Unread {
        Unread(Failure::input(e))
    }
}

/// Faults of tables name a path inside the folder; readers want to know which folder.
fn in_folder(failure: Failure, results: &Results) -> Failure {
    match failure {
        Failure::Input(e) => Failure::input(format!("{}/{e}", results.folder().display())),
        other => other,
    }
}

/// The charts of a picture.
pub fn charts(picture: &Picture) -> Vec<Chart> {
    charts::draw(picture)
}
