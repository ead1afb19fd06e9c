//! The strips beneath the chart of scores: the colour that the rules give each number, and beside it the one that the
//! platform reported, where a log tells.
//!
//! Where the log lacks what ratings are derived from, the platform's strips stand alone.

use crate::messaging::QualityRating;
use crate::report::axis::TimeAxis;
use crate::report::picture::{About, Ratings};
use crate::report::style::{self, Canvas, Size, Type};
use crate::report::words;
use crate::sim::SimTime;

/// Numbers with strips of their own.
pub(super) const LANES_MAX: usize = 24;
/// Pixels between strips.
const GAP: f64 = 1.5;
/// Room between the last strip and the bottom of the body: the axis and its labels.
const BENEATH: f64 = 31.0;

/// Where strips go, and which there are.
pub(super) struct Lanes<'a> {
    about: &'a About,
    ratings: &'a Ratings,
    lanes: Vec<Lane>,
    /// Height of a number's strips together, with the gap beneath.
    height: f64,
    /// Bottom of the last strip.
    bottom: f64,
}

/// The strips of one number.
struct Lane {
    number: usize,
    rules: bool,
    platform: bool,
}

impl<'a> Lanes<'a> {
    /// Lays the strips out; [`Lanes::end_at`] says where they end.
    pub fn of(about: &'a About, ratings: &'a Ratings, size: Size) -> Lanes<'a> {
        let lane = |number: usize| {
            let reported = !ratings.platform[number].is_empty();
            let rules = !about.not_derivable;
            (rules || reported).then_some(Lane { number, rules, platform: reported })
        };
        let lanes: Vec<Lane> = (0..about.numbers.len().min(LANES_MAX)).filter_map(lane).collect();
        let both = lanes.iter().any(|l| l.rules && l.platform);
        // Two strips are read as one thing, so they share the room of one where there are many.
        let (all, most) = if both { (size.pick(132.0, 76.0), 24.0) } else { (size.pick(96.0, 60.0), 12.0) };
        let height = match (&lanes[..], both) {
            ([_], true) => 27.0,
            ([_], false) if about.numbers.len() == 1 => 14.0,
            _ => (all / lanes.len().max(1) as f64).min(most),
        };
        Lanes { about, ratings, lanes, height, bottom: 0.0 }
    }

    /// Puts them, with the axis beneath, above the lower edge of the chart's body.
    pub fn end_at(&mut self, body_bottom: f64) {
        self.bottom = body_bottom - BENEATH;
    }

    /// Top of the first strip.
    pub fn top(&self) -> f64 {
        self.bottom - self.height * self.lanes.len() as f64
    }

    /// Bottom of the last one.
    pub fn bottom(&self) -> f64 {
        self.bottom
    }

    /// Whether the platform's own colours are among them.
    pub fn platform(&self) -> bool {
        self.lanes.iter().any(|l| l.platform)
    }

    /// Whether any number has both strips.
    pub fn both(&self) -> bool {
        self.lanes.iter().any(|l| l.rules && l.platform)
    }

    /// Whether a grey stretch in them asks for a word. The first hours of any run are grey; that goes without saying.
    pub fn grey(&self) -> bool {
        self.lanes.iter().any(|l| l.rules && self.ratings.grey(l.number, self.about.start))
    }

    /// Whether an account was stopped for a while: a dark bar on its numbers' strips.
    pub fn stopped(&self) -> bool {
        self.lanes.iter().any(|l| !self.ratings.stopped[l.number].is_empty())
    }

    /// Draws them.
    pub fn draw(&self, canvas: &mut Canvas, x: &TimeAxis) {
        let one = self.about.numbers.len() == 1;
        for (i, lane) in self.lanes.iter().enumerate() {
            let top = self.top() + self.height * i as f64;
            let bottom = top + self.height - if one && !lane.platform { 0.0 } else { GAP };
            // The rules' is the wider one of two: it is what the chart is about.
            let middle = match (lane.rules, lane.platform, one) {
                (true, true, true) => 0.5 * (top + bottom),
                (true, true, false) => top + 0.58 * (bottom - top),
                (true, false, _) => bottom,
                (false, ..) => top,
            };
            let thick = (0.3 * (bottom - top)).clamp(1.0, 4.0);
            // Words keep clear of the bar that says the account was stopped.
            let bar = if self.ratings.stopped[lane.number].is_empty() { 0.0 } else { thick };
            if lane.rules {
                canvas.rect((x.left, top), (x.right, middle), style::quality(QualityRating::Unknown), 0.55);
                strip(canvas, &self.ratings.rules[lane.number], x, (top, middle), bar);
            }
            if lane.platform {
                let top = if lane.rules { middle + 1.0 } else { middle };
                // Before the first report nothing is known, which is less than grey.
                canvas.rect((x.left, top), (x.right, bottom), style::quality(QualityRating::Unknown), 0.15);
                let reported = &self.ratings.platform[lane.number];
                for (from, rating) in reported {
                    if *rating == QualityRating::Unknown {
                        let right = end_of(reported, *from, x);
                        let left = x.px(*from).clamp(x.left, x.right);
                        canvas.rect((left, top), (right, bottom), style::quality(*rating), 0.55);
                    }
                }
                strip(canvas, reported, x, (top, bottom), if lane.rules { 0.0 } else { bar });
            }
            for (from, until) in &self.ratings.stopped[lane.number] {
                let px = |at: SimTime| x.px(at).clamp(x.left, x.right);
                canvas.rect((px(*from), top), (px(*until), top + thick), style::INK, 0.9);
            }
            match (one, lane.rules, lane.platform) {
                (true, true, true) => {
                    label(canvas, x, "rules", style::SOFT, (top, middle));
                    label(canvas, x, "platform", style::SOFT, (middle, bottom));
                }
                (true, true, false) => label(canvas, x, "rating", style::SOFT, (top, bottom)),
                (true, false, _) => label(canvas, x, "platform", style::SOFT, (top, bottom)),
                (false, ..) => {
                    let name = words::clean(&self.about.numbers[lane.number]);
                    label(canvas, x, &name, style::series(lane.number), (top, bottom));
                }
            }
        }
    }
}

/// Where a stretch of a colour ends, in pixels.
fn end_of(colours: &[(SimTime, QualityRating)], from: SimTime, x: &TimeAxis) -> f64 {
    let next = colours.iter().find(|(at, _)| *at > from);
    next.map_or(x.right, |(at, _)| x.px(*at).clamp(x.left, x.right))
}

/// Colours over time, with letters where they fit under a bar so thick; nothing where the colour is unknown.
fn strip(
    canvas: &mut Canvas,
    colours: &[(SimTime, QualityRating)],
    x: &TimeAxis,
    (top, bottom): (f64, f64),
    bar: f64,
) {
    let size = type_in(canvas, bottom - top - bar);
    for (i, (from, rating)) in colours.iter().enumerate() {
        let rating = *rating;
        let px = |at: SimTime| x.px(at).clamp(x.left, x.right);
        let left = px(*from);
        let right = colours.get(i + 1).map_or(x.right, |(until, _)| px(*until));
        if rating == QualityRating::Unknown || right <= left {
            continue;
        }
        canvas.rect((left, top), (right, bottom), style::quality(rating), 1.0);
        let kind = Type::bold(size, style::on_quality(rating)).middle();
        let word = match rating {
            QualityRating::Red => ["RED", "R"],
            QualityRating::Yellow => ["YELLOW", "Y"],
            QualityRating::Green => ["GREEN", "G"],
            QualityRating::Unknown => ["", ""],
        };
        let fits = word.iter().find(|w| kind.width(w) + 4.0 < right - left);
        if let (Some(word), true) = (fits, size >= 6.0) {
            canvas.text((0.5 * (left + right), 0.5 * (top + bar + bottom) + kind.half_height()), kind, word);
        }
    }
}

/// The size of type for a strip of this height; nought where none that may be used fits.
fn type_in(canvas: &Canvas, height: f64) -> f64 {
    match canvas.is_column() {
        true if height >= 10.0 => 10.0,
        true => 0.0,
        false => height.min(11.0) - 1.5,
    }
}

/// What a strip is, left of it.
fn label(canvas: &mut Canvas, x: &TimeAxis, name: &str, color: style::Hue, (top, bottom): (f64, f64)) {
    let size = type_in(canvas, bottom - top);
    if size >= 5.0 {
        let kind = Type::plain(canvas.pick((size + 1.0).min(11.0), size), color).end();
        canvas.text(
            (x.left - 8.0, 0.5 * (top + bottom) + kind.half_height()),
            kind,
            &kind.fit_name(name, x.left - 14.0),
        );
    }
}
