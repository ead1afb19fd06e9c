//! `tiersim policy`: the platform's rules by date, printed.

use crate::cli::args::{Common, Policy as What};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{output, read};
use crate::policy::Policy;
use crate::report::{assumptions, policies};

/// Runs the command.
pub fn command(what: &What, _: &Common) -> Result<Exit, Failure> {
    let (text, exit) = match what {
        What::List { json: false } => (policies::list(), Exit::Fine),
        What::List { json: true } => (policies::list_json(), Exit::Fine),
        What::Show { policy, json } => {
            let p = read::policy(policy)?;
            (if *json { policies::show_json(&p) } else { policies::show(&p) }, Exit::Fine)
        }
        What::Assumptions { policy, json } => {
            let p = read::policy(policy)?;
            (if *json { assumptions::to_json(&p) } else { assumptions::text(&p) }, Exit::Fine)
        }
        What::Diff { a, b, json } => {
            let (a, b) = (read::policy(a)?, read::policy(b)?);
            (if *json { policies::diff_json(&a, &b) } else { policies::diff(&a, &b) }, Exit::Fine)
        }
        What::Check { file } => {
            let found = Policy::from_text(file, &read::policy_text(file)?);
            let exit = if found.is_ok() { Exit::Fine } else { Exit::Usage };
            (policies::check(file, &found), exit)
        }
    };
    output::print(&text)?;
    Ok(exit)
}
