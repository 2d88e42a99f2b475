//! What clients and those who serve them say to each other. Sizes are those of Clippee's messages
//! of the same names, so that bytes can be compared.

use crate::node::{
    Answer, Digestible, HEADER_BYTES, Hasher, MessageKind, NodeId, Operation, OperationId, Outcome,
    WireSize,
};

const KEY: u32 = 8;
const ADDRESS: u32 = 6;
const VERSION: u32 = 16;
const OPERATION: u32 = 8;
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
    },
    /// Client: "I'm leaving you."
    Goodbye,
    /// Client: "do this."
    Request(Request),
    /// To a client: "it ended."
    Response(Box<Response>),
}

impl Message {
    fn body(&self) -> u32 {
        match self {
            Self::Attach | Self::Attached | Self::Refused | Self::Heartbeat | Self::Goodbye => 0,
            Self::HeartbeatReply { fresh } => fresh.map_or(0, |_| ADDRESS),
            Self::Request(request) => OPERATION + KEY + NUMBER + request.payload,
            Self::Response(response) => OPERATION + outcome_size(&response.outcome),
        }
    }
}

/// Bytes of an outcome. A read's answer carries the content of the value.
pub(in crate::protocol) fn outcome_size(outcome: &Outcome) -> u32 {
    match outcome {
        Outcome::Ok(Answer::Read { value, .. }) => TAG + VERSION + NUMBER + value.bytes,
        Outcome::Ok(Answer::Updated { .. }) => TAG + VERSION,
        Outcome::Ok(Answer::Joined { value, .. }) => TAG + NUMBER + NUMBER + value.bytes,
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
        }
    }

    fn is_background(kind: usize) -> bool {
        kind >= 2
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
            Self::HeartbeatReply { fresh } => fresh.digest(hasher),
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
        assert_eq!(work, [0, 1]);
        assert_eq!(Message::KINDS[Message::Attach.kind()], "attach");
    }
}
