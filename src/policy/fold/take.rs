//! What each kind of signal does: joins, duplicates, slots, exposure, negative signals.
//!
//! One function per kind, called when everything before the row is settled. Must not know evaluations and clocks.

use crate::messaging::rows::Counts;
use crate::messaging::{Appeal, Category, Signal, SignalKind, Violation};
use crate::policy::fold::ahead::Keys;
use crate::policy::fold::ask::is_of_a_template;
use crate::policy::fold::memory::{Fate, Id, Joined, Person, Sent};
use crate::policy::fold::names::Tags;
use crate::policy::fold::{Fold, Refused, Taken, Warning};
use crate::policy::judge::Refusal;
use crate::policy::quality::kind;
use crate::policy::rules::{Booking, CountedOn};
use crate::policy::slots::Seat;
use crate::sim::SimTime;

/// A row that is about a person.
struct Row<'a> {
    s: &'a Signal<'a>,
    /// Its number.
    n: usize,
    /// Its recipient.
    person: Person,
    /// The message it names, if it names one.
    id: Option<Id>,
}

impl Fold {
    /// Takes a row of a known number.
    pub(super) fn take(&mut self, s: &Signal<'_>, n: usize, keys: &Keys) -> Taken {
        use SignalKind as K;
        if s.kind == K::BusinessVerified {
            self.judge.verify(self.judge.numbers[n].portfolio);
            self.due.forget();
        }
        if matches!(s.kind, K::ViolationRecorded | K::AppealDecided) {
            return self.take_ruling(s, n, keys);
        }
        if matches!(s.kind, K::NumberRegistered | K::TemplateCreated | K::TemplateReviewed)
            || s.recipient.is_empty()
        {
            let tags = self.tags(s, n);
            if s.kind == K::TemplateCreated
                && let Some(t) = self.judged(n, tags)
            {
                self.judge.template_created(t, Category::parse(s.category));
            }
            return Taken::Counted;
        }
        self.memory.advance(s.time);
        let person = self.memory.person_made(keys);
        let by_state = matches!(s.kind, K::BusinessBlocked | K::BusinessUnblocked);
        let id = if s.message.is_empty() {
            None
        } else if by_state {
            self.memory.id(keys)
        } else {
            let first = self.memory.first(s.kind, keys, s.time);
            if first.is_none() {
                return Taken::Duplicate;
            }
            first
        };
        // Nothing is left out that has not been refused.
        let drops = self.options.refused == Refused::Drop && s.kind != K::MessageSent;
        if drops && self.memory.sent(id).is_some_and(|m| m.dropped) {
            return Taken::Dropped;
        }
        let row = Row { s, n, person, id };
        match s.kind {
            K::MessageSent | K::SendAttempted => return self.take_attempt(row),
            K::MessageDelivered => return self.take_delivery(&row),
            K::MessageFailed => return self.take_failure(&row),
            K::MessageRead => self.take_read(&row),
            K::MessageReceived => {
                self.memory.wrote(&person, s.time);
                self.count_act(&row, |c| c.received += 1);
            }
            K::BusinessBlocked | K::BusinessUnblocked => {
                let blocks = s.kind == K::BusinessBlocked;
                if !self.memory.block(&person, blocks) {
                    return Taken::Duplicate;
                }
                if blocks {
                    let kind = self.judge.grid().block_kind(s.reason);
                    self.count_negative(&row, kind, |c| c.blocked += 1);
                }
            }
            K::BusinessReported => self.count_negative(&row, kind::REPORT, |c| c.reported += 1),
            K::BusinessMuted => self.count_negative(&row, kind::MUTE, |c| c.muted += 1),
            K::BusinessArchived => self.count_negative(&row, kind::ARCHIVE, |c| c.archived += 1),
            K::LinkClicked => self.count_act(&row, |c| c.clicked += 1),
            K::Converted => self.count_act(&row, |c| c.converted += 1),
            K::OptedOut => self.count_act(&row, |c| c.opted_out += 1),
            K::InterestStated if s.reason == "interested" => self.count_act(&row, |c| c.interested += 1),
            K::InterestStated => self.count_act(&row, |c| c.not_interested += 1),
            K::OptedIn
            | K::ContactAdded
            | K::TemplateCreated
            | K::TemplateReviewed
            | K::ViolationRecorded
            | K::AppealDecided
            | K::NumberRegistered
            | K::BusinessVerified
            | K::LogClosed => {}
        }
        Taken::Counted
    }

    /// A violation, or the outcome of an appeal: about the account, whoever is named.
    fn take_ruling(&mut self, s: &Signal<'_>, n: usize, keys: &Keys) -> Taken {
        if !s.message.is_empty() {
            self.memory.advance(s.time);
            if self.memory.first(s.kind, keys, s.time).is_none() {
                return Taken::Duplicate;
            }
        }
        let (at, number, value) = (s.time, s.number.to_string(), s.value.to_string());
        let portfolio = self.judge.numbers[n].portfolio;
        self.due.forget();
        if s.kind == SignalKind::ViolationRecorded {
            let kind = Violation::parse(s.value);
            if kind.is_none() {
                self.warnings.push(Warning::UnknownViolation { at, number, value });
            }
            self.judge.violation(portfolio, kind, at, self.position);
            return Taken::Counted;
        }
        let Some(outcome) = Appeal::parse(s.value) else {
            self.warnings.push(Warning::UnknownOutcome { at, number, value });
            return Taken::Ignored;
        };
        if self.judge.appeal(portfolio, outcome, at, self.position) {
            return Taken::Counted;
        }
        self.warnings.push(Warning::NothingToTakeBack { at, number });
        Taken::Ignored
    }

    /// The template and campaign that a row itself names; the template is rated from now on.
    fn tags(&mut self, s: &Signal<'_>, n: usize) -> Tags {
        let tags = self.named(s, n);
        // What an app number sends is no template of the platform's.
        if let Some(t) = tags.template.filter(|_| !self.judge.numbers[n].app) {
            let judge = &mut self.judge;
            self.names.templates.judged(t, |name| judge.template(name.portfolio, &name.name));
        }
        tags
    }

    /// The template and campaign that a row itself names, where nothing depends on their rating.
    fn named(&mut self, s: &Signal<'_>, n: usize) -> Tags {
        let judge = &self.judge;
        let portfolio = judge.numbers[n].portfolio;
        let id = |p: usize| judge.portfolios[p].id.as_str();
        let template =
            (!s.template.is_empty()).then(|| self.names.templates.index(portfolio, s.template, id));
        let campaign = (self.accounts.wants_groups() && !s.campaign.is_empty())
            .then(|| self.names.campaigns.index(portfolio, s.campaign, id));
        Tags { template, campaign }
    }

    /// The judge's index of a template that has been rated, for rows of this number.
    fn judged(&self, n: usize, tags: Tags) -> Option<usize> {
        if self.judge.numbers[n].app {
            return None;
        }
        self.names.templates.list()[tags.template? as usize].judged
    }

    fn take_attempt(&mut self, row: Row<'_>) -> Taken {
        let Row { s, n, person, id } = row;
        let at = s.time;
        let sent = s.kind == SignalKind::MessageSent;
        let tags = self.tags(s, n);
        let template = self.judged(n, tags);
        let free = self.memory.is_free(&person, at);
        let scope = self.judge.numbers[n].scope;
        let limit = self.judge.scopes[scope].limit;
        let books = &mut self.slots[scope];
        let seat = books.seat(person.who, self.memory.seat(&person));
        let holds = seat.is_some_and(|s| books.holds(s, at));
        let refusal = self.judge.refusal(n, template, free, || holds || limit.admits(books.in_use(at)));
        let own_reason = (!sent).then_some(s.reason).filter(|r| !r.is_empty());
        let rule = refusal.map(Refusal::name).or(own_reason);
        if let Some(rule) = rule {
            self.judge.refused(n, rule, at, self.position);
        }
        let dropped = sent && refusal.is_some() && self.options.refused == Refused::Drop;
        self.accounts.count(n, tags, |c| {
            c.refused += u64::from(rule.is_some());
            c.attempted += u64::from(!dropped);
            c.sent += u64::from(sent && !dropped);
        });
        if sent {
            self.serial = self.serial.wrapping_add(1);
            let message = Sent {
                sent_at: at,
                initiated: !free,
                counted_on: self.judge.rules().limit.counted_on,
                delivered_at: None,
                dropped,
                reached: self.memory.reached(id),
                tags,
                serial: self.serial,
            };
            if !dropped {
                self.count_exposure(n, tags, kind::SENT, at);
                self.pace_portfolio(s, n, tags);
                if !free {
                    self.open_slot(scope, &person, &message);
                }
            }
            self.memory.send(&person, id, &message);
        }
        if refusal == Some(Refusal::Limit) {
            self.judge.limit_used_up(n, at, self.position);
        }
        if dropped { Taken::Dropped } else { Taken::Counted }
    }

    /// Books a send that is no free message: a start or a reservation, as the rules have it.
    fn open_slot(&mut self, scope: usize, person: &Person, m: &Sent) {
        let (rules, at) = (self.judge.rules().limit.slots(), m.sent_at);
        let seat = self.seat(scope, person);
        let books = &mut self.slots[scope];
        match rules.at_send(|| books.slot_is_open(seat, at)) {
            Booking::Start => books.start(seat, at, rules.period),
            Booking::Reserve => books.reserve(seat, m.serial, at, at + rules.period),
            Booking::Nothing => {}
        }
        if rules.counted_on == CountedOn::Sent {
            self.counted(scope, at);
        }
    }

    /// The person's seat in the books of a scope of theirs, made if they have none.
    #[inline]
    fn seat(&mut self, scope: usize, person: &Person) -> Seat {
        let near = self.memory.seat(person);
        let seat = self.slots[scope].seat_made(person.who, near);
        if seat != near {
            self.memory.seated(person, seat);
        }
        seat
    }

    /// A business-initiated message was counted: a raise may be due.
    fn counted(&mut self, scope: usize, at: SimTime) {
        if let Some(need) = self.due.raise_need(&self.judge, scope) {
            let reached = self.slots[scope].distinct(need.over, need.after, at);
            if reached >= need.at_least {
                self.judge.schedule_raise(scope, at, self.position);
                self.due.forget();
            }
        }
    }

    fn take_delivery(&mut self, row: &Row<'_>) -> Taken {
        let at = row.s.time;
        match self.memory.join(&row.person, row.id, Fate::Delivered, at) {
            Joined::Message(m) if m.dropped => return Taken::Dropped,
            Joined::Message(m) => self.deliver(row, &m),
            Joined::Delivered => return Taken::Duplicate,
            Joined::Nothing => {
                // Its send is not in the log: exposure, but no slot.
                let tags = self.tags(row.s, row.n);
                self.exposed(row, tags);
            }
        }
        Taken::Counted
    }

    fn deliver(&mut self, row: &Row<'_>, m: &Sent) {
        let (n, at) = (row.n, row.s.time);
        let tags = self.tags(row.s, n).or(m.tags);
        let scope = self.judge.numbers[n].scope;
        let counts = m.initiated && m.counted_on == CountedOn::Delivered;
        if counts {
            let rules = self.judge.rules().limit.slots();
            let seat = self.seat(scope, &row.person);
            let books = &mut self.slots[scope];
            books.release(seat, m.serial, at);
            if rules.at_delivery(|| books.slot_is_open(seat, at)) == Booking::Start {
                books.start(seat, at, rules.period);
            }
        }
        self.exposed(row, tags);
        if counts {
            self.counted(scope, at);
        }
    }

    fn exposed(&mut self, row: &Row<'_>, tags: Tags) {
        let (n, at) = (row.n, row.s.time);
        self.accounts.count(n, tags, |c| c.delivered += 1);
        self.memory.delivered(n, row.s.recipient, &row.person, tags, at);
        self.count_exposure(n, tags, kind::DELIVERED, at);
    }

    /// A template message that no hold of its template keeps is one of its portfolio's, which may be paced.
    fn pace_portfolio(&mut self, s: &Signal<'_>, n: usize, tags: Tags) {
        let Some(t) = self.judged(n, tags).filter(|_| is_of_a_template(s.category)) else { return };
        if !self.judge.is_holding(t) && self.judge.sent_from_portfolio(n, s.time, self.position) {
            self.due.forget();
        }
    }

    fn count_exposure(&mut self, n: usize, tags: Tags, kind: usize, at: SimTime) {
        self.judge.count_number(n, kind, 1, at, self.position);
        if let Some(t) = self.judged(n, tags) {
            let held = self.judge.is_holding(t);
            self.judge.count_template(t, kind, 1, at, self.position);
            if !held && self.judge.is_holding(t) {
                // Held since just now: a clock that nobody has asked about yet.
                self.due.forget();
            }
        }
    }

    fn take_failure(&mut self, row: &Row<'_>) -> Taken {
        let mut tags = if self.accounts.wants_groups() { self.named(row.s, row.n) } else { Tags::default() };
        match self.memory.join(&row.person, row.id, Fate::Failed, row.s.time) {
            Joined::Message(m) if m.dropped => return Taken::Dropped,
            Joined::Message(m) => {
                let scope = self.judge.numbers[row.n].scope;
                if let Some(seat) = self.slots[scope].seat(row.person.who, self.memory.seat(&row.person)) {
                    self.slots[scope].release(seat, m.serial, row.s.time);
                }
                tags = tags.or(m.tags);
            }
            Joined::Delivered => return Taken::Ignored,
            Joined::Nothing => {}
        }
        self.accounts.count(row.n, tags, |c| c.failed += 1);
        Taken::Counted
    }

    fn take_read(&mut self, row: &Row<'_>) {
        let arrived = self.memory.arrived_by_read(row.id);
        let watched = self.judge.watches_reads();
        let (mut tags, mut delivered) = (Tags::default(), None);
        if watched || self.accounts.wants_groups() {
            let own = self.named(row.s, row.n);
            (tags, delivered) = self.answered(row, own);
        }
        self.accounts.count(row.n, tags, |c| c.read += 1);
        if let Some(m) = arrived {
            self.deliver(row, &m);
            delivered = Some(row.s.time);
        }
        if let Some(delivered) = delivered.filter(|_| watched) {
            let (at, template) = (row.s.time, self.judged(row.n, tags));
            if self.judge.count_read(row.n, template, delivered)
                && let Some(t) = template
            {
                self.judge.note_read_of_template(t, at, self.position);
            }
            self.judge.note_read_of_account(row.n, at, self.position);
        }
    }

    /// Counts something that a person did and that no rating depends on.
    fn count_act(&mut self, row: &Row<'_>, add: impl Fn(&mut Counts)) {
        let mut tags = Tags::default();
        if self.accounts.wants_groups() {
            let own = self.named(row.s, row.n);
            tags = self.answered(row, own).0;
        }
        self.accounts.count(row.n, tags, add);
    }

    /// Counts a negative signal in the number's rating and in its template's, if it has one.
    fn count_negative(&mut self, row: &Row<'_>, kind: usize, add: impl Fn(&mut Counts)) {
        self.judge.count_number(row.n, kind, 1, row.s.time, self.position);
        let own = self.tags(row.s, row.n);
        let (tags, delivered_at) = self.answered(row, own);
        self.accounts.count(row.n, tags, add);
        let Some(t) = self.judged(row.n, tags) else { return };
        if let Some(resumed) = self.judge.templates[t].resumed_at {
            // Counting restarted: only what answers a delivery after the resume is counted.
            if delivered_at.is_none_or(|d| d <= resumed) {
                return;
            }
        }
        self.judge.count_template(t, kind, 1, row.s.time, self.position);
    }

    /// What a person's act belongs to, and when the message that it answers was delivered: the row's own names, else
    /// those of the send with its message id, else those of the last message delivered to the person. The first of
    /// these that exists decides, also if it names nothing.
    fn answered(&self, row: &Row<'_>, own: Tags) -> (Tags, Option<SimTime>) {
        let message = self.memory.sent(row.id);
        let last = self.memory.last_delivery(&row.person, row.s.time);
        match (message, last) {
            (Some(m), _) => (own.or(m.tags), m.delivered_at),
            (None, Some((at, tags))) => (own.or(tags), Some(at)),
            (None, None) => (own, None),
        }
    }
}
