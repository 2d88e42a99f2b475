//! A peer's part as a replica: copies and locks of the objects that it is responsible for (CLIPPEE 3, 5, 6).

use super::{Commit, CommitReply, Config, Lock, LockReply, Read, ReadReply, Unlock, World};
use crate::node::{Context, NodeId, ObjectId, Protocol};
use crate::protocol::overlay::{Host, Overlay};
use std::sync::Arc;

/// What replicas say to each other for hand-over and repair.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {}

/// The replica's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {}

/// One change of durable state (used only where `durable` is set).
#[derive(Clone, Debug, PartialEq)]
pub enum Record {}

/// What survives a crash where `durable` is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Durable {}

/// A protocol that embeds the replica part.
pub trait ReplicaHost:
    Host + Protocol<Message: From<Message>, Timer: From<Timer>, Record: From<Record>>
{
}
impl<H: Host + Protocol<Message: From<Message>, Timer: From<Timer>, Record: From<Record>>>
    ReplicaHost for H
{
}

/// A commit's answer that became ready after the commit had to wait for its base.
pub type Answers = Vec<(NodeId, CommitReply)>;

/// One peer's copies and locks.
pub struct Replica {}

impl Replica {
    /// A peer boots.
    pub fn start<H: ReplicaHost>(
        config: Arc<Config>,
        world: Arc<World>,
        durable: &Durable,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
    ) -> Self {
        todo!()
    }

    /// Step 5.3: grants or refuses, at once.
    pub fn lock<H: ReplicaHost>(
        &mut self,
        lock: Lock,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
    ) -> LockReply {
        todo!()
    }

    /// Steps 5.4 and 5.6: applies the commit and ends its attempt's lock. `None`: it waits for its base; the answer
    /// for `from` comes later, through [`Answers`].
    pub fn commit<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        commit: Commit,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
    ) -> Option<CommitReply> {
        todo!()
    }

    /// Steps 5.5 and 5.6: ends the attempt's lock, and remembers that it ended.
    pub fn unlock<H: ReplicaHost>(&mut self, unlock: Unlock, cx: &mut Context<'_, H>) {
        todo!()
    }

    /// Section 4: version and value of an object.
    pub fn read<H: ReplicaHost>(
        &mut self,
        read: Read,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
    ) -> ReadReply {
        todo!()
    }

    /// Hand-over and repair (section 6).
    pub fn on_message<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        message: Message,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        todo!()
    }

    /// A timer of the replica part fired.
    pub fn on_timer<H: ReplicaHost>(
        &mut self,
        timer: Timer,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        todo!()
    }

    /// The overlay has joined, or its leaves changed: hands over and asks as section 6 says.
    pub fn on_leaves_changed<H: ReplicaHost>(
        &mut self,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
    ) {
        todo!()
    }

    /// A leaf was found dead or has left.
    pub fn on_gone<H: ReplicaHost>(
        &mut self,
        peer: NodeId,
        overlay: &Overlay,
        cx: &mut Context<'_, H>,
    ) {
        todo!()
    }

    /// The peer is leaving politely: its objects go to those who become responsible.
    pub fn leave<H: ReplicaHost>(&mut self, overlay: &Overlay, cx: &mut Context<'_, H>) {
        todo!()
    }

    /// Whether an object is held explicitly (tests and reports).
    #[must_use]
    pub fn holds(&self, object: ObjectId) -> bool {
        todo!()
    }
}
