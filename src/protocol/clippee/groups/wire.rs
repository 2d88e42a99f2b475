//! What messages about groups weigh, what they are called, and what of them goes into a digest.

use super::message::{
    Fill, Filled, Message, Poll, PollReply, Recalled, Register, RegisterVerdict, Registered, Relay,
    Supply,
};
use crate::node::{Digestible, HEADER_BYTES, Hasher, MessageKind, ObjectId, Value, WireSize};
use crate::protocol::serving::groups::{Entry, messages_size};

const KEY: u32 = 8;
const ADDRESS: u32 = 6;
const STAMP: u32 = 8;
const OPERATION: u32 = 8;
const FINGERPRINT: u32 = 8;
const NUMBER: u32 = 4;
const TAG: u32 = 1;
/// Address, stamp, count.
const ENTRY: u32 = ADDRESS + STAMP + NUMBER;

/// Bytes of a list of `items` of `bytes` each, its length included.
pub(super) fn list(items: usize, bytes: u32) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX).saturating_mul(bytes).saturating_add(NUMBER)
}

/// Bytes of a roll's entries.
#[must_use]
pub fn entries_size(entries: &[Entry]) -> u32 {
    list(entries.len(), ENTRY)
}

const fn value_size(value: &Value) -> u32 {
    NUMBER.saturating_add(value.bytes)
}

impl Message {
    fn body(&self) -> u32 {
        match self {
            Self::Enter { back, .. } => KEY + NUMBER + TAG + back.map_or(0, |_| 2 * NUMBER),
            Self::Welcome(welcome) => welcome.wire_size(),
            Self::Exit { .. } => KEY + NUMBER,
            Self::Exited { .. } => KEY,
            Self::Deliver(deliver) => deliver.wire_size(),
            Self::Missing { .. } => KEY + 2 * NUMBER,
            Self::Register(_) | Self::Poll(_) => KEY + ENTRY,
            Self::Registered(registered) => {
                let verdict = match &registered.verdict {
                    RegisterVerdict::Taken { others, .. } => {
                        2 * NUMBER + FINGERPRINT + list(others.len(), ADDRESS)
                    }
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
            Self::Lack { .. } => KEY + ADDRESS + 3 * NUMBER + STAMP,
            Self::Supply(supply) => {
                (KEY + ADDRESS + NUMBER).saturating_add(messages_size(&supply.messages))
            }
            Self::Who { .. } => KEY + NUMBER,
            Self::Names { names, .. } => (KEY + NUMBER).saturating_add(list(names.len(), ADDRESS)),
            Self::Recall { .. } => KEY + NUMBER,
            Self::Recalled(recalled) => {
                let each = recalled.messages.iter().map(|(one, _)| one.wire_size() + ADDRESS);
                each.fold(KEY + 2 * NUMBER + TAG, u32::saturating_add)
            }
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
        "recall",
        "recalled",
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
            Self::Recall { .. } => 18,
            Self::Recalled(_) => 19,
        }
    }

    fn is_background(kind: usize) -> bool {
        matches!(kind, 8 | 9)
    }

    /// What carries a message to its members, acknowledges it, or fills gaps.
    fn is_dissemination(kind: usize) -> bool {
        matches!(kind, 4 | 5 | 10..=15 | 18 | 19)
    }

    fn group(&self) -> Option<ObjectId> {
        match self {
            Self::Deliver(deliver) => Some(deliver.group),
            Self::Fill(fill) => Some(fill.group),
            Self::Filled(filled) => Some(filled.group),
            Self::Relay(relay) => Some(relay.group),
            Self::Supply(supply) => Some(supply.group),
            Self::Recalled(recalled) => Some(recalled.group),
            Self::Missing { group, .. }
            | Self::RelayAck { group, .. }
            | Self::Lack { group, .. }
            | Self::Recall { group, .. } => Some(*group),
            _ => None,
        }
    }
}

impl Digestible for RegisterVerdict {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Taken { number, value, others } => {
                (0_u8, *number, *value).digest(hasher);
                others.digest(hasher);
            }
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
            Self::Welcome(welcome) => welcome.digest(hasher),
            Self::Exit { group, turn } => (*group, *turn).digest(hasher),
            Self::Exited { group } => group.digest(hasher),
            Self::Deliver(deliver) => deliver.digest(hasher),
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
            Self::Lack { group, sender, after, before, since, age } => {
                (*group, *sender, *age).digest(hasher);
                (*after, *before, *since).digest(hasher);
            }
            Self::Supply(supply) => {
                let Supply { group, sender, before, messages } = &**supply;
                (*group, *sender, *before).digest(hasher);
                messages.digest(hasher);
            }
            Self::Who { group, token } => (*group, *token).digest(hasher),
            Self::Names { group, token, names } => (*group, *token, names).digest(hasher),
            Self::Recall { group, age } => (*group, *age).digest(hasher),
            Self::Recalled(recalled) => {
                let Recalled { group, age, messages, whole } = &**recalled;
                (*group, *age, *whole).digest(hasher);
                messages.iter().for_each(|&(one, origin)| (one, origin).digest(hasher));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{NodeId, OperationId, Order, Span};
    use crate::protocol::serving::groups::{Deliver, Element, Multicast};
    use std::collections::BTreeSet;

    const SMALL: Multicast = Multicast {
        id: OperationId { client: NodeId(9), count: 1 },
        order: Order::Total,
        number: 1,
        first: 0,
        bytes: 200,
        check: 0,
    };

    #[test]
    fn each_kind_has_its_own_name() {
        let names: BTreeSet<_> = Message::KINDS.iter().collect();
        assert_eq!(names.len(), Message::KINDS.len());
        let (group, age) = (ObjectId(0), Span::ZERO);
        let recalled = Recalled { group, age, messages: Box::default(), whole: true };
        let last = Message::Recalled(Box::new(recalled));
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
