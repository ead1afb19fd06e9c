//! A few thousand rows at a time: one text for all of them, and per row where its columns lie in it.
//!
//! Made to be filled again and again without allocating. Must not know formats.

use crate::messaging::record::{Columns, Event, TEXTS};
use crate::sim::SimTime;

/// Where a row was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which input, in the order given, from 0; [`super::LogStream::name`] tells its name.
    pub file: u32,
    /// Line of the file, from 1; in Parquet the row, from 1.
    pub line: u64,
}

/// One row: what is typed, and the ends of each text in the batch's text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub time: i64,
    pub line: u64,
    pub cause: u64,
    pub file: u32,
    pub event: Event,
    pub has_cause: bool,
    /// Begin and end of `number` to `rule`; equal where the text is absent.
    pub spans: [(u32, u32); TEXTS],
}

impl Row {
    pub fn place(&self) -> Place {
        Place { file: self.file, line: self.line }
    }
}

/// Rows of a log, in order.
#[derive(Debug, Default)]
pub struct Batch {
    /// Holds the texts; other bytes may lie between them.
    pub(super) text: String,
    pub(super) rows: Vec<Row>,
}

impl Batch {
    /// An empty batch; it grows to its working size with the first filling.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Row `i`, borrowed. Panics past the end.
    #[inline]
    pub fn get(&self, i: usize) -> Columns<'_> {
        let row = &self.rows[i];
        let mut texts = [""; TEXTS];
        for (text, (from, to)) in texts.iter_mut().zip(row.spans) {
            if from < to {
                *text = &self.text[from as usize..to as usize];
            }
        }
        Columns {
            time: SimTime(row.time),
            event: row.event,
            texts,
            cause: if row.has_cause { Some(row.cause) } else { None },
        }
    }

    /// One text of row `i`: column `text + 2` of the schema.
    #[inline]
    pub fn text(&self, i: usize, text: usize) -> &str {
        let (from, to) = self.rows[i].spans[text];
        &self.text[from as usize..to as usize]
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Columns<'_>> {
        (0..self.len()).map(|i| self.get(i))
    }

    /// When row `i` happened.
    #[inline]
    pub fn time(&self, i: usize) -> SimTime {
        SimTime(self.rows[i].time)
    }

    /// Where row `i` was found.
    #[inline]
    pub fn place(&self, i: usize) -> Place {
        self.rows[i].place()
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.rows.clear();
    }

    /// Appends a row.
    pub fn push(&mut self, columns: &Columns<'_>, place: Place) {
        let spans = columns.texts.map(|text| self.append(text));
        self.rows.push(Row {
            time: columns.time.0,
            line: place.line,
            cause: columns.cause.unwrap_or(0),
            file: place.file,
            event: columns.event,
            has_cause: columns.cause.is_some(),
            spans,
        });
    }

    /// Appends row `i` of another batch.
    pub(super) fn push_from(&mut self, other: &Batch, i: usize) {
        let mut row = other.rows[i];
        for span in &mut row.spans {
            *span = match span.0 == span.1 {
                true => (0, 0),
                false => self.append(&other.text[span.0 as usize..span.1 as usize]),
            };
        }
        self.rows.push(row);
    }

    /// Puts a text behind the others. Batches are handed on long before 4 GiB.
    pub(super) fn append(&mut self, text: &str) -> (u32, u32) {
        if text.is_empty() {
            return (0, 0);
        }
        let from = self.text.len() as u32;
        self.text.push_str(text);
        (from, self.text.len() as u32)
    }

    /// Bytes of memory the batch takes.
    pub(super) fn memory(&self) -> usize {
        self.text.capacity() + self.rows.capacity() * size_of::<Row>()
    }

    /// Whether another row should go into a new batch.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= 4096 || self.text.len() >= 512 * 1024
    }
}
