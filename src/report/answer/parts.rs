//! The parts that answers are put together from: columns, tables, figures of estimates.
//!
//! Must not know which command answers.

use crate::experiment::study::catalogue::{Measure, Unit};
use crate::experiment::study::compare::Difference;
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::report::answer::{Column, Figure, Table, Warning};
use crate::report::{figures, words};

/// A column of texts.
pub fn column(name: &str) -> Column {
    Column { name: name.to_string(), figures: false }
}

/// A column of figures.
pub fn figure(name: &str) -> Column {
    Column { name: name.to_string(), figures: true }
}

/// A table, if it has rows.
pub fn table(
    name: &str,
    title: &str,
    caption: &str,
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
) -> Option<Table> {
    let (name, title, caption) = (name.to_string(), title.to_string(), caption.to_string());
    (!rows.is_empty()).then_some(Table { name, title, caption, columns, rows })
}

/// A warning: its stable name, what is the matter, what to do about it.
pub fn warning(code: &str, text: String, advice: &str) -> Warning {
    Warning { code: code.to_string(), text, advice: advice.to_string() }
}

/// What a measure counts in; money in its currency.
pub fn unit(measure: &Measure, currency: &str) -> String {
    match measure.unit {
        Unit::Money if !currency.is_empty() => words::shorten(&words::clean(currency), 12),
        other => other.name().to_string(),
    }
}

/// An estimate of a study: under the name it was asked for, of an arm, a point or the whole.
pub fn estimate(asked: &Asked, e: &Estimate, of: &str, currency: &str) -> Figure {
    let (low, high) = e.interval.unzip();
    Figure {
        name: words::clean(&asked.text),
        of: of.to_string(),
        label: figures::name(asked),
        unit: unit(&asked.measure, currency),
        value: e.value,
        low,
        high,
        text: figures::estimate(asked, e),
        interval: figures::interval(asked, e),
    }
}

/// A difference from the baseline: `delta(p_red)`, as gates write it.
pub fn difference(asked: &Asked, d: &Difference, of: &str, currency: &str) -> Figure {
    let (low, high) = d.interval.unzip();
    Figure {
        name: format!("delta({})", words::clean(&asked.text)),
        of: of.to_string(),
        label: format!("difference in {}", figures::name(asked)),
        unit: unit(&asked.measure, currency),
        value: d.value,
        low,
        high,
        text: d.value.map_or(figures::NONE.to_string(), |v| figures::signed(&asked.measure, v)),
        interval: figures::signed_interval(&asked.measure, d),
    }
}
