//! `tiersim import webhooks`: payloads of the platform to a log.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::args::{CampaignFrom, Webhooks};
use crate::cli::import::held::OnDisk;
use crate::cli::import::inputs::{self, Bad, Input};
use crate::cli::import::rejects::Rejects;
use crate::cli::import::{answer, key_of, refuse_same, rejects_beside, target};
use crate::cli::{output, read as reading};
use crate::import::optout::{self, Words};
use crate::import::{Damage, Importer, Options, Place, ReadError};
use crate::sim::SimTime;
use crate::store::log::put_log;

/// Runs the command.
pub fn run(args: &Webhooks, common: &Common, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    if args.print_opt_out_words {
        output::print(optout::SHIPPED)?;
        return Ok(Exit::Fine);
    }
    let out = target(common)?;
    let held = OnDisk::new(args.temp_dir.as_ref(), cancel);
    let mut importer = Importer::with(options(args)?, held);
    let inputs = inputs::expand(&args.files)?;
    let path = args.rejects.clone().unwrap_or_else(|| rejects_beside(&out));
    refuse_same(&out, &path)?;
    inputs::refuse_own(&inputs, &[&out, &path])?;
    if inputs.contains(&Input::Stdin) && std::io::stdin().is_terminal() {
        output::note(common, "reading webhooks from standard input (end with Ctrl-D)");
    }
    let mut rejects = Rejects::new(path, args.pseudonymise.is_some());
    inputs::each(
        &inputs,
        (args.on_bad_row, &mut rejects),
        common,
        cancel,
        |_, file, reject| {
            importer.read(file, &mut |d: Damage| {
                let Place { line, column } = d.place;
                reject(Bad { line, column, reason: &d.reason, text: &d.text })
            })
        },
        |e| match e {
            ReadError::Io(e) => Ok(e),
            ReadError::Hold(e) => Err(e.into()),
        },
    )?;

    let provenance = [("tiersim.import".to_string(), "webhooks".to_string())];
    let (put, _, outcome) = put_log(&out, common.force, &provenance, |log| {
        importer.finish(&mut |row| {
            log.row(&row.columns());
            if cancel.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
        })
    })?;
    rejects.finish()?;
    let answer = answer::Answer {
        inputs: &inputs,
        out: &out,
        put,
        outcome: &outcome,
        rejects: &rejects,
        pseudonymised: args.pseudonymise.is_some(),
    };
    output::print(&answer.text())?;
    Ok(Exit::Fine)
}

fn options(args: &Webhooks) -> Result<Options, Failure> {
    let words = match &args.opt_out_words {
        None => Words::shipped(),
        Some(path) => {
            let shown = path.display().to_string();
            let text = reading::text_of(path)?;
            Words::parse(&shown, &text).map_err(Failure::input)?
        }
    };
    let at = args.at.as_deref().map(SimTime::parse).transpose();
    let named = |flag: &str, id: &Option<String>| match id.as_deref().map(str::trim) {
        Some("") => Err(Failure::input(format!("{flag}: an id is needed"))),
        id => Ok(id.map(str::to_string)),
    };
    Ok(Options {
        words,
        campaign_from_callback_data: args.campaign_from == CampaignFrom::CallbackData,
        at: at.map_err(|e| Failure::input(format!("--at: {e}")))?,
        portfolio: named("--portfolio", &args.portfolio)?,
        number: named("--number", &args.number)?,
        key: args.pseudonymise.as_deref().map(key_of).transpose()?,
    })
}
