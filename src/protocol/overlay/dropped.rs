//! The peers that were dropped last: hearsay can't bring them back too soon, and maintenance asks
//! after them, so that two halves of a ring find each other again after a cut (CLIPPEE 2).

use super::Key;
use super::ring::clockwise;
use crate::node::{NodeId, Span, Stream, Time};

/// Peers remembered.
pub(super) const BOUND: usize = 64;

/// How long after a goodbye other messages of the same peer are taken for stragglers. Shorter than
/// any way back: a peer that leaves stays away for at least its grace, and must join anew.
const STRAGGLERS: Span = Span::from_secs(8);

#[derive(Clone, Copy, Debug)]
struct Entry {
    node: NodeId,
    at: Time,
    /// It was a leaf.
    leaf: bool,
    /// It said itself that it is no member.
    left: bool,
}

/// The last [`BOUND`] dropped peers, oldest first.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    entries: Vec<Entry>,
    /// A bit for each node of theirs, several of which share one: most that are asked for aren't
    /// here, which a look at one word tells.
    marks: [u64; 4],
}

/// The word and the bit that a node is marked by.
const fn mark(node: NodeId) -> (usize, u64) {
    (node.0 as usize / 64 % 4, 1 << (node.0 % 64))
}

impl Dropped {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn may_have(&self, node: NodeId) -> bool {
        let (word, bit) = mark(node);
        self.marks[word] & bit != 0
    }

    /// Marks those that are here, and no others.
    fn mark_all(&mut self) {
        self.marks = [0; 4];
        for (word, bit) in self.entries.iter().map(|entry| mark(entry.node)) {
            self.marks[word] |= bit;
        }
    }

    fn find(&self, node: NodeId) -> Option<&Entry> {
        if !self.may_have(node) {
            return None;
        }
        self.entries.iter().find(|entry| entry.node == node)
    }

    /// Remembers that `node` was dropped.
    pub fn add(&mut self, node: NodeId, leaf: bool, left: bool, now: Time) {
        let was_leaf = self.find(node).is_some_and(|entry| entry.leaf);
        self.remove(node);
        if self.entries.len() >= BOUND {
            self.entries.remove(0);
        }
        self.entries.push(Entry { node, at: now, leaf: leaf || was_leaf, left });
        self.mark_all();
    }

    /// Forgets it: it was heard from. Returns whether it was there.
    pub fn remove(&mut self, node: NodeId) -> bool {
        if !self.may_have(node) {
            return false;
        }
        let before = self.entries.len();
        self.entries.retain(|entry| entry.node != node);
        let removed = self.entries.len() < before;
        if removed {
            self.mark_all();
        }
        removed
    }

    /// Whether hearsay about `node` doesn't count yet.
    pub fn bars(&self, node: NodeId, now: Time, interval: Span) -> bool {
        self.find(node).is_some_and(|entry| now < entry.at + interval.times(2))
    }

    /// Whether a message of `node` must be one that it sent before it left.
    pub fn is_straggler(&self, node: NodeId, now: Time) -> bool {
        self.find(node).is_some_and(|entry| entry.left && now < entry.at + STRAGGLERS)
    }

    /// Whom to ask after: the nearest dropped leaf on each side of `me`, and one other.
    pub fn to_probe(
        &self,
        me: Key,
        key_of: impl Fn(NodeId) -> Key,
        rng: &mut Stream,
    ) -> [Option<NodeId>; 3] {
        let leaves = || self.entries.iter().filter(|entry| entry.leaf).map(|entry| entry.node);
        let up = leaves().min_by_key(|&node| clockwise(me, key_of(node)));
        let down = leaves().min_by_key(|&node| clockwise(key_of(node), me));
        let down = down.filter(|_| up != down);
        let nodes = || self.entries.iter().map(|entry| entry.node);
        let others = nodes().filter(|&node| Some(node) != up && Some(node) != down);
        let count = others.clone().count() as u64;
        let other = if count == 0 { None } else { others.clone().nth(rng.below(count) as usize) };
        [up, down, other]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Key as Philox;

    const INTERVAL: Span = Span::from_secs(30);

    fn at(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    #[test]
    fn hearsay_counts_again_after_two_intervals() {
        let mut dropped = Dropped::default();
        dropped.add(NodeId(1), true, false, at(10));
        assert!(dropped.bars(NodeId(1), at(69), INTERVAL));
        assert!(!dropped.bars(NodeId(1), at(70), INTERVAL));
        assert!(dropped.bars(NodeId(1), at(999_999), Span::NEVER));
        assert!(!dropped.bars(NodeId(2), at(10), INTERVAL));
    }

    #[test]
    fn only_the_last_are_remembered() {
        let mut dropped = Dropped::default();
        for i in 1..=100 {
            dropped.add(NodeId(i), false, false, at(u64::from(i)));
        }
        dropped.add(NodeId(50), false, false, at(101));
        assert_eq!(dropped.len(), BOUND);
        assert!(!dropped.remove(NodeId(36)), "older than the last 64");
        assert!(dropped.remove(NodeId(37)));
    }

    #[test]
    fn what_was_sent_before_a_goodbye_is_a_straggler() {
        let mut dropped = Dropped::default();
        dropped.add(NodeId(1), true, true, at(10));
        dropped.add(NodeId(2), true, false, at(10));
        assert!(dropped.is_straggler(NodeId(1), at(11)));
        assert!(!dropped.is_straggler(NodeId(1), at(18)));
        assert!(!dropped.is_straggler(NodeId(2), at(11)), "it may have been dropped in error");
    }

    #[test]
    fn the_nearest_dropped_leaf_of_each_side_and_one_other_are_asked_after() {
        let mut dropped = Dropped::default();
        let mut rng = Philox::from_word(1).stream(1, 1);
        let key_of = |node: NodeId| u64::from(node.0);
        assert_eq!(dropped.to_probe(100, key_of, &mut rng), [None; 3]);
        for (node, leaf) in [(90, true), (95, true), (99, false), (103, true), (110, true)] {
            dropped.add(NodeId(node), leaf, false, at(1));
        }
        let [up, down, other] = dropped.to_probe(100, key_of, &mut rng);
        assert_eq!((up, down), (Some(NodeId(103)), Some(NodeId(95))));
        assert!([90, 99, 110].contains(&other.expect("others remain").0));
    }
}
