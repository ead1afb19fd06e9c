//! A sweep looked at without writing it: single rows run again, and what all of them would cost.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64};

use super::inputs::Asked;
use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::cli::progress::Stopwatch;
use crate::experiment::study::arm::Watcher;
use crate::experiment::study::catalogue::Frame;
use crate::experiment::study::sweep::{Ended, Row, Take};
use crate::experiment::tally::Shape;
use crate::report::sweep as told;
use crate::report::words;
use crate::store::StoreError;
use crate::store::sweeps::rows::RowWriter;
use crate::text::did_you_mean;

/// Points shown of a long list, from its start and its end.
const SHOWN: (usize, usize) = (10, 3);

/// Most points that are checked before anything is run: reading one takes a few milliseconds.
const CHECKED: usize = 2000;
/// Points that cannot be run and are told with the reason.
const FAILURES_SHOWN: usize = 5;

/// Runs one point, or one replication of it, and prints the rows as `runs.csv` has them.
pub fn only(asked: &Asked, text: &str, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let (point, replication) = parse_only(text, asked.head.points, asked.head.replications)?;
    let mut out = asked.layout().header();
    let mut encoder = RowWriter::new(asked.layout());
    match replication {
        None => {
            let mut rows = Kept(Vec::new());
            if super::run(asked, &(point..point + 1), 0, common, cancel, &mut rows)? == Ended::Stopped {
                return Err(Failure::Interrupted);
            }
            for row in rows.0 {
                let outcome = row.outcome.as_ref().map(Vec::as_slice).map_err(String::as_str);
                out.extend_from_slice(encoder.row(row.point, row.replication, outcome));
            }
        }
        Some(replication) => match asked.load(point) {
            Err(why) => out.extend_from_slice(encoder.row(point, replication, Err(&why))),
            Ok(arm) => {
                let watcher = Watcher { cancel, progress: &AtomicU64::new(0) };
                let pool = crate::cli::study::pool(common)?;
                let run = pool.install(|| arm.run_one(&Shape::new(&arm.plan), replication, watcher));
                let run = run.map_err(|_| Failure::Interrupted)?;
                let frame = Frame::of(&arm.plan);
                let values: Vec<Option<f64>> = asked.measures.iter().map(|m| m.of(&run, &frame)).collect();
                out.extend_from_slice(encoder.row(point, replication, Ok(&values)));
            }
        },
    }
    output::print(&String::from_utf8(out).expect("tables are text"))?;
    let sets: Vec<String> = asked.overrides(point).iter().map(|s| format!("--set '{s}'")).collect();
    output::note(common, &format!("the same point as a run of its own: tiersim run … {}", sets.join(" ")));
    Ok(Exit::Fine)
}

/// Rows kept.
struct Kept(Vec<Row>);

impl Take for Kept {
    type Error = StoreError;
    fn row(&mut self, row: Row) -> Result<(), StoreError> {
        self.0.push(row);
        Ok(())
    }
}

/// Reads `point=12,replication=7`: the point from 0, the replication from 1.
fn parse_only(text: &str, points: usize, replications: u64) -> Result<(usize, Option<u64>), Failure> {
    let wrong = |why: String| {
        Failure::input(format!("--only {text}: {why} (allowed: point=P or point=P,replication=R)"))
    };
    let (mut point, mut replication) = (None, None);
    for part in text.split(',') {
        let (key, value) =
            part.split_once('=').ok_or_else(|| wrong(format!("{:?} is no key=number", part.trim())))?;
        let (key, value) = (key.trim(), value.trim());
        let (slot, most) = match key {
            "point" => (&mut point, points as u64),
            "replication" => (&mut replication, replications),
            other => {
                let hint =
                    did_you_mean(other, ["point", "replication"]).map_or(String::new(), |h| format!("; {h}"));
                return Err(wrong(format!("unknown key {other}{hint}")));
            }
        };
        let n = value.parse::<u64>().ok().filter(|n| (1..=most).contains(n));
        let n = n.ok_or_else(|| wrong(format!("no {key} {value}; there are {most}")))?;
        if slot.replace(n).is_some() {
            return Err(wrong(format!("{key} twice")));
        }
    }
    let point = point.ok_or_else(|| wrong("which point?".to_string()))?;
    Ok((point as usize - 1, replication))
}

/// Lists the points and runs a few to say what all would cost.
pub fn dry_run(asked: &Asked, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let points = asked.points();
    let n = asked.head.replications;
    let mut out = told::text::design(&asked.head, points.len());
    out.push_str("\n\n");
    out.push_str(&list(asked, &points));
    let pool = crate::cli::study::pool(common)?;
    let before = peak_memory();
    let mut spent = Vec::new();
    let tried = evenly(&points, CHECKED);
    let (fit, failing) = checked(asked, &tried);
    out.push_str(&failures(asked, &failing, tried.len(), points.len()));
    let mut pilots: Vec<usize> = [0, fit.len() / 2, fit.len().saturating_sub(1)]
        .into_iter()
        .filter_map(|i| fit.get(i).copied())
        .collect();
    pilots.dedup();
    for point in pilots {
        let arm = asked.load(point).map_err(Failure::input)?;
        let shape = Shape::new(&arm.plan);
        let watcher = Watcher { cancel, progress: &AtomicU64::new(0) };
        // The first run of a process pays for pages and caches that later ones find.
        let runs = if spent.is_empty() { 2 } else { 1 };
        for run in 1..=runs {
            let watch = Stopwatch::start();
            pool.install(|| arm.run_one(&shape, 1, watcher)).map_err(|_| Failure::Interrupted)?;
            if run == runs {
                spent.push(watch.seconds());
            }
        }
    }
    if spent.is_empty() {
        out.push_str("\nNone can be run; there is no estimate.\n");
    } else {
        let threads = super::threads(common);
        let mean = spent.iter().sum::<f64>() / spent.len() as f64;
        let rows = points.len() as f64 * n as f64;
        let most = spent.iter().fold(0.0, |a: f64, b| a.max(*b));
        out.push_str(&format!(
            "\nA replication takes about {} ({} tried, the longest {}); {} rows on {} take about {}, if the others \
             are like these.\n",
            told::text::seconds(mean),
            words::plural(spent.len() as u64, "point", "points"),
            told::text::seconds(most),
            words::count(rows as u64),
            words::plural(threads as u64, "thread", "threads"),
            told::text::seconds(mean * rows / threads as f64),
        ));
        if let Some((before, after)) = before.zip(peak_memory()) {
            let each = after.saturating_sub(before).max(1);
            out.push_str(&format!(
                "Memory: about {} MB ({before} MB for the program, {each} MB more for a replication, one per thread).\n",
                before + each * threads as u64
            ));
        }
    }
    out.push_str("Nothing was written.\n");
    output::print(&out)?;
    Ok(Exit::Fine)
}

/// At most so many of the points, evenly, the first and the last among them.
fn evenly(points: &Range<usize>, most: usize) -> Vec<usize> {
    match points.len() {
        n if n <= most => points.clone().collect(),
        n => (0..most).map(|i| points.start + i * (n - 1) / (most - 1)).collect(),
    }
}

/// Which of these points can be run, and which can't and why.
fn checked(asked: &Asked, points: &[usize]) -> (Vec<usize>, Vec<(usize, String)>) {
    let (mut fit, mut failing) = (Vec::new(), Vec::new());
    for point in points {
        match asked.load(*point) {
            Ok(_) => fit.push(*point),
            Err(why) => failing.push((*point, why)),
        }
    }
    (fit, failing)
}

/// How many points cannot be run, and the first of them with the reason.
fn failures(asked: &Asked, failing: &[(usize, String)], tried: usize, all: usize) -> String {
    if failing.is_empty() {
        return String::new();
    }
    let of =
        if tried < all { format!("{} points tried of ", words::count(tried as u64)) } else { String::new() };
    let mut out = format!(
        "\n{} of {of}{} cannot be run:\n",
        words::count(failing.len() as u64),
        words::plural(all as u64, "point", "points")
    );
    for (point, why) in failing.iter().take(FAILURES_SHOWN) {
        let why = why.lines().collect::<Vec<_>>().join("\n    ");
        out.push_str(&format!("  {}  {}\n    {why}\n", point + 1, asked.overrides(*point).join("  ")));
    }
    if failing.len() > FAILURES_SHOWN {
        let rest: Vec<String> = failing[FAILURES_SHOWN..].iter().map(|(p, _)| (p + 1).to_string()).collect();
        out.push_str(&format!("  and {}\n", words::list(&rest, 20)));
    }
    out
}

fn list(asked: &Asked, points: &Range<usize>) -> String {
    let mut out = String::new();
    let hidden = points.len().saturating_sub(SHOWN.0 + SHOWN.1);
    let width = points.end.to_string().len();
    for (i, point) in points.clone().enumerate() {
        if hidden > 0 && i == SHOWN.0 {
            out.push_str(&format!("  … {} more\n", words::count(hidden as u64)));
        }
        if hidden == 0 || i < SHOWN.0 || i >= points.len() - SHOWN.1 {
            out.push_str(&format!("  {:>width$}  {}\n", point + 1, asked.overrides(point).join("  ")));
        }
    }
    out
}

/// The most memory this process has had \[MB\], where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kb: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_checked_evenly() {
        assert_eq!(evenly(&(3..6), 5), [3, 4, 5]);
        assert_eq!(evenly(&(10..110), 3), [10, 59, 109]);
    }

    #[test]
    fn rows_are_named_by_point_and_replication() {
        let parse = |text: &str| match parse_only(text, 20, 9) {
            Ok(found) => Ok(found),
            Err(Failure::Input(e)) => Err(e.to_string()),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(parse("point=12,replication=7"), Ok((11, Some(7))));
        assert_eq!(parse("point=1"), Ok((0, None)));
        for (text, says) in [
            ("12", "\"12\" is no key=number"),
            ("point=21", "no point 21; there are 20"),
            ("point=1,replication=0", "no replication 0; there are 9"),
            ("replication=1", "which point?"),
            ("piont=1", "did you mean point?"),
            ("point=1,point=2", "point twice"),
        ] {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.contains(says), "{text}: {wrong}");
        }
    }
}
