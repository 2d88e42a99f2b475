//! What the driver keeps for each node: counters for all, a state for those that run.

use super::fault::View;
use super::pool::Pool;
use crate::node::{Incarnation, NodeId, Role, Time};

/// What a node never loses, online or away, and each step asks for: the counts that names and random
/// draws are made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Events that the node originated.
    pub seq: u32,
    /// Steps.
    pub steps: u32,
    /// Boots.
    pub incarnation: Incarnation,
    /// The handle of its [`Live`] state, plus one; 0 while away.
    live: u32,
}

/// In place of a handle: the node runs, but its state is elsewhere.
const ELSEWHERE: u32 = u32::MAX;

/// What the world counts for each node.
#[derive(Clone, Copy, Debug, Default)]
pub struct WorldCounters {
    /// Events that the world originated for it.
    pub seq: u32,
    /// Sessions and gaps that have ended.
    pub phase: u32,
    /// Operations drawn.
    pub operations: u32,
}

// What an away node may cost, all included (DESIGN 5).
const _: () = assert!(size_of::<Counters>() + size_of::<WorldCounters>() <= 40);

/// A running node.
#[derive(Debug)]
pub struct Live<P> {
    /// The protocol's state; `None` until it has booted.
    pub state: Option<P>,
    /// Draws of this incarnation.
    pub draws: u32,
}

/// How long a node's queues of messages will keep it busy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backlog {
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
    /// A bit for each node: whether it runs and isn't saying goodbye.
    at_work: Vec<u64>,
    counters: Vec<Counters>,
    world: Vec<WorldCounters>,
    live: Pool<Live<P>>,
    /// By handle, if messages may have to wait at clients; else by peer.
    backlogs: Vec<Backlog>,
    /// Whether messages may have to wait at peers, and at clients.
    has_backlogs: [bool; 2],
}

impl<P> Nodes<P> {
    /// All away. `has_backlogs`: messages may have to wait at peers, and at clients.
    #[must_use]
    pub fn new(peers: u32, clients: u32, has_backlogs: [bool; 2]) -> Self {
        let all = (peers + clients) as usize + 1;
        Self {
            peers,
            booted: vec![Time::ZERO; peers as usize + 1],
            at_work: vec![0; all / 64 + 1],
            counters: vec![Counters::default(); all],
            world: vec![WorldCounters::default(); all],
            live: Pool::default(),
            backlogs: Vec::new(),
            has_backlogs,
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

    /// How often a node has booted.
    #[must_use]
    pub fn incarnation(&self, node: NodeId) -> Incarnation {
        self.counters[node.index()].incarnation
    }

    /// A node's counters.
    pub fn counters(&mut self, node: NodeId) -> &mut Counters {
        &mut self.counters[node.index()]
    }

    /// What the world counts for a node.
    pub fn world(&mut self, node: NodeId) -> &mut WorldCounters {
        &mut self.world[node.index()]
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

    /// Whether a node runs.
    #[must_use]
    pub fn is_live(&self, node: NodeId) -> bool {
        self.counters[node.index()].live > 0
    }

    /// Whether the node runs, in that incarnation.
    #[must_use]
    pub fn is_live_in(&self, node: NodeId, incarnation: Incarnation) -> bool {
        let counters = &self.counters[node.index()];
        counters.live > 0 && counters.incarnation == incarnation
    }

    /// Whether a node runs and isn't leaving.
    #[must_use]
    pub fn is_at_work(&self, node: NodeId) -> bool {
        self.at_work[node.index() / 64] >> (node.index() % 64) & 1 == 1
    }

    fn set_at_work(&mut self, node: NodeId, at_work: bool) {
        let (word, bit) = (&mut self.at_work[node.index() / 64], node.index() % 64);
        *word = *word & !(1 << bit) | u64::from(at_work) << bit;
    }

    /// Where a running node's queues are, if it has any.
    fn place_of_backlog(&self, node: NodeId, handle: u32) -> Option<usize> {
        match self.has_backlogs {
            [_, true] => Some(handle as usize),
            [true, false] if node.0 <= self.peers => Some(node.index()),
            _ => None,
        }
    }

    /// A running node's queues; `None` if it is away.
    ///
    /// # Panics
    /// If nodes of its part were made without backlogs.
    pub fn backlog(&mut self, node: NodeId) -> Option<&mut Backlog> {
        let handle = self.counters[node.index()].live.checked_sub(1)?;
        let place = self.place_of_backlog(node, handle).expect("its messages may have to wait");
        Some(&mut self.backlogs[place])
    }

    /// When a peer booted last.
    #[must_use]
    pub fn booted(&self, peer: NodeId) -> Time {
        self.booted[peer.index()]
    }

    /// A node starts its next incarnation.
    pub fn start(&mut self, node: NodeId, at: Time) {
        let handle = self.live.insert(Live { state: None, draws: 0 });
        if let Some(place) = self.place_of_backlog(node, handle) {
            if self.backlogs.len() <= place {
                self.backlogs.resize(place + 1, Backlog::default());
            }
            self.backlogs[place] = Backlog { busy_until: at, uplink_until: at, downlink_until: at };
        }
        self.set_live(node, at, handle + 1);
    }

    /// A node whose state is elsewhere starts its next incarnation.
    pub fn start_elsewhere(&mut self, node: NodeId, at: Time) {
        self.set_live(node, at, ELSEWHERE);
    }

    fn set_live(&mut self, node: NodeId, at: Time, live: u32) {
        if let Some(booted) = self.booted.get_mut(node.index()) {
            *booted = at;
        }
        self.set_at_work(node, true);
        let counters = &mut self.counters[node.index()];
        debug_assert_eq!(counters.live, 0, "{node} is running already");
        counters.live = live;
        counters.incarnation += 1;
    }

    /// A running node says goodbye from now on.
    pub fn leave(&mut self, node: NodeId) {
        self.set_at_work(node, false);
    }

    /// A node stops; its state is lost.
    pub fn stop(&mut self, node: NodeId) {
        self.set_at_work(node, false);
        let counters = &mut self.counters[node.index()];
        match std::mem::take(&mut counters.live) {
            0 | ELSEWHERE => {}
            live => drop(self.live.take(live - 1)),
        }
    }

    /// Looks at what the driver keeps of a node, so that it is at hand for its next step; gives
    /// something that depends on all of it.
    #[must_use]
    pub fn glance(&self, node: NodeId) -> u32 {
        let Some(handle) = self.counters[node.index()].live.checked_sub(1) else { return 0 };
        let backlog = self.place_of_backlog(node, handle).and_then(|at| self.backlogs.get(at));
        let busy = backlog.map_or(0, |backlog| backlog.busy_until.nanos() as u32);
        let live = self.live.item(handle);
        live.map_or(0, |live| live.draws ^ u32::from(live.state.is_some())) ^ busy
    }
}

impl<P> View for Nodes<P> {
    fn up(&self, node: NodeId) -> Option<Incarnation> {
        self.is_at_work(node).then(|| self.incarnation(node))
    }

    fn is_founder(&self, peer: NodeId) -> bool {
        self.booted(peer) == Time::ZERO
    }
}
