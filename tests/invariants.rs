//! What has to hold of every log: replays, snapshots, worlds that differ in one thing, and which way signals push.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tiersim::messaging::log::LogSink;
use tiersim::messaging::record::{Event, LogRow, MemoryLog};
use tiersim::messaging::{QualityRating, SignalKind};
use tiersim::policy::fold::{Fold, FoldOptions};
use tiersim::policy::judge::{Judge, Timeline};
use tiersim::policy::snapshot::{Snapshot, SnapshotKey};
use tiersim::policy::{Policy, library as eras};
use tiersim::scenario::library;
use tiersim::sim::{SimDuration, SimTime};
use tiersim::store::log::{LogFormat, LogWriter, read_log};

use crate::common::{Engine, first_difference, plan_with, replay, run};
use crate::generated;
use crate::random_log::{Row, closed, config, rows, steps};

/// Shipped scenarios in which the rules have much to do, short enough to be read again several times.
const BUSY: [(&str, &[&str]); 7] = [
    ("eras-crossing", &["segments.list.size=1500"]),
    ("recovery-template", &[]),
    ("portfolio-shared-scope", &["days=30"]),
    ("portfolio-number-scope", &["days=30"]),
    ("purchased-list", &["days=30"]),
    ("warm-up", &["days=30"]),
    ("frequency-cap", &["days=10", "segments.shoppers.size=800", "campaigns.offer.at_cap=retry"]),
];

#[test]
fn a_replayed_log_comes_to_the_same_verdicts() {
    for (name, sets) in BUSY {
        let plan = plan_with(name, library::text(name).expect("shipped"), sets, &[])
            .unwrap_or_else(|e| panic!("{e}"));
        let (raw, log) = run(Engine::Blocks, &plan, 1);
        let again = replay(&plan.timeline, &log.rows);
        if let Some(d) = first_difference(&log.rows, &again.log.rows) {
            panic!("{name}: the log (-) and its replay (+) differ: {d}");
        }
        assert_eq!(raw.judge.ratings, again.ratings, "{name}: ratings");
        assert_eq!(raw.daily, again.daily, "{name}: days");
        let verdicts = log.rows.iter().filter(|r| matches!(r.event, Event::Verdict(_))).count();
        assert!(verdicts > 3, "{name}: {verdicts} verdicts say little");
    }
}

#[test]
fn a_log_written_and_read_back_is_the_same_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut logs: Vec<(String, Timeline, MemoryLog)> = Vec::new();
    let plan =
        plan_with("eras-crossing", library::text("eras-crossing").expect("shipped"), &["days=35"], &[])
            .unwrap_or_else(|e| panic!("{e}"));
    logs.push(("eras-crossing".into(), plan.timeline.clone(), run(Engine::Blocks, &plan, 1).1));
    for key in [3, 20, 26] {
        let g = generated::scenario(key);
        let files: Vec<(&str, &str)> = g.people.iter().map(|p| ("people.csv", p.as_str())).collect();
        let plan = plan_with("hard", &g.text, &[], &files).unwrap_or_else(|e| panic!("{e}"));
        logs.push((format!("hard-{key}"), plan.timeline.clone(), run(Engine::Blocks, &plan, 1).1));
    }
    for (name, timeline, log) in &logs {
        for format in LogFormat::ALL {
            if format == LogFormat::Parquet && cfg!(not(feature = "parquet")) {
                continue;
            }
            let path = folder.path().join(format!("{name}.{}", format.name()));
            let file = std::fs::File::create(&path).expect("a file");
            let mut writer = LogWriter::new(format, file, &path, &[]).expect("a log");
            for row in &log.rows {
                assert!(row.hand_to(&mut writer as &mut dyn LogSink));
            }
            writer.finish().expect("written");
            let mut read = MemoryLog::default();
            read_log(&path, |row| {
                read.rows.push(row);
                Ok(())
            })
            .unwrap_or_else(|e| panic!("{e}"));
            let label = format!("{name} as {}", format.name());
            if let Some(d) = first_difference(&log.rows, &read.rows) {
                panic!("{label}: written (-) and read (+) differ: {d}");
            }
            let again = replay(timeline, &read.rows);
            if let Some(d) = first_difference(&log.rows, &again.log.rows) {
                panic!("{label}: the log (-) and its replay (+) differ: {d}");
            }
        }
    }
}

fn fold_of(timeline: &Timeline) -> Fold {
    Fold::new(timeline.clone(), FoldOptions { every: Some(SimDuration::HOUR), ..FoldOptions::default() })
}

fn take_all(fold: &mut Fold, signals: &[&LogRow]) {
    for row in signals {
        fold.signal(&row.signal().expect("a signal")).expect("a sound row");
    }
}

/// What can be seen of a fold at an instant it has been brought to.
fn seen(judge: &Judge, mut slots_in_use: impl FnMut(usize) -> u64) -> String {
    let mut out = String::new();
    for s in &judge.numbers {
        let scope = s.scope;
        let slots = slots_in_use(scope);
        let limit = judge.scopes[scope].limit;
        let due = judge.pending_raise(scope);
        out.push_str(&format!(
            "{} {} {} {:?} {limit} {slots} {due:?}\n",
            s.id,
            s.rating,
            s.status(),
            s.score
        ));
    }
    for t in &judge.templates {
        out.push_str(&format!("{} {} {}\n", t.name, t.rating, t.status));
    }
    out
}

#[test]
fn a_snapshot_is_only_a_cache_of_the_fold() {
    for key in 0..40 {
        let g = generated::scenario(key);
        let files: Vec<(&str, &str)> = g.people.iter().map(|p| ("people.csv", p.as_str())).collect();
        let plan = plan_with("hard", &g.text, &[], &files).unwrap_or_else(|e| panic!("{e}"));
        let (_, log) = run(Engine::Blocks, &plan, 1);
        let signals: Vec<&LogRow> = log.rows.iter().filter(|r| matches!(r.event, Event::Signal(_))).collect();
        // Where nobody is ever written to there is nothing to cut.
        if signals.len() < 4 {
            continue;
        }
        let whole = {
            let mut fold = fold_of(&plan.timeline);
            take_all(&mut fold, &signals);
            fold.finish(None)
        };
        let hash = format!("policy of {key}");
        for part in [1, signals.len() / 3, signals.len() / 2, signals.len() - 1] {
            let mut fold = fold_of(&plan.timeline);
            take_all(&mut fold, &signals[..part]);
            let snapshot = Snapshot::take(&hash, &fold);
            assert_eq!(snapshot.position(), part as u64);
            assert!(snapshot.resume(&SnapshotKey::now("another policy")).is_err());
            // Looking at a fold, or bringing it to an instant before its next row, changes nothing.
            let until = signals[part].time;
            let last = signals[part - 1].time;
            let mut looked = fold.clone();
            for step in 1..=3 {
                let at = SimTime(last.0 + (until.0 - last.0) * step / 4);
                looked.advance_before(at);
                seen(&looked.judge.clone(), |scope| looked.slots_in_use(scope, at));
            }
            let resumed = snapshot.resume(&SnapshotKey::now(&hash)).expect("the same rules");
            for mut fold in [resumed, looked] {
                take_all(&mut fold, &signals[part..]);
                let fold = fold.finish(None);
                assert_eq!(fold.judge.verdicts, whole.judge.verdicts, "scenario {key}, row {part}: verdicts");
                assert_eq!(fold.judge.ratings, whole.judge.ratings, "scenario {key}, row {part}: ratings");
                assert_eq!(fold.daily, whole.daily, "scenario {key}, row {part}: days");
                assert_eq!(fold.position, whole.position);
            }
        }
    }
}

#[test]
fn state_at_an_instant_is_the_fold_of_what_came_before() {
    for key in 0..30 {
        let g = generated::scenario(key);
        let files: Vec<(&str, &str)> = g.people.iter().map(|p| ("people.csv", p.as_str())).collect();
        let plan = plan_with("hard", &g.text, &[], &files).unwrap_or_else(|e| panic!("{e}"));
        let (_, log) = run(Engine::Blocks, &plan, 1);
        let signals: Vec<&LogRow> = log.rows.iter().filter(|r| matches!(r.event, Event::Signal(_))).collect();
        let start = plan.scenario.start;
        // One fold goes on through all instants; at each another is made of the rows up to it alone.
        let mut going = fold_of(&plan.timeline);
        let mut next = 0;
        for k in 1..8 {
            let at =
                SimTime(start.0 + (plan.scenario.horizon.0 - start.0) / 8 * k + [0, 1, -1][k as usize % 3]);
            let past = signals.partition_point(|r| r.time <= at);
            take_all(&mut going, &signals[next..past]);
            next = past;
            let mut then = going.clone();
            then.advance_before(SimTime(at.0 + 1));
            let mut alone = fold_of(&plan.timeline);
            take_all(&mut alone, &signals[..past]);
            let mut alone = alone.finish(Some(at));
            let found = seen(&alone.judge.clone(), |scope| alone.slots_in_use(scope));
            let going_on = seen(&then.judge.clone(), |scope| then.slots_in_use(scope, at));
            assert_eq!(going_on, found, "scenario {key} at {at}");
            let upto = |v: &[tiersim::messaging::Verdict]| {
                v.iter().filter(|v| v.time <= at).cloned().collect::<Vec<_>>()
            };
            assert_eq!(upto(&then.judge.verdicts), alone.judge.verdicts, "scenario {key} at {at}");
        }
    }
}

/// A world in which nothing that is added can be in anybody's way: no limit and no cap binds, numbers share nothing, people
/// have no fatigue to be annoyed with.
const WORLD: &str = r#"
question = "What if there were one more?"
start = 2026-01-05
days = 12
[policy]
era = "2025-12"
[policy.override]
template = "none"
cap = "none"
[recipients]
block_base = 0.03
report_base = 0.01
reply = 0.1
mute_base = 0.05
archive_base = 0.05
opt_out_base = 0
opt_out_instead_of_block = 0
click = 0.2
convert_given_click = 0.5
read_fatigue_loss = 0
fatigue_slope = 0
block_reasons = { SPAM = 0.3 }
[segments.first]
size = 120
[segments.second]
size = 80
[numbers.one]
portfolio = "p"
starting_limit = "unlimited"
pair_gap = "0"
[numbers.two]
portfolio = "q"
starting_limit = "unlimited"
pair_gap = "0"
service = "exponential"
[templates.plain]
category = "marketing"
[templates.other]
category = "utility"
[campaigns.weekly]
number = "one"
templates = { plain = 0.5, other = 0.5 }
per_week = 5
audience = { segments = ["first"], share = 0.8 }
[campaigns.notices]
number = "two"
template = "other"
triggered_per_day = 0.4
audience = { segments = ["second"] }
[campaigns.seldom]
number = "two"
template = "plain"
weekdays = ["tue"]
audience = { segments = ["second"] }
"#;

/// Signals without what only says where in the log they stand.
fn signals(text: &str, mine: impl Fn(&LogRow) -> bool) -> Vec<LogRow> {
    let plan = plan_with("world", text, &[], &[]).unwrap_or_else(|e| panic!("{e}"));
    let (_, log) = run(Engine::Blocks, &plan, 1);
    log.rows.into_iter().filter(|r| matches!(r.event, Event::Signal(_)) && mine(r)).collect()
}

#[test]
fn one_more_of_anything_changes_nobody_elses_luck() {
    let world = signals(WORLD, |_| true);
    for kind in [SignalKind::BusinessBlocked, SignalKind::Converted, SignalKind::MessageReceived] {
        let n = world.iter().filter(|r| r.event == Event::Signal(kind)).count();
        assert!(n > 5, "{}: {n} say little", kind.name());
    }
    let [number, _, recipient, _, template, _, campaign] = [0, 1, 2, 3, 4, 5, 6];
    let check = |what: &str, text: String, added: (usize, &str), rows: bool| {
        assert_ne!(text, WORLD, "{what}: nothing was added");
        let is_new = |r: &LogRow| r.texts[added.0] == added.1;
        let found = signals(&text, |r| !is_new(r));
        if let Some(d) = first_difference(&world, &found) {
            panic!("{what}: the world (-) and the one with one more (+) differ: {d}");
        }
        let more = signals(&text, is_new).len();
        assert_eq!(more > 0, rows, "{what}: {more} rows of its own");
    };
    let with = |from: &str, to: &str| WORLD.replacen(from, to, 1);
    check(
        "a recipient in the first segment",
        with("size = 120", "size = 121"),
        (recipient, "first-000121"),
        true,
    );
    check(
        "a recipient in the last segment",
        with("size = 80", "size = 81"),
        (recipient, "second-000081"),
        true,
    );
    let segment = "[segments.zero]\nsize = 50\n[segments.first]";
    check(
        "a segment before the others",
        with("[segments.first]", segment),
        (recipient, "zero-000001"),
        false,
    );
    let template_before = "[templates.new]\ncategory = \"marketing\"\n[templates.plain]";
    check(
        "a template before the others",
        with("[templates.plain]", template_before),
        (template, "new"),
        false,
    );
    let number_before = "[numbers.zero]\nportfolio = \"z\"\n[numbers.one]";
    check("a number before the others", with("[numbers.one]", number_before), (number, "zero"), true);
    // A campaign of its own number to the same people: they live through it as if it were not there.
    let campaign_before =
        "[campaigns.more]\nnumber = \"zero\"\ntemplate = \"plain\"\nper_week = 7\n[campaigns.weekly]";
    let both = with(
        "[numbers.one]",
        "[numbers.zero]\nportfolio = \"z\"\nstarting_limit = \"unlimited\"\n[numbers.one]",
    )
    .replacen("[campaigns.weekly]", campaign_before, 1);
    // A chat is muted or archived once per person, whatever the number: that they would feel.
    let calm = |text: &str| {
        text.replace("mute_base = 0.05", "mute_base = 0").replace("archive_base = 0.05", "archive_base = 0")
    };
    let both = calm(&both);
    let found = signals(&both, |r| r.texts[number] != "zero");
    if let Some(d) = first_difference(&signals(&calm(WORLD), |_| true), &found) {
        panic!("a campaign: the world (-) and the one with one more (+) differ: {d}");
    }
    assert!(signals(&both, |r| r.texts[campaign] == "more").len() > 100);
}

/// Colours by number and evaluation, rated ones alone.
fn rated(timeline: &Timeline, rows: &[Row]) -> BTreeMap<(String, SimTime), QualityRating> {
    let mut fold =
        Fold::new(timeline.clone(), FoldOptions { every: Some(SimDuration(1)), ..FoldOptions::default() });
    for row in rows {
        fold.signal(&row.signal()).expect("sound");
    }
    let judge = fold.finish(None).judge;
    judge
        .ratings
        .iter()
        .filter(|r| r.rating != QualityRating::Unknown)
        .map(|r| ((judge.numbers[r.number].id.clone(), r.time), r.rating))
        .collect()
}

/// Every shipped era with a sample small enough for little logs, and `auto`.
fn timelines() -> Vec<(&'static str, Timeline)> {
    let small = "rating = { min_sample = 2, yellow_at = 0.2, red_at = 0.5 }";
    let change = tiersim::text::parse("test", small).expect("one").root;
    let names = eras::names().into_iter().chain(["auto"]);
    names
        .map(|name| {
            let policy =
                Policy::named(name).expect("shipped").with_override(change.entries()).expect("sound");
            assert!(policy.versions.iter().all(|v| v.rules.rating.hysteresis == 0.0));
            (name, policy.timeline())
        })
        .collect()
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn a_negative_signal_more_never_improves_and_a_delivery_more_never_worsens(
        steps in steps(50),
        place in any::<prop::sample::Index>(),
        later in prop::sample::select(vec![0i64, 1, 3_600_000, 40_000_000]),
        kind in prop::sample::select(vec![
            SignalKind::BusinessBlocked,
            SignalKind::BusinessReported,
            SignalKind::BusinessMuted,
            SignalKind::BusinessArchived,
            SignalKind::MessageDelivered,
        ]),
    ) {
        let rows = closed(rows(&steps));
        let at = place.index(rows.len() - 1);
        let mut more = rows.clone();
        // After the row at hand, at the latest at the one that follows.
        let time = SimTime((rows[at].time.0 + later).min(rows[at + 1].time.0));
        let recipient = "somebody else".to_string();
        let row = Row { time, kind, number: rows[at].number, recipient, message: String::new(), reason: "" };
        more.insert(at + 1, row);
        let mut compared = 0;
        for (name, timeline) in timelines() {
            let (before, after) = (rated(&timeline, &rows), rated(&timeline, &more));
            for (key, was) in &before {
                let Some(is) = after.get(key) else { continue };
                compared += 1;
                // Worse colours come first.
                if kind == SignalKind::MessageDelivered {
                    prop_assert!(is >= was, "{}: {:?} {} to {}", name, key, was, is);
                } else {
                    prop_assert!(is <= was, "{}: {:?} {} to {}", name, key, was, is);
                }
            }
        }
        let _ = compared;
    }
}
