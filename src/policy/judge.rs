//! The state of numbers, limits, templates and accounts under the rules, and the verdicts that follow from signals, at
//! evaluations and at clocks.
//!
//! Judgement without accounting: who holds a slot and how many distinct recipients were reached is told by whoever
//! keeps the books (`fold` event by event, the block engine in bulk), so both reach the same verdicts by the same
//! code. No randomness, no queue, no log.

mod change;
mod clocks;
mod enforcement;
mod evaluation;
mod limits;
mod outlook;
mod pacing;
mod portfolio_pacing;
mod reading;
mod state;
mod templates;
pub mod thirty_days;
mod verdicts;
mod versions;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::messaging::rows::{Counts, DailyRow, Every, RatingRow, TemplateRatingRow};
use crate::messaging::{Limit, QualityRating, Scope, TemplateStatus, Verdict, VerdictKind};
use crate::policy::quality::{Grid, Scorer, Thresholds, Window, kind};
use crate::policy::rules::{LimitScope, Rules};
use crate::sim::{SimDuration, SimTime};

pub use enforcement::{Account, Strike};
pub use outlook::{Due, Obstacle, RaiseOutlook, RedRun};
use reading::ReadsWanted;
use state::LastSignals;
pub use state::{
    NumberState, PortfolioState, RaiseNeed, Refusal, Registration, ScopeMap, ScopeState, TemplateState, Watch,
};
pub use thirty_days::ThirtyDays;
use verdicts::Edge;
pub use versions::Timeline;

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
}
