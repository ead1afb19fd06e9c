//! Rate cards: what the platform charges, by date, market and category, as data.
//!
//! Knows what a delivered message is charged as and what a unit of it is said to cost, with source and date of each
//! figure. A price that no source gives is absent. Must not know campaigns, people or probabilities.

pub mod card;
mod file;
pub mod library;
pub mod markets;
pub mod terms;

pub use card::{Card, Fact, Price};
pub use library::{Rates, UnknownCard};
pub use terms::{BilledBy, Charge, Delivered, Item, Open, ServiceTerms, Terms};
