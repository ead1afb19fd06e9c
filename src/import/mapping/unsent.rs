//! Failures of messages that nobody sent: what other tools write when the platform refused the attempt at once.
//!
//! Takes rows in log order and hands them on; a failure without a send becomes `send_attempted`, if the mapping wants
//! it so. Remembers sends for as long as a message can be under way. Must not know where rows come from.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::messaging::SignalKind;
use crate::messaging::record::{Event, LogRow};
use crate::sim::{SimDuration, SimTime};

/// The platform's longest time to live of a message.
const UNDER_WAY: SimDuration = SimDuration::days(31);

/// A message by its id, or without one the messages of a number to a person.
type Key = [u8; 16];

/// Sends so far.
#[derive(Default)]
pub(super) struct Unsent {
    /// Sends that are still remembered: those that may be answered, and those that have been.
    sent: FxHashMap<Key, (u32, u32)>,
    /// The same by time, to forget them.
    by_time: VecDeque<(SimTime, Key)>,
    /// Failures of the present instant without a send so far: their send may stand behind them.
    waiting: Vec<LogRow>,
    /// How many became attempts.
    pub turned: u64,
}

impl Unsent {
    /// Takes the next row and hands on what is settled.
    pub fn pass<E>(&mut self, row: LogRow, each: &mut dyn FnMut(LogRow) -> Result<(), E>) -> Result<(), E> {
        if self.waiting.first().is_some_and(|w| w.time != row.time) {
            self.settle(each)?;
        }
        while let Some((at, key)) = self.by_time.front().copied()
            && row.time - at > UNDER_WAY
        {
            self.by_time.pop_front();
            self.forget(key);
        }
        match row.event {
            Event::Signal(SignalKind::MessageSent) => {
                let key = key_of(&row);
                self.sent.entry(key).or_default().0 += 1;
                self.by_time.push_back((row.time, key));
            }
            Event::Signal(SignalKind::MessageFailed) if !self.answers(&row) => {
                self.waiting.push(row);
                return Ok(());
            }
            Event::Signal(SignalKind::MessageDelivered) if row.texts[MESSAGE].is_empty() => {
                self.answers(&row);
            }
            _ => {}
        }
        each(row)
    }

    /// Hands on what still waits: at the end of an instant, and at the end of all.
    pub fn settle<E>(&mut self, each: &mut dyn FnMut(LogRow) -> Result<(), E>) -> Result<(), E> {
        for mut row in std::mem::take(&mut self.waiting) {
            if !self.answers(&row) {
                row.event = Event::Signal(SignalKind::SendAttempted);
                self.turned += 1;
            }
            each(row)?;
        }
        Ok(())
    }

    /// Whether a send of the row's message is known; one without an id answers one row only.
    fn answers(&mut self, row: &LogRow) -> bool {
        let key = key_of(row);
        match self.sent.get_mut(&key) {
            Some((open, answered)) if *open > 0 => {
                if row.texts[MESSAGE].is_empty() {
                    (*open, *answered) = (*open - 1, *answered + 1);
                }
                true
            }
            _ => false,
        }
    }

    /// One send less: the oldest, which is the first to have been answered.
    fn forget(&mut self, key: Key) {
        if let Some((open, answered)) = self.sent.get_mut(&key) {
            if *answered > 0 {
                *answered -= 1;
            } else {
                *open -= 1;
            }
            if *open + *answered == 0 {
                self.sent.remove(&key);
            }
        }
    }
}

const MESSAGE: usize = 3;

fn key_of(row: &LogRow) -> Key {
    let mut hasher = blake3::Hasher::new();
    for text in [&row.texts[0], &row.texts[2], &row.texts[MESSAGE]] {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    *hasher.finalize().as_bytes().first_chunk().expect("32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as `seconds event recipient message`, passed in this order.
    fn passed(lines: &[&str]) -> (Vec<String>, Unsent) {
        let (mut unsent, mut out) = (Unsent::default(), Vec::new());
        let mut each = |row: LogRow| -> Result<(), std::convert::Infallible> {
            out.push(format!("{} {} {}", row.time.0 / 1000, row.event.name(), row.texts[2..4].join(" ")));
            Ok(())
        };
        for line in lines {
            let [time, event, recipient, message @ ..] = &line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let mut row = LogRow {
                time: SimTime(time.parse::<i64>().unwrap() * 1000),
                event: Event::parse(event).unwrap(),
                texts: Default::default(),
                cause: None,
            };
            row.texts[0] = "n".into();
            row.texts[2] = recipient.to_string();
            row.texts[3] = message.concat();
            let Ok(()) = unsent.pass(row, &mut each);
        }
        let Ok(()) = unsent.settle(&mut each);
        (out, unsent)
    }

    #[test]
    fn a_failure_is_a_failure_where_something_was_sent() {
        let (rows, unsent) = passed(&[
            "1 sent ana m1",
            "2 failed ana m1",
            "2 failed ana m1",
            "3 failed ana m2",
            // The send of the same instant stands behind its failure.
            "4 failed ben m3",
            "4 sent ben m3",
            "5 read ben m3",
        ]);
        let wanted = [
            "1 message_sent ana m1",
            "2 message_failed ana m1",
            "2 message_failed ana m1",
            "3 send_attempted ana m2",
            "4 message_sent ben m3",
            "4 message_failed ben m3",
            "5 message_read ben m3",
        ];
        assert_eq!(rows, wanted);
        assert_eq!(unsent.turned, 1);
    }

    #[test]
    fn without_ids_each_send_answers_once() {
        let (rows, _) = passed(&[
            "1 sent ana",
            "2 failed ana",
            "3 failed ana",
            "4 sent ana",
            "5 delivered ana",
            "6 failed ana",
            "7 failed ben",
        ]);
        let attempts: Vec<&String> = rows.iter().filter(|r| r.contains("attempted")).collect();
        assert_eq!(attempts, ["3 send_attempted ana ", "6 send_attempted ana ", "7 send_attempted ben "]);
    }

    #[test]
    fn sends_are_remembered_for_31_days() {
        let day = 86_400;
        let (rows, unsent) = passed(&[
            "0 sent ana m1",
            &format!("{} failed ana m1", 31 * day),
            &format!("{} failed ana m1", 31 * day + 1),
        ]);
        assert_eq!(unsent.turned, 1, "{rows:?}");
        assert!(unsent.sent.is_empty() && unsent.by_time.is_empty());
        // What was answered long ago takes no later send along.
        let (rows, _) = passed(&[
            "0 sent ana",
            "1 failed ana",
            &format!("{} sent ana", 30 * day),
            &format!("{} failed ana", 40 * day),
        ]);
        assert!(rows.iter().all(|r| !r.contains("attempted")), "{rows:?}");
    }
}
