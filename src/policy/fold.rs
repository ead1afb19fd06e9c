//! State as the fold of a log: one signal after the other, in log order, each with its verdicts.
//!
//! The reference for what a log means. It joins deliveries, failures and reads to their sends, drops duplicates,
//! keeps the books of slots, and asks the [`Judge`] at evaluations and clocks. It draws nothing, schedules nothing
//! and reads no clock: the same signals under the same rules give the same verdicts, always.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::messaging::rows::{Counts, DailyRow};
use crate::messaging::{Category, Limit, Signal, SignalKind};
use crate::policy::judge::{Judge, Refusal, Timeline};
use crate::policy::quality::kind;
use crate::policy::rules::{CountedOn, Rules, SlotKind};
use crate::policy::slots::Slots;
use crate::sim::{SimDuration, SimTime};

/// Version of the fold's meaning: part of the key of any snapshot, so that a changed rule can't read a stale one.
pub const FOLD_VERSION: u32 = 1;

/// The service window, whatever `limit.period` says.
const SERVICE_WINDOW: SimDuration = SimDuration::hours(24);
/// How long message ids are remembered: the platform's longest time to live.
const MESSAGE_MEMORY: SimDuration = SimDuration::days(31);
/// How far back a negative signal without its own template looks for the message it answers.
const ATTRIBUTION: SimDuration = SimDuration::days(7);

/// What is wrong with a signal row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column}: found {found:?}; {allowed}")]
pub struct Malformed {
    /// The column at fault.
    pub column: &'static str,
    /// What stands there.
    pub found: String,
    /// What would be allowed.
    pub allowed: String,
}

impl Malformed {
    fn new(column: &'static str, found: &str, allowed: impl Into<String>) -> Malformed {
        Malformed { column, found: found.to_string(), allowed: allowed.into() }
    }
}

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

#[derive(Clone, Debug)]
struct Message {
    sent_at: SimTime,
    recipient: u32,
    number: usize,
    /// Counts against the limit: business-initiated, not free.
    initiated: bool,
    /// The rule in force at the send.
    counted_on: CountedOn,
    delivered_at: Option<SimTime>,
    dropped: bool,
    /// A delivered row came before this send: a later read is no second delivery.
    reached: bool,
    template: Option<usize>,
    serial: u64,
}

/// What is remembered of one number and recipient.
#[derive(Clone, Debug, Default)]
struct Pair {
    inbound: Option<SimTime>,
    blocked: bool,
    delivered: Option<(SimTime, Option<usize>)>,
    /// Sends without an id that are neither delivered nor failed, oldest first.
    open: VecDeque<Message>,
}

type MessageKey = (usize, u32, Box<str>);

/// The fold of a log up to now.
#[derive(Clone, Debug)]
pub struct Fold {
    /// State under the rules.
    pub judge: Judge,
    options: FoldOptions,
    spans: Vec<SimDuration>,
    numbers: FxHashMap<Box<str>, usize>,
    recipients: FxHashMap<Box<str>, u32>,
    pairs: FxHashMap<(usize, u32), Pair>,
    messages: FxHashMap<MessageKey, Message>,
    message_ages: VecDeque<(SimTime, MessageKey, u64)>,
    seen: FxHashMap<(SignalKind, MessageKey), SimTime>,
    seen_ages: VecDeque<(SimTime, (SignalKind, MessageKey))>,
    slots: Vec<Slots>,
    position: u64,
    serial: u64,
    /// Everything up to this instant is settled.
    settled: SimTime,
    /// The time of the last signal.
    last: Option<SimTime>,
    closed: Option<SimTime>,
    today: Vec<Counts>,
    day: Option<SimTime>,
    /// Finished days.
    pub daily: Vec<DailyRow>,
    /// Things a person should know of, in order.
    pub warnings: Vec<String>,
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
        let judge = Judge::new(timeline, SimTime(i64::MIN), options.every);
        Fold {
            judge,
            options,
            spans,
            numbers: FxHashMap::default(),
            recipients: FxHashMap::default(),
            pairs: FxHashMap::default(),
            messages: FxHashMap::default(),
            message_ages: VecDeque::new(),
            seen: FxHashMap::default(),
            seen_ages: VecDeque::new(),
            slots: Vec::new(),
            position: 0,
            serial: 0,
            settled: SimTime(i64::MIN),
            last: None,
            closed: None,
            today: Vec::new(),
            day: None,
            daily: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Signals taken so far, duplicates included.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Index of a number, if it has appeared.
    pub fn number(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
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
        let who = self.recipients.get(recipient).copied();
        let portfolio = self.judge.numbers[n].portfolio;
        let template =
            self.judge.templates.iter().position(|t| t.portfolio == portfolio && t.name == template);
        let free = who.is_some_and(|w| self.is_free(n, w, at));
        let scope = self.judge.numbers[n].scope;
        let used = self.slots[scope].in_use(at);
        let holds = who.is_some_and(|w| self.slots[scope].holds(w, at));
        let limit = self.judge.scopes[scope].limit;
        self.judge.refusal(n, template, free, || holds || limit.admits(used))
    }

    /// The next instant at which something falls due by the rules alone.
    pub fn next_instant(&self) -> SimTime {
        self.judge.next_instant(self.settled)
    }

    /// Settles everything that falls due before `at`, and a change of rules at it.
    pub fn advance_before(&mut self, at: SimTime) {
        loop {
            let next = self.judge.next_instant(self.settled);
            if next >= at {
                break;
            }
            self.settle_through(next);
        }
        if self.judge.next_change() == Some(at) && self.settled < at {
            self.end_days_before(at);
            self.change_policy(at);
        }
        self.end_days_before(at);
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
    }

    fn change_policy(&mut self, at: SimTime) {
        let Some(map) = self.judge.change_policy(at) else { return };
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
        let Some(mut day) = self.day else { return };
        while day + SimDuration::DAY <= at {
            self.end_day(day, SimTime(day.0 + SimTime::DAY_MS - 1));
            day += SimDuration::DAY;
        }
        self.day = Some(day);
    }

    fn end_day(&mut self, day: SimTime, state_at: SimTime) {
        for i in 0..self.judge.number_order().len() {
            let n = self.judge.number_order()[i];
            let number = &self.judge.numbers[n];
            let slots_in_use = self.slots[number.scope].in_use(state_at);
            self.daily.push(DailyRow {
                day,
                number: n,
                counts: std::mem::take(&mut self.today[n]),
                scope: self.judge.scopes[number.scope].kind,
                slots_in_use,
                limit: self.judge.scopes[number.scope].limit,
                score: number.score,
                rating: number.rating,
                status: number.status(),
            });
        }
    }

    /// Takes the next signal of the log, which must not be earlier than the one before.
    pub fn signal(&mut self, signal: &Signal<'_>) -> Result<Taken, Malformed> {
        let checked = self.check(signal)?;
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
            let p = self.judge.portfolio(signal.portfolio);
            self.judge.portfolios[p].verified = true;
            return Ok(Taken::Counted);
        }
        let known = self.numbers.contains_key(signal.number);
        let n = self.number_of(signal, checked);
        if signal.kind == SignalKind::NumberRegistered && known {
            self.warnings.push(format!("{}: number {} is registered again; ignored", at, signal.number));
            return Ok(Taken::Ignored);
        }
        Ok(self.take(signal, n))
    }

    /// Refuses what a row must not hold. Returns the starting limit a registration names.
    fn check(&self, s: &Signal<'_>) -> Result<Option<Limit>, Malformed> {
        use SignalKind as K;
        if self.closed.is_some() {
            return Err(Malformed::new("event", s.kind.name(), "nothing may follow log_closed"));
        }
        match s.kind {
            K::LogClosed => {}
            K::BusinessVerified if !s.portfolio.is_empty() => {}
            _ if s.number.is_empty() => {
                return Err(Malformed::new("number", "", format!("{} needs a number", s.kind.name())));
            }
            _ => {}
        }
        let by_people = !matches!(
            s.kind,
            K::LogClosed
                | K::BusinessVerified
                | K::NumberRegistered
                | K::TemplateCreated
                | K::TemplateReviewed
                | K::ViolationRecorded
                | K::AppealDecided
        );
        if by_people && s.recipient.is_empty() {
            return Err(Malformed::new("recipient", "", format!("{} needs a recipient", s.kind.name())));
        }
        if !s.category.is_empty() && Category::parse(s.category).is_none() {
            let allowed = "allowed: marketing, utility, authentication, service";
            return Err(Malformed::new("category", s.category, allowed));
        }
        if s.kind == K::InterestStated && !matches!(s.reason, "interested" | "not_interested") {
            return Err(Malformed::new("reason", s.reason, "allowed: interested, not_interested"));
        }
        if let Some(n) = self.number(s.number) {
            let known = &self.judge.portfolios[self.judge.numbers[n].portfolio].id;
            if !s.portfolio.is_empty() && s.portfolio != known {
                let allowed = format!("number {} belongs to portfolio {known}", s.number);
                return Err(Malformed::new("portfolio", s.portfolio, allowed));
            }
        }
        if s.kind == K::NumberRegistered && !s.value.is_empty() {
            let allowed = "allowed: a positive whole number, or unlimited";
            return match Limit::parse(s.value) {
                Some(limit) => Ok(Some(limit)),
                None => Err(Malformed::new("value", s.value, allowed)),
            };
        }
        Ok(None)
    }

    fn number_of(&mut self, s: &Signal<'_>, starting: Option<Limit>) -> usize {
        if let Some(n) = self.numbers.get(s.number) {
            return *n;
        }
        let name = if s.portfolio.is_empty() { "default" } else { s.portfolio };
        let portfolio = self.judge.portfolio(name);
        if let Some(limit) = starting
            && !self.judge.rules().limit.ladder.contains(&limit)
        {
            self.warnings
                .push(format!("{}: number {} starts at {limit}, which is off the ladder", s.time, s.number));
        }
        let n = self.judge.add_number(s.number, portfolio, s.time, starting);
        self.numbers.insert(s.number.into(), n);
        if self.judge.scopes.len() > self.slots.len() {
            self.slots.push(Slots::new(&self.spans));
            if self.options.expect_slots {
                self.slots.last_mut().expect("just pushed").expect();
            }
        }
        self.today.push(Counts::default());
        if self.day.is_none() {
            self.day = Some(s.time.day_start());
            self.settled = self.settled.max(SimTime(s.time.0 - 1));
        }
        n
    }

    fn recipient_of(&mut self, name: &str) -> u32 {
        if let Some(who) = self.recipients.get(name) {
            return *who;
        }
        let who = u32::try_from(self.recipients.len()).expect("fewer than four thousand million recipients");
        self.recipients.insert(name.into(), who);
        who
    }

    fn template_of(&mut self, n: usize, name: &str) -> Option<usize> {
        let portfolio = self.judge.numbers[n].portfolio;
        (!name.is_empty()).then(|| self.judge.template(portfolio, name))
    }

    /// Whether the recipient wrote to this number within the service window.
    fn is_free(&self, n: usize, who: u32, at: SimTime) -> bool {
        self.pairs.get(&(n, who)).and_then(|p| p.inbound).is_some_and(|r| at < r + SERVICE_WINDOW)
    }

    fn take(&mut self, s: &Signal<'_>, n: usize) -> Taken {
        use SignalKind as K;
        if s.kind == K::BusinessVerified {
            let p = self.judge.numbers[n].portfolio;
            self.judge.portfolios[p].verified = true;
        }
        if matches!(s.kind, K::NumberRegistered | K::TemplateCreated | K::TemplateReviewed)
            || s.recipient.is_empty()
        {
            self.template_of(n, s.template);
            return Taken::Counted;
        }
        let who = self.recipient_of(s.recipient);
        self.forget_old(s.time);
        let key: MessageKey = (n, who, s.message.into());
        let has_id = !s.message.is_empty();
        let by_state = matches!(s.kind, K::BusinessBlocked | K::BusinessUnblocked);
        if has_id && !by_state {
            if self.seen.contains_key(&(s.kind, key.clone())) {
                return Taken::Duplicate;
            }
            self.seen.insert((s.kind, key.clone()), s.time);
            self.seen_ages.push_back((s.time, (s.kind, key.clone())));
            if s.kind != K::MessageSent && self.messages.get(&key).is_some_and(|m| m.dropped) {
                return Taken::Dropped;
            }
        }
        match s.kind {
            K::MessageSent | K::SendAttempted => self.take_attempt(s, n, who, key),
            K::MessageDelivered => self.take_delivery(s, n, who, &key),
            K::MessageFailed => self.take_failure(s, n, who, &key),
            K::MessageRead => self.take_read(s, n, &key),
            K::MessageReceived => {
                self.today[n].received += 1;
                self.pairs.entry((n, who)).or_default().inbound = Some(s.time);
                Taken::Counted
            }
            K::BusinessBlocked | K::BusinessUnblocked => {
                if has_id && self.messages.get(&key).is_some_and(|m| m.dropped) {
                    return Taken::Dropped;
                }
                let blocks = s.kind == K::BusinessBlocked;
                let pair = self.pairs.entry((n, who)).or_default();
                if pair.blocked == blocks {
                    return Taken::Duplicate;
                }
                pair.blocked = blocks;
                if blocks {
                    self.today[n].blocked += 1;
                    let kind = self.judge.grid().block_kind(s.reason);
                    self.count_negative(s, n, who, &key, kind);
                }
                Taken::Counted
            }
            K::BusinessReported => {
                self.today[n].reported += 1;
                self.count_negative(s, n, who, &key, kind::REPORT);
                Taken::Counted
            }
            K::BusinessMuted => {
                self.today[n].muted += 1;
                self.count_negative(s, n, who, &key, kind::MUTE);
                Taken::Counted
            }
            K::BusinessArchived => {
                self.today[n].archived += 1;
                self.count_negative(s, n, who, &key, kind::ARCHIVE);
                Taken::Counted
            }
            K::LinkClicked => self.only_count(n, |c| c.clicked += 1),
            K::Converted => self.only_count(n, |c| c.converted += 1),
            K::OptedOut => self.only_count(n, |c| c.opted_out += 1),
            _ => Taken::Counted,
        }
    }

    fn only_count(&mut self, n: usize, add: impl FnOnce(&mut Counts)) -> Taken {
        add(&mut self.today[n]);
        Taken::Counted
    }

    fn take_attempt(&mut self, s: &Signal<'_>, n: usize, who: u32, key: MessageKey) -> Taken {
        let at = s.time;
        let sent = s.kind == SignalKind::MessageSent;
        let template = self.template_of(n, s.template);
        let free = self.is_free(n, who, at);
        let scope = self.judge.numbers[n].scope;
        let limit = self.judge.scopes[scope].limit;
        let books = &mut self.slots[scope];
        let refusal =
            self.judge.refusal(n, template, free, || books.holds(who, at) || limit.admits(books.in_use(at)));
        let own_reason = (!sent).then_some(s.reason).filter(|r| !r.is_empty());
        if let Some(rule) = refusal.map(Refusal::name).or(own_reason) {
            self.today[n].refused += 1;
            self.judge.refused(n, rule, at, self.position);
        }
        let dropped = sent && refusal.is_some() && self.options.refused == Refused::Drop;
        if !dropped {
            self.today[n].attempted += 1;
        }
        if sent {
            self.serial += 1;
            let message = Message {
                sent_at: at,
                recipient: who,
                number: n,
                initiated: !free,
                counted_on: self.judge.rules().limit.counted_on,
                delivered_at: None,
                dropped,
                reached: self.seen.contains_key(&(SignalKind::MessageDelivered, key.clone())),
                template,
                serial: self.serial,
            };
            if !dropped {
                self.today[n].sent += 1;
                self.count_exposure(n, template, kind::SENT, at);
                if !free {
                    self.open_slot(&message);
                }
            }
            if key.2.is_empty() {
                self.pairs.entry((n, who)).or_default().open.push_back(message);
            } else {
                self.message_ages.push_back((at, key.clone(), message.serial));
                self.messages.insert(key, message);
            }
        }
        if refusal == Some(Refusal::Limit) {
            self.judge.limit_used_up(n, at, self.position);
        }
        if dropped { Taken::Dropped } else { Taken::Counted }
    }

    /// Books a send that is no free message: a start or a reservation, as the rules have it.
    fn open_slot(&mut self, m: &Message) {
        let limit = &self.judge.rules().limit;
        let (period, slot) = (limit.period, limit.slot);
        let scope = self.judge.numbers[m.number].scope;
        let inside = slot == SlotKind::Fixed && self.slots[scope].slot_is_open(m.recipient, m.sent_at);
        match m.counted_on {
            CountedOn::Sent => {
                if !inside {
                    self.slots[scope].start(m.recipient, m.sent_at, period);
                }
                self.counted(scope, m.sent_at);
            }
            CountedOn::Delivered => {
                if !inside {
                    self.slots[scope].reserve(m.recipient, m.serial, m.sent_at, m.sent_at + period);
                }
            }
        }
    }

    /// A business-initiated message was counted: a raise may be due.
    fn counted(&mut self, scope: usize, at: SimTime) {
        if let Some(need) = self.judge.raise_need(scope) {
            let reached = self.slots[scope].distinct(need.over, need.after, at);
            if reached >= need.at_least {
                self.judge.schedule_raise(scope, at, self.position);
            }
        }
    }

    fn take_delivery(&mut self, s: &Signal<'_>, n: usize, who: u32, key: &MessageKey) -> Taken {
        let joined = self.join(n, who, key, Fate::Delivered, s.time);
        match joined {
            Joined::Message(m) if m.dropped => return Taken::Dropped,
            Joined::Message(m) => {
                let template = self.template_of(n, s.template).or(m.template);
                self.deliver(&m, template, s.time);
            }
            Joined::Delivered => return Taken::Duplicate,
            Joined::Nothing => {
                // Its send is not in the log: exposure, but no slot.
                let template = self.template_of(n, s.template);
                self.exposed(n, who, template, s.time);
            }
        }
        Taken::Counted
    }

    fn deliver(&mut self, m: &Message, template: Option<usize>, at: SimTime) {
        let scope = self.judge.numbers[m.number].scope;
        if m.initiated && m.counted_on == CountedOn::Delivered {
            let limit = &self.judge.rules().limit;
            let (period, slot) = (limit.period, limit.slot);
            self.slots[scope].release(m.recipient, m.serial, at);
            if !(slot == SlotKind::Fixed && self.slots[scope].slot_is_open(m.recipient, at)) {
                self.slots[scope].start(m.recipient, at, period);
            }
        }
        self.exposed(m.number, m.recipient, template, at);
        if m.initiated && m.counted_on == CountedOn::Delivered {
            self.counted(scope, at);
        }
    }

    fn exposed(&mut self, n: usize, who: u32, template: Option<usize>, at: SimTime) {
        self.today[n].delivered += 1;
        self.pairs.entry((n, who)).or_default().delivered = Some((at, template));
        self.count_exposure(n, template, kind::DELIVERED, at);
    }

    fn count_exposure(&mut self, n: usize, template: Option<usize>, kind: usize, at: SimTime) {
        self.judge.count_number(n, kind, 1, at, self.position);
        if let Some(t) = template {
            self.judge.count_template(t, kind, 1, at, self.position);
        }
    }

    fn take_failure(&mut self, s: &Signal<'_>, n: usize, who: u32, key: &MessageKey) -> Taken {
        match self.join(n, who, key, Fate::Failed, s.time) {
            Joined::Message(m) if m.dropped => return Taken::Dropped,
            Joined::Message(m) => {
                let scope = self.judge.numbers[n].scope;
                self.slots[scope].release(who, m.serial, s.time);
            }
            Joined::Delivered => return Taken::Ignored,
            Joined::Nothing => {}
        }
        self.only_count(n, |c| c.failed += 1)
    }

    fn take_read(&mut self, s: &Signal<'_>, n: usize, key: &MessageKey) -> Taken {
        self.today[n].read += 1;
        if let Some(m) = self.messages.get_mut(key).filter(|m| m.delivered_at.is_none() && !m.reached) {
            m.delivered_at = Some(s.time);
            let m = m.clone();
            let template = self.template_of(n, s.template).or(m.template);
            self.deliver(&m, template, s.time);
        }
        Taken::Counted
    }

    /// Finds the send a delivery or failure belongs to and writes the fact down in it.
    fn join(&mut self, n: usize, who: u32, key: &MessageKey, fate: Fate, at: SimTime) -> Joined {
        if key.2.is_empty() {
            let Some(pair) = self.pairs.get_mut(&(n, who)) else { return Joined::Nothing };
            // Neither delivered nor failed, by construction; what is too old is forgotten.
            while pair.open.front().is_some_and(|m| m.sent_at <= at - MESSAGE_MEMORY) {
                pair.open.pop_front();
            }
            return pair.open.pop_front().map_or(Joined::Nothing, Joined::Message);
        }
        match self.messages.get_mut(key) {
            None => Joined::Nothing,
            Some(m) if m.delivered_at.is_some() => Joined::Delivered,
            Some(m) => {
                let found = m.clone();
                if fate == Fate::Delivered {
                    m.delivered_at = Some(at);
                }
                Joined::Message(found)
            }
        }
    }

    /// Counts a negative signal in the number's rating and in its template's, if it has one.
    fn count_negative(&mut self, s: &Signal<'_>, n: usize, who: u32, key: &MessageKey, kind: usize) {
        self.judge.count_number(n, kind, 1, s.time, self.position);
        let message = if key.2.is_empty() { None } else { self.messages.get(key).cloned() };
        let last = self.pairs.get(&(n, who)).and_then(|p| p.delivered).filter(|d| d.0 > s.time - ATTRIBUTION);
        let own = self.template_of(n, s.template);
        let template = match (own, &message, last) {
            (Some(t), _, _) => Some(t),
            (None, Some(m), _) => m.template,
            (None, None, Some((_, t))) => t,
            (None, None, None) => None,
        };
        let Some(t) = template else { return };
        if let Some(resumed) = self.judge.templates[t].resumed_at {
            // Counting restarted: only what answers a delivery after the resume is counted.
            let delivered = match &message {
                Some(m) => m.delivered_at,
                None => last.map(|l| l.0),
            };
            if delivered.is_none_or(|d| d <= resumed) {
                return;
            }
        }
        self.judge.count_template(t, kind, 1, s.time, self.position);
    }

    fn forget_old(&mut self, now: SimTime) {
        let out = now - MESSAGE_MEMORY;
        while self.message_ages.front().is_some_and(|(t, ..)| *t <= out) {
            let (_, key, serial) = self.message_ages.pop_front().expect("just looked at");
            if self.messages.get(&key).is_some_and(|m| m.serial == serial) {
                self.messages.remove(&key);
            }
        }
        while self.seen_ages.front().is_some_and(|(t, _)| *t <= out) {
            let (at, key) = self.seen_ages.pop_front().expect("just looked at");
            if self.seen.get(&key) == Some(&at) {
                self.seen.remove(&key);
            }
        }
    }

    /// Ends the log: at `until` if given, else when it was closed, else at the last signal rounded up to the
    /// cadence. Clocks and evaluations run to the same end. Returns that instant.
    pub fn finish(&mut self, until: Option<SimTime>) -> Option<SimTime> {
        let last = self.last?;
        let end = until.or(self.closed).unwrap_or_else(|| last.ceil_to(self.judge.rules().rating.cadence));
        loop {
            let next = self.judge.next_instant(self.settled);
            if next > end {
                break;
            }
            self.settle_through(next);
        }
        self.end_days_before(end);
        if let Some(day) = self.day {
            self.end_day(day, end);
        }
        Some(end)
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        self.judge.rules()
    }
}

/// What a row says became of a message.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Delivered,
    Failed,
}

enum Joined {
    /// An open send (as it was before this row).
    Message(Message),
    /// A send that had been delivered before.
    Delivered,
    /// No send in the log.
    Nothing,
}
