//! TOML or JSON as one small tree in which every key and value knows its place.
//!
//! Separate because errors must name line and column whichever of the two was written. Knows syntax only: nothing of
//! policies, parameters or units.

use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Faults, Place};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub data: Data,
    pub at: Place,
}

/// A key, where it stands, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub at: Place,
    pub node: Node,
}

/// What a value is. Numbers keep the text they were written with, so that decimals stay exact.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Text(String),
    Integer(String),
    Decimal(String),
    Bool(bool),
    /// A date or a date with time, as written (TOML only).
    Date(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// JSON's null; allowed nowhere, and said so.
    Null,
}

impl Node {
    /// What was found, for an error message.
    pub fn found(&self) -> String {
        match &self.data {
            Data::Text(s) => format!("{s:?}"),
            Data::Integer(s) | Data::Decimal(s) | Data::Date(s) => s.clone(),
            Data::Bool(b) => b.to_string(),
            Data::List(_) => "a list".to_string(),
            Data::Table(_) => "a table".to_string(),
            Data::Null => "null".to_string(),
        }
    }

    /// A value that came from somewhere else (a scenario's own table): every part gets the one place.
    pub fn from_toml(value: &toml::Value, at: Place) -> Node {
        let data = match value {
            toml::Value::String(s) => Data::Text(s.clone()),
            toml::Value::Integer(i) => Data::Integer(i.to_string()),
            // The shortest decimal that reads back is what was written, up to trailing zeros.
            toml::Value::Float(x) => Data::Decimal(x.to_string()),
            toml::Value::Boolean(b) => Data::Bool(*b),
            toml::Value::Datetime(d) => Data::Date(d.to_string()),
            toml::Value::Array(items) => Data::List(items.iter().map(|v| Node::from_toml(v, at)).collect()),
            toml::Value::Table(table) => Data::Table(
                table
                    .iter()
                    .map(|(k, v)| Entry { key: k.clone(), at, node: Node::from_toml(v, at) })
                    .collect(),
            ),
        };
        Node { data, at }
    }
}

/// Reads a whole text: JSON when it opens with a brace, TOML otherwise. The root is a table.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Entry>, Faults> {
    // A byte order mark is no fault of the writer's; it shifts no line and no column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') { parse_json(file, text) } else { parse_toml(file, text) }
}

fn parse_toml(file: &str, text: &str) -> Result<Vec<Entry>, Faults> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table_of(text, table.get_ref()));
    }
    let fault = |e: &toml::de::Error| Fault {
        file: file.to_string(),
        place: Place::of(text, e.span().map_or(0, |s| s.start)),
        message: format!("not TOML: {}", e.message()),
    };
    Err(Faults(errors.iter().map(fault).collect()))
}

fn table_of(text: &str, table: &DeTable<'_>) -> Vec<Entry> {
    let entry = |(k, v): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let key: &std::borrow::Cow<'_, str> = k.get_ref();
        Entry { key: key.to_string(), at: Place::of(text, k.span().start), node: node_of(text, v) }
    };
    table.iter().map(entry).collect()
}

fn node_of(text: &str, value: &toml::Spanned<DeValue<'_>>) -> Node {
    let data = match value.get_ref() {
        DeValue::String(s) => Data::Text(s.to_string()),
        DeValue::Integer(i) => Data::Integer(match i64::from_str_radix(i.as_str(), i.radix()) {
            Ok(n) => n.to_string(),
            Err(_) => i.to_string(),
        }),
        DeValue::Float(x) => Data::Decimal(x.as_str().replace('_', "")),
        DeValue::Boolean(b) => Data::Bool(*b),
        DeValue::Datetime(d) => Data::Date(d.to_string()),
        DeValue::Array(items) => Data::List(items.iter().map(|v| node_of(text, v)).collect()),
        DeValue::Table(table) => Data::Table(table_of(text, table)),
    };
    Node { data, at: Place::of(text, value.span().start) }
}

fn parse_json(file: &str, text: &str) -> Result<Vec<Entry>, Faults> {
    let bad = |place: Place, message: String| Faults(vec![Fault { file: file.to_string(), place, message }]);
    // The library judges the syntax; what follows walks a text that is known to be right, for the places alone.
    if let Err(e) = serde_json::from_str::<serde_json::Value>(text) {
        let place = Place { line: e.line(), column: e.column().max(1) };
        let message = e.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        return Err(bad(place, format!("not JSON: {message}")));
    }
    let mut walk = JsonWalk { text, at: 0, repeated: Vec::new() };
    let root = walk.value();
    if !walk.repeated.is_empty() {
        let fault = |(key, place): &(String, Place)| Fault {
            file: file.to_string(),
            place: *place,
            message: format!("the key {key:?} is given twice"),
        };
        return Err(Faults(walk.repeated.iter().map(fault).collect()));
    }
    match root.data {
        Data::Table(entries) => Ok(entries),
        _ => Err(bad(root.at, "a policy is a JSON object".to_string())),
    }
}

/// Walks a text that is valid JSON and notes where everything stands.
struct JsonWalk<'a> {
    text: &'a str,
    at: usize,
    repeated: Vec<(String, Place)>,
}

impl JsonWalk<'_> {
    fn peek(&mut self) -> u8 {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
        self.text.as_bytes().get(self.at).copied().unwrap_or(b'}')
    }

    fn value(&mut self) -> Node {
        let first = self.peek();
        let at = Place::of(self.text, self.at);
        let data = match first {
            b'{' => self.table(),
            b'[' => self.list(),
            b'"' => Data::Text(self.string()),
            _ => self.word(),
        };
        Node { data, at }
    }

    fn table(&mut self) -> Data {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        while self.peek() != b'}' {
            let at = Place::of(self.text, self.at);
            let key = self.string();
            self.peek(); // up to the colon
            self.at += 1;
            if entries.iter().any(|e| e.key == key) {
                self.repeated.push((key.clone(), at));
            }
            let node = self.value();
            entries.push(Entry { key, at, node });
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Data::Table(entries)
    }

    fn list(&mut self) -> Data {
        self.at += 1;
        let mut items = Vec::new();
        while self.peek() != b']' {
            items.push(self.value());
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Data::List(items)
    }

    fn string(&mut self) -> String {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while bytes[self.at] != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).expect("the text was found to be valid JSON")
    }

    fn word(&mut self) -> Data {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(rest.len());
        self.at += end;
        match &rest[..end] {
            "true" => Data::Bool(true),
            "false" => Data::Bool(false),
            "null" => Data::Null,
            n if n.contains(['.', 'e', 'E']) => Data::Decimal(n.to_string()),
            n => Data::Integer(n.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same tree without its places.
    fn plain(entries: &[Entry]) -> String {
        fn node(n: &Node) -> String {
            match &n.data {
                Data::List(items) => format!("[{}]", items.iter().map(node).collect::<Vec<_>>().join(",")),
                Data::Table(entries) => plain(entries),
                _ => n.found(),
            }
        }
        let parts: Vec<_> = entries.iter().map(|e| format!("{}={}", e.key, node(&e.node))).collect();
        format!("{{{}}}", parts.join(","))
    }

    #[test]
    fn toml_and_json_of_one_shape_are_one_tree() {
        let toml = "a = 1_000\nb = 0.50\n[c]\nd = [\"x\", true]\n[c.e]\nf = \"q\\\"}\"\n";
        let json =
            "{ \"a\": 1000, \"b\": 0.50,\n \"c\": { \"d\": [\"x\", true], \"e\": {\"f\": \"q\\\"}\"} } }";
        let (t, j) = (parse("t", toml).unwrap(), parse("j", json).unwrap());
        assert_eq!(plain(&t), plain(&j));
        assert_eq!(plain(&t), "{a=1000,b=0.50,c={d=[\"x\",true],e={f=\"q\\\"}\"}}}");
        assert_eq!(t[1].at, Place { line: 2, column: 1 });
        assert_eq!(t[1].node.at, Place { line: 2, column: 5 });
        assert_eq!(j[2].at, Place { line: 2, column: 2 });
    }

    #[test]
    fn broken_texts_say_where() {
        let e = parse("p.toml", "a = 1\nb = = 2\nc = [1,\n").unwrap_err();
        assert_eq!(e.0[0].place.line, 2, "{e}");
        assert!(e.0[0].message.starts_with("not TOML: "), "{e}");
        let e = parse("p.json", "{\n \"a\": 1,\n \"b\" 2 }").unwrap_err();
        assert_eq!(e.0[0].place.line, 3, "{e}");
        let e = parse("p.json", "{\"a\": 1, \"a\": 2}").unwrap_err();
        assert_eq!(e.to_string(), "p.json:1:10: the key \"a\" is given twice");
        let e = parse("p.toml", "a = 1\na = 2\n").unwrap_err();
        assert_eq!(e.0[0].place.line, 2, "{e}");
        assert!(parse("p.json", "{} []").is_err());
    }
}
