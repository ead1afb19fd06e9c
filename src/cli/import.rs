//! `tiersim import`: logs of other origin to a log of ours.

mod answer;
pub mod args;
mod csv;
mod held;
mod inputs;
mod rejects;
mod webhooks;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::import::pseudonym::Key;

use args::Import;

/// Runs the command.
pub fn command(what: &Import, common: &Common, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    match what {
        Import::Webhooks(args) => webhooks::run(args, common, cancel),
        Import::Csv(args) => csv::run(args, common, cancel),
        Import::Mappings { name } => csv::mappings(name.as_deref()),
    }
}

/// The file to write, which must be named.
pub fn target(common: &Common) -> Result<PathBuf, Failure> {
    let path = common.output.clone().ok_or_else(|| {
        Failure::input(
            "-o OUT is missing: name the log to write, as in -o history.parquet (or .csv, .ndjson)",
        )
    })?;
    crate::store::log::put::check_name(&path)?;
    Ok(path)
}

/// The key for pseudonyms that a file holds.
pub fn key_of(path: &Path) -> Result<Key, Failure> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| Failure::io("read", &shown, &e))?;
    Key::from_bytes(&bytes).map_err(|e| Failure::input(format!("{shown}: {e}")))
}

/// `history.parquet` to `history.rejects.csv`, in the same folder.
pub fn rejects_beside(out: &Path) -> PathBuf {
    let name = out.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let bare = [".gz", ".zst"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(&name);
    let stem = bare.rsplit_once('.').map_or(bare, |(stem, _)| stem);
    out.with_file_name(format!("{stem}.rejects.csv"))
}

/// Refuses to put two things into one file.
pub fn refuse_same(out: &Path, rejects: &Path) -> Result<(), Failure> {
    match out == rejects {
        true => {
            Err(Failure::input(format!("--rejects {}: that is where the log itself goes", out.display())))
        }
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_lie_beside_the_log() {
        for (out, rejects) in [
            ("a/history.parquet", "a/history.rejects.csv"),
            ("history.csv.gz", "history.rejects.csv"),
            ("h.2026.ndjson.zst", "h.2026.rejects.csv"),
        ] {
            assert_eq!(rejects_beside(Path::new(out)), Path::new(rejects));
        }
    }
}
