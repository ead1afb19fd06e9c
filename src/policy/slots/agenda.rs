//! Instants at which something may be due: put in nearly in order, taken out when they have come.
//!
//! Must not know what is due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::NOT_YET;
use crate::sim::SimTime;

/// So many entries of a queue are looked at ahead of their time.
const MANY_DUE: usize = 1024;

/// Instants at which something may be due, taken out in order. Instants of one kind are nearly all put in in order too,
/// so each kind has a queue, and only the others need a heap.
#[derive(Clone, Debug)]
pub(super) struct Agenda {
    queues: [VecDeque<(SimTime, u32)>; 2],
    others: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// The first of all.
    next: SimTime,
}

/// Ends of slots.
pub(super) const SLOTS: usize = 0;
/// Ends of reservations.
pub(super) const RESERVATIONS: usize = 1;

impl Default for Agenda {
    fn default() -> Agenda {
        Agenda { queues: Default::default(), others: BinaryHeap::new(), next: NOT_YET }
    }
}

impl Agenda {
    #[inline]
    pub fn push(&mut self, kind: usize, due: SimTime, who: u32) {
        self.next = self.next.min(due);
        let queue = &mut self.queues[kind];
        if queue.back().is_none_or(|last| last.0 <= due) {
            queue.push_back((due, who));
        } else {
            self.others.push(Reverse((due, who)));
        }
    }

    /// The queue with one of the first; the heap if none has.
    fn queue_of_first(&self) -> Option<usize> {
        self.queues.iter().position(|q| q.front().is_some_and(|f| f.0 == self.next))
    }

    /// One of the first.
    pub fn peek(&self) -> Option<(SimTime, u32)> {
        match self.queue_of_first() {
            Some(kind) => self.queues[kind].front().copied(),
            None => self.others.peek().map(|o| o.0),
        }
    }

    /// Takes out one of the first.
    pub fn pop(&mut self) {
        match self.queue_of_first() {
            Some(kind) => drop(self.queues[kind].pop_front()),
            None => drop(self.others.pop()),
        }
        self.next = self.first();
    }

    /// Takes out whatever is due by an instant, in no order.
    #[inline]
    pub fn take_due(&mut self, by: SimTime, each: impl FnMut(u32)) {
        if self.next <= by {
            self.take_out(by, each);
        }
    }

    fn take_out(&mut self, by: SimTime, mut each: impl FnMut(u32)) {
        for queue in &mut self.queues {
            while let Some((_, who)) = queue.front().copied().filter(|f| f.0 <= by) {
                queue.pop_front();
                each(who);
            }
        }
        while let Some(Reverse((_, who))) = self.others.peek().copied().filter(|o| o.0.0 <= by) {
            self.others.pop();
            each(who);
        }
        self.next = self.first();
    }

    fn first(&self) -> SimTime {
        let queued = self.queues.iter().filter_map(|q| q.front()).map(|f| f.0);
        queued.chain(self.others.peek().map(|o| o.0.0)).min().unwrap_or(NOT_YET)
    }

    /// Some of what may be due by an instant.
    pub fn due(&self, by: SimTime) -> impl Iterator<Item = u32> {
        let queues = self.queues.iter().filter(move |_| self.next <= by);
        queues.flat_map(move |q| q.iter().take(MANY_DUE).take_while(move |e| e.0 <= by).map(|e| e.1))
    }
}
