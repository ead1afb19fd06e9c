//! Tests of policies as they are used: files of users, overrides, dates, hashes, and errors with their places.

use super::*;
use crate::messaging::Limit;
use crate::sim::SimDuration;

fn at(text: &str) -> SimTime {
    SimTime::parse(text).unwrap()
}

fn read(text: &str) -> Policy {
    Policy::from_text("my.toml", text).unwrap_or_else(|e| panic!("{e}"))
}

fn faults(text: &str) -> Vec<String> {
    Policy::from_text("my.toml", text).unwrap_err().0.iter().map(ToString::to_string).collect()
}

fn set(path: &str, value: &str) -> Entry {
    let position = Some(text::Position { line: 3, column: 1 });
    let place = Place { source: "s.toml".into(), position };
    let node = text::parse_value(value, &place).unwrap();
    Entry { key: path.to_string(), place, node }
}

fn table(text: &str) -> Vec<Entry> {
    text::parse("s.toml", text).unwrap().root.entries().to_vec()
}

/// Versions of the calendar: eras, and what changed by the day while they held.
fn versions() -> usize {
    library::eras().iter().filter(|e| !e.variant).map(|e| e.dated.len()).sum()
}

/// An era's place among them.
fn place(name: &str) -> usize {
    Policy::auto().versions.iter().position(|v| v.name == name).unwrap()
}

#[test]
fn auto_follows_the_calendar() {
    let p = Policy::auto();
    assert_eq!((p.name.as_str(), p.versions.len()), ("auto", versions()));
    assert_eq!(p.versions[0].effective, None);
    for (time, era) in [
        ("1999-01-01T00:00:00Z", "2020-07"),
        ("2021-09-14T23:59:59.999Z", "2020-07"),
        ("2021-09-15T00:00:00Z", "2021-09"),
        ("2023-06-01T12:00:00Z", "2023-03"),
        ("2025-10-06T23:59:59.999Z", "2025-07"),
        ("2025-10-07T00:00:00Z", "2025-10"),
        ("2031-01-01T00:00:00Z", "2026-10"),
    ] {
        assert_eq!(p.at(at(time)).name.split('/').next(), Some(era), "{time}");
    }
    assert!(!p.versions.iter().any(|v| v.name == "seed-classic" || v.name == "2026-100k"));
}

#[test]
fn a_version_is_had_by_the_name_it_is_printed_under() {
    for v in Policy::auto().versions.iter().filter(|v| v.name.contains('/')) {
        let p = Policy::named(&v.name).unwrap();
        assert_eq!((p.name.as_str(), p.versions.len(), p.versions[0].effective), (v.name.as_str(), 1, None));
        assert!(p.versions[0].rules == v.rules, "{}", v.name);
    }
    let near = Policy::named("2024-05/2024-10-23").unwrap_err().to_string();
    assert!(near.contains("did you mean 2024-05/2024-10-24?"), "{near}");
}

#[test]
fn changes_are_those_of_other_rules_only() {
    let p = Policy::auto();
    let all = p.changes(at("2000-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    let names: Vec<&str> = all.iter().map(|(_, i)| p.versions[*i].name.as_str()).collect();
    assert_eq!(names, ["2021-09", "2022-05", "2023-03", "2023-11", "2025-07", "2025-10"]);
    let switched = p.switches(at("2000-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    assert_eq!(switched.len(), versions() - 1);
    let day = at("2025-10-07T00:00:00Z");
    assert_eq!(p.changes(day, day + SimDuration::DAY), [], "in force from the start is no change on the way");
    assert_eq!(p.changes(SimTime(day.0 - 1), day), [(day, place("2025-10"))]);
    // A difference in templates alone switches the version and is no change.
    let text = "based_on = \"2025-12\"\n[[version]]\n[[version]]\neffective = \"2026-02-01\"\n\
                [version.template]\npauses = [\"1h\"]\n";
    let p = read(text);
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    assert_eq!((p.changes(from, to).len(), p.switches(from, to).len()), (0, 1));
    assert_ne!(p.versions[0].rules.template, p.versions[1].rules.template);
}

#[test]
fn the_judge_gets_the_same_rules() {
    let p = Policy::auto();
    let t = p.timeline();
    for (i, v) in p.versions.iter().enumerate() {
        assert_eq!(**t.rules(i), v.rules, "{}", v.name);
    }
}

#[test]
fn a_pinned_era_holds_for_all_time() {
    let p = Policy::pinned("2025-10").unwrap();
    assert_eq!((p.versions.len(), p.versions[0].effective), (1, None));
    assert_eq!(p.at(at("1999-01-01T00:00:00Z")).name, "2025-10");
    assert_eq!(Policy::named("auto").unwrap().hash, Policy::auto().hash);
    let e = Policy::pinned("2025-1O").unwrap_err().to_string();
    assert!(
        e.starts_with("no policy is called \"2025-1O\"; did you mean 2025-10?; shipped are: auto, 2020-07, "),
        "{e}"
    );
    assert!(Policy::named("atuo").unwrap_err().to_string().contains("did you mean auto?"));
}

#[test]
fn a_patch_changes_what_it_says_and_keeps_provenance() {
    let p = read("based_on = \"2023-03\"\n[rating]\nred_at = 0.03\n[raise]\nfactor = 0.25\n");
    let (mine, base) = (&p.versions[0], &library::era("2023-03").unwrap().version);
    assert_eq!(
        (p.name.as_str(), mine.rules.rating.red_at, mine.rules.raise.factor_ppm),
        ("my", 0.03, 250_000)
    );
    assert_eq!(mine.rules.limit, base.rules.limit);
    assert_eq!(
        mine.rules.template.as_ref().unwrap().red_at,
        0.03,
        "templates follow unless they have their own"
    );
    let red = mine.constant("rating.red_at").unwrap();
    assert_eq!(red.confidence, Confidence::Assumed, "still published by nobody");
    assert_eq!(red.source, "set in my.toml, line 3 (in place of 0.02)");
    assert_eq!((red.low.as_deref(), red.high.as_deref()), (Some("0.01"), Some("0.045")));
    let factor = mine.constant("raise.factor").unwrap();
    assert_eq!((factor.confidence, factor.value.as_str()), (Confidence::Given, "0.25"));
    assert!(p.warnings.is_empty());
    let p = read("based_on = \"2023-03\"\nrating.red_at = 0.3\n");
    assert_eq!(
        p.warnings[0].to_string(),
        "my.toml:2:17: rating.red_at: 0.3 lies outside the plausible range, 0.01 to 0.045"
    );
    let own = "based_on = \"2023-03\"\n[template]\nred_at = 0.01\n";
    assert_eq!(read(own).versions[0].rules.template.as_ref().unwrap().red_at, 0.01);
    assert_eq!(read(own).versions[0].rules.rating.red_at, 0.02);
}

#[test]
fn optional_tables_come_and_go() {
    let p = read(
        "based_on = \"seed-classic\"\nsustained = \"none\"\ntemplate = \"none\"\n[raise]\nfirst_step = { value = \"none\", source = \"a test\" }\n",
    );
    let r = &p.versions[0].rules;
    assert_eq!((&r.sustained, &r.template, &r.raise.first_step), (&None, &None, &None));
    assert!(!p.versions[0].constants.iter().any(|c| c.name.starts_with("template.")));
    let p = read(
        "based_on = \"2020-07\"\n[sustained]\nactions = [\"suspend:1d12h\"]\n[raise.first_step]\ncount = 5\n",
    );
    let r = &p.versions[0].rules;
    assert_eq!(r.sustained.as_ref().unwrap().red_for, SimDuration::days(7), "default");
    let first = r.raise.first_step.as_ref().unwrap();
    assert_eq!((first.business_verified, first.count, first.over), (false, Some(5), SimDuration::days(30)));
}

const COMPLETE: &str = r#"
[limit]
ladder = [100, "unlimited"]
start = 100
floor = 100
scope = "number"
slot = "sliding"
counted_on = "sent"
restricted_status = true
[raise]
factor = 1
delay = "0"
min_time_at_limit = "0"
min_colour = "GREEN"
[flag]
enabled = true
"#;

#[test]
fn a_complete_file_stands_alone_and_defaults_are_assumptions() {
    let p = read(COMPLETE);
    let v = &p.versions[0];
    assert_eq!(v.rules.limit.ladder, [Limit::Of(100), Limit::Unlimited]);
    assert_eq!((v.rules.rating.min_sample, v.rules.template.is_none()), (100, true));
    let c = v.constant("rating.red_at").unwrap();
    assert_eq!((c.source.as_str(), c.confidence), ("this tool's default", Confidence::Assumed));
    assert_eq!(p.verified(), None);
}

#[test]
fn what_is_missing_is_named_all_at_once() {
    let found = faults("name = \"x\"\n[raise]\nfactor = 2\n");
    let missing: Vec<_> = found.iter().filter_map(|f| f.split(": ").nth(1)).collect();
    let want = [
        "limit.ladder",
        "limit.start",
        "limit.scope",
        "limit.slot",
        "limit.counted_on",
        "limit.restricted_status",
        "raise.delay",
        "raise.min_time_at_limit",
        "raise.min_colour",
        "flag.enabled",
    ];
    assert_eq!(missing, want);
}

#[test]
fn versions_by_date() {
    let text = "name = \"ours\"\nbased_on = \"2025-12\"\n\
        [[version]]\nname = \"before\"\n\
        [[version]]\neffective = \"2026-01-01\"\nbased_on = \"before\"\n[version.rating]\nred_at = 0.015\n\
        [[version]]\neffective = 2026-02-01\n[version.raise]\ndelay = \"1h\"\n";
    let p = read(text);
    let names: Vec<_> = p.versions.iter().map(|v| v.name.as_str()).collect();
    assert_eq!((p.name.as_str(), names), ("ours", vec!["before", "ours/2", "ours/3"]));
    assert_eq!(p.at(at("2025-12-31T23:59:59.999Z")).rules.rating.red_at, 0.02);
    assert_eq!(p.at(at("2026-01-01T00:00:00Z")).rules.rating.red_at, 0.015);
    assert_eq!(
        p.at(at("2026-02-01T00:00:00Z")).rules.rating.red_at,
        0.02,
        "built on 2025-12, not on the one before"
    );
    assert_eq!(p.changes(SimTime(0), at("2027-01-01T00:00:00Z")).len(), 2);

    let found = faults(
        "[[version]]\nbased_on = \"2025-12\"\n[[version]]\nbased_on = \"2025-11\"\n[[version]]\nbased_on = \"2025-12\"\neffective = \"2026-01-01\"\n[[version]]\nbased_on = \"auto\"\neffective = \"2026-01-01\"\n",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].starts_with("my.toml:3:") && found[0].contains("effective: missing"), "{found:#?}");
    assert!(
        found[1].starts_with("my.toml:4:12: based_on: no policy is called \"2025-11\"; did you mean 2025-1"),
        "{found:#?}"
    );
    assert!(
        found[2].contains("\"auto\" is many versions")
            && found[3].contains("is not after the version before it"),
        "{found:#?}"
    );
    let found = faults("[[version]]\nbased_on = \"2025-12\"\n[rating]\nred_at = 0.1\n");
    assert!(found[0].contains("rating: belongs into a version"), "{found:#?}");
}

#[test]
fn a_patch_over_the_calendar() {
    let p = read("name = \"strict\"\nbased_on = \"auto\"\nrating.red_at = 0.012\n");
    assert_eq!((p.name.as_str(), p.versions.len()), ("strict", versions()));
    assert!(p.versions.iter().all(|v| v.rules.rating.red_at == 0.012));
    assert_eq!(p.versions[3].rules.limit, Policy::auto().versions[3].rules.limit);
    assert!(
        faults("based_on = \"auto\"\neffective = \"2026-01-01\"\n")[0].contains("keeps the days of the eras")
    );
}

#[test]
fn several_faults_at_once_each_with_its_place() {
    let text = "\
based_on = \"2023-03\"
efective = \"2026-01-01\"

[rating]
yelow_at = 0.01
window = \"7h30m\"
hysteresis = 1
cadence = { value = \"1h\", unti = \"duration\", confidence = \"sure\" }

[limit]
ladder = [250, 100]
slot = \"slidng\"

[sustaned]
red_for = \"7d\"
";
    let found = faults(text);
    let want = [
        "my.toml:2:1: efective: unknown key; did you mean effective? (allowed: ",
        "my.toml:5:1: rating.yelow_at: unknown key; did you mean yellow_at? (allowed: ",
        "my.toml:6:10: rating.window: 450m is not a multiple of `rating.cadence` (1h)",
        "my.toml:7:14: rating.hysteresis: 1 (allowed: a number from 0 to below 1)",
        "my.toml:8:27: rating.cadence.unti: unknown key; did you mean unit? (allowed: value, unit, ",
        "my.toml:8:59: rating.cadence.confidence: \"sure\" (allowed: documented, reported or assumed)",
        "my.toml:11:10: limit.ladder: the ladder does not ascend: 250 stands before 100 (allowed: a list of",
        "my.toml:12:8: limit.slot: \"slidng\"; did you mean sliding? (allowed: \"sliding\" or \"fixed\")",
        "my.toml:14:2: sustaned: unknown key; did you mean sustained? (allowed: ",
    ];
    assert_eq!(found.len(), want.len(), "{found:#?}");
    for (found, want) in found.iter().zip(want) {
        assert!(found.starts_with(want), "{found}\n  should begin\n{want}");
    }
}

#[test]
fn faults_of_values_that_do_not_fit_together() {
    for (patch, want) in [
        ("rating.yellow_at = 0.03", "rating.yellow_at: 0.03 lies above `rating.red_at` (0.02)"),
        ("template.red_at = 0.001", "template.yellow_at: 0.005 lies above `template.red_at` (0.001)"),
        ("limit.floor = 300", "limit.floor: 300 is no step of `limit.ladder`"),
        ("limit.floor = \"none\"", "flag.enabled: lowers limits, but `limit.floor` is \"none\""),
        ("raise.first_step.business_verified = false", "raise.first_step: can never be passed"),
        ("rating.cadence = \"1s\"", "holds more than 100000 times"),
        ("raise.factor = 0.0000001", "0.0000001 (allowed: a number above 0 with at most six decimal places"),
        ("sustained = 3", "sustained: 3 (allowed: a table or \"none\")"),
        ("rating = { value = 3 }", "rating: a table of constants, not a constant (allowed: window, "),
        ("rating.window = { source = \"x\" }", "rating.window: has no `value`"),
        (
            "rating.red_at = { value = 0.02, low = 0.03, high = 0.04 }",
            "0.02 lies outside its own range, 0.03 to 0.04",
        ),
        (
            "rating.red_at = { value = 0.02, unit = \"percent\" }",
            "rating.red_at.unit: \"percent\" (allowed: \"signals/message\")",
        ),
        (
            "limit.slot = { value = \"fixed\", low = \"fixed\" }",
            "limit.slot: is no number or duration and has no `low`",
        ),
        ("effective = \"2026-02-30\"", "effective: \"2026-02-30\" (allowed: a day such as \"2023-03-10\")"),
        ("variant = 1", "variant: 1 (allowed: true or false)"),
    ] {
        let found = faults(&format!("based_on = \"2023-03\"\n{patch}\n"));
        assert_eq!(found.len(), 1, "{patch}: {found:#?}");
        assert!(found[0].starts_with("my.toml:2:") && found[0].contains(want), "{patch}: {}", found[0]);
    }
}

#[test]
fn a_read_rate_looks_back_a_cadence_or_more() {
    let text = |window: &str, floor: &str| {
        format!("based_on = \"2024-11\"\n[read_rate]\nwindow = \"{window}\"\nfloor = {floor}\n")
    };
    let found = faults(&text("30m", "0.2"));
    assert_eq!(found.len(), 1, "{found:#?}");
    let want = "my.toml:3:10: read_rate.window: 30m is less than `rating.cadence` (1h): no delivery would ever count";
    assert!(found[0].starts_with(want), "{}", found[0]);
    read(&text("1h", "0.2"));
    read(&text("30m", "0"));
}

#[test]
fn what_is_switched_off_of_portfolio_pacing_changes_no_hash_and_batches_do_not_shrink() {
    let hash = |text: &str| read(&format!("based_on = \"2025-12\"\n{text}\n")).hash;
    let off = hash("portfolio_pacing.first = 5000");
    assert_eq!(off, Policy::pinned("2025-12").unwrap().hash);
    let on = hash("portfolio_pacing.on = true");
    assert_ne!(on, off);
    assert_ne!(on, hash("[portfolio_pacing]\non = true\nfirst = 5000"));
    let found = faults("based_on = \"2025-12\"\nportfolio_pacing.batch_factor = 0.5\n");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with(
            "my.toml:2:33: portfolio_pacing.batch_factor: 0.5 (allowed: a number from 1 to 1e6)"
        ),
        "{}",
        found[0]
    );
    let era = &library::era("2025-12").unwrap().version;
    assert!(era.assumptions().all(|c| !c.name.starts_with("portfolio_pacing.") || c.name.ends_with(".on")));
}

#[test]
fn steps_of_the_read_rate_hold_without_a_floor() {
    let era = &library::era("2024-11").unwrap().version;
    let idle = |name: &str| era.constant(name).unwrap().idle;
    assert!(!idle("read_rate.steps") && !idle("read_rate.forget_after"), "a log may record `read_rate`");
    assert!(idle("read_rate.window") && idle("read_rate.after") && idle("read_rate.min_sample"));
}

#[test]
fn json_of_the_same_shape_is_the_same_policy() {
    let toml =
        read("based_on = \"2023-03\"\n[rating]\nred_at = 0.03\nweights = { reason = { SPAM = 1.5 } }\n");
    let json = "{\"based_on\": \"2023-03\",\n \"rating\": {\"red_at\": 0.03, \"weights\": {\"reason\": {\"SPAM\": 1.5}}}}";
    let json = Policy::from_text("my.json", json).unwrap();
    assert_eq!((&json.hash, &json.name), (&toml.hash, &toml.name));
    let e = Policy::from_text("my.json", "{\"based_on\": \"2023-03\",\n \"rating\": {\"red\": null}}")
        .unwrap_err();
    assert!(e.to_string().starts_with("my.json:2:13: rating.red: unknown key"), "{e}");
}

#[test]
fn the_hash_is_that_of_the_rules() {
    let hash = |text: &str| read(text).hash;
    let base = hash("based_on = \"2023-03\"\n");
    assert_eq!(base, Policy::pinned("2023-03").unwrap().hash);
    assert_eq!(base, hash("# a comment\nname = \"other\"\nbased_on = \"2023-03\"\nrating.red_at = 0.020\n"));
    assert_eq!(
        base,
        hash("based_on = \"2023-03\"\nrating.red_at = { value = 0.02, source = \"elsewhere\" }\n")
    );
    assert_eq!(base, hash("based_on = \"2023-03\"\nlimit.period = \"1d\"\n"));
    let mut seen = vec![base];
    for patch in [
        "rating.window = \"6d\"",
        "rating.recency = \"flat\"",
        "rating.denominator = \"sent\"",
        "rating.weights.block = 2",
        "rating.weights.mute = 2",
        "rating.weights.reason.SPAM = 2",
        "rating.min_sample = 101",
        "rating.red_at = 0.021",
        "rating.prior_rate = 0.003",
        "rating.hysteresis = 0.1",
        "rating.when_unrated = \"keep\"",
        "limit.start = 250",
        "limit.floor = 250",
        "limit.scope = \"portfolio\"",
        "limit.period = \"12h\"",
        "limit.slot = \"sliding\"",
        "limit.counted_on = \"sent\"",
        "limit.restricted_status = false",
        "raise.factor = 0.500001",
        "raise.over = \"8d\"",
        "raise.delay = \"23h\"",
        "raise.min_time_at_limit = \"1h\"",
        "raise.min_colour = \"RED\"",
        "raise.allow_unrated = false",
        "raise.blocked_while_flagged = false",
        "raise.restart_count_after_flag = true",
        "raise.portfolio_rating = \"best\"",
        "raise.first_step = \"none\"",
        "raise.first_step.count = 7",
        "flag.enabled = false",
        "flag.after = \"8d\"",
        "flag.recovery = \"held\"",
        "flag.unrated_at_deadline = \"not_recovered\"",
        "sustained.actions = [\"ban\"]",
        "template = \"none\"",
        "template.pauses = [\"3h\"]",
        "template.min_sample = 5",
    ] {
        let hash = hash(&format!("based_on = \"2023-03\"\n{patch}\n"));
        assert!(!seen.contains(&hash), "{patch}");
        seen.push(hash);
    }
    let dated = |day: &str| {
        hash(&format!(
            "based_on = \"2023-03\"\n[[version]]\n[[version]]\neffective = \"{day}\"\nrating.red_at = 0.03\n"
        ))
    };
    assert_ne!(dated("2026-01-01"), dated("2026-01-02"));
}

#[test]
fn overrides_reach_every_version() {
    let p = Policy::auto();
    let o =
        p.with_override(&[set("rating.yellow_at", "0.004"), set("rating.weights.reason.SPAM", "2")]).unwrap();
    assert_eq!((o.name.as_str(), o.versions.len()), ("auto", versions()));
    for (v, was) in o.versions.iter().zip(&p.versions) {
        assert_eq!((v.rules.rating.yellow_at, v.rules.rating.weights.reason["SPAM"]), (0.004, 2.0));
        assert_eq!((v.effective, &v.rules.limit), (was.effective, &was.rules.limit));
        let c = v.constant("rating.yellow_at").unwrap();
        assert_eq!(c.source, "set in s.toml, line 3 (in place of 0.005)");
    }
    assert_ne!(o.hash, p.hash);
    let same = table("rating = { yellow_at = 0.004, weights.reason.SPAM = 2 }");
    assert_eq!(p.with_override(&same).unwrap().hash, o.hash);
    assert_eq!(p.with_override(&[]).unwrap().hash, p.hash);
    // An override lies over a user's file just as well, and over another override.
    let twice = o.with_override(&[set("rating.weights.reason.OTHER", "0.5")]).unwrap();
    assert_eq!(twice.versions[0].rules.rating.weights.reason.len(), 2);
}

#[test]
fn faults_of_overrides_are_said_once_and_name_the_versions_they_concern() {
    let p = Policy::auto();
    let faults = |o: &[Entry]| p.with_override(o).unwrap_err().to_string();
    let e = faults(&[set("rating.yelow_at", "0.004"), set("red_at", "0.1"), set("rating.window", "'x'")]);
    let lines: Vec<_> = e.lines().collect();
    assert_eq!(lines.len(), 3, "{e}");
    assert!(
        lines[0].starts_with(
            "s.toml:3:1: rating.yelow_at: unknown constant; did you mean rating.yellow_at? (allowed: window, "
        ),
        "{e}"
    );
    assert!(
        lines[1].contains("red_at: unknown constant; did you mean rating.red_at? (allowed: rating, limit,"),
        "{e}"
    );
    assert!(lines[2].contains("rating.window: \"x\" (allowed: a duration above zero"), "{e}");
}

#[test]
fn an_override_of_a_table_that_came_later_is_about_the_versions_that_have_it() {
    let p = Policy::auto().with_override(&[set("read_rate.floor", "0.2")]).unwrap();
    for (v, was) in p.versions.iter().zip(&Policy::auto().versions) {
        assert_eq!(v.rules.read_rate.is_some(), was.rules.read_rate.is_some(), "{}", v.name);
        assert!(v.rules.read_rate.as_ref().is_none_or(|r| r.floor == 0.2), "{}", v.name);
    }
    let p = Policy::auto().with_override(&[set("enforcement.steps", "[\"warn\"]")]).unwrap();
    assert!(p.versions.iter().all(|v| v.rules.enforcement.is_some()), "a whole table is one for all");
    let e = Policy::pinned("2020-07").unwrap().with_override(&[set("enforcement.appeals", "\"1d\"")]);
    assert!(e.unwrap_err().to_string().contains("enforcement.steps: missing"));
}

#[test]
fn a_fault_in_some_versions_names_them() {
    let o = [set("limit.ladder", "[50, 3000]")];
    let e = Policy::auto().with_override(&o).unwrap_err().to_string();
    assert_eq!(e.lines().count(), 1, "{e}");
    assert!(e.contains("(in 2020-07, 2021-09, ") && e.ends_with(", 2025-07)"), "{e}");
    // Eras, not every day on which something changed inside one.
    let before = library::eras().iter().position(|e| e.name == "2025-07").unwrap();
    assert_eq!(e.matches(", 20").count(), before, "{e}");
}

#[test]
fn the_newest_verified_day_counts_sources_not_assumptions() {
    assert_eq!(Policy::pinned("2025-12").unwrap().verified(), Some("2026-09-10"));
    assert_eq!(Policy::pinned("2020-07").unwrap().verified(), Some("2025-10-26"));
    let v = &Policy::pinned("2025-12").unwrap().versions[0];
    let assumed: Vec<_> = v.assumptions().map(|c| c.name.as_str()).collect();
    assert!(assumed.contains(&"rating.red_at") && !assumed.contains(&"limit.ladder"));
    assert!(!assumed.contains(&"rating.prior_rate"), "without effect");
}

#[test]
fn the_examples_of_the_guide_are_right() {
    let guide = include_str!("../../docs/policies.md");
    let blocks: Vec<&str> = guide.split("```toml\n").skip(1).filter_map(|b| b.split("```").next()).collect();
    assert_eq!(blocks.len(), 3);
    let patch = read(blocks[0]);
    assert_eq!((patch.name.as_str(), patch.versions[0].rules.rating.weights.report), ("stricter", 3.0));
    assert_eq!(patch.versions[0].constant("raise.min_colour").unwrap().confidence, Confidence::Reported);
    assert!(patch.warnings.is_empty());
    assert_eq!(read(blocks[1]).versions[1].from.as_deref(), Some("2026-04-01"));
    let scenario = text::parse("s.toml", blocks[2]).unwrap().root;
    let table = scenario.get("policy").and_then(|p| p.get("override")).unwrap();
    let p = Policy::auto().with_override(table.entries()).unwrap();
    assert_eq!(p.versions[place("2026-10")].rules.rating.yellow_at, 0.004);
    for e in library::eras().iter().filter(|e| !e.variant) {
        let row = format!(
            "| `{}` | {} | {} |",
            e.name,
            e.from.as_ref().unwrap(),
            e.until.as_deref().unwrap_or("open")
        );
        assert_eq!(guide.matches(&row).count(), 1, "{row}");
    }
}

#[test]
fn the_guides_table_of_changes_is_that_of_the_eras() {
    let guide = include_str!("../../docs/policies.md");
    let table =
        guide.split("| day | what |\n|---|---|\n").nth(1).and_then(|t| t.split("\n\n").next()).unwrap();
    let told: Vec<&str> = table.lines().filter_map(|l| l.strip_prefix("| ")?.split(' ').next()).collect();
    let eras = library::eras().iter().filter(|e| !e.variant);
    let days: Vec<&str> = eras.flat_map(|e| &e.dated[1..]).filter_map(|v| v.from.as_deref()).collect();
    assert_eq!(told, days);
}
