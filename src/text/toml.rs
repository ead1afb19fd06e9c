//! TOML to a tree with places, and a tree to TOML.
//!
//! The only file that knows the TOML library. Knows syntax only.

use std::sync::Arc;

use ::toml::Spanned;
use ::toml::de::{DeString, DeTable, DeValue};

use super::fault::{Fault, Faults};
use super::place::{Lines, Place};
use super::tree::{Entry, Node, Number, Value};

/// Faults of syntax that are told one by one.
const SYNTAX_FAULTS: usize = 10;

/// Reads a TOML text; every fault of syntax the library can tell apart comes back, in the order of the text.
pub(super) fn parse(source: &Arc<str>, text: &str) -> Result<Node, Faults> {
    let lines = Lines::new(text);
    let at = |offset| Place { source: source.clone(), position: Some(lines.position(offset)) };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let fault = |e: &::toml::de::Error| {
            let place = e.span().map_or_else(|| Place::whole(source.clone()), |s| at(s.start));
            Fault::new(place, "", format!("not TOML: {}", e.message().replace('\n', ", ")))
        };
        let mut faults: Vec<Fault> = errors.iter().map(fault).collect();
        faults.sort_by_key(|f| f.place.position);
        // A page of prose has a fault in every line, and none of them says that it is no TOML at all.
        if faults.len() > SYNTAX_FAULTS {
            let more = faults.len() - SYNTAX_FAULTS;
            faults.truncate(SYNTAX_FAULTS);
            let place = Place::whole(source.clone());
            faults.push(Fault::new(
                place,
                "",
                format!("and {more} more faults of syntax: is this a TOML file?"),
            ));
        }
        return Err(Faults(faults));
    }
    Ok(Node { value: Value::Table(entries_of(table.get_ref(), &at)), place: at(table.span().start) })
}

fn entries_of(table: &DeTable<'_>, at: &dyn Fn(usize) -> Place) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref().to_string(),
        place: at(key.span().start),
        node: node_of(value, at),
    };
    table.iter().map(entry).collect()
}

fn node_of(value: &Spanned<DeValue<'_>>, at: &dyn Fn(usize) -> Place) -> Node {
    let place = at(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(s) => Value::Text(s.to_string()),
        DeValue::Integer(i) => Value::Number(match i128::from_str_radix(i.as_str(), i.radix()) {
            Ok(n) => Number::whole(n),
            Err(_) => Number::new(i.to_string()),
        }),
        DeValue::Float(x) => Value::Number(Number::new(x.as_str().replace('_', ""))),
        DeValue::Boolean(b) => Value::Flag(*b),
        DeValue::Datetime(d) => Value::Time(d.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|v| node_of(v, at)).collect()),
        DeValue::Table(table) => Value::Table(entries_of(table, at)),
    };
    Node { value, place }
}

/// Reads one TOML value, all of it at one place, as overrides and defaults have them; none if it is no TOML value.
pub fn parse_value(text: &str, place: &Place) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    Some(node_of(&value, &|_| place.clone()))
}

/// A tree as a TOML text: plain keys first, then tables, in order.
pub fn write(root: &Node) -> String {
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

/// Two levels of headers, as people write such files; deeper tables go on one line.
fn is_section(node: &Node, depth: usize) -> bool {
    matches!(node.value, Value::Table(_)) && depth < 2
}

fn inline(node: &Node) -> String {
    match &node.value {
        Value::Text(t) => quoted(t),
        Value::Time(t) => t.clone(),
        Value::Number(n) => n.text().to_string(),
        Value::Flag(b) => b.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(entries) if entries.is_empty() => "{}".into(),
        Value::Table(entries) => {
            let pairs: Vec<String> =
                entries.iter().map(|e| format!("{} = {}", quote_key(&e.key), inline(&e.node))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Null | Value::Bad => "\"\"".into(),
    }
}

fn quoted(text: &str) -> String {
    ::toml::Value::String(text.to_string()).to_string()
}

fn quote_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { key.to_string() } else { quoted(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        parse(&Arc::from("a.toml"), text).unwrap()
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        let root = read("x = 1\n[t]\n  y = { z = 2 }\n");
        let y = &root.entries()[1].node.entries()[0];
        assert_eq!(y.place.to_string(), "a.toml:3:3");
        assert_eq!(y.node.entries()[0].node.place.to_string(), "a.toml:3:13");
        let place = Place::whole("--set x");
        assert_eq!(parse_value("[1, { a = 2 }]", &place).unwrap().place, place);
        assert_eq!(parse_value("soon", &place), None);
    }

    #[test]
    fn numbers_keep_their_text() {
        let root = read("a = 0.50\nb = 0x1F\nc = 1_000\nd = 1e-7\ne = nan\nf = +5\n");
        let texts: Vec<&str> =
            root.entries().iter().filter_map(|e| Some(e.node.value.as_number()?.text())).collect();
        assert_eq!(texts, ["0.50", "31", "1000", "1e-7", "nan", "5"]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let text =
            "x = 1\ny = 2026-01-05\n\n[t.u]\n\"a b\" = [1.5, true, \"z, y\"]\nv = { w = { k = 0.1 } }\n";
        let root = read(text);
        assert_eq!(write(&root), text);
    }
}
