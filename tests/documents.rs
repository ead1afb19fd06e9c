//! Documents that show what commands print: every command in them is run, and what it prints is what they show.
//!
//! A block that begins with `$ tiersim ...` is checked; lines after it are its output. A line `[...]` stands for lines
//! left out. Commands of one document share a folder, in order. With TIERSIM_BLESS=1 outputs are written anew: of each,
//! as many lines as the document showed before the `[...]`, and after it. In a debug build these tests say that they were left out,
//! since they take minutes there.

use std::path::Path;

use super::cli::tiersim;

/// A command of a document and the output shown under it.
#[derive(Debug, PartialEq)]
struct Shown {
    /// As typed, without `$ `.
    command: String,
    /// Lines of output; `[...]` for some left out.
    output: Vec<String>,
    /// First and last line of the output in the document, from 0; the second not included.
    lines: (usize, usize),
}

/// The commands of a document, in order.
fn commands(text: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
            open = false;
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            found.push(Shown { command: command.to_string(), output: Vec::new(), lines: (at + 1, at + 1) });
            open = true;
        } else if open {
            let last = found.last_mut().expect("one is open");
            // A command that goes on in the next line.
            if last.output.is_empty() && last.command.ends_with('\\') {
                last.command.pop();
                last.command.push_str(line.trim_start());
                last.lines = (at + 1, at + 1);
            } else {
                last.output.push(line.to_string());
                last.lines.1 = at + 1;
            }
        }
    }
    found
}

/// Words of a command line: blanks part them, single and double quotes hold them together.
fn words(command: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut quote = None;
    let mut fresh = true;
    for c in command.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                if fresh {
                    out.push(String::new());
                }
                fresh = false;
            }
            (None, ' ') => fresh = true,
            (_, c) => {
                if fresh {
                    out.push(String::new());
                }
                fresh = false;
                out.last_mut().expect("just pushed").push(c);
            }
        }
    }
    out
}

/// Whether output is what was shown; `[...]` stands for any number of lines.
fn agrees(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "[...]" => {
            (0..=printed.len()).any(|skip| agrees(rest, &printed[skip..]))
        }
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(p, more)| p == first && agrees(rest, more))
        }
    }
}

/// What a command prints: answers, then what it says on standard error; blank lines at the end are nothing.
fn run(dir: &Path, command: &str) -> Vec<String> {
    let words = words(command);
    assert_eq!(words[0], "tiersim", "documents show this program: {command}");
    let args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let o = tiersim(dir, &args);
    let mut text = String::from_utf8(o.stdout).expect("answers are UTF-8");
    text.push_str(&String::from_utf8(o.stderr).expect("messages are UTF-8"));
    let mut lines: Vec<String> = text.lines().map(|l| l.trim_end().to_string()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn check(document: &str) {
    if cfg!(debug_assertions) {
        eprintln!("left out in a debug build: {document} (its commands take minutes there)");
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let text = std::fs::read_to_string(&path).expect("the document is there");
    let dir = tempfile::tempdir().unwrap();
    let bless = std::env::var_os("TIERSIM_BLESS").is_some_and(|v| v == "1");
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    // From the last to the first, so that places of the others stay; but run in order.
    let found = commands(&text);
    assert!(!found.is_empty(), "{document} shows no command");
    let printed: Vec<Vec<String>> = found.iter().map(|s| run(dir.path(), &s.command)).collect();
    let mut wrong = Vec::new();
    for (shown, printed) in found.iter().zip(&printed).rev() {
        if agrees(&shown.output, printed) {
            continue;
        }
        if !bless {
            wrong.push(format!("$ {}\n{}", shown.command, printed.join("\n")));
            continue;
        }
        let mut new = printed.clone();
        if let Some(first) = shown.output.iter().position(|l| l == "[...]") {
            let last = shown.output.len() - first - 1;
            if first + last < printed.len() {
                new.splice(first..printed.len() - last, ["[...]".to_string()]);
            }
        }
        lines.splice(shown.lines.0..shown.lines.1, new);
    }
    if bless {
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{document} shows what these do not print (TIERSIM_BLESS=1 rewrites it):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn readme() {
    check("README.md");
}

#[test]
fn experiments() {
    check("docs/experiments.md");
}

#[test]
fn commands_are_found_with_their_outputs() {
    let text =
        "a\n```console\n$ tiersim a \\\n    b 'c d'\none\n[...]\ntwo\n$ tiersim e\n```\n$ no\n```\nno\n```\n";
    let found = commands(text);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].command.as_str(), found[0].lines), ("tiersim a b 'c d'", (4, 7)));
    assert_eq!(found[0].output, ["one", "[...]", "two"]);
    assert_eq!(words(&found[0].command), ["tiersim", "a", "b", "c d"]);
    let lines = |t: &str| t.lines().map(str::to_string).collect::<Vec<_>>();
    assert!(
        agrees(&found[0].output, &lines("one\nx\ny\ntwo")) && agrees(&found[0].output, &lines("one\ntwo"))
    );
    assert!(!agrees(&found[0].output, &lines("one\nx")) && !agrees(&[], &lines("x")));
}
