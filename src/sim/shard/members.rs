//! How clients come to groups and leave them: by the workload's turns, and after each boot, since an
//! application loses its memory with its client.

use super::Shard;
use crate::node::{Incarnation, NodeId, ObjectId, Observer, Operation, Protocol, Role, Time};
use crate::sim::event::Kind;

/// The phase of a turn that ends all phases.
const FOR_GOOD: u32 = u32::MAX;

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    /// Plans the first turn of each place in a group, and the end of those that have one.
    pub(in crate::sim) fn plan_turns(&mut self) {
        let Some(groups) = self.plan.workload.groups() else { return };
        let mut turns = Vec::new();
        for node in self.territory.members(Role::Client) {
            for place in groups.of(node) {
                let taken = self.members.is_taken(place);
                let first = groups.turn(node, place, 0, taken, Time::ZERO);
                turns.extend(first.map(|at| (at, node, place, 0)));
                turns.extend(groups.end(node, place).map(|at| (at, node, place, FOR_GOOD)));
            }
        }
        for (at, node, place, phase) in turns {
            self.schedule_before_end(at, node, Kind::Turn, place, phase);
        }
    }

    /// Plans the joins of a client that has just booted.
    pub(super) fn plan_entries(&mut self, at: Time, node: NodeId) {
        let Some(groups) = self.plan.workload.groups() else { return };
        let (places, incarnation) = (groups.of(node), self.nodes.incarnation(node));
        for (place, delay) in places.zip(groups.delays(node, incarnation)) {
            self.members.join(place, false);
            if self.members.is_taken(place) {
                self.schedule_before_end(at + delay, node, Kind::Enter, place, incarnation);
            }
        }
    }

    /// Plans the next message of a row that the operation `count` belongs to.
    pub(super) fn plan_row(&mut self, at: Time, node: NodeId, count: u32, operation: &Operation) {
        let Operation::Multicast { group, .. } = *operation else { return };
        let groups = self.plan.workload.groups();
        if let Some(gap) = groups.and_then(|groups| groups.goes_on(node, count)) {
            let incarnation = self.nodes.incarnation(node);
            self.schedule_before_end(at + gap, node, Kind::Row, group.0, incarnation);
        }
    }

    fn schedule_before_end(&mut self, at: Time, node: NodeId, kind: Kind, a: u32, b: u32) {
        if at < self.plan.duration {
            self.schedule(at, node, kind, a, b);
        }
    }

    /// Phase `phase` of a place ends, whether the client is online or not.
    pub(super) fn turn(&mut self, at: Time, node: NodeId, place: u32, phase: u32) {
        if self.members.is_over(place) {
            return;
        }
        let taken = phase != FOR_GOOD && !self.members.is_taken(place);
        if phase == FOR_GOOD {
            self.members.end(place);
        } else {
            self.members.take(place, taken);
            let groups = self.plan.workload.groups();
            let next = groups.and_then(|groups| groups.turn(node, place, phase + 1, taken, at));
            if let Some(next) = next {
                self.schedule_before_end(next, node, Kind::Turn, place, phase + 1);
            }
        }
        if self.nodes.is_at_work(node) && self.members.has_joined(place) != taken {
            self.change_membership(at, node, place, taken);
        }
    }

    /// The time to join a group after a boot has come.
    pub(super) fn enter(&mut self, at: Time, node: NodeId, place: u32, incarnation: Incarnation) {
        let is_same = self.nodes.incarnation(node) == incarnation;
        let is_due = self.members.is_taken(place) && !self.members.has_joined(place);
        if is_same && is_due && self.nodes.is_at_work(node) {
            self.change_membership(at, node, place, true);
        }
    }

    /// The next message of a row, unless its sender has left the group.
    pub(super) fn go_on(&mut self, at: Time, node: NodeId, group: u32, incarnation: Incarnation) {
        let Some(groups) = self.plan.workload.groups() else { return };
        let group = ObjectId(group);
        let is_in = groups.place(node, group).is_some_and(|place| self.members.has_joined(place));
        let is_same = self.nodes.incarnation(node) == incarnation;
        if is_in && is_same && self.nodes.is_at_work(node) {
            let count = self.next_operation(node);
            if let Some(groups) = self.plan.workload.groups() {
                let operation = groups.message(node, count, group);
                self.issue(at, node, count, operation);
                self.plan_row(at, node, count, &operation);
            }
        }
    }

    /// The client asks to join or to leave.
    fn change_membership(&mut self, at: Time, node: NodeId, place: u32, joins: bool) {
        let Some(groups) = self.plan.workload.groups() else { return };
        let group = groups.group(place);
        self.members.join(place, joins);
        let count = self.next_operation(node);
        let operation = if joins { Operation::Join { group } } else { Operation::Leave { group } };
        self.issue(at, node, count, operation);
    }
}
