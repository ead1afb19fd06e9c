//! Rows announced before their turn: the keys of their people and messages are worked out, and what is remembered of
//! them is brought near.
//!
//! What is remembered does not fit into a processor's cache, and a row that looks for its own waits for memory again
//! and again. Looked up for many rows at once, in loops that do little else, the waits overlap. Changes no result.
//! Must not know what rows do.

use crate::messaging::Signal;
use crate::policy::fold::key::Key;
use crate::policy::fold::memory::Memory;

/// What a row is about, as far as what is remembered of it can be looked up; empty where it names nothing.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The business phone number.
    pub number: &'a str,
    /// The person.
    pub recipient: &'a str,
    /// The message id.
    pub message: &'a str,
}

impl<'a> About<'a> {
    /// Of a signal.
    #[inline]
    pub fn of(signal: &Signal<'a>) -> About<'a> {
        About { number: signal.number, recipient: signal.recipient, message: signal.message }
    }
}

/// No number.
const UNKNOWN: u32 = u32::MAX;

/// What a row is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    /// Index of the number; `UNKNOWN` if it has not appeared.
    number: u32,
    /// Of the recipient.
    pub pair: Key,
    /// Of the message id.
    pub message: Key,
}

impl Keys {
    /// The keys of a row of a number that may be new.
    #[inline]
    pub fn of(number: Option<usize>, about: &About<'_>) -> Keys {
        let Some(n) = number else {
            return Keys { number: UNKNOWN, pair: Key::default(), message: Key::default() };
        };
        let pair = Key::root(n).of(about.recipient);
        let message = if about.message.is_empty() { Key::default() } else { pair.of(about.message) };
        Keys { number: n as u32, pair, message }
    }

    /// The row's number, if it is known.
    #[inline]
    pub fn number(&self) -> Option<usize> {
        (self.number != UNKNOWN).then_some(self.number as usize)
    }
}

/// Rows announced.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    rows: Vec<Keys>,
    /// Numbers of recipients among them.
    people: Vec<(u32, u32)>,
}

impl Ahead {
    /// Forgets the rows announced before.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// One more row.
    #[inline]
    pub fn push(&mut self, keys: Keys) {
        self.rows.push(keys);
    }

    /// The keys of the row announced at this place.
    #[inline]
    pub fn get(&self, place: usize) -> Keys {
        self.rows[place]
    }

    /// Brings near what is remembered of the people and messages of these rows. Returns the known ones among the
    /// people: number and recipient.
    pub fn fetch(&mut self, memory: &Memory) -> &[(u32, u32)] {
        let rows = &self.rows;
        memory.fetch(rows.iter().map(|k| k.pair), rows.iter().map(|k| k.message));
        self.people.clear();
        let known = |k: &Keys| k.number().and(memory.who(k.pair)).map(|who| (k.number, who));
        self.people.extend(rows.iter().filter_map(known));
        memory.fetch_people(self.people.iter().map(|p| p.1));
        &self.people
    }
}
