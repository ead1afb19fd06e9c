//! The business's side of its templates: which may be sent, as the platform shows it, and the messages of each that
//! the platform holds until it knows more.
//!
//! Sees statuses and what becomes of held messages; never a score.

use std::collections::VecDeque;

use crate::experiment::key::MessageRef;
use crate::experiment::people::Taken;
use crate::experiment::plan::Plan;
use crate::experiment::row::{DROPPED, DROPPED_WITH_PORTFOLIO};
use crate::messaging::{Scope, TemplateStatus, Verdict, VerdictKind};
use crate::policy::fold::HeldFor;
use crate::sim::SimTime;

/// What a business sees of its templates, by portfolio and template.
#[derive(Clone, Debug)]
pub struct Templates {
    status: Vec<TemplateStatus>,
    held: Vec<Vec<Taken>>,
    /// By portfolio, in the order in which they were sent.
    in_portfolio: Vec<VecDeque<Taken>>,
    let_go: Vec<LetGo>,
}

/// Messages that are held no longer.
#[derive(Clone, Debug)]
pub struct LetGo {
    /// When the platform decided.
    pub at: SimTime,
    /// As what they fail ([`crate::experiment::row::DROPPED`] and its like); none if they go out.
    pub dropped: Option<u8>,
    /// The messages, in the order in which they were sent.
    pub messages: Vec<Taken>,
}

impl Templates {
    /// At the start: all may be sent.
    pub fn new(plan: &Plan) -> Templates {
        let places = plan.templates().len() * plan.portfolios.len();
        Templates {
            status: vec![TemplateStatus::Active; places],
            held: vec![Vec::new(); places],
            in_portfolio: vec![VecDeque::new(); plan.portfolios.len()],
            let_go: Vec::new(),
        }
    }

    /// Takes note of what the platform says of a template.
    pub fn see(&mut self, plan: &Plan, v: &Verdict) {
        use VerdictKind as K;
        let status = match v.kind {
            K::TemplatePaused => Some(TemplateStatus::Paused),
            K::TemplateResumed => Some(TemplateStatus::Active),
            K::TemplateDisabled => Some(TemplateStatus::Disabled),
            K::SendReleased => None,
            _ => return,
        };
        let portfolio = plan.portfolios.iter().position(|p| *p == v.portfolio);
        if v.scope == Scope::Portfolio {
            return portfolio.into_iter().for_each(|p| self.see_batch(p, v));
        }
        let template = plan.templates().iter().position(|t| t.name == v.subject);
        let (Some(p), Some(t)) = (portfolio, template) else { return };
        let place = p * plan.templates().len() + t;
        match status {
            Some(status) => self.status[place] = status,
            None => {
                let messages = std::mem::take(&mut self.held[place]);
                let dropped = (v.to == "dropped").then_some(DROPPED);
                self.let_go.push(LetGo { at: v.time, dropped, messages });
            }
        }
    }

    /// A batch of a portfolio goes out, or all of it is dropped.
    fn see_batch(&mut self, portfolio: usize, v: &Verdict) {
        let held = &mut self.in_portfolio[portfolio];
        let (many, dropped) = match v.to.parse::<usize>() {
            Ok(out) => (out, None),
            Err(_) => (held.len(), Some(DROPPED_WITH_PORTFOLIO)),
        };
        let messages = held.drain(..many.min(held.len())).collect();
        self.let_go.push(LetGo { at: v.time, dropped, messages });
    }

    /// The place of a message's template.
    fn place(plan: &Plan, m: MessageRef) -> usize {
        let portfolio = plan.portfolio_of[plan.number_of(m.campaign)];
        portfolio * plan.templates().len() + plan.template_of(m.campaign, m.variant)
    }

    /// The platform holds a message.
    pub fn hold(&mut self, plan: &Plan, taken: Taken, held_for: HeldFor) {
        let m = taken.message;
        match held_for {
            HeldFor::Template => self.held[Templates::place(plan, m)].push(taken),
            HeldFor::Portfolio => {
                self.in_portfolio[plan.portfolio_of[plan.number_of(m.campaign)]].push_back(taken);
            }
        }
    }

    /// What was let go since this was last asked.
    pub fn take_let_go(&mut self) -> Vec<LetGo> {
        std::mem::take(&mut self.let_go)
    }

    /// Which of a campaign's variants may be sent, one bit each.
    pub fn usable(&self, plan: &Plan, campaign: usize) -> u16 {
        let c = &plan.campaigns[campaign];
        let first = plan.portfolio_of[c.spec.number] * plan.templates().len();
        let active = |t: &usize| self.status[first + t] == TemplateStatus::Active;
        c.variants.iter().enumerate().map(|(v, t)| u16::from(active(t)) << v).sum()
    }
}
