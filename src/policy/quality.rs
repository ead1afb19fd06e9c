//! How a window of counts becomes a score and a colour.
//!
//! Counts are integers per bucket; only the final sum is floating point. Knows nothing of limits, flags or files.

mod window;

use crate::messaging::QualityRating;
use crate::messaging::rows::{ColourChances, ColourThresholds};
use crate::policy::confidence;
use crate::policy::rules::{Denominator, RatingRules, Recency, TemplateRules, WhenUnrated};
use crate::sim::SimTime;

pub use window::{Grid, MAX_KINDS, Window, kind};

/// Which count negative signals are divided by.
pub fn exposure_kind(denominator: Denominator) -> usize {
    match denominator {
        Denominator::Delivered => kind::DELIVERED,
        Denominator::Sent => kind::SENT,
    }
}

/// Weights by age are multiples of one over this.
const WHOLE: f64 = 4_294_967_296.0;

/// Up to this exposure a sum of weighted counts is exact in double precision, in whatever order it is made.
const EXACT_UP_TO: u64 = 1 << 21;

/// A rule set's way of scoring, with its decay worked out once.
#[derive(Clone, Debug)]
pub struct Scorer {
    /// Width of a bucket of the base grid \[ms\].
    base: i64,
    /// Buckets of the base grid per bucket of this rule set.
    step: i64,
    /// Weight by age, a multiple of 2^-32.
    decay: Vec<f64>,
    /// The same in units of 2^-32, the oldest first; zero for those of weight one.
    shares: Vec<u32>,
    /// So many ages, the youngest, have weight one.
    whole: usize,
    /// Which count negative signals are divided by.
    exposure: usize,
    /// Weights of blocks, by reason in byte order; summed first.
    of_blocks: Vec<f64>,
    /// Weights of report, mute, archive.
    of_others: [f64; 3],
    prior_strength: f64,
    prior_rate: f64,
}

/// What a window says at an evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Raw exposure in the window.
    pub exposure: u64,
    /// Raw blocks, all reasons.
    pub blocks: u64,
    /// Raw reports.
    pub reports: u64,
    /// Raw mutes.
    pub mutes: u64,
    /// Raw archives.
    pub archives: u64,
    /// Decayed exposure.
    pub weighted_exposure: f64,
    /// Sum of squared decay times exposure, for the effective sample.
    pub squared_exposure: f64,
    /// Weighted negative signals per message; none when there is nothing to divide by.
    pub value: Option<f64>,
}

/// What decides a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Raw exposure in the window.
    pub exposure: u64,
    /// Weighted negative signals per message; none when there is nothing to divide by.
    pub value: Option<f64>,
}

/// One bucket of a window with what it adds to the score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BucketPart {
    /// Signals after this instant…
    pub from: SimTime,
    /// …and up to this one.
    pub to: SimTime,
    /// Weight of the bucket by its age.
    pub decay: f64,
    /// Deliveries (or sends, as the policy says).
    pub exposure: u64,
    /// Blocks, all reasons.
    pub blocks: u64,
    /// Reports.
    pub reports: u64,
    /// Mutes.
    pub mutes: u64,
    /// Archives.
    pub archives: u64,
    /// What it adds to the weighted negative signals.
    pub negatives: f64,
    /// What it adds to the decayed exposure.
    pub weighted_exposure: f64,
}

impl Score {
    /// What decides the colour.
    pub fn rate(&self) -> Rate {
        Rate { exposure: self.exposure, value: self.value }
    }

    /// How many undecayed messages would carry as much information: Kish's effective sample, (Σ d·e)² / Σ d²·e.
    /// None when the window holds no exposure.
    pub fn effective_sample(&self) -> Option<f64> {
        let e = self.weighted_exposure;
        (self.squared_exposure > 0.0).then(|| e * e / self.squared_exposure)
    }
}

impl Scorer {
    /// The scorer of a rule set on a grid.
    pub fn new(rating: &RatingRules, grid: &Grid) -> Scorer {
        let len = (rating.window.0 / rating.cadence.0) as usize;
        let decay: Vec<f64> = (0..len)
            .map(|j| match rating.recency {
                Recency::Flat => 1.0,
                Recency::HalfLife(h) => {
                    let exact = libm::exp2(-((j as i64 * rating.cadence.0) as f64) / h.0 as f64);
                    libm::rint(exact * WHOLE) / WHOLE
                }
            })
            .collect();
        let share = |d: &f64| if *d == 1.0 { 0 } else { (d * WHOLE) as u32 };
        let w = &rating.weights;
        let of_reason = |reason: &String| w.block * w.reason.get(reason).copied().unwrap_or(1.0);
        Scorer {
            base: grid.base.0,
            step: rating.cadence.0 / grid.base.0,
            shares: decay.iter().rev().map(share).collect(),
            whole: decay.iter().take_while(|d| **d == 1.0).count(),
            decay,
            exposure: exposure_kind(rating.denominator),
            of_blocks: std::iter::once(w.block).chain(grid.reasons.iter().map(of_reason)).collect(),
            of_others: [w.report, w.mute, w.archive],
            prior_strength: rating.prior_strength,
            prior_rate: rating.prior_rate,
        }
    }

    /// Scores a window whose newest bucket is the evaluation's.
    pub fn score(&self, window: &Window) -> Score {
        let (mut s, negative) = self.sums(window);
        s.value = self.value(negative, s.weighted_exposure);
        s
    }

    fn value(&self, negative: f64, weighted_exposure: f64) -> Option<f64> {
        let below = weighted_exposure + self.prior_strength;
        (below != 0.0).then(|| (negative + self.prior_strength * self.prior_rate) / below)
    }

    /// [`Scorer::score`] as far as a colour hangs on it, to the last bit: most evaluations keep no row and need no more.
    pub fn rate(&self, window: &Window) -> Rate {
        if self.step > 1 || window.occupied.is_empty() {
            return self.score(window).rate();
        }
        let Some((exposure, weighted)) = self.exact_exposure(window) else {
            return self.score(window).rate();
        };
        let mut negative = 0.0;
        for &b in window.negative_in.iter().rev() {
            let age = (window.newest - b) as usize;
            if age >= self.decay.len() {
                break;
            }
            negative += self.decay[age] * self.weigh(window.negatives_of(b));
        }
        Rate { exposure, value: self.value(negative, weighted) }
    }

    /// Raw and decayed exposure of a window in integers, where those are sure to give what a sum of floats gives.
    fn exact_exposure(&self, window: &Window) -> Option<(u64, f64)> {
        let counts = &window.exposure[self.exposure];
        let (young, old) = counts.split_at(window.newest_place + 1);
        let young = &young[young.len().saturating_sub(self.shares.len())..];
        let (old_shares, shares) = self.shares.split_at(self.shares.len() - young.len());
        let old = &old[old.len() - old_shares.len()..];
        let sum = |counts: &[u32]| counts.iter().map(|n| u64::from(*n)).sum::<u64>();
        let exposure = match self.shares.len() == counts.len() {
            true => window.all[self.exposure],
            false => sum(old) + sum(young),
        };
        if exposure > EXACT_UP_TO {
            return None;
        }
        let weigh = |counts: &[u32], shares: &[u32]| {
            counts.iter().zip(shares).map(|(n, s)| u64::from(*n) * u64::from(*s)).sum::<u64>()
        };
        let whole = match self.whole {
            all if all >= self.shares.len() => exposure,
            n if n <= young.len() => sum(&young[young.len() - n..]),
            n => sum(young) + sum(&old[old.len() - (n - young.len())..]),
        };
        let units = (whole << 32) + weigh(old, old_shares) + weigh(young, shares);
        Some((exposure, units as f64 / WHOLE))
    }

    /// The sums of a window over its buckets, and the weighted negative signals.
    fn sums(&self, window: &Window) -> (Score, f64) {
        let (mut s, mut negative) = (Score::default(), 0.0);
        if window.occupied.is_empty() {
            return (s, negative);
        }
        if self.step > 1 {
            self.each_bucket(window, |age, bucket| self.add_bucket(age, bucket, &mut s, &mut negative));
            return (s, negative);
        }
        // Each bucket of the grid is one of this rule set. Where nothing was, zeros change no sum: few buckets are
        // added one by one, many by going through all.
        let counts = &window.exposure[self.exposure];
        if window.occupied.len() * 4 < self.decay.len() {
            for &b in window.occupied.iter().rev() {
                let Some(d) = self.decay.get((window.newest - b) as usize) else { break };
                self.add_exposure(*d, counts[window.place(b)], &mut s);
            }
        } else {
            let (young, old) = counts.split_at(window.newest_place + 1);
            let (late, early) = self.decay.split_at(young.len().min(self.decay.len()));
            for (counts, decay) in [(young, late), (old, early)] {
                for (e, d) in counts.iter().rev().zip(decay) {
                    self.add_exposure(*d, *e, &mut s);
                }
            }
        }
        for &b in window.negative_in.iter().rev() {
            let age = (window.newest - b) as usize;
            if age >= self.decay.len() {
                break;
            }
            self.add_negatives(self.decay[age], window.negatives_of(b), &mut s, &mut negative);
        }
        (s, negative)
    }

    /// The buckets of this rule set that hold anything, the newest first, by age with their counts by kind. Buckets
    /// of the grid that share one add up first.
    fn each_bucket(&self, window: &Window, mut each: impl FnMut(usize, &[u32])) {
        let mut sum = [0u32; MAX_KINDS];
        let sum = &mut sum[..kind::REPORT + window.negatives];
        let mut age: Option<usize> = None;
        for &b in window.occupied.iter().rev() {
            let j = ((window.newest - b) / self.step) as usize;
            if j >= self.decay.len() {
                break;
            }
            if let Some(whole) = age.filter(|age| *age != j) {
                each(whole, sum);
                sum.fill(0);
            }
            age = Some(j);
            window.add_to(sum, b);
        }
        if let Some(whole) = age {
            each(whole, sum);
        }
    }

    /// The buckets of a window that hold anything, the newest first, with what each adds to the score.
    pub fn parts(&self, window: &Window) -> Vec<BucketPart> {
        let cadence = self.base * self.step;
        let end = window.newest.saturating_mul(self.base);
        let mut parts = Vec::new();
        self.each_bucket(window, |age, bucket| {
            let (mut s, mut negatives) = (Score::default(), 0.0);
            self.add_bucket(age, bucket, &mut s, &mut negatives);
            parts.push(BucketPart {
                from: SimTime(end - (age as i64 + 1) * cadence),
                to: SimTime(end - age as i64 * cadence),
                decay: self.decay[age],
                exposure: s.exposure,
                blocks: s.blocks,
                reports: s.reports,
                mutes: s.mutes,
                archives: s.archives,
                negatives,
                weighted_exposure: s.weighted_exposure,
            });
        });
        parts
    }

    fn add_bucket(&self, age: usize, bucket: &[u32], s: &mut Score, negative: &mut f64) {
        let d = self.decay[age];
        self.add_exposure(d, bucket[self.exposure], s);
        self.add_negatives(d, &bucket[kind::REPORT..], s, negative);
    }

    #[inline]
    fn add_exposure(&self, d: f64, e: u32, s: &mut Score) {
        s.exposure += u64::from(e);
        s.weighted_exposure += d * f64::from(e);
        s.squared_exposure += d * d * f64::from(e);
    }

    /// The weighted negative signals of a bucket, by kind from [`kind::REPORT`] on.
    fn weigh(&self, bucket: &[u32]) -> f64 {
        let first = kind::BLOCK - kind::REPORT;
        let n = bucket[first..].iter().zip(&self.of_blocks).fold(0.0, |n, (b, w)| n + w * f64::from(*b));
        bucket[..first].iter().zip(&self.of_others).fold(n, |n, (b, w)| n + w * f64::from(*b))
    }

    /// Adds a bucket's negative signals, by kind from [`kind::REPORT`] on.
    fn add_negatives(&self, d: f64, bucket: &[u32], s: &mut Score, negative: &mut f64) {
        let of = |kind: usize| bucket[kind - kind::REPORT];
        *negative += d * self.weigh(bucket);
        s.reports += u64::from(of(kind::REPORT));
        s.mutes += u64::from(of(kind::MUTE));
        s.archives += u64::from(of(kind::ARCHIVE));
        s.blocks += bucket[kind::BLOCK - kind::REPORT..].iter().map(|n| u64::from(*n)).sum::<u64>();
    }
}

/// Thresholds by which a score becomes a colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Exposure below which there is no rating.
    pub min_sample: u64,
    /// Score from which it is yellow.
    pub yellow_at: f64,
    /// Score from which it is red.
    pub red_at: f64,
    /// Share by which a threshold must be undercut for a better colour.
    pub hysteresis: f64,
    /// What an unrated subject shows.
    pub when_unrated: WhenUnrated,
}

impl Thresholds {
    /// Those of numbers.
    pub fn of_numbers(r: &RatingRules) -> Thresholds {
        Thresholds {
            min_sample: r.min_sample,
            yellow_at: r.yellow_at,
            red_at: r.red_at,
            hysteresis: r.hysteresis,
            when_unrated: r.when_unrated,
        }
    }

    /// Those of templates: as for numbers, with thresholds of their own.
    pub fn of_templates(r: &RatingRules, t: &TemplateRules) -> Thresholds {
        Thresholds {
            min_sample: t.min_sample,
            yellow_at: t.yellow_at,
            red_at: t.red_at,
            ..Thresholds::of_numbers(r)
        }
    }

    /// The chance of each colour by the sample alone; none without a score or without exposure.
    pub fn chances(&self, score: &Score) -> Option<ColourChances> {
        let n = score.effective_sample()?;
        Some(confidence::chances(score.value?, n, self.yellow_at, self.red_at))
    }

    /// The scores at which colours change.
    pub fn of_colours(&self) -> ColourThresholds {
        ColourThresholds { yellow_at: self.yellow_at, red_at: self.red_at }
    }

    /// The colour before anything is known.
    pub fn initial(&self) -> QualityRating {
        match self.when_unrated {
            WhenUnrated::Green => QualityRating::Green,
            WhenUnrated::Unknown | WhenUnrated::Keep => QualityRating::Unknown,
        }
    }

    /// The colour after an evaluation that follows the colour `before`.
    pub fn colour(&self, score: Rate, before: QualityRating) -> QualityRating {
        let Some(value) = score.value.filter(|_| score.exposure >= self.min_sample) else {
            return match self.when_unrated {
                WhenUnrated::Unknown => QualityRating::Unknown,
                WhenUnrated::Green => QualityRating::Green,
                WhenUnrated::Keep => before,
            };
        };
        // A better colour has to undercut each threshold it passes by the hysteresis; a worse one comes at once.
        let ease = 1.0 - self.hysteresis;
        let red_at = if before == QualityRating::Red { ease * self.red_at } else { self.red_at };
        let passes_yellow = matches!(before, QualityRating::Red | QualityRating::Yellow);
        let yellow_at = if passes_yellow { ease * self.yellow_at } else { self.yellow_at };
        if value >= red_at {
            QualityRating::Red
        } else if value >= yellow_at {
            QualityRating::Yellow
        } else {
            QualityRating::Green
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rng::Draws;

    /// The default rules with a rating of their own.
    fn scorer(cadence: i64, recency: Recency, window: i64) -> (Scorer, Grid) {
        let policy = crate::policy::timeline::Policy::pinned("2025-12").expect("a shipped era");
        let mut rules = (**policy.timeline().rules(0)).clone();
        rules.rating.cadence = crate::sim::SimDuration::hours(cadence);
        rules.rating.window = crate::sim::SimDuration::hours(window);
        rules.rating.recency = recency;
        rules.rating.weights.reason.insert("spam".to_string(), 2.5);
        // A grid that keeps more than these rules look at.
        let mut longer = rules.clone();
        longer.rating.cadence = crate::sim::SimDuration::hours(1);
        longer.rating.window = crate::sim::SimDuration::hours(window + 24);
        let grid = Grid::new([&rules, &longer]);
        (Scorer::new(&rules.rating, &grid), grid)
    }

    #[test]
    fn a_rate_is_its_score_to_the_last_bit() {
        let half_life = |hours| Recency::HalfLife(crate::sim::SimDuration::hours(hours));
        let draws = Draws::new(7, 1);
        for (cadence, recency, window) in [
            (1, Recency::Flat, 168),
            (1, half_life(72), 168),
            (1, half_life(2), 168),
            (1, half_life(100_000_000_000), 100),
            (4, half_life(72), 168),
        ] {
            let (scorer, grid) = scorer(cadence, recency, window);
            // Few messages, and more than integers can weigh exactly.
            for most in [9, 100_000] {
                let mut w = Window::new(&grid);
                assert_eq!(scorer.rate(&w), scorer.score(&w).rate());
                for hour in 1..500i64 {
                    w.advance(hour);
                    let words = draws.block([hour as u64, most, 0, 0]);
                    if !words[0].is_multiple_of(3) {
                        w.add(kind::DELIVERED, (words[1] % most) as u32);
                        w.add(kind::SENT, (words[2] % most) as u32);
                    }
                    if words[0].is_multiple_of(5) {
                        w.add(kind::BLOCK + (words[3] % 2) as usize, 1 + (words[3] % 7) as u32);
                        w.add(kind::MUTE, 1);
                    }
                    let (rate, score) = (scorer.rate(&w), scorer.score(&w));
                    assert_eq!(rate.exposure, score.exposure, "{recency:?}, hour {hour}");
                    assert_eq!(
                        rate.value.map(f64::to_bits),
                        score.value.map(f64::to_bits),
                        "{recency:?}, hour {hour}"
                    );
                }
            }
        }
    }
}
