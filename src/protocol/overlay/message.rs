//! What the overlay's parts at two peers say to each other, and what its timers say.

use super::Key;
use crate::node::{Digestible, HEADER_BYTES, Hasher, MessageKind, NodeId, WireSize};

/// Address, port and the significant half of the id: what names a peer.
const HANDLE: u32 = 12;

/// Why something is routed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The origin looks for the root.
    Lookup,
    /// The origin joins: the peers on the way send it their rows, the root its leaf set.
    Join,
    /// The origin looks for peers around its own id that it doesn't know: the root sends its leaf
    /// set.
    Mend,
}

/// A message on its way to the root of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where to.
    pub key: Key,
    /// Who wants an answer.
    pub origin: NodeId,
    /// The origin's number for what it wants.
    pub token: u32,
    /// The number under which this hop is acknowledged, unique at the sender of the hop.
    pub hop: u32,
    /// Forwards so far, this one included.
    pub hops: u16,
    /// What for.
    pub purpose: Purpose,
}

/// What a peer wants by sending its leaf set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is joining, and no member yet: it wants the receiver's leaf set.
    Joining,
    /// Leaf sets are compared.
    Member,
    /// The two have found each other again: both shall route to their own ids through each other.
    Mending,
}

/// What the overlay's parts at two peers say to each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Pass this on to the root.
    Route(Route),
    /// This hop has arrived.
    Accepted {
        /// [`Route::hop`].
        hop: u32,
        /// [`Route::purpose`].
        purpose: Purpose,
        /// It waits until the receiver has joined itself.
        held: bool,
    },
    /// The receiver of this hop is no member (any more, or yet), or holds too many joiners: try
    /// elsewhere.
    Refused {
        /// [`Route::hop`].
        hop: u32,
        /// [`Route::purpose`].
        purpose: Purpose,
    },
    /// To the origin: the sender is the root.
    Found {
        /// [`Route::token`].
        token: u32,
        /// Forwards until the root.
        hops: u16,
        /// The root's view of the key's replica set.
        replicas: Box<[NodeId]>,
    },
    /// To a joining or mending origin: the root's leaf set.
    Roster {
        /// [`Route::token`].
        token: u32,
        /// The leaves.
        leaves: Box<[NodeId]>,
    },
    /// Entries of the sender's routing table.
    Rows {
        /// The entries.
        entries: Box<[NodeId]>,
    },
    /// Send me this row of your routing table.
    RowRequest {
        /// Which.
        row: u8,
    },
    /// My leaf set; send me yours.
    Exchange {
        /// The sender's number.
        sequence: u32,
        /// What for.
        stage: Stage,
        /// The leaves.
        leaves: Box<[NodeId]>,
    },
    /// The answer to [`Message::Exchange`].
    Exchanged {
        /// The number of the request.
        sequence: u32,
        /// The leaves.
        leaves: Box<[NodeId]>,
    },
    /// Are you there?
    Ping {
        /// The sender's number.
        sequence: u32,
        /// The sender takes the receiver for a leaf.
        leaf: bool,
    },
    /// The answer to [`Message::Ping`]: yes, and a member.
    Pong {
        /// The number of the request.
        sequence: u32,
    },
    /// I'm no member (any more, or yet).
    Goodbye {
        /// The leaves, from a peer that leaves.
        leaves: Box<[NodeId]>,
    },
}

/// The overlay's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A hop wasn't acknowledged in time.
    Hop(u32),
    /// A probe wasn't answered in time.
    Probe(u32),
    /// A lookup wasn't answered in time.
    Lookup(u32),
    /// A step of joining took its time.
    Join(u32),
    /// A maintenance interval is over.
    Maintain,
}

const LOOKUP: usize = 0;
const LOOKUP_ACK: usize = 1;
const LOOKUP_FOUND: usize = 2;

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &[
        "lookup",
        "lookup_ack",
        "lookup_found",
        "overlay_join",
        "overlay_mend",
        "overlay_ack",
        "overlay_roster",
        "overlay_rows",
        "overlay_row_request",
        "overlay_exchange",
        "overlay_exchanged",
        "overlay_ping",
        "overlay_pong",
        "overlay_goodbye",
    ];

    fn kind(&self) -> usize {
        match self {
            Self::Route(route) => match route.purpose {
                Purpose::Lookup => LOOKUP,
                Purpose::Join => 3,
                Purpose::Mend => 4,
            },
            Self::Accepted { purpose, .. } | Self::Refused { purpose, .. } => match purpose {
                Purpose::Lookup => LOOKUP_ACK,
                Purpose::Join | Purpose::Mend => 5,
            },
            Self::Found { .. } => LOOKUP_FOUND,
            Self::Roster { .. } => 6,
            Self::Rows { .. } => 7,
            Self::RowRequest { .. } => 8,
            Self::Exchange { .. } => 9,
            Self::Exchanged { .. } => 10,
            Self::Ping { .. } => 11,
            Self::Pong { .. } => 12,
            Self::Goodbye { .. } => 13,
        }
    }

    fn is_background(kind: usize) -> bool {
        !matches!(kind, LOOKUP | LOOKUP_ACK | LOOKUP_FOUND)
    }
}

impl WireSize for Message {
    /// Header, one byte for the kind, four for a number, eight for a key, a handle for each peer
    /// named (lists with two bytes for their length).
    fn wire_size(&self) -> u32 {
        let list = |peers: &[NodeId]| 2 + HANDLE * peers.len() as u32;
        let body = match self {
            Self::Route(_) => 8 + HANDLE + 4 + 4 + 2,
            Self::Accepted { .. } | Self::Refused { .. } => 4,
            Self::Found { replicas, .. } => 4 + 2 + list(replicas),
            Self::Roster { leaves, .. } => 4 + list(leaves),
            Self::Rows { entries } => list(entries),
            Self::RowRequest { .. } => 1,
            Self::Exchange { leaves, .. } | Self::Exchanged { leaves, .. } => 4 + list(leaves),
            Self::Ping { .. } | Self::Pong { .. } => 4,
            Self::Goodbye { leaves } => list(leaves),
        };
        HEADER_BYTES + 1 + body
    }
}

impl Digestible for Purpose {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(*self as u64);
    }
}

impl Digestible for Stage {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(*self as u64);
    }
}

impl Digestible for Route {
    fn digest(&self, hasher: &mut Hasher) {
        (self.key, self.origin, self.token).digest(hasher);
        (self.hop, self.hops, self.purpose).digest(hasher);
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Route(route) => (0_u8, *route).digest(hasher),
            Self::Accepted { hop, purpose, held } => {
                hasher.word(1);
                (*hop, *purpose, *held).digest(hasher);
            }
            Self::Refused { hop, purpose } => (2_u8, *hop, *purpose).digest(hasher),
            Self::Found { token, hops, replicas } => {
                hasher.word(3);
                (*token, *hops, replicas).digest(hasher);
            }
            Self::Roster { token, leaves } => (4_u8, *token, leaves).digest(hasher),
            Self::Rows { entries } => (5_u8, entries).digest(hasher),
            Self::RowRequest { row } => (6_u8, *row).digest(hasher),
            Self::Exchange { sequence, stage, leaves } => {
                hasher.word(7);
                (*sequence, *stage, leaves).digest(hasher);
            }
            Self::Exchanged { sequence, leaves } => (8_u8, *sequence, leaves).digest(hasher),
            Self::Ping { sequence, leaf } => (9_u8, *sequence, *leaf).digest(hasher),
            Self::Pong { sequence } => (10_u8, *sequence).digest(hasher),
            Self::Goodbye { leaves } => (11_u8, leaves).digest(hasher),
        }
    }
}

impl Digestible for Timer {
    fn digest(&self, hasher: &mut Hasher) {
        match *self {
            Self::Hop(number) => (0_u8, number).digest(hasher),
            Self::Probe(number) => (1_u8, number).digest(hasher),
            Self::Lookup(number) => (2_u8, number).digest(hasher),
            Self::Join(number) => (3_u8, number).digest(hasher),
            Self::Maintain => hasher.word(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn peers(n: u32) -> Box<[NodeId]> {
        (1..=n).map(NodeId).collect()
    }

    fn samples() -> Vec<Message> {
        let route = Route {
            key: 5,
            origin: NodeId(1),
            token: 2,
            hop: 3,
            hops: 4,
            purpose: Purpose::Lookup,
        };
        vec![
            Message::Route(route),
            Message::Route(Route { purpose: Purpose::Join, ..route }),
            Message::Route(Route { purpose: Purpose::Mend, ..route }),
            Message::Accepted { hop: 1, purpose: Purpose::Lookup, held: false },
            Message::Accepted { hop: 1, purpose: Purpose::Join, held: true },
            Message::Refused { hop: 1, purpose: Purpose::Mend },
            Message::Found { token: 1, hops: 4, replicas: peers(9) },
            Message::Roster { token: 1, leaves: peers(16) },
            Message::Rows { entries: peers(15) },
            Message::RowRequest { row: 1 },
            Message::Exchange { sequence: 1, stage: Stage::Member, leaves: peers(16) },
            Message::Exchange { sequence: 1, stage: Stage::Mending, leaves: peers(16) },
            Message::Exchanged { sequence: 1, leaves: peers(16) },
            Message::Ping { sequence: 1, leaf: true },
            Message::Ping { sequence: 1, leaf: false },
            Message::Pong { sequence: 1 },
            Message::Goodbye { leaves: peers(16) },
        ]
    }

    #[test]
    fn messages_and_timers_are_small() {
        assert!(size_of::<Message>() <= 32);
        assert!(size_of::<Timer>() <= 8);
    }

    #[test]
    fn every_kind_has_a_name_of_its_own_and_messages_have_digests_of_their_own() {
        let kinds: BTreeSet<usize> = samples().iter().map(Message::kind).collect();
        assert_eq!(kinds.len(), Message::KINDS.len(), "a kind is never used");
        let names: BTreeSet<&str> = Message::KINDS.iter().copied().collect();
        assert_eq!(names.len(), Message::KINDS.len());
        let digests: BTreeSet<u128> = samples()
            .iter()
            .map(|message| {
                let mut hasher = Hasher::new();
                message.digest(&mut hasher);
                hasher.finish()
            })
            .collect();
        assert_eq!(digests.len(), samples().len());
    }

    #[test]
    fn only_lookups_are_work() {
        let work: Vec<&str> = (0..Message::KINDS.len())
            .filter(|&kind| !Message::is_background(kind))
            .map(|kind| Message::KINDS[kind])
            .collect();
        assert_eq!(work, ["lookup", "lookup_ack", "lookup_found"]);
    }

    #[test]
    fn lists_weigh_by_their_length() {
        let size = |n| Message::Goodbye { leaves: peers(n) }.wire_size();
        assert_eq!((size(0), size(16)), (31, 31 + 16 * 12));
        assert_eq!(Message::Pong { sequence: 1 }.wire_size(), 33);
    }
}
