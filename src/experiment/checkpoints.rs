//! Runs that are looked at from time to time: the digest at a moment is one number that stands for
//! all steps until then, so two runs can be compared without keeping either.

use super::run::{Progress, SLICE};
use crate::node::{Protocol, Time};
use crate::observe::Digest;
use crate::sim::Driver;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a run had come to at a moment, all steps of that moment included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// When.
    pub at: Time,
    /// The digest of all steps until then.
    pub digest: Digest,
    /// How many steps those were.
    pub steps: u64,
}

/// Moments at equal distances, the first one after `from`, the last one `until`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub from: Time,
    pub until: Time,
    pub moments: u32,
}

impl Grid {
    /// Whether there are moments before `until`.
    pub fn is_divisible(self) -> bool {
        self.until.since(self.from).nanos() > 1
    }

    /// All moments, in order.
    pub fn times(self) -> impl Iterator<Item = Time> {
        let length = u128::from(self.until.since(self.from).nanos());
        let at = move |moment: u32| {
            let passed = length * u128::from(moment) / u128::from(self.moments);
            Time::from_nanos(self.from.nanos() + passed as u64)
        };
        (1..=self.moments).map(at)
    }
}

/// How a run is watched from outside: whether it shall stop, and who is told how far it is.
pub(super) struct Watch<'a> {
    pub stop: &'a AtomicBool,
    pub progress: &'a mut dyn FnMut(Progress),
}

/// Runs from moment to moment, and shows each to `visit`, which may end it. Returns the run; `None`:
/// stopped from outside.
pub(super) fn walk<P: Protocol, D: Driver<P>>(
    mut run: D,
    times: impl Iterator<Item = Time>,
    watch: &mut Watch<'_>,
    mut visit: impl FnMut(&D, Time) -> ControlFlow<()>,
) -> Option<D> {
    let end = run.plan().end;
    for at in times {
        while !run.run(at, SLICE) {
            if watch.stop.load(Ordering::Relaxed) {
                return None;
            }
            (watch.progress)(Progress { simulated: run.now(), end, events: run.events() });
        }
        if watch.stop.load(Ordering::Relaxed) {
            return None;
        }
        (watch.progress)(Progress { simulated: at, end, events: run.events() });
        if visit(&run, at).is_break() {
            break;
        }
    }
    Some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_ends_where_it_should_and_has_no_moment_twice() {
        let at = Time::from_nanos;
        let times = |from, until, moments| -> Vec<Time> {
            Grid { from: at(from), until: at(until), moments }.times().collect()
        };
        assert_eq!(times(10, 40, 3), [at(20), at(30), at(40)]);
        assert_eq!(times(0, 10, 4), [at(2), at(5), at(7), at(10)]);
        // As long as a run can be: nothing overflows.
        assert_eq!(times(0, u64::MAX, 1_000).last(), Some(&at(u64::MAX)));
    }
}
