//! One log out of all inputs: counted, in order, batch by batch.
//!
//! Decides when rows are passed on, sorted in memory or sorted on disk. Must not know formats.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::batch::{Batch, Place};
use super::columns::{ABSENT, Ignored};
use super::feed::{Chunk, Feed, Files, shortened};
use super::input::{Input, Inputs};
use super::sort::{Merged, Sorted, Sorter};
use super::{BadRow, OnBadRow, Order, ReadOptions};
use crate::messaging::record::COLUMNS;
use crate::sim::SimTime;
use crate::store::StoreError;
use crate::store::log::canonical;

/// How many rows went by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows found in the inputs, those left out included.
    pub read: u64,
    /// Rows earlier than some row before them in the input.
    pub moved: u64,
    /// Rows left out because they do not read, or because the caller refused them.
    pub rejected: u64,
}

impl std::ops::AddAssign for RowCounts {
    fn add_assign(&mut self, other: RowCounts) {
        let RowCounts { read, moved, rejected } = other;
        self.read += read;
        self.moved += moved;
        self.rejected += rejected;
    }
}

/// A log being read.
pub struct LogStream<'a> {
    kind: Kind<'a>,
    on_bad_row: OnBadRow<'a>,
    /// Rows the caller refused.
    refused: u64,
}

enum Kind<'a> {
    One(Box<One<'a>>),
    /// Two logs by time, the first before the second at the same instant.
    Two {
        main: Ahead<'a>,
        with: Ahead<'a>,
    },
}

/// A stream and the batch of it that is being merged.
struct Ahead<'a> {
    stream: Box<One<'a>>,
    batch: Batch,
    at: usize,
    begun: bool,
}

impl<'a> LogStream<'a> {
    /// Begins to read. Faults of the inputs themselves come with the first [`LogStream::next`].
    pub fn open(
        inputs: Inputs,
        options: ReadOptions,
        on_bad_row: OnBadRow<'a>,
    ) -> Result<LogStream<'a>, StoreError> {
        let one = One::open(inputs, options, on_bad_row)?;
        Ok(LogStream { kind: Kind::One(Box::new(one)), on_bad_row, refused: 0 })
    }

    /// Two logs as one, by time; at the same instant the rows of `main` come first. Counts add up, and moved rows are
    /// counted within each. Inputs of `with` are numbered after those of `main`. Panics if either is merged already.
    pub fn merge(main: LogStream<'a>, with: LogStream<'a>) -> LogStream<'a> {
        let ahead = |stream: LogStream<'a>| match stream.kind {
            Kind::One(stream) => Ahead { stream, batch: Batch::new(), at: 0, begun: false },
            Kind::Two { .. } => panic!("a merged stream is not merged again"),
        };
        let (on_bad_row, refused) = (main.on_bad_row, main.refused + with.refused);
        LogStream { kind: Kind::Two { main: ahead(main), with: ahead(with) }, on_bad_row, refused }
    }

    /// Overwrites `batch` with the next rows in log order, at least one. False: the log has ended, `batch` is empty.
    /// After an error nothing more comes.
    pub fn next(&mut self, batch: &mut Batch) -> Result<bool, StoreError> {
        match &mut self.kind {
            Kind::One(one) => one.next(batch),
            Kind::Two { main, with } => merged(main, with, batch),
        }
    }

    /// A row read well but refused by the rules: stops with [`StoreError::Malformed`], or leaves it out, as this
    /// stream was told to do with bad rows. `column` is the schema column to blame, by its place in
    /// [`COLUMNS`].
    pub fn refuse(
        &mut self,
        batch: &Batch,
        row: usize,
        column: Option<usize>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Result<(), StoreError> {
        let place = batch.place(row);
        let path = self.name(place).to_path_buf();
        let (one, file) = self.one_of(place);
        let column = column.map_or(0, |c| one.column(file, c));
        let (found, allowed) = (found.into(), allowed.into());
        let OnBadRow::Reject(rejects) = self.on_bad_row else {
            return Err(StoreError::Malformed { path, line: place.line, column, found, allowed });
        };
        let mut raw = Vec::new();
        canonical::write_row(&mut raw, &batch.get(row));
        let raw = shortened(String::from_utf8_lossy(&raw).trim_end());
        self.refused += 1;
        rejects.reject(&path, &BadRow { place, column, found, allowed, raw })
    }

    /// Rows so far; complete once [`LogStream::next`] has said that the log has ended.
    pub fn counts(&self) -> RowCounts {
        let mut counts = RowCounts { rejected: self.refused, ..RowCounts::default() };
        match &self.kind {
            Kind::One(one) => counts += one.counts,
            Kind::Two { main, with } => {
                counts += main.stream.counts;
                counts += with.stream.counts;
            }
        }
        counts
    }

    /// Columns and keys that are no part of the schema and were left out, input by input; complete at the end.
    pub fn ignored(&self) -> Vec<Ignored> {
        match &self.kind {
            Kind::One(one) => one.ignored.clone(),
            Kind::Two { main, with } => {
                let shift = main.stream.files.len() as u32;
                let later = with.stream.ignored.iter();
                let later = later.map(|i| Ignored { file: i.file + shift, columns: i.columns.clone() });
                main.stream.ignored.iter().cloned().chain(later).collect()
            }
        }
    }

    /// The name of the input a row is from.
    pub fn name(&self, place: Place) -> &Path {
        let (one, file) = self.one_of(place);
        &one.files[file].path
    }

    /// Whether a row is from the second of two merged logs.
    pub fn is_with(&self, place: Place) -> bool {
        match &self.kind {
            Kind::One(_) => false,
            Kind::Two { main, .. } => place.file as usize >= main.stream.files.len(),
        }
    }

    fn one_of(&self, place: Place) -> (&One<'a>, usize) {
        let file = place.file as usize;
        match &self.kind {
            Kind::One(one) => (one, file),
            Kind::Two { main, with } => match file.checked_sub(main.stream.files.len()) {
                None => (&main.stream, file),
                Some(file) => (&with.stream, file),
            },
        }
    }
}

/// One log, from one set of inputs.
struct One<'a> {
    files: Arc<Vec<Input>>,
    feed: Feed,
    state: State,
    options: ReadOptions,
    rereadable: bool,
    on_bad_row: OnBadRow<'a>,
    /// The latest instant so far.
    latest: i64,
    counts: RowCounts,
    ignored: Vec<Ignored>,
    sources: Vec<Option<[u32; COLUMNS.len()]>>,
    used: Chunk,
}

enum State {
    /// Nothing was handed out yet.
    Begun,
    /// In order so far: batches that wait, then what the feed brings, unless it has ended.
    Passing { waiting: VecDeque<Batch>, ended: bool },
    /// Sorted, in memory.
    Sorted(Sorted),
    /// Sorted, on disk.
    Merged(Box<Merged>),
    /// Over, or failed.
    Done,
}

impl<'a> One<'a> {
    fn open(inputs: Inputs, options: ReadOptions, on_bad_row: OnBadRow<'a>) -> Result<One<'a>, StoreError> {
        let reject = matches!(on_bad_row, OnBadRow::Reject(_));
        let feed = Feed::new(Files::new(&inputs, options.clone(), reject), &options)?;
        let rereadable = inputs.can_be_reread();
        let sources = vec![None; inputs.files.len()];
        Ok(One {
            files: inputs.files,
            feed,
            state: State::Begun,
            options,
            rereadable,
            on_bad_row,
            latest: i64::MIN,
            counts: RowCounts::default(),
            ignored: Vec::new(),
            sources,
            used: Chunk::default(),
        })
    }

    /// The input's number of a schema column, from 1; 0 where it has none.
    fn column(&self, file: usize, column: usize) -> u64 {
        match self.sources[file] {
            Some(source) if source[column] != ABSENT => u64::from(source[column]) + 1,
            _ => 0,
        }
    }

    fn next(&mut self, batch: &mut Batch) -> Result<bool, StoreError> {
        let result = self.advance(batch);
        if !matches!(result, Ok(true)) {
            batch.clear();
            self.state = State::Done;
        }
        result
    }

    fn advance(&mut self, batch: &mut Batch) -> Result<bool, StoreError> {
        if is_set(&self.options.cancelled) {
            return Err(StoreError::Cancelled);
        }
        if matches!(self.state, State::Begun) {
            self.state = match self.options.order {
                Order::Strict => State::Passing { waiting: VecDeque::new(), ended: false },
                Order::Auto | Order::Sort => self.collect()?,
            };
        }
        match &mut self.state {
            State::Begun | State::Done => Ok(false),
            State::Sorted(sorted) => Ok(sorted.next(batch)),
            State::Merged(merged) => merged.next(batch),
            State::Passing { waiting, ended } => {
                if let Some(mut next) = waiting.pop_front() {
                    std::mem::swap(batch, &mut next);
                    return Ok(true);
                }
                if *ended {
                    return Ok(false);
                }
                self.pass(batch)
            }
        }
    }

    /// Hands on what the feed brings, which must be in order.
    fn pass(&mut self, batch: &mut Batch) -> Result<bool, StoreError> {
        std::mem::swap(batch, &mut self.used.batch);
        loop {
            let mut chunk = self.fetch()?;
            if let Some(row) = self.note_times(&chunk.batch) {
                return Err(self.out_of_order(&chunk.batch, row));
            }
            let (ended, error) = (chunk.ended, chunk.error.take());
            std::mem::swap(batch, &mut chunk.batch);
            self.used = chunk;
            let error = match error {
                Some(error) if batch.is_empty() => return Err(error),
                error => error,
            };
            if ended || error.is_some() {
                // The fault comes after the rows before it.
                self.state = State::Passing { waiting: VecDeque::new(), ended };
                self.used.error = error;
            }
            if !batch.is_empty() || ended {
                return Ok(!batch.is_empty());
            }
            std::mem::swap(batch, &mut self.used.batch);
        }
    }

    /// Takes rows in until memory is full or the inputs end, and decides how they leave.
    fn collect(&mut self) -> Result<State, StoreError> {
        let mut sorter = Sorter::new(&self.options);
        loop {
            let mut chunk = self.fetch()?;
            self.note_times(&chunk.batch);
            let ended = chunk.ended;
            if let Some(error) = chunk.error.take() {
                return Err(error);
            }
            sorter.take(std::mem::take(&mut chunk.batch));
            self.used = chunk;
            if ended && !sorter.has_spilled() {
                return Ok(match self.counts.moved {
                    0 => State::Passing { waiting: sorter.into_batches(), ended: true },
                    _ => State::Sorted(sorter.into_sorted()),
                });
            }
            if ended {
                return Ok(State::Merged(Box::new(sorter.into_merged()?)));
            }
            if sorter.is_full() {
                let wait = self.options.order == Order::Auto && self.rereadable;
                if wait && self.counts.moved == 0 && !sorter.has_spilled() {
                    return Ok(State::Passing { waiting: sorter.into_batches(), ended: false });
                }
                sorter.spill()?;
            }
        }
    }

    /// The next chunk, its counts and rejects taken.
    fn fetch(&mut self) -> Result<Chunk, StoreError> {
        if is_set(&self.options.cancelled) {
            return Err(StoreError::Cancelled);
        }
        if let Some(error) = self.used.error.take() {
            return Err(error);
        }
        let mut chunk = self.feed.next(std::mem::take(&mut self.used));
        self.counts.read += chunk.records;
        if let Some((file, source)) = chunk.sources.take() {
            self.sources[file as usize] = Some(source);
        }
        for found in chunk.ignored.drain(..) {
            match self.ignored.iter_mut().find(|i| i.file == found.file) {
                Some(known) => known.columns.extend(found.columns),
                None => self.ignored.push(found),
            }
        }
        for bad in chunk.bad.drain(..) {
            self.counts.rejected += 1;
            if let OnBadRow::Reject(rejects) = self.on_bad_row {
                rejects.reject(&self.files[bad.place.file as usize].path, &bad)?;
            }
        }
        Ok(chunk)
    }

    /// Counts rows that are earlier than one before them, and tells the first of them.
    fn note_times(&mut self, batch: &Batch) -> Option<usize> {
        let (mut first, mut latest) = (None, self.latest);
        for (i, row) in batch.rows.iter().enumerate() {
            if row.time < latest {
                self.counts.moved += 1;
                first = first.or(Some(i));
            } else {
                latest = row.time;
            }
        }
        self.latest = latest;
        first
    }

    #[cold]
    fn out_of_order(&self, batch: &Batch, row: usize) -> StoreError {
        let place = batch.place(row);
        let path: PathBuf = self.files[place.file as usize].path.clone();
        if self.options.order != Order::Strict {
            return StoreError::OutOfOrder { path, line: place.line };
        }
        let before = batch.rows[..row].iter().map(|r| r.time).max();
        let latest = SimTime(before.unwrap_or(self.latest));
        StoreError::Malformed {
            path,
            line: place.line,
            column: self.column(place.file as usize, 0),
            found: format!("time {}, earlier than a row before it", batch.time(row)),
            allowed: format!("{latest} or later: strict order was asked for"),
        }
    }
}

fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}

impl Ahead<'_> {
    /// Makes sure there is a row, if there is any left. False: there is none.
    fn ready(&mut self) -> Result<bool, StoreError> {
        while self.at == self.batch.len() {
            if self.begun && self.batch.is_empty() {
                return Ok(false);
            }
            self.begun = true;
            self.at = 0;
            if !self.stream.next(&mut self.batch)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn time(&self) -> SimTime {
        self.batch.time(self.at)
    }
}

fn merged(main: &mut Ahead<'_>, with: &mut Ahead<'_>, out: &mut Batch) -> Result<bool, StoreError> {
    out.clear();
    let shift = main.stream.files.len() as u32;
    loop {
        let (left, right) = (main.ready()?, with.ready()?);
        if !(left || right) || out.is_full() {
            return Ok(!out.is_empty());
        }
        // Most batches of the main log have nothing to be put between.
        if left
            && main.at == 0
            && out.is_empty()
            && (!right || with.time() >= main.batch.time(main.batch.len() - 1))
        {
            std::mem::swap(out, &mut main.batch);
            main.batch.clear();
            main.begun = false;
            return Ok(true);
        }
        if left && (!right || main.time() <= with.time()) {
            out.push_from(&main.batch, main.at);
            main.at += 1;
        } else {
            out.push_from(&with.batch, with.at);
            out.rows.last_mut().expect("just pushed").file += shift;
            with.at += 1;
        }
    }
}
