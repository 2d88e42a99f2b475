//! `clippee-sim plot DIR`

use super::exit::{Exit, Failure};
use crate::experiment::store::Stored;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clippee-sim plot results/churn/seed-1

Nothing is simulated: the figures come from the numbers that the run left. They replace the
figures that were there.";

/// What `plot` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The result: OUT/NAME/seed-SEED
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Draws the figures and prints their paths.
pub fn execute(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    for path in Stored::open(&arguments.folder)?.draw()? {
        writeln!(out, "{}", path.display())?;
    }
    Ok(Exit::Done)
}
