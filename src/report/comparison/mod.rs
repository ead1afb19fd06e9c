//! A comparison of arms as a person reads it: sentences, a table, Markdown and JUnit for pull requests, a chart.
//!
//! Pure functions of a comparison. Must not know where they go.

pub mod chart;
pub mod junit;
pub mod markdown;
pub mod text;

use crate::experiment::study::catalogue::{Better, Unit};
use crate::experiment::study::compare::{Comparison, Line};
use crate::experiment::study::gate::Checked;
use crate::report::{figures, words};

/// A finished comparison with what a reader has to know of it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The question of the baseline's scenario.
    pub question: String,
    /// A name for it: the scenario's, or those of several.
    pub name: String,
    /// Seed of all arms.
    pub seed: u64,
    /// Policy of each arm, as asked for.
    pub policies: Vec<String>,
    /// Currency of money.
    pub currency: String,
    /// Days of the run.
    pub days: f64,
    /// The figures.
    pub comparison: Comparison,
    /// How its gates stand.
    pub gates: Vec<Checked>,
}

/// Longest name of an arm in running text.
const ARM_MAX: usize = 60;

/// What an arm is called, fit to print.
pub fn arm(compared: &Compared, i: usize) -> String {
    words::shorten(&words::clean(&compared.comparison.arms[i]), ARM_MAX)
}

/// The answer: for every arm what it does to the chance of red, and to the earnings; then the gates.
pub fn headline(c: &Compared) -> Vec<String> {
    let mut out = Vec::new();
    for i in 1..c.comparison.arms.len() {
        let told: Vec<String> = lead(c).iter().map(|line| sentence(line, i)).collect();
        out.push(format!("{} against {}: {}.", arm(c, i), arm(c, 0), told.join("; ")));
    }
    out.extend(gates(c));
    out
}

/// The figures worth a sentence: the first, red or yellow where they differ, and earnings.
fn lead(c: &Compared) -> Vec<&Line> {
    let lines = &c.comparison.lines;
    let find = |name: &str| lines.iter().find(|l| l.asked.text == name);
    let moved = |l: &&Line| l.differences.iter().any(|d| d.value.is_some_and(|v| v != 0.0));
    let risk =
        find("p_red").filter(moved).or_else(|| find("p_yellow").filter(moved)).or_else(|| find("p_red"));
    let reach = find("delivered").filter(moved);
    let money = find("profit").filter(|l| l.estimates.iter().any(|e| e.value.is_some_and(|v| v != 0.0)));
    let mut out: Vec<&Line> = [risk, reach, money].into_iter().flatten().collect();
    if out.is_empty() {
        out.extend(lines.first());
    }
    out
}

/// `chance of red 2 % → 33 % (+31 points, 95 % interval +22 to +40)`.
fn sentence(line: &Line, i: usize) -> String {
    let d = &line.differences[i - 1];
    let name = figures::name(&line.asked);
    let values: Vec<String> =
        [0, i].iter().map(|arm| figures::estimate(&line.asked, &line.estimates[*arm])).collect();
    let Some(by) = d.value else { return format!("{name}: no pair of replications has a value") };
    let change = if by == 0.0 {
        format!("{name} {} in both", values[0])
    } else {
        format!("{name} {} instead of {}", values[1], values[0])
    };
    let interval = figures::signed_interval(&line.asked.measure, d);
    match (interval.is_empty(), d.is_clear() || by == 0.0) {
        (true, _) => format!("{change} ({})", figures::signed(&line.asked.measure, by)),
        (false, true) => {
            format!("{change} ({}, 95 % interval {interval})", figures::signed(&line.asked.measure, by))
        }
        (false, false) => {
            format!("{change}, a difference that luck could explain (95 % interval {interval})")
        }
    }
}

/// How gates stand, a sentence each.
pub fn gates(c: &Compared) -> Vec<String> {
    c.gates.iter().map(gate).collect()
}

/// How a gate stands: what failed and by what figure, and whether the interval leaves it open.
pub fn gate(g: &Checked) -> String {
    use crate::experiment::study::condition::Standing;
    let measure = &g.gate.asked().measure;
    let figure = match (g.estimate.value, g.gate.of_difference) {
        (None, _) => figures::NONE.to_string(),
        (Some(v), true) => figures::signed(measure, v),
        (Some(_), false) => figures::estimate(g.gate.asked(), &g.estimate),
    };
    let who = words::shorten(&words::clean(&g.arm), ARM_MAX);
    let open = "; its interval reaches across the bound: more replications would tell";
    match g.standing {
        Standing::Holds => format!("FAILED {}: {who} has {figure}.", g.gate.text),
        Standing::HoldsNarrowly => format!("FAILED {}: {who} has {figure}{open}.", g.gate.text),
        Standing::FailsNarrowly => format!("passed {}: {who} has {figure}{open}.", g.gate.text),
        Standing::Fails => format!("passed {}: {who} has {figure}.", g.gate.text),
        Standing::Unknown => format!("not decided {}: no replication of {who} has a value.", g.gate.text),
    }
}

/// `better in 3, worse in 31 of 100`; empty where neither way is better.
fn wins(line: &Line, i: usize) -> String {
    let d = &line.differences[i - 1];
    match line.asked.measure.better {
        Better::Neither => String::new(),
        _ if d.pairs == 0 => String::new(),
        _ => format!(
            "better in {}, worse in {} of {}",
            words::count(d.better),
            words::count(d.worse),
            words::count(d.pairs)
        ),
    }
}

/// Lines worth room: those in which something is not zero in some arm.
fn told(c: &Compared) -> impl Iterator<Item = &Line> {
    let asked_for = |l: &Line| c.gates.iter().any(|g| *g.gate.asked() == l.asked);
    c.comparison.lines.iter().filter(move |l| {
        asked_for(l)
            || l.asked.text == "p_red"
            || l.estimates.iter().any(|e| e.value.is_some_and(|v| v != 0.0))
    })
}

/// The unit of a line, where the figures do not carry it.
fn unit(c: &Compared, line: &Line) -> String {
    match line.asked.measure.unit {
        Unit::Money => format!(", {}", words::shorten(&words::clean(&c.currency), 12)),
        _ if line.asked.measure.is_conditional() => ", where there is one".to_string(),
        _ => String::new(),
    }
}

/// How a comparison was made, for small print.
fn method(c: &Compared) -> String {
    let mut policies = c.policies.clone();
    policies.dedup();
    format!(
        "policy {} · seed {} · {} per arm, paired on common random numbers",
        words::list(&policies, 3),
        c.seed,
        words::plural(c.comparison.replications, "replication", "replications"),
    )
}

/// What pairing was worth, over the lines that vary; none where nothing does.
fn saved(c: &Compared) -> Option<String> {
    let red = lead(c).into_iter().chain(told(c));
    let found =
        red.flat_map(|l| l.differences.iter().map(move |d| (l, d))).find_map(|(l, d)| Some((l, d.saved?)))?;
    let (line, saved) = found;
    Some(format!(
        "Pairing took {} of the variance out of the difference in {}.",
        words::percent(saved.max(0.0)),
        figures::name(&line.asked)
    ))
}
