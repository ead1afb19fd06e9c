//! Statuses of messages: sent, delivered, read, failed.
//!
//! Must not know where the payload was found.

use serde_json::Value;

use crate::import::Importer;
use crate::import::body::{Around, Number};
use crate::import::collected::Draft;
use crate::import::fields::{Object, first_text, instant, object, objects, person, text, word};
use crate::import::hold::Hold;
use crate::messaging::SignalKind;
use crate::messaging::record::Event;

const KNOWN: [&str; 15] = [
    "id",
    "status",
    "timestamp",
    "recipient_id",
    "recipient_user_id",
    "parent_recipient_user_id",
    "recipient_type",
    "recipient_participant_id",
    "conversation",
    "pricing",
    "errors",
    "biz_opaque_callback_data",
    "type",
    "message",
    "payment",
];

impl<H: Hold> Importer<H> {
    /// Every status of a value.
    pub(super) fn statuses(&mut self, o: &Object, around: Around<'_>, number: Number<'_>) {
        for s in objects(o, "statuses") {
            self.status(s, around, number);
        }
    }

    fn status(&mut self, s: &Object, around: Around<'_>, number: Number<'_>) {
        for key in s.keys().filter(|k| !KNOWN.contains(&k.as_str())) {
            self.notes.unknown("key of a status", key);
        }
        let word_of_status = text(s, "status").to_ascii_lowercase();
        let kind = match word_of_status.as_str() {
            "sent" => SignalKind::MessageSent,
            "delivered" => SignalKind::MessageDelivered,
            "read" => SignalKind::MessageRead,
            "failed" => SignalKind::MessageFailed,
            "played" => {
                self.notes.remark("a voice message played (status played): taken as read");
                SignalKind::MessageRead
            }
            other => return self.notes.unknown("status", other),
        };
        if text(s, "recipient_type") == "group" {
            return self.notes.remark("statuses of group messages: no slot is taken, left out");
        }
        let Some(time) = s.get("timestamp").and_then(instant).or(around.wrapper) else {
            return self.refuse("a status without a time: timestamp is missing or no time", s);
        };
        let (phone, user) = (person(&text(s, "recipient_id")), text(s, "recipient_user_id"));
        self.collected.same_person(&user, &phone);
        let recipient = if phone.is_empty() { user } else { phone };
        let (category, reason) = (self.category(s), self.failure(s, kind));
        let tag = text(s, "biz_opaque_callback_data");
        let campaign = match self.options.campaign_from_callback_data {
            true => tag.as_str(),
            false => {
                if !tag.is_empty() {
                    self.notes.remark(
                        "a tag of the sender (biz_opaque_callback_data) not used; --campaign-from callback-data \
                         takes it as the campaign",
                    );
                }
                ""
            }
        };
        let reason = if word_of_status == "played" { "played".to_string() } else { reason };
        let message = text(s, "id");
        if message.is_empty() {
            self.notes.remark("a status without a message id");
        }
        let draft = Draft {
            number_id: number.id,
            number_digits: number.digits,
            account: around.account,
            recipient: &recipient,
            message: &message,
            category,
            campaign,
            reason: &reason,
            ..Draft::default()
        };
        self.add(time, Event::Signal(kind), &draft, s);
    }

    /// The category in our words, from the pricing or, in old logs, from the conversation.
    fn category(&mut self, s: &Object) -> &'static str {
        let priced = object(s, "pricing").map(|p| text(p, "category")).unwrap_or_default();
        let raw = match priced.as_str() {
            "" => {
                let origin = object(s, "conversation").and_then(|c| object(c, "origin"));
                origin.map(|o| text(o, "type")).unwrap_or_default()
            }
            _ => priced,
        };
        match raw.to_ascii_lowercase().as_str() {
            "" => "",
            "marketing" | "marketing_lite" => "marketing",
            "utility" => "utility",
            "authentication" | "authentication_international" => "authentication",
            "service" => "service",
            // Conversations that a person began, by writing or from an ad: answered without a template.
            "user_initiated" | "referral_conversion" => "service",
            "business_initiated" => {
                self.notes.remark(
                    "category business_initiated (before June 2023): marketing or utility is not told, left empty",
                );
                ""
            }
            other => {
                self.notes.unknown("category", other);
                ""
            }
        }
    }

    /// The code of the first error.
    fn failure(&mut self, s: &Object, kind: SignalKind) -> String {
        let errors = objects(s, "errors");
        if errors.len() > 1 {
            self.notes.remark("a status with several errors: the first one's code is kept");
        }
        let code = errors.first().map(|e| word(&first_text(e, &["code", "error_code"]))).unwrap_or_default();
        if kind == SignalKind::MessageFailed && code.is_empty() {
            self.notes.remark("a failure without a code");
        }
        if kind == SignalKind::MessageFailed { code } else { String::new() }
    }

    /// What a message's history says: statuses without number and recipient.
    pub(super) fn history(&mut self, o: &Object) {
        let message = text(o, "message_id");
        let events = object(o, "events").map(|e| objects(e, "data")).unwrap_or_default();
        for e in events {
            let kind = match text(e, "delivery_status").to_ascii_lowercase().as_str() {
                "sent" => SignalKind::MessageSent,
                "delivered" => SignalKind::MessageDelivered,
                "read" => SignalKind::MessageRead,
                "failed" => SignalKind::MessageFailed,
                other => {
                    self.notes.unknown("delivery_status", other);
                    continue;
                }
            };
            let time = ["occurrence_timestamp", "timestamp", "status_timestamp"];
            match time.iter().find_map(|k| e.get(*k).and_then(|v: &Value| instant(v))) {
                Some(time) => self.collected.history(&message, time, kind),
                None => self.refuse("an event of a message history without a time", e),
            }
        }
    }
}
