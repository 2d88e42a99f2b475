//! One of two runs that are compared: it can be run again and again.

use super::record::{Keep, Record, Seen};
use crate::experiment::checkpoints::{Checkpoint, Grid, Watch, walk};
use crate::experiment::registry::{Task, with_plan};
use crate::node::{Observer, Protocol, Span, Time};
use crate::observe::consistency::Census;
use crate::observe::{Digest, Origin};
use crate::scenario::Scenario;
use crate::sim::{Plan, Simulation};
use std::ops::ControlFlow;

/// One of two runs.
pub struct Side<'a> {
    scenario: &'a Scenario,
    /// A step in which one draw is skipped.
    #[cfg(test)]
    pub perturbed: Option<(crate::node::NodeId, u32)>,
}

impl<'a> Side<'a> {
    /// The run of the scenario's first protocol.
    pub fn new(scenario: &'a Scenario) -> Self {
        Self {
            scenario,
            #[cfg(test)]
            perturbed: None,
        }
    }

    /// When it ends.
    pub fn end(&self) -> Time {
        with_plan(self.scenario, End)
    }

    /// Its checkpoints at the moments of `grid`; if `other` is given, up to the first that differs
    /// from that. `None`: stopped from outside.
    pub fn checkpoints(
        &self,
        grid: Grid,
        other: Option<&[Checkpoint]>,
        watch: &mut Watch<'_>,
    ) -> Option<Vec<Checkpoint>> {
        with_plan(self.scenario, Checkpoints { side: self, grid, other, watch })
    }

    /// Its steps up to `until` and at least one after it, if it goes on, but for so many first ones.
    pub fn record(&self, until: Time, before: u64, watch: &mut Watch<'_>) -> Option<Record> {
        let keep = Keep::After(before);
        with_plan(self.scenario, Steps { side: self, until, keep, watch })
    }

    /// One step.
    pub fn find(&self, origin: Origin, watch: &mut Watch<'_>) -> Option<Option<Seen>> {
        let keep = Keep::Only(origin);
        let steps = Steps { side: self, until: origin.at, keep, watch };
        Some(with_plan(self.scenario, steps)?.steps().first().cloned())
    }

    /// Begins the run.
    fn begin<P: Protocol, O: Observer<P>>(&self, plan: Plan<P>, observer: O) -> Simulation<P, O> {
        let run = Simulation::new(plan, observer);
        #[cfg(test)]
        let run = run.perturbed(self.perturbed);
        run
    }
}

struct End;

impl Task for End {
    type Output = Time;

    fn perform<P: Protocol>(self, plan: Plan<P>, _: &Census) -> Time {
        plan.end
    }
}

struct Checkpoints<'a, 'w> {
    side: &'a Side<'a>,
    grid: Grid,
    other: Option<&'a [Checkpoint]>,
    watch: &'a mut Watch<'w>,
}

impl Task for Checkpoints<'_, '_> {
    type Output = Option<Vec<Checkpoint>>;

    fn perform<P: Protocol>(self, plan: Plan<P>, _: &Census) -> Self::Output {
        let mut found = Vec::with_capacity(self.grid.moments as usize);
        let run = self.side.begin(plan, Digest::new());
        walk(run, self.grid.times(), self.watch, |run, at| {
            let checkpoint = Checkpoint { at, digest: *run.observer(), steps: run.events() };
            let differs = self.other.is_some_and(|other| other[found.len()] != checkpoint);
            found.push(checkpoint);
            if differs { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Some(found)
    }
}

struct Steps<'a, 'w> {
    side: &'a Side<'a>,
    until: Time,
    keep: Keep,
    watch: &'a mut Watch<'w>,
}

impl Task for Steps<'_, '_> {
    type Output = Option<Record>;

    fn perform<P: Protocol>(self, plan: Plan<P>, _: &Census) -> Self::Output {
        let (until, end) = (self.until, plan.end);
        let run = self.side.begin(plan, Record::new(self.keep));
        // Ever further beyond, until there is a step.
        let beyond = (0..=64).map(|power| until + Span::from_micros(1).times(1 << power.min(53)));
        let moments = std::iter::once(until).chain(beyond).take_while(|&at| at < end).chain([end]);
        let run = walk(run, moments, self.watch, |run, at| {
            let goes_on = run.observer().steps().last().is_some_and(|last| last.at > until);
            let is_one = matches!(self.keep, Keep::Only(_)) && at >= until;
            if goes_on || is_one { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Some(run.into_observer())
    }
}
