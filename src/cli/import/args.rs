//! What can be typed after `tiersim import`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::cli::import::csv::Csv;

/// `tiersim import`.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Webhooks and answers of the platform to a log: statuses, replies, opt-outs, observed ratings and limits
    Webhooks(Webhooks),
    /// A foreign table to a log, through a mapping that says what its columns mean
    Csv(Csv),
    /// List the shipped mappings, or print one to begin with
    #[command(after_help = "Examples:
  tiersim import mappings
  tiersim import mappings sends-and-blocks > mine.toml")]
    Mappings {
        /// Name of a shipped mapping
        name: Option<String>,
    },
}

/// `tiersim import webhooks`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim import webhooks logs/*.ndjson.gz -o history.parquet         any order, repeated or not
  tiersim import webhooks numbers.json --at 2026-03-04T10:00:00Z -o observed.csv
                                                                      an answer that carries no time
  tiersim import webhooks logs/ --pseudonymise key -o history.csv     no phone number in the result
  tiersim import webhooks --print-opt-out-words > words.toml          the replies that mean stop")]
pub struct Webhooks {
    /// Files (JSON, one or many per file; .gz and .zst too), folders, patterns, or - for standard input
    #[arg(required_unless_present = "print_opt_out_words", value_name = "FILES")]
    pub files: Vec<String>,
    /// What to do with a body that does not read: put it into the rejects file, or stop
    #[arg(long, value_name = "WHAT", default_value = "reject")]
    pub on_bad_row: OnBadRow,
    /// Where rejected pieces go, with their places [default: OUT with the ending .rejects.csv]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Replies that mean stop or start, instead of the shipped list
    #[arg(long, value_name = "FILE")]
    pub opt_out_words: Option<PathBuf>,
    /// Print the shipped list of such replies
    #[arg(long, exclusive = true)]
    pub print_opt_out_words: bool,
    /// Replace people and message ids by a keyed hash; FILE holds the key (at least 16 random bytes)
    #[arg(long, value_name = "KEYFILE", visible_alias = "pseudonymize")]
    pub pseudonymise: Option<PathBuf>,
    /// Folder for sorting what does not fit into memory [default: the system's]
    #[arg(long, value_name = "DIR")]
    pub temp_dir: Option<PathBuf>,
    /// When answers that carry no time were asked for
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The portfolio of all numbers [default: the WhatsApp business account of each]
    #[arg(long, value_name = "ID")]
    pub portfolio: Option<String>,
    /// The number of bodies that name none
    #[arg(long, value_name = "ID")]
    pub number: Option<String>,
    /// What names a message's campaign: nothing, or the sender's tag (biz_opaque_callback_data)
    #[arg(long, value_name = "WHAT", default_value = "none")]
    pub campaign_from: CampaignFrom,
}

/// What to do with something that does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnBadRow {
    /// Write it to the rejects file and go on.
    Reject,
    /// Stop and say where.
    Stop,
}

/// What names a message's campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CampaignFrom {
    /// Nothing.
    None,
    /// The tag that the sender gave the message.
    CallbackData,
}
