//! Who refused in the printed answer: attempts by the platform's code, where a cap, a control or a rate refused any.

use crate::experiment::measure::{Origin, RunResult};
use crate::experiment::stats;
use crate::report::codes::title;
use crate::report::page::{Page, left, right};
use crate::report::words;

/// Codes of the rules that limits and incidents speak of already.
const TOLD: [&str; 4] = ["131031", "131048", "132015", "132016"];

/// The table; nothing where only limits and statuses refused.
pub(super) fn refusals(page: &mut Page, result: &RunResult) {
    let mut codes: Vec<&str> = Vec::new();
    let summaries = || result.replications.iter().flat_map(|r| &r.numbers);
    for (code, _) in summaries().flat_map(|n| &n.refused_by) {
        if !codes.contains(&code.as_str()) {
            codes.push(code);
        }
    }
    codes.sort_unstable();
    if codes.iter().all(|c| TOLD.contains(c)) {
        return;
    }
    let n = result.replications.len();
    let attempted = summaries().map(|n| n.counts.attempted).sum::<u64>() as f64 / n as f64;
    let mean = if n > 1 { ", mean of all replications" } else { "" };
    page.section(&format!("Who refused{mean}"));
    for code in codes {
        let by_run: Vec<f64> = result
            .replications
            .iter()
            .map(|r| {
                let mine = r.numbers.iter().flat_map(|n| &n.refused_by).filter(|(c, _)| c == code);
                mine.map(|(_, n)| *n).sum::<u64>() as f64
            })
            .collect();
        let (mean, _) = stats::mean_interval_from_zero(&by_run);
        let share = if attempted > 0.0 { words::percent(mean / attempted) } else { "–".to_string() };
        let what = if code.is_empty() { "no code of the platform's".to_string() } else { title(code) };
        page.wrap(
            &format!(
                "{}{}  {} of attempts: {what}",
                left(code, 8),
                right(&words::mean_count(mean), 11),
                right(&share, 6)
            ),
            2,
            23,
        );
    }
    let where_told =
        if result.origin == Origin::Replayed { "" } else { "; by campaign and rule: refusals.csv" };
    page.wrap(&format!("`tiersim codes CODE` explains each{where_told}."), 2, 2);
}
