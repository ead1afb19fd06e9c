//! `tiersim replay`: a recorded log under one or several policies.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use serde_json::json;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::logs::{self, Bad, Log, LogArgs, More, RejectsFile};
use crate::cli::present::Shown;
use crate::cli::show::Show;
use crate::cli::{bill, output, present, read, show};
use crate::experiment::bill_log::LogMeter;
use crate::experiment::replay::{Replay, ReplayOptions, Replayed};
use crate::experiment::result::policy_label;
use crate::messaging::rows::Every;
use crate::policy::Policy;
use crate::policy::fold::{Malformed, Refused};
use crate::report::answer::{self, Answer};
use crate::report::picture::Picture;
use crate::report::{json as report_json, text};
use crate::sim::{SimDuration, SimTime};
use crate::store::folder::Place;
use crate::store::log::DigestSink;
use crate::store::log::read::{Order, Rejects};
use crate::store::manifest::{LogDigest, Named, Origin, PolicyInputs, RowCounts};
use crate::store::replayed::{self, ReplayTables, Wanted};
use crate::store::{Inputs, RunFolder, Summary, tables};

/// So many rows are announced at a time: enough to wait for memory once for many of them, few enough that what was
/// brought near is still near in their turn.
const ANNOUNCED: usize = 512;

/// `tiersim replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim replay history.parquet                              under the platform's rules of each day
  tiersim replay 'logs/*.csv.gz' --with blocks.csv -o history blocks and reports from another file
  tiersim replay history.csv --policy 2023-03 --policy 2025-12  the same signals under two rule sets
  tiersim replay output/weekly-promo/*/events.csv --verify    does a simulated log re-derive its verdicts?")]
pub struct ReplayArgs {
    /// Where rows come from.
    #[command(flatten)]
    pub log: LogArgs,
    /// Blocks and reports from another file (recipient, time, event, and number if there are several); repeatable
    #[arg(long, value_name = "FILE")]
    pub with: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file; several give a folder each and comparison.csv
    /// [default: auto; with --verify the policy of the run the log comes from]
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Vec<String>,
    /// Leave output before this instant out (costs: before its month); state is not affected
    #[arg(long, value_name = "TIME", value_parser = logs::instant)]
    pub from: Option<SimTime>,
    /// Leave signals after this instant out and end there; may lie beyond the log
    #[arg(long, value_name = "TIME", value_parser = logs::instant)]
    pub until: Option<SimTime>,
    /// Only this number in tables, charts and the answer; may be repeated
    #[arg(long, value_name = "ID")]
    pub number: Vec<String>,
    /// Keep rating rows at multiples of this in ratings.csv (1h keeps all evaluations of the shipped rules)
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = logs::every)]
    pub every: SimDuration,
    /// What to do with sends that the rules would have refused: they happened and count, or leave them out with
    /// what followed
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub refused: RefusedArg,
    /// Exit with 1 unless the log's own verdicts are re-derived, in order, instant and value
    #[arg(long)]
    pub verify: bool,
    /// Bill the log by rate cards too: `auto`, a card's name, or a card file (see `tiersim rates list`); needs --market
    /// or --country
    #[arg(long, value_name = "NAME|FILE|auto")]
    pub rates: Option<String>,
    /// With --rates: the market whose prices hold for everybody in the log
    #[arg(long, value_name = "NAME", requires = "rates", conflicts_with = "country")]
    pub market: Option<String>,
    /// With --rates: the country, by its two letters, that everybody in the log is from
    #[arg(long, value_name = "CC", requires = "rates")]
    pub country: Option<String>,
    /// Leave the digest of the log out: faster for very large logs
    #[arg(long)]
    pub no_digest: bool,
    /// Write charts as SVG only
    #[arg(long)]
    pub no_png: bool,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// What to do with sends that the rules would have refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RefusedArg {
    /// They count in full.
    Keep,
    /// They are left out, with what followed.
    Drop,
}

/// Runs the command.
pub fn replay(args: &ReplayArgs, common: &Common, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let policies = policies(args)?;
    let meter = bill::meter(args)?;
    if let (Some(from), Some(until)) = (args.from, args.until)
        && from > until
    {
        return Err(Failure::input(format!(
            "--from {from} lies after --until {until}: nothing would be written"
        )));
    }
    let mut order = args.log.order();
    loop {
        match attempt(args, common, &policies, meter.as_ref(), order, cancel)? {
            Some(exit) => return Ok(exit),
            None => order = Order::Sort,
        }
    }
}

/// What is to be said of the log itself.
struct AboutLog {
    /// Columns left out, by file.
    ignored: Vec<String>,
    /// People of the merged files whom the log does not know.
    strangers: Option<(u64, String)>,
}

/// The policies asked for. A verification without one takes the policy of the run whose folder holds the log.
fn policies(args: &ReplayArgs) -> Result<Vec<Policy>, Failure> {
    if args.policy.is_empty() {
        let own = match (&args.log.logs[..], args.verify) {
            ([one], true) => own_policy(Path::new(one))?,
            _ => None,
        };
        return Ok(vec![own.unwrap_or_else(Policy::auto)]);
    }
    let policies: Vec<Policy> = args.policy.iter().map(|p| read::policy(p)).collect::<Result<_, _>>()?;
    for (i, p) in policies.iter().enumerate() {
        if policies[..i].iter().any(|q| folder_name(q) == folder_name(p)) {
            return Err(Failure::input(format!(
                "--policy: two policies are called {}; their results would share a folder",
                p.name
            )));
        }
    }
    Ok(policies)
}

/// The policy that the run beside this log was judged by, as its manifest names it; none where there is no manifest.
fn own_policy(log: &Path) -> Result<Option<Policy>, Failure> {
    let beside = log.with_file_name(crate::store::folder::MANIFEST);
    let Ok(bytes) = std::fs::read(&beside) else { return Ok(None) };
    let Some(manifest) = crate::store::Manifest::parse(&bytes) else { return Ok(None) };
    let Some(wanted) = manifest.inputs.policies.first() else { return Ok(None) };
    let same = |p: &Policy| p.hash == wanted.hash;
    if let Some(p) = Policy::named(&wanted.name).ok().filter(same) {
        return Ok(Some(p));
    }
    // Overrides stand in the scenario.
    let scenario = log.with_file_name("scenario.toml");
    let of_scenario = || -> Result<Policy, Failure> {
        let source = read::source(&scenario.display().to_string())?;
        Ok(read::scenario(&source, &[])?.1)
    };
    match of_scenario() {
        Ok(p) if same(&p) => Ok(Some(p)),
        _ => Err(Failure::input(format!(
            "{}: the run was judged by {} with overrides that can't be found again; give its policy file with --policy",
            beside.display(),
            wanted.name
        ))),
    }
}

fn folder_name(policy: &Policy) -> String {
    logs::plain_name(&policy.name)
}

/// Replays from the first row to the last; none if the log turned out to be out of order on the way.
fn attempt(
    args: &ReplayArgs,
    common: &Common,
    policies: &[Policy],
    meter: Option<&LogMeter>,
    order: Order,
    cancel: &Arc<AtomicBool>,
) -> Result<Option<Exit>, Failure> {
    let name = logs::name(&args.log.logs);
    let place = match &common.output {
        Some(folder) => Place::At(folder.clone()),
        None => Place::Under(PathBuf::from("output")),
    };
    let mut folder = RunFolder::create_later(place, &name, common.force)?;
    for left in folder.leftovers() {
        output::note(common, &format!("left by an interrupted run, may be deleted: {}", left.display()));
    }
    let several = policies.len() > 1;
    let prefix = |p: &Policy| if several { format!("{}/", folder_name(p)) } else { String::new() };
    let options = ReplayOptions {
        refused: match args.refused {
            RefusedArg::Keep => Refused::Keep,
            RefusedArg::Drop => Refused::Drop,
        },
        until: args.until,
        verify: args.verify,
    };
    let wanted = Wanted { from: args.from, numbers: args.number.clone(), every: Every(args.every) };
    let mut runs = Vec::new();
    for p in policies {
        let tables = ReplayTables::create(&mut folder, &prefix(p), wanted.clone())?;
        let replay = Replay::new(p.timeline(), options).only(&args.number).billed(meter.cloned());
        runs.push((replay, tables));
    }
    let rejects = match args.log.on_bad_row {
        Bad::Stop => None,
        Bad::Reject => Some(RejectsFile::new(folder.create_file("rejects.csv")?)),
    };
    let mut log =
        Log::open(&args.log, &args.with, order, rejects.as_ref().map(|r| r as &dyn Rejects), common, cancel)?;
    let mut digest = (!args.no_digest).then(DigestSink::new);
    loop {
        match log.next()? {
            More::Rows => {}
            More::End => break,
            More::StartOver => return Ok(None),
        }
        for i in 0..log.len() {
            let place = i % ANNOUNCED;
            if place == 0 {
                let end = log.len().min(i + ANNOUNCED);
                for (replay, _) in &mut runs {
                    replay.announce(log.subjects(i..end), log.time(end - 1));
                }
            }
            if let Err(fault) = take(&log, i, place, &mut runs, &mut digest) {
                log.refuse(i, &fault)?;
            }
        }
        for (replay, tables) in &mut runs {
            replay.drain(tables);
            tables.flush()?;
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
    }
    let rows = log.counts();
    let rows = text::RowsRead { read: rows.read, moved: rows.moved, rejected: rows.rejected };
    let about_log = AboutLog { ignored: log.ignored(), strangers: log.strangers() };
    drop(log);
    let digest = digest.map(|d| d.finish().digest.expect("a digest sink has one"));
    let missing: Vec<String> = runs[0].1.missing().iter().map(|n| n.to_string()).collect();
    if !missing.is_empty() {
        let near = crate::text::nearest(&missing[0], runs[0].1.numbers().iter().map(String::as_str));
        let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
        return Err(Failure::input(format!("--number: the log has no number {}{hint}", missing.join(", "))));
    }
    let mut ended: Vec<Replayed> = Vec::new();
    let mut shown: Vec<Shown> = Vec::new();
    for ((replay, mut tables), p) in runs.into_iter().zip(policies) {
        let label = |start, end| policy_label(p, start, end);
        let Some(done) = replay.finish(&name, label, &mut tables) else {
            return Err(Failure::input(format!(
                "{}: no signal {}; there is nothing to replay",
                args.log.logs.join(", "),
                match args.until {
                    Some(until) => format!("up to {until}"),
                    None => "in the log".to_string(),
                }
            )));
        };
        tables.finish(&mut folder)?;
        let prefix = prefix(p);
        if !done.observed.is_empty() {
            let days = replayed::observed(&done.observed, args.from);
            folder.write(&format!("{prefix}observed.csv"), &days)?;
            let changes = replayed::observed_changes(&done.changes, args.from);
            folder.write(&format!("{prefix}observed_changes.csv"), &changes)?;
        }
        if !done.refusals.is_empty() {
            let table = tables::refusals(&done.numbers, &done.attempted, &done.refusals);
            folder.write(&format!("{prefix}refusals.csv"), &table)?;
        }
        match &done.bill {
            Some(Ok(billed)) => {
                folder.write(&format!("{prefix}costs.csv"), &tables::costs(&billed.bill))?;
                folder.write(&format!("{prefix}campaign_costs.csv"), &replayed::campaign_costs(billed))?;
            }
            Some(Err(e)) => return Err(Failure::input(format!("--rates: {e}"))),
            None => {}
        }
        let counts = RowCounts {
            read: rows.read,
            moved: rows.moved,
            duplicate: done.fates.duplicate,
            rejected: rows.rejected,
        };
        let named = Named { name: p.name.clone(), hash: p.hash.clone() };
        let mut summary = Summary::of_log(&done.counts, counts, digest.clone(), named);
        summary.headline = report_json::replayed(&done, &about_log.ignored);
        if let Some(Ok(billed)) = &done.bill {
            let mut told = report_json::billed(&billed.bill);
            told["without_category"] = json!(billed.without_category);
            summary.headline.insert("billed".into(), told);
        }
        if let Some((many, _)) = &about_log.strangers {
            summary.headline.insert("with_people_not_written_to".into(), json!(many));
        }
        folder.write(&format!("{prefix}summary.json"), &summary.to_bytes())?;
        let notes = if shown.is_empty() { remarks(&done, &about_log, args.from) } else { Vec::new() };
        let answer = answer::replay(&done, &rows, &notes);
        // As in the table.
        let verdicts = &done.result.first.verdicts;
        let verdicts = verdicts.iter().filter(|v| args.from.is_none_or(|from| v.time >= from));
        let mut days = done.result.first.template_days.clone();
        days.rows.retain(|row| args.from.is_none_or(|from| row.day >= from.day_start()));
        shown.push(Shown::new(&prefix, answer, Picture::of(&done.result), verdicts, days));
        ended.push(done);
    }
    if several {
        let names: Vec<String> = policies.iter().map(|p| p.name.clone()).collect();
        let days: Vec<_> = ended.iter().map(|r| &r.days[..]).collect();
        let table = replayed::comparison(&names, &ended[0].numbers, &days, &wanted);
        folder.write("comparison.csv", &table)?;
    }
    if let Some(rejects) = rejects {
        folder.close(rejects.finish()?)?;
    }
    let inputs = inputs(args, &name, policies, &ended, (digest.as_deref(), meter));
    let page = |options| page(policies, &ended, &rows, (&about_log, args.from), options);
    for (i, part) in shown.iter().enumerate() {
        let page: present::Page<'_> = if i == 0 { &page } else { present::ELSEWHERE };
        present::write(&mut folder, part, page, &inputs, args.no_png)?;
    }
    let log = match &digest {
        Some(d) => LogDigest::of(1, d),
        None => LogDigest::none(1, "--no-digest"),
    };
    let finished = folder.finish_from(inputs, vec![log])?;
    let answers: Vec<Answer> = shown.into_iter().map(|s| s.answer).collect();
    show::print(common, args.show, &answers, &[], &finished, page)?;
    let verified = ended.iter().all(|r| r.verification.as_ref().is_none_or(|v| v.differs.is_none()));
    Ok(Some(if verified { Exit::Fine } else { Exit::No }))
}

/// Gives a row to every replay and to the digest. Whether it is malformed does not depend on the rules: all agree.
fn take(
    log: &Log<'_>,
    i: usize,
    announced: usize,
    runs: &mut [(Replay, ReplayTables)],
    digest: &mut Option<DigestSink>,
) -> Result<(), Malformed> {
    let mut row = log.row(i);
    let home = log.number_of(i, |recipient| runs[0].0.last_deliverer(recipient))?;
    if let Some((number, portfolio)) = &home {
        row.texts[0] = number;
        row.texts[1] = portfolio;
    }
    for (replay, _) in runs.iter_mut() {
        // Where the log said whom the row is about, it was announced without.
        replay.row(&row, home.is_none().then_some(announced))?;
    }
    if let Some(digest) = digest {
        digest.row(&row);
    }
    Ok(())
}

fn inputs(
    args: &ReplayArgs,
    name: &str,
    policies: &[Policy],
    ended: &[Replayed],
    (digest, meter): (Option<&str>, Option<&LogMeter>),
) -> Inputs {
    // Without a digest the rows themselves stand for nothing; then the counts have to do.
    let log = Named { name: name.to_string(), hash: digest.unwrap_or("none").to_string() };
    let policies = policies.iter().zip(ended).map(|(p, r)| {
        let label = policy_label(p, r.start, r.end);
        PolicyInputs::new(&label.name, &label.hash, &label.eras)
    });
    let mut inputs = Inputs::new(Origin::Replay { log }, policies.collect());
    let time = |t: Option<SimTime>| json!(t.map(|t| t.to_string()));
    inputs.options.extend([
        ("digest".to_string(), json!(!args.no_digest)),
        ("every".to_string(), json!(args.every.to_string())),
        ("from".to_string(), time(args.from)),
        ("number".to_string(), json!(args.number)),
        ("on_bad_row".to_string(), json!(if args.log.on_bad_row == Bad::Stop { "stop" } else { "reject" })),
        ("png".to_string(), json!(cfg!(feature = "png") && !args.no_png)),
        ("refused".to_string(), json!(if args.refused == RefusedArg::Keep { "keep" } else { "drop" })),
        ("until".to_string(), time(args.until)),
        ("verify".to_string(), json!(args.verify)),
    ]);
    if let (Some(rates), Some(meter)) = (&args.rates, meter) {
        inputs.options.insert("rates".to_string(), json!(rates));
        inputs.options.insert("rates_digest".to_string(), json!(meter.rates().digest));
        inputs.options.insert("market".to_string(), json!(meter.market()));
    }
    inputs
}

/// What concerns the log, which is said once.
fn remarks(replayed: &Replayed, about_log: &AboutLog, from: Option<SimTime>) -> Vec<String> {
    let left = |i| format!("Columns that are not of the log schema were left out: {i}.");
    let mut notes: Vec<String> = about_log.ignored.iter().map(left).collect();
    let said = about_log.strangers.iter().map(|(_, said)| said.clone());
    notes.extend(said.filter(|s| !s.is_empty()));
    if let Some(Ok(billed)) = &replayed.bill {
        notes.extend(bill::notes(billed, from));
    }
    if from.is_some_and(|from| from > replayed.end) {
        notes.push(format!("--from lies after the end of the log ({}): the tables are empty.", replayed.end));
    }
    notes
}

fn page(
    policies: &[Policy],
    ended: &[Replayed],
    rows: &text::RowsRead,
    (about_log, from): (&AboutLog, Option<SimTime>),
    options: text::TextOptions,
) -> String {
    let mut page = String::new();
    for (i, replayed) in ended.iter().enumerate() {
        if i > 0 {
            page.push_str(&format!("\n{}\n\n", "─".repeat(options.width.min(100))));
        }
        let notes = if i == 0 { remarks(replayed, about_log, from) } else { Vec::new() };
        page.push_str(&text::replayed(replayed, rows, &notes, options));
    }
    if ended.len() > 1 {
        let names: Vec<&str> = policies.iter().map(|p| p.name.as_str()).collect();
        page.push_str(&format!("\n{}\n", text::compared(&names, ended.iter())));
    }
    page
}
