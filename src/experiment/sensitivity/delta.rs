//! Borgonovo's delta: the expected half area between the density of the output and its density given one parameter.
//!
//! E. Borgonovo, "A new uncertainty importance measure", Reliab. Eng. Syst. Saf. 92 (2007) 771-784. From any sample by
//! E. Plischke, E. Borgonovo and C. L. Smith, "Global sensitivity measures from given data", Eur. J. Oper. Res. 226
//! (2013) 536-550: classes of equal count, densities by Gaussian kernels, the estimate's bias taken off by the bootstrap
//! (their equation 30). The interval is the 95 % percentile interval of the bias-reduced resamples; judged is the plain
//! statistic against a dummy parameter.
//!
//! Two departures. A value that many points share (no flag at all, a share of exactly zero) has a probability, not a
//! density: it is compared by that, and only the rest by kernels; outputs of few distinct values are compared by
//! probabilities alone. And kernels are reflected at the smallest and largest output, so that no probability is lost
//! there.
//!
//! Kernels smooth differences away: on Ishigami's function delta is 0.05 to 0.08 too small at 8,192 points (0.207, 0.352,
//! 0.157 for 0.261, 0.425, 0.209), and the interval does not speak of that. Take delta to rank. Must not know what the
//! numbers stand for.

use std::collections::BTreeMap;

use super::SensitivityError;
use super::resample::{Resampling, multiplicities, percentile, permutation};
use super::slices::{self, AgainstDummy, Slices};
use crate::experiment::sampling::Points;

/// The fewest points.
const POINTS_MIN: usize = 100;

/// Outputs of so many distinct values at most are compared by probabilities alone.
const DISTINCT_MAX: usize = 32;

/// The share of points from which on a value has a probability of its own.
const ATOM_MIN: f64 = 0.02;

/// Points of the grid densities are compared on.
const GRID: usize = 100;

/// Kernels are cut off at so many bandwidths.
const REACH: f64 = 5.0;

/// Delta of every parameter from any sample of points and their outputs. `statistic` is the plain estimate, `index` the
/// bias-reduced one. The bootstrap takes off only a part of the bias: without influence `index` is still above zero, so
/// ask [`AgainstDummy::indistinguishable_from_zero`], never the one of the index.
pub fn analyse(
    points: &Points,
    outputs: &[f64],
    resampling: Resampling,
) -> Result<Vec<AgainstDummy>, SensitivityError> {
    resampling.check()?;
    slices::check(points, outputs, POINTS_MIN)?;
    let n = outputs.len();
    let output = Output::new(outputs);
    let draws = resampling.draws();
    let cuts: Vec<Slices> =
        (0..points.columns()).map(|column| slices::by_value(&points.column(column), classes(n))).collect();
    let ones = vec![1; n];
    let overall = output.overall(&ones);
    let plain: Vec<f64> = cuts.iter().map(|cut| output.delta(cut, &ones, &overall)).collect();

    let mut reduced: Vec<Vec<f64>> = vec![Vec::with_capacity(resampling.resamples); cuts.len()];
    let mut counts = ones.clone();
    for resample in 0..resampling.resamples {
        multiplicities(&draws, resample as u64, &mut counts);
        let overall = output.overall(&counts);
        for ((cut, plain), reduced) in cuts.iter().zip(&plain).zip(&mut reduced) {
            reduced.push(2.0 * plain - output.delta(cut, &counts, &overall));
        }
    }

    let mut dummies: BTreeMap<&[usize], (f64, f64)> = BTreeMap::new();
    let mut result = Vec::with_capacity(cuts.len());
    for ((cut, plain), mut reduced) in cuts.iter().zip(&plain).zip(reduced) {
        let (dummy_mean, dummy_95) = *dummies.entry(&cut.sizes).or_insert_with(|| {
            let shuffled = (0..resampling.resamples).map(|shuffle| {
                let order = permutation(&draws, shuffle as u64, n);
                let of = order.iter().map(|point| cut.of[*point]).collect();
                output.delta(&Slices { of, sizes: cut.sizes.clone() }, &ones, &overall)
            });
            slices::dummy(shuffled.collect())
        });
        let mean = reduced.iter().sum::<f64>() / reduced.len() as f64;
        let index = percentile(mean, &mut reduced);
        result.push(AgainstDummy { index, statistic: *plain, dummy_mean, dummy_95 });
    }
    Ok(result)
}

/// The number of classes for `n` points (Plischke, Borgonovo and Smith 2013, as their published program has it).
fn classes(n: usize) -> usize {
    let n = n as f64;
    let power = 2.0 / (7.0 + libm::tanh((1_500.0 - n) / 500.0));
    libm::ceil(libm::pow(n, power)).min(48.0) as usize
}

/// The outputs, laid on cells: first the values with a probability of their own, then the points of a grid.
struct Output {
    /// Per point the cell at or below it, and the share of it that falls to the cell above.
    cells: Vec<(usize, f64)>,
    /// Per point its distance from the mean, in grid steps.
    steps: Vec<f64>,
    /// The number of values with a probability of their own.
    atoms: usize,
    /// The number of grid points: [`GRID`], or none.
    grid: usize,
}

impl Output {
    fn new(outputs: &[f64]) -> Output {
        let n = outputs.len() as f64;
        let mut sorted = outputs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        let runs: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
        let all = runs.len() <= DISTINCT_MAX;
        let atoms: Vec<f64> =
            runs.iter().filter(|run| all || run.len() as f64 >= ATOM_MIN * n).map(|run| run[0]).collect();
        let step = (high - low) / (GRID - 1) as f64;
        let mean = outputs.iter().sum::<f64>() / n;
        let cell = |y: &f64| {
            let atom = atoms.partition_point(|a| a < y);
            if atoms.get(atom) == Some(y) {
                return (atom, 0.0);
            }
            let place = (y - low) / step;
            let below = (place as usize).min(GRID - 2);
            (atoms.len() + below, place - below as f64)
        };
        Output {
            cells: outputs.iter().map(cell).collect(),
            steps: outputs.iter().map(|y| (y - mean) / step).collect(),
            atoms: atoms.len(),
            grid: if all { 0 } else { GRID },
        }
    }

    /// The density (or the probabilities) of all points, each counted so many times.
    fn overall(&self, counts: &[u32]) -> Vec<f64> {
        let all = Slices { of: vec![0; counts.len()], sizes: vec![counts.len()] };
        self.density(&self.groups(&all, counts)[0])
    }

    /// The weighted mean over classes of half the area between the density overall and in the class.
    fn delta(&self, cut: &Slices, counts: &[u32], overall: &[f64]) -> f64 {
        let groups = self.groups(cut, counts);
        let total: f64 = groups.iter().map(|g| g.count).sum();
        let width = self.atoms + self.grid;
        let sum: f64 = groups
            .iter()
            .filter(|group| group.count > 0.0)
            .map(|group| {
                let density = self.density(group);
                let apart = |cell: usize| (overall[cell] - density[cell]).abs();
                let inner: f64 = (0..width).map(apart).sum();
                // By the trapezium rule the ends of the grid count half.
                let ends = if self.grid == 0 { 0.0 } else { 0.5 * (apart(self.atoms) + apart(width - 1)) };
                group.count * (inner - ends)
            })
            .sum();
        sum / (2.0 * total)
    }

    fn groups(&self, cut: &Slices, counts: &[u32]) -> Vec<Group> {
        let mass = vec![0.0; self.atoms + self.grid + 1];
        let empty = Group { mass, count: 0.0, smooth: 0.0, sum: 0.0, squares: 0.0 };
        let mut groups = vec![empty; cut.sizes.len()];
        for (point, (cell, rest)) in self.cells.iter().enumerate() {
            if counts[point] == 0 {
                continue;
            }
            let (group, count, step) =
                (&mut groups[cut.of[point]], f64::from(counts[point]), self.steps[point]);
            group.count += count;
            group.mass[*cell] += count * (1.0 - rest);
            if *cell >= self.atoms {
                group.mass[cell + 1] += count * rest;
                group.smooth += count;
                group.sum += count * step;
                group.squares += count * step * step;
            }
        }
        groups
    }

    /// Probabilities, then the Gaussian kernel density per grid step with Silverman's bandwidth (B. W. Silverman,
    /// Density Estimation, 1986, equation 3.28): (3n/4)^(-1/5) standard deviations.
    fn density(&self, group: &Group) -> Vec<f64> {
        let mut density: Vec<f64> = group.mass[..self.atoms].iter().map(|m| m / group.count).collect();
        density.resize(self.atoms + self.grid, 0.0);
        if group.smooth == 0.0 {
            return density;
        }
        let n = group.smooth;
        let variance = ((group.squares - group.sum * group.sum / n) / (n - 1.0).max(1.0)).max(0.0);
        // A kernel narrower than the grid would fall through it; one wider than it would be reflected twice.
        let widest = (self.grid - 1) as f64 / REACH;
        let bandwidth = (libm::pow(0.75 * n, -0.2) * libm::sqrt(variance)).clamp(0.5, widest);
        let reach = (libm::ceil(REACH * bandwidth) as usize).min(self.grid - 1);
        let mut kernel: Vec<f64> = (0..=2 * reach)
            .map(|k| {
                let z = (k as f64 - reach as f64) / bandwidth;
                libm::exp(-0.5 * z * z)
            })
            .collect();
        let area = kernel.iter().sum::<f64>() * group.count;
        kernel.iter_mut().for_each(|k| *k /= area);
        let mut padded = vec![0.0; self.grid + 2 * reach];
        let masses = group.mass[self.atoms..][..self.grid].iter().enumerate();
        for (cell, mass) in masses.filter(|(_, mass)| **mass > 0.0) {
            padded[cell..].iter_mut().zip(&kernel).for_each(|(density, k)| *density += mass * k);
        }
        let (smooth, last) = (&mut density[self.atoms..], reach + self.grid - 1);
        smooth.copy_from_slice(&padded[reach..=last]);
        for k in 0..=reach {
            smooth[k] += padded[reach - k];
            smooth[self.grid - 1 - k] += padded[last + k];
        }
        density
    }
}

/// What is needed of one class.
#[derive(Clone)]
struct Group {
    mass: Vec<f64>,
    count: f64,
    /// How many of them are not at a value with a probability of its own; their sums.
    smooth: f64,
    sum: f64,
    squares: f64,
}

#[cfg(test)]
mod tests {
    use super::super::testfunctions::{evaluate, ishigami};
    use super::*;
    use crate::experiment::sampling::sobol_sequence::SobolSequence;
    use crate::experiment::sampling::{latin_hypercube, random};

    const FEW: Resampling = Resampling { resamples: 100, seed: 1 };

    #[test]
    fn the_plain_estimate_is_that_of_exact_kernel_densities() {
        // The estimator of SALib 1.6.0 (calc_delta: scipy.stats.gaussian_kde, Silverman's bandwidth, a grid of 100) on
        // the plain Sobol' sequence, with its kernels reflected at both ends; as shipped, without, it gives 0.1872,
        // 0.2589, 0.1493 and 0.2069, 0.3374, 0.1574. Laying outputs on the grid first, as here, costs 0.0005.
        for (n, want) in
            [(1_024, [0.188_796, 0.259_731, 0.151_502]), (4_096, [0.207_621, 0.337_959, 0.159_287])]
        {
            let points = SobolSequence::plain(3).unwrap().points(n).unwrap();
            let got = analyse(&points, &evaluate(&points, ishigami), FEW).unwrap();
            for (got, want) in got.iter().zip(want) {
                assert!((got.statistic - want).abs() < 6e-4, "{n}: {} not {want}", got.statistic);
                assert!(!got.indistinguishable_from_zero());
            }
        }
    }

    #[test]
    fn ishigami_is_ranked_and_met_within_0_08_at_8192_points() {
        let points = SobolSequence::scrambled(3, 1).unwrap().points(8_192).unwrap();
        let got = analyse(&points, &evaluate(&points, ishigami), FEW).unwrap();
        for (got, want) in got.iter().zip(TRUTH) {
            // Kernels smooth differences away, so all three fall short.
            assert!(got.index.value < want && got.index.value > want - 0.08, "{got:?}, not {want}");
        }
        assert!(got[1].index.low > got[0].index.high && got[0].index.low > got[2].index.high);
    }

    /// By quadrature: 96 values of the one parameter, 1,200 by 1,200 of the others, 400 bins of the output.
    const TRUTH: [f64; 3] = [0.261, 0.425, 0.209];

    #[test]
    fn a_parameter_without_influence_passes_for_one_in_95_of_100() {
        let mut passed = 0;
        for seed in 0..100 {
            let points = latin_hypercube(200, 2, seed);
            let outputs = evaluate(&points, |u| u[0] * u[0]);
            let got = analyse(&points, &outputs, Resampling { resamples: 100, seed }).unwrap();
            assert!(!got[0].indistinguishable_from_zero());
            passed += usize::from(got[1].indistinguishable_from_zero());
        }
        // 95 expected; the standard deviation is 2.2, and that of thresholds from 100 shuffles adds about as much. Over
        // 200 samples 190 passed.
        assert!((86..=99).contains(&passed), "{passed}");
    }

    #[test]
    fn outputs_of_few_values_are_compared_by_their_probabilities() {
        // Yes with probability 0.8 above a half and 0.2 below: half the sum of |0.5 - 0.8| and |0.5 - 0.2| is 0.3.
        let points = random(4_000, 2, 1);
        let outputs = evaluate(&points, |u| {
            let chance = if u[0] > 0.5 { 0.8 } else { 0.2 };
            f64::from(u8::from(u[1] < chance))
        });
        let levels: Vec<f64> = points.column(0).iter().map(|u| f64::from(u8::from(*u > 0.5))).collect();
        let got = analyse(&Points::new(1, levels).unwrap(), &outputs, FEW).unwrap();
        assert!((got[0].index.value - 0.3).abs() < 0.03, "{got:?}");
        assert!(got[0].index.low < 0.3 && 0.3 < got[0].index.high);
        assert!(!got[0].indistinguishable_from_zero());
    }

    #[test]
    fn classes_where_the_output_stands_still_do_no_harm() {
        let points = latin_hypercube(500, 2, 1);
        let outputs = evaluate(&points, |u| if u[0] < 0.5 { 0.0 } else { u[1] });
        let got = analyse(&points, &outputs, FEW).unwrap();
        assert!(got.iter().all(|g| g.index.value.is_finite() && g.statistic <= 1.0), "{got:?}");
        // Half of the points share one value. Four of five classes have it always or never, at a distance of 1/2; the
        // class in the middle is like the whole.
        assert!((got[0].statistic - 0.4).abs() < 0.02 && !got[0].indistinguishable_from_zero(), "{got:?}");
    }

    #[test]
    fn small_samples_are_refused() {
        let points = latin_hypercube(99, 1, 1);
        assert_eq!(
            analyse(&points, &points.column(0), FEW).unwrap_err().to_string(),
            "99 points are too few: at least 100 are needed"
        );
    }
}
