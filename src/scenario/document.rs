//! A scenario text as a tree in which everything knows its place: TOML and JSON come out alike.
//!
//! Knows syntax, not meaning: which keys exist is the business of `fields`, whether values fit, of `check`.

use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Lines, Position};

/// Where a key or value was written: which source, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index into the document's sources: 0 is the file, the others are overrides.
    pub source: usize,
    /// Position in the file; none for an override.
    pub position: Option<Position>,
}

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
    /// Text, or a TOML date or time as written.
    Text(String),
    /// A TOML date or time without quotes.
    Time(String),
    /// A whole number.
    Whole(i128),
    /// Any other number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// Several.
    List(Vec<Node>),
    /// Keys and values in the order of the text.
    Table(Vec<Entry>),
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

// Places are no part of what a document says.
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

/// A text read: its tree, and the names of its sources for messages.
#[derive(Clone, Debug)]
pub struct Document {
    /// The whole, always a table (or bad).
    pub root: Node,
    /// Source names; the file first, then one per override.
    pub sources: Vec<String>,
}

impl Value {
    /// How a person would say what this is.
    pub fn describe(&self) -> String {
        match self {
            Value::Text(t) => format!("{t:?}"),
            Value::Time(t) => t.clone(),
            Value::Whole(n) => n.to_string(),
            Value::Real(x) => format!("{x:?}"),
            Value::Flag(b) => b.to_string(),
            Value::List(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
            Value::Bad => "something wrong".into(),
        }
    }
}

impl Node {
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
                None => entries.push(Entry { key: key.to_string(), place, node }),
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
            // Wider than JSON's integers never passes a check; text keeps it visible if it ever does.
            Value::Whole(n) => i64::try_from(*n)
                .map(Json::from)
                .or_else(|_| u64::try_from(*n).map(Json::from))
                .unwrap_or_else(|_| Json::from(n.to_string())),
            Value::Real(x) => Json::from(*x),
            Value::Flag(b) => Json::from(*b),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(entries) => {
                Json::Object(entries.iter().map(|e| (e.key.clone(), e.node.to_json())).collect())
            }
            Value::Bad => Json::Null,
        }
    }
}

/// Reads a text as JSON if it begins with `{` or its name ends in `.json`, else as TOML.
pub fn parse(name: &str, text: &str) -> Result<Document, Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json = name.ends_with(".json") || text.trim_start().starts_with('{');
    let root = if json { super::json::parse(name, text)? } else { parse_toml(name, text)? };
    Ok(Document { root, sources: vec![name.to_string()] })
}

fn parse_toml(name: &str, text: &str) -> Result<Node, Vec<Fault>> {
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let fault = |e: &toml::de::Error| Fault {
            file: name.to_string(),
            position: e.span().map(|s| lines.position(s.start)),
            path: String::new(),
            found: e.message().replace('\n', ", "),
            allowed: "TOML 1.1".into(),
            hint: None,
        };
        let mut faults: Vec<Fault> = errors.iter().map(fault).collect();
        faults.sort_by_key(|f| f.position);
        return Err(faults);
    }
    let at = |offset| Place { source: 0, position: Some(lines.position(offset)) };
    let start = at(table.span().start);
    Ok(Node { value: Value::Table(entries_of(table.get_ref(), &at)), place: start })
}

fn entries_of(table: &DeTable<'_>, at: &dyn Fn(usize) -> Place) -> Vec<Entry> {
    let entry = |(key, value): (&toml::Spanned<toml::de::DeString<'_>>, &toml::Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref().to_string(),
        place: at(key.span().start),
        node: node_of(value, at),
    };
    table.iter().map(entry).collect()
}

fn node_of(value: &toml::Spanned<DeValue<'_>>, at: &dyn Fn(usize) -> Place) -> Node {
    let place = at(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(s) => Value::Text(s.to_string()),
        DeValue::Integer(i) => match i128::from_str_radix(i.as_str(), i.radix()) {
            Ok(n) => Value::Whole(n),
            Err(_) => Value::Real(f64::INFINITY),
        },
        DeValue::Float(x) => Value::Real(x.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Flag(*b),
        DeValue::Datetime(d) => Value::Time(d.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|v| node_of(v, at)).collect()),
        DeValue::Table(table) => Value::Table(entries_of(table, at)),
    };
    Node { value, place }
}

/// Reads one TOML value, as `--set` and defaults have them; none if it is no TOML value.
pub fn parse_value(text: &str, place: Place) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    Some(node_of(&value, &|_| place))
}

/// A JSON value as a tree without places.
pub fn from_json(json: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let place = Place { source: 0, position: None };
    let value = match json {
        Json::Null => Value::Bad,
        Json::Bool(b) => Value::Flag(*b),
        Json::Number(n) => match n.as_i128() {
            Some(n) => Value::Whole(n),
            None => Value::Real(n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(t) => Value::Text(t.clone()),
        Json::Array(items) => Value::List(items.iter().map(from_json).collect()),
        Json::Object(fields) => {
            let entry = |(k, v): (&String, &Json)| Entry { key: k.clone(), place, node: from_json(v) };
            Value::Table(fields.iter().map(entry).collect())
        }
    };
    Node { value, place }
}

/// A tree as the TOML library's value, without places.
pub fn to_toml_value(node: &Node) -> toml::Value {
    match &node.value {
        Value::Text(t) => toml::Value::String(t.clone()),
        Value::Time(t) => t.parse().map_or_else(|_| toml::Value::String(t.clone()), toml::Value::Datetime),
        Value::Whole(n) => i64::try_from(*n).map_or(toml::Value::Float(*n as f64), toml::Value::Integer),
        Value::Real(x) => toml::Value::Float(*x),
        Value::Flag(b) => toml::Value::Boolean(*b),
        Value::List(items) => toml::Value::Array(items.iter().map(to_toml_value).collect()),
        Value::Table(entries) => {
            toml::Value::Table(entries.iter().map(|e| (e.key.clone(), to_toml_value(&e.node))).collect())
        }
        Value::Bad => toml::Value::String(String::new()),
    }
}

/// The tree as a TOML text: plain keys first, then tables, in order.
pub fn to_toml(root: &Node) -> String {
    let mut out = String::new();
    write_table(root, &mut Vec::new(), &mut out);
    out
}

fn write_table<'n>(node: &'n Node, path: &mut Vec<&'n str>, out: &mut String) {
    let depth = path.len();
    for entry in node.entries().iter().filter(|e| !is_section(&e.node, depth)) {
        out.push_str(&format!("{} = {}\n", quote_key(&entry.key), inline(&entry.node)));
    }
    for entry in node.entries().iter().filter(|e| is_section(&e.node, depth)) {
        path.push(&entry.key);
        let has_own_keys = entry.node.entries().iter().any(|e| !is_section(&e.node, depth + 1));
        if has_own_keys || entry.node.entries().is_empty() {
            let header: Vec<String> = path.iter().map(|k| quote_key(k)).collect();
            out.push_str(&format!("\n[{}]\n", header.join(".")));
        }
        write_table(&entry.node, path, out);
        path.pop();
    }
}

/// Two levels of headers, as people write scenarios; deeper tables go on one line.
fn is_section(node: &Node, depth: usize) -> bool {
    matches!(node.value, Value::Table(_)) && depth < 2
}

fn inline(node: &Node) -> String {
    match &node.value {
        Value::Text(t) => toml::Value::String(t.clone()).to_string(),
        Value::Time(t) => t.clone(),
        Value::Whole(n) => n.to_string(),
        Value::Real(x) => format!("{x:?}"),
        Value::Flag(b) => b.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(entries) if entries.is_empty() => "{}".into(),
        Value::Table(entries) => {
            let pairs: Vec<String> =
                entries.iter().map(|e| format!("{} = {}", quote_key(&e.key), inline(&e.node))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Bad => "\"\"".into(),
    }
}

fn quote_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { key.to_string() } else { toml::Value::String(key.to_string()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_come_out_alike() {
        let toml = parse("a.toml", "x = 1\n[t.u]\ny = [1.5, true, \"z\"]\n").unwrap();
        let json = parse("a.json", "{\"x\": 1, \"t\": {\"u\": {\"y\": [1.5, true, \"z\"]}}}").unwrap();
        assert_eq!(toml.root, json.root);
        let back = parse("b.toml", &to_toml(&toml.root)).unwrap();
        assert_eq!(back.root, toml.root);
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        let doc = parse("a.toml", "x = 1\n[t]\n  y = { z = 2 }\n").unwrap();
        let t = &doc.root.entries()[1];
        let y = &t.node.entries()[0];
        let z = &y.node.entries()[0];
        assert_eq!(y.place.position, Some(Position { line: 3, column: 3 }));
        assert_eq!(z.node.place.position, Some(Position { line: 3, column: 13 }));
    }

    #[test]
    fn several_syntax_errors_are_reported_together() {
        let faults = parse("a.toml", "x = \ny = 1\n[t\nz = 1\nz = 2\n").unwrap_err();
        assert!(faults.len() >= 2, "{faults:?}");
        assert_eq!(faults[0].position.unwrap().line, 1);
    }
}
