//! Who plays which part, for faults that look for those: seen by watching, as everybody else does.

use crate::node::{Happening, Incarnation, NodeId, Observation, Observer, Protocol, Step, Time};
use crate::sim::fault::{Registry, Schedule};
use std::collections::BTreeMap;

/// The registry of a run whose shards have none.
#[derive(Debug)]
pub struct Roles {
    registry: Registry,
    incarnations: BTreeMap<NodeId, Incarnation>,
}

impl Roles {
    /// Of a run with these faults.
    #[must_use]
    pub fn new(schedule: &Schedule) -> Self {
        Self { registry: Registry::new(schedule), incarnations: BTreeMap::new() }
    }

    /// What was seen.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl<P: Protocol> Observer<P> for Roles {
    fn watches_traffic(&self) -> bool {
        false
    }

    fn step(&mut self, step: &Step<'_, P>) {
        match step.happening {
            Happening::Boot => {
                self.incarnations.insert(step.node, step.incarnation);
            }
            Happening::Operation { operation, .. } => self.registry.asked(step.node, operation),
            _ => {}
        }
    }

    fn observation(&mut self, _: Time, node: NodeId, observation: &Observation) {
        let incarnation = self.incarnations.get(&node).copied().unwrap_or_default();
        self.registry.told(node, incarnation, observation);
    }
}
