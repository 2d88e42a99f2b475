//! What the timers of Clippee's nodes say when they fire.

use super::replica;
use crate::node::{Digestible, Hasher, ObjectId};
use crate::protocol::overlay;
use crate::protocol::serving::groups::MembershipsDue;

/// A timer of a peer or of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// At a peer: the overlay's.
    Overlay(overlay::Timer),
    /// At a peer: the replica part's.
    Replica(replica::Timer),
    /// At a coordinator: the lock round on this object takes too long, or the wait before the next
    /// one is over.
    Update(ObjectId),
    /// At a coordinator: some replicas haven't acknowledged this object's last commit.
    Spread(ObjectId),
    /// At a coordinator: replicas are silent in the read of this number, or its next try is due.
    Read(u32),
    /// At an access peer: the oldest request reaches its end.
    Deadline,
    /// At an access peer: time to look for clients that have gone silent.
    Sessions,
    /// At a client: the contact of this number hasn't answered, or it is time to start over with
    /// the first ones.
    Contact(u32),
    /// At a client: time for a heartbeat to the contact of this number.
    Heartbeat(u32),
    /// At a client: the operation of this number is due for a repeat, or for its end.
    Pending(u32),
    /// At an access peer: something about this group is due (a registration, a poll, a gap).
    Group(ObjectId),
    /// At an access peer: children in the tree of this number haven't acknowledged.
    Relay(u32),
    /// At an access peer: some haven't told their members' names for the question of this number.
    Names(u32),
    /// At a member: something about its groups is due (to be let in again, elements that lack).
    Memberships,
}

impl From<overlay::Timer> for Timer {
    fn from(timer: overlay::Timer) -> Self {
        Self::Overlay(timer)
    }
}

impl From<replica::Timer> for Timer {
    fn from(timer: replica::Timer) -> Self {
        Self::Replica(timer)
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
            Self::Replica(timer) => (1_u8, timer).digest(hasher),
            Self::Update(object) => (2_u8, object).digest(hasher),
            Self::Spread(object) => (3_u8, object).digest(hasher),
            Self::Read(token) => (4_u8, *token).digest(hasher),
            Self::Deadline => hasher.word(5),
            Self::Sessions => hasher.word(6),
            Self::Contact(number) => (7_u8, *number).digest(hasher),
            Self::Heartbeat(number) => (8_u8, *number).digest(hasher),
            Self::Pending(count) => (9_u8, *count).digest(hasher),
            Self::Group(group) => (10_u8, group).digest(hasher),
            Self::Relay(token) => (11_u8, *token).digest(hasher),
            Self::Names(token) => (12_u8, *token).digest(hasher),
            Self::Memberships => hasher.word(13),
        }
    }
}
