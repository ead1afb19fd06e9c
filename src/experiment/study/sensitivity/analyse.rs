//! From the values of a design to indices in one shape, whatever the method: estimate, interval, what luck or a dummy
//! would give, and whether the index can be told from none.
//!
//! Must not know names of parameters or measures.

use super::{Design, Method, SLICES};
use crate::experiment::sampling::saltelli::plain_rows;
use crate::experiment::sensitivity::morris::Effects;
use crate::experiment::sensitivity::noise::{Luck, Separation, separate};
use crate::experiment::sensitivity::resample::Resampling;
use crate::experiment::sensitivity::sobol::{self, FirstOrder};
use crate::experiment::sensitivity::{AgainstDummy, Index, SensitivityError, delta, pawn};
use crate::experiment::study::evaluate::Values;

/// Which index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Morris: mean size of the elementary effects.
    MuStar,
    /// Morris: their mean, with its sign.
    Mu,
    /// Morris: their standard deviation.
    Sigma,
    /// Sobol': share of the variance, with all interactions.
    Total,
    /// Sobol': share of the variance, alone.
    First,
    /// Sobol': share of a pair beyond its members.
    Second,
    /// PAWN: median distance over slices.
    PawnMedian,
    /// PAWN: mean distance.
    PawnMean,
    /// PAWN: largest distance.
    PawnMaximum,
    /// Borgonovo's delta.
    Delta,
}

impl Kind {
    /// As in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::MuStar => "mu_star",
            Kind::Mu => "mu",
            Kind::Sigma => "sigma",
            Kind::Total => "total",
            Kind::First => "first",
            Kind::Second => "second",
            Kind::PawnMedian => "pawn_median",
            Kind::PawnMean => "pawn_mean",
            Kind::PawnMaximum => "pawn_maximum",
            Kind::Delta => "delta",
        }
    }
}

/// One index of one parameter, or of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which index.
    pub kind: Kind,
    /// The place of the parameter.
    pub parameter: usize,
    /// The other one of a pair.
    pub with: Option<usize>,
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval; none where there is no method for one.
    pub interval: Option<(f64, f64)>,
    /// What luck alone (mu*), or 95 % of dummy parameters (PAWN, delta), would come to; none where unknown.
    pub noise: Option<f64>,
    /// Whether it cannot be told from zero; none where that cannot be judged.
    pub indistinguishable: Option<bool>,
    /// The index of the noise-free output, where it can be had.
    pub corrected: Option<Index>,
}

impl Row {
    /// What to show and rank by: the index without luck where it is known.
    pub fn shown(&self) -> (f64, Option<(f64, f64)>) {
        self.corrected.map_or((self.value, self.interval), |c| (c.value, Some((c.low, c.high))))
    }
}

/// All indices of one output.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The mean of the output over all points.
    pub mean: f64,
    /// Its smallest mean over the replications of a point.
    pub low: f64,
    /// Its largest.
    pub high: f64,
    /// Every index, parameter by parameter.
    pub rows: Vec<Row>,
    /// How much of what varies between points is luck; none for Morris, which has it parameter by parameter, and where
    /// it cannot be told.
    pub luck: Option<Separation>,
    /// What to say beside the result: clauses, without a full stop.
    pub cautions: Vec<String>,
    main: Kind,
}

impl Found {
    /// The main index of every parameter, the largest first; those that cannot be told from none come last. Those that
    /// cannot be judged stand among the rest.
    pub fn ranking(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|r| r.kind == self.main).collect();
        let none = |r: &Row| r.indistinguishable == Some(true);
        let size = |r: &Row| r.shown().0;
        rows.sort_by(|a, b| none(a).cmp(&none(b)).then(size(b).total_cmp(&size(a))));
        rows
    }

    /// One index of one parameter.
    pub fn of(&self, parameter: usize, kind: Kind) -> Option<&Row> {
        self.rows.iter().find(|r| r.parameter == parameter && r.kind == kind)
    }

    /// All pairs, those that can be told from none first, the largest of them on top.
    pub fn pairs(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|r| r.kind == Kind::Second).collect();
        let none = |r: &Row| r.indistinguishable != Some(false);
        rows.sort_by(|a, b| none(a).cmp(&none(b)).then(b.shown().0.total_cmp(&a.shown().0)));
        rows
    }
}

/// The values of one measure by point and replication, from those of all measures run by run; or how many runs have
/// none: an index over the rest would speak of other parameters' ranges.
pub fn complete(runs: &Values, measure: usize, replications: u64) -> Result<Vec<Vec<f64>>, usize> {
    let missing = runs.iter().filter(|v| v[measure].is_none()).count();
    if missing > 0 {
        return Err(missing);
    }
    let all: Vec<f64> = runs.iter().filter_map(|v| v[measure]).collect();
    Ok(all.chunks(replications.max(1) as usize).map(<[f64]>::to_vec).collect())
}

/// The indices of one output from its values, point by point and replication by replication.
pub fn analyse(
    design: &Design,
    values: &[Vec<f64>],
    resampling: Resampling,
) -> Result<Found, SensitivityError> {
    let means: Vec<f64> = values.iter().map(|v| v.iter().sum::<f64>() / v.len() as f64).collect();
    let mut cautions = Vec::new();
    let separated = |values: &[Vec<f64>], cautions: &mut Vec<String>| {
        if design.replications < 2 {
            return None;
        }
        separate(values, design.luck, resampling)
            .map_err(|no| cautions.push(format!("luck could not be told from the parameters: {no}")))
            .ok()
    };
    let mut luck = None;
    let rows = match design.method {
        Method::Morris { .. } => {
            let trajectories = design.trajectories.as_ref().expect("a design of Morris has trajectories");
            let effects = trajectories.analyse(&means)?;
            let noise = if design.replications < 2 { None } else { Some(trajectories.luck(values)?) };
            let noise_of = |p: usize| noise.as_ref().map(|n| n[p]);
            effects.iter().enumerate().flat_map(|(p, e)| of_effects(p, e, noise_of(p))).collect()
        }
        Method::Sobol { base_points, second_order } => {
            let d = design.points.columns();
            let found = sobol::analyse(&means, d, second_order, FirstOrder::default(), resampling)?;
            cautions.extend(found.cautions.iter().map(ToString::to_string));
            let plain: Vec<Vec<f64>> =
                plain_rows(d, second_order, base_points).map(|row| values[row].clone()).collect();
            luck = separated(&plain, &mut cautions);
            of_sobol(&found, design.luck, luck.as_ref())
        }
        Method::Pawn { .. } => {
            luck = separated(values, &mut cautions);
            let found = pawn::analyse(&design.points, &means, SLICES, resampling)?;
            let rows = |(p, x): (usize, &pawn::Pawn)| {
                [(Kind::PawnMedian, x.median), (Kind::PawnMean, x.mean), (Kind::PawnMaximum, x.maximum)]
                    .map(|(kind, x)| of_dummy(kind, p, x))
            };
            found.iter().enumerate().flat_map(rows).collect()
        }
        Method::Delta { .. } => {
            luck = separated(values, &mut cautions);
            let found = delta::analyse(&design.points, &means, resampling)?;
            found.iter().enumerate().map(|(p, x)| of_dummy(Kind::Delta, p, *x)).collect()
        }
    };
    Ok(Found {
        mean: means.iter().sum::<f64>() / means.len() as f64,
        low: means.iter().copied().fold(f64::INFINITY, f64::min),
        high: means.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        rows,
        luck,
        cautions,
        main: design.method.main(),
    })
}

fn plain(kind: Kind, parameter: usize, index: Index) -> Row {
    Row {
        kind,
        parameter,
        with: None,
        value: index.value,
        interval: index.low.is_finite().then_some((index.low, index.high)),
        noise: None,
        indistinguishable: Some(index.indistinguishable_from_zero()),
        corrected: None,
    }
}

/// A parameter has an influence if its mean effect has a sign, or if its effects are larger than luck makes them. What
/// luck makes of them is unknown with a single replication; then only no effect at all is none for certain.
fn of_effects(p: usize, e: &Effects, noise: Option<f64>) -> [Row; 3] {
    let signless = e.mu.low <= 0.0 && e.mu.high >= 0.0;
    let indistinguishable = match noise {
        _ if !signless => Some(false),
        Some(floor) => Some(e.mu_star.low <= floor),
        None => (e.mu_star.value == 0.0).then_some(true),
    };
    let mu_star = Row { noise, indistinguishable, ..plain(Kind::MuStar, p, e.mu_star) };
    let mu = Row { indistinguishable: Some(signless), ..plain(Kind::Mu, p, e.mu) };
    let sigma = Index { value: e.sigma, low: f64::NAN, high: f64::NAN };
    [mu_star, mu, Row { indistinguishable: None, ..plain(Kind::Sigma, p, sigma) }]
}

fn of_dummy(kind: Kind, p: usize, x: AgainstDummy) -> Row {
    let indistinguishable = Some(x.indistinguishable_from_zero());
    Row { noise: Some(x.dummy_95), indistinguishable, ..plain(kind, p, x.index) }
}

fn of_sobol(found: &sobol::SobolIndices, luck: Luck, separation: Option<&Separation>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (p, (total, first)) in found.total.iter().zip(&found.first).enumerate() {
        let corrected = separation.and_then(|s| s.total(*total));
        let indistinguishable = match (luck, separation) {
            // An exact function of the parameters: no luck is in the total index of one without influence.
            (Luck::Common, _) => Some(total.indistinguishable_from_zero()),
            // All of luck is in every total index.
            (Luck::Independent, None) => None,
            (Luck::Independent, Some(s)) => {
                Some(corrected.map_or(total.low <= s.noise_share.high, |c| c.indistinguishable_from_zero()))
            }
        };
        let noise = separation.filter(|s| s.luck == Luck::Independent).map(|s| s.noise_share.value);
        rows.push(Row { corrected, indistinguishable, noise, ..plain(Kind::Total, p, *total) });
        let corrected = separation.and_then(|s| s.first_order(*first));
        rows.push(Row { corrected, ..plain(Kind::First, p, *first) });
    }
    for pair in &found.second {
        let corrected = separation.and_then(|s| s.first_order(pair.index));
        rows.push(Row { corrected, with: Some(pair.pair.1), ..plain(Kind::Second, pair.pair.0, pair.index) });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rng::{Draws, Purpose, normal_quantile, unit};

    const FEW: Resampling = Resampling { resamples: 100, seed: 1 };

    /// Decided by 0, less by 1, not at all by 2, with luck of its own in every replication.
    fn values(design: &Design, noise: f64) -> Vec<Vec<f64>> {
        let one = |point: usize| -> Vec<f64> {
            let u = design.points().row(point);
            let of = |r: u64| {
                let words = Draws::new(5, r).words(Purpose::Fate, 1, 1);
                8.0 * u[0] + 3.0 * u[1] * u[1] + noise * normal_quantile(unit(words[0]))
            };
            design.replications(point).map(of).collect()
        };
        (0..design.points().rows()).map(one).collect()
    }

    #[test]
    fn every_method_finds_what_decides_and_what_does_nothing() {
        for method in [
            Method::Morris { trajectories: 20 },
            Method::Sobol { base_points: 256, second_order: true },
            Method::Pawn { points: 400 },
            Method::Delta { points: 400 },
        ] {
            for luck in [Luck::Common, Luck::Independent] {
                let design = Design::new(method, 3, luck, 4, 3).unwrap();
                let found = analyse(&design, &values(&design, 1.0), FEW).unwrap();
                let ranking: Vec<usize> = found.ranking().iter().map(|r| r.parameter).collect();
                assert_eq!(ranking[0], 0, "{method:?} {luck:?}: {:?}", found.ranking());
                let verdicts: Vec<Option<bool>> =
                    (0..3).map(|p| found.of(p, method.main()).unwrap().indistinguishable).collect();
                assert_eq!(verdicts[0], Some(false), "{method:?} {luck:?}");
                assert_eq!(verdicts[2], Some(true), "{method:?} {luck:?}: {:?}", found.ranking());
                assert!(found.low < found.mean && found.mean < found.high);
            }
        }
    }

    #[test]
    fn common_luck_leaves_no_trace_in_differences() {
        let design = Design::new(Method::Morris { trajectories: 10 }, 3, Luck::Common, 2, 3).unwrap();
        let found = analyse(&design, &values(&design, 5.0), FEW).unwrap();
        let nothing = found.of(2, Kind::MuStar).unwrap();
        assert!(nothing.value.abs() < 1e-9 && nothing.noise.unwrap() < 1e-9, "{nothing:?}");
        assert!((found.of(0, Kind::MuStar).unwrap().value - 8.0).abs() < 1e-9);
    }

    #[test]
    fn with_one_replication_the_size_of_effects_says_nothing_about_luck() {
        let morris = Method::Morris { trajectories: 10 };
        let design = Design::new(morris, 3, Luck::Independent, 1, 3).unwrap();
        let found = analyse(&design, &values(&design, 3.0), FEW).unwrap();
        let verdict = |found: &Found, p| found.of(p, Kind::MuStar).unwrap().indistinguishable;
        assert_eq!(verdict(&found, 0), Some(false), "its effects have a sign");
        let nothing = found.of(2, Kind::MuStar).unwrap();
        assert!(nothing.interval.unwrap().0 > 0.0, "luck alone keeps it from zero: {nothing:?}");
        assert_eq!(nothing.indistinguishable, None);
        // Common luck cancels in differences, so what does nothing does exactly nothing.
        let design = Design::new(morris, 3, Luck::Common, 1, 3).unwrap();
        let found = analyse(&design, &vec_of_sums(&design), FEW).unwrap();
        assert_eq!((verdict(&found, 0), verdict(&found, 2)), (Some(false), Some(true)));
    }

    /// Eighths of the first parameter and nothing else, which a difference cancels exactly.
    fn vec_of_sums(design: &Design) -> Vec<Vec<f64>> {
        (0..design.points().rows()).map(|p| vec![libm::floor(8.0 * design.points().row(p)[0])]).collect()
    }

    #[test]
    fn totals_with_luck_in_them_are_judged_without_it() {
        let sobol = Method::Sobol { base_points: 256, second_order: false };
        let design = Design::new(sobol, 3, Luck::Independent, 2, 3).unwrap();
        let found = analyse(&design, &values(&design, 3.0), FEW).unwrap();
        let total = found.of(2, Kind::Total).unwrap();
        assert!(total.interval.unwrap().0 > 0.0, "luck alone keeps it from zero: {total:?}");
        assert_eq!(total.indistinguishable, Some(true));
        assert!(total.corrected.unwrap().value.abs() < 0.2 && total.noise.unwrap() > 0.2);
        // With a single replication nothing is known of luck.
        let design = Design::new(sobol, 3, Luck::Independent, 1, 3).unwrap();
        let found = analyse(&design, &values(&design, 3.0), FEW).unwrap();
        assert_eq!((found.luck, found.of(2, Kind::Total).unwrap().indistinguishable), (None, None));
    }

    #[test]
    fn runs_without_a_value_are_counted() {
        let runs = vec![vec![Some(1.0), None], vec![Some(2.0), Some(3.0)]];
        assert_eq!(complete(&runs, 0, 2), Ok(vec![vec![1.0, 2.0]]));
        assert_eq!(complete(&runs, 1, 2), Err(1));
    }
}
