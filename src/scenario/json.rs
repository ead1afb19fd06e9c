//! JSON of the same shape as a TOML scenario, with places.
//!
//! Whether the text is JSON at all, and what is wrong if not, is `serde_json`'s to say; this file then walks a text
//! known to be valid, because that library does not tell where its values came from.

use super::document::{Entry, Node, Place, Value};
use super::fault::{Fault, Lines, Position};

/// Reads a JSON text.
pub fn parse(name: &str, text: &str) -> Result<Node, Vec<Fault>> {
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let full = e.to_string();
        let found = full.split(" at line ").next().unwrap_or(&full).to_string();
        let position = Position { line: e.line() as u32, column: (e.column() as u32).max(1) };
        return Err(vec![Fault {
            file: name.to_string(),
            position: Some(position),
            path: String::new(),
            found,
            allowed: "JSON".into(),
            hint: None,
        }]);
    }
    let mut walk = Walk { name, text, lines: Lines::new(text), at: 0, faults: Vec::new() };
    let node = walk.value("");
    if walk.faults.is_empty() { Ok(node) } else { Err(walk.faults) }
}

struct Walk<'t> {
    name: &'t str,
    text: &'t str,
    lines: Lines<'t>,
    at: usize,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Looks at the next byte that is no space.
    fn peek(&mut self) -> u8 {
        self.skip_space();
        self.text.as_bytes()[self.at]
    }

    fn place(&mut self) -> Place {
        self.skip_space();
        Place { source: 0, position: Some(self.lines.position(self.at)) }
    }

    fn string(&mut self) -> String {
        self.skip_space();
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
            b'[' => {
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
            _ => self.scalar(place, path),
        };
        Node { value, place }
    }

    fn scalar(&mut self, place: Place, path: &str) -> Value {
        let start = self.at;
        let rest = &self.text[start..];
        let len = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(rest.len());
        self.at += len;
        match &rest[..len] {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            "null" => {
                self.fault(place, path, "null", "a value; leave the key out to use its default");
                Value::Bad
            }
            number => match number.parse::<i128>() {
                Ok(n) => Value::Whole(n),
                Err(_) => Value::Real(number.parse().unwrap_or(f64::NAN)),
            },
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
                self.fault(place, &inner, "the same key a second time", "each key once");
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

    fn fault(&mut self, place: Place, path: &str, found: &str, allowed: &str) {
        self.faults.push(Fault {
            file: self.name.to_string(),
            position: place.position,
            path: path.to_string(),
            found: found.to_string(),
            allowed: allowed.to_string(),
            hint: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_places() {
        let node = parse("a.json", "{\n \"a\\u0062\": [1, -2.5e3, {}, []],\n  \"c\":\"\\\"}\"\n}").unwrap();
        assert_eq!(node.get("c").unwrap().value, Value::Text("\"}".into()));
        assert_eq!(node.get("c").unwrap().place.position, Some(Position { line: 3, column: 7 }));
        let Value::List(items) = &node.get("ab").unwrap().value else { panic!() };
        assert_eq!(items[1].value, Value::Real(-2500.0));
        assert_eq!(items.len(), 4);
    }

    #[test]
    fn syntax_repeats_and_nulls_are_faults_with_places() {
        let f = parse("a.json", "{\n  \"a\": 1,,\n}").unwrap_err();
        assert_eq!(f[0].position.unwrap().line, 2);
        let f = parse("a.json", "{\"a\": 1,\n \"a\": 2, \"b\": null}").unwrap_err();
        assert_eq!(f.len(), 2);
        assert_eq!((f[0].path.as_str(), f[0].position), ("a", Some(Position { line: 2, column: 2 })));
    }
}
