//! `tiersim rates`: the platform's prices by date, printed.

use std::path::Path;

use crate::cli::args::Rates as What;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{output, read};
use crate::policy::rates::{Card, Rates, library, markets};
use crate::report::rates;
use crate::text::did_you_mean;

/// Runs the command.
pub fn command(what: &What) -> Result<Exit, Failure> {
    let text = match what {
        What::List { json: false } => rates::list(),
        What::List { json: true } => rates::list_json(),
        What::Show { what, json } => show(what, *json)?,
        What::Check { file } => {
            let found = Rates::from_text(file, &read::text_of(Path::new(file))?).map_err(Failure::input)?;
            found.all().map(|c| rates::fine(file, c)).collect()
        }
    };
    output::print(&text)?;
    Ok(Exit::Fine)
}

fn show(what: &str, json: bool) -> Result<String, Failure> {
    let card = |c: &Card| if json { rates::card_json(c) } else { rates::card(c) };
    if let Some(found) = library::card(what) {
        return Ok(card(found));
    }
    if what.ends_with(".toml") || what.ends_with(".json") {
        return Ok(read::rates(what)?.all().map(card).collect());
    }
    if let Some(market) = markets::market_named(what).or_else(|| markets::of_country(what)) {
        return Ok(if json { rates::market_json(market) } else { rates::market(market) });
    }
    let names = || library::names().into_iter().chain(markets::all().iter().map(|m| m.key.as_str()));
    let hint = did_you_mean(what, names()).map(|h| format!("; {h}")).unwrap_or_default();
    let all: Vec<&str> = names().collect();
    Err(Failure::input(format!(
        "there is no rate card and no market {what:?}{hint} (allowed: {})",
        all.join(", ")
    )))
}
