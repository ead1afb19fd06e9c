//! What the platform holds against an account, and what it says of an appeal: words that logs and scenarios share.
//!
//! Must not know what follows from any of them: that is the business of the rules.

use std::fmt;

/// Why a violation was recorded, as its `value` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Violation {
    /// Spam.
    Spam,
    /// Templates under a category that is not theirs.
    Misclassification,
    /// Goods or services the platform does not allow.
    HighRisk,
    /// Severe harm: scams, terrorism, exploitation of children, illegal drugs.
    Severe,
    /// An extremely low share of messages read.
    ReadRate,
}

impl Violation {
    /// All kinds.
    pub const ALL: [Violation; 5] = [
        Violation::Spam,
        Violation::Misclassification,
        Violation::HighRisk,
        Violation::Severe,
        Violation::ReadRate,
    ];

    /// As written in a log.
    pub const fn name(self) -> &'static str {
        match self {
            Violation::Spam => "spam",
            Violation::Misclassification => "misclassification",
            Violation::HighRisk => "high_risk",
            Violation::Severe => "severe",
            Violation::ReadRate => "read_rate",
        }
    }

    /// The kind of a name.
    pub fn parse(text: &str) -> Option<Violation> {
        Violation::ALL.into_iter().find(|v| v.name() == text)
    }
}

/// How an appeal was decided, as its `value` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Appeal {
    /// The last step is taken back.
    Granted,
    /// It stands.
    Rejected,
}

impl Appeal {
    /// Both outcomes.
    pub const ALL: [Appeal; 2] = [Appeal::Granted, Appeal::Rejected];

    /// As written in a log.
    pub const fn name(self) -> &'static str {
        match self {
            Appeal::Granted => "granted",
            Appeal::Rejected => "rejected",
        }
    }

    /// The outcome of a name.
    pub fn parse(text: &str) -> Option<Appeal> {
        Appeal::ALL.into_iter().find(|v| v.name() == text)
    }
}

/// What enforcement leaves of an account (a portfolio), the least severe first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountStatus {
    /// Nothing is in force; it may have been warned.
    #[default]
    Active,
    /// Business-initiated messages are refused; answers inside a service window pass.
    RestrictedInitiated,
    /// Every message is refused.
    RestrictedAll,
    /// Every message is refused until an appeal is granted.
    Locked,
    /// For good, unless an appeal is granted.
    Disabled,
}

impl AccountStatus {
    /// All five, the least severe first.
    pub const ALL: [AccountStatus; 5] = [
        AccountStatus::Active,
        AccountStatus::RestrictedInitiated,
        AccountStatus::RestrictedAll,
        AccountStatus::Locked,
        AccountStatus::Disabled,
    ];

    /// As shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            AccountStatus::Active => "ACTIVE",
            AccountStatus::RestrictedInitiated => "RESTRICTED (business-initiated messages)",
            AccountStatus::RestrictedAll => "RESTRICTED (all messages)",
            AccountStatus::Locked => "LOCKED",
            AccountStatus::Disabled => "DISABLED",
        }
    }
}

impl fmt::Display for AccountStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
