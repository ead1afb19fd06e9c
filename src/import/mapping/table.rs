//! Whole tables through a mapping: bytes in, rows held, counts of everything.
//!
//! Knows CSV as bytes. Must not know files: callers hand in a name and something to read.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use super::unsent::Unsent;
use super::{Bound, Mapping, bind};
use crate::import::hold::{Held, Hold};
use crate::messaging::SignalKind;
use crate::messaging::record::LogRow;
use crate::sim::SimTime;
use crate::text::{Fault, Faults, Place, did_you_mean};

/// Bytes of one source row at most: a quote that nobody closes would take in the whole rest of a file.
pub const RECORD_MAX: u64 = 4 << 20;

/// A source row that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Field, from 1.
    pub column: u64,
    /// What was found and what is allowed.
    pub reason: String,
    /// The row as it stands.
    pub text: String,
}

/// Why a table can't be read on.
#[derive(Debug, thiserror::Error)]
pub enum TableError<H> {
    /// It could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not what the mapping is for.
    #[error(transparent)]
    Wrong(#[from] Faults),
    /// A row goes on for ever.
    #[error("{0}")]
    Endless(String),
    /// Its rows could not be held.
    #[error("{0}")]
    Hold(H),
}

/// Takes tables through a mapping. `H` holds the rows.
pub struct Import<'m, H = Held> {
    mapping: &'m Mapping,
    number: Option<&'m str>,
    without: &'m [String],
    held: H,
    summary: Summary,
}

/// What came of the tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Source rows read, rejected ones included.
    pub read: u64,
    /// Source rows that could not be taken.
    pub rejected: u64,
    /// Source rows that were fine and hold no event.
    pub silent: u64,
    /// Log rows made.
    pub rows: u64,
    /// By event.
    pub events: BTreeMap<&'static str, u64>,
    /// Failures without a send that were taken as refused attempts.
    pub turned: u64,
    /// By kind of row, in the order of the mapping.
    pub kinds: Vec<u64>,
    /// By number.
    pub numbers: BTreeMap<String, u64>,
    /// Columns of the tables that nothing was made of, in order of first sight.
    pub unused: Vec<String>,
    /// Columns that the mapping names and a table lacks, as it may.
    pub lacking: BTreeSet<String>,
    /// First and last instant.
    pub span: Option<(SimTime, SimTime)>,
}

impl<'m> Import<'m> {
    /// An import that holds its rows in memory, as [`Import::with`] otherwise.
    pub fn new(
        mapping: &'m Mapping,
        number: Option<&'m str>,
        without: &'m [String],
    ) -> Result<Import<'m>, Faults> {
        Import::with(mapping, number, without, Held::default())
    }
}

impl<'m, H: Hold> Import<'m, H> {
    /// An import through a mapping. `number` takes the place of what the mapping says of numbers; `without` names
    /// kinds of rows to leave out; `held` holds the rows.
    pub fn with(
        mapping: &'m Mapping,
        number: Option<&'m str>,
        without: &'m [String],
        held: H,
    ) -> Result<Import<'m, H>, Faults> {
        let kinds: Vec<&str> = mapping.kinds().map(|(name, _)| name).collect();
        let unknown = without.iter().find(|w| !kinds.contains(&w.as_str()));
        if let Some(name) = unknown {
            let hint = did_you_mean(name, kinds.iter().copied());
            let fault =
                Fault::new(Place::whole(format!("--without {name}")), "", "the mapping makes no such rows");
            return Err(fault.allowed(kinds.join(", ")).hint(hint).into());
        }
        let summary = Summary { kinds: vec![0; kinds.len()], ..Summary::default() };
        Ok(Import { mapping, number, without, held, summary })
    }

    /// Reads a table to its end. `reject` is told of each bad row and says whether to go on; false if it said no.
    pub fn read(
        &mut self,
        name: &str,
        input: impl Read,
        reject: &mut dyn FnMut(BadRow) -> bool,
    ) -> Result<bool, TableError<H::Error>> {
        let allowance = Cell::new(RECORD_MAX);
        let input = Guard { input, left: &allowance };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.mapping.delimiter())
            .from_reader(input);
        let mut record = csv::ByteRecord::new();
        if !next(&mut reader, &mut record, &allowance, name)? {
            let fault = Fault::new(Place::whole(name), "", "empty").allowed("a header line and rows");
            return Err(Faults::from(fault).into());
        }
        let header = header(name, &record)?;
        let names: Vec<&str> = header.iter().map(String::as_str).collect();
        let bound = bind(self.mapping, name, &names, self.number, self.without)?;
        self.note_columns(&bound, &names);

        let mut out = Vec::new();
        while next(&mut reader, &mut record, &allowance, name)? {
            self.summary.read += 1;
            let bad = match self.take(&bound, &record, &mut out) {
                Ok(()) => {
                    self.keep(&mut out).map_err(TableError::Hold)?;
                    continue;
                }
                Err(bad) => bad,
            };
            self.summary.rejected += 1;
            if !reject(bad) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn note_columns(&mut self, bound: &Bound<'_>, header: &[&str]) {
        for (i, name) in header.iter().enumerate() {
            if !bound.uses(i) && !self.summary.unused.iter().any(|u| u == name) {
                self.summary.unused.push(name.to_string());
            }
        }
        let lacking = self.mapping.columns().filter(|(name, optional)| *optional && !header.contains(name));
        self.summary.lacking.extend(lacking.map(|(name, _)| name.to_string()));
    }

    /// The log rows of a source row, into `out`.
    fn take(
        &self,
        bound: &Bound<'_>,
        record: &csv::ByteRecord,
        out: &mut Vec<(usize, LogRow)>,
    ) -> Result<(), BadRow> {
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |column: u64, found: &str, allowed: &str| BadRow {
            line,
            column,
            reason: format!("{found} (allowed: {allowed})"),
            text: again(record, self.mapping.delimiter()),
        };
        let mut fields = Vec::with_capacity(record.len());
        for (i, field) in record.iter().enumerate() {
            match std::str::from_utf8(field) {
                Ok(text) => fields.push(text),
                Err(_) => {
                    return Err(bad(i as u64 + 1, "bytes that are not UTF-8", "a table saved as UTF-8"));
                }
            }
        }
        bound.rows(&fields, out).map_err(|e| bad(e.column, &e.found, &e.allowed))
    }

    /// Counts and holds the log rows of a source row.
    fn keep(&mut self, out: &mut Vec<(usize, LogRow)>) -> Result<(), H::Error> {
        self.summary.silent += u64::from(out.is_empty());
        for (kind, row) in out.drain(..) {
            self.summary.rows += 1;
            self.summary.kinds[kind] += 1;
            *self.summary.events.entry(row.event.name()).or_default() += 1;
            match self.summary.numbers.get_mut(&row.texts[0]) {
                Some(n) => *n += 1,
                None => drop(self.summary.numbers.insert(row.texts[0].clone(), 1)),
            }
            let (from, to) = self.summary.span.unwrap_or((row.time, row.time));
            self.summary.span = Some((from.min(row.time), to.max(row.time)));
            self.held.push(&row.columns())?;
        }
        Ok(())
    }

    /// Ends the import: hands its rows out by time; rows of one instant in the order of the tables.
    pub fn finish<E: From<H::Error>>(
        self,
        each: &mut dyn FnMut(LogRow) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut summary = self.summary;
        if !self.mapping.unsent_are_attempts {
            self.held.each::<E>(&mut |row| each(row.to_row()))?;
            return Ok(summary);
        }
        let mut unsent = Unsent::default();
        self.held.each::<E>(&mut |row| unsent.pass(row.to_row(), each))?;
        unsent.settle(each)?;
        summary.turned = unsent.turned;
        if unsent.turned > 0 {
            let [failed, attempted] =
                [SignalKind::MessageFailed, SignalKind::SendAttempted].map(SignalKind::name);
            *summary.events.entry(attempted).or_default() += unsent.turned;
            *summary.events.entry(failed).or_default() -= unsent.turned;
            summary.events.retain(|_, n| *n > 0);
        }
        Ok(summary)
    }
}

/// The next row; false at the end.
fn next<R: Read, H>(
    reader: &mut csv::Reader<R>,
    record: &mut csv::ByteRecord,
    allowance: &Cell<u64>,
    name: &str,
) -> Result<bool, TableError<H>> {
    allowance.set(RECORD_MAX);
    let line = reader.position().line();
    reader.read_byte_record(record).map_err(|e| match e.into_kind() {
        csv::ErrorKind::Io(_) if allowance.get() == 0 => TableError::Endless(format!(
            "{name}:{line}:1: a row of more than {} MiB; is a quote not closed? (allowed: rows of at most as much)",
            RECORD_MAX >> 20
        )),
        csv::ErrorKind::Io(e) => TableError::Io(e),
        other => TableError::Io(io::Error::other(format!("{other:?}"))),
    })
}

/// The names of the columns.
fn header(name: &str, record: &csv::ByteRecord) -> Result<Vec<String>, Faults> {
    let fault = |found: &str| Faults::from(Fault::new(Place::whole(name), "", found).allowed("CSV in UTF-8"));
    let first = record.get(0).unwrap_or_default();
    if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
        return Err(fault("UTF-16"));
    }
    let text = |field: &[u8]| {
        std::str::from_utf8(field).map(|t| t.trim().trim_start_matches('\u{feff}').to_string())
    };
    record.iter().map(|f| text(f).map_err(|_| fault("a header that is not UTF-8"))).collect()
}

/// A row as a line of its table, for the rejects file.
fn again(record: &csv::ByteRecord, delimiter: u8) -> String {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    let written = writer.write_byte_record(record).is_ok();
    let bytes = writer.into_inner().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    if written { text.trim_end_matches('\n').to_string() } else { String::new() }
}

/// Hands out so many bytes and no more until it is allowed more.
struct Guard<'c, R> {
    input: R,
    left: &'c Cell<u64>,
}

impl<R: Read> Read for Guard<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("a row without an end"));
        }
        let most = into.len().min(usize::try_from(self.left.get()).unwrap_or(usize::MAX));
        let n = self.input.read(&mut into[..most])?;
        self.left.set(self.left.get() - n as u64);
        Ok(n)
    }
}
