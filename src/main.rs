//! The command line of `clippee-sim`.

#![forbid(unsafe_code)]

use clap::Parser;
use clippee_sim::cli::{self, Arguments};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    cli::execute(&arguments, &cli::stop_flag()).into()
}
