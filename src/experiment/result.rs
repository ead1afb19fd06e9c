//! Everything a report needs of a run command, put together: the plan's names, the policy's label, the outcomes.

use crate::behaviour::consent::Named;
use crate::experiment::course::Course;
use crate::experiment::measure::{
    Assumption, Behaviour, Counts, Origin, Outcome, PolicyLabel, RunResult, Superseded,
};
use crate::experiment::observed::Platform;
use crate::experiment::plan::{Admin, Plan};
use crate::experiment::replicate::Replicated;
use crate::experiment::study::lead;
use crate::messaging::Category;
use crate::messaging::SignalKind as K;
use crate::messaging::log::{LogCounts, LogSink};
use crate::messaging::record::Event;
use crate::policy::{Policy, library};
use crate::scenario::{People, Scenario, standing};
use crate::sim::SimTime;
use crate::sim::rng::Draws;

/// What is said of a policy beside the results of a run from `start` to `horizon`.
pub fn policy_label(policy: &Policy, start: SimTime, horizon: SimTime) -> PolicyLabel {
    let first = policy.at(start);
    let mut eras = vec![(start, first.name.clone())];
    eras.extend(
        policy.switches(start, horizon).into_iter().map(|(at, v)| (at, policy.versions[v].name.clone())),
    );
    let in_force = || eras.iter().map(|(at, _)| policy.at(*at));
    // A run is only as fresh as the newest rules it uses.
    let verified = in_force().filter_map(|v| v.verified()).max().unwrap_or_default().to_string();
    let assumptions = first
        .assumptions()
        .map(|c| Assumption {
            name: c.name.clone(),
            value: c.value.clone(),
            low: c.low.clone().unwrap_or_default(),
            high: c.high.clone().unwrap_or_default(),
            source: c.source.clone(),
        })
        .collect();
    let can_lower = in_force().any(|v| v.rules.flag.enabled || v.rules.sustained.is_some());
    let known_from = policy.versions[0].from.clone();
    PolicyLabel {
        can_lower,
        superseded: superseded(&policy.at(horizon).name),
        // One version alone was asked for by name, whatever the date.
        known_from: known_from.filter(|from| policy.versions.len() > 1 && start.date() < *from),
        name: policy.name.clone(),
        hash: policy.hash.clone(),
        thresholds: (first.rules.rating.yellow_at, first.rules.rating.red_at),
        verified,
        assumptions,
        eras,
    }
}

/// What has replaced a shipped era since, if it differs in what is judged of numbers.
fn superseded(name: &str) -> Option<Superseded> {
    // An era that changed by the day is `2024-05/2024-10-24` from then on.
    let name = name.split('/').next().unwrap_or(name);
    let calendar = || library::eras().iter().filter(|e| !e.variant);
    let era = calendar().find(|e| e.name == name)?;
    let newest = calendar().next_back()?;
    let (then, now) = (&era.version.rules, &newest.version.rules);
    let sections: Vec<&'static str> = [
        ("rating", then.rating != now.rating),
        ("limit", then.limit != now.limit),
        ("raise", then.raise != now.raise),
        ("flag", then.flag != now.flag),
    ]
    .into_iter()
    .filter_map(|(section, differs)| differs.then_some(section))
    .collect();
    let later = calendar().skip_while(|e| e.name != name).skip(1);
    let no_flag = |e: &&library::Era| then.flag.enabled && !e.version.rules.flag.enabled;
    let no_flag_since = later.into_iter().find(no_flag).map(|e| e.name.clone());
    let (era, newest) = (era.name.clone(), newest.name.clone());
    (!sections.is_empty()).then_some(Superseded { era, newest, sections, no_flag_since })
}

/// What a plan assumes of people, and what a reader has to know of it beside.
fn behaviour(plan: &Plan, policy: &Policy, done: &Replicated) -> Behaviour {
    let marketing = plan.templates().iter().zip(&done.outcomes[0].templates);
    let marketing =
        marketing.into_iter().any(|(t, row)| t.category == Category::Marketing && row.counts.sent > 0);
    let mut remarks = plan.scenario.remarks.clone();
    remarks.extend(crate::experiment::opt_in::remarks(plan, policy));
    remarks.extend(crate::experiment::categories::remarks(plan, policy));
    Behaviour { assumptions: assumptions(plan), marketing, remarks }
}

/// The figures about people that colours hang on most, where they have an effect: by key, then segment.
fn assumptions(plan: &Plan) -> Vec<Assumption> {
    let s = &plan.scenario;
    let reached = |segment: usize| {
        let campaigns = s.campaigns.iter().filter(move |c| c.audience.segments.contains(&segment));
        campaigns.flat_map(|c| c.templates.iter().map(|(t, _)| &s.templates[*t]))
    };
    let has_effect = |key: &str, segment: usize| match key {
        "missing_consent_factor" => {
            without_consent(s, segment) || s.segments[segment].consent.half_life.is_some()
        }
        "unnamed_business_factor" => lacks(s, segment, |n| n.business),
        "unnamed_channel_factor" => lacks(s, segment, |n| n.channel),
        "unnamed_topics_factor" => lacks(s, segment, |n| n.topics),
        "ignored_opt_out_factor" => s.campaigns.iter().any(|c| {
            let a = &c.audience;
            let late = !a.honour_opt_outs || a.opt_out_delay.0 > 0 || a.opt_outs_missed > 0.0;
            late && a.segments.contains(&segment)
        }),
        "topic_mismatch_factor" => reached(segment).any(|t| {
            !t.topics.is_empty() && !t.topics.iter().any(|t| s.segments[segment].consent.topics.contains(t))
        }),
        "opt_out_instead_of_block" => reached(segment).any(|t| t.opt_out.is_easy()),
        _ => reached(segment).next().is_some(),
    };
    let mut out = Vec::new();
    for key in [
        "block_base",
        "missing_consent_factor",
        "unnamed_business_factor",
        "unnamed_channel_factor",
        "unnamed_topics_factor",
        "topic_mismatch_factor",
        "opt_out_instead_of_block",
        "ignored_opt_out_factor",
        "fatigue_free",
    ] {
        let Some(standing) = standing::of_people(key) else { continue };
        for (_, segment) in s.segments.iter().enumerate().filter(|(i, _)| has_effect(key, *i)) {
            let value = &s.resolved["segments"][&segment.name][key];
            out.push(Assumption {
                name: standing::path(&["segments", &segment.name, key]),
                // A whole number has no decimal point here, as in its range.
                value: value.as_f64().map_or_else(|| value.to_string(), |v| v.to_string()),
                low: standing.low.to_string(),
                high: standing.high.to_string(),
                source: standing.source.to_string(),
            });
        }
    }
    out
}

/// Whether a segment's people agreed to something that left this out.
fn lacks(s: &Scenario, segment: usize, named: fn(&Named) -> bool) -> bool {
    let consent = &s.segments[segment].consent;
    let listed = match &s.people {
        People::Counted(_) => false,
        People::Listed(list) => list.iter().any(|p| p.segment == segment && p.consented == Some(true)),
    };
    (consent.source.is_consent() || listed) && !named(&consent.named)
}

/// Whether some of a segment's people never agreed to be written to.
fn without_consent(s: &Scenario, segment: usize) -> bool {
    let by_segment = s.segments[segment].consent.source.is_consent();
    match &s.people {
        People::Counted(_) => !by_segment,
        People::Listed(list) => {
            list.iter().filter(|p| p.segment == segment).any(|p| !p.consented.unwrap_or(by_segment))
        }
    }
}

/// Puts a run's result together. Takes the first outcome in full; the others' brief forms suffice.
pub fn result(plan: &Plan, policy: &Policy, overrides: &[String], done: Replicated) -> RunResult {
    let s = &plan.scenario;
    RunResult {
        scenario: s.name.clone(),
        question: s.question.clone(),
        asked: lead::estimates(s, &done.summaries),
        start: s.start,
        horizon: s.horizon,
        warm_up: s.warm_up,
        origin: Origin::Simulated { seed: s.seed },
        overrides: overrides.to_vec(),
        currency: s.currency.clone(),
        policy: policy_label(policy, s.start, s.horizon),
        numbers: plan.numbers().iter().map(|n| n.name.clone()).collect(),
        of_app: plan.numbers().iter().map(|n| n.app.is_some()).collect(),
        portfolios: plan.numbers().iter().map(|n| n.portfolio.clone()).collect(),
        behaviour: behaviour(plan, policy, &done),
        first: done.outcomes.into_iter().next().expect("replication 1 is always kept"),
        platform: Platform::default(),
        replications: done.summaries,
    }
}

/// The rows of a replication's log by kind, from what was counted on the way.
pub fn log_counts(plan: &Plan, outcome: &Outcome) -> LogCounts {
    let mut c = Counts::default();
    outcome.segments.iter().for_each(|s| c += s.counts);
    // Destructured, so that a new count can't be forgotten; attempts are the refused ones, a sent row is its own.
    let Counts {
        attempted: _,
        sent,
        delivered,
        read,
        failed,
        received,
        clicked,
        converted,
        blocked,
        reported,
        muted,
        archived,
        opted_out,
        refused,
        interested,
        not_interested,
    } = c;
    let draws = Draws::new(plan.scenario.seed, outcome.replication);
    let course = Course::of(plan, &draws);
    let admin = |is: fn(&Admin) -> bool| course.admin.iter().filter(|(_, a)| is(a)).count() as u64;
    let mut counts = LogCounts::default();
    for (kind, n) in [
        (K::MessageSent, sent),
        (K::MessageDelivered, delivered),
        (K::MessageRead, read),
        (K::MessageFailed, failed),
        (K::MessageReceived, received),
        (K::SendAttempted, refused),
        (K::LinkClicked, clicked),
        (K::Converted, converted),
        (K::BusinessBlocked, blocked),
        (K::BusinessReported, reported),
        (K::BusinessMuted, muted),
        (K::BusinessArchived, archived),
        (K::OptedOut, opted_out),
        (K::InterestStated, interested + not_interested),
        (K::NumberRegistered, plan.numbers().len() as u64),
        (K::BusinessVerified, admin(|a| matches!(a, Admin::Verify(_)))),
        (K::ViolationRecorded, admin(|a| matches!(a, Admin::Violation(_)))),
        (K::AppealDecided, admin(|a| matches!(a, Admin::Appeal(_)))),
        (K::TemplateCreated, admin(|a| matches!(a, Admin::Created(..)))),
        (K::TemplateReviewed, admin(|a| matches!(a, Admin::Reviewed(..)))),
        (K::ContactAdded, outcome.contacts),
        (K::LogClosed, 1),
    ] {
        counts.add(Event::Signal(kind), n);
    }
    outcome.verdicts.iter().for_each(|v| counts.verdict(v));
    assert_eq!(counts.rows(), outcome.log_rows, "every row of the log is of a counted kind");
    counts
}
