//! The business's side of its templates: which may be sent, as the platform shows it, and the messages of each that
//! the platform holds until it knows more.
//!
//! Sees statuses and what becomes of held messages; never a score.

use crate::experiment::key::MessageRef;
use crate::experiment::people::Taken;
use crate::experiment::plan::Plan;
use crate::messaging::{TemplateStatus, Verdict, VerdictKind};
use crate::sim::SimTime;

/// What a business sees of its templates, by portfolio and template.
#[derive(Clone, Debug)]
pub struct Templates {
    status: Vec<TemplateStatus>,
    held: Vec<Vec<Taken>>,
    let_go: Vec<LetGo>,
}

/// Messages that are held no longer.
#[derive(Clone, Debug)]
pub struct LetGo {
    /// When the platform decided.
    pub at: SimTime,
    /// Whether they go out; otherwise they fail.
    pub released: bool,
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
        let template = plan.templates().iter().position(|t| t.name == v.subject);
        let (Some(p), Some(t)) = (portfolio, template) else { return };
        let place = p * plan.templates().len() + t;
        match status {
            Some(status) => self.status[place] = status,
            None => {
                let messages = std::mem::take(&mut self.held[place]);
                let released = v.to != "dropped";
                self.let_go.push(LetGo { at: v.time, released, messages });
            }
        }
    }

    /// The place of a message's template.
    fn place(plan: &Plan, m: MessageRef) -> usize {
        let portfolio = plan.portfolio_of[plan.number_of(m.campaign)];
        portfolio * plan.templates().len() + plan.template_of(m.campaign, m.variant)
    }

    /// The platform holds a message.
    pub fn hold(&mut self, plan: &Plan, taken: Taken) {
        self.held[Templates::place(plan, taken.message)].push(taken);
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
