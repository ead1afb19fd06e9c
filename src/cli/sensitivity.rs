//! `tiersim sensitivity`: which assumption, or which field, decides a measure.

use std::sync::atomic::AtomicBool;

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::plausible::without_fixed;
use crate::cli::show::Show;
use crate::cli::study::{self, Made};
use crate::cli::{output, read};
use crate::experiment::sensitivity::noise::Luck;
use crate::experiment::sensitivity::resample::Resampling;
use crate::experiment::study::arm::Arm;
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::estimate::{Asked, Statistic};
use crate::experiment::study::evaluate::{Base, Point, Values, all_values, evaluate_made};
use crate::experiment::study::parameter::{LeftOut, Parameter, at_fault, of_people, of_rules};
use crate::experiment::study::sensitivity::{Design, Found, Method, POINTS_MIN, analyse, complete};
use crate::report::answer::Answer;
use crate::report::sensitivity::text::{self, plan, size};
use crate::report::sensitivity::{Analysed, Sensitivity, answer, headline};
use crate::report::study::of_sensitivity;
use crate::report::words::capital;
use crate::store::{Finished, RunFolder, sensitivity as tables};
use crate::text::did_you_mean;

/// Replications of a point when nobody says: the fewest that let luck be told from the parameters.
const REPLICATIONS: u64 = 2;

/// `tiersim sensitivity`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim sensitivity weekly-promo                                 every assumption: which decide, which do not
  tiersim sensitivity weekly-promo --over rules --dry-run          what would be varied, and how many runs it takes
  tiersim sensitivity weekly-promo --vary rating.red_at --vary segments.lapsed.block_base=log:0.001..0.03
                                                                   an assumption over its own range, a field over this one
  tiersim sensitivity weekly-promo --method sobol --over rules --measure profit
                                                                   shares of the variance, with luck taken off

Methods: morris (the default) tells which of many parameters matter in the fewest runs, because it holds runs of the
same luck against each other and needs only one more point per parameter. sobol says what share of the variance goes
back to each, alone and with others, in some ten times as many runs. pawn and delta look at the whole distribution, and
take as many runs whatever the number of parameters.

Measures: p_red, the question, is 0 or 1 in a run, which is coarse. So two smoother ones stand beside it: share_red,
how long it is red, which hangs on thresholds and on people; and worst_score, which says what moves the score even where
the number is never red, or always; thresholds move it only through what a rating at RED changes (limits, pauses, plans).")]
pub struct SensitivityArgs {
    /// Scenario file, or the name of a shipped scenario (see `tiersim scenario list`)
    pub scenario: String,
    /// How to measure sensitivity
    #[arg(long, value_name = "METHOD", default_value = "morris")]
    pub method: Which,
    /// Vary this and nothing else: a field over a range, or an assumption by its name over its own; may be repeated
    #[arg(long, value_name = "PATH=[log:|int:]LOW..HIGH|NAME")]
    pub vary: Vec<String>,
    /// Whose assumptions to vary [default: all, or none with --vary]
    #[arg(long, value_name = "WHOSE")]
    pub over: Option<Over>,
    /// What to look at: measures, with `@` and a number; see `tiersim measures`
    #[arg(
        long = "measure",
        value_name = "FIGURES",
        value_delimiter = ',',
        default_value = "p_red,worst_score"
    )]
    pub measures: Vec<String>,
    /// Morris: trajectories, each of one point more than there are parameters [default: 10 to 40, by the scenario's size]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub trajectories: Option<u32>,
    /// Sobol': base points, best a power of two [default: 64 to 1024, by the scenario's size]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub base_points: Option<u32>,
    /// PAWN and delta: points, at least 100 [default: 200 to 2000, by the scenario's size]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(POINTS_MIN as i64..=1_000_000))]
    pub points: Option<u32>,
    /// Sobol': look at pairs of parameters too, in about twice as many runs
    #[arg(long)]
    pub second_order: bool,
    /// Replications of each point; with one, luck cannot be told from the parameters [default: 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub replications: Option<u64>,
    /// Whether points share their luck [default: common for morris, independent for the others]
    #[arg(long, value_name = "HOW")]
    pub luck: Option<WhichLuck>,
    /// Resamples behind the intervals of sobol, pawn and delta
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(40..=100_000))]
    pub resamples: u32,
    /// Override a field by its path in all runs; an assumption set so is not varied; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// Say what would be varied and how many runs it takes, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Write charts as SVG only
    #[arg(long)]
    pub no_png: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// How to measure sensitivity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// Elementary effects: cheapest with many parameters.
    Morris,
    /// Shares of the variance, alone and with others.
    Sobol,
    /// How far the distribution moves (Kolmogorov-Smirnov).
    Pawn,
    /// How far the density moves (Borgonovo).
    Delta,
}

/// Whose assumptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Over {
    /// The platform's: thresholds, weights, sample sizes.
    Rules,
    /// Those about people.
    People,
    /// Both.
    All,
}

impl Over {
    /// As typed.
    const fn name(self) -> &'static str {
        match self {
            Over::Rules => "rules",
            Over::People => "people",
            Over::All => "all",
        }
    }
}

/// Whether points share their luck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum WhichLuck {
    /// Points held against each other have the same: differences are the parameters' alone, with few replications.
    Common,
    /// Every run has its own: only so can luck be taken off the indices of sobol.
    Independent,
}

/// Runs the command.
pub fn sensitivity(args: &SensitivityArgs, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let source = read::source(&args.scenario)?;
    let sets = study::sets(&args.sets, args.policy.as_ref(), common);
    let arm = study::arm("", &source, &sets)?;
    let frame = Frame::of(&arm.plan);
    let measures = measures(args, &frame, arm.plan.scenario.pricing.is_some())?;
    let (parameters, left_out) = varied(args, &arm, &sets)?;
    let loader = |path: &str| source.load(path);
    let base = Base { name: &source.name, text: &source.text, loader: &loader };
    try_ends(base, &sets, &parameters)?;

    let replications = args.replications.unwrap_or(REPLICATIONS);
    let events = arm.plan.expected_events();
    let method = method(args, parameters.len(), replications, events)?;
    let luck = match args.luck {
        None => method.usual_luck(),
        Some(WhichLuck::Common) => Luck::Common,
        Some(WhichLuck::Independent) => Luck::Independent,
    };
    let seed = arm.plan.scenario.seed;
    let design = Design::new(method, parameters.len(), luck, replications, seed).map_err(Failure::input)?;
    let mut answered = Sensitivity {
        name: arm.plan.scenario.name.clone(),
        question: arm.plan.scenario.question.clone(),
        policy: study::rules_words(&arm.policy.name, &args.sets),
        seed,
        method,
        luck,
        replications,
        assumptions: args.vary.is_empty(),
        parameters,
        left_out,
        measures: Vec::new(),
    };
    if args.dry_run {
        args.show.only_a_page("--dry-run")?;
        output::print(&plan(&answered, events, output::page(common)))?;
        return Ok(Exit::Fine);
    }
    output::note(common, &size(&answered, events));
    let folder = folder(args, common, &arm, &answered)?;
    let values = simulate(common, (&arm, base, &sets), &design, &answered.parameters, &measures, cancel)?;
    answered.measures =
        found(&measures, &design, &values, Resampling { resamples: args.resamples as usize, seed });
    let told = answer::answer(&answered, &arm.plan.scenario.currency);
    let finished = write(folder, &arm, &answered, (&design, &measures, &values), &told)?;
    study::print(common, args.show, &told, &finished, |options| text::answer(&answered, options))?;
    Ok(Exit::Fine)
}

/// The measures asked for; each has to be a mean over replications. `rated`: whether rate cards bill.
fn measures(args: &SensitivityArgs, frame: &Frame, rated: bool) -> Result<Vec<Measure>, Failure> {
    let mut out: Vec<Measure> = Vec::new();
    for text in &args.measures {
        let asked = Asked::parse(text, frame).map_err(|e| Failure::input(format!("--measure: {e}")))?;
        if matches!(asked.statistic, Statistic::Quantile(_)) {
            return Err(Failure::input(format!(
                "--measure {text}: a point of a sensitivity study is the mean of its replications and has no quantiles"
            )));
        }
        if asked.measure.is_day_of_event() {
            return Err(Failure::input(format!(
                "--measure {text}: has a value in some runs only, and every point needs one; share_red, share_green and \
                 p_red have one in every run"
            )));
        }
        if asked.measure.needs_rates() && !rated {
            return Err(Failure::input(format!(
                "--measure {text}: only rate cards bill, and this scenario has flat prices; --set money.rates=auto, or \
                 measure cost"
            )));
        }
        if !out.contains(&asked.measure) {
            out.push(asked.measure);
        }
    }
    Ok(out)
}

/// What is varied, and what is not and why.
fn varied(
    args: &SensitivityArgs,
    arm: &Arm,
    sets: &[String],
) -> Result<(Vec<Parameter>, Vec<LeftOut>), Failure> {
    let over = args.over.or(args.vary.is_empty().then_some(Over::All));
    let (rules, left_of_rules) = of_rules(arm);
    let people = of_people(arm);
    let mut named: Vec<Parameter> = Vec::new();
    for text in &args.vary {
        let p = match text.contains('=') {
            true => {
                let path = text.split('=').next().unwrap_or("").trim();
                Parameter::parse_for(text, holds_whole(&arm.plan.scenario.resolved, path))
                    .map_err(|e| Failure::input(format!("--vary {e}")))?
            }
            false => {
                let all = || rules.iter().chain(&people);
                all().find(|p| p.name == text.trim()).cloned().ok_or_else(|| {
                    let near = did_you_mean(text, all().map(|p| p.name.as_str()));
                    let hint = near.map_or(String::new(), |h| format!("; {h}"));
                    Failure::input(format!(
                        "--vary {text}: no assumption with a range has this name{hint} (--dry-run lists them; for a \
                         field write PATH=LOW..HIGH)"
                    ))
                })?
            }
        };
        // One field under two names would be varied twice, the later one winning.
        if let Some(other) = named.iter().find(|other| other.overlaps(&p)) {
            return Err(Failure::input(format!("--vary {text}: {} is varied already", other.name)));
        }
        if let Some(set) = p.set_among(sets) {
            return Err(Failure::input(format!(
                "--vary {text}: {} is set on the command line as well ({set}); a field is either set or varied",
                p.name
            )));
        }
        named.push(p);
    }
    let mut left_out = Vec::new();
    let mut assumptions = Vec::new();
    if matches!(over, Some(Over::Rules | Over::All)) {
        assumptions.extend(rules);
        left_out.extend(left_of_rules);
    }
    if matches!(over, Some(Over::People | Over::All)) {
        assumptions.extend(people);
    }
    let (mut assumptions, fixed) = without_fixed(assumptions, sets);
    left_out.extend(fixed);
    // What is named with a range of its own is varied over that.
    assumptions.retain(|p| !named.iter().any(|own| own.overlaps(p)));
    let mut all = named;
    all.extend(assumptions);
    if all.is_empty() {
        return Err(Failure::input("nothing to vary: no assumption has a range; name fields by --vary"));
    }
    Ok((all, left_out))
}

/// Whether a field of the resolved scenario holds a whole number.
fn holds_whole(resolved: &serde_json::Value, path: &str) -> bool {
    let found = path.split('.').try_fold(resolved, |at, key| at.get(key.trim_matches('"')));
    found.is_some_and(|v| v.is_u64() || v.is_i64())
}

/// Loads the scenario with each parameter at either end of its range: better before the first run than after the last.
fn try_ends(base: Base<'_>, sets: &[String], parameters: &[Parameter]) -> Result<(), Failure> {
    for p in parameters {
        for u in [0.0, 1.0] {
            let own: Vec<String> = sets.iter().cloned().chain(p.sets(u)).collect();
            Arm::load("", base.name, base.text, &own, base.loader)
                .map_err(|no| Failure::input(format!("{} = {}: {no}", p.name, p.value(u))))?;
        }
    }
    Ok(())
}

/// The method and its size. Options of other methods are refused: they would do nothing.
fn method(
    args: &SensitivityArgs,
    parameters: usize,
    replications: u64,
    events: f64,
) -> Result<Method, Failure> {
    let given = [
        ("--trajectories", args.trajectories.is_some(), &[Which::Morris][..]),
        ("--base-points", args.base_points.is_some(), &[Which::Sobol]),
        ("--second-order", args.second_order, &[Which::Sobol]),
        ("--points", args.points.is_some(), &[Which::Pawn, Which::Delta]),
    ];
    if let Some((option, _, of)) = given.iter().find(|(_, given, of)| *given && !of.contains(&args.method)) {
        let name = |w: &Which| format!("{w:?}").to_lowercase();
        return Err(Failure::input(format!(
            "{option} is of --method {}, and the method is {}",
            of.iter().map(name).collect::<Vec<_>>().join(" and "),
            name(&args.method),
        )));
    }
    let of = |n: Option<u32>| n.unwrap_or(0) as usize;
    let method = match args.method {
        Which::Morris => Method::Morris { trajectories: of(args.trajectories) },
        Which::Sobol => Method::Sobol { base_points: of(args.base_points), second_order: args.second_order },
        Which::Pawn => Method::Pawn { points: of(args.points) },
        Which::Delta => Method::Delta { points: of(args.points) },
    };
    let sized = args.trajectories.or(args.base_points).or(args.points).is_some();
    Ok(if sized { method } else { method.of_usual_size(parameters, replications, events) })
}

/// The number that says how large a method's design is, in the method's own unit.
fn size_of(method: &Method) -> usize {
    match *method {
        Method::Morris { trajectories } => trajectories,
        Method::Sobol { base_points, .. } => base_points,
        Method::Pawn { points } | Method::Delta { points } => points,
    }
}

/// All runs of the design, in order.
fn simulate(
    common: &Common,
    (arm, base, sets): (&Arm, Base<'_>, &[String]),
    design: &Design,
    parameters: &[Parameter],
    measures: &[Measure],
    cancel: &AtomicBool,
) -> Result<Values, Failure> {
    let each = design.replications as usize;
    let runs = design.points().rows() * each;
    // One replication each, so that threads share the work of few points too.
    let made = |run: usize| -> Point {
        let point = run / each;
        let own = parameters.iter().zip(design.points().row(point)).flat_map(|(p, u)| p.sets(*u));
        let replication = design.replications(point).start() + (run % each) as u64;
        Point { sets: sets.iter().cloned().chain(own).collect(), replications: replication..=replication }
    };
    let done = study::watched((common, cancel), (arm, runs), "evaluating the design", |watcher| {
        evaluate_made(base, runs, made, measures, watcher)
    })?;
    all_values(done).map_err(|(run, no)| {
        // Each end loads by itself, so it is the combination that does not.
        let (no, point) = (no.to_string(), run / each);
        let values = at_fault(parameters, design.points().row(point), &no);
        Failure::input(format!("point {} ({values}): {no}", point + 1))
    })
}

/// Indices of every measure.
fn found(measures: &[Measure], design: &Design, values: &Values, resampling: Resampling) -> Vec<Analysed> {
    let one = |(place, measure): (usize, &Measure)| {
        let found = complete(values, place, design.replications)
            .map_err(|missing| {
                format!(
                    "{missing} of {} runs have no value of it, and indices over the others would speak of other ranges",
                    values.len()
                )
            })
            .and_then(|table| analyse(design, &table, resampling).map_err(|no| no.to_string()));
        Analysed { measure: measure.clone(), found }
    };
    measures.iter().enumerate().map(one).collect()
}

fn write(
    mut folder: RunFolder,
    arm: &Arm,
    s: &Sensitivity,
    (design, measures, values): (&Design, &[Measure], &Values),
    answer: &Answer,
) -> Result<Finished, Failure> {
    let analysed: Vec<(&str, &Found)> = s
        .measures
        .iter()
        .filter_map(|a| a.found.as_ref().ok().map(|f| (a.measure.name.as_str(), f)))
        .collect();
    let name = s.method.name();
    folder.write("indices.csv", &tables::indices(name, &s.parameters, &analysed))?;
    folder.write("parameters.csv", &tables::parameters(&s.parameters))?;
    folder.write("design.csv", &tables::design(design, &s.parameters, measures, values))?;
    folder.write("noise.csv", &tables::noise(&analysed))?;
    folder.write("scenario.toml", arm.plan.scenario.written_toml().as_bytes())?;
    let about = |a: &Analysed| {
        let names = |verdict: Option<bool>| -> Vec<String> {
            let rows = a.found.as_ref().map(Found::ranking).unwrap_or_default();
            let rows = rows.into_iter().filter(|r| r.indistinguishable == verdict);
            rows.map(|r| s.parameters[r.parameter].name.clone()).collect()
        };
        let cautions = a.found.as_ref().map(|f| f.cautions.as_slice()).unwrap_or_default();
        json!({
            "measure": a.measure.name,
            "not_analysed": a.found.as_ref().err(),
            "ranking": names(Some(false)),
            "not_judged": names(None),
            "indistinguishable": names(Some(true)),
            "cautions": cautions.iter().map(|c| format!("{}.", capital(c))).collect::<Vec<_>>(),
        })
    };
    let summary = json!({
        "headline": headline(s),
        "method": name,
        "luck": s.luck.name(),
        "points": s.points(),
        "replications": s.replications,
        "runs": s.runs(),
        "measures": s.measures.iter().map(about).collect::<Vec<_>>(),
        "not_varied": s.left_out.iter().map(|l| json!({ "name": l.name, "why": l.why })).collect::<Vec<_>>(),
    });
    let page = |options| text::answer(s, options);
    study::finish(folder, &summary, answer, &page, &of_sensitivity(s))
}

/// The folder of results. Ranges come with the version; they are named so that two studies can be told apart.
fn folder(args: &SensitivityArgs, common: &Common, arm: &Arm, s: &Sensitivity) -> Result<RunFolder, Failure> {
    let ranges: Vec<String> =
        s.parameters.iter().map(|p| format!("{}={}..{}", p.name, p.low(), p.high())).collect();
    let made = Made {
        study: "sensitivity",
        name: &s.name,
        arms: &[arm],
        replications: s.replications,
        no_png: args.no_png,
    };
    let options = [
        ("luck", json!(s.luck.name())),
        ("measures", json!(args.measures)),
        ("method", json!(s.method.name())),
        ("over", json!(args.over.map(Over::name))),
        ("points", json!(s.points())),
        ("resamples", json!(args.resamples)),
        ("second_order", json!(args.second_order)),
        ("set", json!(args.sets)),
        ("size", json!(size_of(&s.method))),
        ("varied", json!(ranges)),
        ("vary", json!(args.vary)),
    ];
    study::folder(common, &made, &options)
}
