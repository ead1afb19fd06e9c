//! What is remembered of messages and of people: what was sent and has not been forgotten, which rows were seen, who
//! wrote, who blocks, what was delivered last.
//!
//! Names and message ids are kept as 128-bit keys, times as 32-bit offsets from a base that moves along. Must not
//! know limits, slots or ratings.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::messaging::{SERVICE_WINDOW, SignalKind};
use crate::policy::fold::ahead::Keys;
use crate::policy::fold::key::Key;
use crate::policy::fold::names::Tags;
use crate::policy::fold::records::{
    COUNTED_ON_DELIVERY, DELIVERED, DELIVERED_BY_READ, DELIVERED_BY_ROW, DROPPED, INITIATED, Message, Offset,
    Pair, REACHED, READ, Recipient, Row, SENT, pack, unpack, usual,
};
use crate::policy::fold::table::{Near, Table};
use crate::policy::rules::CountedOn;
use crate::policy::slots::Seat;
use crate::sim::{SimDuration, SimTime};

/// How long message ids are remembered: the platform's longest time to live.
const MESSAGE_MEMORY: SimDuration = SimDuration::days(31);
/// How far back a signal without its own template or campaign looks for the message it answers.
const ATTRIBUTION: SimDuration = SimDuration::days(7);
/// The base moves on before offsets grow past this \[ms\]: a good 49 days.
const REACH: i64 = u32::MAX as i64 - 1;

/// A message that was sent, as far as later rows ask for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub sent_at: SimTime,
    /// Counts against the limit: business-initiated, not free.
    pub initiated: bool,
    /// The rule in force at the send.
    pub counted_on: CountedOn,
    pub delivered_at: Option<SimTime>,
    pub dropped: bool,
    /// A delivered row came before this send: a later read is no second delivery.
    pub reached: bool,
    pub tags: Tags,
    /// Tells sends under way apart in the books of slots.
    pub serial: u32,
}

/// No number.
const NOBODY: u32 = u32::MAX;

/// A recipient of a number, looked up for one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    /// The recipient's number, the same for all numbers.
    pub who: u32,
    key: Key,
    /// Where the pair is.
    pair: usize,
}

/// A message id, looked up for one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id {
    /// Where its record is, if there is one.
    place: Option<usize>,
}

/// What a row says became of a message.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fate {
    Delivered,
    Failed,
}

/// The send that a delivery or failure belongs to.
pub(super) enum Joined {
    /// An open send (as it was before this row).
    Message(Sent),
    /// A send that had been delivered before.
    Delivered,
    /// No send in the log.
    Nothing,
}

/// What is remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    recipients: Table<Recipient>,
    pairs: Table<Pair>,
    messages: Table<Message>,
    /// Rows of unusual kinds that bear an id.
    rows: Table<Row>,
    /// Sends without an id that are neither delivered nor failed, by pair, oldest first.
    open: FxHashMap<Key, VecDeque<Sent>>,
    /// By recipient, the number that delivered last; `NOBODY` if none did.
    deliverers: Vec<u32>,
    /// The instant of offset 1; none before the first row.
    base: Option<SimTime>,
    /// What was seen at this offset or before is forgotten.
    out: Offset,
}

/// How much is held: records and the room for them, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemorySize {
    /// Message ids, with those that are forgotten and still take room.
    pub messages: (usize, usize),
    /// Pairs of a number and a recipient.
    pub pairs: (usize, usize),
    /// Recipients.
    pub recipients: (usize, usize),
    /// Rows with an id that are neither sent, delivered, read nor failed.
    pub rows: (usize, usize),
    /// Bytes of all these.
    pub bytes: usize,
}

impl Memory {
    /// Time has come to a row: forgets what is too old.
    #[inline]
    pub fn advance(&mut self, now: SimTime) {
        if self.base.is_none_or(|base| now.0 - base.0 >= REACH) {
            self.move_base(now);
        }
        let base = self.base.unwrap_or(now);
        self.out = (now.0 - MESSAGE_MEMORY.0 - base.0 + 1).max(0) as Offset;
    }

    /// Moves the base up to the oldest instant that can still matter.
    #[cold]
    fn move_base(&mut self, now: SimTime) {
        let Some(old) = self.base else {
            self.base = Some(now);
            return;
        };
        let new = SimTime(now.0 - MESSAGE_MEMORY.0);
        let moved = |offset: Offset| (i64::from(offset) + old.0 - new.0).clamp(0, REACH) as Offset;
        let moved = |offset: Offset| if offset == 0 || moved(offset) <= 1 { 0 } else { moved(offset) };
        self.messages.sweep(|m| {
            let seen = m.seen.map(moved);
            (seen != [0; 4]).then_some(Message { seen, ..*m })
        });
        self.rows.sweep(|r| Some(Row { seen: moved(r.seen), ..*r }).filter(|r| r.seen > 0));
        self.pairs.sweep(|p| {
            let p = Pair { inbound: moved(p.inbound), delivered: moved(p.delivered), ..*p };
            (p.blocked || p.open || p.inbound > 0 || p.delivered > 0).then_some(p)
        });
        self.base = Some(new);
    }

    #[inline]
    fn offset(&self, at: SimTime) -> Offset {
        let base = self.base.expect("time has come to a row");
        (at.0 - base.0 + 1) as Offset
    }

    #[inline]
    fn instant(&self, offset: Offset) -> Option<SimTime> {
        let base = self.base?;
        (offset > 0).then_some(SimTime(base.0 + i64::from(offset) - 1))
    }

    /// A recipient of a number, if one row or another has told of them.
    pub fn person(&self, n: usize, name: &str) -> Option<Person> {
        let key = Key::of_recipient(name).number(n);
        self.pairs.find(key).map(|pair| Person { who: self.pairs.at(pair).who, key, pair })
    }

    /// A recipient's number, if known.
    pub fn recipient(&self, name: &str) -> Option<u32> {
        self.recipients.find(Key::of_recipient(name)).map(|place| place as u32)
    }

    /// A recipient of a number by their keys, made if new.
    #[inline]
    pub fn person_made(&mut self, keys: &Keys) -> Person {
        match self.pairs.find_near(keys.pair, keys.pair_near) {
            Some(pair) => Person { who: self.pairs.at(pair).who, key: keys.pair, pair },
            None => self.new_pair(keys),
        }
    }

    fn new_pair(&mut self, keys: &Keys) -> Person {
        let place = self.recipients.find_or_add(keys.recipient, |_| true);
        if place == self.deliverers.len() {
            self.deliverers.push(NOBODY);
        }
        // Recipients are never forgotten: their numbers are their places.
        let who = place as u32;
        let out = self.out;
        let alive = |p: &Pair| p.blocked || p.open || p.inbound > out || p.delivered > out;
        let pair = self.pairs.add(keys.pair, alive);
        let seat = self.recipients.at(place).seat;
        let made = self.pairs.at_mut(pair);
        (made.who, made.seat) = (who, seat);
        Person { who, key: keys.pair, pair }
    }

    /// A row's message id. Only looked up.
    #[inline]
    pub fn id(&self, keys: &Keys) -> Option<Id> {
        Some(Id { place: self.messages.find_near(keys.message, keys.message_near) })
    }

    /// Brings near what is remembered of the people and messages of rows, and writes down in their keys where it is.
    pub fn fetch(&self, rows: &mut [Keys]) {
        self.pairs.fetch_slots(rows.iter().map(|k| k.pair));
        self.messages.fetch_slots(rows.iter().map(|k| k.message));
        for k in rows.iter_mut() {
            k.pair_near = self.pairs.near(k.pair);
        }
        // Who is new to a number may be known to others.
        let new = rows.iter().filter(|k| k.pair_near == Near::NOWHERE);
        self.recipients.fetch_slots(new.map(|k| k.recipient));
        for k in rows {
            k.message_near = self.messages.near(k.message);
        }
    }

    /// Where a person that was fetched may sit in the books of slots. Brings near what else is remembered of them.
    #[inline]
    pub fn fetch_seat(&self, keys: &Keys) -> Seat {
        let known = match self.pairs.at_near(keys.pair_near) {
            Some(pair) => Some((pair.who as usize, pair.seat)),
            None => self.recipients.find(keys.recipient).map(|who| (who, self.recipients.at(who).seat)),
        };
        let Some((who, seat)) = known else { return Seat::NONE };
        std::hint::black_box(self.deliverers[who]);
        seat
    }

    /// Where a recipient may sit in the books of slots.
    #[inline]
    pub fn seat(&self, person: &Person) -> Seat {
        self.pairs.at(person.pair).seat
    }

    /// A recipient has a seat in the books of slots.
    #[inline]
    pub fn seated(&mut self, person: &Person, seat: Seat) {
        self.pairs.at_mut(person.pair).seat = seat;
        self.recipients.at_mut(person.who as usize).seat = seat;
    }

    /// Remembers a row of this kind with a message id by its keys; none if it was seen before.
    #[inline]
    pub fn first(&mut self, kind: SignalKind, keys: &Keys, at: SimTime) -> Option<Id> {
        let (out, now) = (self.out, self.offset(at));
        let key = keys.message;
        if let Some(k) = usual(kind) {
            let place = match self.messages.find_near(key, keys.message_near) {
                Some(place) => place,
                None => self.messages.add(key, |m| m.seen.iter().any(|s| *s > out)),
            };
            let seen = &mut self.messages.at_mut(place).seen[k];
            if *seen > out {
                return None;
            }
            *seen = now;
            return Some(Id { place: Some(place) });
        }
        let row = self.rows.find_or_add(key.kind(kind as u8), |r| r.seen > out);
        let seen = &mut self.rows.at_mut(row).seen;
        if *seen > out {
            return None;
        }
        *seen = now;
        self.id(keys)
    }

    /// Whether the recipient wrote to this number within the service window.
    #[inline]
    pub fn is_free(&self, person: &Person, at: SimTime) -> bool {
        self.instant(self.pairs.at(person.pair).inbound).is_some_and(|r| at < r + SERVICE_WINDOW)
    }

    /// The recipient wrote.
    pub fn wrote(&mut self, person: &Person, at: SimTime) {
        self.pairs.at_mut(person.pair).inbound = self.offset(at);
    }

    /// The recipient blocks, or no longer does. Returns whether that is news.
    pub fn block(&mut self, person: &Person, blocks: bool) -> bool {
        std::mem::replace(&mut self.pairs.at_mut(person.pair).blocked, blocks) != blocks
    }

    /// Whether a delivered row with this id is remembered.
    #[inline]
    pub fn reached(&self, id: Option<Id>) -> bool {
        id.and_then(|id| id.place).is_some_and(|i| self.messages.at(i).seen[DELIVERED] > self.out)
    }

    /// The send with this id.
    #[inline]
    pub fn sent(&self, id: Option<Id>) -> Option<Sent> {
        let m = self.messages.at(id?.place?);
        if m.seen[SENT] <= self.out {
            return None;
        }
        let delivered = match m.flags & (DELIVERED_BY_ROW | DELIVERED_BY_READ) {
            0 => 0,
            DELIVERED_BY_READ => m.seen[READ],
            _ => m.seen[DELIVERED],
        };
        Some(Sent {
            sent_at: self.instant(m.seen[SENT])?,
            initiated: m.flags & INITIATED != 0,
            counted_on: match m.flags & COUNTED_ON_DELIVERY {
                0 => CountedOn::Sent,
                _ => CountedOn::Delivered,
            },
            delivered_at: self.instant(delivered),
            dropped: m.flags & DROPPED != 0,
            reached: m.flags & REACHED != 0,
            tags: unpack(m.template, m.campaign),
            serial: m.serial,
        })
    }

    /// Remembers a send whose row was just seen.
    #[inline]
    pub fn send(&mut self, person: &Person, id: Option<Id>, s: &Sent) {
        let Some(place) = id.and_then(|id| id.place) else {
            self.pairs.at_mut(person.pair).open = true;
            let open = self.open.entry(person.key).or_default();
            forget_open(open, s.sent_at);
            open.push_back(*s);
            return;
        };
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let m = self.messages.at_mut(place);
        m.template = pack(s.tags.template);
        m.campaign = pack(s.tags.campaign);
        m.serial = s.serial;
        m.flags = flag(s.initiated, INITIATED)
            | flag(s.counted_on == CountedOn::Delivered, COUNTED_ON_DELIVERY)
            | flag(s.dropped, DROPPED)
            | flag(s.reached, REACHED);
    }

    /// Finds the send a delivery or failure belongs to and writes the fact down in it.
    #[inline]
    pub fn join(&mut self, person: &Person, id: Option<Id>, fate: Fate, at: SimTime) -> Joined {
        if id.is_none() {
            return self.join_open(person, at);
        }
        match self.sent(id) {
            None => Joined::Nothing,
            Some(m) if m.delivered_at.is_some() => Joined::Delivered,
            Some(m) => {
                if fate == Fate::Delivered {
                    self.mark(id, DELIVERED_BY_ROW);
                }
                Joined::Message(m)
            }
        }
    }

    /// The oldest open send without an id.
    fn join_open(&mut self, person: &Person, at: SimTime) -> Joined {
        let pair = self.pairs.at_mut(person.pair);
        if !pair.open {
            return Joined::Nothing;
        }
        let open = self.open.get_mut(&person.key).expect("marked as open");
        forget_open(open, at);
        let found = open.pop_front().map_or(Joined::Nothing, Joined::Message);
        if open.is_empty() {
            self.open.remove(&person.key);
            pair.open = false;
        }
        found
    }

    fn mark(&mut self, id: Option<Id>, flag: u8) {
        if let Some(place) = id.and_then(|id| id.place) {
            self.messages.at_mut(place).flags |= flag;
        }
    }

    /// A read that is the first news of its message's arrival: writes the arrival down and returns the send.
    #[inline]
    pub fn arrived_by_read(&mut self, id: Option<Id>) -> Option<Sent> {
        let m = self.sent(id).filter(|m| m.delivered_at.is_none() && !m.reached)?;
        self.mark(id, DELIVERED_BY_READ);
        Some(m)
    }

    /// A message of number `n` was delivered to the recipient of this name.
    #[inline]
    pub fn delivered(&mut self, n: usize, name: &str, person: &Person, tags: Tags, at: SimTime) {
        let at = self.offset(at);
        let before = self.deliverers[person.who as usize];
        // Of two at the same instant the number that appeared later.
        let later = || {
            let other = self.pairs.find(Key::of_recipient(name).number(before as usize));
            other.is_some_and(|p| self.pairs.at(p).delivered == at)
        };
        if before as usize != n && (before == NOBODY || (before as usize) < n || !later()) {
            self.deliverers[person.who as usize] = n as u32;
        }
        let pair = self.pairs.at_mut(person.pair);
        pair.delivered = at;
        pair.template = pack(tags.template);
        pair.campaign = pack(tags.campaign);
    }

    /// The last delivery to the recipient, as far as something at this instant can answer it.
    #[inline]
    pub fn last_delivery(&self, person: &Person, at: SimTime) -> Option<(SimTime, Tags)> {
        let pair = self.pairs.at(person.pair);
        let delivered = self.instant(pair.delivered).filter(|d| *d > at - ATTRIBUTION)?;
        Some((delivered, unpack(pair.template, pair.campaign)))
    }

    /// The number that last delivered to a recipient.
    pub fn last_deliverer(&self, name: &str) -> Option<usize> {
        let number = self.deliverers[self.recipient(name)? as usize];
        (number != NOBODY).then_some(number as usize)
    }

    /// How much is held.
    pub fn size(&self) -> MemorySize {
        let (messages, pairs) = (self.messages.size(), self.pairs.size());
        let (recipients, rows) = (self.recipients.size(), self.rows.size());
        let bytes = self.messages.bytes()
            + self.pairs.bytes()
            + self.recipients.bytes()
            + self.rows.bytes()
            + self.deliverers.capacity() * size_of::<u32>();
        MemorySize { messages, pairs, recipients, rows, bytes }
    }
}

/// Neither delivered nor failed, by construction; what is too old is forgotten.
fn forget_open(open: &mut VecDeque<Sent>, now: SimTime) {
    while open.front().is_some_and(|m| m.sent_at <= now - MESSAGE_MEMORY) {
        open.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fold::About;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_row_is_remembered_for_31_days_to_the_millisecond_however_far_the_base_moves() {
        for gap in [0, 1, 17 * DAY, 40 * DAY, 49 * DAY, 400 * DAY] {
            let mut memory = Memory::default();
            memory.advance(SimTime(1000));
            let seen = |memory: &mut Memory, kind: SignalKind, at: i64| {
                memory.advance(SimTime(at));
                let keys = Keys::of(Some(1), &About { number: "n", recipient: "a", message: "m" });
                memory.first(kind, &keys, SimTime(at)).is_none()
            };
            let from = 1000 + gap;
            for kind in [SignalKind::MessageDelivered, SignalKind::LinkClicked] {
                assert!(!seen(&mut memory, kind, from), "{gap}: first");
            }
            for kind in [SignalKind::MessageDelivered, SignalKind::LinkClicked] {
                assert!(seen(&mut memory, kind, from + 31 * DAY - 1), "{gap}: still known");
            }
            for kind in [SignalKind::MessageDelivered, SignalKind::LinkClicked] {
                assert!(!seen(&mut memory, kind, from + 31 * DAY), "{gap}: forgotten");
                assert!(seen(&mut memory, kind, from + 31 * DAY), "{gap}: and known again");
            }
        }
    }

    #[test]
    fn what_is_too_old_makes_room() {
        let mut memory = Memory::default();
        for i in 0..200_000i64 {
            let at = SimTime(i * DAY / 100);
            memory.advance(at);
            let recipient = format!("r{i}");
            let keys = Keys::of(Some(0), &About { number: "n", recipient: &recipient, message: "m" });
            let p = memory.person_made(&keys);
            memory.first(SignalKind::MessageSent, &keys, at);
            memory.delivered(0, &format!("r{i}"), &p, Tags::default(), at);
        }
        // 3,100 messages at a time.
        let size = memory.size();
        assert!(size.messages.1 < 12_000 && size.pairs.1 < 12_000, "{size:?}");
        assert_eq!(size.recipients.0, 200_000);
        assert_eq!(
            (size_of::<Message>(), size_of::<Pair>(), size_of::<Recipient>(), size_of::<Row>()),
            (48, 48, 24, 24)
        );
    }
}
