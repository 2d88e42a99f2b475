//! Who is up, and who has joined.

use super::Census;
use crate::node::{NodeId, Time};

/// A node's state, as far as it can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Not running.
    #[default]
    Down,
    /// Running, not yet joined.
    Booted,
    /// Running and joined: it counts as responsible for what lies near its id.
    Member,
    /// Running on for its leave's grace: it claims nothing any more.
    Leaving,
}

/// The state of every node.
#[derive(Clone, Debug)]
pub struct Presence {
    states: Vec<State>,
}

impl Presence {
    /// All are down.
    #[must_use]
    pub fn new(census: &Census) -> Self {
        Self { states: vec![State::Down; census.nodes as usize + 1] }
    }

    /// The state of `node`.
    #[must_use]
    pub fn state(&self, node: NodeId) -> State {
        self.states[node.index()]
    }

    /// A node booted. Those that are up at time 0 are members at once.
    pub fn booted(&mut self, at: Time, node: NodeId) -> State {
        let state = if at == Time::ZERO { State::Member } else { State::Booted };
        self.states[node.index()] = state;
        state
    }

    /// A peer says that it has joined; whether that makes it a member.
    pub fn joined(&mut self, node: NodeId) -> bool {
        let joins = self.state(node) == State::Booted;
        if joins {
            self.states[node.index()] = State::Member;
        }
        joins
    }

    /// A node was asked to leave.
    pub fn leaves(&mut self, node: NodeId) {
        self.states[node.index()] = State::Leaving;
    }

    /// A node stopped.
    pub fn stopped(&mut self, node: NodeId) {
        self.states[node.index()] = State::Down;
    }

    /// The nodes that run and aren't leaving.
    pub fn staying(&self) -> impl Iterator<Item = NodeId> + '_ {
        let staying = |state: &State| matches!(state, State::Booted | State::Member);
        let all = self.states.iter().enumerate();
        all.filter(move |(_, state)| staying(state)).map(|(at, _)| NodeId(at as u32))
    }
}
