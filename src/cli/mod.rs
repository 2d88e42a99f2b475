//! The command line: one file a verb.
//!
//! Results and tables go to stdout, progress, logs and errors to stderr. What a command does is
//! decided below, in `experiment`; here are its words.

mod diff;
mod exit;
mod explore;
mod forecast;
mod given;
mod huge_pages;
mod interrupt;
mod memory;
mod merge;
mod plot;
mod print;
mod progress;
mod replay;
mod run;
mod show;
mod shrink;
mod sweep;
mod sweep_display;
mod trace;
mod verify;

pub use exit::Exit;
pub use interrupt::stop_flag;

use clap::{Parser, Subcommand};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

const ABOUT: &str = "\
Simulates large client/peer systems: does a protocol keep serving when peers come and go, what
does best effort cost, how far does it scale? The same scenario and seed give the same bytes
everywhere.";

const CODES: &str = "\
Exit codes:
  0    done, and all checks passed
  1    a check failed
  2    bad usage, scenario or input file
  3    results can't be written or read back
  4    a digest differs
  130  interrupted";

/// What was typed.
#[derive(Debug, Parser)]
#[command(name = "clippee-sim", version = VERSION.as_str(), about = ABOUT, after_help = CODES)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a scenario, print a summary, and keep metrics, series and figures
    Run(run::Arguments),
    /// Run all points of a scenario's sweep, with several seeds each, and keep one table of them
    Sweep(sweep::Arguments),
    /// Put the shards of a sweep together
    Merge(merge::Arguments),
    /// Print a scenario with all its defaults, and whom its faults will strike
    Show(show::Arguments),
    /// Run a scenario twice and compare: are both the same at every checkpoint?
    Verify(verify::Arguments),
    /// Find the first step in which two runs differ, and what caused it
    Diff(diff::Arguments),
    /// Look for runs that break rules: many small ones, drawn, with faults of all kinds
    Explore(explore::Arguments),
    /// Run a scenario that failed again, and see whether it still does
    Replay(replay::Arguments),
    /// Reduce a scenario that fails to what matters
    Shrink(shrink::Arguments),
    /// Make pictures for Perfetto or ShiViz of what `run --trace` wrote
    Trace(trace::Arguments),
    /// Draw the figures of a result anew, from its stored numbers
    Plot(plot::Arguments),
}

/// How many threads one run may take.
fn thread_count() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=64)
}

/// Does what was typed; returns early when `stop` is set.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Exit {
    let done = match &arguments.verb {
        Verb::Run(arguments) => run::execute(arguments, stop),
        Verb::Sweep(arguments) => sweep::execute(arguments, stop),
        Verb::Merge(arguments) => merge::execute(arguments),
        Verb::Show(arguments) => show::execute(arguments),
        Verb::Verify(arguments) => verify::execute(arguments, stop),
        Verb::Diff(arguments) => diff::execute(arguments, stop),
        Verb::Explore(arguments) => explore::execute(arguments, stop),
        Verb::Replay(arguments) => replay::execute(arguments, stop),
        Verb::Shrink(arguments) => shrink::execute(arguments, stop),
        Verb::Trace(arguments) => trace::execute(arguments),
        Verb::Plot(arguments) => plot::execute(arguments),
    };
    done.unwrap_or_else(|failure| {
        failure.tell();
        failure.exit()
    })
}

/// The version and, if it is known, the beginning of the commit.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    let commit = crate::experiment::store::COMMIT.and_then(|commit| commit.get(..12));
    commit.map_or_else(|| version.to_owned(), |commit| format!("{version} ({commit})"))
});

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
