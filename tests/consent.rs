//! Consent and opting out, held where people see them: each mechanism switched off, a named output of a shipped
//! scenario moves, and the outputs of the lists it does not concern stay.

use std::collections::BTreeMap;

use tiersim::messaging::SignalKind;
use tiersim::messaging::record::{Event, LogRow};

use crate::cli::tiersim;
use crate::common::{Engine, run};
use crate::engines::plan;

const LISTS: [&str; 6] = ["named", "unnamed", "aged", "bought", "deaf", "mixed"];

/// The shipped scenario with these changes, small: blocks of each number, and the log. What the platform lets through
/// to a person is left aside, save its stop control.
fn seen(sets: &[&str]) -> (BTreeMap<String, u64>, Vec<LogRow>) {
    let sizes: Vec<String> = LISTS.iter().map(|l| format!("segments.{l}.size=250")).collect();
    let mut all: Vec<&str> = sizes.iter().map(String::as_str).collect();
    // More blocks than anybody expects, so that a small list tells a difference.
    all.extend(["recipients.block_base=0.02", "policy.override.cap=none", "policy.override.holdout=none"]);
    all.push("policy.override.template=none");
    all.extend(sets);
    let (_, log) = run(Engine::Blocks, &plan("consent-sources", &all), 1);
    let mut blocks = BTreeMap::new();
    for row in signals(&log.rows, SignalKind::BusinessBlocked) {
        *blocks.entry(row.signal().expect("it is one").number.to_string()).or_default() += 1;
    }
    (blocks, log.rows)
}

fn signals(rows: &[LogRow], kind: SignalKind) -> impl Iterator<Item = &LogRow> {
    rows.iter().filter(move |r| r.event == Event::Signal(kind))
}

/// Opt-outs by the reason the log gives.
fn ways(rows: &[LogRow]) -> BTreeMap<String, usize> {
    let mut ways = BTreeMap::new();
    for row in signals(rows, SignalKind::OptedOut) {
        *ways.entry(row.signal().expect("it is one").reason.to_string()).or_default() += 1;
    }
    ways
}

/// Without this, blocks of one list fall and those of every other stay as they were.
fn spares(list: &str, sets: &[&str]) {
    let (with, _) = seen(&[]);
    let (without, _) = seen(sets);
    assert!(without[list] < with[list], "{list}: {without:?} against {with:?}");
    for other in LISTS.iter().filter(|l| **l != list) {
        assert_eq!(with.get(*other), without.get(*other), "{other}");
    }
}

#[test]
fn what_an_opt_in_left_out_costs_blocks() {
    spares("unnamed", &["segments.unnamed.consent_named=[\"business\",\"channel\",\"topics\"]"]);
}

#[test]
fn age_costs_blocks() {
    spares("aged", &["segments.aged.consent_half_life=never"]);
}

#[test]
fn a_missing_consent_costs_blocks() {
    spares("bought", &["segments.bought.consent=site"]);
}

#[test]
fn another_topic_costs_blocks() {
    spares("mixed", &["segments.mixed.topics=[\"orders\",\"offers\"]"]);
    // One of several topics is enough.
    spares("mixed", &["templates.offer.topics=[\"offers\",\"orders\"]"]);
}

#[test]
fn opt_outs_kept_late_or_never_cost_messages_nobody_wants() {
    let late = |sets: &[&str]| -> usize {
        let rows = seen(sets).1;
        let mut out: Vec<&str> = Vec::new();
        let mut late = 0;
        for row in &rows {
            let Some(s) = row.signal().filter(|s| s.number == "deaf") else { continue };
            match row.event {
                Event::Signal(SignalKind::OptedOut) if s.reason != "stop" => {
                    out.push(rows_text(row));
                }
                Event::Signal(SignalKind::MessageSent) => late += usize::from(out.contains(&rows_text(row))),
                _ => {}
            }
        }
        late
    };
    let delay = "campaigns.to_deaf.audience.opt_out_delay=0s";
    let missed = "campaigns.to_deaf.audience.opt_outs_missed=0";
    let (both, only_delay, only_missed) = (late(&[]), late(&[missed]), late(&[delay]));
    assert!(only_delay > 10 && only_missed > 10 && both > only_delay && both > only_missed);
    assert_eq!(late(&[delay, missed]), 0);
    // People mind: without the factor fewer of them block.
    spares("deaf", &["recipients.ignored_opt_out_factor=1"]);
}

/// The recipient of a row.
fn rows_text(row: &LogRow) -> &str {
    &row.texts[2]
}

#[test]
fn a_word_and_a_button_are_messages_and_the_platforms_control_is_none() {
    let rows = seen(&[]).1;
    let by = ways(&rows);
    assert!(by["reply"] > 20 && by["button"] > 20 && by["stop"] > 5, "{by:?}");
    let at = |row: &LogRow| (row.time, rows_text(row).to_string());
    let inbound: Vec<_> = signals(&rows, SignalKind::MessageReceived).map(at).collect();
    for row in signals(&rows, SignalKind::OptedOut) {
        let reason = row.signal().expect("it is one").reason;
        assert_eq!(inbound.contains(&at(row)), reason != "stop", "{reason}");
    }
    // The control exists since 22 November 2024 only.
    let since = tiersim::sim::SimTime::parse("2024-11-22T00:00:00Z").expect("an instant").0;
    let stops =
        signals(&rows, SignalKind::OptedOut).filter(|r| r.signal().is_some_and(|s| s.reason == "stop"));
    assert!(stops.into_iter().all(|r| r.time.0 >= since));
    assert!(!ways(&seen(&["policy.override.stop=none"]).1).contains_key("stop"));
    // Not told apart: the same people leave, and nobody writes for it.
    let told: usize = by.values().sum();
    let quiet = seen(&["templates.offer.opt_out=easy"]).1;
    assert_eq!(ways(&quiet).values().sum::<usize>(), told);
    assert!(signals(&quiet, SignalKind::MessageReceived).count() < inbound.len());
}

#[test]
fn marketing_to_somebody_who_stopped_it_is_refused_where_the_list_is_late() {
    let refused = |sets: &[&str]| {
        let rows = seen(sets).1;
        let stopped = |r: &&LogRow| r.signal().is_some_and(|s| s.reason == "131050");
        signals(&rows, SignalKind::SendAttempted)
            .filter(stopped)
            .map(|r| r.texts[0].clone())
            .collect::<Vec<_>>()
    };
    let numbers = refused(&["recipients.stop_base=0.05"]);
    assert!(numbers.len() > 5 && numbers.iter().all(|n| n == "deaf"), "{numbers:?}");
}

#[test]
fn tables_and_the_answer_tell_ways_breaches_and_messages_after_an_opt_out() {
    let dir = tempfile::tempdir().expect("a folder");
    let sizes: Vec<String> = LISTS.iter().map(|l| format!("segments.{l}.size=250")).collect();
    let mut args = vec!["run", "consent-sources", "--replications", "2", "--no-png"];
    sizes.iter().for_each(|s| args.extend(["--set", s]));
    let out = tiersim(dir.path(), &args);
    let text = String::from_utf8_lossy(&out.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for says in [
        "Messages went to people who had opted out",
        "The opt-in of segment unnamed does not name the business or the channel, which the rules of 2024-05 ask for",
    ] {
        assert!(text.contains(says), "{says}\n{text}");
    }
    let folder =
        std::fs::read_dir(dir.path().join("output/consent-sources")).unwrap().next().unwrap().unwrap();
    let table = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let opt_outs = table("opt_outs.csv");
    assert!(opt_outs.starts_with("campaign,way,count,share_of_delivered\n"), "{opt_outs}");
    assert!(opt_outs.contains("to_named,reply,") && opt_outs.contains("to_named,button,"), "{opt_outs}");
    let campaigns = table("campaigns.csv");
    let header: Vec<&str> = campaigns.lines().next().unwrap().split(',').collect();
    let column = header.iter().position(|c| *c == "sent_after_opt_out").expect("a column");
    for line in campaigns.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[column] != "0", cells[0] == "to_deaf", "{line}");
    }
}
