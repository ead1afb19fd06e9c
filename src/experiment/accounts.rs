//! What enforcement came to in a run or a replay, as verdicts told it: for how long accounts were stopped, and how
//! many sends that cost.
//!
//! Must not know how a verdict came about.

use crate::messaging::{Verdict, VerdictKind};
use crate::sim::SimTime;

/// What enforcement came to, all accounts together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccountSummary {
    /// Warnings.
    pub warnings: u64,
    /// First restriction.
    pub first_restricted: Option<SimTime>,
    /// First lock.
    pub first_locked: Option<SimTime>,
    /// First that was disabled.
    pub first_disabled: Option<SimTime>,
    /// Days that accounts were restricted, locked or disabled, each account's by itself.
    pub days_stopped: f64,
    /// Attempts that enforcement refused.
    pub refused: u64,
}

impl AccountSummary {
    /// Whether an account was restricted, locked or disabled.
    pub fn stopped(&self) -> bool {
        self.first_restricted.or(self.first_locked).or(self.first_disabled).is_some()
    }

    /// Whether enforcement did anything.
    pub fn any(&self) -> bool {
        self.warnings > 0 || self.stopped()
    }
}

/// Keeps count on the way.
#[derive(Clone, Debug, Default)]
pub struct AccountLog {
    so_far: AccountSummary,
    /// Accounts that are stopped, and since when.
    stopped: Vec<(String, SimTime)>,
    stopped_ms: i64,
}

impl AccountLog {
    /// Takes a verdict, if it is about an account.
    pub fn note(&mut self, v: &Verdict) {
        let first = match v.kind {
            VerdictKind::SendRefused => {
                self.so_far.refused += u64::from(v.rule.starts_with("account_"));
                return;
            }
            VerdictKind::AccountWarned => {
                self.so_far.warnings += 1;
                return;
            }
            VerdictKind::AccountRestored => {
                if let Some(i) = self.stopped.iter().position(|(id, _)| *id == v.subject) {
                    self.stopped_ms += (v.time - self.stopped.swap_remove(i).1).0;
                }
                return;
            }
            VerdictKind::AccountRestricted => &mut self.so_far.first_restricted,
            VerdictKind::AccountLocked => &mut self.so_far.first_locked,
            VerdictKind::AccountDisabled => &mut self.so_far.first_disabled,
            _ => return,
        };
        first.get_or_insert(v.time);
        if self.stopped.iter().all(|(id, _)| *id != v.subject) {
            self.stopped.push((v.subject.clone(), v.time));
        }
    }

    /// What it came to by the end.
    pub fn finish(&self, end: SimTime) -> AccountSummary {
        let open: i64 = self.stopped.iter().map(|(_, since)| (end - *since).0).sum();
        let ms = self.stopped_ms + open;
        AccountSummary { days_stopped: ms as f64 / SimTime::DAY_MS as f64, ..self.so_far }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::Scope;

    #[test]
    fn days_are_counted_from_the_first_stop_to_the_restoration_or_the_end() {
        let day = |n: i64| SimTime(n * SimTime::DAY_MS);
        let verdict = |kind, at, rule: &str| Verdict {
            time: at,
            kind,
            scope: Scope::Account,
            subject: "p".to_string(),
            portfolio: "p".to_string(),
            from: String::new(),
            to: String::new(),
            rule: rule.to_string(),
            cause: None,
        };
        let mut log = AccountLog::default();
        assert!(!log.finish(day(9)).any());
        log.note(&verdict(VerdictKind::AccountWarned, day(0), "violation_warn"));
        log.note(&verdict(VerdictKind::AccountRestricted, day(1), "violation_restrict_initiated"));
        log.note(&verdict(VerdictKind::AccountRestricted, day(2), "violation_restrict_all"));
        log.note(&verdict(VerdictKind::SendRefused, day(2), "account_restricted"));
        log.note(&verdict(VerdictKind::SendRefused, day(2), "limit"));
        log.note(&verdict(VerdictKind::AccountRestored, day(4), "restriction_over"));
        log.note(&verdict(VerdictKind::AccountDisabled, day(8), "severe_disable"));
        let s = log.finish(day(9));
        assert_eq!((s.warnings, s.refused, s.days_stopped), (1, 1, 4.0));
        assert_eq!(
            (s.first_restricted, s.first_locked, s.first_disabled),
            (Some(day(1)), None, Some(day(8)))
        );
    }
}
