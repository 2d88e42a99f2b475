//! `clippee-sim replay FILE`

use super::exit::{Exit, Failure};
use crate::experiment::explore::{Judged, Replay, replay, schedule, story};
use crate::node::{Span, Time};
use crate::scenario::{self, LoadOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const EXAMPLES: &str = "\
Examples:
  clippee-sim replay explored/seed-17.toml
  clippee-sim replay explored/seed-17.toml --until 12.5s --trace

Any scenario will do; one that `explore` or `shrink` wrote says at its top which check it breaks, and
that is compared. Exit code 1 says that something is still broken, 0 that nothing is.";

/// What `replay` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Stop at this simulated time; what is judged at the end isn't then
    #[arg(long, value_name = "TIME", value_parser = scenario::span)]
    until: Option<Span>,
    /// Write every step into FILE with the ending `.jsonl` in place of its own
    #[arg(long)]
    trace: bool,
}

/// Loads, runs, judges, tells.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let loaded = scenario::load(&arguments.file, &LoadOptions::default())?;
    // It has just been read: if it is gone since, it expects nothing.
    let text = std::fs::read_to_string(&arguments.file).unwrap_or_default();
    let trace = arguments.trace.then(|| arguments.file.with_extension("jsonl"));
    let until = arguments.until.map(|until| Time::ZERO + until);
    let how = Replay { until, trace: trace.as_deref(), ..Replay::default() };
    let judged = replay(&loaded.scenario, how, stop)?.ok_or(Failure::Interrupted)?;
    let mut out = io::stdout().lock();
    write!(out, "{}", story(&loaded.scenario, &judged))?;
    let exit = tell(&mut out, &judged, schedule::expected(&text))?;
    if let Some(trace) = trace {
        writeln!(out, "trace  {}", trace.display())?;
    }
    out.flush()?;
    Ok(exit)
}

fn tell(out: &mut impl Write, judged: &Judged, expected: Option<&str>) -> io::Result<Exit> {
    for failure in &judged.failures {
        writeln!(out, "{} {}\n  {}", failure.check, failure.title, failure.witness)?;
    }
    match expected {
        Some(check) if judged.breaks(check) => writeln!(out, "still breaks {check}")?,
        Some(check) => writeln!(out, "no longer breaks {check}")?,
        None if judged.failures.is_empty() => writeln!(out, "breaks nothing")?,
        None => {}
    }
    Ok(if judged.failures.is_empty() { Exit::Done } else { Exit::CheckFailed })
}
