//! Reading logs: any of the three formats, compressed or not, from many inputs as one stream in log order.
//!
//! [`LogStream`] is the only reader. Rows come in batches whose memory is used again; rows that do not read stop the
//! stream or go to the caller's [`Rejects`]; input out of order is sorted, in memory or on disk. Must not know what
//! rows mean to the rules. What is accepted is described in `docs/log-format.md`.

mod batch;
mod cell;
mod columns;
mod csv;
mod feed;
mod input;
mod ndjson;
#[cfg(feature = "parquet")]
mod parquet;
pub mod probe;
mod sort;
mod sorting;
mod stream;
mod window;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

pub use batch::{Batch, Place};
pub use columns::Ignored;
pub use input::{Inputs, unpacked};
pub use sorting::{Ordered, Sorting};
pub use stream::{LogStream, RowCounts};
pub use window::MAX_RECORD;

use crate::messaging::record::LogRow;
use crate::store::StoreError;

/// How rows out of order are dealt with. Rows at the same instant always keep the order of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Rows that fit in [`ReadOptions::memory`] are sorted there. A longer input is handed on as it comes while it is
    /// in order; when it turns out not to be, the stream ends with [`StoreError::OutOfOrder`] and is to be opened
    /// again with [`Order::Sort`]. Input that can't be read twice is sorted on disk at once.
    #[default]
    Auto,
    /// Sorted, on disk where it does not fit in memory.
    Sort,
    /// The first row out of order is a fault of the input.
    Strict,
}

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// What to do with rows out of order.
    pub order: Order,
    /// Bytes of rows held in memory for sorting. The default leaves room below 256 MiB for what unpacking needs.
    pub memory: usize,
    /// Folder of the temporary files; they have no names and vanish with the program.
    pub temp_dir: PathBuf,
    /// Counts the bytes read from disk or pipe, packed as they are; [`Inputs::bytes`] is what it will reach.
    pub progress: Arc<AtomicU64>,
    /// Set to stop: the stream then ends with [`StoreError::Cancelled`].
    pub cancelled: Arc<AtomicBool>,
    /// Whether to parse on a thread of its own, ahead of the consumer. Changes no result.
    pub ahead: bool,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            order: Order::Auto,
            memory: 96 << 20,
            temp_dir: tempfile::env::temp_dir(),
            progress: Arc::default(),
            cancelled: Arc::default(),
            ahead: true,
        }
    }
}

/// A row that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Where it was found.
    pub place: Place,
    /// Column: a CSV field or a Parquet column by number from 1, in NDJSON the byte of the line, from 1; 0: no one
    /// column.
    pub column: u64,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// The row as it stands in the input, cut after 4 KiB (then with … at its end); bytes that are no UTF-8 as `?`. Of
    /// a Parquet row, and of a row refused by the rules, what was understood of it.
    pub raw: String,
}

/// Takes rows that were left out.
pub trait Rejects: Sync {
    /// One more, of the input at `path`. An error ends the reading.
    fn reject(&self, path: &Path, bad: &BadRow) -> Result<(), StoreError>;
}

/// What to do with a row that does not read.
#[derive(Clone, Copy, Default)]
pub enum OnBadRow<'a> {
    /// The stream ends with [`StoreError::Malformed`].
    #[default]
    Stop,
    /// It is left out, counted, and given to these.
    Reject(&'a dyn Rejects),
}

/// Reads the log at `path`, whatever its format, and hands every row to `each` in log order: for tests and small
/// logs.
pub fn read_log(
    path: &Path,
    mut each: impl FnMut(LogRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let options = ReadOptions { order: Order::Sort, ..ReadOptions::default() };
    let mut stream = LogStream::open(Inputs::of_path(path), options, OnBadRow::Stop)?;
    let mut batch = Batch::new();
    while stream.next(&mut batch)? {
        for row in batch.iter() {
            each(row.to_row())?;
        }
    }
    Ok(())
}
