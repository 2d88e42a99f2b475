//! The proof that a run is a function of its scenario: the same one twice, compared on the way.
//!
//! The first run is watched by the digest alone, the second by everybody (metrics, consistency,
//! delivery, all checks), so that an observer that changes what it sees is found too.

use super::checkpoints::{Checkpoint, Grid, Watch, walk};
use super::registry::{Task, with_plan};
use super::run::{Progress, everybody};
use crate::node::{Protocol, Time};
use crate::observe::Digest;
use crate::observe::consistency::Census;
use crate::scenario::Scenario;
use crate::sim::{Plan, Simulation};
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

/// Runs the scenario's first protocol twice. `None`: stopped from outside.
pub fn verify(
    scenario: &Scenario,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Option<Verified> {
    between(scenario, scenario, stop, progress)
}

fn between(
    scenario: &Scenario,
    other: &Scenario,
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
    with_plan(other, Second { first: &first, watch })
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
        walk(run, grid.times(), &mut self.watch, |&digest, at, steps| {
            found.push(Checkpoint { at, digest, steps });
            ControlFlow::Continue(())
        })?;
        Some(found)
    }
}

/// Runs, watched by everybody, until a checkpoint differs.
struct Second<'a> {
    first: &'a [Checkpoint],
    watch: Watch<'a>,
}

impl Task for Second<'_> {
    type Output = Option<Verified>;

    fn perform<P: Protocol>(mut self, plan: Plan<P>, census: &Census) -> Self::Output {
        let observer = everybody(&plan, census, Some(&[]));
        let times = self.first.iter().map(|checkpoint| checkpoint.at);
        let (mut compared, mut same_until, mut parted) = (0, Time::ZERO, None);
        walk(Simulation::new(plan, observer), times, &mut self.watch, |observer, at, steps| {
            let first = self.first[compared as usize];
            let second = Checkpoint { at, digest: observer.0, steps };
            compared += 1;
            if first == second {
                same_until = at;
                return ControlFlow::Continue(());
            }
            parted = Some(Parted { checkpoint: compared, same_until, first, second });
            ControlFlow::Break(())
        })?;
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

    fn compared(one: &Scenario, other: &Scenario) -> Verified {
        between(one, other, &AtomicBool::new(false), &mut |_| {}).expect("nobody stops it")
    }

    #[test]
    fn a_run_is_the_same_twice_however_closely_it_is_watched() {
        let plain = scenario("");
        let verified = compared(&plain, &plain);
        assert_eq!((verified.compared, verified.parted), (CHECKPOINTS, None));
        assert!(verified.first.steps > 1_000);
    }

    /// Twice as many operations from second 30 on: nothing differs before, and soon something does.
    #[test]
    fn the_first_checkpoint_that_differs_is_named() {
        let surge = "[[event]]\nat = \"30s\"\nfor = \"30s\"\nsurge = { rate = 2 }\n";
        let parted = compared(&scenario(""), &scenario(surge)).parted.expect("they differ");
        assert_eq!(parted.first.at.since(parted.same_until), Span::from_millis(60));
        let at = parted.first.at.seconds();
        assert!((30.0..31.0).contains(&at), "{at}");
        assert_eq!(f64::from(parted.checkpoint) * 0.06, at);
        assert_ne!(parted.first.digest, parted.second.digest);
    }

    #[test]
    fn it_stops_when_it_is_asked_to() {
        let plain = scenario("");
        assert_eq!(between(&plain, &plain, &AtomicBool::new(true), &mut |_| {}), None);
    }
}
