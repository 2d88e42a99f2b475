//! The round trips that one peer has measured, to whomever: a bounded table that forgets the least
//! recently sampled.

use super::RoundTrip;
use crate::node::{NodeId, Span, Time};

/// Entries kept.
pub(super) const BOUND: usize = 512;

#[derive(Debug)]
struct Trip {
    node: NodeId,
    sampled: Time,
    trip: RoundTrip,
}

/// Round trips by peer. Looking one up takes log time; a new one may take linear time in [`BOUND`].
#[derive(Debug, Default)]
pub(super) struct Trips {
    /// Sorted by node.
    entries: Vec<Trip>,
}

impl Trips {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn find(&self, node: NodeId) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&node, |entry| entry.node)
    }

    /// Takes in one measured round trip.
    pub fn sample(&mut self, node: NodeId, measured: Span, now: Time) {
        let index = match self.find(node) {
            Ok(index) => index,
            Err(index) => self.enter(index, node),
        };
        let entry = &mut self.entries[index];
        entry.sampled = now;
        entry.trip.sample(measured);
    }

    /// Makes an empty entry where `node` belongs (`index`), at the cost of the least recently
    /// sampled (of equally old ones that with the smallest id).
    fn enter(&mut self, mut index: usize, node: NodeId) -> usize {
        if self.entries.len() >= BOUND {
            let oldest = (0..self.entries.len()).min_by_key(|&i| self.entries[i].sampled);
            let oldest = oldest.expect("a full table has entries");
            self.entries.remove(oldest);
            index -= usize::from(oldest < index);
        }
        let trip = RoundTrip::default();
        self.entries.insert(index, Trip { node, sampled: Time::ZERO, trip });
        index
    }

    /// The mean round trip, if any was measured.
    pub fn mean(&self, node: NodeId) -> Option<Span> {
        self.find(node).ok().and_then(|index| self.entries[index].trip.mean())
    }

    /// The retransmission timeout.
    pub fn timeout(&self, node: NodeId) -> Span {
        let trip = self.find(node).map(|index| self.entries[index].trip);
        trip.unwrap_or_default().timeout()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_sampled_is_forgotten() {
        let mut trips = Trips::default();
        let trip = Span::from_millis(20);
        for i in 0..BOUND as u32 {
            trips.sample(NodeId(1000 - i), trip, Time::from_nanos(u64::from(i)));
        }
        trips.sample(NodeId(1000), trip, Time::from_nanos(5000));
        trips.sample(NodeId(2000), trip, Time::from_nanos(5001));
        assert_eq!(trips.len(), BOUND);
        assert_eq!(trips.mean(NodeId(999)), None, "the second oldest went: the oldest was renewed");
        assert_eq!(trips.mean(NodeId(1000)), Some(trip));
        assert_eq!(trips.mean(NodeId(2000)), Some(trip));
        assert_eq!(trips.timeout(NodeId(1)), RoundTrip::default().timeout());
        assert!(trips.entries.is_sorted_by_key(|entry| entry.node));
    }
}
