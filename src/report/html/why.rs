//! Verdicts in plain words: what happened, to whom, and why the rules say so.
//!
//! Must not know how a timeline is laid out, nor how a rule comes to its verdict.

use crate::messaging::{Scope, Verdict, VerdictKind, codes};
use crate::report::words;
use crate::sim::SimTime;

/// What a reader may filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Colours of numbers.
    Rating,
    /// Limits, and raises to come.
    Limit,
    /// Flags, suspensions, bans.
    Status,
    /// Limits used up, for an hour or a day; no punishment.
    UsedUp,
    /// Attempts that were refused.
    Refusal,
    /// Colours, pauses and holds of templates.
    Template,
    /// Enforcement against the account.
    Account,
}

impl Group {
    pub(super) const ALL: [Group; 7] = [
        Group::Rating,
        Group::Limit,
        Group::Status,
        Group::UsedUp,
        Group::Refusal,
        Group::Template,
        Group::Account,
    ];

    /// In class names and filters.
    pub(super) fn id(self) -> &'static str {
        match self {
            Group::Rating => "rating",
            Group::Limit => "limit",
            Group::Status => "status",
            Group::UsedUp => "used-up",
            Group::Refusal => "refusal",
            Group::Template => "template",
            Group::Account => "account",
        }
    }

    /// On the filter's button.
    pub(super) fn label(self) -> &'static str {
        match self {
            Group::Rating => "Ratings of numbers",
            Group::Limit => "Messaging limits",
            Group::Status => "Flags and suspensions",
            Group::UsedUp => "Limit used up",
            Group::Refusal => "Refused attempts",
            Group::Template => "Templates",
            Group::Account => "Account",
        }
    }

    pub(super) fn of(v: &Verdict) -> Group {
        match v.kind {
            VerdictKind::QualityRated => Group::Rating,
            VerdictKind::RaiseScheduled | VerdictKind::RaiseCancelled | VerdictKind::LimitChanged => {
                Group::Limit
            }
            VerdictKind::StatusChanged if is_use(v) => Group::UsedUp,
            VerdictKind::StatusChanged
            | VerdictKind::NumberSuspended
            | VerdictKind::NumberRestored
            | VerdictKind::NumberBanned => Group::Status,
            VerdictKind::SendRefused => Group::Refusal,
            VerdictKind::SendHeld
            | VerdictKind::SendReleased
            | VerdictKind::TemplateRated
            | VerdictKind::TemplatePaused
            | VerdictKind::TemplateResumed
            | VerdictKind::TemplateDisabled => Group::Template,
            VerdictKind::AccountWarned
            | VerdictKind::AccountRestricted
            | VerdictKind::AccountRestored
            | VerdictKind::AccountLocked
            | VerdictKind::AccountDisabled => Group::Account,
        }
    }
}

/// Whether the verdict only says that a limit is used up, or has room again.
pub(super) fn is_use(v: &Verdict) -> bool {
    v.kind == VerdictKind::StatusChanged && matches!(v.rule.as_str(), "limit_used_up" | "slots_free")
}

/// Whom a verdict is about.
pub(super) fn whom(scope: Scope, subject: &str) -> String {
    let name = words::shorten(&words::clean(subject), 60);
    match scope {
        Scope::Number => name,
        Scope::Template => format!("template {name}"),
        Scope::Portfolio => format!("portfolio {name}"),
        Scope::Account => format!("account {name}"),
    }
}

/// What happened, as a clause without its subject.
pub(super) fn what(v: &Verdict) -> String {
    let (from, to) = (words::clean(&v.from), words::clean(&v.to));
    match v.kind {
        VerdictKind::QualityRated | VerdictKind::TemplateRated => match from.as_str() {
            "" => format!("rated {}", rated(&to)),
            _ => format!("rated {}, was {}", rated(&to), rated(&from)),
        },
        VerdictKind::StatusChanged => format!("status {from} → {to}"),
        VerdictKind::RaiseScheduled => format!("a higher limit is due on {}", instant(&to)),
        VerdictKind::RaiseCancelled => format!("the raise due on {} will not happen", instant(&from)),
        VerdictKind::LimitChanged => format!("limit {} → {}", words::limit(&from), words::limit(&to)),
        VerdictKind::SendRefused => "an attempt was refused".to_string(),
        VerdictKind::SendHeld => format!("its messages are held back until {} at the latest", instant(&to)),
        VerdictKind::SendReleased if to == "dropped" => "what was held is dropped".to_string(),
        VerdictKind::SendReleased => "what was held goes out".to_string(),
        VerdictKind::TemplatePaused => "paused".to_string(),
        VerdictKind::TemplateResumed => "may be sent again".to_string(),
        VerdictKind::TemplateDisabled => "disabled for good".to_string(),
        VerdictKind::NumberSuspended => format!("refuses everything until {}", instant(&to)),
        VerdictKind::NumberRestored => "may send again".to_string(),
        VerdictKind::NumberBanned => "banned for good".to_string(),
        VerdictKind::AccountWarned => "warned".to_string(),
        VerdictKind::AccountRestricted if v.rule.ends_with("restrict_initiated") => {
            format!("may start no conversations until {}", instant(&to))
        }
        VerdictKind::AccountRestricted => format!("may send nothing until {}", instant(&to)),
        VerdictKind::AccountRestored => "may send again".to_string(),
        VerdictKind::AccountLocked => "locked until an appeal is granted".to_string(),
        VerdictKind::AccountDisabled => "disabled for good".to_string(),
    }
}

/// Why, by the rule's id; empty for an id that nothing is known of.
pub(super) fn why(kind: VerdictKind, rule: &str) -> String {
    let said = match rule {
        "rating" => "negative signals per message at this evaluation",
        "resume_reset" => "after its pause it is rated anew, from nothing",
        "raise" if kind == VerdictKind::RaiseScheduled => {
            "enough different people were messaged and the rating allows it"
        }
        "raise" => "enough different people were messaged and the rating allowed it",
        "not_allowed" => "rating or status no longer allow it",
        "flag_deadline" => "still red when the flag's clock ran out",
        "sustained_lower" => "red for too long without a break",
        "policy_changed" => "the platform's rules changed on this date",
        "limit_used_up" => "as many people as the limit allows; no punishment",
        "slots_free" => "slots are free again",
        "flag_red" => "red at an evaluation; a clock starts, and a limit is lowered if it stays red",
        "flag_recovered" => "it recovered before the flag's clock ran out",
        "sustained_suspend" => "red for too long without a break",
        "suspension_over" => "the suspension's time is over",
        "sustained_ban" => "red for too long, after earlier penalties",
        "template_red_1" => "its quality is low, for the first time",
        "template_red_2" => "its quality is low, for the second time",
        "template_red_3" => "its quality is low, once too often",
        "pause_over" => "the pause's time is over",
        "pacing" => "pacing: after its first messages the rest waits until feedback is in",
        "portfolio_pacing" => "pacing: a batch of the portfolio waits until feedback on the one before is in",
        "quality_good" | "portfolio_quality_good" => "feedback is in, and its quality is good",
        "quality_low" | "portfolio_quality_low" => "feedback is in, and its quality is low",
        "hold_over" | "portfolio_hold_over" => "nothing was found in time",
        "appeal_granted" => "an appeal was granted",
        "restriction_over" => "the restriction's time is over",
        "" => "",
        _ => return composed(kind, rule),
    };
    said.to_string()
}

/// Rules whose ids are put together, and reasons of refusals.
fn composed(kind: VerdictKind, rule: &str) -> String {
    const STRIKES: [(&str, &str); 4] = [
        ("violation_", "a violation of the platform's policies was recorded"),
        ("severe_", "severe harm was recorded"),
        ("read_rate_", "too few of its messages are read"),
        ("template_", "one of its templates was disabled"),
    ];
    if is_account(kind)
        && let Some((_, said)) = STRIKES.iter().find(|(id, _)| rule.starts_with(id))
    {
        return (*said).to_string();
    }
    if rule.starts_with("template_red_") {
        return "its quality is low, again".to_string();
    }
    if let Some(said) = refusal(rule) {
        return said.to_string();
    }
    codes::of(rule).map_or_else(String::new, |c| c.title.to_string())
}

fn is_account(kind: VerdictKind) -> bool {
    use VerdictKind::{AccountDisabled, AccountLocked, AccountRestored, AccountRestricted, AccountWarned};
    matches!(kind, AccountWarned | AccountRestricted | AccountRestored | AccountLocked | AccountDisabled)
}

/// Why an attempt was refused, by names of ours.
fn refusal(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "limit" => "the messaging limit is used up until slots are free",
        "suspended" => "the number is suspended",
        "banned" => "the number is banned",
        "template_paused" => "the template is paused",
        "template_disabled" => "the template is disabled",
        "account_restricted" => "the account is restricted",
        "account_locked" => "the account is locked",
        "account_disabled" => "the account is disabled",
        "own_cap" => "the person already gets as much of this business's marketing as the platform allows",
        "shared_cap" => {
            "the person already gets as much marketing from all businesses as the platform allows"
        }
        "retry_guard" => "the person was tried again too soon",
        "excluded_country" => "no marketing is delivered to the person's country",
        "hold_out" => "the person is held out of marketing by the platform",
        "stopped" => "the person stopped this business's marketing",
        "pair_rate" => "too many messages from this number to this person in a short time",
        "throughput" => "more messages per second than the platform takes from this number",
        _ => return None,
    })
}

/// A colour in words, with the platform's own word for it.
fn rated(text: &str) -> &str {
    match text {
        "RED" => "red (low)",
        "YELLOW" => "yellow (medium)",
        "GREEN" => "green (high)",
        "UNKNOWN" => "not rated",
        other => other,
    }
}

/// An instant of a verdict as a date and an hour, or the text itself.
fn instant(text: &str) -> String {
    SimTime::parse(text).map_or_else(|_| text.to_string(), stamp)
}

/// `2024-03-12 09:00`, UTC.
pub(super) fn stamp(at: SimTime) -> String {
    let minutes = at.0.rem_euclid(SimTime::DAY_MS) / 60_000;
    format!("{} {:02}:{:02}", at.date(), minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::refusal::{CAUSES_LEN, Refused};

    /// Every rule that a verdict of a kind can carry.
    fn known() -> Vec<(VerdictKind, String)> {
        use VerdictKind::*;
        let fixed: [(VerdictKind, &[&str]); 19] = [
            (QualityRated, &["rating", "policy_changed"]),
            (TemplateRated, &["rating", "resume_reset", "policy_changed"]),
            (RaiseScheduled, &["raise"]),
            (RaiseCancelled, &["not_allowed", "flag_deadline", "sustained_lower", "policy_changed"]),
            (LimitChanged, &["raise", "flag_deadline", "sustained_lower", "policy_changed"]),
            (
                StatusChanged,
                &[
                    "limit_used_up",
                    "slots_free",
                    "flag_red",
                    "flag_recovered",
                    "flag_deadline",
                    "sustained_suspend",
                    "suspension_over",
                    "sustained_ban",
                    "policy_changed",
                ],
            ),
            (NumberSuspended, &["sustained_suspend"]),
            (NumberRestored, &["suspension_over", "policy_changed"]),
            (NumberBanned, &["sustained_ban"]),
            (TemplatePaused, &["template_red_1", "template_red_2", "template_red_5"]),
            (TemplateDisabled, &["template_red_3", "template_red_4"]),
            (TemplateResumed, &["pause_over", "policy_changed"]),
            (SendHeld, &["pacing"]),
            (SendReleased, &["quality_good", "quality_low", "hold_over", "policy_changed"]),
            (AccountWarned, &["violation_warn", "template_warn", "read_rate_warn"]),
            (
                AccountRestricted,
                &["violation_restrict_initiated", "violation_restrict_all", "severe_restrict_all"],
            ),
            (AccountLocked, &["severe_lock", "violation_lock"]),
            (AccountDisabled, &["severe_disable"]),
            (AccountRestored, &["appeal_granted", "restriction_over", "policy_changed"]),
        ];
        let refusals = (0..CAUSES_LEN).flat_map(|i| {
            let refused = Refused::at(i as u8);
            [refused.name().to_string(), refused.code().to_string()].map(|rule| (SendRefused, rule))
        });
        let codes = codes::CODES.iter().map(|c| (SendRefused, c.code.to_string()));
        let fixed = fixed.iter().flat_map(|(k, rules)| rules.iter().map(|r| (*k, r.to_string())));
        fixed.chain(refusals).chain(codes).collect()
    }

    #[test]
    fn every_rule_has_words() {
        for (kind, rule) in known() {
            let said = why(kind, &rule);
            assert!(said.len() > 8 && !said.contains('_') && said != rule, "{kind:?} {rule}: {said:?}");
        }
        assert!(
            VerdictKind::ALL.iter().all(|k| known().iter().any(|(kind, _)| kind == k)),
            "every kind is tried"
        );
        assert_eq!(why(VerdictKind::LimitChanged, "no_such_rule"), "");
    }

    #[test]
    fn instants_read_as_dates_and_texts_stay() {
        assert_eq!(instant("2024-03-01T09:30:00.000Z"), "2024-03-01 09:30");
        assert_eq!(instant("soon"), "soon");
    }

    #[test]
    fn every_kind_says_what_happened() {
        for kind in VerdictKind::ALL {
            let v = Verdict {
                time: SimTime(0),
                kind: *kind,
                scope: Scope::Number,
                subject: "n".into(),
                portfolio: "p".into(),
                from: "GREEN".into(),
                to: "2024-03-01T09:30:00.000Z".into(),
                rule: "x".into(),
                cause: None,
            };
            let said = what(&v);
            assert!(said.len() > 5, "{said}");
            assert!(Group::ALL.contains(&Group::of(&v)));
        }
    }
}
