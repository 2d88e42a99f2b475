//! How faults of the plan strike: the network, from the schedule; nodes, one by one.

use super::{Parcel, Shard};
use crate::node::{
    DropCause, FaultBegun, Incarnation, MessageKind, NodeId, Observer, Protocol, Span, Time, WORLD,
};
use crate::sim::event::Kind;
use crate::sim::fault::{
    Aim, Clocks, Fault, Pauses, Planned, Registry, Schedule, View, Waiting, Weather,
};
use crate::sim::nodes::Nodes;
use std::collections::BTreeMap;

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

impl<P> View for Nodes<P> {
    fn up(&self, node: NodeId) -> Option<Incarnation> {
        self.is_at_work(node).then(|| self.incarnation(node))
    }

    fn is_founder(&self, peer: NodeId) -> bool {
        self.booted(peer) == Time::ZERO
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
            self.troubles.weather.end(self.plan.faults.planned[index as usize].number);
        }
    }

    fn begin_fault(&mut self, index: u32) {
        let planned = self.plan.faults.planned[index as usize].clone();
        let mut found = self.find_targets(&planned);
        if !planned.is_weather() {
            let everyone = (1..=self.nodes.count()).map(NodeId);
            found.iter_mut().for_each(|(_, nodes)| {
                nodes.get_or_insert_with(|| everyone.clone().collect());
            });
        }
        let told: Vec<(&'static str, Vec<NodeId>)> =
            found.iter().filter_map(|(part, nodes)| Some((*part, nodes.clone()?))).collect();
        let Planned { number, at, until, .. } = planned;
        let ((skew, drift), kind) = (planned.skew(), planned.fault.name());
        self.observer.fault(&FaultBegun { number, kind, at, until, targets: &told, skew, drift });
        if planned.is_weather() {
            self.troubles.weather.begin(&planned, &found, P::Message::KINDS);
            self.schedule(until, WORLD, Kind::Fault, index, 1);
        } else {
            let targets = told.into_iter().next().map(|(_, nodes)| nodes);
            self.plan_strikes(&planned, index, &targets.unwrap_or_default());
        }
    }

    /// Plans what a fault of nodes does to each.
    fn plan_strikes(&mut self, planned: &Planned, index: u32, targets: &[NodeId]) {
        let (at, until) = (planned.at, planned.until);
        for (place, &node) in targets.iter().enumerate() {
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

    /// Whom a fault concerns, now that it begins; `None`: all nodes.
    fn find_targets(&self, planned: &Planned) -> Vec<(&'static str, Option<Vec<NodeId>>)> {
        let find = |(part, (name, aim)): (u32, &(&'static str, Aim))| {
            let nodes = match aim {
                Aim::Everyone => None,
                Aim::Known(nodes) => Some(nodes.clone()),
                Aim::Role(role) => {
                    let faults = &self.plan.faults;
                    let mut draw = faults.stream(part, planned.number);
                    let found = (self.troubles.registry.as_ref())
                        .map(|known| known.find(*role, &faults.scope, &self.nodes, &mut draw));
                    Some(found.unwrap_or_default())
                }
            };
            (*name, nodes)
        };
        (0..).zip(&planned.aims).map(find).collect()
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
                if self.nodes.is_live(node) {
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
