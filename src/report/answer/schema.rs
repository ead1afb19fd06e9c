//! The JSON Schema of answers, for those who read `--format json`.
//!
//! Keys stay as they are; others may be added behind them. Must not know what any command answers.

use serde_json::{Value, json};

/// The schema as a document: one answer, or a list of them where a log was replayed under several policies.
pub fn schema() -> String {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let number = |about: &str| json!({ "type": ["number", "null"], "description": about });
    let list = |of: Value, about: &str| json!({ "type": "array", "items": of, "description": about });
    let object = |about: &str, properties: Value| {
        let required: Vec<&String> = properties.as_object().expect("an object").keys().collect();
        json!({
            "type": "object",
            "description": about,
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    let reference = |to: &str| json!({ "$ref": format!("#/$defs/{to}") });
    let answer = object(
        "What a command answers.",
        json!({
            "command": text("The command: run, run --assumptions, replay, compare, sweep, sensitivity, solve, tradeoff, plan warmup, plan recovery."),
            "name": text("Name of the scenario, the scenarios or the log."),
            "question": text("The question it answers; empty where none was stated."),
            "sentences": list(json!({ "type": "string" }), "Finished sentences; the first is the headline."),
            "figures": list(reference("figure"), "The figures behind them."),
            "tables": list(reference("table"), "Tables in the order of reading; their cells are finished texts."),
            "warnings": list(reference("warning"), "What to know before believing any of it."),
            "notes": list(json!({ "type": "string" }), "Remarks that change no figure."),
        }),
    );
    let figure = object(
        "A figure, with its 95 % interval where it has one.",
        json!({
            "name": text("Stable name, as `tiersim measures` lists it; delta(x) is a difference from the baseline."),
            "of": text("Whose: a number, an arm, a point, a value; empty for the whole."),
            "label": text("In words."),
            "unit": text("share, count, days, signals/message, value, or a currency."),
            "value": number("The value; null where there is nothing to tell."),
            "low": number("Lower end of the 95 % interval."),
            "high": number("Upper end of the 95 % interval."),
            "text": text("The value as the terminal prints it."),
            "interval": text("The interval likewise; empty where there is none."),
        }),
    );
    let table = object(
        "A table for readers.",
        json!({
            "name": text("Stable name."),
            "title": text("Its title."),
            "caption": text("How to read it; may be empty."),
            "columns": list(reference("column"), "Its columns."),
            "rows": list(list(json!({ "type": "string" }), "As many cells as columns."), "Its rows."),
        }),
    );
    let column = object(
        "A column of a table.",
        json!({
            "name": text("Its heading, with the unit."),
            "figures": { "type": "boolean", "description": "Whether its cells are figures, which stand at the right." },
        }),
    );
    let warning = object(
        "A warning, and what to do about it.",
        json!({
            "code": text("Stable name, such as few_replications, assumption_decides or within_luck."),
            "text": text("What is the matter."),
            "advice": text("What to do; may be empty."),
        }),
    );
    let all = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answers of tiersim (--format json)",
        "anyOf": [reference("answer"), list(reference("answer"), "A replay under several policies: one answer of each.")],
        "$defs": { "answer": answer, "figure": figure, "table": table, "column": column, "warning": warning },
    });
    format!("{}\n", serde_json::to_string_pretty(&all).expect("plain data becomes JSON"))
}
