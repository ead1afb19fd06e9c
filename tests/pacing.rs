//! What pacing, fallbacks, turns and times to live do to a shipped scenario, and that switching each off undoes it.

use tiersim::messaging::record::{Event, MemoryLog};
use tiersim::messaging::{Signal, SignalKind, VerdictKind};
use tiersim::scenario::library;

use crate::common::{Engine, first_difference, plan_with, replay, run};

/// The log of the shipped scenario with overrides; messages are held by the plain engine alone.
fn log(sets: &[&str]) -> MemoryLog {
    let text = library::text("new-template").expect("shipped");
    run(Engine::Plain, &plan_with("new-template", text, sets, &[]).expect("a scenario"), 1).1
}

fn many(log: &MemoryLog, kind: VerdictKind) -> usize {
    log.rows.iter().filter(|r| r.event == Event::Verdict(kind)).count()
}

fn signals(log: &MemoryLog, kind: SignalKind) -> impl Iterator<Item = Signal<'_>> {
    log.rows.iter().filter_map(|r| r.signal()).filter(move |s| s.kind == kind)
}

fn delivered(log: &MemoryLog, template: &str) -> usize {
    signals(log, SignalKind::MessageDelivered).filter(|s| s.template == template).count()
}

fn dropped(log: &MemoryLog) -> usize {
    signals(log, SignalKind::MessageFailed).filter(|s| s.reason == "132015").count()
}

#[test]
fn what_is_held_of_a_bad_template_is_dropped_and_without_pacing_everybody_gets_it() {
    let on = log(&[]);
    assert!(
        many(&on, VerdictKind::SendHeld) >= 1
            && many(&on, VerdictKind::SendHeld) == many(&on, VerdictKind::SendReleased)
    );
    let failed = dropped(&on);
    assert!(failed > 3_000, "{failed} of 6,000 less the first 1,000");
    // What was held was sent, and never delivered.
    let fate = |s: &Signal<'_>| (s.message.to_string(), s.time);
    let lost: std::collections::BTreeMap<String, _> =
        signals(&on, SignalKind::MessageFailed).filter(|s| s.reason == "132015").map(|s| fate(&s)).collect();
    assert!(signals(&on, SignalKind::MessageDelivered).all(|s| !lost.contains_key(s.message)));

    let off = log(&["policy.override.pacing=\"none\""]);
    assert_eq!((many(&off, VerdictKind::SendHeld), dropped(&off)), (0, 0));
    assert!(delivered(&off, "spring") > 2 * delivered(&on, "spring"));
    let blocks = |log: &MemoryLog| signals(log, SignalKind::BusinessBlocked).count();
    assert!(blocks(&off) > blocks(&on), "pacing spares people and the number");
}

#[test]
fn a_good_template_is_held_for_a_while_and_then_goes_out() {
    let good = log(&["templates.spring.relevance=3", "recipients.block_base=0.0005"]);
    let released: Vec<_> = good
        .rows
        .iter()
        .filter_map(|r| r.verdict())
        .filter(|v| v.kind == VerdictKind::SendReleased)
        .collect();
    assert!(!released.is_empty() && released.iter().all(|v| v.to == "released"));
    assert_eq!(dropped(&good), 0);
    let late = signals(&good, SignalKind::MessageDelivered)
        .filter(|s| s.template == "spring" && s.time >= released[0].time)
        .count();
    assert!(late > 4_000, "{late}");
    // A hold that is over lets go of what nothing was found about.
    let blind = log(&["templates.spring.relevance=3", "policy.override.template.min_sample=100000"]);
    assert!(blind.rows.iter().filter_map(|r| r.verdict()).any(|v| v.rule == "hold_over"));
}

#[test]
fn a_new_portfolio_is_released_by_batches_or_stopped_and_nothing_is_held_unless_switched_on() {
    let fails = |log: &MemoryLog, code: &str| {
        signals(log, SignalKind::MessageFailed).filter(|s| s.reason == code).count()
    };
    let (alone, on) = ("policy.override.pacing=\"none\"", "policy.override.portfolio_pacing.on=true");
    let off = log(&[alone]);
    assert_eq!((many(&off, VerdictKind::SendHeld), many(&off, VerdictKind::AccountRestricted)), (0, 0));
    let bad = log(&[alone, on]);
    let failed = fails(&bad, "135000");
    assert!(failed > 3_000, "{failed} of 6,000 less the first batches");
    assert_eq!((fails(&off, "135000"), fails(&bad, "132015")), (0, 0));
    assert_eq!(many(&bad, VerdictKind::AccountRestricted), 1);
    assert!(signals(&bad, SignalKind::SendAttempted).any(|s| s.reason == "account_restricted"));
    assert!(2 * delivered(&bad, "spring") < delivered(&off, "spring"));
    let good = log(&[alone, on, "templates.spring.relevance=100"]);
    let batches: Vec<u64> = good
        .rows
        .iter()
        .filter_map(|r| r.verdict())
        .filter(|v| v.kind == VerdictKind::SendReleased)
        .map(|v| v.to.parse().expect("how many go out"))
        .collect();
    // Of 6,000, less the hold-out, the first 1,000, then twice as many, then the rest of twice as many again.
    assert!(batches[0] == 2_000 && (2_900..=3_000).contains(&batches[1]), "{batches:?}");
    assert_eq!(fails(&good, "135000"), 0);
    assert!(delivered(&good, "spring") > 5_000);
    // The fold that judges a log comes to the same holds, with and without the pacing of templates beside it.
    for sets in [vec![alone, on], vec![on]] {
        let text = library::text("new-template").expect("shipped");
        let plan = plan_with("new-template", text, &sets, &[]).expect("a scenario");
        let run = run(Engine::Plain, &plan, 1).1;
        let again = replay(&plan.timeline, &run.rows).log;
        if let Some(difference) = first_difference(&run.rows, &again.rows) {
            panic!("{difference}");
        }
    }
}

#[test]
fn campaigns_fall_back_to_another_template_once_the_first_is_gone() {
    let on = log(&[]);
    assert_eq!(many(&on, VerdictKind::TemplateDisabled), 1);
    assert!(delivered(&on, "classic") > 5_000);
    let alone = log(&["campaigns.spring.fallback=[\"spring\"]"]);
    assert_eq!(delivered(&alone, "classic"), 0);
    let refused =
        signals(&alone, SignalKind::SendAttempted).filter(|s| s.reason == "template_disabled").count();
    assert!(refused > 5_000, "{refused}");
    assert_eq!(
        signals(&on, SignalKind::SendAttempted).filter(|s| s.reason == "template_disabled").count(),
        0
    );
}

#[test]
fn templates_take_turns_from_dispatch_to_dispatch() {
    let sets = [
        "campaigns.spring.templates={ spring = 0.5, classic = 0.5 }",
        "campaigns.spring.fallback=[\"spring\"]",
    ];
    let of = |log: &MemoryLog, dispatch: &str| -> std::collections::BTreeSet<String> {
        let mine = |s: &Signal<'_>| s.message.starts_with(&format!("spring.{dispatch}."));
        signals(log, SignalKind::MessageSent).filter(mine).map(|s| s.template.to_string()).collect()
    };
    let turns = log(&[sets[0], sets[1], "campaigns.spring.rotate_templates=true"]);
    assert_eq!(of(&turns, "1").len(), 1);
    assert!(of(&turns, "1").is_disjoint(&of(&turns, "2")));
    let lots = log(&sets);
    assert_eq!(of(&lots, "1").len(), 2, "by lot, both at once");
}

#[test]
fn what_cannot_be_delivered_in_its_time_never_is() {
    let calm = ["policy.override.pacing=\"none\"", "templates.spring.relevance=100"];
    let kept = log(&calm);
    let brief = log(&[calm[0], calm[1], "templates.spring.time_to_live=30s"]);
    // One phone in ten is offline at the send, for hours.
    let (kept, brief) = (delivered(&kept, "spring"), delivered(&brief, "spring"));
    assert!(brief < kept * 92 / 100 && brief > kept * 88 / 100, "{brief} of {kept}");
    let day = |era: &str| {
        let era = format!("policy.era={era}");
        delivered(
            &log(&[&era, calm[1], "recipients.offline_delay.median=20h", "recipients.offline_share=0.5"]),
            "spring",
        )
    };
    assert!(day("2022-05") < day("2024-05") * 85 / 100, "24 hours then, 30 days later");
}

#[test]
fn only_rules_of_the_run_itself_leave_it_to_the_plain_engine() {
    let text = library::text("new-template").expect("shipped");
    let paces = |start: &str| {
        let sets = ["policy.era=auto", &format!("start={start}")];
        plan_with("new-template", text, &sets, &[]).expect("a scenario").paces()
    };
    assert!(!paces("2022-01-03") && !paces("2023-06-05") && paces("2023-10-02") && paces("2026-03-02"));
}
