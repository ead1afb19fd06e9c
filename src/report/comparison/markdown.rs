//! A comparison as Markdown, for the description of a pull request.
//!
//! A pure function; must not know where it is pasted.

use super::{Compared, arm, headline, method, told, unit, wins};
use crate::report::{figures, words};

/// The comparison: sentences, gates, one table.
pub fn markdown(c: &Compared) -> String {
    let mut out = format!("### {}\n\n", cell(&words::clean(&c.name)));
    for s in headline(c) {
        out.push_str(&format!("- {}\n", cell(&s)));
    }
    out.push_str("\n| figure | arm | value | 95 % interval | difference | 95 % interval | replications |\n");
    out.push_str("|---|---|---:|---:|---:|---:|---|\n");
    for line in told(c) {
        for (i, e) in line.estimates.iter().enumerate() {
            let name = if i == 0 {
                format!("{}{}", figures::name(&line.asked), unit(c, line))
            } else {
                String::new()
            };
            let (by, interval, won) = match i.checked_sub(1).map(|d| &line.differences[d]) {
                None => Default::default(),
                Some(d) => (
                    d.value.map_or(figures::NONE.to_string(), |v| figures::signed(&line.asked.measure, v)),
                    figures::signed_interval(&line.asked.measure, d),
                    wins(line, i),
                ),
            };
            out.push_str(&format!(
                "| {} | {} | {} | {} | {by} | {interval} | {won} |\n",
                cell(&name),
                cell(&arm(c, i)),
                figures::estimate(&line.asked, e),
                figures::interval(&line.asked, e),
            ));
        }
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
