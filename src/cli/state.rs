//! `tiersim state`: a number at an instant, by the log up to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::logs::{self, Log, LogArgs, More};
use crate::cli::{output, read};
use crate::policy::Policy;
use crate::policy::fold::{Fold, FoldOptions};
use crate::report::state;
use crate::sim::SimTime;
use crate::store::log::read::{Order, Rejects};
use crate::store::rejects::RejectsBeside;

/// Instants at which slots free that are shown.
const FREES: usize = 5;

/// `tiersim state`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim state history.parquet --at 2026-03-04T10:00
  tiersim state history.parquet --at 2026-03-04 --number 4917112345 --policy 2025-12 --json")]
pub struct StateArgs {
    /// Where rows come from.
    #[command(flatten)]
    pub log: LogArgs,
    /// Where rejected rows go, with place and reason [default: the log's name with the ending .rejects.csv, here]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// The instant: a date, or date and time, UTC unless it says otherwise [default: the end of the log]
    #[arg(long, value_name = "TIME", value_parser = logs::instant)]
    pub at: Option<SimTime>,
    /// The number [default: all]
    #[arg(long, value_name = "ID")]
    pub number: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto", default_value = "auto")]
    pub policy: String,
    /// As JSON, one object per number and line break
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn state(args: &StateArgs, common: &Common, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let policy = read::policy(&args.policy)?;
    let mut order = args.log.order();
    let usual = PathBuf::from(format!("{}.rejects.csv", logs::name(&args.log.logs)));
    let (folded, rejects) = loop {
        let rejects = logs::rejects_beside(&args.log, args.rejects.as_ref(), usual.clone(), false)?;
        match fold(args, &policy, order, rejects.as_ref(), common, cancel)? {
            Some(folded) => break (folded, rejects),
            None => order = Order::Sort,
        }
    };
    output::print(&views(args, &policy, folded, common)?)?;
    if let Some(rejects) = rejects {
        let words = logs::rejected_words(&rejects.finish()?);
        if !words.is_empty() {
            output::note(common, &words);
        }
    }
    Ok(Exit::Fine)
}

/// The fold of the log up to the instant, and whether the log ends before it; none if rows turned out to be out of order
/// on the way.
fn fold(
    args: &StateArgs,
    policy: &Policy,
    order: Order,
    rejects: Option<&RejectsBeside>,
    common: &Common,
    cancel: &Arc<AtomicBool>,
) -> Result<Option<(Fold, bool)>, Failure> {
    let mut fold = Fold::new(policy.timeline(), FoldOptions::default());
    let mut log = Log::open(&args.log, &[], order, rejects.map(|r| r as &dyn Rejects), common, cancel)?;
    loop {
        match log.next()? {
            More::Rows => {}
            More::End => return Ok(Some((fold, true))),
            More::StartOver => return Ok(None),
        }
        for i in 0..log.len() {
            let row = log.row(i);
            if args.at.is_some_and(|at| row.time > at) {
                // In log order nothing earlier can follow.
                return Ok(Some((fold, false)));
            }
            let taken = row.signal().map(|signal| fold.signal(&signal));
            if let Some(Err(fault)) = taken {
                log.refuse(i, &fault)?;
            }
        }
        // What happened before is of no interest here.
        fold.drain_verdicts();
        fold.drain_daily();
        fold.drain_warnings();
    }
}

fn views(
    args: &StateArgs,
    policy: &Policy,
    (mut fold, ended): (Fold, bool),
    common: &Common,
) -> Result<String, Failure> {
    let numbers: Vec<String> = fold.judge.numbers.iter().map(|n| n.id.clone()).collect();
    let Some(last) = fold.last() else {
        return Err(Failure::input(match args.at {
            Some(at) => format!("{}: the log has no signal up to {at}", args.log.logs.join(", ")),
            None => format!("{}: the log has no signal", args.log.logs.join(", ")),
        }));
    };
    let at = args.at.unwrap_or(last);
    if ended && at > last {
        // What the log does not hold may have happened all the same.
        output::note(
            common,
            &format!(
                "The log's last row is of {last}: what is told of {at} is what follows if nothing happened since."
            ),
        );
    }
    let mut wanted = args.number.clone();
    if wanted.is_empty() {
        wanted.clone_from(&numbers);
        wanted.sort();
    }
    let mut out = String::new();
    for (i, id) in wanted.iter().enumerate() {
        let Some(n) = fold.number(id) else {
            let near = crate::text::nearest(id, numbers.iter().map(String::as_str));
            let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
            return Err(Failure::input(format!("--number: the log has no number {id} up to {at}{hint}")));
        };
        let view = fold.view(n, at, FREES);
        if args.json {
            out.push_str(&state::to_json(&view, &policy.name));
        } else {
            if i > 0 {
                out.push('\n');
            }
            out.push_str(&state::text(&view, &policy.name));
        }
    }
    Ok(out)
}
