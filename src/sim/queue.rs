//! The event queue: a hierarchy of bucket rings.
//!
//! Time is cut into slots of 2^17 ns (131 us). The current slot is a sorted list. Level 0 holds one
//! bucket for each later slot of the same 1024, level 1 one for each later 1024 slots of the same
//! 1024 x 1024, and so on: the level of an event is the highest 10-bit digit in which its slot
//! differs from the current one. Buckets are unsorted; one is sorted only when its slot becomes the
//! current one, one of a higher level is dealt out over the levels below. An event is touched at
//! most once a level, so push and pop take constant time on average, whatever the number pending,
//! and there is nothing to tune (Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP
//! 1987; the sorting on arrival is Brown's calendar queue, CACM 1988).

use super::event::Event;
use crate::node::Key;

/// 131 us: about as many events as one likes to sort at once, from one a second to a million a
/// second.
const SLOT_BITS: u32 = 17;
const DIGIT_BITS: u32 = 10;
const BUCKETS: usize = 1 << DIGIT_BITS;
/// (64 - 17) bits of slot number, 10 bits a level.
const LEVELS: usize = 5;

/// Events in the order of `Event::order`.
#[derive(Debug)]
pub struct Queue {
    key: Key,
    slot: u64,
    /// The events of the current slot, last first.
    current: Vec<Event>,
    levels: Vec<Level>,
    len: usize,
}

#[derive(Debug)]
struct Level {
    buckets: Vec<Vec<Event>>,
    /// A bit for each bucket that isn't empty.
    occupied: [u64; BUCKETS / 64],
}

impl Queue {
    /// An empty queue; `key` decides ties.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self {
            key,
            slot: 0,
            current: Vec::new(),
            levels: (0..LEVELS).map(|_| Level::new()).collect(),
            len: 0,
        }
    }

    /// Events pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes an event in. Its time may not lie before that of the last one popped.
    pub fn push(&mut self, event: Event) {
        self.len += 1;
        if slot_of(&event) <= self.slot {
            let key = self.key;
            let place = self.current.partition_point(|e| e.order(&event, key).is_gt());
            self.current.insert(place, event);
        } else {
            self.place(event);
        }
    }

    /// Takes the first event out.
    pub fn pop(&mut self) -> Option<Event> {
        if self.current.is_empty() && !self.advance() {
            return None;
        }
        self.len -= 1;
        self.current.pop()
    }

    /// The first event.
    pub fn peek(&mut self) -> Option<&Event> {
        if self.current.is_empty() && !self.advance() {
            return None;
        }
        self.current.last()
    }

    /// Puts an event of a later slot into its bucket.
    fn place(&mut self, event: Event) {
        let slot = slot_of(&event);
        let level = ((slot ^ self.slot).ilog2() / DIGIT_BITS) as usize;
        self.levels[level].push(digit(slot, level), event);
    }

    /// Makes the next slot with events the current one. Returns false if there is none.
    fn advance(&mut self) -> bool {
        for level in 0..LEVELS {
            let Some(bucket) = self.levels[level].after(digit(self.slot, level)) else { continue };
            let shift = DIGIT_BITS * level as u32;
            self.slot = (self.slot >> shift & !(BUCKETS as u64 - 1) | bucket as u64) << shift;
            if level == 0 {
                // The emptied list becomes the bucket, so that neither is allocated again.
                self.levels[0].swap(bucket, &mut self.current);
            } else {
                self.deal_out(level, bucket);
                if self.current.is_empty() {
                    return self.advance();
                }
            }
            let key = self.key;
            self.current.sort_unstable_by(|a, b| b.order(a, key));
            return true;
        }
        false
    }

    fn deal_out(&mut self, level: usize, bucket: usize) {
        let mut events = Vec::new();
        // Freed afterwards: a bucket of a high level is large, and its turn comes again only after
        // a long time.
        self.levels[level].swap(bucket, &mut events);
        for event in events {
            if slot_of(&event) == self.slot {
                self.current.push(event);
            } else {
                self.place(event);
            }
        }
    }
}

fn slot_of(event: &Event) -> u64 {
    event.at.nanos() >> SLOT_BITS
}

fn digit(slot: u64, level: usize) -> usize {
    (slot >> (DIGIT_BITS * level as u32)) as usize & (BUCKETS - 1)
}

impl Level {
    fn new() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS], occupied: [0; BUCKETS / 64] }
    }

    fn push(&mut self, bucket: usize, event: Event) {
        self.buckets[bucket].push(event);
        self.occupied[bucket / 64] |= 1 << (bucket % 64);
    }

    /// Takes a bucket's events, leaving `other`'s (none) in it.
    fn swap(&mut self, bucket: usize, other: &mut Vec<Event>) {
        debug_assert!(other.is_empty());
        std::mem::swap(&mut self.buckets[bucket], other);
        self.occupied[bucket / 64] &= !(1 << (bucket % 64));
    }

    /// The first bucket with events behind `bucket`.
    fn after(&self, bucket: usize) -> Option<usize> {
        let next = bucket + 1;
        if next == BUCKETS {
            return None;
        }
        let mut word = next / 64;
        let mut bits = self.occupied[word] & (u64::MAX << (next % 64));
        while bits == 0 {
            word += 1;
            bits = *self.occupied.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Kind;
    use super::*;
    use crate::node::{NodeId, Time};
    use proptest::prelude::*;

    const KEY: Key = Key::from_word(11);

    fn event(at: u64, target: u32, origin: u32, seq: u32) -> Event {
        let (target, origin) = (NodeId(target), NodeId(origin));
        Event { at: Time::from_nanos(at), target, origin, seq, kind: Kind::Timer, a: seq, b: 0 }
    }

    /// The reference: a list kept sorted.
    #[derive(Default)]
    struct Naive(Vec<Event>);

    impl Naive {
        fn push(&mut self, event: Event) {
            self.0.push(event);
            self.0.sort_by(|a, b| a.order(b, KEY));
        }
        fn pop(&mut self) -> Option<Event> {
            (!self.0.is_empty()).then(|| self.0.remove(0))
        }
    }

    proptest! {
        /// Delays of all magnitudes, with many ties: each step pushes (`Some`) or pops (`None`).
        #[test]
        fn agrees_with_a_sorted_list(
            steps in prop::collection::vec(
                prop::option::weighted(0.6, (0_u32..62, 0_u64..4, 1_u32..4, 1_u32..4)), 1..300),
        ) {
            let (mut queue, mut naive) = (Queue::new(KEY), Naive::default());
            let mut now = 0;
            for (seq, step) in steps.into_iter().enumerate() {
                if let Some((magnitude, factor, target, origin)) = step {
                    let at = u64::saturating_add(now, factor * (1 << magnitude));
                    let event = event(at, target, origin, seq as u32);
                    queue.push(event);
                    naive.push(event);
                } else {
                    let expected = naive.pop();
                    prop_assert_eq!(queue.peek().copied(), expected);
                    prop_assert_eq!(queue.pop(), expected);
                    now = expected.map_or(now, |event| event.at.nanos());
                }
                prop_assert_eq!(queue.len(), naive.0.len());
            }
            while let Some(expected) = naive.pop() {
                prop_assert_eq!(queue.pop(), Some(expected));
            }
            prop_assert!(queue.is_empty());
        }
    }

    #[test]
    fn the_end_of_time_can_be_reached() {
        let mut queue = Queue::new(KEY);
        queue.push(event(u64::MAX, 1, 1, 0));
        queue.push(event(1, 1, 1, 1));
        assert_eq!(queue.pop().map(|e| e.seq), Some(1));
        assert_eq!(queue.pop().map(|e| e.seq), Some(0));
        assert_eq!(queue.pop(), None);
    }
}
