//! The block engine: recipients in blocks that step side by side between control points.
//!
//! Verdicts change only at evaluations, clocks, changes of rules and refusals. Between two control points recipients
//! are independent given the admitted sends, so blocks step in parallel and only integer counts are merged. Where a
//! limit might be reached or a raise might fall due, the step is made in strict order of keys over all blocks
//! instead, with exact books ([`Lane`]). Results do not depend on threads, and match the plain engine's to the byte.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use crate::behaviour::sender::{AtLimit, Condition};
use crate::experiment::block::{Agenda, BLOCK, Block, BlockSlots, FREE, Last, Step, is_negative};
use crate::experiment::course::Course;
use crate::experiment::gate::detail;
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::lane::Lane;
use crate::experiment::measure::{Counts, DailyRow};
use crate::experiment::people::{DEFERRED, People, Prepared, World, waited};
use crate::experiment::plan::Plan;
use crate::experiment::refusal::Refused;
use crate::experiment::row::Names;
use crate::experiment::run::{Cancelled, Journal, Raw, RunOptions, delay_histogram};
use crate::experiment::senders::{Senders, after_quiet, due_since, gap_ms};
use crate::experiment::tally::{self, Shape, Tally, counts, slot};
use crate::messaging::event::SignalKind;
use crate::messaging::log::LogSink;
use crate::messaging::{Limit, Signal};
use crate::policy::judge::{Judge, RaiseNeed, Refusal};
use crate::policy::quality::kind;
use crate::policy::rules::CountedOn;
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
                        b.slots.push(BlockSlots::new(b.people.len()));
                        b.opened.push(0);
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
                b.opened = vec![0; map.len()];
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

    /// Whether nothing can be refused, no raise fall due and nobody wait before `bound`.
    fn is_free(&mut self, bound: Key) -> bool {
        if self.wakes.peek().is_some_and(|k| k.0 < bound) || self.senders.lines.iter().any(|l| !l.is_empty())
        {
            return false;
        }
        if self.refuses_something() && self.census().iter().any(|c| c.sends + c.triggers > 0) {
            return false;
        }
        let people = self.world.plan.people as u64;
        let needs: Vec<Option<RaiseNeed>> = (0..self.judge.scopes.len())
            .map(|s| self.judge.raise_need(s).filter(|need| need.at_least <= people))
            .collect();
        let binds = |s: &crate::policy::judge::ScopeState| matches!(s.limit, Limit::Of(n) if n < people);
        let limits: Vec<bool> = self.judge.scopes.iter().map(binds).collect();
        // What is not looked at in this step is not known after it.
        for s in 0..limits.len() {
            if !limits[s] {
                self.usage[s] = None;
            }
            if needs[s].is_none() {
                self.reach[s] = None;
            }
        }
        if needs.iter().all(Option::is_none) && !limits.contains(&true) {
            return true;
        }
        let census = self.census();
        for s in 0..limits.len() {
            let Census { sends, deliveries, triggers } = census[s];
            if sends + deliveries + triggers == 0 {
                continue;
            }
            if limits[s] && !self.stays_under(s, sends + deliveries, triggers) {
                return false;
            }
            if let Some(need) = needs[s]
                && !self.falls_short(s, need, sends + deliveries, triggers)
            {
                return false;
            }
        }
        true
    }

    /// Whether a number or template refuses sends whatever the limit.
    fn refuses_something(&self) -> bool {
        let plan = self.world.plan;
        (0..self.judged.len()).filter(|n| self.judged[*n] != UNREGISTERED).any(|n| {
            let refuses = |t: usize| self.judge.refuses_without_limit(self.judged[n], self.template(n, t));
            (0..plan.templates().len()).any(refuses)
        })
    }

    /// Whether a scope's limit can't be reached by so many more sends.
    fn stays_under(&mut self, s: usize, sends: u64, triggers: u64) -> bool {
        let Limit::Of(limit) = self.judge.scopes[s].limit else { return true };
        if triggers > 0 {
            return false;
        }
        if self.usage[s].is_some_and(|used| used + sends <= limit) {
            self.usage[s] = self.usage[s].map(|used| used + sends);
            return true;
        }
        let (now, period) = (self.bound.offset() - 1, self.judge.rules().limit.period.0);
        let exact: u64 = self.blocks.iter().map(|b| b.in_use(s, now, period)).sum();
        self.usage[s] = Some(exact + sends);
        exact + sends <= limit
    }

    /// Whether so many more counted messages can't reach what a raise needs.
    fn falls_short(&mut self, s: usize, need: RaiseNeed, more: u64, triggers: u64) -> bool {
        if triggers > 0 {
            return false;
        }
        let known = self.reach[s].filter(|(n, _)| *n == need).map(|(_, reached)| reached + more);
        let bound = known.filter(|b| *b < need.at_least).unwrap_or_else(|| {
            let out = self.distinct_out(need);
            self.blocks.iter().map(|b| b.distinct(s, out)).sum::<u64>() + more
        });
        self.reach[s] = Some((need, bound));
        bound < need.at_least
    }

    /// Starts at this offset or before are out, as of the step to come.
    fn distinct_out(&self, need: RaiseNeed) -> i64 {
        let after = need.after.map_or(FREE, |t| self.world.plan.offset(t));
        (self.bound.offset() - 1 - need.over.0).max(after)
    }

    /// What is due in the step to come, by scope.
    fn census(&self) -> Vec<Census> {
        let plan = self.world.plan;
        let mut by_number = vec![Census::default(); plan.numbers().len()];
        for b in &self.blocks {
            b.agenda.due.iter().for_each(|k| {
                let number = &mut by_number[plan.number_of(k.campaign())];
                match k.what() {
                    What::Send => number.sends += 1,
                    What::Deliver => number.deliveries += 1,
                    What::Trigger => number.triggers += 1,
                    _ => {}
                }
            });
        }
        let mut census = vec![Census::default(); self.judge.scopes.len()];
        for (n, c) in by_number.iter().enumerate().filter(|(n, _)| self.judged[*n] != UNREGISTERED) {
            let s = &mut census[self.judge.numbers[self.judged[n]].scope];
            s.sends += c.sends;
            s.deliveries += c.deliveries;
            s.triggers += c.triggers;
        }
        census
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

    /// Adds up what blocks did.
    fn merge(&mut self, bound: Key) {
        let plan = self.world.plan;
        // The last instant of the step: all its events lie in the bucket this one lies in.
        let last_offset =
            if bound == Key::before(bound.offset()) { bound.offset() - 1 } else { bound.offset() };
        let at = SimTime(plan.scenario.start.0 + last_offset);
        let base = self.position;
        let refused: u64 = self.blocks.iter().map(|b| b.slice.refused()).sum();
        if self.sink.is_some() || self.positions && refused > 0 {
            self.write_slices();
        } else {
            self.journal.rows += refused;
        }
        let mut numbers: Vec<Merged> = vec![Merged::new(self.shape.width); plan.numbers().len()];
        let mut templates: Vec<(usize, usize, Merged)> = Vec::new();
        let blocks = std::mem::take(&mut self.blocks);
        for b in &blocks {
            for (campaign, planned) in self.senders.planned.iter_mut().enumerate() {
                planned.planned += b.slice.planned[campaign];
                planned.not_sent += b.slice.not_sent[campaign];
                planned.retried += b.slice.retried[campaign];
            }
            for &cell in &b.slice.touched {
                let (_, campaign, variant) = self.shape.meaning[cell as usize];
                let number = plan.campaigns[campaign].spec.number;
                let template = plan.campaigns[campaign].variants[variant];
                let counts = b.slice.cell(cell);
                for (s, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                    self.tally.add(cell as usize, s, u64::from(*n));
                    self.position += u64::from(*n);
                }
                let last = b.slice.last[cell as usize];
                numbers[number].add(counts, last, last.negative);
                let place =
                    templates.iter().position(|t| (t.0, t.1) == (number, template)).unwrap_or_else(|| {
                        templates.push((number, template, Merged::new(self.shape.width)));
                        templates.len() - 1
                    });
                templates[place].2.add(counts, last, last.negative_of_template);
                for (_, s) in b.slice.stale.iter().filter(|(c, _)| *c == cell) {
                    templates[place].2.counts[*s as usize] -= 1;
                }
            }
        }
        self.journal.rows += self.position - base;
        let mut ranks = Ranks { blocks: &blocks, base, in_order: self.in_order(), known: Vec::new() };
        for (n, merged) in numbers.iter().enumerate().filter(|(_, m)| m.any) {
            let judged = self.judged[n];
            self.today[judged] += counts(&merged.counts);
            self.count(&mut ranks, Subject::Number(judged), merged, at);
        }
        for (number, template, merged) in &templates {
            if let Some(t) = self.template_made(*number, *template) {
                self.count(&mut ranks, Subject::Template(t), merged, at);
            }
        }
        if self.judge.watches_reads() {
            self.count_reads(&blocks, &mut ranks, at);
        }
        self.blocks = blocks;
        for b in &mut self.blocks {
            b.slice.clear();
            b.opened.fill(0);
        }
    }

    /// Counts a step's events in a subject's rating, each kind at the position of its last one.
    fn count(&mut self, ranks: &mut Ranks<'_>, subject: Subject, m: &Merged, at: SimTime) {
        let mut rank = |key: Key| ranks.of(key);
        let judge = &mut self.judge;
        let mut add = |kind: usize, n: u64, position: u64| {
            if n > 0 {
                match subject {
                    Subject::Number(s) => judge.count_number(s, kind, n as u32, at, position),
                    Subject::Template(s) => judge.count_template(s, kind, n as u32, at, position),
                }
            }
        };
        let c = counts(&m.counts);
        add(kind::SENT, c.sent, rank(m.sent));
        add(kind::DELIVERED, c.delivered, rank(m.delivered));
        let negative = rank(m.negative);
        add(kind::REPORT, c.reported, negative);
        add(kind::MUTE, c.muted, negative);
        add(kind::ARCHIVE, c.archived, negative);
        if c.blocked > 0 {
            let plan = self.world.plan;
            for (i, reason) in plan.reasons.iter().enumerate() {
                let n = m.counts[m.counts.len() - plan.reasons.len() + i];
                let kind = self.judge.grid().block_kind(reason);
                if n > 0 {
                    match subject {
                        Subject::Number(s) => self.judge.count_number(s, kind, n as u32, at, negative),
                        Subject::Template(s) => self.judge.count_template(s, kind, n as u32, at, negative),
                    }
                }
            }
        }
    }

    /// Counts a step's reads, the last of each account and template at its position.
    fn count_reads(&mut self, blocks: &[Block], ranks: &mut Ranks<'_>, at: SimTime) {
        let plan = self.world.plan;
        let mut last_of_number = vec![Key::NONE; plan.numbers().len()];
        let mut last_of_template: Vec<(usize, Key)> = Vec::new();
        for (cell, delivered, key) in blocks.iter().flat_map(|b| &b.slice.reads) {
            let (_, campaign, variant) = self.shape.meaning[*cell as usize];
            let number = plan.campaigns[campaign].spec.number;
            let template = self.template_made(number, plan.campaigns[campaign].variants[variant]);
            let delivered = SimTime(plan.scenario.start.0 + delivered);
            last_of_number[number] = last_of_number[number].max(*key);
            if self.judge.count_read(self.judged[number], template, delivered) {
                let template = template.expect("a read counted for it");
                match last_of_template.iter_mut().find(|(t, _)| *t == template) {
                    Some((_, last)) => *last = (*last).max(*key),
                    None => last_of_template.push((template, *key)),
                }
            }
        }
        for (number, key) in last_of_number.into_iter().enumerate().filter(|(_, k)| *k != Key::NONE) {
            self.judge.note_read_of_account(self.judged[number], at, ranks.of(key));
        }
        for (template, key) in last_of_template {
            self.judge.note_read_of_template(template, at, ranks.of(key));
        }
    }

    /// Writes what all blocks signalled in this step, in order, and after each refused attempt its verdict.
    fn write_slices(&mut self) {
        let mut all: Vec<Key> = Vec::new();
        self.blocks.iter().for_each(|b| all.extend_from_slice(&b.slice.log));
        // Runs in order already: the stable sort merges them.
        if self.blocks.len() > 1 {
            all.sort();
        }
        let plan = self.world.plan;
        for (position, key) in (self.position + 1..).zip(all) {
            if let Some(sink) = &mut self.sink {
                self.names.with(plan, key, |s| sink.signal(s));
            }
            if key.what() == What::Attempt {
                let judged = self.judged[plan.number_of(key.campaign())];
                let reason = Refused::at(key.detail()).reason();
                self.judge.refused(judged, reason, key.time(plan.scenario.start), position);
                self.flush();
            }
        }
    }

    /// Makes everything happen before `bound` in strict order over all blocks, raises that fall due on the way too.
    fn step_in_order(&mut self, bound: Key) {
        // Step by step, each event is taken from the log.
        self.facts = Some(Step { keep_log: true, ..self.step_facts() });
        let mut load: Vec<Reverse<Key>> = Vec::new();
        for b in &mut self.blocks {
            load.extend(b.agenda.due.drain(..).map(Reverse));
        }
        let mut heap: BinaryHeap<Reverse<Key>> = load.into();
        let mut lanes = self.lanes(self.bound.offset(), bound.offset());
        loop {
            while let Some(wake) = self.wakes.peek().map(|k| k.0).filter(|k| *k < bound) {
                self.wakes.pop();
                heap.push(Reverse(wake));
            }
            let next = heap.peek().map_or(bound, |k| k.0);
            let raise = (0..self.judge.scopes.len()).filter_map(|s| self.judge.pending_raise(s)).min();
            if let Some(due) = raise {
                let after = self.world.plan.offset(due) + 1;
                // What falls due at the very end comes after the close.
                if Key::before(after) <= next && due < self.world.plan.scenario.horizon {
                    self.settle(due);
                    lanes = self.lanes(after, bound.offset());
                    continue;
                }
            }
            let Some(Reverse(key)) = heap.pop() else { break };
            match key.what() {
                What::Send => self.send_in_order(&mut lanes, key),
                What::Wake => self.wake_in_order(&mut lanes, key),
                _ => self.happens_in_order(&mut lanes, key),
            }
            for b in self.touched.drain(..) {
                heap.extend(self.blocks[b].agenda.due.drain(..).map(Reverse));
            }
        }
        self.usage.fill(None);
        self.reach.fill(None);
    }

    /// Exact books of every scope whose limit could be reached or raised, as of just before `from`.
    fn lanes(&self, from: i64, until: i64) -> Vec<Lane> {
        let period = self.judge.rules().limit.period.0;
        let people = self.world.plan.people as u64;
        let lane = |s: usize| {
            let need = self.judge.raise_need(s);
            let binds = matches!(self.judge.scopes[s].limit, Limit::Of(n) if n < people);
            if !binds && need.is_none() {
                return Lane::idle(s);
            }
            let mut lane = Lane::new(&self.blocks, s, period, from);
            if let Some(need) = need {
                let after = need.after.map_or(FREE, |t| self.world.plan.offset(t));
                lane.count_distinct(&self.blocks, need.over.0, after, from, until);
            }
            lane
        };
        (0..self.judge.scopes.len()).map(lane).collect()
    }

    fn happens_in_order(&mut self, lanes: &mut [Lane], key: Key) {
        let who = key.recipient();
        let b = who as usize / BLOCK;
        let books = matches!(key.what(), What::Deliver | What::Fail);
        let scope = self.scope_of(key.campaign());
        let before = books.then(|| lanes[scope].before(&self.blocks, who, key.offset()));
        self.with_block(b, |block, facts| block.happens(facts, key));
        if let Some(before) = before {
            lanes[scope].after(&self.blocks, who, key.offset(), before);
        }
        self.account(b);
        if key.what() == What::Deliver && key.detail() == 1 {
            self.counted(lanes, scope, key.offset());
        }
        self.flush();
    }

    fn scope_of(&self, campaign: u16) -> usize {
        self.judge.numbers[self.judged[self.world.plan.number_of(campaign)]].scope
    }

    fn with_block<R>(&mut self, b: usize, f: impl FnOnce(&mut Block, &Step<'_>) -> R) -> R {
        if self.touched.last() != Some(&b) {
            self.touched.push(b);
        }
        let facts = self.facts.as_ref().expect("a step is under way");
        f(&mut self.blocks[b], facts)
    }

    /// Takes what one event signalled into log, counts and ratings.
    fn account(&mut self, b: usize) {
        let plan = self.world.plan;
        let log = std::mem::take(&mut self.blocks[b].slice.log);
        for &key in &log {
            let m = key.message();
            let segment = self.blocks[b].people.segment(m.recipient);
            self.tally.add(self.shape.cell(segment, key), slot(key), 1);
            self.position += 1;
            self.journal.rows += 1;
            if let Some(sink) = &mut self.sink {
                self.names.with(plan, key, |s| sink.signal(s));
            }
            let number = plan.number_of(m.campaign);
            let judged = self.judged[number];
            let what = key.what();
            tally::note(&mut self.today[judged], key);
            let at = key.time(plan.scenario.start);
            let template = self.template_made(number, plan.template_of(m.campaign, m.variant));
            let kind = match what {
                What::Send => kind::SENT,
                What::Deliver => kind::DELIVERED,
                What::Report => kind::REPORT,
                What::Mute => kind::MUTE,
                What::Archive => kind::ARCHIVE,
                What::Block => self.judge.grid().block_kind(&plan.reasons[key.detail() as usize]),
                What::Read if self.judge.watches_reads() => {
                    let reads = &self.blocks[b].slice.reads;
                    let delivered = reads.last().expect("a read that was just listed").1;
                    let delivered = SimTime(plan.scenario.start.0 + delivered);
                    if self.judge.count_read(judged, template, delivered)
                        && let Some(template) = template
                    {
                        self.judge.note_read_of_template(template, at, self.position);
                    }
                    self.judge.note_read_of_account(judged, at, self.position);
                    continue;
                }
                _ => continue,
            };
            self.judge.count_number(judged, kind, 1, at, self.position);
            let stale = is_negative(what) && !self.blocks[b].slice.stale.is_empty();
            if let Some(template) = template.filter(|_| !stale) {
                self.judge.count_template(template, kind, 1, at, self.position);
            }
        }
        let block = &mut self.blocks[b];
        block.slice.log = log;
        for (campaign, planned) in self.senders.planned.iter_mut().enumerate() {
            planned.planned += block.slice.planned[campaign];
            planned.not_sent += block.slice.not_sent[campaign];
            planned.retried += block.slice.retried[campaign];
        }
        block.slice.clear();
        block.opened.fill(0);
    }

    /// A business-initiated message was counted: a raise may be due.
    fn counted(&mut self, lanes: &mut [Lane], scope: usize, offset: i64) {
        if let Some(need) = self.judge.raise_need(scope)
            && (need.at_least == 0 || lanes[scope].distinct(&self.blocks, offset) >= need.at_least)
        {
            let at = SimTime(self.world.plan.scenario.start.0 + offset);
            self.judge.schedule_raise(scope, at, self.position);
        }
    }

    fn send_in_order(&mut self, lanes: &mut [Lane], key: Key) {
        let plan = self.world.plan;
        let m = key.message();
        let b = m.recipient as usize / BLOCK;
        let campaign = m.campaign as usize;
        let prepared = self.with_block(b, |block, facts| block.prepare(facts, key));
        self.account(b);
        let Prepared::Try(variant) = prepared else { return };
        let since = due_since(plan, m, key.offset());
        if self.senders.joins_line(plan, m.campaign) {
            self.senders.wait(plan, m, since, waited(key));
            return;
        }
        match self.attempt(lanes, key, MessageRef { variant, ..m }, since) {
            Some(Refused::Rule(Refusal::Limit))
                if plan.campaigns[campaign].spec.at_limit != AtLimit::Drop =>
            {
                self.senders.wait(plan, m, since, waited(key));
                self.sleep(lanes, plan.number_of(m.campaign), key.offset());
            }
            Some(refused) => self.give_up(b, key, m, refused),
            None => {}
        }
    }

    /// A message was refused and does not wait for a slot: it is tried again, or given up.
    fn give_up(&mut self, b: usize, key: Key, m: MessageRef, refused: Refused) {
        self.with_block(b, |block, facts| block.give_up(facts, key, m, refused));
        self.account(b);
    }

    /// Tries to send. Returns why it was refused, if it was.
    fn attempt(&mut self, lanes: &mut [Lane], key: Key, m: MessageRef, since: i64) -> Option<Refused> {
        let plan = self.world.plan;
        let offset = key.offset();
        let number = plan.number_of(m.campaign);
        let scope = self.scope_of(m.campaign);
        let b = m.recipient as usize / BLOCK;
        let template = self.template(number, plan.template_of(m.campaign, m.variant));
        let free = self.blocks[b].people.is_free(number, m.recipient, offset);
        let (holds, used) = lanes[scope].look(&self.blocks, m.recipient, offset);
        let limit = self.judge.scopes[scope].limit;
        let judged = self.judged[number];
        let refusal = self.judge.refusal(judged, template, free, || holds || limit.admits(used));
        let at = SimTime(plan.scenario.start.0 + offset);
        let mut held =
            || self.with_block(b, |block, facts| block.people.held(facts.world, m, offset, key.detail()));
        let refusal = refusal.map(Refused::Rule).or_else(|| held().map(Refused::Held));
        match refusal {
            Some(r) => {
                self.with_block(b, |block, facts| {
                    block.refuse(facts, offset, m, r);
                });
                self.account(b);
                self.judge.refused(judged, r.reason(), at, self.position);
                if r == Refused::Rule(Refusal::Limit) {
                    self.judge.limit_used_up(judged, at, self.position);
                }
            }
            None => {
                let before = lanes[scope].before(&self.blocks, m.recipient, offset);
                self.with_block(b, |block, facts| {
                    block.admit(facts, offset, m, Some(since));
                });
                lanes[scope].after(&self.blocks, m.recipient, offset, before);
                self.account(b);
                if !free && self.judge.rules().limit.counted_on == CountedOn::Sent {
                    self.counted(lanes, scope, offset);
                }
            }
        }
        self.flush();
        refusal
    }

    /// Sleeps until a slot is expected to be free.
    fn sleep(&mut self, lanes: &mut [Lane], number: usize, offset: i64) {
        let scope = self.judge.numbers[self.judged[number]].scope;
        let free = lanes[scope].next_expected(&self.blocks, offset).unwrap_or(offset + SimTime::DAY_MS);
        self.wake_at(number, free);
    }

    fn wake_in_order(&mut self, lanes: &mut [Lane], key: Key) {
        let plan = self.world.plan;
        let (number, offset) = (key.recipient() as usize, key.offset());
        if self.senders.lines[number].wake_at != Some(offset) {
            return;
        }
        self.senders.lines[number].wake_at = None;
        while let Some(first) = self.senders.lines[number].first() {
            let m = first.message;
            let b = m.recipient as usize / BLOCK;
            let open = after_quiet(plan, m.campaign, offset);
            if open > offset {
                return self.wake_at(number, open);
            }
            // Prepared as any message that was planned before and has waited.
            let key = Key::send(offset, What::Send, m, detail::of(DEFERRED, first.tries));
            let prepared = self.with_block(b, |block, facts| block.prepare(facts, key));
            self.account(b);
            let Prepared::Try(variant) = prepared else {
                self.senders.lines[number].pop();
                continue;
            };
            let refusal = self.attempt(lanes, key, MessageRef { variant, ..m }, first.since);
            if refusal == Some(Refused::Rule(Refusal::Limit)) {
                return self.sleep(lanes, number, offset);
            }
            self.senders.lines[number].pop();
            if let Some(refused) = refusal {
                self.give_up(b, key, m, refused);
            }
            if !self.senders.lines[number].is_empty() {
                self.wake_at(number, offset + gap_ms(plan, number));
            }
            return;
        }
    }
}

/// What is due in a step, for one scope.
#[derive(Clone, Copy, Debug, Default)]
struct Census {
    sends: u64,
    deliveries: u64,
    triggers: u64,
}

#[derive(Clone, Copy)]
enum Subject {
    Number(usize),
    Template(usize),
}

/// A step's events of one number or template.
#[derive(Clone, Debug)]
struct Merged {
    any: bool,
    counts: Vec<u64>,
    delivered: Key,
    sent: Key,
    negative: Key,
}

impl Merged {
    fn new(width: usize) -> Merged {
        Merged {
            any: false,
            counts: vec![0; width],
            delivered: Key::NONE,
            sent: Key::NONE,
            negative: Key::NONE,
        }
    }

    fn add(&mut self, counts: &[u32], last: Last, negative: Key) {
        self.any = true;
        self.counts.iter_mut().zip(counts).for_each(|(a, b)| *a += u64::from(*b));
        self.delivered = self.delivered.max(last.delivered);
        self.sent = self.sent.max(last.sent);
        self.negative = self.negative.max(negative);
    }
}

/// Positions in the log of single events of a step.
struct Ranks<'a> {
    blocks: &'a [Block],
    base: u64,
    in_order: bool,
    /// Numbers and templates mostly ask for the same few keys.
    known: Vec<(Key, u64)>,
}

impl Ranks<'_> {
    fn of(&mut self, key: Key) -> u64 {
        if key == Key::NONE {
            return 0;
        }
        if let Some((_, rank)) = self.known.iter().find(|(k, _)| *k == key) {
            return *rank;
        }
        let up_to = |b: &Block| match &b.slice.log {
            log if self.in_order => log.partition_point(|k| *k <= key),
            log => log.iter().filter(|k| **k <= key).count(),
        };
        let rank = self.base + self.blocks.iter().map(|b| up_to(b) as u64).sum::<u64>();
        self.known.push((key, rank));
        rank
    }
}

/// The slots of a scope that takes over others: the latest start per person, all reservations.
fn union(old: &[BlockSlots], parts: &[usize], len: usize) -> BlockSlots {
    let mut whole = BlockSlots::new(len);
    for part in parts {
        let p = &old[*part];
        for i in 0..len {
            whole.start[i] = whole.start[i].max(p.start[i]);
            whole.reserved[i] = whole.reserved[i].max(p.reserved[i]);
            whole.last[i] = whole.last[i].max(p.last[i]);
        }
    }
    whole
}
