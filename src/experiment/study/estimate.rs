//! What several replications say of one measure: a chance, a mean or a quantile, with an interval fit for each.
//!
//! Chances by Wilson's score interval, means by Student's t, quantiles by order statistics. With one replication the
//! interval is missing, not zero. Must not know what is compared with what.

use super::catalogue::{Frame, Measure, Unit, Unknown};
use crate::experiment::measure::ReplicationSummary;
use crate::experiment::stats;
use crate::sim::beta::beta_tails;

/// How values of replications become one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The share of replications in which it holds; Wilson's interval.
    Chance,
    /// The mean over the replications that have a value; Student's interval.
    Mean,
    /// The quantile at this probability (type 7); a distribution-free interval between order statistics.
    Quantile(f64),
}

/// A measure and how to sum it up.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// As asked for: `p_red`, `q95(worst_score)`.
    pub text: String,
    /// The statistic.
    pub statistic: Statistic,
    /// Of what.
    pub measure: Measure,
}

/// A figure with what is known of its uncertainty (95 %).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The figure; none where no replication has a value.
    pub value: Option<f64>,
    /// Its interval; none with fewer than two values, or too few for this quantile.
    pub interval: Option<(f64, f64)>,
    /// Standard error; of means and chances, with two values or more.
    pub std_err: Option<f64>,
    /// Replications with a value.
    pub n: u64,
    /// All replications.
    pub of: u64,
}

impl Estimate {
    /// Half the width of the interval.
    pub fn half_width(&self) -> Option<f64> {
        self.interval.map(|(low, high)| (high - low) / 2.0)
    }

    /// Whether replications without a value were left out, so that it speaks of the others alone.
    pub fn is_of_some(&self) -> bool {
        self.n < self.of
    }
}

impl Asked {
    /// Reads `p_red`, `profit` (a mean), `mean(x)`, `median(x)` or `q95(x)`; x is a measure's name.
    pub fn parse(text: &str, frame: &Frame) -> Result<Asked, Unknown> {
        let text = text.trim();
        let wrong = |why: String| Unknown { found: text.to_string(), why, hint: None };
        let (statistic, name) = match text.strip_suffix(')').and_then(|t| t.split_once('(')) {
            None => (None, text),
            Some(("mean", name)) => (Some(Statistic::Mean), name),
            Some(("median", name)) => (Some(Statistic::Quantile(0.5)), name),
            Some((q, name)) => {
                // Two digits, or three where the last says something: q5 might mean 5 % or 50 %.
                let fits = |d: &&str| {
                    let digits = d.bytes().all(|b| b.is_ascii_digit());
                    digits && (d.len() == 2 || (d.len() == 3 && !d.ends_with('0')))
                };
                let p = q.strip_prefix('q').filter(fits).and_then(|d| format!("0.{d}").parse::<f64>().ok());
                let p = p.filter(|p| *p > 0.0);
                let p = p.ok_or_else(|| {
                    wrong(format!(
                        "unknown statistic {q} (statistics: mean, median, and quantiles by two digits, q05, q50, q95, or three, q975)"
                    ))
                })?;
                (Some(Statistic::Quantile(p)), name)
            }
        };
        let measure = Measure::named(name.trim(), frame)?;
        let usual = if measure.is_chance() { Statistic::Chance } else { Statistic::Mean };
        if measure.is_chance() && matches!(statistic, Some(Statistic::Quantile(_))) {
            return Err(wrong(format!("{name} is a chance and has no quantiles")));
        }
        let statistic = match statistic {
            Some(Statistic::Mean) | None => usual,
            Some(other) => other,
        };
        Ok(Asked { text: text.to_string(), statistic, measure })
    }

    /// The figure over these replications.
    pub fn estimate(&self, runs: &[ReplicationSummary], frame: &Frame) -> Estimate {
        let values: Vec<Option<f64>> = runs.iter().map(|r| self.measure.of(r, frame)).collect();
        self.of_values(&values)
    }

    /// The figure over the values of replications.
    pub fn of_values(&self, all: &[Option<f64>]) -> Estimate {
        let mut values: Vec<f64> = all.iter().flatten().copied().collect();
        let (n, of) = (values.len() as u64, all.len() as u64);
        if values.is_empty() {
            return Estimate { of, ..Estimate::default() };
        }
        match self.statistic {
            Statistic::Chance => {
                let k = values.iter().filter(|v| **v > 0.0).count() as u64;
                let p = k as f64 / n as f64;
                let (interval, std_err) = match n {
                    1 => (None, None),
                    _ => (Some(stats::wilson(k, n)), Some(libm::sqrt(p * (1.0 - p) / n as f64))),
                };
                Estimate { value: Some(p), interval, std_err, n, of }
            }
            Statistic::Mean => {
                let (mean, interval) = stats::mean_interval(&values);
                let least = if self.measure.from_zero() { 0.0 } else { f64::NEG_INFINITY };
                let most = if self.measure.unit == Unit::Share { 1.0 } else { f64::INFINITY };
                let interval = interval.map(|(low, high)| (low.max(least), high.clamp(least, most)));
                Estimate { value: Some(mean), interval, std_err: stats::std_err(&values), n, of }
            }
            Statistic::Quantile(p) => {
                values.sort_by(f64::total_cmp);
                let interval = order_statistics(n, p).map(|(low, high)| (values[low - 1], values[high - 1]));
                Estimate { value: stats::quantile_sorted(&values, p), interval, std_err: None, n, of }
            }
        }
    }
}

/// The ranks (from 1) of the two order statistics that hold the `p` quantile between them with at least 95 %, each
/// tail at most 2.5 %; none where `n` values are too few for that.
///
/// G. J. Hahn and W. Q. Meeker, "Statistical Intervals" (1991), section 5.2: the number of values at or below the
/// quantile is binomial.
fn order_statistics(n: u64, p: f64) -> Option<(usize, usize)> {
    // P(X <= k) for X ~ Binomial(n, p).
    let cdf = |k: u64| if k >= n { 1.0 } else { beta_tails((n - k) as f64, (k + 1) as f64, 1.0 - p).0 };
    // Both are monotone in the rank.
    let below = |rank: u64| cdf(rank - 1) <= 0.025;
    let above = |rank: u64| 1.0 - cdf(rank - 1) <= 0.025;
    let first = |holds: &dyn Fn(u64) -> bool| {
        let (mut low, mut high) = (1, n + 1);
        while low < high {
            let middle = (low + high) / 2;
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        low
    };
    // The largest rank that is still below, the smallest that is above.
    let low = first(&|rank| !below(rank)) - 1;
    let high = first(&above);
    (low >= 1 && high <= n).then_some((low as usize, high as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{SimDuration, SimTime};

    fn frame() -> Frame {
        Frame {
            start: SimTime(0),
            horizon: SimTime(1),
            warm_up: SimDuration::ZERO,
            numbers: vec!["a".into()],
        }
    }

    fn ask(text: &str) -> Asked {
        Asked::parse(text, &frame()).unwrap()
    }

    #[test]
    fn order_statistics_are_those_of_the_tables() {
        // Hahn and Meeker (1991), table A.15a: the median of n values, about 95 %, equal tails; n = 10: 2 and 9,
        // n = 20: 6 and 15, n = 100: 40 and 61. Five values are too few for a median at 95 %.
        for (n, want) in [(10, (2, 9)), (20, (6, 15)), (100, (40, 61))] {
            assert_eq!(order_statistics(n, 0.5), Some(want), "{n}");
        }
        assert_eq!(order_statistics(5, 0.5), None);
        assert_eq!(order_statistics(30, 0.95), None, "thirty values say nothing above the 95 % point");
        assert!(order_statistics(200, 0.95).is_some());
    }

    #[test]
    fn one_replication_has_no_interval() {
        for text in ["p_red", "profit", "q90(cost)"] {
            let one = ask(text).of_values(&[Some(1.0)]);
            assert_eq!((one.value, one.interval, one.std_err), (Some(1.0), None, None), "{text}");
        }
        assert_eq!(ask("profit").of_values(&[None, None]), Estimate { of: 2, ..Estimate::default() });
    }

    #[test]
    fn intervals_are_fit_for_their_kind() {
        let chance = ask("p_red").of_values(&[Some(0.0); 20]);
        assert_eq!(chance.value, Some(0.0));
        assert!((chance.interval.unwrap().1 - 0.1611).abs() < 1e-4, "Wilson's, not an empty one");
        let mean = ask("blocked").of_values(&[Some(0.0), Some(0.0), Some(1.0)]);
        assert_eq!(mean.interval.unwrap().0, 0.0, "no fewer than none");
        assert!(ask("profit").of_values(&[Some(0.0), Some(0.0), Some(1.0)]).interval.unwrap().0 < 0.0);
        let some = ask("days_to_red").of_values(&[Some(3.0), None, Some(5.0)]);
        assert_eq!((some.value, some.n, some.of), (Some(4.0), 2, 3));
        let share = ask("share_green").of_values(&[Some(1.0), Some(1.0), Some(0.5)]);
        assert_eq!(share.interval.unwrap().1, 1.0, "no more than all");
        let std_err = mean.std_err.unwrap();
        assert!((std_err - 1.0 / 3.0).abs() < 1e-12, "{std_err}");
    }

    #[test]
    fn what_is_asked_is_read_strictly() {
        assert_eq!(ask(" q95(worst_score) ").statistic, Statistic::Quantile(0.95));
        assert_eq!(ask("median(cost)").statistic, Statistic::Quantile(0.5));
        assert_eq!(ask("mean(p_red)").statistic, Statistic::Chance);
        for (text, says) in [
            ("q(cost)", "unknown statistic"),
            ("q9x(cost)", "unknown statistic"),
            ("q5(cost)", "two digits"),
            ("(cost)", "unknown statistic"),
            ("\u{e9}5(cost)", "unknown statistic"),
            ("q00(cost)", "unknown statistic"),
            ("q100(cost)", "two digits"),
            ("avg(cost)", "unknown statistic avg"),
            ("q95(p_red)", "no quantiles"),
            ("mean(cots)", "did you mean cost?"),
            ("", "no such measure"),
        ] {
            let wrong = Asked::parse(text, &frame()).unwrap_err().to_string();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
    }

    #[test]
    fn a_quantile_interval_covers_as_often_as_it_says() {
        // 2,000 samples of 60 uniform values: the true 90 % point lies inside at least 95 % of the time, less chance.
        let key = crate::sim::rng::mix(7);
        let mut inside = 0;
        for sample in 0..2000u64 {
            let value =
                |i: u64| (crate::sim::rng::mix(key ^ (sample * 1000 + i)) >> 11) as f64 / (1u64 << 53) as f64;
            let values: Vec<Option<f64>> = (0..60).map(|i| Some(value(i))).collect();
            let (low, high) = ask("q90(cost)").of_values(&values).interval.unwrap();
            inside += u32::from(low <= 0.9 && 0.9 <= high);
        }
        assert!(f64::from(inside) / 2000.0 > 0.94, "{inside}");
    }
}
