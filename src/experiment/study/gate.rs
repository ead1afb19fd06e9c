//! Gates: conditions that make an answer "no", for scripts and pull requests.
//!
//! `p_red > 0.05` is held against every arm but the baseline (against the only one where there is no other);
//! `delta(p_red) > 0.01` against differences from the baseline. Must not know exit codes or files.

use super::catalogue::Frame;
use super::compare::Comparison;
use super::condition::{Condition, NoCondition, Standing};
use super::estimate::{Asked, Estimate};

/// A condition under which the answer is "no".
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// As typed.
    pub text: String,
    /// The condition.
    pub condition: Condition,
    /// Whether it is about differences from the baseline.
    pub of_difference: bool,
}

/// How one gate stands with one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The gate.
    pub gate: Gate,
    /// The arm's name.
    pub arm: String,
    /// The figure or difference it was held against.
    pub estimate: Estimate,
    /// Whether the condition holds, that is, whether the gate is failed.
    pub standing: Standing,
}

impl Checked {
    /// Whether this makes the answer "no".
    pub fn failed(&self) -> bool {
        self.standing.holds()
    }
}

impl Gate {
    /// Reads `FIGURE OP NUMBER` or `delta(FIGURE) OP NUMBER`.
    pub fn parse(text: &str, frame: &Frame) -> Result<Gate, NoCondition> {
        let trimmed = text.trim();
        let inner = trimmed.strip_prefix("delta(").and_then(|rest| {
            let at = rest.find(['<', '>', '='])?;
            let figure = rest[..at].trim_end().strip_suffix(')')?;
            Some(format!("{figure} {}", &rest[at..]))
        });
        let condition = Condition::parse(inner.as_deref().unwrap_or(trimmed), frame)
            .map_err(|e| NoCondition { found: trimmed.to_string(), ..e })?;
        Ok(Gate { text: trimmed.to_string(), condition, of_difference: inner.is_some() })
    }

    /// The figure it needs.
    pub fn asked(&self) -> &Asked {
        &self.condition.asked
    }

    /// Holds it against a comparison that has its figure.
    pub fn check(&self, comparison: &Comparison) -> Vec<Checked> {
        let Some(line) = comparison.lines.iter().find(|l| l.asked == *self.asked()) else {
            return Vec::new();
        };
        let only = comparison.arms.len() == 1;
        let first = usize::from(!only);
        (first..comparison.arms.len())
            .map(|arm| {
                let estimate = match (self.of_difference, arm) {
                    (false, _) => line.estimates[arm],
                    (true, 0) => Estimate::default(),
                    (true, _) => {
                        let d = line.differences[arm - 1];
                        let n = d.pairs;
                        Estimate { value: d.value, interval: d.interval, std_err: None, n, of: n }
                    }
                };
                let standing = self.condition.standing(&estimate);
                Checked { gate: self.clone(), arm: comparison.arms[arm].clone(), estimate, standing }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::study::compare::{Difference, Line};
    use crate::sim::{SimDuration, SimTime};

    fn frame() -> Frame {
        let numbers = vec!["main".to_string()];
        Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers }
    }

    #[test]
    fn the_baseline_is_not_judged_but_the_only_arm_is() {
        let figure = |v| Estimate { value: Some(v), interval: Some((v, v)), ..Estimate::default() };
        let asked = Asked::parse("p_red", &frame()).unwrap();
        let difference =
            Difference { value: Some(-0.3), interval: Some((-0.4, 0.1)), ..Difference::default() };
        let two = Comparison {
            arms: vec!["a".into(), "b".into()],
            replications: 9,
            lines: vec![Line {
                asked,
                estimates: vec![figure(0.5), figure(0.2)],
                differences: vec![difference],
            }],
        };
        let check = |text: &str, of: &Comparison| {
            let checked = Gate::parse(text, &frame()).unwrap().check(of);
            checked.into_iter().map(|c| (c.arm, c.standing)).collect::<Vec<_>>()
        };
        assert_eq!(check("p_red > 0.3", &two), [("b".to_string(), Standing::Fails)]);
        assert_eq!(check("p_red > 0.1", &two), [("b".to_string(), Standing::Holds)]);
        assert_eq!(check("delta( p_red ) < 0", &two), [("b".to_string(), Standing::HoldsNarrowly)]);
        let mut one = two;
        one.arms.pop();
        one.lines[0].estimates.pop();
        one.lines[0].differences.pop();
        assert_eq!(check("p_red > 0.3", &one), [("a".to_string(), Standing::Holds)]);
        assert_eq!(check("delta(p_red) > 0.3", &one), [("a".to_string(), Standing::Unknown)]);
    }

    #[test]
    fn a_wrong_gate_names_what_was_typed() {
        let wrong = Gate::parse("delta(p_rde) > 1", &frame()).unwrap_err();
        assert_eq!(wrong.found, "delta(p_rde) > 1");
        assert!(wrong.why.contains("did you mean p_red?"), "{wrong}");
    }
}
