//! What an import saw and made no row of, counted: nothing is passed over in silence, and nothing unknown is fatal.
//!
//! Names come from the input and are cut; values never get in here. Must not know how counts are shown.

use std::collections::BTreeMap;

use crate::import::fields::word;

/// Different names that are kept for each kind; more are counted together.
const NAMES_MAX: usize = 200;
const OTHERS: &str = "(others)";

/// Counts by what and which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Unknown things: what kind of thing (`field`, `status`, `message type`, …), its name, how often.
    unknown: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Known things that give no row, or that need a word: the sentence, how often.
    remarks: BTreeMap<&'static str, u64>,
}

impl Notes {
    /// Counts something unknown.
    pub fn unknown(&mut self, what: &'static str, name: &str) {
        let names = self.unknown.entry(what).or_default();
        // A name with a phone number in it is no name to show.
        let numbered = name.chars().filter(char::is_ascii_digit).count() >= 7;
        let name = if numbered { name.replace(|c: char| c.is_ascii_digit(), "#") } else { name.to_string() };
        let name = match word(&name) {
            w if w.is_empty() => "(empty)".to_string(),
            w => w.chars().take(60).collect(),
        };
        let name = match names.contains_key(&name) || names.len() < NAMES_MAX {
            true => name,
            false => OTHERS.to_string(),
        };
        *names.entry(name).or_default() += 1;
    }

    /// Counts something known that needs a word.
    pub fn remark(&mut self, sentence: &'static str) {
        self.remarks_of(sentence, 1);
    }

    /// As [`Notes::remark`], several at once; none is none.
    pub fn remarks_of(&mut self, sentence: &'static str, times: u64) {
        if times > 0 {
            *self.remarks.entry(sentence).or_default() += times;
        }
    }

    /// What was unknown: what, which, how often; the most frequent first inside each what.
    pub fn unknowns(&self) -> Vec<(&'static str, &str, u64)> {
        let mut rows = Vec::new();
        for (what, names) in &self.unknown {
            let mut of: Vec<(&'static str, &str, u64)> =
                names.iter().map(|(name, n)| (*what, name.as_str(), *n)).collect();
            of.sort_by_key(|(_, _, n)| std::cmp::Reverse(*n));
            rows.extend(of);
        }
        rows
    }

    /// Sentences and how often each applies.
    pub fn remarks(&self) -> Vec<(&'static str, u64)> {
        self.remarks.iter().map(|(s, n)| (*s, *n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_counted_and_bounded() {
        let mut notes = Notes::default();
        for i in 0..1000 {
            notes.unknown("field", &format!("f{i}"));
        }
        notes.unknown("field", "f1");
        notes.unknown("field", "\n\"");
        let found = notes.unknowns();
        assert_eq!(found.len(), NAMES_MAX + 1);
        // The empty name came too late for a line of its own.
        assert_eq!((found[0].1, found[0].2), (OTHERS, 801));
        assert_eq!((found[1].1, found[1].2), ("f1", 2));
        notes.unknown("field", "u_4917100001");
        assert!(notes.unknowns().iter().all(|n| !n.1.contains("4917")));
        notes.remarks_of("a", 0);
        assert!(notes.remarks().is_empty());
    }
}
