//! `tiersim plot` of studies: each draws its charts again from its tables and manifest alone, for any size and theme, and
//! refuses tables that were changed.

use std::fs;
use std::path::{Path, PathBuf};

use tiersim::report::style::{Look, Size, Theme};

use crate::cli::{code, err, files, out, run_folder, tiersim};
use crate::plot::{again, charts};
use crate::report::legible;
use crate::sweep::{only_folder, scratch, sweep};

/// Runs a command and gives its folder.
fn made(dir: &Path, args: &[&str]) -> PathBuf {
    let o = tiersim(dir, args);
    assert!(code(&o) < 2, "{args:?}: {}", err(&o));
    let name = fs::read_dir(dir.join("output")).unwrap().next().unwrap().unwrap().file_name();
    run_folder(&dir.join("output"), name.to_str().unwrap())
}

/// Holds charts for paper and slides to what holds of every chart.
fn legible_everywhere(dir: &Path, folder: &Path) {
    let n = charts(folder).iter().filter(|c| c.0.ends_with(".svg")).count();
    assert!(n > 0);
    for look in
        [Look { theme: Theme::Dark, size: Size::Column }, Look { theme: Theme::Light, size: Size::Slide }]
    {
        let (size, theme) = match look.size {
            Size::Column => ("column", "dark"),
            _ => ("slide", "light"),
        };
        let plot = ["plot", folder.to_str().unwrap(), "--size", size, "--theme", theme, "--no-png"];
        let o = tiersim(dir, &[&plot[..], &["-o", size]].concat());
        assert_eq!(code(&o), 0, "{}", err(&o));
        let drawn = charts(&dir.join(size));
        assert_eq!(drawn.len(), n, "{}", out(&o));
        for (name, svg) in drawn {
            let faults = legible::faults(std::str::from_utf8(&svg).unwrap(), look);
            assert!(faults.is_empty(), "{name}: {faults:#?}");
        }
    }
}

fn redrawn(args: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let folder = made(dir.path(), args);
    again(dir.path(), &folder);
    legible_everywhere(dir.path(), &folder);
}

#[test]
fn a_comparison_draws_its_chart_again() {
    redrawn(&[
        "compare",
        "loyalty-healthy",
        "--set",
        "campaigns.weekly.per_week=2",
        "--set",
        "recipients.block_base=0.02; templates.points.opt_out=\"hidden\"",
        "--everywhere",
        "days=6",
        "--replications",
        "4",
    ]);
}

#[test]
fn a_recovery_plan_draws_its_chart_again() {
    redrawn(&["plan", "recovery", "weekly-promo", "--set", "days=6", "--replications", "2"]);
}

#[test]
fn a_sensitivity_study_draws_its_charts_again() {
    let study = ["sensitivity", "weekly-promo", "--set", "days=6", "--vary", "rating.red_at"];
    let vary = ["--vary", "segments.lapsed.block_base=0.001..0.03", "--measure", "blocked,p_yellow@shop"];
    redrawn(&[&study[..], &vary, &["--trajectories", "3"]].concat());
    let sobol = ["--method", "sobol", "--base-points", "2", "--resamples", "40"];
    redrawn(&[&study[..], &vary, &sobol].concat());
}

#[test]
fn a_search_draws_its_chart_again() {
    let solve = ["solve", "loyalty-healthy", "--set", "days=6", "--max", "recipients.block_base=0.001..0.05"];
    redrawn(&[&solve[..], &["--subject-to", "blocked < 30", "--replications", "3"]].concat());
}

#[test]
fn a_warm_up_plan_draws_its_chart_again() {
    let warmup = ["plan", "warmup", "warm-up", "--to", "2000", "--set", "days=20", "--replications", "2"];
    let vary = ["--vary", "campaigns.welcome.audience.max=200", "--subject-to", "p_red <= 1"];
    redrawn(&[&warmup[..], &vary].concat());
}

#[test]
fn a_trade_off_draws_its_chart_again() {
    let tradeoff = ["tradeoff", "weekly-promo", "--set", "days=6", "--points", "6", "--replications", "2"];
    let vary = ["--vary", "segments.lapsed.size=int:0..900"];
    redrawn(&[&tradeoff[..], &vary, &["--goal", "max delivered", "--goal", "min blocked"]].concat());
}

#[test]
fn a_run_under_plausible_rule_sets_draws_its_chart_again() {
    let run = ["run", "loyalty-healthy", "--set", "days=6", "--assumptions", "sample"];
    redrawn(&[&run[..], &["--replications", "6", "--outcome", "blocked > 2"]].concat());
}

#[test]
fn sweeps_draw_their_charts_for_paper_and_slides_and_refuse_edited_tables() {
    let dir = scratch();
    let o = sweep(dir.path(), &["-o", "all"]);
    assert_eq!(code(&o), 0, "{}", err(&o));
    let folder = only_folder(&dir.path().join("all"));
    legible_everywhere(dir.path(), &folder);
    let name = folder.to_str().unwrap();
    // The table beside a chart, and the one it is drawn from.
    for table in ["charts/heat.csv", "points.csv"] {
        let path = folder.join(table);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.replacen(",7,", ",8,", 1)).unwrap();
        for command in ["plot", "report"] {
            let o = tiersim(dir.path(), &[command, name]);
            let says = format!("{table}: it was changed since it was written");
            assert!(code(&o) == 2 && err(&o).contains(&says), "{}", err(&o));
            assert_eq!(err(&o).matches(name).count(), 1, "the folder is named once: {}", err(&o));
        }
        fs::write(&path, whole).unwrap();
    }
    fs::remove_file(folder.join("points.csv")).unwrap();
    let o = tiersim(dir.path(), &["plot", name]);
    assert!(code(&o) == 2 && err(&o).contains("points.csv: no such file"), "{}", err(&o));
    // Points anywhere, with names among the values.
    let scattered = ["--design", "lhs:8", "--measure", "p_red,delivered", "-o", "lhs", "--no-png"];
    let vary = ["--vary", "segments.all.block_base=log:0.005..0.2"];
    let o = tiersim(dir.path(), &[&["sweep", "small.toml"], &vary[..], &scattered].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    again(dir.path(), &only_folder(&dir.path().join("lhs")));
    let named = ["--vary", "templates.offer.opt_out=easy,hidden", "-o", "named", "--no-png"];
    let o = tiersim(dir.path(), &[&["sweep", "small.toml"], &named[..]].concat());
    assert_eq!(code(&o), 0, "{}", err(&o));
    again(dir.path(), &only_folder(&dir.path().join("named")));
}

#[test]
fn an_answer_without_charts_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let warmup = ["plan", "warmup", "warm-up", "--to", "2000", "--set", "days=3", "--replications", "2"];
    let vary =
        ["--vary", "campaigns.welcome.audience.max=200", "--subject-to", "delivered > 1000000", "--no-png"];
    let folder = made(dir.path(), &[&warmup[..], &vary].concat());
    assert!(files(&folder).keys().all(|k| !k.ends_with(".svg")));
    let o = tiersim(dir.path(), &["plot", folder.to_str().unwrap()]);
    assert!(code(&o) == 2 && err(&o).contains("this answer has no charts"), "{}", err(&o));
    let o = tiersim(dir.path(), &["report", folder.to_str().unwrap()]);
    assert!(out(&o).contains("1 there already"), "{}{}", out(&o), err(&o));
}
