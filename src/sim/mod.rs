//! Time and chance, for any simulation. Knows nothing of messages, tiers, files or threads.

pub mod beta;
pub mod rng;
pub mod time;

pub use time::{SimDuration, SimTime};
