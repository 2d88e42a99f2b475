//! Divergence (CLIPPEE M3): do those who are responsible for an object hold the same version of it?
//!
//! An object is divergent while two of the r members of the ring closest to its key hold different
//! versions, where no explicit copy means version 0. Nothing is excused: a commit on its way to the
//! last replica, and a peer that has just joined and isn't ready yet, count for as long as they
//! last. So a little divergence is the normal lag of repair, and what matters is how much, and
//! whether it ends.

use super::census::Census;
use super::holdings::Holdings;
use super::ring::{Arc, Ring};
use super::versions::VersionIndex;
use crate::node::{NodeId, ObjectId, Time};

/// Whether the `responsible` hold the same version of `object`.
pub fn agree(
    holdings: &Holdings,
    object: ObjectId,
    mut responsible: impl Iterator<Item = NodeId>,
) -> bool {
    if holdings.copies(object).is_empty() {
        return true;
    }
    let held = |node| holdings.held(node, object).unwrap_or(VersionIndex::ZERO);
    responsible.next().map(held).is_none_or(|first| responsible.all(|node| held(node) == first))
}

/// Which objects are divergent now, and for how many object-seconds of the window any was. A change
/// of one copy costs O(log peers + r), a change of membership that for each object near the peer.
#[derive(Clone, Debug)]
pub struct Agreement {
    ring: Ring,
    replicas: u32,
    keys: std::sync::Arc<Vec<u64>>,
    /// (key, object), sorted.
    by_key: Vec<(u64, ObjectId)>,
    divergent: Vec<bool>,
    count: Integral,
}

impl Agreement {
    /// Nobody is there, all agree.
    #[must_use]
    pub fn new(census: &Census) -> Self {
        let numbered = census.keys.iter().zip(0..);
        let mut by_key: Vec<_> = numbered.map(|(&key, object)| (key, ObjectId(object))).collect();
        by_key.sort_unstable();
        Self {
            ring: Ring::default(),
            replicas: census.replicas,
            keys: census.keys.clone(),
            by_key,
            divergent: vec![false; census.objects()],
            count: Integral::new(census.warmup, census.duration),
        }
    }

    /// A copy of `object` changed.
    pub fn touched(&mut self, at: Time, object: ObjectId, holdings: &Holdings) {
        let key = self.keys[object.0 as usize];
        let now = !agree(holdings, object, self.ring.closest(key, self.replicas));
        let before = std::mem::replace(&mut self.divergent[object.0 as usize], now);
        if before != now {
            let count = self.count.value;
            self.count.set(at, if now { count + 1 } else { count - 1 });
        }
    }

    /// A peer became a member of the ring.
    pub fn entered(&mut self, at: Time, id: u64, node: NodeId, holdings: &Holdings) {
        self.ring.insert(id, node);
        self.moved(at, id, holdings);
    }

    /// A peer is no member of the ring any more.
    pub fn left(&mut self, at: Time, id: u64, node: NodeId, holdings: &Holdings) {
        self.ring.remove(id, node);
        self.moved(at, id, holdings);
    }

    fn moved(&mut self, at: Time, id: u64, holdings: &Holdings) {
        let n = self.by_key.len();
        let (start, span) = match self.ring.reach(id, self.replicas) {
            Arc::Whole => (0, None),
            Arc::Between { after, before } => {
                let start = self.by_key.partition_point(|&(key, _)| key <= after);
                (start, Some((after, before.wrapping_sub(after))))
            }
        };
        for step in 0..n {
            let (key, object) = self.by_key[(start + step) % n];
            if span.is_some_and(|(after, length)| {
                let offset = key.wrapping_sub(after);
                offset == 0 || offset >= length
            }) {
                break;
            }
            self.touched(at, object, holdings);
        }
    }

    /// Divergent objects at `duration`, and object-seconds of divergence from warm-up to
    /// `duration`.
    #[must_use]
    pub fn finish(mut self, end: Time) -> (u64, f64) {
        self.count.advance(end);
        (self.count.at_close.unwrap_or(self.count.value), self.count.sum as f64 / 1e9)
    }
}

/// A whole number over time: its integral over a window, and its value at the window's end.
#[derive(Clone, Debug)]
struct Integral {
    open: Time,
    close: Time,
    value: u64,
    since: Time,
    /// In nanoseconds, exact.
    sum: u128,
    at_close: Option<u64>,
}

impl Integral {
    fn new(open: Time, close: Time) -> Self {
        Self { open, close, value: 0, since: Time::ZERO, sum: 0, at_close: None }
    }

    fn advance(&mut self, at: Time) {
        let inside = at.min(self.close).since(self.since.max(self.open));
        self.sum += u128::from(inside.nanos()) * u128::from(self.value);
        if at >= self.close && self.at_close.is_none() {
            self.at_close = Some(self.value);
        }
        self.since = at;
    }

    fn set(&mut self, at: Time, value: u64) {
        self.advance(at);
        self.value = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{OperationId, Value, Version};
    use crate::observe::consistency::script::{census, version};
    use proptest::prelude::*;
    use std::sync::Arc as Shared;

    const PEERS: u32 = 9;
    const OBJECTS: u32 = 6;

    /// Nine peers and six objects, scattered over the whole ring.
    fn scattered(seed: u64) -> Census {
        let place = |n: u64| crate::node::mix(seed ^ n);
        Census {
            peers: PEERS,
            nodes: PEERS,
            ids: Shared::new((0..=u64::from(PEERS)).map(place).collect()),
            keys: Shared::new((100..100 + u64::from(OBJECTS)).map(place).collect()),
            replicas: 3,
            ..census()
        }
    }

    #[derive(Clone, Debug)]
    enum Change {
        Apply(u32, u32, u32),
        Forget(u32, u32),
        Enter(u32),
        Stop(u32),
    }

    fn change() -> impl Strategy<Value = Change> {
        let (peer, object) = (1..=PEERS, 0..OBJECTS);
        prop_oneof![
            4 => (peer.clone(), object.clone(), 0..4_u32)
                .prop_map(|(peer, object, version)| Change::Apply(peer, object, version)),
            1 => (peer.clone(), object).prop_map(|(peer, object)| Change::Forget(peer, object)),
            2 => peer.clone().prop_map(Change::Enter),
            1 => peer.prop_map(Change::Stop),
        ]
    }

    proptest! {
        /// What is kept up to date change by change is what a look at everything says.
        #[test]
        fn divergence_is_that_of_a_full_look(
            seed: u64, changes in prop::collection::vec(change(), 1..80)
        ) {
            let census = scattered(seed);
            let mut holdings = Holdings::new(PEERS, OBJECTS as usize);
            for object in (0..OBJECTS).map(ObjectId) {
                for n in 1..4 {
                    let (of, base) = (OperationId::default(), version(n - 1, n - 1));
                    let base = if n == 1 { Version::ZERO } else { base };
                    holdings.made(object, version(n, n), base, of, Value::default());
                }
            }
            let mut agreement = Agreement::new(&census);
            let mut up = std::collections::BTreeSet::new();
            for (at, change) in (0..).map(Time::from_nanos).zip(changes) {
                match change {
                    Change::Apply(peer, object, n) => {
                        let version = if n == 0 { Version::ZERO } else { version(n, n) };
                        holdings.applied(NodeId(peer), ObjectId(object), version, true);
                        agreement.touched(at, ObjectId(object), &holdings);
                    }
                    Change::Forget(peer, object) => {
                        holdings.forgot(NodeId(peer), ObjectId(object));
                        agreement.touched(at, ObjectId(object), &holdings);
                    }
                    Change::Enter(peer) => {
                        up.insert((census.ids[peer as usize], NodeId(peer)));
                        agreement.entered(at, census.ids[peer as usize], NodeId(peer), &holdings);
                    }
                    Change::Stop(peer) => {
                        up.remove(&(census.ids[peer as usize], NodeId(peer)));
                        agreement.left(at, census.ids[peer as usize], NodeId(peer), &holdings);
                        holdings.stopped(NodeId(peer), true);
                        // One that held objects without being a member is no concern.
                    }
                }
                let ring = Ring::new(up.iter().copied().collect());
                let looked: Vec<bool> = (0..OBJECTS)
                    .map(|object| {
                        let closest = ring.closest(census.keys[object as usize], 3);
                        !agree(&holdings, ObjectId(object), closest)
                    })
                    .collect();
                prop_assert_eq!(&agreement.divergent, &looked);
                let count = looked.iter().filter(|&&divergent| divergent).count() as u64;
                prop_assert_eq!(agreement.count.value, count);
            }
        }
    }

    #[test]
    fn the_integral_is_cut_at_both_ends_of_the_window() {
        let ms = |ms: u64| Time::from_nanos(ms * 1_000_000);
        let mut count = Integral::new(ms(10), ms(20));
        count.set(ms(5), 2);
        count.set(ms(12), 3);
        count.set(ms(30), 7);
        count.advance(ms(40));
        assert_eq!(count.sum, 28_000_000);
        assert_eq!(count.at_close, Some(3));
    }
}
