//! `tiersim report`: the page of a folder of results, made again from its tables and manifest alone.

use std::path::PathBuf;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::files::{put, said};
use crate::cli::plot::open;
use crate::cli::show::Show;
use crate::cli::{output, present};

/// `tiersim report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim report output/weekly-promo/1a2b3c4d5e6f                    the answer, and report.html again
  tiersim report output/weekly-promo/1a2b3c4d5e6f -o for-the-team    into a folder of its own
  tiersim report output/weekly-promo/1a2b3c4d5e6f --format markdown  the answer as a document, nothing written

Pages of the same version of the program are the same to the byte.")]
pub struct ReportArgs {
    /// A folder that a command wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// How the answer is printed.
    #[command(flatten)]
    pub show: Show,
}

/// Runs the command.
pub fn report(args: &ReportArgs, common: &Common) -> Result<Exit, Failure> {
    let results = open(&args.folder)?;
    if let Some(text) = present::in_form(&results, args.show.format)? {
        output::print(&text)?;
        return Ok(Exit::Fine);
    }
    let to = common.output.as_ref().unwrap_or(&args.folder);
    let mut fates = Vec::new();
    for (name, page) in present::pages(&results)? {
        fates.push(put(&to.join(name), page.as_bytes(), common.force)?);
    }
    let page = present::page(&results)?.map_or(String::new(), |page| format!("{page}\n"));
    output::print(&format!("{page}{}", said(&fates, ("report", "reports"), to)))?;
    Ok(Exit::Fine)
}
