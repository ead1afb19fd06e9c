//! What happened (signals) and what the rules said of it (verdicts): the vocabulary of the one log.
//!
//! Names and field order are log schema version 1. A row is a fact in the past tense and is never changed. This
//! file must not know how a row is stored, nor how a verdict is reached.

use crate::messaging::unit::Scope;
use crate::sim::SimTime;

/// The version of the log's vocabulary and columns.
pub const SCHEMA_VERSION: u32 = 1;

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $name:literal $(| $short:literal)*),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $type { $($(#[$vdoc])* $variant),+ }

        impl $type {
            /// Every value, in declaration order.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// The canonical name in a log.
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }

            /// The value of a canonical name or of a short form people write.
            pub fn parse(text: &str) -> Option<$type> {
                match text { $($name $(| $short)* => Some($type::$variant),)+ _ => None }
            }
        }
    };
}

names! {
    /// Something that happened to or by people.
    SignalKind {
        /// A message left the business; also its attempt.
        MessageSent = "message_sent" | "send" | "sent",
        /// The message reached the recipient's device.
        MessageDelivered = "message_delivered" | "delivered",
        /// The recipient opened it and receipts are on.
        MessageRead = "message_read" | "read",
        /// The platform gave it up; `reason` is the failure code.
        MessageFailed = "message_failed" | "failed",
        /// The recipient wrote to the number: opens the service window.
        MessageReceived = "message_received" | "received" | "reply",
        /// An attempt the platform refused; it did not become a sent message.
        SendAttempted = "send_attempted" | "attempt",
        /// A link or button of the message was used.
        LinkClicked = "link_clicked" | "click",
        /// The recipient did what the campaign was for; `value` is its worth.
        Converted = "converted" | "conversion",
        /// The recipient blocked the number; `reason` if one was given.
        BusinessBlocked = "business_blocked" | "block" | "blocked",
        /// The recipient took the block back.
        BusinessUnblocked = "business_unblocked" | "unblock",
        /// The recipient reported the number.
        BusinessReported = "business_reported" | "report" | "reported",
        /// The recipient muted the chat.
        BusinessMuted = "business_muted" | "mute",
        /// The recipient archived the chat.
        BusinessArchived = "business_archived" | "archive",
        /// Consent given.
        OptedIn = "opted_in" | "opt_in",
        /// Consent withdrawn.
        OptedOut = "opted_out" | "opt_out",
        /// The recipient said whether such messages interest them; `reason` says which way.
        InterestStated = "interest_stated",
        /// The recipient saved the number.
        ContactAdded = "contact_added",
        /// A template was submitted.
        TemplateCreated = "template_created",
        /// The review's outcome is in `value`.
        TemplateReviewed = "template_reviewed",
        /// The platform recorded a policy violation.
        ViolationRecorded = "violation_recorded",
        /// An appeal's outcome is in `value`.
        AppealDecided = "appeal_decided",
        /// The number came into being; `value` is its starting limit.
        NumberRegistered = "number_registered",
        /// The portfolio's business was verified.
        BusinessVerified = "business_verified",
        /// Observation ends here.
        LogClosed = "log_closed",
    }
}

names! {
    /// Something the rules decided.
    VerdictKind {
        /// A number's colour changed.
        QualityRated = "quality_rated",
        /// A number's published status changed.
        StatusChanged = "status_changed",
        /// A raise of the limit is due at a known instant.
        RaiseScheduled = "raise_scheduled",
        /// A due raise will not happen.
        RaiseCancelled = "raise_cancelled",
        /// The limit moved.
        LimitChanged = "limit_changed",
        /// A send was (or, in a replay, would have been) refused.
        SendRefused = "send_refused",
        /// A send is held back until feedback is in (pacing).
        SendHeld = "send_held",
        /// A held send goes out (pacing).
        SendReleased = "send_released",
        /// A template's colour changed.
        TemplateRated = "template_rated",
        /// A template stopped for a while.
        TemplatePaused = "template_paused",
        /// A paused template may be sent again.
        TemplateResumed = "template_resumed",
        /// A template stopped for good.
        TemplateDisabled = "template_disabled",
        /// A number refuses everything until a known instant.
        NumberSuspended = "number_suspended",
        /// A suspension ended.
        NumberRestored = "number_restored",
        /// A number is gone for good.
        NumberBanned = "number_banned",
        /// Enforcement: a warning.
        AccountWarned = "account_warned",
        /// Enforcement: restricted for a while.
        AccountRestricted = "account_restricted",
        /// Enforcement: the restriction ended.
        AccountRestored = "account_restored",
        /// Enforcement: locked until appeal.
        AccountLocked = "account_locked",
        /// Enforcement: disabled for good.
        AccountDisabled = "account_disabled",
    }
}

names! {
    /// Something the platform itself reported; kept apart from verdicts so that the two can be compared.
    ObservedKind {
        /// A number's colour as the platform showed it.
        Rating = "rating_observed",
        /// A number's status as the platform showed it.
        Status = "status_observed",
        /// A limit as the platform showed it.
        Limit = "limit_observed",
        /// A template's colour as the platform showed it.
        TemplateRating = "template_rating_observed",
        /// A template's status as the platform showed it.
        TemplateStatus = "template_status_observed",
        /// An account's state as the platform showed it.
        Account = "account_observed",
    }
}

names! {
    /// What a message is for.
    Category {
        /// Promotion.
        Marketing = "marketing",
        /// About a transaction the recipient knows of.
        Utility = "utility",
        /// One-time codes.
        Authentication = "authentication",
        /// Inside the service window, without a template.
        Service = "service",
    }
}

/// One signal row. Absent text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal<'a> {
    /// When it happened.
    pub time: SimTime,
    /// What happened.
    pub kind: SignalKind,
    /// The business phone number.
    pub number: &'a str,
    /// Its portfolio; empty means `default`, or what an earlier row of the number said.
    pub portfolio: &'a str,
    /// The person.
    pub recipient: &'a str,
    /// Message id.
    pub message: &'a str,
    /// Template name.
    pub template: &'a str,
    /// Category name as found.
    pub category: &'a str,
    /// Campaign name.
    pub campaign: &'a str,
    /// Block reason, failure or refusal code, stated interest.
    pub reason: &'a str,
    /// What the event needs beside these.
    pub value: &'a str,
}

impl<'a> Signal<'a> {
    /// A signal with only time, kind and number; the rest empty.
    pub fn new(time: SimTime, kind: SignalKind, number: &'a str) -> Signal<'a> {
        Signal {
            time,
            kind,
            number,
            portfolio: "",
            recipient: "",
            message: "",
            template: "",
            category: "",
            campaign: "",
            reason: "",
            value: "",
        }
    }
}

/// One verdict row, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// When it took effect.
    pub time: SimTime,
    /// What was decided.
    pub kind: VerdictKind,
    /// The level it is about.
    pub scope: Scope,
    /// The number's id, the portfolio's, or the template's name.
    pub subject: String,
    /// The portfolio the subject belongs to.
    pub portfolio: String,
    /// The old value, or empty.
    pub from: String,
    /// The new value, or empty.
    pub to: String,
    /// The rule's id.
    pub rule: String,
    /// 1-based position, counted over signals, of the signal that made it true.
    pub cause: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_short_forms_are_accepted() {
        for kind in SignalKind::ALL {
            assert_eq!(SignalKind::parse(kind.name()), Some(*kind));
        }
        for kind in VerdictKind::ALL {
            assert_eq!(VerdictKind::parse(kind.name()), Some(*kind));
        }
        assert_eq!(SignalKind::parse("reply"), Some(SignalKind::MessageReceived));
        assert_eq!(SignalKind::parse("block"), Some(SignalKind::BusinessBlocked));
        assert_eq!(SignalKind::parse("explode"), None);
    }
}
