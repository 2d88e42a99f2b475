//! What the application asks of a node, and what a node tells about itself: the same for every
//! protocol, so that workloads, metrics and checkers serve all of them.

use super::digest::{Digestible, Hasher};
use super::ids::{AttemptId, NodeId, ObjectId, OperationId, Value, Version};

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

/// How a lock round ended (metrics `locks.*`: attempts = granted + refused + timed out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundOutcome {
    /// A quorum of grants in time.
    Granted,
    /// Refusals made the quorum impossible.
    Refused,
    /// The lock timeout ran out first, or the earliest counted grant was older than the lease.
    TimedOut,
}

/// How a lock at a replica ended (CLIPPEE H2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockEnd {
    /// By its own attempt's commit.
    Committed,
    /// By its own attempt's unlock.
    Unlocked,
    /// By its lease.
    Expired,
}

/// What a node tells about itself. Observers read it; no protocol can.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observation {
    /// At the issuer: the operation ended. Each operation ends at most once.
    Ended {
        /// Which.
        id: OperationId,
        /// How.
        outcome: Outcome,
    },
    /// At a client: `peer` is its access peer now.
    Attached {
        /// The access peer.
        peer: NodeId,
    },
    /// At a peer: it has finished joining the overlay.
    Joined,
    /// At a coordinator: a lock round began.
    RoundBegan {
        /// For which operation.
        id: OperationId,
        /// Of which object.
        object: ObjectId,
        /// Under which name.
        attempt: AttemptId,
    },
    /// At a coordinator: a lock round ended. Exactly one for each that began, unless the
    /// coordinator crashed.
    RoundEnded {
        /// For which operation.
        id: OperationId,
        /// Of which object.
        object: ObjectId,
        /// Under which name.
        attempt: AttemptId,
        /// How.
        outcome: RoundOutcome,
    },
    /// At a coordinator: the operation will be tried again.
    Retried {
        /// Which.
        id: OperationId,
    },
    /// At a coordinator: it made a version.
    Made {
        /// For which operation.
        id: OperationId,
        /// Of which object.
        object: ObjectId,
        /// The new version.
        version: Version,
        /// The version it was made from.
        base: Version,
        /// The new value.
        value: Value,
    },
    /// At a coordinator: it counted `replica`'s acknowledgement of `version` (CLIPPEE H6).
    Counted {
        /// For which operation.
        id: OperationId,
        /// Of which object.
        object: ObjectId,
        /// The version acknowledged.
        version: Version,
        /// By whom.
        replica: NodeId,
    },
    /// At a replica: it granted its lock (a repeat of the same grant isn't told again).
    Locked {
        /// Of which object.
        object: ObjectId,
        /// To whom.
        attempt: AttemptId,
        /// Whether it is responsible for the object in its own view (CLIPPEE H10).
        responsible: bool,
    },
    /// At a replica: a lock ended.
    LockEnded {
        /// Of which object.
        object: ObjectId,
        /// Whose.
        attempt: AttemptId,
        /// How.
        how: LockEnd,
    },
    /// At a replica: it now holds `version` (by commit or by repair), or holds it already and says
    /// so.
    Applied {
        /// Of which object.
        object: ObjectId,
        /// Which version.
        version: Version,
        /// Its value.
        value: Value,
        /// What it held before: `None` if nothing explicit (version 0, or not a holder).
        previous: Option<Version>,
        /// The attempt whose commit brought it; `None` when hand-over or repair did.
        commit: Option<AttemptId>,
        /// A commit without its attempt's lock held here (counted as `late_commits`).
        late: bool,
        /// Whether it is responsible for the object in its own view (CLIPPEE H10).
        responsible: bool,
    },
    /// At a replica: it dropped its copy after a hand-over.
    Forgot {
        /// Of which object.
        object: ObjectId,
        /// The version that it held.
        version: Version,
    },
    /// At the access peer of its sender: a multicast in fifo order is taken on. It has its number,
    /// and whoever is a member now is to get it; who that is, replicas are asked next. Told again if
    /// it is taken on again, here or elsewhere.
    Accepted {
        /// The message.
        id: OperationId,
        /// Of which group.
        group: ObjectId,
        /// Its sender's count in that group.
        number: u32,
    },
    /// At the access peer of its sender: a multicast has its number, and starts on its way to the
    /// members (CLIPPEE 7). In total order the version was made a little earlier; its number is that
    /// version's counter. A message that is sent on its way again (its sender asked twice) is told
    /// again.
    Numbered {
        /// The message.
        id: OperationId,
        /// Of which group.
        group: ObjectId,
        /// In which order.
        order: Order,
        /// Its number: the group's in total order, its sender's count in that group in fifo.
        number: u32,
        /// Access peers that it is sent to, the one that tells this included.
        access_peers: u32,
        /// Members, as those counted them last.
        members: u32,
    },
    /// At a member: a message reached the application.
    Delivered {
        /// Of which group.
        group: ObjectId,
        /// The message.
        id: OperationId,
        /// In which order.
        order: Order,
        /// Its number there.
        number: u32,
    },
    /// At a member: messages can't be had, and the application is told so.
    Gap {
        /// Of which group.
        group: ObjectId,
        /// In which order.
        order: Order,
        /// How many.
        missing: u32,
    },
    /// At a replica: it takes in what it didn't know of an access peer's part in a group.
    Registered {
        /// Which group.
        group: ObjectId,
        /// Which access peer.
        peer: NodeId,
        /// Its members at its last registration; 0: none, or the peer is gone.
        members: u32,
    },
    /// At a peer: the largest of its queues and tables grew past what it had told before (CLIPPEE
    /// H11).
    Held {
        /// Which table, in snake case.
        table: &'static str,
        /// Entries in it.
        entries: u32,
        /// Its declared bound.
        bound: u32,
    },
}
