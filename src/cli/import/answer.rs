//! What an import says when it is done: a sentence, what came out, what did not, and what to do next.

use std::fmt::Write;
use std::path::Path;

use crate::cli::import::inputs::Input;
use crate::cli::import::rejects::Rejects;
use crate::import::{Compared, Outcome};
use crate::report::words::{clean, count, plural, shorten};
use crate::store::log::Put;

/// Lines of a table before the rest is only counted.
const LINES_MAX: usize = 20;

/// Everything the answer is made of.
pub struct Answer<'a> {
    /// What was read.
    pub inputs: &'a [Input],
    /// Where the rows went.
    pub out: &'a Path,
    /// What became of that file.
    pub put: Put,
    /// What the import gave.
    pub outcome: &'a Outcome,
    /// What did not read.
    pub rejects: &'a Rejects,
    /// Whether people and message ids are hashed.
    pub pseudonymised: bool,
}

impl Answer<'_> {
    /// The whole answer.
    pub fn text(&self) -> String {
        let mut t = String::new();
        self.head(&mut t);
        self.events(&mut t);
        self.numbers(&mut t);
        self.volumes(&mut t);
        self.unknown(&mut t);
        self.notes(&mut t);
        self.next(&mut t);
        t
    }

    fn head(&self, t: &mut String) {
        let (o, s) = (self.outcome, &self.outcome.settled);
        let from = inputs_words(self.inputs);
        let out = clean(&self.out.display().to_string());
        let span = match s.span {
            Some((a, b)) => format!(", {a} to {b}"),
            None => String::new(),
        };
        let what = put_words(self.put);
        let _ = writeln!(
            t,
            "Imported {} from {} in {from}{span}: {out}{what}.",
            plural(s.rows, "row", "rows"),
            plural(o.read.bodies, "body or answer", "bodies and answers"),
        );
        if s.repeated > 0 {
            let _ = writeln!(
                t,
                "{} what another one says to the letter: left out.",
                plural(s.repeated, "more row said", "more rows said"),
            );
        }
        rejected(t, self.rejects, self.pseudonymised);
        if s.rows == 0 {
            let _ = writeln!(
                t,
                "Nothing in it was recognised: the log has no rows. Webhooks are JSON bodies of the platform; a table is \
                 for `tiersim import csv`, a log of ours needs no import."
            );
        }
    }

    fn events(&self, t: &mut String) {
        let rows: Vec<[String; 2]> =
            self.outcome.settled.events.iter().map(|(name, n)| [name.to_string(), count(*n)]).collect();
        table(t, "Rows", &["event", "rows"], &rows);
    }

    fn numbers(&self, t: &mut String) {
        let s = &self.outcome.settled;
        let mut by_rows: Vec<(&String, &u64)> = s.numbers.iter().collect();
        by_rows.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        let rows: Vec<[String; 2]> = by_rows.iter().map(|(name, n)| [clean(name), count(**n)]).collect();
        table(t, "Numbers", &["number", "rows"], &rows);
        if s.portfolios.len() > 1 {
            let _ = writeln!(
                t,
                "  {} portfolios, one per WhatsApp business account; if they belong to one business, whose limit is \
                 shared since October 2025, --portfolio ID puts them together.",
                count(s.portfolios.len() as u64)
            );
        }
    }

    fn volumes(&self, t: &mut String) {
        let shown = |n: Option<u64>| n.map_or("-".to_string(), count);
        let row = |c: &Compared| {
            let v = &c.volume;
            [
                v.from.date(),
                v.to.date(),
                v.answer.to_string(),
                shorten(&clean(&v.subject), 40),
                shown(v.sent),
                shown(c.sent),
                shown(v.delivered),
                shown(c.delivered),
            ]
        };
        let rows: Vec<[String; 8]> = self.outcome.settled.volumes.iter().map(row).collect();
        let heads = ["from", "to", "counts of", "subject", "sent", "imported", "delivered", "imported"];
        table(
            t,
            "Counts by the platform, and the rows of this import for the same numbers and time",
            &heads,
            &rows,
        );
    }

    fn unknown(&self, t: &mut String) {
        let unknown = self.outcome.notes.unknowns();
        let rows: Vec<[String; 3]> =
            unknown.iter().map(|(what, name, n)| [what.to_string(), clean(name), count(*n)]).collect();
        table(t, "Not known to this version, counted", &["what", "name", "times"], &rows);
    }

    fn notes(&self, t: &mut String) {
        let remarks = self.outcome.notes.remarks();
        if remarks.is_empty() {
            return;
        }
        let _ = writeln!(t, "\nNotes");
        for (sentence, n) in remarks {
            let _ = writeln!(t, "  {} × {sentence}", count(n));
        }
    }

    fn next(&self, t: &mut String) {
        let events = &self.outcome.settled.events;
        if events.is_empty() {
            return;
        }
        let out = clean(&self.out.display().to_string());
        let _ = writeln!(t, "\nNext");
        let _ = writeln!(
            t,
            "  tiersim replay {out} --policy auto    ratings, limits and statuses by the rules of each date"
        );
        let _ = writeln!(
            t,
            "  No payload says who blocked or reported a number. Without them ratings can't be derived, only the\n  \
             observed ones shown; add them with --with blocks.csv (recipient, time, event, number)."
        );
        if !self.pseudonymised && events.keys().any(|e| !e.ends_with("_observed")) {
            let _ = writeln!(
                t,
                "  The log holds phone numbers, in message ids too. --pseudonymise KEYFILE replaces both and keeps joins."
            );
        }
    }
}

/// What was read, in a few words.
pub(super) fn inputs_words(inputs: &[Input]) -> String {
    match inputs {
        [one] => clean(&one.name()),
        many => format!("{} files", count(many.len() as u64)),
    }
}

/// What became of the file, as the end of a clause.
pub(super) fn put_words(put: Put) -> &'static str {
    match put {
        Put::Written => "",
        Put::Same => " (it was there, the same to the byte)",
        Put::Replaced => " (replaced)",
    }
}

/// What was rejected, or that a rejects file is out of date.
pub(super) fn rejected(t: &mut String, rejects: &Rejects, pseudonymised: bool) {
    if rejects.count() > 0 {
        let n = rejects.count();
        let path = clean(&rejects.path().display().to_string());
        let first = clean(rejects.first().unwrap_or_default());
        let _ = writeln!(
            t,
            "{} not read; place, reason{} are in {path}. First: {}",
            plural(n, "piece was", "pieces were"),
            if pseudonymised { "" } else { " and text" },
            shorten(&first, 300),
        );
    }
    if rejects.stale() {
        let path = clean(&rejects.path().display().to_string());
        let _ = writeln!(t, "Nothing was rejected; {path} is of an earlier import.");
    }
}

/// A small table: the first columns to the left, numbers to the right; nothing without rows.
pub(super) fn table<const N: usize>(t: &mut String, title: &str, heads: &[&str; N], rows: &[[String; N]]) {
    if rows.is_empty() {
        return;
    }
    let shown = &rows[..rows.len().min(LINES_MAX)];
    // Counts as [`count`] writes them, or the dash of an absent one.
    let number = |s: &str| s == "-" || s.chars().all(|c| c.is_ascii_digit() || c == ',');
    let widths: [usize; N] = std::array::from_fn(|i| {
        let cells = shown.iter().map(|r| r[i].chars().count());
        cells.chain([heads[i].chars().count()]).max().unwrap_or(0)
    });
    let right: [bool; N] = std::array::from_fn(|i| i > 0 && shown.iter().all(|r| number(&r[i])));
    let _ = writeln!(t);
    let _ = writeln!(t, "{title}");
    let mut line = |cells: &dyn Fn(usize) -> String| {
        let mut out = String::from("  ");
        for i in 0..N {
            let cell = cells(i);
            let pad = " ".repeat(widths[i].saturating_sub(cell.chars().count()));
            out.push_str(&if right[i] { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") });
        }
        let _ = writeln!(t, "{}", out.trim_end());
    };
    line(&|i| heads[i].to_string());
    for row in shown {
        line(&|i| row[i].clone());
    }
    if rows.len() > shown.len() {
        let _ = writeln!(t, "  and {} more", count((rows.len() - shown.len()) as u64));
    }
}
