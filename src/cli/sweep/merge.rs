//! `tiersim merge`: the parts of a sweep, each from its own machine, to the result one machine would have written.

use std::path::PathBuf;

use super::finish::{Complete, finish};
use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::show::Show;
use crate::experiment::study::swept::measures;
use crate::store::RunFolder;
use crate::store::sweeps::rows::Layout;
use crate::store::sweeps::shards::gather;
use crate::store::sweeps::unfinished::Made;

/// `tiersim merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim sweep my.toml --vary campaigns.a.per_week=int:1..7 --shard 1/2 -o part1     on one machine
  tiersim sweep my.toml --vary campaigns.a.per_week=int:1..7 --shard 2/2 -o part2     on another
  tiersim merge part1/my/* part2/my/* -o all                                          the whole sweep")]
pub struct MergeArgs {
    /// Folders of parts, in any order: `<DIR>/<scenario>/<digits>` as `sweep --shard` wrote them
    #[arg(required = true, value_name = "DIR")]
    pub parts: Vec<PathBuf>,
    /// End with exit code 1 if a point could not be run
    #[arg(long)]
    pub strict: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// Runs the command.
pub fn merge(args: &MergeArgs, common: &Common) -> Result<Exit, Failure> {
    let whole = gather(&args.parts)?;
    for (option, built_in) in [("png", cfg!(feature = "png")), ("parquet", cfg!(feature = "parquet"))] {
        if whole.inputs.options.get(option).is_some_and(|v| v == true) && !built_in {
            return Err(Failure::input(format!(
                "the parts were written with {option}, which this build does not have: the same bytes need it"
            )));
        }
    }
    let base = common.output.clone().unwrap_or_else(|| PathBuf::from("output"));
    let folder = RunFolder::create(&base, whole.inputs.clone(), common.force)?;
    let asked = whole.head.asked().map_err(Failure::input)?;
    let names: Vec<String> = measures(&asked).into_iter().map(|m| m.name).collect();
    let layout = Layout { design: &whole.design, measures: &names, replications: whole.head.replications };
    let made = Made {
        inputs: &whole.inputs,
        head: &whole.head,
        design: &whole.design_csv,
        scenario: &whole.scenario,
    };
    finish(
        Complete { folder, made, layout, parts: whole.parts, is_part: false },
        args.strict,
        args.show,
        common,
    )
}
