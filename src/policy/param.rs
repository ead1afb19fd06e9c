//! Every constant a policy can carry: its dotted name, its unit, what it may be, and what holds when it is not given.
//!
//! The one list that reading, resolving, listing and suggesting all go by. Knows single values; how they fit together
//! is the business of `resolve`, and which file says what, of `file`.

use std::collections::BTreeMap;
use std::fmt;

use crate::messaging::Limit;
use crate::policy::rules::{EnforcementStep, SustainedAction};
use crate::sim::SimDuration;

use crate::text::{Node, Place, Value as Found, countries, did_you_mean};

/// One constant's place in the list.
pub(super) struct Param {
    /// Dotted name, as in a policy file.
    pub name: &'static str,
    /// Unit, as files must write it when they write one.
    pub unit: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What holds when it is not given.
    pub need: Need,
}

/// What a constant may be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A duration above zero.
    Span,
    /// A duration, zero allowed.
    SpanOrZero,
    /// A duration above zero, or `flat`.
    SpanOrFlat,
    /// A decimal number in a range: the test, and the range in words.
    Number(fn(f64) -> bool, &'static str),
    /// A whole number; above zero if so flagged.
    Count { positive: bool },
    /// A positive decimal with at most six places, kept in parts per million.
    Factor,
    /// A positive whole number or `unlimited`; also `none` if so flagged.
    Limit { or_none: bool },
    /// Limits, ascending.
    Ladder,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// Durations above zero; the list may be empty.
    Spans,
    /// Actions of sustained low quality, at least one.
    Actions,
    /// Steps of enforcement, at least one.
    Steps,
    /// Factors of zero or more by block reason.
    Reasons,
    /// A list of these words, which may be empty.
    Words(&'static [&'static str]),
    /// Countries by the two letters of ISO 3166; the list may be empty.
    Countries,
}

/// What holds when a constant is not given.
#[derive(Clone, Copy)]
pub(super) enum Need {
    /// It must be given (in an optional table: when the table is).
    Required,
    /// This, written as in a file.
    Default(&'static str),
    /// Nothing.
    Optional,
    /// The value of another constant.
    Inherits(&'static str),
}

/// A value of any kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Span(SimDuration),
    Flat,
    Number(f64),
    Count(u64),
    Factor(u64),
    Limit(Limit),
    None,
    Ladder(Vec<Limit>),
    Word(&'static str),
    Switch(bool),
    Spans(Vec<SimDuration>),
    Actions(Vec<SustainedAction>),
    Steps(Vec<EnforcementStep>),
    Reasons(BTreeMap<String, f64>),
    Countries(Vec<String>),
    Words(Vec<String>),
}

/// Why a value was not read; what is allowed is the kind's to say.
pub(super) struct Wrong {
    /// Where: the value, or the part of it that is meant.
    pub place: Place,
    /// What was found.
    pub found: String,
    /// The nearest right spelling.
    pub hint: Option<String>,
}

impl Wrong {
    fn new(node: &Node, found: impl Into<String>) -> Wrong {
        Wrong { place: node.place.clone(), found: found.into(), hint: None }
    }
}

/// Tables that may be missing altogether, or be taken away by a patch with `"none"`.
pub(super) const OPTIONAL_TABLES: [&str; 18] = [
    "raise.first_step",
    "sustained",
    "template",
    "pacing",
    "portfolio_pacing",
    "enforcement",
    "read_rate",
    "cap",
    "holdout",
    "excluded",
    "stop",
    "throughput",
    "pair",
    "time_to_live",
    "categories",
    "opt_in",
    "app",
    "portfolio",
];

const fn at_least_zero(x: f64) -> bool {
    x >= 0.0 && x <= 1e9
}
const fn share(x: f64) -> bool {
    x >= 0.0 && x <= 1.0
}
const fn threshold(x: f64) -> bool {
    x > 0.0 && x <= 1.0
}
const fn one_or_more(x: f64) -> bool {
    x >= 1.0 && x <= 1e6
}
const fn below_one(x: f64) -> bool {
    x >= 0.0 && x < 1.0
}

const WEIGHT: Kind = Kind::Number(at_least_zero, "a number from 0 to 1e9");
const THRESHOLD: Kind = Kind::Number(threshold, "a number above 0 and at most 1 (0.02 is 2 %)");
const FLOOR: Kind = Kind::Number(share, "a number from 0 to 1 (0.2 is 20 %; 0 switches it off)");
const COUNT: Kind = Kind::Count { positive: false };
const DURATION: &str = "duration";
const CHOICE: &str = "choice";
const SWITCH: &str = "switch";
const RATE: &str = "signals/message";
const MESSAGES: &str = "messages";
const READ_SHARE: &str = "reads/delivered";

const fn param(name: &'static str, unit: &'static str, kind: Kind, need: Need) -> Param {
    Param { name, unit, kind, need }
}

/// The list, in the order in which it is shown.
pub(super) static PARAMS: &[Param] = &[
    param("rating.window", DURATION, Kind::Span, Need::Default("7d")),
    param("rating.cadence", DURATION, Kind::Span, Need::Default("1h")),
    param("rating.recency", DURATION, Kind::SpanOrFlat, Need::Default("2d")),
    param("rating.denominator", CHOICE, Kind::Word(&["delivered", "sent"]), Need::Default("delivered")),
    param("rating.min_sample", "messages", COUNT, Need::Default("100")),
    param("rating.yellow_at", RATE, THRESHOLD, Need::Default("0.005")),
    param("rating.red_at", RATE, THRESHOLD, Need::Default("0.02")),
    param("rating.prior_strength", "messages", WEIGHT, Need::Default("0")),
    param("rating.prior_rate", RATE, Kind::Number(share, "a number from 0 to 1"), Need::Default("0.002")),
    param(
        "rating.hysteresis",
        "share",
        Kind::Number(below_one, "a number from 0 to below 1"),
        Need::Default("0"),
    ),
    param("rating.when_unrated", CHOICE, Kind::Word(&["unknown", "green", "keep"]), Need::Default("unknown")),
    param("rating.weights.block", "blocks", WEIGHT, Need::Default("1")),
    param("rating.weights.report", "blocks", WEIGHT, Need::Default("2")),
    param("rating.weights.mute", "blocks", WEIGHT, Need::Default("0")),
    param("rating.weights.archive", "blocks", WEIGHT, Need::Default("0")),
    param("rating.weights.reason", "factor", Kind::Reasons, Need::Default("{}")),
    param("limit.ladder", "recipients", Kind::Ladder, Need::Required),
    param("limit.start", "recipients", Kind::Limit { or_none: false }, Need::Required),
    param("limit.floor", "recipients", Kind::Limit { or_none: true }, Need::Default("none")),
    param("limit.scope", CHOICE, Kind::Word(&["number", "portfolio"]), Need::Required),
    param("limit.period", DURATION, Kind::Span, Need::Default("24h")),
    param("limit.slot", CHOICE, Kind::Word(&["sliding", "fixed"]), Need::Required),
    param("limit.counted_on", CHOICE, Kind::Word(&["sent", "delivered"]), Need::Required),
    param("limit.restricted_status", SWITCH, Kind::Switch, Need::Required),
    param("raise.factor", "times the limit", Kind::Factor, Need::Required),
    param("raise.over", DURATION, Kind::Span, Need::Default("7d")),
    param("raise.delay", DURATION, Kind::SpanOrZero, Need::Required),
    param("raise.min_time_at_limit", DURATION, Kind::SpanOrZero, Need::Required),
    param("raise.min_colour", CHOICE, Kind::Word(&["RED", "YELLOW", "GREEN"]), Need::Required),
    param("raise.allow_unrated", SWITCH, Kind::Switch, Need::Default("true")),
    param("raise.blocked_while_flagged", SWITCH, Kind::Switch, Need::Default("true")),
    param("raise.restart_count_after_flag", SWITCH, Kind::Switch, Need::Default("false")),
    param("raise.portfolio_rating", CHOICE, Kind::Word(&["worst", "best"]), Need::Default("worst")),
    param("raise.first_step.business_verified", SWITCH, Kind::Switch, Need::Default("false")),
    param("raise.first_step.count", "recipients", Kind::Count { positive: true }, Need::Optional),
    param("raise.first_step.over", DURATION, Kind::Span, Need::Default("30d")),
    param("flag.enabled", SWITCH, Kind::Switch, Need::Required),
    param("flag.after", DURATION, Kind::Span, Need::Default("7d")),
    param("flag.recovery", CHOICE, Kind::Word(&["deadline", "held"]), Need::Default("deadline")),
    param(
        "flag.unrated_at_deadline",
        CHOICE,
        Kind::Word(&["recovered", "not_recovered"]),
        Need::Default("recovered"),
    ),
    param("sustained.red_for", DURATION, Kind::Span, Need::Default("7d")),
    param("sustained.actions", "list", Kind::Actions, Need::Required),
    param("template.min_sample", "messages", COUNT, Need::Inherits("rating.min_sample")),
    param("template.yellow_at", RATE, THRESHOLD, Need::Inherits("rating.yellow_at")),
    param("template.red_at", RATE, THRESHOLD, Need::Inherits("rating.red_at")),
    param("template.pauses", DURATION, Kind::Spans, Need::Required),
    param("template.read_floor", READ_SHARE, FLOOR, Need::Default("0")),
    param("template.read_yellow", READ_SHARE, FLOOR, Need::Default("0")),
    param("template.read_after", DURATION, Kind::SpanOrZero, Need::Default("1d")),
    param("template.reds_against_numbers", "times RED", COUNT, Need::Default("0")),
    param("pacing.first", "messages", Kind::Count { positive: true }, Need::Required),
    param("pacing.hold", DURATION, Kind::Span, Need::Required),
    param("pacing.feedback", DURATION, Kind::SpanOrZero, Need::Default("15m")),
    param("pacing.utility_after_pause", DURATION, Kind::SpanOrZero, Need::Default("0")),
    param("portfolio_pacing.on", SWITCH, Kind::Switch, Need::Default("false")),
    param("portfolio_pacing.first", MESSAGES, Kind::Count { positive: true }, Need::Required),
    param(
        "portfolio_pacing.batch_factor",
        "times the batch",
        Kind::Number(one_or_more, "a number from 1 to 1e6"),
        Need::Default("2"),
    ),
    param("portfolio_pacing.hold", DURATION, Kind::Span, Need::Default("30m")),
    param("portfolio_pacing.feedback", DURATION, Kind::SpanOrZero, Need::Default("15m")),
    param("portfolio_pacing.until", MESSAGES, Kind::Count { positive: true }, Need::Default("500000")),
    param("portfolio_pacing.over", DURATION, Kind::Span, Need::Default("365d")),
    param("cap.own", MESSAGES, Kind::Count { positive: true }, Need::Required),
    param("cap.shared_day", MESSAGES, Kind::Count { positive: true }, Need::Required),
    param("cap.shared_week", MESSAGES, Kind::Count { positive: true }, Need::Required),
    param("cap.per_reply", MESSAGES, COUNT, Need::Default("1")),
    param("cap.counts", CHOICE, Kind::Word(&["conversation_opening", "every_delivered"]), Need::Required),
    param("cap.reading", "share", Kind::Number(share, "a number from 0 to 1"), Need::Default("0")),
    param("cap.only_in", "list", Kind::Countries, Need::Default("[]")),
    param("cap.not_in", "list", Kind::Countries, Need::Default("[]")),
    param("cap.code", CHOICE, Kind::Word(&["131026", "131049"]), Need::Default("\"131049\"")),
    param("cap.not_interested", MESSAGES, COUNT, Need::Default("0")),
    param("cap.interested", MESSAGES, COUNT, Need::Default("0")),
    param("cap.retry_guard", "attempts", COUNT, Need::Default("0")),
    param("cap.retry_guard_for", DURATION, Kind::Span, Need::Default("24h")),
    param("holdout.share", "share", Kind::Number(share, "a number from 0 to 1"), Need::Required),
    param("excluded.countries", "list", Kind::Countries, Need::Required),
    param("stop.interest", SWITCH, Kind::Switch, Need::Default("true")),
    param("throughput.default", "messages per second", Kind::Count { positive: true }, Need::Required),
    param("throughput.upgraded", "messages per second", Kind::Count { positive: true }, Need::Required),
    param("pair.gap", DURATION, Kind::Span, Need::Required),
    param("pair.burst", MESSAGES, Kind::Count { positive: true }, Need::Default("1")),
    param("time_to_live.marketing", DURATION, Kind::Span, Need::Required),
    param("time_to_live.utility", DURATION, Kind::Span, Need::Required),
    param("time_to_live.authentication", DURATION, Kind::Span, Need::Required),
    param("time_to_live.service", DURATION, Kind::Span, Need::Required),
    param(
        "categories.allowed",
        "list",
        Kind::Words(&["authentication", "marketing", "service", "utility"]),
        Need::Required,
    ),
    param("categories.names", CHOICE, Kind::Word(&["older", "present"]), Need::Default("present")),
    param("opt_in.must_name", "list", Kind::Words(&["business", "channel", "topics"]), Need::Required),
    param("enforcement.steps", "list", Kind::Steps, Need::Required),
    param("enforcement.strikes_per_step", "violations", Kind::Count { positive: true }, Need::Default("1")),
    param("enforcement.forget_after", DURATION, Kind::Span, Need::Default("90d")),
    param("enforcement.appeals", DURATION, Kind::Span, Need::Default("90d")),
    param("enforcement.severe", SWITCH, Kind::Switch, Need::Default("true")),
    param("enforcement.disabled_template_counts", SWITCH, Kind::Switch, Need::Default("false")),
    param("read_rate.floor", READ_SHARE, FLOOR, Need::Default("0")),
    param("read_rate.window", DURATION, Kind::Span, Need::Default("7d")),
    param("read_rate.after", DURATION, Kind::SpanOrZero, Need::Default("1d")),
    param("read_rate.min_sample", "messages", COUNT, Need::Default("1000")),
    param("read_rate.steps", "list", Kind::Steps, Need::Required),
    param("read_rate.forget_after", DURATION, Kind::Span, Need::Default("90d")),
    param("app.list_max", "recipients", Kind::Count { positive: true }, Need::Required),
    param("app.saved_only", SWITCH, Kind::Switch, Need::Required),
    param("app.allowance", "broadcasts per month", Kind::Limit { or_none: false }, Need::Required),
    param("app.allowance_unit", CHOICE, Kind::Word(&["message", "list"]), Need::Default("message")),
    param("portfolio.numbers", "numbers", Kind::Count { positive: true }, Need::Required),
    param("portfolio.numbers_full", "numbers", Kind::Count { positive: true }, Need::Required),
    param("portfolio.full_from", "recipients", Kind::Limit { or_none: false }, Need::Required),
];

/// A constant's position in the list.
pub(super) fn index(name: &str) -> Option<usize> {
    PARAMS.iter().position(|p| p.name == name)
}

/// The unit of a constant, for whoever shows its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Empty where values carry their own or have none.
    pub unit: &'static str,
    /// Whether only whole numbers fit.
    pub whole: bool,
}

/// The unit of a constant by its dotted name; none if there is no such constant.
pub fn unit(name: &str) -> Option<Unit> {
    let param = &PARAMS[index(name)?];
    let unit = if matches!(param.unit, DURATION | CHOICE | SWITCH | "list") { "" } else { param.unit };
    let whole = matches!(param.kind, Kind::Count { .. } | Kind::Limit { .. });
    Some(Unit { unit, whole })
}

/// The optional table a constant belongs to, if any.
pub(super) fn optional_table(name: &str) -> Option<&'static str> {
    OPTIONAL_TABLES.into_iter().find(|t| name.strip_prefix(t).is_some_and(|rest| rest.starts_with('.')))
}

impl Kind {
    /// What is allowed, as a noun phrase.
    pub fn allowed(self) -> String {
        match self {
            Kind::Span => "a duration above zero such as \"7d\", \"24h\" or \"30m\"".to_string(),
            Kind::SpanOrZero => "a duration such as \"6h\", or \"0\"".to_string(),
            Kind::SpanOrFlat => "\"flat\" or a half-life above zero such as \"2d\"".to_string(),
            Kind::Number(_, range) => range.to_string(),
            Kind::Count { positive: false } => "a whole number of 0 or more".to_string(),
            Kind::Count { positive: true } => "a whole number above 0".to_string(),
            Kind::Factor => "a number above 0 with at most six decimal places".to_string(),
            Kind::Limit { or_none: false } => "a whole number above 0, or \"unlimited\"".to_string(),
            Kind::Limit { or_none: true } => "a whole number above 0, \"unlimited\", or \"none\"".to_string(),
            Kind::Ladder => {
                "a list of limits in ascending order, each a whole number above 0 or \"unlimited\""
                    .to_string()
            }
            Kind::Word(words) => {
                let quoted: Vec<_> = words.iter().map(|w| format!("{w:?}")).collect();
                quoted.join(" or ")
            }
            Kind::Switch => "true or false".to_string(),
            Kind::Spans => "a list of durations above zero such as [\"3h\", \"6h\"]".to_string(),
            Kind::Actions => {
                "a list of at least one of \"lower\", \"suspend:7d\" (any duration above zero) and \"ban\""
                    .to_string()
            }
            Kind::Steps => {
                "a list of at least one of \"warn\", \"restrict:1d:initiated\", \"restrict:5d:all\" (any duration \
                 above zero), \"lock\" and \"disable\""
                    .to_string()
            }
            Kind::Reasons => {
                "a table of block reasons with factors of 0 or more, such as { SPAM = 1.5 }".to_string()
            }
            Kind::Words(words) => {
                let quoted: Vec<_> = words.iter().map(|w| format!("{w:?}")).collect();
                format!("a list of any of {}", quoted.join(", "))
            }
            Kind::Countries => {
                "a list of countries by the two capital letters of ISO 3166, such as [\"IN\", \"BR\"]"
                    .to_string()
            }
        }
    }

    /// Reads a value.
    pub fn read(self, node: &Node) -> Result<Value, Wrong> {
        let plain = || Wrong::new(node, node.value.describe());
        match (self, &node.value) {
            (Kind::Span | Kind::SpanOrFlat, Found::Text(t)) => match t.as_str() {
                "flat" if matches!(self, Kind::SpanOrFlat) => Ok(Value::Flat),
                _ => span(t).filter(|d| d.0 > 0).map(Value::Span).ok_or_else(plain),
            },
            (Kind::SpanOrZero, Found::Text(t)) => span(t).map(Value::Span).ok_or_else(plain),
            (Kind::SpanOrZero, Found::Number(n)) if n.text() == "0" => Ok(Value::Span(SimDuration::ZERO)),
            (Kind::Number(ok, _), Found::Number(n)) => {
                // Adding zero turns a written -0 into 0, which hashes and prints as what it equals.
                Some(n.as_real()).filter(|x| ok(*x)).map(|x| Value::Number(x + 0.0)).ok_or_else(plain)
            }
            (Kind::Count { positive }, Found::Number(n)) => n
                .as_whole()
                .and_then(|n| u64::try_from(n).ok())
                .filter(|n| *n <= i64::MAX as u64 && (*n > 0 || !positive))
                .map(Value::Count)
                .ok_or_else(plain),
            // In parts per million, exactly: the comparison with the limit is one of integers.
            (Kind::Factor, Found::Number(n)) => {
                n.as_ppm().filter(|n| *n > 0).map(Value::Factor).ok_or_else(plain)
            }
            (Kind::Limit { or_none: true }, Found::Text(t)) if t == "none" => Ok(Value::None),
            (Kind::Limit { .. }, _) => limit(node).map(Value::Limit).ok_or_else(plain),
            (Kind::Ladder, Found::List(items)) => {
                let steps: Vec<Limit> = items
                    .iter()
                    .map(|n| {
                        limit(n).ok_or_else(|| {
                            Wrong::new(n, format!("the step {} is no limit", n.value.describe()))
                        })
                    })
                    .collect::<Result<_, _>>()?;
                if steps.is_empty() {
                    return Err(Wrong::new(node, "the ladder is empty"));
                }
                match steps.windows(2).find(|w| w[0] >= w[1]) {
                    Some(w) => {
                        let found = format!("the ladder does not ascend: {} stands before {}", w[0], w[1]);
                        Err(Wrong::new(node, found))
                    }
                    None => Ok(Value::Ladder(steps)),
                }
            }
            (Kind::Word(words), Found::Text(t)) => match words.iter().find(|w| *w == t) {
                Some(word) => Ok(Value::Word(word)),
                None => Err(Wrong { hint: did_you_mean(t, words.iter().copied()), ..plain() }),
            },
            (Kind::Switch, Found::Flag(b)) => Ok(Value::Switch(*b)),
            (Kind::Spans, Found::List(items)) => {
                let one = |n: &Node| n.value.as_text().and_then(span).filter(|d| d.0 > 0);
                let bad =
                    |n: &Node| Wrong::new(n, format!("the entry {} is no such duration", n.value.describe()));
                items.iter().map(|n| one(n).ok_or_else(|| bad(n))).collect::<Result<_, _>>().map(Value::Spans)
            }
            (Kind::Actions, Found::List(items)) if !items.is_empty() => {
                let bad = |n: &Node| Wrong {
                    hint: n.value.as_text().and_then(|t| did_you_mean(t, ["lower", "suspend:7d", "ban"])),
                    ..Wrong::new(n, format!("the entry {} is no action", n.value.describe()))
                };
                items
                    .iter()
                    .map(|n| action(n).ok_or_else(|| bad(n)))
                    .collect::<Result<_, _>>()
                    .map(Value::Actions)
            }
            (Kind::Steps, Found::List(items)) if !items.is_empty() => {
                let known = ["warn", "restrict:1d:initiated", "restrict:5d:all", "lock", "disable"];
                let bad = |n: &Node| Wrong {
                    hint: n.value.as_text().and_then(|t| did_you_mean(t, known)),
                    ..Wrong::new(n, format!("the entry {} is no step", n.value.describe()))
                };
                let step =
                    |n: &Node| n.value.as_text().and_then(EnforcementStep::parse).ok_or_else(|| bad(n));
                items.iter().map(step).collect::<Result<_, _>>().map(Value::Steps)
            }
            (Kind::Reasons, Found::Table(entries)) => {
                let mut factors = BTreeMap::new();
                for e in entries {
                    let factor = e.node.value.as_number().map(|n| n.as_real());
                    match factor.filter(|x| at_least_zero(*x)) {
                        Some(x) if !e.key.is_empty() => factors.insert(e.key.clone(), x + 0.0),
                        _ => {
                            let found = e.node.value.describe();
                            let found =
                                format!("the factor {found} of {:?} is not a number from 0 to 1e9", e.key);
                            return Err(Wrong::new(&e.node, found));
                        }
                    };
                }
                Ok(Value::Reasons(factors))
            }
            (Kind::Words(words), Found::List(items)) => {
                let one = |n: &Node| match n.value.as_text() {
                    Some(found) if words.contains(&found) => Ok(found.to_string()),
                    found => Err(Wrong {
                        hint: found.and_then(|f| did_you_mean(f, words.iter().copied())),
                        ..Wrong::new(n, format!("the entry {} is none of them", n.value.describe()))
                    }),
                };
                let mut given = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
                given.sort();
                given.dedup();
                Ok(Value::Words(given))
            }
            (Kind::Countries, Found::List(items)) => {
                let bad = |n: &Node| Wrong {
                    hint: n.value.as_text().and_then(countries::hint),
                    ..Wrong::new(n, format!("the entry {} is no country", n.value.describe()))
                };
                let one = |n: &Node| {
                    n.value
                        .as_text()
                        .filter(|t| countries::is_known(t))
                        .map(String::from)
                        .ok_or_else(|| bad(n))
                };
                let mut countries = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
                countries.sort();
                countries.dedup();
                Ok(Value::Countries(countries))
            }
            _ => Err(plain()),
        }
    }
}

fn span(text: &str) -> Option<SimDuration> {
    SimDuration::parse(text).ok()
}

fn limit(node: &Node) -> Option<Limit> {
    match &node.value {
        Found::Number(n) if n.is_whole() => {
            Limit::parse(n.text()).filter(|l| *l <= Limit::Of(i64::MAX as u64))
        }
        Found::Text(t) if t == "unlimited" => Some(Limit::Unlimited),
        _ => None,
    }
}

fn action(node: &Node) -> Option<SustainedAction> {
    match node.value.as_text()? {
        "lower" => Some(SustainedAction::Lower),
        "ban" => Some(SustainedAction::Ban),
        t => span(t.strip_prefix("suspend:")?).filter(|d| d.0 > 0).map(SustainedAction::Suspend),
    }
}

impl Value {
    /// The value on a number line, where it has one: for ranges.
    pub fn magnitude(&self) -> Option<f64> {
        match self {
            Value::Span(d) => Some(d.0 as f64),
            Value::Number(x) => Some(*x),
            Value::Count(n) => Some(*n as f64),
            Value::Factor(n) => Some(*n as f64),
            Value::Limit(Limit::Of(n)) => Some(*n as f64),
            Value::Limit(Limit::Unlimited) => Some(f64::INFINITY),
            _ => None,
        }
    }
}

fn joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: impl IntoIterator<Item = T>) -> fmt::Result {
    let texts: Vec<_> = items.into_iter().map(|i| i.to_string()).collect();
    f.write_str(if texts.is_empty() { "none" } else { "" })?;
    f.write_str(&texts.join(", "))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The field says "24 hours", not "1 day": of slots, windows and waits alike.
            Value::Span(SimDuration::DAY) => f.write_str("24h"),
            Value::Span(d) => write!(f, "{d}"),
            Value::Flat => f.write_str("flat"),
            Value::Number(x) => write!(f, "{x}"),
            Value::Count(n) => write!(f, "{n}"),
            Value::Factor(n) => match n % 1_000_000 {
                0 => write!(f, "{}", n / 1_000_000),
                part => write!(f, "{}.{}", n / 1_000_000, format!("{part:06}").trim_end_matches('0')),
            },
            Value::Limit(l) => write!(f, "{l}"),
            Value::None => f.write_str("none"),
            Value::Ladder(steps) => joined(f, steps),
            Value::Word(w) => f.write_str(w),
            Value::Switch(b) => write!(f, "{b}"),
            Value::Spans(spans) => joined(f, spans),
            Value::Actions(actions) => joined(
                f,
                actions.iter().map(|a| match a {
                    SustainedAction::Lower => "lower".to_string(),
                    SustainedAction::Suspend(d) => format!("suspend:{d}"),
                    SustainedAction::Ban => "ban".to_string(),
                }),
            ),
            Value::Steps(steps) => joined(f, steps),
            Value::Reasons(factors) => joined(f, factors.iter().map(|(k, v)| format!("{k} {v}"))),
            Value::Countries(words) | Value::Words(words) => joined(f, words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::parse_value;

    fn read(kind: Kind, text: &str) -> Result<String, String> {
        let node = parse_value(text, &Place::whole("t")).unwrap();
        let says = |w: Wrong| format!("{}; {}", w.found, w.hint.unwrap_or_default());
        kind.read(&node).map(|v| v.to_string()).map_err(says)
    }

    #[test]
    fn every_default_is_a_value_of_its_kind_and_every_name_is_there_once() {
        for (i, p) in PARAMS.iter().enumerate() {
            assert_eq!(index(p.name), Some(i), "{}", p.name);
            match p.need {
                Need::Default(text) => {
                    super::super::resolve::default_value(p, text);
                }
                Need::Inherits(other) => assert!(index(other).is_some(), "{other}"),
                Need::Required | Need::Optional => {}
            }
        }
    }

    #[test]
    fn factors_are_exact() {
        for (text, want) in [("2", "2"), ("0.50", "0.5"), ("0.000001", "0.000001"), ("5e-1", "0.5")] {
            assert_eq!(read(Kind::Factor, text).unwrap(), want, "{text}");
        }
        for text in ["0", "0.0", "-1", "0.0000001", "1e6", "inf", "12345678"] {
            assert!(read(Kind::Factor, text).is_err(), "{text}");
        }
        assert_eq!(Value::Factor(500_000).to_string(), "0.5");
        assert_eq!(Value::Factor(2_000_000).to_string(), "2");
        assert_eq!(Value::Factor(1).to_string(), "0.000001");
    }

    #[test]
    fn values_are_read_and_refused_with_what_is_allowed() {
        let ladder = "[250, 1000, \"unlimited\"]";
        assert_eq!(read(Kind::Ladder, ladder).unwrap(), "250, 1000, unlimited");
        assert!(read(Kind::Ladder, "[1000, 250]").unwrap_err().contains("1000 stands before 250"));
        assert!(read(Kind::Ladder, "[10, 10]").is_err() && read(Kind::Ladder, "[]").is_err());
        assert!(read(Kind::Ladder, "[0, 10]").unwrap_err().contains("the step 0 is no limit"));
        let actions = "[\"lower\", \"suspend:168h\", \"ban\"]";
        assert_eq!(read(Kind::Actions, actions).unwrap(), "lower, suspend:7d, ban");
        assert!(read(Kind::Actions, "[\"suspend:0\"]").is_err() && read(Kind::Actions, "[]").is_err());
        assert!(read(Kind::Actions, "[\"lowr\"]").unwrap_err().contains("did you mean lower?"));
        let steps = "[\"warn\", \"restrict:24h:all\", \"lock\"]";
        assert_eq!(read(Kind::Steps, steps).unwrap(), "warn, restrict:1d:all, lock");
        assert!(read(Kind::Steps, "[]").is_err() && read(Kind::Steps, "[\"restrict:1d\"]").is_err());
        assert!(read(Kind::Steps, "[\"disabel\"]").unwrap_err().contains("did you mean disable?"));
        assert_eq!(read(Kind::Countries, "[\"IN\", \"BR\"]").unwrap(), "BR, IN");
        assert!(read(Kind::Countries, "[\"UK\"]").unwrap_err().contains("did you mean GB?"));
        assert!(read(Kind::Countries, "[\"QX\"]").is_err(), "two capitals alone are no country");
        assert_eq!(read(Kind::Spans, "[]").unwrap(), "none");
        assert!(read(Kind::Spans, "[\"0\"]").is_err());
        assert!(read(Kind::Span, "\"0\"").is_err() && read(Kind::Span, "7").is_err());
        assert_eq!(read(Kind::SpanOrZero, "\"0\"").unwrap(), "0");
        assert_eq!(read(Kind::SpanOrFlat, "\"flat\"").unwrap(), "flat");
        assert!(
            read(Kind::Word(&["worst", "best"]), "\"wurst\"").unwrap_err().contains("did you mean worst?")
        );
        assert!(
            read(THRESHOLD, "0").is_err()
                && read(THRESHOLD, "nan").is_err()
                && read(THRESHOLD, "1.1").is_err()
        );
        assert!(read(COUNT, "1.0").is_err() && read(COUNT, "-1").is_err());
        assert_eq!(read(Kind::Reasons, "{ SPAM = 1.5, OTHER = 0 }").unwrap(), "OTHER 0, SPAM 1.5");
        assert!(read(Kind::Reasons, "{ SPAM = \"x\" }").unwrap_err().contains("SPAM"));
        assert!(read(Kind::Limit { or_none: false }, "\"none\"").is_err());
    }
}
