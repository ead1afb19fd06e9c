//! A search as a picture: the first condition's figure at every value tried, with its bound.
//!
//! Drawn from [`Picture`], which is read out of a search or out of the table beside the chart. The look is in `style`.

use serde::{Deserialize, Serialize};

use super::{Solved, headline};
use crate::experiment::study::condition::Standing;
use crate::experiment::study::estimate::{Asked, Estimate};
use crate::experiment::study::field::Field;
use crate::report::comparison::chart::tick;
use crate::report::fields::AxisTitle;
use crate::report::picture::table::{In, Unreadable, kept};
use crate::report::sheet::{self, Caption, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Size, Type};
use crate::report::{figures, words};

/// The chart's name.
pub const NAME: &str = "search";
/// The table's name in the folder.
pub const FILE: &str = "charts/search.csv";

const TOP: f64 = 84.0;

/// What the chart says beside its table. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What stands above and beneath it.
    pub caption: Caption,
    /// What was varied.
    pub path: String,
    /// The first condition's figure.
    #[serde(with = "figures::as_text")]
    pub figure: Asked,
    /// Its comparison and bound as read: `< 5 %`.
    pub bound: String,
    /// Replications of each value.
    pub replications: u64,
    /// Whether the largest value was sought, so that the safe end is the smallest one.
    pub largest: bool,
    /// Values that could have been tried.
    pub values: usize,
}

/// A value tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Its place among the values, from the safe end, counted from 0.
    pub place: usize,
    /// The value.
    pub value: String,
    /// The figure there.
    pub figure: Estimate,
    /// How the condition stands.
    pub standing: Standing,
    /// Whether it is the answer.
    pub answer: bool,
}

/// What the chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Beside the table.
    pub about: About,
    /// The condition's bound.
    pub bound: f64,
    /// Every value tried, from the safe end.
    pub tried: Vec<Tried>,
}

impl Picture {
    /// Reads it out of a search.
    pub fn of(s: &Solved) -> Picture {
        let c = &s.conditions[0];
        let chosen = s.verified.as_ref().map(|v| v.0).or(s.found.best);
        let made = format!(
            "{} · policy {} · seed {} · {} of each value, the same luck for all",
            words::clean(&s.name),
            words::clean(&s.policy),
            s.seed,
            words::plural(s.replications, "replication", "replications")
        );
        let answer = headline(s).swap_remove(0);
        let tried = s.found.tried.iter().map(|(place, probe)| Tried {
            place: *place,
            value: s.values[*place].clone(),
            figure: Estimate { of: s.replications, ..kept(&probe.figures[0]) },
            standing: probe.standings[0],
            answer: Some(*place) == chosen,
        });
        Picture {
            about: About {
                caption: Caption { name: s.name.clone(), question: s.question.clone(), answer, made },
                path: s.path.clone(),
                figure: c.asked.clone(),
                bound: format!("{} {}", c.comparison.sign(), figures::bound(c)),
                replications: s.replications,
                largest: s.largest,
                values: s.values.len(),
            },
            bound: c.bound + 0.0,
            tried: tried.collect(),
        }
    }

    /// As a table: a row for each value tried.
    pub fn csv(&self) -> String {
        let row = |t: &Tried| {
            let (low, high) = t.figure.interval.unzip();
            vec![
                t.value.clone(),
                maybe(t.figure.value),
                maybe(low),
                maybe(high),
                t.figure.n.to_string(),
                maybe(Some(self.bound)),
                t.standing.name().to_string(),
                t.answer.to_string(),
                (t.place + 1).to_string(),
            ]
        };
        let (path, figure) = (sheet::field(&self.about.path), sheet::field(&self.about.figure.text));
        let columns = [&path, &figure, "low", "high", "n", "bound", "standing", "answer", "place"];
        sheet::table(&columns, self.tried.iter().map(row))
    }

    /// Reads the table again.
    pub fn parse(about: About, text: &str) -> Result<Picture, Unreadable> {
        let (mut tried, mut bound) = (Vec::new(), 0.0);
        let places = about.values;
        for row in In::new(FILE, text)?.rows() {
            let allowed = format!("1 to {places}");
            let place = row.by("place", &allowed, |text| {
                text.parse::<usize>().ok().filter(|p| (1..=places).contains(p)).map(|p| p - 1)
            })?;
            bound = row.value("bound")?;
            tried.push(Tried {
                place,
                value: row.text(&about.path)?.to_string(),
                figure: row.estimate(&about.figure.text, about.replications)?,
                standing: row.by("standing", "a standing as docs/outputs.md lists them", |text| {
                    Standing::ALL.into_iter().find(|s| s.name() == text)
                })?,
                answer: row.truth("answer")?,
            });
        }
        Ok(Picture { about, bound, tried })
    }

    /// What it shows, in words.
    pub fn title(&self) -> String {
        format!("Search: {}", self.about.caption.short())
    }

    /// The chart as a complete SVG document.
    pub fn svg(&self, look: Look) -> String {
        let reading = format!(
            "Dots are estimates, uprights 95 % intervals (pale: they reach across the bound); the large dot is the \
             answer. Blue keeps the condition, {} breaks it.",
            style::plum(look.theme)
        );
        let foot = Foot::of(look.size, &reading, &self.about.caption.made);
        // A column grows with the title of its axis.
        let height = look.size.height() + look.size.pick(0.0, self.across(look.size).height());
        style::svg_of_height(look, &self.title(), height, |canvas| self.paint(canvas, &foot))
    }

    /// The title of the axis.
    fn across(&self, size: Size) -> AxisTitle {
        AxisTitle::of(&Field::of(&self.about.path, "money"), size.width() - 12.0)
    }

    fn paint(&self, canvas: &mut Canvas, foot: &Foot) {
        let (about, size) = (&self.about, canvas.size());
        let (above, left, right) =
            (sheet::top(size, TOP), size.pick(84.0, 52.0), size.width() - size.pick(40.0, 8.0));
        let below = canvas.height() - foot.height() - size.pick(58.0, 42.0) - self.across(size).height();
        let measure = &about.figure.measure;
        let label = Type::plain(11.0, style::SOFT);
        about.caption.draw(canvas);
        canvas.text((sheet::margin(size), above - 12.0), label, &figures::name(&about.figure));

        let ends = self.tried.iter().flat_map(|t| {
            let (low, high) = t.figure.interval.unzip();
            [t.figure.value, high, low]
        });
        let range = sheet::scale(ends.flatten().chain([self.bound]), false).unwrap_or((0.0, 1.0, 0.2));
        let (low, high, _) = range;
        let y = |v: f64| below - (v.clamp(low, high) - low) / (high - low) * (below - above);
        let pad = size.pick(24.0, 14.0);
        let spread = about.values.saturating_sub(1).max(1) as f64;
        // Small values stand at the left, whichever end is the safe one.
        let x = |place: usize| {
            let share = if about.values == 1 { 0.5 } else { place as f64 / spread };
            left + pad + (if about.largest { share } else { 1.0 - share }) * (right - left - 2.0 * pad)
        };
        for v in sheet::ticks(range) {
            canvas.line(&[(left, y(v)), (right, y(v))], style::GRID, 0.08, 1.0);
            canvas.text((left - 8.0, y(v) + label.half_height()), label.end(), &tick(measure, v));
        }
        canvas.dashed(&[(left, y(self.bound)), (right, y(self.bound))], style::INK, 0.8, 1.2, (5.0, 3.0));
        let bold = Type::bold(11.0, style::INK);
        canvas.text((right - 4.0, y(self.bound) - 5.0), bold.end(), &about.bound);
        let mut taken: Vec<(f64, f64)> = Vec::new();
        let mut order: Vec<&Tried> = self.tried.iter().collect();
        // The answer's label first, then the ends, then what there is room for.
        order.sort_by_key(|t| (!t.answer, t.place != 0 && t.place + 1 != about.values, t.place));
        for t in order {
            let at = x(t.place);
            let half = label.width(&t.value) / 2.0 + 5.0;
            if taken.iter().all(|(l, r)| at + half < *l || at - half > *r) {
                let kind = if t.answer { bold } else { label };
                canvas.text((at, below + 17.0), kind.middle(), &t.value);
                taken.push((at - half, at + half));
            }
        }
        self.across(size).draw(canvas, (left, right), below + size.pick(36.0, 32.0));
        // The answer lies on top: values near it are what a search tries most.
        let mut drawn: Vec<&Tried> = self.tried.iter().collect();
        drawn.sort_by_key(|t| t.answer);
        for t in &drawn {
            let color = style::series(usize::from(!t.standing.holds()));
            if let Some((from, to)) = t.figure.interval {
                let sure = matches!(t.standing, Standing::Fails | Standing::Holds);
                let ends = [(x(t.place), y(from)), (x(t.place), y(to))];
                canvas.line(&ends, color, if sure { 0.6 } else { 0.3 }, 2.5);
            }
        }
        for t in drawn {
            let color = style::series(usize::from(!t.standing.holds()));
            if let Some(v) = t.figure.value {
                let radius = if t.answer { size.pick(6.0, 5.0) } else { size.pick(4.0, 2.8) };
                canvas.dot((x(t.place), y(v)), radius, color);
            }
        }
        foot.draw(canvas);
    }
}
