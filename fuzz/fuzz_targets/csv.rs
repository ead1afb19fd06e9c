//! Fuzz target: see `tiersim::store::log::read::probe`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiersim::store::log::read::probe::csv(bytes));
