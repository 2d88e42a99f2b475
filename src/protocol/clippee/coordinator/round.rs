//! One lock round (CLIPPEE 5.2, 5.3): who was asked, and what they said. Where requests wait,
//! `waiting.rs` says what follows from it.

use super::super::groups::Roll;
use super::super::{GroupChange, LockVerdict, Refusal, Turn};
use crate::node::{
    AttemptId, Bug, NodeId, OperationId, RoundOutcome, Span, Time, TimerId, Value, Version, planted,
};
use std::sync::Arc;

/// What a replica has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Granted(Version, Option<Turn>),
    Queued,
    Refused,
}

/// A replica's part in a round.
#[derive(Clone, Copy, Debug)]
struct Vote {
    said: Said,
    /// The grant there for which somebody older waits.
    contested: Option<Time>,
    /// The last grant that was yielded there: it and those before it count no more.
    yielded: Option<Time>,
}

impl Vote {
    const NONE: Self = Self { said: Said::Nothing, contested: None, yielded: None };

    /// Whether a grant is news.
    fn takes(&self, turn: Option<Turn>) -> bool {
        let Some(Turn { at, .. }) = turn else { return self.said == Said::Nothing };
        let counted = match self.said {
            Said::Granted(_, turn) => turn.map(|turn| turn.at),
            _ => None,
        };
        Some(at) > counted.max(self.yielded)
    }
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
    /// When its first Locks were sent.
    pub began: Time,
    /// All replicas: who gets the commit.
    pub set: Arc<[NodeId]>,
    /// Those of them that are asked for their lock.
    pub asked: Arc<[NodeId]>,
    /// The lock timeout.
    pub patience: Span,
    pub timer: TimerId,
    /// Whether it waits for its turn, rather than for answers.
    pub rests: bool,
    votes: Vec<Vote>,
    needed: usize,
    /// Whether some replica didn't grant: the round may not win.
    behind: bool,
    /// Whether Locks were sent again: answers don't tell any more how long a round trip takes.
    repeated: bool,
    newest: Option<Newest>,
    /// Of a group: what those who granted know of its access peers.
    roll: Roll,
    obstacles: Obstacles,
}

impl Round {
    /// A round that asks `asked`, of `set`, now for `needed` grants.
    pub fn new(
        attempt: AttemptId,
        (set, asked): (Arc<[NodeId]>, Arc<[NodeId]>),
        needed: u32,
        began: Time,
        (patience, timer): (Span, TimerId),
    ) -> Self {
        Self {
            attempt,
            began,
            patience,
            timer,
            rests: false,
            votes: vec![Vote::NONE; asked.len()],
            set,
            asked,
            needed: needed as usize,
            behind: false,
            repeated: false,
            newest: None,
            roll: Roll::default(),
            obstacles: Obstacles::default(),
        }
    }

    /// Takes in an answer: whether it tells how long a round trip takes. `None` if it is no news,
    /// or from somebody who wasn't asked.
    pub fn hear(&mut self, from: NodeId, verdict: LockVerdict) -> Option<bool> {
        let place = self.place(from)?;
        let vote = &mut self.votes[place];
        let is_first = vote.said == Said::Nothing;
        let is_sample = is_first && !self.repeated && verdict.is_prompt();
        let is_open = is_first || vote.said == Said::Queued;
        vote.said = match verdict {
            LockVerdict::Granted { version, value, recent, roll, turn } if vote.takes(turn) => {
                for entry in roll {
                    self.roll.take(entry);
                }
                let is_newer = |newest: &Newest| match planted(Bug::OldestGrantWins) {
                    true => version < newest.version,
                    false => version > newest.version,
                };
                if self.newest.as_ref().is_none_or(is_newer) {
                    self.newest = Some(Newest { version, value, recent, holder: from });
                }
                Said::Granted(version, turn)
            }
            LockVerdict::Refused(refusal) if is_open => {
                if refusal == Refusal::Busy {
                    self.obstacles.busy += 1;
                } else {
                    self.obstacles.other += 1;
                }
                Said::Refused
            }
            LockVerdict::Queued if is_first => Said::Queued,
            _ => return None,
        };
        self.behind |= !matches!(vote.said, Said::Granted(..));
        Some(is_sample)
    }

    fn place(&self, replica: NodeId) -> Option<usize> {
        self.asked.iter().position(|&asked| asked == replica)
    }

    fn count(&self, is_counted: impl Fn(&Said) -> bool) -> usize {
        self.votes.iter().filter(|vote| is_counted(&vote.said)).count()
    }

    /// Whether the round is decided by what was said so far.
    pub fn outcome(&self) -> Option<RoundOutcome> {
        let granted = self.count(|said| matches!(said, Said::Granted(..)));
        let extra = usize::from(planted(Bug::QuorumOneTooFew) && granted > 0);
        if granted + extra >= self.needed {
            return Some(RoundOutcome::Granted);
        }
        let open = self.count(|said| *said != Said::Refused);
        if planted(Bug::CommitWithoutLock) && granted > 0 && open < self.needed {
            return Some(RoundOutcome::Granted);
        }
        (open < self.needed).then_some(RoundOutcome::Refused)
    }

    /// Whether enough replicas grant, or have promised to.
    pub fn stands(&self) -> bool {
        self.count(|said| matches!(said, Said::Granted(..) | Said::Queued)) >= self.needed
    }

    /// How old the oldest grant may be by now: it was given no earlier than its Lock was sent, plus
    /// the time that this waited at the replica.
    pub fn grants_age(&self, now: Time) -> Span {
        let waited = |vote: &Vote| match vote.said {
            Said::Granted(_, turn) => Some(turn.map_or(Span::ZERO, |turn| turn.waited)),
            _ => None,
        };
        let shortest = self.votes.iter().filter_map(waited).min().unwrap_or(Span::ZERO);
        now.since(self.began + shortest)
    }

    /// Somebody older waits for the lock that `from` granted at `at`.
    pub fn contest(&mut self, from: NodeId, at: Time) {
        if let Some(place) = self.place(from) {
            let vote = &mut self.votes[place];
            vote.contested = vote.contested.max(Some(at));
        }
    }

    /// The grants that are to be yielded now, with their times: they count no more. A grant that is
    /// contested before it comes (or that is lost) is yielded unseen.
    pub fn yields(&mut self) -> Vec<(NodeId, Time)> {
        if !self.behind {
            return Vec::new();
        }
        let mut yields = Vec::new();
        for (&replica, vote) in self.asked.iter().zip(&mut self.votes) {
            let Some(at) = vote.contested.take() else { continue };
            let is_over = match vote.said {
                Said::Granted(_, turn) => turn.is_none_or(|turn| turn.at > at),
                _ => vote.yielded >= Some(at),
            };
            if !is_over {
                if !planted(Bug::YieldedLockKept) {
                    vote.said = Said::Queued;
                }
                vote.yielded = Some(at);
                yields.push((replica, at));
            }
        }
        yields
    }

    /// Those who haven't granted or refused are asked again; returns them. What they said before
    /// doesn't count any more.
    pub fn ask_again(&mut self) -> Vec<NodeId> {
        self.repeated = true;
        for vote in &mut self.votes {
            if vote.said == Said::Queued {
                vote.said = Said::Nothing;
            }
        }
        self.silent().collect()
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
        let has = move |vote: &Vote| matches!(vote.said, Said::Granted(held, _) if held == version);
        let pairs = self.asked.iter().zip(&self.votes);
        pairs.filter(move |(_, vote)| has(vote)).map(|(&replica, _)| replica)
    }

    /// Who hasn't answered.
    pub fn silent(&self) -> impl Iterator<Item = NodeId> + '_ {
        let pairs = self.asked.iter().zip(&self.votes);
        pairs.filter(|(_, vote)| vote.said == Said::Nothing).map(|(&replica, _)| replica)
    }

    /// Who stood in the way. After a timeout, those who are silent did too, and those where others
    /// were first.
    pub fn obstacles(&self, outcome: RoundOutcome) -> Obstacles {
        let Obstacles { busy, other } = self.obstacles;
        if outcome != RoundOutcome::TimedOut {
            return self.obstacles;
        }
        let queued = self.count(|said| *said == Said::Queued) as u32;
        Obstacles { busy: busy + queued, other: other + self.silent().count() as u32 }
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
        let silent = if round.repeated { Vec::new() } else { round.silent().collect() };
        Self { attempt: round.attempt, began: round.began, silent }
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
