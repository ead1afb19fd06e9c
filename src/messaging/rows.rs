//! Rows that an evaluation or a day leaves behind: plain data, the same for a live run and a replay.
//!
//! Must not know where they go or how they are drawn.

use crate::messaging::{Limit, NumberStatus, QualityRating, Scope};
use crate::sim::SimTime;

/// One row of `ratings.csv`: a number at an evaluation. Raw counts in the window.
#[derive(Clone, Debug, PartialEq)]
pub struct RatingRow {
    /// The evaluation's instant.
    pub time: SimTime,
    /// Index into the result's numbers.
    pub number: usize,
    /// Deliveries (or sends, as the policy says) in the window.
    pub exposure: u64,
    /// Blocks in the window.
    pub blocks: u64,
    /// Reports in the window.
    pub reports: u64,
    /// Mutes in the window.
    pub mutes: u64,
    /// Archives in the window.
    pub archives: u64,
    /// Weighted negative signals per message; none when there is nothing to divide by.
    pub score: Option<f64>,
    /// The colour after this evaluation.
    pub rating: QualityRating,
    /// How many undecayed messages would carry as much information as those in the window; none without any.
    pub effective_sample: Option<f64>,
    /// How sure the colour is by that sample alone; none where there is no score or no sample.
    pub chances: Option<ColourChances>,
}

/// The chance of each colour given only how much was seen, at the thresholds in force: they add up to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourChances {
    /// Probability that the true share lies at the red threshold or above.
    pub red: f64,
    /// Between the thresholds.
    pub yellow: f64,
    /// Below the yellow threshold.
    pub green: f64,
}

/// One row of `daily.csv`: a number on a UTC day. Counts of the day, state at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyRow {
    /// Start of the UTC day.
    pub day: SimTime,
    /// Index into the result's numbers.
    pub number: usize,
    /// Counts of the day.
    pub counts: Counts,
    /// Whose slots and limit these are: the number's own, or its portfolio's.
    pub scope: Scope,
    /// Slots in use at the day's last millisecond (the portfolio's, under portfolio scope).
    pub slots_in_use: u64,
    /// Limit at the day's end (the portfolio's, under portfolio scope).
    pub limit: Limit,
    /// Score of the day's last evaluation.
    pub score: Option<f64>,
    /// Colour at the day's end.
    pub rating: QualityRating,
    /// Published status at the day's end.
    pub status: NumberStatus,
}

/// How often each thing happened. `attempted` = sent + refused attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts: sent and refused.
    pub attempted: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Reads seen (receipts on).
    pub read: u64,
    /// Failures reported.
    pub failed: u64,
    /// Inbound messages.
    pub received: u64,
    /// Clicks.
    pub clicked: u64,
    /// Conversions.
    pub converted: u64,
    /// Blocks.
    pub blocked: u64,
    /// Reports.
    pub reported: u64,
    /// Mutes.
    pub muted: u64,
    /// Archives.
    pub archived: u64,
    /// Opt-outs.
    pub opted_out: u64,
    /// Attempts refused.
    pub refused: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, o: Counts) {
        // Destructured, so that a new field can't be forgotten.
        let Counts {
            attempted,
            sent,
            delivered,
            read,
            failed,
            received,
            clicked,
            converted,
            blocked,
            reported,
            muted,
            archived,
            opted_out,
            refused,
        } = o;
        self.attempted += attempted;
        self.sent += sent;
        self.delivered += delivered;
        self.read += read;
        self.failed += failed;
        self.received += received;
        self.clicked += clicked;
        self.converted += converted;
        self.blocked += blocked;
        self.reported += reported;
        self.muted += muted;
        self.archived += archived;
        self.opted_out += opted_out;
        self.refused += refused;
    }
}
