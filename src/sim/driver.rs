//! The sequential driver: one shard, from time 0 to the end.

use super::event::Kind;
use super::plan::Plan;
use super::shard::Shard;
use crate::node::{NodeId, Observer, Protocol, Role, Span, Time};

/// A run.
pub struct Simulation<P: Protocol, O> {
    shard: Shard<P, O>,
    now: Time,
}

impl<P: Protocol, O: Observer<P>> Simulation<P, O> {
    /// Boots the nodes that are up at time 0 and plans what is known in advance.
    #[must_use]
    pub fn new(plan: Plan<P>, observer: O) -> Self {
        let mut run = Self { shard: Shard::new(plan, observer), now: Time::ZERO };
        run.shard.plan_faults();
        run.plan_phases();
        run.plan_script();
        run.shard.plan_turns();
        run.boot_all();
        run
    }

    /// Skips one draw of a node in the step of that number.
    #[cfg(test)]
    pub(crate) fn perturbed(mut self, step: Option<(NodeId, u32)>) -> Self {
        self.shard.perturbed = step;
        self
    }

    fn plan_phases(&mut self) {
        for role in [Role::Peer, Role::Client] {
            for node in self.shard.plan.members(role) {
                if let Some(end) = self.shard.plan.phase_end(role, node, 0, Time::ZERO) {
                    self.shard.schedule(end.at, node, Kind::Phase, end.change as u32, 0);
                }
            }
        }
    }

    fn plan_script(&mut self) {
        for entry in 0..self.shard.plan.script.len() {
            let (scripted, entry) = (self.shard.plan.script[entry], entry as u32);
            match scripted.node {
                Some(node) => self.shard.schedule(scripted.at, node, Kind::Scripted, entry, 0),
                None => {
                    self.shard.schedule(scripted.at, crate::node::WORLD, Kind::Draw, entry, 0);
                }
            }
        }
    }

    /// Peers are all online before the first of them boots, so that everyone finds contacts;
    /// staggered, each finds those before it. Then clients boot, evenly over
    /// `boot_within`: all at one instant would be a crowd that no system ever sees.
    fn boot_all(&mut self) {
        let stagger = self.shard.plan.stagger;
        let peers = self.up_at_start(Role::Peer);
        let clients = self.up_at_start(Role::Client);
        self.shard.nodes.reserve(peers.len() + clients.len());
        if stagger == Span::ZERO {
            for &node in &peers {
                self.shard.nodes.start(node, Time::ZERO);
            }
            for &node in &peers {
                self.shard.boot(Time::ZERO, node);
            }
        } else {
            for (place, &node) in peers.iter().enumerate() {
                let at = Time::ZERO + stagger.times(place as u64);
                self.shard.schedule(at, node, Kind::Boot, 0, 0);
            }
        }
        if let Some(&first) = clients.first() {
            let at = Time::ZERO + stagger.times(peers.len() as u64);
            let within = self.shard.plan.clients.boot_within;
            let spacing = (within.nanos() / clients.len() as u64).max(1);
            let (low, high) = (spacing as u32, (spacing >> 32) as u32);
            self.shard.schedule(at, first, Kind::Boot, low, high);
        }
    }

    fn up_at_start(&self, role: Role) -> Vec<NodeId> {
        let plan = &self.shard.plan;
        let churn = &plan.group(role).churn;
        plan.members(role).filter(|&node| churn.is_up_at_start(node)).collect()
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
