//! The nouns of the field: what is sent from where, what happened, what the rules said of it.
//!
//! Plain values only. Knows no thresholds, no probabilities, no files and no randomness.

pub mod account;
pub mod codes;
pub mod event;
pub mod log;
pub mod record;
pub mod rows;
pub mod unit;

pub use account::{AccountStatus, Appeal, Violation};
pub use event::{Category, Signal, SignalKind, Verdict, VerdictKind};
pub use unit::{BY_AD, Limit, NumberStatus, QualityRating, SERVICE_WINDOW, Scope, TemplateStatus};
