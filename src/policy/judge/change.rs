//! Other rules take effect: what ends with the old ones, and how limits move to scopes of the new.

use crate::messaging::{Scope, VerdictKind};
use crate::policy::judge::Judge;
use crate::policy::judge::state::{ScopeMap, ScopeState};
use crate::policy::judge::verdicts::Edge;
use crate::policy::quality::Scorer;
use crate::policy::rules::{LimitScope, Rules};
use crate::sim::SimTime;

impl Judge {
    /// Step 1: the next version takes effect. Returns which old scopes each scope took over, if other rules hold
    /// than before; the books of slots have to follow.
    pub fn change_policy(&mut self, at: SimTime) -> Option<ScopeMap> {
        let old = self.rules.clone();
        self.version += 1;
        self.rules = self.timeline.rules(self.version).clone();
        self.scorer = Scorer::new(&self.rules.rating, &self.grid);
        if self.rules.pacing.is_none() {
            self.release_all(at);
        }
        if self.rules.portfolio_pacing.is_none_or(|p| !p.on) {
            self.release_portfolios(at);
        }
        if !self.rules.are_other_than(&old) {
            return None;
        }
        for i in 0..self.scope_order.len() {
            let s = self.scope_order[i];
            if let Some(pending) = self.scopes[s].pending {
                self.cancel_raise(s, at, pending, "policy_changed", None);
            }
        }
        let map = self.rescope(&old, at);
        for i in 0..self.order.len() {
            let n = self.order[i];
            let before = self.numbers[n].status();
            if self.numbers[n].flag.is_some() {
                self.end_flag(n, at);
            }
            if !self.rules.limit.restricted_status {
                self.numbers[n].restricted = false;
            }
            self.status_changed(n, before, at, "policy_changed", None);
        }
        Some(map)
    }

    pub(super) fn rescope(&mut self, old: &Rules, at: SimTime) -> ScopeMap {
        if old.limit.scope == self.rules.limit.scope {
            return (0..self.scopes.len()).map(|s| vec![s]).collect();
        }
        let before = std::mem::take(&mut self.scopes);
        let of_app: Vec<bool> =
            before.iter().map(|s| s.members.iter().any(|m| self.numbers[*m].app)).collect();
        let mut map = ScopeMap::new();
        match self.rules.limit.scope {
            LimitScope::Portfolio => {
                for p in 0..self.portfolios.len() {
                    let parts: Vec<usize> =
                        (0..before.len()).filter(|s| before[*s].portfolio == p && !of_app[*s]).collect();
                    let Some(first) = parts.iter().copied().min_by_key(|s| before[*s].first_signal) else {
                        continue;
                    };
                    let index = self.scopes.len();
                    let limit = parts.iter().map(|s| before[*s].limit).max().expect("at least one part");
                    let members: Vec<usize> = parts.iter().flat_map(|s| before[*s].members.clone()).collect();
                    members.iter().for_each(|m| self.numbers[*m].scope = index);
                    self.scopes.push(ScopeState {
                        kind: Scope::Portfolio,
                        id: self.portfolios[p].id.clone(),
                        portfolio: p,
                        limit,
                        first_signal: before[first].first_signal,
                        members,
                        last_change: parts.iter().filter_map(|s| before[*s].last_change).max(),
                        pending: None,
                        // What a flag's end took out of the count stays out.
                        count_from: parts.iter().filter_map(|s| before[*s].count_from).max(),
                    });
                    map.push(parts);
                }
                // Numbers of the app stay by themselves.
                for s in (0..before.len()).filter(|s| of_app[*s]) {
                    before[s].members.iter().for_each(|m| self.numbers[*m].scope = self.scopes.len());
                    self.scopes.push(before[s].clone());
                    map.push(vec![s]);
                }
            }
            LimitScope::Number => {
                for (n, number) in self.numbers.iter_mut().enumerate() {
                    let from = number.scope;
                    number.scope = n;
                    self.scopes.push(ScopeState {
                        kind: Scope::Number,
                        id: number.id.clone(),
                        members: vec![n],
                        pending: None,
                        ..before[from].clone()
                    });
                    map.push(vec![from]);
                }
            }
        }
        self.scope_order = (0..self.scopes.len()).collect();
        self.scope_order.sort_by(|a, b| self.scopes[*a].id.as_bytes().cmp(self.scopes[*b].id.as_bytes()));
        self.shared = vec![None; self.portfolios.len()];
        for (s, scope) in self.scopes.iter().enumerate().filter(|(_, s)| s.kind == Scope::Portfolio) {
            self.shared[scope.portfolio] = Some(s);
        }
        if self.rules.limit.scope == LimitScope::Portfolio {
            for i in 0..self.order.len() {
                let n = self.order[i];
                let (subject, portfolio) = self.number_names(n);
                let from = map[self.numbers[n].scope]
                    .iter()
                    .find(|s| before[**s].members.contains(&n))
                    .map(|s| before[*s].limit)
                    .expect("every number had a scope");
                let to = self.scopes[self.numbers[n].scope].limit;
                if from != to {
                    let edge = Edge::of(from, to, "policy_changed");
                    self.push(VerdictKind::LimitChanged, Scope::Number, subject, portfolio, at, edge, None);
                }
            }
        }
        map
    }
}
