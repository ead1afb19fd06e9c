//! One question, checked and resolved: what a run needs and nothing else.
//!
//! Text becomes a `ScenarioFile` (what the file said) and then a [`Scenario`] (what will run): no option that means
//! "default", all references resolved. Nothing past this module sees the file type. No file system here: callers
//! hand in text.

pub mod audience;
mod check;
mod field_name;
mod fields;
#[cfg(test)]
mod guide;
mod idle;
mod judges;
pub mod library;
pub mod money;
mod path;
mod people;
mod plan;
mod portfolios;
mod read;
mod resolve;
mod rulings;
pub mod schema;
mod set;
mod spec;
pub mod standing;

pub use field_name::{FieldName, field_name};
pub use path::check_path;
pub use resolve::load;
pub use schema::schema_json;

use crate::behaviour::account::{Decided, Recorded};
use crate::behaviour::recipient::{ConsentSource, Segment};
use crate::behaviour::sender::{Campaign, Number, Template};
use crate::sim::{SimDuration, SimTime};
use crate::text::Place;

/// A checked description of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name; also that of the output folder.
    pub name: String,
    /// The question it answers, in one sentence.
    pub question: String,
    /// Names of the figures that it asks for, and where they stand; whoever measures knows whether there are such.
    pub measures: Vec<Named>,
    /// First instant.
    pub start: SimTime,
    /// The instant the run ends; the log closes here.
    pub horizon: SimTime,
    /// Opening span left out of headline measures.
    pub warm_up: SimDuration,
    /// Root of all randomness.
    pub seed: u64,
    /// Replications asked for; none: the printed rule decides.
    pub replications: Option<u64>,
    /// Which rules judge it.
    pub policy: PolicyChoice,
    /// Currency of costs and values, for labels.
    pub currency: String,
    /// How messages are billed; none: each delivered one at its template's flat price.
    pub pricing: Option<money::Pricing>,
    /// Numbers, in file order.
    pub numbers: Vec<Number>,
    /// Templates, in file order.
    pub templates: Vec<Template>,
    /// Kinds of people, in file order.
    pub segments: Vec<Segment>,
    /// People, in file order of their segments; ids are positions.
    pub people: People,
    /// Campaigns, in file order, which is the order in which they send at one instant.
    pub campaigns: Vec<Campaign>,
    /// Violations recorded, in file order.
    pub violations: Vec<Recorded>,
    /// Appeals decided, in file order.
    pub appeals: Vec<Decided>,
    /// What was left aside while reading, in finished sentences: columns of an audience file that nobody knows.
    pub remarks: Vec<String>,
    /// The file with every default filled in: what `check` shows and the hash is taken of.
    pub resolved: serde_json::Value,
    /// The form in which it was written, overrides applied: what further overrides are of.
    pub written: Written,
}

/// A name of something that the scenario itself does not know, with its place for whoever finds it wrong.
#[derive(Clone, Debug)]
pub struct Named {
    /// As written.
    pub name: String,
    /// Where.
    pub place: Place,
}

/// A scenario's text as data, overrides applied, nothing filled in.
#[derive(Clone, Debug, Default)]
pub struct Written(pub serde_json::Value);

impl PartialEq for Written {
    /// In which of several ways a thing was said makes no difference to what is asked.
    fn eq(&self, _: &Written) -> bool {
        true
    }
}

impl PartialEq for Named {
    /// Where it stands makes no difference to what is asked.
    fn eq(&self, other: &Named) -> bool {
        self.name == other.name
    }
}

/// Which rules judge a run.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyChoice {
    /// By calendar date; a run may cross a change.
    Auto,
    /// One shipped era or variant by name.
    Era(String),
    /// A user's own file, by path, to be read by the caller.
    File(String),
}

/// The recipients of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum People {
    /// So many of each segment, in segment order; named `segment-000001` and so on.
    Counted(Vec<u64>),
    /// Named people from a list.
    Listed(Vec<Person>),
}

/// One person of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Pseudonym, as in the log.
    pub name: String,
    /// Index into the scenario's segments.
    pub segment: usize,
    /// Whether consent was given; none: as the segment says.
    pub consented: Option<bool>,
    /// Where it came from, where it was given.
    pub source: Option<ConsentSource>,
    /// When, if that is told; at the latest at the start.
    pub opt_in_date: Option<SimTime>,
    /// Topics agreed to, where they differ from the segment's.
    pub topics: Option<Vec<String>>,
    /// Earlier messages delivered to this person, as instants before the start: they weigh on fatigue.
    pub past_sends: Vec<SimTime>,
}

#[cfg(test)]
mod tests;
