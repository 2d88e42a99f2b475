//! `clippee-sim merge FILE SHARD...`

use super::exit::{Exit, Failure};
use super::sweep::{Asked, Opened, tell};
use crate::experiment::sweep::{Journal, folder, gather, publish};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clippee-sim sweep scenarios/contention.toml --shard 1/2 --out shard-1
  clippee-sim sweep scenarios/contention.toml --shard 2/2 --out shard-2
  clippee-sim merge scenarios/contention.toml shard-1 shard-2 --out results

Settings and seeds must be those of the shards: they say which runs belong to the sweep.";

/// What `merge` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// Where the shards are kept: what each was given as --out
    #[arg(value_name = "SHARD", required = true)]
    shards: Vec<PathBuf>,
}

/// Copies the runs of all shards, and writes the final files.
pub fn execute(arguments: &Arguments) -> Result<Exit, Failure> {
    let Opened { grid, journal, folder: place } = arguments.asked.open()?;
    for shard in &arguments.shards {
        let runs = folder(shard, &grid.loaded.scenario.name).join("runs");
        gather(&grid, &Journal::existing(&runs)?, &journal)?;
    }
    tell(&publish(&grid, &journal, &place)?, &place)?;
    Ok(Exit::Done)
}
