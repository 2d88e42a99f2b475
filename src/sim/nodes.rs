//! What the driver keeps for each node: counters for all, a state for those that run.

use super::pool::Pool;
use crate::node::{Incarnation, NodeId, Role, Time};

/// What a node never loses, online or away: the counts that names and random draws are made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Events that the node originated.
    pub seq: u32,
    /// Events that the world originated for it.
    pub world_seq: u32,
    /// Steps.
    pub steps: u32,
    /// Boots.
    pub incarnation: Incarnation,
    /// Sessions and gaps that have ended.
    pub phase: u32,
    /// Operations drawn.
    pub operations: u32,
    /// The handle of its [`Live`] state, plus one; 0 while away.
    live: u32,
}

// What an away node may cost, all included (DESIGN 5).
const _: () = assert!(size_of::<Counters>() <= 40);

/// A running node.
#[derive(Debug)]
pub struct Live<P> {
    /// The protocol's state; `None` until it has booted.
    pub state: Option<P>,
    /// Draws of this incarnation.
    pub draws: u32,
    /// Whether it is saying goodbye.
    pub leaving: bool,
    /// When its processor will have handled what has arrived.
    pub busy_until: Time,
    /// When its uplink will have sent what was handed to it.
    pub uplink_until: Time,
    /// When its downlink will have received what has arrived.
    pub downlink_until: Time,
}

/// All nodes: peers (ids 1..=peers), then clients.
#[derive(Debug)]
pub struct Nodes<P> {
    peers: u32,
    /// When each peer booted last.
    booted: Vec<Time>,
    counters: Vec<Counters>,
    live: Pool<Live<P>>,
}

impl<P> Nodes<P> {
    /// All away.
    #[must_use]
    pub fn new(peers: u32, clients: u32) -> Self {
        let all = (peers + clients) as usize + 1;
        Self {
            peers,
            booted: vec![Time::ZERO; peers as usize + 1],
            counters: vec![Counters::default(); all],
            live: Pool::default(),
        }
    }

    /// Makes room for so many running nodes more.
    pub fn reserve(&mut self, running: usize) {
        self.live.reserve_exact(running);
    }

    /// The part a node plays.
    #[must_use]
    pub fn role(&self, node: NodeId) -> Role {
        if node.0 <= self.peers { Role::Peer } else { Role::Client }
    }

    /// How many there are, online or not.
    #[must_use]
    pub fn count(&self) -> u32 {
        (self.counters.len() - 1) as u32
    }

    /// How often a node has booted.
    #[must_use]
    pub fn incarnation(&self, node: NodeId) -> Incarnation {
        self.counters[node.index()].incarnation
    }

    /// A node's counters.
    pub fn counters(&mut self, node: NodeId) -> &mut Counters {
        &mut self.counters[node.index()]
    }

    /// A running node; `None` if it is away.
    #[must_use]
    pub fn live(&self, node: NodeId) -> Option<&Live<P>> {
        self.live.item(self.counters[node.index()].live.checked_sub(1)?)
    }

    /// A running node; `None` if it is away.
    pub fn live_mut(&mut self, node: NodeId) -> Option<&mut Live<P>> {
        self.live.item_mut(self.counters[node.index()].live.checked_sub(1)?)
    }

    /// The running node of that incarnation.
    pub fn live_in(&mut self, node: NodeId, incarnation: Incarnation) -> Option<&mut Live<P>> {
        if self.counters[node.index()].incarnation != incarnation {
            return None;
        }
        self.live_mut(node)
    }

    /// When a peer booted last.
    #[must_use]
    pub fn booted(&self, peer: NodeId) -> Time {
        self.booted[peer.index()]
    }

    /// A node starts its next incarnation.
    pub fn start(&mut self, node: NodeId, at: Time) {
        let handle = self.live.insert(Live {
            state: None,
            draws: 0,
            leaving: false,
            busy_until: at,
            uplink_until: at,
            downlink_until: at,
        });
        if let Some(booted) = self.booted.get_mut(node.index()) {
            *booted = at;
        }
        let counters = &mut self.counters[node.index()];
        debug_assert_eq!(counters.live, 0, "{node} is running already");
        counters.live = handle + 1;
        counters.incarnation += 1;
    }

    /// A node stops; its state is lost.
    pub fn stop(&mut self, node: NodeId) {
        let counters = &mut self.counters[node.index()];
        if let Some(handle) = counters.live.checked_sub(1) {
            counters.live = 0;
            self.live.take(handle);
        }
    }
}
