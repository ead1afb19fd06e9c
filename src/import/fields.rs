//! Reading single fields the way the platform really writes them: numbers as texts, texts as numbers, times in
//! seconds or milliseconds, phone numbers with signs and blanks. Knows no shape.

use serde_json::{Map, Value};

use crate::messaging::{Limit, QualityRating};
use crate::sim::SimTime;

/// A JSON object.
pub type Object = Map<String, Value>;

/// A text, or a number as text; empty when absent, null or anything else.
pub fn text(o: &Object, key: &str) -> String {
    o.get(key).map(text_of).unwrap_or_default()
}

/// The first of these keys that holds something.
pub fn first_text(o: &Object, keys: &[&str]) -> String {
    keys.iter().map(|k| text(o, k)).find(|t| !t.is_empty()).unwrap_or_default()
}

/// As [`text`].
pub fn text_of(v: &Value) -> String {
    match v {
        Value::String(s) => s.trim().to_string(),
        Value::Number(n) => n.to_string(),
        _ => String::new(),
    }
}

/// An object below `key`.
pub fn object<'a>(o: &'a Object, key: &str) -> Option<&'a Object> {
    o.get(key).and_then(Value::as_object)
}

/// The objects of the array below `key`; an object alone counts as an array of one.
pub fn objects<'a>(o: &'a Object, key: &str) -> Vec<&'a Object> {
    match o.get(key) {
        Some(Value::Array(a)) => a.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

/// An instant: an integer or a text of digits (seconds, or milliseconds from 10^11), or RFC 3339. Zero is no time.
pub fn instant(v: &Value) -> Option<SimTime> {
    let text = match v {
        Value::String(s) => s.trim().to_string(),
        Value::Number(n) => match n.as_i64() {
            Some(n) => n.to_string(),
            // Seconds with a fraction, as some loggers write them.
            None => {
                let n = n.as_f64().filter(|n| (0.0..1e14).contains(n))?;
                let ms = if n < 1e11 { n * 1000.0 } else { n };
                return Some(SimTime(ms as i64)).filter(|t| t.0 > 0);
            }
        },
        _ => return None,
    };
    SimTime::parse(&text).ok().filter(|t| t.0 > 0)
}

/// The first of these keys that holds an instant.
pub fn first_instant(o: &Object, keys: &[&str]) -> Option<SimTime> {
    keys.iter().find_map(|k| o.get(*k).and_then(instant))
}

/// The digits of a phone number as shown to people: `+1 555-0100` is `15550100`. Empty if letters show that it is
/// none.
pub fn digits(shown: &str) -> String {
    if shown.chars().any(char::is_alphabetic) {
        return String::new();
    }
    shown.chars().filter(char::is_ascii_digit).collect()
}

/// A person's id in the form in which it is compared: a phone number as its digits without the international
/// prefix 00, anything else as it is.
pub fn person(shown: &str) -> String {
    let shown = shown.trim();
    let sign = |c: char| matches!(c, '+' | '-' | '(' | ')' | '.' | '/' | ' ' | '\u{a0}' | '\u{2011}');
    let bare: String = shown.chars().filter(|c| !sign(*c)).collect();
    if !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit()) {
        let national = bare.strip_prefix("00").filter(|n| !n.is_empty());
        return national.unwrap_or(&bare).to_string();
    }
    shown.to_string()
}

/// A word of the platform as it may stand in a log: its letters, digits and plain signs, not endless.
pub fn word(raw: &str) -> String {
    let plain =
        |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | ' ' | '/' | ',' | '+' | '#');
    raw.trim().chars().filter(plain).take(80).collect()
}

/// As [`word`], in capitals.
pub fn upper(raw: &str) -> String {
    word(raw).to_uppercase()
}

/// What a limit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// This much.
    Limit(Limit),
    /// That none is set.
    NotSet,
    /// Something unknown.
    Unknown,
}

/// A limit: `TIER_1K`, `1000`, `"1000"`, -1 or `TIER_UNLIMITED`.
pub fn limit(v: &Value) -> Told {
    let raw = text_of(v).to_ascii_uppercase();
    let tier = raw.strip_prefix("TIER_").unwrap_or(&raw);
    match tier {
        "" | "NOT_SET" => return Told::NotSet,
        "UNLIMITED" | "-1" => return Told::Limit(Limit::Unlimited),
        _ => {}
    }
    let (number, factor) = match tier.strip_suffix('K') {
        Some(thousands) => (thousands, 1000),
        None => (tier, 1),
    };
    match number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)) {
        Some(n) if n > 0 => Told::Limit(Limit::Of(n)),
        _ => Told::Unknown,
    }
}

/// A colour; `NA` and `NONE` are UNKNOWN.
pub fn colour(raw: &str) -> Option<QualityRating> {
    match raw.trim().to_ascii_uppercase().as_str() {
        "GREEN" | "HIGH" => Some(QualityRating::Green),
        "YELLOW" | "MEDIUM" => Some(QualityRating::Yellow),
        "RED" | "LOW" => Some(QualityRating::Red),
        "UNKNOWN" | "NA" | "N/A" | "NONE" | "PENDING" => Some(QualityRating::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_come_as_texts_integers_seconds_or_milliseconds() {
        let want = Some(SimTime(1_700_000_000_000));
        for v in [
            json!(1_700_000_000),
            json!("1700000000"),
            json!(1_700_000_000_000_i64),
            json!("1700000000000"),
            json!(1_700_000_000.0),
            json!("2023-11-14T22:13:20Z"),
            json!("2023-11-14T22:13:20+0000"),
            json!("2023-11-15T00:13:20.000+02:00"),
        ] {
            assert_eq!(instant(&v), want, "{v}");
        }
        for v in
            [json!(0), json!("0"), json!(""), json!(null), json!("soon"), json!(-5), json!("<TIMESTAMP>")]
        {
            assert_eq!(instant(&v), None, "{v}");
        }
    }

    #[test]
    fn limits_come_as_tiers_and_as_integers() {
        let of = |n| Told::Limit(Limit::Of(n));
        for (v, want) in [
            (json!("TIER_50"), of(50)),
            (json!("TIER_250"), of(250)),
            (json!("TIER_1K"), of(1000)),
            (json!("TIER_2K"), of(2000)),
            (json!("tier_100k"), of(100_000)),
            (json!(2000), of(2000)),
            (json!("2000"), of(2000)),
            (json!(-1), Told::Limit(Limit::Unlimited)),
            (json!("TIER_UNLIMITED"), Told::Limit(Limit::Unlimited)),
            (json!("TIER_NOT_SET"), Told::NotSet),
            (json!(null), Told::NotSet),
            (json!("TIER_HUGE"), Told::Unknown),
            (json!(0), Told::Unknown),
            (json!("99999999999999999999K"), Told::Unknown),
        ] {
            assert_eq!(limit(&v), want, "{v}");
        }
    }

    #[test]
    fn a_person_has_one_form() {
        for shown in ["491711", "+49 171 1", "0049-171/1", "(49) 171.1", "49\u{a0}1711"] {
            assert_eq!(person(shown), "491711", "{shown}");
        }
        assert_eq!(person(" US.1349 "), "US.1349");
        assert_eq!(person("u-12"), "u-12");
        assert_eq!((digits("+1 555-0100"), digits("<PHONE_NUMBER>")), ("15550100".into(), "".into()));
    }

    #[test]
    fn colours_and_words() {
        assert_eq!(colour("na"), Some(QualityRating::Unknown));
        assert_eq!(colour("Green"), Some(QualityRating::Green));
        assert_eq!(colour("BLUE"), None);
        assert_eq!(word("a\nb\"c;d"), "abcd");
        assert_eq!(word(&"x".repeat(500)).len(), 80);
    }
}
