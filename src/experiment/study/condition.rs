//! Conditions on figures, as people type them: `p_red < 0.05`, `q95(worst_score) <= 0.01`.
//!
//! For gates, searches and constraints. Must not know what follows from a condition that holds or does not.

use std::fmt;

use super::catalogue::Frame;
use super::estimate::{Asked, Estimate};

/// How a figure is held against a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// As typed.
    pub const fn sign(self) -> &'static str {
        match self {
            Comparison::Below => "<",
            Comparison::AtMost => "<=",
            Comparison::Above => ">",
            Comparison::AtLeast => ">=",
        }
    }

    /// Whether it holds of a figure and a bound.
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Comparison::Below => value < bound,
            Comparison::AtMost => value <= bound,
            Comparison::Above => value > bound,
            Comparison::AtLeast => value >= bound,
        }
    }
}

/// A figure held against a bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The figure.
    pub asked: Asked,
    /// How.
    pub comparison: Comparison,
    /// The bound, as a number: 0.05 for `5 %` or `0.05`.
    pub bound: f64,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.asked.text, self.comparison.sign(), self.bound)
    }
}

/// Why a condition could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?}: {why}")]
pub struct NoCondition {
    /// What was typed.
    pub found: String,
    /// What is wrong with it.
    pub why: String,
}

/// What became of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds, and of the whole interval.
    Holds,
    /// The figure meets it, but its interval reaches to the other side.
    HoldsNarrowly,
    /// It does not hold, but the interval reaches to where it would.
    FailsNarrowly,
    /// It does not hold, nowhere in the interval.
    Fails,
    /// There is no figure: no replication has a value.
    Unknown,
}

impl Standing {
    /// All there are.
    pub const ALL: [Standing; 5] = [
        Standing::Holds,
        Standing::HoldsNarrowly,
        Standing::FailsNarrowly,
        Standing::Fails,
        Standing::Unknown,
    ];

    /// As in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Standing::Holds => "holds",
            Standing::HoldsNarrowly => "holds_narrowly",
            Standing::FailsNarrowly => "fails_narrowly",
            Standing::Fails => "fails",
            Standing::Unknown => "unknown",
        }
    }

    /// Whether the figure itself meets the condition.
    pub fn holds(self) -> bool {
        matches!(self, Standing::Holds | Standing::HoldsNarrowly)
    }

    /// Whether the interval leaves it open.
    pub fn is_open(self) -> bool {
        matches!(self, Standing::HoldsNarrowly | Standing::FailsNarrowly)
    }
}

impl Condition {
    /// Reads `FIGURE OP NUMBER`; OP is <, <=, > or >=; the number may be in percent.
    pub fn parse(text: &str, frame: &Frame) -> Result<Condition, NoCondition> {
        let wrong = |why: String| NoCondition { found: text.to_string(), why };
        let shape = "a condition is a figure, <, <=, > or >=, and a number, as in 'p_red < 0.05'";
        let at = text.find(['<', '>', '=']).ok_or_else(|| wrong(shape.to_string()))?;
        let (figure, rest) = text.split_at(at);
        let signs = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Below),
            (">", Comparison::Above),
        ];
        let found = signs.into_iter().find_map(|(sign, c)| Some((c, rest.strip_prefix(sign)?)));
        let (comparison, bound) = found.ok_or_else(|| wrong(shape.to_string()))?;
        let bound =
            number(bound).ok_or_else(|| wrong(format!("{:?} is no number; {shape}", bound.trim())))?;
        let asked = Asked::parse(figure, frame).map_err(|e| wrong(e.to_string()))?;
        // Also of a difference: a bound that no chance can pass is a slip of the unit.
        if asked.measure.is_chance() && !(-1.0..=1.0).contains(&bound) {
            return Err(wrong(format!(
                "a chance lies between 0 and 1, and {bound} never does; did you mean {bound}%?"
            )));
        }
        Ok(Condition { asked, comparison, bound })
    }

    /// How it stands with an estimate of its figure.
    pub fn standing(&self, estimate: &Estimate) -> Standing {
        let Some(value) = estimate.value else { return Standing::Unknown };
        let holds = |v| self.comparison.holds(v, self.bound);
        let whole =
            |want| estimate.interval.is_some_and(|(low, high)| holds(low) == want && holds(high) == want);
        match (holds(value), whole(holds(value))) {
            (true, true) => Standing::Holds,
            (true, false) => Standing::HoldsNarrowly,
            (false, true) => Standing::Fails,
            (false, false) => Standing::FailsNarrowly,
        }
    }
}

/// A finite number, which may be in percent: `0.05`, `5%`, `5 %`.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let (text, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 100.0),
        None => (text, 1.0),
    };
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE_".contains(&b));
    let value = text.replace('_', "").parse::<f64>().ok().filter(|v| plain && v.is_finite())?;
    Some(value / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{SimDuration, SimTime};

    fn read(text: &str) -> Result<Condition, NoCondition> {
        let numbers = vec!["main".to_string()];
        Condition::parse(
            text,
            &Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers },
        )
    }

    #[test]
    fn conditions_are_read() {
        let c = read("p_red<=5 %").unwrap();
        assert_eq!(
            (c.comparison, c.bound, c.to_string()),
            (Comparison::AtMost, 0.05, "p_red <= 0.05".into())
        );
        assert_eq!(read(" q95(worst_score) > 1e-2").unwrap().bound, 0.01);
        assert_eq!(read("profit@x >= -5").unwrap_err().why.matches("no number x").count(), 1);
        for (text, says) in [
            ("p_red", "a condition is"),
            ("p_red = 0.05", "a condition is"),
            ("p_red < many", "\"many\" is no number"),
            ("p_red < inf", "no number"),
            ("p_rde < 0.1", "did you mean p_red?"),
            ("< 0.1", "no such measure"),
            ("p_red > 5", "did you mean 5%?"),
        ] {
            let wrong = read(text).unwrap_err().to_string();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
    }

    #[test]
    fn an_interval_across_the_bound_leaves_it_open() {
        let c = read("p_red < 0.05").unwrap();
        let at = |value, low, high| {
            c.standing(&Estimate { value: Some(value), interval: Some((low, high)), ..Estimate::default() })
        };
        assert_eq!(at(0.01, 0.0, 0.03), Standing::Holds);
        assert_eq!(at(0.01, 0.0, 0.08), Standing::HoldsNarrowly);
        assert_eq!(at(0.07, 0.02, 0.12), Standing::FailsNarrowly);
        assert_eq!(at(0.2, 0.1, 0.3), Standing::Fails);
        assert_eq!(c.standing(&Estimate::default()), Standing::Unknown);
        let one = Estimate { value: Some(0.0), ..Estimate::default() };
        assert_eq!(c.standing(&one), Standing::HoldsNarrowly, "one replication settles nothing");
    }
}
