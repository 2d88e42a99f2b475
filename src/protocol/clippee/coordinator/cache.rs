//! Replica sets that were looked up not long ago (CLIPPEE 5.1).

use crate::node::{NodeId, ObjectId, Span, Time};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The replica sets that this peer trusts, each for a fixed time from its lookup.
#[derive(Debug)]
pub(super) struct Cache {
    ttl: Span,
    sets: BTreeMap<ObjectId, (Time, Arc<[NodeId]>)>,
    /// When sets end, in order; those replaced or dropped meanwhile still stand here.
    ends: VecDeque<(Time, ObjectId)>,
}

impl Cache {
    /// Nothing yet; what comes is trusted for `ttl`.
    pub const fn new(ttl: Span) -> Self {
        Self { ttl, sets: BTreeMap::new(), ends: VecDeque::new() }
    }

    /// The set of `object`, if it is known and not too old. O(log n).
    pub fn find(&self, object: ObjectId, now: Time) -> Option<Arc<[NodeId]>> {
        let (end, set) = self.sets.get(&object)?;
        (now < *end).then(|| set.clone())
    }

    /// A lookup found `set`. O(log n), amortized.
    pub fn put(&mut self, object: ObjectId, set: Arc<[NodeId]>, now: Time) {
        while let Some(&(end, old)) = self.ends.front().filter(|(end, _)| *end <= now) {
            self.ends.pop_front();
            if self.sets.get(&old).is_some_and(|(until, _)| *until == end) {
                self.sets.remove(&old);
            }
        }
        let end = now + self.ttl;
        self.sets.insert(object, (end, set));
        if !self.ttl.is_never() {
            self.ends.push_back((end, object));
        }
    }

    /// The set of `object` has proved wrong: it has to be looked up again.
    pub fn drop(&mut self, object: ObjectId) {
        self.sets.remove(&object);
    }

    /// How many sets are kept.
    pub fn len(&self) -> usize {
        self.sets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn a_set_is_trusted_for_its_time_and_then_forgotten() {
        let mut cache = Cache::new(Span::from_secs(60));
        let set: Arc<[NodeId]> = Arc::new([NodeId(1), NodeId(2)]);
        cache.put(ObjectId(1), set.clone(), at(0));
        assert_eq!(cache.find(ObjectId(1), at(59)), Some(set.clone()));
        assert_eq!(cache.find(ObjectId(1), at(60)), None);
        cache.put(ObjectId(2), set.clone(), at(61));
        assert_eq!(cache.len(), 1);
        cache.drop(ObjectId(2));
        assert_eq!(cache.find(ObjectId(2), at(61)), None);
    }

    #[test]
    fn a_set_looked_up_again_lives_on() {
        let mut cache = Cache::new(Span::from_secs(60));
        let set: Arc<[NodeId]> = Arc::new([NodeId(1)]);
        cache.put(ObjectId(1), set.clone(), at(0));
        cache.put(ObjectId(1), set.clone(), at(30));
        cache.put(ObjectId(2), set.clone(), at(70));
        assert_eq!(cache.find(ObjectId(1), at(70)), Some(set));
        assert_eq!(cache.len(), 2);
    }
}
