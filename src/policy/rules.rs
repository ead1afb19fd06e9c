//! One resolved set of rules: plain numbers, every default filled in, checked.
//!
//! Where the numbers come from (files, eras, patches, sources, confidence) is the business of `policy::file` and
//! `policy::library`; how they are used, of `quality`, `judge` and `fold`. Names are those of the model's pages.

mod enforcement;
mod pacing;
mod portfolio_pacing;

use std::collections::BTreeMap;

use crate::messaging::{Limit, QualityRating};
use crate::sim::SimDuration;

pub use super::app::{AllowanceUnit, AppRules};
pub use super::categories::{CategoryNames, CategoryRules};
pub use super::gate::GateRules;
pub use super::opt_in::OptInRules;
pub use super::portfolio::PortfolioRules;
pub use enforcement::{EnforcementRules, EnforcementStep, ReadRateRules, RestrictionScope};
pub use pacing::PacingRules;
pub use portfolio_pacing::PortfolioPacingRules;

/// A complete rule set. Two are equal when they judge alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// How numbers (and, by default, templates) are rated.
    pub rating: RatingRules,
    /// The ladder of limits and what uses a slot.
    pub limit: LimitRules,
    /// When a limit goes up.
    pub raise: RaiseRules,
    /// The flag and its clock (eras before 2025-10).
    pub flag: FlagRules,
    /// What sustained low quality leads to, if anything.
    pub sustained: Option<SustainedRules>,
    /// Rating and pausing of templates; none where the era has no such thing.
    pub template: Option<TemplateRules>,
    /// How sends of a new template are paced; none where the era has no such thing.
    pub pacing: Option<PacingRules>,
    /// How templates of a portfolio that has sent little yet are paced; none where the era has no such thing.
    pub portfolio_pacing: Option<PortfolioPacingRules>,
    /// What the platform lets through to a person or from a number beside limits: caps, hold-out, rates.
    pub gate: GateRules,
    /// Which categories of templates there are; none where nothing is said of them.
    pub categories: Option<CategoryRules>,
    /// What an opt-in has to name; none where the rules ask for nothing.
    pub opt_in: Option<OptInRules>,
    /// What repeated violations lead to; none where the era has no such thing.
    pub enforcement: Option<EnforcementRules>,
    /// What an extremely low read rate leads to; none where the era has no such thing.
    pub read_rate: Option<ReadRateRules>,
    /// The Business app beside the API; none leaves its lists without size, allowance and condition.
    pub app: Option<AppRules>,
    /// Registered numbers of a portfolio; none where no such number is known.
    pub portfolio: Option<PortfolioRules>,
}

impl Rules {
    /// Whether a change to these rules is a change to *other rules*, which ends flags and raises in waiting: a
    /// difference in anything but templates, pacing, enforcement, read rates, what the platform lets through, categories,
    /// opt-ins, the app and the size of portfolios.
    pub fn are_other_than(&self, before: &Rules) -> bool {
        // Destructured, so that a new section can't be forgotten.
        let Rules {
            rating,
            limit,
            raise,
            flag,
            sustained,
            template: _,
            pacing: _,
            portfolio_pacing: _,
            enforcement: _,
            read_rate: _,
            gate: _,
            categories: _,
            opt_in: _,
            app: _,
            portfolio: _,
        } = self;
        *rating != before.rating
            || *limit != before.limit
            || *raise != before.raise
            || *flag != before.flag
            || *sustained != before.sustained
    }
}

/// Section `[rating]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RatingRules {
    /// How far back signals count; a multiple of `cadence`.
    pub window: SimDuration,
    /// How often ratings are evaluated, on multiples counted from the epoch.
    pub cadence: SimDuration,
    /// Weight of older buckets.
    pub recency: Recency,
    /// What negative signals are divided by.
    pub denominator: Denominator,
    /// What each kind of negative signal weighs.
    pub weights: Weights,
    /// Deliveries (or sends) in the window below which there is no rating \[messages\].
    pub min_sample: u64,
    /// Score from which the colour is yellow \[negative signals per message\].
    pub yellow_at: f64,
    /// Score from which the colour is red \[negative signals per message\].
    pub red_at: f64,
    /// Weight of the prior \[messages\].
    pub prior_strength: f64,
    /// Rate of the prior \[negative signals per message\].
    pub prior_rate: f64,
    /// Share by which a threshold must be undercut for a better colour, in [0, 1).
    pub hysteresis: f64,
    /// What an unrated number shows.
    pub when_unrated: WhenUnrated,
}

/// How the weight of a bucket falls with its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recency {
    /// All buckets weigh the same.
    Flat,
    /// Halves every so long.
    HalfLife(SimDuration),
}

/// What negative signals are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denominator {
    /// Deliveries in the window.
    Delivered,
    /// Sends in the window.
    Sent,
}

/// What each kind of negative signal weighs.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// A block.
    pub block: f64,
    /// A report.
    pub report: f64,
    /// A mute.
    pub mute: f64,
    /// An archive.
    pub archive: f64,
    /// Factor on a block's weight by the reason given; 1 for a reason not listed.
    pub reason: BTreeMap<String, f64>,
}

/// What an unrated number shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenUnrated {
    /// UNKNOWN.
    Unknown,
    /// GREEN.
    Green,
    /// The last colour; UNKNOWN before any.
    Keep,
}

/// Section `[limit]`.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitRules {
    /// The steps, ascending.
    pub ladder: Vec<Limit>,
    /// What a number (or portfolio) begins with.
    pub start: Limit,
    /// The lowest step a lowering can reach; none where nothing is lowered.
    pub floor: Option<Limit>,
    /// Whose limit it is.
    pub scope: LimitScope,
    /// How long a slot is held.
    pub period: SimDuration,
    /// Whether a further message moves a slot's start.
    pub slot: SlotKind,
    /// What starts a slot.
    pub counted_on: CountedOn,
    /// Whether a used-up limit shows as RESTRICTED.
    pub restricted_status: bool,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitScope {
    /// Each number's own.
    Number,
    /// Shared by the portfolio's numbers.
    Portfolio,
}

/// Whether a further counted message moves a slot's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// It does.
    Sliding,
    /// It does not (the conversation era).
    Fixed,
}

/// What starts a slot and counts towards a raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedOn {
    /// The send.
    Sent,
    /// The delivery; the slot is reserved from the send.
    Delivered,
}

impl LimitRules {
    /// What uses a slot, apart from the ladder.
    pub fn slots(&self) -> SlotRules {
        SlotRules { kind: self.slot, counted_on: self.counted_on, period: self.period }
    }
}

/// What uses a slot: the part of [`LimitRules`] that is asked at every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRules {
    /// Whether a further message moves a slot's start.
    pub kind: SlotKind,
    /// What starts a slot.
    pub counted_on: CountedOn,
    /// How long a slot is held.
    pub period: SimDuration,
}

/// What a message does to its recipient's place in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// A slot starts, or slides to here.
    Start,
    /// A place is reserved until the message is delivered or given up, for a period at most.
    Reserve,
    /// Nothing: the slot that is open covers it.
    Nothing,
}

impl SlotRules {
    /// What the send of a business-initiated message books. `is_open` tells whether its recipient has a started slot
    /// that is still open.
    #[inline]
    pub fn at_send(self, is_open: impl FnOnce() -> bool) -> Booking {
        match (self.covered(is_open), self.counted_on) {
            (true, _) => Booking::Nothing,
            (false, CountedOn::Sent) => Booking::Start,
            (false, CountedOn::Delivered) => Booking::Reserve,
        }
    }

    /// What the delivery of a business-initiated message books whose send was counted on delivery.
    #[inline]
    pub fn at_delivery(self, is_open: impl FnOnce() -> bool) -> Booking {
        if self.covered(is_open) { Booking::Nothing } else { Booking::Start }
    }

    #[inline]
    fn covered(self, is_open: impl FnOnce() -> bool) -> bool {
        self.kind == SlotKind::Fixed && is_open()
    }
}

/// Section `[raise]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RaiseRules {
    /// Distinct recipients needed, as a share of the limit in parts per million.
    pub factor_ppm: u64,
    /// How far back distinct recipients are counted.
    pub over: SimDuration,
    /// From the condition to the raise.
    pub delay: SimDuration,
    /// How long a limit must have been held.
    pub min_time_at_limit: SimDuration,
    /// The worst colour that allows a raise.
    pub min_colour: QualityRating,
    /// Whether UNKNOWN allows a raise.
    pub allow_unrated: bool,
    /// Whether a flag stops raises.
    pub blocked_while_flagged: bool,
    /// Whether the count starts anew when a flag ends.
    pub restart_count_after_flag: bool,
    /// Under portfolio scope, whose rating decides.
    pub portfolio_rating: PortfolioRating,
    /// What replaces the test at the lowest step.
    pub first_step: Option<FirstStep>,
}

/// Whose rating decides a raise under portfolio scope (an assumption).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortfolioRating {
    /// The worst rated number, banned and unrated ones aside.
    Worst,
    /// The best rated number, banned and unrated ones aside.
    Best,
}

/// What replaces the raise test at the lowest step; either condition suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstStep {
    /// Business verification counts.
    pub business_verified: bool,
    /// So many distinct recipients count.
    pub count: Option<u64>,
    /// How far back those are counted.
    pub over: SimDuration,
}

/// Section `[flag]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagRules {
    /// Whether there are flags at all.
    pub enabled: bool,
    /// From the flag to its deadline.
    pub after: SimDuration,
    /// What ends a flag well.
    pub recovery: Recovery,
    /// What an unrated number at the deadline counts as.
    pub unrated_at_deadline: UnratedAtDeadline,
}

/// What ends a flag well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Not being RED at the deadline.
    Deadline,
    /// Not having been RED for as long as the clock runs.
    Held,
}

/// What an unrated number at a flag's deadline counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnratedAtDeadline {
    /// Recovered: silence cures a flag.
    Recovered,
    /// The same as RED.
    NotRecovered,
}

/// Section `[sustained]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SustainedRules {
    /// How long an unbroken RED run lasts before the next action.
    pub red_for: SimDuration,
    /// What happens, one after the other; the last repeats.
    pub actions: Vec<SustainedAction>,
}

/// One action of sustained low quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SustainedAction {
    /// One step down, not below the floor.
    Lower,
    /// Refuse every send for so long.
    Suspend(SimDuration),
    /// For good.
    Ban,
}

/// Section `[template]`.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateRules {
    /// As for numbers, with the template's own thresholds.
    pub min_sample: u64,
    /// Score from which the colour is yellow.
    pub yellow_at: f64,
    /// Score from which the colour is red.
    pub red_at: f64,
    /// How long each pause lasts; RED once more after the last one disables.
    pub pauses: Vec<SimDuration>,
    /// Share of delivered messages read below which a rated template is RED; 0: never.
    pub read_floor: f64,
    /// Share of delivered messages read below which a rated template is no better than YELLOW; 0: never.
    pub read_yellow: f64,
    /// How old a delivery must be to count towards the read rate: a younger one may still be read.
    pub read_after: SimDuration,
    /// REDs of its templates within `rating.window` from which a portfolio's rated numbers are no better than
    /// YELLOW; 0: never.
    pub reds_against_numbers: u64,
}

impl TemplateRules {
    /// Whether reads enter the rating.
    pub fn reads(&self) -> bool {
        self.read_floor > 0.0 || self.read_yellow > 0.0
    }
}
