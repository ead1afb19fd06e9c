//! Runs: a checked scenario and a policy in, measures out. Knows the engine, scenario, policies and measures; must
//! not know paths, formats, terminals or tokio.

pub mod measure;
pub mod stats;
