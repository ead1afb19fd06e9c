//! Where something stands in a text: line and column of byte offsets, and places that name their text.
//!
//! Knows texts as characters only: neither their syntax nor what they say.

use std::fmt;
use std::sync::Arc;

/// A place in a text; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
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

/// Which text, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The text, as the caller named it: a file, or an override such as `--set path=value`.
    pub source: Arc<str>,
    /// Where in it; none when the text as a whole is meant.
    pub position: Option<Position>,
}

impl Place {
    /// A text as a whole.
    pub fn whole(source: impl Into<Arc<str>>) -> Place {
        Place { source: source.into(), position: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        match self.position {
            Some(Position { line, column }) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a = 1\ngrüße = 2\n";
        let lines = Lines::new(text);
        let at = |offset| {
            let p = lines.position(offset);
            (p.line, p.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(text.find('2').unwrap()), (2, 9));
        assert_eq!(at(text.find('ü').unwrap() + 1), (2, 3), "inside a character is at it");
        assert_eq!(at(999), (3, 1));
    }

    #[test]
    fn a_place_reads_like_a_compilers() {
        let mut place = Place::whole("x.toml");
        assert_eq!(place.to_string(), "x.toml");
        place.position = Some(Position { line: 12, column: 5 });
        assert_eq!(place.to_string(), "x.toml:12:5");
    }
}
