//! Pacing of whole portfolios: of one that has sent little yet a first set of templates goes out, the rest is held and
//! released batch by batch, each larger than the one before; with bad feedback it is dropped and the account restricted.
//!
//! Counts sends and watches the colours of the portfolio's numbers. What was sent before the log nobody can tell, so
//! the rules ship switched off. Who keeps the held messages, and what becomes of them, is for others to know.

use std::collections::VecDeque;

use crate::messaging::{QualityRating, Scope, VerdictKind};
use crate::policy::judge::Judge;
use crate::policy::judge::verdicts::Edge;
use crate::policy::rules::PortfolioPacingRules;
use crate::sim::{SimDuration, SimTime};

/// Where a portfolio stands with pacing.
#[derive(Clone, Debug, Default)]
pub(super) struct PortfolioPacing {
    /// Template messages sent by UTC day, ascending; only days with some.
    days: VecDeque<(i64, u64)>,
    /// Size of the present batch; none before the first.
    batch: Option<u64>,
    /// How many of it went out.
    passed: u64,
    /// Messages that wait.
    held: u64,
    hold: Option<Hold>,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    since: SimTime,
    until: SimTime,
    cause: u64,
}

impl PortfolioPacing {
    fn day(at: SimTime) -> i64 {
        at.0.div_euclid(SimDuration::DAY.0)
    }

    /// One more template message.
    fn count(&mut self, at: SimTime) {
        let day = PortfolioPacing::day(at);
        match self.days.back_mut() {
            Some(last) if last.0 >= day => last.1 += 1,
            _ => self.days.push_back((day, 1)),
        }
    }

    /// Whether it has sent so much that it is not paced any more.
    fn is_known(&self, rules: &PortfolioPacingRules, at: SimTime) -> bool {
        let after = PortfolioPacing::day(SimTime(at.0 - rules.over.0));
        self.days.iter().filter(|d| d.0 > after).map(|d| d.1).sum::<u64>() >= rules.until
    }

    /// Whether the next message is held.
    fn holds_next(&self, rules: &PortfolioPacingRules, at: SimTime) -> bool {
        let full = self.passed >= self.batch.unwrap_or(rules.first);
        self.hold.is_some() || (full && !self.is_known(rules, at))
    }
}

impl Judge {
    /// The rules in force, where they pace portfolios.
    fn paces_portfolios(&self) -> Option<PortfolioPacingRules> {
        self.rules.portfolio_pacing.filter(|rules| rules.on)
    }

    /// Whether a template message of this number would be held now for its portfolio.
    pub fn would_hold_in_portfolio(&self, number: usize, at: SimTime) -> bool {
        let Some(rules) = self.paces_portfolios().filter(|_| !self.numbers[number].app) else { return false };
        self.portfolios[self.numbers[number].portfolio].pacing.holds_next(&rules, at)
    }

    /// A template message of this number was sent and is not held for its template: it goes out, or is held for the
    /// portfolio. Returns whether a hold begins.
    pub fn sent_from_portfolio(&mut self, number: usize, at: SimTime, position: u64) -> bool {
        let Some(rules) = self.paces_portfolios().filter(|_| !self.numbers[number].app) else { return false };
        let p = self.numbers[number].portfolio;
        let pacing = &mut self.portfolios[p].pacing;
        let held = pacing.holds_next(&rules, at);
        pacing.count(at);
        if !held {
            pacing.passed = pacing.passed.saturating_add(1);
            return false;
        }
        pacing.held += 1;
        let begins = pacing.hold.is_none();
        if begins {
            self.hold_portfolio(p, at, at + rules.hold, position);
        }
        begins
    }

    fn hold_portfolio(&mut self, p: usize, at: SimTime, until: SimTime, cause: u64) {
        self.portfolios[p].pacing.hold = Some(Hold { since: at, until, cause });
        self.portfolio_verdict(
            VerdictKind::SendHeld,
            p,
            at,
            until.to_string(),
            "portfolio_pacing",
            Some(cause),
        );
    }

    fn portfolio_verdict(
        &mut self,
        kind: VerdictKind,
        p: usize,
        at: SimTime,
        to: String,
        rule: &str,
        cause: Option<u64>,
    ) {
        let id = self.portfolios[p].id.clone();
        let edge = Edge { from: String::new(), to, rule: rule.to_string() };
        self.push(kind, Scope::Portfolio, id.clone(), id, at, edge, cause);
    }

    /// After an evaluation of numbers: batches whose feedback is in, by id.
    pub(super) fn pace_portfolios(&mut self, at: SimTime) {
        let Some(rules) = self.paces_portfolios() else { return };
        for p in self.portfolio_order() {
            let Some(hold) = self.portfolios[p].pacing.hold else { continue };
            if at - hold.since < rules.feedback {
                continue;
            }
            let colours = || self.numbers.iter().filter(|n| n.portfolio == p && !n.app).map(|n| n.rating);
            if colours().any(|c| c == QualityRating::Red) {
                let pacing = &mut self.portfolios[p].pacing;
                (pacing.hold, pacing.held, pacing.passed, pacing.batch) = (None, 0, 0, None);
                let to = "dropped".to_string();
                let kind = VerdictKind::SendReleased;
                self.portfolio_verdict(kind, p, at, to, "portfolio_quality_low", Some(hold.cause));
                self.bar_portfolio(p, at, Some(hold.cause));
            } else if colours().any(|c| c != QualityRating::Unknown) {
                self.release_batch(p, at, &rules, "portfolio_quality_good");
            }
        }
    }

    /// The next batch goes out; what is left is held anew.
    fn release_batch(&mut self, p: usize, at: SimTime, rules: &PortfolioPacingRules, rule: &str) {
        let pacing = &mut self.portfolios[p].pacing;
        let Some(hold) = pacing.hold.take() else { return };
        let batch = rules.next_batch(pacing.batch.unwrap_or(rules.first));
        let out = if pacing.is_known(rules, at) { pacing.held } else { pacing.held.min(batch) };
        pacing.batch = Some(batch);
        pacing.passed = out;
        pacing.held -= out;
        let left = pacing.held;
        let kind = VerdictKind::SendReleased;
        self.portfolio_verdict(kind, p, at, out.to_string(), rule, Some(hold.cause));
        if left > 0 {
            self.hold_portfolio(p, at, at + rules.hold, hold.cause);
        }
    }

    /// Ends of such holds, as clocks.
    pub(super) fn each_portfolio_hold(&self, offer: &mut impl FnMut(SimTime)) {
        self.portfolios.iter().filter_map(|p| p.pacing.hold).for_each(|h| offer(h.until));
    }

    /// Batches that were held as long as they may be with nothing found: the next one goes out. By id.
    pub(super) fn end_portfolio_holds(&mut self, at: SimTime) {
        let due = |h: Option<Hold>| h.is_some_and(|h| h.until <= at);
        if !self.portfolios.iter().any(|p| due(p.pacing.hold)) {
            return;
        }
        let Some(rules) = self.paces_portfolios() else { return };
        for p in self.portfolio_order() {
            if due(self.portfolios[p].pacing.hold) {
                self.release_batch(p, at, &rules, "portfolio_hold_over");
            }
        }
    }

    /// Rules without it took effect: nothing is held any more.
    pub(super) fn release_portfolios(&mut self, at: SimTime) {
        for p in self.portfolio_order() {
            let pacing = &mut self.portfolios[p].pacing;
            let (held, hold) = (std::mem::take(&mut pacing.held), pacing.hold.take());
            if hold.is_some() {
                let kind = VerdictKind::SendReleased;
                self.portfolio_verdict(kind, p, at, held.to_string(), "policy_changed", None);
            }
        }
    }
}
