//! What commands that make studies share: the scenario with its overrides, the folder of results, charts, the threads.
//!
//! Must not know what a study is about.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use serde_json::{Value, json};

use crate::cli::args::Common;
use crate::cli::exit::Failure;
use crate::cli::progress::Progress;
use crate::cli::read::{self, Source};
use crate::cli::show::Show;
use crate::cli::{output, present, scenarios, show};
use crate::experiment::result::policy_label;
use crate::experiment::run::Cancelled;
use crate::experiment::study::arm::{Arm, Watcher};
use crate::report::answer::Answer;
use crate::report::study::Plate;
use crate::report::text::TextOptions;
use crate::store::manifest::{Named, Origin, PolicyInputs};
use crate::store::{Finished, Inputs, RunFolder};

/// The overrides of a command line: those typed, the seed, the rules.
pub fn sets(sets: &[String], policy: Option<&String>, common: &Common) -> Vec<String> {
    let mut all = scenarios::with_seed(sets, common);
    all.extend(policy.map(|p| format!("policy.era={p}")));
    all
}

/// The rules in the words of small print, with what was overridden: whoever sees a chart has to know both.
pub fn rules_words(policy: &str, sets: &[String]) -> String {
    let mut out = policy.to_string();
    for set in sets {
        out.push_str(" · ");
        out.push_str(&crate::report::words::shorten(&crate::report::words::clean(set), 60));
    }
    out
}

/// A scenario under overrides, ready to run.
pub fn arm(label: &str, source: &Source, sets: &[String]) -> Result<Arm, Failure> {
    let (scenario, policy) = read::scenario(source, sets)?;
    Arm::new(label, sets, scenario, policy).map_err(Failure::input)
}

/// What a study is made from, beside its options.
pub struct Made<'a> {
    /// What the command is called.
    pub study: &'a str,
    /// What its folder is called.
    pub name: &'a str,
    /// Its scenarios, the first of which gives seed and span.
    pub arms: &'a [&'a Arm],
    /// Replications of each.
    pub replications: u64,
    /// Whether charts are wanted as SVG only.
    pub no_png: bool,
}

/// Opens the folder of a study. Options are what its bytes depend on beside scenarios, rules and seed.
pub fn folder(common: &Common, made: &Made<'_>, options: &[(&str, Value)]) -> Result<RunFolder, Failure> {
    let s = &made.arms[0].plan.scenario;
    let name = |a: &Arm| if a.label.is_empty() { a.plan.scenario.name.clone() } else { a.label.clone() };
    let origin = Origin::Study {
        study: made.study.to_string(),
        name: made.name.to_string(),
        scenarios: made.arms.iter().map(|a| Named { name: name(a), hash: a.plan.scenario.hash() }).collect(),
        seed: s.seed,
        replications: made.replications,
    };
    let policies = made.arms.iter().map(|a| {
        let label = policy_label(&a.policy, s.start, s.horizon);
        PolicyInputs::new(&label.name, &label.hash, &label.eras)
    });
    let mut inputs = Inputs::new(origin, policies.collect());
    inputs.options.extend(options.iter().map(|(key, value)| ((*key).to_string(), value.clone())));
    inputs.options.insert("png".to_string(), json!(cfg!(feature = "png") && !made.no_png));
    inputs.options.insert("question".to_string(), json!(s.question));
    // What a variant of a scenario is hangs on how the scenario says what it says.
    let written: Vec<String> = made.arms.iter().map(|a| a.plan.scenario.written_hash()).collect();
    inputs.options.insert("written".to_string(), json!(written));
    let base = common.output.clone().unwrap_or_else(|| PathBuf::from("output"));
    let folder = RunFolder::create(&base, inputs, common.force)?;
    for left in folder.leftovers() {
        output::note(common, &format!("left by an interrupted run, may be deleted: {}", left.display()));
    }
    Ok(folder)
}

/// Writes charts with their tables, the page and `summary.json`, keeps the answer and the terminal's `page` of it in the
/// manifest and settles the folder.
pub fn finish(
    mut folder: RunFolder,
    summary: &Value,
    answer: &Answer,
    page: present::Page<'_>,
    plates: &[Plate],
) -> Result<Finished, Failure> {
    present::study(&mut folder, answer, page, plates)?;
    let mut bytes = serde_json::to_vec_pretty(summary).expect("plain data becomes JSON");
    bytes.push(b'\n');
    folder.write("summary.json", &bytes)?;
    Ok(folder.finish(Vec::new())?)
}

/// Prints an answer in the form asked for. `page` is the terminal's, without the line on where the files are.
pub fn print(
    common: &Common,
    show: Show,
    answer: &Answer,
    finished: &Finished,
    page: impl FnOnce(TextOptions) -> String,
) -> Result<(), Failure> {
    show::print(common, show, std::slice::from_ref(answer), &[], finished, page)
}

/// The threads asked for.
pub fn pool(common: &Common) -> Result<rayon::ThreadPool, Failure> {
    let threads = common.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|e| Failure::InputOutput(anyhow::anyhow!("cannot start threads: {e}")))
}

/// Work on the threads asked for, below a bar that is full after so many runs of the arm.
pub fn watched<T: Send>(
    (common, cancel): (&Common, &AtomicBool),
    (arm, runs): (&Arm, usize),
    what: &'static str,
    work: impl FnOnce(Watcher<'_>) -> Result<T, Cancelled> + Send,
) -> Result<T, Failure> {
    let counter = Arc::new(AtomicU64::new(0));
    let total = (arm.plan.span() as u64).saturating_mul(runs as u64);
    let pool = pool(common)?;
    let _progress = Progress::show(counter.clone(), total, common.quiet, what);
    pool.install(|| work(Watcher { cancel, progress: &counter })).map_err(|_| Failure::Interrupted)
}
