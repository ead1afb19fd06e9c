//! A sensitivity study of a scenario: which points of the parameters' ranges, which luck at each, and what it comes to.
//!
//! Between the parameters of [`super::parameter`] and the methods of [`crate::experiment::sensitivity`]. Must not know
//! how a point is evaluated, nor how the answer is printed.

mod analyse;
pub use analyse::{Found, Kind, Row, analyse, complete};

use std::ops::RangeInclusive;

use crate::experiment::sampling::saltelli::{Saltelli, rows_per_base_point};
use crate::experiment::sampling::{Points, SamplingError, latin_hypercube};
use crate::experiment::sensitivity::SensitivityError;
use crate::experiment::sensitivity::morris::Trajectories;
use crate::experiment::sensitivity::noise::Luck;

/// Levels of Morris's grid: the usual number, so that steps are two thirds of a range.
pub const LEVELS: usize = 4;
/// Slices of a range that PAWN compares.
pub const SLICES: usize = 10;
/// The fewest points PAWN and delta take.
pub const POINTS_MIN: usize = 100;
/// Expected log rows of all runs together that the usual sizes are chosen for.
pub const EVENTS_BUDGET: f64 = 1e8;

/// The most numbers (points times parameters) of a design, all of which are in memory at once.
pub const NUMBERS_MAX: u64 = 50_000_000;

/// How sensitivity is measured, and on how many points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// One parameter after the other along random trajectories.
    Morris {
        /// Trajectories of one point more than there are parameters.
        trajectories: usize,
    },
    /// Shares of the variance.
    Sobol {
        /// Base points.
        base_points: usize,
        /// Whether pairs are looked at.
        second_order: bool,
    },
    /// Distances between distributions.
    Pawn {
        /// Points of a Latin hypercube.
        points: usize,
    },
    /// Areas between densities.
    Delta {
        /// Points of a Latin hypercube.
        points: usize,
    },
}

impl Method {
    /// As typed.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Morris { .. } => "morris",
            Method::Sobol { .. } => "sobol",
            Method::Pawn { .. } => "pawn",
            Method::Delta { .. } => "delta",
        }
    }

    /// The index parameters are ranked by.
    pub const fn main(self) -> Kind {
        match self {
            Method::Morris { .. } => Kind::MuStar,
            Method::Sobol { .. } => Kind::Total,
            Method::Pawn { .. } => Kind::PawnMedian,
            Method::Delta { .. } => Kind::Delta,
        }
    }

    /// How luck is shared when nobody says. Morris looks at differences: with common luck a parameter without influence
    /// has none, and few runs are enough. The others look at the spread of all points, of which luck can only be taken
    /// off if every run has its own.
    pub const fn usual_luck(self) -> Luck {
        match self {
            Method::Morris { .. } => Luck::Common,
            _ => Luck::Independent,
        }
    }

    /// The same method on as many points as about [`EVENTS_BUDGET`] log rows allow, between bounds: 10 to 40
    /// trajectories, 64 to 1,024 base points, 200 to 2,000 points. Depends on the scenario only, never on a clock.
    pub fn of_usual_size(self, parameters: usize, replications: u64, expected_events: f64) -> Method {
        let most = (EVENTS_BUDGET / (expected_events.max(1.0) * replications.max(1) as f64)) as usize;
        let hundreds = (most / 100 * 100).clamp(200, 2_000);
        match self {
            Method::Morris { .. } => Method::Morris { trajectories: (most / (parameters + 1)).clamp(10, 40) },
            Method::Sobol { second_order, .. } => {
                let base = (most / rows_per_base_point(parameters, second_order)).clamp(64, 1_024);
                Method::Sobol { base_points: 1 << base.ilog2(), second_order }
            }
            Method::Pawn { .. } => Method::Pawn { points: hundreds },
            Method::Delta { .. } => Method::Delta { points: hundreds },
        }
    }

    /// Points it takes for so many parameters.
    pub fn points(self, parameters: usize) -> usize {
        match self {
            Method::Morris { trajectories } => trajectories * (parameters + 1),
            Method::Sobol { base_points, second_order } => {
                base_points * rows_per_base_point(parameters, second_order)
            }
            Method::Pawn { points } | Method::Delta { points } => points,
        }
    }
}

/// Why there is no design.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoDesign {
    /// The points cannot be laid.
    #[error("{0}")]
    Sampling(#[from] SamplingError),
    /// The design would not fit into memory.
    #[error(
        "{points} points of {parameters} parameters are {} numbers: a design has at most {NUMBERS_MAX}; take fewer \
         points, or vary fewer parameters",
        points.saturating_mul(*parameters)
    )]
    TooLarge {
        /// Points it would have.
        points: u64,
        /// Parameters of each.
        parameters: u64,
    },
    /// The method refuses its size.
    #[error("{0}")]
    Refused(#[from] SensitivityError),
}

/// The points to evaluate and the luck at each.
#[derive(Clone, Debug)]
pub struct Design {
    /// The method.
    pub method: Method,
    /// How luck is shared.
    pub luck: Luck,
    /// Replications of each point.
    pub replications: u64,
    points: Points,
    trajectories: Option<Trajectories>,
}

impl Design {
    /// The design for so many parameters, random by seed.
    pub fn new(
        method: Method,
        parameters: usize,
        luck: Luck,
        replications: u64,
        seed: u64,
    ) -> Result<Design, NoDesign> {
        let (all, each) = (method.points(parameters) as u64, parameters as u64);
        if all.saturating_mul(each) > NUMBERS_MAX {
            return Err(NoDesign::TooLarge { points: all, parameters: each });
        }
        let mut trajectories = None;
        let points = match method {
            Method::Morris { trajectories: n } => {
                // Trajectories drawn independently: picking those far apart would make intervals approximate.
                let drawn = Trajectories::new(parameters, n, LEVELS, None, seed)?;
                trajectories.insert(drawn).points().clone()
            }
            Method::Sobol { base_points, second_order } => {
                Saltelli::new(parameters, second_order, seed)?.points(base_points)?
            }
            Method::Pawn { points } | Method::Delta { points } => latin_hypercube(points, parameters, seed),
        };
        Ok(Design { method, luck, replications, points, trajectories })
    }

    /// Where in its range each parameter lies at each point: numbers from 0 to 1.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// Which replications are made of a point.
    ///
    /// Independent luck: no two points share a replication. Common luck: the points that are held against each other
    /// share them; for Morris those are the points of one trajectory, and the next trajectory has other luck, so that
    /// trajectories are independent in every respect; for the other methods, all points.
    pub fn replications(&self, point: usize) -> RangeInclusive<u64> {
        let group = match (self.luck, self.method) {
            (Luck::Independent, _) => point,
            (Luck::Common, Method::Morris { .. }) => point / (self.points.columns() + 1),
            (Luck::Common, _) => 0,
        } as u64;
        group * self.replications + 1..=(group + 1) * self.replications
    }

    /// All runs, point by point: the place of the point and the replication.
    pub fn runs(&self) -> impl Iterator<Item = (usize, u64)> {
        (0..self.points.rows()).flat_map(|point| self.replications(point).map(move |r| (point, r)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(method: Method, luck: Luck) -> Design {
        Design::new(method, 3, luck, 2, 7).unwrap()
    }

    #[test]
    fn luck_is_shared_by_what_is_held_against_each_other() {
        let morris = Method::Morris { trajectories: 2 };
        let of = |d: &Design| (0..8).map(|p| *d.replications(p).start()).collect::<Vec<u64>>();
        assert_eq!(of(&design(morris, Luck::Common)), [1, 1, 1, 1, 3, 3, 3, 3]);
        assert_eq!(of(&design(morris, Luck::Independent)), [1, 3, 5, 7, 9, 11, 13, 15]);
        let pawn = design(Method::Pawn { points: 8 }, Luck::Common);
        assert_eq!(of(&pawn), [1; 8]);
        let runs: Vec<(usize, u64)> = pawn.runs().collect();
        assert_eq!((runs.len(), &runs[..3]), (16, &[(0, 1), (0, 2), (1, 1)][..]));
    }

    #[test]
    fn points_are_as_many_as_announced() {
        for method in [
            Method::Morris { trajectories: 5 },
            Method::Sobol { base_points: 8, second_order: false },
            Method::Sobol { base_points: 8, second_order: true },
            Method::Delta { points: 120 },
        ] {
            assert_eq!(design(method, Luck::Common).points().rows(), method.points(3), "{method:?}");
        }
        let no = |m| Design::new(m, 3, Luck::Common, 2, 7).unwrap_err().to_string();
        assert_eq!(
            no(Method::Pawn { points: 16_666_667 }),
            "16666667 points of 3 parameters are 50000001 numbers: a design has at most 50000000; take fewer points, or \
             vary fewer parameters"
        );
        assert_eq!(
            no(Method::Morris { trajectories: 1 }),
            "the number of trajectories is 1: allowed is 2 or more"
        );
    }

    #[test]
    fn large_scenarios_get_fewer_points() {
        let morris = |events| Method::Morris { trajectories: 0 }.of_usual_size(40, 2, events);
        assert_eq!(morris(1e3), Method::Morris { trajectories: 40 });
        assert_eq!(morris(6e4), Method::Morris { trajectories: 20 });
        assert_eq!(morris(1e7), Method::Morris { trajectories: 10 });
        let sobol =
            |events| Method::Sobol { base_points: 0, second_order: false }.of_usual_size(6, 2, events);
        assert_eq!(sobol(1e3), Method::Sobol { base_points: 1024, second_order: false });
        assert_eq!(sobol(4e4), Method::Sobol { base_points: 128, second_order: false });
        assert_eq!(Method::Pawn { points: 0 }.of_usual_size(6, 2, 1e5), Method::Pawn { points: 500 });
    }
}
