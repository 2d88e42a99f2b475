//! The kinds of Clippee's messages, numbered: its own first, then those of the embedded parts.

use super::{Message, groups, replica};
use crate::node::{MessageKind, ObjectId};
use crate::protocol::overlay;

const OWN: [&str; 15] = [
    "lock",
    "lock_reply",
    "commit",
    "commit_reply",
    "unlock",
    "read",
    "read_reply",
    "request",
    "response",
    "attach",
    "attached",
    "refused",
    "heartbeat",
    "heartbeat_reply",
    "goodbye",
];
/// The first own kind that is upkeep; all after it are.
const UPKEEP: usize = 9;
const OVERLAY: &[&str] = <overlay::Message as MessageKind>::KINDS;
const REPLICA: &[&str] = <replica::Message as MessageKind>::KINDS;
const GROUP: &[&str] = <groups::Message as MessageKind>::KINDS;
/// The first kind of each embedded part.
const FIRST_REPLICA: usize = OWN.len() + OVERLAY.len();
const FIRST_GROUP: usize = FIRST_REPLICA + REPLICA.len();
/// A kind of its own that came later than these of groups: the others keep their numbers, and with
/// them all digests. Those of groups that came later still are behind it.
const YIELD: usize = FIRST_GROUP + 18;
const COUNT: usize = FIRST_GROUP + GROUP.len() + 1;

/// The number of one of the kinds of groups.
const fn of_group(kind: usize) -> usize {
    let number = FIRST_GROUP + kind;
    if number < YIELD { number } else { number + 1 }
}

/// The reverse: which of the kinds of groups it is, if it is one.
const fn in_group(number: usize) -> Option<usize> {
    match number {
        YIELD => None,
        FIRST_GROUP..YIELD => Some(number - FIRST_GROUP),
        _ => number.checked_sub(FIRST_GROUP + 1),
    }
}

const NAMES: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut next = 0;
    while next < COUNT {
        names[next] = if next < OWN.len() {
            OWN[next]
        } else if next < FIRST_REPLICA {
            OVERLAY[next - OWN.len()]
        } else if next < FIRST_GROUP {
            REPLICA[next - FIRST_REPLICA]
        } else if let Some(kind) = in_group(next) {
            GROUP[kind]
        } else {
            "yield"
        };
        next += 1;
    }
    names
};

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &NAMES;

    fn kind(&self) -> usize {
        match self {
            Self::Lock(_) => 0,
            Self::LockReply(_) => 1,
            Self::Commit(_) => 2,
            Self::CommitReply(_) => 3,
            Self::Unlock(_) => 4,
            Self::Read(_) => 5,
            Self::ReadReply(_) => 6,
            Self::Request(_) => 7,
            Self::Response(_) => 8,
            Self::Attach => 9,
            Self::Attached => 10,
            Self::Refused { .. } => 11,
            Self::Heartbeat => 12,
            Self::HeartbeatReply { .. } => 13,
            Self::Goodbye => 14,
            Self::Overlay(message) => OWN.len() + message.kind(),
            Self::Replica(message) => FIRST_REPLICA + message.kind(),
            Self::Group(message) => of_group(message.kind()),
            Self::Yield(_) => YIELD,
        }
    }

    fn is_background(kind: usize) -> bool {
        if kind < OWN.len() {
            kind >= UPKEEP
        } else if kind < FIRST_REPLICA {
            overlay::Message::is_background(kind - OWN.len())
        } else if kind < FIRST_GROUP {
            replica::Message::is_background(kind - FIRST_REPLICA)
        } else {
            in_group(kind).is_some_and(groups::Message::is_background)
        }
    }

    fn is_dissemination(kind: usize) -> bool {
        in_group(kind).is_some_and(groups::Message::is_dissemination)
    }

    fn group(&self) -> Option<ObjectId> {
        if let Self::Group(message) = self { message.group() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Operation, OperationId};
    use crate::protocol::clippee::Yield;
    use crate::protocol::clippee::message::Request;

    #[test]
    fn operations_are_work_and_heartbeats_are_upkeep() {
        let id = OperationId::default();
        let operation = Operation::Read { object: ObjectId(0) };
        let request = Message::Request(Request {
            id,
            operation,
            payload: 0,
            count: groups::Count::default(),
        });
        assert!(!Message::is_background(request.kind()));
        let (attempt, at) = (crate::node::AttemptId::default(), crate::node::Time::ZERO);
        let yielded = Message::Yield(Yield { object: ObjectId(0), attempt, at });
        assert_eq!(Message::KINDS[yielded.kind()], "yield");
        assert!(!Message::is_background(yielded.kind()));
        assert!(!Message::is_dissemination(yielded.kind()));
        for upkeep in [Message::Attach, Message::Heartbeat, Message::Goodbye] {
            assert!(Message::is_background(upkeep.kind()), "{upkeep:?}");
        }
    }
}
