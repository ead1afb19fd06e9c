//! `tiersim run`: from a scenario to an answer in the terminal and a folder of files.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;

use crate::behaviour::sender::Calendar;
use crate::cli::args::{Common, Events, Keep, Run};
use crate::cli::enough::{Enough, Stopped};
use crate::cli::exit::{Exit, Failure};
use crate::cli::present::Shown;
use crate::cli::progress::Progress;
use crate::cli::scenarios::with_seed;
use crate::cli::show::Format;
use crate::cli::study::pool;
use crate::cli::{output, plausible, present, read, show};
use crate::experiment::measure::{Outcome, ReplicationSummary, RunResult};
use crate::experiment::plan::Plan;
use crate::experiment::replicate::{self, Replicated, Request, RunSink};
use crate::experiment::result::{log_counts, policy_label, result};
use crate::experiment::study::catalogue::Frame;
use crate::experiment::study::compare;
use crate::experiment::study::estimate::Asked;
use crate::experiment::study::gate::{Checked, Gate};
use crate::messaging::rows::Every;
use crate::policy::Policy;
use crate::policy::judge::Timeline;
use crate::report::answer::{self, Answer};
use crate::report::picture::Picture;
use crate::report::{comparison, json as report_json, text};
use crate::scenario::{People, Scenario};
use crate::sim::SimDuration;
use crate::store::broadcasts::broadcasts;
use crate::store::folder::{Place, replication_folder};
use crate::store::log::{LogFormat, LogWriter, RunLog, ToDigest, estimate};
use crate::store::manifest::{LogDigest, Named, Origin, PolicyInputs, RowCounts};
use crate::store::{Finished, Inputs, RunFolder, Summary, tables, template_days};

/// Runs the command.
pub fn run(args: &Run, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    if args.assumptions.is_some() {
        return plausible::run(args, common, cancel);
    }
    let every = SimDuration::parse(&args.every).map_err(|e| Failure::input(format!("--every: {e}")))?;
    if every == SimDuration::ZERO {
        return Err(Failure::input("--every: a positive duration is needed, such as 1h or 1d"));
    }
    let format = args.events.map(log_format);
    #[cfg(not(feature = "parquet"))]
    if format == Some(LogFormat::Parquet) {
        return Err(Failure::input("--events parquet: this build has no Parquet; use csv or ndjson"));
    }
    let source = read::source(&args.scenario)?;
    let mut sets = with_seed(&args.sets, common);
    sets.extend(args.policy.iter().map(|p| format!("policy.era={p}")));
    let (scenario, policy) = read::scenario(&source, &sets).map_err(in_words_typed)?;
    let hash = scenario.hash();
    let (plan, usual) = ready(scenario, policy.timeline())?;
    let enough = Enough::new(args, &plan, usual)?;
    let gates = gates(args, &plan)?;
    announce(args, common, &plan, &enough, usual, format);

    // How many replications there will be is part of what names the folder.
    let base = common.output.clone().unwrap_or_else(|| PathBuf::from("output"));
    let mut folder = match enough.known() {
        Some(n) => RunFolder::create(&base, inputs(args, &plan, &policy, &hash, n, every), common.force)?,
        None => RunFolder::create_later(Place::Under(base), &plan.scenario.name, common.force)?,
    };
    for left in folder.leftovers() {
        output::note(common, &format!("left by an interrupted run, may be deleted: {}", left.display()));
    }
    let log = match format {
        None => None,
        Some(f) => Some(open_log(&mut folder, f, (&policy, &hash), args.no_digest, cancel)?),
    };
    let done = simulate(args, common, &plan, enough, cancel, log.as_ref());
    if let Some(finished) = log.and_then(RunLog::into_finished) {
        // A file that failed stops the run: then that is what happened, not an interruption.
        let (_, file) = finished?;
        folder.close(file)?;
    }
    let (done, stopped) = done?;
    let checked = check(&gates, &plan, &done.summaries);
    let inputs = inputs(args, &plan, &policy, &hash, done.summaries.len() as u64, every);
    let (result, answer, finished) = write(args, &plan, &policy, done, (inputs, every), folder)?;
    let mut notes = stopped.words();
    notes.extend(report_json::warm_up_note(&result));
    let gates: Vec<String> = checked.iter().map(comparison::gate).collect();
    if args.show.format != Format::Table {
        // When it stopped is no part of the answer, which the same inputs give again.
        stopped.words().iter().for_each(|said| output::note(common, said));
    }
    show::print(common, args.show, &[answer], &gates, &finished, |options| {
        text::answer(&result, &notes, options)
    })?;
    Ok(if checked.iter().any(Checked::failed) { Exit::No } else { Exit::Fine })
}

/// The gates of `--fail-if`. A run has nothing to differ from.
fn gates(args: &Run, plan: &Plan) -> Result<Vec<Gate>, Failure> {
    let frame = Frame::of(plan);
    let read = |text: &String| {
        let gate = Gate::parse(text, &frame).map_err(|e| Failure::input(format!("--fail-if {e}")))?;
        match gate.of_difference {
            true => Err(Failure::input(format!(
                "--fail-if {text:?}: a run has nothing to differ from; delta(...) is for `tiersim compare`"
            ))),
            false => Ok(gate),
        }
    };
    args.fail_if.iter().map(read).collect()
}

/// How gates stand with a run.
fn check(gates: &[Gate], plan: &Plan, runs: &[ReplicationSummary]) -> Vec<Checked> {
    let frame = Frame::of(plan);
    let asked: Vec<Asked> = gates.iter().map(|g| g.asked().clone()).collect();
    let label = &plan.scenario.name;
    let only = compare::compare(&[compare::Runs { label, runs, frame: &frame }], &asked);
    gates.iter().flat_map(|g| g.check(&only)).collect()
}

/// Names faults of `--policy` by what was typed, not by the override it stands for.
fn in_words_typed(f: Failure) -> Failure {
    match f {
        Failure::Input(e) => Failure::input(format!("{e:#}").replace("--set policy.era=", "--policy ")),
        other => other,
    }
}

fn log_format(e: Events) -> LogFormat {
    match e {
        Events::Csv => LogFormat::Csv,
        Events::Ndjson => LogFormat::Ndjson,
        Events::Parquet => LogFormat::Parquet,
    }
}

/// A plan, and how many replications it gets when nobody says.
pub fn ready(scenario: Scenario, timeline: Timeline) -> Result<(Plan, u64), Failure> {
    let plan = Plan::new(scenario, timeline).map_err(Failure::input)?;
    let usual = replicate::default_replications(plan.expected_events());
    Ok((plan, usual))
}

/// Says what is going to happen, before it takes time or room.
fn announce(
    args: &Run,
    common: &Common,
    plan: &Plan,
    enough: &Enough,
    usual: u64,
    format: Option<LogFormat>,
) {
    let events = plan.expected_events();
    let n = usual;
    let asked = args.replications.or(plan.scenario.replications).is_some() || enough.is_sequential();
    if !asked && usual < replicate::REPLICATIONS {
        output::note(
            common,
            &format!(
                "{n} replication{} instead of {}: about {} events are expected in each, and without --replications as \
                 many are made as give some {} events in all",
                if n == 1 { "" } else { "s" },
                replicate::REPLICATIONS,
                rough(events),
                rough(replicate::EVENTS_BUDGET),
            ),
        );
    }
    if let Some(f) = format {
        let bytes = estimate(f, events as u64);
        output::note(
            common,
            &format!(
                "event log of replication 1: about {} rows, {} as {}",
                rough(events),
                size(bytes),
                f.name()
            ),
        );
    }
}

/// A number in words people say.
fn rough(n: f64) -> String {
    match n {
        _ if n >= 1e9 => format!("{:.1} billion", n / 1e9),
        _ if n >= 1e6 => format!("{:.1} million", n / 1e6),
        _ if n >= 1e3 => format!("{:.0} thousand", n / 1e3),
        _ => format!("{n:.0}"),
    }
}

fn size(bytes: u64) -> String {
    let mb = bytes as f64 / 1e6;
    if mb >= 1000.0 { format!("{:.1} GB", mb / 1000.0) } else { format!("{mb:.1} MB") }
}

fn inputs(
    args: &Run,
    plan: &Plan,
    policy: &Policy,
    hash: &str,
    replications: u64,
    every: SimDuration,
) -> Inputs {
    let s = &plan.scenario;
    let label = policy_label(policy, s.start, s.horizon);
    let named = Named { name: s.name.clone(), hash: hash.to_string() };
    let mut inputs = Inputs::new(
        Origin::Run { scenario: named, seed: s.seed, replications },
        vec![PolicyInputs::new(&label.name, &label.hash, &label.eras)],
    );
    let events = args.events.map(|e| log_format(e).name());
    inputs.options.extend([
        ("digest".to_string(), json!(!args.no_digest)),
        ("events".to_string(), json!(events)),
        ("every".to_string(), json!(every.to_string())),
        ("keep".to_string(), json!(if args.keep == Keep::All { "all" } else { "first" })),
        ("png".to_string(), json!(png_wanted(args))),
        ("question".to_string(), json!(s.question)),
        ("set".to_string(), json!(args.sets)),
    ]);
    inputs
}

fn png_wanted(args: &Run) -> bool {
    cfg!(feature = "png") && !args.no_png
}

fn open_log<'s>(
    folder: &mut RunFolder,
    format: LogFormat,
    (policy, hash): (&Policy, &str),
    no_digest: bool,
    stop: &'s AtomicBool,
) -> Result<RunLog<'s>, Failure> {
    let file = folder.create_file(format.file_name())?;
    let provenance = [
        ("tiersim.scenario".to_string(), hash.to_string()),
        ("tiersim.policy".to_string(), policy.hash.clone()),
    ];
    let writer = LogWriter::new(format, file, folder.target().join(format.file_name()), &provenance)?;
    let writer = if no_digest { writer.without_digest() } else { writer };
    Ok(RunLog::new(writer, stop))
}

fn simulate(
    args: &Run,
    common: &Common,
    plan: &Plan,
    mut enough: Enough,
    cancel: &AtomicBool,
    log: Option<&RunLog<'_>>,
) -> Result<(Replicated, Stopped), Failure> {
    let counter = Arc::new(AtomicU64::new(0));
    let total = (plan.span() as u64).saturating_mul(enough.most());
    let progress = Progress::show(counter.clone(), total, common.quiet, "simulating");
    let sink = |replication: u64| -> Option<Box<dyn RunSink + '_>> {
        match log {
            Some(log) if replication == 1 => Some(log.sink()),
            _ => (!args.no_digest).then(|| Box::new(ToDigest::default()) as Box<dyn RunSink>),
        }
    };
    let pool = pool(common)?;
    let mut done = Replicated::default();
    let stopped = loop {
        let first = done.summaries.len() as u64 + 1;
        let request = Request {
            replications: first..=enough.batch(first, pool.current_num_threads() as u64),
            // All evaluations are kept for charts; the table is thinned when it is written.
            every: SimDuration(1),
            keep_all: args.keep == Keep::All,
            sink: &sink,
            cancel,
            progress: &counter,
        };
        let part = pool.install(|| replicate::replicate(plan, &request)).map_err(|_| Failure::Interrupted)?;
        done.outcomes.extend(part.outcomes);
        done.summaries.extend(part.summaries);
        if let Some((n, stopped)) = enough.look(&done.summaries) {
            done.summaries.truncate(n);
            done.outcomes.truncate(n);
            break stopped;
        }
    };
    drop(progress);
    if cancel.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok((done, stopped)) }
}

/// Writes everything and settles the folder.
fn write(
    args: &Run,
    plan: &Plan,
    policy: &Policy,
    mut done: Replicated,
    (inputs, every): (Inputs, SimDuration),
    mut folder: RunFolder,
) -> Result<(RunResult, Answer, Finished), Failure> {
    let names: Vec<String> = plan.numbers().iter().map(|n| n.name.clone()).collect();
    let days: Vec<_> = done.outcomes[0].daily.iter().map(|d| (d.day, d.number)).collect();
    let digests: Vec<LogDigest> = done
        .summaries
        .iter()
        .map(|s| match &s.digest {
            Some(d) => LogDigest::of(s.replication, d),
            None => LogDigest::none(s.replication, "--no-digest"),
        })
        .collect();
    for o in done.outcomes.iter().skip(1) {
        let sub = replication_folder(o.replication);
        write_outcome(&mut folder, &format!("{sub}/"), o, &names, Every(every))?;
    }
    done.outcomes.truncate(1);
    write_outcome(&mut folder, "", &done.outcomes[0], &names, Every(every))?;
    folder.write("replications.csv", &tables::replications(&names, &done.summaries))?;
    if done.summaries.len() > 1 {
        folder.write(
            "daily_bands.csv",
            &tables::daily_bands(&names, &replicate::bands(&days, names.len(), &done.summaries)),
        )?;
    }
    let result = result(plan, policy, &args.sets, done);
    folder.write("scenario.toml", plan.scenario.resolved_toml().as_bytes())?;
    folder.write("summary.json", &summary(plan, policy, &result).to_bytes())?;
    let notes: Vec<String> = report_json::warm_up_note(&result).into_iter().collect();
    let answer = answer::run(&result, &notes);
    let page = |options| text::answer(&result, &notes, options);
    let shown = Shown::new(
        "",
        answer,
        Picture::of(&result),
        &result.first.verdicts,
        result.first.template_days.clone(),
    );
    present::write(&mut folder, &shown, &page, &inputs, !png_wanted(args))?;
    let finished = folder.finish_from(inputs, digests)?;
    Ok((result, shown.answer, finished))
}

fn write_outcome(
    folder: &mut RunFolder,
    prefix: &str,
    o: &Outcome,
    names: &[String],
    every: Every,
) -> Result<(), Failure> {
    let delays = tables::delays(&[("time_to_read", &o.time_to_read), ("time_in_queue", &o.time_in_queue)]);
    let mut attempted = vec![0; names.len()];
    o.daily.iter().for_each(|row| attempted[row.number] += row.counts.attempted);
    for (name, bytes) in [
        ("daily.csv", tables::daily(names, &o.daily)),
        ("ratings.csv", tables::ratings(names, &o.ratings, every)),
        ("verdicts.csv", tables::verdicts(&o.verdicts)),
        ("campaigns.csv", tables::campaigns(&o.campaigns)),
        ("templates.csv", tables::templates(&o.templates)),
        ("segments.csv", tables::segments(&o.segments)),
        ("refusals.csv", tables::refusals(names, &attempted, &o.refusals)),
        ("opt_outs.csv", tables::opt_outs(&o.opt_outs)),
        ("delays.csv", delays),
    ] {
        folder.write(&format!("{prefix}{name}"), &bytes)?;
    }
    if let Some(bill) = &o.bill {
        folder.write(&format!("{prefix}costs.csv"), &tables::costs(bill))?;
    }
    if let Some(days) = template_days::table(&o.template_days) {
        folder.write(&format!("{prefix}{}", template_days::FILE), &days)?;
    }
    if !o.broadcasts.is_empty() {
        let campaigns: Vec<String> = o.campaigns.iter().map(|c| c.name.clone()).collect();
        let bytes = broadcasts(&campaigns, &o.broadcasts);
        folder.write(&format!("{prefix}broadcasts.csv"), &bytes)?;
    }
    Ok(())
}

/// `summary.json`: what the log of replication 1 holds, and the headline over all.
fn summary(plan: &Plan, policy: &Policy, result: &RunResult) -> Summary {
    let o = &result.first;
    let counts = log_counts(plan, o);
    let rows = RowCounts { read: o.log_rows, ..RowCounts::default() };
    let named = Named { name: policy.name.clone(), hash: policy.hash.clone() };
    let mut summary = Summary::of_log(&counts, rows, o.digest.clone(), named);
    summary.headline = report_json::headline(result);
    summary
}

/// What would run: the resolved form a person wants to see before pressing enter.
pub fn describe(name: &str, plan: &Plan, policy: &Policy) -> String {
    let s = &plan.scenario;
    let mut out = format!("{name} is a sound scenario.\n\n{}\n\n", s.question);
    let label = policy_label(policy, s.start, s.horizon);
    let eras: Vec<String> =
        label.eras.iter().map(|(at, name)| format!("{name} from {}", at.date())).collect();
    let mut line = |k: &str, v: String| out.push_str(&format!("  {k:13} {v}\n"));
    line("from, to", format!("{}, {} ({} days)", s.start, s.horizon, (s.horizon - s.start).as_days()));
    line("rules", format!("{} ({})", policy.name, eras.join(", ")));
    line("seed", s.seed.to_string());
    if let Some(p) = &s.pricing {
        let cards: Vec<String> =
            p.cards.iter().map(|(at, c)| format!("{} from {}: {}", c.name, at.date(), c.title)).collect();
        line("rate cards", cards.join("; "));
        for (segment, market) in s.segments.iter().zip(&p.markets) {
            if let Some(market) = market {
                line("market", format!("{market} for segment {}", segment.name));
            }
        }
    }
    let sizes = match &s.people {
        People::Counted(sizes) => sizes.clone(),
        People::Listed(list) => {
            (0..s.segments.len()).map(|i| list.iter().filter(|p| p.segment == i).count() as u64).collect()
        }
    };
    for (segment, size) in s.segments.iter().zip(sizes) {
        line("segment", format!("{}: {size} people", segment.name));
    }
    for n in &s.numbers {
        let begins = n.registered_at.map_or(String::new(), |at| format!(", registered {at}"));
        if n.app.is_some() {
            line("number", format!("{} of the Business app{begins}", n.name));
            continue;
        }
        let limit =
            n.starting_limit.map_or("the policy's starting limit".to_string(), |l| format!("limit {l}"));
        line(
            "number",
            format!(
                "{} of portfolio {}, {limit}, {} messages a second{begins}",
                n.name, n.portfolio, n.throughput
            ),
        );
    }
    for c in &s.campaigns {
        let when = match &c.calendar {
            Calendar::Dispatches(at) => match (at.first(), at.last()) {
                (Some(first), Some(last)) => format!("{} dispatches, {first} to {last}", at.len()),
                _ => "no dispatch falls into the run".to_string(),
            },
            Calendar::Triggered { per_day, .. } => format!("triggered, {per_day} a day and person"),
        };
        line("campaign", format!("{}: {when}", c.name));
    }
    let events = plan.expected_events();
    let usual = s.replications.unwrap_or(replicate::default_replications(events));
    line("size", format!("about {} events in each of {usual} replications", rough(events)));
    for note in text::rules_notes(&label).iter().chain(&s.remarks) {
        out.push_str(&format!("\n{note}\n"));
    }
    out
}
