//! What peers say to each other about groups. Sizes are those of Clippee's messages of the same
//! names, with places where those have numbers.

use crate::node::{
    Digestible, HEADER_BYTES, Hasher, MessageKind, ObjectId, OperationId, Value, WireSize,
};
use crate::protocol::machine::ENTRY;
use crate::protocol::serving::groups::{Entry, Multicast, messages_size};

const KEY: u32 = 8;
const OPERATION: u32 = 8;
const NUMBER: u32 = 4;
const TAG: u32 = 1;

/// To an access peer: "deliver this, and pass it on to these."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Of which group.
    pub group: ObjectId,
    /// Its place.
    pub place: u32,
    /// The message.
    pub multicast: Multicast,
    /// Those that the receiver passes it on to.
    pub list: Box<[Entry]>,
}

/// Access peer to a member of the log: "what is behind this place, and which is the state?"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Of which group.
    pub group: ObjectId,
    /// The place.
    pub after: u32,
}

/// The answer to [`Fill`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Of which group.
    pub group: ObjectId,
    /// The question.
    pub after: u32,
    /// The place of the group's last message at this member.
    pub place: u32,
    /// The number of the last one in total order.
    pub number: u32,
    /// The group's state after that, content included.
    pub value: Value,
    /// The place of the first of `messages`; what was asked for before it is gone.
    pub first: u32,
    /// What is kept, by place, to the last one.
    pub messages: Box<[Multicast]>,
}

/// Access peer to a member of the log, once an interval: "is anything new?"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Of which group.
    pub group: ObjectId,
    /// The sender's last registration.
    pub entry: Entry,
}

/// The answer to [`Poll`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollReply {
    /// Of which group.
    pub group: ObjectId,
    /// The place of the group's last message at this member.
    pub place: u32,
    /// Whether that registration, or a later one, stands.
    pub known: bool,
}

/// What peers say to each other about groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Down the tree.
    Relay(Relay),
    /// "I have it, and pass it on."
    RelayAck {
        /// Of which group.
        group: ObjectId,
        /// Which message.
        id: OperationId,
    },
    /// To a member of the log.
    Fill(Fill),
    /// To an access peer.
    Filled(Filled),
    /// To a member of the log: upkeep.
    Poll(Poll),
    /// To an access peer: upkeep.
    PollReply(PollReply),
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        let body = match self {
            Self::Relay(relay) => {
                let list = NUMBER + relay.list.len() as u32 * ENTRY;
                (KEY + NUMBER + list).saturating_add(relay.multicast.wire_size())
            }
            Self::RelayAck { .. } => KEY + OPERATION,
            Self::Fill(_) => KEY + NUMBER,
            Self::Filled(filled) => (KEY + 5 * NUMBER)
                .saturating_add(filled.value.bytes)
                .saturating_add(messages_size(&filled.messages)),
            Self::Poll(_) => KEY + ENTRY,
            Self::PollReply(_) => KEY + NUMBER + TAG,
        };
        (HEADER_BYTES + TAG).saturating_add(body)
    }
}

impl MessageKind for Message {
    const KINDS: &'static [&'static str] =
        &["relay", "relay_ack", "fill", "filled", "poll", "poll_reply"];

    fn kind(&self) -> usize {
        match self {
            Self::Relay(_) => 0,
            Self::RelayAck { .. } => 1,
            Self::Fill(_) => 2,
            Self::Filled(_) => 3,
            Self::Poll(_) => 4,
            Self::PollReply(_) => 5,
        }
    }

    fn is_background(kind: usize) -> bool {
        kind >= 4
    }

    fn is_dissemination(kind: usize) -> bool {
        kind < 4
    }

    fn group(&self) -> Option<ObjectId> {
        Some(match self {
            Self::Relay(relay) => relay.group,
            Self::RelayAck { group, .. } => *group,
            Self::Fill(fill) => fill.group,
            Self::Filled(filled) => filled.group,
            Self::Poll(poll) => poll.group,
            Self::PollReply(reply) => reply.group,
        })
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::Relay(Relay { group, place, multicast, list }) => {
                (*group, *place, *multicast).digest(hasher);
                list.digest(hasher);
            }
            Self::RelayAck { group, id } => (*group, *id).digest(hasher),
            Self::Fill(Fill { group, after }) => (*group, *after).digest(hasher),
            Self::Filled(Filled { group, after, place, number, value, first, messages }) => {
                (*group, *after, *place).digest(hasher);
                (*number, *value, *first).digest(hasher);
                messages.digest(hasher);
            }
            Self::Poll(Poll { group, entry }) => (*group, *entry).digest(hasher),
            Self::PollReply(PollReply { group, place, known }) => {
                (*group, *place, *known).digest(hasher);
            }
        }
    }
}
