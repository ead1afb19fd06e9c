//! Reading back a log this program wrote, in any of its formats.
//!
//! Columns must be those of the schema; a fault stops the reading and says where it is. Logs of other origin (other
//! column names, compression, rejects) are not this file's business.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use super::LogFormat;
use crate::messaging::record::{COLUMNS, Event, LogRow, TEXTS};
use crate::sim::SimTime;
use crate::store::StoreError;

/// Reads the log at `path`, its format told by the ending, and hands every row to `each` in file order.
pub fn read_log(
    path: &Path,
    mut each: impl FnMut(LogRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let open = || File::open(path).map_err(|e| StoreError::io(path, "open", e));
    match LogFormat::of(path)? {
        LogFormat::Csv => read_csv(open()?, path, &mut each),
        LogFormat::Ndjson => read_ndjson(open()?, path, &mut each),
        #[cfg(feature = "parquet")]
        LogFormat::Parquet => super::parquet::read(path, &mut each),
        #[cfg(not(feature = "parquet"))]
        LogFormat::Parquet => Err(StoreError::NoParquet { path: path.to_path_buf() }),
    }
}

/// A row as found, before its event is known to be one.
pub(super) struct RawRow<'a> {
    pub event: &'a str,
    pub texts: [&'a str; TEXTS],
    pub cause: Option<u64>,
}

/// Checks what is common to all formats. `column` turns the number of a schema column into what the format calls one.
pub(super) fn row_of(
    path: &Path,
    line: u64,
    time: SimTime,
    raw: RawRow<'_>,
    column: impl Fn(u64) -> u64,
) -> Result<LogRow, StoreError> {
    let Some(event) = Event::parse(raw.event) else {
        let near = Event::names()
            .map(|name| (strsim::damerau_levenshtein(name, raw.event), name))
            .min()
            .filter(|(distance, name)| *distance * 3 <= name.len());
        let hint = near.map_or(String::new(), |(_, name)| format!("; did you mean `{name}`?"));
        let allowed = format!("an event name of log schema 1{hint}");
        return Err(malformed(path, line, column(2), format!("event {:?}", raw.event), allowed));
    };
    Ok(LogRow { time, event, texts: raw.texts.map(str::to_string), cause: raw.cause })
}

fn malformed(path: &Path, line: u64, column: u64, found: String, allowed: String) -> StoreError {
    StoreError::Malformed { path: path.to_path_buf(), line, column, found, allowed }
}

fn time_of(path: &Path, line: u64, column: u64, text: &str) -> Result<SimTime, StoreError> {
    SimTime::parse(text)
        .map_err(|e| malformed(path, line, column, format!("time {:?}", e.found), e.wanted.to_string()))
}

/// Reads CSV from anywhere; `path` is for messages.
pub fn read_csv(
    input: impl Read,
    path: &Path,
    each: &mut dyn FnMut(LogRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
    let mut record = ::csv::StringRecord::new();
    let mut first = true;
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) if first => {
                let allowed = format!("the header {}", COLUMNS.join(","));
                return Err(malformed(path, 1, 1, "an empty file".into(), allowed));
            }
            Ok(false) => return Ok(()),
            Err(error) => return Err(csv_error(path, line, error)),
        }
        // The reader skips blank lines, so the record itself knows best where it began.
        let line = record.position().map_or(line, |p| p.line());
        let header = std::mem::replace(&mut first, false);
        if header {
            for (i, want) in COLUMNS.iter().enumerate() {
                if record.get(i) != Some(want) {
                    let found =
                        record.get(i).map_or("no column".to_string(), |name| format!("column {name:?}"));
                    return Err(malformed(path, line, i as u64 + 1, found, format!("`{want}`")));
                }
            }
        }
        if record.len() != COLUMNS.len() {
            let found = format!("{} fields", record.len());
            let column = record.len().min(COLUMNS.len()) as u64;
            return Err(malformed(path, line, column, found, format!("{} fields", COLUMNS.len())));
        }
        if header {
            continue;
        }
        let time = time_of(path, line, 1, &record[0])?;
        let cause = match &record[COLUMNS.len() - 1] {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                malformed(
                    path,
                    line,
                    14,
                    format!("cause {text:?}"),
                    "a row's position from 1, or nothing".into(),
                )
            })?),
        };
        let raw = RawRow { event: &record[1], texts: std::array::from_fn(|i| &record[i + 2]), cause };
        each(row_of(path, line, time, raw, |column| column)?)?;
    }
}

fn csv_error(path: &Path, line: u64, error: ::csv::Error) -> StoreError {
    let line = error.position().map_or(line, |p| p.line());
    match error.into_kind() {
        ::csv::ErrorKind::Io(e) => StoreError::io(path, "read", e),
        ::csv::ErrorKind::Utf8 { err, .. } => malformed(
            path,
            line,
            err.field() as u64 + 1,
            "bytes that are no UTF-8".into(),
            "UTF-8 text".into(),
        ),
        _ => malformed(path, line, 1, "a record that does not read".into(), "CSV".into()),
    }
}

/// One line of NDJSON. Borrowed where nothing is escaped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRow<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    number: Cow<'a, str>,
    #[serde(borrow, default)]
    portfolio: Cow<'a, str>,
    #[serde(borrow, default)]
    recipient: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    template: Cow<'a, str>,
    #[serde(borrow, default)]
    category: Cow<'a, str>,
    #[serde(borrow, default)]
    campaign: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
    #[serde(borrow, default)]
    from: Cow<'a, str>,
    #[serde(borrow, default)]
    rule: Cow<'a, str>,
    #[serde(default)]
    cause: Option<u64>,
}

/// Reads NDJSON from anywhere; `path` is for messages. A file cut off inside its last line is a fault.
pub fn read_ndjson(
    input: impl Read,
    path: &Path,
    each: &mut dyn FnMut(LogRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut input = BufReader::with_capacity(256 * 1024, input);
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).map_err(|e| StoreError::io(path, "read", e))? == 0 {
            break;
        }
        let row: JsonRow<'_> = serde_json::from_slice(&bytes).map_err(|e| {
            // The library's own "at line 1 column n" would be read as the file's line.
            let text = e.to_string();
            let found = text.split(" at line ").next().unwrap_or(&text).to_string();
            malformed(
                path,
                line,
                e.column() as u64,
                found,
                format!("an object with the keys {}", COLUMNS.join(", ")),
            )
        })?;
        let time = time_of(path, line, 1, &row.time)?;
        let raw = RawRow {
            event: &row.event,
            texts: [
                &row.number,
                &row.portfolio,
                &row.recipient,
                &row.message,
                &row.template,
                &row.category,
                &row.campaign,
                &row.reason,
                &row.value,
                &row.from,
                &row.rule,
            ],
            cause: row.cause,
        };
        each(row_of(path, line, time, raw, |_| 1)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv_fault(text: &str) -> String {
        read_csv(text.as_bytes(), Path::new("log.csv"), &mut |_| Ok(())).unwrap_err().to_string()
    }

    fn ndjson_fault(text: &str) -> String {
        read_ndjson(text.as_bytes(), Path::new("log.ndjson"), &mut |_| Ok(())).unwrap_err().to_string()
    }

    #[test]
    fn faults_say_file_line_and_column() {
        let header = COLUMNS.join(",");
        let good = "2026-01-01T00:00:00Z,message_sent,\"two\nlines\",,,,,,,,,,,\n";
        let fault = csv_fault(&format!("{header}\n{good}2026-01-01T00:00:00Z,mesage_sent,n,,,,,,,,,,,\n"));
        assert!(fault.starts_with("log.csv:4:2: event \"mesage_sent\""), "{fault}");
        assert!(fault.contains("did you mean `message_sent`?"), "{fault}");
        let fault = csv_fault(&format!("{header}\nsoon,message_sent,n,,,,,,,,,,,\n"));
        assert!(fault.starts_with("log.csv:2:1: time \"soon\""), "{fault}");
        let fault = csv_fault(&format!("{header}\n2026-01-01T00:00:00Z,message_sent,n\n"));
        assert!(fault.starts_with("log.csv:2:3: 3 fields"), "{fault}");
        let fault = csv_fault(&format!("{header}\n2026-01-01T00:00:00Z,message_sent,n,,,,,,,,,,,x\n"));
        assert!(fault.starts_with("log.csv:2:14: cause \"x\""), "{fault}");
        assert!(csv_fault("time,evnt\n").starts_with("log.csv:1:2: column \"evnt\""));
        assert!(csv_fault("").contains("an empty file"));

        let good = "{\"time\":\"2026-01-01T00:00:00Z\",\"event\":\"log_closed\"}\n";
        let fault = ndjson_fault(&format!("{good}{{\"time\":\"2026-01-01T00:00:00Z\",\"evnt\":1}}\n"));
        assert!(fault.starts_with("log.ndjson:2:") && fault.contains("unknown field `evnt`"), "{fault}");
        let fault = ndjson_fault(&format!("{good}{}", &good[..30]));
        assert!(fault.starts_with("log.ndjson:2:") && fault.contains("EOF"), "{fault}");
    }
}
