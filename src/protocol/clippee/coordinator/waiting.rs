//! A lock round whose requests are queued (`lock_policy = "queue"`): it waits for its turn, and
//! gives way to older ones, so that coordinators that hold some replicas each don't wait for each
//! other.
//!
//! A replica with an older request in its queue than the one that holds its lock tells the holder
//! (Maekawa's INQUIRE). A holder that can't be sure to win, because some replica didn't grant at
//! once, yields there. So the oldest request gets every lock, unless somebody has won already, who
//! is going to give it back.
//!
//! A request is kept for one lease from when it was last heard. So it is repeated, which also finds
//! out who still answers: a round is over when too few do.

use super::super::{Lock, LockVerdict, Message, Timer, Yield};
use super::Shared;
use super::desk::Desk;
use super::round::Round;
use super::update::{Line, Update, ask};
use crate::node::{AttemptId, NodeId, ObjectId, RoundOutcome, Span, Time};

impl LockVerdict {
    /// Whether it was given as soon as the request came, so that it tells how long a round trip
    /// takes.
    pub(super) fn is_prompt(&self) -> bool {
        match self {
            Self::Granted { turn, .. } => turn.is_none_or(|turn| turn.waited == Span::ZERO),
            Self::Refused(_) | Self::Queued => true,
            Self::Contested { .. } => false,
        }
    }

    /// Whether the replica's lock is held for somebody who may have given up waiting for it.
    pub(super) const fn is_late_grant(&self) -> bool {
        matches!(self, Self::Granted { turn: Some(_), .. } | Self::Contested { .. })
    }
}

impl Line {
    /// Whether the lock of `attempt` is of use here: it is waited for, or its commit is under way.
    pub fn is_at(&self, attempt: AttemptId) -> bool {
        let round = self.running.as_ref().and_then(Update::round);
        round.is_some_and(|round| round.attempt == attempt)
            || self.spread.as_ref().is_some_and(|spread| spread.attempt == attempt)
    }

    /// At `from`, whose grant of the time `at` this round holds, somebody older waits.
    pub(super) fn contested(
        &mut self,
        from: NodeId,
        (attempt, at): (AttemptId, Time),
        desk: &mut impl Desk,
    ) {
        let object = self.object;
        let round = self.running.as_mut().and_then(Update::round_mut);
        if let Some(round) = round.filter(|round| round.attempt == attempt) {
            round.contest(from, at);
            give_way(object, round, desk);
        }
    }

    /// The round's time for answers, or its rest, is over. Ends it if too few replicas keep its
    /// requests.
    pub(super) fn outwait(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        let object = self.object;
        let Some(update) = &mut self.running else { return };
        let since = update.since;
        let Some(round) = update.round_mut() else { return };
        let mut own = None;
        if round.rests {
            let lock = Lock { object, attempt: round.attempt, waits: Some(since) };
            own = ask(lock, &round.ask_again(), desk);
            round.timer = desk.arm(Timer::Update(object), round.patience);
        } else if round.stands() {
            // Half of what is left of the lease, so that the repeat comes before its end.
            let rest = shared.config.lock_lease.less(round.patience).part(2);
            round.timer = desk.arm(Timer::Update(object), rest);
        } else {
            return self.end_round(RoundOutcome::TimedOut, shared, desk);
        }
        round.rests = !round.rests;
        if let Some(reply) = own {
            self.hear_lock(desk.id(), reply, shared, desk);
        }
    }
}

/// Yields what is contested, if the round isn't sure to win.
pub(super) fn give_way(object: ObjectId, round: &mut Round, desk: &mut impl Desk) {
    let attempt = round.attempt;
    for (replica, at) in round.yields() {
        let yielded = Yield { object, attempt, at };
        if replica == desk.id() {
            desk.own_yield(yielded);
        } else {
            desk.send(replica, Message::Yield(yielded));
        }
    }
}
