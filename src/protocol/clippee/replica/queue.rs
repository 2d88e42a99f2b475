//! Requests that wait for locks, of coordinators that would rather wait than be refused.
//!
//! The oldest comes first, whatever the order of arrival: all replicas serve those that wait in one
//! order, so that who is first at one of them is first at all, as soon as its requests have
//! arrived. A request is forgotten when its attempt ends, or when it hasn't been heard of for one
//! lease: coordinators repeat theirs.

use super::ReplicaHost;
use crate::node::{AttemptId, Context, ObjectId, Span, Time};
use crate::protocol::clippee::gauge::Gauge;
use std::collections::BTreeMap;

/// So many requests wait for one lock; more are refused. An access peer has one at a time.
pub(super) const QUEUE_BOUND: usize = 1_024;

/// What entitles a request to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Since when its coordinator wants the lock, by that one's clock.
    pub since: Time,
    /// When its first request arrived here.
    pub arrived: Time,
}

/// The order in which requests are served: the oldest first.
pub(super) type Rank = (Time, AttemptId);

#[derive(Debug)]
struct Waiting {
    attempt: AttemptId,
    claim: Claim,
    heard: Time,
}

impl Waiting {
    const fn rank(&self) -> Rank {
        (self.claim.since, self.attempt)
    }
}

/// The queues of one replica's locks.
#[derive(Debug)]
pub(super) struct Queues {
    lease: Span,
    /// None is empty.
    queues: BTreeMap<ObjectId, Vec<Waiting>>,
    gauge: Gauge,
}

impl Queues {
    /// Nobody waits. Requests are kept for `lease` from when they were last heard.
    pub fn new(lease: Span) -> Self {
        Self { lease, queues: BTreeMap::new(), gauge: Gauge::default() }
    }

    /// Whether nobody waits for this lock. O(log n).
    pub fn is_empty(&self, object: ObjectId) -> bool {
        !self.queues.contains_key(&object)
    }

    /// A request waits, or says that it still does; false: too many wait. Linear in those that wait
    /// for this lock, as all that follows.
    pub fn push<H: ReplicaHost>(
        &mut self,
        object: ObjectId,
        attempt: AttemptId,
        claim: Claim,
        cx: &mut Context<'_, H>,
    ) -> bool {
        let heard = cx.now();
        self.forget_silent(object, heard);
        let queue = self.queues.entry(object).or_default();
        if let Some(known) = queue.iter_mut().find(|waiting| waiting.attempt == attempt) {
            known.heard = heard;
            return true;
        }
        if queue.len() >= QUEUE_BOUND {
            return false;
        }
        let new = Waiting { attempt, claim, heard };
        let place = queue.partition_point(|waiting| waiting.rank() < new.rank());
        queue.insert(place, new);
        self.gauge.note(queue.len(), ("lock_queue", QUEUE_BOUND as u32), cx);
        true
    }

    /// Takes out the first of those that still wait.
    pub fn pop(&mut self, object: ObjectId, now: Time) -> Option<(AttemptId, Claim)> {
        self.forget_silent(object, now);
        let queue = self.queues.get_mut(&object)?;
        let Waiting { attempt, claim, .. } = queue.remove(0);
        self.drop_if_empty(object);
        Some((attempt, claim))
    }

    /// An attempt waits no more.
    pub fn remove(&mut self, object: ObjectId, attempt: AttemptId) {
        if let Some(queue) = self.queues.get_mut(&object) {
            queue.retain(|waiting| waiting.attempt != attempt);
            self.drop_if_empty(object);
        }
    }

    /// Nobody is to wait here any more; returns who did, in order.
    pub fn dismiss(&mut self, object: ObjectId) -> Vec<AttemptId> {
        let queue = self.queues.remove(&object).unwrap_or_default();
        queue.into_iter().map(|waiting| waiting.attempt).collect()
    }

    fn forget_silent(&mut self, object: ObjectId, now: Time) {
        if let Some(queue) = self.queues.get_mut(&object) {
            let lease = self.lease;
            queue.retain(|waiting| now < waiting.heard + lease);
            self.drop_if_empty(object);
        }
    }

    fn drop_if_empty(&mut self, object: ObjectId) {
        if self.queues.get(&object).is_some_and(Vec::is_empty) {
            self.queues.remove(&object);
        }
    }

    /// How many requests wait.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.queues.values().map(Vec::len).sum()
    }
}
