//! What this peer knows to exist and doesn't hold: newer versions that others named, and commits
//! without their base.
//!
//! A table only: who is asked is decided here, when and how in `fetch.rs`. At most [`WINDOW`]
//! objects are on their way at a time, so that a newcomer with thousands of objects to fetch
//! doesn't fill its neighbours' uplinks and then repeats itself because they are slow; objects that
//! a commit waits for go first, and beyond that limit.

use crate::node::{NodeId, ObjectId, Time, Version};
use crate::protocol::clippee::Commit;
use std::collections::{BTreeMap, BTreeSet};

/// Objects on their way at a time.
pub(super) const WINDOW: usize = 32;

/// A claim by one that isn't a leaf (whose death nobody would tell) lapses after this many vain
/// requests.
const STRANGER_TRIES: u32 = 4;

/// A commit that waits for the base it was made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub commit: Commit,
    /// Who gets the answer.
    pub from: NodeId,
    /// Whether its attempt's lock wasn't held when it came.
    pub late: bool,
}

/// What is known to be missing of one object.
#[derive(Debug, Default)]
struct Need {
    /// Who named which version, newest first.
    claims: Vec<(Version, NodeId)>,
    commit: Option<Pending>,
    asked: Option<(NodeId, Time)>,
    tries: u32,
}

impl Need {
    /// Whom to ask, the best first: who granted with the commit's base, those who named a newer
    /// version, and for a commit the others of the replica `set`.
    fn sources(&self, me: NodeId, set: &[NodeId]) -> Vec<NodeId> {
        let holder = self.commit.iter().map(|pending| pending.commit.holder);
        let claimants = self.claims.iter().map(|&(_, peer)| peer);
        let others = set.iter().copied().filter(|_| self.commit.is_some());
        let mut sources = Vec::new();
        for peer in holder.chain(claimants).chain(others) {
            if peer != me && !sources.contains(&peer) {
                sources.push(peer);
            }
        }
        sources
    }

    fn is_met(&self) -> bool {
        self.claims.is_empty() && self.commit.is_none()
    }
}

/// All that is missing; at most one entry per object.
#[derive(Debug)]
pub(super) struct Needs {
    claims_bound: usize,
    commit_tries: u32,
    table: BTreeMap<ObjectId, Need>,
    /// Those that nobody is asked for at the moment; `false` (a commit waits) sorts first.
    waiting: BTreeSet<(bool, ObjectId)>,
    flight: BTreeSet<(Time, ObjectId)>,
}

impl Needs {
    /// Nothing is missing. A set has `r` members.
    pub fn new(r: usize) -> Self {
        Self {
            claims_bound: 2 * r,
            commit_tries: 2 * r as u32 + 2,
            table: BTreeMap::new(),
            waiting: BTreeSet::new(),
            flight: BTreeSet::new(),
        }
    }

    /// How many objects are missing.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether something newer than what is held is known of `object`.
    pub fn concerns(&self, object: ObjectId) -> bool {
        self.table.contains_key(&object)
    }

    /// `peer` named a version that is newer than what is held.
    pub fn claim(&mut self, object: ObjectId, peer: NodeId, version: Version) {
        let need = self.table.entry(object).or_default();
        need.claims.retain(|&(_, claimant)| claimant != peer);
        let at = need.claims.partition_point(|&(other, _)| other >= version);
        need.claims.insert(at, (version, peer));
        need.claims.truncate(self.claims_bound);
        if need.asked.is_none() {
            self.waiting.insert((need.commit.is_none(), object));
        }
    }

    /// A commit waits for its base. One per object, the newest; a repeat only renews who gets the
    /// answer.
    pub fn pend(&mut self, pending: Pending) {
        let object = pending.commit.object;
        let need = self.table.entry(object).or_default();
        match &mut need.commit {
            Some(waiting) if waiting.commit.version == pending.commit.version => {
                waiting.from = pending.from;
            }
            Some(waiting) if waiting.commit.version > pending.commit.version => {}
            _ => {
                need.commit = Some(pending);
                need.tries = 0;
                self.ground(object);
            }
        }
    }

    /// The commit that waits for `object`'s base.
    pub fn commit(&self, object: ObjectId) -> Option<Pending> {
        self.table.get(&object)?.commit
    }

    /// The waiting commit has its answer.
    pub fn commit_is_answered(&mut self, object: ObjectId) {
        let Some(need) = self.table.get_mut(&object) else { return };
        need.commit = None;
        if need.asked.is_none() {
            self.ground(object);
        }
        self.drop_if_met(object);
    }

    /// This peer holds `version` now: older claims are met.
    pub fn is_held(&mut self, object: ObjectId, version: Version) {
        let Some(need) = self.table.get_mut(&object) else { return };
        need.claims.retain(|&(claimed, _)| claimed > version);
        self.drop_if_met(object);
    }

    /// `peer` gave what it has: if that wasn't enough, others are asked.
    pub fn answered(&mut self, object: ObjectId, peer: NodeId) {
        let Some(need) = self.table.get_mut(&object) else { return };
        need.claims.retain(|&(_, claimant)| claimant != peer);
        if need.asked.is_some_and(|(asked, _)| asked == peer) {
            self.ground(object);
        }
        self.drop_if_met(object);
    }

    /// `peer` is dead: what it claimed is lost, or others have it. O(n).
    pub fn gone(&mut self, peer: NodeId) {
        let objects: Vec<ObjectId> = self.table.keys().copied().collect();
        for object in objects {
            self.answered(object, peer);
        }
    }

    /// Nobody is asked for these any more: their time is up. Those that can't be had are given up.
    pub fn overdue(&mut self, now: Time, is_leaf: impl Fn(NodeId) -> bool) -> Vec<ObjectId> {
        let mut overdue = Vec::new();
        while let Some(&(due, object)) = self.flight.first() {
            if due > now {
                break;
            }
            self.ground(object);
            let need = self.table.get_mut(&object).expect("what is in flight is needed");
            let tries = need.tries;
            need.claims.retain(|&(_, peer)| tries < STRANGER_TRIES || is_leaf(peer));
            self.drop_if_met(object);
            overdue.push(object);
        }
        overdue
    }

    /// Takes the next object to ask for.
    pub fn next(&mut self) -> Option<ObjectId> {
        let &(can_wait, object) = self.waiting.first()?;
        if can_wait && self.flight.len() >= WINDOW {
            return None;
        }
        self.waiting.pop_first();
        Some(object)
    }

    /// Whom to ask for `object`, which [`Needs::next`] gave, and how many were asked in vain: one
    /// source after the other. `None`: there is nobody (left), and it is given up.
    pub fn source(
        &mut self,
        object: ObjectId,
        me: NodeId,
        set: &[NodeId],
    ) -> Option<(NodeId, u32)> {
        let need = self.table.get_mut(&object)?;
        if need.tries >= self.commit_tries {
            need.commit = None;
        }
        let sources = need.sources(me, set);
        if sources.is_empty() {
            self.table.remove(&object);
            return None;
        }
        Some((sources[need.tries as usize % sources.len()], need.tries))
    }

    /// `peer` was asked for `object`, and has until `due` to answer.
    pub fn asked(&mut self, object: ObjectId, peer: NodeId, due: Time) {
        if let Some(need) = self.table.get_mut(&object) {
            need.asked = Some((peer, due));
            need.tries += 1;
            self.flight.insert((due, object));
        }
    }

    /// When the first answer is due.
    pub fn due(&self) -> Option<Time> {
        self.flight.first().map(|&(due, _)| due)
    }

    /// Nobody is asked for `object` any more; it waits its turn.
    fn ground(&mut self, object: ObjectId) {
        let Some(need) = self.table.get_mut(&object) else { return };
        if let Some((_, due)) = need.asked.take() {
            self.flight.remove(&(due, object));
        }
        let waits = need.commit.is_none();
        self.waiting.remove(&(!waits, object));
        self.waiting.insert((waits, object));
    }

    fn drop_if_met(&mut self, object: ObjectId) {
        let Some(need) = self.table.get(&object).filter(|need| need.is_met()) else { return };
        if let Some((_, due)) = need.asked {
            self.flight.remove(&(due, object));
        }
        self.waiting.remove(&(true, object));
        self.waiting.remove(&(false, object));
        self.table.remove(&object);
    }
}
