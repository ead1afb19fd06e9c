//! Templates: how they appear, are rated, paused, resumed and disabled.
//!
//! Pacing and read rates have files of their own.

use crate::messaging::rows::TemplateRatingRow;
use crate::messaging::{QualityRating, TemplateStatus, VerdictKind};
use crate::policy::judge::pacing::Pacing;
use crate::policy::judge::reading::Cohorts;
use crate::policy::judge::state::{LastSignals, TemplateState};
use crate::policy::judge::verdicts::Edge;
use crate::policy::judge::{Judge, Strike};
use crate::policy::quality::{Thresholds, Window};
use crate::policy::rules::TemplateRules;
use crate::sim::SimTime;

impl Judge {
    /// Index of a template of a portfolio, made if new.
    pub fn template(&mut self, portfolio: usize, name: &str) -> usize {
        if let Some(i) = self.template_index[portfolio].get(name) {
            return *i;
        }
        let index = self.templates.len();
        self.template_index[portfolio].insert(name.to_string(), index);
        let id = |p: usize| self.portfolios[p].id.as_str();
        let names = |t: &usize| {
            let t = &self.templates[*t];
            (id(t.portfolio), t.name.as_str()) < (id(portfolio), name)
        };
        self.template_order.insert(self.template_order.partition_point(names), index);
        let rating = Thresholds::of_numbers(&self.rules.rating).initial();
        self.templates.push(TemplateState {
            portfolio,
            name: name.to_string(),
            window: Window::new(&self.grid),
            rating,
            score: None,
            status: TemplateStatus::Active,
            resumed_at: None,
            pacing: Pacing::default(),
            last: LastSignals::default(),
            cohorts: Cohorts::default(),
            times_red: 0,
            resume: None,
        });
        index
    }

    pub(super) fn evaluate_template(&mut self, t: usize, at: SimTime, bucket: i64, keep: bool) {
        let rules = self.rules.clone();
        let Some(template) = &rules.template else { return };
        if self.templates[t].status != TemplateStatus::Active {
            return;
        }
        let thresholds = Thresholds::of_templates(&rules.rating, template);
        self.templates[t].window.advance(bucket);
        let rate = self.scorer.rate(&self.templates[t].window);
        let before = self.templates[t].rating;
        let colour = self.colour_by_reads(t, template, bucket, thresholds.colour(rate, before));
        let last = &self.templates[t].last;
        let cause = self.evaluation_cause(last.with_reads(last.counted(rules.rating.denominator)), at);
        self.templates[t].rating = colour;
        self.templates[t].score = rate.value;
        // The row waits for the status that follows from the colour.
        let score = keep.then(|| self.scorer.score(&self.templates[t].window));
        let row = score.map(|score| TemplateRatingRow {
            time: at,
            cadence: rules.rating.cadence,
            template: t,
            exposure: score.exposure,
            blocks: score.blocks,
            reports: score.reports,
            mutes: score.mutes,
            archives: score.archives,
            score: score.value,
            rating: colour,
            status: TemplateStatus::Active,
            effective_sample: score.effective_sample(),
        });
        self.act_on_template(t, at, template, before, cause);
        let status = self.templates[t].status;
        self.template_ratings.extend(row.map(|row| TemplateRatingRow { status, ..row }));
    }

    /// What follows from a template's new colour.
    pub(super) fn act_on_template(
        &mut self,
        t: usize,
        at: SimTime,
        template: &TemplateRules,
        before: QualityRating,
        cause: Option<u64>,
    ) {
        let colour = self.templates[t].rating;
        if colour != before {
            self.template_verdict(
                VerdictKind::TemplateRated,
                t,
                at,
                Edge::of(before, colour, "rating"),
                cause,
            );
        }
        self.pace_by_colour(t, before, at, cause);
        if colour != QualityRating::Red {
            return;
        }
        self.template_was_red(self.templates[t].portfolio, at);
        self.templates[t].times_red += 1;
        let nth = self.templates[t].times_red;
        let rule = format!("template_red_{nth}");
        if let Some(pause) = template.pauses.get(nth - 1) {
            self.templates[t].status = TemplateStatus::Paused;
            self.templates[t].resume = Some((at + *pause, cause));
            let edge = Edge::of(TemplateStatus::Active, TemplateStatus::Paused, &rule);
            self.template_verdict(VerdictKind::TemplatePaused, t, at, edge, cause);
        } else {
            self.templates[t].status = TemplateStatus::Disabled;
            let edge = Edge::of(TemplateStatus::Active, TemplateStatus::Disabled, &rule);
            self.template_verdict(VerdictKind::TemplateDisabled, t, at, edge, cause);
            if self.rules.enforcement.as_ref().is_some_and(|e| e.disabled_template_counts) {
                self.strike(self.templates[t].portfolio, Strike::Template, at, cause);
            }
        }
    }

    pub(super) fn resume_template(&mut self, t: usize, at: SimTime, cause: Option<u64>) {
        let template = &mut self.templates[t];
        let before = template.rating;
        template.resume = None;
        template.status = TemplateStatus::Active;
        template.rating = QualityRating::Unknown;
        template.score = None;
        template.resumed_at = Some(at);
        template.window.clear();
        template.cohorts.clear();
        template.last = LastSignals::default();
        template.pacing.resume();
        let edge = Edge::of(TemplateStatus::Paused, TemplateStatus::Active, "pause_over");
        self.template_verdict(VerdictKind::TemplateResumed, t, at, edge, cause);
        let edge = Edge::of(before, QualityRating::Unknown, "resume_reset");
        self.template_verdict(VerdictKind::TemplateRated, t, at, edge, cause);
    }
}
