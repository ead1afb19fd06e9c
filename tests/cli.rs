//! End to end: each command as a user types it, on a scratch folder, with its exit code and its files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub fn tiersim(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tiersim"))
        .current_dir(folder)
        .args(args)
        .env_remove("NO_COLOR")
        .output()
        .expect("the program starts")
}

pub fn code(o: &Output) -> i32 {
    o.status.code().expect("it ended by itself")
}

pub fn out(o: &Output) -> String {
    String::from_utf8(o.stdout.clone()).expect("answers are UTF-8")
}

pub fn err(o: &Output) -> String {
    String::from_utf8(o.stderr.clone()).expect("messages are UTF-8")
}

/// All files under a folder with their bytes.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(next) = todo.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).expect("readable"));
            }
        }
    }
    found
}

/// The one run folder under `output/<scenario>`.
pub fn run_folder(base: &Path, scenario: &str) -> std::path::PathBuf {
    let mut entries = std::fs::read_dir(base.join(scenario)).expect("the scenario's folder");
    entries.next().expect("one run").expect("an entry").path()
}

const SMALL: &[&str] = &["run", "loyalty-healthy", "--set", "days=12"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SMALL.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn a_run_answers_and_leaves_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let o = tiersim(dir.path(), &with(&["--replications", "3", "--events", "csv"]));
    assert_eq!(code(&o), 0, "{}", err(&o));
    let answer = out(&o);
    for word in
        ["sent", "delivered", "blocked", "reported", "opted out", "refused", "deferred", "limit", "Notes"]
    {
        assert!(answer.contains(word), "{word} is missing in\n{answer}");
    }
    assert!(!answer.contains('\u{1b}'), "no colour without a terminal");
    let found = files(&run_folder(&dir.path().join("output"), "loyalty-healthy"));
    for name in [
        "manifest.json",
        "summary.json",
        "daily.csv",
        "ratings.csv",
        "verdicts.csv",
        "campaigns.csv",
        "templates.csv",
        "segments.csv",
        "delays.csv",
        "replications.csv",
        "daily_bands.csv",
        "events.csv",
        "charts/rating.svg",
        "charts/limit.svg",
        "charts/funnel.svg",
        "charts/delays.svg",
    ] {
        assert!(found.contains_key(name), "{name} is missing among {:?}", found.keys());
    }
    assert_eq!(found.contains_key("charts/rating.png"), cfg!(feature = "png"));
    let head =
        |name: &str| String::from_utf8_lossy(&found[name]).lines().next().unwrap_or_default().to_string();
    assert!(
        head("ratings.csv").starts_with("time,number,exposure,blocks,reports,mutes,archives,score,rating")
    );
    assert!(head("verdicts.csv").starts_with("time,verdict,scope,subject,portfolio,from,to,rule,cause"));
    assert!(head("daily.csv").starts_with(
        "date,number,attempted,sent,delivered,read,failed,received,blocked,reported,opted_out,refused,\
         slots_in_use,limit,score,rating,status"
    ));
    assert!(head("replications.csv").starts_with("replication,number,measure,value"));
    let manifest: serde_json::Value = serde_json::from_slice(&found["manifest.json"]).unwrap();
    assert_eq!(manifest["inputs"]["origin"]["replications"], 3);
    let summary: serde_json::Value = serde_json::from_slice(&found["summary.json"]).unwrap();
    let rows = String::from_utf8_lossy(&found["events.csv"]).lines().count() as u64 - 1;
    assert_eq!(summary["rows"]["read"], rows, "the log has as many rows as the summary says");
    let count =
        |map: &serde_json::Value| map.as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum::<u64>();
    assert_eq!(count(&summary["events"]) + count(&summary["verdicts"]), rows);
}

#[test]
fn the_same_inputs_verify_and_others_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let args = with(&["--replications", "2", "--no-png"]);
    assert_eq!(code(&tiersim(dir.path(), &args)), 0);
    let again = tiersim(dir.path(), &args);
    assert_eq!(code(&again), 0, "{}", err(&again));
    assert!(out(&again).contains("the same to the byte"), "{}", out(&again));
    let folder = run_folder(&dir.path().join("output"), "loyalty-healthy");
    std::fs::write(folder.join("daily.csv"), "tampered\n").unwrap();
    let differs = tiersim(dir.path(), &args);
    assert_eq!(code(&differs), 3);
    assert!(err(&differs).contains("daily.csv"), "{}", err(&differs));
    assert_eq!(std::fs::read(folder.join("daily.csv")).unwrap(), b"tampered\n", "nothing was changed");
    let forced = with(&["--replications", "2", "--no-png", "--force"]);
    assert_eq!(code(&tiersim(dir.path(), &forced)), 0);
    assert!(std::fs::read(folder.join("daily.csv")).unwrap().starts_with(b"date,"));
}

#[test]
fn threads_do_not_show_and_replication_one_is_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    for (folder, threads) in [(&one, "1"), (&two, "3")] {
        let args =
            with(&["--replications", "4", "--no-png", "--threads", threads, "-o", folder.to_str().unwrap()]);
        assert_eq!(code(&tiersim(dir.path(), &args)), 0);
    }
    assert_eq!(files(&one), files(&two));
    let single = dir.path().join("single");
    let args = with(&["--replications", "1", "--no-png", "-o", single.to_str().unwrap()]);
    assert_eq!(code(&tiersim(dir.path(), &args)), 0);
    let (a, b) =
        (files(&run_folder(&one, "loyalty-healthy")), files(&run_folder(&single, "loyalty-healthy")));
    for name in ["daily.csv", "ratings.csv", "verdicts.csv", "delays.csv", "campaigns.csv", "segments.csv"] {
        assert_eq!(a[name], b[name], "{name} is that of replication 1");
    }
    let all = dir.path().join("all");
    let args = with(&["--replications", "2", "--no-png", "--keep", "all", "-o", all.to_str().unwrap()]);
    assert_eq!(code(&tiersim(dir.path(), &args)), 0);
    let kept = files(&run_folder(&all, "loyalty-healthy"));
    assert_ne!(kept["daily.csv"], kept["replication-00002/daily.csv"]);
}

#[test]
fn another_seed_is_another_run() {
    let dir = tempfile::tempdir().unwrap();
    for seed in ["1", "2"] {
        assert_eq!(
            code(&tiersim(dir.path(), &with(&["--replications", "1", "--no-png", "--seed", seed]))),
            0
        );
    }
    assert_eq!(std::fs::read_dir(dir.path().join("output/loyalty-healthy")).unwrap().count(), 2);
}

#[test]
fn bad_input_says_what_where_and_what_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let text = "question = \"?\"\nstart = 2024-01-01\ndays = 10\n[segmets.a]\nsize = 5\n[segments.b]\nsize = -5\n\
                [numbers.n]\n[templates.t]\ncategory = \"marketin\"\n[campaigns.c]\ntemplate = \"t\"\nper_week = 3\n";
    std::fs::write(dir.path().join("bad.toml"), text).unwrap();
    let o = tiersim(dir.path(), &["run", "bad.toml"]);
    assert_eq!(code(&o), 2);
    let message = err(&o);
    for part in [
        "bad.toml:4:",
        "did you mean segments",
        "bad.toml:7:",
        "-5",
        "bad.toml:10:",
        "did you mean marketing",
    ] {
        assert!(message.contains(part), "{part} is missing in\n{message}");
    }
    assert!(!dir.path().join("output").exists(), "nothing is begun on bad input");
    for (args, part) in [
        (vec!["run", "weekly-prom"], "did you mean weekly-promo"),
        (vec!["run", "weekly-promo", "--policy", "2023-3"], "did you mean 2023-03"),
        (vec!["run", "weekly-promo", "--set", "measures=[\"proffit\"]"], "did you mean profit?"),
        (vec!["run", "."], "a folder; name the scenario file in it"),
        (vec!["run", "weekly-promo", "--set", "days"], "days"),
        (vec!["run", "weekly-promo", "--every", "7"], "--every"),
        (vec!["run", "weekly-promo", "--replications", "0"], "0"),
        (vec!["policy", "show", "2023-3"], "did you mean"),
        (vec!["fly"], "fly"),
    ] {
        let o = tiersim(dir.path(), &args);
        assert_eq!(code(&o), 2, "{args:?}");
        assert!(err(&o).contains(part), "{args:?}: {}", err(&o));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_exit_3() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let o = tiersim(dir.path(), &with(&["--replications", "1", "-o", "file"]));
    assert_eq!(code(&o), 3, "{}", err(&o));
    assert!(err(&o).contains("file"), "{}", err(&o));
}

#[test]
fn listings_and_files_to_begin_with() {
    let dir = tempfile::tempdir().unwrap();
    for args in [
        vec!["--help"],
        vec!["--version"],
        vec!["scenario", "list"],
        vec!["scenario", "show", "weekly-promo"],
        vec!["scenario", "show", "weekly-promo", "--resolved"],
        vec!["scenario", "check", "warm-up", "--set", "days=5"],
        vec!["scenario", "schema"],
        vec!["policy", "list"],
        vec!["policy", "show", "2025-10"],
        vec!["policy", "show", "auto", "--json"],
        vec!["policy", "diff", "2023-03", "seed-classic"],
    ] {
        let o = tiersim(dir.path(), &args);
        assert_eq!(code(&o), 0, "{args:?}: {}", err(&o));
        assert!(out(&o).len() > 10, "{args:?} says something");
    }
    assert_eq!(code(&tiersim(dir.path(), &["scenario", "new", "mine"])), 0);
    assert_eq!(code(&tiersim(dir.path(), &["scenario", "check", "mine.toml"])), 0);
    assert_eq!(code(&tiersim(dir.path(), &["scenario", "new", "mine"])), 2, "it is not overwritten");
    assert_eq!(code(&tiersim(dir.path(), &["run", "mine.toml", "--replications", "1", "-q"])), 0);
    std::fs::write(dir.path().join("rules.toml"), "based_on = \"2023-03\"\n[rating]\nyellow_at = 0.004\n")
        .unwrap();
    assert_eq!(code(&tiersim(dir.path(), &["policy", "check", "rules.toml"])), 0);
    let o = tiersim(dir.path(), &with(&["--policy", "rules.toml", "--replications", "1"]));
    assert_eq!(code(&o), 0, "{}", err(&o));
}

/// The resolved form is a scenario too, and means the same.
#[test]
fn the_resolved_form_runs_to_the_same_digest() {
    let dir = tempfile::tempdir().unwrap();
    let o = tiersim(dir.path(), &["scenario", "show", "opt-out-easy", "--resolved", "--set", "days=10"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    std::fs::write(dir.path().join("opt-out-easy.toml"), out(&o)).unwrap();
    let digest = |scenario: &str, sets: &[&str], to: &str| {
        let mut args = vec!["run", scenario, "--replications", "1", "--no-png", "-o", to];
        args.extend(sets);
        let o = tiersim(dir.path(), &args);
        assert_eq!(code(&o), 0, "{}", err(&o));
        let folder = run_folder(&dir.path().join(to), "opt-out-easy");
        let summary: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("summary.json")).unwrap()).unwrap();
        summary["digest"].as_str().expect("a digest").to_string()
    };
    let resolved = digest("./opt-out-easy.toml", &[], "a");
    std::fs::remove_file(dir.path().join("opt-out-easy.toml")).unwrap();
    assert_eq!(resolved, digest("opt-out-easy", &["--set", "days=10"], "b"));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_fine() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tiersim"))
        .current_dir(dir.path())
        .args(["policy", "show", "auto"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let o = child.wait_with_output().unwrap();
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert_eq!(err(&o), "");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_130_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_tiersim"))
        .current_dir(dir.path())
        .args(["run", "million", "--replications", "2", "--no-png", "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill is there");
    assert!(sent.success());
    let o = child.wait_with_output().unwrap();
    assert_eq!(code(&o), 130, "{}", err(&o));
    // On a busy machine it has not come to making the folder yet.
    let output = dir.path().join("output");
    assert!(!output.exists() || files(&output).is_empty(), "nothing is left");
}

#[test]
fn a_foreign_table_becomes_a_log() {
    let dir = tempfile::tempdir().unwrap();
    let import = |table: &str, more: &[&str]| {
        std::fs::write(dir.path().join("sheet.csv"), table).unwrap();
        let args = ["import", "csv", "sheet.csv", "--map", "sends-and-blocks", "-o", "log.csv"];
        tiersim(dir.path(), &args.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    let table = "date,recipient,sent,blocked,note\n2026-01-06 10:00:00,ben,yes,yes,?\n2026-01-05 10:00:00,ana,yes,no,\n";
    let o = import(table, &["--number", "main"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let answer = out(&o);
    for part in
        ["3 rows from 2 source rows in sheet.csv", "business_blocked", "not used\n  note", "the table lacks"]
    {
        assert!(answer.contains(part), "{part} is missing in\n{answer}");
    }
    let log = read("log.csv");
    assert!(
        log.lines().nth(1).unwrap().starts_with("2026-01-05T10:00:00.000Z,message_sent,main,,ana,"),
        "{log}"
    );
    assert!(out(&import(table, &["--number", "main"])).contains("the same to the byte"));
    assert_eq!(code(&import(table, &["--number", "other"])), 3, "not over something else");
    assert_eq!(read("log.csv"), log);

    let bad = format!("{table}2026-01-07,cem,maybe,,\n");
    let o = import(&bad, &["--number", "main"]);
    assert_eq!(code(&o), 2);
    assert!(err(&o).contains("sheet.csv:4:3: sent: \"maybe\" (allowed: "), "{}", err(&o));
    let o = import(&bad, &["--number", "main", "--on-bad-row", "reject"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(read("log.rejects.csv").lines().nth(1).unwrap().starts_with("sheet.csv,4,3,"));
    let o = import(table, &[]);
    assert_eq!(code(&o), 2);
    assert!(err(&o).contains("has no column \"number\"; or name one number"), "{}", err(&o));

    let o = tiersim(dir.path(), &["import", "csv", "sheet.csv", "--map", "sends-and-block", "-o", "x.csv"]);
    assert!(err(&o).contains("did you mean sends-and-blocks?"), "{}", err(&o));
    assert!(out(&tiersim(dir.path(), &["import", "mappings"])).contains("direct-messaging"));
    assert!(
        out(&tiersim(dir.path(), &["import", "mappings", "sends-and-blocks"])).starts_with("# A plain sheet")
    );
}
