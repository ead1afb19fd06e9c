//! `tiersim compare`: arms side by side on the same luck, and gates for scripts.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::cli::study::{self, Made, pool};
use crate::cli::{output, read, show};
use crate::experiment::measure::ReplicationSummary;
use crate::experiment::replicate;
use crate::experiment::study::arm::{Arm, Watcher, comparable};
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::compare::{Runs, compare as held_against};
use crate::experiment::study::estimate::Asked;
use crate::experiment::study::gate::Gate;
use crate::report::answer::formats;
use crate::report::comparison::{Compared, answer, headline, junit, markdown, text};
use crate::report::study::of_comparison;
use crate::store::{RunFolder, studies};

/// Figures compared when nobody says which.
pub const USUAL: &str = "p_red, p_yellow, p_lowered, delivered, read, blocked, block_rate, opted_out, worst_score, refused, \
                         deferred, raises, cost, profit";

/// `tiersim compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim compare opt-out-hidden opt-out-easy                      two scenarios, the first is the baseline
  tiersim compare weekly-promo --set campaigns.extended.per_week=1 --set segments.lapsed.size=0
                                                                   one scenario as written, and two variants of it
  tiersim compare weekly-promo --set 'campaigns.sale.per_week=4; templates.sale.opt_out=easy'
                                                                   a variant with two fields changed
  tiersim compare main.toml branch.toml --fail-if 'p_red > 5%' --fail-if 'delta(p_red) > 0.01'
                                                                   exit code 1 if either holds

Gates are held against every arm but the baseline. A figure that no replication has decides nothing.")]
pub struct CompareArgs {
    /// Scenario files or shipped names; the first is the baseline
    #[arg(required = true)]
    pub scenarios: Vec<String>,
    /// With one scenario: a variant to hold against it; several fields separated by `;`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE[; PATH=VALUE]")]
    pub sets: Vec<String>,
    /// Override a field in every arm; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub everywhere: Vec<String>,
    /// Rules to judge every arm by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// Replications of each arm [default: the baseline's, else 100, fewer for large scenarios]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: Option<u64>,
    /// Figures to compare: measures, `mean(x)`, `median(x)`, `q95(x)`, with `@` and a number; see `tiersim measures`
    #[arg(long = "measure", value_name = "FIGURES", value_delimiter = ',')]
    pub measures: Vec<String>,
    /// End with exit code 1 if this holds, as in 'p_red > 0.05' or 'delta(p_red) > 0.01'; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub fail_if: Vec<String>,
    /// Form of the answer on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Write the chart as SVG only
    #[arg(long)]
    pub no_png: bool,
}

/// What a comparison prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Sentences and tables for the terminal.
    #[value(alias = "table")]
    Text,
    /// One JSON object: sentences, figures with intervals, tables, warnings (docs/answer.schema.json).
    Json,
    /// For the description of a pull request; also written as comparison.md.
    Markdown,
    /// The table, as comparison.csv has it.
    Csv,
    /// Gates as tests; also written as junit.xml.
    Junit,
}

/// Runs the command.
pub fn compare(args: &CompareArgs, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let arms = arms(args, common)?;
    // Rules for all arms stand in each arm's file.
    let options = vec![("set", json!(args.everywhere)), ("variants", json!(args.sets))];
    held(Held { study: "compare", arms, options, base: None }, args, common, cancel)
}

/// What is held against each other.
pub struct Held {
    /// What the command is called.
    pub study: &'static str,
    /// The arms, the first of which is the baseline.
    pub arms: Vec<Arm>,
    /// Options of that command by which it can be asked again, beside those that it shares with `compare`.
    pub options: Vec<(&'static str, serde_json::Value)>,
    /// The scenario that the arms were made from, where none of them is it.
    pub base: Option<String>,
}

/// Holds arms against each other and writes what came of it.
pub fn held(
    Held { study, arms, options, base }: Held,
    args: &CompareArgs,
    common: &Common,
    cancel: &AtomicBool,
) -> Result<Exit, Failure> {
    let command = if study == "recovery" { "plan recovery" } else { study };
    comparable(&arms).map_err(Failure::input)?;
    let frame = Frame::of(&arms[0].plan);
    let (asked, gates) = asked(args, &frame)?;
    // A measure of one number needs that number in every arm.
    for arm in &arms[1..] {
        let frame = Frame::of(&arm.plan);
        for a in &asked {
            Asked::parse(&a.text, &frame)
                .map_err(|e| Failure::input(format!("--measure: in {}: {e}", arm.label)))?;
        }
    }
    let largest = arms.iter().map(|a| a.plan.expected_events()).fold(0.0, f64::max);
    let usual = replicate::default_replications(largest);
    let n = args.replications.or(arms[0].plan.scenario.replications).unwrap_or(usual);

    let (mut folder, inputs_name) = folder((study, options), args, common, &arms, n)?;
    let runs = simulate(common, &arms, n, cancel)?;
    let frames: Vec<Frame> = arms.iter().map(|a| Frame::of(&a.plan)).collect();
    let sides: Vec<Runs<'_>> = arms
        .iter()
        .zip(&runs)
        .zip(&frames)
        .map(|((arm, runs), frame)| Runs { label: &arm.label, runs, frame })
        .collect();
    let comparison = held_against(&sides, &asked);
    let scenario = &arms[0].plan.scenario;
    let compared = Compared {
        question: scenario.question.clone(),
        name: inputs_name,
        seed: scenario.seed,
        policies: arms.iter().map(|a| study::rules_words(&a.policy.name, &args.everywhere)).collect(),
        currency: scenario.currency.clone(),
        gates: gates.iter().flat_map(|g| g.check(&comparison)).collect(),
        comparison,
        hashes: arms.iter().map(|a| a.plan.scenario.hash()).collect(),
        recovery: study == "recovery",
    };

    let mut measures: Vec<Measure> = Vec::new();
    for a in &asked {
        if !measures.contains(&a.measure) {
            measures.push(a.measure.clone());
        }
    }
    let rows: Vec<(&str, &Frame, &[ReplicationSummary])> =
        sides.iter().map(|s| (s.label, s.frame, s.runs)).collect();
    folder.write("comparison.csv", &studies::comparison(&compared.comparison))?;
    folder.write("runs.csv", &studies::runs(&rows, &measures))?;
    folder.write("comparison.md", markdown::markdown(&compared).as_bytes())?;
    folder.write("junit.xml", junit::junit(&compared).as_bytes())?;
    for (i, arm) in arms.iter().enumerate() {
        folder.write(&format!("arms/{:02}.toml", i + 1), arm.plan.scenario.written_toml().as_bytes())?;
    }
    if let Some(base) = base {
        folder.write("scenario.toml", base.as_bytes())?;
    }
    let summary = json!({ "headline": headline(&compared) });
    let answer = answer::answer(command, &compared);
    let page = |options| text::answer(&compared, options);
    let finished = study::finish(folder, &summary, &answer, &page, &of_comparison(&compared))?;

    let page = match args.format {
        Format::Text => format!("{}{}", page(output::page(common)), show::closing(&finished)),
        Format::Json => formats::json(&[answer]),
        Format::Markdown => markdown::markdown(&compared),
        Format::Csv => String::from_utf8(studies::comparison(&compared.comparison)).expect("tables are text"),
        Format::Junit => junit::junit(&compared),
    };
    output::print(&page)?;
    Ok(if compared.gates.iter().any(|g| g.failed()) { Exit::No } else { Exit::Fine })
}

/// The arms: files one by one, or one scenario as written and its variants.
fn arms(args: &CompareArgs, common: &Common) -> Result<Vec<Arm>, Failure> {
    if args.scenarios.len() > 1 && !args.sets.is_empty() {
        return Err(Failure::input(
            "--set makes variants of one scenario, and several were given; --everywhere overrides a field in all of them",
        ));
    }
    if args.scenarios.len() == 1 && args.sets.is_empty() {
        return Err(Failure::input(format!(
            "nothing to hold {} against: give a second scenario, or variants of it by --set PATH=VALUE",
            args.scenarios[0]
        )));
    }
    let everywhere = study::sets(&args.everywhere, args.policy.as_ref(), common);
    let mut arms = Vec::new();
    for scenario in &args.scenarios {
        let source = read::source(scenario)?;
        let label = if args.sets.is_empty() {
            source.called.clone().unwrap_or_else(|| stem(scenario))
        } else {
            "as written".to_string()
        };
        arms.push(study::arm(&label, &source, &everywhere)?);
        for variant in &args.sets {
            let own: Vec<String> = split(variant).map(str::to_string).collect();
            if own.is_empty() {
                return Err(Failure::input(format!(
                    "--set {variant:?}: a variant changes something, as PATH=VALUE"
                )));
            }
            let sets: Vec<String> = everywhere.iter().chain(&own).cloned().collect();
            arms.push(study::arm(&own.join("; "), &source, &sets)?);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for arm in &arms {
        if seen.contains(&arm.label.as_str()) {
            return Err(Failure::input(format!(
                "two arms are called {}: tables could not tell them apart",
                arm.label
            )));
        }
        seen.push(&arm.label);
    }
    Ok(arms)
}

/// The overrides of a variant: parted by `;` outside quotes.
pub fn split(variant: &str) -> impl Iterator<Item = &str> {
    let mut quote: Option<char> = None;
    variant
        .split(move |c: char| {
            match quote {
                Some(q) if q == c => quote = None,
                None if matches!(c, '"' | '\'') => quote = Some(c),
                _ => {}
            }
            c == ';' && quote.is_none()
        })
        .map(str::trim)
        .filter(|s| !s.is_empty())
}

/// A scenario's name for labels: the file's without folders and ending.
fn stem(scenario: &str) -> String {
    let path = PathBuf::from(scenario);
    path.file_stem().map_or_else(|| scenario.to_string(), |s| s.to_string_lossy().into_owned())
}

/// The figures: those asked for and those that gates need.
fn asked(args: &CompareArgs, frame: &Frame) -> Result<(Vec<Asked>, Vec<Gate>), Failure> {
    let texts: Vec<&str> = match args.measures.is_empty() {
        true => USUAL.split(',').collect(),
        false => args.measures.iter().map(String::as_str).collect(),
    };
    let mut asked: Vec<Asked> = Vec::new();
    for text in texts {
        let a = Asked::parse(text, frame).map_err(|e| Failure::input(format!("--measure: {e}")))?;
        if !asked.contains(&a) {
            asked.push(a);
        }
    }
    let mut gates = Vec::new();
    for text in &args.fail_if {
        let gate = Gate::parse(text, frame).map_err(|e| Failure::input(format!("--fail-if {e}")))?;
        if !asked.contains(gate.asked()) {
            asked.push(gate.asked().clone());
        }
        gates.push(gate);
    }
    Ok((asked, gates))
}

fn folder(
    (study, own): (&str, Vec<(&'static str, serde_json::Value)>),
    args: &CompareArgs,
    common: &Common,
    arms: &[Arm],
    n: u64,
) -> Result<(RunFolder, String), Failure> {
    let mut names: Vec<&str> = arms.iter().map(|a| a.plan.scenario.name.as_str()).collect();
    names.dedup();
    let name = if names.len() > 3 { format!("{}-and-others", names[0]) } else { names.join("-vs-") };
    let arms: Vec<&Arm> = arms.iter().collect();
    let made = Made { study, name: &name, arms: &arms, replications: n, no_png: args.no_png };
    let shared = [("fail_if", json!(args.fail_if)), ("measures", json!(args.measures))];
    let options: Vec<_> = shared.into_iter().chain(own).collect();
    Ok((study::folder(common, &made, &options)?, name.clone()))
}

/// All replications of all arms, arm by arm.
fn simulate(
    common: &Common,
    arms: &[Arm],
    n: u64,
    cancel: &AtomicBool,
) -> Result<Vec<Vec<ReplicationSummary>>, Failure> {
    let counter = Arc::new(AtomicU64::new(0));
    let total = arms.iter().map(|a| (a.plan.span() as u64).saturating_mul(n)).sum();
    let progress = Progress::show(counter.clone(), total, common.quiet, "comparing");
    let watcher = Watcher { cancel, progress: &counter };
    let pool = pool(common)?;
    let runs = pool.install(|| arms.iter().map(|a| a.run(1, n, watcher)).collect::<Result<Vec<_>, _>>());
    drop(progress);
    runs.map_err(|_| Failure::Interrupted)
}
