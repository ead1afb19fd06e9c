//! What is remembered of messages and of people: what was sent and has not been forgotten, which rows were seen, who
//! wrote, who blocks, what was delivered last.
//!
//! Names and message ids are kept as 128-bit keys, times as 32-bit offsets from a base that moves along. Must not
//! know limits, slots or ratings.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::messaging::{SERVICE_WINDOW, SignalKind};
use crate::policy::fold::key::Key;
use crate::policy::fold::names::Tags;
use crate::policy::fold::table::{Record, Table};
use crate::policy::rules::CountedOn;
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

/// An instant as its distance from the base, one more so that 0 is none.
type Offset = u32;

/// Kinds of rows that nearly every message has: seen in the message's own record.
const SENT: usize = 0;
const DELIVERED: usize = 1;
const READ: usize = 2;
const FAILED: usize = 3;

fn usual(kind: SignalKind) -> Option<usize> {
    match kind {
        SignalKind::MessageSent => Some(SENT),
        SignalKind::MessageDelivered => Some(DELIVERED),
        SignalKind::MessageRead => Some(READ),
        SignalKind::MessageFailed => Some(FAILED),
        _ => None,
    }
}

/// A message id of a number and a recipient.
#[derive(Clone, Copy, Debug, Default)]
struct Message {
    key: Key,
    /// When each usual kind of row was seen first; what is too old has not been seen.
    seen: [Offset; 4],
    /// The rest is about the send and means nothing once that is forgotten. Names are one more, so that 0 is none.
    template: u32,
    campaign: u32,
    serial: u32,
    flags: u8,
}

const INITIATED: u8 = 1;
const COUNTED_ON_DELIVERY: u8 = 2;
const DROPPED: u8 = 4;
const REACHED: u8 = 8;
/// Delivered when the delivered row was seen.
const DELIVERED_BY_ROW: u8 = 16;
/// Delivered when the read was seen.
const DELIVERED_BY_READ: u8 = 32;

impl Record for Message {
    #[inline]
    fn key(&self) -> Key {
        self.key
    }

    fn of(key: Key) -> Message {
        Message { key, ..Message::default() }
    }
}

/// A row of some other kind with a message id.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    key: Key,
    seen: Offset,
}

impl Record for Row {
    #[inline]
    fn key(&self) -> Key {
        self.key
    }

    fn of(key: Key) -> Row {
        Row { key, seen: 0 }
    }
}

/// What is remembered of one number and recipient.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    key: Key,
    who: u32,
    inbound: Offset,
    /// The last delivery, and what it was of; names are one more, so that 0 is none.
    delivered: Offset,
    template: u32,
    campaign: u32,
    blocked: bool,
    /// Whether there may be open sends without an id.
    open: bool,
}

impl Record for Pair {
    #[inline]
    fn key(&self) -> Key {
        self.key
    }

    fn of(key: Key) -> Pair {
        Pair { key, ..Pair::default() }
    }
}

/// A recipient: their number.
#[derive(Clone, Copy, Debug, Default)]
struct Recipient {
    key: Key,
    who: u32,
}

impl Record for Recipient {
    #[inline]
    fn key(&self) -> Key {
        self.key
    }

    fn of(key: Key) -> Recipient {
        Recipient { key, who: u32::MAX }
    }
}

fn pack(name: Option<u32>) -> u32 {
    name.map_or(0, |n| n + 1)
}

fn unpack(template: u32, campaign: u32) -> Tags {
    Tags { template: template.checked_sub(1), campaign: campaign.checked_sub(1) }
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
    known: u32,
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
        let base = *self.base.get_or_insert(now);
        if now.0 - base.0 >= REACH {
            self.move_base(now);
        }
        let base = self.base.expect("just set");
        self.out = (now.0 - MESSAGE_MEMORY.0 - base.0 + 1).clamp(0, REACH) as Offset;
    }

    /// Moves the base up to the oldest instant that can still matter.
    fn move_base(&mut self, now: SimTime) {
        let old = self.base.expect("a base to move");
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
        let key = Key::root(n).of(name);
        self.pairs.find(key).map(|pair| Person { who: self.pairs.at(pair).who, key, pair })
    }

    /// A recipient's number, if known.
    pub fn recipient(&self, name: &str) -> Option<u32> {
        self.recipients.find(recipient_key(name)).map(|i| self.recipients.at(i).who)
    }

    /// A recipient of a number by their key, made if new.
    #[inline]
    pub fn person_made(&mut self, key: Key, name: &str) -> Person {
        if let Some(pair) = self.pairs.find(key) {
            return Person { who: self.pairs.at(pair).who, key, pair };
        }
        let place = self.recipients.find_or_add(recipient_key(name), |_| true);
        let recipient = self.recipients.at_mut(place);
        if recipient.who == u32::MAX {
            recipient.who = self.known;
            self.deliverers.push(NOBODY);
            self.known = self.known.checked_add(1).expect("fewer than four thousand million recipients");
        }
        let who = recipient.who;
        let out = self.out;
        let alive = |p: &Pair| p.blocked || p.open || p.inbound > out || p.delivered > out;
        let pair = self.pairs.find_or_add(key, alive);
        self.pairs.at_mut(pair).who = who;
        Person { who, key, pair }
    }

    /// A message id by its key. Only looked up.
    #[inline]
    pub fn id(&self, key: Key) -> Option<Id> {
        Some(Id { place: self.messages.find(key) })
    }

    /// Brings near what is remembered of people and messages that will be asked for.
    pub fn fetch(
        &self,
        pairs: impl Iterator<Item = Key> + Clone,
        messages: impl Iterator<Item = Key> + Clone,
    ) {
        self.pairs.fetch_slots(pairs.clone());
        self.messages.fetch_slots(messages.clone());
        self.pairs.fetch_records(pairs);
        self.messages.fetch_records(messages);
    }

    /// Brings near what is remembered of recipients.
    pub fn fetch_people(&self, people: impl Iterator<Item = u32>) {
        let near = people.fold(0, |all, who| all ^ self.deliverers[who as usize]);
        std::hint::black_box(near);
    }

    /// The number of a recipient of a number, if known.
    #[inline]
    pub fn who(&self, pair: Key) -> Option<u32> {
        self.pairs.find(pair).map(|place| self.pairs.at(place).who)
    }

    /// Remembers a row of this kind with a message id by its key; none if it was seen before.
    #[inline]
    pub fn first(&mut self, kind: SignalKind, key: Key, at: SimTime) -> Option<Id> {
        let (out, now) = (self.out, self.offset(at));
        if let Some(k) = usual(kind) {
            let place = self.messages.find_or_add(key, |m| m.seen.iter().any(|s| *s > out));
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
        Some(Id { place: self.messages.find(key) })
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
        let later = before != NOBODY
            && before as usize > n
            && self
                .pairs
                .find(Key::root(before as usize).of(name))
                .is_some_and(|p| self.pairs.at(p).delivered == at);
        if !later {
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

fn recipient_key(name: &str) -> Key {
    Key::root(usize::MAX).of(name)
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

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_row_is_remembered_for_31_days_to_the_millisecond_however_far_the_base_moves() {
        for gap in [0, 1, 17 * DAY, 40 * DAY, 49 * DAY, 400 * DAY] {
            let mut memory = Memory::default();
            memory.advance(SimTime(1000));
            let seen = |memory: &mut Memory, kind: SignalKind, at: i64| {
                memory.advance(SimTime(at));
                let key = Key::root(1).of("a").of("m");
                memory.first(kind, key, SimTime(at)).is_none()
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
            let key = Key::root(0).of(&format!("r{i}"));
            let p = memory.person_made(key, &format!("r{i}"));
            memory.first(SignalKind::MessageSent, key.of("m"), at);
            memory.delivered(0, &format!("r{i}"), &p, Tags::default(), at);
        }
        // 3,100 messages at a time.
        let size = memory.size();
        assert!(size.messages.1 < 12_000 && size.pairs.1 < 12_000, "{size:?}");
        assert_eq!(size.recipients.0, 200_000);
        assert_eq!(
            (size_of::<Message>(), size_of::<Pair>(), size_of::<Recipient>(), size_of::<Row>()),
            (48, 40, 24, 24)
        );
    }
}
