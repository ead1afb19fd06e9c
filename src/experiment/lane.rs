//! The exact books of one limit over all blocks, for steps in which the limit may be reached or a raise may fall due.
//!
//! Blocks hold each recipient's slot; this holds what depends on all of them: slots in use, distinct recipients, and
//! when the next slot frees. Time only goes forward. Knows no rules beyond the spans it is given.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::experiment::block::{BLOCK, Block, FREE};

/// Exact books of one scope.
#[derive(Debug)]
pub struct Lane {
    scope: usize,
    /// Whether books are kept at all.
    kept: bool,
    period: i64,
    in_use: u64,
    releases: BinaryHeap<Reverse<(i64, u32)>>,
    expected: BinaryHeap<Reverse<(i64, u32)>>,
    distinct: Option<Distinct>,
}

/// Distinct recipients over one span.
#[derive(Debug)]
struct Distinct {
    over: i64,
    after: i64,
    count: u64,
    /// Starts that age out in this step, oldest first, and how many are done with.
    aging: Vec<(i64, u32)>,
    done: usize,
}

fn at(who: u32) -> (usize, usize) {
    (who as usize / BLOCK, who as usize % BLOCK)
}

impl Lane {
    /// No books: for a limit that can neither be reached nor raised in this step.
    pub fn idle(scope: usize) -> Lane {
        Lane {
            scope,
            kept: false,
            period: 0,
            in_use: 0,
            releases: BinaryHeap::new(),
            expected: BinaryHeap::new(),
            distinct: None,
        }
    }

    /// The books of `scope` as of just before `from`, good for steps from there on.
    pub fn new(blocks: &[Block], scope: usize, period: i64, from: i64) -> Lane {
        let mut lane = Lane { kept: true, period, ..Lane::idle(scope) };
        let mut releases = Vec::new();
        let mut expected = Vec::new();
        for b in blocks {
            for (i, slot) in b.slots[scope].iter().enumerate() {
                let release = slot.release(period);
                if release >= from {
                    let who = b.people.first + i as u32;
                    lane.in_use += 1;
                    releases.push(Reverse((release, who)));
                    expected.push(Reverse((slot.expected(from - 1, period), who)));
                }
            }
        }
        lane.releases = releases.into();
        lane.expected = expected.into();
        lane
    }

    /// Counts distinct recipients for the step `from..=until`: latest starts within `over` and after `after`.
    pub fn count_distinct(&mut self, blocks: &[Block], over: i64, after: i64, from: i64, until: i64) {
        let mut d = Distinct { over, after, count: 0, aging: Vec::new(), done: 0 };
        // As of just before `from`: starts at `out` or before are out.
        let out = (from - 1 - over).max(after);
        for b in blocks {
            for (i, slot) in b.slots[self.scope].iter().enumerate() {
                if slot.start > out {
                    d.count += 1;
                    if slot.start <= until - over {
                        d.aging.push((slot.start, b.people.first + i as u32));
                    }
                }
            }
        }
        d.aging.sort_unstable();
        self.distinct = Some(d);
    }

    /// Brings the books up to an offset.
    fn settle(&mut self, blocks: &[Block], now: i64) {
        while let Some(Reverse((due, who))) = self.releases.peek().copied() {
            if due > now {
                break;
            }
            self.releases.pop();
            let (b, i) = at(who);
            if blocks[b].slots[self.scope][i].release(self.period) == due {
                self.in_use -= 1;
            }
        }
        if let Some(d) = &mut self.distinct {
            while let Some((start, who)) = d.aging.get(d.done).copied() {
                if start > now - d.over {
                    break;
                }
                d.done += 1;
                let (b, i) = at(who);
                if blocks[b].slots[self.scope][i].start == start {
                    d.count -= 1;
                }
            }
        }
    }

    /// Whether this recipient holds a slot, and how many are in use.
    pub fn look(&mut self, blocks: &[Block], who: u32, now: i64) -> (bool, u64) {
        if !self.kept {
            return (false, 0);
        }
        self.settle(blocks, now);
        let (b, i) = at(who);
        (blocks[b].slots[self.scope][i].is_held(now, self.period), self.in_use)
    }

    /// What a recipient's slot is like before something happens to it.
    pub fn before(&mut self, blocks: &[Block], who: u32, now: i64) -> (i64, i64) {
        if !self.kept {
            return (FREE, FREE);
        }
        self.settle(blocks, now);
        let (b, i) = at(who);
        let s = &blocks[b].slots[self.scope][i];
        (s.release(self.period), s.start)
    }

    /// Takes note of what happened to it.
    pub fn after(&mut self, blocks: &[Block], who: u32, now: i64, before: (i64, i64)) {
        if !self.kept {
            return;
        }
        let (b, i) = at(who);
        let s = &blocks[b].slots[self.scope][i];
        let release = s.release(self.period);
        if release > now {
            if before.0 <= now {
                self.in_use += 1;
            }
            if before.0 != release || before.0 <= now {
                self.releases.push(Reverse((release, who)));
            }
            self.expected.push(Reverse((s.expected(now, self.period), who)));
        } else if before.0 > now {
            self.in_use -= 1;
        }
        if let Some(d) = &mut self.distinct
            && s.start != before.1
            && before.1 <= (now - d.over).max(d.after)
        {
            d.count += 1;
        }
    }

    /// Distinct recipients at an offset.
    pub fn distinct(&mut self, blocks: &[Block], now: i64) -> u64 {
        self.settle(blocks, now);
        self.distinct.as_ref().map_or(0, |d| d.count)
    }

    /// When, after `now`, a sender next expects a slot to free.
    pub fn next_expected(&mut self, blocks: &[Block], now: i64) -> Option<i64> {
        while let Some(Reverse((due, who))) = self.expected.peek().copied() {
            let (b, i) = at(who);
            let s = &blocks[b].slots[self.scope][i];
            if due > now && s.is_held(now, self.period) && s.expected(now, self.period) == due {
                return Some(due);
            }
            self.expected.pop();
        }
        None
    }
}
