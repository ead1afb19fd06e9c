//! Questions about a fold that no rule asks.

use crate::policy::fold::Fold;
use crate::sim::SimTime;

impl Fold {
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
