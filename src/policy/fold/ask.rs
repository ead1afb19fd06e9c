//! Questions about a fold that no rule asks.

use crate::policy::fold::Fold;
use crate::sim::SimTime;

impl Fold {
    /// Whether a send of this template would be held at an instant ([`crate::policy::judge::Judge::would_hold`]).
    pub fn would_hold(&self, number: &str, template: &str, at: SimTime) -> bool {
        let Some(n) = self.number(number) else { return false };
        let found = self.names.templates.find(self.judge.numbers[n].portfolio, template);
        let judged = found.and_then(|t| self.names.templates.list()[t as usize].judged);
        judged.is_some_and(|t| self.judge.would_hold(t, at))
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
