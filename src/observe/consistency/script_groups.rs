//! The part of [`Script`] that plays a group: the object [`OBJECT`].

use super::script::{OBJECT, Script, attempt};
use crate::node::{
    Answer, NodeId, Observation, Observer, Operation, OperationId, Order, Outcome, Value, Version,
};
use crate::observe::fake::Fake;

impl<O: Observer<Fake>> Script<O> {
    /// A client asks to join, and is a member at once, with the state after message `number`.
    pub fn join(&mut self, id: OperationId, number: u32) {
        self.ask(id, Operation::Join { group: OBJECT });
        self.joined(id, number);
    }

    /// A client becomes a member with the state after message `number`.
    pub fn joined(&mut self, id: OperationId, number: u32) {
        let value = Value::default();
        self.end(id, Outcome::Ok(Answer::Joined { number, value }));
    }

    pub fn leave(&mut self, id: OperationId) {
        self.ask(id, Operation::Leave { group: OBJECT });
    }

    pub fn ask_multicast(&mut self, id: OperationId, order: Order) {
        self.ask(id, Operation::Multicast { group: OBJECT, order, bytes: 100 });
    }

    /// Peer 3 makes the version that gives a message its number.
    pub fn made_number(&mut self, id: OperationId, number: u32) {
        let version = Version { counter: number, attempt: attempt(3, number) };
        let (base, value) = (Version::ZERO, Value::default());
        self.tell(3, Observation::Made { id, object: OBJECT, version, base, value });
    }

    /// Peer 3 takes on a message in fifo order.
    pub fn accepted(&mut self, id: OperationId, number: u32) {
        self.tell(3, Observation::Accepted { id, group: OBJECT, number });
    }

    /// Peer 3 sends a message on its way.
    pub fn numbered(&mut self, id: OperationId, order: Order, number: u32) {
        let (group, access_peers, members) = (OBJECT, 1, 1);
        let numbered = Observation::Numbered { id, group, order, number, access_peers, members };
        self.tell(3, numbered);
    }

    /// `node` gets a message.
    pub fn gets(&mut self, node: u32, id: OperationId, order: Order, number: u32) {
        self.tell(node, Observation::Delivered { group: OBJECT, id, order, number });
    }

    pub fn attached(&mut self, client: u32, peer: u32) {
        self.tell(client, Observation::Attached { peer: NodeId(peer) });
    }

    /// `replica` takes in that `peer` has `members`.
    pub fn registered(&mut self, replica: u32, peer: u32, members: u32) {
        let peer = NodeId(peer);
        self.tell(replica, Observation::Registered { group: OBJECT, peer, members });
    }
}
