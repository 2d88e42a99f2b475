//! Attempts and their locks, as replicas tell of them.

use crate::node::{AttemptId, NodeId, ObjectId};
use std::collections::{BTreeMap, BTreeSet};

/// An attempt that was seen, until its object is free of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    /// Replicas that hold its lock.
    pub held: BTreeSet<NodeId>,
    /// It was told that it has its lock.
    pub granted: bool,
    /// It has made a version.
    pub made: bool,
    /// Its round was in vain.
    pub failed: bool,
    /// Replicas that took its commit.
    pub committed: u32,
    /// Who was responsible when its round began.
    pub responsible: Vec<NodeId>,
}

/// All attempts, by object.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(BTreeMap<(ObjectId, AttemptId), Attempt>);

impl Attempts {
    pub fn of(&mut self, object: ObjectId, attempt: AttemptId) -> &mut Attempt {
        self.0.entry((object, attempt)).or_default()
    }

    /// Other attempts at this object that hold a lock somewhere.
    pub fn rivals(&self, object: ObjectId, own: AttemptId) -> impl Iterator<Item = &Attempt> {
        let least = AttemptId::default();
        let of_object = self.0.range((object, least)..);
        let of_object = of_object.take_while(move |((other, _), _)| *other == object);
        let rivals = of_object.filter(move |((_, attempt), _)| *attempt != own);
        rivals.map(|(_, attempt)| attempt).filter(|attempt| !attempt.held.is_empty())
    }

    /// Whether `replica` holds a lock of `object`.
    pub fn locks(&self, replica: NodeId, object: ObjectId) -> bool {
        let least = AttemptId::default();
        let mut of_object = self.0.range((object, least)..);
        of_object
            .by_ref()
            .take_while(|((other, _), _)| *other == object)
            .any(|(_, attempt)| attempt.held.contains(&replica))
    }

    /// The attempts of a coordinator.
    pub fn by(&self, coordinator: NodeId) -> impl Iterator<Item = &Attempt> {
        let own = move |attempt: &AttemptId| attempt.coordinator == coordinator;
        self.0.iter().filter(move |((_, attempt), _)| own(attempt)).map(|(_, attempt)| attempt)
    }

    /// A replica takes the commit of an attempt, if that isn't long over.
    pub fn commit(&mut self, object: ObjectId, attempt: AttemptId) {
        if let Some(attempt) = self.0.get_mut(&(object, attempt)) {
            attempt.committed += 1;
        }
    }

    /// A lock ends.
    pub fn release(&mut self, replica: NodeId, object: ObjectId, attempt: AttemptId) {
        if let Some(attempt) = self.0.get_mut(&(object, attempt)) {
            attempt.held.remove(&replica);
        }
        self.forget_if_over(object, attempt);
    }

    /// Forgets an attempt that holds no lock, and has made its version or never will.
    pub fn forget_if_over(&mut self, object: ObjectId, attempt: AttemptId) {
        let over = |it: &Attempt| it.held.is_empty() && (it.made || it.failed);
        if self.0.get(&(object, attempt)).is_some_and(over) {
            self.0.remove(&(object, attempt));
        }
    }

    /// A replica stops, and its locks with it; whether it held any.
    pub fn stop(&mut self, node: NodeId) -> bool {
        let mut any = false;
        for attempt in self.0.values_mut() {
            any |= attempt.held.remove(&node);
        }
        any
    }

    /// Forgets the attempts of a coordinator that hold nothing: nobody will ask about them.
    pub fn forget(&mut self, coordinator: NodeId) {
        self.0.retain(|(_, id), attempt| id.coordinator != coordinator || !attempt.held.is_empty());
    }
}
