//! Replay end to end: a simulated log comes back as the run's own tables through every format and any order of its
//! rows; messes made by hand come out as `docs/replay.md` says.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::{code, err, files, out, run_folder, tiersim};

/// Runs a scenario once with its log and gives back the run's folder.
fn run(dir: &Path, scenario: &str, more: &[&str]) -> PathBuf {
    let mut args =
        vec!["run", scenario, "--replications", "1", "--events", "csv", "--every", "1h", "--no-png"];
    args.extend(more);
    let o = tiersim(dir, &args);
    assert_eq!(code(&o), 0, "{}", err(&o));
    run_folder(&dir.join("output"), scenario)
}

fn replay(dir: &Path, log: &str, name: &str, more: &[&str]) -> PathBuf {
    let o = try_replay(dir, log, name, more);
    assert_eq!(code(&o), 0, "{log}\n{}{}", out(&o), err(&o));
    dir.join(name)
}

fn try_replay(dir: &Path, log: &str, name: &str, more: &[&str]) -> std::process::Output {
    let mut args = vec!["replay", log, "-o", name, "--no-png"];
    args.extend(more);
    tiersim(dir, &args)
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).expect("JSON")
}

/// A log of these lines (`time,event,number,recipient,message`, seconds) as a CSV file.
fn log(dir: &Path, name: &str, lines: &[&str]) -> String {
    let body =
        lines.iter().fold("time,event,number,recipient,message,reason\n".to_string(), |mut all, line| {
            let fields = line.split(',').count();
            writeln!(all, "{line}{}", ",".repeat(6 - fields)).unwrap();
            all
        });
    std::fs::write(dir.join(name), body).unwrap();
    name.to_string()
}

#[test]
fn a_simulated_log_gives_the_runs_own_tables_through_every_format_and_order() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let run = run(dir, "portfolio-shared-scope", &["--set", "days=14"]);
    let events = run.join("events.csv");
    let log = text(&events);
    let (header, body) = log.split_once('\n').unwrap();
    // Rows in another order, those of one instant in their own.
    let mut rows: Vec<&str> = body.lines().collect();
    rows.sort_by_cached_key(|r| blake3::hash(r.split(',').next().unwrap().as_bytes()).to_hex().to_string());
    let shuffled: String = rows.iter().flat_map(|r| [r, "\n"]).collect();
    std::fs::write(dir.join("shuffled.csv"), format!("{header}\n{shuffled}")).unwrap();
    std::fs::write(dir.join("crlf.csv"), format!("\u{feff}{}", log.replace('\n', "\r\n"))).unwrap();
    let events = events.display().to_string();
    let mut logs = vec![events, "shuffled.csv".to_string(), "crlf.csv".to_string()];
    for to in [
        "log.ndjson",
        "log.csv.gz",
        "log.ndjson.zst",
        #[cfg(feature = "parquet")]
        "log.parquet",
    ] {
        let o = tiersim(dir, &["convert", "shuffled.csv", "-o", to]);
        assert_eq!(code(&o), 0, "{}", err(&o));
        logs.push(to.to_string());
    }
    let manifest = json(&run.join("manifest.json"));
    let digest = manifest["logs"][0]["digest"].clone();
    // The scenario overrides one constant of its era; the same as a policy file.
    std::fs::write(dir.join("rules.toml"), "based_on = \"2025-10\"\n[template]\nred_at = 0.045\n").unwrap();
    for (i, log) in logs.iter().enumerate() {
        let out =
            replay(dir, log, &format!("r{i}"), &["--every", "1h", "--verify", "--policy", "rules.toml"]);
        for table in ["verdicts.csv", "ratings.csv", "daily.csv"] {
            assert!(text(&out.join(table)) == text(&run.join(table)), "{table} of {log} differs");
        }
        let summary = json(&out.join("summary.json"));
        assert_eq!(summary["digest"], digest, "{log}");
        assert_eq!(summary["policy"]["hash"], manifest["inputs"]["policies"][0]["hash"], "{log}");
        assert_eq!(summary["rows"]["moved"].as_u64() > Some(0), log == "shuffled.csv", "{log}");
        assert_eq!(summary["events"], json(&run.join("summary.json"))["events"], "{log}");
    }
}

#[test]
fn verification_names_the_first_verdict_that_differs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let run = run(dir, "weekly-promo", &["--set", "days=30"]);
    let events = run.join("events.csv").display().to_string();
    // Without --policy the run's own is taken, from its manifest.
    let o = try_replay(dir, &events, "same", &["--verify"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("are re-derived"), "{}", out(&o));
    let log = text(Path::new(&events));
    let turned = |l: &&str| l.contains(",quality_rated,") && l.contains("YELLOW");
    let line = log.lines().find(turned).expect("the scenario turns yellow");
    std::fs::write(dir.join("tampered.csv"), log.replacen(line, &line.replace("YELLOW", "RED"), 1)).unwrap();
    let o = try_replay(dir, "tampered.csv", "tampered", &["--verify"]);
    assert_eq!(code(&o), 1, "{}", out(&o));
    let time = line.split(',').next().unwrap();
    assert!(out(&o).contains("differs") && out(&o).contains(time), "{}", out(&o));
    // One verdict less than there should be.
    std::fs::write(dir.join("short.csv"), log.replacen(&format!("{line}\n"), "", 1)).unwrap();
    assert_eq!(code(&try_replay(dir, "short.csv", "short", &["--verify"])), 1);
    // Other rules give other verdicts.
    assert_eq!(code(&try_replay(dir, &events, "other", &["--verify", "--policy", "2025-12"])), 1);
}

#[test]
fn a_run_with_overridden_rules_is_verified_by_them() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let run =
        run(dir, "weekly-promo", &["--set", "days=30", "--set", "policy.override.rating.yellow_at=0.004"]);
    let events = run.join("events.csv").display().to_string();
    let o = try_replay(dir, &events, "own", &["--verify"]);
    assert_eq!(code(&o), 0, "{}{}", out(&o), err(&o));
    assert_eq!(code(&try_replay(dir, &events, "auto", &["--verify", "--policy", "auto"])), 1);
}

#[test]
fn rows_that_make_no_sense_stop_or_are_set_aside_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let lines = [
        "1700000000,sent,n,a,m1",
        "1700000001,delivered,n,a,m1",
        "soon,read,n,a,m1",
        "1700000002,mesage_read,n,a,m1",
        "1700000003,blocked,n,,",
        "1700000004,log_closed,,,",
        "1700000005,sent,n,b,m2",
    ];
    let log = log(dir, "mess.csv", &lines);
    let o = try_replay(dir, &log, "stop", &[]);
    assert_eq!(code(&o), 2);
    assert!(err(&o).contains("mess.csv:4:1") && err(&o).contains("soon"), "{}", err(&o));
    assert!(!dir.join("stop").exists(), "nothing that looks complete");
    let out = replay(dir, &log, "reject", &["--on-bad-row", "reject"]);
    let rejects = text(&out.join("rejects.csv"));
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines[0], "file,line,column,found,allowed,row");
    assert_eq!(lines.len(), 5, "{rejects}");
    assert!(lines[2].contains("did you mean") && lines[2].starts_with("mess.csv,5,2,"), "{rejects}");
    assert!(rejects.contains("needs a recipient") && rejects.contains("nothing may follow log_closed"));
    let rows = &json(&out.join("summary.json"))["rows"];
    assert_eq!((rows["read"].as_u64(), rows["rejected"].as_u64()), (Some(7), Some(4)));
}

#[test]
fn blocks_from_another_file_find_their_number() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let one = log(dir, "one.csv", &["1700000000,sent,n,a,m1", "1700000001,delivered,n,a,m1"]);
    std::fs::write(
        dir.join("blocks.csv"),
        "recipient,time,event\na,1700000050,blocked\nz,1700000060,block\n",
    )
    .unwrap();
    let out = replay(dir, &one, "one", &["--with", "blocks.csv"]);
    let daily = text(&out.join("daily.csv"));
    let row: Vec<&str> = daily.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((row[1], row[8]), ("n", "2"), "the log's only number has both\n{daily}");

    let two = log(
        dir,
        "two.csv",
        &[
            "1700000000,sent,n,a,m1",
            "1700000001,delivered,n,a,m1",
            "1700000002,sent,o,a,m2",
            "1700000003,delivered,o,a,m2",
            "1700000100,sent,n,a,m3",
            "1700000101,delivered,n,a,m3",
        ],
    );
    let o = try_replay(dir, &two, "two", &["--with", "blocks.csv"]);
    assert_eq!(code(&o), 2, "nobody delivered to z");
    assert!(err(&o).contains("blocks.csv:3") && err(&o).contains("several numbers"), "{}", err(&o));
    let out = replay(dir, &two, "two", &["--with", "blocks.csv", "--on-bad-row", "reject"]);
    let daily = text(&out.join("daily.csv"));
    let blocked: Vec<(String, String)> = daily
        .lines()
        .skip(1)
        .map(|l| l.split(',').map(str::to_string).collect::<Vec<_>>())
        .map(|f| (f[1].clone(), f[8].clone()))
        .collect();
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!(blocked, [pair("n", "0"), pair("o", "1")], "o delivered last before the block");
}

#[test]
fn a_merged_row_is_at_home_where_the_log_says_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let body = "time,event,number,portfolio,recipient,message\n1700000000,sent,n,firm,a,m1\n1700000001,delivered,n,firm,a,m1\n";
    std::fs::write(dir.join("log.csv"), body).unwrap();
    // Older than the log's first row, and without a portfolio of its own.
    std::fs::write(dir.join("early.csv"), "recipient,time,event\na,1699990000,blocked\n").unwrap();
    let out = replay(dir, "log.csv", "early", &["--with", "early.csv"]);
    assert!(text(&out.join("portfolio_daily.csv")).lines().skip(1).all(|l| l.contains(",firm,")));
    std::fs::write(dir.join("other.csv"), "recipient,time,event,number\na,1700000050,blocked,nn\n").unwrap();
    let o = try_replay(dir, "log.csv", "other", &["--with", "other.csv"]);
    assert_eq!(code(&o), 2);
    assert!(err(&o).contains("other.csv:2:4") && err(&o).contains("a number of the log"), "{}", err(&o));
    let o = try_replay(dir, "log.csv", "span", &["--from", "2024-01-02", "--until", "2024-01-01"]);
    assert_eq!(code(&o), 2);
}

#[test]
fn a_log_without_blocks_says_so_and_shows_what_the_platform_said() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let body = "time,event,number,recipient,message,value\n\
                2024-03-01T10:00:00Z,sent,n,a,m1,\n\
                2024-03-01T10:00:01Z,delivered,n,a,m1,\n\
                2024-03-02T08:00:00Z,rating_observed,n,,,GREEN\n\
                2024-03-02T08:00:00Z,limit_observed,n,,,1000\n\
                2024-03-04T08:00:00Z,status_observed,n,,,FLAGGED\n\
                2024-03-05T10:00:00Z,sent,n,a,m2,\n";
    std::fs::write(dir.join("log.csv"), body).unwrap();
    let o = try_replay(dir, "log.csv", "out", &[]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let said = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("ratings can't be derived from it alone"), "{said}");
    assert!(said.contains("As the platform reported last: n green since 2024-03-02."), "{said}");
    let chart = text(&dir.join("out/charts/rating.svg"));
    assert!(chart.contains("The strip shows what the platform reported") && chart.contains("platform\n"));
    assert!(!chart.contains(">\nrating\n</text>"), "no strip by the rules");
    let observed = text(&dir.join("out/observed.csv"));
    assert!(observed.contains("2024-03-02,number,n,,limit,1000,"), "{observed}");
    assert!(observed.contains("2024-03-04,number,n,,status,FLAGGED,2024-03-04T08:00:00.000Z,CONNECTED,,no,"));
    let summary = json(&dir.join("out/summary.json"));
    assert_eq!(summary["observed"].as_array().map(Vec::len), Some(3));
    assert_eq!(summary["events"]["rating_observed"], 1);
}

#[test]
fn changes_by_the_platform_and_by_the_rules_meet() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    // 200 deliveries on the first of March, and on the third four blocks, which is RED, until they are a week old.
    let mut body = "time,event,number,recipient,message,value\n".to_string();
    for i in 0..200 {
        let at = format!("2024-03-01T10:{:02}:{:02}Z", i / 60, i % 60);
        writeln!(body, "{at},sent,n,p{i},m{i},\n{at},delivered,n,p{i},m{i},").unwrap();
    }
    for i in 0..4 {
        writeln!(body, "2024-03-03T10:30:0{i}Z,blocked,n,p{i},,").unwrap();
    }
    body.push_str(
        "2024-03-02T08:00:00Z,rating_observed,n,,,GREEN\n\
         2024-03-03T17:30:00Z,rating_observed,n,,,RED\n\
         2024-03-04T00:00:00Z,rating_observed,n,,,RED\n\
         2024-03-06T00:00:00Z,limit_observed,n,,,TIER_1K\n\
         2024-03-07T00:00:00Z,limit_observed,n,,,TIER_250\n\
         2024-03-20T00:00:00Z,log_closed,,,,\n",
    );
    std::fs::write(dir.join("log.csv"), body).unwrap();
    let o = try_replay(dir, "log.csv", "out", &["--policy", "2023-03"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let changes = text(&dir.join("out/observed_changes.csv"));
    let rating: Vec<&str> = changes.lines().filter(|l| l.contains(",rating,")).collect();
    let first = "number,n,,rating,,GREEN,2024-03-02T08:00:00.000Z,2024-03-01T11:00:00.000Z,-21,rules";
    let red = "number,n,,rating,GREEN,RED,2024-03-03T17:30:00.000Z,2024-03-03T11:00:00.000Z,-6.5,rules";
    assert_eq!(rating[..2], [first, red], "{changes}");
    let alone: Vec<&&str> = rating[2..].iter().filter(|l| !l.ends_with(",,")).collect();
    assert!(rating.len() > 2 && alone.is_empty(), "the rules alone forgot the colour\n{changes}");
    assert!(changes.contains("number,n,,limit,TIER_1K,TIER_250,2024-03-07T00:00:00.000Z,,,"), "{changes}");
    let days = text(&dir.join("out/observed.csv"));
    let lags: Vec<&str> = days
        .lines()
        .filter(|l| l.contains(",rating,") && l.starts_with("2024-03-0"))
        .map(|l| l.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(lags[..3], ["-21", "-6.5", ""], "on the days of the changes\n{days}");
    let said = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = "Of 2 changes that the platform reported, the rules made 1, 6.5 hours before the platform";
    assert!(said.contains(wanted), "{said}");
    let observed = &json(&dir.join("out/summary.json"))["observed"][0];
    assert_eq!((&observed["changes"], &observed["changes_matched"]), (&1.into(), &1.into()));
    assert_eq!(observed["median_lag_hours"], -6.5);
    // Both strips are in the picture, and a later start leaves the early rows of the tables out.
    let chart = text(&dir.join("out/charts/rating.svg"));
    assert!(chart.contains("platform") && chart.contains("rules"), "no second strip");
    let late = replay(dir, "log.csv", "late", &["--policy", "2023-03", "--from", "2024-03-03T12:00"]);
    assert!(!text(&late.join("observed_changes.csv")).contains("2024-03-02T08"));
    assert!(text(&late.join("observed.csv")).lines().nth(1).unwrap().starts_with("2024-03-03"));
}

#[test]
fn only_the_number_asked_for_is_shown_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut body = "time,event,number,portfolio,recipient,message,value\n".to_string();
    for (number, portfolio) in [("number-one", "firm"), ("other", "firm"), ("number-three", "elsewhere")] {
        for i in 0..150 {
            let at = format!("2024-03-01T10:{:02}:{:02}Z", i / 60, i % 60);
            for event in ["sent", "delivered"] {
                writeln!(body, "{at},{event},{number},{portfolio},p{i},{number}{i},").unwrap();
            }
        }
        writeln!(body, "2024-03-02T10:00:00Z,blocked,{number},{portfolio},p1,,").unwrap();
        writeln!(body, "2024-03-03T10:00:00Z,rating_observed,{number},{portfolio},,,YELLOW").unwrap();
        writeln!(body, "2024-03-03T11:00:00Z,limit_observed,,{portfolio},,,2000").unwrap();
    }
    body.push_str("2024-03-05T00:00:00Z,log_closed,,,,,\n");
    std::fs::write(dir.join("log.csv"), body).unwrap();
    let o = try_replay(dir, "log.csv", "out", &["--number", "other"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    for (name, bytes) in files(&dir.join("out")) {
        let text = String::from_utf8_lossy(&bytes);
        let foreign = ["number-one", "number-three", "elsewhere"].iter().any(|n| text.contains(n));
        assert!(!foreign, "{name}\n{text}");
    }
    let page = out(&o);
    assert!(
        page.contains("other") && !page.contains("number-one") && !page.contains("number-three"),
        "{page}"
    );
    let observed = text(&dir.join("out/observed.csv"));
    assert!(observed.contains(",portfolio,firm,"), "its portfolio's limit stays\n{observed}");
    let summary = json(&dir.join("out/summary.json"));
    let names: Vec<&String> = summary["numbers"].as_object().expect("an object").keys().collect();
    assert_eq!(names, ["other"]);
    assert_eq!(summary["rows"]["read"], 910, "the log is counted whole");
    // All numbers again, with one of them in the chart only if it was asked for.
    let all = replay(dir, "log.csv", "all", &[]);
    let chart = text(&all.join("charts/rating.svg"));
    assert!(
        chart.contains("number-one")
            && chart.contains("number-three")
            && chart.contains("as the platform reported")
    );
}

#[test]
fn rejected_rows_of_convert_and_state_go_to_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let lines = [
        "1700000000,sent,n,4917100000001,m1",
        "soon,read,n,4917100000001,m1",
        "1700000002,mesage_read,n,4917100000001,m1",
        "1700000001,delivered,n,4917100000001,m1",
    ];
    let log = log(dir, "mess.csv", &lines);
    assert_eq!(code(&tiersim(dir, &["convert", &log, "-o", "out.ndjson"])), 2);
    let o = tiersim(dir, &["convert", &log, "-o", "out.ndjson", "--on-bad-row", "reject"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let said = out(&o);
    assert!(said.starts_with("2 rows: out.ndjson"), "{said}");
    assert!(said.contains("2 malformed rows were set aside") && said.contains("mess.csv:3:1:"), "{said}");
    let rejects = text(&dir.join("out.rejects.csv"));
    let rows: Vec<&str> = rejects.lines().collect();
    assert_eq!((rows[0], rows.len()), ("file,line,column,found,allowed,row", 3));
    assert!(rows[1].starts_with("mess.csv,3,1,") && rows[1].ends_with("\"soon,read,n,4917100000001,m1,\""));
    // The same file as a replay writes of the same log.
    let replayed = replay(dir, &log, "replayed", &["--on-bad-row", "reject"]);
    assert!(text(&replayed.join("rejects.csv")) == rejects);
    // With pseudonyms nothing of what was found.
    std::fs::write(dir.join("key"), [7; 32]).unwrap();
    let key = ["--pseudonymise", "key", "--rejects", "places.csv"];
    let o = tiersim(dir, &[&["convert", &log, "-o", "p.csv", "--on-bad-row", "reject"][..], &key].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    let places = text(&dir.join("places.csv"));
    assert!(places.lines().count() == 3 && !places.contains("4917") && !places.contains("soon"), "{places}");
    assert!(!out(&o).contains("pseudonym already"), "{}", out(&o));
    // Hashed once more: a warning.
    let o = tiersim(dir, &["convert", "p.csv", "-o", "pp.csv", "--pseudonymise", "key"]);
    assert!(code(&o) == 0 && out(&o).contains("in 2 of 2 rows person or message is a pseudonym already"));
    // A file that is no rejects file stays.
    std::fs::write(dir.join("mine.csv"), "a,b\n").unwrap();
    let o =
        tiersim(dir, &["convert", &log, "-o", "q.csv", "--on-bad-row", "reject", "--rejects", "mine.csv"]);
    assert!(code(&o) == 3 && err(&o).contains("mine.csv") && err(&o).contains("--rejects"), "{}", err(&o));
    assert_eq!(text(&dir.join("mine.csv")), "a,b\n");
    let o = tiersim(dir, &["convert", &log, "-o", "q.csv", "--rejects", "r.csv"]);
    assert!(code(&o) == 2 && err(&o).contains("--on-bad-row reject"), "{}", err(&o));
    // `state` has no folder of its own.
    let o = tiersim(dir, &["state", &log, "--on-bad-row", "reject"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(
        err(&o).contains("2 malformed rows were set aside") && text(&dir.join("mess.rejects.csv")) == rejects
    );
}

#[test]
fn people_of_a_merged_file_whom_the_log_never_wrote_to_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let one = log(
        dir,
        "one.csv",
        &["1700000000,sent,n,+49171,m1", "1700000001,delivered,n,+49171,m1", "1700000090,sent,n,later,m2"],
    );
    std::fs::write(
        dir.join("blocks.csv"),
        "recipient,time,event\n49171,1700000050,blocked\nzoe,1700000060,block\nlater,1700000070,block\n",
    )
    .unwrap();
    let o = try_replay(dir, &one, "one", &["--with", "blocks.csv"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let said = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("2 of 3 people in the --with files got no message in the log (the first: \"49171\")")
    );
    assert_eq!(json(&dir.join("one/summary.json"))["with_people_not_written_to"], 2);
    std::fs::write(dir.join("fine.csv"), "recipient,time,event\n+49171,1700000050,blocked\n").unwrap();
    let o = try_replay(dir, &one, "fine", &["--with", "fine.csv"]);
    assert!(code(&o) == 0 && !out(&o).contains("--with files"), "{}", out(&o));
    assert_eq!(json(&dir.join("fine/summary.json"))["with_people_not_written_to"], 0);
}

#[test]
fn folders_that_are_no_results_are_not_compared() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let one = log(dir, "one.csv", &["1700000000,sent,n,a,m1", "1700000001,delivered,n,a,m1"]);
    replay(dir, &one, "both", &["--policy", "2023-03", "--policy", "2025-12"]);
    std::fs::create_dir(dir.join("empty")).unwrap();
    let o = tiersim(dir, &["diff", "both", "empty"]);
    assert!(code(&o) == 2 && err(&o).contains("empty: no result of run or replay"), "{}", err(&o));
    std::fs::create_dir_all(dir.join("outer/x")).unwrap();
    std::fs::copy(dir.join("both/2023-03/summary.json"), dir.join("outer/x/summary.json")).unwrap();
    let o = tiersim(dir, &["diff", "outer", "both"]);
    assert!(code(&o) == 2 && err(&o).contains("did you mean outer/x?"), "{}", err(&o));
    // A policy's part of a replay is one.
    assert_eq!(code(&tiersim(dir, &["diff", "both/2023-03", "both/2025-12"])), 1);
    assert_eq!(code(&tiersim(dir, &["diff", "both", "both"])), 0);
}

#[test]
fn several_policies_have_a_folder_each_and_a_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let run = run(dir, "weekly-promo", &["--set", "days=30"]);
    let events = run.join("events.csv").display().to_string();
    let both = replay(dir, &events, "both", &["--policy", "2023-03", "--policy", "2025-12"]);
    for policy in ["2023-03", "2025-12"] {
        let alone = replay(dir, &events, &format!("only-{policy}"), &["--policy", policy]);
        for (name, bytes) in files(&alone) {
            // The page names all policies of its replay, as the manifest does.
            if name != "manifest.json" && name != "report.html" {
                assert!(files(&both.join(policy))[&name] == bytes, "{policy}/{name}");
            }
        }
    }
    let comparison = text(&both.join("comparison.csv"));
    assert!(comparison.starts_with("date,number,measure,2023-03,2025-12,same\n"), "{comparison}");
    assert!(
        comparison.lines().any(|l| l.ends_with(",no")) && comparison.lines().any(|l| l.ends_with(",yes"))
    );
    // Where two results part is what diff is for.
    let o = tiersim(dir, &["diff", "both/2023-03", "both/2025-12"]);
    assert_eq!(code(&o), 1);
    assert!(out(&o).starts_with("They part first in "), "{}", out(&o));
    let o = tiersim(dir, &["diff", "both/2023-03", "both/2023-03"]);
    assert_eq!((code(&o), out(&o).contains("equal to the byte")), (0, true));
}

#[test]
fn from_until_and_number_leave_out_output_not_state() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let run = run(dir, "portfolio-shared-scope", &["--set", "days=14"]);
    let events = run.join("events.csv").display().to_string();
    let all = replay(dir, &events, "all", &["--every", "1h"]);
    let ratings = text(&all.join("ratings.csv"));
    let first = ratings.lines().nth(1).unwrap();
    let number = first.split(',').nth(1).unwrap();
    let day = text(&all.join("daily.csv")).lines().nth(9).unwrap()[..10].to_string();
    let part = replay(dir, &events, "part", &["--every", "1h", "--from", &day, "--number", number]);
    let expected: Vec<&str> =
        ratings.lines().skip(1).filter(|l| l[..10] >= *day && l.split(',').nth(1) == Some(number)).collect();
    let found = text(&part.join("ratings.csv"));
    assert_eq!(found.lines().skip(1).collect::<Vec<_>>(), expected);
    // Up to an instant: the same rows up to it, as if the log had ended there.
    let until = replay(dir, &events, "until", &["--every", "1h", "--until", &day]);
    let found = text(&until.join("ratings.csv"));
    let limit = format!("{day}T00:00:00.000Z");
    let expected: Vec<&str> =
        ratings.lines().skip(1).filter(|l| l.split(',').next() <= Some(&limit)).collect();
    assert_eq!(found.lines().skip(1).collect::<Vec<_>>(), expected);
    let o = try_replay(dir, &events, "none", &["--number", "nobody"]);
    assert_eq!(code(&o), 2, "{}", err(&o));
}

#[test]
fn the_same_again_is_verified_and_another_result_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let log = log(dir, "log.csv", &["1700000000,sent,n,a,m1", "1700000001,delivered,n,a,m1"]);
    replay(dir, &log, "out", &[]);
    let o = try_replay(dir, &log, "out", &[]);
    assert!(code(&o) == 0 && out(&o).contains("the same to the byte"), "{}", out(&o));
    let o = try_replay(dir, &log, "out", &["--policy", "2023-03"]);
    assert_eq!(code(&o), 3, "{}", err(&o));
    assert!(err(&o).contains("--force"), "{}", err(&o));
    let o = try_replay(dir, &log, "out", &["--policy", "2023-03", "--force"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    // Without -o each set of inputs has a folder of its own.
    for policy in ["auto", "2023-03"] {
        let o = tiersim(dir, &["replay", &log, "--policy", policy]);
        assert_eq!(code(&o), 0, "{}", err(&o));
    }
    assert_eq!(std::fs::read_dir(dir.join("output/log")).unwrap().count(), 2);
}

#[test]
fn state_at_an_instant_is_that_of_the_tables() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let run = run(dir, "weekly-promo", &["--set", "days=30"]);
    let events = run.join("events.csv").display().to_string();
    let ratings = text(&run.join("ratings.csv"));
    for line in ratings.lines().skip(1).step_by(97) {
        let f: Vec<&str> = line.split(',').collect();
        let o = tiersim(dir, &["state", &events, "--at", f[0], "--number", f[1], "--json"]);
        assert_eq!(code(&o), 0, "{}", err(&o));
        let state: Value = serde_json::from_str(&out(&o)).unwrap();
        assert_eq!(state["rating"].as_str(), Some(f[8]), "{line}");
        match (state["score"].as_f64(), f[7].parse::<f64>()) {
            (Some(score), Ok(row)) => assert!((score - row).abs() <= 1e-15, "{line}: {score}"),
            (score, _) => assert!(score.is_none() && f[7].is_empty(), "{line}: {score:?}"),
        }
        assert_eq!(state["window"]["exposure"].to_string(), f[2], "{line}");
    }
    let o = tiersim(dir, &["state", &events]);
    assert!(code(&o) == 0 && out(&o).contains("Next raise"), "{}{}", out(&o), err(&o));
    assert!(!err(&o).contains("last row"), "{}", err(&o));
    let o = tiersim(dir, &["state", &events, "--at", "2035-01-01"]);
    assert!(code(&o) == 0 && err(&o).contains("The log's last row is of 2024-"), "{}", err(&o));
    let o = tiersim(dir, &["state", &events, "--at", "2001-01-01"]);
    assert_eq!(code(&o), 2);
}

#[test]
fn standard_input_patterns_and_empty_logs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    log(dir, "a-1.csv", &["1700000000,sent,n,a,m1"]);
    log(dir, "a-2.csv", &["1700000001,delivered,n,a,m1", "1699999999,sent,n,b,m0"]);
    let out = replay(dir, "a-*.csv", "glob", &[]);
    let rows = json(&out.join("summary.json"))["rows"].clone();
    assert_eq!((rows["read"].as_u64(), rows["moved"].as_u64()), (Some(3), Some(1)));
    let o = try_replay(dir, "a-*.csv", "strict", &["--strict"]);
    assert_eq!(code(&o), 2, "{}", err(&o));
    std::fs::write(dir.join("empty.csv"), "time,event\n").unwrap();
    let o = try_replay(dir, "empty.csv", "empty", &[]);
    assert_eq!(code(&o), 2);
    assert!(err(&o).contains("nothing to replay"), "{}", err(&o));
    let o = try_replay(dir, "no-such-*.csv", "none", &[]);
    assert_eq!(code(&o), 2);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_tiersim"))
        .current_dir(dir)
        .args(["replay", "-", "-o", "stdin", "--no-png"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut all = text(&dir.join("a-1.csv"));
    all.push_str(text(&dir.join("a-2.csv")).split_once('\n').unwrap().1);
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), all.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(text(&dir.join("stdin/daily.csv")), text(&dir.join("glob/daily.csv")));
}

#[test]
fn among_many_numbers_those_in_trouble_are_counted_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = String::from("time,event,number,recipient\n");
    let start = 1_767_225_600_000i64;
    for person in 0..150 {
        for number in 0..16 {
            // The last number sends least, and is the one that people block.
            if number < 15 || person < 110 {
                let at = start + i64::from(person) * 60_000 + i64::from(number);
                log.push_str(&format!(
                    "{at},sent,n{number:02},p{person}\n{},delivered,n{number:02},p{person}\n",
                    at + 20
                ));
            }
        }
    }
    for person in 0..6 {
        log.push_str(&format!("{},blocked,n15,p{person}\n", start + 11_000_000 + person));
    }
    std::fs::write(dir.path().join("log.csv"), log).unwrap();
    let until = ["--until", "2026-01-02T00:00:00Z", "--no-png", "--quiet"];
    let o = tiersim(dir.path(), &[&["replay", "log.csv"][..], &until].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    let page = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("1 of 16 numbers turned red"), "{}", out(&o));
    assert!(page.contains("n15") && page.contains("4 more are in the tables"), "{}", out(&o));
}
