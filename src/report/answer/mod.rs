//! What a command answers, as plain data: sentences, figures with their intervals, tables, warnings.
//!
//! The one source of what the terminal prints in other formats than its own page, of `report.html`, and of what is kept
//! in `manifest.json` so that a report can be made again without simulating. Must not know how any of them looks.

pub mod formats;
pub mod parts;
mod replay;
mod run;
pub mod schema;
pub mod warnings;

pub use replay::{doubts, replay};
pub use run::run;

use serde::{Deserialize, Serialize};

/// The answer of one command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The command as typed: `run`, `replay`, `compare`, `sweep`, `sensitivity`, `solve` and so on.
    pub command: String,
    /// Name of the scenario, the scenarios or the log.
    pub name: String,
    /// The question it answers; empty where none was stated.
    pub question: String,
    /// Finished sentences, the most important first: that one is the headline.
    pub sentences: Vec<String>,
    /// The figures behind them.
    pub figures: Vec<Figure>,
    /// Tables that a reader wants to see, in the order of reading.
    pub tables: Vec<Table>,
    /// What a reader should know before believing any of it.
    pub warnings: Vec<Warning>,
    /// Remarks that change no figure: rules that no longer hold, what was left aside.
    pub notes: Vec<String>,
}

/// One figure, with its interval where it has one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Stable name, as `tiersim measures` lists it: `p_red`, `blocked`.
    pub name: String,
    /// Whose: a number, an arm; empty for the whole.
    pub of: String,
    /// In words: `chance of red`.
    pub label: String,
    /// Unit of the values: `share`, `count`, `days`, a currency.
    pub unit: String,
    /// The value; none where there is nothing to tell.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// The value as the terminal prints it: `12 %`.
    pub text: String,
    /// The interval likewise: `7–20 %`; empty where there is none.
    pub interval: String,
}

impl Figure {
    /// Value and interval: `12 % (7–20 %)`.
    pub fn told(&self) -> String {
        if self.interval.is_empty() {
            self.text.clone()
        } else {
            format!("{} ({})", self.text, self.interval)
        }
    }
}

/// The table of what contributed most: pages have a place of its own for it.
pub const CONTRIBUTORS: &str = "contributors";
/// What is assumed of the platform's rules, likewise.
pub const ASSUMED_OF_RULES: &str = "assumptions_rules";
/// And of people.
pub const ASSUMED_OF_PEOPLE: &str = "assumptions_people";

/// A table for readers: cells are finished texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Stable name, lower case with underscores.
    pub name: String,
    /// Its title.
    pub title: String,
    /// One sentence on how to read it; may be empty.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as long as the columns.
    pub rows: Vec<Vec<String>>,
}

/// A column of a [`Table`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its heading, with the unit.
    pub name: String,
    /// Whether its cells are figures, which stand at the right.
    pub figures: bool,
}

/// A warning, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Stable name: `few_replications`, `below_sample`, `horizon_before_clocks`, `assumption_decides`, …
    pub code: String,
    /// What is the matter, a sentence.
    pub text: String,
    /// What to do, a sentence; may be empty.
    pub advice: String,
}
