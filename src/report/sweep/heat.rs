//! A heat map of the chance of red over two axes of numbers, with the decision's boundary drawn.

use super::canvas::{foot, left};
use super::slices::{Slices, distinct};
use super::{SweepChart, fixed, full, rounded_apart};
use crate::experiment::study::design::Scale;
use crate::experiment::study::design::decimal::Decimal;
use crate::experiment::study::swept::Swept;
use crate::messaging::QualityRating::Red;
use crate::report::axis::{self, TICK};
use crate::report::fields::AxisTitle;
use crate::report::sheet::{self, Foot, field, maybe};
use crate::report::style::{self, Canvas, Hue, Look, Point, Size, Type};
use crate::report::words;

/// Where the map lies, and the titles of its axes.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    height: f64,
    across: AxisTitle,
    up: AxisTitle,
}

impl Frame {
    fn of(size: Size, s: &Swept, map: &Map, (x, y): (usize, usize), foot: &Foot) -> Frame {
        let widest = map.y_labels.iter().map(|l| TICK.width(l)).fold(0.0, f64::max);
        let across = AxisTitle::of(&super::field(&s.head, x), size.width() - 12.0);
        let up = AxisTitle::of(&super::field(&s.head, y), size.width() - 2.0 * sheet::margin(size) - 14.0);
        let top = sheet::top(size, 84.0) + size.pick(0.0, -4.0) + up.height();
        // A column grows with its titles; pages and slides have room.
        let height = size.height() + size.pick(0.0, across.height() + up.height());
        Frame {
            left: left(size).max(widest + size.pick(30.0, 16.0)),
            right: size.width() - size.pick(150.0, 92.0),
            top,
            bottom: height - foot.height() - size.pick(54.0, 44.0) - across.height(),
            height,
            across,
            up,
        }
    }
}

/// The map as rows of chances, from the lowest value of the second axis up; none where there is no point.
struct Map {
    xs: Vec<String>,
    ys: Vec<String>,
    /// The same as the axes say them.
    x_labels: Vec<String>,
    y_labels: Vec<String>,
    /// For each y, for each x: the place of its point.
    points: Vec<Vec<Option<usize>>>,
}

/// The chart; none unless two axes of numbers have two values or more and the design is a grid.
pub fn chart(s: &Swept, look: Look) -> Option<SweepChart> {
    let red = s.figure("p_red")?;
    if s.head.design != "grid" {
        return None;
    }
    let numeric = |p: &usize| s.head.scales[*p] != Scale::Names && distinct(s, *p).len() > 1;
    let mut axes = (0..s.head.paths.len()).filter(numeric);
    let (x, y) = (axes.next()?, axes.next()?);
    let others = (0..s.head.paths.len()).filter(|p| ![x, y].contains(p) && distinct(s, *p).len() > 1);
    let held: Vec<(usize, String)> = others.map(|p| (p, s.points[0].values[p].clone())).collect();
    let sorted = |p: usize| {
        let mut values = distinct(s, p);
        let of = |v: &String| Decimal::parse(v).map_or(f64::NAN, Decimal::as_f64);
        values.sort_by(|a, b| of(a).total_cmp(&of(b)));
        values
    };
    let (xs, ys) = (sorted(x), sorted(y));
    let mut points = vec![vec![None; xs.len()]; ys.len()];
    for (i, point) in s.points.iter().enumerate() {
        if held.iter().all(|(p, v)| point.values[*p] == *v) {
            let column = xs.iter().position(|v| *v == point.values[x])?;
            let row = ys.iter().position(|v| *v == point.values[y])?;
            points[row][column] = Some(i);
        }
    }
    let (x_labels, y_labels) = (rounded_apart(&xs), rounded_apart(&ys));
    let map = Map { xs, ys, x_labels, y_labels, points };
    // What the footer says of lines does not hold here; what is held at one value does.
    let slices = Slices {
        x,
        scale: s.head.scales[x],
        log: false,
        by: None,
        lines: Vec::new(),
        left_out: 0,
        fixed: held,
        scattered: false,
        names: Vec::new(),
    };
    let title = format!("Chance of red by {} and {}", full(&s.head, x), full(&s.head, y));
    let reading = format!(
        "Cells are points, numbers the chance of red in percent · the line is where it passes {}, straight between \
         points · × could not be run",
        words::threshold(s.head.boundary)
    );
    let foot = foot(look.size, s, &Slices { fixed: Vec::new(), ..slices.clone() }, &reading, 0);
    let at = Frame::of(look.size, s, &map, (x, y), &foot);
    let svg = style::svg_of_height(look, &title, at.height, |canvas| {
        let held =
            if slices.fixed.is_empty() { String::new() } else { format!(" (at {})", fixed(s, &slices)) };
        sheet::header(canvas, &super::title(s, red), &[&format!("{title}{held}"), &s.head.question]);
        paint(canvas, s, &map, red, &at);
        foot.draw(canvas);
    });
    Some(SweepChart { name: "heat".to_string(), title, svg, csv: csv(s, &map, red, (x, y)) })
}

/// From paper to the red of ratings; by the square root, so that small chances can be told apart.
fn shade(p: f64) -> Hue {
    style::PAPER.towards(style::quality(Red), libm::sqrt(p.clamp(0.0, 1.0)))
}

fn paint(canvas: &mut Canvas, s: &Swept, map: &Map, red: usize, frame: &Frame) {
    let Frame { left, right, top, bottom, .. } = *frame;
    let (w, h) = ((right - left) / map.xs.len() as f64, (bottom - top) / map.ys.len() as f64);
    let centre = |column: f64, row: f64| (left + (column + 0.5) * w, bottom - (row + 0.5) * h);
    let value =
        |row: usize, column: usize| map.points[row][column].and_then(|i| s.points[i].estimates[red].value);
    let kind = Type::plain(10.5, style::INK);
    let mut texts: Vec<(Point, Hue, String)> = Vec::new();
    for row in 0..map.ys.len() {
        for column in 0..map.xs.len() {
            let (cx, cy) = centre(column as f64, row as f64);
            let (from, to) = ((cx - w / 2.0, cy - h / 2.0), (cx + w / 2.0, cy + h / 2.0));
            let told = match (map.points[row][column], value(row, column)) {
                (_, Some(p)) => {
                    canvas.rect(from, to, shade(p), 1.0);
                    let text = words::chance(p, s.head.replications);
                    Some((text.trim_end_matches([' ', '%']).to_string(), shade(p)))
                }
                (Some(_), None) => {
                    canvas.rect(from, to, style::PALE, 1.0);
                    Some(("×".to_string(), style::PALE))
                }
                (None, None) => None,
            };
            if let Some((text, ground)) = told
                && kind.width(&text) + 6.0 < w
                && h > 13.0
            {
                texts.push(((cx, cy), ground, text));
            }
        }
    }
    axes(canvas, map, (w, h), frame);
    // A light line under the dark one keeps it visible on every shade.
    let pieces: Vec<[Point; 2]> = contour(map.xs.len(), map.ys.len(), &value, s.head.boundary)
        .into_iter()
        .map(|piece| piece.map(|(c, r)| centre(c, r)))
        .collect();
    for (color, width) in [(style::PAPER, 5.0), (style::INK, 2.2)] {
        for piece in &pieces {
            canvas.line(piece, color, 1.0, width);
        }
    }
    for (at, ground, text) in texts {
        let kind = Type::plain(10.5, ground.text_on());
        let half = (kind.width(&text) / 2.0 + 3.0, 7.5);
        let (x, y) = match aside(at, half, (w, h), &pieces) {
            Some(clear) => clear,
            None => {
                // No place in the cell is clear of the line: over it, on the shade of the cell.
                canvas.rect((at.0 - half.0, at.1 - 6.5), (at.0 + half.0, at.1 + 6.5), ground, 1.0);
                at
            }
        };
        canvas.text((x, y + kind.half_height()), kind.middle(), &text);
    }
    legend(canvas, s.head.boundary, !pieces.is_empty(), frame);
}

/// Where a number stands in its cell clear of the line: in the middle, else aside of it; none if nowhere.
fn aside((x, y): Point, half: (f64, f64), (w, h): (f64, f64), line: &[[Point; 2]]) -> Option<Point> {
    let (dx, dy) = ((w / 2.0 - half.0 - 2.0).max(0.0), (h / 2.0 - half.1 - 2.0).max(0.0));
    let steps = [0.0, 0.35, 0.7, 1.0].into_iter().flat_map(|step| {
        [(0.0, 0.0), (-step, 0.0), (step, 0.0), (0.0, -step), (0.0, step)].into_iter().chain(
            [(-step, -step), (step, -step), (-step, step), (step, step)].into_iter().filter(|s| s.0 != 0.0),
        )
    });
    let mut places = steps.map(|(across, down)| (x + across * dx, y + down * dy));
    places.find(|(x, y)| {
        let (upper, lower) = ((x - half.0, y - half.1), (x + half.0, y + half.1));
        line.iter().all(|piece| axis::keeps_clear(piece, upper, lower, 2.0))
    })
}

fn axes(canvas: &mut Canvas, map: &Map, (w, h): (f64, f64), frame: &Frame) {
    let Frame { left, right, top, bottom, .. } = *frame;
    for edge in [[(left, top), (left, bottom)], [(left, bottom), (right, bottom)]] {
        canvas.line(&edge, style::INK, 0.5, 1.0);
    }
    let mut free = f64::NEG_INFINITY;
    for (i, text) in map.x_labels.iter().enumerate() {
        let at = left + (i as f64 + 0.5) * w;
        let half = TICK.width(text) / 2.0;
        if at - half > free {
            canvas.line(&[(at, bottom), (at, bottom + 4.0)], style::INK, 0.5, 1.0);
            canvas.text((at, bottom + 16.0), TICK.middle(), text);
            free = at + half + 8.0;
        }
    }
    let mut free = f64::INFINITY;
    for (i, text) in map.y_labels.iter().enumerate() {
        let at = bottom - (i as f64 + 0.5) * h;
        if at + 7.0 < free {
            canvas.text((left - 8.0, at + TICK.half_height()), TICK.end(), text);
            free = at - 7.0;
        }
    }
    frame.across.draw(canvas, (left, right), bottom + 33.0);
    frame.up.draw_above(canvas, sheet::margin(canvas.size()), top - 8.0);
}

/// Shades with their chances, and the line.
fn legend(canvas: &mut Canvas, boundary: f64, drawn: bool, frame: &Frame) {
    let (left, top, height) =
        (frame.right + canvas.pick(28.0, 10.0), frame.top + 24.0, canvas.pick(160.0, 90.0));
    canvas.text((left, frame.top + 8.0), TICK, "chance of red");
    let steps = 40;
    for k in 0..steps {
        let p = 1.0 - (k as f64 + 0.5) / steps as f64;
        // Down to the end, and the next one over it: edges that only meet let the paper through.
        let y = top + k as f64 * height / steps as f64;
        canvas.rect((left, y), (left + 16.0, top + height), shade(p), 1.0);
    }
    let at = |p: f64| top + (1.0 - p) * height;
    for p in [0.0, 0.5, 1.0] {
        canvas.text((left + 24.0, at(p) + TICK.half_height()), TICK, &words::threshold(p));
    }
    let y = top + height + 26.0;
    if drawn {
        let stroke = canvas.pick(22.0, 10.0);
        canvas.line(&[(left, y), (left + stroke, y)], style::INK, 1.0, 2.2);
        canvas.text(
            (left + stroke + canvas.pick(6.0, 3.0), y + TICK.half_height()),
            TICK,
            &format!("passes {}", words::threshold(boundary)),
        );
    } else {
        canvas.text((left, y), TICK, &format!("never {}", words::threshold(boundary)));
    }
}

/// Pieces of the line on which a value between cells equals a bound, in (column, row) of cell centres: marching
/// squares with straight lines, from edge to edge of the map (beyond the outermost centres a cell keeps its value).
/// Squares with a corner missing have none.
fn contour(
    columns: usize,
    rows: usize,
    value: &dyn Fn(usize, usize) -> Option<f64>,
    bound: f64,
) -> Vec<[(f64, f64); 2]> {
    // Corners of squares: the centres and, around them, the edge of the map.
    let places = |n: usize| -> Vec<(usize, f64)> {
        let inner = (0..n).map(|i| (i, i as f64));
        std::iter::once((0, -0.5)).chain(inner).chain([(n - 1, n as f64 - 0.5)]).collect()
    };
    let (across, up) = (places(columns), places(rows));
    let mut out = Vec::new();
    for r in up.windows(2) {
        for c in across.windows(2) {
            let corners = [(r[0], c[0]), (r[0], c[1]), (r[1], c[1]), (r[1], c[0])];
            let values = corners.map(|(r, c)| value(r.0, c.0));
            let [Some(v0), Some(v1), Some(v2), Some(v3)] = values else { continue };
            let values = [v0, v1, v2, v3];
            // Where the edges of the square are crossed, in order around it.
            let mut crossed: Vec<(f64, f64)> = Vec::new();
            for i in 0..4 {
                let j = (i + 1) % 4;
                if (values[i] >= bound) != (values[j] >= bound) {
                    let share = (bound - values[i]) / (values[j] - values[i]);
                    let at = |from: f64, to: f64| from + share * (to - from);
                    let (from, to) = (corners[i], corners[j]);
                    crossed.push((at(from.1.1, to.1.1), at(from.0.1, to.0.1)));
                }
            }
            match crossed.len() {
                2 => out.push([crossed[0], crossed[1]]),
                // A saddle: the mean of the corners says which pair of them belongs together.
                4 => {
                    let high = values.iter().sum::<f64>() / 4.0 >= bound;
                    // Cut off are the two corners that lie on the other side than the middle.
                    let turn = usize::from(high != (v0 >= bound));
                    out.push([crossed[turn % 4], crossed[(turn + 1) % 4]]);
                    out.push([crossed[(turn + 2) % 4], crossed[(turn + 3) % 4]]);
                }
                _ => {}
            }
        }
    }
    out
}

fn csv(s: &Swept, map: &Map, red: usize, (x, y): (usize, usize)) -> String {
    let mut out = format!("point,{},{},p_red,low,high,n\n", field(&s.head.paths[y]), field(&s.head.paths[x]));
    for row in &map.points {
        for i in row.iter().flatten() {
            let (point, e) = (&s.points[*i], &s.points[*i].estimates[red]);
            out.push_str(&format!(
                "{},{},{},{},{},{},{}\n",
                i + 1,
                field(&point.values[y]),
                field(&point.values[x]),
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
    use crate::report::sweep::sample;

    #[test]
    fn a_grid_of_two_numbers_has_a_map_with_its_boundary() {
        let s = sample::grid();
        let drawn = chart(&s, Look::default()).unwrap();
        assert!(drawn.svg.contains("passes 5 %") && !legible::body(&drawn.svg).contains("NaN"));
        assert_eq!(drawn.csv.lines().count(), 37);
        assert!(chart(&sample::curve(), Look::default()).is_none());
    }

    #[test]
    fn the_boundary_runs_between_cells() {
        let plane = |_: usize, column: usize| Some(column as f64);
        let pieces = contour(3, 2, &plane, 0.25);
        assert!(pieces.iter().flatten().all(|p| (p.0 - 0.25).abs() < 1e-12));
        let ends = pieces.iter().flatten().map(|p| p.1);
        let (low, high) = ends.fold((9.0f64, -9.0f64), |(l, h), v| (l.min(v), h.max(v)));
        assert_eq!((low, high), (-0.5, 1.5), "from edge to edge");
        let hole = |row: usize, column: usize| (row + column > 0).then_some(column as f64);
        let near = |p: &(f64, f64)| p.0 < 1.0 && p.1 < 1.0 && p.1 >= 0.0;
        assert!(!contour(2, 2, &hole, 0.5).iter().flatten().any(near), "nothing where a corner is missing");
        let saddle = |row: usize, column: usize| Some(f64::from(u8::from(row == column)));
        let inside = |p: &(f64, f64)| (0.0..=1.0).contains(&p.0) && (0.0..=1.0).contains(&p.1);
        let pieces = contour(2, 2, &saddle, 0.5);
        let between = pieces.iter().filter(|piece| piece.iter().all(inside)).count();
        assert_eq!(between, 2, "two lines part the corners of a saddle: {pieces:?}");
        // High corners 0,0 and 1,1 and a middle above the bound: the lines cut off the low corners.
        let pieces = contour(2, 2, &saddle, 0.4);
        for piece in pieces.iter().filter(|piece| piece.iter().all(inside)) {
            let middle = ((piece[0].0 + piece[1].0) / 2.0, (piece[0].1 + piece[1].1) / 2.0);
            let off = |at: (f64, f64)| (middle.0 - at.0).abs() + (middle.1 - at.1).abs();
            let low = off((0.0, 1.0)).min(off((1.0, 0.0)));
            let high = off((0.0, 0.0)).min(off((1.0, 1.0)));
            assert!(low < high, "{piece:?}");
        }
    }
}
