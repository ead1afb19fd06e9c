//! What is asked of the judge at every row and changes seldom: the next instant at which something falls due, and
//! what a raise needs. Kept from row to row, forgotten whenever the judge's clocks or colours may have moved.
//!
//! A cache and nothing else. Must not know what makes it stale: whoever changes something says so.

use crate::policy::judge::{Judge, RaiseNeed};
use crate::sim::SimTime;

/// Answers of the judge that still hold.
#[derive(Clone, Debug, Default)]
pub(super) struct DueCache {
    next: Option<SimTime>,
    /// Up to a row at this instant nothing has to be done first; none where that is not known.
    quiet: Option<SimTime>,
    /// By scope; none where it was not asked for.
    needs: Vec<Option<Option<RaiseNeed>>>,
}

impl DueCache {
    /// Clocks, colours, limits or scopes may have changed.
    pub fn forget(&mut self) {
        (self.next, self.quiet) = (None, None);
        self.needs.clear();
    }

    /// Whether nothing has to be done before a row at this instant.
    #[inline]
    pub fn is_quiet(&self, at: SimTime) -> bool {
        self.quiet.is_some_and(|until| at <= until)
    }

    /// Nothing has to be done before rows up to this instant, unless something changes.
    pub fn quiet_until(&mut self, at: SimTime) {
        self.quiet = Some(at);
    }

    /// [`Judge::next_instant`].
    #[inline]
    pub fn next_instant(&mut self, judge: &Judge, after: SimTime) -> SimTime {
        *self.next.get_or_insert_with(|| judge.next_instant(after))
    }

    /// [`Judge::raise_need`].
    #[inline]
    pub fn raise_need(&mut self, judge: &Judge, scope: usize) -> Option<RaiseNeed> {
        if self.needs.len() <= scope {
            self.needs.resize(scope + 1, None);
        }
        *self.needs[scope].get_or_insert_with(|| judge.raise_need(scope))
    }
}
