//! The Sobol' sequence with the direction numbers of Joe and Kuo, scrambled after Owen.
//!
//! Any point can be asked for alone, so shards of one experiment need nothing from each other. A prefix of 2^k points
//! is balanced; points are never skipped, since dropping the first one breaks that balance (A. B. Owen, "On dropping
//! the first Sobol' point", MCQMC 2020). Must not know what the columns stand for.

use super::{Points, SamplingError, inside};
use crate::sim::rng::{self, Draws, Purpose};

/// The columns there are direction numbers for.
pub const COLUMNS_MAX: usize = 256;

/// Binary digits of a coordinate before scrambling, so the sequence has 2^32 points.
const BITS: usize = 32;

const JOE_KUO: &str = include_str!("joe_kuo.txt");

/// A Sobol' sequence of so many columns.
#[derive(Clone, Debug)]
pub struct SobolSequence {
    directions: Vec<[u32; BITS]>,
    /// One key per column, or none: the plain sequence.
    keys: Option<Vec<u64>>,
}

impl SobolSequence {
    /// The plain sequence, whose first point is the origin. For comparison with published values: its errors cannot be
    /// estimated from itself, so experiments take [`SobolSequence::scrambled`].
    pub fn plain(columns: usize) -> Result<SobolSequence, SamplingError> {
        Ok(SobolSequence { directions: directions(columns)?, keys: None })
    }

    /// The sequence under nested uniform scrambling: each point is uniform on the cube and every 2^k points keep their
    /// balance. Two seeds give two independent designs.
    ///
    /// A. B. Owen, "Randomly permuted (t,m,s)-nets and (t,s)-sequences", in Niederreiter and Shiue (eds.), Monte Carlo
    /// and Quasi-Monte Carlo Methods in Scientific Computing, Springer 1995. A binary digit is flipped or not by a
    /// keyed hash of the digits before it; the digits beyond the 32nd are drawn likewise.
    pub fn scrambled(columns: usize, seed: u64) -> Result<SobolSequence, SamplingError> {
        let draws = Draws::new(seed, 0);
        let entity = rng::entity("sobol sequence");
        let key = |column: usize| draws.words(Purpose::Design, entity, column as u64)[0];
        Ok(SobolSequence { directions: directions(columns)?, keys: Some((0..columns).map(key).collect()) })
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.directions.len()
    }

    /// Coordinate `column` of point `index`, both counted from 0. Points come in the order of Gray's code (I. A.
    /// Antonov and V. M. Saleev, USSR Comput. Math. Math. Phys. 19 (1979) 252-256).
    pub fn coordinate(&self, index: u32, column: usize) -> f64 {
        let mut gray = index ^ (index >> 1);
        let mut digits = 0;
        while gray != 0 {
            digits ^= self.directions[column][gray.trailing_zeros() as usize];
            gray &= gray - 1;
        }
        match &self.keys {
            None => f64::from(digits) / 4_294_967_296.0,
            Some(keys) => {
                let (scrambled, rest) = scramble(digits, keys[column]);
                inside((f64::from(scrambled) + rest) / 4_294_967_296.0)
            }
        }
    }

    /// The first `points` points.
    pub fn points(&self, points: usize) -> Result<Points, SamplingError> {
        let most = 1u64 << BITS;
        if points as u64 > most {
            return Err(SamplingError::SobolPoints { found: points, most });
        }
        let columns = self.columns();
        let mut table = Points::zeros(points, columns);
        for (place, value) in table.values.iter_mut().enumerate() {
            *value = self.coordinate((place / columns) as u32, place % columns);
        }
        Ok(table)
    }
}

/// Nested uniform scrambling of 32 digits, and the fraction that follows them in (0, 1).
fn scramble(digits: u32, key: u64) -> (u32, f64) {
    // A node of the binary tree is named by its digits behind a leading 1.
    let hash = |node: u64| rng::mix(key.wrapping_add(node.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    let flips = (0..BITS).fold(0u32, |flips, digit| {
        let node = (1u64 << digit) | (u64::from(digits) >> (BITS - digit));
        flips | (((hash(node) >> 63) as u32) << (BITS - 1 - digit))
    });
    (digits ^ flips, rng::unit(hash((1u64 << BITS) | u64::from(digits))))
}

/// Direction numbers by the recurrence of Joe and Kuo (2008), equation (2), the highest digit first.
fn directions(columns: usize) -> Result<Vec<[u32; BITS]>, SamplingError> {
    if columns == 0 || columns > COLUMNS_MAX {
        return Err(SamplingError::SobolColumns { found: columns, most: COLUMNS_MAX });
    }
    let mut first = [0u32; BITS];
    for (place, v) in first.iter_mut().enumerate() {
        *v = 1 << (BITS - 1 - place);
    }
    let mut all = vec![first];
    for line in JOE_KUO.lines().filter(|line| !line.starts_with('#')).take(columns - 1) {
        let mut numbers = line.split_ascii_whitespace().map(|n| n.parse::<u32>().expect("a shipped number"));
        let mut next = || numbers.next().expect("a shipped row is whole");
        let (degree, coefficients) = (next() as usize, next());
        let mut v = [0u32; BITS];
        for place in 0..BITS {
            v[place] = if place < degree {
                next() << (BITS - 1 - place)
            } else {
                let mut value = v[place - degree] ^ (v[place - degree] >> degree);
                for k in 1..degree {
                    if (coefficients >> (degree - 1 - k)) & 1 == 1 {
                        value ^= v[place - k];
                    }
                }
                value
            };
        }
        all.push(v);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_sequence_is_the_published_one() {
        // The first ten points in three columns, as printed with the direction numbers (Joe and Kuo's program).
        let want = [
            [0.0, 0.0, 0.0],
            [0.5, 0.5, 0.5],
            [0.75, 0.25, 0.25],
            [0.25, 0.75, 0.75],
            [0.375, 0.375, 0.625],
            [0.875, 0.875, 0.125],
            [0.625, 0.125, 0.875],
            [0.125, 0.625, 0.375],
            [0.1875, 0.3125, 0.9375],
            [0.6875, 0.8125, 0.4375],
        ];
        let got = SobolSequence::plain(3).unwrap().points(10).unwrap();
        for (row, want) in want.iter().enumerate() {
            assert_eq!(got.row(row), want, "point {row}");
        }
    }

    #[test]
    fn all_columns_agree_with_an_independent_implementation() {
        // scipy.stats.qmc.Sobol(256, scramble=False, bits=32) of SciPy 1.17: one of its first 4,096 points, as the sum
        // over the columns of (column + 1) times the coordinate.
        let sequence = SobolSequence::plain(COLUMNS_MAX).unwrap();
        for (index, want) in SCIPY_WEIGHTED {
            let got: f64 = (0..COLUMNS_MAX).map(|c| (c + 1) as f64 * sequence.coordinate(index, c)).sum();
            assert_eq!(got, want, "point {index}");
        }
    }

    const SCIPY_WEIGHTED: [(u32, f64); 3] =
        [(5, 15_783.25), (1_234, 15_993.167_968_75), (4_095, 15_526.759_765_625)];

    #[test]
    fn every_block_of_a_power_of_two_is_balanced_in_every_column() {
        for seed in [1, 2] {
            let sequence = SobolSequence::scrambled(COLUMNS_MAX, seed).unwrap();
            for start in [0u32, 256, 1_280] {
                for column in 0..COLUMNS_MAX {
                    let mut held = [0; 256];
                    for index in start..start + 256 {
                        held[(sequence.coordinate(index, column) * 256.0) as usize] += 1;
                    }
                    assert!(
                        held.iter().all(|n| *n == 1),
                        "seed {seed}, points from {start}, column {column}"
                    );
                }
            }
        }
    }

    #[test]
    fn scrambling_is_uniform_keyed_and_independent_of_the_number_of_columns() {
        // The first point of a scrambled sequence is uniform over seeds: mean of 4,000 within five standard errors.
        let mean = (0..4_000).map(|s| SobolSequence::scrambled(2, s).unwrap().coordinate(0, 1)).sum::<f64>()
            / 4_000.0;
        assert!((mean - 0.5).abs() < 5.0 / libm::sqrt(12.0 * 4_000.0), "{mean}");
        let narrow = SobolSequence::scrambled(3, 7).unwrap().points(64).unwrap();
        let wide = SobolSequence::scrambled(40, 7).unwrap().points(64).unwrap();
        for column in 0..3 {
            assert_eq!(narrow.column(column), wide.column(column));
        }
        assert!(wide.iter().flatten().all(|u| *u > 0.0 && *u < 1.0));
        assert_ne!(narrow, SobolSequence::scrambled(3, 8).unwrap().points(64).unwrap());
    }

    #[test]
    fn a_smooth_integral_converges_faster_than_by_random_points() {
        // The mean of the product of 1 + (u - 1/2)/j over eight columns is 1. The root mean square error over seeds of
        // 1,024 scrambled points is far below that of random points.
        let error = |points: &Points| {
            let total: f64 = points
                .iter()
                .map(|p| {
                    p.iter().enumerate().fold(1.0, |acc, (j, u)| acc * (1.0 + (u - 0.5) / (j + 1) as f64))
                })
                .sum();
            total / points.rows() as f64 - 1.0
        };
        let rms =
            |errors: Vec<f64>| libm::sqrt(errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64);
        let sobol = rms((0..20)
            .map(|s| error(&SobolSequence::scrambled(8, s).unwrap().points(1_024).unwrap()))
            .collect());
        let random = rms((0..20).map(|s| error(&super::super::random(1_024, 8, s))).collect());
        assert!(sobol < random / 20.0, "{sobol} against {random}");
    }

    #[test]
    fn columns_beyond_the_table_are_refused() {
        for columns in [0, COLUMNS_MAX + 1] {
            let got = SobolSequence::plain(columns).map(|s| s.columns());
            assert_eq!(got, Err(SamplingError::SobolColumns { found: columns, most: COLUMNS_MAX }));
        }
    }
}
