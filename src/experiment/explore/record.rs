//! What applications asked for in a run: with it, a drawn workload can be told operation by
//! operation.

use crate::node::{Happening, NodeId, Observer, Protocol, Step, Time};
use crate::observe::consistency::Census;
use crate::sim::workload::Given;

/// The observer.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    peers: u32,
    duration: Time,
    operations: Vec<Given>,
}

impl Issued {
    pub fn new(census: &Census) -> Self {
        Self { peers: census.peers, duration: census.duration, operations: Vec::new() }
    }

    /// All of them but probes, in their order.
    pub fn finish(self) -> Vec<Given> {
        self.operations
    }
}

impl<P: Protocol> Observer<P> for Issued {
    fn step(&mut self, step: &Step<'_, P>) {
        if let Happening::Operation { operation, .. } = step.happening
            && step.node > NodeId(self.peers)
            && step.at < self.duration
        {
            let client = step.node.0 - self.peers;
            let at = step.at.since(Time::ZERO);
            self.operations.push(Given { at, client, operation: *operation });
        }
    }
}
