//! A sweep that is under way: its inputs and the rows so far, in a folder beside the place of its result.
//!
//! Nothing is lost to Ctrl-C and little to a kill: rows are appended as they come and read back by whoever goes on.
//! The folder has a name of its own, so that no one takes it for a result.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::difference;
use super::rows::{Layout, RowReader};
use super::{DESIGN, HEAD, RUNS, SCENARIO};
use crate::experiment::study::swept::Head;
use crate::store::folder::{identity, run_path};
use crate::store::{Inputs, StoreError};

/// What the rows are made from, as [`Inputs`].
const INPUTS: &str = "inputs.json";
/// Who writes: process, boot and process space.
const OWNER: &str = "owner";

/// What an unfinished sweep is made from.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// Its inputs.
    pub inputs: &'a Inputs,
    /// What tables and charts need.
    pub head: &'a Head,
    /// `design.csv`.
    pub design: &'a [u8],
    /// The scenario as written, resolved.
    pub scenario: &'a str,
}

/// Rows under way.
#[derive(Debug)]
pub struct Unfinished {
    folder: PathBuf,
    file: BufWriter<File>,
}

/// How rows are to be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// From nothing; what is there already is refused.
    Fresh,
    /// From nothing; what is there already is thrown away.
    Anew,
    /// Where an earlier run stopped, if there is one.
    Resume,
}

/// Where the rows of these inputs wait while they are not all there.
pub fn place(base: &Path, inputs: &Inputs) -> Result<PathBuf, StoreError> {
    let target = run_path(base, inputs)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(target.with_file_name(format!("{name}.unfinished")))
}

impl Unfinished {
    /// Opens the rows of a sweep for appending. Returns how many (point, replication) pairs are there already.
    pub fn open(
        base: &Path,
        made: Made<'_>,
        layout: Layout<'_>,
        points: Range<usize>,
        begin: Begin,
    ) -> Result<(Unfinished, usize), StoreError> {
        let folder = place(base, made.inputs)?;
        let there = fs::symlink_metadata(&folder).is_ok();
        if there {
            check_owner(&folder)?;
        }
        match begin {
            Begin::Resume if there => return Unfinished::resume(folder, made, layout, points),
            Begin::Resume => refuse_others(base, made)?,
            Begin::Fresh if there => {
                return Err(StoreError::Unfinished {
                    folder,
                    what: "holds the rows of an earlier run; --resume goes on with them, --force begins anew"
                        .into(),
                });
            }
            Begin::Anew if there => remove(&folder)?,
            Begin::Fresh | Begin::Anew => {}
        }
        fs::create_dir_all(&folder).map_err(|e| StoreError::io(&folder, "create the folder", e))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(|e| StoreError::io(&path, "write", e))
        };
        write(OWNER, owner().as_bytes())?;
        write(HEAD, &pretty(made.head))?;
        write(DESIGN, made.design)?;
        write(SCENARIO, made.scenario.as_bytes())?;
        write(RUNS, &layout.header())?;
        // Last: with it the folder is one that can be gone on with.
        write(INPUTS, &pretty(made.inputs))?;
        let file = append_to(&folder.join(RUNS))?;
        Ok((Unfinished { folder, file }, 0))
    }

    fn resume(
        folder: PathBuf,
        made: Made<'_>,
        layout: Layout<'_>,
        points: Range<usize>,
    ) -> Result<(Unfinished, usize), StoreError> {
        let refused = |what: String| StoreError::Unfinished { folder: folder.clone(), what };
        let Some((inputs, scenario)) = read_inputs(&folder) else {
            return Err(refused("was cut off before its first row; --force begins anew".to_string()));
        };
        if let Some((field, there, here)) =
            difference::of_inputs((&inputs, &scenario), (made.inputs, made.scenario))
        {
            return Err(refused(other_inputs(&field, &there, &here)));
        }
        let path = folder.join(RUNS);
        let mut reader = RowReader::open(&path, layout, points)?;
        while reader.next_row()?.is_some() {}
        let (pairs, bytes) = (reader.pairs(), reader.bytes());
        let owner_path = folder.join(OWNER);
        fs::write(&owner_path, owner()).map_err(|e| StoreError::io(&owner_path, "write", e))?;
        let file = append_to(&path)?;
        // A row cut off in its middle is run again.
        file.get_ref().set_len(bytes).map_err(|e| StoreError::io(&path, "shorten", e))?;
        Ok((Unfinished { folder, file }, pairs))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The rows, to be read once they are all there.
    pub fn rows(&self) -> PathBuf {
        self.folder.join(RUNS)
    }

    /// Appends whole rows.
    pub fn append(&mut self, rows: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(rows).map_err(|e| StoreError::io(&self.rows(), "write", e))
    }

    /// Hands what was appended to the system: from here on it outlives this process.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.file.flush().map_err(|e| StoreError::io(&self.rows(), "write", e))
    }

    /// Removes the folder: its rows are in a result now.
    pub fn discard(self) -> Result<(), StoreError> {
        let folder = self.folder.clone();
        drop(self);
        remove(&folder)
    }
}

/// Whether a result of these inputs is in its place already.
pub fn finished(base: &Path, inputs: &Inputs) -> Result<Option<PathBuf>, StoreError> {
    let target = run_path(base, inputs)?;
    let manifest = fs::read(target.join(crate::store::folder::MANIFEST)).ok();
    let same = manifest
        .and_then(|bytes| crate::store::Manifest::parse(&bytes))
        .is_some_and(|m| m.inputs_hash == inputs.hash());
    Ok(same.then_some(target))
}

fn other_inputs(field: &str, there: &str, here: &str) -> String {
    format!(
        "was made from other inputs: {field} is {there} there and {here} here; rows of both would not belong together. \
         Give it the inputs it had, or leave --resume out"
    )
}

/// Unfinished sweeps of the same name and other inputs: whoever asks to resume means one of them.
fn refuse_others(base: &Path, made: Made<'_>) -> Result<(), StoreError> {
    let around = place(base, made.inputs)?;
    let Some(Ok(entries)) = around.parent().map(fs::read_dir) else { return Ok(()) };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    folders.sort();
    for folder in folders.into_iter().filter(|f| f.extension().is_some_and(|e| e == "unfinished")) {
        let Some((inputs, scenario)) = read_inputs(&folder) else { continue };
        // Parts of the same sweep on this machine are neighbours, not mistakes.
        let without_shard = |i: &Inputs| {
            let mut i = i.clone();
            i.options.remove("shard");
            i
        };
        let found = difference::of_inputs(
            (&without_shard(&inputs), &scenario),
            (&without_shard(made.inputs), made.scenario),
        );
        if let Some((field, there, here)) = found {
            return Err(StoreError::Unfinished { folder, what: other_inputs(&field, &there, &here) });
        }
    }
    Ok(())
}

fn read_inputs(folder: &Path) -> Option<(Inputs, String)> {
    let inputs = serde_json::from_slice(&fs::read(folder.join(INPUTS)).ok()?).ok()?;
    Some((inputs, fs::read_to_string(folder.join(SCENARIO)).ok()?))
}

fn append_to(path: &Path) -> Result<BufWriter<File>, StoreError> {
    let file = OpenOptions::new().append(true).open(path).map_err(|e| StoreError::io(path, "open", e))?;
    Ok(BufWriter::with_capacity(64 * 1024, file))
}

fn owner() -> String {
    let id = std::process::id();
    format!("{id}\n{}\n{}", started(&id.to_string()).unwrap_or_default(), identity().unwrap_or_default())
}

/// When a process that lives began, as the system counts; none where there is none or it cannot be told. A process
/// that ended and that nobody has asked after yet does not live.
fn started(process: &str) -> Option<String> {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat")).ok()?;
    // The name before the last bracket may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_string)).flatten()
}

/// Two writers would mix their rows: refused while the earlier one can be seen to live.
fn check_owner(folder: &Path) -> Result<(), StoreError> {
    let text = fs::read_to_string(folder.join(OWNER)).unwrap_or_default();
    let mut lines = text.splitn(3, '\n');
    let (Some(process), Some(began), Some(place)) = (lines.next(), lines.next(), lines.next()) else {
        return Ok(());
    };
    let same_place = identity().is_some_and(|mine| mine == place);
    let other = process != std::process::id().to_string();
    if same_place && other && !process.is_empty() && started(process).is_some_and(|s| s == began) {
        let what = format!("is being written by process {process}; wait for it, or end it first");
        return Err(StoreError::Unfinished { folder: folder.to_path_buf(), what });
    }
    Ok(())
}

/// Removes the files that belong here and the folder; anything else in it stays, and is an error.
fn remove(folder: &Path) -> Result<(), StoreError> {
    for name in [INPUTS, RUNS, HEAD, DESIGN, SCENARIO, OWNER] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StoreError::io(&path, "remove", e)),
            _ => {}
        }
    }
    fs::remove_dir(folder).map_err(|e| StoreError::io(folder, "remove", e))
}

/// Indented JSON and a line end.
pub fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data becomes JSON");
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::manifest::{Named, Origin};
    use crate::store::sweeps::rows::tests::{bytes, design};
    use crate::store::sweeps::tables::tests::head;

    fn inputs(seed: u64) -> Inputs {
        let scenarios = vec![Named { name: "s".into(), hash: "h".into() }];
        let (study, name) = ("sweep".to_string(), "s".to_string());
        Inputs::new(Origin::Study { study, name, scenarios, seed, replications: 2 }, Vec::new())
    }

    #[test]
    fn rows_outlive_their_writer() {
        let dir = tempfile::tempdir().unwrap();
        let (design, measures) = (design(), ["m".to_string(), "n".to_string()]);
        let layout = Layout { design: &design, measures: &measures, replications: 2 };
        let (inputs, head) = (inputs(1), head());
        let made = |inputs| Made { inputs, head: &head, design: b"", scenario: "days = 3\n" };
        let open = |inputs, begin| Unfinished::open(dir.path(), made(inputs), layout, 0..3, begin);
        let all = bytes(layout);
        let header = layout.header().len();
        // Written up to the middle of a row, then gone.
        let (mut rows, pairs) = open(&inputs, Begin::Fresh).unwrap();
        assert_eq!(pairs, 0);
        rows.append(&all[header..all.len() - 30]).unwrap();
        drop(rows);
        let refused = open(&inputs, Begin::Fresh).unwrap_err().to_string();
        assert!(refused.contains(".unfinished: holds the rows") && refused.contains("--resume"), "{refused}");
        let (mut rows, pairs) = open(&inputs, Begin::Resume).unwrap();
        let there = fs::read(rows.rows()).unwrap();
        assert!(all.starts_with(&there) && there.ends_with(b"\n") && pairs == 5 && there.len() < all.len());
        rows.append(&all[there.len()..]).unwrap();
        rows.flush().unwrap();
        assert_eq!(fs::read(rows.rows()).unwrap(), all, "the same bytes as in one go");
        drop(rows);
        // Other inputs have another place, and whoever says --resume is told what differs.
        let other = self::inputs(2);
        let refused = open(&other, Begin::Resume).unwrap_err().to_string();
        assert!(refused.contains("seed is 1 there and 2 here"), "{refused}");
        assert_eq!(open(&other, Begin::Fresh).unwrap().1, 0);
        let (rows, pairs) = open(&inputs, Begin::Anew).unwrap();
        assert_eq!((pairs, fs::read(rows.rows()).unwrap()), (0, layout.header()));
        let folder = rows.folder().to_path_buf();
        if let Some(place) = identity() {
            // The first process lives as long as there are any.
            let text = format!("1\n{}\n{place}", started("1").unwrap());
            fs::write(folder.join(OWNER), &text).unwrap();
            let refused = open(&inputs, Begin::Resume).unwrap_err().to_string();
            assert!(refused.contains("being written by process 1;"), "{refused}");
            fs::write(folder.join(OWNER), text.replacen("\n", "\n9", 1)).unwrap();
            assert!(open(&inputs, Begin::Resume).is_ok(), "another process has its number by now");
        }
        fs::write(folder.join("mine.txt"), "x").unwrap();
        assert!(rows.discard().is_err() && folder.join("mine.txt").exists(), "what is not ours stays");
    }
}
