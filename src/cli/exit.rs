//! The one place that maps what happened to an exit code.

use std::process::{ExitCode, Termination};

use crate::cli::output;
use crate::store::StoreError;

/// How the program ends. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well, or the reader of our output went away.
    Fine = 0,
    /// The answer is "no": a gate was not met, a check found a difference.
    No = 1,
    /// Bad usage or bad input.
    Usage = 2,
    /// Reading or writing failed.
    InputOutput = 3,
    /// Ctrl-C.
    Interrupted = 130,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a command did not end well, with what to say about it.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage or bad input.
    Input(anyhow::Error),
    /// Reading or writing failed.
    InputOutput(anyhow::Error),
    /// Ctrl-C.
    Interrupted,
    /// Whoever read our output went away.
    ClosedPipe,
}

impl Failure {
    /// Bad input, in words.
    pub fn input(message: impl std::fmt::Display) -> Failure {
        Failure::Input(anyhow::anyhow!("{message}"))
    }

    /// A failure of the operating system on a path.
    pub fn io(doing: &str, path: &str, error: &std::io::Error) -> Failure {
        Failure::InputOutput(anyhow::anyhow!("{path}: cannot {doing}: {error}"))
    }

    /// Says what went wrong on standard error.
    pub fn report(self) -> Exit {
        match self {
            Failure::Input(e) => {
                output::error(&format!("{e:#}"));
                Exit::Usage
            }
            Failure::InputOutput(e) => {
                output::error(&format!("{e:#}"));
                Exit::InputOutput
            }
            Failure::Interrupted => {
                output::error("interrupted; nothing was written");
                Exit::Interrupted
            }
            Failure::ClosedPipe => Exit::Fine,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Failure {
        if matches!(e, StoreError::Cancelled) {
            return Failure::Interrupted;
        }
        if e.is_input() { Failure::Input(e.into()) } else { Failure::InputOutput(e.into()) }
    }
}

impl From<std::io::Error> for Failure {
    /// Of standard output; paths carry their own messages.
    fn from(e: std::io::Error) -> Failure {
        match e.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::io("write", "standard output", &e),
        }
    }
}
