//! From words to deeds: what the draws of a message and a person decide. Pure functions of words and parameters.
//!
//! One word gives one variate, by inversion on `libm`, so that the same bits come out on every machine and two
//! variants of a scenario see the same luck. May not know ratings; keeps no state.

use rand_distr::Distribution;

use crate::behaviour::recipient::{Delay, Delivery, Fatigue, Reactions, Reading, Segment};
use crate::behaviour::sender::{OptOut, Way};
use crate::messaging::Category;
use crate::sim::SimDuration;
use crate::sim::rng::{Draws, Purpose, normal_quantile, unit, unit32};

/// No waiting time is drawn longer than this: the platform gives a message up after 30 days.
pub const LONGEST_DELAY: SimDuration = SimDuration::days(30);
/// Nothing is drawn older than this: a hundred years.
const LONGEST_AGE: SimDuration = SimDuration::days(36_525);

/// A delay from one word; at least zero, at most [`LONGEST_DELAY`], cut to the millisecond.
pub fn delay(d: Delay, word: u64) -> SimDuration {
    span(d, word, LONGEST_DELAY)
}

/// How old something is, from one word: a delay that may be longer.
pub fn age(d: Delay, word: u64) -> SimDuration {
    span(d, word, LONGEST_AGE)
}

#[inline]
fn span(d: Delay, word: u64, longest: SimDuration) -> SimDuration {
    let ms = match d {
        Delay::Fixed(span) => return span.min(longest),
        Delay::Exponential { mean } => -libm::log(unit(word)) * mean.0 as f64,
        Delay::LogNormal { median, sigma } => {
            median.0 as f64 * libm::exp(sigma * normal_quantile(unit(word)))
        }
    };
    SimDuration(ms.min(longest.0 as f64) as i64)
}

/// What is lasting about a person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits {
    /// Factor on negative reactions, mean 1 over people.
    pub annoyance: f32,
    /// Probability of reading a marketing message when fresh.
    pub reads: f32,
    /// Whether read receipts are on.
    pub receipts: bool,
}

/// Draws a person's traits. Kept in single precision: the last bits of gamma and beta draws, which come from
/// rejection, are no promise of this project.
pub fn traits(draws: &Draws, person: u64, segment: &Segment) -> Traits {
    let annoyance = match segment.reactions.annoyance_shape {
        None => 1.0,
        Some(shape) => {
            let gamma =
                rand_distr::Gamma::new(shape, 1.0 / shape).expect("shapes are checked to be positive");
            gamma.sample(&mut draws.stream(Purpose::Annoyance, person)) as f32
        }
    };
    let mean = segment.reading.probability;
    let reads = match segment.reading.concentration {
        Some(c) if mean > 0.0 && mean < 1.0 => {
            let beta = rand_distr::Beta::new(mean * c, (1.0 - mean) * c)
                .expect("mean and concentration are checked");
            beta.sample(&mut draws.stream(Purpose::Reading, person)) as f32
        }
        _ => mean as f32,
    };
    let receipts = segment.reading.receipts_off == 0.0
        || unit(draws.words(Purpose::Traits, person, 0)[0]) >= segment.reading.receipts_off;
    Traits { annoyance, reads, receipts }
}

/// What becomes of a message that nothing stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Delivered after so long.
    Delivered(SimDuration),
    /// Given up by the platform after so long.
    Failed(SimDuration),
    /// Stays at sent.
    Lost,
}

/// Whether and when a message arrives, from the words of its fate.
#[inline]
pub fn arrival(d: &Delivery, words: &[u64; 4]) -> Arrival {
    let u = unit32((words[0] >> 32) as u32);
    let after = || {
        let offline = d.offline_share > 0.0 && unit32(words[0] as u32) < d.offline_share;
        // At least a millisecond: a message arrives after it was sent, in any log that counts in milliseconds.
        delay(if offline { d.offline_delay } else { d.delay }, words[1]).max(SimDuration(1))
    };
    if u < d.probability {
        Arrival::Delivered(after())
    } else if u < d.probability + (1.0 - d.probability) * d.failed_share {
        Arrival::Failed(after())
    } else {
        Arrival::Lost
    }
}

/// Whether a delivered message will be read, from the words of its fate, the person's habit and fatigue load at the
/// send, which is asked for only where it matters.
#[inline]
pub fn is_read(
    r: &Reading,
    category: Category,
    reads: f32,
    load: impl FnOnce() -> f64,
    words: &[u64; 4],
) -> bool {
    let reads = f64::from(reads);
    let fresh = match category {
        Category::Marketing | Category::Authentication => reads,
        // The same person's habit, moved so that the mean over people is the other one.
        Category::Utility | Category::Service if r.probability < 1.0 => {
            (1.0 - (1.0 - reads) * (1.0 - r.utility_probability) / (1.0 - r.probability)).clamp(0.0, 1.0)
        }
        Category::Utility | Category::Service => r.utility_probability,
    };
    let u = unit32((words[2] >> 32) as u32);
    // Fatigue only ever takes away, and working it out costs a power of two.
    u < fresh && u < fresh / (1.0 + r.fatigue_loss * load())
}

/// From delivery to reading, from the words of a message's fate.
#[inline]
pub fn read_after(r: &Reading, words: &[u64; 4]) -> SimDuration {
    delay(r.delay, words[3])
}

/// From reading to the reaction, from the second word of the reaction: less than a day, since a reaction that comes
/// later answers no message in particular.
#[inline]
pub fn reaction_after(r: &Reactions, word: u64) -> SimDuration {
    delay(r.delay, word).min(SimDuration(SimDuration::DAY.0 - 1))
}

/// Which of several templates a message uses, from the words of its fate and the templates' cumulated shares.
#[inline]
pub fn pick(cumulated: &[f64], words: &[u64; 4]) -> usize {
    let u = unit32(words[2] as u32);
    cumulated.iter().position(|c| u < *c).unwrap_or(cumulated.len() - 1)
}

/// What a reader does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing.
    Ignore,
    /// Blocks the number.
    Block,
    /// Reports the number without blocking it.
    Report,
    /// Opts out.
    OptOut,
    /// Stops the business's marketing by the platform's own control.
    Stop,
    /// Mutes the chat.
    Mute,
    /// Archives the chat.
    Archive,
    /// Writes back.
    Reply,
    /// Uses the link or button.
    Click,
    /// Tells the platform that no more marketing is wanted.
    NotInterested,
    /// Tells it that more is.
    Interested,
}

/// What a reaction depends on besides the segment: everything a person could know.
#[derive(Clone, Copy, Debug)]
pub struct Mood {
    /// Factor on all negative reactions: annoyance, fatigue, consent, fit.
    pub factor: f64,
    /// What the template offers to those who want no more.
    pub opt_out: OptOut,
    /// How well the template fits its readers.
    pub relevance: f64,
    /// Whether the platform asks if more marketing is wanted.
    pub asked: bool,
    /// Whether the platform offers a control that stops the business's marketing.
    pub stop: bool,
}

/// Picks one of the competing outcomes from one word. Negative outcomes come first, so that a larger factor only
/// ever adds to them; what the platform asks comes last, so that the question moves nothing else.
#[inline]
pub fn react(r: &Reactions, mood: &Mood, word: u64) -> Reaction {
    let u = unit(word);
    let f = mood.factor;
    let mut block = (r.block_base * f).min(1.0);
    let mut opt_out = r.opt_out_base * f;
    match mood.opt_out {
        OptOut::Easy | OptOut::Reply | OptOut::Button | OptOut::Both => {
            opt_out += block * r.opt_out_instead_of_block;
            block *= 1.0 - r.opt_out_instead_of_block;
        }
        OptOut::Hidden => opt_out /= r.hidden_opt_out_divisor,
        OptOut::None => opt_out = 0.0,
    }
    let mut stop = 0.0;
    if mood.stop {
        stop = r.stop_base * f + block * r.stop_instead_of_block;
        block *= 1.0 - r.stop_instead_of_block;
    }
    let mut below = block;
    if u < below {
        return Reaction::Block;
    }
    for (probability, reaction) in [
        (r.report_base * f, Reaction::Report),
        (opt_out, Reaction::OptOut),
        (stop, Reaction::Stop),
        (r.mute_base * f, Reaction::Mute),
        (r.archive_base * f, Reaction::Archive),
        (r.reply, Reaction::Reply),
        (r.click * mood.relevance, Reaction::Click),
    ] {
        below += probability;
        if u < below {
            return reaction;
        }
    }
    if mood.asked {
        for (probability, reaction) in
            [(r.not_interested * f, Reaction::NotInterested), (r.interested, Reaction::Interested)]
        {
            below += probability;
            if u < below {
                return reaction;
            }
        }
    }
    Reaction::Ignore
}

/// The way of an opt-out that a template brought about, from one word.
pub fn opt_out_way(r: &Reactions, offered: OptOut, word: u64) -> Way {
    match offered {
        OptOut::Easy | OptOut::None => Way::NotTold,
        OptOut::Reply => Way::Reply,
        OptOut::Button => Way::Button,
        OptOut::Both if unit(word) < r.opt_out_by_word => Way::Reply,
        OptOut::Both => Way::Button,
        OptOut::Hidden => Way::Hidden,
    }
}

/// The reason given with a block: an index into the segment's reasons, or none.
#[inline]
pub fn block_reason(r: &Reactions, half: u32) -> Option<usize> {
    let u = unit32(half);
    let mut below = 0.0;
    for (i, (_, share)) in r.block_reasons.iter().enumerate() {
        below += share;
        if u < below {
            return Some(i);
        }
    }
    None
}

/// The factor of fatigue by load, tabulated: powers are slow and loads are many.
#[derive(Clone, Debug)]
pub struct FatigueTable {
    factors: Vec<f64>,
    plain: Option<(f64, f64)>,
}

/// Steps of the table per unit of load.
const STEPS: f64 = 32.0;
/// Largest load told apart.
const LOAD_MAX: f64 = 64.0;

impl FatigueTable {
    /// The table of a segment.
    pub fn new(f: &Fatigue) -> FatigueTable {
        // Below the free load there is no factor, whatever the exponent: zero to the power of zero is one.
        let at = |load: f64| {
            if load > f.free { 1.0 + f.slope * libm::pow(load - f.free, f.exponent) } else { 1.0 }
        };
        let factors = (0..=(LOAD_MAX * STEPS) as usize + 1).map(|i| at(i as f64 / STEPS)).collect();
        // A straight line needs no table.
        let plain = (f.exponent == 1.0).then_some((f.slope, f.free));
        FatigueTable { factors, plain }
    }

    /// The factor at a load, linear between the steps of the table.
    #[inline]
    pub fn factor(&self, load: f64) -> f64 {
        if let Some((slope, free)) = self.plain {
            return 1.0 + slope * (load - free).max(0.0);
        }
        let x = load.clamp(0.0, LOAD_MAX) * STEPS;
        let i = x as usize;
        let (a, b) = (self.factors[i], self.factors[i + 1]);
        a + (b - a) * (x - i as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_their_medians_and_means() {
        let median = Delay::LogNormal { median: SimDuration(600_000), sigma: 2.0 };
        assert_eq!(delay(median, u64::MAX / 2), SimDuration(599_999));
        let exp = Delay::Exponential { mean: SimDuration(5_000) };
        assert_eq!(delay(exp, u64::MAX / 2), SimDuration(3_465));
        assert_eq!(delay(median, u64::MAX), LONGEST_DELAY.min(delay(median, u64::MAX)));
        assert!(delay(exp, 0).0 > 100_000);
    }

    #[test]
    fn the_table_follows_the_formula() {
        let f = Fatigue {
            memory: crate::behaviour::recipient::Memory::HalfLife(SimDuration::days(3)),
            background: 0.0,
            free: 1.0,
            slope: 0.3,
            exponent: 1.4,
        };
        let table = FatigueTable::new(&f);
        for load in [0.0, 0.5, 1.0, 1.01, 2.3, 7.77, 40.0] {
            let exact = 1.0 + 0.3 * libm::pow((load - 1.0f64).max(0.0), 1.4);
            assert!((table.factor(load) - exact).abs() < 2e-3 * exact, "{load}");
        }
    }
}
