//! A comparison in the terminal: sentences first, then every figure by arm.
//!
//! A pure function; must not know about terminals.

use super::answer::{notes, warnings};
use super::{Compared, headline, letter, told, unit, wins};
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::{figures, words};

/// The whole answer, ending in a line break.
pub fn answer(c: &Compared, options: TextOptions) -> String {
    let mut page = Page::new(options, 40);
    page.head(&c.name, &c.question);
    let letters: Vec<String> = (0..c.comparison.arms.len()).map(letter).collect();
    for (i, letter) in letters.iter().enumerate() {
        page.wrap(&format!("{letter}  {}", words::clean(&c.comparison.arms[i])), 0, 3);
    }
    page.line("");
    page.sentences(&headline(c));

    for line in told(c) {
        page.section(&format!("{}{}", figures::name(&line.asked), unit(c, line)));
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
                if row.chars().count() + 2 + won.chars().count() <= page.width {
                    row.push_str(&format!("  {won}"));
                }
            }
            page.line(&row);
        }
    }
    page.warnings(&warnings(c));
    page.line("");
    notes(c).iter().for_each(|n| page.wrap(n, 0, 0));
    page.out
}
