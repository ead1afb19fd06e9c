//! The part of the answer that sets the numbers of a run side by side: what each sent, what waited, what came back.

use crate::experiment::measure::{NumberSummary, RunResult};
use crate::report::page::{Page, chars, left};
use crate::report::words;

/// Longest name.
const NAME_MAX: usize = 20;
/// What a column shows of a number.
type Take = fn(&NumberSummary) -> u64;
/// Width of a column.
const COLUMN: usize = 11;

/// One line for each number, means over all replications. Of a run: a log tells no plan.
pub(super) fn side_by_side(page: &mut Page, result: &RunResult) {
    let n = result.replications.len();
    if n == 0 {
        return;
    }
    page.section(if n > 1 {
        "Numbers side by side, mean of all replications"
    } else {
        "Numbers side by side"
    });
    let names: Vec<String> =
        result.numbers.iter().map(|s| words::shorten(&words::clean(s), NAME_MAX)).collect();
    let label = names.iter().map(|s| chars(s)).max().unwrap_or(0) + 2;
    let columns: [(&str, Take); 5] = [
        ("sent", |s| s.counts.sent),
        ("deferred", |s| s.plan.deferred),
        ("not sent", |s| s.plan.not_sent),
        ("blocked", |s| s.counts.blocked),
        ("reported", |s| s.counts.reported),
    ];
    let shown = columns.len().min(page.width.saturating_sub(label + 2) / COLUMN);
    let heads: String = columns[..shown].iter().map(|(head, _)| left(head, COLUMN)).collect();
    page.line(format!("  {}{heads}", left("", label)).trim_end());
    for (i, name) in names.iter().enumerate() {
        let mean = |take: Take| {
            let sum: u64 = result.replications.iter().filter_map(|r| r.numbers.get(i)).map(take).sum();
            words::mean_count(sum as f64 / n as f64)
        };
        let cells: String = columns[..shown].iter().map(|(_, take)| left(&mean(*take), COLUMN)).collect();
        page.line(format!("  {}{cells}", left(name, label)).trim_end());
    }
}
