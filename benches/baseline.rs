//! The yardstick: workload W1 as anybody would write it in an afternoon, on the standard library alone.
//!
//! One binary heap of events, plain structs, a small generator that is drawn from in the order of events. Nothing of
//! our engine is used here, so that a mistake cannot be in both; the totals must agree within sampling error, and
//! speeds are given as ratios to this. Used by the benches and by a test.
//!
//! The model: Monday, Wednesday and Friday at 10:00 one message to everybody who has not blocked, 1,000 a second in
//! id order. Delivered with probability 0.97 after an exponential delay of mean 5 s; read with probability 0.6 after
//! a lognormal one (median 20 minutes, sigma 1.5). A read blocks with 0.002 · (1 + 0.25 k), k messages delivered to
//! that person in the last 7 days; 30 % of blocks report as well. Every hour: a 7-day score with half-life 2 days, its
//! colour, and the distinct people in the rolling 24 hours. Every day: a row.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Messages sent.
    pub sent: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Messages read.
    pub read: u64,
    /// Blocks.
    pub blocked: u64,
    /// Reports.
    pub reported: u64,
    /// Hourly evaluations.
    pub evaluations: u64,
    /// Evaluations at green, yellow, red, and without enough messages.
    pub colours: [u64; 4],
    /// Most distinct people in 24 hours at any evaluation.
    pub distinct_max: u64,
    /// One row a day.
    pub days: Vec<Day>,
}

impl Totals {
    /// Everything that counts as an event in figures per event.
    pub fn events(&self) -> u64 {
        self.sent + self.delivered + self.read + self.blocked + self.reported + self.evaluations
    }
}

/// Counts of one day, and the score at its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Day {
    /// Sent, delivered, read, blocked, reported.
    pub counts: [u64; 5],
    /// Score at the last evaluation of the day.
    pub score: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dispatch,
    Send,
    Deliver { read: bool },
    Read,
    Evaluate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Event {
    at: i64,
    serial: u64,
    person: u32,
    kind: Kind,
}

impl Ord for Event {
    fn cmp(&self, other: &Event) -> Ordering {
        (self.at, self.serial).cmp(&(other.at, other.serial))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Clone)]
struct Person {
    blocked: bool,
    delivered: VecDeque<i64>,
    last_sent: i64,
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct Luck(u64);

impl Luck {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    /// By Box and Muller; the second variate is thrown away.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

struct World {
    luck: Luck,
    heap: BinaryHeap<Reverse<Event>>,
    serial: u64,
    end: i64,
    people: Vec<Person>,
    /// Deliveries, and weighted blocks and reports, by hour of the last 7 days.
    window: VecDeque<(u64, u64)>,
    /// Sends of the last 24 hours.
    recent: VecDeque<(i64, u32)>,
    distinct: u64,
    totals: Totals,
    today: Day,
}

impl World {
    fn due(&mut self, at: i64, person: u32, kind: Kind) {
        if at <= self.end {
            self.serial += 1;
            self.heap.push(Reverse(Event { at, serial: self.serial, person, kind }));
        }
    }

    fn dispatch(&mut self, at: i64) {
        let mut k = 0;
        for i in 0..self.people.len() {
            if !self.people[i].blocked {
                self.due(at + k * SECOND / 1_000, i as u32, Kind::Send);
                k += 1;
            }
        }
    }

    fn send(&mut self, at: i64, i: u32) {
        let person = &mut self.people[i as usize];
        if person.blocked {
            return;
        }
        if person.last_sent <= at - DAY {
            self.distinct += 1;
        }
        person.last_sent = at;
        self.recent.push_back((at, i));
        self.totals.sent += 1;
        self.today.counts[0] += 1;
        if self.luck.unit() < 0.97 {
            let after = (self.luck.exponential(5_000.0) as i64).max(1);
            let read = self.luck.unit() < 0.6;
            self.due(at + after, i, Kind::Deliver { read });
        }
    }

    fn deliver(&mut self, at: i64, i: u32, read: bool) {
        let times = &mut self.people[i as usize].delivered;
        times.push_back(at);
        while times.front().is_some_and(|t| *t <= at - 7 * DAY) {
            times.pop_front();
        }
        self.totals.delivered += 1;
        self.today.counts[1] += 1;
        self.window[0].0 += 1;
        if read {
            let after = 20.0 * 60_000.0 * (1.5 * self.luck.normal()).exp();
            self.due(at + after.min(1e12) as i64, i, Kind::Read);
        }
    }

    fn read(&mut self, at: i64, i: u32) {
        let person = &mut self.people[i as usize];
        if person.blocked {
            return;
        }
        self.totals.read += 1;
        self.today.counts[2] += 1;
        let k = person.delivered.iter().filter(|t| **t > at - 7 * DAY).count();
        if self.luck.unit() < 0.002 * (1.0 + 0.25 * k as f64) {
            person.blocked = true;
            self.totals.blocked += 1;
            self.today.counts[3] += 1;
            self.window[0].1 += 1;
            if self.luck.unit() < 0.3 {
                self.totals.reported += 1;
                self.today.counts[4] += 1;
                self.window[0].1 += 2;
            }
        }
    }

    fn evaluate(&mut self, at: i64) {
        while let Some((sent, i)) = self.recent.front().copied() {
            if sent > at - DAY {
                break;
            }
            self.recent.pop_front();
            if self.people[i as usize].last_sent == sent {
                self.distinct -= 1;
            }
        }
        let (mut negative, mut exposure, mut raw) = (0.0, 0.0, 0);
        for (age, (delivered, bad)) in self.window.iter().enumerate() {
            let weight = (-(age as f64) / 48.0).exp2();
            negative += weight * *bad as f64;
            exposure += weight * *delivered as f64;
            raw += delivered;
        }
        let score = if exposure > 0.0 { negative / exposure } else { 0.0 };
        let colour = match score {
            _ if raw < 100 => 3,
            s if s >= 0.02 => 2,
            s if s >= 0.005 => 1,
            _ => 0,
        };
        self.totals.evaluations += 1;
        self.totals.colours[colour] += 1;
        self.totals.distinct_max = self.totals.distinct_max.max(self.distinct);
        self.today.score = score;
        self.window.pop_back();
        self.window.push_front((0, 0));
        if at % DAY == 0 {
            self.totals.days.push(std::mem::take(&mut self.today));
        }
        self.due(at + HOUR, 0, Kind::Evaluate);
    }
}

/// Runs W1 from a Monday at midnight for so many people and days.
pub fn run(people: usize, days: i64, seed: u64) -> Totals {
    let nobody = Person { blocked: false, delivered: VecDeque::new(), last_sent: i64::MIN / 2 };
    let mut w = World {
        luck: Luck(seed),
        heap: BinaryHeap::new(),
        serial: 0,
        end: days * DAY,
        people: vec![nobody; people],
        window: VecDeque::from(vec![(0, 0); 7 * 24]),
        recent: VecDeque::new(),
        distinct: 0,
        totals: Totals::default(),
        today: Day::default(),
    };
    for day in (0..days).filter(|d| matches!(d % 7, 0 | 2 | 4)) {
        w.due(day * DAY + 10 * HOUR, 0, Kind::Dispatch);
    }
    w.due(HOUR, 0, Kind::Evaluate);
    while let Some(Reverse(e)) = w.heap.pop() {
        match e.kind {
            Kind::Dispatch => w.dispatch(e.at),
            Kind::Send => w.send(e.at, e.person),
            Kind::Deliver { read } => w.deliver(e.at, e.person, read),
            Kind::Read => w.read(e.at, e.person),
            Kind::Evaluate => w.evaluate(e.at),
        }
    }
    w.totals
}
