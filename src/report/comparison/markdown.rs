//! A comparison as Markdown, for the description of a pull request.
//!
//! A pure function; must not know where it is pasted.

use super::{Compared, headline, method, rows};
use crate::report::words;

/// The comparison: sentences, gates, one table.
pub fn markdown(c: &Compared) -> String {
    let mut out = format!("### {}\n\n", cell(&words::clean(&c.name)));
    for s in headline(c) {
        out.push_str(&format!("- {}\n", cell(&s)));
    }
    out.push_str("\n| figure | arm | value | 95 % interval | difference | 95 % interval | replications |\n");
    out.push_str("|---|---|---:|---:|---:|---:|---|\n");
    for row in rows(c) {
        out.push_str(&format!("| {} |\n", row.map(|text| cell(&text)).join(" | ")));
    }
    out.push_str(&format!("\n<sub>{}</sub>\n", cell(&method(c))));
    out
}

/// Text that cannot end a cell or begin markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '`' | '*' | '\\' | '[' | ']' | '#' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name with underscores inside words is no markup, alone it is.
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
