//! Parquet of other origin: types, orders, nulls, and files that lie.

use std::sync::Arc;

use arrow_array::types::{Int32Type, TimestampMicrosecondType, TimestampNanosecondType};
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, PrimitiveArray,
    RecordBatch, StringArray, StringViewArray, UInt64Array,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::super::{BadRow, Batch, Inputs, LogStream, OnBadRow, ReadOptions, Rejects};
use super::*;

fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    file_with(columns, WriterProperties::builder().build())
}

fn file_with(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .expect("columns of one length");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("memory");
    writer.close().expect("memory");
    bytes
}

struct Seen {
    rows: Vec<(i64, String)>,
    ignored: Vec<String>,
    bad: Vec<BadRow>,
}

#[derive(Default)]
struct Kept(Mutex<Vec<BadRow>>);

impl Rejects for Kept {
    fn reject(&self, _: &std::path::Path, bad: &BadRow) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(bad.clone());
        Ok(())
    }
}

fn read(bytes: Vec<u8>, reject: bool) -> Result<Seen, StoreError> {
    let kept = Kept::default();
    let inputs = Inputs::of_reader("x.parquet", io::Cursor::new(bytes));
    let on_bad_row = if reject { OnBadRow::Reject(&kept) } else { OnBadRow::Stop };
    let options = ReadOptions { ahead: false, ..ReadOptions::default() };
    let mut stream = LogStream::open(inputs, options, on_bad_row)?;
    let (mut rows, mut batch) = (Vec::new(), Batch::new());
    while stream.next(&mut batch)? {
        rows.extend(batch.iter().map(|r| {
            let cause = r.cause.map_or(String::new(), |c| c.to_string());
            (r.time.0, format!("{}|{}|{cause}", r.event.name(), r.texts.join("|")))
        }));
    }
    let ignored = stream.ignored().into_iter().flat_map(|i| i.columns).collect();
    drop(stream);
    Ok(Seen { rows, ignored, bad: kept.0.into_inner().unwrap() })
}

fn fault(bytes: Vec<u8>) -> String {
    let Err(error) = read(bytes, true) else { panic!("it reads") };
    assert!(error.is_input(), "{error}");
    error.to_string()
}

fn texts(of: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(of.to_vec()))
}

fn events(n: usize) -> ArrayRef {
    texts(&vec![Some("sent"); n])
}

#[test]
fn every_type_of_time_and_text_reads_in_any_order() {
    let micros = PrimitiveArray::<TimestampMicrosecondType>::from(vec![1_000_001, -1]);
    let times: Vec<ArrayRef> = vec![
        Arc::new(micros.clone()),
        Arc::new(micros.with_timezone("Europe/Berlin")),
        Arc::new(PrimitiveArray::<TimestampNanosecondType>::from(vec![1_000_999_999, -1])),
        texts(&[Some("1970-01-01T01:00:01+01:00"), Some("1969-12-31 23:59:59.9999Z")]),
    ];
    let dictionary: DictionaryArray<Int32Type> = vec![Some("a"), None].into_iter().collect();
    let numbers: Vec<ArrayRef> = vec![
        texts(&[Some("a"), None]),
        Arc::new(LargeStringArray::from(vec![Some("a"), None])),
        Arc::new(StringViewArray::from(vec![Some("a"), None])),
        Arc::new(dictionary),
    ];
    for (time, number) in times.into_iter().zip(numbers) {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(49_301), None]));
        let causes: ArrayRef = Arc::new(UInt64Array::from(vec![None, Some(u64::MAX)]));
        let seen = read(
            file(vec![
                ("cause", causes),
                ("note", ids.clone()),
                ("recipient", ids),
                ("number", number),
                ("event", texts(&[Some("sent"), Some("quality_rated")])),
                ("time", time),
            ]),
            false,
        )
        .unwrap();
        let want = |event: &str, number: &str, recipient: &str, cause: &str| {
            format!("{event}|{number}||{recipient}{}|{cause}", "|".repeat(TEXTS - 3))
        };
        let want = [
            (-1, want("quality_rated", "", "", &u64::MAX.to_string())),
            (1000, want("message_sent", "a", "49301", "")),
        ];
        assert_eq!(seen.rows, want);
        assert_eq!(seen.ignored, ["note"]);
    }
    let integers: ArrayRef = Arc::new(Int64Array::from(vec![99_999_999_999, 100_000_000_000]));
    let seen = read(file(vec![("time", integers), ("event", events(2))]), false).unwrap();
    assert_eq!(seen.rows.iter().map(|r| r.0).collect::<Vec<_>>(), [100_000_000_000, 99_999_999_999_000]);
}

#[test]
fn wrong_columns_and_types_are_said() {
    let time = || -> ArrayRef { Arc::new(Int32Array::from(vec![1])) };
    let float = || -> ArrayRef { Arc::new(Float64Array::from(vec![1.0])) };
    for (columns, want) in [
        (vec![("time", float()), ("event", events(1))], "x.parquet:0:1: column `time` of type Float64"),
        (vec![("event", time()), ("time", time())], "x.parquet:0:1: column `event` of type Int32"),
        (
            vec![("time", time()), ("event", events(1)), ("number", float())],
            "column `number` of type Float64",
        ),
        (vec![("time", time()), ("evnt", events(1))], "column \"evnt\" (allowed: `event`"),
        (vec![("time", time())], "a header without `event`"),
    ] {
        let found = fault(file(columns));
        assert!(found.contains(want), "{found}");
    }
}

#[test]
fn bad_rows_are_left_out_or_stop_with_their_row_and_column() {
    let columns = || -> Vec<(&str, ArrayRef)> {
        vec![
            ("number", texts(&[Some("n"), None, Some("m"), Some("o")])),
            ("event", texts(&[Some("sent"), Some("snt"), None, Some("read")])),
            ("time", Arc::new(Int64Array::from(vec![Some(5), Some(6), Some(7), None]))),
        ]
    };
    let seen = read(file(columns()), true).unwrap();
    assert_eq!(seen.rows.len(), 1);
    let bad: Vec<_> = seen.bad.iter().map(|b| (b.place.line, b.column, b.raw.as_str())).collect();
    let want = [
        (2, 2, "event=\"snt\", time=6"),
        (3, 2, "number=\"m\", time=7"),
        (4, 3, "number=\"o\", event=\"read\""),
    ];
    assert_eq!(bad, want);
    let Err(error) = read(file(columns()), false) else { panic!("it reads") };
    assert!(error.to_string().starts_with("x.parquet:2:2: event \"snt\""), "{error}");
}

#[test]
fn files_cut_off_or_changed_anywhere_stop_with_a_fault_of_the_input() {
    let n = 3000;
    let ids: Vec<String> = (0..n).map(|i| format!("id-{i}")).collect();
    let bytes = file(vec![
        ("time", Arc::new(Int64Array::from_iter_values(0..n as i64))),
        ("event", events(n)),
        ("message", Arc::new(StringArray::from(ids))),
        ("number", events(n)),
    ]);
    assert_eq!(read(bytes.clone(), false).unwrap().rows.len(), n);
    for cut in [5, 11, 100, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        let found = fault(bytes[..cut].to_vec());
        assert!(found.contains("no whole Parquet file"), "{found}");
    }
    let mut word = 1_u64;
    // Damage may go unseen, where it hits a value; it may never do more than stop the reading.
    for _ in 0..3000 {
        let mut damaged = bytes.clone();
        for _ in 0..1 + word % 3 {
            word = word.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            // Half of the changes hit the description at the end.
            let at = match word >> 63 {
                0 => (word >> 20) as usize % bytes.len(),
                _ => bytes.len() - 1 - (word >> 20) as usize % 600,
            };
            damaged[at] = (word >> 8) as u8;
        }
        if let Err(error) = read(damaged, true) {
            assert!(error.is_input(), "{error}");
        }
    }
}

#[test]
fn what_other_programs_write_by_default_is_read() {
    let gzip = Compression::GZIP(GzipLevel::default());
    let zstd = Compression::ZSTD(ZstdLevel::default());
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, zstd] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let properties = WriterProperties::builder()
                .set_compression(compression)
                .set_writer_version(version)
                .set_data_page_row_count_limit(7)
                .set_write_batch_size(7)
                .build();
            let time: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=50));
            let number = texts(&[Some("n"); 50]);
            // Absent ones, so that a page of version 2 begins with levels.
            let people: Vec<String> = (0..50).map(|i| format!("person {}", i * i)).collect();
            let people: Vec<Option<&str>> =
                people.iter().enumerate().map(|(i, p)| (i % 3 > 0).then_some(p.as_str())).collect();
            let columns = vec![
                ("time", time),
                ("event", events(50)),
                ("number", number),
                ("recipient", texts(&people)),
            ];
            let rows = read(file_with(columns, properties), false).unwrap().rows;
            let found: Vec<Option<&str>> =
                rows.iter().map(|r| r.1.split('|').nth(3).filter(|t| !t.is_empty())).collect();
            assert_eq!(found, people, "{compression:?} {version:?}");
        }
    }
}

#[test]
fn a_gzip_page_that_unpacks_to_more_than_it_says_is_refused() {
    let long = "x".repeat(1 << 20);
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        let properties = WriterProperties::builder()
            .set_compression(Compression::GZIP(GzipLevel::default()))
            .set_writer_version(version)
            .set_dictionary_enabled(false)
            .set_encoding(Encoding::PLAIN)
            .build();
        let time: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let columns = vec![("time", time), ("event", events(1)), ("number", texts(&[Some(long.as_str())]))];
        let mut bytes = file_with(columns, properties);
        let whole = SerializedFileReader::new(bytes::Bytes::from(bytes.clone())).unwrap();
        let at = whole.metadata().row_group(0).column(2).data_page_offset() as usize;
        let (_, size) = page_size(&bytes[at..]).unwrap();
        assert!(size > 1 << 20 && read(bytes.clone(), false).is_ok());
        // The last of the bytes of the size holds its highest digits: a tenth of a megabyte instead of one.
        let last = (at + 3..).find(|i| bytes[*i] & 0x80 == 0).unwrap();
        bytes[last] = 0;
        assert!(page_size(&bytes[at..]).unwrap().1 < 1 << 20);
        let found = fault(bytes);
        assert!(found.contains("more than its header says"), "{version:?}: {found}");
    }
}

#[test]
fn pages_that_unpack_to_too_much_are_refused_before_they_are() {
    // One value of 100 MB that packs to almost nothing.
    let huge = "x".repeat(100 << 20);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::PLAIN)
        .build();
    let time: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let bytes = file_with(
        vec![("time", time), ("event", events(1)), ("number", texts(&[Some(huge.as_str())]))],
        properties,
    );
    assert!(bytes.len() < 100_000);
    let found = fault(bytes);
    assert!(found.contains("more than 64 MiB"), "{found}");
}

#[test]
fn page_headers_tell_their_kind_and_size() {
    // Field 1 (type) 2, field 2 (unpacked size) 300: zigzag 4 and 600.
    assert_eq!(page_size(&[0x15, 4, 0x15, 0xd8, 0x04, 0x15]), Some((2, 300)));
    for bad in [&[][..], &[0x15], &[0x15, 4, 0x15], &[0x15, 4, 0x25, 1], &[0x15, 4, 0x15, 1], &[0x15, 0xff]] {
        assert_eq!(page_size(bad), None, "{bad:?}");
    }
}
