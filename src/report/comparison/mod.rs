//! A comparison of arms as a person reads it: sentences, a table, Markdown and JUnit for pull requests, a chart.
//!
//! Pure functions of a comparison. Must not know where they go.

pub mod answer;
pub mod chart;
pub mod junit;
pub mod markdown;
pub mod recovery;
pub mod text;

use crate::experiment::stats;
use crate::experiment::study::catalogue::{Better, Unit};
use crate::experiment::study::compare::{Comparison, Line};
use crate::experiment::study::estimate::Estimate;
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
    /// The figures.
    pub comparison: Comparison,
    /// How its gates stand.
    pub gates: Vec<Checked>,
    /// For every arm the hash of its scenario with all overrides: arms of one hash are one plan.
    pub hashes: Vec<String>,
    /// Whether the arms are reactions to a bad rating, the first being none.
    pub recovery: bool,
}

/// Longest name of an arm in running text.
const ARM_MAX: usize = 60;

/// What an arm is called, fit to print.
pub fn arm(compared: &Compared, i: usize) -> String {
    words::shorten(&words::clean(&compared.comparison.arms[i]), ARM_MAX)
}

/// How arms are named in tables that have no room for their names: A, B, … Z, then by their position.
pub fn letter(i: usize) -> String {
    u8::try_from(i)
        .ok()
        .filter(|i| *i < 26)
        .map_or_else(|| (i + 1).to_string(), |i| char::from(b'A' + i).to_string())
}

/// The answer: for every arm what it does to the chance of red, to reach and to earnings; then the gates.
pub fn headline(c: &Compared) -> Vec<String> {
    let told = |i: usize| lead(c).iter().map(|line| sentence(line, i)).collect::<Vec<_>>().join("; ");
    let against = |i: usize| format!("{} against {}: {}.", arm(c, i), arm(c, 0), told(i));
    let mut out = match recovery::headline(c).filter(|_| c.recovery) {
        Some(said) => said,
        None => (1..c.comparison.arms.len()).map(against).collect(),
    };
    out.extend(gates(c));
    out
}

/// The answer as a chart has room for it: of the first arm that the replications tell from the baseline, without intervals,
/// which the chart draws. What luck could explain is said where it stands.
fn in_short(c: &Compared) -> String {
    if let Some(said) = recovery::headline(c).filter(|_| c.recovery) {
        return said.into_iter().next().unwrap_or_default();
    }
    let lead = lead(c);
    let arms = 1..c.comparison.arms.len();
    // By the first figure that tells any arm: risk or recovery before reach and money.
    let clear = |line: &&Line| arms.clone().find(|i| line.differences[*i - 1].is_clear());
    let Some(i) = lead.iter().find_map(clear).or_else(|| arms.clone().next()) else { return String::new() };
    let told = |line: &&Line| {
        let [before, after] = [0, i].map(|arm| figures::estimate(&line.asked, &line.estimates[arm]));
        let luck = if line.differences[i - 1].is_clear() || before == after {
            ""
        } else {
            " (luck could explain it)"
        };
        format!("{} {after} instead of {before}{luck}", figures::name(&line.asked))
    };
    format!("{} against {}: {}.", arm(c, i), arm(c, 0), lead.iter().map(told).collect::<Vec<_>>().join("; "))
}

/// The figures worth a sentence: the first, red or yellow where they differ, and earnings.
fn lead(c: &Compared) -> Vec<&Line> {
    let lines = &c.comparison.lines;
    let find = |name: &str| lines.iter().find(|l| l.asked.text == name);
    let moved = |l: &&Line| l.differences.iter().any(|d| d.value.is_some_and(|v| v != 0.0));
    let risk =
        find("p_red").filter(moved).or_else(|| find("p_yellow").filter(moved)).or_else(|| find("p_red"));
    // Not the days to the next green: a short one ends them, and stopping altogether looks like a cure.
    let recovery = find("days_below_green");
    let reach = find("delivered").filter(moved);
    let money = find("profit").filter(|l| l.estimates.iter().any(|e| e.value.is_some_and(|v| v != 0.0)));
    let mut out: Vec<&Line> = [recovery, risk, reach, money].into_iter().flatten().collect();
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
    // Values over different replications are not what the difference is of.
    let apart = [0, i].iter().any(|arm| line.estimates[*arm].n != d.pairs);
    if apart {
        let range = if interval.is_empty() { String::new() } else { format!(", 95 % interval {interval}") };
        return format!(
            "{name} {} (of {}) and {} (of {}); over the {} in which both have one {}{range}",
            values[1],
            words::count(line.estimates[i].n),
            values[0],
            words::count(line.estimates[0].n),
            words::plural(d.pairs, "pair", "pairs"),
            figures::signed(&line.asked.measure, by)
        );
    }
    match (interval.is_empty(), d.is_clear() || by == 0.0) {
        (true, _) => format!("{change} ({})", figures::signed(&line.asked.measure, by)),
        (false, true) => {
            format!("{change} ({}, 95 % interval {interval})", figures::signed(&line.asked.measure, by))
        }
        (false, false) => {
            // A few extreme replications can hide in a mean what nearly every pair shows.
            let mostly = d.better + d.worse > 5 && {
                let (low, high) = stats::wilson(d.better, d.better + d.worse);
                low > 0.5 || high < 0.5
            };
            let but = if mostly { format!(", yet {}", wins(line, i)) } else { String::new() };
            format!("{change}, a mean difference that luck could explain (95 % interval {interval}){but}")
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
        Standing::FailsNarrowly => format!("ok, not {}: {who} has {figure}{open}.", g.gate.text),
        Standing::Fails => format!("ok, not {}: {who} has {figure}.", g.gate.text),
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
        _ if line.estimates.iter().any(Estimate::is_of_some) => ", where there is one".to_string(),
        _ => String::new(),
    }
}

/// A row of the table of figures: the figure where a new one begins, its arm, value, interval, difference from the
/// baseline, its interval, and how often it is better.
fn rows(c: &Compared) -> Vec<[String; 7]> {
    let mut out = Vec::new();
    for line in told(c) {
        for (i, e) in line.estimates.iter().enumerate() {
            let name = match i {
                0 => format!("{}{}", figures::name(&line.asked), unit(c, line)),
                _ => String::new(),
            };
            let [by, interval, won] = match i.checked_sub(1).map(|d| &line.differences[d]) {
                None => Default::default(),
                Some(d) => [
                    d.value.map_or(figures::NONE.to_string(), |v| figures::signed(&line.asked.measure, v)),
                    figures::signed_interval(&line.asked.measure, d),
                    wins(line, i),
                ],
            };
            let (value, range) = (figures::estimate(&line.asked, e), figures::interval(&line.asked, e));
            out.push([name, arm(c, i), value, range, by, interval, won]);
        }
    }
    out
}

/// The headings of [`rows`], and which of them are figures.
const HEADS: [(&str, bool); 7] = [
    ("figure", false),
    ("arm", false),
    ("value", true),
    ("95 % interval", true),
    ("difference", true),
    ("95 % interval of the difference", true),
    ("replications", false),
];

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
    let found = red
        .flat_map(|l| l.differences.iter().map(move |d| (l, d)))
        .find_map(|(l, d)| Some((l, d.saved.filter(|s| *s >= 0.05)?)))?;
    let (line, saved) = found;
    Some(format!(
        "Pairing took {} of the variance out of the difference in {}.",
        words::percent(saved.max(0.0)),
        figures::name(&line.asked)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::measure::ReplicationSummary;
    use crate::experiment::study::catalogue::Frame;
    use crate::experiment::study::compare::{Runs, compare};
    use crate::experiment::study::estimate::Asked;
    use crate::experiment::study::gate::Gate;
    use crate::report::legible;
    use crate::report::style::Look;
    use crate::report::text::TextOptions;
    use crate::sim::rng::mix;
    use crate::sim::{SimDuration, SimTime};

    fn run(replication: u64, cost: f64, disabled: bool) -> ReplicationSummary {
        ReplicationSummary {
            replication,
            numbers: Vec::new(),
            cost,
            value: 3.0 * cost,
            billable: None,
            plan: Default::default(),
            template_pauses: 0,
            templates_disabled: u64::from(disabled),
            account: crate::experiment::accounts::AccountSummary::default(),
            daily: Vec::new(),
            digest: None,
        }
    }

    fn sample(labels: &[&str], n: u64) -> Compared {
        let frame =
            Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers: Vec::new() };
        let texts = ["p_template_disabled", "cost", "profit", "q90(cost)", "p_red"];
        let asked: Vec<Asked> = texts.iter().map(|t| Asked::parse(t, &frame).unwrap()).collect();
        let luck = |i: u64| (mix(i) >> 11) as f64 / (1u64 << 53) as f64;
        let runs: Vec<Vec<ReplicationSummary>> = (0..labels.len())
            .map(|arm| {
                let one =
                    |r| run(r, 1000.0 * luck(r) + 50.0 * arm as f64, luck(r + 7000) < 0.1 + 0.2 * arm as f64);
                (1..=n).map(one).collect()
            })
            .collect();
        let sides: Vec<Runs<'_>> =
            labels.iter().zip(&runs).map(|(label, runs)| Runs { label, runs, frame: &frame }).collect();
        let comparison = compare(&sides, &asked);
        let gates = ["p_template_disabled > 20 %", "delta(cost) > 60"];
        let gates = gates.iter().flat_map(|g| Gate::parse(g, &frame).unwrap().check(&comparison)).collect();
        Compared {
            question: "Is <b> dearer than a & b?".into(),
            name: "a-vs-b".into(),
            seed: 3,
            policies: vec!["auto".into(); labels.len()],
            currency: "USD".into(),
            comparison,
            gates,
            hashes: labels.iter().map(|l| (*l).to_string()).collect(),
            recovery: false,
        }
    }

    #[test]
    fn charts_are_legible_whatever_the_arms() {
        let long = "segments.a-very-long-name.block_base=0.0123456789; templates.offer.opt_out=hidden";
        let many: Vec<String> = (0..11).map(|i| format!("arm {i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (labels, n) in
            [(vec!["a", "b"], 40), (vec!["as written", long, "c"], 2), (many, 30), (vec!["x", "y"], 1)]
        {
            let c = sample(&labels, n);
            let picture = chart::Picture::of(&c);
            let svg = picture.svg(Look::default());
            let found = legible::faults_everywhere(|look| picture.svg(look));
            assert!(found.is_empty(), "{labels:?}: {found:#?}");
            let csv = picture.csv();
            assert_eq!(chart::Picture::parse(picture.about.clone(), &csv), Ok(picture));
            assert!(csv.starts_with("figure,arm,value,low,high,n\n"), "{csv}");
            assert_eq!(csv.lines().count(), 1 + told(&c).count().min(7) * labels.len().min(8));
            assert!(svg.contains("seed 3") && !legible::body(&svg).contains("NaN"));
        }
    }

    #[test]
    fn the_answer_begins_with_sentences_and_fits_the_width() {
        let c = sample(&["as written", "dearer"], 60);
        for width in [80, 100, 140] {
            let page = text::answer(&c, TextOptions { width, color: false });
            assert!(page.lines().all(|l| l.chars().count() <= width), "{page}");
            assert!(page.contains("A  as written") || page.contains("A as written"), "{page}");
            assert!(page.contains("worth less cost"));
        }
        let said = headline(&c).join(" ");
        assert!(said.starts_with("dearer against as written: "), "{said}");
        assert!(said.contains("FAILED p_template_disabled > 20 %: dearer has"), "{said}");
    }

    #[test]
    fn a_chart_quotes_the_first_arm_that_is_told_from_the_baseline_and_says_what_luck_explains() {
        let mut c = sample(&["as written", "dearer", "dearest"], 60);
        assert!(in_short(&c).starts_with("dearer against as written: "), "{}", in_short(&c));
        let lucky = |c: &mut Compared, i: usize| {
            c.comparison.lines.iter_mut().for_each(|l| l.differences[i].interval = Some((-1.0, 1e9)));
        };
        lucky(&mut c, 0);
        let said = in_short(&c);
        assert!(said.starts_with("dearest against as written: "), "{said}");
        assert!(said.contains("worth less cost ") && !said.contains("luck"), "{said}");
        lucky(&mut c, 1);
        let said = in_short(&c);
        assert!(
            said.starts_with("dearer against as written: ") && said.contains(" (luck could explain it)"),
            "{said}"
        );
    }

    #[test]
    fn markdown_and_junit_survive_any_name() {
        let c = sample(&["a|b", "`<c>` & \"d\""], 5);
        let text = markdown::markdown(&c);
        assert!(text.contains("a\\|b") && !text.contains("<c>"), "{text}");
        let rows: Vec<usize> = text
            .lines()
            .filter(|l| l.starts_with('|'))
            .map(|l| l.replace("\\|", "").matches('|').count())
            .collect();
        assert!(rows.iter().all(|n| *n == 8), "{rows:?}");
        let xml = junit::junit(&c);
        assert!(
            xml.contains("tests=\"2\"") && xml.contains("&quot;d&quot;") && !xml.contains("<c>"),
            "{xml}"
        );
        assert_eq!(xml.matches("<failure").count(), c.gates.iter().filter(|g| g.failed()).count());
    }
}
