//! What a peer lends to its coordinator.

use super::coordinator::Desk;
use super::groups::{Fill, Filled, Poll, PollReply, Register, Registered};
use super::replica::Replica;
use super::{
    Clippee, Commit, CommitReply, Lock, LockReply, Message, Read, ReadReply, Timer, Unlock, Yield,
};
use crate::node::{Context, Incarnation, NodeId, Observation, Span, Time, TimerId};
use crate::protocol::overlay::{Key, Notice, Overlay};

/// A peer without its coordinator, for one step.
pub(super) struct PeerDesk<'a, 'c> {
    pub overlay: &'a mut Overlay,
    pub replica: &'a mut Replica,
    pub notices: &'a mut Vec<Notice>,
    pub cx: &'a mut Context<'c, Clippee>,
}

impl Desk for PeerDesk<'_, '_> {
    fn id(&self) -> NodeId {
        self.cx.id()
    }
    fn incarnation(&self) -> Incarnation {
        self.cx.incarnation()
    }
    fn now(&self) -> Time {
        self.cx.now()
    }
    fn draw(&mut self, most: Span) -> Span {
        Span::from_nanos(self.cx.rng().below(most.nanos().saturating_add(1)))
    }
    fn arm(&mut self, timer: Timer, after: Span) -> TimerId {
        self.cx.arm(timer, after)
    }
    fn disarm(&mut self, timer: TimerId) {
        self.cx.disarm(timer);
    }
    fn observe(&mut self, observation: Observation) {
        self.cx.observe(observation);
    }
    fn send(&mut self, to: NodeId, message: Message) {
        self.cx.send(to, message);
    }
    fn own_lock(&mut self, lock: Lock) -> LockReply {
        self.replica.lock(lock, self.overlay, self.cx)
    }
    fn own_commit(&mut self, commit: Commit) -> Option<CommitReply> {
        self.replica.commit(self.cx.id(), commit, self.overlay, self.cx)
    }
    fn own_unlock(&mut self, unlock: Unlock) {
        self.replica.unlock(unlock, self.cx);
    }
    fn own_yield(&mut self, yielded: Yield) {
        self.replica.give_way(yielded, self.cx);
    }
    fn own_read(&mut self, read: Read) -> ReadReply {
        self.replica.read(read, self.overlay, self.cx)
    }
    fn own_register(&mut self, register: Register) -> Registered {
        self.replica.register(register, self.overlay, self.cx)
    }
    fn own_poll(&mut self, poll: Poll) -> PollReply {
        self.replica.poll(poll, self.overlay)
    }
    fn own_fill(&mut self, fill: Fill) -> Filled {
        self.replica.fill(fill, self.overlay)
    }
    fn look_up(&mut self, key: Key, token: u32) {
        self.overlay.lookup(key, token, self.cx, self.notices);
    }
    fn timeout(&self, peer: NodeId) -> Span {
        self.overlay.timeout(peer)
    }
    fn round_trip(&self, peer: NodeId) -> Option<Span> {
        self.overlay.round_trip(peer)
    }
    fn measured(&mut self, peer: NodeId, round_trip: Span) {
        let now = self.cx.now();
        self.overlay.measured(peer, round_trip, now);
    }
}
