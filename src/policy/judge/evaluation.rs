//! Evaluations of numbers: the colour that follows from the window, and what follows from the colour.
//!
//! Windows are filled elsewhere, and clocks run elsewhere.

use crate::messaging::rows::RatingRow;
use crate::messaging::{Limit, QualityRating, Scope, VerdictKind};
use crate::policy::judge::Judge;
use crate::policy::judge::state::{Flag, LastCounted};
use crate::policy::judge::verdicts::Edge;
use crate::policy::quality::{Rate, Thresholds};
use crate::policy::rules::{Recovery, Rules, SustainedAction};
use crate::sim::SimTime;

impl Judge {
    /// Whether `at` is an evaluation.
    pub fn is_evaluation(&self, at: SimTime) -> bool {
        !self.numbers.is_empty() && at.is_multiple_of(self.rules.rating.cadence)
    }

    pub(super) fn evaluate(&mut self, at: SimTime, slots_in_use: &mut dyn FnMut(usize, SimTime) -> u64) {
        let keep = self.keep_every.is_some_and(|every| every.keeps(at, self.rules.rating.cadence));
        let rules = self.rules.clone();
        let bucket = self.grid.bucket_of(at);
        let thresholds = Thresholds::of_numbers(&rules.rating);
        for i in 0..self.order.len() {
            let n = self.order[i];
            self.numbers[n].window.advance(bucket);
            let rate = self.scorer.rate(&self.numbers[n].window);
            let cause = self.evaluation_cause(self.numbers[n].last.counted(rules.rating.denominator), at);
            self.rate_number(n, at, rate, &thresholds, cause, keep);
            self.evaluate_status(n, at, &rules, cause, slots_in_use);
            self.evaluate_sustained(n, at, &rules, cause);
        }
        for i in 0..self.scope_order.len() {
            let s = self.scope_order[i];
            if let Some(pending) = self.scopes[s].pending.filter(|_| !self.raise_allowed(s)) {
                let members = self.scopes[s].members.iter();
                let last =
                    members.filter_map(|m| self.numbers[*m].last.counted(rules.rating.denominator)).max();
                let cause = self.evaluation_cause(last, at);
                self.cancel_raise(s, at, pending, "not_allowed", cause);
            }
        }
        for i in 0..self.template_order.len() {
            self.evaluate_template(self.template_order[i], at, bucket, keep && self.keep_templates);
        }
        self.evaluate_reading(at, bucket);
        self.pace_portfolios(at);
    }

    /// The last signal that entered the subject's rating since the previous evaluation, if any.
    pub(super) fn evaluation_cause(&self, last: LastCounted, at: SimTime) -> Option<u64> {
        last.filter(|(t, _)| *t > at - self.rules.rating.cadence).map(|l| l.1)
    }

    pub(super) fn rate_number(
        &mut self,
        n: usize,
        at: SimTime,
        rate: Rate,
        thresholds: &Thresholds,
        cause: Option<u64>,
        keep: bool,
    ) {
        let before = self.numbers[n].rating;
        // What is counted is shown; nobody has published what an app number's score would be.
        let value = rate.value.filter(|_| !self.numbers[n].app);
        let mut colour = match self.numbers[n].app {
            true => QualityRating::Unknown,
            false => thresholds.colour(rate, before),
        };
        if colour == QualityRating::Green && self.templates_weigh_on_numbers(self.numbers[n].portfolio, at) {
            colour = QualityRating::Yellow;
        }
        let s = &mut self.numbers[n];
        s.score = value;
        s.rating = colour;
        s.thirty_days.note(at, before, colour);
        if colour == QualityRating::Red {
            s.red_since.get_or_insert(at);
            s.not_red_since = None;
        } else {
            s.red_since = None;
            s.not_red_since.get_or_insert(at);
        }
        if at >= self.watch_from {
            self.watch[n].note(at, colour, value);
        }
        let worst = self.keep_every.is_some()
            && at >= self.watch_from
            && colour != QualityRating::Unknown
            && value > self.worst[n].as_ref().and_then(|row| row.score);
        if keep || worst {
            let mut score = self.scorer.score(&self.numbers[n].window);
            score.value = value;
            let row = RatingRow {
                time: at,
                cadence: self.rules.rating.cadence,
                number: n,
                exposure: score.exposure,
                blocks: score.blocks,
                reports: score.reports,
                mutes: score.mutes,
                archives: score.archives,
                score: score.value,
                rating: colour,
                effective_sample: score.effective_sample().filter(|_| !self.numbers[n].app),
                thresholds: thresholds.of_colours(),
            };
            if worst {
                self.worst[n] = Some(row.clone());
            }
            if keep {
                self.ratings.push(row);
            }
        }
        if colour != before {
            let (subject, portfolio) = self.number_names(n);
            let edge = Edge::of(before, colour, "rating");
            self.push(VerdictKind::QualityRated, Scope::Number, subject, portfolio, at, edge, cause);
        }
    }

    pub(super) fn evaluate_status(
        &mut self,
        n: usize,
        at: SimTime,
        rules: &Rules,
        cause: Option<u64>,
        slots_in_use: &mut dyn FnMut(usize, SimTime) -> u64,
    ) {
        let before = self.numbers[n].status();
        let mut rule = "slots_free";
        if self.numbers[n].restricted {
            let scope = self.numbers[n].scope;
            let limit = self.scopes[scope].limit;
            if limit == Limit::Unlimited || limit.admits(slots_in_use(scope, at)) {
                self.numbers[n].restricted = false;
            }
        }
        let s = &mut self.numbers[n];
        if s.flag.is_some() {
            let calm = s.not_red_since.is_some_and(|since| at - since >= rules.flag.after);
            if rules.flag.recovery == Recovery::Held && calm {
                rule = "flag_recovered";
                self.end_flag(n, at);
            }
        } else if rules.flag.enabled && s.rating == QualityRating::Red && s.suspended.is_none() && !s.banned {
            rule = "flag_red";
            s.flag = Some(Flag { deadline: at + rules.flag.after, cause });
        }
        self.status_changed(n, before, at, rule, cause);
    }

    /// Ends a flag and, where the rules say so, lets the count towards a raise start anew.
    pub(super) fn end_flag(&mut self, n: usize, at: SimTime) {
        self.numbers[n].flag = None;
        if self.rules.raise.restart_count_after_flag {
            let scope = self.numbers[n].scope;
            self.scopes[scope].count_from = Some(at);
        }
    }

    pub(super) fn evaluate_sustained(&mut self, n: usize, at: SimTime, rules: &Rules, cause: Option<u64>) {
        let Some(sustained) = &rules.sustained else { return };
        let Some(since) = self.numbers[n].red_since.filter(|_| !self.numbers[n].banned) else { return };
        if at - since < sustained.red_for {
            return;
        }
        self.numbers[n].red_since = Some(at);
        let position = self.numbers[n].sustained_done.min(sustained.actions.len() - 1);
        self.numbers[n].sustained_done += 1;
        let before = self.numbers[n].status();
        let (subject, portfolio) = self.number_names(n);
        match sustained.actions[position] {
            SustainedAction::Lower => self.lower(self.numbers[n].scope, at, "sustained_lower", cause),
            SustainedAction::Suspend(span) => {
                let until = at + span;
                self.numbers[n].suspended = Some((until, cause));
                let edge =
                    Edge { from: String::new(), to: until.to_string(), rule: "sustained_suspend".into() };
                self.push(VerdictKind::NumberSuspended, Scope::Number, subject, portfolio, at, edge, cause);
                self.status_changed(n, before, at, "sustained_suspend", cause);
            }
            SustainedAction::Ban => {
                if self.numbers[n].flag.is_some() {
                    self.end_flag(n, at);
                }
                self.numbers[n].banned = true;
                self.numbers[n].suspended = None;
                let edge = Edge::none("sustained_ban");
                self.push(VerdictKind::NumberBanned, Scope::Number, subject, portfolio, at, edge, cause);
                self.status_changed(n, before, at, "sustained_ban", cause);
            }
        }
    }
}
