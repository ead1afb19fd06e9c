//! Axes: from values to pixels, and where ticks stand and what they say.
//!
//! Knows dates, percentages and counts as far as labels go. Must not know which chart it serves.

use crate::report::style::{self, Canvas, Point, Type};
use crate::report::words;
use crate::sim::time::civil_from_days;
use crate::sim::{SimDuration, SimTime};

/// Tick labels.
pub const TICK: Type = Type::plain(11.0, style::SOFT);

/// A tick: where, what it says, and a second line where one is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Pixel.
    pub at: f64,
    /// Label; empty for a minor tick.
    pub label: String,
    /// Second line, such as the year where it changes.
    pub below: String,
}

/// A time axis between two pixels.
#[derive(Clone, Copy, Debug)]
pub struct TimeAxis {
    /// Left end in pixels.
    pub left: f64,
    /// Right end in pixels.
    pub right: f64,
    /// Instant at the left end.
    pub start: SimTime,
    /// Instant at the right end, after `start`.
    pub end: SimTime,
}

/// What a step between ticks is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Hours(i64),
    Days(i64),
    Months(i64),
    Years(i64),
}

const STEPS: [Step; 18] = [
    Step::Hours(1),
    Step::Hours(3),
    Step::Hours(6),
    Step::Hours(12),
    Step::Days(1),
    Step::Days(2),
    Step::Days(7),
    Step::Days(14),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
    Step::Years(5),
    Step::Years(10),
    Step::Years(50),
    Step::Years(100),
];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl TimeAxis {
    /// An axis that is never empty.
    pub fn new(left: f64, right: f64, start: SimTime, end: SimTime) -> TimeAxis {
        TimeAxis { left, right, start, end: end.max(start + SimDuration::HOUR) }
    }

    /// The pixel of an instant, kept inside the axis.
    pub fn px(&self, t: SimTime) -> f64 {
        let share = (t - self.start).0 as f64 / (self.end - self.start).0 as f64;
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// Pixels of one day.
    pub fn day_width(&self) -> f64 {
        SimTime::DAY_MS as f64 / (self.end - self.start).0 as f64 * (self.right - self.left)
    }

    fn instants(&self, step: Step) -> Vec<SimTime> {
        let mut out = Vec::new();
        match step {
            Step::Hours(n) => {
                let mut t = self.start.ceil_to(SimDuration::hours(n));
                while t <= self.end {
                    out.push(t);
                    t += SimDuration::hours(n);
                }
            }
            // Counted from the first day, so that weeks are the run's own weeks.
            Step::Days(n) => {
                let mut t = self.start.ceil_to(SimDuration::DAY);
                while t <= self.end {
                    out.push(t);
                    t += SimDuration::days(n);
                }
            }
            Step::Months(_) | Step::Years(_) => {
                let first = self.start.ceil_to(SimDuration::DAY).day_number();
                for day in first..=self.end.day_number() {
                    let (year, month, d) = civil_from_days(day);
                    let fits = match step {
                        Step::Months(n) => (month - 1) % n == 0,
                        Step::Years(n) => month == 1 && year % n == 0,
                        Step::Hours(_) | Step::Days(_) => false,
                    };
                    if d == 1 && fits {
                        out.push(SimTime(day * SimTime::DAY_MS));
                    }
                }
            }
        }
        out
    }

    /// Ticks whose labels do not touch, the finest such step.
    pub fn ticks(&self) -> Vec<Tick> {
        let room = self.right - self.left;
        for step in STEPS {
            // A step far too fine is passed over before its instants are written down.
            let count = (self.end - self.start).as_days()
                * match step {
                    Step::Hours(n) => 24.0 / n as f64,
                    Step::Days(n) => 1.0 / n as f64,
                    Step::Months(n) => 1.0 / (30.4 * n as f64),
                    Step::Years(n) => 1.0 / (365.25 * n as f64),
                };
            let widest = match step {
                Step::Hours(_) => TICK.width("00:00"),
                Step::Days(_) => TICK.width("30 Aug"),
                Step::Months(_) => TICK.width("Aug"),
                Step::Years(_) => TICK.width("2024"),
            };
            if (count + 1.0).max(1.0) * (widest + 22.0) > room && step != STEPS[STEPS.len() - 1] {
                continue;
            }
            return self.labelled(step, &self.instants(step));
        }
        Vec::new()
    }

    fn labelled(&self, step: Step, instants: &[SimTime]) -> Vec<Tick> {
        let mut out = Vec::new();
        let mut last: Option<(i64, i64)> = None;
        for t in instants {
            let (year, month, day) = civil_from_days(t.day_number());
            let date = format!("{day} {}", MONTHS[(month - 1) as usize]);
            let new_year = last.is_none_or(|(y, _)| y != year);
            let new_day = last.is_none_or(|(_, d)| d != t.day_number());
            let (label, below) = match step {
                Step::Hours(_) => {
                    let hour = (t.0.rem_euclid(SimTime::DAY_MS)) / 3_600_000;
                    let below = match (new_year, new_day) {
                        (true, _) => format!("{date} {year}"),
                        (_, true) => date,
                        _ => String::new(),
                    };
                    (format!("{hour:02}:00"), below)
                }
                Step::Days(_) => (date, if new_year { year.to_string() } else { String::new() }),
                Step::Months(_) => (
                    MONTHS[(month - 1) as usize].to_string(),
                    if new_year { year.to_string() } else { String::new() },
                ),
                Step::Years(_) => (year.to_string(), String::new()),
            };
            last = Some((year, t.day_number()));
            out.push(Tick { at: self.px(*t), label, below });
        }
        // The year stays readable where the first ticks of two years stand close together: the later one says it.
        for i in 1..out.len() {
            let near = |a: &Tick, b: &Tick| {
                !a.below.is_empty()
                    && !b.below.is_empty()
                    && b.at - a.at < 0.5 * (TICK.width(&a.below) + TICK.width(&b.below)) + 6.0
            };
            if near(&out[i - 1], &out[i]) {
                out[i - 1].below.clear();
            }
        }
        out
    }

    /// Draws grid lines from `top` to `bottom`, ticks and labels under `labels_at`.
    pub fn draw(&self, canvas: &mut Canvas, (top, bottom): (f64, f64), labels_at: f64) {
        for tick in self.ticks() {
            canvas.line(&[(tick.at, top), (tick.at, bottom)], style::GRID, 0.07, 1.0);
        }
        self.labels(canvas, labels_at);
    }

    /// Draws ticks and labels under `labels_at`.
    pub fn labels(&self, canvas: &mut Canvas, labels_at: f64) {
        for tick in self.ticks() {
            canvas.line(&[(tick.at, labels_at), (tick.at, labels_at + 4.0)], style::INK, 0.5, 1.0);
            // The outermost labels lean inwards rather than out of the chart.
            let half = TICK.width(&tick.label).max(TICK.width(&tick.below)) / 2.0;
            let x = tick.at.clamp(half + 4.0, canvas.width() - half - 4.0);
            canvas.text((x, labels_at + 15.0), TICK.middle(), &tick.label);
            canvas.text((x, labels_at + 28.0), TICK.middle(), &tick.below);
        }
    }
}

/// A vertical axis from values at or above zero to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueAxis {
    /// Pixel of the upper end.
    pub top: f64,
    /// Pixel of the lower end.
    pub bottom: f64,
    /// Linear or logarithmic.
    pub kind: Kind,
}

/// How values are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// From zero to this.
    Linear(f64),
    /// Between two positive values; zero has a lane of its own beneath.
    Log(f64, f64),
}

/// Pixels of the lane for zero under a logarithmic axis.
const ZERO_LANE: f64 = 14.0;

impl ValueAxis {
    /// The pixel of a value, kept inside the axis.
    pub fn px(&self, v: f64) -> f64 {
        let height = self.bottom - self.top;
        match self.kind {
            Kind::Linear(max) => self.bottom - (v / max).clamp(0.0, 1.0) * height,
            Kind::Log(_, _) if v <= 0.0 => self.bottom,
            Kind::Log(low, high) => {
                let share = libm::log(v / low) / libm::log(high / low);
                self.bottom - ZERO_LANE - share.clamp(0.0, 1.0) * (height - ZERO_LANE)
            }
        }
    }

    /// Whether a value lies on the axis; zero always does.
    pub fn holds(&self, v: f64) -> bool {
        match self.kind {
            Kind::Linear(max) => v <= max,
            Kind::Log(_, high) => v <= high,
        }
    }

    /// Values worth a tick: about `most`, round.
    pub fn tick_values(&self, most: usize) -> Vec<f64> {
        match self.kind {
            Kind::Linear(max) => {
                let step = round_step(max / most as f64);
                (0..).map(|i| f64::from(i) * step).take_while(|v| *v <= max * (1.0 + 1e-9)).collect()
            }
            Kind::Log(low, high) => {
                let decades = libm::log10(high / low);
                let parts: &[f64] = if decades <= 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
                let mut out = vec![0.0];
                let first = libm::floor(libm::log10(low) + 1e-9) as i32;
                for exponent in first..=libm::ceil(libm::log10(high)) as i32 {
                    for part in parts {
                        let v = decimal(*part, exponent);
                        if v >= low * (1.0 - 1e-9) && v <= high * (1.0 + 1e-9) {
                            out.push(v);
                        }
                    }
                }
                out
            }
        }
    }

    /// Draws grid lines between two pixels and labels left of the first.
    pub fn draw(
        &self,
        canvas: &mut Canvas,
        (left, right): (f64, f64),
        most: usize,
        label: impl Fn(f64) -> String,
    ) {
        let mut last: Option<f64> = None;
        for v in self.tick_values(most) {
            let y = self.px(v);
            let strong = if v == 0.0 { 0.35 } else { 0.1 };
            canvas.line(&[(left, y), (right, y)], style::GRID, strong, 1.0);
            if last.is_none_or(|l| (l - y).abs() >= 12.0) {
                canvas.text((left - 8.0, y + TICK.half_height()), TICK.end(), &label(v));
                last = Some(y);
            }
        }
    }
}

/// `part` · 10^`exponent`, as near as a double comes to the decimal that is meant.
fn decimal(part: f64, exponent: i32) -> f64 {
    format!("{part}e{exponent}").parse().unwrap_or(part)
}

/// The least of 1, 2, 2.5 and 5 times a power of ten at or above a value.
fn round_step(least: f64) -> f64 {
    if least <= 0.0 || !least.is_finite() {
        return 1.0;
    }
    let exponent = libm::floor(libm::log10(least)) as i32;
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .iter()
        .map(|part| decimal(*part, exponent))
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(least)
}

/// A round value at or above `v`, for the end of an axis.
pub fn round_up(v: f64) -> f64 {
    let step = round_step(v / 5.0);
    libm::ceil(v / step - 1e-9) * step
}

/// A round power of ten at or below a positive value.
pub fn decade_below(v: f64) -> f64 {
    decimal(1.0, libm::floor(libm::log10(v) + 1e-9) as i32)
}

/// A round 1, 2 or 5 times a power of ten at or above a positive value.
pub fn step_above(v: f64) -> f64 {
    let exponent = libm::floor(libm::log10(v) + 1e-9) as i32;
    [1.0, 2.0, 5.0, 10.0].iter().map(|p| decimal(*p, exponent)).find(|s| *s >= v * (1.0 - 1e-9)).unwrap_or(v)
}

/// The label of a share on an axis: `0.5 %`.
pub fn percent_label(v: f64) -> String {
    words::threshold(v)
}

/// The label of a count on an axis: `500`, `2.5K`, `1M`.
pub fn count_label(v: f64) -> String {
    let trimmed = |v: f64, unit: &str| {
        let text = format!("{v:.3}");
        format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match v {
        _ if v >= 1e9 => trimmed(v / 1e9, "B"),
        _ if v >= 1e6 => trimmed(v / 1e6, "M"),
        _ if v >= 1e3 => trimmed(v / 1e3, "K"),
        _ => trimmed(v, ""),
    }
}

/// Whether a line through `points` keeps clear of the box between two corners, `margin` pixels around it.
pub fn keeps_clear(points: &[Point], (left, top): Point, (right, bottom): Point, margin: f64) -> bool {
    let inside =
        |x: f64, y: f64| x > left - margin && x < right + margin && y > top - margin && y < bottom + margin;
    points.windows(2).all(|pair| {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        // Far away pieces need no walking along.
        if ax.max(bx) < left - margin || ax.min(bx) > right + margin {
            return true;
        }
        let steps = (((bx - ax).abs() + (by - ay).abs()) / 3.0).ceil().clamp(1.0, 2000.0) as u32;
        (0..=steps).all(|i| {
            let share = f64::from(i) / f64::from(steps);
            !inside(ax + share * (bx - ax), ay + share * (by - ay))
        })
    })
}

/// Moves label positions apart so that neighbours are at least `gap` pixels from each other and all stay between
/// two ends; order is kept. None where there is no room.
pub fn spread(wanted: &[f64], gap: f64, (top, bottom): (f64, f64)) -> Option<Vec<f64>> {
    let n = wanted.len();
    if n == 0 {
        return Some(Vec::new());
    }
    if (n - 1) as f64 * gap > bottom - top {
        return None;
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed: Vec<f64> = order.iter().map(|i| wanted[*i].clamp(top, bottom)).collect();
    // Down from the top, then up from the bottom: each pass only pushes as far as it must.
    for i in 1..n {
        placed[i] = placed[i].max(placed[i - 1] + gap);
    }
    placed[n - 1] = placed[n - 1].min(bottom);
    for i in (0..n - 1).rev() {
        placed[i] = placed[i].min(placed[i + 1] - gap);
    }
    let mut out = vec![0.0; n];
    for (place, i) in placed.iter().zip(order) {
        out[i] = *place;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(days: i64) -> TimeAxis {
        let start = SimTime::parse("2024-03-01T00:00:00Z").unwrap();
        TimeAxis::new(70.0, 780.0, start, start + SimDuration::days(days))
    }

    #[test]
    fn date_labels_never_touch_and_are_never_missing() {
        for days in [
            0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 31, 45, 60, 75, 90, 120, 180, 200, 365, 500, 730, 1100, 4000,
            36_000,
        ] {
            let ticks = axis(days).ticks();
            assert!(ticks.len() >= 2, "{days}: {ticks:?}");
            for pair in ticks.windows(2) {
                for text in [|t: &Tick| t.label.clone(), |t: &Tick| t.below.clone()] {
                    let (a, b) = (text(&pair[0]), text(&pair[1]));
                    if !a.is_empty() && !b.is_empty() {
                        let between = 0.5 * (TICK.width(&a) + TICK.width(&b));
                        assert!(pair[1].at - pair[0].at >= between + 4.0, "{days}: {a} and {b}");
                    }
                }
            }
        }
        let year = axis(365).ticks();
        assert_eq!(year[0].below, "2024");
        assert!(year.iter().any(|t| t.label == "Jan" && t.below == "2025"), "{year:?}");
        assert_eq!(axis(30).ticks()[1].label, "8 Mar", "weeks of the run");
    }

    #[test]
    fn values_get_round_ticks() {
        let axis = |kind| ValueAxis { top: 0.0, bottom: 100.0, kind };
        assert_eq!(axis(Kind::Linear(0.024)).tick_values(5), [0.0, 0.005, 0.01, 0.015, 0.02]);
        let log = axis(Kind::Log(0.0001, 0.1));
        assert_eq!(log.tick_values(5), [0.0, 0.0001, 0.001, 0.01, 0.1]);
        assert_eq!(log.px(0.0), 100.0);
        assert_eq!(log.px(0.1), 0.0);
        assert_eq!(log.px(0.0001), 86.0);
        assert_eq!(percent_label(0.015), "1.5 %");
        assert_eq!(count_label(2500.0), "2.5K");
        assert_eq!(round_up(0.0231), 0.025);
        assert_eq!(step_above(0.021), 0.05);
    }

    #[test]
    fn labels_are_moved_apart() {
        assert_eq!(spread(&[10.0, 11.0, 50.0], 12.0, (0.0, 100.0)), Some(vec![10.0, 22.0, 50.0]));
        assert_eq!(spread(&[99.0, 98.0], 12.0, (0.0, 100.0)), Some(vec![100.0, 88.0]));
        assert_eq!(spread(&[1.0, 1.0, 1.0], 60.0, (0.0, 100.0)), None);
    }

    #[test]
    fn a_line_through_a_box_is_seen_even_between_points() {
        let line = [(0.0, 0.0), (100.0, 100.0)];
        assert!(!keeps_clear(&line, (45.0, 45.0), (55.0, 55.0), 0.0));
        assert!(keeps_clear(&line, (60.0, 10.0), (80.0, 30.0), 2.0));
    }
}
