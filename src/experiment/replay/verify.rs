//! The log's own verdicts held against those that the rules give now.
//!
//! Must not know where either comes from.

use std::collections::VecDeque;

use crate::messaging::Verdict;

/// The log's own verdicts held against those of the rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verification {
    /// Verdicts that agree in order, instant and value, up to the first that does not.
    pub agreed: u64,
    /// The first that differs: the log's, and the rules'.
    pub differs: Option<(Option<Verdict>, Option<Verdict>)>,
}

#[derive(Debug, Default)]
pub(super) struct Verifier {
    pub(super) logged: VecDeque<Verdict>,
    pub(super) derived: VecDeque<Verdict>,
    pub(super) found: Verification,
}

impl Verifier {
    pub(super) fn compare(&mut self, at_the_end: bool) {
        while self.found.differs.is_none() {
            let both = !self.logged.is_empty() && !self.derived.is_empty();
            let one = !self.logged.is_empty() || !self.derived.is_empty();
            if !(both || at_the_end && one) {
                break;
            }
            let (logged, derived) = (self.logged.pop_front(), self.derived.pop_front());
            if logged == derived {
                self.found.agreed += 1;
            } else {
                self.found.differs = Some((logged, derived));
            }
        }
        if self.found.differs.is_some() {
            self.logged.clear();
            self.derived.clear();
        }
    }
}
