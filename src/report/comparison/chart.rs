//! A comparison as a picture: for each figure a strip with a dot and an interval for each arm, on a scale of its own.
//!
//! A pure function; the look is in `style`.

use super::{Compared, arm, headline, method, told, unit};
use crate::experiment::study::catalogue::{Measure, Unit};
use crate::experiment::study::compare::Line;
use crate::experiment::study::parameter::significant;
use crate::report::axis;
use crate::report::sheet::{self, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Size, Type};
use crate::report::{figures, words};

/// Figures that a chart has room for.
const LINES_MAX: usize = 7;
/// Arms that a chart has room for; the table has all.
const ARMS_MAX: usize = 8;

const TOP: f64 = 66.0;
/// Left and right end of the strips.
fn strip_ends(size: Size) -> (f64, f64) {
    match size {
        Size::Page => (262.0, 690.0),
        Size::Slide => (232.0, 596.0),
        Size::Column => (106.0, 226.0),
    }
}
/// One arm.
const ROW: f64 = 19.0;
/// Title of a strip above its rows, ticks beneath them.
const HEAD: f64 = 22.0;
const TICKS: f64 = 24.0;

const NAME: Type = Type::bold(12.0, style::INK);
const LABEL: Type = Type::plain(11.0, style::INK);
const SMALL: Type = Type::plain(10.0, style::SOFT);

/// The chart as a complete SVG document.
pub fn svg(c: &Compared, look: Look) -> String {
    let arms = c.comparison.arms.len().min(ARMS_MAX);
    let strip = HEAD + arms as f64 * ROW + TICKS;
    let lines = lines(c, most_lines(look.size, strip));
    let left_out = c.comparison.arms.len() - arms;
    let more =
        if left_out > 0 { format!(" · {left_out} more arms in comparison.csv") } else { String::new() };
    let more = match told(c).count() - lines.len() {
        0 => more,
        n => format!("{more} · {} in comparison.csv", words::plural(n as u64, "more figure", "more figures")),
    };
    let reading = format!("Dots are estimates, lines 95 % intervals; each strip has its own scale{more}");
    let foot = Foot::of(look.size, &reading, &format!("{} · {}", words::clean(&c.name), method(c)));
    let above = sheet::top(look.size, TOP);
    let height = sheet::height(look.size, above + lines.len() as f64 * strip + foot.height());
    let title = format!("Comparison: {}", words::shorten(&words::clean(&c.name), 80));
    style::svg_of_height(look, &title, height, |canvas| {
        header(canvas, c);
        for (i, line) in lines.iter().enumerate() {
            paint(canvas, c, line, arms, above + i as f64 * strip);
        }
        foot.draw(canvas);
    })
}

/// Figures that say most when there are more than a chart has room for.
const FIRST: [&str; 7] = ["p_red", "p_yellow", "p_lowered", "delivered", "blocked", "opted_out", "profit"];

/// How many figures have room: a slide does not grow.
fn most_lines(size: Size, strip: f64) -> usize {
    match size {
        Size::Page | Size::Column => LINES_MAX,
        Size::Slide => (((size.height() - TOP - 62.0) / strip) as usize).clamp(1, LINES_MAX),
    }
}

/// What the chart of a page shows, as CSV.
pub fn csv(c: &Compared) -> String {
    let arms = c.comparison.arms.len().min(ARMS_MAX);
    let mut rows = Vec::new();
    for line in lines(c, LINES_MAX) {
        for (i, e) in line.estimates.iter().take(arms).enumerate() {
            let (low, high) = (e.interval.map(|v| v.0), e.interval.map(|v| v.1));
            let figure = line.asked.text.clone();
            rows.push(vec![figure, arm(c, i), maybe(e.value), maybe(low), maybe(high), e.n.to_string()]);
        }
    }
    sheet::table(&["figure", "arm", "value", "low", "high", "n"], rows)
}

/// The figures drawn, in the order of the table.
fn lines(c: &Compared, most: usize) -> Vec<&Line> {
    let all: Vec<&Line> = told(c).collect();
    if all.len() <= most {
        return all;
    }
    let rank = |l: &Line| FIRST.iter().position(|f| *f == l.asked.text).unwrap_or(FIRST.len());
    let mut chosen: Vec<usize> = (0..all.len()).collect();
    chosen.sort_by_key(|i| (rank(all[*i]), *i));
    chosen.truncate(most);
    chosen.sort_unstable();
    chosen.into_iter().map(|i| all[i]).collect()
}

fn header(canvas: &mut Canvas, c: &Compared) {
    let room = canvas.width() - 2.0 * sheet::margin(canvas.size());
    let kind = Type::plain(12.0, style::SOFT);
    let answer = headline(c).into_iter().next().unwrap_or_default();
    // As many of the sentence's parts as fit: half a figure says less than none.
    let mut answer = answer.trim_end_matches('.').to_string();
    while kind.width(&answer) > room {
        match answer.rfind("; ") {
            Some(at) => answer.truncate(at),
            None => break,
        }
    }
    sheet::header(canvas, &c.question, &c.name, &answer);
}

/// The ends of a strip's scale and the step between its ticks.
fn scale(line: &Line, arms: usize) -> Option<(f64, f64, f64)> {
    let shown = line.estimates.iter().take(arms);
    let ends = shown.flat_map(|e| [e.value, e.interval.map(|i| i.0), e.interval.map(|i| i.1)]).flatten();
    sheet::scale(ends, line.asked.measure.unit == Unit::Share)
}

fn paint(canvas: &mut Canvas, c: &Compared, line: &Line, arms: usize, top: f64) {
    let name = format!("{}{}", figures::name(&line.asked), unit(c, line));
    let margin = sheet::margin(canvas.size());
    let (left, right) = strip_ends(canvas.size());
    canvas.text((margin, top + 14.0), NAME, &NAME.fit(&name, canvas.width() - 2.0 * margin));
    let (first, bottom) = (top + HEAD, top + HEAD + arms as f64 * ROW);
    let Some(range) = scale(line, arms) else {
        canvas.text((left, first + 13.0), LABEL, "no replication has a value");
        return;
    };
    let (low, high, _) = range;
    let px = |v: f64| left + (v - low) / (high - low) * (right - left);
    let mut free = f64::NEG_INFINITY;
    for v in sheet::ticks(range) {
        let at = px(v);
        canvas.line(&[(at, first), (at, bottom)], style::GRID, if v == 0.0 { 0.35 } else { 0.1 }, 1.0);
        let said = tick(&line.asked.measure, v);
        let half = 0.5 * SMALL.width(&said);
        // A label that would touch its neighbour is left out; its line stays.
        if at - half > free {
            canvas.text((at, bottom + 13.0), SMALL.middle(), &said);
            free = at + half + 6.0;
        }
    }
    for i in 0..arms {
        let e = &line.estimates[i];
        let y = first + (i as f64 + 0.5) * ROW;
        let label = LABEL.fit_name(&arm(c, i), left - margin - 12.0 - canvas.pick(12.0, 0.0));
        canvas.text((left - canvas.pick(12.0, 8.0), y + LABEL.half_height()), LABEL.end(), &label);
        if let Some((from, to)) = e.interval {
            canvas.line(&[(px(from), y), (px(to), y)], style::series(i), 0.55, 3.0);
        }
        if let Some(v) = e.value {
            canvas.dot((px(v), y), 4.0, style::series(i));
        }
        let said = figures::with_interval(&line.asked, e);
        let at = right + canvas.pick(14.0, 9.0);
        // In a column the interval is the line; its figures are in the table.
        let kind = canvas.pick(LABEL, Type::plain(10.0, style::INK));
        canvas.text((at, y + kind.half_height()), kind, &kind.fit(&said, canvas.width() - at - 6.0));
    }
}

/// The label of a tick on a scale of a measure.
pub fn tick(measure: &Measure, v: f64) -> String {
    match measure.unit {
        Unit::Share | Unit::Score => axis::percent_label(v),
        Unit::Count | Unit::Money if v < 0.0 => format!("-{}", axis::count_label(-v)),
        Unit::Count | Unit::Money => axis::count_label(v),
        Unit::Days => format!("{} d", significant(v)),
    }
}
