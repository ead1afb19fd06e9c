//! What a varied field is called where people read of it.
//!
//! Plain words made from the description of the file's keys. Must not know how they are laid out.

use crate::scenario::field_name;

/// A varied field in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its path, as `--set` takes it.
    pub path: String,
    /// What it is called: `block chance of lapsed`.
    pub name: String,
    /// The same without its owner: `block chance`.
    pub short: String,
    /// Its unit; empty where it has none or its values carry their own.
    pub unit: String,
    /// Whether only whole numbers fit.
    pub whole: bool,
}

impl Field {
    /// Of a path; amounts are in this currency.
    pub fn of(path: &str, currency: &str) -> Field {
        let found = field_name(path);
        let name = match found.of.as_str() {
            "" => found.name.clone(),
            of => format!("{} of {of}", found.name),
        };
        let unit = match found.unit.strip_prefix("currency") {
            Some(rest) => format!("{currency}{rest}"),
            None => found.unit.to_string(),
        };
        // Said already: dispatches per week, in dispatches per week.
        let unit = if name.contains(&unit) { String::new() } else { unit };
        Field { path: path.to_string(), name, short: found.name, unit, whole: found.whole }
    }

    /// With its unit: `block chance of lapsed (probability per read message)`.
    pub fn titled(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, self.unit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_with_its_owner_and_a_unit_that_says_something() {
        let told = |path: &str| Field::of(path, "EUR").titled();
        let block = "block chance of lapsed (probability per read message)";
        assert_eq!(told("segments.lapsed.block_base"), block);
        assert_eq!(told("campaigns.sale.per_week"), "dispatches per week of sale");
        assert_eq!(told("money.marketing"), "price of a marketing message (EUR per message)");
        assert!(Field::of("campaigns.sale.per_week", "EUR").whole);
    }
}
