//! Samples cut by the value of one parameter, for the methods that compare what the output does inside a slice with
//! what it does overall, and the dummy parameter such a comparison is measured against.
//!
//! Must not know which distance is taken.

use super::{Index, SensitivityError, check_outputs};
use crate::experiment::sampling::Points;
use crate::experiment::stats;

/// The slice of every point, by one parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slices {
    /// The slice of each point.
    pub of: Vec<usize>,
    /// How many points each slice has; none is empty.
    pub sizes: Vec<usize>,
}

/// At most `slices` slices of equal count by ascending `x`. Points of equal `x` are never parted, so a parameter of few
/// levels has fewer slices.
pub(super) fn by_value(x: &[f64], slices: usize) -> Slices {
    let n = x.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
    let mut of = vec![0; n];
    let mut sizes: Vec<usize> = Vec::new();
    let (mut current, mut wanted_before) = (None, usize::MAX);
    for (rank, point) in order.iter().enumerate() {
        let tied = rank > 0 && x[*point] == x[order[rank - 1]];
        let wanted = if tied { wanted_before } else { ((rank + 1) * slices - 1) / n };
        if current != Some(wanted) {
            sizes.push(0);
            current = Some(wanted);
        }
        wanted_before = wanted;
        of[*point] = sizes.len() - 1;
        sizes[of[*point]] += 1;
    }
    Slices { of, sizes }
}

/// A measure of dependence that is above zero even for a parameter without influence, beside what it is for a dummy:
/// the same outputs under shuffled slices of the same sizes.
///
/// The dummy after F. Khorashadi Zadeh et al., "Comparison of variance-based and moment-independent global sensitivity
/// analysis approaches by application to the SWAT model", Environ. Model. Softw. 91 (2017) 210-222.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgainstDummy {
    /// The estimate reported, with its interval. That the interval is above zero says nothing here.
    pub index: Index,
    /// The statistic as computed from the sample: what is compared with the dummy's.
    pub statistic: f64,
    /// The mean of the statistic over dummies: how far above zero no influence looks.
    pub dummy_mean: f64,
    /// What 95 % of the dummies stay at or below.
    pub dummy_95: f64,
}

impl AgainstDummy {
    /// Whether the statistic is one that 95 % of the dummies stay below too: a permutation test at 5 % per parameter.
    /// Of twenty parameters without influence about one passes it.
    pub fn indistinguishable_from_zero(&self) -> bool {
        self.statistic.is_nan() || self.statistic <= self.dummy_95
    }
}

/// The mean and the 95 % point of the dummies' statistics.
pub(super) fn dummy(mut statistics: Vec<f64>) -> (f64, f64) {
    statistics.sort_by(f64::total_cmp);
    let mean = statistics.iter().sum::<f64>() / statistics.len() as f64;
    (mean, stats::quantile_sorted(&statistics, 0.95).unwrap_or(f64::NAN))
}

/// Refuses what no method on a given sample can use.
pub(super) fn check(points: &Points, outputs: &[f64], least: usize) -> Result<(), SensitivityError> {
    if points.rows() != outputs.len() {
        return Err(SensitivityError::Unpaired { points: points.rows(), outputs: outputs.len() });
    }
    if outputs.len() < least {
        return Err(SensitivityError::TooFew { what: "points", found: outputs.len(), least });
    }
    check_points(points)?;
    check_outputs(outputs)
}

/// Refuses coordinates that are no numbers.
pub(super) fn check_points(points: &Points) -> Result<(), SensitivityError> {
    for (row, point) in points.iter().enumerate() {
        if let Some(column) = point.iter().position(|x| !x.is_finite()) {
            let value = point[column];
            return Err(SensitivityError::PointNotFinite { point: row + 1, parameter: column + 1, value });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_even_and_ties_stay_together() {
        let x: Vec<f64> = (0..10).rev().map(f64::from).collect();
        let slices = by_value(&x, 3);
        assert_eq!(slices.sizes, [3, 3, 4]);
        assert_eq!(slices.of, [2, 2, 2, 2, 1, 1, 1, 0, 0, 0]);
        let levels = by_value(&[1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0], 5);
        assert_eq!(levels, Slices { of: vec![1, 0, 1, 0, 1, 1, 0, 1], sizes: vec![3, 5] });
        assert_eq!(by_value(&[2.0; 6], 3).sizes, [6]);
    }

    #[test]
    fn bad_samples_are_refused() {
        let points = Points::new(1, vec![0.1, f64::NAN, 0.3]).unwrap();
        assert_eq!(
            check(&points, &[1.0, 2.0, 3.0], 3).unwrap_err().to_string(),
            "parameter 1 of point 2 is NaN: all coordinates must be finite"
        );
        assert_eq!(
            check(&points, &[1.0, 2.0], 2).unwrap_err().to_string(),
            "2 outputs for 3 points: every point has one output"
        );
        assert_eq!(
            check(&points, &[1.0, 2.0, 3.0], 50).unwrap_err().to_string(),
            "3 points are too few: at least 50 are needed"
        );
    }
}
