//! Questions about a fold that no rule asks.

use crate::messaging::Category;
use crate::policy::fold::Fold;
use crate::sim::SimTime;

/// For whose sake a message is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldFor {
    /// Its template's.
    Template,
    /// Its portfolio's.
    Portfolio,
}

/// Whether a row of this category is a template's: service is what goes without one, whatever name a row has for it.
pub(super) fn is_of_a_template(category: &str) -> bool {
    category != Category::Service.name()
}

impl Fold {
    /// Whether a send of this template and category would be held at an instant
    /// ([`crate::policy::judge::Judge::would_hold`], and for its portfolio).
    pub fn would_hold(
        &self,
        number: &str,
        template: &str,
        category: Category,
        at: SimTime,
    ) -> Option<HeldFor> {
        let n = self.number(number)?;
        let found = self.names.templates.find(self.judge.numbers[n].portfolio, template);
        let judged = found.and_then(|t| self.names.templates.list()[t as usize].judged);
        if judged.is_some_and(|t| self.judge.would_hold(t, at)) {
            return Some(HeldFor::Template);
        }
        let paced = is_of_a_template(category.name()) && self.judge.would_hold_in_portfolio(n, at);
        paced.then_some(HeldFor::Portfolio)
    }

    /// The time of the last signal; none before the first.
    pub fn last(&self) -> Option<SimTime> {
        self.last
    }

    /// The number that last delivered a message to a recipient, by its index; none if none did. Of two at the same
    /// instant the one that appeared later in the log.
    pub fn last_deliverer(&self, recipient: &str) -> Option<usize> {
        self.memory.last_deliverer(recipient)
    }
}
