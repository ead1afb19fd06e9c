//! The bootstrap: how often each observation is in a resample, and percentile intervals of what comes of it.
//!
//! B. Efron, "Bootstrap methods: another look at the jackknife", Ann. Statist. 7 (1979) 1-26; percentile intervals
//! after Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. Must not know what is estimated.
//! Draws are keyed by (seed, resample, ordinal): resample 17 is the same whether 20 or 1,000 are drawn.

use super::{Index, SensitivityError};
use crate::experiment::sampling::below;
use crate::experiment::stats;
use crate::sim::rng::{Draws, Purpose};

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// The number of resamples, at least 40: the 2.5 % point of fewer is not inside them.
    pub resamples: usize,
    /// The seed of the resamples.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Resampling {
        Resampling { resamples: 1_000, seed: 1 }
    }
}

impl Resampling {
    pub(super) fn check(&self) -> Result<(), SensitivityError> {
        if self.resamples < 40 {
            return Err(SensitivityError::Setting {
                what: "the number of resamples",
                found: self.resamples,
                allowed: "40 or more",
            });
        }
        Ok(())
    }

    pub(super) fn draws(&self) -> Draws {
        Draws::new(self.seed, 0)
    }
}

/// Fills `counts` with how often each observation is in resample number `resample`.
pub(super) fn multiplicities(draws: &Draws, resample: u64, counts: &mut [u32]) {
    counts.fill(0);
    let n = counts.len();
    for start in (0..n).step_by(4) {
        let words = draws.words(Purpose::Bootstrap, resample, start as u64 / 4);
        for word in &words[..(n - start).min(4)] {
            counts[below(*word, n)] += 1;
        }
    }
}

/// A shuffle of 0..n by shuffle number `shuffle`.
pub fn permutation(draws: &Draws, shuffle: u64, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for place in 0..n {
        // The entity's top bit keeps shuffles apart from resamples.
        let words = draws.words(Purpose::Bootstrap, shuffle | (1 << 63), place as u64 / 4);
        order.swap(place, place + below(words[place % 4], n - place));
    }
    order
}

/// The estimate with the 95 % percentile interval of its resamples.
pub(super) fn percentile(value: f64, resampled: &mut [f64]) -> Index {
    resampled.sort_by(f64::total_cmp);
    let end = |p| stats::quantile_sorted(resampled, p).unwrap_or(f64::NAN);
    Index { value, low: end(0.025), high: end(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resample_has_as_many_draws_as_observations_and_even_chances() {
        let draws = Draws::new(3, 0);
        let mut counts = vec![0; 10];
        let mut total = [0u32; 10];
        for resample in 0..4_000 {
            multiplicities(&draws, resample, &mut counts);
            assert_eq!(counts.iter().sum::<u32>(), 10);
            total.iter_mut().zip(&counts).for_each(|(t, c)| *t += c);
        }
        // Each total is 4,000 with a standard deviation of 60.
        assert!(total.iter().all(|t| t.abs_diff(4_000) < 300), "{total:?}");
    }

    #[test]
    fn a_permutation_holds_everything_once_and_each_place_evenly() {
        let draws = Draws::new(3, 0);
        let mut first = [0u32; 5];
        for shuffle in 0..5_000 {
            let mut order = permutation(&draws, shuffle, 5);
            first[order[0]] += 1;
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3, 4]);
        }
        // Each is 1,000 with a standard deviation of 28.
        assert!(first.iter().all(|n| n.abs_diff(1_000) < 140), "{first:?}");
    }

    #[test]
    fn the_percentile_interval_is_type_7() {
        let mut values: Vec<f64> = (0..=1_000).rev().map(f64::from).collect();
        assert_eq!(percentile(7.0, &mut values), Index { value: 7.0, low: 25.0, high: 975.0 });
    }

    #[test]
    fn too_few_resamples_are_refused() {
        assert!(Resampling { resamples: 39, seed: 1 }.check().is_err());
        assert_eq!(Resampling::default().check(), Ok(()));
    }
}
