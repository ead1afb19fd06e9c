//! Rows that an evaluation or a day leaves behind: plain data, the same for a live run and a replay.
//!
//! Must not know where they go or how they are drawn.

use crate::messaging::{Limit, NumberStatus, QualityRating, Scope, TemplateStatus};
use crate::sim::{SimDuration, SimTime};

/// Which evaluations leave a row: those at multiples of this span, counted from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub SimDuration);

impl Every {
    /// Whether the evaluation at an instant leaves a row, given the cadence in force at it. A span no longer than
    /// the cadence keeps them all.
    pub fn keeps(self, at: SimTime, cadence: SimDuration) -> bool {
        self.0 <= cadence || at.is_multiple_of(self.0)
    }
}

/// One row of `ratings.csv`: a number at an evaluation. Raw counts in the window.
#[derive(Clone, Debug, PartialEq)]
pub struct RatingRow {
    /// The evaluation's instant.
    pub time: SimTime,
    /// How often ratings are evaluated under the rules in force.
    pub cadence: SimDuration,
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
    /// Where colours changed: with the score and that sample, how sure the colour is.
    pub thresholds: ColourThresholds,
}

/// A template at an evaluation: what a [`RatingRow`] is for a number. Raw counts in the window. A template that is
/// paused or disabled is not evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateRatingRow {
    /// The evaluation's instant.
    pub time: SimTime,
    /// How often ratings are evaluated under the rules in force.
    pub cadence: SimDuration,
    /// Index into the judge's templates.
    pub template: usize,
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
    /// The status after this evaluation.
    pub status: TemplateStatus,
    /// How many undecayed messages would carry as much information as those in the window; none without any.
    pub effective_sample: Option<f64>,
}

/// The scores at which colours changed at an evaluation, hysteresis aside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourThresholds {
    /// Score from which it was yellow.
    pub yellow_at: f64,
    /// Score from which it was red.
    pub red_at: f64,
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
    /// Lowest colour that was shown on the day, UNKNOWN if none was: what the platform's console shows for it.
    pub lowest_rating: QualityRating,
    /// Published status at the day's end.
    pub status: NumberStatus,
}

/// A portfolio, a template or a campaign on a UTC day: counts of the day, state at its end.
///
/// A portfolio has a row for every day from its first number's to the last, a template from its first row's; a
/// campaign only for days on which something of it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDay {
    /// Start of the UTC day.
    pub day: SimTime,
    /// Which group, and what state it is in.
    pub group: Group,
    /// Counts of the day. A portfolio's are those of its numbers; what belongs to a template or a campaign is told
    /// by its row, else by the message it is about.
    pub counts: Counts,
}

/// A group of messages with what is known of it at a day's end.
#[derive(Clone, Debug, PartialEq)]
pub enum Group {
    /// The numbers of a portfolio.
    Portfolio {
        /// Index into the judge's portfolios.
        index: usize,
        /// Slots in use and the limit, where the rules in force give the portfolio one.
        shared: Option<(u64, Limit)>,
    },
    /// The messages made from a template.
    Template {
        /// Index into the judge's templates.
        index: usize,
        /// Score of the last evaluation; none before any, and where templates are not rated.
        score: Option<f64>,
        /// Colour at the day's end.
        rating: QualityRating,
        /// Status at the day's end.
        status: TemplateStatus,
    },
    /// The messages of a campaign.
    Campaign {
        /// Index into the fold's campaigns.
        index: usize,
    },
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
    /// Statements of interest in more marketing.
    pub interested: u64,
    /// Statements of no interest in more.
    pub not_interested: u64,
}

impl Counts {
    /// Every count by its name in tables, in the order of the funnel.
    pub fn named(&self) -> [(&'static str, u64); 16] {
        let mut counts = *self;
        counts.named_mut().map(|(name, count)| (name, *count))
    }

    /// The same to be set, for reading tables back. Destructured, so that a new count can't be forgotten.
    pub fn named_mut(&mut self) -> [(&'static str, &mut u64); 16] {
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
            interested,
            not_interested,
        } = self;
        [
            ("attempted", attempted),
            ("refused", refused),
            ("sent", sent),
            ("delivered", delivered),
            ("failed", failed),
            ("read", read),
            ("clicked", clicked),
            ("converted", converted),
            ("received", received),
            ("blocked", blocked),
            ("reported", reported),
            ("muted", muted),
            ("archived", archived),
            ("opted_out", opted_out),
            ("interested", interested),
            ("not_interested", not_interested),
        ]
    }

    /// What came since an earlier count of the same things.
    pub fn since(&self, earlier: &Counts) -> Counts {
        let mut since = *self;
        since
            .named_mut()
            .into_iter()
            .zip(earlier.named())
            .for_each(|((_, count), (_, before))| *count -= before);
        since
    }
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
            interested,
            not_interested,
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
        self.interested += interested;
        self.not_interested += not_interested;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_set_by_the_names_they_are_told_by() {
        let mut counts = Counts::default();
        counts.named_mut().into_iter().zip(1..).for_each(|((_, count), n)| *count = n);
        let told: Vec<(&str, u64)> = counts.named().to_vec();
        let set: Vec<&str> = counts.named_mut().into_iter().map(|(name, _)| name).collect();
        assert!(told.iter().map(|t| t.1).eq(1..=16), "{told:?}");
        assert!(told.iter().map(|t| t.0).eq(set));
        let mut twice = counts;
        twice += counts;
        assert_eq!(twice.since(&counts), counts);
    }

    #[test]
    fn a_span_no_longer_than_the_cadence_keeps_every_evaluation() {
        let hour = |h: i64| SimTime(h * 3_600_000);
        let kept = |every: SimDuration, cadence: SimDuration| {
            (1..=48).filter(|h| Every(every).keeps(hour(*h), cadence)).count()
        };
        assert_eq!(kept(SimDuration(1), SimDuration::HOUR), 48);
        assert_eq!(kept(SimDuration::HOUR, SimDuration::HOUR), 48);
        assert_eq!(kept(SimDuration::DAY, SimDuration::HOUR), 2);
        // After a change of rules to evaluations every other day, a day's rows are all there are.
        assert_eq!(kept(SimDuration::DAY, SimDuration::days(2)), 48);
    }
}
