//! A design evaluated in memory: overrides by point in, values of measures out, in the order of the design.
//!
//! For designs whose values fit into memory: sensitivity, plausible rule sets, searches. Must not know what the values
//! are for.

use std::ops::RangeInclusive;

use rayon::prelude::*;

use super::arm::{Arm, NoArm, Watcher};
use super::catalogue::{Frame, Measure};
use crate::experiment::run::Cancelled;
use crate::experiment::tally::Shape;
use crate::scenario::audience::Loader;

/// Reads the files that a scenario names, from any thread.
pub type SharedLoader<'a> = &'a (dyn Fn(&str) -> std::io::Result<String> + Sync);

/// A scenario that points are variants of.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// The file's name, as messages should give it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Reads what it names.
    pub loader: SharedLoader<'a>,
}

/// Overrides of one point and which replications to make of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// `path=value`, in order.
    pub sets: Vec<String>,
    /// Counted from 1.
    pub replications: RangeInclusive<u64>,
}

/// Values of each replication of a point, in order: for each measure one, none where there is none.
pub type Values = Vec<Vec<Option<f64>>>;

/// The values of all points one behind the other; or the place, from 0, of the first point that could not be run, and
/// why.
pub fn all_values(done: Vec<Result<Values, NoArm>>) -> Result<Values, (usize, NoArm)> {
    let mut rows = Vec::with_capacity(done.len());
    for (place, values) in done.into_iter().enumerate() {
        rows.append(&mut values.map_err(|no| (place, no))?);
    }
    Ok(rows)
}

/// Runs every point on the current thread pool. A point that cannot be run is told apart from one that ran.
pub fn evaluate(
    base: Base<'_>,
    points: &[Point],
    measures: &[Measure],
    watcher: Watcher<'_>,
) -> Result<Vec<Result<Values, NoArm>>, Cancelled> {
    evaluate_made(base, points.len(), |place| points[place].clone(), measures, watcher)
}

/// As [`evaluate`], of points made one by one when their turn comes: overrides take far more room than values.
pub fn evaluate_made(
    base: Base<'_>,
    count: usize,
    made: impl Fn(usize) -> Point + Sync,
    measures: &[Measure],
    watcher: Watcher<'_>,
) -> Result<Vec<Result<Values, NoArm>>, Cancelled> {
    let one = |place: usize| -> Result<Result<Values, NoArm>, Cancelled> {
        let point = made(place);
        let loader: Loader<'_> = base.loader;
        let arm = match Arm::load("", base.name, base.text, &point.sets, loader) {
            Ok(arm) => arm,
            Err(no) => return Ok(Err(no)),
        };
        let (shape, frame) = (Shape::new(&arm.plan), Frame::of(&arm.plan));
        let mut values = Vec::new();
        for replication in point.replications {
            let run = arm.run_one(&shape, replication, watcher)?;
            values.push(measures.iter().map(|m| m.of(&run, &frame)).collect());
        }
        Ok(Ok(values))
    };
    (0..count).into_par_iter().map(one).collect()
}
