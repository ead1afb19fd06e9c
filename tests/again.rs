//! What a folder of results says of itself: the answer as its command printed it, in every form; command lines that make
//! it again to the byte; and no word more once a table of it was changed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{code, err, files, out, run_folder, tiersim};

const SHORT: [&str; 3] = ["--no-png", "--threads", "2"];

/// What stands above the line that says where the files are.
fn answer(stdout: &str) -> &str {
    stdout.trim_end().rsplit_once("\n\n").expect("an answer and a last line").0
}

/// The command lines on a page, as a reader would copy them.
fn on_page(page: &str) -> Vec<String> {
    let inside = |rest: &str| rest.split_once("</code>").expect("an end").0.to_string();
    let plain = |mut text: String| {
        for (escaped, c) in [
            ("<span>", ""),
            ("</span>", ""),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#x27;", "'"),
            ("&#x2f;", "/"),
            ("&amp;", "&"),
        ] {
            text = text.replace(escaped, c);
        }
        text
    };
    page.split("<pre tabindex=\"0\"><code>").skip(1).map(|rest| plain(inside(rest))).collect()
}

/// Types command lines in a folder, as a shell takes them, with results going elsewhere.
#[cfg(unix)]
fn typed(lines: &[String], folder: &Path, to: &Path) {
    let program = Path::new(env!("CARGO_BIN_EXE_tiersim")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    assert!(!lines.is_empty());
    for line in lines {
        let o = std::process::Command::new("sh")
            .args(["-c", &format!("{line} -q -o {}", to.display())])
            .current_dir(folder)
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(code(&o) < 2, "{line}: {}", err(&o));
    }
}

/// Holds the folder of a command to the command.
fn holds(args: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let args = [args, &SHORT].concat();
    let o = tiersim(dir.path(), &args);
    assert!(code(&o) < 2, "{args:?}: {}", err(&o));
    let name = fs::read_dir(dir.path().join("output")).unwrap().next().unwrap().unwrap().file_name();
    let name = name.to_str().unwrap();
    let folder = run_folder(&dir.path().join("output"), name);
    let shown = folder.to_str().unwrap();

    let again = tiersim(dir.path(), &["report", shown]);
    assert_eq!(answer(&out(&again)), answer(&out(&o)), "{args:?}: {}", err(&again));
    assert!(out(&again).ends_with(": 1 there already, the same to the byte.\n"), "{}", out(&again));
    for form in ["json", "csv", "markdown"] {
        let asked = tiersim(dir.path(), &[&args[..], &["--format", form]].concat());
        let again = tiersim(dir.path(), &["report", shown, "--format", form]);
        assert!(!out(&asked).is_empty(), "{args:?} {form}: {}", err(&asked));
        assert_eq!(out(&again), out(&asked), "{args:?} {form}: {}", err(&again));
    }

    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    #[cfg(unix)]
    {
        let to = dir.path().join("again");
        typed(&on_page(&page), &folder, &to);
        let (there, here) = (files(&folder), files(&run_folder(&to, name)));
        for (file, bytes) in &there {
            assert!(here.get(file) == Some(bytes), "{:?}: {file} differs", on_page(&page));
        }
        assert_eq!(here.len(), there.len(), "{:?}", on_page(&page));
    }
    for fact in ["program", "seed", "rules", "hash of all inputs"] {
        assert!(page.contains(&format!("<dt>{fact}</dt>")), "{args:?}: {fact}");
    }
    refuses_what_was_changed(dir.path(), &folder);
}

/// Every file of a folder that is no chart and no page: changed, it is refused, also where nothing is drawn from it.
fn refuses_what_was_changed(dir: &Path, folder: &Path) {
    let tables = files(folder).into_iter().filter(|(name, _)| {
        name != "manifest.json" && [".svg", ".png", ".html"].iter().all(|end| !name.ends_with(end))
    });
    let mut seen = 0;
    for (name, bytes) in tables {
        fs::write(folder.join(&name), [&bytes[..], b"\n"].concat()).unwrap();
        for command in if seen == 0 { &["plot", "report"][..] } else { &["report"] } {
            let o = tiersim(dir, &[command, folder.to_str().unwrap()]);
            let says = format!("{name}: it was changed since it was written");
            assert!(code(&o) == 2 && err(&o).contains(&says), "{name}: {}{}", out(&o), err(&o));
        }
        fs::write(folder.join(&name), bytes).unwrap();
        seen += 1;
    }
    assert!(seen > 3, "{seen}");
}

#[test]
fn a_run_says_the_same_again() {
    let run = ["run", "weekly-promo", "--set", "days=6", "--seed", "7", "--replications", "2"];
    holds(&[&run[..], &["--every", "1h", "--events", "csv", "--policy", "2024-05"]].concat());
}

#[test]
fn a_comparison_says_the_same_again() {
    let variants = ["--set", "recipients.block_base=0.02; templates.points.opt_out=\"hidden\""];
    let common = ["--everywhere", "days=6", "--replications", "3", "--measure", "p_red,blocked"];
    holds(&[&["compare", "loyalty-healthy"], &variants[..], &common].concat());
    holds(
        &[&["compare", "opt-out-hidden", "opt-out-easy", "--fail-if", "p_red > 0.99"], &common[..]].concat(),
    );
}

#[test]
fn a_sweep_says_the_same_again() {
    let sweep = ["sweep", "loyalty-healthy", "--set", "days=6", "--replications", "2"];
    let vary = ["--vary", "recipients.block_base=log:0.001..0.003:3", "--vary", "recipients.read=0.3,0.6"];
    holds(&[&sweep[..], &vary, &["--where", "recipients.read < 0.9", "--boundary", "10%"]].concat());
    holds(&[&sweep[..], &["--vary", "recipients.block_base=0.001..0.003", "--design", "lhs:2"]].concat());
}

#[test]
fn searches_say_the_same_again() {
    let solve =
        ["solve", "loyalty-healthy", "--set", "days=6", "--max", "recipients.block_base=0.001..0.002"];
    let more = ["--subject-to", "p_red < 0.9", "--measure", "delivered", "--replications", "2"];
    holds(&[&solve[..], &more].concat());
    let tradeoff =
        ["tradeoff", "weekly-promo", "--set", "days=6", "--vary", "campaigns.sale.per_week=int:1..3"];
    let more = ["--goal", "max delivered", "--goal", "min blocked", "--points", "3", "--replications", "2"];
    holds(&[&tradeoff[..], &more].concat());
}

#[test]
fn plans_say_the_same_again() {
    let warmup = ["plan", "warmup", "--to", "10K", "--vary", "campaigns.welcome.audience.max=50,200"];
    holds(&[&warmup[..], &["--set", "days=20", "--replications", "2"]].concat());
    let recovery = ["plan", "recovery", "weekly-promo", "--set", "days=6", "--replications", "2"];
    holds(&[&recovery[..], &["--dilute", "campaigns.orders.per_week=7"]].concat());
}

#[test]
fn studies_of_assumptions_say_the_same_again() {
    let sampled =
        ["run", "loyalty-healthy", "--set", "days=6", "--assumptions", "sample", "--replications", "6"];
    holds(&[&sampled[..], &["--outcome", "blocked > 2"]].concat());
    let study = ["sensitivity", "weekly-promo", "--set", "days=4", "--vary", "rating.red_at"];
    let more = ["--vary", "segments.lapsed.block_base=0.001..0.03", "--trajectories", "2"];
    holds(&[&study[..], &more].concat());
    let sobol = ["--method", "sobol", "--base-points", "2", "--resamples", "40", "--luck", "common"];
    holds(&[&study[..], &more[..2], &sobol, &["--replications", "1"]].concat());
}

/// A replay of one log, under one policy or several.
fn replayed(policies: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let run = ["run", "loyalty-healthy", "--set", "days=8", "--replications", "1", "--events", "csv"];
    let o = tiersim(dir.path(), &[&run[..], &SHORT].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    let log = run_folder(&dir.path().join("output"), "loyalty-healthy").join("events.csv");
    let replay = |more: &[&str]| {
        let more = [&["-o", "replayed", "--no-png", "--every", "1h"], more].concat();
        tiersim(dir.path(), &[&["replay", log.to_str().unwrap()], policies, &more].concat())
    };
    let o = replay(&[]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    if policies.is_empty() {
        // A log tells of templates what the run that wrote it knew of them.
        let days = |folder: &Path| fs::read_to_string(folder.join("template_daily.csv")).unwrap();
        let run = days(log.parent().unwrap());
        assert!(run.lines().count() > 8 && run.contains(",GREEN,ACTIVE"), "{run}");
        assert_eq!(days(&dir.path().join("replayed")), run);
    }
    let again = tiersim(dir.path(), &["report", "replayed"]);
    assert_eq!(answer(&out(&again)), answer(&out(&o)), "{}", err(&again));
    for form in ["json", "csv", "markdown"] {
        let again = tiersim(dir.path(), &["report", "replayed", "--format", form]);
        assert_eq!(out(&again), out(&replay(&["--format", form])), "{form}: {}", err(&again));
    }
    let folder: PathBuf = dir.path().join("replayed");
    let page = files(&folder).into_iter().find(|(name, _)| name.ends_with("report.html")).expect("a page").1;
    #[cfg(unix)]
    {
        let lines: Vec<String> = on_page(std::str::from_utf8(&page).unwrap())
            .iter()
            .map(|line| line.replace(" LOG ", &format!(" {} ", log.display())))
            .collect();
        let to = dir.path().join("again");
        typed(&lines, &folder, &to);
        assert!(files(&folder) == files(&to), "{lines:?}");
    }
    refuses_what_was_changed(dir.path(), &folder);
}

#[test]
fn a_replay_says_the_same_again() {
    replayed(&[]);
    replayed(&["--policy", "2023-03", "--policy", "2025-12"]);
}

#[test]
fn several_changed_files_are_named_together() {
    let dir = tempfile::tempdir().unwrap();
    let run = ["run", "loyalty-healthy", "--set", "days=4", "--replications", "1", "--no-png"];
    let o = tiersim(dir.path(), &run);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let folder = run_folder(&dir.path().join("output"), "loyalty-healthy");
    for name in ["daily.csv", "segments.csv", "scenario.toml"] {
        fs::write(folder.join(name), "changed\n").unwrap();
    }
    // What can be made again is no reason to refuse: it is made again.
    fs::write(folder.join("charts/rating.svg"), "changed").unwrap();
    let report = ["report", folder.to_str().unwrap(), "--format", "json"];
    let o = tiersim(dir.path(), &report);
    assert!(code(&o) == 2 && out(&o).is_empty(), "{}", out(&o));
    assert!(err(&o).contains("daily.csv: it was changed since it was written"), "{}", err(&o));
    assert!(err(&o).contains("; so were scenario.toml, segments.csv\n"), "{}", err(&o));
}
