//! Ctrl-C: the first asks the run to end and leave nothing half-written, the second ends it at once.

use super::Exit;
use crate::experiment::store::Stopwatch;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Signals closer together than so many seconds are one wish: `timeout` and other supervisors signal
/// a process and its whole group, so that one Ctrl-C arrives twice.
const ONE_WISH_S: f64 = 0.5;

/// A flag that is set when the user presses Ctrl-C. What an impatient second one leaves behind is
/// removed by the next run.
pub fn stop_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&flag);
    let first: OnceLock<Stopwatch> = OnceLock::new();
    let handled = ctrlc::set_handler(move || {
        asked.store(true, Ordering::Relaxed);
        if first.get_or_init(Stopwatch::start).seconds() > ONE_WISH_S {
            std::process::exit(Exit::Interrupted.code().into());
        }
    });
    if let Err(error) = handled {
        eprintln!("warning: Ctrl-C will end the program at once: {error}");
    }
    flag
}
