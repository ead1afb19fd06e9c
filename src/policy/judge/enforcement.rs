//! Enforcement: what repeated violations, appeals and clocks do to an account, which is a portfolio.
//!
//! One violation after the other climbs the ladder of the rules in force. A step stays in force until its end, or
//! until an appeal takes it back; a change of rules ends none. Knows nothing of who recorded a violation, or why.

use std::ops::Range;

use crate::messaging::{AccountStatus, Appeal, Scope, VerdictKind, Violation};
use crate::policy::judge::reading::Cohorts;
use crate::policy::judge::state::LastCounted;
use crate::policy::judge::verdicts::Edge;
use crate::policy::judge::{Judge, Refusal};
use crate::policy::rules::{EnforcementStep, RestrictionScope};
use crate::sim::{SimDuration, SimTime};

/// What enforcement holds against an account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    status: AccountStatus,
    /// Climbed by violations.
    violations: Strikes,
    /// Climbed by low read rates.
    reading: Strikes,
    /// Steps in force, and those that may still be taken back, oldest first.
    taken: Vec<Taken>,
    /// What was delivered and read.
    pub(super) cohorts: Cohorts,
    /// The last signal that entered the read rate.
    pub(super) last: LastCounted,
    /// The last evaluation that found the read rate too low.
    pub(super) unread_at: Option<SimTime>,
    /// Evaluations at which one of its templates was RED, oldest first, where the rules ask.
    pub(super) reds: std::collections::VecDeque<SimTime>,
}

/// Violations that count, oldest first: by their number, which no other of the account ever has, and when.
#[derive(Clone, Debug, Default)]
struct Strikes {
    list: Vec<(u64, SimTime)>,
    recorded: u64,
}

impl Strikes {
    fn last(&self) -> Option<SimTime> {
        self.list.last().map(|s| s.1)
    }

    fn count(&self) -> u64 {
        self.list.len() as u64
    }

    /// One more; all before it are forgotten if none was for so long.
    fn record(&mut self, at: SimTime, forget_after: SimDuration) {
        if self.last().is_some_and(|last| at - last >= forget_after) {
            self.list.clear();
        }
        self.recorded += 1;
        self.list.push((self.recorded, at));
    }

    /// The numbers of the last so many, of which there must be as many.
    fn latest(&self, n: u64) -> Range<u64> {
        self.list[self.list.len() - n as usize].0..self.recorded + 1
    }

    /// Takes back those of these numbers that still count.
    fn take_back(&mut self, numbers: &Range<u64>) {
        self.list.retain(|s| !numbers.contains(&s.0));
    }
}

/// A step that was taken.
#[derive(Clone, Debug)]
struct Taken {
    at: SimTime,
    step: EnforcementStep,
    /// The end of a restriction.
    until: Option<SimTime>,
    cause: Option<u64>,
    in_force: bool,
    by: Strike,
    /// The numbers of the violations that made it: what an appeal takes back.
    strikes: Range<u64>,
}

/// What counts against an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// A violation was recorded.
    Violation,
    /// One of severe harm.
    Severe,
    /// The read rate is too low.
    ReadRate,
    /// A template was disabled.
    Template,
    /// Feedback on a paced portfolio was bad.
    PortfolioPacing,
}

impl Strike {
    const fn name(self) -> &'static str {
        match self {
            Strike::Violation => "violation",
            Strike::Severe => "severe",
            Strike::ReadRate => "read_rate",
            Strike::Template => "template",
            Strike::PortfolioPacing => "portfolio_pacing",
        }
    }
}

/// What is in force, and until when where that is known.
type Published = (AccountStatus, Option<SimTime>);

impl Account {
    /// What is in force.
    pub fn status(&self) -> AccountStatus {
        self.status
    }

    /// The most severe step in force and its end, if it has one.
    fn published(&self) -> Published {
        let in_force = || self.taken.iter().filter(|t| t.in_force);
        let status = in_force().map(|t| t.step.status()).max().unwrap_or_default();
        let mut ends = in_force().filter(|t| t.step.status() == status).map(|t| t.until);
        // What has no end outlasts what has one.
        let until = ends.try_fold(None, |max, until| Some(max.max(Some(until?)))).flatten();
        (status, until)
    }

    /// When the most severe restriction in force ends.
    pub fn until(&self) -> Option<SimTime> {
        self.published().1
    }

    /// The signal that led to what is in force.
    pub fn cause(&self) -> Option<u64> {
        self.taken.iter().rev().find(|t| t.in_force && t.step.status() == self.status)?.cause
    }

    /// Violations that count, and when the last of them was. What is forgotten counts until the next one comes.
    pub fn violations(&self) -> (u64, Option<SimTime>) {
        (self.violations.count(), self.violations.last())
    }

    /// Ends of restrictions that are to come.
    pub(super) fn each_end(&self, offer: &mut impl FnMut(SimTime)) {
        self.taken.iter().filter(|t| t.in_force).filter_map(|t| t.until).for_each(offer);
    }

    fn strikes(&mut self, by: Strike) -> &mut Strikes {
        match by {
            Strike::ReadRate => &mut self.reading,
            _ => &mut self.violations,
        }
    }

    /// Why an attempt is refused, if it is.
    #[inline]
    pub(super) fn refusal(&self, free: bool) -> Option<Refusal> {
        match self.status {
            AccountStatus::Active => None,
            AccountStatus::Disabled => Some(Refusal::AccountDisabled),
            AccountStatus::Locked => Some(Refusal::AccountLocked),
            AccountStatus::RestrictedAll => Some(Refusal::AccountRestricted),
            AccountStatus::RestrictedInitiated => (!free).then_some(Refusal::AccountRestricted),
        }
    }
}

impl Judge {
    /// A violation was recorded: the next step of the ladder, if the rules in force have one. A kind nobody knows
    /// counts as one.
    pub fn violation(&mut self, portfolio: usize, kind: Option<Violation>, at: SimTime, position: u64) {
        let severe = self.rules.enforcement.as_ref().is_some_and(|e| e.severe);
        let by = match kind {
            Some(Violation::Severe) if severe => Strike::Severe,
            Some(Violation::ReadRate) if self.rules.read_rate.is_some() => Strike::ReadRate,
            _ => Strike::Violation,
        };
        self.strike(portfolio, by, at, Some(position));
    }

    /// Something counts against an account.
    pub(super) fn strike(&mut self, p: usize, by: Strike, at: SimTime, cause: Option<u64>) {
        let rules = self.rules.clone();
        if self.portfolios[p].account.status == AccountStatus::Disabled {
            return;
        }
        let (steps, per_step, forget_after) = match (by, &rules.enforcement, &rules.read_rate) {
            (Strike::Severe, ..) => {
                return self.take_step(p, EnforcementStep::Disable, by, 0..0, at, cause);
            }
            (Strike::ReadRate, _, Some(r)) => (&r.steps, 1, r.forget_after),
            (Strike::Violation | Strike::Template, Some(e), _) => {
                (&e.steps, e.strikes_per_step, e.forget_after)
            }
            _ => return,
        };
        let strikes = self.portfolios[p].account.strikes(by);
        strikes.record(at, forget_after);
        let count = strikes.count();
        if count.is_multiple_of(per_step) {
            let own = strikes.latest(per_step);
            let place = (count / per_step - 1).min(steps.len() as u64 - 1);
            self.take_step(p, steps[place as usize], by, own, at, cause);
        }
    }

    fn take_step(
        &mut self,
        p: usize,
        step: EnforcementStep,
        by: Strike,
        strikes: Range<u64>,
        at: SimTime,
        cause: Option<u64>,
    ) {
        let (kind, id, until) = match step {
            EnforcementStep::Warn => (VerdictKind::AccountWarned, "warn", None),
            EnforcementStep::Restrict(span, _) => {
                let id = match step.status() {
                    AccountStatus::RestrictedInitiated => "restrict_initiated",
                    _ => "restrict_all",
                };
                (VerdictKind::AccountRestricted, id, Some(at + span))
            }
            EnforcementStep::Lock => (VerdictKind::AccountLocked, "lock", None),
            EnforcementStep::Disable => (VerdictKind::AccountDisabled, "disable", None),
        };
        let in_force = step != EnforcementStep::Warn;
        let keep = self.rules.enforcement.as_ref().map(|e| e.appeals);
        let account = &mut self.portfolios[p].account;
        account.taken.retain(|t| t.in_force || keep.is_some_and(|span| at - t.at <= span));
        account.taken.push(Taken { at, step, until, cause, in_force, by, strikes });
        account.status = account.published().0;
        self.account_verdict(kind, p, at, until, &format!("{}_{id}", by.name()), cause);
    }

    /// Feedback on a paced portfolio was bad: no business-initiated messages until a review, which is an appeal that is
    /// granted, lets it go. No violation: it climbs no ladder.
    pub(super) fn bar_portfolio(&mut self, p: usize, at: SimTime, cause: Option<u64>) {
        let account = &mut self.portfolios[p].account;
        let by = Strike::PortfolioPacing;
        // One bar at a time: what a log goes on sending under it is dropped again, and one review lets go of it.
        if account.status == AccountStatus::Disabled || account.taken.iter().any(|t| t.by == by) {
            return;
        }
        let step = EnforcementStep::Restrict(SimDuration::ZERO, RestrictionScope::Initiated);
        account.taken.push(Taken { at, step, until: None, cause, in_force: true, by, strikes: 0..0 });
        account.status = account.published().0;
        let rule = format!("{}_restrict_initiated", by.name());
        self.account_verdict(VerdictKind::AccountRestricted, p, at, None, &rule, cause);
    }

    /// An appeal was decided. Returns false if nothing could be taken back.
    pub fn appeal(&mut self, p: usize, outcome: Appeal, at: SimTime, position: u64) -> bool {
        if outcome == Appeal::Rejected {
            return true;
        }
        let span = self.rules.enforcement.as_ref().map(|e| e.appeals);
        let account = &mut self.portfolios[p].account;
        // The bar of pacing is no step of a ladder: its review has no time limit, with enforcement or without.
        let open =
            |t: &mut Taken| t.by == Strike::PortfolioPacing || span.is_some_and(|span| at - t.at <= span);
        let Some(last) = account.taken.pop_if(open) else { return false };
        let before = if last.in_force { account.published_with(&last) } else { account.published() };
        account.strikes(last.by).take_back(&last.strikes);
        self.eased(p, before, at, "appeal_granted", Some(position));
        true
    }

    /// Step 4: restrictions that end, by id.
    pub(super) fn end_restrictions(&mut self, at: SimTime) {
        let ended = |t: &Taken| t.in_force && t.until.is_some_and(|until| until <= at);
        if !self.portfolios.iter().any(|p| p.account.taken.iter().any(ended)) {
            return;
        }
        for p in self.portfolio_order() {
            let account = &mut self.portfolios[p].account;
            let before = account.published();
            let mut cause = None;
            for t in account.taken.iter_mut().filter(|t| ended(t)) {
                t.in_force = false;
                cause = t.cause;
            }
            self.eased(p, before, at, "restriction_over", cause);
        }
    }

    /// Something that was in force no longer is: says what is left, if that is less than before.
    fn eased(&mut self, p: usize, before: Published, at: SimTime, rule: &str, cause: Option<u64>) {
        let account = &mut self.portfolios[p].account;
        let now = account.published();
        account.status = now.0;
        if now == before {
            return;
        }
        let kind = match now.0 {
            AccountStatus::Active => VerdictKind::AccountRestored,
            AccountStatus::RestrictedInitiated | AccountStatus::RestrictedAll => {
                VerdictKind::AccountRestricted
            }
            AccountStatus::Locked => VerdictKind::AccountLocked,
            AccountStatus::Disabled => VerdictKind::AccountDisabled,
        };
        self.account_verdict(kind, p, at, now.1, rule, cause);
    }

    fn account_verdict(
        &mut self,
        kind: VerdictKind,
        p: usize,
        at: SimTime,
        until: Option<SimTime>,
        rule: &str,
        cause: Option<u64>,
    ) {
        let id = self.portfolios[p].id.clone();
        let to = until.map(|t| t.to_string()).unwrap_or_default();
        let edge = Edge { from: String::new(), to, rule: rule.to_string() };
        self.push(kind, Scope::Account, id.clone(), id, at, edge, cause);
    }

    /// One of a portfolio's templates was RED at an evaluation.
    pub(super) fn template_was_red(&mut self, p: usize, at: SimTime) {
        let rules = self.rules.template.as_ref();
        if rules.is_some_and(|t| t.reds_against_numbers > 0) {
            self.portfolios[p].account.reds.push_back(at);
        }
    }

    /// Whether a portfolio's templates were RED so often lately that its numbers suffer.
    pub(super) fn templates_weigh_on_numbers(&mut self, p: usize, at: SimTime) -> bool {
        let Some(most) = self.rules.template.as_ref().map(|t| t.reds_against_numbers).filter(|n| *n > 0)
        else {
            return false;
        };
        let window = self.rules.rating.window;
        let reds = &mut self.portfolios[p].account.reds;
        while reds.front().is_some_and(|t| at - *t >= window) {
            reds.pop_front();
        }
        reds.len() as u64 >= most
    }
}

impl Account {
    /// What was in force while this step, which is gone from the list, still was.
    fn published_with(&self, gone: &Taken) -> Published {
        let (status, until) = self.published();
        match gone.step.status().cmp(&status) {
            std::cmp::Ordering::Greater => (gone.step.status(), gone.until),
            std::cmp::Ordering::Equal => (status, until.zip(gone.until).map(|(a, b)| a.max(b))),
            std::cmp::Ordering::Less => (status, until),
        }
    }
}
