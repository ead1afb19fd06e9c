//! The architecture, held by a test: this reads our own source and fails on an import against the arrows, on what
//! only the edges may do, on a file nobody declares, and on a file that does not say what it is.
//!
//! In a single crate the compiler holds no layers. Every check is a pure function from text to findings, and has a
//! test of its own that it can fail. Must not know what the code computes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// For each module, which others it may use. The order is that of `lib.rs`.
const ARROWS: [(&str, &[&str]); 11] = [
    // Whoever reads a text that people write; a run, its people and its measures are past that.
    ("text", &[]),
    ("sim", &[]),
    ("messaging", &["sim"]),
    // Payloads to rows: needs the nouns and texts that people write (word lists) and nothing else, so that no rule
    // can colour what was observed.
    ("import", &["text", "sim", "messaging"]),
    ("behaviour", &["sim", "messaging"]),
    ("policy", &["text", "sim", "messaging"]),
    ("scenario", &["text", "sim", "messaging", "behaviour", "policy"]),
    // Text: names of measures, conditions and axes are typed by people and deserve the nearest right spelling.
    ("experiment", &["text", "sim", "messaging", "behaviour", "policy", "scenario"]),
    ("report", &["sim", "messaging", "experiment"]),
    ("store", &["text", "sim", "messaging", "scenario", "experiment"]),
    (
        "cli",
        &[
            "text",
            "sim",
            "messaging",
            "import",
            "behaviour",
            "policy",
            "scenario",
            "experiment",
            "report",
            "store",
        ],
    ),
];

/// Single files that may use one module more, each for a reason.
const EXCEPTIONS: [(&str, &str); 5] = [
    // Prints a number as the rules see it: its subject is the judge's own view.
    ("report/state.rs", "policy"),
    // Prints the rules themselves: its subject is the policy, not a run.
    ("report/policies.rs", "policy"),
    // And what in them nobody knows.
    ("report/assumptions.rs", "policy"),
    // Prints the rate cards: its subject is the cards, not a bill.
    ("report/rates.rs", "policy"),
    // And what is wrong with them.
    ("report/policies.rs", "text"),
];

/// Modules that must be strangers: the first must not even mention the second.
const STRANGERS: [(&str, &str); 2] = [("policy", "behaviour"), ("behaviour", "policy")];

/// Files that may read a clock: to show progress, never to compute.
const CLOCKS: [&str; 1] = ["cli/progress.rs"];

/// Files below the command line that may start a thread: to read ahead, in an order that does not depend on it.
const THREADS: [&str; 1] = ["store/log/read/feed.rs"];

/// The one file that opens standard input where a path may be `-`.
const STDIN: &str = "store/log/read/input.rs";

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

/// A word or a sign of Rust source; comments, texts and characters are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// A source file, taken apart.
struct Source {
    /// Path below `src`, with `/`.
    file: String,
    text: String,
    tokens: Vec<Token>,
    /// For each token, the inline modules around it.
    inside: Vec<Vec<String>>,
    /// For each token, whether it belongs to tests only.
    tests: Vec<bool>,
}

impl Source {
    fn new(file: &str, text: &str, only_tests: bool) -> Source {
        let tokens = tokens(text);
        let (inside, tests) = surroundings(&tokens, only_tests);
        Source { file: file.to_string(), text: text.to_string(), tokens, inside, tests }
    }

    /// The module of `lib.rs` it belongs to; `main` and `lib` are their own.
    fn layer(&self) -> &str {
        self.file.split(['/', '.']).next().expect("split gives a part")
    }

    fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { file: self.file.clone(), line, what: what.into() }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let s: Vec<char> = text.chars().collect();
    let at = |i: usize| s.get(i).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut i, mut line) = (0, 1);
    let mut out = Vec::new();
    while i < s.len() {
        let from = i;
        let c = s[i];
        if c == '/' && at(i + 1) == '/' {
            while i < s.len() && s[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            while i < s.len() {
                if at(i) == '/' && at(i + 1) == '*' {
                    depth += 1;
                    i += 2;
                } else if at(i) == '*' && at(i + 1) == '/' {
                    depth -= 1;
                    i += 2;
                    if depth == 0 {
                        break;
                    }
                } else {
                    i += 1;
                }
            }
        } else if c == '"' {
            i = end_of_text(&s, i);
        } else if let Some(end) = prefixed_text(&s, i) {
            i = end;
        } else if c == '\'' {
            // A character, or a lifetime.
            if at(i + 1) == '\\' {
                i += 3;
                while i < s.len() && s[i] != '\'' {
                    i += 1;
                }
                i += 1;
            } else if at(i + 2) == '\'' {
                i += 3;
            } else {
                i += 1;
            }
        } else if word(c) {
            while word(at(i)) {
                i += 1;
            }
            out.push(Token { text: s[from..i].iter().collect(), line });
        } else if c == ':' && at(i + 1) == ':' {
            i += 2;
            out.push(Token { text: "::".to_string(), line });
        } else {
            i += 1;
            if !c.is_whitespace() {
                out.push(Token { text: c.to_string(), line });
            }
        }
        line += s[from..i.min(s.len())].iter().filter(|c| **c == '\n').count();
    }
    out
}

/// Past the end of the text that opens at `i`.
fn end_of_text(s: &[char], i: usize) -> usize {
    let mut i = i + 1;
    while i < s.len() && s[i] != '"' {
        i += if s[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// Past the end of a raw or byte text (or byte) that opens at `i`, if one does.
fn prefixed_text(s: &[char], i: usize) -> Option<usize> {
    let at = |i: usize| s.get(i).copied().unwrap_or('\0');
    let mut j = i;
    while matches!(at(j), 'b' | 'c') && j == i {
        j += 1;
    }
    if at(j) == 'r' && matches!(at(j + 1), '"' | '#') {
        let mut marks = 0;
        j += 1;
        while at(j) == '#' {
            marks += 1;
            j += 1;
        }
        if at(j) != '"' {
            return None;
        }
        j += 1;
        while j < s.len() && !(s[j] == '"' && (1..=marks).all(|k| at(j + k) == '#')) {
            j += 1;
        }
        return Some(j + 1 + marks);
    }
    if j == i {
        return None;
    }
    match at(j) {
        '"' => Some(end_of_text(s, j)),
        '\'' => Some(if at(j + 1) == '\\' { j + 4 } else { j + 3 }),
        _ => None,
    }
}

/// For each token, the inline modules around it and whether it is for tests only.
fn surroundings(tokens: &[Token], only_tests: bool) -> (Vec<Vec<String>>, Vec<bool>) {
    let text = |i: usize| tokens.get(i).map_or("", |t: &Token| t.text.as_str());
    let mut inside = Vec::new();
    let mut tests = Vec::new();
    // Open braces: the inline module each opens, if it does, and whether it opens tests.
    let mut open: Vec<(Option<String>, bool)> = Vec::new();
    let mut next_is_test = false;
    let mut opens_module = None;
    for i in 0..tokens.len() {
        if text(i) == "#" && text(i + 1) == "[" && text(i + 2) == "cfg" {
            let end = (i..tokens.len()).find(|j| text(*j) == "]").unwrap_or(i);
            let negated = (i..end).any(|j| text(j) == "not");
            next_is_test |= !negated && (i..end).any(|j| text(j) == "test");
        }
        if text(i) == "mod" && text(i + 2) == "{" {
            opens_module = Some(text(i + 1).to_string());
        }
        inside.push(open.iter().filter_map(|o| o.0.clone()).collect());
        tests.push(only_tests || next_is_test || open.iter().any(|o| o.1));
        match text(i) {
            "{" => open.push((opens_module.take(), std::mem::take(&mut next_is_test))),
            "}" => {
                open.pop();
            }
            // An item without a body.
            ";" if next_is_test => next_is_test = false,
            _ => {}
        }
    }
    (inside, tests)
}

/// All paths of a file, with `use` trees spread out: segments and index of the first token.
fn paths(tokens: &[Token]) -> Vec<(Vec<String>, usize)> {
    let text = |i: usize| tokens.get(i).map_or("", |t: &Token| t.text.as_str());
    let is_word = |t: &str| t.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        // `use<'a>` bounds what a type captures and imports nothing.
        if text(i) == "use" && text(i + 1) != "<" {
            i = use_tree(tokens, i + 1, &[], &mut found);
        } else if is_word(text(i)) {
            let from = i;
            let mut path = vec![text(i).to_string()];
            while text(i + 1) == "::" && is_word(text(i + 2)) {
                path.push(text(i + 2).to_string());
                i += 2;
            }
            found.push((path, from));
            i += 1;
        } else {
            i += 1;
        }
    }
    found
}

/// Spreads one tree of a `use` out; returns the index past it.
fn use_tree(tokens: &[Token], mut i: usize, stem: &[String], found: &mut Vec<(Vec<String>, usize)>) -> usize {
    let text = |i: usize| tokens.get(i).map_or("", |t: &Token| t.text.as_str());
    let mut path = stem.to_vec();
    let from = i;
    loop {
        match text(i) {
            "::" => i += 1,
            "{" => {
                i += 1;
                while !matches!(text(i), "}" | ";" | "") {
                    i = use_tree(tokens, i, &path, found);
                    if text(i) == "," {
                        i += 1;
                    }
                }
                return i + 1;
            }
            "as" => i += 2,
            "," | "}" | ";" | "" => {
                found.push((path, from));
                return i;
            }
            word => {
                path.push(word.to_string());
                i += 1;
            }
        }
    }
}

/// The modules a file lies in, from the crate's root: `report/charts/delays.rs` in report, charts, delays.
fn module_path(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let mut parts: Vec<String> = stem.split('/').map(str::to_string).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Every use of another top-level module: its name, the line, and whether it is passed on by `pub use`.
fn uses(s: &Source) -> Vec<(String, usize, bool)> {
    let home = module_path(&s.file);
    let mut found = Vec::new();
    for (path, i) in paths(&s.tokens) {
        let line = s.tokens[i].line;
        let before = |k: usize| i.checked_sub(k).map_or("", |j| s.tokens[j].text.as_str());
        let public = before(1) == "use" && matches!(before(2), "pub" | ")");
        let mut depth = home.len() + s.inside[i].len();
        let mut rest = path.as_slice();
        match rest[0].as_str() {
            "crate" | "tiersim" => {
                depth = 0;
                rest = &rest[1..];
            }
            "super" | "self" => {
                while rest.first().is_some_and(|p| p == "super" || p == "self") {
                    depth = depth.saturating_sub(usize::from(rest[0] == "super"));
                    rest = &rest[1..];
                }
            }
            _ => continue,
        }
        // `pub(crate)` names the root and uses nothing; `use crate as x` would use everything.
        if depth == 0 && (!rest.is_empty() || before(1) == "use") {
            let name = rest.first().map_or("*", String::as_str);
            found.push((name.to_string(), line, public));
        }
    }
    found
}

fn may_use(layer: &str, other: &str) -> bool {
    layer == other || ARROWS.iter().any(|(l, may)| *l == layer && may.contains(&other))
}

/// Uses of other modules against the arrows.
fn check_arrows(s: &Source) -> Vec<Finding> {
    let layer = s.layer();
    if layer == "lib" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (other, line, public) in uses(s) {
        let excepted = EXCEPTIONS.contains(&(s.file.as_str(), other.as_str()));
        let allowed = if layer == "main" { other == "cli" } else { may_use(layer, &other) || excepted };
        if !allowed {
            found.push(s.finding(line, format!("{layer} may not use {other}")));
        }
        // Whoever may use this layer would get at the other one through it.
        let past = |l: &str| l != layer && may_use(l, layer) && !may_use(l, &other);
        if public && other != layer && ARROWS.iter().any(|(l, _)| past(l)) {
            found.push(s.finding(line, format!("{layer} may not pass {other} on")));
        }
    }
    found
}

/// Mentions of a module that must not even be mentioned.
fn check_strangers(s: &Source) -> Vec<Finding> {
    let unwanted = STRANGERS.iter().filter(|(layer, _)| *layer == s.layer());
    unwanted
        .flat_map(|(layer, other)| {
            let mentions = s.tokens.iter().filter(|t| t.text == *other);
            mentions.map(move |t| s.finding(t.line, format!("{layer} mentions {other}")))
        })
        .collect()
}

/// What only the edges may do.
fn check_edges(s: &Source) -> Vec<Finding> {
    let layer = s.layer();
    let command_line = matches!(layer, "cli" | "main");
    let edge = command_line || layer == "store";
    let mut found = Vec::new();
    for (path, i) in paths(&s.tokens) {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let line = s.tokens[i].line;
        let mut no = |what: String| found.push(s.finding(line, what));
        // Everywhere, tests included.
        if words.iter().any(|w| matches!(*w, "HashMap" | "HashSet")) {
            no("std's hash maps iterate in another order every time".to_string());
        }
        if let [.., clock @ ("Instant" | "SystemTime"), "now"] = words[..]
            && !CLOCKS.contains(&s.file.as_str())
        {
            no(format!("{clock}::now: results must not depend on a clock"));
        }
        if !command_line && (matches!(words[0], "async" | "await" | "tokio") || words.contains(&"await")) {
            no(format!("{}: nothing below the command line is asynchronous", words[0]));
        }
        if s.tests[i] {
            continue;
        }
        let called = s.tokens.get(i + 1).is_some_and(|t| t.text == "!");
        if !command_line && called && matches!(words[0], "print" | "println" | "eprint" | "eprintln" | "dbg")
        {
            no(format!("{}!: only the command line prints", words[0]));
        }
        match words[..] {
            ["std", "fs", ..] if !edge => no("std::fs: only store, cli and main touch files".to_string()),
            ["std", "process", ..] if !edge => no("std::process: only store, cli and main".to_string()),
            ["std", "env", ..] if !command_line => no("std::env: only the command line".to_string()),
            ["std", "net", ..] => no("std::net: nothing goes over a network".to_string()),
            ["std", "thread", ..] if THREADS.contains(&s.file.as_str()) => {}
            ["std", "io", "stdin", ..] if s.file == STDIN => {}
            ["std", "thread", ..] | ["std", "io", "stdin" | "stdout" | "stderr", ..] if !command_line => {
                no(format!("{}: only the command line", words.join("::")));
            }
            _ => {}
        }
    }
    found
}

/// Uses of the TOML library outside the module that reads texts: a second reader would have other places and hints.
fn check_toml(s: &Source) -> Vec<Finding> {
    let within = s.layer() == "text";
    // A path that begins so and goes on: a variable of that name is no use of it.
    let used =
        |(path, i): &(Vec<String>, usize)| path[0] == "toml" && path.len() > 1 && !within && !s.tests[*i];
    let used = paths(&s.tokens).into_iter().filter(used);
    used.map(|(_, i)| s.finding(s.tokens[i].line, "toml: only text reads and writes TOML")).collect()
}

/// Macros that leave the crate.
fn check_macros(s: &Source) -> Vec<Finding> {
    let exported = s.tokens.iter().filter(|t| t.text == "macro_export");
    exported.map(|t| s.finding(t.line, "a public macro")).collect()
}

/// A file that does not open by saying what it is.
fn check_opening(s: &Source) -> Option<Finding> {
    let says =
        s.text.lines().next().is_some_and(|l| l.strip_prefix("//!").is_some_and(|l| l.trim().len() > 3));
    (!says).then(|| s.finding(1, "does not open with //! and what it is"))
}

/// One `mod name;`: the file that it declares must be one of these; whether it is for tests only.
struct Declared {
    candidates: Vec<String>,
    tests: bool,
    line: usize,
}

/// Modules in files of their own that a file declares.
fn declared(s: &Source) -> Vec<Declared> {
    let text = |i: usize| s.tokens.get(i).map_or("", |t: &Token| t.text.as_str());
    let (folder, name) = s.file.rsplit_once('/').map_or(("", s.file.as_str()), |(f, n)| (f, n));
    let here = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let own = match name {
        "mod.rs" | "lib.rs" | "main.rs" => here.clone(),
        _ => format!("{here}{}/", name.strip_suffix(".rs").unwrap_or(name)),
    };
    let lines: Vec<&str> = s.text.lines().collect();
    let mut found = Vec::new();
    for i in 0..s.tokens.len() {
        if text(i) != "mod" || text(i + 2) != ";" {
            continue;
        }
        let line = s.tokens[i].line;
        // Texts are no tokens: the file of `#[path = "…"]` is taken from the lines above.
        let above = lines[..line - 1].iter().rev().take_while(|l| l.trim_start().starts_with("#["));
        let path = above.filter_map(|l| l.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]")).next();
        let inner: String = s.inside[i].iter().map(|m| format!("{m}/")).collect();
        let candidates = match path {
            Some(path) => vec![format!("{here}{path}")],
            None => {
                vec![format!("{own}{inner}{}.rs", text(i + 1)), format!("{own}{inner}{}/mod.rs", text(i + 1))]
            }
        };
        found.push(Declared { candidates, tests: s.tests[i], line });
    }
    found
}

/// Reads a tree of files from its roots along `mod` lines. Returns what was read, and what is wrong with the tree:
/// files that nobody declares and declarations without a file.
fn walk(files: &BTreeMap<String, String>, roots: &[&str]) -> (Vec<Source>, Vec<Finding>) {
    let mut sources: Vec<Source> = Vec::new();
    let mut found = Vec::new();
    let mut reached = BTreeSet::new();
    let mut due: Vec<(String, bool)> = roots.iter().map(|r| (r.to_string(), false)).collect();
    while let Some((file, only_tests)) = due.pop() {
        let Some(text) = files.get(&file) else { continue };
        if !reached.insert(file.clone()) {
            continue;
        }
        let source = Source::new(&file, text, only_tests);
        for d in declared(&source) {
            match d.candidates.iter().find(|c| files.contains_key(*c)) {
                Some(c) => due.push((c.clone(), d.tests)),
                // Tests may look through the crate's own eyes; its tree is walked by itself.
                None if d.candidates.iter().all(|c| c.starts_with("../src/")) => {}
                None => found.push(source.finding(d.line, format!("no file {}", d.candidates.join(" or ")))),
            }
        }
        sources.push(source);
    }
    for file in files.keys().filter(|f| !reached.contains(*f)) {
        found.push(Finding { file: file.clone(), line: 1, what: "no mod line declares it".to_string() });
    }
    (sources, found)
}

fn read_files(folder: &Path, below: &str, into: &mut BTreeMap<String, String>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder of ours").map(|e| e.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|n| n.to_str()).expect("names are ASCII");
        let name = format!("{below}{name}");
        if path.is_dir() {
            read_files(&path, &format!("{name}/"), into);
        } else if name.ends_with(".rs") {
            into.insert(name, std::fs::read_to_string(&path).expect("readable"));
        }
    }
}

/// Folders of the project, read from their roots. The second and later folders are named as seen from the first.
fn tree(folders: &[(&str, &str)], roots: &[&str]) -> (Vec<Source>, Vec<Finding>) {
    let mut files = BTreeMap::new();
    for (folder, seen_as) in folders {
        read_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), seen_as, &mut files);
    }
    assert!(roots.iter().all(|r| files.contains_key(*r)), "{folders:?} have their roots");
    walk(&files, roots)
}

fn src() -> (Vec<Source>, Vec<Finding>) {
    tree(&[("src", "")], &["lib.rs", "main.rs"])
}

/// Tests and benches, which share files; a bench is a root if Cargo.toml says so.
fn tests_and_benches() -> (Vec<Source>, Vec<Finding>) {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let benches: Vec<String> = manifest
        .lines()
        .filter_map(|l| l.strip_prefix("path = \"benches/")?.strip_suffix('"'))
        .map(|name| format!("../benches/{name}"))
        .collect();
    let roots: Vec<&str> = benches.iter().map(String::as_str).chain(["main.rs"]).collect();
    tree(&[("tests", ""), ("benches", "../benches/")], &roots)
}

#[track_caller]
fn none(found: Vec<Finding>) {
    let lines: Vec<String> = found.iter().map(|f| format!("{}:{}: {}", f.file, f.line, f.what)).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn nothing_is_used_against_the_arrows() {
    let sources = src().0;
    assert!(sources.len() > 60, "the tree was read: {}", sources.len());
    none(sources.iter().flat_map(check_arrows).collect());
}

#[test]
fn the_arrows_are_those_of_the_crate() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules: Vec<&str> =
        text.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(
        modules,
        ARROWS.map(|a| a.0),
        "every module has its line in the table, in the order of lib.rs"
    );
    for (i, (layer, may)) in ARROWS.iter().enumerate() {
        for other in *may {
            assert!(ARROWS[..i].iter().any(|a| a.0 == *other), "{layer} uses {other}, which comes later");
        }
    }
    assert!(!may_use("policy", "behaviour") && !may_use("behaviour", "policy"));
}

#[test]
fn strangers_do_not_mention_each_other() {
    none(src().0.iter().flat_map(check_strangers).collect());
}

#[test]
fn only_the_edges_touch_the_world() {
    none(src().0.iter().flat_map(check_edges).collect());
}

#[test]
fn one_module_knows_toml() {
    none(src().0.iter().flat_map(check_toml).collect());
}

#[test]
fn no_macro_leaves_the_crate() {
    none(src().0.iter().flat_map(check_macros).collect());
}

#[test]
fn every_file_is_declared() {
    none(src().1);
    none(tests_and_benches().1);
}

#[test]
fn every_file_says_what_it_is() {
    let mut sources = src().0;
    sources.extend(tests_and_benches().0);
    none(sources.iter().filter_map(check_opening).collect());
}

/// That each check can fail, and does not fail without need.
mod can_fail {
    use super::*;

    fn whats(found: Vec<Finding>) -> Vec<String> {
        found.into_iter().map(|f| format!("{}: {}", f.line, f.what)).collect()
    }

    #[test]
    fn tokens_leave_comments_and_texts_out() {
        let text =
            "a // b\n/* c /* d */ e */ f \"g \\\" h\" r#\"i \" j\"# b'k' '\\'' 'l' &'m n b\"o\" r::p \\ raw";
        let words: Vec<(String, usize)> = tokens(text).into_iter().map(|t| (t.text, t.line)).collect();
        let expected = ["f", "&", "m", "n", "r", "::", "p", "\\", "raw"];
        assert_eq!(words[0], ("a".to_string(), 1));
        assert_eq!(words[1..].iter().map(|w| w.0.as_str()).collect::<Vec<_>>(), expected);
        assert!(words[1..].iter().all(|w| w.1 == 2));
    }

    #[test]
    fn use_trees_are_spread_out() {
        let found =
            paths(&tokens("use crate::{a::{B, c as d}, e};\npub use crate::f::*; fn g() { crate::h::I }"));
        let found: Vec<String> = found.into_iter().map(|p| p.0.join("::")).collect();
        for path in ["crate::a::B", "crate::a::c", "crate::e", "crate::f::*", "crate::h::I"] {
            assert!(found.iter().any(|f| f == path), "{path} in {found:?}");
        }
    }

    fn arrows(file: &str, text: &str) -> Vec<String> {
        whats(check_arrows(&Source::new(file, text, false)))
    }

    #[test]
    fn arrows_are_held() {
        let may_not = |a: &str, b: &str| vec![format!("1: {a} may not use {b}")];
        assert_eq!(arrows("sim/time.rs", "use crate::messaging::Limit;"), may_not("sim", "messaging"));
        assert_eq!(
            arrows("policy/fold.rs", "fn f() { crate::behaviour::draws::f() }"),
            may_not("policy", "behaviour")
        );
        assert_eq!(
            arrows("policy/fold.rs", "use crate::{sim::SimTime, scenario};"),
            may_not("policy", "scenario")
        );
        assert_eq!(arrows("report/text.rs", "use crate::policy::Policy;"), may_not("report", "policy"));
        assert_eq!(
            arrows("report/charts/a.rs", "use super::super::super::store::X;"),
            may_not("report", "store")
        );
        assert_eq!(arrows("sim/rng.rs", "mod t { use super::super::super::cli; }"), may_not("sim", "cli"));
        assert_eq!(arrows("store/a.rs", "use crate::*;"), may_not("store", "*"));
        assert_eq!(arrows("store/a.rs", "use tiersim::report::X;"), may_not("store", "report"));
        assert_eq!(arrows("store/a.rs", "use crate as everything;"), may_not("store", "*"));
        assert_eq!(arrows("main.rs", "fn main() { tiersim::store::x() }"), may_not("main", "store"));
        assert_eq!(
            arrows("store/a.rs", "#[cfg(test)] mod t { use crate::cli::x; }"),
            may_not("store", "cli")
        );
    }

    #[test]
    fn what_arrows_allow_passes() {
        let none: Vec<String> = Vec::new();
        assert_eq!(
            arrows("report/policies.rs", "use crate::policy::Policy; use crate::report::words;"),
            none
        );
        assert_eq!(arrows("cli/run.rs", "use crate::{store, report::text, sim};"), none);
        assert_eq!(arrows("sim/rng.rs", "mod t { use super::super::time; use super::*; }"), none);
        assert_eq!(
            arrows("report/charts/a.rs", "// crate::store\nlet s = \"crate::cli\"; use super::super::b;"),
            none
        );
        assert_eq!(arrows("report/mod.rs", "pub(crate) mod a; pub(super) fn b() {}"), none);
        assert_eq!(arrows("main.rs", "fn main() { tiersim::cli::main() }"), none);
    }

    #[test]
    fn a_layer_does_not_pass_a_hidden_one_on() {
        let passed = arrows("experiment/mod.rs", "pub use crate::policy::Policy;");
        assert_eq!(passed, ["1: experiment may not pass policy on"]);
        assert!(arrows("experiment/measure.rs", "pub use crate::messaging::rows::Counts;").is_empty());
    }

    #[test]
    fn strangers_are_held_apart() {
        let mentions = |file: &str, text: &str| whats(check_strangers(&Source::new(file, text, false)));
        assert_eq!(mentions("policy/a.rs", "let behaviour = 1;"), ["1: policy mentions behaviour"]);
        assert_eq!(mentions("behaviour/a.rs", "fn f(\n policy: u8) {}"), ["2: behaviour mentions policy"]);
        assert!(mentions("behaviour/a.rs", "//! Not the policy.\nlet x = \"policy\";").is_empty());
        assert!(mentions("experiment/a.rs", "use crate::{policy, behaviour};").is_empty());
    }

    fn edges(file: &str, text: &str) -> usize {
        check_edges(&Source::new(file, text, false)).len()
    }

    #[test]
    fn edges_are_held() {
        for text in [
            "async fn f() {}",
            "f().await;",
            "use tokio::sync;",
            "println!(\"\");",
            "fn f() { eprintln!(\"\") }",
            "use std::fs;",
            "use std::{fs::File, mem};",
            "std::env::var(\"X\");",
            "std::process::exit(1);",
            "std::io::stdout();",
            "use std::collections::{BTreeMap, HashMap};",
            "std::time::Instant::now();",
            "use std::time::*; fn f() { SystemTime::now() }",
            "#[cfg(not(test))] mod m { use std::fs; }",
            "#[cfg(test)] mod m; use std::fs;",
            "#[cfg(test)] mod m { use std::collections::HashSet; }",
        ] {
            assert_eq!(edges("experiment/a.rs", text), 1, "{text}");
        }
        assert_eq!(edges("store/a.rs", "println!(\"\"); std::env::args();"), 2);
        assert_eq!(edges("cli/a.rs", "Instant::now();"), 1, "not in every file of the command line");
    }

    #[test]
    fn what_edges_may_do_passes() {
        assert_eq!(edges("store/a.rs", "use std::fs; fn f() { std::process::id() }"), 0);
        assert_eq!(edges("cli/a.rs", "async fn f() { println!(\"\"); tokio::spawn(x).await }"), 0);
        assert_eq!(edges(CLOCKS[0], "Instant::now();"), 0);
        assert_eq!(
            edges("sim/a.rs", "#[cfg(test)] mod m { fn f() { std::fs::read(x); println!(\"\") } }"),
            0
        );
        assert_eq!(edges("sim/a.rs", "fn print() {} fn f() { print() } use rustc_hash::FxHashMap;"), 0);
    }

    #[test]
    fn toml_is_held() {
        let found = |file: &str, text: &str| check_toml(&Source::new(file, text, false)).len();
        for text in [
            "use toml::de::DeTable;",
            "use toml::{de};",
            "let x: toml::Value = y;",
            "use ::toml::Table;",
            "::toml::from_str(x)",
        ] {
            assert_eq!(found("policy/a.rs", text), 1, "{text}");
            assert_eq!(found("text/toml.rs", text), 0, "{text}");
        }
        let fine = "let toml = 1; // toml::Value\nf(toml, s.toml); use super::toml::parse; \
                    #[cfg(test)] mod t { use toml::Table; }";
        assert_eq!(found("policy/a.rs", fine), 0);
    }

    #[test]
    fn macros_and_openings_are_checked() {
        let macros = |text: &str| check_macros(&Source::new("sim/a.rs", text, false)).len();
        assert_eq!(macros("#[macro_export] macro_rules! m { () => {} }"), 1);
        assert_eq!(macros("macro_rules! m { () => {} }"), 0);
        let opening = |text: &str| check_opening(&Source::new("sim/a.rs", text, false)).is_some();
        assert!(opening("use a;") && opening("") && opening("//!\n") && opening("// Says little."));
        assert!(!opening("//! Says what it is.\n"));
    }

    #[test]
    fn files_are_followed_along_mod_lines() {
        let file = |(name, text): (&str, &str)| (name.to_string(), text.to_string());
        let mut files: BTreeMap<String, String> = [
            ("lib.rs", "pub mod a; mod b;"),
            ("a.rs", "mod c; #[cfg(test)] mod t;"),
            ("a/c.rs", ""),
            ("a/t.rs", "use std::fs;"),
            ("b/mod.rs", "#[cfg(test)]\n#[path = \"elsewhere.rs\"]\nmod d;"),
            ("b/elsewhere.rs", "use std::fs;"),
        ]
        .map(file)
        .into();
        let (sources, found) = walk(&files, &["lib.rs"]);
        assert_eq!((sources.len(), found), (6, Vec::new()));
        assert!(sources.iter().all(|s| check_edges(s).is_empty()), "files of tests are tests");
        files.insert("b/orphan.rs".to_string(), String::new());
        files.remove("a/c.rs");
        let what = whats(walk(&files, &["lib.rs"]).1);
        assert_eq!(what, ["1: no file a/c.rs or a/c/mod.rs", "1: no mod line declares it"]);
    }
}
