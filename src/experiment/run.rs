//! One replication, whichever engine makes it: what it is asked and what it leaves.
//!
//! Turns the raw books of an engine into the rows that tables are made of.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::experiment::accounts::AccountLog;
use crate::experiment::bill::{self, Units};
use crate::experiment::lists::BroadcastRow;
use crate::experiment::measure::{
    DailyPoint, DailyRow, DelayHistogram, NumberSummary, Outcome, PlanCounts, RatingRow, RefusalRow,
    ReplicationSummary, refused_by_code,
};
use crate::experiment::moves::{Moved, Moves};
use crate::experiment::plan::Plan;
use crate::experiment::senders::Senders;
use crate::experiment::tally::{self, Shape, Tally};
use crate::experiment::template_days::TemplateDays;
use crate::messaging::log::LogSink;
use crate::messaging::{Verdict, VerdictKind};
use crate::policy::judge::Judge;
use crate::sim::{SimDuration, SimTime};

/// What to keep of a replication.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions<'a> {
    /// Keep verdicts and rating rows (at multiples of this), and histograms of delays.
    pub every: Option<SimDuration>,
    /// Set by whoever wants the run to stop early.
    pub cancel: &'a AtomicBool,
    /// Simulated milliseconds so far; added to as the run goes on.
    pub progress: &'a AtomicU64,
}

/// The run was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Cancelled;

impl RunOptions<'_> {
    /// Whether to stop.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.cancel.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }

    /// Tells how far the run has come since last time, in simulated milliseconds.
    pub fn advance(&self, by: i64) {
        self.progress.fetch_add(by.max(0) as u64, Ordering::Relaxed);
    }
}

/// Verdicts as they leave the judge: shown to the senders, written to the log, counted, kept if wanted.
#[derive(Debug)]
pub struct Journal {
    keep: bool,
    /// Kept verdicts, in order.
    pub verdicts: Vec<Verdict>,
    /// Rows written to the log.
    pub rows: u64,
    moves: Vec<Moves>,
    template_pauses: u64,
    templates_disabled: u64,
    accounts: AccountLog,
}

impl Journal {
    /// An empty journal for so many numbers.
    pub fn new(numbers: usize, keep: bool) -> Journal {
        Journal {
            keep,
            verdicts: Vec::new(),
            rows: 0,
            moves: vec![Moves::default(); numbers],
            template_pauses: 0,
            templates_disabled: 0,
            accounts: AccountLog::default(),
        }
    }

    /// Takes what the judge decided since last time. Returns the numbers whose limit went up, and when.
    pub fn flush(
        &mut self,
        judge: &mut Judge,
        plan: &Plan,
        senders: &mut Senders,
        sink: &mut dyn LogSink,
    ) -> Vec<(usize, SimTime)> {
        let mut raised = Vec::new();
        for v in judge.verdicts.drain(..) {
            senders.see(plan, &v);
            sink.verdict(&v);
            self.rows += 1;
            self.accounts.note(&v);
            if matches!(v.kind, VerdictKind::LimitChanged | VerdictKind::QualityRated) {
                for (i, n) in plan.numbers().iter().enumerate() {
                    if self.moves[i].note(&v, &n.name, &n.portfolio) == Some(Moved::Raised) {
                        raised.push((i, v.time));
                    }
                }
            }
            match v.kind {
                VerdictKind::TemplatePaused => self.template_pauses += 1,
                VerdictKind::TemplateDisabled => self.templates_disabled += 1,
                _ => {}
            }
            if self.keep {
                self.verdicts.push(v);
            }
        }
        raised
    }
}

/// What an engine leaves, before it is summed up.
#[derive(Debug)]
pub struct Raw {
    /// State under the rules at the end.
    pub judge: Judge,
    /// For each number of the plan, its index with the judge.
    pub judged_as: Vec<usize>,
    /// Verdicts.
    pub journal: Journal,
    /// Rows by day and number (numbers as the judge counts them).
    pub daily: Vec<DailyRow>,
    /// Templates by day; empty unless rows are kept.
    pub template_days: TemplateDays,
    /// What happened.
    pub tally: Tally,
    /// What rate cards charge for.
    pub units: Option<Units>,
    /// What was planned.
    pub planned: Vec<PlanCounts>,
    /// What broadcast lists of the Business app came to.
    pub broadcasts: Vec<BroadcastRow>,
    /// Delivery to reading.
    pub time_to_read: DelayHistogram,
    /// Due to sent.
    pub time_in_queue: DelayHistogram,
}

/// An empty histogram of waiting times: up to about three months, two significant digits.
pub fn delay_histogram() -> DelayHistogram {
    DelayHistogram::new_with_bounds(1, 1 << 33, 2).expect("bounds and digits are constants that fit")
}

/// Records a waiting time in milliseconds; what is under one counts as one, the least a histogram can hold.
pub fn record(h: &mut DelayHistogram, ms: i64) {
    h.saturating_record(ms.max(1) as u64);
}

impl Raw {
    /// Sums up.
    pub fn finish(
        mut self,
        plan: &Plan,
        shape: &Shape,
        replication: u64,
        digest: Option<String>,
    ) -> (Outcome, ReplicationSummary) {
        let billed = self.units.take().and_then(|units| bill::bill(plan, &units));
        let costs = billed.as_ref().map(|(_, costs)| &costs[..]);
        let unwanted = tally::unwanted(&self.tally, shape, plan);
        self.planned.iter_mut().zip(unwanted).for_each(|(p, n)| p.sent_after_opt_out = n);
        let groups = tally::groups(
            &self.tally,
            shape,
            plan,
            self.judge.rules(),
            &self.planned,
            (costs, &self.broadcasts),
        );
        let bill = billed.map(|(bill, _)| bill);
        let mut plan_of = vec![0; self.judged_as.len()];
        self.judged_as.iter().enumerate().for_each(|(n, j)| plan_of[*j] = n);
        self.daily.iter_mut().for_each(|row| row.number = plan_of[row.number]);
        let mut ratings: Vec<RatingRow> = std::mem::take(&mut self.judge.ratings);
        ratings.iter_mut().for_each(|row| row.number = plan_of[row.number]);
        let worst_ratings = self.judged_as.iter().enumerate().map(|(n, j)| {
            let worst = self.judge.worst[*j].take();
            worst.map(|row| RatingRow { number: n, ..row })
        });
        let worst_ratings = worst_ratings.collect();
        let refusals = tally::refusals(&self.tally, shape, plan);
        let numbers = (0..plan.numbers().len()).map(|n| self.number_summary(plan, n, &refusals)).collect();
        // The judge goes by byte order of ids; who reads points by position goes by the scenario's order.
        let mut points: Vec<&DailyRow> = self.daily.iter().collect();
        points.sort_by_key(|row| (row.day, row.number));
        let summary = ReplicationSummary {
            replication,
            numbers,
            cost: tally::to_millionths(groups.campaigns.iter().map(|c| c.cost).sum()),
            value: tally::to_millionths(groups.campaigns.iter().map(|c| c.value).sum()),
            billable: bill.as_ref().map(bill::Bill::billable),
            plan: self.planned.iter().copied().sum(),
            template_pauses: self.journal.template_pauses,
            templates_disabled: self.journal.templates_disabled,
            account: self.journal.accounts.finish(plan.scenario.horizon),
            daily: DailyPoint::of_all(&points, plan.numbers().len()),
            digest: digest.clone(),
        };
        let outcome = Outcome {
            replication,
            ratings,
            worst_ratings,
            verdicts: self.journal.verdicts,
            daily: self.daily,
            template_days: self.template_days,
            campaigns: groups.campaigns,
            templates: groups.templates,
            segments: groups.segments,
            refusals,
            bill,
            opt_outs: tally::opt_outs(&self.tally, shape, plan),
            broadcasts: self.broadcasts,
            contacts: tally::contacts(&self.tally, shape),
            time_to_read: self.time_to_read,
            time_in_queue: self.time_in_queue,
            log_rows: self.journal.rows,
            digest,
        };
        (outcome, summary)
    }

    fn number_summary(&self, plan: &Plan, n: usize, refusals: &[RefusalRow]) -> NumberSummary {
        let j = self.judged_as[n];
        let state = &self.judge.numbers[j];
        let watch = &self.judge.watch[j];
        let mut counts = crate::experiment::measure::Counts::default();
        self.daily.iter().filter(|d| d.number == n).for_each(|d| counts += d.counts);
        let mine = plan.campaigns.iter().zip(&self.planned).filter(|(c, _)| c.spec.number == n);
        let planned = mine.map(|(_, p)| *p).sum();
        let limit = self.judge.scopes[state.scope].limit;
        let refused_by = refused_by_code(refusals, n);
        NumberSummary::new(counts, watch, state, limit, &self.journal.moves[n], planned, refused_by)
    }
}
