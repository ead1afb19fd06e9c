//! `tiersim compare`, and gates and precisions of `tiersim run`, as a user types them.

use std::path::Path;

use super::cli::{code, err, files, out, run_folder, tiersim};

const SMALL: [&str; 6] = ["--everywhere", "days=10", "--replications", "12", "--no-png", "--quiet"];

fn compare(dir: &Path, more: &[&str]) -> std::process::Output {
    let args: Vec<&str> = ["compare"].iter().chain(more).chain(&SMALL).copied().collect();
    tiersim(dir, &args)
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_string).collect()).collect()
}

#[test]
fn arms_are_held_against_each_other_on_the_same_luck() {
    let dir = tempfile::tempdir().unwrap();
    let o = compare(dir.path(), &["opt-out-hidden", "opt-out-easy"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("opt-out-easy against opt-out-hidden: "), "{}", out(&o));
    let folder = run_folder(&dir.path().join("output"), "opt-out-hidden-vs-opt-out-easy");
    let found = files(&folder);
    for name in [
        "comparison.csv",
        "runs.csv",
        "comparison.md",
        "junit.xml",
        "arms/01.toml",
        "charts/comparison.svg",
        "manifest.json",
    ] {
        assert!(found.contains_key(name), "{name} is missing of {:?}", found.keys());
    }
    // The table is what its own rows come to.
    let table = rows(std::str::from_utf8(&found["comparison.csv"]).unwrap());
    let runs = rows(std::str::from_utf8(&found["runs.csv"]).unwrap());
    let column = runs[0].iter().position(|c| c == "blocked").unwrap();
    let of = |arm: &str| -> Vec<f64> {
        runs.iter().filter(|r| r[0] == arm).map(|r| r[column].parse().unwrap()).collect()
    };
    let (a, b) = (of("opt-out-hidden"), of("opt-out-easy"));
    assert_eq!((a.len(), b.len()), (12, 12));
    let gap = a.iter().zip(&b).map(|(a, b)| b - a).sum::<f64>() / 12.0;
    let at = |name: &str| table[0].iter().position(|c| c == name).unwrap();
    let row = table.iter().find(|r| r[0] == "blocked" && r[2] == "opt-out-easy").unwrap();
    assert!((row[at("difference")].parse::<f64>().unwrap() - gap).abs() < 1e-9);
    assert_eq!(row[at("better")].parse::<usize>().unwrap(), a.iter().zip(&b).filter(|(a, b)| b < a).count());
    // An arm's replications are those of the same run.
    let o = tiersim(
        dir.path(),
        &["run", "opt-out-easy", "--set", "days=10", "--replications", "12", "--no-png", "--quiet"],
    );
    assert_eq!(code(&o), 0, "{}", err(&o));
    let alone = files(&run_folder(&dir.path().join("output"), "opt-out-easy"));
    let alone = rows(std::str::from_utf8(&alone["replications.csv"]).unwrap());
    let blocked: Vec<f64> =
        alone.iter().filter(|r| r[2] == "blocked").map(|r| r[3].parse().unwrap()).collect();
    assert_eq!(blocked, b);
}

#[test]
fn threads_change_nothing_and_a_second_run_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["weekly-promo", "--set", "campaigns.sale.per_week=1", "--set", "segments.lapsed.size=10"];
    let first = compare(dir.path(), &[&args[..], &["--threads", "1"]].concat());
    let again = compare(dir.path(), &[&args[..], &["--threads", "3"]].concat());
    assert_eq!((code(&first), code(&again)), (0, 0), "{}", err(&again));
    assert!(out(&again).contains("the same to the byte"), "{}", out(&again));
}

#[test]
fn gates_decide_the_exit_code_and_formats_go_to_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    let arms = ["weekly-promo", "--set", "segments.regulars.block_base=0.2"];
    let with = |more: &[&str]| compare(dir.path(), &[&arms[..], more].concat());
    let o = with(&["--fail-if", "delta(blocked) > 1"]);
    assert_eq!(code(&o), 1, "{}", err(&o));
    assert!(out(&o).contains("FAILED delta(blocked) > 1"), "{}", out(&o));
    assert_eq!(code(&with(&["--fail-if", "delta(blocked) < 0"])), 0);
    let o = with(&["--fail-if", "delta(blocked) > 1", "--format", "junit"]);
    assert!(code(&o) == 1 && out(&o).starts_with("<?xml") && out(&o).contains("<failure"));
    assert!(out(&with(&["--format", "markdown"])).starts_with("### weekly-promo"));
    assert!(out(&with(&["--format", "csv"])).starts_with("figure,unit,arm,value"));
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    for (args, says) in [
        (&["weekly-promo"][..], "nothing to hold weekly-promo against"),
        (&["weekly-promo", "warm-up"], "seed differs"),
        (&["weekly-promo", "warm-up", "--seed", "1"], "start differs"),
        (
            &["weekly-promo", "opt-out-easy", "--set", "days=3"],
            "--everywhere overrides a field in all of them",
        ),
        (&["weekly-promo", "--set", "segments.lapsed.block_bse=1"], "did you mean block_base?"),
        (&["weekly-promo", "--set", "days=11", "--set", "days=11"], "two arms are called days=11"),
        (&["weekly-promo", "--set", "segments.lapsed.size=1", "--measure", "p_rde"], "did you mean p_red?"),
        (&["weekly-promo", "--set", "segments.lapsed.size=1", "--fail-if", "p_red"], "a condition is"),
        (&["weekly-prmo", "warm-up"], "no such file"),
    ] {
        let o = compare(dir.path(), args);
        assert_eq!(code(&o), 2, "{args:?}: {}", out(&o));
        assert!(err(&o).contains(says), "{args:?}: {}", err(&o));
    }
    assert!(files(dir.path()).is_empty(), "a refused comparison leaves nothing");
}

#[test]
fn a_precision_stops_where_the_rule_says_and_the_number_alone_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let args = ["run", "loyalty-healthy", "--set", "days=5", "--no-png", "--quiet"];
        tiersim(dir.path(), &[&args[..], more].concat())
    };
    let o = run(&["--precision", "delivered=2%", "--max-replications", "60"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("The precision asked for was reached: delivered"), "{}", out(&o));
    let folder = run_folder(&dir.path().join("output"), "loyalty-healthy");
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("summary.json")).unwrap()).unwrap();
    let n =
        summary["replications"].as_u64().or_else(|| summary["headline"]["replications"].as_u64()).unwrap();
    assert!((8..60).contains(&n), "{n}");
    let again = run(&["--replications", &n.to_string()]);
    assert!(out(&again).contains("the same to the byte"), "{}", out(&again));
    let o = run(&["--precision", "p_red=0.001", "--max-replications", "9"]);
    assert!(out(&o).contains("NOT reached by the most replications allowed"), "{}", out(&o));
    let o = run(&["--fail-if", "delivered > 10", "--replications", "2"]);
    assert_eq!(code(&o), 1, "{}", out(&o));
    for (args, says) in [
        (&["--precision", "p_rde=0.1"][..], "did you mean p_red?"),
        (&["--budget", "0s"], "a positive duration"),
        (&["--fail-if", "delta(p_red) > 0"], "nothing to differ from"),
        (&["--precision", "p_red=0.1", "--replications", "3"], "cannot be used with"),
    ] {
        let o = run(args);
        assert_eq!(code(&o), 2, "{args:?}");
        assert!(err(&o).contains(says), "{args:?}: {}", err(&o));
    }
}

#[test]
fn a_run_under_plausible_rule_sets_says_what_decides() {
    let dir = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let args =
            ["run", "opt-out-hidden", "--assumptions", "sample", "--set", "days=20", "--no-png", "--quiet"];
        tiersim(dir.path(), &[&args[..], more].concat())
    };
    let o = run(&["--replications", "80", "--threads", "1"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("of 80 plausible rule sets"), "{}", out(&o));
    let found = files(&run_folder(&dir.path().join("output"), "opt-out-hidden"));
    let assumptions = rows(std::str::from_utf8(&found["assumptions.csv"]).unwrap());
    assert!(assumptions.iter().any(|r| r[0] == "rating.red_at" && r[3] == "0.01" && r[4] == "0.045"));
    assert_eq!(
        assumptions.len() - 1,
        rows(std::str::from_utf8(&found["runs.csv"]).unwrap())[0].len() - 1 - 8
    );
    assert!(out(&run(&["--replications", "80", "--threads", "2"])).contains("the same to the byte"));
    let summary: serde_json::Value = serde_json::from_slice(&found["summary.json"]).unwrap();
    assert_eq!(summary["largest_difference"]["name"], assumptions[1][0].as_str());
    assert!(summary["largest_difference"]["by_chance"].as_f64().unwrap() >= 0.01, "{summary}");
    let region = &summary["region"];
    assert_eq!(region["named"], region["by_chance"].as_f64().unwrap() <= 0.05, "{region}");
    assert!(region["coverage_low"].as_f64() < region["coverage"].as_f64(), "{region}");
    // A row can be run again by itself: its constants set, the same replication.
    let runs = rows(std::str::from_utf8(&found["runs.csv"]).unwrap());
    let sets: Vec<String> = assumptions[1..]
        .iter()
        .map(|a| {
            let column = runs[0].iter().position(|c| *c == a[0]).unwrap();
            format!("policy.override.{}={}", a[0], runs[1][column])
        })
        .collect();
    let mut args =
        vec!["run", "opt-out-hidden", "--set", "days=20", "--no-png", "--quiet", "--replications", "1"];
    sets.iter().for_each(|s| args.extend(["--set", s]));
    let o = tiersim(dir.path(), &[&args[..], &["-o", "again"]].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    let again = files(&run_folder(&dir.path().join("again"), "opt-out-hidden"));
    let again = rows(std::str::from_utf8(&again["replications.csv"]).unwrap());
    let score = again.iter().find(|r| r[2] == "worst_score").unwrap()[3].clone();
    assert_eq!(score, runs[1][runs[0].iter().position(|c| c == "worst_score").unwrap()]);
    // A constant that is set is known, and is not drawn.
    let o = run(&["--replications", "30", "--set", "policy.override.rating.red_at=0.02"]);
    assert!(out(&o).contains("rating.red_at (set on the command line)"), "{}", out(&o));
    for (args, says) in [
        (&["--outcome", "p_rde > 0"][..], "did you mean p_red?"),
        (
            &["--outcome", "q95(worst_score) > 1%"],
            "has no quantiles; ask for the measure, as in 'worst_score > 0.01'",
        ),
        (&["--outcome", "median(delivered) < 9"], "has no quantiles"),
        (&["--replications", "1"], "at least 2 (default 200)"),
        (
            &["--replications", "30", "--set", "policy.override.rating.yellow_at=0.015"],
            " (rating.red_at=0.01",
        ),
        (&["--precision", "p_red=0.1"], "cannot be used with"),
    ] {
        let o = run(args);
        assert_eq!(code(&o), 2);
        assert!(err(&o).contains(says), "{}", err(&o));
    }
}
