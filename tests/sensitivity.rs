//! `tiersim sensitivity`, as a user types it.

use std::path::Path;

use super::cli::{code, err, files, out, run_folder, tiersim};

const SMALL: [&str; 5] = ["--set", "days=8", "--no-png", "--quiet", "--resamples=60"];

/// A rate that decides how many block, one that decides nothing about it, and one with some influence on it.
const THREE: [&str; 8] = [
    "weekly-promo",
    "--vary=segments.regulars.block_base=log:0.001..0.03",
    "--vary=recipients.convert_given_click",
    "--vary",
    "segments.lapsed.block_base",
    "--measure",
    "blocked,p_red",
    "--seed=3",
];

fn sensitivity(dir: &Path, more: &[&str]) -> std::process::Output {
    let args: Vec<&str> = ["sensitivity"].iter().chain(more).chain(&SMALL).copied().collect();
    tiersim(dir, &args)
}

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|r| r.unwrap().iter().map(str::to_string).collect()).collect()
}

/// The fields of the rows of `indices.csv` about one measure and index: parameter, value, indistinguishable, corrected.
fn indices(table: &[Vec<String>], measure: &str, index: &str) -> Vec<(String, f64, String, String)> {
    let at = |name: &str| table[0].iter().position(|c| c == name).unwrap();
    let of = |r: &&Vec<String>| r[at("measure")] == measure && r[at("index")] == index;
    let row = |r: &Vec<String>| {
        (
            r[at("parameter")].clone(),
            r[at("value")].parse().unwrap(),
            r[at("indistinguishable")].clone(),
            r[at("corrected")].clone(),
        )
    };
    table.iter().skip(1).filter(of).map(row).collect()
}

#[test]
fn what_decides_comes_first_and_what_does_nothing_is_called_so() {
    let dir = tempfile::tempdir().unwrap();
    for (method, main, more) in [
        ("morris", "mu_star", &["--trajectories=8"][..]),
        ("sobol", "total", &["--base-points=64"]),
        ("pawn", "pawn_median", &["--points=120"]),
        ("delta", "delta", &["--points=120"]),
    ] {
        let method_option = format!("--method={method}");
        let args = [&THREE[..], &[&method_option, "-o", method], more].concat();
        let o = sensitivity(dir.path(), &args);
        assert_eq!(code(&o), 0, "{}", err(&o));
        let page = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            page.contains(
                "What decides blocked is the block chance of regulars (segments.regulars.block_base)"
            ),
            "{method}: {page}"
        );
        let folder = run_folder(&dir.path().join(method), "weekly-promo");
        let found = files(&folder);
        let table = rows(&found["indices.csv"]);
        let ranked = indices(&table, "blocked", main);
        assert_eq!(ranked.len(), 3, "{ranked:?}");
        assert_eq!(ranked[0].0, "segments.regulars.block_base", "{method}");
        assert_eq!(ranked[0].2, "no", "{method}: {ranked:?}");
        let nothing = ranked.iter().find(|r| r.0 == "recipients.convert_given_click").unwrap();
        assert_eq!(nothing.2, "yes", "{method}: {ranked:?}");
        match method {
            // Runs of the same luck are held against each other: exactly nothing.
            "morris" => assert_eq!(nothing.1, 0.0),
            // Runs of other luck: luck is in the index, and taken off.
            "sobol" => {
                let corrected: f64 = nothing.3.parse().unwrap();
                assert!(nothing.1 > 0.0 && corrected < nothing.1, "{nothing:?}");
            }
            _ => {}
        }
        assert_eq!(found.contains_key("charts/mu-sigma-blocked.svg"), method == "morris");
        let varied = rows(&found["parameters.csv"]);
        let paths = varied[0].iter().position(|c| c == "paths").unwrap();
        assert_eq!(varied[1][paths], "segments.regulars.block_base");
        assert_eq!(
            varied[2][paths],
            "segments.regulars.convert_given_click segments.lapsed.convert_given_click"
        );
        for name in
            ["charts/ranking-blocked.svg", "parameters.csv", "noise.csv", "summary.json", "scenario.toml"]
        {
            assert!(found.contains_key(name), "{method}: {name} is missing of {:?}", found.keys());
        }
    }
}

#[test]
fn threads_change_nothing_and_a_row_can_be_had_again() {
    let dir = tempfile::tempdir().unwrap();
    let args = [&THREE[..], &["--trajectories=3"]].concat();
    let first = sensitivity(dir.path(), &[&args[..], &["--threads=1"]].concat());
    let again = sensitivity(dir.path(), &[&args[..], &["--threads=3"]].concat());
    assert_eq!((code(&first), code(&again)), (0, 0), "{}", err(&again));
    assert!(out(&again).contains("the same to the byte"), "{}", out(&again));
    let folder = run_folder(&dir.path().join("output"), "weekly-promo");
    let design = rows(&files(&folder)["design.csv"]);
    // Three trajectories of four points, two replications each; the second trajectory has luck of its own.
    assert_eq!(design.len(), 1 + 3 * 4 * 2);
    let luck: Vec<&str> = design[1..].iter().map(|r| r[1].as_str()).collect();
    assert_eq!(luck[..10], ["1", "2", "1", "2", "1", "2", "1", "2", "3", "4"]);
    // Replication 2 of point 1 by a run with its values.
    let row = &design[2];
    let sets: Vec<String> = (2..5)
        .map(|i| match design[0][i].as_str() {
            "recipients.convert_given_click" => {
                format!("segments.regulars.convert_given_click={0}", row[i])
            }
            name => format!("{name}={}", row[i]),
        })
        .collect();
    let mut run =
        vec!["run", "weekly-promo", "--seed=3", "--replications=2", "--no-png", "-q", "-o", "alone"];
    run.extend(["--set", "days=8"]);
    sets.iter().for_each(|s| run.extend(["--set", s.as_str()]));
    let o = tiersim(dir.path(), &run);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let alone = files(&run_folder(&dir.path().join("alone"), "weekly-promo"));
    let alone = rows(&alone["replications.csv"]);
    let blocked = alone.iter().filter(|r| r[2] == "blocked").nth(1).unwrap();
    assert_eq!(blocked[3].parse::<f64>().unwrap(), row[5].parse::<f64>().unwrap());
}

#[test]
fn a_dry_run_says_what_would_be_varied_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let o = sensitivity(dir.path(), &["weekly-promo", "--over", "rules", "--dry-run"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let page = out(&o);
    assert!(page.contains("rating.red_at") && page.contains("0.01..0.045"), "{page}");
    assert!(page.contains("Not varied: ") && page.contains("trajectories of"), "{page}");
    assert!(!page.contains("block_base"), "{page}");
    let o = sensitivity(
        dir.path(),
        &["weekly-promo", "--dry-run", "--set", "policy.override.rating.red_at=0.02"],
    );
    let page = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        page.contains("rating.red_at (set on the command line)") && page.contains("block_base"),
        "{page}"
    );
    assert!(files(dir.path()).is_empty());
}

#[test]
fn where_nothing_moves_a_measure_the_answer_says_so() {
    let dir = tempfile::tempdir().unwrap();
    // Trajectories differ in their luck, the points of one in a threshold that no delivery hangs on.
    let args = ["weekly-promo", "--vary", "rating.red_at", "--measure=delivered", "--trajectories=3"];
    let o = sensitivity(dir.path(), &args);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let page = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("Nothing decides delivered that this study could tell from no effect"), "{page}");
    assert!(page.contains("the mu* of the one parameter is indistinguishable from zero"), "{page}");
}

#[test]
fn wrong_input_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    for (args, says) in [
        (&["weekly-promo", "--vary", "rating.red_att"][..], "did you mean rating.red_at?"),
        (&["weekly-promo", "--vary", "segments.lapsed.block_bse=0.1..0.2"], "did you mean block_base?"),
        (
            &["weekly-promo", "--vary", "segments.lapsed.block_base=0.1..7"],
            "segments.lapsed.block_base = 7: ",
        ),
        (&["weekly-promo", "--vary", "segments.lapsed.block_base=0.2..0.1"], "ascending"),
        (
            &[
                "weekly-promo",
                "--vary",
                "rating.red_at",
                "--vary",
                "policy.override.rating.red_at=0.01..0.02",
            ],
            "rating.red_at is varied already",
        ),
        (
            &["weekly-promo", "--vary=recipients.fatigue_free=1..3", "--vary", "recipients.fatigue_free"],
            "recipients.fatigue_free is varied already",
        ),
        (
            &["weekly-promo", "--vary", "rating.red_at", "--set", "policy.override.rating.red_at=0.02"],
            "rating.red_at is set on the command line as well (policy.override.rating.red_at=0.02)",
        ),
        (
            &[
                "weekly-promo",
                "--vary",
                "segments.lapsed.block_base=0.1..0.2",
                "--set=segments.lapsed.block_base=0.1",
            ],
            "a field is either set or varied",
        ),
        (&["weekly-promo", "--measure", "p_rde"], "did you mean p_red?"),
        (&["weekly-promo", "--measure", "days_to_red"], "has a value in some runs only"),
        (&["weekly-promo", "--measure", "q95(worst_score)"], "has no quantiles"),
        (&["weekly-promo", "--measure", "billable"], "only rate cards bill"),
        (&["weekly-promo", "--base-points", "8"], "--base-points is of --method sobol"),
        (&["weekly-promo", "--method", "pawn", "--points", "50"], "100..=1000000"),
        (&["weekly-prmo"], "no such file"),
        (&["weekly-promo", "--trajectories", "100000", "--dry-run"], "a design has at most 50000000"),
    ] {
        let o = sensitivity(dir.path(), args);
        assert_eq!(code(&o), 2, "{args:?}: {}", out(&o));
        assert!(err(&o).contains(says), "{args:?}: {}", err(&o));
    }
    assert!(files(dir.path()).is_empty(), "a refused study leaves nothing");
}
