//! One binary for all integration tests.
#![allow(clippy::collapsible_match)] // a rule reads better with its condition inside

mod again;
mod answers;
mod app;
mod browser;
mod cases;
mod cli;
mod common;
mod compare;
mod consent;
mod determinism;
mod documents;
mod enforcement;
mod engines;
mod gate;
mod generated;
mod golden;
mod import;
mod invariants;
mod layers;
mod money;
mod pacing;
mod plot;
mod plot_studies;
mod random_log;
mod recount;
mod replay;
mod report;
mod seeds;
mod sensitivity;
mod solve;
mod statistics;
mod sweep;
mod yardstick;
