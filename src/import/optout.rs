//! Which replies withdraw or give consent: a word list, compared whole.
//!
//! The shipped list is [`SHIPPED`]; another can be read from text of the same shape. Must not know messages.

use std::collections::BTreeMap;

use crate::text::{self, Entry, Fault, Faults, Value, did_you_mean};

/// The list that comes with the program, as text.
pub const SHIPPED: &str = include_str!("optout-words.toml");

/// What a reply means for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consent {
    /// Withdrawn.
    Out,
    /// Given.
    In,
}

/// The tables of a list.
const TABLES: [(&str, Consent); 2] = [("opt_out", Consent::Out), ("opt_in", Consent::In)];
const SHAPE: &str = "lists of words by language, as in en = [\"stop\"]";

/// A word list, ready to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    meanings: BTreeMap<String, Consent>,
}

impl Words {
    /// The list that comes with the program.
    pub fn shipped() -> Words {
        Words::parse("optout-words.toml", SHIPPED).expect("the shipped list is tested")
    }

    /// A list from text, every fault with its place; `name` is what messages call it.
    pub fn parse(name: &str, text: &str) -> Result<Words, Faults> {
        let root = text::parse(name, text)?.root;
        let mut words = Words { meanings: BTreeMap::new() };
        let mut faults = Vec::new();
        for entry in root.entries() {
            match TABLES.iter().find(|t| t.0 == entry.key) {
                Some((_, meaning)) => words.table(entry, *meaning, &mut faults),
                None => faults.push(
                    Fault::new(entry.place.clone(), &entry.key, "unknown table")
                        .allowed("opt_out, opt_in")
                        .hint(did_you_mean(&entry.key, TABLES.map(|t| t.0))),
                ),
            }
        }
        if faults.is_empty() { Ok(words) } else { Err(Faults(faults)) }
    }

    /// One of the two tables.
    fn table(&mut self, table: &Entry, meaning: Consent, faults: &mut Vec<Fault>) {
        let fault = |node: &text::Node, path: String, found: String| {
            Fault::new(node.place.clone(), path, found).allowed(SHAPE)
        };
        if !matches!(table.node.value, Value::Table(_)) {
            faults.push(fault(&table.node, table.key.clone(), table.node.value.describe()));
        }
        for language in table.node.entries() {
            let path = format!("{}.{}", table.key, language.key);
            let Value::List(list) = &language.node.value else {
                faults.push(fault(&language.node, path, language.node.value.describe()));
                continue;
            };
            for node in list {
                let folded = node.value.as_text().map(fold);
                match folded {
                    None => faults.push(fault(node, path.clone(), node.value.describe())),
                    Some(word) if word.is_empty() => {
                        let found = format!("{} has no letter or digit to compare", node.value.describe());
                        faults.push(fault(node, path.clone(), found));
                    }
                    Some(word) => {
                        if self.meanings.insert(word, meaning).is_some_and(|before| before != meaning) {
                            let found = format!("{} stands in both tables", node.value.describe());
                            faults.push(Fault::new(node.place.clone(), path.clone(), found));
                        }
                    }
                }
            }
        }
    }

    /// What a reply means, if it is one of the words and nothing else; with the word.
    pub fn meaning(&self, reply: &str) -> Option<(Consent, String)> {
        // No word is that long, and replies may be.
        if reply.len() > 400 {
            return None;
        }
        let folded = fold(reply);
        self.meanings.get(&folded).map(|m| (*m, folded))
    }
}

/// Small letters, without punctuation, signs and emoji, words parted by one blank.
fn fold(text: &str) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in text.chars() {
        // Marks that show nothing, and the dot that a Turkish capital I leaves behind.
        if matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
        {
            continue;
        }
        if c.is_alphanumeric() {
            if std::mem::take(&mut gap) && !out.is_empty() {
                out.push(' ');
            }
            out.extend(c.to_lowercase().filter(|l| *l != '\u{307}'));
        } else {
            gap = true;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_compared_whole_whatever_their_dress() {
        let words = Words::shipped();
        let means = |reply: &str| words.meaning(reply).map(|m| m.0);
        for reply in [
            "STOP",
            " stop. ",
            "Stop!!! 🛑",
            "\u{200e}STOP\u{200e}",
            "Opt-out",
            "unsubscribe\n",
            "ARRÊT",
            "Dar de baja",
            "Sair",
            "СТОП",
            "退订",
            "הסר",
            "बंद करें",
            "stop_all",
            "Stop promotions",
        ] {
            assert_eq!(means(reply), Some(Consent::Out), "{reply}");
        }
        for reply in ["START", "unstop", "s’abonner"] {
            assert_eq!(means(reply), Some(Consent::In), "{reply}");
        }
        for reply in ["", "!", "no", "Cancel", "quit", "please stop by tomorrow", "don't stop", "nonstop"] {
            assert_eq!(means(reply), None, "{reply}");
        }
        assert_eq!(words.meaning(&"stop ".repeat(500)), None);
        assert_eq!(words.meaning("STOP!").unwrap().1, "stop");
    }

    #[test]
    fn a_list_of_ones_own_is_checked() {
        let words = Words::parse("w.toml", "[opt_out]\nde = [\"Tschüss\"]\n").unwrap();
        assert!(words.meaning("TSCHÜSS").is_some() && words.meaning("stop").is_none());
        let fault = |text| Words::parse("w.toml", text).unwrap_err().to_string();
        let unknown = fault("[opt_out]\nen = [\"stop\"]\n[opt_inn]\n");
        assert!(unknown.starts_with("w.toml:3:") && unknown.contains("opt_in"), "{unknown}");
        assert!(fault("[opt_out]\nen = \"stop\"\n").starts_with("w.toml:2:6: opt_out.en"));
        assert!(fault("[opt_out]\nen = [\"!\"]\n").contains("no letter or digit"));
        assert!(fault("[opt_out]\nen = [1]\n").starts_with("w.toml:2:"));
        assert!(fault("opt_out = 3\n").contains("lists of words"));
        assert!(fault("[opt_out]\nen = [\"go\"]\n[opt_in]\nde = [\"GO\"]\n").contains("both tables"));
    }
}
