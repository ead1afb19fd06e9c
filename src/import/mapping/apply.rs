//! A mapping held against a header, and applied to rows.
//!
//! Knows rows as lists of fields. Must not know how they are parted, nor where they come from.

use super::read::signal_needs;
use super::{
    CATEGORY, ColumnId, Condition, EventSource, FIELDS, Kind, Mapping, NUMBER, Origin, Part, RECIPIENT,
    Source, Test, TimeSource, TimeText, VALUE,
};
use crate::messaging::record::{Event, LogRow};
use crate::messaging::{Category, SignalKind};
use crate::sim::SimTime;
use crate::text::{Fault, Faults, did_you_mean};

/// Bytes of one text in a row; longer ones are malformed.
const TEXT_MAX: usize = 1024;

/// What is wrong with a field of a source row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCell {
    /// Position of the field in the row, from 1; 1 where the row as a whole is meant.
    pub column: u64,
    /// The column's name and what was found in it.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// A mapping held against the header of a table.
pub struct Bound<'m> {
    mapping: &'m Mapping,
    /// For each column of the mapping its position in the table; none where the table lacks it.
    at: Vec<Option<usize>>,
    /// Columns of the table.
    width: usize,
    /// The number of every row, instead of what the mapping says.
    number: Option<&'m str>,
    /// Kinds of rows left out.
    without: &'m [String],
}

/// Holds a mapping against a header; `table` names the table in messages.
pub fn bind<'m>(
    mapping: &'m Mapping,
    table: &str,
    header: &[&str],
    number: Option<&'m str>,
    without: &'m [String],
) -> Result<Bound<'m>, Faults> {
    let mut faults = Vec::new();
    let mut at = Vec::with_capacity(mapping.columns.len());
    for column in &mapping.columns {
        let found: Vec<usize> = (0..header.len()).filter(|i| header[*i] == column.name).collect();
        let name = &column.name;
        match found[..] {
            [] if !column.optional && mapping.needs(name, number.is_some(), without) => {
                let said = format!("{table} has no column {name:?}");
                let fault = Fault::new(column.place.clone(), "", said).allowed(header.join(", "));
                let near = did_you_mean(name, header.iter().copied());
                let only_number = !mapping.needs(name, true, without);
                let instead =
                    || only_number.then(|| "or name one number for all rows (--number ID)".to_string());
                faults.push(fault.hint(near.or_else(instead)));
            }
            [_, second, ..] => {
                let said = format!(
                    "{table} has the column {name:?} twice, the second time as its column {}",
                    second + 1
                );
                faults.push(Fault::new(column.place.clone(), "", said));
            }
            _ => {}
        }
        at.push(found.first().copied());
    }
    if faults.is_empty() {
        Ok(Bound { mapping, at, width: header.len(), number, without })
    } else {
        Err(Faults(faults))
    }
}

impl Mapping {
    /// Whether a column is used by what is left when some kinds are left out and the number is known.
    fn needs(&self, name: &str, number_known: bool, without: &[String]) -> bool {
        let is = |c: &ColumnId| self.columns[*c].name == name;
        let source = |s: &Source| match &s.origin {
            Origin::Constant(_) => false,
            Origin::Columns(columns) => columns.iter().any(is),
            Origin::Pattern(parts) => parts.iter().any(|p| matches!(p, Part::Column(c) if is(c))),
        };
        let tested = |conditions: &[Condition]| conditions.iter().any(|c| is(&c.column));
        let kind = |k: &Kind| {
            let texts = k.texts.iter().enumerate().filter(|(i, _)| !(number_known && *i == NUMBER));
            let told = matches!(&k.event, EventSource::Told(s) if source(s));
            told || tested(&k.when)
                || k.time.text.columns().iter().any(is)
                || texts.filter_map(|(_, t)| t.as_ref()).any(source)
        };
        tested(&self.when) || self.rows.iter().filter(|k| !without.contains(&k.name)).any(kind)
    }
}

impl Bound<'_> {
    /// Whether a column of the table, from 0, has a part in any row.
    pub fn uses(&self, column: usize) -> bool {
        let named = |(i, at): (usize, &Option<usize>)| {
            *at == Some(column)
                && self.mapping.needs(&self.mapping.columns[i].name, self.number.is_some(), self.without)
        };
        self.at.iter().enumerate().any(named)
    }

    /// The log rows that a source row holds, each with the index of its kind; all or, if anything is wrong, none.
    pub fn rows(&self, fields: &[&str], out: &mut Vec<(usize, LogRow)>) -> Result<(), BadCell> {
        out.clear();
        if fields.len() != self.width {
            let found = format!("{} fields", fields.len());
            return Err(BadCell { column: 1, found, allowed: format!("{}, as in the header", self.width) });
        }
        let row = Row { bound: self, fields };
        if !row.all_hold(&self.mapping.when)? {
            return Ok(());
        }
        for (i, kind) in self.mapping.rows.iter().enumerate() {
            if !self.without.contains(&kind.name) && row.all_hold(&kind.when)? {
                out.extend(row.of_kind(kind)?.map(|r| (i, r)));
            }
        }
        Ok(())
    }
}

/// One source row under a mapping.
struct Row<'r> {
    bound: &'r Bound<'r>,
    fields: &'r [&'r str],
}

impl<'r> Row<'r> {
    fn mapping(&self) -> &'r Mapping {
        self.bound.mapping
    }

    /// A field, without the spaces around it; empty where it stands for nothing.
    fn field(&self, column: ColumnId) -> &'r str {
        let text = self.bound.at[column].map_or("", |i| self.fields[i].trim());
        if self.mapping().empty.iter().any(|e| e == text) { "" } else { text }
    }

    fn bad(&self, column: ColumnId, allowed: impl Into<String>) -> BadCell {
        let mut text: String = self.field(column).chars().take(100).collect();
        if text.len() < self.field(column).len() {
            text.push('…');
        }
        let found = format!("{}: {text:?}", self.mapping().columns[column].name);
        BadCell { column: self.place(column), found, allowed: allowed.into() }
    }

    fn place(&self, column: ColumnId) -> u64 {
        self.bound.at[column].map_or(1, |i| i as u64 + 1)
    }

    fn all_hold(&self, conditions: &[Condition]) -> Result<bool, BadCell> {
        for c in conditions {
            if self.holds(c)? == c.unless {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn holds(&self, c: &Condition) -> Result<bool, BadCell> {
        let text = self.field(c.column);
        match &c.test {
            Test::Filled => Ok(!text.is_empty()),
            Test::Any(texts) => Ok(texts.iter().any(|t| t == text)),
            Test::Flag(wanted) => {
                let (flags, lower) = (&self.mapping().flags, text.to_lowercase());
                // A column that the table lacks says no.
                let yes = flags.yes.contains(&lower);
                if yes || flags.no.contains(&lower) || self.bound.at[c.column].is_none() {
                    return Ok(yes == *wanted);
                }
                let quoted =
                    |words: &[String]| words.iter().map(|w| format!("{w:?}")).collect::<Vec<_>>().join(", ");
                Err(self
                    .bad(c.column, format!("{} for yes; {} for no", quoted(&flags.yes), quoted(&flags.no))))
            }
        }
    }

    /// What a source gives, and the column it came from.
    fn source(&self, source: &Source) -> Result<(String, Option<ColumnId>), BadCell> {
        let (text, from) = match &source.origin {
            Origin::Constant(text) => (text.clone(), None),
            Origin::Columns(columns) => {
                let filled = columns.iter().find(|c| !self.field(**c).is_empty()).unwrap_or(&columns[0]);
                (self.field(*filled).to_string(), Some(*filled))
            }
            Origin::Pattern(parts) => {
                let mut text = String::new();
                let mut from = None;
                for part in parts {
                    match part {
                        Part::Text(t) => text.push_str(t),
                        Part::Column(c) if self.field(*c).is_empty() => return Ok((String::new(), Some(*c))),
                        Part::Column(c) => {
                            text.push_str(self.field(*c));
                            from = from.or(Some(*c));
                        }
                    }
                }
                (text, from)
            }
        };
        let Some(values) = &source.values else { return Ok((text, from)) };
        if let Some((_, to)) = values.table.iter().find(|(value, _)| *value == text) {
            return Ok((to.clone(), from));
        }
        match (&values.otherwise, from) {
            (Some(otherwise), _) => Ok((otherwise.clone(), from)),
            // Nothing stays nothing.
            (None, _) if text.is_empty() => Ok((text, from)),
            (None, Some(column)) => {
                let known: Vec<String> = values.table.iter().map(|(v, _)| format!("{v:?}")).collect();
                let hint = did_you_mean(&text, values.table.iter().map(|(v, _)| v.as_str()));
                let hint = hint.map_or_else(String::new, |h| format!("; {h}"));
                Err(self.bad(column, format!("{}, or `otherwise` in the mapping{hint}", known.join(", "))))
            }
            (None, None) => Ok((text, from)),
        }
    }

    /// When it happened, and the first column that says so.
    fn time(&self, source: &TimeSource, event: Event) -> Result<(SimTime, ColumnId), BadCell> {
        let missing = |column| self.bad(column, format!("the time of {}", event.name()));
        match &source.text {
            TimeText::First(columns) => {
                let filled = columns.iter().find(|c| !self.field(**c).is_empty());
                let column = *filled.ok_or_else(|| missing(columns[0]))?;
                let read = source.format.read(self.field(column));
                read.map(|time| (time, column)).map_err(|bad| self.bad(column, bad.allowed))
            }
            TimeText::Joined(parts) => {
                let mut text = String::new();
                // Where each column's text begins.
                let mut begins: Vec<(usize, ColumnId)> = Vec::new();
                for part in parts {
                    match part {
                        Part::Text(t) => text.push_str(t),
                        Part::Column(c) if self.field(*c).is_empty() => return Err(missing(*c)),
                        Part::Column(c) => {
                            begins.push((text.len(), *c));
                            text.push_str(self.field(*c));
                        }
                    }
                }
                let first = begins[0].1;
                source.format.read(&text).map(|time| (time, first)).map_err(|bad| {
                    let blamed = begins.iter().rev().find(|(begin, _)| *begin <= bad.at);
                    let column = blamed.map_or(first, |(_, column)| *column);
                    self.bad(column, format!("with the other columns {text:?}; {}", bad.allowed))
                })
            }
        }
    }

    fn of_kind(&self, kind: &Kind) -> Result<Option<LogRow>, BadCell> {
        let event = match &kind.event {
            EventSource::Always(event) => *event,
            EventSource::Told(source) => {
                let (text, from) = self.source(source)?;
                if text.is_empty() && source.values.is_some() {
                    return Ok(None);
                }
                match Event::parse(&text) {
                    Some(event) if !matches!(event, Event::Verdict(_)) => event,
                    _ => {
                        let column = from.expect("a constant was checked with the mapping");
                        return Err(self.bad(column, "an event of the log, or a translation in the mapping"));
                    }
                }
            }
        };
        let (time, column) = self.time(&kind.time, event)?;
        let mut row = LogRow { time, event, texts: Default::default(), cause: None };
        for (i, source) in kind.texts.iter().enumerate() {
            let (text, from) = match (source, self.bound.number) {
                (_, Some(number)) if i == NUMBER => (number.to_string(), None),
                (Some(source), _) => self.source(source)?,
                (None, _) => continue,
            };
            let column = from.unwrap_or(column);
            if text.len() > TEXT_MAX {
                return Err(self.bad(column, format!("at most {TEXT_MAX} bytes")));
            }
            if text.is_empty() && matches!(event, Event::Signal(k) if signal_needs(k, i)) {
                let what = if i == RECIPIENT { "a person" } else { "a number" };
                return Err(self.bad(column, format!("{what}, which {} needs", event.name())));
            }
            if i == CATEGORY && !text.is_empty() && Category::parse(&text).is_none() {
                return Err(self.bad(column, "marketing, utility, authentication or service"));
            }
            let amount = i == VALUE && event == Event::Signal(SignalKind::Converted);
            if amount && !text.is_empty() && !text.parse::<f64>().is_ok_and(f64::is_finite) {
                return Err(self.bad(column, "an amount such as 12.50"));
            }
            row.texts[i] = text;
        }
        Ok(Some(row))
    }
}

// The fields that a mapping fills are the first texts of a row.
const _: () = assert!(FIELDS.len() == VALUE + 1);
