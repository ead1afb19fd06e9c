//! The importer as a whole: payloads written afresh from the names of the fields, one for each oddity that real ones
//! have shown, and the laws that hold for all of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::optout::Words;
use super::*;

/// Rows as `seconds event number portfolio recipient message template category campaign reason value`, absent as `.`.
fn import_with(options: Options, texts: &[&str]) -> (Vec<String>, Outcome, Vec<Damage>) {
    let mut importer = Importer::new(options);
    let mut damage = Vec::new();
    for text in texts {
        let whole = importer.read(text.as_bytes(), &mut |d| {
            damage.push(d);
            true
        });
        assert!(whole.unwrap());
    }
    let mut rows = Vec::new();
    let outcome = importer.finish::<std::convert::Infallible>(&mut |row| {
        let texts = row.texts[..9].iter().map(|t| if t.is_empty() { "." } else { t });
        let texts: Vec<&str> = texts.collect();
        rows.push(format!("{} {} {}", row.time.0 / 1000, row.event.name(), texts.join(" ")));
        Ok(())
    });
    let Ok(outcome) = outcome;
    (rows, outcome, damage)
}

fn rows_of(bodies: &[Value]) -> Vec<String> {
    let texts: Vec<String> = bodies.iter().map(Value::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (rows, _, damage) = import_with(Options::default(), &texts);
    assert!(damage.is_empty(), "{damage:?}");
    rows
}

fn remarks_of(bodies: &[Value]) -> Vec<String> {
    let texts: Vec<String> = bodies.iter().map(Value::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let notes = import_with(Options::default(), &texts).1.notes;
    let unknown = notes.unknowns().into_iter().map(|(what, name, n)| format!("{n} {what} {name}"));
    unknown.chain(notes.remarks().into_iter().map(|(s, n)| format!("{n} {s}"))).collect()
}

/// A body of one change, without a time, as messages come.
fn body(field: &str, value: Value) -> Value {
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": "waba-1", "changes": [{"field": field, "value": value}]}]})
}

/// A body of one change with the entry's time, as reports come.
fn report(field: &str, value: Value) -> Value {
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": "waba-1", "time": 1_700_000_000, "changes": [{"field": field, "value": value}]}]})
}

fn with_metadata(more: Value) -> Value {
    let mut value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "+1 555-0100", "phone_number_id": "num-1"}});
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

fn status(more: Value) -> Value {
    let mut status =
        json!({"id": "wamid.A", "status": "sent", "timestamp": "1700000000", "recipient_id": "4917100001"});
    status.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body("messages", with_metadata(json!({ "statuses": [status] })))
}

fn message(more: Value) -> Value {
    let mut message =
        json!({"id": "wamid.I", "from": "4917100001", "timestamp": "1700000000", "type": "text"});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body("messages", with_metadata(json!({ "messages": [message] })))
}

#[test]
fn statuses_become_the_four_events_with_ids_and_codes() {
    let row = |more| rows_of(&[status(more)]).join("|");
    assert_eq!(row(json!({})), "1700000000 message_sent num-1 waba-1 4917100001 wamid.A . . . . .");
    assert_eq!(
        row(json!({"status": "delivered", "timestamp": 1_700_000_060,
            "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing_lite"}})),
        "1700000060 message_delivered num-1 waba-1 4917100001 wamid.A . marketing . . ."
    );
    assert!(row(json!({"status": "read"})).contains(" message_read "));
    assert!(row(json!({"status": "READ"})).contains(" message_read "));
    assert_eq!(
        row(
            json!({"status": "failed", "errors": [{"code": 131049, "title": "not 4917100001"}, {"code": 1}]})
        ),
        "1700000000 message_failed num-1 waba-1 4917100001 wamid.A . . . 131049 ."
    );
    assert!(row(json!({"status": "failed"})).ends_with("wamid.A . . . . ."));
    // A code beside a status that is none is no reason.
    assert!(row(json!({"errors": [{"code": 1}]})).ends_with("wamid.A . . . . ."));
    assert!(
        row(json!({"status": "played"}))
            .ends_with("message_read num-1 waba-1 4917100001 wamid.A . . . played .")
    );
    for unknown in ["deleted", "in_orbit", ""] {
        assert_eq!(rows_of(&[status(json!({ "status": unknown }))]), Vec::<String>::new());
    }
    assert_eq!(remarks_of(&[status(json!({"status": "in_orbit"}))]), ["1 status in_orbit"]);
    assert_eq!(remarks_of(&[status(json!({"new_key": 1}))]), ["1 key of a status new_key"]);
}

#[test]
fn categories_come_from_pricing_or_from_old_conversations() {
    let category = |more: Value| {
        let rows = rows_of(&[status(more)]);
        rows[0].split(' ').nth(7).unwrap().to_string()
    };
    for (raw, want) in [
        ("marketing", "marketing"),
        ("MARKETING_LITE", "marketing"),
        ("utility", "utility"),
        ("authentication_international", "authentication"),
        ("service", "service"),
        ("user_initiated", "service"),
        ("referral_conversion", "service"),
        ("business_initiated", "."),
        ("novel", "."),
    ] {
        assert_eq!(category(json!({"pricing": {"category": raw}})), want, "{raw}");
        assert_eq!(category(json!({"conversation": {"origin": {"type": raw}}})), want, "{raw}");
    }
    assert_eq!(category(json!({})), ".");
    assert_eq!(remarks_of(&[status(json!({"pricing": {"category": "novel"}}))]), ["1 category novel"]);
}

#[test]
fn people_have_one_name_whichever_id_a_payload_gives() {
    // A business-scoped user id beside a phone number once is that phone number everywhere.
    let known =
        body("messages", with_metadata(json!({"contacts": [{"user_id": "US.9", "wa_id": "4917100001"}]})));
    let scoped = status(json!({"recipient_id": null, "recipient_user_id": "US.9"}));
    assert!(rows_of(std::slice::from_ref(&scoped))[0].contains(" US.9 "));
    assert!(rows_of(&[scoped, known])[0].contains(" 4917100001 "));
    assert!(rows_of(&[status(json!({"recipient_id": "+49 171 00001"}))])[0].contains(" 4917100001 "));
    let (rows, _, damage) = import_with(
        Options::default(),
        &[&status(json!({"recipient_id": ""})).to_string(), &status(json!({"timestamp": "0"})).to_string()],
    );
    assert!(rows.is_empty() && damage.len() == 2, "{damage:?}");
    assert!(damage[0].reason.contains("no person") && damage[0].text.contains("wamid.A"));
    assert!(damage[1].reason.contains("without a time"));
}

#[test]
fn what_people_write_is_received_and_stop_words_are_opt_outs() {
    let rows = |more| rows_of(&[message(more)]);
    let received = "1700000000 message_received num-1 waba-1 4917100001 wamid.I . . . . .";
    let out = |said: &str| {
        vec![
            received.to_string(),
            format!("1700000000 opted_out num-1 waba-1 4917100001 wamid.I . . . {said} ."),
        ]
    };
    assert_eq!(rows(json!({"text": {"body": "Where is my parcel? Stop by"}})), [received]);
    assert_eq!(rows(json!({"text": {"body": " STOP! "}})), out("stop"));
    let by_ad =
        json!({"text": {"body": "Hi"}, "referral": {"source_type": "ad", "headline": "Everything must go"}});
    assert_eq!(rows(by_ad), ["1700000000 message_received num-1 waba-1 4917100001 wamid.I . . . ad ."]);
    assert_eq!(
        rows(json!({"type": "button", "button": {"text": "Nein danke", "payload": "UNSUBSCRIBE"}})),
        out("unsubscribe")
    );
    assert_eq!(
        rows(json!({"type": "interactive", "interactive": {"type": "button_reply",
            "button_reply": {"id": "b1", "title": "Stop promotions"}}})),
        out("stop promotions")
    );
    assert_eq!(
        rows(json!({"type": "interactive", "interactive": {"type": "list_reply",
            "list_reply": {"id": "baja", "title": "x", "description": "stop"}}})),
        out("baja")
    );
    assert!(rows(json!({"text": {"body": "start"}}))[1].contains(" opted_in "));
    // Cancelling a booking is no opt-out.
    assert_eq!(
        rows(json!({"type": "interactive", "interactive": {"type": "button_reply",
            "button_reply": {"id": "cancel-button", "title": "Cancel"}}})),
        [received]
    );
    for kind in ["image", "reaction", "unsupported", "order", "novel"] {
        assert_eq!(rows(json!({ "type": kind })), [received], "{kind}");
    }
    assert_eq!(
        rows(json!({"from": null, "from_user_id": "US.7"}))[0],
        received.replace("4917100001", "US.7")
    );
    for kind in ["system", "request_welcome", "edit", "revoke"] {
        assert!(rows(json!({ "type": kind })).is_empty(), "{kind}");
    }
    assert!(rows(json!({"group_id": "g"})).is_empty());
    assert_eq!(remarks_of(&[message(json!({"type": "novel"}))]), ["1 message type novel"]);
    let changed =
        remarks_of(&[message(json!({"type": "system", "system": {"type": "user_changed_number"}}))]);
    assert!(changed[0].contains("changed the phone number"));
    let mine = Words::parse("w", "[opt_out]\nxx = [\"enough\"]").unwrap();
    let options = Options { words: mine, ..Options::default() };
    let bodies = [
        message(json!({"text": {"body": "Enough."}})),
        message(json!({"id": "B", "text": {"body": "stop"}})),
    ];
    let texts = bodies.map(|b| b.to_string());
    let (rows, ..) = import_with(options, &[&texts[0], &texts[1]]);
    assert_eq!(rows.iter().filter(|r| r.contains("opted_out")).count(), 1);
}

#[test]
fn preferences_are_consent() {
    let preference = |value: &str, time: Value| {
        body(
            "user_preferences",
            with_metadata(
                json!({"user_preferences": [{"wa_id": "4917100001", "category": "marketing_messages",
                "value": value, "timestamp": time, "detail": "the person said so"}]}),
            ),
        )
    };
    let row = "1700000000 opted_out num-1 waba-1 4917100001 . . . . marketing_messages .";
    assert_eq!(rows_of(&[preference("stop", json!("1700000000"))]), [row]);
    assert_eq!(rows_of(&[preference("stop", json!(1_700_000_000))]), [row]);
    assert!(rows_of(&[preference("resume", json!(1_700_000_000))])[0].contains("opted_in"));
    assert_eq!(remarks_of(&[preference("maybe", json!(1))]), ["1 preference maybe"]);
}

#[test]
fn quality_of_numbers_in_every_kind_of_event() {
    let rows = |more: Value| {
        let mut value = json!({"display_phone_number": "1 555 0100", "current_limit": "TIER_1K"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rows_of(&[report("phone_number_quality_update", value)])
    };
    let limit = |reason: &str| format!("1700000000 limit_observed 15550100 waba-1 . . . . . {reason} 1000");
    let status = |reason: &str, value: &str| {
        format!("1700000000 status_observed 15550100 waba-1 . . . . . {reason} {value}")
    };
    assert_eq!(rows(json!({"event": "FLAGGED"})), [status("FLAGGED", "FLAGGED"), limit("FLAGGED")]);
    assert_eq!(rows(json!({"event": "unflagged"})), [status("UNFLAGGED", "CONNECTED"), limit("UNFLAGGED")]);
    for event in ["UPGRADE", "DOWNGRADE", "ONBOARDING"] {
        assert_eq!(rows(json!({"event": event, "old_limit": "TIER_250"})), [limit(event)]);
    }
    assert_eq!(rows(json!({"event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"})), [""; 0]);
    assert_eq!(rows(json!({"event": "ONBOARDING", "current_limit": "TIER_NOT_SET"})), [""; 0]);
    assert_eq!(rows(json!({"event": "SURPRISE"})), [""; 0]);
    // The portfolio's limit, of which the number is only the messenger.
    assert_eq!(
        rows(json!({"event": "ONBOARDING", "current_limit": null,
            "max_daily_conversations_per_business": "TIER_UNLIMITED"})),
        ["1700000000 limit_observed . waba-1 . . . . . ONBOARDING unlimited"]
    );
}

#[test]
fn capabilities_by_both_names_and_types() {
    let rows = |value| rows_of(&[report("business_capability_update", value)]);
    let row =
        |key: &str, limit: &str| vec![format!("1700000000 limit_observed . waba-1 . . . . . {key} {limit}")];
    let (new, old) = ("max_daily_conversations_per_business", "max_daily_conversation_per_phone");
    assert_eq!(rows(json!({new: 2000, "max_phone_numbers_per_business": 20})), row(new, "2000"));
    assert_eq!(rows(json!({new: "TIER_UNLIMITED"})), row(new, "unlimited"));
    assert_eq!(rows(json!({old: -1, "max_phone_numbers_per_waba": 20})), row(old, "unlimited"));
    assert_eq!(rows(json!({old: 1000})), row(old, "1000"));
    assert_eq!(
        remarks_of(&[report("business_capability_update", json!({new: "TIER_X"}))]),
        ["1 limit TIER_X"]
    );
}

#[test]
fn templates_rated_and_stopped_under_whichever_field() {
    let quality = json!({"previous_quality_score": "GREEN", "new_quality_score": "YELLOW",
        "message_template_id": 7, "message_template_name": "spring_sale", "message_template_language": "en_US"});
    let row = "1700000000 template_rating_observed . waba-1 . . spring_sale . . YELLOW YELLOW";
    for field in ["message_template_quality_update", "message_template_status_update"] {
        assert_eq!(rows_of(&[report(field, quality.clone())]), [row]);
    }
    let status = |more: Value| {
        let mut value = json!({"message_template_id": 7, "message_template_name": "spring_sale",
            "message_template_language": "en-US"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let rows = rows_of(&[report("message_template_status_update", value)]);
        rows[0]
            .strip_prefix("1700000000 template_status_observed . waba-1 . . spring_sale . . ")
            .unwrap()
            .to_string()
    };
    assert_eq!(status(json!({"event": "approved", "reason": null})), "APPROVED ACTIVE");
    assert_eq!(status(json!({"event": "REINSTATED", "reason": "NONE"})), "REINSTATED ACTIVE");
    assert_eq!(
        status(json!({"event": "PAUSED", "other_info": {"title": "FIRST_PAUSE"}})),
        "PAUSED: FIRST_PAUSE PAUSED"
    );
    assert_eq!(status(json!({"event": "DISABLED"})), "DISABLED DISABLED");
    assert_eq!(status(json!({"event": "REJECTED", "reason": "SCAM"})), "REJECTED: SCAM REJECTED");
    let flagged = |date: Value| status(json!({"event": "FLAGGED", "disable_info": {"disable_date": date}}));
    assert_eq!(flagged(json!("January 31, 2021")), "FLAGGED: disabled on January 31, 2021 FLAGGED");
    assert_eq!(flagged(json!(1_612_051_200)), "FLAGGED: disabled on 2021-01-31 FLAGGED");
    let nameless = json!({"event": "PAUSED", "message_template_id": 905_507_062_668_800_u64});
    assert!(rows_of(&[report("message_template_status_update", nameless)])[0].contains(" 905507062668800 "));
    let other =
        json!({"event": "PAUSED", "message_template_name": "spring_sale", "message_template_language": "de"});
    let both =
        [report("message_template_quality_update", quality), report("message_template_status_update", other)];
    assert!(remarks_of(&both)[0].contains("several languages"));
}

#[test]
fn accounts_banned_restricted_reviewed_and_warned() {
    let rows = |field: &str, value: Value| -> Vec<String> {
        let rows = rows_of(&[report(field, value)]);
        rows.iter().map(|r| r.strip_prefix("1700000000 account_observed ").unwrap().to_string()).collect()
    };
    let ban = |state: Value| {
        rows(
            "account_update",
            json!({"event": "DISABLED_UPDATE",
            "ban_info": {"waba_ban_state": state, "waba_ban_date": "April 17, 2025"}}),
        )
    };
    let dated =
        |state: &str, value: &str| vec![format!(". waba-1 . . . . . {state}: April 17, 2025 {value}")];
    assert_eq!(ban(json!("SCHEDULE_FOR_DISABLE")), dated("SCHEDULE_FOR_DISABLE", "DISABLE_SCHEDULED"));
    assert_eq!(ban(json!(["REINSTATE"])), dated("REINSTATE", "RESTORED"));
    assert_eq!(ban(json!("DISABLE")), dated("DISABLE", "DISABLED"));
    for expiration in [json!(1_700_086_400), json!("1700086400")] {
        let restricted = rows(
            "account_update",
            json!({"event": "ACCOUNT_RESTRICTION", "phone_number": "15550100",
            "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": expiration}]}),
        );
        assert_eq!(
            restricted,
            [
                "15550100 waba-1 . . . . . RESTRICTED_BIZ_INITIATED_MESSAGING until 2023-11-15T22:13:20.000Z RESTRICTED"
            ]
        );
    }
    assert_eq!(
        rows(
            "account_update",
            json!({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}})
        ),
        [". waba-1 . . . . . SPAM VIOLATION"]
    );
    assert_eq!(
        rows("account_review_update", json!({"decision": "APPROVED"})),
        [". waba-1 . . . . . account review APPROVED"]
    );
    let alert = json!({"entity_type": "WABA", "entity_id": 123, "alert_severity": "CRITICAL",
        "alert_status": "ACTIVE", "alert_type": "OBA_REJECTED", "alert_description": "long words"});
    let flat = rows("account_alerts", alert.clone());
    assert_eq!(flat, [". waba-1 . . . . . alert CRITICAL ACTIVE OBA_REJECTED"]);
    let nested = json!({"entity_type": "WABA", "entity_id": "123", "alert_info": alert});
    assert_eq!(rows("account_alerts", nested), flat);
    assert_eq!(
        remarks_of(&[report("account_update", json!({"event": "NOVEL"}))]),
        ["1 event of account_update NOVEL"]
    );
    assert_eq!(remarks_of(&[report("novel", json!({}))]), ["1 field novel"]);
    assert_eq!(remarks_of(&[json!({"object": "page", "entry": [{"changes": []}]})]), ["1 object page"]);
}

#[test]
fn answers_to_questions_need_a_time() {
    let answer = json!({"data": [{"id": "num-1", "display_phone_number": "+1 555-0100", "quality_rating": "NA",
        "status": "CONNECTED", "messaging_limit_tier": "TIER_2K"}], "paging": {"cursors": {"after": "x"}}});
    let (rows, _, damage) = import_with(Options::default(), &[&answer.to_string()]);
    assert!(rows.is_empty() && damage.len() == 1 && damage[0].reason.contains("--at TIME"), "{damage:?}");
    let at = Options { at: Some(SimTime(1_700_000_000_000)), ..Options::default() };
    let want = [
        "1700000000 rating_observed num-1 . . . . . . NA UNKNOWN",
        "1700000000 status_observed num-1 . . . . . . CONNECTED CONNECTED",
        "1700000000 limit_observed num-1 . . . . . . messaging_limit_tier 2000",
    ];
    assert_eq!(import_with(at.clone(), &[&answer.to_string()]).0, want);
    // The time of a wrapper goes before the one given by hand.
    let wrapped = json!({"fetched_at": "2023-11-14T22:13:21Z", "answer": answer.to_string()});
    assert!(import_with(at.clone(), &[&wrapped.to_string()]).0.iter().all(|r| r.starts_with("1700000001 ")));
    let templates = json!({"data": [{"id": "7", "name": "spring_sale", "language": "en", "status": "APPROVED",
        "quality_score": {"score": "RED", "date": 1_699_999_999}}]});
    assert_eq!(
        import_with(at.clone(), &[&templates.to_string()]).0,
        [
            "1699999999 template_rating_observed . . . . spring_sale . . RED RED",
            "1700000000 template_status_observed . . . . spring_sale . . APPROVED ACTIVE",
        ]
    );
    let waba = json!({"id": "waba-9", "account_review_status": "APPROVED",
        "phone_numbers": {"data": [{"id": "num-1", "quality_rating": "GREEN"}]}});
    assert_eq!(
        import_with(at.clone(), &[&waba.to_string()]).0,
        [
            "1700000000 rating_observed num-1 waba-9 . . . . . GREEN GREEN",
            "1700000000 account_observed . waba-9 . . . . . account review APPROVED",
        ]
    );
    let provider = json!({"event": "phone_number_sync", "workspace": {"waba_id": "waba-9"},
        "number": {"id": "their own", "quality_status": {"code": "CONNECTED"}, "quality_rating": {"code": "GREEN"},
            "messaging_limit": {"amount": 1000}, "display_phone_number": "15550100"}});
    assert_eq!(
        import_with(at, &[&provider.to_string()]).0,
        [
            "1700000000 rating_observed 15550100 waba-9 . . . . . GREEN GREEN",
            "1700000000 status_observed 15550100 waba-9 . . . . . CONNECTED CONNECTED",
            "1700000000 limit_observed 15550100 waba-9 . . . . . messaging_limit 1000",
        ]
    );
}

#[test]
fn histories_and_counts_lean_on_what_else_was_imported() {
    let history = json!({"data": [{"id": "1", "message_id": "wamid.A", "events": {"data": [
        {"delivery_status": "DELIVERED", "timestamp": 1_700_000_060},
        {"delivery_status": "READ", "occurrence_timestamp": 1_700_000_120}]}}]});
    let rows = rows_of(&[history.clone(), status(json!({}))]);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[2], "1700000120 message_read num-1 waba-1 4917100001 wamid.A . . . . .");
    assert!(rows_of(std::slice::from_ref(&history)).is_empty());
    assert!(remarks_of(&[history])[0].starts_with("2 an event of a message history left out"));

    let counts = json!({"analytics": {"phone_numbers": ["15550100"], "granularity": "DAY", "data_points": [
        {"start": 1_699_999_000, "end": 1_700_000_001, "sent": 3, "delivered": 2},
        {"start": 1_700_000_001, "end": 1_700_090_000, "sent": 5, "delivered": 4}]}, "id": "waba-1"});
    let texts = [status(json!({})).to_string(), counts.to_string(), counts.to_string()];
    let (rows, outcome, _) = import_with(Options::default(), &[&texts[0], &texts[1], &texts[2]]);
    assert_eq!(rows.len(), 1, "counts are no rows");
    let compared: Vec<_> =
        outcome.settled.volumes.iter().map(|c| (c.volume.sent, c.sent, c.delivered)).collect();
    assert_eq!(compared, [(Some(3), Some(1), Some(0)), (Some(5), Some(0), Some(0))]);
    let templates = json!({"data": [{"data_points": [
        {"template_id": "7", "start": 1_700_000_000, "end": 1_700_086_400, "sent": 9, "delivered": 8, "read": 7}]}]});
    let (_, outcome, _) = import_with(Options::default(), &[&templates.to_string()]);
    let c = &outcome.settled.volumes[0];
    assert_eq!(
        (c.volume.answer, c.volume.subject.as_str(), c.volume.read, c.sent),
        ("template", "7", Some(7), None)
    );
}

#[test]
fn bodies_are_found_in_wrappers_and_told_from_what_only_looks_like_one() {
    let plain = status(json!({}));
    let row = rows_of(std::slice::from_ref(&plain));
    assert_eq!(row.len(), 1);
    let mut bare = plain.clone();
    bare.as_object_mut().unwrap().remove("object");
    let mut nameless = plain.clone();
    nameless["entry"][0].as_object_mut().unwrap().remove("id");
    assert_eq!(rows_of(&[nameless])[0], row[0].replace("waba-1", "."));
    let value = &plain["entry"][0]["changes"][0]["value"];
    for wrapped in [
        bare,
        json!({"format": "json", "name": "hook", "webhook": plain}),
        json!({"ts": 5, "request": {"body": plain.to_string(), "headers": {"a": [1, 2]}}}),
        json!([[plain.clone()]]),
        json!(plain.to_string()),
        json!({"Records": [{"Sns": {"Message": json!({"payload": plain.to_string()}).to_string()}}]}),
        plain["entry"][0].clone(),
    ] {
        assert_eq!(rows_of(std::slice::from_ref(&wrapped)), row, "{wrapped}");
    }
    for bare in [plain["entry"][0]["changes"][0].clone(), value.clone(), json!({ "event": value })] {
        assert_eq!(rows_of(&[bare])[0], row[0].replace("waba-1", "."));
    }
    // Several changes and entries in one body.
    let many = json!({"entry": [plain["entry"][0], report("account_review_update", json!({"decision": "APPROVED"}))["entry"][0]]});
    assert_eq!(rows_of(&[many]).len(), 2);
    // An answer to a send is no message of a person.
    let accepted = json!({"messaging_product": "whatsapp", "contacts": [{"input": "+491", "wa_id": "491"}],
        "messages": [{"id": "wamid.A", "message_status": "accepted"}]});
    assert!(rows_of(std::slice::from_ref(&accepted)).is_empty());
    assert!(remarks_of(&[accepted])[0].contains("answers to sends"));
    assert_eq!(remarks_of(&[json!({"hello": 1})]), ["1 document without anything known in it, with hello"]);
    // A number that bodies do not name.
    let old = json!({"statuses": [{"id": "x", "status": "sent", "timestamp": "1700000000", "recipient_id": "491"}]});
    let (rows, _, damage) = import_with(Options::default(), &[&old.to_string()]);
    assert!(rows.is_empty() && damage[0].reason.contains("--number"));
    let options = Options { number: Some("mine".into()), ..Options::default() };
    assert_eq!(
        import_with(options, &[&old.to_string()]).0[0],
        "1700000000 message_sent mine . 491 x . . . . ."
    );
}

#[test]
fn numbers_and_portfolios_are_settled_over_the_whole_import() {
    let quality = report(
        "phone_number_quality_update",
        json!({"display_phone_number": "15550100", "event": "FLAGGED", "current_limit": "TIER_1K"}),
    );
    let rows = rows_of(&[quality, status(json!({}))]);
    assert!(rows.iter().all(|r| r.split(' ').nth(2) == Some("num-1")), "{rows:?}");
    // One number seen with two accounts belongs to the least of them everywhere.
    let mut elsewhere = status(json!({"id": "wamid.B"}));
    elsewhere["entry"][0]["id"] = json!("waba-0");
    let bodies = [status(json!({})), elsewhere.clone()];
    assert!(rows_of(&bodies).iter().all(|r| r.contains(" waba-0 ")));
    assert!(remarks_of(&bodies)[0].contains("several accounts"));
    let texts = bodies.map(|b| b.to_string());
    let options = Options { portfolio: Some("mine".into()), ..Options::default() };
    let (rows, outcome, _) = import_with(options, &[&texts[0], &texts[1]]);
    assert!(rows.iter().all(|r| r.contains(" mine ")) && outcome.notes.remarks().is_empty());
    assert_eq!(outcome.settled.numbers["num-1"], 2);
}

#[test]
fn a_tag_of_the_sender_is_a_campaign_only_when_asked() {
    let tagged = status(json!({"biz_opaque_callback_data": "spring"})).to_string();
    assert!(import_with(Options::default(), &[&tagged]).0[0].ends_with("wamid.A . . . . ."));
    let options = Options { campaign_from_callback_data: true, ..Options::default() };
    assert!(import_with(options.clone(), &[&tagged]).0[0].ends_with("wamid.A . . spring . ."));
    let long = status(json!({"biz_opaque_callback_data": "x".repeat(TEXT_MAX + 1)})).to_string();
    assert!(import_with(options, &[&long]).2[0].reason.contains("campaign of 1025 bytes"));
}

#[test]
fn one_second_keeps_the_order_in_which_things_happen() {
    let bodies = [
        status(json!({"status": "failed", "id": "wamid.F"})),
        status(json!({"status": "read"})),
        status(json!({"status": "delivered"})),
        status(json!({})),
        message(json!({"text": {"body": "stop"}})),
        report("account_review_update", json!({"decision": "APPROVED"})),
    ];
    let rows = rows_of(&bodies);
    let events: Vec<&str> = rows.iter().map(|r| r.split(' ').nth(1).unwrap()).collect();
    assert_eq!(
        events,
        [
            "message_received",
            "opted_out",
            "message_sent",
            "message_delivered",
            "message_read",
            "message_failed",
            "account_observed",
        ]
    );
    // The same status from two sources with two times stays two.
    assert_eq!(rows_of(&[status(json!({})), status(json!({"timestamp": "1700000001"}))]).len(), 2);
}

#[test]
fn pseudonyms_keep_joins_and_hide_the_order_of_people() {
    let texts: Vec<String> = (1..=9)
        .map(|i| {
            status(json!({"id": format!("wamid.{i}"), "recipient_id": format!("49171000{i}")})).to_string()
        })
        .chain([message(json!({"from": "+49 171 0001"})).to_string()])
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let key = pseudonym::Key::from_bytes(&[3; 32]).unwrap();
    let options = Options { key: Some(key.clone()), ..Options::default() };
    let (rows, outcome, _) = import_with(options, &texts);
    assert!(rows.iter().all(|r| !r.contains("49171000") && !r.contains("wamid")), "{rows:?}");
    let person = key.recipient("491710001");
    assert_eq!(rows.iter().filter(|r| r.contains(&person)).count(), 2, "the reply is of the same person");
    assert_eq!(outcome.settled.numbers["num-1"], 10);
    let sent: Vec<&String> = rows.iter().filter(|r| r.contains("message_sent")).collect();
    assert!(sent.windows(2).all(|w| w[0] < w[1]), "ordered by what is written");
}

/// A body of every kind, some of them damaged: the seeds of the fuzz target.
fn seeds() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/webhooks");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 15, "every kind has a seed");
    paths.iter().map(|p| std::fs::read_to_string(p).unwrap()).collect()
}

/// No clever mutations: bytes changed, taken out, doubled, pieces of other seeds put in.
#[test]
fn mutated_payloads_never_panic_and_break_no_law() {
    let seeds = seeds();
    seeds.iter().for_each(|s| survive(s.as_bytes()));
    survive(format!("[{}]", seeds.join(",\n")).as_bytes());
    survive(seeds.join("\n").as_bytes());
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % n.max(1)
    };
    const BYTES: &[u8] = b"{}[]\",:\\\n 0-9tfnu\x00\xff";
    for _ in 0..3000 {
        let mut text = seeds[below(seeds.len())].clone().into_bytes();
        for _ in 0..=below(4) {
            let at = below(text.len());
            match below(5) {
                0 if !text.is_empty() => text[at] = BYTES[below(BYTES.len())],
                1 => text.truncate(at),
                2 => text.insert(at, BYTES[below(BYTES.len())]),
                3 => {
                    let end = (at + below(40)).min(text.len());
                    let piece = text[at..end].to_vec();
                    text.extend(piece);
                }
                _ => {
                    let other = &seeds[below(seeds.len())].as_bytes();
                    let from = below(other.len());
                    text.splice(at..at, other[from..].iter().copied());
                }
            }
        }
        survive(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any order, any repetition, any way of putting bodies into files: the same rows.
    #[test]
    fn rows_do_not_depend_on_how_bodies_come(
        picks in proptest::collection::vec((0..8_usize, 0..4_u64, 0..3_usize), 1..24),
        order in proptest::collection::vec(any::<u64>(), 48),
        form in 0..4_u8,
    ) {
        let body = |&(kind, at, who): &(usize, u64, usize)| {
            let person = ["4917100001", "4917100002", "4917100003"][who];
            let time = (1_700_000_000 + at).to_string();
            let mut body = match kind {
                0 => status(json!({"timestamp": time, "recipient_id": person})),
                1 => status(json!({"timestamp": time, "recipient_id": person, "status": "delivered"})),
                2 => status(json!({"timestamp": time, "recipient_id": null, "recipient_user_id": format!("US.{who}")})),
                3 => message(json!({"timestamp": time, "from": person, "from_user_id": format!("US.{who}"),
                    "text": {"body": "stop"}})),
                4 => report("phone_number_quality_update",
                    json!({"display_phone_number": "15550100", "event": "FLAGGED", "current_limit": "TIER_1K"})),
                5 => json!({"data": [{"message_id": "wamid.A",
                    "events": {"data": [{"delivery_status": "READ", "timestamp": 1_700_000_002 + at}]}}]}),
                6 => report("message_template_quality_update",
                    json!({"new_quality_score": "RED", "message_template_name": format!("t{who}")})),
                _ => status(json!({"id": format!("wamid.{at}"), "timestamp": time, "recipient_id": person})),
            };
            if kind % 2 == 1 && body.get("entry").is_some() {
                body["entry"][0]["id"] = json!(format!("waba-{who}"));
            }
            body.to_string()
        };
        let once: Vec<String> = picks.iter().map(body).collect();
        let texts: Vec<&str> = once.iter().map(String::as_str).collect();
        let (want, ..) = import_with(Options::default(), &texts);
        let mut again: Vec<&str> = texts.iter().chain(&texts).copied().collect();
        let mut keys = order.iter().cycle();
        let mut keyed: Vec<(u64, &str)> = again.drain(..).map(|t| (*keys.next().unwrap(), t)).collect();
        keyed.sort();
        let shuffled: Vec<&str> = keyed.into_iter().map(|k| k.1).collect();
        let joined = match form {
            0 => shuffled.join("\n"),
            1 => format!("[{}]", shuffled.join(", ")),
            2 => shuffled.iter().map(|t| {
                serde_json::to_string_pretty(&serde_json::from_str::<Value>(t).unwrap()).unwrap()
            }).collect::<Vec<_>>().join("\n"),
            _ => json!({"log": shuffled}).to_string(),
        };
        let (rows, outcome, damage) = import_with(Options::default(), &[&joined]);
        prop_assert!(damage.is_empty(), "{damage:?}");
        prop_assert_eq!(&rows, &want);
        prop_assert!(outcome.settled.rows as usize == rows.len());
    }
}

/// Payloads that nobody here wrote, if a folder of them is named: nothing panics, and every file gives rows, counts,
/// notes or rejects.
#[test]
fn payloads_of_others_leave_a_trace_each() {
    let Some(folder) = std::env::var_os("TIERSIM_WEBHOOK_SAMPLES") else {
        eprintln!("skipped: TIERSIM_WEBHOOK_SAMPLES names no folder of payloads");
        return;
    };
    let mut todo = vec![std::path::PathBuf::from(folder)];
    let mut seen = 0;
    while let Some(next) = todo.pop() {
        if next.is_dir() {
            todo.extend(std::fs::read_dir(&next).unwrap().map(|e| e.unwrap().path()));
        } else if next.extension().is_some_and(|e| e == "json") {
            seen += 1;
            let text = std::fs::read(&next).unwrap();
            survive(&text);
            let options = Options { at: Some(SimTime(1_767_225_600_000)), ..Options::default() };
            let text = String::from_utf8_lossy(&text);
            let (rows, outcome, damage) = import_with(options, &[&text]);
            let notes = outcome.notes.unknowns().len() + outcome.notes.remarks().len();
            let traces = rows.len() + outcome.settled.volumes.len() + damage.len() + notes;
            assert!(traces > 0, "{}", next.display());
        }
    }
    assert!(seen > 0, "the folder holds payloads");
}
