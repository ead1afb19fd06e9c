//! One binary for all integration tests.

mod cli;
mod engines;
mod layers;
mod statistics;
mod yardstick;
