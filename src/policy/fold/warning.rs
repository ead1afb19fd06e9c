//! Things in a log that change nothing and that a person should know of: plain data with their words.
//!
//! Must not know how they were noticed.

use std::fmt;

use crate::messaging::Limit;
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
}

impl Warning {
    /// The instant it is about.
    pub fn at(&self) -> SimTime {
        match self {
            Warning::RegisteredAgain { at, .. } | Warning::OffLadder { at, .. } => *at,
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
        }
    }
}
