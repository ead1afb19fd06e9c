//! What falls due to the people of a block, in buckets of an hour.
//!
//! Must not know what a key means beyond when it is due.

use crate::experiment::key::Key;

/// Width of a bucket.
const HOUR_MS: i64 = 3_600_000;
/// Buckets ahead.
const RING: usize = 64;

/// Keys by the hour in which they fall due, unordered inside it: whoever takes them orders them as it needs.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// One bucket for the keys of each hour, from bucket `next` on.
    ring: Vec<Vec<Key>>,
    /// Due beyond the ring.
    far: Vec<Key>,
    /// Buckets below are empty.
    next: i64,
    /// Everything before this key is in `due`.
    bound: Key,
    /// What falls due before the bound, in no order; taken by whoever steps.
    pub due: Vec<Key>,
    /// Nothing later is kept.
    span: i64,
}

/// The bucket of an offset. An hour ends with its last instant, as spans between evaluations do.
#[inline]
fn bucket(offset: i64) -> i64 {
    (offset + HOUR_MS - 1) / HOUR_MS
}

impl Agenda {
    /// Nothing due, up to `span` milliseconds from the start.
    pub fn new(span: i64) -> Agenda {
        Agenda {
            ring: vec![Vec::new(); RING],
            far: Vec::new(),
            next: 0,
            bound: Key::before(0),
            due: Vec::new(),
            span,
        }
    }

    /// Something falls due.
    #[inline]
    pub fn push(&mut self, key: Key) {
        if key < self.bound {
            self.due.push(key);
            return;
        }
        let offset = key.offset();
        if offset > self.span {
            return;
        }
        let bucket = bucket(offset);
        if bucket - self.next < RING as i64 {
            self.ring[bucket as usize % RING].push(key);
        } else {
            self.far.push(key);
        }
    }

    /// Moves everything before `bound` to `due`; returns whether there is anything. What was due before must have
    /// been taken.
    pub fn open(&mut self, bound: Key) -> bool {
        debug_assert!(self.due.is_empty(), "a step takes all that is due");
        self.bound = bound;
        let offset = bound.offset();
        // The last instant that may hold a key before the bound.
        let last = if bound == Key::before(offset) { offset - 1 } else { offset };
        let whole = bound == Key::before(bucket(last) * HOUR_MS + 1);
        while self.next < bucket(last) || (whole && self.next == bucket(last)) {
            let full = std::mem::take(&mut self.ring[self.next as usize % RING]);
            // The vector itself moves, so that no hour keeps the room its busiest predecessor took.
            if self.due.is_empty() {
                self.due = full
            } else {
                self.due.extend(full)
            }
            self.next += 1;
            if self.next % (RING as i64 / 2) == 0 {
                self.draw_near();
            }
        }
        if !whole && self.next == bucket(last) {
            let part = &mut self.ring[self.next as usize % RING];
            let due = &mut self.due;
            part.retain(|key| {
                let later = *key >= bound;
                if !later {
                    due.push(*key);
                }
                later
            });
        }
        !self.due.is_empty()
    }

    /// What lies in reach of the ring by now goes there.
    fn draw_near(&mut self) {
        for key in std::mem::take(&mut self.far) {
            let bucket = bucket(key.offset());
            if bucket - self.next < RING as i64 {
                self.ring[bucket as usize % RING].push(key);
            } else {
                self.far.push(key);
            }
        }
    }
}
