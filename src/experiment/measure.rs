//! What a run leaves behind, as plain data: rows, counts, histograms. The same for live runs and replays.
//!
//! Must not know where it goes or how it is drawn.

pub use crate::experiment::accounts::AccountSummary;
use crate::experiment::bill::Bill;
use crate::experiment::lists::BroadcastRow;
use crate::experiment::moves::Moves;
use crate::experiment::observed::Platform;
use crate::experiment::study::estimate::{Asked, Estimate};
pub use crate::experiment::template_days::{TemplateDay, TemplateDays};
pub use crate::messaging::rows::{ColourChances, ColourThresholds, Counts, DailyRow, RatingRow};
use crate::messaging::{Limit, NumberStatus, QualityRating, Verdict};
use crate::policy::confidence;
use crate::policy::judge::{NumberState, Watch};
use crate::sim::{SimDuration, SimTime};

/// How sure the colour of an evaluation is by its effective sample alone; none where there is no score or no sample.
/// Worked out where somebody looks: most evaluations leave their row to nobody, and this costs more than they do.
pub fn chances(
    score: Option<f64>,
    effective_sample: Option<f64>,
    at: ColourThresholds,
) -> Option<ColourChances> {
    Some(confidence::chances(score?, effective_sample?, at.yellow_at, at.red_at))
}

/// What a sender's own plan came to, beside what happened on the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanCounts {
    /// Messages the calendar asked for.
    pub planned: u64,
    /// Messages that waited for a slot at least once.
    pub deferred: u64,
    /// Tries after a temporary refusal, each counted.
    pub retried: u64,
    /// Messages given up: dropped at the limit, paused by a reaction, opted out since, or still waiting at the end.
    pub not_sent: u64,
    /// Messages sent to people who had opted out.
    pub sent_after_opt_out: u64,
}

impl std::iter::Sum for PlanCounts {
    fn sum<I: Iterator<Item = PlanCounts>>(all: I) -> PlanCounts {
        // Destructured, so that a new count can't be forgotten.
        all.fold(PlanCounts::default(), |a, b| {
            let PlanCounts { planned, deferred, retried, not_sent, sent_after_opt_out } = b;
            PlanCounts {
                planned: a.planned + planned,
                deferred: a.deferred + deferred,
                retried: a.retried + retried,
                not_sent: a.not_sent + not_sent,
                sent_after_opt_out: a.sent_after_opt_out + sent_after_opt_out,
            }
        })
    }
}

/// Totals of one campaign, template or segment.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// Its name.
    pub name: String,
    /// What happened.
    pub counts: Counts,
    /// What was planned (campaigns only; zero elsewhere).
    pub plan: PlanCounts,
    /// What it cost, in the scenario's currency.
    pub cost: f64,
    /// What its conversions were worth.
    pub value: f64,
    /// Weighted negative signals (the numerator of a score, undecayed).
    pub negative: f64,
}

/// Attempts of a campaign that were refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalRow {
    /// Index into the result's numbers.
    pub number: usize,
    /// The campaign's name; empty where a log names none.
    pub campaign: String,
    /// Which rule or cap refused; in a replay what the row gives as its reason.
    pub reason: String,
    /// The platform's code for it, where it is known.
    pub code: String,
    /// How many attempts.
    pub count: u64,
}

/// Opt-outs in answer to a campaign by one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOutRow {
    /// The campaign's name.
    pub campaign: String,
    /// By which way.
    pub way: &'static str,
    /// How many.
    pub count: u64,
    /// Messages of the campaign that were delivered.
    pub delivered: u64,
}

/// A histogram of waiting times in milliseconds.
pub type DelayHistogram = hdrhistogram::Histogram<u64>;

/// Everything about one replication that tables and charts are made of.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Counted from 1.
    pub replication: u64,
    /// One per evaluation and number, in time order; at one instant in byte order of the numbers' ids.
    pub ratings: Vec<RatingRow>,
    /// Each number's rated evaluation of the highest score after warm-up, in number order; none if never rated.
    /// Looked for among all evaluations, so it may be missing from `ratings`.
    pub worst_ratings: Vec<Option<RatingRow>>,
    /// In log order.
    pub verdicts: Vec<Verdict>,
    /// In day order; within a day in byte order of the numbers' ids, as the log's evaluations are.
    pub daily: Vec<DailyRow>,
    /// Templates by day.
    pub template_days: TemplateDays,
    /// In scenario order.
    pub campaigns: Vec<GroupRow>,
    /// In scenario order.
    pub templates: Vec<GroupRow>,
    /// In scenario order.
    pub segments: Vec<GroupRow>,
    /// Who refused and how many: by number, campaign and reason.
    pub refusals: Vec<RefusalRow>,
    /// What rate cards made of it; none where flat prices hold.
    pub bill: Option<Bill>,
    /// By which ways people opted out, by campaign.
    pub opt_outs: Vec<OptOutRow>,
    /// What broadcast lists came to, by campaign and month in order of appearance; empty without a number of the
    /// Business app.
    pub broadcasts: Vec<BroadcastRow>,
    /// People who saved a number of the Business app, counted once for each number.
    pub contacts: u64,
    /// Delivery to reading.
    pub time_to_read: DelayHistogram,
    /// Planned instant to send.
    pub time_in_queue: DelayHistogram,
    /// Rows of the log: signals and verdicts.
    pub log_rows: u64,
    /// Hash over the log's canonical bytes, when it was asked for.
    pub digest: Option<String>,
}

/// The few numbers of every replication, for intervals. One per number, in number order.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberSummary {
    /// Counts over the run.
    pub counts: Counts,
    /// First evaluation after warm-up at which the colour was YELLOW or worse.
    pub first_yellow: Option<SimTime>,
    /// First evaluation after warm-up at which it was RED.
    pub first_red: Option<SimTime>,
    /// Share of evaluations after warm-up at each colour: red, yellow, green, unknown.
    pub share: [f64; 4],
    /// Highest score after warm-up.
    pub worst_score: Option<f64>,
    /// Colour at the end.
    pub final_rating: QualityRating,
    /// Limit at the end.
    pub final_limit: Limit,
    /// Status at the end.
    pub final_status: NumberStatus,
    /// Raises of its limit.
    pub raises: u64,
    /// Lowerings of its limit.
    pub lowerings: u64,
    /// The first lowering of its limit.
    pub first_lowered: Option<SimTime>,
    /// Limits it was raised to and when first, lowest first. Under portfolio scope the portfolio's.
    pub reached: Vec<(Limit, SimTime)>,
    /// First evaluation after `first_yellow` at which it was GREEN.
    pub green_after_yellow: Option<SimTime>,
    /// First evaluation after `first_red` at which it was not RED: better, or not rated any more.
    pub red_until: Option<SimTime>,
    /// First evaluation after `first_red` at which it was GREEN.
    pub green_after_red: Option<SimTime>,
    /// What its campaigns planned.
    pub plan: PlanCounts,
    /// Attempts refused, by the platform's code; in order of the codes, without those that never came up.
    pub refused_by: Vec<(String, u64)>,
}

/// Refused attempts of a number by the platform's code, in order of the codes.
pub fn refused_by_code(rows: &[RefusalRow], number: usize) -> Vec<(String, u64)> {
    let mut by_code: Vec<(String, u64)> = Vec::new();
    for row in rows.iter().filter(|r| r.number == number) {
        match by_code.iter_mut().find(|(code, _)| *code == row.code) {
            Some((_, n)) => *n += row.count,
            None => by_code.push((row.code.clone(), row.count)),
        }
    }
    by_code.sort();
    by_code
}

impl NumberSummary {
    /// From the counts of all its days, what became of its colour, and its state at the end.
    pub fn new(
        counts: Counts,
        watch: &Watch,
        state: &NumberState,
        limit: Limit,
        moves: &Moves,
        plan: PlanCounts,
        refused_by: Vec<(String, u64)>,
    ) -> NumberSummary {
        let all: u64 = watch.evaluations.iter().sum();
        NumberSummary {
            counts,
            first_yellow: watch.first_yellow,
            first_red: watch.first_red,
            share: watch.evaluations.map(|n| if all == 0 { 0.0 } else { n as f64 / all as f64 }),
            worst_score: watch.worst_score,
            final_rating: state.rating,
            final_limit: limit,
            final_status: state.status(),
            raises: moves.raises,
            lowerings: moves.lowerings,
            first_lowered: moves.first_lowered,
            reached: moves.reached.clone(),
            green_after_yellow: moves
                .first_after(watch.first_yellow, |colour| colour == QualityRating::Green),
            red_until: moves.first_after(watch.first_red, |colour| colour != QualityRating::Red),
            green_after_red: moves.first_after(watch.first_red, |colour| colour == QualityRating::Green),
            plan,
            refused_by,
        }
    }
}

/// One replication, small enough to keep thousands.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicationSummary {
    /// Counted from 1.
    pub replication: u64,
    /// In number order.
    pub numbers: Vec<NumberSummary>,
    /// Cost of the run.
    pub cost: f64,
    /// Worth of its conversions.
    pub value: f64,
    /// Units billed by rate cards; none where flat prices hold.
    pub billable: Option<u64>,
    /// What campaigns planned.
    pub plan: PlanCounts,
    /// Templates paused, counting each pause.
    pub template_pauses: u64,
    /// Templates disabled.
    pub templates_disabled: u64,
    /// What enforcement came to.
    pub account: AccountSummary,
    /// Daily values for bands: for each day, for each number in number order.
    pub daily: Vec<DailyPoint>,
    /// Hash over the log's canonical bytes, when it was asked for.
    pub digest: Option<String>,
}

/// One number on one day of one replication, for bands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DailyPoint {
    /// Counts of the day.
    pub counts: Counts,
    /// Slots in use at the day's end.
    pub slots_in_use: u64,
    /// Limit at the day's end.
    pub limit: Limit,
    /// Score at the day's end.
    pub score: Option<f64>,
    /// Colour at the day's end.
    pub rating: QualityRating,
    /// Whether the number was there by then: points go by position, also before a number is registered.
    pub present: bool,
}

/// Where a result comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Simulated.
    Simulated {
        /// Root of all randomness.
        seed: u64,
    },
    /// Replayed from a log; what happened is a fact, one course of events.
    Replayed,
}

impl DailyPoint {
    /// Of a day's row.
    pub fn of(row: &DailyRow) -> DailyPoint {
        DailyPoint {
            counts: row.counts,
            slots_in_use: row.slots_in_use,
            limit: row.limit,
            score: row.score,
            rating: row.rating,
            present: true,
        }
    }

    /// Of all days' rows, ordered by day, then number: one point for each day and number from the first day on.
    pub fn of_all(rows: &[&DailyRow], numbers: usize) -> Vec<DailyPoint> {
        let absent = DailyPoint {
            counts: Counts::default(),
            slots_in_use: 0,
            limit: Limit::Of(0),
            score: None,
            rating: QualityRating::Unknown,
            present: false,
        };
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let day = (row.day - rows[0].day).0 / SimTime::DAY_MS;
            out.resize(day as usize * numbers + row.number, absent);
            out.push(DailyPoint::of(row));
        }
        out
    }
}

/// What a whole run command came to: the first replication in full, the others in brief.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// Scenario name.
    pub scenario: String,
    /// The question it answers.
    pub question: String,
    /// The figures that the question asks for, over the replications; none for a replay.
    pub asked: Vec<(Asked, Estimate)>,
    /// First instant.
    pub start: SimTime,
    /// The end.
    pub horizon: SimTime,
    /// Opening span left out of headline measures.
    pub warm_up: SimDuration,
    /// Where it comes from.
    pub origin: Origin,
    /// Overrides of the scenario as typed, `path=value`.
    pub overrides: Vec<String>,
    /// Currency label.
    pub currency: String,
    /// Policy as printed: `auto`, an era, or a file's name.
    pub policy: PolicyLabel,
    /// Ids of the numbers, in number order.
    pub numbers: Vec<String>,
    /// Portfolio of each number.
    pub portfolios: Vec<String>,
    /// Whether each is a number of the Business app, which nothing rates.
    pub of_app: Vec<bool>,
    /// What the people of a simulation were assumed to do; empty where people are real.
    pub behaviour: Behaviour,
    /// Replication 1 in full.
    pub first: Outcome,
    /// What the platform itself reported, where a log holds it; nothing for a simulation.
    pub platform: Platform,
    /// All replications in brief, in order, replication 1 included.
    pub replications: Vec<ReplicationSummary>,
}

impl RunResult {
    /// Root of all randomness; none for a replay.
    pub fn seed(&self) -> Option<u64> {
        match self.origin {
            Origin::Simulated { seed } => Some(seed),
            Origin::Replayed => None,
        }
    }
}

/// What is said of the policy beside results.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyLabel {
    /// As asked for.
    pub name: String,
    /// Hash of the resolved rules.
    pub hash: String,
    /// The rule sets in force during the run: (from, name), in order.
    pub eras: Vec<(SimTime, String)>,
    /// Score thresholds of the first rule set, for charts: yellow, red.
    pub thresholds: (f64, f64),
    /// Newest date on which one of its constants was checked, `YYYY-MM-DD`.
    pub verified: String,
    /// Constants that are assumptions: name, default, low, high, source.
    pub assumptions: Vec<Assumption>,
    /// Whether any of these rule sets can lower a limit.
    pub can_lower: bool,
    /// What holds by now in place of the last of these rule sets; none if it is the newest, or no shipped era.
    pub superseded: Option<Superseded>,
    /// The first day whose rules are known, `YYYY-MM-DD`, if the run begins before it and they judge it all the same.
    pub known_from: Option<String>,
}

/// Newer rules than those a run was judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Superseded {
    /// The era that judged the run's end.
    pub era: String,
    /// The newest shipped era.
    pub newest: String,
    /// The sections of a policy file in which the two differ; never empty.
    pub sections: Vec<&'static str>,
    /// The first later era without flags, if that era has them.
    pub no_flag_since: Option<String>,
}

/// How people were assumed to react, and what else of a plan a reader has to know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behaviour {
    /// The figures that colours hang on most, by the path that `--set` takes, such as `segments.lapsed.block_base`:
    /// those that have an effect in this plan.
    pub assumptions: Vec<Assumption>,
    /// Whether replication 1 sent marketing messages.
    pub marketing: bool,
    /// What was left aside while the scenario was read, in finished sentences.
    pub remarks: Vec<String>,
}

/// A constant that the platform has not published.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    /// Dotted name, as in a policy file.
    pub name: String,
    /// What was used.
    pub value: String,
    /// Lowest plausible value.
    pub low: String,
    /// Highest plausible value.
    pub high: String,
    /// Where the value and the range come from.
    pub source: String,
}
