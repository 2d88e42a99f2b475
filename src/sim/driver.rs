//! The sequential driver: one shard, from time 0 to the end.

use super::plan::Plan;
use super::shard::Shard;
use super::territory::Partition;
use crate::node::{NodeId, Observer, Protocol, Time};
use std::sync::Arc;

/// Something that runs a plan.
pub trait Driver<P: Protocol> {
    /// Lets everything up to and including `until` (at most the plan's end) happen; but not much more
    /// than `most` events. Returns whether all of it has.
    fn run(&mut self, until: Time, most: u64) -> bool;

    /// The time of the last event, or what was run to.
    fn now(&self) -> Time;

    /// Messages handled, timers fired, operations and churn changes so far.
    fn events(&self) -> u64;

    /// What the run is made of.
    fn plan(&self) -> &Plan<P>;
}

/// A run.
pub struct Simulation<P: Protocol, O> {
    shard: Shard<P, O>,
    now: Time,
}

impl<P: Protocol, O: Observer<P>> Simulation<P, O> {
    /// Boots the nodes that are up at time 0 and plans what is known in advance.
    #[must_use]
    pub fn new(plan: Plan<P>, observer: O) -> Self {
        let all = Partition::new(1, plan.peers.identities, plan.clients.identities).territory(0);
        let mut shard = Shard::new(Arc::new(plan), all, observer);
        shard.plan_faults();
        shard.plan_draws();
        shard.begin(|_, _| {});
        Self { shard, now: Time::ZERO }
    }

    /// Skips one draw of a node in the step of that number.
    #[cfg(test)]
    pub(crate) fn perturbed(mut self, step: Option<(NodeId, u32)>) -> Self {
        self.shard.perturbed = step;
        self
    }

    /// Lets everything up to and including `until` (at most the plan's end) happen, but no more
    /// than `most` events of the queue. Returns whether all of it has.
    pub fn run(&mut self, until: Time, most: u64) -> bool {
        let until = until.min(self.shard.plan.end);
        for _ in 0..most {
            let Some(event) = self.shard.next_event(until) else {
                self.now = until;
                return true;
            };
            self.now = event.at;
            self.shard.happen(event);
        }
        false
    }

    /// Runs to the plan's end.
    pub fn run_to_end(&mut self) {
        while !self.run(Time::NEVER, u64::MAX) {}
    }

    /// The time of the last event, or what was run to.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Messages handled, timers fired, operations and churn changes so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.shard.events()
    }

    /// What the run is made of.
    #[must_use]
    pub fn plan(&self) -> &Plan<P> {
        &self.shard.plan
    }

    /// Who watches.
    #[must_use]
    pub fn observer(&self) -> &O {
        &self.shard.observer
    }

    /// Ends the run.
    #[must_use]
    pub fn into_observer(self) -> O {
        self.shard.observer
    }

    /// A running node's state.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&P> {
        self.shard.nodes.live(node)?.state.as_ref()
    }
}

impl<P: Protocol, O: Observer<P>> Driver<P> for Simulation<P, O> {
    fn run(&mut self, until: Time, most: u64) -> bool {
        Self::run(self, until, most)
    }

    fn now(&self) -> Time {
        Self::now(self)
    }

    fn events(&self) -> u64 {
        Self::events(self)
    }

    fn plan(&self) -> &Plan<P> {
        Self::plan(self)
    }
}
