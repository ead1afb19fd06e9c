//! Rows announced before their turn: the keys of their people and messages are worked out, and what is remembered of
//! them is brought near.
//!
//! What is remembered does not fit into a processor's cache, and a row that looks for its own waits for memory again
//! and again. Looked up for many rows at once, in loops that do little else, the waits overlap. Changes no result.
//! Must not know what rows do.

use crate::messaging::Signal;
use crate::policy::fold::key::Key;
use crate::policy::fold::memory::Memory;
use crate::policy::fold::table::Near;
use crate::policy::slots::Seat;

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
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    /// Index of the number; `UNKNOWN` if it has not appeared.
    number: u32,
    /// Where to look for the recipient and for the message first.
    pub pair_near: Near,
    pub message_near: Near,
    /// Of the recipient.
    pub recipient: Key,
    /// Of the recipient as the number's.
    pub pair: Key,
    /// Of the message id.
    pub message: Key,
}

impl Keys {
    /// The keys of a row of a number that may be new.
    #[inline]
    pub fn of(number: Option<usize>, about: &About<'_>) -> Keys {
        let Some(n) = number else { return Keys::nobody() };
        let recipient = Key::of_recipient(about.recipient);
        let pair = recipient.number(n);
        let message = if about.message.is_empty() { Key::default() } else { pair.of(about.message) };
        Keys { number: n as u32, recipient, pair, message, ..Keys::nobody() }
    }

    fn nobody() -> Keys {
        let (key, near) = (Key::default(), Near::NOWHERE);
        Keys { number: UNKNOWN, pair_near: near, message_near: near, recipient: key, pair: key, message: key }
    }

    /// Whether they are of the same number, recipient and message.
    pub fn same(&self, other: &Keys) -> bool {
        (self.number, self.pair, self.message) == (other.number, other.pair, other.message)
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

    /// Brings near what is remembered of the people and messages of these rows. Returns, for rows of known numbers, the
    /// number and where the person may sit in the books of slots.
    pub fn fetch<'a>(&'a mut self, memory: &'a Memory) -> impl Iterator<Item = (usize, Seat)> + 'a {
        memory.fetch(&mut self.rows);
        self.rows.iter().filter_map(|k| Some((k.number()?, memory.fetch_seat(k))))
    }
}

#[cfg(test)]
mod tests {
    use crate::messaging::{Signal, SignalKind};
    use crate::policy::Policy;
    use crate::policy::fold::{About, Fold, FoldOptions};
    use crate::sim::{SimDuration, SimTime};

    /// A log of several numbers: people and numbers that come late, ids seen twice, gaps longer than ids are
    /// remembered.
    fn rows() -> Vec<(i64, SignalKind, [String; 3])> {
        use SignalKind as K;
        const KINDS: [K; 7] = [
            K::MessageSent,
            K::MessageDelivered,
            K::MessageRead,
            K::MessageFailed,
            K::MessageReceived,
            K::BusinessBlocked,
            K::LinkClicked,
        ];
        let (mut at, mut word) = (1_767_225_600_000, 1u64);
        let mut rows = Vec::new();
        for i in 0..6000u64 {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let some = |shift: u32, below: u64| (word >> shift) % below;
            at += some(20, 60_000) as i64 + if i % 1500 == 0 { 33 * SimTime::DAY_MS } else { 0 };
            let number = format!("n{}", some(30, 1 + i / 1000));
            let recipient = format!("r{}", some(36, 20 + i / 50));
            let message = if some(44, 5) == 0 { String::new() } else { format!("m{}", some(50, 40)) };
            rows.push((at, KINDS[some(58, 7) as usize], [number, recipient, message]));
        }
        rows
    }

    #[test]
    fn announcing_rows_changes_nothing() {
        let rows = rows();
        let folded = |chunk: usize| {
            let policy = Policy::pinned("2023-03").unwrap();
            let every = Some(SimDuration(1));
            let mut fold =
                Fold::new(policy.timeline(), FoldOptions { every, groups: true, ..Default::default() });
            let mut taken = Vec::new();
            for some in rows.chunks(chunk.max(1)) {
                let signals = some.iter().map(|(at, kind, [number, recipient, message])| Signal {
                    recipient,
                    message,
                    ..Signal::new(SimTime(*at), *kind, number)
                });
                if chunk > 0 {
                    fold.announce(signals.clone().map(|s| About::of(&s)), SimTime(some[some.len() - 1].0));
                }
                for (place, signal) in signals.enumerate() {
                    taken.push(match chunk {
                        0 => fold.signal(&signal).unwrap(),
                        _ => fold.announced(place, &signal).unwrap(),
                    });
                }
            }
            let ended = fold.finish(None);
            (taken, ended.judge.verdicts, ended.judge.ratings, ended.daily, ended.group_days)
        };
        let plainly = folded(0);
        assert!(!plainly.1.is_empty());
        for chunk in [1, 7, 512, 10_000] {
            assert!(folded(chunk) == plainly, "{chunk} at a time");
        }
    }
}
