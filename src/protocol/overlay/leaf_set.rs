//! The leaf set: the l/2 live peers that follow and the l/2 that precede on the ring (CLIPPEE 2).
//!
//! One list, sorted by how far clockwise each leaf lies. As soon as it holds more than l, the one
//! in the middle is neither among the l/2 that follow nor among the l/2 that precede, and goes;
//! with fewer than l other peers nothing ever goes, so everybody is known once and is on both sides
//! at the same time. What a set has become doesn't depend on the order in which leaves were met.
//!
//! A set that isn't full means a small ring, all of which is known, or a loss that isn't repaired
//! yet. Which of the two, time tells: see [`LeafSet::take_stock`].

use super::Key;
use super::ring::{clockwise, nearer};
use crate::node::NodeId;

/// Offsets below this are reached sooner clockwise, the others sooner counter-clockwise.
const HALF_RING: u64 = 1 << 63;

/// A neighbour on the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub key: Key,
    pub node: NodeId,
    /// Whether a message of its own came since the last maintenance.
    pub heard: bool,
}

/// The leaf set of one peer.
#[derive(Debug)]
pub(super) struct LeafSet {
    me: Key,
    half: usize,
    /// Sorted by the way clockwise from `me`; never `me` itself.
    leaves: Vec<Leaf>,
    /// The leaves are the whole ring: fewer than l, and not because some were lost just now.
    whole: bool,
    /// There weren't enough leaves at the last maintenance either.
    lacked: bool,
}

impl LeafSet {
    /// Empty, for `half` leaves a side.
    pub fn new(me: Key, half: usize) -> Self {
        Self { me, half, leaves: Vec::new(), whole: false, lacked: false }
    }

    /// Makes room for all leaves at once.
    pub fn reserve(&mut self) {
        self.leaves.reserve_exact(2 * self.half + 1);
    }

    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Whether both sides are full.
    pub fn is_full(&self) -> bool {
        self.leaves.len() >= 2 * self.half
    }

    /// The leaves, each once, clockwise.
    pub fn iter(&self) -> impl Iterator<Item = &Leaf> + '_ {
        self.leaves.iter()
    }

    /// The leaves as a message carries them.
    pub fn nodes(&self) -> Box<[NodeId]> {
        self.leaves.iter().map(|leaf| leaf.node).collect()
    }

    /// The leaf at a position, clockwise.
    pub fn at(&self, position: usize) -> Option<Leaf> {
        self.leaves.get(position).copied()
    }

    pub fn contains(&self, node: NodeId) -> bool {
        self.leaves.iter().any(|leaf| leaf.node == node)
    }

    /// Notes that a message of `node`'s own came.
    pub fn heard(&mut self, node: NodeId) {
        if let Some(leaf) = self.leaves.iter_mut().find(|leaf| leaf.node == node) {
            leaf.heard = true;
        }
    }

    /// Begins a new interval: nobody has been heard from yet. A set that has lacked leaves for a
    /// whole interval, in which losses are repaired, lacks them because there are no more: from now
    /// on it is the whole ring. Returns whether that is news.
    pub fn begin_interval(&mut self) -> bool {
        self.leaves.iter_mut().for_each(|leaf| leaf.heard = false);
        let news = self.lacked && !self.whole;
        self.whole |= self.lacked;
        self.lacked = !self.is_full();
        news
    }

    /// All peers around here were asked for theirs: leaves that are lacking now don't exist.
    pub fn take_stock(&mut self) {
        self.lacked = !self.is_full();
        self.whole = self.lacked;
    }

    fn position(&self, key: Key) -> Result<usize, usize> {
        let way = clockwise(self.me, key);
        self.leaves.binary_search_by_key(&way, |leaf| clockwise(self.me, leaf.key))
    }

    /// Whether a peer of this key would enter.
    pub fn admits(&self, key: Key) -> bool {
        if key == self.me {
            return false;
        }
        match self.position(key) {
            Ok(_) => false,
            Err(position) => !self.is_full() || position != self.half,
        }
    }

    /// Takes a peer in, if it belongs there. Returns whether it entered.
    pub fn insert(&mut self, key: Key, node: NodeId) -> bool {
        if !self.admits(key) {
            return false;
        }
        let Err(position) = self.position(key) else { return false };
        self.leaves.insert(position, Leaf { key, node, heard: true });
        if self.leaves.len() > 2 * self.half {
            self.leaves.remove(self.half);
        }
        if self.is_full() {
            (self.whole, self.lacked) = (false, false);
        }
        true
    }

    /// Takes a peer out. Returns whether it was a leaf.
    pub fn remove(&mut self, node: NodeId) -> bool {
        let before = self.leaves.len();
        self.leaves.retain(|leaf| leaf.node != node);
        self.leaves.len() < before
    }

    /// The next peers clockwise and counter-clockwise (the same one, if there is only one).
    pub fn neighbours(&self) -> [Option<NodeId>; 2] {
        [self.leaves.first(), self.leaves.last()].map(|leaf| leaf.map(|leaf| leaf.node))
    }

    pub fn is_neighbour(&self, node: NodeId) -> bool {
        self.neighbours().contains(&Some(node))
    }

    /// How many leaves lie on the clockwise half of the ring.
    fn above(&self) -> usize {
        self.leaves.partition_point(|leaf| clockwise(self.me, leaf.key) < HALF_RING)
    }

    /// Whether nobody is known on one of the halves of the ring.
    pub fn is_lopsided(&self) -> bool {
        let above = self.above();
        above == 0 || above == self.leaves.len()
    }

    /// The leaf farthest from here on the side where `key` lies; the other side's, if that one is
    /// empty.
    pub fn farthest_towards(&self, key: Key) -> Option<NodeId> {
        let above = self.above();
        let (up, down) = (above.checked_sub(1), (above < self.leaves.len()).then_some(above));
        let best = if clockwise(self.me, key) < HALF_RING { up.or(down) } else { down.or(up) };
        best.and_then(|position| self.at(position)).map(|leaf| leaf.node)
    }

    /// How far the known stretch reaches (down, up). `Key::MAX` twice if the leaves are, or seem to
    /// be, the whole ring: they span more than half of it, or are fewer than one side holds.
    ///
    /// Half the ring may seem little for that. A network much larger than l spans far less; one
    /// that is just above l may be taken for wholly known, which costs a hop more and never a wrong
    /// root: a peer claims a key only if it is nearer than both its direct neighbours.
    pub fn reach(&self) -> (u64, u64) {
        if self.whole || self.leaves.len() < self.half {
            return (Key::MAX, Key::MAX);
        }
        // Sides are counted in peers, not in distance: on an uneven ring those who precede may all
        // lie more than half of it away. Of leaves that are too few, distance is all that is known.
        let after = if self.is_full() { self.half } else { self.above() };
        let up = after.checked_sub(1).map_or(0, |i| clockwise(self.me, self.leaves[i].key));
        let down = self.leaves.get(after).map_or(0, |leaf| clockwise(leaf.key, self.me));
        if up.saturating_add(down) > HALF_RING {
            return (Key::MAX, Key::MAX);
        }
        (down, up)
    }

    /// Whether `key` lies in the known stretch.
    pub fn covers(&self, key: Key) -> bool {
        let (down, up) = self.reach();
        clockwise(self.me, key) <= up || clockwise(key, self.me) <= down
    }

    /// The `count` closest to `key` among the leaves and, if given, `me`; closest first.
    pub fn closest(&self, key: Key, count: usize, me: Option<NodeId>) -> Vec<NodeId> {
        let me = me.map(|node| Leaf { key: self.me, node, heard: true });
        let mut all: Vec<Leaf> = self.leaves.iter().copied().chain(me).collect();
        all.sort_unstable_by(|a, b| nearer(key, a.key, b.key));
        all.truncate(count);
        all.into_iter().map(|leaf| leaf.node).collect()
    }

    /// How many leaves are closer to `key` than this peer.
    pub fn closer_than_me(&self, key: Key) -> usize {
        self.leaves.iter().filter(|leaf| nearer(key, leaf.key, self.me).is_lt()).count()
    }

    /// How far down and up this peer is among the `r` closest: half way to the r-th peer on that
    /// side (there the two are equally far), and not beyond what is known.
    pub fn arc(&self, r: usize) -> (u64, u64) {
        if r == 0 {
            return (0, 0);
        }
        if self.leaves.len() < r {
            return (Key::MAX, Key::MAX);
        }
        let (down, up) = self.reach();
        let after = clockwise(self.me, self.leaves[r - 1].key);
        let before = clockwise(self.leaves[self.leaves.len() - r].key, self.me);
        ((before / 2).min(down), (after / 2).min(up))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    fn node(key: Key, keys: &[Key]) -> NodeId {
        NodeId(1 + keys.iter().position(|&k| k == key).expect("a known key") as u32)
    }

    /// The definition: the sorted ring, `half` steps each way, no one twice.
    fn model(me: Key, others: &[Key], half: usize) -> Vec<Key> {
        let mut ring: Vec<Key> = others.to_vec();
        ring.sort_unstable_by_key(|&key| clockwise(me, key));
        let mut picked: Vec<Key> = ring.iter().copied().take(half).collect();
        picked.extend(ring.iter().rev().take(half));
        picked.sort_unstable_by_key(|&key| clockwise(me, key));
        picked.dedup();
        picked
    }

    fn keys_of(set: &LeafSet) -> Vec<Key> {
        set.iter().map(|leaf| leaf.key).collect()
    }

    proptest! {
        #[test]
        fn the_set_is_the_stretch_of_the_ring_around_its_owner(
            others in btree_set(any::<u64>(), 1..40), me: u64, half in 1_usize..6, turn: usize,
        ) {
            let mut keys: Vec<Key> = others.into_iter().filter(|&key| key != me).collect();
            prop_assume!(!keys.is_empty());
            let turn = turn % keys.len();
            keys.rotate_left(turn);
            let mut set = LeafSet::new(me, half);
            for &key in &keys {
                let admitted = set.admits(key);
                prop_assert_eq!(set.insert(key, node(key, &keys)), admitted);
                prop_assert!(!set.insert(key, node(key, &keys)), "nobody enters twice");
            }
            prop_assert_eq!(keys_of(&set), model(me, &keys, half));
        }

        #[test]
        fn removals_leave_the_rest_in_place(
            others in btree_set(any::<u64>(), 2..30), me: u64, gone in vec(any::<usize>(), 0..5),
        ) {
            let keys: Vec<Key> = others.into_iter().filter(|&key| key != me).collect();
            let mut set = LeafSet::new(me, 16);
            for &key in &keys {
                set.insert(key, node(key, &keys));
            }
            let mut left = keys.clone();
            for index in gone {
                if left.is_empty() { break }
                let key = left.remove(index % left.len());
                prop_assert!(set.remove(node(key, &keys)));
                prop_assert!(!set.remove(node(key, &keys)));
            }
            prop_assert_eq!(keys_of(&set), model(me, &left, 16));
        }

        #[test]
        fn the_closest_are_those_of_a_sorted_list(
            others in btree_set(any::<u64>(), 1..12), me: u64, key: u64, r in 1_usize..6,
        ) {
            let keys: Vec<Key> = others.into_iter().filter(|&key| key != me).collect();
            let mut set = LeafSet::new(me, 8);
            for &key in &keys {
                set.insert(key, node(key, &keys));
            }
            let mut all = keys.clone();
            all.push(me);
            all.sort_unstable_by(|&a, &b| nearer(key, a, b));
            let own = NodeId(1000);
            let expected: Vec<NodeId> = all.iter().take(r)
                .map(|&k| if k == me { own } else { node(k, &keys) }).collect();
            prop_assert_eq!(set.closest(key, r, Some(own)), expected.clone());
            prop_assert_eq!(set.closer_than_me(key) < r, expected.contains(&own));
        }

        /// On a ring that is wholly known the arc and the rank say the same of every key but the
        /// very border.
        #[test]
        fn the_arc_holds_the_keys_of_which_the_peer_is_a_replica(
            others in btree_set(any::<u64>(), 4..12), me: u64, key: u64, r in 1_usize..4,
        ) {
            let mut set = LeafSet::new(me, 16);
            for (i, &key) in others.iter().filter(|&&key| key != me).enumerate() {
                set.insert(key, NodeId(i as u32 + 1));
            }
            let (down, up) = set.arc(r);
            let inside = clockwise(me, key) <= up || clockwise(key, me) <= down;
            prop_assert_eq!(inside, set.closer_than_me(key) < r);
        }
    }

    proptest! {
        /// However unevenly the peers lie, and whether the set is full or not: every key belongs to
        /// exactly those that take themselves for its replicas.
        #[test]
        fn with_r_up_to_half_the_set_each_member_knows_whether_it_is_one(
            ids in btree_set(any::<u64>(), 1..14),
            squeeze in 0_u32..4, key: u64, half in 1_usize..5, r in 1_usize..5,
        ) {
            prop_assume!(r <= half);
            let ids: Vec<Key> = ids.into_iter().map(|id| id >> squeeze).collect();
            let mut by_nearness = ids.clone();
            by_nearness.sort_unstable_by(|&a, &b| nearer(key, a, b));
            by_nearness.dedup();
            let responsible = &by_nearness[..r.min(by_nearness.len())];
            for &me in &by_nearness {
                let mut set = LeafSet::new(me, half);
                for (&id, node) in by_nearness.iter().zip(1..) {
                    set.insert(id, NodeId(node));
                }
                set.take_stock();
                let claims = set.covers(key) && set.closer_than_me(key) < r;
                prop_assert_eq!(claims, responsible.contains(&me), "{:x}", me);
            }
        }
    }

    #[test]
    fn leaves_that_are_lacking_for_a_whole_interval_do_not_exist() {
        let mut set = LeafSet::new(0, 2);
        let below = |distance: u64| 0_u64.wrapping_sub(distance << 40);
        for (key, node) in [(1 << 40, 1), (2 << 40, 2), (below(2), 3), (below(1), 4)] {
            set.insert(key, NodeId(node));
        }
        let far = 1 << 63;
        assert!(!set.begin_interval());
        set.remove(NodeId(3));
        assert!(!set.covers(far), "perhaps others are there");
        assert!(!set.begin_interval() && !set.covers(far), "the loss may be a moment old");
        assert!(set.begin_interval() && set.covers(far));
        assert!(!set.begin_interval(), "told once");
        set.insert(below(9), NodeId(9));
        assert!(!set.covers(far), "full again");
    }

    #[test]
    fn a_large_ring_is_known_only_around_its_owner() {
        let step = 1 << 50;
        let mut set = LeafSet::new(0, 4);
        for i in 1..=20_u64 {
            set.insert(i * step, NodeId(i as u32));
            set.insert(0_u64.wrapping_sub(i * step), NodeId(100 + i as u32));
        }
        assert_eq!(set.reach(), (4 * step, 4 * step));
        assert!(set.covers(4 * step) && !set.covers(4 * step + 1));
        assert_eq!(set.arc(2), (step, step));
        assert_eq!(set.neighbours(), [Some(NodeId(1)), Some(NodeId(101))]);
        assert_eq!(set.farthest_towards(step), Some(NodeId(4)));
        assert_eq!(set.farthest_towards(0_u64.wrapping_sub(1)), Some(NodeId(104)));
        // With r above l/2 the view ends before the arc does.
        assert_eq!(set.arc(5), (4 * step, 4 * step));
    }
}
