//! The part of the answer about what the rules did: limits and why they moved, flags, suspensions, pauses.

use crate::experiment::measure::RunResult;
use crate::messaging::{Limit, Scope, VerdictKind};
use crate::report::page::Page;
use crate::report::series::{self, LimitPath};
use crate::report::text::LINES_MAX;
use crate::report::words;
use crate::sim::SimTime;

/// Each limit with its steps and why.
pub(super) fn limits(page: &mut Page, result: &RunResult) {
    let paths = series::limit_paths(result);
    if paths.is_empty() {
        return;
    }
    page.section(if result.replications.len() > 1 {
        "Messaging limit, replication 1"
    } else {
        "Messaging limit"
    });
    for path in &paths {
        let who =
            if paths.len() > 1 { format!("{}: ", words::shorten(&path.label, 40)) } else { String::new() };
        let start = path.start.map_or("not known".to_string(), Limit::short);
        if path.steps.is_empty() {
            page.wrap(&format!("{who}{start} throughout"), 2, 2);
        } else {
            page.wrap(&format!("{who}starts at {start}"), 2, 2);
            for step in path.steps.iter().take(LINES_MAX) {
                let line = format!(
                    "{} → {} on {}, {}",
                    step.from.short(),
                    step.to.short(),
                    words::day(result.start, step.time),
                    words::limit_rule(&step.rule)
                );
                page.wrap(&line, 4, 2);
            }
            if path.steps.len() > LINES_MAX {
                page.line(&format!("    and {} more (verdicts.csv has all)", path.steps.len() - LINES_MAX));
            }
        }
        for line in used_up(result, path).into_iter().chain(limit_use(result, path)) {
            page.wrap(&line, 4, 2);
        }
        if let Some(line) = final_limits(result, path) {
            page.wrap(&line, 4, 2);
        }
    }
    let cancelled =
        result.first.verdicts.iter().filter(|v| v.kind == VerdictKind::RaiseCancelled).count() as u64;
    if cancelled > 0 {
        page.wrap(
            &format!(
                "{} cancelled before falling due: rating, flag or suspension no longer allowed it, or the limit was \
                 lowered first",
                words::plural(cancelled, "raise was", "raises were")
            ),
            2,
            2,
        );
    }
}

/// On how many days the limit was used up at some hour, which the ends of days hide.
fn used_up(result: &RunResult, path: &LimitPath) -> Option<String> {
    let days = series::days_used_up(result, path);
    let last = days.last()?;
    let said = match days.len() {
        1 => format!("used up on {}", words::day(result.start, *last)),
        n => format!(
            "used up on {}, last on {}",
            words::plural(n as u64, "day", "days"),
            words::day(result.start, *last)
        ),
    };
    Some(format!("{said}: attempts were refused for it"))
}

/// How close the slots came to the limit, at the ends of days.
fn limit_use(result: &RunResult, path: &LimitPath) -> Option<String> {
    let number = path.numbers[0];
    let rows = result.first.daily.iter().filter(|r| r.number == number);
    let fullest = rows
        .filter_map(|r| match r.limit {
            Limit::Of(limit) => Some((r.slots_in_use as f64 / limit as f64, r)),
            Limit::Unlimited => None,
        })
        .reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    (fullest.1.slots_in_use > 0).then(|| {
        format!(
            "fullest at the end of {}: {} of {} slots in use",
            words::day(result.start, fullest.1.day),
            words::count(fullest.1.slots_in_use),
            fullest.1.limit.short()
        )
    })
}

fn final_limits(result: &RunResult, path: &LimitPath) -> Option<String> {
    let n = result.replications.len() as u64;
    if n < 2 {
        return None;
    }
    let mut ends: Vec<Limit> = result
        .replications
        .iter()
        .filter_map(|r| r.numbers.get(path.numbers[0]))
        .map(|s| s.final_limit)
        .collect();
    ends.sort();
    let shares: Vec<String> = ends
        .chunk_by(|a, b| a == b)
        .map(|same| format!("{} in {}", same[0].short(), words::chance(same.len() as f64 / n as f64, n)))
        .collect();
    Some(format!("at the end of the run: {} of the replications", words::list(&shares, 6)))
}

/// What befell numbers and templates, in order of time.
pub(super) fn incidents(page: &mut Page, result: &RunResult) {
    let mut lines: Vec<(SimTime, String)> = Vec::new();
    let mut used_up: (u64, Option<SimTime>) = (0, None);
    for v in &result.first.verdicts {
        let subject = words::shorten(&words::clean(&v.subject), 40);
        let who = match v.scope {
            Scope::Number if result.numbers.len() == 1 => "number".to_string(),
            Scope::Number => subject,
            Scope::Template => format!("template {subject}"),
            Scope::Portfolio => format!("portfolio {subject}"),
            Scope::Account if result.portfolios.iter().all(|p| *p == v.subject) => "account".to_string(),
            Scope::Account => format!("account {subject}"),
        };
        let said = match v.kind {
            VerdictKind::StatusChanged => match v.rule.as_str() {
                "limit_used_up" => {
                    used_up = (used_up.0 + 1, Some(v.time));
                    continue;
                }
                "slots_free" => continue,
                "flag_red" => "flagged, red at an evaluation: a clock starts",
                "flag_recovered" => "the flag ends, it recovered",
                "flag_deadline" => "the flag ends at its deadline",
                "policy_changed" => "the status changes with the platform's rules",
                // These come with a verdict of their own.
                "sustained_suspend" | "suspension_over" | "sustained_ban" => continue,
                _ => "",
            }
            .to_string(),
            VerdictKind::NumberSuspended => format!("suspended until {}", instant_of(result.start, &v.to)),
            VerdictKind::NumberRestored => "the suspension ends".to_string(),
            VerdictKind::NumberBanned => "banned".to_string(),
            VerdictKind::TemplatePaused => match v.rule.as_str() {
                "template_red_1" => "paused, red for the first time".to_string(),
                "template_red_2" => "paused, red for the second time".to_string(),
                _ => "paused, red".to_string(),
            },
            VerdictKind::SendHeld if v.scope == Scope::Portfolio => {
                "held after its first templates, until feedback is in (pacing of the portfolio)".to_string()
            }
            VerdictKind::SendHeld => {
                "held after its first messages, until feedback is in (pacing)".to_string()
            }
            VerdictKind::SendReleased => match v.rule.as_str() {
                "quality_low" => "what was held is dropped (132015), its quality is low".to_string(),
                "quality_good" => "what was held goes out, its quality is good".to_string(),
                "hold_over" => "what was held goes out, nothing was found in time".to_string(),
                "portfolio_quality_low" => "what was held is dropped (135000), a number is red".to_string(),
                "portfolio_quality_good" => format!("{} more go out, no number is red", words::clean(&v.to)),
                "portfolio_hold_over" => {
                    format!("{} more go out, nothing was found in time", words::clean(&v.to))
                }
                _ => "what was held goes out".to_string(),
            },
            VerdictKind::TemplateResumed => "may be sent again".to_string(),
            VerdictKind::TemplateDisabled => "disabled, red once too often".to_string(),
            VerdictKind::AccountWarned => format!("warned ({})", by(&v.rule)),
            VerdictKind::AccountRestricted if v.to.is_empty() => {
                format!("business-initiated messages stopped until a review lets it go ({})", by(&v.rule))
            }
            VerdictKind::AccountRestricted => {
                let until = instant_of(result.start, &v.to);
                let scope = match v.rule.as_str() {
                    r if r.ends_with("restrict_initiated") => "business-initiated messages stopped",
                    r if r.ends_with("restrict_all") => "all messages stopped",
                    _ => "restricted",
                };
                format!("{scope} until {until} ({})", by(&v.rule))
            }
            VerdictKind::AccountRestored => format!("restored ({})", by(&v.rule)),
            // What a granted appeal leaves of a disabled account: a lock, which takes a further appeal.
            VerdictKind::AccountLocked if v.rule == "appeal_granted" => {
                format!("back to locked until another appeal is granted ({})", by(&v.rule))
            }
            VerdictKind::AccountLocked => format!("locked until an appeal is granted ({})", by(&v.rule)),
            VerdictKind::AccountDisabled => format!("disabled for good ({})", by(&v.rule)),
            _ => continue,
        };
        let said = if said.is_empty() {
            format!("{} → {} ({})", words::clean(&v.from), words::clean(&v.to), words::clean(&v.rule))
        } else {
            said
        };
        lines.push((v.time, format!("{who}: {said}")));
    }
    if lines.is_empty() && used_up.0 == 0 {
        return;
    }
    let which = if result.replications.len() > 1 { ", replication 1" } else { "" };
    let accounts = result.first.verdicts.iter().any(|v| v.scope == Scope::Account);
    let what = match accounts {
        true => "Flags, suspensions, template pauses and enforcement",
        false => "Flags, suspensions and template pauses",
    };
    page.section(&format!("{what}{which} (hours in UTC)"));
    // Where there is not room for all, what befell a whole number comes before what befell a template.
    let mut shown: Vec<usize> = (0..lines.len()).collect();
    shown.sort_by_key(|i| (lines[*i].1.starts_with("template "), *i));
    shown.truncate(LINES_MAX);
    shown.sort_unstable();
    for (time, line) in shown.into_iter().map(|i| &lines[i]) {
        page.wrap(&format!("{}, {line}", words::instant(result.start, *time)), 2, 2);
    }
    if lines.len() > LINES_MAX {
        page.line(&format!("  and {} more (verdicts.csv has all)", lines.len() - LINES_MAX));
    }
    if let (n, Some(last)) = used_up {
        page.wrap(
            &format!(
                "limit used up (RESTRICTED) {}, last on {}; no punishment",
                words::plural(n, "time", "times"),
                words::instant(result.start, last)
            ),
            2,
            2,
        );
    }
}

/// What a step of enforcement came from, by its rule's id.
fn by(rule: &str) -> &'static str {
    let causes = [
        ("violation_", "a violation was recorded"),
        ("severe_", "severe harm"),
        ("read_rate_", "too few messages are read"),
        ("template_", "a template was disabled"),
        ("portfolio_pacing_", "feedback on a paced portfolio was bad"),
        ("restriction_over", "the time is over"),
        ("appeal_granted", "an appeal was granted"),
    ];
    causes.iter().find(|(id, _)| rule.starts_with(id)).map_or("by the rules", |(_, words)| words)
}

/// An instant of a verdict with its day and hour, or the text itself.
fn instant_of(start: SimTime, text: &str) -> String {
    SimTime::parse(text).map_or_else(|_| words::clean(text), |at| words::instant(start, at))
}
