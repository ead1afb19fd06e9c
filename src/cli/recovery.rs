//! `tiersim plan recovery`: the same plan with each reaction to a bad rating, on the same luck.

use std::sync::atomic::AtomicBool;

use serde_json::json;

use crate::cli::args::Common;
use crate::cli::compare::{CompareArgs, Format, Held, held, split};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{read, study};
use crate::scenario::{Scenario, standing};

/// How long it takes, how bad it gets, and what it costs.
const FIGURES: &str = "days_below_green, days_red, median(days_to_recover), q90(days_to_recover), p_red, p_lowered, delivered, blocked, profit";

/// `tiersim plan recovery`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim plan recovery weekly-promo
  tiersim plan recovery weekly-promo --switch-to weekly-offer
  tiersim plan recovery mine.toml --campaign promo --dilute 'campaigns.orders.per_week=7'

Every arm is the scenario with one reaction added to its campaigns, from the moment the published rating is yellow or
worse until it is not. Days below green are all those at yellow or red. Days to recover are those from the first red (else
the first yellow) to the next green, of the replications that come to it: a short green ends them, even if red follows.")]
pub struct RecoveryArgs {
    /// Scenario file, or the name of a shipped scenario
    pub scenario: String,
    /// Campaigns that react [default: all]; may be repeated
    #[arg(long, value_name = "NAME")]
    pub campaign: Vec<String>,
    /// Also try this template in place of those of the campaigns, while the rating is bad
    #[arg(long, value_name = "TEMPLATE")]
    pub switch_to: Option<String>,
    /// Also try these overrides, such as a larger campaign of welcome messages; several separated by `;`
    #[arg(long, value_name = "PATH=VALUE[; PATH=VALUE]")]
    pub dilute: Option<String>,
    /// Override a field in every arm; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Rules to judge by: an era, `auto`, or a policy file
    #[arg(long, value_name = "ERA|FILE|auto")]
    pub policy: Option<String>,
    /// Replications of each arm [default: the scenario's, else 100, fewer for large scenarios]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: Option<u64>,
    /// Form of the answer on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Write the chart as SVG only
    #[arg(long)]
    pub no_png: bool,
}

/// Runs the command.
pub fn recovery(args: &RecoveryArgs, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    let source = read::source(&args.scenario)?;
    let base = study::sets(&args.sets, args.policy.as_ref(), common);
    let (scenario, _) = read::scenario(&source, &base)?;
    let reacting = reacting(&scenario, &args.campaign)?;
    if let Some(name) = &args.switch_to
        && !scenario.templates.iter().any(|t| t.name == *name)
    {
        let names: Vec<&str> = scenario.templates.iter().map(|t| t.name.as_str()).collect();
        let hint = crate::text::did_you_mean(name, names.iter().copied());
        let hint = hint.map_or(String::new(), |h| format!("; {h}"));
        return Err(Failure::input(format!(
            "--switch-to {name}: no such template{hint} (templates: {})",
            names.join(", ")
        )));
    }
    let react = |what: &str| -> Vec<String> {
        let reaction = format!("[{{ when = \"yellow_or_worse\", {what} }}]");
        reacting
            .iter()
            .map(|c| format!("{}={reaction}", standing::path(&["campaigns", c, "reactions"])))
            .collect()
    };
    let mut ways: Vec<(String, Vec<String>)> = vec![
        (
            "no reaction".to_string(),
            reacting
                .iter()
                .map(|c| format!("{}=[]", standing::path(&["campaigns", c, "reactions"])))
                .collect(),
        ),
        ("stop".to_string(), react("pause = true")),
        ("half the people".to_string(), react("share = 0.5")),
    ];
    ways.extend(
        args.switch_to.iter().map(|t| (format!("switch to {t}"), react(&format!("template = {t:?}")))),
    );
    ways.extend(
        args.dilute.iter().map(|sets| (format!("dilute: {sets}"), split(sets).map(str::to_string).collect())),
    );
    let mut arms = Vec::new();
    for (label, own) in ways {
        let sets: Vec<String> = base.iter().cloned().chain(own).collect();
        arms.push(study::arm(&label, &source, &sets)?);
    }
    let compare = CompareArgs {
        scenarios: vec![args.scenario.clone()],
        sets: Vec::new(),
        everywhere: args.sets.clone(),
        policy: args.policy.clone(),
        replications: args.replications,
        measures: FIGURES.split(',').map(str::to_string).collect(),
        fail_if: Vec::new(),
        format: args.format,
        no_png: args.no_png,
    };
    let options = vec![
        ("campaign", json!(args.campaign)),
        ("dilute", json!(args.dilute)),
        ("set", json!(args.sets)),
        ("switch_to", json!(args.switch_to)),
    ];
    let base = Some(scenario.written_toml());
    held(Held { study: "recovery", arms, options, base }, &compare, common, cancel)
}

/// Names of the campaigns that react.
fn reacting(s: &Scenario, asked: &[String]) -> Result<Vec<String>, Failure> {
    let names: Vec<&str> = s.campaigns.iter().map(|c| c.name.as_str()).collect();
    for name in asked {
        if !names.contains(&name.as_str()) {
            let hint = crate::text::did_you_mean(name, names.iter().copied());
            let hint = hint.map_or(String::new(), |h| format!("; {h}"));
            return Err(Failure::input(format!(
                "--campaign {name}: no such campaign{hint} (campaigns: {})",
                names.join(", ")
            )));
        }
    }
    Ok(if asked.is_empty() { names.iter().map(|n| (*n).to_string()).collect() } else { asked.to_vec() })
}
