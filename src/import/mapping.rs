//! Foreign tables to log rows, by a mapping that says what each source row means.
//!
//! A mapping is a small strict TOML file: which events a source row holds, and for each where its time and its texts
//! come from. It is read once, held against a table's header, and then applied row by row. Pure: texts and bytes in,
//! rows out. Must not know files, formats of our own log, rules, or what the rows are for.
//!
//! The format is described in `docs/import-csv.md`.

mod apply;
pub mod library;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod times;
mod unsent;

use crate::messaging::record::{Event, TEXTS};
use crate::text::Place;

pub use apply::{BadCell, Bound, bind};
pub use read::read;
pub use table::{BadRow, Import, Summary, TableError};
pub use times::TimeFormat;

/// Columns of the log that a mapping may fill beside time and event, with their place among the texts of a row.
pub(super) const FIELDS: [&str; 9] =
    ["number", "portfolio", "recipient", "message", "template", "category", "campaign", "reason", "value"];
const NUMBER: usize = 0;
const RECIPIENT: usize = 2;
const CATEGORY: usize = 5;
const VALUE: usize = 8;

/// What the rows of a table mean.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its name, that of the file unless it says another.
    pub name: String,
    /// What it is for, in a sentence or two.
    pub summary: String,
    /// What parts the fields of a line.
    delimiter: u8,
    /// Texts that stand for nothing, beside the empty one.
    empty: Vec<String>,
    /// Texts of a yes and of a no, in lower case.
    flags: Flags,
    /// Source columns, each once.
    columns: Vec<Column>,
    /// What must hold for a source row to mean anything.
    when: Vec<Condition>,
    /// Whether a failure of a message that no row sends is an attempt that was refused.
    unsent_are_attempts: bool,
    /// The events a source row may hold, in the order in which they come out of one row.
    rows: Vec<Kind>,
}

/// A source column that a mapping names.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    /// Where the mapping names it first.
    place: Place,
    /// Whether a table may lack it; it is empty then.
    optional: bool,
}

/// Index into the columns of a mapping.
type ColumnId = usize;

#[derive(Clone, Debug)]
struct Flags {
    yes: Vec<String>,
    no: Vec<String>,
}

/// One kind of event that a source row may hold.
#[derive(Clone, Debug)]
struct Kind {
    /// What `--without` calls it.
    name: String,
    event: EventSource,
    time: TimeSource,
    texts: [Option<Source>; FIELDS.len()],
    when: Vec<Condition>,
    /// Why such a row is an assumption, if it is one.
    assumed: Option<String>,
}

#[derive(Clone, Debug)]
enum EventSource {
    Always(Event),
    /// From columns; an empty translation gives no row.
    Told(Source),
}

#[derive(Clone, Debug)]
struct TimeSource {
    text: TimeText,
    format: TimeFormat,
}

/// Which columns hold the text of a time.
#[derive(Clone, Debug)]
enum TimeText {
    /// The first of these that is not empty.
    First(Vec<ColumnId>),
    /// Texts and columns in turn, such as a date and a time of day; all of the columns must be filled.
    Joined(Vec<Part>),
}

impl TimeText {
    /// The columns it takes, at least one.
    fn columns(&self) -> Vec<ColumnId> {
        match self {
            TimeText::First(columns) => columns.clone(),
            TimeText::Joined(parts) => parts.iter().filter_map(Part::column).collect(),
        }
    }
}

impl Part {
    fn column(&self) -> Option<ColumnId> {
        match self {
            Part::Text(_) => None,
            Part::Column(column) => Some(*column),
        }
    }
}

/// Where a text comes from.
#[derive(Clone, Debug)]
struct Source {
    origin: Origin,
    values: Option<Values>,
}

#[derive(Clone, Debug)]
enum Origin {
    Constant(String),
    /// The first of these that is not empty.
    Columns(Vec<ColumnId>),
    /// Texts and columns in turn; empty when any of the columns is.
    Pattern(Vec<Part>),
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Column(ColumnId),
}

/// Translations of values.
#[derive(Clone, Debug)]
struct Values {
    table: Vec<(String, String)>,
    /// For values not listed; without it they are malformed.
    otherwise: Option<String>,
}

/// What must hold of a column.
#[derive(Clone, Debug)]
struct Condition {
    column: ColumnId,
    test: Test,
    /// Whether the test must fail instead.
    unless: bool,
}

#[derive(Clone, Debug)]
enum Test {
    /// A yes, or a no; anything else is malformed.
    Flag(bool),
    /// One of these texts; the empty one stands for an empty field.
    Any(Vec<String>),
    /// Anything but empty.
    Filled,
}

impl Mapping {
    /// Names of its kinds of rows, with the reason where one is an assumption.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.rows.iter().map(|k| (k.name.as_str(), k.assumed.as_deref()))
    }

    /// Source columns it names, and whether a table may lack them.
    pub fn columns(&self) -> impl Iterator<Item = (&str, bool)> {
        self.columns.iter().map(|c| (c.name.as_str(), c.optional))
    }

    /// What parts the fields of a line.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }
}

// The texts of a row go on past those that a mapping may fill: `from` and `rule` belong to verdicts.
const _: () = assert!(FIELDS.len() + 2 == TEXTS);
