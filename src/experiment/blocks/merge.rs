//! What blocks did side by side in a step of the block engine, added up: counts, ratings, log.
//!
//! Sums of integers, so that the order of blocks does not matter.

use super::Engine;
use crate::experiment::block::{Block, Last};
use crate::experiment::key::{Key, What};
use crate::experiment::refusal::Refused;
use crate::experiment::tally::counts;
use crate::policy::quality::kind;
use crate::sim::SimTime;

impl Engine<'_, '_> {
    /// Adds up what blocks did.
    pub(super) fn merge(&mut self, bound: Key) {
        let plan = self.world.plan;
        // The last instant of the step: all its events lie in the bucket this one lies in.
        let last_offset =
            if bound == Key::before(bound.offset()) { bound.offset() - 1 } else { bound.offset() };
        let at = SimTime(plan.scenario.start.0 + last_offset);
        let base = self.position;
        let refused: u64 = self.blocks.iter().map(|b| b.slice.refused()).sum();
        if self.sink.is_some() || self.positions && refused > 0 {
            self.write_slices();
        } else {
            self.journal.rows += refused;
        }
        let mut sums = std::mem::take(&mut self.sums);
        sums.clear(plan.numbers().len(), self.shape.width);
        let blocks = std::mem::take(&mut self.blocks);
        for b in &blocks {
            for (campaign, planned) in self.senders.planned.iter_mut().enumerate() {
                planned.planned += b.slice.planned[campaign];
                planned.not_sent += b.slice.not_sent[campaign];
                planned.retried += b.slice.retried[campaign];
            }
            for &cell in &b.slice.touched {
                let (_, campaign, variant) = self.shape.meaning[cell as usize];
                let number = plan.campaigns[campaign].spec.number;
                let template = plan.campaigns[campaign].variants[variant];
                let counts = b.slice.cell(cell);
                for (s, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                    self.tally.add(cell as usize, s, u64::from(*n));
                    self.position += u64::from(*n);
                }
                let last = b.slice.last[cell as usize];
                sums.numbers[number].add(counts, last, last.negative);
                let sum = sums.template(number, template, self.shape.width);
                sum.add(counts, last, last.negative_of_template);
                for (_, s) in b.slice.stale.iter().filter(|(c, _)| *c == cell) {
                    sum.counts[*s as usize] -= 1;
                }
            }
        }
        self.journal.rows += self.position - base;
        let mut ranks = Ranks { blocks: &blocks, base, in_order: self.in_order(), known: Vec::new() };
        for (n, merged) in sums.numbers.iter().enumerate().filter(|(_, m)| m.any) {
            let judged = self.judged[n];
            self.today[judged] += counts(&merged.counts);
            self.count(&mut ranks, Subject::Number(judged), merged, at);
        }
        for (number, template, merged) in sums.templates.iter().filter(|t| t.2.any) {
            if let Some(t) = self.template_made(*number, *template) {
                self.count(&mut ranks, Subject::Template(t), merged, at);
            }
        }
        if self.judge.watches_reads() {
            self.count_reads(&blocks, &mut ranks, at);
        }
        self.blocks = blocks;
        self.sums = sums;
        self.blocks.iter_mut().for_each(|b| b.slice.clear());
    }

    /// Counts a step's events in a subject's rating, each kind at the position of its last one.
    fn count(&mut self, ranks: &mut Ranks<'_>, subject: Subject, m: &Merged, at: SimTime) {
        let mut rank = |key: Key| ranks.of(key);
        let judge = &mut self.judge;
        let mut add = |kind: usize, n: u64, position: u64| {
            if n > 0 {
                match subject {
                    Subject::Number(s) => judge.count_number(s, kind, n as u32, at, position),
                    Subject::Template(s) => judge.count_template(s, kind, n as u32, at, position),
                }
            }
        };
        let c = counts(&m.counts);
        add(kind::SENT, c.sent, rank(m.sent));
        add(kind::DELIVERED, c.delivered, rank(m.delivered));
        let negative = rank(m.negative);
        add(kind::REPORT, c.reported, negative);
        add(kind::MUTE, c.muted, negative);
        add(kind::ARCHIVE, c.archived, negative);
        if c.blocked > 0 {
            let plan = self.world.plan;
            for (i, reason) in plan.reasons.iter().enumerate() {
                let n = m.counts[m.counts.len() - plan.reasons.len() + i];
                let kind = self.judge.grid().block_kind(reason);
                if n > 0 {
                    match subject {
                        Subject::Number(s) => self.judge.count_number(s, kind, n as u32, at, negative),
                        Subject::Template(s) => self.judge.count_template(s, kind, n as u32, at, negative),
                    }
                }
            }
        }
    }

    /// Counts a step's reads, the last of each account and template at its position.
    fn count_reads(&mut self, blocks: &[Block], ranks: &mut Ranks<'_>, at: SimTime) {
        let plan = self.world.plan;
        let mut last_of_number = vec![Key::NONE; plan.numbers().len()];
        let mut last_of_template: Vec<(usize, Key)> = Vec::new();
        for (cell, delivered, key) in blocks.iter().flat_map(|b| &b.slice.reads) {
            let (_, campaign, variant) = self.shape.meaning[*cell as usize];
            let number = plan.campaigns[campaign].spec.number;
            let template = self.template_made(number, plan.campaigns[campaign].variants[variant]);
            let delivered = SimTime(plan.scenario.start.0 + delivered);
            last_of_number[number] = last_of_number[number].max(*key);
            if self.judge.count_read(self.judged[number], template, delivered) {
                let template = template.expect("a read counted for it");
                match last_of_template.iter_mut().find(|(t, _)| *t == template) {
                    Some((_, last)) => *last = (*last).max(*key),
                    None => last_of_template.push((template, *key)),
                }
            }
        }
        for (number, key) in last_of_number.into_iter().enumerate().filter(|(_, k)| *k != Key::NONE) {
            self.judge.note_read_of_account(self.judged[number], at, ranks.of(key));
        }
        for (template, key) in last_of_template {
            self.judge.note_read_of_template(template, at, ranks.of(key));
        }
    }

    /// Writes what all blocks signalled in this step, in order, and after each refused attempt its verdict.
    fn write_slices(&mut self) {
        let mut all: Vec<Key> = Vec::new();
        self.blocks.iter().for_each(|b| all.extend_from_slice(&b.slice.log));
        // Runs in order already: the stable sort merges them.
        if self.blocks.len() > 1 {
            all.sort();
        }
        let plan = self.world.plan;
        for (position, key) in (self.position + 1..).zip(all) {
            if let Some(sink) = &mut self.sink {
                self.names.with(plan, key, |s| sink.signal(s));
            }
            if key.what() == What::Attempt {
                let judged = self.judged[plan.number_of(key.campaign())];
                let reason = Refused::at(key.detail()).reason();
                self.judge.refused(judged, reason, key.time(plan.scenario.start), position);
                self.flush();
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Subject {
    Number(usize),
    Template(usize),
}

/// A step's events by number and by template, with room that is kept from step to step.
#[derive(Debug, Default)]
pub(super) struct Sums {
    numbers: Vec<Merged>,
    /// (number, template, events), in order of first appearance.
    templates: Vec<(usize, usize, Merged)>,
}

impl Sums {
    fn clear(&mut self, numbers: usize, width: usize) {
        self.numbers.resize_with(numbers, || Merged::new(width));
        self.numbers.iter_mut().chain(self.templates.iter_mut().map(|t| &mut t.2)).for_each(Merged::clear);
    }

    fn template(&mut self, number: usize, template: usize, width: usize) -> &mut Merged {
        let known = self.templates.iter().position(|t| (t.0, t.1) == (number, template));
        let place = known.unwrap_or_else(|| {
            self.templates.push((number, template, Merged::new(width)));
            self.templates.len() - 1
        });
        &mut self.templates[place].2
    }
}

/// A step's events of one number or template.
#[derive(Clone, Debug)]
struct Merged {
    any: bool,
    counts: Vec<u64>,
    delivered: Key,
    sent: Key,
    negative: Key,
}

impl Merged {
    fn new(width: usize) -> Merged {
        Merged {
            any: false,
            counts: vec![0; width],
            delivered: Key::NONE,
            sent: Key::NONE,
            negative: Key::NONE,
        }
    }

    fn clear(&mut self) {
        if self.any {
            self.any = false;
            self.counts.fill(0);
            (self.delivered, self.sent, self.negative) = (Key::NONE, Key::NONE, Key::NONE);
        }
    }

    fn add(&mut self, counts: &[u32], last: Last, negative: Key) {
        self.any = true;
        self.counts.iter_mut().zip(counts).for_each(|(a, b)| *a += u64::from(*b));
        self.delivered = self.delivered.max(last.delivered);
        self.sent = self.sent.max(last.sent);
        self.negative = self.negative.max(negative);
    }
}

/// Positions in the log of single events of a step.
struct Ranks<'a> {
    blocks: &'a [Block],
    base: u64,
    in_order: bool,
    /// Numbers and templates mostly ask for the same few keys.
    known: Vec<(Key, u64)>,
}

impl Ranks<'_> {
    fn of(&mut self, key: Key) -> u64 {
        if key == Key::NONE {
            return 0;
        }
        if let Some((_, rank)) = self.known.iter().find(|(k, _)| *k == key) {
            return *rank;
        }
        let up_to = |b: &Block| match &b.slice.log {
            log if self.in_order => log.partition_point(|k| *k <= key),
            log => log.iter().filter(|k| **k <= key).count(),
        };
        let rank = self.base + self.blocks.iter().map(|b| up_to(b) as u64).sum::<u64>();
        self.known.push((key, rank));
        rank
    }
}
