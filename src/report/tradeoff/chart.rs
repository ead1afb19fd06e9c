//! A trade-off as a picture: the first two goals against each other, the unbeaten plans as letters.
//!
//! Drawn from [`Picture`], which is read out of a trade-off or out of the table beside the chart. The look is in `style`.

use serde::{Deserialize, Serialize};

use super::{Goal, SHOWN, Tradeoff, headline};
use crate::experiment::study::catalogue::Unit;
use crate::report::comparison::{chart::tick, letter};
use crate::report::picture::table::{In, Unreadable};
use crate::report::sheet::{self, Caption, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Type};
use crate::report::{figures, words};

/// The chart's name.
pub const NAME: &str = "tradeoff";
/// The table's name in the folder.
pub const FILE: &str = "charts/tradeoff.csv";

const TOP: f64 = 88.0;

/// What the chart says beside its table. Kept in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What stands above and beneath it.
    pub caption: Caption,
    /// The first two goals: across, and up.
    pub goals: [Goal; 2],
    /// Whether there are others.
    pub more_goals: bool,
}

/// A plan tried; the first is the scenario as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its overrides, as printed.
    pub sets: String,
    /// The two goals' figures.
    pub figures: [Option<f64>; 2],
    /// Whether no other plan beats it in everything.
    pub efficient: bool,
    /// What it is called in chart and answer; empty where it has no letter.
    pub letter: String,
}

/// What the chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Beside the table.
    pub about: About,
    /// Every plan, in the order of the design.
    pub plans: Vec<Plan>,
}

impl Picture {
    /// Reads it out of a trade-off.
    pub fn of(t: &Tradeoff) -> Picture {
        let front = t.front();
        let made = format!(
            "{} · policy {} · seed {} · {} of each plan, the same luck for all",
            words::clean(&t.name),
            words::clean(&t.policy),
            t.seed,
            words::plural(t.replications, "replication", "replications")
        );
        let answer = headline(t).swap_remove(0);
        let plans = t.tried.iter().enumerate().map(|(place, p)| Plan {
            sets: p.sets.join("; "),
            figures: [0, 1].map(|goal| p.figures[goal].value.map(|v| v + 0.0)),
            efficient: p.efficient,
            letter: front.iter().take(SHOWN).position(|(at, _)| *at == place).map_or(String::new(), letter),
        });
        Picture {
            about: About {
                caption: Caption { name: t.name.clone(), question: t.question.clone(), answer, made },
                goals: [t.goals[0].clone(), t.goals[1].clone()],
                more_goals: t.goals.len() > 2,
            },
            plans: plans.collect(),
        }
    }

    /// As a table: a row for each plan, the first as written.
    pub fn csv(&self) -> String {
        let row = |(place, p): (usize, &Plan)| {
            vec![
                place.to_string(),
                p.sets.clone(),
                maybe(p.figures[0]),
                maybe(p.figures[1]),
                p.efficient.to_string(),
                p.letter.clone(),
            ]
        };
        let figures = self.about.goals.each_ref().map(|g| sheet::field(&g.asked.text));
        let columns = ["plan", "sets", &figures[0], &figures[1], "efficient", "letter"];
        sheet::table(&columns, self.plans.iter().enumerate().map(row))
    }

    /// Reads the table again.
    pub fn parse(about: About, text: &str) -> Result<Picture, Unreadable> {
        let mut plans = Vec::new();
        for row in In::new(FILE, text)?.rows() {
            let [across, up] = about.goals.each_ref().map(|g| row.maybe(&g.asked.text));
            plans.push(Plan {
                sets: row.text("sets")?.to_string(),
                figures: [across?, up?],
                efficient: row.truth("efficient")?,
                letter: row.text("letter")?.to_string(),
            });
        }
        Ok(Picture { about, plans })
    }

    /// What it shows, in words.
    pub fn title(&self) -> String {
        format!("Trade-off: {}", self.about.caption.short())
    }

    /// The chart as a complete SVG document.
    pub fn svg(&self, look: Look) -> String {
        let more = match self.about.more_goals {
            true => "; a plan that looks beaten here may be best in another goal",
            false => "",
        };
        let reading = format!(
            "Blue: beaten by no other (letters as in the table){more}. {}: as written. Grey: beaten.",
            words::capital(style::plum(look.theme))
        );
        let foot = Foot::of(look.size, &reading, &self.about.caption.made);
        style::svg(look, &self.title(), |canvas| self.paint(canvas, &foot))
    }

    fn paint(&self, canvas: &mut Canvas, foot: &Foot) {
        let size = canvas.size();
        let (above, left, right) =
            (sheet::top(size, TOP), size.pick(92.0, 52.0), size.width() - size.pick(50.0, 16.0));
        let below = size.height() - foot.height() - size.pick(46.0, 40.0);
        let label = Type::plain(11.0, style::SOFT);
        self.about.caption.draw(canvas);
        let [gx, gy] = &self.about.goals;
        let scale = |i: usize| {
            let share = self.about.goals[i].asked.measure.unit == Unit::Share;
            let values = self.plans.iter().filter_map(|p| p.figures[i]);
            sheet::scale(values, share).unwrap_or((0.0, 1.0, 0.2))
        };
        let (xs, ys) = (scale(0), scale(1));
        let x = |v: f64| left + (v - xs.0) / (xs.1 - xs.0) * (right - left);
        let y = |v: f64| below - (v - ys.0) / (ys.1 - ys.0) * (below - above);
        let place = |p: &Plan| Some((x(p.figures[0]?), y(p.figures[1]?)));
        for v in sheet::ticks(ys) {
            canvas.line(&[(left, y(v)), (right, y(v))], style::GRID, 0.08, 1.0);
            canvas.text((left - 8.0, y(v) + label.half_height()), label.end(), &tick(&gy.asked.measure, v));
        }
        let mut free = f64::NEG_INFINITY;
        for v in sheet::ticks(xs) {
            canvas.line(&[(x(v), above), (x(v), below)], style::GRID, 0.08, 1.0);
            let says = tick(&gx.asked.measure, v);
            let half = 0.5 * label.width(&says);
            // A label that would touch its neighbour is left out; its line stays.
            if x(v) - half > free {
                canvas.text((x(v), below + 16.0), label.middle(), &says);
                free = x(v) + half + 6.0;
            }
        }
        let way = |g: &Goal| if g.large { "more is better" } else { "less is better" };
        let says = format!("{} ({})", figures::name(&gy.asked), way(gy));
        canvas.text((sheet::margin(size), above - 14.0), label, &label.fit(&says, size.width() - 20.0));
        let says = format!("{} ({})", figures::name(&gx.asked), way(gx));
        let at = below + size.pick(35.0, 31.0);
        sheet::centred(canvas, (left, right), at, label, &label.fit(&says, size.width() - 20.0));
        for at in self.plans.iter().filter(|p| !p.efficient).filter_map(place) {
            canvas.dot(at, 3.0, style::FAINT);
        }
        let mut front: Vec<(usize, &Plan)> =
            self.plans.iter().enumerate().filter(|(_, p)| p.efficient).collect();
        super::by_first_goal(&mut front, gx.large, |(_, p)| p.figures[0]);
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for (plan, p) in front {
            let Some(at) = place(p) else { continue };
            canvas.dot(at, 4.5, style::series(usize::from(plan == 0)));
            // A letter stands above its dot, or nowhere: those without one are in the table.
            let apart = |o: &(f64, f64)| (o.0 - at.0).abs() > 16.0 || (o.1 - at.1).abs() > 16.0;
            if !p.letter.is_empty() && taken.iter().all(apart) && at.1 - 9.0 > above - 2.0 {
                canvas.text((at.0, at.1 - 9.0), Type::bold(11.0, style::INK).middle(), &p.letter);
                taken.push(at);
            }
        }
        // As written lies on top where it is beaten, too.
        if let Some(at) = self.plans.first().filter(|p| !p.efficient).and_then(place) {
            canvas.dot(at, 4.5, style::series(1));
        }
        foot.draw(canvas);
    }
}
