//! The largest (or smallest) value that still keeps its conditions: a search by halves over values in order.
//!
//! Takes it that a condition, once broken on the way from the safe end, stays broken, and says so where the values it
//! looked at tell otherwise. All values are tried with the same luck, so that their order is not scrambled by it. Must
//! not know what is varied or how a value is tried.

use std::collections::BTreeMap;

use super::condition::Standing;
use super::estimate::Estimate;

/// What a value came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// For each condition the figure.
    pub figures: Vec<Estimate>,
    /// For each condition whether it holds.
    pub standings: Vec<Standing>,
}

impl Probe {
    /// Whether the figures meet every condition.
    pub fn holds(&self) -> bool {
        self.standings.iter().all(|s| s.holds())
    }

    /// Whether every condition holds over its whole interval.
    pub fn is_certain(&self) -> bool {
        self.standings.iter().all(|s| *s == Standing::Holds)
    }

    /// Whether no condition is broken over its whole interval.
    pub fn is_possible(&self) -> bool {
        self.standings.iter().all(|s| s.holds() || *s == Standing::FailsNarrowly)
    }
}

/// What a search found; places count from the safe end.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The farthest place whose figures meet every condition; none if even the safe end does not.
    pub best: Option<usize>,
    /// The farthest place that meets them over whole intervals.
    pub certain: Option<usize>,
    /// The farthest place that is not broken over a whole interval.
    pub possible: Option<usize>,
    /// Everything tried, by place.
    pub tried: BTreeMap<usize, Probe>,
}

impl Found {
    /// Pairs of places tried, the nearer of which breaks a condition that the farther keeps.
    pub fn out_of_order(&self) -> Vec<(usize, usize)> {
        let broken = || self.tried.iter().filter(|(_, p)| !p.holds());
        let keeps = |near: usize| self.tried.iter().filter(move |(far, p)| **far > near && p.holds());
        broken().flat_map(|(near, _)| keeps(*near).map(move |(far, _)| (*near, *far))).collect()
    }
}

/// Looks for the farthest of `places` (at least one) that keeps its conditions. `try_it` is asked once for each place.
pub fn search<E>(places: usize, mut try_it: impl FnMut(usize) -> Result<Probe, E>) -> Result<Found, E> {
    assert!(places > 0, "a search needs somewhere to look");
    let mut tried: BTreeMap<usize, Probe> = BTreeMap::new();
    let mut farthest = |meets: fn(&Probe) -> bool| -> Result<Option<usize>, E> {
        let mut look = |place: usize| -> Result<bool, E> {
            if let Some(known) = tried.get(&place) {
                return Ok(meets(known));
            }
            let probe = try_it(place)?;
            let answer = meets(&probe);
            tried.insert(place, probe);
            Ok(answer)
        };
        if !look(0)? {
            return Ok(None);
        }
        let (mut good, mut bad) = (0, places);
        if look(places - 1)? {
            return Ok(Some(places - 1));
        }
        bad -= 1;
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if look(middle)? { good = middle } else { bad = middle }
        }
        Ok(Some(good))
    };
    let best = farthest(Probe::holds)?;
    let certain = farthest(Probe::is_certain)?;
    let possible = farthest(Probe::is_possible)?;
    Ok(Found { best, certain, possible, tried })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(standing: Standing) -> Probe {
        Probe { figures: vec![Estimate::default()], standings: vec![standing] }
    }

    fn by(certain: usize, best: usize, possible: usize) -> impl Fn(usize) -> Result<Probe, ()> {
        move |place| {
            Ok(probe(match place {
                p if p <= certain => Standing::Holds,
                p if p <= best => Standing::HoldsNarrowly,
                p if p <= possible => Standing::FailsNarrowly,
                _ => Standing::Fails,
            }))
        }
    }

    #[test]
    fn every_boundary_is_found_in_few_tries() {
        for best in 0..100 {
            let (certain, possible) = (best / 2, (best + 7).min(99));
            let found = search(100, by(certain, best, possible)).unwrap();
            assert_eq!(
                (found.best, found.certain, found.possible),
                (Some(best), Some(certain), Some(possible)),
                "{best}"
            );
            assert!(found.tried.len() <= 23, "{}", found.tried.len());
            assert!(found.out_of_order().is_empty());
        }
    }

    #[test]
    fn the_ends_are_answers_too() {
        let none = search(5, |_| Ok::<_, ()>(probe(Standing::Fails))).unwrap();
        assert_eq!((none.best, none.possible, none.tried.len()), (None, None, 1));
        let all = search(5, |_| Ok::<_, ()>(probe(Standing::Holds))).unwrap();
        assert_eq!((all.best, all.certain), (Some(4), Some(4)));
        let one = search(1, |_| Ok::<_, ()>(probe(Standing::HoldsNarrowly))).unwrap();
        assert_eq!((one.best, one.certain, one.possible), (Some(0), None, Some(0)));
        assert_eq!(
            search(9, |place| if place == 8 { Err("stop") } else { Ok(probe(Standing::Holds)) }),
            Err("stop")
        );
    }

    #[test]
    fn a_condition_that_comes_and_goes_is_noticed() {
        let odd = |place: usize| {
            Ok::<_, ()>(probe(if place == 4 || place > 6 { Standing::Fails } else { Standing::Holds }))
        };
        // 0, 9, 4, 2, 3 are looked at: what lies beyond the first break is never known.
        let found = search(10, odd).unwrap();
        assert_eq!((found.best, found.out_of_order()), (Some(3), Vec::new()));
        let found = Found {
            best: None,
            certain: None,
            possible: None,
            tried: BTreeMap::from([
                (2, probe(Standing::Fails)),
                (5, probe(Standing::Holds)),
                (1, probe(Standing::Holds)),
            ]),
        };
        assert_eq!(found.out_of_order(), [(2, 5)]);
    }
}
