//! What goes down the trees of access peers (`serving/groups/tree.rs`).

use super::shared::draw;
use crate::node::{NodeId, ObjectId, OperationId, Span, Time, TimerId};
use crate::protocol::clippee::Timer;
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Entry, Message, Multicast, Relay};
use crate::protocol::serving::groups::tree::{Bough, Load};

/// A message on its way to access peers.
#[derive(Clone, Copy)]
pub(super) struct Passed {
    pub group: ObjectId,
    pub multicast: Multicast,
    /// Where it entered the tree.
    pub origin: NodeId,
}

impl Load for Passed {
    fn key(&self) -> (ObjectId, OperationId) {
        (self.group, self.multicast.id)
    }
}

impl<D: Desk> Bough<Passed> for D {
    fn now(&self) -> Time {
        Desk::now(self)
    }
    fn timeout(&self, peer: NodeId) -> Span {
        Desk::timeout(self, peer)
    }
    fn measured(&mut self, peer: NodeId, round_trip: Span) {
        Desk::measured(self, peer, round_trip);
    }
    fn relay(&mut self, to: NodeId, load: Passed, list: Box<[Entry]>) {
        let Passed { group, multicast, origin } = load;
        let relay = Relay { group, multicast, origin, list };
        Desk::send(self, to, Message::Relay(Box::new(relay)).into());
    }
    fn arm(&mut self, token: u32, after: Span) -> TimerId {
        Desk::arm(self, Timer::Relay(token), after)
    }
    fn disarm(&mut self, timer: TimerId) {
        Desk::disarm(self, timer);
    }
}

/// `list` in an order drawn at random, so that all peers take their turns as inner ones.
pub(super) fn shuffled(mut list: Vec<Entry>, desk: &mut impl Desk) -> Vec<Entry> {
    for end in (1..list.len()).rev() {
        let other = draw(end + 1, desk);
        list.swap(end, other);
    }
    list
}
