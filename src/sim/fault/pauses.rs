//! Nodes that do nothing for a while, and what waits for them.
//!
//! A paused machine keeps its state and its network card: messages reach it and wait. When it goes
//! on, what became due meanwhile happens at once (timers, operations, a leave), in the order in which
//! it became due; messages follow, one service time after the other, those that came in while it
//! catches up behind them.

use crate::node::{Incarnation, NodeId, Operation, Time};
use crate::sim::event::Event;
use std::collections::{BTreeMap, VecDeque};

/// What waits.
#[derive(Clone, Copy, Debug)]
pub enum Waiting {
    /// A timer that is due.
    Timer(Event),
    /// The application asks for an operation.
    Operation {
        /// Its number.
        count: u32,
        /// What is asked.
        operation: Operation,
    },
    /// The node is to leave.
    Leave,
}

/// A message that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who sent it.
    pub from: NodeId,
    /// The parcel.
    pub handle: u32,
    /// The target's incarnation when it arrived.
    pub incarnation: Incarnation,
}

/// A node that is paused, or hasn't caught up.
#[derive(Debug, Default)]
struct Paused {
    until: Time,
    due: VecDeque<Waiting>,
    letters: VecDeque<Letter>,
    /// Whether the first letter is being handled.
    busy: bool,
}

/// All such nodes.
#[derive(Debug, Default)]
pub struct Pauses {
    nodes: BTreeMap<NodeId, Paused>,
}

impl Pauses {
    /// Whether no node is paused or catching up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether messages for `node` go through its waiting line.
    #[must_use]
    #[inline]
    pub fn concerns(&self, node: NodeId) -> bool {
        !self.is_empty() && self.has(node)
    }

    #[cold]
    fn has(&self, node: NodeId) -> bool {
        self.nodes.contains_key(&node)
    }

    /// `node` does nothing before `until`.
    pub fn begin(&mut self, node: NodeId, until: Time) {
        let paused = self.nodes.entry(node).or_default();
        paused.until = paused.until.max(until);
    }

    #[cold]
    fn paused(&mut self, node: NodeId) -> Option<&mut Paused> {
        self.nodes.get_mut(&node)
    }

    /// Lets something wait if `node` is paused at `at`; whether it does.
    #[inline]
    pub fn defer(&mut self, node: NodeId, at: Time, waiting: impl FnOnce() -> Waiting) -> bool {
        if self.is_empty() {
            return false;
        }
        let Some(paused) = self.paused(node).filter(|paused| at < paused.until) else {
            return false;
        };
        paused.due.push_back(waiting());
        true
    }

    /// Lets a message wait if `node` is paused at `at`, or others wait already; whether it does.
    #[inline]
    pub fn defer_letter(&mut self, node: NodeId, at: Time, letter: Letter) -> bool {
        if self.is_empty() {
            return false;
        }
        let waits = |paused: &&mut Paused| at < paused.until || !paused.letters.is_empty();
        let Some(paused) = self.paused(node).filter(waits) else { return false };
        paused.letters.push_back(letter);
        true
    }

    /// Whether `node` may go on at `at`: it was paused, and no pause is on any more.
    #[must_use]
    pub fn is_over(&self, node: NodeId, at: Time) -> bool {
        self.nodes.get(&node).is_some_and(|paused| paused.until <= at)
    }

    /// The next that is due at `node`.
    pub fn next_due(&mut self, node: NodeId) -> Option<Waiting> {
        self.paused(node)?.due.pop_front()
    }

    /// The next message that waits at `node`.
    pub fn next_letter(&mut self, node: NodeId) -> Option<Letter> {
        self.paused(node)?.letters.pop_front()
    }

    /// `node` turns to the next message, if any waits and it isn't busy with one; whether it does.
    pub fn start_letter(&mut self, node: NodeId) -> bool {
        let Some(paused) = self.paused(node) else { return false };
        let starts = !paused.busy && !paused.letters.is_empty();
        paused.busy |= starts;
        starts
    }

    /// `node` is done with a message, or was interrupted.
    pub fn end_letter(&mut self, node: NodeId) {
        if let Some(paused) = self.paused(node) {
            paused.busy = false;
        }
    }

    /// Whether `node` has caught up.
    #[must_use]
    pub fn is_idle(&self, node: NodeId) -> bool {
        self.nodes.get(&node).is_some_and(|paused| paused.letters.is_empty())
    }

    /// `node` has caught up, or stopped.
    pub fn forget(&mut self, node: NodeId) {
        self.nodes.remove(&node);
    }
}
