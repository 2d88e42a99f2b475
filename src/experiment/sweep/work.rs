//! Runs what is missing, several at a time.

use super::grid::{Grid, Origin};
use super::journal::Journal;
use super::record::Record;
use crate::experiment::store::{Stopwatch, StoreError};
use crate::experiment::study::Error;
use crate::experiment::weight;
use crate::experiment::{Options, run as simulate};
use crate::report;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

/// Threads of the standard library are smaller than the main one, where runs usually run.
const STACK: usize = 8 << 20;

/// What is told while the work goes on. Runs are named by their index in the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// A run has done this share of its simulated time.
    Share {
        /// Which run.
        run: usize,
        /// From 0 to 1.
        share: f64,
    },
    /// A run is finished and kept.
    Done {
        /// Which run.
        run: usize,
        /// How long it took, in seconds.
        wall_s: f64,
    },
}

/// Runs the runs `missing` of a grid, `jobs` at a time, and keeps a record of each. The heaviest
/// come first, so that all cores end together, and so that memory suffices at the start or for
/// good. Returns early when `stop` is set; runs that weren't finished by then leave nothing.
///
/// # Errors
/// The first failure; runs that have been finished are kept nonetheless.
pub fn work(
    grid: &Grid,
    missing: &[usize],
    origin: &Origin,
    journal: &Journal,
    jobs: NonZeroUsize,
    stop: &Arc<AtomicBool>,
    tell: &mut dyn FnMut(Told),
) -> Result<(), Error> {
    let mut queue = missing.to_vec();
    let weights: Vec<f64> = grid.sweep.cases.iter().map(|case| weight(&case.scenario)).collect();
    queue.sort_by(|a, b| {
        let weight = |run: &usize| weights[grid.runs[*run].case];
        weight(b).total_cmp(&weight(a)).then(a.cmp(b))
    });
    let job = Job { grid, origin, journal, stop, queue: &queue, next: &AtomicUsize::new(0) };
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        let workers = (0..jobs.get().min(queue.len())).map(|_| {
            let sender = sender.clone();
            let thread = std::thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, move || job.work(&sender))
        });
        let workers: Vec<_> = workers.collect();
        drop(sender);
        receiver.iter().for_each(tell);
        let mut result = Ok(());
        for worker in workers {
            let worker =
                worker.map_err(StoreError::system("start a thread for", "a run".as_ref()))?;
            let done = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(done);
        }
        result
    })
}

/// What all workers share.
#[derive(Clone, Copy)]
struct Job<'a> {
    grid: &'a Grid,
    origin: &'a Origin,
    journal: &'a Journal,
    stop: &'a Arc<AtomicBool>,
    queue: &'a [usize],
    next: &'a AtomicUsize,
}

impl Job<'_> {
    /// Takes runs off the queue until it is empty.
    fn work(self, tell: &Sender<Told>) -> Result<(), Error> {
        while !self.stop.load(Ordering::Relaxed) {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(run) = self.queue.get(next) else { break };
            if let Err(error) = self.run(*run, tell) {
                // Nobody takes another run.
                self.next.store(self.queue.len(), Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    }

    fn run(self, index: usize, tell: &Sender<Told>) -> Result<(), Error> {
        let run = &self.grid.runs[index];
        let stopwatch = Stopwatch::start();
        let options = Options { stop: Arc::clone(self.stop), ..Options::default() };
        // If nobody listens, nobody needs to be told.
        let outcome = simulate(&self.grid.scenario(run), &options, &mut |progress| {
            let share = progress.simulated.seconds() / progress.end.seconds();
            let _unheard = tell.send(Told::Share { run: index, share });
        });
        let Some(outcome) = outcome? else { return Ok(()) };
        let wall_s = stopwatch.seconds();
        let record = Record::new(self.grid, run, self.origin, &outcome, wall_s);
        self.journal.add(&record.map_err(report::Error::Json)?)?;
        let _unheard = tell.send(Told::Done { run: index, wall_s });
        Ok(())
    }
}
