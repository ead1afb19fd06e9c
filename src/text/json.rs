//! JSON as a tree with places.
//!
//! Whether the text is JSON at all, and what is wrong if not, is `serde_json`'s to say; this file then walks a text
//! known to be valid, because that library does not tell where its values came from. Knows syntax only.

use std::sync::Arc;

use super::fault::{Fault, Faults};
use super::place::{Lines, Place, Position};
use super::tree::{Entry, Node, Number, Value};

/// Reads a JSON text; its root has to be an object, and no object may give a key twice.
pub(super) fn parse(source: &Arc<str>, text: &str) -> Result<Node, Faults> {
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let full = e.to_string();
        let found = full.split(" at line ").next().unwrap_or(&full);
        let position = Position { line: e.line() as u32, column: (e.column() as u32).max(1) };
        let place = Place { source: source.clone(), position: Some(position) };
        return Err(Fault::new(place, "", format!("not JSON: {found}")).into());
    }
    let mut walk = Walk { source, text, lines: Lines::new(text), at: 0, faults: Vec::new() };
    let root = walk.value("");
    if !matches!(root.value, Value::Table(_)) {
        let found = root.value.describe();
        return Err(Fault::new(root.place, "", found).allowed("keys and values in braces").into());
    }
    if walk.faults.is_empty() { Ok(root) } else { Err(Faults(walk.faults)) }
}

struct Walk<'t> {
    source: &'t Arc<str>,
    text: &'t str,
    lines: Lines<'t>,
    at: usize,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    /// The next byte that is no space.
    fn peek(&mut self) -> u8 {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.text.as_bytes()[self.at]
    }

    fn place(&mut self) -> Place {
        self.peek();
        Place { source: self.source.clone(), position: Some(self.lines.position(self.at)) }
    }

    fn string(&mut self) -> String {
        self.peek();
        let bytes = self.text.as_bytes();
        let start = self.at;
        self.at += 1;
        while bytes[self.at] != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).expect("a string inside a text known to be JSON")
    }

    fn value(&mut self, path: &str) -> Node {
        let place = self.place();
        let value = match self.peek() {
            b'"' => Value::Text(self.string()),
            b'{' => self.table(path),
            b'[' => self.list(path),
            _ => self.word(),
        };
        Node { value, place }
    }

    fn list(&mut self, path: &str) -> Value {
        self.at += 1;
        let mut items = Vec::new();
        while self.peek() != b']' {
            items.push(self.value(&format!("{path}.{}", items.len())));
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Value::List(items)
    }

    fn word(&mut self) -> Value {
        let rest = &self.text[self.at..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len());
        self.at += end;
        match &rest[..end] {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            "null" => Value::Null,
            number => Value::Number(Number::new(number)),
        }
    }

    fn table(&mut self, path: &str) -> Value {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        while self.peek() != b'}' {
            let place = self.place();
            let key = self.string();
            let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            self.peek();
            self.at += 1; // the colon
            let node = self.value(&inner);
            if entries.iter().any(|e| e.key == key) {
                self.faults
                    .push(Fault::new(place, inner, "the same key a second time").allowed("each key once"));
            } else {
                entries.push(Entry { key, place, node });
            }
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Value::Table(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node, Faults> {
        parse(&Arc::from("a.json"), text)
    }

    #[test]
    fn values_and_places() {
        let node = read("{\n \"a\\u0062\": [1, -2.5e3, {}, [], null],\n  \"c\":\"\\\"}\"\n}").unwrap();
        assert_eq!(node.get("c").unwrap().value, Value::Text("\"}".into()));
        assert_eq!(node.get("c").unwrap().place.to_string(), "a.json:3:7");
        let Value::List(items) = &node.get("ab").unwrap().value else { panic!() };
        assert_eq!(items[1].value.as_number().unwrap().text(), "-2.5e3");
        assert_eq!((items.len(), &items[4].value), (5, &Value::Null));
    }

    #[test]
    fn repeated_keys_are_faults_with_places() {
        let faults = read("{\"a\": 1,\n \"a\": 2, \"b\": {\"c\": 1, \"c\": 2}}").unwrap_err();
        let found: Vec<String> = faults.0.iter().map(Fault::to_string).collect();
        assert_eq!(found[0], "a.json:2:2: a: the same key a second time (allowed: each key once)");
        assert!(found.len() == 2 && found[1].starts_with("a.json:2:24: b.c: "), "{found:?}");
    }
}
