//! A log put in place as a file of its own: whole or not at all, compressed as its ending says, and never over
//! something else unasked.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{LogFormat, LogSummary, LogWriter};
use crate::store::StoreError;
use crate::store::atomic::{beside, sync_folder};
use crate::store::compare::first_difference;

/// What became of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Written,
    /// It was there with the same bytes.
    Same,
    /// It was there with other bytes and has been replaced, as asked.
    Replaced,
}

/// How a log file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

/// The format and packing that a name asks for: `.csv`, `.ndjson` or `.parquet`, the first two also with `.gz` or
/// `.zst` behind.
fn kind_of(path: &Path) -> Result<(LogFormat, Packing), StoreError> {
    let packing = match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => Packing::Gzip,
        Some("zst") => Packing::Zstd,
        _ => return Ok((LogFormat::of(path)?, Packing::None)),
    };
    match LogFormat::of(&path.with_extension("")) {
        Ok(format) if format != LogFormat::Parquet => Ok((format, packing)),
        _ => Err(StoreError::UnknownFormat { path: path.to_path_buf() }),
    }
}

/// A file that is packed on the way.
pub enum Packed {
    /// As it is.
    Plain(BufWriter<File>),
    /// gzip, without a time or a name inside.
    Gzip(Box<flate2::write::GzEncoder<BufWriter<File>>>),
    /// zstd.
    Zstd(Box<zstd::Encoder<'static, BufWriter<File>>>),
}

impl Packed {
    fn new(packing: Packing, file: File) -> io::Result<Packed> {
        let file = BufWriter::with_capacity(256 * 1024, file);
        Ok(match packing {
            Packing::None => Packed::Plain(file),
            Packing::Gzip => {
                Packed::Gzip(Box::new(flate2::write::GzEncoder::new(file, flate2::Compression::default())))
            }
            Packing::Zstd => Packed::Zstd(Box::new(zstd::Encoder::new(file, 0)?)),
        })
    }

    fn finish(self) -> io::Result<File> {
        let file = match self {
            Packed::Plain(file) => file,
            Packed::Gzip(encoder) => encoder.finish()?,
            Packed::Zstd(encoder) => encoder.finish()?,
        };
        file.into_inner().map_err(|e| e.into_error())
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packed::Plain(file) => file.write(bytes),
            Packed::Gzip(encoder) => encoder.write(bytes),
            Packed::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packed::Plain(file) => file.flush(),
            Packed::Gzip(encoder) => encoder.flush(),
            Packed::Zstd(encoder) => encoder.flush(),
        }
    }
}

/// Whether a log can be written under this name: told before any work is done.
pub fn check_name(path: &Path) -> Result<(), StoreError> {
    let (format, _) = kind_of(path)?;
    if format == LogFormat::Parquet && cfg!(not(feature = "parquet")) {
        return Err(StoreError::NoParquet { path: path.to_path_buf() });
    }
    if path.is_dir() {
        let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
        return Err(StoreError::io(path, "write", error));
    }
    Ok(())
}

/// Writes a log to `path`, its format and packing told by the ending: `fill` hands the rows to the writer. The file
/// gets its name only when it is complete; one that is there with other bytes stays as it is unless `force`.
pub fn put_log<T, E: From<StoreError>>(
    path: &Path,
    force: bool,
    provenance: &[(String, String)],
    fill: impl FnOnce(&mut LogWriter<Packed>) -> Result<T, E>,
) -> Result<(Put, LogSummary, T), E> {
    check_name(path)?;
    let (format, packing) = kind_of(path)?;
    let partial = Partial(beside(path, "partial"));
    let file = File::create_new(&partial.0).map_err(|e| StoreError::io(path, "create", e))?;
    let packed = Packed::new(packing, file).map_err(|e| StoreError::io(path, "write", e))?;
    let mut writer = LogWriter::new(format, packed, path, provenance)?;
    let filled = fill(&mut writer)?;
    let (summary, packed) = writer.finish()?;
    let file = packed.finish().map_err(|e| StoreError::io(path, "write", e))?;
    let put = place(&partial.0, file, path, force)?;
    Ok((put, summary, filled))
}

/// Gives a complete file its name.
fn place(partial: &Path, file: File, path: &Path, force: bool) -> Result<Put, StoreError> {
    let put = match path.exists() {
        true if first_difference(partial, path)?.is_none() => return Ok(Put::Same),
        true if !force => return Err(StoreError::Differs { path: path.to_path_buf() }),
        true => Put::Replaced,
        false => Put::Written,
    };
    file.sync_all().map_err(|e| StoreError::io(path, "write", e))?;
    drop(file);
    fs::rename(partial, path).map_err(|e| StoreError::io(path, "create", e))?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent)?,
        _ => sync_folder(Path::new("."))?,
    }
    Ok(put)
}

/// A file on its way, cleared away if it did not get its name.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone already when it got its name; a failure to clear away is not the failure to report.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::event::ObservedKind;
    use crate::messaging::record::{Columns, Event};
    use crate::sim::SimTime;

    fn put(path: &Path, force: bool, rows: i64) -> Result<(Put, LogSummary, ()), StoreError> {
        put_log(path, force, &[], |log| {
            for i in 0..rows {
                let mut texts = [""; 11];
                texts[8] = "GREEN";
                let event = Event::Observed(ObservedKind::Rating);
                log.row(&Columns { time: SimTime(i), event, texts, cause: None });
            }
            Ok(())
        })
    }

    #[test]
    fn observed_rows_are_written_and_counted_in_every_format_and_packing() {
        let dir = tempfile::tempdir().unwrap();
        let mut names = vec!["a.csv", "a.ndjson", "a.csv.gz", "a.ndjson.zst"];
        names.extend(cfg!(feature = "parquet").then_some("a.parquet"));
        let mut digests = Vec::new();
        for name in names {
            let path = dir.path().join(name);
            let (what, summary, ()) = put(&path, false, 3).unwrap();
            assert_eq!((what, summary.counts.rows()), (Put::Written, 3));
            assert_eq!(summary.counts.observed(), [("rating_observed", 3)]);
            digests.push(summary.digest);
            assert_eq!(put(&path, false, 3).unwrap().0, Put::Same, "{name}");
            let refused = put(&path, false, 4).unwrap_err().to_string();
            assert!(refused.contains("--force") && refused.contains(name), "{refused}");
            assert_eq!(put(&path, true, 4).unwrap().0, Put::Replaced);
        }
        digests.dedup();
        assert_eq!(digests.len(), 1, "the digest does not see format and packing");
        let hidden = fs::read_dir(dir.path()).unwrap().flatten();
        assert!(
            hidden.into_iter().all(|e| !e.file_name().to_string_lossy().starts_with('.')),
            "nothing is left"
        );
    }

    #[test]
    fn names_that_are_none_are_refused_before_any_work() {
        for name in ["a.txt", "a", "a.gz", "a.parquet.gz"] {
            let error = check_name(Path::new(name)).unwrap_err();
            assert!(matches!(error, StoreError::UnknownFormat { .. }), "{name}");
        }
        assert!(check_name(Path::new("no/such/a.csv.zst")).is_ok());
        assert!(put(Path::new("no/such/a.csv"), false, 1).unwrap_err().to_string().contains("a.csv"));
    }
}
