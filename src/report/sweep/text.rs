//! A sweep in the terminal: sentences first, then a table of points.
//!
//! Pure functions; must not know about terminals.

use super::answer::{notes, warnings};
use super::passing::across;
use super::slices::{Line, pick, slices};
use super::{full, headline, label, lead, shown};
use crate::experiment::study::catalogue::Unit;
use crate::experiment::study::swept::{Head, Swept};
use crate::report::page::{Page, TextOptions, left, right};
use crate::report::{figures, words};

/// Rows of the table.
const ROWS_MAX: usize = 24;
/// Figures of the table.
const FIGURES_MAX: usize = 4;

/// The whole answer, ending in a line break.
pub fn answer(s: &Swept, options: TextOptions) -> String {
    let mut page = Page::new(options, 40);
    page.head(&s.head.name, &s.head.question);
    page.sentences(&headline(s));
    page.line("");
    table(&mut page, s);
    page.warnings(&warnings(s));
    page.line("");
    notes(s).iter().for_each(|n| page.wrap(n, 0, 0));
    page.out
}

/// The figures of the table: the lead, then those that move most worth telling.
pub(super) fn columns(s: &Swept) -> Vec<usize> {
    let moves = |f: &usize| {
        let mut values = s.points.iter().filter_map(|p| p.estimates[*f].value);
        values.next().is_some_and(|first| values.any(|v| v != first))
    };
    let mut out = vec![lead(s)];
    let wanted = ["p_yellow", "delivered", "profit"].iter().filter_map(|name| s.figure(name));
    for f in wanted.chain(0..s.asked.len()) {
        if out.len() < FIGURES_MAX && !out.contains(&f) && moves(&f) {
            out.push(f);
        }
    }
    out
}

/// The points of the table: all, or evenly along each line, so that lines can be read beside each other, with those
/// next to the bound among them where one is asked for.
pub(super) fn rows(s: &Swept) -> Vec<usize> {
    let all: Vec<usize> = (0..s.points.len()).collect();
    if all.len() <= ROWS_MAX {
        return all;
    }
    let lines = slices(s).lines;
    let failed = all.iter().copied().filter(|i| s.points[*i].error.is_some()).take(2);
    let each = (ROWS_MAX / lines.len().max(1)).max(2);
    let figure = lead(s);
    let of_line = |l: &Line| {
        let mut next: Vec<usize> = Vec::new();
        if s.asked[figure].measure.is_chance() && each >= 4 {
            next.extend(across(s, l, figure).first().into_iter().flat_map(|(i, k)| [*i, *k]));
        }
        next.extend(pick(&l.points, each - next.len()));
        next
    };
    let mut out: Vec<usize> = lines.iter().flat_map(of_line).chain(failed).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// What stands in place of the figures of a point that has none.
const FAILED: &str = "could not be run";

/// Headings and rows of the table: the point, its values, the figures that move; of a point that failed one cell says
/// so.
pub(super) fn cells(s: &Swept) -> (Vec<String>, Vec<Vec<String>>) {
    let figures = columns(s);
    let mut header = vec!["point".to_string()];
    header.extend((0..s.head.paths.len()).map(|p| words::shorten(&label(&s.head, p), 28)));
    header.extend(figures.iter().map(|f| {
        let unit = match s.asked[*f].measure.unit {
            Unit::Money => format!(", {}", words::shorten(&words::clean(&s.head.currency), 12)),
            _ => String::new(),
        };
        format!("{}{unit}", figures::name(&s.asked[*f]))
    }));
    let row = |i: usize| {
        let point = &s.points[i];
        let mut row = vec![(i + 1).to_string()];
        row.extend(point.values.iter().map(|v| shown(v)));
        match &point.error {
            Some(_) => row.push(FAILED.to_string()),
            None => {
                row.extend(
                    figures.iter().map(|f| figures::with_interval(&s.asked[*f], &point.estimates[*f])),
                );
            }
        }
        row
    };
    (header, rows(s).into_iter().map(row).collect())
}

/// That the table has some of the points only, where it is so.
pub(super) fn some(s: &Swept) -> Option<String> {
    let (shown, all) = (rows(s).len(), s.points.len());
    (shown < all).then(|| format!("{shown} of {} points; points.csv has all", words::count(all as u64)))
}

fn table(page: &mut Page, s: &Swept) {
    let (header, body) = cells(s);
    // Columns that do not fit are left to the tables on disk; the first figure always stands.
    let wide = |c: usize| {
        let cells = body.iter().filter_map(|r| r.get(c)).chain([&header[c]]);
        cells.map(|t| t.chars().count()).max().unwrap_or(0)
    };
    let mut last = header.len();
    let total = |n: usize| (0..n).map(|c| wide(c) + 2).sum::<usize>();
    while total(last) > page.width && last > s.head.paths.len() + 2 {
        last -= 1;
    }
    let line = |cells: &[String]| {
        let cells = cells.iter().take(last).enumerate();
        let text: String = cells
            .map(|(c, t)| if c == 0 { right(t, wide(c)) } else { format!("  {}", left(t, wide(c))) })
            .collect();
        text.trim_end().to_string()
    };
    let head = page.bold(&line(&header));
    page.line(&head);
    body.iter().for_each(|row| page.line(&line(row)));
    some(s).iter().for_each(|said| page.line(&format!("({said})")));
}

/// What is varied, each with the path that `--set` takes.
fn fields(head: &Head) -> Vec<String> {
    let told = |i: usize| match (full(head, i), words::clean(&head.paths[i])) {
        (name, path) if name == path => path,
        (name, path) => format!("{name} ({path})"),
    };
    (0..head.paths.len()).map(told).collect()
}

/// How the points came about, as a sentence without a line end.
pub fn design(head: &Head, points: usize) -> String {
    let kind = match head.design.split(':').next().unwrap_or_default() {
        "grid" => "a grid".to_string(),
        "zip" => "values side by side".to_string(),
        "lhs" => "a Latin hypercube".to_string(),
        "sobol" => "points of Sobol's sequence".to_string(),
        _ => "points from a table".to_string(),
    };
    let left_out = match head.left_out {
        0 => String::new(),
        n => format!(" ({} left out by conditions)", words::count(n)),
    };
    let part = if points < head.points {
        format!(" of {}", words::count(head.points as u64))
    } else {
        String::new()
    };
    format!(
        "{}{part}, {kind} over {}{left_out}, {} each.",
        words::plural(points as u64, "point", "points"),
        words::list(&fields(head), 4),
        words::plural(head.replications, "replication", "replications"),
    )
}

/// A span of time as people say it, for estimates: `0.4 s`, `12 s`, `3 min`, `2.5 h`.
pub fn seconds(s: f64) -> String {
    let one = |v: f64| {
        let text = if v < 9.95 { format!("{v:.1}") } else { format!("{v:.0}") };
        text.strip_suffix(".0").map_or(text.clone(), str::to_string)
    };
    match s {
        _ if s < 0.1 => format!("{} ms", one(s * 1000.0)),
        _ if s < 99.5 => format!("{} s", one(s)),
        _ if s < 5970.0 => format!("{} min", one(s / 60.0)),
        _ if s < 172_800.0 => format!("{} h", one(s / 3600.0)),
        _ => format!("{} days", one(s / 86_400.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sweep::sample;

    #[test]
    fn the_answer_has_sentences_then_a_table_that_fits() {
        for (s, width) in
            [(sample::curve(), 80), (sample::grid(), 80), (sample::grid(), 120), (sample::scattered(), 60)]
        {
            let text = answer(&s, TextOptions { width, color: false });
            assert!(text.contains("hance of red") && text.contains("point"), "{text}");
            let widest = text.lines().map(|l| l.chars().count()).max().unwrap();
            assert!(widest <= width, "{widest} in {width}:\n{text}");
        }
        let text = answer(&sample::grid(), TextOptions { width: 120, color: false });
        assert!(text.contains(" of 36 points; points.csv has all)"), "{text}");
    }

    #[test]
    fn spans_read_well() {
        assert_eq!(
            [0.0004, 0.05, 2.0, 75.0, 600.0, 9000.0].map(seconds),
            ["0.4 ms", "50 ms", "2 s", "75 s", "10 min", "2.5 h"]
        );
    }
}
