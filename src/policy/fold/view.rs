//! The state of one number at an instant, for a person who asks why it is what it is.
//!
//! Read from the fold, never written into it. Must not know how it is printed.

use std::collections::BTreeMap;

use crate::messaging::rows::ColourChances;
use crate::messaging::{AccountStatus, Limit, NumberStatus, QualityRating, Scope};
use crate::policy::fold::Fold;
use crate::policy::judge::{Due, Judge, RaiseOutlook, RedRun};
use crate::sim::{SimDuration, SimTime};

pub use crate::policy::quality::BucketPart as BucketView;

/// A number at an instant: state by the fold of every signal up to it.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberView {
    /// The instant.
    pub at: SimTime,
    /// The number's id.
    pub number: String,
    /// Its portfolio's id.
    pub portfolio: String,
    /// What enforcement holds against its portfolio.
    pub account: AccountView,
    /// Published status.
    pub status: NumberStatus,
    /// Colour by the last evaluation.
    pub rating: QualityRating,
    /// Score by the last evaluation; none when there was nothing to divide by, or no evaluation yet.
    pub score: Option<f64>,
    /// Its lowest colour on each of the thirty days up to the instant, oldest first, from its first evaluation on.
    pub thirty_days: Vec<(SimTime, QualityRating)>,
    /// What its window holds.
    pub window: WindowView,
    /// Its limit and slots.
    pub limit: LimitView,
    /// What the next raise is about.
    pub raise: RaiseOutlook,
    /// Distinct recipients reached, as the next raise counts them; none where no count will do.
    pub reached: Option<u64>,
    /// The flag: its deadline and cause.
    pub flag: Option<Due>,
    /// The suspension: its end and cause.
    pub suspension: Option<Due>,
    /// The run of RED evaluations it is in.
    pub red_run: Option<RedRun>,
}

/// What a number's window holds at an evaluation: the one at the instant asked about, or else the first after it,
/// should nothing more come in until then.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowView {
    /// That evaluation.
    pub evaluation: SimTime,
    /// How often ratings are evaluated.
    pub cadence: SimDuration,
    /// Buckets that hold anything, the newest first.
    pub buckets: Vec<BucketView>,
    /// Messages in the window, undecayed.
    pub exposure: u64,
    /// Exposure below which there is no rating.
    pub min_sample: u64,
    /// Σ of the buckets' negatives: what the score divides, the prior aside.
    pub negatives: f64,
    /// Σ of the buckets' decayed exposure: what the score divides by, the prior aside.
    pub weighted_exposure: f64,
    /// Weight of the prior \[messages\].
    pub prior_strength: f64,
    /// Rate of the prior \[negative signals per message\].
    pub prior_rate: f64,
    /// Score of the window; none when there is nothing to divide by.
    pub score: Option<f64>,
    /// Its colour, after the colour of the last evaluation.
    pub rating: QualityRating,
    /// Score from which the colour is yellow.
    pub yellow_at: f64,
    /// Score from which the colour is red.
    pub red_at: f64,
    /// How many undecayed messages would carry as much information.
    pub effective_sample: Option<f64>,
    /// How sure the colour is by that sample alone.
    pub chances: Option<ColourChances>,
}

/// What enforcement holds against a portfolio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// What is in force.
    pub status: AccountStatus,
    /// Its end, where one is known.
    pub until: Option<SimTime>,
    /// Position of the signal that led to it.
    pub cause: Option<u64>,
    /// Violations that count towards the next step.
    pub violations: u64,
    /// The last of them.
    pub last_violation: Option<SimTime>,
    /// Deliveries that count towards the account's read rate, and those of them that were read, where rules look.
    pub reads: Option<(u64, u64)>,
}

/// A limit and its slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitView {
    /// Whose limit it is.
    pub scope: Scope,
    /// Id of that number or portfolio.
    pub id: String,
    /// The limit.
    pub limit: Limit,
    /// Slots in use.
    pub in_use: u64,
    /// When slots free next, should nothing more be sent or delivered, and how many at each instant.
    pub frees: Vec<(SimTime, u64)>,
}

impl Fold {
    /// A number's state at an instant not before the last signal, with the next `frees` instants at which slots
    /// free. Settles everything up to the instant, so that no earlier signal can follow; a later one finds the fold
    /// as it would have been.
    pub fn view(&mut self, number: usize, at: SimTime, frees: usize) -> NumberView {
        assert!(
            self.last.is_none_or(|last| last <= at),
            "state at an instant is the fold of what came before"
        );
        self.settle_until(at, |next, at| next <= at);
        let judge = &self.judge;
        let n = &judge.numbers[number];
        let scope = &judge.scopes[n.scope];
        let raise = judge.raise_outlook(n.scope);
        let books = &mut self.slots[n.scope];
        let reached = raise.need.map(|need| books.distinct(need.over, need.after, at));
        let in_use = books.in_use(at);
        let mut free: BTreeMap<SimTime, u64> = BTreeMap::new();
        books.releases(at).for_each(|due| *free.entry(due).or_default() += 1);
        NumberView {
            at,
            number: n.id.clone(),
            portfolio: judge.portfolios[n.portfolio].id.clone(),
            account: judge.account_view(n.portfolio, at),
            status: n.status(),
            rating: n.rating,
            score: n.score,
            thirty_days: n.thirty_days.until(at, n.rating),
            window: self.window_view(number, at),
            limit: LimitView {
                scope: scope.kind,
                id: scope.id.clone(),
                limit: scope.limit,
                in_use,
                frees: free.into_iter().take(frees).collect(),
            },
            raise,
            reached,
            flag: judge.flag(number),
            suspension: judge.suspension(number),
            red_run: judge.red_run(number),
        }
    }

    fn window_view(&self, number: usize, at: SimTime) -> WindowView {
        let rating = &self.judge.rules().rating;
        let evaluation = at.ceil_to(rating.cadence);
        let (score, buckets, thresholds) = self.judge.window_at(number, evaluation);
        // An evaluation at the instant itself has spoken; asked again it would answer to its own colour.
        let before = self.judge.numbers[number].rating;
        WindowView {
            evaluation,
            cadence: rating.cadence,
            negatives: buckets.iter().map(|b| b.negatives).sum(),
            exposure: score.exposure,
            min_sample: thresholds.min_sample,
            weighted_exposure: score.weighted_exposure,
            prior_strength: rating.prior_strength,
            prior_rate: rating.prior_rate,
            score: score.value,
            rating: if self.settled >= evaluation { before } else { thresholds.colour(score.rate(), before) },
            yellow_at: thresholds.yellow_at,
            red_at: thresholds.red_at,
            effective_sample: score.effective_sample(),
            chances: thresholds.chances(&score),
            buckets,
        }
    }
}

impl Judge {
    fn account_view(&self, portfolio: usize, at: SimTime) -> AccountView {
        let account = &self.portfolios[portfolio].account;
        let rules = self.rules().enforcement.as_ref();
        let (count, last) = account.violations();
        let counts = rules.is_some_and(|e| last.is_some_and(|last| at - last < e.forget_after));
        AccountView {
            status: account.status(),
            until: account.until(),
            cause: account.cause(),
            violations: if counts { count } else { 0 },
            last_violation: last,
            reads: self.account_reads(portfolio, at.ceil_to(self.rules().rating.cadence)),
        }
    }
}
