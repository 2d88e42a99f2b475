//! Updates (CLIPPEE 5), one at a time per object, in the order in which they came; multicasts in
//! total order are updates of their group (CLIPPEE 7).
//!
//! An update goes through phases: find the replica set, lock, commit; a lock round that fails is
//! followed by a wait and the next one (`commit.rs` has what follows a round that was granted,
//! `waiting.rs` what goes on in one that waits for its turn).
//! Every entry point leaves the line with something under way, or idle.

use super::super::{Lock, LockReply, LockVerdict, Message, Refusal, Timer, Unlock};
use super::desk::Desk;
use super::round::{Obstacles, Past, Round};
use super::spread::{Spread, unlock_all};
use super::waiting::give_way;
use super::{Seeker, Shared};
use crate::node::{
    Bug, FailureCause, NodeId, ObjectId, Observation, OperationId, Outcome, RoundOutcome, Time,
    TimerId, planted,
};
use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Debug)]
enum Phase {
    /// Waits for a lookup.
    Finding { token: u32 },
    /// Waits for grants.
    Locking(Round),
    /// The line's spread decides.
    Committing,
    /// Before the next round.
    Waiting { timer: TimerId },
}

/// What an update makes of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A new value.
    Value,
    /// Of a group: one more message, which changes the group's state (CLIPPEE 7).
    Message {
        /// Its size.
        bytes: u32,
    },
}

/// The update under way.
#[derive(Debug)]
pub(super) struct Update {
    id: OperationId,
    pub(super) change: Change,
    phase: Phase,
    failures: u32,
    obstacles: Obstacles,
    /// Since when it wants the lock: that is its place among those that wait, also in later rounds.
    pub(super) since: Time,
    /// Whether a commit was sent: whatever happens now, it may be applied somewhere.
    pub(super) maybe_applied: bool,
}

impl Update {
    /// The lock round under way.
    pub(super) const fn round(&self) -> Option<&Round> {
        if let Phase::Locking(round) = &self.phase { Some(round) } else { None }
    }

    /// The same, to be changed.
    pub(super) const fn round_mut(&mut self) -> Option<&mut Round> {
        if let Phase::Locking(round) = &mut self.phase { Some(round) } else { None }
    }
}

/// The updates of one object at one coordinator.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) object: ObjectId,
    waiting: VecDeque<(OperationId, Change)>,
    pub(super) running: Option<Update>,
    /// The last commit, as long as replicas are silent; the update it was for may have been
    /// answered.
    pub(super) spread: Option<Spread>,
    pub(super) past: Option<Past>,
}

impl Line {
    /// Nobody waits.
    pub const fn new(object: ObjectId) -> Self {
        Self { object, waiting: VecDeque::new(), running: None, spread: None, past: None }
    }

    /// Whether the line can be forgotten.
    pub fn is_idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty() && self.spread.is_none()
    }

    /// An update joins the line.
    pub fn push(
        &mut self,
        id: OperationId,
        change: Change,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        self.waiting.push_back((id, change));
        self.advance(shared, desk);
    }

    /// The replica set was found.
    pub fn found(
        &mut self,
        token: u32,
        set: Arc<[NodeId]>,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        if self.is_finding(token) {
            self.lock(set, shared, desk);
            self.advance(shared, desk);
        }
    }

    /// It wasn't found.
    pub fn lost(&mut self, token: u32, shared: &mut Shared, desk: &mut impl Desk) {
        if self.is_finding(token) {
            self.try_again(Obstacles { busy: 0, other: 1 }, shared, desk);
            self.advance(shared, desk);
        }
    }

    /// A replica answers to a Lock.
    pub fn on_lock_reply(
        &mut self,
        from: NodeId,
        reply: LockReply,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        self.hear_lock(from, reply, shared, desk);
        self.advance(shared, desk);
    }

    /// The lock round takes too long, or the wait before the next one is over.
    pub fn on_update_timer(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        match self.running.as_ref().map(|update| &update.phase) {
            Some(Phase::Locking(_)) => self.outwait(shared, desk),
            Some(Phase::Waiting { .. }) => self.seek(shared, desk),
            _ => {}
        }
        self.advance(shared, desk);
    }

    /// The operation has had its time; returns whether it may have been applied. What was committed
    /// goes on spreading.
    pub fn abandon(&mut self, id: OperationId, shared: &mut Shared, desk: &mut impl Desk) -> bool {
        self.waiting.retain(|&(waiting, _)| waiting != id);
        let Some(update) = self.running.take_if(|update| update.id == id) else { return false };
        match update.phase {
            Phase::Finding { .. } => {}
            Phase::Locking(round) => self.close(id, &round, RoundOutcome::TimedOut, desk),
            Phase::Committing => {
                if let Some(spread) = &mut self.spread {
                    spread.answered = true;
                }
            }
            Phase::Waiting { timer } => desk.disarm(timer),
        }
        self.advance(shared, desk);
        update.maybe_applied
    }

    fn is_finding(&self, token: u32) -> bool {
        let phase = self.running.as_ref().map(|update| &update.phase);
        matches!(phase, Some(Phase::Finding { token: awaited }) if *awaited == token)
    }

    pub(super) fn advance(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        while self.running.is_none() {
            let Some((id, change)) = self.waiting.pop_front() else { return };
            self.running = Some(Update {
                id,
                change,
                phase: Phase::Committing,
                failures: 0,
                obstacles: Obstacles::default(),
                since: desk.now(),
                maybe_applied: false,
            });
            self.seek(shared, desk);
        }
    }

    /// Step 5.1.
    fn seek(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        if let Some(set) = shared.cache.find(self.object, desk.now()) {
            return self.lock(set, shared, desk);
        }
        let token = shared.look_up(self.object, Seeker::Update(self.object), desk);
        if let Some(update) = &mut self.running {
            update.phase = Phase::Finding { token };
        }
    }

    /// Step 5.2.
    fn lock(&mut self, set: Arc<[NodeId]>, shared: &mut Shared, desk: &mut impl Desk) {
        let Some(update) = &mut self.running else { return };
        let (id, object, attempt) = (update.id, self.object, shared.next_attempt(desk));
        desk.observe(Observation::RoundBegan { id, object, attempt });
        let (grants, acks) = (shared.lock_grants(), shared.write_acks());
        let missing = grants.max(acks).saturating_sub(set.len() as u32);
        if missing > 0 {
            // Nobody needs to be asked.
            let outcome = RoundOutcome::Refused;
            desk.observe(Observation::RoundEnded { id, object, attempt, outcome });
            shared.cache.drop(object);
            return self.try_again(Obstacles { busy: 0, other: missing }, shared, desk);
        }
        let asked = shared.draw_asked(&set, desk);
        let waits = shared.config.lock_policy.waits().then_some(update.since);
        let own = ask(Lock { object, attempt, waits }, &asked, desk);
        let patience = shared.lock_timeout(&set, desk);
        let timer = desk.arm(Timer::Update(object), patience);
        let round = Round::new(attempt, (set, asked), grants, desk.now(), (patience, timer));
        update.phase = Phase::Locking(round);
        if let Some(reply) = own {
            self.hear_lock(desk.id(), reply, shared, desk);
        }
    }

    pub(super) fn hear_lock(
        &mut self,
        from: NodeId,
        reply: LockReply,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        if let LockVerdict::Contested { at } = reply.verdict {
            return self.contested(from, (reply.attempt, at), desk);
        }
        let moved = matches!(reply.verdict, LockVerdict::Refused(Refusal::NotResponsible { .. }));
        let is_prompt = reply.verdict.is_prompt();
        let round = match self.running.as_mut().map(|update| &mut update.phase) {
            Some(Phase::Locking(round)) if round.attempt == reply.attempt => round,
            _ => {
                let sent = self.past.as_mut().and_then(|past| past.hear(from, reply.attempt));
                if let Some(sent) = sent {
                    if is_prompt {
                        desk.measured(from, desk.now().since(sent));
                    }
                    if moved {
                        shared.cache.drop_with(self.object, from);
                    }
                }
                return;
            }
        };
        let Some(is_sample) = round.hear(from, reply.verdict) else { return };
        let (decided, age) = (round.outcome(), round.grants_age(desk.now()));
        if is_sample && from != desk.id() {
            desk.measured(from, desk.now().since(round.began));
        }
        if decided.is_none() {
            give_way(self.object, round, desk);
        }
        if moved {
            shared.cache.drop(self.object);
        }
        match decided {
            Some(RoundOutcome::Granted) if age < shared.config.lock_lease => {
                self.granted(shared, desk);
            }
            Some(RoundOutcome::Granted) => self.end_round(RoundOutcome::TimedOut, shared, desk),
            Some(outcome) => self.end_round(outcome, shared, desk),
            None => {}
        }
    }

    /// Step 5.5: the round has failed.
    pub(super) fn end_round(
        &mut self,
        outcome: RoundOutcome,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let Some((id, round)) = self.take_round() else { return };
        if outcome == RoundOutcome::TimedOut {
            // Whoever is silent may be gone: better ask who is responsible now.
            shared.cache.drop(self.object);
        }
        let obstacles = round.obstacles(outcome);
        self.close(id, &round, outcome, desk);
        self.try_again(obstacles, shared, desk);
    }

    pub(super) fn take_round(&mut self) -> Option<(OperationId, Round)> {
        let update = self.running.as_mut()?;
        match std::mem::replace(&mut update.phase, Phase::Committing) {
            Phase::Locking(round) => Some((update.id, round)),
            phase => {
                update.phase = phase;
                None
            }
        }
    }

    /// A round ends without success: its locks are given back.
    fn close(
        &mut self,
        id: OperationId,
        round: &Round,
        outcome: RoundOutcome,
        desk: &mut impl Desk,
    ) {
        let (object, attempt) = (self.object, round.attempt);
        desk.disarm(round.timer);
        desk.observe(Observation::RoundEnded { id, object, attempt, outcome });
        if !planted(Bug::UnlockForgotten) {
            unlock_all(Unlock { object, attempt }, &round.asked, desk);
        }
        self.past = Some(Past::new(round));
    }

    /// The k-th attempt has failed.
    pub(super) fn try_again(
        &mut self,
        obstacles: Obstacles,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let Some(update) = &mut self.running else { return };
        update.failures += 1;
        update.obstacles.busy += obstacles.busy;
        update.obstacles.other += obstacles.other;
        if update.failures >= shared.config.attempts {
            let Obstacles { busy, other } = update.obstacles;
            let contended = busy >= other;
            let cause =
                if contended { FailureCause::Contention } else { FailureCause::Unreachable };
            let maybe_applied = update.maybe_applied;
            return self.end(Outcome::Failed { cause, maybe_applied }, shared);
        }
        desk.observe(Observation::Retried { id: update.id });
        let wait = desk.draw(shared.backoff(update.failures));
        update.phase = Phase::Waiting { timer: desk.arm(Timer::Update(self.object), wait) };
    }

    /// The running update ends.
    pub(super) fn end(&mut self, outcome: Outcome, shared: &mut Shared) {
        if let Some(update) = self.running.take() {
            shared.ended.push((update.id, outcome));
        }
    }
}

/// Asks `replicas` for their lock; what this very peer says if it is one of them.
pub(super) fn ask(lock: Lock, replicas: &[NodeId], desk: &mut impl Desk) -> Option<LockReply> {
    let mut own = None;
    for &replica in replicas {
        if replica == desk.id() {
            own = Some(desk.own_lock(lock));
        } else {
            desk.send(replica, Message::Lock(lock));
        }
    }
    own
}
