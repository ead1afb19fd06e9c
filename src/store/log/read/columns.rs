//! Names of columns or keys as found, against those of the schema: what is missing, misspelt, double or foreign.
//!
//! Must not know how a format writes its names.

use crate::messaging::record::COLUMNS;

use super::cell::quoted;

/// Stands for "the input has no such column".
pub(super) const ABSENT: u32 = u32::MAX;

/// The schema column of that very name.
pub(super) fn position(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|c| *c == name)
}

/// The schema column that a foreign name most likely means, if it is close enough to be a slip: one letter wrong in
/// a name of up to five, up to a third of the letters in longer ones, upper and lower case being the same. Stricter than
/// a mere suggestion, because such a name is refused. Columns that are `there` already can't be meant.
pub(super) fn slip(name: &str, there: impl Fn(usize) -> bool) -> Option<&'static str> {
    if name.len() > 64 {
        return None;
    }
    let lower = name.trim().to_lowercase();
    let distance = |c: &str| strsim::damerau_levenshtein(&lower, c);
    let absent = COLUMNS.iter().enumerate().filter(|(i, _)| !there(*i)).map(|(_, c)| *c);
    absent.filter(|c| distance(c) <= 1.max(c.len() / 3)).min_by_key(|c| distance(c))
}

/// A header's verdict: for each schema column the input's column, or [`ABSENT`]; and the columns nobody asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub source: [u32; COLUMNS.len()],
    pub ignored: Vec<String>,
}

/// What is wrong with a header: column from 1, found, allowed.
pub(super) type HeaderFault = (u64, String, String);

/// Matches the names of a header.
pub(super) fn header<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Result<Header, HeaderFault> {
    let mut out = Header { source: [ABSENT; COLUMNS.len()], ignored: Vec::new() };
    for (i, name) in names.clone().enumerate() {
        let Some(column) = position(name) else { continue };
        if out.source[column] != ABSENT {
            let first = out.source[column] + 1;
            return Err((
                i as u64 + 1,
                format!("a second column `{name}` (the first is column {first})"),
                "each column once".into(),
            ));
        }
        out.source[column] = i as u32;
    }
    let mut foreign = 0;
    for (i, name) in names.clone().enumerate().filter(|(_, name)| position(name).is_none()) {
        if let Some(meant) = slip(name, |c| out.source[c] != ABSENT) {
            return Err((
                i as u64 + 1,
                format!("column {}", quoted(name)),
                format!("`{meant}`, if that is meant; else a name that is not so close to it"),
            ));
        }
        foreign += 1;
        if foreign <= Ignored::SHOWN {
            out.ignored.push(name.to_string());
        }
    }
    for (column, name) in COLUMNS.iter().enumerate().take(2) {
        if out.source[column] == ABSENT {
            let shown: Vec<String> = names.clone().take(20).map(quoted).collect();
            if let Some(mark) =
                [';', '\t', '|'].iter().find(|m| names.clone().all(|n| n.matches(**m).count() > 0))
            {
                return Err((
                    1,
                    format!("a header with {mark:?} between the names: {}", shown.join(", ")),
                    "commas between fields; save it as CSV with commas".into(),
                ));
            }
            return Err((
                1,
                format!("a header without `{name}`: {}", shown.join(", ")),
                format!(
                    "a header with `time` and `event`, and any of {}; tables of other origin: tiersim import csv --map",
                    COLUMNS[2..].join(", ")
                ),
            ));
        }
    }
    Ok(out)
}

/// Columns or keys of one input that are no part of the schema and were left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Which input, in the order given, from 0.
    pub file: u32,
    /// Their names in the order of appearance, at most [`Ignored::SHOWN`] of them.
    pub columns: Vec<String>,
}

impl Ignored {
    /// So many names are kept for each input.
    pub const SHOWN: usize = 100;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &str) -> Result<Header, HeaderFault> {
        header(names.split(','))
    }

    #[test]
    fn columns_may_come_in_any_order_and_be_absent() {
        let h = of("message,event,campaign_owner,time").unwrap();
        assert_eq!((h.source[0], h.source[1], h.source[5], h.source[2]), (3, 1, 0, ABSENT));
        assert_eq!(h.ignored, ["campaign_owner"]);
    }

    #[test]
    fn slips_are_refused_and_foreign_names_are_not() {
        for (names, slip) in [
            ("time,event,recipent", "`recipient`"),
            ("time,event,Number", "`number`"),
            ("time,event, number", "`number`"),
            ("time,event,form", "`from`"),
            ("time,event,mesage", "`message`"),
        ] {
            let (column, found, allowed) = of(names).unwrap_err();
            assert!(column == 3 && allowed.contains(slip), "{names}: {found}: {allowed}");
        }
        assert_eq!(of("tme,event").unwrap_err().0, 1);
        // `type` would be near `time`, were that not there.
        for names in ["time,event,type", "time,event,rate", "time,event,message_id", "time,event,name"] {
            assert_eq!(of(names).unwrap().ignored.len(), 1, "{names}");
        }
    }

    #[test]
    fn double_and_missing_columns_are_refused() {
        let (column, found, _) = of("time,event,number,number").unwrap_err();
        assert_eq!((column, found.as_str()), (4, "a second column `number` (the first is column 3)"));
        assert!(of("event,number").unwrap_err().1.contains("without `time`"));
        assert!(of("time,number").unwrap_err().1.contains("without `event`"));
        assert!(of("time;event;number").unwrap_err().2.contains("commas between fields"));
    }
}
