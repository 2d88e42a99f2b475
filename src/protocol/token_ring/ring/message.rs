//! What daemons say to each other.

use super::item::Item;
use super::token::{Commit, Join, Packet, RING, RingId, Token};
use crate::node::{Digestible, HEADER_BYTES, Hasher, MessageKind, ObjectId, Operation, WireSize};
use std::sync::Arc;

const NUMBER: u32 = 4;
const TAG: u32 = 1;

/// What daemons say to each other.
#[derive(Clone, Debug)]
pub enum Message {
    /// "This is what I put into the order."
    Packet {
        /// What.
        packet: Packet,
        /// Whether the receiver has the states in it, so that their names do.
        known: bool,
        /// Whether it is sent again, to one that lacked it.
        again: bool,
    },
    /// "You have the token."
    Token(Box<Token>),
    /// "I took it", the token of that ring and visit.
    Took(RingId, u32),
    /// "I look for a ring."
    Join(Box<Join>),
    /// "This ring is being made."
    Commit(Box<Commit>),
    /// "I lack these, of a ring that is over."
    Want(RingId, Arc<[u32]>),
    /// "I am there, in that ring."
    Probe(RingId),
}

impl Message {
    fn body(&self) -> u32 {
        match self {
            Self::Packet { packet, known, .. } => packet.wire_size(*known),
            Self::Token(token) => token.wire_size(),
            Self::Took(..) => RING + NUMBER,
            Self::Join(join) => join.wire_size(),
            Self::Commit(commit) => commit.wire_size(),
            Self::Want(_, seqs) => RING + NUMBER * (1 + seqs.len() as u32),
            Self::Probe(_) => RING,
        }
    }
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        (HEADER_BYTES + TAG).saturating_add(self.body())
    }
}

/// The groups that a packet's messages are to.
fn groups(packet: &Packet) -> impl Iterator<Item = ObjectId> + '_ {
    packet.items.iter().filter_map(|item| match item {
        Item::Command(command) => match command.operation {
            Operation::Multicast { group, .. } => Some(group),
            _ => None,
        },
        Item::State(_) => None,
    })
}

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &[
        "packet",
        "packet_again",
        "packet_other",
        "token",
        "token_ack",
        "ring_join",
        "commit",
        "want",
        "probe",
    ];

    fn kind(&self) -> usize {
        match self {
            Self::Packet { again: true, .. } => 1,
            Self::Packet { packet, .. } if groups(packet).next().is_some() => 0,
            Self::Packet { .. } => 2,
            Self::Token(_) => 3,
            Self::Took(..) => 4,
            Self::Join(_) => 5,
            Self::Commit(_) => 6,
            Self::Want(..) => 7,
            Self::Probe(_) => 8,
        }
    }

    fn is_background(kind: usize) -> bool {
        kind >= 3
    }

    fn is_dissemination(kind: usize) -> bool {
        kind <= 1
    }

    /// That of the first message in a packet: most packets have no other.
    fn group(&self) -> Option<ObjectId> {
        match self {
            Self::Packet { packet, .. } => groups(packet).next(),
            _ => None,
        }
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::Packet { packet, known, again } => (packet, *known, *again).digest(hasher),
            Self::Token(token) => token.digest(hasher),
            Self::Took(ring, visit) => (*ring, *visit).digest(hasher),
            Self::Join(join) => join.digest(hasher),
            Self::Commit(commit) => commit.digest(hasher),
            Self::Want(ring, seqs) => (*ring, seqs).digest(hasher),
            Self::Probe(ring) => ring.digest(hasher),
        }
    }
}
