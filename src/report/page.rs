//! A page of text for the terminal: lines that keep to a width, words that are not torn from their figures, bold where
//! colour is wanted.
//!
//! Must not know what is told, nor about terminals: width and colour are asked for.

use crate::report::answer::Warning;
use crate::report::words;

/// How the answer is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns to fill; less than 40 counts as 40. Sentences and strips keep to it, tables need 80.
    pub width: usize,
    /// Whether ANSI colour codes may be used. Letters carry the meaning either way.
    pub color: bool,
}

impl Default for TextOptions {
    fn default() -> TextOptions {
        TextOptions { width: 80, color: false }
    }
}

/// Text under construction.
pub struct Page {
    /// What there is so far; every line ended.
    pub out: String,
    /// Columns to fill.
    pub width: usize,
    /// Whether colour codes may be used.
    pub color: bool,
}

impl Page {
    /// An empty page, at least so many columns wide.
    pub fn new(options: TextOptions, least: usize) -> Page {
        Page { out: String::new(), width: options.width.max(least), color: options.color }
    }

    /// A name in bold, the question under it, if there is one, and an empty line.
    pub fn head(&mut self, name: &str, question: &str) {
        let name = self.bold(&words::clean(name));
        self.line(&name);
        if !question.is_empty() {
            self.wrap(&words::clean(question), 0, 0);
        }
        self.line("");
    }

    /// One line as it is, blanks at its end left out.
    pub fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// An empty line and a title in bold.
    pub fn section(&mut self, title: &str) {
        self.out.push('\n');
        for line in wrapped(title, self.width, 0, 0) {
            let line = self.bold(&line);
            self.line(&line);
        }
    }

    /// Breaks words at the width; lines after the first are indented by `hang` more than `indent`.
    pub fn wrap(&mut self, text: &str, indent: usize, hang: usize) {
        for line in wrapped(text, self.width, indent, hang) {
            self.line(&line);
        }
    }

    /// Sentences, one after the other, each with its later lines indented.
    pub fn sentences(&mut self, all: &[String]) {
        all.iter().for_each(|s| self.wrap(s, 0, 2));
    }

    /// What a reader should know before believing the rest; what to do about it stands on a line of its own.
    pub fn warnings(&mut self, all: &[Warning]) {
        if all.is_empty() {
            return;
        }
        self.section("Warnings");
        for w in all {
            self.wrap(&format!("- {}", words::clean(&w.text)), 2, 2);
            if !w.advice.is_empty() {
                self.wrap(&words::clean(&w.advice), 4, 0);
            }
        }
    }

    /// A text in bold, where colour is wanted.
    pub fn bold(&self, text: &str) -> String {
        if self.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// A text in lines of at most `width` characters; the first is indented, later ones by `hang` more.
pub fn wrapped(text: &str, width: usize, indent: usize, hang: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = " ".repeat(indent);
    let mut empty = true;
    // A break inside "12 %" or "day 4" would tear a number from what it counts.
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    let mut i = 0;
    while i < words.len() {
        let mut piece = words[i].to_string();
        while i + 1 < words.len() && (words[i + 1].starts_with('%') || words[i] == "day") {
            i += 1;
            piece.push(' ');
            piece.push_str(words[i]);
        }
        i += 1;
        if !empty && chars(&line) + 1 + chars(&piece) > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent + hang)));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&piece);
        empty = false;
    }
    lines.push(line);
    lines
}

/// Characters of a text.
pub fn chars(text: &str) -> usize {
    text.chars().count()
}

/// A text with blanks after it up to a width.
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(chars(text))))
}

/// A text with blanks before it up to a width.
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(chars(text))))
}
