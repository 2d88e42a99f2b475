//! Session guarantees (CLIPPEE M4; Terry et al., "Session guarantees for weakly consistent
//! replicated data", PDIS 1994), per client and object, by the order of versions.

use super::versions::{VersionIndex, Versions};
use crate::node::{NodeId, ObjectId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a client has seen of an object through operations that returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The newest version that a read of its returned.
    pub read: VersionIndex,
    /// The newest version that an update of its returned.
    pub written: VersionIndex,
}

const NOTHING: Seen = Seen { read: VersionIndex::ZERO, written: VersionIndex::ZERO };

/// Operations that went behind what their own client had seen when it asked for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// Reads below the client's own earlier update.
    pub read_your_writes: u64,
    /// Reads below the client's own earlier read.
    pub monotonic_reads: u64,
    /// Updates below the client's own earlier update.
    pub monotonic_writes: u64,
    /// Updates below the client's own earlier read.
    pub writes_follow_reads: u64,
}

impl Violations {
    /// Judges a read that was asked for when `seen` had been seen.
    pub fn judge_read(&mut self, seen: Seen, version: VersionIndex, versions: &Versions) {
        let returned = versions.version(version);
        self.read_your_writes += u64::from(returned < versions.version(seen.written));
        self.monotonic_reads += u64::from(returned < versions.version(seen.read));
    }

    /// Judges an update that was asked for when `seen` had been seen.
    pub fn judge_update(&mut self, seen: Seen, version: VersionIndex, versions: &Versions) {
        let returned = versions.version(version);
        self.monotonic_writes += u64::from(returned < versions.version(seen.written));
        self.writes_follow_reads += u64::from(returned < versions.version(seen.read));
    }
}

/// What all clients have seen; a client that has used nothing costs nothing. A session lasts for
/// the run: a client that comes back is the same client. O(log n) each.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    seen: BTreeMap<(NodeId, ObjectId), Seen>,
}

impl Sessions {
    /// What `client` has seen of `object`.
    #[must_use]
    pub fn seen(&self, client: NodeId, object: ObjectId) -> Seen {
        self.seen.get(&(client, object)).copied().unwrap_or(NOTHING)
    }

    /// A read of `client` returned `version`.
    pub fn read(
        &mut self,
        client: NodeId,
        object: ObjectId,
        version: VersionIndex,
        versions: &Versions,
    ) {
        let seen = self.entry(client, object);
        seen.read = newer(seen.read, version, versions);
    }

    /// An update of `client` returned `version`.
    pub fn wrote(
        &mut self,
        client: NodeId,
        object: ObjectId,
        version: VersionIndex,
        versions: &Versions,
    ) {
        let seen = self.entry(client, object);
        seen.written = newer(seen.written, version, versions);
    }

    fn entry(&mut self, client: NodeId, object: ObjectId) -> &mut Seen {
        self.seen.entry((client, object)).or_insert(NOTHING)
    }
}

fn newer(a: VersionIndex, b: VersionIndex, versions: &Versions) -> VersionIndex {
    if versions.version(b) > versions.version(a) { b } else { a }
}
