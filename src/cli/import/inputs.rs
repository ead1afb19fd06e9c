//! The files that arguments name, opened and unpacked.
//!
//! To be replaced by the readers of `store::log`, which do the same for logs.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::cli::exit::Failure;

/// What standard input is called in messages.
pub const STDIN: &str = "standard input";

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// As messages name it.
    pub fn name(&self) -> String {
        match self {
            Input::Stdin => STDIN.to_string(),
            Input::File(path) => path.display().to_string(),
        }
    }
}

/// The inputs that arguments name: a file by its name, a folder's files, those that a pattern fits, in order of names.
pub fn expand(args: &[String]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    for arg in args {
        let path = Path::new(arg);
        if arg == "-" {
            if inputs.contains(&Input::Stdin) {
                return Err(Failure::input("- (standard input) can be read only once"));
            }
            inputs.push(Input::Stdin);
        } else if path.is_dir() {
            let found = files_in(path)?;
            if found.is_empty() {
                return Err(Failure::input(format!("{arg}: the folder holds no files")));
            }
            inputs.extend(found.into_iter().map(Input::File));
        } else if path.exists() || !arg.contains(['*', '?', '[']) {
            inputs.push(Input::File(path.to_path_buf()));
        } else {
            let paths = glob::glob(arg).map_err(|e| Failure::input(format!("{arg}: {e}")))?;
            let mut found: Vec<PathBuf> = paths.flatten().filter(|p| p.is_file()).collect();
            found.sort();
            if found.is_empty() {
                return Err(Failure::input(format!("{arg}: no file fits this pattern")));
            }
            inputs.extend(found.into_iter().map(Input::File));
        }
    }
    Ok(inputs)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: io::Error| Failure::io("read", &folder.display().to_string(), &e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Refuses to read what is about to be written.
pub fn refuse_own(inputs: &[Input], own: &[&Path]) -> Result<(), Failure> {
    let real = |p: &Path| std::fs::canonicalize(p).ok();
    let own: Vec<PathBuf> = own.iter().filter_map(|p| real(p)).collect();
    for input in inputs {
        if let Input::File(path) = input
            && real(path).is_some_and(|p| own.contains(&p))
        {
            let shown = path.display();
            return Err(Failure::input(format!(
                "{shown}: is to be read and written at once; write to another folder with -o"
            )));
        }
    }
    Ok(())
}

/// Bytes of all files together, as they are on the disk.
pub fn bytes(inputs: &[Input]) -> u64 {
    let size = |i: &Input| match i {
        Input::Stdin => 0,
        Input::File(path) => std::fs::metadata(path).map_or(0, |m| m.len()),
    };
    inputs.iter().map(size).sum()
}

/// Opens an input; gzip and zstd are told by their first bytes, whatever the name.
pub fn open<'a>(
    input: &Input,
    read: Arc<AtomicU64>,
    cancel: &'a AtomicBool,
) -> io::Result<Box<dyn Read + 'a>> {
    let raw: Box<dyn Read> = match input {
        Input::Stdin => Box::new(io::stdin().lock()),
        Input::File(path) => Box::new(File::open(path)?),
    };
    let mut raw = Counted { raw, read, cancel };
    let mut first = Vec::new();
    raw.by_ref().take(4).read_to_end(&mut first)?;
    let packed = BufReader::with_capacity(256 * 1024, io::Cursor::new(first.clone()).chain(raw));
    Ok(match first.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::Decoder::with_buffer(packed)?),
        _ => Box::new(packed),
    })
}

/// Counts bytes for the progress bar and ends at Ctrl-C.
struct Counted<'a> {
    raw: Box<dyn Read>,
    read: Arc<AtomicU64>,
    cancel: &'a AtomicBool,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(io::Error::other("interrupted"));
        }
        let n = self.raw.read(into)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
