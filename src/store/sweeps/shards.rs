//! Parts of a sweep that ran on several machines, checked to be all of it before they are put together.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{DESIGN, HEAD, RUNS, SCENARIO, difference, tables};
use crate::experiment::study::design::Design;
use crate::experiment::study::sweep::shard;
use crate::experiment::study::swept::Head;
use crate::store::folder::{MANIFEST, hash_file};
use crate::store::{Inputs, Manifest, StoreError};

/// The option that says which part a result is.
pub const OPTION: &str = "shard";

/// All parts of one sweep, in order.
#[derive(Debug)]
pub struct Whole {
    /// The inputs of the sweep as one machine has them.
    pub inputs: Inputs,
    /// What tables and charts need.
    pub head: Head,
    /// Its points.
    pub design: Design,
    /// `design.csv` as it is in every part.
    pub design_csv: Vec<u8>,
    /// The scenario as written, resolved.
    pub scenario: String,
    /// For each part its rows and the points they are of.
    pub parts: Vec<(PathBuf, Range<usize>)>,
}

struct Part {
    folder: PathBuf,
    inputs: Inputs,
    scenario: String,
    place: (u64, u64),
}

/// Reads `3/16`; none for anything else.
pub fn parse(text: &str) -> Option<(u64, u64)> {
    let (k, of) = text.split_once('/')?;
    let (k, of) = (k.trim().parse::<u64>().ok()?, of.trim().parse::<u64>().ok()?);
    (k >= 1 && k <= of && of <= 100_000).then_some((k, of))
}

/// Reads folders of parts and checks that they are one sweep: same inputs, unchanged files, no part twice, none
/// missing.
pub fn gather(folders: &[PathBuf]) -> Result<Whole, StoreError> {
    let mut parts = folders.iter().map(|f| part(f)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = parts.first() else {
        return Err(unreadable(Path::new(""), "no folder to merge"));
    };
    let of = first.place.1;
    for p in &parts[1..] {
        let found = difference::of_inputs((&first.inputs, &first.scenario), (&p.inputs, &p.scenario));
        if let Some((field, a, b)) = found {
            let what = format!(
                "is no part of the sweep in {}: {field} is {a} there and {b} here",
                first.folder.display()
            );
            return Err(unreadable(&p.folder, what));
        }
        if p.place.1 != of {
            let what = format!(
                "is part {} of {}, {} is part {} of {of}: parts of different cuts do not fit together",
                p.place.0,
                p.place.1,
                first.folder.display(),
                first.place.0,
            );
            return Err(unreadable(&p.folder, what));
        }
    }
    parts.sort_by_key(|p| p.place.0);
    if let Some(pair) = parts.windows(2).find(|w| w[0].place == w[1].place) {
        let what =
            format!("holds part {}/{of} again: {} has it too", pair[1].place.0, pair[0].folder.display());
        return Err(unreadable(&pair[1].folder, what));
    }
    let there: Vec<u64> = parts.iter().map(|p| p.place.0).collect();
    let missing: Vec<String> = (1..=of).filter(|k| !there.contains(k)).map(|k| format!("{k}/{of}")).collect();
    if !missing.is_empty() {
        let shown = missing.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
        let more =
            if missing.len() > 10 { format!(" and {} more", missing.len() - 10) } else { String::new() };
        return Err(unreadable(
            &parts[0].folder,
            format!("is not the whole sweep: part {shown}{more} is missing"),
        ));
    }
    let first = &parts[0];
    let text = |name: &str| {
        let path = first.folder.join(name);
        fs::read_to_string(&path).map_err(|e| StoreError::io(&path, "read", e))
    };
    let head: Head = serde_json::from_str(&text(HEAD)?)
        .map_err(|e| unreadable(&first.folder.join(HEAD), format!("does not read: {e}")))?;
    let design_csv = text(DESIGN)?;
    let design = tables::read_design(&head, &design_csv)
        .ok_or_else(|| unreadable(&first.folder.join(DESIGN), "does not hold the points of this sweep"))?;
    let points = head.points;
    Ok(Whole {
        inputs: first.inputs.clone(),
        head,
        design,
        design_csv: design_csv.into_bytes(),
        scenario: first.scenario.clone(),
        parts: parts.iter().map(|p| (p.folder.join(RUNS), shard(points, p.place.0, of))).collect(),
    })
}

fn part(folder: &Path) -> Result<Part, StoreError> {
    let path = folder.join(MANIFEST);
    let bytes = fs::read(&path).map_err(|e| StoreError::io(&path, "read", e))?;
    let manifest =
        Manifest::parse(&bytes).ok_or_else(|| unreadable(&path, "is no manifest of this program"))?;
    for entry in &manifest.files {
        let path = folder.join(&entry.path);
        let found = hash_file(&path).map_err(|e| StoreError::io(&path, "read", e))?;
        if found != (entry.bytes, entry.blake3.clone()) {
            return Err(unreadable(&path, "was changed since it was written"));
        }
    }
    let mut inputs = manifest.inputs;
    let place = inputs.options.remove(OPTION);
    let place = place.as_ref().and_then(|v| v.as_str()).and_then(parse);
    let place = place.ok_or_else(|| unreadable(folder, "is no part of a sweep (--shard writes them)"))?;
    let path = folder.join(SCENARIO);
    let scenario = fs::read_to_string(&path).map_err(|e| StoreError::io(&path, "read", e))?;
    Ok(Part { folder: folder.to_path_buf(), inputs, scenario, place })
}

fn unreadable(path: &Path, what: impl Into<String>) -> StoreError {
    StoreError::Unreadable { path: path.to_path_buf(), what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_by_number() {
        assert_eq!(parse("3/16"), Some((3, 16)));
        for text in ["0/4", "5/4", "1", "1/", "a/b", "1/2/3"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
