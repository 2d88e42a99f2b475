//! Order on the way from one member to another. The library is written for connections that keep
//! the order of messages, as TCP does, and takes a message out of order for a lost one, which costs
//! it a new round of promises with that member. So messages are numbered, early ones wait for those
//! before them, and repeats are dropped. What doesn't come within [`PATIENCE`] is taken for lost:
//! from there the library mends itself.

use crate::node::{Span, Time};
use std::collections::BTreeMap;

/// So long is a missing message waited for: the least retransmission timeout of TCP stacks.
pub(super) const PATIENCE: Span = Span::from_millis(200);
/// So many messages wait for one before them.
const WAITING: usize = 256;

/// One member's end of the way to and from another.
#[derive(Debug)]
pub(super) struct Link<M> {
    sent: u32,
    /// The number of the last message taken in; `None`: none yet.
    taken: Option<u32>,
    early: BTreeMap<u32, M>,
    /// Since when the next message is missed.
    since: Option<Time>,
}

impl<M> Default for Link<M> {
    fn default() -> Self {
        Self { sent: 0, taken: None, early: BTreeMap::new(), since: None }
    }
}

impl<M> Link<M> {
    /// The number of the next message sent.
    pub fn number(&mut self) -> u32 {
        self.sent += 1;
        self.sent
    }

    /// A message arrived; what can be taken in now is pushed to `into`, in order.
    pub fn receive(&mut self, number: u32, message: M, now: Time, into: &mut Vec<M>) {
        // Earlier ones came before this member knew the log: nobody waits for them.
        let taken = *self.taken.get_or_insert(number - 1);
        if number > taken {
            self.early.entry(number).or_insert(message);
        }
        if self.early.len() > WAITING {
            self.skip();
        }
        self.drain(now, into);
    }

    /// Whether something is missed.
    pub const fn is_missing(&self) -> bool {
        self.since.is_some()
    }

    /// Gives up on what has been missed for too long.
    pub fn give_up(&mut self, now: Time, into: &mut Vec<M>) {
        if self.since.is_some_and(|since| since + PATIENCE <= now) {
            self.skip();
            self.drain(now, into);
        }
    }

    fn skip(&mut self) {
        if let Some(&first) = self.early.keys().next() {
            self.taken = Some(first - 1);
        }
        self.since = None;
    }

    fn drain(&mut self, now: Time, into: &mut Vec<M>) {
        while let Some(message) = self.taken.and_then(|taken| self.early.remove(&(taken + 1))) {
            self.taken = self.taken.map(|taken| taken + 1);
            self.since = None;
            into.push(message);
        }
        if self.early.is_empty() {
            self.since = None;
        } else {
            self.since.get_or_insert(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_ones_wait_repeats_are_dropped_and_lost_ones_are_given_up() {
        let mut link = Link::default();
        let mut taken = Vec::new();
        let start = Time::ZERO;
        for number in [1, 3, 1, 4, 3, 2, 7, 2] {
            link.receive(number, number, start, &mut taken);
        }
        assert_eq!(taken, [1, 2, 3, 4]);
        assert!(link.is_missing());
        link.give_up(start + PATIENCE.part(2), &mut taken);
        assert_eq!(taken.len(), 4);
        link.give_up(start + PATIENCE, &mut taken);
        link.receive(5, 5, start, &mut taken);
        assert_eq!(taken, [1, 2, 3, 4, 7]);
        assert!(!link.is_missing());
    }

    #[test]
    fn who_comes_late_begins_where_it_comes_in() {
        let mut link = Link::default();
        let mut taken = Vec::new();
        link.receive(9, 'a', Time::ZERO, &mut taken);
        link.receive(10, 'b', Time::ZERO, &mut taken);
        assert_eq!(taken, ['a', 'b']);
        assert_eq!((link.number(), link.number()), (1, 2));
    }
}
