//! The JSON Schema of scenario files, for editors, made from the same description the reader goes by.
//!
//! Draft 7, without references: editors that complete TOML understand that much and little more.

use serde_json::{Map, Value as Json, json};

use super::check::default;
use super::fields::SCENARIO;
use super::spec::{Basis, Field, Kind, Need, Table};
use crate::text::Place;

/// The schema as a text, with a line feed at its end; what lies in `scenarios/scenario.schema.json`.
pub fn schema_json() -> String {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".into(), json!("tiersim scenario"));
    schema.extend(table(&SCENARIO));
    let mut text = serde_json::to_string_pretty(&schema).expect("a tree of plain values");
    text.push('\n');
    text
}

fn table(table: &'static Table) -> Map<String, Json> {
    let properties: Map<String, Json> = table.all().map(|f| (f.key.to_string(), field(f))).collect();
    let required: Vec<&str> =
        table.all().filter(|f| matches!(f.need, Need::Required)).map(|f| f.key).collect();
    let mut out = Map::new();
    out.insert("description".into(), json!(table.doc));
    out.insert("type".into(), json!("object"));
    out.insert("properties".into(), Json::Object(properties));
    if !required.is_empty() {
        out.insert("required".into(), json!(required));
    }
    out.insert("additionalProperties".into(), json!(false));
    let choices: Vec<Json> = table.choices.iter().map(choice).collect();
    if !choices.is_empty() {
        out.insert("allOf".into(), json!(choices));
    }
    out
}

fn choice(group: &super::spec::OneOf) -> Json {
    let one = |key: &&str| json!({ "required": [key] });
    let mut arms: Vec<Json> = group.keys.iter().map(one).collect();
    if !group.required {
        arms.push(json!({ "not": { "anyOf": arms } }));
    }
    json!({ "oneOf": arms })
}

fn field(field: &'static Field) -> Json {
    let mut out = kind(&field.kind);
    out.insert("description".into(), json!(describe(field)));
    if let Some(node) = default(field, &Place::whole("a default")) {
        out.insert("default".into(), node.to_json());
    }
    Json::Object(out)
}

/// All there is to say about a field, in a few sentences.
fn describe(field: &Field) -> String {
    let mut text = field.doc.to_string();
    let mut say = |sentence: String| {
        text.push(' ');
        text.push_str(&sentence);
    };
    if let Kind::Word(words) = field.kind {
        let each: Vec<String> = words.iter().map(|(w, doc)| format!("{w} ({doc})")).collect();
        say(format!("One of {}.", each.join(", ")));
    }
    if !field.unit.is_empty() {
        say(format!("Unit: {}.", field.unit));
    }
    match field.need {
        Need::Required => say("Required.".into()),
        Need::Optional(instead) => say(format!("Without it: {instead}.")),
        Need::Default(value) => say(format!("Default: {value}.")),
    }
    match field.basis {
        Basis::Setting => {}
        Basis::Reported { low, high, source } => {
            say(format!("Reported, plausible from {low} to {high}. Source: {source}."));
        }
        Basis::Assumed { low, high, source } => {
            say(format!("ASSUMPTION, plausible from {low} to {high}. It leans on: {source}."));
        }
    }
    text
}

fn kind(of: &'static Kind) -> Map<String, Json> {
    let value = match of {
        Kind::Text | Kind::Zone => json!({ "type": "string", "minLength": 1 }),
        Kind::Country => json!({ "type": "string", "pattern": "^[A-Z]{2}$" }),
        Kind::Name => json!({ "type": "string", "minLength": 1, "maxLength": 100 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::True => json!({ "const": true }),
        // Bounds that floating-point numbers cannot hold are the reader's to check.
        Kind::Whole(min, max) => {
            json!({ "type": "integer", "minimum": *min as i64, "maximum": (*max).min(1 << 53) as i64 })
        }
        Kind::Real(min, max) => json!({ "type": "number", "minimum": min, "maximum": max }),
        Kind::Positive(max) => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": max }),
        Kind::Span(..) => json!({
            "type": "string",
            "pattern": r"^(0|([0-9]+(\.[0-9]+)?(ms|s|m|min|h|d|w))+)$",
        }),
        Kind::Moment => json!({ "type": "string", "minLength": 8 }),
        // `day 1` is the shortest.
        Kind::Mark => json!({ "type": "string", "minLength": 5 }),
        Kind::Word(words) => json!({ "enum": words.iter().map(|(w, _)| *w).collect::<Vec<_>>() }),
        Kind::Clock => json!({ "type": "string", "pattern": r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$" }),
        Kind::Hours => {
            json!({ "type": "string", "pattern": r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})? *- *[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$" })
        }
        Kind::When => json!({
            "type": "string",
            "pattern": r"^((red|yellow_or_worse)( within [0-9.a-z]+)?|flagged|green_or_unknown)$",
        }),
        Kind::List(of, min) => {
            let different = !matches!(of, Kind::Table(_));
            json!({ "type": "array", "items": kind(of), "minItems": min, "uniqueItems": different })
        }
        Kind::Table(of) => return table(of),
        Kind::ByName(of) => json!({ "type": "object", "minProperties": 1, "additionalProperties": kind(of) }),
        Kind::ByWord(words, of) => {
            let properties: Map<String, Json> =
                words.iter().map(|(w, _)| (w.to_string(), Json::Object(kind(of)))).collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
        Kind::Foreign(_) => json!({ "type": "object" }),
        Kind::Any(kinds) => json!({ "anyOf": kinds.iter().map(kind).collect::<Vec<_>>() }),
    };
    match value {
        Json::Object(map) => map,
        _ => unreachable!("every arm is an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::guide::on_disk;

    #[test]
    fn the_schema_on_disk_is_this_one() {
        on_disk("scenarios/scenario.schema.json", |_| schema_json());
    }

    #[test]
    fn every_level_is_closed() {
        fn closed(json: &Json, path: &str) {
            if let Some(map) = json.as_object() {
                if map.contains_key("properties") && path != "/properties" {
                    assert_eq!(map["additionalProperties"], json!(false), "{path}");
                }
                map.iter().for_each(|(k, v)| closed(v, &format!("{path}/{k}")));
            }
        }
        closed(&serde_json::from_str(&schema_json()).unwrap(), "");
    }
}
