//! What the calendar and chance settle before a replication begins: facts from outside, reviews of templates, and
//! when each dispatch can be made.
//!
//! The same for every engine. Draws are addressed by portfolio and template, so that adding one moves no other.
//! Knows no rules and no state of a run.

use crate::behaviour::account::{Recurrence, UntilApproved};
use crate::behaviour::draws::delay;
use crate::experiment::plan::{Admin, Plan};
use crate::sim::SimTime;
use crate::sim::rng::{Draws, Purpose, entity, unit, unit32};

/// Never approved in this run, as an offset.
const NEVER: i64 = i64::MAX;

/// The fixed course of one replication.
#[derive(Clone, Debug)]
pub struct Course {
    /// Facts from outside, in order.
    pub admin: Vec<(SimTime, Admin)>,
    /// (instant, campaign, occurrence) of every dispatch, in order.
    pub dispatches: Vec<(SimTime, usize, u16)>,
    /// For each portfolio and template, the offset from which it may be sent; empty where no template is reviewed.
    pub ready: Vec<i64>,
}

impl Course {
    /// The course of a replication.
    pub fn of(plan: &Plan, draws: &Draws) -> Course {
        let mut course =
            Course { admin: plan.admin.clone(), dispatches: plan.dispatches.clone(), ready: Vec::new() };
        course.violations(plan, draws);
        if plan.templates().iter().any(|t| t.review.is_some()) {
            course.reviews(plan, draws);
            course.wait(plan);
        }
        course.admin.sort();
        course
    }

    /// Violations at random moments, each line of the scenario by itself.
    fn violations(&mut self, plan: &Plan, draws: &Draws) {
        let s = &plan.scenario;
        let mut seen: Vec<String> = Vec::new();
        for (i, v) in s.violations.iter().enumerate() {
            let Recurrence::PerWeek(rate) = v.when else { continue };
            let mut name = format!("{} {}", plan.numbers()[v.number].portfolio, v.kind.name());
            let alike = seen.iter().filter(|s| **s == name).count();
            seen.push(name.clone());
            if alike > 0 {
                name = format!("{name} {alike}");
            }
            let (mut at, mut k) = (0.0, 0u64);
            loop {
                let word = draws.words(Purpose::Violation, entity(&name), k)[0];
                at += -libm::log(unit(word)) / rate * (7 * SimTime::DAY_MS) as f64;
                if at > plan.span() as f64 {
                    break;
                }
                let when = SimTime(s.start.0 + at as i64);
                if when >= plan.registered_at(v.number) {
                    self.admin.push((when, Admin::Violation(i as u32)));
                }
                k += 1;
            }
        }
    }

    /// Reviews of every template in every portfolio that plans to send it.
    fn reviews(&mut self, plan: &Plan, draws: &Draws) {
        let many = plan.templates().len();
        self.ready = vec![0; many * plan.portfolios.len()];
        for p in 0..plan.portfolios.len() {
            for (t, template) in plan.templates().iter().enumerate() {
                let uses = |c: &crate::experiment::plan::CampaignPlan| {
                    plan.portfolio_of[c.spec.number] == p
                        && !plan.is_app(c.spec.number)
                        && c.variants.contains(&t)
                };
                let Some(review) = template.review.as_ref().filter(|_| plan.campaigns.iter().any(uses))
                else {
                    continue;
                };
                let words = draws.words(Purpose::Review, entity(&template.name), entity(&plan.portfolios[p]));
                let (p32, t32) = (p as u32, t as u32);
                // Nobody submits for a portfolio without a number.
                let submitted = review.submitted.max(plan.registered_at(plan.first_of(p32)));
                self.admin.push((submitted, Admin::Created(p32, t32)));
                let mut decided = submitted + delay(review.delay, words[0]);
                let mut approved = unit32(words[1] as u32) >= review.rejected;
                self.admin.push((decided, Admin::Reviewed(p32, t32, approved)));
                if !approved && unit32((words[1] >> 32) as u32) < review.appealed {
                    decided += delay(review.appeal_delay, words[2]);
                    approved = unit(words[3]) < review.appeal_granted;
                    self.admin.push((decided, Admin::Reviewed(p32, t32, approved)));
                }
                self.ready[p * many + t] = if approved { plan.offset(decided) } else { NEVER };
            }
        }
        let horizon = plan.scenario.horizon;
        self.admin.retain(|(at, _)| *at <= horizon);
    }

    /// Dispatches wait for their templates, or are left, as their campaigns say.
    fn wait(&mut self, plan: &Plan) {
        let ready = |campaign: usize| -> SimTime {
            let c = &plan.campaigns[campaign];
            // Those of a split; what a reaction would send instead is looked at message by message.
            let split = c.spec.templates.iter();
            let base = plan.portfolio_of[c.spec.number] * plan.templates().len();
            let when = split.map(|(t, _)| self.ready[base + *t]);
            // A rejected one's share is not sent; the others need not wait for it.
            let last = when.clone().filter(|at| *at != NEVER).max().unwrap_or(NEVER);
            if last == NEVER { SimTime(i64::MAX) } else { SimTime(plan.scenario.start.0 + last) }
        };
        let ready: Vec<SimTime> = (0..plan.campaigns.len()).map(ready).collect();
        // Of the dispatches that wait, only the latest is made.
        let mut latest: Vec<Option<u16>> = vec![None; plan.campaigns.len()];
        for (at, c, k) in &plan.dispatches {
            if *at < ready[*c] {
                latest[*c] = Some(*k);
            }
        }
        let horizon = plan.scenario.horizon;
        self.dispatches.retain_mut(|(at, c, k)| {
            if *at >= ready[*c] {
                return true;
            }
            *at = ready[*c];
            let waits = plan.campaigns[*c].spec.until_approved == UntilApproved::Wait;
            waits && latest[*c] == Some(*k) && *at <= horizon
        });
        let priority = |c: usize| -i64::from(plan.scenario.campaigns[c].priority);
        self.dispatches.sort_by_key(|(at, c, k)| (*at, priority(*c), *c, *k));
    }

    /// From when a template may be sent from a number's portfolio, as an offset.
    #[inline]
    pub fn ready_at(ready: &[i64], plan: &Plan, number: usize, template: usize) -> i64 {
        ready.get(plan.portfolio_of[number] * plan.templates().len() + template).copied().unwrap_or(0)
    }
}
