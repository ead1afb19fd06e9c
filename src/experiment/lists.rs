//! Broadcast lists of a number in the Business app: how a dispatch falls into lists, when each goes out, and what of
//! it a month's allowance covers.
//!
//! Senders' books; judges nothing. A list is begun by hand, one after the other.

use crate::behaviour::app::AppSender;
use crate::experiment::plan::Plan;
use crate::experiment::senders::after_quiet;
use crate::messaging::Limit;
use crate::policy::app::{AllowanceUnit, AppRules};
use crate::sim::SimTime;

/// What the lists of one campaign in one month came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadcastRow {
    /// Index of the campaign.
    pub campaign: usize,
    /// First instant of the calendar month (UTC).
    pub month: SimTime,
    /// Lists sent.
    pub lists: u64,
    /// Messages to people on them.
    pub messages: u64,
    /// Units of the allowance used.
    pub free: u64,
    /// Units bought.
    pub bought: u64,
    /// Messages not sent because the allowance was used up.
    pub over_allowance: u64,
}

/// One app number's books.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Offset from which the next list may begin.
    free_at: i64,
    /// The month of `used`.
    month: Option<SimTime>,
    used: u64,
}

/// The rules where a policy has none: nothing binds.
pub fn no_rules() -> AppRules {
    AppRules {
        list_max: u64::MAX,
        saved_only: false,
        allowance: Limit::Unlimited,
        allowance_unit: AllowanceUnit::Message,
    }
}

impl Lists {
    /// Puts `size` recipients on lists from `offset` on. `out` takes, for each recipient in order, when the list
    /// begins; none for those who are not sent to.
    #[allow(clippy::too_many_arguments)]
    pub fn dispatch(
        &mut self,
        plan: &Plan,
        campaign: usize,
        app: &AppSender,
        offset: i64,
        size: usize,
        books: &mut Vec<BroadcastRow>,
        out: &mut dyn FnMut(Option<i64>),
    ) {
        let mut left = size as u64;
        let mut begins = after_quiet(plan, campaign as u16, offset.max(self.free_at));
        while left > 0 {
            if begins > plan.span() {
                // The run ends before this list is begun: it uses up nothing.
                (0..left).for_each(|_| out(None));
                return;
            }
            let at = SimTime(plan.scenario.start.0 + begins);
            let rules = plan.app_rules(at).cloned().unwrap_or_else(no_rules);
            let wanted = left.min(rules.list_max);
            left -= wanted;
            let month = at.month_start();
            if self.month != Some(month) {
                (self.month, self.used) = (Some(month), 0);
            }
            let units = match rules.allowance_unit {
                AllowanceUnit::Message => wanted,
                AllowanceUnit::List => 1,
            };
            let free = match rules.allowance {
                Limit::Of(most) => units.min(most.saturating_sub(self.used)),
                Limit::Unlimited => units,
            };
            self.used += free;
            let bought = if app.buys { units - free } else { 0 };
            let sent = match rules.allowance_unit {
                AllowanceUnit::Message => free + bought,
                AllowanceUnit::List => wanted * (free + bought),
            };
            (0..wanted).for_each(|k| out((k < sent).then_some(begins)));
            let row = row(books, campaign, month);
            row.lists += u64::from(sent > 0);
            row.messages += sent;
            row.free += free;
            row.bought += bought;
            row.over_allowance += wanted - sent;
            if sent > 0 {
                self.free_at = begins + app.list_gap.0;
                begins = after_quiet(plan, campaign as u16, self.free_at);
            }
        }
    }
}

fn row(books: &mut Vec<BroadcastRow>, campaign: usize, month: SimTime) -> &mut BroadcastRow {
    let known = books.iter().position(|r| (r.campaign, r.month) == (campaign, month));
    let at = known.unwrap_or_else(|| {
        books.push(BroadcastRow {
            campaign,
            month,
            lists: 0,
            messages: 0,
            free: 0,
            bought: 0,
            over_allowance: 0,
        });
        books.len() - 1
    });
    &mut books[at]
}
