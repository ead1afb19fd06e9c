//! In which form an answer goes to standard output.
//!
//! Must not know what is answered.

use clap::ValueEnum;

use crate::cli::exit::Failure;
use crate::report::answer::{Answer, formats};

/// Forms of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A page for the terminal.
    #[default]
    #[value(alias = "text")]
    Table,
    /// One JSON object: sentences, figures with intervals, tables, warnings (docs/answer.schema.json).
    Json,
    /// A row for each figure.
    Csv,
    /// A document for a wiki or a pull request.
    Markdown,
}

impl Format {
    /// The answers in this form; none for the terminal's page, which each command lays out itself.
    pub fn of(self, answers: &[Answer]) -> Option<String> {
        match self {
            Format::Table => None,
            Format::Json => Some(formats::json(answers)),
            Format::Csv => Some(formats::csv(answers)),
            Format::Markdown => Some(formats::markdown(answers)),
        }
    }
}

/// The option of commands that answer.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Show {
    /// Form of the answer on standard output
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
}

impl Show {
    /// Refuses another form than the page where an option leaves nothing but one.
    pub fn only_a_page(self, option: &str) -> Result<(), Failure> {
        match self.format {
            Format::Table => Ok(()),
            _ => Err(Failure::input(format!("--format: what {option} prints has one form only"))),
        }
    }
}
