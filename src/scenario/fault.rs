//! What is wrong with a text, all of it, each with its place.
//!
//! Knows nothing of scenarios: only places, findings and spelling. Callers decide what is printed where.

use std::fmt;

/// A place in a text; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The text it is in, as the caller named it; for an override, the whole `--set path=value`.
    pub file: String,
    /// Where in it; none for an override or a text as a whole.
    pub position: Option<Position>,
    /// The field, as `--set` would address it; empty when the text as a whole is meant.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What is allowed; empty when `found` says it all.
    pub allowed: String,
    /// The nearest right spelling or another way out.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.found)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        if !self.allowed.is_empty() {
            write!(f, " (allowed: {})", self.allowed)?;
        }
        Ok(())
    }
}

/// Everything wrong with a text, in order of place; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

/// The candidate a person most likely meant, if any is near enough.
pub fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    let allowed_slips = 1 + lower.chars().count() / 4;
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|(slips, c)| *slips <= allowed_slips && *slips < c.chars().count())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, c)| c)
}

/// `did you mean x?`, if any candidate is near enough.
pub fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(found, candidates).map(|c| format!("did you mean {c}?"))
}

/// Finds lines and columns of byte offsets in one text.
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Indexes the lines of `text`.
    pub fn new(text: &'t str) -> Lines<'t> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Lines { text, starts }
    }

    /// The place of a byte offset; one past the end is allowed.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|s| *s <= offset) - 1;
        let column = self.text[self.starts[line]..offset].chars().count() + 1;
        Position { line: line as u32 + 1, column: column as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let lines = Lines::new("a = 1\ngrüße = 2\n");
        assert_eq!(lines.position(0), Position { line: 1, column: 1 });
        let text = "a = 1\ngrüße = 2\n";
        let two = text.find('2').unwrap();
        assert_eq!(lines.position(two), Position { line: 2, column: 9 });
        assert_eq!(lines.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn near_misses_are_near() {
        assert_eq!(nearest("per_wek", ["at", "per_week", "weekdays"]), Some("per_week"));
        assert_eq!(nearest("RED", ["red", "green"]), Some("red"));
        assert_eq!(nearest("xyzzy", ["at", "per_week"]), None);
        assert_eq!(nearest("b", ["a"]), None);
    }

    #[test]
    fn a_fault_reads_like_a_compiler_message() {
        let fault = Fault {
            file: "scenarios/x.toml".into(),
            position: Some(Position { line: 12, column: 5 }),
            path: "campaigns.promo.per_wek".into(),
            found: "unknown key".into(),
            allowed: "at, per_week".into(),
            hint: Some("did you mean per_week?".into()),
        };
        assert_eq!(
            fault.to_string(),
            "scenarios/x.toml:12:5: campaigns.promo.per_wek: unknown key; did you mean per_week? (allowed: at, \
             per_week)"
        );
    }
}
