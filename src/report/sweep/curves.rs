//! Response curves: a figure along an axis with its interval as a ribbon, a line for each value of the next axis.

use super::canvas::{end_labels, foot, left, line_name};
use super::scale::{Across, Up};
use super::slices::Slices;
use super::{SweepChart, file_name, label};
use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::crossing::Sample;
use crate::experiment::study::swept::Swept;
use crate::report::figures;
use crate::report::sheet::{self, field, maybe};
use crate::report::style::{self, Canvas, Look, Point};
use crate::report::words;

const TOP: f64 = 76.0;
/// Most points of a line that are drawn as dots too.
const DOTS_MAX: usize = 40;

/// A chart for each figure that is not the same at all points.
pub fn charts(s: &Swept, slices: &Slices, look: Look) -> Vec<SweepChart> {
    let mut out: Vec<SweepChart> = Vec::new();
    for figure in 0..s.asked.len() {
        let mut values = s.points.iter().filter_map(|p| p.estimates[figure].value);
        let Some(first) = values.next() else { continue };
        if values.all(|v| v == first) {
            continue;
        }
        let mut name = format!("response-{}", file_name(&s.asked[figure]));
        if out.iter().any(|c| c.name == name) {
            name = format!("{name}-{}", figure + 1);
        }
        let title = format!("{} by {}", figures::name(&s.asked[figure]), s.head.paths[slices.x]);
        let title = words::capital(&title);
        let svg = style::svg(look, &title, |canvas| paint(canvas, s, slices, figure));
        out.push(SweepChart { name, title, svg, csv: csv(s, slices, figure) });
    }
    out
}

fn paint(canvas: &mut Canvas, s: &Swept, slices: &Slices, figure: usize) {
    let asked = &s.asked[figure];
    let money = match asked.measure.unit {
        Unit::Money => format!(", {}", words::shorten(&s.head.currency, 12)),
        _ if s.points.iter().any(|p| p.estimates[figure].is_of_some()) => ", where there is one".to_string(),
        _ => String::new(),
    };
    let title = format!("{}{money} by {}", words::capital(&figures::name(asked)), label(&s.head, slices.x));
    sheet::header(canvas, &title, "", &words::clean(&s.head.question));
    let connected = slices.is_numeric() && !slices.scattered;
    let names: Vec<String> = (0..slices.lines.len()).map(|i| line_name(s, slices, i)).collect();
    let widest = names.iter().map(|n| style::Type::bold(11.0, style::INK).width(n)).fold(0.0, f64::max);
    let size = canvas.size();
    let (above, left) = (sheet::top(size, TOP) + size.pick(0.0, 8.0), left(size));
    let right = canvas.width()
        - if widest > 0.0 { (widest + 42.0).min(size.pick(220.0, 110.0)) } else { size.pick(40.0, 14.0) };
    let reading = match (connected, slices.scattered) {
        _ if s.head.replications == 1 => "One replication of each point: no intervals",
        (true, _) => "Lines are estimates, ribbons 95 % intervals at each place",
        (_, true) => "Each dot is a point of the design, with its 95 % interval; other axes vary too",
        _ => "Dots are estimates, lines 95 % intervals",
    };
    let foot = foot(size, s, slices, reading, 0);
    let below = canvas.height() - foot.height() - size.pick(54.0, 44.0);
    if canvas.is_column() {
        let kind = style::Type::plain(11.0, style::SOFT);
        let named = format!("{}{money}", words::capital(&figures::name(asked)));
        canvas.text((sheet::margin(size), above - 8.0), kind, &kind.fit(&named, canvas.width() - 16.0));
    }
    let curves: Vec<_> = slices.lines.iter().map(|l| slices.samples(s, l, figure)).collect();
    let places = curves.iter().flatten().map(|c| c.x);
    let across = Across::new((left, right), places, slices.scale, &slices.names);
    let all = curves
        .iter()
        .flatten()
        .flat_map(|c| [Some(c.value), c.interval.map(|i| i.0), c.interval.map(|i| i.1)])
        .flatten();
    let up = Up::new((above, below), all, asked);
    up.draw(canvas, (left, right));
    across.draw(canvas, (above, below), Some(&s.head.paths[slices.x]));
    if connected {
        for (i, curve) in curves.iter().enumerate() {
            let end = |c: &Sample, upper: bool| {
                let interval = c.interval?;
                Some((across.px(c.x), up.px(if upper { interval.1 } else { interval.0 })))
            };
            let upper = curve.iter().filter_map(|c| end(c, true));
            let lower = curve.iter().rev().filter_map(|c| end(c, false));
            canvas.area(&upper.chain(lower).collect::<Vec<Point>>(), style::series(i), 0.16);
        }
    }
    let mut ends = Vec::new();
    for (i, curve) in curves.iter().enumerate() {
        let line: Vec<Point> = curve.iter().map(|c| (across.px(c.x), up.px(c.value))).collect();
        if connected {
            canvas.line(&line, style::series(i), 1.0, 2.0);
        } else {
            // Lines side by side where several have a value at one name.
            let aside =
                if slices.scattered { 0.0 } else { (i as f64 - (curves.len() as f64 - 1.0) / 2.0) * 9.0 };
            for (c, (x, y)) in curve.iter().zip(&line) {
                if let Some((low, high)) = c.interval {
                    let ends = [(x + aside, up.px(low)), (x + aside, up.px(high))];
                    canvas.line(&ends, style::series(i), 0.45, 2.0);
                }
                canvas.dot((x + aside, *y), 3.5, style::series(i));
            }
        }
        if connected && line.len() <= DOTS_MAX {
            line.iter().for_each(|at| canvas.dot(*at, 2.6, style::series(i)));
        }
        if let (Some(last), false) = (line.last(), names[i].is_empty()) {
            let mean = line.iter().map(|at| at.1).sum::<f64>() / line.len() as f64;
            ends.push((mean, ((right, last.1), i, names[i].clone())));
        }
    }
    // Where lines end together their names stand in the order the lines had before.
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ends: Vec<_> = ends.into_iter().map(|e| e.1).collect();
    end_labels(canvas, &ends, (above, below));
    foot.draw(canvas);
}

fn csv(s: &Swept, slices: &Slices, figure: usize) -> String {
    let by = slices.by.map_or(String::new(), |by| format!("{},", field(&s.head.paths[by])));
    let mut out = format!("point,{by}{},value,low,high,n\n", field(&s.head.paths[slices.x]));
    for line in &slices.lines {
        for i in &line.points {
            let (point, e) = (&s.points[*i], &s.points[*i].estimates[figure]);
            let by = slices.by.map_or(String::new(), |by| format!("{},", field(&point.values[by])));
            out.push_str(&format!(
                "{},{by}{},{},{},{},{}\n",
                i + 1,
                field(&point.values[slices.x]),
                maybe(e.value),
                maybe(e.interval.map(|v| v.0)),
                maybe(e.interval.map(|v| v.1)),
                e.n
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::legible;
    use crate::report::sweep::{sample, slices::slices};

    #[test]
    fn each_figure_that_moves_has_a_chart_with_its_data() {
        let s = sample::grid();
        let drawn = charts(&s, &slices(&s), Look::default());
        let names: Vec<&str> = drawn.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["response-p_red", "response-p_yellow", "response-profit"]);
        assert!(drawn[0].svg.contains("per_week 7") && !legible::body(&drawn[0].svg).contains("NaN"));
        assert_eq!(drawn[0].csv.lines().count(), 1 + 36);
        assert!(
            drawn[0]
                .csv
                .starts_with("point,campaigns.promo.per_week,recipients.block_base,value,low,high,n\n")
        );
    }
}
