//! What a rule set assumes: every constant that nobody outside the platform knows, with its plausible range.
//!
//! An exception to the rule that `report` sees no policy: its subject is the rules themselves. Decides nothing.

use serde_json::{Value, json};

use crate::policy::Policy;
use crate::policy::file::Confidence;
use crate::policy::resolve::Constant;
use crate::policy::timeline::Version;
use crate::report::listing::{WIDTH, paragraph, pretty, wrap};
use crate::report::policies::newest;

/// Widths of the columns before the source.
const COLUMNS: [usize; 4] = [27, 12, 13, 13];

/// `policy assumptions`: name, default, low, high and source of everything unpublished in a policy; of one with
/// several versions, of the newest.
pub fn text(policy: &Policy) -> String {
    let v = newest(policy);
    let mut out = match policy.versions.len() {
        1 => format!("{}: what it assumes\n\n", policy.name),
        n => format!("{} (the newest of {n} versions: {}): what it assumes\n\n", policy.name, v.name),
    };
    row(&mut out, ["NAME", "DEFAULT", "LOW", "HIGH"], "WHAT IT LEANS ON");
    let all: Vec<&Constant> = assumed(v).collect();
    let mut group = "";
    for c in &all {
        let [low, high] = range(c);
        let idle = if c.idle { " *" } else { "" };
        let (table, name) = c.name.rsplit_once('.').unwrap_or(("", &c.name));
        if table != group {
            group = table;
            out.push_str(&format!("\n[{table}]\n"));
        }
        // What has no ends on a line has its range in words.
        let words = c.note.as_ref().filter(|_| low == "-").map(|n| format!("; {n}")).unwrap_or_default();
        let leans_on = format!("{}{words}", c.source);
        row(&mut out, [&format!("{name}{idle}"), &c.value, &low, &high], &leans_on);
    }
    out.push('\n');
    if all.iter().any(|c| c.idle) {
        paragraph(&mut out, "", "* without effect here: another constant switches it off");
    }
    let tail = format!(
        "{} of {} constants are published by nobody. Low and high are what is plausible, not what is known; a choice \
         lists the others instead. To see what an answer hangs on: `tiersim sensitivity SCENARIO`. To run over the \
         ranges: `tiersim run SCENARIO --assumptions sample`. What people do is assumed too: `tiersim scenario show \
         NAME --resolved` prints it.",
        all.len(),
        v.constants.len()
    );
    paragraph(&mut out, "", &tail);
    out
}

/// The same as JSON.
pub fn to_json(policy: &Policy) -> String {
    let v = newest(policy);
    let one = |c: &Constant| {
        json!({
            "name": c.name,
            "default": c.value,
            "unit": c.unit,
            "low": c.low,
            "high": c.high,
            "choices": c.choices(),
            "source": c.source,
            "note": c.note,
            "idle": c.idle,
        })
    };
    let list: Vec<Value> = assumed(v).map(one).collect();
    pretty(&json!({ "policy": policy.name, "version": v.name, "assumptions": list }))
}

fn assumed(v: &Version) -> impl Iterator<Item = &Constant> {
    v.constants.iter().filter(|c| c.confidence == Confidence::Assumed)
}

/// Its ends, or what else could be chosen.
fn range(c: &Constant) -> [String; 2] {
    match (&c.low, &c.high) {
        (None, None) => {
            let others: Vec<&str> = c.choices().into_iter().filter(|w| *w != c.value).collect();
            match others.is_empty() {
                true => ["-".to_string(), "-".to_string()],
                false => [format!("or {}", others.join(", or ")), String::new()],
            }
        }
        (low, high) => [low, high].map(|end| end.clone().unwrap_or_else(|| "-".to_string())),
    }
}

/// Lines of a cell; a word too long for its column, such as a step of enforcement, goes on after a colon.
fn cell(text: &str, width: usize) -> Vec<String> {
    let mut out = Vec::new();
    for mut line in wrap(text, width) {
        while line.chars().count() > width {
            let colons = line.char_indices().take(width).filter(|(_, c)| *c == ':');
            let Some((colon, _)) = colons.last() else { break };
            let rest = line.split_off(colon + 1);
            out.push(std::mem::replace(&mut line, rest));
        }
        out.push(line);
    }
    out
}

fn row(out: &mut String, cells: [&str; 4], source: &str) {
    let lead = COLUMNS.iter().sum::<usize>() + COLUMNS.len();
    let columns: Vec<Vec<String>> = cells.iter().zip(COLUMNS).map(|(c, w)| cell(c, w)).collect();
    let source = wrap(source, WIDTH - lead);
    let lines = columns.iter().chain([&source]).map(Vec::len).max().unwrap_or(0);
    for i in 0..lines {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(COLUMNS) {
            let cell = column.get(i).map_or("", String::as_str);
            line.push_str(&format!("{cell:<width$} "));
        }
        line.push_str(source.get(i).map_or("", String::as_str));
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::library;

    #[test]
    fn every_unpublished_constant_of_every_era_is_listed_with_its_range_and_fits() {
        for name in library::names() {
            let p = Policy::pinned(name).unwrap();
            let text = text(&p);
            let json: Value = serde_json::from_str(&to_json(&p)).unwrap();
            let listed = json["assumptions"].as_array().unwrap();
            for c in &p.versions[0].constants {
                let here = listed.iter().find(|a| a["name"] == c.name);
                assert_eq!(here.is_some(), c.confidence == Confidence::Assumed, "{name}: {}", c.name);
                if let Some(a) = here {
                    let bounded = a["low"].is_string() && a["high"].is_string();
                    let choice = !a["choices"].as_array().unwrap().is_empty();
                    let said = a["note"].as_str().is_some_and(|n| n.len() > 20);
                    assert!(bounded || choice || said, "{name}: {}: a range", c.name);
                    assert!(
                        text.lines().any(|l| l.starts_with(c.name.rsplit('.').next().unwrap())),
                        "{name}: {}",
                        c.name
                    );
                }
            }
            for line in text.lines() {
                assert!(line.chars().count() <= WIDTH && line.trim_end() == line, "{line}");
            }
        }
    }

    #[test]
    fn of_several_versions_the_newest_is_told() {
        let text = text(&Policy::auto());
        assert!(text.starts_with("auto (the newest of "), "{text}");
        assert!(text.contains("[rating]") && text.contains("red_at"), "{text}");
    }
}
