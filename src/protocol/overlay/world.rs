//! What never changes and every peer may know: ids, who is up at time 0, how near nodes are.

use crate::node::{NodeId, Span};

/// A position on the ring of 2^64 ids.
pub type Key = u64;

/// One-way nearness of two nodes: only the converged start uses it (a running node measures round
/// trips).
pub type Nearness = dyn Fn(NodeId, NodeId) -> Span + Send + Sync;

/// The overlay's immutable world.
pub struct World {
    /// The overlay id of each node, by [`NodeId::index`] (entry 0 is unused). Distinct.
    pub ids: Vec<Key>,
    /// The peers that are up at time 0, sorted by id.
    pub online: Vec<(Key, NodeId)>,
    /// How near two nodes are.
    pub nearness: Box<Nearness>,
}

impl World {
    /// The overlay id of `node`.
    #[must_use]
    pub fn id(&self, node: NodeId) -> Key {
        self.ids[node.index()]
    }
}
