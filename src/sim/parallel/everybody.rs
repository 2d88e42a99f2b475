//! Who is online, by those who know.

use super::crew::Watched;
use super::rested;
use crate::node::{Incarnation, NodeId, Protocol};
use crate::sim::fault::View;
use crate::sim::nodes::Nodes;
use crate::sim::territory::Partition;
use std::sync::Mutex;

/// The nodes of all shards, each asked of its owner.
pub struct Everybody<'a, P> {
    partition: Partition,
    nodes: Vec<&'a Nodes<P>>,
}

impl<'a, P: Protocol> Everybody<'a, P> {
    /// While all shards rest.
    pub fn new<L>(partition: Partition, shards: &'a mut [Mutex<Watched<P, L>>]) -> Self {
        let nodes = shards.iter_mut().map(|shard| &rested(shard).nodes).collect();
        Self { partition, nodes }
    }

    fn owner(&self, node: NodeId) -> &Nodes<P> {
        self.nodes[self.partition.owner(node)]
    }
}

impl<P: Protocol> View for Everybody<'_, P> {
    fn up(&self, node: NodeId) -> Option<Incarnation> {
        self.owner(node).up(node)
    }

    fn is_founder(&self, peer: NodeId) -> bool {
        self.owner(peer).is_founder(peer)
    }
}
