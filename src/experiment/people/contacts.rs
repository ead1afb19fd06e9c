//! Who has saved which number of the Business app, and from when on.
//!
//! Drawn once per person and number; nothing a sender does changes it, and no sender sees it.

use super::{Emit, People, World};
use crate::experiment::key::{Key, MessageRef, What};
use crate::sim::rng::{Purpose, entity, unit};

/// Detail of a [`What::Trigger`] that is no message: the person saves the number.
pub const SAVES: u8 = 1;

impl People {
    /// Draws when everybody saves the numbers of the app; nothing where there are none.
    pub(super) fn draw_contacts(&mut self, w: World<'_>) {
        if w.plan.numbers().iter().all(|n| n.app.is_none()) {
            return;
        }
        for (n, number) in w.plan.numbers().iter().enumerate() {
            let begins = w.plan.offset(w.plan.registered_at(n));
            let ordinal = entity(&number.name);
            let when = |p: &super::Person| {
                let first = unit(w.draws.words(Purpose::Saved, p.key, ordinal)[0]);
                let later = unit(w.draws.words(Purpose::SavesLater, p.key, ordinal)[0]);
                let saved = w.plan.segments[p.segment as usize].spec.saved.after(first, later);
                saved.map_or(i64::MAX, |after| begins + after.0)
            };
            self.saved.push(match number.app {
                Some(_) => self.people.iter().map(when).collect(),
                None => Vec::new(),
            });
        }
    }

    /// Lets everybody whom an app number's campaigns are meant for save it in time.
    pub(super) fn first_contacts(&self, w: World<'_>, out: &mut impl Emit) {
        for (n, saved) in self.saved.iter().enumerate().filter(|(_, s)| !s.is_empty()) {
            let mine = || w.plan.campaigns.iter().enumerate().filter(|(_, c)| c.spec.number == n);
            let Some((campaign, _)) = mine().next() else { continue };
            for (i, at) in saved.iter().enumerate().filter(|(_, at)| **at <= w.plan.span()) {
                let segment = self.people[i].segment as usize;
                if mine().any(|(_, c)| c.spec.audience.segments.contains(&segment)) {
                    let recipient = self.first + i as u32;
                    let m = MessageRef { recipient, campaign: campaign as u16, occurrence: 0, variant: 0 };
                    out.due(Key::generated(*at, What::Trigger, m, SAVES));
                }
            }
        }
    }

    /// Whether the platform keeps a message from this person: it came from an app number that they have not saved.
    #[inline]
    pub(super) fn is_stranger(&self, w: World<'_>, i: usize, number: usize, offset: i64) -> bool {
        match self.saved.get(number).and_then(|saved| saved.get(i)) {
            Some(at) if *at > offset => {
                let at = crate::sim::SimTime(w.plan.scenario.start.0 + offset);
                w.plan.app_rules(at).is_some_and(|rules| rules.saved_only)
            }
            _ => false,
        }
    }
}
