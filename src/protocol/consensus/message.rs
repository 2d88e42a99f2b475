//! All that the nodes of the consensus baseline say to each other.

use super::groups;
use super::wire;
use super::world::{LogId, Member};
use crate::node::{
    Digestible, HEADER_BYTES, Hasher, Incarnation, MessageKind, NodeId, ObjectId, OperationId,
    Outcome, WireSize,
};
use crate::protocol::machine::{Command, State};
use crate::protocol::overlay;
use crate::protocol::serving::groups::Said;
use crate::protocol::serving::{self, FIRST_GROUP, outcome_size};
use omnipaxos::messages::Message as Library;
use std::sync::Arc;

const OPERATION: u32 = 8;
const ADDRESS: u32 = 6;
const NUMBER: u32 = 4;
const TAG: u32 = 1;

/// Names one configuration of one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigId {
    /// The log.
    pub log: LogId,
    /// The configuration's number, from 1.
    pub number: u32,
}

/// A message of the library, between members of one configuration.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Whose members.
    pub config: ConfigId,
    /// The sender's number on the way to this member; 0 for heartbeats, whose order doesn't matter.
    pub number: u32,
    /// What it says.
    pub message: Library<Command>,
}

/// What members say to each other about membership.
#[derive(Clone, Debug, PartialEq)]
pub enum Membership {
    /// From a leader: "would you be a member?"
    Recruit(ConfigId),
    /// "Yes; this is my incarnation."
    Ready(ConfigId, Incarnation),
    /// "Which configuration is this? This is my incarnation; if I'm a member, tell me where it
    /// starts."
    Fetch(ConfigId, Incarnation),
    /// A configuration and the state that it starts from.
    Handover {
        /// Which.
        config: ConfigId,
        /// Its members, by their place in it.
        members: Arc<Vec<Member>>,
        /// Where it starts.
        state: Arc<State>,
    },
    /// "Yours is over; this one came after it."
    Superseded {
        /// Which.
        config: ConfigId,
        /// Its members.
        members: Arc<Vec<Member>>,
    },
}

/// What nodes say to each other.
#[derive(Clone, Debug)]
pub enum Message {
    /// Between peers: routing, membership, liveness of the overlay.
    Overlay(overlay::Message),
    /// Between clients and access peers.
    Serving(serving::Message),
    /// Access peer to member: "put this into the log."
    Propose(LogId, Box<Command>),
    /// Leader to access peer: what came of it.
    Answer(OperationId, Box<Outcome>),
    /// To an access peer: "I don't keep this log", and who does as far as the sender knows.
    NotHere(LogId, OperationId, Arc<Vec<Member>>),
    /// Between members: the library's.
    Paxos(Box<Envelope>),
    /// Between members, old, new and to be.
    Membership(Box<Membership>),
    /// About groups, between access peers and members.
    Group(Box<groups::Message>),
}

impl From<overlay::Message> for Message {
    fn from(message: overlay::Message) -> Self {
        Self::Overlay(message)
    }
}

impl From<serving::Message> for Message {
    fn from(message: serving::Message) -> Self {
        Self::Serving(message)
    }
}

impl From<groups::Message> for Message {
    fn from(message: groups::Message) -> Self {
        Self::Group(Box::new(message))
    }
}

impl From<Said> for Message {
    fn from(said: Said) -> Self {
        Self::Serving(said.into())
    }
}

impl From<serving::groups::Message> for Message {
    fn from(message: serving::groups::Message) -> Self {
        Self::Serving(message.into())
    }
}

impl From<Membership> for Message {
    fn from(message: Membership) -> Self {
        Self::Membership(Box::new(message))
    }
}

const CONFIG: u32 = 2 * NUMBER;

fn members_size(members: &[Member]) -> u32 {
    NUMBER + members.len() as u32 * (ADDRESS + NUMBER)
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        let body = match self {
            Self::Overlay(message) => return message.wire_size(),
            Self::Serving(message) => return message.wire_size(),
            Self::Group(message) => return message.wire_size(),
            Self::Propose(_, command) => NUMBER + command.size(),
            Self::Answer(_, outcome) => OPERATION + outcome_size(outcome),
            Self::NotHere(_, _, members) => NUMBER + OPERATION + members_size(members),
            Self::Paxos(envelope) => CONFIG + NUMBER + wire::size(&envelope.message),
            Self::Membership(message) => match &**message {
                Membership::Recruit(_) => CONFIG,
                Membership::Ready(..) | Membership::Fetch(..) => CONFIG + NUMBER,
                Membership::Handover { members, state, .. } => {
                    (CONFIG + members_size(members)).saturating_add(state.size())
                }
                Membership::Superseded { members, .. } => CONFIG + members_size(members),
            },
        };
        (HEADER_BYTES + TAG).saturating_add(body)
    }
}

/// Kinds of its own: three of work, the library's (work first), then membership.
const OWN: [&str; 19] = [
    "propose",
    "answer",
    "not_here",
    wire::KINDS[0],
    wire::KINDS[1],
    wire::KINDS[2],
    wire::KINDS[3],
    wire::KINDS[4],
    wire::KINDS[5],
    wire::KINDS[6],
    wire::KINDS[7],
    wire::KINDS[8],
    wire::KINDS[9],
    wire::KINDS[10],
    "recruit",
    "ready",
    "fetch",
    "handover",
    "superseded",
];
const LIBRARY: usize = 3;
const MEMBERSHIP: usize = LIBRARY + wire::KINDS.len();
/// The first own kind that is upkeep; all after it are.
const UPKEEP: usize = LIBRARY + wire::WORK;
const SERVING: &[&str] = <serving::Message as MessageKind>::KINDS;
const OVERLAY: &[&str] = <overlay::Message as MessageKind>::KINDS;
/// Where kinds of clients, of the overlay, and those about groups begin: what is older stands before
/// what is newer, so that a run without groups stays what it was.
const FIRST_SERVING: usize = OWN.len();
const FIRST_OVERLAY: usize = FIRST_SERVING + FIRST_GROUP;
const FIRST_MEMBER: usize = FIRST_OVERLAY + OVERLAY.len();
const FIRST_GROUPS: usize = FIRST_MEMBER + SERVING.len() - FIRST_GROUP;
const GROUPS: &[&str] = <groups::Message as MessageKind>::KINDS;
const COUNT: usize = FIRST_GROUPS + GROUPS.len();
const NAMES: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut next = 0;
    while next < COUNT {
        names[next] = if next < FIRST_SERVING {
            OWN[next]
        } else if next < FIRST_OVERLAY {
            SERVING[next - FIRST_SERVING]
        } else if next < FIRST_MEMBER {
            OVERLAY[next - FIRST_OVERLAY]
        } else if next < FIRST_GROUPS {
            SERVING[next - FIRST_MEMBER + FIRST_GROUP]
        } else {
            GROUPS[next - FIRST_GROUPS]
        };
        next += 1;
    }
    names
};

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &NAMES;

    fn kind(&self) -> usize {
        match self {
            Self::Propose(..) => 0,
            Self::Answer(..) => 1,
            Self::NotHere(..) => 2,
            Self::Paxos(envelope) => LIBRARY + wire::kind(&envelope.message),
            Self::Membership(message) => {
                MEMBERSHIP
                    + match **message {
                        Membership::Recruit(_) => 0,
                        Membership::Ready(..) => 1,
                        Membership::Fetch(..) => 2,
                        Membership::Handover { .. } => 3,
                        Membership::Superseded { .. } => 4,
                    }
            }
            Self::Serving(message) => match message.kind() {
                kind if kind < FIRST_GROUP => FIRST_SERVING + kind,
                kind => FIRST_MEMBER + kind - FIRST_GROUP,
            },
            Self::Overlay(message) => FIRST_OVERLAY + message.kind(),
            Self::Group(message) => FIRST_GROUPS + message.kind(),
        }
    }

    fn is_background(kind: usize) -> bool {
        if kind < FIRST_SERVING {
            kind >= UPKEEP
        } else if kind < FIRST_OVERLAY {
            serving::Message::is_background(kind - FIRST_SERVING)
        } else if kind < FIRST_MEMBER {
            overlay::Message::is_background(kind - FIRST_OVERLAY)
        } else if kind < FIRST_GROUPS {
            serving::Message::is_background(kind - FIRST_MEMBER + FIRST_GROUP)
        } else {
            groups::Message::is_background(kind - FIRST_GROUPS)
        }
    }

    fn is_dissemination(kind: usize) -> bool {
        kind >= FIRST_MEMBER
            && serving::Message::is_dissemination(kind - FIRST_MEMBER + FIRST_GROUP)
    }

    fn group(&self) -> Option<ObjectId> {
        match self {
            Self::Serving(message) => message.group(),
            Self::Group(message) => message.group(),
            _ => None,
        }
    }
}

impl Digestible for ConfigId {
    fn digest(&self, hasher: &mut Hasher) {
        (self.log, self.number).digest(hasher);
    }
}

fn digest_members(members: &[Member], hasher: &mut Hasher) {
    hasher.word(members.len() as u64);
    for member in members {
        (member.node, member.incarnation).digest(hasher);
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::Overlay(message) => message.digest(hasher),
            Self::Serving(message) => message.digest(hasher),
            Self::Group(message) => message.digest(hasher),
            Self::Propose(log, command) => (*log, command).digest(hasher),
            Self::Answer(id, outcome) => (*id, outcome).digest(hasher),
            Self::NotHere(log, id, members) => {
                (*log, *id).digest(hasher);
                digest_members(members, hasher);
            }
            Self::Paxos(envelope) => {
                (envelope.config, envelope.number).digest(hasher);
                wire::digest(&envelope.message, hasher);
            }
            Self::Membership(message) => match &**message {
                Membership::Recruit(config) => config.digest(hasher),
                Membership::Ready(config, incarnation) | Membership::Fetch(config, incarnation) => {
                    (*config, *incarnation).digest(hasher);
                }
                Membership::Handover { config, members, state } => {
                    config.digest(hasher);
                    digest_members(members, hasher);
                    state.digest(hasher);
                }
                Membership::Superseded { config, members } => {
                    config.digest(hasher);
                    digest_members(members, hasher);
                }
            },
        }
    }
}

/// Who sends to whom inside an envelope is said by places in the configuration.
pub(super) fn place_of(members: &[Member], node: NodeId) -> Option<usize> {
    members.iter().position(|member| member.node == node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn messages_are_small_and_each_kind_has_its_own_name() {
        assert!(size_of::<Message>() <= 48, "{} bytes", size_of::<Message>());
        let names: BTreeSet<_> = Message::KINDS.iter().collect();
        assert_eq!(names.len(), Message::KINDS.len());
    }

    #[test]
    fn what_an_operation_takes_is_work_and_what_keeps_the_log_alive_is_upkeep() {
        let work: Vec<_> = (0..COUNT).filter(|&kind| !Message::is_background(kind)).collect();
        let work: Vec<_> = work.into_iter().map(|kind| Message::KINDS[kind]).collect();
        assert_eq!(
            work[..9],
            [
                "propose", "answer", "not_here", "forward", "accept", "accepted", "decide",
                "request", "response"
            ]
        );
    }
}
