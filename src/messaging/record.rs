//! One row as the log's columns, whatever it is: the meeting point of signals, verdicts and files.
//!
//! A verdict about a number has its subject in `number`, one about a template in `template`, one about a portfolio
//! or an account in `portfolio`; its new value is in `value`. Must not know any format.

use crate::messaging::event::ObservedKind;
use crate::messaging::log::LogSink;
use crate::messaging::{Scope, Signal, SignalKind, Verdict, VerdictKind};
use crate::sim::SimTime;

/// Names of the columns, in schema order.
pub const COLUMNS: [&str; 14] = [
    "time",
    "event",
    "number",
    "portfolio",
    "recipient",
    "message",
    "template",
    "category",
    "campaign",
    "reason",
    "value",
    "from",
    "rule",
    "cause",
];

/// How many of the columns are plain text: `number` to `rule`.
pub const TEXTS: usize = 11;

/// The name in a row's `event` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something that happened.
    Signal(SignalKind),
    /// Something the rules decided.
    Verdict(VerdictKind),
    /// Something the platform reported.
    Observed(ObservedKind),
}

impl Event {
    /// The canonical name.
    pub const fn name(self) -> &'static str {
        match self {
            Event::Signal(kind) => kind.name(),
            Event::Verdict(kind) => kind.name(),
            Event::Observed(kind) => kind.name(),
        }
    }

    /// The event of a canonical name or a short form.
    pub fn parse(text: &str) -> Option<Event> {
        SignalKind::parse(text)
            .map(Event::Signal)
            .or_else(|| VerdictKind::parse(text).map(Event::Verdict))
            .or_else(|| ObservedKind::parse(text).map(Event::Observed))
    }

    /// Every canonical name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let signals = SignalKind::ALL.iter().map(|k| k.name());
        let verdicts = VerdictKind::ALL.iter().map(|k| k.name());
        signals.chain(verdicts).chain(ObservedKind::ALL.iter().map(|k| k.name()))
    }
}

/// A row, borrowed. Absent text is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns<'a> {
    /// When.
    pub time: SimTime,
    /// What.
    pub event: Event,
    /// `number`, `portfolio`, `recipient`, `message`, `template`, `category`, `campaign`, `reason`, `value`, `from`,
    /// `rule`: columns 3 to 13 in schema order.
    pub texts: [&'a str; TEXTS],
    /// Position of the signal that made a verdict true.
    pub cause: Option<u64>,
}

impl<'a> Columns<'a> {
    /// The columns a signal fills.
    #[inline]
    pub fn of_signal(s: &'a Signal<'_>) -> Columns<'a> {
        let texts = [
            s.number,
            s.portfolio,
            s.recipient,
            s.message,
            s.template,
            s.category,
            s.campaign,
            s.reason,
            s.value,
            "",
            "",
        ];
        Columns { time: s.time, event: Event::Signal(s.kind), texts, cause: None }
    }

    /// The columns a verdict fills.
    pub fn of_verdict(v: &'a Verdict) -> Columns<'a> {
        let subject = v.subject.as_str();
        let (number, portfolio, template) = match v.scope {
            Scope::Number => (subject, v.portfolio.as_str(), ""),
            Scope::Template => ("", v.portfolio.as_str(), subject),
            Scope::Portfolio | Scope::Account => ("", subject, ""),
        };
        let texts = [number, portfolio, "", "", template, "", "", "", &v.to, &v.from, &v.rule];
        Columns { time: v.time, event: Event::Verdict(v.kind), texts, cause: v.cause }
    }

    /// The row, owned.
    pub fn to_row(&self) -> LogRow {
        let texts = self.texts.map(str::to_string);
        LogRow { time: self.time, event: self.event, texts, cause: self.cause }
    }

    /// The row as a signal, if it is one.
    pub fn signal(&self) -> Option<Signal<'a>> {
        let Event::Signal(kind) = self.event else { return None };
        let [number, portfolio, recipient, message, template, category, campaign, reason, value, ..] =
            self.texts;
        Some(Signal {
            time: self.time,
            kind,
            number,
            portfolio,
            recipient,
            message,
            template,
            category,
            campaign,
            reason,
            value,
        })
    }

    /// The row as a verdict, if it is one. Its scope follows from the columns that are filled: a number, else a
    /// template, else the account where the event is one of enforcement, else the portfolio.
    pub fn verdict(&self) -> Option<Verdict> {
        let Event::Verdict(kind) = self.event else { return None };
        let [number, portfolio, _, _, template, _, _, _, to, from, rule] = self.texts;
        let (scope, subject) = match kind {
            _ if !number.is_empty() => (Scope::Number, number),
            _ if !template.is_empty() => (Scope::Template, template),
            VerdictKind::AccountWarned
            | VerdictKind::AccountRestricted
            | VerdictKind::AccountRestored
            | VerdictKind::AccountLocked
            | VerdictKind::AccountDisabled => (Scope::Account, portfolio),
            _ => (Scope::Portfolio, portfolio),
        };
        Some(Verdict {
            time: self.time,
            kind,
            scope,
            subject: subject.to_string(),
            portfolio: portfolio.to_string(),
            from: from.to_string(),
            to: to.to_string(),
            rule: rule.to_string(),
            cause: self.cause,
        })
    }
}

/// A row, owned: what readers give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// When.
    pub time: SimTime,
    /// What.
    pub event: Event,
    /// Columns `number` to `rule`, in schema order; absent text is empty.
    pub texts: [String; TEXTS],
    /// Position of the signal that made a verdict true.
    pub cause: Option<u64>,
}

impl LogRow {
    /// The row, borrowed.
    pub fn columns(&self) -> Columns<'_> {
        let texts = std::array::from_fn(|i| self.texts[i].as_str());
        Columns { time: self.time, event: self.event, texts, cause: self.cause }
    }

    /// The row as a signal, if it is one.
    pub fn signal(&self) -> Option<Signal<'_>> {
        self.columns().signal()
    }

    /// The row as a verdict, if it is one.
    pub fn verdict(&self) -> Option<Verdict> {
        self.columns().verdict()
    }

    /// Hands the row to a sink as what it is. An observed row is no part of the sink's vocabulary: `false`.
    pub fn hand_to(&self, sink: &mut dyn LogSink) -> bool {
        if let Some(signal) = self.signal() {
            sink.signal(&signal);
        } else if let Some(verdict) = self.verdict() {
            sink.verdict(&verdict);
        } else {
            return false;
        }
        true
    }
}

/// Keeps every row in memory. For tests and for logs known to be small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryLog {
    /// In log order.
    pub rows: Vec<LogRow>,
}

impl MemoryLog {
    fn push(&mut self, c: Columns<'_>) {
        self.rows.push(c.to_row());
    }
}

impl LogSink for MemoryLog {
    fn signal(&mut self, signal: &Signal<'_>) {
        self.push(Columns::of_signal(signal));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.push(Columns::of_verdict(verdict));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_of_every_scope_comes_back_as_it_was() {
        for (scope, subject, kind) in [
            (Scope::Number, "n1", VerdictKind::QualityRated),
            (Scope::Portfolio, "p", VerdictKind::LimitChanged),
            (Scope::Template, "promo", VerdictKind::TemplatePaused),
            (Scope::Account, "p", VerdictKind::AccountWarned),
        ] {
            let verdict = Verdict {
                time: SimTime(5),
                kind,
                scope,
                subject: subject.into(),
                portfolio: "p".into(),
                from: "old".into(),
                to: "new".into(),
                rule: "rating".into(),
                cause: Some(7),
            };
            let mut log = MemoryLog::default();
            log.verdict(&verdict);
            assert_eq!(log.rows[0].verdict(), Some(verdict), "{scope:?}");
            assert_eq!(log.rows[0].signal(), None);
            assert_eq!(log.rows[0].texts[0].is_empty(), scope != Scope::Number);
        }
    }

    #[test]
    fn observed_rows_are_kept_apart() {
        let event = Event::parse("rating_observed").unwrap();
        let row = LogRow { time: SimTime(0), event, texts: Default::default(), cause: None };
        assert!(!row.hand_to(&mut MemoryLog::default()));
        assert_eq!(Event::names().count(), 24 + 20 + 6);
    }
}
