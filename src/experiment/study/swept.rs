//! A sweep that was evaluated: what it was made from, its points, and the figures of each.
//!
//! The head is plain data that goes through a file and back, so that a resumed sweep, and one put together from
//! several machines, come to the same tables and charts. Must not know formats.

use serde::{Deserialize, Serialize};

use super::catalogue::{Frame, Measure};
use super::design::axis::Scale;
use super::estimate::{Asked, Estimate};
use crate::sim::{SimDuration, SimTime};

/// What tables and charts need to know beside the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The scenario's name.
    pub name: String,
    /// Its question.
    pub question: String,
    /// The policy, as asked for.
    pub policy: String,
    /// Currency of money.
    pub currency: String,
    /// Root of all randomness.
    pub seed: u64,
    /// Replications of each point.
    pub replications: u64,
    /// How the design came about: `grid`, `zip`, `lhs:N`, `sobol:N` or `points`.
    pub design: String,
    /// Varied paths, in order.
    pub paths: Vec<String>,
    /// How the values of each path are spread.
    pub scales: Vec<Scale>,
    /// Points.
    pub points: usize,
    /// Combinations that conditions left out.
    pub left_out: u64,
    /// Figures, as asked for.
    pub figures: Vec<String>,
    /// The chance of red that is asked about: a decision's boundary.
    pub boundary: f64,
    /// Start, end \[ms since 1970\] and warm-up \[ms\] of the scenario as written.
    pub span: (i64, i64, i64),
    /// Ids of its numbers.
    pub numbers: Vec<String>,
}

impl Head {
    /// What measures need to know of the scenario as written.
    pub fn frame(&self) -> Frame {
        let (start, horizon, warm_up) = self.span;
        let numbers = self.numbers.clone();
        Frame { start: SimTime(start), horizon: SimTime(horizon), warm_up: SimDuration(warm_up), numbers }
    }

    /// Its figures; an error, in words, where one is not known.
    pub fn asked(&self) -> Result<Vec<Asked>, String> {
        let frame = self.frame();
        self.figures.iter().map(|f| Asked::parse(f, &frame).map_err(|e| e.to_string())).collect()
    }

    /// Whether points lie where lots put them, or a table, so that no line connects them.
    pub fn is_scattered(&self) -> bool {
        !matches!(self.design.as_str(), "grid" | "zip")
    }
}

/// The measures that figures are made of, each once, in order of first use.
pub fn measures(asked: &[Asked]) -> Vec<Measure> {
    let mut out: Vec<Measure> = Vec::new();
    for a in asked {
        if !out.contains(&a.measure) {
            out.push(a.measure.clone());
        }
    }
    out
}

/// What came of a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its value for each path, as text.
    pub values: Vec<String>,
    /// For each figure its estimate; empty estimates where the point failed.
    pub estimates: Vec<Estimate>,
    /// Why it could not be run.
    pub error: Option<String>,
}

/// An evaluated sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// What it was made from.
    pub head: Head,
    /// Its figures.
    pub asked: Vec<Asked>,
    /// Its points, in order.
    pub points: Vec<Point>,
}

impl Swept {
    /// The place of a figure by its name.
    pub fn figure(&self, name: &str) -> Option<usize> {
        self.asked.iter().position(|a| a.text == name)
    }

    /// Points that could not be run.
    pub fn failed(&self) -> usize {
        self.points.iter().filter(|p| p.error.is_some()).count()
    }
}

/// Sums up rows point by point as they pass, in (point, replication) order.
#[derive(Debug)]
pub struct Gather {
    asked: Vec<Asked>,
    /// For each figure, the place of its measure in a row.
    places: Vec<usize>,
    point: Option<usize>,
    /// Values of the present point, by measure.
    values: Vec<Vec<Option<f64>>>,
    done: Vec<(usize, Vec<Estimate>, Option<String>)>,
}

impl Gather {
    /// Of rows that hold [`measures`] of these figures.
    pub fn new(asked: &[Asked]) -> Gather {
        let measures = measures(asked);
        let place = |a: &Asked| measures.iter().position(|m| *m == a.measure).expect("each is among them");
        Gather {
            asked: asked.to_vec(),
            places: asked.iter().map(place).collect(),
            point: None,
            values: vec![Vec::new(); measures.len()],
            done: Vec::new(),
        }
    }

    /// The next row.
    pub fn row(&mut self, point: usize, outcome: Result<&[Option<f64>], &str>) {
        if self.point != Some(point) {
            self.close();
        }
        match outcome {
            Ok(row) => {
                self.point = Some(point);
                self.values.iter_mut().zip(row).for_each(|(column, v)| column.push(*v));
            }
            Err(why) => {
                let none = vec![Estimate::default(); self.asked.len()];
                self.done.push((point, none, Some(why.to_string())));
            }
        }
    }

    fn close(&mut self) {
        let Some(point) = self.point.take() else { return };
        let estimates =
            self.asked.iter().zip(&self.places).map(|(a, place)| a.of_values(&self.values[*place])).collect();
        self.done.push((point, estimates, None));
        self.values.iter_mut().for_each(Vec::clear);
    }

    /// The points that rows were seen of, with their places in the design.
    pub fn finish(mut self) -> Vec<(usize, Vec<Estimate>, Option<String>)> {
        self.close();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_figures_of_points() {
        let numbers = vec!["main".to_string()];
        let frame = Frame { start: SimTime(0), horizon: SimTime(1), warm_up: SimDuration::ZERO, numbers };
        let asked: Vec<Asked> = ["p_red", "blocked", "median(blocked)"]
            .iter()
            .map(|t| Asked::parse(t, &frame).unwrap())
            .collect();
        assert_eq!(measures(&asked).len(), 2);
        let mut gather = Gather::new(&asked);
        gather.row(3, Ok(&[Some(1.0), Some(4.0)]));
        gather.row(3, Ok(&[Some(0.0), None]));
        gather.row(4, Err("too large"));
        gather.row(5, Ok(&[Some(0.0), Some(2.0)]));
        let done = gather.finish();
        let values: Vec<Vec<Option<f64>>> =
            done.iter().map(|(_, e, _)| e.iter().map(|e| e.value).collect()).collect();
        assert_eq!(done.iter().map(|d| d.0).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(values[0], [Some(0.5), Some(4.0), Some(4.0)]);
        assert_eq!((done[0].1[1].n, done[0].1[1].of), (1, 2));
        assert_eq!((values[1].clone(), done[1].2.as_deref()), (vec![None; 3], Some("too large")));
        assert_eq!(values[2], [Some(0.0), Some(2.0), Some(2.0)]);
    }
}
