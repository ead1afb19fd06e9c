//! Every key does something.

use super::*;

/// A value for a field that is not what `EVERYTHING` or the default has.
fn another(field: &spec::Field) -> Option<String> {
    use spec::Kind;
    let by_key = match field.key {
        // What is no part of a run, or is set through its own table.
        "$schema" | "audience" | "recipients" | "segments" | "numbers" | "templates" | "campaigns"
        | "money" => return None,
        "number" => "m",
        "template" => "u",
        "topics" => "[\"x\"]",
        "measures" => "[\"profit\"]",
        "fallback" => "[\"u\"]",
        "consent_named" => "[\"business\"]",
        "consent_source_factors" => "{ site = 2 }",
        "policy" => "2023-03",
        "block_reasons" => "{ SPAM = 0.5 }",
        "fatigue_memory" => "{ window = \"3d\" }",
        "violations" => "[{ number = \"n\", at = \"day 3\" }]",
        "appeals" => "[{ number = \"n\", at = \"day 3\", outcome = \"granted\" }]",
        "review" => "{ rejected = 0.3 }",
        "reactions" => "[{ when = \"red\", pause = true }]",
        "weekdays" => "[\"sun\"]",
        "dates" => "[2026-01-06]",
        "rates" => "2026-01",
        "exchange" => "{ EUR = 2 }",
        "tiers" => "[{ market = \"brazil\", category = \"utility\", above = 5, price = 1 }]",
        "override" => "{ rating = { red_at = 0.1 } }",
        "era" => "2020-07",
        "from" | "until" | "registered" => "day 3",
        "horizon" | "start" => "2026-01-08",
        "hidden_opt_out_divisor" => "2",
        _ => "",
    };
    if !by_key.is_empty() {
        return Some(by_key.to_string());
    }
    let value = |kind: &Kind| match kind {
        Kind::Whole(..) => "3".to_string(),
        Kind::Real(..) | Kind::Positive(_) => "0.123".to_string(),
        Kind::Span(..) => "5h".to_string(),
        Kind::Word(words) => words.last().unwrap().0.to_string(),
        Kind::Text | Kind::Name => "other".to_string(),
        Kind::Clock => "11:11".to_string(),
        Kind::Hours => "01:00-02:00".to_string(),
        Kind::Zone => "Asia/Tokyo".to_string(),
        Kind::Country => "CL".to_string(),
        _ => panic!("{}", field.key),
    };
    Some(match (&field.kind, field.key) {
        (Kind::Flag, "honour_opt_outs") => "false".into(),
        (Kind::Flag, _) | (Kind::Any([Kind::Flag, ..]), _) => "true".into(),
        (Kind::Any(kinds), _) => value(&kinds[0]),
        (Kind::List(..), "segments") => "[\"b\"]".into(),
        (kind, _) => value(kind),
    })
}

#[test]
fn every_key_reaches_the_run() {
    let text = r#"
question = "Everything?"
start = 2026-01-05
days = 14
[policy]
era = "2025-12"
[recipients]
country = "BR"
[segments.a]
size = 10
[segments.b]
size = 10
[numbers.n]
[numbers.m]
[templates.t]
category = "marketing"
[templates.u]
category = "utility"
[templates.v]
category = "authentication"
[templates.w]
category = "service"
[campaigns.c]
number = "n"
template = "t"
per_week = 7
audience = { max = 5 }
"#;
    let plain = |sets: &[&str]| {
        let scenario = Scenario { resolved: serde_json::Value::Null, ..loaded(text, sets) };
        (scenario, judged(text, sets).hash)
    };
    let before = plain(&[]);
    let mut seen = 0;
    for path in [
        "",
        "policy",
        "money",
        "recipients",
        "segments.a",
        "numbers.n",
        "templates.t",
        "campaigns.c",
        "campaigns.c.audience",
    ] {
        for field in fields_at(path) {
            let Some(value) = another(field) else { continue };
            if field.key == "segments" && path.is_empty() || field.key == "templates" {
                continue;
            }
            let set = format!("{}={value}", check::join(path, field.key));
            // What some keys take to do anything.
            let beside = match field.key {
                "list_gap" | "buy_credits" | "credit_price" => "numbers.n.channel=app",
                "retry_after" | "retries" => "campaigns.c.at_cap=retry",
                "rotate_templates" => "campaigns.c.templates={ t = 0.5, u = 0.5 }",
                "until_approved" => "templates.t.review={}",
                _ => {
                    assert_ne!(plain(&[&set]), before, "--set {set} changes nothing");
                    seen += 1;
                    continue;
                }
            };
            assert_ne!(plain(&[beside, &set]), plain(&[beside]), "--set {set} changes nothing");
        }
    }
    assert!(seen > 110, "{seen}");
}

fn fields_at(path: &str) -> Vec<&'static spec::Field> {
    use spec::Kind;
    fn table(kind: &'static Kind) -> &'static spec::Table {
        match kind {
            Kind::Table(table) => table,
            Kind::ByName(inner) => table(inner),
            Kind::Any(kinds) => kinds.iter().find(|k| matches!(k, Kind::Table(_))).map(table).unwrap(),
            _ => panic!(),
        }
    }
    let mut at = &fields::SCENARIO;
    let mut named = false;
    for key in path.split('.').filter(|k| !k.is_empty()) {
        if std::mem::take(&mut named) {
            continue;
        }
        let kind = &at.field(key).unwrap().kind;
        named = matches!(kind, Kind::ByName(_));
        at = table(kind);
    }
    at.all().collect()
}
