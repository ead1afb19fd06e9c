//! Read rates: of the messages delivered to people, the share that were read, as receipts show it.
//!
//! A read counts where its message was delivered, so that the share is one of messages, and deliveries too young to
//! have been read can be left out. Kept only where some rule of the run asks for it. Whoever switched receipts off
//! counts as someone who did not read: the platform's own figure can't know better for sure, and ours does not either.

use std::collections::VecDeque;

use crate::messaging::QualityRating;
use crate::policy::judge::state::{LastCounted, LastSignals, TemplateState};
use crate::policy::judge::{Judge, Strike, Timeline};
use crate::policy::rules::TemplateRules;
use crate::sim::{SimDuration, SimTime};

/// Which reads a run has to count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadsWanted {
    /// Those of accounts.
    pub accounts: bool,
    /// Those of templates.
    pub templates: bool,
    /// How far back at most.
    span: SimDuration,
}

impl ReadsWanted {
    /// What the rules of a run ask for, the ones that come later included.
    pub fn of(timeline: &Timeline) -> ReadsWanted {
        let mut wanted = ReadsWanted::default();
        let mut i = 0;
        while timeline.effective(i).is_some() {
            let rules = timeline.rules(i);
            i += 1;
            if let Some(r) = rules.read_rate.as_ref().filter(|r| r.floor > 0.0) {
                wanted.accounts = true;
                wanted.span = wanted.span.max(SimDuration(r.window.0 + r.after.0));
            }
            if let Some(t) = rules.template.as_ref().filter(|t| t.reads()) {
                wanted.templates = true;
                wanted.span = wanted.span.max(SimDuration(rules.rating.window.0 + t.read_after.0));
            }
        }
        wanted
    }
}

/// Messages delivered in one bucket of the grid, and how many of them were read so far.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    bucket: i64,
    delivered: u32,
    read: u32,
}

/// What was delivered lately, by when, and what of it was read.
#[derive(Clone, Debug, Default)]
pub struct Cohorts {
    /// Ascending; only buckets with deliveries.
    cohorts: VecDeque<Cohort>,
}

impl Cohorts {
    /// Counts deliveries of a bucket, which is the newest.
    fn delivered(&mut self, bucket: i64, n: u32) {
        match self.cohorts.back_mut() {
            Some(last) if last.bucket >= bucket => last.delivered += n,
            _ => self.cohorts.push_back(Cohort { bucket, delivered: n, read: 0 }),
        }
    }

    /// Counts a read of a message delivered in a bucket; one that is forgotten, or was before the log, is no matter.
    fn read(&mut self, bucket: i64, n: u32) {
        if let Ok(i) = self.cohorts.binary_search_by_key(&bucket, |c| c.bucket) {
            self.cohorts[i].read += n;
        }
    }

    fn forget_up_to(&mut self, bucket: i64) {
        while self.cohorts.front().is_some_and(|c| c.bucket <= bucket) {
            self.cohorts.pop_front();
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.cohorts.clear();
    }

    /// Deliveries of the buckets after one and up to another, and the reads of those.
    fn sums(&self, after: i64, up_to: i64) -> (u64, u64) {
        let within = self.cohorts.iter().filter(|c| c.bucket > after && c.bucket <= up_to);
        within.fold((0, 0), |(d, r), c| (d + u64::from(c.delivered), r + u64::from(c.read)))
    }
}

/// A share of messages read; none of nothing.
fn share((delivered, read): (u64, u64)) -> Option<f64> {
    (delivered > 0).then(|| read as f64 / delivered as f64)
}

impl Judge {
    /// Whether any rules of the run look at reads.
    #[inline]
    pub fn watches_reads(&self) -> bool {
        self.reads.accounts || self.reads.templates
    }

    /// A message was delivered from a portfolio's number.
    pub(super) fn delivered_to_account(&mut self, number: usize, n: u32, bucket: i64, last: (SimTime, u64)) {
        let account = &mut self.portfolios[self.numbers[number].portfolio].account;
        account.cohorts.delivered(bucket, n);
        account.last = account.last.max(Some(last));
    }

    /// A message was read that had been delivered at an instant. Returns whether that counts for its template.
    pub fn count_read(&mut self, number: usize, template: Option<usize>, delivered: SimTime) -> bool {
        let bucket = self.grid.bucket_of(delivered);
        if self.numbers[number].app {
            return false;
        }
        if self.reads.accounts {
            self.portfolios[self.numbers[number].portfolio].account.cohorts.read(bucket, 1);
        }
        let Some(t) = template.filter(|_| self.reads.templates) else { return false };
        let t = &mut self.templates[t];
        // Counting restarted: only what was delivered after the resume counts.
        let counts = t.resumed_at.is_none_or(|resumed| delivered > resumed);
        if counts {
            t.cohorts.read(bucket, 1);
        }
        counts
    }

    /// A read that entered an account's read rate: when, and its position among signals.
    pub fn note_read_of_account(&mut self, number: usize, at: SimTime, position: u64) {
        if self.numbers[number].app {
            return;
        }
        let account = &mut self.portfolios[self.numbers[number].portfolio].account;
        account.last = account.last.max(Some((at, position)));
    }

    /// The same of a template.
    pub fn note_read_of_template(&mut self, template: usize, at: SimTime, position: u64) {
        let last = &mut self.templates[template].last.read;
        *last = (*last).max(Some((at, position)));
    }

    /// Whole buckets of the base grid in a span: deliveries are counted by bucket, so spans are rounded down to them.
    fn buckets(&self, span: SimDuration) -> i64 {
        span.0 / self.grid.base.0
    }

    /// A template's colour after a look at its read rate, which can only make it worse.
    pub(super) fn colour_by_reads(
        &mut self,
        t: usize,
        rules: &TemplateRules,
        bucket: i64,
        colour: QualityRating,
    ) -> QualityRating {
        if !self.reads.templates {
            return colour;
        }
        let (kept, window) = (self.buckets(self.reads.span), self.buckets(self.rules.rating.window));
        let up_to = bucket - self.buckets(rules.read_after);
        let cohorts = &mut self.templates[t].cohorts;
        cohorts.forget_up_to(bucket - kept);
        let sums = cohorts.sums(up_to - window, up_to);
        // The sample asked of a rating is asked of its read rate too.
        if !rules.reads() || colour == QualityRating::Unknown || sums.0 < rules.min_sample {
            return colour;
        }
        match share(sums) {
            Some(share) if share < rules.read_floor => QualityRating::Red,
            Some(share) if share < rules.read_yellow => colour.min(QualityRating::Yellow),
            _ => colour,
        }
    }

    /// At an evaluation: accounts whose messages are hardly read, by id.
    pub(super) fn evaluate_reading(&mut self, at: SimTime, bucket: i64) {
        if !self.reads.accounts {
            return;
        }
        let kept = self.buckets(self.reads.span);
        for p in self.portfolio_order() {
            self.portfolios[p].account.cohorts.forget_up_to(bucket - kept);
            let Some(rules) = self.rules.read_rate.clone().filter(|r| r.floor > 0.0) else { continue };
            let up_to = bucket - self.buckets(rules.after);
            let account = &self.portfolios[p].account;
            let sums = account.cohorts.sums(up_to - self.buckets(rules.window), up_to);
            let rested = account.unread_at.is_none_or(|before| at - before >= rules.window);
            let low = sums.0 >= rules.min_sample && share(sums).is_some_and(|s| s < rules.floor);
            if rested && low {
                let cause = self.evaluation_cause(account.last, at);
                self.portfolios[p].account.unread_at = Some(at);
                self.strike(p, Strike::ReadRate, at, cause);
            }
        }
    }

    /// Deliveries of an account that count towards its read rate at an evaluation, and those of them that were read;
    /// none where the rules in force do not look.
    pub fn account_reads(&self, portfolio: usize, evaluation: SimTime) -> Option<(u64, u64)> {
        let rules = self.rules.read_rate.as_ref().filter(|r| r.floor > 0.0)?;
        let up_to = self.grid.bucket_of(evaluation) - self.buckets(rules.after);
        let account = &self.portfolios[portfolio].account;
        Some(account.cohorts.sums(up_to - self.buckets(rules.window), up_to))
    }
}

impl LastSignals {
    /// The later of what entered a template's rating otherwise and its last read; none is noted where no rule of the
    /// run looks at reads.
    pub(super) fn with_reads(&self, counted: LastCounted) -> LastCounted {
        counted.max(self.read)
    }
}

impl TemplateState {
    /// Counts deliveries; the bucket is that of the instant at hand.
    pub(super) fn delivered(&mut self, bucket: i64, n: u32) {
        self.cohorts.delivered(bucket, n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_counts_where_its_message_was_delivered() {
        let mut c = Cohorts::default();
        c.delivered(3, 10);
        c.delivered(5, 20);
        c.read(3, 4);
        c.read(4, 1);
        c.read(5, 2);
        assert_eq!(c.sums(2, 5), (30, 6));
        assert_eq!(c.sums(3, 5), (20, 2));
        assert_eq!(c.sums(2, 4), (10, 4));
        c.forget_up_to(3);
        c.read(3, 1);
        assert_eq!(c.sums(0, 9), (20, 2));
        assert_eq!(share((0, 0)), None);
    }
}
