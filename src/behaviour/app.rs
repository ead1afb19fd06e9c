//! A number in the Business app, the free client beside the API: how its owner sends broadcast lists, and who has
//! saved the number.
//!
//! The owner's side and the people's; what the platform allows is the policy's. May not know a rating: nobody has
//! published one for the app.

use crate::sim::SimDuration;

/// How the owner of an app number sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AppSender {
    /// From the start of one list to the start of the next: lists are sent by hand.
    pub list_gap: SimDuration,
    /// Whether broadcasts beyond the month's allowance are bought; otherwise they are not sent.
    pub buys: bool,
    /// Price of one broadcast bought, in the scenario's currency.
    pub price: f64,
}

/// Who of a segment has saved the number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Saved {
    /// Share of the people who have it when the number begins.
    pub at_start: f64,
    /// Of those who have not, the share who save it in the course of 30 days.
    pub per_month: f64,
}

/// The span of [`Saved::per_month`].
const MONTH: SimDuration = SimDuration::days(30);

impl Saved {
    /// When somebody saves the number, from its beginning: at once, after so long, or never. `first` decides about the
    /// beginning, `later` about what follows; both lie in (0, 1).
    pub fn after(self, first: f64, later: f64) -> Option<SimDuration> {
        if first < self.at_start {
            return Some(SimDuration::ZERO);
        }
        if self.per_month <= 0.0 {
            return None;
        }
        // Evenly likely at any moment, so that after a month this share has come about.
        let months = libm::log(later) / libm::log(1.0 - self.per_month);
        let ms = months * MONTH.0 as f64;
        // Beyond any run.
        (ms < 1e15).then_some(SimDuration(ms as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_brings_the_share_it_says() {
        let saved = Saved { at_start: 0.3, per_month: 0.2 };
        assert_eq!(saved.after(0.29, 0.5), Some(SimDuration::ZERO));
        let n = 10_000;
        let within = |days| {
            let soon = |i: &u64| {
                let later = (*i as f64 + 0.5) / n as f64;
                saved.after(0.9, later).is_some_and(|d| d <= SimDuration::days(days))
            };
            (0..n).filter(soon).count() as f64 / n as f64
        };
        assert!((within(30) - 0.2).abs() < 1e-3, "{}", within(30));
        assert!((within(60) - 0.36).abs() < 1e-3, "{}", within(60));
        assert_eq!(Saved { at_start: 0.0, per_month: 0.0 }.after(0.01, 0.01), None);
    }
}
