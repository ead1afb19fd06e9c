//! Files of a sweep: rows as they come, what an unfinished one leaves, tables of points, and parts put together.
//!
//! Must not know how rows are computed. Column by column: `docs/outputs.md`.

pub mod difference;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod rows;
pub mod shards;
pub mod tables;
pub mod unfinished;

/// The rows, one per point and replication.
pub const RUNS: &str = "runs.csv";
/// The points of the design.
pub const DESIGN: &str = "design.csv";
/// What tables and charts were made from.
pub const HEAD: &str = "sweep.json";
/// The scenario as written, resolved.
pub const SCENARIO: &str = "scenario.toml";
