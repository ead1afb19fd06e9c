//! What the platform lets through, held where people see it: switched off, named outputs of a shipped scenario move;
//! codes, tables and measures say the same.

use std::collections::BTreeMap;

use tiersim::messaging::SignalKind;
use tiersim::messaging::record::Event;

use crate::cli::tiersim;
use crate::common::{Engine, run};
use crate::engines::plan;

/// The shipped scenario, small.
const SMALL: [&str; 3] = ["segments.shoppers.size=300", "segments.abroad.size=40", "days=10"];

/// Refused attempts by reason, sends, and what else was counted, of the shipped scenario with these changes.
fn counted(sets: &[&str]) -> (BTreeMap<String, u64>, u64) {
    let sets: Vec<&str> = SMALL.iter().chain(sets).copied().collect();
    let plan = plan("frequency-cap", &sets);
    let (raw, log) = run(Engine::Blocks, &plan, 1);
    let mut reasons = BTreeMap::new();
    let mut sent = 0;
    for row in &log.rows {
        match row.event {
            Event::Signal(SignalKind::SendAttempted) => {
                let reason = row.signal().expect("it is one").reason.to_string();
                *reasons.entry(reason).or_default() += 1;
            }
            Event::Signal(SignalKind::MessageSent) => sent += 1,
            _ => {}
        }
    }
    let total: u64 = raw.daily.iter().map(|d| d.counts.refused).sum();
    assert_eq!(total, reasons.values().sum::<u64>(), "days count what the log holds");
    (reasons, sent)
}

#[test]
fn switching_a_cap_a_holdout_or_an_exclusion_off_changes_what_is_refused() {
    let (all, sent) = counted(&[]);
    let of = |reasons: &BTreeMap<String, u64>, code: &str| reasons.get(code).copied().unwrap_or(0);
    assert!(of(&all, "131049") > 100 && of(&all, "130472") > 0, "{all:?}");

    let (no_cap, more) = counted(&["policy.override.cap=none"]);
    // Only the United States are left: everybody there, every day.
    assert_eq!(of(&no_cap, "131049"), 40 * 10);
    assert!(more > sent + 100, "{more} and {sent}");

    let (no_holdout, _) = counted(&["policy.override.holdout=none"]);
    assert_eq!(of(&no_holdout, "130472"), 0);

    let (everywhere, _) = counted(&["policy.override.cap=none", "policy.override.excluded=none"]);
    assert_eq!(of(&everywhere, "131049"), 0);
    // Nobody's luck moved: the same people are held out, with or without a cap.
    let (alone, _) = counted(&["policy.override.cap=none", "segments.abroad.size=0"]);
    assert_eq!(of(&alone, "130472"), of(&no_cap, "130472"), "excluded before held out");
}

#[test]
fn trying_again_reaches_more_and_trying_too_soon_fewer() {
    let refused = |sets: &[&str]| counted(sets);
    let (dropped, first) = refused(&["campaigns.offer.per_week=2"]);
    let (again, second) = refused(&["campaigns.offer.per_week=2", "campaigns.offer.at_cap=retry"]);
    assert!(second > first, "{second} and {first}");
    assert!(again["131049"] > dropped["131049"], "each try is an attempt");
    let hasty = [
        "campaigns.offer.per_week=2",
        "campaigns.offer.at_cap=retry",
        "campaigns.offer.retry_after=2h",
        "campaigns.offer.retries=12",
    ];
    let (_, guarded) = refused(&hasty);
    let open: Vec<&str> = hasty.iter().copied().chain(["policy.override.cap.retry_guard=0"]).collect();
    let (_, unguarded) = refused(&open);
    assert!(guarded < unguarded, "{guarded} and {unguarded}");
}

#[test]
fn a_number_that_is_too_fast_and_a_pair_that_is_too_close_are_refused() {
    let fast = |sets: &[&str]| {
        let sets: Vec<&str> = sets
            .iter()
            .copied()
            .chain(["policy.override.cap=none", "policy.override.holdout=none", "segments.abroad.size=0"])
            .collect();
        counted(&sets).0
    };
    assert!(fast(&["numbers.shop.throughput=80"]).is_empty());
    let refused = fast(&["numbers.shop.throughput=1000"]);
    assert!(refused["130429"] > 100, "{refused:?}");
    assert!(fast(&["numbers.shop.throughput=1000", "policy.override.throughput=none"]).is_empty());
    let close = [
        "campaigns.offer.per_week=21",
        "campaigns.offer.at=[\"11:00\",\"11:01\",\"11:02\"]",
        "policy.override.pair.burst=2",
        "policy.override.pair.gap=5m",
    ];
    let careful: Vec<&str> = close.iter().copied().chain(["numbers.shop.pair_gap=5m"]).collect();
    assert!(fast(&careful).is_empty(), "a sender that keeps to the gap");
    let careless: Vec<&str> = close.iter().copied().chain(["numbers.shop.pair_gap=\"0\""]).collect();
    let refused = fast(&careless);
    // Two at once, the third has to wait, every day.
    assert!(refused["131056"] > 100, "{refused:?}");
}

#[test]
fn tables_and_codes_say_who_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let sets = SMALL.iter().flat_map(|s| ["--set", s]);
    let args: Vec<&str> =
        ["run", "frequency-cap", "--replications", "2", "--no-png"].into_iter().chain(sets).collect();
    let out = tiersim(dir.path(), &args);
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(text.contains("Who refused") && text.contains("131049") && text.contains("130472"), "{text}");
    let folder = std::fs::read_dir(dir.path().join("output/frequency-cap")).unwrap().next().unwrap().unwrap();
    let table = std::fs::read_to_string(folder.path().join("refusals.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("number,campaign,reason,code,count,share_of_attempts"));
    for wanted in [
        "shop,offer,shared_cap,131049,",
        "shop,offer,excluded_country,131049,400,",
        "shop,offer,hold_out,130472,",
    ] {
        assert!(table.lines().any(|l| l.starts_with(wanted)), "{wanted}: {table}");
    }
    let measures = std::fs::read_to_string(folder.path().join("replications.csv")).unwrap();
    assert!(measures.lines().any(|l| l.starts_with("2,shop,refused_131049,")), "{measures}");

    let out = tiersim(dir.path(), &["codes", "131049"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("own_cap, shared_cap"), "{out:?}");
    let out = tiersim(dir.path(), &["codes", "shared_cpa"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("did you mean shared_cap?"), "{out:?}");
}
