//! A block of recipients with what is due to them: the unit that steps by itself between two control points.
//!
//! Keys wait in buckets of an hour and are sorted when their hour opens; what a block brings about inside the open
//! hour goes through a small heap. A block knows its people and their slots; it must not look at ratings, and what
//! may be refused inside a step is told beforehand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::measure::DelayHistogram;
use crate::experiment::people::{Emit, People, World};
use crate::experiment::plan::Stance;
use crate::experiment::row::refusal_detail;
use crate::experiment::run::record;
use crate::experiment::senders::due_since;
use crate::experiment::tally::{Shape, slot};
use crate::policy::judge::Refusal;
use crate::policy::rules::{CountedOn, SlotKind};

/// Recipients of a block: their state stays in cache while they step.
pub const BLOCK: usize = 4096;
/// Width of a bucket.
const HOUR_MS: i64 = 3_600_000;
/// Buckets ahead.
const RING: usize = 64;

/// No slot and no reservation.
pub const FREE: i64 = i64::MIN;

/// Keys by the hour in which they fall due.
#[derive(Clone, Debug)]
pub struct Agenda {
    ring: Vec<Vec<Key>>,
    /// Due beyond the ring.
    far: Vec<Key>,
    /// The open hour, and its keys in order from `next` on.
    hour: i64,
    open: Vec<Key>,
    next: usize,
    /// What fell due inside the open hour after it was opened.
    late: BinaryHeap<Reverse<Key>>,
    /// Nothing later is kept.
    span: i64,
}

impl Agenda {
    /// Nothing due, up to `span` milliseconds from the start.
    pub fn new(span: i64) -> Agenda {
        Agenda {
            ring: vec![Vec::new(); RING],
            far: Vec::new(),
            hour: -1,
            open: Vec::new(),
            next: 0,
            late: BinaryHeap::new(),
            span,
        }
    }

    /// Something falls due.
    #[inline]
    pub fn push(&mut self, key: Key) {
        let offset = key.offset();
        if offset > self.span {
            return;
        }
        let hour = offset / HOUR_MS;
        if hour <= self.hour {
            self.late.push(Reverse(key));
        } else if hour - self.hour < RING as i64 {
            self.ring[hour as usize % RING].push(key);
        } else {
            self.far.push(key);
        }
    }

    /// Opens hours up to the one in which something is due before `bound`; returns whether there is such a key.
    #[inline]
    pub fn has_before(&mut self, bound: Key) -> bool {
        loop {
            let open = self.open.get(self.next).is_some_and(|k| *k < bound);
            if open || self.late.peek().is_some_and(|k| k.0 < bound) {
                return true;
            }
            if bound.offset() / HOUR_MS <= self.hour {
                return false;
            }
            self.open_next();
        }
    }

    /// Takes the first key before `bound`.
    #[inline]
    pub fn pop_before(&mut self, bound: Key) -> Option<Key> {
        if !self.has_before(bound) {
            return None;
        }
        match (self.open.get(self.next).copied(), self.late.peek().map(|k| k.0)) {
            (Some(a), Some(b)) if b < a => self.late.pop().map(|k| k.0),
            (Some(a), _) => {
                self.next += 1;
                Some(a)
            }
            (None, _) => self.late.pop().map(|k| k.0),
        }
    }

    /// Looks at every key before `bound` without taking it. Hours must have been opened up to it.
    pub fn each_before(&self, bound: Key, look: &mut impl FnMut(Key)) {
        let rest = &self.open[self.next..];
        rest[..rest.partition_point(|k| *k < bound)].iter().for_each(|k| look(*k));
        self.late.iter().filter(|k| k.0 < bound).for_each(|k| look(k.0));
    }

    fn open_next(&mut self) {
        debug_assert!(
            self.next == self.open.len() && self.late.is_empty(),
            "an hour is finished before the next"
        );
        self.hour += 1;
        if self.hour % (RING as i64 / 2) == 0 && !self.far.is_empty() {
            let far = std::mem::take(&mut self.far);
            far.into_iter().for_each(|k| {
                // The ring reaches from the hour just opened on.
                let hour = k.offset() / HOUR_MS;
                if hour - self.hour < RING as i64 {
                    self.ring[hour as usize % RING].push(k);
                } else {
                    self.far.push(k);
                }
            });
        }
        self.open.clear();
        self.next = 0;
        std::mem::swap(&mut self.open, &mut self.ring[self.hour as usize % RING]);
        self.open.sort_unstable();
    }
}

/// Slots of one scope for the people of a block, as offsets.
#[derive(Clone, Debug)]
pub struct BlockSlots {
    /// Latest counted start.
    pub start: Vec<i64>,
    /// Until when a place is reserved.
    pub reserved: Vec<i64>,
    /// Of the latest message that reserved a place: when it went out, and when it is delivered or given up.
    pub last: Vec<(i64, i64)>,
}

impl BlockSlots {
    /// Nobody holds a slot.
    pub fn new(len: usize) -> BlockSlots {
        BlockSlots { start: vec![FREE; len], reserved: vec![FREE; len], last: vec![(FREE, FREE); len] }
    }

    /// Whether a started slot is open.
    #[inline]
    pub fn is_open(&self, i: usize, at: i64, period: i64) -> bool {
        self.start[i] != FREE && self.start[i] + period > at
    }

    /// When a sender expects the slot to free: it knows starts, and of messages under way the latest.
    pub fn expected(&self, i: usize, at: i64, period: i64) -> i64 {
        let started = if self.start[i] == FREE { FREE } else { self.start[i] + period };
        let (sent, ends) = self.last[i];
        if ends > at { started.max(sent + period) } else { started }
    }

    /// When the slot frees by itself.
    #[inline]
    pub fn release(&self, i: usize, period: i64) -> i64 {
        let started = if self.start[i] == FREE { FREE } else { self.start[i] + period };
        started.max(self.reserved[i])
    }
}

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
    /// What starts a slot.
    pub counted_on: CountedOn,
    /// Whether a further message moves a slot's start.
    pub slot: SlotKind,
    /// How long a slot is held.
    pub period: i64,
}

/// Which of a cell's events came last, by what they mean for ratings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Last {
    /// Last delivery.
    pub delivered: Option<Key>,
    /// Last send.
    pub sent: Option<Key>,
    /// Last negative signal.
    pub negative: Option<Key>,
    /// Last negative signal that counts for the template.
    pub negative_of_template: Option<Key>,
}

/// What a block did in a step.
#[derive(Clone, Debug)]
pub struct Slice {
    /// What was signalled, in order.
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
    /// Messages given up, by campaign.
    pub not_sent: Vec<u64>,
}

impl Slice {
    fn new(shape: &Shape, campaigns: usize) -> Slice {
        let cells = shape.meaning.len();
        Slice {
            log: Vec::new(),
            touched: Vec::new(),
            is_touched: vec![false; cells],
            counts: vec![0; cells * shape.width],
            width: shape.width,
            last: vec![Last::default(); cells],
            stale: Vec::new(),
            not_sent: vec![0; campaigns],
        }
    }

    /// A cell's counts in this step.
    pub fn cell(&self, cell: u32) -> &[u32] {
        &self.counts[cell as usize * self.width..(cell as usize + 1) * self.width]
    }

    /// Forgets the step.
    pub fn clear(&mut self) {
        self.log.clear();
        for cell in self.touched.drain(..) {
            let at = cell as usize * self.width;
            self.counts[at..at + self.width].fill(0);
            self.last[cell as usize] = Last::default();
            self.is_touched[cell as usize] = false;
        }
        self.stale.clear();
        self.not_sent.fill(0);
    }

    #[inline]
    fn note(&mut self, cell: usize, key: Key) {
        let at = cell * self.width;
        let s = slot(key);
        if !self.is_touched[cell] {
            self.is_touched[cell] = true;
            self.touched.push(cell as u32);
        }
        self.counts[at + s] += 1;
        self.log.push(key);
    }
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
    pub slots: Vec<BlockSlots>,
    /// What they did in the step under way.
    pub slice: Slice,
    /// Delivery to reading.
    pub time_to_read: Option<DelayHistogram>,
    /// Due to sent.
    pub time_in_queue: Option<DelayHistogram>,
    /// Places reserved or started by sends since the caller last asked, by scope.
    pub opened: Vec<u64>,
    signalled: Vec<(Key, u8)>,
}

struct Sink<'a> {
    agenda: &'a mut Agenda,
    signalled: &'a mut Vec<(Key, u8)>,
}

impl Emit for Sink<'_> {
    #[inline]
    fn due(&mut self, key: Key) {
        self.agenda.push(key);
    }

    #[inline]
    fn signal(&mut self, key: Key, segment: u8) {
        self.signalled.push((key, segment));
    }
}

impl Block {
    /// The people `first..first + len` at the start.
    pub fn new(w: World<'_>, shape: &Shape, first: usize, len: usize, keep: bool) -> Block {
        let people = People::new(w, first, len);
        let mut agenda = Agenda::new(w.plan.span());
        people.first_triggers(w, &mut Sink { agenda: &mut agenda, signalled: &mut Vec::new() });
        Block {
            people,
            agenda,
            slots: Vec::new(),
            slice: Slice::new(shape, w.plan.campaigns.len()),
            time_to_read: keep.then(crate::experiment::run::delay_histogram),
            time_in_queue: keep.then(crate::experiment::run::delay_histogram),
            opened: Vec::new(),
            signalled: Vec::new(),
        }
    }

    /// Steps through everything before `bound`. The caller vouches that nothing can be refused.
    pub fn step(&mut self, s: &Step<'_>, bound: Key) {
        while let Some(key) = self.agenda.pop_before(bound) {
            if key.what() == What::Send {
                self.send(s, key);
            } else {
                self.happens(s, key);
            }
        }
    }

    fn send(&mut self, s: &Step<'_>, key: Key) {
        let m = key.message();
        match self.prepare(s, key) {
            Prepared::Later(at) => self.agenda.push(Key::send(at, What::Send, m, 0)),
            Prepared::GivenUp => self.slice.not_sent[m.campaign as usize] += 1,
            Prepared::Try(variant) => {
                let m = MessageRef { variant, ..m };
                self.admit(s, key.offset(), m, due_since(s.world.plan, m, key.offset()));
            }
        }
        self.drain(s);
    }

    /// What the sender's own rules make of a send that falls due.
    pub fn prepare(&self, s: &Step<'_>, key: Key) -> Prepared {
        let m = key.message();
        let plan = s.world.plan;
        let gap = plan.numbers()[plan.number_of(m.campaign)].pair_gap;
        let free_at = self.people.pair_free_at(m.recipient, gap);
        if free_at > key.offset() {
            return Prepared::Later(free_at);
        }
        if self.gives_up(s, m) {
            return Prepared::GivenUp;
        }
        Prepared::Try(self.variant(s, m))
    }

    /// Whether the sender's own rules stop a message now.
    pub fn gives_up(&self, s: &Step<'_>, m: MessageRef) -> bool {
        let campaign = m.campaign as usize;
        s.stances[campaign].paused || !self.people.may_be_sent(&s.world.plan.campaigns[campaign], m.recipient)
    }

    /// The variant a message would use now.
    pub fn variant(&self, s: &Step<'_>, m: MessageRef) -> u8 {
        s.stances[m.campaign as usize].variant.unwrap_or_else(|| self.people.variant_by_lot(s.world, m))
    }

    /// An attempt is refused.
    pub fn refuse(&mut self, offset: i64, m: MessageRef, r: Refusal) {
        let key = Key::send(offset, What::Attempt, m, refusal_detail(r));
        self.signalled.push((key, self.people.segment(m.recipient)));
    }

    /// A message goes out, and its slot is booked.
    pub fn admit(&mut self, s: &Step<'_>, offset: i64, m: MessageRef, since: i64) {
        let number = s.world.plan.number_of(m.campaign);
        let i = (m.recipient - self.people.first) as usize;
        let scope = s.scope_of[number];
        let initiated = !self.people.is_free(number, m.recipient, offset);
        // A delivery starts a slot if its send was no free message and the rules of that moment count deliveries.
        let mark = u8::from(initiated && s.counted_on == CountedOn::Delivered);
        let key = Key::send(offset, What::Send, m, 0);
        let mut sink = Sink { agenda: &mut self.agenda, signalled: &mut self.signalled };
        let ends = self.people.sent(s.world, key, mark, &mut sink);
        if initiated {
            self.opened[scope] += 1;
            let slots = &mut self.slots[scope];
            let inside = s.slot == SlotKind::Fixed && slots.is_open(i, offset, s.period);
            if !inside {
                match s.counted_on {
                    CountedOn::Sent => slots.start[i] = offset,
                    CountedOn::Delivered => {
                        let until = ends.map_or(offset + s.period, |e| e.min(offset + s.period));
                        slots.reserved[i] = slots.reserved[i].max(until);
                        slots.last[i] = (offset, until);
                    }
                }
            }
        }
        if let Some(h) = &mut self.time_in_queue {
            record(h, offset - since);
        }
    }

    /// Something falls due that is no send.
    pub fn happens(&mut self, s: &Step<'_>, key: Key) {
        let mut sink = Sink { agenda: &mut self.agenda, signalled: &mut self.signalled };
        self.people.happens(s.world, key, &mut sink);
        if key.what() == What::Deliver && key.detail() == 1 {
            let scope = s.scope_of[s.world.plan.number_of(key.campaign())];
            let i = (key.recipient() - self.people.first) as usize;
            let slots = &mut self.slots[scope];
            if !(s.slot == SlotKind::Fixed && slots.is_open(i, key.offset(), s.period)) {
                slots.start[i] = key.offset();
            }
        }
        self.drain(s);
    }

    /// Takes what handlers signalled into the step's counts.
    pub fn drain(&mut self, s: &Step<'_>) {
        for k in 0..self.signalled.len() {
            let (key, segment) = self.signalled[k];
            let cell = s.shape.cell(segment, key);
            self.slice.note(cell, key);
            let what = key.what();
            if what == What::Deliver {
                self.slice.last[cell].delivered = Some(key);
            } else if what == What::Send {
                self.slice.last[cell].sent = Some(key);
            } else if is_negative(what) {
                self.slice.last[cell].negative = Some(key);
                if self.counts_for_template(s, key) {
                    self.slice.last[cell].negative_of_template = Some(key);
                } else {
                    self.slice.stale.push((cell as u32, slot(key) as u32));
                }
            } else if what == What::Read
                && let Some(h) = &mut self.time_to_read
            {
                record(h, self.people.read_delay(s.world, key).0);
            }
        }
        self.signalled.clear();
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
        let s = &self.slots[scope];
        (0..s.start.len()).filter(|i| s.release(*i, period) > at).count() as u64
    }

    /// This block's people whose latest start lies after `out`.
    pub fn distinct(&self, scope: usize, out: i64) -> u64 {
        self.slots[scope].start.iter().filter(|s| **s > out).count() as u64
    }
}

/// What the sender's own rules make of a send that falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// Too soon after the last message to this person: at this offset.
    Later(i64),
    /// Not at all.
    GivenUp,
    /// With this variant.
    Try(u8),
}
