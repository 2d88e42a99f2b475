//! What a replica asks of the overlay: the little that tests can fake.

use crate::node::{NodeId, Span};
use crate::protocol::overlay::{Key, Overlay};

/// A peer's view of the ring around it. Implemented by [`Overlay`], whose methods say what each of
/// these means.
pub trait Neighbourhood {
    /// Whether this peer has joined and isn't leaving.
    fn is_joined(&self) -> bool;
    /// The `r` peers closest to `key` in this peer's view, closest first.
    fn replicas(&self, key: Key, r: usize) -> Vec<NodeId>;
    /// Whether this peer has joined and is one of those.
    fn is_responsible(&self, key: Key, r: usize) -> bool;
    /// How far the keys that it is responsible for reach below and above its own id.
    fn arc(&self, r: usize) -> (u64, u64);
    /// The leaves, each once.
    fn leaves(&self) -> impl Iterator<Item = NodeId> + '_;
    /// The retransmission timeout towards `peer`.
    fn timeout(&self, peer: NodeId) -> Span;
}

impl Neighbourhood for Overlay {
    fn is_joined(&self) -> bool {
        self.is_joined()
    }
    fn replicas(&self, key: Key, r: usize) -> Vec<NodeId> {
        self.replicas(key, r)
    }
    fn is_responsible(&self, key: Key, r: usize) -> bool {
        self.is_responsible(key, r)
    }
    fn arc(&self, r: usize) -> (u64, u64) {
        self.arc(r)
    }
    fn leaves(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.leaves()
    }
    fn timeout(&self, peer: NodeId) -> Span {
        self.timeout(peer)
    }
}
