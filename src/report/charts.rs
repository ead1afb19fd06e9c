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
use crate::report::style::{self, Canvas, Look, Type};
use crate::report::{series, words};
use crate::sim::SimTime;

/// One finished chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// File name without its ending.
    pub name: &'static str,
    /// What it shows, in words.
    pub title: String,
    /// A complete SVG document.
    pub svg: String,
}

/// All charts of a run, in the order they are best read.
pub fn draw(picture: &Picture, look: Look) -> Vec<Chart> {
    let about = &picture.about;
    let chart = |name, what: &str, paint: &dyn Fn(&mut Canvas)| {
        let title = format!("{what}: {}", words::shorten(&words::clean(&about.scenario), 80));
        let svg = style::svg(look, &title, paint);
        Chart { name, title, svg }
    };
    let mut charts = vec![
        chart("rating", rating::TITLE, &|canvas| rating::paint(canvas, about, &picture.ratings)),
        chart("limit", limit::TITLE, &|canvas| limit::paint(canvas, about, &picture.limits)),
        chart("funnel", funnel::TITLE, &|canvas| funnel::paint(canvas, about, &picture.funnel)),
    ];
    if let Some(d) = &picture.delays {
        charts.push(chart("delays", delays::TITLE, &|canvas| delays::paint(canvas, about, d)));
    }
    if let Some(c) = &picture.costs {
        charts.push(chart("costs", costs::TITLE, &|canvas| costs::paint(canvas, about, c)));
    }
    charts
}

/// Left edge of everything that is no axis.
const MARGIN: f64 = 24.0;
/// Small explanations.
const SMALL: Type = Type::plain(10.0, style::SOFT);
/// What the chart says, under its title.
const SUBTITLE: Type = Type::plain(12.5, style::SOFT);
/// What an axis measures.
const AXIS_TITLE: Type = Type::plain(11.0, style::SOFT);
/// Lowest pixel of a chart's body; the small print lies beneath.
const BODY_BOTTOM: f64 = 438.0;

/// The scenario's question, and beneath it what the chart shows. Without a question, what it shows stands first.
fn header(canvas: &mut Canvas, about: &About, title: &str, subtitle: &str) {
    let question = words::clean(&about.question);
    let (first, second) = match question.trim() {
        "" => (title.to_string(), subtitle.to_string()),
        question => (question.to_string(), format!("{title}. {subtitle}")),
    };
    let room = style::WIDTH - 2.0 * MARGIN;
    // A long question is set smaller before it is cut.
    let bold = [17.0, 15.0, 13.0].map(|size| Type::bold(size, style::INK));
    let kind = bold.into_iter().find(|kind| kind.width(&first) <= room).unwrap_or(bold[2]);
    canvas.text((MARGIN, 31.0), kind, &kind.fit(&first, room));
    let kind = Type::plain(12.5, style::SOFT);
    canvas.text((MARGIN, 51.0), kind, &kind.fit(&second, room));
}

/// The first two sentences of the answer, or as many of them as fit.
fn headline(about: &About) -> String {
    let mut sentences: Vec<String> = about.sentences.iter().take(2).cloned().collect();
    let both = sentences.join(" ");
    // Half a sentence says less than none.
    if sentences.is_empty() || SUBTITLE.width(&both) <= style::WIDTH - 2.0 * MARGIN {
        both
    } else {
        sentences.swap_remove(0)
    }
}

/// How to read the chart, and what it was made from.
fn small_print(canvas: &mut Canvas, about: &About, reading: &str) {
    small_print_of(canvas, about, &spans_words(about), reading);
}

/// The same for a chart that says itself what its shades and dashes are; empty where it has none.
fn small_print_of(canvas: &mut Canvas, about: &About, spans: &str, reading: &str) {
    let room = style::WIDTH - 2.0 * MARGIN;
    canvas.text((MARGIN, 457.0), SMALL, &SMALL.fit(reading, room));
    let tail = format!(
        " · policy {} · {} · dates in UTC{spans}",
        words::shorten(&words::clean(&about.policy), 40),
        series::origin_words(about.seed, about.replications, &about.overrides),
    );
    let tail = SMALL.fit(&tail, room - 120.0);
    let name = SMALL.fit(&words::clean(&about.scenario), room - SMALL.width(&tail));
    canvas.text((MARGIN, 471.0), SMALL, &format!("{name}{tail}"));
}

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

/// Says in the middle of a chart's body that there is nothing to show, and why.
fn nothing(canvas: &mut Canvas, middle: (f64, f64), why: &str) {
    canvas.text(middle, Type::plain(13.0, style::SOFT).middle(), why);
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
                charts.iter().map(|c| c.name).collect::<Vec<_>>(),
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
    fn texts_stay_on_the_paper_and_off_each_other() {
        for shape in shapes() {
            for chart in draw(&Picture::of(&sample(&shape)), Look::default()) {
                let found = legible::faults(&chart.svg, Look::default());
                assert!(found.is_empty(), "{} {shape:?}: {found:#?}", chart.name);
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
