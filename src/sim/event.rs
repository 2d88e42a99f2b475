//! Events and their order.
//!
//! The order is made by the sender from what the sender knows: (at, target, tie, origin, seq). So
//! it is the same for one shard and for many. The tie is a hash of (origin, target, at): ties
//! favour no low ids, and all messages of one sender at one instant keep their order.

use crate::node::{Key, NodeId, Time, mix};
use std::cmp::Ordering;

/// What an event does when its time comes. `a` and `b` are the event's two payload words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A message (handle `a`) leaves its sender's uplink, unless the sender isn't in incarnation
    /// `b` any more.
    Depart,
    /// A message (handle `a`) reaches its target.
    Arrive,
    /// A message (handle `a`) has gone through its target's queues, unless that isn't in
    /// incarnation `b` any more.
    Handle,
    /// A timer (slot `a`, generation `b`) fires.
    Timer,
    /// The target boots at the start of the run; the next client `a` ns later, if that isn't 0.
    Boot,
    /// The target's session or gap ends: it boots (`a` = 0), leaves (1) or crashes (2).
    Phase,
    /// The target stops, its grace being over, unless it isn't in incarnation `a` any more.
    Stop,
    /// The workload issues operation `a` at the target, unless it isn't in incarnation `b` any
    /// more.
    Issue,
    /// Entry `a` of the script is issued at the target.
    Scripted,
    /// The target of entry `a` of the script is drawn.
    Draw,
    /// Phase `b` of the target's place `a` in a group ends; all phases, if `b` is `u32::MAX`.
    Turn,
    /// The target, which has booted, joins the group of its place `a`, unless it isn't in
    /// incarnation `b` any more.
    Enter,
    /// The target sends the next message of a row to group `a`, unless it isn't in incarnation `b`
    /// any more.
    Row,
    /// Fault `a` of the schedule begins (`b` = 0) or ends (1).
    Fault,
    /// Fault `a` of the schedule begins (`b` = 0) or ends (1) at the target.
    Strike,
    /// The target, which was paused, goes on (`b` = 0), or has handled a message that waited (1),
    /// unless it isn't in incarnation `a` any more.
    Resume,
}

/// One event in the queue: 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// Where.
    pub target: NodeId,
    /// Who caused it.
    pub origin: NodeId,
    /// The origin's own count (the world counts per target); never reset.
    pub seq: u32,
    /// What.
    pub kind: Kind,
    /// First payload word.
    pub a: u32,
    /// Second payload word.
    pub b: u32,
}

const _: () = assert!(size_of::<Event>() == 32);

impl Event {
    /// Compares by (at, target, tie, origin, seq). The tie is computed only when it decides.
    #[must_use]
    #[inline]
    pub fn order(&self, other: &Self, key: Key) -> Ordering {
        match self.at.cmp(&other.at) {
            Ordering::Equal => self.order_at_one_time(other, key),
            decided => decided,
        }
    }

    #[cold]
    fn order_at_one_time(&self, other: &Self, key: Key) -> Ordering {
        self.target.cmp(&other.target).then_with(|| {
            (self.tie(key), self.origin, self.seq).cmp(&(other.tie(key), other.origin, other.seq))
        })
    }

    fn tie(&self, key: Key) -> u64 {
        let nodes = u64::from(self.origin.0) << 32 | u64::from(self.target.0);
        mix(mix(key.word() ^ nodes) ^ self.at.nanos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: u64, target: u32, origin: u32, seq: u32) -> Event {
        let (target, origin) = (NodeId(target), NodeId(origin));
        Event { at: Time::from_nanos(at), target, origin, seq, kind: Kind::Arrive, a: 0, b: 0 }
    }

    #[test]
    fn one_senders_messages_keep_their_order() {
        let key = Key::from_word(7);
        for origin in 1..100 {
            let (first, second) = (event(5, 1, origin, 8), event(5, 1, origin, 9));
            assert_eq!(first.order(&second, key), Ordering::Less);
        }
    }

    #[test]
    fn ties_favour_no_low_ids_and_depend_on_the_seed() {
        let firsts = |key| -> Vec<bool> {
            let wins = |at| event(at, 1, 2, 0).order(&event(at, 1, 3, 0), key) == Ordering::Less;
            (0..1000).map(wins).collect()
        };
        let (one, other) = (firsts(Key::from_word(1)), firsts(Key::from_word(2)));
        let share = one.iter().filter(|&&wins| wins).count();
        assert!((440..560).contains(&share), "the lower id won {share} of 1000 ties");
        assert_ne!(one, other);
    }
}
