//! Judges seed after seed, several at a time, and tells of each in order.

use super::generator::Generator;
use super::judge::{Judged, judge};
use crate::scenario::{Invalid, Loaded};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

/// Threads of the standard library are smaller than the main one, where runs usually run.
const STACK: usize = 8 << 20;

/// A seed that was judged.
#[derive(Debug)]
pub struct Explored {
    /// The seed.
    pub seed: u64,
    /// What it drew.
    pub loaded: Loaded,
    /// What came of it.
    pub judged: Judged,
}

/// Judges what `generator` draws for these seeds, `jobs` at a time. `tell` hears of each, in the
/// order of the seeds whatever `jobs` is, and may end the search; `stop` ends it from outside, and
/// then seeds can be missing.
///
/// # Errors
/// The first scenario that couldn't be read: what is set doesn't go with what was drawn.
///
/// # Panics
/// If the system has no threads.
pub fn explore(
    generator: &Generator,
    seeds: impl Iterator<Item = u64> + Send,
    jobs: NonZeroUsize,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(Explored) -> ControlFlow<()>,
) -> Result<(), Invalid> {
    let enough = AtomicBool::new(false);
    let job = Job { generator, seeds: &Mutex::new(seeds.enumerate()), stop, enough: &enough };
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let (sender, job) = (sender.clone(), job);
            let thread = std::thread::Builder::new().stack_size(STACK);
            let started = thread.spawn_scoped(scope, move || job.work(&sender));
            started.expect("the system has threads");
        }
        drop(sender);
        // What came before its turn waits.
        let (mut waiting, mut next, mut result) = (BTreeMap::new(), 0, Ok(()));
        let mut hear = |explored: Result<Explored, Invalid>| match explored {
            _ if result.is_err() => {}
            Ok(explored) => {
                if tell(explored).is_break() {
                    enough.store(true, Ordering::Relaxed);
                }
            }
            Err(invalid) => {
                enough.store(true, Ordering::Relaxed);
                result = Err(invalid);
            }
        };
        for (place, explored) in receiver {
            waiting.insert(place, explored);
            while let Some(explored) = waiting.remove(&next) {
                next += 1;
                hear(explored);
            }
        }
        // Stopped from outside: some before them weren't finished.
        waiting.into_values().for_each(hear);
        result
    })
}

/// What all workers share.
struct Job<'a, S> {
    generator: &'a Generator,
    seeds: &'a Mutex<S>,
    stop: &'a AtomicBool,
    enough: &'a AtomicBool,
}

impl<S> Clone for Job<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Job<'_, S> {}

impl<S: Iterator<Item = (usize, u64)>> Job<'_, S> {
    /// Takes seeds until there are no more.
    fn work(self, tell: &Sender<(usize, Result<Explored, Invalid>)>) {
        while !self.stop.load(Ordering::Relaxed) && !self.enough.load(Ordering::Relaxed) {
            let next = self.seeds.lock().map(|mut seeds| seeds.next());
            let Ok(Some((place, seed))) = next else { break };
            let explored = match self.generator.draw(seed) {
                Err(invalid) => Err(invalid),
                Ok(loaded) => {
                    let Some(judged) = judge(&loaded.scenario, self.stop) else { break };
                    Ok(Explored { seed, loaded, judged })
                }
            };
            if tell.send((place, explored)).is_err() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(jobs: usize, most: usize) -> Vec<(u64, u64, usize)> {
        let mut told = Vec::new();
        let jobs = NonZeroUsize::new(jobs).unwrap();
        let generator = Generator::new(Vec::new());
        let stop = AtomicBool::new(false);
        explore(&generator, 1..=12, jobs, &stop, &mut |it| {
            told.push((it.seed, it.judged.events, it.judged.failures.len()));
            if told.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
        told
    }

    #[test]
    fn seeds_are_told_in_order_and_the_same_whatever_the_jobs() {
        let alone = told(1, 100);
        assert_eq!(
            alone.iter().map(|(seed, ..)| *seed).collect::<Vec<_>>(),
            Vec::from_iter(1..=12)
        );
        assert_eq!(told(3, 100), alone);
        // Whoever has heard enough hears no more than what is under way.
        assert!(told(1, 4).len() <= 6);
    }

    #[test]
    fn what_is_set_must_go_with_what_is_drawn() {
        let generator = Generator::new(vec!["peers.count=0".into()]);
        let (jobs, stop) = (NonZeroUsize::MIN, AtomicBool::new(false));
        let mut told = 0;
        let result = explore(&generator, 1..=3, jobs, &stop, &mut |_| {
            told += 1;
            ControlFlow::Continue(())
        });
        assert!(result.unwrap_err().render(100, false).contains("peers.count"));
        assert_eq!(told, 0);
    }
}
