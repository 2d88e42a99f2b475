//! One peer's part in the overlay: its state, and what its host may ask of it.

use super::Key;
use super::config::{Config, Start};
use super::dropped::{self, Dropped};
use super::forward::{self, Credit, Forward, Seen};
use super::held::{Bounded, Held};
use super::join::{self, Joining};
use super::leaf_set::LeafSet;
use super::lookup::{self, Lookup};
use super::maintenance::Contact;
use super::message::{Message, Timer};
use super::probe::{self, Probe};
use super::table::Table;
use super::trips::{self, Trips};
use super::world::World;
use crate::node::{Context, NodeId, Protocol, Span, Time};
use std::sync::Arc;

/// A protocol that embeds the overlay: it wraps the overlay's messages and timers into its own.
pub trait Host: Protocol<Message: From<Message>, Timer: From<Timer>> {}
impl<H: Protocol<Message: From<Message>, Timer: From<Timer>>> Host for H {}

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
        /// The root's view of the key's replica set (as many as its leaf set allows, closest first,
        /// the root included).
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

/// What a step of the host lends to the overlay.
pub(super) struct Io<'a, 'c, H: Host> {
    pub cx: &'a mut Context<'c, H>,
    pub notices: &'a mut Vec<Notice>,
}

/// Whether a peer is a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Joining,
    Joined,
    Leaving,
}

/// One peer's part in the overlay.
pub struct Overlay {
    pub(super) config: Arc<Config>,
    pub(super) world: Arc<World>,
    pub(super) id: NodeId,
    pub(super) key: Key,
    pub(super) standing: Standing,
    pub(super) leaves: LeafSet,
    pub(super) table: Table,
    pub(super) trips: Trips,
    pub(super) dropped: Dropped,
    pub(super) contacts: Box<[Contact]>,
    pub(super) probes: Vec<Probe>,
    pub(super) forwards: Vec<Forward>,
    pub(super) seen: Seen,
    pub(super) credit: Credit,
    pub(super) lookups: Vec<Lookup>,
    /// Only while joining.
    pub(super) joining: Option<Box<Joining>>,
    /// The last number given to a hop, probe or lookup.
    pub(super) sequence: u32,
    /// Maintenance intervals so far.
    pub(super) round: u32,
    held: Held,
}

impl Overlay {
    /// A peer boots: at time 0 it starts converged or joins as [`Config::start`] says; later boots
    /// join through `contacts`. A peer that must join and has no contact is the first of its ring.
    pub fn start<H: Host>(
        config: Arc<Config>,
        world: Arc<World>,
        contacts: &[NodeId],
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) -> Self {
        let mut overlay = Self::new(config, world, contacts, cx);
        let place = overlay.world.online.binary_search(&(overlay.key, overlay.id)).ok();
        let first_boot = cx.incarnation() == 1 && overlay.config.start == Start::Converged;
        let mut io = Io { cx, notices };
        overlay.arm_first_maintenance(&mut io);
        match place.filter(|_| first_boot) {
            Some(place) => {
                overlay.converge(place, io.cx.rng());
                overlay.standing = Standing::Joined;
                io.notices.push(Notice::Joined);
            }
            None => overlay.begin_joining(&mut io),
        }
        overlay
    }

    fn new<H: Host>(
        config: Arc<Config>,
        world: Arc<World>,
        contacts: &[NodeId],
        cx: &mut Context<'_, H>,
    ) -> Self {
        let id = cx.id();
        let key = world.id(id);
        Self {
            id,
            key,
            standing: Standing::Joining,
            leaves: LeafSet::new(key, (config.leaf_set / 2) as usize),
            table: Table::new(key, config.digit_bits),
            trips: Trips::default(),
            dropped: Dropped::default(),
            contacts: contacts.iter().map(|&node| Contact::new(node)).collect(),
            probes: Vec::new(),
            forwards: Vec::new(),
            seen: Seen::default(),
            credit: Credit::default(),
            lookups: Vec::new(),
            joining: None,
            // A random start, so that numbers of an earlier incarnation mean nothing now.
            sequence: cx.rng().word() as u32,
            round: 0,
            held: Held::default(),
            config,
            world,
        }
    }

    /// A message of the overlay arrived.
    pub fn on_message<H: Host>(
        &mut self,
        from: NodeId,
        message: Message,
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) {
        let io = &mut Io { cx, notices };
        match message {
            Message::Route(route) => self.on_route(from, route, io),
            Message::Accepted { hop, held, .. } => self.on_accepted(from, hop, held, io),
            Message::Refused { hop, .. } => self.on_refused(from, hop, io),
            Message::Found { token, hops, replicas } => {
                self.meet(from, false, io);
                self.found(token, from, replicas.into_vec(), hops, io);
            }
            Message::Roster { token, leaves } => self.on_roster(from, token, &leaves, io),
            Message::Rows { entries } => self.on_rows(from, &entries, io),
            Message::RowRequest { row } => self.on_row_request(from, row, io),
            Message::Exchange { sequence, stage, leaves } => {
                self.on_exchange(from, sequence, stage, &leaves, io);
            }
            Message::Exchanged { sequence, leaves } => {
                self.on_exchanged(from, sequence, &leaves, io);
            }
            Message::Ping { sequence, leaf } => self.on_ping(from, sequence, leaf, io),
            Message::Pong { sequence } => self.on_pong(from, sequence, io),
            Message::Goodbye { leaves } => self.on_goodbye(from, &leaves, io),
        }
        self.tell_sizes(io.cx);
    }

    /// A timer of the overlay fired.
    pub fn on_timer<H: Host>(
        &mut self,
        timer: Timer,
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) {
        let io = &mut Io { cx, notices };
        match timer {
            Timer::Hop(hop) => self.on_hop_timeout(hop, io),
            Timer::Probe(sequence) => self.on_probe_timeout(sequence, io),
            Timer::Lookup(number) => self.on_lookup_timeout(number, io),
            Timer::Join(step) => self.on_join_timeout(step, io),
            Timer::Maintain => self.maintain(io),
        }
        self.tell_sizes(io.cx);
    }

    /// Says goodbye to the leaves; from now on this peer claims no key, and refuses to pass on what
    /// others send.
    pub fn leave<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        if self.standing == Standing::Joined {
            let leaves = self.leaves.nodes();
            for &leaf in &leaves {
                cx.send(leaf, Message::Goodbye { leaves: leaves.clone() });
            }
        }
        self.standing = Standing::Leaving;
        self.joining = None;
    }

    /// Looks for the root of `key`; ends with [`Notice::Found`] or [`Notice::Lost`] of `token`, at
    /// once if this peer is the root. While the peer joins, lookups wait.
    pub fn lookup<H: Host>(
        &mut self,
        key: Key,
        token: u32,
        cx: &mut Context<'_, H>,
        notices: &mut Vec<Notice>,
    ) {
        self.begin_lookup(key, token, &mut Io { cx, notices });
        self.tell_sizes(cx);
    }

    /// Something that depends on what most messages look at.
    #[must_use]
    pub fn glance(&self) -> u32 {
        let leaves = self.leaves.at(0).map_or(0, |leaf| leaf.node.0);
        let forward = self.forwards.last().map_or(0, |forward| forward.glance());
        self.trips.glance()
            ^ self.seen.glance()
            ^ leaves
            ^ forward
            ^ self.table.len()
            ^ self.sequence
    }

    /// Whether this peer has joined and isn't leaving.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.standing == Standing::Joined
    }

    /// The `r` peers closest to `key` among this one (unless it is leaving) and its leaves, closest
    /// first.
    #[must_use]
    pub fn replicas(&self, key: Key, r: usize) -> Vec<NodeId> {
        let me = (self.standing != Standing::Leaving).then_some(self.id);
        self.leaves.closest(key, r, me)
    }

    /// Whether this peer has joined and is among the `r` closest to `key` in its own view. Never
    /// true of a key beyond its leaves: there it has no view.
    #[must_use]
    pub fn is_responsible(&self, key: Key, r: usize) -> bool {
        self.is_joined() && self.leaves.covers(key) && self.leaves.closer_than_me(key) < r
    }

    /// The arc of keys that this peer is among the `r` closest to, in its own view: how far it
    /// reaches below and above its own id. (`Key::MAX` on a side: the whole ring.)
    #[must_use]
    pub fn arc(&self, r: usize) -> (u64, u64) {
        self.leaves.arc(r)
    }

    /// The leaves, each once.
    pub fn leaves(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.leaves.iter().map(|leaf| leaf.node)
    }

    /// A peer drawn from all that this one knows to be alive: for clients that need contacts.
    /// `None`: knows nobody.
    pub fn acquaintance<H: Host>(&self, cx: &mut Context<'_, H>) -> Option<NodeId> {
        let leaves = self.leaves.len();
        let known = leaves as u64 + u64::from(self.table.len());
        if known == 0 {
            return None;
        }
        let drawn = cx.rng().below(known) as usize;
        match self.leaves.at(drawn) {
            Some(leaf) => Some(leaf.node),
            None => self.table.rows_from(0).nth(drawn - leaves),
        }
    }

    /// Takes in a round trip that the host measured to any peer.
    pub fn measured(&mut self, peer: NodeId, round_trip: Span, now: Time) {
        self.trips.sample(peer, round_trip, now);
    }

    /// The retransmission timeout towards any peer (CLIPPEE 2): the initial one where nothing was
    /// measured.
    #[must_use]
    pub fn timeout(&self, peer: NodeId) -> Span {
        self.trips.timeout(peer)
    }

    /// The mean round trip to a peer, if any was measured.
    #[must_use]
    pub fn round_trip(&self, peer: NodeId) -> Option<Span> {
        self.trips.mean(peer)
    }

    /// The overlay id of a peer.
    pub(super) fn id_of(&self, peer: NodeId) -> Key {
        self.world.id(peer)
    }

    #[cfg(test)]
    pub(super) fn leaves_per_side(&self) -> usize {
        (self.config.leaf_set / 2) as usize
    }

    /// A number that no hop, probe or lookup of this peer has.
    pub(super) fn number(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    fn tell_sizes<H: Host>(&mut self, cx: &mut Context<'_, H>) {
        let waiting = self.joining.as_ref().map_or(0, |joining| joining.waiting());
        let sizes = [
            (Bounded::Forwards, self.forwards.len(), forward::BOUND),
            (Bounded::Probes, self.probes.len(), probe::BOUND),
            (Bounded::Lookups, self.lookups.len(), lookup::BOUND),
            (Bounded::Trips, self.trips.len(), trips::BOUND),
            (Bounded::Dropped, self.dropped.len(), dropped::BOUND),
            (Bounded::Waiting, waiting, join::BOUND),
        ];
        for (table, entries, bound) in sizes {
            self.held.note(table, entries, bound, cx);
        }
    }
}
