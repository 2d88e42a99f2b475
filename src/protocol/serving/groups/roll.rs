//! Which access peers have members of a group: a table that many write to without a lock.
//!
//! Each access peer numbers its own entries, and of two entries of one peer the newer wins, so
//! tables can be merged in any order and any number of times (a last-writer-wins map with one
//! writer a key; Shapiro et al., "Conflict-free replicated data types", 2011). Peers without
//! members are kept for a while, so that an older entry can't bring them back.

use crate::node::{Digestible, Hasher, Incarnation, NodeId};
use std::collections::BTreeMap;

/// Orders an access peer's entries: its incarnation, then its own count in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// The peer's incarnation.
    pub incarnation: Incarnation,
    /// Its count of registrations in that incarnation, over all groups, from 1.
    pub count: u32,
}

/// One access peer's part in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The access peer.
    pub peer: NodeId,
    /// Which of its entries this is.
    pub stamp: Stamp,
    /// Its members at that time; 0: it has none any more, or was found dead.
    pub members: u32,
}

impl Entry {
    /// Whether this entry replaces `other` of the same peer. With equal stamps absence wins: that
    /// is how others tell that the peer is dead.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        self.stamp > other.stamp
            || self.stamp == other.stamp && self.members == 0 && other.members > 0
    }
}

/// The entries of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    entries: BTreeMap<NodeId, Entry>,
}

impl Roll {
    /// Takes an entry in; whether it was news. O(log n).
    pub fn take(&mut self, entry: Entry) -> bool {
        let news = self.entries.get(&entry.peer).is_none_or(|known| entry.replaces(known));
        if news {
            self.entries.insert(entry.peer, entry);
        }
        news
    }

    /// The entry of `peer`. O(log n).
    #[must_use]
    pub fn entry(&self, peer: NodeId) -> Option<&Entry> {
        self.entries.get(&peer)
    }

    /// Forgets the entry of `peer`. O(log n).
    pub fn forget(&mut self, peer: NodeId) {
        self.entries.remove(&peer);
    }

    /// All entries, by peer, those without members included.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries.values().copied()
    }

    /// The entries with members, by peer.
    pub fn present(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries().filter(|entry| entry.members > 0)
    }

    /// How many entries there are, those without members included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Stands for the access peers that have members, whatever their counts: equal for equal
    /// views. O(n).
    #[must_use]
    pub fn view_hash(&self) -> u64 {
        let mut hasher = Hasher::new();
        self.present().for_each(|entry| entry.peer.digest(&mut hasher));
        hasher.finish() as u64
    }

    /// Stands for all entries with members, their stamps and counts included: replicas with equal
    /// hashes have nothing to tell each other. O(n).
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut hasher = Hasher::new();
        self.present().for_each(|entry| entry.digest(&mut hasher));
        hasher.finish() as u64
    }
}

impl Digestible for Stamp {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.incarnation) << 32 | u64::from(self.count));
    }
}

impl Digestible for Entry {
    fn digest(&self, hasher: &mut Hasher) {
        (self.peer, self.stamp, self.members).digest(hasher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry((peer, incarnation, count, members): (u32, u32, u32, u32)) -> Entry {
        Entry { peer: NodeId(peer), stamp: Stamp { incarnation, count }, members }
    }

    fn roll(entries: impl IntoIterator<Item = Entry>) -> Roll {
        let mut roll = Roll::default();
        entries.into_iter().for_each(|entry| {
            roll.take(entry);
        });
        roll
    }

    #[test]
    fn a_later_entry_wins_and_the_dead_stay_dead_until_they_register_again() {
        let mut roll = roll([entry((1, 1, 2, 5))]);
        assert!(!roll.take(entry((1, 1, 1, 9))));
        assert!(roll.take(entry((1, 1, 2, 0))), "found dead");
        assert!(!roll.take(entry((1, 1, 2, 5))), "an echo of what it was");
        assert_eq!(roll.present().count(), 0);
        assert!(roll.take(entry((1, 2, 1, 3))), "it restarted");
        assert_eq!(roll.present().count(), 1);
    }

    #[test]
    fn views_differ_by_peers_and_hashes_by_counts_too() {
        let (few, many) = (roll([entry((1, 1, 1, 5))]), roll([entry((1, 1, 2, 10))]));
        assert_eq!(few.view_hash(), many.view_hash());
        assert_ne!(few.hash(), many.hash());
        assert_ne!(few.view_hash(), roll([entry((2, 1, 1, 5))]).view_hash());
    }

    proptest! {
        // One writer a stamp: entries of equal peer and stamp have equal counts, or 0.
        #[test]
        fn the_order_of_merging_does_not_matter(
            raw in prop::collection::vec((1_u32..4, 1_u32..3, 1_u32..4, any::<bool>()), 0..40),
            seed: u64,
        ) {
            let entries: Vec<Entry> = raw
                .into_iter()
                .map(|(peer, incarnation, count, dead)| {
                    entry((peer, incarnation, count, if dead { 0 } else { count * 7 }))
                })
                .collect();
            let mut shuffled = entries.clone();
            crate::node::Key::from_word(seed).stream(1, 1).shuffle(&mut shuffled);
            let twice = shuffled.iter().chain(&entries).copied();
            prop_assert_eq!(roll(entries.clone()), roll(twice));
        }
    }
}
