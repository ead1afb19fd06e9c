//! Measures to tables and charts, as text and bytes. Writes nothing.
//!
//! Knows results and the nouns of the field. Must not know where output goes, how a scenario file reads, or how a
//! run is computed.

pub mod answer;
pub mod assumptions;
pub mod axis;
pub mod charts;
pub mod codes;
pub mod comparison;
pub mod fields;
pub mod figures;
pub mod fonts;
pub mod headline;
pub mod html;
pub mod json;
#[cfg(test)]
mod legible;
mod listing;
pub mod page;
pub mod picture;
pub mod plausible;
#[cfg(feature = "png")]
pub mod png;
pub mod policies;
pub mod rates;
pub mod sensitivity;
pub mod series;
pub mod sheet;
pub mod solve;
pub mod state;
mod strip;
pub mod study;
pub mod style;
pub mod sweep;
pub mod text;
pub mod tradeoff;
pub mod warmup;
pub mod words;

#[cfg(test)]
pub(crate) mod sample;
