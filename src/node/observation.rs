//! What a node tells about itself: the same for every protocol, so that metrics and checkers serve
//! all of them.

use super::ids::{AttemptId, NodeId, ObjectId, OperationId, Value, Version};
use super::operation::{Order, Outcome};

/// How a lock round ended (metrics `locks.*`: attempts = granted + refused + timed out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundOutcome {
    /// A quorum of grants in time.
    Granted,
    /// Refusals made the quorum impossible.
    Refused,
    /// The lock timeout ran out first, or the operation's time while its request was queued; or the
    /// earliest counted grant was older than the lease.
    TimedOut,
}

/// How a lock at a replica ended (CLIPPEE H2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockEnd {
    /// By its own attempt's commit.
    Committed,
    /// By its own attempt's unlock.
    Unlocked,
    /// By its own attempt, which gave way to an older one and waits for the lock again.
    Yielded,
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
        /// How many; 0: nobody knows, perhaps none.
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
