//! The command lines that make a result again, from what its manifest keeps: complete, with every option that its bytes
//! depend on, to be typed in the folder of the result.
//!
//! `scenario.toml` and `arms/01.toml` there hold overrides, seed and rules; overrides are told again because the small
//! print of charts names them. Must not know what a command computes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::store::Inputs;
use crate::store::manifest::Origin;
use crate::store::sweeps::shards;

/// The options of a result, by name.
type Options = BTreeMap<String, Value>;

/// A command line under construction.
struct Line(String);

impl Line {
    fn new(start: &str) -> Line {
        Line(format!("tiersim {start}"))
    }

    /// An argument by itself.
    fn word(mut self, text: &str) -> Line {
        self.0.push(' ');
        self.0.push_str(&quoted(text));
        self
    }

    fn option(self, flag: &str, value: &str) -> Line {
        self.word(flag).word(value)
    }

    /// The option, as often as there are values of it: a list, a text, a number, or nothing.
    fn each(self, flag: &str, options: &Options, name: &str) -> Line {
        match options.get(name) {
            Some(Value::Array(all)) => all.iter().fold(self, |line, v| line.option(flag, &text(v))),
            None | Some(Value::Null) => self,
            Some(one) => self.option(flag, &text(one)),
        }
    }

    /// The option once, with all of its values behind commas, where there are any.
    fn joined(self, flag: &str, options: &Options, name: &str) -> Line {
        let all = options.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let all: Vec<String> = all.iter().map(text).collect();
        if all.is_empty() { self } else { self.option(flag, &all.join(",")) }
    }

    /// A flag, where the option has this value.
    fn flag(self, flag: &str, options: &Options, name: &str, set: bool) -> Line {
        if options.get(name) == Some(&Value::Bool(set)) { self.word(flag) } else { self }
    }

    /// An option, unless it has the value that goes without saying.
    fn unless(self, flag: &str, options: &Options, name: &str, usual: &str) -> Line {
        match options.get(name) {
            Some(Value::String(v)) if v == usual => self,
            _ => self.each(flag, options, name),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A text as a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%+@".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_string(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The command lines, one after the other.
pub fn commands(inputs: &Inputs) -> Vec<String> {
    let o = &inputs.options;
    let lines = match &inputs.origin {
        Origin::Run { replications, .. } => {
            let line = Line::new("run scenario.toml").each("--set", o, "set");
            let line = line.option("--replications", &replications.to_string());
            let line = line.unless("--every", o, "every", "1d").each("--events", o, "events");
            vec![line.unless("--keep", o, "keep", "first").flag("--no-digest", o, "digest", false)]
        }
        Origin::Study { study, scenarios, replications, .. } => {
            of_study(study, scenarios.len(), &replications.to_string(), o)
        }
        Origin::Replay { .. } => {
            let policies = inputs.policies.iter();
            let line = policies.fold(Line::new("replay LOG"), |line, p| line.option("--policy", &p.name));
            let line = line.each("--from", o, "from").each("--until", o, "until");
            let line = line.each("--number", o, "number").unless("--every", o, "every", "1d");
            let line = line.unless("--refused", o, "refused", "keep");
            let line = line.unless("--on-bad-row", o, "on_bad_row", "stop");
            let line = line.flag("--verify", o, "verify", true).each("--rates", o, "rates");
            let line = line.each("--market", o, "market");
            vec![line.flag("--no-digest", o, "digest", false)]
        }
    };
    lines.into_iter().map(|line| line.flag("--no-png", o, "png", false).0).collect()
}

/// Those of a study.
fn of_study(study: &str, arms: usize, replications: &str, o: &Options) -> Vec<Line> {
    let begun = |command: &str| Line::new(&format!("{command} scenario.toml")).each("--set", o, "set");
    let line = match study {
        "compare" => {
            // Variants are of one scenario, which the first arm holds as it was written.
            let variants = o.get("variants").and_then(Value::as_array).is_some_and(|v| !v.is_empty());
            let files = (1..=if variants { 1 } else { arms }).map(|i| format!("arms/{i:02}.toml"));
            let line = files.fold(Line::new("compare"), |line, file| line.word(&file));
            let line = line.each("--set", o, "variants").each("--everywhere", o, "set");
            line.joined("--measure", o, "measures").each("--fail-if", o, "fail_if")
        }
        "recovery" => {
            let line = begun("plan recovery").each("--campaign", o, "campaign");
            line.each("--switch-to", o, "switch_to").each("--dilute", o, "dilute")
        }
        "warmup" => {
            let line = begun("plan warmup").each("--to", o, "to").each("--vary", o, "vary");
            line.each("--subject-to", o, "subject_to")
        }
        "sweep" => {
            let table = o.get("design").is_some_and(|d| d == "table");
            let line = match table {
                true => begun("sweep").option("--points", "points-table.csv"),
                false => begun("sweep").each("--vary", o, "vary").unless("--design", o, "design", "grid"),
            };
            let line = line.each("--where", o, "where").joined("--measure", o, "measures");
            line.each("--boundary", o, "boundary").each("--shard", o, shards::OPTION)
        }
        "solve" => {
            let line = begun("solve").each("--max", o, "max").each("--min", o, "min");
            line.each("--subject-to", o, "subject_to").joined("--measure", o, "measures")
        }
        "tradeoff" => begun("tradeoff")
            .each("--vary", o, "vary")
            .each("--goal", o, "goals")
            .each("--points", o, "points"),
        "assumptions" => begun("run").each("--assumptions", o, "assumptions").each("--outcome", o, "outcome"),
        "sensitivity" => {
            let method = o.get("method").map(text).unwrap_or_default();
            let size = match method.as_str() {
                "morris" => "--trajectories",
                "sobol" => "--base-points",
                _ => "--points",
            };
            let line = begun("sensitivity").unless("--method", o, "method", "morris");
            let line = line.each("--vary", o, "vary").each("--over", o, "over").each(size, o, "size");
            let line = line.flag("--second-order", o, "second_order", true);
            let line = line.joined("--measure", o, "measures").each("--luck", o, "luck");
            line.each("--resamples", o, "resamples")
        }
        _ => return Vec::new(),
    };
    vec![line.option("--replications", replications)]
}

/// What has to be said before the command lines.
pub fn said(inputs: &Inputs) -> &'static str {
    let table = inputs.options.get("design").is_some_and(|d| d == "table");
    match &inputs.origin {
        Origin::Replay { .. } => {
            "Typed wherever the log is; LOG stands for its file or files. The same inputs give the same bytes on any machine."
        }
        _ if table => {
            "Typed in the folder of this page, with files that the scenario names beside it; points-table.csv is the \
             table of points, which design.csv has without its first column. Results go below output/ there, or where \
             -o says. The same inputs give the same bytes on any machine."
        }
        _ => {
            "Typed in the folder of this page, with files that the scenario names beside it. Results go below output/ \
             there, or where -o says. The same inputs give the same bytes on any machine."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_every_text_for_one_word() {
        assert_eq!(quoted("a.b=1,2"), "a.b=1,2");
        assert_eq!(quoted("p_red < 5%"), "'p_red < 5%'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
