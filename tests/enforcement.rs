//! What enforcement, read rates and reviews do to a shipped scenario, and that switching each off undoes it.

use tiersim::experiment::measure::ReplicationSummary;
use tiersim::experiment::tally::Shape;
use tiersim::messaging::record::{Event, MemoryLog};
use tiersim::messaging::{Signal, SignalKind, Verdict, VerdictKind};
use tiersim::scenario::library;

use crate::common::{Engine, plan_with, run};

/// A shipped scenario with overrides: what it came to, and its log.
fn of(name: &str, sets: &[&str]) -> (ReplicationSummary, MemoryLog) {
    let plan = plan_with(name, library::text(name).expect("shipped"), sets, &[]).expect("a scenario");
    // New templates are paced, which is left to the plain engine.
    let engine = if plan.paces() { Engine::Plain } else { Engine::Blocks };
    let (raw, log) = run(engine, &plan, 1);
    (raw.finish(&plan, &Shape::new(&plan), 1, None).1, log)
}

fn enforcement(sets: &[&str]) -> (ReplicationSummary, MemoryLog) {
    of("enforcement", sets)
}

fn many(log: &MemoryLog, kind: VerdictKind) -> usize {
    log.rows.iter().filter(|r| r.event == Event::Verdict(kind)).count()
}

fn signals(log: &MemoryLog, kind: SignalKind) -> impl Iterator<Item = Signal<'_>> {
    log.rows.iter().filter_map(|r| r.signal()).filter(move |s| s.kind == kind)
}

fn sent(log: &MemoryLog, campaign: &str) -> usize {
    signals(log, SignalKind::MessageSent).filter(|s| s.campaign == campaign).count()
}

fn by_rule(log: &MemoryLog, rule: &str) -> bool {
    log.rows.iter().filter_map(|r| r.verdict()).any(|v| v.rule == rule)
}

#[test]
fn what_a_shop_loses_by_the_ladder_of_each_era() {
    let (on, log) = enforcement(&[]);
    // 1 and 3 days, 5 days, 2 of 7 until the appeal, 7 days, and what is left of 30.
    assert_eq!((on.account.warnings, on.account.days_stopped), (1, 1.0 + 3.0 + 5.0 + 2.0 + 7.0 + 5.0));
    assert_eq!((on.account.first_locked, on.account.first_disabled), (None, None));
    assert!(on.account.refused > 1000, "{:?}", on.account);
    assert_eq!(many(&log, VerdictKind::AccountRestored), 5);

    // Without enforcement more is sent, and more of it would be refused for other reasons.
    let others = ["policy.override.holdout=\"none\"", "policy.override.cap=\"none\""];
    let (on, _) = enforcement(&others);
    let refused = on.numbers[0].counts.refused;
    let (off, log) = enforcement(&["policy.override.enforcement=\"none\"", others[0], others[1]]);
    assert_eq!((off.account.warnings, off.account.days_stopped, off.account.refused), (0, 0.0, 0));
    assert_eq!(off.numbers[0].counts.refused, refused - on.account.refused, "nothing else was refused");
    assert!(off.numbers[0].counts.sent > on.numbers[0].counts.sent);
    assert_eq!(many(&log, VerdictKind::AccountRestricted), 0);

    let (first, _) = enforcement(&["policy.era=2022-05"]);
    assert!(first.account.first_disabled.is_some(), "the first ladder ends after 7 days, for good");
    let (none, _) = enforcement(&["policy.era=2020-07"]);
    assert!(!none.account.any(), "no ladder was published");
}

#[test]
fn answers_pass_where_only_business_initiated_messages_are_stopped() {
    let narrow = "policy.override.enforcement.steps=[\"restrict:60d:initiated\"]";
    let wide = "policy.override.enforcement.steps=[\"restrict:60d:all\"]";
    let (narrow, log) = enforcement(&[narrow]);
    let (wide, _) = enforcement(&[wide]);
    assert!(narrow.numbers[0].counts.sent > wide.numbers[0].counts.sent);
    let at = narrow.account.first_restricted.expect("restricted");
    assert!(signals(&log, SignalKind::MessageSent).any(|s| s.time > at), "answers inside a service window");
}

#[test]
fn too_few_reads_stop_an_account_where_a_floor_is_set() {
    let calm = ["policy.override.enforcement=\"none\"", "recipients.read=0.2"];
    let (off, _) = enforcement(&calm);
    assert!(!off.account.any(), "no floor was published, so none is shipped");
    let (on, log) = enforcement(&[calm[0], calm[1], "policy.override.read_rate.floor=0.3"]);
    assert!(on.account.first_restricted.is_some() && on.account.refused > 0, "{:?}", on.account);
    assert!(by_rule(&log, "read_rate_restrict_initiated"));
    // People who read enough, and people who read enough but do not show it.
    let (well, _) = enforcement(&[calm[0], "policy.override.read_rate.floor=0.3"]);
    assert!(!well.account.any());
    let hidden = [calm[0], "policy.override.read_rate.floor=0.3", "recipients.receipts_off=0.9"];
    assert!(enforcement(&hidden).0.account.any(), "receipts that are off count as unread");
}

#[test]
fn too_few_reads_pause_a_template_where_a_floor_is_set() {
    let (off, _) = enforcement(&[]);
    let (on, _) = enforcement(&["policy.override.template.read_floor=0.9"]);
    assert_eq!(off.template_pauses, 0);
    assert!(on.template_pauses > 0 && on.templates_disabled > 0, "{on:?}");
    let (yellow, log) = enforcement(&["policy.override.template.read_yellow=0.9"]);
    assert_eq!(yellow.template_pauses, 0);
    let rated = |v: &Verdict| v.kind == VerdictKind::TemplateRated && v.to == "YELLOW";
    assert!(log.rows.iter().filter_map(|r| r.verdict()).any(|v| rated(&v)));
}

#[test]
fn bad_templates_count_against_account_and_number_where_switched_on() {
    let bad = ["policy.override.enforcement.steps=[\"lock\"]", "policy.override.template.read_floor=0.9"];
    let quiet = "violations=[{ at = \"day 60\" }]";
    let (off, log) = enforcement(&[bad[0], bad[1], quiet]);
    assert!(off.templates_disabled > 0 && !by_rule(&log, "template_lock"));
    let on = [bad[0], bad[1], quiet, "policy.override.enforcement.disabled_template_counts=true"];
    let (on, log) = enforcement(&on);
    assert!(by_rule(&log, "template_lock") && on.account.first_locked < off.account.first_locked);
    let (plain, _) = enforcement(&[bad[1]]);
    let (weighs, _) = enforcement(&[bad[1], "policy.override.template.reds_against_numbers=2"]);
    assert!(weighs.numbers[0].share[1] > plain.numbers[0].share[1], "YELLOW by its templates");
}

#[test]
fn a_template_waits_for_its_review() {
    let day = |log: &MemoryLog| {
        signals(log, SignalKind::MessageSent).find(|s| s.campaign == "winter").map(|s| s.time)
    };
    let (_, now) = enforcement(&["templates.winter.review.delay=0", "templates.winter.review.rejected=0"]);
    let (_, later) =
        enforcement(&["templates.winter.review.delay=20h", "templates.winter.review.rejected=0"]);
    // Ten hours later a few more have opted out.
    assert!(sent(&now, "winter") > 1900 && sent(&later, "winter") > 1900, "it waits");
    // Submitted at midnight, approved at 20:00, ten hours after the dispatch was due; at that hour another campaign
    // was in the queue before it.
    let waited = (day(&later).expect("sent") - day(&now).expect("sent")).0;
    assert!((10 * 3_600_000 - waited).abs() < 60_000, "{waited}");
    let skips = ["templates.winter.review.delay=20h", "campaigns.winter.until_approved=skip"];
    assert_eq!(sent(&enforcement(&skips).1, "winter"), 0, "left");
    let no = ["templates.winter.review.rejected=1", "templates.winter.review.appealed=0"];
    let (summary, log) = enforcement(&no);
    assert_eq!(sent(&log, "winter"), 0, "a rejected template is never sent");
    assert!(summary.numbers[0].counts.sent > 0, "the others go on");
    let granted = ["templates.winter.review.rejected=1", "templates.winter.review.appeal_granted=1"];
    let (_, log) = enforcement(&granted);
    assert!(sent(&log, "winter") > 0, "approved on appeal");
    let reviews = signals(&log, SignalKind::TemplateReviewed).map(|s| s.value);
    assert_eq!(reviews.collect::<Vec<_>>(), ["rejected", "approved"]);
}

#[test]
fn violations_by_chance_come_at_their_rate_and_move_nothing_else() {
    let rate = "violations=[{ per_week = 2.0, kind = \"spam\" }]";
    let off = "policy.override.enforcement=\"none\"";
    let (a, log) = enforcement(&[rate, off]);
    let (b, _) = enforcement(&[off]);
    let n = signals(&log, SignalKind::ViolationRecorded).count();
    assert!((6..=32).contains(&n), "{n} in nine weeks, 18 expected");
    assert_eq!(a.numbers[0].counts, b.numbers[0].counts);
    // Two lines alike are two processes: no instant in common.
    let twice = "violations=[{ per_week = 2.0, kind = \"spam\" }, { per_week = 2.0, kind = \"spam\" }]";
    let (_, log) = enforcement(&[twice, off]);
    let mut at: Vec<_> = signals(&log, SignalKind::ViolationRecorded).map(|s| s.time).collect();
    at.dedup();
    assert!(at.len() > n && at.len() == signals(&log, SignalKind::ViolationRecorded).count());
}
