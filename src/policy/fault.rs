//! What is wrong with a policy file, all of it at once: file, line, column, what was found, what is allowed.
//!
//! Knows texts and places only; what is right or wrong is decided in `file` and `resolve`.

use std::fmt;

/// Where something stands in a text. Line and column count from 1, columns in characters; both 0: no place known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset in a text.
    pub fn of(text: &str, offset: usize) -> Place {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// One fault (or one warning: the same shape, kept in another list).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the text, as the caller gave it.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What was found and what is allowed, as one sentence.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.line == 0 {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}:{}:{}: {}", self.file, self.place.line, self.place.column, self.message)
        }
    }
}

/// Everything wrong with one text, in the order of the text. Never empty when returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

/// The allowed name nearest to what was written, if one is near enough to be meant; among equals the one that begins
/// alike.
pub fn nearest<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    let rank = |name: &str| {
        let name = name.to_lowercase();
        let shared = lower.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        (strsim::damerau_levenshtein(&lower, &name), usize::MAX - shared)
    };
    let near = |name: &&str| rank(name).0 <= 2.max(name.len() / 3) && rank(name).0 < name.len();
    allowed.into_iter().filter(near).min_by_key(|name| rank(name))
}

/// `; did you mean "x"?`, or nothing.
pub(super) fn hint<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    nearest(found, allowed).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "a = 1\nβγ = 2\n";
        assert_eq!(Place::of(text, 0), Place { line: 1, column: 1 });
        assert_eq!(Place::of(text, text.find('=').unwrap()), Place { line: 1, column: 3 });
        assert_eq!(Place::of(text, text.rfind('=').unwrap()), Place { line: 2, column: 4 });
        assert_eq!(Place::of(text, 999), Place { line: 3, column: 1 });
    }

    #[test]
    fn near_misses_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("yelow_at", ["yellow_at", "red_at"]), Some("yellow_at"));
        assert_eq!(nearest("Yellow_At", ["yellow_at", "red_at"]), Some("yellow_at"));
        assert_eq!(nearest("2023-3", ["2022-05", "2023-03", "2023-11"]), Some("2023-03"));
        assert_eq!(nearest("2025-11", ["2023-11", "2025-10", "2025-12"]), Some("2025-10"));
        assert_eq!(nearest("carrots", ["yellow_at", "red_at"]), None);
    }
}
