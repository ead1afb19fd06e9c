//! Run folders, manifest, CSV, NDJSON and Parquet, and reading logs back.
//!
//! Knows paths, formats and schema versions. Computes nothing: what is written here was decided elsewhere. Must not
//! know rules, people or the command line. The reader's view of every file is `docs/outputs.md`.

pub mod atomic;
pub mod broadcasts;
pub mod compare;
pub mod error;
pub mod folder;
pub mod log;
pub mod manifest;
pub mod rejects;
pub mod replayed;
pub mod results;
pub mod sensitivity;
pub mod studies;
pub mod sweeps;
mod table;
pub mod tables;
pub mod template_days;
pub mod verdicts;

pub use atomic::write_atomic;
pub use error::StoreError;
pub use folder::{Finished, RunFolder, Settled};
pub use manifest::{Inputs, Manifest, Summary};
pub use results::Results;
