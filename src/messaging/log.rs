//! The one log as a stream of rows: where an engine puts what happened, and where a reader takes it from.
//!
//! Must not know formats: CSV, NDJSON and Parquet live in `store`.

use crate::messaging::event::ObservedKind;
use crate::messaging::record::Event;
use crate::messaging::{Signal, SignalKind, Verdict, VerdictKind};

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

/// How many rows of each kind went by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCounts {
    signals: [u64; SignalKind::ALL.len()],
    verdicts: [u64; VerdictKind::ALL.len()],
    observed: [u64; ObservedKind::ALL.len()],
}

impl Default for LogCounts {
    fn default() -> LogCounts {
        LogCounts {
            signals: [0; SignalKind::ALL.len()],
            verdicts: [0; VerdictKind::ALL.len()],
            observed: [0; ObservedKind::ALL.len()],
        }
    }
}

impl LogCounts {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.signals.iter().chain(&self.verdicts).chain(&self.observed).sum()
    }

    /// Counts a row.
    pub fn row(&mut self, event: Event) {
        self.add(event, 1);
    }

    /// Counts `n` rows of an event.
    pub fn add(&mut self, event: Event, n: u64) {
        *match event {
            Event::Signal(kind) => &mut self.signals[kind as usize],
            Event::Verdict(kind) => &mut self.verdicts[kind as usize],
            Event::Observed(kind) => &mut self.observed[kind as usize],
        } += n;
    }

    /// How many rows of an event.
    pub fn of(&self, event: Event) -> u64 {
        match event {
            Event::Signal(kind) => self.signals[kind as usize],
            Event::Verdict(kind) => self.verdicts[kind as usize],
            Event::Observed(kind) => self.observed[kind as usize],
        }
    }

    /// (name, rows) of the signals that occurred, in the vocabulary's order.
    pub fn signals(&self) -> Vec<(&'static str, u64)> {
        let all = SignalKind::ALL.iter().map(|k| k.name()).zip(self.signals);
        all.filter(|(_, n)| *n > 0).collect()
    }

    /// (name, rows) of the verdicts that occurred, in the vocabulary's order.
    pub fn verdicts(&self) -> Vec<(&'static str, u64)> {
        let all = VerdictKind::ALL.iter().map(|k| k.name()).zip(self.verdicts);
        all.filter(|(_, n)| *n > 0).collect()
    }
}

impl LogCounts {
    /// (name, rows) of the observed events that occurred, in the vocabulary's order.
    pub fn observed(&self) -> Vec<(&'static str, u64)> {
        let all = ObservedKind::ALL.iter().map(|k| k.name()).zip(self.observed);
        all.filter(|(_, n)| *n > 0).collect()
    }
}

impl LogSink for LogCounts {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.signals[signal.kind as usize] += 1;
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.verdicts[verdict.kind as usize] += 1;
    }
}
