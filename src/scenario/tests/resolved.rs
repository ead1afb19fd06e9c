//! From what is written to what will run: defaults, overrides, and the resolved form.

use super::*;

#[test]
fn defaults_are_filled_in() {
    let s = loaded(SMALL, &[]);
    assert_eq!((s.name.as_str(), s.seed, s.replications), ("small", 1, None));
    assert_eq!((s.horizon - s.start, s.policy.clone()), (SimDuration::days(14), PolicyChoice::Auto));
    let segment = &s.segments[0];
    assert_eq!(segment.reading.probability, 0.68);
    assert_eq!(segment.reading.concentration, Some(6.0));
    assert_eq!(segment.reading.delay, Delay::LogNormal { median: SimDuration(600_000), sigma: 2.0 });
    assert_eq!(segment.fatigue.memory, Memory::HalfLife(SimDuration::days(5)));
    assert_eq!(segment.reactions.hidden_opt_out_divisor, 6.0);
    assert_eq!(s.people, People::Counted(vec![100]));
    assert_eq!(s.templates[0].cost, Some(0.0));
    let campaign = &s.campaigns[0];
    assert_eq!((campaign.number, campaign.at_limit, campaign.audience.share), (0, AtLimit::Defer, 1.0));
    assert!(campaign.audience.honour_opt_outs && !campaign.audience.leave_out_blocked);
    assert_eq!(dispatches(&s)[..3], ["2026-01-05T10:00", "2026-01-07T10:00", "2026-01-09T10:00"]);
    assert_eq!(dispatches(&s).len(), 6);
}

#[test]
fn any_field_can_be_set() {
    let s = loaded(
        SMALL,
        &[
            "campaigns.promo.per_week=4",
            "recipients.block_base=0.01",
            "segments.all.size=5",
            "segments.all.read_delay.sigma=1.5",
            "numbers.main.starting_limit=unlimited",
            "policy=2023-03",
            "policy.override.rating.red_at=0.03",
            "money.marketing=0.05",
            "campaigns.promo.audience.max=10",
            "campaigns.promo.audience.growth=1.5",
            "campaigns.promo.at=9:30",
            "start=2026-01-12",
            "campaigns.promo.reactions=[{ when = \"red within 7d\", share = 0.2 }]",
            "campaigns.promo.reactions.0.share=0.3",
            "templates.offer.topic=2026",
        ],
    );
    assert_eq!(
        dispatches(&s)[..4],
        ["2026-01-12T09:30", "2026-01-13T09:30", "2026-01-15T09:30", "2026-01-17T09:30"]
    );
    assert_eq!((s.segments[0].reactions.block_base, s.people.clone()), (0.01, People::Counted(vec![5])));
    assert_eq!(s.segments[0].reading.delay, Delay::LogNormal { median: SimDuration(600_000), sigma: 1.5 });
    assert_eq!(s.numbers[0].starting_limit, Some(Limit::Unlimited));
    assert_eq!(s.policy, PolicyChoice::Era("2023-03".into()));
    assert_eq!(
        (s.templates[0].cost, s.templates[0].topics.as_slice()),
        (Some(0.05), &["2026".to_string()][..])
    );
    assert_eq!((s.campaigns[0].audience.max, s.campaigns[0].audience.growth), (Some(10), 1.5));
    assert_eq!(s.campaigns[0].reactions[0].when, Condition::RedWithin(SimDuration::days(7)));
    assert_eq!(s.campaigns[0].reactions[0].action, Action::Share(0.3));
}

#[test]
fn a_set_calendar_replaces_the_other() {
    let s = loaded(SMALL, &["campaigns.promo.weekdays=[\"sun\"]"]);
    assert_eq!(dispatches(&s), ["2026-01-11T10:00", "2026-01-18T10:00"]);
    let s = loaded(SMALL, &["horizon=2026-01-06"]);
    assert_eq!(dispatches(&s), ["2026-01-05T10:00"]);
}

#[test]
fn the_resolved_form_loads_to_the_same_scenario() {
    let text = r#"
question = "Everything?"
start = "2026-01-05T06:00:00-03:00"
days = 30
warm_up = "24h"
policy = { era = "2025-12", override = { rating = { red_at = 0.03 } } }
[money]
marketing = 0.1
[recipients]
read = 0.5
read_delay = "5m"
block_reasons = { SPAM = 0.5, NO_SIGN_UP = 0.2 }
[segments.a]
size = 10
annoyance_shape = "alike"
[segments."b c"]
size = 20
read = 0.9
fatigue_memory = { window = "7d" }
[numbers."+5511999990000"]
verified = 2026-01-10
starting_limit = 1000
[templates.x]
category = "marketing"
[templates.y]
category = "utility"
cost = 0.5
[campaigns.one]
templates = { y = 0.25, x = 0.75 }
every = "36h"
timezone = "america/sao_paulo"
from = 2026-01-06
until = "day 20"
quiet_hours = "21:00-08:00"
audience = { segments = ["b c"], max = 10, growth = 2, rotate = true }
reactions = [{ when = "flagged", pause = true }, { when = "yellow_or_worse", template = "y" }]
[campaigns.two]
template = "y"
triggered_per_day = 0.05
"#;
    let first = loaded(text, &[]);
    let resolved = first.resolved_toml();
    let again = loaded(&resolved, &[]);
    assert_eq!(first, again, "{resolved}");
    assert_eq!(again.resolved_toml(), resolved);
    let json = load("small.json", &first.resolved.to_string(), &[], &no_files).unwrap().0;
    assert_eq!(first, json);
    assert_eq!(first.hash(), json.hash());
    assert_eq!(first.hash(), loaded(text, &["seed=7"]).hash());
    assert_ne!(first.hash(), loaded(text, &["days=31"]).hash());
    assert_eq!(first.campaigns[0].templates, [(1, 0.25), (0, 0.75)]);
    assert!(!first.campaigns[0].quiet.is_empty());
}

#[test]
fn a_mark_and_the_only_number_are_settled_wherever_they_stand() {
    let more = |at: &str, submitted: &str, number: &str| {
        format!(
            "{SMALL}[templates.offer.review]\nsubmitted = {submitted}\n\
             [[violations]]\n{number}at = {at}\n[[appeals]]\n{number}at = {at}\noutcome = \"granted\"\n"
        )
    };
    let by_day = loaded(&more("\"day 3\"", "\"day 2\"", ""), &[]);
    let by_date = loaded(&more("2026-01-07", "2026-01-06T00:00:00Z", "number = \"main\"\n"), &[]);
    assert_eq!(by_day.resolved_toml(), by_date.resolved_toml());
    assert_eq!(by_day, by_date);
    assert_eq!(loaded(&by_day.resolved_toml(), &[]), by_day);

    let later = |at: &str| {
        with("[numbers.main]", &format!("[numbers.main]\n[numbers.late]\nregistered = {at}"))
            .replace("per_week = 3", "per_week = 3\nnumber = \"main\"")
    };
    assert_eq!(loaded(&later("\"day 3\""), &[]), loaded(&later("2026-01-07"), &[]));
    one_fault(&later("\"day 15\""), &[], "x.toml:10:14: numbers.late.registered: ", &["outside the run"]);
}

#[test]
fn json_says_the_same_as_toml() {
    let json = r#"{
  "$schema": "./scenario.schema.json",
  "question": "Small?", "start": "2026-01-05", "days": 14,
  "segments": {"all": {"size": 100}}, "numbers": {"main": {}},
  "templates": {"offer": {"category": "marketing"}},
  "campaigns": {"promo": {"template": "offer", "per_week": 3}}
}"#;
    assert_eq!(load("small.json", json, &[], &no_files).unwrap().0, loaded(SMALL, &[]));
    let text = json.replace("per_week", "per_weak");
    let faults = load("s.json", &text, &[], &no_files).unwrap_err();
    assert_eq!(faults.0.len(), 1);
    assert!(
        faults
            .to_string()
            .contains("s.json:6:48: campaigns.promo.per_weak: unknown key; did you mean per_week?"),
        "{faults}"
    );
}

#[test]
fn people_come_from_a_list() {
    let text =
        with("size = 100", "").replace("[numbers.main]", "[audience]\nfile = \"p.csv\"\n[numbers.main]");
    let loader = |name: &str| {
        assert_eq!(name, "p.csv");
        Ok("recipient,past_sends\nana,2026-01-01\nben,\n".to_string())
    };
    let s = load("small.toml", &text, &[], &loader).unwrap().0;
    let People::Listed(people) = &s.people else { panic!() };
    assert_eq!(people.len(), 2);
    // An archived form notices a changed list.
    let resolved = s.resolved_toml();
    assert_eq!(load("small.toml", &resolved, &[], &loader).unwrap().0, s);
    let changed = |_: &str| Ok("recipient\nzoe\n".to_string());
    let faults = load("small.toml", &resolved, &[], &changed).unwrap_err();
    assert!(faults.to_string().contains("audience.digest"), "{faults}");
    let missing = load("x.toml", &text, &[], &no_files).unwrap_err();
    assert!(missing.to_string().contains("audience.file: \"p.csv\" cannot be read"), "{missing}");
}
