//! A sensitivity study as pictures: the ranking as bars with intervals, and for Morris mu* against sigma.
//!
//! Pure functions; the look is in `style`. What they show is in `indices.csv`.

use super::{Analysed, Digits, Direction, Sensitivity, about, direction, index_name, title};
use crate::experiment::study::sensitivity::{Found, Kind, Method, Row};
use crate::report::sheet::{self, Foot, maybe};
use crate::report::style::{self, Canvas, Hue, Look, Size, Type};
use crate::report::{axis, words};

/// Parameters drawn.
const SHOWN: usize = 16;
/// Parameters on a slide.
const SLIDE_ROWS: usize = 8;

const TOP: f64 = 96.0;
const ROW: f64 = 30.0;
/// Left and right end of the bars' plot.
fn bar_ends(size: Size) -> (f64, f64) {
    match size {
        Size::Page => (300.0, 740.0),
        Size::Slide => (280.0, 650.0),
        Size::Column => (130.0, 252.0),
    }
}

const LABEL: Type = Type::plain(11.0, style::INK);
const SMALL: Type = Type::plain(10.0, style::SOFT);

/// The colour of a parameter's dot.
fn color(s: &Sensitivity, found: &Found, row: &Row) -> Hue {
    match s.method {
        Method::Morris { .. } => match direction(found, row.parameter) {
            Direction::Raises => style::series(1),
            Direction::Lowers => style::series(2),
            Direction::Both => style::series(4),
        },
        _ => style::series(0),
    }
}

/// Grey where the effect cannot be told from none.
fn dot_color(row: &Row, hue: Hue) -> Hue {
    match row.indistinguishable {
        Some(true) => style::FAINT,
        _ => hue,
    }
}

/// What marks the parameters whose effect is not known to be real.
fn pale(s: &Sensitivity, found: &Found) -> &'static str {
    match (found.ranking().iter().any(|r| r.indistinguishable.is_none()), s.replications) {
        (false, _) => "pale: indistinguishable from zero",
        (true, 1) => {
            "grey: indistinguishable from zero; small dot in colour: not judged, with one replication"
        }
        (true, _) => "grey: indistinguishable from zero; small dot in colour: not judged",
    }
}

/// The question as title, and the answer.
fn header(canvas: &mut Canvas, s: &Sensitivity, a: &Analysed) {
    let (measure, name) = (words::clean(&a.measure.name), words::clean(&s.name));
    let kind = Type::plain(12.0, style::SOFT);
    let mut answer = about(s, a).into_iter().next().unwrap_or_default();
    // The title asks, so the answer need not repeat it.
    let asked = format!("What decides {measure} is ");
    answer = answer.strip_prefix(&asked).unwrap_or(&answer).trim_end_matches('.').to_string();
    // As many of the sentence's parts as fit: half a figure says less than none.
    while kind.width(&answer) > canvas.width() - 2.0 * sheet::margin(canvas.size()) {
        match answer.rfind([',', ';']) {
            Some(at) => answer.truncate(at),
            None => break,
        }
    }
    sheet::header(canvas, &format!("What decides {measure} in {name}?"), &name, &answer);
}

fn footer(size: Size, s: &Sensitivity, note: &str) -> Foot {
    let tail = format!(
        "{} · {} · policy {} · seed {} · {}, {} luck",
        words::clean(&s.name),
        title(s.method),
        words::clean(&s.policy),
        s.seed,
        words::plural(s.runs(), "run", "runs"),
        s.luck.name(),
    );
    Foot::of(size, note, &tail)
}

/// Dots and what they mean, one after the other.
fn legend(canvas: &mut Canvas, left: f64, entries: &[(Hue, &str)]) {
    let size = canvas.size();
    let (mut at, top) = (size.pick(left, sheet::margin(size)), sheet::top(size, TOP));
    for (color, says) in entries {
        canvas.dot((at + 4.5, top - 22.0), 4.5, *color);
        canvas.text((at + 14.0, top - 18.0), LABEL, says);
        at += 14.0 + LABEL.width(says) + size.pick(24.0, 14.0);
    }
}

fn directions() -> [(Hue, &'static str); 3] {
    [
        (style::series(1), "raises it"),
        (style::series(2), "lowers it"),
        (style::series(4), "both ways, or none"),
    ]
}

/// The ranking: a bar from zero with an interval for each parameter, the largest on top.
pub fn ranking(s: &Sensitivity, a: &Analysed, found: &Found, look: Look) -> String {
    let ranking = found.ranking();
    // A slide does not grow.
    let most = if look.size == Size::Slide { SLIDE_ROWS } else { SHOWN };
    let shown = &ranking[..ranking.len().min(most)];
    let mark = match s.method {
        Method::Morris { .. } if s.replications > 1 => "; upright stroke: what luck alone would give",
        Method::Pawn { .. } | Method::Delta { .. } => "; upright stroke: what 95 % of dummies stay below",
        _ => "",
    };
    let more = match ranking.len() - shown.len() {
        0 => String::new(),
        n => format!("; {n} more in indices.csv"),
    };
    let foot = footer(look.size, s, &format!("Lines: 95 % intervals; {}{mark}{more}", pale(s, found)));
    let (above, (left, right)) = (sheet::top(look.size, TOP), bar_ends(look.size));
    let bottom = above + shown.len() as f64 * ROW;
    let height = sheet::height(look.size, bottom + look.size.pick(46.0, 54.0) + foot.height());
    let title = format!("What decides {}: {}", a.measure.name, words::shorten(&s.name, 80));
    let digits = Digits::of(found);
    let sobol = matches!(s.method, Method::Sobol { .. });
    let first = |r: &Row| found.of(r.parameter, Kind::First).map(|f| f.shown().0);
    style::svg_of_height(look, &title, height, |canvas| {
        header(canvas, s, a);
        match s.method {
            Method::Morris { .. } => legend(canvas, left, &directions()),
            Method::Sobol { .. } => {
                legend(
                    canvas,
                    left,
                    &[(style::series(0), "with others (total)"), (style::series(1), "alone")],
                );
            }
            _ => {}
        }
        let ends = |r: &Row| {
            let (value, interval) = r.shown();
            let (low, high) = interval.unwrap_or((value, value));
            [value, low, high, r.noise.filter(|_| !sobol).unwrap_or(0.0), first(r).unwrap_or(0.0)]
        };
        let all = || shown.iter().flat_map(|r| ends(r)).filter(|v| v.is_finite());
        let (low, high) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
        let high = if high > low { high } else { 1.0 };
        let step = axis::step_above((high - low) / look.size.pick(7.0, 3.0));
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let px = |v: f64| left + (v - low) / (high - low) * (right - left);
        let ticks = Digits::up_to(step);
        for k in 0..=((high - low) / step).round() as usize {
            let v = low + k as f64 * step;
            let zero = v.abs() < step * 1e-6;
            let alpha = if zero { 0.35 } else { 0.1 };
            canvas.line(&[(px(v), above), (px(v), bottom)], style::GRID, alpha, 1.0);
            canvas.text(
                (px(v), bottom + 14.0),
                SMALL.middle(),
                &if zero { "0".into() } else { ticks.show(v) },
            );
        }
        let says = format!(
            "{} of {}{}",
            index_name(s.method.main()),
            words::clean(&a.measure.name),
            match s.method {
                Method::Morris { .. } if a.measure.is_chance() =>
                    ": mean size of its change over two thirds of a range, times 1.5",
                Method::Morris { .. } => ": its change over the whole range of a parameter, on average",
                Method::Sobol { .. } => ": share of its variance",
                _ => ": distance between distributions",
            }
        );
        sheet::centred(canvas, (left, right), bottom + 31.0, Type::plain(11.0, style::SOFT), &says);
        for (i, r) in shown.iter().enumerate() {
            let p = &s.parameters[r.parameter];
            let y = above + (i as f64 + 0.5) * ROW;
            let room = left - sheet::margin(look.size) - look.size.pick(16.0, 10.0);
            let range = format!("{} to {}", p.low(), p.high());
            let told = r.indistinguishable == Some(false);
            canvas.text(
                (left - look.size.pick(12.0, 9.0), y - 2.0),
                LABEL.end(),
                &LABEL.fit_name(&s.name_of(r), room),
            );
            canvas.text((left - look.size.pick(12.0, 9.0), y + 11.0), SMALL.end(), &SMALL.fit(&range, room));
            let (value, interval) = r.shown();
            let hue = color(s, found, r);
            let (from, to) = (px(0.0f64.min(value)), px(0.0f64.max(value)));
            canvas.rect((from, y - 6.0), (to, y + 6.0), hue, if told { 0.28 } else { 0.1 });
            if let Some((low, high)) = interval {
                canvas.line(&[(px(low), y), (px(high), y)], hue, if told { 0.8 } else { 0.3 }, 2.0);
            }
            if let Some(noise) = r.noise.filter(|n| !sobol && *n > 0.0) {
                canvas.line(&[(px(noise), y - 9.0), (px(noise), y + 9.0)], style::INK, 0.55, 1.2);
            }
            if let Some(alone) = first(r) {
                canvas.dot((px(alone), y), 3.2, style::series(1));
            }
            canvas.dot((px(value), y), if told { 4.5 } else { 3.2 }, dot_color(r, hue));
            let range = digits.range(interval);
            let said = match range.is_empty() {
                true => digits.value(value),
                false => format!("{} ({range})", digits.value(value)),
            };
            let kind = if told { LABEL } else { SMALL };
            let at = right + look.size.pick(14.0, 9.0);
            let kind = look.size.pick(kind, SMALL);
            canvas.text((at, y + 4.0), kind, &kind.fit(&said, look.size.width() - at - 6.0));
        }
        foot.draw(canvas);
    })
}

/// Left, right, upper and lower edge of the plot of mu* and sigma.
fn plot(size: Size, foot: &Foot) -> [f64; 4] {
    let below = size.height() - foot.height() - size.pick(40.0, 50.0);
    [size.pick(84.0, 60.0), size.width() - size.pick(36.0, 20.0), sheet::top(size, 104.0), below]
}

fn judged(row: &Row) -> String {
    row.indistinguishable.map_or(String::new(), |v| v.to_string())
}

/// `raises`, `lowers` or `both`; empty where the method does not tell.
fn way(s: &Sensitivity, found: &Found, row: &Row) -> String {
    let Method::Morris { .. } = s.method else { return String::new() };
    match direction(found, row.parameter) {
        Direction::Raises => "raises",
        Direction::Lowers => "lowers",
        Direction::Both => "both",
    }
    .to_string()
}

/// What the ranking of a page shows, as CSV.
pub fn ranking_csv(s: &Sensitivity, found: &Found) -> String {
    let columns = [
        "parameter",
        "from",
        "to",
        "index",
        "low",
        "high",
        "noise",
        "alone",
        "direction",
        "indistinguishable",
    ];
    let row = |r: &&Row| {
        let p = &s.parameters[r.parameter];
        let (value, interval) = r.shown();
        let alone = found.of(r.parameter, Kind::First).map(|f| f.shown().0);
        vec![
            s.name_of(r),
            p.low(),
            p.high(),
            maybe(Some(value)),
            maybe(interval.map(|i| i.0)),
            maybe(interval.map(|i| i.1)),
            maybe(r.noise),
            maybe(alone),
            way(s, found, r),
            judged(r),
        ]
    };
    sheet::table(&columns, found.ranking().iter().take(SHOWN).map(row))
}

/// What Morris's picture shows, as CSV.
pub fn mu_sigma_csv(s: &Sensitivity, found: &Found) -> String {
    let row = |r: &&Row| {
        let sigma = found.of(r.parameter, Kind::Sigma).map_or(0.0, |x| x.value);
        vec![s.name_of(r), maybe(Some(r.value)), maybe(Some(sigma)), way(s, found, r), judged(r)]
    };
    let columns = ["parameter", "mu_star", "sigma", "direction", "indistinguishable"];
    sheet::table(&columns, found.ranking().iter().map(row))
}

/// Morris's picture: how much a parameter moves the measure, against how unevenly.
pub fn mu_sigma(s: &Sensitivity, a: &Analysed, found: &Found, look: Look) -> String {
    let title = format!("mu* and sigma of {}: {}", a.measure.name, words::shorten(&s.name, 80));
    let ranking = found.ranking();
    let note = |more: &str| {
        format!(
            "Far right: it matters; high up: how much hangs on the others, or the effect is curved; {}{more}",
            pale(s, found)
        )
    };
    // How many names find no place is known when all have been tried.
    let spare = footer(look.size, s, &note("; 00 dots have no room for their names (indices.csv has all)"));
    let frame = plot(look.size, &spare);
    let [left, right, top, bottom] = frame;
    let sigma = |r: &Row| found.of(r.parameter, Kind::Sigma).map_or(0.0, |x| x.value);
    let scale = |most: f64| {
        let most = if most > 0.0 { most * 1.04 } else { 1.0 };
        let step = axis::step_above(most / look.size.pick(6.0, 4.0));
        ((most / step).ceil() * step, step)
    };
    let (wide, x_step) = scale(ranking.iter().map(|r| r.value).fold(0.0, f64::max));
    let (high, y_step) = scale(ranking.iter().map(|r| sigma(r)).fold(0.0, f64::max));
    let px = |v: f64| left + v / wide * (right - left);
    let py = |v: f64| bottom - v / high * (bottom - top);
    style::svg(look, &title, |canvas| {
        header(canvas, s, a);
        legend(canvas, left, &directions());
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for (most, step, across) in [(wide, x_step, true), (high, y_step, false)] {
            let digits = Digits::up_to(step);
            for k in 0..=(most / step).round() as usize {
                let v = k as f64 * step;
                let alpha = if k == 0 { 0.35 } else { 0.1 };
                let says = if k == 0 { "0".to_string() } else { digits.show(v) };
                if across {
                    canvas.line(&[(px(v), top), (px(v), bottom)], style::GRID, alpha, 1.0);
                    canvas.text((px(v), bottom + 15.0), SMALL.middle(), &says);
                } else {
                    canvas.line(&[(left, py(v)), (right, py(v))], style::GRID, alpha, 1.0);
                    canvas.text((left - 8.0, py(v) + 3.5), SMALL.end(), &says);
                }
            }
        }
        let soft = Type::plain(11.0, style::SOFT);
        let says = match a.measure.is_chance() {
            true => {
                "mu*: mean size of the change over two thirds of a range, times 1.5 (flips both ways count)"
            }
            false => "mu*: mean size of the effect over the whole range of a parameter",
        };
        sheet::centred(canvas, (left, right), bottom + 32.0, soft, says);
        canvas.text((left - look.size.pick(60.0, 52.0), top - 8.0), SMALL, "sigma: spread of the effects");
        // After K. Garcia Sanchez et al., Energy Build. 68 (2014) 741-750: how far sigma is from mu*.
        for (ratio, says) in [(1.0, "sigma = mu*"), (0.1, "sigma = mu*/10")] {
            let end = wide.min(high / ratio);
            canvas.dashed(
                &[(px(0.0), py(0.0)), (px(end), py(end * ratio))],
                style::INK,
                0.35,
                1.0,
                (4.0, 4.0),
            );
            // Where the line leaves the plot, beside it.
            let at = if ratio * wide > high {
                (px(end) + 8.0, top + 12.0)
            } else {
                (right - 4.0 - SMALL.width(says), py(end * ratio) + 14.0)
            };
            let spot = bounds(at, SMALL, says);
            if spot[1] <= right && spot[3] <= bottom && taken.iter().all(|t| !meets(&spot, t)) {
                canvas.text(at, SMALL, says);
                taken.push(spot);
            }
        }
        let dots: Vec<(f64, f64)> = ranking.iter().map(|r| (px(r.value), py(sigma(r)))).collect();
        // The last ranks first, so that what matters lies on top.
        for (r, at) in ranking.iter().zip(&dots).rev() {
            let told = r.indistinguishable == Some(false);
            canvas.dot(*at, if told { 5.0 } else { 3.2 }, dot_color(r, color(s, found, r)));
        }
        let told = ranking.iter().zip(&dots).filter(|(r, _)| r.indistinguishable != Some(true));
        let mut unnamed = 0;
        for (r, dot) in told {
            let name = LABEL.fit_name(&s.name_of(r), look.size.pick(240.0, 120.0));
            let Some((at, reach)) = place(frame, *dot, &name, &dots, &taken) else {
                unnamed += 1;
                continue;
            };
            let spot = bounds(at, LABEL, &name);
            if reach > 12.0 {
                let near = (dot.0.clamp(spot[0], spot[1]), dot.1.clamp(spot[2], spot[3]));
                canvas.line(&[*dot, near], style::SOFT, 0.5, 0.8);
            }
            canvas.text(at, LABEL, &name);
            taken.push(spot);
        }
        let more = match unnamed {
            0 => String::new(),
            n => format!("; {n} dots have no room for their names (indices.csv has all)"),
        };
        footer(look.size, s, &note(&more)).draw(canvas);
    })
}

/// Left, right, upper and lower edge of a text.
fn bounds((x, baseline): (f64, f64), kind: Type, text: &str) -> [f64; 4] {
    [x, x + kind.width(text), baseline - 0.8 * kind.size, baseline + 0.25 * kind.size]
}

/// Whether two such boxes share a place.
fn meets(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3]
}

/// Where a name can stand beside its dot without touching another name or dot, and how far off; none if nowhere.
fn place(
    [left, right, top, bottom]: [f64; 4],
    dot: (f64, f64),
    name: &str,
    dots: &[(f64, f64)],
    taken: &[[f64; 4]],
) -> Option<((f64, f64), f64)> {
    let (width, half) = (LABEL.width(name), LABEL.half_height());
    for reach in [9.0, 18.0, 28.0, 40.0, 54.0, 70.0, 88.0, 110.0, 136.0] {
        let slant = 0.71 * reach;
        for (x, y) in [
            (dot.0 + reach, dot.1 + half),
            (dot.0 - reach - width, dot.1 + half),
            (dot.0 - width / 2.0, dot.1 - reach + 1.0),
            (dot.0 - width / 2.0, dot.1 + reach + 8.0),
            (dot.0 + slant, dot.1 - slant),
            (dot.0 - slant - width, dot.1 - slant),
            (dot.0 + slant, dot.1 + slant + 2.0 * half),
            (dot.0 - slant - width, dot.1 + slant + 2.0 * half),
        ] {
            let spot = bounds((x, y), LABEL, name);
            let inside = spot[0] > left + 3.0 && spot[1] < right && spot[2] > top && spot[3] < bottom - 2.0;
            let clear = |d: &(f64, f64)| !meets(&spot, &[d.0 - 6.0, d.0 + 6.0, d.1 - 6.0, d.1 + 6.0]);
            if inside && taken.iter().all(|t| !meets(&spot, t)) && dots.iter().all(clear) {
                return Some(((x, y), reach));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::{judged, sample};
    use super::*;
    use crate::report::legible;

    #[test]
    fn what_was_not_judged_is_called_so() {
        let s = judged(Method::Morris { trajectories: 12 }, &[None, Some(false), Some(true), None]);
        let a = &s.measures[0];
        let found = a.found.as_ref().unwrap();
        let drawn = ranking(&s, a, found, Look::default());
        for drawn in [drawn, mu_sigma(&s, a, found, Look::default())] {
            assert_eq!(legible::faults(&drawn, Look::default()), Vec::<String>::new());
            assert!(drawn.contains("not judged"), "{drawn}");
            assert!(drawn.contains("times 1.5"), "{drawn}");
        }
    }

    #[test]
    fn charts_are_legible() {
        for parameters in [1, 4, 40] {
            for method in [
                Method::Morris { trajectories: 12 },
                Method::Sobol { base_points: 64, second_order: false },
                Method::Pawn { points: 200 },
                Method::Delta { points: 200 },
            ] {
                let s = sample(method, parameters);
                let a = &s.measures[0];
                let found = a.found.as_ref().unwrap();
                assert_eq!(
                    legible::faults_everywhere(|look| ranking(&s, a, found, look)),
                    Vec::<String>::new(),
                    "{method:?} {parameters}"
                );
                let csv = ranking_csv(&s, found);
                assert_eq!(csv.lines().count(), 1 + parameters.min(SHOWN), "{csv}");
                assert!(csv.starts_with("parameter,from,to,index,low,high,noise,alone,direction,"), "{csv}");
                if let Method::Morris { .. } = method {
                    assert_eq!(mu_sigma_csv(&s, found).lines().count(), 1 + parameters);
                    let drawn = mu_sigma(&s, a, found, Look::default());
                    let faults = legible::faults_everywhere(|look| mu_sigma(&s, a, found, look));
                    assert_eq!(faults, Vec::<String>::new(), "{parameters}");
                    let first = s.name_of(found.ranking()[0]);
                    assert!(drawn.contains(&first), "the first has its name: {first}");
                }
            }
        }
    }
}
