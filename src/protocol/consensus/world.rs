//! What never changes and every node may know: which log an object belongs to, and who keeps each
//! log at the start.

use crate::node::{Incarnation, NodeId, ObjectId, Value, mix};
use crate::protocol::overlay::{self, Key};
use std::sync::Arc;

/// The number of a log.
pub type LogId = u32;

/// A member of a log's configuration. A peer that has crashed has forgotten what it promised: it
/// comes back as another member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Who.
    pub node: NodeId,
    /// In which incarnation.
    pub incarnation: Incarnation,
}

/// The immutable world.
pub struct World {
    /// The overlay's part.
    pub overlay: Arc<overlay::World>,
    /// The key of each object, by its number.
    pub keys: Vec<Key>,
    /// By log: its members at the start, the one that shall lead first.
    pub members: Vec<Vec<Member>>,
    /// Size of every object in bytes.
    pub object_bytes: u32,
}

impl World {
    /// A world of `logs` logs with `replicas` members each, chosen among those online at the start:
    /// the closest to the middle of the log's range. Of them leads who leads fewest so far, the
    /// closest of those.
    #[must_use]
    pub fn new(
        overlay: Arc<overlay::World>,
        keys: Vec<Key>,
        (logs, replicas): (u32, u32),
        object_bytes: u32,
    ) -> Self {
        let mut led = vec![0_u32; overlay.ids.len()];
        let members = (0..logs).map(|log| {
            let middle = middle(log, logs);
            let mut closest: Vec<_> =
                overlay.online.iter().map(|&(id, node)| (distance(middle, id), id, node)).collect();
            closest.sort_unstable();
            closest.truncate(replicas as usize);
            let leader = (0..closest.len()).min_by_key(|&at| led[closest[at].2.index()]);
            if let Some(at) = leader {
                led[closest[at].2.index()] += 1;
                closest[..=at].rotate_right(1);
            }
            closest.into_iter().map(|(_, _, node)| Member { node, incarnation: 1 }).collect()
        });
        let members = members.collect();
        Self { overlay, keys, members, object_bytes }
    }

    /// The log that `object` belongs to.
    #[must_use]
    pub fn log_of(&self, object: ObjectId) -> LogId {
        let key = u128::from(self.keys[object.0 as usize]);
        ((key * self.members.len() as u128) >> 64) as LogId
    }

    /// The middle of a log's range: its place on the ring.
    #[must_use]
    pub fn place(&self, log: LogId) -> Key {
        middle(log, self.members.len() as u32)
    }

    /// The value that `object` has at boot, in version 0.
    #[must_use]
    pub fn initial(&self, object: ObjectId) -> Value {
        Value { bytes: self.object_bytes, fingerprint: mix(u64::from(object.0)) }
    }
}

fn middle(log: LogId, logs: u32) -> Key {
    let range = (1_u128 << 64) / u128::from(logs.max(1));
    (u128::from(log) * range + range / 2) as Key
}

fn distance(a: Key, b: Key) -> u64 {
    a.wrapping_sub(b).min(b.wrapping_sub(a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Span;
    use std::collections::BTreeSet;

    fn world(peers: u64, logs: u32) -> World {
        let ids: Vec<u64> = (0..=peers).map(mix).collect();
        let mut online: Vec<_> =
            (1..=peers as usize).map(|peer| (ids[peer], NodeId(peer as u32))).collect();
        online.sort_unstable();
        let nearness = Box::new(|_, _| Span::ZERO);
        let keys = (1_000..2_000).map(mix).collect();
        World::new(Arc::new(overlay::World { ids, online, nearness }), keys, (logs, 5), 10)
    }

    #[test]
    fn each_log_has_its_closest_peers_and_leaders_are_spread() {
        let world = world(200, 64);
        for (log, members) in (0..).zip(&world.members) {
            let nodes: BTreeSet<_> = members.iter().map(|member| member.node).collect();
            assert_eq!(nodes.len(), 5);
            let far = |node: NodeId| distance(world.place(log), world.overlay.id(node));
            let farthest = nodes.iter().map(|&node| far(node)).max().unwrap();
            let closer = world.overlay.online.iter().filter(|&&(_, node)| far(node) <= farthest);
            assert_eq!(closer.count(), 5);
        }
        let leaders: BTreeSet<_> = world.members.iter().map(|members| members[0].node).collect();
        assert_eq!(leaders.len(), 64, "nobody leads two");
    }

    #[test]
    fn an_object_belongs_to_the_log_whose_range_it_lies_in() {
        let world = world(20, 7);
        for object in (0..1_000).map(ObjectId) {
            let log = world.log_of(object);
            let away = distance(world.place(log), world.keys[object.0 as usize]);
            assert!(log < 7 && away <= u64::MAX / 14 + 7);
        }
    }
}
