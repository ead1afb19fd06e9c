//! A comparison as a picture: for each figure a strip with a dot and an interval for each arm, on a scale of its own.
//!
//! Drawn from [`Picture`], which is read out of a comparison or out of the table beside the chart. The look is in
//! `style`.

use serde::{Deserialize, Serialize};

use super::{Compared, arm, in_short, letter, method, told};
use crate::experiment::study::catalogue::{Measure, Unit};
use crate::experiment::study::compare::Line;
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::experiment::study::parameter::significant;
use crate::report::axis;
use crate::report::picture::table::{In, Unreadable, kept};
use crate::report::sheet::{self, Caption, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Size, Type};
use crate::report::{figures, words};

/// The chart's name.
pub const NAME: &str = "comparison";
/// The table's name in the folder.
pub const FILE: &str = "charts/comparison.csv";

/// Figures that a chart has room for.
const LINES_MAX: usize = 7;
/// Arms that a chart has room for; the table has all.
const ARMS_MAX: usize = 8;

const TOP: f64 = 66.0;
/// Left and right end of the strips.
fn strip_ends(size: Size) -> (f64, f64) {
    match size {
        Size::Page => (262.0, 690.0),
        Size::Slide => (232.0, 596.0),
        Size::Column => (106.0, 226.0),
    }
}
/// One arm.
const ROW: f64 = 19.0;
/// One arm of the key.
const KEY: f64 = 16.0;
/// Title of a strip above its rows, ticks beneath them.
const HEAD: f64 = 22.0;
const TICKS: f64 = 24.0;

const NAME_TYPE: Type = Type::bold(12.0, style::INK);
const LABEL: Type = Type::plain(11.0, style::INK);
const SMALL: Type = Type::plain(10.0, style::SOFT);

/// What the chart says beside its table. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What stands above and beneath it.
    pub caption: Caption,
    /// Replications of each arm.
    pub replications: u64,
    /// Currency of money.
    pub currency: String,
    /// Arms, also those there is no room for.
    pub arms: usize,
    /// Figures worth a strip, likewise.
    pub figures: usize,
}

/// A figure and what it is in each arm drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// The figure.
    pub asked: Asked,
    /// For each arm its estimate.
    pub estimates: Vec<Estimate>,
}

/// What the chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Beside the table.
    pub about: About,
    /// Names of the arms drawn, the baseline first.
    pub arms: Vec<String>,
    /// The figures a page has room for, in the order of the answer's table.
    pub strips: Vec<Strip>,
}

/// Figures that say most when there are more than a chart has room for.
const FIRST: [&str; 8] =
    ["days_below_green", "p_red", "delivered", "profit", "p_lowered", "p_yellow", "blocked", "opted_out"];

/// The places of the figures that say most, in their order: those that are the same in all arms last.
fn chosen<'a>(figures: impl Iterator<Item = (&'a Asked, &'a [Estimate])>, most: usize) -> Vec<usize> {
    let rank = |(asked, estimates): (&Asked, &[Estimate])| {
        let still = estimates.windows(2).all(|w| w[0].value == w[1].value);
        (still, FIRST.iter().position(|f| *f == asked.text).unwrap_or(FIRST.len()))
    };
    let mut all: Vec<_> = figures.map(rank).zip(0..).collect();
    all.sort_unstable();
    all.truncate(most);
    let mut places: Vec<usize> = all.into_iter().map(|(_, place)| place).collect();
    places.sort_unstable();
    places
}

/// How many figures have room: a slide does not grow.
fn most_strips(size: Size, strip: f64) -> usize {
    match size {
        Size::Page | Size::Column => LINES_MAX,
        Size::Slide => (((size.height() - TOP - 62.0) / strip) as usize).clamp(1, LINES_MAX),
    }
}

impl Picture {
    /// Reads it out of a comparison.
    pub fn of(c: &Compared) -> Picture {
        let all: Vec<&Line> = told(c).collect();
        let arms = c.comparison.arms.len();
        let strip = |place: usize| Strip {
            asked: all[place].asked.clone(),
            estimates: all[place].estimates.iter().take(ARMS_MAX).map(kept).collect(),
        };
        let caption = Caption {
            name: c.name.clone(),
            question: c.question.clone(),
            answer: in_short(c),
            made: format!("{} · {}", words::clean(&c.name), method(c)),
        };
        Picture {
            about: About {
                caption,
                replications: c.comparison.replications,
                currency: c.currency.clone(),
                arms,
                figures: all.len(),
            },
            arms: (0..arms.min(ARMS_MAX)).map(|i| arm(c, i)).collect(),
            strips: chosen(all.iter().map(|l| (&l.asked, &l.estimates[..])), LINES_MAX)
                .into_iter()
                .map(strip)
                .collect(),
        }
    }

    /// As a table: a row for each figure and arm.
    pub fn csv(&self) -> String {
        let mut rows = Vec::new();
        for strip in &self.strips {
            for (arm, e) in self.arms.iter().zip(&strip.estimates) {
                let (low, high) = e.interval.unzip();
                let figure = strip.asked.text.clone();
                rows.push(vec![
                    figure,
                    arm.clone(),
                    maybe(e.value),
                    maybe(low),
                    maybe(high),
                    e.n.to_string(),
                ]);
            }
        }
        sheet::table(&["figure", "arm", "value", "low", "high", "n"], rows)
    }

    /// Reads the table again.
    pub fn parse(about: About, text: &str) -> Result<Picture, Unreadable> {
        let (mut arms, mut strips): (Vec<String>, Vec<Strip>) = (Vec::new(), Vec::new());
        for row in In::new(FILE, text)?.rows() {
            let figure = row.text("figure")?;
            if strips.last().is_none_or(|s| s.asked.text != figure) {
                let asked = figures::asked(figure).map_err(|e| row.fault(figure, e))?;
                strips.push(Strip { asked, estimates: Vec::new() });
            }
            let strip = strips.last_mut().expect("just pushed");
            let arm = row.text("arm")?;
            match arms.get(strip.estimates.len()) {
                None if strips.len() == 1 => arms.push(arm.to_string()),
                Some(expected) if expected == arm => {}
                expected => {
                    let allowed = expected.map_or("no further arm", String::as_str);
                    return Err(row.fault(format!("arm {arm:?}"), allowed));
                }
            }
            let estimate = row.estimate("value", about.replications)?;
            strips.last_mut().expect("just pushed").estimates.push(estimate);
        }
        Ok(Picture { about, arms, strips })
    }

    /// What it shows, in words.
    pub fn title(&self) -> String {
        format!("Comparison: {}", self.about.caption.short())
    }

    /// The chart as a complete SVG document.
    pub fn svg(&self, look: Look) -> String {
        let (about, arms) = (&self.about, self.arms.len());
        let height = HEAD + arms as f64 * ROW + TICKS;
        let figures = self.strips.iter().map(|s| (&s.asked, &s.estimates[..]));
        let shown = chosen(figures, most_strips(look.size, height));
        let more = match about.arms.saturating_sub(arms) {
            0 => String::new(),
            n => format!(" · {n} more arms in comparison.csv"),
        };
        let more = match about.figures.saturating_sub(shown.len()) {
            0 => more,
            n => {
                format!(
                    "{more} · {} in comparison.csv",
                    words::plural(n as u64, "more figure", "more figures")
                )
            }
        };
        let reading = format!("Dots are estimates, lines 95 % intervals; each strip has its own scale{more}");
        let foot = Foot::of(look.size, &reading, &about.caption.made);
        let top = sheet::top(look.size, TOP);
        let keyed = self.is_keyed(look.size);
        let above = if keyed { top + arms as f64 * KEY + 10.0 } else { top };
        let paper = sheet::height(look.size, above + shown.len() as f64 * height + foot.height());
        style::svg_of_height(look, &self.title(), paper, |canvas| {
            about.caption.draw(canvas);
            if keyed {
                self.key(canvas, top);
            }
            for (i, place) in shown.iter().enumerate() {
                self.paint(canvas, &self.strips[*place], above + i as f64 * height);
            }
            foot.draw(canvas);
        })
    }

    /// Whether strips have letters where names of arms find no room beside them.
    fn is_keyed(&self, size: Size) -> bool {
        let room = strip_ends(size).0 - 2.0 * sheet::margin(size) - 4.0;
        size == Size::Column && self.arms.iter().any(|arm| LABEL.width(arm) > room)
    }

    /// What the letters stand for.
    fn key(&self, canvas: &mut Canvas, top: f64) {
        let margin = sheet::margin(canvas.size());
        for (i, arm) in self.arms.iter().enumerate() {
            let y = top + (i as f64 + 0.5) * KEY;
            canvas.dot((margin + 4.0, y), 4.0, style::series(i));
            canvas.text((margin + 14.0, y + LABEL.half_height()), Type { bold: true, ..LABEL }, &letter(i));
            let at = margin + 30.0;
            let name = LABEL.fit_name(arm, canvas.width() - at - margin);
            canvas.text((at, y + LABEL.half_height()), LABEL, &name);
        }
    }

    /// The unit of a strip, where the figures do not carry it.
    fn unit(&self, strip: &Strip) -> String {
        match strip.asked.measure.unit {
            Unit::Money => format!(", {}", words::shorten(&words::clean(&self.about.currency), 12)),
            _ if strip.estimates.iter().any(Estimate::is_of_some) => ", where there is one".to_string(),
            _ => String::new(),
        }
    }

    fn paint(&self, canvas: &mut Canvas, strip: &Strip, top: f64) {
        let name = format!("{}{}", figures::name(&strip.asked), self.unit(strip));
        let (margin, keyed) = (sheet::margin(canvas.size()), self.is_keyed(canvas.size()));
        let (left, right) = strip_ends(canvas.size());
        let left = if keyed { margin + 22.0 } else { left };
        canvas.text((margin, top + 14.0), NAME_TYPE, &NAME_TYPE.fit(&name, canvas.width() - 2.0 * margin));
        let (first, bottom) = (top + HEAD, top + HEAD + self.arms.len() as f64 * ROW);
        let ends = strip.estimates.iter().flat_map(|e| {
            let (low, high) = e.interval.unzip();
            [e.value, low, high]
        });
        let Some(range) = sheet::scale(ends.flatten(), strip.asked.measure.unit == Unit::Share) else {
            canvas.text((left, first + 13.0), LABEL, "no replication has a value");
            return;
        };
        let (low, high, _) = range;
        let px = |v: f64| left + (v - low) / (high - low) * (right - left);
        let mut free = f64::NEG_INFINITY;
        for v in sheet::ticks(range) {
            let at = px(v);
            canvas.line(&[(at, first), (at, bottom)], style::GRID, if v == 0.0 { 0.35 } else { 0.1 }, 1.0);
            let said = tick(&strip.asked.measure, v);
            let half = 0.5 * SMALL.width(&said);
            // A label that would touch its neighbour is left out; its line stays.
            if at - half > free {
                canvas.text((at, bottom + 13.0), SMALL.middle(), &said);
                free = at + half + 6.0;
            }
        }
        for (i, (arm, e)) in self.arms.iter().zip(&strip.estimates).enumerate() {
            let y = first + (i as f64 + 0.5) * ROW;
            let room = left - margin - 12.0 - canvas.pick(12.0, 0.0);
            let label = if keyed { letter(i) } else { LABEL.fit_name(arm, room) };
            canvas.text((left - canvas.pick(12.0, 8.0), y + LABEL.half_height()), LABEL.end(), &label);
            if let Some((from, to)) = e.interval {
                canvas.line(&[(px(from), y), (px(to), y)], style::series(i), 0.55, 3.0);
            }
            if let Some(v) = e.value {
                canvas.dot((px(v), y), 4.0, style::series(i));
            }
            let said = figures::with_interval(&strip.asked, e);
            let at = right + canvas.pick(14.0, 9.0);
            let kind = canvas.pick(LABEL, Type::plain(10.0, style::INK));
            let room = canvas.width() - at - 6.0;
            // A shorter unit, as on the axis, rather than half a number.
            let said = if kind.width(&said) > room { said.replace(" days", " d") } else { said };
            canvas.text((at, y + kind.half_height()), kind, &kind.fit(&said, room));
        }
    }
}

/// The label of a tick on a scale of a measure.
pub fn tick(measure: &Measure, v: f64) -> String {
    match measure.unit {
        Unit::Share | Unit::Score => axis::percent_label(v),
        Unit::Count | Unit::Money if v < 0.0 => format!("-{}", axis::count_label(-v)),
        Unit::Count | Unit::Money => axis::count_label(v),
        Unit::Days => format!("{} d", significant(v)),
    }
}
