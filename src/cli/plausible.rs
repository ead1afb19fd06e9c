//! `tiersim run --assumptions sample`: the same plan under many plausible rule sets.

use std::sync::atomic::AtomicBool;

use serde_json::json;

use crate::cli::args::{Assumptions, Common, Run};
use crate::cli::exit::{Exit, Failure};
use crate::cli::read;
use crate::cli::study::{self, Made};
use crate::experiment::scenario_discovery::Restriction;
use crate::experiment::study::arm::Arm;
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::study::condition::Condition;
use crate::experiment::study::estimate::{Asked, Estimate, Statistic};
use crate::experiment::study::evaluate::{Base, Point, all_values, evaluate};
use crate::experiment::study::parameter::{LeftOut, Parameter, at_fault, of_people, of_rules};
use crate::experiment::study::plausible::{draw, effects, region};
use crate::report::plausible::chart::Picture;
use crate::report::plausible::{Answer, answer, headline, text};
use crate::report::study::Plate;
use crate::store::studies;

/// Rule sets drawn when nobody says how many.
const USUAL: u64 = 200;
/// Measures kept of every replication beside the outcome.
const KEPT: [&str; 8] =
    ["p_red", "p_yellow", "p_lowered", "days_red", "worst_score", "delivered", "blocked", "profit"];

/// Runs the command.
pub fn run(args: &Run, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let source = read::source(&args.scenario)?;
    let sets = study::sets(&args.sets, args.policy.as_ref(), common);
    let arm = study::arm("", &source, &sets)?;
    let frame = Frame::of(&arm.plan);
    let outcome = outcome(args.outcome.as_deref().unwrap_or("p_red > 0"), &frame)?;
    let n = args.replications.unwrap_or(USUAL);
    if n < 2 {
        return Err(Failure::input(format!(
            "--replications {n}: each replication draws one rule set, and --assumptions holds rule sets against each \
             other: at least 2 (default {USUAL})"
        )));
    }
    let (parameters, left_out) = drawn(args, &arm, &sets);
    if parameters.is_empty() {
        return Err(Failure::input("--assumptions: no constant of these rules has a range to draw from"));
    }

    let mut measures: Vec<Measure> = Vec::new();
    for m in KEPT.iter().map(|k| Measure::named(k, &frame)).chain([Ok(outcome.asked.measure.clone())]) {
        let m = m.map_err(Failure::input)?;
        if !measures.contains(&m) {
            measures.push(m);
        }
    }
    let name = &arm.plan.scenario.name;
    let made = Made { study: "assumptions", name, arms: &[&arm], replications: n, no_png: args.no_png };
    let options = [
        ("assumptions", json!(args.assumptions.map(|a| a.name()))),
        ("outcome", json!(args.outcome)),
        ("set", json!(args.sets)),
    ];
    let mut folder = study::folder(common, &made, &options)?;
    let seed = arm.plan.scenario.seed;
    let draws: Vec<Vec<f64>> = (1..=n).map(|r| draw(seed, r, &parameters)).collect();
    let points: Vec<Point> = draws
        .iter()
        .zip(1..)
        .map(|(us, r)| {
            let own = parameters.iter().zip(us).flat_map(|(p, u)| p.sets(*u));
            Point { sets: sets.iter().cloned().chain(own).collect(), replications: r..=r }
        })
        .collect();
    let loader = |path: &str| source.load(path);
    let base = Base { name: &source.name, text: &source.text, loader: &loader };
    let runs = 2 * points.len();
    let (done, default) = study::watched((common, cancel), (&arm, runs), "drawing rule sets", |watcher| {
        // The same replications again with every constant at its default.
        Ok((evaluate(base, &points, &measures, watcher)?, arm.run(1, n, watcher)?))
    })?;
    let sampled = all_values(done).map_err(|(place, no)| {
        let no = no.to_string();
        let values = at_fault(&parameters, &draws[place], &no);
        Failure::input(format!("rule set {} ({values}): {no}", place + 1))
    })?;

    let place = measures.iter().position(|m| *m == outcome.asked.measure).expect("among those kept");
    let hits = |v: Option<f64>| v.is_some_and(|v| outcome.comparison.holds(v, outcome.bound));
    let hit: Vec<bool> = sampled.iter().map(|v| hits(v[place])).collect();
    let hit_by_default: Vec<bool> =
        default.iter().map(|run| hits(outcome.asked.measure.of(run, &frame))).collect();
    let found = effects(&draws, &hit, seed);
    let answer = Answer {
        name: arm.plan.scenario.name.clone(),
        question: arm.plan.scenario.question.clone(),
        policy: study::rules_words(&arm.policy.name, &args.sets),
        seed,
        outcome: outcome.to_string(),
        outcome_words: if outcome.to_string() == "p_red > 0" {
            "red".to_string()
        } else {
            outcome.to_string()
        },
        sampled: chance(&hit, &frame),
        default: chance(&hit_by_default, &frame),
        effects: found,
        region: region(&draws, &hit, seed),
        parameters,
        left_out,
    };
    folder.write("assumptions.csv", &studies::assumptions(&answer.parameters, &answer.effects))?;
    folder.write("runs.csv", &studies::drawn_runs(&answer.parameters, &draws, &measures, &sampled))?;
    folder.write("scenario.toml", arm.plan.scenario.written_toml().as_bytes())?;
    let summary = json!({
        "headline": headline(&answer),
        "outcome": answer.outcome,
        "sampled": estimate_json(&answer.sampled),
        "default": estimate_json(&answer.default),
        "largest_difference": largest_json(&answer),
        "region": region_json(&answer),
        "not_drawn": answer.left_out.iter().map(|l| json!({ "name": l.name, "why": l.why })).collect::<Vec<_>>(),
    });
    let told = answer::answer(&answer);
    let plate = Plate::Assumptions(Picture::of(&answer));
    let page = |options| text(&answer, options);
    let finished = study::finish(folder, &summary, &told, &page, &[plate])?;
    study::print(common, args.show, &told, &finished, page)?;
    Ok(Exit::Fine)
}

/// What counts as bad. A rule set is run once, so quantiles over runs have no meaning here.
fn outcome(text: &str, frame: &Frame) -> Result<Condition, Failure> {
    let outcome = Condition::parse(text, frame).map_err(|e| Failure::input(format!("--outcome {e}")))?;
    if let Statistic::Quantile(_) = outcome.asked.statistic {
        return Err(Failure::input(format!(
            "--outcome {text}: is asked of each rule set by itself, which is run once and has no quantiles; ask for the \
             measure, as in '{} {} {}'",
            outcome.asked.measure.name,
            outcome.comparison.sign(),
            outcome.bound,
        )));
    }
    Ok(outcome)
}

/// What is drawn. A constant that was set on the command line is known, and stays.
fn drawn(args: &Run, arm: &Arm, sets: &[String]) -> (Vec<Parameter>, Vec<LeftOut>) {
    let (mut parameters, mut left_out) = of_rules(arm);
    if args.assumptions == Some(Assumptions::All) {
        parameters.extend(of_people(arm));
    }
    let (parameters, fixed) = without_fixed(parameters, sets);
    left_out.extend(fixed);
    (parameters, left_out)
}

/// The parameters without those that an override sets, and those.
pub fn without_fixed(parameters: Vec<Parameter>, sets: &[String]) -> (Vec<Parameter>, Vec<LeftOut>) {
    let (fixed, free): (Vec<Parameter>, Vec<Parameter>) =
        parameters.into_iter().partition(|p| p.set_among(sets).is_some());
    let left_out = |p: Parameter| LeftOut { name: p.name, why: "set on the command line" };
    (free, fixed.into_iter().map(left_out).collect())
}

fn chance(hits: &[bool], frame: &Frame) -> Estimate {
    let asked = Asked::parse("p_red", frame).expect("a measure of every run");
    asked.of_values(&hits.iter().map(|h| Some(f64::from(u8::from(*h)))).collect::<Vec<_>>())
}

fn estimate_json(e: &Estimate) -> serde_json::Value {
    json!({ "value": e.value, "low": e.interval.map(|i| i.0), "high": e.interval.map(|i| i.1), "n": e.n })
}

/// The region, in the constants' own units.
fn region_json(a: &Answer) -> serde_json::Value {
    let found = match &a.region {
        Ok(found) => found,
        Err(why) => return json!({ "none": why }),
    };
    let score = &found.region.score;
    let bound = |r: &Restriction| {
        let p = &a.parameters[r.parameter];
        let at = |u: Option<f64>| u.map(|u| p.value(u));
        json!({ "name": p.name, "low": at(r.low), "high": at(r.high), "quasi_p": r.quasi_p })
    };
    json!({
        "named": found.is_told(),
        "bounds": found.region.restrictions.iter().map(bound).collect::<Vec<_>>(),
        "inside": score.inside,
        "cases": score.cases,
        "coverage": score.coverage,
        "coverage_low": score.coverage_interval.0,
        "coverage_high": score.coverage_interval.1,
        "density": score.density,
        "density_low": score.density_interval.0,
        "density_high": score.density_interval.1,
        "mass": score.mass,
        "by_chance": found.by_chance,
    })
}

/// The largest difference and how often luck alone gives one as large.
fn largest_json(a: &Answer) -> Option<serde_json::Value> {
    a.effects.first().map(|e| {
        json!({
            "name": a.parameters[e.parameter].name,
            "difference": e.difference,
            "low": e.interval.0,
            "high": e.interval.1,
            "by_chance": e.by_chance,
        })
    })
}
