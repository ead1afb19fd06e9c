//! The strict reader: holds a document against the fields and collects every fault there is.
//!
//! What is wrong becomes `Bad` in the tree, so that later steps neither trip over it nor report it again. Values come
//! out in one spelling each (numbers of the right sort, spans and times normalised), and defaults can be filled in.

use super::spec::{Field, Kind, Need, Table, moment};
use crate::behaviour::calendar;
use crate::sim::SimDuration;
use crate::text::{Entry, Fault, Node, Place, Value, countries, did_you_mean, nearest, parse_value};

/// Collects faults with their places.
#[derive(Default)]
pub struct Checker {
    /// What was found so far.
    pub faults: Vec<Fault>,
}

impl Checker {
    /// Notes a fault.
    pub fn fault(&mut self, place: Place, path: &str, found: impl Into<String>, allowed: impl Into<String>) {
        self.fault_with(place, path, found, allowed, None);
    }

    /// Notes a fault with a hint.
    pub fn fault_with(
        &mut self,
        place: Place,
        path: &str,
        found: impl Into<String>,
        allowed: impl Into<String>,
        hint: Option<String>,
    ) {
        self.faults.push(Fault::new(place, path, found).allowed(allowed).hint(hint));
    }

    /// Holds a table against its description.
    pub fn table(&mut self, node: &mut Node, table: &'static Table, path: &str) {
        let place = node.place.clone();
        let Value::Table(entries) = &mut node.value else {
            return;
        };
        let keys: Vec<&str> = table.all().map(|f| f.key).collect();
        let mut meant = Vec::new();
        entries.retain(|entry| {
            let known = table.field(&entry.key).is_some();
            if !known {
                meant.extend(nearest(&entry.key, keys.iter().copied()));
                let inner = join(path, &entry.key);
                self.faults.push(Fault::unknown_key(entry.place.clone(), inner, &entry.key, &keys));
            }
            known
        });
        for entry in entries.iter_mut() {
            let field = table.field(&entry.key).expect("unknown keys are gone");
            self.value(&mut entry.node, &field.kind, &join(path, &entry.key));
        }
        // What was only misspelt is not reported as missing too.
        for field in table.all().filter(|f| matches!(f.need, Need::Required) && !meant.contains(&f.key)) {
            if !entries.iter().any(|e| e.key == field.key) {
                self.fault(place.clone(), &join(path, field.key), "missing", field.kind.describe());
            }
        }
        for group in table.choices {
            let given: Vec<&Entry> =
                entries.iter().filter(|e| group.keys.contains(&e.key.as_str())).collect();
            if given.len() > 1 {
                let names: Vec<&str> = given.iter().map(|e| e.key.as_str()).collect();
                let found = format!("{} exclude one another", names.join(" and "));
                self.fault(given[1].place.clone(), &join(path, &given[1].key), found, one_of(group.keys));
            } else if given.is_empty() && group.required && !group.keys.iter().any(|k| meant.contains(k)) {
                self.fault(place.clone(), path, format!("missing: {}", one_of(group.keys)), "");
            }
        }
    }

    /// Holds a value against its kind and brings it into its one spelling.
    pub fn value(&mut self, node: &mut Node, kind: &'static Kind, path: &str) {
        if node.value == Value::Bad {
            return;
        }
        if !kind.fits_shape(&node.value) {
            let hint = match (&node.value, kind) {
                (Value::Text(t), Kind::Whole(..) | Kind::Real(..) | Kind::Positive(_))
                    if t.parse::<f64>().is_ok() =>
                {
                    Some("write it without quotes".to_string())
                }
                (Value::Null, _) => Some("leave the key out to use its default".to_string()),
                _ => None,
            };
            self.fault_with(node.place.clone(), path, node.value.describe(), kind.describe(), hint);
            node.value = Value::Bad;
            return;
        }
        match kind {
            Kind::Any(kinds) => self.any(node, kinds, kind, path),
            Kind::Table(table) => self.table(node, table, path),
            Kind::ByName(of) => self.by_name(node, of, path),
            Kind::ByWord(words, of) => self.by_word(node, words, of, path),
            Kind::List(of, min) => self.list(node, of, *min, kind, path),
            Kind::Foreign(_) => {}
            _ => match plain(&node.value, kind) {
                Ok(value) => node.value = value,
                Err(hint) => {
                    self.fault_with(node.place.clone(), path, node.value.describe(), kind.describe(), hint);
                    node.value = Value::Bad;
                }
            },
        }
    }

    fn any(&mut self, node: &mut Node, kinds: &'static [Kind], all: &'static Kind, path: &str) {
        let fitting: Vec<&'static Kind> = kinds.iter().filter(|k| k.fits_shape(&node.value)).collect();
        if let [only @ (Kind::Table(_) | Kind::List(..))] = fitting[..] {
            return self.value(node, only, path);
        }
        match fitting.iter().find_map(|kind| plain(&node.value, kind).ok()) {
            Some(value) => node.value = value,
            None => {
                self.fault(node.place.clone(), path, node.value.describe(), all.describe());
                node.value = Value::Bad;
            }
        }
    }

    fn by_name(&mut self, node: &mut Node, of: &'static Kind, path: &str) {
        let Value::Table(entries) = &mut node.value else { return };
        for entry in entries.iter_mut() {
            let inner = join(path, &entry.key);
            if !is_name(&entry.key) {
                self.fault(entry.place.clone(), &inner, format!("{:?}", entry.key), Kind::Name.describe());
            }
            self.value(&mut entry.node, of, &inner);
        }
        if entries.is_empty() {
            self.fault(node.place.clone(), path, "an empty table", "at least one name in it");
        }
    }

    fn by_word(
        &mut self,
        node: &mut Node,
        words: &'static [(&'static str, &'static str)],
        of: &'static Kind,
        path: &str,
    ) {
        let Value::Table(entries) = &mut node.value else { return };
        for entry in entries.iter_mut() {
            let inner = join(path, &entry.key);
            if !words.iter().any(|(w, _)| *w == entry.key) {
                let names: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
                self.faults.push(Fault::unknown_key(entry.place.clone(), &inner, &entry.key, &names));
            }
            self.value(&mut entry.node, of, &inner);
        }
    }

    fn list(&mut self, node: &mut Node, of: &'static Kind, min: usize, all: &'static Kind, path: &str) {
        let Value::List(items) = &mut node.value else { return };
        for (i, item) in items.iter_mut().enumerate() {
            self.value(item, of, &format!("{path}.{i}"));
        }
        for i in 1..items.len() {
            // Rules may repeat in a list of tables; among plain values a repeat is a slip.
            let plain = !matches!(items[i].value, Value::Table(_) | Value::Bad);
            if plain && items[..i].contains(&items[i]) {
                let found = format!("{} a second time", items[i].value.describe());
                self.fault(items[i].place.clone(), &format!("{path}.{i}"), found, "each value once");
            }
        }
        if items.len() < min {
            self.fault(node.place.clone(), path, "an empty list", all.describe());
            node.value = Value::Bad;
        }
    }
}

/// A plain value in its one spelling, or a hint why not.
fn plain(value: &Value, kind: &Kind) -> Result<Value, Option<String>> {
    let text = match value {
        Value::Text(t) | Value::Time(t) => t.as_str(),
        _ => "",
    };
    let keep = |ok: bool| if ok { Ok(value.clone()) } else { Err(None) };
    match kind {
        Kind::Text => keep(!text.trim().is_empty() && !text.chars().any(char::is_control)),
        Kind::Name => keep(is_name(text)),
        Kind::Flag => keep(true),
        Kind::True => keep(*value == Value::Flag(true)),
        Kind::Whole(min, max) => {
            let n = value.as_number().ok_or(None)?;
            let n = n.as_whole().unwrap_or(n.as_real() as i128);
            if (*min..=*max).contains(&n) { Ok(Value::whole(n)) } else { Err(None) }
        }
        Kind::Real(..) | Kind::Positive(_) => {
            let x = value.as_number().ok_or(None)?.as_real();
            let fits = match kind {
                Kind::Real(min, max) => (*min..=*max).contains(&x),
                Kind::Positive(max) => x > 0.0 && x <= *max,
                _ => false,
            };
            // Adding zero turns a negative zero into the ordinary one.
            if fits { Ok(Value::real(x + 0.0)) } else { Err(None) }
        }
        Kind::Span(min, max) => match SimDuration::parse(text) {
            Ok(d) if (*min..=*max).contains(&d) => Ok(Value::Text(d.to_string())),
            Ok(_) => Err(None),
            Err(_) => Err(text.parse::<f64>().is_ok().then(|| "the unit is missing".to_string())),
        },
        Kind::Moment => moment(text).map(|t| Value::Text(t.to_string())).ok_or(None),
        Kind::Mark if text == "day 0" => Err(Some("the first day is day 1".to_string())),
        Kind::Mark => keep(mark_is_valid(text)),
        Kind::Word(words) => match words.iter().any(|(w, _)| *w == text) {
            true => Ok(value.clone()),
            false => Err(did_you_mean(text, words.iter().map(|(w, _)| *w))),
        },
        Kind::Clock => calendar::clock(text).map(|t| Value::Text(calendar::clock_text(t))).ok_or(None),
        Kind::Hours => keep(calendar::hours(text).is_some()),
        Kind::Zone => match calendar::Zone::parse(text) {
            Some(zone) => Ok(Value::Text(zone.name())),
            None => {
                let names = calendar::Zone::names();
                Err(did_you_mean(text, names.iter().map(String::as_str)))
            }
        },
        Kind::Country => match countries::is_known(text) {
            true => Ok(value.clone()),
            false => Err(countries::hint(text)),
        },
        Kind::When => match super::plan::condition(text) {
            Some(_) => Ok(value.clone()),
            None => Err(did_you_mean(text, ["red", "yellow_or_worse", "flagged", "green_or_unknown"])),
        },
        _ => Err(None),
    }
}

/// `day 8` (days count from 1), a date, or a time with offset.
fn mark_is_valid(text: &str) -> bool {
    match text.strip_prefix("day ") {
        Some(n) => n.parse::<u32>().is_ok_and(|n| (1..=36_600).contains(&n)),
        None => text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10 || moment(text).is_some(),
    }
}

/// Whether a text may name something.
pub fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | ' ');
    !text.is_empty() && text.len() <= 100 && text.trim() == text && text.chars().all(inner)
}

/// A path one key longer, quoted where `--set` would need it.
pub fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && !key.contains(['.', '"', '=']);
    let key = if plain { key.to_string() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn one_of(keys: &[&str]) -> String {
    format!("one of {}", keys.join(", "))
}

/// Puts every default in its place, in the order of the description.
pub fn fill(node: &mut Node, table: &'static Table) {
    let place = node.place.clone();
    let Value::Table(entries) = &mut node.value else { return };
    let mut given = std::mem::take(entries);
    let given_keys: Vec<String> = given.iter().map(|e| e.key.clone()).collect();
    for field in table.all() {
        let entry = match given.iter().position(|e| e.key == field.key) {
            Some(i) => Some(given.remove(i)),
            // What excludes a key that is given has no default either.
            None if table.rivals(field.key).iter().any(|r| given_keys.iter().any(|k| k == r)) => None,
            None => default(field, &place).map(|node| Entry {
                key: field.key.to_string(),
                place: place.clone(),
                node,
            }),
        };
        if let Some(mut entry) = entry {
            fill_value(&mut entry.node, &field.kind);
            entries.push(entry);
        }
    }
}

fn fill_value(node: &mut Node, kind: &'static Kind) {
    match (kind, &mut node.value) {
        (Kind::Table(table), Value::Table(_)) => fill(node, table),
        (Kind::ByName(Kind::Table(table)), Value::Table(entries)) => {
            entries.iter_mut().for_each(|e| fill(&mut e.node, table));
        }
        (Kind::List(Kind::Table(table), _), Value::List(items)) => {
            items.iter_mut().for_each(|n| fill(n, table))
        }
        (Kind::Any(kinds), value) => {
            if let Some(fitting) = kinds.iter().find(|k| k.fits_shape(value)) {
                fill_value(node, fitting);
            }
        }
        // Free names have no order of their own; byte order makes equal tables equal.
        (Kind::ByWord(..), Value::Table(entries)) => entries.sort_by(|a, b| a.key.cmp(&b.key)),
        _ => {}
    }
}

/// A field's default, checked like anything else.
pub fn default(field: &'static Field, place: &Place) -> Option<Node> {
    let Need::Default(text) = field.need else { return None };
    let mut node = parse_value(text, place).expect("defaults are TOML");
    let mut checker = Checker::default();
    checker.value(&mut node, &field.kind, field.key);
    assert!(checker.faults.is_empty(), "{}: {}", field.key, checker.faults[0]);
    Some(node)
}
