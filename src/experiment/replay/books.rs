//! What is kept of a replay beside the fold: counts, days, what moved, what the platform reported; handed on as it comes, and
//! summed up for charts and the terminal.
//!
//! Must not know how a row is folded.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::experiment::accounts::AccountLog;
use crate::experiment::measure::{
    Behaviour, Counts, DailyPoint, DailyRow, NumberSummary, Origin, Outcome, PlanCounts, PolicyLabel,
    RatingRow, RefusalRow, ReplicationSummary, RunResult, refused_by_code,
};
use crate::experiment::moves::Moves;
use crate::experiment::observed::{Measure, Observed, Platform, Subject};
use crate::experiment::replay::verify::Verifier;
use crate::experiment::replay::{NUMBERS_SHOWN, ReplaySink, RowFates};
use crate::experiment::run::delay_histogram;
use crate::experiment::template_days::OfFold;
use crate::messaging::event::ObservedKind;
use crate::messaging::log::LogCounts;
use crate::messaging::record::{Columns, Event};
use crate::messaging::rows::{Every, Group, GroupDay, TemplateRatingRow};
use crate::messaging::{Scope, Signal, Verdict, VerdictKind, codes};
use crate::policy::fold::{GroupName, Warning};
use crate::policy::judge::Judge;
use crate::sim::{SimDuration, SimTime};

/// Rating rows kept for charts, over all numbers; beyond, only every second one is kept on, then every fourth …
const CHART_ROWS: usize = 200_000;

/// What is kept of a replay beside the fold.
#[derive(Default)]
pub(super) struct Books {
    pub(super) counts: LogCounts,
    pub(super) fates: RowFates,
    /// Ids and portfolios of the numbers the sink has been told of.
    pub(super) numbers: Vec<(String, String)>,
    /// Their places by their ids.
    pub(super) places: FxHashMap<String, usize>,
    pub(super) verifier: Option<Verifier>,
    pub(super) observed: Observed,
    /// When the platform reported anything.
    pub(super) observed_at: Vec<SimTime>,
    /// Verdicts that move a colour, a status or a limit.
    pub(super) moves: Vec<Verdict>,
    pub(super) chart_rows: Vec<RatingRow>,
    pub(super) chart_every: SimDuration,
    pub(super) days: Vec<DailyRow>,
    pub(super) template_days: OfFold,
    pub(super) totals: Vec<Counts>,
    pub(super) moved: Vec<Moves>,
    pub(super) accounts: AccountLog,
    pub(super) first: Option<SimTime>,
    pub(super) negative: u64,
    pub(super) warnings: Vec<Warning>,
    /// Refused attempts by number, campaign and reason.
    pub(super) refusals: BTreeMap<[String; 3], u64>,
    /// The only numbers to be shown; all if empty.
    pub(super) only: Vec<String>,
}

impl Books {
    /// Takes note of whether an attempt was refused.
    pub(super) fn refused(&mut self, verdicts: &[Verdict], attempt: &Signal<'_>) {
        for v in verdicts.iter().filter(|v| v.kind == VerdictKind::SendRefused) {
            let key = [v.subject.as_str(), attempt.campaign, v.rule.as_str()].map(String::from);
            *self.refusals.entry(key).or_default() += 1;
        }
    }

    /// Refused attempts of the numbers shown, by their places.
    pub(super) fn refusal_rows(&self, numbers: &[&str]) -> Vec<RefusalRow> {
        let places: FxHashMap<&str, usize> = numbers.iter().enumerate().map(|(i, n)| (*n, i)).collect();
        let mut rows: Vec<RefusalRow> = Vec::new();
        for ([number, campaign, reason], count) in &self.refusals {
            let Some(&number) = places.get(number.as_str()) else { continue };
            rows.push(RefusalRow {
                number,
                campaign: campaign.clone(),
                reason: reason.clone(),
                code: codes::of_reason(reason).unwrap_or_default().to_string(),
                count: *count,
            });
        }
        rows
    }

    pub(super) fn observe(&mut self, kind: ObservedKind, row: &Columns<'_>) {
        let [number, portfolio, _, _, template, .., value, _, _] = row.texts;
        let measure = match kind {
            ObservedKind::Rating | ObservedKind::TemplateRating => Measure::Rating,
            ObservedKind::Status | ObservedKind::TemplateStatus | ObservedKind::Account => Measure::Status,
            ObservedKind::Limit => Measure::Limit,
        };
        let scope = match kind {
            ObservedKind::TemplateRating | ObservedKind::TemplateStatus => Scope::Template,
            ObservedKind::Account => Scope::Account,
            _ if number.is_empty() => Scope::Portfolio,
            _ => Scope::Number,
        };
        let id = match scope {
            Scope::Template => template,
            Scope::Number => number,
            Scope::Portfolio | Scope::Account => portfolio,
        };
        self.observed_at.push(row.time);
        let subject = Subject { scope, id: id.to_string(), portfolio: portfolio.to_string() };
        self.observed.note(measure, subject, row.time, value);
    }

    /// Whether a number is to be shown.
    pub(super) fn shows_number(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|o| o == id)
    }

    /// Whether a portfolio has a number that is to be shown.
    pub(super) fn shows_portfolio(&self, id: &str) -> bool {
        let mine = |(number, portfolio): &(String, String)| portfolio == id && self.shows_number(number);
        self.only.is_empty() || self.numbers.iter().any(mine)
    }

    /// Whether something is to be shown: a number, its portfolio, and what belongs to that. What names no portfolio
    /// may belong to any.
    pub(super) fn shows(&self, subject: &Subject) -> bool {
        match subject.scope {
            Scope::Number => self.shows_number(&subject.id),
            Scope::Portfolio | Scope::Account => subject.id.is_empty() || self.shows_portfolio(&subject.id),
            Scope::Template => subject.portfolio.is_empty() || self.shows_portfolio(&subject.portfolio),
        }
    }

    /// The verdicts that are to be shown.
    pub(super) fn shown_moves(&self) -> Vec<Verdict> {
        let shown = |v: &&Verdict| match v.scope {
            Scope::Number => self.shows_number(&v.subject),
            _ => self.shows_portfolio(&v.portfolio),
        };
        self.moves.iter().filter(shown).cloned().collect()
    }

    /// Tells the sink of numbers it has not met.
    pub(super) fn meet(&mut self, judge: &Judge, sink: &mut dyn ReplaySink) {
        for number in &judge.numbers[self.numbers.len()..] {
            let portfolio = &judge.portfolios[number.portfolio].id;
            sink.number(&number.id, portfolio);
            self.places.insert(number.id.clone(), self.numbers.len());
            self.numbers.push((number.id.clone(), portfolio.clone()));
            self.totals.push(Counts::default());
            self.moved.push(Moves::default());
        }
    }

    pub(super) fn ratings(&mut self, rows: impl Iterator<Item = RatingRow>, sink: &mut dyn ReplaySink) {
        let mut cadence = SimDuration::ZERO;
        for row in rows {
            sink.rating(&row);
            cadence = row.cadence;
            if Every(self.chart_every).keeps(row.time, row.cadence) {
                self.chart_rows.push(row);
            }
        }
        if self.chart_rows.len() > CHART_ROWS {
            self.chart_every = SimDuration(self.chart_every.0.max(cadence.0) * 2);
            let every = Every(self.chart_every);
            self.chart_rows.retain(|row| every.keeps(row.time, row.cadence));
        }
    }

    pub(super) fn verdicts(&mut self, verdicts: impl Iterator<Item = Verdict>, sink: &mut dyn ReplaySink) {
        for verdict in verdicts {
            sink.verdict(&verdict);
            self.counts.row(Event::Verdict(verdict.kind));
            self.accounts.note(&verdict);
            if let Some(verifier) = &mut self.verifier {
                verifier.derived.push_back(verdict.clone());
            }
            if matches!(verdict.kind, VerdictKind::LimitChanged | VerdictKind::QualityRated) {
                self.note_move(&verdict);
            }
            let about_a_message = matches!(
                verdict.kind,
                VerdictKind::SendRefused | VerdictKind::SendHeld | VerdictKind::SendReleased
            );
            if !about_a_message {
                self.moves.push(verdict);
            }
        }
        if let Some(verifier) = &mut self.verifier {
            verifier.compare(false);
        }
    }

    /// Takes note of a colour or a limit that moved: one number's, or that of all numbers of a portfolio.
    pub(super) fn note_move(&mut self, verdict: &Verdict) {
        let mine = match verdict.scope {
            Scope::Number => match self.places.get(&verdict.subject) {
                Some(&place) => place..place + 1,
                None => return,
            },
            _ => 0..self.numbers.len(),
        };
        for ((id, portfolio), moves) in self.numbers[mine.clone()].iter().zip(&mut self.moved[mine]) {
            moves.note(verdict, id, portfolio);
        }
    }

    pub(super) fn days(&mut self, rows: impl Iterator<Item = DailyRow>, sink: &mut dyn ReplaySink) {
        for row in rows {
            sink.day(&row);
            self.totals[row.number] += row.counts;
            self.days.push(row);
        }
    }

    pub(super) fn template_ratings(
        &self,
        judge: &Judge,
        rows: Vec<TemplateRatingRow>,
        sink: &mut dyn ReplaySink,
    ) {
        for row in rows {
            let template = &judge.templates[row.template];
            sink.template_rating(&judge.portfolios[template.portfolio].id, &template.name, &row);
        }
    }

    pub(super) fn group_days(
        &mut self,
        judge: &Judge,
        (templates, campaigns): (&[GroupName], &[GroupName]),
        rows: Vec<GroupDay>,
        sink: &mut dyn ReplaySink,
    ) {
        for row in rows {
            let (portfolio, name) = match row.group {
                Group::Portfolio { index, .. } => (index, ""),
                Group::Template { index, .. } => (templates[index].portfolio, templates[index].name.as_str()),
                Group::Campaign { index } => (campaigns[index].portfolio, campaigns[index].name.as_str()),
            };
            let portfolio = &judge.portfolios[portfolio].id;
            sink.group_day(portfolio, name, &row);
            if self.shows_portfolio(portfolio) {
                self.template_days.take(portfolio, name, &row);
            }
        }
    }

    /// What charts and the terminal are made of: the numbers of [`NUMBERS_SHOWN`], in byte order of their ids.
    pub(super) fn result(
        &self,
        judge: &Judge,
        name: &str,
        start: SimTime,
        end: SimTime,
        policy: PolicyLabel,
    ) -> RunResult {
        let wanted = |n: &usize| self.shows_number(&judge.numbers[*n].id);
        let mut shown: Vec<usize> = (0..judge.numbers.len()).filter(wanted).collect();
        let red = |n: usize| judge.watch[n].first_red.is_some();
        let yellow = |n: usize| judge.watch[n].first_yellow.is_some();
        // Whoever has a thousand numbers wants to see those in trouble.
        shown.sort_by_key(|n| {
            let sent = self.totals[*n].attempted + self.totals[*n].delivered;
            (!red(*n), !yellow(*n), std::cmp::Reverse(sent), *n)
        });
        shown.truncate(NUMBERS_SHOWN);
        shown.sort_by(|a, b| judge.numbers[*a].id.cmp(&judge.numbers[*b].id));
        let mut place = vec![None; judge.numbers.len()];
        shown.iter().enumerate().for_each(|(i, n)| place[*n] = Some(i));
        let rating = |row: &RatingRow| place[row.number].map(|number| RatingRow { number, ..row.clone() });
        let daily: Vec<DailyRow> = (self.days.iter())
            .filter_map(|row| place[row.number].map(|number| DailyRow { number, ..row.clone() }))
            .collect();
        let ids: Vec<&str> = judge.numbers.iter().map(|n| n.id.as_str()).collect();
        let all_refusals = self.refusal_rows(&ids);
        let summary = |n: &usize| {
            let (state, watch) = (&judge.numbers[*n], &judge.watch[*n]);
            NumberSummary::new(
                self.totals[*n],
                watch,
                state,
                judge.scopes[state.scope].limit,
                &self.moved[*n],
                PlanCounts::default(),
                refused_by_code(&all_refusals, *n),
            )
        };
        let moves = self.shown_moves();
        let of_kind = |kind| moves.iter().filter(|v| v.kind == kind).count() as u64;
        let replication = ReplicationSummary {
            replication: 1,
            numbers: shown.iter().map(summary).collect(),
            cost: 0.0,
            value: 0.0,
            billable: None,
            plan: PlanCounts::default(),
            template_pauses: of_kind(VerdictKind::TemplatePaused),
            templates_disabled: of_kind(VerdictKind::TemplateDisabled),
            account: self.accounts.finish(end),
            daily: daily.iter().map(DailyPoint::of).collect(),
            digest: None,
        };
        let first = Outcome {
            broadcasts: Vec::new(),
            contacts: 0,
            replication: 1,
            ratings: self.chart_rows.iter().filter_map(rating).collect(),
            worst_ratings: shown.iter().map(|n| judge.worst[*n].as_ref().and_then(rating)).collect(),
            verdicts: moves,
            daily,
            template_days: self.template_days.days().clone(),
            campaigns: Vec::new(),
            templates: Vec::new(),
            segments: Vec::new(),
            refusals: all_refusals
                .iter()
                .filter_map(|row| place[row.number].map(|number| RefusalRow { number, ..row.clone() }))
                .collect(),
            bill: None,
            opt_outs: Vec::new(),
            time_to_read: delay_histogram(),
            time_in_queue: delay_histogram(),
            log_rows: self.counts.rows(),
            digest: None,
        };
        let platform = Platform {
            ratings: shown.iter().map(|n| self.observed.ratings(&judge.numbers[*n].id, end)).collect(),
            not_derivable: self.negative == 0,
        };
        RunResult {
            scenario: name.to_string(),
            question: String::new(),
            asked: Vec::new(),
            start,
            horizon: end,
            warm_up: SimDuration::ZERO,
            origin: Origin::Replayed,
            overrides: Vec::new(),
            currency: String::new(),
            behaviour: Behaviour::default(),
            policy,
            numbers: shown.iter().map(|n| judge.numbers[*n].id.clone()).collect(),
            of_app: shown.iter().map(|n| judge.numbers[*n].app).collect(),
            portfolios: shown
                .iter()
                .map(|n| judge.portfolios[judge.numbers[*n].portfolio].id.clone())
                .collect(),
            first,
            platform,
            replications: vec![replication],
        }
    }
}
