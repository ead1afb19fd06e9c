//! A block of recipients with what is due to them: the unit that steps by itself between two control points.
//!
//! Keys wait in buckets of an hour. In a step they are taken person by person, each person's in order, which needs no
//! queue: a message, its delivery and its reading follow one another while their person is at hand. A block knows
//! its people and their slots; it must not look at ratings, and what may be refused inside a step is told beforehand.

mod agenda;
mod slice;
mod slot;

use crate::experiment::gate::{detail, tries_again};
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::measure::DelayHistogram;
use crate::experiment::people::{Emit, Letter, PLANNED, People, Prepared, UNPLANNED, World, put_off};
use crate::experiment::plan::Stance;
use crate::experiment::refusal::Refused;
use crate::experiment::run::record;
use crate::experiment::senders::due_since;
use crate::experiment::tally::{self, Shape};
use crate::policy::rules::{Booking, CountedOn, SlotRules};

pub use agenda::Agenda;
pub use slice::{Last, Slice};
pub use slot::{FREE, Slot};

/// Recipients of a block, by consecutive indices: their state stays in cache while they step, and a key gives the
/// place of its recipient at once ([`Key::place`]).
pub const BLOCK: usize = 4096;

/// What holds for every recipient during a step: nothing in here changes before the next control point.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// Plan and luck.
    pub world: World<'a>,
    /// How cells are numbered.
    pub shape: &'a Shape,
    /// For each campaign, what its reaction rules say.
    pub stances: Vec<Stance>,
    /// For each number, its scope.
    pub scope_of: Vec<usize>,
    /// For each portfolio and template, when it was last resumed.
    pub resumed: Vec<Option<i64>>,
    /// What uses a slot.
    pub rules: SlotRules,
    /// Whether some rules look at reads: then they are listed one by one.
    pub reads: bool,
    /// Whether somebody asks for positions in the log: then it is kept.
    pub keep_log: bool,
    /// Whether somebody reads the log: then it must come in order.
    pub in_order: bool,
}

/// Whether a signal is a negative one.
#[inline]
pub fn is_negative(what: What) -> bool {
    matches!(what, What::Block | What::Report | What::Mute | What::Archive)
}

/// A block of recipients.
#[derive(Clone, Debug)]
pub struct Block {
    /// The people.
    pub people: People,
    /// What is due to them.
    pub agenda: Agenda,
    /// Their slots, by scope.
    pub slots: Vec<Vec<Slot>>,
    /// What they did in the step under way.
    pub slice: Slice,
    /// Delivery to reading.
    pub time_to_read: Option<DelayHistogram>,
    /// Due to sent.
    pub time_in_queue: Option<DelayHistogram>,
    /// Signals that need a second look at their person, with their cells.
    second: Vec<(Key, u32)>,
}

/// The keys of one block of so many people, those of each person together.
fn by_person(mut due: Vec<Key>, people: usize) -> Vec<Key> {
    // With fewer keys than so many people each, sorting is quicker than counting.
    if due.len() < people / 4 {
        // Keys were pushed in runs of ascending people, which a stable sort merges.
        due.sort_by_key(|k| k.place());
        return due;
    }
    if due.is_sorted_by_key(|k| k.place()) {
        return due;
    }
    let mut places = [0u32; BLOCK];
    let places = &mut places[..people];
    for key in &due {
        places[key.place()] += 1;
    }
    let mut sum = 0;
    for place in &mut *places {
        sum += std::mem::replace(place, sum);
    }
    let mut sorted = vec![Key::NONE; due.len()];
    for key in due {
        let place = &mut places[key.place()];
        sorted[*place as usize] = key;
        *place += 1;
    }
    sorted
}

/// Takes the first in order of a few keys.
#[inline]
fn take_first(keys: &mut Vec<Key>) -> Option<Key> {
    if keys.len() < 2 {
        return keys.pop();
    }
    let mut first = 0;
    for i in 1..keys.len() {
        if keys[i] < keys[first] {
            first = i;
        }
    }
    Some(keys.swap_remove(first))
}

struct Sink<'a> {
    agenda: &'a mut Agenda,
    slice: &'a mut Slice,
    second: &'a mut Vec<(Key, u32)>,
    step: &'a Step<'a>,
    keep: bool,
}

impl Emit for Sink<'_> {
    #[inline]
    fn due(&mut self, key: Key) {
        self.agenda.push(key);
    }

    fn signal(&mut self, key: Key, segment: u8) {
        self.signal_of(key.what(), key.message(), key, segment);
    }

    #[inline(always)]
    fn signal_of(&mut self, what: What, m: MessageRef, key: Key, segment: u8) {
        let cell = self.slice.note(self.step, what, m, key, segment);
        let last = &mut self.slice.last[cell];
        match what {
            // The last of each kind only matters to those who ask for positions in the log.
            What::Deliver | What::Send if !self.step.keep_log => {}
            What::Deliver => last.delivered = last.delivered.max(key),
            What::Send => last.sent = last.sent.max(key),
            What::Read if !self.keep && !self.step.reads => {}
            What::Read | What::Block | What::Report | What::Mute | What::Archive => {
                self.second.push((key, cell as u32));
            }
            _ => {}
        }
    }
}

/// What is due before anything has happened.
struct First<'a>(&'a mut Agenda);

impl Emit for First<'_> {
    fn due(&mut self, key: Key) {
        self.0.push(key);
    }

    fn signal(&mut self, _: Key, _: u8) {
        unreachable!("nothing happens before the start");
    }
}

impl Block {
    /// The people `first..first + len` at the start.
    pub fn new(w: World<'_>, shape: &Shape, first: usize, len: usize, keep: bool) -> Block {
        let people = People::new(w, first, len);
        let mut agenda = Agenda::new(w.plan.span());
        people.first_triggers(w, &mut First(&mut agenda));
        Block {
            people,
            agenda,
            slots: Vec::new(),
            slice: Slice::new(shape, w.plan.campaigns.len()),
            time_to_read: keep.then(crate::experiment::run::delay_histogram),
            time_in_queue: keep.then(crate::experiment::run::delay_histogram),
            second: Vec::new(),
        }
    }

    /// Steps through everything that is due, person by person: inside a step nobody feels anybody else, so that
    /// each person's own order is all there is to keep. The caller vouches that no rule of limits and statuses can
    /// refuse anything.
    pub fn step(&mut self, s: &Step<'_>) {
        let due = by_person(std::mem::take(&mut self.agenda.due), self.people.len());
        let mut rest = due.as_slice();
        while let Some((first, others)) = rest.split_first() {
            let n = others.iter().position(|k| k.place() != first.place()).unwrap_or(others.len());
            let (mine, others) = others.split_at(n);
            rest = others;
            let mut next = Some(*first);
            if !mine.is_empty() {
                self.agenda.due.push(*first);
                mine.iter().for_each(|key| self.agenda.due.push(*key));
                next = take_first(&mut self.agenda.due);
            }
            // What a person brings about inside the step comes back here: a handful at a time.
            while let Some(key) = next {
                self.falls_due(s, key);
                next = take_first(&mut self.agenda.due);
            }
        }
        self.agenda.due = Vec::new();
        if s.in_order {
            self.slice.log.sort_unstable();
        }
    }

    #[inline(always)]
    fn falls_due(&mut self, s: &Step<'_>, key: Key) {
        let (what, letter) = (key.what(), self.people.letter(s.world, key.message()));
        if what == What::Send {
            self.send(s, key, &letter);
        } else {
            self.happens_to(s, key, what, &letter);
        }
    }

    #[inline(always)]
    fn send(&mut self, s: &Step<'_>, key: Key, l: &Letter<'_>) {
        if let Prepared::Try(variant) = self.prepare_letter(s, key, l) {
            let tried = l.with_variant(variant);
            match self.people.held(s.world, &tried, key.offset(), key.detail()) {
                None => self.admit_letter(s, key.offset(), &tried, None),
                Some(held) => {
                    self.refuse(s, key.offset(), tried.message, Refused::Held(held));
                    self.give_up(s, key, l.message, Refused::Held(held));
                }
            }
        }
    }

    /// A message was refused and does not wait for a slot: it is tried again, or given up.
    pub fn give_up(&mut self, s: &Step<'_>, key: Key, m: MessageRef, refused: Refused) {
        let (campaign, tries) = (m.campaign as usize, detail::tries(key.detail()));
        let again = match refused {
            Refused::Held(held) => tries_again(s.world.plan, m.campaign, held, tries, key.offset()),
            Refused::Rule(_) => None,
        };
        match again.filter(|at| *at <= s.world.plan.span()) {
            Some(at) => {
                self.slice.retried[campaign] += 1;
                self.agenda.push(Key::send(at, What::Send, m, detail::of(PLANNED, tries + 1)));
            }
            None => self.slice.not_sent[campaign] += 1,
        }
    }

    /// What the sender's own rules make of a send that falls due, with what follows from that for the plan's counts.
    pub fn prepare(&mut self, s: &Step<'_>, key: Key) -> Prepared {
        let letter = self.people.letter(s.world, key.message());
        self.prepare_letter(s, key, &letter)
    }

    #[inline(always)]
    fn prepare_letter(&mut self, s: &Step<'_>, key: Key, l: &Letter<'_>) -> Prepared {
        let (m, campaign) = (l.message, l.message.campaign as usize);
        let prepared = self.people.prepare(s.world, key, l, &s.stances[campaign]);
        let triggered = l.campaign.is_triggered();
        if triggered && key.detail() & detail::STATE == UNPLANNED && prepared != Prepared::NotMeant {
            self.slice.planned[campaign] += 1;
        }
        match prepared {
            Prepared::Later(at) => self.put_off(s, m, at, put_off(key.detail())),
            Prepared::GivenUp => self.slice.not_sent[campaign] += 1,
            Prepared::NotMeant | Prepared::Try(_) => {}
        }
        prepared
    }

    /// A message is due at a later offset; past the end of the run it is not sent.
    pub fn put_off(&mut self, s: &Step<'_>, m: MessageRef, at: i64, detail: u8) {
        if at > s.world.plan.span() {
            self.slice.not_sent[m.campaign as usize] += 1;
        } else {
            self.agenda.push(Key::send(at, What::Send, m, detail));
        }
    }

    /// An attempt is refused.
    pub fn refuse(&mut self, s: &Step<'_>, offset: i64, m: MessageRef, r: Refused) {
        let key = Key::send(offset, What::Attempt, m, r.place());
        self.slice.note(s, What::Attempt, m, key, self.people.segment(m.recipient));
    }

    /// A message goes out, and its slot is booked; due since when, where that is not plain from the message.
    pub fn admit(&mut self, s: &Step<'_>, offset: i64, m: MessageRef, since: Option<i64>) {
        let letter = self.people.letter(s.world, m);
        self.admit_letter(s, offset, &letter, since);
    }

    #[inline(always)]
    fn admit_letter(&mut self, s: &Step<'_>, offset: i64, l: &Letter<'_>, since: Option<i64>) {
        let m = l.message;
        let scope = s.scope_of[l.number];
        let initiated = !self.people.is_free_letter(l, offset);
        // A delivery starts a slot if its send was no free message and the rules of that moment count deliveries.
        let mark = u8::from(initiated && s.rules.counted_on == CountedOn::Delivered);
        let key = Key::send(offset, What::Send, m, 0);
        let keep = self.time_to_read.is_some();
        let mut sink = Sink {
            agenda: &mut self.agenda,
            slice: &mut self.slice,
            second: &mut self.second,
            step: s,
            keep,
        };
        let ends = self.people.sent(s.world, key, l, mark, &mut sink);
        if initiated {
            let slot = &mut self.slots[scope][l.i];
            let period = s.rules.period.0;
            match s.rules.at_send(|| slot.is_open(offset, period)) {
                Booking::Start => slot.start = offset,
                Booking::Reserve => {
                    let until = ends.map_or(offset + period, |e| e.min(offset + period));
                    slot.reserved = slot.reserved.max(until);
                    slot.last = (offset, until);
                }
                Booking::Nothing => {}
            }
        }
        if let Some(h) = &mut self.time_in_queue {
            record(h, offset - since.unwrap_or_else(|| due_since(s.world.plan, m, offset)));
        }
    }

    /// Something falls due that is no send.
    pub fn happens(&mut self, s: &Step<'_>, key: Key) {
        let letter = self.people.letter(s.world, key.message());
        self.happens_to(s, key, key.what(), &letter);
    }

    #[inline(always)]
    fn happens_to(&mut self, s: &Step<'_>, key: Key, what: What, l: &Letter<'_>) {
        let keep = self.time_to_read.is_some();
        let mut sink = Sink {
            agenda: &mut self.agenda,
            slice: &mut self.slice,
            second: &mut self.second,
            step: s,
            keep,
        };
        self.people.happens_to(s.world, key, what, l, &mut sink);
        if what == What::Deliver && key.detail() == 1 {
            let slot = &mut self.slots[s.scope_of[l.number]][l.i];
            if s.rules.at_delivery(|| slot.is_open(key.offset(), s.rules.period.0)) == Booking::Start {
                slot.start = key.offset();
            }
        }
        if !self.second.is_empty() {
            self.look_again(s);
        }
    }

    /// Second looks at signals: delays of reads, and which negative ones count for their template.
    fn look_again(&mut self, s: &Step<'_>) {
        for k in 0..self.second.len() {
            let (key, cell) = self.second[k];
            if key.what() == What::Read {
                let delay = self.people.read_delay(s.world, key).0;
                if let Some(h) = &mut self.time_to_read {
                    record(h, delay);
                }
                if s.reads {
                    self.slice.reads.push((cell, key.offset() - delay, key));
                }
                continue;
            }
            let counts = self.counts_for_template(s, key);
            let last = &mut self.slice.last[cell as usize];
            last.negative = last.negative.max(key);
            if counts {
                last.negative_of_template = last.negative_of_template.max(key);
            } else {
                self.slice.stale.push((cell, tally::slot(key) as u32));
            }
        }
        self.second.clear();
    }

    /// Whether a negative signal counts for its template: after a resume, only what answers a later delivery does.
    pub fn counts_for_template(&self, s: &Step<'_>, key: Key) -> bool {
        let m = key.message();
        let plan = s.world.plan;
        let portfolio = plan.portfolio_of[plan.number_of(m.campaign)];
        match s.resumed[portfolio * plan.templates().len() + plan.template_of(m.campaign, m.variant)] {
            None => true,
            Some(resumed) => self.people.delivered_at(s.world, key) > resumed,
        }
    }

    /// Slots in use in a scope by this block's people at an offset.
    pub fn in_use(&self, scope: usize, at: i64, period: i64) -> u64 {
        self.slots[scope].iter().map(|s| u64::from(s.is_held(at, period))).sum()
    }

    /// This block's people whose latest start lies after `out`.
    pub fn distinct(&self, scope: usize, out: i64) -> u64 {
        self.slots[scope].iter().map(|s| u64::from(s.start > out)).sum()
    }
}
