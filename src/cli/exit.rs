//! How the program ends: exit codes, and what is said about failures.

use crate::experiment::store::StoreError;
use crate::experiment::sweep;
use crate::report;
use crate::scenario::Invalid;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// Exit codes; scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and all checks passed.
    Done,
    /// A check failed.
    CheckFailed,
    /// Bad usage, scenario or input file.
    BadInput,
    /// Results can't be written or read back.
    BadResults,
    /// A digest differs.
    DigestDiffers,
    /// Interrupted by Ctrl-C.
    Interrupted,
}

/// Why a command didn't do what it should.
#[derive(Debug)]
pub enum Failure {
    /// The scenario is wrong.
    Scenario(Invalid),
    /// Results can't be written or read back.
    Results(StoreError),
    /// Results aren't fit to be written.
    Report(report::Error),
    /// The runs would take more memory than they may, both in bytes.
    TooLarge {
        /// An estimate.
        needed: u64,
        /// What was allowed.
        allowed: u64,
    },
    /// Nobody takes what is printed.
    Print(io::Error),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-C within a sweep.
    SweepInterrupted {
        /// Runs that are finished.
        kept: usize,
        /// Runs of the whole sweep.
        all: usize,
    },
}

impl Exit {
    /// The number that the system is told.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CheckFailed => 1,
            Self::BadInput => 2,
            Self::BadResults => 3,
            Self::DigestDiffers => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl Failure {
    /// The code that belongs to it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Scenario(_) | Self::TooLarge { .. } => Exit::BadInput,
            Self::Results(StoreError::Differs { .. }) => Exit::DigestDiffers,
            Self::Results(_) | Self::Report(_) => Exit::BadResults,
            // `clippee-sim run FILE | head` isn't a failure: the results are written by then.
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Print(_) => Exit::BadResults,
            Self::Interrupted | Self::SweepInterrupted { .. } => Exit::Interrupted,
        }
    }

    /// Says on stderr what is wrong, and what helps.
    pub fn tell(&self) {
        const WIDTH: usize = 100;
        match self {
            Self::Scenario(invalid) => eprint!("{}", invalid.render(WIDTH, colours())),
            Self::Results(error) => {
                eprintln!("error: {error}");
                if let Some(help) = error.help() {
                    eprintln!("  help: {help}");
                }
            }
            Self::TooLarge { needed, allowed } => {
                let mib = |bytes: &u64| bytes.div_ceil(1 << 20);
                let (needed, allowed) = (mib(needed), mib(allowed));
                eprintln!(
                    "error: this would take about {needed} MiB of memory, and --max-memory allows \
                     {allowed} MiB"
                );
                eprintln!("  help: fewer nodes or objects, fewer jobs in a sweep, or more memory");
            }
            Self::Report(error @ report::Error::File { .. }) => eprintln!("error: {error}"),
            Self::Report(error) => eprintln!("error: {error}; please report this"),
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Self::Print(error) => eprintln!("error: can't print: {error}"),
            Self::Interrupted => eprintln!("interrupted: nothing was written"),
            Self::SweepInterrupted { kept, all } => {
                eprintln!("interrupted: {kept} of {all} runs are kept; the same command goes on");
            }
        }
    }
}

/// Whether stderr shows colours, and its reader wants them (no-color.org).
fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::Scenario(invalid)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Results(error)
    }
}

impl From<report::Error> for Failure {
    fn from(error: report::Error) -> Self {
        Self::Report(error)
    }
}

impl From<sweep::Error> for Failure {
    fn from(error: sweep::Error) -> Self {
        match error {
            sweep::Error::Store(error) => Self::Results(error),
            sweep::Error::Report(error) => Self::Report(error),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Print(error)
    }
}
