//! `tiersim completions` and `tiersim man`: what a shell and `man` want to know, made from the definition of the command
//! line itself.
//!
//! Must not know what any command does.

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use crate::cli::args::{Args, Common};
use crate::cli::exit::{Exit, Failure};
use crate::cli::files::{put, said};
use crate::cli::output;

/// `tiersim completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim completions bash > ~/.local/share/bash-completion/completions/tiersim
  tiersim completions zsh > ~/.zfunc/_tiersim      a folder of fpath
  tiersim completions fish > ~/.config/fish/completions/tiersim.fish
  tiersim completions powershell >> $PROFILE")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// `tiersim man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim man | man -l -                          the page of tiersim itself
  tiersim man -o ~/.local/share/man/man1          a page of every command")]
pub struct ManArgs {}

/// Prints what a shell completes by.
pub fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "tiersim", &mut out);
    output::print(&text(out)?)?;
    Ok(Exit::Fine)
}

/// Prints the page of the program, or writes one of every command.
pub fn man(_: &ManArgs, common: &Common) -> Result<Exit, Failure> {
    let pages = pages(Args::command())?;
    let Some(folder) = &common.output else {
        output::print(&pages[0].1)?;
        return Ok(Exit::Fine);
    };
    let mut fates = Vec::new();
    for (name, page) in &pages {
        fates.push(put(&folder.join(format!("{name}.1")), page.as_bytes(), common.force)?);
    }
    output::note(common, said(&fates, ("page", "pages"), folder).trim_end());
    Ok(Exit::Fine)
}

/// The page of the program and of every command in it, by name: `tiersim`, `tiersim-plan-warmup`.
fn pages(mut root: Command) -> Result<Vec<(String, String)>, Failure> {
    // Fills in what commands inherit: options of all, and the whole name for the synopsis.
    root.build();
    let mut out = Vec::new();
    let mut todo = vec![root];
    while let Some(command) = todo.pop() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_string();
        let inner: Vec<Command> =
            command.get_subcommands().filter(|c| c.get_name() != "help").cloned().collect();
        todo.extend(inner.into_iter().rev());
        let mut page = Vec::new();
        let written = clap_mangen::Man::new(command).render(&mut page);
        written.map_err(|e| Failure::io("write", "a manual page", &e))?;
        out.push((name, text(page)?));
    }
    Ok(out)
}

fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|e| Failure::InputOutput(e.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    /// Every command that can be run, with its names from the first.
    fn leaves(command: &Command, names: &[String], out: &mut Vec<(Vec<String>, Command)>) {
        let names: Vec<String> = names.iter().cloned().chain([command.get_name().to_string()]).collect();
        if !command.has_subcommands() {
            out.push((names.clone(), command.clone()));
        }
        command.get_subcommands().for_each(|c| leaves(c, &names, out));
    }

    /// Words as a shell parts them: quotes hold together, what follows a pipe or an arrow is another's.
    fn words(line: &str) -> Vec<String> {
        let (mut out, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars() {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, '|' | '>') => break,
                (None, ' ') => out.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty())),
                (_, c) => word.push(c),
            }
        }
        out.extend(Some(word).filter(|w| !w.is_empty()));
        out
    }

    /// The commands that a help shows: lines of their own, up to the remark that stands apart from them.
    fn examples(help: &str) -> Vec<String> {
        let after = help.split("Examples:").nth(1).unwrap_or_default().replace("\\\n", "");
        let lines = after.lines().filter_map(|l| l.strip_prefix("  tiersim"));
        // Two blanks and more set a remark apart, unless an option follows: then they are those of a continued line, or
        // of options that stand under each other.
        let joined = |l: &str| {
            let mut parts = l.trim().split("  ").map(str::trim).filter(|p| !p.is_empty());
            let first = parts.next().unwrap_or_default().to_string();
            parts.take_while(|p| p.starts_with("--")).fold(first, |all, p| format!("{all} {p}"))
        };
        lines.map(|l| format!("tiersim {}", joined(l))).collect()
    }

    #[test]
    fn every_command_has_examples_that_parse() {
        let mut all = Vec::new();
        leaves(&Args::command(), &[], &mut all);
        assert!(all.len() > 30, "{}", all.len());
        for (names, command) in all {
            let name = names.join(" ");
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let shown = examples(&help);
            assert!(!shown.is_empty(), "{name} has no examples");
            let own = shown.iter().filter(|e| format!("{e} ").starts_with(&format!("{name} "))).count();
            assert!(own > 0, "{name}: none of its examples is of it: {shown:?}");
            for example in shown {
                if let Err(e) = Args::try_parse_from(words(&example)) {
                    panic!("{name}: {example}\n{e}");
                }
            }
        }
    }

    #[test]
    fn every_command_has_a_page_and_every_shell_its_completions() {
        let mut all = Vec::new();
        leaves(&Args::command(), &[], &mut all);
        let pages = pages(Args::command()).unwrap();
        assert_eq!(pages[0].0, "tiersim");
        for (names, _) in all {
            let name = names.join("-");
            let page = pages.iter().find(|p| p.0 == name).unwrap_or_else(|| panic!("{name} has no page"));
            assert!(page.1.starts_with(".ie") && page.1.contains(".SH SYNOPSIS"), "{}", page.1);
            assert!(page.1.contains("Examples:"), "{name}");
        }
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "tiersim", &mut out);
            assert!(text(out).unwrap().contains("sensitivity"), "{shell}");
        }
    }
}
