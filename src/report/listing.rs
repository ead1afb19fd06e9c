//! Long listings for the terminal (rules, rate cards): paragraphs, hanging lines, sources as footnotes.
//!
//! Plain text of a fixed width, the same wherever it is printed. Knows nothing of what is listed.

use std::fmt::Write as _;

use serde_json::Value;

/// Columns of a terminal that every line fits.
pub(super) const WIDTH: usize = 100;

/// Sources, each once, numbered in the order of their first use.
#[derive(Default)]
pub(super) struct Footnotes(Vec<String>);

impl Footnotes {
    /// The mark of a source: `[3]`.
    pub(super) fn number(&mut self, text: String) -> String {
        let at = self.0.iter().position(|t| *t == text).unwrap_or_else(|| {
            self.0.push(text);
            self.0.len() - 1
        });
        format!("[{}]", at + 1)
    }

    /// All of them, under a heading.
    pub(super) fn print(&self, out: &mut String) {
        let _ = writeln!(out, "sources");
        for (i, text) in self.0.iter().enumerate() {
            hanging(out, &format!("  {:>4} ", format!("[{}]", i + 1)), text);
        }
    }
}

/// A paragraph, every line indented.
pub(super) fn paragraph(out: &mut String, indent: &str, text: &str) {
    for line in wrap(text, WIDTH - indent.len()).iter().filter(|l| !l.is_empty()) {
        let _ = writeln!(out, "{indent}{line}");
    }
}

/// Text after a lead, its further lines under its first.
pub(super) fn hanging(out: &mut String, lead: &str, text: &str) {
    let width = lead.chars().count();
    for (i, line) in wrap(text, WIDTH - width).iter().enumerate() {
        let _ = match i {
            0 => writeln!(out, "{lead}{line}"),
            _ => writeln!(out, "{}{line}", " ".repeat(width)),
        };
    }
}

/// Breaks at spaces; a word longer than a line stands alone on one.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is a line");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines
}

/// JSON for people, with a line's end.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("texts and tables are JSON");
    text.push('\n');
    text
}
