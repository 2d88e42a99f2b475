//! What the application asks of a node, and how that ends: the same for every protocol, so that
//! workloads, metrics and checkers serve all of them.

use super::digest::{Digestible, Hasher};
use super::ids::{NodeId, ObjectId, Value, Version};

/// The order that a multicast asks for (CLIPPEE 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// One order for all members, numbered under the lock.
    Total,
    /// The order of each sender.
    Fifo,
}

/// What the application asks for (CLIPPEE 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The newest value among a read quorum.
    Read {
        /// What to read.
        object: ObjectId,
    },
    /// A new value made from the newest version, under the lock.
    Update {
        /// What to change.
        object: ObjectId,
    },
    /// Enter a group.
    Join {
        /// The group's object.
        group: ObjectId,
    },
    /// Leave a group.
    Leave {
        /// The group's object.
        group: ObjectId,
    },
    /// Send to all members of a group.
    Multicast {
        /// The group's object.
        group: ObjectId,
        /// The order asked for.
        order: Order,
        /// Size of the message in bytes.
        bytes: u32,
    },
    /// The membership view of a group.
    Members {
        /// The group's object.
        group: ObjectId,
        /// Whether the members' names are asked for too, not only their number.
        names: bool,
    },
    /// Route to the overlay id of `target` and say which peer is that key's root.
    Lookup {
        /// Whose id is the key.
        target: NodeId,
    },
}

/// The kinds of [`Operation`], in the order in which reports list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationKind {
    /// See [`Operation::Read`].
    Read,
    /// See [`Operation::Update`].
    Update,
    /// See [`Operation::Join`].
    Join,
    /// See [`Operation::Leave`].
    Leave,
    /// See [`Operation::Multicast`].
    Multicast,
    /// See [`Operation::Members`].
    Members,
    /// See [`Operation::Lookup`].
    Lookup,
}

impl OperationKind {
    /// All kinds, in report order; `kind as usize` is the index here.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Update,
        Self::Join,
        Self::Leave,
        Self::Multicast,
        Self::Members,
        Self::Lookup,
    ];

    /// The name in scenarios and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Update => "update",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Multicast => "multicast",
            Self::Members => "members",
            Self::Lookup => "lookup",
        }
    }
}

impl Operation {
    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Read { .. } => OperationKind::Read,
            Self::Update { .. } => OperationKind::Update,
            Self::Join { .. } => OperationKind::Join,
            Self::Leave { .. } => OperationKind::Leave,
            Self::Multicast { .. } => OperationKind::Multicast,
            Self::Members { .. } => OperationKind::Members,
            Self::Lookup { .. } => OperationKind::Lookup,
        }
    }

    /// The object or group it is about; `None` for lookups.
    #[must_use]
    pub const fn object(&self) -> Option<ObjectId> {
        match *self {
            Self::Read { object } | Self::Update { object } => Some(object),
            Self::Join { group }
            | Self::Leave { group }
            | Self::Multicast { group, .. }
            | Self::Members { group, .. } => Some(group),
            Self::Lookup { .. } => None,
        }
    }
}

impl Digestible for Operation {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match *self {
            Self::Read { object } | Self::Update { object } => object.digest(hasher),
            Self::Join { group } | Self::Leave { group } => group.digest(hasher),
            Self::Members { group, names } => (group, names).digest(hasher),
            Self::Multicast { group, order, bytes } => {
                (group, order as u8, bytes).digest(hasher);
            }
            Self::Lookup { target } => target.digest(hasher),
        }
    }
}

/// Why an operation failed (CLIPPEE 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureCause {
    /// Every attempt lost the race for the lock.
    Contention,
    /// Too few replicas answered.
    Unreachable,
    /// `operation_timeout` ran out.
    Timeout,
    /// No access peer was found in time.
    NoAccessPeer,
    /// The client crashed or left meanwhile. Told by observers: a crashed client says nothing.
    Abandoned,
}

impl FailureCause {
    /// All causes, in report order; `cause as usize` is the index here.
    pub const ALL: [Self; 5] =
        [Self::Contention, Self::Unreachable, Self::Timeout, Self::NoAccessPeer, Self::Abandoned];

    /// The name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contention => "contention",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::NoAccessPeer => "no_access_peer",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Digestible for FailureCause {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(*self as u64);
    }
}

/// What a successful operation returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Of a read.
    Read {
        /// The version read.
        version: Version,
        /// Its value.
        value: Value,
    },
    /// Of an update, or of a multicast in total order: the version that holds it. A group's counter
    /// is its messages' number.
    Updated {
        /// The version made, or found to hold the operation already.
        version: Version,
    },
    /// Of a join: what the member starts from (state transfer).
    Joined {
        /// The number of the last message that is part of `value`; the next one is delivered.
        number: u32,
        /// The group's state after that message.
        value: Value,
    },
    /// Of `members`.
    Members {
        /// The number of the view.
        view: u32,
        /// Access peers in it.
        access_peers: u32,
        /// Members, as their access peers counted them last (by name, if names were asked for).
        members: u32,
    },
    /// Of a lookup.
    Found {
        /// The root of the key.
        root: NodeId,
        /// Overlay hops that the lookup took; 0 if the asked peer is the root.
        hops: u32,
    },
    /// Of an operation that returns nothing.
    Done,
}

impl Digestible for Answer {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Read { version, value } => (0_u8, *version, *value).digest(hasher),
            Self::Updated { version } => (1_u8, *version).digest(hasher),
            Self::Found { root, hops } => (2_u8, *root, *hops).digest(hasher),
            Self::Done => hasher.word(3),
            Self::Joined { number, value } => (4_u8, *number, *value).digest(hasher),
            Self::Members { view, access_peers, members } => {
                hasher.word(5);
                (*view, *access_peers, *members).digest(hasher);
            }
        }
    }
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Ok(Answer),
    /// It failed.
    Failed {
        /// Why.
        cause: FailureCause,
        /// Whether it may have taken effect all the same, or still may.
        maybe_applied: bool,
    },
}

impl Digestible for Outcome {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Ok(answer) => {
                hasher.word(0);
                answer.digest(hasher);
            }
            Self::Failed { cause, maybe_applied } => (1_u8, *cause, *maybe_applied).digest(hasher),
        }
    }
}
