//! Which operations of one client wait for each other.

use crate::node::{ObjectId, Operation};

/// Operations of one turn are carried out one after the other (CLIPPEE 1 and 7): a member's
/// multicasts to one group, and its joins and leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Turn {
    /// What is said to a group.
    Say(ObjectId),
    /// Being a member or not.
    Be(ObjectId),
}

impl Turn {
    /// The turn that `operation` belongs to; most belong to none.
    pub const fn of(operation: &Operation) -> Option<Self> {
        match *operation {
            Operation::Multicast { group, .. } => Some(Self::Say(group)),
            Operation::Join { group } | Operation::Leave { group } => Some(Self::Be(group)),
            Operation::Read { .. }
            | Operation::Update { .. }
            | Operation::Members { .. }
            | Operation::Lookup { .. } => None,
        }
    }
}
