//! The ranking of a sensitivity study as a picture: a bar from zero with an interval for each parameter, the largest on
//! top.
//!
//! Drawn from [`Picture`], which is read out of a study or out of the table beside the chart. The look is in `style`.

use super::chart::{AXIS, About, How, LABEL, SMALL, TOP, color, directions, dot, legend, way};
use super::{Analysed, Digits, Direction, Sensitivity};
use crate::experiment::study::sensitivity::{Found, Kind};
use crate::report::axis;
use crate::report::fields::{self, RowLabel};
use crate::report::picture::table::{In, Unreadable};
use crate::report::sheet::{self, maybe};
use crate::report::style::{self, Canvas, Look, Size};
use crate::report::words;

/// What a chart's name begins with.
pub const KIND: &str = "ranking";

/// Parameters drawn.
pub(super) const SHOWN: usize = 16;
/// Parameters on a slide.
const SLIDE_ROWS: usize = 8;
const ROW: f64 = 30.0;

/// Left and right end of the bars' plot.
fn bar_ends(size: Size) -> (f64, f64) {
    match size {
        Size::Page => (300.0, 740.0),
        Size::Slide => (280.0, 650.0),
        Size::Column => (130.0, 252.0),
    }
}

/// A parameter and its main index.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its name.
    pub name: String,
    /// The ends of its range, as `--set` takes them.
    pub range: [String; 2],
    /// The index.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// What luck or dummies come to.
    pub noise: Option<f64>,
    /// The first-order index, of Sobol'.
    pub alone: Option<f64>,
    /// The way it moves the measure, of Morris.
    pub way: Option<Direction>,
    /// Whether it cannot be told from zero; none where that was not judged.
    pub indistinguishable: Option<bool>,
}

/// What the chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Beside the table.
    pub about: About,
    /// The parameters a page has room for, the largest first.
    pub rows: Vec<Ranked>,
}

impl Picture {
    /// Reads it out of a measure of a study.
    pub fn of(s: &Sensitivity, a: &Analysed, found: &Found) -> Picture {
        let rows = found.ranking().into_iter().take(SHOWN).map(|r| {
            let p = &s.parameters[r.parameter];
            let (value, interval) = r.shown();
            Ranked {
                name: s.name_of(r),
                range: [p.low(), p.high()],
                value: value + 0.0,
                interval: interval.map(|(low, high)| (low + 0.0, high + 0.0)),
                noise: r.noise.map(|v| v + 0.0),
                alone: found.of(r.parameter, Kind::First).map(|f| f.shown().0 + 0.0),
                way: way(s, found, r),
                indistinguishable: r.indistinguishable,
            }
        });
        Picture { about: About::of(s, a, found), rows: rows.collect() }
    }

    /// The chart's name.
    pub fn name(&self) -> String {
        self.about.file_stem(KIND)
    }

    /// As a table: a row for each parameter.
    pub fn csv(&self) -> String {
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
        let row = |r: &Ranked| {
            let [from, to] = r.range.clone();
            let (low, high) = r.interval.unzip();
            vec![
                r.name.clone(),
                from,
                to,
                maybe(Some(r.value)),
                maybe(low),
                maybe(high),
                maybe(r.noise),
                maybe(r.alone),
                r.way.map_or(String::new(), |w| w.name().to_string()),
                r.indistinguishable.map_or(String::new(), |v| v.to_string()),
            ]
        };
        sheet::table(&columns, self.rows.iter().map(row))
    }

    /// Reads the table again.
    pub fn parse(about: About, file: &str, text: &str) -> Result<Picture, Unreadable> {
        let mut rows = Vec::new();
        for row in In::new(file, text)?.rows() {
            rows.push(Ranked {
                name: row.text("parameter")?.to_string(),
                range: [row.text("from")?.to_string(), row.text("to")?.to_string()],
                value: row.value("index")?,
                interval: row.interval("low", "high")?,
                noise: row.maybe("noise")?,
                alone: row.maybe("alone")?,
                way: row.by("direction", Direction::ALLOWED, Direction::parse)?,
                indistinguishable: row.verdict("indistinguishable")?,
            });
        }
        Ok(Picture { about, rows })
    }

    /// What it shows, in words.
    pub fn title(&self) -> String {
        let measure = words::clean(&self.about.measure);
        format!("What decides {measure}: {}", self.about.caption.short())
    }

    /// The chart as a complete SVG document.
    pub fn svg(&self, look: Look) -> String {
        let (about, size) = (&self.about, look.size);
        // A slide does not grow.
        let room = bar_ends(size).0 - sheet::margin(size) - size.pick(16.0, 10.0);
        let labels: Vec<RowLabel> =
            self.rows.iter().map(|r| RowLabel::of(&r.name, &r.range, size, room)).collect();
        let row = fields::row_height(&labels, ROW);
        let most = if size == Size::Slide { (SLIDE_ROWS as f64 * ROW / row) as usize } else { SHOWN };
        let shown = &self.rows[..self.rows.len().min(most)];
        let mark = match about.method {
            How::Morris if about.replications > 1 => "; upright stroke: what luck alone would give",
            How::Pawn | How::Delta => "; upright stroke: what 95 % of dummies stay below",
            _ => "",
        };
        let more = match about.parameters.saturating_sub(shown.len()) {
            0 => String::new(),
            n => format!("; {n} more in indices.csv"),
        };
        let foot = about.foot(size, &format!("Lines: 95 % intervals; {}{mark}{more}", about.pale()));
        let above = sheet::top(size, TOP);
        let bottom = above + shown.len() as f64 * row;
        let height = sheet::height(size, bottom + size.pick(46.0, 54.0) + foot.height());
        style::svg_of_height(look, &self.title(), height, |canvas| {
            about.caption.draw(canvas);
            self.paint(canvas, shown, &labels, (above, bottom));
            foot.draw(canvas);
        })
    }

    fn paint(&self, canvas: &mut Canvas, shown: &[Ranked], labels: &[RowLabel], (above, bottom): (f64, f64)) {
        let (about, size) = (&self.about, canvas.size());
        let (left, right) = bar_ends(size);
        let sobol = about.method == How::Sobol;
        match about.method {
            How::Morris => legend(canvas, left, &directions()),
            How::Sobol => {
                legend(
                    canvas,
                    left,
                    &[(style::series(0), "with others (total)"), (style::series(1), "alone")],
                );
            }
            How::Pawn | How::Delta => {}
        }
        let noise = |r: &Ranked| r.noise.filter(|_| !sobol);
        let ends = |r: &Ranked| {
            let (low, high) = r.interval.unwrap_or((r.value, r.value));
            [r.value, low, high, noise(r).unwrap_or(0.0), r.alone.unwrap_or(0.0)]
        };
        let all = || shown.iter().flat_map(ends).filter(|v| v.is_finite());
        let (low, high) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
        let high = if high > low { high } else { 1.0 };
        let step = axis::step_above((high - low) / size.pick(7.0, 3.0));
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let px = |v: f64| left + (v - low) / (high - low) * (right - left);
        let ticks = Digits::up_to(step);
        for k in 0..=((high - low) / step).round() as usize {
            let v = low + k as f64 * step;
            let zero = v.abs() < step * 1e-6;
            let alpha = if zero { 0.35 } else { 0.1 };
            canvas.line(&[(px(v), above), (px(v), bottom)], style::GRID, alpha, 1.0);
            let said = if zero { "0".into() } else { ticks.show(v) };
            canvas.text((px(v), bottom + 14.0), SMALL.middle(), &said);
        }
        let says = format!(
            "{} of {}{}",
            about.index,
            about.measured(),
            match about.method {
                How::Morris if about.chance =>
                    ": mean size of its change over two thirds of a range, times 1.5",
                How::Morris => ": its change over the whole range of a parameter, on average",
                How::Sobol => ": share of its variance",
                How::Pawn | How::Delta => ": distance between distributions",
            }
        );
        sheet::centred(canvas, (left, right), bottom + 31.0, AXIS, &says);
        let at_end = right + size.pick(14.0, 9.0);
        let told = |r: &Ranked, with: bool| {
            let range = about.digits.range(r.interval.filter(|_| with));
            let value = about.digits.value(r.value);
            if range.is_empty() { value } else { format!("{value} ({range})") }
        };
        let kind =
            |r: &Ranked| size.pick(if r.indistinguishable == Some(false) { LABEL } else { SMALL }, SMALL);
        // Half an interval says less than none, and the line says it too.
        let room = size.width() - at_end - 6.0;
        let with = shown.iter().all(|r| kind(r).width(&told(r, true)) <= room);
        for (i, r) in shown.iter().enumerate() {
            let y = above + (i as f64 + 0.5) * (bottom - above) / shown.len() as f64;
            labels[i].draw(canvas, left - size.pick(12.0, 9.0), y);
            let sure = r.indistinguishable == Some(false);
            let hue = color(r.way);
            let (from, to) = (px(0.0f64.min(r.value)), px(0.0f64.max(r.value)));
            canvas.rect((from, y - 6.0), (to, y + 6.0), hue, if sure { 0.28 } else { 0.1 });
            if let Some((low, high)) = r.interval {
                canvas.line(&[(px(low), y), (px(high), y)], hue, if sure { 0.8 } else { 0.3 }, 2.0);
            }
            if let Some(noise) = noise(r).filter(|n| *n > 0.0) {
                canvas.line(&[(px(noise), y - 9.0), (px(noise), y + 9.0)], style::INK, 0.55, 1.2);
            }
            if let Some(alone) = r.alone {
                // Under the other where both are at one place, so that both are seen.
                let aside = if (px(alone) - px(r.value)).abs() < 6.0 { 6.0 } else { 0.0 };
                canvas.dot((px(alone), y + aside), 3.2, style::series(1));
            }
            let (color, larger) = dot(r.indistinguishable, hue);
            canvas.dot((px(r.value), y), 3.2 + 1.3 * larger, color);
            canvas.text((at_end, y + 4.0), kind(r), &kind(r).fit(&told(r, with), room));
        }
    }
}
