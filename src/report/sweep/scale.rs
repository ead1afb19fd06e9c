//! Scales of a sweep's charts: places on an axis of numbers, factors or names, and values on the other.
//!
//! Must not know what is drawn between them.

use super::number;
use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::design::Scale;
use crate::experiment::study::estimate::Asked;
use crate::report::axis::{self, TICK};
use crate::report::fields::AxisTitle;
use crate::report::sheet;
use crate::report::style::{self, Canvas};

/// A horizontal axis.
#[derive(Clone, Debug)]
pub struct Across {
    /// Left and right end \[px\].
    pub ends: (f64, f64),
    low: f64,
    high: f64,
    log: bool,
    /// Whether all places are whole numbers: there is nothing between them.
    whole: bool,
    names: Vec<String>,
}

impl Across {
    /// Over these places.
    pub fn new(
        ends: (f64, f64),
        places: impl Iterator<Item = f64>,
        scale: Scale,
        names: &[String],
    ) -> Across {
        let mut whole = true;
        let places = places.inspect(|v| whole &= v.fract() == 0.0);
        let (mut low, mut high) =
            places.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if !low.is_finite() || low == high {
            (low, high) = if low.is_finite() { (low - 0.5, high + 0.5) } else { (0.0, 1.0) };
        }
        let log = scale == Scale::Log && low > 0.0;
        if scale == Scale::Names {
            (low, high) = (-0.5, names.len() as f64 - 0.5);
        }
        Across {
            ends,
            low,
            high,
            log,
            whole,
            names: if scale == Scale::Names { names.to_vec() } else { Vec::new() },
        }
    }

    /// The pixel of a place.
    pub fn px(&self, v: f64) -> f64 {
        let share = match self.log {
            true => libm::log(v / self.low) / libm::log(self.high / self.low),
            false => (v - self.low) / (self.high - self.low),
        };
        self.ends.0 + share * (self.ends.1 - self.ends.0)
    }

    /// Places worth a tick and what they say.
    fn ticks(&self) -> Vec<(f64, String)> {
        if !self.names.is_empty() {
            return self.names.iter().enumerate().map(|(i, n)| (i as f64, super::shown(n))).collect();
        }
        let mut out = Vec::new();
        // A narrow range may hold no 1, 2 or 5 of any decade: then ticks at even steps, where their ratios put them.
        let decades = if self.log { libm::log10(self.high / self.low) } else { 0.0 };
        if decades >= 1.0 {
            let parts: &[f64] = if decades <= 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
            let first = libm::floor(libm::log10(self.low) - 1e-9) as i32;
            for exponent in first..=libm::ceil(libm::log10(self.high)) as i32 {
                for part in parts {
                    let v: f64 = format!("{part}e{exponent}").parse().unwrap_or(1.0);
                    if v >= self.low * (1.0 - 1e-9) && v <= self.high * (1.0 + 1e-9) {
                        out.push((v, number(v)));
                    }
                }
            }
        } else {
            let step = axis::step_above((self.high - self.low) / 8.0);
            let step = if self.whole { step.max(1.0) } else { step };
            let first = libm::ceil(self.low / step - 1e-9) as i64;
            let last = libm::floor(self.high / step + 1e-9) as i64;
            // As decimals of the step: 3 · 0.1 is 0.3.
            let places = (-libm::floor(libm::log10(step) + 1e-9)).max(0.0) as usize;
            out.extend((first..=last).map(|k| (k as f64 * step, format!("{:.places$}", k as f64 * step))));
        }
        out
    }

    /// The names on it in the lines they take, so that each has its share of the width.
    fn name_lines(&self) -> Vec<Vec<String>> {
        let room = (self.ends.1 - self.ends.0) / self.names.len().max(1) as f64 - 6.0;
        self.names.iter().map(|n| sheet::wrapped(TICK, &super::shown(n), room.max(24.0))).collect()
    }

    /// What the labels take beyond one line.
    pub fn height(&self) -> f64 {
        let most = self.name_lines().iter().map(Vec::len).max().unwrap_or(1);
        12.0 * (most.max(1) - 1) as f64
    }

    /// Draws grid lines between two pixels, ticks under the lower one, and the axis' title.
    pub fn draw(&self, canvas: &mut Canvas, (top, bottom): (f64, f64), title: Option<&AxisTitle>) {
        let mut free = f64::NEG_INFINITY;
        let names = self.name_lines();
        for (i, (v, label)) in self.ticks().into_iter().enumerate() {
            let x = self.px(v);
            canvas.line(&[(x, top), (x, bottom)], style::GRID, 0.07, 1.0);
            let lines = names.get(i).cloned().unwrap_or_else(|| vec![label]);
            let half = lines.iter().map(|l| TICK.width(l)).fold(0.0, f64::max) / 2.0;
            // A label that would touch its neighbour is left out; its line stays.
            if x - half > free {
                canvas.line(&[(x, bottom), (x, bottom + 4.0)], style::INK, 0.5, 1.0);
                for (k, line) in lines.iter().enumerate() {
                    canvas.text((x, bottom + 16.0 + 12.0 * k as f64), TICK.middle(), line);
                }
                free = x + half + if names.is_empty() { 8.0 } else { 2.0 };
            }
        }
        canvas.line(&[(self.ends.0, bottom), (self.ends.1, bottom)], style::INK, 0.5, 1.0);
        if let Some(title) = title {
            title.draw(canvas, self.ends, bottom + 33.0 + self.height());
        }
    }
}

/// A vertical axis of a figure.
#[derive(Clone, Copy, Debug)]
pub struct Up {
    /// Upper and lower end \[px\].
    pub ends: (f64, f64),
    low: f64,
    high: f64,
    step: f64,
    unit: Unit,
}

impl Up {
    /// Over these values of a figure.
    pub fn new(ends: (f64, f64), values: impl Iterator<Item = f64>, asked: &Asked) -> Up {
        let (mut low, mut high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if !low.is_finite() {
            (low, high) = (0.0, 1.0);
        }
        // Zero belongs on the scale of anything near it; figures far from it would be flattened.
        if low > 0.0 && (matches!(asked.measure.unit, Unit::Share | Unit::Score) || low < 0.5 * high) {
            low = 0.0;
        }
        if high <= low {
            high = low + low.abs().max(1e-3);
        }
        let step = axis::step_above((high - low) / 6.0);
        let (low, high) = (libm::floor(low / step + 1e-9) * step, libm::ceil(high / step - 1e-9) * step);
        Up { ends, low, high, step, unit: asked.measure.unit }
    }

    /// From nothing to certainty.
    pub fn of_chances(ends: (f64, f64)) -> Up {
        Up { ends, low: 0.0, high: 1.0, step: 0.25, unit: Unit::Share }
    }

    /// The pixel of a value, kept inside the axis.
    pub fn px(&self, v: f64) -> f64 {
        let share = ((v - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.ends.1 - share * (self.ends.1 - self.ends.0)
    }

    /// Draws grid lines between two pixels and labels left of the first.
    pub fn draw(&self, canvas: &mut Canvas, (left, right): (f64, f64)) {
        let ticks = ((self.high - self.low) / self.step).round() as usize;
        for k in 0..=ticks {
            let v = self.low + k as f64 * self.step;
            let v = if v.abs() < self.step * 1e-6 { 0.0 } else { v };
            let y = self.px(v);
            canvas.line(&[(left, y), (right, y)], style::GRID, if v == 0.0 { 0.35 } else { 0.1 }, 1.0);
            canvas.text((left - 8.0, y + TICK.half_height()), TICK.end(), &value_label(self.unit, v));
        }
    }
}

/// The label of a value of a figure on an axis.
pub fn value_label(unit: Unit, v: f64) -> String {
    match unit {
        Unit::Share | Unit::Score => axis::percent_label(v),
        Unit::Count | Unit::Money if v < 0.0 => format!("-{}", axis::count_label(-v)),
        Unit::Count | Unit::Money => axis::count_label(v),
        Unit::Days => format!("{} d", number(v)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stand_where_their_scale_puts_them() {
        let log = Across::new((0.0, 100.0), [0.001, 0.1].into_iter(), Scale::Log, &[]);
        assert!((log.px(0.01) - 50.0).abs() < 1e-9);
        let labels: Vec<String> = log.ticks().into_iter().map(|t| t.1).collect();
        assert_eq!(labels, ["0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1"]);
        let linear = Across::new((0.0, 100.0), [1.0, 7.0].into_iter(), Scale::Linear, &[]);
        assert_eq!(linear.px(4.0), 50.0);
        assert_eq!(linear.ticks().first().unwrap().1, "1");
        let whole = Across::new((0.0, 100.0), [1.0, 3.0].into_iter(), Scale::Linear, &[]);
        assert_eq!(whole.ticks().into_iter().map(|t| t.1).collect::<Vec<_>>(), ["1", "2", "3"]);
        let names = ["a".to_string(), "b".to_string()];
        let named = Across::new((0.0, 100.0), [0.0, 1.0].into_iter(), Scale::Names, &names);
        assert_eq!((named.px(0.0), named.px(1.0)), (25.0, 75.0));
        let one = Across::new((0.0, 100.0), [5.0].into_iter(), Scale::Log, &[]);
        assert!(one.px(5.0).is_finite());
    }
}
