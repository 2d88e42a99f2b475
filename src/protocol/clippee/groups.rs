//! The place of groups (CLIPPEE 7): join, leave, multicast, members. They aren't built yet, and
//! operations on them fail at once where they are issued.
//!
//! A group is an object, so most of it has its place already: its registrations are kept by
//! replicas, a totally ordered multicast is an update whose commit is followed by a dissemination
//! tree over access peers, and a client that attaches to another access peer joins its groups again
//! there.

use crate::node::{FailureCause, Operation, OperationKind, Outcome};

/// How operations on groups end.
pub(super) const NOT_YET: Outcome =
    Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };

/// Whether the operation is on a group.
pub(super) const fn concerns(operation: &Operation) -> bool {
    match operation.kind() {
        OperationKind::Read | OperationKind::Update | OperationKind::Lookup => false,
        OperationKind::Join
        | OperationKind::Leave
        | OperationKind::Multicast
        | OperationKind::Members => true,
    }
}
