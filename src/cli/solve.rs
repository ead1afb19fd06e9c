//! `tiersim solve`: the farthest value of a parameter that keeps its conditions, checked on fresh luck.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::cli::read;
use crate::cli::show::Show;
use crate::cli::study::{self, Made, pool};
use crate::experiment::measure::ReplicationSummary;
use crate::experiment::study::arm::{Arm, Watcher};
use crate::experiment::study::catalogue::Frame;
use crate::experiment::study::condition::Condition;
use crate::experiment::study::estimate::Asked;
use crate::experiment::study::parameter::Parameter;
use crate::experiment::study::search::{Probe, search};
use crate::report::solve::chart::Picture;
use crate::report::solve::{Solved, answer, headline, text};
use crate::report::study::Plate;
use crate::scenario::standing;
use crate::store::studies;

/// Replications of each value when nobody says how many.
const USUAL: u64 = 200;
/// Values of a range that is not of whole numbers.
const STEPS: usize = 100;

/// `tiersim solve`.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("sought").required(true).args(["max", "min"]),
    after_help = "Examples:
  tiersim solve weekly-promo --max campaigns.sale.per_week --subject-to 'p_red < 0.5'
  tiersim solve opt-out-hidden --max segments.customers.block_base=log:0.001..0.03 --subject-to 'p_red < 5%'
  tiersim solve warm-up --max campaigns.welcome.audience.growth=1..2 --subject-to 'p_yellow < 0.6'

A condition is taken to be kept up to some value and broken beyond; where the values tried say otherwise, so does the
answer. Exit code 1 if no value keeps the conditions."
)]
pub struct SolveArgs {
    /// Scenario file, or the name of a shipped scenario
    pub scenario: String,
    /// The parameter whose largest value is sought; without a range from a tenth to ten times its value, or the
    /// plausible range of a figure about people; whole numbers from 1 to 14 or four times the value
    #[arg(long, value_name = "PATH[=LOW..HIGH]")]
    pub max: Option<String>,
    /// The parameter whose smallest value is sought
    #[arg(long, value_name = "PATH[=LOW..HIGH]")]
    pub min: Option<String>,
    /// What has to hold, as in 'p_red < 0.05' or 'q95(worst_score) < 0.01'; may be repeated, all have to hold
    #[arg(long, value_name = "CONDITION", required = true)]
    pub subject_to: Vec<String>,
    /// Further figures of the answer, as in 'delivered, median(days_to_limit_10000)'
    #[arg(long = "measure", value_name = "FIGURES", value_delimiter = ',')]
    pub measures: Vec<String>,
    /// Override a field by its path; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// Replications of each value, and as many others for the check
    #[arg(long, value_name = "N", default_value_t = USUAL, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub replications: u64,
    /// Write the chart as SVG only
    #[arg(long)]
    pub no_png: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// Runs `tiersim solve`.
pub fn solve(args: &SolveArgs, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let source = read::source(&args.scenario)?;
    let sets = study::sets(&args.sets, args.policy.as_ref(), common);
    let arm = study::arm("", &source, &sets)?;
    let frame = Frame::of(&arm.plan);
    let largest = args.max.is_some();
    let sought = args.max.as_ref().or(args.min.as_ref()).expect("one of them is required");
    let flag = if largest { "--max" } else { "--min" };
    let parameter = parameter(sought, &arm).map_err(|e| Failure::input(format!("{flag} {e}")))?;
    let conditions = args
        .subject_to
        .iter()
        .map(|c| Condition::parse(c, &frame).map_err(|e| Failure::input(format!("--subject-to {e}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let further = args
        .measures
        .iter()
        .map(|m| Asked::parse(m, &frame).map_err(|e| Failure::input(format!("--measure: {e}"))))
        .collect::<Result<Vec<_>, _>>()?;
    // The safe end comes first.
    let mut values = parameter.ladder(STEPS);
    if !largest {
        values.reverse();
    }

    let n = args.replications;
    let name = &arm.plan.scenario.name;
    let made = Made { study: "solve", name, arms: &[&arm], replications: n, no_png: args.no_png };
    let options = [
        ("max", json!(args.max)),
        ("measures", json!(args.measures)),
        ("min", json!(args.min)),
        ("set", json!(args.sets)),
        ("subject_to", json!(args.subject_to)),
    ];
    let mut folder = study::folder(common, &made, &options)?;
    let counter = Arc::new(AtomicU64::new(0));
    // As many values as halving takes for three boundaries, at most, and the check.
    let tries = 3 * (values.len().ilog2() as u64 + 2) + 1;
    let total = (arm.plan.span() as u64).saturating_mul(n).saturating_mul(tries);
    let progress = Progress::show(counter.clone(), total, common.quiet, "searching");
    let watcher = Watcher { cancel, progress: &counter };
    let pool = pool(common)?;
    let at = |place: usize| -> Result<Arm, Failure> {
        let own = parameter.set_to(&values[place]);
        let all: Vec<String> = sets.iter().cloned().chain(own).collect();
        study::arm("", &source, &all)
    };
    let runs = |arm: &Arm, first: u64, last: u64, days: bool| -> Result<Vec<ReplicationSummary>, Failure> {
        let run =
            || if days { arm.run_with_days(first, last, watcher) } else { arm.run(first, last, watcher) };
        pool.install(run).map_err(|_| Failure::Interrupted)
    };
    let probe = |runs: &[ReplicationSummary], frame: &Frame| -> Probe {
        let figures: Vec<_> = conditions.iter().map(|c| c.asked.estimate(runs, frame)).collect();
        let standings = conditions.iter().zip(&figures).map(|(c, e)| c.standing(e)).collect();
        Probe { figures, standings }
    };
    let found = search(values.len(), |place| -> Result<Probe, Failure> {
        let arm = at(place)?;
        Ok(probe(&runs(&arm, 1, n, false)?, &Frame::of(&arm.plan)))
    })?;

    // Fresh luck: replications that the search never saw.
    let mut verified = None;
    let mut fresh = Vec::new();
    for place in nearer(found.best, found.certain) {
        let arm = at(place)?;
        fresh = runs(&arm, n + 1, 2 * n, true)?;
        let probe = probe(&fresh, &Frame::of(&arm.plan));
        if probe.holds() {
            verified = Some((place, probe));
            break;
        }
    }
    drop(progress);

    let solved = Solved {
        name: arm.plan.scenario.name.clone(),
        question: arm.plan.scenario.question.clone(),
        path: parameter.name.clone(),
        largest,
        figures: match &verified {
            None => Vec::new(),
            Some(_) => further.iter().map(|a| (a.clone(), a.estimate(&fresh, &frame))).collect(),
        },
        values: values.clone(),
        conditions,
        found,
        verified,
        replications: n,
        policy: study::rules_words(&arm.policy.name, &args.sets),
        seed: arm.plan.scenario.seed,
    };
    folder.write(
        "probes.csv",
        &studies::probes(&solved.path, &solved.values, &solved.conditions, &solved.found),
    )?;
    if let Some((place, _)) = &solved.verified {
        folder.write("solution.toml", at(*place)?.plan.scenario.resolved_toml().as_bytes())?;
        folder.write("calendar.csv", &studies::calendar(&frame, &fresh))?;
    }
    let summary = json!({
        "headline": headline(&solved),
        "path": solved.path,
        "answer": solved.verified.as_ref().map(|v| &solved.values[v.0]),
        "best_of_the_search": solved.found.best.map(|p| &solved.values[p]),
        "certain": solved.found.certain.map(|p| &solved.values[p]),
        "possible": solved.found.possible.map(|p| &solved.values[p]),
    });
    let answer = answer::answer(&solved);
    let plate = Plate::Search(Picture::of(&solved));
    folder.write("scenario.toml", arm.plan.scenario.written_toml().as_bytes())?;
    let page = |options| text(&solved, options);
    let finished = study::finish(folder, &summary, &answer, &page, &[plate])?;
    study::print(common, args.show, &answer, &finished, page)?;
    Ok(if solved.verified.is_some() { Exit::Fine } else { Exit::No })
}

/// Places to check on fresh luck, the farthest first: the answer of the search, then values on the way to where the
/// condition is kept for certain, then half of that.
fn nearer(best: Option<usize>, certain: Option<usize>) -> Vec<usize> {
    let Some(best) = best else { return Vec::new() };
    let safe = certain.unwrap_or(0).min(best);
    let mut places = vec![best, best - (best - safe) / 3, best - 2 * (best - safe) / 3, safe, safe / 2];
    places.dedup();
    places
}

/// What is varied: as typed, or over a range that its present value or its standing gives.
fn parameter(text: &str, arm: &Arm) -> Result<Parameter, String> {
    let path = text.split('=').next().unwrap_or(text).trim();
    let here = arm.plan.scenario.value_at(path);
    let whole = here.is_some_and(|v| v.is_u64() || v.is_i64());
    if text.contains('=') {
        return Parameter::parse_for(text, whole);
    }
    let key = path.rsplit('.').next().unwrap_or(path);
    let of_people = path.starts_with("recipients.") || path.starts_with("segments.");
    if let Some(range) = standing::of_people(key).filter(|_| of_people) {
        return Parameter::parse_for(&format!("{path}={}..{}", range.low, range.high), false);
    }
    let value = here.and_then(serde_json::Value::as_f64).filter(|v| *v > 0.0);
    let value = value.ok_or_else(|| {
        format!("{path}: it has no value here to search around; give a range, as in {path}=1..10")
    })?;
    match whole {
        true => Parameter::parse_for(&format!("{path}=1..{}", (4.0 * value).max(14.0)), true),
        false => Parameter::parse_for(&format!("{path}=log:{}..{}", value / 10.0, value * 10.0), false),
    }
}
