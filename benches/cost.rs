//! The chart of `docs/performance.md`: cost per event against recipients, drawn from the figures that stand beside it.
//!
//!     cargo bench --bench cost        reads docs/images/cost.csv, writes docs/images/cost.svg
//!
//! Measures nothing itself: `once` does, and its figures are put into the table by hand.

use std::collections::BTreeMap;

use tiersim::report::axis;
use tiersim::report::style::{self, Canvas, Look, Type};

/// Days of the runs that a line joins; other spans are dots beside it.
const LINE: &str = "28";

/// What is drawn of a workload: the least ns/event by recipients, of runs of [`LINE`] days and of longer ones.
#[derive(Default)]
struct Series {
    line: BTreeMap<u64, f64>,
    longer: BTreeMap<(u64, u64), f64>,
}

/// Workloads in the order of the table.
fn series(table: &str) -> Vec<(String, Series)> {
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let place = |name: &str| names.iter().position(|n| *n == name).expect("a column of that name");
    let at = ["workload", "days", "threads", "recipients", "ns_per_event"].map(place);
    let mut all: Vec<(String, Series)> = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let [workload, days, threads, recipients, ns] = at.map(|i| cells[i]);
        if threads != "1" {
            continue;
        }
        let ns: f64 = ns.parse().expect("a number");
        let [recipients, span] = [recipients, days].map(|n| n.parse::<u64>().expect("a whole number"));
        let known = all.iter().position(|s| s.0 == workload).unwrap_or_else(|| {
            all.push((workload.to_string(), Series::default()));
            all.len() - 1
        });
        let of = &mut all[known].1;
        let least = match days == LINE {
            true => of.line.entry(recipients).or_insert(ns),
            false => of.longer.entry((recipients, span)).or_insert(ns),
        };
        *least = least.min(ns);
    }
    all
}

fn paint(canvas: &mut Canvas, all: &[(String, Series)]) {
    let (left, right, top, bottom) = (84.0, canvas.width() - 150.0, 84.0, canvas.height() - 92.0);
    let soft = Type::plain(11.0, style::SOFT);
    canvas.text((40.0, 34.0), Type::bold(17.0, style::INK), "What an event costs as the list grows");
    canvas.text(
        (40.0, 58.0),
        Type::plain(12.5, style::SOFT),
        "CPU time per event [ns], one thread, logarithmic scales",
    );
    let (first, last) = (7e3f64, 1.4e7f64);
    let x = |n: f64| left + libm::log(n / first) / libm::log(last / first) * (right - left);
    let most = all
        .iter()
        .flat_map(|(_, s)| s.line.values().chain(s.longer.values()))
        .fold(100.0, |a: f64, b| a.max(*b));
    let (low, high) = (10.0f64, libm::pow(10.0, libm::ceil(libm::log10(most))));
    let y = |ns: f64| bottom - libm::log(ns / low) / libm::log(high / low) * (bottom - top);
    for ns in [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0].into_iter().filter(|ns| *ns <= high) {
        canvas.line(&[(left, y(ns)), (right, y(ns))], style::GRID, 0.1, 1.0);
        canvas.text((left - 8.0, y(ns) + soft.half_height()), soft.end(), &axis::count_label(ns));
    }
    for n in [1e4, 1e5, 1e6, 1e7] {
        canvas.line(&[(x(n), top), (x(n), bottom)], style::GRID, 0.1, 1.0);
        canvas.text((x(n), bottom + 18.0), soft.middle(), &axis::count_label(n));
    }
    canvas.text((0.5 * (left + right), bottom + 38.0), soft.middle(), "recipients");
    let mut ends = Vec::new();
    for (i, (_, s)) in all.iter().enumerate() {
        let points: Vec<(f64, f64)> = s.line.iter().map(|(n, ns)| (x(*n as f64), y(*ns))).collect();
        canvas.line(&points, style::series(i), 1.0, 2.5);
        points.iter().for_each(|p| canvas.dot(*p, 4.0, style::series(i)));
        s.longer.iter().for_each(|((n, _), ns)| {
            canvas.dot((x(*n as f64), y(*ns)), 4.0, style::series(i));
            canvas.dot((x(*n as f64), y(*ns)), 2.2, style::PAPER);
        });
        ends.push(points.last().map_or(bottom, |p| p.1));
    }
    let placed = axis::spread(&ends, 16.0, (top, bottom)).unwrap_or_else(|| ends.clone());
    for (i, ((name, _), at)) in all.iter().zip(placed).enumerate() {
        let kind = Type::bold(12.0, style::series(i).text());
        canvas.text((right + 10.0, at + kind.half_height()), kind, name);
    }
    let note = "Lines: runs of 28 days; rings: 90 and 360 days. yardstick: W1 as a plain program with one binary heap. Figures: cost.csv.";
    canvas.text((40.0, canvas.height() - 22.0), Type::plain(10.0, style::SOFT), note);
}

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images");
    let table = std::fs::read_to_string(format!("{folder}/cost.csv")).expect("the table of figures");
    let all = series(&table);
    let title = "CPU time per event against recipients";
    let svg = style::svg(Look::default(), title, |canvas: &mut Canvas| paint(canvas, &all));
    std::fs::write(format!("{folder}/cost.svg"), svg).expect("a place to write to");
}
