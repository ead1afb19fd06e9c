//! A warm-up plan as a picture: what to send each day under the limit, and the risk so far. Of the first number.
//!
//! Drawn from [`Picture`], which is read out of a plan or out of the table beside the chart. The look is in `style`.

use serde::{Deserialize, Serialize};

use super::{Warmup, day};
use crate::messaging::{Limit, QualityRating};
use crate::report::picture::table::{In, Unreadable};
use crate::report::sheet::{self, Caption, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Type};
use crate::report::{axis, fields, words};

/// The chart's name.
pub const NAME: &str = "calendar";
/// The table's name in the folder.
pub const FILE: &str = "charts/calendar.csv";

/// What the chart says beside its table. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What stands above and beneath it.
    pub caption: Caption,
    /// Replications of the check.
    pub replications: u64,
}

/// A day of the plan, over replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Counted from 1.
    pub day: u64,
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
    /// Messages sent: median, 5 % and 95 % quantile.
    pub send: [f64; 3],
    /// Limit at its end, the median.
    pub limit: Limit,
    /// Share of replications that have been yellow or red by its end.
    pub yellow: f64,
    /// Share that have been red.
    pub red: f64,
}

/// What the chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Beside the table.
    pub about: About,
    /// The first number's days.
    pub days: Vec<Day>,
}

impl Picture {
    /// Reads it out of a plan; none where no plan keeps the conditions.
    pub fn of(w: &Warmup) -> Option<Picture> {
        let chosen = w.chosen.as_ref()?;
        let answer = format!(
            "{} on {} in the middle case, nine in ten by {}: {}",
            w.to.short(),
            day(chosen.days.value),
            day(chosen.slow.value),
            fields::settings(&chosen.sets)
        );
        let made =
            format!("{} · policy {} · seed {}", words::clean(&w.name), words::clean(&w.policy), w.seed);
        let days = w.calendar.iter().filter(|d| d.number == 0).map(|d| Day {
            day: d.day,
            date: d.start.date(),
            send: d.send.map(|v| v + 0.0),
            limit: d.limit[0],
            yellow: d.yellow + 0.0,
            red: d.red + 0.0,
        });
        Some(Picture {
            about: About {
                caption: Caption { name: w.name.clone(), question: w.question.clone(), answer, made },
                replications: w.replications,
            },
            days: days.collect(),
        })
    }

    /// As a table: a row for each day.
    pub fn csv(&self) -> String {
        let columns = [
            "day",
            "date",
            "send",
            "send_low",
            "send_high",
            "limit",
            "yellow_or_worse_by_then",
            "red_by_then",
        ];
        let row = |d: &Day| {
            let [send, low, high] = d.send.map(|v| maybe(Some(v)));
            let (yellow, red) = (maybe(Some(d.yellow)), maybe(Some(d.red)));
            vec![d.day.to_string(), d.date.clone(), send, low, high, d.limit.to_string(), yellow, red]
        };
        sheet::table(&columns, self.days.iter().map(row))
    }

    /// Reads the table again.
    pub fn parse(about: About, text: &str) -> Result<Picture, Unreadable> {
        let mut days = Vec::new();
        for row in In::new(FILE, text)?.rows() {
            days.push(Day {
                day: row.value("day")?,
                date: row.text("date")?.to_string(),
                send: [row.value("send")?, row.value("send_low")?, row.value("send_high")?],
                limit: row.by("limit", "an integer or unlimited", Limit::parse)?,
                yellow: row.value("yellow_or_worse_by_then")?,
                red: row.value("red_by_then")?,
            });
        }
        Ok(Picture { about, days })
    }

    /// What it shows, in words.
    pub fn title(&self) -> String {
        format!("Warm-up: {}", self.about.caption.short())
    }

    /// The chart as a complete SVG document.
    pub fn svg(&self, look: Look) -> String {
        let reading = format!(
            "Over {} replications with luck the search had not seen. How people react is assumed.",
            words::count(self.about.replications)
        );
        let foot = Foot::of(look.size, &reading, &self.about.caption.made);
        style::svg(look, &self.title(), |canvas| self.paint(canvas, &foot))
    }

    fn paint(&self, canvas: &mut Canvas, foot: &Foot) {
        let size = canvas.size();
        let above = sheet::top(size, 88.0);
        let (plot_left, plot_right) = (size.pick(84.0, 48.0), size.width() - size.pick(100.0, 82.0));
        // The upper plot and the lower one together.
        let rooms = size.height() - foot.height() - size.pick(34.0, 40.0) - 36.0 - above;
        let small = Type::plain(10.0, style::SOFT);
        let label = Type::plain(11.0, style::SOFT);
        self.about.caption.draw(canvas);
        let days = &self.days;
        let Some(last) = days.last() else { return };
        let x = |day: f64| plot_left + (day - 1.0) / last.day as f64 * (plot_right - plot_left);

        // Above: messages a day, on a logarithmic scale since they grow by factors.
        let (top, bottom) = (above, above + 0.69 * rooms);
        canvas.text(
            (sheet::margin(size), top - 12.0),
            label,
            size.pick(
                "messages per day (columns: middle case; upright: 9 in 10), limit (line), logarithmic",
                "messages per day (upright: 9 in 10), limit (line), log scale",
            ),
        );
        let limits = days.iter().filter_map(|d| match d.limit {
            Limit::Of(n) => Some(n as f64),
            Limit::Unlimited => None,
        });
        let most = days.iter().map(|d| d.send[2]).chain(limits).fold(10.0, f64::max);
        let decades = libm::ceil(libm::log10(most)).max(1.0);
        let y = |v: f64| bottom - libm::log10(v.max(1.0)) / decades * (bottom - top);
        for k in 0..=decades as i32 {
            let v = libm::pow(10.0, f64::from(k));
            canvas.line(&[(plot_left, y(v)), (plot_right, y(v))], style::GRID, 0.08, 1.0);
            canvas.text((plot_left - 8.0, y(v) + label.half_height()), label.end(), &axis::count_label(v));
        }
        let wide = (plot_right - plot_left) / last.day as f64;
        for d in days.iter().filter(|d| d.send[2] > 0.0) {
            let (from, to) = (x(d.day as f64) + 0.15 * wide, x(d.day as f64) + 0.85 * wide);
            canvas.rect((from, y(d.send[0])), (to, bottom), style::series(0), 0.85);
            let middle = 0.5 * (from + to);
            canvas.line(&[(middle, y(d.send[1])), (middle, y(d.send[2]))], style::INK, 0.6, 1.0);
        }
        let mut path = Vec::new();
        for d in days {
            if let Limit::Of(n) = d.limit {
                path.extend([(x(d.day as f64), y(n as f64)), (x(d.day as f64 + 1.0), y(n as f64))]);
            }
        }
        canvas.line(&path, style::series(1), 0.9, 2.0);
        if let Some((_, at)) = path.last() {
            let says = format!("limit {}", last.limit.short());
            let kind = Type::bold(11.0, style::series(1));
            canvas.text((plot_right + 8.0, at + label.half_height()), kind, &says);
        }

        // Below: the risk so far.
        let (top, bottom) = (bottom + 36.0, bottom + 36.0 + 0.31 * rooms);
        canvas.text(
            (sheet::margin(size), top - 12.0),
            label,
            size.pick(
                "share of replications that have turned yellow or worse, and red, by then",
                "share of replications yellow or worse, and red, by then",
            ),
        );
        let most = days.iter().map(|d| d.yellow.max(d.red)).fold(0.05, f64::max);
        let step = axis::step_above(most / 2.0);
        let high = (most / step).ceil() * step;
        let y = |v: f64| bottom - v / high * (bottom - top);
        for k in 0..=(high / step).round() as usize {
            let v = k as f64 * step;
            canvas.line(&[(plot_left, y(v)), (plot_right, y(v))], style::GRID, 0.08, 1.0);
            canvas.text((plot_left - 8.0, y(v) + label.half_height()), label.end(), &axis::percent_label(v));
        }
        let line = |canvas: &mut Canvas, of: fn(&Day) -> f64, rating: QualityRating| {
            let points: Vec<(f64, f64)> = days.iter().map(|d| (x(d.day as f64 + 1.0), y(of(d)))).collect();
            canvas.line(&points, style::quality(rating), 1.0, 2.5);
        };
        line(canvas, |d| d.yellow, QualityRating::Yellow);
        line(canvas, |d| d.red, QualityRating::Red);
        let ends = [y(last.yellow), y(last.red)];
        let placed = axis::spread(&ends, 14.0, (top, bottom + 6.0)).unwrap_or_else(|| ends.to_vec());
        for (at, (share, rating, word)) in placed
            .iter()
            .zip([(last.yellow, QualityRating::Yellow, "yellow"), (last.red, QualityRating::Red, "red")])
        {
            let says = format!("{} {word}", words::chance(share, self.about.replications));
            let kind = Type::bold(11.0, style::quality_text(rating));
            canvas.text((plot_right + 8.0, at + kind.half_height()), kind, &says);
        }
        let every = (last.day as f64 / size.pick(12.0, 8.0)).ceil().max(1.0) as u64;
        for d in days.iter().filter(|d| (d.day - 1).is_multiple_of(every)) {
            canvas.text((x(d.day as f64 + 0.5), bottom + 16.0), small.middle(), &format!("{}", d.day));
        }
        canvas.text((0.5 * (plot_left + plot_right), bottom + 32.0), label.middle(), "day of the plan");
        foot.draw(canvas);
    }
}
