//! `runs.parquet`: the rows of a sweep as typed columns, zstd, the same bytes for the same rows.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

use super::rows::Layout;
use crate::experiment::study::design::Scale;
use crate::store::StoreError;

/// Rows per row group.
const ROW_GROUP: usize = 128 * 1024;
/// Rows handed to the encoder at once; divides `ROW_GROUP`.
const BATCH: usize = 16 * 1024;

/// The values of a path: numbers where all of them are.
enum Column {
    Numbers(Float64Builder),
    Texts(StringBuilder),
}

/// Writes rows as Parquet.
pub struct ParquetRows<'a, W: Write + Send> {
    layout: Layout<'a>,
    writer: ArrowWriter<W>,
    path: PathBuf,
    schema: SchemaRef,
    points: UInt64Builder,
    paths: Vec<Column>,
    replications: UInt64Builder,
    measures: Vec<Float64Builder>,
    errors: StringBuilder,
    rows: usize,
}

impl<'a, W: Write + Send> ParquetRows<'a, W> {
    /// Rows into `writer`; `path` is for messages; `inputs` is the hash of what they were made from.
    pub fn new(writer: W, path: &Path, layout: Layout<'a>, inputs: &str) -> Result<Self, StoreError> {
        let numeric = |i: usize| layout.design.scales[i] != Scale::Names;
        let mut fields = vec![Field::new("point", DataType::UInt64, false)];
        for (i, name) in layout.design.paths.iter().enumerate() {
            let kind = if numeric(i) { DataType::Float64 } else { DataType::Utf8 };
            fields.push(Field::new(name, kind, false));
        }
        fields.push(Field::new("replication", DataType::UInt64, true));
        fields.extend(layout.measures.iter().map(|m| Field::new(m, DataType::Float64, true)));
        fields.push(Field::new("error", DataType::Utf8, true));
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_created_by("tiersim sweep".to_string())
            .set_key_value_metadata(Some(vec![KeyValue::new(
                "tiersim.inputs".to_string(),
                inputs.to_string(),
            )]))
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_max_row_group_bytes(None)
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        // As in the event log: nothing of the library's version gets into the bytes.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer =
            ArrowWriter::try_new_with_options(writer, schema.clone(), options).map_err(|e| said(path, &e))?;
        let column = |i: usize| match numeric(i) {
            true => Column::Numbers(Float64Builder::new()),
            false => Column::Texts(StringBuilder::new()),
        };
        Ok(ParquetRows {
            layout,
            writer,
            path: path.to_path_buf(),
            schema,
            points: UInt64Builder::new(),
            paths: (0..layout.design.paths.len()).map(column).collect(),
            replications: UInt64Builder::new(),
            measures: layout.measures.iter().map(|_| Float64Builder::new()).collect(),
            errors: StringBuilder::new(),
            rows: 0,
        })
    }

    /// One row.
    pub fn row(
        &mut self,
        point: usize,
        replication: u64,
        outcome: Result<&[Option<f64>], &str>,
    ) -> Result<(), StoreError> {
        self.points.append_value(point as u64 + 1);
        for (column, text) in self.paths.iter_mut().zip(&self.layout.design.points[point]) {
            match column {
                // Scales are of numbers only where every value reads as one.
                Column::Numbers(c) => c.append_value(text.replace('_', "").parse().unwrap_or(f64::NAN)),
                Column::Texts(c) => c.append_value(text),
            }
        }
        match outcome {
            Ok(values) => {
                self.replications.append_value(replication);
                self.measures.iter_mut().zip(values).for_each(|(c, v)| c.append_option(*v));
                self.errors.append_null();
            }
            Err(why) => {
                self.replications.append_null();
                self.measures.iter_mut().for_each(|c| c.append_null());
                self.errors.append_value(why);
            }
        }
        self.rows += 1;
        if self.rows == BATCH { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.points.finish())];
        columns.extend(self.paths.iter_mut().map(|c| match c {
            Column::Numbers(c) => Arc::new(c.finish()) as ArrayRef,
            Column::Texts(c) => Arc::new(c.finish()) as ArrayRef,
        }));
        columns.push(Arc::new(self.replications.finish()));
        columns.extend(self.measures.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef));
        columns.push(Arc::new(self.errors.finish()));
        let batch =
            RecordBatch::try_new(self.schema.clone(), columns).expect("columns are built from the schema");
        self.writer.write(&batch).map_err(|e| said(&self.path, &e))
    }

    /// Writes what is left and the footer.
    pub fn finish(mut self) -> Result<W, StoreError> {
        self.write()?;
        let path = self.path.clone();
        self.writer.into_inner().map_err(|e| said(&path, &e))
    }
}

fn said(path: &Path, error: &ParquetError) -> StoreError {
    StoreError::Parquet { path: path.to_path_buf(), what: error.to_string() }
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::store::sweeps::rows::tests::design;

    #[test]
    fn rows_are_typed_columns_with_the_same_bytes_each_time() {
        let (design, measures) = (design(), ["m".to_string(), "n".to_string()]);
        let layout = Layout { design: &design, measures: &measures, replications: 20_000 };
        let make = || {
            let mut rows = ParquetRows::new(Vec::new(), Path::new("x"), layout, "ab12").unwrap();
            for r in 1..=20_000 {
                rows.row(0, r, Ok(&[Some(r as f64), None])).unwrap();
            }
            rows.row(1, 1, Err("too large")).unwrap();
            rows.finish().unwrap()
        };
        let bytes = make();
        assert_eq!(bytes, make());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        std::fs::write(&path, &bytes).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap()).unwrap();
        let names: Vec<String> =
            reader.schema().fields().iter().map(|f| format!("{} {}", f.name(), f.data_type())).collect();
        assert_eq!(
            names,
            [
                "point UInt64",
                "a Float64",
                "b Utf8",
                "replication UInt64",
                "m Float64",
                "n Float64",
                "error Utf8"
            ]
        );
        let rows: usize = reader.build().unwrap().map(|b| b.unwrap().num_rows()).sum();
        assert_eq!(rows, 20_001);
    }
}
