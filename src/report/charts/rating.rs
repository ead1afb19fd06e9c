//! Score over time on its colour bands, with the rating of each number beneath: the rules', and the platform's own
//! where a log tells it.

use crate::messaging::QualityRating;
use crate::report::axis::{self, Kind, TimeAxis, ValueAxis};
use crate::report::charts::rating_labels::Labels;
use crate::report::charts::rating_lanes::{LANES_MAX, Lanes};
use crate::report::charts::{self, AXIS_TITLE};
use crate::report::picture::rating::RIBBONS_MAX;
use crate::report::picture::{About, Ratings};
use crate::report::series;
use crate::report::sheet;
use crate::report::style::{self, Canvas, Hue, Point, Size, Type};
use crate::report::words;
use crate::sim::{SimDuration, SimTime};

/// What the chart is called.
pub const TITLE: &str = "Quality score and rating";

/// Left end of the axis of time.
fn left(size: Size) -> f64 {
    size.pick(78.0, 54.0)
}

/// Room for names right of the lines, at least and at most.
fn right_gutter(size: Size) -> (f64, f64) {
    size.pick((128.0, 200.0), (96.0, 108.0))
}

/// What the name of a band is written in, before its colour.
pub(super) const BAND: Type = Type::bold(10.5, style::INK);

/// What a band is called: `RED from 2 %`, shorter in a column.
pub(super) fn band_name(size: Size, word: &str, from: f64) -> String {
    format!("{word} {}{}", size.pick("from ", ""), words::threshold(from))
}

/// A piece of a number's score line, in pixels, and whether the number was rated.
pub(super) struct Piece {
    pub(super) rated: bool,
    pub(super) points: Vec<Point>,
}

/// Draws the chart.
pub fn paint(canvas: &mut Canvas, about: &About, ratings: &Ratings) {
    let size = canvas.size();
    let mut lanes = Lanes::of(about, ratings, size);
    // Whether any line is dashed is known when all are drawn; the room is kept as if one were.
    let most = reading(size, about, &lanes, true, &ratings.spreads);
    let foot = charts::small_print(size, about, &most);
    lanes.end_at(charts::body_bottom(canvas, &foot));
    let above = sheet::top(size, 86.0);
    let said = match about.not_derivable {
        true => not_derivable(&lanes),
        false => charts::headline(about, size, TITLE),
    };
    charts::header(canvas, about, TITLE, &said);
    let numbers = about.numbers.len();
    let bottom = lanes.top() - 6.0;
    let longest = about.numbers.iter().map(|n| Type::bold(11.0, style::INK).width(&words::clean(n)));
    let (least, widest) = right_gutter(size);
    // Thresholds are never cut: whoever reads half of one is misled.
    let (yellow, red) = about.thresholds;
    let named = [("YELLOW", yellow), ("RED", red)].map(|(word, from)| band_name(size, word, from));
    let least = named.iter().map(|n| BAND.width(n) + 20.0).fold(least, f64::max).min(0.4 * canvas.width());
    let widest = widest.max(least);
    let gutter = (longest.fold(0.0, f64::max) + 20.0).clamp(least, widest);
    let gutter = if numbers > 1 { gutter } else { least };
    let x = TimeAxis::new(left(size), canvas.width() - gutter, about.start, about.horizon);
    let ribbons = &ratings.spreads;
    let y = ValueAxis { top: above, bottom, kind: scale(about, ratings) };

    let scale = match y.kind {
        Kind::Linear(_) => "",
        Kind::Log(..) => ", logarithmic scale",
    };
    let measure = match (canvas.is_column(), scale.is_empty()) {
        (true, true) => "Weighted negative signals per message, %".to_string(),
        (true, false) => "Weighted negative signals per message, %, log scale".to_string(),
        _ => format!(
            "Score: weighted negative signals per message in the rating window, %{scale}; thresholds of colours assumed"
        ),
    };
    canvas.text((sheet::margin(size), above - 12.0), AXIS_TITLE, &measure);
    bands(canvas, &x, &y, (yellow, red));
    x.draw(canvas, (above, bottom), lanes.bottom());
    y.draw(canvas, (x.left, x.right), canvas.pick(6, 4), axis::percent_label);
    charts::spans(canvas, about, &x, (above, bottom));

    let mut drawn: Vec<Vec<Piece>> = Vec::new();
    for (number, ribbon) in ribbons.iter().enumerate() {
        draw_ribbon(canvas, about, &x, &y, ribbon, style::series(number), numbers == 1);
    }
    for number in 0..numbers {
        // Without bad news the score is nought whatever happened: a line would say more than the log does.
        let pieces = if about.not_derivable { Vec::new() } else { pieces(ratings, number, &x, &y) };
        for piece in &pieces {
            let color = style::series(number);
            if piece.rated {
                canvas.line(&piece.points, color, 1.0, if numbers > 4 { 1.5 } else { 2.0 });
            } else {
                canvas.dashed(&piece.points, color, 0.75, 1.2, (3.0, 3.0));
            }
        }
        drawn.push(pieces);
    }
    let mut labels = Labels::new(about, &x, &y, &drawn);
    labels.name_lines(canvas, &drawn, ribbons);
    lanes.draw(canvas, &x);
    let any = drawn.iter().flatten().any(|p| !p.points.is_empty());
    if !any {
        let why = match about.not_derivable {
            true => "no score: the log holds no block or report",
            false => "no score: no messages in the rating window",
        };
        let (middle, level) = (0.5 * (x.left + x.right), 0.5 * (above + bottom));
        let half = 0.5 * charts::nothing_type(canvas).width(why) + 8.0;
        canvas.rect((middle - half, level - 17.0), (middle + half, level + 9.0), style::PAPER, 0.85);
        charts::nothing(canvas, (middle, level), why);
    }
    let dashed = drawn.iter().flatten().any(|p| !p.rated);
    let foot = charts::small_print(size, about, &reading(size, about, &lanes, dashed, ribbons));
    foot.draw_above(canvas, charts::SMALL_PRINT_AT);
}

/// What to say in place of a story that only the absence of bad news would tell.
fn not_derivable(lanes: &Lanes<'_>) -> String {
    let instead = match lanes.platform() {
        true => "The strip shows what the platform reported.",
        false => "The platform's own rating is not in the log either.",
    };
    format!("No block or report is in the log: ratings can't be derived from it. {instead}")
}

/// A linear axis where thresholds and lines both show on it, else a logarithmic one. Rated scores decide, if any.
fn scale(about: &About, ratings: &Ratings) -> Kind {
    let (yellow, red) = about.thresholds;
    let rows = || ratings.scores.iter();
    let rated = rows().any(|r| r.rating != QualityRating::Unknown);
    let scores = rows().filter(|r| !rated || r.rating != QualityRating::Unknown).filter_map(|r| r.score);
    let highs = ratings.spreads.iter().flatten().map(|p| p.high);
    let (mut top, mut least) = (0.0f64, f64::INFINITY);
    for s in scores.chain(highs) {
        top = top.max(s);
        if s > 0.0 {
            least = least.min(s);
        }
    }
    let red = if red > 0.0 && red.is_finite() { red } else { 0.02 };
    if top == 0.0 || (top >= 0.12 * red && top <= 5.0 * red) {
        return Kind::Linear(1.08 * top.max(1.2 * red));
    }
    // A few near-zero scores of the first hours must not stretch the axis over six decades.
    let low = least.max(top / 1000.0).min(yellow.max(1e-9) / 2.0);
    Kind::Log(axis::decade_below(low), axis::step_above(1.15 * top.max(1.5 * red)))
}

fn bands(canvas: &mut Canvas, x: &TimeAxis, y: &ValueAxis, (yellow, red): (f64, f64)) {
    let (at_yellow, at_red) = (y.px(yellow), y.px(red));
    for (from, to, rating) in [
        (y.top, at_red, QualityRating::Red),
        (at_red, at_yellow, QualityRating::Yellow),
        (at_yellow, y.bottom, QualityRating::Green),
    ] {
        canvas.rect((x.left, from), (x.right, to), style::quality(rating), 0.13);
    }
    for (at, rating) in [(at_red, QualityRating::Red), (at_yellow, QualityRating::Yellow)] {
        canvas.line(&[(x.left, at), (x.right, at)], style::quality(rating), 0.9, 1.2);
    }
}

/// The score line of a number, cut where there is no score (or an unrated one beyond the axis) and where it becomes
/// rated or ceases to be.
fn pieces(ratings: &Ratings, number: usize, x: &TimeAxis, y: &ValueAxis) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut open = false;
    for row in ratings.of_number(number) {
        let Some(score) = row.score.filter(|s| y.holds(*s)) else {
            open = false;
            continue;
        };
        let point = (x.px(row.time), y.px(score));
        let rated = row.rating != QualityRating::Unknown;
        match out.last_mut().filter(|_| open) {
            Some(piece) if piece.rated == rated => piece.points.push(point),
            Some(piece) => {
                // Pieces meet in one point; the change belongs to the evaluation that made it.
                piece.points.push(point);
                out.push(Piece { rated, points: vec![point] });
            }
            None => out.push(Piece { rated, points: vec![point] }),
        }
        open = true;
    }
    for piece in &mut out {
        // A single evaluation is worth a short stroke.
        if let [(px, py)] = piece.points[..] {
            piece.points = vec![((px - 2.0).max(x.left), py), ((px + 2.0).min(x.right), py)];
        }
    }
    out
}

/// The end of a day, where a daily value lies.
pub(super) fn day_end(about: &About, day: usize) -> SimTime {
    (about.days().start(day) + SimDuration::DAY).min(about.horizon)
}

fn draw_ribbon(
    canvas: &mut Canvas,
    about: &About,
    x: &TimeAxis,
    y: &ValueAxis,
    ribbon: &[series::RibbonPoint],
    color: Hue,
    with_middle: bool,
) {
    for run in ribbon.chunk_by(|a, b| a.day + 1 == b.day) {
        let at = |p: &series::RibbonPoint| x.px(day_end(about, p.day));
        if let [one] = run {
            let (left, right) = ((at(one) - 3.0).max(x.left), (at(one) + 3.0).min(x.right));
            canvas.rect((left, y.px(one.high)), (right, y.px(one.low) + 0.5), color, 0.2);
            continue;
        }
        let mut outline: Vec<Point> = run.iter().map(|p| (at(p), y.px(p.high))).collect();
        outline.extend(run.iter().rev().map(|p| (at(p), y.px(p.low))));
        canvas.area(&outline, color, 0.17);
        if with_middle {
            let middle: Vec<Point> = run.iter().map(|p| (at(p), y.px(p.middle))).collect();
            canvas.line(&middle, color, 0.55, 1.2);
        }
    }
}

fn reading(
    size: Size,
    about: &About,
    lanes: &Lanes<'_>,
    dashed: bool,
    ribbons: &[Vec<series::RibbonPoint>],
) -> String {
    let mut parts = Vec::new();
    let n = about.replications;
    // A column keeps what comes first.
    if size == Size::Column {
        parts.push("thresholds and weights are assumed".to_string());
    }
    if n > 1 {
        parts.push("lines and strip: replication 1".to_string());
        if ribbons.iter().any(|r| !r.is_empty()) {
            parts.push(format!(
                "ribbon: {} of {} replications, at the ends of days",
                series::spread_name(n),
                words::count(n as u64)
            ));
        } else if about.numbers.len() > RIBBONS_MAX {
            parts.push("no ribbons with so many numbers".to_string());
        }
    }
    if lanes.both() && about.numbers.len() > 1 {
        parts.push("strips: by the rules, and beneath as the platform reported".to_string());
    } else if lanes.both() {
        parts.push("lower strip: as the platform reported, pale before its first word".to_string());
    }
    match (dashed, lanes.grey()) {
        (true, true) => parts.push("dashed, grey strip: not rated".to_string()),
        (true, false) => parts.push("dashed: not rated".to_string()),
        (false, true) => parts.push("grey strip: not rated".to_string()),
        (false, false) => {}
    }
    if lanes.stopped() {
        parts.push("bar on the strip: account stopped".to_string());
    }
    if size != Size::Column {
        parts.push("thresholds and weights are assumed, none is published".to_string());
    }
    if charts::changes(about).next().is_some() {
        parts.push("bands: the first rules'".to_string());
    }
    if about.numbers.len() > LANES_MAX {
        parts.push(format!("strips of the first {LANES_MAX} of {} numbers", about.numbers.len()));
    }
    let text = parts.join("; ");
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
