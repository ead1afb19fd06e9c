//! Answers of every command as data: `--format`, the schema on disk, and what a folder keeps of them.

use std::path::Path;

use serde_json::Value;
use tiersim::report::answer::{Answer, schema};

use crate::cli::{code, err, out, run_folder, tiersim};

#[test]
fn the_schema_of_answers_on_disk_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/answer.schema.json");
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    if found != schema::schema() {
        assert!(std::env::var_os("TIERSIM_BLESS").is_some(), "out of date: TIERSIM_BLESS=1 cargo test");
        std::fs::write(&path, schema::schema()).unwrap();
    }
}

/// Holds a value to the part of JSON Schema that the schema of answers uses.
fn fits(value: &Value, schema: &Value, root: &Value, at: &str) {
    if let Some(to) = schema["$ref"].as_str() {
        return fits(value, root.pointer(to.trim_start_matches('#')).expect(to), root, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let of = |v: &Value| if v["type"] == "array" { value.is_array() } else { value.is_object() };
        let one = any.iter().find(|v| of(v)).unwrap_or_else(|| panic!("{at}: {value}"));
        return fits(value, one, root, at);
    }
    let is = |name: &Value| match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => panic!("{at}: {name}"),
    };
    let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    assert!(types.iter().any(is), "{at}: {value} is no {types:?}");
    if let (Some(map), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        let required = schema["required"].as_array().unwrap();
        assert!(required.iter().all(|key| map.contains_key(key.as_str().unwrap())), "{at}: {value}");
        for (key, inner) in map {
            let of = properties.get(key).unwrap_or_else(|| panic!("{at}: {key} is not in the schema"));
            fits(inner, of, root, &format!("{at}/{key}"));
        }
    }
    if let (Some(items), Some(of)) = (value.as_array(), schema.get("items")) {
        items.iter().enumerate().for_each(|(i, item)| fits(item, of, root, &format!("{at}/{i}")));
    }
}

/// Runs a study in every form and holds the forms to each other and to its folder.
fn in_every_form(dir: &Path, command: &[&str], folder: &str, named: &str) -> Answer {
    let o = tiersim(dir, &[command, &["--format", "json"]].concat());
    assert!(code(&o) < 2, "{command:?}: {}", err(&o));
    let root: Value = serde_json::from_str(&schema::schema()).unwrap();
    fits(&serde_json::from_str(&out(&o)).unwrap(), &root, &root, "");
    let answer: Answer = serde_json::from_str(&out(&o)).unwrap();
    assert_eq!(answer.command, named);
    assert!(answer.sentences[0].ends_with(['.', ')']), "{:?}", answer.sentences);
    for f in &answer.figures {
        assert!(
            !f.name.is_empty() && !f.label.is_empty() && !f.unit.is_empty() && !f.text.is_empty(),
            "{f:?}"
        );
        let ordered = [f.low, f.high].into_iter().flatten().is_sorted();
        assert!(ordered && f.value.is_none_or(f64::is_finite), "{f:?}");
    }
    for t in &answer.tables {
        assert!(t.rows.iter().all(|r| r.len() == t.columns.len()), "{}", t.name);
    }

    let kept = run_folder(&dir.join("output"), folder);
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(kept.join("manifest.json")).unwrap()).unwrap();
    let of: Answer = serde_json::from_value(manifest["reports"][0]["answer"].clone()).unwrap();
    assert_eq!(of, answer, "the folder keeps what was printed");

    let o = tiersim(dir, command);
    let page = out(&o).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in answer.sentences.iter().chain(answer.warnings.iter().map(|w| &w.text)) {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(page.matches(&said).count(), 1, "told once: {said}\n{}", out(&o));
    }
    assert!(err(&o).is_empty() || !err(&o).contains("Tables, charts"), "{}", err(&o));
    assert!(out(&o).contains("Tables, charts and report.html: "));
    answer
}

fn names(answer: &Answer) -> Vec<&str> {
    let mut out: Vec<&str> = answer.figures.iter().map(|f| f.name.as_str()).collect();
    out.dedup();
    out
}

fn codes(answer: &Answer) -> Vec<&str> {
    answer.warnings.iter().map(|w| w.code.as_str()).collect()
}

const SHORT: [&str; 4] = ["--no-png", "--quiet", "--threads", "2"];

#[test]
fn a_comparison_answers_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let command = [
        &["compare", "loyalty-healthy", "--everywhere", "days=8", "--set", "recipients.block_base=0.02"],
        &["--replications", "3", "--measure", "p_red,blocked"][..],
        &SHORT,
    ]
    .concat();
    let answer = in_every_form(dir.path(), &command, "loyalty-healthy", "compare");
    assert_eq!(answer.figures[1].of, "recipients.block_base=0.02");
    assert!(names(&answer).contains(&"delta(blocked)"), "{:?}", names(&answer));
    assert_eq!(codes(&answer)[0], "few_replications");
    // Scripts compare the table itself.
    let o = tiersim(dir.path(), &[&command[..], &["--format", "csv"]].concat());
    let kept = run_folder(&dir.path().join("output"), "loyalty-healthy");
    assert_eq!(out(&o), std::fs::read_to_string(kept.join("comparison.csv")).unwrap());

    let o = tiersim(dir.path(), &["plot", kept.to_str().unwrap(), "--no-png"]);
    assert!(out(&o).contains("1 there already, the same to the byte"), "{}{}", out(&o), err(&o));
    let o = tiersim(dir.path(), &["report", kept.to_str().unwrap(), "--format", "json"]);
    assert_eq!(serde_json::from_str::<Answer>(&out(&o)).unwrap(), answer, "{}", err(&o));
}

#[test]
fn a_sweep_answers_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let sweep = ["sweep", "loyalty-healthy", "--set", "days=6", "--replications", "2"];
    let command = [&sweep[..], &["--vary", "recipients.block_base=0.001,0.002,0.003"], &SHORT].concat();
    let answer = in_every_form(dir.path(), &command, "loyalty-healthy", "sweep");
    assert_eq!(answer.tables[0].rows.len(), 3);
    let o = tiersim(dir.path(), &[&command[..], &["--dry-run", "--format", "json"]].concat());
    assert_eq!(code(&o), 2, "a form that is not there is refused, not passed over");
    assert!(err(&o).contains("--format: what --dry-run prints has one form only"), "{}", err(&o));
}

#[test]
fn searches_answer_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let solve =
        ["solve", "loyalty-healthy", "--set", "days=6", "--max", "recipients.block_base=0.001..0.002"];
    let more = ["--subject-to", "p_red < 0.9", "--measure", "delivered", "--replications", "2"];
    let answer = in_every_form(dir.path(), &[&solve[..], &more, &SHORT].concat(), "loyalty-healthy", "solve");
    assert!(codes(&answer).contains(&"few_replications"), "{:?}", codes(&answer));

    let tradeoff =
        ["tradeoff", "weekly-promo", "--set", "days=6", "--vary", "campaigns.sale.per_week=int:1..3"];
    let more = ["--goal", "max delivered", "--goal", "min blocked", "--points", "3", "--replications", "2"];
    let answer =
        in_every_form(dir.path(), &[&tradeoff[..], &more, &SHORT].concat(), "weekly-promo", "tradeoff");
    assert_eq!(answer.tables[0].name, "front");

    let warmup = ["plan", "warmup", "--to", "10K", "--vary", "campaigns.welcome.audience.max=50,200"];
    let more = ["--set", "days=20", "--replications", "2"];
    in_every_form(dir.path(), &[&warmup[..], &more, &SHORT].concat(), "warm-up", "plan warmup");

    let dir = tempfile::tempdir().unwrap();
    let recovery = ["plan", "recovery", "weekly-promo", "--set", "days=6", "--replications", "2"];
    in_every_form(dir.path(), &[&recovery[..], &SHORT].concat(), "weekly-promo", "plan recovery");
}

#[test]
fn studies_of_assumptions_answer_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let sampled =
        ["run", "loyalty-healthy", "--set", "days=6", "--assumptions", "sample", "--replications", "6"];
    let answer =
        in_every_form(dir.path(), &[&sampled[..], &SHORT].concat(), "loyalty-healthy", "run --assumptions");
    assert_eq!(answer.tables[0].name, "effects");
    let study = ["sensitivity", "weekly-promo", "--set", "days=6", "--vary", "rating.red_at"];
    let more = ["--vary", "segments.lapsed.block_base=0.001..0.03", "--trajectories", "3"];
    let answer =
        in_every_form(dir.path(), &[&study[..], &more, &SHORT].concat(), "weekly-promo", "sensitivity");
    assert!(names(&answer).contains(&"mu_star(worst_score)"), "{:?}", names(&answer));
}
