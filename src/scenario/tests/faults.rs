//! What is wrong is said where it is written, all of it at once, with what is allowed.

use super::*;

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
        (
            "[numbers.main]",
            "[numbers.main]\nlist_gap = \"1m\"",
            "\"1m\"",
            "numbers.main.list_gap",
            &["only a number of the Business app", "channel = \"app\""],
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
fn keys_that_another_switches_off_are_told_and_not_refused() {
    let two = with("[campaigns.promo]", "[templates.b]\ncategory = \"marketing\"\n\n[campaigns.promo]")
        .replace(
            "template = \"offer\"",
            "templates = { offer = 0.4, b = 0.6 }\nretries = 3\nretry_after = \"6h\"",
        );
    let said = |text: &str, sets: &[&str]| -> Vec<String> {
        let idle = |r: &&String| r.starts_with("campaigns.promo.");
        loaded(text, sets).remarks.iter().filter(idle).cloned().collect()
    };
    // A what-if turns the switch and can't take a key away.
    let off = said(&two, &["campaigns.promo.at_cap=drop"]);
    assert_eq!(off.len(), 2, "{off:?}");
    assert!(off[0].starts_with("campaigns.promo.retry_after has no effect: at_cap is drop"), "{off:?}");
    assert!(said(&two, &["campaigns.promo.at_cap=retry"]).is_empty());
    let turns = said(&two, &["campaigns.promo.at_cap=retry", "campaigns.promo.rotate_templates=true"]);
    assert!(turns.len() == 1 && turns[0].contains("shares are not heeded"), "{turns:?}");
    let thirds = two.replace("offer = 0.4, b = 0.6", "offer = 0.503, b = 0.497");
    assert_eq!(
        said(&thirds, &["campaigns.promo.at_cap=retry", "campaigns.promo.rotate_templates=true"]).len(),
        0
    );
    assert!(said(SMALL, &["campaigns.promo.rotate_templates=true"])[0].contains("there is one template"));
    assert!(said(SMALL, &["campaigns.promo.until_approved=skip"])[0].contains("has a review"));
    let audience = ["audience.growth=1.5", "audience.opt_out_delay=2d", "audience.honour_opt_outs=false"];
    let audience =
        said(SMALL, &audience.map(|k| format!("campaigns.promo.{k}")).each_ref().map(String::as_str));
    assert!(
        audience[0].starts_with("campaigns.promo.audience.growth has no effect: without audience.max"),
        "{audience:?}"
    );
    assert!(
        audience[1].contains("audience.opt_out_delay has no effect: no opt-out is honoured"),
        "{audience:?}"
    );
    // At its default a key says nothing, so that the resolved form, which has all of them, loads.
    for set in ["retries=2", "retry_after=24h", "until_approved=wait"] {
        assert!(said(SMALL, &[&format!("campaigns.promo.{set}")]).is_empty(), "{set}");
    }
    loaded(SMALL, &["numbers.main.list_gap=5m"]);
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
