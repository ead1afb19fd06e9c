//! Studies: questions that take many runs. Measures by name, figures with intervals, comparisons, sweeps and searches.
//!
//! Design, evaluate and analyse are three steps with plain data between them. Must not know paths, formats,
//! terminals or clocks; whoever limits a study by time hands in a flag or a function.

pub mod arm;
pub mod catalogue;
pub mod compare;
pub mod condition;
pub mod crossing;
pub mod design;
pub mod estimate;
pub mod evaluate;
pub mod field;
pub mod gate;
pub mod lead;
pub mod parameter;
pub mod pareto;
pub mod plausible;
pub mod precision;
pub mod search;
pub mod sensitivity;
pub mod sweep;
pub mod swept;
pub mod warm_up;
pub mod warmup;
