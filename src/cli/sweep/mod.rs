//! `tiersim sweep`: a scenario at many points of its fields, and `tiersim merge`: parts of it put together.

mod finish;
mod inputs;
mod look;
pub mod merge;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::cli::progress::Progress;
use crate::cli::show::Show;
use crate::experiment::study::sweep::{Ended, Row, Take, Work, evaluate, shard};
use crate::report::words;
use crate::store::sweeps::rows::RowWriter;
use crate::store::sweeps::shards;
use crate::store::sweeps::unfinished::{Begin, Unfinished, finished};
use crate::store::{RunFolder, StoreError};
use inputs::Asked;

/// `tiersim sweep`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Values of --vary:
  1,2,5,7                 these (any text that --set takes)
  lin:LOW..HIGH:COUNT     so many, evenly          log:LOW..HIGH:COUNT   so many, by equal factors
  LOW..HIGH/STEP          in steps, exactly        int:LOW..HIGH         every whole number
Of a field that holds whole numbers, lin: and log: ranges are rounded to them, and the values are printed.

Examples:
  tiersim sweep weekly-promo --vary segments.lapsed.block_base=log:0.001..0.05:12
                                     where does the chance of red pass 5 %?
  tiersim sweep weekly-promo --vary segments.lapsed.block_base=log:0.001..0.05:12 --vary campaigns.sale.per_week=1,3,5,7
                                     a grid of 48 points, with a heat map
  tiersim sweep my.toml --vary campaigns.a.per_week=int:0..7 --vary campaigns.b.per_week=int:0..7 \\
                        --where 'campaigns.a.per_week + campaigns.b.per_week <= 7'
  tiersim sweep my.toml --vary recipients.block_base=log:0.001..0.05 --vary recipients.read=0.3..0.9 --design lhs:64
  tiersim sweep my.toml --vary campaigns.a.per_week=int:1..7 --dry-run
                                     the points, and what they would cost
  tiersim sweep my.toml --vary campaigns.a.per_week=int:1..7 --shard 3/16 -o part3
  tiersim merge part*/my/* -o all    the same bytes as from one machine")]
pub struct SweepArgs {
    /// Scenario file or shipped name
    pub scenario: String,
    /// A field and its values; may be repeated, the last changes fastest
    #[arg(long, value_name = "PATH=VALUES", required_unless_present = "points")]
    pub vary: Vec<String>,
    /// How fields combine: `grid`, `zip`, `lhs:N` or `sobol:N` (the last two need ranges, without counts)
    #[arg(long, value_name = "DESIGN", default_value = "grid")]
    pub design: String,
    /// Points from a CSV file whose header names the paths
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vary", "design"])]
    pub points: Option<String>,
    /// Keep points that meet this, as in 'campaigns.a.per_week + campaigns.b.per_week <= 7'; may be repeated
    #[arg(long = "where", value_name = "CONDITION")]
    pub conditions: Vec<String>,
    /// Override a field at every point; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// Replications of each point [default: the scenario's, else 100, fewer for large scenarios]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: Option<u64>,
    /// Figures of each point: measures, `mean(x)`, `median(x)`, `q95(x)`, with `@` and a number; see `tiersim measures`
    #[arg(long = "measure", value_name = "FIGURES", value_delimiter = ',')]
    pub measures: Vec<String>,
    /// The chance of red that decides: the answer says where it is passed, the heat map draws it
    #[arg(long, value_name = "CHANCE", default_value = "5%")]
    pub boundary: String,
    /// Go on with the rows of an interrupted sweep of the same inputs
    #[arg(long)]
    pub resume: bool,
    /// Run one of N equal parts of the points, as in 3/16; `tiersim merge` puts them together
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,
    /// Run one point, or one of its replications, again and print its rows
    #[arg(long, value_name = "point=P[,replication=R]", conflicts_with_all = ["shard", "resume", "dry_run"])]
    pub only: Option<String>,
    /// List the points and estimate time and memory from a few runs; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// End with exit code 1 if a point could not be run
    #[arg(long)]
    pub strict: bool,
    /// Write charts as SVG only
    #[arg(long)]
    pub no_png: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// Runs the command.
pub fn sweep(args: &SweepArgs, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let asked = Asked::read(args, common)?;
    if let Some(only) = &args.only {
        args.show.only_a_page("--only")?;
        return look::only(&asked, only, common, cancel);
    }
    if args.dry_run {
        args.show.only_a_page("--dry-run")?;
        return look::dry_run(&asked, common, cancel);
    }
    let base = asked.output(common);
    let inputs = asked.inputs(args.no_png)?;
    if args.resume
        && let Some(there) = finished(&base, &inputs)?
    {
        output::note(common, &format!("finished already: {}", there.display()));
        return Ok(Exit::Fine);
    }
    let design_csv = asked.design_csv();
    let made = asked.made(&inputs, &design_csv);
    // A refusal is given now and not after hours; the folder itself is made when the rows are all there.
    drop(RunFolder::create(&base, inputs.clone(), common.force)?);
    let points = asked.points();
    let begin = match (args.resume, common.force) {
        (true, _) => Begin::Resume,
        (false, true) => Begin::Anew,
        (false, false) => Begin::Fresh,
    };
    let layout = asked.layout();
    let (rows, there) = Unfinished::open(&base, made, layout, points.clone(), begin)?;
    let total = points.len() * asked.head.replications as usize;
    if there > 0 {
        let said =
            format!("going on after {} of {} rows", words::count(there as u64), words::count(total as u64));
        output::note(common, &said);
    }
    let mut writer =
        Writer { common, rows, encoder: RowWriter::new(layout), last: asked.head.replications, unsaid: true };
    match run(&asked, &points, there, common, cancel, &mut writer)? {
        Ended::Complete => {}
        Ended::Stopped => {
            writer.rows.flush()?;
            output::error(&format!(
                "interrupted; the rows so far are in {}; the same command with --resume goes on with them",
                writer.rows.folder().display()
            ));
            return Ok(Exit::Interrupted);
        }
    }
    writer.rows.flush()?;
    let parts = vec![(writer.rows.rows(), points)];
    let is_part = args.shard.is_some();
    let folder = RunFolder::create(&base, inputs.clone(), common.force)?;
    for left in folder.leftovers() {
        output::note(common, &format!("left by an interrupted run, may be deleted: {}", left.display()));
    }
    // Rows are kept where this fails: a full disk gets room again.
    let complete = finish::Complete { folder, made, layout, parts, is_part };
    let exit = finish::finish(complete, args.strict, args.show, common)?;
    writer.rows.discard()?;
    Ok(exit)
}

/// Evaluates the rows that are not there yet.
fn run<T: Take<Error = StoreError>>(
    asked: &Asked,
    points: &Range<usize>,
    skip: usize,
    common: &Common,
    cancel: &AtomicBool,
    take: &mut T,
) -> Result<Ended, Failure> {
    let n = asked.head.replications as usize;
    let span = asked.base.plan.span() as u64;
    let counter = Arc::new(AtomicU64::new(span.saturating_mul(skip as u64)));
    let total = span.saturating_mul((points.len() * n) as u64);
    let progress = Progress::show(counter.clone(), total, common.quiet, "sweeping");
    let load = |point: usize| asked.load(point);
    let work = Work {
        points,
        replications: n as u64,
        skip,
        measures: &asked.measures,
        load: &load,
        cancel,
        progress: &counter,
    };
    let pool = crate::cli::study::pool(common)?;
    let ended = evaluate(&pool, work, take);
    drop(progress);
    Ok(ended?)
}

/// Appends rows to the unfinished sweep.
struct Writer<'a> {
    common: &'a Common,
    rows: Unfinished,
    encoder: RowWriter<'a>,
    last: u64,
    unsaid: bool,
}

impl Take for Writer<'_> {
    type Error = StoreError;

    fn row(&mut self, row: Row) -> Result<(), StoreError> {
        let outcome = row.outcome.as_ref().map(Vec::as_slice).map_err(String::as_str);
        if let Err(why) = outcome {
            if row.replication != 1 {
                let what = format!("point {} ran before and cannot be run now: {why}", row.point + 1);
                return Err(StoreError::Unfinished { folder: self.rows.folder().to_path_buf(), what });
            }
            // The first is worth a look before hours go by; the tables have all.
            if std::mem::take(&mut self.unsaid) {
                output::note(self.common, &format!("point {} cannot be run: {why}", row.point + 1));
            }
        }
        self.rows.append(self.encoder.row(row.point, row.replication, outcome))?;
        if row.replication == self.last || outcome.is_err() { self.rows.flush() } else { Ok(()) }
    }

    fn idle(&mut self) -> Result<(), StoreError> {
        self.rows.flush()
    }

    fn stopping(&mut self) {
        output::note(self.common, "finishing the rows under way; Ctrl-C again gives them up");
    }
}

/// The points of a part of the sweep.
fn part(shard_asked: Option<&str>, points: usize) -> Result<Range<usize>, Failure> {
    let Some(text) = shard_asked else { return Ok(0..points) };
    let (k, of) = shards::parse(text).ok_or_else(|| {
        Failure::input(format!("--shard {text}: no part (allowed: K/N with K from 1 to N, as in 3/16)"))
    })?;
    let range = shard(points, k, of);
    if range.is_empty() {
        return Err(Failure::input(format!("--shard {text}: {points} points leave nothing for this part")));
    }
    Ok(range)
}

/// Threads that a sweep will run on.
fn threads(common: &Common) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    common.threads.map_or_else(all, usize::from)
}
