//! `tiersim convert`: a log from one format into another, in log order, row for row.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::logs::{Log, LogArgs, More};
use crate::cli::output;

/// `tiersim convert`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim convert events.csv -o events.parquet         smaller, and read again in a fraction of the time
  tiersim convert 'logs/*.ndjson.gz' -o history.csv.zst
  cat log.csv | tiersim convert - -o log.parquet")]
pub struct ConvertArgs {
    /// Where rows come from.
    #[command(flatten)]
    pub log: LogArgs,
}
