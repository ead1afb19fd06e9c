//! `rejects.csv`: rows that were set aside, where they stood, and why.
//!
//! In a folder of results, or as a file of its own beside another output. Must not know what made a row bad.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::atomic::beside;
use super::log::read::{BadRow, Rejects};
use super::table::Table;
use crate::store::StoreError;

const BLOCK: usize = 64 * 1024;
const COLUMNS: [&str; 6] = ["file", "line", "column", "found", "allowed", "row"];

/// The table on its way into a file.
pub struct RejectsTable<W> {
    table: Table,
    file: W,
    /// Where it will be, for messages.
    path: PathBuf,
}

impl<W: Write> RejectsTable<W> {
    /// Into this file, which messages call `path`.
    pub fn new(file: W, path: &Path) -> RejectsTable<W> {
        RejectsTable { table: Table::new(&COLUMNS), file, path: path.to_path_buf() }
    }

    /// One more row.
    pub fn push(&mut self, path: &Path, bad: &BadRow) -> Result<(), StoreError> {
        let t = &mut self.table;
        t.text(&path.to_string_lossy());
        t.count(bad.place.line);
        // 0 stands for no one column.
        if bad.column == 0 {
            t.text("");
        } else {
            t.count(bad.column);
        }
        t.text(&bad.found);
        t.text(&bad.allowed);
        t.text(&bad.raw);
        t.end();
        if t.out.len() > BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.table.out);
        self.file.write_all(&bytes).map_err(|e| StoreError::io(&self.path, "write", e))
    }

    /// The file, complete.
    pub fn finish(mut self) -> Result<W, StoreError> {
        self.flush()?;
        Ok(self.file)
    }
}

/// A rejects file of its own: made with the first rejected row, named when it is complete. Nothing is written where
/// nothing is rejected, and nothing but an earlier rejects file is replaced.
pub struct RejectsBeside {
    path: PathBuf,
    /// Leave out what was found: it may hold what must not be kept.
    places_only: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    table: Option<RejectsTable<BufWriter<File>>>,
    partial: Option<Partial>,
    count: u64,
    first: Option<String>,
}

/// What became of the rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Where they are, if there are any.
    pub path: PathBuf,
    /// How many.
    pub count: u64,
    /// The first, in words: place, what was found (unless that is left out), what is allowed.
    pub first: Option<String>,
    /// Nothing was rejected, and the file that lies there is of an earlier time.
    pub stale: bool,
}

impl RejectsBeside {
    /// A rejects file that will be `path`. With `places_only` the columns `found` and `row` stay empty. Fails if
    /// something else lies there.
    pub fn new(path: PathBuf, places_only: bool) -> Result<RejectsBeside, StoreError> {
        if !replaceable(&path)? {
            let error = io::Error::other(
                "it exists already and is no file of rejected rows; name another with --rejects FILE",
            );
            return Err(StoreError::io(&path, "write", error));
        }
        Ok(RejectsBeside { path, places_only, state: Mutex::default() })
    }

    /// Gives the file its name.
    pub fn finish(self) -> Result<Rejected, StoreError> {
        let path = self.path;
        let State { table, partial, count, first } =
            self.state.into_inner().expect("no one panics while holding it");
        if let (Some(table), Some(partial)) = (table, &partial) {
            let failed = |e: io::Error| StoreError::io(&path, "write", e);
            let file = table.finish()?.into_inner().map_err(|e| failed(e.into_error()))?;
            file.sync_all().map_err(failed)?;
            fs::rename(&partial.0, &path).map_err(|e| StoreError::io(&path, "create", e))?;
        }
        let stale = count == 0 && path.exists();
        Ok(Rejected { path, count, first, stale })
    }
}

impl Rejects for RejectsBeside {
    fn reject(&self, path: &Path, bad: &BadRow) -> Result<(), StoreError> {
        let mut state = self.state.lock().expect("no one panics while holding it");
        let bad = match self.places_only {
            true => &BadRow { found: String::new(), raw: String::new(), ..bad.clone() },
            false => bad,
        };
        state.count += 1;
        state.first.get_or_insert_with(|| {
            let column = if bad.column == 0 { String::new() } else { format!(":{}", bad.column) };
            let found = if bad.found.is_empty() { String::new() } else { format!("{} ", bad.found) };
            format!("{}:{}{column}: {found}(allowed: {})", path.display(), bad.place.line, bad.allowed)
        });
        if state.table.is_none() {
            let partial = Partial(beside(&self.path, "partial"));
            let file = File::create_new(&partial.0).map_err(|e| StoreError::io(&self.path, "create", e))?;
            state.partial = Some(partial);
            state.table = Some(RejectsTable::new(BufWriter::new(file), &self.path));
        }
        state.table.as_mut().expect("just made").push(path, bad)
    }
}

/// Whether the name is free or holds an earlier rejects file.
fn replaceable(path: &Path) -> Result<bool, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(e) => return Err(StoreError::io(path, "write", e)),
    };
    let header = format!("{}\n", COLUMNS.join(","));
    let mut start = Vec::new();
    let read = file.take(header.len() as u64).read_to_end(&mut start);
    Ok(read.is_ok() && start == header.as_bytes())
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
    use crate::store::log::Place;

    fn bad(line: u64, column: u64, found: &str) -> BadRow {
        let place = Place { file: 0, line };
        BadRow { place, column, found: found.into(), allowed: "an event".into(), raw: "1,\"a\"\n2".into() }
    }

    #[test]
    fn rejects_get_their_name_at_the_end_and_replace_only_their_like() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.rejects.csv");
        for (lines, stale) in [(vec![], false), (vec![3, 4], false), (vec![9], false), (vec![], true)] {
            let rejects = RejectsBeside::new(path.clone(), false).unwrap();
            for line in &lines {
                rejects.reject(Path::new("log.csv"), &bad(*line, 2, "event \"x,y\"")).unwrap();
            }
            let done = rejects.finish().unwrap();
            assert_eq!((done.count, done.stale), (lines.len() as u64, stale));
            if let Some(line) = lines.first() {
                let first = format!("log.csv:{line}:2: event \"x,y\" (allowed: an event)");
                assert_eq!(done.first, Some(first));
                let text = fs::read_to_string(&path).unwrap();
                let rows: String = lines
                    .iter()
                    .map(|l| format!("log.csv,{l},2,\"event \"\"x,y\"\"\",an event,\"1,\"\"a\"\"\n2\"\n"))
                    .collect();
                assert_eq!(text, format!("file,line,column,found,allowed,row\n{rows}"));
            }
        }
        fs::write(&path, "file,line,something else\n").unwrap();
        let refused = RejectsBeside::new(path, false).err().unwrap().to_string();
        assert!(refused.contains("a.rejects.csv") && refused.contains("--rejects"), "{refused}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn an_unfinished_one_leaves_nothing_and_places_can_stand_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.csv");
        let rejects = RejectsBeside::new(path.clone(), true).unwrap();
        rejects.reject(Path::new("log.csv"), &bad(3, 0, "recipient 4917112345")).unwrap();
        drop(rejects);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let rejects = RejectsBeside::new(path.clone(), true).unwrap();
        rejects.reject(Path::new("log.csv"), &bad(3, 0, "recipient 4917112345")).unwrap();
        assert_eq!(rejects.finish().unwrap().first.as_deref(), Some("log.csv:3: (allowed: an event)"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "file,line,column,found,allowed,row\nlog.csv,3,,,an event,\n");
    }
}
