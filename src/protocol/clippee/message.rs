//! All that Clippee's nodes say to each other, the messages of the embedded parts included.

use super::groups;
use super::replica;
use super::{
    Commit, CommitReply, CommitVerdict, Lock, LockReply, LockVerdict, Read, ReadReply, ReadVerdict,
    Refusal, Unlock, Yield,
};
use crate::node::{
    Answer, Digestible, HEADER_BYTES, Hasher, MessageKind, NodeId, ObjectId, Operation,
    OperationId, Order, Outcome, WireSize,
};
use crate::protocol::overlay;
use crate::protocol::serving::groups::Said;

const KEY: u32 = 8;
const ADDRESS: u32 = 6;
const ATTEMPT: u32 = 12;
const VERSION: u32 = 16;
const OPERATION: u32 = 8;
const FINGERPRINT: u32 = 8;
/// Size of a value, number of a request, length of a list, hop count.
const NUMBER: u32 = 4;
/// A point in time, or a span.
const TIME: u32 = 8;
/// A kind, a verdict, a cause, a flag.
const TAG: u32 = 1;

/// A client's request to its access peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The operation's name: the same in every repeat, at every access peer.
    pub id: OperationId,
    /// What is asked.
    pub operation: Operation,
    /// Size of the change that an update carries, in bytes; 0 for others.
    pub payload: u32,
    /// Of a multicast in fifo order: the sender's count in that group; 0 for others.
    pub count: groups::Count,
}

/// The answer to a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// Which operation.
    pub id: OperationId,
    /// How it ended.
    pub outcome: Outcome,
}

/// What nodes say to each other. Large variants are boxed: the engine keeps many messages at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Between peers: routing, membership, liveness (CLIPPEE 2).
    Overlay(overlay::Message),
    /// Between replicas: hand-over and repair (CLIPPEE 6).
    Replica(replica::Message),
    /// About groups (CLIPPEE 7).
    Group(groups::Message),
    /// Coordinator to replica (5.2).
    Lock(Lock),
    /// Replica to coordinator (5.3).
    LockReply(Box<LockReply>),
    /// Coordinator to replica (5.4).
    Commit(Box<Commit>),
    /// Replica to coordinator (5.4).
    CommitReply(Box<CommitReply>),
    /// Coordinator to replica (5.5).
    Unlock(Unlock),
    /// Coordinator to replica, where requests wait.
    Yield(Yield),
    /// Coordinator to replica (4).
    Read(Read),
    /// Replica to coordinator (4).
    ReadReply(Box<ReadReply>),
    /// Client to peer: "be my access peer" (1).
    Attach,
    /// Peer to client: "I am."
    Attached,
    /// Peer to client: "I'm not, or not any more; ask another."
    Refused {
        /// Of a peer that is full: another one that is up as far as it knows.
        instead: Option<NodeId>,
    },
    /// Client to access peer: "are you there?"
    Heartbeat,
    /// Access peer to client: "yes, and here is another peer, should you need one."
    HeartbeatReply {
        /// A peer that is up as far as the access peer knows.
        fresh: Option<NodeId>,
        /// The groups that the client is a member of here, and the place of the last element that
        /// was delivered to each (CLIPPEE 7: so that a lost last message is noticed).
        places: Box<[(ObjectId, u32)]>,
    },
    /// Client to access peer: "I'm leaving you."
    Goodbye,
    /// Client to access peer.
    Request(Request),
    /// Access peer to client.
    Response(Box<Response>),
}

impl From<overlay::Message> for Message {
    fn from(message: overlay::Message) -> Self {
        Self::Overlay(message)
    }
}

impl From<replica::Message> for Message {
    fn from(message: replica::Message) -> Self {
        Self::Replica(message)
    }
}

impl From<groups::Message> for Message {
    fn from(message: groups::Message) -> Self {
        Self::Group(message)
    }
}

impl From<Said> for Message {
    fn from(said: Said) -> Self {
        Self::Group(said.into())
    }
}

fn list(items: usize, bytes: u32) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX).saturating_mul(bytes).saturating_add(NUMBER)
}

/// Objects that are no groups have no roll, not even an empty one.
fn roll_size(entries: &[groups::Entry]) -> u32 {
    if entries.is_empty() { 0 } else { groups::entries_size(entries) }
}

fn refusal_size(refusal: &Refusal) -> u32 {
    match refusal {
        Refusal::Busy | Refusal::NotReady => TAG,
        Refusal::NotResponsible { closer } => TAG + list(closer.len(), ADDRESS),
    }
}

fn outcome_size(outcome: &Outcome) -> u32 {
    match outcome {
        // A read's answer carries the content of the value.
        Outcome::Ok(Answer::Read { value, .. }) => TAG + VERSION + NUMBER + value.bytes,
        Outcome::Ok(Answer::Updated { .. }) => TAG + VERSION,
        Outcome::Ok(Answer::Found { .. }) => TAG + ADDRESS + NUMBER,
        // The content of the state comes with the welcome.
        Outcome::Ok(Answer::Joined { .. }) => TAG + 2 * NUMBER + FINGERPRINT,
        Outcome::Ok(Answer::Members { .. }) => TAG + 3 * NUMBER,
        Outcome::Ok(Answer::Done) => TAG,
        Outcome::Failed { .. } => 2 * TAG,
    }
}

impl Message {
    /// Bytes of the fields of a message that isn't an embedded part's.
    fn body(&self) -> u32 {
        match self {
            Self::Overlay(_) | Self::Replica(_) | Self::Group(_) => 0,
            Self::Lock(lock) => KEY + ATTEMPT + lock.waits.map_or(0, |_| TIME),
            Self::Unlock(_) => KEY + ATTEMPT,
            Self::Yield(_) => KEY + ATTEMPT + TIME,
            Self::LockReply(reply) => {
                let verdict = match &reply.verdict {
                    LockVerdict::Granted { recent, roll, turn, .. } => {
                        let recent = list(recent.len(), OPERATION);
                        let turn = turn.map_or(0, |_| 2 * TIME);
                        TAG + VERSION + NUMBER + FINGERPRINT + recent + roll_size(roll) + turn
                    }
                    LockVerdict::Refused(refusal) => TAG + refusal_size(refusal),
                    LockVerdict::Queued => TAG,
                    LockVerdict::Contested { .. } => TAG + TIME,
                };
                KEY + ATTEMPT + verdict
            }
            // The change is taken to be as large as the object.
            Self::Commit(commit) => {
                let change = match commit.multicast {
                    Some(multicast) => (2 * FINGERPRINT).saturating_add(multicast.bytes),
                    None => commit.value.bytes,
                };
                (KEY + 2 * VERSION + OPERATION + ADDRESS + NUMBER).saturating_add(change)
            }
            Self::CommitReply(reply) => {
                let verdict = match &reply.verdict {
                    CommitVerdict::NotResponsible { closer } => TAG + list(closer.len(), ADDRESS),
                    _ => TAG,
                };
                KEY + VERSION + verdict + roll_size(&reply.roll)
            }
            Self::Read(_) => KEY + NUMBER,
            Self::ReadReply(reply) => {
                let verdict = match &reply.verdict {
                    ReadVerdict::Value { value, .. } => TAG + VERSION + NUMBER + value.bytes,
                    ReadVerdict::Roll { entries, .. } => TAG + NUMBER + roll_size(entries),
                    ReadVerdict::Refused(refusal) => TAG + refusal_size(refusal),
                };
                KEY + NUMBER + verdict
            }
            Self::HeartbeatReply { fresh, places } => {
                fresh.map_or(0, |_| ADDRESS) + places.len() as u32 * (KEY + NUMBER)
            }
            Self::Refused { instead } => instead.map_or(0, |_| ADDRESS),
            Self::Attach | Self::Attached | Self::Heartbeat | Self::Goodbye => 0,
            Self::Request(request) => {
                let content = match request.operation {
                    // Its order, its count if there is one, and what it says.
                    Operation::Multicast { order, bytes, .. } => {
                        let count = if order == Order::Fifo { 2 * NUMBER } else { NUMBER };
                        (TAG + count).saturating_add(bytes)
                    }
                    _ => request.payload,
                };
                (OPERATION + KEY + NUMBER).saturating_add(content)
            }
            Self::Response(response) => OPERATION + outcome_size(&response.outcome),
        }
    }
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        match self {
            Self::Overlay(message) => message.wire_size(),
            Self::Replica(message) => message.wire_size(),
            Self::Group(message) => message.wire_size(),
            _ => (HEADER_BYTES + TAG).saturating_add(self.body()),
        }
    }
}

impl Digestible for Request {
    fn digest(&self, hasher: &mut Hasher) {
        (self.id, self.operation, self.payload).digest(hasher);
        if self.count.number > 0 {
            (self.count.number, self.count.first).digest(hasher);
        }
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
            Self::Overlay(message) => message.digest(hasher),
            Self::Replica(message) => message.digest(hasher),
            Self::Lock(lock) => lock.digest(hasher),
            Self::LockReply(reply) => reply.digest(hasher),
            Self::Commit(commit) => commit.digest(hasher),
            Self::CommitReply(reply) => reply.digest(hasher),
            Self::Unlock(unlock) => unlock.digest(hasher),
            Self::Yield(yielded) => yielded.digest(hasher),
            Self::Read(read) => read.digest(hasher),
            Self::ReadReply(reply) => reply.digest(hasher),
            Self::HeartbeatReply { fresh, places } => {
                fresh.digest(hasher);
                places.iter().for_each(|place| place.digest(hasher));
            }
            Self::Group(message) => message.digest(hasher),
            Self::Request(request) => request.digest(hasher),
            Self::Response(response) => response.digest(hasher),
            Self::Refused { instead: Some(peer) } => peer.digest(hasher),
            Self::Refused { instead: None }
            | Self::Attach
            | Self::Attached
            | Self::Heartbeat
            | Self::Goodbye => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Value, Version};
    use std::collections::BTreeSet;

    #[test]
    fn messages_are_small() {
        assert!(size_of::<Message>() <= 48, "{} bytes", size_of::<Message>());
    }

    #[test]
    fn each_kind_has_its_own_name() {
        let names: BTreeSet<_> = Message::KINDS.iter().collect();
        assert_eq!(names.len(), Message::KINDS.len());
        assert!(!names.contains(&""));
    }

    #[test]
    fn content_travels_with_reads_and_changes_with_commits() {
        let value = Value { bytes: 1_000, fingerprint: 7 };
        let (version, object) = (Version::ZERO, ObjectId(0));
        let reply = ReadReply { object, token: 1, verdict: ReadVerdict::Value { version, value } };
        assert_eq!(Message::ReadReply(Box::new(reply)).wire_size(), 29 + 12 + 21 + 1_000);
        let (recent, roll) = (Box::default(), Box::default());
        let verdict = LockVerdict::Granted { version, value, recent, roll, turn: None };
        let grant = LockReply { object, attempt: version.attempt, verdict };
        assert!(Message::LockReply(Box::new(grant)).wire_size() < 100);
        let commit = Commit {
            object,
            version,
            base: version,
            operation: OperationId::default(),
            value,
            holder: NodeId(1),
            multicast: None,
        };
        assert!(Message::Commit(Box::new(commit)).wire_size() > 1_000);
    }
}
