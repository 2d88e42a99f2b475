//! `clippee-sim sweep FILE`

use super::exit::{Exit, Failure};
use super::huge_pages;
use super::memory::{self, Limit};
use super::print;
use super::sweep_display::Display;
use crate::experiment::Estimate;
use crate::experiment::store::{COMMIT, Stopwatch};
use crate::experiment::sweep::{
    Grid, Journal, Origin, Published, Seeds, Shard, folder, publish, work,
};
use crate::scenario::{self, LoadOptions};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const EXAMPLES: &str = "\
Examples:
  clippee-sim sweep scenarios/contention.toml
  clippee-sim sweep scenarios/contention.toml --seeds 1..20 --jobs 4
  clippee-sim sweep scenarios/contention.toml --set sweep.repeat=3
  clippee-sim sweep scenarios/contention.toml --shard 1/4 --out shard-1

Finished runs are kept in <DIR>/<name>/sweep/runs/ at once, and never run again: after a kill or
Ctrl-C the same command goes on, and seeds and points can be added later. When all are there,
runs.csv and sweep.json are written beside them.";

/// What says which runs there are, and where they are kept.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// The scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seeds of each point, both ends included, in place of the scenario's `seed` and
    /// `sweep.repeat`
    #[arg(long, value_name = "A..B")]
    seeds: Option<Seeds>,
    /// Set a key of the scenario, as `clients.count=100` or `sweep.repeat=3`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where results are kept
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

/// What `sweep` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// How many runs at a time; by default as many as there are cores
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Run every N-th run only, from the I-th on; `merge` puts shards together
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    #[command(flatten)]
    limit: Limit,
    /// No progress and no timing on stderr
    #[arg(long, short)]
    quiet: bool,
}

/// A sweep and its place on disk.
pub struct Opened {
    /// All its runs.
    pub grid: Grid,
    /// Those that are finished.
    pub journal: Journal,
    /// Where its files are.
    pub folder: PathBuf,
}

impl Asked {
    /// Loads the scenario and opens the journal.
    pub fn open(&self) -> Result<Opened, Failure> {
        let options = LoadOptions { set: self.set.clone(), ..LoadOptions::default() };
        let (loaded, sweep) = scenario::load_sweep(&self.file, &options)?;
        let grid = Grid::new(loaded, sweep, self.seeds.clone());
        let folder = folder(&self.out, &grid.loaded.scenario.name);
        let journal = Journal::open(&folder.join("runs"))?;
        Ok(Opened { grid, journal, folder })
    }

    /// The scenario's file.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

/// What is there and what isn't, by index.
struct Stock {
    there: Vec<(usize, f64)>,
    missing: Vec<usize>,
    /// Runs that were made by another commit.
    foreign: usize,
}

/// Loads, runs what is missing, and writes the final files if all is there.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let asked = &arguments.asked;
    let Opened { grid, journal, folder } = asked.open()?;
    let shard = arguments.shard.unwrap_or(Shard::WHOLE);
    let stock = take_stock(&grid, &journal, shard);
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = arguments.jobs.unwrap_or(cores);
    let missing = stock.missing.iter().map(|run| &grid.case(&grid.runs[*run]).scenario);
    let estimate = Estimate::new(missing, jobs.get(), 1);
    arguments.limit.check(estimate)?;
    huge_pages::ensure(estimate);
    if !arguments.quiet {
        announce(&grid, &stock, shard, (jobs, estimate), &folder);
    }
    let stopwatch = Stopwatch::start();
    let mut display = Display::new(&grid, &stock.there, &stock.missing, jobs, arguments.quiet);
    let origin = Origin { file: asked.file.clone(), set: asked.set.clone() };
    let done = work(&grid, &stock.missing, &origin, &journal, jobs, stop, &mut |told| {
        display.show(stopwatch.seconds(), told);
    });
    let finished = display.finish();
    done?;
    if finished < stock.missing.len() && stop.load(Ordering::Relaxed) {
        let kept = stock.there.len() + finished;
        let all = grid.runs.iter().enumerate().filter(|(index, _)| shard.has(*index)).count();
        return Err(Failure::SweepInterrupted { kept, all });
    }
    if !arguments.quiet {
        eprintln!("{}", timing_line(&stopwatch, finished));
    }
    let is_there = |run: &crate::experiment::sweep::Run| journal.read(&run.key).is_some();
    if shard != Shard::WHOLE && !grid.runs.iter().all(is_there) {
        tell_shard(&grid, asked, &folder)?;
        return Ok(Exit::Done);
    }
    tell(&publish(&grid, &journal, &folder)?, &folder)?;
    Ok(Exit::Done)
}

fn take_stock(grid: &Grid, journal: &Journal, shard: Shard) -> Stock {
    let mut stock = Stock { there: Vec::new(), missing: Vec::new(), foreign: 0 };
    // Two points may be written differently and be the same run.
    let mut asked = std::collections::BTreeSet::new();
    for (index, run) in grid.runs.iter().enumerate().filter(|(index, _)| shard.has(*index)) {
        if let Some(record) = journal.read(&run.key) {
            stock.there.push((index, record.wall_s));
            stock.foreign += usize::from(record.commit.as_deref() != COMMIT);
        } else if asked.insert(&run.key) {
            stock.missing.push(index);
        }
    }
    stock
}

/// Says what is about to happen, and what it will take.
fn announce(
    grid: &Grid,
    stock: &Stock,
    shard: Shard,
    (jobs, estimate): (NonZeroUsize, Estimate),
    folder: &Path,
) {
    let (runs, cases) = (grid.runs.len(), grid.sweep.cases.len());
    let seeds = grid.seeds.clone().count();
    let name = &grid.loaded.scenario.name;
    let mut text = format!("{name}: {runs} runs ({cases} cases with {seeds} seeds each)");
    if shard != Shard::WHOLE {
        text.push_str(&format!(", {} of them here", stock.there.len() + stock.missing.len()));
    }
    if !stock.there.is_empty() {
        text.push_str(&format!(", {} are there", stock.there.len()));
    }
    eprintln!("{text}");
    if !stock.missing.is_empty() {
        let at_once = jobs.get().min(stock.missing.len());
        let memory = memory::told(estimate);
        eprintln!("{} to run, {at_once} at a time; {memory}", stock.missing.len());
    }
    if stock.foreign > 0 {
        eprintln!(
            "note: {} runs were made by another commit of the same version; to run them again, \
             remove {}",
            stock.foreign,
            folder.join("runs").display()
        );
    }
}

fn timing_line(stopwatch: &Stopwatch, finished: usize) -> String {
    let timing = stopwatch.timing(0);
    let mut line = format!("{finished} runs in {}", print::seconds(timing.wall_s));
    if let Some(bytes) = timing.peak_memory_bytes {
        line.push_str(&format!(", peak memory {} MiB", bytes.div_ceil(1 << 20)));
    }
    line
}

/// Prints what was published, and where it is.
pub fn tell(published: &Published, folder: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n", published.summary)?;
    writeln!(out, "results  {}", folder.display())?;
    out.flush()
}

fn tell_shard(grid: &Grid, asked: &Asked, folder: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (name, runs) = (&grid.loaded.scenario.name, folder.join("runs"));
    writeln!(out, "{name}: this shard is done, in {}", runs.display())?;
    let file = asked.file().display();
    writeln!(out, "then     clippee-sim merge {file} {} ...", asked.out.display())?;
    out.flush()
}
