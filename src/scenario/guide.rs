//! Checks that what lies on disk says what the code says: the schema, and the tables of `docs/scenarios.md`.
//!
//! Test code only. `TIERSIM_BLESS=1 cargo test` rewrites the files in place of failing.

use super::fields::SCENARIO;
use super::library;
use super::spec::{Basis, Field, Kind, Need, Table};

/// Compares a file with what it should be, made from what it is; or rewrites it.
pub fn on_disk(file: &str, make: impl Fn(&str) -> String) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let wanted = make(&found);
    if found == wanted {
        return;
    }
    assert!(std::env::var_os("TIERSIM_BLESS").is_some(), "{file} is out of date: TIERSIM_BLESS=1 cargo test");
    std::fs::write(&path, wanted).unwrap();
}

/// The tables of a file's keys by the marker that stands for them in the guide.
fn tables() -> Vec<(&'static str, &'static Table)> {
    let mut out = vec![("top", &SCENARIO)];
    for field in SCENARIO.all() {
        match &field.kind {
            Kind::Table(table) | Kind::ByName(Kind::Table(table)) | Kind::List(Kind::Table(table), _) => {
                out.push((field.key, table))
            }
            Kind::Any(kinds) => {
                out.extend(kinds.iter().filter_map(|k| match k {
                    Kind::Table(table) => Some((field.key, *table)),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    for (key, inner) in [
        ("campaigns", "audience"),
        ("campaigns", "reactions"),
        ("recipients", "fatigue_memory"),
        ("money", "tiers"),
        ("templates", "review"),
    ] {
        let table = out.iter().find(|(k, _)| *k == key).expect("listed above").1;
        match &table.field(inner).expect("a key of the table").kind {
            Kind::Table(t) | Kind::List(Kind::Table(t), _) => {
                out.push((if inner == "audience" { "campaign-audience" } else { inner }, t));
            }
            _ => unreachable!(),
        }
    }
    out
}

fn keys_table(marker: &str, table: &Table) -> String {
    // Segments repeat what [recipients] may say; the guide says so once.
    let recipients = SCENARIO.field("recipients").map(|f| match f.kind {
        Kind::Table(t) => t,
        _ => unreachable!(),
    });
    let repeated = |f: &Field| marker == "segments" && recipients.is_some_and(|t| t.field(f.key).is_some());
    let mut out = String::from("| key | value | without it | meaning |\n|---|---|---|---|\n");
    for field in table.all().filter(|f| !repeated(f)) {
        let without = match field.need {
            Need::Required => "required".to_string(),
            Need::Optional(instead) => instead.to_string(),
            Need::Default(value) => format!("`{value}`"),
        };
        let mut value = short(&field.kind);
        if !field.unit.is_empty() {
            value = format!("{value} [{}]", field.unit);
        }
        let row = [format!("`{}`", field.key), value, without, field.doc.to_string()]
            .map(|c| c.replace('|', "\\|"));
        out.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    out
}

fn short(kind: &Kind) -> String {
    match kind {
        Kind::Table(_) => "a table, below".into(),
        Kind::ByName(Kind::Table(_)) => "tables by name, below".into(),
        Kind::List(Kind::Table(_), _) => "a list of tables, below".into(),
        Kind::Span(..) => "a duration".into(),
        Kind::Moment => "a date or time".into(),
        Kind::Word(words) => words.iter().map(|(w, d)| format!("`{w}`: {d}")).collect::<Vec<_>>().join("; "),
        Kind::ByWord(_, of) => format!("a table by name, each {}", short(of)),
        Kind::List(of, _) => format!("a list, each {}", short(of)),
        Kind::Any(kinds)
            if kinds.iter().any(|k| matches!(k, Kind::Table(t) if t.field("sigma").is_some())) =>
        {
            "a delay".into()
        }
        Kind::Any(kinds) => kinds.iter().map(short).collect::<Vec<_>>().join("; or "),
        _ => kind.describe(),
    }
}

/// Where defaults about the world come from.
fn sources_table() -> String {
    let mut out =
        String::from("| key | default | plausible | standing | what it leans on |\n|---|---|---|---|---|\n");
    for (marker, table) in tables() {
        for field in table.all().filter(|_| marker != "segments") {
            let (standing, low, high, source) = match field.basis {
                Basis::Setting => continue,
                Basis::Reported { low, high, source } => ("reported", low, high, source),
                Basis::Assumed { low, high, source } => ("**assumed**", low, high, source),
            };
            let Need::Default(value) = field.need else { unreachable!("a basis is that of a default") };
            out.push_str(&format!(
                "| `{}` | `{value}` | {low} to {high} | {standing} | {source} |\n",
                field.key
            ));
        }
    }
    out
}

fn shipped_table() -> String {
    let mut out = String::from("| name | question |\n|---|---|\n");
    for name in library::names() {
        out.push_str(&format!("| `{name}` | {} |\n", library::summary(name).expect("shipped")));
    }
    out
}

fn columns_table() -> String {
    let mut out = String::from("| column | holds |\n|---|---|\n");
    for (column, doc) in super::audience::COLUMNS {
        out.push_str(&format!("| `{column}` | {doc} |\n"));
    }
    out
}

/// Puts a made text between its markers.
fn between(text: &str, marker: &str, made: &str) -> String {
    let (begin, end) = (format!("<!-- begin {marker} -->\n"), format!("<!-- end {marker} -->"));
    let from = text.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
    let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("no {end}"));
    format!("{}{made}{}", &text[..from], &text[to..])
}

#[test]
fn the_guide_lists_every_key() {
    on_disk("docs/scenarios.md", |found| {
        let mut text = found.to_string();
        for (marker, table) in tables() {
            text = between(&text, marker, &keys_table(marker, table));
        }
        text = between(&text, "sources", &sources_table());
        text = between(&text, "columns", &columns_table());
        between(&text, "shipped", &shipped_table())
    });
}

#[test]
fn every_example_of_the_guide_loads() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md");
    let text = std::fs::read_to_string(path).unwrap();
    let examples: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|t| t.split("```").next()).collect();
    assert!(examples.len() >= 3);
    // An example that is no whole file is put on top of a small one.
    let base = "question = \"q\"\nstart = 2026-01-05\ndays = 60\n[segments.customers]\nsize = 10\n[numbers.shop]\n\
                [templates.offer]\ncategory = \"marketing\"\n[templates.gentle]\ncategory = \"marketing\"\n";
    for example in examples {
        let whole =
            if example.contains("question =") { example.to_string() } else { format!("{base}{example}") };
        if let Err(faults) = super::load("docs/scenarios.md", &whole, &[], &super::audience::no_files) {
            panic!("{faults}\n{whole}");
        }
    }
}
