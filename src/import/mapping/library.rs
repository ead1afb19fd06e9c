//! The mappings that come with the program, embedded so that they work by name anywhere.

use super::{Mapping, read};

/// Name and text.
static SHIPPED: [(&str, &str); 2] = [
    ("direct-messaging", include_str!("../../../scenarios/mappings/direct-messaging.toml")),
    ("sends-and-blocks", include_str!("../../../scenarios/mappings/sends-and-blocks.toml")),
];

/// Names of the shipped mappings.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|(name, _)| *name).collect()
}

/// The text of a shipped mapping.
pub fn text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

/// A shipped mapping. A fault in one is a fault of the program's: the tests read them all.
pub fn mapping(name: &str) -> Option<Mapping> {
    text(name).map(|text| read(&format!("{name}.toml"), text).unwrap_or_else(|e| panic!("{e}")))
}
