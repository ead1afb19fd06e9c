//! A comparison in the terminal: sentences first, then every figure by arm.
//!
//! A pure function; must not know about terminals.

use super::{Compared, headline, letter, method, saved, told, unit, wins};
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
    let letters: Vec<String> = (0..c.comparison.arms.len()).map(letter).collect();
    for (i, letter) in letters.iter().enumerate() {
        say(&format!("{letter}  {}", words::clean(&c.comparison.arms[i])), 3);
    }
    say("", 0);
    headline(c).iter().for_each(|s| say(s, 2));

    for line in told(c) {
        out.push('\n');
        out.push_str(&bold(&format!("{}{}", figures::name(&line.asked), unit(c, line))));
        out.push('\n');
        for (i, name) in letters.iter().enumerate() {
            let e = &line.estimates[i];
            let mut row = format!(
                "  {}{}  {}",
                left(name, 3),
                right(&figures::estimate(&line.asked, e), 9),
                left(&figures::interval(&line.asked, e), 14)
            );
            if i > 0 {
                let d = &line.differences[i - 1];
                let by =
                    d.value.map_or(figures::NONE.to_string(), |v| figures::signed(&line.asked.measure, v));
                let interval = figures::signed_interval(&line.asked.measure, d);
                row.push_str(&format!("{}  {}", right(&by, 13), left(&interval, 22)));
                let won = wins(line, i).replace("better in", "better").replace("worse in", "worse");
                // How often is said where there is room for it; the table in comparison.csv always has it.
                if row.chars().count() + 2 + won.chars().count() <= width {
                    row.push_str(&format!("  {won}"));
                }
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
