//! Changes that the platform reported beside the same changes by the rules: which came first, and by how long.
//!
//! Must not know how either came about: both are paths of values over time.

use std::collections::BTreeMap;

use crate::experiment::observed::{Measure, Step, Subject, canonical};
use crate::sim::{SimDuration, SimTime};

/// A change of a value, made by the platform, by the rules, or by both.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whose.
    pub subject: Subject,
    /// Of what.
    pub measure: Measure,
    /// The old value: the platform's where it reported the change, else the rules'. Empty for the platform's first
    /// word on the subject.
    pub from: String,
    /// The new value, likewise.
    pub to: String,
    /// When the platform first reported the new value; none where only the rules made this change.
    pub observed: Option<SimTime>,
    /// When the rules made the same change; none where only the platform did.
    pub derived: Option<SimTime>,
}

impl Change {
    /// The rules' instant less the platform's, where both made the change. Negative where the rules were first.
    pub fn lag(&self) -> Option<SimDuration> {
        Some(self.derived? - self.observed?)
    }

    /// Whether the platform is known to have changed the value then: its first word may come long after the change.
    pub fn is_dated(&self) -> bool {
        self.observed.is_some() && !self.from.is_empty()
    }
}

/// How the platform's changes came out, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leads {
    /// Changes that the platform reported, its first words aside.
    pub changes: u64,
    /// Those of them that the rules made too.
    pub matched: u64,
    /// The middle of the lags of those (rules less platform); of an even number the mean of the two in the middle.
    pub median: Option<SimDuration>,
}

/// Sums changes up.
pub fn leads<'c>(changes: impl Iterator<Item = &'c Change>) -> Leads {
    let mut out = Leads::default();
    let mut lags: Vec<i64> = Vec::new();
    for change in changes.filter(|c| c.is_dated()) {
        out.changes += 1;
        lags.extend(change.lag().map(|lag| lag.0));
    }
    lags.sort_unstable();
    out.matched = lags.len() as u64;
    let half = lags.len() / 2;
    out.median = match (lags.len(), lags.len() % 2) {
        (0, _) => None,
        (_, 1) => Some(SimDuration(lags[half])),
        _ => Some(SimDuration((lags[half - 1] + lags[half]).div_euclid(2))),
    };
    out
}

/// A value moved by the rules: when, from, to.
pub(super) type Move<'a> = (SimTime, &'a str, &'a str);

/// The changes of one subject and measure. `path` is what the platform said, `moves` what the rules did, both in
/// order. Changes to the same value belong together where each is the other's nearest in time, the earlier of two
/// equally near ones. Changes that the rules alone made are listed from the platform's first word on: before it
/// nothing is known of the platform.
pub(super) fn of(measure: Measure, subject: &Subject, path: &[Step], moves: &[Move<'_>]) -> Vec<Change> {
    let mut by_value: BTreeMap<String, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (i, (_, value)) in path.iter().enumerate() {
        by_value.entry(canonical(measure, value)).or_default().0.push(i);
    }
    for (i, (_, _, to)) in moves.iter().enumerate() {
        by_value.entry(canonical(measure, to)).or_default().1.push(i);
    }
    let mut partner = vec![None; path.len()];
    let mut taken = vec![false; moves.len()];
    for (observed, derived) in by_value.values() {
        let seen: Vec<SimTime> = observed.iter().map(|i| path[*i].0).collect();
        let made: Vec<SimTime> = derived.iter().map(|i| moves[*i].0).collect();
        for (i, at) in seen.iter().enumerate() {
            if let Some(j) = nearest(&made, *at)
                && nearest(&seen, made[j]) == Some(i)
            {
                partner[observed[i]] = Some(derived[j]);
                taken[derived[j]] = true;
            }
        }
    }
    let change = |from: &str, to: &str, observed, derived| Change {
        subject: subject.clone(),
        measure,
        from: from.to_string(),
        to: to.to_string(),
        observed,
        derived,
    };
    let mut out: Vec<Change> = Vec::new();
    for (i, (at, to)) in path.iter().enumerate() {
        let from = i.checked_sub(1).map_or("", |before| path[before].1.as_str());
        out.push(change(from, to, Some(*at), partner[i].map(|j| moves[j].0)));
    }
    let begun = path.first().map(|(at, _)| *at);
    for (i, (at, from, to)) in moves.iter().enumerate() {
        if !taken[i] && begun.is_some_and(|begun| *at >= begun) {
            out.push(change(from, to, None, Some(*at)));
        }
    }
    // Stable: at one instant the platform's comes first.
    out.sort_by_key(|c| c.observed.or(c.derived));
    out
}

/// Which of these instants, in order, is nearest; of two equally near the earlier.
fn nearest(instants: &[SimTime], at: SimTime) -> Option<usize> {
    let after = instants.partition_point(|t| *t < at);
    let before = after.checked_sub(1);
    match (before, instants.get(after)) {
        (Some(before), Some(next)) if at.0 - instants[before].0 <= next.0 - at.0 => Some(before),
        (before, None) => before,
        (_, Some(_)) => Some(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::Scope;

    fn at(hour: i64) -> SimTime {
        SimTime(hour * SimDuration::HOUR.0)
    }

    fn found(path: &[(i64, &str)], moves: &[(i64, &str, &str)], measure: Measure) -> Vec<Change> {
        let subject = Subject { scope: Scope::Number, id: "n".into(), portfolio: String::new() };
        let path: Vec<Step> = path.iter().map(|(h, v)| (at(*h), v.to_string())).collect();
        let moves: Vec<Move> = moves.iter().map(|(h, from, to)| (at(*h), *from, *to)).collect();
        of(measure, &subject, &path, &moves)
    }

    /// `from>to observed/derived` in hours, with `-` for what did not happen.
    fn shown(changes: &[Change]) -> Vec<String> {
        let hours = |t: Option<SimTime>| t.map_or("-".into(), |t| (t.0 / SimDuration::HOUR.0).to_string());
        changes
            .iter()
            .map(|c| format!("{}>{} {}/{}", c.from, c.to, hours(c.observed), hours(c.derived)))
            .collect()
    }

    #[test]
    fn each_change_finds_its_nearest_and_none_is_used_twice() {
        let changes = found(
            &[(30, "GREEN"), (80, "yellow"), (90, "GREEN"), (100, "YELLOW"), (300, "RED")],
            &[
                (10, "UNKNOWN", "YELLOW"),
                (24, "UNKNOWN", "GREEN"),
                (98, "GREEN", "YELLOW"),
                (120, "YELLOW", "GREEN"),
            ],
            Measure::Rating,
        );
        let wanted = [
            ">GREEN 30/24",
            // Of two changes to yellow the nearer has it; the rules' of hour 10 lies before the first word.
            "GREEN>yellow 80/-",
            "yellow>GREEN 90/120",
            "GREEN>YELLOW 100/98",
            "YELLOW>RED 300/-",
        ];
        assert_eq!(shown(&changes), wanted);
        let sum = leads(changes.iter());
        assert_eq!((sum.changes, sum.matched), (4, 2), "the first word is no change");
        assert_eq!(sum.median, Some(SimDuration::hours(14)), "the mean of -2 and 30");
    }

    #[test]
    fn what_the_rules_alone_did_is_listed_once_the_platform_has_spoken() {
        let changes = found(
            &[(20, "GREEN"), (60, "RED")],
            &[(5, "GREEN", "RED"), (6, "RED", "GREEN"), (40, "GREEN", "YELLOW"), (60, "YELLOW", "RED")],
            Measure::Rating,
        );
        assert_eq!(shown(&changes), [">GREEN 20/6", "GREEN>YELLOW -/40", "GREEN>RED 60/60"]);
        assert_eq!(leads(changes.iter()).median, Some(SimDuration::ZERO));
    }

    #[test]
    fn tiers_meet_limits_and_nothing_meets_nothing() {
        let changes = found(&[(1, "TIER_1K"), (9, "TIER_10K")], &[(7, "1000", "10000")], Measure::Limit);
        assert_eq!(shown(&changes), [">TIER_1K 1/-", "TIER_1K>TIER_10K 9/7"]);
        assert_eq!(leads(changes.iter()).median, Some(SimDuration::hours(-2)));
        assert_eq!(leads(found(&[(1, "RED")], &[], Measure::Rating).iter()), Leads::default());
        assert!(found(&[], &[(1, "GREEN", "RED")], Measure::Rating).is_empty());
    }

    #[test]
    fn the_nearest_is_the_nearest() {
        let instants = [at(1), at(5), at(5), at(9)];
        for (hour, wanted) in [(-4, 0), (2, 0), (3, 0), (4, 1), (5, 1), (7, 2), (8, 3), (50, 3)] {
            assert_eq!(nearest(&instants, at(hour)), Some(wanted), "{hour}");
        }
        assert_eq!(nearest(&[], at(0)), None);
    }
}
