//! A scenario made ready to run: indices, keys of random streams, tables; the same for every replication and engine.
//!
//! Knows the scenario and the rules in force; holds no state of a run.

use crate::behaviour::account::{Decided, Recurrence};
use crate::behaviour::draws::FatigueTable;
use crate::behaviour::recipient::Segment;
use crate::behaviour::sender::{Action, Calendar, Campaign, Condition, Number, Template};
use crate::experiment::bill::BillPlan;
use crate::experiment::gate::Gate;
use crate::experiment::key::{CAMPAIGNS_MAX, OCCURRENCES_MAX, RECIPIENTS_MAX, SPAN_MAX_MS, VARIANTS_MAX};
use crate::messaging::Category;
use crate::messaging::event::{Signal, SignalKind};
use crate::policy::Rules;
use crate::policy::app::AppRules;
use crate::policy::judge::{Registration, Timeline};
use crate::scenario::{People, Scenario};
use crate::sim::SimTime;
use crate::sim::rng::{entity, mix};

/// Why a scenario can't be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {found}, at most {most}")]
pub struct TooLarge {
    /// What there is too much of.
    pub what: &'static str,
    /// How much there is.
    pub found: u64,
    /// How much there may be.
    pub most: u64,
}

/// Most numbers of a run: one bit each in a recipient's blocks.
pub const NUMBERS_MAX: usize = 32;
/// Most segments of a run: one byte per recipient.
pub const SEGMENTS_MAX: u64 = 256;
/// Most block reasons of a run.
pub const REASONS_MAX: usize = 64;

/// A campaign with its templates (those of reactions included) and streams.
#[derive(Clone, Debug)]
pub struct CampaignPlan {
    /// As in the scenario.
    pub spec: Campaign,
    /// Templates by variant.
    pub variants: Vec<usize>,
    /// Cumulated shares of the variants that are picked by lot.
    pub cumulated: Vec<f64>,
    /// Its key in random streams.
    pub entity: u64,
    /// Whether all its templates are marketing.
    pub marketing_only: bool,
    /// For each reaction, the variant it uses, if it uses one.
    pub reaction_variants: Vec<Option<u8>>,
    /// The variants to fall back to, in order.
    pub fallback: Vec<u8>,
}

/// A kind of people with its tables.
#[derive(Clone, Debug)]
pub struct SegmentPlan {
    /// As in the scenario.
    pub spec: Segment,
    /// Factor of fatigue by load.
    pub fatigue: FatigueTable,
    /// Factor on negative reactions by template, consent being fresh: consent and topic, divided by relevance.
    pub by_template: Vec<f64>,
    /// For each of the segment's block reasons, its index among the run's.
    pub reasons: Vec<u8>,
}

/// Something that happens by the calendar, not by people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Admin {
    /// A number comes into being.
    Register(usize),
    /// A number's business is verified.
    Verify(usize),
    /// The violation at this place of the scenario's list is recorded.
    Violation(u32),
    /// The appeal at this place of the scenario's list is decided.
    Appeal(u32),
    /// A template (portfolio, template) is submitted.
    Created(u32, u32),
    /// Its review, or an appeal against one, is decided: whether it is approved.
    Reviewed(u32, u32, bool),
}

/// A scenario made ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario.
    pub scenario: Scenario,
    /// The rules over time.
    pub timeline: Timeline,
    /// Kinds of people.
    pub segments: Vec<SegmentPlan>,
    /// Campaigns.
    pub campaigns: Vec<CampaignPlan>,
    /// Portfolio ids, in order of first mention.
    pub portfolios: Vec<String>,
    /// Index of each number's portfolio.
    pub portfolio_of: Vec<usize>,
    /// Block reasons in byte order; index 0 is no reason.
    pub reasons: Vec<String>,
    /// Calendar facts in order.
    pub admin: Vec<(SimTime, Admin)>,
    /// (instant, campaign, occurrence) of every dispatch, in order; at one instant by priority, then file order.
    pub dispatches: Vec<(SimTime, usize, u16)>,
    /// Number of recipients.
    pub people: usize,
    /// What rate cards need to know; none where flat prices hold.
    pub bill: Option<BillPlan>,
    /// For counted people: (first index, segment) of each run.
    runs: Vec<(usize, usize)>,
    /// What the platform lets through, from which offset; of the versions that hold in the run, in order.
    pub gates: Vec<(i64, Gate)>,
}

impl Plan {
    /// Makes a scenario ready under these rules.
    pub fn new(scenario: Scenario, timeline: Timeline) -> Result<Plan, TooLarge> {
        let fits = |what: &'static str, found: u64, most: u64| {
            if found > most { Err(TooLarge { what, found, most }) } else { Ok(()) }
        };
        let (people, runs) = match &scenario.people {
            People::Counted(sizes) => {
                let mut runs = Vec::new();
                let mut first = 0u64;
                for (segment, size) in sizes.iter().enumerate() {
                    runs.push((first.min(RECIPIENTS_MAX) as usize, segment));
                    first = first.saturating_add(*size);
                }
                (first, runs)
            }
            People::Listed(list) => (list.len() as u64, Vec::new()),
        };
        fits("recipients", people, RECIPIENTS_MAX)?;
        fits("segments", scenario.segments.len() as u64, SEGMENTS_MAX)?;
        fits("campaigns", scenario.campaigns.len() as u64, CAMPAIGNS_MAX as u64)?;
        fits("numbers", scenario.numbers.len() as u64, NUMBERS_MAX as u64)?;
        fits(
            "milliseconds from start to horizon",
            (scenario.horizon - scenario.start).0 as u64,
            SPAN_MAX_MS as u64,
        )?;

        let mut reasons: Vec<String> = scenario
            .segments
            .iter()
            .flat_map(|s| s.reactions.block_reasons.iter().map(|r| r.0.clone()))
            .chain([String::new()])
            .collect();
        reasons.sort();
        reasons.dedup();
        fits("block reasons", reasons.len() as u64, REASONS_MAX as u64)?;
        let segments =
            scenario.segments.iter().map(|s| segment_plan(s, &scenario.templates, &reasons)).collect();

        let mut campaigns = Vec::new();
        let mut dispatches = Vec::new();
        for (i, spec) in scenario.campaigns.iter().enumerate() {
            let plan = campaign_plan(spec, &scenario.templates);
            fits("templates of one campaign", plan.variants.len() as u64, VARIANTS_MAX as u64)?;
            if let Calendar::Dispatches(at) = &spec.calendar {
                fits("dispatches of one campaign", at.len() as u64, OCCURRENCES_MAX as u64)?;
                dispatches.extend(at.iter().enumerate().map(|(k, at)| (*at, i, k as u16)));
            }
            campaigns.push(plan);
        }
        dispatches.sort_by_key(|(at, c, k)| (*at, -i64::from(scenario.campaigns[*c].priority), *c, *k));

        let mut portfolios: Vec<String> = Vec::new();
        let mut portfolio_of = Vec::new();
        for n in &scenario.numbers {
            let known = portfolios.iter().position(|p| *p == n.portfolio);
            portfolio_of.push(known.unwrap_or_else(|| {
                portfolios.push(n.portfolio.clone());
                portfolios.len() - 1
            }));
        }
        // Nothing is held against a number, nor said of it, that is not there yet.
        let begins = |n: usize| scenario.numbers[n].registered_at.unwrap_or(scenario.start);
        let mut admin: Vec<(SimTime, Admin)> = Vec::new();
        for (i, n) in scenario.numbers.iter().enumerate() {
            let begins = begins(i);
            admin.push((begins, Admin::Register(i)));
            let verified = n.verified_at.filter(|at| *at <= scenario.horizon);
            admin.extend(verified.map(|at| (at.max(begins), Admin::Verify(i))));
        }
        for (i, v) in scenario.violations.iter().enumerate() {
            if let Recurrence::At(at) = v.when {
                admin.push((at.max(begins(v.number)), Admin::Violation(i as u32)));
            }
        }
        let appeal = |(i, a): (usize, &Decided)| (a.at.max(begins(a.number)), Admin::Appeal(i as u32));
        admin.extend(scenario.appeals.iter().enumerate().map(appeal));
        admin.sort();
        let mut plan = Plan {
            gates: Vec::new(),
            people: people as usize,
            bill: None,
            runs,
            segments,
            campaigns,
            portfolios,
            portfolio_of,
            reasons,
            admin,
            dispatches,
            timeline,
            scenario,
        };
        plan.gates = plan.rules_in_force().map(|(from, rules)| (from, Gate::new(&plan, rules))).collect();
        plan.bill = BillPlan::new(&plan);
        Ok(plan)
    }

    /// The rules that hold at some time in the run, each with when it takes effect there; the first holds already.
    pub fn rules_in_force(&self) -> impl Iterator<Item = (i64, &Rules)> {
        let first = self.timeline.index_at(self.scenario.start);
        let effective = |i: usize| Some((i, self.timeline.effective(i)?));
        (first..).map_while(effective).take_while(|(_, at)| *at <= self.scenario.horizon).map(
            move |(i, at)| {
                let from = if i == first { i64::MIN } else { self.offset(at) };
                (from, &**self.timeline.rules(i))
            },
        )
    }

    /// What the platform lets through at an offset.
    #[inline]
    pub fn gate_at(&self, offset: i64) -> &Gate {
        let (first, later) = self.gates.split_first().expect("some rules hold");
        match later.iter().rev().find(|(from, _)| *from <= offset) {
            Some((_, gate)) => gate,
            None => &first.1,
        }
    }

    /// Whether messages may be held: a template is new in this run, and some rules of it pace new ones; or some pace
    /// whole portfolios.
    pub fn paces(&self) -> bool {
        let new = self.templates().iter().any(|t| t.review.is_some());
        self.rules_in_force()
            .any(|(_, rules)| (new && rules.pacing.is_some()) || rules.portfolio_pacing.is_some_and(|p| p.on))
    }

    /// Whether some of the run's messages are marketing.
    pub fn sends_marketing(&self) -> bool {
        let marketing = |t: &usize| self.templates()[*t].category == Category::Marketing;
        self.campaigns.iter().any(|c| c.variants.iter().any(marketing))
    }

    /// The numbers.
    pub fn numbers(&self) -> &[Number] {
        &self.scenario.numbers
    }

    /// As what a number comes into being.
    pub fn registration(&self, number: usize) -> Registration {
        let n = &self.numbers()[number];
        match (&n.app, n.starting_limit) {
            (Some(_), _) => Registration::App,
            (None, Some(limit)) => Registration::At(limit),
            (None, None) => Registration::Plain,
        }
    }

    /// Whether it is a number of the Business app.
    #[inline]
    pub fn is_app(&self, number: usize) -> bool {
        self.numbers()[number].app.is_some()
    }

    /// When a number is registered.
    pub fn registered_at(&self, number: usize) -> SimTime {
        self.numbers()[number].registered_at.unwrap_or(self.scenario.start)
    }

    /// The rules of the Business app at an instant, if there are any.
    pub fn app_rules(&self, at: SimTime) -> Option<&AppRules> {
        self.timeline.rules(self.timeline.index_at(at)).app.as_ref()
    }

    /// The templates.
    pub fn templates(&self) -> &[Template] {
        &self.scenario.templates
    }

    /// Milliseconds from the start to an instant.
    pub fn offset(&self, at: SimTime) -> i64 {
        at.0 - self.scenario.start.0
    }

    /// Milliseconds from the start to the end.
    pub fn span(&self) -> i64 {
        self.offset(self.scenario.horizon)
    }

    /// The segment of a recipient.
    pub fn segment_of(&self, who: usize) -> usize {
        match &self.scenario.people {
            People::Counted(_) => self.runs[self.runs.partition_point(|r| r.0 <= who) - 1].1,
            People::Listed(list) => list[who].segment,
        }
    }

    /// A recipient's key in random streams: from its name, or its segment's name and its place in it, so that adding
    /// others moves nobody's luck.
    pub fn person_key(&self, who: usize) -> u64 {
        match &self.scenario.people {
            People::Counted(_) => {
                let run = self.runs[self.runs.partition_point(|r| r.0 <= who) - 1];
                mix(entity(&self.segments[run.1].spec.name).wrapping_add((who - run.0) as u64))
            }
            People::Listed(list) => entity(&list[who].name),
        }
    }

    /// Appends a recipient's name.
    pub fn write_person(&self, who: usize, out: &mut String) {
        match &self.scenario.people {
            People::Counted(_) => {
                let run = self.runs[self.runs.partition_point(|r| r.0 <= who) - 1];
                out.push_str(&self.segments[run.1].spec.name);
                out.push('-');
                write_ordinal(who - run.0 + 1, out);
            }
            People::Listed(list) => out.push_str(&list[who].name),
        }
    }

    /// The ordinal that addresses the draws of one message among all of a recipient's.
    pub fn ordinal(&self, campaign: u16, occurrence: u16) -> u64 {
        self.campaigns[campaign as usize].ordinal(occurrence)
    }

    /// The template of a campaign's variant.
    pub fn template_of(&self, campaign: u16, variant: u8) -> usize {
        self.campaigns[campaign as usize].variants[variant as usize]
    }

    /// The number of a campaign.
    pub fn number_of(&self, campaign: u16) -> usize {
        self.campaigns[campaign as usize].spec.number
    }

    /// The log row of a calendar fact.
    pub fn admin_signal(&self, fact: Admin) -> (SignalKind, usize, String) {
        match fact {
            Admin::Register(n) => {
                let value = match self.registration(n) {
                    Registration::Plain => String::new(),
                    Registration::At(limit) => limit.to_string(),
                    Registration::App => Registration::APP.to_string(),
                };
                (SignalKind::NumberRegistered, n, value)
            }
            Admin::Verify(n) => (SignalKind::BusinessVerified, n, String::new()),
            Admin::Violation(i) => {
                let v = &self.scenario.violations[i as usize];
                (SignalKind::ViolationRecorded, v.number, v.kind.name().to_string())
            }
            Admin::Appeal(i) => {
                let a = &self.scenario.appeals[i as usize];
                (SignalKind::AppealDecided, a.number, a.outcome.name().to_string())
            }
            Admin::Created(p, _) => (SignalKind::TemplateCreated, self.first_of(p), String::new()),
            Admin::Reviewed(p, _, approved) => {
                let outcome = if approved { "approved" } else { "rejected" };
                (SignalKind::TemplateReviewed, self.first_of(p), outcome.to_string())
            }
        }
    }

    /// The first number of a portfolio to be registered.
    pub fn first_of(&self, portfolio: u32) -> usize {
        let mine = |n: &usize| self.portfolio_of[*n] == portfolio as usize;
        let first = (0..self.numbers().len()).filter(mine).min_by_key(|n| self.registered_at(*n));
        first.expect("a portfolio is named by one of its numbers")
    }

    /// Hands a calendar fact to a reader of signals.
    pub fn with_admin<R>(&self, at: SimTime, fact: Admin, take: impl FnOnce(&Signal<'_>) -> R) -> R {
        let (kind, n, value) = self.admin_signal(fact);
        let number = &self.numbers()[n];
        let mut signal = Signal::new(at, kind, &number.name);
        signal.portfolio = &number.portfolio;
        signal.value = &value;
        if let Admin::Created(_, t) | Admin::Reviewed(_, t, _) = fact {
            let template = &self.templates()[t as usize];
            signal.template = &template.name;
            signal.category = template.category.name();
        }
        take(&signal)
    }

    /// Expected number of log rows of a replication if nothing is refused: a rule of thumb that needs no run, for
    /// deciding how many replications to make. Sends, deliveries and reads by their mean probabilities.
    pub fn expected_events(&self) -> f64 {
        let sizes: Vec<f64> = match &self.scenario.people {
            People::Counted(sizes) => sizes.iter().map(|s| *s as f64).collect(),
            People::Listed(list) => {
                let mut sizes = vec![0.0; self.segments.len()];
                list.iter().for_each(|p| sizes[p.segment] += 1.0);
                sizes
            }
        };
        let mut events = 0.0;
        for c in &self.campaigns {
            for s in &c.spec.audience.segments {
                let spec = &self.segments[*s].spec;
                let per_message = 1.0 + spec.delivery.probability * (1.0 + spec.reading.probability);
                let audience = sizes[*s] * c.spec.audience.share;
                let messages = match &c.spec.calendar {
                    Calendar::Dispatches(at) => {
                        let mut max = c.spec.audience.max.map_or(f64::INFINITY, |m| m as f64);
                        at.iter()
                            .map(|_| {
                                let size = audience.min(max);
                                max = (max * c.spec.audience.growth).floor();
                                size
                            })
                            .sum()
                    }
                    Calendar::Triggered { per_day, from, until } => {
                        audience * per_day * (*until - *from).as_days()
                    }
                };
                events += messages * per_message;
            }
        }
        events
    }
}

fn segment_plan(spec: &Segment, templates: &[Template], reasons: &[String]) -> SegmentPlan {
    let by_template = templates
        .iter()
        .map(|t| {
            let agreement = spec.consent.agreement();
            spec.consent.fresh(&agreement) * spec.consent.fit(&agreement, t) / t.relevance
        })
        .collect();
    let index = |r: &String| reasons.binary_search(r).expect("collected from all segments") as u8;
    SegmentPlan {
        fatigue: FatigueTable::new(&spec.fatigue),
        by_template,
        reasons: spec.reactions.block_reasons.iter().map(|r| index(&r.0)).collect(),
        spec: spec.clone(),
    }
}

fn campaign_plan(spec: &Campaign, templates: &[Template]) -> CampaignPlan {
    let mut variants: Vec<usize> = spec.templates.iter().map(|t| t.0).collect();
    let mut sum = 0.0;
    let cumulated = spec
        .templates
        .iter()
        .map(|t| {
            sum += t.1;
            sum
        })
        .collect();
    let mut variant = |t: usize| {
        let at = variants.iter().position(|v| *v == t).unwrap_or_else(|| {
            variants.push(t);
            variants.len() - 1
        });
        at as u8
    };
    let mut reaction_variants = Vec::new();
    for r in &spec.reactions {
        reaction_variants.push(match r.action {
            Action::UseTemplate(t) => Some(variant(t)),
            Action::Pause | Action::Share(_) => None,
        });
    }
    let fallback = spec.fallback.iter().map(|t| variant(*t)).collect();
    let marketing = |t: &usize| templates[*t].category == Category::Marketing;
    CampaignPlan {
        entity: entity(&spec.name),
        spec: spec.clone(),
        marketing_only: variants.iter().all(marketing),
        variants,
        cumulated,
        reaction_variants,
        fallback,
    }
}

/// What a sender sees of one of its numbers at an instant: the published colour and status, and when each colour was
/// last shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// The colour.
    pub rating: crate::messaging::QualityRating,
    /// The status.
    pub status: crate::messaging::NumberStatus,
    /// Last instant at which RED was shown.
    pub red: Option<SimTime>,
    /// Last instant at which YELLOW or RED was shown.
    pub yellow: Option<SimTime>,
}

impl Published {
    /// Takes note of what is shown at an instant.
    pub fn note(
        &mut self,
        at: SimTime,
        rating: crate::messaging::QualityRating,
        status: crate::messaging::NumberStatus,
    ) {
        use crate::messaging::QualityRating as Q;
        // What was shown until now counts as shown at this instant too: a colour ends when the next one comes.
        if self.rating == Q::Red || rating == Q::Red {
            self.red = Some(at);
        }
        if matches!(self.rating, Q::Red | Q::Yellow) || matches!(rating, Q::Red | Q::Yellow) {
            self.yellow = Some(at);
        }
        self.rating = rating;
        self.status = status;
    }

    /// Whether a condition holds at an instant.
    pub fn meets(&self, condition: Condition, at: SimTime) -> bool {
        use crate::messaging::{NumberStatus, QualityRating as Q};
        let red = self.rating == Q::Red;
        let bad = red || self.rating == Q::Yellow;
        match condition {
            Condition::Red => red,
            Condition::YellowOrWorse => bad,
            Condition::RedWithin(span) => red || self.red.is_some_and(|t| at - t < span),
            Condition::YellowOrWorseWithin(span) => bad || self.yellow.is_some_and(|t| at - t < span),
            Condition::Flagged => self.status == NumberStatus::Flagged,
            Condition::NotBad => !bad,
        }
    }
}

/// Writes a person's number among their segment's, from 1, with six digits at least.
#[inline]
fn write_ordinal(n: usize, out: &mut String) {
    if n < 1_000_000 {
        // Said one by one: the mapping of an array is a call, and this is done for every row of a log.
        let n = n as u32;
        let digit = |unit: u32| b'0' + (n / unit % 10) as u8;
        let digits = [digit(100_000), digit(10_000), digit(1000), digit(100), digit(10), digit(1)];
        out.push_str(std::str::from_utf8(&digits).expect("digits are text"));
    } else {
        out.push_str(itoa::Buffer::new().format(n));
    }
}

/// What a campaign's reaction rules say at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stance {
    /// Send nothing.
    pub paused: bool,
    /// Use this variant instead of the lot.
    pub variant: Option<u8>,
    /// Send to this share of the audience only.
    pub share: f64,
    /// Variants that may be sent, one bit each; all, unless there is something to fall back to.
    pub usable: u16,
    /// The variant that takes the place of one that may not.
    pub instead: Option<u8>,
}

impl Stance {
    /// The same where only these variants may be sent, and these stand in, the first that may.
    pub fn among(self, usable: u16, fallback: &[u8]) -> Stance {
        let instead = fallback.iter().copied().find(|v| usable >> v & 1 == 1);
        Stance { usable, instead, ..self }
    }

    /// The variant that is sent where this one was meant.
    #[inline]
    pub fn instead_of(&self, variant: u8) -> u8 {
        if self.usable >> variant & 1 == 1 { variant } else { self.instead.unwrap_or(variant) }
    }
}

impl CampaignPlan {
    /// The ordinal that addresses the draws of one of its messages among all of a recipient's.
    #[inline]
    pub fn ordinal(&self, occurrence: u16) -> u64 {
        self.entity.wrapping_add(u64::from(occurrence))
    }

    /// Whether its messages arise one by one.
    pub fn is_triggered(&self) -> bool {
        matches!(self.spec.calendar, Calendar::Triggered { .. })
    }

    /// What the reaction rules say: the first that applies.
    pub fn stance(&self, seen: &Published, at: SimTime) -> Stance {
        let mut stance = Stance { paused: false, variant: None, share: 1.0, usable: u16::MAX, instead: None };
        let Some(i) = self.spec.reactions.iter().position(|r| seen.meets(r.when, at)) else { return stance };
        match self.spec.reactions[i].action {
            Action::Pause => stance.paused = true,
            Action::UseTemplate(_) => stance.variant = self.reaction_variants[i],
            Action::Share(share) => stance.share = share,
        }
        stance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_six_digits_or_more() {
        for n in [1, 9, 10, 99_999, 100_000, 654_321, 999_999, 1_000_000, 12_345_678] {
            let mut out = String::new();
            write_ordinal(n, &mut out);
            assert_eq!(out, format!("{n:06}"));
        }
    }
}
