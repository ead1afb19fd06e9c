//! Two folders of results held against each other, file by file: where do they first part?
//!
//! Knows tables, JSON and bytes. Must not know what a column means beyond which one tells the time of a row.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::store::StoreError;

/// Where two files part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parting {
    /// Only the first folder has the file.
    OnlyFirst,
    /// Only the second folder has the file.
    OnlySecond,
    /// Tables with other columns: those of the first, those of the second.
    Columns(Vec<String>, Vec<String>),
    /// The first row that differs.
    Row {
        /// Line of the table, the header being 1 and each row one line.
        row: u64,
        /// The row's instant or date, if it has one.
        time: Option<String>,
        /// What identifies the row for a reader: its text columns that agree, with their values.
        key: Vec<(String, String)>,
        /// Columns that differ, with both values.
        values: Vec<(String, String, String)>,
    },
    /// One table ends; the other goes on with this row.
    Ends {
        /// Whether it is the first that ends.
        first: bool,
        /// Rows both have.
        rows: u64,
        /// The other's next row, as text.
        next: String,
    },
    /// The first JSON values that differ, by path.
    Value(String, String, String),
    /// The first byte that differs, counted from 0.
    Byte(u64),
}

impl Parting {
    /// The instant or date of the parting, where there is one: of several, the least is the first.
    pub fn time(&self) -> Option<&str> {
        match self {
            Parting::Row { time, .. } => time.as_deref(),
            _ => None,
        }
    }
}

/// A file that at least one of the folders has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// Path inside the folders.
    pub name: String,
    /// Where the two part; none where they are equal.
    pub parting: Option<Parting>,
}

/// Compares two folders of results: tables first, in the order in which one thing follows from another.
pub fn compare(first: &Path, second: &Path) -> Result<Vec<FileDiff>, StoreError> {
    let (a, b) = (files(first)?, files(second)?);
    let mut names: Vec<&String> = a.union(&b).collect();
    const ORDER: [&str; 5] = ["events", "verdicts.csv", "ratings.csv", "daily.csv", "summary.json"];
    let rank = |name: &str| ORDER.iter().position(|o| name.starts_with(o)).unwrap_or(ORDER.len());
    names.sort_by_key(|n| (rank(n), (*n).clone()));
    let mut out = Vec::new();
    for name in names {
        let parting = match (a.contains(name), b.contains(name)) {
            (true, false) => Some(Parting::OnlyFirst),
            (false, true) => Some(Parting::OnlySecond),
            _ => file(&first.join(name), &second.join(name))?,
        };
        out.push(FileDiff { name: name.clone(), parting });
    }
    Ok(out)
}

/// Every file below a folder, by its path inside, parts joined by `/`.
fn files(folder: &Path) -> Result<BTreeSet<String>, StoreError> {
    let mut out = BTreeSet::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(inside) = todo.pop() {
        let shown = folder.join(&inside);
        let failed = |e| StoreError::io(&shown, "read the folder", e);
        for entry in fs::read_dir(&shown).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = inside.join(entry.file_name());
            if entry.path().is_dir() {
                todo.push(path);
            } else {
                let parts: Vec<_> = path.iter().map(|p| p.to_string_lossy()).collect();
                out.insert(parts.join("/"));
            }
        }
    }
    Ok(out)
}

fn open(path: &Path) -> Result<BufReader<File>, StoreError> {
    let file = File::open(path).map_err(|e| StoreError::io(path, "open", e))?;
    Ok(BufReader::with_capacity(256 * 1024, file))
}

fn file(a: &Path, b: &Path) -> Result<Option<Parting>, StoreError> {
    let Some(at) = first_difference(a, b)? else { return Ok(None) };
    let ending = a.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let better = match ending {
        "csv" => table(a, b)?,
        "json" => json(a, b)?,
        _ => None,
    };
    // Bytes that differ without a difference in what they say (a line end, a space) are a difference all the same.
    Ok(Some(better.unwrap_or(Parting::Byte(at))))
}

/// The first byte in which two files differ; none if they are equal.
pub fn first_difference(a: &Path, b: &Path) -> Result<Option<u64>, StoreError> {
    let (mut one, mut two) = (open(a)?, open(b)?);
    let (mut x, mut y) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut at = 0;
    loop {
        let n = fill(&mut one, &mut x).map_err(|e| StoreError::io(a, "read", e))?;
        let m = fill(&mut two, &mut y).map_err(|e| StoreError::io(b, "read", e))?;
        let differs = x[..n].iter().zip(&y[..m]).position(|(p, q)| p != q);
        match differs {
            Some(i) => return Ok(Some(at + i as u64)),
            None if n != m => return Ok(Some(at + n.min(m) as u64)),
            None if n == 0 => return Ok(None),
            None => at += n as u64,
        }
    }
}

fn fill(from: &mut impl Read, block: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while n < block.len() {
        match from.read(&mut block[n..])? {
            0 => break,
            k => n += k,
        }
    }
    Ok(n)
}

/// The first row in which two tables differ; none if they don't read as tables.
fn table(a: &Path, b: &Path) -> Result<Option<Parting>, StoreError> {
    let reader = |path: &Path| -> Result<csv::Reader<BufReader<File>>, StoreError> {
        Ok(csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(open(path)?))
    };
    let (mut one, mut two) = (reader(a)?, reader(b)?);
    let (mut x, mut y) = (csv::StringRecord::new(), csv::StringRecord::new());
    let mut header = Vec::new();
    for row in 1u64.. {
        let (Ok(more), Ok(others)) = (one.read_record(&mut x), two.read_record(&mut y)) else {
            return Ok(None);
        };
        match (more, others) {
            (false, false) => return Ok(None),
            (true, false) | (false, true) => {
                let next = if more { &x } else { &y };
                let next = next.iter().collect::<Vec<_>>().join(",");
                return Ok(Some(Parting::Ends { first: others, rows: row.saturating_sub(2), next }));
            }
            (true, true) if row == 1 => {
                let names = |r: &csv::StringRecord| r.iter().map(str::to_string).collect::<Vec<_>>();
                header = names(&x);
                if x != y {
                    return Ok(Some(Parting::Columns(header, names(&y))));
                }
            }
            (true, true) if x != y => return Ok(Some(parted(row, &header, &x, &y))),
            _ => {}
        }
    }
    Ok(None)
}

fn parted(row: u64, header: &[String], x: &csv::StringRecord, y: &csv::StringRecord) -> Parting {
    let name = |i: usize| header.get(i).cloned().unwrap_or_else(|| format!("column {}", i + 1));
    let (mut key, mut values) = (Vec::new(), Vec::new());
    for i in 0..x.len().max(y.len()) {
        let (p, q) = (x.get(i).unwrap_or_default(), y.get(i).unwrap_or_default());
        if p != q {
            values.push((name(i), p.to_string(), q.to_string()));
        } else if !p.is_empty() && p.parse::<f64>().is_err() && !matches!(name(i).as_str(), "time" | "date") {
            key.push((name(i), p.to_string()));
        }
    }
    let when = header.iter().position(|h| h == "time" || h == "date");
    let time = when.and_then(|i| Some(x.get(i)?.min(y.get(i)?).to_string()));
    Parting::Row { row, time, key, values }
}

/// The first values in which two JSON documents differ; none if they don't read as JSON.
fn json(a: &Path, b: &Path) -> Result<Option<Parting>, StoreError> {
    let read = |path: &Path| fs::read(path).map_err(|e| StoreError::io(path, "read", e));
    let (x, y) = (read(a)?, read(b)?);
    let (Ok(x), Ok(y)) = (serde_json::from_slice::<Value>(&x), serde_json::from_slice::<Value>(&y)) else {
        return Ok(None);
    };
    Ok(values("", &x, &y))
}

fn values(path: &str, x: &Value, y: &Value) -> Option<Parting> {
    let below = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
    match (x, y) {
        (Value::Object(p), Value::Object(q)) => {
            let keys: Vec<&String> = p.keys().chain(q.keys().filter(|k| !p.contains_key(*k))).collect();
            keys.into_iter().find_map(|k| {
                values(&below(k), p.get(k).unwrap_or(&Value::Null), q.get(k).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(p), Value::Array(q)) if p.len() == q.len() => {
            p.iter().zip(q).enumerate().find_map(|(i, (p, q))| values(&format!("{path}[{i}]"), p, q))
        }
        _ if x == y => None,
        _ => Some(Parting::Value(path.to_string(), short(x), short(y))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn partings(a: &[(&str, &str)], b: &[(&str, &str)]) -> Vec<(String, Option<Parting>)> {
        let (a, b) = (folder(a), folder(b));
        compare(a.path(), b.path()).unwrap().into_iter().map(|d| (d.name, d.parting)).collect()
    }

    #[test]
    fn the_first_row_that_differs_is_named_with_its_values() {
        let a = "time,number,score,rating\n1,n,0.1,GREEN\n2,n,0.2,GREEN\n3,n,0.3,RED\n";
        let b = "time,number,score,rating\n1,n,0.1,GREEN\n2,n,0.25,GREEN\n4,n,0.3,RED\n";
        let found = partings(&[("ratings.csv", a)], &[("ratings.csv", b)]);
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(
            found[0].1,
            Some(Parting::Row {
                row: 3,
                time: Some("2".into()),
                key: vec![pair("number", "n"), pair("rating", "GREEN")],
                values: vec![("score".into(), "0.2".into(), "0.25".into())],
            })
        );
        assert_eq!(partings(&[("ratings.csv", a)], &[("ratings.csv", a)])[0].1, None);
    }

    #[test]
    fn ends_columns_values_and_missing_files_are_told_apart() {
        let found = partings(
            &[
                ("daily.csv", "date\n1\n"),
                ("verdicts.csv", "a\n"),
                ("m.json", "{\"a\":[1,2]}"),
                ("x/only.svg", ""),
            ],
            &[("daily.csv", "date\n1\n2\n"), ("verdicts.csv", "b\n"), ("m.json", "{\"a\":[1,3]}"), ("z", "")],
        );
        let names: Vec<&str> = found.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(names, ["verdicts.csv", "daily.csv", "m.json", "x/only.svg", "z"]);
        assert_eq!(found[0].1, Some(Parting::Columns(vec!["a".into()], vec!["b".into()])));
        assert_eq!(found[1].1, Some(Parting::Ends { first: true, rows: 1, next: "2".into() }));
        assert_eq!(found[2].1, Some(Parting::Value("a[1]".into(), "2".into(), "3".into())));
        assert_eq!((&found[3].1, &found[4].1), (&Some(Parting::OnlyFirst), &Some(Parting::OnlySecond)));
    }

    #[test]
    fn bytes_decide_where_meaning_does_not_differ() {
        let found = partings(
            &[("a.csv", "x\n1\n"), ("b.bin", "12345")],
            &[("a.csv", "x\r\n1\n"), ("b.bin", "12x45")],
        );
        assert_eq!(found[0].1, Some(Parting::Byte(1)), "the same table with another line end");
        assert_eq!(found[1].1, Some(Parting::Byte(2)));
    }
}
