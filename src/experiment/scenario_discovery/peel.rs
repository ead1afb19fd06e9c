//! The boxes: slices taken off at the faces, faces moved out again, and how a box fits the sample.
//!
//! Must not know which box is wanted for what: the rule of choice is documented in the module above.

use super::{Discovery, Peeling, QUASI_P_MAX, Region, Restriction, SLACK, Score, holds};
use crate::experiment::sampling::Points;
use crate::sim::beta::beta_tails;

/// A face of the box: the parameter, and whether it is the upper end.
type Face = (usize, bool);

/// The points, and their order by every parameter.
pub(super) struct Sample<'a> {
    points: &'a Points,
    orders: Vec<Vec<usize>>,
}

/// A slice that could be taken off.
struct Slice {
    face: Face,
    removed: Vec<usize>,
    /// The new end of the range.
    end: f64,
    gain: f64,
}

impl Sample<'_> {
    pub fn new(points: &Points) -> Sample<'_> {
        let orders = (0..points.columns())
            .map(|column| {
                let mut order: Vec<usize> = (0..points.rows()).collect();
                order.sort_by(|a, b| points.row(*a)[column].total_cmp(&points.row(*b)[column]));
                order
            })
            .collect();
        Sample { points, orders }
    }

    pub fn discover(&self, outcomes: &[bool], peeling: Peeling) -> Discovery {
        let trajectory = self.peel(outcomes, peeling);
        let best = trajectory.iter().map(|r| r.score.harmonic_mean()).fold(0.0, f64::max);
        let simplest =
            trajectory.iter().filter(|r| r.score.harmonic_mean() >= best - SLACK).min_by(|a, b| {
                let by_merit = || b.score.harmonic_mean().total_cmp(&a.score.harmonic_mean());
                a.restrictions.len().cmp(&b.restrictions.len()).then_with(by_merit)
            });
        let chosen = simplest.map(|region| {
            let mut region = region.clone();
            while let Some(weakest) = (0..region.restrictions.len())
                .max_by(|a, b| region.restrictions[*a].quasi_p.total_cmp(&region.restrictions[*b].quasi_p))
                .filter(|weakest| region.restrictions[*weakest].quasi_p > QUASI_P_MAX)
            {
                region.restrictions.remove(weakest);
                region = self.region(region.restrictions, outcomes);
            }
            self.paste(region, outcomes, peeling)
        });
        Discovery { trajectory, chosen: chosen.filter(|r| !r.restrictions.is_empty()) }
    }

    fn peel(&self, outcomes: &[bool], peeling: Peeling) -> Vec<Region> {
        let n = outcomes.len();
        let mut inside = vec![true; n];
        let mut restrictions: Vec<Restriction> = Vec::new();
        let mut trajectory = vec![self.region(Vec::new(), outcomes)];
        loop {
            let score = trajectory[trajectory.len() - 1].score;
            if score.cases == score.inside {
                return trajectory;
            }
            let mut best: Option<Slice> = None;
            for parameter in 0..self.orders.len() {
                for upper in [false, true] {
                    let Some(slice) = self.slice((parameter, upper), &inside, &score, outcomes, peeling)
                    else {
                        continue;
                    };
                    if best.as_ref().is_none_or(|b| slice.gain > b.gain) {
                        best = Some(slice);
                    }
                }
            }
            let Some(slice) = best else { return trajectory };
            if ((score.inside - slice.removed.len()) as f64) < peeling.mass_min * n as f64 {
                return trajectory;
            }
            slice.removed.iter().for_each(|point| inside[*point] = false);
            restrict(&mut restrictions, slice.face, Some(slice.end));
            trajectory.push(self.region(restrictions.clone(), outcomes));
        }
    }

    /// The slice at one face of the box; none if it would take everything.
    fn slice(
        &self,
        face: Face,
        inside: &[bool],
        score: &Score,
        outcomes: &[bool],
        peeling: Peeling,
    ) -> Option<Slice> {
        let (parameter, upper) = face;
        let order = &self.orders[parameter];
        let value = |point: usize| self.points.row(point)[parameter];
        let ends: Box<dyn Iterator<Item = &usize>> =
            if upper { Box::new(order.iter().rev()) } else { Box::new(order.iter()) };
        let mut kept = ends.copied().filter(|point| inside[*point]).peekable();
        let wanted = ((peeling.alpha * score.inside as f64) as usize).max(1);
        let mut removed: Vec<usize> = Vec::with_capacity(wanted);
        // Equal values go together: fewer than wanted if that leaves any, else as many as are equal.
        while let Some(first) = kept.peek().copied() {
            let run_value = value(first);
            let start = removed.len();
            while let Some(point) = kept.next_if(|p| value(*p) == run_value) {
                removed.push(point);
            }
            if removed.len() > wanted && start > 0 {
                let end = run_value;
                removed.truncate(start);
                return Some(self.weigh(face, removed, end, score, outcomes));
            }
            if removed.len() >= wanted {
                break;
            }
        }
        let end = value(*kept.peek()?);
        Some(self.weigh(face, removed, end, score, outcomes))
    }

    fn weigh(&self, face: Face, removed: Vec<usize>, end: f64, score: &Score, outcomes: &[bool]) -> Slice {
        let lost = removed.iter().filter(|point| outcomes[**point]).count();
        let density = (score.cases - lost) as f64 / (score.inside - removed.len()) as f64;
        let gain = (density - score.density) / removed.len() as f64;
        Slice { face, removed, end, gain }
    }

    /// Moves faces out while that adds cases of interest without lowering density.
    pub fn paste(&self, mut region: Region, outcomes: &[bool], peeling: Peeling) -> Region {
        loop {
            let wanted = ((peeling.alpha * region.score.inside as f64) as usize).max(1);
            let mut best: Option<Region> = None;
            for r in &region.restrictions {
                for (upper, end) in [(false, r.low), (true, r.high)] {
                    let Some(end) = end else { continue };
                    let wider = self.widen(&region, (r.parameter, upper), end, wanted, outcomes);
                    let better = wider.score.cases > region.score.cases
                        && wider.score.density >= region.score.density
                        && best.as_ref().is_none_or(|b| wider.score.density > b.score.density);
                    if better {
                        best = Some(wider);
                    }
                }
            }
            let Some(wider) = best else { return region };
            region = wider;
        }
    }

    /// The region with one face moved out by so many points; beyond the last of them the face is gone.
    fn widen(&self, region: &Region, face: Face, end: f64, wanted: usize, outcomes: &[bool]) -> Region {
        let (parameter, upper) = face;
        let mut open = region.restrictions.clone();
        restrict(&mut open, face, None);
        let outside = |x: f64| if upper { x > end } else { x < end };
        let mut beyond: Vec<f64> = self
            .points
            .iter()
            .filter(|p| outside(p[parameter]) && open.iter().all(|r| holds(r, p)))
            .map(|p| p[parameter])
            .collect();
        beyond.sort_by(|a, b| if upper { a.total_cmp(b) } else { b.total_cmp(a) });
        if beyond.len() > wanted {
            restrict(&mut open, face, Some(beyond[wanted - 1]));
        }
        self.region(open, outcomes)
    }

    /// A region of these restrictions, scored, with the quasi-p-value of each.
    pub fn region(&self, mut restrictions: Vec<Restriction>, outcomes: &[bool]) -> Region {
        restrictions.sort_by_key(|r| r.parameter);
        let (mut inside, mut cases) = (0, 0);
        // Points and cases that only this restriction keeps out.
        let mut kept_out = vec![(0usize, 0usize); restrictions.len()];
        for (point, outcome) in self.points.iter().zip(outcomes) {
            let mut broken = restrictions.iter().enumerate().filter(|(_, r)| !holds(r, point));
            let counts = match (broken.next(), broken.next()) {
                (None, _) => (&mut inside, &mut cases),
                (Some((only, _)), None) => {
                    let (points, cases) = &mut kept_out[only];
                    (points, cases)
                }
                _ => continue,
            };
            *counts.0 += 1;
            *counts.1 += usize::from(*outcome);
        }
        for (r, (points_out, cases_out)) in restrictions.iter_mut().zip(kept_out) {
            let without = (cases + cases_out) as f64 / (inside + points_out) as f64;
            // The chance of `cases` or more out of `inside`: a tail of the beta distribution.
            r.quasi_p = if cases == 0 {
                1.0
            } else {
                beta_tails(cases as f64, (inside - cases + 1) as f64, without).0
            };
        }
        let all_cases = outcomes.iter().filter(|o| **o).count();
        Region { restrictions, score: Score::of(cases, inside, all_cases, outcomes.len()) }
    }
}

/// Sets or opens one face of a box.
fn restrict(restrictions: &mut Vec<Restriction>, (parameter, upper): Face, end: Option<f64>) {
    let place = restrictions.iter().position(|r| r.parameter == parameter).unwrap_or_else(|| {
        restrictions.push(Restriction { parameter, low: None, high: None, quasi_p: f64::NAN });
        restrictions.len() - 1
    });
    let r = &mut restrictions[place];
    if upper {
        r.high = end
    } else {
        r.low = end
    }
    if r.low.is_none() && r.high.is_none() {
        restrictions.remove(place);
    }
}
