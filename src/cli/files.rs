//! Single files that a command writes beside results: whole or not at all, and never over others unasked.
//!
//! Must not know what is in them.

use std::path::Path;

use crate::cli::exit::Failure;
use crate::report::words;
use crate::store::{StoreError, write_atomic};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was there with these bytes.
    Same,
    /// It was not there.
    New,
    /// It was there with others, and replaced as asked.
    Replaced,
}

/// Writes a file, unless it holds these bytes already. One that holds others is replaced only where `force` says so.
pub fn put(path: &Path, bytes: &[u8], force: bool) -> Result<Fate, Failure> {
    let fate = match std::fs::read(path) {
        Ok(found) if found == bytes => return Ok(Fate::Same),
        Ok(_) if !force => return Err(StoreError::Differs { path: path.to_path_buf() }.into()),
        Ok(_) => Fate::Replaced,
        // Whatever keeps it from being read keeps it from being written, and that says why.
        Err(_) => Fate::New,
    };
    if let Some(parent) = path.parent() {
        let made = std::fs::create_dir_all(parent);
        made.map_err(|e| Failure::io("create", &parent.display().to_string(), &e))?;
    }
    write_atomic(path, bytes)?;
    Ok(fate)
}

/// What became of files: `8 charts in DIR: 8 new.`
pub fn said(fates: &[Fate], (one, many): (&str, &str), to: &Path) -> String {
    let count = |fate: Fate| fates.iter().filter(|f| **f == fate).count();
    let parts: Vec<String> = [
        (count(Fate::Same), "there already, the same to the byte"),
        (count(Fate::New), "new"),
        (count(Fate::Replaced), "replaced"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect();
    let all = words::plural(fates.len() as u64, one, many);
    format!("{all} in {}: {}.\n", to.display(), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_replaced_only_when_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in/a.svg");
        assert_eq!(put(&path, b"one", false).unwrap(), Fate::New);
        assert_eq!(put(&path, b"one", false).unwrap(), Fate::Same);
        assert!(matches!(put(&path, b"two", false), Err(Failure::InputOutput(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert_eq!(put(&path, b"two", true).unwrap(), Fate::Replaced);
    }
}
