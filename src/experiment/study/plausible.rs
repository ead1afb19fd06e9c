//! A run under plausible rule sets: every unpublished constant drawn from its range, anew in each replication.
//!
//! So a result reads "in so many of the plausible rule sets", and which constant decides it most. Draws are addressed by
//! seed, replication and the constant's name, so adding a constant or splitting the work moves no other draw. Must not
//! know how the answer is printed.

use super::parameter::Parameter;
use crate::experiment::sampling::Points;
use crate::experiment::scenario_discovery::{self, Peeling, Region, discover};
use crate::experiment::sensitivity::resample::permutation;
use crate::experiment::stats;
use crate::sim::rng::{Draws, Purpose, entity, unit};

/// Shuffles behind the statements what luck alone would give.
pub const SHUFFLES: usize = 99;

/// What luck gives at most so often is told from luck.
pub const LEVEL: f64 = 0.05;

/// Where in its range each parameter lies in a replication: a number between 0 and 1.
pub fn draw(seed: u64, replication: u64, parameters: &[Parameter]) -> Vec<f64> {
    let draws = Draws::new(seed, replication);
    parameters.iter().map(|p| unit(draws.words(Purpose::Design, entity(&p.name), 0)[0])).collect()
}

/// What the outcome does over the range of one parameter, all others drawn as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The parameter's place.
    pub parameter: usize,
    /// Where the range was parted: the middle of the values drawn, as a number from 0 to 1.
    pub at: f64,
    /// Cases and replications below.
    pub below: (u64, u64),
    /// Cases and replications above.
    pub above: (u64, u64),
    /// Share above less share below.
    pub difference: f64,
    /// Its 95 % interval, looked at by itself.
    pub interval: (f64, f64),
    /// How often outcomes shuffled over the rows, so that nothing depends on any parameter, give a largest difference (over
    /// all parameters, whichever has it) as large as this: the p-value of a permutation test of the maximum, (1 + times) /
    /// (1 + [`SHUFFLES`]), which holds for all parameters together.
    pub by_chance: f64,
}

impl Effect {
    /// The share of cases where the parameter is below the middle.
    pub fn share_below(&self) -> f64 {
        share(self.below)
    }

    /// The share of cases where it is above.
    pub fn share_above(&self) -> f64 {
        share(self.above)
    }

    /// Whether luck does not explain it, all parameters considered: of twenty without effect one has an interval off zero.
    pub fn is_told(&self) -> bool {
        self.by_chance <= LEVEL
    }
}

fn share((k, n): (u64, u64)) -> f64 {
    if n == 0 { 0.0 } else { k as f64 / n as f64 }
}

/// The effect of each parameter on an outcome, the largest first. `draws` holds a row for each replication. Shuffles are
/// keyed by seed.
///
/// # Panics
/// If there are not as many outcomes as rows.
pub fn effects(draws: &[Vec<f64>], outcomes: &[bool], seed: u64) -> Vec<Effect> {
    assert_eq!(draws.len(), outcomes.len(), "an outcome for each replication");
    let parameters = draws.first().map_or(0, Vec::len);
    let mut out: Vec<Effect> = (0..parameters)
        .map(|parameter| {
            let values: Vec<f64> = draws.iter().map(|row| row[parameter]).collect();
            let at = stats::quantile(&values, 0.5).expect("there are rows");
            let count = |upper: bool| {
                let side = || values.iter().zip(outcomes).filter(|(v, _)| (**v > at) == upper);
                (side().filter(|(_, hit)| **hit).count() as u64, side().count() as u64)
            };
            let (below, above) = (count(false), count(true));
            let interval = stats::difference_of_shares(above, below);
            Effect {
                parameter,
                at,
                below,
                above,
                difference: share(above) - share(below),
                interval,
                by_chance: 1.0,
            }
        })
        .collect();
    out.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
    let luck = largest_by_luck(draws, outcomes, &out, seed);
    for e in &mut out {
        let as_large = luck.iter().filter(|largest| **largest >= e.difference.abs()).count();
        e.by_chance = (1 + as_large) as f64 / (1 + SHUFFLES) as f64;
    }
    out
}

/// The largest difference over all parameters in each shuffle of the outcomes.
fn largest_by_luck(draws: &[Vec<f64>], outcomes: &[bool], effects: &[Effect], seed: u64) -> Vec<f64> {
    let upper: Vec<Vec<bool>> =
        effects.iter().map(|e| draws.iter().map(|row| row[e.parameter] > e.at).collect()).collect();
    let difference = |(e, upper): (&Effect, &Vec<bool>), order: &[usize]| {
        let (mut below, mut above) = (0, 0);
        for (upper, from) in upper.iter().zip(order) {
            let hit = u64::from(outcomes[*from]);
            if *upper { above += hit } else { below += hit }
        }
        (share((above, e.above.1)) - share((below, e.below.1))).abs()
    };
    let keyed = Draws::new(seed, 0);
    let largest = |shuffle| {
        let order = permutation(&keyed, shuffle, outcomes.len());
        effects.iter().zip(&upper).map(|pair| difference(pair, &order)).fold(0.0, f64::max)
    };
    (0..SHUFFLES as u64).map(largest).collect()
}

/// The region in which the outcome is found, and what luck makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The region and how it fits.
    pub region: Region,
    /// How often shuffled outcomes give as good a region.
    pub by_chance: f64,
}

impl Found {
    /// Whether luck does not explain it.
    pub fn is_told(&self) -> bool {
        self.by_chance <= LEVEL
    }
}

/// Looks for a region of the parameters' ranges in which the outcome is found; or says why there is none.
pub fn region(draws: &[Vec<f64>], outcomes: &[bool], seed: u64) -> Result<Found, String> {
    let parameters = draws.first().map_or(0, Vec::len);
    let table = Points::new(parameters, draws.concat()).map_err(|e| e.to_string())?;
    let peeling = Peeling::default();
    let found = discover(&table, outcomes, peeling).map_err(|e| e.to_string())?;
    let Some(region) = found.chosen else {
        return Err("no restriction of a constant's range holds more of them than the rest".to_string());
    };
    let by_chance = scenario_discovery::by_chance(&table, outcomes, peeling, SHUFFLES, seed);
    Ok(Found { region, by_chance: by_chance.map_err(|e| e.to_string())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_many_differences_is_held_against_the_largest_by_luck() {
        let parameters: Vec<Parameter> =
            (0..30).map(|i| Parameter::parse(&format!("p-{i}=0..1")).unwrap()).collect();
        let of = |seed: u64, hit: &dyn Fn(&[f64], f64) -> bool| {
            let draws: Vec<Vec<f64>> = (1..=100).map(|r| draw(seed, r, &parameters)).collect();
            let luck =
                |r: usize| unit(Draws::new(seed, r as u64).words(crate::sim::rng::Purpose::Fate, 1, 1)[0]);
            let outcomes: Vec<bool> = draws.iter().enumerate().map(|(r, d)| hit(d, luck(r + 1))).collect();
            let found = effects(&draws, &outcomes, seed);
            let clear = found[0].interval.0 > 0.0 || found[0].interval.1 < 0.0;
            assert!(
                found.windows(2).all(|w| w[0].by_chance <= w[1].by_chance),
                "the larger, the rarer by luck"
            );
            (clear, found[0].by_chance)
        };
        assert_eq!(of(1, &|d, _| d[3] < 0.4), (true, 0.01));
        // Nothing but luck: the largest of thirty looks clear by itself as a rule, and passes here in one of twenty.
        let all: Vec<(bool, f64)> = (1..=40).map(|seed| of(seed, &|_, luck| luck < 0.4)).collect();
        let clear = all.iter().filter(|(clear, _)| *clear).count();
        let told = all.iter().filter(|(_, p)| *p <= LEVEL).count();
        assert!(clear >= 20 && told <= 6, "{clear} clear, {told} told of 40");
        assert_eq!(effects(&[], &[], 1), []);
    }

    #[test]
    fn a_region_of_mere_luck_is_not_told() {
        let parameters: Vec<Parameter> =
            (0..3).map(|i| Parameter::parse(&format!("p-{i}=0..1")).unwrap()).collect();
        let draws: Vec<Vec<f64>> = (1..=200).map(|r| draw(1, r, &parameters)).collect();
        let planted: Vec<bool> = draws.iter().map(|d| d[1] > 0.6).collect();
        let found = region(&draws, &planted, 1).unwrap();
        assert!(found.is_told() && found.by_chance == 0.01, "{found:?}");
        assert_eq!(found.region.restrictions.iter().map(|r| r.parameter).collect::<Vec<_>>(), [1]);
        assert!(region(&draws, &[false; 200], 1).unwrap_err().starts_with("0 of 200 points"));
    }

    #[test]
    fn a_draw_hangs_on_its_own_name_only() {
        let p = |name: &str| Parameter::parse(&format!("{name}=0..1")).unwrap();
        let alone = draw(7, 3, &[p("b")]);
        let among = draw(7, 3, &[p("a"), p("b"), p("c")]);
        assert_eq!(alone[0], among[1]);
        assert_ne!(draw(7, 4, &[p("b")]), alone);
        assert_ne!(draw(8, 3, &[p("b")]), alone);
    }

    #[test]
    fn what_decides_comes_first() {
        let parameters: Vec<Parameter> =
            ["x", "y", "z"].iter().map(|n| Parameter::parse(&format!("{n}=0..1")).unwrap()).collect();
        let draws: Vec<Vec<f64>> = (1..=400).map(|r| draw(1, r, &parameters)).collect();
        let outcomes: Vec<bool> = draws.iter().map(|d| d[1] + 0.3 * d[2] < 0.6).collect();
        let found = effects(&draws, &outcomes, 1);
        assert_eq!((found[0].parameter, found[1].parameter, found[2].parameter), (1, 2, 0));
        assert!(found[0].difference < -0.6 && found[0].is_told() && found[0].share_above() < 0.2);
        assert!(!found[2].is_told(), "{:?}", found[2]);
        assert_eq!(found[0].below.1 + found[0].above.1, 400);
    }
}
