//! One lock round (CLIPPEE 5.2, 5.3): who was asked, and what they said.

use super::super::groups::Roll;
use super::super::{GroupChange, LockVerdict, Refusal};
use crate::node::{
    AttemptId, NodeId, OperationId, RoundOutcome, Span, Time, TimerId, Value, Version,
};
use std::sync::Arc;

/// What a replica has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Granted(Version),
    Refused,
}

/// The newest version among the grants.
#[derive(Clone, Debug)]
pub(super) struct Newest {
    pub version: Version,
    pub value: Value,
    pub recent: Box<[OperationId]>,
    /// The first to grant with it.
    pub holder: NodeId,
}

/// How many replicas stood in the way, and why.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Obstacles {
    /// Another attempt held the lock, or made something newer.
    pub busy: u32,
    /// New to the set, not responsible, silent, or not there at all.
    pub other: u32,
}

/// A lock round under way.
#[derive(Debug)]
pub(super) struct Round {
    pub attempt: AttemptId,
    /// When its Locks were sent.
    pub began: Time,
    pub set: Arc<[NodeId]>,
    /// The lock timeout.
    pub patience: Span,
    pub timer: TimerId,
    said: Vec<Said>,
    needed: usize,
    newest: Option<Newest>,
    /// Of a group: what those who granted know of its access peers.
    roll: Roll,
    obstacles: Obstacles,
}

impl Round {
    /// A round that asks `set` now for `needed` grants.
    pub fn new(
        attempt: AttemptId,
        set: Arc<[NodeId]>,
        needed: u32,
        began: Time,
        (patience, timer): (Span, TimerId),
    ) -> Self {
        Self {
            attempt,
            began,
            patience,
            timer,
            said: vec![Said::Nothing; set.len()],
            set,
            needed: needed as usize,
            newest: None,
            roll: Roll::default(),
            obstacles: Obstacles::default(),
        }
    }

    /// Takes in an answer; false if it is a repeat, or from somebody who wasn't asked.
    pub fn hear(&mut self, from: NodeId, verdict: LockVerdict) -> bool {
        let Some(place) = self.set.iter().position(|&replica| replica == from) else {
            return false;
        };
        if self.said[place] != Said::Nothing {
            return false;
        }
        self.said[place] = match verdict {
            LockVerdict::Granted { version, value, recent, roll } => {
                for entry in roll {
                    self.roll.take(entry);
                }
                if self.newest.as_ref().is_none_or(|newest| version > newest.version) {
                    self.newest = Some(Newest { version, value, recent, holder: from });
                }
                Said::Granted(version)
            }
            LockVerdict::Refused(Refusal::Busy) => {
                self.obstacles.busy += 1;
                Said::Refused
            }
            LockVerdict::Refused(_) => {
                self.obstacles.other += 1;
                Said::Refused
            }
        };
        true
    }

    /// Whether the round is decided by what was said so far.
    pub fn outcome(&self) -> Option<RoundOutcome> {
        let granted = self.said.iter().filter(|said| matches!(said, Said::Granted(_))).count();
        if granted >= self.needed {
            return Some(RoundOutcome::Granted);
        }
        (granted + self.silent().count() < self.needed).then_some(RoundOutcome::Refused)
    }

    /// The newest grant; there is one if the round was granted.
    pub fn newest(&mut self) -> Option<Newest> {
        self.newest.take()
    }

    /// What a commit of a message of `bytes` says of its group.
    pub fn group_change(&self, bytes: u32) -> GroupChange {
        GroupChange { bytes, roll: self.roll.hash(), view: self.roll.view_hash() }
    }

    /// What those who granted know of the group's access peers; nothing is left here.
    pub fn take_roll(&mut self) -> Roll {
        std::mem::take(&mut self.roll)
    }

    /// Who granted with `version`.
    pub fn holders(&self, version: Version) -> impl Iterator<Item = NodeId> + '_ {
        let pairs = self.set.iter().zip(&self.said);
        pairs.filter(move |(_, said)| **said == Said::Granted(version)).map(|(&replica, _)| replica)
    }

    /// Who hasn't answered.
    pub fn silent(&self) -> impl Iterator<Item = NodeId> + '_ {
        let pairs = self.set.iter().zip(&self.said);
        pairs.filter(|(_, said)| **said == Said::Nothing).map(|(&replica, _)| replica)
    }

    /// Who stood in the way. After a timeout, those who are silent did too.
    pub fn obstacles(&self, outcome: RoundOutcome) -> Obstacles {
        let silent = match outcome {
            RoundOutcome::TimedOut => self.silent().count() as u32,
            RoundOutcome::Granted | RoundOutcome::Refused => 0,
        };
        Obstacles { other: self.obstacles.other + silent, ..self.obstacles }
    }
}

/// The last round of a line, for answers that come after its end. Locks aren't retransmitted, so
/// that they still give a sample of the round trip: otherwise a timeout that has become too short
/// could never grow again.
#[derive(Debug)]
pub(super) struct Past {
    attempt: AttemptId,
    began: Time,
    silent: Vec<NodeId>,
}

impl Past {
    pub fn new(round: &Round) -> Self {
        Self { attempt: round.attempt, began: round.began, silent: round.silent().collect() }
    }

    /// When the Lock of `attempt` was sent to `from`, if the answer to it hasn't come before.
    pub fn hear(&mut self, from: NodeId, attempt: AttemptId) -> Option<Time> {
        let place = self.silent.iter().position(|&replica| replica == from)?;
        (attempt == self.attempt).then(|| {
            self.silent.swap_remove(place);
            self.began
        })
    }
}
