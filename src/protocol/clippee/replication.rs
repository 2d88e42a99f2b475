//! What coordinators and replicas say to each other about one object (CLIPPEE 4 and 5).

use super::groups::Entry;
use crate::node::{
    AttemptId, Digestible, Hasher, NodeId, ObjectId, OperationId, Span, Time, Value, Version,
};

/// "Grant me the lock." (5.2)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Of which object.
    pub object: ObjectId,
    /// For which attempt.
    pub attempt: AttemptId,
    /// `None`: to be refused if the lock is taken. Otherwise to be queued, behind all that wait
    /// since an earlier time (of the coordinator's clock).
    pub waits: Option<Time>,
}

/// Which grant of a replica's lock one is, where requests wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When it was granted, by the replica's clock: the grant's name, later than those of earlier
    /// grants to the same attempt.
    pub at: Time,
    /// How long the request had been there by then.
    pub waited: Span,
}

/// "I haven't won and somebody older waits: take your grant back, and let me wait for another."
/// Not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yield {
    /// Of which object.
    pub object: ObjectId,
    /// Which attempt.
    pub attempt: AttemptId,
    /// [`Turn::at`] of the grant.
    pub at: Time,
}

/// The answer to [`Lock`]; where requests wait, further ones follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockReply {
    /// Of which object.
    pub object: ObjectId,
    /// To which attempt.
    pub attempt: AttemptId,
    /// Yes, no, or not yet.
    pub verdict: LockVerdict,
}

/// Yes, no, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockVerdict {
    /// The lock is yours until the lease runs out.
    Granted {
        /// The replica's version.
        version: Version,
        /// That version's value: fingerprint and size only, the content stays at the replica.
        value: Value,
        /// The operations of the last `dedupe` versions of its lineage, newest first.
        recent: Box<[OperationId]>,
        /// Of a group: what the replica knows of access peers with members, those without included.
        /// Empty for other objects.
        roll: Box<[Entry]>,
        /// Which grant it is, if the request would have waited; a try-lock gets one only.
        turn: Option<Turn>,
    },
    /// No.
    Refused(Refusal),
    /// Not yet: it waits for its turn.
    Queued,
    /// Not asked for: "you hold my lock, and somebody older waits for it." To be followed by
    /// [`Yield`], unless the holder has won.
    Contested {
        /// [`Turn::at`] of the grant.
        at: Time,
    },
}

/// Why a replica says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another attempt holds the lock (where requests wait: too many wait), or this attempt has
    /// ended here, or it refuses locks after a restart.
    Busy,
    /// It is new to the set and hasn't heard from all neighbours yet (6).
    NotReady,
    /// It isn't responsible in its own view; these are closer to the key, closest first (5.3).
    NotResponsible {
        /// The replica set in its view.
        closer: Box<[NodeId]>,
    },
}

/// "Make this version yours, and end my lock." (5.4)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Of which object.
    pub object: ObjectId,
    /// Which version; its attempt is the one whose lock ends.
    pub version: Version,
    /// The version it was made from.
    pub base: Version,
    /// The operation that the change comes from.
    pub operation: OperationId,
    /// The new value, as a fingerprint: the message carries the change only.
    pub value: Value,
    /// Who granted with the base: a replica without it fetches it there.
    pub holder: NodeId,
    /// What the version is of a group's; `None` for other objects.
    pub multicast: Option<GroupChange>,
}

/// What a commit says of a group beside what it says of any object (CLIPPEE 7): the version is a
/// message, whose number is the version's counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupChange {
    /// Size of the message, whose content travels with the commit.
    pub bytes: u32,
    /// [`Roll::hash`](super::groups::Roll::hash) of what the coordinator knows: a replica that
    /// knows otherwise answers with its entries.
    pub roll: u64,
    /// [`Roll::view_hash`](super::groups::Roll::view_hash) of the same: the view's number rises
    /// when it changes.
    pub view: u64,
}

/// The answer to [`Commit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitReply {
    /// Of which object.
    pub object: ObjectId,
    /// To which version.
    pub version: Version,
    /// What became of it.
    pub verdict: CommitVerdict,
    /// Of a group, if the replica knows other access peers than the coordinator did: its entries.
    pub roll: Box<[Entry]>,
}

/// What became of a commit at a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitVerdict {
    /// Applied now.
    Applied,
    /// The operation is in `recent` already: counts as applied.
    Have,
    /// Something newer is there: doesn't count.
    Superseded,
    /// As to a lock.
    NotResponsible {
        /// The replica set in its view.
        closer: Box<[NodeId]>,
    },
}

/// "My attempt is over, forget its lock." (5.5) Not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlock {
    /// Of which object.
    pub object: ObjectId,
    /// Which attempt.
    pub attempt: AttemptId,
}

/// "What is your version, and its value?" (4)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Of which object.
    pub object: ObjectId,
    /// The asker's number for this read.
    pub token: u32,
}

/// The answer to [`Read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadReply {
    /// Of which object.
    pub object: ObjectId,
    /// The asker's number.
    pub token: u32,
    /// The version, or why not.
    pub verdict: ReadVerdict,
}

/// A version, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadVerdict {
    /// What the replica holds.
    Value {
        /// Its version.
        version: Version,
        /// The value; the message carries its content.
        value: Value,
    },
    /// Of a group: who has members.
    Roll {
        /// The number of the view.
        view: u32,
        /// What the replica knows of access peers with members, those without included.
        entries: Box<[Entry]>,
    },
    /// [`Refusal::NotReady`] or [`Refusal::NotResponsible`].
    Refused(Refusal),
}

impl Digestible for Lock {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.attempt).digest(hasher);
        if let Some(since) = self.waits {
            since.digest(hasher);
        }
    }
}

impl Digestible for Yield {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.attempt, self.at).digest(hasher);
    }
}

impl Digestible for Refusal {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Busy => hasher.word(0),
            Self::NotReady => hasher.word(1),
            Self::NotResponsible { closer } => (2_u8, &**closer).digest(hasher),
        }
    }
}

impl Digestible for LockReply {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.attempt).digest(hasher);
        match &self.verdict {
            LockVerdict::Granted { version, value, recent, roll, turn } => {
                hasher.word(0);
                (*version, *value, &**recent).digest(hasher);
                roll.iter().for_each(|entry| entry.digest(hasher));
                if let Some(Turn { at, waited }) = turn {
                    (*at, *waited).digest(hasher);
                }
            }
            LockVerdict::Refused(refusal) => (1_u8, refusal).digest(hasher),
            LockVerdict::Queued => hasher.word(2),
            LockVerdict::Contested { at } => (3_u8, *at).digest(hasher),
        }
    }
}

impl Digestible for Commit {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.version, self.base).digest(hasher);
        (self.operation, self.value, self.holder).digest(hasher);
        if let Some(GroupChange { bytes, roll, view }) = self.multicast {
            (bytes, roll, view).digest(hasher);
        }
    }
}

impl Digestible for CommitReply {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.version).digest(hasher);
        match &self.verdict {
            CommitVerdict::Applied => hasher.word(0),
            CommitVerdict::Have => hasher.word(1),
            CommitVerdict::Superseded => hasher.word(2),
            CommitVerdict::NotResponsible { closer } => (3_u8, &**closer).digest(hasher),
        }
        self.roll.iter().for_each(|entry| entry.digest(hasher));
    }
}

impl Digestible for Unlock {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.attempt).digest(hasher);
    }
}

impl Digestible for Read {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.token).digest(hasher);
    }
}

impl Digestible for ReadReply {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.token).digest(hasher);
        match &self.verdict {
            ReadVerdict::Value { version, value } => (0_u8, *version, *value).digest(hasher),
            ReadVerdict::Refused(refusal) => (1_u8, refusal).digest(hasher),
            ReadVerdict::Roll { view, entries } => (2_u8, *view, entries).digest(hasher),
        }
    }
}
