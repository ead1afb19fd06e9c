//! The books of one limit: who holds a slot, how many are in use, how many distinct recipients were reached.
//!
//! Exact at every millisecond, in time order only. Knows no ladder, no rating and no names: recipients are numbers
//! handed out by the caller.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rustc_hash::FxHashMap;

use crate::sim::{SimDuration, SimTime};

/// One recipient's place in a scope.
#[derive(Clone, Debug, Default)]
struct Holder {
    /// The latest counted start, the instant its slot ends, and its serial number.
    start: Option<(SimTime, SimTime, u64)>,
    /// Reservations in force: message and the instant each ends by itself.
    reserved: Vec<(u64, SimTime)>,
    /// The reservation made last, in force or not.
    last: Option<(u64, SimTime)>,
    /// Whether this recipient is counted among the slots in use.
    held: bool,
}

impl Holder {
    /// When the slot would free if nothing else happened.
    fn release(&self) -> SimTime {
        let start = self.start.map_or(SimTime(i64::MIN), |s| s.1);
        self.reserved.iter().map(|r| r.1).fold(start, SimTime::max)
    }

    /// When a sender expects the slot to free: it knows starts, and of messages under way the latest.
    fn expected(&self) -> SimTime {
        let start = self.start.map_or(SimTime(i64::MIN), |s| s.1);
        let under_way = self.last.filter(|l| self.reserved.iter().any(|r| r.0 == l.0));
        under_way.map_or(start, |l| l.1.max(start))
    }

    fn slot_is_open(&self, at: SimTime) -> bool {
        self.start.is_some_and(|s| s.1 > at)
    }
}

/// Distinct recipients over one span, kept as time goes on.
#[derive(Clone, Debug)]
struct Distinct {
    over: SimDuration,
    /// Starts up to this instant are out.
    out: SimTime,
    /// Recipients whose latest start lies after `out`.
    count: u64,
    /// Starts that may still be in, oldest first: (start, recipient, serial).
    starts: VecDeque<(SimTime, u32, u64)>,
}

/// The books of one scope.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    holders: FxHashMap<u32, Holder>,
    in_use: u64,
    /// When a recipient may stop holding a slot; entries can be stale.
    releases: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// When a sender expects slots to free; kept only for a simulation's senders. Entries can be stale.
    expected: Option<BinaryHeap<Reverse<(SimTime, u32)>>>,
    distinct: Vec<Distinct>,
    serial: u64,
}

impl Slots {
    /// Books that will be asked for distinct recipients over these spans.
    pub fn new(spans: &[SimDuration]) -> Slots {
        let mut spans = spans.to_vec();
        spans.sort();
        spans.dedup();
        let distinct = spans
            .into_iter()
            .map(|over| Distinct { over, out: SimTime(i64::MIN), count: 0, starts: VecDeque::new() })
            .collect();
        Slots { distinct, ..Slots::default() }
    }

    /// Slots in use at an instant not before any earlier one asked about.
    pub fn in_use(&mut self, at: SimTime) -> u64 {
        while let Some(Reverse((due, who))) = self.releases.peek().copied() {
            if due > at {
                break;
            }
            self.releases.pop();
            if let Some(h) = self.holders.get_mut(&who)
                && h.held
                && h.release() <= at
            {
                h.held = false;
                h.reserved.clear();
                self.in_use -= 1;
            }
        }
        self.in_use
    }

    /// From now on keeps what a sender expects, for [`Slots::next_expected`].
    pub fn expect(&mut self) {
        self.expected.get_or_insert_default();
    }

    /// When, after `at`, a sender next expects a slot to free; none when it knows of none.
    pub fn next_expected(&mut self, at: SimTime) -> Option<SimTime> {
        self.in_use(at);
        let queue = self.expected.as_mut()?;
        while let Some(Reverse((due, who))) = queue.peek().copied() {
            let h = &self.holders[&who];
            if due > at && h.held && h.expected() == due {
                return Some(due);
            }
            queue.pop();
        }
        None
    }

    /// When each slot in use at an instant frees, should nothing more happen; in no order.
    pub fn releases(&self, at: SimTime) -> impl Iterator<Item = SimTime> {
        self.holders.values().map(Holder::release).filter(move |due| *due > at)
    }

    /// Whether this recipient holds a slot at an instant.
    pub fn holds(&self, who: u32, at: SimTime) -> bool {
        self.holders.get(&who).is_some_and(|h| h.release() > at)
    }

    /// Whether this recipient has a started slot that is still open.
    pub fn slot_is_open(&self, who: u32, at: SimTime) -> bool {
        self.holders.get(&who).is_some_and(|h| h.slot_is_open(at))
    }

    /// A slot starts (or slides) at `at` for `period`. A recipient counts as reached from here.
    pub fn start(&mut self, who: u32, at: SimTime, period: SimDuration) {
        self.in_use(at);
        self.serial += 1;
        let serial = self.serial;
        // What ages out at this very instant has to be settled before this start replaces it.
        self.advance(at);
        let h = self.holders.entry(who).or_default();
        let before = h.start.map(|s| s.0);
        h.start = Some((at, at + period, serial));
        for d in &mut self.distinct {
            if before.is_none_or(|s| s <= d.out) {
                d.count += 1;
            }
            d.starts.push_back((at, who, serial));
        }
        self.hold(who, at);
    }

    /// A place is reserved for a message until `until` at the latest.
    pub fn reserve(&mut self, who: u32, message: u64, at: SimTime, until: SimTime) {
        self.in_use(at);
        let h = self.holders.entry(who).or_default();
        h.reserved.push((message, until));
        h.last = Some((message, until));
        self.hold(who, at);
    }

    /// A reservation ends early: delivered or failed.
    pub fn release(&mut self, who: u32, message: u64, at: SimTime) {
        self.in_use(at);
        if let Some(h) = self.holders.get_mut(&who) {
            h.reserved.retain(|r| r.0 != message && r.1 > at);
            if h.held && h.release() <= at {
                h.held = false;
                self.in_use -= 1;
            } else if h.held {
                // The release may have moved forward, to an instant no entry stands for.
                self.releases.push(Reverse((h.release(), who)));
                if let Some(queue) = &mut self.expected {
                    queue.push(Reverse((h.expected(), who)));
                }
            }
        }
    }

    fn hold(&mut self, who: u32, at: SimTime) {
        let h = self.holders.get_mut(&who).expect("the caller has just made it");
        let due = h.release();
        if !h.held && due > at {
            h.held = true;
            self.in_use += 1;
        }
        self.releases.push(Reverse((due, who)));
        if let Some(queue) = &mut self.expected {
            queue.push(Reverse((h.expected(), who)));
        }
    }

    /// Distinct recipients whose latest start lies in (at − over, at] and after `after`. Instants and `after` must
    /// not go back.
    pub fn distinct(&mut self, over: SimDuration, after: Option<SimTime>, at: SimTime) -> u64 {
        let holders = &self.holders;
        let d = self.distinct.iter_mut().find(|d| d.over == over).expect("spans are known from the start");
        let out = (at - over).max(after.unwrap_or(SimTime(i64::MIN)));
        settle(d, holders, out);
        d.count
    }

    fn advance(&mut self, at: SimTime) {
        let holders = &self.holders;
        for d in &mut self.distinct {
            let out = (at - d.over).max(d.out);
            settle(d, holders, out);
        }
    }

    /// The union of several books: the latest start per person, all reservations.
    pub fn union(parts: Vec<Slots>, spans: &[SimDuration]) -> Slots {
        let mut whole = Slots::new(spans);
        if parts.iter().any(|p| p.expected.is_some()) {
            whole.expect();
        }
        let mut people: Vec<(u32, Holder)> = Vec::new();
        for part in parts {
            whole.serial = whole.serial.max(part.serial);
            people.extend(part.holders);
        }
        people.sort_by_key(|(who, _)| *who);
        for (who, h) in people {
            let mine = whole.holders.entry(who).or_default();
            if h.start.map(|s| (s.0, s.1)) > mine.start.map(|s| (s.0, s.1)) {
                mine.start = h.start;
            }
            mine.reserved.extend(h.reserved);
            // The latest of the parts' last messages.
            if h.last.map(|l| l.1) > mine.last.map(|l| l.1) {
                mine.last = h.last;
            }
        }
        let mut starts: Vec<(SimTime, u32)> = Vec::new();
        for (who, h) in &whole.holders {
            starts.extend(h.start.map(|s| (s.0, *who)));
        }
        starts.sort();
        for (start, who) in starts {
            whole.serial += 1;
            let serial = whole.serial;
            whole.holders.get_mut(&who).expect("taken from there").start.as_mut().expect("has one").2 =
                serial;
            for d in &mut whole.distinct {
                d.count += 1;
                d.starts.push_back((start, who, serial));
            }
        }
        let mut held: Vec<u32> = whole.holders.keys().copied().collect();
        held.sort_unstable();
        for who in held {
            let h = whole.holders.get_mut(&who).expect("taken from there");
            h.held = true;
            whole.in_use += 1;
            whole.releases.push(Reverse((h.release(), who)));
            let expected = h.expected();
            if let Some(queue) = &mut whole.expected {
                queue.push(Reverse((expected, who)));
            }
        }
        whole
    }
}

fn settle(d: &mut Distinct, holders: &FxHashMap<u32, Holder>, out: SimTime) {
    while let Some(&(start, who, serial)) = d.starts.front() {
        if start > out {
            break;
        }
        d.starts.pop_front();
        if holders[&who].start.is_some_and(|s| s.2 == serial) {
            d.count -= 1;
        }
    }
    d.out = d.out.max(out);
}
