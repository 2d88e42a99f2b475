//! What an observer of replicated objects must know of a run in advance.

use crate::node::{NodeId, ObjectId, Span, Time, Value, mix};
use std::sync::Arc;

/// The run as plain data: who there is, where objects belong, and the spans within which promises
/// hold. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Census {
    /// Peers: the nodes 1 to this.
    pub peers: u32,
    /// All nodes: peers, then clients.
    pub nodes: u32,
    /// The overlay id of each node, by [`NodeId::index`] (entry 0 is unused).
    pub ids: Arc<Vec<u64>>,
    /// The ring position of each object, by its number. Empty where the protocol has no objects.
    /// Groups are objects, and come last.
    pub keys: Arc<Vec<u64>>,
    /// How many of the objects are groups: the last ones.
    pub groups: u32,
    /// r: how many peers are responsible for an object.
    pub replicas: u32,
    /// Grants that make a lock.
    pub lock_quorum: u32,
    /// Replicas that a read asks.
    pub read_quorum: u32,
    /// Acknowledgements before an update succeeds.
    pub write_acks: u32,
    /// How long a lock lasts unless its attempt ends it.
    pub lock_lease: Span,
    /// The longest that a lock round may wait for grants.
    pub lock_patience: Span,
    /// How long a set of replicas is used before it is looked for again.
    pub cache_ttl: Span,
    /// How long an operation may take.
    pub operation_timeout: Span,
    /// How many operations an object remembers of its lineage.
    pub dedupe: u32,
    /// Size of every object.
    pub object_bytes: u32,
    /// Operations asked from here on count.
    pub warmup: Time,
    /// Operations asked from here on no longer count; workload, churn and faults stop.
    pub duration: Time,
    /// The peers 1 to this must be up for every object to be served; 0 where none is special.
    pub servers: u32,
    /// How many clients a peer serves.
    pub max_clients: u32,
    /// How long a peer is busy with each message.
    pub service_time: Span,
    /// When the replicas must agree (CLIPPEE C2) and probe updates are asked; `None`: the drain is
    /// too short for it.
    pub settle: Option<Time>,
    /// The end of the run.
    pub end: Time,
}

impl Census {
    /// The value of `object` in version 0.
    #[must_use]
    pub fn initial(&self, object: ObjectId) -> Value {
        Value { bytes: self.object_bytes, fingerprint: mix(u64::from(object.0)) }
    }

    /// Whether `node` is a peer.
    #[must_use]
    pub fn is_peer(&self, node: NodeId) -> bool {
        (1..=self.peers).contains(&node.0)
    }

    /// The number of objects, groups included.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.keys.len()
    }
}
