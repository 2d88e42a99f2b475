//! Whether the history of one object is linearizable: whether each call can be given a moment
//! between its question and its answer, so that, one after the other, each read returns the version
//! that stands there and each update is made from it.
//!
//! The algorithm is that of Wing and Gong ("Testing and verifying concurrent objects", J. Parallel
//! Distrib. Comput. 17, 1993) with Lowe's memory of states seen and his just-in-time order ("Testing
//! for linearizability", Concurr. Comput. 29(4), 2017): kept are all states in which the object can
//! stand, each with the open calls that have had their moment; when a call is answered, open calls
//! are given theirs only as far as this one needs it. So a history of any length takes memory for
//! what is open only.
//!
//! A read changes nothing: where it fits it is given its moment at once, and only updates branch.

use crate::node::{OperationId, Version};
use crate::observe::history::{Change, Effect, Event};
use std::collections::{BTreeMap, BTreeSet};

/// States that are looked at for one answer, at most.
const BUDGET: usize = 10_000;

/// What can be said about a history so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is linearizable.
    Fine,
    /// It isn't, since this answer.
    Broken(OperationId),
    /// To tell takes more steps than are granted.
    Undecided,
}

/// The object as it can be: a version, and which of the calls that are still open led there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    stands: Version,
    done: BTreeSet<OperationId>,
}

/// A history so far.
#[derive(Clone, Debug)]
pub struct Register {
    states: BTreeSet<State>,
    /// Calls that were asked and not answered.
    open: BTreeMap<OperationId, Open>,
    /// The same by the version that they fit to.
    fits: BTreeSet<(Version, OperationId, Option<Version>)>,
    budget: usize,
}

/// A call that was asked and not answered.
#[derive(Clone, Debug)]
struct Open {
    moves: Vec<Move>,
    /// Whether it will be.
    ends: bool,
}

/// The version that a call fits to, and what it makes of it; `None`: a read.
type Move = (Version, Option<Version>);

impl Register {
    /// An object at version 0, of which nothing was asked.
    pub fn new() -> Self {
        Self::with_budget(BUDGET)
    }

    fn with_budget(budget: usize) -> Self {
        let start = State { stands: Version::ZERO, done: BTreeSet::new() };
        let states = BTreeSet::from([start]);
        Self { states, open: BTreeMap::new(), fits: BTreeSet::new(), budget }
    }

    /// The versions at which the object can stand.
    pub fn stands(&self) -> BTreeSet<Version> {
        self.states.iter().map(|state| state.stands).collect()
    }

    /// Takes in what happens next.
    pub fn take(&mut self, event: &Event) -> Standing {
        match *event {
            Event::Asked(call) => {
                let ends = call.effect != Effect::Open;
                self.open.insert(call.id, Open { moves: Vec::new(), ends });
                match call.effect {
                    Effect::Read(version) => self.add(call.id, (version, None)),
                    Effect::Changed(Change { from, to }) => self.add(call.id, (from, Some(to))),
                    // Nothing fits: it can't be given a moment.
                    Effect::Missing(_) | Effect::Open => {}
                }
            }
            Event::Made(id, Change { from, to }) => self.add(id, (from, Some(to))),
            Event::Answered(id) => return self.answered(id),
        }
        Standing::Fine
    }

    fn add(&mut self, id: OperationId, what: Move) {
        // A call without an end that has had its moment in all states was forgotten.
        if let Some(open) = self.open.get_mut(&id) {
            open.moves.push(what);
            self.fits.insert((what.0, id, what.1));
        }
    }

    fn forget(&mut self, id: OperationId) {
        for (from, to) in self.open.remove(&id).into_iter().flat_map(|open| open.moves) {
            self.fits.remove(&(from, id, to));
        }
    }

    /// `id` must have had its moment.
    fn answered(&mut self, id: OperationId) -> Standing {
        let mut left: Vec<State> = std::mem::take(&mut self.states).into_iter().collect();
        let mut seen: BTreeSet<State> = BTreeSet::new();
        while let Some(mut state) = left.pop() {
            self.give_reads_theirs(&mut state);
            if state.done.remove(&id) {
                self.states.insert(state);
                continue;
            }
            if seen.contains(&state) {
                continue;
            }
            for (to, update) in self.updates(&state) {
                let mut done = state.done.clone();
                done.insert(update);
                left.push(State { stands: to, done });
            }
            seen.insert(state);
            if seen.len() + self.states.len() > self.budget {
                return Standing::Undecided;
            }
        }
        self.forget(id);
        self.forget_what_all_did();
        if self.states.is_empty() { Standing::Broken(id) } else { Standing::Fine }
    }

    /// Gives all reads that fit their moment.
    fn give_reads_theirs(&self, state: &mut State) {
        for (version, read) in self.fitting(state.stands) {
            if version.is_none() {
                state.done.insert(read);
            }
        }
    }

    /// The updates that can come next: what they make, and their names.
    fn updates(&self, state: &State) -> impl Iterator<Item = (Version, OperationId)> {
        let fitting = self.fitting(state.stands);
        fitting.filter_map(|(to, id)| Some((to?, id)).filter(|(_, id)| !state.done.contains(id)))
    }

    fn fitting(&self, stands: Version) -> impl Iterator<Item = (Option<Version>, OperationId)> {
        let first = (stands, OperationId::default(), None);
        let here = self.fits.range(first..).take_while(move |(from, _, _)| *from == stands);
        here.map(|&(_, id, to)| (to, id))
    }

    /// Calls without an end that have had their moment in every state need no place in each.
    fn forget_what_all_did(&mut self) {
        let mut states = self.states.iter();
        let Some(first) = states.next() else { return };
        let endless = |id: &&OperationId| self.open.get(id).is_some_and(|open| !open.ends);
        let mut spent: BTreeSet<OperationId> = first.done.iter().filter(endless).copied().collect();
        for state in states {
            spent.retain(|id| state.done.contains(id));
        }
        if spent.is_empty() {
            return;
        }
        let without = |mut state: State| {
            state.done.retain(|id| !spent.contains(id));
            state
        };
        self.states = std::mem::take(&mut self.states).into_iter().map(without).collect();
        spent.into_iter().for_each(|id| self.forget(id));
    }
}

#[cfg(test)]
mod tests;
