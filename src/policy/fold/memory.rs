//! What is remembered of messages and of people: what was sent and has not been forgotten, which rows were seen, who
//! wrote, who blocks, what was delivered last.
//!
//! Must not know limits, slots or ratings.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::messaging::{SERVICE_WINDOW, SignalKind};
use crate::policy::fold::names::Tags;
use crate::policy::rules::CountedOn;
use crate::sim::{SimDuration, SimTime};

/// How long message ids are remembered: the platform's longest time to live.
const MESSAGE_MEMORY: SimDuration = SimDuration::days(31);
/// How far back a signal without its own template or campaign looks for the message it answers.
const ATTRIBUTION: SimDuration = SimDuration::days(7);

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
    /// Tells sends apart in the books of slots.
    pub serial: u64,
}

/// What is remembered of one number and recipient.
#[derive(Clone, Debug, Default)]
struct Pair {
    inbound: Option<SimTime>,
    blocked: bool,
    delivered: Option<(SimTime, Tags)>,
    /// Sends without an id that are neither delivered nor failed, oldest first.
    open: VecDeque<Sent>,
}

/// A message of a number to a recipient; the id may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MessageKey {
    number: usize,
    who: u32,
    id: Box<str>,
}

impl MessageKey {
    pub fn has_id(&self) -> bool {
        !self.id.is_empty()
    }
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
    recipients: FxHashMap<Box<str>, u32>,
    pairs: FxHashMap<(usize, u32), Pair>,
    messages: FxHashMap<MessageKey, Sent>,
    message_ages: VecDeque<(SimTime, MessageKey, u64)>,
    seen: FxHashMap<(SignalKind, MessageKey), SimTime>,
    seen_ages: VecDeque<(SimTime, (SignalKind, MessageKey))>,
}

impl Memory {
    /// A recipient's number, if known.
    pub fn recipient(&self, name: &str) -> Option<u32> {
        self.recipients.get(name).copied()
    }

    /// A recipient's number, given if new.
    pub fn recipient_made(&mut self, name: &str) -> u32 {
        if let Some(who) = self.recipients.get(name) {
            return *who;
        }
        let who = u32::try_from(self.recipients.len()).expect("fewer than four thousand million recipients");
        self.recipients.insert(name.into(), who);
        who
    }

    pub fn key(&self, number: usize, who: u32, id: &str) -> MessageKey {
        MessageKey { number, who, id: id.into() }
    }

    /// Whether the recipient wrote to this number within the service window.
    pub fn is_free(&self, n: usize, who: u32, at: SimTime) -> bool {
        self.pairs.get(&(n, who)).and_then(|p| p.inbound).is_some_and(|r| at < r + SERVICE_WINDOW)
    }

    /// The recipient wrote.
    pub fn wrote(&mut self, n: usize, who: u32, at: SimTime) {
        self.pairs.entry((n, who)).or_default().inbound = Some(at);
    }

    /// The recipient blocks, or no longer does. Returns whether that is news.
    pub fn block(&mut self, n: usize, who: u32, blocks: bool) -> bool {
        let pair = self.pairs.entry((n, who)).or_default();
        std::mem::replace(&mut pair.blocked, blocks) != blocks
    }

    /// Remembers a row with an id. Returns whether it is the first of its kind.
    pub fn first(&mut self, kind: SignalKind, key: &MessageKey, at: SimTime) -> bool {
        if self.seen.contains_key(&(kind, key.clone())) {
            return false;
        }
        self.seen.insert((kind, key.clone()), at);
        self.seen_ages.push_back((at, (kind, key.clone())));
        true
    }

    /// Whether a row of this kind is remembered.
    pub fn seen(&self, kind: SignalKind, key: &MessageKey) -> bool {
        self.seen.contains_key(&(kind, key.clone()))
    }

    /// The send with this id.
    pub fn sent(&self, key: &MessageKey) -> Option<Sent> {
        self.messages.get(key).copied()
    }

    /// Remembers a send.
    pub fn send(&mut self, key: MessageKey, message: Sent) {
        if key.has_id() {
            self.message_ages.push_back((message.sent_at, key.clone(), message.serial));
            self.messages.insert(key, message);
        } else {
            self.pairs.entry((key.number, key.who)).or_default().open.push_back(message);
        }
    }

    /// Finds the send a delivery or failure belongs to and writes the fact down in it.
    pub fn join(&mut self, key: &MessageKey, fate: Fate, at: SimTime) -> Joined {
        if !key.has_id() {
            let Some(pair) = self.pairs.get_mut(&(key.number, key.who)) else { return Joined::Nothing };
            // Neither delivered nor failed, by construction; what is too old is forgotten.
            while pair.open.front().is_some_and(|m| m.sent_at <= at - MESSAGE_MEMORY) {
                pair.open.pop_front();
            }
            return pair.open.pop_front().map_or(Joined::Nothing, Joined::Message);
        }
        match self.messages.get_mut(key) {
            None => Joined::Nothing,
            Some(m) if m.delivered_at.is_some() => Joined::Delivered,
            Some(m) => {
                let found = *m;
                if fate == Fate::Delivered {
                    m.delivered_at = Some(at);
                }
                Joined::Message(found)
            }
        }
    }

    /// A read that is the first news of its message's arrival: writes the arrival down and returns the send.
    pub fn arrived_by_read(&mut self, key: &MessageKey, at: SimTime) -> Option<Sent> {
        let m = self.messages.get_mut(key).filter(|m| m.delivered_at.is_none() && !m.reached)?;
        m.delivered_at = Some(at);
        Some(*m)
    }

    /// A message was delivered to the recipient.
    pub fn delivered(&mut self, n: usize, who: u32, tags: Tags, at: SimTime) {
        self.pairs.entry((n, who)).or_default().delivered = Some((at, tags));
    }

    /// When a number last delivered to a recipient.
    pub fn delivered_at(&self, n: usize, who: u32) -> Option<SimTime> {
        self.pairs.get(&(n, who)).and_then(|p| p.delivered).map(|(at, _)| at)
    }

    /// The last delivery to the recipient, as far as something at this instant can answer it.
    pub fn last_delivery(&self, n: usize, who: u32, at: SimTime) -> Option<(SimTime, Tags)> {
        self.pairs.get(&(n, who)).and_then(|p| p.delivered).filter(|d| d.0 > at - ATTRIBUTION)
    }

    /// Forgets what is too old at an instant.
    pub fn forget_old(&mut self, now: SimTime) {
        let out = now - MESSAGE_MEMORY;
        while self.message_ages.front().is_some_and(|(t, ..)| *t <= out) {
            let (_, key, serial) = self.message_ages.pop_front().expect("just looked at");
            if self.messages.get(&key).is_some_and(|m| m.serial == serial) {
                self.messages.remove(&key);
            }
        }
        while self.seen_ages.front().is_some_and(|(t, _)| *t <= out) {
            let (at, key) = self.seen_ages.pop_front().expect("just looked at");
            if self.seen.get(&key) == Some(&at) {
                self.seen.remove(&key);
            }
        }
    }
}
