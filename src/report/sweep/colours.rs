//! The chance of each colour along an axis: stacked areas, and the place at which red passes the bound.

use super::canvas::{LABEL, foot, left, line_name};
use super::scale::{Across, Up};
use super::slices::Slices;
use super::{SweepChart, full, number};
use crate::experiment::study::crossing::{Sample, passage};
use crate::experiment::study::swept::Swept;
use crate::messaging::QualityRating::{self, Green, Red, Yellow};
use crate::report::fields::AxisTitle;
use crate::report::sheet::{self, field, maybe};
use crate::report::style::{self, Canvas, Look, Point, Size, Type};
use crate::report::words;

const TOP: f64 = 84.0;
/// Most panels, one beneath the other.
const PANELS_MAX: usize = 4;

/// The chart; none where red or yellow was not asked for, or points lie anywhere.
pub fn chart(s: &Swept, slices: &Slices, look: Look) -> Option<SweepChart> {
    let (red, yellow) = (s.figure("p_red")?, s.figure("p_yellow")?);
    let long = slices.lines.iter().any(|l| l.points.len() > 1);
    if slices.scattered || !slices.is_numeric() || !long {
        return None;
    }
    let most = if look.size == Size::Slide { 2 } else { PANELS_MAX };
    let shown: Vec<usize> = slices.shown(s, most);
    let luck = match s.head.replications {
        1 => "one replication: no intervals".to_string(),
        _ => format!(
            "dashed: 95 % interval of the chance of red · dark line: it passes {}, with the 95 % interval of the place",
            words::threshold(s.head.boundary)
        ),
    };
    let reading = format!("The worst colour a number had at an evaluation after warm-up · {luck}");
    let foot = foot(look.size, s, slices, &reading, slices.lines.len() - shown.len());
    let ends = (left(look.size), look.size.width() - look.size.pick(40.0, 14.0));
    let named = AxisTitle::of(&super::field(&s.head, slices.x), look.size.width() - 12.0);
    let under = foot.height() + look.size.pick(54.0, 44.0) + named.height();
    let above = sheet::top(look.size, TOP) + look.size.pick(0.0, -2.0);
    let (head, gap) = if slices.by.is_some() { (22.0, 26.0) } else { (0.0, 0.0) };
    let plot = match shown.len() {
        // A column grows with its titles.
        1 => look.size.height() + look.size.pick(0.0, named.height()) - above - under,
        // A slide does not grow.
        n if look.size == Size::Slide => {
            (look.size.height() - above - under - (n - 1) as f64 * gap) / n as f64 - head
        }
        2 => look.size.pick(190.0, 120.0),
        _ => look.size.pick(130.0, 90.0),
    };
    let height = above + shown.len() as f64 * (plot + head) + (shown.len() - 1) as f64 * gap + under;
    let title = format!("Chance of each colour by {}", full(&s.head, slices.x));
    let svg = style::svg_of_height(look, &title, height, |canvas| {
        sheet::header(canvas, &super::title(s, red), &[&title, &s.head.question]);
        if canvas.is_column() {
            let kind = Type::plain(11.0, style::SOFT);
            canvas.text((sheet::margin(look.size), 14.0), kind, "Chance of each colour");
        }
        let places = slices.lines.iter().flat_map(|l| l.points.iter().map(|i| slices.place(s, *i)));
        let across = Across::new(ends, places, slices.scale, &[]);
        for (k, line) in shown.iter().enumerate() {
            let top = above + k as f64 * (plot + head + gap) + head;
            let last = k + 1 == shown.len();
            if head > 0.0 {
                let kind = Type::bold(12.0, style::INK);
                let room = canvas.width() - ends.0 - 8.0;
                canvas.text((ends.0, top - 8.0), kind, &kind.fit_name(&line_name(s, slices, *line), room));
            }
            let title = last.then_some(&named);
            panel(canvas, s, slices, *line, (red, yellow), &across, (top, top + plot), title);
        }
        foot.draw(canvas);
    });
    Some(SweepChart { name: "colours".to_string(), title, svg, csv: csv(s, slices, (red, yellow)) })
}

#[allow(clippy::too_many_arguments)]
fn panel(
    canvas: &mut Canvas,
    s: &Swept,
    slices: &Slices,
    line: usize,
    (red, yellow): (usize, usize),
    across: &Across,
    (top, bottom): (f64, f64),
    title: Option<&AxisTitle>,
) {
    let up = Up::of_chances((top, bottom));
    let line = &slices.lines[line];
    let reds = slices.samples(s, line, red);
    let yellows = slices.samples(s, line, yellow);
    let px = |x: f64| across.px(x);
    // From the lower edge up: red, yellow at worst, green throughout.
    let edges: Vec<[f64; 4]> =
        reds.iter().zip(&yellows).map(|(r, y)| [0.0, r.value, y.value.max(r.value), 1.0]).collect();
    for (band, rating) in [Red, Yellow, Green].into_iter().enumerate() {
        let upper = reds.iter().zip(&edges).map(|(r, e)| (px(r.x), up.px(e[band + 1])));
        let lower = reds.iter().zip(&edges).rev().map(|(r, e)| (px(r.x), up.px(e[band])));
        canvas.area(&upper.chain(lower).collect::<Vec<Point>>(), style::quality(rating), 1.0);
    }
    up.draw(canvas, across.ends);
    across.draw(canvas, (top, bottom), title);
    for end in [|i: (f64, f64)| i.0, |i: (f64, f64)| i.1] {
        let bound: Vec<Point> =
            reds.iter().filter_map(|r| Some((px(r.x), up.px(end(r.interval?))))).collect();
        canvas.dashed(&bound, style::OVER, 0.55, 1.0, (4.0, 3.0));
    }
    // Names keep clear of the dashed lines too, and of the place that is marked.
    let xs: Vec<f64> = reds.iter().map(|r| px(r.x)).collect();
    let mut taken: Vec<(Point, Point)> = Vec::new();
    if reds.len() > 1 {
        taken.extend(transition(canvas, (slices.log, s.head.boundary), &reds, across, &up));
    }
    for (band, rating) in [Red, Yellow, Green].into_iter().enumerate() {
        let clear = |(r, e): (&Sample, &[f64; 4])| match rating {
            Red => (e[0], e[1].min(r.interval.map_or(r.value, |i| i.0))),
            _ => (e[band].max(r.interval.map_or(r.value, |i| i.1)).min(e[band + 1]), e[band + 1]),
        };
        let spans: Vec<(f64, f64)> = reds.iter().zip(&edges).map(clear).collect();
        let (xs, spans) = between(&xs, &spans);
        name_band(canvas, &xs, &spans, rating, (across, &up), &mut taken);
    }
}

/// The same band with places between its points: it is straight there.
fn between(xs: &[f64], spans: &[(f64, f64)]) -> (Vec<f64>, Vec<(f64, f64)>) {
    const PARTS: usize = 8;
    let (mut places, mut bands) = (Vec::new(), Vec::new());
    for i in 0..xs.len() {
        let next = (i + 1).min(xs.len() - 1);
        for k in 0..if next > i { PARTS } else { 1 } {
            let share = k as f64 / PARTS as f64;
            let at = |from: f64, to: f64| from + share * (to - from);
            places.push(at(xs[i], xs[next]));
            bands.push((at(spans[i].0, spans[next].0), at(spans[i].1, spans[next].1)));
        }
    }
    (places, bands)
}

/// Writes a colour's name where its band is thick enough, as far from the ends as it can be.
fn name_band(
    canvas: &mut Canvas,
    xs: &[f64],
    spans: &[(f64, f64)],
    rating: QualityRating,
    (across, up): (&Across, &Up),
    taken: &mut Vec<(Point, Point)>,
) {
    let name = match rating {
        Red => "RED",
        Yellow => canvas.pick("YELLOW at worst", "YELLOW"),
        _ => canvas.pick("GREEN throughout", "GREEN"),
    };
    let kind = Type::bold(canvas.pick(12.0, 11.0), style::on_quality(rating));
    let thickness = |i: usize| up.px(spans[i].0) - up.px(spans[i].1);
    let half = kind.width(name) / 2.0 + 6.0;
    // The place with the thickest band over the width of the name.
    let thinnest = |at: f64| {
        let near = (0..xs.len()).filter(|i| (xs[*i] - at).abs() <= half);
        near.map(thickness).fold(f64::INFINITY, f64::min)
    };
    let inside = |i: &usize| xs[*i] - half > across.ends.0 && xs[*i] + half < across.ends.1;
    let mut places: Vec<(f64, usize)> = (0..xs.len()).filter(inside).map(|i| (thinnest(xs[i]), i)).collect();
    places.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, i) in places.into_iter().filter(|(room, _)| *room > 20.0) {
        let (at, ends) = (xs[i], (up.px(spans[i].1) + 10.0, up.px(spans[i].0) - 10.0));
        // In the middle of the band, else near its lower or its upper edge.
        for middle in [(ends.0 + ends.1) / 2.0, ends.1, ends.0] {
            let spot = ((at - half, middle - 8.0), (at + half, middle + 8.0));
            let apart = |t: &(Point, Point)| {
                spot.1.0 < t.0.0 || t.1.0 < spot.0.0 || spot.1.1 < t.0.1 || t.1.1 < spot.0.1
            };
            if taken.iter().all(apart) {
                canvas.text((at, middle + kind.half_height()), kind.middle(), name);
                taken.push(spot);
                return;
            }
        }
    }
}

/// Marks where the chance of red passes the bound; gives the places that are taken then: the line's and the words'.
fn transition(
    canvas: &mut Canvas,
    (log, bound): (bool, f64),
    reds: &[Sample],
    across: &Across,
    up: &Up,
) -> Vec<(Point, Point)> {
    let p = passage(reds, bound, log);
    let Some(at) = p.at else { return Vec::new() };
    let (top, bottom) = up.ends;
    let (from, to) =
        (p.from.map_or(across.ends.0, |v| across.px(v)), p.to.map_or(across.ends.1, |v| across.px(v)));
    canvas.rect((from.min(to), top), (from.max(to), bottom), style::OVER, 0.16);
    let x = across.px(at);
    canvas.line(&[(x, top), (x, bottom)], style::OVER, 0.9, 2.0);
    let range = match (p.from, p.to) {
        (Some(from), Some(to)) => format!(" ({}–{})", number(from), number(to)),
        (Some(from), None) => format!(" (above {})", number(from)),
        (None, Some(to)) => format!(" (below {})", number(to)),
        (None, None) => String::new(),
    };
    let verb = if p.rising { "passes" } else { "falls below" };
    // A column has no room for the interval in words: it is shaded.
    let range = canvas.pick(range, String::new());
    let said = format!("red {verb} {} at {}{range}", words::threshold(bound), number(at));
    let width = LABEL.width(&said);
    // On the side with more room, on paper of its own: it stands on colours.
    let left = if x - across.ends.0 > across.ends.1 - x { x - width - 12.0 } else { x + 8.0 };
    let left = left.clamp(across.ends.0 + 2.0, (across.ends.1 - width - 6.0).max(across.ends.0 + 2.0));
    let y = top + 16.0;
    let paper = ((left - 4.0, y - 12.0), (left + width + 4.0, y + 5.0));
    canvas.rect(paper.0, paper.1, style::PAPER, 0.92);
    canvas.text((left, y), LABEL, &said);
    vec![paper, ((x - 3.0, top), (x + 3.0, bottom))]
}

fn csv(s: &Swept, slices: &Slices, (red, yellow): (usize, usize)) -> String {
    let by = slices.by.map_or(String::new(), |by| format!("{},", field(&s.head.paths[by])));
    let mut out =
        format!("point,{by}{},green,yellow,red,red_low,red_high,n\n", field(&s.head.paths[slices.x]));
    for line in &slices.lines {
        for i in &line.points {
            let (point, e) = (&s.points[*i], &s.points[*i].estimates);
            let by = slices.by.map_or(String::new(), |by| format!("{},", field(&point.values[by])));
            let (r, y) = (e[red].value, e[yellow].value);
            out.push_str(&format!(
                "{},{by}{},{},{},{},{},{},{}\n",
                i + 1,
                field(&point.values[slices.x]),
                maybe(y.map(|y| 1.0 - y)),
                maybe(y.zip(r).map(|(y, r)| y - r)),
                maybe(r),
                maybe(e[red].interval.map(|v| v.0)),
                maybe(e[red].interval.map(|v| v.1)),
                e[red].n
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sweep::{sample, slices::slices};

    #[test]
    fn the_transition_is_marked_where_there_is_one() {
        let s = sample::curve();
        let drawn = chart(&s, &slices(&s), Look::default()).unwrap();
        assert!(drawn.svg.contains("red passes 5 % at 0.0") && drawn.svg.contains("GREEN throughout"));
        assert!(drawn.csv.starts_with("point,recipients.block_base,green,yellow,red,"), "{}", drawn.csv);
        let s = sample::grid();
        let drawn = chart(&s, &slices(&s), Look::default()).unwrap();
        assert_eq!(drawn.svg.matches("Dispatches per week of promo ").count(), 4, "a panel for each value");
        let s = sample::scattered();
        assert!(chart(&s, &slices(&s), Look::default()).is_none());
    }
}
