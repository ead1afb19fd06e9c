//! Whether the recipients of a step are free of each other: nothing can be refused, no raise fall due, nobody waits.
//!
//! Bounds that can be trusted, carried from step to step where they stay good, instead of exact books.

use super::{Engine, UNREGISTERED};
use crate::experiment::block::FREE;
use crate::experiment::key::{Key, What};
use crate::messaging::Limit;
use crate::policy::judge::RaiseNeed;

impl Engine<'_, '_> {
    /// Whether nothing can be refused, no raise fall due and nobody wait before `bound`.
    pub(super) fn is_free(&mut self, bound: Key) -> bool {
        if self.wakes.peek().is_some_and(|k| k.0 < bound) || self.senders.lines.iter().any(|l| !l.is_empty())
        {
            return false;
        }
        if self.refuses_something() && self.census().iter().any(|c| c.sends + c.triggers > 0) {
            return false;
        }
        let people = self.world.plan.people as u64;
        let needs: Vec<Option<RaiseNeed>> = (0..self.judge.scopes.len())
            .map(|s| self.judge.raise_need(s).filter(|need| need.at_least <= people))
            .collect();
        let binds = |s: &crate::policy::judge::ScopeState| matches!(s.limit, Limit::Of(n) if n < people);
        let limits: Vec<bool> = self.judge.scopes.iter().map(binds).collect();
        // What is not looked at in this step is not known after it.
        for s in 0..limits.len() {
            if !limits[s] {
                self.usage[s] = None;
            }
            if needs[s].is_none() {
                self.reach[s] = None;
            }
        }
        if needs.iter().all(Option::is_none) && !limits.contains(&true) {
            return true;
        }
        let census = self.census();
        for s in 0..limits.len() {
            let Census { sends, deliveries, triggers } = census[s];
            if sends + deliveries + triggers == 0 {
                continue;
            }
            if limits[s] && !self.stays_under(s, sends + deliveries, triggers) {
                return false;
            }
            if let Some(need) = needs[s]
                && !self.falls_short(s, need, sends + deliveries, triggers)
            {
                return false;
            }
        }
        true
    }

    /// Whether a number or template refuses sends whatever the limit.
    fn refuses_something(&self) -> bool {
        let plan = self.world.plan;
        (0..self.judged.len()).filter(|n| self.judged[*n] != UNREGISTERED).any(|n| {
            let refuses = |t: usize| self.judge.refuses_without_limit(self.judged[n], self.template(n, t));
            (0..plan.templates().len()).any(refuses)
        })
    }

    /// Whether a scope's limit can't be reached by so many more sends.
    fn stays_under(&mut self, s: usize, sends: u64, triggers: u64) -> bool {
        let Limit::Of(limit) = self.judge.scopes[s].limit else { return true };
        if triggers > 0 {
            return false;
        }
        if self.usage[s].is_some_and(|used| used + sends <= limit) {
            self.usage[s] = self.usage[s].map(|used| used + sends);
            return true;
        }
        let (now, period) = (self.bound.offset() - 1, self.judge.rules().limit.period.0);
        let exact: u64 = self.blocks.iter().map(|b| b.in_use(s, now, period)).sum();
        self.usage[s] = Some(exact + sends);
        exact + sends <= limit
    }

    /// Whether so many more counted messages can't reach what a raise needs.
    fn falls_short(&mut self, s: usize, need: RaiseNeed, more: u64, triggers: u64) -> bool {
        if triggers > 0 {
            return false;
        }
        let known = self.reach[s].filter(|(n, _)| *n == need).map(|(_, reached)| reached + more);
        let bound = known.filter(|b| *b < need.at_least).unwrap_or_else(|| {
            let out = self.distinct_out(need);
            self.blocks.iter().map(|b| b.distinct(s, out)).sum::<u64>() + more
        });
        self.reach[s] = Some((need, bound));
        bound < need.at_least
    }

    /// Starts at this offset or before are out, as of the step to come.
    fn distinct_out(&self, need: RaiseNeed) -> i64 {
        let after = need.after.map_or(FREE, |t| self.world.plan.offset(t));
        (self.bound.offset() - 1 - need.over.0).max(after)
    }

    /// What is due in the step to come, by scope.
    fn census(&self) -> Vec<Census> {
        let plan = self.world.plan;
        let mut by_number = vec![Census::default(); plan.numbers().len()];
        for b in &self.blocks {
            b.agenda.due.iter().for_each(|k| {
                let number = &mut by_number[plan.number_of(k.campaign())];
                match k.what() {
                    What::Send => number.sends += 1,
                    What::Deliver => number.deliveries += 1,
                    What::Trigger => number.triggers += 1,
                    _ => {}
                }
            });
        }
        let mut census = vec![Census::default(); self.judge.scopes.len()];
        for (n, c) in by_number.iter().enumerate().filter(|(n, _)| self.judged[*n] != UNREGISTERED) {
            let s = &mut census[self.judge.numbers[self.judged[n]].scope];
            s.sends += c.sends;
            s.deliveries += c.deliveries;
            s.triggers += c.triggers;
        }
        census
    }
}

/// What is due in a step, for one scope.
#[derive(Clone, Copy, Debug, Default)]
struct Census {
    sends: u64,
    deliveries: u64,
    triggers: u64,
}
