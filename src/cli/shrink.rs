//! `clippee-sim shrink FILE`

use super::exit::{Exit, Failure};
use super::print;
use crate::experiment::explore::{Schedule, judge, schedule, shrink, story};
use crate::experiment::store::Stopwatch;
use crate::scenario::{self, LoadOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const EXAMPLES: &str = "\
Examples:
  clippee-sim shrink explored/seed-17.toml
  clippee-sim shrink explored/seed-17.toml --check H5 --runs 5000

Leaves out faults, then nodes, then operations, then time, as long as the same check fails, and
writes FILE's sibling `-small`. Each step is a run. The same FILE gives the same result.";

/// What `shrink` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A scenario that fails
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The check that shall go on failing, such as H5; by default the one that FILE says it breaks,
    /// or the first that it does
    #[arg(long, value_name = "ID")]
    check: Option<String>,
    /// The most runs to try
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    runs: u32,
    /// No progress on stderr
    #[arg(long, short)]
    quiet: bool,
}

/// Seconds between two lines of progress.
const LINE_EVERY_S: f64 = 5.0;

/// Loads, runs, reduces, writes, tells.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let file = &arguments.file;
    let loaded = scenario::load(file, &LoadOptions::default())?;
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let judged = judge(&loaded.scenario, stop).ok_or(Failure::Interrupted)?;
    let wanted = arguments.check.as_deref().or_else(|| schedule::expected(&text));
    let found = judged.failures.iter().find(|it| wanted.is_none_or(|wanted| it.check == wanted));
    let Some(failure) = found else {
        let what = wanted.unwrap_or("anything");
        println!("{} doesn't break {what}: there is nothing to reduce", file.display());
        return Ok(Exit::Done);
    };
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let (failure, events) = (failure.clone(), judged.events);
    let mut small = Schedule { scenario: loaded.resolved, folder, failure, events };
    let (stopwatch, mut next_line) = (Stopwatch::start(), LINE_EVERY_S);
    let runs = shrink(&mut small, arguments.runs, stop, &mut |now| {
        if !arguments.quiet && stopwatch.seconds() >= next_line {
            next_line = stopwatch.seconds() + LINE_EVERY_S;
            let (faults, operations, nodes) = (now.faults, now.operations, now.nodes);
            eprintln!("{} runs: {nodes} nodes, {faults} faults, {operations} operations", now.runs);
        }
    });
    let path = sibling(file);
    small.write(&path)?;
    let loaded = scenario::load(&path, &LoadOptions::default())?;
    let mut out = io::stdout().lock();
    if let Some(judged) = judge(&loaded.scenario, &AtomicBool::new(false)) {
        write!(out, "{}", story(&loaded.scenario, &judged))?;
    }
    let failure = &small.failure;
    writeln!(out, "{} {}\n  {}", failure.check, failure.title, failure.witness)?;
    writeln!(out, "\n{runs} runs; left in {}", path.display())?;
    out.flush()?;
    if !arguments.quiet {
        eprintln!("{runs} runs in {}", print::seconds(stopwatch.seconds()));
    }
    Ok(Exit::CheckFailed)
}

/// `NAME-small.toml` beside `NAME.toml`.
fn sibling(file: &Path) -> PathBuf {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{name}-small.toml"))
}
