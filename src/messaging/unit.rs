//! Small values that events carry: colours, statuses, limits. How they are arrived at lives in `policy`.

use std::fmt;

use crate::sim::SimDuration;

/// The service window: for so long after a recipient wrote, messages to them are free, whatever the limit's period.
pub const SERVICE_WINDOW: SimDuration = SimDuration::hours(24);

/// Reason of a received message that came through an ad or a page's button instead of the chat.
pub const BY_AD: &str = "ad";

/// The colour the platform shows for a number or a template. `Unknown` while there is too little to go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QualityRating {
    /// Low quality.
    Red,
    /// Medium quality.
    Yellow,
    /// High quality.
    Green,
    /// Not rated (yet, or any more).
    #[default]
    Unknown,
}

impl QualityRating {
    /// All four, worst first.
    pub const ALL: [QualityRating; 4] =
        [QualityRating::Red, QualityRating::Yellow, QualityRating::Green, QualityRating::Unknown];

    /// As the platform's own interface spells it.
    pub const fn name(self) -> &'static str {
        match self {
            QualityRating::Red => "RED",
            QualityRating::Yellow => "YELLOW",
            QualityRating::Green => "GREEN",
            QualityRating::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for QualityRating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The published state of a business phone number, most severe first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberStatus {
    /// Gone for good.
    Banned,
    /// Refused everything until a known instant.
    Suspended,
    /// Low quality; a clock runs (eras before 2025-10).
    Flagged,
    /// The limit is used up; no punishment.
    Restricted,
    /// Nothing stands against it.
    #[default]
    Connected,
}

impl NumberStatus {
    /// All five, most severe first.
    pub const ALL: [NumberStatus; 5] = [
        NumberStatus::Banned,
        NumberStatus::Suspended,
        NumberStatus::Flagged,
        NumberStatus::Restricted,
        NumberStatus::Connected,
    ];

    /// As the platform's own interface spells it.
    pub const fn name(self) -> &'static str {
        match self {
            NumberStatus::Banned => "BANNED",
            NumberStatus::Suspended => "SUSPENDED",
            NumberStatus::Flagged => "FLAGGED",
            NumberStatus::Restricted => "RESTRICTED",
            NumberStatus::Connected => "CONNECTED",
        }
    }
}

impl fmt::Display for NumberStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The published state of a message template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateStatus {
    /// May be sent.
    #[default]
    Active,
    /// Stopped for a while.
    Paused,
    /// Stopped for good.
    Disabled,
}

impl TemplateStatus {
    /// All of them.
    pub const ALL: [TemplateStatus; 3] =
        [TemplateStatus::Active, TemplateStatus::Paused, TemplateStatus::Disabled];

    /// As written in `verdicts.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            TemplateStatus::Active => "ACTIVE",
            TemplateStatus::Paused => "PAUSED",
            TemplateStatus::Disabled => "DISABLED",
        }
    }
}

impl fmt::Display for TemplateStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A messaging limit: how many unique recipients a scope may open messages to in a moving period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// This many.
    Of(u64),
    /// No limit.
    Unlimited,
}

impl Limit {
    /// Reads a positive integer or `unlimited`.
    pub fn parse(text: &str) -> Option<Limit> {
        match text {
            "unlimited" => Some(Limit::Unlimited),
            _ => text.parse().ok().filter(|n| *n > 0).map(Limit::Of),
        }
    }

    /// Whether `used` slots leave room for one more.
    pub fn admits(self, used: u64) -> bool {
        match self {
            Limit::Of(n) => used < n,
            Limit::Unlimited => true,
        }
    }

    /// As people write it: `1K`, `10K`, `unlimited`.
    pub fn short(self) -> String {
        match self {
            Limit::Of(n) if n >= 1_000_000 && n % 1_000_000 == 0 => format!("{}M", n / 1_000_000),
            Limit::Of(n) if n >= 1000 && n % 1000 == 0 => format!("{}K", n / 1000),
            Limit::Of(n) => n.to_string(),
            Limit::Unlimited => "unlimited".to_string(),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Of(n) => write!(f, "{n}"),
            Limit::Unlimited => f.write_str("unlimited"),
        }
    }
}

/// The level a verdict is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One business phone number.
    Number,
    /// A business portfolio, all its numbers together.
    Portfolio,
    /// A template of a portfolio.
    Template,
    /// The portfolio as the subject of policy enforcement.
    Account,
}

impl Scope {
    /// As written in `verdicts.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Number => "number",
            Scope::Portfolio => "portfolio",
            Scope::Template => "template",
            Scope::Account => "account",
        }
    }

    /// Reads such a name.
    pub fn parse(text: &str) -> Option<Scope> {
        [Scope::Number, Scope::Portfolio, Scope::Template, Scope::Account]
            .into_iter()
            .find(|s| s.name() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_written() {
        assert_eq!(Limit::parse("1000"), Some(Limit::Of(1000)));
        assert_eq!(Limit::parse("unlimited"), Some(Limit::Unlimited));
        assert_eq!(Limit::parse("0"), None);
        assert_eq!(Limit::Of(250).short(), "250");
        assert_eq!(Limit::Of(10_000).short(), "10K");
        assert!(Limit::Of(3).admits(2) && !Limit::Of(3).admits(3) && Limit::Unlimited.admits(u64::MAX));
        assert!(Limit::Of(u64::MAX) < Limit::Unlimited);
    }
}
