//! The one log as a stream of rows: where an engine puts what happened, and where a reader takes it from.
//!
//! Must not know formats: CSV, NDJSON and Parquet live in `store`.

use crate::messaging::{Signal, Verdict};

/// Takes the rows of a log, in log order.
pub trait LogSink {
    /// A signal happened.
    fn signal(&mut self, signal: &Signal<'_>);
    /// The rules decided.
    fn verdict(&mut self, verdict: &Verdict);
}

/// Throws rows away.
#[derive(Debug, Default)]
pub struct NoLog;

impl LogSink for NoLog {
    fn signal(&mut self, _: &Signal<'_>) {}
    fn verdict(&mut self, _: &Verdict) {}
}
