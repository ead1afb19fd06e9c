//! Texts that people write, read strictly: places in them, trees of keys and values, and everything that is wrong.
//!
//! TOML and JSON come out as one tree in which every key and value knows its place. What a key means, which keys there
//! are and what a value may be is for callers to say. No file system here: callers hand in a name and a text.

pub mod countries;
pub mod fault;
mod json;
pub mod place;
mod toml;
pub mod tree;

pub use self::toml::{parse_value, write};
pub use fault::{Fault, Faults, did_you_mean, nearest};
pub use place::{Lines, Place, Position};
pub use tree::{Entry, Node, Number, Value};

use std::sync::Arc;

/// A text read.
#[derive(Clone, Debug)]
pub struct Document {
    /// The name it was read under, as places give it.
    pub source: Arc<str>,
    /// The whole, always a table.
    pub root: Node,
}

/// Reads a text as JSON if it begins with `{` or its name ends in `.json`, else as TOML. `name` is what messages will
/// call it. All faults of syntax come at once as far as they can be told apart.
pub fn parse(name: &str, text: &str) -> Result<Document, Faults> {
    // A byte order mark is no fault of the writer's; it shifts no line and no column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source: Arc<str> = Arc::from(name);
    let is_json = name.ends_with(".json") || text.trim_start().starts_with('{');
    let root = if is_json { json::parse(&source, text)? } else { toml::parse(&source, text)? };
    Ok(Document { source, root })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_of_one_shape_are_one_tree() {
        let toml = "a = 1_000\nb = 0.50\n[c]\nd = [\"x\", true]\n[c.e]\nf = \"q\\\"}\"\n";
        let json =
            "{ \"a\": 1000, \"b\": 0.5,\n \"c\": { \"d\": [\"x\", true], \"e\": {\"f\": \"q\\\"}\"} } }";
        let (t, j) = (parse("t.toml", toml).unwrap().root, parse("j.json", json).unwrap().root);
        assert_eq!(t, j);
        assert_eq!(parse("b.toml", &write(&t)).unwrap().root, t, "and back");
        let at = |n: &Node, i: usize| n.entries()[i].place.to_string();
        assert_eq!((at(&t, 1), at(&j, 2)), ("t.toml:2:1".to_string(), "j.json:2:2".to_string()));
        assert_eq!(t.entries()[1].node.place.to_string(), "t.toml:2:5");
        assert_eq!(parse("x", "\u{feff}{\"a\": 1}").unwrap().root.get("a"), Some(&Node::whole(1)));
    }

    #[test]
    fn broken_texts_say_where() {
        let lines = |name: &str, text: &str| -> Vec<u32> {
            parse(name, text).unwrap_err().0.iter().map(|f| f.place.position.unwrap().line).collect()
        };
        assert_eq!(lines("p.toml", "a = 1\na = 2\n"), [2]);
        assert!(lines("p.toml", "x = \ny = 1\n[t\nz = 1\nz = 2\n").len() >= 2, "several at once");
        assert_eq!(lines("p.json", "{\n  \"a\": 1,,\n}"), [2]);
        assert_eq!(lines("p.json", "{} []"), [1]);
        let e = parse("p.toml", "a = 1\nb = = 2\n").unwrap_err().to_string();
        assert!(e.starts_with("p.toml:2:5: not TOML: "), "{e}");
        let e = parse("p.json", "{\n \"a\": 1,\n \"b\" 2 }").unwrap_err().to_string();
        assert!(e.starts_with("p.json:3:6: not JSON: "), "{e}");
        let e = parse("p.json", " []").unwrap_err().to_string();
        assert_eq!(e, "p.json:1:2: a list (allowed: keys and values in braces)");
    }
}
