//! A step of the block engine in strict order of keys over all blocks: where a limit might be reached, a raise might fall
//! due, or somebody waits.
//!
//! Each event is taken into log, counts and ratings before the next one happens, with exact books ([`Lane`]).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Engine;
use crate::behaviour::sender::AtLimit;
use crate::experiment::block::{BLOCK, Block, FREE, Step, is_negative};
use crate::experiment::gate::detail;
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::lane::Lane;
use crate::experiment::people::{DEFERRED, Prepared, waited};
use crate::experiment::refusal::Refused;
use crate::experiment::senders::{after_quiet, due_since, gap_ms};
use crate::experiment::tally;
use crate::messaging::Limit;
use crate::policy::judge::Refusal;
use crate::policy::quality::kind;
use crate::policy::rules::CountedOn;
use crate::sim::SimTime;

impl Engine<'_, '_> {
    /// Makes everything happen before `bound` in strict order over all blocks, raises that fall due on the way too.
    pub(super) fn step_in_order(&mut self, bound: Key) {
        // Step by step, each event is taken from the log.
        self.facts = Some(Step { keep_log: true, ..self.step_facts() });
        let mut queue = Queue::default();
        self.blocks.iter_mut().for_each(|b| queue.due.append(&mut b.agenda.due));
        queue.due.sort_unstable_by(|a, b| b.cmp(a));
        let mut lanes = self.lanes(self.bound.offset(), bound.offset());
        loop {
            while let Some(wake) = self.wakes.peek().map(|k| k.0).filter(|k| *k < bound) {
                self.wakes.pop();
                queue.more.push(Reverse(wake));
            }
            let next = queue.peek().unwrap_or(bound);
            let raise = (0..self.judge.scopes.len()).filter_map(|s| self.judge.pending_raise(s)).min();
            if let Some(due) = raise {
                let after = self.world.plan.offset(due) + 1;
                // What falls due at the very end comes after the close.
                if Key::before(after) <= next && due < self.world.plan.scenario.horizon {
                    self.settle(due);
                    lanes = self.lanes(after, bound.offset());
                    continue;
                }
            }
            let Some(key) = queue.pop() else { break };
            match key.what() {
                What::Send => self.send_in_order(&mut lanes, key),
                What::Wake => self.wake_in_order(&mut lanes, key),
                _ => self.happens_in_order(&mut lanes, key),
            }
            for b in self.touched.drain(..) {
                queue.more.extend(self.blocks[b].agenda.due.drain(..).map(Reverse));
            }
        }
        self.gather();
        self.usage.fill(None);
        self.reach.fill(None);
    }

    /// Exact books of every scope whose limit could be reached or raised, as of just before `from`.
    fn lanes(&self, from: i64, until: i64) -> Vec<Lane> {
        let period = self.judge.rules().limit.period.0;
        let people = self.world.plan.people as u64;
        let lane = |s: usize| {
            let need = self.judge.raise_need(s);
            let binds = matches!(self.judge.scopes[s].limit, Limit::Of(n) if n < people);
            if !binds && need.is_none() {
                return Lane::idle(s);
            }
            let mut lane = Lane::new(&self.blocks, s, period, from);
            if let Some(need) = need {
                let after = need.after.map_or(FREE, |t| self.world.plan.offset(t));
                lane.count_distinct(&self.blocks, need.over.0, after, from, until);
            }
            lane
        };
        (0..self.judge.scopes.len()).map(lane).collect()
    }

    fn happens_in_order(&mut self, lanes: &mut [Lane], key: Key) {
        let who = key.recipient();
        let b = who as usize / BLOCK;
        let books = matches!(key.what(), What::Deliver | What::Fail);
        let scope = self.scope_of(key.campaign());
        let before = books.then(|| lanes[scope].before(&self.blocks, who, key.offset()));
        self.with_block(b, |block, facts| block.happens(facts, key));
        if let Some(before) = before {
            lanes[scope].after(&self.blocks, who, key.offset(), before);
        }
        self.account(b);
        if key.what() == What::Deliver && key.detail() == 1 {
            self.counted(lanes, scope, key.offset());
        }
        self.flush();
    }

    fn scope_of(&self, campaign: u16) -> usize {
        self.judge.numbers[self.judged[self.world.plan.number_of(campaign)]].scope
    }

    fn with_block<R>(&mut self, b: usize, f: impl FnOnce(&mut Block, &Step<'_>) -> R) -> R {
        if self.touched.last() != Some(&b) {
            self.touched.push(b);
        }
        let facts = self.facts.as_ref().expect("a step is under way");
        f(&mut self.blocks[b], facts)
    }

    /// Takes what one event signalled into log and ratings.
    fn account(&mut self, b: usize) {
        let plan = self.world.plan;
        let log = std::mem::take(&mut self.blocks[b].slice.log);
        for &key in &log {
            let m = key.message();
            self.position += 1;
            self.journal.rows += 1;
            if let Some(sink) = &mut self.sink {
                self.names.with(plan, key, |s| sink.signal(s));
            }
            let number = plan.number_of(m.campaign);
            let judged = self.judged[number];
            let what = key.what();
            let at = key.time(plan.scenario.start);
            let template = self.template_made(number, plan.template_of(m.campaign, m.variant));
            let kind = match what {
                What::Send => kind::SENT,
                What::Deliver => kind::DELIVERED,
                What::Report => kind::REPORT,
                What::Mute => kind::MUTE,
                What::Archive => kind::ARCHIVE,
                What::Block => self.judge.grid().block_kind(&plan.reasons[key.detail() as usize]),
                What::Read if self.judge.watches_reads() => {
                    let reads = &self.blocks[b].slice.reads;
                    let delivered = reads.last().expect("a read that was just listed").1;
                    let delivered = SimTime(plan.scenario.start.0 + delivered);
                    if self.judge.count_read(judged, template, delivered)
                        && let Some(template) = template
                    {
                        self.judge.note_read_of_template(template, at, self.position);
                    }
                    self.judge.note_read_of_account(judged, at, self.position);
                    continue;
                }
                _ => continue,
            };
            self.judge.count_number(judged, kind, 1, at, self.position);
            let stale = is_negative(what) && !self.blocks[b].slice.stale.is_empty();
            if let Some(template) = template.filter(|_| !stale) {
                self.judge.count_template(template, kind, 1, at, self.position);
            }
        }
        self.blocks[b].slice.log = log;
        self.blocks[b].slice.clear_events();
    }

    /// Takes the counts of a step, which nobody asks for on the way.
    fn gather(&mut self) {
        let plan = self.world.plan;
        for b in &mut self.blocks {
            for (campaign, planned) in self.senders.planned.iter_mut().enumerate() {
                planned.planned += b.slice.planned[campaign];
                planned.not_sent += b.slice.not_sent[campaign];
                planned.retried += b.slice.retried[campaign];
            }
            for &cell in &b.slice.touched {
                let counts: Vec<u64> = b.slice.cell(cell).iter().map(|n| u64::from(*n)).collect();
                let (_, campaign, _) = self.shape.meaning[cell as usize];
                self.today[self.judged[plan.campaigns[campaign].spec.number]] += tally::counts(&counts);
                self.tally.add_cell(cell as usize, &counts);
            }
            b.slice.clear();
        }
    }

    /// A business-initiated message was counted: a raise may be due.
    fn counted(&mut self, lanes: &mut [Lane], scope: usize, offset: i64) {
        if let Some(need) = self.judge.raise_need(scope)
            && (need.at_least == 0 || lanes[scope].distinct(&self.blocks, offset) >= need.at_least)
        {
            let at = SimTime(self.world.plan.scenario.start.0 + offset);
            self.judge.schedule_raise(scope, at, self.position);
        }
    }

    fn send_in_order(&mut self, lanes: &mut [Lane], key: Key) {
        let plan = self.world.plan;
        let m = key.message();
        let b = m.recipient as usize / BLOCK;
        let campaign = m.campaign as usize;
        let prepared = self.with_block(b, |block, facts| block.prepare(facts, key));
        let Prepared::Try(variant) = prepared else { return };
        let since = due_since(plan, m, key.offset());
        if self.senders.joins_line(plan, m.campaign) {
            self.senders.wait(plan, m, since, waited(key));
            return;
        }
        match self.attempt(lanes, key, MessageRef { variant, ..m }, since) {
            Some(Refused::Rule(Refusal::Limit))
                if plan.campaigns[campaign].spec.at_limit != AtLimit::Drop =>
            {
                self.senders.wait(plan, m, since, waited(key));
                self.sleep(lanes, plan.number_of(m.campaign), key.offset());
            }
            Some(refused) => self.give_up(b, key, m, refused),
            None => {}
        }
    }

    /// A message was refused and does not wait for a slot: it is tried again, or given up.
    fn give_up(&mut self, b: usize, key: Key, m: MessageRef, refused: Refused) {
        self.with_block(b, |block, facts| block.give_up(facts, key, m, refused));
    }

    /// Tries to send. Returns why it was refused, if it was.
    fn attempt(&mut self, lanes: &mut [Lane], key: Key, m: MessageRef, since: i64) -> Option<Refused> {
        let plan = self.world.plan;
        let offset = key.offset();
        let number = plan.number_of(m.campaign);
        let scope = self.scope_of(m.campaign);
        let b = m.recipient as usize / BLOCK;
        let template = self.template(number, plan.template_of(m.campaign, m.variant));
        let free = self.blocks[b].people.is_free(number, m.recipient, offset);
        let (holds, used) = lanes[scope].look(&self.blocks, m.recipient, offset);
        let limit = self.judge.scopes[scope].limit;
        let judged = self.judged[number];
        let refusal = self.judge.refusal(judged, template, free, || holds || limit.admits(used));
        let at = SimTime(plan.scenario.start.0 + offset);
        let mut held = || {
            self.with_block(b, |block, facts| {
                let letter = block.people.letter(facts.world, m);
                block.people.held(facts.world, &letter, offset, key.detail())
            })
        };
        let refusal = refusal.map(Refused::Rule).or_else(|| held().map(Refused::Held));
        match refusal {
            Some(r) => {
                self.with_block(b, |block, facts| {
                    block.refuse(facts, offset, m, r);
                });
                self.account(b);
                self.judge.refused(judged, r.reason(), at, self.position);
                if r == Refused::Rule(Refusal::Limit) {
                    self.judge.limit_used_up(judged, at, self.position);
                }
            }
            None => {
                let before = lanes[scope].before(&self.blocks, m.recipient, offset);
                self.with_block(b, |block, facts| {
                    block.admit(facts, offset, m, Some(since));
                });
                lanes[scope].after(&self.blocks, m.recipient, offset, before);
                self.account(b);
                if !free && self.judge.rules().limit.counted_on == CountedOn::Sent {
                    self.counted(lanes, scope, offset);
                }
            }
        }
        self.flush();
        refusal
    }

    /// Sleeps until a slot is expected to be free.
    fn sleep(&mut self, lanes: &mut [Lane], number: usize, offset: i64) {
        let scope = self.judge.numbers[self.judged[number]].scope;
        let free = lanes[scope].next_expected(&self.blocks, offset).unwrap_or(offset + SimTime::DAY_MS);
        self.wake_at(number, free);
    }

    fn wake_in_order(&mut self, lanes: &mut [Lane], key: Key) {
        let plan = self.world.plan;
        let (number, offset) = (key.recipient() as usize, key.offset());
        if self.senders.lines[number].wake_at != Some(offset) {
            return;
        }
        self.senders.lines[number].wake_at = None;
        while let Some(first) = self.senders.lines[number].first() {
            let m = first.message;
            let b = m.recipient as usize / BLOCK;
            let open = after_quiet(plan, m.campaign, offset);
            if open > offset {
                return self.wake_at(number, open);
            }
            // Prepared as any message that was planned before and has waited.
            let key = Key::send(offset, What::Send, m, detail::of(DEFERRED, first.tries));
            let prepared = self.with_block(b, |block, facts| block.prepare(facts, key));
            let Prepared::Try(variant) = prepared else {
                self.senders.lines[number].pop();
                continue;
            };
            let refusal = self.attempt(lanes, key, MessageRef { variant, ..m }, first.since);
            if refusal == Some(Refused::Rule(Refusal::Limit)) {
                return self.sleep(lanes, number, offset);
            }
            self.senders.lines[number].pop();
            if let Some(refused) = refusal {
                self.give_up(b, key, m, refused);
            }
            if !self.senders.lines[number].is_empty() {
                self.wake_at(number, offset + gap_ms(plan, number));
            }
            return;
        }
    }
}

/// What is due in a step: what was known before it began, and what came up since.
#[derive(Default)]
struct Queue {
    /// The next one last.
    due: Vec<Key>,
    more: BinaryHeap<Reverse<Key>>,
}

impl Queue {
    fn peek(&self) -> Option<Key> {
        match (self.due.last(), self.more.peek()) {
            (Some(a), Some(Reverse(b))) => Some(*a.min(b)),
            (a, b) => a.or(b.map(|b| &b.0)).copied(),
        }
    }

    fn pop(&mut self) -> Option<Key> {
        match (self.due.last(), self.more.peek()) {
            (Some(a), Some(Reverse(b))) if b < a => self.more.pop().map(|k| k.0),
            (None, _) => self.more.pop().map(|k| k.0),
            _ => self.due.pop(),
        }
    }
}
