//! In which form an answer goes to standard output.
//!
//! Must not know what is answered.

use clap::ValueEnum;

use crate::cli::args::Common;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::report::answer::{Answer, formats};
use crate::report::html;
use crate::report::text::TextOptions;
use crate::store::{Finished, Settled};

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

/// Prints answers in the form asked for, and where their files are: below the page, or as a remark beside other forms.
/// `more` are lines that belong to the command, not to the answer, such as gates.
pub fn print(
    common: &Common,
    show: Show,
    answers: &[Answer],
    more: &[String],
    finished: &Finished,
    page: impl FnOnce(TextOptions) -> String,
) -> Result<(), Failure> {
    let more: String = more.iter().map(|line| format!("{line}\n")).collect();
    match show.format.of(answers) {
        Some(text) => {
            output::print(&text)?;
            output::note(common, format!("{more}{}", closing(finished).trim_start()).trim_end());
        }
        None => {
            let gap = if more.is_empty() { "" } else { "\n" };
            output::print(&format!("{}{gap}{more}{}", page(output::page(common)), closing(finished)))?;
        }
    }
    Ok(())
}

/// Where to look next.
pub fn closing(finished: &Finished) -> String {
    let path = finished.path.display();
    let how = match finished.settled {
        Settled::Written => "",
        Settled::Verified => " (there already, and the same to the byte)",
        Settled::Replaced => " (replaced)",
    };
    // A part of a sweep has no page.
    let page = finished.manifest.files.iter().any(|f| f.path.ends_with(html::FILE));
    let what = if page { "Tables, charts and report.html" } else { "Tables" };
    format!("\n{what}: {path}{how}\n")
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
