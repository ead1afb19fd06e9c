//! What a block did in a step: counts by cell, and what has to be told one by one.
//!
//! Must not know why something counts.

use crate::experiment::block::Step;
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::tally::{Shape, refused, slot_of};

/// Which of a cell's events came last, by what they mean for ratings; [`Key::NONE`] where there was none.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    /// Last delivery.
    pub delivered: Key,
    /// Last send.
    pub sent: Key,
    /// Last negative signal.
    pub negative: Key,
    /// Last negative signal that counts for the template.
    pub negative_of_template: Key,
}

impl Last {
    pub(super) const NONE: Last =
        Last { delivered: Key::NONE, sent: Key::NONE, negative: Key::NONE, negative_of_template: Key::NONE };
}

/// What a block did in a step.
#[derive(Clone, Debug)]
pub struct Slice {
    /// What was signalled; in order if the step is asked to.
    pub log: Vec<Key>,
    /// Cells with events in this step.
    pub touched: Vec<u32>,
    is_touched: Vec<bool>,
    counts: Vec<u32>,
    width: usize,
    /// For each cell, its last events.
    pub last: Vec<Last>,
    /// Negative signals that answer deliveries from before the template was resumed: (cell, slot).
    pub stale: Vec<(u32, u32)>,
    /// Reads of messages, where some rules look at them: (cell, offset of the delivery, key of the read).
    pub reads: Vec<(u32, i64, Key)>,
    /// Triggered messages that arose, by campaign.
    pub planned: Vec<u64>,
    /// Messages given up, by campaign.
    pub not_sent: Vec<u64>,
    /// Tries after a temporary refusal, by campaign.
    pub retried: Vec<u64>,
}

impl Slice {
    pub(super) fn new(shape: &Shape, campaigns: usize) -> Slice {
        let cells = shape.meaning.len();
        Slice {
            log: Vec::new(),
            touched: Vec::new(),
            is_touched: vec![false; cells],
            counts: vec![0; cells * shape.width],
            width: shape.width,
            last: vec![Last::NONE; cells],
            stale: Vec::new(),
            reads: Vec::new(),
            planned: vec![0; campaigns],
            not_sent: vec![0; campaigns],
            retried: vec![0; campaigns],
        }
    }

    /// A cell's counts in this step.
    pub fn cell(&self, cell: u32) -> &[u32] {
        &self.counts[cell as usize * self.width..(cell as usize + 1) * self.width]
    }

    /// Attempts refused in this step.
    pub fn refused(&self) -> u64 {
        self.touched.iter().map(|cell| refused(self.cell(*cell))).sum()
    }

    /// Forgets what happened one by one, but not the counts.
    pub fn clear_events(&mut self) {
        self.log.clear();
        self.stale.clear();
        self.reads.clear();
    }

    /// Forgets the step.
    pub fn clear(&mut self) {
        self.clear_events();
        for cell in self.touched.drain(..) {
            let at = cell as usize * self.width;
            self.counts[at..at + self.width].fill(0);
            self.last[cell as usize] = Last::NONE;
            self.is_touched[cell as usize] = false;
        }
        self.planned.fill(0);
        self.not_sent.fill(0);
        self.retried.fill(0);
    }

    /// Counts a signal; returns its cell.
    #[inline(always)]
    pub(super) fn note(&mut self, s: &Step<'_>, what: What, m: MessageRef, key: Key, segment: u8) -> usize {
        let cell = s.shape.cell_of(segment, m);
        if !self.is_touched[cell] {
            self.is_touched[cell] = true;
            self.touched.push(cell as u32);
        }
        self.counts[cell * self.width + slot_of(what, key)] += 1;
        if s.keep_log {
            self.log.push(key);
        }
        cell
    }
}
