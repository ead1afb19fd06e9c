//! Things in a log that change nothing and that a person should know of: plain data with their words.
//!
//! Must not know how they were noticed.

use std::fmt;

use crate::messaging::{Appeal, Limit, Violation};
use crate::sim::SimTime;

/// Something a person should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A number is registered that exists already; the row is ignored.
    RegisteredAgain {
        /// When.
        at: SimTime,
        /// The number's id.
        number: String,
    },
    /// A number starts at a limit that is no step of the ladder; the limit works until its next move.
    OffLadder {
        /// When.
        at: SimTime,
        /// The number's id.
        number: String,
        /// The limit it starts at.
        limit: Limit,
    },
    /// A violation of a kind nobody knows; it counts as one.
    UnknownViolation {
        /// When.
        at: SimTime,
        /// The number's id.
        number: String,
        /// What the row says.
        value: String,
    },
    /// An appeal with an outcome nobody knows; the row is ignored.
    UnknownOutcome {
        /// When.
        at: SimTime,
        /// The number's id.
        number: String,
        /// What the row says.
        value: String,
    },
    /// An appeal was granted where no step is left that could be appealed against; the row is ignored.
    NothingToTakeBack {
        /// When.
        at: SimTime,
        /// The number's id.
        number: String,
    },
}

impl Warning {
    /// The instant it is about.
    pub fn at(&self) -> SimTime {
        match self {
            Warning::RegisteredAgain { at, .. }
            | Warning::OffLadder { at, .. }
            | Warning::UnknownViolation { at, .. }
            | Warning::UnknownOutcome { at, .. }
            | Warning::NothingToTakeBack { at, .. } => *at,
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::RegisteredAgain { at, number } => {
                write!(f, "{at}: number {number} is registered again; ignored")
            }
            Warning::OffLadder { at, number, limit } => {
                write!(f, "{at}: number {number} starts at {limit}, which is off the ladder")
            }
            Warning::UnknownViolation { at, number, value } => {
                let known = Violation::ALL.map(Violation::name).join(", ");
                write!(f, "{at}: number {number}: violation {value:?} is none of {known}; it counts as one")
            }
            Warning::UnknownOutcome { at, number, value } => {
                let known = Appeal::ALL.map(Appeal::name).join(", ");
                write!(f, "{at}: number {number}: outcome {value:?} of an appeal is none of {known}; ignored")
            }
            Warning::NothingToTakeBack { at, number } => {
                write!(
                    f,
                    "{at}: number {number}: an appeal was granted, but no step can be taken back; ignored"
                )
            }
        }
    }
}
