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

/// Refuses to put two things into one file, however it is spelt.
pub fn refuse_same(out: &Path, rejects: &Path) -> Result<(), Failure> {
    match out == rejects || place(out) == place(rejects) {
        true => {
            Err(Failure::input(format!("--rejects {}: that is where the log itself goes", rejects.display())))
        }
        false => Ok(()),
    }
}

/// The one place that a name stands for: links followed; of a file that is not there yet, the folder's.
fn place(path: &Path) -> Option<PathBuf> {
    if let Ok(found) = path.canonicalize() {
        return Some(found);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Where there is no such folder nothing can be written, which is said when it is tried.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    Some(folder.join(path.file_name()?))
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

    #[test]
    fn one_place_is_one_place_however_it_is_spelt() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("there.csv"), "").unwrap();
        for name in ["there.csv", "new.csv"] {
            for same in [name.to_string(), format!("./{name}"), format!("sub/../{name}")] {
                assert!(refuse_same(&at(name), &at(&same)).is_err(), "{name} is {same}");
            }
            assert!(refuse_same(&at(name), &at(&format!("sub/{name}"))).is_ok());
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("there.csv"), at("link.csv")).unwrap();
            assert!(refuse_same(&at("link.csv"), &at("there.csv")).is_err());
        }
        assert!(refuse_same(Path::new("no/such/a.csv"), Path::new("no/such/b.csv")).is_ok());
        assert!(refuse_same(Path::new("no/such/a.csv"), Path::new("no/such/a.csv")).is_err());
    }
}
