//! `tiersim sweep` and `tiersim merge` end to end: the same bytes by any way to them, and what is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::{code, err, files, out, run_folder, tiersim};

const SCENARIO: &str = r#"
question = "How often may I message?"
start = 2026-01-05
days = 6
seed = 3
replications = 4

[segments.all]
size = 150
block_base = 0.01

[numbers.shop]
portfolio = "shop"

[templates.offer]
category = "marketing"
opt_out = "hidden"

[campaigns.promo]
template = "offer"
per_week = 3
"#;

const VARY: [&str; 4] =
    ["--vary", "segments.all.block_base=log:0.005..0.2:4", "--vary", "campaigns.promo.per_week=1,3,7"];

pub fn scratch() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("small.toml"), SCENARIO).unwrap();
    dir
}

/// Few figures and no PNG, unless asked for (by `--measure`, and by `--png`, which only this function knows).
pub fn sweep(folder: &Path, more: &[&str]) -> std::process::Output {
    let mut args: Vec<&str> = ["sweep", "small.toml"].into_iter().chain(VARY).collect();
    if !more.contains(&"--measure") {
        args.extend(["--measure", "p_red,p_yellow,delivered"]);
    }
    if !more.contains(&"--png") && !more.contains(&"--no-png") {
        args.push("--no-png");
    }
    args.extend(more.iter().copied().filter(|a| *a != "--png"));
    tiersim(folder, &args)
}

/// A sweep that ends well, and its files.
fn swept(folder: &Path, base: &str, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let more: Vec<&str> = more.iter().copied().chain(["-o", base]).collect();
    let o = sweep(folder, &more);
    assert_eq!(code(&o), 0, "{}{}", out(&o), err(&o));
    files(&folder.join(base))
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    let found = files.iter().find(|(path, _)| path.ends_with(name));
    String::from_utf8(found.unwrap_or_else(|| panic!("{name} in {:?}", files.keys())).1.clone()).unwrap()
}

pub fn only_folder(base: &Path) -> PathBuf {
    run_folder(base, "small")
}

#[test]
fn a_sweep_answers_and_leaves_the_same_files_on_any_number_of_threads() {
    let dir = scratch();
    let one = swept(dir.path(), "a", &["--threads", "1", "--png"]);
    assert_eq!(one, swept(dir.path(), "b", &["--threads", "3", "--png"]));
    for name in [
        "points.csv",
        "runs.csv",
        "design.csv",
        "sweep.json",
        "scenario.toml",
        "summary.json",
        "manifest.json",
        "charts/colours.svg",
        "charts/heat.svg",
        "charts/heat.csv",
        "charts/response-p_red.svg",
    ] {
        assert!(one.keys().any(|k| k.ends_with(name)), "{name} in {:?}", one.keys());
    }
    #[cfg(feature = "parquet")]
    assert!(one.keys().any(|k| k.ends_with("runs.parquet")));
    #[cfg(feature = "png")]
    assert!(one.keys().any(|k| k.ends_with("charts/heat.png")));
    assert!(one.keys().all(|k| !k.contains("unfinished")));
    assert_eq!(text(&one, "points.csv").lines().count(), 13);
    assert_eq!(text(&one, "runs.csv").lines().count(), 49);
    assert!(text(&one, "design.csv").contains("\n5,0.0170998,3\n"), "{}", text(&one, "design.csv"));
    crate::plot::again(dir.path(), &only_folder(&dir.path().join("a")));
    // The same again: what is there is checked and left.
    let o = sweep(dir.path(), &["-o", "a", "--png"]);
    assert!(out(&o).contains("there already, and the same to the byte"), "{}{}", out(&o), err(&o));
    assert!(out(&o).contains("hance of red"), "{}", out(&o));
}

#[test]
fn a_point_runs_again_to_the_same_values_by_itself() {
    let dir = scratch();
    let all = swept(dir.path(), "a", &["--no-png"]);
    let runs = text(&all, "runs.csv");
    let lines: Vec<&str> = runs.lines().collect();
    // Point 5, replication 2 of four.
    let o = sweep(dir.path(), &["--only", "point=5,replication=2"]);
    assert_eq!((code(&o), out(&o)), (0, format!("{}\n{}\n", lines[0], lines[1 + 4 * 4 + 1])));
    let o = sweep(dir.path(), &["--only", "point=5"]);
    assert_eq!(out(&o), format!("{}\n{}\n", lines[0], lines[17..21].join("\n")));
    assert!(err(&o).contains("--set 'segments.all.block_base=0.0170998'"), "{}", err(&o));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing more is written");
    // As a run of its own: its table of replications has the values of the row.
    let o = tiersim(
        dir.path(),
        &[
            "run",
            "small.toml",
            "--set",
            "segments.all.block_base=0.0170998",
            "--set",
            "campaigns.promo.per_week=3",
            "-o",
            "r",
            "--no-png",
        ],
    );
    assert_eq!(code(&o), 0, "{}", err(&o));
    let replications = text(&files(&dir.path().join("r")), "replications.csv");
    let column = lines[0].split(',').position(|c| c == "delivered").unwrap();
    let row: Vec<&str> = lines[18].split(',').collect();
    assert_eq!(row[..2], ["5", "0.0170998"]);
    assert!(replications.contains(&format!("2,shop,delivered,{}\n", row[column])), "{replications}");
}

#[test]
fn a_killed_sweep_goes_on_to_the_same_bytes() {
    let dir = scratch();
    let whole = swept(dir.path(), "whole", &[]);
    // What a kill leaves: made by cutting the rows of a finished sweep off anywhere, in a folder as the sweep makes it.
    let finished = only_folder(&dir.path().join("whole"));
    let hash = finished.file_name().unwrap().to_string_lossy().into_owned();
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(finished.join("manifest.json")).unwrap()).unwrap();
    let runs = std::fs::read(finished.join("runs.csv")).unwrap();
    for (i, share) in [0.05, 0.31, 0.77, 1.0].into_iter().enumerate() {
        let base = format!("cut{i}");
        let unfinished = dir.path().join(&base).join("small").join(format!("{hash}.unfinished"));
        std::fs::create_dir_all(&unfinished).unwrap();
        for name in ["sweep.json", "design.csv", "scenario.toml"] {
            std::fs::copy(finished.join(name), unfinished.join(name)).unwrap();
        }
        let inputs = serde_json::to_vec_pretty(&manifest["inputs"]).unwrap();
        std::fs::write(unfinished.join("inputs.json"), inputs).unwrap();
        let header = runs.iter().position(|b| *b == b'\n').unwrap() + 1;
        let cut = header.max((runs.len() as f64 * share) as usize);
        std::fs::write(unfinished.join("runs.csv"), &runs[..cut]).unwrap();

        let o = sweep(dir.path(), &["-o", &base]);
        assert_eq!(code(&o), 2, "not without being asked");
        assert!(err(&o).contains("--resume goes on with them, --force begins anew"), "{}", err(&o));
        let o = sweep(dir.path(), &["-o", &base, "--resume", "--seed", "4"]);
        assert!(err(&o).contains("seed is 3 there and 4 here"), "{}", err(&o));
        let o = sweep(dir.path(), &["-o", &base, "--resume", "--set", "numbers.shop.throughput=5"]);
        assert!(err(&o).contains("throughput of the scenario is"), "{}", err(&o));
        let o = sweep(dir.path(), &["-o", &base, "--resume", "--threads", "2"]);
        assert_eq!(code(&o), 0, "{}", err(&o));
        assert_eq!(files(&dir.path().join(&base)), whole, "cut at {share}");
    }
    let o = sweep(dir.path(), &["-o", "whole", "--resume"]);
    assert!(code(&o) == 0 && err(&o).contains("finished already"), "{}", err(&o));
}

#[cfg(unix)]
#[test]
fn a_real_kill_and_ctrl_c_lose_no_finished_point() {
    use std::process::{Command, Stdio};
    let dir = scratch();
    // Long enough to be caught at work.
    let more =
        ["--replications", "60", "--set", "segments.all.size=3000", "--no-png", "--measure", "p_red,blocked"];
    let args: Vec<&str> = ["sweep", "small.toml"].into_iter().chain(VARY).chain(more).collect();
    let whole = swept(dir.path(), "whole", &more);
    for (signal, base) in [("-KILL", "killed"), ("-INT", "stopped")] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tiersim"))
            .current_dir(dir.path())
            .args(&args)
            .args(["-o", base, "--threads", "2"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let rows = || {
            let of = |e: std::fs::DirEntry| std::fs::read_to_string(e.path().join("runs.csv")).ok();
            let entries = std::fs::read_dir(dir.path().join(base).join("small")).ok();
            let found =
                entries.and_then(|e| e.flatten().filter(|e| e.path().extension().is_some()).find_map(of));
            found.map_or(0, |t| t.lines().count())
        };
        while rows() < 100 && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let o = child.wait_with_output().unwrap();
        if o.status.success() {
            // It was faster than the signal: nothing to see, and nothing wrong.
            continue;
        }
        if signal == "-INT" {
            let said = String::from_utf8(o.stderr).unwrap();
            assert_eq!(o.status.code(), Some(130));
            assert!(said.contains("with --resume goes on with them"), "{said}");
        }
        assert!(rows() >= 100);
        let resume: Vec<&str> = args.iter().copied().chain(["-o", base, "--resume"]).collect();
        let o = tiersim(dir.path(), &resume);
        assert_eq!(code(&o), 0, "{}", err(&o));
        assert!(err(&o).contains("going on after"), "{}", err(&o));
        assert_eq!(files(&dir.path().join(base)), whole);
    }
}

#[test]
fn parts_from_several_machines_make_the_same_bytes() {
    let dir = scratch();
    let whole = swept(dir.path(), "whole", &[]);
    let mut parts: Vec<String> = Vec::new();
    for k in 1..=3 {
        let base = format!("p{k}");
        let o = sweep(dir.path(), &["-o", &base, "--shard", &format!("{k}/3")]);
        assert!(
            code(&o) == 0 && out(&o).contains(&format!("part {k}/3 is complete, 4 points")),
            "{}{}",
            out(&o),
            err(&o)
        );
        parts.push(only_folder(&dir.path().join(&base)).to_string_lossy().into_owned());
    }
    let merge = |parts: &[&str]| {
        let args: Vec<&str> =
            ["merge"].into_iter().chain(parts.iter().copied()).chain(["-o", "merged"]).collect();
        tiersim(dir.path(), &args)
    };
    let o = merge(&[&parts[2], &parts[0], &parts[1]]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(out(&o).contains("hance of red"), "{}", out(&o));
    assert_eq!(files(&dir.path().join("merged")), whole, "the manifest too");
    crate::plot::again(dir.path(), &only_folder(&dir.path().join("merged")));
    let o = tiersim(dir.path(), &["plot", &parts[0]]);
    assert!(code(&o) == 2 && err(&o).contains("a part of a sweep has no charts"), "{}", err(&o));
    // What does not fit together.
    let refused = |parts: &[&str], says: &str| {
        let o = merge(parts);
        assert!(code(&o) == 2 && err(&o).contains(says), "{says}: {}", err(&o));
    };
    refused(&[&parts[0], &parts[2]], "part 2/3 is missing");
    std::process::Command::new("cp").args(["-r", "p1", "again"]).current_dir(dir.path()).status().unwrap();
    // Not by replacing text: a scratch folder's name is drawn, and may hold the letters.
    let again =
        dir.path().join("again").join(Path::new(&parts[0]).strip_prefix(dir.path().join("p1")).unwrap());
    let again = again.to_string_lossy().into_owned();
    refused(&[&parts[0], &again, &parts[1], &parts[2]], "holds part 1/3 again");
    let whole_folder = only_folder(&dir.path().join("whole"));
    refused(&[&whole_folder.to_string_lossy()], "is no part of a sweep");
    let o = sweep(dir.path(), &["-o", "other", "--shard", "2/3", "--replications", "5"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let other = only_folder(&dir.path().join("other")).to_string_lossy().into_owned();
    refused(&[&parts[0], &other, &parts[2]], "replications is 4 there and 5 here");
    let changed = Path::new(&again).join("runs.csv");
    let text = std::fs::read_to_string(&changed).unwrap();
    std::fs::write(&changed, text.replacen("0", "1", 1)).unwrap();
    refused(&[&again, &parts[1], &parts[2]], "was changed since it was written");
}

#[test]
fn a_point_that_cannot_be_run_is_recorded_and_the_rest_goes_on() {
    let dir = scratch();
    let args =
        ["sweep", "small.toml", "--vary", "segments.all.block_base=0.01,1.5,0.1", "--no-png", "-o", "a"];
    let o = tiersim(dir.path(), &args);
    assert_eq!(code(&o), 0, "{}", err(&o));
    assert!(
        err(&o).contains("WARNING: 1 of 3 points could not be run, the first: block chance 1.5"),
        "{}",
        err(&o)
    );
    let found = files(&dir.path().join("a"));
    let points = text(&found, "points.csv");
    let second = points.lines().nth(2).unwrap();
    assert!(
        second.starts_with("2,1.5,,,,0,") && second.contains("--set segments.all.block_base=1.5"),
        "{second}"
    );
    assert_eq!(text(&found, "runs.csv").lines().count(), 1 + 4 + 1 + 4);
    let none = ["sweep", "small.toml", "--vary", "segments.all.block_base=1.5,2.5", "-o", "none"];
    let o = tiersim(dir.path(), &none);
    let said = "none of 2 points can be run; the first, block chance 1.5";
    assert!(code(&o) == 2 && err(&o).contains(said), "{}", err(&o));
    assert!(files(&dir.path().join("none")).is_empty(), "nothing is left");
    let strict: Vec<&str> = args.iter().copied().chain(["--strict"]).collect();
    assert_eq!(code(&tiersim(dir.path(), &strict)), 1);
}

#[test]
fn designs_conditions_and_tables() {
    let dir = scratch();
    let points = |args: &[&str]| {
        let args: Vec<&str> = ["sweep", "small.toml", "--no-png", "-o", "d", "--force", "--measure", "p_red"]
            .into_iter()
            .chain(args.iter().copied())
            .collect();
        std::fs::remove_dir_all(dir.path().join("d")).ok();
        let o = tiersim(dir.path(), &args);
        assert_eq!(code(&o), 0, "{args:?}: {}", err(&o));
        text(&files(&dir.path().join("d")), "design.csv")
    };
    let grid = points(&[
        "--vary",
        "campaigns.promo.per_week=int:1..3",
        "--vary",
        "segments.all.size=100,200",
        "--where",
        "100*campaigns.promo.per_week + segments.all.size <= 400",
    ]);
    assert_eq!(
        grid,
        "point,campaigns.promo.per_week,segments.all.size\n1,1,100\n2,1,200\n3,2,100\n4,2,200\n5,3,100\n"
    );
    let zip = points(&[
        "--vary",
        "campaigns.promo.per_week=1,2",
        "--vary",
        "templates.offer.opt_out=easy,hidden",
        "--design",
        "zip",
    ]);
    assert_eq!(zip, "point,campaigns.promo.per_week,templates.offer.opt_out\n1,1,easy\n2,2,hidden\n");
    std::fs::write(dir.path().join("p.csv"), "campaigns.promo.per_week,days\n1,3\n2,4\n").unwrap();
    assert!(points(&["--points", "p.csv"]).ends_with("\n1,1,3\n2,2,4\n"));
}

#[test]
fn a_look_before_the_run_writes_nothing() {
    let dir = scratch();
    let o = sweep(dir.path(), &["--dry-run"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let said = out(&o);
    for part in [
        "12 points, a grid over",
        "per_week=7",
        "A replication takes about",
        "48 rows on",
        "Nothing was written",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_look_before_the_run_names_every_point_that_cannot_run_and_what_was_rounded() {
    let dir = scratch();
    let vary = ["sweep", "small.toml", "--vary", "campaigns.promo.per_week=lin:15..24:4", "--dry-run"];
    let o = tiersim(dir.path(), &vary);
    let said = out(&o);
    assert!(said.contains("\n1 of 4 points cannot be run:\n  4  campaigns.promo.per_week=24\n"), "{said}");
    assert!(said.contains("A replication takes about"), "{said}");
    let vary = [
        "sweep",
        "small.toml",
        "--vary",
        "campaigns.promo.per_week=lin:1..2:2",
        "--vary",
        "segments.all.size=log:100..200:3",
        "--dry-run",
    ];
    let o = tiersim(dir.path(), &vary);
    let rounded = "segments.all.size holds whole numbers: the range was rounded to 100, 141, 200.";
    assert!(err(&o).contains(rounded) && !err(&o).contains("per_week holds"), "{}", err(&o));
}

#[test]
fn wrong_input_is_refused_with_its_place_and_a_way_out() {
    let dir = scratch();
    for (args, says) in [
        (
            vec!["--vary", "segments.all.blok_base=1,2"],
            "--vary segments.all.blok_base: unknown key; did you mean block_base?",
        ),
        (vec!["--vary", "campaigns.prmo.per_week=1,2"], "did you mean promo?"),
        (vec!["--vary", "days=lgo:1..2:3"], "did you mean log?"),
        (vec!["--vary", "days=3,4", "--set", "days=3"], "it can't be set at every point too"),
        (vec!["--vary", "seed=1,2"], "share one seed"),
        (vec!["--vary", "days=3,4", "--design", "gird"], "did you mean grid?"),
        (vec!["--vary", "days=3,4", "--where", "dayz < 4"], "did you mean days?"),
        (vec!["--vary", "days=3,4", "--measure", "p_rde"], "did you mean p_red?"),
        (vec!["--vary", "days=3,4", "--boundary", "7"], "--boundary 7: no chance"),
        (vec!["--vary", "days=3,4", "--shard", "3/2"], "--shard 3/2: no part"),
        (vec!["--vary", "days=3,4", "--shard", "1/5"], "leave nothing for this part"),
        (vec!["--vary", "days=3,4", "--only", "point=3"], "no point 3; there are 2"),
        (vec!["--vary", "segments.all.block_base=0..0.9/0.000001"], "at most 100000"),
        (vec!["--points", "none.csv"], "none.csv: cannot read"),
        (vec![], "--vary"),
    ] {
        let all: Vec<&str> = ["sweep", "small.toml"].into_iter().chain(args).collect();
        let o = tiersim(dir.path(), &all);
        assert!(code(&o) >= 2 && err(&o).contains(says), "{all:?}: {} {}", code(&o), err(&o));
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was written");
}
