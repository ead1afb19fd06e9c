//! How a figure of a study reads: value, interval and difference, by what it counts in.
//!
//! Must not know where it is printed.

use crate::experiment::study::catalogue::{self, Frame, Measure, Unit, Unknown};
use crate::experiment::study::compare::Difference;
use crate::experiment::study::condition::{Comparison, Condition};
use crate::experiment::study::estimate::{Asked, Estimate, Statistic};
use crate::report::words;
use crate::sim::{SimDuration, SimTime};

/// What stands where there is no value.
pub const NONE: &str = "–";

/// One value: `12 %`, `0.31 %`, `48,210`, `-1,204`, `4.5 days`.
pub fn value(measure: &Measure, v: f64, replications: u64) -> String {
    match measure.unit {
        Unit::Share if measure.is_chance() => words::chance(v, replications),
        Unit::Share | Unit::Score => words::percent(v),
        Unit::Count => words::mean_count(v),
        Unit::Money => words::amount(v),
        Unit::Days => format!("{} days", one_decimal(v)),
    }
}

fn one_decimal(v: f64) -> String {
    let text = format!("{v:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}

/// The value of an estimate.
pub fn estimate(asked: &Asked, e: &Estimate) -> String {
    e.value.map_or(NONE.to_string(), |v| value(&asked.measure, v, e.of))
}

/// The interval of an estimate; empty where there is none.
pub fn interval(asked: &Asked, e: &Estimate) -> String {
    let Some((low, high)) = e.interval else { return String::new() };
    if asked.statistic == Statistic::Chance {
        return words::chance_range((low, high), e.of);
    }
    ends(&asked.measure, low, high, e.of)
}

/// The value of an estimate with its interval in brackets, if it has one: `12 % (7–20 %)`.
pub fn with_interval(asked: &Asked, e: &Estimate) -> String {
    let range = interval(asked, e);
    let value = estimate(asked, e);
    if range.is_empty() { value } else { format!("{value} ({range})") }
}

/// A figure by its name, with its value and interval: `chance of red 12 % (7–20 %)`.
pub fn told(asked: &Asked, e: &Estimate) -> String {
    format!("{} {}", name(asked), with_interval(asked, e))
}

/// A range in the measure's unit, the unit once.
fn ends(measure: &Measure, low: f64, high: f64, n: u64) -> String {
    let (low, high) = (value(measure, low, n), value(measure, high, n));
    match low.split_once(' ') {
        Some((figure, unit)) if high.ends_with(unit) => words::range(figure, &high),
        _ => words::range(&low, &high),
    }
}

/// A difference with its sign: `+31 points`, `-4,210`, `+1.5 days`.
pub fn signed(measure: &Measure, v: f64) -> String {
    let sign = if v > 0.0 {
        "+"
    } else if v < 0.0 {
        "-"
    } else {
        ""
    };
    let text = plain(measure, v.abs());
    // Nothing has no sign, rounded or not.
    let nothing = !text.bytes().any(|b| b.is_ascii_digit() && b != b'0');
    format!("{}{text}{}", if nothing { "" } else { sign }, unit_of_difference(measure))
}

/// The interval of a difference: `+12 to +38 points`.
pub fn signed_interval(measure: &Measure, d: &Difference) -> String {
    let Some((low, high)) = d.interval else { return String::new() };
    let unit = unit_of_difference(measure);
    let end = |v| {
        let text = signed(measure, v);
        text.strip_suffix(unit).unwrap_or(&text).to_string()
    };
    format!("{} to {}{unit}", end(low), end(high))
}

fn unit_of_difference(measure: &Measure) -> &'static str {
    match measure.unit {
        Unit::Share | Unit::Score => " points",
        Unit::Days => " days",
        Unit::Count | Unit::Money => "",
    }
}

/// The size of a difference without unit and sign; shares in percentage points.
fn plain(measure: &Measure, v: f64) -> String {
    match measure.unit {
        Unit::Share if measure.is_chance() => one_decimal(v * 100.0),
        Unit::Share | Unit::Score => words::percent(v).trim_end_matches([' ', '%']).to_string(),
        Unit::Count => words::mean_count(v),
        Unit::Money => words::amount(v),
        Unit::Days => one_decimal(v),
    }
}

/// What a figure is called in a table a person reads: `chance of red`, `blocked`, `95 % point of worst_score`.
pub fn name(asked: &Asked) -> String {
    let (stem, number) = parts(&asked.measure);
    match asked.statistic {
        Statistic::Quantile(0.5) => format!("median {stem}{number}"),
        Statistic::Quantile(p) => format!("{} point of {stem}{number}", words::threshold(p)),
        Statistic::Chance | Statistic::Mean => format!("{stem}{number}"),
    }
}

/// The same of a measure, whatever is made of its values.
pub fn of_measure(measure: &Measure) -> String {
    let (stem, number) = parts(measure);
    format!("{stem}{number}")
}

/// What a measure is called, and of which number it is.
fn parts(measure: &Measure) -> (String, String) {
    let (stem, number) = match measure.name.split_once('@') {
        Some((stem, number)) => (stem, format!(" of {}", words::shorten(&words::clean(number), 24))),
        None => (measure.name.as_str(), String::new()),
    };
    let stem = match stem {
        "p_red" => "chance of red".to_string(),
        "p_yellow" => "chance of yellow or worse".to_string(),
        "p_lowered" => "chance of a lowered limit".to_string(),
        "p_banned" => "chance of a ban".to_string(),
        "p_account_stopped" => "chance of a stopped account".to_string(),
        "p_template_paused" => "chance of a paused template".to_string(),
        "p_template_disabled" => "chance of a disabled template".to_string(),
        "profit" => "worth less cost".to_string(),
        "refused" => "refused attempts".to_string(),
        "refused_by_account" => "attempts refused by the account's restriction".to_string(),
        "days_account_stopped" => "days with the account stopped".to_string(),
        "refusal_rate" => "share of attempts refused".to_string(),
        "worst_score" => "worst score".to_string(),
        code if code.strip_prefix("refused_").is_some_and(|c| c.bytes().all(|b| b.is_ascii_digit())) => {
            format!("attempts refused as {}", &code["refused_".len()..])
        }
        other => match (other.strip_prefix("p_limit_"), other.strip_prefix("days_to_limit_")) {
            (Some(limit), _) => format!("chance to reach limit {}", words::limit(limit)),
            (_, Some(limit)) => format!("days to limit {}", words::limit(limit)),
            _ => other.replace('_', " "),
        },
    };
    (stem, number)
}

/// Reads a figure where the run it is of is not at hand: which numbers there are, the figure itself says.
pub fn asked(text: &str) -> Result<Asked, Unknown> {
    let number = text.trim().split_once('@').map(|(_, number)| number);
    let inside = number.and_then(|n| n.strip_suffix(')'));
    let numbers = number.into_iter().chain(inside).map(str::to_string).collect();
    let frame = Frame { start: SimTime(0), horizon: SimTime(0), warm_up: SimDuration::ZERO, numbers };
    Asked::parse(text, &frame)
}

/// A figure's name in the middle of a sentence: `the chance of red`, but `delivered`.
pub fn as_thing(measure: &Measure, name: String) -> String {
    let thing = measure.is_chance() || matches!(measure.unit, Unit::Share | Unit::Score);
    if thing { format!("the {name}") } else { name }
}

/// A condition in a sentence: `the chance of red below 50 %`.
pub fn condition(c: &Condition) -> String {
    let way = match c.comparison {
        Comparison::Below => "below",
        Comparison::AtMost => "at most",
        Comparison::Above => "above",
        Comparison::AtLeast => "at least",
    };
    format!("{} {way} {}", as_thing(&c.asked.measure, name(&c.asked)), bound(c))
}

/// The bound of a condition with no digit more than was typed.
pub fn bound(c: &Condition) -> String {
    match c.asked.measure.unit {
        Unit::Share | Unit::Score => words::threshold(c.bound),
        _ => value(&c.asked.measure, c.bound, 1),
    }
}

/// A figure in files: as it was asked for.
pub mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::experiment::study::estimate::Asked;

    /// Writes it.
    pub fn serialize<S: Serializer>(asked: &Asked, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&asked.text)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Asked, D::Error> {
        super::asked(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Every measure by name with its unit and meaning, as a table for the terminal.
pub fn list() -> String {
    let names = || catalogue::list();
    let widest = names().map(|(name, ..)| name.len()).max().unwrap_or(0) + 1;
    let units = names().map(|(_, unit, _)| unit.len()).max().unwrap_or(0);
    let mut out = "Measures of a replication, for --measure, --fail-if, --precision and sweeps. All numbers of a run count \
                   together; `name@number` is of\none number. Of several replications a chance (p_...) is the share in which \
                   it holds, anything else the mean; `median(x)`, `q95(x)`\nask for quantiles.\n\n"
        .to_string();
    for (name, unit, meaning) in names() {
        let name = if name.ends_with('_') { format!("{name}N") } else { name.to_string() };
        out.push_str(&format!("  {name:widest$}  {unit:units$}  {meaning}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> Asked {
        let numbers = vec!["main".to_string()];
        let frame = Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers };
        Asked::parse(text, &frame).unwrap()
    }

    #[test]
    fn figures_read_by_their_unit() {
        let e = |v, low, high| Estimate {
            value: Some(v),
            interval: Some((low, high)),
            of: 100,
            n: 100,
            std_err: None,
        };
        for (text, v, low, high, figure, range) in [
            ("p_red", 0.12, 0.07, 0.2, "12 %", "7–20 %"),
            ("block_rate", 0.0031, 0.003, 0.0032, "0.31 %", "0.30–0.32 %"),
            ("delivered", 48210.4, 48000.0, 48400.0, "48,210", "48,000–48,400"),
            ("profit", -1204.0, -1500.0, 20.0, "-1,204", "-1,500 to 20.00"),
            ("days_to_red", 4.5, 4.0, 5.25, "4.5 days", "4–5.2 days"),
        ] {
            let (asked, e) = (ask(text), e(v, low, high));
            assert_eq!(
                (estimate(&asked, &e).as_str(), interval(&asked, &e).as_str()),
                (figure, range),
                "{text}"
            );
        }
        assert_eq!(estimate(&ask("cost"), &Estimate::default()), NONE);
    }

    #[test]
    fn differences_have_a_sign_and_points() {
        let m = |text: &str| ask(text).measure;
        assert_eq!(signed(&m("p_red"), 0.31), "+31 points");
        assert_eq!(signed(&m("p_red"), -0.005), "-0.5 points");
        assert_eq!(signed(&m("p_red"), 0.0), "0 points");
        assert_eq!(signed(&m("cost"), -1234.5), "-1,235");
        assert_eq!(signed(&m("cost"), -0.001), "0.00");
        let d = Difference { interval: Some((-0.02, 0.3)), ..Difference::default() };
        assert_eq!(signed_interval(&m("p_yellow"), &d), "-2 to +30 points");
    }

    #[test]
    fn a_figure_reads_back_without_its_run() {
        for text in ["p_red", "p_red@shop one", "q95(worst_score@a)", "median(days_to_limit_10000)"] {
            let one = asked(text).unwrap();
            assert_eq!((one.text.as_str(), name(&one)), (text, name(&asked(&one.text).unwrap())));
        }
        assert_eq!(name(&asked("q95(worst_score@a)").unwrap()), "95 % point of worst score of a");
        assert!(asked("p_rde").unwrap_err().to_string().contains("p_red"));
    }

    #[test]
    fn names_are_words() {
        assert_eq!(name(&ask("p_red@main")), "chance of red of main");
        assert_eq!(name(&ask("q95(worst_score)")), "95 % point of worst score");
        assert_eq!(name(&ask("median(days_red)")), "median days red");
    }
}
