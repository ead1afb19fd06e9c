//! What the platform reports of numbers, templates and accounts: rows that are observed, never decided by our rules.
//!
//! Values are put into our vocabulary; the platform's own word stays in `reason`. Must not know where the payload was
//! found.

use serde_json::Value;

use crate::import::Importer;
use crate::import::body::Around;
use crate::import::collected::{About, Draft};
use crate::import::fields::{
    Object, Told, colour, digits, first_instant, first_text, instant, limit, object, objects, text, upper,
    word,
};
use crate::import::hold::Hold;
use crate::messaging::event::ObservedKind;
use crate::messaging::record::Event;
use crate::messaging::{NumberStatus, TemplateStatus};
use crate::sim::SimTime;

/// Limits of a portfolio, by the names they have had.
pub(super) const PORTFOLIO_LIMITS: [&str; 3] = [
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_business",
    "whatsapp_business_manager_messaging_limit",
];

/// Why a report without a time gives no row.
pub(super) const NO_TIME: &str =
    "nothing says when this was: give --at TIME for a file of answers that were asked for at one time";

impl<H: Hold> Importer<H> {
    /// An observed row.
    pub(super) fn observe(&mut self, kind: ObservedKind, time: SimTime, draft: &Draft<'_>, part: &Object) {
        self.add(time, Event::Observed(kind), draft, part);
    }

    /// When a report is from; told as damage if nothing says so.
    pub(super) fn when(&mut self, o: &Object, around: Around<'_>) -> Option<SimTime> {
        let own = first_instant(o, &["timestamp", "time"]);
        let time = around.time(own, self.options.at);
        if time.is_none() {
            self.refuse(NO_TIME, o);
        }
        time
    }

    /// A limit, if it says one.
    pub(super) fn limit_row(&mut self, v: &Value, time: SimTime, draft: &Draft<'_>, part: &Object) {
        match limit(v) {
            Told::Limit(limit) => {
                let value = limit.to_string();
                self.observe(ObservedKind::Limit, time, &Draft { value: &value, ..draft.clone() }, part);
            }
            Told::NotSet => self.notes.remark("a limit that is not set (TIER_NOT_SET): no row"),
            Told::Unknown => {
                let raw = crate::import::fields::text_of(v);
                self.notes.unknown("limit", &raw);
            }
        }
    }

    /// `phone_number_quality_update`.
    pub(super) fn number_quality(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        let number_digits = digits(&text(o, "display_phone_number"));
        let event = upper(&text(o, "event"));
        let draft = Draft {
            number_id: &text(o, "phone_number_id"),
            number_digits: &number_digits,
            account: around.account,
            reason: &event,
            ..Draft::default()
        };
        let status = match event.as_str() {
            "FLAGGED" => Some(NumberStatus::Flagged),
            "UNFLAGGED" => Some(NumberStatus::Connected),
            "UPGRADE" | "DOWNGRADE" | "ONBOARDING" => None,
            "THROUGHPUT_UPGRADE" => {
                return self
                    .notes
                    .remark("throughput upgrades: their TIER_UNLIMITED says nothing of the limit");
            }
            other => return self.notes.unknown("event of phone_number_quality_update", other),
        };
        if let Some(status) = status {
            let draft = Draft { value: status.name(), ..draft.clone() };
            self.observe(ObservedKind::Status, time, &draft, o);
        }
        if let Some(v) = o.get("current_limit") {
            self.limit_row(v, time, &draft, o);
        }
        for key in PORTFOLIO_LIMITS {
            if let Some(v) = o.get(key) {
                let draft = Draft { about: About::PortfolioOfNumber, ..draft.clone() };
                self.limit_row(v, time, &draft, o);
            }
        }
    }

    /// `business_capability_update`.
    pub(super) fn capability(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        let draft = Draft { account: around.account, ..Draft::default() };
        for (key, v) in o {
            match key.as_str() {
                k if PORTFOLIO_LIMITS.contains(&k) || k == "max_daily_conversation_per_phone" => {
                    self.limit_row(v, time, &Draft { reason: k, ..draft.clone() }, o);
                }
                "max_phone_numbers_per_business" | "max_phone_numbers_per_waba" => {
                    self.notes.remark("how many numbers an account may have (business_capability_update)");
                }
                key => self.notes.unknown("key of business_capability_update", key),
            }
        }
    }

    /// Which template a value is about; its name, else its id.
    fn template(&mut self, o: &Object) -> String {
        let template = first_text(o, &["message_template_name", "message_template_id"]);
        self.collected.language(&template, &text(o, "message_template_language"));
        template
    }

    /// A template's colour, under whichever field.
    pub(super) fn template_quality(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        let raw = upper(&text(o, "new_quality_score"));
        let Some(rating) = colour(&raw) else { return self.notes.unknown("template quality", &raw) };
        let template = self.template(o);
        let draft = Draft {
            account: around.account,
            template: &template,
            value: rating.name(),
            reason: &raw,
            ..Draft::default()
        };
        self.observe(ObservedKind::TemplateRating, time, &draft, o);
    }

    /// `message_template_status_update`.
    pub(super) fn template_status(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        let template = self.template(o);
        let event = upper(&text(o, "event"));
        let mut detail = vec![event.clone()];
        match text(o, "reason").as_str() {
            "" | "NONE" | "none" => {}
            reason => detail.push(upper(reason)),
        }
        if let Some(other) = object(o, "other_info") {
            detail.extend(Some(upper(&text(other, "title"))).filter(|t| !t.is_empty()));
        }
        if let Some(info) = object(o, "disable_info") {
            detail.extend(info.get("disable_date").and_then(date).map(|d| format!("disabled on {d}")));
        }
        self.template_status_row(&template, &event, &detail.join(": "), time, around, o);
    }

    /// A template's status, in our words where we have one.
    pub(super) fn template_status_row(
        &mut self,
        template: &str,
        event: &str,
        reason: &str,
        time: SimTime,
        around: Around<'_>,
        part: &Object,
    ) {
        let value = match event {
            "APPROVED" | "ACTIVE" | "REINSTATED" | "UNPAUSED" | "UNPAUSE" => TemplateStatus::Active.name(),
            "PAUSED" => TemplateStatus::Paused.name(),
            "DISABLED" => TemplateStatus::Disabled.name(),
            "PENDING" | "REJECTED" | "FLAGGED" | "IN_APPEAL" | "PENDING_DELETION" | "DELETED"
            | "ARCHIVED" | "UNARCHIVED" | "LOCKED" | "UNLOCKED" | "LIMIT_EXCEEDED" => event,
            other => {
                self.notes.unknown("template status", other);
                other
            }
        };
        if value.is_empty() {
            return;
        }
        let draft = Draft { account: around.account, template, value, reason, ..Draft::default() };
        self.observe(ObservedKind::TemplateStatus, time, &draft, part);
    }

    /// `account_update`.
    pub(super) fn account_update(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        let number_digits = digits(&text(o, "phone_number"));
        let event = upper(&text(o, "event"));
        // (value, reason) of each row.
        let mut rows: Vec<(&str, String)> = Vec::new();
        for ban in objects(o, "ban_info") {
            // One client types the state as an array.
            let states = match ban.get("waba_ban_state") {
                Some(Value::Array(a)) => a.iter().map(crate::import::fields::text_of).collect(),
                _ => vec![text(ban, "waba_ban_state")],
            };
            for state in states {
                let state = upper(&state);
                let on =
                    ban.get("waba_ban_date").and_then(date).map(|d| format!(": {d}")).unwrap_or_default();
                match state.as_str() {
                    "SCHEDULE_FOR_DISABLE" => rows.push(("DISABLE_SCHEDULED", format!("{state}{on}"))),
                    "DISABLE" => rows.push(("DISABLED", format!("{state}{on}"))),
                    "REINSTATE" => rows.push(("RESTORED", format!("{state}{on}"))),
                    other => self.notes.unknown("ban state", other),
                }
            }
        }
        for violation in objects(o, "violation_info") {
            rows.push(("VIOLATION", upper(&text(violation, "violation_type"))));
        }
        for restriction in objects(o, "restriction_info") {
            let until = ["expiration", "expiration_timestamp"]
                .iter()
                .find_map(|k| restriction.get(*k).and_then(instant))
                .map(|t| format!(" until {t}"))
                .unwrap_or_default();
            let kind = upper(&text(restriction, "restriction_type"));
            rows.push(("RESTRICTED", format!("{kind}{until}")));
        }
        match event.as_str() {
            "VERIFIED_ACCOUNT" => rows.push(("VERIFIED", event.clone())),
            "ACCOUNT_DELETED" => rows.push(("DELETED", event.clone())),
            "ACCOUNT_VIOLATION" if rows.is_empty() => rows.push(("VIOLATION", event.clone())),
            "ACCOUNT_RESTRICTION" if rows.is_empty() => rows.push(("RESTRICTED", event.clone())),
            "DISABLED_UPDATE" if rows.is_empty() => rows.push(("DISABLED", event.clone())),
            "ACCOUNT_VIOLATION" | "ACCOUNT_RESTRICTION" | "DISABLED_UPDATE" => {}
            other if rows.is_empty() => self.notes.unknown("event of account_update", other),
            _ => {}
        }
        for (value, reason) in rows {
            let draft = Draft {
                number_digits: &number_digits,
                account: around.account,
                value,
                reason: &reason,
                ..Draft::default()
            };
            self.observe(ObservedKind::Account, time, &draft, o);
        }
    }

    /// `account_alerts`, nested as documented or flat as the dashboard's test button sends it.
    pub(super) fn account_alert(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        let alert = object(o, "alert_info").unwrap_or(o);
        let field = |key: &str| match text(alert, key) {
            t if t.is_empty() => text(o, key),
            t => t,
        };
        let kind = upper(&field("alert_type"));
        let reason: Vec<String> =
            ["alert_severity", "alert_status"].iter().map(|k| upper(&field(k))).collect();
        let entity = field("entity_id");
        let of_number = upper(&field("entity_type")).starts_with("PHONE");
        if kind.is_empty() {
            return self.notes.unknown("alert type", "");
        }
        let reason = format!("alert {}", reason.join(" "));
        let draft = Draft {
            number_id: if of_number { &entity } else { "" },
            account: around.account,
            value: &kind,
            reason: reason.trim(),
            ..Draft::default()
        };
        self.observe(ObservedKind::Account, time, &draft, o);
    }

    /// `account_review_update`.
    pub(super) fn account_review(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        let decision = upper(&text(o, "decision"));
        if decision.is_empty() {
            return self.notes.unknown("decision of account_review_update", "");
        }
        let draft =
            Draft { account: around.account, value: &decision, reason: "account review", ..Draft::default() };
        self.observe(ObservedKind::Account, time, &draft, o);
    }
}

/// A date as the platform writes it: words (`January 31, 2021`), or seconds, which become a UTC date.
fn date(v: &Value) -> Option<String> {
    match instant(v) {
        Some(t) => Some(t.date()),
        None => Some(word(&crate::import::fields::text_of(v))).filter(|d| !d.is_empty()),
    }
}
