//! Limits: when a raise is scheduled, fires or is cancelled, and when a limit goes a step down.
//!
//! Counts nobody: how many distinct recipients were reached is told by whoever keeps the books.

use crate::messaging::{Limit, VerdictKind};
use crate::policy::judge::Judge;
use crate::policy::judge::state::{PendingRaise, RaiseNeed};
use crate::policy::judge::verdicts::Edge;
use crate::sim::SimTime;

impl Judge {
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
    pub(super) fn is_at_first_step(&self, scope: usize) -> bool {
        self.scopes[scope].limit <= self.rules.limit.ladder[0]
    }

    /// What a counted message has to reach, should nothing else stand in the way; none where no count will do.
    pub(super) fn count_needed(&self, scope: usize) -> Option<RaiseNeed> {
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
    pub(super) fn limit_held_until(&self, scope: usize) -> SimTime {
        let s = &self.scopes[scope];
        s.last_change.unwrap_or(s.first_signal) + self.rules.raise.min_time_at_limit
    }

    /// The instant at which this scope's raise is due.
    pub fn pending_raise(&self, scope: usize) -> Option<SimTime> {
        self.scopes[scope].pending.map(|p| p.at)
    }

    pub(super) fn step_up(&self, limit: Limit) -> Option<Limit> {
        self.rules.limit.ladder.iter().copied().find(|step| *step > limit)
    }

    pub(super) fn step_down(&self, limit: Limit) -> Option<Limit> {
        let floor = self.rules.limit.floor.unwrap_or(self.rules.limit.ladder[0]);
        let below = self.rules.limit.ladder.iter().copied().rev().find(|step| *step < limit)?;
        (limit > floor).then_some(below.max(floor))
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

    /// One step down, not below the floor; a raise in waiting is cancelled first.
    pub(super) fn lower(&mut self, s: usize, at: SimTime, rule: &str, cause: Option<u64>) {
        let from = self.scopes[s].limit;
        let Some(to) = self.step_down(from) else { return };
        if let Some(pending) = self.scopes[s].pending {
            self.cancel_raise(s, at, pending, rule, cause);
        }
        self.scopes[s].limit = to;
        self.scopes[s].last_change = Some(at);
        self.scope_verdict(VerdictKind::LimitChanged, s, at, Edge::of(from, to, rule), cause);
    }

    pub(super) fn cancel_raise(
        &mut self,
        s: usize,
        at: SimTime,
        pending: PendingRaise,
        rule: &str,
        cause: Option<u64>,
    ) {
        self.scopes[s].pending = None;
        let edge = Edge { from: pending.at.to_string(), to: String::new(), rule: rule.to_string() };
        self.scope_verdict(VerdictKind::RaiseCancelled, s, at, edge, cause);
    }
}
