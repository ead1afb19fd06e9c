//! A recorded log under a policy: the same fold as a run's, fed by rows from outside.
//!
//! Takes rows in log order, keeps the log's own verdicts and what the platform reported beside what the rules now
//! say, and hands results on as they come, so that a log need not fit into memory. Must not know where rows come
//! from or where results go.

mod books;
mod verify;

use rustc_hash::FxHashMap;

use crate::experiment::bill_log::{LogBill, LogMeter, NoBill};
use crate::experiment::changes::Change;
use crate::experiment::measure::{DailyRow, PolicyLabel, RatingRow, RefusalRow, RunResult};
use crate::experiment::observed::{Measure, ObservedDay, Subject};
use crate::messaging::log::LogCounts;
use crate::messaging::record::{Columns, Event};
use crate::messaging::rows::{GroupDay, TemplateRatingRow};
use crate::messaging::{Scope, SignalKind, Verdict};
use crate::policy::fold::{About, Fold, FoldOptions, Malformed, Refused, Taken, Warning};
use crate::policy::judge::Timeline;
use crate::sim::{SimDuration, SimTime};

use books::Books;
pub use verify::Verification;
use verify::Verifier;

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

/// A replay under way.
pub struct Replay {
    fold: Fold,
    options: ReplayOptions,
    books: Books,
    meter: Option<LogMeter>,
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
        let verifier = options.verify.then(Verifier::default);
        let books = Books { verifier, chart_every: SimDuration(1), ..Books::default() };
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
