//! Instants at which something falls due by the rules alone, and what then happens: evaluations first, then clocks that
//! run out.

use crate::messaging::{QualityRating, Scope, VerdictKind};
use crate::policy::judge::Judge;
use crate::policy::judge::state::Flag;
use crate::policy::judge::verdicts::Edge;
use crate::policy::rules::{Recovery, UnratedAtDeadline};
use crate::sim::{SimDuration, SimTime};

impl Judge {
    /// The next instant at which something falls due, after `after`: an evaluation, a clock, or a change of rules.
    pub fn next_instant(&self, after: SimTime) -> SimTime {
        let mut next = SimTime(i64::MAX);
        let mut offer = |at: SimTime| {
            if at > after && at < next {
                next = at;
            }
        };
        if !self.numbers.is_empty() {
            offer((after + SimDuration(1)).ceil_to(self.rules.rating.cadence));
        }
        if let Some(at) = self.next_change() {
            offer(at);
        }
        self.each_clock(&mut offer);
        next
    }

    /// Every clock that runs, raises included.
    pub(super) fn each_clock(&self, offer: &mut impl FnMut(SimTime)) {
        for s in &self.scopes {
            s.pending.iter().for_each(|p| offer(p.at));
        }
        self.each_clock_but_raises(offer);
    }

    /// Every clock that runs other than raises.
    pub fn each_clock_but_raises(&self, offer: &mut impl FnMut(SimTime)) {
        for n in &self.numbers {
            n.flag.iter().for_each(|f| offer(f.deadline));
            n.suspended.iter().for_each(|s| offer(s.0));
        }
        for t in &self.templates {
            t.resume.iter().for_each(|r| offer(r.0));
        }
        self.each_hold(offer);
        self.each_portfolio_hold(offer);
        for p in &self.portfolios {
            p.account.each_end(offer);
        }
    }

    /// Steps 3 and 4 at an instant: the evaluation, if it is one, then clocks that run out.
    pub fn settle(&mut self, at: SimTime, slots_in_use: &mut dyn FnMut(usize, SimTime) -> u64) {
        if self.is_evaluation(at) {
            self.evaluate(at, slots_in_use);
        }
        self.run_clocks(at);
    }

    /// Step 4: flag deadlines, raises, template resumes, ends of suspensions, of restrictions and of holds (of
    /// templates, then of portfolios); by id inside each.
    pub(super) fn run_clocks(&mut self, at: SimTime) {
        for i in 0..self.order.len() {
            self.run_flag_deadline(self.order[i], at);
        }
        for i in 0..self.scope_order.len() {
            self.fire_raise(self.scope_order[i], at);
        }
        for i in 0..self.template_order.len() {
            let t = self.template_order[i];
            if let Some((_, cause)) = self.templates[t].resume.filter(|r| r.0 <= at) {
                self.resume_template(t, at, cause);
            }
        }
        for i in 0..self.order.len() {
            let n = self.order[i];
            if let Some((_, cause)) = self.numbers[n].suspended.filter(|s| s.0 <= at) {
                let before = self.numbers[n].status();
                self.numbers[n].suspended = None;
                let (subject, portfolio) = self.number_names(n);
                let edge = Edge::none("suspension_over");
                self.push(VerdictKind::NumberRestored, Scope::Number, subject, portfolio, at, edge, cause);
                self.status_changed(n, before, at, "suspension_over", cause);
            }
        }
        self.end_restrictions(at);
        self.end_holds(at);
        self.end_portfolio_holds(at);
    }

    pub(super) fn run_flag_deadline(&mut self, n: usize, at: SimTime) {
        let Some(flag) = self.numbers[n].flag.filter(|f| f.deadline <= at) else { return };
        let rules = self.rules.clone();
        let low = match self.numbers[n].rating {
            QualityRating::Red => true,
            QualityRating::Unknown => rules.flag.unrated_at_deadline == UnratedAtDeadline::NotRecovered,
            QualityRating::Yellow | QualityRating::Green => false,
        };
        if !low && rules.flag.recovery == Recovery::Held {
            self.numbers[n].flag = Some(Flag { deadline: flag.deadline + rules.flag.after, ..flag });
            return;
        }
        let before = self.numbers[n].status();
        if low {
            self.lower(self.numbers[n].scope, at, "flag_deadline", flag.cause);
        }
        self.end_flag(n, at);
        let rule = if low { "flag_deadline" } else { "flag_recovered" };
        self.status_changed(n, before, at, rule, flag.cause);
    }
}
