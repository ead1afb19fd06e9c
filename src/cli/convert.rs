//! `tiersim convert`: a log from one format into another, in log order, row for row.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::{key_of, target};
use crate::cli::logs::{Bad, Log, LogArgs, More};
use crate::cli::output;
use crate::import::pseudonym::pseudonymise;
use crate::store::StoreError;
use crate::store::log::read::{BadRow, Order, Rejects};
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
    /// Replace recipients and message ids by pseudonyms made with this key (any file of at least 16 random bytes)
    #[arg(long, value_name = "KEYFILE")]
    pub pseudonymise: Option<PathBuf>,
}

/// Bad rows, counted and told; the first few in full.
#[derive(Default)]
struct Told {
    count: AtomicU64,
}

const TOLD: u64 = 10;

impl Rejects for Told {
    fn reject(&self, path: &std::path::Path, bad: &BadRow) -> Result<(), StoreError> {
        if self.count.fetch_add(1, Ordering::Relaxed) < TOLD {
            output::error(&format!(
                "left out: {}:{}:{}: {} (allowed: {})",
                path.display(),
                bad.place.line,
                bad.column,
                bad.found,
                bad.allowed
            ));
        }
        Ok(())
    }
}

/// Runs the command.
pub fn convert(args: &ConvertArgs, common: &Common, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let out = target(common)?;
    let key = args.pseudonymise.as_deref().map(key_of).transpose()?;
    let told = Told::default();
    let mut order = args.log.order();
    let provenance = [("tiersim.convert".to_string(), "1".to_string())];
    loop {
        let rejects = (args.log.on_bad_row == Bad::Reject).then_some(&told as &dyn Rejects);
        let mut again = false;
        let done = put_log(&out, common.force, &provenance, |writer: &mut LogWriter<Packed>| {
            let mut log = Log::open(&args.log, &[], order, rejects, common, cancel)?;
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
            told.count.store(0, Ordering::Relaxed);
            continue;
        }
        let (put, summary, counts) = done?;
        let mut line = format!("{} rows", summary.counts.rows());
        if counts.moved > 0 {
            line.push_str(&format!(", {} of them put in order of time", counts.moved));
        }
        if counts.rejected > 0 {
            line.push_str(&format!("; {} malformed ones left out", counts.rejected));
        }
        let how = match put {
            Put::Written => "",
            Put::Same => " (there already, and the same to the byte)",
            Put::Replaced => " (replaced)",
        };
        output::print(&format!("{line}: {}{how}\n", out.display()))?;
        return Ok(Exit::Fine);
    }
}
