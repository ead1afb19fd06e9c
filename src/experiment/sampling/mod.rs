//! Where the points of an experiment lie: Latin hypercube, Sobol' sequence, Saltelli's design, plain random points.
//!
//! All in the open unit hypercube, one row per point and one column per parameter; the caller maps a column to the range
//! of its parameter. Must not know parameters, scenarios or outputs. A design is a function of its size and seed: the
//! draws are keyed (purpose `Design`, replication 0, which no run has) by column, so one more parameter leaves the
//! coordinates of those before it where they were.

pub mod saltelli;
pub mod sobol_sequence;

use crate::sim::rng::{self, Draws, Purpose};

/// Points in a hypercube, or in the units of the parameters: a table of rows of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    columns: usize,
    values: Vec<f64>,
}

/// A design that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SamplingError {
    /// No columns, or more than there are direction numbers for.
    #[error("a Sobol' sequence of {found} columns was asked for: 1 to {most} are possible")]
    SobolColumns {
        /// The columns asked for.
        found: usize,
        /// The columns there are direction numbers for.
        most: usize,
    },
    /// More points than the sequence has.
    #[error("{found} points of a Sobol' sequence were asked for: it has {most}")]
    SobolPoints {
        /// The points asked for.
        found: usize,
        /// The points there are.
        most: u64,
    },
    /// No parameters, or more than half the columns of the sequence.
    #[error("a design for Sobol' indices of {found} parameters was asked for: 1 to {most} are possible")]
    Parameters {
        /// The parameters asked for.
        found: usize,
        /// The parameters possible.
        most: usize,
    },
    /// Values that do not fill rows of equal length.
    #[error("{values} values do not fill rows of {columns} columns")]
    Ragged {
        /// The values given.
        values: usize,
        /// The columns given.
        columns: usize,
    },
}

impl Points {
    /// A table from its values, row after row.
    pub fn new(columns: usize, values: Vec<f64>) -> Result<Points, SamplingError> {
        if columns == 0 || !values.len().is_multiple_of(columns) {
            return Err(SamplingError::Ragged { values: values.len(), columns });
        }
        Ok(Points { columns, values })
    }

    fn zeros(rows: usize, columns: usize) -> Points {
        Points { columns, values: vec![0.0; rows * columns] }
    }

    /// The number of points.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// The number of parameters.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One point.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// All points in order.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns)
    }

    /// One coordinate of all points in order.
    pub fn column(&self, column: usize) -> Vec<f64> {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.values.iter().skip(column).step_by(self.columns).copied().collect()
    }
}

/// A Latin hypercube: in every column each of `points` equal strata holds exactly one point, at a random place.
///
/// M. D. McKay, R. J. Beckman and W. J. Conover, "A comparison of three methods for selecting values of input variables
/// in the analysis of output from a computer code", Technometrics 21 (1979) 239-245.
pub fn latin_hypercube(points: usize, columns: usize, seed: u64) -> Points {
    let draws = Draws::new(seed, 0);
    let mut table = Points::zeros(points, columns);
    for column in 0..columns {
        let entity = rng::entity("latin hypercube").wrapping_add(column as u64);
        let mut strata: Vec<usize> = (0..points).collect();
        for place in 0..points {
            let words = draws.words(Purpose::Design, entity, place as u64);
            strata.swap(place, place + below(words[0], points - place));
            table.values[place * columns + column] =
                inside((strata[place] as f64 + rng::unit(words[1])) / points as f64);
        }
    }
    table
}

/// Independent uniform points.
pub fn random(points: usize, columns: usize, seed: u64) -> Points {
    let draws = Draws::new(seed, 0);
    let mut table = Points::zeros(points, columns);
    for column in 0..columns {
        let entity = rng::entity("random points").wrapping_add(column as u64);
        for row in 0..points {
            let word = draws.words(Purpose::Design, entity, row as u64)[0];
            table.values[row * columns + column] = rng::unit(word);
        }
    }
    table
}

/// A whole number below `n` from a word (multiply and shift: off by less than n in 2^64 from even chances).
pub(crate) fn below(word: u64, n: usize) -> usize {
    ((u128::from(word) * n as u128) >> 64) as usize
}

/// The nearest number inside the open unit interval: rounding must not reach the ends, where the quantile of an
/// unbounded range is infinite.
fn inside(u: f64) -> f64 {
    u.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stratum_of_a_latin_hypercube_holds_one_point() {
        for points in [1, 2, 7, 100, 1_000] {
            let table = latin_hypercube(points, 5, 3);
            assert_eq!((table.rows(), table.columns()), (points, 5));
            for column in 0..5 {
                let mut held = vec![0; points];
                for u in table.column(column) {
                    held[(u * points as f64) as usize] += 1;
                }
                assert!(held.iter().all(|n| *n == 1), "{points} points, column {column}: {held:?}");
            }
        }
    }

    #[test]
    fn columns_are_unrelated_and_stay_when_others_join() {
        let few = latin_hypercube(2_000, 3, 11);
        let many = latin_hypercube(2_000, 9, 11);
        for column in 0..3 {
            assert_eq!(few.column(column), many.column(column));
        }
        for (a, b) in [(0, 1), (1, 2), (3, 8)] {
            let r: f64 = many.iter().map(|p| (p[a] - 0.5) * (p[b] - 0.5)).sum::<f64>() * 12.0 / 2_000.0;
            // The standard deviation of a correlation of 2,000 unrelated pairs is 0.022.
            assert!(r.abs() < 0.09, "columns {a} and {b} correlate by {r}");
        }
        assert_ne!(latin_hypercube(50, 2, 1), latin_hypercube(50, 2, 2), "the seed matters");
        assert_ne!(random(50, 2, 1), random(50, 2, 2));
        assert!(random(500, 3, 1).iter().flatten().all(|u| *u > 0.0 && *u < 1.0));
    }

    #[test]
    fn ragged_tables_are_refused() {
        assert_eq!(Points::new(3, vec![0.0; 7]), Err(SamplingError::Ragged { values: 7, columns: 3 }));
        assert!(Points::new(0, vec![]).is_err());
        assert_eq!(Points::new(2, vec![1.0, 2.0, 3.0, 4.0]).unwrap().row(1), [3.0, 4.0]);
    }
}
