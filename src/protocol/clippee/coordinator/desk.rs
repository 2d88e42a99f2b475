//! What a coordinator needs of the peer that it is part of: the little that tests can fake.

use super::super::groups::{Fill, Filled, Poll, PollReply, Register, Registered};
use super::super::{
    Commit, CommitReply, Lock, LockReply, Message, Read, ReadReply, Timer, Unlock, Yield,
};
use crate::node::{Incarnation, NodeId, Observation, Span, Time, TimerId};
use crate::protocol::overlay::Key;

/// The peer around a coordinator. What is meant for this very peer's replica part is answered at
/// once: no message, no delay (CLIPPEE 5).
pub trait Desk {
    /// This peer.
    fn id(&self) -> NodeId;
    /// Its incarnation.
    fn incarnation(&self) -> Incarnation;
    /// Its clock.
    fn now(&self) -> Time;
    /// A uniformly drawn span, from zero to `most`.
    fn draw(&mut self, most: Span) -> Span;
    /// Arms a timer.
    fn arm(&mut self, timer: Timer, after: Span) -> TimerId;
    /// Disarms it.
    fn disarm(&mut self, timer: TimerId);
    /// Tells observers.
    fn observe(&mut self, observation: Observation);
    /// Sends a message to another node.
    fn send(&mut self, to: NodeId, message: Message);
    /// Asks this peer's own replica part for its lock.
    fn own_lock(&mut self, lock: Lock) -> LockReply;
    /// Gives it a commit; `None`: the answer comes later.
    fn own_commit(&mut self, commit: Commit) -> Option<CommitReply>;
    /// Ends an attempt's lock there.
    fn own_unlock(&mut self, unlock: Unlock);
    /// Gives a grant back to it, and waits for another.
    fn own_yield(&mut self, yielded: Yield);
    /// Reads there.
    fn own_read(&mut self, read: Read) -> ReadReply;
    /// Registers an access peer there (CLIPPEE 7).
    fn own_register(&mut self, register: Register) -> Registered;
    /// Asks it whether anything is new in a group.
    fn own_poll(&mut self, poll: Poll) -> PollReply;
    /// Asks it for messages of a group.
    fn own_fill(&mut self, fill: Fill) -> Filled;
    /// Looks for a key's root; the answer comes later.
    fn look_up(&mut self, key: Key, token: u32);
    /// The retransmission timeout towards a peer.
    fn timeout(&self, peer: NodeId) -> Span;
    /// The mean round trip to a peer, if known.
    fn round_trip(&self, peer: NodeId) -> Option<Span>;
    /// A round trip was measured.
    fn measured(&mut self, peer: NodeId, round_trip: Span);
}
