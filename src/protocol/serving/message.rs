//! What clients and those who serve them say to each other. Sizes are those of Clippee's messages
//! of the same names, so that bytes can be compared.

use super::groups;
use crate::node::{
    Answer, Digestible, HEADER_BYTES, Hasher, MessageKind, NodeId, ObjectId, Operation,
    OperationId, Outcome, WireSize,
};

const KEY: u32 = 8;
const ADDRESS: u32 = 6;
const VERSION: u32 = 16;
const OPERATION: u32 = 8;
const FINGERPRINT: u32 = 8;
/// Size of a value, hop count, number of members.
const NUMBER: u32 = 4;
/// A kind, a verdict, a cause, a flag.
const TAG: u32 = 1;

/// A client's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The operation's name: the same in every repeat.
    pub id: OperationId,
    /// What is asked.
    pub operation: Operation,
    /// Size of the change that an update carries, in bytes; 0 for others.
    pub payload: u32,
}

/// The answer to a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// Which operation.
    pub id: OperationId,
    /// How it ended.
    pub outcome: Outcome,
}

/// What clients and those who serve them say to each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Client: "serve me."
    Attach,
    /// To a client: "I do."
    Attached,
    /// To a client: "I don't, or not any more; ask another."
    Refused,
    /// Client: "are you there?"
    Heartbeat,
    /// To a client: "yes, and here is another peer, should you need one."
    HeartbeatReply {
        /// A peer that is up as far as the sender knows.
        fresh: Option<NodeId>,
        /// The groups that the client is a member of here, and the place of the last element that
        /// was delivered to each: so that a lost last message is noticed.
        places: Box<[(ObjectId, u32)]>,
    },
    /// Client: "I'm leaving you."
    Goodbye,
    /// Client: "do this."
    Request(Request),
    /// To a client: "it ended."
    Response(Box<Response>),
    /// About groups.
    Group(groups::Message),
}

impl From<groups::Message> for Message {
    fn from(message: groups::Message) -> Self {
        Self::Group(message)
    }
}

impl From<groups::Said> for Message {
    fn from(said: groups::Said) -> Self {
        Self::Group(said.into())
    }
}

impl Message {
    /// Whether it is for a client, and not for who serves it.
    #[must_use]
    pub const fn is_for_client(&self) -> bool {
        match self {
            Self::Attached | Self::Refused | Self::HeartbeatReply { .. } | Self::Response(_) => {
                true
            }
            Self::Group(message) => message.is_for_client(),
            Self::Attach | Self::Heartbeat | Self::Goodbye | Self::Request(_) => false,
        }
    }

    fn body(&self) -> u32 {
        match self {
            Self::Attach | Self::Attached | Self::Refused | Self::Heartbeat | Self::Goodbye => 0,
            Self::HeartbeatReply { fresh, places } => {
                fresh.map_or(0, |_| ADDRESS) + places.len() as u32 * (KEY + NUMBER)
            }
            Self::Request(request) => {
                let content = match request.operation {
                    // Its order, and what it says.
                    Operation::Multicast { bytes, .. } => TAG.saturating_add(bytes),
                    _ => request.payload,
                };
                (OPERATION + KEY + NUMBER).saturating_add(content)
            }
            Self::Group(message) => message.wire_size() - HEADER_BYTES - TAG,
            Self::Response(response) => OPERATION + outcome_size(&response.outcome),
        }
    }
}

/// Bytes of an outcome. A read's answer carries the content of the value.
pub(in crate::protocol) fn outcome_size(outcome: &Outcome) -> u32 {
    match outcome {
        Outcome::Ok(Answer::Read { value, .. }) => TAG + VERSION + NUMBER + value.bytes,
        Outcome::Ok(Answer::Updated { .. }) => TAG + VERSION,
        // The content of the state comes with the welcome.
        Outcome::Ok(Answer::Joined { .. }) => TAG + NUMBER + NUMBER + FINGERPRINT,
        Outcome::Ok(Answer::Members { .. }) => TAG + 3 * NUMBER,
        Outcome::Ok(Answer::Found { .. }) => TAG + ADDRESS + NUMBER,
        Outcome::Ok(Answer::Done) => TAG,
        Outcome::Failed { .. } => 2 * TAG,
    }
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        (HEADER_BYTES + TAG).saturating_add(self.body())
    }
}

const GROUP: &[&str] = <groups::Message as MessageKind>::KINDS;
/// Kinds about groups are the last ones.
pub(in crate::protocol) const FIRST_GROUP: usize = 8;

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &[
        "request",
        "response",
        "attach",
        "attached",
        "refused",
        "heartbeat",
        "heartbeat_reply",
        "goodbye",
        GROUP[0],
        GROUP[1],
        GROUP[2],
        GROUP[3],
        GROUP[4],
        GROUP[5],
    ];

    fn kind(&self) -> usize {
        match self {
            Self::Request(_) => 0,
            Self::Response(_) => 1,
            Self::Attach => 2,
            Self::Attached => 3,
            Self::Refused => 4,
            Self::Heartbeat => 5,
            Self::HeartbeatReply { .. } => 6,
            Self::Goodbye => 7,
            Self::Group(message) => FIRST_GROUP + message.kind(),
        }
    }

    fn is_background(kind: usize) -> bool {
        (2..FIRST_GROUP).contains(&kind)
    }

    fn is_dissemination(kind: usize) -> bool {
        kind >= FIRST_GROUP && groups::Message::is_dissemination(kind - FIRST_GROUP)
    }

    fn group(&self) -> Option<ObjectId> {
        match self {
            Self::Group(message) => message.group(),
            _ => None,
        }
    }
}

impl Digestible for Request {
    fn digest(&self, hasher: &mut Hasher) {
        (self.id, self.operation, self.payload).digest(hasher);
    }
}

impl Digestible for Response {
    fn digest(&self, hasher: &mut Hasher) {
        (self.id, self.outcome).digest(hasher);
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::HeartbeatReply { fresh, places } => {
                fresh.digest(hasher);
                places.iter().for_each(|place| place.digest(hasher));
            }
            Self::Group(message) => message.digest(hasher),
            Self::Request(request) => request.digest(hasher),
            Self::Response(response) => response.digest(hasher),
            Self::Attach | Self::Attached | Self::Refused | Self::Heartbeat | Self::Goodbye => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{ObjectId, Value, Version};

    #[test]
    fn content_travels_with_updates_and_with_answers_of_reads() {
        let (id, object) = (OperationId::default(), ObjectId(0));
        let update = Request { id, operation: Operation::Update { object }, payload: 1_000 };
        assert_eq!(Message::Request(update).wire_size(), 29 + 20 + 1_000);
        let value = Value { bytes: 1_000, fingerprint: 7 };
        let outcome = Outcome::Ok(Answer::Read { version: Version::ZERO, value });
        let response = Message::Response(Box::new(Response { id, outcome }));
        assert_eq!(response.wire_size(), 29 + 8 + 21 + 1_000);
    }

    #[test]
    fn operations_are_work_and_all_else_is_upkeep() {
        let work: Vec<_> =
            (0..Message::KINDS.len()).filter(|&k| !Message::is_background(k)).collect();
        assert_eq!(work, [0, 1, 8, 9, 10, 11, 12, 13]);
        assert_eq!(FIRST_GROUP + GROUP.len(), Message::KINDS.len());
        assert_eq!(Message::KINDS[Message::Attach.kind()], "attach");
    }
}
