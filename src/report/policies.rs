//! Policies as text and JSON: the list, one in full, the difference of two, and what a check of a file found.
//!
//! An exception to the rule that `report` sees no policy: this file prints policies themselves, so it reads
//! [`Policy`], [`Version`], [`Constant`] and the shipped list. It decides nothing and opens nothing.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::policy::Policy;
use crate::policy::file::Confidence;
use crate::policy::library::{self, Era};
use crate::policy::resolve::Constant;
use crate::policy::timeline::Version;
use crate::report::listing::{Footnotes, WIDTH, hanging, paragraph, pretty, wrap};
use crate::text::{Fault, Faults};

/// `policy list`: every shipped policy, when it held, what changed, how fresh its sources are.
pub fn list() -> String {
    let mut out = String::new();
    let row = |out: &mut String, cells: [&str; 4], title: &str| {
        let lead = format!("{:<13} {:<11} {:<11} {:<11} ", cells[0], cells[1], cells[2], cells[3]);
        for (i, line) in wrap(title, WIDTH - lead.len()).iter().enumerate() {
            let lead = if i == 0 { lead.clone() } else { " ".repeat(lead.len()) };
            let _ = writeln!(out, "{}", format!("{lead}{line}").trim_end());
        }
    };
    row(&mut out, ["NAME", "FROM", "TO", "VERIFIED"], "WHAT CHANGED");
    for e in library::eras() {
        let from = e.from.as_deref().unwrap_or("variant");
        let to = e.until.as_deref().unwrap_or(if e.variant { "-" } else { "open" });
        row(&mut out, [&e.name, from, to, e.version.verified().unwrap_or("-")], &e.title);
    }
    out.push('\n');
    paragraph(
        &mut out,
        "",
        "FROM and TO are inclusive, in UTC. VERIFIED is the newest day on which a source bore out one of its \
         documented or reported constants. `policy = \"auto\"` follows the dates and crosses changes; a name pins one for all time. Variants are \
         never picked by date. Thresholds and weights are published by nobody: `policy show NAME` says which \
         constants are assumptions, and their plausible ranges.",
    );
    out
}

/// `policy list` as JSON.
pub fn list_json() -> String {
    let one = |e: &Era| {
        json!({
            "name": e.name,
            "title": e.title,
            "from": e.from,
            "to": e.until,
            "effective_note": e.effective_note,
            "variant": e.variant,
            "based_on": e.based_on,
            "verified": e.version.verified(),
            "summary": e.summary,
        })
    };
    pretty(&Value::Array(library::eras().iter().map(one).collect()))
}

/// `policy show`: every version of a policy in full.
pub fn show(policy: &Policy) -> String {
    let mut out = format!("policy   {}\nhash     {}\n", policy.name, policy.hash);
    if policy.versions.len() > 1 {
        let _ = writeln!(out, "versions {}", policy.versions.len());
        for v in &policy.versions {
            let from = v.from.as_deref().unwrap_or("-");
            for (i, line) in wrap(&v.title, WIDTH - 28).iter().enumerate() {
                let _ = match i {
                    0 => writeln!(out, "  {from:<11} {:<13} {line}", v.name),
                    _ => writeln!(out, "{}{line}", " ".repeat(28)),
                };
            }
        }
    }
    for v in &policy.versions {
        out.push('\n');
        version(&mut out, v);
    }
    warnings(&mut out, &policy.warnings);
    out
}

fn version(out: &mut String, v: &Version) {
    let _ = writeln!(out, "{}", fitted(&format!("{}: {}", v.name, v.title)));
    if let Some(base) = &v.based_on {
        let _ = writeln!(out, "  a patch over {base}");
    }
    if let Some(era) = library::era(&v.name) {
        let span = match (&era.from, &era.until) {
            (Some(from), Some(to)) => format!("in force from {from} to {to}"),
            (Some(from), None) => format!("in force from {from}"),
            _ => "a variant: in force only when named".to_string(),
        };
        let note = era.effective_note.as_ref().map_or_else(String::new, |n| format!(". {n}"));
        paragraph(out, "  ", &format!("{span}{note}"));
    }
    paragraph(out, "  ", &v.summary);
    let mut notes = Footnotes::default();
    let mut group = "";
    for c in &v.constants {
        let (table, name) = c.name.rsplit_once('.').unwrap_or(("", &c.name));
        if table != group {
            group = table;
            let _ = writeln!(out, "\n[{table}]");
            line(out, ["name", "value", "unit", "confidence", "range", "source"]);
        }
        let range = match (&c.low, &c.high) {
            (Some(low), Some(high)) => format!("{low} to {high}"),
            (Some(low), None) => format!("from {low}"),
            (None, Some(high)) => format!("up to {high}"),
            (None, None) => String::new(),
        };
        let idle = if c.idle { " *" } else { "" };
        let note = notes.number(sourced(c));
        line(out, [&format!("{name}{idle}"), &c.value, &c.unit, c.confidence.name(), &range, &note]);
        if let Some(note) = &c.note {
            paragraph(out, "      ", note);
        }
    }
    for table in ["raise.first_step", "sustained", "template"] {
        if !v.constants.iter().any(|c| c.name.starts_with(&format!("{table}."))) {
            let _ = writeln!(out, "\n[{table}]\n  none");
        }
    }
    out.push('\n');
    if v.constants.iter().any(|c| c.idle) {
        paragraph(out, "", "* without effect here: another constant switches it off");
    }
    notes.print(out);
    let total = v.constants.len();
    let count = |c: Confidence| v.constants.iter().filter(|k| k.confidence == c).count();
    let given = match count(Confidence::Given) {
        0 => String::new(),
        n => format!(", {n} set by the user"),
    };
    paragraph(
        out,
        "",
        &format!(
            "{total} constants: {} documented, {} reported, {} assumed{given}. Assumed means published by nobody: \
             the range is what is plausible, not what is known.",
            count(Confidence::Documented),
            count(Confidence::Reported),
            count(Confidence::Assumed),
        ),
    );
}

fn sourced(c: &Constant) -> String {
    match &c.verified {
        Some(day) => format!("{} (verified {day})", c.source),
        None => c.source.clone(),
    }
}

/// One row of a table of constants; long values wrap inside their column.
fn line(out: &mut String, cells: [&str; 6]) {
    const COLUMNS: [usize; 6] = [26, 21, 15, 10, 14, 5];
    let columns: Vec<Vec<String>> = cells.iter().zip(COLUMNS).map(|(c, w)| wrap(c, w)).collect();
    for i in 0..columns.iter().map(Vec::len).max().unwrap_or(0) {
        let mut row = String::from("  ");
        for (column, width) in columns.iter().zip(COLUMNS) {
            let _ = write!(row, "{:<width$} ", column.get(i).map_or("", String::as_str));
        }
        let _ = writeln!(out, "{}", row.trim_end());
    }
}

/// `policy show` as JSON.
pub fn show_json(policy: &Policy) -> String {
    let versions: Vec<Value> = policy.versions.iter().map(version_json).collect();
    pretty(&json!({
        "name": policy.name,
        "hash": policy.hash,
        "verified": policy.verified(),
        "warnings": policy.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "versions": versions,
    }))
}

fn version_json(v: &Version) -> Value {
    let mut constants = Map::new();
    for c in &v.constants {
        let value = json!({
            "value": c.value,
            "unit": c.unit,
            "low": c.low,
            "high": c.high,
            "confidence": c.confidence.name(),
            "source": c.source,
            "verified": c.verified,
            "note": c.note,
            "idle": c.idle,
        });
        constants.insert(c.name.clone(), value);
    }
    json!({
        "name": v.name,
        "title": v.title,
        "from": v.from,
        "effective": v.effective.map(|t| t.to_string()),
        "based_on": v.based_on,
        "summary": v.summary,
        "verified": v.verified(),
        "constants": constants,
    })
}

/// `policy diff`: the constants in which two policies differ; of a policy with several versions, the newest.
pub fn diff(a: &Policy, b: &Policy) -> String {
    let (old, new) = (newest(a), newest(b));
    let mut out = format!("from {}\nto   {}\n", labelled(a, old), labelled(b, new));
    let names = names_of(old, new);
    let mut changed = 0;
    let mut group = String::new();
    for name in &names {
        let (was, is) = (old.constant(name), new.constant(name));
        let text = |c: Option<&Constant>| c.map_or_else(|| "none".to_string(), |c| c.value.clone());
        if text(was) == text(is) {
            continue;
        }
        changed += 1;
        let (table, last) = name.rsplit_once('.').unwrap_or(("", name));
        if table != group {
            group = table.to_string();
            let _ = writeln!(out, "\n[{table}]");
        }
        hanging(&mut out, &format!("  {last:<26} "), &format!("{} -> {}", text(was), text(is)));
        match is {
            Some(c) => {
                let idle = if c.idle { "; without effect here" } else { "" };
                paragraph(&mut out, "      ", &format!("{}{idle}: {}", c.confidence, sourced(c)));
                if let Some(note) = &c.note {
                    paragraph(&mut out, "      ", note);
                }
            }
            None => paragraph(&mut out, "      ", &format!("{} has no [{table}] with it", new.name)),
        }
    }
    out.push('\n');
    let tail = match changed {
        0 => "No constant differs: both judge alike.".to_string(),
        1 => format!("1 constant of {} differs.", names.len()),
        n => format!("{n} constants of {} differ.", names.len()),
    };
    paragraph(&mut out, "", &tail);
    out
}

/// `policy diff` as JSON: one entry per constant that differs.
pub fn diff_json(a: &Policy, b: &Policy) -> String {
    let (old, new) = (newest(a), newest(b));
    let mut entries = Vec::new();
    for name in names_of(old, new) {
        let (was, is) = (old.constant(name), new.constant(name));
        if was.map(|c| &c.value) != is.map(|c| &c.value) {
            entries.push(json!({
                "name": name,
                "old": was.map(|c| &c.value),
                "new": is.map(|c| &c.value),
                "confidence": is.map(|c| c.confidence.name()),
                "source": is.map(|c| &c.source),
                "verified": is.and_then(|c| c.verified.as_ref()),
            }));
        }
    }
    pretty(&json!({ "from": old.name, "to": new.name, "differences": entries }))
}

pub(super) fn newest(policy: &Policy) -> &Version {
    policy.versions.last().expect("a policy has a version")
}

fn labelled(policy: &Policy, version: &Version) -> String {
    match policy.versions.len() {
        1 => policy.name.clone(),
        n => format!("{} (the newest of {n} versions: {})", policy.name, version.name),
    }
}

/// Names of the constants of either, in the order in which they are shown.
fn names_of<'a>(a: &'a Version, b: &'a Version) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    let mut right = b.constants.iter().peekable();
    for c in &a.constants {
        // What only the other has stands before the next name they share.
        while let Some(d) = right.next_if(|d| d.name != c.name && a.constant(&d.name).is_none()) {
            names.push(&d.name);
        }
        right.next_if(|d| d.name == c.name);
        names.push(&c.name);
    }
    names.extend(right.map(|d| d.name.as_str()));
    names
}

/// `policy check`: what was found in a file. The caller turns a fault into its exit code.
pub fn check(file: &str, read: &Result<Policy, Faults>) -> String {
    let mut out = String::new();
    match read {
        Err(faults) => {
            let _ = writeln!(out, "{faults}");
            let n = faults.0.len();
            let _ = writeln!(out, "{file}: {n} {}", if n == 1 { "fault" } else { "faults" });
        }
        Ok(policy) => {
            let n = policy.versions.len();
            let versions = if n == 1 { "1 version".to_string() } else { format!("{n} versions") };
            let _ = writeln!(out, "{file}: fine; {versions}, hash {}", policy.hash);
            for v in &policy.versions {
                let from = v.from.as_deref().map_or_else(String::new, |d| format!(" from {d}"));
                let base = v.based_on.as_deref().map_or_else(String::new, |b| format!(", over {b}"));
                let _ = writeln!(out, "  {}{from}{base}", v.name);
                for c in v.constants.iter().filter(|c| c.source.starts_with("set in ")) {
                    let replaced = format!("{} {}", c.value, c.source);
                    hanging(&mut out, &format!("    {:<32} ", c.name), &replaced);
                }
                let assumed = v.assumptions().count();
                let _ = writeln!(out, "    {assumed} of {} constants are assumptions", v.constants.len());
            }
            warnings(&mut out, &policy.warnings);
        }
    }
    out
}

fn warnings(out: &mut String, warnings: &[Fault]) {
    for w in warnings {
        hanging(out, "warning: ", &w.to_string());
    }
}

fn fitted(text: &str) -> String {
    wrap(text, WIDTH).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str) {
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
            assert_eq!(line.trim_end(), line);
        }
    }

    #[test]
    fn the_list_names_every_policy_and_fits() {
        let text = list();
        fits(&text);
        for e in library::eras() {
            let row = text.lines().find(|l| l.starts_with(&e.name)).unwrap_or_else(|| panic!("{}", e.name));
            assert!(row.contains(e.version.verified().unwrap()), "{row}");
            assert!(row.contains(e.from.as_deref().unwrap_or("variant")), "{row}");
        }
        let json: Value = serde_json::from_str(&list_json()).unwrap();
        assert_eq!(json.as_array().unwrap().len(), library::names().len());
    }

    #[test]
    fn every_policy_shows_each_constant_with_its_source_and_fits() {
        for name in library::names() {
            let p = Policy::pinned(name).unwrap();
            let text = show(&p);
            fits(&text);
            let json: Value = serde_json::from_str(&show_json(&p)).unwrap();
            for c in &p.versions[0].constants {
                let last = c.name.rsplit('.').next().unwrap();
                assert!(text.lines().any(|l| l.trim_start().starts_with(last)), "{name}: {}", c.name);
                assert_eq!(json["versions"][0]["constants"][&c.name]["source"], c.source);
            }
        }
        fits(&show(&Policy::auto()));
        let text = show(&Policy::pinned("2026-100k").unwrap());
        assert!(text.contains("warning: 2026-100k.toml:"), "{text}");
    }

    #[test]
    fn a_difference_prints_name_old_new_and_source() {
        let (a, b) = (Policy::pinned("2022-05").unwrap(), Policy::pinned("2023-03").unwrap());
        let text = diff(&a, &b);
        fits(&text);
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle} in\n{text}"));
        assert!(at("[limit]") < at("250, 1000, 10000"));
        assert!(
            at("[raise]")
                < at("  factor                     2 -> 0.5\n      documented: Meta's text in Whispir's")
        );
        assert!(at("min_time_at_limit          2d -> 0") > at("  delay                      0 -> 24h"));
        assert!(!text.contains("red_at") && !text.contains("slot "), "{text}");
        assert!(diff(&a, &a).ends_with("No constant differs: both judge alike.\n"));
        let json: Value = serde_json::from_str(&diff_json(&a, &b)).unwrap();
        let factor =
            json["differences"].as_array().unwrap().iter().find(|d| d["name"] == "raise.factor").unwrap();
        assert_eq!((&factor["old"], &factor["new"]), (&json!("2"), &json!("0.5")));
        // What only one of the two has.
        let text = diff(&Policy::pinned("seed-classic").unwrap(), &b);
        assert!(
            text.contains("red_for                    7d -> none\n      2023-03 has no [sustained]"),
            "{text}"
        );
    }

    #[test]
    fn a_check_says_what_was_set_or_what_is_wrong() {
        let read = Policy::from_text("my.toml", "based_on = \"2023-03\"\n[rating]\nred_at = 0.3\n");
        let text = check("my.toml", &read);
        assert!(text.starts_with("my.toml: fine; 1 version, hash "), "{text}");
        assert!(
            text.contains("rating.red_at                    0.3 set in my.toml, line 3 (in place of 0.02)"),
            "{text}"
        );
        assert!(text.contains("warning: my.toml:3:10: rating.red_at: 0.3 lies outside"), "{text}");
        let read = Policy::from_text("my.toml", "based_on = \"2023-03\"\nrate = 3\nraise.factor = 0\n");
        let text = check("my.toml", &read);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.ends_with("my.toml: 2 faults\n"), "{text}");
    }
}
