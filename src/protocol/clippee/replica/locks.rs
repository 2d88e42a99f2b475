//! The optimistic lock at one replica (CLIPPEE 5.3, 5.6): a try-lock with a lease.
//!
//! At most one attempt holds an object's lock. A lock ends by its own attempt (commit, unlock) or
//! when its lease runs out, at the nanosecond. An attempt that ended is remembered for one lease,
//! so that a Lock of it that arrives late (overtaken, duplicated) doesn't lock for nobody. Locks
//! are never durable and never move: a peer that restarts refuses them for one lease, because it
//! may have granted some before.

use super::alarm::Alarm;
use super::{ReplicaHost, Timer};
use crate::node::{AttemptId, Context, LockEnd, ObjectId, Observation, Span, Time};
use crate::protocol::clippee::Lock;
use crate::protocol::clippee::gauge::Gauge;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Ended attempts beyond this are forgotten early, the oldest first; their late Locks then end by
/// lease.
pub(super) const ENDED_BOUND: usize = 65_536;

#[derive(Debug)]
struct Held {
    attempt: AttemptId,
    until: Time,
}

/// The locks of one replica.
#[derive(Debug)]
pub(super) struct Locks {
    lease: Span,
    refuses_until: Time,
    held: BTreeMap<ObjectId, Held>,
    leases: BTreeSet<(Time, ObjectId)>,
    alarm: Alarm,
    ended: BTreeSet<AttemptId>,
    /// The same, oldest first, with the time when it is forgotten.
    forgotten: VecDeque<(Time, AttemptId)>,
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
            ended: BTreeSet::new(),
            forgotten: VecDeque::new(),
            held_gauge: Gauge::new("locks", objects),
            ended_gauge: Gauge::new("ended_attempts", ENDED_BOUND as u32),
        }
    }

    /// Asks for a lock: whether it is granted. A repeat by the holder is, and doesn't renew the
    /// lease. O(log n).
    pub fn request<H: ReplicaHost>(&mut self, lock: Lock, cx: &mut Context<'_, H>) -> bool {
        let now = cx.now();
        self.expire(cx);
        self.forget(now);
        if let Some(held) = self.held.get(&lock.object) {
            return held.attempt == lock.attempt;
        }
        if now < self.refuses_until || self.ended.contains(&lock.attempt) {
            return false;
        }
        let until = now + self.lease;
        self.held.insert(lock.object, Held { attempt: lock.attempt, until });
        self.leases.insert((until, lock.object));
        self.alarm.by(Some(until), cx);
        self.held_gauge.note(self.held.len(), cx);
        let Lock { object, attempt } = lock;
        cx.observe(Observation::Locked { object, attempt, responsible: true });
        true
    }

    /// The attempt is over: ends its lock, no other's. Whether it was held. O(log n).
    pub fn end<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        attempt: AttemptId,
        how: LockEnd,
        cx: &mut Context<'_, H>,
    ) -> bool {
        self.expire(cx);
        self.forget(cx.now());
        let held = self.held.get(&object).filter(|held| held.attempt == attempt);
        let until = held.map(|held| held.until);
        if let Some(until) = until {
            self.held.remove(&object);
            self.leases.remove(&(until, object));
            cx.observe(Observation::LockEnded { object, attempt, how });
        }
        self.remember(attempt, cx);
        until.is_some()
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
            self.leases.pop_first();
            let held = self.held.remove(&object).expect("a lease belongs to a lock");
            let attempt = held.attempt;
            cx.observe(Observation::LockEnded { object, attempt, how: LockEnd::Expired });
            // Otherwise a late repeat of its Lock would renew the lease.
            self.remember(attempt, cx);
        }
    }

    fn remember<H: ReplicaHost>(&mut self, attempt: AttemptId, cx: &mut Context<'_, H>) {
        if !self.ended.insert(attempt) {
            return;
        }
        self.forgotten.push_back((cx.now() + self.lease, attempt));
        if self.ended.len() > ENDED_BOUND {
            self.forget_oldest();
        }
        self.ended_gauge.note(self.ended.len(), cx);
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

    /// How many locks are held.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.held.len()
    }
}
