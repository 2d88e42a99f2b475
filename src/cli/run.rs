//! `clippee-sim run FILE`

use super::exit::{Exit, Failure};
use super::huge_pages;
use super::memory::{self, Limit};
use super::progress::Display;
use super::{print, thread_count};
use crate::experiment::store::{Manifest, Stopwatch, Store, Timing};
use crate::experiment::{self, Estimate, Options, Outcome};
use crate::scenario::{self, LoadOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const EXAMPLES: &str = "\
Examples:
  clippee-sim run scenarios/churn.toml
  clippee-sim run scenarios/churn.toml --seed 7 --out elsewhere
  clippee-sim run scenarios/churn.toml --set network.loss=1% --set name=lossy
  clippee-sim run scenarios/steady.toml --check
  clippee-sim run scenarios/smoke.toml --trace

Results are left in <DIR>/<name>/seed-<seed>/. A finished result is replaced only by the same
scenario; with other settings, give the run another name or another place.";

/// What `run` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Set a key of the scenario, as `clients.count=100` or `network.latency.constant=50ms`; can be
    /// repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where results are kept
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Which protocol to run, where the scenario has several; the first one otherwise
    #[arg(long, value_name = "NAME")]
    protocol: Option<String>,
    /// No progress and no timing on stderr
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    limit: Limit,
    /// Judge every step by the protocol's hard rules, and the end by its conditional ones; a
    /// violation ends in exit code 1. Guarantees that best effort doesn't give are judged too, and
    /// count if the scenario demands them (`check.require`)
    #[arg(long)]
    check: bool,
    /// Threads for this run; results are the same with any number. It takes one where several don't
    /// pay: where little happens within the least delay of the network
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = thread_count())]
    threads: u32,
    /// Write every step into `trace.jsonl`: some hundred bytes each; `clippee-sim trace` makes
    /// pictures of it
    #[arg(long)]
    trace: bool,
}

/// Loads, runs, stores, prints.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let options = LoadOptions {
        set: arguments.set.clone(),
        seed: arguments.seed,
        protocol: arguments.protocol.clone(),
    };
    let loaded = scenario::load(&arguments.file, &options)?;
    let estimate = Estimate::new(std::iter::once(&loaded.scenario), 1, arguments.threads);
    arguments.limit.check(estimate)?;
    huge_pages::ensure(estimate);
    // Before the run: nobody wants to hear after an hour that the result has no place.
    let slot = Store::new(&arguments.out).reserve(Manifest::new(&loaded))?;

    if !arguments.quiet {
        eprintln!("{}: {}", loaded.scenario.name, memory::told(estimate));
    }
    let stopwatch = Stopwatch::start();
    let mut display = Display::new(&loaded.scenario.name, arguments.quiet);
    let trace = arguments.trace.then(|| slot.file("trace.jsonl"));
    let Arguments { check, threads, .. } = *arguments;
    let options = Options { check, threads, trace, stop: Arc::clone(stop) };
    let outcome = experiment::run(&loaded.scenario, &options, &mut |progress| {
        display.show(stopwatch.seconds(), progress);
    });
    display.finish();
    let outcome = outcome?.ok_or(Failure::Interrupted)?;
    let timing = stopwatch.timing(outcome.events);
    slot.fill(&outcome, &timing)?;
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::Interrupted);
    }
    let place = slot.publish()?;
    tell(&outcome, &place)?;
    if !arguments.quiet {
        eprintln!("{}", timing_line(&outcome, &timing));
    }
    Ok(if outcome.failed_checks > 0 { Exit::CheckFailed } else { Exit::Done })
}

fn tell(outcome: &Outcome, place: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n", outcome.summary.trim_end())?;
    if outcome.failed_checks > 0 {
        let (failed, place) = (outcome.failed_checks, place.display());
        writeln!(out, "{failed} failed: see {place}/checks.json")?;
    }
    writeln!(out, "results  {}", place.display())?;
    out.flush()
}

fn timing_line(outcome: &Outcome, timing: &Timing) -> String {
    let events = print::count(outcome.events as f64);
    let (wall, rate) = (print::seconds(timing.wall_s), print::count(timing.events_per_s));
    let mut line = format!("{events} events in {wall} ({rate} a second)");
    if let Some(bytes) = timing.peak_memory_bytes {
        line.push_str(&format!(", peak memory {} MiB", bytes.div_ceil(1 << 20)));
    }
    line
}
