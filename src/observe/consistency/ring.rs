//! The circle of ids: who is responsible for a key by true ids, whatever peers believe.

use crate::node::NodeId;

/// Peers sorted by overlay id.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    members: Vec<(u64, NodeId)>,
}

/// The keys between two ids, both left out, upwards from `after` to `before` over the top of the
/// ring if need be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arc {
    /// All keys.
    Whole,
    /// Part of them.
    Between {
        /// The lower end.
        after: u64,
        /// The upper end.
        before: u64,
    },
}

impl Ring {
    /// The ring of these peers.
    #[must_use]
    pub fn new(mut members: Vec<(u64, NodeId)>) -> Self {
        members.sort_unstable();
        Self { members }
    }

    /// Takes a peer in; harmless if it is in. Takes O(peers), as does [`Ring::remove`]: both are
    /// rare.
    pub fn insert(&mut self, id: u64, node: NodeId) {
        if let Err(place) = self.members.binary_search(&(id, node)) {
            self.members.insert(place, (id, node));
        }
    }

    /// Takes a peer out; harmless if it isn't in.
    pub fn remove(&mut self, id: u64, node: NodeId) {
        if let Ok(place) = self.members.binary_search(&(id, node)) {
            self.members.remove(place);
        }
    }

    /// The `r` members closest to `key` on the circle, closest first; all, if there are no more.
    /// Takes O(log members + r). Of two that are equally far, the one above `key` comes first.
    pub fn closest(&self, key: u64, r: u32) -> impl Iterator<Item = NodeId> + '_ {
        let n = self.members.len();
        let start = self.members.partition_point(|&(id, _)| id < key);
        let (mut above, mut below) = (0, 0);
        std::iter::from_fn(move || {
            if above + below >= n.min(r as usize) {
                return None;
            }
            let (up, up_node) = self.members[(start + above) % n];
            let (down, down_node) = self.members[(start + 2 * n - 1 - below) % n];
            // Walking away from the key, the nearer end of the two walks is the next closest until
            // they meet.
            if up.wrapping_sub(key) <= key.wrapping_sub(down) {
                above += 1;
                Some(up_node)
            } else {
                below += 1;
                Some(down_node)
            }
        })
    }

    /// Outside this arc, no key can have a member with `id` among its `r` closest: `r` others lie
    /// between. The member itself may be in or not.
    #[must_use]
    pub fn reach(&self, id: u64, r: u32) -> Arc {
        let (n, r) = (self.members.len(), r as usize);
        let lower = self.members.partition_point(|&(other, _)| other < id);
        let upper = self.members.partition_point(|&(other, _)| other <= id);
        let others = n - (upper - lower);
        if others < 2 * r || r == 0 {
            return Arc::Whole;
        }
        let after = self.members[(lower + n - r) % n].0;
        let before = self.members[(upper + r - 1) % n].0;
        Arc::Between { after, before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn distance(a: u64, b: u64) -> u64 {
        a.wrapping_sub(b).min(b.wrapping_sub(a))
    }

    fn naive(members: &[(u64, NodeId)], key: u64, r: u32) -> Vec<NodeId> {
        let mut all = members.to_vec();
        all.sort_by_key(|&(id, _)| (distance(id, key), id.wrapping_sub(key) > 1 << 63));
        all.into_iter().take(r as usize).map(|(_, node)| node).collect()
    }

    fn ring_of(ids: &std::collections::BTreeSet<u64>) -> Vec<(u64, NodeId)> {
        ids.iter().zip(1..).map(|(&id, node)| (id, NodeId(node))).collect()
    }

    fn holds(arc: Arc, key: u64) -> bool {
        match arc {
            Arc::Whole => true,
            Arc::Between { after, before } => {
                let offset = key.wrapping_sub(after);
                offset > 0 && offset < before.wrapping_sub(after)
            }
        }
    }

    proptest! {
        #[test]
        fn the_closest_are_those_of_a_full_sort(
            ids in prop::collection::btree_set(any::<u64>(), 0..40), key: u64, r in 0_u32..8
        ) {
            let members = ring_of(&ids);
            let ring = Ring::new(members.clone());
            prop_assert_eq!(ring.closest(key, r).collect::<Vec<_>>(), naive(&members, key, r));
        }

        #[test]
        fn whoever_is_closest_reaches_the_key(
            ids in prop::collection::btree_set(any::<u64>(), 1..40), key: u64, r in 1_u32..6
        ) {
            let members = ring_of(&ids);
            let ring = Ring::new(members.clone());
            for node in naive(&members, key, r) {
                let id = members[node.index() - 1].0;
                prop_assert!(holds(ring.reach(id, r), key));
                let mut without = ring.clone();
                without.remove(id, node);
                prop_assert!(holds(without.reach(id, r), key));
            }
        }
    }

    #[test]
    fn reach_is_no_wider_than_it_must_be() {
        let ring = Ring::new((1..=10).map(|n| (u64::from(n) * 100, NodeId(n))).collect());
        assert_eq!(ring.reach(500, 2), Arc::Between { after: 300, before: 700 });
        assert_eq!(ring.reach(550, 2), Arc::Between { after: 400, before: 700 });
        assert_eq!(ring.reach(100, 2), Arc::Between { after: 900, before: 300 });
        assert_eq!(ring.reach(100, 5), Arc::Whole);
    }
}
