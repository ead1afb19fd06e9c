//! Standard output and standard error: whole texts, closed pipes that do no harm, colour only where it helps.

use std::io::{self, IsTerminal, Write};

use crate::cli::args::{Color, Common};
use crate::report::text::TextOptions;

/// Prints a text to standard output.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Says something on standard error that is no answer: progress in words, warnings.
pub fn note(common: &Common, text: &str) {
    if !common.quiet {
        writeln!(io::stderr().lock(), "{text}").ok();
    }
}

/// Says what went wrong, quiet or not.
pub fn error(text: &str) {
    let lines = text.lines().count();
    let text = if lines > 1 { format!("{lines} faults\n{text}") } else { text.to_string() };
    writeln!(io::stderr().lock(), "tiersim: {text}").ok();
}

/// Whether standard output should be coloured.
pub fn wants_color(common: &Common) -> bool {
    match common.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
        }
    }
}

/// How a page is laid out on standard output.
pub fn page(common: &Common) -> TextOptions {
    TextOptions { width: width(), color: wants_color(common) }
}

/// Columns where standard output is no terminal, or one that does not say how wide it is.
pub const WIDTH: usize = 100;

/// Columns to fill: what COLUMNS says, else the terminal's own width; of a file always the same.
pub fn width() -> usize {
    if !io::stdout().is_terminal() {
        return WIDTH;
    }
    let typed = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let own = || terminal_size::terminal_size_of(io::stdout()).map(|(w, _)| usize::from(w.0));
    typed.or_else(own).filter(|w| *w >= 40).unwrap_or(WIDTH)
}
