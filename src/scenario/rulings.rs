//! From checked tables to what the platform decides from outside: violations, appeals, reviews.

use super::check::Checker;
use super::plan::{Known, Run, instant_in_run, mark, number_of};
use super::read::Reader;
use crate::behaviour::account::{Decided, Recorded, Recurrence, Review};
use crate::behaviour::calendar::Zone;
use crate::messaging::{Appeal, Violation};
use crate::sim::SimTime;

/// Violations, in file order.
pub fn violations(t: &Reader<'_>, known: &Known<'_>, faults: &mut Checker) -> Vec<Recorded> {
    let mut out = Vec::new();
    for v in t.items("violations") {
        let number = number_of(&v, known, faults);
        let kind = Violation::parse(v.text("kind")).unwrap_or(Violation::Spam);
        let when = match v.real_opt("per_week") {
            Some(rate) => Some(Recurrence::PerWeek(rate)),
            None => instant_in_run(&v, "at", known.run, faults).map(Recurrence::At),
        };
        out.extend(when.map(|when| Recorded { number, when, kind }));
    }
    out
}

/// Appeals, in file order.
pub fn appeals(t: &Reader<'_>, known: &Known<'_>, faults: &mut Checker) -> Vec<Decided> {
    let mut out = Vec::new();
    for a in t.items("appeals") {
        let number = number_of(&a, known, faults);
        let at = instant_in_run(&a, "at", known.run, faults);
        let outcome = Appeal::parse(a.text("outcome"));
        out.extend(at.zip(outcome).map(|(at, outcome)| Decided { number, at, outcome }));
    }
    out
}

/// A template's review from its filled table.
pub fn review(t: &Reader<'_>, run: Run) -> Review {
    let start = run.map_or(SimTime(0), |r| r.0);
    let submitted = t.text_opt("submitted").and_then(|m| mark(m, &Zone::utc(), start));
    Review {
        // Whatever was submitted before the run is submitted at its start: nothing comes before that in a log.
        submitted: submitted.unwrap_or(start).max(start),
        delay: t.delay("delay"),
        rejected: t.real("rejected"),
        appealed: t.real("appealed"),
        appeal_granted: t.real("appeal_granted"),
        appeal_delay: t.delay("appeal_delay"),
    }
}
