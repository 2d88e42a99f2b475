//! The replicated state of a daemon, and what becomes of it when rings end.
//!
//! All who were in a ring have delivered the same when it ends. So where all members of the next ring
//! come from one, and have one state, there is nothing to do. Else one of those with the same state
//! hands it over, in the order of the new ring; and what is delivered waits until all states are
//! there and have been made one.

use super::ring::{Commit, Lineage, RingId, Snapshot};
use crate::node::{NodeId, ObjectId, Value, Version};
use crate::protocol::machine::{Command, Effect, Rules, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What has to be done with a command.
#[derive(Debug)]
pub(super) struct Ordered {
    pub command: Command,
    pub effect: Effect,
}

/// What making states one has changed.
#[derive(Debug)]
pub(super) struct Settled {
    /// Objects and groups that are in another version here now, and what was held before.
    pub changed: Vec<(ObjectId, Version, Value, Option<Version>)>,
    /// Daemons that had members of groups and aren't in the ring.
    pub gone: Vec<(ObjectId, NodeId)>,
    /// What had been waiting, in order.
    pub held: Vec<Command>,
}

/// A daemon's state.
#[derive(Debug)]
pub(super) struct States {
    rules: Rules,
    pub state: State,
    members: Arc<[NodeId]>,
    /// The ring in which it was made one with those of others; `None`: it has no state.
    lineage: Option<RingId>,
    /// The states that are to come, and those that have.
    awaited: BTreeSet<Lineage>,
    came: BTreeMap<Lineage, Arc<Snapshot>>,
    /// This daemon's own is one of these.
    mine: Option<Lineage>,
    held: Vec<Command>,
}

impl States {
    /// No state; or the first one, in the ring `lineage`.
    pub fn new(rules: Rules, lineage: Option<RingId>) -> Self {
        Self {
            rules,
            state: State::default(),
            members: Arc::new([]),
            lineage,
            awaited: BTreeSet::new(),
            came: BTreeMap::new(),
            mine: None,
            held: Vec::new(),
        }
    }

    /// The ring in which the state was made one with those of others.
    pub const fn lineage(&self) -> Option<RingId> {
        self.lineage
    }

    /// Commands that wait for states.
    pub fn waiting(&self) -> usize {
        self.held.len()
    }

    /// A command is delivered: what it comes to, if it needn't wait.
    pub fn deliver(
        &mut self,
        command: Command,
        initial: impl Fn(ObjectId) -> Value,
    ) -> Option<Ordered> {
        if self.lineage.is_none() || !self.awaited.is_empty() {
            self.held.push(command);
            return None;
        }
        Some(self.apply(command, initial))
    }

    fn apply(&mut self, command: Command, initial: impl Fn(ObjectId) -> Value) -> Ordered {
        let object = command.operation.object().unwrap_or_default();
        let effect = self.state.apply(&command, self.rules, initial(object));
        Ordered { command, effect }
    }

    /// The ring before ended without all states. What has been waiting for them is as if it had never
    /// been ordered: those who put it in do so again. (Applied to several states, a command would have
    /// several outcomes.)
    pub fn abandon(&mut self) -> Vec<Command> {
        self.awaited.clear();
        self.came.clear();
        std::mem::take(&mut self.held)
    }

    /// A ring begins: what this daemon hands over, and what is settled at once.
    pub fn begins(&mut self, commit: &Commit, me: NodeId) -> (Option<Snapshot>, Option<Settled>) {
        self.members = commit.members.clone();
        let mut lineages: BTreeMap<Lineage, Vec<NodeId>> = BTreeMap::new();
        let mut all_have = true;
        self.mine = None;
        for (&member, info) in commit.members.iter().zip(commit.infos.iter()) {
            let Some(old) = info.old else {
                all_have = false;
                continue;
            };
            // One that had no state when it said so may have got one by the end of that ring.
            let lineage = Lineage { origin: info.lineage, old };
            if member == me {
                self.mine = Some(lineage);
            }
            lineages.entry(lineage).or_default().push(member);
        }
        if lineages.is_empty() || lineages.len() == 1 && all_have {
            return (None, Some(self.settle(commit.ring)));
        }
        self.awaited = lineages.keys().copied().collect();
        let holders = self.mine.and_then(|lineage| Some((lineage, lineages.remove(&lineage)?)));
        let first = holders.filter(|(_, holders)| holders.first() == Some(&me));
        let snapshot = first.map(|(lineage, holders)| {
            let state = self.state.clone();
            Snapshot { lineage, holders: holders.into(), bytes: state.size(), state }
        });
        (snapshot, None)
    }

    /// A state comes in the order of `ring`; what is settled if it was the last one.
    pub fn came(&mut self, snapshot: Arc<Snapshot>, ring: RingId) -> Option<Settled> {
        if self.awaited.remove(&snapshot.lineage) {
            self.came.insert(snapshot.lineage, snapshot);
            if self.awaited.is_empty() {
                return Some(self.settle(ring));
            }
        }
        None
    }

    /// All states are there: they are made one.
    fn settle(&mut self, ring: RingId) -> Settled {
        let came = std::mem::take(&mut self.came);
        let mut changed = Vec::new();
        // Whoever has the only state that there is has nothing to take in.
        if came.keys().any(|&lineage| Some(lineage) != self.mine) {
            let before = std::mem::take(&mut self.state);
            came.values().for_each(|snapshot| self.state.merge(&snapshot.state));
            for (object, version, value) in self.state.objects() {
                let held = before.held(object).map(|(version, _)| version);
                if held != Some(version) {
                    changed.push((object, version, value, held));
                }
            }
        }
        self.lineage = Some(ring);
        let members = &self.members;
        let gone = self.state.retain(|peer| members.binary_search(&peer).is_ok());
        Settled { changed, gone, held: std::mem::take(&mut self.held) }
    }
}
