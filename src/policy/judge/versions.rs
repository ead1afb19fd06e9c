//! Rule sets over time, as a judge takes them one after the other.

use std::sync::Arc;

use crate::policy::quality::Grid;
use crate::policy::rules::Rules;
use crate::sim::SimTime;

/// Rule sets by the instant they take effect; the first holds from the beginning of time.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// (takes effect at, rules), ascending; the first instant is never looked at.
    versions: Vec<(SimTime, Arc<Rules>)>,
}

impl Timeline {
    /// One rule set for all time.
    pub fn pinned(rules: Rules) -> Timeline {
        Timeline { versions: vec![(SimTime(i64::MIN), Arc::new(rules))] }
    }

    /// A first rule set and later ones, ascending.
    pub fn new(first: Rules, later: impl IntoIterator<Item = (SimTime, Rules)>) -> Timeline {
        let mut versions = vec![(SimTime(i64::MIN), Arc::new(first))];
        versions.extend(later.into_iter().map(|(at, r)| (at, Arc::new(r))));
        assert!(versions.windows(2).all(|w| w[0].0 < w[1].0), "versions come in ascending order");
        Timeline { versions }
    }

    /// The grid that serves every version.
    pub fn grid(&self) -> Grid {
        Grid::new(self.versions.iter().map(|v| v.1.as_ref()))
    }

    /// The version in force at an instant.
    pub fn index_at(&self, at: SimTime) -> usize {
        self.versions.partition_point(|v| v.0 <= at) - 1
    }

    /// The rules of a version.
    pub fn rules(&self, index: usize) -> &Arc<Rules> {
        &self.versions[index].1
    }

    /// When a version takes effect.
    pub fn effective(&self, index: usize) -> Option<SimTime> {
        self.versions.get(index).map(|v| v.0)
    }
}
