//! The messaging limit as a step line, with the slots in use under it. One panel per limit.

use crate::messaging::Limit;
use crate::report::axis::{self, Kind, TICK, TimeAxis, ValueAxis};
use crate::report::charts::{self, AXIS_TITLE};
use crate::report::picture::limit::Panel;
use crate::report::picture::{About, Limits};
use crate::report::series::{self, Days, LimitStep};
use crate::report::sheet;
use crate::report::style::{self, Canvas, Hue, Point, Size, Type};
use crate::report::words;
use crate::sim::{SimDuration, SimTime};

/// What the chart is called.
pub const TITLE: &str = "Messaging limit and slots in use";

const LIMIT: Hue = Hue::new(0x8a2d62, 0xe07fb8);
const SLOTS: Hue = Hue::new(0x2f6c98, 0x6fb1e0);
/// Panels that can still be read.
const PANELS_MAX: usize = 6;
/// Height of dates beneath a panel.
const DATES: f64 = 32.0;
/// Height kept at the top of a panel for a limit that is no number.
const UNLIMITED_LANE: f64 = 24.0;

/// The height of the chart in a column: its panels lie one beneath the other.
pub fn column_height(limits: &Limits) -> f64 {
    match limits.panels.len().min(PANELS_MAX) {
        0 | 1 => Size::Column.height(),
        n => 110.0 + 96.0 * n as f64,
    }
}

/// Draws the chart.
pub fn paint(canvas: &mut Canvas, about: &About, limits: &Limits) {
    let (size, paths) = (canvas.size(), &limits.panels);
    charts::header(canvas, about, TITLE, &subtitle(about, paths));
    let kinds: Vec<Kind> = paths.iter().take(PANELS_MAX).map(scale).collect();
    let logarithmic = kinds.iter().filter(|k| matches!(k, Kind::Log(..))).count();
    let marks = match logarithmic {
        0 => " at the end of each day (columns), unique recipients",
        n if n == kinds.len() => " at the end of each day (strokes), unique recipients, logarithmic scale",
        _ => " at the end of each day (columns; strokes where the scale is logarithmic), unique recipients",
    };
    let marks = match (canvas.is_column(), logarithmic) {
        (true, 0) => ", recipients",
        (true, n) if n == kinds.len() => ", recipients, log scale",
        (true, _) => ", recipients (strokes: log scale)",
        _ => marks,
    };
    let soft = AXIS_TITLE;
    let bold = |color| Type::bold(11.0, color);
    let and = canvas.pick(" (line) and ", " and ");
    canvas.texts(
        (sheet::margin(size), sheet::top(size, 74.0)),
        &[(bold(LIMIT), "Limit"), (soft, and), (bold(SLOTS), "slots in use"), (soft, marks)],
    );
    let shown = paths.len().min(PANELS_MAX);
    let (columns, rows) = match shown {
        0 => {
            let middle = (canvas.width() / 2.0, 0.5 * canvas.height());
            charts::nothing(canvas, middle, "no numbers, no limits");
            charts::small_print(size, about, "").draw_above(canvas, charts::SMALL_PRINT_AT);
            return;
        }
        1 => (1, 1),
        2 => (1, 2),
        n => canvas.pick((2, n.div_ceil(2)), (1, n)),
    };
    let foot = charts::small_print(size, about, &reading(about, paths));
    let (top, bottom) = (sheet::top(size, 80.0), charts::body_bottom(canvas, &foot));
    let (left, right) = (sheet::margin(size), canvas.width() - sheet::margin(size));
    // All panels are of one height; the dates of the lowest row have their place beneath.
    let (width, height) = ((right - left) / columns as f64, (bottom - DATES - top) / rows as f64);
    for (i, path) in paths.iter().take(PANELS_MAX).enumerate() {
        let (row, column) = (i / columns, i % columns);
        let area = (
            (left + column as f64 * width, top + row as f64 * height),
            (
                left + (column + 1) as f64 * width - if columns > 1 { 8.0 } else { 0.0 },
                top + (row + 1) as f64 * height,
            ),
        );
        // Dates beneath the lowest panel of each column only.
        let last = i + columns >= shown;
        panel(canvas, about, path, area, paths.len() > 1, last);
    }
    foot.draw_above(canvas, charts::SMALL_PRINT_AT);
}

fn subtitle(about: &About, paths: &[Panel]) -> String {
    let [path] = paths else {
        return format!("One panel per limit{}", charts::of_first(about));
    };
    let Some(start) = path.start.map(Limit::short) else {
        return "No day, no limit".to_string();
    };
    let who = if about.replications > 1 { "Replication 1: " } else { "" };
    if path.steps.is_empty() {
        return format!("{who}{start} throughout");
    }
    let mut out = format!("{who}{start}");
    for step in &path.steps {
        let day = step.time.day_number() - about.start.day_number() + 1;
        out.push_str(&format!(" → {} on day {day}", step.to.short()));
    }
    out
}

fn reading(about: &About, paths: &[Panel]) -> String {
    let mut parts = Vec::new();
    if paths.len() > PANELS_MAX {
        parts.push(format!("{PANELS_MAX} of {} limits shown.", paths.len()));
    }
    if about.replications > 1 {
        parts.push(format!(
            "Whiskers and pale area: slots and limit, {} of {} replications.",
            series::spread_name(about.replications),
            words::count(about.replications as u64)
        ));
    }
    parts.push(
        "A slot: one recipient for 24 hours, however many messages. Fuller hours of a day do not show."
            .to_string(),
    );
    parts.join(" ")
}

/// The finite limits of a path, in order of time.
fn finite(path: &Panel) -> impl Iterator<Item = u64> {
    let all = path.start.into_iter().chain(path.steps.iter().map(|s| s.to));
    all.filter_map(|l| match l {
        Limit::Of(n) => Some(n),
        Limit::Unlimited => None,
    })
}

fn unlimited(path: &Panel) -> bool {
    path.start == Some(Limit::Unlimited)
        || path.steps.iter().any(|s| s.to == Limit::Unlimited || s.from == Limit::Unlimited)
}

/// Linear where the lowest limit and the slots still show beneath the highest, else logarithmic.
fn scale(path: &Panel) -> Kind {
    let others = || path.limit_spread.iter().flat_map(|p| [p.low as u64, p.high as u64]);
    let limits = (finite(path).chain(others()).min(), finite(path).chain(others()).max());
    let slots = path.slots.iter().copied().max().unwrap_or(0) as f64;
    let slots = path.slots_spread.iter().map(|p| p.high).fold(slots, f64::max);
    let top = slots.max(limits.1.unwrap_or(0) as f64).max(1.0);
    let low = limits.0.unwrap_or(1) as f64;
    let small = slots > 0.0 && slots < 0.04 * top;
    if top / low <= 12.0 && !small {
        return Kind::Linear(axis::round_up(1.16 * top));
    }
    let mut seen: Vec<f64> = path.slots.iter().filter(|s| **s > 0).map(|s| *s as f64).collect();
    seen.sort_by(f64::total_cmp);
    // The quietest twentieth of days may lie on the floor.
    let quiet = seen.get(seen.len() / 20).copied().unwrap_or(low);
    Kind::Log(axis::decade_below(quiet.min(low / 2.0).max(1.0)), axis::step_above(1.4 * top))
}

fn panel(
    canvas: &mut Canvas,
    about: &About,
    path: &Panel,
    ((left, top), (right, bottom)): (Point, Point),
    titled: bool,
    dated: bool,
) {
    let days = about.days();
    let with_lane = unlimited(path);
    let plot_top = top + if titled { 24.0 } else { 10.0 };
    let plot_bottom = bottom - if titled { 8.0 } else { 0.0 };
    let x = TimeAxis::new(left + 58.0, right - 6.0, about.start, about.horizon);
    let y = ValueAxis {
        // Low panels leave no room of their own for the value of a limit at their top.
        top: plot_top
            + match (with_lane, titled && canvas.is_column()) {
                (true, _) => UNLIMITED_LANE,
                (false, true) => 12.0,
                (false, false) => 0.0,
            },
        bottom: plot_bottom,
        kind: scale(path),
    };
    if titled {
        let kind = Type::bold(11.0, style::INK);
        canvas.text((x.left, plot_top - 6.0), kind, &kind.fit(&path.label, x.right - x.left));
    }
    for tick in x.ticks() {
        canvas.line(&[(tick.at, plot_top), (tick.at, plot_bottom)], style::GRID, 0.07, 1.0);
    }
    if dated {
        x.labels(canvas, plot_bottom);
    }
    let most = (((plot_bottom - y.top) / 34.0) as usize).clamp(2, 6);
    if path.start.is_some() {
        y.draw(canvas, (x.left, x.right), most, axis::count_label);
    }
    let lane_at = plot_top + 10.0;
    if with_lane {
        // No number belongs here: a label of its own, and a break in the axis beneath it.
        canvas.text((x.left - 8.0, lane_at + TICK.half_height()), TICK.end(), "unlimited");
        canvas.dashed(
            &[(x.left, plot_top + UNLIMITED_LANE - 5.0), (x.right, plot_top + UNLIMITED_LANE - 5.0)],
            style::GRID,
            0.35,
            1.0,
            (2.0, 3.0),
        );
    }
    charts::spans(canvas, about, &x, (plot_top, plot_bottom));
    if path.start.is_none() {
        charts::nothing(
            canvas,
            (0.5 * (x.left + x.right), 0.5 * (plot_top + plot_bottom)),
            "nothing to show",
        );
        return;
    }

    area(canvas, &days, &path.limit_spread, &x, &y, LIMIT, 0.13);
    slots(canvas, &days, path, &x, &y);
    whiskers(canvas, &days, &path.slots_spread, &x, &y);
    let height = |limit: Limit| match limit {
        Limit::Of(n) => y.px(n as f64),
        Limit::Unlimited => lane_at,
    };
    step_line(canvas, about, path, &x, height);
}

/// Columns on a linear scale. On a logarithmic one, where the height of a column would say nothing, a stroke at the
/// value.
fn slots(canvas: &mut Canvas, days: &Days, path: &Panel, x: &TimeAxis, y: &ValueAxis) {
    let wide = x.day_width();
    let log = matches!(y.kind, Kind::Log(..));
    let edges = |day: usize| (x.px(days.start(day)), x.px(days.start(day) + SimDuration::DAY));
    if wide >= 4.0 {
        let gap = if log { 0.0 } else { (0.12 * wide).min(3.0) };
        for (day, used) in path.slots.iter().enumerate().filter(|(_, used)| **used > 0) {
            let (a, b) = edges(day);
            let (a, b, top) = (a + gap / 2.0, b - gap / 2.0, y.px(*used as f64));
            if log {
                canvas.line(&[(a, top), (b, top)], SLOTS, 1.0, 2.6);
            } else {
                canvas.rect((a, top), (b, y.bottom), SLOTS, 0.55);
            }
        }
        return;
    }
    // Columns too thin to tell apart become one outline.
    let mut outline = Vec::new();
    for (day, used) in path.slots.iter().enumerate() {
        let (a, b) = edges(day);
        outline.push((a, y.px(*used as f64)));
        outline.push((b, y.px(*used as f64)));
    }
    if log {
        canvas.line(&outline, SLOTS, 1.0, 1.2);
        return;
    }
    outline.insert(0, (x.left, y.bottom));
    outline.push((x.right, y.bottom));
    canvas.area(&outline, SLOTS, 0.55);
}

/// The spread of slots: a whisker with feet on each day, an area where days are too thin.
fn whiskers(canvas: &mut Canvas, days: &Days, ribbon: &[series::RibbonPoint], x: &TimeAxis, y: &ValueAxis) {
    if x.day_width() < 4.0 {
        area(canvas, days, ribbon, x, y, style::INK, 0.2);
        return;
    }
    let foot = (0.2 * x.day_width()).min(4.0);
    for p in ribbon.iter().filter(|p| p.high > 0.0) {
        let at = x.px(days.start(p.day) + SimDuration::hours(12));
        let (low, high) = (y.px(p.low), y.px(p.high));
        // Less than a pixel of spread is none that could be read.
        if low - high < 1.0 {
            continue;
        }
        canvas.line(&[(at, low), (at, high)], style::INK, 0.85, 1.2);
        for end in [low, high] {
            canvas.line(&[(at - foot, end), (at + foot, end)], style::INK, 0.85, 1.2);
        }
    }
}

/// A spread day by day as an area of steps.
fn area(
    canvas: &mut Canvas,
    days: &Days,
    ribbon: &[series::RibbonPoint],
    x: &TimeAxis,
    y: &ValueAxis,
    color: Hue,
    alpha: f64,
) {
    for run in ribbon.chunk_by(|a, b| a.day + 1 == b.day) {
        let (mut upper, mut lower): (Vec<Point>, Vec<Point>) = (Vec::new(), Vec::new());
        for p in run {
            for at in [x.px(days.start(p.day)), x.px(days.start(p.day) + SimDuration::DAY)] {
                upper.push((at, y.px(p.high)));
                lower.push((at, y.px(p.low)));
            }
        }
        upper.extend(lower.into_iter().rev());
        canvas.area(&upper, color, alpha);
    }
}

fn step_line(canvas: &mut Canvas, about: &About, path: &Panel, x: &TimeAxis, height: impl Fn(Limit) -> f64) {
    let Some(start) = path.start else { return };
    let mut points = vec![(x.left, height(start))];
    for step in &path.steps {
        let at = x.px(step.time);
        points.push((at, height(step.from)));
        points.push((at, height(step.to)));
    }
    points.push((x.right, height(path.steps.last().map_or(start, |s| s.to))));
    canvas.line(&points, LIMIT, 1.0, 2.4);
    // Each level says its value where it begins, and why, as far as the next step leaves room.
    let mut levels: Vec<(SimTime, Limit, Option<&LimitStep>)> = vec![(about.start, start, None)];
    levels.extend(path.steps.iter().map(|s| (s.time, s.to, Some(s))));
    for (i, (time, limit, step)) in levels.iter().enumerate() {
        let from = x.px(*time) + 5.0;
        let next = levels.get(i + 1);
        let to = next.map_or(x.right, |(t, _, _)| x.px(*t)) - 4.0;
        let (bold, plain) = (Type::bold(11.0, LIMIT), Type::plain(11.0, LIMIT));
        let value = limit.short();
        let why = step.map_or(String::new(), |s| format!("  {}", short_rule(&s.rule, s.from, s.to)));
        let baseline = height(*limit) - 5.0;
        if bold.width(&value) + plain.width(&why) <= to - from {
            canvas.texts((from, baseline), &[(bold, &value), (plain, &why)]);
        } else if bold.width(&value) <= to - from {
            canvas.text((from, baseline), bold, &value);
        }
    }
}

fn short_rule(rule: &str, from: Limit, to: Limit) -> String {
    match rule {
        "raise" => "raised".to_string(),
        "flag_deadline" => "lowered: red at the flag's deadline".to_string(),
        "sustained_lower" => "lowered: red too long".to_string(),
        "policy_changed" => "the rules changed".to_string(),
        other if to > from => format!("raised ({})", words::clean(other)),
        other => format!("lowered ({})", words::clean(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::picture::Picture;
    use crate::report::sample::{Course, Shape, sample};

    #[test]
    fn a_wide_ladder_gets_a_logarithmic_axis_and_unlimited_no_number() {
        let ten = sample(&Shape::default());
        assert!(matches!(scale(&Limits::of(&ten).panels[0]), Kind::Linear(max) if max >= 10_000.0));
        let wide = sample(&Shape { unlimited: true, course: Course::Healthy, ..Shape::default() });
        let limits = Limits::of(&wide);
        let path = &limits.panels[0];
        assert!(unlimited(path));
        assert!(matches!(scale(path), Kind::Log(low, high) if low <= 500.0 && high >= 100_000.0));
        let svg = style::svg(style::Look::default(), "x", |c| paint(c, &Picture::of(&wide).about, &limits));
        assert!(svg.contains(">\nunlimited\n<"), "the lane is labelled");
    }
}
