//! A message on its way: what the sender's own rules make of it, whether the platform holds it back from this person,
//! and what becomes of it once it was taken.
//!
//! Everything here hangs on one person alone. Must not know ratings or limits.

use super::{DEFERRED, NEVER, lot_of_holdout};
use super::{
    Emit, HELD_OUT, OPTED_OUT, PLANNED, People, Prepared, STOPPED, Taken, UNPLANNED, UNWANTED, World,
};
use crate::behaviour::draws::{Arrival, LONGEST_DELAY, arrival, is_read, pick, read_after};
use crate::experiment::course::Course;
use crate::experiment::gate::{Inbox, detail};
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::plan::{CampaignPlan, Stance};
use crate::experiment::refusal::Held;
use crate::experiment::senders::after_quiet;
use crate::messaging::{Category, SERVICE_WINDOW};
use crate::sim::rng::{Purpose, unit};
use crate::sim::{SimDuration, SimTime};

/// A message at hand with what is looked up for it once.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The message.
    pub message: MessageRef,
    /// Its recipient's place among the people.
    pub i: usize,
    /// Its campaign.
    pub campaign: &'a CampaignPlan,
    /// The number it is sent from.
    pub number: usize,
}

impl<'a> Letter<'a> {
    /// The same with another of the campaign's templates.
    #[inline]
    pub fn with_variant(self, variant: u8) -> Letter<'a> {
        Letter { message: MessageRef { variant, ..self.message }, ..self }
    }

    /// Its template.
    #[inline]
    pub fn template(&self) -> usize {
        self.campaign.variants[self.message.variant as usize]
    }

    /// The ordinal of its draws among all of a recipient's.
    #[inline]
    pub fn ordinal(&self) -> u64 {
        self.campaign.ordinal(self.message.occurrence)
    }
}

impl People {
    /// A message at hand.
    #[inline]
    pub fn letter<'a>(&self, w: World<'a>, message: MessageRef) -> Letter<'a> {
        let campaign = &w.plan.campaigns[message.campaign as usize];
        Letter { message, i: self.local(message.recipient), campaign, number: campaign.spec.number }
    }

    /// The earliest offset at which this recipient may be written to again: never sooner than the gap, and because
    /// last sends are kept to the second, up to a second later. Kept over all numbers of the run.
    #[inline]
    fn pair_free_at(&self, i: usize, gap: SimDuration) -> i64 {
        match self.people[i].last_sent {
            NEVER => i64::MIN,
            _ if gap == SimDuration::ZERO => i64::MIN,
            last => (i64::from(last) + 1) * 1000 + gap.0,
        }
    }

    /// What the sender's own rules make of a send that falls due.
    #[inline(always)]
    pub fn prepare(&self, w: World<'_>, key: Key, l: &Letter<'_>, stance: &Stance) -> Prepared {
        let (campaign, offset) = (l.campaign, key.offset());
        if key.detail() & detail::STATE == UNPLANNED && campaign.is_triggered() {
            // What a dispatch asks of its audience once, a triggered message is asked when it arises.
            if stance.paused || !self.in_audience(w, campaign, l.message.recipient, offset, stance.share) {
                return Prepared::NotMeant;
            }
            let open = after_quiet(w.plan, l.message.campaign, offset);
            if open > offset {
                return Prepared::Later(open);
            }
        }
        let free_at = self.pair_free_at(l.i, w.plan.numbers()[l.number].pair_gap);
        if free_at > offset {
            return Prepared::Later(free_at);
        }
        if stance.paused || !self.may_be_written_to(w, campaign, l.i, offset) {
            return Prepared::GivenUp;
        }
        let meant = stance.variant.unwrap_or_else(|| self.variant_by_lot(w, l));
        let variant = stance.instead_of(meant);
        // The sender's own patience: nothing is tried that has not passed its review.
        if !w.ready.is_empty() {
            let template = campaign.variants[variant as usize];
            if offset < Course::ready_at(w.ready, w.plan, l.number, template) {
                return Prepared::GivenUp;
            }
        }
        Prepared::Try(variant)
    }

    /// The variant of a message by lot, or by turns.
    #[inline]
    fn variant_by_lot(&self, w: World<'_>, l: &Letter<'_>) -> u8 {
        let campaign = l.campaign;
        if campaign.cumulated.len() == 1 {
            return 0;
        }
        if campaign.spec.rotate_templates {
            return (l.message.occurrence as usize % campaign.cumulated.len()) as u8;
        }
        let words = w.draws.words(Purpose::Fate, self.people[l.i].key, l.ordinal());
        pick(&campaign.cumulated, &words) as u8
    }

    /// Whether the recipient wrote to this number within the service window.
    pub fn is_free(&self, number: usize, who: u32, offset: i64) -> bool {
        self.is_free_at(number, self.local(who), offset)
    }

    #[inline]
    pub(super) fn is_free_at(&self, number: usize, i: usize, offset: i64) -> bool {
        let Some(inbound) = self.inbound.get(number) else { return false };
        let at = inbound[i];
        at != i64::MIN && offset < at + SERVICE_WINDOW.0
    }

    /// Whether the platform takes a message as part of a conversation that its reader began.
    #[inline]
    pub fn is_free_letter(&self, l: &Letter<'_>, offset: i64) -> bool {
        self.is_free_at(l.number, l.i, offset)
    }

    /// Whether and why the platform does not let a message through that limits and statuses allow. Takes note of the
    /// try: a person who is tried too often is closed.
    #[inline]
    pub fn held(&mut self, w: World<'_>, l: &Letter<'_>, offset: i64, how: u8) -> Option<Held> {
        if w.gate.any { self.held_by(w, l, offset, how) } else { None }
    }

    fn held_by(&mut self, w: World<'_>, l: &Letter<'_>, offset: i64, how: u8) -> Option<Held> {
        let (gate, i, number) = (w.gate, l.i, l.number);
        if w.plan.is_app(number) {
            return None;
        }
        if how & detail::TOO_FAST != 0 {
            return Some(Held::Throughput);
        }
        if let (Some(spent), Some((_, tolerance))) =
            (self.pairs.get(number).and_then(|p| p.get(i)), gate.pair)
            && spent.saturating_sub(offset) > tolerance
        {
            return Some(Held::PairRate);
        }
        if w.plan.templates()[l.template()].category != Category::Marketing {
            return None;
        }
        let person = &self.people[i];
        let segment = person.segment as usize;
        if gate.stop && person.flags & STOPPED != 0 {
            return Some(Held::Stopped);
        }
        if gate.excluded[segment] {
            return Some(Held::Excluded);
        }
        let free = self.is_free_at(number, i, offset);
        if person.flags & HELD_OUT != 0 && !free && lot_of_holdout(w, person.key) < gate.holdout {
            return Some(Held::HoldOut);
        }
        let cap = gate.cap.as_ref().filter(|_| gate.capped[segment])?;
        let inbox = Inbox { full: &gate.full[segment], reads: f64::from(person.reads) };
        let day = w.plan.scenario.start.0.saturating_add(offset).div_euclid(SimTime::DAY_MS);
        let key = person.key;
        let lot = || unit(w.draws.words(Purpose::Inbox, key, day as u64)[0]);
        self.books.held(i, cap, (offset, free), inbox, lot)
    }

    /// A message went out: its fate is drawn. `mark` travels with its delivery, for whoever keeps the books of slots.
    /// Returns when it is delivered or given up, if it is.
    #[inline(always)]
    pub fn sent(
        &mut self,
        w: World<'_>,
        key: Key,
        l: &Letter<'_>,
        mark: u8,
        out: &mut impl Emit,
    ) -> Option<i64> {
        let taken = self.taken(w, key, l, out);
        self.fate_of(w, l, taken.unwanted, key.offset(), mark, out)
    }

    /// A message was taken by the platform; what becomes of it is drawn when it lets it go ([`People::fate`]).
    #[inline(always)]
    pub fn taken(&mut self, w: World<'_>, key: Key, l: &Letter<'_>, out: &mut impl Emit) -> Taken {
        let (m, offset) = (l.message, key.offset());
        if let (Some(pair), Some((gap, _))) =
            (self.pairs.get_mut(l.number).and_then(|p| p.get_mut(l.i)), w.gate.pair)
        {
            *pair = (*pair).max(offset) + gap;
        }
        let person = &mut self.people[l.i];
        person.last_sent = (offset / 1000) as u32;
        // A send to somebody who had opted out says so in its detail.
        let unwanted = person.flags & OPTED_OUT != 0;
        let signal = if unwanted { Key::send(offset, What::Send, m, UNWANTED) } else { key };
        out.signal_of(What::Send, m, signal, person.segment);
        Taken { message: m, unwanted }
    }

    /// What becomes of a message that is on its way since an offset: drawn, and due.
    pub fn fate(&mut self, w: World<'_>, taken: Taken, offset: i64, mark: u8, out: &mut impl Emit) {
        let l = self.letter(w, taken.message);
        self.fate_of(w, &l, taken.unwanted, offset, mark, out);
    }

    /// What becomes of a message, and when it is delivered or given up, if it is.
    #[inline(always)]
    fn fate_of(
        &mut self,
        w: World<'_>,
        l: &Letter<'_>,
        unwanted: bool,
        offset: i64,
        mark: u8,
        out: &mut impl Emit,
    ) -> Option<i64> {
        let (m, i) = (l.message, l.i);
        if self.has_blocked(i, l.number) || self.is_stranger(w, i, l.number, offset) {
            return None;
        }
        let template = l.template();
        let person = &self.people[i];
        let words = w.draws.words(Purpose::Fate, person.key, l.ordinal());
        let segment = &w.plan.segments[person.segment as usize];
        match arrival(&segment.spec.delivery, &words) {
            Arrival::Lost => None,
            Arrival::Failed(after) => {
                let at = offset + after.0;
                out.due(Key::generated(at, What::Fail, m, 0));
                Some(at)
            }
            // Offline for longer than it is kept: nobody hears of it again.
            Arrival::Delivered(after) if after.0 > w.gate.kept[template] && !w.plan.is_app(l.number) => None,
            Arrival::Delivered(after) => {
                let at = offset + after.0;
                out.due(Key::generated(at, What::Deliver, m, mark));
                let reading = &segment.spec.reading;
                let category = w.plan.templates()[template].category;
                let load = || match reading.fatigue_loss {
                    0.0 => 0.0,
                    _ => self.load(segment, i, offset) + segment.spec.fatigue.background,
                };
                if is_read(reading, category, person.reads, load, &words) {
                    // A month after the send nobody opens it any more: that is as long as a message id is remembered.
                    let read = at + read_after(reading, &words).0;
                    if read - offset <= LONGEST_DELAY.0 {
                        out.due(Key::generated(read, What::Read, m, u8::from(unwanted)));
                    }
                }
                Some(at)
            }
        }
    }
}

/// Whether a send has been counted as deferred, and how often it was tried before.
pub fn waited(key: Key) -> (bool, u8) {
    (key.detail() & detail::STATE == DEFERRED, detail::tries(key.detail()))
}

/// The detail of a send that is put off: planned at least, and not too fast any more.
pub fn put_off(how: u8) -> u8 {
    detail::of((how & detail::STATE).max(PLANNED), detail::tries(how))
}
