//! Morris's picture: how much a parameter moves the measure, against how unevenly.
//!
//! Drawn from [`Picture`], which is read out of a study or out of the table beside the chart. The look is in `style`.

use super::chart::{AXIS, About, LABEL, SMALL, color, directions, dot, legend, way};
use super::{Analysed, Digits, Direction, Sensitivity};
use crate::experiment::study::sensitivity::{Found, Kind};
use crate::report::axis;
use crate::report::fields;
use crate::report::picture::table::{In, Unreadable};
use crate::report::sheet::{self, Foot, maybe};
use crate::report::style::{self, Canvas, Look, Size, Type};
use crate::report::words;

/// What a chart's name begins with.
pub const KIND: &str = "mu-sigma";

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Its name.
    pub name: String,
    /// Mean size of its effects.
    pub mu_star: f64,
    /// Spread of its effects.
    pub sigma: f64,
    /// The way it moves the measure.
    pub way: Option<Direction>,
    /// Whether it cannot be told from zero; none where that was not judged.
    pub indistinguishable: Option<bool>,
}

/// What the chart shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Beside the table.
    pub about: About,
    /// Every parameter, in the order of the ranking.
    pub spots: Vec<Spot>,
}

/// A drawing under way: its edges and scales.
#[derive(Clone, Copy)]
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// The ends of both axes, and the steps between their ticks.
    wide: (f64, f64),
    high: (f64, f64),
}

impl Plot {
    fn of(size: Size, foot: &Foot, spots: &[Spot]) -> Plot {
        let scale = |most: f64| {
            let most = if most > 0.0 { most * 1.04 } else { 1.0 };
            let step = axis::step_above(most / size.pick(6.0, 4.0));
            ((most / step).ceil() * step, step)
        };
        Plot {
            left: size.pick(84.0, 60.0),
            right: size.width() - size.pick(36.0, 20.0),
            top: sheet::top(size, 104.0),
            bottom: size.height() - foot.height() - size.pick(40.0, 50.0),
            wide: scale(spots.iter().map(|s| s.mu_star).fold(0.0, f64::max)),
            high: scale(spots.iter().map(|s| s.sigma).fold(0.0, f64::max)),
        }
    }

    fn x(&self, mu_star: f64) -> f64 {
        self.left + mu_star / self.wide.0 * (self.right - self.left)
    }

    fn y(&self, sigma: f64) -> f64 {
        self.bottom - sigma / self.high.0 * (self.bottom - self.top)
    }
}

impl Picture {
    /// Reads it out of a measure of a study.
    pub fn of(s: &Sensitivity, a: &Analysed, found: &Found) -> Picture {
        let spots = found.ranking().into_iter().map(|r| Spot {
            name: s.name_of(r),
            mu_star: r.value + 0.0,
            sigma: found.of(r.parameter, Kind::Sigma).map_or(0.0, |x| x.value + 0.0),
            way: way(s, found, r),
            indistinguishable: r.indistinguishable,
        });
        Picture { about: About::of(s, a, found), spots: spots.collect() }
    }

    /// The chart's name.
    pub fn name(&self) -> String {
        self.about.file_stem(KIND)
    }

    /// As a table: a row for each parameter.
    pub fn csv(&self) -> String {
        let row = |s: &Spot| {
            vec![
                s.name.clone(),
                maybe(Some(s.mu_star)),
                maybe(Some(s.sigma)),
                s.way.map_or(String::new(), |w| w.name().to_string()),
                s.indistinguishable.map_or(String::new(), |v| v.to_string()),
            ]
        };
        let columns = ["parameter", "mu_star", "sigma", "direction", "indistinguishable"];
        sheet::table(&columns, self.spots.iter().map(row))
    }

    /// Reads the table again.
    pub fn parse(about: About, file: &str, text: &str) -> Result<Picture, Unreadable> {
        let mut spots = Vec::new();
        for row in In::new(file, text)?.rows() {
            spots.push(Spot {
                name: row.text("parameter")?.to_string(),
                mu_star: row.value("mu_star")?,
                sigma: row.value("sigma")?,
                way: row.by("direction", Direction::ALLOWED, Direction::parse)?,
                indistinguishable: row.verdict("indistinguishable")?,
            });
        }
        Ok(Picture { about, spots })
    }

    /// What it shows, in words.
    pub fn title(&self) -> String {
        let measure = words::clean(&self.about.measure);
        format!("mu* and sigma of {measure}: {}", self.about.caption.short())
    }

    /// The chart as a complete SVG document.
    pub fn svg(&self, look: Look) -> String {
        let note = |more: &str| {
            format!(
                "Far right: it matters; high up: how much hangs on the others, or the effect is curved; {}{more}",
                self.about.pale()
            )
        };
        // How many names find no place is known when all have been tried.
        let spare = note("; 00 dots have no room for their names (indices.csv has all)");
        let plot = Plot::of(look.size, &self.about.foot(look.size, &spare), &self.spots);
        style::svg(look, &self.title(), |canvas| {
            self.about.caption.draw(canvas);
            legend(canvas, plot.left, &directions());
            self.axes(canvas, &plot);
            let mut taken = guides(canvas, &plot);
            let more = match self.dots(canvas, &plot, &mut taken) {
                0 => String::new(),
                n => format!("; {n} dots have no room for their names (indices.csv has all)"),
            };
            self.about.foot(look.size, &note(&more)).draw(canvas);
        })
    }

    fn axes(&self, canvas: &mut Canvas, plot: &Plot) {
        let Plot { left, right, top, bottom, .. } = *plot;
        for ((most, step), across) in [(plot.wide, true), (plot.high, false)] {
            let digits = Digits::up_to(step);
            for k in 0..=(most / step).round() as usize {
                let v = k as f64 * step;
                let alpha = if k == 0 { 0.35 } else { 0.1 };
                let says = if k == 0 { "0".to_string() } else { digits.show(v) };
                if across {
                    let x = plot.x(v);
                    canvas.line(&[(x, top), (x, bottom)], style::GRID, alpha, 1.0);
                    canvas.text((x, bottom + 15.0), SMALL.middle(), &says);
                } else {
                    let y = plot.y(v);
                    canvas.line(&[(left, y), (right, y)], style::GRID, alpha, 1.0);
                    canvas.text((left - 8.0, y + 3.5), SMALL.end(), &says);
                }
            }
        }
        let says = match self.about.chance {
            true => {
                "mu*: mean size of the change over two thirds of a range, times 1.5 (flips both ways count)"
            }
            false => "mu*: mean size of the effect over the whole range of a parameter",
        };
        sheet::centred(canvas, (left, right), bottom + 32.0, AXIS, says);
        canvas.text((left - canvas.pick(60.0, 52.0), top - 8.0), SMALL, "sigma: spread of the effects");
    }

    /// Draws the dots and, where there is room, their names; how many of those that matter have none.
    fn dots(&self, canvas: &mut Canvas, plot: &Plot, taken: &mut Vec<[f64; 4]>) -> usize {
        let frame = [plot.left, plot.right, plot.top, plot.bottom];
        let dots: Vec<(f64, f64)> = self.spots.iter().map(|s| (plot.x(s.mu_star), plot.y(s.sigma))).collect();
        // The last ranks first, so that what matters lies on top.
        for (s, at) in self.spots.iter().zip(&dots).rev() {
            let (color, larger) = dot(s.indistinguishable, color(s.way));
            canvas.dot(*at, 3.2 + 1.8 * larger, color);
        }
        let told = self.spots.iter().zip(&dots).filter(|(s, _)| s.indistinguishable != Some(true));
        let mut unnamed = 0;
        for (s, dot) in told {
            let name = LABEL.fit_name(&fields::name(&s.name), canvas.pick(240.0, 180.0));
            let Some((at, reach)) = place(frame, *dot, &name, &dots, taken) else {
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
        unnamed
    }
}

/// How far sigma is from mu*, after K. Garcia Sanchez et al., Energy Build. 68 (2014) 741-750: dashed lines, each with its
/// name beside it where there is room. Gives where the names stand.
fn guides(canvas: &mut Canvas, plot: &Plot) -> Vec<[f64; 4]> {
    let Plot { right, top, bottom, .. } = *plot;
    let (wide, high) = (plot.wide.0, plot.high.0);
    let mut taken: Vec<[f64; 4]> = Vec::new();
    for (ratio, says) in [(1.0, "sigma = mu*"), (0.1, "sigma = mu*/10")] {
        let end = wide.min(high / ratio);
        let line = [(plot.x(0.0), plot.y(0.0)), (plot.x(end), plot.y(end * ratio))];
        canvas.dashed(&line, style::INK, 0.35, 1.0, (4.0, 4.0));
        let width = SMALL.width(says);
        // Where the line leaves the plot: beside its end where that is the upper edge, else under it, below the place
        // at which the line passes over the name's beginning.
        let at = if ratio * wide > high {
            (plot.x(end) + 8.0, top + 12.0)
        } else {
            let from = right - 4.0 - width;
            let over = (from - plot.left) / (right - plot.left) * wide * ratio;
            (from, plot.y(over) + 0.8 * SMALL.size + 4.0)
        };
        let spot = bounds(at, SMALL, says);
        if spot[1] <= right && spot[3] <= bottom && taken.iter().all(|t| !meets(&spot, t)) {
            canvas.text(at, SMALL, says);
            taken.push(spot);
        }
    }
    taken
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
