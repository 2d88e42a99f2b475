//! How operations come to nodes: drawn by the workload, or given by the script.

use super::Shard;
use crate::node::{
    Happening, Incarnation, Input, NodeId, Observer, Operation, OperationId, Protocol, Time,
};
use crate::sim::event::Kind;
use crate::sim::fault::Waiting;
use crate::sim::plan::Action;
use crate::sim::world;

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    /// Draws when the next operation of `node` will come.
    pub(super) fn draw_operation(&mut self, at: Time, node: NodeId) {
        // A number is used up even if the node is away when its time comes: a draw repeated at the
        // next boot would be an unfair one, since long gaps outlive sessions.
        let count = self.next_operation(node);
        let incarnation = self.nodes.incarnation(node);
        let at = self.plan.workload.next(node, count, at);
        if at < self.plan.duration {
            self.schedule(at, node, Kind::Issue, count, incarnation);
        }
    }

    pub(super) fn issue_drawn(
        &mut self,
        at: Time,
        node: NodeId,
        count: u32,
        incarnation: Incarnation,
    ) {
        if self.nodes.is_at_work(node) && self.nodes.incarnation(node) == incarnation {
            if let Some(operation) = self.plan.workload.operation(node, count, &self.members) {
                self.issue(at, node, count, operation);
                self.plan_row(at, node, count, &operation);
            }
            self.draw_operation(at, node);
        }
    }

    pub(super) fn issue(&mut self, at: Time, node: NodeId, count: u32, operation: Operation) {
        if self.troubles.pauses.defer(node, at, || Waiting::Operation { count, operation }) {
            return;
        }
        if let Some(registry) = &mut self.troubles.registry {
            registry.asked(node, &operation);
        }
        let id = OperationId { client: node, count };
        self.tell(at, node, None, Happening::Operation { id, operation: &operation });
        self.step(at, node, Input::Operation { id, operation });
    }

    pub(super) fn perform(&mut self, at: Time, node: NodeId, entry: u32) {
        if !self.nodes.is_live(node) {
            return;
        }
        match self.plan.script[entry as usize].action {
            Action::Crash => self.stop(at, node, true),
            Action::Issue(_) if !self.nodes.is_at_work(node) => {}
            Action::Issue(operation) => {
                let count = self.next_operation(node);
                self.issue(at, node, count, operation);
            }
        }
    }

    pub(super) fn next_operation(&mut self, node: NodeId) -> u32 {
        let counters = self.nodes.world(node);
        let count = counters.operations;
        counters.operations += 1;
        count
    }

    /// Finds an issuer for a script entry that names none.
    pub(super) fn draw_target(&mut self, entry: u32) {
        if let Some(node) = world::draw_issuer(&self.plan, entry, &self.nodes) {
            self.plan_entry(entry, node);
        }
    }
}
