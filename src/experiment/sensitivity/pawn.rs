//! PAWN: how far the distribution of the output moves when one parameter is held inside a slice of its range.
//!
//! F. Pianosi and T. Wagener, "A simple and efficient method for global sensitivity analysis based on cumulative
//! distribution functions", Environ. Model. Softw. 67 (2015) 1-11; from any sample after the same authors,
//! "Distribution-based sensitivity analysis from a generic input-output sample", ibid. 108 (2018) 197-207. Per slice the
//! Kolmogorov-Smirnov distance between the output inside the slice and the whole sample; per parameter the median, mean
//! and largest over slices.
//!
//! The distance of two finite samples is above zero without any influence. So an index is judged against a dummy
//! parameter, and its interval (95 %, normal, from resampled points within fixed slices) is about the expected statistic
//! at this sample size and number of slices, not about its limit. Must not know what the numbers stand for.

use std::collections::BTreeMap;

use super::resample::{Resampling, multiplicities, permutation};
use super::slices::{self, AgainstDummy, Slices};
use super::{Index, SensitivityError};
use crate::experiment::sampling::Points;
use crate::experiment::stats::{self, Z_975};

/// The fewest points per slice: below, the distance says more about the sample than about the output.
const POINTS_PER_SLICE_MIN: usize = 10;

/// PAWN indices of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Pawn {
    /// Slices the range of the parameter was cut into; fewer than asked for if it has few levels.
    pub slices: usize,
    /// The median distance over slices.
    pub median: AgainstDummy,
    /// The mean distance over slices.
    pub mean: AgainstDummy,
    /// The largest distance over slices: the one to judge a parameter that may be left out.
    pub maximum: AgainstDummy,
}

/// The indices of every parameter from any sample of points and their outputs; ten slices are usual.
pub fn analyse(
    points: &Points,
    outputs: &[f64],
    slices: usize,
    resampling: Resampling,
) -> Result<Vec<Pawn>, SensitivityError> {
    if !(2..=100).contains(&slices) {
        let what = "the number of slices";
        return Err(SensitivityError::Setting { what, found: slices, allowed: "2 to 100" });
    }
    resampling.check()?;
    slices::check(points, outputs, POINTS_PER_SLICE_MIN * slices)?;
    // From here on points are taken in the order of their outputs.
    let mut order: Vec<usize> = (0..outputs.len()).collect();
    order.sort_by(|a, b| outputs[*a].total_cmp(&outputs[*b]));
    let runs = Runs::new(order.iter().map(|point| outputs[*point]));
    let draws = resampling.draws();
    let cuts: Vec<Slices> = (0..points.columns())
        .map(|column| {
            let x = points.column(column);
            slices::by_value(&order.iter().map(|point| x[*point]).collect::<Vec<f64>>(), slices)
        })
        .collect();
    let ones = vec![1; outputs.len()];
    let found: Vec<[f64; 3]> = cuts.iter().map(|cut| runs.statistics(cut, &ones)).collect();

    let mut moments = vec![[(0.0, 0.0); 3]; cuts.len()];
    let mut counts = ones.clone();
    for resample in 0..resampling.resamples {
        multiplicities(&draws, resample as u64, &mut counts);
        for ((cut, found), moments) in cuts.iter().zip(&found).zip(&mut moments) {
            for ((new, old), moment) in runs.statistics(cut, &counts).iter().zip(found).zip(moments) {
                moment.0 += new - old;
                moment.1 += (new - old) * (new - old);
            }
        }
    }

    let mut dummies: BTreeMap<&[usize], [(f64, f64); 3]> = BTreeMap::new();
    let mut result = Vec::with_capacity(cuts.len());
    for ((cut, found), moments) in cuts.iter().zip(&found).zip(&moments) {
        let dummy = *dummies.entry(&cut.sizes).or_insert_with(|| {
            let shuffled: Vec<[f64; 3]> = (0..resampling.resamples)
                .map(|shuffle| {
                    let order = permutation(&draws, shuffle as u64, outputs.len());
                    let of = order.iter().map(|point| cut.of[*point]).collect();
                    runs.statistics(&Slices { of, sizes: cut.sizes.clone() }, &ones)
                })
                .collect();
            [0, 1, 2].map(|s| slices::dummy(shuffled.iter().map(|all| all[s]).collect()))
        });
        let b = resampling.resamples as f64;
        let against = |s: usize| {
            let (sum, squares) = moments[s];
            let half = Z_975 * libm::sqrt(((squares - sum * sum / b) / (b - 1.0)).max(0.0));
            let value = found[s];
            let index = Index { value, low: (value - half).max(0.0), high: (value + half).min(1.0) };
            AgainstDummy { index, statistic: value, dummy_mean: dummy[s].0, dummy_95: dummy[s].1 }
        };
        result.push(Pawn {
            slices: cut.sizes.len(),
            median: against(0),
            mean: against(1),
            maximum: against(2),
        });
    }
    Ok(result)
}

/// The ends of the runs of equal outputs, of points in the order of their outputs.
struct Runs {
    ends: Vec<usize>,
}

impl Runs {
    fn new(outputs: impl Iterator<Item = f64>) -> Runs {
        let sorted: Vec<f64> = outputs.collect();
        let last = |place: &usize| *place == sorted.len() || sorted[*place] != sorted[place - 1];
        Runs { ends: (1..=sorted.len()).filter(last).collect() }
    }

    /// Median, mean and largest Kolmogorov-Smirnov distance over slices, each point counted so many times.
    ///
    /// Between two outputs of a slice its own distribution function stands still while that of all grows, so the
    /// largest difference is found just before or at one of the slice's outputs.
    fn statistics(&self, cut: &Slices, counts: &[u32]) -> [f64; 3] {
        let k = cut.sizes.len();
        let mut sizes = vec![0u32; k];
        let mut total = 0u32;
        for (slice, count) in cut.of.iter().zip(counts) {
            sizes[*slice] += count;
            total += count;
        }
        let shares: Vec<f64> = sizes.iter().map(|s| 1.0 / f64::from((*s).max(1))).collect();
        let share = 1.0 / f64::from(total.max(1));
        let (mut below, mut below_all) = (vec![0u32; k], 0u32);
        let mut distances = vec![0.0f64; k];
        let mut start = 0;
        for end in &self.ends {
            if *end == start + 1 {
                // The common case, an output of its own, in one go.
                let (slice, count) = (cut.of[start], counts[start]);
                start = *end;
                if count > 0 {
                    let off = |below: u32, all: u32| {
                        (f64::from(below) * shares[slice] - f64::from(all) * share).abs()
                    };
                    let before = off(below[slice], below_all);
                    below[slice] += count;
                    below_all += count;
                    distances[slice] = distances[slice].max(before).max(off(below[slice], below_all));
                }
                continue;
            }
            let run =
                || cut.of[start..*end].iter().zip(&counts[start..*end]).filter(|(_, count)| **count > 0);
            let at = f64::from(below_all) * share;
            for (slice, _) in run() {
                let distance = (f64::from(below[*slice]) * shares[*slice] - at).abs();
                distances[*slice] = distances[*slice].max(distance);
            }
            for (slice, count) in run() {
                below[*slice] += count;
                below_all += count;
            }
            let at = f64::from(below_all) * share;
            for (slice, _) in run() {
                let distance = (f64::from(below[*slice]) * shares[*slice] - at).abs();
                distances[*slice] = distances[*slice].max(distance);
            }
            start = *end;
        }
        // A slice can be empty in a resample: it says nothing.
        let mut present: Vec<f64> =
            distances.iter().zip(&sizes).filter(|(_, size)| **size > 0).map(|(d, _)| *d).collect();
        present.sort_by(f64::total_cmp);
        let mean = present.iter().sum::<f64>() / present.len() as f64;
        [
            stats::quantile_sorted(&present, 0.5).unwrap_or(f64::NAN),
            mean,
            present.last().copied().unwrap_or(f64::NAN),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::testfunctions::{evaluate, ishigami};
    use super::*;
    use crate::experiment::sampling::sobol_sequence::SobolSequence;
    use crate::experiment::sampling::{self, latin_hypercube};

    const FEW: Resampling = Resampling { resamples: 100, seed: 1 };

    #[test]
    fn the_distances_are_scipys() {
        // scipy.stats.ks_2samp (1.17) of eight slices of 128 points against all, on the first 1,024 points of the plain
        // Sobol' sequence. SALib 1.6.0, whose slices leave out the largest point, gives the same to 0.0025.
        let points = SobolSequence::plain(3).unwrap().points(1_024).unwrap();
        let got = analyse(&points, &evaluate(&points, ishigami), 8, FEW).unwrap();
        let want = [
            [0.219_238_281_25, 0.221_801_757_812_5, 0.284_179_687_5],
            [0.341_796_875, 0.342_285_156_25, 0.353_515_625],
            [0.092_285_156_25, 0.101_928_710_937_5, 0.183_593_75],
        ];
        for (got, want) in got.iter().zip(want) {
            assert_eq!(got.slices, 8);
            for (got, want) in [got.median, got.mean, got.maximum].iter().zip(want) {
                assert!((got.statistic - want).abs() < 1e-12, "{} not {want}", got.statistic);
                assert!(got.index.low < want && want < got.index.high);
                assert!(!got.indistinguishable_from_zero());
            }
        }
    }

    #[test]
    fn equal_outputs_count_as_one_step() {
        // The output is yes or no: inside the lower half never, inside the upper half in half the cases.
        let x: Vec<f64> = (0..40).map(f64::from).collect();
        let y: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i >= 20 && i % 2 == 0))).collect();
        let got = analyse(&Points::new(1, x).unwrap(), &y, 2, FEW).unwrap();
        assert!((got[0].median.statistic - 0.25).abs() < 1e-12, "{got:?}");
        assert!((got[0].maximum.statistic - 0.25).abs() < 1e-12);
    }

    #[test]
    fn a_parameter_without_influence_passes_for_one_in_95_of_100() {
        let mut passed = [0; 3];
        for seed in 0..200 {
            let points = latin_hypercube(200, 2, seed);
            let outputs = evaluate(&points, |u| u[0] * u[0]);
            let resampling = Resampling { resamples: 100, seed };
            let got = analyse(&points, &outputs, 5, resampling).unwrap();
            assert!(!got[0].mean.indistinguishable_from_zero());
            for (passed, got) in passed.iter_mut().zip([got[1].median, got[1].mean, got[1].maximum]) {
                *passed += usize::from(got.indistinguishable_from_zero());
            }
        }
        // 190 expected; the standard deviation is 3.1, and that of thresholds from 100 shuffles adds about as much.
        assert!(passed.iter().all(|n| (176..=199).contains(n)), "{passed:?}");
    }

    #[test]
    fn few_levels_make_fewer_slices() {
        let points = sampling::random(300, 1, 1);
        let levels: Vec<f64> = points.column(0).iter().map(|u| (u * 3.0).floor()).collect();
        let got = analyse(&Points::new(1, levels.clone()).unwrap(), &levels, 10, FEW).unwrap();
        assert_eq!(got[0].slices, 3);
        assert!(!got[0].median.indistinguishable_from_zero());
    }

    #[test]
    fn too_small_samples_and_wrong_settings_are_refused() {
        let points = latin_hypercube(99, 1, 1);
        let outputs = points.column(0);
        assert_eq!(
            analyse(&points, &outputs, 10, FEW).unwrap_err().to_string(),
            "99 points are too few: at least 100 are needed"
        );
        assert_eq!(
            analyse(&points, &outputs, 1, FEW).unwrap_err().to_string(),
            "the number of slices is 1: allowed is 2 to 100"
        );
        assert!(matches!(analyse(&points, &[0.0; 99], 5, FEW), Err(SensitivityError::NothingVaries { .. })));
    }
}
