//! Names of things: nodes, operations, objects, attempts, versions.

use super::digest::{Digestible, Hasher, mix};
use std::cmp::Ordering;
use std::fmt;

/// One machine of the simulated system, for the whole run; it keeps its id over crashes and
/// restarts. Peers come first (1..=peers), then clients; 0 is [`WORLD`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// The origin of what no node sends: churn, faults and the workload.
pub const WORLD: NodeId = NodeId(0);

impl NodeId {
    /// The id as an index into per-node tables (index 0 belongs to [`WORLD`]).
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// How often a node has booted: 1 in its first session, and one more after each leave or crash.
pub type Incarnation = u32;

/// What part a node plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A member of the overlay: stores, locks, coordinates, serves clients.
    Peer,
    /// Thin and transient, served by one access peer.
    Client,
}

/// The number of an object (or group), 0..count of the workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// One operation of the application: the node that it was given to, and its number there, never
/// reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId {
    /// The node that the application runs on.
    pub client: NodeId,
    /// Numbered by the workload from 0, over all incarnations.
    pub count: u32,
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.client, self.count)
    }
}

/// One try to change an object (CLIPPEE 3): coordinator, its incarnation, its count in that
/// incarnation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId {
    /// The peer that coordinates.
    pub coordinator: NodeId,
    /// Its incarnation, so that a restart can't repeat an id.
    pub incarnation: Incarnation,
    /// Its count within that incarnation, from 1.
    pub count: u32,
}

impl AttemptId {
    /// A hash that orders attempts of equal counters without favouring low node ids (CLIPPEE 3).
    #[must_use]
    pub fn rank(self) -> u64 {
        let who = u64::from(self.coordinator.0) << 32 | u64::from(self.incarnation);
        mix(mix(who) ^ u64::from(self.count))
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.coordinator, self.incarnation, self.count)
    }
}

/// A version of an object (CLIPPEE 3), ordered by counter, then by the hash of the attempt that
/// made it. The default is version 0, which every object has from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Version {
    /// One more than that of the version it was made from; 0 at boot.
    pub counter: u32,
    /// The attempt that made it.
    pub attempt: AttemptId,
}

impl Version {
    /// The version every object has at boot.
    pub const ZERO: Self =
        Self { counter: 0, attempt: AttemptId { coordinator: WORLD, incarnation: 0, count: 0 } };
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        // The ids themselves come last, so that the order is total even if two hashes collide.
        (self.counter.cmp(&other.counter))
            .then_with(|| self.attempt.rank().cmp(&other.attempt.rank()))
            .then_with(|| self.attempt.cmp(&other.attempt))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}({})", self.counter, self.attempt)
    }
}

/// A value: its size and a fingerprint of its content (CLIPPEE 3). The content itself isn't
/// simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Value {
    /// Size in bytes, for bandwidth.
    pub bytes: u32,
    /// Stands for the content: two values are equal when their fingerprints are.
    pub fingerprint: u64,
}

impl Value {
    /// The value that operation `by` makes from this one by a read-modify-write.
    #[must_use]
    pub fn changed(self, by: OperationId) -> Self {
        let change = u64::from(by.client.0) << 32 | u64::from(by.count);
        Self { bytes: self.bytes, fingerprint: mix(self.fingerprint ^ mix(change)) }
    }
}

impl Digestible for NodeId {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.0));
    }
}

impl Digestible for ObjectId {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.0));
    }
}

impl Digestible for OperationId {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.client.0) << 32 | u64::from(self.count));
    }
}

impl Digestible for AttemptId {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.coordinator.0) << 32 | u64::from(self.incarnation));
        hasher.word(u64::from(self.count));
    }
}

impl Digestible for Version {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.counter));
        self.attempt.digest(hasher);
    }
}

impl Digestible for Value {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.bytes));
        hasher.word(self.fingerprint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(counter: u32, coordinator: u32) -> Version {
        let attempt = AttemptId { coordinator: NodeId(coordinator), incarnation: 1, count: 1 };
        Version { counter, attempt }
    }

    #[test]
    fn versions_are_ordered_by_counter_first() {
        assert!(version(2, 1) > version(1, 9));
        assert!(version(1, 1) > Version::ZERO);
    }

    #[test]
    fn equal_counters_do_not_favour_low_ids() {
        let low_wins = (1..1000).filter(|&n| version(5, n) > version(5, n + 1)).count();
        assert!((400..600).contains(&low_wins), "{low_wins} of 999");
    }
}
