//! Answers to questions instead of webhooks: the state of numbers and templates, histories of messages, counts; in
//! the platform's own shape and in that of a provider that passes them on.
//!
//! An answer rarely says when it was given. Must not know how it got here.

use serde_json::Value;

use crate::import::Importer;
use crate::import::account::PORTFOLIO_LIMITS;
use crate::import::body::Around;
use crate::import::collected::{About, Draft, Volume};
use crate::import::fields::{
    Object, colour, digits, first_text, instant, object, objects, text, text_of, upper, word,
};
use crate::import::hold::Hold;
use crate::messaging::event::ObservedKind;
use crate::sim::SimTime;

/// Statuses of numbers that the platform knows.
const STATUSES: [&str; 12] = [
    "BANNED",
    "CONNECTED",
    "DELETED",
    "DISCONNECTED",
    "FLAGGED",
    "MIGRATED",
    "PENDING",
    "RATE_LIMITED",
    "RESTRICTED",
    "SUSPENDED",
    "UNKNOWN",
    "UNVERIFIED",
];

impl<H: Hold> Importer<H> {
    /// Takes an object that is an answer; false if it is none that is known.
    pub(super) fn graph(&mut self, o: &Object, around: Around<'_>) -> bool {
        let has = |key: &str| o.contains_key(key);
        if has("workspace") && (object(o, "number").is_some() || object(o, "template").is_some()) {
            self.provider(o, around);
        } else if has("message_id") && has("events") {
            self.history(o);
        } else if has("delivery_status") {
            self.notes.remark("events of a message history that do not say of which message: left out");
        } else if o.get("data_points").is_some_and(Value::is_array) {
            self.points(o);
        } else if has("total_cost") && has("breakdown") {
            self.notes.remark("costs (pricing analytics): no part of ratings or limits");
        } else if object(o, "health_status").is_some() {
            self.health(o, around);
        } else if has("block_users") {
            self.notes.remark("people whom the business blocked (block_users): no signal of theirs");
        } else if let Some(numbers) = object(o, "phone_numbers").filter(|n| n.contains_key("data")) {
            let account = text(o, "id");
            let around = Around { account: &account, ..around };
            self.account_state(o, around);
            for n in objects(numbers, "data") {
                self.number_state(n, around);
            }
        } else if has("account_review_status") {
            let account = text(o, "id");
            self.account_state(o, Around { account: &account, ..around });
        } else if has("quality_rating")
            || has("messaging_limit_tier")
            || PORTFOLIO_LIMITS.iter().any(|k| has(k))
            || (has("id") && (has("display_phone_number") || has("verified_name")))
        {
            self.number_state(o, around);
        } else if has("name") && has("language") && has("status") && (has("id") || has("components")) {
            self.template_state(o, around);
        } else {
            return false;
        }
        true
    }

    fn account_state(&mut self, o: &Object, around: Around<'_>) {
        let review = upper(&text(o, "account_review_status"));
        if review.is_empty() {
            return;
        }
        if let Some(time) = self.when(o, around) {
            let draft = Draft {
                account: around.account,
                value: &review,
                reason: "account review",
                ..Draft::default()
            };
            self.observe(ObservedKind::Account, time, &draft, o);
        }
    }

    /// The state of a number.
    fn number_state(&mut self, o: &Object, around: Around<'_>) {
        let (id, shown) = (text(o, "id"), digits(&text(o, "display_phone_number")));
        self.collected.link(&id, &shown, around.account);
        let draft =
            Draft { number_id: &id, number_digits: &shown, account: around.account, ..Draft::default() };
        let status = upper(&text(o, "status"));
        let score = object(o, "quality_score");
        let mut rating = upper(&text(o, "quality_rating"));
        if rating.is_empty() {
            rating = score.map(|s| upper(&text(s, "score"))).unwrap_or_default();
        }
        let limits: Vec<(&str, &Value)> = ["messaging_limit_tier"]
            .into_iter()
            .chain(PORTFOLIO_LIMITS)
            .filter_map(|k| o.get(k).map(|v| (k, v)))
            .collect();
        self.state_rows(o, around, &draft, &rating, &status, &limits);
    }

    /// Colour, status and limits of a number, those that are there.
    fn state_rows(
        &mut self,
        o: &Object,
        around: Around<'_>,
        draft: &Draft<'_>,
        rating: &str,
        status: &str,
        limits: &[(&str, &Value)],
    ) {
        if rating.is_empty() && status.is_empty() && limits.is_empty() {
            return self.notes.remark("answers about a number without colour, status or limit");
        }
        let Some(time) = self.when(o, around) else { return };
        if !rating.is_empty() {
            match colour(rating) {
                Some(c) => {
                    let draft = Draft { value: c.name(), reason: rating, ..draft.clone() };
                    self.observe(ObservedKind::Rating, time, &draft, o);
                }
                None => self.notes.unknown("quality rating", rating),
            }
        }
        if !status.is_empty() {
            if !STATUSES.contains(&status) {
                self.notes.unknown("status of a number", status);
            }
            let draft = Draft { value: status, reason: status, ..draft.clone() };
            self.observe(ObservedKind::Status, time, &draft, o);
        }
        for (key, v) in limits {
            let of_portfolio = PORTFOLIO_LIMITS.contains(key);
            let about = if of_portfolio { About::PortfolioOfNumber } else { About::Number };
            self.limit_row(v, time, &Draft { about, reason: key, ..draft.clone() }, o);
        }
    }

    /// A template as a list of templates shows it.
    fn template_state(&mut self, o: &Object, around: Around<'_>) {
        let name = text(o, "name");
        self.collected.language(&name, &text(o, "language"));
        let Some(time) = self.when(o, around) else { return };
        let status = upper(&text(o, "status"));
        self.template_status_row(&name, &status, &status, time, around, o);
        if let Some(score) = object(o, "quality_score") {
            let at = score.get("date").and_then(instant).unwrap_or(time);
            self.template_colour(&name, &text(score, "score"), at, around, o);
        }
    }

    fn template_colour(&mut self, name: &str, raw: &str, time: SimTime, around: Around<'_>, part: &Object) {
        let raw = upper(raw);
        match colour(&raw) {
            Some(c) => {
                let draft = Draft {
                    account: around.account,
                    template: name,
                    value: c.name(),
                    reason: &raw,
                    ..Draft::default()
                };
                self.observe(ObservedKind::TemplateRating, time, &draft, part);
            }
            None => self.notes.unknown("template quality", &raw),
        }
    }

    /// Whether an account or a number may send, as `health_status` says.
    fn health(&mut self, o: &Object, around: Around<'_>) {
        let Some(time) = self.when(o, around) else { return };
        for e in object(o, "health_status").map(|h| objects(h, "entities")).unwrap_or_default() {
            let (id, value) = (text(e, "id"), upper(&text(e, "can_send_message")));
            let codes: Vec<String> =
                objects(e, "errors").iter().map(|x| word(&text(x, "error_code"))).collect();
            let reason = format!("health_status {}", codes.join(" "));
            let mut draft = Draft { value: &value, reason: reason.trim(), ..Draft::default() };
            match upper(&text(e, "entity_type")).as_str() {
                "WABA" => draft.account = &id,
                "PHONE_NUMBER" => draft.number_id = &id,
                _ => {
                    self.notes.remark("health of apps, flows and businesses (health_status)");
                    continue;
                }
            }
            self.observe(ObservedKind::Account, time, &draft, o);
        }
    }

    /// Counts by the platform: shown beside what was imported, and no rows, since they name no person.
    fn points(&mut self, o: &Object) {
        let numbers: Vec<String> = match o.get("phone_numbers") {
            Some(Value::Array(a)) => {
                a.iter().map(|n| digits(&text_of(n))).filter(|n| !n.is_empty()).collect()
            }
            _ => Vec::new(),
        };
        for p in objects(o, "data_points") {
            if p.contains_key("conversation") || p.contains_key("cost") && !p.contains_key("sent") {
                self.notes.remark("counts of conversations and costs (analytics): no rows");
                continue;
            }
            let (Some(from), Some(to)) = (p.get("start").and_then(instant), p.get("end").and_then(instant))
            else {
                self.notes.remark("counts without start and end (analytics): left out");
                continue;
            };
            let count = |key: &str| p.get(key).and_then(Value::as_u64);
            let (mut answer, mut numbers) = ("messages", numbers.clone());
            let own = digits(&text(p, "phone_number"));
            let mut subject = first_text(p, &["template_id", "template_group_id", "group_id"]);
            if !own.is_empty() {
                numbers = vec![own];
            }
            if subject.is_empty() {
                subject = numbers.join("+");
            } else {
                answer = match () {
                    () if p.contains_key("template_id") => "template",
                    () if p.contains_key("group_id") => "group",
                    () => "template group",
                };
                numbers.clear();
            }
            let (sent, delivered, read) = (count("sent"), count("delivered"), count("read"));
            let subject = word(&subject);
            self.collected.volume(Volume { from, to, answer, subject, numbers, sent, delivered, read });
        }
    }

    /// Number and template states as a provider posts them: codes inside objects, its own ids.
    fn provider(&mut self, o: &Object, around: Around<'_>) {
        let account = object(o, "workspace").map(|w| text(w, "waba_id")).unwrap_or_default();
        let around = Around { account: &account, ..around };
        let code = |o: &Object, key: &str| match o.get(key) {
            Some(Value::Object(inner)) => upper(&first_text(inner, &["code", "name"])),
            Some(v) => upper(&text_of(v)),
            None => String::new(),
        };
        if let Some(n) = object(o, "number") {
            let shown = digits(&text(n, "display_phone_number"));
            let draft = Draft { number_digits: &shown, account: &account, ..Draft::default() };
            let limit = match n.get("messaging_limit") {
                Some(Value::Object(l)) => l.get("amount"),
                other => other,
            };
            let limits: Vec<(&str, &Value)> = limit.map(|v| ("messaging_limit", v)).into_iter().collect();
            let status = code(n, "quality_status");
            self.state_rows(n, around, &draft, &code(n, "quality_rating"), &status, &limits);
        }
        if let Some(t) = object(o, "template") {
            let name = text(t, "name");
            let Some(time) = self.when(t, around) else { return };
            self.collected.language(&name, &code(t, "language"));
            let status = code(t, "status");
            self.template_status_row(&name, &status, &status, time, around, t);
            if t.contains_key("quality_score") {
                self.template_colour(&name, &code(t, "quality_score"), time, around, t);
            }
        }
    }
}
