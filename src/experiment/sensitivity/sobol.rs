//! Sobol' indices: the shares of the output's variance that go back to a parameter alone (first order), with all its
//! interactions (total), and to a pair beyond its members (second order).
//!
//! I. M. Sobol', Math. Comput. Simul. 55 (2001) 271-280. Estimators on the outputs f(A), f(B), f(AB_i), f(BA_i) of
//! [`Saltelli`](crate::experiment::sampling::saltelli::Saltelli)'s design, V the variance over A and B together:
//!
//! - first, default: mean of f(B)·(f(AB_i) − f(A)), over V (Saltelli et al., Comput. Phys. Commun. 181 (2010) 259-270,
//!   table 2, row b); or 1 − mean of (f(B) − f(AB_i))² / 2V (M. J. W. Jansen, Comput. Phys. Commun. 117 (1999) 35-43;
//!   table 2, row c);
//! - total: mean of (f(A) − f(AB_i))², over 2V (Jansen 1999; table 2, row f);
//! - second: mean of f(BA_i)·f(AB_j) − f(A)·f(B), over V, less both first-order indices (A. Saltelli, Comput. Phys.
//!   Commun. 145 (2002) 280-297, section 4).
//!
//! Intervals are 95 % percentile intervals over resampled base points. They take base points for independent, which
//! those of a scrambled Sobol' sequence are not: for smooth outputs they are then wider than need be. The output's own
//! noise is part of the variance: see [`noise`](super::noise). Must not know parameters' names or ranges.

use super::resample::{Resampling, multiplicities, percentile};
use super::{Caution, Index, SensitivityError, check_outputs, whole};
use crate::experiment::sampling::saltelli::rows_per_base_point;

/// Base points below which intervals are called rough.
const BASE_POINTS_ROUGH: usize = 64;

/// Resamples summed in one pass over the base points: few enough for the sums to stay in cache.
const BLOCK: usize = 8;

/// Which estimator of first-order indices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstOrder {
    /// Saltelli et al. 2010: the better one for small indices.
    #[default]
    Saltelli2010,
    /// Jansen 1999: the better one for large indices.
    Jansen1999,
}

/// The second-order index of a pair: what the two do together beyond what each does alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interaction {
    /// The parameters, counted from 0, the smaller first.
    pub pair: (usize, usize),
    /// The index.
    pub index: Index,
}

/// Sobol' indices of one output.
#[derive(Clone, Debug, PartialEq)]
pub struct SobolIndices {
    /// Base points.
    pub base_points: usize,
    /// Mean of the output over A and B.
    pub mean: f64,
    /// Variance of the output over A and B.
    pub variance: f64,
    /// First-order index per parameter.
    pub first: Vec<Index>,
    /// Total index per parameter.
    pub total: Vec<Index>,
    /// Second-order indices of all pairs in order; empty where the design has no BA rows.
    pub second: Vec<Interaction>,
    /// What to say beside the result.
    pub cautions: Vec<Caution>,
}

/// The indices of the outputs of a design for `parameters`, in the order of its rows.
pub fn analyse(
    outputs: &[f64],
    parameters: usize,
    second_order: bool,
    estimator: FirstOrder,
    resampling: Resampling,
) -> Result<SobolIndices, SensitivityError> {
    let each = rows_per_base_point(parameters, second_order);
    let base_points = whole(outputs.len(), each, parameters)?;
    if base_points < 2 {
        return Err(SensitivityError::TooFew { what: "base points", found: base_points, least: 2 });
    }
    resampling.check()?;
    check_outputs(outputs)?;
    let products = Products::new(outputs, parameters, second_order, estimator);
    let Some(estimates) = products.estimates(&products.sums(|_| 1.0)) else {
        // Only rows of AB or BA differ.
        return Err(SensitivityError::NothingVaries { outputs: 2 * base_points, value: outputs[0] });
    };
    let resampled = products.resample(resampling)?;
    let mut indices = estimates.values.iter().enumerate().map(|(place, value)| {
        let mut column: Vec<f64> = resampled.iter().map(|r| r[place]).collect();
        percentile(*value, &mut column)
    });
    let first = indices.by_ref().take(parameters).collect();
    let total = indices.by_ref().take(parameters).collect();
    let second = pairs(parameters).zip(indices).map(|(pair, index)| Interaction { pair, index }).collect();
    let mut cautions = Vec::new();
    if !base_points.is_power_of_two() {
        let above = base_points.next_power_of_two();
        cautions.push(Caution::NotAPowerOfTwo { found: base_points, below: above / 2, above });
    }
    if base_points < BASE_POINTS_ROUGH {
        cautions.push(Caution::FewBasePoints { found: base_points, least: BASE_POINTS_ROUGH });
    }
    let mean = estimates.mean + products.centre;
    Ok(SobolIndices { base_points, mean, variance: estimates.variance, first, total, second, cautions })
}

/// All pairs (i, j) with i < j in order.
fn pairs(parameters: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..parameters).flat_map(move |i| (i + 1..parameters).map(move |j| (i, j)))
}

/// What the estimators average, per base point: all indices are functions of these means, so a resample is a weighted
/// sum of rows.
struct Products {
    parameters: usize,
    estimator: FirstOrder,
    base_points: usize,
    /// Taken off all outputs first: the estimators of first and second order lose digits far from zero.
    centre: f64,
    /// Per base point: sum and sum of squares of f(A) and f(B), then what first, total and second order average.
    rows: Vec<f64>,
    width: usize,
}

struct Estimates {
    mean: f64,
    variance: f64,
    /// First, total, second order.
    values: Vec<f64>,
}

impl Products {
    fn new(outputs: &[f64], parameters: usize, second_order: bool, estimator: FirstOrder) -> Products {
        let each = rows_per_base_point(parameters, second_order);
        let centre = outputs.iter().sum::<f64>() / outputs.len() as f64;
        let pairs_count = if second_order { parameters * (parameters - 1) / 2 } else { 0 };
        let width = 2 + 2 * parameters + pairs_count;
        let base_points = outputs.len() / each;
        let mut rows = Vec::with_capacity(width * base_points);
        for block in outputs.chunks_exact(each) {
            let f: Vec<f64> = block.iter().map(|y| y - centre).collect();
            let (a, b, ab) = (f[0], f[each - 1], &f[1..=parameters]);
            rows.extend([a + b, a * a + b * b]);
            rows.extend(ab.iter().map(|ab| match estimator {
                FirstOrder::Saltelli2010 => b * (ab - a),
                FirstOrder::Jansen1999 => (b - ab) * (b - ab),
            }));
            rows.extend(ab.iter().map(|ab| (a - ab) * (a - ab)));
            if second_order {
                let ba = &f[parameters + 1..=2 * parameters];
                rows.extend(pairs(parameters).map(|(i, j)| ba[i] * ab[j] - a * b));
            }
        }
        Products { parameters, estimator, base_points, centre, rows, width }
    }

    fn sums(&self, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for (place, row) in self.rows.chunks_exact(self.width).enumerate() {
            add(&mut sums, row, weight(place));
        }
        sums
    }

    /// The indices from the sums over as many base points as there are; none if nothing varies among them.
    fn estimates(&self, sums: &[f64]) -> Option<Estimates> {
        let (n, d) = (self.base_points as f64, self.parameters);
        let mean = sums[0] / (2.0 * n);
        let square = sums[1] / (2.0 * n);
        let variance = square - mean * mean;
        // Below this the difference is rounding.
        if variance <= square * 1e-13 {
            return None;
        }
        let mut values: Vec<f64> = sums[2..].iter().map(|s| s / n / variance).collect();
        if self.estimator == FirstOrder::Jansen1999 {
            values[..d].iter_mut().for_each(|v| *v = 1.0 - *v / 2.0);
        }
        values[d..2 * d].iter_mut().for_each(|v| *v /= 2.0);
        let (single, second) = values.split_at_mut(2 * d);
        for (value, (i, j)) in second.iter_mut().zip(pairs(d)) {
            *value -= single[i] + single[j];
        }
        Some(Estimates { mean, variance, values })
    }

    fn resample(&self, resampling: Resampling) -> Result<Vec<Vec<f64>>, SensitivityError> {
        let draws = resampling.draws();
        let n = self.base_points;
        let mut results = Vec::with_capacity(resampling.resamples);
        let mut counts = vec![0u32; BLOCK * n];
        for start in (0..resampling.resamples).step_by(BLOCK) {
            let block = BLOCK.min(resampling.resamples - start);
            for (k, counts) in counts.chunks_exact_mut(n).take(block).enumerate() {
                multiplicities(&draws, (start + k) as u64, counts);
            }
            let mut sums = vec![vec![0.0; self.width]; block];
            for (place, row) in self.rows.chunks_exact(self.width).enumerate() {
                for (k, sums) in sums.iter_mut().enumerate() {
                    let count = counts[k * n + place];
                    if count > 0 {
                        add(sums, row, f64::from(count));
                    }
                }
            }
            results.extend(sums.iter().filter_map(|sums| self.estimates(sums)).map(|e| e.values));
        }
        let constant = resampling.resamples - results.len();
        if constant * 100 > resampling.resamples {
            return Err(SensitivityError::VariesTooRarely { constant, resamples: resampling.resamples });
        }
        Ok(results)
    }
}

fn add(sums: &mut [f64], row: &[f64], weight: f64) {
    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
}
