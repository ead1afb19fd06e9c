//! What was asked of a sweep, read and checked: scenario, design, figures.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::SweepArgs;
use crate::cli::args::Common;
use crate::cli::compare::USUAL;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::cli::read::{self, Source};
use crate::experiment::replicate;
use crate::experiment::result::policy_label;
use crate::experiment::sampling::{self, Points, sobol_sequence::SobolSequence};
use crate::experiment::study::arm::Arm;
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::condition;
use crate::experiment::study::design::{Axis, Design, Kind, NoDesign};
use crate::experiment::study::estimate::Asked as Figure;
use crate::experiment::study::field::Field;
use crate::experiment::study::swept::{Head, measures};
use crate::scenario;
use crate::store::Inputs;
use crate::store::manifest::{Named, Origin, PolicyInputs};
use crate::store::sweeps::rows::Layout;
use crate::store::sweeps::unfinished::Made;
use crate::store::sweeps::{shards, tables};

/// Most rows of a sweep, all points and replications together.
const ROWS_MAX: u128 = 2_000_000_000;

/// A sweep ready to run.
pub struct Asked {
    source: Source,
    sets: Vec<String>,
    /// Files that points name, read once: a file that changes meanwhile does not come between points.
    files: Mutex<BTreeMap<String, String>>,
    /// The scenario as written, with what is set at every point.
    pub base: Arm,
    /// What tables and charts need.
    pub head: Head,
    /// The points.
    pub design: Design,
    /// What rows hold.
    pub measures: Vec<Measure>,
    names: Vec<String>,
    conditions: Vec<String>,
    /// Overrides and axes as typed: small print tells the former, and both are how to ask for it again.
    typed: [Vec<String>; 2],
    shard: Option<String>,
    range: Range<usize>,
    base_scenario: String,
}

impl Asked {
    /// Reads and checks everything that can be checked before a run.
    pub fn read(args: &SweepArgs, common: &Common) -> Result<Asked, Failure> {
        let source = read::source(&args.scenario)?;
        let policy = args.policy.iter().map(|p| format!("policy.era={p}"));
        let sets: Vec<String> =
            crate::cli::scenarios::with_seed(&args.sets, common).into_iter().chain(policy).collect();
        let (s, policy) = read::scenario(&source, &sets)?;
        let base = Arm::new("", &sets, s, policy).map_err(Failure::input)?;
        let design = design(args, common, base.plan.scenario.seed)?;
        check_paths(&source, &sets, args, &design)?;
        let frame = Frame::of(&base.plan);
        let figures = figures(args, &frame)?;
        let measures = measures(&figures);
        let s = &base.plan.scenario;
        let usual = replicate::default_replications(base.plan.expected_events());
        let replications = args.replications.or(s.replications).unwrap_or(usual);
        let rows = design.points.len() as u128 * u128::from(replications);
        if rows > ROWS_MAX {
            return Err(Failure::input(format!(
                "{} points in {replications} replications are {rows} rows, at most {ROWS_MAX}: fewer values, --where, \
                 --design lhs:N or --replications N",
                design.points.len()
            )));
        }
        let boundary =
            condition::number(&args.boundary).filter(|b| *b > 0.0 && *b < 1.0).ok_or_else(|| {
                Failure::input(format!(
                    "--boundary {}: no chance between 0 and 1, as in 5% or 0.05",
                    args.boundary
                ))
            })?;
        let head = Head {
            name: s.name.clone(),
            question: s.question.clone(),
            policy: crate::cli::study::rules_words(&base.policy.name, &args.sets),
            currency: s.currency.clone(),
            seed: s.seed,
            replications,
            design: design.kind.name(),
            paths: design.paths.clone(),
            scales: design.scales.clone(),
            points: design.points.len(),
            left_out: design.left_out,
            figures: figures.iter().map(|f| f.text.clone()).collect(),
            boundary,
            span: (s.start.0, s.horizon.0, s.warm_up.0),
            numbers: frame.numbers,
        };
        let range = super::part(args.shard.as_deref(), design.points.len())?;
        let base_scenario = s.written_toml();
        Ok(Asked {
            source,
            sets,
            files: Mutex::new(BTreeMap::new()),
            base,
            head,
            names: measures.iter().map(|m| m.name.clone()).collect(),
            measures,
            design,
            conditions: args.conditions.clone(),
            typed: [args.sets.clone(), args.vary.clone()],
            shard: args.shard.clone(),
            range,
            base_scenario,
        })
    }

    /// Makes a point ready to run.
    pub fn load(&self, point: usize) -> Result<Arm, String> {
        let sets: Vec<String> = self.sets.iter().cloned().chain(self.design.sets(point)).collect();
        let loader = |path: &str| {
            let held = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
            match held {
                Some(text) => Ok(text),
                None => {
                    let text = self.source.load(path)?;
                    let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
                    Ok(files.entry(path.to_string()).or_insert(text).clone())
                }
            }
        };
        Arm::load("", &self.source.name, &self.source.text, &sets, &loader).map_err(|e| e.to_string())
    }

    /// The overrides with which `tiersim run` runs a point.
    pub fn overrides(&self, point: usize) -> Vec<String> {
        self.design.sets(point)
    }

    /// The points of this machine's part.
    pub fn points(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What rows look like.
    pub fn layout(&self) -> Layout<'_> {
        Layout { design: &self.design, measures: &self.names, replications: self.head.replications }
    }

    /// Where results go.
    pub fn output(&self, common: &Common) -> PathBuf {
        common.output.clone().unwrap_or_else(|| PathBuf::from("output"))
    }

    /// `design.csv`.
    pub fn design_csv(&self) -> Vec<u8> {
        tables::design(&self.design)
    }

    /// What the result is made from.
    pub fn inputs(&self, no_png: bool) -> Result<Inputs, Failure> {
        let s = &self.base.plan.scenario;
        let label = policy_label(&self.base.policy, s.start, s.horizon);
        let origin = Origin::Study {
            study: "sweep".to_string(),
            name: s.name.clone(),
            scenarios: vec![Named { name: s.name.clone(), hash: s.hash() }],
            seed: s.seed,
            replications: self.head.replications,
        };
        let policies = vec![PolicyInputs::new(&label.name, &label.hash, &label.eras)];
        let mut inputs = Inputs::new(origin, policies);
        let hash = blake3::hash(&self.design_csv()).to_hex().to_string();
        inputs.options.extend([
            ("paths".to_string(), json!(self.head.paths)),
            ("boundary".to_string(), json!(self.head.boundary)),
            ("design".to_string(), json!(self.head.design)),
            ("design_hash".to_string(), json!(hash)),
            ("measures".to_string(), json!(self.head.figures)),
            ("parquet".to_string(), json!(cfg!(feature = "parquet"))),
            ("png".to_string(), json!(cfg!(feature = "png") && !no_png)),
            ("question".to_string(), json!(self.head.question)),
            ("scales".to_string(), json!(self.head.scales)),
            ("set".to_string(), json!(self.typed[0])),
            ("vary".to_string(), json!(self.typed[1])),
            ("where".to_string(), json!(self.conditions)),
            ("written".to_string(), json!([s.written_hash()])),
        ]);
        if let Some(shard) = &self.shard {
            inputs.options.insert(shards::OPTION.to_string(), json!(shard));
        }
        Ok(inputs)
    }

    /// What rows are kept with while they come.
    pub fn made<'a>(&'a self, inputs: &'a Inputs, design_csv: &'a [u8]) -> Made<'a> {
        Made { inputs, head: &self.head, design: design_csv, scenario: &self.base_scenario }
    }
}

fn design(args: &SweepArgs, common: &Common, seed: u64) -> Result<Design, Failure> {
    if let Some(file) = &args.points {
        let text = read::text_of(std::path::Path::new(file))?;
        return Design::of_table(file, &text, &args.conditions).map_err(Failure::input);
    }
    let kind = Kind::parse(&args.design).map_err(Failure::input)?;
    let axis = |text: &String| {
        let axis = Axis::parse(text)?;
        if Field::of(&axis.path, "").whole { axis.of_whole() } else { Ok(axis) }
    };
    let axes = args.vary.iter().map(axis).collect::<Result<Vec<_>, _>>().map_err(Failure::input)?;
    let sampler = |kind: Kind, dimensions: usize| sample(kind, dimensions, seed);
    let design = Design::of_axes(&axes, kind, &args.conditions, &sampler).map_err(Failure::input)?;
    axes.iter().filter_map(Axis::rounding).for_each(|said| output::note(common, &said));
    Ok(design)
}

/// Points of the unit cube for designs that sample; the sequence is scrambled, so that none lies at a corner.
fn sample(kind: Kind, dimensions: usize, seed: u64) -> Result<Vec<Vec<f64>>, NoDesign> {
    let rows = |points: Points| points.iter().map(<[f64]>::to_vec).collect();
    match kind {
        Kind::Latin(n) => Ok(rows(sampling::latin_hypercube(n as usize, dimensions, seed))),
        Kind::Sobol(n) => {
            let sequence = SobolSequence::scrambled(dimensions, seed)
                .map_err(|e| NoDesign::new("--design", &kind.name(), e.to_string()))?;
            let point = |i: u64| (0..dimensions).map(|d| sequence.coordinate(i as u32, d)).collect();
            Ok((0..n).map(point).collect())
        }
        Kind::Grid | Kind::Zip | Kind::Table => unreachable!("these do not sample"),
    }
}

/// A path that leads nowhere fails at every point: said at once.
fn check_paths(source: &Source, sets: &[String], args: &SweepArgs, design: &Design) -> Result<(), Failure> {
    for (i, path) in design.paths.iter().enumerate() {
        if let Err(faults) = scenario::check_path(&source.name, &source.text, sets, path) {
            let flag = match &args.points {
                Some(file) => format!("--points {file}: column {}, {path}", i + 1),
                None => format!("--vary {path}"),
            };
            let fault = &faults.0[0];
            let hint = fault.hint.as_ref().map_or(String::new(), |h| format!("; {h}"));
            let allowed = if fault.allowed.is_empty() {
                String::new()
            } else {
                format!(" (allowed: {})", fault.allowed)
            };
            let at = if fault.path == *path { String::new() } else { format!(" at {}", fault.path) };
            return Err(Failure::input(format!("{flag}: {}{at}{hint}{allowed}", fault.found)));
        }
        let also = |s: &&String| s.split_once('=').is_some_and(|(p, _)| p.trim() == path);
        if let Some(set) = args.sets.iter().find(also) {
            return Err(Failure::input(format!(
                "--set {set}: {path} is varied; it can't be set at every point too"
            )));
        }
    }
    Ok(())
}

fn figures(args: &SweepArgs, frame: &Frame) -> Result<Vec<Figure>, Failure> {
    let texts: Vec<&str> = match args.measures.is_empty() {
        true => USUAL.split(',').collect(),
        false => args.measures.iter().map(String::as_str).collect(),
    };
    let mut out: Vec<Figure> = Vec::new();
    for text in texts {
        let figure = Figure::parse(text, frame).map_err(|e| Failure::input(format!("--measure: {e}")))?;
        if !out.contains(&figure) {
            out.push(figure);
        }
    }
    Ok(out)
}
