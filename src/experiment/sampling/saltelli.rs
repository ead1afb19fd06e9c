//! Saltelli's design for Sobol' indices: two independent halves A and B of one Sobol' sequence, and per parameter the
//! half A with that parameter's column taken from B (AB), and for second-order indices the reverse (BA).
//!
//! A. Saltelli, P. Annoni, I. Azzini, F. Campolongo, M. Ratto and S. Tarantola, "Variance based sensitivity analysis of
//! model output", Comput. Phys. Commun. 181 (2010) 259-270; BA after A. Saltelli, Comput. Phys. Commun. 145 (2002)
//! 280-297. Must not know what is computed at the points.
//!
//! Rows come base point by base point (A, AB of every parameter, BA of every parameter, B), so a longer design begins
//! with the rows of a shorter one.

use super::sobol_sequence::{COLUMNS_MAX, SobolSequence};
use super::{Points, SamplingError};

/// The design, row by row, without holding its rows.
#[derive(Clone, Debug)]
pub struct Saltelli {
    sequence: SobolSequence,
    parameters: usize,
    second_order: bool,
}

impl Saltelli {
    /// The design for so many parameters, on a Sobol' sequence scrambled by the seed.
    pub fn new(parameters: usize, second_order: bool, seed: u64) -> Result<Saltelli, SamplingError> {
        let most = COLUMNS_MAX / 2;
        if parameters == 0 || parameters > most {
            return Err(SamplingError::Parameters { found: parameters, most });
        }
        let sequence = SobolSequence::scrambled(2 * parameters, seed)?;
        Ok(Saltelli { sequence, parameters, second_order })
    }

    /// Rows per base point: d + 2, or 2d + 2 with second order.
    pub fn rows_per_base_point(&self) -> usize {
        rows_per_base_point(self.parameters, self.second_order)
    }

    /// Row `row` of the design, counted from 0 over all base points.
    pub fn row(&self, row: usize) -> Vec<f64> {
        let each = self.rows_per_base_point();
        self.assemble(&self.base(row / each), row % each).collect()
    }

    /// All rows of `base_points` base points. Take a power of two: other numbers lose the balance of the sequence.
    pub fn points(&self, base_points: usize) -> Result<Points, SamplingError> {
        let most = 1u64 << 32;
        if base_points as u64 > most {
            return Err(SamplingError::SobolPoints { found: base_points, most });
        }
        let each = self.rows_per_base_point();
        let mut values = Vec::with_capacity(base_points * each * self.parameters);
        for base in 0..base_points {
            let halves = self.base(base);
            for place in 0..each {
                values.extend(self.assemble(&halves, place));
            }
        }
        Points::new(self.parameters, values)
    }

    /// The rows of A and B of one base point, one behind the other.
    fn base(&self, base: usize) -> Vec<f64> {
        (0..2 * self.parameters).map(|column| self.sequence.coordinate(base as u32, column)).collect()
    }

    /// One row of a base point: 0 is A, then AB per parameter, BA per parameter, the last is B.
    fn assemble<'a>(&self, halves: &'a [f64], place: usize) -> impl Iterator<Item = f64> + use<'a> {
        let (d, last) = (self.parameters, self.rows_per_base_point() - 1);
        (0..d).map(move |column| {
            let from_b =
                place == last || if place <= d { place == column + 1 } else { place != d + column + 1 };
            halves[if from_b { d + column } else { column }]
        })
    }
}

/// Rows per base point of a design for `parameters`: d + 2, or 2d + 2 with second order.
pub fn rows_per_base_point(parameters: usize, second_order: bool) -> usize {
    if second_order { 2 * parameters + 2 } else { parameters + 2 }
}

/// The rows of A and B among those of `base_points` base points: an ordinary sample of the parameters, for methods that
/// take any.
pub fn plain_rows(parameters: usize, second_order: bool, base_points: usize) -> impl Iterator<Item = usize> {
    let each = rows_per_base_point(parameters, second_order);
    (0..base_points).flat_map(move |base| [base * each, (base + 1) * each - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_take_their_columns_from_a_and_b() {
        for second_order in [false, true] {
            let design = Saltelli::new(3, second_order, 5).unwrap();
            let each = if second_order { 8 } else { 5 };
            assert_eq!(design.rows_per_base_point(), each);
            let points = design.points(4).unwrap();
            assert_eq!(points.rows(), 4 * each);
            for base in 0..4 {
                let row = |k: usize| points.row(base * each + k);
                let (a, b) = (row(0), row(each - 1));
                assert!((0..3).all(|c| a[c] != b[c]));
                for i in 0..3 {
                    for c in 0..3 {
                        assert_eq!(row(1 + i)[c], if c == i { b[c] } else { a[c] }, "AB of {i}");
                        if second_order {
                            assert_eq!(row(4 + i)[c], if c == i { a[c] } else { b[c] }, "BA of {i}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn plain_rows_are_those_of_a_and_b() {
        assert_eq!(plain_rows(3, false, 3).collect::<Vec<_>>(), [0, 4, 5, 9, 10, 14]);
        assert_eq!(plain_rows(3, true, 2).collect::<Vec<_>>(), [0, 7, 8, 15]);
    }

    #[test]
    fn a_longer_design_begins_with_the_shorter_one() {
        let design = Saltelli::new(4, false, 9).unwrap();
        let (short, long) = (design.points(8).unwrap(), design.points(16).unwrap());
        assert!(short.iter().zip(long.iter()).all(|(a, b)| a == b));
    }

    #[test]
    fn too_many_parameters_are_refused() {
        assert!(Saltelli::new(128, true, 1).is_ok());
        for d in [0, 129] {
            let got = Saltelli::new(d, true, 1).map(|_| ());
            assert_eq!(got, Err(SamplingError::Parameters { found: d, most: 128 }));
        }
    }
}
