//! `template_daily.csv`: templates by day, written and read back.
//!
//! Must not know what the counts mean.

use std::collections::BTreeMap;
use std::path::Path;

use csv::StringRecord;

use super::results::Results;
use super::table::Table;
pub use super::verdicts::Unreadable;
use crate::experiment::measure::{TemplateDay, TemplateDays};
use crate::experiment::template_days::Of;
use crate::messaging::rows::Counts;
use crate::messaging::{QualityRating, TemplateStatus};
use crate::sim::SimTime;

/// The table's name in a folder of results.
pub const FILE: &str = "template_daily.csv";

/// The columns of `template_daily.csv`.
pub(super) fn columns() -> Vec<&'static str> {
    let counts = Counts::default().named().map(|(name, _)| name);
    [&["date", "portfolio", "template"], &counts[..], &["score", "rating", "status"]].concat()
}

/// `template_daily.csv`: templates by day; none where there are none.
pub fn table(days: &TemplateDays) -> Option<Vec<u8>> {
    let mut t = Table::new(&columns());
    for (of, row) in days.named() {
        t.plain(row.day.date());
        t.text(&of.portfolio);
        t.text(&of.template);
        row.counts.named().into_iter().for_each(|(_, n)| t.count(n));
        t.maybe(row.score);
        t.plain(row.rating);
        t.plain(row.status.name());
        t.end();
    }
    (!days.rows.is_empty()).then_some(t.out)
}

/// Reads the table of a part of a folder (`""`, or a folder's name with `/`); nothing where there is none.
pub fn read(results: &Results, part: &str) -> Result<TemplateDays, Unreadable> {
    let name = format!("{part}{FILE}");
    match results.bytes(&name)? {
        Some(bytes) => parse(&results.folder().join(&name), &bytes),
        None => Ok(TemplateDays::default()),
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<TemplateDays, Unreadable> {
    let fault = |line: u64, found: String, allowed: &'static str| Unreadable::Fault {
        file: path.to_path_buf(),
        line,
        found,
        allowed,
    };
    let broken = |e: &csv::Error| {
        fault(e.position().map_or(1, csv::Position::line), e.to_string(), "a table as tiersim writes it")
    };
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    let column = |name: &str| {
        let place = header.iter().position(|c| c == name);
        place.ok_or_else(|| fault(1, format!("no column {name}"), "the columns that tiersim writes"))
    };
    let texts = ["date", "portfolio", "template", "score", "rating", "status"].map(column);
    let mut places = [0; 6];
    for (at, found) in places.iter_mut().zip(texts) {
        *at = found?;
    }
    let counted = Counts::default().named().map(|(name, _)| column(name));
    let mut counts_at = Vec::with_capacity(counted.len());
    for found in counted {
        counts_at.push(found?);
    }
    let mut out = TemplateDays::default();
    let mut known: BTreeMap<Of, usize> = BTreeMap::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| broken(&e))? {
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |found: &str, allowed| fault(line, format!("{found:?}"), allowed);
        let [date, portfolio, template, score, rating, status] =
            places.map(|i| record.get(i).unwrap_or_default());
        let mut counts = Counts::default();
        for ((_, count), at) in counts.named_mut().into_iter().zip(&counts_at) {
            let text = record.get(*at).unwrap_or_default();
            *count = text.parse().map_err(|_| bad(text, "a count"))?;
        }
        let of = Of { portfolio: portfolio.to_string(), template: template.to_string() };
        let place = *known.entry(of).or_insert_with_key(|of| {
            out.of.push(of.clone());
            out.of.len() - 1
        });
        let score = match score {
            "" => None,
            s => Some(s.parse().map_err(|_| bad(s, "a number, or nothing"))?),
        };
        out.rows.push(TemplateDay {
            day: SimTime::parse(&format!("{date}T00:00:00Z")).map_err(|_| bad(date, "a date"))?,
            of: place,
            counts,
            score,
            rating: QualityRating::ALL
                .into_iter()
                .find(|r| r.name() == rating)
                .ok_or_else(|| bad(rating, "GREEN, YELLOW, RED or UNKNOWN"))?,
            status: TemplateStatus::ALL
                .into_iter()
                .find(|s| s.name() == status)
                .ok_or_else(|| bad(status, "the status of a template"))?,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days() -> TemplateDays {
        let of = |template: &str| Of { portfolio: "p, \"q\"".into(), template: template.into() };
        let row = |day: i64, of, delivered, score| TemplateDay {
            day: SimTime(day * SimTime::DAY_MS),
            of,
            counts: Counts { delivered, blocked: 1, interested: 3, ..Counts::default() },
            score,
            rating: QualityRating::Yellow,
            status: TemplateStatus::Paused,
        };
        TemplateDays {
            of: vec![of("a"), of("b")],
            rows: vec![row(19_000, 0, 5, None), row(19_000, 1, 7, Some(0.1)), row(19_001, 0, 0, Some(0.5))],
        }
    }

    #[test]
    fn what_was_written_reads_back() {
        let written = table(&days()).unwrap();
        assert_eq!(parse(Path::new("x"), &written).unwrap(), days());
        assert!(table(&TemplateDays::default()).is_none(), "no templates, no file");
    }

    #[test]
    fn faults_name_file_and_line() {
        let text = String::from_utf8(table(&days()).unwrap()).unwrap();
        let said = |text: &str| parse(Path::new("run/t.csv"), text.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            said(&text.replacen("YELLOW", "BLUE", 1)),
            "run/t.csv, line 2: found \"BLUE\", allowed: GREEN, YELLOW, RED or UNKNOWN"
        );
        assert!(said("date,portfolio\n").contains("line 1: found no column template"));
    }
}
