//! Little logs by lot, for properties that hold of every log: a few people, two numbers, everything a recipient or
//! the platform can do, gaps on and beside the boundaries of rules.

use proptest::prelude::*;
use tiersim::messaging::{Signal, SignalKind};
use tiersim::sim::{SimDuration, SimTime};

/// One choice of what happens next; shrinks to the first of everything.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    gap: u8,
    what: u8,
    who: u8,
    number: u8,
    pick: u8,
}

pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (0..12u8, 0..22u8, 0..5u8, 0..2u8, any::<u8>());
    let step = step.prop_map(|(gap, what, who, number, pick)| Step { gap, what, who, number, pick });
    prop::collection::vec(step, 1..most)
}

/// The same everywhere, so that a failure can be found again.
pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_240_101),
        ..ProptestConfig::default()
    }
}

/// A row of signals that owns its texts.
#[derive(Clone, Debug)]
pub struct Row {
    pub time: SimTime,
    pub kind: SignalKind,
    pub number: &'static str,
    pub recipient: String,
    pub message: String,
    pub reason: &'static str,
}

impl Row {
    pub fn signal(&self) -> Signal<'_> {
        let mut s = Signal::new(self.time, self.kind, self.number);
        if self.kind != SignalKind::LogClosed {
            s.portfolio = "p";
        }
        s.recipient = &self.recipient;
        s.message = &self.message;
        s.reason = self.reason;
        s
    }
}

/// Where little logs begin: a day and an hour, off the grid.
pub const START: SimTime = SimTime(1_704_093_180_250);

const GAPS: [i64; 12] = [
    600_000,
    0,
    1,
    60_000,
    3_599_999,
    3_600_000,
    21_600_000,
    43_200_000,
    86_399_999,
    86_400_000,
    86_400_001,
    259_200_000,
];

pub const NUMBERS: [&str; 2] = ["n1", "n2"];

/// Spells steps out. Sends have ids of their own; a few rows come twice, a few deliveries have no send.
pub fn rows(steps: &[Step]) -> Vec<Row> {
    use SignalKind as K;
    let mut rows: Vec<Row> = Vec::new();
    let mut sent: Vec<(usize, u8, u8)> = Vec::new();
    let mut at = START;
    for (i, step) in steps.iter().enumerate() {
        at += SimDuration(GAPS[step.gap as usize]);
        let mut number = step.number;
        let mut who = step.who;
        let mut message = String::new();
        let mut reason = "";
        // Something that happens to a message sent before, if there is one.
        let mut of_message = |kind: SignalKind| {
            let Some((id, n, w)) = sent.get(step.pick as usize % sent.len().max(1)) else {
                return K::MessageReceived;
            };
            (number, who, message) = (*n, *w, format!("m{id}"));
            kind
        };
        let kind = match step.what {
            0..=5 => {
                sent.push((i, number, who));
                message = format!("m{i}");
                K::MessageSent
            }
            6..=9 => of_message(K::MessageDelivered),
            10 => of_message(K::MessageFailed),
            11 => of_message(K::MessageRead),
            12 => K::MessageReceived,
            13 | 14 => {
                reason = ["", "SPAM", "OTHER"][step.pick as usize % 3];
                K::BusinessBlocked
            }
            15 => K::BusinessUnblocked,
            16 => K::BusinessReported,
            17 => K::BusinessMuted,
            18 => K::BusinessArchived,
            19 => {
                message = format!("o{i}");
                K::MessageDelivered
            }
            20 => K::SendAttempted,
            _ => {
                // The last row again, as webhooks do.
                if let Some(last) = rows.last() {
                    rows.push(Row { time: at, ..last.clone() });
                }
                continue;
            }
        };
        let recipient = format!("r{who}");
        rows.push(Row { time: at, kind, number: NUMBERS[number as usize], recipient, message, reason });
    }
    rows
}

/// The close of a log, so long after its last row that every clock and window has run out.
pub fn closed(mut rows: Vec<Row>) -> Vec<Row> {
    let last = rows.last().map_or(START, |r| r.time);
    let (recipient, message) = (String::new(), String::new());
    let time = last + SimDuration::days(9);
    rows.push(Row { time, kind: SignalKind::LogClosed, number: "", recipient, message, reason: "" });
    rows
}
