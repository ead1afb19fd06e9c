//! What a recipient is like and does with a message: parameters and the draws that decide.
//!
//! Every parameter is a scenario field with a default and its source. May not know the rating, its thresholds or
//! its weights.

use crate::behaviour::app::Saved;
pub use crate::behaviour::consent::{Consent, ConsentSource};
use crate::sim::SimDuration;

/// A kind of people, as the scenario describes it; every default filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its name in the scenario.
    pub name: String,
    /// Where their phone numbers are from, by the two letters of ISO 3166, if that is told.
    pub country: Option<String>,
    /// Marketing messages of other businesses a person and day, on average.
    pub other_marketing_per_day: f64,
    /// The platform's market for prices, where the country does not decide.
    pub market: Option<String>,
    /// How and for what these people agreed to be written to.
    pub consent: Consent,
    /// Delivery.
    pub delivery: Delivery,
    /// Reading.
    pub reading: Reading,
    /// What readers do.
    pub reactions: Reactions,
    /// How annoyance builds up.
    pub fatigue: Fatigue,
    /// Who has saved the business's number, which decides what lists of the Business app reach.
    pub saved: Saved,
}

/// Delivery of a message to a recipient who has not blocked the number.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Probability that it is delivered at all.
    pub probability: f64,
    /// Of those not delivered, the share for which the platform reports a failure (131026); the rest stays at sent.
    pub failed_share: f64,
    /// Delay when the phone is online.
    pub delay: Delay,
    /// Probability that the phone is offline at the send.
    pub offline_share: f64,
    /// Delay when it is.
    pub offline_delay: Delay,
}

/// A waiting time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(SimDuration),
    /// Exponential with this mean.
    Exponential {
        /// Mean.
        mean: SimDuration,
    },
    /// Lognormal with this median; `sigma` is the standard deviation of the logarithm.
    LogNormal {
        /// Median.
        median: SimDuration,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
}

/// Reading of a delivered message.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Mean probability over people, for marketing and authentication.
    pub probability: f64,
    /// Mean probability over people, for utility and service.
    pub utility_probability: f64,
    /// Concentration a + b of the beta distribution over people; none means everybody alike.
    pub concentration: Option<f64>,
    /// From delivery to reading.
    pub delay: Delay,
    /// Share of people whose read receipts are off: they read, nobody sees it.
    pub receipts_off: f64,
    /// Share of reads lost per unit of fatigue load: probability is divided by (1 + this · load).
    pub fatigue_loss: f64,
}

/// What readers do, per read message; competing outcomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Reactions {
    /// Probability of a block before all factors.
    pub block_base: f64,
    /// Probability that a block comes with a report.
    pub report_given_block: f64,
    /// Probability of a report without a block, before all factors.
    pub report_base: f64,
    /// Probability of muting the chat, before all factors.
    pub mute_base: f64,
    /// Probability of archiving the chat, before all factors.
    pub archive_base: f64,
    /// Probability of opting out where the template offers it easily.
    pub opt_out_base: f64,
    /// What that probability is divided by where the template hides the way out; at least 1.
    pub hidden_opt_out_divisor: f64,
    /// Share of would-be blocks that opt out instead where that is easy.
    pub opt_out_instead_of_block: f64,
    /// Probability of stopping the business's marketing by the platform's own control, before all factors.
    pub stop_base: f64,
    /// Share of would-be blocks that do so instead, of those that no easy opt-out has taken.
    pub stop_instead_of_block: f64,
    /// Share of opt-outs by word where a template offers a word and a button.
    pub opt_out_by_word: f64,
    /// Factor on negative reactions to messages sent after an opt-out.
    pub ignored_opt_out_factor: f64,
    /// Probability of a reply.
    pub reply: f64,
    /// Share of replies that come through an ad or a page's button.
    pub reply_by_ad: f64,
    /// Probability of a click.
    pub click: f64,
    /// Probability of telling the platform that no more marketing is wanted, before all factors.
    pub not_interested: f64,
    /// Probability of telling it that more is.
    pub interested: f64,
    /// Probability that a click converts.
    pub convert_given_click: f64,
    /// From reading to the reaction.
    pub delay: Delay,
    /// From click to conversion.
    pub conversion_delay: Delay,
    /// Shape of the gamma distribution of annoyance over people (mean 1); none means everybody alike. Small
    /// shapes let a few people do most of the blocking.
    pub annoyance_shape: Option<f64>,
    /// Reasons given with a block and their shares; what is missing to 1 gives no reason. In byte order.
    pub block_reasons: Vec<(String, f64)>,
}

/// How annoyance builds up: negative probabilities are multiplied by (1 + slope · max(0, load − free)^exponent).
#[derive(Clone, Debug, PartialEq)]
pub struct Fatigue {
    /// What the load is.
    pub memory: Memory,
    /// Constant load from other businesses.
    pub background: f64,
    /// Load that annoys nobody.
    pub free: f64,
    /// Growth of the factor.
    pub slope: f64,
    /// Curvature of the growth.
    pub exponent: f64,
}

/// What fatigue load is: messages delivered from this business, the one at hand included, weighted by age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Memory {
    /// Each counts 1 when new and halves every so long.
    HalfLife(SimDuration),
    /// Each counts 1 for so long, then nothing; at most the last eight are remembered.
    Window(SimDuration),
}
