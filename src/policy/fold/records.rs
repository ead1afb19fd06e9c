//! The records of what is remembered of messages, rows and people: small, because there are many.
//!
//! Must not know when they are written, nor for how long they count.

use crate::messaging::SignalKind;
use crate::policy::fold::key::Key;
use crate::policy::fold::names::Tags;
use crate::policy::fold::table::Record;
use crate::policy::slots::Seat;

/// An instant as its distance from the base, one more so that 0 is none.
pub(super) type Offset = u32;

/// Kinds of rows that nearly every message has: seen in the message's own record.
pub(super) const SENT: usize = 0;
pub(super) const DELIVERED: usize = 1;
pub(super) const READ: usize = 2;
pub(super) const FAILED: usize = 3;

pub(super) fn usual(kind: SignalKind) -> Option<usize> {
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
pub(super) struct Message {
    pub key: Key,
    /// When each usual kind of row was seen first; what is too old has not been seen.
    pub seen: [Offset; 4],
    /// The rest is about the send and means nothing once that is forgotten. Names are one more, so that 0 is none.
    pub template: u32,
    pub campaign: u32,
    pub serial: u32,
    pub flags: u8,
}

pub(super) const INITIATED: u8 = 1;
pub(super) const COUNTED_ON_DELIVERY: u8 = 2;
pub(super) const DROPPED: u8 = 4;
pub(super) const REACHED: u8 = 8;
/// Delivered when the delivered row was seen.
pub(super) const DELIVERED_BY_ROW: u8 = 16;
/// Delivered when the read was seen.
pub(super) const DELIVERED_BY_READ: u8 = 32;

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
pub(super) struct Row {
    pub key: Key,
    pub seen: Offset,
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub key: Key,
    pub who: u32,
    pub inbound: Offset,
    /// The last delivery, and what it was of; names are one more, so that 0 is none.
    pub delivered: Offset,
    pub template: u32,
    pub campaign: u32,
    pub blocked: bool,
    /// Whether there may be open sends without an id.
    pub open: bool,
    /// Where the recipient may sit in the books of slots.
    pub seat: Seat,
}

impl Record for Pair {
    #[inline]
    fn key(&self) -> Key {
        self.key
    }

    fn of(key: Key) -> Pair {
        Pair {
            key,
            who: 0,
            inbound: 0,
            delivered: 0,
            template: 0,
            campaign: 0,
            blocked: false,
            open: false,
            seat: Seat::NONE,
        }
    }
}

/// A recipient. Their number is the place of this record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipient {
    pub key: Key,
    /// Where they were seated last in books of slots: numbers of one portfolio may share theirs.
    pub seat: Seat,
}

impl Record for Recipient {
    #[inline]
    fn key(&self) -> Key {
        self.key
    }

    fn of(key: Key) -> Recipient {
        Recipient { key, seat: Seat::NONE }
    }
}

pub(super) fn pack(name: Option<u32>) -> u32 {
    name.map_or(0, |n| n + 1)
}

pub(super) fn unpack(template: u32, campaign: u32) -> Tags {
    Tags { template: template.checked_sub(1), campaign: campaign.checked_sub(1) }
}
