//! `tiersim plot` and `tiersim report`: a folder of results makes its charts and its page again from its tables and
//! manifest alone, to the same bytes.

use std::fs;
use std::path::Path;

use crate::cli::{code, err, files, out, run_folder, tiersim};

/// Keeps the manifest and the tables of a folder, nothing else.
fn bare(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        if name == "manifest.json" || name.ends_with(".csv") {
            let path = to.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

fn of_kind(folder: &Path, endings: &[&str]) -> Vec<(String, Vec<u8>)> {
    files(folder).into_iter().filter(|(name, _)| endings.iter().any(|e| name.ends_with(e))).collect()
}

pub fn charts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    of_kind(folder, &[".svg", ".png"])
}

/// Draws again, charts and page, from the tables and the manifest of a folder, and holds what comes out to what was there.
pub fn again(dir: &Path, folder: &Path) {
    let copy = dir.join("copy");
    bare(folder, &copy);
    let png = !of_kind(folder, &[".png"]).is_empty();
    let o = tiersim(dir, if png { &["plot", "copy"] } else { &["plot", "copy", "--no-png"] });
    assert_eq!(code(&o), 0, "{}", err(&o));
    let n = charts(folder).len();
    assert_eq!(out(&o), format!("{n} chart files in copy: {n} new.\n"), "each chart once");
    let o = tiersim(dir, &["report", "copy"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let all = [".svg", ".png", ".html"];
    let (there, here) = (of_kind(folder, &all), of_kind(&copy, &all));
    let names = |c: &[(String, Vec<u8>)]| c.iter().map(|f| f.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&there), names(&here));
    for (a, b) in there.iter().zip(&here) {
        assert!(a.1 == b.1, "{} differs", a.0);
    }
    fs::remove_dir_all(copy).unwrap();
}

#[test]
fn a_run_draws_its_charts_again() {
    let dir = tempfile::tempdir().unwrap();
    for (scenario, sets) in [
        ("weekly-promo", &["--set", "days=20", "--replications", "4"][..]),
        ("three-numbers-one-limit", &["--set", "days=10", "--replications", "2"]),
        ("pricing-2025", &["--replications", "1"]),
    ] {
        let o = tiersim(dir.path(), &[&["run", scenario], sets].concat());
        assert_eq!(code(&o), 0, "{}", err(&o));
        again(dir.path(), &run_folder(&dir.path().join("output"), scenario));
    }
}

#[test]
fn a_replay_draws_its_charts_again_under_every_policy() {
    let dir = tempfile::tempdir().unwrap();
    let run =
        ["run", "loyalty-healthy", "--set", "days=12", "--replications", "1", "--events", "csv", "--no-png"];
    let o = tiersim(dir.path(), &run);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let log = run_folder(&dir.path().join("output"), "loyalty-healthy").join("events.csv");
    let policies = ["--policy", "2023-03", "--policy", "2025-12"];
    let o =
        tiersim(dir.path(), &[&["replay", log.to_str().unwrap(), "-o", "replayed"], &policies[..]].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    again(dir.path(), &dir.path().join("replayed"));
}

#[test]
fn charts_go_where_they_are_asked_to_and_faults_say_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let o = tiersim(dir.path(), &["run", "loyalty-healthy", "--set", "days=5", "--replications", "1"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let folder = run_folder(&dir.path().join("output"), "loyalty-healthy");
    let plot = |args: &[&str]| tiersim(dir.path(), &[&["plot", folder.to_str().unwrap()], args].concat());
    let o = plot(&[]);
    assert!(out(&o).contains("8 there already, the same to the byte"), "{}", out(&o));
    let o = plot(&["-o", "elsewhere", "--no-png"]);
    assert_eq!((code(&o), charts(&dir.path().join("elsewhere")).len()), (0, 4), "{}", err(&o));

    let table = folder.join("charts/limit.csv");
    let whole = fs::read_to_string(&table).unwrap();
    fs::write(&table, whole.replacen(",slots,", ",slot,", 1)).unwrap();
    for command in ["plot", "report"] {
        let o = tiersim(dir.path(), &[command, folder.to_str().unwrap()]);
        let said = err(&o);
        assert_eq!(code(&o), 2, "{said}");
        assert!(said.contains("charts/limit.csv: it was changed since it was written"), "{said}");
    }
    fs::remove_file(&table).unwrap();
    let o = plot(&[]);
    assert!(code(&o) == 2 && err(&o).contains("charts/limit.csv: no such file"), "{}", err(&o));

    let o = tiersim(dir.path(), &["report", folder.to_str().unwrap()]);
    assert!(code(&o) == 2, "the page needs every table: {}", out(&o));
    let o = tiersim(dir.path(), &["report", folder.to_str().unwrap(), "--format", "json"]);
    assert!(code(&o) == 0, "the answer needs the manifest alone: {}", err(&o));

    let o = tiersim(dir.path(), &["plot", "output/loyalty-healthy"]);
    assert!(code(&o) == 2 && err(&o).contains("did you mean output/loyalty-healthy/"), "{}", err(&o));
    let o = tiersim(dir.path(), &["plot", "nowhere"]);
    assert!(code(&o) == 2 && err(&o).contains("nowhere: no such folder"), "{}", err(&o));
}

#[test]
fn looks_stand_beside_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let o = tiersim(
        dir.path(),
        &["run", "loyalty-healthy", "--set", "days=5", "--replications", "1", "--no-png"],
    );
    assert_eq!(code(&o), 0, "{}", err(&o));
    let folder = run_folder(&dir.path().join("output"), "loyalty-healthy");
    for (size, theme, name, wide) in [
        ("slide", "light", "rating-slide.svg", "width=\"1280\""),
        ("column", "dark", "rating-column-dark.svg", "89mm"),
        ("page", "dark", "rating-dark.svg", "width=\"900\""),
    ] {
        let plot = ["plot", folder.to_str().unwrap(), "--size", size, "--theme", theme, "--no-png"];
        let o = tiersim(dir.path(), &plot);
        assert!(code(&o) == 0 && out(&o).contains("4 new"), "{}{}", out(&o), err(&o));
        let svg = fs::read_to_string(folder.join("charts").join(name)).unwrap();
        assert!(svg.contains(wide), "{name}: {}", &svg[..300]);
    }
    // One of them, and what a wrong name is told.
    let one = ["plot", folder.to_str().unwrap(), "--chart", "limit", "-o", "one", "--no-png"];
    let o = tiersim(dir.path(), &one);
    assert_eq!(out(&o), "1 chart file in one: 1 new.\n", "{}", err(&o));
    assert!(files(&dir.path().join("one")).keys().eq(["charts/limit.svg"]));
    let o = tiersim(dir.path(), &["plot", folder.to_str().unwrap(), "--chart", "limits"]);
    let says =
        "--chart limits: no such chart here; did you mean limit? (charts: rating, limit, funnel, delays)";
    assert!(code(&o) == 2 && err(&o).contains(says), "{}", err(&o));
    // What is beside the result does not keep it from being verified.
    let o = tiersim(dir.path(), &["plot", folder.to_str().unwrap(), "--no-png"]);
    assert!(out(&o).contains("4 there already"), "{}", out(&o));
}

#[test]
fn a_study_has_a_page_that_is_made_again_and_an_answer_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let arms = [
        "compare",
        "opt-out-hidden",
        "opt-out-easy",
        "--everywhere",
        "days=8",
        "--replications",
        "3",
        "--no-png",
    ];
    let o = tiersim(dir.path(), &arms);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let folder = files(dir.path()).into_keys().find(|f| f.ends_with("report.html")).expect("a page");
    let folder = dir.path().join(folder.trim_end_matches("/report.html"));
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("opt-out-easy") && page.contains("<svg"), "the charts are in it");
    fs::remove_file(folder.join("report.html")).unwrap();
    let name = folder.to_str().unwrap();
    let o = tiersim(dir.path(), &["report", name]);
    assert!(out(&o).contains("\n\n1 report in "), "{}{}", out(&o), err(&o));
    assert!(fs::read_to_string(folder.join("report.html")).unwrap() == page, "the same to the byte");
    let o = tiersim(dir.path(), &["report", name, "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&o.stdout).unwrap();
    assert_eq!(answer["command"], "compare");
    assert!(answer["figures"].as_array().is_some_and(|f| !f.is_empty()), "{answer}");
}
