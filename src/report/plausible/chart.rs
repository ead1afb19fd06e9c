//! A run under plausible rule sets as a picture: for each assumption the share of rule sets with the outcome in the lower
//! and in the upper half of its range.
//!
//! Drawn from [`Picture`], which is read out of the answer or out of the table beside the chart. The look is in `style`.

use serde::{Deserialize, Serialize};

use super::{Answer, LEVEL, SHOWN, headline};
use crate::report::fields::{self, RowLabel};
use crate::report::picture::table::{In, Unreadable};
use crate::report::sheet::{self, Caption, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Size, Type};
use crate::report::{axis, words};

/// The chart's name.
pub const NAME: &str = "assumptions";
/// The table's name in the folder.
pub const FILE: &str = "charts/assumptions.csv";

const TOP: f64 = 96.0;
const ROW: f64 = 31.0;
/// Assumptions on a slide.
const SLIDE_ROWS: usize = 8;
/// Left and right end of the plot.
fn ends(size: Size) -> (f64, f64) {
    match size {
        Size::Page => (300.0, 800.0),
        Size::Slide => (270.0, 700.0),
        Size::Column => (138.0, 286.0),
    }
}

/// What the chart says beside its table. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What stands above and beneath it.
    pub caption: Caption,
    /// The outcome in words: `red`, or the condition itself.
    pub outcome: String,
}

/// An assumption and what the outcome does over its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The ends of its range, as `--set` takes them.
    pub range: [String; 2],
    /// Share with the outcome in the lower half, and the rule sets there.
    pub lower: (f64, u64),
    /// In the upper half.
    pub upper: (f64, u64),
    /// Upper less lower.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// How often luck alone gives a largest difference as large.
    pub by_chance: f64,
}

/// What the chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Beside the table.
    pub about: About,
    /// The assumptions a page has room for, the largest difference first.
    pub rows: Vec<Row>,
}

impl Picture {
    /// Reads it out of an answer.
    pub fn of(a: &Answer) -> Picture {
        let made = format!(
            "{} · policy {} · seed {} · {} rule sets",
            words::clean(&a.name),
            words::clean(&a.policy),
            a.seed,
            words::count(a.sampled.of)
        );
        let answer = headline(a).swap_remove(0);
        let rows = a.effects.iter().take(SHOWN).map(|e| {
            let p = &a.parameters[e.parameter];
            Row {
                name: p.name.clone(),
                range: [p.low(), p.high()],
                lower: (e.share_below() + 0.0, e.below.1),
                upper: (e.share_above() + 0.0, e.above.1),
                difference: e.difference + 0.0,
                interval: (e.interval.0 + 0.0, e.interval.1 + 0.0),
                by_chance: e.by_chance,
            }
        });
        Picture {
            about: About {
                caption: Caption { name: a.name.clone(), question: a.question.clone(), answer, made },
                outcome: a.outcome_words.clone(),
            },
            rows: rows.collect(),
        }
    }

    /// As a table: a row for each assumption.
    pub fn csv(&self) -> String {
        let columns = [
            "assumption",
            "from",
            "to",
            "share_lower_half",
            "n_lower_half",
            "share_upper_half",
            "n_upper_half",
            "difference",
            "low",
            "high",
            "by_chance",
        ];
        let row = |r: &Row| {
            let [from, to] = r.range.clone();
            let number = |v: f64| maybe(Some(v));
            vec![
                r.name.clone(),
                from,
                to,
                number(r.lower.0),
                r.lower.1.to_string(),
                number(r.upper.0),
                r.upper.1.to_string(),
                number(r.difference),
                number(r.interval.0),
                number(r.interval.1),
                number(r.by_chance),
            ]
        };
        sheet::table(&columns, self.rows.iter().map(row))
    }

    /// Reads the table again.
    pub fn parse(about: About, text: &str) -> Result<Picture, Unreadable> {
        let mut rows = Vec::new();
        for row in In::new(FILE, text)?.rows() {
            rows.push(Row {
                name: row.text("assumption")?.to_string(),
                range: [row.text("from")?.to_string(), row.text("to")?.to_string()],
                lower: (row.value("share_lower_half")?, row.value("n_lower_half")?),
                upper: (row.value("share_upper_half")?, row.value("n_upper_half")?),
                difference: row.value("difference")?,
                interval: (row.value("low")?, row.value("high")?),
                by_chance: row.value("by_chance")?,
            });
        }
        Ok(Picture { about, rows })
    }

    /// What it shows, in words.
    pub fn title(&self) -> String {
        format!("Which assumption decides: {}", self.about.caption.short())
    }

    /// The chart as a complete SVG document.
    pub fn svg(&self, look: Look) -> String {
        // A slide does not grow.
        let room = ends(look.size).0 - sheet::margin(look.size) - look.size.pick(16.0, 10.0);
        let labels: Vec<RowLabel> =
            self.rows.iter().map(|r| RowLabel::of(&r.name, &r.range, look.size, room)).collect();
        let row = fields::row_height(&labels, ROW);
        let most = if look.size == Size::Slide { (SLIDE_ROWS as f64 * ROW / row) as usize } else { SHOWN };
        let shown = &self.rows[..self.rows.len().min(most)];
        let note = "Pale lines: a difference as large as the largest of them by luck (in more than 5 % of shuffles). Each constant is drawn from its plausible range, \
                    independently of the others; the platform publishes none of them.";
        let foot = Foot::of(look.size, note, &self.about.caption.made);
        let above = sheet::top(look.size, TOP);
        let bottom = above + shown.len() as f64 * row;
        let height = sheet::height(look.size, bottom + look.size.pick(42.0, 50.0) + foot.height());
        style::svg_of_height(look, &self.title(), height, |canvas: &mut Canvas| {
            self.about.caption.draw(canvas);
            self.paint(canvas, shown, &labels, (above, bottom));
            foot.draw(canvas);
        })
    }

    fn paint(&self, canvas: &mut Canvas, shown: &[Row], labels: &[RowLabel], (above, bottom): (f64, f64)) {
        let size = canvas.size();
        let (left, right) = ends(size);
        let small = Type::plain(10.0, style::SOFT);
        let label = Type::plain(11.0, style::INK);
        let margin = sheet::margin(size);
        let mut at = size.pick(left, margin);
        for (color, says) in
            [(style::series(2), "in the lower half of the range"), (style::series(1), "in the upper half")]
        {
            canvas.dot((at + 4.5, above - 18.0), 4.5, color);
            canvas.text((at + 14.0, above - 14.0), label, says);
            at += 14.0 + label.width(says) + size.pick(24.0, 14.0);
        }
        let most = shown.iter().flat_map(|r| [r.lower.0, r.upper.0]).fold(0.05, f64::max);
        let step = axis::step_above(most / size.pick(5.0, 3.0));
        let top = (most / step).ceil() * step;
        let px = |v: f64| left + v / top * (right - left);
        for k in 0..=(top / step).round() as usize {
            let v = k as f64 * step;
            let alpha = if k == 0 { 0.35 } else { 0.1 };
            canvas.line(&[(px(v), above), (px(v), bottom)], style::GRID, alpha, 1.0);
            canvas.text((px(v), bottom + 14.0), small.middle(), &axis::percent_label(v));
        }
        let axis_title = format!("share of plausible rule sets with {}", self.about.outcome);
        sheet::centred(canvas, (left, right), bottom + 30.0, Type::plain(11.0, style::SOFT), &axis_title);
        for (i, r) in shown.iter().enumerate() {
            let y = above + (i as f64 + 0.5) * (bottom - above) / shown.len() as f64;
            labels[i].draw(canvas, left - size.pick(12.0, 10.0), y);
            let (from, to) = (px(r.lower.0), px(r.upper.0));
            // What luck explains looks it: of many constants without effect some have intervals off zero.
            let clear = r.by_chance <= LEVEL;
            let ends = [(from.min(to), y), (from.max(to), y)];
            canvas.line(&ends, style::INK, if clear { 0.5 } else { 0.15 }, 2.0);
            // One above the other where both are at one place, so that both are seen.
            let aside = if (to - from).abs() < 8.0 { 4.5 } else { 0.0 };
            canvas.dot((from, y - aside), 4.5, style::series(2));
            canvas.dot((to, y + aside), 4.5, style::series(1));
            let points = format!("{:+.0} {}", r.difference * 100.0, size.pick("points", "pts"));
            canvas.text((right + 10.0, y + 4.0), if clear { label } else { small }, &points);
        }
    }
}
