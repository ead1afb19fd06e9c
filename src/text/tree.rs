//! A text as a tree in which every key and value knows its place, whatever syntax it was written in.
//!
//! Numbers keep the text they were written with, so that decimals stay exact for those who need them so. Knows no
//! syntax and no meaning.

use super::place::Place;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text in quotes.
    Text(String),
    /// A TOML date or time without quotes, as written.
    Time(String),
    /// A number.
    Number(Number),
    /// Yes or no.
    Flag(bool),
    /// Several.
    List(Vec<Node>),
    /// Keys and values in the order of the text.
    Table(Vec<Entry>),
    /// JSON's null: nothing, which is allowed nowhere.
    Null,
    /// Something a fault has been reported for already.
    Bad,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

// Places are no part of what a text says.
impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.key == other.key && self.node == other.node
    }
}

/// A number as it was written. Equal numbers may be written differently: `0.5` and `0.50`; `1` and `1.0` are not equal,
/// since one of them is whole by its spelling.
#[derive(Clone, Debug)]
pub struct Number(String);

impl Number {
    /// A number from its text: an optional sign, decimal digits, at most one point and one exponent; or `inf`, `nan`.
    pub(super) fn new(text: impl Into<String>) -> Number {
        Number(text.into())
    }

    /// A whole number.
    pub fn whole(n: i128) -> Number {
        Number(n.to_string())
    }

    /// Any number; a decimal point shows that it need not be whole.
    pub fn real(x: f64) -> Number {
        Number(format!("{x:?}"))
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it was written as a whole number, without point or exponent.
    pub fn is_whole(&self) -> bool {
        let digits = self.0.strip_prefix(['+', '-']).unwrap_or(&self.0);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    }

    /// Its value, if it was written as a whole number of fewer than 39 digits.
    pub fn as_whole(&self) -> Option<i128> {
        self.is_whole().then(|| self.0.parse().ok()).flatten()
    }

    /// The nearest floating-point number; not always finite.
    pub fn as_real(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// Parts per million, exactly; none if it is negative, not finite, has more than six decimal places, or is a
    /// million or more.
    pub fn as_ppm(&self) -> Option<u64> {
        let (mantissa, exponent) = match self.0.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() <= 400)?),
            None => (self.0.as_str(), 0),
        };
        let mantissa = mantissa.strip_prefix('+').unwrap_or(mantissa);
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        // All digits as one whole number, and how many places the point has to move to make millionths of it.
        let digits = format!("{whole}{part}");
        let trimmed = digits.trim_end_matches('0');
        let zeros = i32::try_from(digits.len() - trimmed.len()).ok()?;
        let shift = exponent - i32::try_from(part.len()).ok()? + zeros + 6;
        let significant = trimmed.trim_start_matches('0');
        if significant.is_empty() {
            return Some(0);
        }
        let places = u32::try_from(shift).ok()?;
        let n: u64 = significant.parse().ok()?;
        n.checked_mul(10u64.checked_pow(places)?).filter(|n| *n < 1_000_000_000_000)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        match (self.as_whole(), other.as_whole()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self.0 == other.0 || self.as_real() == other.as_real(),
            _ => false,
        }
    }
}

impl Value {
    /// How a person would say what this is.
    pub fn describe(&self) -> String {
        match self {
            Value::Text(t) => format!("{t:?}"),
            Value::Time(t) => t.clone(),
            Value::Number(n) => n.text().to_string(),
            Value::Flag(b) => b.to_string(),
            Value::List(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
            Value::Null => "null".into(),
            Value::Bad => "something wrong".into(),
        }
    }

    /// A whole number.
    pub fn whole(n: i128) -> Value {
        Value::Number(Number::whole(n))
    }

    /// Any number.
    pub fn real(x: f64) -> Value {
        Value::Number(Number::real(x))
    }

    /// The text in quotes, when this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The number, when this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Value::Number(n) => Some(n),
            _ => None,
        }
    }

    /// The number, when this is one written whole.
    pub fn as_whole(&self) -> Option<i128> {
        self.as_number()?.as_whole()
    }
}

impl Node {
    /// A whole number that stands in no text.
    #[cfg(test)]
    pub(super) fn whole(n: i128) -> Node {
        Node { value: Value::whole(n), place: Place::whole("") }
    }

    /// The entries, when this is a table.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.node)
    }

    /// The value under a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Table(entries) => entries.iter_mut().find(|e| e.key == key).map(|e| &mut e.node),
            _ => None,
        }
    }

    /// Puts a value under a key, replacing what was there; nothing happens unless this is a table.
    pub fn put(&mut self, key: &str, value: Value, place: Place) {
        if let Value::Table(entries) = &mut self.value {
            let node = Node { value, place };
            match entries.iter_mut().find(|e| e.key == key) {
                Some(entry) => entry.node = node,
                None => entries.push(Entry { key: key.to_string(), place: node.place.clone(), node }),
            }
        }
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) {
        if let Value::Table(entries) = &mut self.value {
            entries.retain(|e| e.key != key);
        }
    }

    /// The same in JSON's types, without places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Text(t) | Value::Time(t) => Json::from(t.as_str()),
            Value::Number(n) => match n.as_whole() {
                // Wider than JSON's integers never passes a check; text keeps it visible if it ever does.
                Some(n) => i64::try_from(n)
                    .map(Json::from)
                    .or_else(|_| u64::try_from(n).map(Json::from))
                    .unwrap_or_else(|_| Json::from(n.to_string())),
                None => Json::from(n.as_real()),
            },
            Value::Flag(b) => Json::from(*b),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(entries) => {
                Json::Object(entries.iter().map(|e| (e.key.clone(), e.node.to_json())).collect())
            }
            Value::Null | Value::Bad => Json::Null,
        }
    }

    /// A JSON value as a tree, all of it at one place.
    pub fn from_json(json: &serde_json::Value, place: &Place) -> Node {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Flag(*b),
            Json::Number(n) => match n.as_i128() {
                Some(n) => Value::whole(n),
                None => Value::real(n.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(t) => Value::Text(t.clone()),
            Json::Array(items) => Value::List(items.iter().map(|j| Node::from_json(j, place)).collect()),
            Json::Object(fields) => {
                let entry = |(k, v): (&String, &Json)| Entry {
                    key: k.clone(),
                    place: place.clone(),
                    node: Node::from_json(v, place),
                };
                Value::Table(fields.iter().map(entry).collect())
            }
        };
        Node { value, place: place.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millionths_are_exact() {
        let ppm = |text: &str| Number::new(text).as_ppm();
        for (text, want) in [
            ("2", 2_000_000),
            ("0.5", 500_000),
            ("+0.50", 500_000),
            ("0.000001", 1),
            ("1.0", 1_000_000),
            ("1e-5", 10),
            ("5.0e-1", 500_000),
            ("1E3", 1_000_000_000),
            ("0.0", 0),
            ("999999.999999", 999_999_999_999),
            ("0.10000000000000000000000", 100_000),
        ] {
            assert_eq!(ppm(text), Some(want), "{text}");
        }
        for text in
            ["-1", "0.0000001", "1e-7", "1000000", "1e6", "inf", "nan", "", ".", "1.2.3", "1e99999999999"]
        {
            assert_eq!(ppm(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_know_how_they_were_written() {
        let n = |text: &str| Number::new(text);
        assert!(n("12").is_whole() && n("-3").is_whole());
        assert!(!n("1.0").is_whole() && !n("1e3").is_whole() && !n("inf").is_whole());
        assert_eq!((n("-3").as_whole(), n("1.0").as_whole()), (Some(-3), None));
        assert_eq!(Number::new("9".repeat(40)).as_whole(), None);
        assert_eq!(n("0.50"), n("0.5"));
        assert_ne!(n("1"), n("1.0"));
        assert_eq!((Number::real(2.0).text(), Number::real(1e-7).text()), ("2.0", "1e-7"));
    }
}
