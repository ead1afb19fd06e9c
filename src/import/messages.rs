//! What people wrote, and what they said about being written to.
//!
//! Texts are compared with the word list and forgotten; nothing that a person wrote gets into a row. Must not know
//! where the payload was found.

use crate::import::Importer;
use crate::import::body::{Around, Number};
use crate::import::collected::Draft;
use crate::import::fields::{Object, first_text, instant, object, objects, person, text, word};
use crate::import::hold::Hold;
use crate::import::optout::Consent;
use crate::messaging::record::Event;
use crate::messaging::{BY_AD, SignalKind};

/// Types of messages that a person sends.
const TYPES: [&str; 16] = [
    "text",
    "image",
    "audio",
    "voice",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "button",
    "interactive",
    "order",
    "reaction",
    "unsupported",
    "unknown",
    "ephemeral",
];

impl<H: Hold> Importer<H> {
    /// Every inbound message of a value.
    pub(super) fn messages(&mut self, o: &Object, around: Around<'_>, number: Number<'_>) {
        for m in objects(o, "messages") {
            self.message(m, around, number);
        }
    }

    fn message(&mut self, m: &Object, around: Around<'_>, number: Number<'_>) {
        let (phone, user) = (person(&text(m, "from")), first_text(m, &["from_user_id", "user_id"]));
        if phone.is_empty() && user.is_empty() && !m.contains_key("timestamp") {
            return self.notes.remark("answers to sends: accepted is no status, left out");
        }
        let kind = text(m, "type");
        match kind.as_str() {
            "system" => {
                let what = object(m, "system").map(|s| text(s, "type")).unwrap_or_default();
                let sentence = match what.as_str() {
                    "user_changed_number" | "customer_changed_number" => {
                        "a person changed the phone number (system message): the two are not joined"
                    }
                    _ => "a system message: nobody wrote, no row",
                };
                return self.notes.remark(sentence);
            }
            "request_welcome" => return self.notes.remark("a chat opened without writing (request_welcome)"),
            "edit" | "revoke" => {
                return self.notes.remark("a message edited or taken back: nothing new was written");
            }
            "" => self.notes.unknown("message type", ""),
            known if TYPES.contains(&known) => {}
            other => self.notes.unknown("message type", other),
        }
        if m.contains_key("group_id") {
            return self.notes.remark("messages in groups: they open no window, left out");
        }
        if kind == "reaction" {
            self.notes.remark("reactions: taken as messages received, which open the service window");
        }
        let Some(time) = m.get("timestamp").and_then(instant).or(around.wrapper) else {
            return self.refuse("a message without a time: timestamp is missing or no time", m);
        };
        self.collected.same_person(&user, &phone);
        let recipient = if phone.is_empty() { user } else { phone };
        let id = text(m, "id");
        let mut draft = Draft {
            number_id: number.id,
            number_digits: number.digits,
            account: around.account,
            recipient: &recipient,
            message: &id,
            // Of the ad itself nothing is kept.
            reason: if object(m, "referral").is_some() { BY_AD } else { "" },
            ..Draft::default()
        };
        self.add(time, Event::Signal(SignalKind::MessageReceived), &draft, m);
        if let Some((consent, said)) = replies(m).iter().find_map(|r| self.options.words.meaning(r)) {
            let kind = match consent {
                Consent::Out => SignalKind::OptedOut,
                Consent::In => SignalKind::OptedIn,
            };
            draft.reason = &said;
            self.add(time, Event::Signal(kind), &draft, m);
        }
    }

    /// Marketing stopped or resumed in the app's own settings.
    pub(super) fn preferences(&mut self, o: &Object, around: Around<'_>, number: Number<'_>) {
        for p in objects(o, "user_preferences") {
            let kind = match text(p, "value").to_ascii_lowercase().as_str() {
                "stop" => SignalKind::OptedOut,
                "resume" => SignalKind::OptedIn,
                other => {
                    self.notes.unknown("preference", other);
                    continue;
                }
            };
            let time = p.get("timestamp").and_then(instant);
            let Some(time) = around.time(time, None) else {
                self.refuse("a preference without a time: timestamp is missing or no time", p);
                continue;
            };
            let (phone, user) = (person(&text(p, "wa_id")), text(p, "user_id"));
            self.collected.same_person(&user, &phone);
            let recipient = if phone.is_empty() { user } else { phone };
            let category = text(p, "category");
            let reason = if category.is_empty() { "marketing_messages".to_string() } else { word(&category) };
            let draft = Draft {
                number_id: number.id,
                number_digits: number.digits,
                account: around.account,
                recipient: &recipient,
                reason: &reason,
                ..Draft::default()
            };
            self.add(time, Event::Signal(kind), &draft, p);
        }
    }
}

/// The texts of a message that may say stop: what was typed, or the button or list entry that was chosen.
fn replies(m: &Object) -> Vec<String> {
    let mut out = Vec::new();
    let mut of = |o: Option<&Object>, keys: &[&str]| {
        if let Some(o) = o {
            out.extend(keys.iter().map(|k| text(o, k)).filter(|t| !t.is_empty()));
        }
    };
    of(object(m, "text"), &["body"]);
    of(object(m, "button"), &["text", "payload"]);
    if let Some(i) = object(m, "interactive") {
        of(object(i, "button_reply"), &["title", "id"]);
        of(object(i, "list_reply"), &["title", "id"]);
    }
    out
}
