//! The platform's rules by date, as data, and the fold that turns signals into verdicts.
//!
//! Everything here is a pure function of (signals, policy). It must not know recipients' probabilities, randomness,
//! or how a run was started: a rating has to be computable from the log alone.

pub mod app;
mod canon;
pub mod categories;
pub mod confidence;
pub mod file;
pub mod fold;
pub mod gate;
pub mod judge;
pub mod library;
pub mod opt_in;
mod param;
pub mod portfolio;
pub mod quality;
pub mod rates;
pub mod resolve;
pub mod rules;
pub mod slots;
pub mod snapshot;
pub mod timeline;

pub use param::unit;
pub use rules::Rules;
pub use timeline::Policy;
