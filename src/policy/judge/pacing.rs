//! Pacing: of a template that has yet to prove itself the first messages go out, the rest is held until its quality
//! is known, and then goes out or is dropped.
//!
//! A template is paced that the log saw created, until an evaluation finds it GREEN, and again from a pause or a worse
//! colour on. One that the log never saw created is an old one and not paced: whether it was new, nobody can tell.
//! Counts sends and watches colours; who keeps the held messages, and what becomes of them, is for others to know.

use crate::messaging::{Category, QualityRating, TemplateStatus, VerdictKind};
use crate::policy::judge::Judge;
use crate::policy::judge::verdicts::Edge;
use crate::policy::rules::PacingRules;
use crate::sim::{SimDuration, SimTime};

/// Where a template stands with pacing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pacing {
    /// What it is for, if the log saw it created.
    created: Option<Category>,
    /// Whether it goes out freely: it was found GREEN, or nothing was found while it was held.
    proven: bool,
    /// Sends since it was created, resumed or fell behind.
    passed: u64,
    hold: Option<Hold>,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    since: SimTime,
    until: SimTime,
    cause: Option<u64>,
}

impl Pacing {
    /// Starts anew: what it sends from here on is watched again.
    pub fn restart(&mut self) {
        self.proven = false;
        self.passed = 0;
    }

    /// Starts anew after a pause, with nothing held: what was held before it was dropped when it began.
    pub fn resume(&mut self) {
        self.restart();
        self.hold = None;
    }
}

impl Judge {
    /// A template was created, as far as the log saw it for the first time.
    pub fn template_created(&mut self, template: usize, category: Option<Category>) {
        self.templates[template].pacing.created = self.templates[template].pacing.created.or(category);
    }

    /// How a template's sends are paced at an instant, if they are.
    fn pacing(&self, template: usize, at: SimTime) -> Option<PacingRules> {
        let rules = self.rules.pacing?;
        let t = &self.templates[template];
        let covered = match t.pacing.created? {
            Category::Marketing => true,
            Category::Utility => t.resumed_at.is_some_and(|r| at - r < rules.utility_after_pause),
            Category::Authentication | Category::Service => false,
        };
        (covered && !t.pacing.proven).then_some(rules)
    }

    /// Whether a send of this template would be held now.
    pub fn would_hold(&self, template: usize, at: SimTime) -> bool {
        let p = &self.templates[template].pacing;
        p.hold.is_some() || self.pacing(template, at).is_some_and(|rules| p.passed >= rules.first)
    }

    /// Whether messages of this template are held.
    pub fn is_holding(&self, template: usize) -> bool {
        self.templates[template].pacing.hold.is_some()
    }

    /// A message of the template was sent: it goes out, or is held. A log may hold sends of a paused template; they
    /// begin no hold, whose end would prove a template that the pause has found bad.
    pub(super) fn sent_paced(&mut self, template: usize, at: SimTime, position: u64) {
        let t = &self.templates[template];
        if t.status != TemplateStatus::Active || t.pacing.hold.is_some() {
            return;
        }
        let Some(rules) = self.pacing(template, at) else { return };
        let p = &mut self.templates[template].pacing;
        if p.passed < rules.first {
            p.passed += 1;
            return;
        }
        let until = at + rules.hold;
        p.hold = Some(Hold { since: at, until, cause: Some(position) });
        let edge = Edge { from: String::new(), to: until.to_string(), rule: "pacing".to_string() };
        self.template_verdict(VerdictKind::SendHeld, template, at, edge, Some(position));
    }

    /// An evaluation found the template's colour: what is held goes out or is dropped, and a template that fell behind
    /// is paced again.
    pub(super) fn pace_by_colour(
        &mut self,
        template: usize,
        before: QualityRating,
        at: SimTime,
        cause: Option<u64>,
    ) {
        match self.templates[template].rating {
            QualityRating::Green => {
                let gathered = self.rules.pacing.map_or(SimDuration::ZERO, |rules| rules.feedback);
                if self.templates[template].pacing.hold.is_none_or(|h| at - h.since >= gathered) {
                    self.templates[template].pacing.proven = true;
                    self.end_hold(template, at, "released", "quality_good", cause);
                }
            }
            QualityRating::Red => self.end_hold(template, at, "dropped", "quality_low", cause),
            // While it is held, nothing is decided; fallen behind, it is watched again.
            QualityRating::Yellow if before == QualityRating::Green => {
                self.templates[template].pacing.restart();
            }
            QualityRating::Yellow | QualityRating::Unknown => {}
        }
    }

    fn end_hold(&mut self, template: usize, at: SimTime, to: &str, rule: &str, cause: Option<u64>) {
        if self.templates[template].pacing.hold.take().is_some() {
            let edge = Edge { from: String::new(), to: to.to_string(), rule: rule.to_string() };
            self.template_verdict(VerdictKind::SendReleased, template, at, edge, cause);
        }
    }

    /// Ends of holds, as clocks.
    pub(super) fn each_hold(&self, offer: &mut impl FnMut(SimTime)) {
        self.templates.iter().filter_map(|t| t.pacing.hold).for_each(|h| offer(h.until));
    }

    /// Holds that run out undecided: what was held goes out, and so does what follows.
    pub(super) fn end_holds(&mut self, at: SimTime) {
        for i in 0..self.template_order.len() {
            let t = self.template_order[i];
            if let Some(hold) = self.templates[t].pacing.hold.filter(|h| h.until <= at) {
                self.templates[t].pacing.proven = true;
                self.end_hold(t, at, "released", "hold_over", hold.cause);
            }
        }
    }

    /// Rules without pacing took effect: nothing is held any more.
    pub(super) fn release_all(&mut self, at: SimTime) {
        for i in 0..self.template_order.len() {
            let t = self.template_order[i];
            self.end_hold(t, at, "released", "policy_changed", None);
        }
    }
}
