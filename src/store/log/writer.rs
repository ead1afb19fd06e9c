//! One log file of any format together with its digest: what a run opens when `--events` asks for it.

use std::io::Write;
use std::path::PathBuf;

use super::canonical::{DigestSink, NdjsonLog};
use super::csv::CsvLog;
#[cfg(feature = "parquet")]
use super::parquet::ParquetLog;
use super::{LogFormat, LogSummary};
use crate::messaging::log::LogSink;
use crate::messaging::record::Columns;
use crate::messaging::{Signal, Verdict};
use crate::store::StoreError;

enum File<W: Write + Send> {
    Csv(Box<CsvLog<W>>),
    Ndjson(Box<NdjsonLog<W>>),
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetLog<W>>),
}

/// Writes a log in the format asked for and computes its digest on the way.
pub struct LogWriter<W: Write + Send> {
    file: File<W>,
    /// None for NDJSON, whose own bytes are hashed, and where nobody asks for it.
    digest: Option<DigestSink>,
}

impl<W: Write + Send> LogWriter<W> {
    /// A log into `writer`; `path` is for messages. `provenance` goes into a Parquet file's footer as key-value
    /// pairs, in this order; the text formats have no place for it (the manifest does).
    pub fn new(
        format: LogFormat,
        writer: W,
        path: impl Into<PathBuf>,
        provenance: &[(String, String)],
    ) -> Result<LogWriter<W>, StoreError> {
        let path = path.into();
        let file = match format {
            LogFormat::Csv => File::Csv(Box::new(CsvLog::new(writer, path))),
            LogFormat::Ndjson => File::Ndjson(Box::new(NdjsonLog::new(writer, path))),
            #[cfg(feature = "parquet")]
            LogFormat::Parquet => File::Parquet(Box::new(ParquetLog::new(writer, path, provenance)?)),
            #[cfg(not(feature = "parquet"))]
            LogFormat::Parquet => {
                let _ = provenance;
                return Err(StoreError::NoParquet { path });
            }
        };
        let digest = (format != LogFormat::Ndjson).then(DigestSink::new);
        Ok(LogWriter { file, digest })
    }

    /// The same without the digest, which takes about as long as the rows.
    pub fn without_digest(self) -> LogWriter<W> {
        let file = match self.file {
            File::Ndjson(log) => File::Ndjson(Box::new(log.without_digest())),
            other => other,
        };
        LogWriter { file, digest: None }
    }

    /// One row of any kind: signals, verdicts and what the platform reported.
    pub fn row(&mut self, row: &Columns<'_>) {
        match &mut self.file {
            File::Csv(log) => log.row(row),
            File::Ndjson(log) => log.row(row),
            #[cfg(feature = "parquet")]
            File::Parquet(log) => log.row(row),
        }
        if let Some(digest) = &mut self.digest {
            digest.row(row);
        }
    }

    /// Whether writing has failed, so that a long run can stop early; [`LogWriter::finish`] says why.
    pub fn failed(&self) -> bool {
        match &self.file {
            File::Csv(log) => log.failed(),
            File::Ndjson(log) => log.failed(),
            #[cfg(feature = "parquet")]
            File::Parquet(log) => log.failed(),
        }
    }

    /// Writes what is left; counts, bytes of the file and digest, or the first failure.
    pub fn finish(self) -> Result<(LogSummary, W), StoreError> {
        let (summary, writer) = match self.file {
            File::Csv(log) => log.finish()?,
            File::Ndjson(log) => log.finish()?,
            #[cfg(feature = "parquet")]
            File::Parquet(log) => log.finish()?,
        };
        let digest = self.digest.map_or(summary.digest, |d| d.finish().digest);
        Ok((LogSummary { digest, ..summary }, writer))
    }
}

impl<W: Write + Send> LogSink for LogWriter<W> {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.row(&Columns::of_signal(signal));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.row(&Columns::of_verdict(verdict));
    }
}
