//! The proof that a run is a function of its scenario: the same one twice, compared on the way.
//!
//! The first run is watched by the digest alone and takes one thread. The second is watched by
//! everybody (metrics, consistency, delivery, all checks) and may take several: so an observer that
//! changes what it sees is found, and a step that depends on which shard takes it.

use super::checkpoints::{Checkpoint, Grid, Watch, walk};
use super::registry::{Task, with_plan};
use super::run::{Progress, counters, judges};
use crate::node::{Mergeable, Protocol, Time};
use crate::observe::Digest;
use crate::observe::consistency::Census;
use crate::scenario::Scenario;
use crate::sim::{Parallel, Plan, Simulation};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

/// How often a run is looked at.
const CHECKPOINTS: u32 = 1_000;

/// What comes of running a scenario twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many checkpoints were compared.
    pub compared: u32,
    /// How many there are.
    pub of: u32,
    /// The end of the first run.
    pub first: Checkpoint,
    /// Where the second one parted from it; `None`: nowhere.
    pub parted: Option<Parted>,
}

/// The first checkpoint at which two runs differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parted {
    /// The number of the checkpoint, from 1.
    pub checkpoint: u32,
    /// Until when, at least, they were the same.
    pub same_until: Time,
    /// The checkpoint in the first run.
    pub first: Checkpoint,
    /// The checkpoint in the second.
    pub second: Checkpoint,
}

/// Runs the scenario's first protocol twice, the second time in `shards` shards (at least one), each
/// of which may have a thread. `None`: stopped from outside.
pub fn verify(
    scenario: &Scenario,
    shards: u32,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Option<Verified> {
    between(scenario, (scenario, shards), stop, progress)
}

fn between(
    scenario: &Scenario,
    (other, shards): (&Scenario, u32),
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Option<Verified> {
    let mut half = |now: Progress| progress(now.half_of_two(0));
    let first = with_plan(scenario, First { watch: Watch { stop, progress: &mut half } })?;
    let steps = first.last().map_or(0, |last| last.steps);
    let mut half = |now: Progress| {
        let now = now.half_of_two(1);
        progress(Progress { events: steps + now.events, ..now });
    };
    let watch = Watch { stop, progress: &mut half };
    with_plan(other, Second { first: &first, shards, watch })
}

/// Runs and keeps all checkpoints.
struct First<'a> {
    watch: Watch<'a>,
}

impl Task for First<'_> {
    type Output = Option<Vec<Checkpoint>>;

    fn perform<P: Protocol>(mut self, plan: Plan<P>, _: &Census) -> Self::Output {
        let grid = Grid { from: Time::ZERO, until: plan.end, moments: CHECKPOINTS };
        let mut found = Vec::with_capacity(CHECKPOINTS as usize);
        let run = Simulation::new(plan, Digest::new());
        walk(run, grid.times(), &mut self.watch, |run, at| {
            found.push(Checkpoint { at, digest: *run.observer(), steps: run.events() });
            ControlFlow::Continue(())
        })?;
        Some(found)
    }
}

/// Runs, watched by everybody, until a checkpoint differs.
struct Second<'a> {
    first: &'a [Checkpoint],
    shards: u32,
    watch: Watch<'a>,
}

impl Task for Second<'_> {
    type Output = Option<Verified>;

    fn perform<P: Protocol>(mut self, plan: Plan<P>, census: &Census) -> Self::Output {
        let judges = judges(census, Some(&[]));
        let part = counters(&plan, census);
        let times = self.first.iter().map(|checkpoint| checkpoint.at);
        let (mut compared, mut same_until, mut parted) = (0, Time::ZERO, None);
        let mut visit = |at, digest, steps| {
            let first = self.first[compared as usize];
            let second = Checkpoint { at, digest, steps };
            compared += 1;
            if first == second {
                same_until = at;
                return ControlFlow::Continue(());
            }
            parted = Some(Parted { checkpoint: compared, same_until, first, second });
            ControlFlow::Break(())
        };
        if self.shards > 1 {
            let run = Parallel::new(plan, self.shards, part, judges);
            walk(run, times, &mut self.watch, |run, at| {
                let mut digest = Digest::new();
                run.parts(|&(digest, _)| digest).for_each(|part| digest.merge(part));
                visit(at, digest, run.events())
            })?;
        } else {
            walk(Simulation::new(plan, (part(), judges)), times, &mut self.watch, |run, at| {
                visit(at, run.observer().0.0, run.events())
            })?;
        }
        let first = *self.first.last().expect("a run has checkpoints");
        Some(Verified { compared, of: CHECKPOINTS, first, parted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Span;
    use crate::scenario::{LoadOptions, load_str};
    use std::path::Path;

    fn scenario(events: &str) -> Scenario {
        let text = format!(
            "schema = 1\nname = \"t\"\nduration = \"60s\"\ndrain = \"0s\"\n[protocol.clippee]\n\
             [peers]\ncount = 10\n[clients]\ncount = 20\n[workload]\nrate = \"1/s\"\n{events}"
        );
        let options = LoadOptions::default();
        load_str(&text, "t", Path::new(""), &options).expect("it is valid").scenario
    }

    fn compared(one: &Scenario, other: (&Scenario, u32)) -> Verified {
        between(one, other, &AtomicBool::new(false), &mut |_| {}).expect("nobody stops it")
    }

    #[test]
    fn a_run_is_the_same_twice_however_closely_it_is_watched() {
        let plain = scenario("");
        for shards in [1, 2, 3] {
            let verified = compared(&plain, (&plain, shards));
            assert_eq!((verified.compared, verified.parted), (CHECKPOINTS, None));
            assert!(verified.first.steps > 1_000);
        }
    }

    /// Twice as many operations from second 30 on: nothing differs before, and soon something does.
    #[test]
    fn the_first_checkpoint_that_differs_is_named() {
        let surge = "[[event]]\nat = \"30s\"\nfor = \"30s\"\nsurge = { rate = 2 }\n";
        for shards in [1, 2] {
            let verified = compared(&scenario(""), (&scenario(surge), shards));
            let parted = verified.parted.expect("they differ");
            assert_eq!(parted.first.at.since(parted.same_until), Span::from_millis(60));
            let at = parted.first.at.seconds();
            assert!((30.0..31.0).contains(&at), "{at}");
            assert_eq!(f64::from(parted.checkpoint) * 0.06, at);
            assert_ne!(parted.first.digest, parted.second.digest);
        }
    }

    #[test]
    fn it_stops_when_it_is_asked_to() {
        let plain = scenario("");
        assert_eq!(between(&plain, (&plain, 1), &AtomicBool::new(true), &mut |_| {}), None);
    }
}
