//! What is known of the run so far: shared by all rules, brought up to date after they have judged
//! an event.

use crate::node::{
    AttemptId, DropCause, FaultBegun, Incarnation, NodeId, ObjectId, Observation, Operation,
    OperationId, Pending, Time,
};
use crate::observe::consistency::{Census, Holdings, Presence, State};
use crate::observe::delivery::{Ledger, Numbering};
use std::collections::BTreeMap;

use super::rule::{Happened, Stepped, Wire, WireEvent};
use super::skews::Skews;

/// An operation that hasn't ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub asked: Time,
    pub operation: Operation,
}

/// A lock that a replica holds for an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub attempt: AttemptId,
    pub since: Time,
}

/// What happened that some checks can't be made under.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Disturbances {
    pub lost: u64,
    /// Lost at or after `duration`.
    pub lost_late: u64,
    pub dropped: u64,
    pub duplicated: u64,
    pub stops: u64,
    pub late_boots: u64,
    pub timed_out_rounds: u64,
    pub faults: u64,
    /// When the last member was gone, so that there was nobody to join through.
    pub extinct: Option<Time>,
}

impl Disturbances {
    /// Why the run can't be called free of faults and churn; `None` if it can.
    pub fn reason(&self) -> Option<String> {
        let kinds = [
            (self.faults, "faults of the plan struck"),
            (self.stops, "sessions ended"),
            (self.late_boots, "peers booted after time 0"),
            (self.lost, "messages were lost"),
            (self.dropped - self.lost, "messages were dropped"),
            (self.duplicated, "messages were duplicated"),
        ];
        let (count, what) = kinds.into_iter().find(|&(count, _)| count > 0)?;
        Some(format!("it holds without churn and faults only, and {count} {what}"))
    }
}

/// What is known of the run so far.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub census: Census,
    pub presence: Presence,
    pub holdings: Holdings,
    /// Node by node: the incarnation of the last boot.
    pub incarnations: Vec<Incarnation>,
    pub locks: BTreeMap<(NodeId, ObjectId), Held>,
    pub open: BTreeMap<OperationId, Open>,
    /// Members of groups, and what they got.
    pub ledger: Ledger,
    pub disturbances: Disturbances,
    pub skews: Skews,
    /// Who was stepped last.
    stepped: (NodeId, Incarnation),
    /// By its name: who armed a timer last that is or was under way.
    timers: BTreeMap<u32, (NodeId, Incarnation)>,
    /// Peers that are members.
    members: u32,
}

impl Facts {
    pub fn new(census: Census) -> Self {
        Self {
            presence: Presence::new(&census),
            holdings: Holdings::new(census.peers, census.objects()),
            incarnations: vec![0; census.nodes as usize + 1],
            locks: BTreeMap::new(),
            open: BTreeMap::new(),
            ledger: Ledger::default(),
            disturbances: Disturbances::default(),
            skews: Skews::default(),
            stepped: (NodeId::default(), 0),
            timers: BTreeMap::new(),
            members: 0,
            census,
        }
    }

    pub fn fault(&mut self, fault: &FaultBegun<'_>) {
        self.disturbances.faults += 1;
        self.skews.begin(fault);
    }

    /// The step told last has put something under way.
    pub fn set_off(&mut self, pending: Pending) {
        if let Pending::Timer(name) = pending {
            self.timers.insert(name, self.stepped);
        }
    }

    /// Who armed the timer that causes a step.
    pub fn armed(&self, cause: Option<Pending>) -> Option<(NodeId, Incarnation)> {
        let Some(Pending::Timer(name)) = cause else { return None };
        self.timers.get(&name).copied()
    }

    pub fn step(&mut self, step: &Stepped<'_>) {
        self.stepped = (step.node, step.incarnation);
        match step.happened {
            Happened::Message | Happened::Timer { .. } => {}
            Happened::Boot => {
                let state = self.presence.booted(step.at, step.node);
                self.members += u32::from(self.is_member(step.node, state));
                self.incarnations[step.node.index()] = step.incarnation;
                // A client that comes disturbs nothing that is promised; one that stops may leave
                // an operation in the middle.
                let late = step.at > Time::ZERO && self.census.is_peer(step.node);
                self.disturbances.late_boots += u64::from(late);
            }
            Happened::Operation { id, operation } => {
                self.ledger.asked(step.at, id, operation);
                self.open.insert(id, Open { asked: step.at, operation: *operation });
            }
            Happened::Leave => {
                self.lose_member(step.at, step.node);
                self.presence.leaves(step.node);
            }
            Happened::Stop { crash } => {
                self.disturbances.stops += 1;
                self.lose_member(step.at, step.node);
                self.presence.stopped(step.node);
                self.holdings.stopped(step.node, crash);
                self.ledger.stopped(step.at, step.node);
                remove_range(&mut self.locks, at_node(step.node));
                remove_range(&mut self.open, of_client(step.node));
            }
        }
    }

    fn is_member(&self, node: NodeId, state: State) -> bool {
        state == State::Member && self.census.is_peer(node)
    }

    /// `node` is a member no longer, if it was one. Servers are at their place without joining.
    fn lose_member(&mut self, at: Time, node: NodeId) {
        if self.is_member(node, self.presence.state(node)) {
            self.members -= 1;
            if self.members == 0 && self.census.servers == 0 {
                self.disturbances.extinct.get_or_insert(at);
            }
        }
    }

    pub fn told(&mut self, at: Time, node: NodeId, observation: &Observation) {
        match *observation {
            Observation::Ended { id, outcome } => {
                self.ledger.ended(id, outcome);
                self.open.remove(&id);
            }
            Observation::Joined => {
                let joins = self.presence.joined(node);
                self.members += u32::from(joins && self.census.is_peer(node));
            }
            Observation::RoundEnded { outcome, .. } => {
                let timed_out = outcome == crate::node::RoundOutcome::TimedOut;
                self.disturbances.timed_out_rounds += u64::from(timed_out);
            }
            Observation::Made { id, object, version, base, value } => {
                self.holdings.made(object, version, base, id, value);
                self.ledger.made(at, id, version.counter);
            }
            Observation::Locked { object, attempt, .. } => {
                self.locks.insert((node, object), Held { attempt, since: at });
            }
            Observation::LockEnded { object, .. } => {
                self.locks.remove(&(node, object));
            }
            Observation::Applied { object, version, commit, .. } => {
                self.holdings.applied(node, object, version, commit.is_some());
            }
            Observation::Forgot { object, .. } => self.holdings.forgot(node, object),
            Observation::Accepted { id, number, .. } => self.ledger.made(at, id, number),
            Observation::Numbered { id, group, order, number, .. } => {
                self.ledger.numbered(at, Numbering { id, group, order, number });
            }
            Observation::Delivered { group, id, order, number } => {
                let numbering = Numbering { id, group, order, number };
                // Whoever told of its number may have been lost, and the message not.
                self.ledger.numbered(at, numbering);
                self.ledger.delivered(node, numbering);
            }
            _ => {}
        }
    }

    pub fn wire(&mut self, wire: &Wire) {
        match wire.event {
            WireEvent::Sent | WireEvent::Delivered => {}
            WireEvent::Duplicated => self.disturbances.duplicated += 1,
            WireEvent::Dropped(cause) => {
                self.disturbances.dropped += 1;
                if cause == DropCause::Loss {
                    self.disturbances.lost += 1;
                    let late = wire.at >= self.census.duration;
                    self.disturbances.lost_late += u64::from(late);
                }
            }
        }
    }
}

/// The keys of all that is kept for `node` and some object.
pub(super) fn at_node(node: NodeId) -> std::ops::RangeInclusive<(NodeId, ObjectId)> {
    (node, ObjectId(0))..=(node, ObjectId(u32::MAX))
}

/// The names of all operations of `client`.
pub(super) fn of_client(client: NodeId) -> std::ops::RangeInclusive<OperationId> {
    OperationId { client, count: 0 }..=OperationId { client, count: u32::MAX }
}

/// Takes all entries in `range` out of `map`.
pub(super) fn remove_range<K: Ord + Copy, V>(
    map: &mut BTreeMap<K, V>,
    range: std::ops::RangeInclusive<K>,
) {
    while let Some((&key, _)) = map.range(range.clone()).next() {
        map.remove(&key);
    }
}
