//! The files that arguments name, read one after another; `store::log` unpacks them as it does logs.
//!
//! Must not know what is in them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::args::Common;
use crate::cli::exit::Failure;
use crate::cli::import::args::OnBadRow;
use crate::cli::import::rejects::Rejects;
use crate::cli::progress::Progress;
use crate::store::log::read::{ReadOptions, unpacked};

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
fn bytes(inputs: &[Input]) -> u64 {
    let size = |i: &Input| match i {
        Input::Stdin => 0,
        Input::File(path) => std::fs::metadata(path).map_or(0, |m| m.len()),
    };
    inputs.iter().map(size).sum()
}

/// A piece of an input that makes no sense, and where it stands.
pub struct Bad<'a> {
    /// Line, from 1.
    pub line: u64,
    /// Byte or field of the line, from 1.
    pub column: u64,
    /// What is wrong with it.
    pub reason: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Takes a bad piece; false ends the reading.
pub type Reject<'a> = &'a mut dyn FnMut(Bad<'_>) -> bool;

/// Opens all inputs, one after another, and hands each to `read` by name. What it rejects goes to `rejects` or ends the
/// command, as asked; a failure to read is told with the input's name.
pub fn each<E>(
    inputs: &[Input],
    (on_bad_row, rejects): (OnBadRow, &mut Rejects),
    common: &Common,
    cancel: &Arc<AtomicBool>,
    mut read: impl FnMut(&str, Box<dyn Read + Send>, Reject<'_>) -> Result<bool, E>,
    kind: impl Fn(E) -> Result<io::Error, Failure>,
) -> Result<(), Failure> {
    let options = ReadOptions { cancelled: cancel.clone(), ..ReadOptions::default() };
    let _bar = Progress::show(options.progress.clone(), bytes(inputs), common.quiet, "reading");
    for input in inputs {
        let name = input.name();
        let failed = |e: &io::Error| match cancel.load(Ordering::Relaxed) {
            true => Failure::Interrupted,
            false => Failure::io("read", &name, e),
        };
        let raw: Box<dyn Read + Send> = match input {
            Input::Stdin => Box::new(io::stdin()),
            Input::File(path) => Box::new(File::open(path).map_err(|e| failed(&e))?),
        };
        let file = unpacked(Path::new(&name), raw, &options)?;
        let mut stopped = None;
        let mut reject = |bad: Bad<'_>| {
            let result = match on_bad_row {
                OnBadRow::Stop => Err(Failure::input(format!(
                    "{name}:{}:{}: {}; --on-bad-row reject goes on",
                    bad.line, bad.column, bad.reason
                ))),
                OnBadRow::Reject => rejects.push(&name, bad.line, bad.column, bad.reason, bad.text),
            };
            stopped = result.err();
            stopped.is_none()
        };
        let done = read(&name, file, &mut reject);
        if let Some(failure) = stopped {
            return Err(failure);
        }
        // Whether it was read to its end is known: only a rejection stops it.
        done.map_err(|e| kind(e).map_or_else(|failure| failure, |e| failed(&e)))?;
    }
    Ok(())
}
