//! `clippee-sim show FILE`

use super::exit::{Exit, Failure};
use crate::experiment;
use crate::scenario::{self, LoadOptions, to_toml};
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clippee-sim show scenarios/churn.toml
  clippee-sim show scenarios/cut.toml --seed 7
  clippee-sim show scenarios/churn.toml --set network.loss=1% > lossy.toml

Nothing is simulated. What is printed is a scenario again, with all its defaults; faults are listed
as comments behind it, with the nodes that they will strike.";

/// What `show` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The seed of all randomness, in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Set a key of the scenario, as for `run`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Which protocol to show first, where the scenario has several
    #[arg(long, value_name = "NAME")]
    protocol: Option<String>,
}

/// Prints the resolved scenario, and the schedule of its faults.
pub fn execute(arguments: &Arguments) -> Result<Exit, Failure> {
    let options = LoadOptions {
        set: arguments.set.clone(),
        seed: arguments.seed,
        protocol: arguments.protocol.clone(),
    };
    let loaded = scenario::load(&arguments.file, &options)?;
    let mut out = io::stdout().lock();
    write!(out, "{}", to_toml(&loaded.resolved))?;
    let faults = experiment::faults(&loaded.scenario);
    if !faults.is_empty() {
        writeln!(out, "\n# The faults of seed {}:", loaded.scenario.seed)?;
        faults.lines().try_for_each(|line| writeln!(out, "# {line}"))?;
    }
    out.flush()?;
    Ok(Exit::Done)
}
