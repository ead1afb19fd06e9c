//! What can go wrong with files, said so that a person can act on it.
//!
//! Messages are complete in themselves (no hidden cause). Exit codes are chosen in `cli`.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of this module. None leaves a file that looks complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system said no.
    #[error("{}: cannot {doing}: {}", path.display(), explain(error))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb phrase.
        doing: &'static str,
        /// What the system answered.
        error: io::Error,
    },
    /// A result folder is there already and is not the same.
    #[error("{}: {what}; nothing was changed (--force replaces it, -o writes elsewhere)", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
        /// How it differs.
        what: Difference,
    },
    /// The rows of an unfinished sweep are in the way, or not those asked for.
    #[error("{}: {what}", folder.display())]
    Unfinished {
        /// Its folder.
        folder: PathBuf,
        /// What is the matter with it, and what to do.
        what: String,
    },
    /// A file is there already with other contents.
    #[error("{}: exists already with other contents; nothing was changed (--force replaces it, -o writes elsewhere)", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
    },
    /// A folder may not be replaced, because it holds things this program did not write.
    #[error("{}: not replaced, even with --force: {what}", folder.display())]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// What is foreign in it.
        what: String,
    },
    /// A name that cannot be a file or folder of a run.
    #[error(
        "{found:?} cannot name {role}: letters, digits, '-', '_' and '.' (not first) are allowed, 1 to 100 bytes{}",
        if *.path_allowed { ", parts joined by '/'" } else { "" }
    )]
    Name {
        /// As found.
        found: String,
        /// What it was to name.
        role: &'static str,
        /// Whether '/' is allowed.
        path_allowed: bool,
    },
    /// A log that does not read.
    #[error("{}:{line}{}: {found} (allowed: {allowed})", path.display(), at_column(*column))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1; in Parquet the row, from 1.
        line: u64,
        /// Column: a CSV field or a Parquet column by number from 1, in NDJSON the byte of the line, from 1.
        column: u64,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// An input that can't be read as a log at all, or not from here on: no such file, damaged, of another kind.
    #[error("{}{}{what}", path.display(), if path.as_os_str().is_empty() { "" } else { ": " })]
    Unreadable {
        /// The file, as given.
        path: PathBuf,
        /// What is wrong with it and what to do about it.
        what: String,
    },
    /// A long log turned out to be out of order after rows had been handed on; it is to be read again, sorted.
    #[error("{}:{line}: a row earlier than one before it; the log must be sorted first", path.display())]
    OutOfOrder {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1; in Parquet the row, from 1.
        line: u64,
    },
    /// Reading was interrupted by the user.
    #[error("interrupted")]
    Cancelled,
    /// A Parquet file could not be written or read.
    #[error("{}: {what}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the library said.
        what: String,
    },
    /// This build has no Parquet.
    #[error("{}: this build has no Parquet; use csv or ndjson, or build with the `parquet` feature", path.display())]
    NoParquet {
        /// The file asked for.
        path: PathBuf,
    },
    /// A file's ending names no log format.
    #[error("{}: the ending names no log format (allowed: .csv, .ndjson, .parquet; the first two also with .gz or .zst)", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
}

/// How a folder that is there already differs from the one just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It has no manifest of ours.
    NoManifest,
    /// Its manifest was made from other inputs.
    Inputs,
    /// A file has other bytes.
    File(String),
    /// A file is not there (any more).
    Missing(String),
    /// A file that this run does not write.
    Extra(String),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Difference::NoManifest => f.write_str("exists already, without a manifest.json of tiersim"),
            Difference::Inputs => f.write_str("exists already, with a manifest.json of other inputs"),
            Difference::File(name) => {
                write!(f, "exists already, and its {name} differs from what this run wrote")
            }
            Difference::Missing(name) => write!(f, "exists already, but its {name} is missing"),
            Difference::Extra(name) => {
                write!(f, "exists already, with {name}, which this run does not write")
            }
        }
    }
}

impl StoreError {
    /// Wraps what the operating system said about `path`.
    pub fn io(path: &Path, doing: &'static str, error: io::Error) -> StoreError {
        StoreError::Io { path: path.to_path_buf(), doing, error }
    }

    /// Whether the fault is in what was given (a malformed log, a name, a format), not in the disk.
    pub fn is_input(&self) -> bool {
        match self {
            StoreError::Io { .. } | StoreError::Exists { .. } | StoreError::NotOurs { .. } => false,
            StoreError::Differs { .. } => false,
            StoreError::Unfinished { .. } => true,
            StoreError::Parquet { .. } | StoreError::Cancelled => false,
            StoreError::Unreadable { .. } | StoreError::OutOfOrder { .. } => true,
            StoreError::Name { .. } | StoreError::Malformed { .. } => true,
            StoreError::NoParquet { .. } | StoreError::UnknownFormat { .. } => true,
        }
    }
}

/// `:7`, or nothing where no one column is at fault.
fn at_column(column: u64) -> String {
    if column == 0 { String::new() } else { format!(":{column}") }
}

/// The common failures in plain words; the system's own text stays for those who search for it.
fn explain(error: &io::Error) -> String {
    let plain = match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full",
        io::ErrorKind::QuotaExceeded => "the disk quota is used up",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        io::ErrorKind::PermissionDenied => "no permission",
        io::ErrorKind::NotFound => "it does not exist",
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
        _ => return error.to_string(),
    };
    format!("{plain} ({error})")
}
