//! A comparison in the terminal: sentences first, then every figure by arm.
//!
//! A pure function; must not know about terminals.

use super::{Compared, arm, headline, method, saved, told, unit, wins};
use crate::report::text::{TextOptions, left, right, wrapped};
use crate::report::{figures, words};

/// The whole answer, ending in a line break.
pub fn answer(c: &Compared, notes: &[String], options: TextOptions) -> String {
    let width = options.width.max(40);
    let bold = |text: &str| if options.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_string() };
    let mut out = format!("{}\n", bold(&words::clean(&c.name)));
    let mut say = |text: &str, hang: usize| {
        for line in wrapped(text, width, 0, hang) {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    };
    if !c.question.is_empty() {
        say(&words::clean(&c.question), 0);
    }
    say("", 0);
    headline(c).iter().for_each(|s| say(s, 2));

    let arms: Vec<String> = (0..c.comparison.arms.len()).map(|i| arm(c, i)).collect();
    let room = arms.iter().map(|a| a.chars().count()).max().unwrap_or(0).clamp(10, 40);
    for line in told(c) {
        out.push('\n');
        out.push_str(&bold(&format!("{}{}", figures::name(&line.asked), unit(c, line))));
        out.push('\n');
        for (i, name) in arms.iter().enumerate() {
            let e = &line.estimates[i];
            let mut row = format!(
                "  {}{}  {}",
                left(&words::shorten(name, room), room),
                right(&figures::estimate(&line.asked, e), 12),
                left(&figures::interval(&line.asked, e), 18)
            );
            if i > 0 {
                let d = &line.differences[i - 1];
                let by =
                    d.value.map_or(figures::NONE.to_string(), |v| figures::signed(&line.asked.measure, v));
                let more = format!(
                    "{}  {}  {}",
                    right(&by, 14),
                    left(&figures::signed_interval(&line.asked.measure, d), 24),
                    wins(line, i)
                );
                if row.chars().count() + more.trim_end().chars().count() > width {
                    out.push_str(row.trim_end());
                    out.push('\n');
                    row = format!("  {}", left("", room.min(16)));
                }
                row.push_str(&more);
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
    }
    out.push('\n');
    let mut close = |text: &str| {
        for line in wrapped(text, width, 0, 0) {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    };
    close(&format!("{}.", capital(&method(c))));
    if let Some(saved) = saved(c) {
        close(&saved);
    }
    notes.iter().for_each(|n| close(&format!("Note: {n}")));
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}
