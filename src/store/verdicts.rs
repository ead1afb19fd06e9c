//! `verdicts.csv`, read back: what the rules decided, row by row.
//!
//! Must not know what a verdict means.

use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::results::Results;
use crate::messaging::{Scope, Verdict, VerdictKind};
use crate::sim::SimTime;
use crate::store::StoreError;

/// The table's name in a folder of results.
pub const FILE: &str = "verdicts.csv";

/// Why the table can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system said no, or there is no such file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is none.
    #[error("{0}: no such file; the timeline is made from it")]
    Missing(PathBuf),
    /// A row can't be read.
    #[error("{file}, line {line}: found {found}, allowed: {allowed}", file = .file.display())]
    Fault {
        /// Which file.
        file: PathBuf,
        /// From 1, the header included.
        line: u64,
        /// What is there.
        found: String,
        /// What may be there.
        allowed: &'static str,
    },
}

/// Reads the table of a part of a folder (`""`, or a folder's name with `/`).
pub fn read(results: &Results, part: &str) -> Result<Vec<Verdict>, Unreadable> {
    let name = format!("{part}{FILE}");
    let path = results.folder().join(&name);
    let bytes = results.bytes(&name)?.ok_or_else(|| Unreadable::Missing(path.clone()))?;
    parse(&path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Verdict>, Unreadable> {
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
    const COLUMNS: [&str; 9] =
        ["time", "verdict", "scope", "subject", "portfolio", "from", "to", "rule", "cause"];
    let mut place = [0; COLUMNS.len()];
    for (at, name) in place.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|c| c == name);
        *at = found.ok_or_else(|| {
            fault(1, format!("no column {name}"), "time,verdict,scope,subject,portfolio,from,to,rule,cause")
        })?;
    }
    let mut out = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| broken(&e))? {
        let line = record.position().map_or(0, csv::Position::line);
        let [time, kind, scope, subject, portfolio, from, to, rule, cause] =
            place.map(|i| record.get(i).unwrap_or_default());
        let bad = |found: &str, allowed| fault(line, format!("{found:?}"), allowed);
        let cause = match cause {
            "" => None,
            n => Some(n.parse().map_err(|_| bad(n, "the position of a signal, or nothing"))?),
        };
        out.push(Verdict {
            time: SimTime::parse(time).map_err(|_| bad(time, "an instant"))?,
            kind: VerdictKind::parse(kind).ok_or_else(|| bad(kind, "a kind of verdict"))?,
            scope: Scope::parse(scope).ok_or_else(|| bad(scope, "number, portfolio, template or account"))?,
            subject: subject.to_string(),
            portfolio: portfolio.to_string(),
            from: from.to_string(),
            to: to.to_string(),
            rule: rule.to_string(),
            cause,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tables;

    #[test]
    fn what_was_written_reads_back() {
        let verdict = |cause, subject: &str| Verdict {
            time: SimTime(1_709_251_200_123),
            kind: VerdictKind::LimitChanged,
            scope: Scope::Portfolio,
            subject: subject.to_string(),
            portfolio: subject.to_string(),
            from: "1000".into(),
            to: "unlimited".into(),
            rule: "raise".into(),
            cause,
        };
        let all = vec![verdict(None, "a,\"b\"\nc"), verdict(Some(7), "plain")];
        assert_eq!(parse(Path::new("x"), &tables::verdicts(&all)).unwrap(), all);
    }

    #[test]
    fn faults_name_file_and_line() {
        let table = String::from_utf8(tables::verdicts(&[])).unwrap();
        let said =
            |text: &str| parse(Path::new("run/verdicts.csv"), text.as_bytes()).unwrap_err().to_string();
        let row = "2024-03-01T00:00:00.000Z,limit_changed,nobody,n,p,1,2,raise,\n";
        assert_eq!(
            said(&format!("{table}{row}")),
            "run/verdicts.csv, line 2: found \"nobody\", allowed: number, portfolio, template or account"
        );
        assert!(said("time,verdict\n").contains("line 1: found no column scope"));
    }
}
