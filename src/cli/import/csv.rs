//! `tiersim import csv` and `tiersim import mappings`: foreign tables to a log, through a mapping.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::args::OnBadRow;
use crate::cli::import::held::OnDisk;
use crate::cli::import::inputs::{self, Bad, Input};
use crate::cli::import::rejects::Rejects;
use crate::cli::import::{answer, key_of, refuse_same, rejects_beside, target};
use crate::cli::{output, read};
use crate::import::mapping::{self, BadRow, Import, Mapping, Summary, TableError, library};
use crate::import::pseudonym::{Renamed, pseudonymise};
use crate::report::words::{clean, count, plural};
use crate::store::log::{Put, put_log};
use crate::text;

/// `tiersim import csv`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim import csv export.csv --map mapping.toml -o history.parquet
  tiersim import csv messages.csv.gz --map direct-messaging -o history.parquet
  tiersim import csv sheet.csv --map sends-and-blocks --number main -o history.csv
  tiersim import mappings direct-messaging > mine.toml                a mapping to begin with")]
pub struct Csv {
    /// Files (CSV with a header; .gz and .zst too), folders, patterns, or - for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<String>,
    /// What the columns mean: a mapping file, or the name of a shipped mapping (see `tiersim import mappings`)
    #[arg(long, value_name = "FILE|NAME")]
    pub map: String,
    /// The number of all rows, instead of what the mapping says
    #[arg(long, value_name = "ID")]
    pub number: Option<String>,
    /// Leave a kind of rows of the mapping out, such as an assumed one; may be repeated
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
    /// What to do with a row that can't be taken: stop, or put it into the rejects file
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub on_bad_row: OnBadRow,
    /// Where rejected rows go, with their places [default: OUT with the ending .rejects.csv]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Replace people and message ids by a keyed hash; FILE holds the key (at least 16 random bytes)
    #[arg(long, value_name = "KEYFILE", visible_alias = "pseudonymize")]
    pub pseudonymise: Option<PathBuf>,
    /// Folder for sorting what does not fit into memory [default: the system's]
    #[arg(long, value_name = "DIR")]
    pub temp_dir: Option<PathBuf>,
}

/// Runs `tiersim import mappings`.
pub fn mappings(name: Option<&str>) -> Result<Exit, Failure> {
    let text = match name {
        Some(name) => library::text(name).ok_or_else(|| unknown(name))?.to_string(),
        None => {
            let one = |name: &str| {
                let mapping = library::mapping(name).expect("a shipped name");
                format!("{name:<18} {}\n", mapping.summary)
            };
            library::names().into_iter().map(one).collect()
        }
    };
    output::print(&text)?;
    Ok(Exit::Fine)
}

fn unknown(name: &str) -> Failure {
    let names = library::names();
    let hint = text::did_you_mean(name, names.iter().copied()).map_or_else(String::new, |h| format!("; {h}"));
    let shipped = names.join(", ");
    Failure::input(format!(
        "{name}: no such file, and no shipped mapping of that name{hint} (shipped: {shipped})"
    ))
}

fn mapping_of(asked: &str) -> Result<Mapping, Failure> {
    if Path::new(asked).is_file() {
        return mapping::read(asked, &read::text_of(Path::new(asked))?).map_err(Failure::input);
    }
    library::mapping(asked).ok_or_else(|| unknown(asked))
}

/// Runs `tiersim import csv`.
pub fn run(args: &Csv, common: &Common, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let out = target(common)?;
    let mapping = mapping_of(&args.map)?;
    let key = args.pseudonymise.as_deref().map(key_of).transpose()?;
    let number = match args.number.as_deref().map(str::trim) {
        Some("") => return Err(Failure::input("--number: an id is needed")),
        number => number,
    };
    let held = OnDisk::new(args.temp_dir.as_ref(), cancel);
    let mut import = Import::with(&mapping, number, &args.without, held).map_err(Failure::input)?;
    let inputs = inputs::expand(&args.files)?;
    if inputs.contains(&Input::Stdin) && std::io::stdin().is_terminal() {
        output::note(common, "reading a table from standard input (end with Ctrl-D)");
    }
    let path = args.rejects.clone().unwrap_or_else(|| rejects_beside(&out));
    refuse_same(&out, &path)?;
    inputs::refuse_own(&inputs, &[&out, &path])?;
    let mut rejects = Rejects::new(path, key.is_some());
    inputs::each(
        &inputs,
        (args.on_bad_row, &mut rejects),
        common,
        cancel,
        |name, file, reject| {
            import.read(name, file, &mut |bad: BadRow| {
                reject(Bad { line: bad.line, column: bad.column, reason: &bad.reason, text: &bad.text })
            })
        },
        |e| match e {
            TableError::Io(e) => Ok(e),
            TableError::Hold(e) => Err(e.into()),
            wrong => Err(Failure::input(wrong)),
        },
    )?;

    let provenance = [("import", "csv"), ("mapping", mapping.name.as_str())];
    let provenance = provenance.map(|(k, v)| (format!("tiersim.{k}"), v.to_string()));
    let mut renamed = Renamed::default();
    let (put, _, summary) = put_log(&out, common.force, &provenance, |log| {
        import.finish(&mut |mut row| {
            if let Some(key) = &key {
                renamed.see(&row);
                pseudonymise(&mut row, key);
            }
            log.row(&row.columns());
            if cancel.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
        })
    })?;
    rejects.finish()?;
    let answer = Answer {
        inputs: &inputs,
        out: &out,
        put,
        mapping: &mapping,
        summary: &summary,
        rejects: &rejects,
        pseudonymised: key.is_some(),
        renamed,
    };
    output::print(&answer.text())?;
    Ok(Exit::Fine)
}

/// What the import says when it is done.
struct Answer<'a> {
    inputs: &'a [Input],
    out: &'a Path,
    put: Put,
    mapping: &'a Mapping,
    summary: &'a Summary,
    rejects: &'a Rejects,
    pseudonymised: bool,
    renamed: Renamed,
}

impl Answer<'_> {
    fn text(&self) -> String {
        let mut t = String::new();
        self.head(&mut t);
        let rows: Vec<[String; 2]> =
            self.summary.events.iter().map(|(name, n)| [name.to_string(), count(*n)]).collect();
        answer::table(&mut t, "Rows", &["event", "rows"], &rows);
        let mut numbers: Vec<(&String, &u64)> = self.summary.numbers.iter().collect();
        numbers.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        let rows: Vec<[String; 2]> = numbers.iter().map(|(name, n)| [clean(name), count(**n)]).collect();
        answer::table(&mut t, "Numbers", &["number", "rows"], &rows);
        self.assumed(&mut t);
        self.columns(&mut t);
        self.next(&mut t);
        t
    }

    fn head(&self, t: &mut String) {
        let s = self.summary;
        let span = s.span.map_or_else(String::new, |(a, b)| format!(", {a} to {b}"));
        let _ = writeln!(
            t,
            "Imported {} from {} in {}{span}: {}{}.",
            plural(s.rows, "row", "rows"),
            plural(s.read, "source row", "source rows"),
            answer::inputs_words(self.inputs),
            clean(&self.out.display().to_string()),
            answer::put_words(self.put),
        );
        if s.silent > 0 {
            let _ = writeln!(t, "{} no event.", plural(s.silent, "source row holds", "source rows hold"));
        }
        if s.turned > 0 {
            let _ = writeln!(
                t,
                "{} of a message that no row sends: taken as refused attempts (failed_without_send).",
                plural(s.turned, "failure was", "failures were"),
            );
        }
        answer::rejected(t, self.rejects, self.pseudonymised);
        if let Some(warning) = self.renamed.warning() {
            let _ = writeln!(t, "{warning}");
        }
    }

    fn assumed(&self, t: &mut String) {
        let kinds = self.mapping.kinds().zip(&self.summary.kinds);
        let assumed: Vec<_> =
            kinds.filter_map(|((name, why), n)| why.filter(|_| *n > 0).map(|w| (name, w, n))).collect();
        if assumed.is_empty() {
            return;
        }
        let _ = writeln!(t, "\nAssumed by the mapping, not told by the table");
        for (name, why, n) in assumed {
            let rows = plural(*n, "row", "rows");
            let _ = writeln!(t, "  {name}, {rows}: {}\n    (--without {name} leaves them out)", clean(why));
        }
    }

    fn columns(&self, t: &mut String) {
        let s = self.summary;
        for (what, names) in [
            ("Columns of the table that were not used", s.unused.iter().collect::<Vec<_>>()),
            ("Columns of the mapping that the table lacks (taken as empty)", s.lacking.iter().collect()),
        ] {
            if !names.is_empty() {
                let names: Vec<String> = names.into_iter().map(|n| clean(n)).collect();
                let _ = writeln!(t, "\n{what}\n  {}", names.join(", "));
            }
        }
    }

    fn next(&self, t: &mut String) {
        let out = clean(&self.out.display().to_string());
        let _ = writeln!(t, "\nNext");
        let _ = writeln!(
            t,
            "  tiersim replay {out} --policy auto    ratings, limits and statuses by the rules of each date"
        );
        if !["business_blocked", "business_reported"].iter().any(|e| self.summary.events.contains_key(e)) {
            let _ = writeln!(
                t,
                "  No row says who blocked or reported a number. Without them ratings can't be derived; add them with\n  \
                 --with blocks.csv (recipient, time, event, number)."
            );
        }
        if !self.pseudonymised {
            let _ = writeln!(
                t,
                "  People and message ids are those of the table. --pseudonymise KEYFILE replaces both and keeps joins."
            );
        }
    }
}
