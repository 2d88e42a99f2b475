//! Replica sets that were looked up not long ago (CLIPPEE 5.1).

use crate::node::{Bug, NodeId, ObjectId, Span, Time, planted};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The replica sets that this peer trusts, each for a fixed time from its lookup.
#[derive(Debug)]
pub(super) struct Cache {
    ttl: Span,
    sets: BTreeMap<ObjectId, (Time, Arc<[NodeId]>)>,
    /// The same by their ends.
    ends: BTreeSet<(Time, ObjectId)>,
}

impl Cache {
    /// Nothing yet; what comes is trusted for `ttl`.
    pub const fn new(ttl: Span) -> Self {
        Self { ttl, sets: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// The set of `object`, if it is known and not too old. O(log n).
    pub fn find(&self, object: ObjectId, now: Time) -> Option<Arc<[NodeId]>> {
        let (end, set) = self.sets.get(&object)?;
        (now < *end).then(|| set.clone())
    }

    /// A lookup found `set`. O(log n), amortized.
    pub fn put(&mut self, object: ObjectId, set: Arc<[NodeId]>, now: Time) {
        while let Some(&(_, old)) = self.ends.first().filter(|(end, _)| *end <= now) {
            self.remove(old);
        }
        self.remove(object);
        let end = now + self.ttl;
        self.sets.insert(object, (end, set));
        self.ends.insert((end, object));
    }

    /// The set of `object` has proved wrong: it has to be looked up again. O(log n).
    pub fn drop(&mut self, object: ObjectId) {
        if !planted(Bug::StaleSetKept) {
            self.remove(object);
        }
    }

    fn remove(&mut self, object: ObjectId) {
        if let Some((end, _)) = self.sets.remove(&object) {
            self.ends.remove(&(end, object));
        }
    }

    /// The same, if `peer` is in the set.
    pub fn drop_with(&mut self, object: ObjectId, peer: NodeId) {
        if self.sets.get(&object).is_some_and(|(_, set)| set.contains(&peer)) {
            self.drop(object);
        }
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

    #[test]
    fn sets_that_prove_wrong_again_and_again_take_no_space() {
        for ttl in [Span::from_secs(60), Span::NEVER] {
            let mut cache = Cache::new(ttl);
            for second in 0..9 {
                cache.put(ObjectId(1), Arc::new([NodeId(1)]), at(second));
                cache.put(ObjectId(2), Arc::new([NodeId(1)]), at(second));
                cache.drop(ObjectId(1));
            }
            assert_eq!((cache.sets.len(), cache.ends.len()), (1, 1));
        }
    }
}
