//! How verdicts are put down: whose they are, what moved, and by which rule.

use crate::messaging::{NumberStatus, Scope, Verdict, VerdictKind};
use crate::policy::judge::Judge;
use crate::sim::SimTime;

impl Judge {
    pub(super) fn status_changed(
        &mut self,
        n: usize,
        before: NumberStatus,
        at: SimTime,
        rule: &str,
        cause: Option<u64>,
    ) {
        let after = self.numbers[n].status();
        if after != before {
            let (subject, portfolio) = self.number_names(n);
            let edge = Edge::of(before, after, rule);
            self.push(VerdictKind::StatusChanged, Scope::Number, subject, portfolio, at, edge, cause);
        }
    }

    pub(super) fn number_names(&self, n: usize) -> (String, String) {
        (self.numbers[n].id.clone(), self.portfolios[self.numbers[n].portfolio].id.clone())
    }

    pub(super) fn scope_verdict(
        &mut self,
        kind: VerdictKind,
        s: usize,
        at: SimTime,
        edge: Edge,
        cause: Option<u64>,
    ) {
        let scope = &self.scopes[s];
        let (level, subject) = (scope.kind, scope.id.clone());
        let portfolio = self.portfolios[scope.portfolio].id.clone();
        self.push(kind, level, subject, portfolio, at, edge, cause);
    }

    pub(super) fn template_verdict(
        &mut self,
        kind: VerdictKind,
        t: usize,
        at: SimTime,
        edge: Edge,
        cause: Option<u64>,
    ) {
        let subject = self.templates[t].name.clone();
        let portfolio = self.portfolios[self.templates[t].portfolio].id.clone();
        self.push(kind, Scope::Template, subject, portfolio, at, edge, cause);
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn push(
        &mut self,
        kind: VerdictKind,
        scope: Scope,
        subject: String,
        portfolio: String,
        time: SimTime,
        edge: Edge,
        cause: Option<u64>,
    ) {
        let Edge { from, to, rule } = edge;
        self.verdicts.push(Verdict { time, kind, scope, subject, portfolio, from, to, rule, cause });
    }
}

/// What a verdict moves from and to, and by which rule.
pub(super) struct Edge {
    pub from: String,
    pub to: String,
    pub rule: String,
}

impl Edge {
    pub fn none(rule: &str) -> Edge {
        Edge { from: String::new(), to: String::new(), rule: rule.to_string() }
    }

    pub fn of(from: impl ToString, to: impl ToString, rule: &str) -> Edge {
        Edge { from: from.to_string(), to: to.to_string(), rule: rule.to_string() }
    }
}
