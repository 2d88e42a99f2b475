//! A command, as it is ordered.

use crate::node::{AttemptId, Digestible, Hasher, NodeId, Operation, OperationId, Time};
use crate::protocol::serving::groups::Entry;

/// Bytes of an [`Entry`]: address, stamp, count.
pub(in crate::protocol) const ENTRY: u32 = 6 + 8 + 4;

/// What a client asked for, as it stands in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The operation's name: the same in every repeat, at every access peer.
    pub id: OperationId,
    /// What is asked.
    pub operation: Operation,
    /// Who waits for the answer, and the name of the version that may come of it.
    pub attempt: AttemptId,
    /// When that access peer was asked.
    pub asked: Time,
    /// Size of the change in bytes.
    pub payload: u32,
    /// Of a registration (its operation is a join, or a leave where nobody is left): the access peer
    /// and its members.
    pub entry: Option<Entry>,
}

impl Command {
    /// Who waits for the answer.
    #[must_use]
    pub const fn access(&self) -> NodeId {
        self.attempt.coordinator
    }

    /// Bytes: operation, key, attempt, time, length, entry, change.
    #[must_use]
    pub const fn size(&self) -> u32 {
        let entry = if self.entry.is_some() { ENTRY } else { 0 };
        8 + 8 + 12 + 8 + 4 + entry + self.payload
    }
}

impl Digestible for Command {
    fn digest(&self, hasher: &mut Hasher) {
        (self.id, self.operation, self.attempt).digest(hasher);
        (self.asked, self.payload).digest(hasher);
        if let Some(entry) = self.entry {
            entry.digest(hasher);
        }
    }
}
