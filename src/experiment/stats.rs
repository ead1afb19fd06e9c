//! The few statistics every table and chart shares: Wilson's interval for a share, Student's interval for a mean,
//! type-7 quantiles. Pure functions of their arguments.
//!
//! Must not know what the numbers stand for, nor how they are printed. All transcendental functions come from
//! `libm`, so that the same figures give the same bytes on every machine.

use std::collections::BTreeMap;

use crate::sim::beta::beta_tails;

/// The 97.5 % point of the standard normal distribution.
pub const Z_975: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % score interval for a share of `k` in `n`, both ends in \[0, 1\].
///
/// With no trials nothing is known: the whole range.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
pub fn wilson(k: u64, n: u64) -> (f64, f64) {
    assert!(k <= n, "a share of {k} in {n}");
    if n == 0 {
        return (0.0, 1.0);
    }
    let (kf, nf) = (k as f64, n as f64);
    let z2 = Z_975 * Z_975;
    let centre = (kf + z2 / 2.0) / (nf + z2);
    let half = Z_975 / (nf + z2) * libm::sqrt(kf * (nf - kf) / nf + z2 / 4.0);
    // The ends are exact where the share is; rounding must not leave 1e-17 there.
    let low = if k == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if k == n { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

/// The 95 % interval of the difference of two independent shares, the first less the second, each (k, n).
///
/// R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17
/// (1998), 873–890, method 10.
pub fn difference_of_shares((k1, n1): (u64, u64), (k2, n2): (u64, u64)) -> (f64, f64) {
    if n1 == 0 || n2 == 0 {
        return (-1.0, 1.0);
    }
    let (p1, p2) = (k1 as f64 / n1 as f64, k2 as f64 / n2 as f64);
    let ((l1, u1), (l2, u2)) = (wilson(k1, n1), wilson(k2, n2));
    let side = |x: f64, y: f64| libm::sqrt(x * x + y * y);
    let d = p1 - p2;
    ((d - side(p1 - l1, u2 - p2)).max(-1.0), (d + side(u1 - p1, p2 - l2)).min(1.0))
}

/// The mean, and its 95 % interval by Student's t; the interval is missing with fewer than two values.
///
/// The mean of nothing is NaN. The interval is about the mean, not about the spread of single values.
pub fn mean_interval(values: &[f64]) -> (f64, Option<(f64, f64)>) {
    MeanIntervals::default().of(values)
}

/// The standard error of the mean of independent values; none with fewer than two.
pub fn std_err(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (values.len() > 1).then(|| libm::sqrt(squares / (n - 1.0) / n))
}

/// [`mean_interval`] for many samples: the quantile, which is costly, is sought once per number of values.
#[derive(Default)]
pub struct MeanIntervals {
    t_by_n: BTreeMap<usize, f64>,
}

impl MeanIntervals {
    /// As [`mean_interval`].
    pub fn of(&mut self, values: &[f64]) -> (f64, Option<(f64, f64)>) {
        let n = values.len();
        if n == 0 {
            return (f64::NAN, None);
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        if n < 2 {
            return (mean, None);
        }
        let std_err = std_err(values).expect("two values or more");
        let t = *self.t_by_n.entry(n).or_insert_with(|| t_quantile(0.975, (n - 1) as f64));
        let half = t * std_err;
        (mean, Some((mean - half, mean + half)))
    }
}

/// A mean of values that cannot be negative: an interval that reaches below zero ends there.
pub fn from_zero((mean, interval): (f64, Option<(f64, f64)>)) -> (f64, Option<(f64, f64)>) {
    (mean, interval.map(|(low, high)| (low.max(0.0), high.max(0.0))))
}

/// [`mean_interval`] of values that cannot be negative.
pub fn mean_interval_from_zero(values: &[f64]) -> (f64, Option<(f64, f64)>) {
    from_zero(mean_interval(values))
}

/// The `p` quantile of unordered values, type 7 (linear between order statistics); none without values.
///
/// R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996).
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_sorted(&sorted, p)
}

/// [`quantile`] of values already in ascending order.
pub fn quantile_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    assert!((0.0..=1.0).contains(&p), "a quantile of {p}");
    let last = sorted.len().checked_sub(1)?;
    let place = p * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    let (a, b) = (sorted[below], sorted[above]);
    // Equal neighbours return themselves: no rounding, and no infinity minus infinity.
    Some(if a == b { a } else { a + (place - below as f64) * (b - a) })
}

/// The `p` quantile of Student's t with `df` degrees of freedom, 0 < p < 1, df > 0.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    assert!(p > 0.0 && p < 1.0 && df > 0.0, "t quantile of p = {p}, df = {df}");
    if p == 0.5 {
        return 0.0;
    }
    if p < 0.5 {
        return -t_quantile(1.0 - p, df);
    }
    // Bisection on the distribution function: slow and certain. The bracket doubles until it holds the answer.
    let (mut low, mut high) = (0.0, 1.0);
    while t_cdf(high, df) < p {
        low = high;
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if t_cdf(middle, df) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The distribution function of Student's t for t >= 0.
fn t_cdf(t: f64, df: f64) -> f64 {
    let t2 = t * t;
    // Of the two equal forms the one whose argument is small keeps its digits.
    if t2 < df {
        0.5 + 0.5 * beta_tails(0.5, 0.5 * df, t2 / (df + t2)).0
    } else {
        1.0 - 0.5 * beta_tails(0.5 * df, 0.5, df / (df + t2)).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_agrees_with_published_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2 (three decimals), upper tail 0.025.
        for (df, want) in [
            (1.0, 12.706),
            (2.0, 4.303),
            (3.0, 3.182),
            (4.0, 2.776),
            (5.0, 2.571),
            (9.0, 2.262),
            (10.0, 2.228),
            (19.0, 2.093),
            (29.0, 2.045),
            (30.0, 2.042),
            (60.0, 2.000),
            (99.0, 1.984),
            (100.0, 1.984),
        ] {
            assert!((t_quantile(0.975, df) - want).abs() < 0.000_51, "df {df}: {}", t_quantile(0.975, df));
        }
        for (df, want) in [(1.0, 31.821), (5.0, 3.365), (30.0, 2.457)] {
            assert!((t_quantile(0.99, df) - want).abs() < 0.000_51, "df {df}");
        }
    }

    #[test]
    fn t_has_the_closed_forms_of_one_and_two_degrees() {
        for p in [0.6, 0.9, 0.975, 0.999] {
            let cauchy = libm::tan(std::f64::consts::PI * (p - 0.5));
            assert!((t_quantile(p, 1.0) / cauchy - 1.0).abs() < 1e-11, "{p}");
            let two = (2.0 * p - 1.0) * libm::sqrt(2.0 / (4.0 * p * (1.0 - p)));
            assert!((t_quantile(p, 2.0) / two - 1.0).abs() < 1e-11, "{p}");
            assert_eq!(t_quantile(1.0 - p, 7.0), -t_quantile(1.0 - (1.0 - p), 7.0));
        }
        assert!((t_quantile(0.975, 1e7) - Z_975).abs() < 1e-6, "tends to the normal");
    }

    #[test]
    fn wilson_agrees_with_newcombe() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        for (k, n, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let (l, h) = wilson(k, n);
            assert!((l - low).abs() < 0.000_051 && (h - high).abs() < 0.000_051, "{k}/{n}: {l} {h}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert_eq!(wilson(0, 100).0, 0.0);
        assert_eq!(wilson(100, 100).1, 1.0);
    }

    #[test]
    fn differences_of_shares_agree_with_newcombe() {
        // The same paper, table II, method 10: 56/70 against 48/80, 9/10 against 3/10, 5/56 against 0/29.
        for (a, b, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((5, 56), (0, 29), -0.0381, 0.1926),
        ] {
            let (l, h) = difference_of_shares(a, b);
            assert!((l - low).abs() < 0.000_051 && (h - high).abs() < 0.000_051, "{a:?} {b:?}: {l} {h}");
        }
        assert_eq!(difference_of_shares((0, 0), (1, 2)), (-1.0, 1.0));
    }

    #[test]
    fn one_value_has_no_interval() {
        assert_eq!(mean_interval(&[3.0]), (3.0, None));
        assert!(mean_interval(&[]).0.is_nan());
        let (mean, interval) = mean_interval(&[1.0, 2.0, 3.0, 4.0]);
        let (low, high) = interval.unwrap();
        // Standard error sqrt(5/3/4), times the tabled 3.182446.
        assert_eq!(mean, 2.5);
        assert!(
            (high - mean - 3.182_446 * (5.0f64 / 12.0).sqrt()).abs() < 1e-5
                && (mean - low - (high - mean)).abs() < 1e-12
        );
        assert_eq!(mean_interval(&[7.0, 7.0, 7.0]).1, Some((7.0, 7.0)));
    }

    #[test]
    fn quantiles_are_type_7() {
        let v = [40.0, 10.0, 30.0, 20.0];
        assert_eq!(quantile(&v, 0.0), Some(10.0));
        assert_eq!(quantile(&v, 0.25), Some(17.5));
        assert_eq!(quantile(&v, 0.5), Some(25.0));
        assert_eq!(quantile(&v, 1.0), Some(40.0));
        assert_eq!(quantile(&[5.0], 0.95), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
