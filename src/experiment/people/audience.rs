//! Whom a sender reaches out to: who of a campaign's audience a dispatch takes, and who may be written to at all.
//!
//! By what a sender can know: segments, opt-outs as far as its list has them, its own sends, what receipts showed.

use std::ops::Range;

use super::{NEVER, OPTED_OUT, People, STOPPED, World};
use crate::experiment::plan::CampaignPlan;
use crate::sim::SimDuration;
use crate::sim::rng::{Purpose, unit};

impl People {
    /// Whether a dispatch of this campaign reaches out to this recipient, by what a sender can know.
    pub fn in_audience(
        &self,
        w: World<'_>,
        campaign: &CampaignPlan,
        who: u32,
        offset: i64,
        share: f64,
    ) -> bool {
        let i = self.local(who);
        campaign.spec.audience.segments.contains(&(self.people[i].segment as usize))
            && self.is_reached(w, campaign, i, offset, share)
    }

    /// Hands out those recipients of a range of indices whom a dispatch reaches out to, at most so many, in order.
    pub fn reach(
        &self,
        w: World<'_>,
        campaign: &CampaignPlan,
        range: Range<usize>,
        (offset, share): (i64, f64),
        most: usize,
        mut out: impl FnMut(u32),
    ) {
        // Looked up once, not once for each of many people.
        let mut wanted = [false; 256];
        campaign.spec.audience.segments.iter().for_each(|s| wanted[*s] = true);
        let first = self.first as usize;
        let mut left = most;
        for i in range.start - first..range.end - first {
            if left == 0 {
                return;
            }
            if wanted[self.people[i].segment as usize] && self.is_reached(w, campaign, i, offset, share) {
                out((first + i) as u32);
                left -= 1;
            }
        }
    }

    /// Whether somebody of the right segment is reached.
    #[inline]
    fn is_reached(&self, w: World<'_>, campaign: &CampaignPlan, i: usize, offset: i64, share: f64) -> bool {
        if !self.may_be_written_to(w, campaign, i, offset) {
            return false;
        }
        let a = &campaign.spec.audience;
        let person = &self.people[i];
        let recent = |last: u32, span: SimDuration| last != NEVER && offset - i64::from(last) * 1000 < span.0;
        if a.read_within.is_some_and(|span| !recent(person.last_read, span))
            || a.not_sent_within.is_some_and(|span| recent(person.last_sent, span))
        {
            return false;
        }
        let share = a.share * share;
        share >= 1.0 || unit(w.draws.words(Purpose::Audience, person.key, campaign.entity)[0]) < share
    }

    /// Whether the sender's own rules allow a message now: opt-outs honoured, as far as its list has them.
    #[inline]
    pub(super) fn may_be_written_to(
        &self,
        w: World<'_>,
        campaign: &CampaignPlan,
        i: usize,
        offset: i64,
    ) -> bool {
        let opted_out =
            self.people[i].flags & (OPTED_OUT | STOPPED) != 0 && self.is_struck_off(w, campaign, i, offset);
        let left_out = campaign.spec.audience.leave_out_blocked && self.has_blocked(i, campaign.spec.number);
        !opted_out && !left_out
    }
}
