//! `clippee-sim trace DIR`

use super::exit::{Exit, Failure};
use crate::experiment::store::export;
use crate::node::{Span, Time};
use crate::report::trace::{Window, chrome, shiviz};
use crate::scenario;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clippee-sim run scenarios/smoke.toml --trace
  clippee-sim trace results/smoke/seed-1 --perfetto
  clippee-sim trace results/smoke/seed-1 --shiviz --from 10s --until 11s

trace-chrome.json opens in https://ui.perfetto.dev and chrome://tracing, trace-shiviz.log in
https://bestchai.bitbucket.io/shiviz.";

/// What `trace` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("form").required(true))]
pub struct Arguments {
    /// The result: OUT/NAME/seed-SEED
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A track for each node, flows for messages, spans for locks and operations
    #[arg(long, group = "form", visible_alias = "chrome")]
    perfetto: bool,
    /// A space-time diagram with vector clocks
    #[arg(long, group = "form")]
    shiviz: bool,
    /// Leave out what comes before
    #[arg(long, value_name = "TIME", value_parser = scenario::span)]
    from: Option<Span>,
    /// Leave out what comes after
    #[arg(long, value_name = "TIME", value_parser = scenario::span)]
    until: Option<Span>,
}

/// Makes the picture and prints its path.
pub fn execute(arguments: &Arguments) -> Result<Exit, Failure> {
    let window = Window {
        from: Time::ZERO + arguments.from.unwrap_or(Span::ZERO),
        until: arguments.until.map_or(Time::NEVER, |until| Time::ZERO + until),
    };
    let (path, steps) = if arguments.shiviz {
        export(&arguments.folder, "trace-shiviz.log", |from, to| shiviz(from, window, to))?
    } else {
        export(&arguments.folder, "trace-chrome.json", |from, to| chrome(from, window, to))?
    };
    writeln!(io::stdout().lock(), "{}   {steps} steps", path.display())?;
    Ok(Exit::Done)
}
