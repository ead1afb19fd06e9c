//! The rejects file: what did not read, where, and why, as a table that can be mended and imported again.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::exit::Failure;

const HEADER: &str = "file,line,column,reason,text";

/// A rejects file on its way: it is made at the first reject and gets its name at the end.
pub struct Rejects {
    path: PathBuf,
    /// Leave the rejected text out: it may hold what must not be kept.
    without_text: bool,
    writer: Option<csv::Writer<tempfile::NamedTempFile>>,
    count: u64,
    first: Option<String>,
}

impl Rejects {
    /// A rejects file that will be `path`.
    pub fn new(path: PathBuf, without_text: bool) -> Rejects {
        Rejects { path, without_text, writer: None, count: 0, first: None }
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first one, in words.
    pub fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    /// One more.
    pub fn push(
        &mut self,
        file: &str,
        line: u64,
        column: u64,
        reason: &str,
        text: &str,
    ) -> Result<(), Failure> {
        self.count += 1;
        self.first.get_or_insert_with(|| format!("{file}:{line}:{column}: {reason}"));
        let shown = self.path.display().to_string();
        if self.writer.is_none() {
            if !self.replaceable() {
                return Err(Failure::InputOutput(anyhow::anyhow!(
                    "{shown}: exists already and is no rejects file; name another with --rejects FILE"
                )));
            }
            let folder = match self.path.parent() {
                Some(p) if !p.as_os_str().is_empty() => p,
                _ => Path::new("."),
            };
            let file = tempfile::Builder::new()
                .prefix(".rejects-")
                .tempfile_in(folder)
                .map_err(|e| Failure::io("create", &shown, &e))?;
            let mut writer = csv::Writer::from_writer(file);
            writer.write_record(HEADER.split(',')).map_err(|e| failed(&shown, e))?;
            self.writer = Some(writer);
        }
        let text = if self.without_text { "" } else { text };
        let writer = self.writer.as_mut().expect("just made");
        let record = [file, &line.to_string(), &column.to_string(), reason, text];
        writer.write_record(record).map_err(|e| failed(&shown, e))
    }

    /// Gives the file its name. Nothing is written where nothing was rejected.
    pub fn finish(&mut self) -> Result<(), Failure> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let shown = self.path.display().to_string();
        let mut file = writer.into_inner().map_err(|e| Failure::io("write", &shown, e.error()))?;
        file.flush().map_err(|e| Failure::io("write", &shown, &e))?;
        file.persist(&self.path).map_err(|e| Failure::io("create", &shown, &e.error))?;
        Ok(())
    }

    /// Whether the name is free or holds an earlier rejects file.
    fn replaceable(&self) -> bool {
        match std::fs::File::open(&self.path) {
            Err(_) => true,
            Ok(file) => {
                let mut start = Vec::new();
                let limit = HEADER.len() as u64 + 1;
                let read = std::io::Read::read_to_end(&mut std::io::Read::take(file, limit), &mut start);
                read.is_ok() && start == format!("{HEADER}\n").as_bytes()
            }
        }
    }

    /// Whether a rejects file of an earlier import lies there although nothing is rejected now.
    pub fn stale(&self) -> bool {
        self.count == 0 && self.path.exists()
    }
}

fn failed(path: &str, e: csv::Error) -> Failure {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => Failure::io("write", path, &e),
        other => Failure::InputOutput(anyhow::anyhow!("{path}: cannot write: {other:?}")),
    }
}
