//! A peer's part as a coordinator (CLIPPEE 4 and 5): carries out what its clients ask for.
//!
//! Updates run under an optimistic lock (`update.rs`, `round.rs`), whose success is followed by a commit (`commit.rs`,
//! `spread.rs`); reads need none (`read.rs`). There is no leader and no agreed view: every peer coordinates, and what
//! two of them do to one object at once is decided by the replicas' locks alone. Best effort: with one view of the
//! replica set, majorities and no lease running out, at most one attempt holds an object; where these premises fail,
//! an update can be lost, and observers count it.
//!
//! What it doesn't do: know clients (`sessions.rs`, `requests.rs`), hold objects (`replica/`), route (the overlay). It
//! reaches them through [`Desk`] only. Groups (CLIPPEE 7) have their place here: joins and registrations beside
//! `read.rs`, totally ordered multicast as an update whose commit is followed by the dissemination tree.

mod cache;
mod commit;
mod desk;
mod read;
mod round;
mod spread;
#[cfg(test)]
mod tests;
mod update;

pub(super) use desk::Desk;

use super::{CommitReply, Config, LockReply, ReadReply, World};
use crate::node::{
    Answer, AttemptId, FailureCause, NodeId, ObjectId, Operation, OperationId, Outcome, Span,
};
use crate::protocol::overlay::Key;
use cache::Cache;
use read::{Next, Reading};
use std::collections::BTreeMap;
use std::sync::Arc;
use update::Line;

/// The least lock timeout, for sets that are this peer alone.
const LEAST: Span = Span::from_millis(50);

/// Who waits for a lookup.
#[derive(Clone, Copy, Debug)]
enum Seeker {
    /// The update that runs on this object.
    Update(ObjectId),
    /// The read of this number.
    Read(u32),
    /// An operation of its own.
    Lookup(OperationId),
}

/// What all operations of one coordinator share.
#[derive(Debug)]
struct Shared {
    config: Arc<Config>,
    cache: Cache,
    keys: Arc<World>,
    seekers: BTreeMap<u32, Seeker>,
    tokens: u32,
    attempts: u32,
    ended: Vec<(OperationId, Outcome)>,
}

impl Shared {
    fn token(&mut self) -> u32 {
        self.tokens = self.tokens.wrapping_add(1);
        self.tokens
    }

    fn next_attempt(&mut self, desk: &impl Desk) -> AttemptId {
        self.attempts += 1;
        AttemptId {
            coordinator: desk.id(),
            incarnation: desk.incarnation(),
            count: self.attempts,
        }
    }

    fn look_up(&mut self, object: ObjectId, seeker: Seeker, desk: &mut impl Desk) -> u32 {
        let token = self.token();
        self.look_up_as(token, object, seeker, desk);
        token
    }

    fn look_up_as(&mut self, token: u32, object: ObjectId, seeker: Seeker, desk: &mut impl Desk) {
        self.seekers.insert(token, seeker);
        desk.look_up(self.keys.key(object), token);
    }

    const fn lock_quorum(&self) -> u32 {
        self.config.lock_quorum.of(self.config.replicas)
    }
}
