//! Whole texts in, scenarios or faults out.

use super::audience::no_files;
use super::*;
use crate::behaviour::recipient::{Delay, Memory};
use crate::behaviour::sender::{Action, AtLimit, Calendar, Condition};
use crate::messaging::Limit;
use crate::policy::Policy;
use crate::text::{Fault, Faults, Lines};

const SMALL: &str = r#"question = "Small?"
start = 2026-01-05
days = 14

[segments.all]
size = 100

[numbers.main]

[templates.offer]
category = "marketing"

[campaigns.promo]
template = "offer"
per_week = 3
"#;

fn loaded(text: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    match load("dir/small.toml", text, &sets, &no_files) {
        Ok((scenario, _)) => scenario,
        Err(faults) => panic!("{faults}"),
    }
}

fn judged(text: &str, sets: &[&str]) -> Policy {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    load("dir/small.toml", text, &sets, &no_files).unwrap_or_else(|faults| panic!("{faults}")).1
}

fn faults(text: &str, sets: &[&str]) -> Vec<String> {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    match load("x.toml", text, &sets, &no_files) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(Fault::to_string).collect(),
    }
}

/// The small scenario with one piece of text in place of another.
fn with(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    SMALL.replace(from, to)
}

#[track_caller]
fn one_fault(text: &str, sets: &[&str], start: &str, also: &[&str]) {
    let found = faults(text, sets);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(start), "{}", found[0]);
    for part in also {
        assert!(found[0].contains(part), "{part:?} not in {}", found[0]);
    }
}

fn dispatches(scenario: &Scenario) -> Vec<String> {
    match &scenario.campaigns[0].calendar {
        Calendar::Dispatches(all) => all.iter().map(|t| t.to_string()[..16].to_string()).collect(),
        Calendar::Triggered { .. } => panic!("triggered"),
    }
}

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
fn every_kind_of_fault_has_its_place() {
    let at = |text: &str, part: &str| {
        let offset = text.find(part).unwrap();
        let p = Lines::new(text).position(offset);
        format!("x.toml:{}:{}: ", p.line, p.column)
    };
    // (what to replace, by what, where the fault is, path, what it says)
    let cases: &[(&str, &str, &str, &str, &[&str])] = &[
        (
            "per_week = 3",
            "per_wek = 3\nper_week = 3",
            "per_wek =",
            "campaigns.promo.per_wek",
            &["unknown key", "did you mean per_week?"],
        ),
        (
            "per_week = 3",
            "per_week = \"3\"",
            "\"3\"",
            "campaigns.promo.per_week",
            &["found", "without quotes"][1..],
        ),
        ("per_week = 3", "per_week = 22", "22", "campaigns.promo.per_week", &["22", "from 0 to 21"]),
        (
            "per_week = 3",
            "per_week = 3\nweekdays = [\"mon\"]",
            "weekdays",
            "campaigns.promo.weekdays",
            &["exclude one another"],
        ),
        ("per_week = 3", "", "[campaigns.promo]", "campaigns.promo", &["one of per_week"]),
        (
            "template = \"offer\"",
            "template = \"ofer\"",
            "\"ofer\"",
            "campaigns.promo.template",
            &["did you mean offer?"],
        ),
        (
            "template = \"offer\"",
            "templates = { offer = 0.5 }",
            "{ offer",
            "campaigns.promo.templates",
            &["add to 0.5"],
        ),
        ("days = 14", "days = 14\nhorizon = 2026-02-01", "horizon", "horizon", &["exclude"]),
        ("days = 14", "horizon = 2026-01-01", "2026-01-01", "horizon", &["not after its start"]),
        ("days = 14", "days = 14\nwarm_up = \"20d\"", "\"20d\"", "warm_up", &["less than the run"]),
        ("days = 14", "days = 14\nwarm_up = \"7\"", "\"7\"", "warm_up", &["the unit is missing"]),
        ("start = 2026-01-05", "start = \"soon\"", "\"soon\"", "start", &["a date"]),
        ("size = 100", "size = 100\nread = 1.4", "1.4", "segments.all.read", &["from 0 to 1"]),
        ("size = 100", "size = 100\nread = nan", "nan", "segments.all.read", &["nan"]),
        (
            "size = 100",
            "size = 100\nconsent = \"impoted\"",
            "\"impoted\"",
            "segments.all.consent",
            &["did you mean imported?"],
        ),
        (
            "size = 100",
            "size = 100\nread_delay = { median = \"5m\" }",
            "{ median",
            "segments.all.read_delay",
            &["sigma"],
        ),
        (
            "size = 100",
            "size = 100\nblock_reasons = { SPAN = 0.5 }",
            "SPAN",
            "segments.all.block_reasons.SPAN",
            &["SPAM"],
        ),
        (
            "size = 100",
            "size = 100\nreply = 0.6\nclick = 0.6",
            "[segments.all]",
            "segments.all",
            &["at most 1"],
        ),
        ("size = 100", "read = 0.5", "[segments.all]", "segments.all.size", &["missing"]),
        (
            "size = 100",
            "size = 100\ncountry = \"UK\"",
            "\"UK\"",
            "segments.all.country",
            &["did you mean GB?", "ISO 3166"],
        ),
        ("size = 100", "size = 100\ncountry = \"XX\"", "\"XX\"", "segments.all.country", &["ISO 3166"]),
        (
            "per_week = 3",
            "per_week = 3\nnumber = \"mian\"",
            "\"mian\"",
            "campaigns.promo.number",
            &["did you mean main?"],
        ),
        (
            "per_week = 3",
            "per_week = 3\ntimezone = \"Europe/Berlim\"",
            "\"Europe/Berlim\"",
            "campaigns.promo.timezone",
            &["Europe/Berlin"],
        ),
        ("per_week = 3", "per_week = 3\nat = \"25:00\"", "\"25:00\"", "campaigns.promo.at", &["time of day"]),
        ("per_week = 3", "per_week = 3\nat = [\"10:00\", 5]", "5]", "campaigns.promo.at.1", &["time of day"]),
        (
            "per_week = 3",
            "per_week = 3\nfrom = \"day 9\"\nuntil = \"day 7\"",
            "\"day 7\"",
            "campaigns.promo.until",
            &["before it begins"],
        ),
        (
            "per_week = 3",
            "per_week = 3\nfrom = \"day 0\"",
            "\"day 0\"",
            "campaigns.promo.from",
            &["the first day is day 1"],
        ),
        (
            "per_week = 3",
            "dates = [2027-01-01]",
            "2027-01-01",
            "campaigns.promo.dates.0",
            &["outside the run"],
        ),
        (
            "per_week = 3",
            "per_week = 3\naudience = { growth = 2 }",
            "2 }",
            "campaigns.promo.audience.growth",
            &["max"],
        ),
        (
            "per_week = 3",
            "per_week = 3\naudience = { segments = [\"al\"] }",
            "\"al\"",
            "campaigns.promo.audience.segments.0",
            &["did you mean all?"],
        ),
        (
            "per_week = 3",
            "per_week = 3\nreactions = [{ when = \"rad\", pause = true }]",
            "\"rad\"",
            "campaigns.promo.reactions.0.when",
            &["did you mean red?"],
        ),
        (
            "per_week = 3",
            "per_week = 3\nreactions = [{ when = \"red\" }]",
            "{ when",
            "campaigns.promo.reactions.0",
            &["one of pause"],
        ),
        (
            "per_week = 3",
            "triggered_per_day = 0.1\nat = \"10:00\"",
            "at = \"10:00\"",
            "campaigns.promo.at",
            &["exclude"],
        ),
        ("[numbers.main]", "[numbers.\"a/b\"]", "\"a/b\"", "numbers.a/b", &["a name"]),
        ("[numbers.main]", "[numbers]", "[numbers]", "numbers", &["at least one"]),
        ("question = \"Small?\"", "", "start", "question", &["missing"]),
    ];
    for (from, to, place, path, also) in cases {
        let text = with(from, to);
        let place = at(&text, place);
        // What is missing at the top has the place of the whole.
        let place = if *path == "question" { "x.toml:1:1: ".to_string() } else { place };
        one_fault(&text, &[], &format!("{place}{path}: "), also);
    }
}

#[test]
fn all_faults_are_reported_at_once_and_in_order() {
    let text = SMALL
        .replace("days = 14", "days = 0\nsede = 4")
        .replace("size = 100", "size = -1\nread = 2")
        .replace("category = \"marketing\"", "category = \"marketting\"")
        .replace("template = \"offer\"", "template = \"nothing\"");
    let found = faults(&text, &[]);
    let lines: Vec<&str> = found.iter().map(|f| f.split(": ").nth(1).unwrap()).collect();
    let wanted = [
        "days",
        "sede",
        "segments.all.size",
        "segments.all.read",
        "templates.offer.category",
        "campaigns.promo.template",
    ];
    assert_eq!(lines, wanted, "{found:#?}");
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
fn what_is_set_wrongly_names_itself() {
    one_fault(
        SMALL,
        &["campaigns.promo.per_wek=4"],
        "--set campaigns.promo.per_wek=4: campaigns.promo.per_wek: unknown key; did you mean per_week?",
        &[],
    );
    one_fault(
        SMALL,
        &["campaigns.prmo.per_week=4"],
        "--set campaigns.prmo.per_week=4: campaigns.prmo: no such name in the file; did you mean promo?",
        &[],
    );
    one_fault(
        SMALL,
        &["campaigns.promo.per_week=40"],
        "--set campaigns.promo.per_week=40: campaigns.promo.per_week: 40",
        &["0 to 21"],
    );
    one_fault(SMALL, &["days"], "--set days: no path=value", &[]);
    let all = faults(&with("size = 100", "size = -1"), &["dais=4", "seeed=2"]);
    assert_eq!(all.len(), 3, "{all:?}");
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

/// A value for a field that is not what `EVERYTHING` or the default has.
fn another(field: &spec::Field) -> Option<String> {
    use spec::Kind;
    let by_key = match field.key {
        // What is no part of a run, or is set through its own table.
        "$schema" | "audience" | "recipients" | "segments" | "numbers" | "templates" | "campaigns"
        | "money" => return None,
        "number" => "m",
        "template" => "u",
        "topics" => "[\"x\"]",
        "fallback" => "[\"u\"]",
        "consent_named" => "[\"business\"]",
        "consent_source_factors" => "{ site = 2 }",
        "policy" => "2023-03",
        "block_reasons" => "{ SPAM = 0.5 }",
        "fatigue_memory" => "{ window = \"3d\" }",
        "violations" => "[{ number = \"n\", at = \"day 3\" }]",
        "appeals" => "[{ number = \"n\", at = \"day 3\", outcome = \"granted\" }]",
        "review" => "{ rejected = 0.3 }",
        "reactions" => "[{ when = \"red\", pause = true }]",
        "weekdays" => "[\"sun\"]",
        "dates" => "[2026-01-06]",
        "rates" => "2026-01",
        "exchange" => "{ EUR = 2 }",
        "tiers" => "[{ market = \"brazil\", category = \"utility\", above = 5, price = 1 }]",
        "override" => "{ rating = { red_at = 0.1 } }",
        "era" => "2020-07",
        "from" | "until" | "registered" => "day 3",
        "horizon" | "start" => "2026-01-08",
        "hidden_opt_out_divisor" => "2",
        _ => "",
    };
    if !by_key.is_empty() {
        return Some(by_key.to_string());
    }
    let value = |kind: &Kind| match kind {
        Kind::Whole(..) => "3".to_string(),
        Kind::Real(..) | Kind::Positive(_) => "0.123".to_string(),
        Kind::Span(..) => "5h".to_string(),
        Kind::Word(words) => words.last().unwrap().0.to_string(),
        Kind::Text | Kind::Name => "other".to_string(),
        Kind::Clock => "11:11".to_string(),
        Kind::Hours => "01:00-02:00".to_string(),
        Kind::Zone => "Asia/Tokyo".to_string(),
        Kind::Country => "CL".to_string(),
        _ => panic!("{}", field.key),
    };
    Some(match (&field.kind, field.key) {
        (Kind::Flag, "honour_opt_outs") => "false".into(),
        (Kind::Flag, _) | (Kind::Any([Kind::Flag, ..]), _) => "true".into(),
        (Kind::Any(kinds), _) => value(&kinds[0]),
        (Kind::List(..), "segments") => "[\"b\"]".into(),
        (kind, _) => value(kind),
    })
}

#[test]
fn every_key_reaches_the_run() {
    let text = r#"
question = "Everything?"
start = 2026-01-05
days = 14
[policy]
era = "2025-12"
[recipients]
country = "BR"
[segments.a]
size = 10
[segments.b]
size = 10
[numbers.n]
[numbers.m]
[templates.t]
category = "marketing"
[templates.u]
category = "utility"
[templates.v]
category = "authentication"
[templates.w]
category = "service"
[campaigns.c]
number = "n"
template = "t"
per_week = 7
audience = { max = 5 }
"#;
    let plain = |sets: &[&str]| {
        let scenario = Scenario { resolved: serde_json::Value::Null, ..loaded(text, sets) };
        (scenario, judged(text, sets).hash)
    };
    let before = plain(&[]);
    let mut seen = 0;
    for path in [
        "",
        "policy",
        "money",
        "recipients",
        "segments.a",
        "numbers.n",
        "templates.t",
        "campaigns.c",
        "campaigns.c.audience",
    ] {
        for field in fields_at(path) {
            let Some(value) = another(field) else { continue };
            if field.key == "segments" && path.is_empty() || field.key == "templates" {
                continue;
            }
            let set = format!("{}={value}", check::join(path, field.key));
            if matches!(field.key, "list_gap" | "buy_credits" | "credit_price") {
                // Only a number of the Business app has these.
                let app = "numbers.n.channel=app";
                assert_ne!(plain(&[app, &set]), plain(&[app]), "--set {set} changes nothing");
                continue;
            }
            assert_ne!(plain(&[&set]), before, "--set {set} changes nothing");
            seen += 1;
        }
    }
    assert!(seen > 110, "{seen}");
}

fn fields_at(path: &str) -> Vec<&'static spec::Field> {
    use spec::Kind;
    fn table(kind: &'static Kind) -> &'static spec::Table {
        match kind {
            Kind::Table(table) => table,
            Kind::ByName(inner) => table(inner),
            Kind::Any(kinds) => kinds.iter().find(|k| matches!(k, Kind::Table(_))).map(table).unwrap(),
            _ => panic!(),
        }
    }
    let mut at = &fields::SCENARIO;
    let mut named = false;
    for key in path.split('.').filter(|k| !k.is_empty()) {
        if std::mem::take(&mut named) {
            continue;
        }
        let kind = &at.field(key).unwrap().kind;
        named = matches!(kind, Kind::ByName(_));
        at = table(kind);
    }
    at.all().collect()
}

#[test]
fn the_rules_are_checked_where_they_were_written() {
    let none = &with("days = 14", "days = 14\npolicy = \"2023-3\"");
    one_fault(none, &[], "x.toml:4:10: policy: ", &["2023-3", "2023-03"]);
    let bad = &with("days = 14", "days = 14\npolicy.override.rating.red_att = 0.03");
    one_fault(
        bad,
        &[],
        "x.toml:4:24: policy.override.rating.red_att: unknown key",
        &["did you mean red_at?"],
    );
    let set = "policy.override.rating.red_at=7d";
    let path = "policy.override.rating.red_at";
    one_fault(SMALL, &[set], &format!("--set {set}: {path}: \"7d\" (allowed: a number"), &[]);
    // Each of several is said where it was written, whatever the others are called.
    let text = &with("days = 14", "days = 14\n[policy.override.template]\nred_at = 7");
    let found = faults(text, &[set]);
    let wanted = ["x.toml:5:10: policy.override.template.red_at: 7 ", &format!("--set {set}: {path}: ")];
    assert!(found.len() == 2 && found.iter().zip(wanted).all(|(f, w)| f.starts_with(w)), "{found:#?}");
    // What two constants together get wrong is said of the one that was set.
    let set = "policy.override.rating.window=100m";
    one_fault(
        SMALL,
        &[set],
        &format!("--set {set}: policy.override.rating.window: 100m is not a multiple"),
        &[],
    );
    let sets = ["policy=2023-03", "policy.override.rating.red_at=0.031"];
    let policy = judged(SMALL, &sets);
    assert_eq!(policy.versions[0].rules.rating.red_at, 0.031);
    let source = &policy.versions[0].constant("rating.red_at").unwrap().source;
    assert_eq!(*source, format!("set by --set {} (in place of 0.02)", sets[1]));
    // A decimal reaches the rules as it was written.
    let set = "policy.override.raise.factor=0.300001";
    assert_eq!(judged(SMALL, &["policy=2023-03", set]).versions[0].rules.raise.factor_ppm, 300_001);
    // A file of the user's is read by the same loader, and what is wrong in it is reported there.
    let own = with("days = 14", "days = 14\npolicy = \"own.toml\"");
    let read = std::cell::Cell::new(0);
    let good = |_: &str| {
        read.set(read.get() + 1);
        Ok("based_on = \"2023-03\"\nrating.red_at = 0.04\n".to_string())
    };
    let (_, policy) = load("x.toml", &own, &[], &good).unwrap();
    assert_eq!((policy.versions[0].rules.rating.red_at, read.get()), (0.04, 1), "read once");
    let wrong = |_: &str| Ok("based_on = \"2023-03\"\nrating.red = 0.04\n".to_string());
    let faults = load("x.toml", &own, &[], &wrong).unwrap_err();
    assert!(faults.to_string().starts_with("own.toml:2:8: rating.red: "), "{faults}");
}

#[test]
fn a_null_is_no_value() {
    let json = r#"{"question": "q", "start": "2026-01-05", "days": 14, "seed": null, "segments": {"all": {"size": 1}},
 "numbers": {"main": {}}, "templates": {"offer": {"category": "marketing"}},
 "campaigns": {"promo": {"template": "offer", "per_week": 3}}}"#;
    let Faults(faults) = load("s.json", json, &[], &no_files).unwrap_err();
    let text = faults[0].to_string();
    assert!(
        faults.len() == 1 && text.starts_with("s.json:1:62: seed: null; leave the key out"),
        "{faults:?}"
    );
}

const BILLED: &str = r#"question = "What does it cost?"
start = 2026-09-01
days = 61
[money]
rates = "auto"
[segments.all]
size = 10
country = "BR"
[numbers.n]
[templates.t]
category = "marketing"
[campaigns.c]
template = "t"
per_week = 1
"#;

#[test]
fn rate_cards_follow_the_calendar_and_none_is_the_same_as_leaving_them_out() {
    let s = loaded(BILLED, &[]);
    let p = s.pricing.as_ref().unwrap();
    let cards: Vec<_> = p.cards.iter().map(|(at, c)| (at.date(), c.name.as_str())).collect();
    assert_eq!(cards, [("2026-09-01".to_string(), "2026-01"), ("2026-10-01".to_string(), "2026-10")]);
    assert_eq!(p.markets, [Some("brazil".to_string())]);
    let off = loaded(BILLED, &["money.rates=none"]);
    let never = loaded(&BILLED.replace("rates = \"auto\"\n", ""), &[]);
    assert!(off.pricing.is_none() && off.hash() == never.hash() && off.hash() != s.hash());
    // A flat price beside a card is not used, and that is said.
    let both = loaded(BILLED, &["money.marketing=0.1", "templates.t.cost=0.2"]);
    assert_eq!(both.remarks.len(), 1);
    assert!(both.remarks[0].contains("money.marketing, templates.t.cost"), "{}", both.remarks[0]);
}

#[test]
fn what_has_no_price_is_said_where_it_is_written_with_what_there_is() {
    let utility = BILLED.replace("\"marketing\"", "\"authentication\"");
    one_fault(
        &utility,
        &[],
        "x.toml:8:11: segments.all.country: the rate card 2026-10 has no authentication price for the market brazil",
        &["known in 2024-11, 2025-07, 2025-10, 2026-01", "brazil (marketing, utility)", "template t"],
    );
    one_fault(
        BILLED,
        &["segments.all.market=brasil"],
        "--set segments.all.market=brasil: ",
        &["did you mean brazil?"],
    );
    let france = BILLED.replace("\"BR\"", "\"FR\"");
    one_fault(&france, &[], "x.toml:8:11: segments.all.country: the market of FR is not known", &["chile"]);
    let nowhere = BILLED.replace("country = \"BR\"\n", "");
    one_fault(&nowhere, &[], "x.toml:6:1: segments.all.country: missing", &["market = one of"]);
    one_fault(
        BILLED,
        &["money.rates=2026-1"],
        "--set money.rates=2026-1: money.rates: there is no rate card",
        &["did you mean"],
    );
    one_fault(
        BILLED,
        &["money.currency=EUR"],
        "--set money.currency=EUR: money.currency: the rate card 2026-01",
        &["exchange"],
    );
    let euro = loaded(BILLED, &["money.currency=EUR", "money.exchange={ USD = 0.9 }"]);
    assert_eq!(euro.pricing.unwrap().exchange, [0.9, 0.9]);
    let tier = "money.tiers=[{ market = \"brasil\", category = \"utility\", above = 5, price = 1 }]";
    one_fault(BILLED, &[tier], &format!("--set {tier}: money.tiers.0.market: "), &["did you mean brazil?"]);
}

#[test]
fn a_card_of_ones_own_is_read_and_its_content_is_part_of_the_scenario() {
    let text = BILLED.replace("\"auto\"", "\"mine.toml\"");
    let card = |price: &'static str| {
        move |_: &str| Ok(format!("based_on = \"2026-10\"\nrates.brazil.marketing = {price}\n"))
    };
    let (a, _) = load("x.toml", &text, &[], &card("0.05")).unwrap();
    let (b, _) = load("x.toml", &text, &[], &card("0.06")).unwrap();
    assert_ne!(a.hash(), b.hash());
    let again = a.resolved_toml();
    load("x.toml", &again, &[], &card("0.05")).unwrap();
    let faults = load("x.toml", &again, &[], &card("0.06")).unwrap_err().to_string();
    assert!(faults.contains("money.rates_digest"), "{faults}");
}
