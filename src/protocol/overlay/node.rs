//! One peer's part in the overlay.

use super::{Config, Key, World};
use crate::node::{Context, NodeId, Protocol, Span, Time};
use std::sync::Arc;

/// A protocol that embeds the overlay: it wraps the overlay's messages and timers into its own.
pub trait Host: Protocol<Message: From<Message>, Timer: From<Timer>> {}
impl<H: Protocol<Message: From<Message>, Timer: From<Timer>>> Host for H {}

/// What the overlay's parts at two peers say to each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {}

/// The overlay's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {}

/// What the host must know; gathered in a list that the host reuses.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The peer has joined: its leaf set is usable.
    Joined,
    /// The lookup `token` ended at the key's root.
    Found {
        /// The host's number.
        token: u32,
        /// The key's root.
        root: NodeId,
        /// The root's view of the key's replica set (as many as its leaf set allows, closest first, the root included).
        replicas: Vec<NodeId>,
        /// Hops to the root.
        hops: u32,
    },
    /// The lookup `token` found no root in spite of retries.
    Lost {
        /// The host's number.
        token: u32,
    },
    /// The leaf set changed: replica sets may have too.
    LeavesChanged,
    /// A leaf was found dead or has left.
    Gone(NodeId),
}

/// One peer's part in the overlay.
pub struct Overlay {}

impl Overlay {
    /// A peer boots: at time 0 it starts converged or joins as [`Config::start`] says; later boots join through
    /// `contacts`.
    pub fn start<H: Host>(
        config: Arc<Config>,
        world: Arc<World>,
        contacts: &[NodeId],
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) -> Self {
        todo!()
    }

    /// A message of the overlay arrived.
    pub fn on_message<H: Host>(
        &mut self,
        from: NodeId,
        message: Message,
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) {
        todo!()
    }

    /// A timer of the overlay fired.
    pub fn on_timer<H: Host>(
        &mut self,
        timer: Timer,
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) {
        todo!()
    }

    /// Says goodbye to the leaves; from now on this peer claims no key.
    pub fn leave<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        todo!()
    }

    /// Looks for the root of `key`; ends with [`Notice::Found`] or [`Notice::Lost`] of `token`, at once if this peer
    /// is the root.
    pub fn lookup<H: Host>(
        &mut self,
        key: Key,
        token: u32,
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) {
        todo!()
    }

    /// Whether this peer has joined and isn't leaving.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        todo!()
    }

    /// The `r` peers closest to `key` among this one (unless it is leaving) and its leaves, closest first.
    #[must_use]
    pub fn replicas(&self, key: Key, r: usize) -> Vec<NodeId> {
        todo!()
    }

    /// Whether this peer has joined and is among the `r` closest to `key` in its own view.
    #[must_use]
    pub fn is_responsible(&self, key: Key, r: usize) -> bool {
        todo!()
    }

    /// The arc of keys that this peer is among the `r` closest to, in its own view: how far it reaches below and
    /// above its own id. (`Key::MAX` on a side: the whole ring.)
    #[must_use]
    pub fn arc(&self, r: usize) -> (u64, u64) {
        todo!()
    }

    /// The leaves, each once.
    pub fn leaves(&self) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::empty()
    }

    /// A peer drawn from all that this one knows to be alive: for clients that need contacts. `None`: knows nobody.
    pub fn acquaintance<H: Host>(&self, cx: &mut Context<'_, H>) -> Option<NodeId> {
        todo!()
    }

    /// Takes in a round trip that the host measured to any peer.
    pub fn measured(&mut self, peer: NodeId, round_trip: Span, now: Time) {
        todo!()
    }

    /// The retransmission timeout towards any peer (CLIPPEE 2): the initial one where nothing was measured.
    #[must_use]
    pub fn timeout(&self, peer: NodeId) -> Span {
        todo!()
    }

    /// The mean round trip to a peer, if any was measured.
    #[must_use]
    pub fn round_trip(&self, peer: NodeId) -> Option<Span> {
        todo!()
    }
}
