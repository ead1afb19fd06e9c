//! `tiersim import webhooks`: payloads of the platform to a log.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::args::{CampaignFrom, OnBadRow, Webhooks};
use crate::cli::import::inputs::{self, Input};
use crate::cli::import::rejects::Rejects;
use crate::cli::import::{answer, key_of, rejects_beside, target};
use crate::cli::progress::Progress;
use crate::cli::{output, read as reading};
use crate::import::optout::{self, Words};
use crate::import::{Damage, Importer, Options, Place};
use crate::sim::SimTime;
use crate::store::log::put_log;

/// Runs the command.
pub fn run(args: &Webhooks, common: &Common, cancel: &AtomicBool) -> Result<Exit, Failure> {
    if args.print_opt_out_words {
        output::print(optout::SHIPPED)?;
        return Ok(Exit::Fine);
    }
    let out = target(common)?;
    let mut importer = Importer::new(options(args)?);
    let inputs = inputs::expand(&args.files)?;
    let path = args.rejects.clone().unwrap_or_else(|| rejects_beside(&out));
    inputs::refuse_own(&inputs, &[&out, &path])?;
    if inputs.contains(&Input::Stdin) && std::io::stdin().is_terminal() {
        output::note(common, "reading webhooks from standard input (end with Ctrl-D)");
    }
    let mut rejects = Rejects::new(path, args.pseudonymise.is_some());
    read(args, common, cancel, &inputs, &mut importer, &mut rejects)?;

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

/// Reads all inputs, one after another.
fn read(
    args: &Webhooks,
    common: &Common,
    cancel: &AtomicBool,
    inputs: &[Input],
    importer: &mut Importer,
    rejects: &mut Rejects,
) -> Result<(), Failure> {
    let counter = Arc::new(AtomicU64::new(0));
    let _bar = Progress::show(counter.clone(), inputs::bytes(inputs), common.quiet, "reading");
    for input in inputs {
        let name = input.name();
        let failed = |e: &std::io::Error| match cancel.load(Ordering::Relaxed) {
            true => Failure::Interrupted,
            false => Failure::io("read", &name, e),
        };
        let mut stopped = None;
        let mut reject = |d: Damage| {
            let Place { line, column } = d.place;
            let result = match args.on_bad_row {
                OnBadRow::Stop => Err(Failure::input(format!(
                    "{name}:{line}:{column}: {} (--on-bad-row reject goes on)",
                    d.reason
                ))),
                OnBadRow::Reject => rejects.push(&name, line, column, &d.reason, &d.text),
            };
            stopped = result.err();
            stopped.is_none()
        };
        let file = inputs::open(input, counter.clone(), cancel).map_err(|e| failed(&e))?;
        importer.read(file, &mut reject).map_err(|e| failed(&e))?;
        if let Some(failure) = stopped {
            return Err(failure);
        }
    }
    Ok(())
}
