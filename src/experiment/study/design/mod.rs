//! Designs: which points of which fields are run. Pure text to plain data.
//!
//! Must not know how points are evaluated, nor where they are kept.

pub mod axis;
pub mod constraint;
pub mod decimal;
pub mod points;

pub use axis::{Axis, Scale};
pub use points::{Design, Kind};

/// Why there is no design.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{flag}{}{found}: {why}", if found.is_empty() { "" } else { " " })]
pub struct NoDesign {
    /// The argument at fault.
    pub flag: &'static str,
    /// What was typed.
    pub found: String,
    /// What is wrong with it, and what is allowed.
    pub why: String,
}

impl NoDesign {
    /// An argument, what was typed, and what is wrong with it.
    pub fn new(flag: &'static str, found: &str, why: String) -> NoDesign {
        NoDesign { flag, found: found.to_string(), why }
    }
}
