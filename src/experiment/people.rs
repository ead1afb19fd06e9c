//! The recipients of a run: their state, and what happens to it when something falls due.
//!
//! The handlers are the same for every engine: they take a key, change one recipient, and tell what was signalled
//! and what falls due next. They never look at ratings or limits, and another recipient's events can't be felt here,
//! which is what lets blocks of recipients step side by side.

mod audience;
mod consent;
mod contacts;
mod sending;

use crate::behaviour::draws::{
    Mood, Reaction, block_reason, delay, react, reaction_after, read_after, traits,
};
use crate::behaviour::recipient::Memory;
use crate::behaviour::sender::Way;
use crate::experiment::bill::{self, BillPlan, Units};
use crate::experiment::gate::{Books, Gate};
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::plan::{Plan, SegmentPlan};
use crate::experiment::row::REPLIED_BY_AD;
use crate::messaging::Category;
use crate::scenario::People as Audience;
use crate::sim::rng::{Draws, Purpose, unit, unit32};
use crate::sim::{SimDuration, SimTime};

pub use contacts::SAVES;
pub use sending::{Letter, put_off, waited};

const OPTED_OUT: u8 = 1;
const MUTED: u8 = 2;
const ARCHIVED: u8 = 4;
const RECEIPTS: u8 = 8;
/// Stopped this business's marketing by the platform's control.
const STOPPED: u8 = 16;
/// May be held out of marketing: is where the share is the largest of the run.
const HELD_OUT: u8 = 32;

/// Detail of a send, and of its reading, to somebody who had opted out.
pub const UNWANTED: u8 = 1;

/// Deliveries remembered by a hard memory window.
const REMEMBERED: usize = 8;

/// No such instant yet, in seconds since the start.
const NEVER: u32 = u32::MAX;

/// How far a send that falls due has come, in its detail: just arisen; counted as planned; counted as deferred too.
pub const UNPLANNED: u8 = 0;
/// See [`UNPLANNED`].
pub const PLANNED: u8 = 1;
/// See [`UNPLANNED`].
pub const DEFERRED: u8 = 2;

/// What the sender's own rules make of a send that falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// A triggered message to someone the campaign does not reach out to now: it never was planned.
    NotMeant,
    /// Not now: at this offset.
    Later(i64),
    /// Not at all.
    GivenUp,
    /// With this variant.
    Try(u8),
}

/// Where handlers put what follows.
pub trait Emit {
    /// Something falls due.
    fn due(&mut self, key: Key);
    /// Something was signalled: belongs into the log and the counts.
    fn signal(&mut self, key: Key, segment: u8);
    /// The same, when it is known what the key stands for: unpacking it again costs time where there are many.
    #[inline]
    fn signal_of(&mut self, what: What, m: MessageRef, key: Key, segment: u8) {
        debug_assert!(key.what() == what && key.message() == m);
        self.signal(key, segment);
    }
}

/// One recipient: all that is looked at together, together in memory.
#[derive(Clone, Debug)]
struct Person {
    /// Key in random streams.
    key: u64,
    annoyance: f32,
    reads: f32,
    load: f32,
    /// Seconds since the start, of `load`.
    load_at: u32,
    /// Seconds since the start.
    last_sent: u32,
    /// Seconds since the start, as far as receipts show.
    last_read: u32,
    /// One bit per number.
    blocked: u32,
    segment: u8,
    flags: u8,
}

/// A run of recipients with consecutive indices.
#[derive(Clone, Debug)]
pub struct People {
    /// Index of the first.
    pub first: u32,
    people: Vec<Person>,
    /// Seconds since the start (before it: negative) of the last deliveries, newest first, for people with a hard
    /// memory window.
    delivered: Vec<[i32; REMEMBERED]>,
    /// Milliseconds since the start of the last inbound message, by number; empty until someone can reply.
    inbound: Vec<Vec<i64>>,
    /// What is remembered of each person's marketing; empty where no cap can hold.
    books: Books,
    /// When each person first opted out; empty where no sender is slow to learn of it.
    opted_out_at: Vec<consent::OptedOut>,
    /// Milliseconds since the start up to which the pair rate is spent, by number; empty where a number keeps its own
    /// gap or there is no such rate.
    pairs: Vec<Vec<i64>>,
    /// What rate cards charge for; none where flat prices hold.
    meter: Option<bill::Meter>,
    /// Milliseconds since the start at which each person saves a number of the Business app, by number; empty where
    /// there is no such number.
    saved: Vec<Vec<i64>>,
}

/// A message that the platform took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Which.
    pub message: MessageRef,
    /// Whether its reader had opted out by then: the reading remembers it.
    unwanted: bool,
}

/// What a run needs beside state: the plan and the luck.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The luck of this replication.
    pub draws: &'a Draws,
    /// What the platform lets through by the rules of the moment.
    pub gate: &'a Gate,
    /// From when each template may be sent ([`ready`](crate::experiment::course::Course::ready)).
    pub ready: &'a [i64],
}

impl<'a> World<'a> {
    /// At the start.
    pub fn new(plan: &'a Plan, draws: &'a Draws, ready: &'a [i64]) -> World<'a> {
        World { plan, draws, gate: plan.gate_at(0), ready }
    }

    /// At an offset.
    pub fn at(self, offset: i64) -> World<'a> {
        World { gate: self.plan.gate_at(offset), ..self }
    }
}

impl People {
    /// The people `first..first + len` as they are at the start.
    pub fn new(w: World<'_>, first: usize, len: usize) -> People {
        let mut p = People {
            first: first as u32,
            people: Vec::with_capacity(len),
            delivered: Vec::new(),
            inbound: Vec::new(),
            books: Books::default(),
            opted_out_at: consent::opted_out_at(w.plan, len),
            pairs: Vec::new(),
            meter: w.plan.bill.as_ref().map(|b| bill::Meter::new(w.plan, b, len)),
            saved: Vec::new(),
        };
        let gates = || w.plan.gates.iter().map(|(_, gate)| gate);
        let marketing = w.plan.sends_marketing();
        if marketing && gates().any(|g| g.capped.contains(&true)) {
            p.books = Books::new(len, gates().filter_map(|g| g.cap.as_ref()));
        }
        let pair_gap = gates().filter_map(|g| g.pair).map(|(gap, _)| gap).max().unwrap_or(0);
        if w.plan.numbers().iter().any(|n| n.pair_gap.0 < pair_gap) {
            let fast = |n: &crate::behaviour::sender::Number| n.pair_gap.0 < pair_gap;
            let books = |n| if fast(n) { vec![i64::MIN; len] } else { Vec::new() };
            p.pairs = w.plan.numbers().iter().map(books).collect();
        }
        let held_out = if marketing { gates().map(|g| g.holdout).fold(0.0, f64::max) } else { 0.0 };
        let windowed = |m: &Memory| matches!(m, Memory::Window(_));
        if w.plan.segments.iter().any(|s| windowed(&s.spec.fatigue.memory)) {
            p.delivered = vec![[i32::MIN; REMEMBERED]; len];
        }
        let writes_back = |s: &SegmentPlan| s.spec.reactions.reply > 0.0;
        if w.plan.segments.iter().any(writes_back)
            || w.plan.templates().iter().any(|t| t.opt_out.is_inbound())
        {
            p.inbound = vec![vec![i64::MIN; len]; w.plan.numbers().len()];
        }
        for who in first..first + len {
            let segment = w.plan.segment_of(who);
            let person = w.plan.person_key(who);
            let t = traits(w.draws, person, &w.plan.segments[segment].spec);
            p.people.push(Person {
                key: person,
                annoyance: t.annoyance,
                reads: t.reads,
                load: 0.0,
                load_at: 0,
                last_sent: NEVER,
                last_read: NEVER,
                blocked: 0,
                segment: segment as u8,
                flags: if t.receipts { RECEIPTS } else { 0 }
                    | if held_out > 0.0 && lot_of_holdout(w, person) < held_out { HELD_OUT } else { 0 },
            });
            if let Audience::Listed(list) = &w.plan.scenario.people {
                p.remember_past(w, who - first, &list[who].past_sends);
            }
        }
        p.draw_contacts(w);
        p
    }

    /// Number of people here.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there is nobody here.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Messages delivered before the start weigh on fatigue as of the start.
    fn remember_past(&mut self, w: World<'_>, i: usize, past: &[SimTime]) {
        let start = w.plan.scenario.start;
        match w.plan.segments[self.people[i].segment as usize].spec.fatigue.memory {
            Memory::HalfLife(h) => {
                let weight = |t: &SimTime| libm::exp2(-((start - *t).0 as f64) / h.0 as f64);
                self.people[i].load = past.iter().map(weight).sum::<f64>() as f32;
            }
            Memory::Window(_) => {
                let mut seconds: Vec<i32> =
                    past.iter().map(|t| ((*t - start).0 / 1000).max(-1 << 30) as i32).collect();
                seconds.sort_unstable_by(|a, b| b.cmp(a));
                for (place, s) in self.delivered[i].iter_mut().zip(seconds) {
                    *place = s;
                }
            }
        }
    }

    #[inline]
    fn local(&self, who: u32) -> usize {
        (who - self.first) as usize
    }

    /// The segment of a recipient.
    pub fn segment(&self, who: u32) -> u8 {
        self.people[self.local(who)].segment
    }

    /// Fatigue load from this business at an offset, background aside.
    #[inline]
    fn load(&self, segment: &SegmentPlan, i: usize, offset: i64) -> f64 {
        match segment.spec.fatigue.memory {
            Memory::HalfLife(h) => {
                let person = &self.people[i];
                if person.load == 0.0 {
                    return 0.0;
                }
                let age = offset / 1000 - i64::from(person.load_at);
                f64::from(person.load) * libm::exp2(-(age as f64) * 1000.0 / h.0 as f64)
            }
            Memory::Window(span) => {
                // No such delivery is the least there is, and later than nothing.
                let since = (offset / 1000 - span.0 / 1000).max(i64::from(i32::MIN)) as i32;
                let within: u32 = self.delivered[i].iter().map(|t| u32::from(*t > since)).sum();
                f64::from(within)
            }
        }
    }

    #[inline]
    fn note_delivery(&mut self, segment: &SegmentPlan, i: usize, offset: i64) {
        match segment.spec.fatigue.memory {
            Memory::HalfLife(_) => {
                let load = self.load(segment, i, offset) + 1.0;
                self.people[i].load = load as f32;
                self.people[i].load_at = (offset / 1000) as u32;
            }
            Memory::Window(_) => {
                let delivered = &mut self.delivered[i];
                delivered.copy_within(0..REMEMBERED - 1, 1);
                delivered[0] = (offset / 1000) as i32;
            }
        }
    }

    #[inline]
    fn has_blocked(&self, i: usize, number: usize) -> bool {
        self.people[i].blocked >> number & 1 == 1
    }

    /// Something falls due that is no send.
    pub fn happens(&mut self, w: World<'_>, key: Key, out: &mut impl Emit) {
        let letter = self.letter(w, key.message());
        self.happens_to(w, key, key.what(), &letter, out);
    }

    /// The same with the key unpacked.
    #[inline(always)]
    pub fn happens_to(&mut self, w: World<'_>, key: Key, what: What, l: &Letter<'_>, out: &mut impl Emit) {
        let (m, i, number) = (l.message, l.i, l.number);
        let segment = self.people[i].segment;
        match what {
            What::Deliver => {
                self.note_delivery(&w.plan.segments[segment as usize], i, key.offset());
                // Caps and prices are the API's.
                let app = w.plan.is_app(number);
                if !self.books.is_empty() && !app {
                    self.note_marketing(w, l, key.offset());
                }
                if let Some(bill) = w.plan.bill.as_ref().filter(|_| !app) {
                    self.charge(w, bill, m, key.offset());
                }
                out.signal_of(What::Deliver, m, key, segment);
            }
            What::Fail | What::Convert => out.signal(key, segment),
            What::Read => self.read(w, key, l, out),
            What::Block => {
                if !self.has_blocked(i, number) {
                    self.people[i].blocked |= 1 << number;
                    out.signal(key, segment);
                }
            }
            What::Report => out.signal(key, segment),
            What::OptOut => self.opts_out(i, key, out),
            What::Mute => self.once(i, MUTED, key, out),
            What::Archive => self.once(i, ARCHIVED, key, out),
            What::Interest => {
                if let Some(cap) = &w.gate.cap {
                    self.books.stated(i, cap, key.detail() == 1);
                }
                out.signal(key, segment);
            }
            What::Reply => {
                if !self.has_blocked(i, number) {
                    self.inbound[number][i] = key.offset();
                    if let Some(meter) = self.meter.as_mut().filter(|_| key.detail() == REPLIED_BY_AD) {
                        meter.enters(number, i, key.offset());
                    }
                    self.books.replied(i);
                    out.signal(key, segment);
                }
            }
            What::Click => {
                out.signal(key, segment);
                self.click(w, key, l, out);
            }
            What::Trigger if key.detail() == SAVES => out.signal_of(What::Trigger, m, key, segment),
            What::Trigger => self.trigger(w, key, m, i, out),
            What::Send | What::Attempt | What::Wake => unreachable!("sends are the engine's business"),
        }
    }

    #[inline]
    fn note_marketing(&mut self, w: World<'_>, l: &Letter<'_>, offset: i64) {
        if let Some(cap) = &w.gate.cap
            && w.plan.templates()[l.template()].category == Category::Marketing
        {
            let free = self.is_free_at(l.number, l.i, offset);
            self.books.delivered(l.i, cap, offset, free);
        }
    }

    /// Counts a delivery for the bill, as it stands before the recipient answers.
    fn charge(&mut self, w: World<'_>, bill: &BillPlan, message: MessageRef, offset: i64) {
        let number = w.plan.number_of(message.campaign);
        let recipient = self.local(message.recipient);
        let delivery = bill::Delivery {
            number,
            recipient,
            segment: self.people[recipient].segment,
            message,
            offset,
            window_open: self.is_free(number, message.recipient, offset),
        };
        if let Some(meter) = &mut self.meter {
            meter.charge(w.plan, bill, delivery);
        }
    }

    /// What was counted for the bill, if anything is.
    pub fn units(&self) -> Option<&Units> {
        self.meter.as_ref().map(|m| &m.units)
    }

    fn once(&mut self, i: usize, flag: u8, key: Key, out: &mut impl Emit) {
        if self.people[i].flags & flag == 0 {
            self.people[i].flags |= flag;
            out.signal(key, self.people[i].segment);
        }
    }

    #[inline(always)]
    fn read(&mut self, w: World<'_>, key: Key, l: &Letter<'_>, out: &mut impl Emit) {
        let (m, i, number) = (l.message, l.i, l.number);
        if self.has_blocked(i, number) {
            return;
        }
        let offset = key.offset();
        let person = &mut self.people[i];
        if person.flags & RECEIPTS != 0 {
            person.last_read = (offset / 1000) as u32;
            out.signal_of(What::Read, m, key, person.segment);
        }
        let person = &self.people[i];
        let plan = &w.plan.segments[person.segment as usize];
        let r = &plan.spec.reactions;
        let template = l.template();
        let words = w.draws.words(Purpose::Reaction, person.key, l.ordinal());
        let load = self.load(plan, i, offset) + plan.spec.fatigue.background;
        let offered = &w.plan.templates()[template];
        // What the platform offers under marketing is under that of the API.
        let marketing = offered.category == Category::Marketing && !w.plan.is_app(number);
        let ignored = if key.detail() == UNWANTED { r.ignored_opt_out_factor } else { 1.0 };
        let mood = Mood {
            factor: f64::from(person.annoyance)
                * plan.fatigue.factor(load)
                * self.consent(w, plan, i, template, offset)
                * ignored,
            opt_out: offered.opt_out,
            relevance: offered.relevance,
            asked: w.gate.asked && marketing,
            stop: w.gate.stop && marketing,
        };
        let reaction = react(r, &mood, words[0]);
        let what = match reaction {
            Reaction::Ignore => return,
            Reaction::Block => What::Block,
            Reaction::Report => What::Report,
            Reaction::OptOut | Reaction::Stop => What::OptOut,
            Reaction::Mute => What::Mute,
            Reaction::Archive => What::Archive,
            Reaction::Reply => What::Reply,
            Reaction::Click => What::Click,
            Reaction::NotInterested | Reaction::Interested => What::Interest,
        };
        let at = offset + reaction_after(r, words[1]).0;
        let mut detail = match reaction {
            Reaction::Interested => 1,
            // The words that a block or a conversion would take; a reply is neither.
            Reaction::Reply if unit32(words[2] as u32) < r.reply_by_ad => REPLIED_BY_AD,
            Reaction::Stop => Way::Stop as u8,
            Reaction::OptOut => {
                let way = self.way_out(w, i, m, offered.opt_out);
                if matches!(way, Way::Reply | Way::Button) {
                    // A word or a button is a message to the business.
                    out.due(Key::generated(at, What::Reply, m, 0));
                }
                way as u8
            }
            _ => 0,
        };
        if what == What::Block {
            detail = block_reason(r, (words[2] >> 32) as u32).map_or(0, |k| plan.reasons[k]);
            if unit32(words[2] as u32) < r.report_given_block {
                out.due(Key::generated(at, What::Report, m, 0));
            }
        }
        out.due(Key::generated(at, what, m, detail));
    }

    fn click(&mut self, w: World<'_>, key: Key, l: &Letter<'_>, out: &mut impl Emit) {
        let (m, person) = (l.message, &self.people[l.i]);
        let r = &w.plan.segments[person.segment as usize].spec.reactions;
        let words = w.draws.words(Purpose::Reaction, person.key, l.ordinal());
        if unit32(words[2] as u32) < r.convert_given_click {
            out.due(Key::generated(
                key.offset() + delay(r.conversion_delay, words[3]).0,
                What::Convert,
                m,
                0,
            ));
        }
    }

    /// A triggered message arises: it is due at once, and so is the next one in time.
    fn trigger(&mut self, w: World<'_>, key: Key, m: MessageRef, i: usize, out: &mut impl Emit) {
        out.due(Key::send(key.offset(), What::Send, m, 0));
        if let Some(occurrence) = m.occurrence.checked_add(1) {
            self.next_trigger(w, key.offset(), MessageRef { occurrence, ..m }, i, out);
        }
    }

    fn next_trigger(&self, w: World<'_>, after: i64, m: MessageRef, i: usize, out: &mut impl Emit) {
        use crate::behaviour::sender::Calendar;
        let campaign = &w.plan.campaigns[m.campaign as usize];
        let Calendar::Triggered { per_day, until, .. } = campaign.spec.calendar else { return };
        let words =
            w.draws.words(Purpose::Trigger, self.people[i].key, w.plan.ordinal(m.campaign, m.occurrence));
        let gap = -libm::log(unit(words[0])) / per_day * SimTime::DAY_MS as f64;
        let at = after as f64 + gap;
        if at < w.plan.offset(until) as f64 {
            out.due(Key::generated(at as i64, What::Trigger, m, 0));
        }
    }

    /// The first triggered message of each campaign and recipient, and who saves a number of the app.
    pub fn first_triggers(&self, w: World<'_>, out: &mut impl Emit) {
        self.first_contacts(w, out);
        use crate::behaviour::sender::Calendar;
        for (c, campaign) in w.plan.campaigns.iter().enumerate() {
            let Calendar::Triggered { from, per_day, .. } = campaign.spec.calendar else { continue };
            if per_day <= 0.0 {
                continue;
            }
            for i in 0..self.len() {
                let who = self.first + i as u32;
                // Who is in the audience by lot and segment; what changes in time is looked at when sending.
                let a = &campaign.spec.audience;
                let share = a.share >= 1.0
                    || unit(w.draws.words(Purpose::Audience, self.people[i].key, campaign.entity)[0])
                        < a.share;
                if share && a.segments.contains(&(self.people[i].segment as usize)) {
                    let m = MessageRef { recipient: who, campaign: c as u16, occurrence: 0, variant: 0 };
                    self.next_trigger(w, w.plan.offset(from), m, i, out);
                }
            }
        }
    }

    /// When the message a reaction answers was delivered: worked out backwards from the draws, since the delays
    /// between are known.
    pub fn delivered_at(&self, w: World<'_>, key: Key) -> i64 {
        let m = key.message();
        let i = self.local(m.recipient);
        let ordinal = w.plan.ordinal(m.campaign, m.occurrence);
        let spec = &w.plan.segments[self.people[i].segment as usize].spec;
        let reaction = w.draws.words(Purpose::Reaction, self.people[i].key, ordinal);
        let fate = w.draws.words(Purpose::Fate, self.people[i].key, ordinal);
        let read = key.offset() - reaction_after(&spec.reactions, reaction[1]).0;
        read - read_after(&spec.reading, &fate).0
    }

    /// From delivery to reading of the message a read is about.
    pub fn read_delay(&self, w: World<'_>, key: Key) -> SimDuration {
        let m = key.message();
        let i = self.local(m.recipient);
        let fate = w.draws.words(Purpose::Fate, self.people[i].key, w.plan.ordinal(m.campaign, m.occurrence));
        read_after(&w.plan.segments[self.people[i].segment as usize].spec.reading, &fate)
    }
}

/// Where a person lies in the lot of the hold-out: those below the share are in.
fn lot_of_holdout(w: World<'_>, person: u64) -> f64 {
    unit(w.draws.words(Purpose::HoldOut, person, 0)[0])
}
