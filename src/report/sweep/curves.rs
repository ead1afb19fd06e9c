//! Response curves: a figure along an axis with its interval as a ribbon, a line for each value of the next axis.

use super::canvas::{end_labels, foot, left, line_value};
use super::scale::{Across, Up};
use super::slices::Slices;
use super::{SweepChart, field, file_name, full, lead};
use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::crossing::Sample;
use crate::experiment::study::swept::Swept;
use crate::report::axis::TICK;
use crate::report::fields::AxisTitle;
use crate::report::figures;
use crate::report::sheet::{self, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Point, Size, Type};
use crate::report::words;

const TOP: f64 = 92.0;
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
        let what = what(s, figure);
        let title = format!("{} by {}", words::capital(&what), full(&s.head, slices.x));
        let drawn = Drawn::new(look.size, s, slices, figure);
        let svg = style::svg_of_height(look, &title, drawn.height, |canvas| drawn.paint(canvas, &title));
        out.push(SweepChart { name, title, svg, csv: csv(s, slices, figure) });
    }
    out
}

/// What a figure is called beside its axis, with its unit.
fn what(s: &Swept, figure: usize) -> String {
    let asked = &s.asked[figure];
    let unit = match asked.measure.unit {
        Unit::Money => format!(", {}", words::shorten(&words::clean(&s.head.currency), 12)),
        _ if s.points.iter().any(|p| p.estimates[figure].is_of_some()) => ", where there is one".to_string(),
        _ => String::new(),
    };
    format!("{}{unit}", figures::name(asked))
}

/// A chart laid out.
struct Drawn<'a> {
    s: &'a Swept,
    slices: &'a Slices,
    figure: usize,
    /// Values of the lines.
    names: Vec<String>,
    curves: Vec<Vec<Sample>>,
    across: Across,
    title: AxisTitle,
    /// What the lines are values of, in lines that fit.
    lines_are: Vec<String>,
    /// Whether that stands on one line with the name of the figure.
    beside: bool,
    foot: Foot,
    /// The bound, where this figure is the one that is asked about.
    bound: Option<f64>,
    /// Upper and lower end of the plot.
    ends: (f64, f64),
    height: f64,
}

impl<'a> Drawn<'a> {
    fn new(size: Size, s: &'a Swept, slices: &'a Slices, figure: usize) -> Drawn<'a> {
        let names: Vec<String> = (0..slices.lines.len()).map(|i| line_value(slices, i)).collect();
        let bound = (figure == lead(s) && s.asked[figure].measure.is_chance()).then_some(s.head.boundary);
        let labels = names.iter().cloned().chain(bound.map(bound_name));
        let widest = labels.map(|n| Type::bold(11.0, style::INK).width(&n)).fold(0.0, f64::max);
        let right = size.width()
            - if widest > 0.0 { (widest + 24.0).min(size.pick(220.0, 160.0)) } else { size.pick(40.0, 14.0) };
        let reading = match (slices.is_numeric() && !slices.scattered, slices.scattered) {
            _ if s.head.replications == 1 => "One replication of each point: no intervals",
            (true, _) => "Lines are estimates, ribbons 95 % intervals at each place",
            (_, true) => "Each dot is a point of the design, with its 95 % interval; other axes vary too",
            _ => "Dots are estimates, lines 95 % intervals",
        };
        let reading = match bound.map(words::threshold) {
            Some(bound) => format!("{reading} · dashed: the bound of {bound}"),
            None => reading.to_string(),
        };
        let foot = foot(size, s, slices, &reading, 0);
        let curves: Vec<_> = slices.lines.iter().map(|l| slices.samples(s, l, figure)).collect();
        let places = curves.iter().flatten().map(|c| c.x);
        let across = Across::new((left(size), right), places, slices.scale, &slices.names);
        let title = AxisTitle::of(&super::field(&s.head, slices.x), size.width() - 12.0);
        let room = size.width() - 2.0 * sheet::margin(size);
        let lines_are = match slices.by {
            Some(by) => {
                let text = format!("lines: {}", words::clean(&field(&s.head, by).titled()));
                sheet::wrapped(TICK, &text, room)
            }
            None => Vec::new(),
        };
        // On one line with the name of the figure where there is room for both.
        let beside = match lines_are.as_slice() {
            [one] => TICK.width(one) + TICK.width(&what(s, figure)) + 24.0 < room,
            _ => lines_are.is_empty(),
        };
        let more = if beside { 0.0 } else { 13.0 * lines_are.len() as f64 };
        let top = sheet::top(size, TOP) + size.pick(0.0, -8.0) + more;
        let under = foot.height() + size.pick(54.0, 44.0) + title.height() + across.height();
        // A column grows with its titles; pages and slides have room.
        let height = size.height() + size.pick(0.0, more + title.height() + across.height());
        Drawn {
            s,
            slices,
            figure,
            names,
            curves,
            across,
            title,
            lines_are,
            beside,
            foot,
            bound,
            ends: (top, height - under),
            height,
        }
    }

    fn paint(&self, canvas: &mut Canvas, title: &str) {
        let (s, slices) = (self.s, self.slices);
        let asked = &s.asked[self.figure];
        sheet::header(canvas, &super::title(s, self.figure), &[title, &s.head.question]);
        let connected = slices.is_numeric() && !slices.scattered;
        let size = canvas.size();
        let (above, below) = self.ends;
        let (left, right) = self.across.ends;
        canvas.text((sheet::margin(size), above - 10.0), TICK, &words::capital(&what(s, self.figure)));
        let room = size.width() - sheet::margin(size);
        let first = above - 10.0 - if self.beside { 0.0 } else { 13.0 };
        for (i, line) in self.lines_are.iter().enumerate() {
            let under = self.lines_are.len() - 1 - i;
            canvas.text((room, first - 13.0 * under as f64), TICK.end(), line);
        }
        let (across, curves) = (&self.across, &self.curves);
        let ends_of = |c: &Sample| [Some(c.value), c.interval.map(|i| i.0), c.interval.map(|i| i.1)];
        let all = curves.iter().flatten().flat_map(ends_of).flatten().chain(self.bound);
        let up = Up::new((above, below), all, asked);
        up.draw(canvas, (left, right));
        across.draw(canvas, (above, below), Some(&self.title));
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
            if let (Some(last), false) = (line.last(), self.names[i].is_empty()) {
                let mean = line.iter().map(|at| at.1).sum::<f64>() / line.len() as f64;
                ends.push((mean, ((right, last.1), style::series(i), self.names[i].clone())));
            }
        }
        if let Some(bound) = self.bound {
            let y = up.px(bound);
            canvas.dashed(&[(left, y), (right, y)], style::INK, 0.8, 1.2, (5.0, 4.0));
            ends.push((y, ((right, y), style::INK, bound_name(bound))));
        }
        // Where lines end together their names stand in the order the lines had before.
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ends: Vec<_> = ends.into_iter().map(|e| e.1).collect();
        end_labels(canvas, &ends, (above, below));
        self.foot.draw(canvas);
    }
}

/// What stands at the end of the line of the bound.
fn bound_name(bound: f64) -> String {
    format!("bound {}", words::threshold(bound))
}

fn csv(s: &Swept, slices: &Slices, figure: usize) -> String {
    let by = slices.by.map_or(String::new(), |by| format!("{},", sheet::field(&s.head.paths[by])));
    let mut out = format!("point,{by}{},value,low,high,n\n", sheet::field(&s.head.paths[slices.x]));
    for line in &slices.lines {
        for i in &line.points {
            let (point, e) = (&s.points[*i], &s.points[*i].estimates[figure]);
            let by = slices.by.map_or(String::new(), |by| format!("{},", sheet::field(&point.values[by])));
            out.push_str(&format!(
                "{},{by}{},{},{},{},{}\n",
                i + 1,
                sheet::field(&point.values[slices.x]),
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
        assert!(
            drawn[0].svg.contains("lines: dispatches per week of promo")
                && drawn[0].svg.contains("bound 5 %")
                && !legible::body(&drawn[0].svg).contains("NaN")
        );
        assert_eq!(drawn[0].csv.lines().count(), 1 + 36);
        assert!(
            drawn[0]
                .csv
                .starts_with("point,campaigns.promo.per_week,recipients.block_base,value,low,high,n\n")
        );
    }
}
