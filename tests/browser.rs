//! `report.html` in a real browser: `tests/browser/check.mjs` looks at pages the way a reader would. Where the machine
//! has no Chromium or no node, the test says so and passes, unless `TIERSIM_BROWSER=required`; the script can be run by hand on any page.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64};

use tiersim::experiment::measure::RunResult;
use tiersim::experiment::plan::Plan;
use tiersim::experiment::replicate::{Request, replicate};
use tiersim::experiment::result::result;
use tiersim::report::html::{Reproduce, Still, run_page, study_page};
use tiersim::report::picture::Picture;
use tiersim::report::style::Look;
use tiersim::report::{answer, charts};
use tiersim::scenario::{self, library};
use tiersim::sim::SimDuration;

/// The first of these programs that can be started.
fn program(names: &[&'static str]) -> Option<&'static str> {
    let starts = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    names.iter().copied().find(starts)
}

fn weekly_promo(replications: u64) -> RunResult {
    let text = library::text("weekly-promo").expect("shipped");
    let load = |path: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, path.to_string()));
    let (s, policy) = scenario::load("weekly-promo.toml", text, &["days=25".to_string()], &load)
        .unwrap_or_else(|e| panic!("{e}"));
    let plan = Plan::new(s, policy.timeline()).unwrap_or_else(|e| panic!("{e}"));
    let request = Request {
        replications: 1..=replications,
        every: SimDuration(1),
        keep_all: false,
        sink: &|_| None,
        cancel: &AtomicBool::new(false),
        progress: &AtomicU64::new(0),
    };
    let done = replicate(&plan, &request).expect("nobody interrupts");
    result(&plan, &policy, &[], done)
}

/// Runs the script on a page; its faults are the test's.
fn check(node: &str, chromium: &str, page: &Path, shots: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs");
    let o = Command::new(node).arg(script).arg(page).arg(shots).arg(chromium).output().expect("node starts");
    assert!(o.status.success(), "{}\n{}", page.display(), String::from_utf8_lossy(&o.stderr));
    for name in ["light", "dark", "narrow"] {
        let shot = shots.join(format!("{}-{name}.png", page.file_stem().expect("a name").to_string_lossy()));
        assert!(shot.metadata().is_ok_and(|m| m.len() > 5000), "{}", shot.display());
    }
}

#[test]
fn report_html_answers_mouse_and_keyboard_and_asks_no_network() {
    let found = (program(&["node"]), program(&["chromium", "chromium-browser", "google-chrome"]));
    let (Some(node), Some(chromium)) = found else {
        let needed = std::env::var_os("TIERSIM_BROWSER").is_some_and(|v| v == "required");
        assert!(!needed, "TIERSIM_BROWSER=required, and no node or no Chromium starts");
        // Past the test harness, which keeps what passing tests print to itself.
        writeln!(std::io::stderr(), "skipped: report.html in a browser needs node and Chromium").unwrap();
        return;
    };
    let result = weekly_promo(3);
    let picture = Picture::of(&result);
    let drawn = charts::draw(&picture, Look::default());
    let stills: Vec<Still<'_>> =
        drawn.iter().map(|c| Still { name: &c.name, title: &c.title, svg: &c.svg }).collect();
    let reproduce = Reproduce {
        said: "Typed in the folder of this page.".to_string(),
        commands: vec!["tiersim run weekly-promo --replications 3".to_string()],
        facts: vec![("Seed".to_string(), "12".to_string())],
    };
    let answer = answer::run(&result, &[]);
    let run =
        run_page(&answer, &picture, &result.first.verdicts, &result.first.template_days, &stills, &reproduce);
    assert!(run.len() < 600_000, "{} bytes", run.len());
    let dir = tempfile::tempdir().unwrap();
    // Kept for people to look at where they ask for it.
    let shots = std::env::var_os("REPORT_SHOTS").map_or_else(|| dir.path().to_path_buf(), PathBuf::from);
    std::fs::create_dir_all(&shots).unwrap();
    for (name, text) in [("run", run), ("study", study_page(&answer, &stills, &reproduce))] {
        let page = shots.join(format!("{name}.html"));
        std::fs::write(&page, text).unwrap();
        check(node, chromium, &page, &shots);
    }
}
