//! What goes around a ring: packets, the token, and the token that makes a new ring.

use super::item::Item;
use crate::node::{Digestible, Hasher, Incarnation, NodeId};
use std::sync::Arc;

const ADDRESS: u32 = 6;
const NUMBER: u32 = 4;
const TAG: u32 = 1;

/// Names a ring. Numbers only rise where daemons remember them; who comes back from a crash
/// remembers none, so the maker's incarnation is part of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RingId {
    /// Higher than that of every ring that a member knew.
    pub number: u32,
    /// Who made it: the member with the lowest id.
    pub maker: NodeId,
    /// The maker's incarnation.
    pub incarnation: Incarnation,
}

/// Bytes of a [`RingId`].
pub(in crate::protocol::token_ring) const RING: u32 = 2 * NUMBER + ADDRESS;

/// Messages under one sequence number: what makes the order.
#[derive(Clone, Debug)]
pub struct Packet {
    /// In which ring.
    pub ring: RingId,
    /// Its place in that ring's order, from 1.
    pub seq: u32,
    /// Who sent it.
    pub sender: NodeId,
    /// What it holds.
    pub items: Arc<[Item]>,
}

impl Packet {
    /// Bytes, where the receiver has the states in it already (`known`) or hasn't.
    #[must_use]
    pub fn wire_size(&self, known: bool) -> u32 {
        let items = self.items.iter().map(|item| item.wire_size(known));
        items.fold(RING + NUMBER + ADDRESS, u32::saturating_add)
    }

    /// Whether `node` has the states in it already.
    #[must_use]
    pub fn is_known_to(&self, node: NodeId) -> bool {
        self.items.iter().all(|item| item.is_known_to(node))
    }
}

/// The token of a ring: whoever has it may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which ring.
    pub ring: RingId,
    /// How often it was handed on.
    pub visit: u32,
    /// The last sequence number in use.
    pub seq: u32,
    /// All received up to: what every member has, as far as the token has told (Totem's aru).
    pub aru: u32,
    /// Who lowered `aru` last, and only may raise it.
    pub lowered_by: Option<NodeId>,
    /// Packets sent in the last rotation (Totem's fcc).
    pub sent: u32,
    /// Packets that members had waiting when they had the token last.
    pub backlog: u32,
    /// Sequence numbers that members lack.
    pub wanted: Vec<(u32, NodeId)>,
}

impl Token {
    /// The first token of a ring.
    #[must_use]
    pub const fn new(ring: RingId, visit: u32) -> Self {
        let wanted = Vec::new();
        Self { ring, visit, seq: 0, aru: 0, lowered_by: None, sent: 0, backlog: 0, wanted }
    }

    /// Bytes.
    #[must_use]
    pub fn wire_size(&self) -> u32 {
        RING + 5 * NUMBER + ADDRESS + self.wanted.len() as u32 * (NUMBER + ADDRESS)
    }
}

/// What a member of a ring to be has of the ring that it was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The ring that it was in; `None`: it has just booted.
    pub old: Option<RingId>,
    /// The ring in which its state was made one with those of others; `None`: it has no state.
    pub lineage: Option<RingId>,
    /// It has all packets of the old ring up to this.
    pub aru: u32,
    /// The packets that it has beyond.
    pub beyond: Vec<u32>,
}

impl Info {
    /// Whether it has a packet.
    #[must_use]
    pub fn has(&self, seq: u32) -> bool {
        seq <= self.aru || self.beyond.binary_search(&seq).is_ok()
    }

    /// The last packet that it has.
    #[must_use]
    pub fn last(&self) -> u32 {
        self.beyond.last().copied().unwrap_or(self.aru)
    }
}

/// How far the making of a ring is (Totem's commit and recovery).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pass {
    /// Each member adds what it has.
    Collect,
    /// Each learns what all have, and sends what others lack.
    Share,
    /// Each hands it on once it lacks nothing.
    Recover,
    /// Nobody lacks anything: each begins.
    Begin,
}

/// The token that makes a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The ring to be.
    pub ring: RingId,
    /// Its members, by id: the order of the ring.
    pub members: Arc<[NodeId]>,
    /// How often it was handed on.
    pub visit: u32,
    /// How far.
    pub pass: Pass,
    /// By member, as far as it has come.
    pub infos: Arc<Vec<Info>>,
}

impl Commit {
    /// Bytes.
    #[must_use]
    pub fn wire_size(&self) -> u32 {
        let of_info = |info: &Info| 2 * (TAG + RING) + NUMBER * (2 + info.beyond.len() as u32);
        let infos = self.infos.iter().map(of_info).sum::<u32>();
        RING + NUMBER + TAG + self.members.len() as u32 * ADDRESS + infos
    }
}

/// "I look for a ring" (Totem's join message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The highest number of a ring that the sender knows.
    pub number: u32,
    /// Who shall be in the ring, the failed ones included; sorted.
    pub known: Arc<[NodeId]>,
    /// Who of these shall not, because it is silent, or leaves; sorted.
    pub failed: Arc<[NodeId]>,
    /// Whether the sender was in a ring, so that it has a state.
    pub rooted: bool,
    /// Whether the sender lacks the receiver's own.
    pub asks: bool,
}

impl Join {
    /// Bytes.
    #[must_use]
    pub fn wire_size(&self) -> u32 {
        3 * NUMBER + 2 * TAG + (self.known.len() + self.failed.len()) as u32 * ADDRESS
    }
}

impl Digestible for RingId {
    fn digest(&self, hasher: &mut Hasher) {
        (self.number, self.maker, self.incarnation).digest(hasher);
    }
}

impl Digestible for Packet {
    fn digest(&self, hasher: &mut Hasher) {
        (self.ring, self.seq, self.sender).digest(hasher);
        self.items.digest(hasher);
    }
}

impl Digestible for Token {
    fn digest(&self, hasher: &mut Hasher) {
        (self.ring, self.visit, self.seq).digest(hasher);
        (self.aru, self.lowered_by, self.sent).digest(hasher);
        (self.backlog, &self.wanted).digest(hasher);
    }
}

impl Digestible for Info {
    fn digest(&self, hasher: &mut Hasher) {
        (self.old, self.lineage).digest(hasher);
        (self.aru, &self.beyond).digest(hasher);
    }
}

impl Digestible for Commit {
    fn digest(&self, hasher: &mut Hasher) {
        (self.ring, &self.members, self.visit).digest(hasher);
        (self.pass as u8, &self.infos).digest(hasher);
    }
}

impl Digestible for Join {
    fn digest(&self, hasher: &mut Hasher) {
        (self.number, &self.known, &self.failed).digest(hasher);
        (self.rooted, self.asks).digest(hasher);
    }
}
