//! Words on the chart of scores: what each line is, what each band is, where nothing runs through them.

use crate::messaging::QualityRating;
use crate::report::axis::{self, TimeAxis, ValueAxis};
use crate::report::charts;
use crate::report::charts::rating::{BAND, Piece, band_name, day_end};
use crate::report::picture::About;
use crate::report::series::RibbonPoint;
use crate::report::style::{self, Canvas, Hue, Point, Type};
use crate::report::words;

/// Pixels between the baselines of names at the right.
const LEADING: f64 = 13.0;

/// Places words among what was drawn.
pub struct Labels<'a> {
    about: &'a About,
    x: &'a TimeAxis,
    y: &'a ValueAxis,
    /// What no word may cross: score lines, uprights, words already placed.
    firm: Vec<Vec<Point>>,
}

impl<'a> Labels<'a> {
    /// Takes note of everything drawn.
    pub fn new(about: &'a About, x: &'a TimeAxis, y: &'a ValueAxis, drawn: &[Vec<Piece>]) -> Labels<'a> {
        let mut firm: Vec<Vec<Point>> = drawn.iter().flatten().map(|p| p.points.clone()).collect();
        firm.extend(
            charts::changes(about).map(|(from, _)| vec![(x.px(from), y.top), (x.px(from), y.bottom)]),
        );
        Labels { about, x, y, firm }
    }

    fn clear(&self, kind: Type, text: &str, (left, baseline): Point) -> bool {
        let box_ = ((left, baseline - 0.85 * kind.size), (left + kind.width(text), baseline + 2.0));
        self.firm.iter().all(|line| axis::keeps_clear(line, box_.0, box_.1, 3.0))
    }

    fn put(&mut self, canvas: &mut Canvas, kind: Type, text: &str, (left, baseline): Point) {
        canvas.text((left, baseline), kind, text);
        let middle = baseline - kind.half_height();
        self.firm.push(vec![(left, middle), (left + kind.width(text), middle)]);
    }

    /// Names at the ends of the lines: right of the plot for those that reach it, else beside their last point.
    pub fn name_lines(&mut self, canvas: &mut Canvas, drawn: &[Vec<Piece>], ribbons: &[Vec<RibbonPoint>]) {
        let mut outside: Vec<(f64, String, Type)> = Vec::new();
        // Thresholds are named beside the plot too, where no line, ribbon or label can come between.
        let (yellow, red) = self.about.thresholds;
        let mut bands: Vec<(f64, String, Type)> = Vec::new();
        for (from, rating, word) in
            [(red, QualityRating::Red, "RED"), (yellow, QualityRating::Yellow, "YELLOW")]
        {
            let kind = Type { color: style::quality_text(rating), ..BAND };
            let said = band_name(canvas.size(), word, from);
            bands.push((self.y.px(from), said, kind));
        }
        let mut inside: Vec<(Point, String, Type)> = Vec::new();
        let mut name = |end: Point, name: String, kind: Type| {
            let beside = end.0 + 12.0 + kind.width(&name) < self.x.right;
            if beside { inside.push((end, name, kind)) } else { outside.push((end.1, name, kind)) }
        };
        let bold = |color: Hue| Type::bold(11.0, color);
        for (number, pieces) in drawn.iter().enumerate() {
            // The end of what counts: what trails behind unrated is often a short piece on the floor.
            let piece = pieces.iter().rfind(|p| p.rated).or(pieces.last());
            let Some(end) = piece.and_then(|p| p.points.last()) else { continue };
            let said = if self.about.numbers.len() > 1 {
                words::clean(&self.about.numbers[number])
            } else if self.about.replications > 1 {
                "replication 1".to_string()
            } else {
                "score".to_string()
            };
            name(*end, said, bold(style::series(number)));
        }
        if let ([ribbon], 1) = (ribbons, self.about.numbers.len())
            && let Some(last) = ribbon.last()
        {
            let end = (self.x.px(day_end(self.about, last.day)), self.y.px(last.middle));
            name(end, "middle of all".to_string(), Type::plain(11.0, style::series(0)));
        }
        // Where not all fit, the highest scores are named: they are what a reader asks about.
        outside.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (top, bottom) = (self.y.top + 4.0, self.y.bottom);
        outside.truncate((((bottom - top) / LEADING) as usize).saturating_sub(bands.len()) + 1);
        outside.extend(bands);
        outside.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted: Vec<f64> = outside.iter().map(|l| l.0).collect();
        let places = axis::spread(&wanted, LEADING, (top, bottom)).unwrap_or_default();
        let right = self.x.right;
        for ((wanted, said, kind), place) in outside.into_iter().zip(places) {
            canvas.line(&[(right + 1.0, wanted), (right + 8.0, place)], kind.color, 0.6, 0.8);
            let room = canvas.width() - 8.0 - (right + 11.0);
            canvas.text((right + 11.0, place + kind.half_height()), kind, &kind.fit_name(&said, room));
        }
        for ((end_x, end_y), said, kind) in inside {
            let nearest =
                [0.0, -LEADING, LEADING, -2.0 * LEADING, 2.0 * LEADING, -3.0 * LEADING, 3.0 * LEADING];
            let at = |shift: f64| (end_x + 7.0, end_y + shift + kind.half_height());
            let held =
                |(_, baseline): &Point| *baseline - 8.0 > self.y.top && *baseline + 2.0 < self.y.bottom;
            let mut places = nearest.map(at).into_iter().filter(held);
            if let Some(place) = places.clone().find(|p| self.clear(kind, &said, *p)).or(places.next()) {
                self.put(canvas, kind, &said, place);
            }
        }
    }
}
