//! The event log as Parquet: typed columns, zstd, the same bytes for the same rows.
//!
//! `time` is a UTC timestamp in milliseconds, `cause` an unsigned integer, the rest text; an absent field is null.
//! No writer's clock, no library version and no hash order gets into the file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::builder::{StringBuilder, TimestampMillisecondBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMillisecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::read::{RawRow, row_of};
use super::{LogCounts, LogSummary};
use crate::messaging::event::SCHEMA_VERSION;
use crate::messaging::log::LogSink;
use crate::messaging::record::{COLUMNS, Columns, LogRow, TEXTS};
use crate::messaging::{Signal, Verdict};
use crate::store::StoreError;

/// Rows per row group: what a reader holds in memory at once.
const ROW_GROUP: usize = 128 * 1024;
/// Rows handed to the encoder at once; divides `ROW_GROUP`, so that page borders depend on row numbers alone.
const BATCH: usize = 16 * 1024;

fn schema() -> SchemaRef {
    let fields = COLUMNS.iter().map(|name| match *name {
        "time" => Field::new(*name, DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), false),
        "event" => Field::new(*name, DataType::Utf8, false),
        "cause" => Field::new(*name, DataType::UInt64, true),
        _ => Field::new(*name, DataType::Utf8, true),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn properties(provenance: &[(String, String)]) -> WriterProperties {
    let mut pairs = vec![KeyValue::new("tiersim.log_schema".to_string(), SCHEMA_VERSION.to_string())];
    pairs.extend(provenance.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())));
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(format!("tiersim log schema {SCHEMA_VERSION}"))
        .set_key_value_metadata(Some(pairs))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_max_row_group_bytes(None)
        .set_statistics_enabled(EnabledStatistics::None);
    // Names that nearly every row has for itself gain nothing from a dictionary; instants and positions grow.
    for (name, encoding) in [
        ("time", Encoding::DELTA_BINARY_PACKED),
        ("cause", Encoding::DELTA_BINARY_PACKED),
        ("message", Encoding::DELTA_BYTE_ARRAY),
    ] {
        let column = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, encoding);
    }
    // Enough for a reader to skip row groups by time.
    properties.set_column_statistics_enabled(ColumnPath::from("time"), EnabledStatistics::Chunk).build()
}

fn library_error(path: &Path, doing: &'static str, error: ParquetError) -> StoreError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(io) => StoreError::io(path, doing, *io),
            Err(other) => StoreError::Parquet { path: path.to_path_buf(), what: other.to_string() },
        },
        other => StoreError::Parquet { path: path.to_path_buf(), what: other.to_string() },
    }
}

/// Why writing failed: what the system refused, if it did, else what the library says.
fn explain(path: &Path, refusal: &Refusal, error: ParquetError) -> StoreError {
    match refusal.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(io) => StoreError::io(path, "write", io),
        None => library_error(path, "write", error),
    }
}

/// The system's first refusal, kept because the library passes on only the text of some.
type Refusal = Arc<Mutex<Option<io::Error>>>;

/// Counts what passes: the library gives the count or the writer back, not both.
struct Counted<W> {
    writer: W,
    bytes: u64,
    refusal: Refusal,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.writer.write(bytes) {
            Ok(n) => {
                self.bytes += n as u64;
                Ok(n)
            }
            // To be tried again, not a refusal.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let passed_on = io::Error::new(error.kind(), error.to_string());
                self.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                Err(passed_on)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Writes the log as Parquet.
pub struct ParquetLog<W: Write + Send> {
    writer: ArrowWriter<Counted<W>>,
    path: PathBuf,
    schema: SchemaRef,
    times: TimestampMillisecondBuilder,
    events: StringBuilder,
    texts: [StringBuilder; TEXTS],
    causes: UInt64Builder,
    rows: usize,
    counts: LogCounts,
    error: Option<StoreError>,
    refusal: Refusal,
}

impl<W: Write + Send> ParquetLog<W> {
    /// A log into `writer`; `path` is for messages; `provenance` goes into the footer, in this order, after
    /// `tiersim.log_schema`.
    pub fn new(
        writer: W,
        path: impl Into<PathBuf>,
        provenance: &[(String, String)],
    ) -> Result<ParquetLog<W>, StoreError> {
        let path = path.into();
        let schema = schema();
        // The embedded Arrow schema adds nothing to the Parquet types and would tie the bytes to a library version.
        let options =
            ArrowWriterOptions::new().with_properties(properties(provenance)).with_skip_arrow_metadata(true);
        let refusal = Refusal::default();
        let counted = Counted { writer, bytes: 0, refusal: refusal.clone() };
        let writer = ArrowWriter::try_new_with_options(counted, schema.clone(), options)
            .map_err(|e| library_error(&path, "write", e))?;
        Ok(ParquetLog {
            writer,
            path,
            schema,
            times: TimestampMillisecondBuilder::with_capacity(BATCH).with_timezone("UTC"),
            events: StringBuilder::new(),
            texts: std::array::from_fn(|_| StringBuilder::new()),
            causes: UInt64Builder::with_capacity(BATCH),
            rows: 0,
            counts: LogCounts::default(),
            error: None,
            refusal,
        })
    }

    /// Whether writing has failed; rows are thrown away since.
    pub fn failed(&self) -> bool {
        self.error.is_some()
    }

    /// One row of any kind, observed ones too.
    pub fn row(&mut self, row: &Columns<'_>) {
        if self.error.is_some() {
            return;
        }
        self.counts.add(row.event, 1);
        self.times.append_value(row.time.0);
        self.events.append_value(row.event.name());
        for (column, text) in self.texts.iter_mut().zip(row.texts) {
            match text {
                "" => column.append_null(),
                text => column.append_value(text),
            }
        }
        self.causes.append_option(row.cause);
        self.rows += 1;
        if self.rows == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.rows == 0 || self.error.is_some() {
            return;
        }
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.times.finish()), Arc::new(self.events.finish())];
        columns.extend(self.texts.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef));
        columns.push(Arc::new(self.causes.finish()));
        let batch =
            RecordBatch::try_new(self.schema.clone(), columns).expect("columns are built from the schema");
        if let Err(error) = self.writer.write(&batch) {
            self.error = Some(explain(&self.path, &self.refusal, error));
        }
    }

    /// Writes what is left and the footer; counts and bytes (no digest: that is over the canonical form), or the
    /// first failure.
    pub fn finish(mut self) -> Result<(LogSummary, W), StoreError> {
        self.flush();
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut counted = match self.writer.into_inner() {
            Ok(counted) => counted,
            Err(error) => return Err(explain(&self.path, &self.refusal, error)),
        };
        counted.flush().map_err(|e| StoreError::io(&self.path, "write", e))?;
        Ok((LogSummary { counts: self.counts, bytes: counted.bytes, digest: None }, counted.writer))
    }
}

impl<W: Write + Send> LogSink for ParquetLog<W> {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.row(&Columns::of_signal(signal));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.row(&Columns::of_verdict(verdict));
    }
}

/// Reads a log written by [`ParquetLog`], row by row.
pub(super) fn read(
    path: &Path,
    each: &mut dyn FnMut(LogRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let file = std::fs::File::open(path).map_err(|e| StoreError::io(path, "open", e))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| library_error(path, "read", e))?;
    let found = builder.schema().clone();
    for (i, want) in schema().fields().iter().enumerate() {
        let same = |f: &Field| f.name() == want.name() && f.data_type() == want.data_type();
        if !found.fields().get(i).is_some_and(|f| same(f)) {
            let describe = |f: &Field| format!("column `{}` of type {}", f.name(), f.data_type());
            return Err(StoreError::Malformed {
                path: path.to_path_buf(),
                line: 0,
                column: i as u64 + 1,
                found: found.fields().get(i).map_or("no column".to_string(), |f| describe(f)),
                allowed: describe(want),
            });
        }
    }
    let reader = builder.with_batch_size(BATCH).build().map_err(|e| library_error(path, "read", e))?;
    let mut line = 0;
    for batch in reader {
        let batch =
            batch.map_err(|e| StoreError::Parquet { path: path.to_path_buf(), what: e.to_string() })?;
        let times = batch.column(0).as_primitive::<TimestampMillisecondType>();
        let causes = batch.column(COLUMNS.len() - 1).as_primitive::<UInt64Type>();
        let strings: [_; TEXTS + 1] = std::array::from_fn(|i| batch.column(i + 1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            line += 1;
            let text = |i: usize| if strings[i].is_null(row) { "" } else { strings[i].value(row) };
            let raw = RawRow {
                event: text(0),
                texts: std::array::from_fn(|i| text(i + 1)),
                cause: (!causes.is_null(row)).then(|| causes.value(row)),
            };
            each(row_of(path, line, crate::sim::SimTime(times.value(row)), raw, |column| column)?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::SignalKind;
    use crate::sim::SimTime;

    fn bytes_of(rows: i64) -> Vec<u8> {
        let mut log = ParquetLog::new(Vec::new(), "x", &[("scenario".into(), "abc".into())]).unwrap();
        for i in 0..rows {
            log.signal(&Signal::new(SimTime(i), SignalKind::MessageSent, "n"));
        }
        let (summary, bytes) = log.finish().unwrap();
        assert_eq!(summary.bytes, bytes.len() as u64);
        bytes
    }

    #[test]
    fn the_same_rows_give_the_same_bytes_in_row_groups_of_fixed_size() {
        let bytes = bytes_of(300_000);
        assert_eq!(bytes, bytes_of(300_000));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        std::fs::write(&path, &bytes).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap()).unwrap();
        let metadata = builder.metadata();
        let sizes: Vec<i64> = metadata.row_groups().iter().map(|g| g.num_rows()).collect();
        assert_eq!(sizes, [131_072, 131_072, 37_856]);
        assert_eq!(metadata.file_metadata().created_by(), Some("tiersim log schema 1"));
        let pairs: Vec<_> = metadata.file_metadata().key_value_metadata().unwrap().iter().collect();
        assert_eq!((pairs[0].key.as_str(), pairs[1].key.as_str()), ("tiersim.log_schema", "scenario"));
    }

    #[test]
    fn a_full_disk_is_said_in_words() {
        let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
        let mut log = ParquetLog::new(full, "events.parquet", &[]).unwrap();
        for i in 0..200_000 {
            log.signal(&Signal::new(SimTime(i), SignalKind::MessageSent, "n"));
        }
        let message = log.finish().map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("disk is full"), "{message}");
    }
}
