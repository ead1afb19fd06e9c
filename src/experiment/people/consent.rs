//! What people agreed to and when they take it back, as the recipients of a run live it: the factor of their consent
//! at an instant, by which way they opt out, and whether a sender's list knows.
//!
//! Everything here hangs on one person alone. Must not know ratings or limits.

use super::{OPTED_OUT, People, STOPPED, World};
use crate::behaviour::consent::{Agreement, ConsentSource};
use crate::behaviour::draws::{age, opt_out_way};
use crate::behaviour::recipient::Delay;
use crate::behaviour::sender::{OptOut, Way};
use crate::experiment::key::{Key, MessageRef, What};
use crate::experiment::people::Emit;
use crate::experiment::plan::{CampaignPlan, Plan, SegmentPlan};
use crate::scenario::People as Audience;
use crate::sim::rng::{Purpose, unit};

/// When a person opted out, in milliseconds since the start: of everything, and of marketing by the platform's control.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptedOut {
    of_all: i64,
    of_marketing: i64,
}

/// When each person opted out; empty where no sender is slow to learn of it.
pub(super) fn opted_out_at(plan: &Plan, people: usize) -> Vec<OptedOut> {
    let slow = plan.campaigns.iter().any(|c| c.spec.audience.opt_out_delay.0 > 0);
    let never = OptedOut { of_all: i64::MAX, of_marketing: i64::MAX };
    if slow { vec![never; people] } else { Vec::new() }
}

impl People {
    /// The factor of consent, topic and fit on negative reactions.
    #[inline]
    pub(super) fn consent(
        &self,
        w: World<'_>,
        plan: &SegmentPlan,
        i: usize,
        template: usize,
        offset: i64,
    ) -> f64 {
        let consent = &plan.spec.consent;
        let listed = match &w.plan.scenario.people {
            Audience::Listed(list) => Some(&list[self.first as usize + i]),
            Audience::Counted(_) => None,
        };
        let told = listed.filter(|p| p.consented.is_some() || p.topics.is_some());
        if told.is_none() && consent.half_life.is_none() {
            return plan.by_template[template];
        }
        let mut agreement = consent.agreement();
        if let Some(person) = told {
            agreement = Agreement {
                source: match person.consented {
                    None => agreement.source,
                    Some(false) => None,
                    Some(true) => person.source.or(agreement.source).or(Some(ConsentSource::Site)),
                },
                topics: person.topics.as_deref().unwrap_or(agreement.topics),
                own_topics: person.topics.is_some(),
            };
        }
        let factor = match consent.half_life {
            None => consent.fresh(&agreement),
            Some(_) => {
                let before = match listed.and_then(|p| p.opt_in_date) {
                    Some(date) => (w.plan.scenario.start - date).0,
                    None => {
                        // Everybody alike needs no luck.
                        let lot = match consent.age {
                            Delay::Fixed(_) => 0,
                            _ => w.draws.words(Purpose::ConsentAge, self.people[i].key, 0)[0],
                        };
                        age(consent.age, lot).0
                    }
                };
                consent.aged(&agreement, (before + offset) as f64)
            }
        };
        let template = &w.plan.templates()[template];
        factor * consent.fit(&agreement, template) / template.relevance
    }

    /// By which way the reader of a message opts out.
    pub(super) fn way_out(&self, w: World<'_>, i: usize, m: MessageRef, offered: OptOut) -> Way {
        let segment = &w.plan.segments[self.people[i].segment as usize].spec;
        let word = match offered {
            OptOut::Both => {
                let ordinal = w.plan.ordinal(m.campaign, m.occurrence);
                w.draws.words(Purpose::OptOutWay, self.people[i].key, ordinal)[0]
            }
            _ => 0,
        };
        opt_out_way(&segment.reactions, offered, word)
    }

    /// A person opts out; it is told once, and once more where the platform's control is used.
    pub(super) fn opts_out(&mut self, i: usize, key: Key, out: &mut impl Emit) {
        debug_assert_eq!(key.what(), What::OptOut);
        let stop = key.detail() == Way::Stop as u8;
        let flag = if stop { STOPPED } else { OPTED_OUT };
        if self.people[i].flags & flag != 0 {
            return;
        }
        self.people[i].flags |= flag;
        if let Some(at) = self.opted_out_at.get_mut(i) {
            // Each way is told once.
            *(if stop { &mut at.of_marketing } else { &mut at.of_all }) = key.offset();
        }
        out.signal(key, self.people[i].segment);
    }

    /// Whether the list that a campaign goes by has struck off somebody who opted out.
    pub(super) fn is_struck_off(&self, w: World<'_>, campaign: &CampaignPlan, i: usize, offset: i64) -> bool {
        let a = &campaign.spec.audience;
        // The platform's control concerns marketing only.
        let concerned = self.people[i].flags & OPTED_OUT != 0 || campaign.marketing_only;
        let known = |at: &OptedOut| {
            let since = if campaign.marketing_only { at.of_all.min(at.of_marketing) } else { at.of_all };
            offset >= since.saturating_add(a.opt_out_delay.0)
        };
        a.honour_opt_outs
            && concerned
            && (a.opt_out_delay.0 == 0 || known(&self.opted_out_at[i]))
            && (a.opt_outs_missed == 0.0
                || unit(w.draws.words(Purpose::OptOutMissed, self.people[i].key, 0)[0]) >= a.opt_outs_missed)
    }
}
