//! How faults of the plan strike: the network, from the schedule; nodes, one by one.

use super::Shard;
use crate::node::{
    DropCause, Incarnation, MessageKind, NodeId, Observer, Protocol, Span, Time, WORLD,
};
use crate::sim::event::Kind;
use crate::sim::fault::{
    Clocks, Fault, Found, Pauses, Planned, Registry, Schedule, Waiting, Weather,
};
use crate::sim::post::Parcel;
use crate::sim::world;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is wrong now.
pub(super) struct Troubles {
    pub weather: Weather,
    pub clocks: Clocks,
    pub pauses: Pauses,
    /// Nodes that crashed by faults and can't boot yet, and by how many.
    down: BTreeMap<NodeId, u32>,
    /// Only where a fault looks for those that play a part.
    pub registry: Option<Registry>,
}

impl Troubles {
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            weather: Weather::new(schedule),
            clocks: Clocks::default(),
            pauses: Pauses::default(),
            down: BTreeMap::new(),
            registry: schedule.has_roles().then(|| Registry::new(schedule)),
        }
    }

    /// Whether a fault keeps the node from booting.
    pub fn holds_down(&self, node: NodeId) -> bool {
        self.down.contains_key(&node)
    }
}

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    /// Plans the beginnings of all faults. The network is bad from the first instant on, if it is to
    /// be so at time 0: before the first nodes boot.
    pub(in crate::sim) fn plan_faults(&mut self) {
        for index in 0..self.plan.faults.planned.len() {
            let planned = &self.plan.faults.planned[index];
            let (at, index) = (planned.at, index as u32);
            if at == Time::ZERO && planned.is_weather() {
                self.begin_fault(index);
            } else {
                self.schedule(at, WORLD, Kind::Fault, index, 0);
            }
        }
    }

    /// A fault begins (`end` = 0), or its weather ends.
    pub(super) fn change_weather(&mut self, index: u32, end: u32) {
        if end == 0 {
            self.begin_fault(index);
        } else {
            self.end_weather(index);
        }
    }

    fn begin_fault(&mut self, index: u32) {
        let plan = Arc::clone(&self.plan);
        let planned = &plan.faults.planned[index as usize];
        let registry = self.troubles.registry.as_ref();
        let found = world::find_targets(&plan, planned, registry, &self.nodes);
        world::announce(&mut self.observer, planned, &found);
        self.meet_fault(index, &found);
        if planned.is_weather() {
            self.schedule(planned.until, WORLD, Kind::Fault, index, 1);
        }
    }

    /// A fault begins for those that were found.
    pub(in crate::sim) fn meet_fault(&mut self, index: u32, found: &Found) {
        let plan = Arc::clone(&self.plan);
        let planned = &plan.faults.planned[index as usize];
        if planned.is_weather() {
            self.troubles.weather.begin(planned, found, P::Message::KINDS);
        } else {
            let targets = found.first().and_then(|(_, nodes)| nodes.as_deref());
            self.plan_strikes(planned, index, targets.unwrap_or_default());
        }
    }

    /// A fault of the network is over.
    pub(in crate::sim) fn end_weather(&mut self, index: u32) {
        self.troubles.weather.end(self.plan.faults.planned[index as usize].number);
    }

    /// Plans what a fault of nodes does to each.
    fn plan_strikes(&mut self, planned: &Planned, index: u32, targets: &[NodeId]) {
        let (at, until) = (planned.at, planned.until);
        for (place, &node) in targets.iter().enumerate() {
            if !self.territory.follows(node) {
                continue;
            }
            self.schedule(at, node, Kind::Strike, index, 0);
            match planned.fault {
                Fault::Crash { .. } if planned.for_good => {}
                Fault::Crash { .. } => {
                    let back = planned.restart(place, targets.len());
                    self.schedule(back, node, Kind::Strike, index, 1);
                }
                _ => self.schedule(until, node, Kind::Strike, index, 1),
            }
        }
    }

    /// A fault begins (`end` = 0) or ends at one node.
    pub(super) fn strike(&mut self, at: Time, node: NodeId, index: u32, end: u32) {
        let planned = &self.plan.faults.planned[index as usize];
        let (number, since, until) = (planned.number, planned.at, planned.until);
        match planned.fault {
            Fault::Crash { loses_disk, .. } if end == 0 => {
                *self.troubles.down.entry(node).or_default() += 1;
                self.stop(at, node, true);
                if loses_disk {
                    self.durable.remove(&node);
                }
            }
            Fault::Crash { .. } => self.restart(at, node),
            Fault::Pause { .. } if end == 0 => {
                if self.nodes.is_live(node) && self.territory.owns(node) {
                    self.troubles.pauses.begin(node, until);
                }
            }
            Fault::Pause { .. } => {
                let incarnation = self.nodes.incarnation(node);
                self.resume(at, node, incarnation, 0);
            }
            Fault::Clock { skew, .. } if end == 0 => {
                self.troubles.clocks.begin(node, number, (since, until), skew);
            }
            Fault::Clock { .. } => self.troubles.clocks.end(node, number),
            Fault::Cut { .. }
            | Fault::Split { .. }
            | Fault::Swizzle { .. }
            | Fault::Messages { .. } => {}
        }
    }

    /// A fault lets a node boot again; it does if its session isn't over, and no other fault is on.
    fn restart(&mut self, at: Time, node: NodeId) {
        let Some(faults) = self.troubles.down.get_mut(&node) else { return };
        *faults -= 1;
        if *faults > 0 {
            return;
        }
        self.troubles.down.remove(&node);
        let churn = &self.plan.group(self.nodes.role(node)).churn;
        let is_even = self.nodes.world(node).phase.is_multiple_of(2);
        if churn.is_up_at_start(node) == is_even && !self.nodes.is_live(node) {
            self.boot(at, node);
        }
    }

    /// A pause of the node ends, or it has handled a message that waited (`done` = 1).
    pub(super) fn resume(&mut self, at: Time, node: NodeId, incarnation: Incarnation, done: u32) {
        let is_same = self.nodes.is_live_in(node, incarnation);
        if !is_same || !self.troubles.pauses.concerns(node) {
            return;
        }
        if done == 1 {
            self.troubles.pauses.end_letter(node);
        }
        if !self.troubles.pauses.is_over(node, at) {
            return;
        }
        while let Some(waiting) = self.troubles.pauses.next_due(node) {
            match waiting {
                Waiting::Timer(event) => self.fire(at, &event),
                Waiting::Operation { count, operation } => self.issue(at, node, count, operation),
                Waiting::Leave => self.leave(at, node),
            }
        }
        self.catch_up(at, node, incarnation, done == 1);
    }

    /// Messages that waited are handled: one now if its time is up, and after each service time the
    /// next.
    fn catch_up(&mut self, at: Time, node: NodeId, incarnation: Incarnation, mut due: bool) {
        let service = self.plan.group(self.nodes.role(node)).service_time;
        while due || service == Span::ZERO {
            let Some(letter) = self.troubles.pauses.next_letter(node) else { break };
            self.deliver(at, node, letter);
            due = false;
        }
        if self.troubles.pauses.start_letter(node) {
            self.schedule(at + service, node, Kind::Resume, incarnation, 1);
        } else if self.troubles.pauses.is_idle(node) {
            self.troubles.pauses.forget(node);
            if service > Span::ZERO
                && let Some(backlog) = self.nodes.backlog(node)
            {
                backlog.busy_until = at;
            }
        }
    }

    /// What waits at a node that stops is lost.
    pub(super) fn lose_waiting(&mut self, at: Time, node: NodeId) {
        while let Some(letter) = self.troubles.pauses.next_letter(node) {
            let Parcel { to, message } = self.parcels.take(letter.handle);
            self.dropped(at, letter.from, to, &message, DropCause::Crash);
        }
        self.troubles.pauses.forget(node);
    }
}
