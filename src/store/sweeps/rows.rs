//! `runs.csv` of a sweep: a row for each point and replication, written as they come and read back in the same order.
//!
//! A point that could not be run has one row, without replication and values, that says why. Every row is one line, so
//! that a file cut off anywhere loses at most its last line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::experiment::study::design::Design;
use crate::store::StoreError;
use crate::store::table::Table;

/// What rows look like.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// The points, whose values every row repeats.
    pub design: &'a Design,
    /// Names of the measures.
    pub measures: &'a [String],
    /// Replications of each point.
    pub replications: u64,
}

impl Layout<'_> {
    fn table(&self) -> Table {
        let mut columns = vec!["point"];
        columns.extend(self.design.paths.iter().map(String::as_str));
        columns.push("replication");
        columns.extend(self.measures.iter().map(String::as_str));
        columns.push("error");
        Table::new(&columns)
    }

    /// The header.
    pub fn header(&self) -> Vec<u8> {
        self.table().out
    }

    fn columns(&self) -> usize {
        self.design.paths.len() + self.measures.len() + 3
    }
}

/// Writes rows into a buffer that is used again.
pub struct RowWriter<'a> {
    layout: Layout<'a>,
    table: Table,
}

impl<'a> RowWriter<'a> {
    /// A writer of such rows.
    pub fn new(layout: Layout<'a>) -> RowWriter<'a> {
        RowWriter { layout, table: layout.table() }
    }

    /// One row as bytes, with its line end; `point` counts from 0 and is written from 1.
    pub fn row(&mut self, point: usize, replication: u64, outcome: Result<&[Option<f64>], &str>) -> &[u8] {
        let t = &mut self.table;
        t.out.clear();
        t.count(point as u64 + 1);
        self.layout.design.points[point].iter().for_each(|v| t.text(v));
        match outcome {
            Ok(values) => {
                t.count(replication);
                values.iter().for_each(|v| t.maybe(*v));
                t.separate();
            }
            Err(why) => {
                t.separate();
                self.layout.measures.iter().for_each(|_| t.separate());
                // One line, whatever the message was.
                t.text(&why.replace("\r\n", "\n").replace(['\n', '\r'], "; "));
            }
        }
        t.end();
        &t.out
    }
}

/// A row read back: its point from 0, its replication, its values or why it has none.
pub type Taken<'r> = (usize, u64, Result<&'r [Option<f64>], &'r str>);

/// Reads rows of these points in order.
pub struct RowReader<'a> {
    layout: Layout<'a>,
    points: Range<usize>,
    input: BufReader<File>,
    path: PathBuf,
    line: Vec<u8>,
    line_number: u64,
    values: Vec<Option<f64>>,
    fields: Vec<String>,
    /// (point, replication) pairs passed.
    pairs: usize,
    /// Bytes of whole rows and the header.
    bytes: u64,
}

impl<'a> RowReader<'a> {
    /// Opens a file and checks its header.
    pub fn open(path: &Path, layout: Layout<'a>, points: Range<usize>) -> Result<RowReader<'a>, StoreError> {
        let file = File::open(path).map_err(|e| StoreError::io(path, "open", e))?;
        let mut reader = RowReader {
            layout,
            points,
            input: BufReader::with_capacity(256 * 1024, file),
            path: path.to_path_buf(),
            line: Vec::new(),
            line_number: 0,
            values: Vec::new(),
            fields: Vec::new(),
            pairs: 0,
            bytes: 0,
        };
        if !reader.next_line()? || reader.line != layout.header() {
            return Err(reader.damaged("another header", "the header of these measures and paths"));
        }
        Ok(reader)
    }

    /// The next whole line; a last one without its end is left.
    fn next_line(&mut self) -> Result<bool, StoreError> {
        self.line.clear();
        self.input.read_until(b'\n', &mut self.line).map_err(|e| StoreError::io(&self.path, "read", e))?;
        self.line_number += 1;
        let whole = self.line.last() == Some(&b'\n');
        if whole {
            self.bytes += self.line.len() as u64;
        }
        Ok(whole)
    }

    fn damaged(&self, found: impl Into<String>, allowed: impl Into<String>) -> StoreError {
        StoreError::Malformed {
            path: self.path.clone(),
            line: self.line_number,
            column: 0,
            found: found.into(),
            allowed: allowed.into(),
        }
    }

    /// The next row; none at the end of the file or where it is cut off.
    pub fn next_row(&mut self) -> Result<Option<Taken<'_>>, StoreError> {
        if !self.next_line()? {
            return Ok(None);
        }
        let line = std::str::from_utf8(&self.line[..self.line.len() - 1])
            .map_err(|_| self.damaged("bytes that are no UTF-8", "the row as it was written"))?;
        split(line, &mut self.fields);
        if self.fields.len() != self.layout.columns() {
            let allowed = format!("{} fields", self.layout.columns());
            return Err(self.damaged(format!("{} fields", self.fields.len()), allowed));
        }
        let n = self.layout.replications as usize;
        let (point, replication) = (self.points.start + self.pairs / n, self.pairs % n + 1);
        let paths = self.layout.design.paths.len();
        let expected = || format!("point {}, replication {replication}", point + 1);
        if !self.points.contains(&point)
            || self.fields[0] != (point + 1).to_string()
            || self.fields[1..=paths] != self.layout.design.points[point]
        {
            return Err(self.damaged(format!("a row of point {}", self.fields[0]), expected()));
        }
        let said = &self.fields[paths + 1];
        let why = self.fields.last().expect("a row has fields");
        if said.is_empty() && !why.is_empty() && replication == 1 {
            self.pairs += n;
            return Ok(Some((point, 1, Err(why))));
        }
        if *said != replication.to_string() {
            return Err(self.damaged(format!("replication {said:?} of point {}", point + 1), expected()));
        }
        self.values.clear();
        for (i, field) in self.fields[paths + 2..self.fields.len() - 1].iter().enumerate() {
            let value = match field.as_str() {
                "" => None,
                text => Some(text.parse::<f64>().map_err(|_| {
                    let name = &self.layout.measures[i];
                    self.damaged(format!("{text:?} for {name}"), "a number or nothing")
                })?),
            };
            self.values.push(value);
        }
        self.pairs += 1;
        Ok(Some((point, replication as u64, Ok(&self.values))))
    }

    /// The line of the row just read, with its end.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// (point, replication) pairs passed so far; a point that could not be run counts with all of its own.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Bytes of the header and of whole rows so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The fields of a line, quotes taken off.
fn split(line: &str, fields: &mut Vec<String>) {
    let mut used = 0;
    let mut rest = line;
    loop {
        if used == fields.len() {
            fields.push(String::new());
        }
        let field = &mut fields[used];
        field.clear();
        used += 1;
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let end = quoted.find('"').unwrap_or(quoted.len());
                field.push_str(&quoted[..end]);
                quoted = quoted.get(end + 1..).unwrap_or("");
                match quoted.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        quoted = more;
                    }
                    None => break,
                }
            }
            rest = quoted;
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            field.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    fields.truncate(used);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::experiment::study::design::{Axis, Kind};

    pub fn design() -> Design {
        let axes: Vec<Axis> =
            ["a=1,2,3", "b=\"x,\"\"y\"\"\""].iter().map(|s| Axis::parse(s).unwrap()).collect();
        Design::of_axes(&axes, Kind::Grid, &[], &|_, _| unreachable!()).unwrap()
    }

    pub fn bytes(layout: Layout<'_>) -> Vec<u8> {
        let mut out = layout.header();
        let mut writer = RowWriter::new(layout);
        for (point, replication) in [(0, 1), (0, 2), (2, 1), (2, 2)] {
            if point == 2 && replication == 1 {
                out.extend_from_slice(writer.row(1, 1, Err("too, \"large\"\nby far")));
            }
            let values = [Some(point as f64 / 3.0), (replication == 1).then_some(1e-7)];
            out.extend_from_slice(writer.row(point, replication, Ok(&values)));
        }
        out
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let design = design();
        let measures = ["m".to_string(), "n".to_string()];
        let layout = Layout { design: &design, measures: &measures, replications: 2 };
        let bytes = bytes(layout);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("runs.csv");
        let read = |bytes: &[u8]| -> Result<(Vec<String>, usize, u64), StoreError> {
            std::fs::write(&path, bytes).unwrap();
            let mut reader = RowReader::open(&path, layout, 0..3)?;
            let mut rows = Vec::new();
            while let Some((p, r, outcome)) = reader.next_row()? {
                rows.push(format!("{p} {r} {outcome:?}"));
            }
            Ok((rows, reader.pairs(), reader.bytes()))
        };
        let (rows, pairs, whole) = read(&bytes).unwrap();
        assert_eq!((pairs, whole), (6, bytes.len() as u64));
        assert_eq!(rows[0], "0 1 Ok([Some(0.0), Some(1e-7)])");
        assert_eq!(rows[2], "1 1 Err(\"too, \\\"large\\\"; by far\")");
        assert_eq!(rows[4], "2 2 Ok([Some(0.6666666666666666), None])");
        // Cut off anywhere: whole rows stay, and their length is known.
        let header = layout.header().len();
        for cut in header..bytes.len() {
            let (rows, pairs, whole) = read(&bytes[..cut]).unwrap();
            assert!(whole <= cut as u64 && bytes[..whole as usize].ends_with(b"\n"));
            assert_eq!(pairs, rows.len() + usize::from(rows.len() > 2), "the failed point counts twice");
        }
        assert!(read(&bytes[..header - 1]).is_err());
        // A row in the wrong place.
        let text = String::from_utf8(bytes).unwrap();
        let wrong = read(text.replacen("\n1,", "\n2,", 1).as_bytes()).unwrap_err().to_string();
        assert!(wrong.contains("runs.csv:2: a row of point 2 (allowed: point 1, replication 1)"), "{wrong}");
        let wrong = read(text.replacen("0.0000001", "1e-x", 1).as_bytes()).unwrap_err().to_string();
        assert!(wrong.contains("\"1e-x\" for n"), "{wrong}");
    }
}
