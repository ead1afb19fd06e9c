//! A run's folder: written under another name, given its own only when it is complete, never replaced unasked.
//!
//! `<base>/<scenario>/<12 hex digits of the inputs' hash>/`. Every file is on the disk before the manifest is
//! written, and the manifest before the folder gets its name. Knows files and hashes; must not know what is in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::atomic::{beside, sync_folder};
use super::manifest::{FileEntry, Inputs, LogDigest, Manifest};
use crate::store::StoreError;
use crate::store::error::Difference;

/// The manifest's name in a run folder.
pub const MANIFEST: &str = "manifest.json";
/// Marks a folder being written with who writes it; gone before the folder gets its name.
const OWNER: &str = ".owner";
/// Longest name or path part \[bytes\].
const LONGEST: usize = 100;

/// How a run ended up on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The folder is new.
    Written,
    /// The folder was there already and holds the same bytes; it was left alone.
    Verified,
    /// The folder was there already and was replaced, as asked.
    Replaced,
}

/// A finished run folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Where it is.
    pub path: PathBuf,
    /// How it got there.
    pub settled: Settled,
    /// What its manifest says.
    pub manifest: Manifest,
}

/// A run folder being written. Dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub struct RunFolder {
    target: PathBuf,
    /// Where the folder named by the inputs' hash goes, while that is not known.
    under: Option<PathBuf>,
    /// Folders around it that had to be made, the innermost first.
    new_parents: Vec<PathBuf>,
    partial: PathBuf,
    inputs: Option<Inputs>,
    /// Whether the user named this very folder.
    asked_for: bool,
    force: bool,
    files: BTreeMap<String, FileEntry>,
    reports: Vec<Value>,
    open: BTreeSet<String>,
    leftovers: Vec<PathBuf>,
}

/// A file of a run folder being written: hashed on its way. Hand it back to [`RunFolder::close`].
#[derive(Debug)]
pub struct RunFile {
    name: String,
    path: PathBuf,
    file: File,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl RunFile {
    /// Path inside the folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it will be, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Write for RunFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Where a result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `<base>/<name of the origin>/<12 hex digits of the inputs' hash>`: each set of inputs has a folder of its own.
    Under(PathBuf),
    /// This folder.
    At(PathBuf),
}

/// Where the result of these inputs goes under `base`: `<base>/<name>/<12 hex digits>`.
pub fn run_path(base: &Path, inputs: &Inputs) -> Result<PathBuf, StoreError> {
    check_name(inputs.origin.name(), "a folder of results", false)?;
    Ok(base.join(inputs.origin.name()).join(&inputs.hash()[..12]))
}

/// Where `--keep all` puts the tables of a replication after the first: `replication-00002` and so on.
pub fn replication_folder(replication: u64) -> String {
    format!("replication-{replication:05}")
}

impl RunFolder {
    /// Starts the folder of a run under `base`. What is at its place already is looked at now, so that a long run
    /// does not end in a refusal that could have been given at its start; its bytes are compared at the end.
    pub fn create(base: &Path, inputs: Inputs, force: bool) -> Result<RunFolder, StoreError> {
        let target = run_path(base, &inputs)?;
        if let Found::Ours(manifest) = look(&target)?
            && !force
            && manifest.inputs_hash != inputs.hash()
        {
            return Err(StoreError::Exists { folder: target, what: Difference::Inputs });
        }
        RunFolder::begin(target, None, Some(inputs), force)
    }

    /// Starts a folder whose inputs are only known at the end ([`RunFolder::finish_from`]): a log's digest is not
    /// known before its last row. `name` is that of the origin.
    pub fn create_later(place: Place, name: &str, force: bool) -> Result<RunFolder, StoreError> {
        match place {
            Place::At(target) => RunFolder::begin(target, None, None, force),
            Place::Under(base) => {
                check_name(name, "a folder of results", false)?;
                RunFolder::begin(base.join(name).join("replay"), Some(base), None, force)
            }
        }
    }

    fn begin(
        target: PathBuf,
        under: Option<PathBuf>,
        inputs: Option<Inputs>,
        force: bool,
    ) -> Result<RunFolder, StoreError> {
        // Whoever names a folder may have made it for this; an empty one in a place we chose is somebody else's.
        let asked_for = inputs.is_none();
        if under.is_none() {
            match look(&target)? {
                Found::Foreign if asked_for && is_empty(&target)? => {}
                Found::Foreign if !force => {
                    return Err(StoreError::Exists { folder: target, what: Difference::NoManifest });
                }
                Found::Ours(_) | Found::Foreign if force => {
                    check_replaceable(&target)?;
                }
                _ => {}
            }
        }
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let new_parents: Vec<PathBuf> = parent
            .ancestors()
            .take_while(|p| !p.as_os_str().is_empty() && !p.exists())
            .map(Path::to_path_buf)
            .collect();
        fs::create_dir_all(&parent).map_err(|e| StoreError::io(&parent, "create the folder", e))?;
        let leftovers = clear_leftovers(&target);
        let partial = beside(&target, "partial");
        fs::create_dir(&partial).map_err(|e| StoreError::io(&target, "create the folder", e))?;
        let folder = RunFolder {
            target,
            under,
            new_parents,
            partial,
            inputs,
            asked_for,
            force,
            files: BTreeMap::new(),
            reports: Vec::new(),
            open: BTreeSet::new(),
            leftovers,
        };
        let owner = folder.partial.join(OWNER);
        fs::write(&owner, identity().unwrap_or_default()).map_err(|e| StoreError::io(&owner, "write", e))?;
        Ok(folder)
    }

    /// Where the folder will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Folders that earlier, interrupted runs left and that could not safely be told dead: worth a line to the user.
    pub fn leftovers(&self) -> &[PathBuf] {
        &self.leftovers
    }

    /// Writes one file. `name` may have folders: `charts/score.svg`.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let mut file = self.create_file(name)?;
        let path = self.target.join(name);
        file.write_all(bytes).map_err(|e| StoreError::io(&path, "write", e))?;
        self.close(file)
    }

    /// Opens one file for writing bit by bit. Use large writes: nothing is buffered here.
    pub fn create_file(&mut self, name: &str) -> Result<RunFile, StoreError> {
        check_name(name, "a file of a run", true)?;
        assert!(name != MANIFEST, "the manifest is written by finish");
        assert!(!self.files.contains_key(name), "{name} is written once");
        let path = self.partial.join(name);
        // Messages name the place the user knows, not the temporary one.
        let shown = self.target.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| StoreError::io(&shown, "create", e))?;
        }
        let file = File::create_new(&path).map_err(|e| StoreError::io(&shown, "create", e))?;
        self.open.insert(name.to_string());
        Ok(RunFile { name: name.to_string(), path: shown, file, hasher: blake3::Hasher::new(), bytes: 0 })
    }

    /// Completes a file: on the disk, and in the manifest.
    pub fn close(&mut self, file: RunFile) -> Result<(), StoreError> {
        assert!(self.open.remove(&file.name), "{} was opened in this folder", file.name);
        file.file.sync_all().map_err(|e| StoreError::io(&file.path, "write", e))?;
        let blake3 = file.hasher.finalize().to_hex().to_string();
        let entry = FileEntry { path: file.name.clone(), bytes: file.bytes, blake3 };
        self.files.insert(file.name, entry);
        Ok(())
    }

    /// Writes the manifest and puts the folder in its place.
    ///
    /// # Panics
    /// If a file was opened and not closed, or if the folder was begun without inputs.
    pub fn finish(mut self, logs: Vec<LogDigest>) -> Result<Finished, StoreError> {
        let inputs = self.inputs.take().expect("begun with its inputs");
        self.finish_from(inputs, logs)
    }

    /// What it is made from, where that was known from the beginning.
    pub fn inputs(&self) -> Option<&Inputs> {
        self.inputs.as_ref()
    }

    /// Keeps in the manifest what charts and reports say beside the tables.
    pub fn report(&mut self, value: Value) {
        self.reports.push(value);
    }

    /// As [`RunFolder::finish`], with inputs that are known only now.
    ///
    /// # Panics
    /// If a file was opened and not closed.
    pub fn finish_from(mut self, inputs: Inputs, logs: Vec<LogDigest>) -> Result<Finished, StoreError> {
        assert!(self.open.is_empty(), "files were not closed: {:?}", self.open);
        if let Some(base) = &self.under {
            self.target = run_path(base, &inputs)?;
        }
        let manifest = Manifest {
            inputs_hash: inputs.hash(),
            inputs,
            logs,
            files: std::mem::take(&mut self.files).into_values().collect(),
            reports: std::mem::take(&mut self.reports),
        };
        let folders: BTreeSet<PathBuf> =
            manifest.files.iter().flat_map(|f| folders_of(&f.path)).map(|f| self.partial.join(f)).collect();
        for folder in folders {
            sync_folder(&folder)?;
        }
        let owner = self.partial.join(OWNER);
        fs::remove_file(&owner).map_err(|e| StoreError::io(&owner, "remove", e))?;
        let shown = self.target.join(MANIFEST);
        (|| {
            let mut file = File::create_new(self.partial.join(MANIFEST))?;
            file.write_all(&manifest.to_bytes())?;
            file.sync_all()
        })()
        .map_err(|e| StoreError::io(&shown, "write", e))?;
        sync_folder(&self.partial)?;
        let settled = self.settle(&manifest)?;
        if let Some(parent) = self.target.parent().filter(|p| !p.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        Ok(Finished { path: self.target.clone(), settled, manifest })
    }

    fn settle(&self, manifest: &Manifest) -> Result<Settled, StoreError> {
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|e| StoreError::io(&self.target, "put the folder in place", e))
        };
        // An empty folder would be taken over by the rename; whoever made it did not ask for that.
        let free = match look(&self.target)? {
            Found::Nothing => true,
            Found::Foreign => self.asked_for && is_empty(&self.target)?,
            Found::Ours(_) => false,
        };
        if free {
            match fs::rename(&self.partial, &self.target) {
                Ok(()) => return Ok(Settled::Written),
                // Another run of the same inputs was faster.
                Err(_) if fs::symlink_metadata(&self.target).is_ok() => {}
                Err(e) => return Err(StoreError::io(&self.target, "put the folder in place", e)),
            }
        }
        let Some(difference) = self.compare(manifest)? else { return Ok(Settled::Verified) };
        if !self.force {
            return Err(StoreError::Exists { folder: self.target.clone(), what: difference });
        }
        let old_files = check_replaceable(&self.target)?;
        let old = beside(&self.target, "old");
        rename(&self.target, &old)?;
        if let Err(error) = rename(&self.partial, &self.target) {
            // Better the old folder than none.
            rename(&old, &self.target)?;
            return Err(error);
        }
        remove_listed(&old, &old_files)?;
        Ok(Settled::Replaced)
    }

    /// The first thing in which the folder in place differs from the one just written.
    fn compare(&self, new: &Manifest) -> Result<Option<Difference>, StoreError> {
        let old = match look(&self.target)? {
            Found::Ours(old) => old,
            Found::Nothing | Found::Foreign => return Ok(Some(Difference::NoManifest)),
        };
        if old.inputs_hash != new.inputs_hash {
            return Ok(Some(Difference::Inputs));
        }
        for file in &new.files {
            let path = self.target.join(&file.path);
            match hash_file(&path) {
                Ok(found) if found == (file.bytes, file.blake3.clone()) => {}
                Ok(_) => return Ok(Some(Difference::File(file.path.clone()))),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    return Ok(Some(Difference::Missing(file.path.clone())));
                }
                Err(e) => return Err(StoreError::io(&path, "read", e)),
            }
        }
        let extra = old.files.iter().find(|o| new.files.iter().all(|n| n.path != o.path));
        if let Some(extra) = extra {
            return Ok(Some(Difference::Extra(extra.path.clone())));
        }
        Ok((*old != *new).then(|| Difference::File(MANIFEST.to_string())))
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Ours by construction. After a rename there is nothing here; a failure leaves a name that says what it is.
        let _ = fs::remove_dir_all(&self.partial);
        for parent in &self.new_parents {
            // Only goes if it is empty: nothing came of what it was made for.
            let _ = fs::remove_dir(parent);
        }
    }
}

/// What is at a run's place.
enum Found {
    Nothing,
    /// A folder with a manifest of this program.
    Ours(Box<Manifest>),
    /// Anything else.
    Foreign,
}

fn look(target: &Path) -> Result<Found, StoreError> {
    match fs::symlink_metadata(target) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) => return Err(StoreError::io(target, "look at", e)),
        Ok(found) if !found.is_dir() => return Ok(Found::Foreign),
        Ok(_) => {}
    }
    let path = target.join(MANIFEST);
    match fs::read(&path) {
        Ok(bytes) => Ok(Manifest::parse(&bytes).map_or(Found::Foreign, |m| Found::Ours(Box::new(m)))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Found::Foreign),
        Err(e) => Err(StoreError::io(&path, "read", e)),
    }
}

/// Whether it is a folder without anything in it.
fn is_empty(target: &Path) -> Result<bool, StoreError> {
    let entries = if target.is_dir() { Some(fs::read_dir(target)) } else { None };
    match entries {
        None => Ok(false),
        Some(Ok(mut entries)) => Ok(entries.next().is_none()),
        Some(Err(e)) => Err(StoreError::io(target, "read the folder", e)),
    }
}

/// Paths of the files that may be deleted with a folder of ours; an error naming what is not ours otherwise.
fn check_replaceable(target: &Path) -> Result<Vec<String>, StoreError> {
    let not_ours = |what: String| Err(StoreError::NotOurs { folder: target.to_path_buf(), what });
    let manifest = match look(target)? {
        Found::Ours(manifest) => manifest,
        Found::Nothing => return Ok(Vec::new()),
        Found::Foreign if !target.is_dir() => return not_ours("it is not a folder".to_string()),
        Found::Foreign => return not_ours("it has no manifest.json of tiersim".to_string()),
    };
    let mut files: Vec<String> = manifest.files.into_iter().map(|f| f.path).collect();
    files.push(MANIFEST.to_string());
    let folders: BTreeSet<PathBuf> = files.iter().flat_map(|f| folders_of(f)).collect();
    let mut todo = vec![PathBuf::new()];
    while let Some(folder) = todo.pop() {
        let shown = target.join(&folder);
        let failed = |e| StoreError::io(&shown, "read the folder", e);
        for entry in fs::read_dir(&shown).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let inside = folder.join(entry.file_name());
            let kind = entry.file_type().map_err(failed)?;
            let known = if kind.is_dir() {
                todo.push(inside.clone());
                folders.contains(&inside)
            } else {
                kind.is_file() && files.iter().any(|f| Path::new(f) == inside)
            };
            if !known {
                return not_ours(format!("it holds {}, which its manifest does not list", inside.display()));
            }
        }
    }
    Ok(files)
}

/// Deletes these files and the folders they leave empty. Something that came in between stays, and is an error.
fn remove_listed(folder: &Path, files: &[String]) -> Result<(), StoreError> {
    let mut folders: BTreeSet<PathBuf> = BTreeSet::from([PathBuf::new()]);
    for file in files {
        let path = folder.join(file);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StoreError::io(&path, "remove", e)),
            _ => folders.extend(folders_of(file)),
        }
    }
    // Children sort after their parents.
    for inside in folders.iter().rev() {
        let path = folder.join(inside);
        match fs::remove_dir(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StoreError::io(&path, "remove", e)),
            _ => {}
        }
    }
    Ok(())
}

/// The folders a path inside a run folder needs: `a`, `a/b` for `a/b/c.svg`.
fn folders_of(file: &str) -> Vec<PathBuf> {
    let ancestors = Path::new(file).ancestors().skip(1);
    ancestors.filter(|a| !a.as_os_str().is_empty()).map(Path::to_path_buf).collect()
}

pub(super) fn hash_file(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let (mut block, mut bytes) = (vec![0; 256 * 1024], 0);
    loop {
        match file.read(&mut block)? {
            0 => return Ok((bytes, hasher.finalize().to_hex().to_string())),
            n => {
                hasher.update(&block[..n]);
                bytes += n as u64;
            }
        }
    }
}

/// Names become paths on any system and in any shell without surprises.
fn check_name(name: &str, role: &'static str, path_allowed: bool) -> Result<(), StoreError> {
    let part_ok = |part: &str| {
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        plain && !part.is_empty() && !part.starts_with('.') && part.len() <= LONGEST
    };
    let ok = if path_allowed { name.split('/').all(part_ok) } else { part_ok(name) };
    if ok { Ok(()) } else { Err(StoreError::Name { found: name.to_string(), role, path_allowed }) }
}

/// Which boot and process space this is: a process id means something only there. None where it cannot be told.
pub(super) fn identity() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), space.display()))
}

/// Removes what dead runs of the same target left; gives back what may belong to a living one, or cannot be told.
/// Failures here are no failures of this run.
fn clear_leftovers(target: &Path) -> Vec<PathBuf> {
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else { return Vec::new() };
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let prefixes = ["partial", "old"].map(|word| format!(".{}.{word}-", name.to_string_lossy()));
    let mut left: Vec<PathBuf> = Vec::new();
    for entry in entries.flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        let Some((which, rest)) =
            prefixes.iter().enumerate().find_map(|(i, p)| Some((i, found.strip_prefix(p)?)))
        else {
            continue;
        };
        let process = rest.split('-').next().unwrap_or_default();
        if process == std::process::id().to_string() {
            continue;
        }
        let path = entry.path();
        let mine = identity();
        let same_place = mine.is_some() && fs::read_to_string(path.join(OWNER)).ok() == mine;
        let dead = same_place && !process.is_empty() && !Path::new("/proc").join(process).exists();
        // A folder moved aside may be the only copy of a run: never removed unasked.
        if which == 0 && dead && fs::remove_dir_all(&path).is_ok() {
            continue;
        }
        left.push(path);
    }
    left.sort();
    left
}

#[cfg(test)]
mod tests;
