//! A recorded log under a policy: the same fold as a run's, fed by rows from outside.
//!
//! Takes rows in log order, keeps the log's own verdicts and what the platform reported beside what the rules now
//! say, and hands results on as they come, so that a log need not fit into memory. Must not know where rows come
//! from or where results go.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;

use crate::experiment::accounts::AccountLog;
use crate::experiment::bill_log::{LogBill, LogMeter, NoBill};
use crate::experiment::changes::Change;
use crate::experiment::measure::{
    Behaviour, Counts, DailyPoint, DailyRow, NumberSummary, Origin, Outcome, PlanCounts, PolicyLabel,
    RatingRow, RefusalRow, ReplicationSummary, RunResult, refused_by_code,
};
use crate::experiment::moves::Moves;
use crate::experiment::observed::{Measure, Observed, ObservedDay, Platform, Subject};
use crate::experiment::run::delay_histogram;
use crate::experiment::template_days::OfFold;
use crate::messaging::event::ObservedKind;
use crate::messaging::log::LogCounts;
use crate::messaging::record::{Columns, Event};
use crate::messaging::rows::{Every, Group, GroupDay, TemplateRatingRow};
use crate::messaging::{Scope, Signal, SignalKind, Verdict, VerdictKind, codes};
use crate::policy::fold::{About, Fold, FoldOptions, GroupName, Malformed, Refused, Taken, Warning};
use crate::policy::judge::{Judge, Timeline};
use crate::sim::{SimDuration, SimTime};

/// Rating rows kept for charts, over all numbers; beyond, only every second one is kept on, then every fourth …
const CHART_ROWS: usize = 200_000;
/// Numbers that charts and the terminal show one by one: those that turned red, then yellow, then those that sent most.
pub const NUMBERS_SHOWN: usize = 12;

/// How to replay.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplayOptions {
    /// What to do with sends that the rules would have refused.
    pub refused: Refused,
    /// Signals after this instant are left out, and evaluations and clocks run to it.
    pub until: Option<SimTime>,
    /// Whether to hold the log's own verdicts against those the rules give now.
    pub verify: bool,
}

/// Takes results as they come, in order.
pub trait ReplaySink {
    /// A number appeared; later rows name it by its place in the order of appearance.
    fn number(&mut self, id: &str, portfolio: &str);
    /// An evaluation of a number.
    fn rating(&mut self, row: &RatingRow);
    /// A verdict.
    fn verdict(&mut self, verdict: &Verdict);
    /// A number's day.
    fn day(&mut self, row: &DailyRow);
    /// A portfolio's, template's or campaign's day; `name` is empty for a portfolio.
    fn group_day(&mut self, portfolio: &str, name: &str, row: &GroupDay);
    /// An evaluation of a template.
    fn template_rating(&mut self, portfolio: &str, name: &str, row: &TemplateRatingRow);
}

/// What became of the rows, beyond what the reader knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowFates {
    /// Said the same as an earlier one.
    pub duplicate: u64,
    /// Changed nothing by the rules: failures after the delivery, second registrations.
    pub ignored: u64,
    /// Refused sends and what belonged to them, where they were to be dropped.
    pub dropped: u64,
    /// Signals after `until`.
    pub after_until: u64,
}

/// The log's own verdicts held against those of the rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verification {
    /// Verdicts that agree in order, instant and value, up to the first that does not.
    pub agreed: u64,
    /// The first that differs: the log's, and the rules'.
    pub differs: Option<(Option<Verdict>, Option<Verdict>)>,
}

#[derive(Debug, Default)]
struct Verifier {
    logged: VecDeque<Verdict>,
    derived: VecDeque<Verdict>,
    found: Verification,
}

impl Verifier {
    fn compare(&mut self, at_the_end: bool) {
        while self.found.differs.is_none() {
            let both = !self.logged.is_empty() && !self.derived.is_empty();
            let one = !self.logged.is_empty() || !self.derived.is_empty();
            if !(both || at_the_end && one) {
                break;
            }
            let (logged, derived) = (self.logged.pop_front(), self.derived.pop_front());
            if logged == derived {
                self.found.agreed += 1;
            } else {
                self.found.differs = Some((logged, derived));
            }
        }
        if self.found.differs.is_some() {
            self.logged.clear();
            self.derived.clear();
        }
    }
}

/// A replay under way.
pub struct Replay {
    fold: Fold,
    options: ReplayOptions,
    books: Books,
    meter: Option<LogMeter>,
}

/// What is kept of a replay beside the fold.
struct Books {
    counts: LogCounts,
    fates: RowFates,
    /// Ids and portfolios of the numbers the sink has been told of.
    numbers: Vec<(String, String)>,
    /// Their places by their ids.
    places: FxHashMap<String, usize>,
    verifier: Option<Verifier>,
    observed: Observed,
    /// When the platform reported anything.
    observed_at: Vec<SimTime>,
    /// Verdicts that move a colour, a status or a limit.
    moves: Vec<Verdict>,
    chart_rows: Vec<RatingRow>,
    chart_every: SimDuration,
    days: Vec<DailyRow>,
    template_days: OfFold,
    totals: Vec<Counts>,
    moved: Vec<Moves>,
    accounts: AccountLog,
    first: Option<SimTime>,
    negative: u64,
    warnings: Vec<Warning>,
    /// Refused attempts by number, campaign and reason.
    refusals: BTreeMap<[String; 3], u64>,
    /// The only numbers to be shown; all if empty.
    only: Vec<String>,
}

/// A replay at its end.
pub struct Replayed {
    /// First signal.
    pub start: SimTime,
    /// The end of observation.
    pub end: SimTime,
    /// Rows of the log by kind; verdicts are those the rules gave.
    pub counts: LogCounts,
    /// What became of rows.
    pub fates: RowFates,
    /// The log's own verdicts, held against these.
    pub verification: Option<Verification>,
    /// What the platform reported, by day, beside what the rules gave: of the numbers to be shown and their portfolios.
    pub observed: Vec<ObservedDay>,
    /// Changes by the platform beside those by the rules, likewise.
    pub changes: Vec<Change>,
    /// Reports of the platform after the end: nothing to compare them with.
    pub observed_after: u64,
    /// Things a person should know of, in order.
    pub warnings: Vec<Warning>,
    /// Ids of all numbers, in order of appearance.
    pub numbers: Vec<String>,
    /// How many numbers are to be shown: all, or those that were asked for.
    pub wanted: usize,
    /// How many of these turned red, and how many yellow but never red.
    pub turned: (usize, usize),
    /// Whether each number is.
    shown: Vec<bool>,
    /// Every number's days, in order; numbers by their place in `numbers`.
    pub days: Vec<DailyRow>,
    /// Attempts of every number.
    pub attempted: Vec<u64>,
    /// Who refused and how many, of the numbers to be shown; numbers by their place in `numbers`.
    pub refusals: Vec<RefusalRow>,
    /// Blocks, reports, mutes and archives in the log: without any, no colour but green can come out.
    pub negative: u64,
    /// What it is billed by rate cards, if that was asked for; the meter knows which numbers and months.
    pub bill: Option<Result<LogBill, NoBill>>,
    /// For charts and the terminal: the numbers of [`NUMBERS_SHOWN`].
    pub result: RunResult,
}

impl Replayed {
    /// Whether a number, by its place among all, is to be shown.
    pub fn shows(&self, number: usize) -> bool {
        self.shown[number]
    }
}

impl Replay {
    /// Before the first row.
    pub fn new(timeline: Timeline, options: ReplayOptions) -> Replay {
        let fold_options = FoldOptions {
            refused: options.refused,
            every: Some(SimDuration(1)),
            template_ratings: true,
            groups: true,
            expect_slots: false,
        };
        let books = Books {
            counts: LogCounts::default(),
            fates: RowFates::default(),
            numbers: Vec::new(),
            places: FxHashMap::default(),
            verifier: options.verify.then(Verifier::default),
            observed: Observed::default(),
            observed_at: Vec::new(),
            moves: Vec::new(),
            chart_rows: Vec::new(),
            chart_every: SimDuration(1),
            days: Vec::new(),
            template_days: OfFold::default(),
            totals: Vec::new(),
            moved: Vec::new(),
            accounts: AccountLog::default(),
            first: None,
            negative: 0,
            warnings: Vec::new(),
            refusals: BTreeMap::new(),
            only: Vec::new(),
        };
        Replay { fold: Fold::new(timeline, fold_options), options, books, meter: None }
    }

    /// Bills it by rate cards, too.
    pub fn billed(mut self, meter: Option<LogMeter>) -> Replay {
        self.meter = meter;
        self
    }

    /// Shows only these numbers in what is drawn and summed up; all if there are none. Changes no state.
    pub fn only(mut self, numbers: &[String]) -> Replay {
        self.books.only = numbers.to_vec();
        self
    }

    /// The number that last delivered a message to a recipient.
    pub fn last_deliverer(&self, recipient: &str) -> Option<String> {
        self.fold.last_deliverer(recipient).map(|n| self.fold.judge.numbers[n].id.clone())
    }

    /// Looks at some hundreds of rows that come next, up to the one at `until`, so that they go faster in their turn:
    /// changes no result.
    pub fn announce<'a>(&mut self, rows: impl Iterator<Item = About<'a>>, until: SimTime) {
        self.fold.announce(rows, until);
    }

    /// Takes the next row of the log. A malformed one leaves everything as it was. `announced` is its place among the
    /// rows announced last, from 0; none if it was not announced as it is.
    pub fn row(&mut self, row: &Columns<'_>, announced: Option<usize>) -> Result<(), Malformed> {
        match row.event {
            Event::Signal(kind) => {
                let signal = row.signal().expect("its event is one");
                if self.options.until.is_some_and(|until| signal.time > until) {
                    self.books.fates.after_until += 1;
                    return Ok(());
                }
                let verdicts = self.fold.judge.verdicts.len();
                let taken = match announced {
                    Some(place) => self.fold.announced(place, &signal)?,
                    None => self.fold.signal(&signal)?,
                };
                if matches!(kind, SignalKind::MessageSent | SignalKind::SendAttempted) {
                    self.books.refused(&self.fold.judge.verdicts[verdicts..], &signal);
                }
                self.books.first.get_or_insert(signal.time);
                self.books.counts.row(row.event);
                match taken {
                    Taken::Counted => {
                        let bad = matches!(
                            kind,
                            SignalKind::BusinessBlocked
                                | SignalKind::BusinessReported
                                | SignalKind::BusinessMuted
                                | SignalKind::BusinessArchived
                        );
                        self.books.negative += u64::from(bad);
                        if let Some(meter) = &mut self.meter {
                            meter.signal(&signal);
                        }
                    }
                    Taken::Duplicate => self.books.fates.duplicate += 1,
                    Taken::Dropped => self.books.fates.dropped += 1,
                    Taken::Ignored => self.books.fates.ignored += 1,
                }
            }
            Event::Verdict(_) => {
                if let Some(verifier) = &mut self.books.verifier
                    && self.options.until.is_none_or(|until| row.time <= until)
                {
                    verifier.logged.extend(row.verdict());
                }
            }
            Event::Observed(kind) => {
                if self.options.until.is_none_or(|until| row.time <= until) {
                    self.books.counts.row(row.event);
                    self.books.observe(kind, row);
                }
            }
        }
        Ok(())
    }

    /// Hands on what has come since last time.
    pub fn drain(&mut self, sink: &mut dyn ReplaySink) {
        let fold = &mut self.fold;
        self.books.meet(&fold.judge, sink);
        self.books.verdicts(fold.drain_verdicts(), sink);
        self.books.ratings(fold.drain_ratings(), sink);
        self.books.days(fold.drain_daily(), sink);
        let templates: Vec<TemplateRatingRow> = fold.drain_template_ratings().collect();
        self.books.template_ratings(&fold.judge, templates, sink);
        let days: Vec<GroupDay> = fold.drain_group_days().collect();
        self.books.group_days(&fold.judge, (fold.templates(), fold.campaigns()), days, sink);
        self.books.warnings.extend(fold.drain_warnings());
    }

    /// Ends the log and hands on the rest; none if there was no signal.
    pub fn finish(
        mut self,
        name: &str,
        label: impl Fn(SimTime, SimTime) -> PolicyLabel,
        sink: &mut dyn ReplaySink,
    ) -> Option<Replayed> {
        self.drain(sink);
        let Replay { fold, options, mut books, meter } = self;
        let mut ended = fold.finish(options.until);
        let end = ended.at?;
        let verdicts = std::mem::take(&mut ended.judge.verdicts);
        books.verdicts(verdicts.into_iter(), sink);
        books.ratings(std::mem::take(&mut ended.judge.ratings).into_iter(), sink);
        books.days(std::mem::take(&mut ended.daily).into_iter(), sink);
        let templates = std::mem::take(&mut ended.judge.template_ratings);
        books.template_ratings(&ended.judge, templates, sink);
        let days = std::mem::take(&mut ended.group_days);
        books.group_days(&ended.judge, (ended.templates(), ended.campaigns()), days, sink);
        books.warnings.append(&mut ended.warnings);
        if let Some(verifier) = &mut books.verifier {
            verifier.compare(true);
        }
        let start = books.first.expect("a fold that ends has seen a signal");
        let judge = &ended.judge;
        let numbers: Vec<String> = judge.numbers.iter().map(|n| n.id.clone()).collect();
        let place: FxHashMap<&str, usize> =
            numbers.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
        let portfolio_of =
            |id: &str| place.get(id).map(|n| judge.portfolios[judge.numbers[*n].portfolio].id.clone());
        let at_the_end = |measure: Measure, subject: &Subject| match subject.scope {
            Scope::Number => {
                let n = &judge.numbers[*place.get(subject.id.as_str())?];
                Some(match measure {
                    Measure::Rating => n.rating.name().to_string(),
                    Measure::Status => n.status().name().to_string(),
                    Measure::Limit => judge.scopes[n.scope].limit.to_string(),
                })
            }
            Scope::Portfolio => {
                let scope = judge.scopes.iter().find(|s| s.kind == Scope::Portfolio && s.id == subject.id)?;
                (measure == Measure::Limit).then(|| scope.limit.to_string())
            }
            Scope::Template => {
                let t = judge.templates.iter().find(|t| {
                    let home = &judge.portfolios[t.portfolio].id;
                    t.name == subject.id && (subject.portfolio.is_empty() || *home == subject.portfolio)
                })?;
                match measure {
                    Measure::Rating => Some(t.rating.name().to_string()),
                    Measure::Status => Some(t.status.name().to_string()),
                    Measure::Limit => None,
                }
            }
            Scope::Account => None,
        };
        let mut observed = books.observed.by_day(&books.moves, &portfolio_of, &at_the_end, end);
        let mut changes = books.observed.changes(&books.moves, &portfolio_of, end);
        observed.retain(|day| books.shows(&day.subject));
        changes.retain(|change| books.shows(&change.subject));
        let shown: Vec<bool> = numbers.iter().map(|id| books.shows_number(id)).collect();
        let wanted = shown.iter().filter(|s| **s).count();
        let mine = || {
            judge.numbers.iter().zip(&judge.watch).filter(|(n, _)| books.shows_number(&n.id)).map(|(_, w)| w)
        };
        let turned = (
            mine().filter(|w| w.first_red.is_some()).count(),
            mine().filter(|w| w.first_red.is_none() && w.first_yellow.is_some()).count(),
        );
        let ids: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let mut refusals = books.refusal_rows(&ids);
        refusals.retain(|row| shown[row.number]);
        let mut result = books.result(judge, name, start, end, label(start, end));
        let bill = meter.map(|m| m.finish(&|id| portfolio_of(id).unwrap_or_default()));
        if let Some(Ok(billed)) = &bill {
            result.currency = billed.bill.currency.clone();
            result.first.bill = Some(billed.bill.clone());
        }
        Some(Replayed {
            bill,
            start,
            end,
            counts: books.counts,
            fates: books.fates,
            verification: books.verifier.map(|v| v.found),
            observed,
            changes,
            observed_after: books.observed_at.iter().filter(|at| **at > end).count() as u64,
            warnings: books.warnings,
            numbers,
            wanted,
            turned,
            shown,
            attempted: books.totals.iter().map(|c| c.attempted).collect(),
            refusals,
            days: books.days,
            negative: books.negative,
            result,
        })
    }
}

impl Books {
    /// Takes note of whether an attempt was refused.
    fn refused(&mut self, verdicts: &[Verdict], attempt: &Signal<'_>) {
        for v in verdicts.iter().filter(|v| v.kind == VerdictKind::SendRefused) {
            let key = [v.subject.as_str(), attempt.campaign, v.rule.as_str()].map(String::from);
            *self.refusals.entry(key).or_default() += 1;
        }
    }

    /// Refused attempts of the numbers shown, by their places.
    fn refusal_rows(&self, numbers: &[&str]) -> Vec<RefusalRow> {
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

    fn observe(&mut self, kind: ObservedKind, row: &Columns<'_>) {
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
    fn shows_number(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|o| o == id)
    }

    /// Whether a portfolio has a number that is to be shown.
    fn shows_portfolio(&self, id: &str) -> bool {
        let mine = |(number, portfolio): &(String, String)| portfolio == id && self.shows_number(number);
        self.only.is_empty() || self.numbers.iter().any(mine)
    }

    /// Whether something is to be shown: a number, its portfolio, and what belongs to that. What names no portfolio
    /// may belong to any.
    fn shows(&self, subject: &Subject) -> bool {
        match subject.scope {
            Scope::Number => self.shows_number(&subject.id),
            Scope::Portfolio | Scope::Account => subject.id.is_empty() || self.shows_portfolio(&subject.id),
            Scope::Template => subject.portfolio.is_empty() || self.shows_portfolio(&subject.portfolio),
        }
    }

    /// The verdicts that are to be shown.
    fn shown_moves(&self) -> Vec<Verdict> {
        let shown = |v: &&Verdict| match v.scope {
            Scope::Number => self.shows_number(&v.subject),
            _ => self.shows_portfolio(&v.portfolio),
        };
        self.moves.iter().filter(shown).cloned().collect()
    }

    /// Tells the sink of numbers it has not met.
    fn meet(&mut self, judge: &Judge, sink: &mut dyn ReplaySink) {
        for number in &judge.numbers[self.numbers.len()..] {
            let portfolio = &judge.portfolios[number.portfolio].id;
            sink.number(&number.id, portfolio);
            self.places.insert(number.id.clone(), self.numbers.len());
            self.numbers.push((number.id.clone(), portfolio.clone()));
            self.totals.push(Counts::default());
            self.moved.push(Moves::default());
        }
    }

    fn ratings(&mut self, rows: impl Iterator<Item = RatingRow>, sink: &mut dyn ReplaySink) {
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

    fn verdicts(&mut self, verdicts: impl Iterator<Item = Verdict>, sink: &mut dyn ReplaySink) {
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
    fn note_move(&mut self, verdict: &Verdict) {
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

    fn days(&mut self, rows: impl Iterator<Item = DailyRow>, sink: &mut dyn ReplaySink) {
        for row in rows {
            sink.day(&row);
            self.totals[row.number] += row.counts;
            self.days.push(row);
        }
    }

    fn template_ratings(&self, judge: &Judge, rows: Vec<TemplateRatingRow>, sink: &mut dyn ReplaySink) {
        for row in rows {
            let template = &judge.templates[row.template];
            sink.template_rating(&judge.portfolios[template.portfolio].id, &template.name, &row);
        }
    }

    fn group_days(
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
    fn result(
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
