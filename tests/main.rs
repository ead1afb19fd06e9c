//! One binary for all integration tests.

mod cases;
mod cli;
mod common;
mod determinism;
mod engines;
mod generated;
mod golden;
mod invariants;
mod layers;
mod random_log;
mod recount;
mod statistics;
mod yardstick;
