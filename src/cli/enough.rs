//! How many replications a run makes: a number, or as many as a precision or a budget of time asks for.
//!
//! With a budget the number depends on the machine; it is then written into the manifest, and the same number asked for
//! gives the same bytes.

use crate::cli::args::Run;
use crate::cli::exit::Failure;
use crate::cli::progress::Budget;
use crate::experiment::measure::ReplicationSummary;
use crate::experiment::plan::Plan;
use crate::experiment::study::catalogue::Frame;
use crate::experiment::study::estimate::Estimate;
use crate::experiment::study::precision::{ASSUMPTIONS, Rule, Target};
use crate::report::{figures, words};
use crate::sim::SimDuration;

/// Replications beyond which a precision is given up, when nobody says.
const MOST: u64 = 10_000;
/// Replications between two looks at the rule; what is made beyond its stop is thrown away.
const BATCH: u64 = 32;

/// When to stop making replications.
#[derive(Debug)]
pub struct Enough {
    most: u64,
    rule: Option<Rule>,
    budget: Option<Budget>,
    /// Replications the rule has been shown.
    shown: usize,
}

/// Why no more replications were made.
#[derive(Clone, Debug, PartialEq)]
pub enum Stopped {
    /// As many as asked for.
    Number,
    /// The precision was reached; with the figures and what was asked of each.
    Precise(Vec<Reached>),
    /// The precision was not reached by the most allowed.
    Most(Vec<Reached>),
    /// The time was over.
    Budget(u64, Vec<Reached>),
}

/// A figure of the rule, in words, and whether it is precise enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    words: String,
    met: bool,
}

impl Enough {
    /// From what was typed; `usual` is how many replications are made when nobody says.
    pub fn new(args: &Run, plan: &Plan, usual: u64) -> Result<Enough, Failure> {
        let rule = match &args.precision {
            None => None,
            Some(text) => {
                let frame = Frame::of(plan);
                let targets = Target::parse_all(text, &frame)
                    .map_err(|e| Failure::input(format!("--precision {e}")))?;
                Some(Rule::new(targets, frame))
            }
        };
        let budget = match &args.budget {
            None => None,
            Some(text) => {
                let span = SimDuration::parse(text).map_err(|e| Failure::input(format!("--budget: {e}")))?;
                if span == SimDuration::ZERO {
                    return Err(Failure::input("--budget: a positive duration is needed, such as 60s"));
                }
                Some(Budget::start(span))
            }
        };
        if args.max_replications.is_some() && rule.is_none() && budget.is_none() {
            return Err(Failure::input(
                "--max-replications caps --precision or --budget, and neither was given",
            ));
        }
        let asked = args.replications.or(plan.scenario.replications);
        let most = match (&rule, &budget) {
            (None, None) => asked.unwrap_or(usual),
            (None, Some(_)) => args.max_replications.or(asked).unwrap_or(MOST),
            (Some(_), _) => args.max_replications.unwrap_or(MOST),
        };
        Ok(Enough { most, rule, budget, shown: 0 })
    }

    /// Whether the number of replications is found on the way.
    pub fn is_sequential(&self) -> bool {
        self.rule.is_some() || self.budget.is_some()
    }

    /// How many there will be, if that is known.
    pub fn known(&self) -> Option<u64> {
        (!self.is_sequential()).then_some(self.most)
    }

    /// How many there will be at most.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// The last replication of the next batch, which begins with `first`.
    pub fn batch(&self, first: u64, threads: u64) -> u64 {
        let size = match (&self.rule, &self.budget) {
            (None, None) => self.most,
            (_, Some(_)) => 2 * threads,
            (Some(_), None) => BATCH.max(2 * threads),
        };
        (first - 1 + size).min(self.most)
    }

    /// Looks at all replications so far: how many to keep and why to stop, or nothing to go on.
    pub fn look(&mut self, runs: &[ReplicationSummary]) -> Option<(usize, Stopped)> {
        if let Some(rule) = &mut self.rule {
            while self.shown < runs.len() {
                self.shown += 1;
                if rule.enough(&runs[self.shown - 1]) {
                    return Some((self.shown, Stopped::Precise(reached(rule))));
                }
            }
        }
        let figures = || self.rule.as_ref().map(reached).unwrap_or_default();
        if runs.len() as u64 >= self.most {
            let stopped = if self.rule.is_some() { Stopped::Most(figures()) } else { Stopped::Number };
            return Some((runs.len(), stopped));
        }
        let over = self.budget.as_ref().is_some_and(Budget::is_over);
        over.then(|| (runs.len(), Stopped::Budget(runs.len() as u64, figures())))
    }
}

fn reached(rule: &Rule) -> Vec<Reached> {
    let one = |(target, e): (&Target, Estimate)| {
        let met = target.met(&e);
        let more = match target.needed(&e) {
            Some(n) if !met => format!(", about {} replications would be needed", words::count(n)),
            _ => String::new(),
        };
        Reached { words: format!("{}{more}", figures::told(&target.asked, &e)), met }
    };
    rule.standing().into_iter().map(one).collect()
}

impl Stopped {
    /// What a reader has to know of it; nothing where the number was asked for.
    pub fn words(&self) -> Vec<String> {
        let list = |of: &[Reached], met: bool| {
            of.iter().filter(|r| r.met == met).map(|r| r.words.clone()).collect::<Vec<_>>().join("; ")
        };
        match self {
            Stopped::Number => Vec::new(),
            Stopped::Precise(figures) => {
                vec![
                    format!("The precision asked for was reached: {}.", list(figures, true)),
                    ASSUMPTIONS.to_string(),
                ]
            }
            Stopped::Most(figures) => vec![
                format!(
                    "The precision asked for was NOT reached by the most replications allowed: {}. \
                     --max-replications allows more.",
                    list(figures, false)
                ),
                ASSUMPTIONS.to_string(),
            ],
            Stopped::Budget(n, figures) => {
                let missed = list(figures, false);
                let missed = match missed.is_empty() {
                    true => String::new(),
                    false => format!(" The precision asked for was NOT reached: {missed}."),
                };
                vec![format!(
                    "Stopped by --budget.{missed} Another machine may come further in the same time; --replications {n} \
                     gives these very results."
                )]
            }
        }
    }
}
