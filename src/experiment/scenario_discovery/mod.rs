//! Scenario discovery: the box of parameter ranges in which the outcome of interest is found, by peeling (PRIM).
//!
//! J. H. Friedman and N. I. Fisher, "Bump hunting in high-dimensional data", Stat. Comput. 9 (1999) 123-143: peel off, of
//! all faces of the box, the thin slice whose loss helps most, again and again, then paste back what was peeled too
//! far. As a way to state failing regions, with coverage, density and quasi-p-values: B. P. Bryant and R. J. Lempert,
//! "Thinking inside the box: a participatory, computer-assisted approach to scenario discovery", Technol. Forecast. Soc.
//! Change 77 (2010) 34-49. The slice that helps most is the one that raises density most per point removed, so that
//! parameters of few levels, whose slices are thick, are not favoured (J. H. Kwakkel and M. Jaxa-Rozen, Environ. Model.
//! Softw. 79 (2016) 311-321).
//!
//! Which box of the peeling trajectory is reported is our rule, not a published one: among those within
//! [`SLACK`] of the best harmonic mean of coverage and density the one that restricts fewest parameters; restrictions
//! with a quasi-p-value above 0.05 are dropped, the least certain first; then it is pasted while that adds cases of
//! interest without lowering density. Density and coverage are of the sample the box was found in, hence flattering:
//! score a box on a fresh sample with [`Region::score`], and see [`by_chance`]. Must not know the parameters' names.

mod peel;

use self::peel::Sample;
use crate::experiment::sampling::{Points, below};
use crate::experiment::stats::wilson;
use crate::sim::rng::{Draws, Purpose};

/// The fewest cases of interest, and of no interest, in which a region is looked for.
pub const CASES_MIN: usize = 20;

/// How far below the best harmonic mean of coverage and density a simpler box may lie.
pub const SLACK: f64 = 0.02;

/// Restrictions less certain than this are dropped.
pub const QUASI_P_MAX: f64 = 0.05;

/// How to peel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peeling {
    /// The share of the box one slice takes, in (0, 0.5].
    pub alpha: f64,
    /// The share of all points at which peeling ends, in (0, 1).
    pub mass_min: f64,
}

impl Default for Peeling {
    fn default() -> Peeling {
        Peeling { alpha: 0.05, mass_min: 0.02 }
    }
}

/// Why no region is looked for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DiscoveryError {
    /// Points and outcomes of different number.
    #[error("{outcomes} outcomes for {points} points: every point has one outcome")]
    Unpaired {
        /// Points given.
        points: usize,
        /// Outcomes given.
        outcomes: usize,
    },
    /// A coordinate that is no number.
    #[error("parameter {parameter} of point {point} is {value}: all coordinates must be finite")]
    PointNotFinite {
        /// The place of the point, counted from 1.
        point: usize,
        /// The place of the parameter, counted from 1.
        parameter: usize,
        /// What was found.
        value: f64,
    },
    /// Too few cases of interest.
    #[error(
        "{found} of {points} points are cases of interest: a region is only looked for among {CASES_MIN} or more; \
         draw more points or widen what counts"
    )]
    TooFewCases {
        /// Cases of interest.
        found: usize,
        /// Points given.
        points: usize,
    },
    /// Nearly everything is of interest.
    #[error(
        "{found} of {points} points are no cases of interest: with fewer than {CASES_MIN} no region can be told from \
         the rest"
    )]
    TooFewOthers {
        /// Points of no interest.
        found: usize,
        /// Points given.
        points: usize,
    },
    /// A setting outside its range.
    #[error("{what} is {found}: allowed is {allowed}")]
    Setting {
        /// The name of the setting.
        what: &'static str,
        /// What was found.
        found: f64,
        /// What is allowed.
        allowed: &'static str,
    },
}

/// The range a region leaves to one parameter, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restriction {
    /// The parameter, counted from 0.
    pub parameter: usize,
    /// The lower end, if restricted from below: the smallest value among the points kept.
    pub low: Option<f64>,
    /// The upper end, if restricted from above.
    pub high: Option<f64>,
    /// The chance of a density like the region's if this restriction did nothing: the upper tail of a binomial
    /// distribution with the density of the region without it (Bryant and Lempert 2010). "Quasi", because the ends were
    /// chosen on the same points.
    pub quasi_p: f64,
}

/// How well a region fits a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Points inside.
    pub inside: usize,
    /// Cases of interest inside.
    pub cases: usize,
    /// The share of all cases of interest that lie inside.
    pub coverage: f64,
    /// Wilson's 95 % interval for the coverage.
    pub coverage_interval: (f64, f64),
    /// The share of points inside that are cases of interest.
    pub density: f64,
    /// Wilson's 95 % interval for the density.
    pub density_interval: (f64, f64),
    /// The share of all points that lie inside.
    pub mass: f64,
}

/// A box: ranges of some parameters, all others free.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// The restricted parameters in ascending order.
    pub restrictions: Vec<Restriction>,
    /// How it fits the sample it was found in.
    pub score: Score,
}

/// What peeling found.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// Every box on the way, from the whole space to the smallest.
    pub trajectory: Vec<Region>,
    /// The box to report; none if no restriction holds.
    pub chosen: Option<Region>,
}

impl Score {
    /// The harmonic mean of coverage and density.
    pub fn harmonic_mean(&self) -> f64 {
        let sum = self.coverage + self.density;
        if sum > 0.0 { 2.0 * self.coverage * self.density / sum } else { 0.0 }
    }

    fn of(cases: usize, inside: usize, all_cases: usize, points: usize) -> Score {
        Score {
            inside,
            cases,
            coverage: cases as f64 / all_cases as f64,
            coverage_interval: wilson(cases as u64, all_cases as u64),
            density: cases as f64 / inside as f64,
            density_interval: wilson(cases as u64, inside as u64),
            mass: inside as f64 / points as f64,
        }
    }
}

impl Region {
    /// Whether a point lies in the region.
    pub fn contains(&self, point: &[f64]) -> bool {
        self.restrictions.iter().all(|r| holds(r, point))
    }

    /// How the region fits another sample. Shares of nothing are NaN.
    pub fn score(&self, points: &Points, outcomes: &[bool]) -> Result<Score, DiscoveryError> {
        check_pairs(points, outcomes)?;
        let inside: Vec<bool> = points.iter().map(|p| self.contains(p)).collect();
        let cases = inside.iter().zip(outcomes).filter(|(i, o)| **i && **o).count();
        let all_cases = outcomes.iter().filter(|o| **o).count();
        Ok(Score::of(cases, inside.iter().filter(|i| **i).count(), all_cases, points.rows()))
    }
}

/// Looks for the region of the points whose outcome is of interest.
pub fn discover(points: &Points, outcomes: &[bool], peeling: Peeling) -> Result<Discovery, DiscoveryError> {
    check(points, outcomes, peeling)?;
    Ok(Sample::new(points).discover(outcomes, peeling))
}

/// How often outcomes shuffled over the points (so that nothing depends on any parameter) give a box of as high a
/// harmonic mean of coverage and density as the one chosen: the p-value of a permutation test, (1 + times) / (1 +
/// shuffles). One if no box was chosen.
pub fn by_chance(
    points: &Points,
    outcomes: &[bool],
    peeling: Peeling,
    shuffles: usize,
    seed: u64,
) -> Result<f64, DiscoveryError> {
    check(points, outcomes, peeling)?;
    let sample = Sample::new(points);
    let merit = |d: &Discovery| d.chosen.as_ref().map(|r| r.score.harmonic_mean());
    let Some(found) = merit(&sample.discover(outcomes, peeling)) else { return Ok(1.0) };
    let draws = Draws::new(seed, 0);
    let mut as_good = 0;
    for shuffle in 0..shuffles as u64 {
        let mut shuffled = outcomes.to_vec();
        for place in 0..shuffled.len() {
            let word = draws.words(Purpose::Bootstrap, shuffle, place as u64)[0];
            shuffled.swap(place, place + below(word, outcomes.len() - place));
        }
        if merit(&sample.discover(&shuffled, peeling)).is_some_and(|m| m >= found) {
            as_good += 1;
        }
    }
    Ok((1 + as_good) as f64 / (1 + shuffles) as f64)
}

fn check_pairs(points: &Points, outcomes: &[bool]) -> Result<(), DiscoveryError> {
    if points.rows() != outcomes.len() {
        return Err(DiscoveryError::Unpaired { points: points.rows(), outcomes: outcomes.len() });
    }
    Ok(())
}

fn check(points: &Points, outcomes: &[bool], peeling: Peeling) -> Result<(), DiscoveryError> {
    check_pairs(points, outcomes)?;
    for (what, found, ok, allowed) in [
        (
            "the share of one slice",
            peeling.alpha,
            peeling.alpha > 0.0 && peeling.alpha <= 0.5,
            "above 0, at most 0.5",
        ),
        (
            "the smallest mass",
            peeling.mass_min,
            peeling.mass_min > 0.0 && peeling.mass_min < 1.0,
            "between 0 and 1",
        ),
    ] {
        if !ok {
            return Err(DiscoveryError::Setting { what, found, allowed });
        }
    }
    for (row, point) in points.iter().enumerate() {
        if let Some(column) = point.iter().position(|x| !x.is_finite()) {
            let value = point[column];
            return Err(DiscoveryError::PointNotFinite { point: row + 1, parameter: column + 1, value });
        }
    }
    let cases = outcomes.iter().filter(|o| **o).count();
    let others = outcomes.len() - cases;
    if cases < CASES_MIN {
        return Err(DiscoveryError::TooFewCases { found: cases, points: outcomes.len() });
    }
    if others < CASES_MIN {
        return Err(DiscoveryError::TooFewOthers { found: others, points: outcomes.len() });
    }
    Ok(())
}

fn holds(r: &Restriction, point: &[f64]) -> bool {
    r.low.is_none_or(|low| point[r.parameter] >= low) && r.high.is_none_or(|high| point[r.parameter] <= high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sampling::{latin_hypercube, random};

    /// Fails with 95 % inside 2 <= x0 <= 4 (of 0 to 10) and x2 >= 0.7 (of 0 to 1), with 2 % elsewhere; a fifth column
    /// decides by chance.
    fn planted(n: usize, seed: u64) -> (Points, Vec<bool>) {
        let unit = latin_hypercube(n, 5, seed);
        let outcomes = unit
            .iter()
            .map(|u| u[4] < if (0.2..=0.4).contains(&u[0]) && u[2] >= 0.7 { 0.95 } else { 0.02 })
            .collect();
        let values = unit.iter().flat_map(|u| [10.0 * u[0], u[1], u[2], u[3]]).collect();
        (Points::new(4, values).unwrap(), outcomes)
    }

    #[test]
    fn a_planted_box_is_recovered() {
        for seed in [1, 2, 3] {
            let (points, outcomes) = planted(4_000, seed);
            let found = discover(&points, &outcomes, Peeling::default()).unwrap();
            let region = found.chosen.unwrap();
            let parameters: Vec<usize> = region.restrictions.iter().map(|r| r.parameter).collect();
            assert_eq!(parameters, [0, 2], "{region:?}");
            let ends = [region.restrictions[0].low, region.restrictions[0].high, region.restrictions[1].low];
            for (got, (want, tolerance)) in ends.iter().zip([(2.0, 0.15), (4.0, 0.15), (0.7, 0.02)]) {
                assert!((got.unwrap() - want).abs() < tolerance, "{region:?}");
            }
            assert_eq!(region.restrictions[1].high, None);
            assert!(region.restrictions.iter().all(|r| r.quasi_p < 1e-12));
            // Of all failures 0.06 · 0.95 = 0.057 lie in the box and 0.94 · 0.02 = 0.0188 outside: coverage 0.752.
            assert!((region.score.coverage - 0.752).abs() < 0.06, "{:?}", region.score);
            assert!((region.score.density - 0.95).abs() < 0.04, "{:?}", region.score);
            assert!((region.score.mass - 0.06).abs() < 0.01, "{:?}", region.score);
            // It holds on points it was not found in.
            let (fresh, outcomes) = planted(4_000, seed + 100);
            let score = region.score(&fresh, &outcomes).unwrap();
            assert!(
                score.coverage_interval.0 < 0.752 && 0.752 < score.coverage_interval.1 + 0.03,
                "{score:?}"
            );
            assert!(score.density > 0.88 && score.density_interval.1 > score.density, "{score:?}");
        }
    }

    #[test]
    fn the_trajectory_runs_from_everything_to_the_smallest_box() {
        let (points, outcomes) = planted(1_000, 1);
        let peeling = Peeling { alpha: 0.1, mass_min: 0.05 };
        let trajectory = discover(&points, &outcomes, peeling).unwrap().trajectory;
        let cases = outcomes.iter().filter(|o| **o).count();
        let first = trajectory[0].score;
        assert_eq!((first.inside, first.cases, first.coverage, first.mass), (1_000, cases, 1.0, 1.0));
        for pair in trajectory.windows(2) {
            let removed = pair[0].score.inside - pair[1].score.inside;
            assert_eq!(removed, ((0.1 * pair[0].score.inside as f64) as usize).max(1), "a tenth at a time");
        }
        for region in &trajectory {
            let again = region.score(&points, &outcomes).unwrap();
            assert_eq!(again, region.score, "the restrictions say what the counts say");
            assert!(region.score.mass >= 0.05);
        }
    }

    #[test]
    fn quasi_p_values_are_binomial_tails() {
        // 40 points inside, 30 of them cases; without the restriction 80 points, 40 of them cases: the chance of 30 or
        // more of 40 at one half, by scipy.stats.binom.sf(29, 40, 0.5).
        let values: Vec<f64> = (0..80).map(f64::from).collect();
        let outcomes: Vec<bool> = (0..80).map(|i| if i < 40 { i < 10 } else { i < 70 }).collect();
        let points = Points::new(1, values).unwrap();
        let restriction = Restriction { parameter: 0, low: Some(40.0), high: None, quasi_p: f64::NAN };
        let region = Sample::new(&points).region(vec![restriction], &outcomes);
        assert_eq!((region.score.inside, region.score.cases), (40, 30));
        let got = region.restrictions[0].quasi_p;
        assert!((got / BINOMIAL_TAIL - 1.0).abs() < 1e-9, "{got}");
    }

    const BINOMIAL_TAIL: f64 = 0.001_110_716_886_614_682_2;

    #[test]
    fn parameters_of_few_levels_are_cut_between_levels() {
        let unit = random(2_000, 3, 7);
        let values: Vec<f64> = unit.iter().flat_map(|u| [(u[0] * 4.0).floor(), u[1]]).collect();
        let outcomes: Vec<bool> = unit.iter().map(|u| u[0] >= 0.75 && u[1] > 0.5 && u[2] < 0.9).collect();
        let points = Points::new(2, values).unwrap();
        let region = discover(&points, &outcomes, Peeling::default()).unwrap().chosen.unwrap();
        assert_eq!(region.restrictions.len(), 2, "{region:?}");
        assert_eq!((region.restrictions[0].low, region.restrictions[0].high), (Some(3.0), None));
        assert!((region.restrictions[1].low.unwrap() - 0.5).abs() < 0.02);
        assert!(region.contains(&[3.0, 0.9]) && !region.contains(&[2.0, 0.9]));
    }

    #[test]
    fn pasting_gives_back_what_was_peeled_too_far() {
        // A box drawn too small by hand grows to the planted one.
        let values: Vec<f64> = (0..1_000).map(|i| f64::from(i) / 1_000.0).collect();
        let outcomes: Vec<bool> = values.iter().map(|x| (0.3..0.6).contains(x)).collect();
        let points = Points::new(1, values).unwrap();
        let sample = Sample::new(&points);
        let small = Restriction { parameter: 0, low: Some(0.4), high: Some(0.5), quasi_p: f64::NAN };
        let small = sample.region(vec![small], &outcomes);
        let grown = sample.paste(small.clone(), &outcomes, Peeling::default());
        assert_eq!((small.score.density, grown.score.density), (1.0, 1.0));
        assert!(grown.score.coverage > 0.9 && small.score.coverage < 0.4, "{grown:?}");
    }

    #[test]
    fn chance_finds_boxes_too_and_is_told_from_a_cause() {
        let (points, outcomes) = planted(500, 1);
        assert_eq!(by_chance(&points, &outcomes, Peeling::default(), 39, 1).unwrap(), 1.0 / 40.0);
        // Without a cause the p-value is spread evenly: of 40 samples two are expected at or below 0.05.
        let low = (0..40)
            .filter(|seed| {
                let unit = random(200, 4, *seed);
                let outcomes: Vec<bool> = unit.iter().map(|u| u[3] < 0.3).collect();
                let points = Points::new(3, unit.iter().flat_map(|u| u[..3].to_vec()).collect()).unwrap();
                by_chance(&points, &outcomes, Peeling::default(), 19, *seed).unwrap() <= 0.05
            })
            .count();
        assert!(low <= 7, "{low} of 40");
    }

    #[test]
    fn samples_without_enough_cases_are_refused() {
        let points = random(100, 2, 1);
        let go = |outcomes: &[bool]| discover(&points, outcomes, Peeling::default()).unwrap_err().to_string();
        let few: Vec<bool> = (0..100).map(|i| i < 7).collect();
        assert_eq!(
            go(&few),
            "7 of 100 points are cases of interest: a region is only looked for among 20 or more; draw more points or \
             widen what counts"
        );
        let most: Vec<bool> = (0..100).map(|i| i >= 7).collect();
        assert!(go(&most).starts_with("7 of 100 points are no cases of interest"));
        assert_eq!(go(&few[..99]), "99 outcomes for 100 points: every point has one outcome");
        let half: Vec<bool> = (0..100).map(|i| i % 2 == 0).collect();
        let wrong = Peeling { alpha: 0.0, ..Peeling::default() };
        assert_eq!(
            discover(&points, &half, wrong).unwrap_err().to_string(),
            "the share of one slice is 0: allowed is above 0, at most 0.5"
        );
    }
}
