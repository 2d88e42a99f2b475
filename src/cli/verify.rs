//! `clippee-sim verify FILE`

use super::exit::{Exit, Failure};
use super::progress::Display;
use super::{given, print, thread_count};
use crate::experiment::store::Stopwatch;
use crate::experiment::{self, Verified};
use crate::scenario::LoadOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const EXAMPLES: &str = "\
Examples:
  clippee-sim verify scenarios/churn.toml
  clippee-sim verify scenarios/churn.toml --set clients.count=1000 --seed 7
  clippee-sim verify results/churn/seed-1

The second of the two runs is watched by all checks and takes several threads. Of a stored result
the digest is compared too.
Nothing is written. Exit code 4 says that something differs; `clippee-sim diff` finds the step.";

/// What `verify` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The scenario, or a result: OUT/NAME/seed-SEED
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Set a key of the scenario; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Which protocol to run, where the scenario has several; the first one otherwise
    #[arg(long, value_name = "NAME")]
    protocol: Option<String>,
    /// Threads that the second run takes; the first one takes one
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = thread_count())]
    threads: u32,
    /// No progress and no timing on stderr
    #[arg(long, short)]
    quiet: bool,
}

/// Loads, runs twice, compares.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let options = LoadOptions {
        set: arguments.set.clone(),
        seed: arguments.seed,
        protocol: arguments.protocol.clone(),
    };
    let given = given::open(&arguments.file, &options)?;
    let scenario = &given.loaded.scenario;
    let stopwatch = Stopwatch::start();
    let mut display = Display::new(&scenario.name, arguments.quiet);
    let verified = experiment::verify(scenario, arguments.threads, stop, &mut |progress| {
        display.show(stopwatch.seconds(), progress);
    });
    display.finish();
    let verified = verified.ok_or(Failure::Interrupted)?;
    let protocol = scenario.protocols.first().map_or("", |protocol| protocol.name());
    let mut out = io::stdout().lock();
    writeln!(out, "{}   {protocol}   seed {}\n", scenario.name, scenario.seed)?;
    let exit = tell(&mut out, &verified, given.digest.as_deref())?;
    out.flush()?;
    if !arguments.quiet {
        eprintln!("two runs in {}", print::seconds(stopwatch.seconds()));
    }
    Ok(exit)
}

fn tell(out: &mut impl Write, verified: &Verified, stored: Option<&str>) -> io::Result<Exit> {
    if let Some(parted) = &verified.parted {
        writeln!(out, "two runs differ: the same until {}", parted.same_until)?;
        let at = parted.first.at;
        writeln!(out, "checkpoint {} of {} at {at}:", parted.checkpoint, verified.of)?;
        for (name, side) in [("first", &parted.first), ("second", &parted.second)] {
            writeln!(out, "  {name:6}  {}   {} events", side.digest, side.steps)?;
        }
        return Ok(Exit::DigestDiffers);
    }
    let digest = verified.first.digest.to_string();
    writeln!(out, "digest  {digest}   {} events", verified.first.steps)?;
    writeln!(out, "two runs are the same at all {} checkpoints", verified.compared)?;
    match stored {
        Some(stored) if stored != digest => {
            writeln!(out, "the stored result isn't: its digest is {stored}")?;
            Ok(Exit::DigestDiffers)
        }
        Some(_) => {
            writeln!(out, "the stored result has the same digest")?;
            Ok(Exit::Done)
        }
        None => Ok(Exit::Done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Checkpoint, Parted};
    use crate::node::Time;
    use crate::observe::Digest;

    fn told(parted: Option<Parted>, stored: Option<&str>) -> (Exit, String) {
        let first = Checkpoint { at: Time::from_nanos(9), digest: Digest::new(), steps: 7 };
        let verified = Verified { compared: 3, of: 5, first, parted };
        let mut text = Vec::new();
        let exit = tell(&mut text, &verified, stored).unwrap();
        (exit, String::from_utf8(text).unwrap())
    }

    #[test]
    fn what_differs_ends_in_exit_code_4() {
        let zero = "0".repeat(32);
        assert_eq!(told(None, None).0, Exit::Done);
        assert_eq!(told(None, Some(&zero)).0, Exit::Done);
        let (exit, text) = told(None, Some("abc"));
        assert_eq!(exit.code(), 4);
        assert!(text.contains("its digest is abc"), "{text}");
        let side = |steps| Checkpoint { at: Time::from_nanos(6), digest: Digest::new(), steps };
        let parted = Parted {
            checkpoint: 3,
            same_until: Time::from_nanos(4),
            first: side(11),
            second: side(12),
        };
        let (exit, text) = told(Some(parted), None);
        assert_eq!(exit.code(), 4);
        assert!(text.contains("checkpoint 3 of 5 at 0.000000006s"), "{text}");
        assert!(text.contains("same until 0.000000004s") && text.contains("12 events"), "{text}");
    }
}
