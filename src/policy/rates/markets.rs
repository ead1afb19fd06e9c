//! The platform's markets, and which of them a country belongs to, as far as sources carry.

use std::sync::OnceLock;

use crate::policy::file::Confidence;
use crate::text::{self, Node, Value};

/// A market of the rate lists.
#[derive(Clone, Debug)]
pub struct Market {
    /// As files name it.
    pub key: String,
    /// As people do.
    pub name: String,
    /// Countries that belong to it, by the two letters of ISO 3166.
    pub countries: Vec<String>,
    /// How sure one may be of that.
    pub confidence: Confidence,
    /// Who says so.
    pub source: String,
    /// The day of the source.
    pub verified: String,
    /// Anything else a reader has to know.
    pub note: Option<String>,
}

/// All markets, in file order.
pub fn all() -> &'static [Market] {
    static ALL: OnceLock<Vec<Market>> = OnceLock::new();
    ALL.get_or_init(|| {
        let text = include_str!("../../../scenarios/rates/markets.toml");
        let doc = text::parse("markets.toml", text).unwrap_or_else(|e| panic!("{e}"));
        doc.root.entries().iter().map(|e| market(&e.key, &e.node)).collect()
    })
}

fn market(key: &str, node: &Node) -> Market {
    let known = ["name", "countries", "confidence", "verified", "source", "note"];
    for e in node.entries() {
        assert!(known.contains(&e.key.as_str()), "markets.toml: {key}.{}", e.key);
    }
    let text = |k: &str| node.get(k).and_then(|n| n.value.as_text()).map(String::from);
    let need = |k: &str| text(k).unwrap_or_else(|| panic!("markets.toml: {key} has no {k}"));
    let countries = match node.get("countries").map(|n| &n.value) {
        Some(Value::List(items)) => {
            items.iter().filter_map(|n| n.value.as_text()).map(String::from).collect()
        }
        _ => panic!("markets.toml: {key} has no countries"),
    };
    let confidence = need("confidence");
    Market {
        key: key.to_string(),
        name: need("name"),
        countries,
        confidence: Confidence::parse(&confidence)
            .unwrap_or_else(|| panic!("markets.toml: {key}: confidence {confidence}")),
        source: need("source"),
        verified: need("verified"),
        note: text("note"),
    }
}

/// A market by its key.
pub fn market_named(key: &str) -> Option<&'static Market> {
    all().iter().find(|m| m.key == key)
}

/// The market of a country, by its two letters in either case, if a source says which.
pub fn of_country(country: &str) -> Option<&'static Market> {
    all().iter().find(|m| m.countries.iter().any(|c| c.eq_ignore_ascii_case(country)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_country_is_in_one_market_at_most() {
        let mut seen = BTreeSet::new();
        for m in all() {
            assert!(m.source.len() > 15 && m.verified.len() >= 4, "{}", m.key);
            for c in &m.countries {
                assert!(c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase()), "{c}");
                assert!(seen.insert(c), "{c} twice");
            }
        }
        assert_eq!(of_country("CA").unwrap().key, "north-america");
        assert_eq!(of_country("UY").unwrap().key, "rest-of-latin-america");
        assert_eq!(of_country("br").unwrap().key, "brazil");
        assert!(of_country("FR").is_none(), "no source for its region's rates");
    }
}
