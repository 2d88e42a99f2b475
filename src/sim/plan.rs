//! Everything that a run is made of, built before it starts and not changed by it.

use super::churn::{Churn, PhaseEnd};
use super::fault::Schedule;
use super::network::Network;
use super::population::Population;
use super::workload::Workload;
use crate::node::{NodeId, Operation, Protocol, Role, Span, Time};
use std::sync::Arc;

/// One role's nodes, as the driver runs them.
#[derive(Debug)]
pub struct Group {
    /// How many there are, online or not.
    pub identities: u32,
    /// How long one that leaves runs on.
    pub leave_grace: Span,
    /// CPU time of a message.
    pub service_time: Span,
    /// Clients that are up at time 0 boot evenly over this long.
    pub boot_within: Span,
    /// When they come and go.
    pub churn: Churn,
}

impl Group {
    /// The group of `population`, whose first node is `first`.
    #[must_use]
    pub fn new(population: &Population, first: NodeId, seed: u64) -> Self {
        let identities = Churn::identities(&population.churn, population.count);
        Self {
            identities,
            leave_grace: population.leave_grace,
            service_time: population.service_time,
            boot_within: population.boot_within,
            churn: Churn::new(&population.churn, first, identities, seed),
        }
    }
}

/// Everything that a run is made of.
pub struct Plan<P: Protocol> {
    /// The seed of all randomness.
    pub seed: u64,
    /// The protocol's parameters.
    pub config: P::Config,
    /// The protocol's world.
    pub world: P::World,
    /// Nodes 1..=identities.
    pub peers: Group,
    /// The nodes behind the peers.
    pub clients: Group,
    /// Delays and losses.
    pub network: Arc<Network>,
    /// Bits per second that a node can send, if limited.
    pub uplink: Option<u64>,
    /// Bits per second that a node can receive, if limited.
    pub downlink: Option<u64>,
    /// What is asked.
    pub workload: Workload,
    /// Who asks.
    pub issuers: Role,
    /// The nodes that are up at time 0 boot this far apart, peers first; zero: all at once.
    pub stagger: Span,
    /// When workload and churn stop.
    pub duration: Time,
    /// When the run ends.
    pub end: Time,
    /// Operations given from outside the workload.
    pub script: Vec<Scripted>,
    /// What goes wrong, and when.
    pub faults: Schedule,
}

/// An operation from outside the workload.
#[derive(Clone, Copy, Debug)]
pub struct Scripted {
    /// When.
    pub at: Time,
    /// Where; `None`: at an issuer that is drawn among those online then.
    pub node: Option<NodeId>,
    /// What.
    pub action: Action,
}

/// What a script entry does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Issues an operation.
    Issue(Operation),
    /// Crashes the node.
    Crash,
}

impl<P: Protocol> Plan<P> {
    /// Whether a message may have to wait at a node of `role`.
    #[must_use]
    pub fn has_backlogs(&self, role: Role) -> bool {
        let links = self.uplink.is_some() || self.downlink.is_some();
        links || self.group(role).service_time > Span::ZERO
    }

    /// The group of `role`.
    #[must_use]
    pub fn group(&self, role: Role) -> &Group {
        match role {
            Role::Peer => &self.peers,
            Role::Client => &self.clients,
        }
    }

    /// All nodes of `role`.
    pub fn members(&self, role: Role) -> impl Iterator<Item = NodeId> + use<P> {
        let first = match role {
            Role::Peer => 1,
            Role::Client => self.peers.identities + 1,
        };
        (first..first + self.group(role).identities).map(NodeId)
    }

    /// When the phase of `node` numbered `index` ends, and how; `None` if that isn't before the end
    /// of the workload.
    #[must_use]
    pub fn phase_end(&self, role: Role, node: NodeId, index: u32, began: Time) -> Option<PhaseEnd> {
        let end = self.group(role).churn.phase_end(node, index, began)?;
        (end.at < self.duration).then_some(end)
    }
}
