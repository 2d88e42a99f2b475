//! Arithmetic on the ring of keys: stretches of consecutive keys, and how far a peer reaches around
//! its own id.

use crate::node::{Digestible, Hasher, NodeId};
use crate::protocol::overlay::Key;

/// Where a replica stands: what it needs to know of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The peer.
    pub node: NodeId,
    /// Its overlay id.
    pub id: Key,
    /// r: how many peers hold an object.
    pub r: usize,
}

/// Consecutive keys on the ring, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first key.
    pub start: Key,
    /// How many keys follow it, clockwise; [`u64::MAX`]: the whole ring.
    pub length: u64,
}

impl Stretch {
    /// The last key.
    #[must_use]
    pub const fn end(self) -> Key {
        self.start.wrapping_add(self.length)
    }

    /// Whether `key` is one of them.
    #[must_use]
    pub const fn contains(self, key: Key) -> bool {
        key.wrapping_sub(self.start) <= self.length
    }

    /// The keys of this stretch up to `end`, which must be one of them.
    #[must_use]
    pub const fn up_to(self, end: Key) -> Self {
        Self { start: self.start, length: end.wrapping_sub(self.start) }
    }

    /// What is left after `prefix`, which begins where this stretch begins; `None` if nothing is.
    #[must_use]
    pub const fn after(self, prefix: Self) -> Option<Self> {
        if prefix.length >= self.length {
            return None;
        }
        let start = prefix.end().wrapping_add(1);
        Some(Self { start, length: self.length - prefix.length - 1 })
    }
}

impl Digestible for Stretch {
    fn digest(&self, hasher: &mut Hasher) {
        (self.start, self.length).digest(hasher);
    }
}

/// A direction on the ring, seen from a peer's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Below,
    Above,
}

impl Direction {
    pub const BOTH: [Self; 2] = [Self::Below, Self::Above];

    /// The key at `distance` from `id`.
    pub const fn at(self, id: Key, distance: u64) -> Key {
        match self {
            Self::Below => id.wrapping_sub(distance),
            Self::Above => id.wrapping_add(distance),
        }
    }

    /// The keys at distances `nearest` to `farthest` from `id`.
    pub const fn stretch(self, id: Key, nearest: u64, farthest: u64) -> Stretch {
        let start = match self {
            Self::Below => self.at(id, farthest),
            Self::Above => self.at(id, nearest),
        };
        Stretch { start, length: farthest - nearest }
    }
}

/// How far a peer's arc reaches from its id: distances in keys, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub below: u64,
    pub above: u64,
}

impl Reach {
    /// From the overlay's answer. A reach that overlaps itself is the whole ring: it is cut into
    /// two halves, so that each key belongs to one side.
    pub const fn new((below, above): (u64, u64)) -> Self {
        match below.checked_add(above) {
            Some(sum) if sum < u64::MAX => Self { below, above },
            _ => Self { below: 1 << 63, above: (1 << 63) - 1 },
        }
    }

    /// The distance on one side.
    pub const fn of(self, direction: Direction) -> u64 {
        match direction {
            Direction::Below => self.below,
            Direction::Above => self.above,
        }
    }

    /// The keys within reach of `id`.
    pub const fn stretch(self, id: Key) -> Stretch {
        Stretch { start: id.wrapping_sub(self.below), length: self.below + self.above }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_whole_ring_is_two_halves() {
        for arc in [(u64::MAX, u64::MAX), (u64::MAX, 0), (1 << 63, 1 << 63), (u64::MAX - 3, 3)] {
            let reach = Reach::new(arc);
            assert_eq!((reach.below, reach.above), (1 << 63, (1 << 63) - 1));
            assert_eq!(reach.stretch(77).length, u64::MAX);
        }
        assert_eq!(Reach::new((5, 6)), Reach { below: 5, above: 6 });
    }

    #[test]
    fn sides_meet_without_a_gap() {
        let below = Direction::Below.stretch(10, 1, 20);
        let above = Direction::Above.stretch(10, 0, 5);
        assert_eq!((below.end(), above.start), (9, 10));
        assert!(below.contains(u64::MAX) && !below.contains(10) && above.contains(15));
    }

    proptest! {
        #[test]
        fn a_prefix_and_the_rest_share_no_key(start: u64, length: u64, cut: u64, key: u64) {
            let stretch = Stretch { start, length };
            let prefix = stretch.up_to(start.wrapping_add(cut.min(length)));
            let in_rest = stretch.after(prefix).is_some_and(|rest| rest.contains(key));
            prop_assert_eq!(stretch.contains(key), prefix.contains(key) ^ in_rest);
        }
    }
}
