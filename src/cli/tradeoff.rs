//! `tiersim tradeoff`: many plans held against several goals at once; those that none other beats in everything.
//!
//! Plans come from a scrambled Sobol' sequence, not from an evolutionary optimiser: figures carry luck, fields are few,
//! and a space-filling design shows what was not found as well. (The crate `moors` 0.2 has NSGA-II; it brings `faer` and
//! `ndarray`, which would add more to the build than everything else here.)

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::cli::read;
use crate::cli::show::Show;
use crate::cli::study::{self, Made, pool};
use crate::experiment::sampling::sobol_sequence::SobolSequence;
use crate::experiment::study::arm::{Arm, Watcher};
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::experiment::study::evaluate::{Base, Point, evaluate};
use crate::experiment::study::parameter::Parameter;
use crate::experiment::study::pareto::front;
use crate::report::study::Plate;
use crate::report::tradeoff::chart::Picture;
use crate::report::tradeoff::{Goal, Tradeoff, Tried, answer, headline, text};
use crate::store::studies;

/// `tiersim tradeoff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim tradeoff weekly-promo --vary campaigns.sale.per_week=int:1..7 --vary segments.lapsed.size=int:0..900 \\
      --goal 'max delivered' --goal 'min p_red' --goal 'max profit'
  tiersim tradeoff mine.toml --vary templates.offer.opt_out=easy,hidden --vary campaigns.a.per_week=1,2,3 \\
      --goal 'max profit' --goal 'min q95(worst_score)'")]
pub struct TradeoffArgs {
    /// Scenario file, or the name of a shipped scenario
    pub scenario: String,
    /// A field and its range, PATH=LOW..HIGH, log:LOW..HIGH or int:LOW..HIGH, or values to choose from, PATH=A,B,C
    #[arg(long, value_name = "PATH=RANGE", required = true)]
    pub vary: Vec<String>,
    /// What is wanted: `max FIGURE` or `min FIGURE`; two or more
    #[arg(long, value_name = "max|min FIGURE", required = true)]
    pub goal: Vec<String>,
    /// Plans to try, beside the scenario as written
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub points: u32,
    /// Replications of each plan, and as many others for those that are not beaten
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub replications: u64,
    /// Override a field in every plan; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// Write the chart as SVG only
    #[arg(long)]
    pub no_png: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// A field and what it may be.
enum Field {
    Range(Parameter),
    Choice(String, Vec<String>),
}

impl Field {
    fn parse(text: &str, arm: &Arm) -> Result<Field, Failure> {
        if text.contains("..") {
            let path = text.split('=').next().unwrap_or(text).trim();
            let whole = arm.plan.scenario.value_at(path).is_some_and(|v| v.is_u64() || v.is_i64());
            let p = Parameter::parse_for(text, whole).map_err(|e| Failure::input(format!("--vary {e}")))?;
            return Ok(Field::Range(p));
        }
        let wrong = || {
            Failure::input(format!(
                "--vary {text}: write PATH=LOW..HIGH, or PATH=A,B,C with two values or more"
            ))
        };
        let (path, values) = text.split_once('=').ok_or_else(wrong)?;
        let values: Vec<String> =
            values.split(',').map(|v| v.trim().to_string()).filter(|v| !v.is_empty()).collect();
        if path.trim().is_empty() || values.len() < 2 {
            return Err(wrong());
        }
        Ok(Field::Choice(path.trim().to_string(), values))
    }

    fn path(&self) -> &str {
        match self {
            Field::Range(p) => &p.name,
            Field::Choice(path, _) => path,
        }
    }

    fn sets(&self, u: f64) -> Vec<String> {
        match self {
            Field::Range(p) => p.sets(u),
            Field::Choice(path, values) => {
                let place = ((u * values.len() as f64) as usize).min(values.len() - 1);
                vec![format!("{path}={}", values[place])]
            }
        }
    }
}

/// Runs the command.
pub fn tradeoff(args: &TradeoffArgs, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let source = read::source(&args.scenario)?;
    let sets = study::sets(&args.sets, args.policy.as_ref(), common);
    let arm = study::arm("", &source, &sets)?;
    let frame = Frame::of(&arm.plan);
    let goals = args.goal.iter().map(|g| goal(g, &frame)).collect::<Result<Vec<_>, _>>()?;
    if goals.len() < 2 {
        return Err(Failure::input(
            "--goal: a trade-off has two goals or more; `tiersim solve` seeks one value",
        ));
    }
    let fields = args.vary.iter().map(|v| Field::parse(v, &arm)).collect::<Result<Vec<_>, _>>()?;
    let seed = arm.plan.scenario.seed;
    let sequence =
        SobolSequence::scrambled(fields.len(), seed).map_err(|e| Failure::input(format!("--vary: {e}")))?;
    let design =
        sequence.points(args.points as usize).map_err(|e| Failure::input(format!("--points: {e}")))?;
    let mut plans: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = BTreeSet::new();
    for row in design.iter() {
        let plan: Vec<String> = fields.iter().zip(row).flat_map(|(f, u)| f.sets(*u)).collect();
        // Few whole numbers or choices meet again and again.
        if seen.insert(plan.clone()) {
            plans.push(plan);
        }
    }

    let n = args.replications;
    let name = &arm.plan.scenario.name;
    let made = Made { study: "tradeoff", name, arms: &[&arm], replications: n, no_png: args.no_png };
    let options = [
        ("goals", json!(args.goal)),
        ("points", json!(args.points)),
        ("set", json!(args.sets)),
        ("vary", json!(args.vary)),
    ];
    let mut folder = study::folder(common, &made, &options)?;
    let measures: Vec<Measure> = goals.iter().map(|g| g.asked.measure.clone()).collect();
    let loader = |path: &str| source.load(path);
    let base = Base { name: &source.name, text: &source.text, loader: &loader };
    let counter = Arc::new(AtomicU64::new(0));
    let total = (arm.plan.span() as u64).saturating_mul(n).saturating_mul(plans.len() as u64);
    let progress = Progress::show(counter.clone(), total, common.quiet, "trying plans");
    let watcher = Watcher { cancel, progress: &counter };
    let pool = pool(common)?;
    let figures = |places: &[usize], first: u64, last: u64| -> Result<Vec<Vec<Estimate>>, Failure> {
        let points: Vec<Point> = places
            .iter()
            .map(|p| Point {
                sets: sets.iter().chain(&plans[*p]).cloned().collect(),
                replications: first..=last,
            })
            .collect();
        let done =
            pool.install(|| evaluate(base, &points, &measures, watcher)).map_err(|_| Failure::Interrupted)?;
        let mut out = Vec::with_capacity(done.len());
        for values in done {
            let values = values.map_err(|no| Failure::input(format!("--vary: {no}")))?;
            let of =
                |(k, g): (usize, &Goal)| g.asked.of_values(&values.iter().map(|v| v[k]).collect::<Vec<_>>());
            out.push(goals.iter().enumerate().map(of).collect());
        }
        Ok(out)
    };
    let all: Vec<usize> = (0..plans.len()).collect();
    let found = figures(&all, 1, n)?;
    let small: Vec<Vec<f64>> = found
        .iter()
        .map(|row| {
            let value =
                |(g, e): (&Goal, &Estimate)| e.value.map_or(f64::NAN, |v| if g.large { -v } else { v });
            goals.iter().zip(row).map(value).collect()
        })
        .collect();
    let efficient = front(&small);
    let unbeaten: Vec<usize> = all.into_iter().filter(|p| efficient[*p]).collect();
    let mut fresh = figures(&unbeaten, n + 1, 2 * n)?.into_iter();
    drop(progress);
    let tried: Vec<Tried> = plans
        .into_iter()
        .zip(found)
        .zip(efficient)
        .map(|((sets, figures), efficient)| {
            let fresh = if efficient { fresh.next().unwrap_or_default() } else { Vec::new() };
            Tried { sets, figures, efficient, fresh }
        })
        .collect();
    let tradeoff = Tradeoff {
        name: arm.plan.scenario.name.clone(),
        question: arm.plan.scenario.question.clone(),
        goals,
        tried,
        replications: n,
        policy: study::rules_words(&arm.policy.name, &args.sets),
        seed,
    };
    let paths: Vec<&str> = fields.iter().map(Field::path).collect();
    let rows: Vec<studies::PlanRow<'_>> = tradeoff
        .tried
        .iter()
        .map(|t| studies::PlanRow {
            sets: &t.sets,
            figures: &t.figures,
            efficient: t.efficient,
            fresh: &t.fresh,
        })
        .collect();
    let asked: Vec<&Asked> = tradeoff.goals.iter().map(|g| &g.asked).collect();
    folder.write("plans.csv", &studies::tradeoff(&paths, &asked, &rows))?;
    let summary = json!({ "headline": headline(&tradeoff) });
    let answer = answer::answer(&tradeoff, &arm.plan.scenario.currency);
    let plate = Plate::Tradeoff(Picture::of(&tradeoff));
    folder.write("scenario.toml", arm.plan.scenario.written_toml().as_bytes())?;
    let page = |options| text(&tradeoff, options);
    let finished = study::finish(folder, &summary, &answer, &page, &[plate])?;
    study::print(common, args.show, &answer, &finished, page)?;
    Ok(Exit::Fine)
}

/// Reads `max FIGURE` or `min FIGURE`.
fn goal(text: &str, frame: &Frame) -> Result<Goal, Failure> {
    let (large, figure) = match text.trim().split_once(' ') {
        Some(("max", figure)) => (true, figure),
        Some(("min", figure)) => (false, figure),
        _ => {
            return Err(Failure::input(format!(
                "--goal {text:?}: write `max FIGURE` or `min FIGURE`, as in 'min p_red'"
            )));
        }
    };
    let asked = Asked::parse(figure, frame).map_err(|e| Failure::input(format!("--goal: {e}")))?;
    Ok(Goal { asked, large })
}
