//! `tiersim diff`: where two folders of results first part.

use std::path::{Path, PathBuf};

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::store::compare::{FileDiff, Parting, compare};

/// `tiersim diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim diff output/weekly-promo/1a2b3c4d5e6f output/weekly-promo/6f5e4d3c2b1a
  tiersim diff history/2023-03 history/2025-12      two policies of one replay

Exit code: 0 if all files are equal, 1 if not, 2 if one of the folders is no result.")]
pub struct DiffArgs {
    /// A folder that run or replay wrote
    #[arg(value_name = "DIR")]
    pub first: PathBuf,
    /// Another
    #[arg(value_name = "DIR")]
    pub second: PathBuf,
}

/// Every result has one.
const SUMMARY: &str = "summary.json";

/// Which folders inside are results, as a hint; empty if there is none.
fn inside(folder: &Path) -> String {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut names: Vec<PathBuf> = found.filter(|p| p.join(SUMMARY).is_file()).collect();
    names.sort();
    match names.first() {
        None => String::new(),
        Some(first) => format!("; did you mean {}?", first.display()),
    }
}

/// Runs the command.
pub fn diff(args: &DiffArgs, _: &Common) -> Result<Exit, Failure> {
    for folder in [&args.first, &args.second] {
        if !folder.is_dir() {
            let what =
                if folder.exists() { "it is a file, not a folder of results" } else { "no such folder" };
            return Err(Failure::input(format!("{}: {what}", folder.display())));
        }
        // A policy's part of a replay has a summary and no manifest of its own.
        let of_ours = [crate::store::folder::MANIFEST, SUMMARY].iter().any(|f| folder.join(f).is_file());
        if !of_ours {
            return Err(Failure::input(format!(
                "{}: no result of run or replay: it has neither {} nor {SUMMARY}{}",
                folder.display(),
                crate::store::folder::MANIFEST,
                inside(folder)
            )));
        }
    }
    let found = compare(&args.first, &args.second)?;
    let equal = found.iter().all(|f| f.parting.is_none());
    output::print(&text(&found, &args.first, &args.second))?;
    Ok(if equal { Exit::Fine } else { Exit::No })
}

fn text(found: &[FileDiff], first: &Path, second: &Path) -> String {
    let differ: Vec<(&str, &Parting)> =
        found.iter().filter_map(|f| Some((f.name.as_str(), f.parting.as_ref()?))).collect();
    if differ.is_empty() {
        return match found.len() {
            0 => "Both folders are empty.\n".to_string(),
            n => format!("All {n} files are equal to the byte.\n"),
        };
    }
    let mut out = String::new();
    // The earliest row, whichever table has it; a table that follows from another parts no sooner than that.
    let earliest = differ.iter().filter(|d| d.1.time().is_some()).min_by_key(|d| d.1.time());
    let (name, parting) = earliest.unwrap_or(&differ[0]);
    out.push_str(&format!("They part first in {name}: {}\n", words(parting)));
    out.push_str(&format!(
        "\n{} of {} files differ (first: {}, second: {}):\n\n",
        differ.len(),
        found.len(),
        first.display(),
        second.display()
    ));
    let width = found.iter().map(|f| f.name.len()).max().unwrap_or(0);
    for f in found {
        let what = f.parting.as_ref().map_or("equal".to_string(), words);
        out.push_str(&format!("  {:width$}  {what}\n", f.name));
    }
    out
}

fn words(parting: &Parting) -> String {
    match parting {
        Parting::OnlyFirst => "only in the first".to_string(),
        Parting::OnlySecond => "only in the second".to_string(),
        Parting::Columns(a, b) => format!("other columns: {} / {}", a.join(","), b.join(",")),
        Parting::Row { row, time, key, values } => {
            let time = time.as_deref().map_or(String::new(), |t| format!(", {t}"));
            let key: Vec<String> = key.iter().take(3).map(|(k, v)| format!("{k} {v}")).collect();
            let key = if key.is_empty() { String::new() } else { format!(" ({})", key.join(", ")) };
            let more = values.len().saturating_sub(4);
            let mut values: Vec<String> = values
                .iter()
                .take(4)
                .map(|(c, a, b)| format!("{c} {} / {}", or_nothing(a), or_nothing(b)))
                .collect();
            if more > 0 {
                values.push(format!("and {more} more columns"));
            }
            format!("line {row}{time}{key}: {}", values.join(", "))
        }
        Parting::Ends { first, rows, next } => format!(
            "the {} ends after {rows} rows, the {} goes on with {next}",
            if *first { "first" } else { "second" },
            if *first { "second" } else { "first" }
        ),
        Parting::Value(path, a, b) => format!("{path}: {a} / {b}"),
        Parting::Byte(at) => format!("byte {at}"),
    }
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}
