//! The operations under way at a client, and whose turn it is (CLIPPEE 1 and 7): what a client says to
//! one group, and its joins and leaves, are carried out one after the other.

use super::groups::Turn;
use super::pending::Pending;
use crate::node::{Operation, Time};

/// The operations under way at a client. Takes nothing on the heap while there are none.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Agenda {
    pending: Vec<Pending>,
}

impl Agenda {
    /// Takes an operation in; its place. It is held if an earlier one of its turn is under way.
    pub fn add(&mut self, mut pending: Pending) -> usize {
        let turn = Turn::of(&pending.operation);
        pending.held =
            turn.is_some() && self.pending.iter().any(|p| Turn::of(&p.operation) == turn);
        self.pending.push(pending);
        self.pending.len() - 1
    }

    /// The operation in a place.
    pub fn at(&mut self, place: usize) -> &mut Pending {
        &mut self.pending[place]
    }

    /// The place of the operation that its client counts as `count`.
    pub fn place(&self, count: u32) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id.count == count)
    }

    /// The place of the one like `operation` that is under way, if one is.
    pub fn asked(&self, operation: Operation) -> Option<usize> {
        let is_asked = |p: &Pending| p.operation == operation && !p.is_unsent();
        self.pending.iter().position(is_asked)
    }

    /// Whether any operation of that turn hasn't ended.
    pub fn is_open(&self, turn: Turn) -> bool {
        self.pending.iter().any(|p| Turn::of(&p.operation) == Some(turn))
    }

    /// Those whose turn it is and whose time isn't up at `now`.
    pub fn due(&mut self, now: Time) -> impl Iterator<Item = &mut Pending> {
        self.pending.iter_mut().filter(move |pending| now < pending.deadline && !pending.held)
    }

    /// Takes the operation in a place out, and says which one's turn it is now, if that was the one
    /// that others waited for.
    pub fn remove(&mut self, place: usize, now: Time) -> (Pending, Option<usize>) {
        let ended = self.pending.remove(place);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        let turn = Turn::of(&ended.operation).filter(|_| !ended.held);
        let next = turn.and_then(|turn| {
            self.pending.iter().position(|p| Turn::of(&p.operation) == Some(turn))
        });
        let next = next.filter(|&next| {
            self.pending[next].held = false;
            now < self.pending[next].deadline
        });
        (ended, next)
    }

    /// All of them, and none are left.
    pub fn take(&mut self) -> Vec<Pending> {
        std::mem::take(&mut self.pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{NodeId, ObjectId, OperationId, Order, Span};

    fn pending(count: u32, operation: Operation) -> Pending {
        let id = OperationId { client: NodeId(9), count };
        Pending::new(id, operation, Time::ZERO, Span::from_secs(15))
    }

    #[test]
    fn what_is_said_to_one_group_waits_for_what_was_said_before() {
        let say =
            |group| Operation::Multicast { group: ObjectId(group), order: Order::Fifo, bytes: 1 };
        let join = Operation::Join { group: ObjectId(1) };
        let mut agenda = Agenda::default();
        for (count, operation) in [(1, say(1)), (2, say(2)), (3, say(1)), (4, join), (5, say(1))] {
            agenda.add(pending(count, operation));
        }
        let held: Vec<bool> = (0..5).map(|place| agenda.at(place).held).collect();
        assert_eq!(held, [false, false, true, false, true]);
        // One that had to wait ends first: nobody's turn has come.
        assert_eq!(agenda.remove(4, Time::ZERO).1, None);
        let (ended, next) = agenda.remove(0, Time::ZERO);
        assert_eq!((ended.id.count, next), (1, Some(1)));
        assert_eq!(agenda.at(1).id.count, 3);
        assert!(!agenda.at(1).held);
    }
}
