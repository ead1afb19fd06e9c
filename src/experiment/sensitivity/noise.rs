//! The model's own luck, told apart from the parameters by replications.
//!
//! With the mean over r replications at every point, part of what varies between points is left-over luck. It is found
//! by the analysis of variance (H. Scheffé, The Analysis of Variance, 1959, chapters 7 and 8) and lowers every Sobol'
//! index of the means, because it is in the variance they are shares of. What is assumed depends on how luck was drawn:
//!
//! - [`Luck::Independent`]: every run has its own. One-way random effects: output = mean + point + luck. The luck at one
//!   point says nothing about that at another; its variance may differ between points, the mean of it is what counts.
//! - [`Luck::Common`]: replication k has the same luck at every point (common random numbers). Two-way: output = mean +
//!   point + replication + rest. The shift all points share is no part of the variance between points; only the rest
//!   (how luck and parameters work together) is. The means are then an exact function of the parameters, one of many
//!   that other luck would have given, and the rest is distributed over indices in an unknown way: its share is given,
//!   a correction is not.
//!
//! Must not know what the outputs are, nor how they were drawn.

use super::resample::{Resampling, multiplicities, percentile};
use super::{Index, SensitivityError};

/// The fewest points.
const POINTS_MIN: usize = 10;

/// How luck is shared between points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// Every run has its own.
    Independent,
    /// Replication k has the same luck at every point.
    Common,
}

impl Luck {
    /// As typed.
    pub const fn name(self) -> &'static str {
        match self {
            Luck::Independent => "independent",
            Luck::Common => "common",
        }
    }
}

/// The variance of an output, told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separation {
    /// What was assumed about luck.
    pub luck: Luck,
    /// Replications per point.
    pub replications: usize,
    /// Variance between points that is due to the parameters; estimated as a difference, so it can be negative.
    pub parameters: f64,
    /// Variance of a single run that is due to luck (with common luck: that is left when the shared shift is gone).
    pub single_run: f64,
    /// With common luck the variance of the shift that all points share; otherwise zero.
    pub shared: f64,
    /// The share of luck in the variance of the points' means: what attenuates indices. Between 0 and 1 if the
    /// parameters matter at all; about 1 if they do not. Interval: 95 % percentile over resampled points.
    pub noise_share: Index,
}

/// Tells luck from parameters, from the outputs of every replication at every point. The points should be independent
/// draws of the parameters: of a Saltelli design take the rows of A and B
/// ([`plain_rows`](crate::experiment::sampling::saltelli::plain_rows)).
pub fn separate(
    values: &[Vec<f64>],
    luck: Luck,
    resampling: Resampling,
) -> Result<Separation, SensitivityError> {
    let n = values.len();
    if n < POINTS_MIN {
        return Err(SensitivityError::TooFew { what: "points", found: n, least: POINTS_MIN });
    }
    let r = values[0].len();
    if r < 2 {
        return Err(SensitivityError::TooFew { what: "replications per point", found: r, least: 2 });
    }
    if let Some(place) = values.iter().position(|v| v.len() != r) {
        return Err(SensitivityError::Uneven { point: place + 1, found: values[place].len(), first: r });
    }
    resampling.check()?;
    super::check_outputs(&values.concat())?;
    let table = Table::new(values);
    let whole = table.components(&vec![1; n], luck);
    let Some(share) = whole.share(r) else {
        // All points have the same mean: what varies is luck, and it cancelled exactly.
        return Err(SensitivityError::NothingVaries { outputs: n, value: table.means[0] + table.centre });
    };
    let draws = resampling.draws();
    let mut counts = vec![0; n];
    let mut shares: Vec<f64> = (0..resampling.resamples)
        .filter_map(|resample| {
            multiplicities(&draws, resample as u64, &mut counts);
            table.components(&counts, luck).share(r)
        })
        .collect();
    let constant = resampling.resamples - shares.len();
    if constant * 100 > resampling.resamples {
        return Err(SensitivityError::VariesTooRarely { constant, resamples: resampling.resamples });
    }
    Ok(Separation {
        luck,
        replications: r,
        parameters: whole.between - whole.luck / r as f64,
        single_run: whole.luck,
        shared: whole.shared,
        noise_share: percentile(share, &mut shares),
    })
}

impl Separation {
    /// A first- or second-order index of the noise-free mean, from that of the means over replications: S / (1 − share).
    /// None with common luck, or if luck may be all there is.
    ///
    /// The interval takes the outer ends of both intervals, so it covers more than 95 %.
    pub fn first_order(&self, index: Index) -> Option<Index> {
        self.corrected(index, |s, share| s / (1.0 - share))
    }

    /// A total index of the noise-free mean, from that of the means over replications: (ST − share) / (1 − share),
    /// because independent luck is in every total index in full. None and interval as in
    /// [`Separation::first_order`].
    pub fn total(&self, index: Index) -> Option<Index> {
        self.corrected(index, |s, share| (s - share) / (1.0 - share))
    }

    fn corrected(&self, index: Index, f: impl Fn(f64, f64) -> f64) -> Option<Index> {
        let share = self.noise_share;
        if self.luck == Luck::Common || share.high >= 1.0 {
            return None;
        }
        let ends = [share.low, share.high].map(|s| s.max(0.0));
        let end = |at: f64, pick: fn(f64, f64) -> f64| pick(f(at, ends[0]), f(at, ends[1]));
        Some(Index {
            value: f(index.value, share.value),
            low: end(index.low, f64::min),
            high: end(index.high, f64::max),
        })
    }
}

/// What Morris's mu* is on average for a parameter without influence, when every point's output carries independent
/// normal luck of this variance (of the mean over replications, if it is one) and steps have this size.
///
/// An elementary effect is then normal with variance 2·variance/step², and its mean size √(2/π) standard deviations.
pub fn mu_star(variance: f64, step: f64) -> f64 {
    libm::sqrt(2.0 * variance) / step * libm::sqrt(std::f64::consts::FRAC_2_PI)
}

/// The outputs around their centre, and what of them resampling points needs again and again.
struct Table {
    centre: f64,
    values: Vec<Vec<f64>>,
    means: Vec<f64>,
}

struct Components {
    /// Variance between the points' means.
    between: f64,
    /// Variance of luck in a single run, as far as it differs between points.
    luck: f64,
    /// Variance of the shift that all points share.
    shared: f64,
}

impl Components {
    /// The share of luck in the variance of the points' means; none without variance.
    fn share(&self, replications: usize) -> Option<f64> {
        (self.between > 0.0).then(|| self.luck / replications as f64 / self.between)
    }
}

impl Table {
    fn new(values: &[Vec<f64>]) -> Table {
        let r = values[0].len() as f64;
        let centre = values.iter().flatten().sum::<f64>() / (values.len() as f64 * r);
        let values: Vec<Vec<f64>> = values.iter().map(|v| v.iter().map(|y| y - centre).collect()).collect();
        let means = values.iter().map(|v| v.iter().sum::<f64>() / r).collect();
        Table { centre, values, means }
    }

    /// Mean squares between points and of the rest, each point counted so many times.
    fn components(&self, counts: &[u32], luck: Luck) -> Components {
        let (n, r) = (self.values.len() as f64, self.values[0].len());
        let weighted = || self.values.iter().zip(&self.means).zip(counts).filter(|(_, count)| **count > 0);
        let mean = weighted().map(|((_, m), count)| f64::from(*count) * m).sum::<f64>() / n;
        let between =
            weighted().map(|((_, m), count)| f64::from(*count) * (m - mean) * (m - mean)).sum::<f64>()
                / (n - 1.0);
        let mut shifts = vec![0.0; r];
        if luck == Luck::Common {
            for ((values, _), count) in weighted() {
                shifts.iter_mut().zip(values).for_each(|(s, y)| *s += f64::from(*count) * (y - mean) / n);
            }
        }
        let rest: f64 = weighted()
            .map(|((values, m), count)| {
                let off = |(y, shift): (&f64, &f64)| (y - m - shift) * (y - m - shift);
                f64::from(*count) * values.iter().zip(&shifts).map(off).sum::<f64>()
            })
            .sum();
        let r = r as f64;
        match luck {
            Luck::Independent => Components { between, luck: rest / (n * (r - 1.0)), shared: 0.0 },
            Luck::Common => {
                let luck = rest / ((n - 1.0) * (r - 1.0));
                let of_shifts = shifts.iter().map(|s| s * s).sum::<f64>() / (r - 1.0);
                Components { between, luck, shared: of_shifts - luck / n }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sobol::{self, FirstOrder};
    use super::super::testfunctions::{ishigami, ishigami_known};
    use super::*;
    use crate::experiment::sampling::saltelli::{Saltelli, plain_rows};
    use crate::sim::rng::{Draws, Purpose, normal_quantile, unit};

    const FEW: Resampling = Resampling { resamples: 200, seed: 1 };

    fn normal(seed: u64, a: usize, b: usize) -> f64 {
        normal_quantile(unit(Draws::new(seed, 1).words(Purpose::Fate, a as u64, b as u64)[0]))
    }

    /// Points of variance 4, luck of variance 9 that also varies between points, and a shared shift of variance 25.
    fn sample(points: usize, replications: usize, common: bool, seed: u64) -> Vec<Vec<f64>> {
        (0..points)
            .map(|p| {
                let luck = libm::sqrt(if p % 2 == 0 { 15.0 } else { 3.0 });
                let own = 2.0 * normal(seed, p, 1_000_000);
                let shift = |k| if common { 5.0 * normal(seed, 1_000_000, k) } else { 0.0 };
                (0..replications).map(|k| 100.0 + own + shift(k) + luck * normal(seed, p, k)).collect()
            })
            .collect()
    }

    #[test]
    fn a_table_small_enough_for_paper() {
        // Ten points in two groups: means 0 and 2, each with values one below and one above.
        let values: Vec<Vec<f64>> =
            (0..10).map(|p| if p < 5 { vec![-1.0, 1.0] } else { vec![1.0, 3.0] }).collect();
        let got = separate(&values, Luck::Independent, FEW).unwrap();
        // Between: ten deviations of 1, over nine. Within: two deviations of 1 per point, over one.
        assert!((got.single_run - 2.0).abs() < 1e-12);
        assert!((got.parameters - (10.0 / 9.0 - 1.0)).abs() < 1e-12);
        assert!((got.noise_share.value - 0.9).abs() < 1e-12);
        // As common luck, all of it is the shared shift.
        let got = separate(&values, Luck::Common, FEW).unwrap();
        assert!(got.single_run.abs() < 1e-12 && got.noise_share.value.abs() < 1e-12);
        assert!((got.shared - 2.0).abs() < 1e-12 && (got.parameters - 10.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn components_are_recovered_under_either_kind_of_luck() {
        for (common, luck) in [(false, Luck::Independent), (true, Luck::Common)] {
            let got = separate(&sample(4_000, 6, common, 3), luck, FEW).unwrap();
            assert!((got.single_run - 9.0).abs() < 0.5, "{got:?}");
            assert!((got.parameters - 4.0).abs() < 0.5, "{got:?}");
            let share = 1.5 / 5.5;
            assert!((got.noise_share.value - share).abs() < 0.02, "{got:?}");
            assert!(got.noise_share.low < share && share < got.noise_share.high);
        }
    }

    #[test]
    fn the_interval_covers_the_share_as_often_as_it_says() {
        for (common, luck) in [(false, Luck::Independent), (true, Luck::Common)] {
            let hits = (0..300)
                .filter(|seed| {
                    let values = sample(200, 4, common, *seed);
                    let resampling = Resampling { resamples: 100, seed: *seed };
                    let share = separate(&values, luck, resampling).unwrap().noise_share;
                    share.low <= 2.25 / 6.25 && 2.25 / 6.25 <= share.high
                })
                .count();
            assert!((273..=296).contains(&hits), "{luck:?}: {hits} of 300");
        }
    }

    #[test]
    fn corrected_indices_are_those_without_luck() {
        // Ishigami with luck of three times its own variance in a single run, four replications per point.
        let known = ishigami_known();
        let (d, n, r) = (3, 8_192, 4);
        let design = Saltelli::new(d, false, 1).unwrap();
        let points = design.points(n).unwrap();
        let scale = libm::sqrt(3.0 * known.variance);
        let values: Vec<Vec<f64>> = points
            .iter()
            .enumerate()
            .map(|(p, u)| (0..r).map(|k| ishigami(u) + scale * normal(9, p, k)).collect())
            .collect();
        let means: Vec<f64> = values.iter().map(|v| v.iter().sum::<f64>() / r as f64).collect();
        let got = sobol::analyse(&means, d, false, FirstOrder::default(), FEW).unwrap();
        let plain: Vec<Vec<f64>> = plain_rows(d, false, n).map(|row| values[row].clone()).collect();
        let noise = separate(&plain, Luck::Independent, FEW).unwrap();
        assert!((noise.noise_share.value - 3.0 / 7.0).abs() < 0.02, "{noise:?}");
        for i in 0..d {
            assert!((got.first[i].value - known.first[i] * 4.0 / 7.0).abs() < 0.03, "attenuated");
            let first = noise.first_order(got.first[i]).unwrap();
            let total = noise.total(got.total[i]).unwrap();
            for (got, want) in [(first, known.first[i]), (total, known.total[i])] {
                assert!((got.value - want).abs() < 0.05, "{got:?}, not {want}");
                assert!(got.low < want && want < got.high);
            }
        }
        // A parameter that does nothing has all of luck in its total index, and nothing once that is taken off.
        let nothing = Index { value: 3.0 / 7.0, low: 0.41, high: 0.45 };
        assert!(!nothing.indistinguishable_from_zero());
        assert!(noise.total(nothing).unwrap().indistinguishable_from_zero());
    }

    #[test]
    fn no_correction_where_none_is_known() {
        let index = Index { value: 0.3, low: 0.2, high: 0.4 };
        let common = separate(&sample(100, 4, true, 1), Luck::Common, FEW).unwrap();
        assert_eq!((common.first_order(index), common.total(index)), (None, None));
        // Nothing but luck: the share's interval reaches one.
        let luck: Vec<Vec<f64>> = (0..100).map(|p| (0..4).map(|k| normal(2, p, k)).collect()).collect();
        let all = separate(&luck, Luck::Independent, FEW).unwrap();
        assert!(all.noise_share.high >= 1.0 && all.first_order(index).is_none());
    }

    #[test]
    fn mu_star_of_mere_luck_is_the_mean_size_of_a_normal_difference() {
        let (n, step) = (20_000, 2.0 / 3.0);
        let mean = (0..n).map(|i| libm::fabs(normal(4, i, 0) - normal(4, i, 1)) * 3.0 / step).sum::<f64>()
            / n as f64;
        assert!((mean / mu_star(9.0, step) - 1.0).abs() < 0.02, "{mean} against {}", mu_star(9.0, step));
    }

    #[test]
    fn tables_that_cannot_be_told_apart_are_refused() {
        let go = |values: &[Vec<f64>]| separate(values, Luck::Independent, FEW).unwrap_err().to_string();
        assert_eq!(go(&vec![vec![1.0, 2.0]; 9]), "9 points are too few: at least 10 are needed");
        assert_eq!(go(&vec![vec![1.0]; 20]), "1 replications per point are too few: at least 2 are needed");
        assert!(go(&vec![vec![1.0, 1.0]; 20]).starts_with("nothing varies"));
        assert!(go(&vec![vec![1.0, 2.0]; 20]).starts_with("nothing varies"));
        let mut uneven = vec![vec![1.0, 2.0]; 20];
        uneven[3].push(4.0);
        assert_eq!(go(&uneven), "point 4 has 3 replications, the first has 2: all points take as many");
    }
}
