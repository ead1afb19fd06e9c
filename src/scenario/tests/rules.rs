//! The rules a scenario names, and its changes to them.

use super::*;

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
