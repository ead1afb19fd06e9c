//! The plain engine: one heap of keys, one fold, one event after the other.
//!
//! Slow and obvious. It is the oracle the block engine is held against: it shares the recipients' handlers and the
//! senders' plans, and nothing of how events are stored, admitted, counted or judged, which here is the same fold
//! that replays a log.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::behaviour::sender::AtLimit;
use crate::experiment::course::Course;
use crate::experiment::gate::{detail, tries_again};
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::people::{
    DEFERRED, Emit, PLANNED, People, Prepared, UNPLANNED, World, put_off, waited,
};
use crate::experiment::plan::Plan;
use crate::experiment::refusal::Refused;
use crate::experiment::row::Names;
use crate::experiment::run::{Cancelled, Journal, Raw, RunOptions, delay_histogram, record};
use crate::experiment::senders::{Senders, after_quiet, due_since, gap_ms};
use crate::experiment::tally::{Shape, Tally, slot};
use crate::experiment::template_days::OfFold;
use crate::experiment::templates::LetGo;
use crate::messaging::Signal;
use crate::messaging::event::SignalKind;
use crate::messaging::log::LogSink;
use crate::messaging::rows::Group;
use crate::policy::fold::{Fold, FoldOptions};
use crate::policy::judge::Refusal;
use crate::sim::rng::Draws;
use crate::sim::{SimDuration, SimTime};

/// Runs one replication, writing its log to `sink`.
pub fn run(
    plan: &Plan,
    shape: &Shape,
    replication: u64,
    options: RunOptions<'_>,
    sink: &mut dyn LogSink,
) -> Result<Raw, Cancelled> {
    let draws = Draws::new(plan.scenario.seed, replication);
    let course = Course::of(plan, &draws);
    let world = World::new(plan, &draws, &course.ready);
    let fold_options = FoldOptions {
        every: options.every,
        expect_slots: true,
        groups: options.every.is_some(),
        ..FoldOptions::default()
    };
    let mut fold = Fold::new(plan.timeline.clone(), fold_options);
    fold.judge.watch_from(plan.scenario.start + plan.scenario.warm_up);
    let initial = crate::policy::quality::Thresholds::of_numbers(&fold.rules().rating).initial();
    let mut engine = Plain {
        world,
        people: People::new(world, 0, plan.people),
        senders: Senders::new(plan, initial),
        rest: Rest {
            plan,
            shape,
            fold,
            heap: BinaryHeap::new(),
            tally: shape.zero(),
            journal: Journal::new(plan.numbers().len(), options.every.is_some()),
            names: Names::default(),
            sink,
            signalled: Vec::new(),
        },
        time_to_read: delay_histogram(),
        time_in_queue: delay_histogram(),
        keep: options.every.is_some(),
    };
    engine.run(&course, options)?;
    let Plain { people, mut senders, rest, time_to_read, time_in_queue, .. } = engine;
    let Rest { fold, mut journal, tally, sink, .. } = rest;
    let mut ended = fold.finish(None);
    journal.flush(&mut ended.judge, plan, &mut senders, sink);
    let mut template_days = OfFold::default();
    for row in &ended.group_days {
        if let Group::Template { index, .. } = row.group {
            let t = &ended.templates()[index];
            template_days.take(&ended.judge.portfolios[t.portfolio].id, &t.name, row);
        }
    }
    senders.close();
    let number_of =
        |n: &crate::behaviour::sender::Number| ended.number(&n.name).expect("registered at the start");
    Ok(Raw {
        judged_as: plan.numbers().iter().map(number_of).collect(),
        daily: ended.daily,
        template_days: template_days.days().clone(),
        judge: ended.judge,
        journal,
        tally,
        units: people.units().cloned(),
        planned: senders.planned,
        broadcasts: senders.broadcasts,
        time_to_read,
        time_in_queue,
    })
}

struct Plain<'a> {
    world: World<'a>,
    people: People,
    senders: Senders,
    rest: Rest<'a>,
    time_to_read: crate::experiment::measure::DelayHistogram,
    time_in_queue: crate::experiment::measure::DelayHistogram,
    keep: bool,
}

/// Everything a handler's consequences go to.
struct Rest<'a> {
    plan: &'a Plan,
    shape: &'a Shape,
    fold: Fold,
    heap: BinaryHeap<Reverse<Key>>,
    tally: Tally,
    journal: Journal,
    names: Names,
    sink: &'a mut dyn LogSink,
    signalled: Vec<(Key, u8)>,
}

impl Emit for Rest<'_> {
    fn due(&mut self, key: Key) {
        if key.offset() <= self.plan.span() {
            self.heap.push(Reverse(key));
        }
    }

    fn signal(&mut self, key: Key, segment: u8) {
        self.signalled.push((key, segment));
    }
}

impl Plain<'_> {
    fn run(&mut self, course: &Course, options: RunOptions<'_>) -> Result<(), Cancelled> {
        let plan = self.world.plan;
        self.people.first_triggers(self.world, &mut self.rest);
        let (mut admin, mut dispatches) = (0, 0);
        let mut steps = 0u32;
        let mut shown = plan.scenario.start;
        loop {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(4096) {
                options.check()?;
            }
            let next = self.rest.heap.peek().map(|k| k.0);
            let fact = course.admin.get(admin).map(|(at, _)| Key::before(plan.offset(*at)));
            let dispatch = course.dispatches.get(dispatches).map(|d| Key::before_sends(plan.offset(d.0)));
            let first = [next, fact, dispatch].into_iter().flatten().min();
            // What falls due by the rules alone comes first: a raise wakes whoever waits for it.
            let control = self.rest.fold.next_instant();
            let until = first.map_or(plan.scenario.horizon, |k| k.time(plan.scenario.start));
            if self.rest.fold.judge.next_change() == Some(control)
                && control <= until.min(plan.scenario.horizon)
            {
                // Other rules come before the signals of their instant.
                self.advance(control);
                continue;
            }
            if control < until.min(plan.scenario.horizon) {
                options.advance(control.0 - shown.max(plan.scenario.start).0);
                shown = control;
                self.advance(SimTime(control.0 + 1));
                continue;
            }
            let Some(first) = first else { break };
            if fact == Some(first) {
                let (at, what) = course.admin[admin];
                admin += 1;
                plan.with_admin(at, what, |s| self.take_row(s));
            } else if dispatch == Some(first) && next.is_none_or(|k| k >= first) {
                let d = course.dispatches[dispatches];
                dispatches += 1;
                if d.0 <= plan.scenario.horizon {
                    self.dispatch(d);
                }
            } else {
                self.rest.heap.pop();
                self.step(first);
            }
        }
        let close = Signal::new(plan.scenario.horizon, SignalKind::LogClosed, "");
        self.take_row(&close);
        Ok(())
    }

    /// Settles what is due before an instant and shows it to the senders.
    fn advance(&mut self, at: SimTime) {
        self.rest.fold.advance_before(at);
        self.flush();
    }

    /// Shows new verdicts to senders and log; whoever waits tries again a millisecond after its limit went up.
    fn flush(&mut self) {
        let rest = &mut self.rest;
        let raised = rest.journal.flush(&mut rest.fold.judge, rest.plan, &mut self.senders, rest.sink);
        for (n, at) in raised {
            if !self.senders.lines[n].is_empty() {
                self.wake_at(n, self.world.plan.offset(at) + 1);
            }
        }
        for let_go in self.senders.templates.take_let_go() {
            self.let_go(&let_go);
        }
    }

    /// Messages that the platform held go out now, or fail.
    fn let_go(&mut self, let_go: &LetGo) {
        let offset = self.world.plan.offset(let_go.at);
        for taken in &let_go.messages {
            match let_go.dropped {
                None => {
                    self.people.fate(self.world.at(offset), *taken, offset, 0, &mut self.rest);
                }
                Some(how) => self.rest.due(Key::generated(offset + 1, What::Fail, taken.message, how)),
            }
        }
    }

    fn wake_at(&mut self, n: usize, offset: i64) {
        self.senders.lines[n].wake_at = Some(offset);
        self.rest.due(Key::wake(offset, n as u32));
    }

    /// Puts a row into the log and the fold.
    fn take_row(&mut self, s: &Signal<'_>) {
        self.advance(s.time);
        let rest = &mut self.rest;
        rest.sink.signal(s);
        rest.journal.rows += 1;
        rest.fold.signal(s).expect("a run writes no malformed rows");
        self.flush();
    }

    /// Takes what handlers signalled.
    fn drain(&mut self) {
        for (key, segment) in std::mem::take(&mut self.rest.signalled) {
            self.rest.tally.add(self.rest.shape.cell(segment, key), slot(key), 1);
            if self.keep && key.what() == What::Read {
                record(&mut self.time_to_read, self.people.read_delay(self.world, key).0);
            }
            let mut names = std::mem::take(&mut self.rest.names);
            names.with(self.world.plan, key, |s| self.take_row(s));
            self.rest.names = names;
        }
    }

    fn dispatch(&mut self, d: (SimTime, usize, u16)) {
        self.advance(d.0);
        self.world = self.world.at(self.world.plan.offset(d.0));
        let number = self.world.plan.campaigns[d.1].spec.number;
        let limit = (self.limit(number), self.rest.fold.rules().limit.period);
        let rest = &mut self.rest;
        self.senders.dispatch(self.world, d, limit, &[&self.people], &mut |_, key| rest.due(key));
    }

    fn judged(&self, number: usize) -> usize {
        self.rest.fold.number(&self.world.plan.numbers()[number].name).expect("registered at the start")
    }

    fn limit(&self, number: usize) -> crate::messaging::Limit {
        let judge = &self.rest.fold.judge;
        judge.scopes[judge.numbers[self.judged(number)].scope].limit
    }

    fn step(&mut self, key: Key) {
        self.world = self.world.at(key.offset());
        match key.what() {
            What::Send => self.send(key),
            What::Wake => self.wake(key),
            _ => {
                self.people.happens(self.world, key, &mut self.rest);
                self.drain();
            }
        }
    }

    fn send(&mut self, key: Key) {
        let plan = self.world.plan;
        let m = key.message();
        self.advance(key.time(plan.scenario.start));
        let Prepared::Try(variant) = self.prepare(key) else { return };
        let since = due_since(plan, m, key.offset());
        if self.senders.joins_line(plan, m.campaign) {
            self.senders.wait(plan, m, since, waited(key));
            return;
        }
        match self.attempt(key, MessageRef { variant, ..m }, since) {
            Some(Refused::Rule(Refusal::Limit))
                if plan.campaigns[m.campaign as usize].spec.at_limit != AtLimit::Drop =>
            {
                self.senders.wait(plan, m, since, waited(key));
                self.sleep(plan.number_of(m.campaign), key.offset());
            }
            Some(refused) => self.give_up(key, m, refused),
            None => {}
        }
    }

    /// A message was refused and does not wait for a slot: it is tried again, or given up.
    fn give_up(&mut self, key: Key, m: MessageRef, refused: Refused) {
        let plan = self.world.plan;
        let tries = detail::tries(key.detail());
        let counts = &mut self.senders.planned[m.campaign as usize];
        match refused {
            Refused::Held(held) => match tries_again(plan, m.campaign, held, tries, key.offset()) {
                Some(at) if at <= plan.span() => {
                    counts.retried += 1;
                    self.rest.due(Key::send(at, What::Send, m, detail::of(PLANNED, tries + 1)));
                }
                _ => counts.not_sent += 1,
            },
            Refused::Rule(_) => counts.not_sent += 1,
        }
    }

    /// What the sender's own rules make of a send, with what follows from that for the plan's counts.
    fn prepare(&mut self, key: Key) -> Prepared {
        let plan = self.world.plan;
        let m = key.message();
        let campaign = m.campaign as usize;
        let stance = self.senders.stance(plan, campaign, key.time(plan.scenario.start));
        let letter = self.people.letter(self.world, m);
        let prepared = self.people.prepare(self.world, key, &letter, &stance);
        let counts = &mut self.senders.planned[campaign];
        let fresh = plan.campaigns[campaign].is_triggered() && key.detail() & detail::STATE == UNPLANNED;
        if fresh && prepared != Prepared::NotMeant {
            counts.planned += 1;
        }
        match prepared {
            Prepared::Later(at) if at <= plan.span() => {
                self.rest.due(Key::send(at, What::Send, m, put_off(key.detail())));
            }
            Prepared::Later(_) | Prepared::GivenUp => counts.not_sent += 1,
            Prepared::NotMeant | Prepared::Try(_) => {}
        }
        prepared
    }

    /// Tries to send. Returns why it was refused, if it was.
    fn attempt(&mut self, key: Key, m: MessageRef, since: i64) -> Option<Refused> {
        let plan = self.world.plan;
        let at = key.time(plan.scenario.start);
        let number = &plan.numbers()[plan.number_of(m.campaign)].name;
        let bought = &plan.templates()[plan.template_of(m.campaign, m.variant)];
        let template = &bought.name;
        let mut person = String::new();
        plan.write_person(m.recipient as usize, &mut person);
        let refusal = self.rest.fold.would_refuse(number, &person, template, at);
        let offset = key.offset();
        let letter = self.people.letter(self.world, m);
        let held = |people: &mut People| people.held(self.world, &letter, offset, key.detail());
        let refusal = refusal.map(Refused::Rule).or_else(|| held(&mut self.people).map(Refused::Held));
        match refusal {
            Some(r) => {
                let key = Key::send(offset, What::Attempt, m, r.place());
                self.rest.signalled.push((key, self.people.segment(m.recipient)));
            }
            None => {
                let key = Key::send(offset, What::Send, m, 0);
                if let Some(held_for) = self.rest.fold.would_hold(number, template, bought.category, at) {
                    let taken = self.people.taken(self.world, key, &letter, &mut self.rest);
                    self.senders.templates.hold(plan, taken, held_for);
                } else {
                    self.people.sent(self.world, key, &letter, 0, &mut self.rest);
                }
                if self.keep {
                    record(&mut self.time_in_queue, offset - since);
                }
            }
        }
        self.drain();
        refusal
    }

    /// Sleeps until a slot is known to be free.
    fn sleep(&mut self, number: usize, offset: i64) {
        let start = self.world.plan.scenario.start;
        let scope = self.rest.fold.judge.numbers[self.judged(number)].scope;
        let at = SimTime(start.0 + offset);
        let free = self.rest.fold.next_expected(scope, at).unwrap_or(at + SimDuration::DAY);
        self.wake_at(number, free.0 - start.0);
    }

    fn wake(&mut self, key: Key) {
        let plan = self.world.plan;
        let (number, offset) = (key.recipient() as usize, key.offset());
        if self.senders.lines[number].wake_at != Some(offset) {
            return;
        }
        self.senders.lines[number].wake_at = None;
        self.advance(key.time(plan.scenario.start));
        while let Some(first) = self.senders.lines[number].first() {
            let m = first.message;
            let open = after_quiet(plan, m.campaign, offset);
            if open > offset {
                return self.wake_at(number, open);
            }
            // Prepared as any message that was planned before and has waited.
            let key = Key::send(offset, What::Send, m, detail::of(DEFERRED, first.tries));
            let Prepared::Try(variant) = self.prepare(key) else {
                self.senders.lines[number].pop();
                continue;
            };
            let refusal = self.attempt(key, MessageRef { variant, ..m }, first.since);
            if refusal == Some(Refused::Rule(Refusal::Limit)) {
                return self.sleep(number, offset);
            }
            self.senders.lines[number].pop();
            if let Some(refused) = refusal {
                self.give_up(key, m, refused);
            }
            if !self.senders.lines[number].is_empty() {
                self.wake_at(number, offset + gap_ms(plan, number));
            }
            return;
        }
    }
}
