//! `clippee-sim explore [FILE]`

use super::exit::{Exit, Failure};
use super::print;
use crate::experiment::explore::{Covered, Explored, Generator, explore, schedule};
use crate::experiment::store::Stopwatch;
use crate::scenario::{self, LoadOptions, to_toml};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, RangeInclusive};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const EXAMPLES: &str = "\
Examples:
  clippee-sim explore --seeds 1000
  clippee-sim explore --for 10min --jobs 4
  clippee-sim explore --seeds 5000..5999 --set protocol.clippee.durable=true
  clippee-sim explore scenarios/smoke.toml --seeds 20

Without FILE each seed draws a small scenario of Clippee: its parameters, populations, network,
churn, workload, and which kinds of faults exist at all. With FILE only seed and faults are drawn.
Each run is judged by all hard rules, by the conditional ones once it has settled, and by what
`check.require` demands. One that fails is left in <DIR>/seed-<SEED>.toml, a scenario with all its
faults and operations by name: `clippee-sim replay` and `shrink` take it. At the end stands what
was covered. The same seeds print the same, whatever `--jobs` is.";

/// Seconds between two lines of progress.
const LINE_EVERY_S: f64 = 10.0;

/// What `explore` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The scenario whose faults are drawn; without one, all is
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// So many seeds from 1 on, or these, both ends included
    #[arg(long, value_name = "N|A..B", required_unless_present = "lasts")]
    seeds: Option<Seeds>,
    /// Take seeds until so much time has passed, such as 10min
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    lasts: Option<f64>,
    /// How many runs at a time; by default as many as there are cores
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Set a key of every scenario, after all was drawn; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where scenarios that failed are kept
    #[arg(long, value_name = "DIR", default_value = "explored")]
    out: PathBuf,
    /// Print the drawn scenarios, and run none
    #[arg(long, requires = "seeds")]
    show: bool,
    /// No progress and no timing on stderr
    #[arg(long, short)]
    quiet: bool,
}

/// Seeds as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seeds(RangeInclusive<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok());
        let range = match text.split_once("..") {
            Some((first, last)) => number(first).zip(number(last)),
            None => number(text).filter(|count| *count > 0).map(|count| (1, count)),
        };
        match range {
            None => Err("expected a whole number from 1, or two, such as 1..1000".into()),
            Some((first, last)) if first > last => Err(format!("expected {last}..{first}")),
            Some((first, last)) => Ok(Self(first..=last)),
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    scenario::span(text).map(crate::node::Span::seconds)
}

/// Draws, runs, judges, tells.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let generator = generator(arguments)?;
    let seeds = arguments.seeds.as_ref().map_or(1..=i64::MAX.cast_unsigned(), |s| s.0.clone());
    if arguments.show {
        return show(&generator, seeds);
    }
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let stopwatch = Stopwatch::start();
    let (mut covered, mut next_line, mut failure) = (Covered::new(), LINE_EVERY_S, None);
    let done = explore(&generator, seeds, arguments.jobs.unwrap_or(cores), stop, &mut |it| {
        covered.add(&it.judged);
        let now = stopwatch.seconds();
        if !arguments.quiet && now >= next_line {
            next_line = now + LINE_EVERY_S;
            eprintln!("{}", progress(&covered, it.seed, now));
        }
        let told = if it.judged.failures.is_empty() {
            Ok(())
        } else {
            keep(&it, &generator, &arguments.out, stop)
        };
        let is_over = arguments.lasts.is_some_and(|lasts| now >= lasts);
        failure = told.err();
        if failure.is_some() || is_over {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    done?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}", covered.text())?;
    writeln!(out, "{} seeds, {} of them failed", covered.seeds, covered.failed)?;
    out.flush()?;
    if !arguments.quiet {
        eprintln!("{}", timing_line(&covered, stopwatch.seconds()));
    }
    Ok(match covered.failed {
        _ if stop.load(Ordering::Relaxed) => Exit::Interrupted,
        0 => Exit::Done,
        _ => Exit::CheckFailed,
    })
}

/// Prints what is drawn.
fn show(generator: &Generator, seeds: RangeInclusive<u64>) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    for seed in seeds {
        writeln!(out, "# seed {seed}\n{}", to_toml(&generator.draw(seed)?.resolved))?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn generator(arguments: &Arguments) -> Result<Generator, Failure> {
    let Some(file) = &arguments.file else { return Ok(Generator::new(arguments.set.clone())) };
    let options = LoadOptions { set: arguments.set.clone(), ..LoadOptions::default() };
    let loaded = scenario::load(file, &options)?;
    Ok(Generator::of(&loaded, file.parent().unwrap_or(Path::new("")).to_owned()))
}

/// Writes the schedule of a seed that failed, and tells of it.
fn keep(
    explored: &Explored,
    generator: &Generator,
    folder: &Path,
    stop: &AtomicBool,
) -> Result<(), Failure> {
    let path = folder.join(format!("seed-{}.toml", explored.seed));
    let kept = schedule::of(explored, &generator.folder(), stop);
    kept.write(&path)?;
    let mut text = String::new();
    for failure in &explored.judged.failures {
        writeln!(text, "seed {}: {} {}", explored.seed, failure.check, failure.title)
            .and_then(|()| writeln!(text, "  {}", failure.witness))
            .map_err(io::Error::other)?;
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{text}  clippee-sim replay {}\n", path.display())?;
    out.flush()?;
    Ok(())
}

fn progress(covered: &Covered, seed: u64, now_s: f64) -> String {
    let rate = 60.0 * covered.seeds as f64 / now_s;
    format!(
        "up to seed {seed}: {} judged, {} failed, {rate:.0} a minute",
        covered.seeds, covered.failed
    )
}

fn timing_line(covered: &Covered, wall_s: f64) -> String {
    let (seeds, events) = (covered.seeds, covered.events as f64);
    format!(
        "{seeds} seeds in {} ({:.0} a minute, {} events a second)",
        print::seconds(wall_s),
        60.0 * seeds as f64 / wall_s,
        print::count(events / wall_s)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_number_or_a_range() {
        assert_eq!("10".parse(), Ok(Seeds(1..=10)));
        assert_eq!("7..9".parse(), Ok(Seeds(7..=9)));
        for wrong in ["0", "a", "9..7", "1..", ""] {
            assert!(wrong.parse::<Seeds>().is_err(), "{wrong}");
        }
    }
}
