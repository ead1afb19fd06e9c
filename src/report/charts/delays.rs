//! How long people take to read, and how long messages wait to be sent, as distributions.

use crate::experiment::measure::DelayHistogram;
use crate::report::axis::{Kind, TICK, ValueAxis};
use crate::report::charts::{self, AXIS_TITLE};
use crate::report::picture::{About, Delays};
use crate::report::sheet;
use crate::report::style::{self, Canvas, Hue, Point, Type};
use crate::report::words;

/// What the chart is called.
pub const TITLE: &str = "Delays: to read, and in the queue";

const READ: Hue = Hue::new(0x2b3a8c, 0x9db0ff);
const QUEUE: Hue = Hue::new(0xb05a2e, 0xe08a5c);

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Round delays, in milliseconds.
const TICKS: [(u64, &str); 18] = [
    (SECOND, "1 s"),
    (3 * SECOND, "3 s"),
    (10 * SECOND, "10 s"),
    (30 * SECOND, "30 s"),
    (MINUTE, "1 min"),
    (3 * MINUTE, "3 min"),
    (10 * MINUTE, "10 min"),
    (30 * MINUTE, "30 min"),
    (HOUR, "1 h"),
    (3 * HOUR, "3 h"),
    (8 * HOUR, "8 h"),
    (DAY, "1 day"),
    (3 * DAY, "3 days"),
    (7 * DAY, "7 days"),
    (14 * DAY, "14 days"),
    (30 * DAY, "30 days"),
    (100 * DAY, "100 days"),
    (365 * DAY, "365 days"),
];

/// A delay as people say it: two significant digits of the largest unit that fits.
pub fn delay_words(ms: u64) -> String {
    let of = |unit: u64, name: &str| {
        let v = ms as f64 / unit as f64;
        if v >= 9.95 { format!("{v:.0} {name}") } else { format!("{v:.1} {name}").replace(".0 ", " ") }
    };
    match ms {
        0 => "0 s".to_string(),
        _ if ms < SECOND => format!("{ms} ms"),
        _ if ms < 2 * MINUTE => of(SECOND, "s"),
        _ if ms < 2 * HOUR => of(MINUTE, "min"),
        _ if ms < 2 * DAY => of(HOUR, "h"),
        _ => of(DAY, "days"),
    }
}

/// Draws the chart.
pub fn paint(canvas: &mut Canvas, about: &About, delays: &Delays) {
    charts::header(
        canvas,
        about,
        TITLE,
        &format!("Share of messages done within a given time{}", charts::of_first(about)),
    );
    let foot = charts::small_print(
        canvas.size(),
        about,
        "Dots: half, and nine in ten. Reads are counted only when seen, and only those that happened before the end \
         of the run.",
    );
    let head = sheet::top(canvas.size(), 74.0);
    let top = head + canvas.pick(50.0, 42.0);
    let bottom = charts::body_bottom(canvas, &foot) - 38.0;
    let (left, right) = (canvas.pick(78.0, 52.0), canvas.width() - canvas.pick(36.0, 18.0));
    let (read, queue) = (&delays.time_to_read, &delays.time_in_queue);
    describe(canvas, head, READ, "Time to read", "from delivery", read, "no read was seen");
    describe(
        canvas,
        head + canvas.pick(18.0, 15.0),
        QUEUE,
        "Time in queue",
        "from the planned instant to the send",
        queue,
        "none recorded",
    );
    canvas.text(
        (sheet::margin(canvas.size()), top - 10.0),
        AXIS_TITLE,
        "Share done within the time below, % of messages",
    );

    let (low, high) = ends(&[read, queue]);
    let y = ValueAxis { top, bottom, kind: Kind::Linear(1.0) };
    let px = |ms: u64| {
        let share = libm::log(ms.max(low) as f64 / low as f64) / libm::log(high as f64 / low as f64);
        left + share.clamp(0.0, 1.0) * (right - left)
    };
    y.draw(canvas, (left, right), 4, |v| format!("{:.0} %", v * 100.0));
    let mut free_from = f64::NEG_INFINITY;
    for (ms, label) in TICKS.iter().filter(|(ms, _)| (low..=high).contains(ms)) {
        let at = px(*ms);
        canvas.line(&[(at, top), (at, bottom + 4.0)], style::GRID, 0.09, 1.0);
        let half = TICK.width(label) / 2.0;
        if at - half > free_from && at + half < canvas.width() - 4.0 {
            canvas.text((at, bottom + 17.0), TICK.middle(), label);
            free_from = at + half + 8.0;
        }
    }
    canvas.text((right, bottom + 34.0), AXIS_TITLE.end(), "Delay, logarithmic scale");
    if read.is_empty() && queue.is_empty() {
        charts::nothing(canvas, (0.5 * (left + right), 0.5 * (top + bottom)), "no delay was recorded");
    }
    for (histogram, color) in [(queue, QUEUE), (read, READ)] {
        curve(canvas, histogram, color, (left, right), &px, &y);
    }
    foot.draw_above(canvas, charts::SMALL_PRINT_AT);
}

/// One line of words per distribution: it is label and table at once.
fn describe(
    canvas: &mut Canvas,
    baseline: f64,
    color: Hue,
    name: &str,
    what: &str,
    histogram: &DelayHistogram,
    empty: &str,
) {
    let margin = sheet::margin(canvas.size());
    let sized = canvas.pick(11.5, 11.0);
    let plain = Type::plain(sized, style::INK);
    let facts = if histogram.is_empty() {
        empty.to_string()
    } else {
        let at = |p: f64| delay_words(histogram.value_at_quantile(p));
        let at_once = share_within(histogram, SECOND - 1);
        let once =
            if at_once >= 0.005 { format!("{} at once, ", words::percent(at_once)) } else { String::new() };
        if canvas.is_column() {
            format!("half in {}, 9 in 10 in {}", at(0.5), at(0.9))
        } else {
            format!(
                "{once}half within {}, 9 in 10 within {}, longest {} ({} messages)",
                at(0.5),
                at(0.9),
                delay_words(histogram.max()),
                words::count(histogram.len())
            )
        }
    };
    canvas.line(&[(margin, baseline - 4.0), (margin + 18.0, baseline - 4.0)], color, 1.0, 2.4);
    canvas.texts(
        (margin + 25.0, baseline),
        &[
            (Type::bold(sized, color), name),
            (Type::plain(sized, style::SOFT), &canvas.pick(format!(" {what}:  "), ":  ".to_string())),
            (plain, &facts),
        ],
    );
}

/// The share of values at or below a delay.
fn share_within(histogram: &DelayHistogram, ms: u64) -> f64 {
    let within: u64 = histogram
        .iter_recorded()
        .take_while(|v| v.value_iterated_to() <= ms)
        .map(|v| v.count_at_value())
        .sum();
    within as f64 / histogram.len().max(1) as f64
}

/// Round delays around what was recorded: the axis.
fn ends(histograms: &[&DelayHistogram]) -> (u64, u64) {
    let recorded = || histograms.iter().filter(|h| !h.is_empty());
    let first = recorded().map(|h| h.value_at_quantile(0.005)).filter(|v| *v > 0).min().unwrap_or(MINUTE);
    let last = recorded().map(|h| h.max()).max().unwrap_or(DAY);
    let low = TICKS.iter().map(|t| t.0).rfind(|t| *t <= first).unwrap_or(SECOND);
    let high = TICKS
        .iter()
        .map(|t| t.0)
        .find(|t| *t >= last.max(low.saturating_mul(60)))
        .unwrap_or(last.max(low * 60));
    (low, high)
}

fn curve(
    canvas: &mut Canvas,
    histogram: &DelayHistogram,
    color: Hue,
    (left, right): (f64, f64),
    px: &impl Fn(u64) -> f64,
    y: &ValueAxis,
) {
    let total = histogram.len();
    if total == 0 {
        return;
    }
    let mut points: Vec<Point> = vec![(left, y.px(0.0))];
    let mut sum = 0;
    for value in histogram.iter_recorded() {
        sum += value.count_at_value();
        let at = (px(value.value_iterated_to()), y.px(sum as f64 / total as f64));
        let last = points[points.len() - 1];
        // Half a pixel is enough of a step, save for the last.
        if at.0 - last.0 < 0.5 && last.1 - at.1 < 0.5 && sum < total {
            continue;
        }
        points.push((at.0, last.1));
        points.push(at);
    }
    points.push((right, y.px(1.0)));
    canvas.line(&points, color, 1.0, 2.2);
    for share in [0.5, 0.9] {
        let at = histogram.value_at_quantile(share);
        canvas.dot((px(at), y.px(share)), 3.6, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_read_well() {
        for (ms, want) in [
            (0, "0 s"),
            (250, "250 ms"),
            (1500, "1.5 s"),
            (41 * MINUTE, "41 min"),
            (119 * MINUTE, "119 min"),
            (3 * HOUR, "3 h"),
            (26 * HOUR, "26 h"),
            (4 * DAY + 4 * HOUR, "4.2 days"),
        ] {
            assert_eq!(delay_words(ms), want);
        }
    }

    #[test]
    fn the_axis_holds_what_was_recorded() {
        let mut h = DelayHistogram::new(3).unwrap();
        for ms in [0, 0, 5 * MINUTE, 2 * DAY] {
            h.record(ms).unwrap();
        }
        let (low, high) = ends(&[&h]);
        assert!(low <= 5 * MINUTE && high >= 2 * DAY, "{low} {high}");
        assert_eq!(share_within(&h, 999), 0.5);
        assert_eq!(ends(&[]), (MINUTE, DAY));
    }
}
