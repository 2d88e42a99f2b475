//! The command line of `clippee-sim`.

use clap::Parser;
use clippee_sim::cli::{self, Arguments};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let handled = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            // The second time somebody is in a hurry. What stays behind is removed by the next run.
            std::process::exit(cli::Exit::Interrupted.code().into());
        }
    });
    if let Err(error) = handled {
        eprintln!("warning: Ctrl-C will end the program at once: {error}");
    }
    cli::execute(&arguments, &stop).into()
}
