//! `rejects.csv`: rows that were set aside, where they stood, and why.

use std::io::Write;
use std::path::Path;

use super::folder::RunFile;
use super::log::read::BadRow;
use super::tables::Table;
use crate::store::StoreError;

const BLOCK: usize = 64 * 1024;

/// The table on its way into a file.
pub struct RejectsTable {
    table: Table,
    file: RunFile,
}

impl RejectsTable {
    /// Into this file.
    pub fn new(file: RunFile) -> RejectsTable {
        RejectsTable { table: Table::new(&["file", "line", "column", "found", "allowed", "row"]), file }
    }

    /// One more row.
    pub fn push(&mut self, path: &Path, bad: &BadRow) -> Result<(), StoreError> {
        let t = &mut self.table;
        t.text(&path.to_string_lossy());
        t.count(bad.place.line);
        // 0 stands for no one column.
        if bad.column == 0 {
            t.text("");
        } else {
            t.count(bad.column);
        }
        t.text(&bad.found);
        t.text(&bad.allowed);
        t.text(&bad.raw);
        t.end();
        if t.out.len() > BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.table.out);
        self.file.write_all(&bytes).map_err(|e| StoreError::io(self.file.path(), "write", e))
    }

    /// The file, complete.
    pub fn finish(mut self) -> Result<RunFile, StoreError> {
        self.flush()?;
        Ok(self.file)
    }
}
