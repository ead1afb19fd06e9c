//! Logs as arguments: which files, in what order their rows come, what becomes of bad ones, and a second file merged
//! in.
//!
//! Shared by every command that reads a log.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use clap::ValueEnum;
use rustc_hash::FxHashMap;

use crate::cli::args::Common;
use crate::cli::exit::Failure;
use crate::cli::progress::Progress;
use crate::messaging::SignalKind;
use crate::messaging::record::{COLUMNS, Columns, Event};
use crate::policy::fold::{About, Malformed};
use crate::report::words::{clean, count, plural, shorten};
use crate::sim::{SimDuration, SimTime};
use crate::store::StoreError;
use crate::store::folder::RunFile;
use crate::store::log::read::{Batch, Ignored, Inputs, LogStream, OnBadRow, Order, ReadOptions, Rejects};
use crate::store::rejects::{Rejected, RejectsBeside, RejectsTable};

/// Which logs to read, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct LogArgs {
    /// Event logs: CSV, NDJSON or Parquet, plain or .gz or .zst; patterns such as 'logs/*.csv'; - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub logs: Vec<String>,
    /// What to do with rows that make no sense: stop at the first, or set them aside in rejects.csv
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub on_bad_row: Bad,
    /// Refuse a log whose rows are out of order instead of sorting it
    #[arg(long)]
    pub strict: bool,
    /// Folder for sorting what does not fit into memory [default: the system's]
    #[arg(long, value_name = "DIR")]
    pub temp_dir: Option<PathBuf>,
}

/// What to do with bad rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Bad {
    /// End with an error.
    Stop,
    /// Set them aside.
    Reject,
}

impl LogArgs {
    /// The order asked for.
    pub fn order(&self) -> Order {
        if self.strict { Order::Strict } else { Order::Auto }
    }

    fn options(&self, order: Order, cancel: &Arc<AtomicBool>, progress: &Arc<AtomicU64>) -> ReadOptions {
        let mut options = ReadOptions {
            order,
            cancelled: cancel.clone(),
            progress: progress.clone(),
            ..ReadOptions::default()
        };
        options.temp_dir = self.temp_dir.clone().unwrap_or(options.temp_dir);
        options
    }
}

/// Where rejected rows go in a folder of results.
pub struct RejectsFile(Mutex<RejectsTable<RunFile>>);

impl RejectsFile {
    /// Into a file of a folder of results.
    pub fn new(file: RunFile) -> RejectsFile {
        let path = file.path().to_path_buf();
        RejectsFile(Mutex::new(RejectsTable::new(file, &path)))
    }

    /// The file, complete.
    pub fn finish(self) -> Result<RunFile, StoreError> {
        self.0.into_inner().expect("no one panics while holding it").finish()
    }
}

impl Rejects for RejectsFile {
    fn reject(&self, path: &Path, bad: &crate::store::log::read::BadRow) -> Result<(), StoreError> {
        self.0.lock().expect("no one panics while holding it").push(path, bad)
    }
}

/// Where rejected rows go for a command without a folder of results: `--rejects`, else the given place; none where
/// bad rows end the command.
pub fn rejects_beside(
    args: &LogArgs,
    asked: Option<&PathBuf>,
    usual: PathBuf,
    places_only: bool,
) -> Result<Option<RejectsBeside>, Failure> {
    match (args.on_bad_row, asked) {
        (Bad::Stop, None) => Ok(None),
        (Bad::Stop, Some(_)) => {
            Err(Failure::input("--rejects: nothing is set aside without --on-bad-row reject"))
        }
        (Bad::Reject, asked) => Ok(Some(RejectsBeside::new(asked.cloned().unwrap_or(usual), places_only)?)),
    }
}

/// What became of rejected rows, in a sentence or two; empty if there is nothing to say.
pub fn rejected_words(rejected: &Rejected) -> String {
    let path = clean(&rejected.path.display().to_string());
    match &rejected.first {
        Some(first) => format!(
            "{} set aside, with place and reason, in {path}. First: {}",
            plural(rejected.count, "malformed row was", "malformed rows were"),
            shorten(&clean(first), 300)
        ),
        None if rejected.stale => format!("No row was malformed; {path} is of an earlier time."),
        None => String::new(),
    }
}

/// A log being read, with another merged in.
pub struct Log<'r> {
    stream: LogStream<'r>,
    batch: Batch,
    /// The log's numbers, for rows of the merged file; none where nothing is merged, or the log can't be read twice.
    roster: Option<Roster>,
    /// People of the merged file that the log never wrote to; none where that can't be told.
    strangers: Option<Strangers>,
    progress: Option<Progress>,
}

/// What a batch came to.
pub enum More {
    /// Rows to be taken.
    Rows,
    /// The log has ended.
    End,
    /// Rows turned out to be out of order after earlier ones were handed out: start over with [`Order::Sort`].
    StartOver,
}

impl<'r> Log<'r> {
    /// Opens the logs, and `with` beside them.
    pub fn open(
        args: &LogArgs,
        with: &[String],
        order: Order,
        rejects: Option<&'r dyn Rejects>,
        common: &Common,
        cancel: &Arc<AtomicBool>,
    ) -> Result<Log<'r>, Failure> {
        let on_bad_row = match rejects {
            Some(rejects) => OnBadRow::Reject(rejects),
            None => OnBadRow::Stop,
        };
        let counter = Arc::new(AtomicU64::new(0));
        let inputs = Inputs::of(&args.logs)?;
        let (mut roster, mut strangers) = (None, None);
        if !with.is_empty() && inputs.can_be_reread() && Inputs::of(with)?.can_be_reread() {
            let mut people = Strangers::of(args, with, cancel)?;
            roster = Some(Roster::of(args, &mut people, cancel)?);
            strangers = Some(people);
        } else if !with.is_empty() && inputs.can_be_reread() {
            roster = Some(Roster::of(args, &mut Strangers::default(), cancel)?);
        } else if !with.is_empty() && nameless(args, with, cancel)? {
            return Err(Failure::input(format!(
                "--with {}: rows without a number need the log as a file, to tell whether it has only one number; \
                 give it as a file, or add a number column",
                with.join(", ")
            )));
        }
        let total = inputs.bytes();
        let options = args.options(order, cancel, &counter);
        let mut stream = LogStream::open(inputs, options.clone(), on_bad_row)?;
        if !with.is_empty() {
            // Counted apart: the bar follows the log.
            let aside = ReadOptions {
                progress: Arc::default(),
                order: if order == Order::Strict { order } else { Order::Sort },
                ..options
            };
            stream = LogStream::merge(stream, LogStream::open(Inputs::of(with)?, aside, on_bad_row)?);
        }
        let progress = total.map(|total| Progress::show(counter, total, common.quiet, "reading"));
        Ok(Log { stream, batch: Batch::new(), roster, strangers, progress })
    }

    /// Reads the next rows.
    pub fn next(&mut self) -> Result<More, Failure> {
        match self.stream.next(&mut self.batch) {
            Ok(true) => Ok(More::Rows),
            Ok(false) => {
                self.progress = None;
                Ok(More::End)
            }
            Err(StoreError::OutOfOrder { .. }) => Ok(More::StartOver),
            Err(e) => Err(e.into()),
        }
    }

    /// Rows of the present batch.
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// A row of the present batch.
    pub fn row(&self, i: usize) -> Columns<'_> {
        self.batch.get(i)
    }

    /// What rows of the present batch are about.
    pub fn subjects(&self, rows: Range<usize>) -> impl Iterator<Item = About<'_>> {
        let text = |i, column| self.batch.text(i, column);
        rows.map(move |i| About { number: text(i, 0), recipient: text(i, 2), message: text(i, 3) })
    }

    /// When a row of the present batch happened.
    pub fn time(&self, i: usize) -> SimTime {
        self.batch.time(i)
    }

    /// Which number and portfolio a row of the merged file is about: its own number, else the log's only one, else
    /// the one that `last_deliverer` tells for the row's recipient. None for rows of the log itself.
    pub fn number_of(
        &self,
        i: usize,
        last_deliverer: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Option<(String, String)>, Malformed> {
        // Nearly always nothing is merged: this is asked of every row.
        let Some(roster) = &self.roster else { return Ok(None) };
        if !self.stream.is_with(self.batch.place(i)) {
            return Ok(None);
        }
        let row = self.batch.get(i);
        if !matches!(row.event, Event::Signal(_)) {
            return Ok(None);
        }
        let [named, portfolio, recipient, ..] = row.texts;
        let malformed =
            |found: &str, allowed: String| Malformed { column: "number", found: found.to_string(), allowed };
        let number = match (named, roster.0.len()) {
            ("", 1) => roster.0.keys().next().cloned(),
            ("", _) => last_deliverer(recipient),
            _ => Some(named.to_string()),
        };
        let Some(number) = number else {
            let why =
                "the log has several numbers and none of them delivered to this recipient before; name one";
            return Err(malformed("", why.to_string()));
        };
        let Some(home) = roster.0.get(&number) else {
            let near = crate::text::nearest(&number, roster.0.keys().map(String::as_str));
            let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
            return Err(malformed(&number, format!("a number of the log{hint}")));
        };
        // A row older than the log's first must not put the number into another portfolio than the log does.
        let home = if portfolio.is_empty() { home.clone() } else { portfolio.to_string() };
        Ok(Some((number, home)))
    }

    /// Sets a row aside that makes no sense, or ends with an error, as asked.
    pub fn refuse(&mut self, i: usize, fault: &Malformed) -> Result<(), Failure> {
        let column = COLUMNS.iter().position(|c| *c == fault.column);
        let found = match (column, fault.found.as_str()) {
            (_, "") => format!("no {}", fault.column),
            (_, found) => format!("{} {found:?}", fault.column),
        };
        let allowed = fault.allowed.strip_prefix("allowed: ").unwrap_or(&fault.allowed);
        Ok(self.stream.refuse(&self.batch, i, column, found, allowed)?)
    }

    /// People in the merged file to whom the log never wrote: how many, and what to say of them. None where
    /// that can't be told: nothing is merged, or a file can't be read twice.
    pub fn strangers(&self) -> Option<(u64, String)> {
        let strangers = self.strangers.as_ref()?;
        // No two have the same place, so the order of the map does not matter.
        let Some((first, _)) = strangers.waiting.iter().min_by_key(|(_, order)| **order) else {
            return Some((0, String::new()));
        };
        let many = strangers.waiting.len() as u64;
        let said = format!(
            "{} of {} in the --with files got no message in the log (the first: {:?}): are they spelt as in the log, \
             and pseudonymised with the same key? Their blocks and reports count all the same.",
            count(many),
            plural(strangers.all, "person", "people"),
            shorten(&clean(first), 60)
        );
        Some((many, said))
    }

    /// What is known of the rows read so far.
    pub fn counts(&self) -> crate::store::log::read::RowCounts {
        self.stream.counts()
    }

    /// Columns that are none of the schema's, by file: `file: a, b`.
    pub fn ignored(&self) -> Vec<String> {
        let shown = |i: Ignored| {
            let place = crate::store::log::read::Place { file: i.file, line: 0 };
            format!("{}: {}", self.stream.name(place).display(), i.columns.join(", "))
        };
        self.stream.ignored().into_iter().map(shown).collect()
    }
}

/// Whether some signal of the merged files names no number.
fn nameless(args: &LogArgs, with: &[String], cancel: &Arc<AtomicBool>) -> Result<bool, Failure> {
    let options = args.options(Order::Sort, cancel, &Arc::default());
    // Bad rows are dealt with when they are read in earnest.
    let mut stream = LogStream::open(Inputs::of(with)?, options, OnBadRow::Reject(&Nowhere))?;
    let mut batch = Batch::new();
    while stream.next(&mut batch)? {
        if batch.iter().any(|r| matches!(r.event, Event::Signal(_)) && r.texts[0].is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// People of a merged file until the log is seen to write to them.
#[derive(Default)]
struct Strangers {
    /// With their order of appearance.
    waiting: FxHashMap<String, usize>,
    /// How many there were at first.
    all: u64,
}

impl Strangers {
    /// Everybody in the files.
    fn of(args: &LogArgs, with: &[String], cancel: &Arc<AtomicBool>) -> Result<Strangers, Failure> {
        let options = args.options(Order::Sort, cancel, &Arc::default());
        let mut stream = LogStream::open(Inputs::of(with)?, options, OnBadRow::Reject(&Nowhere))?;
        let (mut batch, mut out) = (Batch::new(), Strangers::default());
        while stream.next(&mut batch)? {
            for row in batch.iter().filter(|r| matches!(r.event, Event::Signal(_))) {
                let name = row.texts[2];
                if !name.is_empty() && !out.waiting.contains_key(name) {
                    out.waiting.insert(name.to_string(), out.waiting.len());
                }
            }
        }
        out.all = out.waiting.len() as u64;
        Ok(out)
    }

    /// Takes note of a row of the log.
    fn see(&mut self, row: &Columns<'_>) {
        let wrote = matches!(
            row.event,
            Event::Signal(SignalKind::MessageSent | SignalKind::MessageDelivered | SignalKind::MessageRead)
        );
        if wrote && !self.waiting.is_empty() {
            self.waiting.remove(row.texts[2]);
        }
    }
}

/// The numbers of a log, each with the portfolio its first row names.
struct Roster(BTreeMap<String, String>);

impl Roster {
    /// Reads the log once for its numbers, and for whom it writes to.
    fn of(args: &LogArgs, people: &mut Strangers, cancel: &Arc<AtomicBool>) -> Result<Roster, Failure> {
        let open = |order| -> Result<LogStream<'static>, Failure> {
            let options = args.options(order, cancel, &Arc::default());
            Ok(LogStream::open(Inputs::of(&args.logs)?, options, OnBadRow::Reject(&Nowhere))?)
        };
        let mut stream = open(Order::Auto)?;
        let mut batch = Batch::new();
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        loop {
            match stream.next(&mut batch) {
                Ok(true) => {}
                Ok(false) => return Ok(Roster(found)),
                Err(StoreError::OutOfOrder { .. }) => {
                    found.clear();
                    stream = open(Order::Sort)?;
                    continue;
                }
                Err(e) => return Err(e.into()),
            }
            for row in batch.iter().filter(|r| matches!(r.event, Event::Signal(_))) {
                let [number, portfolio, ..] = row.texts;
                people.see(&row);
                if !number.is_empty() && !found.contains_key(number) {
                    found.insert(number.to_string(), portfolio.to_string());
                }
            }
        }
    }
}

/// Rows that will be rejected, or end the command, when they are read in earnest.
struct Nowhere;

impl Rejects for Nowhere {
    fn reject(&self, _: &Path, _: &crate::store::log::read::BadRow) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A name for what is read: the first file's, without its endings.
pub fn name(logs: &[String]) -> String {
    let first = logs.first().map_or("", String::as_str);
    if first == "-" {
        return "stdin".to_string();
    }
    let file = Path::new(first).file_name().map_or(first.into(), |n| n.to_string_lossy());
    let stem = [".zst", ".gz", ".csv", ".ndjson", ".jsonl", ".parquet"]
        .into_iter()
        .fold(file.to_string(), |name, ending| name.strip_suffix(ending).unwrap_or(&name).to_string());
    // `events.csv` of a run is better known by its scenario: output/<scenario>/<hash>/events.csv.
    let folders: Vec<&str> = Path::new(first).iter().filter_map(|p| p.to_str()).collect();
    let stem = match &folders[..] {
        [.., scenario, _, _] if stem == "events" => scenario,
        _ => stem.as_str(),
    };
    plain_name(stem)
}

/// A text as a folder may be called.
pub fn plain_name(text: &str) -> String {
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = text.chars().map(|c| if ok(c) { c } else { '-' }).take(100).collect();
    let name = name.trim_start_matches('.').to_string();
    if name.is_empty() { "log".to_string() } else { name }
}

/// An instant as people type it: a date, or date and time with or without seconds and zone; UTC if none is given.
pub fn instant(text: &str) -> Result<SimTime, String> {
    let tries = [text.to_string(), format!("{text}Z"), format!("{text}:00Z"), format!("{text}T00:00:00Z")];
    tries.iter().find_map(|t| SimTime::parse(t).ok()).ok_or_else(|| {
        "a date or a time is needed, such as 2026-03-04, 2026-03-04T10:00 or 2026-03-04T10:00:00+01:00"
            .to_string()
    })
}

/// A positive duration.
pub fn every(text: &str) -> Result<SimDuration, String> {
    match SimDuration::parse(text) {
        Ok(d) if d > SimDuration::ZERO => Ok(d),
        Ok(_) => Err("a positive duration is needed, such as 1h or 1d".to_string()),
        Err(e) => Err(e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_type_them() {
        for (text, wanted) in [
            ("2026-03-04", "2026-03-04T00:00:00.000Z"),
            ("2026-03-04T10:00", "2026-03-04T10:00:00.000Z"),
            ("2026-03-04 10:00:30", "2026-03-04T10:00:30.000Z"),
            ("2026-03-04T10:00:00+01:00", "2026-03-04T09:00:00.000Z"),
            ("1772618400", "2026-03-04T10:00:00.000Z"),
        ] {
            assert_eq!(instant(text).map(|t| t.to_string()), Ok(wanted.to_string()), "{text}");
        }
        assert!(instant("yesterday").is_err() && instant("2026-13-01").is_err());
    }

    #[test]
    fn a_log_is_called_by_its_file_or_its_scenario() {
        let name = |log: &str| name(&[log.to_string()]);
        assert_eq!(name("data/history.csv.gz"), "history");
        assert_eq!(name("logs/2026 *.ndjson"), "2026--");
        assert_eq!(name("output/weekly-promo/0a1b2c3d4e5f/events.parquet"), "weekly-promo");
        assert_eq!(name("-"), "stdin");
        assert_eq!(name("events.csv"), "events");
    }
}
