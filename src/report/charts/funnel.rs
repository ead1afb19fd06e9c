//! What happened per day: attempted, delivered, read, and the negative signals on a scale of their own.

use crate::report::axis::{self, Kind, TimeAxis, ValueAxis};
use crate::report::charts::{self, AXIS_TITLE};
use crate::report::picture::funnel::Day;
use crate::report::picture::{About, Funnel};
use crate::report::series::Days;
use crate::report::sheet;
use crate::report::style::{self, Canvas, Hue, Point, Type, counts};
use crate::report::words;
use crate::sim::SimDuration;

/// What the chart is called.
pub const TITLE: &str = "From attempt to read, day by day";

/// A row of the chart: counts stacked on each other.
struct Row {
    parts: Vec<Part>,
    /// The row's own scale, not the common one.
    apart: bool,
    /// What is counted, as the end of the row's title.
    unit: &'static str,
    /// What an empty row says.
    empty: &'static str,
}

struct Part {
    name: &'static str,
    color: Hue,
    days: Vec<u64>,
}

fn rows(about: &About, funnel: &Funnel) -> Vec<Row> {
    let part = |name, color, pick: fn(&Day) -> u64| Part {
        name,
        color,
        days: funnel.days.iter().map(pick).collect(),
    };
    vec![
        Row {
            parts: vec![
                part("sent", counts::SENT, |c| c.sent),
                // In a replay, refused rows may have been sent all the same: those stand among the sent.
                part(
                    if about.seed.is_none() { "refused, not sent" } else { "refused" },
                    counts::REFUSED,
                    |c| c.refused,
                ),
            ],
            apart: false,
            unit: ", attempts per day; a refused message may be tried again",
            empty: "nothing was attempted",
        },
        Row {
            parts: vec![part("delivered", counts::DELIVERED, |c| c.delivered)],
            apart: false,
            unit: ", messages per day",
            empty: "nothing was delivered",
        },
        Row {
            parts: vec![part("read (seen)", counts::READ, |c| c.read)],
            apart: false,
            unit: ", messages per day",
            empty: "no read was seen",
        },
        Row {
            parts: vec![
                part("blocked", counts::BLOCKED, |c| c.blocked),
                part("reported", counts::REPORTED, |c| c.reported),
            ],
            apart: true,
            unit: ", signals per day: a report often comes with a block by the same person",
            empty: "nobody blocked or reported",
        },
    ]
}

impl Row {
    fn top(&self) -> u64 {
        let days = self.parts.first().map_or(0, |p| p.days.len());
        (0..days).map(|d| self.parts.iter().map(|p| p.days[d]).sum()).max().unwrap_or(0)
    }
}

/// Draws the chart.
pub fn paint(canvas: &mut Canvas, about: &About, funnel: &Funnel) {
    let numbers = about.numbers.len();
    let all = if numbers > 1 { format!(", {numbers} numbers together") } else { String::new() };
    charts::header(canvas, about, TITLE, &format!("Messages per day{all}{}", charts::of_first(about)));
    let foot = charts::small_print(
        canvas.size(),
        about,
        "The upper three panels share one scale, the lowest has its own. Reads are those seen: people with receipts \
         off are not among them.",
    );
    let (above, below) = (sheet::top(canvas.size(), 64.0), charts::body_bottom(canvas, &foot));
    let rows = rows(about, funnel);
    let common = rows.iter().filter(|r| !r.apart).map(Row::top).max().unwrap_or(0);
    let dates = 32.0;
    let height = (below - dates - above) / rows.len() as f64;
    let x = TimeAxis::new(
        canvas.pick(78.0, 46.0),
        canvas.width() - canvas.pick(128.0, 62.0),
        about.start,
        about.horizon,
    );
    for (i, row) in rows.iter().enumerate() {
        let top = above + i as f64 * height;
        let max = if row.apart { row.top() } else { common };
        let y = ValueAxis {
            top: top + 22.0,
            bottom: top + height - 4.0,
            kind: Kind::Linear(if max < 5 {
                1.05 * max.max(1) as f64
            } else {
                axis::round_up(1.04 * max as f64)
            }),
        };
        draw_row(canvas, about, row, &x, &y, max);
    }
    x.labels(canvas, below - dates - 4.0);
    foot.draw_above(canvas, charts::SMALL_PRINT_AT);
}

fn draw_row(canvas: &mut Canvas, about: &About, row: &Row, x: &TimeAxis, y: &ValueAxis, max: u64) {
    let mut title: Vec<(Type, &str)> = Vec::new();
    for (i, part) in row.parts.iter().enumerate() {
        if i > 0 {
            title.push((AXIS_TITLE, " + "));
        }
        title.push((Type::bold(11.0, part.color.text()), part.name));
    }
    let short = row.unit.split([';', ':']).next().unwrap_or(row.unit);
    title.push((AXIS_TITLE, canvas.pick(row.unit, short)));
    canvas.texts((x.left, y.top - 7.0), &title);
    for tick in x.ticks() {
        canvas.line(&[(tick.at, y.top), (tick.at, y.bottom)], style::GRID, 0.07, 1.0);
    }
    // Counts are whole: no tick between 0 and 1.
    let most = if max < 5 { max.max(1) as usize + 1 } else { 3 };
    y.draw(canvas, (x.left, x.right), most, axis::count_label);
    charts::spans(canvas, about, x, (y.top, y.bottom));

    let days = about.days();
    let count = row.parts.first().map_or(0, |p| p.days.len());
    let mut base = vec![0u64; count];
    for part in &row.parts {
        columns(canvas, &days, &base, &part.days, part.color, x, y);
        base.iter_mut().zip(&part.days).for_each(|(b, d)| *b += d);
    }
    if base.iter().all(|v| *v == 0) {
        charts::nothing(canvas, (0.5 * (x.left + x.right), 0.5 * (y.top + y.bottom) + 4.0), row.empty);
    }
    // Totals at the right, one under the other.
    let mut baseline = y.top + 10.0;
    for part in &row.parts {
        let total: u64 = part.days.iter().sum();
        let at = x.right + canvas.pick(12.0, 6.0);
        let kind = Type::bold(canvas.pick(13.0, 11.0), part.color.text());
        let room = canvas.width() - at - 4.0;
        let said = words::count(total);
        let said = if kind.width(&said) <= room { said } else { axis::count_label(total as f64) };
        canvas.text((at, baseline), kind, &said);
        if canvas.is_column() {
            // Whose total it is, its colour says.
            baseline += 13.0;
            continue;
        }
        canvas.text((at, baseline + 13.0), charts::SMALL, &format!("{} in all", part.name));
        baseline += 30.0;
    }
}

fn columns(
    canvas: &mut Canvas,
    days: &Days,
    base: &[u64],
    values: &[u64],
    color: Hue,
    x: &TimeAxis,
    y: &ValueAxis,
) {
    let edges = |day: usize| (x.px(days.start(day)), x.px(days.start(day) + SimDuration::DAY));
    if x.day_width() >= 4.0 {
        let gap = (0.12 * x.day_width()).min(3.0);
        for (day, (b, v)) in base.iter().zip(values).enumerate().filter(|(_, (_, v))| **v > 0) {
            let (left, right) = edges(day);
            let (top, bottom) = (y.px((b + v) as f64), y.px(*b as f64));
            // The least count still shows.
            canvas.rect((left + gap / 2.0, top.min(bottom - 0.8)), (right - gap / 2.0, bottom), color, 0.9);
        }
        return;
    }
    let mut upper: Vec<Point> = Vec::new();
    let mut lower: Vec<Point> = Vec::new();
    for (day, (b, v)) in base.iter().zip(values).enumerate() {
        let (left, right) = edges(day);
        for at in [left, right] {
            upper.push((at, y.px((b + v) as f64)));
            lower.push((at, y.px(*b as f64)));
        }
    }
    upper.extend(lower.into_iter().rev());
    canvas.area(&upper, color, 0.9);
}
