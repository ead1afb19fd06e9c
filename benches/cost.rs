//! The chart of `docs/performance.md`: cost per event against recipients, drawn from the figures that stand beside it.
//!
//!     cargo bench --bench cost        reads docs/images/cost.csv, writes docs/images/cost.svg
//!
//! Measures nothing itself: `once` does, and its figures are put into the table by hand.

use std::collections::BTreeMap;

use plotters::prelude::*;

/// What is drawn, by workload and days, in the order of the table.
type Series = Vec<(String, Vec<(f64, f64)>)>;

/// The least ns/event of each workload, days and recipients.
fn series(table: &str) -> Series {
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let place = |name: &str| names.iter().position(|n| *n == name).expect("a column of that name");
    let at = ["workload", "days", "threads", "recipients", "ns_per_event"].map(place);
    let mut all: Vec<(String, BTreeMap<u64, f64>)> = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let [workload, days, threads, recipients, ns] = at.map(|i| cells[i]);
        if threads != "1" {
            continue;
        }
        let name = format!("{workload}, {days} days");
        let (recipients, ns): (u64, f64) =
            (recipients.parse().expect("a number"), ns.parse().expect("a number"));
        let known = all.iter().position(|s| s.0 == name).unwrap_or_else(|| {
            all.push((name, BTreeMap::new()));
            all.len() - 1
        });
        let least = all[known].1.entry(recipients).or_insert(ns);
        *least = least.min(ns);
    }
    let points = |s: BTreeMap<u64, f64>| s.into_iter().map(|(n, ns)| (n as f64, ns)).collect();
    all.into_iter().map(|(name, s)| (name, points(s))).collect()
}

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images");
    let table = std::fs::read_to_string(format!("{folder}/cost.csv")).expect("the table of figures");
    let series = series(&table);
    let path = format!("{folder}/cost.svg");
    let area = SVGBackend::new(&path, (760, 420)).into_drawing_area();
    area.fill(&WHITE).expect("room to draw");
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d((3e3f64..4e6).log_scale(), (10f64..2e3).log_scale())
        .expect("axes");
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("recipients")
        .y_desc("CPU ns per event, one thread")
        .x_label_formatter(&|n| format!("{n:.0}"))
        .y_label_formatter(&|ns| format!("{ns:.0}"))
        .draw()
        .expect("a mesh");
    for (i, (name, points)) in series.iter().enumerate() {
        let style = Palette99::pick(i).stroke_width(2);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style).point_size(3))
            .expect("a line")
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw()
        .expect("a legend");
    area.present().expect("a place to write to");
}
