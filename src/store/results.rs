//! A folder of results, opened again: its manifest and its files.
//!
//! Knows paths; must not know what is in the files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{MANIFEST, hash_file};
use super::manifest::Manifest;
use crate::store::StoreError;

/// Changed files that a message names beside the first.
const NAMED: usize = 5;

/// Why a folder is no folder of results.
#[derive(Debug, thiserror::Error)]
pub enum NoResults {
    /// There is none.
    #[error("{0}: no such folder")]
    Missing(PathBuf),
    /// It is a file.
    #[error("{0}: it is a file, not a folder of results")]
    File(PathBuf),
    /// It has no manifest.
    #[error("{folder}: no result of this program: it has no {MANIFEST}{hint}")]
    NoManifest {
        /// Which.
        folder: PathBuf,
        /// A folder inside that is one, as a question; may be empty.
        hint: String,
    },
    /// It has one that is not ours or was changed.
    #[error("{0}: {MANIFEST} was not written by this program, or was changed since")]
    Foreign(PathBuf),
    /// It can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A folder of results.
#[derive(Debug)]
pub struct Results {
    folder: PathBuf,
    /// What its manifest says.
    pub manifest: Manifest,
}

impl Results {
    /// Opens a folder.
    pub fn open(folder: &Path) -> Result<Results, NoResults> {
        let path = folder.join(MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(_) if !folder.exists() => return Err(NoResults::Missing(folder.to_path_buf())),
            Err(_) if !folder.is_dir() => return Err(NoResults::File(folder.to_path_buf())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(NoResults::NoManifest { folder: folder.to_path_buf(), hint: inside(folder) });
            }
            Err(e) => return Err(StoreError::io(&path, "read", e).into()),
        };
        let manifest = Manifest::parse(&bytes).ok_or_else(|| NoResults::Foreign(folder.to_path_buf()))?;
        Ok(Results { folder: folder.to_path_buf(), manifest })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bytes of a file, by its path inside the folder; none where there is no such file. One that the manifest lists
    /// is as it was written, or it is refused: what is made from it carries the manifest's seed and hashes.
    pub fn bytes(&self, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.folder.join(file);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StoreError::io(&path, "read", e)),
        };
        let listed = self.manifest.files.iter().find(|f| f.path == file);
        if listed.is_some_and(|f| f.blake3 != blake3::hash(&bytes).to_hex().as_str()) {
            return Err(StoreError::Unreadable { path, what: changed() });
        }
        Ok(Some(bytes))
    }

    /// Refuses a folder of which a listed file is not as it was written, also where nothing is drawn from it: its charts
    /// would go on beside figures that are not theirs. `made` are files that can be made again: whoever writes them says
    /// what became of them. One that is missing is no fault of this check: whoever needs it says so.
    pub fn check(&self, made: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        let mut found = Vec::new();
        for file in self.manifest.files.iter().filter(|f| !made(&f.path)) {
            let path = self.folder.join(&file.path);
            match hash_file(&path) {
                Ok((_, hash)) if hash == file.blake3 => {}
                Ok(_) => found.push(path),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(StoreError::io(&path, "read", e)),
            }
        }
        let Some((first, others)) = found.split_first() else { return Ok(()) };
        let mut what = changed();
        if !others.is_empty() {
            let inside = |p: &PathBuf| p.strip_prefix(&self.folder).unwrap_or(p).display().to_string();
            let named: Vec<String> = others.iter().take(NAMED).map(inside).collect();
            let more = others.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            what.push_str(&format!("; so were {}{more}", named.join(", ")));
        }
        Err(StoreError::Unreadable { path: first.clone(), what })
    }

    /// A text of the folder; none where there is no such file. Anything that is no UTF-8 becomes a mark, which no
    /// reader of tables takes for a value.
    pub fn text(&self, file: &str) -> Result<Option<String>, StoreError> {
        Ok(self.bytes(file)?.map(|b| String::from_utf8_lossy(&b).into_owned()))
    }
}

/// What is said of a file that is not as it was written.
fn changed() -> String {
    format!("it was changed since it was written: {MANIFEST} has another hash of it")
}

/// Which folder inside has a manifest, as a hint; empty if there is none.
fn inside(folder: &Path) -> String {
    let found = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut names: Vec<PathBuf> = found.filter(|p| p.join(MANIFEST).is_file()).collect();
    names.sort();
    names.first().map_or(String::new(), |first| format!("; did you mean {}?", first.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_none_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let said = |p: &Path| Results::open(p).unwrap_err().to_string();
        assert!(said(&dir.path().join("nowhere")).ends_with("no such folder"));
        let inner = dir.path().join("run/abc");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join(MANIFEST), b"{}").unwrap();
        assert!(said(&dir.path().join("run")).ends_with(&format!("did you mean {}?", inner.display())));
        assert!(said(&inner).contains("was not written by this program"));
        assert!(said(&inner.join(MANIFEST)).contains("it is a file"));
    }
}
