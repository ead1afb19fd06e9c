//! Groups, views and what a driver takes out as it goes, on small logs counted by hand.

use super::*;
use crate::messaging::Limit;
use crate::messaging::rows::{Counts, Group};
use crate::messaging::{NumberStatus, QualityRating, Scope, SignalKind as K, TemplateStatus};
use crate::policy::Policy;
use crate::policy::judge::Obstacle;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// A Monday's midnight.
const START: i64 = 1_704_067_200_000;

fn timeline(changes: &str) -> Timeline {
    let changes = crate::text::parse("test", changes).unwrap().root;
    Policy::pinned("2023-03").unwrap().with_override(changes.entries()).unwrap().timeline()
}

/// `(ms since the start, kind, recipient, message, template, campaign)` of number `n1`.
type Line<'a> = (i64, K, &'a str, &'a str, &'a str, &'a str);

fn signal<'a>(line: &Line<'a>) -> Signal<'a> {
    let (at, kind, recipient, message, template, campaign) = *line;
    Signal { recipient, message, template, campaign, ..Signal::new(SimTime(START + at), kind, "n1") }
}

fn all() -> FoldOptions {
    FoldOptions {
        groups: true,
        template_ratings: true,
        every: Some(SimDuration(1)),
        ..FoldOptions::default()
    }
}

fn folded(fold: &mut Fold, lines: &[Line<'_>]) {
    lines.iter().for_each(|l| assert_eq!(fold.signal(&signal(l)), Ok(Taken::Counted), "{l:?}"));
}

/// Counts by "portfolio", or the name of a template or campaign, and day.
fn groups(ended: &Ended) -> Vec<(String, i64, Counts)> {
    let name = |g: &Group| match g {
        Group::Portfolio { .. } => "portfolio".to_string(),
        Group::Template { index, .. } => ended.templates()[*index].name.clone(),
        Group::Campaign { index } => ended.campaigns()[*index].name.clone(),
    };
    ended.group_days.iter().map(|g| (name(&g.group), (g.day.0 - START) / DAY, g.counts)).collect()
}

#[test]
fn what_belongs_to_a_group_is_told_by_the_row_then_the_message_then_the_last_delivery() {
    let lines = [
        (0, K::MessageSent, "a", "m1", "t", "c"),
        (1, K::MessageDelivered, "a", "m1", "", ""),
        (2, K::MessageRead, "a", "m1", "", ""),
        // By the last delivery.
        (3, K::LinkClicked, "a", "", "", ""),
        (4, K::BusinessReported, "a", "", "", ""),
        (4, K::MessageRead, "a", "", "", ""),
        // By its own names, which no message bears.
        (5, K::Converted, "a", "", "other", "d"),
        // By its message, which names no campaign.
        (6, K::MessageSent, "a", "m2", "u", ""),
        (7, K::OptedOut, "a", "m2", "", ""),
        (8, K::MessageFailed, "a", "m2", "", ""),
        // Nobody knows.
        (9, K::MessageReceived, "b", "", "", ""),
        // A week after the last delivery it is too late.
        (7 * DAY, K::MessageReceived, "a", "", "", ""),
        (7 * DAY + 1, K::MessageReceived, "a", "", "", ""),
    ];
    let mut fold = Fold::new(timeline(""), all());
    folded(&mut fold, &lines);
    let ended = fold.finish(None);
    let found = groups(&ended);
    let on = |name: &str, day: i64| found.iter().find(|g| g.0 == name && g.1 == day).map(|g| g.2);
    let t =
        Counts { attempted: 1, sent: 1, delivered: 1, read: 2, clicked: 1, reported: 1, ..Counts::default() };
    assert_eq!(on("t", 0), Some(t));
    assert_eq!(on("c", 0), Some(t));
    let u = Counts { attempted: 1, sent: 1, opted_out: 1, failed: 1, ..Counts::default() };
    assert_eq!(on("u", 0), Some(u));
    let converted = Counts { converted: 1, ..Counts::default() };
    assert_eq!((on("other", 0), on("d", 0)), (Some(converted), Some(converted)));
    // Templates have a row a day, campaigns only where something happened.
    assert_eq!(on("t", 7), Some(Counts { received: 1, ..Counts::default() }));
    assert_eq!((on("u", 3), on("c", 3)), (Some(Counts::default()), None));
    // The portfolio's days are those of its numbers.
    for row in &ended.daily {
        assert_eq!(on("portfolio", (row.day.0 - START) / DAY), Some(row.counts));
    }
    // A template that only a click named is not rated.
    assert_eq!(ended.judge.templates.len(), 2);
    assert!(ended.judge.template_ratings.iter().all(|r| r.cadence == SimDuration::HOUR));
    let order: Vec<String> = found.iter().filter(|g| g.1 == 0).map(|g| g.0.clone()).collect();
    assert_eq!(order, ["portfolio", "other", "t", "u", "c", "d"]);
}

#[test]
fn groups_tell_the_state_at_the_end_of_the_day() {
    let rules = "rating = { min_sample = 2, yellow_at = 0.2, red_at = 0.5 }\n\
                 limit = { scope = \"portfolio\", counted_on = \"sent\" }\n\
                 template = { min_sample = 2, yellow_at = 0.2, red_at = 0.5, pauses = [\"3h\", \"2d\"] }";
    let lines = [
        (0, K::MessageSent, "a", "m1", "t", ""),
        (1, K::MessageDelivered, "a", "m1", "", ""),
        (2, K::MessageDelivered, "b", "m2", "t", ""),
        (3, K::BusinessBlocked, "a", "", "", ""),
        (DAY, K::MessageReceived, "b", "", "", ""),
    ];
    let mut fold = Fold::new(timeline(rules), all());
    folded(&mut fold, &lines);
    let ended = fold.finish(None);
    let limit = ended.judge.scopes[0].limit;
    let first: Vec<&Group> = ended.group_days.iter().take(2).map(|g| &g.group).collect();
    // Rated RED at one o'clock, paused until four, unknown since.
    assert_eq!(
        first,
        [
            &Group::Portfolio { index: 0, shared: Some((1, limit)) },
            &Group::Template {
                index: 0,
                score: None,
                rating: QualityRating::Unknown,
                status: TemplateStatus::Active
            },
        ]
    );
    assert_eq!(ended.daily[0].scope, Scope::Portfolio);
    let red = ended.judge.template_ratings.iter().find(|r| r.rating == QualityRating::Red).unwrap();
    assert_eq!((red.time, red.status), (SimTime(START + HOUR), TemplateStatus::Paused));
    assert_eq!((red.exposure, red.blocks, red.score), (2, 1, Some(0.5)));
    // While paused it is not evaluated: at midnight, at one, and again from five on.
    let times: Vec<i64> = ended.judge.template_ratings.iter().map(|r| (r.time.0 - START) / HOUR).collect();
    assert_eq!(times[..4], [0, 1, 5, 6]);
}

#[test]
fn what_is_taken_out_as_it_goes_is_what_would_be_there_at_the_end() {
    let lines: Vec<(i64, K, String)> = (0..400)
        .map(|i| {
            let kind = [K::MessageSent, K::MessageDelivered, K::BusinessBlocked, K::NumberRegistered][i % 4];
            (i as i64 * HOUR / 2, kind, format!("r{}", i / 2 % 60))
        })
        .collect();
    let rules = "rating = { min_sample = 2, yellow_at = 0.2, red_at = 0.5 }";
    let mut at_once = Fold::new(timeline(rules), all());
    let mut bit_by_bit = Fold::new(timeline(rules), all());
    let (mut verdicts, mut ratings, mut of_templates) = (Vec::new(), Vec::new(), Vec::new());
    let (mut daily, mut group_days, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for (at, kind, who) in &lines {
        let s = signal(&(*at, *kind, who, "", "t", "c"));
        at_once.signal(&s).unwrap();
        bit_by_bit.signal(&s).unwrap();
        verdicts.extend(bit_by_bit.drain_verdicts());
        ratings.extend(bit_by_bit.drain_ratings());
        of_templates.extend(bit_by_bit.drain_template_ratings());
        daily.extend(bit_by_bit.drain_daily());
        group_days.extend(bit_by_bit.drain_group_days());
        warnings.extend(bit_by_bit.drain_warnings());
    }
    let (whole, rest) = (at_once.finish(None), bit_by_bit.finish(None));
    verdicts.extend(rest.judge.verdicts);
    ratings.extend(rest.judge.ratings);
    of_templates.extend(rest.judge.template_ratings);
    daily.extend(rest.daily);
    group_days.extend(rest.group_days);
    warnings.extend(rest.warnings);
    assert!(verdicts.len() > 5 && warnings.len() == 100 && ratings.len() > 100 && group_days.len() > 20);
    assert_eq!(verdicts, whole.judge.verdicts);
    assert_eq!(ratings, whole.judge.ratings);
    assert_eq!(of_templates, whole.judge.template_ratings);
    assert_eq!(daily, whole.daily);
    assert_eq!(group_days, whole.group_days);
    assert_eq!(warnings, whole.warnings);
    assert_eq!(warnings[0].to_string(), "2024-01-01T01:30:00.000Z: number n1 is registered again; ignored");
}

#[test]
fn a_view_says_why_a_number_is_where_it_is() {
    let rules = "rating = { min_sample = 2, yellow_at = 0.2, red_at = 0.5, recency = \"1h\" }\n\
                 limit = { ladder = [4, 8], start = 4, floor = 4, slot = \"sliding\", counted_on = \"delivered\" }\n\
                 raise = { factor = 0.5, over = \"7d\", min_time_at_limit = \"48h\", first_step = \"none\" }";
    let lines = [
        (HOUR / 2, K::MessageSent, "a", "m1", "", ""),
        (HOUR / 2, K::MessageDelivered, "a", "m1", "", ""),
        (HOUR, K::MessageSent, "b", "m2", "", ""),
        (HOUR, K::MessageDelivered, "b", "m2", "", ""),
        (HOUR + 1, K::BusinessBlocked, "b", "", "", ""),
        (2 * HOUR, K::MessageSent, "c", "m3", "", ""),
    ];
    let mut fold = Fold::new(timeline(rules), FoldOptions::default());
    folded(&mut fold, &lines[..4]);
    // Off the grid: the window as the next evaluation will find it.
    let at = SimTime(START + HOUR + HOUR / 2);
    let n = fold.number("n1").unwrap();
    let mut looked = fold.clone();
    let view = looked.view(n, at, 9);
    assert_eq!((view.rating, view.score), (QualityRating::Green, Some(0.0)));
    assert_eq!(view.window.evaluation, SimTime(START + 2 * HOUR));
    let b = &view.window.buckets;
    assert_eq!((b.len(), b[0].to, b[0].from), (1, SimTime(START + HOUR), SimTime(START)));
    assert_eq!((b[0].decay, b[0].exposure, b[0].weighted_exposure, b[0].negatives), (0.5, 2, 1.0, 0.0));
    // Two of four reached: the raise is scheduled, for when the limit has been held long enough.
    let due = SimTime(START + HOUR / 2 + 48 * HOUR);
    let pending = view.raise.pending.expect("two are half of four");
    assert_eq!((pending.at, pending.cause, view.raise.held_until), (due, Some(4), due));
    assert_eq!(view.raise.obstacles, [Obstacle::Pending]);
    assert_eq!(
        (view.raise.to, view.reached, view.raise.need.unwrap().at_least),
        (Some(Limit::Of(8)), Some(2), 2)
    );
    assert_eq!((view.limit.limit, view.limit.in_use, view.limit.scope), (Limit::Of(4), 2, Scope::Number));
    let frees = [(SimTime(START + HOUR / 2 + DAY), 1), (SimTime(START + HOUR + DAY), 1)];
    assert_eq!(view.limit.frees, frees);
    assert_eq!(looked.view(n, at, 1).limit.frees, frees[..1]);
    // On the grid: what the evaluation found. One new block, and two messages that weigh half by their age.
    folded(&mut fold, &lines[4..]);
    let view = fold.view(n, SimTime(START + 2 * HOUR), 9);
    let w = &view.window;
    assert_eq!((w.evaluation, view.score, w.score), (SimTime(START + 2 * HOUR), Some(1.0), Some(1.0)));
    assert_eq!((w.negatives, w.weighted_exposure, w.exposure, w.effective_sample), (1.0, 1.0, 2, Some(2.0)));
    assert_eq!(
        (view.rating, w.rating, view.status),
        (QualityRating::Red, QualityRating::Red, NumberStatus::Flagged)
    );
    assert_eq!(w.chances, Some(crate::policy::confidence::chances(1.0, 2.0, 0.2, 0.5)));
    let flag = view.flag.unwrap();
    assert_eq!((flag.at, flag.cause), (SimTime(START + 2 * HOUR + 7 * DAY), Some(5)));
    assert_eq!(view.red_run.unwrap().since, SimTime(START + 2 * HOUR));
    assert_eq!((view.red_run.unwrap().next, view.suspension), (None, None));
    let needed = QualityRating::Yellow;
    let wanted =
        [Obstacle::Flagged("n1".to_string()), Obstacle::Rating { found: QualityRating::Red, needed }];
    assert_eq!(view.raise.obstacles, wanted);
    // The message under way keeps a place for a day.
    assert_eq!((view.limit.in_use, view.limit.frees[2]), (3, (SimTime(START + 2 * HOUR + DAY), 1)));
}

#[test]
fn a_view_at_the_lowest_step_and_at_the_top() {
    let rules = "limit = { ladder = [2, 4], start = 2, floor = 2 }\n\
                 raise.first_step = { business_verified = true }\nsustained = { red_for = \"1d\", actions = [\"lower\"] }";
    let mut fold = Fold::new(timeline(rules), FoldOptions::default());
    folded(&mut fold, &[(0, K::MessageReceived, "a", "", "", "")]);
    let view = fold.view(0, SimTime(START), 1);
    assert_eq!((view.raise.need, view.reached, view.raise.verification_would_do), (None, None, true));
    assert_eq!((view.raise.to, view.raise.obstacles), (Some(Limit::Of(4)), vec![]));
    assert_eq!((view.window.buckets.len(), view.window.score, view.limit.frees.len()), (0, None, 0));
    folded(&mut fold, &[(1, K::BusinessVerified, "", "", "", ""), (2, K::MessageSent, "a", "", "", "")]);
    folded(
        &mut fold,
        &[(DAY + 3, K::MessageSent, "b", "", "", ""), (DAY + 4, K::MessageDelivered, "b", "", "", "")],
    );
    let view = fold.view(0, SimTime(START + 3 * DAY), 1);
    assert_eq!((view.limit.limit, view.raise.to), (Limit::Of(4), None));
    assert_eq!(view.raise.obstacles, [Obstacle::TopOfLadder]);
    assert!(!view.raise.verification_would_do);
}

#[test]
fn looking_changes_nothing() {
    let rules = "rating = { min_sample = 2, yellow_at = 0.2, red_at = 0.5 }";
    let lines: Vec<(i64, K, String)> = (0..300)
        .map(|i| {
            let kind = [K::MessageSent, K::MessageDelivered, K::BusinessBlocked][i % 3];
            (i as i64 * HOUR / 3, kind, format!("r{}", i / 2 % 40))
        })
        .collect();
    let mut plain = Fold::new(timeline(rules), all());
    let mut looked = Fold::new(timeline(rules), all());
    for (at, kind, who) in &lines {
        let s = signal(&(*at, *kind, who, "", "t", "c"));
        plain.signal(&s).unwrap();
        looked.signal(&s).unwrap();
        looked.view(0, s.time, 3);
        looked.view(0, s.time + SimDuration(HOUR / 3 - 1), 3);
    }
    let (plain, looked) = (plain.finish(None), looked.finish(None));
    assert!(plain.judge.verdicts.len() > 4);
    assert_eq!(plain.judge.verdicts, looked.judge.verdicts);
    assert_eq!((plain.daily, plain.group_days), (looked.daily, looked.group_days));
}
