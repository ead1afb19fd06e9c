//! Advice on the warm-up: from which day on the daily figures look settled.
//!
//! MSER-5: leave out as many opening values as make the squared standard error of the mean of the rest smallest, on
//! averages of five. K. P. White, "An effective truncation heuristic for bias reduction in simulation output",
//! Simulation 69 (1997); K. P. White and S. C. Spratt, WSC (2000), for the batches of five. Advice, never applied
//! unasked. Must not know which measure it looks at.

/// Values to a batch.
pub const BATCH: usize = 5;
/// Batches below which nothing is said: half of fewer is no basis.
const LEAST: usize = 4;

/// What the rule says of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// So many opening values are best left out; zero if none.
    LeaveOut(usize),
    /// The smallest error lies in the second half of the series: it has not settled, a longer run is needed.
    NotSettled,
    /// Too few values to say anything.
    TooShort,
}

/// How many opening values are best left out of a series of equally spaced values.
pub fn mser5(values: &[f64]) -> Advice {
    let batches: Vec<f64> =
        values.chunks_exact(BATCH).map(|b| b.iter().sum::<f64>() / BATCH as f64).collect();
    let n = batches.len();
    if n < LEAST {
        return Advice::TooShort;
    }
    // The last few always look settled: their error is nothing. Search all that leave two or more.
    let error = |cut: usize| {
        let rest = &batches[cut..];
        let m = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / m;
        rest.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (m * m)
    };
    let mut best = (0, error(0));
    for cut in 1..=n - LEAST.min(n / 2) {
        let e = error(cut);
        // Equal to rounding is no reason to leave more out.
        if e < best.1 * (1.0 - 1e-12) {
            best = (cut, e);
        }
    }
    if 2 * best.0 > n { Advice::NotSettled } else { Advice::LeaveOut(best.0 * BATCH) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rng::mix;

    fn noise(i: usize) -> f64 {
        (mix(i as u64) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    }

    #[test]
    fn a_start_that_differs_is_left_out() {
        let values: Vec<f64> = (0..200).map(|i| if i < 30 { 10.0 } else { 0.0 } + noise(i)).collect();
        assert_eq!(mser5(&values), Advice::LeaveOut(30));
        let decaying: Vec<f64> = (0..400).map(|i| 20.0 * libm::exp(-(i as f64) / 20.0) + noise(i)).collect();
        let Advice::LeaveOut(n) = mser5(&decaying) else { panic!() };
        assert!((40..120).contains(&n), "{n}");
    }

    #[test]
    fn a_settled_series_keeps_nearly_all_and_a_constant_one_all() {
        assert_eq!(mser5(&[3.0; 60]), Advice::LeaveOut(0));
        let Advice::LeaveOut(n) = mser5(&(0..200).map(noise).collect::<Vec<_>>()) else { panic!() };
        assert!(n <= 60, "{n}");
    }

    #[test]
    fn a_trend_has_not_settled_and_a_short_series_says_nothing() {
        let trend: Vec<f64> = (0..100).map(|i| i as f64).collect();
        assert_eq!(mser5(&trend), Advice::NotSettled);
        assert_eq!(mser5(&[1.0; 19]), Advice::TooShort);
        assert_eq!(mser5(&[]), Advice::TooShort);
    }
}
