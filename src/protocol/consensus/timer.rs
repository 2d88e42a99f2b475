//! What the timers of the consensus baseline's nodes say when they fire.

use super::world::LogId;
use crate::node::{Digestible, Hasher, ObjectId, OperationId};
use crate::protocol::overlay;
use crate::protocol::serving::groups::MembershipsDue;
use crate::protocol::serving::{ClientTimer, Repeat};

/// A timer of a peer or of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// At a peer: the overlay's.
    Overlay(overlay::Timer),
    /// At a member: an election timeout is over.
    Tick,
    /// At a member: what has gathered of this log is sent.
    Flush(LogId),
    /// At a member: a message of this log may be missed for too long.
    Missing(LogId),
    /// At an access peer: this operation's command wasn't answered.
    Ask(OperationId),
    /// At an access peer: the oldest request reaches its end.
    Deadline,
    /// At an access peer: time to look for clients that have gone silent.
    Sessions,
    /// At an access peer: something about this group is due (a question, a poll).
    Group(ObjectId),
    /// At an access peer: children in the tree of this number haven't acknowledged.
    Relay(u32),
    /// At a client: about its access peer.
    Client(ClientTimer),
    /// At a client: the operation of this number is due for a repeat, or for its end.
    Pending(u32),
    /// At a member: something about its groups is due.
    Memberships,
}

impl From<overlay::Timer> for Timer {
    fn from(timer: overlay::Timer) -> Self {
        Self::Overlay(timer)
    }
}

impl From<ClientTimer> for Timer {
    fn from(timer: ClientTimer) -> Self {
        Self::Client(timer)
    }
}

impl From<Repeat> for Timer {
    fn from(Repeat(count): Repeat) -> Self {
        Self::Pending(count)
    }
}

impl From<MembershipsDue> for Timer {
    fn from(_: MembershipsDue) -> Self {
        Self::Memberships
    }
}

impl Digestible for Timer {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Overlay(timer) => (0_u8, timer).digest(hasher),
            Self::Tick => hasher.word(1),
            Self::Flush(log) => (2_u8, *log).digest(hasher),
            Self::Missing(log) => (3_u8, *log).digest(hasher),
            Self::Ask(id) => (4_u8, *id).digest(hasher),
            Self::Deadline => hasher.word(5),
            Self::Sessions => hasher.word(6),
            Self::Client(ClientTimer::Contact(number)) => (7_u8, *number).digest(hasher),
            Self::Client(ClientTimer::Heartbeat(number)) => (8_u8, *number).digest(hasher),
            Self::Pending(count) => (9_u8, *count).digest(hasher),
            Self::Memberships => hasher.word(10),
            Self::Group(group) => (11_u8, *group).digest(hasher),
            Self::Relay(token) => (12_u8, *token).digest(hasher),
        }
    }
}
