//! What can be typed. Values are taken as text or checked numbers here and resolved elsewhere.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::cli::codes::CodesArgs;
use crate::cli::compare::CompareArgs;
use crate::cli::convert::ConvertArgs;
use crate::cli::diff::DiffArgs;
use crate::cli::import::args::Import;
use crate::cli::plan::Plan;
use crate::cli::plot::PlotArgs;
use crate::cli::replay::ReplayArgs;
use crate::cli::report::ReportArgs;
use crate::cli::sensitivity::SensitivityArgs;
use crate::cli::shell::{CompletionsArgs, ManArgs};
use crate::cli::show::Show;
use crate::cli::solve::SolveArgs;
use crate::cli::state::StateArgs;
use crate::cli::sweep::SweepArgs;
use crate::cli::sweep::merge::MergeArgs;
use crate::cli::tradeoff::TradeoffArgs;

/// A flight simulator for business messaging: what will happen to quality rating and messaging limit, how likely,
/// and why.
#[derive(Debug, Parser)]
#[command(name = "tiersim", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Args {
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Root of all randomness; the same seed gives the same bytes
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Folder to write into (for import: the file to write)
    #[arg(short, long, global = true, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Replace results that are there already and differ
    #[arg(long, global = true)]
    pub force: bool,
    /// No progress and no remarks; errors are still printed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// When to colour the answer
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario: ratings, limits, tables and charts
    Run(Run),
    /// Hold variants or scenarios against each other on the same luck
    Compare(CompareArgs),
    /// The largest or smallest value of a parameter that keeps its conditions
    Solve(SolveArgs),
    /// Plans that no other beats in everything: reach, profit, risk against each other
    Tradeoff(TradeoffArgs),
    /// Plans worked out by search: warming a number up, recovering from a bad rating
    #[command(subcommand)]
    Plan(Plan),
    /// Run a scenario at many points of its fields: tables, response curves, where the chance of red passes a bound
    Sweep(SweepArgs),
    /// Put the parts of a sweep from several machines together
    Merge(MergeArgs),
    /// Which assumption or field decides a measure, and which have no effect that can be told
    Sensitivity(SensitivityArgs),
    /// What the platform's refusal codes mean, and which rule raises each here
    Codes(CodesArgs),
    /// The measures that can be asked for, with unit and meaning
    #[command(after_help = "Examples:
  tiersim measures
  tiersim measures | grep limit        a name is what --measure, --fail-if and --precision take")]
    Measures,
    /// Replay a recorded log: ratings, limits and statuses under the rules of the day
    Replay(ReplayArgs),
    /// The state of a number at an instant of a log, and why
    State(StateArgs),
    /// Write a log in another format
    Convert(ConvertArgs),
    /// Make the page of a folder of results again, or print its answer
    Report(ReportArgs),
    /// Draw the charts of a folder of results again
    Plot(PlotArgs),
    /// Compare two folders of results: where do they first part?
    Diff(DiffArgs),
    /// Take logs of other origin: webhooks of the platform
    #[command(subcommand)]
    Import(Import),
    /// Completions for a shell, to standard output
    Completions(CompletionsArgs),
    /// Manual pages
    Man(ManArgs),
    /// List, show, check and begin scenarios
    #[command(subcommand)]
    Scenario(Scenario),
    /// List, show, compare and check the platform's rules by date
    #[command(subcommand)]
    Policy(Policy),
    /// List and show the platform's prices by date and market, with source and confidence of each
    #[command(subcommand)]
    Rates(Rates),
}

/// `tiersim run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim run weekly-promo                                    a shipped scenario, by name
  tiersim run my.toml --set campaigns.promo.per_week=4        with one field changed
  tiersim run my.toml --replications 1 --events csv           one course of events, with its log
  tiersim run my.toml --precision p_red=0.02                  until the chance of red is known to 2 points
  tiersim run my.toml --assumptions sample                    under 200 plausible rule sets: what if they are wrong?
  tiersim run my.toml --fail-if 'p_red > 5%'                  exit code 1 if it is likelier than that
  tiersim run my.toml --policy 2023-03                        under the rules of March 2023
  tiersim run my.toml --format json | jq '.figures[0]'        for scripts; also csv and markdown")]
pub struct Run {
    /// Scenario file, or the name of a shipped scenario (see `tiersim scenario list`)
    pub scenario: String,
    /// Override a field by its path, as in `campaigns.promo.per_week=4`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file (see `tiersim policy list`)
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// How often to repeat the run with other luck [default: the scenario's, else 100, fewer for large scenarios]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: Option<u64>,
    /// Go on until the 95 % intervals are this narrow, as in 'p_red=0.02, profit=5%' (half widths); see `tiersim
    /// measures`
    #[arg(long, value_name = "FIGURE=HALF WIDTH", conflicts_with = "replications")]
    pub precision: Option<String>,
    /// With --precision or --budget: never more than this [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub max_replications: Option<u64>,
    /// Make replications for no longer than this, as in 60s
    #[arg(long, value_name = "DURATION")]
    pub budget: Option<String>,
    /// End with exit code 1 if this holds, as in 'p_red > 0.05'; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub fail_if: Vec<String>,
    /// Draw every unpublished constant from its plausible range, anew in each replication, and say what decides
    #[arg(long, value_name = "WHICH", conflicts_with_all = ["precision", "budget", "fail_if", "events", "keep"])]
    pub assumptions: Option<Assumptions>,
    /// With --assumptions: what counts as a bad outcome of one run [default: p_red > 0]
    #[arg(long, value_name = "CONDITION", requires = "assumptions")]
    pub outcome: Option<String>,
    /// Write the event log of replication 1 as well
    #[arg(long, value_name = "FORMAT")]
    pub events: Option<Events>,
    /// Keep rating rows at multiples of this in ratings.csv (1h keeps all evaluations of the shipped rules)
    #[arg(long, value_name = "DURATION", default_value = "1d")]
    pub every: String,
    /// What to write of replications after the first
    #[arg(long, value_name = "WHAT", default_value = "first")]
    pub keep: Keep,
    /// Leave the digests of event logs out: faster for very large runs
    #[arg(long)]
    pub no_digest: bool,
    /// Write charts as SVG only
    #[arg(long)]
    pub no_png: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// Which constants are drawn from their ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Assumptions {
    /// Those of the platform's rules: thresholds, weights, sample sizes.
    Sample,
    /// Those of the rules and those about people.
    All,
}

impl Assumptions {
    /// As typed.
    pub const fn name(self) -> &'static str {
        match self {
            Assumptions::Sample => "sample",
            Assumptions::All => "all",
        }
    }
}

/// Format of an event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Events {
    /// Comma-separated with a header.
    Csv,
    /// One JSON object per line.
    Ndjson,
    /// Columns, zstd-compressed.
    Parquet,
}

/// What to write of replications after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Keep {
    /// Tables of the first only; all go into replications.csv and daily_bands.csv.
    First,
    /// Tables of each, in folders of their own.
    All,
}

/// `tiersim scenario`.
#[derive(Debug, Subcommand)]
pub enum Scenario {
    /// The shipped scenarios and the question each answers
    #[command(after_help = "Examples:
  tiersim scenario list")]
    List,
    /// Print a scenario
    #[command(after_help = "Examples:
  tiersim scenario show weekly-promo > mine.toml      to begin with
  tiersim scenario show mine.toml --resolved           with every default filled in
  tiersim scenario show mine.toml --resolved --set days=30")]
    Show {
        /// File or shipped name
        scenario: String,
        /// With every default filled in and overrides applied
        #[arg(long)]
        resolved: bool,
        /// Override a field by its path; needs --resolved
        #[arg(long = "set", value_name = "PATH=VALUE", requires = "resolved")]
        sets: Vec<String>,
    },
    /// Print the JSON Schema of scenario files, for editors
    #[command(after_help = "Examples:
  tiersim scenario schema
  tiersim scenario schema -o .      writes scenario.schema.json, which files name in their first line")]
    Schema,
    /// Check a scenario and print what would run
    #[command(after_help = "Examples:
  tiersim scenario check mine.toml
  tiersim scenario check weekly-promo --set policy.era=2023-03")]
    Check {
        /// File or shipped name
        scenario: String,
        /// Override a field by its path
        #[arg(long = "set", value_name = "PATH=VALUE")]
        sets: Vec<String>,
    },
    /// Write a commented scenario to begin with
    #[command(after_help = "Examples:
  tiersim scenario new spring             writes spring.toml
  tiersim scenario new spring -o plans    into a folder")]
    New {
        /// Its name: letters, digits, dots, dashes and underscores
        name: String,
    },
}

/// `tiersim policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// The shipped rule sets by date
    #[command(after_help = "Examples:
  tiersim policy list
  tiersim policy list --json")]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Every constant of a rule set, with unit, range, source and confidence
    #[command(after_help = "Examples:
  tiersim policy show 2025-10
  tiersim policy show auto --json        the rules of every date")]
    Show {
        /// Era, variant, `auto`, or a policy file
        policy: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What nobody outside the platform knows: default, plausible range and source of every assumption
    #[command(after_help = "Examples:
  tiersim policy assumptions 2025-10")]
    Assumptions {
        /// Era, variant, `auto`, or a policy file
        policy: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What changed between two rule sets
    #[command(after_help = "Examples:
  tiersim policy diff 2023-03 2025-10
  tiersim policy diff 2025-10 mine.toml        an era against a file")]
    Diff {
        /// The older
        a: String,
        /// The newer
        b: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a policy file of your own
    #[command(after_help = "Examples:
  tiersim policy check mine.toml")]
    Check {
        /// The file
        file: String,
    },
}

/// `tiersim rates`.
#[derive(Debug, Subcommand)]
pub enum Rates {
    /// The shipped rate cards by date, and the markets they know
    #[command(after_help = "Examples:
  tiersim rates list
  tiersim rates list --json")]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// One rate card in full, or one market through all cards: every figure with unit, source and confidence
    #[command(after_help = "Examples:
  tiersim rates show DE                  one market through all cards
  tiersim rates show mine.toml --json    a card of your own")]
    Show {
        /// Name of a card, a card file, a market, or a country by its two letters
        what: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a rate card file of your own
    #[command(after_help = "Examples:
  tiersim rates check mine.toml")]
    Check {
        /// The file
        file: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        super::Args::command().debug_assert();
    }
}
