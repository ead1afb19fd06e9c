//! What to read: paths, patterns and standard input, in the order given; compression and format found out.
//!
//! Knows files and the first bytes of formats. Must not know rows.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::ReadOptions;
use crate::store::StoreError;
use crate::store::log::LogFormat;

/// zstd frames may ask for this much memory, as a power of two: 128 MiB, what `zstd --ultra -22` writes.
const WINDOW_LOG: u32 = 27;
/// So many bytes are looked at to tell the format: enough for blank lines before a first row.
const HEAD: usize = 4096;
/// A compressed Parquet file that unpacks to more than this many times its size, beyond [`BOMB_FROM`], is refused:
/// Parquet is compressed inside, a second compression gains little.
const BOMB_RATIO: u64 = 200;
const BOMB_FROM: u64 = 64 << 20;

enum Source {
    Path,
    Stdin,
    /// Given once, for tests and for callers with bytes of their own.
    Reader(Mutex<Option<Box<dyn Read + Send>>>),
}

/// One input.
pub(super) struct Input {
    pub path: PathBuf,
    source: Source,
}

impl Input {
    fn of_path(path: PathBuf) -> Input {
        Input { path, source: Source::Path }
    }
}

/// Everything to be read, as one stream in the order given.
pub struct Inputs {
    pub(super) files: Arc<Vec<Input>>,
    bytes: Option<u64>,
}

impl Inputs {
    /// Resolves paths, patterns such as `logs/*.csv.gz` (matches in byte order of their names) and `-` for standard
    /// input. A pattern that matches nothing, a path without a file and a folder are faults of the input.
    pub fn of(arguments: &[impl AsRef<str>]) -> Result<Inputs, StoreError> {
        let mut files = Vec::new();
        for argument in arguments.iter().map(AsRef::as_ref) {
            if argument == "-" {
                if files.iter().any(|f: &Input| matches!(f.source, Source::Stdin)) {
                    return Err(unreadable("-", "standard input can be read only once; `-` is given twice"));
                }
                files.push(Input { path: PathBuf::from("standard input"), source: Source::Stdin });
            } else if Path::new(argument).exists() || !argument.contains(['*', '?', '[']) {
                files.push(Input::of_path(PathBuf::from(argument)));
            } else {
                files.extend(matches(argument)?.into_iter().map(Input::of_path));
            }
        }
        if files.is_empty() {
            return Err(unreadable("", "no input given; name files, patterns, or `-` for standard input"));
        }
        let mut bytes = Some(0_u64);
        for file in &files {
            if matches!(file.source, Source::Stdin) {
                bytes = None;
                continue;
            }
            let found = std::fs::metadata(&file.path).map_err(|e| missing(&file.path, e))?;
            if found.is_dir() {
                let what = "is a folder; name the files in it, or a pattern such as folder/*.csv";
                return Err(unreadable(&file.path, what));
            }
            bytes = bytes.filter(|_| found.is_file()).map(|b| b + found.len());
        }
        Ok(Inputs { files: Arc::new(files), bytes })
    }

    /// One file.
    pub fn of_path(path: impl Into<PathBuf>) -> Inputs {
        let path = path.into();
        let bytes = std::fs::metadata(&path).ok().filter(|m| m.is_file()).map(|m| m.len());
        Inputs { files: Arc::new(vec![Input::of_path(path)]), bytes }
    }

    /// Bytes from elsewhere, under a name whose ending tells the format as a file's would.
    pub fn of_reader(name: impl Into<PathBuf>, reader: impl Read + Send + 'static) -> Inputs {
        let source = Source::Reader(Mutex::new(Some(Box::new(reader))));
        Inputs { files: Arc::new(vec![Input { path: name.into(), source }]), bytes: None }
    }

    /// Bytes of all files as they lie on disk; unknown with standard input or a pipe.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Names of the inputs, as messages show them.
    pub fn names(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|f| f.path.as_path())
    }

    /// Whether everything can be read a second time.
    pub fn can_be_reread(&self) -> bool {
        self.bytes.is_some()
    }
}

fn matches(pattern: &str) -> Result<Vec<PathBuf>, StoreError> {
    let found = glob::glob(pattern)
        .map_err(|e| unreadable(pattern, format!("no pattern: {} at its {}. character", e.msg, e.pos + 1)))?;
    let mut paths = Vec::new();
    for path in found {
        let path = path.map_err(|e| StoreError::io(e.path(), "look into", clone_of(e.error())))?;
        if !path.is_dir() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(unreadable(pattern, "the pattern matches no file"));
    }
    paths.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    Ok(paths)
}

fn clone_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// A fault of the input as a whole.
pub(super) fn unreadable(path: impl AsRef<Path>, what: impl Into<String>) -> StoreError {
    StoreError::Unreadable { path: path.as_ref().to_path_buf(), what: what.into() }
}

fn missing(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => unreadable(path, "no such file"),
        _ => StoreError::io(path, "open", error),
    }
}

/// What a failed read means: the system's refusal, or bytes that do not decompress.
pub(super) fn read_fault(path: &Path, error: io::Error) -> StoreError {
    if error.raw_os_error().is_some() {
        return StoreError::io(path, "read", error);
    }
    let text = error.to_string();
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            "the compressed data end too early; is the file complete?".to_string()
        }
        _ if text.contains("too much memory") => {
            let mib = (1_u64 << WINDOW_LOG) >> 20;
            format!("its zstd frames need more than {mib} MiB to unpack; compress it without --long")
        }
        _ if text.contains("incomplete frame") => {
            "the compressed data end too early; is the file complete?".to_string()
        }
        _ => format!("the compressed data are damaged ({text})"),
    };
    unreadable(path, why)
}

/// Counts the bytes that come from the disk or the pipe, and stops when asked to.
struct Raw {
    input: Box<dyn Read + Send>,
    progress: Arc<AtomicU64>,
    taken: Arc<AtomicU64>,
    cancelled: Arc<AtomicBool>,
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(io::Error::other("interrupted"));
        }
        let n = self.input.read(buffer)?;
        self.progress.fetch_add(n as u64, Ordering::Relaxed);
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// An input opened: what it is, and its bytes.
pub(super) enum Opened {
    /// Decompressed text; `head` was read already and comes first.
    Csv { head: Vec<u8>, input: Box<dyn Read + Send> },
    /// Likewise.
    Ndjson { head: Vec<u8>, input: Box<dyn Read + Send> },
    /// A file that can be read anywhere, and whether its bytes are counted already.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only named in the refusal"))]
    Parquet { file: File, counted: bool },
    /// Nothing at all, under a name that lets it be a log without rows.
    Nothing,
}

impl Input {
    /// Opens, decompresses and tells the format.
    pub fn open(&self, options: &ReadOptions) -> Result<Opened, StoreError> {
        let path = &self.path;
        let fault = |e| read_fault(path, e);
        let (raw, file): (Box<dyn Read + Send>, Option<File>) = match &self.source {
            Source::Path => {
                let file = File::open(path).map_err(|e| missing(path, e))?;
                let kind = file.metadata().map_err(|e| missing(path, e))?;
                if kind.is_dir() {
                    return Err(unreadable(path, "is a folder, not a file"));
                }
                let twin =
                    kind.is_file().then(|| file.try_clone()).transpose().map_err(|e| missing(path, e))?;
                (Box::new(file), twin)
            }
            Source::Stdin => (Box::new(io::stdin()), None),
            Source::Reader(given) => {
                let reader = given.lock().unwrap_or_else(PoisonError::into_inner).take();
                (reader.ok_or_else(|| unreadable(path, "can be read only once"))?, None)
            }
        };
        let Unpacked { head, input, packed, taken } = unpack(path, raw, options)?;
        match self.format(&head)? {
            None => Ok(Opened::Nothing),
            Some(LogFormat::Csv) => Ok(Opened::Csv { head, input }),
            Some(LogFormat::Ndjson) => Ok(Opened::Ndjson { head, input }),
            Some(LogFormat::Parquet) => match file.filter(|_| !packed) {
                Some(mut file) => {
                    // The twin shares its position with what the head was read through.
                    file.rewind().map_err(fault)?;
                    options.progress.fetch_sub(taken.load(Ordering::Relaxed), Ordering::Relaxed);
                    Ok(Opened::Parquet { file, counted: false })
                }
                None => {
                    let file = spool(path, head, input, &taken, options)?;
                    Ok(Opened::Parquet { file, counted: true })
                }
            },
        }
    }

    /// The format by the ending, checked against the first bytes, or by the first bytes alone. None: no bytes, but
    /// the ending says NDJSON, where that is a log without rows.
    fn format(&self, head: &[u8]) -> Result<Option<LogFormat>, StoreError> {
        let path = &self.path;
        if let Some(what) = foreign(head) {
            return Err(unreadable(path, what));
        }
        let named = by_ending(path);
        if head.is_empty() {
            return match named {
                Some(LogFormat::Ndjson) => Ok(None),
                Some(LogFormat::Parquet) => Err(unreadable(path, "an empty file is no Parquet file")),
                _ => Ok(Some(LogFormat::Csv)),
            };
        }
        let seen = by_content(head);
        match named {
            None => Ok(Some(seen)),
            Some(named) if named == seen => Ok(Some(named)),
            // Only blank lines so far: as good as any.
            Some(LogFormat::Ndjson) if head.iter().all(u8::is_ascii_whitespace) => Ok(named),
            Some(named) => Err(unreadable(
                path,
                format!(
                    "the ending says {}, but the content looks like {}; rename the file, or give it by way of \
                     standard input",
                    named.name(),
                    seen.name()
                ),
            )),
        }
    }
}

/// Bytes as they are inside gzip or zstd.
struct Unpacked {
    /// The first of them, read to tell what they are.
    head: Vec<u8>,
    /// Those after.
    input: Box<dyn Read + Send>,
    packed: bool,
    /// Raw bytes read so far.
    taken: Arc<AtomicU64>,
}

fn unpack(path: &Path, raw: Box<dyn Read + Send>, options: &ReadOptions) -> Result<Unpacked, StoreError> {
    let fault = |e| read_fault(path, e);
    let taken = Arc::new(AtomicU64::new(0));
    let mut raw = Raw {
        input: raw,
        progress: options.progress.clone(),
        taken: taken.clone(),
        cancelled: options.cancelled.clone(),
    };
    let mut head = Vec::new();
    top_up(&mut raw, &mut head).map_err(fault)?;
    let packing = packing(&head);
    let mut input: Box<dyn Read + Send> = Box::new(raw);
    if let Some(packing) = packing {
        let bytes = io::BufReader::with_capacity(128 * 1024, io::Cursor::new(head).chain(input));
        input = match packing {
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
            Packing::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(fault)?;
                decoder.window_log_max(WINDOW_LOG).map_err(fault)?;
                Box::new(decoder)
            }
        };
        head = Vec::new();
        top_up(&mut *input, &mut head).map_err(fault)?;
    }
    Ok(Unpacked { head, input, packed: packing.is_some(), taken })
}

/// The bytes of anything that is no log, unpacked as a log's would be: counted for progress, ended when cancelled.
/// `path` names it in messages.
pub fn unpacked(
    path: &Path,
    raw: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<Box<dyn Read + Send>, StoreError> {
    let Unpacked { head, input, .. } = unpack(path, raw, options)?;
    Ok(Box::new(io::Cursor::new(head).chain(input)))
}

/// Reads until the head is full or the input ends.
fn top_up(input: &mut (dyn Read + Send), head: &mut Vec<u8>) -> io::Result<()> {
    input.take((HEAD - head.len()) as u64).read_to_end(head).map(|_| ())
}

#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zstd,
}

fn packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstd),
        _ => None,
    }
}

/// Files people give that are no log.
fn foreign(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [b'P', b'K', 3, 4, ..] => {
            "this is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => "this is compressed with xz; gzip and zstd are read",
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => "this is compressed with bzip2; gzip and zstd are read",
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => "this is compressed twice; unpack it once",
        [b'O', b'b', b'j', 1, ..] => "this is an Avro file; CSV, NDJSON and Parquet are read",
        [b'O', b'R', b'C', ..] => "this is an ORC file; CSV, NDJSON and Parquet are read",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this is UTF-16 text; save it as UTF-8",
        [_, 0, _, 0, ..] | [0, _, 0, _, ..] => "this is UTF-16 text or no text at all; save it as UTF-8",
        _ => return None,
    })
}

/// The format that a name's ending tells, below `.gz` and `.zst`.
fn by_ending(path: &Path) -> Option<LogFormat> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" => Some(LogFormat::Csv),
        "ndjson" | "jsonl" => Some(LogFormat::Ndjson),
        "parquet" => Some(LogFormat::Parquet),
        _ => None,
    }
}

fn by_content(head: &[u8]) -> LogFormat {
    if head.starts_with(b"PAR1") {
        return LogFormat::Parquet;
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => LogFormat::Ndjson,
        _ => LogFormat::Csv,
    }
}

/// Writes what can't be read at any place into a file without a name.
fn spool(
    path: &Path,
    head: Vec<u8>,
    mut input: Box<dyn Read + Send>,
    taken: &AtomicU64,
    options: &ReadOptions,
) -> Result<File, StoreError> {
    let folder = &options.temp_dir;
    let mut file = tempfile::tempfile_in(folder).map_err(|e| StoreError::io(folder, "write to", e))?;
    let mut block = head;
    let mut written = 0;
    loop {
        file.write_all(&block).map_err(|e| StoreError::io(folder, "write to", e))?;
        written += block.len() as u64;
        if written > BOMB_FROM && written / BOMB_RATIO > taken.load(Ordering::Relaxed) {
            let what = format!("unpacks to more than {BOMB_RATIO} times its size; that is no Parquet file");
            return Err(unreadable(path, what));
        }
        block.resize(128 * 1024, 0);
        let n = loop {
            match input.read(&mut block) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(|e| read_fault(path, e))?,
            }
        };
        if n == 0 {
            file.rewind().map_err(|e| StoreError::io(folder, "read from", e))?;
            return Ok(file);
        }
        block.truncate(n);
    }
}
