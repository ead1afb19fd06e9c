//! What bills a replayed log, from its arguments, and what is to be said of the bill.

use crate::cli::exit::Failure;
use crate::cli::read;
use crate::cli::replay::ReplayArgs;
use crate::experiment::bill_log::{LogBill, LogMeter};
use crate::policy::rates::{Rates, markets};
use crate::report::words;
use crate::sim::SimTime;
use crate::text::{countries, did_you_mean};

/// What bills the log, if that is asked for.
pub fn meter(args: &ReplayArgs) -> Result<Option<LogMeter>, Failure> {
    let Some(asked) = &args.rates else { return Ok(None) };
    if asked == "none" {
        return Err(Failure::input("--rates none: without --rates nothing is billed; leave it out"));
    }
    let rates = read::rates(asked)?;
    let market = match (&args.market, &args.country) {
        (Some(market), _) => of_name(&rates, asked, market)?,
        (None, Some(country)) => of_country(country)?,
        (None, None) => {
            return Err(Failure::input(
                "--rates: a log does not say where people are from; give --market or --country",
            ));
        }
    };
    Ok(Some(LogMeter::new(rates, &market).only(&args.number, args.from)))
}

fn of_name(rates: &Rates, asked: &str, market: &str) -> Result<String, Failure> {
    let mut known: Vec<&str> = rates.all().flat_map(|c| c.markets()).collect();
    known.sort_unstable();
    known.dedup();
    if known.contains(&market) {
        return Ok(market.to_string());
    }
    let hint = did_you_mean(market, known.iter().copied()).map(|h| format!("; {h}")).unwrap_or_default();
    Err(Failure::input(format!(
        "--market: {asked} has no prices for {market:?}{hint} (allowed: {})",
        known.join(", ")
    )))
}

fn of_country(country: &str) -> Result<String, Failure> {
    if let Some(market) = markets::of_country(country) {
        return Ok(market.key.clone());
    }
    let market = markets::market_named(&country.to_lowercase());
    let hint = match market {
        Some(market) => format!("that is a market: --market {}", market.key),
        None => "name it with --market".to_string(),
    };
    let capitals = country.to_ascii_uppercase();
    if market.is_none() && !countries::is_known(&capitals) {
        let hint = countries::hint(country).map(|h| format!("; {h}")).unwrap_or_default();
        return Err(Failure::input(format!(
            "--country: {country:?} is no country{hint} (allowed: the two letters of ISO 3166)"
        )));
    }
    let known: Vec<&str> =
        markets::all().iter().flat_map(|m| m.countries.iter().map(String::as_str)).collect();
    Err(Failure::input(format!(
        "--country: the market of {country:?} is not known; {hint} (known: {})",
        known.join(", ")
    )))
}

/// What a reader of the costs has to know.
pub fn notes(billed: &LogBill, from: Option<SimTime>) -> Vec<String> {
    let mut notes = vec![format!(
        "Billed at list prices in {}: a replay knows no volume tiers and no exchange rates.",
        billed.bill.currency
    )];
    if let Some(month) = from.map(SimTime::month_start) {
        notes.push(format!("Costs go by whole months: --from lets them begin on {}.", month.date()));
    }
    if billed.without_category > 0 {
        notes.push(format!(
            "{} without a category, in their row or their send, were not billed.",
            words::plural(billed.without_category, "delivery", "deliveries")
        ));
    }
    notes
}
