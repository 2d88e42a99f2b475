//! What the timers of the token-ring baseline's nodes say when they fire.

use super::ring::Due;
use crate::node::{Digestible, Hasher};
use crate::protocol::serving::groups::MembershipsDue;
use crate::protocol::serving::{ClientTimer, Repeat};

/// A timer of a daemon or of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// At a daemon: the ring's.
    Ring(Due),
    /// At a daemon: the oldest request reaches its end.
    Deadline,
    /// At a daemon: time to look for clients that have gone silent.
    Sessions,
    /// At a client: about its daemon.
    Client(ClientTimer),
    /// At a client: the operation of this number is due for a repeat, or for its end.
    Pending(u32),
    /// At a client: something about its groups is due.
    Memberships,
}

impl From<Due> for Timer {
    fn from(due: Due) -> Self {
        Self::Ring(due)
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
            Self::Ring(due) => (0_u8, due).digest(hasher),
            Self::Deadline => hasher.word(1),
            Self::Sessions => hasher.word(2),
            Self::Client(ClientTimer::Contact(number)) => (3_u8, *number).digest(hasher),
            Self::Client(ClientTimer::Heartbeat(number)) => (4_u8, *number).digest(hasher),
            Self::Pending(count) => (5_u8, *count).digest(hasher),
            Self::Memberships => hasher.word(6),
        }
    }
}
