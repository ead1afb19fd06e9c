//! What is known of numbers, limits, templates and portfolios under the rules.
//!
//! Plain state: how it moves is told elsewhere.

use crate::messaging::{Limit, NumberStatus, QualityRating, Scope, TemplateStatus};
use crate::policy::judge::enforcement::Account;
use crate::policy::judge::pacing::Pacing;
use crate::policy::judge::portfolio_pacing::PortfolioPacing;
use crate::policy::judge::reading::Cohorts;
use crate::policy::judge::thirty_days::ThirtyDays;
use crate::policy::quality::{Window, kind};
use crate::policy::rules::Denominator;
use crate::sim::{SimDuration, SimTime};

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
pub(super) type LastCounted = Option<(SimTime, u64)>;

/// The last signals that may have entered a subject's rating; which of deliveries and sends did is for the rules
/// in force at the evaluation to say. A kind that weighs nothing still enters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastSignals {
    pub(super) delivered: LastCounted,
    pub(super) sent: LastCounted,
    pub(super) negative: LastCounted,
    /// Of templates, where some rules look at reads.
    pub(super) read: LastCounted,
}

impl LastSignals {
    #[inline]
    pub(super) fn note(&mut self, kind: usize, at: SimTime, position: u64) {
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

    pub(super) fn counted(&self, denominator: Denominator) -> LastCounted {
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
    pub(super) last: LastSignals,
    pub(super) flag: Option<Flag>,
    pub(super) red_since: Option<SimTime>,
    pub(super) not_red_since: Option<SimTime>,
    pub(super) sustained_done: usize,
    pub(super) suspended: Option<(SimTime, Option<u64>)>,
    pub(super) banned: bool,
    pub(super) restricted: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    pub(super) deadline: SimTime,
    pub(super) cause: Option<u64>,
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
    pub(super) last_change: Option<SimTime>,
    pub(super) pending: Option<PendingRaise>,
    pub(super) count_from: Option<SimTime>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PendingRaise {
    pub(super) at: SimTime,
    pub(super) cause: Option<u64>,
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
    pub(super) pacing: Pacing,
    pub(super) last: LastSignals,
    /// What was delivered and read since then, where some rules look at reads.
    pub(super) cohorts: Cohorts,
    pub(super) times_red: usize,
    pub(super) resume: Option<(SimTime, Option<u64>)>,
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
    pub(super) pacing: PortfolioPacing,
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
    pub(super) fn note(&mut self, at: SimTime, colour: QualityRating, score: Option<f64>) {
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
