//! Rows by time, in memory while they fit there, else as sorted runs on disk that are merged.
//!
//! Rows at the same instant keep the order of the input: runs are cut in input order, and at equal times the earlier
//! run comes first. Must not know formats of logs.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ReadOptions;
use super::batch::{Batch, Row};
use crate::messaging::event::ObservedKind;
use crate::messaging::record::{Event, TEXTS};
use crate::messaging::{SignalKind, VerdictKind};
use crate::store::StoreError;

/// Runs merged at once: as many files are open, each with a buffer of [`BUFFER`] bytes. More are merged in passes.
const FAN: usize = 64;
const BUFFER: usize = 64 * 1024;

/// Where runs go, and who may stop it.
#[derive(Clone)]
struct Disk {
    folder: PathBuf,
    cancelled: Arc<AtomicBool>,
}

impl Disk {
    fn create(&self) -> Result<File, StoreError> {
        tempfile::tempfile_in(&self.folder).map_err(|e| self.fault("write temporary files to", e))
    }

    fn fault(&self, doing: &'static str, error: io::Error) -> StoreError {
        StoreError::io(&self.folder, doing, error)
    }

    fn go_on(&self) -> Result<(), StoreError> {
        match self.cancelled.load(Ordering::Relaxed) {
            true => Err(StoreError::Cancelled),
            false => Ok(()),
        }
    }
}

/// Sorted rows in a file.
struct Run {
    file: File,
    /// How many passes it has been through: runs of a level are of like size.
    level: u32,
}

/// Takes rows in.
pub(super) struct Sorter {
    batches: Vec<Batch>,
    memory: usize,
    budget: usize,
    disk: Disk,
    /// In input order; levels never rise.
    runs: Vec<Run>,
}

impl Sorter {
    pub fn new(options: &ReadOptions) -> Sorter {
        let disk = Disk { folder: options.temp_dir.clone(), cancelled: options.cancelled.clone() };
        Sorter { batches: Vec::new(), memory: 0, budget: options.memory, disk, runs: Vec::new() }
    }

    pub fn take(&mut self, mut batch: Batch) {
        if batch.is_empty() {
            return;
        }
        // A row's place in the index is memory too.
        self.memory += batch.len() * size_of::<(i64, u32, u32)>();
        if batch.text.len() < 32 * 1024 && batch.len() < 256 {
            // Of many small files: put together, or each would hold memory for many rows.
            let last = self.batches.pop_if(|last| !last.is_full()).unwrap_or_default();
            self.memory -= last.memory();
            let mut joined = last;
            for i in 0..batch.len() {
                joined.push_from(&batch, i);
            }
            batch = joined;
        } else {
            batch.rows.shrink_to_fit();
        }
        self.memory += batch.memory();
        self.batches.push(batch);
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

    /// Writes what is in memory as a run.
    pub fn spill(&mut self) -> Result<(), StoreError> {
        if self.batches.is_empty() {
            return Ok(());
        }
        let sorted = Sorted::new(std::mem::take(&mut self.batches));
        self.memory = 0;
        let mut writer = RunWriter::new(&self.disk)?;
        for (_, batch, row) in &sorted.index {
            writer.write(&sorted.batches[*batch as usize], *row as usize)?;
        }
        drop(sorted);
        self.runs.push(Run { file: writer.finish()?, level: 0 });
        while let Some(level) = self.runs.last().map(|r| r.level)
            && self.runs.iter().rev().take_while(|r| r.level == level).count() >= FAN
        {
            self.merge_last(level + 1)?;
        }
        Ok(())
    }

    /// Makes one run of the last ones.
    fn merge_last(&mut self, level: u32) -> Result<(), StoreError> {
        let last = self.runs.split_off(self.runs.len().saturating_sub(FAN));
        let mut merged = Merged::new(last, self.disk.clone())?;
        let mut writer = RunWriter::new(&self.disk)?;
        let mut batch = Batch::new();
        while merged.next(&mut batch)? {
            for i in 0..batch.len() {
                writer.write(&batch, i)?;
            }
        }
        self.runs.push(Run { file: writer.finish()?, level });
        Ok(())
    }

    pub fn into_merged(mut self) -> Result<Merged, StoreError> {
        self.spill()?;
        while self.runs.len() > FAN {
            self.merge_last(0)?;
        }
        Merged::new(self.runs, self.disk)
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

/// Appends rows to a run. Each is its length, what is typed, the lengths of its texts, the texts.
struct RunWriter<'a> {
    disk: &'a Disk,
    file: File,
    bytes: Vec<u8>,
}

impl RunWriter<'_> {
    fn new(disk: &Disk) -> Result<RunWriter<'_>, StoreError> {
        Ok(RunWriter { disk, file: disk.create()?, bytes: Vec::with_capacity(4 * BUFFER) })
    }

    fn write(&mut self, batch: &Batch, i: usize) -> Result<(), StoreError> {
        let (row, out) = (&batch.rows[i], &mut self.bytes);
        let begin = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&row.time.to_le_bytes());
        out.extend_from_slice(&row.line.to_le_bytes());
        out.extend_from_slice(&row.file.to_le_bytes());
        out.extend_from_slice(&code_of(row.event));
        out.push(u8::from(row.has_cause));
        if row.has_cause {
            out.extend_from_slice(&row.cause.to_le_bytes());
        }
        for (from, to) in row.spans {
            let mut length = to - from;
            while length >= 0x80 {
                out.push(length as u8 | 0x80);
                length >>= 7;
            }
            out.push(length as u8);
        }
        for (from, to) in row.spans {
            out.extend_from_slice(&batch.text.as_bytes()[from as usize..to as usize]);
        }
        let length = (out.len() - begin - 4) as u32;
        out[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
        if out.len() >= 4 * BUFFER {
            self.drain()?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), StoreError> {
        self.disk.go_on()?;
        self.file.write_all(&self.bytes).map_err(|e| self.disk.fault("write temporary files to", e))?;
        self.bytes.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<File, StoreError> {
        self.drain()?;
        self.file.rewind().map_err(|e| self.disk.fault("read temporary files in", e))?;
        Ok(self.file)
    }
}

/// Reads a run, a row ahead.
struct RunReader {
    file: BufReader<File>,
    /// The row that comes next; empty at the end.
    row: Vec<u8>,
}

impl RunReader {
    /// Goes to the next row and tells its time.
    fn advance(&mut self) -> io::Result<Option<i64>> {
        let mut length = [0; 4];
        self.row.clear();
        match self.file.read(&mut length[..1])? {
            0 => return Ok(None),
            _ => self.file.read_exact(&mut length[1..])?,
        }
        self.row.resize(u32::from_le_bytes(length) as usize, 0);
        self.file.read_exact(&mut self.row)?;
        let time = self.row.first_chunk::<8>().ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(i64::from_le_bytes(*time)))
    }

    /// Appends the row. None: these are not the bytes that were written.
    fn push_to(&self, out: &mut Batch) -> Option<()> {
        fn number<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
            rest.split_off(..N)?.try_into().ok()
        }
        let rest = &mut self.row.as_slice();
        let time = i64::from_le_bytes(number(rest)?);
        let line = u64::from_le_bytes(number(rest)?);
        let file = u32::from_le_bytes(number(rest)?);
        let event = event_of(number(rest)?)?;
        let has_cause = number::<1>(rest)? == [1];
        let cause = if has_cause { u64::from_le_bytes(number(rest)?) } else { 0 };
        let mut spans = [(0, 0); TEXTS];
        let mut end = out.text.len() as u32;
        for span in &mut spans {
            let (mut length, mut shift) = (0_u32, 0);
            loop {
                let [byte] = number(rest)?;
                length |= u32::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            *span = (end, end + length);
            end += length;
        }
        out.text.push_str(std::str::from_utf8(rest).ok()?);
        if out.text.len() as u32 != end {
            return None;
        }
        out.rows.push(Row { time, line, cause, file, event, has_cause, spans });
        Some(())
    }
}

/// Runs on disk, merged.
pub(super) struct Merged {
    runs: Vec<RunReader>,
    /// (time, run) of every run's next row, the least on top.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    disk: Disk,
}

impl Merged {
    fn new(runs: Vec<Run>, disk: Disk) -> Result<Merged, StoreError> {
        let mut out = Merged { runs: Vec::new(), heads: BinaryHeap::new(), disk };
        for (i, run) in runs.into_iter().enumerate() {
            let mut reader = RunReader { file: BufReader::with_capacity(BUFFER, run.file), row: Vec::new() };
            let first = reader.advance().map_err(|e| out.disk.fault("read temporary files in", e))?;
            if let Some(time) = first {
                out.heads.push(Reverse((time, i)));
            }
            out.runs.push(reader);
        }
        Ok(out)
    }

    pub fn next(&mut self, out: &mut Batch) -> Result<bool, StoreError> {
        let Merged { runs, heads, disk } = self;
        disk.go_on()?;
        out.clear();
        while !out.is_full()
            && let Some(mut head) = heads.peek_mut()
        {
            let Reverse((_, run)) = *head;
            let changed = || io::Error::new(io::ErrorKind::InvalidData, "they were changed meanwhile");
            let step = match runs[run].push_to(out) {
                Some(()) => runs[run].advance(),
                None => Err(changed()),
            };
            match step {
                Ok(Some(time)) => *head = Reverse((time, run)),
                Ok(None) => {
                    std::collections::binary_heap::PeekMut::pop(head);
                }
                Err(e) => return Err(disk.fault("read temporary files in", e)),
            }
        }
        Ok(!out.is_empty())
    }
}

fn code_of(event: Event) -> [u8; 2] {
    match event {
        Event::Signal(kind) => [0, kind as u8],
        Event::Verdict(kind) => [1, kind as u8],
        Event::Observed(kind) => [2, kind as u8],
    }
}

fn event_of([family, kind]: [u8; 2]) -> Option<Event> {
    let kind = usize::from(kind);
    match family {
        0 => SignalKind::ALL.get(kind).map(|k| Event::Signal(*k)),
        1 => VerdictKind::ALL.get(kind).map(|k| Event::Verdict(*k)),
        2 => ObservedKind::ALL.get(kind).map(|k| Event::Observed(*k)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::record::Columns;
    use crate::sim::SimTime;
    use crate::store::log::Place;

    /// Times of eight rows, from a number: many equal, in no order.
    fn times(n: u64) -> [i64; 8] {
        std::array::from_fn(|i| ((n * 8 + i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as i64 - 20)
    }

    fn batch(n: u64) -> Batch {
        let mut batch = Batch::new();
        for (i, time) in times(n).into_iter().enumerate() {
            let name = format!("{n}-{i}-é{}", "x".repeat(i * 40));
            let mut texts = [""; TEXTS];
            texts[i] = &name;
            texts[10] = "end";
            let event = Event::parse(Event::names().nth((n as usize * 8 + i) % 50).unwrap()).unwrap();
            let cause = (i % 3 == 0).then_some(u64::MAX - n);
            let columns = Columns { time: SimTime(time), event, texts, cause };
            batch.push(&columns, Place { file: n as u32, line: i as u64 + 1 });
        }
        batch
    }

    #[test]
    fn runs_merge_to_what_memory_sorts_to_also_in_passes() {
        // Up to 64 runs are merged at once, up to 64 · 64 in two passes.
        for runs in [1, 2, 63, 64, 65, 129, 5_000] {
            let options = ReadOptions { memory: 0, ..ReadOptions::default() };
            let (mut disk, mut memory) = (Sorter::new(&options), Sorter::new(&options));
            for n in 0..runs {
                memory.take(batch(n));
                disk.take(batch(n));
                assert!(disk.is_full());
                disk.spill().unwrap();
                assert!(disk.runs.len() <= 3 * FAN);
            }
            let (mut merged, mut sorted) = (disk.into_merged().unwrap(), memory.into_sorted());
            let (mut one, mut two, mut n) = (Batch::new(), Batch::new(), 0);
            while merged.next(&mut one).unwrap() {
                assert!(sorted.next(&mut two));
                assert_eq!(one.len(), two.len());
                for i in 0..one.len() {
                    assert_eq!((one.get(i), one.place(i)), (two.get(i), two.place(i)));
                }
                n += one.len() as u64;
            }
            assert!(n == runs * 8 && !sorted.next(&mut two));
        }
    }

    #[test]
    fn no_room_for_temporary_files_is_the_disks_fault() {
        let options =
            ReadOptions { temp_dir: PathBuf::from("/nowhere/at/all"), memory: 0, ..ReadOptions::default() };
        let mut sorter = Sorter::new(&options);
        sorter.take(batch(1));
        let error = sorter.spill().unwrap_err();
        assert!(!error.is_input() && error.to_string().contains("temporary files"), "{error}");
    }

    #[test]
    fn every_event_has_a_code() {
        for name in Event::names() {
            let event = Event::parse(name).unwrap();
            assert_eq!(event_of(code_of(event)), Some(event));
        }
        assert_eq!(event_of([3, 0]), None);
        assert_eq!(event_of([0, 200]), None);
    }
}
