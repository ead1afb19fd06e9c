//! Parquet to rows: columns by name in any order, absent where null.
//!
//! Knows column types, not what the values mean. Files may be hostile: sizes are checked before anything is unpacked.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::batch::Row;
use super::cell::{Cells, Fault, cause, in_calendar, of_integer, quoted};
use super::columns::{ABSENT, Ignored, header};
use super::feed::{Chunk, Context, Rows};
use super::input::unreadable;
use crate::messaging::SignalKind;
use crate::messaging::record::{COLUMNS, Event, TEXTS};
use crate::store::StoreError;

/// Rows decoded at once.
const ROWS: usize = 4096;
/// Longest footer in bytes; a log of 10^9 rows in row groups of 128 Ki takes about 10 MiB.
const MAX_FOOTER: u64 = 16 << 20;
/// Most bytes that one page may unpack to, and all pages being read together.
const MAX_PAGE: u64 = 64 << 20;
const MAX_PAGES: u64 = 128 << 20;
/// Most bytes of text in [`ROWS`] rows.
const MAX_TEXT: usize = 64 << 20;

/// A Parquet input being read.
pub(super) struct ParquetRows {
    context: Context,
    reader: ParquetRecordBatchReader,
    header: Option<super::columns::Header>,
    /// For each schema column its place in a decoded batch.
    place: [Option<usize>; COLUMNS.len()],
    source: [u32; COLUMNS.len()],
    cells: Cells,
    row: u64,
}

impl ParquetRows {
    pub fn new(
        context: Context,
        file: File,
        progress: Option<Arc<AtomicU64>>,
    ) -> Result<ParquetRows, StoreError> {
        let fault = |e: ParquetError| library_fault(&context, e);
        check_footer(&context, &file)?;
        // Only the Parquet types count; an embedded Arrow schema would be one more thing to trust.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = shielded(&context, || ArrowReaderMetadata::load(&file, options))?.map_err(fault)?;
        let fields = metadata.schema().fields().clone();
        let found = header(fields.iter().map(|f| f.name().as_str()))
            .map_err(|(column, found, allowed)| context.malformed(0, column, found, allowed))?;
        for (i, name) in COLUMNS.iter().enumerate().filter(|(i, _)| found.source[*i] != ABSENT) {
            let field = &fields[found.source[i] as usize];
            if let Some(allowed) = unfit(i, field.data_type()) {
                return Err(context.malformed(
                    0,
                    u64::from(found.source[i]) + 1,
                    format!("column `{name}` of type {}", field.data_type()),
                    allowed.to_string(),
                ));
            }
        }
        let wanted = found.source.iter().filter(|i| **i != ABSENT).map(|i| *i as usize);
        let mask = ProjectionMask::roots(metadata.parquet_schema(), wanted);
        let guarded = Guarded::new(&context, file, metadata.metadata(), progress)?;
        let reader = shielded(&context, || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(guarded, metadata)
                .with_projection(mask)
                .with_batch_size(ROWS)
                .build()
        })?
        .map_err(|e| library_fault(&context, e))?;
        let schema = reader.schema();
        let place = std::array::from_fn(|i| schema.index_of(COLUMNS[i]).ok());
        let source = found.source;
        Ok(ParquetRows {
            context,
            reader,
            header: Some(found),
            place,
            source,
            cells: Cells::default(),
            row: 0,
        })
    }

    fn take(&mut self, chunk: &mut Chunk, decoded: &RecordBatch) -> Result<(), StoreError> {
        let n = decoded.num_rows();
        chunk.records += n as u64;
        let batch = &mut chunk.batch;
        batch.text.clear();
        batch.rows.clear();
        let blank = Row {
            time: 0,
            line: 0,
            cause: 0,
            file: self.context.file,
            event: Event::Signal(SignalKind::LogClosed),
            has_cause: false,
            spans: [(0, 0); TEXTS],
        };
        batch.rows.resize(n, blank);
        for (i, row) in batch.rows.iter_mut().enumerate() {
            row.line = self.row + i as u64 + 1;
        }
        self.row += n as u64;
        // (row, schema column, fault), few and in no order yet.
        let mut faults: Vec<(usize, usize, Fault)> = Vec::new();
        let column = |i: usize| self.place[i].map(|at| decoded.column(at));
        if let Some(array) = column(0) {
            times(&mut self.cells, array, &mut batch.rows, &mut faults);
        }
        if let Some(array) = column(1) {
            for (i, row) in batch.rows.iter_mut().enumerate() {
                match self.cells.event(text(array, i)) {
                    Ok(event) => row.event = event,
                    Err(fault) => faults.push((i, 1, *fault)),
                }
            }
        }
        for k in 0..TEXTS {
            if let Some(array) = column(k + 2).filter(|a| a.null_count() < n) {
                // A dictionary may name a long text for every row.
                if array.get_array_memory_size() + batch.text.len() > MAX_TEXT {
                    let what = format!("{ROWS} rows take more than {} MiB", MAX_TEXT >> 20);
                    return Err(unreadable(&self.context.path, what));
                }
                texts(array, k, &mut batch.text, &mut batch.rows);
            }
        }
        if let Some(array) = column(COLUMNS.len() - 1).filter(|a| a.null_count() < n) {
            causes(array, &mut batch.rows, &mut faults);
        }
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort_by_key(|f| (f.0, f.1));
        faults.dedup_by_key(|f| f.0);
        let mut result = Ok(());
        let mut first_bad = n;
        let lines: Vec<u64> = batch.rows.iter().map(|r| r.line).collect();
        let mut bad = vec![false; n];
        let fault_rows: Vec<(usize, Fault)> = faults
            .into_iter()
            .map(|(row, column, fault)| (row, Fault { column: u64::from(self.source[column]) + 1, ..fault }))
            .collect();
        for (row, fault) in fault_rows {
            bad[row] = true;
            let raw = raw_row(decoded, row);
            if let Err(e) = self.context.fault(chunk, lines[row], fault, &raw) {
                first_bad = row;
                result = Err(e);
                break;
            }
        }
        let mut i = 0;
        chunk.batch.rows.truncate(first_bad);
        chunk.batch.rows.retain(|_| {
            i += 1;
            !bad[i - 1]
        });
        result
    }
}

impl Rows for ParquetRows {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, StoreError> {
        if let Some(found) = self.header.take() {
            chunk.sources = Some((self.context.file, found.source));
            if !found.ignored.is_empty() {
                chunk.ignored.push(Ignored { file: self.context.file, columns: found.ignored });
            }
        }
        let reader = &mut self.reader;
        match shielded(&self.context, || reader.next())? {
            None => Ok(chunk.sources.is_some()),
            Some(Ok(decoded)) => self.take(chunk, &decoded).map(|()| true),
            Some(Err(e)) => Err(library_fault(&self.context, e.into())),
        }
    }
}

/// Runs the library, which panics on some files that are no Parquet inside: a broken file is the user's business,
/// not a reason to crash. Nothing of ours is left half done, since the reader is thrown away after it.
fn shielded<T>(context: &Context, body: impl FnOnce() -> T) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|_| unreadable(&context.path, "the Parquet data are damaged (the decoder gave up)"))
}

fn library_fault(context: &Context, error: ParquetError) -> StoreError {
    let text = match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(io) if io.raw_os_error().is_some() => return StoreError::io(&context.path, "read", *io),
            Ok(io) => io.to_string(),
            Err(other) => other.to_string(),
        },
        other => other.to_string(),
    };
    // The library names the codec it was built without.
    if let Some((_, codec)) = text.split_once("Disabled feature at compile time: ") {
        let what = format!(
            "its columns are compressed with {codec}, which this build can't unpack; write it with zstd, snappy or \
             gzip (pandas: compression=\"zstd\"; DuckDB: CODEC 'zstd'; Spark: spark.sql.parquet.compression.codec)"
        );
        return unreadable(&context.path, what);
    }
    unreadable(&context.path, format!("the Parquet data do not read: {text}"))
}

/// What a schema column may be, if this type is none of it.
fn unfit(column: usize, found: &DataType) -> Option<&'static str> {
    use DataType::*;
    let text = matches!(found, Utf8 | LargeUtf8 | Utf8View);
    let integer = found.is_integer();
    let (fits, allowed) = match COLUMNS[column] {
        "time" => (
            text || integer || matches!(found, Timestamp(..)),
            "a timestamp, an integer (seconds, or milliseconds from 10^11) or text",
        ),
        "event" => (text, "text"),
        "cause" => (text || integer, "an integer or text"),
        _ => (text || integer, "text or an integer"),
    };
    (!fits && *found != Null).then_some(allowed)
}

/// The text at `i`; empty where null or no text.
fn text(array: &ArrayRef, i: usize) -> &str {
    if array.is_null(i) {
        return "";
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(i),
        DataType::LargeUtf8 => array.as_string::<i64>().value(i),
        DataType::Utf8View => array.as_string_view().value(i),
        _ => "",
    }
}

/// Calls `each` with (row, value) of every integer that is not null; false: the column holds none.
fn integers(array: &ArrayRef, mut each: impl FnMut(usize, i128)) -> bool {
    fn of<T: ArrowPrimitiveType<Native: Into<i128>>>(array: &ArrayRef, each: &mut impl FnMut(usize, i128)) {
        for (i, value) in array.as_primitive::<T>().iter().enumerate() {
            if let Some(value) = value {
                each(i, value.into());
            }
        }
    }
    match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array, &mut each),
        DataType::Int16 => of::<Int16Type>(array, &mut each),
        DataType::Int32 => of::<Int32Type>(array, &mut each),
        DataType::Int64 => of::<Int64Type>(array, &mut each),
        DataType::UInt8 => of::<UInt8Type>(array, &mut each),
        DataType::UInt16 => of::<UInt16Type>(array, &mut each),
        DataType::UInt32 => of::<UInt32Type>(array, &mut each),
        DataType::UInt64 => of::<UInt64Type>(array, &mut each),
        _ => return false,
    }
    true
}

fn times(cells: &mut Cells, array: &ArrayRef, rows: &mut [Row], faults: &mut Vec<(usize, usize, Fault)>) {
    const ALLOWED: &str = "a time in the years 1 to 9999, and one in every row";
    let mut put = |i: usize, ms: Option<i64>, found: &dyn Fn() -> String| match ms {
        Some(ms) => rows[i].time = ms,
        None => faults.push((i, 0, Fault::new(0, found(), ALLOWED))),
    };
    if array.null_count() > 0 {
        for i in (0..array.len()).filter(|i| array.is_null(*i)) {
            put(i, None, &|| "no time".to_string());
        }
    }
    macro_rules! stamps {
        ($type:ty, $ms:expr) => {
            for (i, value) in array.as_primitive::<$type>().iter().enumerate() {
                if let Some(value) = value {
                    put(i, $ms(value).and_then(in_calendar), &|| format!("time {value}"));
                }
            }
        };
    }
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            stamps!(TimestampSecondType, |v: i64| v.checked_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => stamps!(TimestampMillisecondType, Some),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            stamps!(TimestampMicrosecondType, |v: i64| Some(v.div_euclid(1000)))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            stamps!(TimestampNanosecondType, |v: i64| Some(v.div_euclid(1_000_000)))
        }
        _ if integers(array, |i, value| {
            let ms = i64::try_from(value).ok().and_then(of_integer);
            put(i, ms, &|| format!("time {value}"));
        }) => {}
        _ => {
            for i in (0..array.len()).filter(|i| !array.is_null(*i)) {
                match cells.time(text(array, i)) {
                    Ok(ms) => rows[i].time = ms,
                    Err(fault) => faults.push((i, 0, *fault)),
                }
            }
        }
    }
}

fn texts(array: &ArrayRef, k: usize, arena: &mut String, rows: &mut [Row]) {
    // All values lie one after the other: taken over in one piece.
    if let Some(array) = array.as_string_opt::<i32>() {
        let offsets = array.value_offsets();
        let (first, last) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
        let whole = std::str::from_utf8(&array.value_data()[first..last]);
        if let Ok(whole) = whole {
            let base = (arena.len() as u32).wrapping_sub(first as u32);
            arena.push_str(whole);
            for (row, pair) in rows.iter_mut().zip(offsets.windows(2)) {
                row.spans[k] = (base.wrapping_add(pair[0] as u32), base.wrapping_add(pair[1] as u32));
            }
            // A null may cover bytes.
            if array.null_count() > 0 {
                for (i, row) in rows.iter_mut().enumerate().filter(|(i, _)| array.is_null(*i)) {
                    let _ = i;
                    row.spans[k] = (0, 0);
                }
            }
            return;
        }
    }
    let number = |arena: &mut String, value: i128| {
        let from = arena.len() as u32;
        arena.push_str(itoa::Buffer::new().format(value));
        (from, arena.len() as u32)
    };
    if integers(array, |i, value| rows[i].spans[k] = number(arena, value)) {
        return;
    }
    for (i, row) in rows.iter_mut().enumerate() {
        let value = text(array, i);
        let from = arena.len() as u32;
        arena.push_str(value);
        row.spans[k] = (from, arena.len() as u32);
    }
}

fn causes(array: &ArrayRef, rows: &mut [Row], faults: &mut Vec<(usize, usize, Fault)>) {
    let last = COLUMNS.len() - 1;
    let taken = integers(array, |i, value| match u64::try_from(value) {
        Ok(value) => (rows[i].cause, rows[i].has_cause) = (value, true),
        Err(_) => {
            let allowed = "a row's position from 1, or nothing";
            faults.push((i, last, Fault::new(0, format!("cause {value}"), allowed)));
        }
    });
    for (i, row) in rows.iter_mut().enumerate().filter(|_| !taken) {
        match cause(text(array, i)) {
            Ok(found) => (row.cause, row.has_cause) = (found.unwrap_or(0), found.is_some()),
            Err(fault) => faults.push((i, last, *fault)),
        }
    }
}

/// A bad row as a rejects file shows it: its values by name.
fn raw_row(decoded: &RecordBatch, row: usize) -> String {
    let mut out = String::new();
    for (field, array) in decoded.schema().fields().iter().zip(decoded.columns()) {
        if array.is_null(row) {
            continue;
        }
        let mut value = quoted(text(array, row));
        integers(&array.slice(row, 1), |_, v| value = v.to_string());
        if matches!(array.data_type(), DataType::Timestamp(..)) {
            value = "(timestamp)".to_string();
        }
        out.push_str(if out.is_empty() { "" } else { ", " });
        out.push_str(&format!("{}={value}", field.name()));
    }
    out
}

/// Looks at the file's end before the library trusts it.
fn check_footer(context: &Context, mut file: &File) -> Result<(), StoreError> {
    let damaged = |what: &str| unreadable(&context.path, format!("no whole Parquet file: {what}"));
    let io = |e| StoreError::io(&context.path, "read", e);
    let length = file.metadata().map_err(io)?.len();
    if length < 12 {
        return Err(damaged("it is shorter than any can be"));
    }
    let mut tail = [0; 8];
    file.seek(SeekFrom::Start(length - 8)).map_err(io)?;
    file.read_exact(&mut tail).map_err(io)?;
    if &tail[4..] != b"PAR1" {
        return Err(damaged(
            "the mark PAR1 at its end is missing; was it cut off, or is it still being written?",
        ));
    }
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if footer + 12 > length {
        return Err(damaged("its description is longer than the file"));
    }
    if footer > MAX_FOOTER {
        return Err(damaged("its description is longer than 16 MiB; write it with larger row groups"));
    }
    file.rewind().map_err(io)
}

/// A file whose pages are looked at before they are unpacked, since the library takes their word for their size.
struct Guarded {
    file: File,
    length: u64,
    /// (begin, end, column, whether packed with gzip) of every column chunk, in order of place.
    chunks: Vec<(u64, u64, usize, bool)>,
    /// Bytes held by each column: its dictionary and its current page.
    held: Mutex<Vec<[u64; 2]>>,
    /// Of each column's current page the bytes before what is packed, and what it says it unpacks to.
    pages: Mutex<Vec<(usize, u64)>>,
    progress: Option<Arc<AtomicU64>>,
}

impl Guarded {
    fn new(
        context: &Context,
        file: File,
        metadata: &ParquetMetaData,
        progress: Option<Arc<AtomicU64>>,
    ) -> Result<Guarded, StoreError> {
        let length = file.len();
        let mut chunks = Vec::new();
        let mut columns = 0;
        for group in metadata.row_groups() {
            columns = columns.max(group.num_columns());
            for (i, column) in group.columns().iter().enumerate() {
                let begin = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
                let size = column.compressed_size();
                let end = begin.checked_add(size).filter(|e| *e >= 0 && *e as u64 <= length);
                let Some(end) = end.filter(|_| begin >= 0 && size >= 0 && group.num_rows() >= 0) else {
                    return Err(unreadable(&context.path, "no whole Parquet file: a column lies outside it"));
                };
                let gzip = matches!(column.compression(), Compression::GZIP(_));
                chunks.push((begin as u64, end as u64, i, gzip));
            }
        }
        chunks.sort_unstable();
        let held = Mutex::new(vec![[0; 2]; columns]);
        let pages = Mutex::new(vec![(0, 0); columns]);
        Ok(Guarded { file, length, chunks, held, pages, progress })
    }

    fn chunk(&self, at: u64) -> Option<(u64, u64, usize, bool)> {
        let upto = self.chunks.partition_point(|c| c.0 <= at);
        upto.checked_sub(1).map(|i| self.chunks[i])
    }

    /// Refuses a page packed with gzip that unpacks to more than it says: unlike the other codecs the library unpacks
    /// it to its end, wherever that is.
    fn check_gzip(&self, column: usize, page: &[u8]) -> parquet::errors::Result<()> {
        let (levels, size) = self.pages.lock().unwrap_or_else(PoisonError::into_inner)[column];
        let packed = page.get(levels..).unwrap_or_default();
        let mut unpacked = flate2::read::MultiGzDecoder::new(packed).take(size + 1);
        // What is damaged is found again by the library.
        let long = io::copy(&mut unpacked, &mut io::sink()).is_ok_and(|n| n > size);
        match long {
            true => Err(ParquetError::General("a page unpacks to more than its header says".to_string())),
            false => Ok(()),
        }
    }

    fn admit(&self, at: u64, head: &[u8]) -> parquet::errors::Result<()> {
        let refuse = |what: &str| Err(ParquetError::General(what.to_string()));
        let Some((kind, size)) = page_size(head) else { return refuse("a page header is damaged") };
        let Some(chunk) = self.chunk(at) else {
            return refuse("a page lies outside its column");
        };
        if chunk.3 {
            let Some(levels) = levels_before(head) else { return refuse("a page header is damaged") };
            let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
            pages[chunk.2] = (levels, size);
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // 2: a dictionary, which stays while the chunk is read.
        held[chunk.2][usize::from(kind != 2)] = size;
        let all: u64 = held.iter().flatten().sum();
        if size > MAX_PAGE || all > MAX_PAGES {
            return refuse(
                "a page unpacks to more than 64 MiB, or all pages of a row together to more than 128 MiB; write \
                 the file with smaller pages",
            );
        }
        Ok(())
    }
}

/// A small integer of a page header in the compact protocol, zigzag, with the field number one higher than the last.
fn integer(bytes: &mut &[u8]) -> Option<i64> {
    bytes.split_off(..1).filter(|b| b[0] == 0x15)?;
    let mut value = 0_u64;
    for shift in (0..35).step_by(7) {
        let byte = bytes.split_off(..1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

/// Type and unpacked size of a page by its header: the first two fields.
fn page_size(head: &[u8]) -> Option<(i64, u64)> {
    let mut rest = head;
    let kind = integer(&mut rest)?;
    let size = integer(&mut rest)?;
    Some((kind, u64::try_from(size).ok()?))
}

/// Bytes of a page that stand unpacked before the packed ones: the levels of a data page of version 2.
fn levels_before(head: &[u8]) -> Option<usize> {
    let mut rest = head;
    let kind = integer(&mut rest)?;
    let (_unpacked, _packed) = (integer(&mut rest)?, integer(&mut rest)?);
    if kind != 3 {
        return Some(0);
    }
    // A checksum may stand before the header of its kind, which is field 8.
    let after_sum = rest.first() == Some(&0x15);
    if after_sum {
        integer(&mut rest)?;
    }
    rest.split_off(..1).filter(|b| b[0] == if after_sum { 0x4c } else { 0x5c })?;
    // Values, nulls, rows, encoding.
    for _ in 0..4 {
        integer(&mut rest)?;
    }
    let (definition, repetition) = (integer(&mut rest)?, integer(&mut rest)?);
    usize::try_from(definition.checked_add(repetition)?).ok().filter(|_| definition >= 0 && repetition >= 0)
}

impl Length for Guarded {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Guarded {
    type T = BufReader<File>;

    /// The library asks so for page headers.
    fn get_read(&self, start: u64) -> parquet::errors::Result<BufReader<File>> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        let mut reader = BufReader::with_capacity(512, file);
        let head = io::BufRead::fill_buf(&mut reader)?;
        self.admit(start, head)?;
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        let bytes = self.file.get_bytes(start, length)?;
        if let Some((_, _, column, true)) = self.chunk(start) {
            self.check_gzip(column, &bytes)?;
        }
        if let Some(progress) = &self.progress {
            progress.fetch_add(length as u64, Ordering::Relaxed);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
