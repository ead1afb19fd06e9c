//! Which replies withdraw or give consent: a word list, compared whole.
//!
//! The shipped list is [`SHIPPED`]; another can be read from text of the same shape. Must not know messages.

use std::collections::BTreeMap;

use serde::Deserialize;

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

/// Why a word list is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// It does not read.
    #[error(
        "line {line}: {what} (allowed: tables [opt_out] and [opt_in] of lists of words by language, as in `en = [\"stop\"]`)"
    )]
    Unreadable {
        /// From 1.
        line: usize,
        /// What the reader says.
        what: String,
    },
    /// A word has no letter or digit.
    #[error("{table}.{language}: {word:?} has no letter or digit to compare")]
    Blank {
        /// `opt_out` or `opt_in`.
        table: &'static str,
        /// The language.
        language: String,
        /// The word.
        word: String,
    },
    /// A word stands in both tables.
    #[error("{word:?} stands in opt_out and in opt_in; a reply can mean one of them only")]
    Both {
        /// The word.
        word: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    opt_out: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    opt_in: BTreeMap<String, Vec<String>>,
}

/// A word list, ready to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    meanings: BTreeMap<String, Consent>,
}

impl Words {
    /// The list that comes with the program.
    pub fn shipped() -> Words {
        Words::parse(SHIPPED).expect("the shipped list is tested")
    }

    /// A list from text.
    pub fn parse(text: &str) -> Result<Words, WordsError> {
        let file: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            WordsError::Unreadable { line, what: e.message().to_string() }
        })?;
        let mut meanings = BTreeMap::new();
        for (table, lists, meaning) in
            [("opt_out", file.opt_out, Consent::Out), ("opt_in", file.opt_in, Consent::In)]
        {
            for (language, words) in lists {
                for word in words {
                    let folded = fold(&word);
                    if folded.is_empty() {
                        return Err(WordsError::Blank { table, language, word });
                    }
                    if meanings.insert(folded, meaning).is_some_and(|before| before != meaning) {
                        return Err(WordsError::Both { word });
                    }
                }
            }
        }
        Ok(Words { meanings })
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
        let words = Words::parse("[opt_out]\nde = [\"Tschüss\"]\n").unwrap();
        assert!(words.meaning("TSCHÜSS").is_some() && words.meaning("stop").is_none());
        let fault = |text| Words::parse(text).unwrap_err().to_string();
        assert!(fault("[opt_out]\nen = [\"stop\"]\n[opt_inn]\n").starts_with("line 3:"));
        assert!(fault("[opt_out]\nen = \"stop\"\n").starts_with("line 2:"));
        assert!(fault("[opt_out]\nen = [\"!\"]\n").contains("opt_out.en"));
        assert!(matches!(
            Words::parse("[opt_out]\nen = [\"go\"]\n[opt_in]\nde = [\"GO\"]\n"),
            Err(WordsError::Both { .. })
        ));
    }
}
