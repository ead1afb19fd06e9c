//! A run under plausible rule sets: every unpublished constant drawn from its range, anew in each replication.
//!
//! So a result reads "in so many of the plausible rule sets", and which constant decides it most. Draws are addressed by
//! seed, replication and the constant's name, so adding a constant or splitting the work moves no other draw. Must not
//! know how the answer is printed.

use super::parameter::Parameter;
use crate::experiment::stats;
use crate::sim::rng::{Draws, Purpose, entity, unit};

/// Where in its range each parameter lies in a replication: a number between 0 and 1.
pub fn draw(seed: u64, replication: u64, parameters: &[Parameter]) -> Vec<f64> {
    let draws = Draws::new(seed, replication);
    parameters.iter().map(|p| unit(draws.words(Purpose::Design, entity(&p.name), 0)[0])).collect()
}

/// What the outcome does over the range of one parameter, all others drawn as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The parameter's place.
    pub parameter: usize,
    /// Where the range was parted: the middle of the values drawn, as a number from 0 to 1.
    pub at: f64,
    /// Cases and replications below.
    pub below: (u64, u64),
    /// Cases and replications above.
    pub above: (u64, u64),
    /// Share above less share below.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
}

impl Effect {
    /// The share of cases where the parameter is below the middle.
    pub fn share_below(&self) -> f64 {
        share(self.below)
    }

    /// The share of cases where it is above.
    pub fn share_above(&self) -> f64 {
        share(self.above)
    }

    /// Whether luck does not explain it. Of twenty parameters without effect one will look clear.
    pub fn is_clear(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

fn share((k, n): (u64, u64)) -> f64 {
    if n == 0 { 0.0 } else { k as f64 / n as f64 }
}

/// The effect of each parameter on an outcome, the largest first. `draws` holds a row for each replication.
///
/// # Panics
/// If there are not as many outcomes as rows.
pub fn effects(draws: &[Vec<f64>], outcomes: &[bool]) -> Vec<Effect> {
    assert_eq!(draws.len(), outcomes.len(), "an outcome for each replication");
    let parameters = draws.first().map_or(0, Vec::len);
    let mut out: Vec<Effect> = (0..parameters)
        .map(|parameter| {
            let values: Vec<f64> = draws.iter().map(|row| row[parameter]).collect();
            let at = stats::quantile(&values, 0.5).expect("there are rows");
            let count = |upper: bool| {
                let side = || values.iter().zip(outcomes).filter(|(v, _)| (**v > at) == upper);
                (side().filter(|(_, hit)| **hit).count() as u64, side().count() as u64)
            };
            let (below, above) = (count(false), count(true));
            let interval = stats::difference_of_shares(above, below);
            Effect { parameter, at, below, above, difference: share(above) - share(below), interval }
        })
        .collect();
    out.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_hangs_on_its_own_name_only() {
        let p = |name: &str| Parameter::parse(&format!("{name}=0..1")).unwrap();
        let alone = draw(7, 3, &[p("b")]);
        let among = draw(7, 3, &[p("a"), p("b"), p("c")]);
        assert_eq!(alone[0], among[1]);
        assert_ne!(draw(7, 4, &[p("b")]), alone);
        assert_ne!(draw(8, 3, &[p("b")]), alone);
    }

    #[test]
    fn what_decides_comes_first() {
        let parameters: Vec<Parameter> =
            ["x", "y", "z"].iter().map(|n| Parameter::parse(&format!("{n}=0..1")).unwrap()).collect();
        let draws: Vec<Vec<f64>> = (1..=400).map(|r| draw(1, r, &parameters)).collect();
        let outcomes: Vec<bool> = draws.iter().map(|d| d[1] + 0.3 * d[2] < 0.6).collect();
        let found = effects(&draws, &outcomes);
        assert_eq!((found[0].parameter, found[1].parameter, found[2].parameter), (1, 2, 0));
        assert!(found[0].difference < -0.6 && found[0].is_clear() && found[0].share_above() < 0.2);
        assert!(!found[2].is_clear(), "{:?}", found[2]);
        assert_eq!(found[0].below.1 + found[0].above.1, 400);
    }
}
