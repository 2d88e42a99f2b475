//! The round trips that one peer has measured, to whomever: a bounded table that forgets the least
//! recently sampled.

use super::RoundTrip;
use crate::node::{NodeId, Span, Time, mix};

/// Entries kept.
pub(super) const BOUND: usize = 512;

/// No entry; others are named by their place plus one.
const NONE: u16 = 0;

#[derive(Debug)]
struct Trip {
    node: NodeId,
    sampled: Time,
    trip: RoundTrip,
    /// The next entry whose node has the same hash.
    alike: u16,
    /// Neighbours in the order of sampling.
    older: u16,
    newer: u16,
}

/// Round trips by peer. A hash table, because every peer looks here for each message, and with many
/// peers each cache line that it touches is far away. All operations take constant time.
#[derive(Debug, Default)]
pub(super) struct Trips {
    entries: Vec<Trip>,
    /// The first entry of each hash; a power of two of them.
    heads: Vec<u16>,
    oldest: u16,
    newest: u16,
}

impl Trips {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Something that depends on the entries at both ends.
    pub fn glance(&self) -> u32 {
        let entry = |name: u16| self.entries.get((name as usize).wrapping_sub(1));
        let [old, new] = [self.oldest, self.newest].map(|it| entry(it).map_or(0, |it| it.node.0));
        old ^ new
    }

    fn at(&mut self, name: u16) -> &mut Trip {
        &mut self.entries[name as usize - 1]
    }

    /// The head that a node belongs to. There are heads.
    fn hash(&self, node: NodeId) -> usize {
        mix(u64::from(node.0)) as usize & (self.heads.len() - 1)
    }

    fn find(&self, node: NodeId) -> Option<u16> {
        if self.heads.is_empty() {
            return None;
        }
        let mut name = self.heads[self.hash(node)];
        while name != NONE {
            let entry = &self.entries[name as usize - 1];
            if entry.node == node {
                return Some(name);
            }
            name = entry.alike;
        }
        None
    }

    /// Takes in one measured round trip.
    pub fn sample(&mut self, node: NodeId, measured: Span, now: Time) {
        let name = match self.find(node) {
            Some(name) => {
                self.leave_order(name);
                name
            }
            None => self.enter(node),
        };
        let newest = std::mem::replace(&mut self.newest, name);
        let entry = self.at(name);
        (entry.older, entry.newer, entry.sampled) = (newest, NONE, now);
        entry.trip.sample(measured);
        match newest {
            NONE => self.oldest = name,
            newest => self.at(newest).newer = name,
        }
    }

    /// Takes an entry out of the order of sampling.
    fn leave_order(&mut self, name: u16) {
        let Trip { older, newer, .. } = *self.at(name);
        match older {
            NONE => self.oldest = newer,
            older => self.at(older).newer = newer,
        }
        match newer {
            NONE => self.newest = older,
            newer => self.at(newer).older = older,
        }
    }

    /// Makes an empty entry for `node`, at the cost of the least recently sampled (of equally old
    /// ones that with the smallest id). It isn't in the order of sampling yet.
    fn enter(&mut self, node: NodeId) -> u16 {
        let (trip, sampled) = (RoundTrip::default(), Time::ZERO);
        let entry = Trip { node, sampled, trip, alike: NONE, older: NONE, newer: NONE };
        let name = if self.entries.len() < BOUND {
            self.entries.push(entry);
            self.entries.len() as u16
        } else {
            let name = self.least_recent();
            self.leave_order(name);
            self.leave_hash(name);
            *self.at(name) = entry;
            name
        };
        if self.entries.len() > self.heads.len() {
            let heads = (2 * self.heads.len()).max(8);
            self.heads.clear();
            self.heads.resize(heads, NONE);
            (1..=self.entries.len() as u16).for_each(|name| self.join_hash(name));
        } else {
            self.join_hash(name);
        }
        name
    }

    fn least_recent(&self) -> u16 {
        let entry = |name: u16| &self.entries[name as usize - 1];
        let (mut least, mut name) = (self.oldest, self.oldest);
        while name != NONE && entry(name).sampled == entry(least).sampled {
            if entry(name).node < entry(least).node {
                least = name;
            }
            name = entry(name).newer;
        }
        least
    }

    fn join_hash(&mut self, name: u16) {
        let head = self.hash(self.entries[name as usize - 1].node);
        let first = std::mem::replace(&mut self.heads[head], name);
        self.at(name).alike = first;
    }

    fn leave_hash(&mut self, name: u16) {
        let Trip { node, alike, .. } = *self.at(name);
        let head = self.hash(node);
        let mut before = self.heads[head];
        if before == name {
            self.heads[head] = alike;
            return;
        }
        while self.at(before).alike != name {
            before = self.at(before).alike;
        }
        self.at(before).alike = alike;
    }

    /// The mean round trip, if any was measured.
    pub fn mean(&self, node: NodeId) -> Option<Span> {
        self.find(node).and_then(|name| self.entries[name as usize - 1].trip.mean())
    }

    /// The retransmission timeout.
    pub fn timeout(&self, node: NodeId) -> Span {
        let trip = self.find(node).map(|name| self.entries[name as usize - 1].trip);
        trip.unwrap_or_default().timeout()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Key;
    use std::collections::BTreeMap;

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
    }

    /// Against a map that looks at everything; times come in threes, so that ties are decided too.
    #[test]
    fn it_remembers_what_a_plain_map_would() {
        let (mut trips, mut map) = (Trips::default(), BTreeMap::new());
        let mut draw = Key::from_word(3).stream(1, 1);
        for step in 0..20_000_u64 {
            // Some are sampled often, most once in a while.
            let range = if draw.chance(0.5) { 40 } else { 2_000 };
            let (node, at) = (NodeId(draw.below(range) as u32), Time::from_nanos(step / 3));
            let measured = Span::from_nanos(1 + draw.below(1_000));
            if !map.contains_key(&node) && map.len() == BOUND {
                let oldest = map.iter().min_by_key(|&(&node, &(at, _))| (at, node));
                let &oldest = oldest.expect("it is full").0;
                map.remove(&oldest);
            }
            let entry = map.entry(node).or_insert((at, RoundTrip::default()));
            entry.0 = at;
            entry.1.sample(measured);
            trips.sample(node, measured, at);
            assert_eq!(trips.len(), map.len());
            let other = NodeId(draw.below(2_000) as u32);
            for node in [node, other] {
                assert_eq!(trips.mean(node), map.get(&node).and_then(|entry| entry.1.mean()));
            }
        }
    }
}
