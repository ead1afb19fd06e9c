//! The charts of a run as SVG text: score and rating, limit and slots, the funnel by day, delays, and costs where
//! rate cards bill it.
//!
//! A pure function of a picture and a look. Must not know where files go; the look is in `style`, ticks in `axis`, and what is
//! read out of a result in `series`.

mod costs;
mod delays;
mod funnel;
mod limit;
mod rating;
mod rating_labels;
mod rating_lanes;

use crate::report::axis::TimeAxis;
use crate::report::picture::{About, Picture};
use crate::report::sheet::{self, Foot};
use crate::report::style::{self, Canvas, Look, Size, Type};
use crate::report::{series, words};
use crate::sim::SimTime;

/// One finished chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// File name without its ending.
    pub name: String,
    /// What it shows, in words.
    pub title: String,
    /// A complete SVG document.
    pub svg: String,
}

/// All charts of a run, in the order they are best read.
pub fn draw(picture: &Picture, look: Look) -> Vec<Chart> {
    let about = &picture.about;
    let of_height = |name: &str, what: &str, column: f64, paint: &dyn Fn(&mut Canvas)| {
        let title = format!("{what}: {}", words::shorten(&words::clean(&about.scenario), 80));
        let height = look.size.pick(look.size.height(), column);
        let svg = style::svg_of_height(look, &title, height, paint);
        Chart { name: name.to_string(), title, svg }
    };
    let usual = Size::Column.height();
    let mut charts = Vec::new();
    if about.judged {
        charts.push(of_height("rating", rating::TITLE, usual, &|canvas| {
            rating::paint(canvas, about, &picture.ratings)
        }));
        charts.push(of_height("limit", limit::TITLE, limit::column_height(&picture.limits), &|canvas| {
            limit::paint(canvas, about, &picture.limits)
        }));
    }
    charts.push(of_height("funnel", funnel::TITLE, 1.3 * usual, &|canvas| {
        funnel::paint(canvas, about, &picture.funnel)
    }));
    if let Some(d) = &picture.delays {
        charts.push(of_height("delays", delays::TITLE, usual, &|canvas| delays::paint(canvas, about, d)));
    }
    if let Some(c) = &picture.costs {
        charts.push(of_height("costs", costs::TITLE, costs::column_height(c), &|canvas| {
            costs::paint(canvas, about, c)
        }));
    }
    charts
}

/// Small explanations.
const SMALL: Type = Type::plain(10.0, style::SOFT);
/// What the chart says, under its title.
const SUBTITLE: Type = Type::plain(12.5, style::SOFT);
/// What an axis measures.
const AXIS_TITLE: Type = Type::plain(11.0, style::SOFT);

/// Lowest pixel of a chart's body; the small print lies beneath.
fn body_bottom(canvas: &Canvas, foot: &Foot) -> f64 {
    canvas.height() - foot.height() - 8.0
}

/// The scenario's question, and beneath it what the chart shows. Without a question, what it shows stands first. A column
/// has neither: its caption does.
fn header(canvas: &mut Canvas, about: &About, title: &str, subtitle: &str) {
    if canvas.is_column() {
        return;
    }
    let margin = sheet::margin(canvas.size());
    let question = words::clean(&about.question);
    let (first, second) = match question.trim() {
        "" => (title.to_string(), subtitle.to_string()),
        question => (question.to_string(), format!("{title}. {subtitle}")),
    };
    let room = canvas.width() - 2.0 * margin;
    // A long question is set smaller before it is cut.
    let bold = [17.0, 15.0, 13.0].map(|size| Type::bold(size, style::INK));
    let kind = bold.into_iter().find(|kind| kind.width(&first) <= room).unwrap_or(bold[2]);
    canvas.text((margin, 31.0), kind, &kind.fit(&first, room));
    let kind = Type::plain(12.5, style::SOFT);
    canvas.text((margin, 51.0), kind, &kind.fit(&second, room));
}

/// The first two sentences of the answer, or as many of them as fit.
fn headline(about: &About, size: Size, title: &str) -> String {
    let mut sentences: Vec<String> = about.sentences.iter().take(2).cloned().collect();
    let both = sentences.join(" ");
    // Half a sentence says less than none.
    if sentences.is_empty()
        || SUBTITLE.width(&format!("{title}. {both}")) <= size.width() - 2.0 * sheet::margin(size)
    {
        both
    } else {
        sentences.swap_remove(0)
    }
}

/// How to read the chart, and what it was made from.
fn small_print(size: Size, about: &About, reading: &str) -> Foot {
    small_print_of(size, about, &spans_words(about), reading)
}

/// The same for a chart that says itself what its shades and dashes are; empty where it has none.
fn small_print_of(size: Size, about: &About, spans: &str, reading: &str) -> Foot {
    let room = size.width() - 2.0 * sheet::margin(size);
    let tail = format!(
        " · policy {} · {} · dates in UTC{spans}",
        words::shorten(&words::clean(&about.policy), 40),
        series::origin_words(about.seed, about.replications, &about.overrides),
    );
    // A long name must not push out what follows it.
    let name = SMALL.fit(&words::clean(&about.scenario), 0.9 * room);
    Foot::of(size, reading, &format!("{name}{tail}"))
}

/// The last baseline of the small print, in pixels from the edge of the paper.
const SMALL_PRINT_AT: f64 = 9.0;

/// ` of replication 1` where there are others.
fn of_first(about: &About) -> &'static str {
    if about.replications > 1 { ", replication 1" } else { "" }
}

/// Instants inside the run at which the platform's rules change, and to which.
fn changes(about: &About) -> impl Iterator<Item = (SimTime, String)> {
    let inside = about.eras.iter().filter(|(from, _)| *from > about.start && *from < about.horizon);
    inside.map(|(from, name)| (*from, words::shorten(&words::clean(name), 20)))
}

/// The warm-up as a shade, and changes of the platform's rules as dashed uprights. [`spans_words`] says what they are.
fn spans(canvas: &mut Canvas, about: &About, x: &TimeAxis, (top, bottom): (f64, f64)) {
    let warm = x.px(about.start + about.warm_up);
    if about.warm_up.0 > 0 && warm > x.left {
        canvas.rect((x.left, top), (warm, bottom), style::INK, 0.06);
    }
    for (from, _) in changes(about) {
        let at = x.px(from);
        canvas.dashed(&[(at, top), (at, bottom)], style::INK, 0.6, 1.0, (4.0, 3.0));
    }
}

/// Small print for [`spans`]; empty where there are none.
fn spans_words(about: &About) -> String {
    let mut out = String::new();
    if about.warm_up.0 > 0 {
        out.push_str(" · shaded: warm-up");
    }
    let changes: Vec<String> =
        changes(about).map(|(from, name)| format!("{name} from {}", from.date())).collect();
    if !changes.is_empty() {
        out.push_str(&format!(" · dashed upright: new rules, {}", words::list(&changes, 2)));
    }
    out
}

/// What [`nothing`] is said in.
fn nothing_type(canvas: &Canvas) -> Type {
    Type::plain(canvas.pick(13.0, 10.0), style::SOFT)
}

/// Says in the middle of a chart's body that there is nothing to show, and why.
fn nothing(canvas: &mut Canvas, middle: (f64, f64), why: &str) {
    canvas.text(middle, nothing_type(canvas).middle(), why);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::legible;
    use crate::report::sample::{Course, Shape, sample, shapes};

    #[test]
    fn every_shape_draws_the_same_readable_bytes_twice() {
        for shape in shapes() {
            let result = sample(&shape);
            let charts = draw(&Picture::of(&result), Look::default());
            assert_eq!(
                charts.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
                ["rating", "limit", "funnel", "delays"]
            );
            assert_eq!(charts, draw(&Picture::of(&result), Look::default()), "{shape:?}");
            for chart in &charts {
                let svg = legible::body(&chart.svg);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{} {shape:?}", chart.name);
                assert!(chart.svg.contains("<title>") && svg.trim_end().ends_with("</svg>"));
                assert!(svg.len() < 600_000, "{} {shape:?}: {} bytes", chart.name, svg.len());
                assert!(svg.contains("seed 42"));
            }
        }
    }

    #[test]
    fn what_nothing_rates_has_no_chart_of_rating_and_limit() {
        let mut result = sample(&Shape { numbers: 2, ..Shape::default() });
        result.of_app = vec![true; 2];
        let names: Vec<_> =
            draw(&Picture::of(&result), Look::default()).into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["funnel", "delays"]);
        result.of_app[1] = false;
        assert_eq!(draw(&Picture::of(&result), Look::default()).len(), 4, "one of them is rated");
    }

    #[test]
    fn texts_stay_on_the_paper_and_off_each_other() {
        for shape in shapes() {
            let picture = Picture::of(&sample(&shape));
            for look in Look::ALL {
                for chart in draw(&picture, look) {
                    let found = legible::faults(&chart.svg, look);
                    assert!(found.is_empty(), "{} {look:?} {shape:?}: {found:#?}", chart.name);
                    let said: String = legible::texts(&chart.svg).into_iter().map(|t| t.said + " ").collect();
                    if chart.name == "rating" {
                        let named = look.size.pick("YELLOW from 0.5 %", "YELLOW 0.5 %");
                        assert!(said.contains(named), "{look:?} {shape:?}: {said}");
                    }
                    for needed in ["weekly-promo", "policy 2023-11", "seed 42"] {
                        assert!(
                            said.contains(needed),
                            "{} {look:?} {shape:?}: {needed} in {said}",
                            chart.name
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn axes_say_their_units_and_assumptions_are_called_so() {
        let charts =
            draw(&Picture::of(&sample(&Shape { replications: 20, ..Shape::default() })), Look::default());
        let has = |i: usize, text: &str| {
            let all: String = legible::texts(&charts[i].svg).into_iter().map(|t| t.said + "\n").collect();
            assert!(all.contains(text), "{}: no {text:?} in\n{all}", charts[i].name);
        };
        for text in [
            "weighted negative signals per message",
            "RED from 2 %",
            "YELLOW from 0.5 %",
            "assumed",
            "Does a weekly promotion keep the number green?",
            "Red within 30 days",
            "20 replications",
        ] {
            has(0, text);
        }
        has(1, "unique recipients");
        has(2, "per day");
        has(3, "% of messages");
    }

    #[test]
    fn a_name_cannot_break_the_document() {
        let mut result = sample(&Shape { numbers: 2, course: Course::Healthy, ..Shape::default() });
        result.scenario = "a<b>&\"'\u{0}\u{1b}".to_string();
        result.numbers[0] = "</text><script>".to_string();
        result.policy.name = "x]]>".to_string();
        for chart in draw(&Picture::of(&result), Look::default()) {
            assert!(
                !chart.svg.contains("<script") && chart.svg.chars().all(|c| c == '\n' || !c.is_control())
            );
        }
    }
}
