//! `tiersim convert`: a log from one format into another, in log order, row for row.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::{key_of, refuse_same, rejects_beside, target};
use crate::cli::logs::{self, Log, LogArgs, More};
use crate::cli::output;
use crate::import::pseudonym::{Renamed, pseudonymise};
use crate::report::words::{count, plural};
use crate::store::log::read::{Order, Rejects};
use crate::store::log::{LogWriter, Put, put::Packed, put_log};

/// `tiersim convert`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The format follows from the ending of -o: .csv, .ndjson, .parquet; the first two also with .gz or .zst.

Examples:
  tiersim convert events.csv -o events.parquet           smaller, and quicker to read again
  tiersim convert 'logs/*.ndjson.gz' -o history.csv.zst
  cat log.csv | tiersim convert - -o log.parquet
  tiersim convert blocks.csv -o shared.csv --pseudonymise key"
)]
pub struct ConvertArgs {
    /// Where rows come from.
    #[command(flatten)]
    pub log: LogArgs,
    /// Where rejected rows go, with place and reason [default: OUT with the ending .rejects.csv]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Replace recipients and message ids by pseudonyms made with this key (any file of at least 16 random bytes)
    #[arg(long, value_name = "KEYFILE")]
    pub pseudonymise: Option<PathBuf>,
}

/// Runs the command.
pub fn convert(args: &ConvertArgs, common: &Common, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let out = target(common)?;
    let key = args.pseudonymise.as_deref().map(key_of).transpose()?;
    let usual = rejects_beside(&out);
    refuse_same(&out, args.rejects.as_ref().unwrap_or(&usual))?;
    let mut order = args.log.order();
    let provenance = [("tiersim.convert".to_string(), "1".to_string())];
    loop {
        // What was found in a row may name people.
        let rejects = logs::rejects_beside(&args.log, args.rejects.as_ref(), usual.clone(), key.is_some())?;
        let mut again = false;
        let mut renamed = Renamed::default();
        let done = put_log(&out, common.force, &provenance, |writer: &mut LogWriter<Packed>| {
            let reject = rejects.as_ref().map(|r| r as &dyn Rejects);
            let mut log = Log::open(&args.log, &[], order, reject, common, cancel)?;
            loop {
                match log.next()? {
                    More::Rows => {}
                    More::End => return Ok(log.counts()),
                    More::StartOver => {
                        again = true;
                        return Err(Failure::Interrupted);
                    }
                }
                for i in 0..log.len() {
                    let row = log.row(i);
                    match &key {
                        None => writer.row(&row),
                        Some(key) => {
                            let mut row = row.to_row();
                            renamed.see(&row);
                            pseudonymise(&mut row, key);
                            writer.row(&row.columns());
                        }
                    }
                }
                if writer.failed() {
                    // Its own failure is told when it is finished.
                    return Ok(log.counts());
                }
            }
        });
        if again {
            order = Order::Sort;
            continue;
        }
        let (put, summary, counts) = done?;
        let rejected = rejects.map(|r| r.finish()).transpose()?;
        let mut line = plural(summary.counts.rows(), "row", "rows");
        if counts.moved > 0 {
            line.push_str(&format!(", {} of them put in order of time", count(counts.moved)));
        }
        let how = match put {
            Put::Written => "",
            Put::Same => " (there already, and the same to the byte)",
            Put::Replaced => " (replaced)",
        };
        let mut page = format!("{line}: {}{how}\n", out.display());
        let rejected = rejected.map(|r| logs::rejected_words(&r)).unwrap_or_default();
        for sentence in [rejected, renamed.warning().unwrap_or_default()] {
            if !sentence.is_empty() {
                page.push_str(&format!("{sentence}\n"));
            }
        }
        output::print(&page)?;
        return Ok(Exit::Fine);
    }
}
