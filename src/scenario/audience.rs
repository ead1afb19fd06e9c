//! People from a CSV file.
//!
//! The file is handed in as text; every fault in it is reported with line and column. Knows nothing of where it lies.

use std::collections::BTreeMap;

use super::Person;
use super::check::is_name;
use super::people::consent_source;
use super::spec::moment;
use crate::sim::SimTime;
use crate::text::{Fault, Lines, Place, did_you_mean};

/// Reads a file (a list of people, a policy) by the name a scenario gives it.
pub type Loader<'l> = &'l dyn Fn(&str) -> std::io::Result<String>;

/// A loader for scenarios that are not supposed to name any file.
pub fn no_files(name: &str) -> std::io::Result<String> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, format!("{name}: no files can be read here")))
}

/// Columns and what they hold.
pub static COLUMNS: &[(&str, &str)] = &[
    ("recipient", "required: a pseudonym, each person once"),
    ("segment", "name of a segment of the scenario; may be left out when there is only one"),
    (
        "opt_in_source",
        "site, voice_menu, thread, paper, imported (no consent) or none; empty: as the segment says",
    ),
    (
        "opt_in_date",
        "date of the agreement, not after the scenario's start: consent ages from it; empty: as the segment's `consent_age` says",
    ),
    ("topics", "topics agreed to, separated by semicolons; empty: as the segment says"),
    (
        "past_sends",
        "times of earlier messages, separated by semicolons, before the start: they weigh on fatigue",
    ),
];

/// Reads the list: its people in file order, and what was left aside, in finished sentences. A column nobody knows is
/// left aside, as exports hold many; one that nearly has a known name is a fault.
pub fn read(
    name: &str,
    text: &str,
    segments: &[&str],
    start: SimTime,
) -> Result<(Vec<Person>, Vec<String>), Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut list = List { name, text, lines: Lines::new(text), faults: Vec::new(), ignored: Vec::new() };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = reader.records();
    let Some(Ok(header)) = rows.next() else {
        list.fault(0, "", "no header line", COLUMNS.iter().map(|c| c.0).collect::<Vec<_>>().join(", "), None);
        return Err(list.faults);
    };
    let columns = list.columns(&header, segments);
    let mut people = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(e) => {
                let at = e.position().map_or(0, |p| p.byte() as usize);
                list.fault(at, "", e.to_string(), "CSV in UTF-8", None);
                continue;
            }
        };
        if row.len() != header.len() {
            let found = format!("{} columns", row.len());
            list.fault(
                list.offset(&row, 0),
                "",
                found,
                format!("{} columns, as in the header", header.len()),
                None,
            );
            continue;
        }
        let person = list.person(&row, &columns, segments, start);
        let line = row.position().map_or(0, |p| p.line());
        if let Some(first) = seen.insert(person.name.clone(), line).filter(|_| !person.name.is_empty()) {
            let found = format!("{:?} again, first on line {first}", person.name);
            let at = columns.get("recipient").map_or(0, |i| list.offset(&row, *i));
            list.fault(at, "recipient", found, "each person once", None);
        }
        people.push(person);
    }
    if !list.faults.is_empty() {
        return Err(list.faults);
    }
    let known: Vec<&str> = COLUMNS.iter().map(|c| c.0).collect();
    let remark = (!list.ignored.is_empty()).then(|| {
        let (columns, known) = (list.ignored.join(", "), known.join(", "));
        format!("Columns of {name} that mean nothing here were left aside: {columns} (known: {known}).")
    });
    Ok((people, remark.into_iter().collect()))
}

struct List<'t> {
    name: &'t str,
    text: &'t str,
    lines: Lines<'t>,
    faults: Vec<Fault>,
    /// Columns nobody knows.
    ignored: Vec<String>,
}

impl List<'_> {
    fn fault(
        &mut self,
        at: usize,
        column: &str,
        found: impl Into<String>,
        allowed: impl Into<String>,
        hint: Option<String>,
    ) {
        let place = Place { source: self.name.into(), position: Some(self.lines.position(at)) };
        self.faults.push(Fault::new(place, column, found).allowed(allowed).hint(hint));
    }

    /// Byte offset of a row's field: the text is walked once more, quotes respected.
    fn offset(&self, row: &csv::StringRecord, field: usize) -> usize {
        let mut at = row.position().map_or(0, |p| p.byte() as usize);
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(at), Some(b'\r' | b'\n')) {
            at += 1;
        }
        for _ in 0..field {
            let mut quoted = false;
            while at < bytes.len() && (quoted || bytes[at] != b',') {
                quoted ^= bytes[at] == b'"';
                at += 1;
            }
            at += 1;
        }
        at
    }

    /// Positions of known columns by name.
    fn columns(&mut self, header: &csv::StringRecord, segments: &[&str]) -> BTreeMap<&'static str, usize> {
        let all: Vec<&str> = COLUMNS.iter().map(|c| c.0).collect();
        let mut columns = BTreeMap::new();
        for (i, found) in header.iter().enumerate() {
            let found = found.trim();
            match all.iter().find(|c| **c == found) {
                Some(column) if columns.insert(*column, i).is_some() => {
                    self.fault(
                        self.offset(header, i),
                        column,
                        "the same column a second time",
                        "each column once",
                        None,
                    );
                }
                Some(_) => {}
                None => match did_you_mean(found, all.iter().copied()) {
                    // A slip of the pen would silently make people forget their consent.
                    Some(hint) => {
                        self.fault(
                            self.offset(header, i),
                            found,
                            "unknown column",
                            all.join(", "),
                            Some(hint),
                        );
                    }
                    None => self.ignored.push(format!("{found:?}")),
                },
            }
        }
        for needed in ["recipient", "segment"] {
            if !columns.contains_key(needed) && (needed == "recipient" || segments.len() > 1) {
                self.fault(0, needed, "missing column", all.join(", "), None);
            }
        }
        columns
    }

    fn person(
        &mut self,
        row: &csv::StringRecord,
        columns: &BTreeMap<&'static str, usize>,
        segments: &[&str],
        start: SimTime,
    ) -> Person {
        let field = |column: &str| columns.get(column).map_or("", |i| row[*i].trim());
        let at = |column: &str| columns.get(column).copied().unwrap_or(0);

        let name = field("recipient");
        if columns.contains_key("recipient") && (name.is_empty() || name.chars().any(char::is_control)) {
            self.fault(
                self.offset(row, at("recipient")),
                "recipient",
                format!("{name:?}"),
                "a pseudonym",
                None,
            );
        }
        let segment = match field("segment") {
            "" if segments.len() == 1 => 0,
            found => segments.iter().position(|s| *s == found).unwrap_or_else(|| {
                if columns.contains_key("segment") {
                    let hint = did_you_mean(found, segments.iter().copied());
                    let offset = self.offset(row, at("segment"));
                    self.fault(offset, "segment", format!("{found:?}"), segments.join(", "), hint);
                }
                0
            }),
        };
        let source = consent_source(field("opt_in_source"));
        let consented = match field("opt_in_source") {
            "" => None,
            "none" => Some(false),
            found => source.map(|s| s.is_consent()).or_else(|| {
                let words = ["site", "voice_menu", "thread", "paper", "imported", "none"];
                let offset = self.offset(row, at("opt_in_source"));
                self.fault(
                    offset,
                    "opt_in_source",
                    format!("{found:?}"),
                    words.join(", "),
                    did_you_mean(found, words),
                );
                None
            }),
        };
        let date = field("opt_in_date");
        if !date.is_empty() && moment(date).is_none_or(|d| d > start) {
            let allowed = format!("a date or time not after the scenario's start, {start}; or empty");
            self.fault(
                self.offset(row, at("opt_in_date")),
                "opt_in_date",
                format!("{date:?}"),
                allowed,
                None,
            );
        }
        let topics: Vec<String> = parts(field("topics")).map(String::from).collect();
        if let Some(bad) = topics.iter().find(|t| !is_name(t)) {
            let allowed = "names separated by semicolons";
            self.fault(self.offset(row, at("topics")), "topics", format!("{bad:?}"), allowed, None);
        }
        let mut past_sends = Vec::new();
        for part in parts(field("past_sends")) {
            match moment(part).filter(|t| *t < start) {
                Some(t) => past_sends.push(t),
                None => {
                    let allowed =
                        format!("times before the scenario's start, {start}, separated by semicolons");
                    let offset = self.offset(row, at("past_sends"));
                    self.fault(offset, "past_sends", format!("{part:?}"), allowed, None);
                }
            }
        }
        past_sends.sort_unstable();
        Person {
            name: name.to_string(),
            segment,
            consented,
            source: source.filter(|s| s.is_consent()),
            opt_in_date: moment(date),
            topics: (!topics.is_empty()).then_some(topics),
            past_sends,
        }
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|p| !p.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Position;

    const START: &str = "2026-01-05T00:00:00Z";

    fn list(text: &str, segments: &[&str]) -> Result<Vec<Person>, Vec<Fault>> {
        read("people.csv", text, segments, SimTime::parse(START).unwrap()).map(|(people, _)| people)
    }

    #[test]
    fn columns_of_an_export_are_left_aside_and_said_so() {
        let text = "recipient,first_name,,Lifetime value\nana,Ana,x,12\n";
        let (people, remarks) = read("people.csv", text, &["all"], SimTime::parse(START).unwrap()).unwrap();
        assert_eq!((people.len(), people[0].name.as_str()), (1, "ana"));
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].contains("\"first_name\", \"\", \"Lifetime value\""), "{}", remarks[0]);
        for near in ["Recipients", "segmnt", "optin_source", "Topics"] {
            let text = format!("recipient,{near}\nana,x\n");
            assert!(list(&text, &["all"]).is_err(), "{near} is a slip of the pen");
        }
    }

    #[test]
    fn people_are_read() {
        let text = "recipient,segment,opt_in_source,opt_in_date,topics,past_sends\n\
                    ana,loyal,site,2025-01-02,offers;orders,2026-01-02;2026-01-01T10:00:00Z\n\
                    \"ben, b\",new,none,,,\n\ncem,new,,,,\n";
        let people = list(text, &["new", "loyal"]).unwrap();
        assert_eq!(people.len(), 3);
        assert_eq!((people[0].segment, people[0].consented), (1, Some(true)));
        assert_eq!(people[0].topics, Some(vec!["offers".to_string(), "orders".to_string()]));
        assert_eq!(people[0].past_sends[0].to_string(), "2026-01-01T10:00:00.000Z");
        assert_eq!((people[1].name.as_str(), people[1].consented), ("ben, b", Some(false)));
        assert_eq!((people[2].consented, people[2].topics.clone()), (None, None));
    }

    #[test]
    fn all_faults_have_line_and_column() {
        let text =
            "recipient,segment,opt_in_source,topic\nana,loyl,sight,\nana,loyal,,\n,loyal,,x\nzoe,loyal\n";
        let faults = list(text, &["loyal", "new"]).unwrap_err();
        let seen: Vec<_> = faults.iter().map(|f| (f.place.position.unwrap(), f.path.as_str())).collect();
        let at = |line, column| Position { line, column };
        assert_eq!(
            seen,
            [
                (at(1, 33), "topic"),
                (at(2, 5), "segment"),
                (at(2, 10), "opt_in_source"),
                (at(3, 1), "recipient"),
                (at(4, 1), "recipient"),
                (at(5, 1), ""),
            ]
        );
        assert_eq!(faults[0].hint.as_deref(), Some("did you mean topics?"));
        assert_eq!(faults[1].hint.as_deref(), Some("did you mean loyal?"));
    }

    #[test]
    fn the_future_is_refused() {
        let text = "recipient,opt_in_date,past_sends\na,2026-02-01,2026-01-05\n";
        let faults = list(text, &["all"]).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[1].place.position, Some(Position { line: 2, column: 14 }));
    }
}
