//! Rolling windows of integer counts, and how a window becomes a score and a colour.
//!
//! Counts are integers per bucket; only the final sum is floating point. Knows nothing of limits, flags or files.

use std::collections::VecDeque;

use crate::messaging::QualityRating;
use crate::messaging::rows::ColourChances;
use crate::policy::confidence;
use crate::policy::rules::{Denominator, RatingRules, Recency, Rules, TemplateRules, WhenUnrated};
use crate::sim::{SimDuration, SimTime};

/// What a window counts: deliveries, sends, reports, mutes, archives, then blocks by reason slot.
pub mod kind {
    /// Deliveries: what negative signals are divided by, unless the rules say sends.
    pub const DELIVERED: usize = 0;
    /// Sends.
    pub const SENT: usize = 1;
    /// Reports.
    pub const REPORT: usize = 2;
    /// Mutes.
    pub const MUTE: usize = 3;
    /// Archives.
    pub const ARCHIVE: usize = 4;
    /// Blocks for a reason that no rule set weighs specially; further reasons follow.
    pub const BLOCK: usize = 5;
}

/// The most counts a bucket can hold: room for 58 block reasons with a factor of their own.
pub const MAX_KINDS: usize = 64;

/// The shape all windows of a run share: the finest grid and the longest memory of any rule set in force, so that
/// a change of rules finds the counts it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Width of a bucket: the greatest common divisor of the cadences.
    pub base: SimDuration,
    /// Buckets kept.
    pub len: usize,
    /// Block reasons with a factor of their own in any rule set, in byte order.
    pub reasons: Vec<String>,
}

impl Grid {
    /// The grid that serves all these rule sets.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a Rules>) -> Grid {
        let mut base = 0i64;
        let mut window = 0i64;
        let mut reasons: Vec<String> = Vec::new();
        for r in rules {
            base = gcd(base, r.rating.cadence.0);
            window = window.max(r.rating.window.0);
            reasons.extend(r.rating.weights.reason.keys().cloned());
        }
        assert!(base > 0, "a run needs at least one rule set, and cadences are positive");
        reasons.sort();
        reasons.dedup();
        assert!(kind::BLOCK + 1 + reasons.len() <= MAX_KINDS, "policy files are checked for this");
        Grid { base: SimDuration(base), len: (window / base) as usize, reasons }
    }

    /// How many counts a bucket holds.
    pub fn kinds(&self) -> usize {
        kind::BLOCK + 1 + self.reasons.len()
    }

    /// Where a block with this reason is counted.
    pub fn block_kind(&self, reason: &str) -> usize {
        match self.reasons.binary_search_by(|r| r.as_str().cmp(reason)) {
            Ok(i) => kind::BLOCK + 1 + i,
            Err(_) => kind::BLOCK,
        }
    }

    /// The bucket that holds an instant: half-open at the past end, so that a grid instant closes its bucket.
    pub fn bucket_of(&self, at: SimTime) -> i64 {
        at.ceil_to(self.base).0 / self.base.0
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A ring of buckets for one subject.
#[derive(Clone, Debug)]
pub struct Window {
    /// Kinds of negative signals.
    negatives: usize,
    len: i64,
    /// Deliveries and sends by place in the ring; zero where a bucket is not occupied.
    exposure: Vec<[u32; 2]>,
    /// Negative signals, bucket-major; zero where a bucket is not occupied.
    negative: Vec<u32>,
    /// Number of the newest bucket.
    newest: i64,
    /// Its place in the ring: divisions are slow, and every signal is counted there.
    newest_place: usize,
    /// Buckets that hold anything, ascending, so that idle hours cost nothing.
    occupied: VecDeque<i64>,
    /// Those of them that hold negative signals: in most hours there are none.
    negative_in: VecDeque<i64>,
}

impl Window {
    /// An empty window.
    pub fn new(grid: &Grid) -> Window {
        let negatives = grid.kinds() - kind::REPORT;
        Window {
            negatives,
            len: grid.len as i64,
            exposure: vec![[0; 2]; grid.len],
            negative: vec![0; negatives * grid.len],
            newest: i64::MIN,
            newest_place: i64::MIN.rem_euclid(grid.len as i64) as usize,
            occupied: VecDeque::new(),
            negative_in: VecDeque::new(),
        }
    }

    /// Makes `bucket` the newest, forgetting what falls out.
    #[inline]
    pub fn advance(&mut self, bucket: i64) {
        if bucket <= self.newest {
            return;
        }
        self.newest = bucket;
        self.newest_place = self.place(bucket);
        let out = bucket - self.len;
        while let Some(&old) = self.occupied.front().filter(|b| **b <= out) {
            self.occupied.pop_front();
            let place = self.place(old);
            self.exposure[place] = [0; 2];
        }
        while let Some(&old) = self.negative_in.front().filter(|b| **b <= out) {
            self.negative_in.pop_front();
            let at = self.place(old) * self.negatives;
            self.negative[at..at + self.negatives].fill(0);
        }
    }

    /// Counts `n` of a kind in the newest bucket.
    #[inline]
    pub fn add(&mut self, kind: usize, n: u32) {
        if self.occupied.back() != Some(&self.newest) {
            self.occupied.push_back(self.newest);
        }
        let place = self.newest_place;
        if kind < kind::REPORT {
            self.exposure[place][kind] += n;
            return;
        }
        if self.negative_in.back() != Some(&self.newest) {
            self.negative_in.push_back(self.newest);
        }
        self.negative[place * self.negatives + kind - kind::REPORT] += n;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.exposure.fill([0; 2]);
        self.negative.fill(0);
        self.occupied.clear();
        self.negative_in.clear();
    }

    #[inline]
    fn place(&self, bucket: i64) -> usize {
        bucket.rem_euclid(self.len) as usize
    }

    /// The negative signals of a bucket, by kind.
    fn negatives_of(&self, bucket: i64) -> &[u32] {
        let at = self.place(bucket) * self.negatives;
        &self.negative[at..at + self.negatives]
    }

    /// Adds a bucket to counts by kind.
    fn add_to(&self, sum: &mut [u32], bucket: i64) {
        let exposure = &self.exposure[self.place(bucket)];
        for (a, b) in sum.iter_mut().zip(exposure.iter().chain(self.negatives_of(bucket))) {
            *a += b;
        }
    }
}

/// Which count negative signals are divided by.
pub fn exposure_kind(denominator: Denominator) -> usize {
    match denominator {
        Denominator::Delivered => kind::DELIVERED,
        Denominator::Sent => kind::SENT,
    }
}

/// A rule set's way of scoring, with its decay worked out once.
#[derive(Clone, Debug)]
pub struct Scorer {
    /// Width of a bucket of the base grid \[ms\].
    base: i64,
    /// Buckets of the base grid per bucket of this rule set.
    step: i64,
    /// Weight by age, a multiple of 2^-32.
    decay: Vec<f64>,
    /// Which count negative signals are divided by.
    exposure: usize,
    /// Weight by kind; zero for deliveries and sends.
    weights: Vec<f64>,
    /// Kinds in the order in which they are summed: blocks by reason in byte order, report, mute, archive.
    order: Vec<usize>,
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
        let decay = (0..len)
            .map(|j| match rating.recency {
                Recency::Flat => 1.0,
                Recency::HalfLife(h) => {
                    let exact = libm::exp2(-((j as i64 * rating.cadence.0) as f64) / h.0 as f64);
                    libm::rint(exact * 4_294_967_296.0) / 4_294_967_296.0
                }
            })
            .collect();
        let w = &rating.weights;
        let mut weights = vec![0.0; grid.kinds()];
        weights[kind::REPORT] = w.report;
        weights[kind::MUTE] = w.mute;
        weights[kind::ARCHIVE] = w.archive;
        weights[kind::BLOCK] = w.block;
        for (i, reason) in grid.reasons.iter().enumerate() {
            weights[kind::BLOCK + 1 + i] = w.block * w.reason.get(reason).copied().unwrap_or(1.0);
        }
        let order = (kind::BLOCK..grid.kinds()).chain([kind::REPORT, kind::MUTE, kind::ARCHIVE]).collect();
        Scorer {
            base: grid.base.0,
            step: rating.cadence.0 / grid.base.0,
            decay,
            exposure: exposure_kind(rating.denominator),
            weights,
            order,
            prior_strength: rating.prior_strength,
            prior_rate: rating.prior_rate,
        }
    }

    /// Scores a window whose newest bucket is the evaluation's.
    pub fn score(&self, window: &Window) -> Score {
        let (mut s, negative) = self.sums(window);
        let below = s.weighted_exposure + self.prior_strength;
        if below != 0.0 {
            s.value = Some((negative + self.prior_strength * self.prior_rate) / below);
        }
        s
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
        // Each bucket of the grid is one of this rule set. Where nothing was, zeros change no sum.
        let newest = window.place(window.newest);
        let (young, old) = window.exposure.split_at(newest + 1);
        let from_the_newest = young.iter().rev().chain(old.iter().rev());
        for (e, d) in from_the_newest.zip(&self.decay) {
            self.add_exposure(*d, e[self.exposure], &mut s);
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

    /// Adds a bucket's negative signals, by kind from [`kind::REPORT`] on.
    fn add_negatives(&self, d: f64, bucket: &[u32], s: &mut Score, negative: &mut f64) {
        let of = |kind: usize| bucket[kind - kind::REPORT];
        let mut n = 0.0;
        for &k in &self.order {
            n += self.weights[k] * f64::from(of(k));
        }
        *negative += d * n;
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

    /// The colour before anything is known.
    pub fn initial(&self) -> QualityRating {
        match self.when_unrated {
            WhenUnrated::Green => QualityRating::Green,
            WhenUnrated::Unknown | WhenUnrated::Keep => QualityRating::Unknown,
        }
    }

    /// The colour after an evaluation that follows the colour `before`.
    pub fn colour(&self, score: &Score, before: QualityRating) -> QualityRating {
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
