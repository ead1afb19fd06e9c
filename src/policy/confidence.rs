//! How sure a colour is: the chance of each, given only how much was seen.
//!
//! The score is a share of few events. A Beta posterior over it, weighed against the thresholds, says what chance
//! alone leaves open; whether the thresholds are the platform's is another matter. Knows no windows and no files.

use crate::messaging::rows::ColourChances;
use crate::sim::beta::beta_tails;

/// The chance of each colour, from the score, the effective sample and the thresholds.
///
/// With `s = min(score, 1)` and `n` the effective sample, the true share of negative signals follows
/// Beta(½ + s·n, ½ + (1 − s)·n): what Jeffreys' prior makes of `s·n` negatives among `n` messages. Hysteresis is
/// left out, and so is the prior of the rules other than by way of the score.
pub fn chances(score: f64, effective_sample: f64, yellow_at: f64, red_at: f64) -> ColourChances {
    let s = score.clamp(0.0, 1.0);
    let (a, b) = (0.5 + s * effective_sample, 0.5 + (1.0 - s) * effective_sample);
    let (green, above_yellow) = beta_tails(a, b, yellow_at);
    let (below_red, red) = beta_tails(a, b, red_at);
    // Of the two equal differences the one between small numbers keeps its digits.
    let yellow = if green < red { below_red - green } else { above_yellow - red };
    ColourChances { red, yellow: yellow.max(0.0), green }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::quality::{Score, Thresholds};
    use crate::policy::rules::WhenUnrated;

    #[test]
    fn chances_of_colours_agree_with_scipy_and_add_up() {
        for (score, n, red, yellow, green) in [
            (0.02, 250.0, 0.529_479_806_742_954, 0.466_465_163_972_031, 0.004_055_029_285_015_2),
            (0.0, 250.0, 0.001_473_488_231_680, 0.111_740_095_773_161_4, 0.886_786_415_995_158_6),
            (0.019, 1200.0, 0.414_478_539_419_402_6, 0.585_521_401_770_802_8, 5.880_979_575_320_27e-8),
            (0.0195, 1e6, 0.000_168_530_940_616_8, 0.999_831_469_059_383_1, 0.0),
            (0.004, 0.25, 0.882_360_605_191_151_9, 0.058_975_572_064_099_1, 0.058_663_822_744_749),
            // A report weighs more than one message, so a score can pass 1; the posterior's share cannot.
            (1.7, 100.0, 1.0, 0.0, 0.0),
        ] {
            let got = chances(score, n, 0.005, 0.02);
            for (got, want) in [(got.red, red), (got.yellow, yellow), (got.green, green)] {
                assert!((got - want).abs() < 1e-10, "score {score}, sample {n}: {got}, not {want}");
            }
            assert!((got.red + got.yellow + got.green - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_decayed_window_is_worth_fewer_messages() {
        let score = Score {
            exposure: 300,
            weighted_exposure: 200.0,
            squared_exposure: 160.0,
            value: Some(0.02),
            ..Score::default()
        };
        assert_eq!(score.effective_sample(), Some(250.0));
        let thresholds = Thresholds {
            min_sample: 100,
            yellow_at: 0.005,
            red_at: 0.02,
            hysteresis: 0.0,
            when_unrated: WhenUnrated::Unknown,
        };
        assert_eq!(thresholds.chances(&score), Some(chances(0.02, 250.0, 0.005, 0.02)));
        assert_eq!(thresholds.chances(&Score { value: None, ..score }), None);
        assert_eq!(
            (Score::default().effective_sample(), thresholds.chances(&Score::default())),
            (None, None)
        );
    }

    #[test]
    fn more_of_the_same_makes_surer() {
        let red = |n: f64| chances(0.025, n, 0.005, 0.02).red;
        let course: Vec<f64> = [50.0, 250.0, 1e3, 1e4, 1e5].map(red).to_vec();
        assert!(course.windows(2).all(|w| w[0] < w[1]), "{course:?}");
        assert!(course[4] > 0.999_999);
    }
}
