//! Rolling windows of integer counts: a ring of buckets for one subject, on the grid that serves every rule set of a run.
//!
//! Must not know what counts weigh.

use std::collections::VecDeque;

use crate::policy::rules::Rules;
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
    pub(super) negatives: usize,
    len: i64,
    /// Deliveries, and sends, by place in the ring; zero where a bucket is not occupied.
    pub(super) exposure: [Vec<u32>; 2],
    /// Their sums over the ring.
    pub(super) all: [u64; 2],
    /// Negative signals, bucket-major; zero where a bucket is not occupied.
    negative: Vec<u32>,
    /// Number of the newest bucket.
    pub(super) newest: i64,
    /// Its place in the ring: divisions are slow, and every signal is counted there.
    pub(super) newest_place: usize,
    /// Buckets that hold anything, ascending, so that idle hours cost nothing.
    pub(super) occupied: VecDeque<i64>,
    /// Whether the newest is among them.
    newest_occupied: bool,
    /// Those of them that hold negative signals: in most hours there are none.
    pub(super) negative_in: VecDeque<i64>,
}

impl Window {
    /// An empty window.
    pub fn new(grid: &Grid) -> Window {
        let negatives = grid.kinds() - kind::REPORT;
        Window {
            negatives,
            len: grid.len as i64,
            exposure: [vec![0; grid.len], vec![0; grid.len]],
            all: [0; 2],
            negative: vec![0; negatives * grid.len],
            newest: i64::MIN,
            newest_place: i64::MIN.rem_euclid(grid.len as i64) as usize,
            occupied: VecDeque::new(),
            newest_occupied: false,
            negative_in: VecDeque::new(),
        }
    }

    /// Makes `bucket` the newest, forgetting what falls out.
    #[inline]
    pub fn advance(&mut self, bucket: i64) {
        if bucket > self.newest {
            self.move_to(bucket);
        }
    }

    fn move_to(&mut self, bucket: i64) {
        self.newest = bucket;
        self.newest_occupied = false;
        self.newest_place = self.place(bucket);
        let out = bucket - self.len;
        while let Some(&old) = self.occupied.front().filter(|b| **b <= out) {
            self.occupied.pop_front();
            let place = self.place(old);
            for (counts, all) in self.exposure.iter_mut().zip(&mut self.all) {
                *all -= u64::from(std::mem::take(&mut counts[place]));
            }
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
        if !std::mem::replace(&mut self.newest_occupied, true) {
            self.occupied.push_back(self.newest);
        }
        let place = self.newest_place;
        if kind < kind::REPORT {
            self.exposure[kind][place] += n;
            self.all[kind] += u64::from(n);
            return;
        }
        if self.negative_in.back() != Some(&self.newest) {
            self.negative_in.push_back(self.newest);
        }
        self.negative[place * self.negatives + kind - kind::REPORT] += n;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.exposure.iter_mut().for_each(|e| e.fill(0));
        self.all = [0; 2];
        self.negative.fill(0);
        self.occupied.clear();
        self.newest_occupied = false;
        self.negative_in.clear();
    }

    #[inline]
    pub(super) fn place(&self, bucket: i64) -> usize {
        bucket.rem_euclid(self.len) as usize
    }

    /// The negative signals of a bucket, by kind.
    pub(super) fn negatives_of(&self, bucket: i64) -> &[u32] {
        let at = self.place(bucket) * self.negatives;
        &self.negative[at..at + self.negatives]
    }

    /// Adds a bucket to counts by kind.
    pub(super) fn add_to(&self, sum: &mut [u32], bucket: i64) {
        let place = self.place(bucket);
        let exposure = self.exposure.iter().map(|e| &e[place]);
        for (a, b) in sum.iter_mut().zip(exposure.chain(self.negatives_of(bucket))) {
            *a += b;
        }
    }
}
