//! A CSV table being written, field by field: as many in each row as in the header.
//!
//! Must not know what a table is about.

use std::fmt::Display;
use std::io::Write;

use super::log::csv::write_field;
use crate::sim::SimTime;

/// A table being written, field by field.
pub(super) struct Table {
    pub(super) out: Vec<u8>,
    /// Fields of the present row.
    fields: usize,
    /// Fields of the header.
    columns: usize,
}

impl Table {
    pub(super) fn new(columns: &[&str]) -> Table {
        let mut table = Table { out: Vec::new(), fields: 0, columns: columns.len() };
        columns.iter().for_each(|c| table.text(c));
        table.end();
        table
    }

    pub(super) fn separate(&mut self) {
        if self.fields > 0 {
            self.out.push(b',');
        }
        self.fields += 1;
    }

    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        write_field(&mut self.out, text);
    }

    /// Something whose text never needs quoting.
    pub(super) fn plain(&mut self, value: impl Display) {
        self.separate();
        write!(self.out, "{value}").expect("memory takes everything");
    }

    pub(super) fn count(&mut self, n: u64) {
        self.separate();
        self.out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    }

    pub(super) fn time(&mut self, time: SimTime) {
        self.separate();
        time.write_to(&mut self.out);
    }

    /// Shortest decimal that reads back (adding zero turns -0 into 0).
    pub(super) fn float(&mut self, value: f64) {
        self.plain(value + 0.0);
    }

    pub(super) fn maybe(&mut self, value: Option<f64>) {
        match value {
            Some(value) => self.float(value),
            None => self.separate(),
        }
    }

    pub(super) fn end(&mut self) {
        assert_eq!(self.fields, self.columns, "a row has as many fields as the header");
        self.fields = 0;
        self.out.push(b'\n');
    }
}
