//! A commit on its way to all r replicas (CLIPPEE 5.4). It outlives the answer to the client: those
//! who are silent are sent it again.

use super::super::groups::{Multicast, Roll};
use super::super::{Commit, Message, Timer, Unlock};
use super::desk::Desk;
use super::round::Obstacles;
use crate::node::{AttemptId, Bug, NodeId, Span, TimerId, planted};

/// The first commit, and two repeats.
const SENDS: u32 = 3;

/// A multicast whose version is on its way to the replicas. It goes to the members only when enough
/// of them have it (CLIPPEE 7): an access peer is told that it is registered by `write_acks` of
/// them, so that one of both quorums either tells the coordinator of it in its answer to the
/// commit, or told the access peer of this message's number.
#[derive(Debug)]
pub(super) struct Casting {
    pub multicast: Multicast,
    /// What the replicas heard so far know of access peers with members.
    pub roll: Roll,
}

/// A commit on its way.
#[derive(Debug)]
pub(super) struct Spread {
    pub commit: Commit,
    /// Whose lock the replicas hold: not the version's own attempt if that was made earlier
    /// (dedupe).
    pub attempt: AttemptId,
    /// Whether the update that it is for has ended.
    pub answered: bool,
    /// Of a group: what goes to the members when enough replicas have it.
    pub casting: Option<Casting>,
    /// Who said no, and why.
    pub obstacles: Obstacles,
    silent: Vec<NodeId>,
    counted: u32,
    needed: u32,
    sends: u32,
    wait: Span,
    timer: TimerId,
}

/// How far a commit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Not decided.
    Open,
    /// Enough replicas have it.
    Enough,
    /// Too few can have it.
    Vain,
}

impl Spread {
    /// A commit that `silent` are to get; `needed` acknowledgements are enough. Repeated after
    /// `wait`.
    pub fn new(
        commit: Commit,
        attempt: AttemptId,
        silent: Vec<NodeId>,
        (needed, wait): (u32, Span),
        desk: &mut impl Desk,
    ) -> Self {
        let timer = desk.arm(Timer::Spread(commit.object), wait);
        Self {
            commit,
            attempt,
            answered: false,
            casting: None,
            obstacles: Obstacles::default(),
            silent,
            counted: 0,
            needed,
            sends: 1,
            wait,
            timer,
        }
    }

    /// Whether all have answered.
    pub fn is_complete(&self) -> bool {
        self.silent.is_empty()
    }

    /// `from` answers; false if it did before, or wasn't sent the commit.
    pub fn hear(&mut self, from: NodeId) -> bool {
        let place = self.silent.iter().position(|&replica| replica == from);
        let is_news = place.map(|place| self.silent.remove(place)).is_some();
        is_news || planted(Bug::RepeatedAckCounts)
    }

    /// One more replica has it.
    pub fn count(&mut self) {
        self.counted += 1;
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let enough = if planted(Bug::FirstAckIsEnough) { 1 } else { self.needed };
        if self.counted >= enough {
            Progress::Enough
        } else if self.counted as usize + self.silent.len() < self.needed as usize {
            Progress::Vain
        } else {
            Progress::Open
        }
    }

    /// Time is up: whom to send it again; `None` after the last time.
    pub fn repeat(&mut self, desk: &mut impl Desk) -> Option<Vec<NodeId>> {
        if self.sends == SENDS {
            return None;
        }
        self.sends += 1;
        self.timer = desk.arm(Timer::Spread(self.commit.object), self.wait);
        Some(self.silent.clone())
    }

    /// No repeats any more.
    pub fn stop(&self, desk: &mut impl Desk) {
        desk.disarm(self.timer);
    }

    /// No repeats any more; those who are silent may still hold the lock.
    pub fn give_up(&self, desk: &mut impl Desk) {
        self.stop(desk);
        let unlock = Unlock { object: self.commit.object, attempt: self.attempt };
        unlock_all(unlock, &self.silent, desk);
    }
}

/// Ends an attempt's lock at `replicas`.
pub(super) fn unlock_all(unlock: Unlock, replicas: &[NodeId], desk: &mut impl Desk) {
    for &replica in replicas {
        if replica == desk.id() {
            desk.own_unlock(unlock);
        } else {
            desk.send(replica, Message::Unlock(unlock));
        }
    }
}
