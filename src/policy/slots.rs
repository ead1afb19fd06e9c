//! The books of one limit: who holds a slot, how many are in use, how many distinct recipients were reached.
//!
//! Exact at every millisecond, in time order only. Knows no ladder, no rating and no names: recipients are numbers
//! handed out by the caller.

mod agenda;

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::sim::{SimDuration, SimTime};

use agenda::{Agenda, RESERVATIONS, SLOTS};

/// No such instant.
const NEVER: SimTime = SimTime(i64::MIN);
/// Later than all.
const NOT_YET: SimTime = SimTime(i64::MAX);

/// A recipient's place in the books, by which everything about them is asked.
///
/// Callers may keep it and bring it along: it is looked at before it is believed, so that one of other books does no
/// harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat(u32);

impl Seat {
    /// Nobody's.
    pub const NONE: Seat = Seat(u32::MAX);
}

/// What is written down of one recipient.
#[derive(Clone, Copy, Debug)]
struct Holder {
    who: u32,
    /// The latest counted start, the instant its slot ends, and its place among all starts.
    start: SimTime,
    ends: SimTime,
    place: u64,
    /// A reservation: its message, and the instant it ends by itself. Further ones are kept aside.
    message: u32,
    reserved: SimTime,
    /// Whether further reservations are kept aside.
    more: bool,
    /// Whether this recipient is counted among the slots in use.
    held: bool,
}

impl Holder {
    fn of(who: u32) -> Holder {
        Holder {
            who,
            start: NEVER,
            ends: NEVER,
            place: 0,
            message: 0,
            reserved: NEVER,
            more: false,
            held: false,
        }
    }
}

/// Reservations of people with more than one message under way, by their place: message and the instant each ends by
/// itself.
type Further = FxHashMap<u32, Vec<(u32, SimTime)>>;

impl Holder {
    /// When the slot would free if nothing else happened.
    fn release(&self, at: u32, further: &Further) -> SimTime {
        let own = self.ends.max(self.reserved);
        if !self.more {
            return own;
        }
        further.get(&at).into_iter().flatten().map(|r| r.1).fold(own, SimTime::max)
    }

    fn has(&self, at: u32, message: u32, further: &Further) -> bool {
        (self.reserved != NEVER && self.message == message)
            || (self.more && further.get(&at).into_iter().flatten().any(|r| r.0 == message))
    }

    /// No reservations any more.
    fn clear(&mut self, at: u32, further: &mut Further) {
        self.reserved = NEVER;
        if std::mem::take(&mut self.more) {
            further.remove(&at);
        }
    }

    fn slot_is_open(&self, at: SimTime) -> bool {
        self.ends > at
    }
}

/// What a simulation's senders know of slots that will free.
#[derive(Clone, Debug, Default)]
struct Expected {
    /// When a sender expects slots to free. Entries can be stale.
    queue: Agenda,
    /// Of each recipient, by place, the reservation made last, in force or not.
    last: FxHashMap<u32, (u32, SimTime)>,
}

impl Expected {
    /// When a sender expects the slot to free: it knows starts, and of messages under way the latest.
    fn of(&self, place: u32, h: &Holder, further: &Further) -> SimTime {
        match self.last.get(&place) {
            Some((message, until)) if h.has(place, *message, further) => (*until).max(h.ends),
            _ => h.ends,
        }
    }
}

/// Counted starts over all spans, in order, each with whether it is still its recipient's latest.
#[derive(Clone, Debug, Default)]
struct Starts {
    /// Twice the instant, one more where a later start has replaced it.
    entries: VecDeque<i64>,
    /// Starts forgotten: the place of the first entry.
    gone: u64,
}

impl Starts {
    fn at(&self, place: u64) -> Option<(SimTime, bool)> {
        let entry = self.entries.get(place.checked_sub(self.gone)? as usize)?;
        Some((SimTime(entry >> 1), entry & 1 == 0))
    }

    /// Appends a start and returns its place.
    fn push(&mut self, at: SimTime) -> u64 {
        self.entries.push_back(at.0 << 1);
        self.gone + self.entries.len() as u64 - 1
    }

    /// A later start of the same recipient came.
    fn replace(&mut self, place: u64) {
        if let Some(i) = place.checked_sub(self.gone) {
            self.entries[i as usize] |= 1;
        }
    }
}

/// Distinct recipients over one span, kept as time goes on.
#[derive(Clone, Debug)]
struct Distinct {
    over: SimDuration,
    /// Starts up to this instant are out.
    out: SimTime,
    /// Place of the first start that is in, and its instant; later than all if there is none.
    from: u64,
    next: SimTime,
    /// Recipients whose latest start lies after `out`.
    count: u64,
}

impl Distinct {
    fn settle(&mut self, starts: &Starts, out: SimTime) {
        while self.next <= out {
            let (_, latest) = starts.at(self.from).expect("a start that is in");
            self.count -= u64::from(latest);
            self.from += 1;
            self.next = starts.at(self.from).map_or(NOT_YET, |start| start.0);
        }
        self.out = self.out.max(out);
    }

    /// A start was appended, one that counts if `adds`.
    fn started(&mut self, at: SimTime, adds: bool) {
        self.next = self.next.min(at);
        self.count += u64::from(adds);
    }
}

/// A recipient's place on its way from one scope's books to another's: who, the holder, its reservations, the last.
type Person = (u32, Holder, Vec<(u32, SimTime)>, Option<(u32, SimTime)>);

/// The books of one scope.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    /// Where in `holders` a recipient is.
    places: FxHashMap<u32, u32>,
    /// In the order in which they were first written to: campaigns often go to the same people in the same order.
    holders: Vec<Holder>,
    further: Further,
    in_use: u64,
    /// The end of every slot and of every reservation, at some of which a recipient stops holding a slot: slots may have
    /// slid on since, reservations may be over.
    releases: Agenda,
    /// Kept only for a simulation's senders.
    expected: Option<Expected>,
    starts: Starts,
    distinct: Vec<Distinct>,
}

impl Slots {
    /// Books that will be asked for distinct recipients over these spans.
    pub fn new(spans: &[SimDuration]) -> Slots {
        let mut spans = spans.to_vec();
        spans.sort();
        spans.dedup();
        let distinct = spans
            .into_iter()
            .map(|over| Distinct { over, out: NEVER, from: 0, next: NOT_YET, count: 0 })
            .collect();
        Slots { distinct, ..Slots::default() }
    }

    /// Slots in use at an instant not before any earlier one asked about.
    #[inline]
    pub fn in_use(&mut self, at: SimTime) -> u64 {
        self.releases.take_due(at, |place| {
            let h = &mut self.holders[place as usize];
            if h.held && h.release(place, &self.further) <= at {
                h.held = false;
                h.clear(place, &mut self.further);
                self.in_use -= 1;
            }
        });
        self.in_use
    }

    /// From now on keeps what a sender expects, for [`Slots::next_expected`].
    pub fn expect(&mut self) {
        self.expected.get_or_insert_default();
    }

    /// When, after `at`, a sender next expects a slot to free; none when it knows of none.
    pub fn next_expected(&mut self, at: SimTime) -> Option<SimTime> {
        self.in_use(at);
        let expected = self.expected.as_mut()?;
        while let Some((due, place)) = expected.queue.peek() {
            let h = &self.holders[place as usize];
            if due > at && h.held && expected.of(place, h, &self.further) == due {
                return Some(due);
            }
            expected.queue.pop();
        }
        None
    }

    /// When each slot in use at an instant frees, should nothing more happen; in no order.
    pub fn releases(&self, at: SimTime) -> impl Iterator<Item = SimTime> {
        let places = 0..self.holders.len() as u32;
        places.map(|p| self.holders[p as usize].release(p, &self.further)).filter(move |due| *due > at)
    }

    /// A recipient's seat, if they have one. `near` is where they may sit.
    #[inline]
    pub fn seat(&self, who: u32, near: Seat) -> Option<Seat> {
        match self.holders.get(near.0 as usize) {
            Some(h) if h.who == who => Some(near),
            _ => self.places.get(&who).map(|place| Seat(*place)),
        }
    }

    /// A recipient's seat, made if they have none. `near` is where they may sit.
    #[inline]
    pub fn seat_made(&mut self, who: u32, near: Seat) -> Seat {
        match self.holders.get(near.0 as usize) {
            Some(h) if h.who == who => near,
            _ => self.seat_found_or_made(who),
        }
    }

    fn seat_found_or_made(&mut self, who: u32) -> Seat {
        let place = *self.places.entry(who).or_insert_with(|| {
            self.holders.push(Holder::of(who));
            self.holders.len() as u32 - 1
        });
        Seat(place)
    }

    /// Whether a recipient holds a slot at an instant.
    #[inline]
    pub fn holds(&self, seat: Seat, at: SimTime) -> bool {
        self.holders[seat.0 as usize].release(seat.0, &self.further) > at
    }

    /// Whether a recipient has a started slot that is still open.
    #[inline]
    pub fn slot_is_open(&self, seat: Seat, at: SimTime) -> bool {
        self.holders[seat.0 as usize].slot_is_open(at)
    }

    /// Brings near what the books say of a recipient, as far as a seat tells. What it returns is of no use to anybody.
    #[inline]
    pub fn fetch(&self, near: Seat) -> i64 {
        let Some(h) = self.holders.get(near.0 as usize) else { return 0 };
        h.ends.0 ^ self.starts.at(h.place).map_or(0, |start| start.0.0)
    }

    /// Brings near what the books say of those whose slots may end by an instant. What it returns is of no use to
    /// anybody.
    pub fn fetch_due(&self, at: SimTime) -> usize {
        self.releases.due(at).filter(|place| self.holders[*place as usize].held).count()
    }

    /// A slot starts (or slides) at `at` for `period`. A recipient counts as reached from here.
    pub fn start(&mut self, seat: Seat, at: SimTime, period: SimDuration) {
        self.in_use(at);
        self.forget_starts(at);
        let place = self.starts.push(at);
        let h = &mut self.holders[seat.0 as usize];
        for d in &mut self.distinct {
            // The start it replaces no longer counts, if it did.
            d.started(at, h.start == NEVER || h.place < d.from);
        }
        if h.start != NEVER {
            self.starts.replace(h.place);
        }
        (h.start, h.ends, h.place) = (at, at + period, place);
        self.releases.push(SLOTS, at + period, seat.0);
        self.hold(seat.0, at);
    }

    /// A place is reserved for a message until `until` at the latest.
    pub fn reserve(&mut self, seat: Seat, message: u32, at: SimTime, until: SimTime) {
        self.in_use(at);
        let h = &mut self.holders[seat.0 as usize];
        if h.reserved <= at {
            (h.message, h.reserved) = (message, until);
        } else {
            h.more = true;
            self.further.entry(seat.0).or_default().push((message, until));
        }
        if let Some(expected) = &mut self.expected {
            expected.last.insert(seat.0, (message, until));
        }
        self.releases.push(RESERVATIONS, until, seat.0);
        self.hold(seat.0, at);
    }

    /// A reservation ends early: delivered or failed.
    pub fn release(&mut self, seat: Seat, message: u32, at: SimTime) {
        self.in_use(at);
        let holder = seat.0;
        let h = &mut self.holders[holder as usize];
        if h.message == message || h.reserved <= at {
            h.reserved = NEVER;
        }
        if h.more {
            let rest = self.further.get_mut(&holder).expect("kept aside");
            rest.retain(|r| r.0 != message && r.1 > at);
            if h.reserved == NEVER
                && let Some((message, until)) = rest.pop()
            {
                (h.message, h.reserved) = (message, until);
            }
            if rest.is_empty() {
                self.further.remove(&holder);
                h.more = false;
            }
        }
        if h.held && h.release(holder, &self.further) <= at {
            h.held = false;
            self.in_use -= 1;
        } else if h.held
            && let Some(expected) = &mut self.expected
        {
            expected.queue.push(SLOTS, expected.of(holder, h, &self.further), holder);
        }
    }

    /// The slot or a reservation of a holder was written down, its end put into the agenda.
    fn hold(&mut self, holder: u32, at: SimTime) {
        let h = &mut self.holders[holder as usize];
        if !h.held && h.release(holder, &self.further) > at {
            h.held = true;
            self.in_use += 1;
        }
        if let Some(expected) = &mut self.expected {
            expected.queue.push(SLOTS, expected.of(holder, h, &self.further), holder);
        }
    }

    /// Distinct recipients whose latest start lies in (at − over, at] and after `after`. Instants and `after` must
    /// not go back.
    pub fn distinct(&mut self, over: SimDuration, after: Option<SimTime>, at: SimTime) -> u64 {
        let starts = &self.starts;
        let d = self.distinct.iter_mut().find(|d| d.over == over).expect("spans are known from the start");
        d.settle(starts, (at - over).max(after.unwrap_or(NEVER)));
        d.count
    }

    /// Forgets starts that no span can hold any more.
    fn forget_starts(&mut self, at: SimTime) {
        let mut from = u64::MAX;
        for d in &mut self.distinct {
            d.settle(&self.starts, (at - d.over).max(d.out));
            from = from.min(d.from);
        }
        while self.starts.gone < from && self.starts.entries.pop_front().is_some() {
            self.starts.gone += 1;
        }
    }

    /// The union of several books: the latest start per person, all reservations.
    pub fn union(parts: Vec<Slots>, spans: &[SimDuration]) -> Slots {
        let mut whole = Slots::new(spans);
        let mut people: Vec<Person> = Vec::new();
        for mut part in parts {
            if part.expected.is_some() {
                whole.expect();
            }
            for (who, place) in part.places {
                let h = part.holders[place as usize];
                let mut reserved = part.further.remove(&place).unwrap_or_default();
                if h.reserved != NEVER {
                    reserved.push((h.message, h.reserved));
                }
                let last = part.expected.as_ref().and_then(|e| e.last.get(&place).copied());
                people.push((who, h, reserved, last));
            }
        }
        people.sort_by_key(|p| p.0);
        for (who, h, reserved, last) in people {
            let Seat(place) = whole.seat_made(who, Seat::NONE);
            let mine = &mut whole.holders[place as usize];
            if (h.start, h.ends) > (mine.start, mine.ends) {
                (mine.start, mine.ends) = (h.start, h.ends);
            }
            for (message, until) in reserved {
                if mine.reserved == NEVER {
                    (mine.message, mine.reserved) = (message, until);
                } else {
                    mine.more = true;
                    whole.further.entry(place).or_default().push((message, until));
                }
            }
            if let (Some(expected), Some(last)) = (&mut whole.expected, last) {
                // The latest of the parts' last messages.
                let mine = expected.last.entry(place).or_insert(last);
                if last.1 > mine.1 {
                    *mine = last;
                }
            }
        }
        // By recipient inside an instant, as the people are.
        let started = (0..).zip(&whole.holders).filter(|(_, h)| h.start != NEVER);
        let mut started: Vec<(SimTime, u32)> = started.map(|(place, h)| (h.start, place)).collect();
        started.sort();
        for (start, holder) in started {
            whole.holders[holder as usize].place = whole.starts.push(start);
            whole.distinct.iter_mut().for_each(|d| d.started(start, true));
        }
        for holder in 0..whole.holders.len() as u32 {
            let h = &whole.holders[holder as usize];
            let further = whole.further.get(&holder).into_iter().flatten().map(|r| r.1);
            let own = [(SLOTS, h.ends), (RESERVATIONS, h.reserved)];
            for (kind, due) in own.into_iter().chain(further.map(|until| (RESERVATIONS, until))) {
                if due != NEVER {
                    whole.releases.push(kind, due, holder);
                }
            }
            whole.hold(holder, NEVER);
        }
        whole
    }
}
