//! The tables beside charts: written and read by column name, with faults that say where.
//!
//! Must not know what the columns mean.

use std::fmt::Display;
use std::str::FromStr;

use csv::StringRecord;

use crate::experiment::study::estimate::Estimate;

/// A table beside a chart that can't be drawn from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is no such table.
    #[error("{0}: no such file; charts are drawn from the tables beside them")]
    Missing(String),
    /// What the manifest keeps beside it can't be read.
    #[error("manifest.json: {0}")]
    Kept(String),
    /// Something in it can't be read.
    #[error("{file}, line {line}: found {found}, allowed: {allowed}")]
    Fault {
        /// Path inside the folder of results.
        file: String,
        /// From 1, the header included.
        line: u64,
        /// What is there.
        found: String,
        /// What may be there.
        allowed: String,
    },
}

/// A table being written.
pub(in crate::report) struct Out {
    writer: csv::Writer<Vec<u8>>,
}

impl Out {
    pub(in crate::report) fn new(columns: &[&str]) -> Out {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(columns).expect("memory takes everything");
        Out { writer }
    }

    pub(in crate::report) fn row<const N: usize>(&mut self, fields: [&dyn Display; N]) {
        self.writer.write_record(fields.map(|f| f.to_string())).expect("as many fields as columns");
    }

    pub(in crate::report) fn end(self) -> String {
        let bytes = self.writer.into_inner().expect("memory takes everything");
        String::from_utf8(bytes).expect("texts stay texts")
    }
}

/// An absent value is empty.
pub(in crate::report) struct Maybe<T>(pub(in crate::report) Option<T>);

impl<T: Display> Display for Maybe<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |v| v.fmt(f))
    }
}

/// An estimate as tables hold it: no standard error, and nought has no sign.
pub(in crate::report) fn kept(e: &Estimate) -> Estimate {
    Estimate {
        value: e.value.map(|v| v + 0.0),
        interval: e.interval.map(|(low, high)| (low + 0.0, high + 0.0)),
        std_err: None,
        ..*e
    }
}

/// A table being read.
pub(in crate::report) struct In<'a> {
    file: &'a str,
    columns: StringRecord,
    rows: Vec<StringRecord>,
}

/// A row of a table being read.
pub(in crate::report) struct Row<'a> {
    table: &'a In<'a>,
    record: &'a StringRecord,
}

impl<'a> In<'a> {
    pub(in crate::report) fn new(file: &'a str, text: &str) -> Result<In<'a>, Unreadable> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let fault = |e: &csv::Error| Unreadable::Fault {
            file: file.to_string(),
            line: e.position().map_or(1, csv::Position::line),
            found: e.to_string(),
            allowed: "a table as tiersim writes it".to_string(),
        };
        let columns = reader.headers().map_err(|e| fault(&e))?.clone();
        let rows = reader.records().collect::<Result<_, _>>().map_err(|e| fault(&e))?;
        Ok(In { file, columns, rows })
    }

    pub(in crate::report) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|record| Row { table: self, record })
    }
}

impl Row<'_> {
    pub(in crate::report) fn fault(&self, found: impl Display, allowed: impl Display) -> Unreadable {
        Unreadable::Fault {
            file: self.table.file.to_string(),
            line: self.record.position().map_or(0, csv::Position::line),
            found: found.to_string(),
            allowed: allowed.to_string(),
        }
    }

    pub(in crate::report) fn text(&self, column: &str) -> Result<&str, Unreadable> {
        let place = self.table.columns.iter().position(|c| c == column);
        let missing = || self.fault(format!("no column {column}"), "the columns that tiersim writes");
        place.and_then(|i| self.record.get(i)).ok_or_else(missing)
    }

    /// A value by a reader of its own, which gives none for what it can't read.
    pub(in crate::report) fn by<T>(
        &self,
        column: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        let text = self.text(column)?;
        read(text).ok_or_else(|| self.fault(format!("{column} {text:?}"), allowed))
    }

    pub(in crate::report) fn value<T: FromStr>(&self, column: &str) -> Result<T, Unreadable> {
        self.by(column, "a number", |text| text.parse().ok())
    }

    /// Whether it says `true`, else `false`.
    pub(in crate::report) fn truth(&self, column: &str) -> Result<bool, Unreadable> {
        self.by(column, "true or false", |text| text.parse().ok())
    }

    /// Whether it says `true` or `false`; none where it says nothing.
    pub(in crate::report) fn verdict(&self, column: &str) -> Result<Option<bool>, Unreadable> {
        self.by(column, "true, false, or nothing", |text| {
            if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
        })
    }

    /// The two ends of an interval; none where both are absent.
    pub(in crate::report) fn interval(
        &self,
        low: &str,
        high: &str,
    ) -> Result<Option<(f64, f64)>, Unreadable> {
        match (self.maybe(low)?, self.maybe(high)?) {
            (Some(low), Some(high)) => Ok(Some((low, high))),
            (None, None) => Ok(None),
            _ => Err(self.fault(format!("one of {low} and {high} without the other"), "both or none")),
        }
    }

    /// An estimate over so many replications: this column with `low`, `high` and `n`.
    pub(in crate::report) fn estimate(&self, column: &str, of: u64) -> Result<Estimate, Unreadable> {
        let interval = self.interval("low", "high")?;
        Ok(Estimate { value: self.maybe(column)?, interval, std_err: None, n: self.value("n")?, of })
    }

    pub(in crate::report) fn maybe<T: FromStr>(&self, column: &str) -> Result<Option<T>, Unreadable> {
        self.by(column, "a number, or nothing", |text| {
            if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
        })
    }
}
