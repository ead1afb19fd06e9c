//! The command line: arguments in, answers out, one exit code.
//!
//! Holds the only clock (progress), the only standard streams and the only asynchronous code (Ctrl-C). Must not do
//! arithmetic of its own: what it prints, others worked out.

mod again;
mod args;
mod bill;
mod codes;
mod compare;
mod convert;
mod diff;
mod enough;
mod exit;
mod files;
mod import;
mod logs;
mod output;
mod plan;
mod plausible;
mod plot;
mod policies;
mod present;
mod progress;
mod rates;
mod read;
mod recovery;
mod replay;
mod report;
mod run;
mod scenarios;
mod sensitivity;
mod shell;
mod show;
mod solve;
mod state;
mod study;
mod sweep;
mod tradeoff;

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use clap::error::ErrorKind;

use args::{Args, Command};
pub use exit::Exit;
use exit::Failure;

/// Runs a command line. Returns the exit code; messages have been printed.
pub async fn main(arguments: Vec<OsString>) -> Exit {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(e) => return usage(&e),
    };
    let cancel = Arc::new(AtomicBool::new(false));
    let mut work = {
        let cancel = cancel.clone();
        tokio::task::spawn_blocking(move || command(&args, &cancel))
    };
    let result = tokio::select! {
        result = &mut work => result,
        () = interrupt() => {
            cancel.store(true, Ordering::Relaxed);
            // The work looks at the flag often and clears away what it began; a second Ctrl-C does not wait for it.
            tokio::select! {
                result = &mut work => result,
                () = interrupt() => return Exit::Interrupted,
            }
        }
    };
    match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => failure.report(),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Waits for Ctrl-C; for ever where there can be no handler, which does the work no harm.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn command(args: &Args, cancel: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    match &args.command {
        Command::Run(run) => run::run(run, &args.common, cancel),
        Command::Compare(compare) => compare::compare(compare, &args.common, cancel),
        Command::Solve(solve) => solve::solve(solve, &args.common, cancel),
        Command::Tradeoff(what) => tradeoff::tradeoff(what, &args.common, cancel),
        Command::Plan(what) => plan::plan(what, &args.common, cancel),
        Command::Sweep(sweep) => sweep::sweep(sweep, &args.common, cancel),
        Command::Merge(merge) => sweep::merge::merge(merge, &args.common),
        Command::Sensitivity(s) => sensitivity::sensitivity(s, &args.common, cancel),
        Command::Codes(asked) => codes::codes(asked),
        Command::Measures => measures(),
        Command::Replay(replay) => replay::replay(replay, &args.common, cancel),
        Command::Report(what) => report::report(what, &args.common),
        Command::Plot(what) => plot::plot(what, &args.common),
        Command::State(state) => state::state(state, &args.common, cancel),
        Command::Convert(convert) => convert::convert(convert, &args.common, cancel),
        Command::Diff(diff) => diff::diff(diff, &args.common),
        Command::Completions(shell) => shell::completions(shell),
        Command::Man(what) => shell::man(what, &args.common),
        Command::Scenario(what) => scenarios::command(what, &args.common),
        Command::Import(what) => import::command(what, &args.common, cancel),
        Command::Policy(what) => policies::command(what, &args.common),
        Command::Rates(what) => rates::command(what),
    }
}

/// `tiersim measures`: every measure by name.
fn measures() -> Result<Exit, Failure> {
    output::print(&crate::report::figures::list())?;
    Ok(Exit::Fine)
}

/// Help and version are answers; anything else is bad usage.
fn usage(e: &clap::Error) -> Exit {
    let fine = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // A closed pipe is fine, and there is nowhere else to say so.
    e.print().ok();
    if fine { Exit::Fine } else { Exit::Usage }
}
