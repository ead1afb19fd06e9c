//! What a rate card file says, key by key: strict at every level.
//!
//! Never opens a file: callers hand in its name and text. The card it builds on is given, too.

use std::collections::BTreeMap;

use super::card::{Card, Fact, Price};
use super::terms::{BilledBy, Item, ServiceTerms, Terms};
use crate::policy::file::{Confidence, day_start};
use crate::sim::SimDuration;
use crate::text::{Entry, Fault, Node, Place, Value, did_you_mean};

const HEADER: [&str; 7] = ["name", "title", "summary", "effective", "effective_note", "currency", "based_on"];
const META: [&str; 6] = ["value", "unit", "source", "confidence", "verified", "note"];
const BILLING: [&str; 8] = [
    "unit",
    "conversation",
    "service",
    "utility_in_window",
    "free_units",
    "free_for",
    "free_per",
    "free_entry",
];

/// Reads a tree and gathers faults; never stops at the first.
pub(super) struct Reader<'r> {
    pub faults: Vec<Fault>,
    /// The file's name, for the sources of bare values.
    pub file: &'r str,
    /// Cards that a file may build on.
    pub known: &'r [Card],
}

/// A value with what stands beside it.
struct Told<'n> {
    value: &'n Node,
    unit: Option<(&'n str, Place)>,
    fact: Fact,
}

impl Reader<'_> {
    fn fault(&mut self, place: &Place, path: &str, found: impl Into<String>, allowed: impl Into<String>) {
        self.faults.push(Fault::new(place.clone(), path, found).allowed(allowed));
    }

    fn unknown(&mut self, e: &Entry, within: &str, allowed: &[&str]) {
        let path = if within.is_empty() { e.key.clone() } else { format!("{within}.{}", e.key) };
        self.faults.push(Fault::unknown_key(e.place.clone(), path, &e.key, allowed));
    }

    fn text(&mut self, e: &Entry, within: &str) -> Option<String> {
        let text = e.node.value.as_text().filter(|t| !t.trim().is_empty()).map(str::to_string);
        if text.is_none() {
            let path = if within.is_empty() { e.key.clone() } else { format!("{within}.{}", e.key) };
            self.fault(&e.node.place, &path, e.node.value.describe(), "text in quotes");
        }
        text
    }

    /// A whole file; `stem` names it where it does not say.
    pub fn card(&mut self, root: &Node, stem: &str) -> Card {
        let known = self.known;
        let base = root.entries().iter().find(|e| e.key == "based_on").and_then(|e| {
            let name = self.text(e, "")?;
            let found = known.iter().find(|c| c.name == name);
            if found.is_none() {
                let names = || known.iter().map(|c| c.name.as_str());
                let fault =
                    Fault::new(e.node.place.clone(), "based_on", format!("there is no card {name:?}"));
                let all: Vec<&str> = names().collect();
                self.faults.push(fault.allowed(all.join(", ")).hint(did_you_mean(&name, names())));
            }
            found
        });
        let mut card = base.cloned().unwrap_or_else(|| Card {
            name: String::new(),
            title: String::new(),
            summary: String::new(),
            from: None,
            effective: None,
            effective_note: None,
            based_on: None,
            currency: String::new(),
            terms: Terms::plain(BilledBy::Message),
            facts: Vec::new(),
            prices: BTreeMap::new(),
        });
        card.based_on = base.map(|b| b.name.clone());
        card.name = stem.to_string();
        (card.title, card.summary, card.effective_note) = Default::default();
        (card.from, card.effective) = (None, None);
        for e in root.entries() {
            self.header(e, &mut card);
        }
        let currency_ok = card.currency.len() == 3 && card.currency.bytes().all(|b| b.is_ascii_uppercase());
        if !currency_ok {
            let (place, found) = match root.get("currency") {
                Some(n) => (n.place.clone(), n.value.describe()),
                None => (root.place.clone(), "missing".to_string()),
            };
            self.fault(&place, "currency", found, "three letters, such as \"USD\"");
        }
        if let Some(billing) = root.get("billing") {
            self.billing(billing, &mut card);
        } else if base.is_none() {
            self.fault(&root.place, "billing", "missing", "a table, or `based_on` a card that has it");
        }
        // What the base says of other units, or in other money, says nothing here. Conversations by category and by
        // origin are both conversations, and yet not the same.
        if base.is_some_and(|b| (b.terms.by, &b.currency) != (card.terms.by, &card.currency)) {
            card.prices.clear();
        }
        if let Some(rates) = root.get("rates") {
            self.rates(rates, &mut card);
        }
        card
    }

    fn header(&mut self, e: &Entry, card: &mut Card) {
        let mut top = HEADER.to_vec();
        top.extend(["billing", "rates"]);
        match e.key.as_str() {
            "name" => card.name = self.text(e, "").unwrap_or_default(),
            "title" => card.title = self.text(e, "").unwrap_or_default(),
            "summary" => card.summary = self.text(e, "").unwrap_or_default().replace('\n', " "),
            "effective_note" => card.effective_note = self.text(e, "").map(|t| t.replace('\n', " ")),
            "currency" => card.currency = self.text(e, "").unwrap_or_default(),
            "effective" => {
                let day = match &e.node.value {
                    Value::Text(t) | Value::Time(t) => Some(t.clone()),
                    _ => None,
                };
                card.effective = day.as_deref().and_then(day_start);
                if card.effective.is_none() {
                    self.fault(&e.node.place, "effective", e.node.value.describe(), "a day, YYYY-MM-DD");
                }
                card.from = day;
            }
            "based_on" | "billing" | "rates" => {}
            _ => self.unknown(e, "", &top),
        }
    }

    /// A bare value, or a table with `value`; none if it was faulty.
    fn told<'n>(&mut self, node: &'n Node, path: &str) -> Option<Told<'n>> {
        let position = node.place.position.map_or(String::new(), |p| format!(", line {}", p.line));
        let mut told = Told {
            value: node,
            unit: None,
            fact: Fact {
                name: path.to_string(),
                value: String::new(),
                unit: String::new(),
                confidence: Confidence::Given,
                source: format!("set in {}{position}", self.file),
                verified: None,
                note: None,
            },
        };
        let Value::Table(entries) = &node.value else { return Some(told) };
        for e in entries {
            match e.key.as_str() {
                "value" => told.value = &e.node,
                "unit" => {
                    told.unit =
                        self.text(e, path).and(e.node.value.as_text()).map(|t| (t, e.node.place.clone()))
                }
                "source" => told.fact.source = self.text(e, path)?,
                "note" => told.fact.note = self.text(e, path),
                "verified" => {
                    let day = self.text(e, path)?;
                    if !is_date(&day) {
                        let at = format!("{path}.verified");
                        self.fault(&e.node.place, &at, format!("{day:?}"), "YYYY, YYYY-MM or YYYY-MM-DD");
                    }
                    told.fact.verified = Some(day);
                }
                "confidence" => {
                    let word = self.text(e, path)?;
                    match Confidence::parse(&word) {
                        Some(c) => told.fact.confidence = c,
                        None => {
                            let at = format!("{path}.confidence");
                            let fault = Fault::new(e.node.place.clone(), at, format!("{word:?}"));
                            let hint = did_you_mean(&word, Confidence::STATED.map(Confidence::name));
                            self.faults.push(fault.allowed("documented, reported, assumed").hint(hint));
                        }
                    }
                }
                _ => self.unknown(e, path, &META),
            }
        }
        if std::ptr::eq(told.value, node) {
            self.fault(&node.place, path, "has no `value`", "value = …");
            return None;
        }
        Some(told)
    }

    fn word<T: Copy>(&mut self, node: &Node, path: &str, words: &[(&'static str, T)]) -> Option<T> {
        let found = node.value.as_text().unwrap_or_default();
        let word = words.iter().find(|(w, _)| *w == found);
        if word.is_none() {
            let names: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
            let fault = Fault::new(node.place.clone(), path, node.value.describe());
            let hint = did_you_mean(found, names.iter().copied());
            self.faults.push(fault.allowed(names.join(", ")).hint(hint));
        }
        word.map(|(_, t)| *t)
    }

    fn billing(&mut self, node: &Node, card: &mut Card) {
        let mut by = None;
        for e in node.entries() {
            let path = format!("billing.{}", e.key);
            let Some(unit) = billing_unit(&e.key) else {
                self.unknown(e, "billing", &BILLING);
                continue;
            };
            let Some(told) = self.told(&e.node, &path) else { continue };
            let value = told.value;
            let t = &mut card.terms;
            match e.key.as_str() {
                "unit" => {
                    by = self.word(value, &path, &BilledBy::ALL.map(|b| (b.name(), b)));
                    t.by = by.unwrap_or(t.by);
                }
                "service" => {
                    let words = ServiceTerms::ALL.map(|s| (s.name(), s));
                    t.service = self.word(value, &path, &words).unwrap_or(t.service);
                }
                "utility_in_window" => {
                    let free = self.word(value, &path, &[("free", true), ("billed", false)]);
                    t.utility_free_in_window = free.unwrap_or(false);
                }
                "free_for" => {
                    let all = self.word(value, &path, &[("all", true), ("service", false)]);
                    t.free_for_all = all.unwrap_or(false);
                }
                "free_per" => {
                    let number = self.word(value, &path, &[("number", true), ("portfolio", false)]);
                    t.free_per_number = number.unwrap_or(false);
                }
                "free_units" => match value.value.as_whole().filter(|n| (0..=1_000_000_000).contains(n)) {
                    Some(n) => t.free_units = n as u64,
                    None => self.fault(
                        &value.place,
                        &path,
                        value.value.describe(),
                        "a whole number from 0 to 1000000000",
                    ),
                },
                _ => match value.value.as_text().and_then(|t| SimDuration::parse(t).ok()) {
                    Some(d) if e.key == "conversation" && d.0 > 0 => t.conversation = d,
                    Some(d) if e.key == "free_entry" && d.0 > 0 => t.free_entry = Some(d),
                    _ => {
                        self.fault(&value.place, &path, value.value.describe(), "a duration such as \"24h\"")
                    }
                },
            }
            let shown = match &value.value {
                Value::Text(t) => t.clone(),
                Value::Number(n) => n.text().to_string(),
                other => other.describe(),
            };
            let unit = told.unit.map_or(unit.to_string(), |(u, _)| u.to_string());
            card.facts.retain(|f| f.name != e.key);
            card.facts.push(Fact { name: e.key.clone(), value: shown, unit, ..told.fact });
        }
        if by.is_none() && card.based_on.is_none() && node.get("unit").is_none() {
            let names = BilledBy::ALL.map(BilledBy::name).join(", ");
            self.fault(&node.place, "billing.unit", "missing", names);
        }
    }

    fn rates(&mut self, node: &Node, card: &mut Card) {
        let unit = card.price_unit();
        let by_origin = card.terms.by == BilledBy::ConversationByOrigin;
        let allowed: Vec<Item> = Item::ALL
            .into_iter()
            .filter(|i| matches!(i, Item::BusinessInitiated | Item::UserInitiated) == by_origin)
            .collect();
        let names: Vec<&str> = allowed.iter().map(|i| i.name()).collect();
        for market in node.entries() {
            let within = format!("rates.{}", market.key);
            if !matches!(market.node.value, Value::Table(_)) {
                let found = market.node.value.describe();
                self.fault(&market.node.place, &within, found, format!("a table with {}", names.join(", ")));
            }
            for e in market.node.entries() {
                let Some(item) = Item::parse(&e.key).filter(|i| allowed.contains(i)) else {
                    self.unknown(e, &within, &names);
                    continue;
                };
                let path = format!("{within}.{}", e.key);
                let Some(told) = self.told(&e.node, &path) else { continue };
                if let Some((found, place)) = &told.unit
                    && *found != unit
                {
                    self.fault(place, &format!("{path}.unit"), format!("{found:?}"), format!("{unit:?}"));
                }
                let number = told.value.value.as_number().map(|n| (n.as_real(), n.text().to_string()));
                let Some((value, text)) = number.filter(|(x, _)| (0.0..=1e6).contains(x)) else {
                    let found = told.value.value.describe();
                    self.fault(&told.value.place, &path, found, "a number from 0 to 1000000");
                    continue;
                };
                let fact = Fact { name: path, value: text, unit: unit.clone(), ..told.fact };
                card.prices.entry(market.key.clone()).or_default().insert(item, Price { value, fact });
            }
        }
    }
}

/// What a term counts in; none for an unknown key.
fn billing_unit(key: &str) -> Option<&'static str> {
    Some(match key {
        "unit" | "service" | "utility_in_window" | "free_for" | "free_per" => "choice",
        "conversation" | "free_entry" => "duration",
        "free_units" => "units per month",
        _ => return None,
    })
}

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`: old pages often carry no day.
fn is_date(text: &str) -> bool {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_string(),
    };
    day_start(&whole).is_some()
}
