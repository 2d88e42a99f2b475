//! Which nodes belong to which shard.
//!
//! Ids are cut into ranges: as many peers and as many clients for each shard, so that all have the
//! same to do if all nodes of a role have.

use crate::node::{NodeId, Role};
use std::ops::Range;

/// How the nodes of a run are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    shards: u32,
    peers: u32,
    clients: u32,
}

impl Partition {
    /// Nodes 1..=peers and the clients behind them, for `shards` (at least one).
    #[must_use]
    pub const fn new(shards: u32, peers: u32, clients: u32) -> Self {
        Self { shards, peers, clients }
    }

    /// How many shards there are.
    #[must_use]
    pub const fn shards(self) -> u32 {
        self.shards
    }

    /// The shard that `node` belongs to.
    #[must_use]
    pub fn owner(self, node: NodeId) -> usize {
        let (place, nodes) = if node.0 <= self.peers {
            (node.0.saturating_sub(1), self.peers)
        } else {
            (node.0 - self.peers - 1, self.clients)
        };
        (place / self.share(nodes)) as usize
    }

    /// The nodes of one shard.
    #[must_use]
    pub fn territory(self, shard: u32) -> Territory {
        let range = |first: u32, nodes: u32| {
            let edge = |shard: u32| first + shard.saturating_mul(self.share(nodes)).min(nodes);
            edge(shard)..edge(shard + 1)
        };
        let (peers, clients) = (range(1, self.peers), range(self.peers + 1, self.clients));
        Territory { partition: self, shard, peers, clients }
    }

    /// Nodes of a role that all shards have but the last ones.
    const fn share(self, nodes: u32) -> u32 {
        let share = nodes.div_ceil(self.shards);
        if share == 0 { 1 } else { share }
    }
}

/// The nodes of one shard.
#[derive(Clone, Debug)]
pub struct Territory {
    /// All shards.
    pub partition: Partition,
    /// The number of this one, from 0.
    pub shard: u32,
    peers: Range<u32>,
    clients: Range<u32>,
}

impl Territory {
    /// Whether a node belongs to it.
    #[must_use]
    #[inline]
    pub fn owns(&self, node: NodeId) -> bool {
        self.partition.shards == 1 || self.peers.contains(&node.0) || self.clients.contains(&node.0)
    }

    /// Its nodes of a role.
    pub fn members(&self, role: Role) -> impl Iterator<Item = NodeId> + use<> {
        match role {
            Role::Peer => self.peers.clone().map(NodeId),
            Role::Client => self.clients.clone().map(NodeId),
        }
    }

    /// Its clients behind `node`.
    pub fn clients_after(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (self.clients.start.max(node.0 + 1)..self.clients.end).map(NodeId)
    }

    /// The nodes of a role that it follows.
    pub fn followed(&self, role: Role) -> impl Iterator<Item = NodeId> + use<> {
        match role {
            Role::Peer => (1..self.partition.peers + 1).map(NodeId),
            Role::Client => self.clients.clone().map(NodeId),
        }
    }

    /// Whether it keeps book of a node's comings and goings: of its own, and of all peers, among
    /// which its nodes look for contacts.
    #[must_use]
    pub fn follows(&self, node: NodeId) -> bool {
        node.0 <= self.partition.peers || self.owns(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Every node belongs to one shard, and all agree on which.
        #[test]
        fn every_node_has_one_owner(shards in 1_u32..9, peers in 0_u32..30, clients in 0_u32..30) {
            let partition = Partition::new(shards, peers, clients);
            let territories: Vec<_> = (0..shards).map(|shard| partition.territory(shard)).collect();
            for node in (1..=peers + clients).map(NodeId) {
                let owners: Vec<usize> =
                    (0..shards as usize).filter(|&shard| territories[shard].owns(node)).collect();
                prop_assert_eq!(owners, vec![partition.owner(node)]);
            }
            for role in [Role::Peer, Role::Client] {
                let all: Vec<u32> =
                    territories.iter().flat_map(|it| it.members(role)).map(|node| node.0).collect();
                let expected: Vec<u32> = match role {
                    Role::Peer => (1..=peers).collect(),
                    Role::Client => (peers + 1..=peers + clients).collect(),
                };
                prop_assert_eq!(all, expected);
            }
        }
    }
}
