//! What nodes say to each other about groups (CLIPPEE 7).

use super::roll::{Entry, Stamp};
use crate::node::{
    Digestible, HEADER_BYTES, Hasher, MessageKind, NodeId, ObjectId, OperationId, Order, Span,
    Value, WireSize,
};

const KEY: u32 = 8;
const ADDRESS: u32 = 6;
const STAMP: u32 = 8;
const OPERATION: u32 = 8;
const FINGERPRINT: u32 = 8;
const NUMBER: u32 = 4;
const TAG: u32 = 1;
/// Address, stamp, count.
const ENTRY: u32 = ADDRESS + STAMP + NUMBER;

/// One message of the application to a group, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multicast {
    /// The operation that sent it, and so its sender.
    pub id: OperationId,
    /// Which order it has a number in.
    pub order: Order,
    /// In total order the counter of the group's version that it made; in fifo its sender's count
    /// in this group, from 1.
    pub number: u32,
    /// Its size.
    pub bytes: u32,
    /// In total order, half of the fingerprint of the group's state after it: an access peer whose
    /// own idea of the state differs has missed a branch, and asks a replica. 0: not known.
    pub check: u32,
}

/// A multicast that has its number, on its way from its coordinator into the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cast {
    /// To which group.
    pub group: ObjectId,
    /// What.
    pub multicast: Multicast,
    /// Access peers with members, as far as the coordinator knows.
    pub roll: Vec<Entry>,
}

/// One place in the stream of what an access peer delivers to its members of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// A message.
    Message(Multicast),
    /// The messages in total order up to this number can't be had.
    Lost {
        /// The last of them.
        number: u32,
    },
}

/// What a member has that comes back to an access peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// The last number in total order.
    pub number: u32,
    /// For how long it has been a member: what was delivered before isn't for it.
    pub age: Span,
}

/// Client to access peer's answer: "you are a member from here on."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Of which group.
    pub group: ObjectId,
    /// The place of the last element that this member doesn't get by [`Deliver`].
    pub place: u32,
    /// The number of the last message in total order up to that place.
    pub number: u32,
    /// The group's state after that message; the message carries its content.
    pub value: Value,
    /// To a member that comes back: what it missed, as far as it can still be had, in the order of
    /// delivery. In total order all numbers in the ([`Message::Enter`]'s, `number`] that are
    /// lacking here are lost. Messages in fifo order may be among them that it has already.
    pub missed: Box<[Multicast]>,
}

/// Access peer to member: the next element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// Of which group.
    pub group: ObjectId,
    /// Its place: one more than that of the element before.
    pub place: u32,
    /// The element.
    pub element: Element,
}

/// Access peer to replica: "I have members" (or none any more, or: that peer is dead).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Of which group.
    pub group: ObjectId,
    /// The entry; its peer is the sender, or one that the sender found dead.
    pub entry: Entry,
}

/// The answer to [`Register`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Of which group.
    pub group: ObjectId,
    /// To which entry.
    pub entry: Entry,
    /// What became of it.
    pub verdict: RegisterVerdict,
}

/// What became of a registration at a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterVerdict {
    /// Taken in, or known already.
    Taken {
        /// The number of the group's last message at this replica.
        number: u32,
        /// The group's state after it; the content stays at the replica (an access peer asks one
        /// replica for it by [`Fill`]).
        value: Value,
    },
    /// Something newer is known of that peer: it must register under a later stamp.
    Outdated {
        /// What is known.
        known: Entry,
    },
    /// This peer isn't responsible in its own view; these are, closest first.
    NotResponsible {
        /// The replica set in its view.
        closer: Box<[NodeId]>,
    },
}

/// Access peer to a replica, once an interval: "is anything new?"
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
    /// The number of the group's last message at this replica.
    pub number: u32,
    /// Whether the replica has that registration, and is responsible; if not, the sender looks the
    /// set up and registers again.
    pub known: bool,
}

/// Access peer to a replica: "give me the messages of these numbers, and the state."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Of which group.
    pub group: ObjectId,
    /// From behind this number on.
    pub after: u32,
    /// To this number, if not to the last one.
    pub upto: Option<u32>,
}

/// The answer to [`Fill`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Of which group.
    pub group: ObjectId,
    /// The question.
    pub after: u32,
    /// The number of the group's last message at this replica; what is asked for above it may come
    /// later.
    pub number: u32,
    /// The group's state after that message, content included.
    pub value: Value,
    /// What is still held of it, by rising number. Lacking numbers up to `number` are gone here.
    pub messages: Box<[Multicast]>,
    /// Whether the replica is responsible for the group in its own view; if not, the answer says
    /// nothing else.
    pub responsible: bool,
}

/// Access peer to access peer: "deliver this, and pass it on to these."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Of which group.
    pub group: ObjectId,
    /// The message.
    pub multicast: Multicast,
    /// Where it entered the tree: whom to ask for what is lacking in fifo order.
    pub origin: NodeId,
    /// Those that the receiver passes it on to.
    pub list: Box<[Entry]>,
}

/// Access peer to access peer, in answer to [`Message::Lack`]: what a sender sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// To which group.
    pub group: ObjectId,
    /// Whose messages.
    pub sender: NodeId,
    /// The question: below this count.
    pub before: u32,
    /// Those that were addressed to the asker and are still held, by rising count. What is lacking
    /// wasn't addressed to it, or is gone.
    pub messages: Box<[Multicast]>,
}

/// What nodes say to each other about groups.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Client to access peer: "I'm a member" (it joins, or comes back). Repeated until welcomed.
    Enter {
        /// Of which group.
        group: ObjectId,
        /// The count of the operation by which it joined: what an older leave says is over.
        turn: u32,
        /// What it has; `None`: it is new.
        back: Option<Back>,
    },
    /// Access peer to client.
    Welcome(Box<Welcome>),
    /// Client to access peer: "I'm no member any more." Repeated until answered.
    Exit {
        /// Of which group.
        group: ObjectId,
        /// The count of its last operation on memberships: a later join isn't meant.
        turn: u32,
    },
    /// Access peer to client.
    Exited {
        /// Of which group.
        group: ObjectId,
    },
    /// Access peer to client.
    Deliver(Deliver),
    /// Client to access peer: "I lack these places."
    Missing {
        /// Of which group.
        group: ObjectId,
        /// The first.
        from: u32,
        /// The last.
        to: u32,
    },
    /// Access peer to replica.
    Register(Register),
    /// Replica to access peer.
    Registered(Box<Registered>),
    /// Access peer to replica: upkeep.
    Poll(Poll),
    /// Replica to access peer: upkeep.
    PollReply(PollReply),
    /// Access peer to replica.
    Fill(Fill),
    /// Replica to access peer.
    Filled(Box<Filled>),
    /// Access peer to access peer: down the tree.
    Relay(Box<Relay>),
    /// "I have it, and pass it on."
    RelayAck {
        /// Of which group.
        group: ObjectId,
        /// Which message.
        id: OperationId,
    },
    /// Access peer to the sender's access peer: "I lack messages in fifo order."
    Lack {
        /// Of which group.
        group: ObjectId,
        /// Whose.
        sender: NodeId,
        /// From behind this count.
        after: u32,
        /// To before this count.
        before: u32,
        /// The stamp under which the asker has had members since: what was addressed to it before
        /// isn't those members' business.
        since: Stamp,
    },
    /// The answer to [`Message::Lack`].
    Supply(Box<Supply>),
    /// To an access peer: "who are your members?"
    Who {
        /// Of which group.
        group: ObjectId,
        /// Comes back in the answer.
        token: u32,
    },
    /// The answer to [`Message::Who`].
    Names {
        /// Of which group.
        group: ObjectId,
        /// Of the question.
        token: u32,
        /// The members, by id.
        names: Box<[NodeId]>,
    },
}

/// Bytes of a list of `items` of `bytes` each, its length included.
pub(super) fn list(items: usize, bytes: u32) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX).saturating_mul(bytes).saturating_add(NUMBER)
}

/// Bytes of a roll's entries.
#[must_use]
pub fn entries_size(entries: &[Entry]) -> u32 {
    list(entries.len(), ENTRY)
}

impl Multicast {
    /// The check of a group's state; never that of an unknown one.
    #[must_use]
    pub const fn check_of(state: Value) -> u32 {
        let half = state.fingerprint as u32;
        if half == 0 { 1 } else { half }
    }

    /// Bytes, content included.
    #[must_use]
    pub const fn wire_size(&self) -> u32 {
        (OPERATION + TAG + 3 * NUMBER).saturating_add(self.bytes)
    }
}

/// Bytes of a list of messages, contents included.
#[must_use]
pub fn messages_size(messages: &[Multicast]) -> u32 {
    messages.iter().map(Multicast::wire_size).fold(NUMBER, u32::saturating_add)
}

const fn value_size(value: &Value) -> u32 {
    NUMBER.saturating_add(value.bytes)
}

impl Message {
    fn body(&self) -> u32 {
        match self {
            Self::Enter { back, .. } => KEY + NUMBER + TAG + back.map_or(0, |_| 2 * NUMBER),
            Self::Welcome(welcome) => (KEY + 2 * NUMBER)
                .saturating_add(value_size(&welcome.value))
                .saturating_add(messages_size(&welcome.missed)),
            Self::Exit { .. } => KEY + NUMBER,
            Self::Exited { .. } => KEY,
            Self::Deliver(deliver) => {
                let element = match &deliver.element {
                    Element::Message(multicast) => multicast.wire_size(),
                    Element::Lost { .. } => TAG + NUMBER,
                };
                (KEY + NUMBER).saturating_add(element)
            }
            Self::Missing { .. } => KEY + 2 * NUMBER,
            Self::Register(_) | Self::Poll(_) => KEY + ENTRY,
            Self::Registered(registered) => {
                let verdict = match &registered.verdict {
                    RegisterVerdict::Taken { .. } => 2 * NUMBER + FINGERPRINT,
                    RegisterVerdict::Outdated { .. } => ENTRY,
                    RegisterVerdict::NotResponsible { closer } => list(closer.len(), ADDRESS),
                };
                KEY + ENTRY + TAG + verdict
            }
            Self::PollReply(_) => KEY + NUMBER + TAG,
            Self::Fill(_) => KEY + 2 * NUMBER,
            Self::Filled(filled) => (KEY + 2 * NUMBER + TAG)
                .saturating_add(value_size(&filled.value))
                .saturating_add(messages_size(&filled.messages)),
            Self::Relay(relay) => (KEY + ADDRESS)
                .saturating_add(relay.multicast.wire_size())
                .saturating_add(entries_size(&relay.list)),
            Self::RelayAck { .. } => KEY + OPERATION,
            Self::Lack { .. } => KEY + ADDRESS + 2 * NUMBER + STAMP,
            Self::Supply(supply) => {
                (KEY + ADDRESS + NUMBER).saturating_add(messages_size(&supply.messages))
            }
            Self::Who { .. } => KEY + NUMBER,
            Self::Names { names, .. } => (KEY + NUMBER).saturating_add(list(names.len(), ADDRESS)),
        }
    }
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        (HEADER_BYTES + TAG).saturating_add(self.body())
    }
}

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &[
        "enter",
        "welcome",
        "exit",
        "exited",
        "deliver",
        "missing",
        "register",
        "registered",
        "poll",
        "poll_reply",
        "fill",
        "filled",
        "relay",
        "relay_ack",
        "lack",
        "supply",
        "who",
        "names",
    ];

    fn kind(&self) -> usize {
        match self {
            Self::Enter { .. } => 0,
            Self::Welcome(_) => 1,
            Self::Exit { .. } => 2,
            Self::Exited { .. } => 3,
            Self::Deliver(_) => 4,
            Self::Missing { .. } => 5,
            Self::Register(_) => 6,
            Self::Registered(_) => 7,
            Self::Poll(_) => 8,
            Self::PollReply(_) => 9,
            Self::Fill(_) => 10,
            Self::Filled(_) => 11,
            Self::Relay(_) => 12,
            Self::RelayAck { .. } => 13,
            Self::Lack { .. } => 14,
            Self::Supply(_) => 15,
            Self::Who { .. } => 16,
            Self::Names { .. } => 17,
        }
    }

    fn is_background(kind: usize) -> bool {
        matches!(kind, 8 | 9)
    }

    /// What carries a message to its members, acknowledges it, or fills gaps.
    fn is_dissemination(kind: usize) -> bool {
        matches!(kind, 4 | 5 | 10..=15)
    }

    fn group(&self) -> Option<ObjectId> {
        match self {
            Self::Deliver(deliver) => Some(deliver.group),
            Self::Fill(fill) => Some(fill.group),
            Self::Filled(filled) => Some(filled.group),
            Self::Relay(relay) => Some(relay.group),
            Self::Supply(supply) => Some(supply.group),
            Self::Missing { group, .. }
            | Self::RelayAck { group, .. }
            | Self::Lack { group, .. } => Some(*group),
            _ => None,
        }
    }
}

impl Digestible for Multicast {
    fn digest(&self, hasher: &mut Hasher) {
        (self.id, self.order as u8, self.number).digest(hasher);
        (self.bytes, self.check).digest(hasher);
    }
}

impl Digestible for Element {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Message(multicast) => (0_u8, multicast).digest(hasher),
            Self::Lost { number } => (1_u8, *number).digest(hasher),
        }
    }
}

impl Digestible for RegisterVerdict {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Taken { number, value } => (0_u8, *number, *value).digest(hasher),
            Self::Outdated { known } => (1_u8, *known).digest(hasher),
            Self::NotResponsible { closer } => (2_u8, closer).digest(hasher),
        }
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::Enter { group, turn, back } => {
                (*group, *turn, back.map(|back| (back.number, back.age))).digest(hasher);
            }
            Self::Welcome(welcome) => {
                let Welcome { group, place, number, value, missed } = &**welcome;
                (*group, *place, *number).digest(hasher);
                (*value, missed).digest(hasher);
            }
            Self::Exit { group, turn } => (*group, *turn).digest(hasher),
            Self::Exited { group } => group.digest(hasher),
            Self::Deliver(Deliver { group, place, element }) => {
                (*group, *place, *element).digest(hasher);
            }
            Self::Missing { group, from, to } => (*group, *from, *to).digest(hasher),
            Self::Register(Register { group, entry }) | Self::Poll(Poll { group, entry }) => {
                (*group, *entry).digest(hasher);
            }
            Self::Registered(registered) => {
                let Registered { group, entry, verdict } = &**registered;
                (*group, *entry, verdict).digest(hasher);
            }
            Self::PollReply(PollReply { group, number, known }) => {
                (*group, *number, *known).digest(hasher);
            }
            Self::Fill(Fill { group, after, upto }) => (*group, *after, *upto).digest(hasher),
            Self::Filled(filled) => {
                let Filled { group, after, number, value, messages, responsible } = &**filled;
                (*group, *after, *number).digest(hasher);
                (*value, messages, *responsible).digest(hasher);
            }
            Self::Relay(relay) => {
                let Relay { group, multicast, origin, list } = &**relay;
                (*group, *multicast, *origin).digest(hasher);
                list.digest(hasher);
            }
            Self::RelayAck { group, id } => (*group, *id).digest(hasher),
            Self::Lack { group, sender, after, before, since } => {
                (*group, *sender).digest(hasher);
                (*after, *before, *since).digest(hasher);
            }
            Self::Supply(supply) => {
                let Supply { group, sender, before, messages } = &**supply;
                (*group, *sender, *before).digest(hasher);
                messages.digest(hasher);
            }
            Self::Who { group, token } => (*group, *token).digest(hasher),
            Self::Names { group, token, names } => (*group, *token, names).digest(hasher),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SMALL: Multicast = Multicast {
        id: OperationId { client: NodeId(9), count: 1 },
        order: Order::Total,
        number: 1,
        bytes: 200,
        check: 0,
    };

    #[test]
    fn each_kind_has_its_own_name() {
        let names: BTreeSet<_> = Message::KINDS.iter().collect();
        assert_eq!(names.len(), Message::KINDS.len());
        let last = Message::Names { group: ObjectId(0), token: 0, names: Box::default() };
        assert_eq!(last.kind(), Message::KINDS.len() - 1);
    }

    #[test]
    fn the_content_of_a_message_travels_wherever_the_message_does() {
        let group = ObjectId(0);
        let element = Element::Message(SMALL);
        let deliver = Message::Deliver(Deliver { group, place: 1, element });
        assert_eq!(deliver.wire_size(), 29 + 12 + 21 + 200);
        let relay = Relay { group, multicast: SMALL, origin: NodeId(1), list: Box::default() };
        assert_eq!(Message::Relay(Box::new(relay)).wire_size(), 29 + 14 + 221 + 4);
    }

    #[test]
    fn messages_are_small() {
        assert!(size_of::<Message>() <= 40, "{} bytes", size_of::<Message>());
    }
}
