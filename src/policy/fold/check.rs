//! What a signal row must hold to mean anything, whatever came before it. Changes nothing.

use crate::messaging::{Category, Limit, Signal, SignalKind};
use crate::policy::judge::Registration;

/// What is wrong with a signal row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column}: found {found:?}; {allowed}")]
pub struct Malformed {
    /// The column at fault.
    pub column: &'static str,
    /// What stands there.
    pub found: String,
    /// What would be allowed.
    pub allowed: String,
}

impl Malformed {
    pub(super) fn new(column: &'static str, found: &str, allowed: impl Into<String>) -> Malformed {
        Malformed { column, found: found.to_string(), allowed: allowed.into() }
    }
}

/// Refuses what a row must not hold in itself.
pub(super) fn check(s: &Signal<'_>) -> Result<(), Malformed> {
    use SignalKind as K;
    let needs_number = match s.kind {
        K::LogClosed => false,
        K::BusinessVerified => s.portfolio.is_empty(),
        _ => true,
    };
    if needs_number && s.number.is_empty() {
        return Err(Malformed::new("number", "", format!("{} needs a number", s.kind.name())));
    }
    let by_people = !matches!(
        s.kind,
        K::LogClosed
            | K::BusinessVerified
            | K::NumberRegistered
            | K::TemplateCreated
            | K::TemplateReviewed
            | K::ViolationRecorded
            | K::AppealDecided
    );
    if by_people && s.recipient.is_empty() {
        return Err(Malformed::new("recipient", "", format!("{} needs a recipient", s.kind.name())));
    }
    if !s.category.is_empty() && Category::parse(s.category).is_none() {
        let allowed = "allowed: marketing, utility, authentication, service";
        return Err(Malformed::new("category", s.category, allowed));
    }
    if s.kind == K::InterestStated && !matches!(s.reason, "interested" | "not_interested") {
        return Err(Malformed::new("reason", s.reason, "allowed: interested, not_interested"));
    }
    Ok(())
}

/// As what a registration lets a number come into being.
pub(super) fn registration(s: &Signal<'_>) -> Result<Registration, Malformed> {
    if s.kind != SignalKind::NumberRegistered || s.value.is_empty() {
        return Ok(Registration::Plain);
    }
    if s.value == Registration::APP {
        return Ok(Registration::App);
    }
    let allowed = "allowed: a positive whole number, unlimited, or app";
    Limit::parse(s.value).map(Registration::At).ok_or_else(|| Malformed::new("value", s.value, allowed))
}
