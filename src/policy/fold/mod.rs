//! State as the fold of a log: one signal after the other, in log order, each with its verdicts.
//!
//! The reference for what a log means. It joins deliveries, failures and reads to their sends, drops duplicates,
//! keeps the books of slots, and asks the [`Judge`] at evaluations and clocks. It draws nothing, schedules nothing
//! and reads no clock: the same signals under the same rules give the same verdicts, always.

mod accounts;
mod ahead;
mod ask;
mod check;
mod due;
mod key;
mod memory;
mod names;
mod records;
mod table;
mod take;
#[cfg(test)]
mod tests;
mod view;
mod warning;

use rustc_hash::FxHashMap;

use crate::messaging::rows::{DailyRow, GroupDay, RatingRow, TemplateRatingRow};
use crate::messaging::{Signal, SignalKind, Verdict};
use crate::policy::judge::{Judge, Refusal, Registration, Timeline};
use crate::policy::rules::Rules;
use crate::policy::slots::{Seat, Slots};
use crate::sim::{SimDuration, SimTime};

use accounts::Accounts;
use ahead::{Ahead, Keys};
use due::DueCache;
use memory::Memory;
use names::Names;

pub use ahead::About;
pub use ask::HeldFor;
pub use check::Malformed;
pub use key::Key;
pub use memory::MemorySize;
pub use names::GroupName;
pub use view::{AccountView, BucketView, NumberView};
pub use warning::Warning;

/// Version of the fold's meaning: part of the key of any snapshot, so that a changed rule can't read a stale one.
pub const FOLD_VERSION: u32 = 3;

/// Scopes whose slots that end are looked up ahead of their time.
const FEW_SCOPES: usize = 16;

/// What to do with sends that the rules would have refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refused {
    /// They happened; they count in full.
    #[default]
    Keep,
    /// Leave them out, with what followed from them.
    Drop,
}

/// How to fold.
#[derive(Clone, Copy, Debug, Default)]
pub struct FoldOptions {
    /// What to do with sends that the rules would have refused.
    pub refused: Refused,
    /// Keep rating rows at multiples of this; none keeps none.
    pub every: Option<SimDuration>,
    /// Keep rating rows of templates too.
    pub template_ratings: bool,
    /// Keep rows of days for portfolios, templates and campaigns too.
    pub groups: bool,
    /// Keep what senders need to know when a slot frees ([`Fold::next_expected`]).
    pub expect_slots: bool,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It counts.
    Counted,
    /// It had been seen before.
    Duplicate,
    /// It belongs to a send that was left out.
    Dropped,
    /// It changes nothing by the rules: a failure after the delivery, a second registration.
    Ignored,
}

/// The fold of a log up to now.
///
/// What it finds grows with the log: a driver of a long one takes it out as it goes, by the `drain_` functions.
#[derive(Clone, Debug)]
pub struct Fold {
    /// State under the rules.
    pub judge: Judge,
    options: FoldOptions,
    /// Over which spans distinct recipients will be asked for.
    spans: Vec<SimDuration>,
    numbers: FxHashMap<Box<str>, usize>,
    names: Names,
    memory: Memory,
    ahead: Ahead,
    slots: Vec<Slots>,
    accounts: Accounts,
    position: u64,
    serial: u32,
    due: DueCache,
    /// Everything up to this instant is settled.
    settled: SimTime,
    /// The time of the last signal.
    last: Option<SimTime>,
    closed: Option<SimTime>,
    warnings: Vec<Warning>,
}

/// What a fold leaves when its log has ended: nothing can follow.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Where the log ended; none if it held no signal.
    pub at: Option<SimTime>,
    /// Signals taken, duplicates included.
    pub position: u64,
    /// State under the rules at the end, with the verdicts and rating rows not taken out before.
    pub judge: Judge,
    /// Rows of numbers by day, those taken out before aside.
    pub daily: Vec<DailyRow>,
    /// Rows of portfolios, templates and campaigns by day, those taken out before aside; empty unless asked for.
    pub group_days: Vec<GroupDay>,
    /// Things a person should know of, those taken out before aside.
    pub warnings: Vec<Warning>,
    numbers: FxHashMap<Box<str>, usize>,
    names: Names,
    slots: Vec<Slots>,
}

impl Ended {
    /// Index of a number, if it appeared.
    pub fn number(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// Templates, as [`crate::messaging::rows::Group::Template`] counts them.
    pub fn templates(&self) -> &[GroupName] {
        self.names.templates.list()
    }

    /// Campaigns, as [`crate::messaging::rows::Group::Campaign`] counts them.
    pub fn campaigns(&self) -> &[GroupName] {
        self.names.campaigns.list()
    }

    /// Slots in use in a scope at the end.
    pub fn slots_in_use(&mut self, scope: usize) -> u64 {
        self.at.map_or(0, |at| self.slots[scope].in_use(at))
    }
}

impl Fold {
    /// The fold of nothing yet.
    pub fn new(timeline: Timeline, options: FoldOptions) -> Fold {
        let mut spans = Vec::new();
        let mut i = 0;
        while timeline.effective(i).is_some() {
            let raise = &timeline.rules(i).raise;
            spans.push(raise.over);
            spans.extend(raise.first_step.iter().map(|f| f.over));
            i += 1;
        }
        let mut judge = Judge::new(timeline, SimTime(i64::MIN), options.every);
        if options.template_ratings {
            judge.keep_template_ratings();
        }
        Fold {
            judge,
            options,
            spans,
            numbers: FxHashMap::default(),
            names: Names::default(),
            memory: Memory::default(),
            ahead: Ahead::default(),
            slots: Vec::new(),
            accounts: Accounts::new(options.groups),
            position: 0,
            serial: 0,
            due: DueCache::default(),
            settled: SimTime(i64::MIN),
            last: None,
            closed: None,
            warnings: Vec::new(),
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        self.judge.rules()
    }

    /// Signals taken so far, duplicates included.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Index of a number, if it has appeared.
    pub fn number(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// Templates, as [`crate::messaging::rows::Group::Template`] counts them: in order of appearance, never
    /// renumbered.
    pub fn templates(&self) -> &[GroupName] {
        self.names.templates.list()
    }

    /// Campaigns, as [`crate::messaging::rows::Group::Campaign`] counts them; none are kept unless
    /// [`FoldOptions::groups`] is on.
    pub fn campaigns(&self) -> &[GroupName] {
        self.names.campaigns.list()
    }

    /// Takes out the verdicts so far, in order.
    pub fn drain_verdicts(&mut self) -> std::vec::Drain<'_, Verdict> {
        self.judge.verdicts.drain(..)
    }

    /// Takes out the rating rows of numbers so far, in order.
    pub fn drain_ratings(&mut self) -> std::vec::Drain<'_, RatingRow> {
        self.judge.ratings.drain(..)
    }

    /// Takes out the rating rows of templates so far, in order.
    pub fn drain_template_ratings(&mut self) -> std::vec::Drain<'_, TemplateRatingRow> {
        self.judge.template_ratings.drain(..)
    }

    /// Takes out the rows of days that have ended, numbers in byte order inside a day.
    pub fn drain_daily(&mut self) -> std::vec::Drain<'_, DailyRow> {
        self.accounts.daily.drain(..)
    }

    /// Takes out the rows of groups by days that have ended: inside a day portfolios, then templates, then
    /// campaigns, each in byte order of portfolio and name.
    pub fn drain_group_days(&mut self) -> std::vec::Drain<'_, GroupDay> {
        self.accounts.group_days.drain(..)
    }

    /// Takes out the warnings so far, in order.
    pub fn drain_warnings(&mut self) -> std::vec::Drain<'_, Warning> {
        self.warnings.drain(..)
    }

    /// Slots in use in a scope at an instant not before the last signal.
    pub fn slots_in_use(&mut self, scope: usize, at: SimTime) -> u64 {
        self.slots[scope].in_use(at)
    }

    /// When, after `at`, a sender next expects a slot of a scope to free.
    pub fn next_expected(&mut self, scope: usize, at: SimTime) -> Option<SimTime> {
        self.slots[scope].next_expected(at)
    }

    /// Whether an attempt of this kind would be refused now, without making it.
    pub fn would_refuse(
        &mut self,
        number: &str,
        recipient: &str,
        template: &str,
        at: SimTime,
    ) -> Option<Refusal> {
        self.advance_before(at);
        let n = self.number(number)?;
        let who = self.memory.recipient(recipient);
        let person = self.memory.person(n, recipient);
        let portfolio = self.judge.numbers[n].portfolio;
        let template = self.names.templates.find(portfolio, template);
        let template = template.and_then(|t| self.names.templates.list()[t as usize].judged);
        let template = template.filter(|_| !self.judge.numbers[n].app);
        let free = person.is_some_and(|p| self.memory.is_free(&p, at));
        let scope = self.judge.numbers[n].scope;
        let used = self.slots[scope].in_use(at);
        let near = person.map_or(Seat::NONE, |p| self.memory.seat(&p));
        let seat = who.and_then(|w| self.slots[scope].seat(w, near));
        let holds = seat.is_some_and(|s| self.slots[scope].holds(s, at));
        let limit = self.judge.scopes[scope].limit;
        self.judge.refusal(n, template, free, || holds || limit.admits(used))
    }

    /// The next instant at which something falls due by the rules alone.
    pub fn next_instant(&mut self) -> SimTime {
        self.due.next_instant(&self.judge, self.settled)
    }

    /// How much is remembered of messages and people.
    pub fn memory_size(&self) -> MemorySize {
        self.memory.size()
    }

    /// Settles everything that falls due before `at`, and a change of rules at it.
    #[inline]
    pub fn advance_before(&mut self, at: SimTime) {
        if !self.due.is_quiet(at) {
            self.catch_up(at);
        }
    }

    fn catch_up(&mut self, at: SimTime) {
        self.settle_until(at, |next, at| next < at);
        if self.judge.next_change() == Some(at) && self.settled < at {
            self.end_days_before(at);
            self.change_policy(at);
        }
        self.end_days_before(at);
        // Until the next clock, change of rules or day, whichever comes first, rows need not ask again.
        let before = |at: SimTime| SimTime(at.0 - 1);
        let change = self.judge.next_change().filter(|change| *change > at).map(before);
        let midnight = self.accounts.today().map(|day| before(day + SimDuration::DAY));
        let bounds = [Some(self.next_instant()), change, midnight];
        let until = bounds.into_iter().flatten().min();
        self.due.quiet_until(until.unwrap_or(at));
    }

    /// Settles what falls due, one instant after the other, as long as the next is within bounds.
    fn settle_until(&mut self, at: SimTime, within: impl Fn(SimTime, SimTime) -> bool) {
        loop {
            let next = self.next_instant();
            if !within(next, at) {
                break;
            }
            self.settle_through(next);
        }
    }

    /// Steps 1, 3 and 4 at an instant whose signals have all been taken.
    fn settle_through(&mut self, at: SimTime) {
        self.end_days_before(at);
        if self.judge.next_change() == Some(at) {
            self.change_policy(at);
        }
        let slots = &mut self.slots;
        self.judge.settle(at, &mut |scope, at| slots[scope].in_use(at));
        self.settled = at;
        self.due.forget();
    }

    fn change_policy(&mut self, at: SimTime) {
        let map = self.judge.change_policy(at);
        self.due.forget();
        let Some(map) = map else { return };
        if map.iter().enumerate().all(|(new, old)| *old == [new]) {
            return;
        }
        let old = std::mem::take(&mut self.slots);
        self.slots = map
            .iter()
            .map(|parts| Slots::union(parts.iter().map(|p| old[*p].clone()).collect(), &self.spans))
            .collect();
    }

    /// Writes the rows of days that end before `at`.
    fn end_days_before(&mut self, at: SimTime) {
        while let Some(day) = self.accounts.day_before(at) {
            self.end_day(SimTime(day.0 + SimTime::DAY_MS - 1));
        }
    }

    fn end_day(&mut self, state_at: SimTime) {
        let slots = &mut self.slots;
        self.accounts.end_day(&self.judge, &self.names, |scope| slots[scope].in_use(state_at));
    }

    /// Looks at rows that come next, so that what is remembered of them is at hand in their turn: changes no result,
    /// and is worth while for some hundreds of rows at a time. Each of them can then be taken by
    /// [`Fold::announced`]. Rows announced before are forgotten. `until` is the time of the last.
    pub fn announce<'a>(&mut self, rows: impl Iterator<Item = About<'a>>, until: SimTime) {
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.clear();
        let mut last = usize::MAX;
        for row in rows {
            // Most rows are about the number of the row before.
            let number = match self.judge.numbers.get(last) {
                Some(known) if known.id == row.number => Some(last),
                _ => self.number(row.number),
            };
            last = number.unwrap_or(last);
            ahead.push(Keys::of(number, &row));
        }
        for (number, seat) in ahead.fetch(&self.memory) {
            let scope = self.judge.numbers[number].scope;
            std::hint::black_box(self.slots[scope].fetch(seat));
        }
        // With many numbers, what is due is spread too thin to be worth a look.
        for books in self.slots.iter().take(FEW_SCOPES) {
            std::hint::black_box(books.fetch_due(until));
        }
        self.ahead = ahead;
    }

    /// [`Fold::signal`] for the row that was announced at `place`, from 0: the same row, or the log goes wrong.
    pub fn announced(&mut self, place: usize, signal: &Signal<'_>) -> Result<Taken, Malformed> {
        let keys = self.ahead.get(place);
        // A number may have appeared since.
        let keys = if keys.number().is_none() { self.keys(signal) } else { keys };
        debug_assert!(keys.same(&self.keys(signal)), "the row announced");
        self.signal_of(signal, &keys)
    }

    /// Takes the next signal of the log, which must not be earlier than the one before.
    pub fn signal(&mut self, signal: &Signal<'_>) -> Result<Taken, Malformed> {
        self.signal_of(signal, &self.keys(signal))
    }

    fn keys(&self, signal: &Signal<'_>) -> Keys {
        Keys::of(self.number(signal.number), &About::of(signal))
    }

    fn signal_of(&mut self, signal: &Signal<'_>, keys: &Keys) -> Result<Taken, Malformed> {
        let known = keys.number();
        let as_what = self.check(signal, known)?;
        let at = signal.time;
        assert!(self.last.is_none_or(|last| last <= at), "a log is folded in order");
        self.advance_before(at);
        self.position += 1;
        self.last = Some(at);
        if signal.kind == SignalKind::LogClosed {
            self.closed = Some(at);
            return Ok(Taken::Counted);
        }
        if signal.kind == SignalKind::BusinessVerified && signal.number.is_empty() {
            let portfolio = self.judge.portfolio(signal.portfolio);
            self.judge.verify(portfolio);
            self.due.forget();
            return Ok(Taken::Counted);
        }
        if signal.kind == SignalKind::NumberRegistered && known.is_some() {
            self.warnings.push(Warning::RegisteredAgain { at, number: signal.number.to_string() });
            return Ok(Taken::Ignored);
        }
        match known {
            Some(n) => Ok(self.take(signal, n, keys)),
            None => {
                let n = self.appear(signal, as_what);
                Ok(self.take(signal, n, &Keys::of(Some(n), &About::of(signal))))
            }
        }
    }

    /// Refuses what a row must not hold. Returns as what a number comes into being.
    fn check(&self, s: &Signal<'_>, known: Option<usize>) -> Result<Registration, Malformed> {
        if self.closed.is_some() {
            return Err(Malformed::new("event", s.kind.name(), "nothing may follow log_closed"));
        }
        check::check(s)?;
        if let Some(n) = known {
            let portfolio = &self.judge.portfolios[self.judge.numbers[n].portfolio].id;
            if !s.portfolio.is_empty() && s.portfolio != portfolio {
                let allowed = format!("number {} belongs to portfolio {portfolio}", s.number);
                return Err(Malformed::new("portfolio", s.portfolio, allowed));
            }
        }
        check::registration(s)
    }

    /// A number's first signal.
    fn appear(&mut self, s: &Signal<'_>, as_what: Registration) -> usize {
        let name = if s.portfolio.is_empty() { "default" } else { s.portfolio };
        let portfolio = self.judge.portfolio(name);
        if let Registration::At(limit) = as_what
            && !self.judge.rules().limit.ladder.contains(&limit)
        {
            self.warnings.push(Warning::OffLadder { at: s.time, number: s.number.to_string(), limit });
        }
        let n = self.judge.add_number(s.number, portfolio, s.time, as_what);
        self.numbers.insert(s.number.into(), n);
        if self.judge.scopes.len() > self.slots.len() {
            self.slots.push(Slots::new(&self.spans));
            if self.options.expect_slots {
                self.slots.last_mut().expect("just pushed").expect();
            }
        }
        if self.accounts.today().is_none() {
            self.settled = self.settled.max(SimTime(s.time.0 - 1));
        }
        self.accounts.open(s.time);
        self.due.forget();
        n
    }

    /// Ends the log: at `until` if given, else when it was closed, else at the last signal rounded up to the
    /// cadence. Clocks and evaluations run to the same end.
    pub fn finish(mut self, until: Option<SimTime>) -> Ended {
        let rounded = |last: SimTime| last.ceil_to(self.judge.rules().rating.cadence);
        let at = self.last.map(|last| until.or(self.closed).unwrap_or_else(|| rounded(last)));
        if let Some(end) = at {
            self.settle_until(end, |next, end| next <= end);
            self.end_days_before(end);
            self.end_day(end);
        }
        Ended {
            at,
            position: self.position,
            judge: self.judge,
            daily: self.accounts.daily,
            group_days: self.accounts.group_days,
            warnings: self.warnings,
            numbers: self.numbers,
            names: self.names,
            slots: self.slots,
        }
    }
}
