//! Sorts the events of one slot: of each only when it comes and where it lies, in one word. Words are
//! sorted several times as fast as events, whose 32 bytes would be moved again and again.

use super::event::Event;
use crate::node::Key;

/// The bits of a word that say where the event lies.
const PLACE_BITS: u32 = 16;

/// What is needed while sorting; kept, so that it is allocated once.
#[derive(Debug, Default)]
pub struct Sorter {
    words: Vec<u64>,
    sorted: Vec<Event>,
}

impl Sorter {
    /// Sorts events by [`Event::order`], the last first. `since` is no later than any of them, and
    /// all come within 2^48 ns of it. O(n log n).
    pub fn sort(&mut self, events: &mut Vec<Event>, since: u64, key: Key) {
        if events.len() <= 1 {
            return;
        }
        if events.len() > 1 << PLACE_BITS {
            events.sort_unstable_by(|a, b| b.order(a, key));
            return;
        }
        self.words.clear();
        let words = (0..).zip(&*events).map(|(place, event)| {
            let after = event.at.nanos() - since;
            after << PLACE_BITS | place
        });
        self.words.extend(words);
        self.words.sort_unstable();
        self.sorted.clear();
        let (mut before, mut is_tied) = (u64::MAX, false);
        for word in self.words.iter().rev() {
            let after = word >> PLACE_BITS;
            is_tied |= after == before;
            before = after;
            self.sorted.push(events[*word as u16 as usize]);
        }
        std::mem::swap(events, &mut self.sorted);
        if is_tied {
            // Those that come at the same time lie in the order of their places.
            for group in events.chunk_by_mut(|a, b| a.at == b.at) {
                group.sort_unstable_by(|a, b| b.order(a, key));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Kind;
    use super::*;
    use crate::node::{NodeId, Time};
    use proptest::collection::vec;
    use proptest::prelude::*;

    const KEY: Key = Key::from_word(5);
    const SINCE: u64 = 1 << 50;

    fn event((after, target, origin, seq): (u64, u32, u32, u32)) -> Event {
        let (target, origin) = (NodeId(target), NodeId(origin));
        let at = Time::from_nanos(SINCE + after);
        Event { at, target, origin, seq, kind: Kind::Arrive, a: seq, b: 0 }
    }

    fn check(mut events: Vec<Event>, sorter: &mut Sorter) {
        let mut expected = events.clone();
        expected.sort_by(|a, b| b.order(a, KEY));
        sorter.sort(&mut events, SINCE, KEY);
        assert_eq!(events, expected);
    }

    proptest! {
        /// Many come at the same time, some at both ends of the widest slot; twice with one sorter.
        #[test]
        fn the_order_is_that_of_events(
            lists in vec(
                vec((prop_oneof![0..4_u64, Just((1 << 40) - 1)], 1..4_u32, 1..3_u32, 0..3_u32), 0..60),
                2
            ),
        ) {
            let mut sorter = Sorter::default();
            for list in lists {
                let mut events: Vec<Event> = list.into_iter().map(event).collect();
                events.sort_unstable_by_key(|e| (e.at, e.target, e.origin, e.seq));
                events.dedup();
                events.reverse();
                check(events, &mut sorter);
            }
        }
    }

    #[test]
    fn more_events_than_a_word_can_name_are_sorted_too() {
        let many = (0..70_000).map(|n| event((u64::from(n % 7), n % 11, 1, n)));
        check(many.collect(), &mut Sorter::default());
    }
}
