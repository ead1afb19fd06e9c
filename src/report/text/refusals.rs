//! Who refused in the printed answer: attempts by the platform's code, where a cap, a control or a rate refused any.

use crate::experiment::measure::RunResult;
use crate::report::codes::title;
use crate::report::page::{Page, left, right};
use crate::report::words;

/// Codes of the rules that limits and incidents speak of already.
const TOLD: [&str; 5] = ["131031", "131048", "132015", "132016", "368"];

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
        let mine = summaries().flat_map(|s| &s.refused_by).filter(|(c, _)| c == code);
        let refused = mine.map(|(_, count)| *count).sum::<u64>() as f64 / n as f64;
        let share = if attempted > 0.0 { words::percent(refused / attempted) } else { "–".to_string() };
        let what = if code.is_empty() { "no code of the platform's".to_string() } else { title(code) };
        page.line(&format!(
            "  {}{}  {}",
            left(code, 18),
            right(&words::mean_count(refused), 11),
            left(&format!("{share} of attempts"), 22)
        ));
        page.wrap(&what, 4, 4);
    }
    page.wrap("`tiersim codes CODE` explains each; by campaign and rule: refusals.csv.", 2, 2);
}
