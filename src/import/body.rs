//! Finding webhook bodies in documents: alone, in arrays, in the wrappers of apps and loggers, as JSON text inside a
//! field; and handing each change to whoever knows its field.
//!
//! Must not know what a change means beyond which field it is.

use serde_json::Value;

use crate::import::Importer;
use crate::import::fields::{Object, digits, first_instant, instant, object, objects, text};
use crate::import::frames::parse_text;
use crate::import::hold::Hold;
use crate::sim::SimTime;

/// Levels of wrappers that are looked through.
const WRAPPERS_MAX: usize = 8;

/// Names under which wrappers keep the time of what they wrap.
const WRAPPER_TIMES: [&str; 13] = [
    "received_at",
    "receivedAt",
    "fetched_at",
    "fetchedAt",
    "observed_at",
    "observedAt",
    "created_at",
    "createdAt",
    "at",
    "time",
    "timestamp",
    "@timestamp",
    "ts",
];

/// Fields that are known and give no row, each with the reason.
const LEFT_OUT: [(&str, &str); 24] = [
    (
        "phone_number_name_update",
        "display name reviews (phone_number_name_update): no part of ratings or limits",
    ),
    ("message_template_components_update", "template texts (message_template_components_update)"),
    ("template_category_update", "template categories (template_category_update)"),
    ("template_correct_category_detection", "template categories (template_correct_category_detection)"),
    ("account_settings_update", "settings (account_settings_update)"),
    ("security", "security events (security)"),
    ("calls", "calls (calls)"),
    ("flows", "flows (flows)"),
    ("group_lifecycle_update", "groups: a group message opens no window and takes no slot"),
    ("group_participants_update", "groups: a group message opens no window and takes no slot"),
    ("group_settings_update", "groups: a group message opens no window and takes no slot"),
    ("group_status_update", "groups: a group message opens no window and takes no slot"),
    (
        "smb_message_echoes",
        "messages written in the business app (smb_message_echoes): outside the API's limit",
    ),
    ("message_echoes", "messages written in the business app (message_echoes): outside the API's limit"),
    ("smb_app_state_sync", "contacts of the business app (smb_app_state_sync)"),
    ("history", "chats of the business app from before (history): outside the API's limit"),
    ("partner_solutions", "partners (partner_solutions)"),
    ("payment_configuration_update", "payments (payment_configuration_update)"),
    ("tracking_events", "ad tracking (tracking_events)"),
    ("automatic_events", "ad tracking (automatic_events)"),
    ("message_template_update", "template texts (message_template_update)"),
    ("standby", "handover between apps (standby)"),
    ("messaging_handovers", "handover between apps (messaging_handovers)"),
    ("user_id_update", "a person's user id changed (user_id_update): the two are not joined"),
];

/// What surrounds a value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// The WhatsApp business account; empty if not told.
    pub account: &'a str,
    /// The entry's time.
    pub entry: Option<SimTime>,
    /// The time that the nearest wrapper gives.
    pub wrapper: Option<SimTime>,
}

impl<H: Hold> Importer<H> {
    /// Takes a document.
    pub(super) fn document(&mut self, v: &Value) {
        if !self.look(v, 0, None) {
            let shown = match v {
                Value::Object(o) if o.is_empty() => "an empty object".to_string(),
                Value::Object(o) => o.keys().take(5).cloned().collect::<Vec<_>>().join(", "),
                Value::Array(_) => "an array".to_string(),
                Value::String(_) => "a text".to_string(),
                _ => "a single value".to_string(),
            };
            self.notes.unknown("document without anything known in it, with", &shown);
        }
    }

    /// Looks for bodies and answers; whether anything was found.
    fn look(&mut self, v: &Value, depth: usize, wrapper: Option<SimTime>) -> bool {
        if depth > WRAPPERS_MAX {
            return false;
        }
        match v {
            Value::Object(o) => {
                let around = Around { wrapper, ..Around::default() };
                if is_body(o) {
                    self.body(o, wrapper);
                } else if o.get("changes").is_some_and(Value::is_array) {
                    self.counts.bodies += 1;
                    self.entry(o, wrapper);
                } else if o.get("field").is_some_and(Value::is_string)
                    && o.get("value").is_some_and(Value::is_object)
                {
                    self.counts.bodies += 1;
                    self.change(o, around);
                } else if let Some(field) = field_of(o) {
                    self.counts.bodies += 1;
                    self.value(field, o, around);
                } else if self.graph(o, around) {
                    self.counts.bodies += 1;
                } else {
                    let wrapper = first_instant(o, &WRAPPER_TIMES).or(wrapper);
                    return self.look_at_all(o.values(), depth, wrapper);
                }
                true
            }
            Value::Array(a) => self.look_at_all(a.iter(), depth, wrapper),
            Value::String(s) => parse_text(s).is_some_and(|inner| self.look(&inner, depth + 1, wrapper)),
            _ => false,
        }
    }

    /// Looks into each of several values, whatever was found in the others.
    fn look_at_all<'v>(
        &mut self,
        values: impl Iterator<Item = &'v Value>,
        depth: usize,
        wrapper: Option<SimTime>,
    ) -> bool {
        let mut found = false;
        for v in values {
            found |= self.look(v, depth + 1, wrapper);
        }
        found
    }

    fn body(&mut self, o: &Object, wrapper: Option<SimTime>) {
        self.counts.bodies += 1;
        match text(o, "object").as_str() {
            "" | "whatsapp_business_account" => {}
            other => return self.notes.unknown("object", other),
        }
        for entry in objects(o, "entry") {
            self.entry(entry, wrapper);
        }
    }

    fn entry(&mut self, o: &Object, wrapper: Option<SimTime>) {
        for key in o.keys().filter(|k| !matches!(k.as_str(), "id" | "time" | "changes")) {
            self.notes.unknown("key of an entry", key);
        }
        let account = text(o, "id");
        if account == "0" {
            self.notes.remark(
                "an entry of account 0, as the test button of the app dashboard sends: taken like any other",
            );
        }
        let entry = o.get("time").and_then(instant);
        let around = Around { account: &account, entry, wrapper };
        for change in objects(o, "changes") {
            self.change(change, around);
        }
    }

    fn change(&mut self, o: &Object, around: Around<'_>) {
        let field = text(o, "field");
        let Some(value) = object(o, "value") else {
            return self.notes.unknown("change without a value, of field", &field);
        };
        self.value(&field, value, around);
    }

    /// Hands a value to whoever knows its field. The shape goes before the name where documents disagree on the
    /// name.
    fn value(&mut self, field: &str, o: &Object, around: Around<'_>) {
        let metadata = object(o, "metadata");
        let number_id = metadata.map(|m| text(m, "phone_number_id")).unwrap_or_default();
        let number_digits = digits(&metadata.map(|m| text(m, "display_phone_number")).unwrap_or_default());
        self.collected.link(&number_id, &number_digits, around.account);
        let number = Number { id: &number_id, digits: &number_digits };
        self.contacts(o);
        if o.contains_key("new_quality_score") {
            return self.template_quality(o, around);
        }
        match field {
            "messages" | "" | "user_preferences" => self.messages_value(o, around, number),
            "phone_number_quality_update" => self.number_quality(o, around),
            "business_capability_update" => self.capability(o, around),
            "message_template_status_update" | "message_template_quality_update" => {
                self.template_status(o, around);
            }
            "account_update" => self.account_update(o, around),
            "account_alerts" => self.account_alert(o, around),
            "account_review_update" => self.account_review(o, around),
            _ => match LEFT_OUT.iter().find(|l| l.0 == field) {
                Some((_, sentence)) => self.notes.remark(sentence),
                None => self.notes.unknown("field", field),
            },
        }
    }

    fn messages_value(&mut self, o: &Object, around: Around<'_>, number: Number<'_>) {
        for (key, v) in o {
            match key.as_str() {
                "statuses" => self.statuses(o, around, number),
                "messages" => self.messages(o, around, number),
                "user_preferences" => self.preferences(o, around, number),
                "messaging_product" | "metadata" | "contacts" => {}
                // Errors of the number itself, not of a message.
                "errors" => {
                    let n = v.as_array().map_or(1, Vec::len) as u64;
                    self.notes.remarks_of("errors that belong to no message", n);
                }
                "groups" | "calls" => self.notes.remark("groups and calls among messages"),
                key => self.notes.unknown("key beside messages and statuses", key),
            }
        }
    }

    /// Learns which user ids and phone numbers are the same person.
    fn contacts(&mut self, o: &Object) {
        for c in objects(o, "contacts") {
            self.collected.same_person(&text(c, "user_id"), &text(c, "wa_id"));
        }
    }
}

/// A business number as a payload names it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Number<'a> {
    /// The platform's id.
    pub id: &'a str,
    /// Digits of the number itself.
    pub digits: &'a str,
}

/// Whether an object has entries with changes, or says that it is of WhatsApp.
fn is_body(o: &Object) -> bool {
    let Some(entries) = o.get("entry").and_then(Value::as_array) else { return false };
    o.get("object").is_some_and(Value::is_string)
        || entries.iter().any(|e| e.get("changes").is_some_and(Value::is_array))
}

/// The field of a bare value, by what only that field has. An answer to a send looks like inbound messages, but its
/// messages are from nobody.
fn field_of(o: &Object) -> Option<&'static str> {
    let has = |key: &str| o.contains_key(key);
    let array_with = |key: &str, inner: &[&str]| {
        objects(o, key).first().is_some_and(|first| inner.iter().any(|k| first.contains_key(*k)))
    };
    if array_with("statuses", &["recipient_id", "recipient_user_id", "status"])
        || (array_with("messages", &["from", "from_user_id", "type", "message_status"]))
        || array_with("user_preferences", &["value"])
        || (has("messaging_product") && has("messages"))
    {
        return Some("messages");
    }
    if has("new_quality_score") {
        return Some("message_template_quality_update");
    }
    if has("message_template_name") && has("event") {
        return Some("message_template_status_update");
    }
    if has("current_limit") && has("event") {
        return Some("phone_number_quality_update");
    }
    if has("max_daily_conversations_per_business") || has("max_daily_conversation_per_phone") {
        return Some("business_capability_update");
    }
    if has("ban_info") || has("violation_info") || has("restriction_info") {
        return Some("account_update");
    }
    if has("alert_info") || (has("alert_type") && has("entity_type")) {
        return Some("account_alerts");
    }
    None
}

impl Around<'_> {
    /// When something happened that carries no time of its own.
    pub(super) fn time(&self, own: Option<SimTime>, at: Option<SimTime>) -> Option<SimTime> {
        own.or(self.entry).or(self.wrapper).or(at)
    }
}
