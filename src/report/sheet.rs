//! What charts of studies share: the lines above and beneath the drawing, and a round scale.
//!
//! Must not know what a study found.

use crate::report::axis;
use crate::report::style::{self, Canvas, Type};
use crate::report::words;

/// Left and right edge of everything that is no axis.
pub const MARGIN: f64 = 24.0;

/// The question (the name, where there is none), and the answer's first sentence under it, as far as it fits.
pub fn header(canvas: &mut Canvas, question: &str, name: &str, sentence: &str) {
    let room = canvas.width() - 2.0 * MARGIN;
    let question = words::clean(question);
    let first = if question.trim().is_empty() { words::clean(name) } else { question };
    // A long question is set smaller before it is cut.
    let bold = [17.0, 15.0, 13.0].map(|size| Type::bold(size, style::INK));
    let kind = bold.into_iter().find(|k| k.width(&first) <= room).unwrap_or(bold[2]);
    canvas.text((MARGIN, 31.0), kind, &kind.fit(&first, room));
    let kind = Type::plain(12.0, style::SOFT);
    canvas.text((MARGIN, 51.0), kind, &kind.fit(sentence, room));
}

/// How to read the chart, and what it was made from, above the lower edge.
pub fn footer(canvas: &mut Canvas, reading: &str, tail: &str) {
    let (small, height) = (Type::plain(10.0, style::SOFT), canvas.height());
    let room = canvas.width() - 2.0 * MARGIN;
    canvas.text((MARGIN, height - 22.0), small, &small.fit(reading, room));
    canvas.text((MARGIN, height - 8.0), small, &small.fit(tail, room));
}

/// A scale with round ends that holds all these values: its ends and the step between ticks, about five of them. It
/// begins at zero where the values come near it, or where `from_zero` says so; none without a finite value.
pub fn scale(values: impl Iterator<Item = f64>, from_zero: bool) -> Option<(f64, f64, f64)> {
    let (mut low, mut high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return None;
    }
    if low > 0.0 && (from_zero || low < 0.5 * high) {
        low = 0.0;
    }
    if high <= low {
        high = low + low.abs().max(1e-3);
    }
    let step = axis::step_above((high - low) / 5.0);
    Some(((low / step).floor() * step, (high / step).ceil() * step, step))
}

/// The ticks of a scale; what rounding left of zero is zero.
pub fn ticks((low, high, step): (f64, f64, f64)) -> impl Iterator<Item = f64> {
    let count = ((high - low) / step).round() as usize;
    (0..=count).map(move |k| {
        let v = low + k as f64 * step;
        if v.abs() < step * 1e-6 { 0.0 } else { v }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_hold_everything() {
        assert_eq!(scale([0.2, 0.9].into_iter(), false), Some((0.0, 1.0, 0.2)));
        assert_eq!(scale([38_400.0, 39_005.0].into_iter(), false), Some((38_400.0, 39_200.0, 200.0)));
        assert_eq!(scale([0.8, 0.9].into_iter(), true).map(|s| s.0), Some(0.0));
        let (low, high, _) = scale([-3.0, 4.0].into_iter(), false).unwrap();
        assert!(low <= -3.0 && high >= 4.0);
        assert_eq!(scale([f64::NAN].into_iter(), false), None);
        assert!(scale([5.0, 5.0].into_iter(), false).is_some());
        let all: Vec<f64> = ticks((-0.2, 0.4, 0.2)).collect();
        assert_eq!(all[1], 0.0);
        assert_eq!(all.len(), 4);
    }
}
