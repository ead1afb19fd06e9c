//! Where a replication's log goes: into a file of a run folder, or only into a digest.
//!
//! Must not know what a row means.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{DigestSink, LogSummary, LogWriter};
use crate::experiment::replicate::RunSink;
use crate::messaging::log::LogSink;
use crate::messaging::{Signal, Verdict};
use crate::store::StoreError;
use crate::store::folder::RunFile;

/// Rows between two looks at whether the file still takes them.
const LOOK_EVERY: u32 = 4096;

/// The event log of one replication on its way to disk, and what became of it.
pub struct RunLog<'s> {
    writer: Mutex<Option<LogWriter<RunFile>>>,
    finished: Mutex<Option<Result<(LogSummary, RunFile), StoreError>>>,
    stop: &'s AtomicBool,
}

impl<'s> RunLog<'s> {
    /// A log into `writer`. When the file takes no more (the disk is full, say), `stop` is set, so that nobody
    /// simulates on for nothing.
    pub fn new(writer: LogWriter<RunFile>, stop: &'s AtomicBool) -> RunLog<'s> {
        RunLog { writer: Mutex::new(Some(writer)), finished: Mutex::new(None), stop }
    }

    /// The sink of the replication whose log it is; there is only one.
    ///
    /// # Panics
    /// If asked for a second time.
    pub fn sink(&self) -> Box<dyn RunSink + '_> {
        let writer = self.writer.lock().expect("no one panics while holding it").take();
        let writer = writer.expect("one replication has the log");
        Box::new(ToFile { writer: Some(writer), log: self, rows: 0 })
    }

    /// What became of it; none if its replication was never finished.
    pub fn into_finished(self) -> Option<Result<(LogSummary, RunFile), StoreError>> {
        self.finished.into_inner().expect("no one panics while holding it")
    }
}

struct ToFile<'s> {
    writer: Option<LogWriter<RunFile>>,
    log: &'s RunLog<'s>,
    rows: u32,
}

impl ToFile<'_> {
    fn writer(&mut self) -> &mut LogWriter<RunFile> {
        self.rows = self.rows.wrapping_add(1);
        let writer = self.writer.as_mut().expect("taken only when dropped");
        if self.rows.is_multiple_of(LOOK_EVERY) && writer.failed() {
            self.log.stop.store(true, Ordering::Relaxed);
        }
        writer
    }

    fn finish(&mut self) -> Option<String> {
        let result = self.writer.take()?.finish();
        let digest = result.as_ref().ok().and_then(|(summary, _)| summary.digest.clone());
        *self.log.finished.lock().expect("no one panics while holding it") = Some(result);
        digest
    }
}

impl LogSink for ToFile<'_> {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.writer().signal(signal);
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.writer().verdict(verdict);
    }
}

impl RunSink for ToFile<'_> {
    fn digest(mut self: Box<Self>) -> Option<String> {
        self.finish()
    }
}

impl Drop for ToFile<'_> {
    /// A run that was stopped still tells why its file failed, if it did.
    fn drop(&mut self) {
        self.finish();
    }
}

/// The digest of a log that nobody keeps.
#[derive(Default)]
pub struct ToDigest(DigestSink);

impl LogSink for ToDigest {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.0.signal(signal);
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.0.verdict(verdict);
    }
}

impl RunSink for ToDigest {
    fn digest(self: Box<Self>) -> Option<String> {
        self.0.finish().digest
    }
}
