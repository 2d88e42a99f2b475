//! What messages between members and those who serve them weigh, and what digests take of them.

use super::message::{KEY, NUMBER, TAG};
use super::{Deliver, Element, Message, Multicast, Welcome};
use crate::node::{Digestible, HEADER_BYTES, Hasher, MessageKind, ObjectId, Order, WireSize};

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        let body = match self {
            Self::Enter { back, .. } => KEY + NUMBER + TAG + back.map_or(0, |_| 2 * NUMBER),
            Self::Welcome(welcome) => welcome.wire_size(),
            Self::Exit { .. } => KEY + NUMBER,
            Self::Exited { .. } => KEY,
            Self::Deliver(deliver) => deliver.wire_size(),
            Self::Missing { .. } => KEY + 2 * NUMBER,
        };
        (HEADER_BYTES + TAG).saturating_add(body)
    }
}

impl MessageKind for Message {
    const KINDS: &'static [&'static str] =
        &["enter", "welcome", "exit", "exited", "deliver", "missing"];

    fn kind(&self) -> usize {
        match self {
            Self::Enter { .. } => 0,
            Self::Welcome(_) => 1,
            Self::Exit { .. } => 2,
            Self::Exited { .. } => 3,
            Self::Deliver(_) => 4,
            Self::Missing { .. } => 5,
        }
    }

    fn is_background(_: usize) -> bool {
        false
    }

    fn is_dissemination(kind: usize) -> bool {
        matches!(kind, 4 | 5)
    }

    fn group(&self) -> Option<ObjectId> {
        match self {
            Self::Deliver(deliver) => Some(deliver.group),
            Self::Missing { group, .. } => Some(*group),
            _ => None,
        }
    }
}

impl Digestible for Multicast {
    fn digest(&self, hasher: &mut Hasher) {
        (self.id, self.order as u8, self.number).digest(hasher);
        (self.bytes, self.check).digest(hasher);
        if self.order == Order::Fifo {
            self.first.digest(hasher);
        }
    }
}

impl Digestible for Element {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Message(multicast) => (0_u8, multicast).digest(hasher),
            Self::Lost { number } => (1_u8, *number).digest(hasher),
            Self::Doubt { sender } => (2_u8, *sender).digest(hasher),
        }
    }
}

impl Digestible for Welcome {
    fn digest(&self, hasher: &mut Hasher) {
        (self.group, self.place, self.number).digest(hasher);
        (self.value, &self.missed).digest(hasher);
        if self.doubt {
            self.doubt.digest(hasher);
        }
    }
}

impl Digestible for Deliver {
    fn digest(&self, hasher: &mut Hasher) {
        (self.group, self.place, self.element).digest(hasher);
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::Enter { group, turn, back } => {
                (*group, *turn, back.map(|back| (back.number, back.place))).digest(hasher);
            }
            Self::Welcome(welcome) => welcome.digest(hasher),
            Self::Exit { group, turn } => (*group, *turn).digest(hasher),
            Self::Exited { group } => group.digest(hasher),
            Self::Deliver(deliver) => deliver.digest(hasher),
            Self::Missing { group, from, to } => (*group, *from, *to).digest(hasher),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{OperationId, Span, Value};
    use crate::protocol::clippee::groups as clippee;
    use crate::protocol::serving::groups::{Had, Said};

    /// Members of all protocols pay the same for the same words.
    #[test]
    fn messages_weigh_what_clippees_do() {
        let group = ObjectId(1);
        let multicast = Multicast {
            id: OperationId::default(),
            order: Order::Total,
            number: 1,
            first: 0,
            bytes: 200,
            check: 0,
        };
        let value = Value { bytes: 1_000, fingerprint: 7 };
        let missed = Box::from([multicast, multicast]);
        let welcome = Welcome { group, place: 1, number: 1, value, missed, doubt: false };
        let deliver = Deliver { group, place: 1, element: Element::Message(multicast) };
        let had = Had { number: 1, place: 1, age: Span::ZERO };
        let said = [
            Said::Enter { group, turn: 1, had: None },
            Said::Enter { group, turn: 1, had: Some(had) },
            Said::Exit { group, turn: 1 },
            Said::Missing { group, from: 1, to: 2 },
        ];
        let ours = said.map(Message::from);
        let theirs = said.map(clippee::Message::from);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.wire_size(), theirs.wire_size(), "{ours:?}");
        }
        let pairs = [
            (
                Message::Welcome(Box::new(welcome.clone())),
                clippee::Message::Welcome(Box::new(welcome)),
            ),
            (Message::Deliver(deliver), clippee::Message::Deliver(deliver)),
            (Message::Exited { group }, clippee::Message::Exited { group }),
        ];
        for (ours, theirs) in pairs {
            assert_eq!(ours.wire_size(), theirs.wire_size(), "{ours:?}");
            assert!(ours.is_for_client());
        }
    }
}
