//! The optimistic lock at one replica (CLIPPEE 5.3, 5.6): a try-lock with a lease, for which
//! requests may wait if they want to (`queue.rs`).
//!
//! At most one attempt holds an object's lock. A lock ends by its own attempt (commit, unlock) or
//! when its lease runs out, at the nanosecond. An attempt that ended is remembered for one lease,
//! so that a Lock of it that arrives late (overtaken, duplicated) doesn't lock for nobody. Locks
//! are never durable and never move: a peer that restarts refuses them for one lease, because it
//! may have granted some before.

use super::alarm::Alarm;
use super::queue::{Claim, Queues, Rank};
use super::{ReplicaHost, Timer};
use crate::node::{AttemptId, Bug, Context, LockEnd, ObjectId, Observation, Span, Time, planted};
use crate::protocol::clippee::gauge::Gauge;
use crate::protocol::clippee::{Lock, Turn, Yield};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Ended attempts beyond this are forgotten early, the oldest first; their late Locks then end by
/// lease.
pub(super) const ENDED_BOUND: usize = 65_536;

#[derive(Clone, Copy, Debug)]
struct Held {
    attempt: AttemptId,
    at: Time,
    until: Time,
    /// `None`: it was asked for by a try-lock.
    claim: Option<Claim>,
}

impl Held {
    fn turn(&self) -> Option<Turn> {
        self.claim.map(|claim| Turn { at: self.at, waited: self.at.since(claim.arrived) })
    }

    /// By what it ranks among those that wait; a try-lock ranks with nobody.
    fn rank(&self) -> Option<Rank> {
        self.claim.map(|claim| (claim.since, self.attempt))
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The lock is the attempt's; which grant it is, unless it was asked for by a try-lock.
    Granted(Option<Turn>),
    /// It waits. The holder and its grant, if that is younger.
    Queued { contests: Option<(AttemptId, Time)> },
    /// Neither.
    Refused,
}

/// The locks of one replica.
#[derive(Debug)]
pub(super) struct Locks {
    lease: Span,
    refuses_until: Time,
    held: BTreeMap<ObjectId, Held>,
    leases: BTreeSet<(Time, ObjectId)>,
    alarm: Alarm,
    queues: Queues,
    /// Free locks for which somebody waits.
    wanted: BTreeSet<ObjectId>,
    ended: BTreeSet<AttemptId>,
    /// The same, oldest first, with the time when it is forgotten.
    forgotten: VecDeque<(Time, AttemptId)>,
    objects: u32,
    held_gauge: Gauge,
    ended_gauge: Gauge,
}

impl Locks {
    /// No locks; none is granted before `refuses_until`. There are `objects` objects.
    pub fn new(lease: Span, refuses_until: Time, objects: u32) -> Self {
        Self {
            lease,
            refuses_until,
            held: BTreeMap::new(),
            leases: BTreeSet::new(),
            alarm: Alarm::new(Timer::Lease),
            queues: Queues::new(lease),
            wanted: BTreeSet::new(),
            ended: BTreeSet::new(),
            forgotten: VecDeque::new(),
            objects,
            held_gauge: Gauge::default(),
            ended_gauge: Gauge::default(),
        }
    }

    /// Asks for a lock; nothing is granted unless the object `is_ready`. A repeat by the holder is
    /// granted again, and doesn't renew the lease. O(log n), and linear in those that wait for this
    /// lock.
    pub fn request<H: ReplicaHost>(
        &mut self,
        lock: Lock,
        is_ready: bool,
        cx: &mut Context<'_, H>,
    ) -> Asked {
        let now = cx.now();
        self.expire(cx);
        self.forget(now);
        let Lock { object, attempt, waits } = lock;
        let held = self.held.get(&object).copied();
        if let Some(held) = held.filter(|held| held.attempt == attempt) {
            let not_yet = Asked::Queued { contests: None };
            if planted(Bug::RepeatRenewsLease) && self.leases.remove(&(held.until, object)) {
                let until = now + self.lease;
                self.leases.insert((until, object));
                self.held.insert(object, Held { until, ..held });
            }
            return if is_ready { Asked::Granted(held.turn()) } else { not_yet };
        }
        if now < self.refuses_until || self.ended.contains(&attempt) {
            return Asked::Refused;
        }
        let claim = waits.map(|since| Claim { since, arrived: now });
        let is_free = held.is_none() || planted(Bug::LockGrantedToTwo);
        if is_ready && is_free && self.queues.is_empty(object) {
            return Asked::Granted(self.grant(object, attempt, claim, cx).turn());
        }
        match claim {
            Some(claim) if self.queues.push(object, attempt, claim, cx) => {
                if held.is_none() {
                    self.want(object);
                }
                let rank = (claim.since, attempt);
                let younger = held.filter(|held| held.rank().is_some_and(|held| rank < held));
                Asked::Queued { contests: younger.map(|held| (held.attempt, held.at)) }
            }
            _ => Asked::Refused,
        }
    }

    fn grant<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        attempt: AttemptId,
        claim: Option<Claim>,
        cx: &mut Context<'_, H>,
    ) -> Held {
        let at = cx.now();
        let until = at + self.lease;
        let held = Held { attempt, at, until, claim };
        // There is none, but with the bug.
        if let Some(other) = self.held.insert(object, held) {
            self.leases.remove(&(other.until, object));
        }
        self.wanted.remove(&object);
        if !planted(Bug::LeaseNeverEnds) {
            self.leases.insert((until, object));
        }
        self.alarm.by(Some(until), cx);
        self.held_gauge.note(self.held.len(), ("locks", self.objects), cx);
        cx.observe(Observation::Locked { object, attempt, responsible: true });
        held
    }

    /// The attempt is over: ends its lock, no other's, or its waiting for it. Whether it was held.
    /// O(log n), and linear in those that wait for this lock.
    pub fn end<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        attempt: AttemptId,
        how: LockEnd,
        cx: &mut Context<'_, H>,
    ) -> bool {
        self.expire(cx);
        self.forget(cx.now());
        self.queues.remove(object, attempt);
        let is_own = |held: &Held| held.attempt == attempt || planted(Bug::AnyAttemptUnlocks);
        let held = self.held.get(&object).copied().filter(is_own);
        if let Some(held) = held {
            self.release(object, Held { attempt, ..held }, how, cx);
        }
        self.remember(attempt, cx);
        held.is_some()
    }

    /// The holder gives its grant back, and waits for another. Nothing if that grant is over.
    pub fn give_way<H: ReplicaHost>(&mut self, yielded: Yield, cx: &mut Context<'_, H>) {
        self.expire(cx);
        let Yield { object, attempt, at } = yielded;
        let held = self.held.get(&object).copied();
        let Some(held) = held.filter(|held| (held.attempt, held.at) == (attempt, at)) else {
            return;
        };
        let Some(claim) = held.claim else { return };
        // If too many wait meanwhile, it hears so when it repeats its request.
        self.queues.push(object, attempt, claim, cx);
        self.release(object, held, LockEnd::Yielded, cx);
    }

    fn release<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        held: Held,
        how: LockEnd,
        cx: &mut Context<'_, H>,
    ) {
        self.held.remove(&object);
        self.leases.remove(&(held.until, object));
        cx.observe(Observation::LockEnded { object, attempt: held.attempt, how });
        self.want(object);
    }

    /// The lock of `object` is free, or still is: whoever waits for it is to get it.
    pub fn want(&mut self, object: ObjectId) {
        if !self.queues.is_empty(object) {
            self.wanted.insert(object);
        }
    }

    /// Free locks for which somebody waits, since this was last asked.
    pub fn take_wanted(&mut self) -> BTreeSet<ObjectId> {
        std::mem::take(&mut self.wanted)
    }

    /// Grants a free lock to the first of those that wait for it.
    pub fn grant_next<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        cx: &mut Context<'_, H>,
    ) -> Option<(AttemptId, Turn)> {
        debug_assert!(!self.held.contains_key(&object), "the lock isn't free");
        let (attempt, claim) = self.queues.pop(object, cx.now())?;
        let turn = self.grant(object, attempt, Some(claim), cx).turn()?;
        Some((attempt, turn))
    }

    /// Nobody is to wait for this lock any more; returns who did.
    pub fn dismiss(&mut self, object: ObjectId) -> Vec<AttemptId> {
        self.queues.dismiss(object)
    }

    /// The lease timer fired.
    pub fn on_timer<H: ReplicaHost>(&mut self, cx: &mut Context<'_, H>) {
        self.alarm.went_off();
        self.expire(cx);
        self.alarm.by(self.leases.first().map(|&(until, _)| until), cx);
    }

    /// Ends what has run out. Also called before each use: a request may come at the very
    /// nanosecond, before the timer.
    fn expire<H: ReplicaHost>(&mut self, cx: &mut Context<'_, H>) {
        while let Some(&(until, object)) = self.leases.first() {
            if until > cx.now() {
                break;
            }
            let held = *self.held.get(&object).expect("a lease belongs to a lock");
            self.release(object, held, LockEnd::Expired, cx);
            // Otherwise a late repeat of its Lock would renew the lease.
            self.remember(held.attempt, cx);
        }
    }

    fn remember<H: ReplicaHost>(&mut self, attempt: AttemptId, cx: &mut Context<'_, H>) {
        if planted(Bug::EndedAttemptForgotten) || !self.ended.insert(attempt) {
            return;
        }
        self.forgotten.push_back((cx.now() + self.lease, attempt));
        if self.ended.len() > ENDED_BOUND {
            self.forget_oldest();
        }
        self.ended_gauge.note(self.ended.len(), ("ended_attempts", ENDED_BOUND as u32), cx);
    }

    fn forget(&mut self, now: Time) {
        while self.forgotten.front().is_some_and(|&(at, _)| at <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, attempt)) = self.forgotten.pop_front() {
            self.ended.remove(&attempt);
        }
    }

    /// How many locks are held, and how many requests wait.
    #[cfg(test)]
    pub fn len(&self) -> (usize, usize) {
        (self.held.len(), self.queues.len())
    }
}
