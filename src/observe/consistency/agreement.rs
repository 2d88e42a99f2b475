//! Divergence (CLIPPEE M3): do those who are responsible for an object hold the same version of it?
//!
//! An object is divergent while two of the r members of the ring closest to its key hold different versions, where no
//! explicit copy means version 0. Nothing is excused: a commit on its way to the last replica, and a peer that has
//! just joined and isn't ready yet, count for as long as they last. So a little divergence is the normal lag of
//! repair, and what matters is how much, and whether it ends.

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

/// Which objects are divergent now, and for how many object-seconds of the window any was. A change of one copy
/// costs O(log peers + r), a change of membership that for each object near the peer.
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

    /// Divergent objects at `duration`, and object-seconds of divergence from warm-up to `duration`.
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
