//! Arms held against each other, replication by replication on common random numbers: how large is the difference,
//! how sure, and how often is one better.
//!
//! Pure functions of summaries. Must not know how arms were made or how a comparison is printed.

use super::catalogue::{Better, Frame};
use super::estimate::{Asked, Estimate, Statistic};
use crate::experiment::measure::ReplicationSummary;
use crate::experiment::stats;
use crate::sim::rng::mix;

/// Resamples of a bootstrapped difference of quantiles.
const RESAMPLES: u64 = 2000;

/// One arm of a comparison: its name and its replications, in order.
#[derive(Clone, Copy, Debug)]
pub struct Runs<'a> {
    /// What it is called.
    pub label: &'a str,
    /// Its replications in brief.
    pub runs: &'a [ReplicationSummary],
    /// What its measures need to know.
    pub frame: &'a Frame,
}

/// An arm less the baseline, of one figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Difference {
    /// Arm less baseline, over the replications in which both have a value.
    pub value: Option<f64>,
    /// Its 95 % interval; none with fewer than two pairs.
    pub interval: Option<(f64, f64)>,
    /// Pairs.
    pub pairs: u64,
    /// Pairs in which the arm is better.
    pub better: u64,
    /// Pairs in which it is worse.
    pub worse: u64,
    /// By how much pairing made the variance of the difference smaller than that of independent runs: 0.8 is a fifth
    /// of it; below zero it made it larger. None where nothing varies.
    pub saved: Option<f64>,
}

impl Difference {
    /// Whether the interval leaves zero outside: a difference that luck does not explain.
    pub fn is_clear(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// One figure over all arms.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The figure.
    pub asked: Asked,
    /// Of each arm, in order.
    pub estimates: Vec<Estimate>,
    /// Of each arm after the first, less the first.
    pub differences: Vec<Difference>,
}

/// All figures over all arms; the first arm is the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Names of the arms.
    pub arms: Vec<String>,
    /// Replications of each arm.
    pub replications: u64,
    /// Line by line.
    pub lines: Vec<Line>,
}

/// Holds arms against the first of them.
///
/// # Panics
/// If there is no arm, or if arms have not the same number of replications.
pub fn compare(arms: &[Runs<'_>], asked: &[Asked]) -> Comparison {
    let replications = arms[0].runs.len();
    assert!(arms.iter().all(|a| a.runs.len() == replications), "paired arms have equally many replications");
    let line = |asked: &Asked| {
        let values: Vec<Vec<Option<f64>>> =
            arms.iter().map(|a| a.runs.iter().map(|r| asked.measure.of(r, a.frame)).collect()).collect();
        Line {
            asked: asked.clone(),
            estimates: values.iter().map(|v| asked.of_values(v)).collect(),
            differences: values[1..].iter().map(|v| difference(asked, &values[0], v)).collect(),
        }
    };
    Comparison {
        arms: arms.iter().map(|a| a.label.to_string()).collect(),
        replications: replications as u64,
        lines: asked.iter().map(line).collect(),
    }
}

/// An arm's values less a baseline's, pair by pair.
pub fn difference(asked: &Asked, baseline: &[Option<f64>], arm: &[Option<f64>]) -> Difference {
    let pairs: Vec<(f64, f64)> = baseline.iter().zip(arm).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
    if pairs.is_empty() {
        return Difference::default();
    }
    let wins = |up: bool| pairs.iter().filter(|(a, b)| if up { b > a } else { b < a }).count() as u64;
    let (better, worse) = match asked.measure.better {
        Better::Higher => (wins(true), wins(false)),
        Better::Lower => (wins(false), wins(true)),
        Better::Neither => (0, 0),
    };
    let gaps: Vec<f64> = pairs.iter().map(|(a, b)| b - a).collect();
    let (value, interval) = match asked.statistic {
        Statistic::Mean => {
            let (mean, interval) = stats::mean_interval(&gaps);
            (mean, interval)
        }
        Statistic::Chance => paired_chances(&pairs),
        Statistic::Quantile(p) => paired_quantiles(&pairs, p),
    };
    Difference {
        value: Some(value),
        interval: interval.filter(|_| pairs.len() > 1),
        pairs: pairs.len() as u64,
        better,
        worse,
        saved: saved(&pairs, &gaps),
    }
}

/// How much of the variance of a difference of independent runs pairing took away.
fn saved(pairs: &[(f64, f64)], gaps: &[f64]) -> Option<f64> {
    let variance = |values: &mut dyn Iterator<Item = f64>| {
        let values: Vec<f64> = values.collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>()
    };
    let apart = variance(&mut pairs.iter().map(|p| p.0)) + variance(&mut pairs.iter().map(|p| p.1));
    (pairs.len() > 1 && apart > 0.0).then(|| 1.0 - variance(&mut gaps.iter().copied()) / apart)
}

/// The difference of two shares of the same replications, with its 95 % interval, which has width also where the
/// shares are 0 or 1.
///
/// R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
/// data", Statistics in Medicine 17 (1998), 2635–2650, method 10.
fn paired_chances(pairs: &[(f64, f64)]) -> (f64, Option<(f64, f64)>) {
    let count = |a: bool, b: bool| pairs.iter().filter(|p| (p.0 > 0.0, p.1 > 0.0) == (a, b)).count() as f64;
    // Arm first, baseline second: the difference is arm less baseline.
    let (both, arm_only, base_only, neither) =
        (count(true, true), count(false, true), count(true, false), count(false, false));
    let n = pairs.len() as f64;
    let (p1, p2) = ((both + arm_only) / n, (both + base_only) / n);
    let (l1, u1) = stats::wilson((both + arm_only) as u64, n as u64);
    let (l2, u2) = stats::wilson((both + base_only) as u64, n as u64);
    let margins = (both + arm_only) * (base_only + neither) * (both + base_only) * (arm_only + neither);
    let cross = both * neither - arm_only * base_only;
    let phi = if margins == 0.0 {
        0.0
    } else {
        // A continuity correction, for positive association only.
        let cross = if cross > 0.0 { (cross - n / 2.0).max(0.0) } else { cross };
        cross / libm::sqrt(margins)
    };
    let side = |x: f64, y: f64| libm::sqrt((x * x - 2.0 * phi * x * y + y * y).max(0.0));
    let value = p1 - p2;
    let (low, high) = (value - side(p1 - l1, u2 - p2), value + side(u1 - p1, p2 - l2));
    (value, Some((low.max(-1.0), high.min(1.0))))
}

/// The difference of two quantiles over the same replications, with a percentile interval of replications resampled in
/// pairs. The resamples are the same for the same pairs: their stream has a fixed key.
fn paired_quantiles(pairs: &[(f64, f64)], p: f64) -> (f64, Option<(f64, f64)>) {
    let n = pairs.len();
    let of = |pick: &dyn Fn(usize) -> usize| {
        let take = |side: fn(&(f64, f64)) -> f64| -> f64 {
            let values: Vec<f64> = (0..n).map(|i| side(&pairs[pick(i)])).collect();
            stats::quantile(&values, p).expect("there are pairs")
        };
        take(|x| x.1) - take(|x| x.0)
    };
    let value = of(&|i| i);
    let resampled: Vec<f64> = (0..RESAMPLES)
        .map(|r| {
            let key = mix(mix(r) ^ n as u64);
            of(&|i| ((u128::from(mix(key.wrapping_add(i as u64))) * n as u128) >> 64) as usize)
        })
        .collect();
    let ends = (stats::quantile(&resampled, 0.025), stats::quantile(&resampled, 0.975));
    (value, ends.0.zip(ends.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{SimDuration, SimTime};

    fn ask(text: &str) -> Asked {
        let numbers = vec!["main".to_string()];
        let frame = Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers };
        Asked::parse(text, &frame).unwrap()
    }

    fn uniform(key: u64) -> f64 {
        (mix(key) >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn shared_luck_is_taken_out_of_the_difference() {
        let shared: Vec<f64> = (0..200).map(|i| 100.0 * uniform(i)).collect();
        let a: Vec<_> = shared.iter().map(|v| Some(*v)).collect();
        let b: Vec<_> =
            shared.iter().enumerate().map(|(i, v)| Some(v + 1.0 + 0.1 * uniform(i as u64 + 999))).collect();
        let d = difference(&ask("profit"), &a, &b);
        assert!((d.value.unwrap() - 1.05).abs() < 0.02 && d.is_clear());
        assert_eq!((d.pairs, d.better, d.worse), (200, 200, 0));
        assert!(d.saved.unwrap() > 0.999);
        // The same values, not paired by luck: the difference drowns.
        let mut apart = b.clone();
        apart.rotate_left(37);
        let d = difference(&ask("profit"), &a, &apart);
        assert!(!d.is_clear() && d.saved.unwrap() < 0.3, "{d:?}");
        assert_eq!(difference(&ask("cost"), &a, &b).worse, 200, "more is worse of a cost");
    }

    #[test]
    fn pairs_without_a_value_on_one_side_are_left_out() {
        let d = difference(&ask("days_to_red"), &[Some(3.0), None, Some(5.0)], &[Some(4.0), Some(1.0), None]);
        assert_eq!((d.value, d.pairs, d.interval), (Some(1.0), 1, None));
        assert_eq!(difference(&ask("cost"), &[None], &[Some(1.0)]), Difference::default());
    }

    fn chances(both: usize, arm: usize, base: usize, neither: usize) -> (f64, (f64, f64)) {
        let flags = |a: f64, b: f64, n: usize| std::iter::repeat_n((a, b), n);
        let pairs: Vec<(f64, f64)> = flags(1.0, 1.0, both)
            .chain(flags(0.0, 1.0, arm))
            .chain(flags(1.0, 0.0, base))
            .chain(flags(0.0, 0.0, neither))
            .collect();
        let (value, interval) = paired_chances(&pairs);
        (value, interval.unwrap())
    }

    #[test]
    fn equal_chances_still_have_an_interval() {
        let (value, (low, high)) = chances(0, 0, 0, 50);
        assert!(value == 0.0 && (low + high).abs() < 1e-12 && high > 0.05, "{low} {high}");
        let (_, (low, high)) = chances(25, 0, 0, 25);
        assert!(low < 0.0 && high > 0.0 && high < 0.1, "perfect agreement narrows it: {low} {high}");
        let (value, (low, high)) = chances(10, 30, 0, 10);
        assert!((value - 0.6).abs() < 1e-12 && low > 0.4 && high < 0.8);
        let mirrored = chances(10, 0, 30, 10).1;
        assert!(
            (mirrored.0 + high).abs() < 1e-12 && (mirrored.1 + low).abs() < 1e-12,
            "symmetric in the arms"
        );
    }

    #[test]
    fn the_interval_of_a_difference_of_chances_covers() {
        // Correlated pairs: shared luck u; baseline below 0.1, arm below 0.2 of u or of a luck of its own.
        let mut inside = 0;
        for sample in 0..1000u64 {
            let pairs: Vec<(f64, f64)> = (0..80)
                .map(|i| {
                    let key = mix(sample).wrapping_add(3 * i);
                    let (u, own, which) = (uniform(key), uniform(key + 1), uniform(key + 2));
                    let arm = if which < 0.5 { u } else { own };
                    (f64::from(u8::from(u < 0.1)), f64::from(u8::from(arm < 0.2)))
                })
                .collect();
            let (low, high) = paired_chances(&pairs).1.unwrap();
            inside += u32::from(low <= 0.1 && 0.1 <= high);
        }
        assert!((930..=985).contains(&inside), "{inside} of 1000");
    }

    #[test]
    fn quantiles_differ_with_an_interval_that_is_the_same_each_time() {
        let a: Vec<_> = (0..100).map(|i| Some(uniform(i))).collect();
        let b: Vec<_> = (0..100).map(|i| Some(uniform(i) + 0.5)).collect();
        let d = difference(&ask("q90(cost)"), &a, &b);
        let (low, high) = d.interval.unwrap();
        assert!(
            (d.value.unwrap() - 0.5).abs() < 1e-12 && (low - 0.5).abs() < 1e-9 && (high - 0.5).abs() < 1e-9
        );
        assert_eq!(d, difference(&ask("q90(cost)"), &a, &b));
    }
}
