//! `tiersim codes`: what the platform's codes mean.

use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::messaging::codes::{self, CODES, Code};
use crate::report::codes as report;
use crate::text::did_you_mean;

/// `tiersim codes`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim codes              every code, and which rule raises it here
  tiersim codes 131049       what it means, since when, what to do
  tiersim codes shared_cap   the same by the name of a rule, as refusals.csv gives it")]
pub struct CodesArgs {
    /// A code of the platform, or the name of a rule
    pub code: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn codes(args: &CodesArgs) -> Result<Exit, Failure> {
    let all: Vec<&Code> = CODES.iter().collect();
    let text = match &args.code {
        None if args.json => report::as_json(&all),
        None => report::list(),
        Some(asked) => {
            let mut found: Vec<&Code> = codes::of(asked).into_iter().collect();
            found.extend(codes::of_rule(asked));
            if found.is_empty() {
                return Err(Failure::input(unknown(asked)));
            }
            if args.json { report::as_json(&found) } else { report::one(asked, &found) }
        }
    };
    output::print(&text)?;
    Ok(Exit::Fine)
}

fn unknown(asked: &str) -> String {
    let names = || CODES.iter().flat_map(|c| std::iter::once(c.code).chain(c.rules.iter().copied()));
    let mut all: Vec<&str> = Vec::new();
    names().for_each(|n| {
        if !all.contains(&n) {
            all.push(n);
        }
    });
    let near = did_you_mean(asked, names()).map_or(String::new(), |h| format!("; {h}"));
    format!("{asked}: no such code or rule{near}; known are {}", all.join(", "))
}
