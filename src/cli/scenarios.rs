//! `tiersim scenario`: shipped questions, a checked look at one's own, and a file to begin with.

use std::path::PathBuf;

use crate::cli::args::{Common, Scenario as What};
use crate::cli::exit::{Exit, Failure};
use crate::cli::run::{describe, ready};
use crate::cli::{output, read};
use crate::scenario::{library, schema_json};

/// Runs the command.
pub fn command(what: &What, common: &Common) -> Result<Exit, Failure> {
    match what {
        What::List => output::print(&list())?,
        What::Schema => match &common.output {
            None => output::print(&schema_json())?,
            Some(folder) => write_new(common, folder.join("scenario.schema.json"), &schema_json())?,
        },
        What::Show { scenario, resolved: false, .. } => output::print(&read::source(scenario)?.text)?,
        What::Show { scenario, sets, .. } => {
            let source = read::source(scenario)?;
            let (s, _) = read::scenario(&source, &with_seed(sets, common))?;
            output::print(&s.resolved_toml())?;
        }
        What::Check { scenario, sets } => {
            let source = read::source(scenario)?;
            let (s, policy) = read::scenario(&source, &with_seed(sets, common))?;
            let (plan, _) = ready(s, policy.timeline())?;
            output::print(&describe(&source.name, &plan, &policy))?;
        }
        What::New { name } => {
            let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(ok) {
                return Err(Failure::input(format!(
                    "{name:?} can't name a scenario: letters, digits, '-', '_' and '.' (not first) are allowed"
                )));
            }
            let folder = common.output.clone().unwrap_or_default();
            write_new(common, folder.join(format!("{name}.toml")), &library::new_text(name))?;
            // The file's first line names the schema; one that is there already may serve other files.
            let schema = folder.join("scenario.schema.json");
            if !schema.exists() {
                write_new(common, schema, &schema_json())?;
            }
        }
    }
    Ok(Exit::Fine)
}

/// Overrides, with the seed from the command line as the last.
pub fn with_seed(sets: &[String], common: &Common) -> Vec<String> {
    sets.iter().cloned().chain(common.seed.map(|s| format!("seed={s}"))).collect()
}

fn list() -> String {
    let names = library::names();
    let widest = names.iter().map(|n| n.len()).max().unwrap_or(0);
    let mut out = String::from(
        "Shipped scenarios (run one with `tiersim run NAME`, read it with `tiersim scenario show NAME`):\n\n",
    );
    for name in names {
        let question = library::summary(name).unwrap_or_default();
        out.push_str(&format!("  {name:widest$}  {question}\n"));
    }
    out
}

fn write_new(common: &Common, path: PathBuf, text: &str) -> Result<(), Failure> {
    let shown = path.display().to_string();
    if path.exists() && !common.force {
        return Err(Failure::input(format!(
            "{shown} exists already; --force replaces it, -o writes elsewhere"
        )));
    }
    crate::store::write_atomic(&path, text.as_bytes())?;
    output::note(common, &format!("wrote {shown}"));
    Ok(())
}
