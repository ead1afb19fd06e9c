//! An answer in other forms than the terminal's own page: JSON, CSV, Markdown.
//!
//! Pure functions. The forms are stable: keys and columns stay, others may be added behind them.

use crate::report::answer::{Answer, Table};

/// The answer as one JSON object, indented, ended by a line break. Its schema is `docs/answer.schema.json`.
pub fn json(answers: &[Answer]) -> String {
    let value = match answers {
        [one] => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    };
    format!("{}\n", value.expect("plain data becomes JSON"))
}

/// The figures as CSV, a row for each: `command,name,figure,of,unit,value,low,high`.
pub fn csv(answers: &[Answer]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = ["command", "name", "figure", "of", "unit", "value", "low", "high"];
    writer.write_record(columns).expect("memory takes everything");
    let number = |v: Option<f64>| v.map_or(String::new(), |v| (v + 0.0).to_string());
    for a in answers {
        for f in &a.figures {
            let ends = [f.value, f.low, f.high].map(number);
            let texts = [&a.command, &a.name, &f.name, &f.of, &f.unit].map(String::as_str);
            let row = texts.into_iter().chain(ends.iter().map(String::as_str));
            writer.write_record(row).expect("as many fields as columns");
        }
    }
    String::from_utf8(writer.into_inner().expect("memory takes everything")).expect("texts stay texts")
}

/// The answer as a Markdown document: headline, figures, tables, warnings and notes.
pub fn markdown(answers: &[Answer]) -> String {
    answers.iter().map(one_markdown).collect::<Vec<_>>().join("\n---\n\n")
}

fn one_markdown(a: &Answer) -> String {
    let mut out = format!("# {}\n\n", inline(&a.name));
    if !a.question.is_empty() {
        out.push_str(&format!("*{}*\n\n", inline(&a.question)));
    }
    if let Some((first, rest)) = a.sentences.split_first() {
        out.push_str(&format!("**{}**\n", inline(first)));
        if !rest.is_empty() {
            let rest: Vec<String> = rest.iter().map(|s| inline(s)).collect();
            out.push_str(&format!("\n{}\n", rest.join(" ")));
        }
    }
    if !a.figures.is_empty() {
        let whose = a.figures.iter().any(|f| !f.of.is_empty());
        out.push_str(if whose {
            "\n| figure | of | value |\n|---|---|---:|\n"
        } else {
            "\n| figure | value |\n|---|---:|\n"
        });
        for f in &a.figures {
            let unit = match f.unit.as_str() {
                "share" | "count" => String::new(),
                unit => format!(" ({unit})"),
            };
            let of = if whose { format!(" {} |", inline(&f.of)) } else { String::new() };
            out.push_str(&format!("| {}{} |{of} {} |\n", inline(&f.label), inline(&unit), inline(&f.told())));
        }
    }
    if !a.warnings.is_empty() {
        out.push_str("\n## Before you believe it\n\n");
        for w in &a.warnings {
            let advice = if w.advice.is_empty() { String::new() } else { format!(" {}", inline(&w.advice)) };
            out.push_str(&format!("- **{}**{advice}\n", inline(&w.text)));
        }
    }
    for t in &a.tables {
        out.push_str(&table(t));
    }
    if !a.notes.is_empty() {
        out.push_str("\n## Notes\n\n");
        a.notes.iter().for_each(|n| out.push_str(&format!("- {}\n", inline(n))));
    }
    out
}

fn table(t: &Table) -> String {
    let mut out = format!("\n## {}\n\n", inline(&t.title));
    if !t.caption.is_empty() {
        out.push_str(&format!("{}\n\n", inline(&t.caption)));
    }
    let names: Vec<String> = t.columns.iter().map(|c| inline(&c.name)).collect();
    let marks: Vec<&str> = t.columns.iter().map(|c| if c.figures { "---:" } else { "---" }).collect();
    out.push_str(&format!("| {} |\n|{}|\n", names.join(" | "), marks.join("|")));
    for row in &t.rows {
        let cells: Vec<String> = row.iter().map(|c| inline(c)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out
}

/// A text that stays in its line and its cell, and is no markup.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '<' | '>' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::answer::{Column, Figure, Warning};

    fn answer() -> Answer {
        Answer {
            command: "run".into(),
            name: "a|b <i>".into(),
            question: "Why?".into(),
            sentences: vec!["Red: 12 %.".into(), "More.".into()],
            figures: vec![Figure {
                name: "p_red".into(),
                label: "chance of red".into(),
                unit: "share".into(),
                value: Some(0.1 + 0.2),
                low: Some(-0.0),
                text: "30 %".into(),
                interval: "0–40 %".into(),
                ..Figure::default()
            }],
            tables: vec![Table {
                name: "numbers".into(),
                title: "Numbers".into(),
                caption: String::new(),
                columns: vec![Column { name: "n".into(), figures: true }],
                rows: vec![vec!["1|2\n3".into()]],
            }],
            warnings: vec![Warning { code: "few".into(), text: "Few.".into(), advice: "More.".into() }],
            notes: vec!["*".into()],
        }
    }

    #[test]
    fn json_reads_back_to_the_last_bit() {
        let answer = answer();
        let text = json(std::slice::from_ref(&answer));
        let again: Answer = serde_json::from_str(&text).unwrap();
        assert_eq!(again, answer);
        assert!(json(&[answer.clone(), answer]).starts_with('['), "several answers are a list");
    }

    #[test]
    fn csv_has_a_row_for_each_figure_and_nothing_is_empty() {
        assert_eq!(
            csv(&[answer()]),
            "command,name,figure,of,unit,value,low,high\nrun,a|b <i>,p_red,,share,0.30000000000000004,0,\n"
        );
    }

    #[test]
    fn markdown_keeps_cells_apart() {
        let text = markdown(&[answer()]);
        assert!(text.starts_with("# a\\|b \\<i\\>\n"), "{text}");
        assert!(text.contains("| chance of red | 30 % (0–40 %) |") && text.contains("| 1\\|2 3 |"), "{text}");
        assert!(text.contains("- **Few.** More.") && text.contains("- \\*"));
    }
}
