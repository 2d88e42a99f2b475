//! The rolls of groups at one replica (CLIPPEE 7): which access peers have members, and for how long
//! those that have none any more are remembered.
//!
//! A table only: who is told what is decided in `exchange.rs`. It isn't durable, just as locks
//! aren't: a replica that returns hears it from its neighbours, and access peers ask now and then
//! whether they are still known.

use super::ReplicaHost;
use crate::node::{Bug, Context, NodeId, ObjectId, Observation, planted};
use crate::protocol::clippee::gauge::Gauge;
use crate::protocol::clippee::groups::{Entry, Roll};
use std::collections::BTreeMap;

/// A peer without members is remembered for this many comparisons, against older entries that are
/// still under way or held elsewhere.
const REMEMBERED: u32 = 10;
/// For this many of them others are told unasked: were it for all, two replicas could remind each
/// other for ever.
const TOLD: u32 = REMEMBERED / 2;

/// So many access peers are named to one that registers.
const NAMED: usize = 3;

/// All rolls; at most one a group, and in each at most one entry a peer.
#[derive(Debug)]
pub(super) struct Rolls {
    rolls: BTreeMap<ObjectId, Roll>,
    /// The comparison after which a peer was taken down as one without members.
    absent: BTreeMap<(ObjectId, NodeId), u32>,
    comparisons: u32,
    /// Identities of peers.
    peers: u32,
    gauge: Gauge,
}

impl Rolls {
    /// Nothing is known. There are `peers` identities of peers.
    pub fn new(peers: u32) -> Self {
        Self {
            rolls: BTreeMap::new(),
            absent: BTreeMap::new(),
            comparisons: 0,
            peers,
            gauge: Gauge::default(),
        }
    }

    /// Takes an entry in, and tells observers if it was news. O(log n), as is all about one entry.
    pub fn take<H: ReplicaHost>(&mut self, group: ObjectId, entry: Entry, cx: &mut Context<'_, H>) {
        let roll = self.rolls.entry(group).or_default();
        if planted(Bug::ViewSkipsLeave) && entry.members == 0 || !roll.take(entry) {
            return;
        }
        let Entry { peer, members, .. } = entry;
        if members == 0 {
            self.absent.insert((group, peer), self.comparisons);
        } else {
            self.absent.remove(&(group, peer));
        }
        cx.observe(Observation::Registered { group, peer, members });
        self.gauge.note(roll.len(), ("group_roll", self.peers), cx);
    }

    /// The entry of `peer`.
    pub fn entry(&self, group: ObjectId, peer: NodeId) -> Option<&Entry> {
        self.rolls.get(&group)?.entry(peer)
    }

    /// A few others than `peer` that have members: those that come after it, by id, the first ones
    /// after the last, so that not all are named the same. O(n).
    pub fn others(&self, group: ObjectId, peer: NodeId) -> Box<[NodeId]> {
        let present = || self.rolls.get(&group).into_iter().flat_map(Roll::present);
        let peers = || present().map(|entry| entry.peer);
        let (later, earlier) =
            (peers().filter(|&other| other > peer), peers().filter(|&other| other < peer));
        later.chain(earlier).take(NAMED).collect()
    }

    /// All that is known of `group`, peers without members included. O(n).
    pub fn entries(&self, group: ObjectId) -> Box<[Entry]> {
        self.rolls.get(&group).into_iter().flat_map(Roll::entries).collect()
    }

    /// What others are told unasked: the same, without those who had none for long. O(n log n).
    pub fn told(&self, group: ObjectId) -> Box<[Entry]> {
        let mut entries = self.entries(group).into_vec();
        entries.retain(|entry| self.is_told(group, entry));
        entries.into()
    }

    fn is_told(&self, group: ObjectId, entry: &Entry) -> bool {
        let since = self.absent.get(&(group, entry.peer));
        since.is_none_or(|since| self.comparisons - since < TOLD)
    }

    /// What is known better here than `theirs` has it. With `all`, what they didn't mention counts
    /// too. O(n log n).
    pub fn news(&self, group: ObjectId, theirs: &[Entry], all: bool) -> Box<[Entry]> {
        let mut said = Roll::default();
        for entry in theirs {
            said.take(*entry);
        }
        let mut entries = self.entries(group).into_vec();
        entries.retain(|entry| match said.entry(entry.peer) {
            Some(other) => entry.replaces(other),
            None => all && self.is_told(group, entry),
        });
        entries.into()
    }

    /// [`Roll::hash`] of the group's roll.
    pub fn hash(&self, group: ObjectId) -> u64 {
        self.rolls.get(&group).map_or_else(|| Roll::default().hash(), Roll::hash)
    }

    /// The groups that something is known of, by number.
    pub fn groups(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.rolls.keys().copied()
    }

    /// The group is others' business now.
    pub fn forget(&mut self, group: ObjectId) {
        self.rolls.remove(&group);
        self.absent.retain(|&(of, _), _| of != group);
    }

    /// One more comparison: forgets peers that have had no members for long. O(n).
    pub fn grow_older(&mut self) {
        self.comparisons += 1;
        let now = self.comparisons;
        let (old, young): (BTreeMap<_, _>, _) = std::mem::take(&mut self.absent)
            .into_iter()
            .partition(|(_, since)| now - since >= REMEMBERED);
        self.absent = young;
        for (group, peer) in old.into_keys() {
            let Some(roll) = self.rolls.get_mut(&group) else { continue };
            roll.forget(peer);
            if roll.is_empty() {
                self.rolls.remove(&group);
            }
        }
    }

    /// Whether any absence is remembered.
    #[cfg(test)]
    pub fn remembers_anybody(&self) -> bool {
        !self.absent.is_empty()
    }
}
