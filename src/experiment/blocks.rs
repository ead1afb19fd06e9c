//! The block engine: recipients in blocks that step side by side between control points.
//!
//! Verdicts change only at evaluations, clocks, changes of rules and refusals. Between two control points recipients
//! are independent given the admitted sends, so blocks step in parallel and only integer counts are merged. Where a
//! limit might be reached or a raise might fall due, the step is made in strict order of keys over all blocks
//! instead, with exact books ([`crate::experiment::lane`]). Results do not depend on threads, and match the plain engine's to the byte.

mod free;
mod in_order;
mod merge;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use self::merge::Sums;
use crate::behaviour::sender::Condition;
use crate::experiment::block::{Agenda, BLOCK, Block, Slot, Step};
use crate::experiment::course::Course;
use crate::experiment::key::Key;
use crate::experiment::measure::{Counts, DailyRow};
use crate::experiment::people::{People, World};
use crate::experiment::plan::Plan;
use crate::experiment::row::Names;
use crate::experiment::run::{Cancelled, Journal, Raw, RunOptions, delay_histogram};
use crate::experiment::senders::Senders;
use crate::experiment::tally::{Shape, Tally};
use crate::experiment::template_days::DayBook;
use crate::messaging::event::SignalKind;
use crate::messaging::log::LogSink;
use crate::messaging::{Limit, Signal};
use crate::policy::judge::{Judge, RaiseNeed};
use crate::sim::rng::Draws;
use crate::sim::{SimDuration, SimTime};

/// Whether this engine can run a plan: slots are held equally long under all rules, no step outlasts a slot, and no
/// new template is paced, which would hold messages by the order of all people's sends.
pub fn supports(plan: &Plan) -> bool {
    if plan.paces() {
        return false;
    }
    let mut periods = plan.rules_in_force().map(|(_, r)| r.limit.period);
    let first = periods.next().expect("some rules hold");
    periods.all(|period| period == first)
        && plan.rules_in_force().all(|(_, r)| {
            let step = r.rating.cadence.min(SimDuration::DAY);
            let first_over = r.raise.first_step.as_ref().map_or(r.raise.over, |f| f.over);
            first >= step && r.raise.over >= step && first_over >= step
        })
}

/// Runs one replication, writing its log to `sink` (none: nobody wants it).
pub fn run<'s>(
    plan: &Plan,
    shape: &Shape,
    replication: u64,
    options: RunOptions<'_>,
    sink: Option<&'s mut (dyn LogSink + 's)>,
) -> Result<Raw, Cancelled> {
    let draws = Draws::new(plan.scenario.seed, replication);
    let course = Course::of(plan, &draws);
    let world = World::new(plan, &draws, &course.ready);
    let keep = options.every.is_some();
    let with_sink = sink.is_some();
    let mut judge = Judge::new(plan.timeline.clone(), plan.scenario.start, options.every);
    judge.watch_from(plan.scenario.start + plan.scenario.warm_up);
    let initial = crate::policy::quality::Thresholds::of_numbers(&judge.rules().rating).initial();
    let firsts: Vec<usize> = (0..plan.people).step_by(BLOCK).collect();
    let make = |first: &usize| Block::new(world, shape, *first, BLOCK.min(plan.people - first), keep);
    let blocks: Vec<Block> = if firsts.len() > 1 {
        firsts.par_iter().map(make).collect()
    } else {
        firsts.iter().map(make).collect()
    };
    let mut within = Vec::new();
    for c in &plan.campaigns {
        for r in &c.spec.reactions {
            if let Condition::RedWithin(_) | Condition::YellowOrWorseWithin(_) = r.when {
                within.push((c.spec.number, r.when));
            }
        }
    }
    let mut engine = Engine {
        world,
        shape,
        judge,
        judged: vec![UNREGISTERED; plan.numbers().len()],
        templates: vec![None; plan.templates().len() * plan.portfolios.len()],
        blocks,
        senders: Senders::new(plan, initial),
        journal: Journal::new(plan.numbers().len(), keep),
        names: Names::default(),
        sink,
        tally: shape.zero(),
        book: options.every.is_some().then(|| DayBook::new(plan, shape)),
        today: Vec::new(),
        daily: Vec::new(),
        position: 0,
        positions: keep || with_sink,
        wakes: BinaryHeap::new(),
        bound: Key::before(0),
        settled: SimTime(plan.scenario.start.0 - 1),
        usage: Vec::new(),
        reach: Vec::new(),
        within,
        facts: None,
        touched: Vec::new(),
        sums: Sums::default(),
    };
    engine.run(&course, options)?;
    let mut time_to_read = delay_histogram();
    let mut time_in_queue = delay_histogram();
    for b in &engine.blocks {
        b.time_to_read.iter().for_each(|h| time_to_read.add(h).expect("the same bounds everywhere"));
        b.time_in_queue.iter().for_each(|h| time_in_queue.add(h).expect("the same bounds everywhere"));
    }
    let mut units = engine.blocks.iter().filter_map(|b| b.people.units());
    let mut sum = units.next().cloned();
    if let Some(sum) = &mut sum {
        units.for_each(|more| sum.add(more));
    }
    Ok(Raw {
        judge: engine.judge,
        judged_as: engine.judged,
        journal: engine.journal,
        daily: engine.daily,
        template_days: engine.book.map(DayBook::finish).unwrap_or_default(),
        tally: engine.tally,
        // Without people there is no block, but there may be a bill.
        units: sum.or_else(|| People::new(world, 0, 0).units().cloned()),
        planned: engine.senders.planned,
        broadcasts: engine.senders.broadcasts,
        time_to_read,
        time_in_queue,
    })
}

struct Engine<'a, 's> {
    world: World<'a>,
    shape: &'a Shape,
    judge: Judge,
    /// For each number of the plan, its index with the judge, once it is registered.
    judged: Vec<usize>,
    /// For each portfolio and template of the plan, its index with the judge once it has been used.
    templates: Vec<Option<usize>>,
    blocks: Vec<Block>,
    senders: Senders,
    journal: Journal,
    names: Names,
    sink: Option<&'s mut (dyn LogSink + 's)>,
    tally: Tally,
    today: Vec<Counts>,
    daily: Vec<DailyRow>,
    /// Templates by day, where rows are kept.
    book: Option<DayBook>,
    /// Signals written so far.
    position: u64,
    /// Whether anybody will see causes of verdicts, which are positions.
    positions: bool,
    wakes: BinaryHeap<Reverse<Key>>,
    /// Everything before this key has happened.
    bound: Key,
    /// Everything up to this instant is settled by the rules.
    settled: SimTime,
    /// For each scope, at most so many slots are in use (none: unknown).
    usage: Vec<Option<u64>>,
    /// For each scope, at most so many distinct recipients were reached, under which need (none: unknown).
    reach: Vec<Option<(RaiseNeed, u64)>>,
    /// Conditions that end by time alone, by number.
    within: Vec<(usize, Condition)>,
    /// What holds in the step under way, when it is made in order.
    facts: Option<Step<'a>>,
    /// Blocks in which something may have fallen due since the last event.
    touched: Vec<usize>,
    /// What the last step made side by side came to.
    sums: Sums,
}

/// A number that is not registered yet.
const UNREGISTERED: usize = usize::MAX;

/// Control points, in the order in which they come at one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Control {
    Settle(SimTime),
    EndDay(SimTime),
    ChangePolicy(SimTime),
    Admin,
    /// A sender's condition ends; nothing to do but to look again.
    Look,
    Dispatch,
    Close,
}

impl<'a> Engine<'a, '_> {
    fn run(&mut self, course: &Course, options: RunOptions<'_>) -> Result<(), Cancelled> {
        let plan = self.world.plan;
        let start = plan.scenario.start;
        let (mut admin, mut dispatches) = (0, 0);
        let mut day = start.day_start();
        loop {
            options.check()?;
            let settle = self.next_settle();
            let mut next = (Key::before(plan.span() + 1), Control::Close);
            let mut offer = |key: Key, what: Control| next = next.min((key, what));
            if settle < plan.scenario.horizon {
                offer(Key::before(plan.offset(settle) + 1), Control::Settle(settle));
            }
            offer(Key::before(plan.offset(day + SimDuration::DAY)), Control::EndDay(day));
            if let Some(at) = self.judge.next_change().filter(|at| *at > start) {
                offer(Key::before(plan.offset(at)), Control::ChangePolicy(at));
            }
            if let Some((at, _)) = course.admin.get(admin) {
                offer(Key::before(plan.offset(*at)), Control::Admin);
            }
            if let Some(at) = self.next_look() {
                offer(Key::before(at), Control::Look);
            }
            if let Some(d) = course.dispatches.get(dispatches) {
                offer(Key::before_sends(plan.offset(d.0)), Control::Dispatch);
            }
            let (bound, what) = next;
            options.advance(bound.offset() - self.bound.offset());
            self.run_until(bound);
            match what {
                Control::Settle(at) => self.settle(at),
                Control::EndDay(d) => {
                    self.end_day(d, plan.offset(d) + SimTime::DAY_MS - 1);
                    day = d + SimDuration::DAY;
                }
                Control::ChangePolicy(at) => self.change_policy(at),
                Control::Admin => {
                    let (at, fact) = course.admin[admin];
                    admin += 1;
                    self.take_admin(at, fact);
                }
                Control::Look => {}
                Control::Dispatch => {
                    let d = course.dispatches[dispatches];
                    dispatches += 1;
                    self.dispatch(d);
                }
                Control::Close => break,
            }
        }
        self.close(day);
        Ok(())
    }

    /// The next instant at which the rules have something to do, or windows a bucket to close.
    fn next_settle(&self) -> SimTime {
        let grid = (self.settled + SimDuration(1)).ceil_to(self.judge.grid().base);
        self.judge.next_instant(self.settled).min(grid)
    }

    /// The next offset at which a sender's condition ends by time alone.
    fn next_look(&self) -> Option<i64> {
        let now = self.bound.offset();
        let plan = self.world.plan;
        let ends = self.within.iter().filter_map(|(n, condition)| {
            let shown = &self.senders.published[*n];
            let at = match condition {
                Condition::RedWithin(span) => shown.red.map(|t| t + *span),
                Condition::YellowOrWorseWithin(span) => shown.yellow.map(|t| t + *span),
                _ => None,
            };
            at.map(|t| plan.offset(t))
        });
        ends.filter(|at| *at > now).min()
    }

    fn close(&mut self, day: SimTime) {
        let plan = self.world.plan;
        let horizon = plan.scenario.horizon;
        self.write_signal(&Signal::new(horizon, SignalKind::LogClosed, ""));
        if self.next_settle() == horizon {
            self.settle(horizon);
        }
        self.end_day(day, plan.span());
        self.senders.close();
    }

    /// Steps 3 and 4 at an instant, unless that has been done.
    fn settle(&mut self, at: SimTime) {
        if self.settled >= at {
            return;
        }
        let (blocks, start) = (&self.blocks, self.world.plan.scenario.start);
        let period = self.judge.rules().limit.period.0;
        self.judge.settle(at, &mut |scope, at| {
            blocks.iter().map(|b| b.in_use(scope, at.0 - start.0, period)).sum()
        });
        self.settled = at;
        self.flush();
    }

    /// Shows new verdicts to senders and log; whoever waits tries again a millisecond after its limit went up.
    fn flush(&mut self) {
        if self.judge.verdicts.is_empty() {
            return;
        }
        let mut none = crate::messaging::log::NoLog;
        let sink: &mut dyn LogSink = match &mut self.sink {
            Some(sink) => *sink,
            None => &mut none,
        };
        let raised = self.journal.flush(&mut self.judge, self.world.plan, &mut self.senders, sink);
        for (n, at) in raised {
            if !self.senders.lines[n].is_empty() {
                self.wake_at(n, self.world.plan.offset(at) + 1);
            }
        }
    }

    fn wake_at(&mut self, number: usize, offset: i64) {
        self.senders.lines[number].wake_at = Some(offset);
        if offset <= self.world.plan.span() {
            self.wakes.push(Reverse(Key::wake(offset, number as u32)));
        }
    }

    fn write_signal(&mut self, s: &Signal<'_>) {
        self.position += 1;
        self.journal.rows += 1;
        if let Some(sink) = &mut self.sink {
            sink.signal(s);
        }
    }

    fn take_admin(&mut self, at: SimTime, fact: crate::experiment::plan::Admin) {
        use crate::experiment::plan::Admin;
        let plan = self.world.plan;
        plan.with_admin(at, fact, |s| self.write_signal(s));
        match fact {
            Admin::Register(n) => {
                let number = &plan.numbers()[n];
                let portfolio = self.judge.portfolio(&number.portfolio);
                let as_what = plan.registration(n);
                self.judged[n] = self.judge.add_number(&number.name, portfolio, at, as_what);
                self.today.push(Counts::default());
                while self.usage.len() < self.judge.scopes.len() {
                    self.usage.push(Some(0));
                    self.reach.push(None);
                    for b in &mut self.blocks {
                        b.slots.push(vec![Slot::NONE; b.people.len()]);
                    }
                }
            }
            Admin::Verify(n) => {
                let portfolio = self.judge.numbers[self.judged[n]].portfolio;
                self.judge.verify(portfolio);
            }
            Admin::Violation(i) => {
                let v = &plan.scenario.violations[i as usize];
                let portfolio = self.judge.numbers[self.judged[v.number]].portfolio;
                self.judge.violation(portfolio, Some(v.kind), at, self.position);
            }
            Admin::Appeal(i) => {
                let a = &plan.scenario.appeals[i as usize];
                let portfolio = self.judge.numbers[self.judged[a.number]].portfolio;
                // A grant that finds nothing to take back changes nothing.
                let _ = self.judge.appeal(portfolio, a.outcome, at, self.position);
            }
            // Rated from now on, as any template that a row names.
            Admin::Created(p, t) | Admin::Reviewed(p, t, _) => {
                self.template_made(plan.first_of(p), t as usize);
            }
        }
        self.flush();
    }

    fn change_policy(&mut self, at: SimTime) {
        self.world = self.world.at(self.world.plan.offset(at));
        let Some(map) = self.judge.change_policy(at) else { return };
        if map.iter().enumerate().any(|(new, old)| *old != [new]) {
            for b in &mut self.blocks {
                let old = std::mem::take(&mut b.slots);
                b.slots = map.iter().map(|parts| union(&old, parts, b.people.len())).collect();
            }
        }
        self.usage = vec![None; map.len()];
        self.reach = vec![None; map.len()];
        self.flush();
    }

    fn end_day(&mut self, day: SimTime, state_at: i64) {
        let period = self.judge.rules().limit.period.0;
        let in_use: Vec<u64> = (0..self.judge.scopes.len())
            .map(|s| self.blocks.iter().map(|b| b.in_use(s, state_at, period)).sum())
            .collect();
        for i in 0..self.judge.number_order().len() {
            let n = self.judge.number_order()[i];
            let counts = std::mem::take(&mut self.today[n]);
            self.daily.push(self.judge.daily_row(n, day, counts, in_use[self.judge.numbers[n].scope]));
        }
        if let Some(book) = &mut self.book {
            book.end_day(day, &self.tally, |place| {
                let t = &self.judge.templates[self.templates[place]?];
                Some((t.score, t.rating, t.status))
            });
        }
    }

    fn limit(&self, number: usize) -> Limit {
        self.judge.scopes[self.judge.numbers[self.judged[number]].scope].limit
    }

    fn dispatch(&mut self, d: (SimTime, usize, u16)) {
        let limit = (self.limit(self.world.plan.campaigns[d.1].spec.number), self.judge.rules().limit.period);
        let mut agendas: Vec<Agenda> =
            self.blocks.iter_mut().map(|b| std::mem::take(&mut b.agenda)).collect();
        let people: Vec<&People> = self.blocks.iter().map(|b| &b.people).collect();
        self.senders.dispatch(self.world, d, limit, &people, &mut |part, key| agendas[part].push(key));
        for (block, agenda) in self.blocks.iter_mut().zip(agendas) {
            block.agenda = agenda;
        }
    }

    /// What holds for every recipient until the next control point.
    fn step_facts(&self) -> Step<'a> {
        let plan = self.world.plan;
        let now = SimTime(plan.scenario.start.0 + self.bound.offset());
        Step {
            world: self.world,
            shape: self.shape,
            stances: (0..plan.campaigns.len()).map(|c| self.senders.stance(plan, c, now)).collect(),
            // Nothing is sent from a number that is not registered.
            scope_of: self.judged.iter().map(|n| self.judge.numbers.get(*n).map_or(0, |n| n.scope)).collect(),
            resumed: self.resumed(),
            rules: self.judge.rules().limit.slots(),
            keep_log: self.positions,
            in_order: self.in_order(),
            reads: self.judge.watches_reads(),
        }
    }

    /// Whether a step's events must come in order: somebody reads the log, or what was refused on the way.
    fn in_order(&self) -> bool {
        self.sink.is_some() || self.positions && self.world.gate.any
    }

    /// For each portfolio and template, when it was last resumed.
    fn resumed(&self) -> Vec<Option<i64>> {
        let plan = self.world.plan;
        let when =
            |t: &Option<usize>| t.and_then(|t| self.judge.templates[t].resumed_at).map(|at| plan.offset(at));
        self.templates.iter().map(when).collect()
    }

    /// Index of a number's template with the judge, if it has been used.
    fn template(&self, number: usize, template: usize) -> Option<usize> {
        let plan = self.world.plan;
        if plan.is_app(number) {
            return None;
        }
        self.templates[plan.portfolio_of[number] * plan.templates().len() + template]
    }

    /// The same, made if new; none for a number of the app, whose texts are no templates of the platform's.
    fn template_made(&mut self, number: usize, template: usize) -> Option<usize> {
        let plan = self.world.plan;
        if plan.is_app(number) {
            return None;
        }
        if let Some(t) = self.template(number, template) {
            return Some(t);
        }
        let place = plan.portfolio_of[number] * plan.templates().len() + template;
        let portfolio = self.judge.numbers[self.judged[number]].portfolio;
        let t = self.judge.template(portfolio, &plan.templates()[template].name);
        self.templates[place] = Some(t);
        Some(t)
    }

    /// Makes everything happen that falls due before `bound`.
    fn run_until(&mut self, bound: Key) {
        if bound <= self.bound {
            return;
        }
        let mut any = self.wakes.peek().is_some_and(|k| k.0 < bound);
        for b in &mut self.blocks {
            any |= b.agenda.open(bound);
        }
        if any {
            if self.is_free(bound) { self.step_side_by_side(bound) } else { self.step_in_order(bound) }
        }
        self.bound = bound;
    }

    fn step_side_by_side(&mut self, bound: Key) {
        let facts = self.step_facts();
        if self.blocks.len() > 1 {
            self.blocks.par_iter_mut().for_each(|b| b.step(&facts));
        } else {
            self.blocks.iter_mut().for_each(|b| b.step(&facts));
        }
        self.merge(bound);
    }
}

/// The slots of a scope that takes over others: the latest start per person, all reservations.
fn union(old: &[Vec<Slot>], parts: &[usize], len: usize) -> Vec<Slot> {
    let mut whole = vec![Slot::NONE; len];
    for part in parts {
        for (w, p) in whole.iter_mut().zip(&old[*part]) {
            w.start = w.start.max(p.start);
            w.reserved = w.reserved.max(p.reserved);
            w.last = w.last.max(p.last);
        }
    }
    whole
}
