//! What a figure about people is worth: the range and the source that stand beside its default.
//!
//! Reads the description of the file's keys and nothing else. Must not know any scenario.

use super::check::join;
use super::fields::SCENARIO;
use super::spec::{Basis, Kind};

/// Between which values a figure is plausible, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Lowest plausible value.
    pub low: &'static str,
    /// Highest plausible value.
    pub high: &'static str,
    /// What the default leans on.
    pub source: &'static str,
}

/// The standing of a key of `[recipients]`; none for a key that claims nothing about the world.
pub fn of_people(key: &str) -> Option<Standing> {
    let Kind::Table(people) = SCENARIO.field("recipients")?.kind else { return None };
    match people.field(key)?.basis {
        Basis::Setting => None,
        Basis::Reported { low, high, source } | Basis::Assumed { low, high, source } => {
            Some(Standing { low, high, source })
        }
    }
}

/// Every key of `[recipients]` that claims something about the world, with its standing, in the order of the list.
pub fn all_of_people() -> impl Iterator<Item = (&'static str, Standing)> {
    let fields: &[&[super::spec::Field]] = match SCENARIO.field("recipients").map(|f| &f.kind) {
        Some(Kind::Table(people)) => people.fields,
        _ => &[],
    };
    fields.iter().flat_map(|group| group.iter()).filter_map(|f| Some((f.key, of_people(f.key)?)))
}

/// The path of a field as `--set` takes it: names with a dot in quotes.
pub fn path(keys: &[&str]) -> String {
    keys.iter().fold(String::new(), |path, key| join(&path, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_about_people_have_a_range_and_settings_have_none() {
        let block = of_people("block_base").unwrap();
        assert_eq!((block.low, block.high), ("0.001", "0.03"));
        assert!(!block.source.is_empty());
        assert_eq!((of_people("topics"), of_people("no_such_key")), (None, None));
        assert_eq!(path(&["segments", "a.b", "read"]), "segments.\"a.b\".read");
    }
}
