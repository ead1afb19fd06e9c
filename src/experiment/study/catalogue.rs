//! The measures that can be asked for by name: one number of one replication, with its unit and its meaning.
//!
//! One list, so that a gate, a precision, a sweep's column and a chart's axis all mean the same. Must not know how
//! values of several replications are summed up, nor who asks.

use crate::experiment::measure::{NumberSummary, ReplicationSummary};
use crate::experiment::plan::Plan;
use crate::messaging::rows::Counts;
use crate::messaging::{Limit, NumberStatus};
use crate::scenario::Scenario;
use crate::sim::{SimDuration, SimTime};
use crate::text::did_you_mean;

/// What a measure counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A probability, or a share of something, from 0 to 1.
    Share,
    /// Messages, people or other things counted.
    Count,
    /// The scenario's currency.
    Money,
    /// Days of 24 hours.
    Days,
    /// Weighted negative signals per message.
    Score,
}

impl Unit {
    /// As printed beside a figure; empty where the figure says it (shares are printed in percent).
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Share => "share",
            Unit::Count => "count",
            Unit::Money => "currency",
            Unit::Days => "days",
            Unit::Score => "signals/message",
        }
    }
}

/// Which way is better for a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less.
    Lower,
    /// More.
    Higher,
    /// Neither by itself.
    Neither,
}

/// What of a plan its measures need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// First instant.
    pub start: SimTime,
    /// The end.
    pub horizon: SimTime,
    /// Opening span that colours are not looked for in.
    pub warm_up: SimDuration,
    /// Ids of the numbers, in number order.
    pub numbers: Vec<String>,
}

impl Frame {
    /// Of a plan.
    pub fn of(plan: &Plan) -> Frame {
        Frame::of_scenario(&plan.scenario)
    }

    /// Of a scenario.
    pub fn of_scenario(s: &Scenario) -> Frame {
        let numbers = s.numbers.iter().map(|n| n.name.clone()).collect();
        Frame { start: s.start, horizon: s.horizon, warm_up: s.warm_up, numbers }
    }

    fn days_until(&self, at: SimTime) -> f64 {
        (at - self.start).as_days()
    }
}

/// How a value is taken.
#[derive(Clone, Copy)]
enum Take {
    /// 1 if it holds of any of the numbers, else 0.
    Any(fn(&NumberSummary) -> bool),
    /// The count at this place of [`Counts::named`], all numbers together.
    Count(usize),
    /// A sum over numbers.
    Sum(fn(&NumberSummary) -> f64),
    /// A sum over numbers divided by another; none where that is zero.
    Ratio(fn(&Counts) -> (u64, u64)),
    /// The largest over numbers.
    Most(fn(&NumberSummary, &Frame) -> Option<f64>),
    /// The smallest over numbers.
    Least(fn(&NumberSummary, &Frame) -> Option<f64>),
    /// Attempts refused under this code of the platform.
    Refused(&'static str),
    /// Something of the whole run; has no number.
    Run(fn(&ReplicationSummary) -> f64),
    /// The same where it may not be there.
    RunMaybe(fn(&ReplicationSummary) -> Option<f64>),
    /// 1 if any number reached this limit, else 0.
    Reached(Limit),
    /// Days from the start until the first number reached this limit.
    UntilLimit(Limit),
}

/// One entry of the list.
struct Entry {
    name: &'static str,
    unit: Unit,
    better: Better,
    meaning: &'static str,
    take: Take,
}

const fn entry(name: &'static str, unit: Unit, better: Better, meaning: &'static str, take: Take) -> Entry {
    Entry { name, unit, better, meaning, take }
}

use Better::{Higher, Lower, Neither};

static ENTRIES: &[Entry] = &[
    entry(
        "p_red",
        Unit::Share,
        Lower,
        "chance that a number is RED at an evaluation after warm-up",
        Take::Any(|n| n.first_red.is_some()),
    ),
    entry(
        "p_yellow",
        Unit::Share,
        Lower,
        "chance that a number is YELLOW or worse at an evaluation after warm-up",
        Take::Any(|n| n.first_yellow.is_some()),
    ),
    entry(
        "p_lowered",
        Unit::Share,
        Lower,
        "chance that a limit is lowered",
        Take::Any(|n| n.first_lowered.is_some()),
    ),
    entry(
        "p_banned",
        Unit::Share,
        Lower,
        "chance that a number ends banned",
        Take::Any(|n| n.final_status == NumberStatus::Banned),
    ),
    entry(
        "p_template_paused",
        Unit::Share,
        Lower,
        "chance that a template is paused",
        Take::Run(|r| f64::from(u8::from(r.template_pauses > 0))),
    ),
    entry(
        "p_template_disabled",
        Unit::Share,
        Lower,
        "chance that a template is disabled",
        Take::Run(|r| f64::from(u8::from(r.templates_disabled > 0))),
    ),
    entry(
        "p_account_stopped",
        Unit::Share,
        Lower,
        "chance that an account is restricted, locked or disabled",
        Take::Run(|r| f64::from(u8::from(r.account.stopped()))),
    ),
    entry(
        "days_account_stopped",
        Unit::Days,
        Lower,
        "days that accounts were restricted, locked or disabled",
        Take::Run(|r| r.account.days_stopped),
    ),
    entry(
        "refused_by_account",
        Unit::Count,
        Lower,
        "attempts refused because the account was restricted, locked or disabled",
        Take::Run(|r| r.account.refused as f64),
    ),
    entry(
        "share_red",
        Unit::Share,
        Lower,
        "share of evaluations after warm-up at RED, of the number with most",
        Take::Most(|n, _| Some(n.share[0])),
    ),
    entry(
        "share_green",
        Unit::Share,
        Higher,
        "share of evaluations after warm-up at GREEN, of the number with least",
        Take::Least(|n, _| Some(n.share[2])),
    ),
    entry(
        "worst_score",
        Unit::Score,
        Lower,
        "highest score of a rated evaluation after warm-up",
        Take::Most(|n, _| n.worst_score),
    ),
    entry(
        "days_to_red",
        Unit::Days,
        Higher,
        "days from the start to the first RED, where there is one",
        Take::Least(|n, f| n.first_red.map(|t| f.days_until(t))),
    ),
    entry(
        "days_to_yellow",
        Unit::Days,
        Higher,
        "days from the start to the first YELLOW or RED, where there is one",
        Take::Least(|n, f| n.first_yellow.map(|t| f.days_until(t))),
    ),
    entry(
        "days_red",
        Unit::Days,
        Lower,
        "days at RED in all, of the number with most",
        Take::Most(|n, f| Some(n.share[0] * (f.horizon - (f.start + f.warm_up)).as_days())),
    ),
    entry(
        "days_below_green",
        Unit::Days,
        Lower,
        "days at YELLOW or RED in all, of the number with most",
        Take::Most(|n, f| Some((n.share[0] + n.share[1]) * (f.horizon - (f.start + f.warm_up)).as_days())),
    ),
    entry(
        "days_to_recover",
        Unit::Days,
        Lower,
        "days from the first RED (else the first YELLOW) to the next GREEN, which may be a short one; where there is one",
        Take::Most(|n, _| {
            let (first, green) = match n.first_red {
                Some(red) => (red, n.green_after_red?),
                None => (n.first_yellow?, n.green_after_yellow?),
            };
            Some((green - first).as_days())
        }),
    ),
    entry("raises", Unit::Count, Higher, "raises of limits", Take::Sum(|n| n.raises as f64)),
    entry("lowerings", Unit::Count, Lower, "lowerings of limits", Take::Sum(|n| n.lowerings as f64)),
    entry(
        "final_limit",
        Unit::Count,
        Higher,
        "lowest limit at the end; none where it is unlimited",
        Take::Least(|n, _| match n.final_limit {
            Limit::Of(l) => Some(l as f64),
            Limit::Unlimited => None,
        }),
    ),
    entry(
        "planned",
        Unit::Count,
        Neither,
        "messages the calendar asked for",
        Take::Sum(|n| n.plan.planned as f64),
    ),
    entry(
        "deferred",
        Unit::Count,
        Lower,
        "planned messages that waited for the limit",
        Take::Sum(|n| n.plan.deferred as f64),
    ),
    entry("not_sent", Unit::Count, Lower, "planned messages given up", Take::Sum(|n| n.plan.not_sent as f64)),
    entry(
        "retried",
        Unit::Count,
        Neither,
        "tries after a temporary refusal, each counted",
        Take::Sum(|n| n.plan.retried as f64),
    ),
    entry(
        "sent_after_opt_out",
        Unit::Count,
        Lower,
        "messages sent to people who had opted out",
        Take::Sum(|n| n.plan.sent_after_opt_out as f64),
    ),
    entry("attempted", Unit::Count, Neither, "attempts to send", Take::Count(0)),
    entry("refused", Unit::Count, Lower, "attempts refused", Take::Count(1)),
    entry(
        "refused_131048",
        Unit::Count,
        Lower,
        "attempts refused because of the number: limit used up, or suspended",
        Take::Refused("131048"),
    ),
    entry(
        "refused_131049",
        Unit::Count,
        Lower,
        "attempts refused because of the person's inbox: caps, retry guard, excluded countries",
        Take::Refused("131049"),
    ),
    entry(
        "refused_131026",
        Unit::Count,
        Lower,
        "attempts refused by a cap while the platform gave this code for it, until November 2024",
        Take::Refused("131026"),
    ),
    entry(
        "refused_130472",
        Unit::Count,
        Lower,
        "attempts refused because the person is held out of marketing",
        Take::Refused("130472"),
    ),
    entry(
        "refused_131050",
        Unit::Count,
        Lower,
        "attempts refused because the person stopped the business's marketing",
        Take::Refused("131050"),
    ),
    entry("refused_131056", Unit::Count, Lower, "attempts refused by the pair rate", Take::Refused("131056")),
    entry(
        "refused_130429",
        Unit::Count,
        Lower,
        "attempts refused by the throughput of a number",
        Take::Refused("130429"),
    ),
    entry(
        "refusal_rate",
        Unit::Share,
        Lower,
        "refused attempts per attempt",
        Take::Ratio(|c| (c.refused, c.attempted)),
    ),
    entry("sent", Unit::Count, Higher, "messages sent", Take::Count(2)),
    entry("delivered", Unit::Count, Higher, "messages delivered", Take::Count(3)),
    entry("failed", Unit::Count, Lower, "messages failed", Take::Count(4)),
    entry("read", Unit::Count, Higher, "reads seen", Take::Count(5)),
    entry("clicked", Unit::Count, Higher, "links clicked", Take::Count(6)),
    entry("converted", Unit::Count, Higher, "conversions", Take::Count(7)),
    entry("received", Unit::Count, Higher, "messages from recipients", Take::Count(8)),
    entry("blocked", Unit::Count, Lower, "blocks", Take::Count(9)),
    entry("reported", Unit::Count, Lower, "reports", Take::Count(10)),
    entry("muted", Unit::Count, Lower, "mutes", Take::Count(11)),
    entry("archived", Unit::Count, Lower, "archives", Take::Count(12)),
    entry("opted_out", Unit::Count, Lower, "opt-outs", Take::Count(13)),
    entry("interested", Unit::Count, Higher, "statements of interest in more marketing", Take::Count(14)),
    entry("not_interested", Unit::Count, Lower, "statements of no interest in more", Take::Count(15)),
    entry(
        "block_rate",
        Unit::Share,
        Lower,
        "blocks per delivered message",
        Take::Ratio(|c| (c.blocked, c.delivered)),
    ),
    entry(
        "report_rate",
        Unit::Share,
        Lower,
        "reports per delivered message",
        Take::Ratio(|c| (c.reported, c.delivered)),
    ),
    entry(
        "opt_out_rate",
        Unit::Share,
        Lower,
        "opt-outs per delivered message",
        Take::Ratio(|c| (c.opted_out, c.delivered)),
    ),
    entry(
        "read_rate",
        Unit::Share,
        Higher,
        "reads seen per delivered message",
        Take::Ratio(|c| (c.read, c.delivered)),
    ),
    entry(
        "delivery_rate",
        Unit::Share,
        Higher,
        "deliveries per sent message",
        Take::Ratio(|c| (c.delivered, c.sent)),
    ),
    entry("cost", Unit::Money, Lower, "what was paid", Take::Run(|r| r.cost)),
    entry("value", Unit::Money, Higher, "what conversions were worth", Take::Run(|r| r.value)),
    entry("profit", Unit::Money, Higher, "worth of conversions less cost", Take::Run(|r| r.value - r.cost)),
    entry(
        "cost_per_conversion",
        Unit::Money,
        Lower,
        "what was paid, divided by conversions, where there are any",
        Take::RunMaybe(|r| {
            let converted: u64 = r.numbers.iter().map(|n| n.counts.converted).sum();
            (converted > 0).then(|| r.cost / converted as f64)
        }),
    ),
    entry(
        "billable",
        Unit::Count,
        Lower,
        "messages or conversations billed by rate cards; none with flat prices",
        Take::RunMaybe(|r| r.billable.map(|n| n as f64)),
    ),
];

/// Measures with a limit in their names: the stem and what it stands for.
const OF_LIMITS: [(&str, &str); 2] = [
    ("p_limit_", "chance that a number reaches this limit, as in p_limit_100000 or p_limit_unlimited"),
    ("days_to_limit_", "days from the start until this limit is reached, where it is"),
];

/// A measure asked for by name.
#[derive(Clone)]
pub struct Measure {
    /// As asked for: `p_red`, `blocked@main`.
    pub name: String,
    /// What it counts in.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// In words.
    pub meaning: String,
    take: Take,
    /// The number's id: arms may list their numbers in another order.
    number: Option<String>,
}

impl std::fmt::Debug for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Measure({})", self.name)
    }
}

impl PartialEq for Measure {
    fn eq(&self, other: &Measure) -> bool {
        self.name == other.name
    }
}

/// A name that stands for no measure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found}: {why}{}", hint.as_ref().map_or(String::new(), |h| format!("; {h}")))]
pub struct Unknown {
    /// What was asked for.
    pub found: String,
    /// What is wrong with it, and what is allowed.
    pub why: String,
    /// The nearest right spelling.
    pub hint: Option<String>,
}

/// Every name with its unit and meaning, in the order in which they are read best.
pub fn list() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let limits = OF_LIMITS.iter().map(|(stem, meaning)| {
        (*stem, if stem.starts_with("p_") { Unit::Share.name() } else { Unit::Days.name() }, *meaning)
    });
    ENTRIES.iter().map(|e| (e.name, e.unit.name(), e.meaning)).chain(limits)
}

impl Measure {
    /// By name: one of [`list`], alone for all numbers of the run together, or with `@` and a number's id.
    pub fn named(text: &str, frame: &Frame) -> Result<Measure, Unknown> {
        let (name, number) = match text.split_once('@') {
            None => (text, None),
            Some((name, id)) => {
                if !frame.numbers.iter().any(|n| n == id) {
                    return Err(Unknown {
                        found: text.to_string(),
                        why: format!("no number {id} (numbers: {})", frame.numbers.join(", ")),
                        hint: did_you_mean(id, frame.numbers.iter().map(String::as_str)),
                    });
                }
                (name, Some(id.to_string()))
            }
        };
        let found = ENTRIES.iter().find(|e| e.name == name);
        let (unit, better, meaning, take) = match found {
            Some(e) => (e.unit, e.better, e.meaning, e.take),
            None => of_limit(name).ok_or_else(|| {
                let names: Vec<&str> = ENTRIES.iter().map(|e| e.name).collect();
                Unknown {
                    found: text.to_string(),
                    why: format!(
                        "no such measure (measures: {}, p_limit_N, days_to_limit_N)",
                        names.join(", ")
                    ),
                    hint: did_you_mean(name, names.iter().copied()),
                }
            })?,
        };
        if number.is_some() && matches!(take, Take::Run(_) | Take::RunMaybe(_)) {
            return Err(Unknown {
                found: text.to_string(),
                why: format!("{name} is of the whole run and not of one number"),
                hint: None,
            });
        }
        let meaning = meaning.to_string();
        Ok(Measure { name: text.to_string(), unit, better, meaning, take, number })
    }

    /// Whether its values are 0 or 1, so that their mean is a chance.
    pub fn is_chance(&self) -> bool {
        self.name.starts_with("p_")
    }

    /// Whether its values cannot be below zero.
    pub fn from_zero(&self) -> bool {
        self.name != "profit"
    }

    /// Whether it is the day of something that may never come, so that most replications can be without a value.
    pub fn is_day_of_event(&self) -> bool {
        self.name.starts_with("days_to_")
    }

    /// Whether only rate cards give it a value.
    pub fn needs_rates(&self) -> bool {
        self.name == "billable"
    }

    /// The value in one replication; none where there is none, as the day of a RED that never came.
    pub fn of(&self, run: &ReplicationSummary, frame: &Frame) -> Option<f64> {
        let numbers = match &self.number {
            None => &run.numbers[..],
            Some(id) => {
                let place = frame.numbers.iter().position(|n| n == id)?;
                std::slice::from_ref(&run.numbers[place])
            }
        };
        let flag = |yes: bool| Some(f64::from(u8::from(yes)));
        let least = |values: &mut dyn Iterator<Item = f64>| values.min_by(f64::total_cmp);
        let most = |values: &mut dyn Iterator<Item = f64>| values.max_by(f64::total_cmp);
        match self.take {
            Take::Any(holds) => flag(numbers.iter().any(holds)),
            Take::Count(place) => Some(numbers.iter().map(|n| n.counts.named()[place].1).sum::<u64>() as f64),
            Take::Refused(code) => {
                let by_code = numbers.iter().flat_map(|n| &n.refused_by).filter(|(c, _)| c == code);
                Some(by_code.map(|(_, n)| *n).sum::<u64>() as f64)
            }
            Take::Sum(of) => Some(numbers.iter().map(of).sum()),
            Take::Ratio(of) => {
                let mut all = Counts::default();
                numbers.iter().for_each(|n| all += n.counts);
                let (part, whole) = of(&all);
                (whole > 0).then(|| part as f64 / whole as f64)
            }
            Take::Most(of) => most(&mut numbers.iter().filter_map(|n| of(n, frame))),
            Take::Least(of) => least(&mut numbers.iter().filter_map(|n| of(n, frame))),
            Take::Run(of) => Some(of(run)),
            Take::RunMaybe(of) => of(run),
            Take::Reached(limit) => flag(numbers.iter().any(|n| reached(n, limit).is_some())),
            Take::UntilLimit(limit) => {
                least(&mut numbers.iter().filter_map(|n| reached(n, limit)).map(|t| frame.days_until(t)))
            }
        }
    }
}

/// When a number's limit first was this one or above.
fn reached(n: &NumberSummary, limit: Limit) -> Option<SimTime> {
    n.reached.iter().filter(|(had, _)| *had >= limit).map(|(_, at)| *at).min()
}

/// A measure with a limit in its name.
fn of_limit(name: &str) -> Option<(Unit, Better, &'static str, Take)> {
    let [(chance, chance_words), (days, days_words)] = OF_LIMITS;
    if let Some(limit) = name.strip_prefix(chance).and_then(Limit::parse) {
        return Some((Unit::Share, Higher, chance_words, Take::Reached(limit)));
    }
    let limit = name.strip_prefix(days).and_then(Limit::parse)?;
    Some((Unit::Days, Lower, days_words, Take::UntilLimit(limit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame {
            start: SimTime(0),
            horizon: SimTime(10 * SimTime::DAY_MS),
            warm_up: SimDuration::days(2),
            numbers: vec!["main".into(), "second".into()],
        }
    }

    #[test]
    fn counts_stand_at_their_places() {
        for (place, (name, _)) in Counts::default().named().into_iter().enumerate() {
            let entry =
                ENTRIES.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("{name} is missing"));
            assert!(matches!(entry.take, Take::Count(p) if p == place), "{name}");
        }
    }

    #[test]
    fn names_are_unique_and_wrong_ones_get_help() {
        let mut names: Vec<_> = ENTRIES.iter().map(|e| e.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENTRIES.len());
        let wrong = Measure::named("p_rde", &frame()).unwrap_err().to_string();
        assert!(wrong.contains("did you mean p_red?") && wrong.contains("days_to_limit_N"), "{wrong}");
        let wrong = Measure::named("blocked@mian", &frame()).unwrap_err().to_string();
        assert!(wrong.contains("did you mean main?"), "{wrong}");
        assert!(Measure::named("cost@main", &frame()).unwrap_err().to_string().contains("whole run"));
        assert!(Measure::named("p_limit_abc", &frame()).is_err());
        assert_eq!(Measure::named("p_limit_unlimited", &frame()).unwrap().unit, Unit::Share);
    }

    fn number(blocked: u64, first_red: Option<i64>, reached: &[(u64, i64)]) -> NumberSummary {
        let day = |d: i64| SimTime(d * SimTime::DAY_MS);
        NumberSummary {
            counts: Counts { blocked, delivered: 10 * blocked, ..Counts::default() },
            first_yellow: None,
            first_red: first_red.map(day),
            share: [0.25, 0.0, 0.75, 0.0],
            worst_score: None,
            final_rating: Default::default(),
            final_limit: Limit::Of(1000),
            final_status: NumberStatus::Connected,
            raises: 1,
            lowerings: 0,
            first_lowered: None,
            reached: reached.iter().map(|(l, d)| (Limit::Of(*l), day(*d))).collect(),
            green_after_yellow: None,
            red_until: None,
            green_after_red: first_red.map(|d| day(d + 3)),
            plan: Default::default(),
            refused_by: Vec::new(),
        }
    }

    #[test]
    fn a_number_is_found_by_its_id_whatever_its_place() {
        let run = ReplicationSummary {
            replication: 1,
            numbers: vec![number(3, None, &[]), number(5, None, &[])],
            cost: 0.0,
            value: 0.0,
            billable: None,
            plan: Default::default(),
            template_pauses: 0,
            templates_disabled: 0,
            account: crate::experiment::accounts::AccountSummary::default(),
            daily: Vec::new(),
            digest: None,
        };
        let asked = Measure::named("blocked@second", &frame()).unwrap();
        assert_eq!(asked.of(&run, &frame()), Some(5.0));
        let other = Frame { numbers: vec!["second".into(), "third".into()], ..frame() };
        assert_eq!(asked.of(&run, &other), Some(3.0), "first in the other arm");
        let without = Frame { numbers: vec!["third".into(), "main".into()], ..frame() };
        assert_eq!(asked.of(&run, &without), None);
    }

    #[test]
    fn numbers_are_pooled_as_the_meaning_says() {
        let run = ReplicationSummary {
            replication: 1,
            numbers: vec![number(3, None, &[]), number(5, Some(4), &[(2000, 3), (10_000, 6)])],
            cost: 10.0,
            value: 4.0,
            billable: None,
            plan: Default::default(),
            template_pauses: 0,
            templates_disabled: 2,
            account: crate::experiment::accounts::AccountSummary::default(),
            daily: Vec::new(),
            digest: None,
        };
        let f = frame();
        let of = |name: &str| Measure::named(name, &f).unwrap().of(&run, &f);
        assert_eq!((of("p_red"), of("p_red@main"), of("p_red@second")), (Some(1.0), Some(0.0), Some(1.0)));
        assert_eq!((of("blocked"), of("blocked@main"), of("block_rate")), (Some(8.0), Some(3.0), Some(0.1)));
        assert_eq!(
            (of("days_to_red"), of("days_to_red@main"), of("days_to_recover")),
            (Some(4.0), None, Some(3.0))
        );
        assert_eq!(
            (of("profit"), of("p_template_disabled"), of("worst_score")),
            (Some(-6.0), Some(1.0), None)
        );
        assert_eq!((of("days_red"), of("raises")), (Some(2.0), Some(2.0)));
        let shares = &run.numbers[1].share;
        let below = of("days_below_green@second").unwrap();
        assert_eq!(below, (shares[0] + shares[1]) * (f.horizon - (f.start + f.warm_up)).as_days());
        // A limit above was reached on the way past the one asked for.
        assert_eq!((of("p_limit_5000"), of("days_to_limit_5000")), (Some(1.0), Some(6.0)));
        assert_eq!((of("p_limit_unlimited"), of("days_to_limit_unlimited")), (Some(0.0), None));
    }
}
