//! The timeline of verdicts as rows of a table: few enough for a page, and saying what was left out.
//!
//! Must not know how a row is drawn, nor the words of rules.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::messaging::{Scope, Verdict, VerdictKind};
use crate::report::html::why::{self, Group};
use crate::report::words;
use crate::sim::SimTime;

/// Rows of refusals and of limits used up beyond which days are added up: a year of refused days tells no story.
const DAILY_MAX: usize = 150;
/// Rows of a page.
const ROWS_MAX: usize = 600;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// Milliseconds, for order.
    #[serde(skip)]
    time: SimTime,
    /// From 1.
    pub day: i64,
    /// Date and hour, UTC; of rows that stand for several, when the first happened.
    pub when: String,
    /// Whom it is about.
    pub whom: String,
    /// What a reader filters by.
    pub group: &'static str,
    /// The filter's name.
    pub kind: &'static str,
    /// The new colour of a rating, else empty.
    pub colour: String,
    /// What happened.
    pub what: String,
    /// Why, in words; empty for a rule that nothing is known of.
    pub why: String,
    /// The rule's id.
    pub rule: String,
}

/// A filter's button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Filter {
    pub id: &'static str,
    pub label: &'static str,
    /// Rows of it on the page.
    pub rows: usize,
}

/// The timeline of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Timeline {
    pub rows: Vec<Row>,
    /// Kinds that have rows.
    pub filters: Vec<Filter>,
    /// Whom rows are about, in order of their names.
    pub whom: Vec<String>,
    /// How many verdicts there were.
    pub verdicts: String,
    /// Sentences on what was added up or left out.
    pub remarks: Vec<String>,
}

/// What of a day, or of the whole run, is one row: kind of row, level, whom, rule.
type Key<'v> = (Group, u8, &'v str, &'v str);

/// What several verdicts of a [`Key`] have in common.
#[derive(Clone, Copy)]
struct Sum {
    first: SimTime,
    last: SimTime,
    scope: Scope,
    kind: VerdictKind,
    count: u64,
    /// UTC days on which there was one.
    days: u64,
}

/// Puts the timeline together; days count from `start`.
pub(super) fn timeline(verdicts: &[Verdict], start: SimTime) -> Timeline {
    let (sums, single): (Vec<&Verdict>, Vec<&Verdict>) =
        verdicts.iter().partition(|v| matches!(Group::of(v), Group::Refusal | Group::UsedUp));
    let mut remarks = Vec::new();
    let daily = add_up(&sums, true);
    let whole = daily.len() > DAILY_MAX;
    let summed = if whole { add_up(&sums, false) } else { daily };
    if whole {
        remarks.push(
            "Refused attempts and used-up limits are added up over the whole run here; verdicts.csv has each."
                .to_string(),
        );
    } else if !summed.is_empty() {
        remarks.push(
            "Refused attempts and used-up limits are added up by day; verdicts.csv has each.".to_string(),
        );
    }
    let mut rows: Vec<(Group, Row)> = single.iter().map(|v| (Group::of(v), row(v, start))).collect();
    rows.extend(summed.iter().map(|(key, sum)| (key.0, summed_row(key, sum, start, whole))));
    rows.sort_by_key(|(_, r)| r.time);
    remarks.extend(cut(&mut rows));
    let filter = |g: Group| {
        let rows = rows.iter().filter(|(group, _)| *group == g).count();
        (rows > 0).then_some(Filter { id: g.id(), label: g.label(), rows })
    };
    let filters = Group::ALL.into_iter().filter_map(filter).collect();
    let mut whom: Vec<String> = rows.iter().map(|(_, r)| r.whom.clone()).collect();
    whom.sort_unstable();
    whom.dedup();
    let rows = rows.into_iter().map(|(_, r)| r).collect();
    Timeline { rows, filters, whom, verdicts: words::count(verdicts.len() as u64), remarks }
}

fn row(v: &Verdict, start: SimTime) -> Row {
    let group = Group::of(v);
    let colour = match v.kind {
        VerdictKind::QualityRated | VerdictKind::TemplateRated => words::clean(&v.to),
        _ => String::new(),
    };
    Row {
        time: v.time,
        day: day(v.time, start),
        when: why::stamp(v.time),
        whom: why::whom(v.scope, &v.subject),
        group: group.id(),
        kind: group.label(),
        colour,
        what: why::what(v),
        why: why::why(v.kind, &v.rule),
        rule: words::shorten(&words::clean(&v.rule), 40),
    }
}

fn day(at: SimTime, start: SimTime) -> i64 {
    at.day_number() - start.day_number() + 1
}

/// Adds verdicts up by key, and by day or not; in order of key.
fn add_up<'v>(verdicts: &[&'v Verdict], by_day: bool) -> Vec<(Key<'v>, Sum)> {
    let mut sums: BTreeMap<(Key<'v>, i64), Sum> = BTreeMap::new();
    for v in verdicts {
        // That room is free again follows from the limit having been used up: it is no row of its own.
        if v.kind == VerdictKind::StatusChanged && v.rule == "slots_free" {
            continue;
        }
        let key = (Group::of(v), v.scope as u8, v.subject.as_str(), v.rule.as_str());
        let day = if by_day { v.time.day_number() } else { 0 };
        let sum = sums.entry((key, day)).or_insert(Sum {
            first: v.time,
            last: v.time,
            scope: v.scope,
            kind: v.kind,
            count: 0,
            days: 1,
        });
        sum.days += u64::from(v.time.day_number() != sum.last.day_number());
        sum.last = v.time;
        sum.count += 1;
    }
    sums.into_iter().map(|((key, _), sum)| (key, sum)).collect()
}

fn summed_row(&(group, _, subject, rule): &Key<'_>, sum: &Sum, start: SimTime, whole: bool) -> Row {
    let mut what = match group {
        Group::UsedUp => match sum.count {
            1 => "limit used up (RESTRICTED)".to_string(),
            n => format!("limit used up (RESTRICTED) {} times", words::count(n)),
        },
        _ => format!("{} refused", words::plural(sum.count, "attempt", "attempts")),
    };
    if whole && sum.days > 1 {
        what.push_str(&format!(" on {} days, last on {}", words::count(sum.days), sum.last.date()));
    }
    Row {
        time: sum.first,
        day: day(sum.first, start),
        when: why::stamp(sum.first),
        whom: why::whom(sum.scope, subject),
        group: group.id(),
        kind: group.label(),
        colour: String::new(),
        what,
        why: why::why(sum.kind, rule),
        rule: words::shorten(&words::clean(rule), 40),
    }
}

/// Leaves out what a page has no room for: templates first, then colours, and the latest of each; says so.
fn cut(rows: &mut Vec<(Group, Row)>) -> Vec<String> {
    const ORDER: [Group; 7] = [
        Group::Refusal,
        Group::UsedUp,
        Group::Template,
        Group::Rating,
        Group::Limit,
        Group::Status,
        Group::Account,
    ];
    let mut remarks = Vec::new();
    for group in ORDER {
        let over = rows.len().saturating_sub(ROWS_MAX);
        if over == 0 {
            break;
        }
        let mut times: Vec<SimTime> = rows.iter().filter(|(g, _)| *g == group).map(|(_, r)| r.time).collect();
        times.sort_unstable();
        // Some of each kind stay, so that the page shows that there are such.
        let keep = times.len().saturating_sub(over).max(ROWS_MAX / ORDER.len());
        if keep >= times.len() {
            continue;
        }
        let mut left = keep;
        rows.retain(|(g, _)| {
            let stays = *g != group || left > 0;
            left -= usize::from(*g == group && left > 0);
            stays
        });
        remarks.push(format!(
            "Of “{}” only the first {} of {} rows are here, up to {}; verdicts.csv has all.",
            group.label(),
            words::count(keep as u64),
            words::count(times.len() as u64),
            times[keep - 1].date(),
        ));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SimDuration;

    fn verdict(hour: i64, kind: VerdictKind, subject: &str, rule: &str) -> Verdict {
        let scope = if kind == VerdictKind::TemplateRated { Scope::Template } else { Scope::Number };
        Verdict {
            time: SimTime(0) + SimDuration::hours(hour),
            kind,
            scope,
            subject: subject.into(),
            portfolio: "p".into(),
            from: "GREEN".into(),
            to: "RED".into(),
            rule: rule.into(),
            cause: None,
        }
    }

    #[test]
    fn refusals_of_a_day_are_one_row_and_other_verdicts_stay_themselves() {
        let all = [
            verdict(1, VerdictKind::SendRefused, "a", "limit"),
            verdict(2, VerdictKind::SendRefused, "a", "limit"),
            verdict(3, VerdictKind::SendRefused, "b", "limit"),
            verdict(4, VerdictKind::QualityRated, "a", "rating"),
            verdict(5, VerdictKind::StatusChanged, "a", "slots_free"),
            verdict(30, VerdictKind::SendRefused, "a", "limit"),
        ];
        let t = timeline(&all, SimTime(0));
        let told: Vec<(i64, &str, &str)> =
            t.rows.iter().map(|r| (r.day, r.whom.as_str(), r.what.as_str())).collect();
        assert_eq!(
            told,
            [
                (1, "a", "2 attempts refused"),
                (1, "b", "1 attempt refused"),
                (1, "a", "rated red (low), was green (high)"),
                (2, "a", "1 attempt refused"),
            ]
        );
        assert_eq!(
            t.filters.iter().map(|f| (f.id, f.rows)).collect::<Vec<_>>(),
            [("rating", 1), ("refusal", 3)]
        );
        assert!(t.remarks[0].contains("by day"), "{:?}", t.remarks);
    }

    #[test]
    fn very_many_verdicts_stay_few_rows_and_what_is_left_out_is_said() {
        let mut all: Vec<Verdict> = (0..100_000)
            .map(|i| verdict(i / 12, VerdictKind::SendRefused, ["a", "b", "c"][i as usize % 3], "limit"))
            .collect();
        all.extend((0..5000).map(|i| verdict(i, VerdictKind::TemplateRated, "t", "rating")));
        all.push(verdict(9000, VerdictKind::NumberBanned, "c", "sustained_ban"));
        let t = timeline(&all, SimTime(0));
        assert!(t.rows.len() <= ROWS_MAX, "{}", t.rows.len());
        let refused: Vec<&Row> = t.rows.iter().filter(|r| r.group == "refusal").collect();
        assert_eq!(refused.len(), 3);
        assert!(refused[0].what.starts_with("33,334 attempts refused on 348 days"), "{}", refused[0].what);
        assert!(t.rows.iter().any(|r| r.what == "banned for good"));
        assert!(t.remarks.iter().any(|r| r.contains("of 5,000 rows")), "{:?}", t.remarks);
    }
}
