//! (being written)

pub mod policies;
