//! How many replications are enough: the sequential rule, on several figures at once.
//!
//! K. Hoad, S. Robinson and R. Davies, "Automated selection of the number of replications for a discrete-event
//! simulation", Journal of the Operational Research Society 61 (2010), 1632–1644: look after every replication, stop
//! once the interval is narrow enough and has stayed so for a while. Half widths here are absolute (their rule takes a
//! share of the mean, which says little of a chance near zero) unless asked for in percent of the mean. Must not know
//! how replications are made, nor any clock.

use super::catalogue::Frame;
use super::condition::number;
use super::estimate::{Asked, Estimate, Statistic};
use crate::experiment::measure::ReplicationSummary;

/// The fewest replications before the rule is asked (their n0).
pub const LEAST: usize = 3;
/// Further replications for which the precision has to hold (their kLimit), up to a hundred replications; beyond, five
/// in each hundred.
pub const LOOK_AHEAD: usize = 5;

/// How narrow a figure's 95 % interval has to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The figure.
    pub asked: Asked,
    /// Half the width of the interval, in the figure's unit.
    pub half_width: HalfWidth,
}

/// Half the width of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HalfWidth {
    /// In the figure's own unit; of chances and shares as a number from 0 to 1.
    Absolute(f64),
    /// As a share of the figure.
    Relative(f64),
}

/// Why a target could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?}: {why}")]
pub struct NoTarget {
    /// What was typed.
    pub found: String,
    /// What is wrong with it.
    pub why: String,
}

impl Target {
    /// Reads `p_red=0.02`, `profit=50` or `profit=5%` (of the mean); several separated by commas.
    pub fn parse_all(text: &str, frame: &Frame) -> Result<Vec<Target>, NoTarget> {
        text.split(',').map(|part| Target::parse(part.trim(), frame)).collect()
    }

    fn parse(text: &str, frame: &Frame) -> Result<Target, NoTarget> {
        let wrong = |why: String| NoTarget { found: text.to_string(), why };
        let (figure, width) = text.split_once('=').ok_or_else(|| {
            wrong("a figure, = and half the width of its interval, as in p_red=0.02".into())
        })?;
        let asked = Asked::parse(figure, frame).map_err(|e| wrong(e.to_string()))?;
        let value = number(width).filter(|w| *w > 0.0);
        let value = value.ok_or_else(|| wrong(format!("{:?} is no number above zero", width.trim())))?;
        let half_width = match (width.trim().ends_with('%'), asked.statistic) {
            // A chance in percent is still the chance itself: 2 % is 0.02.
            (false, _) | (true, Statistic::Chance) => HalfWidth::Absolute(value),
            (true, _) => HalfWidth::Relative(value),
        };
        if asked.statistic == Statistic::Chance && value >= 0.5 {
            return Err(wrong("a chance has a half width below 0.5".into()));
        }
        Ok(Target { asked, half_width })
    }

    /// About how many replications the precision takes, from an estimate that has an interval: its width goes with one
    /// over the root of their number.
    pub fn needed(&self, estimate: &Estimate) -> Option<u64> {
        let (half, value) = (estimate.half_width()?, estimate.value?);
        let want = match self.half_width {
            HalfWidth::Absolute(want) => want,
            HalfWidth::Relative(share) => share * value.abs(),
        };
        let ratio = half / want;
        (want > 0.0).then(|| libm::ceil(estimate.n as f64 * ratio * ratio) as u64)
    }

    /// Whether an estimate is precise enough.
    pub fn met(&self, estimate: &Estimate) -> bool {
        let (Some(half), Some(value)) = (estimate.half_width(), estimate.value) else { return false };
        match self.half_width {
            HalfWidth::Absolute(want) => half <= want,
            HalfWidth::Relative(share) => half <= share * value.abs(),
        }
    }
}

/// The rule under way: shown replications in order, it says when to stop.
#[derive(Debug)]
pub struct Rule {
    targets: Vec<Target>,
    frame: Frame,
    /// Values of each target so far.
    values: Vec<Vec<Option<f64>>>,
    /// For how many replications in a row all targets have been met.
    held: usize,
}

impl Rule {
    /// A rule that has seen nothing.
    pub fn new(targets: Vec<Target>, frame: Frame) -> Rule {
        let values = vec![Vec::new(); targets.len()];
        Rule { targets, frame, values, held: 0 }
    }

    /// Shows the next replication; whether that is enough.
    pub fn enough(&mut self, run: &ReplicationSummary) -> bool {
        for (target, values) in self.targets.iter().zip(&mut self.values) {
            values.push(target.asked.measure.of(run, &self.frame));
        }
        let n = self.values.first().map_or(0, Vec::len);
        if n < LEAST {
            return false;
        }
        let met = self.targets.iter().zip(&self.values).all(|(t, v)| t.met(&t.asked.of_values(v)));
        self.held = if met { self.held + 1 } else { 0 };
        // The first of them is where the precision was reached, the others are the look ahead.
        self.held > look_ahead(n)
    }

    /// Each target with its estimate now.
    pub fn standing(&self) -> Vec<(&Target, Estimate)> {
        self.targets.iter().zip(&self.values).map(|(t, v)| (t, t.asked.of_values(v))).collect()
    }
}

/// For how many more replications the precision has to hold after `n`.
fn look_ahead(n: usize) -> usize {
    LOOK_AHEAD.max(LOOK_AHEAD * n / 100)
}

/// What the rule rests on, for whoever reads its result.
pub const ASSUMPTIONS: &str = "Replications are independent; intervals of means take the mean to be about normal, \
                               chances have Wilson's interval. Looking after every replication and stopping at the \
                               first success makes 95 % a little too kind; the precision has to hold for five more \
                               replications (five in each hundred beyond a hundred) to make up for it.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rng::mix;
    use crate::sim::{SimDuration, SimTime};

    fn frame() -> Frame {
        Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers: Vec::new() }
    }

    fn run(cost: f64, paused: bool) -> ReplicationSummary {
        ReplicationSummary {
            replication: 1,
            numbers: Vec::new(),
            cost,
            value: 0.0,
            billable: None,
            plan: Default::default(),
            template_pauses: u64::from(paused),
            templates_disabled: 0,
            account: crate::experiment::accounts::AccountSummary::default(),
            daily: Vec::new(),
            digest: None,
        }
    }

    /// After how many replications the rule stops.
    fn stops(targets: &str, most: usize, make: impl Fn(usize) -> ReplicationSummary) -> Option<usize> {
        let mut rule = Rule::new(Target::parse_all(targets, &frame()).unwrap(), frame());
        (1..=most).find(|n| rule.enough(&make(*n)))
    }

    #[test]
    fn equal_values_take_the_least_and_the_look_ahead() {
        assert_eq!(stops("cost=1", 50, |_| run(10.0, false)), Some(LEAST + LOOK_AHEAD));
    }

    #[test]
    fn a_chance_of_zero_takes_as_many_as_wilson_asks() {
        // Wilson's half width at 0 of n is z²/2/(n + z²): 0.02 at n = 93, then five more.
        assert_eq!(stops("p_template_paused=0.02", 500, |_| run(0.0, false)), Some(93 + LOOK_AHEAD));
    }

    #[test]
    fn all_targets_have_to_hold_and_a_relative_one_goes_by_the_mean() {
        let noisy = |n: usize| {
            run(
                100.0 + 20.0 * ((mix(n as u64) >> 11) as f64 / (1u64 << 53) as f64 - 0.5),
                n.is_multiple_of(3),
            )
        };
        let cost = stops("cost=1%", 5000, noisy).unwrap();
        let chance = stops("p_template_paused=0.05", 5000, noisy).unwrap();
        // Standard deviation 20/√12 = 5.8 and half width 1: about 130; of a chance of a third and 0.05: about 340.
        assert!((80..220).contains(&cost) && (320..400).contains(&chance), "{cost} {chance}");
        assert_eq!(stops("cost=1%, p_template_paused=5%", 5000, noisy), Some(cost.max(chance)));
        assert_eq!(stops("cost=1e-9", 300, noisy), None);
    }

    #[test]
    fn targets_are_read_strictly() {
        for (text, says) in [
            ("p_red", "as in p_red=0.02"),
            ("p_red=", "no number above zero"),
            ("p_red=-1", "no number above zero"),
            ("p_red=0.6", "below 0.5"),
            ("p_rde=0.1", "did you mean p_red?"),
            ("cost=1,", "as in p_red=0.02"),
        ] {
            let wrong = Target::parse_all(text, &frame()).unwrap_err().to_string();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
    }
}
