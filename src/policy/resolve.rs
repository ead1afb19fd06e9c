//! Settings to rules: defaults filled in, everything checked against everything, each constant with its provenance.
//!
//! Knows one version at a time. Which files and dates there are is the business of `library` and `timeline`.

mod app;
mod categories;
mod gate;
mod opt_in;
mod portfolio_pacing;

use crate::messaging::{Limit, QualityRating};
use crate::policy::rules::{
    CountedOn, Denominator, EnforcementRules, EnforcementStep, FirstStep, FlagRules, LimitRules, LimitScope,
    PacingRules, PortfolioRating, RaiseRules, RatingRules, ReadRateRules, Recency, Recovery, Rules, SlotKind,
    SustainedAction, SustainedRules, TemplateRules, UnratedAtDeadline, Weights, WhenUnrated,
};
use crate::sim::SimDuration;
use crate::text::{Fault, Node, Place, Value as Found, parse_value};

use super::file::{Confidence, Patch, Settings};
use super::param::{Kind, Need, PARAMS, Param, Value, index, optional_table};

/// One constant of a version, as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Dotted name, as in a policy file.
    pub name: String,
    /// The value in force, written as in a policy file.
    pub value: String,
    /// Its unit.
    pub unit: String,
    /// Page and date, or where the user set it.
    pub source: String,
    /// How sure one may be.
    pub confidence: Confidence,
    /// The day on which the source bore it out, `YYYY-MM-DD`.
    pub verified: Option<String>,
    /// Lowest plausible value of an assumption.
    pub low: Option<String>,
    /// Highest plausible value of an assumption.
    pub high: Option<String>,
    /// What else should be known: the other reading, the missing day.
    pub note: Option<String>,
    /// Whether it has no effect because another constant switches it off.
    pub idle: bool,
}

impl Constant {
    /// What may be chosen, where it is a choice among words.
    pub fn choices(&self) -> Vec<&'static str> {
        match index(&self.name).map(|i| PARAMS[i].kind) {
            Some(Kind::Word(words)) => words.to_vec(),
            Some(Kind::Switch) => vec!["true", "false"],
            _ => Vec::new(),
        }
    }
}

/// Faults and warnings of one version.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    pub faults: Vec<Fault>,
    pub warnings: Vec<Fault>,
}

/// Buckets of a rating window at most; more is a slip of the unit.
const BUCKETS_MAX: i64 = 100_000;

/// A default, read as if it stood in a file.
pub(super) fn default_value(param: &Param, text: &str) -> Value {
    let place = Place::whole("a default");
    let bare = || Node { value: Found::Text(text.to_string()), place: place.clone() };
    let node = parse_value(text, &place).unwrap_or_else(bare);
    param.kind.read(&node).unwrap_or_else(|wrong| panic!("default of {}: {}", param.name, wrong.found))
}

struct Resolver<'a> {
    /// Where to point when nothing better is known.
    place: &'a Place,
    settings: &'a Settings,
    patch: &'a Patch,
    out: Verdicts,
}

/// Fills in and checks one version. `settings` are all of its constants, `patch` those that the text being read sets
/// itself, and `place` is where that text begins.
pub(super) fn resolve(place: &Place, settings: &Settings, patch: &Patch) -> (Option<Rules>, Verdicts) {
    let mut r = Resolver { place, settings, patch, out: Verdicts::default() };
    let rating = r.rating();
    let limit = r.limit();
    let raise = r.raise();
    let flag = r.flag();
    let sustained = r.table("sustained", Resolver::sustained);
    let template = r.table("template", Resolver::template);
    let pacing = r.table("pacing", Resolver::pacing);
    let portfolio_pacing = r.table("portfolio_pacing", Resolver::portfolio_pacing);
    let gate = r.gate();
    let categories = r.table("categories", Resolver::categories);
    let opt_in = r.table("opt_in", Resolver::opt_in);
    let enforcement = r.table("enforcement", Resolver::enforcement);
    let cadence = rating.as_ref().map(|rules| rules.cadence);
    let read_rate = r.table("read_rate", |r| r.read_rate(cadence));
    let app = r.table("app", Resolver::app);
    let portfolio = r.table("portfolio", Resolver::portfolio);
    r.lowering(&limit, &flag, &sustained);
    r.plausible();
    let rules = (|| {
        Some(Rules {
            rating: rating?,
            limit: limit?,
            raise: raise?,
            flag: flag?,
            sustained: sustained?,
            template: template?,
            pacing: pacing?,
            portfolio_pacing: portfolio_pacing?,
            gate: gate?,
            categories: categories?,
            opt_in: opt_in?,
            enforcement: enforcement?,
            read_rate: read_rate?,
            app: app?,
            portfolio: portfolio?,
        })
    })();
    let sound = r.out.faults.is_empty() && patch.broken.is_empty();
    (rules.filter(|_| sound), r.out)
}

impl Resolver<'_> {
    fn span(&mut self, name: &str) -> Option<SimDuration> {
        self.value(name).map(|v| match v {
            Value::Span(x) => x,
            other => unreachable!("{name} was read as {other:?}"),
        })
    }

    fn number(&mut self, name: &str) -> Option<f64> {
        self.value(name).map(|v| match v {
            Value::Number(x) => x,
            other => unreachable!("{name} was read as {other:?}"),
        })
    }

    fn count(&mut self, name: &str) -> Option<u64> {
        self.value(name).map(|v| match v {
            Value::Count(x) => x,
            other => unreachable!("{name} was read as {other:?}"),
        })
    }

    fn word(&mut self, name: &str) -> Option<&'static str> {
        self.value(name).map(|v| match v {
            Value::Word(x) => x,
            other => unreachable!("{name} was read as {other:?}"),
        })
    }

    fn switch(&mut self, name: &str) -> Option<bool> {
        self.value(name).map(|v| match v {
            Value::Switch(x) => x,
            other => unreachable!("{name} was read as {other:?}"),
        })
    }

    fn value(&mut self, name: &str) -> Option<Value> {
        let i = index(name).unwrap_or_else(|| panic!("{name} is no constant"));
        if let Some(s) = self.settings.get(&i) {
            return Some(s.value.clone());
        }
        if self.patch.broken.contains(&i) {
            return None;
        }
        match PARAMS[i].need {
            Need::Default(text) => Some(default_value(&PARAMS[i], text)),
            Need::Inherits(other) => self.value(other),
            Need::Optional => None,
            Need::Required => {
                let hint = "give it, or name a policy to build on with `based_on`".to_string();
                let fault = Fault::new(self.place.clone(), name, "missing");
                self.out.faults.push(fault.allowed(PARAMS[i].kind.allowed()).hint(Some(hint)));
                None
            }
        }
    }

    /// Something wrong between constants, said of the first of them.
    fn fault(&mut self, names: &[&str], found: String) {
        self.out.faults.push(Fault::new(self.place_of(names), names[0], found));
    }

    /// Where the first of these constants that the text at hand sets itself stands.
    fn place_of(&self, names: &[&str]) -> Place {
        let own = |name: &&str| Some(self.patch.settings.get(&index(name)?)?.place.clone());
        names.iter().find_map(own).unwrap_or_else(|| self.place.clone())
    }

    fn given(&self, table: &str) -> bool {
        let inside = |i: &usize| optional_table(PARAMS[*i].name) == Some(table);
        self.settings.keys().any(inside) || self.patch.broken.iter().any(inside)
    }

    /// An optional table: read if it is given, none if not; none at all if it is broken.
    fn table<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.given(name) { read(self).map(Some) } else { Some(None) }
    }

    fn rating(&mut self) -> Option<RatingRules> {
        let window = self.span("rating.window");
        let cadence = self.span("rating.cadence");
        if let (Some(w), Some(c)) = (window, cadence) {
            let names = ["rating.window", "rating.cadence"];
            if w.0 % c.0 != 0 {
                self.fault(&names, format!("{w} is not a multiple of `rating.cadence` ({c})"));
            } else if w.0 / c.0 > BUCKETS_MAX {
                self.fault(&names, format!("{w} holds more than {BUCKETS_MAX} times `rating.cadence` ({c})"));
            }
        }
        let recency = self.value("rating.recency").map(|v| match v {
            Value::Span(half_life) => Recency::HalfLife(half_life),
            _ => Recency::Flat,
        });
        let denominator = self.word("rating.denominator").map(|w| match w {
            "sent" => Denominator::Sent,
            _ => Denominator::Delivered,
        });
        let weights = self.weights();
        let (min_sample, yellow_at, red_at) = self.thresholds("rating");
        let prior_strength = self.number("rating.prior_strength");
        let prior_rate = self.number("rating.prior_rate");
        let hysteresis = self.number("rating.hysteresis");
        let when_unrated = self.word("rating.when_unrated").map(|w| match w {
            "green" => WhenUnrated::Green,
            "keep" => WhenUnrated::Keep,
            _ => WhenUnrated::Unknown,
        });
        Some(RatingRules {
            window: window?,
            cadence: cadence?,
            recency: recency?,
            denominator: denominator?,
            weights: weights?,
            min_sample: min_sample?,
            yellow_at: yellow_at?,
            red_at: red_at?,
            prior_strength: prior_strength?,
            prior_rate: prior_rate?,
            hysteresis: hysteresis?,
            when_unrated: when_unrated?,
        })
    }

    fn weights(&mut self) -> Option<Weights> {
        let [block, report, mute, archive] =
            ["block", "report", "mute", "archive"].map(|k| self.number(&format!("rating.weights.{k}")));
        let reason = self.value("rating.weights.reason").map(|v| match v {
            Value::Reasons(factors) => factors,
            other => unreachable!("reasons were read as {other:?}"),
        });
        Some(Weights { block: block?, report: report?, mute: mute?, archive: archive?, reason: reason? })
    }

    fn thresholds(&mut self, table: &str) -> (Option<u64>, Option<f64>, Option<f64>) {
        let [sample, yellow, red] = ["min_sample", "yellow_at", "red_at"].map(|k| format!("{table}.{k}"));
        let found = (self.count(&sample), self.number(&yellow), self.number(&red));
        if let (_, Some(y), Some(r)) = found
            && y > r
        {
            let found = format!("{y} lies above `{red}` ({r}); yellow begins at or below red");
            self.fault(&[&yellow, &red], found);
        }
        found
    }

    fn limit(&mut self) -> Option<LimitRules> {
        let ladder = self.value("limit.ladder").map(|v| match v {
            Value::Ladder(steps) => steps,
            other => unreachable!("the ladder was read as {other:?}"),
        });
        let start = self.limit_value("limit.start");
        let floor = self.limit_value("limit.floor");
        if let (Some(steps), Some(Some(s))) = (&ladder, start)
            && !steps.contains(&s)
        {
            let place = self.place_of(&["limit.start", "limit.ladder"]);
            let found =
                format!("{s} is no step of `limit.ladder`; the first raise goes to the next step above it");
            self.out.warnings.push(Fault::new(place, "limit.start", found));
        }
        if let (Some(steps), Some(Some(f))) = (&ladder, floor)
            && !steps.contains(&f)
        {
            let steps = Value::Ladder(steps.clone());
            let found = format!("{f} is no step of `limit.ladder` ({steps})");
            self.fault(&["limit.floor", "limit.ladder"], found);
        }
        let scope = self.word("limit.scope").map(|w| match w {
            "portfolio" => LimitScope::Portfolio,
            _ => LimitScope::Number,
        });
        let period = self.span("limit.period");
        let slot = self.word("limit.slot").map(|w| match w {
            "fixed" => SlotKind::Fixed,
            _ => SlotKind::Sliding,
        });
        let counted_on = self.word("limit.counted_on").map(|w| match w {
            "sent" => CountedOn::Sent,
            _ => CountedOn::Delivered,
        });
        let restricted_status = self.switch("limit.restricted_status");
        Some(LimitRules {
            ladder: ladder?,
            start: start??,
            floor: floor?,
            scope: scope?,
            period: period?,
            slot: slot?,
            counted_on: counted_on?,
            restricted_status: restricted_status?,
        })
    }

    /// Outer none: not readable; inner none: `none`.
    fn limit_value(&mut self, name: &str) -> Option<Option<Limit>> {
        self.value(name).map(|v| match v {
            Value::Limit(l) => Some(l),
            _ => None,
        })
    }

    fn raise(&mut self) -> Option<RaiseRules> {
        let factor_ppm = self.value("raise.factor").map(|v| match v {
            Value::Factor(ppm) => ppm,
            other => unreachable!("the factor was read as {other:?}"),
        });
        let [over, delay, min_time_at_limit] =
            ["over", "delay", "min_time_at_limit"].map(|k| self.span(&format!("raise.{k}")));
        let min_colour = self.word("raise.min_colour").map(|w| match w {
            "RED" => QualityRating::Red,
            "YELLOW" => QualityRating::Yellow,
            _ => QualityRating::Green,
        });
        let [allow_unrated, blocked_while_flagged, restart_count_after_flag] =
            ["allow_unrated", "blocked_while_flagged", "restart_count_after_flag"]
                .map(|k| self.switch(&format!("raise.{k}")));
        let portfolio_rating = self.word("raise.portfolio_rating").map(|w| match w {
            "best" => PortfolioRating::Best,
            _ => PortfolioRating::Worst,
        });
        let first_step = self.table("raise.first_step", Resolver::first_step);
        Some(RaiseRules {
            factor_ppm: factor_ppm?,
            over: over?,
            delay: delay?,
            min_time_at_limit: min_time_at_limit?,
            min_colour: min_colour?,
            allow_unrated: allow_unrated?,
            blocked_while_flagged: blocked_while_flagged?,
            restart_count_after_flag: restart_count_after_flag?,
            portfolio_rating: portfolio_rating?,
            first_step: first_step?,
        })
    }

    fn first_step(&mut self) -> Option<FirstStep> {
        let business_verified = self.switch("raise.first_step.business_verified");
        let count = self.count("raise.first_step.count");
        let over = self.span("raise.first_step.over");
        let unread = index("raise.first_step.count").is_some_and(|i| self.patch.broken.contains(&i));
        if business_verified == Some(false) && count.is_none() && !unread {
            let names = ["raise.first_step.business_verified", "raise.first_step.over"];
            let found = "can never be passed: it needs `business_verified = true`, a `count`, or both; \"none\" \
                         takes the table away";
            let place = self.place_of(&names);
            self.out.faults.push(Fault::new(place, "raise.first_step", found));
        }
        Some(FirstStep { business_verified: business_verified?, count, over: over? })
    }

    fn flag(&mut self) -> Option<FlagRules> {
        let enabled = self.switch("flag.enabled");
        let after = self.span("flag.after");
        let recovery = self.word("flag.recovery").map(|w| match w {
            "held" => Recovery::Held,
            _ => Recovery::Deadline,
        });
        let unrated_at_deadline = self.word("flag.unrated_at_deadline").map(|w| match w {
            "not_recovered" => UnratedAtDeadline::NotRecovered,
            _ => UnratedAtDeadline::Recovered,
        });
        Some(FlagRules {
            enabled: enabled?,
            after: after?,
            recovery: recovery?,
            unrated_at_deadline: unrated_at_deadline?,
        })
    }

    fn sustained(&mut self) -> Option<SustainedRules> {
        let red_for = self.span("sustained.red_for");
        let actions = self.value("sustained.actions").map(|v| match v {
            Value::Actions(actions) => actions,
            other => unreachable!("the actions were read as {other:?}"),
        });
        Some(SustainedRules { red_for: red_for?, actions: actions? })
    }

    fn template(&mut self) -> Option<TemplateRules> {
        let faults = self.out.faults.len();
        let (min_sample, yellow_at, red_at) = self.thresholds("template");
        let own = ["template.yellow_at", "template.red_at"]
            .iter()
            .any(|n| index(n).is_some_and(|i| self.settings.contains_key(&i)));
        if !own {
            // Thresholds taken over from the number's have had their fault already.
            self.out.faults.truncate(faults);
        }
        let pauses = self.value("template.pauses").map(|v| match v {
            Value::Spans(spans) => spans,
            other => unreachable!("the pauses were read as {other:?}"),
        });
        let read_floor = self.number("template.read_floor");
        let read_yellow = self.number("template.read_yellow");
        let read_after = self.span("template.read_after");
        let reds_against_numbers = self.count("template.reds_against_numbers");
        Some(TemplateRules {
            min_sample: min_sample?,
            yellow_at: yellow_at?,
            red_at: red_at?,
            pauses: pauses?,
            read_floor: read_floor?,
            read_yellow: read_yellow?,
            read_after: read_after?,
            reds_against_numbers: reds_against_numbers?,
        })
    }

    fn steps(&mut self, name: &str) -> Option<Vec<EnforcementStep>> {
        self.value(name).map(|v| match v {
            Value::Steps(steps) => steps,
            other => unreachable!("{name} was read as {other:?}"),
        })
    }

    fn enforcement(&mut self) -> Option<EnforcementRules> {
        let steps = self.steps("enforcement.steps");
        let strikes_per_step = self.count("enforcement.strikes_per_step");
        let forget_after = self.span("enforcement.forget_after");
        let appeals = self.span("enforcement.appeals");
        let severe = self.switch("enforcement.severe");
        let disabled_template_counts = self.switch("enforcement.disabled_template_counts");
        Some(EnforcementRules {
            steps: steps?,
            strikes_per_step: strikes_per_step?,
            forget_after: forget_after?,
            appeals: appeals?,
            severe: severe?,
            disabled_template_counts: disabled_template_counts?,
        })
    }

    fn read_rate(&mut self, cadence: Option<SimDuration>) -> Option<ReadRateRules> {
        let floor = self.number("read_rate.floor");
        let window = self.span("read_rate.window");
        let after = self.span("read_rate.after");
        let min_sample = self.count("read_rate.min_sample");
        let steps = self.steps("read_rate.steps");
        let forget_after = self.span("read_rate.forget_after");
        if let (Some(w), Some(c)) = (window, cadence)
            && w < c
            && floor.is_some_and(|f| f > 0.0)
        {
            let found = format!("{w} is less than `rating.cadence` ({c}): no delivery would ever count");
            self.fault(&["read_rate.window", "rating.cadence"], found);
        }
        Some(ReadRateRules {
            floor: floor?,
            window: window?,
            after: after?,
            min_sample: min_sample?,
            steps: steps?,
            forget_after: forget_after?,
        })
    }

    fn pacing(&mut self) -> Option<PacingRules> {
        let first = self.count("pacing.first");
        let hold = self.span("pacing.hold");
        let feedback = self.span("pacing.feedback");
        let utility_after_pause = self.span("pacing.utility_after_pause");
        Some(PacingRules {
            first: first?,
            hold: hold?,
            feedback: feedback?,
            utility_after_pause: utility_after_pause?,
        })
    }

    /// Whatever lowers a limit needs to know how far.
    fn lowering(
        &mut self,
        limit: &Option<LimitRules>,
        flag: &Option<FlagRules>,
        sustained: &Option<Option<SustainedRules>>,
    ) {
        let Some(LimitRules { floor: None, .. }) = limit else { return };
        let lowers = sustained.iter().flatten().any(|s| s.actions.contains(&SustainedAction::Lower));
        let by = match flag {
            Some(f) if f.enabled => "flag.enabled",
            _ if lowers => "sustained.actions",
            _ => return,
        };
        let found = "lowers limits, but `limit.floor` is \"none\"; it must be a step of the ladder";
        self.fault(&[by, "limit.floor"], found.to_string());
    }

    /// A bare value outside the plausible range of the assumption it replaces is allowed, and said.
    fn plausible(&mut self) {
        for (i, s) in self.settings {
            let of = |v: &Option<Value>| v.as_ref().and_then(Value::magnitude);
            let (Some(value), Some(low), Some(high)) = (s.value.magnitude(), of(&s.low), of(&s.high)) else {
                continue;
            };
            if value < low || value > high {
                let text = |v: &Option<Value>| v.as_ref().map_or(String::new(), Value::to_string);
                let (low, high) = (text(&s.low), text(&s.high));
                let found = format!("{} lies outside the plausible range, {low} to {high}", s.value);
                self.out.warnings.push(Fault::new(s.place.clone(), PARAMS[*i].name, found));
            }
        }
    }
}

/// Constants that came after the tables they stand in: where no file sets them, the era did not know them.
const NOT_SHOWN_UNSET: [&str; 4] =
    ["template.read_floor", "template.read_yellow", "template.read_after", "template.reds_against_numbers"];

/// Every constant of a version with its provenance, in the order of the list. Tables the version lacks give none.
pub(super) fn constants(settings: &Settings, rules: &Rules) -> Vec<Constant> {
    let shown = |p: &Param| match optional_table(p.name) {
        Some("raise.first_step") => rules.raise.first_step.is_some(),
        Some("sustained") => rules.sustained.is_some(),
        Some("template") => rules.template.is_some(),
        Some("app") => rules.app.is_some(),
        Some("portfolio") => rules.portfolio.is_some(),
        Some("pacing") => rules.pacing.is_some(),
        Some("portfolio_pacing") => rules.portfolio_pacing.is_some(),
        Some("categories") => rules.categories.is_some(),
        Some("opt_in") => rules.opt_in.is_some(),
        Some("enforcement") => rules.enforcement.is_some(),
        Some("read_rate") => rules.read_rate.is_some(),
        Some(table) => rules.gate.has(table),
        None => true,
    };
    PARAMS
        .iter()
        .enumerate()
        .filter(|(_, p)| shown(p))
        .filter_map(|(i, p)| constant(i, p, settings, rules))
        .collect()
}

fn constant(i: usize, p: &Param, settings: &Settings, rules: &Rules) -> Option<Constant> {
    let text = |v: &Option<Value>| v.as_ref().map(Value::to_string);
    let base = |value: String| Constant {
        name: p.name.to_string(),
        value,
        unit: p.unit.to_string(),
        source: String::new(),
        confidence: Confidence::Assumed,
        verified: None,
        low: None,
        high: None,
        note: None,
        idle: idle(p.name, rules),
    };
    if let Some(s) = settings.get(&i) {
        return Some(Constant {
            source: s.source.clone().unwrap_or_else(|| set_in(&s.place, s.replaces.as_deref())),
            confidence: s.confidence.unwrap_or(Confidence::Given),
            verified: s.verified.clone(),
            low: text(&s.low),
            high: text(&s.high),
            note: s.note.clone(),
            ..base(s.value.to_string())
        });
    }
    match p.need {
        // A span over which nothing is counted, and which no file mentions, would only puzzle.
        Need::Default(_) if p.name == "raise.first_step.over" && idle(p.name, rules) => None,
        // Nor would what an era is too old for.
        Need::Default(_) if NOT_SHOWN_UNSET.contains(&p.name) => None,
        Need::Default(default) => Some(Constant {
            source: "this tool's default".to_string(),
            ..base(default_value(p, default).to_string())
        }),
        Need::Inherits(other) => {
            let j = index(other)?;
            let like = constant(j, &PARAMS[j], settings, rules)?;
            let source = format!("as {other}, unless given: nothing is published");
            Some(Constant {
                name: p.name.to_string(),
                source,
                confidence: Confidence::Assumed,
                idle: idle(p.name, rules),
                note: None,
                ..like
            })
        }
        Need::Required | Need::Optional => None,
    }
}

/// `set in FILE, line N`, or `set by --set path=value`, which has no lines.
fn set_in(place: &Place, replaces: Option<&str>) -> String {
    let by = match place.position {
        Some(p) => format!("set in {}, line {}", place.source, p.line),
        None => format!("set by {}", place.source),
    };
    match replaces {
        Some(was) => format!("{by} (in place of {was})"),
        None => by,
    }
}

/// Whether another constant makes this one have no effect.
fn idle(name: &str, rules: &Rules) -> bool {
    match name {
        "flag.after"
        | "flag.recovery"
        | "flag.unrated_at_deadline"
        | "raise.blocked_while_flagged"
        | "raise.restart_count_after_flag" => !rules.flag.enabled,
        "raise.portfolio_rating" => rules.limit.scope == LimitScope::Number,
        "raise.first_step.over" => rules.raise.first_step.as_ref().is_some_and(|f| f.count.is_none()),
        "rating.prior_rate" => rules.rating.prior_strength == 0.0,
        "app.allowance_unit" => rules.app.as_ref().is_some_and(|a| a.allowance == Limit::Unlimited),
        "template.read_after" => rules.template.as_ref().is_some_and(|t| !t.reads()),
        // Steps and their forgetting hold without a floor: a log may record the violation `read_rate` itself.
        "read_rate.window" | "read_rate.after" | "read_rate.min_sample" => {
            rules.read_rate.as_ref().is_some_and(|r| r.floor == 0.0)
        }
        "portfolio_pacing.on" => false,
        _ if name.starts_with("portfolio_pacing.") => rules.portfolio_pacing.is_some_and(|p| !p.on),
        _ => rules.gate.leaves_idle(name),
    }
}
