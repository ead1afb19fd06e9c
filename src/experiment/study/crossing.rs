//! Where a curve that was estimated at several places passes a bound, with an interval.
//!
//! The curve is taken to rise or fall throughout: neighbours that noise put the wrong way round are pooled (isotonic
//! regression), and between places it is a straight line. The interval ends at places that were tried: the last one
//! before which the curve's pointwise 95 % band keeps off the bound, and the first one after which it does. Between two
//! places nothing was tried, so no interval ends there. Must not know what the curve is of.

/// An estimate at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The place; places increase.
    pub x: f64,
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval; none with one replication.
    pub interval: Option<(f64, f64)>,
}

/// How a curve stands to a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passage {
    /// Whether the curve rises with the place, in all.
    pub rising: bool,
    /// Where it passes the bound; none where it stays on one side.
    pub at: Option<f64>,
    /// The lowest place at which the band holds the bound; none if it does so from the first place on, or never.
    pub from: Option<f64>,
    /// The highest such place; none if it does so up to the last place, or never.
    pub to: Option<f64>,
    /// Whether the band holds the bound anywhere.
    pub near: bool,
    /// Whether the curve is above the bound at the first place.
    pub starts_above: bool,
    /// Whether some curve that only rises, or only falls, goes through every interval.
    pub monotone: bool,
    /// Whether there are intervals at all; without them nothing is said of luck.
    pub has_intervals: bool,
}

/// Where the curve through these samples, two or more, passes a bound. `log` measures distances between places by
/// their ratio; then all are above zero.
pub fn passage(samples: &[Sample], bound: f64, log: bool) -> Passage {
    assert!(samples.len() >= 2, "a curve has two places or more");
    let column = |of: fn(&Sample) -> f64| -> Vec<f64> { samples.iter().map(of).collect() };
    let values = column(|s| s.value);
    let (up, down) = (isotonic(&values, true), isotonic(&values, false));
    let miss = |fit: &[f64]| fit.iter().zip(&values).map(|(f, v)| (f - v) * (f - v)).sum::<f64>();
    let rising = miss(&up) <= miss(&down);
    let fit = if rising { up } else { down };
    let xs = column(|s| s.x);
    let at = crossing(&xs, &fit, bound, log);
    let starts_above = fit[0] >= bound;
    let Some(intervals) = samples.iter().map(|s| s.interval).collect::<Option<Vec<_>>>() else {
        return Passage {
            rising,
            at,
            from: None,
            to: None,
            near: false,
            starts_above,
            monotone: true,
            has_intervals: false,
        };
    };
    let low = isotonic(&intervals.iter().map(|i| i.0).collect::<Vec<_>>(), rising);
    let high = isotonic(&intervals.iter().map(|i| i.1).collect::<Vec<_>>(), rising);
    // Of a rising curve the upper end of the band reaches the bound first.
    let (first, last) = if rising { (&high, &low) } else { (&low, &high) };
    let near = high.iter().zip(&low).any(|(h, l)| *h >= bound && *l <= bound) || at.is_some();
    Passage {
        rising,
        at,
        from: gap(&xs, first, bound).map(|(before, _)| before),
        to: gap(&xs, last, bound).map(|(_, after)| after),
        near,
        starts_above,
        monotone: goes_through(&intervals, rising),
        has_intervals: true,
    }
}

/// Whether some curve that only rises (only falls) goes through all these intervals.
fn goes_through(intervals: &[(f64, f64)], rising: bool) -> bool {
    let mut floor = f64::NEG_INFINITY;
    intervals.iter().all(|(low, high)| {
        let (low, high) = if rising { (*low, *high) } else { (-*high, -*low) };
        floor = floor.max(low);
        floor <= high
    })
}

/// The monotone curve nearest to these values in least squares (pool adjacent violators).
///
/// M. Ayer and others, "An empirical distribution function for sampling with incomplete information", Annals of
/// Mathematical Statistics 26 (1955), 641–647.
pub fn isotonic(values: &[f64], rising: bool) -> Vec<f64> {
    let sign = if rising { 1.0 } else { -1.0 };
    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(values.len());
    for v in values {
        let mut block = (sign * v, 1usize);
        while let Some(last) = blocks.last().copied().filter(|last| last.0 > block.0) {
            blocks.pop();
            let n = last.1 + block.1;
            block = ((last.0 * last.1 as f64 + block.0 * block.1 as f64) / n as f64, n);
        }
        blocks.push(block);
    }
    blocks.iter().flat_map(|(v, n)| std::iter::repeat_n(sign * v, *n)).collect()
}

/// The neighbours between which a monotone curve first changes sides.
fn gap(xs: &[f64], curve: &[f64], bound: f64) -> Option<(f64, f64)> {
    let above = |v: f64| v >= bound;
    let i = (1..xs.len()).find(|i| above(curve[*i]) != above(curve[0]))?;
    Some((xs[i - 1], xs[i]))
}

/// The first place at which a monotone curve changes sides.
fn crossing(xs: &[f64], curve: &[f64], bound: f64, log: bool) -> Option<f64> {
    let above = |v: f64| v >= bound;
    let i = (1..xs.len()).find(|i| above(curve[*i]) != above(curve[0]))?;
    let (a, b) = (curve[i - 1], curve[i]);
    let share = if a == b { 0.5 } else { (bound - a) / (b - a) };
    let (x0, x1) = (xs[i - 1], xs[i]);
    Some(if log && x0 > 0.0 {
        libm::exp(libm::log(x0) + share * (libm::log(x1) - libm::log(x0)))
    } else {
        x0 + share * (x1 - x0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[(f64, f64, f64)]) -> Vec<Sample> {
        values
            .iter()
            .enumerate()
            .map(|(i, (l, v, h))| Sample { x: (i + 1) as f64, value: *v, interval: Some((*l, *h)) })
            .collect()
    }

    #[test]
    fn one_replication_has_a_place_and_no_interval() {
        let s: Vec<Sample> = [0.0, 0.4, 1.0]
            .iter()
            .zip(1..)
            .map(|(v, x)| Sample { x: f64::from(x), value: *v, interval: None })
            .collect();
        let p = passage(&s, 0.5, false);
        assert!(p.at.is_some() && p.from.is_none() && p.to.is_none() && p.monotone && !p.has_intervals);
    }

    #[test]
    fn a_monotone_curve_is_looked_for_in_the_intervals_and_not_in_the_fit() {
        // The pooled fit misses the narrow interval; a curve through all of them exists all the same.
        let s = samples(&[(0.0, 0.5, 0.9), (0.09, 0.1, 0.11), (0.1, 0.3, 0.5)]);
        assert!(passage(&s, 0.25, false).monotone);
        let s = samples(&[(0.4, 0.5, 0.6), (0.0, 0.1, 0.2), (0.9, 1.0, 1.0)]);
        assert!(!passage(&s, 0.25, false).monotone);
    }

    #[test]
    fn violators_are_pooled() {
        assert_eq!(isotonic(&[1.0, 3.0, 2.0, 4.0], true), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(isotonic(&[4.0, 1.0, 2.0], false), [4.0, 1.5, 1.5]);
        assert_eq!(isotonic(&[3.0, 2.0, 1.0], true), [2.0, 2.0, 2.0]);
    }

    #[test]
    fn a_rising_curve_passes_between_two_places() {
        let s = samples(&[(0.0, 0.0, 0.1), (0.1, 0.2, 0.3), (0.5, 0.6, 0.7), (0.9, 1.0, 1.0)]);
        let p = passage(&s, 0.4, false);
        assert!(p.rising && p.monotone && p.near && !p.starts_above);
        assert!((p.at.unwrap() - 2.5).abs() < 1e-12);
        assert_eq!((p.from, p.to), (Some(2.0), Some(3.0)), "nothing was tried in between");
        // The same by ratios: half way between 2 and 3 is their geometric mean.
        assert!((passage(&s, 0.4, true).at.unwrap() - libm::sqrt(6.0)).abs() < 1e-12);
        let mirrored: Vec<Sample> = s
            .iter()
            .map(|s| Sample {
                value: 1.0 - s.value,
                interval: s.interval.map(|(l, h)| (1.0 - h, 1.0 - l)),
                ..*s
            })
            .collect();
        let m = passage(&mirrored, 0.6, false);
        assert!(!m.rising && m.starts_above);
        assert!((m.at.unwrap() - 2.5).abs() < 1e-9 && m.from == Some(2.0));
    }

    #[test]
    fn ends_beyond_the_range_are_open() {
        let s = samples(&[(0.0, 0.02, 0.08), (0.01, 0.06, 0.12), (0.03, 0.10, 0.2)]);
        let p = passage(&s, 0.05, false);
        assert!(p.at.is_some() && p.from.is_none() && p.to.is_none() && p.near);
        let p = passage(&s, 0.5, false);
        assert!(p.at.is_none() && !p.near && !p.starts_above);
        let p = passage(&s, 0.15, false);
        assert!(p.at.is_none() && p.from.is_some() && p.near, "the upper end of the band passes");
    }

    #[test]
    fn a_hump_is_not_called_monotone() {
        let s = samples(&[(0.0, 0.0, 0.1), (0.8, 0.9, 1.0), (0.0, 0.0, 0.1)]);
        assert!(!passage(&s, 0.5, false).monotone);
    }
}
