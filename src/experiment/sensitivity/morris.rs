//! Morris's screening: which of many parameters matter, from one-at-a-time steps along random trajectories.
//!
//! M. D. Morris, "Factorial sampling plans for preliminary computational experiments", Technometrics 33 (1991) 161-174;
//! mu* after F. Campolongo, J. Cariboni and A. Saltelli, "An effective screening design for sensitivity analysis of
//! large models", Environ. Model. Softw. 22 (2007) 1509-1518. Elementary effects are per unit of the cube: the change
//! of the output over the whole range of the parameter, if it went on like that. Coordinates 0 and 1 occur, so ranges
//! must be bounded. Must not know parameters' names or ranges.

use super::{Index, SensitivityError, check_outputs, whole};
use crate::experiment::sampling::{Points, below};
use crate::experiment::stats::mean_interval;
use crate::sim::rng::{self, Draws, Purpose};

/// One step of a trajectory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    parameter: usize,
    up: bool,
}

/// Random trajectories over a grid of levels: d + 1 points each, of which the next differs from the one before in one
/// parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectories {
    points: Points,
    steps: Vec<Vec<Step>>,
    levels: usize,
}

/// The elementary effects of one parameter, summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    /// Mean elementary effect, with its sign.
    pub mu: Index,
    /// Mean size of the elementary effects: the measure to rank by.
    pub mu_star: Index,
    /// Standard deviation of the elementary effects: curvature or interaction.
    pub sigma: f64,
}

impl Trajectories {
    /// So many trajectories for `parameters` over an even number of levels (4 is usual). With `candidates` above the
    /// number of trajectories, those that lie farthest apart are picked out of so many (Campolongo 2007, found step by
    /// step as in M. V. Ruano et al., Environ. Model. Softw. 37 (2012) 103-109): better spread, but no longer
    /// independent, so that intervals are approximate.
    pub fn new(
        parameters: usize,
        trajectories: usize,
        levels: usize,
        candidates: Option<usize>,
        seed: u64,
    ) -> Result<Trajectories, SensitivityError> {
        let refuse = |what, found, allowed| Err(SensitivityError::Setting { what, found, allowed });
        if parameters == 0 {
            return refuse("the number of parameters", parameters, "1 or more");
        }
        if trajectories < 2 {
            return refuse("the number of trajectories", trajectories, "2 or more");
        }
        if levels < 2 || !levels.is_multiple_of(2) {
            return refuse("the number of levels", levels, "an even number from 2");
        }
        let drawn = candidates.unwrap_or(trajectories);
        if drawn < trajectories {
            return refuse("the number of candidates", drawn, "no fewer than there are trajectories");
        }
        let draws = Draws::new(seed, 0);
        let all: Vec<(Vec<f64>, Vec<Step>)> =
            (0..drawn).map(|number| walk(&draws, number, parameters, levels)).collect();
        let kept = if drawn > trajectories {
            spread(&all, trajectories, parameters)
        } else {
            (0..trajectories).collect()
        };
        let values = kept.iter().flat_map(|k| all[*k].0.iter().copied()).collect();
        let points = Points::new(parameters, values).map_err(|_| SensitivityError::TooFew {
            what: "parameters",
            found: parameters,
            least: 1,
        })?;
        Ok(Trajectories { points, steps: kept.into_iter().map(|k| all[k].1.clone()).collect(), levels })
    }

    /// All points, trajectory by trajectory.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// The size of every step: p / (2(p − 1)) for p levels, which makes all levels equally likely.
    pub fn step(&self) -> f64 {
        self.levels as f64 / (2.0 * (self.levels - 1) as f64)
    }

    /// The effects of every parameter from the outputs at all points. Intervals are 95 %, by Student's t over
    /// trajectories; that of mu* ends at zero.
    ///
    /// If the model has noise of its own, mu* of a parameter without influence is not zero but about
    /// [`noise::mu_star`](super::noise::mu_star).
    pub fn analyse(&self, outputs: &[f64]) -> Result<Vec<Effects>, SensitivityError> {
        let effects = self.effects(outputs)?;
        check_outputs(outputs)?;
        Ok(effects.iter().map(|effects| sum_up(effects)).collect())
    }

    /// What mu* of every parameter would be on average if luck alone moved the outputs, from the outputs of every
    /// replication at every point: a mu* that is not above it says nothing.
    ///
    /// Replication k of the points of a trajectory is taken for one course of luck, so what common luck saves is saved
    /// here too; with independent luck the pairs are arbitrary and the result is that of
    /// [`noise::mu_star`](super::noise::mu_star), parameter by parameter. The mean effect over r replications of a
    /// parameter without influence is taken for normal with a variance of s²/r, s² the mean over trajectories of the
    /// variance between replications. A parameter whose influence differs between replications has more than that, so
    /// the figure is rather too high than too low.
    pub fn luck(&self, values: &[Vec<f64>]) -> Result<Vec<f64>, SensitivityError> {
        let r = values.first().map_or(0, Vec::len);
        if r < 2 {
            return Err(SensitivityError::TooFew { what: "replications per point", found: r, least: 2 });
        }
        if let Some(place) = values.iter().position(|v| v.len() != r) {
            return Err(SensitivityError::Uneven { point: place + 1, found: values[place].len(), first: r });
        }
        let each = (0..r)
            .map(|k| self.effects(&values.iter().map(|v| v[k]).collect::<Vec<f64>>()))
            .collect::<Result<Vec<_>, _>>()?;
        let of = |parameter: usize| {
            let trajectories = self.steps.len();
            let squares: f64 = (0..trajectories)
                .map(|t| {
                    let mean = each.iter().map(|e| e[parameter][t]).sum::<f64>() / r as f64;
                    each.iter().map(|e| (e[parameter][t] - mean) * (e[parameter][t] - mean)).sum::<f64>()
                })
                .sum();
            let variance = squares / ((r - 1) * trajectories) as f64;
            libm::sqrt(variance / r as f64 * std::f64::consts::FRAC_2_PI)
        };
        Ok((0..self.points.columns()).map(of).collect())
    }

    /// The elementary effects of every parameter, trajectory by trajectory.
    fn effects(&self, outputs: &[f64]) -> Result<Vec<Vec<f64>>, SensitivityError> {
        let d = self.points.columns();
        let found = whole(outputs.len(), d + 1, d)?;
        if found != self.steps.len() {
            return Err(SensitivityError::Unpaired { points: self.points.rows(), outputs: outputs.len() });
        }
        let mut effects = vec![Vec::with_capacity(found); d];
        for (outputs, steps) in outputs.chunks_exact(d + 1).zip(&self.steps) {
            for (step, pair) in steps.iter().zip(outputs.windows(2)) {
                let change = if step.up { pair[1] - pair[0] } else { pair[0] - pair[1] };
                effects[step.parameter].push(change / self.step());
            }
        }
        Ok(effects)
    }
}

fn sum_up(effects: &[f64]) -> Effects {
    let index = |values: &[f64]| {
        let (value, interval) = mean_interval(values);
        let (low, high) = interval.unwrap_or((f64::NAN, f64::NAN));
        Index { value, low, high }
    };
    let mu = index(effects);
    let mut mu_star = index(&effects.iter().map(|e| e.abs()).collect::<Vec<f64>>());
    mu_star.low = mu_star.low.max(0.0);
    let squares: f64 = effects.iter().map(|e| (e - mu.value) * (e - mu.value)).sum();
    Effects { mu, mu_star, sigma: libm::sqrt(squares / (effects.len() - 1) as f64) }
}

/// One trajectory: its points one behind the other, and its steps.
fn walk(draws: &Draws, number: usize, parameters: usize, levels: usize) -> (Vec<f64>, Vec<Step>) {
    let entity = rng::entity("morris trajectory").wrapping_add(number as u64);
    let words: Vec<[u64; 4]> =
        (0..parameters).map(|p| draws.words(Purpose::Design, entity, p as u64)).collect();
    let mut level: Vec<usize> = words.iter().map(|w| below(w[0], levels)).collect();
    let mut order: Vec<usize> = (0..parameters).collect();
    for (place, words) in words.iter().enumerate() {
        order.swap(place, place + below(words[1], parameters - place));
    }
    let at = |level: &[usize]| level.iter().map(|l| *l as f64 / (levels - 1) as f64).collect::<Vec<f64>>();
    let mut points = at(&level);
    let mut steps = Vec::with_capacity(parameters);
    for parameter in order {
        // Only one direction stays on the grid.
        let up = level[parameter] < levels / 2;
        level[parameter] = if up { level[parameter] + levels / 2 } else { level[parameter] - levels / 2 };
        points.extend(at(&level));
        steps.push(Step { parameter, up });
    }
    (points, steps)
}

/// Picks trajectories that lie far apart: the farthest pair, then always the one with the largest sum of squared
/// distances to those picked.
fn spread(all: &[(Vec<f64>, Vec<Step>)], wanted: usize, parameters: usize) -> Vec<usize> {
    let distance = |a: usize, b: usize| -> f64 {
        let points = |t: usize| all[t].0.chunks_exact(parameters);
        let apart =
            |p: &[f64], q: &[f64]| libm::sqrt(p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum::<f64>());
        points(a).map(|p| points(b).map(|q| apart(p, q)).sum::<f64>()).sum()
    };
    let n = all.len();
    let mut apart = vec![0.0; n * n];
    let mut farthest = (0, 1, f64::NEG_INFINITY);
    for a in 0..n {
        for b in a + 1..n {
            let d = distance(a, b);
            (apart[a * n + b], apart[b * n + a]) = (d * d, d * d);
            if d > farthest.2 {
                farthest = (a, b, d);
            }
        }
    }
    let mut kept = vec![farthest.0, farthest.1];
    while kept.len() < wanted {
        let score = |t: usize| kept.iter().map(|k| apart[t * n + k]).sum::<f64>();
        let mut best: Option<(usize, f64)> = None;
        for t in (0..n).filter(|t| !kept.contains(t)) {
            let score = score(t);
            if best.is_none_or(|(_, s)| score > s) {
                best = Some((t, score));
            }
        }
        kept.extend(best.map(|(t, _)| t));
    }
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::super::testfunctions::evaluate;
    use super::*;

    /// Linear in 0, quadratic in 1, 2 and 3 together, 4 without influence.
    fn f(u: &[f64]) -> f64 {
        3.0 * u[0] + 2.0 * u[1] * u[1] - 4.0 * u[2] * u[3] + 7.0
    }

    #[test]
    fn trajectories_take_one_step_per_parameter_on_the_grid() {
        for (levels, candidates) in [(2, None), (4, None), (4, Some(30)), (8, None)] {
            let design = Trajectories::new(6, 10, levels, candidates, 3).unwrap();
            assert_eq!(design.points().rows(), 70);
            let on_grid = |u: &f64| {
                let level = u * (levels - 1) as f64;
                (level - level.round()).abs() < 1e-12 && (0.0..=1.0).contains(u)
            };
            assert!(design.points().iter().flatten().all(on_grid));
            for t in 0..10 {
                let mut moved = [0; 6];
                for k in 0..6 {
                    let (p, q) = (design.points().row(t * 7 + k), design.points().row(t * 7 + k + 1));
                    let changed: Vec<usize> = (0..6).filter(|c| p[*c] != q[*c]).collect();
                    assert_eq!(changed.len(), 1);
                    assert!(((p[changed[0]] - q[changed[0]]).abs() - design.step()).abs() < 1e-12);
                    moved[changed[0]] += 1;
                }
                assert_eq!(moved, [1; 6]);
            }
        }
    }

    #[test]
    fn screening_meets_the_closed_forms() {
        // Four levels, steps of 2/3. The effect of u0 is 3 always; of u1 it is 2·(u + u') = 4/3 or 8/3; of u2 it is
        // -4·u3 with u3 one of four levels: mean -2, standard deviation 4·√(5/36).
        let design = Trajectories::new(5, 1_000, 4, None, 1).unwrap();
        let got = design.analyse(&evaluate(design.points(), f)).unwrap();
        let close = |got: f64, want: f64, tolerance: f64| {
            assert!((got - want).abs() < tolerance, "{got}, not {want}")
        };
        let pair = 4.0 * libm::sqrt(5.0 / 36.0);
        for (effects, (mu, sigma)) in
            got.iter().zip([(3.0, 0.0), (2.0, 2.0 / 3.0), (-2.0, pair), (-2.0, pair)])
        {
            close(effects.mu.value, mu, 0.15);
            close(effects.mu_star.value, libm::fabs(mu), 0.15);
            close(effects.sigma, sigma, 0.05);
            assert!(!effects.mu_star.indistinguishable_from_zero());
        }
        close(got[0].mu.value, 3.0, 1e-9);
        close(got[0].sigma, 0.0, 1e-9);
        assert_eq!(got[4].mu_star, Index { value: 0.0, low: 0.0, high: 0.0 });
        assert!(got[4].mu_star.indistinguishable_from_zero());
    }

    #[test]
    fn intervals_of_mu_star_cover_the_truth_as_often_as_they_say() {
        // Twenty trajectories; mu* of u1 is 2, that of u2 and u3 is 2.
        let mut hits = 0;
        for seed in 0..300 {
            let design = Trajectories::new(5, 20, 4, None, seed).unwrap();
            let got = design.analyse(&evaluate(design.points(), f)).unwrap();
            hits += got[1..4].iter().filter(|e| e.mu_star.low <= 2.0 && 2.0 <= e.mu_star.high).count();
        }
        let covered = f64::from(hits as u32) / 900.0;
        assert!((0.92..=0.98).contains(&covered), "{covered}");
    }

    #[test]
    fn picked_trajectories_lie_farther_apart() {
        let total = |design: &Trajectories| {
            let trajectory = |t: usize| (t * 7..t * 7 + 7).map(|row| design.points().row(row));
            let mut sum = 0.0;
            for (a, b) in (0..8).flat_map(|a| (a + 1..8).map(move |b| (a, b))) {
                for (p, q) in trajectory(a).flat_map(|p| trajectory(b).map(move |q| (p, q))) {
                    sum += libm::sqrt(p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum::<f64>());
                }
            }
            sum
        };
        for seed in 1..5 {
            let plain = total(&Trajectories::new(6, 8, 4, None, seed).unwrap());
            let picked = total(&Trajectories::new(6, 8, 4, Some(100), seed).unwrap());
            assert!(picked > plain * 1.02, "{picked} against {plain}");
        }
    }

    #[test]
    fn luck_gives_mu_star_what_it_gives_a_parameter_without_influence() {
        let design = Trajectories::new(5, 400, 4, None, 3).unwrap();
        let draws = crate::sim::rng::Draws::new(9, 1);
        let normal = |point: usize, k: usize| {
            let word = draws.words(Purpose::Fate, point as u64, k as u64)[0];
            2.0 * rng::normal_quantile(rng::unit(word))
        };
        let values = |luck: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            let one = |(p, u): (usize, &[f64])| (0..4).map(|k| f(u) + luck(p, k)).collect();
            design.points().iter().enumerate().map(one).collect()
        };
        // Independent luck of variance 4, four replications: the closed form, and the mu* that parameter 4 really has.
        let independent = values(&normal);
        let want = super::super::noise::mu_star(4.0 / 4.0, design.step());
        let means: Vec<f64> = independent.iter().map(|v| v.iter().sum::<f64>() / 4.0).collect();
        let mu_star = design.analyse(&means).unwrap()[4].mu_star.value;
        for got in design.luck(&independent).unwrap().into_iter().chain([mu_star]) {
            assert!((got / want - 1.0).abs() < 0.1, "{got} against {want}");
        }
        // Luck that the points of a trajectory share cancels.
        let common = values(&|p, k| normal(p / 6, k));
        assert!(design.luck(&common).unwrap().iter().all(|v| *v < 1e-9));
        assert!(design.luck(&values(&|_, _| 0.0)[..12]).is_err());
        assert!(design.luck(&vec![vec![1.0]; 2_400]).is_err());
    }

    #[test]
    fn wrong_designs_and_outputs_are_refused() {
        let text = |r: Result<Trajectories, SensitivityError>| r.unwrap_err().to_string();
        assert_eq!(
            text(Trajectories::new(3, 10, 5, None, 1)),
            "the number of levels is 5: allowed is an even number from 2"
        );
        assert!(Trajectories::new(0, 10, 4, None, 1).is_err());
        assert!(Trajectories::new(3, 1, 4, None, 1).is_err());
        assert!(Trajectories::new(3, 10, 4, Some(9), 1).is_err());
        let design = Trajectories::new(3, 10, 4, None, 1).unwrap();
        assert!(matches!(design.analyse(&[1.0; 39]), Err(SensitivityError::WrongLength { .. })));
        assert!(matches!(design.analyse(&[1.0; 36]), Err(SensitivityError::Unpaired { points: 40, .. })));
        assert!(matches!(design.analyse(&[1.0; 40]), Err(SensitivityError::NothingVaries { .. })));
    }
}
