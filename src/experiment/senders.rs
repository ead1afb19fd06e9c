//! The business's side of a run: what it sees, whom a dispatch reaches, when each message is due, and who waits.
//!
//! The same for every engine. Sees published colours, statuses, limits and refusals; never a score.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::behaviour::sender::{AtLimit, Calendar, Service};
use crate::experiment::gate::detail;
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::lists::{BroadcastRow, Lists};
use crate::experiment::measure::PlanCounts;
use crate::experiment::people::{People, World};
use crate::experiment::plan::{Plan, Published, Stance};
use crate::experiment::templates::Templates;
use crate::messaging::{Limit, NumberStatus, QualityRating, Verdict, VerdictKind};
use crate::sim::rng::{Draws, Purpose, unit};
use crate::sim::{SimDuration, SimTime};

/// A queue with one server: messages leave one after the other. Times in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendQueue {
    free_at: i64,
}

impl SendQueue {
    /// The instant at which a message that arrives at `at` and occupies the server for `service` begins to be
    /// served (Lindley's recursion).
    pub fn begin(&mut self, at: i64, service: i64) -> i64 {
        let begins = at.max(self.free_at);
        self.free_at = begins + service;
        begins
    }
}

/// A message that waits for a slot.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The message.
    pub message: MessageRef,
    /// Offset since which it is due.
    pub since: i64,
    /// How often it was tried before.
    pub tries: u8,
}

/// One number's waiting line: higher priority first, then oldest.
#[derive(Clone, Debug, Default)]
pub struct Line {
    waiting: BTreeMap<(Reverse<i32>, u64), Waiting>,
    serial: u64,
    /// The offset at which the line goes on; older wake-ups are stale.
    pub wake_at: Option<i64>,
}

impl Line {
    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    fn push(&mut self, priority: i32, w: Waiting) {
        self.serial += 1;
        self.waiting.insert((Reverse(priority), self.serial), w);
    }

    /// The first in line.
    pub fn first(&self) -> Option<Waiting> {
        self.waiting.first_key_value().map(|(_, w)| *w)
    }

    /// Takes the first in line away.
    pub fn pop(&mut self) -> Option<Waiting> {
        self.waiting.pop_first().map(|(_, w)| w)
    }
}

#[derive(Clone, Copy, Debug)]
struct CampaignState {
    /// Where the next dispatch goes on.
    cursor: usize,
    /// Largest size of the next dispatch.
    max: f64,
}

/// The business's side of one replication.
#[derive(Clone, Debug)]
pub struct Senders {
    /// What is shown of each number.
    pub published: Vec<Published>,
    /// Who waits at each number.
    pub lines: Vec<Line>,
    /// What each campaign's plan came to.
    pub planned: Vec<PlanCounts>,
    /// What it sees of its templates.
    pub templates: Templates,
    /// What broadcast lists came to.
    pub broadcasts: Vec<BroadcastRow>,
    queues: Vec<SendQueue>,
    meters: Vec<Meter>,
    lists: Vec<Lists>,
    campaigns: Vec<CampaignState>,
    /// Whom the last dispatch reached: (part, recipient). Kept for its room.
    reached: Vec<(u32, u32)>,
}

/// What the platform takes of a number per second: so many at once, then one after the other. Times in microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Meter {
    spent: i64,
}

impl Meter {
    /// Whether a message at `at` is taken, at so many a second.
    fn takes(&mut self, at: i64, per_second: u64) -> bool {
        let gap = 1_000_000 / per_second as i64;
        let spent = self.spent.max(at);
        let takes = spent - at <= 1_000_000 - gap;
        if takes {
            self.spent = spent + gap;
        }
        takes
    }
}

impl Senders {
    /// The business at the start.
    pub fn new(plan: &Plan, initial: QualityRating) -> Senders {
        let shown = Published { rating: initial, status: NumberStatus::Connected, red: None, yellow: None };
        Senders {
            published: vec![shown; plan.numbers().len()],
            lines: vec![Line::default(); plan.numbers().len()],
            planned: vec![PlanCounts::default(); plan.campaigns.len()],
            templates: Templates::new(plan),
            broadcasts: Vec::new(),
            lists: vec![Lists::default(); plan.numbers().len()],
            queues: vec![SendQueue::default(); plan.numbers().len()],
            meters: vec![Meter::default(); plan.numbers().len()],
            reached: Vec::new(),
            campaigns: plan
                .campaigns
                .iter()
                .map(|c| CampaignState {
                    cursor: 0,
                    max: c.spec.audience.max.map_or(f64::INFINITY, |m| m as f64),
                })
                .collect(),
        }
    }

    /// Takes note of what the platform publishes.
    pub fn see(&mut self, plan: &Plan, v: &Verdict) {
        self.templates.see(plan, v);
        if !matches!(v.kind, VerdictKind::QualityRated | VerdictKind::StatusChanged) {
            return;
        }
        let Some(n) = plan.numbers().iter().position(|n| n.name == v.subject) else { return };
        let shown = self.published[n];
        let rating = match v.kind {
            VerdictKind::QualityRated => {
                QualityRating::ALL.into_iter().find(|r| r.name() == v.to).expect("a colour by its own name")
            }
            _ => shown.rating,
        };
        let status = match v.kind {
            VerdictKind::StatusChanged => {
                NumberStatus::ALL.into_iter().find(|s| s.name() == v.to).expect("a status by its own name")
            }
            _ => shown.status,
        };
        self.published[n].note(v.time, rating, status);
    }

    /// What a campaign's own rules say now.
    pub fn stance(&self, plan: &Plan, campaign: usize, at: SimTime) -> Stance {
        let c = &plan.campaigns[campaign];
        let stance = c.stance(&self.published[c.spec.number], at);
        if c.fallback.is_empty() {
            stance
        } else {
            stance.among(self.templates.usable(plan, campaign), &c.fallback)
        }
    }

    /// Plans a dispatch: who is written to, and when each message is due. `people` come in the order of their
    /// indices; `due` takes each message with the number of the part it belongs to.
    pub fn dispatch(
        &mut self,
        w: World<'_>,
        (at, campaign, occurrence): (SimTime, usize, u16),
        (limit, period): (Limit, SimDuration),
        people: &[&People],
        due: &mut dyn FnMut(usize, Key),
    ) {
        let plan = w.plan;
        let c = &plan.campaigns[campaign];
        let stance = self.stance(plan, campaign, at);
        if stance.paused {
            return;
        }
        let offset = plan.offset(at);
        let mut reached = std::mem::take(&mut self.reached);
        reached.clear();
        let state = &mut self.campaigns[campaign];
        let most = state.max.min(plan.people as f64) as usize;
        let from = if c.spec.audience.rotate { state.cursor } else { 0 };
        // Once around from the cursor: the part behind it, then the part before it.
        for (lo, hi) in [(from, plan.people), (0, from)] {
            for (part, p) in people.iter().enumerate() {
                let first = p.first as usize;
                let (past, left) = ((first + p.len()).min(hi), most - reached.len());
                if left > 0 && first.max(lo) < past {
                    let range = first.max(lo)..past;
                    let asked = (offset, stance.share);
                    p.reach(w, c, range, asked, left, |who| reached.push((part as u32, who)));
                }
            }
        }
        if let Some((_, last)) = reached.last() {
            state.cursor = (*last as usize + 1) % plan.people.max(1);
        }
        state.max = (state.max * c.spec.audience.growth).floor();
        self.planned[campaign].planned += reached.len() as u64;
        // Whoever keeps to what the platform takes on average is not metered by the millisecond.
        let number = &plan.numbers()[c.spec.number];
        let taken = w.gate.throughput.map(|t| t.allowed(limit, self.published[c.spec.number].rating));
        let taken = taken.filter(|_| number.app.is_none());
        let taken = taken.filter(|taken| number.throughput > *taken as f64);
        let meter = &mut self.meters[c.spec.number];
        let mut pace = Pace::new(w, campaign, occurrence, (limit, period), reached.len());
        let queue = &mut self.queues[c.spec.number];
        let mut place = reached.iter().copied().zip(0u64..);
        let planned = &mut self.planned[campaign];
        let mut put = |from: Option<i64>| {
            let ((part, recipient), k) = place.next().expect("one for each recipient");
            let m = MessageRef { recipient, campaign: campaign as u16, occurrence, variant: 0 };
            match from.map(|from| pace.next(queue, from, k)).filter(|at| *at <= plan.span()) {
                Some(at) => {
                    let fast =
                        taken.is_some_and(|per_second| !meter.takes(at.saturating_mul(1000), per_second));
                    due(part as usize, Key::send(at, What::Send, m, if fast { detail::TOO_FAST } else { 0 }));
                }
                None => planned.not_sent += 1,
            }
        };
        match &plan.numbers()[c.spec.number].app {
            Some(app) => {
                let lists = &mut self.lists[c.spec.number];
                lists.dispatch(plan, campaign, app, offset, reached.len(), &mut self.broadcasts, &mut put);
            }
            None => (0..reached.len()).for_each(|_| put(Some(offset))),
        }
        self.reached = reached;
    }

    /// A message has to wait for a slot; it counts as deferred once.
    pub fn wait(&mut self, plan: &Plan, m: MessageRef, since: i64, (counted, tries): (bool, u8)) {
        let c = &plan.campaigns[m.campaign as usize].spec;
        self.planned[m.campaign as usize].deferred += u64::from(!counted);
        self.lines[c.number].push(c.priority, Waiting { message: m, since, tries });
    }

    /// Whether a message of this campaign goes to the back of a line instead of being tried.
    pub fn joins_line(&self, plan: &Plan, campaign: u16) -> bool {
        let c = &plan.campaigns[campaign as usize].spec;
        c.at_limit != AtLimit::Drop && !self.lines[c.number].is_empty()
    }

    /// Messages still waiting at the end were not sent.
    pub fn close(&mut self) {
        for line in &mut self.lines {
            while let Some(w) = line.pop() {
                self.planned[w.message.campaign as usize].not_sent += 1;
            }
        }
    }
}

/// Milliseconds between messages of a number at full throughput, rounded up.
pub fn gap_ms(plan: &Plan, number: usize) -> i64 {
    ((1000.0 / plan.numbers()[number].throughput).ceil() as i64).max(1)
}

/// The offset from which a campaign may send again if `offset` lies in its quiet hours.
pub fn after_quiet(plan: &Plan, campaign: u16, offset: i64) -> i64 {
    let at = SimTime(plan.scenario.start.0 + offset);
    let quiet = &plan.campaigns[campaign as usize].spec.quiet;
    match quiet[..quiet.partition_point(|q| q.0 <= at)].last() {
        Some((_, until)) if at < *until => plan.offset(*until),
        _ => offset,
    }
}

/// The spacing of one dispatch.
struct Pace<'a> {
    plan: &'a Plan,
    draws: &'a Draws,
    campaign: usize,
    occurrence: u16,
    gap_us: f64,
    /// The same to the nearest microsecond, where all gaps are equal.
    even_us: Option<i64>,
    /// Whether there are hours in which nothing goes out.
    quiet: bool,
    /// Spaced wider than the queue serves: goes out on the spot, and holds nobody else up.
    spread: bool,
}

impl<'a> Pace<'a> {
    fn new(
        w: World<'a>,
        campaign: usize,
        occurrence: u16,
        (limit, period): (Limit, SimDuration),
        size: usize,
    ) -> Pace<'a> {
        let c = &w.plan.campaigns[campaign].spec;
        let number = &w.plan.numbers()[c.number];
        let mut gap_us = 1e6 / number.throughput;
        let mut spread = false;
        if let (AtLimit::Spread, Limit::Of(limit)) = (c.at_limit, limit)
            && size as u64 > limit
        {
            let apart = period.0 as f64 * 1e3 / limit as f64;
            spread = apart > gap_us;
            gap_us = gap_us.max(apart);
        }
        let even_us = (number.service == Service::Even).then(|| libm::rint(gap_us) as i64);
        let quiet = !c.quiet.is_empty();
        Pace { plan: w.plan, draws: w.draws, campaign, occurrence, gap_us, even_us, quiet, spread }
    }

    /// The offset of the k-th message.
    #[inline]
    fn next(&mut self, queue: &mut SendQueue, offset: i64, k: u64) -> i64 {
        if self.spread {
            let at = offset + libm::rint(k as f64 * self.gap_us) as i64 / 1000;
            return after_quiet(self.plan, self.campaign as u16, at);
        }
        let service = self.even_us.unwrap_or_else(|| {
            let c = &self.plan.campaigns[self.campaign];
            let word = self.draws.words(Purpose::Service, c.entity ^ u64::from(self.occurrence), k)[0];
            libm::rint(-libm::log(unit(word)) * self.gap_us) as i64
        });
        let mut arrival = offset * 1000;
        if self.quiet {
            let earliest = offset.max(queue.free_at.div_euclid(1000));
            let open = after_quiet(self.plan, self.campaign as u16, earliest);
            if open > earliest {
                arrival = open * 1000;
            }
        }
        queue.begin(arrival, service).div_euclid(1000)
    }
}

/// The offset at which a message was first due, for the time it spent in queues.
pub fn due_since(plan: &Plan, m: MessageRef, otherwise: i64) -> i64 {
    match &plan.campaigns[m.campaign as usize].spec.calendar {
        Calendar::Dispatches(at) => plan.offset(at[m.occurrence as usize]),
        Calendar::Triggered { .. } => otherwise,
    }
}
