//! The event queue: a hierarchy of bucket rings.
//!
//! Time is cut into slots. The current slot is a sorted list. Level 0 holds one bucket for each
//! later slot of the same 1024, level 1 one for each later 1024 slots of the same 1024 x 1024, and
//! so on: the level of an event is the highest 10-bit digit in which its slot differs from the
//! current one. Buckets are unsorted; one is sorted only when its slot becomes the current one, one
//! of a higher level is dealt out over the levels below. An event is touched at most once a level,
//! so push and pop take constant time on average, whatever the number pending (Varghese and Lauck,
//! "Hashed and hierarchical timing wheels", SOSP 1987; the sorting on arrival and the fitting of the
//! width are Brown's calendar queue, CACM 1988).
//!
//! The width of slots follows the density of events, so that there are a few in each. The order of
//! events is total and knows no slots; so the width changes nothing but speed.

use super::buckets::{BUCKETS, CHUNK, DIGIT_BITS, NOTHING, Ring, Store};
use super::event::Event;
use super::sorting::Sorter;
use crate::node::{Key, Time};

/// The first width: 131 us.
const SLOT_BITS: u32 = 17;
/// The widths that slots may have: 256 ns to 18 min.
const SLOT_BITS_RANGE: std::ops::RangeInclusive<u32> = 8..=40;
/// As many events as a slot should have, on average: few enough to be sorted quickly, enough to
/// make up for the way to the next slot.
const DENSITY: std::ops::RangeInclusive<u64> = 6..=48;
/// Events between two looks at the density, at least.
const LOOK: u64 = 1024;
/// More events than this in the current slot make it too slow to add to.
const CROWD: usize = 512;

/// Who knows about events what the queue doesn't.
pub trait Foresight {
    /// Whether the event still matters; if not, it may be dropped before its time comes.
    fn matters(&self, event: &Event) -> bool;

    /// These events come next, in some order.
    fn prepare(&self, events: &[Event]);
}

/// Events in the order of `Event::order`.
#[derive(Debug)]
pub struct Queue {
    key: Key,
    /// The logarithm of the width of slots, in ns.
    slot_bits: u32,
    slot: u64,
    /// The events of the current slot, last first.
    current: Vec<Event>,
    levels: Vec<Ring>,
    store: Store,
    sorter: Sorter,
    len: usize,
    /// Slots that became current since the last look at the density, and their events: those that
    /// waited for it, and those that came when it was current.
    slots: u64,
    events: u64,
}

impl Queue {
    /// An empty queue; `key` decides ties.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self {
            key,
            slot_bits: SLOT_BITS,
            slot: 0,
            current: Vec::new(),
            levels: Vec::new(),
            store: Store::default(),
            sorter: Sorter::default(),
            len: 0,
            slots: 0,
            events: 0,
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

    /// Takes an event in. Its time may not lie before that of the last one taken out.
    pub fn push(&mut self, event: Event) {
        self.len += 1;
        if self.slot_of(&event) <= self.slot {
            self.events += 1;
            let key = self.key;
            let place = self.current.partition_point(|e| e.order(&event, key).is_gt());
            self.current.insert(place, event);
            if self.current.len() >= CROWD {
                self.disperse();
            }
        } else {
            self.place(event);
        }
    }

    /// Takes the first event out, if its time is `until` at the latest.
    #[inline(always)]
    pub fn next(&mut self, until: Time, foresight: &impl Foresight) -> Option<Event> {
        while self.current.is_empty() {
            if !self.advance(until, foresight) {
                return None;
            }
        }
        if self.current.last()?.at > until {
            return None;
        }
        self.len -= 1;
        self.current.pop()
    }

    /// No event comes before this, which grows at each call of [`Queue::next`] with it; `None`: none
    /// is pending.
    #[must_use]
    pub fn earliest(&self) -> Option<Time> {
        if let Some(event) = self.current.last() {
            return Some(event.at);
        }
        let begin = |level: usize| {
            let bucket = self.levels[level].after(digit(self.slot, level))?;
            Some(Time::from_nanos(self.slot_at(level, bucket) << self.slot_bits))
        };
        (0..self.levels.len()).find_map(begin)
    }

    /// The first slot of a bucket.
    const fn slot_at(&self, level: usize, bucket: usize) -> u64 {
        let shift = DIGIT_BITS * level as u32;
        (self.slot >> shift & !(BUCKETS as u64 - 1) | bucket as u64) << shift
    }

    fn slot_of(&self, event: &Event) -> u64 {
        event.at.nanos() >> self.slot_bits
    }

    /// Puts an event of a later slot into its bucket.
    fn place(&mut self, event: Event) {
        let slot = self.slot_of(&event);
        let level = ((slot ^ self.slot).ilog2() / DIGIT_BITS) as usize;
        while self.levels.len() <= level {
            self.levels.push(Ring::new());
        }
        self.levels[level].push(digit(slot, level), event, &mut self.store);
    }

    /// Goes on to the next bucket with events that begins at `until` at the latest; returns whether
    /// there is one. The current slot has no events, and may have none afterwards.
    fn advance(&mut self, until: Time, foresight: &impl Foresight) -> bool {
        self.fit();
        if !self.current.is_empty() {
            // Slots are wider now, and the current one has events of what were later ones.
            return true;
        }
        for level in 0..self.levels.len() {
            let Some(bucket) = self.levels[level].after(digit(self.slot, level)) else { continue };
            let slot = self.slot_at(level, bucket);
            if slot << self.slot_bits > until.nanos() {
                return false;
            }
            self.slot = slot;
            self.deal_out(level, bucket, foresight);
            self.slots += u64::from(!self.current.is_empty());
            self.events += self.current.len() as u64;
            foresight.prepare(&self.current);
            self.sorter.sort(&mut self.current, slot << self.slot_bits, self.key);
            return true;
        }
        false
    }

    /// Moves the events of a bucket that matter into the current slot and the levels below.
    fn deal_out(&mut self, level: usize, bucket: usize, foresight: &impl Foresight) {
        let mut bucket = self.levels[level].take(bucket);
        let mut events = [NOTHING; CHUNK];
        loop {
            let count = self.store.take(&mut bucket, &mut events);
            if count == 0 {
                return;
            }
            for &event in &events[..count] {
                if !foresight.matters(&event) {
                    self.len -= 1;
                } else if self.slot_of(&event) == self.slot {
                    self.current.push(event);
                } else {
                    self.place(event);
                }
            }
        }
    }

    /// Makes slots wider or narrower if few or many events were in each. Looked at after as many
    /// events as are pending, so that it costs O(1) an event.
    fn fit(&mut self) {
        if self.events < LOOK.max(self.len as u64) {
            return;
        }
        let density = self.events / self.slots.max(1);
        (self.slots, self.events) = (0, 0);
        let wanted = if density < *DENSITY.start() {
            self.slot_bits + 2
        } else if density > *DENSITY.end() {
            self.slot_bits - 2
        } else {
            return;
        };
        if SLOT_BITS_RANGE.contains(&wanted) {
            self.set_width(wanted, self.slot << self.slot_bits);
        }
    }

    /// Makes slots so narrow that the current one keeps a few of its events, unless they are too
    /// close together for that.
    #[cold]
    fn disperse(&mut self) {
        let [last, .., first] = self.current[..] else { return };
        let span = last.at.since(first.at).nanos();
        let wanted = span.max(1).ilog2().saturating_sub(5).max(*SLOT_BITS_RANGE.start());
        if wanted < self.slot_bits && span >> wanted > 0 {
            let events = std::mem::take(&mut self.current);
            self.set_width(wanted, first.at.nanos());
            self.len -= events.len();
            events.into_iter().rev().for_each(|event| self.push(event));
        }
    }

    /// Puts all events into slots of another width, of which the one at `now` is the current one.
    /// There are no events in the one that is.
    fn set_width(&mut self, slot_bits: u32, now: u64) {
        (self.slot_bits, self.slot) = (slot_bits, now >> slot_bits);
        let levels = std::mem::take(&mut self.levels);
        let mut events = [NOTHING; CHUNK];
        for mut bucket in levels.into_iter().flat_map(Ring::into_buckets) {
            loop {
                match self.store.take(&mut bucket, &mut events) {
                    0 => break,
                    count => {
                        self.len -= count;
                        events[..count].iter().for_each(|&event| self.push(event));
                    }
                }
            }
        }
    }
}

fn digit(slot: u64, level: usize) -> usize {
    (slot >> (DIGIT_BITS * level as u32)) as usize & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::super::event::Kind;
    use super::*;
    use crate::node::NodeId;
    use proptest::prelude::*;

    const KEY: Key = Key::from_word(11);

    fn event(at: u64, target: u32, origin: u32, seq: u32) -> Event {
        let (target, origin) = (NodeId(target), NodeId(origin));
        Event { at: Time::from_nanos(at), target, origin, seq, kind: Kind::Timer, a: seq, b: 0 }
    }

    /// The reference: a list kept sorted, last first.
    #[derive(Default)]
    struct Naive(Vec<Event>);

    impl Naive {
        fn push(&mut self, event: Event) {
            let place = self.0.partition_point(|e| e.order(&event, KEY).is_gt());
            self.0.insert(place, event);
        }
        fn next(&mut self, until: Time) -> Option<Event> {
            self.0.pop_if(|event| event.at <= until)
        }
    }

    /// Nothing that has an odd `b` matters.
    struct Odd;

    impl Foresight for Odd {
        fn matters(&self, event: &Event) -> bool {
            event.b.is_multiple_of(2)
        }
        fn prepare(&self, events: &[Event]) {
            assert!(events.iter().all(|event| self.matters(event)));
        }
    }

    /// The next that matters.
    fn next(queue: &mut Queue, until: Time) -> Option<Event> {
        loop {
            let event = queue.next(until, &Odd)?;
            if Odd.matters(&event) {
                return Some(event);
            }
        }
    }

    proptest! {
        /// Delays of all magnitudes, with many ties: each step pushes (`Ok`) or takes out what comes
        /// soon (`Err`).
        #[test]
        fn agrees_with_a_sorted_list(
            steps in prop::collection::vec(
                prop_oneof![
                    3 => (0_u32..62, 0_u64..4, 1_u32..4, 1_u32..4, 0_u32..2).prop_map(Ok),
                    2 => (0_u32..64).prop_map(Err)
                ],
                1..300
            ),
        ) {
            let (mut queue, mut naive) = (Queue::new(KEY), Naive::default());
            let mut now = 0;
            for (seq, step) in steps.into_iter().enumerate() {
                match step {
                    Ok((magnitude, factor, target, origin, b)) => {
                        let at = u64::saturating_add(now, factor * (1 << magnitude));
                        let event = Event { b, ..event(at, target, origin, seq as u32) };
                        queue.push(event);
                        if Odd.matters(&event) {
                            naive.push(event);
                        }
                    }
                    Err(magnitude) => {
                        let until = Time::from_nanos(u64::saturating_add(now, 1 << magnitude));
                        let expected = naive.next(until);
                        prop_assert_eq!(next(&mut queue, until), expected);
                        now = expected.map_or(now, |event| event.at.nanos());
                    }
                }
                prop_assert!(queue.len() >= naive.0.len());
            }
            while let Some(expected) = naive.next(Time::NEVER) {
                prop_assert_eq!(next(&mut queue, Time::NEVER), Some(expected));
            }
            prop_assert_eq!(next(&mut queue, Time::NEVER), None);
            prop_assert!(queue.is_empty());
        }
    }

    /// The width is fitted, to crowds and to deserts, and changes nothing else: whatever is due comes.
    #[test]
    fn the_width_follows_the_density() {
        let (mut queue, mut naive) = (Queue::new(KEY), Naive::default());
        let mut draw = Key::from_word(5).stream(1, 1);
        let mut push = |queue: &mut Queue, naive: &mut Naive, now: u64, seq: u32, gap: u64| {
            let event = event(now + 1 + draw.below(gap), 1 + seq % 7, 1, seq);
            queue.push(event);
            naive.push(event);
        };
        let (mut now, mut widths) = (0, Vec::new());
        for gap in [1 << 34, 1 << 12, 1 << 40, 1 << 22] {
            (0..2_000).for_each(|seq| push(&mut queue, &mut naive, now, seq, gap));
            for seq in 2_000..30_000 {
                let expected = naive.next(Time::NEVER).expect("they are pending");
                assert_eq!(queue.next(expected.at, &Odd), Some(expected));
                now = expected.at.nanos();
                push(&mut queue, &mut naive, now, seq, gap);
            }
            assert_eq!(queue.len(), 2_000);
            widths.push(queue.slot_bits);
            while let Some(expected) = naive.next(Time::NEVER) {
                assert_eq!(queue.next(expected.at, &Odd), Some(expected));
                now = expected.at.nanos();
            }
        }
        let by_gap = [widths[1], widths[3], widths[0], widths[2]];
        assert!(by_gap.is_sorted() && by_gap[0] < by_gap[1] && by_gap[1] < by_gap[2], "{widths:?}");
    }

    #[test]
    fn the_end_of_time_can_be_reached() {
        let mut queue = Queue::new(KEY);
        queue.push(event(u64::MAX, 1, 1, 0));
        queue.push(event(1, 1, 1, 1));
        let mut next = || queue.next(Time::NEVER, &Odd).map(|event| event.seq);
        assert_eq!((next(), next(), next()), (Some(1), Some(0), None));
    }
}
