//! `tiersim plan`: calendars worked out by trying plans, the best of them checked on fresh luck.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::cli::read;
use crate::cli::recovery::{self, RecoveryArgs};
use crate::cli::show::Show;
use crate::cli::study::{self, Made, pool};
use crate::experiment::measure::ReplicationSummary;
use crate::experiment::study::arm::{Arm, Watcher};
use crate::experiment::study::catalogue::Frame;
use crate::experiment::study::condition::Condition;
use crate::experiment::study::estimate::Asked;
use crate::experiment::study::search::Probe;
use crate::experiment::study::warmup::{Candidate, days as days_of};
use crate::messaging::Limit;
use crate::report::study::Plate;
use crate::report::warmup::chart::Picture;
use crate::report::warmup::{Warmup, answer, headline, text};
use crate::scenario::{Scenario, standing};
use crate::store::studies;

/// Plans that are checked on fresh luck before the search gives up.
const CHECKED: usize = 4;

/// `tiersim plan`.
#[derive(Debug, clap::Subcommand)]
pub enum Plan {
    /// A day-by-day calendar that warms a number up to a limit, as fast as its conditions allow
    Warmup(WarmupArgs),
    /// What to do once the rating is not green: stop, send less, change the template, or dilute
    Recovery(RecoveryArgs),
}

/// `tiersim plan warmup`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim plan warmup --to 10K
  tiersim plan warmup mine.toml --to 100K --subject-to 'p_red < 0.05' --subject-to 'p_yellow < 0.5'
  tiersim plan warmup mine.toml --to 2K --vary campaigns.welcome.audience.max=50,100,200

Every combination of the values is tried with the same luck; of those that keep the conditions the one that reaches the
limit soonest is checked on fresh luck. calendar.csv has a row per day: what to send, the limit, the risk so far. Exit
code 1 if no plan keeps the conditions.")]
pub struct WarmupArgs {
    /// Scenario file, or the name of a shipped scenario
    #[arg(default_value = "warm-up")]
    pub scenario: String,
    /// The limit to reach, as in 10K, 100000 or unlimited
    #[arg(long, value_name = "LIMIT")]
    pub to: String,
    /// What has to hold; may be repeated
    #[arg(long, value_name = "CONDITION", default_value = "p_red < 0.1")]
    pub subject_to: Vec<String>,
    /// Values of a field to try, every combination; may be repeated [default: size and growth of the first campaign
    /// that has a largest audience]
    #[arg(long, value_name = "PATH=V1,V2,...")]
    pub vary: Vec<String>,
    /// Override a field by its path; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// Replications of each plan, and as many others for the check
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    pub replications: u64,
    /// Write the chart as SVG only
    #[arg(long)]
    pub no_png: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// Runs the command.
pub fn plan(what: &Plan, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    match what {
        Plan::Warmup(args) => warmup(args, common, cancel),
        Plan::Recovery(args) => recovery::recovery(args, common, cancel),
    }
}

fn warmup(args: &WarmupArgs, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let to = limit(&args.to)?;
    let source = read::source(&args.scenario)?;
    let sets = study::sets(&args.sets, args.policy.as_ref(), common);
    let arm = study::arm("", &source, &sets)?;
    let axes = match args.vary.is_empty() {
        true => usual_axes(&arm.plan.scenario, &args.scenario)?,
        false => args.vary.iter().map(|v| axis(v)).collect::<Result<_, _>>()?,
    };
    let ladder = &arm.policy.at(arm.plan.scenario.horizon).rules.limit.ladder;
    if !ladder.contains(&to) {
        let steps: Vec<String> = ladder.iter().map(|l| l.short()).collect();
        return Err(Failure::input(format!(
            "--to {}: no limit of these rules (limits: {})",
            args.to,
            steps.join(", ")
        )));
    }
    let frame = Frame::of(&arm.plan);
    let conditions = args
        .subject_to
        .iter()
        .map(|c| Condition::parse(c, &frame).map_err(|e| Failure::input(format!("--subject-to {e}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let ask = |text: String| Asked::parse(&text, &frame).map_err(Failure::input);
    let days = ask(format!("median(days_to_limit_{to})"))?;
    let reached = ask(format!("p_limit_{to}"))?;
    let slow = ask(format!("q90(days_to_limit_{to})"))?;
    let plans = combinations(&axes);

    let n = args.replications;
    let name = &arm.plan.scenario.name;
    let made = Made { study: "warmup", name, arms: &[&arm], replications: n, no_png: args.no_png };
    let options = [
        ("set", json!(args.sets)),
        ("subject_to", json!(args.subject_to)),
        ("to", json!(args.to)),
        ("vary", json!(args.vary)),
    ];
    let mut folder = study::folder(common, &made, &options)?;
    let counter = Arc::new(AtomicU64::new(0));
    let total = (arm.plan.span() as u64).saturating_mul(n).saturating_mul(plans.len() as u64 + 1);
    let progress = Progress::show(counter.clone(), total, common.quiet, "trying plans");
    let watcher = Watcher { cancel, progress: &counter };
    let pool = pool(common)?;
    let with = |own: &[String]| -> Result<Arm, Failure> {
        let all: Vec<String> = sets.iter().chain(own).cloned().collect();
        study::arm("", &source, &all)
    };
    let candidate = |sets: &[String], runs: &[ReplicationSummary]| {
        let figures: Vec<_> = conditions.iter().map(|c| c.asked.estimate(runs, &frame)).collect();
        let standings = conditions.iter().zip(&figures).map(|(c, e)| c.standing(e)).collect();
        Candidate {
            sets: sets.to_vec(),
            probe: Probe { figures, standings },
            days: days.estimate(runs, &frame),
            slow: slow.estimate(runs, &frame),
            reached: reached.estimate(runs, &frame),
            borne_out: None,
        }
    };
    let mut tried = Vec::with_capacity(plans.len());
    for own in &plans {
        let arm = with(own)?;
        let runs = pool.install(|| arm.run(1, n, watcher)).map_err(|_| Failure::Interrupted)?;
        tried.push(candidate(own, &runs));
    }
    // Soonest first; a plan that reaches the limit in fewer than half of the replications has no median day.
    let mut order: Vec<usize> = (0..tried.len()).filter(|i| tried[*i].is_good()).collect();
    let key = |c: &Candidate| (c.days.value.unwrap_or(f64::INFINITY), -c.reached.value.unwrap_or(0.0));
    order.sort_by(|a, b| {
        let ((a, p), (b, q)) = (key(&tried[*a]), key(&tried[*b]));
        a.total_cmp(&b).then(p.total_cmp(&q))
    });
    let mut checked = None;
    for place in order.iter().take(CHECKED) {
        let arm = with(&plans[*place])?;
        let fresh =
            pool.install(|| arm.run_with_days(n + 1, 2 * n, watcher)).map_err(|_| Failure::Interrupted)?;
        let again = candidate(&plans[*place], &fresh);
        tried[*place].borne_out = Some(again.is_good());
        if again.is_good() {
            checked = Some((again, arm, fresh));
            break;
        }
    }
    drop(progress);

    let calendar = checked.as_ref().map(|(_, _, fresh)| days_of(&frame, fresh)).unwrap_or_default();
    let warmup = Warmup {
        name: arm.plan.scenario.name.clone(),
        question: arm.plan.scenario.question.clone(),
        to,
        conditions,
        tried,
        chosen: checked.as_ref().map(|c| c.0.clone()),
        calendar,
        replications: n,
        policy: study::rules_words(&arm.policy.name, &args.sets),
        seed: arm.plan.scenario.seed,
    };
    folder.write("plans.csv", &studies::plans(&axes, &warmup.conditions, &warmup.tried))?;
    if let Some((_, chosen, fresh)) = &checked {
        folder.write("calendar.csv", &studies::calendar(&frame, fresh))?;
        folder.write("solution.toml", chosen.plan.scenario.resolved_toml().as_bytes())?;
    }
    let summary = json!({
        "headline": headline(&warmup),
        "to": to.to_string(),
        "chosen": warmup.chosen.as_ref().map(|c| &c.sets),
    });
    let answer = answer::answer(&warmup);
    let plates: Vec<Plate> = Picture::of(&warmup).into_iter().map(Plate::Calendar).collect();
    folder.write("scenario.toml", arm.plan.scenario.written_toml().as_bytes())?;
    let page = |options| text(&warmup, options);
    let finished = study::finish(folder, &summary, &answer, &page, &plates)?;
    study::print(common, args.show, &answer, &finished, page)?;
    Ok(if warmup.chosen.is_some() { Exit::Fine } else { Exit::No })
}

/// A limit as people write it: `250`, `2K`, `100K`, `1M`, `unlimited`.
fn limit(text: &str) -> Result<Limit, Failure> {
    let scaled = |suffix: &str, by: u64| {
        let digits = text.strip_suffix(suffix).or_else(|| text.strip_suffix(&suffix.to_lowercase()))?;
        digits.parse::<u64>().ok()?.checked_mul(by).filter(|n| *n > 0).map(Limit::Of)
    };
    Limit::parse(text)
        .or_else(|| scaled("K", 1000))
        .or_else(|| scaled("M", 1_000_000))
        .ok_or_else(|| Failure::input(format!("--to {text}: no limit; write 2000, 10K, 100K or unlimited")))
}

/// A field and the values to try: `PATH=V1,V2,...`.
pub type Axis = (String, Vec<String>);

fn axis(text: &str) -> Result<Axis, Failure> {
    let wrong = || {
        Failure::input(format!("--vary {text}: write PATH=V1,V2,..., as in campaigns.a.audience.max=50,100"))
    };
    let (path, values) = text.split_once('=').ok_or_else(wrong)?;
    let values: Vec<String> =
        values.split(',').map(|v| v.trim().to_string()).filter(|v| !v.is_empty()).collect();
    if path.trim().is_empty() || values.is_empty() {
        return Err(wrong());
    }
    Ok((path.trim().to_string(), values))
}

/// How large the first dispatch is, as parts of the starting limit, and by how much the next ones grow.
fn usual_axes(s: &Scenario, asked: &str) -> Result<Vec<Axis>, Failure> {
    let grows = s.campaigns.iter().find(|c| c.audience.max.is_some()).ok_or_else(|| {
        Failure::input(format!(
            "{asked}: no campaign has a largest audience (audience.max) that could grow from day to day; name what to try \
             by --vary PATH=V1,V2,..."
        ))
    })?;
    let limit = match s.numbers[grows.number].starting_limit {
        Some(Limit::Of(n)) => n,
        // The least any era begins with.
        _ => 250,
    };
    let sizes = [20, 40, 70, 95].map(|percent| (limit * percent / 100).max(1).to_string());
    let growths = ["1", "1.1", "1.2", "1.5", "2", "3"].map(str::to_string);
    let path = |key: &str| standing::path(&["campaigns", &grows.name, "audience", key]);
    Ok(vec![(path("max"), sizes.to_vec()), (path("growth"), growths.to_vec())])
}

/// Every combination of the axes' values, the last axis fastest, as overrides.
fn combinations(axes: &[Axis]) -> Vec<Vec<String>> {
    axes.iter().fold(vec![Vec::new()], |plans, (path, values)| {
        let extend = |plan: &Vec<String>| {
            let plan = plan.clone();
            values
                .iter()
                .map(move |v| plan.iter().cloned().chain([format!("{path}={v}")]).collect())
                .collect::<Vec<_>>()
        };
        plans.iter().flat_map(extend).collect()
    })
}
