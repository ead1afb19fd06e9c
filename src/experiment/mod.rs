//! Runs: a checked scenario and a policy in, measures out. Knows the engine, scenario, policies and measures; must
//! not know paths, formats, terminals or tokio.

pub mod accounts;
pub mod bands;
pub mod bill;
pub mod bill_log;
pub mod block;
pub mod blocks;
pub mod categories;
pub mod changes;
pub mod course;
pub mod gate;
pub mod key;
pub mod lane;
pub mod lists;
pub mod measure;
pub mod moves;
pub mod observed;
pub mod opt_in;
pub mod people;
pub mod plain;
pub mod plan;
pub mod refusal;
pub mod replay;
pub mod replicate;
pub mod result;
pub mod row;
pub mod run;
pub mod sampling;
pub mod scenario_discovery;
pub mod senders;
pub mod sensitivity;
pub mod stats;
pub mod study;
pub mod tally;
pub mod template_days;
pub mod templates;
