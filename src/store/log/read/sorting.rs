//! Rows from elsewhere put in order of time by the means of the reader: in memory while they fit there, then on disk.
//!
//! Must not know where rows come from.

use super::ReadOptions;
use super::batch::{Batch, Place};
use super::sort::{Merged, Sorted, Sorter};
use crate::messaging::record::Columns;
use crate::store::StoreError;

/// Takes rows in any order.
pub struct Sorting {
    sorter: Sorter,
    batch: Batch,
    options: ReadOptions,
}

/// Hands them out by time; those of one instant in the order in which they came.
pub struct Ordered(Kind);

enum Kind {
    Memory(Sorted),
    Disk(Box<Merged>),
}

impl Sorting {
    /// No rows yet. Of the options memory, folder and cancellation matter.
    pub fn new(options: ReadOptions) -> Sorting {
        Sorting { sorter: Sorter::new(&options), batch: Batch::new(), options }
    }

    /// Another one with the same options.
    pub fn another(&self) -> Sorting {
        Sorting::new(self.options.clone())
    }

    /// Takes a row.
    pub fn push(&mut self, row: &Columns<'_>) -> Result<(), StoreError> {
        if self.batch.is_full() {
            self.hand_over()?;
        }
        self.batch.push(row, Place::default());
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), StoreError> {
        self.sorter.take(std::mem::take(&mut self.batch));
        if self.sorter.is_full() { self.sorter.spill() } else { Ok(()) }
    }

    /// All rows are in.
    pub fn ordered(mut self) -> Result<Ordered, StoreError> {
        self.hand_over()?;
        Ok(Ordered(match self.sorter.has_spilled() {
            false => Kind::Memory(self.sorter.into_sorted()),
            true => Kind::Disk(Box::new(self.sorter.into_merged()?)),
        }))
    }
}

impl Ordered {
    /// Overwrites `batch` with the next rows. False: there are no more.
    pub fn next(&mut self, batch: &mut Batch) -> Result<bool, StoreError> {
        match &mut self.0 {
            Kind::Memory(sorted) => Ok(sorted.next(batch)),
            Kind::Disk(merged) => merged.next(batch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::SignalKind;
    use crate::messaging::record::{Event, LogRow};
    use crate::sim::SimTime;

    /// Times and names of the rows as they come out.
    fn sorted(rows: i64, memory: usize) -> (Vec<(i64, String)>, bool) {
        let mut sorting = Sorting::new(ReadOptions { memory, ..ReadOptions::default() });
        for i in 0..rows {
            let mut row = LogRow {
                time: SimTime(i.wrapping_mul(7919) % 97),
                event: Event::Signal(SignalKind::MessageSent),
                texts: Default::default(),
                cause: None,
            };
            row.texts[2] = format!("p{i}");
            sorting.push(&row.columns()).unwrap();
        }
        let spilled = sorting.sorter.has_spilled();
        let (mut ordered, mut batch, mut out) = (sorting.ordered().unwrap(), Batch::new(), Vec::new());
        while ordered.next(&mut batch).unwrap() {
            out.extend(batch.iter().map(|r| (r.time.0, r.texts[2].to_string())));
        }
        (out, spilled)
    }

    #[test]
    fn disk_and_memory_give_the_same_order() {
        let (memory, one) = sorted(30_000, 96 << 20);
        let (disk, two) = sorted(30_000, 1 << 20);
        assert!(!one && two, "one stays in memory, the other goes to the disk");
        assert!(memory == disk && memory.len() == 30_000);
        let mut wanted: Vec<(i64, String)> = (0..30_000).map(|i| (i * 7919 % 97, format!("p{i}"))).collect();
        wanted.sort_by_key(|r| r.0);
        assert!(memory == wanted);
        assert_eq!(sorted(0, 0).0, []);
    }
}
