//! The headline of a run as JSON, for `summary.json`: probabilities, means and their intervals by stable names.
//!
//! A pure function of a result. With one replication intervals are null, not zero.

use serde_json::{Map, Value, json};

use crate::experiment::bill::Bill;
use crate::experiment::measure::{Counts, DailyPoint, NumberSummary, Origin, ReplicationSummary, RunResult};
use crate::experiment::observed::agreement;
use crate::experiment::replay::Replayed;
use crate::experiment::stats;
use crate::experiment::study::warm_up::{self, Advice};
use crate::messaging::Limit;
use crate::sim::SimTime;

/// Headline measures, in the order in which they are read best: what the run was, then what held of all replications,
/// then what became of the first.
pub fn headline(result: &RunResult) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("scenario".into(), json!(result.scenario));
    out.insert("question".into(), json!(result.question));
    out.insert("start".into(), json!(result.start.to_string()));
    out.insert("horizon".into(), json!(result.horizon.to_string()));
    if let Origin::Simulated { seed } = result.origin {
        out.insert("seed".into(), json!(seed));
    }
    out.insert("overrides".into(), json!(result.overrides));
    out.insert("replications".into(), json!(result.replications.len()));
    out.insert("currency".into(), json!(result.currency));
    out.insert("all_replications".into(), Value::Object(all(result)));
    out.insert("first_replication".into(), Value::Object(first(result)));
    if let Some(bill) = &result.first.bill {
        out.insert("billed".into(), billed(bill));
    }
    if matches!(result.origin, Origin::Simulated { .. }) {
        out.insert("warm_up_advice".into(), warm_up_advice(result));
    }
    out
}

/// What rate cards made of replication 1.
pub fn billed(bill: &Bill) -> Value {
    json!({ "rates": bill.rates, "cards": bill.cards, "currency": bill.currency, "billable": bill.billable(),
            "cost": bill.cost() })
}

/// From which day on the daily figures look settled: those of deliveries and of scores, mean over replications.
/// Advice for `warm_up`; null where there is too little to go by.
fn warm_up_advice(result: &RunResult) -> Value {
    let of = |take: fn(&DailyPoint) -> Option<f64>| match advice(result, take) {
        Advice::LeaveOut(days) => json!({ "leave_out_days": days, "settled": true }),
        Advice::NotSettled => json!({ "leave_out_days": Value::Null, "settled": false }),
        Advice::TooShort => Value::Null,
    };
    json!({ "rule": "MSER-5", "delivered": of(|p| Some(p.counts.delivered as f64)), "score": of(|p| p.score) })
}

/// MSER-5 on the mean of each day over numbers and replications; days without a value are left out.
fn advice(result: &RunResult, take: fn(&DailyPoint) -> Option<f64>) -> Advice {
    let numbers = result.numbers.len().max(1);
    let days = result.replications.first().map_or(0, |r| r.daily.len() / numbers);
    let mean = |day: usize| {
        let points = result.replications.iter().flat_map(|r| &r.daily[day * numbers..(day + 1) * numbers]);
        let values: Vec<f64> = points.filter(|p| p.present).filter_map(take).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    // Whole weeks at a time: a campaign on Tuesdays is no trend.
    let series: Vec<f64> = (0..days).filter_map(mean).collect();
    let weekly: Vec<f64> = series.windows(7).map(|week| week.iter().sum::<f64>() / 7.0).collect();
    warm_up::mser5(&weekly)
}

/// A sentence where the scenario has a warm-up and the daily scores ask for a longer one.
pub fn warm_up_note(result: &RunResult) -> Option<String> {
    let set = result.warm_up.as_days();
    match advice(result, |p| p.score) {
        Advice::LeaveOut(days) if set > 0.0 && days as f64 > set => Some(format!(
            "Daily scores look settled from day {} on (MSER-5, advice only); the warm-up set is {}.",
            days + 1,
            result.warm_up
        )),
        Advice::NotSettled if set > 0.0 => Some(
            "Daily scores have not settled by the middle of the run (MSER-5, advice only): a share of time at a colour \
             says little of the long run."
                .to_string(),
        ),
        _ => None,
    }
}

/// Chances and means over all replications, with their 95 % intervals.
fn all(result: &RunResult) -> Map<String, Value> {
    let runs = &result.replications;
    let mut out = Map::new();
    let any = |pick: fn(&NumberSummary) -> bool| share(runs, |r| r.numbers.iter().any(pick));
    out.insert("p_red".into(), any(|n| n.first_red.is_some()));
    out.insert("p_yellow".into(), any(|n| n.first_yellow.is_some()));
    out.insert("p_lowered".into(), any(|n| n.first_lowered.is_some()));
    out.insert("p_template_paused".into(), share(runs, |r| r.template_pauses > 0));
    out.insert("p_template_disabled".into(), share(runs, |r| r.templates_disabled > 0));
    if runs.iter().any(|r| r.account.any()) {
        out.insert("p_account_stopped".into(), share(runs, |r| r.account.stopped()));
        out.insert("days_account_stopped".into(), mean(runs, |r| r.account.days_stopped));
        out.insert("refused_by_account".into(), mean(runs, |r| r.account.refused as f64));
    }
    out.insert("cost".into(), mean(runs, |r| r.cost));
    out.insert("value".into(), mean(runs, |r| r.value));
    let rest: Vec<f64> = runs.iter().map(|r| r.value - r.cost).collect();
    out.insert("value_less_cost".into(), of_interval(&rest, stats::mean_interval(&rest)));
    out.insert("planned".into(), mean(runs, |r| r.plan.planned as f64));
    out.insert("deferred".into(), mean(runs, |r| r.plan.deferred as f64));
    out.insert("not_sent".into(), mean(runs, |r| r.plan.not_sent as f64));
    for (i, (name, _)) in Counts::default().named().into_iter().enumerate() {
        let total = |r: &ReplicationSummary| r.numbers.iter().map(|n| n.counts.named()[i].1).sum::<u64>();
        out.insert(name.into(), mean(runs, |r| total(r) as f64));
    }
    let numbers = result.numbers.iter().enumerate().map(|(i, name)| (name.clone(), number(result, i)));
    out.insert("numbers".into(), Value::Object(numbers.collect()));
    out
}

/// What became of each number in replication 1.
fn first(result: &RunResult) -> Map<String, Value> {
    let time = |t: Option<SimTime>| t.map(|t| t.to_string());
    let one = |s: &NumberSummary| {
        let reached = s.reached.iter().map(|(limit, at)| (limit.to_string(), json!(at.to_string())));
        json!({
            "first_yellow": time(s.first_yellow),
            "first_red": time(s.first_red),
            "green_after_red": time(s.green_after_red),
            "first_lowered": time(s.first_lowered),
            "first_limit": Value::Object(reached.collect()),
            "worst_score": s.worst_score,
            "final_rating": s.final_rating.to_string(),
            "final_limit": s.final_limit.to_string(),
            "final_status": s.final_status.name(),
        })
    };
    let mut out = Map::new();
    if let Some(run) = result.replications.first() {
        let numbers = result.numbers.iter().zip(&run.numbers).map(|(name, s)| (name.clone(), one(s)));
        out.insert("numbers".into(), Value::Object(numbers.collect()));
    }
    out
}

/// What a replay adds to its summary: span, fates of rows, numbers at the end, agreement with the platform.
pub fn replayed(r: &Replayed, ignored_columns: &[String]) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("log".into(), json!(r.result.scenario));
    out.insert("start".into(), json!(r.start.to_string()));
    out.insert("end".into(), json!(r.end.to_string()));
    out.insert("ignored_columns".into(), json!(ignored_columns));
    out.insert("without_effect".into(), json!(r.fates.ignored));
    out.insert("dropped".into(), json!(r.fates.dropped));
    out.insert("after_until".into(), json!(r.fates.after_until));
    out.insert("negative_signals".into(), json!(r.negative));
    out.insert("warnings".into(), json!(r.warnings.iter().map(|w| w.to_string()).collect::<Vec<_>>()));
    if let Some(v) = &r.verification {
        out.insert("verified".into(), json!(v.differs.is_none()));
        out.insert("verdicts_agreeing".into(), json!(v.agreed));
    }
    let observed = agreement(&r.observed, &r.changes);
    if !observed.is_empty() {
        let rows = observed.iter().map(|a| {
            json!({
                "measure": a.measure.name(),
                "scope": a.subject.scope.name(),
                "subject": a.subject.id,
                "portfolio": a.subject.portfolio,
                "days": a.days,
                "agreeing": a.agreeing,
                "first_disagreement": a.first_disagreement.map(|d| d.date()),
                "changes": a.leads.changes,
                "changes_matched": a.leads.matched,
                "median_lag_hours": a.leads.median.map(|l| l.as_secs() / 3600.0),
            })
        });
        out.insert("observed".into(), rows.collect());
    }
    out.insert("number_count".into(), json!(r.numbers.len()));
    let only = r.result.replications.first().map_or(&[][..], |o| &o.numbers[..]);
    let time = |t: Option<SimTime>| t.map(|t| t.to_string());
    let numbers = r.result.numbers.iter().zip(&r.result.portfolios).zip(only).map(|((id, portfolio), s)| {
        let facts = json!({
            "portfolio": portfolio,
            "first_yellow": time(s.first_yellow),
            "first_red": time(s.first_red),
            "worst_score": s.worst_score,
            "raises": s.raises,
            "lowerings": s.lowerings,
            "final_rating": s.final_rating.name(),
            "final_limit": s.final_limit.to_string(),
            "final_status": s.final_status.name(),
        });
        (id.clone(), facts)
    });
    out.insert("numbers".into(), Value::Object(numbers.collect()));
    out
}

fn number(result: &RunResult, i: usize) -> Value {
    let runs = &result.replications;
    let all = || runs.iter().map(|r| &r.numbers[i]);
    let time_red = all().filter(|s| s.first_red.is_some()).map(|s| s.share[0]).collect();
    let mut limits: Vec<Limit> = all().flat_map(|s| s.reached.iter().map(|(limit, _)| *limit)).collect();
    limits.sort_unstable();
    limits.dedup();
    let reached = limits.iter().map(|limit| {
        let at = |s: &NumberSummary| s.reached.iter().find(|(had, _)| had == limit).map(|(_, at)| *at);
        let days = all().filter_map(|s| Some((at(s)? - result.start).as_days())).collect();
        let p = share(runs, |r| at(&r.numbers[i]).is_some());
        (limit.to_string(), json!({ "p": p, "days": spread(days) }))
    });
    let days = |from: fn(&NumberSummary) -> Option<SimTime>, to: fn(&NumberSummary) -> Option<SimTime>| {
        spread(all().filter_map(|s| Some((to(s)? - from(s)?).as_days())).collect())
    };
    json!({
        "portfolio": result.portfolios[i],
        "p_red": share(runs, |r| r.numbers[i].first_red.is_some()),
        "p_yellow": share(runs, |r| r.numbers[i].first_yellow.is_some()),
        "p_lowered": share(runs, |r| r.numbers[i].first_lowered.is_some()),
        "p_raised": share(runs, |r| r.numbers[i].raises > 0),
        "limit_reached": Value::Object(reached.collect()),
        "share_red_once_red": spread(time_red),
        "days_to_green_after_red": days(|s| s.first_red, |s| s.green_after_red),
        "days_to_green_after_yellow": days(|s| s.first_yellow, |s| s.green_after_yellow),
        "worst_score": mean_of(all().filter_map(|s| s.worst_score).collect()),
        "planned": mean(runs, |r| r.numbers[i].plan.planned as f64),
        "deferred": mean(runs, |r| r.numbers[i].plan.deferred as f64),
        "not_sent": mean(runs, |r| r.numbers[i].plan.not_sent as f64),
    })
}

/// Quantiles over the replications that have a value, and how many those are.
fn spread(values: Vec<f64>) -> Value {
    let at = |p| stats::quantile(&values, p);
    json!({ "n": values.len(), "q05": at(0.05), "q50": at(0.5), "q95": at(0.95) })
}

/// A share of replications with its Wilson 95 % interval.
fn share(runs: &[ReplicationSummary], is: impl Fn(&ReplicationSummary) -> bool) -> Value {
    let k = runs.iter().filter(|r| is(r)).count() as u64;
    let n = runs.len() as u64;
    if n == 0 {
        return Value::Null;
    }
    let (low, high) = if n > 1 { Some(stats::wilson(k, n)) } else { None }.unzip();
    json!({ "value": k as f64 / n as f64, "low": low, "high": high })
}

/// A mean over replications with its 95 % t interval.
fn mean(runs: &[ReplicationSummary], take: impl Fn(&ReplicationSummary) -> f64) -> Value {
    mean_of(runs.iter().map(take).collect())
}

/// As [`mean`]. No measure here can be below zero, so its interval ends there.
fn mean_of(values: Vec<f64>) -> Value {
    of_interval(&values, stats::mean_interval_from_zero(&values))
}

fn of_interval(values: &[f64], (mean, interval): (f64, Option<(f64, f64)>)) -> Value {
    if values.is_empty() {
        return Value::Null;
    }
    let (low, high) = interval.unzip();
    json!({ "value": mean, "low": low, "high": high })
}
