//! The elements that whoever serves a member delivers, in the order of their places: those that overtake
//! others wait, and those that are lacking are asked for.

use super::message::Element;
use crate::node::{Bug, Span, Time, planted};
use std::collections::BTreeMap;

/// So often are lacking elements asked for before they are passed over.
const TRIES: u32 = 4;

/// What is to be done about lacking elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// Ask for these places, the first and the last.
    Ask(u32, u32),
    /// They can't be had: go on with those that come after.
    PassOver,
}

/// One member's place in the stream of its access peer.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Of the last element taken.
    place: u32,
    /// The same, of the former access peer's stream while the present one's isn't known yet.
    last: u32,
    /// The last place that there is known to be.
    known: u32,
    /// Elements that overtook others.
    early: BTreeMap<u32, Element>,
    /// When to ask (again) for what is lacking, and how often it was asked for.
    due: Option<Time>,
    tries: u32,
}

impl Stream {
    /// Another access peer's stream, whose place isn't known yet: what comes waits.
    pub fn restart(&mut self) {
        *self = Self { place: u32::MAX, last: self.last(), ..Self::default() };
    }

    /// The place of the last element taken, whoever delivered it.
    pub const fn last(&self) -> u32 {
        if self.place == u32::MAX { self.last } else { self.place }
    }

    /// The stream goes on behind `place`.
    pub fn begin(&mut self, place: u32) {
        self.early.retain(|&early, _| early > place);
        self.place = place;
        self.known = self.early.last_key_value().map_or(place, |(&last, _)| last);
        (self.due, self.tries) = (None, 0);
    }

    /// An element comes; at most `bound` wait. O(log n).
    pub fn put(&mut self, place: u32, element: Element, bound: usize) {
        let begins = self.place == u32::MAX;
        if begins || place > self.place {
            self.early.insert(place, element);
            self.known = self.known.max(place);
        }
        if self.early.len() > bound {
            // Rather pass over what is lacking than keep more.
            if begins {
                self.early.pop_first();
            } else {
                self.pass_over();
            }
        }
    }

    /// The access peer says that there are elements up to `place`.
    pub fn there_is(&mut self, place: u32) {
        if self.place != u32::MAX {
            self.known = self.known.max(place);
        }
    }

    /// The next element, if it is there.
    pub fn take(&mut self) -> Option<Element> {
        let mut next = self.place.checked_add(1)?;
        if planted(Bug::PlacesIgnored) {
            next = *self.early.first_key_value()?.0;
        }
        let element = self.early.remove(&next)?;
        self.place = next;
        self.tries = 0;
        self.due = None;
        Some(element)
    }

    /// When something must be done about lacking elements: `patience` after they were first missed.
    /// Call after every change.
    pub fn due(&mut self, now: Time, patience: Span) -> Option<Time> {
        if self.place == u32::MAX || self.known <= self.place {
            (self.due, self.tries) = (None, 0);
        } else if self.due.is_none() {
            self.due = Some(now + patience);
        }
        self.due
    }

    /// What is due now, if anything is. The next time is `patience` later, doubled for each try.
    pub fn on_due(&mut self, now: Time, patience: Span) -> Option<Lack> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        if self.tries == TRIES {
            self.pass_over();
            return Some(Lack::PassOver);
        }
        self.due = Some(now + patience.times(1 << self.tries));
        self.tries += 1;
        let last = self.early.first_key_value().map_or(self.known, |(&first, _)| first - 1);
        Some(Lack::Ask(self.place + 1, last))
    }

    /// Goes on with the first element that is there, or behind all that are known.
    fn pass_over(&mut self) {
        self.place = self.early.first_key_value().map_or(self.known, |(&first, _)| first - 1);
        (self.due, self.tries) = (None, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Span = Span::from_secs(1);

    fn element(number: u32) -> Element {
        Element::Lost { number }
    }

    fn taken(stream: &mut Stream) -> Vec<Element> {
        std::iter::from_fn(|| stream.take()).collect()
    }

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    fn begun(place: u32) -> Stream {
        let mut stream = Stream::default();
        stream.restart();
        stream.begin(place);
        stream
    }

    #[test]
    fn elements_come_out_in_the_order_of_their_places_once() {
        let mut stream = begun(4);
        for place in [7, 5, 4, 5, 6, 7] {
            stream.put(place, element(place), 9);
        }
        assert_eq!(taken(&mut stream), [element(5), element(6), element(7)]);
        stream.put(6, element(6), 9);
        assert!(taken(&mut stream).is_empty());
        assert_eq!(stream.due(at(1), PATIENCE), None);
    }

    #[test]
    fn what_comes_before_the_place_is_known_waits() {
        let mut stream = Stream::default();
        stream.restart();
        for place in [8, 10, 9] {
            stream.put(place, element(place), 9);
        }
        assert!(taken(&mut stream).is_empty());
        assert_eq!(stream.due(at(1), PATIENCE), None);
        stream.begin(8);
        assert_eq!(taken(&mut stream), [element(9), element(10)]);
    }

    #[test]
    fn lacking_elements_are_asked_for_and_passed_over_in_the_end() {
        let mut stream = begun(4);
        stream.put(7, element(7), 9);
        assert_eq!(stream.due(at(0), PATIENCE), Some(at(1)));
        assert_eq!(stream.on_due(at(0), PATIENCE), None);
        let mut asked = 0;
        let mut now = at(1);
        while stream.on_due(now, PATIENCE) == Some(Lack::Ask(5, 6)) {
            asked += 1;
            now = stream.due(now, PATIENCE).expect("it is asked again");
        }
        assert_eq!((asked, now), (TRIES, at(1 + 1 + 2 + 4 + 8)));
        assert_eq!(taken(&mut stream), [element(7)]);
    }

    #[test]
    fn a_lost_last_element_is_noticed_by_its_place() {
        let mut stream = begun(4);
        stream.there_is(4);
        assert_eq!(stream.due(at(0), PATIENCE), None);
        stream.there_is(6);
        stream.due(at(0), PATIENCE);
        assert_eq!(stream.on_due(at(1), PATIENCE), Some(Lack::Ask(5, 6)));
        stream.put(5, element(5), 9);
        assert_eq!(taken(&mut stream), [element(5)]);
        assert_eq!(stream.due(at(2), PATIENCE), Some(at(3)), "the other is still lacking");
        assert_eq!(stream.on_due(at(3), PATIENCE), Some(Lack::Ask(6, 6)));
    }

    #[test]
    fn no_more_than_the_bound_wait() {
        let mut stream = begun(0);
        for place in 2..=6 {
            stream.put(place, element(place), 4);
        }
        assert_eq!(taken(&mut stream).len(), 5, "the first is passed over");
        stream.restart();
        for place in 2..=9 {
            stream.put(place, element(place), 4);
        }
        assert_eq!(stream.early.len(), 4);
    }
}
