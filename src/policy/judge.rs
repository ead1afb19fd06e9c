//! The state of numbers, limits, templates and accounts under the rules, and the verdicts that follow from signals, at
//! evaluations and at clocks.
//!
//! Judgement without accounting: who holds a slot and how many distinct recipients were reached is told by whoever
//! keeps the books (`fold` event by event, the block engine in bulk), so both reach the same verdicts by the same
//! code. No randomness, no queue, no log.

mod enforcement;
mod outlook;
mod pacing;
mod portfolio_pacing;
mod reading;
pub mod thirty_days;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::messaging::rows::{Counts, DailyRow, Every, RatingRow, TemplateRatingRow};
use crate::messaging::{Limit, NumberStatus, QualityRating, Scope, TemplateStatus, Verdict, VerdictKind};
use crate::policy::quality::{Grid, Rate, Scorer, Thresholds, Window, kind};
use crate::policy::rules::{
    Denominator, LimitScope, Recovery, Rules, SustainedAction, TemplateRules, UnratedAtDeadline,
};
use crate::sim::{SimDuration, SimTime};

pub use enforcement::{Account, Strike};
pub use outlook::{Due, Obstacle, RaiseOutlook, RedRun};
use pacing::Pacing;
use reading::{Cohorts, ReadsWanted};
pub use thirty_days::ThirtyDays;

/// Rule sets by the instant they take effect; the first holds from the beginning of time.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// (takes effect at, rules), ascending; the first instant is never looked at.
    versions: Vec<(SimTime, Arc<Rules>)>,
}

impl Timeline {
    /// One rule set for all time.
    pub fn pinned(rules: Rules) -> Timeline {
        Timeline { versions: vec![(SimTime(i64::MIN), Arc::new(rules))] }
    }

    /// A first rule set and later ones, ascending.
    pub fn new(first: Rules, later: impl IntoIterator<Item = (SimTime, Rules)>) -> Timeline {
        let mut versions = vec![(SimTime(i64::MIN), Arc::new(first))];
        versions.extend(later.into_iter().map(|(at, r)| (at, Arc::new(r))));
        assert!(versions.windows(2).all(|w| w[0].0 < w[1].0), "versions come in ascending order");
        Timeline { versions }
    }

    /// The grid that serves every version.
    pub fn grid(&self) -> Grid {
        Grid::new(self.versions.iter().map(|v| v.1.as_ref()))
    }

    /// The version in force at an instant.
    pub fn index_at(&self, at: SimTime) -> usize {
        self.versions.partition_point(|v| v.0 <= at) - 1
    }

    /// The rules of a version.
    pub fn rules(&self, index: usize) -> &Arc<Rules> {
        &self.versions[index].1
    }

    /// When a version takes effect.
    pub fn effective(&self, index: usize) -> Option<SimTime> {
        self.versions.get(index).map(|v| v.0)
    }
}

/// Why a send is refused by the rules of limits and statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The number is gone for good.
    Banned,
    /// The number is suspended.
    Suspended,
    /// The account is disabled.
    AccountDisabled,
    /// The account is locked.
    AccountLocked,
    /// The account is restricted.
    AccountRestricted,
    /// The template is gone for good.
    TemplateDisabled,
    /// The template is paused.
    TemplatePaused,
    /// The limit is used up.
    Limit,
}

impl Refusal {
    /// The rule's id in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Refusal::Banned => "banned",
            Refusal::Suspended => "suspended",
            Refusal::AccountDisabled => "account_disabled",
            Refusal::AccountLocked => "account_locked",
            Refusal::AccountRestricted => "account_restricted",
            Refusal::TemplateDisabled => "template_disabled",
            Refusal::TemplatePaused => "template_paused",
            Refusal::Limit => "limit",
        }
    }
}

/// A signal that entered a rating: when, and its position among signals.
type LastCounted = Option<(SimTime, u64)>;

/// The last signals that may have entered a subject's rating; which of deliveries and sends did is for the rules
/// in force at the evaluation to say. A kind that weighs nothing still enters.
#[derive(Clone, Copy, Debug, Default)]
struct LastSignals {
    delivered: LastCounted,
    sent: LastCounted,
    negative: LastCounted,
    /// Of templates, where some rules look at reads.
    read: LastCounted,
}

impl LastSignals {
    #[inline]
    fn note(&mut self, kind: usize, at: SimTime, position: u64) {
        let last = match kind {
            kind::DELIVERED => &mut self.delivered,
            kind::SENT => &mut self.sent,
            _ => &mut self.negative,
        };
        // Engines that count in bulk may come to a subject twice in one step, the later signals first.
        if last.is_none_or(|before| before < (at, position)) {
            *last = Some((at, position));
        }
    }

    fn counted(&self, denominator: Denominator) -> LastCounted {
        let exposure = match denominator {
            Denominator::Delivered => self.delivered,
            Denominator::Sent => self.sent,
        };
        exposure.max(self.negative)
    }
}

/// As what a number comes into being.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// With the policy's starting limit.
    #[default]
    Plain,
    /// With this limit.
    At(Limit),
    /// In the Business app: ratings, messaging limits and templates are the API's, so these rules leave it alone.
    App,
}

impl Registration {
    /// The word for a number of the Business app, as the value of `number_registered`.
    pub const APP: &'static str = "app";
}

/// A business phone number under the rules.
#[derive(Clone, Debug)]
pub struct NumberState {
    /// Its id.
    pub id: String,
    /// Index of its portfolio.
    pub portfolio: usize,
    /// Index of the scope its limit lives in.
    pub scope: usize,
    /// Whether it is a number of the Business app, which these rules leave alone.
    pub app: bool,
    /// What entered its rating.
    pub window: Window,
    /// Its colour.
    pub rating: QualityRating,
    /// The score of the last evaluation.
    pub score: Option<f64>,
    /// Its lowest colour on each of the last thirty days.
    pub thirty_days: ThirtyDays,
    last: LastSignals,
    flag: Option<Flag>,
    red_since: Option<SimTime>,
    not_red_since: Option<SimTime>,
    sustained_done: usize,
    suspended: Option<(SimTime, Option<u64>)>,
    banned: bool,
    restricted: bool,
}

#[derive(Clone, Copy, Debug)]
struct Flag {
    deadline: SimTime,
    cause: Option<u64>,
}

impl NumberState {
    /// The published status: the most severe that applies.
    pub fn status(&self) -> NumberStatus {
        match () {
            () if self.banned => NumberStatus::Banned,
            () if self.suspended.is_some() => NumberStatus::Suspended,
            () if self.flag.is_some() => NumberStatus::Flagged,
            () if self.restricted => NumberStatus::Restricted,
            () => NumberStatus::Connected,
        }
    }
}

/// Where a limit lives: one number, or a portfolio.
#[derive(Clone, Debug)]
pub struct ScopeState {
    /// Which of the two.
    pub kind: Scope,
    /// Id of the number or portfolio.
    pub id: String,
    /// Index of the portfolio.
    pub portfolio: usize,
    /// The limit in force.
    pub limit: Limit,
    /// When its first number appeared.
    pub first_signal: SimTime,
    /// The numbers that share it.
    pub members: Vec<usize>,
    last_change: Option<SimTime>,
    pending: Option<PendingRaise>,
    count_from: Option<SimTime>,
}

#[derive(Clone, Copy, Debug)]
struct PendingRaise {
    at: SimTime,
    cause: Option<u64>,
}

/// A template of a portfolio under the rules.
#[derive(Clone, Debug)]
pub struct TemplateState {
    /// Index of the portfolio.
    pub portfolio: usize,
    /// Its name.
    pub name: String,
    /// What entered its rating since it was created or last resumed.
    pub window: Window,
    /// Its colour.
    pub rating: QualityRating,
    /// The score of the last evaluation.
    pub score: Option<f64>,
    /// Its status.
    pub status: TemplateStatus,
    /// When it was last resumed: older deliveries no longer count.
    pub resumed_at: Option<SimTime>,
    pacing: Pacing,
    last: LastSignals,
    /// What was delivered and read since then, where some rules look at reads.
    cohorts: Cohorts,
    times_red: usize,
    resume: Option<(SimTime, Option<u64>)>,
}

/// A portfolio: its id and whether its business was verified.
#[derive(Clone, Debug)]
pub struct PortfolioState {
    /// Its id.
    pub id: String,
    /// Whether `business_verified` was seen.
    pub verified: bool,
    /// What enforcement holds against it.
    pub account: Account,
    /// Where it stands with the pacing of portfolios.
    pacing: portfolio_pacing::PortfolioPacing,
}

/// What a counted message has to reach for a raise to be scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaiseNeed {
    /// Distinct recipients whose latest start lies in this span before the message…
    pub over: SimDuration,
    /// …and after this instant…
    pub after: Option<SimTime>,
    /// …must be at least so many (0: any counted message will do).
    pub at_least: u64,
}

/// How scopes changed when other rules took effect: for each new scope, the old ones it takes over.
pub type ScopeMap = Vec<Vec<usize>>;

/// All state under the rules.
#[derive(Clone, Debug)]
pub struct Judge {
    timeline: Timeline,
    version: usize,
    rules: Arc<Rules>,
    grid: Grid,
    /// The bucket of the grid asked for last: after when, up to when, its number.
    bucket: (SimTime, SimTime, i64),
    scorer: Scorer,
    /// Which reads are counted.
    reads: ReadsWanted,
    /// Numbers in order of appearance.
    pub numbers: Vec<NumberState>,
    /// Numbers in byte order of their ids.
    order: Vec<usize>,
    /// Scopes of limits.
    pub scopes: Vec<ScopeState>,
    /// Scopes in byte order of their ids.
    scope_order: Vec<usize>,
    /// Portfolios in order of appearance.
    pub portfolios: Vec<PortfolioState>,
    portfolio_index: FxHashMap<String, usize>,
    /// For each portfolio its templates by name.
    template_index: Vec<FxHashMap<String, usize>>,
    /// For each portfolio the scope that its numbers share, under portfolio scope.
    shared: Vec<Option<usize>>,
    /// Templates in order of appearance.
    pub templates: Vec<TemplateState>,
    /// Templates in order of (portfolio id, name).
    template_order: Vec<usize>,
    /// What was decided and not yet taken away, in order.
    pub verdicts: Vec<Verdict>,
    /// One row per evaluation and number, when kept.
    pub ratings: Vec<RatingRow>,
    /// Each number's rated evaluation of the highest score (the first of equals), in order of appearance: kept
    /// where rows are kept, whether or not it falls on one of them.
    pub worst: Vec<Option<RatingRow>>,
    /// One row per evaluation and template, when kept.
    pub template_ratings: Vec<TemplateRatingRow>,
    keep_every: Option<Every>,
    keep_templates: bool,
    /// What became of each number's colour, in order of appearance.
    pub watch: Vec<Watch>,
    watch_from: SimTime,
}

/// What became of a number's colour over evaluations, from an instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch {
    /// First evaluation at YELLOW or RED.
    pub first_yellow: Option<SimTime>,
    /// First evaluation at RED.
    pub first_red: Option<SimTime>,
    /// Evaluations at each colour, in the order of [`QualityRating::ALL`].
    pub evaluations: [u64; 4],
    /// Highest score of a rated evaluation.
    pub worst_score: Option<f64>,
}

impl Watch {
    fn note(&mut self, at: SimTime, colour: QualityRating, score: Option<f64>) {
        let place = QualityRating::ALL.iter().position(|c| *c == colour).expect("all colours are listed");
        self.evaluations[place] += 1;
        if matches!(colour, QualityRating::Red | QualityRating::Yellow) {
            self.first_yellow.get_or_insert(at);
        }
        if colour == QualityRating::Red {
            self.first_red.get_or_insert(at);
        }
        if colour != QualityRating::Unknown && score > self.worst_score {
            self.worst_score = score;
        }
    }
}

impl Judge {
    /// A judge before any signal. Rating rows are kept at multiples of `keep_every`; none keeps none.
    pub fn new(timeline: Timeline, at: SimTime, keep_every: Option<SimDuration>) -> Judge {
        let grid = timeline.grid();
        let version = timeline.index_at(at);
        let rules = timeline.rules(version).clone();
        let scorer = Scorer::new(&rules.rating, &grid);
        Judge {
            reads: ReadsWanted::of(&timeline),
            timeline,
            version,
            rules,
            grid,
            bucket: (SimTime(0), SimTime(0), 0),
            scorer,
            numbers: Vec::new(),
            order: Vec::new(),
            scopes: Vec::new(),
            scope_order: Vec::new(),
            portfolios: Vec::new(),
            portfolio_index: FxHashMap::default(),
            template_index: Vec::new(),
            shared: Vec::new(),
            templates: Vec::new(),
            template_order: Vec::new(),
            verdicts: Vec::new(),
            ratings: Vec::new(),
            worst: Vec::new(),
            template_ratings: Vec::new(),
            keep_every: keep_every.map(Every),
            keep_templates: false,
            watch: Vec::new(),
            watch_from: SimTime(i64::MIN),
        }
    }

    /// Leaves evaluations before an instant (the warm-up) out of [`Judge::watch`] and [`Judge::worst`].
    pub fn watch_from(&mut self, at: SimTime) {
        self.watch_from = at;
    }

    /// Keeps rating rows of templates too, at the evaluations at which those of numbers are kept.
    pub fn keep_template_ratings(&mut self) {
        self.keep_templates = true;
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The grid of all windows.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The instant the next version takes effect.
    pub fn next_change(&self) -> Option<SimTime> {
        self.timeline.effective(self.version + 1)
    }

    /// Index of a portfolio, made if new.
    pub fn portfolio(&mut self, id: &str) -> usize {
        if let Some(i) = self.portfolio_index.get(id) {
            return *i;
        }
        let index = self.portfolios.len();
        self.portfolio_index.insert(id.to_string(), index);
        self.portfolios.push(PortfolioState {
            id: id.to_string(),
            verified: false,
            account: Account::default(),
            pacing: portfolio_pacing::PortfolioPacing::default(),
        });
        self.template_index.push(FxHashMap::default());
        self.shared.push(None);
        index
    }

    /// The business of a portfolio was verified.
    pub fn verify(&mut self, portfolio: usize) {
        self.portfolios[portfolio].verified = true;
    }

    /// A number's row for a day, from its counts and the slots in use in its scope at the day's end.
    pub fn daily_row(&self, number: usize, day: SimTime, counts: Counts, slots_in_use: u64) -> DailyRow {
        let n = &self.numbers[number];
        let scope = &self.scopes[n.scope];
        DailyRow {
            day,
            number,
            counts,
            scope: scope.kind,
            slots_in_use,
            limit: scope.limit,
            score: n.score,
            rating: n.rating,
            lowest_rating: n.thirty_days.lowest(day).unwrap_or(n.rating),
            status: n.status(),
        }
    }

    /// Adds a number at its first signal. Returns its index.
    pub fn add_number(&mut self, id: &str, portfolio: usize, at: SimTime, as_what: Registration) -> usize {
        let app = as_what == Registration::App;
        let index = self.numbers.len();
        let shared = match self.rules.limit.scope {
            LimitScope::Portfolio if !app => self.shared[portfolio],
            LimitScope::Number | LimitScope::Portfolio => None,
        };
        let scope = shared.unwrap_or_else(|| {
            let (kind, scope_id) = match self.rules.limit.scope {
                LimitScope::Portfolio if !app => (Scope::Portfolio, self.portfolios[portfolio].id.clone()),
                LimitScope::Number | LimitScope::Portfolio => (Scope::Number, id.to_string()),
            };
            if kind == Scope::Portfolio {
                self.shared[portfolio] = Some(self.scopes.len());
            }
            let ids = |s: &usize| self.scopes[*s].id.as_bytes() < scope_id.as_bytes();
            self.scope_order.insert(self.scope_order.partition_point(ids), self.scopes.len());
            self.scopes.push(ScopeState {
                kind,
                id: scope_id,
                portfolio,
                limit: match as_what {
                    Registration::Plain => self.rules.limit.start,
                    Registration::At(limit) => limit,
                    Registration::App => Limit::Unlimited,
                },
                first_signal: at,
                members: Vec::new(),
                last_change: None,
                pending: None,
                count_from: None,
            });
            self.scopes.len() - 1
        });
        self.scopes[scope].members.push(index);
        self.watch.push(Watch::default());
        self.worst.push(None);
        self.numbers.push(NumberState {
            id: id.to_string(),
            portfolio,
            scope,
            app,
            window: Window::new(&self.grid),
            rating: match app {
                true => QualityRating::Unknown,
                false => Thresholds::of_numbers(&self.rules.rating).initial(),
            },
            score: None,
            thirty_days: ThirtyDays::default(),
            last: LastSignals::default(),
            flag: None,
            red_since: None,
            not_red_since: None,
            sustained_done: 0,
            suspended: None,
            banned: false,
            restricted: false,
        });
        let ids = |n: &usize| self.numbers[*n].id.as_bytes() < id.as_bytes();
        self.order.insert(self.order.partition_point(ids), index);
        index
    }

    /// Index of a template of a portfolio, made if new.
    pub fn template(&mut self, portfolio: usize, name: &str) -> usize {
        if let Some(i) = self.template_index[portfolio].get(name) {
            return *i;
        }
        let index = self.templates.len();
        self.template_index[portfolio].insert(name.to_string(), index);
        let id = |p: usize| self.portfolios[p].id.as_str();
        let names = |t: &usize| {
            let t = &self.templates[*t];
            (id(t.portfolio), t.name.as_str()) < (id(portfolio), name)
        };
        self.template_order.insert(self.template_order.partition_point(names), index);
        let rating = Thresholds::of_numbers(&self.rules.rating).initial();
        self.templates.push(TemplateState {
            portfolio,
            name: name.to_string(),
            window: Window::new(&self.grid),
            rating,
            score: None,
            status: TemplateStatus::Active,
            resumed_at: None,
            pacing: Pacing::default(),
            last: LastSignals::default(),
            cohorts: Cohorts::default(),
            times_red: 0,
            resume: None,
        });
        index
    }

    /// Numbers in byte order of their ids.
    pub fn number_order(&self) -> &[usize] {
        &self.order
    }

    /// Portfolios in byte order of their ids.
    pub fn portfolio_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.portfolios.len()).collect();
        order.sort_by(|a, b| self.portfolios[*a].id.as_bytes().cmp(self.portfolios[*b].id.as_bytes()));
        order
    }

    /// The scope that a portfolio's numbers share, where the rules in force have them share one.
    pub fn shared_scope(&self, portfolio: usize) -> Option<usize> {
        self.shared[portfolio]
    }

    /// Counts a signal in a number's rating.
    #[inline]
    pub fn count_number(&mut self, number: usize, kind: usize, n: u32, at: SimTime, position: u64) {
        let bucket = self.bucket_of(at);
        let s = &mut self.numbers[number];
        s.window.advance(bucket);
        s.window.add(kind, n);
        s.last.note(kind, at, position);
        if self.reads.accounts && kind == kind::DELIVERED && !self.numbers[number].app {
            self.delivered_to_account(number, n, bucket, (at, position));
        }
    }

    /// Counts a signal in a template's rating.
    #[inline]
    pub fn count_template(&mut self, template: usize, kind: usize, n: u32, at: SimTime, position: u64) {
        let bucket = self.bucket_of(at);
        let s = &mut self.templates[template];
        s.window.advance(bucket);
        s.window.add(kind, n);
        s.last.note(kind, at, position);
        if kind == kind::SENT && self.rules.pacing.is_some() {
            self.sent_paced(template, at, position);
        }
        if self.reads.templates && kind == kind::DELIVERED {
            self.templates[template].delivered(bucket, n);
        }
    }

    /// The bucket of an instant, which is nearly always that of the instant asked about before.
    #[inline]
    fn bucket_of(&mut self, at: SimTime) -> i64 {
        let (from, to, bucket) = self.bucket;
        if from < at && at <= to {
            return bucket;
        }
        let bucket = self.grid.bucket_of(at);
        let end = SimTime(bucket * self.grid.base.0);
        self.bucket = (SimTime(end.0 - self.grid.base.0), end, bucket);
        bucket
    }

    /// Whether and why an attempt is refused. `admits` tells whether the recipient may open a message under the
    /// limit; it is asked last, and not for free messages.
    pub fn refusal(
        &self,
        number: usize,
        template: Option<usize>,
        free: bool,
        admits: impl FnOnce() -> bool,
    ) -> Option<Refusal> {
        let n = &self.numbers[number];
        if n.banned {
            return Some(Refusal::Banned);
        }
        if n.suspended.is_some() {
            return Some(Refusal::Suspended);
        }
        if let Some(refusal) = self.portfolios[n.portfolio].account.refusal(free) {
            return Some(refusal);
        }
        match template.map(|t| self.templates[t].status) {
            Some(TemplateStatus::Disabled) => return Some(Refusal::TemplateDisabled),
            Some(TemplateStatus::Paused) => return Some(Refusal::TemplatePaused),
            Some(TemplateStatus::Active) | None => {}
        }
        (!free && !admits()).then_some(Refusal::Limit)
    }

    /// Whether any send could be refused for a reason other than the limit.
    pub fn refuses_without_limit(&self, number: usize, template: Option<usize>) -> bool {
        // Not asked as of a free message: some restrictions stop the others alone.
        self.refusal(number, template, false, || true).is_some()
    }

    /// Writes down a refusal.
    pub fn refused(&mut self, number: usize, rule: &str, at: SimTime, position: u64) {
        let (subject, portfolio) = self.number_names(number);
        self.push(
            VerdictKind::SendRefused,
            Scope::Number,
            subject,
            portfolio,
            at,
            Edge::none(rule),
            Some(position),
        );
    }

    /// After a refusal for the limit: RESTRICTED, where the rules have it.
    pub fn limit_used_up(&mut self, number: usize, at: SimTime, position: u64) {
        if self.rules.limit.restricted_status && !self.numbers[number].restricted {
            let before = self.numbers[number].status();
            self.numbers[number].restricted = true;
            self.status_changed(number, before, at, "limit_used_up", Some(position));
        }
    }

    /// What a counted message in this scope has to reach now for a raise to be scheduled; none when no raise can be.
    pub fn raise_need(&self, scope: usize) -> Option<RaiseNeed> {
        let s = &self.scopes[scope];
        if s.pending.is_some() || self.step_up(s.limit).is_none() || !self.raise_allowed(scope) {
            return None;
        }
        self.count_needed(scope)
    }

    /// Whether a scope's limit is at the lowest step, or below.
    fn is_at_first_step(&self, scope: usize) -> bool {
        self.scopes[scope].limit <= self.rules.limit.ladder[0]
    }

    /// What a counted message has to reach, should nothing else stand in the way; none where no count will do.
    fn count_needed(&self, scope: usize) -> Option<RaiseNeed> {
        let s = &self.scopes[scope];
        let raise = &self.rules.raise;
        if let Some(first) = raise.first_step.as_ref().filter(|_| self.is_at_first_step(scope)) {
            if first.business_verified && self.portfolios[s.portfolio].verified {
                return Some(RaiseNeed { over: first.over, after: s.count_from, at_least: 0 });
            }
            return first.count.map(|n| RaiseNeed { over: first.over, after: s.count_from, at_least: n });
        }
        let Limit::Of(limit) = s.limit else { return None };
        let at_least = (u128::from(raise.factor_ppm) * u128::from(limit)).div_ceil(1_000_000) as u64;
        Some(RaiseNeed { over: raise.over, after: s.count_from, at_least })
    }

    /// A business-initiated message was counted and `need` is met: schedules the raise.
    pub fn schedule_raise(&mut self, scope: usize, at: SimTime, position: u64) {
        let raise = &self.rules.raise;
        let due = (at + raise.delay).max(self.limit_held_until(scope));
        self.scopes[scope].pending = Some(PendingRaise { at: due, cause: Some(position) });
        let edge = Edge { from: String::new(), to: due.to_string(), rule: "raise".to_string() };
        self.scope_verdict(VerdictKind::RaiseScheduled, scope, at, edge, Some(position));
    }

    /// Until when a scope's limit must be held before a raise takes effect.
    fn limit_held_until(&self, scope: usize) -> SimTime {
        let s = &self.scopes[scope];
        s.last_change.unwrap_or(s.first_signal) + self.rules.raise.min_time_at_limit
    }

    /// The instant at which this scope's raise is due.
    pub fn pending_raise(&self, scope: usize) -> Option<SimTime> {
        self.scopes[scope].pending.map(|p| p.at)
    }

    fn step_up(&self, limit: Limit) -> Option<Limit> {
        self.rules.limit.ladder.iter().copied().find(|step| *step > limit)
    }

    fn step_down(&self, limit: Limit) -> Option<Limit> {
        let floor = self.rules.limit.floor.unwrap_or(self.rules.limit.ladder[0]);
        let below = self.rules.limit.ladder.iter().copied().rev().find(|step| *step < limit)?;
        (limit > floor).then_some(below.max(floor))
    }

    /// The next instant at which something falls due, after `after`: an evaluation, a clock, or a change of rules.
    pub fn next_instant(&self, after: SimTime) -> SimTime {
        let mut next = SimTime(i64::MAX);
        let mut offer = |at: SimTime| {
            if at > after && at < next {
                next = at;
            }
        };
        if !self.numbers.is_empty() {
            offer((after + SimDuration(1)).ceil_to(self.rules.rating.cadence));
        }
        if let Some(at) = self.next_change() {
            offer(at);
        }
        self.each_clock(&mut offer);
        next
    }

    /// Every clock that runs, raises included.
    fn each_clock(&self, offer: &mut impl FnMut(SimTime)) {
        for s in &self.scopes {
            s.pending.iter().for_each(|p| offer(p.at));
        }
        self.each_clock_but_raises(offer);
    }

    /// Every clock that runs other than raises.
    pub fn each_clock_but_raises(&self, offer: &mut impl FnMut(SimTime)) {
        for n in &self.numbers {
            n.flag.iter().for_each(|f| offer(f.deadline));
            n.suspended.iter().for_each(|s| offer(s.0));
        }
        for t in &self.templates {
            t.resume.iter().for_each(|r| offer(r.0));
        }
        self.each_hold(offer);
        self.each_portfolio_hold(offer);
        for p in &self.portfolios {
            p.account.each_end(offer);
        }
    }

    /// Whether `at` is an evaluation.
    pub fn is_evaluation(&self, at: SimTime) -> bool {
        !self.numbers.is_empty() && at.is_multiple_of(self.rules.rating.cadence)
    }

    /// Steps 3 and 4 at an instant: the evaluation, if it is one, then clocks that run out.
    pub fn settle(&mut self, at: SimTime, slots_in_use: &mut dyn FnMut(usize, SimTime) -> u64) {
        if self.is_evaluation(at) {
            self.evaluate(at, slots_in_use);
        }
        self.run_clocks(at);
    }

    fn evaluate(&mut self, at: SimTime, slots_in_use: &mut dyn FnMut(usize, SimTime) -> u64) {
        let keep = self.keep_every.is_some_and(|every| every.keeps(at, self.rules.rating.cadence));
        let rules = self.rules.clone();
        let bucket = self.grid.bucket_of(at);
        let thresholds = Thresholds::of_numbers(&rules.rating);
        for i in 0..self.order.len() {
            let n = self.order[i];
            self.numbers[n].window.advance(bucket);
            let rate = self.scorer.rate(&self.numbers[n].window);
            let cause = self.evaluation_cause(self.numbers[n].last.counted(rules.rating.denominator), at);
            self.rate_number(n, at, rate, &thresholds, cause, keep);
            self.evaluate_status(n, at, &rules, cause, slots_in_use);
            self.evaluate_sustained(n, at, &rules, cause);
        }
        for i in 0..self.scope_order.len() {
            let s = self.scope_order[i];
            if let Some(pending) = self.scopes[s].pending.filter(|_| !self.raise_allowed(s)) {
                let members = self.scopes[s].members.iter();
                let last =
                    members.filter_map(|m| self.numbers[*m].last.counted(rules.rating.denominator)).max();
                let cause = self.evaluation_cause(last, at);
                self.cancel_raise(s, at, pending, "not_allowed", cause);
            }
        }
        for i in 0..self.template_order.len() {
            self.evaluate_template(self.template_order[i], at, bucket, keep && self.keep_templates);
        }
        self.evaluate_reading(at, bucket);
        self.pace_portfolios(at);
    }

    /// The last signal that entered the subject's rating since the previous evaluation, if any.
    fn evaluation_cause(&self, last: LastCounted, at: SimTime) -> Option<u64> {
        last.filter(|(t, _)| *t > at - self.rules.rating.cadence).map(|l| l.1)
    }

    fn rate_number(
        &mut self,
        n: usize,
        at: SimTime,
        rate: Rate,
        thresholds: &Thresholds,
        cause: Option<u64>,
        keep: bool,
    ) {
        let before = self.numbers[n].rating;
        // What is counted is shown; nobody has published what an app number's score would be.
        let value = rate.value.filter(|_| !self.numbers[n].app);
        let mut colour = match self.numbers[n].app {
            true => QualityRating::Unknown,
            false => thresholds.colour(rate, before),
        };
        if colour == QualityRating::Green && self.templates_weigh_on_numbers(self.numbers[n].portfolio, at) {
            colour = QualityRating::Yellow;
        }
        let s = &mut self.numbers[n];
        s.score = value;
        s.rating = colour;
        s.thirty_days.note(at, before, colour);
        if colour == QualityRating::Red {
            s.red_since.get_or_insert(at);
            s.not_red_since = None;
        } else {
            s.red_since = None;
            s.not_red_since.get_or_insert(at);
        }
        if at >= self.watch_from {
            self.watch[n].note(at, colour, value);
        }
        let worst = self.keep_every.is_some()
            && at >= self.watch_from
            && colour != QualityRating::Unknown
            && value > self.worst[n].as_ref().and_then(|row| row.score);
        if keep || worst {
            let mut score = self.scorer.score(&self.numbers[n].window);
            score.value = value;
            let row = RatingRow {
                time: at,
                cadence: self.rules.rating.cadence,
                number: n,
                exposure: score.exposure,
                blocks: score.blocks,
                reports: score.reports,
                mutes: score.mutes,
                archives: score.archives,
                score: score.value,
                rating: colour,
                effective_sample: score.effective_sample().filter(|_| !self.numbers[n].app),
                thresholds: thresholds.of_colours(),
            };
            if worst {
                self.worst[n] = Some(row.clone());
            }
            if keep {
                self.ratings.push(row);
            }
        }
        if colour != before {
            let (subject, portfolio) = self.number_names(n);
            let edge = Edge::of(before, colour, "rating");
            self.push(VerdictKind::QualityRated, Scope::Number, subject, portfolio, at, edge, cause);
        }
    }

    fn evaluate_status(
        &mut self,
        n: usize,
        at: SimTime,
        rules: &Rules,
        cause: Option<u64>,
        slots_in_use: &mut dyn FnMut(usize, SimTime) -> u64,
    ) {
        let before = self.numbers[n].status();
        let mut rule = "slots_free";
        if self.numbers[n].restricted {
            let scope = self.numbers[n].scope;
            let limit = self.scopes[scope].limit;
            if limit == Limit::Unlimited || limit.admits(slots_in_use(scope, at)) {
                self.numbers[n].restricted = false;
            }
        }
        let s = &mut self.numbers[n];
        if s.flag.is_some() {
            let calm = s.not_red_since.is_some_and(|since| at - since >= rules.flag.after);
            if rules.flag.recovery == Recovery::Held && calm {
                rule = "flag_recovered";
                self.end_flag(n, at);
            }
        } else if rules.flag.enabled && s.rating == QualityRating::Red && s.suspended.is_none() && !s.banned {
            rule = "flag_red";
            s.flag = Some(Flag { deadline: at + rules.flag.after, cause });
        }
        self.status_changed(n, before, at, rule, cause);
    }

    /// Ends a flag and, where the rules say so, lets the count towards a raise start anew.
    fn end_flag(&mut self, n: usize, at: SimTime) {
        self.numbers[n].flag = None;
        if self.rules.raise.restart_count_after_flag {
            let scope = self.numbers[n].scope;
            self.scopes[scope].count_from = Some(at);
        }
    }

    fn evaluate_sustained(&mut self, n: usize, at: SimTime, rules: &Rules, cause: Option<u64>) {
        let Some(sustained) = &rules.sustained else { return };
        let Some(since) = self.numbers[n].red_since.filter(|_| !self.numbers[n].banned) else { return };
        if at - since < sustained.red_for {
            return;
        }
        self.numbers[n].red_since = Some(at);
        let position = self.numbers[n].sustained_done.min(sustained.actions.len() - 1);
        self.numbers[n].sustained_done += 1;
        let before = self.numbers[n].status();
        let (subject, portfolio) = self.number_names(n);
        match sustained.actions[position] {
            SustainedAction::Lower => self.lower(self.numbers[n].scope, at, "sustained_lower", cause),
            SustainedAction::Suspend(span) => {
                let until = at + span;
                self.numbers[n].suspended = Some((until, cause));
                let edge =
                    Edge { from: String::new(), to: until.to_string(), rule: "sustained_suspend".into() };
                self.push(VerdictKind::NumberSuspended, Scope::Number, subject, portfolio, at, edge, cause);
                self.status_changed(n, before, at, "sustained_suspend", cause);
            }
            SustainedAction::Ban => {
                if self.numbers[n].flag.is_some() {
                    self.end_flag(n, at);
                }
                self.numbers[n].banned = true;
                self.numbers[n].suspended = None;
                let edge = Edge::none("sustained_ban");
                self.push(VerdictKind::NumberBanned, Scope::Number, subject, portfolio, at, edge, cause);
                self.status_changed(n, before, at, "sustained_ban", cause);
            }
        }
    }

    fn evaluate_template(&mut self, t: usize, at: SimTime, bucket: i64, keep: bool) {
        let rules = self.rules.clone();
        let Some(template) = &rules.template else { return };
        if self.templates[t].status != TemplateStatus::Active {
            return;
        }
        let thresholds = Thresholds::of_templates(&rules.rating, template);
        self.templates[t].window.advance(bucket);
        let rate = self.scorer.rate(&self.templates[t].window);
        let before = self.templates[t].rating;
        let colour = self.colour_by_reads(t, template, bucket, thresholds.colour(rate, before));
        let last = &self.templates[t].last;
        let cause = self.evaluation_cause(last.with_reads(last.counted(rules.rating.denominator)), at);
        self.templates[t].rating = colour;
        self.templates[t].score = rate.value;
        // The row waits for the status that follows from the colour.
        let score = keep.then(|| self.scorer.score(&self.templates[t].window));
        let row = score.map(|score| TemplateRatingRow {
            time: at,
            cadence: rules.rating.cadence,
            template: t,
            exposure: score.exposure,
            blocks: score.blocks,
            reports: score.reports,
            mutes: score.mutes,
            archives: score.archives,
            score: score.value,
            rating: colour,
            status: TemplateStatus::Active,
            effective_sample: score.effective_sample(),
        });
        self.act_on_template(t, at, template, before, cause);
        let status = self.templates[t].status;
        self.template_ratings.extend(row.map(|row| TemplateRatingRow { status, ..row }));
    }

    /// What follows from a template's new colour.
    fn act_on_template(
        &mut self,
        t: usize,
        at: SimTime,
        template: &TemplateRules,
        before: QualityRating,
        cause: Option<u64>,
    ) {
        let colour = self.templates[t].rating;
        if colour != before {
            self.template_verdict(
                VerdictKind::TemplateRated,
                t,
                at,
                Edge::of(before, colour, "rating"),
                cause,
            );
        }
        self.pace_by_colour(t, before, at, cause);
        if colour != QualityRating::Red {
            return;
        }
        self.template_was_red(self.templates[t].portfolio, at);
        self.templates[t].times_red += 1;
        let nth = self.templates[t].times_red;
        let rule = format!("template_red_{nth}");
        if let Some(pause) = template.pauses.get(nth - 1) {
            self.templates[t].status = TemplateStatus::Paused;
            self.templates[t].resume = Some((at + *pause, cause));
            let edge = Edge::of(TemplateStatus::Active, TemplateStatus::Paused, &rule);
            self.template_verdict(VerdictKind::TemplatePaused, t, at, edge, cause);
        } else {
            self.templates[t].status = TemplateStatus::Disabled;
            let edge = Edge::of(TemplateStatus::Active, TemplateStatus::Disabled, &rule);
            self.template_verdict(VerdictKind::TemplateDisabled, t, at, edge, cause);
            if self.rules.enforcement.as_ref().is_some_and(|e| e.disabled_template_counts) {
                self.strike(self.templates[t].portfolio, Strike::Template, at, cause);
            }
        }
    }

    /// Step 4: flag deadlines, raises, template resumes, ends of suspensions, of restrictions and of holds (of templates, then of portfolios); by id
    /// inside each.
    fn run_clocks(&mut self, at: SimTime) {
        for i in 0..self.order.len() {
            self.run_flag_deadline(self.order[i], at);
        }
        for i in 0..self.scope_order.len() {
            self.fire_raise(self.scope_order[i], at);
        }
        for i in 0..self.template_order.len() {
            let t = self.template_order[i];
            if let Some((_, cause)) = self.templates[t].resume.filter(|r| r.0 <= at) {
                self.resume_template(t, at, cause);
            }
        }
        for i in 0..self.order.len() {
            let n = self.order[i];
            if let Some((_, cause)) = self.numbers[n].suspended.filter(|s| s.0 <= at) {
                let before = self.numbers[n].status();
                self.numbers[n].suspended = None;
                let (subject, portfolio) = self.number_names(n);
                let edge = Edge::none("suspension_over");
                self.push(VerdictKind::NumberRestored, Scope::Number, subject, portfolio, at, edge, cause);
                self.status_changed(n, before, at, "suspension_over", cause);
            }
        }
        self.end_restrictions(at);
        self.end_holds(at);
        self.end_portfolio_holds(at);
    }

    fn run_flag_deadline(&mut self, n: usize, at: SimTime) {
        let Some(flag) = self.numbers[n].flag.filter(|f| f.deadline <= at) else { return };
        let rules = self.rules.clone();
        let low = match self.numbers[n].rating {
            QualityRating::Red => true,
            QualityRating::Unknown => rules.flag.unrated_at_deadline == UnratedAtDeadline::NotRecovered,
            QualityRating::Yellow | QualityRating::Green => false,
        };
        if !low && rules.flag.recovery == Recovery::Held {
            self.numbers[n].flag = Some(Flag { deadline: flag.deadline + rules.flag.after, ..flag });
            return;
        }
        let before = self.numbers[n].status();
        if low {
            self.lower(self.numbers[n].scope, at, "flag_deadline", flag.cause);
        }
        self.end_flag(n, at);
        let rule = if low { "flag_deadline" } else { "flag_recovered" };
        self.status_changed(n, before, at, rule, flag.cause);
    }

    /// Fires this scope's raise if it is due.
    pub fn fire_raise(&mut self, s: usize, at: SimTime) {
        let Some(pending) = self.scopes[s].pending.filter(|p| p.at <= at) else { return };
        self.scopes[s].pending = None;
        let from = self.scopes[s].limit;
        if let Some(to) = self.step_up(from) {
            self.scopes[s].limit = to;
            self.scopes[s].last_change = Some(at);
            self.scope_verdict(VerdictKind::LimitChanged, s, at, Edge::of(from, to, "raise"), pending.cause);
        }
    }

    fn resume_template(&mut self, t: usize, at: SimTime, cause: Option<u64>) {
        let template = &mut self.templates[t];
        let before = template.rating;
        template.resume = None;
        template.status = TemplateStatus::Active;
        template.rating = QualityRating::Unknown;
        template.score = None;
        template.resumed_at = Some(at);
        template.window.clear();
        template.cohorts.clear();
        template.last = LastSignals::default();
        template.pacing.resume();
        let edge = Edge::of(TemplateStatus::Paused, TemplateStatus::Active, "pause_over");
        self.template_verdict(VerdictKind::TemplateResumed, t, at, edge, cause);
        let edge = Edge::of(before, QualityRating::Unknown, "resume_reset");
        self.template_verdict(VerdictKind::TemplateRated, t, at, edge, cause);
    }

    /// One step down, not below the floor; a raise in waiting is cancelled first.
    fn lower(&mut self, s: usize, at: SimTime, rule: &str, cause: Option<u64>) {
        let from = self.scopes[s].limit;
        let Some(to) = self.step_down(from) else { return };
        if let Some(pending) = self.scopes[s].pending {
            self.cancel_raise(s, at, pending, rule, cause);
        }
        self.scopes[s].limit = to;
        self.scopes[s].last_change = Some(at);
        self.scope_verdict(VerdictKind::LimitChanged, s, at, Edge::of(from, to, rule), cause);
    }

    fn cancel_raise(&mut self, s: usize, at: SimTime, pending: PendingRaise, rule: &str, cause: Option<u64>) {
        self.scopes[s].pending = None;
        let edge = Edge { from: pending.at.to_string(), to: String::new(), rule: rule.to_string() };
        self.scope_verdict(VerdictKind::RaiseCancelled, s, at, edge, cause);
    }

    /// Step 1: the next version takes effect. Returns which old scopes each scope took over, if other rules hold
    /// than before; the books of slots have to follow.
    pub fn change_policy(&mut self, at: SimTime) -> Option<ScopeMap> {
        let old = self.rules.clone();
        self.version += 1;
        self.rules = self.timeline.rules(self.version).clone();
        self.scorer = Scorer::new(&self.rules.rating, &self.grid);
        if self.rules.pacing.is_none() {
            self.release_all(at);
        }
        if self.rules.portfolio_pacing.is_none_or(|p| !p.on) {
            self.release_portfolios(at);
        }
        if !self.rules.are_other_than(&old) {
            return None;
        }
        for i in 0..self.scope_order.len() {
            let s = self.scope_order[i];
            if let Some(pending) = self.scopes[s].pending {
                self.cancel_raise(s, at, pending, "policy_changed", None);
            }
        }
        let map = self.rescope(&old, at);
        for i in 0..self.order.len() {
            let n = self.order[i];
            let before = self.numbers[n].status();
            if self.numbers[n].flag.is_some() {
                self.end_flag(n, at);
            }
            if !self.rules.limit.restricted_status {
                self.numbers[n].restricted = false;
            }
            self.status_changed(n, before, at, "policy_changed", None);
        }
        Some(map)
    }

    fn rescope(&mut self, old: &Rules, at: SimTime) -> ScopeMap {
        if old.limit.scope == self.rules.limit.scope {
            return (0..self.scopes.len()).map(|s| vec![s]).collect();
        }
        let before = std::mem::take(&mut self.scopes);
        let of_app: Vec<bool> =
            before.iter().map(|s| s.members.iter().any(|m| self.numbers[*m].app)).collect();
        let mut map = ScopeMap::new();
        match self.rules.limit.scope {
            LimitScope::Portfolio => {
                for p in 0..self.portfolios.len() {
                    let parts: Vec<usize> =
                        (0..before.len()).filter(|s| before[*s].portfolio == p && !of_app[*s]).collect();
                    let Some(first) = parts.iter().copied().min_by_key(|s| before[*s].first_signal) else {
                        continue;
                    };
                    let index = self.scopes.len();
                    let limit = parts.iter().map(|s| before[*s].limit).max().expect("at least one part");
                    let members: Vec<usize> = parts.iter().flat_map(|s| before[*s].members.clone()).collect();
                    members.iter().for_each(|m| self.numbers[*m].scope = index);
                    self.scopes.push(ScopeState {
                        kind: Scope::Portfolio,
                        id: self.portfolios[p].id.clone(),
                        portfolio: p,
                        limit,
                        first_signal: before[first].first_signal,
                        members,
                        last_change: parts.iter().filter_map(|s| before[*s].last_change).max(),
                        pending: None,
                        // What a flag's end took out of the count stays out.
                        count_from: parts.iter().filter_map(|s| before[*s].count_from).max(),
                    });
                    map.push(parts);
                }
                // Numbers of the app stay by themselves.
                for s in (0..before.len()).filter(|s| of_app[*s]) {
                    before[s].members.iter().for_each(|m| self.numbers[*m].scope = self.scopes.len());
                    self.scopes.push(before[s].clone());
                    map.push(vec![s]);
                }
            }
            LimitScope::Number => {
                for (n, number) in self.numbers.iter_mut().enumerate() {
                    let from = number.scope;
                    number.scope = n;
                    self.scopes.push(ScopeState {
                        kind: Scope::Number,
                        id: number.id.clone(),
                        members: vec![n],
                        pending: None,
                        ..before[from].clone()
                    });
                    map.push(vec![from]);
                }
            }
        }
        self.scope_order = (0..self.scopes.len()).collect();
        self.scope_order.sort_by(|a, b| self.scopes[*a].id.as_bytes().cmp(self.scopes[*b].id.as_bytes()));
        self.shared = vec![None; self.portfolios.len()];
        for (s, scope) in self.scopes.iter().enumerate().filter(|(_, s)| s.kind == Scope::Portfolio) {
            self.shared[scope.portfolio] = Some(s);
        }
        if self.rules.limit.scope == LimitScope::Portfolio {
            for i in 0..self.order.len() {
                let n = self.order[i];
                let (subject, portfolio) = self.number_names(n);
                let from = map[self.numbers[n].scope]
                    .iter()
                    .find(|s| before[**s].members.contains(&n))
                    .map(|s| before[*s].limit)
                    .expect("every number had a scope");
                let to = self.scopes[self.numbers[n].scope].limit;
                if from != to {
                    let edge = Edge::of(from, to, "policy_changed");
                    self.push(VerdictKind::LimitChanged, Scope::Number, subject, portfolio, at, edge, None);
                }
            }
        }
        map
    }

    fn status_changed(
        &mut self,
        n: usize,
        before: NumberStatus,
        at: SimTime,
        rule: &str,
        cause: Option<u64>,
    ) {
        let after = self.numbers[n].status();
        if after != before {
            let (subject, portfolio) = self.number_names(n);
            let edge = Edge::of(before, after, rule);
            self.push(VerdictKind::StatusChanged, Scope::Number, subject, portfolio, at, edge, cause);
        }
    }

    fn number_names(&self, n: usize) -> (String, String) {
        (self.numbers[n].id.clone(), self.portfolios[self.numbers[n].portfolio].id.clone())
    }

    fn scope_verdict(&mut self, kind: VerdictKind, s: usize, at: SimTime, edge: Edge, cause: Option<u64>) {
        let scope = &self.scopes[s];
        let (level, subject) = (scope.kind, scope.id.clone());
        let portfolio = self.portfolios[scope.portfolio].id.clone();
        self.push(kind, level, subject, portfolio, at, edge, cause);
    }

    fn template_verdict(&mut self, kind: VerdictKind, t: usize, at: SimTime, edge: Edge, cause: Option<u64>) {
        let subject = self.templates[t].name.clone();
        let portfolio = self.portfolios[self.templates[t].portfolio].id.clone();
        self.push(kind, Scope::Template, subject, portfolio, at, edge, cause);
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        kind: VerdictKind,
        scope: Scope,
        subject: String,
        portfolio: String,
        time: SimTime,
        edge: Edge,
        cause: Option<u64>,
    ) {
        let Edge { from, to, rule } = edge;
        self.verdicts.push(Verdict { time, kind, scope, subject, portfolio, from, to, rule, cause });
    }
}

/// What a verdict moves from and to, and by which rule.
struct Edge {
    from: String,
    to: String,
    rule: String,
}

impl Edge {
    fn none(rule: &str) -> Edge {
        Edge { from: String::new(), to: String::new(), rule: rule.to_string() }
    }

    fn of(from: impl ToString, to: impl ToString, rule: &str) -> Edge {
        Edge { from: from.to_string(), to: to.to_string(), rule: rule.to_string() }
    }
}
