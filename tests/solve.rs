//! `tiersim solve`, `tiersim plan` and `tiersim tradeoff`, as a user types them.

use std::path::Path;

use super::cli::{code, err, files, out, run_folder, tiersim};

fn run(dir: &Path, args: &[&str]) -> std::process::Output {
    tiersim(dir, &[args, &["--no-png", "--quiet"]].concat())
}

const SOLVE: [&str; 8] =
    ["solve", "opt-out-hidden", "--set", "days=25", "--replications", "20", "--subject-to", "p_yellow < 40%"];

#[test]
fn the_largest_value_that_keeps_a_condition_is_found_and_the_next_one_breaks_it() {
    let dir = tempfile::tempdir().unwrap();
    let vary = ["--max", "recipients.block_base=0.002..0.03", "--measure", "delivered"];
    let o = run(dir.path(), &[&SOLVE[..], &vary].concat());
    assert_eq!(code(&o), 0, "{}{}", out(&o), err(&o));
    assert!(out(&o).contains("Checked with fresh luck"), "{}", out(&o));
    let folder = run_folder(&dir.path().join("output"), "opt-out-hidden");
    let found = files(&folder);
    for name in ["probes.csv", "solution.toml", "calendar.csv", "summary.json", "charts/search.svg"] {
        assert!(found.contains_key(name), "{name} of {:?}", found.keys());
    }
    let summary: serde_json::Value = serde_json::from_slice(&found["summary.json"]).unwrap();
    let best = summary["best_of_the_search"].as_str().unwrap().to_string();
    // The table's own rows bear it out: what lies up to the answer keeps it, what lies beyond breaks it.
    let mut reader = csv::Reader::from_reader(&found["probes.csv"][..]);
    let rows: Vec<(f64, f64)> = reader
        .records()
        .map(|r| r.unwrap())
        .map(|r| (r[1].parse().unwrap(), r[3].parse().unwrap()))
        .collect();
    let at: f64 = best.parse().unwrap();
    assert!(rows.iter().all(|(v, p)| (*v <= at) == (*p < 0.4)), "{best}: {rows:?}");
    let set = format!("recipients.block_base={best}");
    let args =
        ["run", "opt-out-hidden", "--set", "days=25", "--set", &set, "--replications", "20", "--fail-if"];
    assert_eq!(code(&run(dir.path(), &[&args[..], &["p_yellow >= 0.4"]].concat())), 0);
    let again = run(dir.path(), &[&SOLVE[..], &vary, &["--threads", "1"]].concat());
    assert!(out(&again).contains("the same to the byte"), "{}", out(&again));
}

#[test]
fn no_answer_is_exit_code_one_and_wrong_input_two() {
    let dir = tempfile::tempdir().unwrap();
    let o = run(dir.path(), &[&SOLVE[..], &["--max", "recipients.block_base=0.2..0.3"]].concat());
    assert_eq!(code(&o), 1, "{}", err(&o));
    let page = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("keeps the chance of yellow or worse below 40 %"), "{page}");
    for (args, says) in [
        (&["--max", "recipients.block_bse=0.2..0.3"][..], "did you mean block_base?"),
        (&["--max", "recipients.block_base=3..2"], "ascending"),
        (&["--max", "templates.offer.opt_out"], "give a range"),
        (&["--max", "a=1..2", "--min", "b=1..2"], "cannot be used with"),
        (&[], "required"),
    ] {
        let o = run(dir.path(), &[&SOLVE[..], args].concat());
        assert_eq!(code(&o), 2, "{args:?}: {}", out(&o));
        assert!(err(&o).contains(says), "{args:?}: {}", err(&o));
    }
}

#[test]
fn a_warm_up_plan_leaves_a_calendar() {
    let dir = tempfile::tempdir().unwrap();
    let base =
        ["plan", "warmup", "--to", "10K", "--replications", "12", "--set", "segments.customers.size=6000"];
    let vary = [
        "--vary",
        "campaigns.welcome.audience.max=60,230",
        "--vary",
        "campaigns.welcome.audience.growth=1.1,3",
        "--subject-to",
        "p_red < 0.5",
    ];
    let o = run(dir.path(), &[&base[..], &vary].concat());
    assert_eq!(code(&o), 0, "{}{}", out(&o), err(&o));
    assert!(out(&o).contains("The fastest of 4 plans"), "{}", out(&o));
    let found = files(&run_folder(&dir.path().join("output"), "warm-up"));
    let mut reader = csv::Reader::from_reader(&found["calendar.csv"][..]);
    let days: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!((days.len(), &days[0][1], &days[0][2]), (45, "2026-02-02", "mon"));
    assert!(days[0][4].parse::<f64>().unwrap() > 0.0, "{:?}", days[0]);
    let mut reader = csv::Reader::from_reader(&found["plans.csv"][..]);
    assert_eq!(reader.records().count(), 4);
    let o = run(dir.path(), &[&base[..], &["--subject-to", "delivered > 1e9"]].concat());
    assert_eq!(code(&o), 1, "{}", err(&o));
    assert!(out(&o).contains("None of 24 plans keeps delivered above 1,000,000,000"), "{}", out(&o));
    for (args, says) in [
        (&["plan", "warmup", "--to", "many"][..], "--to many: no limit"),
        (&["plan", "warmup", "weekly-promo", "--to", "10K"], "no campaign has a largest audience"),
        (&["plan", "warmup", "--to", "10K", "--vary", "x"], "PATH=V1,V2"),
    ] {
        let o = run(dir.path(), args);
        assert_eq!(code(&o), 2, "{args:?}: {}", out(&o));
        assert!(err(&o).contains(says), "{args:?}: {}", err(&o));
    }
}

#[test]
fn a_recovery_plan_holds_reactions_against_none() {
    let dir = tempfile::tempdir().unwrap();
    let base = ["plan", "recovery", "opt-out-hidden", "--set", "days=30", "--replications", "10"];
    let o = run(dir.path(), &base);
    assert_eq!(code(&o), 0, "{}", err(&o));
    for says in ["A no reaction", "B stop", "C half the people", "median days to recover"] {
        assert!(out(&o).contains(says), "{says}: {}", out(&o));
    }
    let found = files(&run_folder(&dir.path().join("output"), "opt-out-hidden"));
    let arm = String::from_utf8(found["arms/02.toml"].clone()).unwrap();
    assert!(arm.contains("when = \"yellow_or_worse\", pause = true"), "{arm}");
    for (more, says) in [
        (&["--switch-to", "ofer"][..], "no such template; did you mean offer?"),
        (&["--campaign", "x"], "no such campaign"),
        (&["--dilute", "campaigns.x=1"], "no such name in the file"),
    ] {
        let o = run(dir.path(), &[&base[..], more].concat());
        assert_eq!(code(&o), 2, "{more:?}: {}", out(&o));
        assert!(err(&o).contains(says), "{more:?}: {}", err(&o));
    }
}

#[test]
fn a_trade_off_keeps_the_plans_that_nothing_beats() {
    let dir = tempfile::tempdir().unwrap();
    let base = ["tradeoff", "opt-out-hidden", "--set", "days=20", "--replications", "6", "--points", "12"];
    let vary = [
        "--vary",
        "templates.offer.opt_out=easy,hidden",
        "--vary",
        "recipients.block_base=log:0.001..0.02",
        "--goal",
        "max delivered",
        "--goal",
        "min blocked",
    ];
    let o = run(dir.path(), &[&base[..], &vary].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("Of 13 plans"), "{}", out(&o));
    let found = files(&run_folder(&dir.path().join("output"), "opt-out-hidden"));
    let mut reader = csv::Reader::from_reader(&found["plans.csv"][..]);
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), 13);
    let value = |r: &csv::StringRecord, i: usize| r[i].parse::<f64>().unwrap();
    // The table bears the front out: an efficient plan is beaten by no row, any other by one.
    for r in &rows {
        let beaten = rows.iter().any(|o| {
            let (reach, risk) = (value(o, 4) - value(r, 4), value(r, 5) - value(o, 5));
            reach >= 0.0 && risk >= 0.0 && reach + risk > 0.0
        });
        assert_eq!(&r[1] == "no", beaten, "{r:?}");
        assert_eq!(r[10].is_empty(), beaten, "those not beaten have fresh figures: {r:?}");
    }
    let again = run(dir.path(), &[&base[..], &vary, &["--threads", "1"]].concat());
    assert!(out(&again).contains("the same to the byte"), "{}", out(&again));
    for (args, says) in [
        (&["--vary", "a=1..2", "--goal", "min p_red"][..], "two goals or more"),
        (&["--vary", "a=1", "--goal", "min p_red", "--goal", "max sent"], "two values or more"),
        (&["--vary", "a=1..2", "--goal", "p_red", "--goal", "max sent"], "write `max FIGURE`"),
        (&["--vary", "a=1..2", "--goal", "min p_rde", "--goal", "max sent"], "did you mean p_red?"),
        (&["--vary", "segments.x.size=1..2", "--goal", "min p_red", "--goal", "max sent"], "no such name"),
    ] {
        let o = run(dir.path(), &[&base[..], args].concat());
        assert_eq!(code(&o), 2, "{args:?}: {}", out(&o));
        assert!(err(&o).contains(says), "{args:?}: {}", err(&o));
    }
}
