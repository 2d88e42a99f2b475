//! What never changes and every node may know.

use crate::node::{NodeId, ObjectId, Value, mix};
use std::sync::Arc;

/// Who the daemons are.
#[derive(Clone, Debug)]
pub struct World {
    /// The daemons are the peers 1 to this; at least 1.
    pub daemons: u32,
    /// Those that are up at time 0, by id: the ring at the start.
    pub online: Arc<[NodeId]>,
    /// The peers, all of them.
    pub peers: u32,
    /// Size of every object in bytes.
    pub object_bytes: u32,
}

/// So many daemons does a client know.
const CONTACTS: u32 = 8;

impl World {
    /// Whether `node` is a daemon.
    #[must_use]
    pub fn is_daemon(&self, node: NodeId) -> bool {
        (1..=self.daemons).contains(&node.0)
    }

    /// Daemons that `node` may turn to. Where all peers are daemons these are its contacts, who are
    /// up; else those that its configuration names, from another one on for each node.
    #[must_use]
    pub fn contacts(&self, node: NodeId, contacts: &[NodeId]) -> Vec<NodeId> {
        if self.daemons >= self.peers {
            return contacts.to_vec();
        }
        let count = self.daemons.min(CONTACTS);
        let daemon = |place| NodeId((node.0 + place) % self.daemons.max(1) + 1);
        (0..count).map(daemon).filter(|&daemon| daemon != node).collect()
    }

    /// The value that `object` has at boot, in version 0.
    #[must_use]
    pub fn initial(&self, object: ObjectId) -> Value {
        Value { bytes: self.object_bytes, fingerprint: mix(u64::from(object.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_spread_over_the_daemons_that_are_named() {
        let world = World { daemons: 3, online: Arc::new([]), peers: 10, object_bytes: 1 };
        let mut first = [0; 4];
        for node in 11..311 {
            let contacts = world.contacts(NodeId(node), &[NodeId(9)]);
            assert_eq!(contacts.len(), 3);
            assert!(contacts.iter().all(|&daemon| world.is_daemon(daemon)));
            first[contacts[0].index()] += 1;
        }
        assert_eq!(first, [0, 100, 100, 100]);
        let all = World { daemons: 10, ..world };
        assert_eq!(all.contacts(NodeId(20), &[NodeId(9)]), [NodeId(9)]);
    }
}
