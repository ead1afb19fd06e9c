//! What the platform lets through to one person: where the rules of the day and what a simulation knows of people
//! meet. Caps on marketing, the hold-out, countries without marketing, people's stop, the pair rate.
//!
//! All of this but the throughput, which is a number's and told by its sender's queue, hangs on one person alone, so
//! that blocks of people can decide it side by side. Asked after the rules of limits and statuses. Must not know
//! ratings.

use crate::behaviour::sender::{AtCap, Template};
use crate::experiment::plan::Plan;
use crate::experiment::refusal::Held;
use crate::policy::Rules;
use crate::policy::gate::{CapCode, CapCounts, CapRules, ThroughputRules};

/// A day, in the seconds that books are kept in.
const DAY: i64 = 86_400;
/// Stated interest moves the own cap by so many messages at most.
const SHIFT_MAX: i64 = 12;
/// No such instant yet.
const NEVER: u32 = u32::MAX;
/// More retries than any guard lets through: the person is closed.
const CLOSED: u8 = u8::MAX;

/// What one version of the rules lets through, for the segments and numbers of a plan.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Whether anything of this can refuse a message.
    pub any: bool,
    /// The cap, if there is one.
    pub cap: Option<CapRules>,
    /// For each segment, whether the cap holds for it.
    pub capped: Vec<bool>,
    /// For each segment, whether its country gets no marketing.
    pub excluded: Vec<bool>,
    /// Share of people held out.
    pub holdout: f64,
    /// Whether people can stop a business's marketing by the platform's control.
    pub stop: bool,
    /// Whether people can state their interest.
    pub asked: bool,
    /// What a number may send per second.
    pub throughput: Option<ThroughputRules>,
    /// Gap and tolerance in milliseconds of the pair rate.
    pub pair: Option<(i64, i64)>,
    /// For each template, for how many milliseconds a message is kept that cannot be delivered.
    pub kept: Vec<i64>,
    /// For each segment, how full its people's inboxes are; empty without a cap.
    pub full: Vec<Fullness>,
}

impl Gate {
    /// What these rules let through in a plan's world.
    pub fn new(plan: &Plan, rules: &Rules) -> Gate {
        let g = &rules.gate;
        let country = |s: &crate::experiment::plan::SegmentPlan| s.spec.country.clone();
        let countries: Vec<Option<String>> = plan.segments.iter().map(country).collect();
        let capped = |c: &Option<String>| g.cap.as_ref().is_some_and(|cap| cap.holds_in(c.as_deref()));
        let barred = |c: &Option<String>| {
            c.as_ref().is_some_and(|c| g.excluded.as_ref().is_some_and(|list| list.contains(c)))
        };
        let capped: Vec<bool> = countries.iter().map(capped).collect();
        let excluded: Vec<bool> = countries.iter().map(barred).collect();
        let holdout = g.holdout.unwrap_or(0.0);
        let pair = g.pair.map(|p| (p.gap.0, p.gap.0.saturating_mul(p.burst as i64 - 1)));
        let rates = g.throughput.is_some() || pair.is_some();
        Gate {
            any: capped.contains(&true)
                || excluded.contains(&true)
                || holdout > 0.0
                || g.stop.is_some()
                || rates,
            cap: g.cap.clone(),
            capped,
            excluded,
            holdout,
            stop: g.stop.is_some(),
            asked: g.stop.is_some_and(|s| s.interest),
            throughput: g.throughput,
            pair,
            kept: plan.templates().iter().map(|t| kept(t, rules)).collect(),
            full: g
                .cap
                .iter()
                .flat_map(|cap| {
                    plan.segments.iter().map(|s| Fullness::new(cap, s.spec.other_marketing_per_day))
                })
                .collect(),
        }
    }
}

/// For how many milliseconds a message of a template is kept.
fn kept(t: &Template, rules: &Rules) -> i64 {
    let own = t.time_to_live.or_else(|| Some(rules.gate.time_to_live?.of(t.category)));
    own.map_or(i64::MAX, |d| d.0)
}

/// What is remembered of people's marketing, person by person.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// As many deliveries of a person as any cap of the run may count.
    most: usize,
    /// Seconds since the start of each person's last deliveries that count, newest first.
    counted: Vec<u32>,
    people: Vec<Book>,
}

/// What is remembered of one person's marketing beside the deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Book {
    /// Seconds since the start at which the last conversation opened.
    opened: u32,
    /// Seconds since the start of the first refusal of a run of tries.
    refused: u32,
    /// Marketing delivered in that conversation.
    inside: u8,
    /// Replies since it opened.
    replies: u8,
    /// What stated interest has added to the own cap.
    shift: i8,
    /// Refused tries since that refusal, or [`CLOSED`].
    retries: u8,
}

impl Default for Book {
    fn default() -> Book {
        Book { opened: NEVER, refused: NEVER, inside: 0, replies: 0, shift: 0, retries: 0 }
    }
}

/// What of a person a cap looks at beside the book.
#[derive(Clone, Copy, Debug)]
pub struct Inbox<'a> {
    /// How full inboxes of this kind of people are.
    pub full: &'a Fullness,
    /// How much of marketing the person reads, from 0 to 1.
    pub reads: f64,
}

fn seconds(offset: i64) -> i64 {
    offset.div_euclid(1000)
}

fn within(then: u32, now: i64, span: i64) -> bool {
    then != NEVER && now - i64::from(then) < span
}

/// Deliveries that count in the last so many seconds; `counted` has the newest first.
fn recent(counted: &[u32], now: i64, span: i64) -> u64 {
    counted.iter().take_while(|t| within(**t, now, span)).count() as u64
}

impl Books {
    /// Empty books of so many people under these caps.
    pub fn new<'a>(people: usize, caps: impl Iterator<Item = &'a CapRules>) -> Books {
        // Who reads everything is let more under the shared caps.
        let shared =
            |c: &CapRules| libm::ceil(c.shared_day.max(c.shared_week) as f64 * (1.0 + c.reading)) as u64;
        let most = caps.map(|c| shared(c).max(c.own + SHIFT_MAX as u64)).max().unwrap_or(0) as usize;
        Books { most, counted: vec![NEVER; people * most], people: vec![Book::default(); people] }
    }

    /// Whether nothing is remembered of anybody.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    fn counted(&self, person: usize) -> &[u32] {
        &self.counted[person * self.most..(person + 1) * self.most]
    }

    /// A marketing message was delivered; `free`: inside a service window.
    pub fn delivered(&mut self, person: usize, cap: &CapRules, offset: i64, free: bool) {
        if self.people[person].delivered(cap, offset, free) {
            let counted = &mut self.counted[person * self.most..(person + 1) * self.most];
            counted.copy_within(0..self.most - 1, 1);
            counted[0] = seconds(offset) as u32;
        }
    }

    /// The person wrote.
    pub fn replied(&mut self, person: usize) {
        if let Some(book) = self.people.get_mut(person) {
            book.replies = book.replies.saturating_add(1);
        }
    }

    /// The person stated interest, or none.
    pub fn stated(&mut self, person: usize, cap: &CapRules, interested: bool) {
        if let Some(book) = self.people.get_mut(person) {
            let by = if interested { cap.interested as i64 } else { -(cap.not_interested as i64) };
            book.shift = (i64::from(book.shift) + by).clamp(-SHIFT_MAX, SHIFT_MAX) as i8;
        }
    }

    /// Whether and why marketing is held back at an offset. `lot` gives this person's luck of the day and is asked
    /// only where luck decides. Takes note of tries that were refused.
    pub fn held(
        &mut self,
        person: usize,
        cap: &CapRules,
        (offset, free): (i64, bool),
        inbox: Inbox<'_>,
        lot: impl FnOnce() -> f64,
    ) -> Option<Held> {
        let now = seconds(offset);
        let counts = (recent(self.counted(person), now, DAY), recent(self.counted(person), now, 7 * DAY));
        self.people[person].held(cap, (now, free), counts, inbox, lot)
    }
}

impl Book {
    /// A marketing message was delivered; whether it counts towards the caps.
    fn delivered(&mut self, cap: &CapRules, offset: i64, free: bool) -> bool {
        let now = seconds(offset);
        let opens = !within(self.opened, now, DAY);
        if opens {
            (self.opened, self.inside, self.replies) = (now as u32, 1, 0);
        } else {
            self.inside = self.inside.saturating_add(1);
        }
        match cap.counts {
            CapCounts::ConversationOpening => opens,
            CapCounts::EveryDelivered => !free,
        }
    }

    /// [`Books::held`], given how many deliveries count in the last 24 hours and in the last seven days.
    fn held(
        &mut self,
        cap: &CapRules,
        (now, free): (i64, bool),
        counts: (u64, u64),
        inbox: Inbox<'_>,
        lot: impl FnOnce() -> f64,
    ) -> Option<Held> {
        let guard = cap.retry_guard_for.0 / 1000;
        if cap.retry_guard > 0 && self.retries == CLOSED && within(self.refused, now, guard) {
            return Some(Held::RetryGuard);
        }
        let held = self.held_by(cap, (now, free), counts, inbox, lot)?;
        if cap.retry_guard > 0 {
            self.refused_again(cap.retry_guard, now, guard);
        }
        Some(match (held, cap.code) {
            (Held::OwnCap, CapCode::Undeliverable) => Held::OwnCapUnnamed,
            (Held::SharedCap, CapCode::Undeliverable) => Held::SharedCapUnnamed,
            (held, _) => held,
        })
    }

    fn held_by(
        &self,
        cap: &CapRules,
        (now, free): (i64, bool),
        (today, week): (u64, u64),
        inbox: Inbox<'_>,
        lot: impl FnOnce() -> f64,
    ) -> Option<Held> {
        let own = |more: u64| (cap.own as i64 + i64::from(self.shift) + more as i64).max(0) as u64;
        let inside = cap.counts == CapCounts::ConversationOpening && within(self.opened, now, DAY);
        if inside {
            let earned = cap.per_reply * u64::from(self.replies);
            return (u64::from(self.inside) >= own(earned)).then_some(Held::OwnCap);
        }
        if free {
            return None;
        }
        let used = if cap.counts == CapCounts::ConversationOpening { 0 } else { today };
        if used >= own(0) {
            return Some(Held::OwnCap);
        }
        let full = inbox.full.inbox(cap, inbox.reads, today, week);
        // Certain either way needs no luck.
        (full > 0.0 && (full >= 1.0 || lot() < full)).then_some(Held::SharedCap)
    }

    fn refused_again(&mut self, most: u64, now: i64, guard: i64) {
        if !within(self.refused, now, guard) || self.retries == CLOSED {
            (self.refused, self.retries) = (now as u32, 0);
            return;
        }
        self.retries = self.retries.saturating_add(1).min(CLOSED - 1);
        if u64::from(self.retries) >= most {
            (self.refused, self.retries) = (now as u32, CLOSED);
        }
    }
}

/// The chance that no place is left under the shared caps: places for so many messages in seven days and in 24 hours,
/// own ones take theirs, and those of other businesses come by chance and are held back by the same caps. Per span
/// that is Erlang's loss formula; what the week holds back does not reach the day.
///
/// Worked out once for the few numbers of places there can be.
#[derive(Clone, Debug)]
pub struct Fullness {
    /// Marketing of other businesses a day, on average.
    others: f64,
    /// Chances by places left in the week, then in the day, up to so many each.
    table: Vec<f64>,
    days: u64,
}

/// Places told apart in the table of [`Fullness`].
const PLACES: u64 = 64;

impl Fullness {
    /// Of people who get so much marketing of others a day, under a cap.
    pub fn new(cap: &CapRules, others: f64) -> Fullness {
        // Who reads everything has the most places.
        let most = |all: u64| places(all, 1.0 + cap.reading.abs(), 0).min(PLACES);
        let (weeks, days) = (most(cap.shared_week), most(cap.shared_day));
        let chances = (0..=weeks).flat_map(|week| (0..=days).map(move |day| full(others, week, day)));
        Fullness { others, table: chances.collect(), days: days + 1 }
    }

    /// The chance for somebody who reads so much, with so many own messages in a day and in a week.
    fn inbox(&self, cap: &CapRules, reads: f64, own_day: u64, own_week: u64) -> f64 {
        let factor = 1.0 + cap.reading * (2.0 * reads - 1.0);
        let (week, day) =
            (places(cap.shared_week, factor, own_week), places(cap.shared_day, factor, own_day));
        let told_apart = week <= PLACES && day < self.days;
        let known = told_apart.then(|| self.table.get((week * self.days + day) as usize)).flatten();
        known.copied().unwrap_or_else(|| full(self.others, week, day))
    }
}

/// Places left of so many for somebody who gets this share of them, after own messages.
fn places(all: u64, factor: f64, own: u64) -> u64 {
    // To the nearest, halves up: what the library's function does to a sum that is not negative, and quicker.
    let share = all as f64 * factor;
    let whole = share as u64;
    whole.saturating_add(u64::from(share - whole as f64 >= 0.5)).saturating_sub(own)
}

/// The chance that there is none of so many places in a week, or none of so many in a day.
fn full(others: f64, week: u64, day: u64) -> f64 {
    let week = erlang_b(week, 7.0 * others);
    let day = erlang_b(day, others * (1.0 - week));
    1.0 - (1.0 - week) * (1.0 - day)
}

/// Erlang's loss formula: the chance that all of so many places are taken under a load, by its recursion.
pub fn erlang_b(places: u64, load: f64) -> f64 {
    if load == 0.0 {
        return if places == 0 { 1.0 } else { 0.0 };
    }
    // Far more places than load: nothing is left to tell, and the loop need not go on.
    let mut b = 1.0;
    for n in 1..=places {
        b = load * b / (n as f64 + load * b);
        if b < 1e-300 {
            return 0.0;
        }
    }
    b
}

/// The bits of a send's detail: how far it has come (two bits), whether the number was too fast, how often it was
/// tried before.
pub mod detail {
    /// The bits that say how far a send has come.
    pub const STATE: u8 = 3;
    /// The number sends faster than the platform takes.
    pub const TOO_FAST: u8 = 4;
    const TRIES: u32 = 3;

    /// How often a send was tried before.
    pub fn tries(detail: u8) -> u8 {
        detail >> TRIES
    }

    /// A detail of this state and so many tries before.
    pub fn of(state: u8, tries: u8) -> u8 {
        state & STATE | tries << TRIES
    }
}

/// Most tries that a send's detail can hold.
pub const TRIES_MAX: u8 = 15;

/// When a campaign tries a refused message again, if it does: after so many tries before, at an offset.
pub fn tries_again(plan: &Plan, campaign: u16, held: Held, tries: u8, offset: i64) -> Option<i64> {
    let c = &plan.campaigns[campaign as usize].spec;
    let again = c.at_cap == AtCap::Retry && held.may_pass_later() && tries < c.retries.min(TRIES_MAX);
    again.then(|| crate::experiment::senders::after_quiet(plan, campaign, offset + c.retry_after.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SimDuration;

    const HOUR: i64 = 3_600_000;

    fn cap(counts: CapCounts) -> CapRules {
        CapRules {
            own: 2,
            shared_day: 4,
            shared_week: 10,
            per_reply: 1,
            counts,
            reading: 0.0,
            only_in: Vec::new(),
            not_in: Vec::new(),
            code: CapCode::Capped,
            not_interested: 1,
            interested: 1,
            retry_guard: 0,
            retry_guard_for: SimDuration::hours(24),
        }
    }

    fn held(book: &mut Books, cap: &CapRules, hour: i64, free: bool) -> Option<Held> {
        let alone = Inbox { full: &Fullness::new(cap, 0.0), reads: 0.5 };
        book.held(0, cap, (hour * HOUR, free), alone, || unreachable!("nobody else sends anything"))
    }

    #[test]
    fn erlang_meets_known_values() {
        // Two erlangs on four lines: 2/21; one erlang on one line: a half.
        assert!((erlang_b(4, 2.0) - 2.0 / 21.0).abs() < 1e-15);
        assert_eq!(erlang_b(1, 1.0), 0.5);
        assert_eq!((erlang_b(0, 3.0), erlang_b(0, 0.0), erlang_b(1, 0.0)), (1.0, 1.0, 0.0));
        assert_eq!(erlang_b(10_000, 1.0), 0.0);
    }

    #[test]
    fn two_a_day_while_unanswered_and_a_service_window_is_free() {
        let cap = cap(CapCounts::EveryDelivered);
        let mut book = Books::new(1, [&cap].into_iter());
        for hour in [0, 1] {
            assert_eq!(held(&mut book, &cap, hour, false), None);
            book.delivered(0, &cap, hour * HOUR, false);
        }
        assert_eq!(held(&mut book, &cap, 2, false), Some(Held::OwnCap));
        assert_eq!(held(&mut book, &cap, 2, true), None, "inside a service window");
        book.delivered(0, &cap, 2 * HOUR, true);
        assert_eq!(held(&mut book, &cap, 23, false), Some(Held::OwnCap));
        // At 24 hours exactly the first is out; what was delivered inside the window never counted.
        assert_eq!(held(&mut book, &cap, 24, false), None);
    }

    #[test]
    fn inside_a_conversation_each_reply_earns_one_more() {
        let cap = cap(CapCounts::ConversationOpening);
        let mut book = Books::new(1, [&cap].into_iter());
        for hour in [0, 1] {
            assert_eq!(held(&mut book, &cap, hour, false), None);
            book.delivered(0, &cap, hour * HOUR, false);
        }
        assert_eq!(held(&mut book, &cap, 2, false), Some(Held::OwnCap));
        book.replied(0);
        assert_eq!(held(&mut book, &cap, 3, true), None);
        book.delivered(0, &cap, 3 * HOUR, true);
        assert_eq!(held(&mut book, &cap, 4, true), Some(Held::OwnCap), "one reply, one more");
        assert_eq!(held(&mut book, &cap, 24, false), None, "the conversation is over");
    }

    #[test]
    fn stated_interest_moves_the_own_cap() {
        let cap = cap(CapCounts::EveryDelivered);
        let mut book = Books::new(1, [&cap].into_iter());
        book.stated(0, &cap, false);
        book.delivered(0, &cap, 0, false);
        assert_eq!(held(&mut book, &cap, 1, false), Some(Held::OwnCap), "one a day is left");
        book.stated(0, &cap, true);
        assert_eq!(held(&mut book, &cap, 1, false), None);
        (0..3).for_each(|_| book.stated(0, &cap, false));
        assert_eq!(held(&mut book, &cap, 100, false), Some(Held::OwnCap), "none is left");
    }

    #[test]
    fn others_take_places_and_own_messages_too() {
        let cap = cap(CapCounts::EveryDelivered);
        let full = |others, day, week| Fullness::new(&cap, others).inbox(&cap, 0.5, day, week);
        assert_eq!((full(0.0, 0, 0), full(0.0, 4, 4), full(0.0, 0, 10)), (0.0, 1.0, 1.0));
        assert!(full(1.0, 0, 0) < full(2.0, 0, 0) && full(2.0, 0, 0) < full(2.0, 1, 1));
        // Two a day and ten places a week: between a third and a half is held back.
        assert!((0.3..0.5).contains(&full(2.0, 0, 0)), "{}", full(2.0, 0, 0));
        // Who reads more is let more.
        let reading = CapRules { reading: 0.5, ..cap.clone() };
        let by = |reads| Fullness::new(&reading, 2.0).inbox(&reading, reads, 0, 0);
        assert!(by(1.0) < by(0.5) && by(0.5) < by(0.0) && by(0.5) == full(2.0, 0, 0));
        // Luck below the chance holds back.
        let mut book = Books::new(1, [&cap].into_iter());
        let inbox = Inbox { full: &Fullness::new(&cap, 2.0), reads: 0.5 };
        assert_eq!(book.held(0, &cap, (0, false), inbox, || 0.99), None);
        assert_eq!(book.held(0, &cap, (0, false), inbox, || 0.01), Some(Held::SharedCap));
        let unnamed = CapRules { code: CapCode::Undeliverable, ..cap.clone() };
        assert_eq!(book.held(0, &unnamed, (0, false), inbox, || 0.01), Some(Held::SharedCapUnnamed));
    }

    #[test]
    fn places_are_rounded_and_what_is_tabulated_is_what_is_worked_out() {
        assert_eq!([0.04, 0.05, 0.149, 0.15].map(|f| places(10, f, 0)), [0, 1, 1, 2]);
        assert_eq!((places(10, -1.0, 0), places(10, 1.0, 3), places(u64::MAX, 2.0, 0)), (0, 7, u64::MAX));
        for (day, week) in [(4, 10), (4, 300), (300, 3), (u64::MAX, u64::MAX)] {
            let cap = CapRules {
                shared_day: day,
                shared_week: week,
                reading: 0.5,
                ..cap(CapCounts::EveryDelivered)
            };
            let known = Fullness::new(&cap, 2.5);
            for (reads, own) in [(0.0, 0), (0.3, 1), (1.0, 0), (1.0, 9), (0.9, 250)] {
                let factor = 1.0 + 0.5 * (2.0 * reads - 1.0);
                let left = |all| (libm::round(all as f64 * factor) as u64).saturating_sub(own);
                assert_eq!(known.inbox(&cap, reads, own, own), full(2.5, left(week), left(day)));
            }
        }
    }

    #[test]
    fn a_wide_weekly_cap_counts_all_own_messages() {
        let cap = CapRules { own: 9, shared_day: 9, shared_week: 20, ..cap(CapCounts::EveryDelivered) };
        let mut book = Books::new(1, [&cap].into_iter());
        for n in 0..20 {
            assert_eq!(held(&mut book, &cap, 8 * n, false), None, "{n}");
            book.delivered(0, &cap, 8 * n * HOUR, false);
        }
        assert_eq!(held(&mut book, &cap, 160, false), Some(Held::SharedCap), "three a day make 20 by day 7");
        assert_eq!(held(&mut book, &cap, 168, false), None, "the first is a week old");
    }

    #[test]
    fn whoever_tries_too_often_finds_the_person_closed_for_a_day() {
        let cap = CapRules { retry_guard: 2, ..cap(CapCounts::EveryDelivered) };
        let mut book = Books::new(1, [&cap].into_iter());
        book.delivered(0, &cap, 0, false);
        book.delivered(0, &cap, 0, false);
        for hour in [1, 2, 3] {
            assert_eq!(held(&mut book, &cap, hour, false), Some(Held::OwnCap), "{hour}");
        }
        for hour in [4, 24, 26] {
            assert_eq!(held(&mut book, &cap, hour, false), Some(Held::RetryGuard), "{hour}");
        }
        assert_eq!(held(&mut book, &cap, 27, false), None, "24 hours after the last try that counted");
        // Tries a day apart are none too many.
        let mut patient = Books::new(1, [&cap].into_iter());
        for day in 0..5 {
            patient.delivered(0, &cap, 24 * day * HOUR, false);
            patient.delivered(0, &cap, 24 * day * HOUR, false);
            assert_eq!(held(&mut patient, &cap, 24 * day + 1, false), Some(Held::OwnCap), "{day}");
        }
    }

    #[test]
    fn a_sends_detail_holds_what_is_put_in() {
        for tries in 0..=TRIES_MAX {
            for state in 0..3 {
                let d = detail::of(state, tries);
                assert_eq!((d & detail::STATE, detail::tries(d), d & detail::TOO_FAST), (state, tries, 0));
                assert_eq!(detail::tries(d | detail::TOO_FAST), tries);
            }
        }
    }
}
