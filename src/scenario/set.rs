//! Overrides from outside: one `path=value` put into a document before it is checked.
//!
//! Any field can be reached, also one the file does not have. Knows the fields only to tell a wrong path at once.

use super::check::{default, join};
use super::spec::{Kind, Table};
use crate::text::{Fault, Node, Place, Value, did_you_mean, parse_value};

/// How messages name an override.
pub fn source(assignment: &str) -> String {
    format!("--set {assignment}")
}

/// Applies one `path=value` to a document's root before it is checked. Keys that exclude the one set give way.
pub fn set(root: &mut Node, assignment: &str, of: &'static Kind) -> Result<(), Box<Fault>> {
    let place = Place::whole(source(assignment));
    let fault = |path: &str, found: &str, allowed: String, hint: Option<String>| {
        Box::new(Fault::new(place.clone(), path, found).allowed(allowed).hint(hint))
    };
    let Some((keys, text)) = split_assignment(assignment) else {
        return Err(fault("", "no path=value", "such as campaigns.promo.per_week=4".into(), None));
    };
    // What a segment does not say it takes from [recipients], also half a delay.
    let shared = root.get("recipients").cloned().filter(|_| keys.len() > 3 && keys[0] == "segments");

    let mut node = root;
    let mut kind = Some(of);
    let mut path = String::new();
    for key in &keys {
        path = join(&path, key);
        if !matches!(node.value, Value::List(_)) {
            make_table(node, kind.and_then(table_of));
        }
        (node, kind) = step(node, kind, key, &place, shared.as_ref())
            .map_err(|(found, allowed, hint)| fault(&path, found, allowed, hint))?;
    }
    let raw = Node { value: Value::Text(text.to_string()), place: place.clone() };
    let value = parse_value(text, &place).unwrap_or_else(|| raw.clone());
    // `--set templates.offer.topic=2026` means the text, since the field takes nothing else.
    let misfit = kind.is_some_and(|k| !k.fits_shape(&value.value) && k.fits_shape(&raw.value));
    *node = if misfit && !matches!(kind, Some(Kind::Span(..))) { raw } else { value };
    Ok(())
}

/// Why a key leads nowhere: what was found, what is allowed, a hint.
type Dead = (&'static str, String, Option<String>);

/// One key deeper, making what is missing on the way.
fn step<'n>(
    node: &'n mut Node,
    kind: Option<&'static Kind>,
    key: &str,
    place: &Place,
    shared: Option<&Node>,
) -> Result<(&'n mut Node, Option<&'static Kind>), Dead> {
    if matches!(node.value, Value::List(_)) {
        let Value::List(items) = &mut node.value else { unreachable!("just looked") };
        let allowed = match items.len() {
            0 => "nothing, the list is empty".to_string(),
            n => format!("a position from 0 to {}", n - 1),
        };
        let item = key.parse::<usize>().ok().and_then(|i| items.get_mut(i));
        return item.map(|item| (item, kind.and_then(item_of))).ok_or((
            "no such position in the list",
            allowed,
            None,
        ));
    }
    let missing = node.get(key).is_none();
    let (start, of) = match (kind.and_then(table_of), kind) {
        (Some(table), _) => {
            let keys: Vec<&str> = table.all().map(|f| f.key).collect();
            let Some(field) = table.field(key) else {
                return Err(("unknown key", keys.join(", "), did_you_mean(key, keys.iter().copied())));
            };
            table.rivals(key).iter().for_each(|rival| node.remove(rival));
            let start = shared.and_then(|s| s.get(key)).cloned().or_else(|| default(field, place));
            (start.map(|n| n.value), Some(&field.kind))
        }
        (None, Some(Kind::ByName(Kind::Table(_)))) if missing => {
            let names: Vec<String> = node.entries().iter().map(|e| e.key.clone()).collect();
            let hint = did_you_mean(key, names.iter().map(String::as_str));
            return Err(("no such name in the file", names.join(", "), hint));
        }
        (None, Some(Kind::ByName(of) | Kind::ByWord(_, of))) => (None, Some(*of)),
        _ => (None, None),
    };
    if missing {
        node.put(key, start.unwrap_or(Value::Table(Vec::new())), place.clone());
    }
    Ok((node.get_mut(key).expect("put there if it was missing"), of))
}

/// Makes room for a key: a plain value gives way to a table; a policy's name becomes its `era`.
fn make_table(node: &mut Node, table: Option<&'static Table>) {
    if matches!(node.value, Value::Table(_)) {
        return;
    }
    let era = match &node.value {
        Value::Text(t) if table.is_some_and(|t| t.field("era").is_some()) => Some(t.clone()),
        _ => None,
    };
    let place = node.place.clone();
    node.value = Value::Table(Vec::new());
    if let Some(era) = era {
        node.put("era", Value::Text(era), place);
    }
}

/// The table a kind may be, if it may.
fn table_of(kind: &'static Kind) -> Option<&'static Table> {
    match kind {
        Kind::Table(table) => Some(table),
        Kind::Any(kinds) => kinds.iter().find_map(table_of),
        _ => None,
    }
}

fn item_of(kind: &'static Kind) -> Option<&'static Kind> {
    match kind {
        Kind::List(of, _) => Some(of),
        Kind::Any(kinds) => kinds.iter().find_map(item_of),
        _ => None,
    }
}

/// The keys of a path as `--set` takes it; none if it is no path.
pub fn keys(path: &str) -> Option<Vec<String>> {
    split_assignment(&format!("{path}=")).map(|(keys, _)| keys)
}

/// `a."b.c".d=value` as its keys and the text of the value.
fn split_assignment(text: &str) -> Option<(Vec<String>, &str)> {
    let mut keys = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (key, tail) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                (&quoted[..end], quoted[end + 1..].trim_start())
            }
            None => {
                let end = rest.find(['.', '='])?;
                (rest[..end].trim(), &rest[end..])
            }
        };
        if key.is_empty() {
            return None;
        }
        keys.push(key.to_string());
        match tail.chars().next()? {
            '=' => return Some((keys, tail[1..].trim())),
            '.' => rest = tail[1..].trim_start(),
            _ => return None,
        }
    }
}
