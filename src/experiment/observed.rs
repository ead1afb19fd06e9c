//! What the platform reported beside what the rules give, day by day; change by change it is in `changes`.
//!
//! Must not know how either came about: both are paths of values over time.

use std::collections::BTreeMap;

use crate::experiment::changes::{self, Change, Leads, Move};
use crate::messaging::{Limit, QualityRating, Scope, Verdict, VerdictKind};
use crate::sim::{SimDuration, SimTime};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// A colour.
    Rating,
    /// A status.
    Status,
    /// A messaging limit.
    Limit,
}

impl Measure {
    /// As in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Measure::Rating => "rating",
            Measure::Status => "status",
            Measure::Limit => "limit",
        }
    }
}

/// Whose value it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Number, portfolio, template or account.
    pub scope: Scope,
    /// Its id or name.
    pub id: String,
    /// Its portfolio, where the report named one.
    pub portfolio: String,
}

/// A value from an instant on.
pub type Step = (SimTime, String);

/// One subject and measure at the end of a UTC day on which the platform had said something of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedDay {
    /// Start of the day.
    pub day: SimTime,
    /// Whose.
    pub subject: Subject,
    /// What.
    pub measure: Measure,
    /// What the platform said last, and when it first said so.
    pub observed: Step,
    /// What the rules give, and since when (none: since the beginning); none where they say nothing of this subject.
    pub derived: Option<(Option<SimTime>, String)>,
    /// On a day on which the platform's value changed: by how long the rules made the same change later; negative
    /// where they were first.
    pub lag: Option<SimDuration>,
}

impl ObservedDay {
    /// Whether both say the same; none where the rules say nothing.
    pub fn agrees(&self) -> Option<bool> {
        self.derived.as_ref().map(|(_, value)| same(self.measure, &self.observed.1, value))
    }
}

/// Whether two spellings stand for one value.
fn same(measure: Measure, a: &str, b: &str) -> bool {
    canonical(measure, a) == canonical(measure, b)
}

/// One spelling for each value.
pub(super) fn canonical(measure: Measure, text: &str) -> String {
    match (measure, limit_of(text)) {
        (Measure::Limit, Some(limit)) => limit.to_string(),
        _ => text.to_ascii_uppercase(),
    }
}

/// A limit as we write it, or as the platform's tiers are called: `TIER_10K`.
fn limit_of(text: &str) -> Option<Limit> {
    let Some(tier) = text.strip_prefix("TIER_") else { return Limit::parse(text) };
    match tier.strip_suffix('K') {
        Some(thousands) => Limit::parse(&format!("{thousands}000")),
        None => Limit::parse(&tier.to_lowercase()),
    }
}

/// How one subject and measure came out over all days.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Whose.
    pub subject: Subject,
    /// What.
    pub measure: Measure,
    /// Days on which both said something.
    pub days: u64,
    /// Days on which they said the same at the day's end.
    pub agreeing: u64,
    /// The first day on which they did not.
    pub first_disagreement: Option<SimTime>,
    /// The platform's changes held against those of the rules.
    pub leads: Leads,
}

/// Sums days and changes up by subject and measure, in the order of the rows.
pub fn agreement(days: &[ObservedDay], changes: &[Change]) -> Vec<Agreement> {
    let mut out: Vec<Agreement> = Vec::new();
    for (i, day) in days.iter().enumerate() {
        if i == 0 || (days[i - 1].measure, &days[i - 1].subject) != (day.measure, &day.subject) {
            out.push(Agreement {
                subject: day.subject.clone(),
                measure: day.measure,
                days: 0,
                agreeing: 0,
                first_disagreement: None,
                leads: Leads::default(),
            });
        }
        let of = out.last_mut().expect("just made");
        match day.agrees() {
            None => {}
            Some(agrees) => {
                of.days += 1;
                of.agreeing += u64::from(agrees);
                if !agrees {
                    of.first_disagreement.get_or_insert(day.day);
                }
            }
        }
    }
    for of in &mut out {
        let mine = |c: &&Change| c.measure == of.measure && c.subject == of.subject;
        of.leads = changes::leads(changes.iter().filter(mine));
    }
    out
}

/// What the platform reported so far, as paths: only changes are kept.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    paths: BTreeMap<(Measure, Subject), Vec<Step>>,
}

impl Observed {
    /// Takes a report.
    pub fn note(&mut self, measure: Measure, subject: Subject, at: SimTime, value: &str) {
        let path = self.paths.entry((measure, subject)).or_default();
        if path.last().is_none_or(|(_, last)| !same(measure, last, value)) {
            path.push((at, value.to_string()));
        }
    }

    /// Every subject and measure on every day from the first report to `end`, beside what the rules give. `moves`
    /// are the verdicts in order; `at_the_end` says what holds at the end for a subject the verdicts never touched.
    pub fn by_day(
        &self,
        moves: &[Verdict],
        portfolio_of: &dyn Fn(&str) -> Option<String>,
        at_the_end: &dyn Fn(Measure, &Subject) -> Option<String>,
        end: SimTime,
    ) -> Vec<ObservedDay> {
        let mut out = Vec::new();
        for ((measure, subject), path) in &self.paths {
            let derived = derived_path(moves, *measure, subject, portfolio_of);
            let changes = changes::of(*measure, subject, until(path, end), &moves_of(&derived));
            let unmoved = match derived.first() {
                Some((first, _)) => Some(first.from.clone()),
                None => at_the_end(*measure, subject),
            };
            let (mut seen, mut moved) = (0, 0);
            let mut day = path[0].0.day_start();
            while day <= end {
                let next = day + SimDuration::DAY;
                while path.get(seen).is_some_and(|s| s.0 < next && s.0 <= end) {
                    seen += 1;
                }
                while derived.get(moved).is_some_and(|(v, _)| v.time < next) {
                    moved += 1;
                }
                let Some(last) = seen.checked_sub(1) else { break };
                let now = match moved.checked_sub(1) {
                    Some(last) => Some((Some(derived[last].0.time), derived[last].1.clone())),
                    None => unmoved.clone().map(|value| (None, value)),
                };
                out.push(ObservedDay {
                    day,
                    subject: subject.clone(),
                    measure: *measure,
                    observed: path[last].clone(),
                    derived: now.filter(|(_, value)| !value.is_empty()),
                    lag: (changes.iter().rfind(|c| c.observed == Some(path[last].0)))
                        .filter(|c| c.observed.is_some_and(|at| at >= day))
                        .and_then(Change::lag),
                });
                day = next;
            }
        }
        out
    }

    /// Every change that the platform reported up to `end`, beside the same change by the rules, and those that the
    /// rules alone made since the platform's first word.
    pub fn changes(
        &self,
        moves: &[Verdict],
        portfolio_of: &dyn Fn(&str) -> Option<String>,
        end: SimTime,
    ) -> Vec<Change> {
        let one = |((measure, subject), path): (&(Measure, Subject), &Vec<Step>)| {
            let derived = derived_path(moves, *measure, subject, portfolio_of);
            changes::of(*measure, subject, until(path, end), &moves_of(&derived))
        };
        self.paths.iter().flat_map(one).collect()
    }

    /// The colours that the platform reported of a number up to `end`; those that are none of ours as unknown.
    pub fn ratings(&self, number: &str, end: SimTime) -> Vec<(SimTime, QualityRating)> {
        let mine = |(measure, subject): &(Measure, Subject)| {
            *measure == Measure::Rating && subject.scope == Scope::Number && subject.id == number
        };
        let colour = |value: &str| {
            let ours = QualityRating::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(value));
            ours.unwrap_or(QualityRating::Unknown)
        };
        let paths = self.paths.iter().filter(|(key, _)| mine(key));
        let mut out: Vec<(SimTime, QualityRating)> =
            paths.flat_map(|(_, path)| until(path, end)).map(|(at, value)| (*at, colour(value))).collect();
        out.sort_by_key(|(at, _)| *at);
        out.dedup_by(|later, earlier| later.1 == earlier.1);
        out
    }
}

/// What the platform itself said of the colours of a result's numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Platform {
    /// Per number its colours in order, each from when it was reported; empty where nothing was. No entries at all
    /// for a simulation.
    pub ratings: Vec<Vec<(SimTime, QualityRating)>>,
    /// Whether the log lacks what ratings are derived from: it holds no block, report, mute or archive.
    pub not_derivable: bool,
}

impl Platform {
    /// What was reported of a number, by its place in the result.
    pub fn of(&self, number: usize) -> &[(SimTime, QualityRating)] {
        self.ratings.get(number).map_or(&[], Vec::as_slice)
    }
}

/// The steps up to an instant.
fn until(path: &[Step], end: SimTime) -> &[Step] {
    &path[..path.partition_point(|(at, _)| *at <= end)]
}

fn moves_of<'v>(derived: &'v [(&'v Verdict, String)]) -> Vec<Move<'v>> {
    derived.iter().map(|(v, to)| (v.time, v.from.as_str(), to.as_str())).collect()
}

/// The verdicts that moved this value, each with the new one.
fn derived_path<'v>(
    moves: &'v [Verdict],
    measure: Measure,
    subject: &Subject,
    portfolio_of: &dyn Fn(&str) -> Option<String>,
) -> Vec<(&'v Verdict, String)> {
    let in_portfolio = |v: &Verdict| subject.portfolio.is_empty() || v.portfolio == subject.portfolio;
    let home = match subject.scope {
        Scope::Number => portfolio_of(&subject.id),
        _ => Some(subject.id.clone()),
    };
    moves
        .iter()
        .filter(|v| match (measure, subject.scope) {
            (Measure::Rating, Scope::Number) => {
                v.kind == VerdictKind::QualityRated && v.subject == subject.id
            }
            (Measure::Status, Scope::Number) => {
                v.kind == VerdictKind::StatusChanged && v.subject == subject.id
            }
            (Measure::Limit, Scope::Number | Scope::Portfolio) => {
                v.kind == VerdictKind::LimitChanged
                    && match v.scope {
                        Scope::Number => subject.scope == Scope::Number && v.subject == subject.id,
                        _ => Some(&v.subject) == home.as_ref(),
                    }
            }
            (Measure::Rating, Scope::Template) => {
                v.kind == VerdictKind::TemplateRated && v.subject == subject.id && in_portfolio(v)
            }
            (Measure::Status, Scope::Template) => {
                let moves = matches!(
                    v.kind,
                    VerdictKind::TemplatePaused
                        | VerdictKind::TemplateResumed
                        | VerdictKind::TemplateDisabled
                );
                moves && v.subject == subject.id && in_portfolio(v)
            }
            _ => false,
        })
        .map(|v| (v, v.to.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> SimTime {
        SimTime(hour * SimDuration::HOUR.0)
    }

    fn rated(hour: i64, from: &str, to: &str) -> Verdict {
        Verdict {
            time: at(hour),
            kind: VerdictKind::QualityRated,
            scope: Scope::Number,
            subject: "n".into(),
            portfolio: "p".into(),
            from: from.into(),
            to: to.into(),
            rule: "rating".into(),
            cause: None,
        }
    }

    fn number() -> Subject {
        Subject { scope: Scope::Number, id: "n".into(), portfolio: String::new() }
    }

    fn days(observed: &Observed, moves: &[Verdict], end: i64) -> Vec<ObservedDay> {
        observed.by_day(moves, &|_| Some("p".into()), &|_, _| Some("UNKNOWN".into()), at(end))
    }

    #[test]
    fn days_agreement_and_lag() {
        let mut observed = Observed::default();
        observed.note(Measure::Rating, number(), at(30), "GREEN");
        observed.note(Measure::Rating, number(), at(31), "green");
        observed.note(Measure::Rating, number(), at(80), "YELLOW");
        let moves = [rated(24, "UNKNOWN", "GREEN"), rated(100, "GREEN", "YELLOW")];
        let days = days(&observed, &moves, 119);
        let shown: Vec<_> =
            days.iter().map(|d| (d.day.date(), d.agrees(), d.lag.map(|l| l.0 / 3_600_000))).collect();
        assert_eq!(
            shown,
            [
                ("1970-01-02".to_string(), Some(true), Some(-6)),
                ("1970-01-03".to_string(), Some(true), None),
                ("1970-01-04".to_string(), Some(false), Some(20)),
                ("1970-01-05".to_string(), Some(true), None),
            ],
            "each lag on the day of the platform's change"
        );
        let changes = observed.changes(&moves, &|_| Some("p".into()), at(119));
        let sum = agreement(&days, &changes);
        assert_eq!((sum[0].days, sum[0].agreeing), (4, 3));
        assert_eq!(sum[0].first_disagreement, Some(at(72)));
        let wanted = Leads { changes: 1, matched: 1, median: Some(SimDuration::hours(20)) };
        assert_eq!(sum[0].leads, wanted, "the first word is no change");
        let before = observed.changes(&moves, &|_| Some("p".into()), at(79));
        assert!(before.iter().all(|c| c.observed <= Some(at(79))), "what comes after the end is left out");
        let colours = [(at(30), QualityRating::Green), (at(80), QualityRating::Yellow)];
        assert_eq!(observed.ratings("n", at(119)), colours);
        assert_eq!(observed.ratings("n", at(79)), colours[..1]);
    }

    #[test]
    fn tiers_are_limits() {
        for (tier, limit) in [("TIER_10K", "10000"), ("TIER_250", "250"), ("TIER_UNLIMITED", "unlimited")] {
            assert!(same(Measure::Limit, tier, limit), "{tier}");
        }
        assert!(!same(Measure::Limit, "TIER_1K", "10000"));
    }

    #[test]
    fn a_value_nobody_moved_is_what_holds_at_the_end() {
        let mut observed = Observed::default();
        observed.note(Measure::Rating, number(), at(1), "UNKNOWN");
        let days = days(&observed, &[], 5);
        assert_eq!(days.len(), 1);
        assert_eq!((days[0].agrees(), days[0].lag), (Some(true), None));
    }

    #[test]
    fn a_numbers_limit_is_its_portfolios_where_that_has_one() {
        let mut observed = Observed::default();
        observed.note(Measure::Limit, number(), at(1), "2000");
        let mut v = rated(3, "250", "2000");
        (v.kind, v.scope, v.subject) = (VerdictKind::LimitChanged, Scope::Portfolio, "p".into());
        let days = days(&observed, &[v], 5);
        assert_eq!(days[0].agrees(), Some(true));
    }
}
