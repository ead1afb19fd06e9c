//! The event log as files: CSV, NDJSON and Parquet, and the digest that is the same for all three.
//!
//! Knows columns and bytes. Must not know what a row means beyond which columns it fills.

mod buffer;
pub mod canonical;
pub mod csv;
mod lines;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod put;
pub mod read;
pub mod run;
pub mod writer;

use std::path::Path;

use crate::messaging::log::{LogCounts, LogSink};
use crate::messaging::{Signal, Verdict};
use crate::store::StoreError;

pub use crate::messaging::record::{COLUMNS, Columns, Event, LogRow};
pub use canonical::{DigestSink, NdjsonLog};
pub use csv::CsvLog;
#[cfg(feature = "parquet")]
pub use parquet::ParquetLog;
pub use put::{Put, put_log};
pub use read::{
    BadRow, Batch, Ignored, Inputs, LogStream, OnBadRow, Order, Place, ReadOptions, Rejects, RowCounts,
    read_log,
};
pub use run::{RunLog, ToDigest};
pub use writer::LogWriter;

/// A way of storing the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogFormat {
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object per line; the canonical bytes.
    Ndjson,
    /// Columns, zstd-compressed.
    Parquet,
}

impl LogFormat {
    /// All three.
    pub const ALL: [LogFormat; 3] = [LogFormat::Csv, LogFormat::Ndjson, LogFormat::Parquet];

    /// As on the command line, and the file's ending.
    pub const fn name(self) -> &'static str {
        match self {
            LogFormat::Csv => "csv",
            LogFormat::Ndjson => "ndjson",
            LogFormat::Parquet => "parquet",
        }
    }

    /// The format of that name.
    pub fn parse(text: &str) -> Option<LogFormat> {
        LogFormat::ALL.into_iter().find(|f| f.name() == text)
    }

    /// The log's file name in a run folder: `events.csv` and so on.
    pub const fn file_name(self) -> &'static str {
        match self {
            LogFormat::Csv => "events.csv",
            LogFormat::Ndjson => "events.ndjson",
            LogFormat::Parquet => "events.parquet",
        }
    }

    /// The format a path's ending names.
    pub fn of(path: &Path) -> Result<LogFormat, StoreError> {
        path.extension()
            .and_then(|e| e.to_str())
            .and_then(LogFormat::parse)
            .ok_or_else(|| StoreError::UnknownFormat { path: path.to_path_buf() })
    }
}

/// Average bytes per row, measured on a synthetic log of some 200,000 rows in the proportions of a promotion (per
/// 1,000 sent: 970 delivered, 580 read, 4 blocked, 1 reported; all ids, template, category and campaign filled in,
/// names of 8 to 16 bytes). Test `sizes_are_near_the_estimate` keeps them honest.
const BYTES_PER_ROW: [(LogFormat, u64); 3] =
    [(LogFormat::Csv, 106), (LogFormat::Ndjson, 197), (LogFormat::Parquet, 6)];

/// About how many bytes a log of so many rows takes. Long names make it larger, absent columns smaller: good to a
/// factor of two.
pub fn estimate(format: LogFormat, rows: u64) -> u64 {
    BYTES_PER_ROW.iter().find(|(f, _)| *f == format).map_or(0, |(_, bytes)| bytes.saturating_mul(rows))
}

/// What is known of a log once it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSummary {
    /// Rows by kind.
    pub counts: LogCounts,
    /// Bytes handed to the file (for a digest: canonical bytes).
    pub bytes: u64,
    /// blake3 of the canonical bytes, in hex, where it was computed.
    pub digest: Option<String>,
}

/// Passes every row on to several sinks, in order.
#[derive(Default)]
pub struct Tee<'a> {
    sinks: Vec<&'a mut dyn LogSink>,
}

impl<'a> Tee<'a> {
    /// A tee of these sinks.
    pub fn new(sinks: Vec<&'a mut dyn LogSink>) -> Tee<'a> {
        Tee { sinks }
    }
}

impl LogSink for Tee<'_> {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.sinks.iter_mut().for_each(|s| s.signal(signal));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.sinks.iter_mut().for_each(|s| s.verdict(verdict));
    }
}

#[cfg(test)]
mod tests;
